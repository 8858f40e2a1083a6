/* byname barrier: scripts that wait for each other, and go on together. */
#include "json.h"
#include "nouns.h"
#include "output.h"

#include <inttypes.h>
#include <stdio.h>

enum { EXIT_BROKEN = 3, OPTION_PARTY = 256 };

typedef struct settings {
    held held;
    int parties; /* 0: not said */
    bool party;
    bool as_json;
} settings;

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    if (letter == 'p')
        return parse_number(argument, 1, INT32_MAX, &s->parties);
    s->party = s->party || letter == OPTION_PARTY;
    s->as_json = s->as_json || letter == 'j';
    return held_option(&s->held, letter, argument);
}

/* Made only if the command line says for how many. */
static byn_status open_barrier(byn_barrier **barrier, const char *name, const settings *s)
{
    return byn_barrier_open(
        barrier, name,
        &BYN_OPTIONS(byn_barrier_options,
                     .open = s->parties > 0 ? BYN_OPEN_OR_CREATE : BYN_OPEN_ONLY,
                     .mode = rights_for(name), .parties = (uint32_t)s->parties, .party = s->party));
}

/* ---- wait */

static void print_place(const settings *s, const char *name, uint32_t index, bool serial)
{
    json j = {stdout, 0, true};

    if (!s->as_json) {
        printf("%" PRIu32 "\n", index);
        return;
    }
    json_open(&j, NULL, '{');
    json_text(&j, "name", name);
    json_unsigned(&j, "index", index);
    json_bool(&j, "last", serial);
    json_close(&j, '}');
}

/* There is no trying first: who gives up breaks it. */
static int wait_for_all(byn_barrier *barrier, const char *name, const settings *s)
{
    const command_line *line = s->held.line;
    uint32_t index = 0;
    byn_status status;

    if (s->held.verbose)
        complain("byname %s: waiting for %" PRIu32 " at \"%s\"\n", line->verb->name,
                 byn_barrier_parties(barrier), name);
    status = byn_barrier_wait(barrier, s->held.timeout, &index);
    if (status == BYN_E_TIMEDOUT)
        return held_late(&s->held, quoted(line, name), ", which is broken by that for all");
    if (status == BYN_E_BROKEN) {
        fprintf(
            stderr,
            "byname %s: \"%s\" is broken: one gave up, died or aborted it; byname barrier reset "
            "makes it whole\n",
            line->verb->name, name);
        return EXIT_BROKEN;
    }
    if (status < 0)
        return call_failed(line);
    print_place(s, name, index, status == BYN_SERIAL);
    return EXIT_GOOD;
}

static int hold_it(byn_barrier *barrier, const char *name, const settings *s)
{
    return held_run(&s->held, quoted(s->held.line, name), &held_open, barrier);
}

/* It is opened, or made, and used. */
static int open_and_use(command_line *line,
                        int (*use)(byn_barrier *barrier, const char *name, const settings *s))
{
    settings s = {.held = held_begin(line)};
    const char *name;
    byn_barrier *barrier;
    byn_status status;
    int result;

    if (!command_line_options(line, set_option, &s) || (name = command_line_name(line)) == NULL)
        return line->result;
    status = open_barrier(&barrier, name, &s);
    if (status < 0)
        return open_failed(line, name, status, "to make it say how many meet: --parties N");
    result = use(barrier, name, &s);
    byn_barrier_close(barrier);
    return result;
}

static int barrier_wait(command_line *line)
{
    return open_and_use(line, wait_for_all);
}

static int barrier_hold(command_line *line)
{
    return open_and_use(line, hold_it);
}

/* ---- The others, which change or show what is there */

