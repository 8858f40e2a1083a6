#include "held.h"

#include "output.h"
#include "system.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* ---- Signals. Ctrl-C comes to the command as well, which decides; the others come to us alone. */

enum { INTERRUPT, TERMINATE, PASSED, SIGNALS_MAX = PASSED + SYSTEM_PASSED_MAX };

static int numbers[SIGNALS_MAX] = {SIGINT, SIGTERM};
static int signal_count;
static void (*handlers_before[SIGNALS_MAX])(int);
static bool handling;
static volatile sig_atomic_t came[SIGNALS_MAX];

static void on_signal(int number)
{
    int i;

    for (i = 0; i < signal_count; i++) {
        if (numbers[i] == number)
            came[i] = 1;
    }
    signal(number, on_signal);
}

/* Handlers, not SIG_IGN, which the command would inherit; but what was ignored stays so. */
static void handle_signals(void)
{
    int i;

    if (handling)
        return;
    signal_count = PASSED + system_passed_signals(numbers + PASSED);
    for (i = 0; i < signal_count; i++) {
        handlers_before[i] = signal(numbers[i], on_signal);
        if (handlers_before[i] == SIG_IGN)
            signal(numbers[i], SIG_IGN);
    }
    handling = true;
}

bool held_restore_signals(void)
{
    int i;

    for (i = 0; i < signal_count && handling; i++) {
        if (handlers_before[i] != SIG_ERR)
            signal(numbers[i], handlers_before[i]);
    }
    handling = false;
    return !came[TERMINATE];
}

/* To be ended the command is asked once. */
static void pass_signals(byn_process *process, bool *told)
{
    int i;

    if (came[TERMINATE] && !*told)
        *told = byn_process_terminate(process) >= 0;
    for (i = PASSED; i < signal_count; i++) {
        if (came[i]) {
            came[i] = 0;
            system_pass_signal(byn_process_pid(process), numbers[i]);
        }
    }
}

/* ---- The command */

