/* byname semaphore: at most n at a time, or a count of what there is to do. */
#include "json.h"
#include "nouns.h"
#include "output.h"

#include <stdio.h>

enum { OPTION_PLAIN = 256 };

typedef struct settings {
    held held;
    int count;
    int maximum; /* 0: not said */
    int initial; /* -1: not said */
    bool undo;
} settings;

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    switch (letter) {
    case 'c':
        return parse_number(argument, 1, (int)BYN_SEMAPHORE_MAXIMUM, &s->count);
    case 'm':
        return parse_number(argument, 1, (int)BYN_SEMAPHORE_MAXIMUM, &s->maximum);
    case 'i':
        return parse_number(argument, 0, (int)BYN_SEMAPHORE_MAXIMUM, &s->initial);
    case OPTION_PLAIN:
        s->undo = false;
        return true;
    default:
        return held_option(&s->held, letter, argument);
    }
}

static const char *remedy(const command_line *line, const char *name)
{
    return format_text(line->pool,
                       "keep it open: byname semaphore hold \"%s\" -m MAXIMUM -- COMMAND; "
                       "or let who acquires from it make it: -m MAXIMUM",
                       name);
}

/* Made only if the command line says how. All permits are there in the beginning. */
static byn_status open_semaphore(byn_semaphore **semaphore, const char *name, const settings *s)
{
    bool make = s->maximum > 0 || s->initial >= 0;
    int initial = s->initial >= 0 ? s->initial : s->maximum;

    return byn_semaphore_open(semaphore, name,
                              &BYN_OPTIONS(byn_semaphore_options,
                                           .open = make ? BYN_OPEN_OR_CREATE : BYN_OPEN_ONLY,
                                           .mode = rights_for(name), .initial = (uint32_t)initial,
                                           .maximum = (uint32_t)s->maximum, .undo = s->undo));
}

/* ---- acquire */

static byn_status take(void *object, byn_timeout timeout)
{
    permits *p = object;

    return byn_semaphore_acquire(p->semaphore, p->count, timeout);
}

static byn_status give(void *object)
{
    permits *p = object;

    return byn_semaphore_release(p->semaphore, p->count, NULL);
}

static const char *dead(void *object, apr_pool_t *pool)
{
    permits *p = object;

    return format_text(pool, "a process died holding permits of \"%s\"",
                       byn_semaphore_name(p->semaphore));
}

const held_kind held_permits = {take, give, NULL, dead, NULL};

/*
 * With a command the permits come back if byname is killed, unless others made the semaphore without
 * undo; it is used as it is.
 */
static byn_status open_to_acquire(byn_semaphore **semaphore, const char *name, settings *s)
{
    byn_status status;

    s->undo = s->held.command != NULL;
    status = open_semaphore(semaphore, name, s);
    if (status != BYN_E_MISMATCH || !s->undo)
        return status;
    s->undo = false;
    return open_semaphore(semaphore, name, s);
}

/* What we take comes back when we end, which without a command is at once. */
static int useless(const command_line *line, const char *name)
{
    complain("byname %s: what is taken of \"%s\" comes back when its taker ends: put what it is "
             "for behind \"--\", or make the semaphore with \"semaphore hold --plain\"\n",
             line->verb->name, name);
    return command_line_failure(line);
}

static bool has_undo(byn_semaphore *semaphore)
{
    byn_semaphore_info info = {.struct_size = sizeof info};

    return byn_semaphore_holders(semaphore, &info) >= 0 && info.undo;
}

static int semaphore_acquire(command_line *line)
{
    settings s = {held_begin(line), 1, 0, -1, false};
    const char *name;
    permits p;
    byn_status status;
    int result;

    if (!command_line_options(line, set_option, &s) || (name = command_line_name(line)) == NULL)
        return line->result;
    status = open_to_acquire(&p.semaphore, name, &s);
    if (status < 0)
        return open_failed(line, name, status, remedy(line, name));
    p.count = (uint32_t)s.count;
    if (line->command == NULL && has_undo(p.semaphore))
        result = useless(line, name);
    else
        result = held_run(&s.held, quoted(line, name), &held_permits, &p);
    byn_semaphore_close(p.semaphore);
    return result;
}

/* ---- The others */

static int semaphore_hold(command_line *line)
{
    settings s = {held_begin(line), 1, 0, -1, true};
    const char *name;
    byn_semaphore *semaphore;
    byn_status status;
    int result;

    if (!command_line_options(line, set_option, &s) || (name = command_line_name(line)) == NULL)
        return line->result;
    status = open_semaphore(&semaphore, name, &s);
    if (status < 0)
        return open_failed(line, name, status, "to make it say how: -m MAXIMUM, or -i INITIAL");
    result = held_run(&s.held, quoted(line, name), &held_open, semaphore);
    byn_semaphore_close(semaphore);
    return result;
}

static byn_status open_existing(byn_semaphore **semaphore, const char *name)
{
    return byn_semaphore_open(semaphore, name,
                              &BYN_OPTIONS(byn_semaphore_options, .open = BYN_OPEN_ONLY));
}

