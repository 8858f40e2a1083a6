/* byname run: a command with a lock held around it. */
#include "held.h"
#include "output.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct settings {
    held held;
    const char *lock;
} settings;

/* ---- The lock */

static byn_status lock(void *mutex, byn_timeout timeout)
{
    return byn_mutex_lock(mutex, timeout);
}

static byn_status unlock(void *mutex)
{
    return byn_mutex_unlock(mutex);
}

static const char *owner(void *mutex, apr_pool_t *pool)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    if (byn_mutex_owner(mutex, &info) < 0 || !info.held || info.owner.pid == 0)
        return "";
    return format_text(pool, ", held by %s (pid %" PRIu32 ")", info.owner.program, info.owner.pid);
}

static const char *last_dead(void *mutex, apr_pool_t *pool)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    if (byn_mutex_owner(mutex, &info) < 0 || info.last_dead.pid == 0)
        return format_text(pool, "the last owner died holding \"%s\"", byn_mutex_name(mutex));
    return format_text(pool, "the last owner (%s, pid %" PRIu32 ") died holding \"%s\"",
                       info.last_dead.program, info.last_dead.pid, byn_mutex_name(mutex));
}

const held_kind held_mutex = {lock, unlock, owner, last_dead, NULL};

/* ---- The command line */

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    if (letter == 'l')
        s->lock = argument;
    return held_option(&s->held, letter, argument); /* -x and -o: it is always so */
}

static int run(command_line *line)
{
    settings s = {held_begin(line), NULL};
    byn_mutex *mutex;
    int count;
    int result;

    if (!command_line_options(line, set_option, &s))
        return line->result;
    s.held.command = command_line_words(line, &count);
    if (s.lock == NULL)
        return command_line_wrong(line, "which lock? --lock NAME is missing");
    if (count == 0)
        return command_line_wrong(line, "which command? There is none behind the options");

    if (byn_mutex_open(&mutex, s.lock, NULL) < 0)
        return held_failed(&s.held);
    result = held_run(&s.held, format_text(line->pool, "\"%s\"", byn_mutex_name(mutex)),
                      &held_mutex, mutex);
    byn_mutex_close(mutex);
    return result;
}

static const apr_getopt_option_t options[] = {
    {"lock", 'l', 1, "NAME the lock; it is made if it does not exist"},
    HELD_OPTION_NONBLOCK,
    HELD_OPTION_TIMEOUT,
    HELD_OPTION_CODE,
    HELD_OPTION_VERBOSE,
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
    .command = COMMAND_IS_REST,
    .usage_code = EXIT_RUN_FAILED,
    .run = run,
};
