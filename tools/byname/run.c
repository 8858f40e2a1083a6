/* byname run: a command with a lock held around it. */
#include "tool.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include <byname/byname.h>

typedef struct settings {
    const char *lock;
    byn_timeout timeout;
    int busy_code;
    bool verbose;
    const char *const *command;
} settings;

/* ---- Signals. Ctrl-C comes to the command as well, which decides; SIGTERM comes to us alone. */

static volatile sig_atomic_t asked_to_end;

static void on_interrupt(int number)
{
    signal(number, on_interrupt);
}

static void on_terminate(int number)
{
    asked_to_end = 1;
    signal(number, on_terminate);
}

/* A handler, not SIG_IGN, which the command would inherit; but what was ignored stays so. */
static void handle(int number, void (*handler)(int))
{
    if (signal(number, handler) == SIG_IGN)
        signal(number, SIG_IGN);
}

/* ---- The command */

static int failed_to_start(byn_status status, const char *command)
{
    fprintf(stderr, "byname run: \"%s\" was not run: %s\n", command, byn_last_error());
    switch (status) {
    case BYN_E_NOTFOUND:
        return EXIT_RUN_MISSING;
    case BYN_E_ACCESS:
    case BYN_E_UNSUPPORTED: /* a batch file */
    case BYN_E_OS:
        return EXIT_RUN_CANNOT;
    default:
        return EXIT_RUN_FAILED;
    }
}

static int wait_for(byn_process *process)
{
    const byn_timeout look_at_signals = 200;
    byn_exit result = {false, 0, 0};
    bool told = false;
    byn_status status;

    while ((status = byn_process_wait(process, look_at_signals, &result)) == BYN_E_TIMEDOUT) {
        if (asked_to_end && !told)
            told = byn_process_terminate(process) >= 0;
    }
    if (status >= 0 && result.known)
        return result.code;
    fprintf(stderr, "byname run: the command's result is not known: %s\n",
            status < 0 ? byn_last_error() : "somebody else took it");
    return EXIT_RUN_FAILED;
}

/* If we are killed, the lock is free: the command must not go on without it. */
static int run_command(const settings *s)
{
    byn_process *process;
    byn_status status;
    int result;

    handle(SIGINT, on_interrupt);
    handle(SIGTERM, on_terminate);
    status = byn_process_start(&process, s->command,
                               &BYN_OPTIONS(byn_process_options, .kill_with_parent = true));
    if (status < 0)
        return failed_to_start(status, s->command[0]);
    result = wait_for(process);
    byn_process_close(process);
    return result;
}

/* ---- The lock */

static void say_owner(byn_mutex *mutex, const char *lead, const char *tail)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    if (byn_mutex_owner(mutex, &info) >= 0 && info.held && info.owner.pid != 0)
        fprintf(stderr, "byname run: %s \"%s\", held by %s (pid %" PRIu32 ")%s\n", lead,
                byn_mutex_name(mutex), info.owner.program, info.owner.pid, tail);
    else
        fprintf(stderr, "byname run: %s \"%s\"%s\n", lead, byn_mutex_name(mutex), tail);
}

static void warn_of_abandonment(byn_mutex *mutex)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    if (byn_mutex_owner(mutex, &info) >= 0 && info.last_dead.pid != 0)
        fprintf(stderr, "byname run: warning: the last owner (%s, pid %" PRIu32 ") died holding",
                info.last_dead.program, info.last_dead.pid);
    else
        fprintf(stderr, "byname run: warning: the last owner died holding");
    fprintf(stderr, " \"%s\"; what it guards may be half-changed\n", byn_mutex_name(mutex));
}

static byn_status lock(byn_mutex *mutex, const settings *s)
{
    byn_status status = byn_mutex_lock(mutex, BYN_NOW);

    if (status == BYN_E_TIMEDOUT && s->timeout != BYN_NOW) {
        if (s->verbose)
            say_owner(mutex, "waiting for", "");
        status = byn_mutex_lock(mutex, s->timeout);
    }
    return status;
}

static int run_locked(byn_mutex *mutex, const settings *s)
{
    byn_status status = lock(mutex, s);
    int result;

    if (status == BYN_E_TIMEDOUT) {
        say_owner(mutex, "no time left for", "; the command was not run");
        return s->busy_code;
    }
    if (status < 0) {
        fprintf(stderr, "byname run: %s\n", byn_last_error());
        return EXIT_RUN_FAILED;
    }
    if (status == BYN_ABANDONED)
        warn_of_abandonment(mutex);
    if (s->verbose)
        fprintf(stderr, "byname run: got \"%s\"\n", byn_mutex_name(mutex));
    result = run_command(s);
    byn_mutex_unlock(mutex);
    return result;
}

/* ---- The command line */

static bool set_option(settings *s, int letter, const char *argument)
{
    switch (letter) {
    case 'l':
        s->lock = argument;
        return true;
    case 'n':
        s->timeout = BYN_NOW;
        return true;
    case 'w':
        return parse_seconds(argument, &s->timeout);
    case 'E':
        return parse_number(argument, 0, 255, &s->busy_code);
    case 'v':
        s->verbose = true;
        return true;
    default: /* -x and -o: it is always so */
        return true;
    }
}

static int run(command_line *line)
{
    settings s = {NULL, BYN_FOREVER, EXIT_RUN_BUSY, false, NULL};
    const char *argument;
    byn_mutex *mutex;
    int letter;
    int count;
    int result;

    while (command_line_next(line, &letter, &argument)) {
        if (!set_option(&s, letter, argument))
            return command_line_wrong(line, "-%c cannot be \"%s\"", letter, argument);
    }
    if (line->over)
        return line->result;
    s.command = command_line_words(line, &count);
    if (s.lock == NULL)
        return command_line_wrong(line, "which lock? --lock NAME is missing");
    if (count == 0)
        return command_line_wrong(line, "which command? There is none behind the options");

    if (byn_mutex_open(&mutex, s.lock, NULL) < 0) {
        fprintf(stderr, "byname run: %s\n", byn_last_error());
        return EXIT_RUN_FAILED;
    }
    result = run_locked(mutex, &s);
    byn_mutex_close(mutex);
    return result;
}

static const apr_getopt_option_t options[] = {
    {"lock", 'l', 1, "NAME the lock; it is made if it does not exist"},
    {"nonblock", 'n', 0, "do not wait for it"},
    {"timeout", 'w', 1, "SECONDS wait no longer; 0.25 is a quarter of a second"},
    {"conflict-exit-code", 'E', 1, "N exit code if it was not free in time (124)"},
    {"verbose", 'v', 0, "tell who holds it, and when it was got"},
    {"exclusive", 'x', 0, "as in flock: always so"},
    {"close", 'o', 0, "as in flock: always so, the command does not get the lock"},
    OPTION_HELP,
    OPTION_END};

const verb verb_run = {
    .name = "run",
    .line = "run a command while holding a lock",
    .arguments = "--lock NAME [OPTION...] [--] COMMAND [ARGUMENT...]",
    .text = "Exit code: the command's own; 128 + n if signal n ended it; and of byname itself:\n"
            "  124  the lock was not free in time; the command was not run\n"
            "  125  byname failed, or did not understand its command line\n"
            "  126  the command is there but cannot be run\n"
            "  127  there is no such command\n\n"
            "If byname is killed, the lock is free and the command is killed as well. The next\n"
            "\"byname run\" for the lock warns on stderr and runs its command.\n",
    .options = options,
    .takes_command = true,
    .usage_code = EXIT_RUN_FAILED,
    .run = run,
};