static int semaphore_release(command_line *line)
{
    settings s = {held_begin(line), 1, 0, -1, false};
    const char *name;
    byn_semaphore *semaphore;
    byn_status status;

    if (!command_line_options(line, set_option, &s) || (name = command_line_name(line)) == NULL)
        return line->result;
    status = open_existing(&semaphore, name);
    if (status < 0)
        return open_failed(line, name, status, remedy(line, name));
    status = byn_semaphore_release(semaphore, (uint32_t)s.count, NULL);
    byn_semaphore_close(semaphore);
    return status < 0 ? call_failed(line) : EXIT_GOOD;
}

static int semaphore_value(command_line *line)
{
    bool as_json;
    const char *name = name_and_json(line, &as_json);
    json j = {stdout, 0, true};
    byn_semaphore *semaphore;
    byn_status status;
    uint32_t value = 0;

    if (name == NULL)
        return line->result;
    status = open_existing(&semaphore, name);
    if (status < 0)
        return open_failed(line, name, status, remedy(line, name));
    status = byn_semaphore_value(semaphore, &value);
    byn_semaphore_close(semaphore);
    if (status < 0)
        return call_failed(line);
    if (!as_json) {
        printf("%u\n", (unsigned)value);
        return EXIT_GOOD;
    }
    json_open(&j, NULL, '{');
    json_text(&j, "name", name);
    json_unsigned(&j, "permits", value);
    json_close(&j, '}');
    return EXIT_GOOD;
}

/* ---- The command lines */

#define OPTION_COUNT                                                                               \
    {                                                                                              \
        "count", 'c', 1, "N how many permits (1)"                                                  \
    }
#define OPTION_MAXIMUM                                                                             \
    {                                                                                              \
        "maximum", 'm', 1, "N make it if it does not exist, with so many permits at most"          \
    }
#define OPTION_INITIAL                                                                             \
    {                                                                                              \
        "initial", 'i', 1, "N make it if it does not exist, with so many permits (the maximum)"    \
    }

static const apr_getopt_option_t acquire_options[] = {HELD_OPTIONS,   OPTION_COUNT, OPTION_MAXIMUM,
                                                      OPTION_INITIAL, OPTION_HELP,  OPTION_END};

static const apr_getopt_option_t hold_options[] = {
    OPTION_MAXIMUM,
    OPTION_INITIAL,
    {"plain", OPTION_PLAIN, 0, "permits stay taken when their taker ends"},
    OPTION_HELP,
    OPTION_END};

static const apr_getopt_option_t release_options[] = {OPTION_COUNT, OPTION_HELP, OPTION_END};

static const verb verb_acquire = {
    .name = "semaphore acquire",
    .line = "take permits, run a command, give them back",
    .arguments = "NAME [OPTION...] [-- COMMAND [ARGUMENT...]]",
    .text =
        "If byname is killed, the permits come back and the command is killed as well.\n"
        "Without a command the permits are taken for good, as one takes a job from a queue.\n"
        "Exit codes: as \"byname run\"; without a command 0, 1, 2, or 124 if it took too long.\n",
    .example = "byname semaphore acquire downloads -m 3 -- curl -O https://example.org/file",
    .options = acquire_options,
    .command = COMMAND_ALLOWED,
    .usage_code = EXIT_USAGE,
    .run = semaphore_acquire,
};

static const verb verb_release = {
    .name = "semaphore release",
    .line = "give permits",
    .arguments = "NAME [OPTION...]",
    .text = "Exit code 1 if nobody has it open, or if it would go above the maximum.\n",
    .example = "byname semaphore release jobs -c 5",
    .options = release_options,
    .usage_code = EXIT_USAGE,
    .run = semaphore_release,
};

static const verb action_value = {
    .name = "semaphore value",
    .line = "print how many permits there are at this moment",
    .arguments = "NAME [--json]",
    .text = "Exit code 1 if nobody has it open.\n",
    .example = "byname semaphore value jobs",
    .options = name_and_json_options,
    .usage_code = EXIT_USAGE,
    .run = semaphore_value,
};

static const verb verb_hold = {
    .name = "semaphore hold",
    .line = "keep it open while a command runs, without taking anything",
    .arguments = "NAME [OPTION...] -- COMMAND [ARGUMENT...]",
    .text =
        "If this makes it, permits come back when the process that has them is killed or ends,\n"
        "unless --plain is said; then \"semaphore acquire\" needs no command.\n"
        "Exit codes: as \"byname run\".\n",
    .example = "byname semaphore hold jobs -i 0 --plain -- ./all-workers.sh",
    .options = hold_options,
    .command = COMMAND_NEEDED,
    .usage_code = EXIT_RUN_FAILED,
    .run = semaphore_hold,
};

static const verb *const actions[] = {&verb_acquire, &verb_release, &action_value, &verb_hold,
                                      NULL};

const verb verb_semaphore = {
    .name = "semaphore",
    .line = "at most n at a time: acquire, release",
    .arguments = "ACTION NAME [OPTION...] [-- COMMAND [ARGUMENT...]]",
    .text = "It lives while a process has it open: one that acquires, a program, or\n"
            "\"semaphore hold\".\n"
            "Exit codes: 0 done, 1 failed, 2 command line, 124 too long; with a command as\n"
            "\"byname run\".\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