static int failed_to_start(const held *h, byn_status status)
{
    complain("byname %s: \"%s\" was not run: %s\n", h->line->verb->name, h->command[0],
             byn_last_error());
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

static int wait_for(const held *h, byn_process *process)
{
    const byn_timeout look_at_signals = 200;
    byn_exit result = {false, 0, 0};
    bool told = false;
    byn_status status;

    while ((status = byn_process_wait(process, look_at_signals, &result)) == BYN_E_TIMEDOUT)
        pass_signals(process, &told);
    if (status >= 0 && result.known)
        return result.code;
    complain("byname %s: the command's result is not known: %s\n", h->line->verb->name,
             status < 0 ? byn_last_error() : "somebody else took it");
    return EXIT_RUN_FAILED;
}

/* Whether somebody who runs this process lives, by the first number. What comes from elsewhere is not taken over. */
static bool is_run_by(const char *list)
{
    byn_pid_info info = {.struct_size = sizeof info};
    const size_t most = 1000;

    return list != NULL && strlen(list) < most && strspn(list, "0123456789,") == strlen(list) &&
           byn_pid_describe((uint32_t)strtoul(list, NULL, 10), &info) >= 0 && info.alive;
}

/*
 * What the library reads where the command waits: this process waits for the command's end, and so do those that
 * run this one; so circles of waits that lead through here are found.
 */
static const char *const *environment_of(const held *h)
{
    const char *const above = getenv("BYNAME_RUN_BY");
    const char **environment;
    int count = 0;

    while (h->environment != NULL && h->environment[count] != NULL)
        count++;
    environment = apr_pcalloc(h->line->pool, ((apr_size_t)count + 2) * sizeof *environment);
    environment[count] =
        is_run_by(above)
            ? format_text(h->line->pool, "BYNAME_RUN_BY=%s,%" PRIu32, above, system_pid())
            : format_text(h->line->pool, "BYNAME_RUN_BY=%" PRIu32, system_pid());
    while (count-- > 0)
        environment[count] = h->environment[count];
    return environment;
}

/* If we are killed, what we hold is free: the command must not go on without it. */
int held_command(const held *h, bool *ran)
{
    byn_process *process;
    byn_status status;
    int result;

    handle_signals();
    status = byn_process_start(&process, h->command,
                               &BYN_OPTIONS(byn_process_options, .environment = environment_of(h),
                                            .kill_with_parent = true));
    if (ran != NULL)
        *ran = status >= 0;
    if (status < 0)
        return failed_to_start(h, status);
    result = wait_for(h, process);
    byn_process_close(process);
    return result;
}

/* ---- What it holds */

int held_failed(const held *h)
{
    complain("byname %s: %s\n", h->line->verb->name, byn_last_error());
    return command_line_failure(h->line);
}

int held_late(const held *h, const char *what, const char *tail)
{
    complain("byname %s: no time left for %s%s\n", h->line->verb->name, what, tail);
    return h->late_code;
}

static const char *holder_of(const held *h, const held_kind *kind, void *object)
{
    return kind->holder != NULL ? kind->holder(object, h->line->pool) : "";
}

static int was_late(const held *h, const char *what, const held_kind *kind, void *object)
{
    return held_late(h, what,
                     format_text(h->line->pool, "%s%s", holder_of(h, kind, object),
                                 h->command != NULL ? "; the command was not run" : ""));
}

static byn_status take(const held *h, const char *what, const held_kind *kind, void *object)
{
    byn_status status = kind->take(object, BYN_NOW);

    if (status == BYN_E_TIMEDOUT && h->timeout != BYN_NOW) {
        if (h->verbose)
            complain("byname %s: waiting for %s%s\n", h->line->verb->name, what,
                     holder_of(h, kind, object));
        status = kind->take(object, h->timeout);
    }
    return status;
}

void held_warn(const held *h, const held_kind *kind, void *object)
{
    complain("byname %s: warning: %s; what it guards may be half-changed\n", h->line->verb->name,
             kind->dead(object, h->line->pool));
}

bool held_take(const held *h, const char *what, const held_kind *kind, void *object, int *result)
{
    byn_status status = take(h, what, kind, object);

    if (status == BYN_E_TIMEDOUT)
        *result = was_late(h, what, kind, object);
    else if (status == BYN_E_CANCELED) /* nobody reads any more what would be told */
        *result = EXIT_BAD;
    else if (status < 0)
        *result = held_failed(h);
    if (status < 0)
        return false;
    if (status == BYN_ABANDONED)
        held_warn(h, kind, object);
    if (h->verbose)
        complain("byname %s: got %s\n", h->line->verb->name,
                 kind->taken != NULL ? kind->taken(object, h->line->pool) : what);
    return true;
}

static void give(const held *h, const held_kind *kind, void *object)
{
    if (kind->give != NULL && kind->give(object) < 0)
        held_failed(h);
}

int held_run(const held *h, const char *what, const held_kind *kind, void *object)
{
    int result = EXIT_GOOD;

    if (kind->take != NULL && !held_take(h, what, kind, object, &result))
        return result;
    if (h->command != NULL) {
        result = held_command(h, NULL);
        give(h, kind, object);
    }
    return result;
}

byn_timeout held_left(const held *h, int64_t began)
{
    int64_t past = system_milliseconds() - began;

    if (h->timeout <= 0)
        return h->timeout;
    return h->timeout > past ? h->timeout - past : BYN_NOW;
}

/* ---- The options */

held held_begin(const command_line *line)
{
    held h = {line, BYN_FOREVER, EXIT_LATE, false, false, line->command, NULL};

    return h;
}

bool held_option(held *h, int letter, const char *argument)
{
    switch (letter) {
    case 'n':
        h->timeout = BYN_NOW;
        return true;
    case 'w':
        return parse_seconds(argument, &h->timeout);
    case 'E':
        return parse_number(argument, 0, 255, &h->late_code);
    case 'v':
        h->verbose = true;
        return true;
    default:
        return true;
    }
}