static byn_barrier *open_existing(command_line *line, const char *name)
{
    byn_barrier *barrier = NULL;
    byn_status status =
        byn_barrier_open(&barrier, name, &BYN_OPTIONS(byn_barrier_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        line->result = open_failed(line, name, status,
                                   format_text(line->pool,
                                               "nobody waits there. To keep it between the rounds: "
                                               "byname barrier hold \"%s\" --parties N -- COMMAND",
                                               name));
    return status < 0 ? NULL : barrier;
}

static int change(command_line *line, byn_status (*call)(byn_barrier *barrier))
{
    const char *name = name_only(line);
    byn_barrier *barrier = name != NULL ? open_existing(line, name) : NULL;
    byn_status status;

    if (barrier == NULL)
        return line->result;
    status = call(barrier);
    byn_barrier_close(barrier);
    return status < 0 ? call_failed(line) : EXIT_GOOD;
}

static int barrier_abort(command_line *line)
{
    return change(line, byn_barrier_abort);
}

static int barrier_reset(command_line *line)
{
    return change(line, byn_barrier_reset);
}

static int barrier_show(command_line *line)
{
    bool as_json;
    const char *name = name_and_json(line, &as_json);
    byn_barrier *barrier = name != NULL ? open_existing(line, name) : NULL;
    json j = {stdout, 0, true};
    uint32_t parties;
    uint32_t waiting;
    bool broken;

    if (barrier == NULL)
        return line->result;
    parties = byn_barrier_parties(barrier);
    waiting = byn_barrier_waiting(barrier);
    broken = byn_barrier_is_broken(barrier);
    byn_barrier_close(barrier);
    if (as_json) {
        json_open(&j, NULL, '{');
        json_text(&j, "name", name);
        json_unsigned(&j, "parties", parties);
        json_unsigned(&j, "waiting", waiting);
        json_bool(&j, "broken", broken);
        json_close(&j, '}');
    } else {
        printf("%" PRIu32 " of %" PRIu32 " wait%s\n", waiting, parties, broken ? ", broken" : "");
    }
    return broken ? EXIT_BROKEN : EXIT_GOOD;
}

/* ---- The command lines */

#define OPTION_PARTIES                                                                             \
    {                                                                                              \
        "parties", 'p', 1, "N make it if it does not exist, for so many"                           \
    }

static const apr_getopt_option_t wait_options[] = {OPTION_PARTIES, HELD_OPTIONS, OPTION_JSON,
                                                   OPTION_HELP, OPTION_END};

static const apr_getopt_option_t hold_options[] = {
    OPTION_PARTIES,
    {"party", OPTION_PARTY, 0, "the command is one of them: if byname is killed it breaks"},
    OPTION_HELP,
    OPTION_END};

static const verb action_wait = {
    .name = "barrier wait",
    .line = "wait until all have come; print who one is: 0 to N - 1, each once",
    .arguments = "NAME [OPTION...]",
    .text =
        "Who gives up, or is killed, breaks it for all. Exit code 3 if it is broken, 124 if the\n"
        "time is over.\n",
    .example = "byname barrier wait loaded --parties 3 -w 60",
    .options = wait_options,
    .usage_code = EXIT_USAGE,
    .run = barrier_wait,
};

static const verb action_abort = {
    .name = "barrier abort",
    .line = "break it: all who wait, and who come later, get exit code 3",
    .arguments = "NAME",
    .text = "Exit code 1 if nobody has it open.\n",
    .example = "byname barrier abort loaded",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = barrier_abort,
};

static const verb action_reset = {
    .name = "barrier reset",
    .line = "make it whole again; who waits gets exit code 3",
    .arguments = "NAME",
    .text = "Exit code 1 if nobody has it open.\n",
    .example = "byname barrier reset loaded",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = barrier_reset,
};

static const verb action_show = {
    .name = "barrier show",
    .line = "print how many wait; exit code 3 if it is broken",
    .arguments = "NAME [--json]",
    .text = "Exit code 1 and no output if nobody has it open.\n",
    .example = "byname barrier show loaded",
    .options = name_and_json_options,
    .usage_code = EXIT_USAGE,
    .run = barrier_show,
};

static const verb action_hold = {
    .name = "barrier hold",
    .line = "keep it open while a command runs, without waiting",
    .arguments = "NAME [OPTION...] -- COMMAND [ARGUMENT...]",
    .text = "A barrier that somebody broke stays broken while it is kept open. Exit codes: as\n"
            "\"byname run\".\n",
    .example = "byname barrier hold loaded --parties 3 --party -- ./worker.sh",
    .options = hold_options,
    .command = COMMAND_NEEDED,
    .usage_code = EXIT_RUN_FAILED,
    .run = barrier_hold,
};

static const verb *const actions[] = {&action_wait, &action_abort, &action_reset,
                                      &action_show, &action_hold,  NULL};

const verb verb_barrier = {
    .name = "barrier",
    .line = "wait for each other, and go on together",
    .arguments = "ACTION NAME [OPTION...] [-- COMMAND [ARGUMENT...]]",
    .text =
        "It lives while a process has it open: one that waits, a program, or \"barrier hold\".\n"
        "Exit codes: 0 done, 1 failed, 2 command line, 3 broken, 124 the time is over.\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
