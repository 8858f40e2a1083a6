/* byname condition: wait until data that a mutex guards are as they should be. */
#include "nouns.h"

#include <stdio.h>

enum { OPTION_ALL = 256, EXIT_NOT_YET = 1, EXIT_TERMINATED = 128 + 15 };

/* ---- wait */

typedef struct waiting {
    held held;
    const char *lock;
    byn_mutex *mutex;
    byn_condition *condition;
    int answer; /* the command's */
} waiting;

static bool set_wait_option(void *context, int letter, const char *argument)
{
    waiting *w = context;

    if (letter == 'l')
        w->lock = argument;
    return held_option(&w->held, letter, argument);
}

/* Asks the command, with the mutex held. A code that is no answer ends the wait as well. */
static bool is_as_wanted(void *context)
{
    waiting *w = context;

    w->answer = held_command(&w->held, NULL);
    if (w->answer == EXIT_NOT_YET && !held_restore_signals())
        w->answer = EXIT_TERMINATED;
    return w->answer != EXIT_NOT_YET;
}

/* Until the command is content, or a single notification. A death is told, and waited on. */
static byn_status wait_locked(waiting *w)
{
    byn_status status;

    if (w->held.command == NULL) {
        status = byn_condition_wait(w->condition, w->mutex, w->held.timeout);
        if (status == BYN_ABANDONED)
            held_warn(&w->held, &held_mutex, w->mutex);
        return status;
    }
    while ((status = byn_condition_wait_for(w->condition, w->mutex, is_as_wanted, w,
                                            w->held.timeout)) == BYN_ABANDONED)
        held_warn(&w->held, &held_mutex, w->mutex);
    return status;
}

static int lock_and_wait(waiting *w, const char *name)
{
    const command_line *line = w->held.line;
    int result = EXIT_GOOD;
    byn_status status;

    if (!held_take(&w->held, quoted(line, w->lock), &held_mutex, w->mutex, &result))
        return result;
    status = wait_locked(w);
    if (status == BYN_E_TIMEDOUT)
        result = held_late(&w->held, quoted(line, name),
                           w->held.command != NULL ? "; the command says no" : "");
    else if (status < 0)
        result = held_failed(&w->held);
    else
        result = w->answer;
    byn_mutex_unlock(w->mutex);
    return result;
}

static int condition_wait(command_line *line)
{
    waiting w = {.held = held_begin(line)};
    const char *name;
    int result;

    if (!command_line_options(line, set_wait_option, &w) ||
        (name = command_line_name(line)) == NULL)
        return line->result;
    if (w.lock == NULL)
        return command_line_wrong(line, "which mutex guards the data? --lock MUTEX is missing");
    if (byn_condition_open(&w.condition, name,
                           &BYN_OPTIONS(byn_condition_options, .mode = rights_for(name))) < 0)
        return call_failed(line);
    if (byn_mutex_open(&w.mutex, w.lock,
                       &BYN_OPTIONS(byn_mutex_options, .mode = rights_for(w.lock))) >= 0) {
        result = lock_and_wait(&w, name);
        byn_mutex_close(w.mutex);
    } else {
        result = call_failed(line);
    }
    byn_condition_close(w.condition);
    return result;
}

/* ---- notify */

typedef struct notification {
    int count;
    bool all;
} notification;

static bool set_notify_option(void *context, int letter, const char *argument)
{
    notification *n = context;

    n->all = n->all || letter == OPTION_ALL;
    return letter != 'c' || parse_number(argument, 1, INT32_MAX, &n->count);
}

static int condition_notify(command_line *line)
{
    notification n = {0, false};
    const char *name;
    byn_condition *condition;
    byn_status status;

    if (!command_line_options(line, set_notify_option, &n) ||
        (name = command_line_name(line)) == NULL)
        return line->result;
    if (n.all && n.count > 0)
        return command_line_wrong(line, "--count or --all, not both");
    status = byn_condition_open(&condition, name,
                                &BYN_OPTIONS(byn_condition_options, .open = BYN_OPEN_ONLY));
    if (status < 0)
        return open_failed(line, name, status,
                           "nobody waits. Who comes later looks at the data first, so nothing is "
                           "lost if they were changed with the mutex held");
    status = n.all ? byn_condition_notify_all(condition)
                   : byn_condition_notify(condition, n.count > 0 ? (uint32_t)n.count : 1);
    byn_condition_close(condition);
    return status < 0 ? call_failed(line) : EXIT_GOOD;
}

/* ---- The command lines */

static const apr_getopt_option_t wait_options[] = {
    {"lock", 'l', 1, "MUTEX guards the data; it is made if it does not exist"},
    HELD_OPTIONS,
    OPTION_HELP,
    OPTION_END};

static const apr_getopt_option_t notify_options[] = {{"count", 'c', 1, "N wake so many (1)"},
                                                     {"all", OPTION_ALL, 0, "wake all who wait"},
                                                     OPTION_HELP,
                                                     OPTION_END};

static const verb action_wait = {
    .name = "condition wait",
    .line = "wait, asking a command, until it says that the data are as they should be",
    .arguments = "NAME --lock MUTEX [OPTION...] [-- COMMAND [ARGUMENT...]]",
    .text =
        "The command is run with the mutex held, at once and after each notification. Exit code\n"
        "0 of it ends the wait; 1 goes on waiting, with the mutex free; any other ends it, and is\n"
        "passed on. Without a command it waits for one notification, which may come too early.\n"
        "A timeout is for the mutex, and again for the condition. Exit codes: as \"byname run\".\n",
    .example = "byname condition wait filled --lock data -w 60 -- test -s orders.txt",
    .options = wait_options,
    .command = COMMAND_ALLOWED,
    .usage_code = EXIT_USAGE,
    .run = condition_wait,
};

static const verb verb_notify = {
    .name = "condition notify",
    .line = "wake who waits, after the data were changed",
    .arguments = "NAME [OPTION...]",
    .text = "Exit code 1 if nobody has it open.\n",
    .example = "byname run --lock data -- ./append.sh orders.txt; byname condition notify filled",
    .options = notify_options,
    .usage_code = EXIT_USAGE,
    .run = condition_notify,
};

static const verb *const actions[] = {&action_wait, &verb_notify, NULL};

const verb verb_condition = {
    .name = "condition",
    .line = "wait until data are as they should be",
    .arguments = "ACTION NAME [OPTION...] [-- COMMAND [ARGUMENT...]]",
    .text = "The data are a script's own, for example a file, and a mutex guards them.\n"
            "Exit codes: 0 done, 1 failed, 2 command line, 124 too long; with a command as\n"
            "\"byname run\".\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
