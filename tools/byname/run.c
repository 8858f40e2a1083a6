/* byname run: a command with locks held around it. */
#include "nouns.h"
#include "output.h"
#include "run_locks.h"
#include "system.h"

#include <stdio.h>

enum { OPTION_SEMAPHORE = 256, OPTION_MAX, OPTION_EVENT_DONE, OPTION_DETECT };

typedef struct settings {
    held held;
    apr_array_header_t *locks; /* of run_lock */
    bool shared, exclusive, no_fork;
    int maximum;
    const char *shell_text; /* NULL: the command is the rest of the line */
    const char *event_name; /* NULL: none */
    byn_event *done;
} settings;

static void add_lock(settings *s, const char *name, bool is_semaphore)
{
    run_lock *l = apr_array_push(s->locks);

    *l = (run_lock){.name = name, .is_semaphore = is_semaphore};
}

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    switch (letter) {
    case 'l':
    case OPTION_SEMAPHORE:
        add_lock(s, argument, letter == OPTION_SEMAPHORE);
        return true;
    case OPTION_MAX:
        return parse_number(argument, 1, (int)BYN_SEMAPHORE_MAXIMUM, &s->maximum);
    case OPTION_EVENT_DONE:
        s->event_name = argument;
        return true;
    case OPTION_DETECT:
        s->held.detects = true;
        return true;
    case 'c':
        s->shell_text = argument;
        return true;
    default:
        s->shared = s->shared || letter == 's';
        s->exclusive = s->exclusive || letter == 'x';
        s->no_fork = s->no_fork || letter == 'F';
        return held_option(&s->held, letter, argument); /* -o: it is always so */
    }
}

static bool has_semaphore(const settings *s)
{
    int i;

    for (i = 0; i < s->locks->nelts; i++) {
        if (APR_ARRAY_IDX(s->locks, i, run_lock).is_semaphore)
            return true;
    }
    return false;
}

static bool read_line(command_line *line, settings *s)
{
    int count;

    if (!command_line_options(line, set_option, s))
        return false;
    s->held.command = command_line_words(line, &count);
    if (s->no_fork)
        command_line_wrong(line, "-F cannot be: a lock ends with the program that took it, and "
                                 "byname's would end if the command took its place");
    else if (s->shared && s->exclusive)
        command_line_wrong(line, "-s or -x, not both");
    else if (s->maximum > 0 && !has_semaphore(s))
        command_line_wrong(line, "of which semaphore is --max? --semaphore NAME is missing");
    else if (s->locks->nelts == 0 && s->event_name == NULL)
        command_line_wrong(line, "which lock? --lock NAME is missing");
    else if (s->shell_text == NULL && count == 0)
        command_line_wrong(line, "which command? There is none behind the options");
    else if (s->shell_text != NULL && count > 0)
        command_line_wrong(line, "-c is all of the command; \"%s\" is too much",
                           s->held.command[0]);
    if (!line->over && s->shell_text != NULL)
        s->held.command = system_shell(s->shell_text, line->pool);
    return !line->over;
}

/* ---- The event, and the command */

/* All who wait for it are to pass, so one that is made here stays set. */
static byn_status open_event(settings *s)
{
    byn_status status = byn_event_open(
        &s->done, s->event_name,
        &BYN_OPTIONS(byn_event_options, .manual_reset = true, .mode = rights_for(s->event_name)));

    if (status == BYN_E_MISMATCH)
        status = byn_event_open(&s->done, s->event_name,
                                &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY));
    return status;
}

/* Who waits for the event finds the locks free. */
static int run_with_locks(settings *s)
{
    int result = EXIT_GOOD;
    bool ran = false;

    if (!run_locks_take(s->locks, &s->held, &result))
        return result;
    result = held_command(&s->held, &ran);
    run_locks_give(s->locks, s->locks->nelts, &s->held);
    if (s->done != NULL && ran && byn_event_set(s->done) < 0)
        held_failed(&s->held);
    return result;
}

static int run(command_line *line)
{
    settings s = {.held = held_begin(line)};
    int result = EXIT_GOOD;

    s.locks = apr_array_make(line->pool, 4, sizeof(run_lock));
    if (!read_line(line, &s))
        return line->result;
    if (s.event_name != NULL && open_event(&s) < 0)
        return held_failed(&s.held);
    if (run_locks_open(s.locks, &s.held,
                       s.shared      ? RUN_SHARED
                       : s.exclusive ? RUN_EXCLUSIVE
                                     : RUN_LOCK,
                       s.maximum, &result))
        result = run_with_locks(&s);
    run_locks_close(s.locks);
    byn_event_close(s.done);
    return result;
}

static const apr_getopt_option_t options[] = {
    {"lock", 'l', 1, "NAME a lock, made if it does not exist; several: again"},
    {"exclusive", 'x', 0, "alone, of a lock that others share with -s"},
    {"shared", 's', 0, "together with others that say -s"},
    {"semaphore", OPTION_SEMAPHORE, 1, "NAME a permit of this semaphore, as of a lock"},
    {"max", OPTION_MAX, 1, "N the semaphore is made with so many permits, if it is not there"},
    HELD_OPTION_NONBLOCK,
    HELD_OPTION_TIMEOUT,
    HELD_OPTION_CODE,
    HELD_OPTION_VERBOSE,
    {"detect-deadlock", OPTION_DETECT, 0,
     "fail instead of waiting in a circle: who holds what and waits for what is told"},
    {"event-done", OPTION_EVENT_DONE, 1, "NAME set this event when the command has ended"},
    {"command", 'c', 1, "TEXT the command, for the shell: sh, or cmd on Windows"},
    {"close", 'o', 0, "as in flock: always so, the command does not get the lock"},
    {"no-fork", 'F', 0, "as in flock; it cannot be, and fails"},
    OPTION_HELP,
    OPTION_END};

const verb verb_run = {
    .name = "run",
    .line = "run a command while holding locks",
    .arguments = "--lock NAME [OPTION...] ([--] COMMAND [ARGUMENT...] | -c TEXT)",
    .text = "Without -x and -s the lock is a mutex, or what it is already. Several locks and\n"
            "semaphores are taken in the order of their names, so that two commands cannot wait\n"
            "for each other, whatever the order on the command line; all of them or none.\n\n"
            "Exit code: the command's own; 128 + n if signal n ended it; and of byname itself:\n"
            "  124  the lock was not free in time; the command was not run\n"
            "  125  byname failed, or did not understand its command line\n"
            "  126  the command is there but cannot be run\n"
            "  127  there is no such command\n\n"
            "If byname is killed, the lock is free and the command is killed as well. The next\n"
            "\"byname run\" for the lock warns on stderr and runs its command.\n",
    .example = "byname run --lock backup -w 60 -- ./backup.sh",
    .options = options,
    .command = COMMAND_IS_REST,
    .usage_code = EXIT_RUN_FAILED,
    .run = run,
};
