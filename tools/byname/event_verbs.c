/* byname event: a flag that scripts wait for. */
#include "json.h"
#include "nouns.h"
#include "output.h"

#include <stdio.h>

enum { OPTION_MANUAL = 256, OPTION_SET };

typedef struct settings {
    held held;
    bool manual;
    bool set;
} settings;

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    s->manual = s->manual || letter == OPTION_MANUAL;
    s->set = s->set || letter == OPTION_SET;
    return held_option(&s->held, letter, argument);
}

static byn_status wait_for_event(void *event, byn_timeout timeout)
{
    return byn_event_wait(event, timeout);
}

static const held_kind waited = {wait_for_event, NULL, NULL, NULL, NULL};

/* Opens or creates it, and waits or holds. */
static int open_and(command_line *line, const held_kind *kind)
{
    settings s = {held_begin(line), false, false};
    const char *name;
    byn_event *event;
    byn_status status;
    int result;

    if (!command_line_options(line, set_option, &s) || (name = command_line_name(line)) == NULL)
        return line->result;
    status = byn_event_open(&event, name,
                            &BYN_OPTIONS(byn_event_options, .manual_reset = s.manual,
                                         .initially_set = s.set, .mode = rights_for(name)));
    if (status < 0)
        return call_failed(line);
    result = held_run(&s.held, quoted(line, name), kind, event);
    byn_event_close(event);
    return result;
}

static int event_wait(command_line *line)
{
    return open_and(line, &waited);
}

static int event_hold(command_line *line)
{
    return open_and(line, &held_open);
}

static const char *remedy(const command_line *line, const char *name)
{
    return format_text(line->pool,
                       "start first what waits for it, or keep it open: "
                       "byname event hold \"%s\" -- COMMAND",
                       name);
}

/* Opens what is there, and calls `change`. */
static int change(command_line *line, byn_status (*call)(byn_event *event))
{
    const char *name = name_only(line);
    byn_event *event;
    byn_status status;

    if (name == NULL)
        return line->result;
    status = byn_event_open(&event, name, &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY));
    if (status < 0)
        return open_failed(line, name, status, remedy(line, name));
    status = call(event);
    byn_event_close(event);
    return status < 0 ? call_failed(line) : EXIT_GOOD;
}

static int event_set(command_line *line)
{
    return change(line, byn_event_set);
}

static int event_reset(command_line *line)
{
    return change(line, byn_event_reset);
}

static int event_get(command_line *line)
{
    bool as_json;
    const char *name = name_and_json(line, &as_json);
    json j = {stdout, 0, true};
    byn_event *event;
    byn_status status;
    bool set;

    if (name == NULL)
        return line->result;
    status = byn_event_open(&event, name, &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY));
    if (status < 0)
        return open_failed(line, name, status, remedy(line, name));
    set = byn_event_is_set(event);
    byn_event_close(event);
    if (as_json) {
        json_open(&j, NULL, '{');
        json_text(&j, "name", name);
        json_bool(&j, "set", set);
        json_close(&j, '}');
    } else {
        puts(set ? "set" : "reset");
    }
    return set ? EXIT_GOOD : EXIT_BAD;
}

/* ---- The command lines */

static const apr_getopt_option_t wait_options[] = {
    HELD_OPTIONS,
    {"manual", OPTION_MANUAL, 0, "manual-reset: stays set until it is reset"},
    OPTION_HELP,
    OPTION_END};

static const apr_getopt_option_t hold_options[] = {
    {"manual", OPTION_MANUAL, 0, "manual-reset: stays set until it is reset"},
    {"set", OPTION_SET, 0, "set in the beginning, if this makes it"},
    OPTION_HELP,
    OPTION_END};

static const verb action_wait = {
    .name = "event wait",
    .line = "wait until it is set; if nobody has it open it is made",
    .arguments = "NAME [OPTION...]",
    .text = "An auto-reset event, the default, is clear again when the wait returns.\n"
            "Exit code 124 if it was not set in time.\n",
    .example = "byname event wait ready -w 10 && echo go",
    .options = wait_options,
    .usage_code = EXIT_USAGE,
    .run = event_wait,
};

static const verb verb_set = {
    .name = "event set",
    .line = "set it: one waiter passes, or all of a manual-reset event",
    .arguments = "NAME",
    .text = "Exit code 1 if nobody has it open.\n",
    .example = "byname event set ready",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = event_set,
};

static const verb verb_reset = {
    .name = "event reset",
    .line = "clear it",
    .arguments = "NAME",
    .text = "Exit code 1 if nobody has it open.\n",
    .example = "byname event reset ready",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = event_reset,
};

static const verb verb_get = {
    .name = "event get",
    .line = "print \"set\" or \"reset\"; exit code 0 or 1",
    .arguments = "NAME [--json]",
    .text = "It takes no signal. Exit code 1 and no output if nobody has it open.\n",
    .example = "if byname event get stop; then exit; fi",
    .options = name_and_json_options,
    .usage_code = EXIT_USAGE,
    .run = event_get,
};

static const verb verb_hold = {
    .name = "event hold",
    .line = "keep it open while a command runs; it is made if it does not exist",
    .arguments = "NAME [OPTION...] -- COMMAND [ARGUMENT...]",
    .text = "Exit codes: as \"byname run\".\n",
    .example = "byname event hold stop --manual -- ./all-workers.sh",
    .options = hold_options,
    .command = COMMAND_NEEDED,
    .usage_code = EXIT_RUN_FAILED,
    .run = event_hold,
};

static const verb *const actions[] = {&action_wait, &verb_set,  &verb_reset,
                                      &verb_get,    &verb_hold, NULL};

const verb verb_event = {
    .name = "event",
    .line = "a flag: wait for it, set it",
    .arguments = "ACTION NAME [OPTION...] [-- COMMAND [ARGUMENT...]]",
    .text = "It lives while a process has it open: one that waits for it, a program, or\n"
            "\"event hold\".\n"
            "Exit codes: 0 done, 1 failed, 2 command line, 124 not set in time.\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
