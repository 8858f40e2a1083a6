/* byname rwlock: many commands that read, or one that writes. */
#include "nouns.h"
#include "output.h"

#include <inttypes.h>

static byn_status lock_to_read(void *rwlock, byn_timeout timeout)
{
    return byn_rwlock_lock_shared(rwlock, timeout);
}

static byn_status lock_to_write(void *rwlock, byn_timeout timeout)
{
    return byn_rwlock_lock(rwlock, timeout);
}

static byn_status unlock(void *rwlock)
{
    return byn_rwlock_unlock(rwlock);
}

static const char *holder(void *rwlock, apr_pool_t *pool)
{
    byn_rwlock_info info = {.struct_size = sizeof info};

    if (byn_rwlock_holders(rwlock, &info) < 0)
        return "";
    if (info.written)
        return format_text(pool, ", which pid %" PRIu32 " writes", info.writer_pid);
    if (info.readers > 0)
        return format_text(pool, ", which has %" PRIu32 " reader%s", info.readers,
                           info.readers > 1 ? "s" : "");
    return "";
}

static const char *dead(void *rwlock, apr_pool_t *pool)
{
    return format_text(pool, "a writer died holding \"%s\"", byn_rwlock_name(rwlock));
}

const held_kind held_to_read = {lock_to_read, unlock, holder, dead, NULL};
const held_kind held_to_write = {lock_to_write, unlock, holder, dead, NULL};

static bool set_option(void *context, int letter, const char *argument)
{
    return held_option(context, letter, argument);
}

static int run_locked(command_line *line, const held_kind *kind)
{
    held h = held_begin(line);
    const char *name;
    byn_rwlock *rwlock;
    int result;

    if (!command_line_options(line, set_option, &h) || (name = command_line_name(line)) == NULL)
        return line->result;
    if (byn_rwlock_open(&rwlock, name, &BYN_OPTIONS(byn_rwlock_options, .mode = rights_for(name))) <
        0)
        return call_failed(line);
    result = held_run(&h, quoted(line, name), kind, rwlock);
    byn_rwlock_close(rwlock);
    return result;
}

static int rwlock_read(command_line *line)
{
    return run_locked(line, &held_to_read);
}

static int rwlock_write(command_line *line)
{
    return run_locked(line, &held_to_write);
}

/* ---- The command lines */

static const apr_getopt_option_t options[] = {HELD_OPTIONS, OPTION_HELP, OPTION_END};

static const verb verb_read = {
    .name = "rwlock read",
    .line = "run a command that reads: together with others that read",
    .arguments = "NAME [OPTION...] -- COMMAND [ARGUMENT...]",
    .text = "Exit codes: as \"byname run\".\n",
    .example = "byname rwlock read accounts -- ./report.sh",
    .options = options,
    .command = COMMAND_NEEDED,
    .usage_code = EXIT_RUN_FAILED,
    .run = rwlock_read,
};

static const verb verb_write = {
    .name = "rwlock write",
    .line = "run a command that writes: alone",
    .arguments = "NAME [OPTION...] -- COMMAND [ARGUMENT...]",
    .text =
        "If byname is killed the command is killed as well; all who read then are warned, until\n"
        "one has written. Exit codes: as \"byname run\".\n",
    .example = "byname rwlock write accounts -w 10 -- ./book.sh",
    .options = options,
    .command = COMMAND_NEEDED,
    .usage_code = EXIT_RUN_FAILED,
    .run = rwlock_write,
};

static const verb *const actions[] = {&verb_read, &verb_write, NULL};

const verb verb_rwlock = {
    .name = "rwlock",
    .line = "many readers or one writer: run a command as one of them",
    .arguments = "ACTION NAME [OPTION...] -- COMMAND [ARGUMENT...]",
    .text = "It is made if it does not exist, and lives while a process has it open.\n"
            "Exit codes: as \"byname run\".\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
