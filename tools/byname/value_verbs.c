/* byname value: a number, a flag or a few bytes that commands share. */
#include "output.h"
#include "reader.h"
#include "stream.h"
#include "system.h"
#include "typed.h"

#include <string.h>

enum { OPTION_IS = 256, OPTION_NOT, OPTION_INITIAL };

typedef struct settings {
    held held;
    making making;
    bool as_json;
    const char *is, *not, *initial; /* NULL: not said */
} settings;

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;
    bool wrong;

    if (making_option(&s->making, letter, argument, &wrong))
        return !wrong;
    switch (letter) {
    case 'j':
        s->as_json = true;
        return true;
    case OPTION_IS:
        s->is = argument;
        return true;
    case OPTION_NOT:
        s->not = argument;
        return true;
    case OPTION_INITIAL:
        s->initial = argument;
        return true;
    default:
        return held_option(&s->held, letter, argument);
    }
}

static const char *remedy(const command_line *line, const char *name)
{
    return format_text(line->pool,
                       "what changes it makes it, and so does: byname value hold \"%s\" -- COMMAND",
                       name);
}

/* One value on a command line. */
typedef struct subject {
    command_line *line;
    settings s;
    const char *const *words; /* the name first */
    int count;                /* of those behind it */
    byn_value *value;
    byn_value_type type;
    int result; /* exit code, if it was not opened */
} subject;

static byn_value_type type_to_make(const subject *u)
{
    return u->s.making.type == BYN_ANY ? BYN_I64 : u->s.making.type;
}

static byn_status open_value(subject *u, byn_open_mode mode, bool keep)
{
    typed initial = {.type = type_to_make(u)};

    if (u->s.initial != NULL && !typed_argument(u->line, u->s.initial, &initial))
        return BYN_E_INVALID;
    return byn_value_open(&u->value, u->words[0],
                          &BYN_OPTIONS(byn_value_options, .open = mode, .keep = keep,
                                       .mode = rights_for(u->words[0]), .type = u->s.making.type,
                                       .size = (uint32_t)u->s.making.size,
                                       .initial = initial.integer, .initial_double = initial.real));
}

/* Before one is made that stays: words that can be no numbers are to leave nothing. */
static bool words_are_numbers(subject *u)
{
    typed n = {.type = type_to_make(u)};
    int i;

    for (i = 1; n.type != BYN_BYTES && i <= u->count; i++) {
        typed any = {.type = BYN_I64}; /* what is added to an unsigned number */

        if (!typed_parse(u->words[i], &any) && !typed_argument(u->line, u->words[i], &n))
            return false;
    }
    return true;
}

static byn_status open_or_make(subject *u, opening how)
{
    byn_status status = open_value(u, BYN_OPEN_ONLY, false);

    if (how == OPENS || status != BYN_E_NOTFOUND)
        return status;
    if (!words_are_numbers(u))
        return BYN_E_INVALID;
    status = open_value(u, BYN_OPEN_OR_CREATE, how == OPENS_TO_KEEP);
    return status == BYN_E_MISMATCH ? open_value(u, BYN_OPEN_ONLY, false) : status;
}

/* Reads the command line and opens; false: u->result is the exit code. */
static bool begin(subject *u, command_line *line, int least, int most, opening how)
{
    byn_status status;

    memset(u, 0, sizeof *u);
    u->line = line;
    u->s.held = held_begin(line);
    if (!command_line_options(line, set_option, &u->s) ||
        (u->words = typed_words(line, least, most, &u->count)) == NULL) {
        u->result = line->result;
        return false;
    }
    status = open_or_make(u, how);
    if (status < 0) {
        u->result = line->over ? line->result
                               : open_failed(line, u->words[0], status, remedy(line, u->words[0]));
        return false;
    }
    u->type = byn_value_type_of(u->value);
    return true;
}

static int end(subject *u, int result)
{
    byn_value_close(u->value);
    return result;
}

/* The number behind the name; false: the line is over. */
static bool argument(subject *u, int index, typed *n)
{
    n->type = u->type;
    return typed_argument(u->line, u->words[1 + index], n);
}

static byn_status get(subject *u, typed *n)
{
    n->type = u->type;
    return typed_is_real(u->type) ? byn_value_get_double(u->value, &n->real)
                                  : byn_value_get(u->value, &n->integer);
}

/* What a call told, or that it failed. */
static int told(const subject *u, byn_status status, const typed *n)
{
    if (status < 0)
        return call_failed(u->line);
    if (n != NULL)
        typed_print(n, u->words[0], NULL, u->s.as_json, u->line->pool);
    return EXIT_GOOD;
}

/* ---- Bytes */

static int get_bytes(subject *u)
{
    size_t size = byn_value_size(u->value);
    char *buffer = apr_palloc(u->line->pool, size);
    apr_file_t *out;

    if (byn_value_read(u->value, buffer, &size) < 0)
        return call_failed(u->line);
    if (apr_file_open_stdout(&out, u->line->pool) != APR_SUCCESS || !write_out(out, buffer, size))
        return command_line_failure(u->line);
    return EXIT_GOOD;
}

/* The word, or all of the input. */
static int set_bytes(subject *u)
{
    stream in;
    const char *data;
    size_t size;
    int result = EXIT_GOOD;

    if (u->count > 0)
        return told(u, byn_value_write(u->value, u->words[1], strlen(u->words[1])), NULL);
    if (!stream_begin(&in, u->line->pool))
        return command_line_failure(u->line);
    if (!stream_all(&in, &data, &size))
        result = command_line_failure(u->line);
    else
        result = told(u, byn_value_write(u->value, data, size), NULL);
    stream_end(&in);
    return result;
}

static int wait_for_bytes(subject *u)
{
    size_t size = byn_value_size(u->value);
    char *known = apr_palloc(u->line->pool, size);
    byn_status status = byn_value_read(u->value, known, &size);

    if (status >= 0)
        status = byn_value_wait_change_bytes(u->value, known, &size, u->s.held.timeout);
    if (status == BYN_E_TIMEDOUT)
        return held_late(&u->s.held, quoted(u->line, u->words[0]), " to change");
    if (status == BYN_E_CANCELED)
        return EXIT_BAD;
    return status < 0 ? call_failed(u->line) : get_bytes(u);
}

/* ---- The verbs */

static int value_get(command_line *line)
{
    subject u;
    typed n;

    if (!begin(&u, line, 0, 0, OPENS))
        return u.result;
    if (u.type == BYN_BYTES)
        return end(&u, get_bytes(&u));
    return end(&u, told(&u, get(&u, &n), &n));
}

static int value_set(command_line *line)
{
    subject u;
    typed n;
    byn_status status;

    if (!begin(&u, line, 0, 1, OPENS_TO_KEEP))
        return u.result;
    if (u.type == BYN_BYTES)
        return end(&u, set_bytes(&u));
    if (u.count == 0)
        return end(&u, command_line_wrong(line, "which number? It is missing"));
    if (!argument(&u, 0, &n))
        return end(&u, line->result);
    status = typed_is_real(u.type) ? byn_value_set_double(u.value, n.real)
                                   : byn_value_set(u.value, n.integer);
    return end(&u, told(&u, status, NULL));
}

static int value_add(command_line *line)
{
    subject u;
    typed n = {.integer = 1, .real = 1};
    byn_status status;

    if (!begin(&u, line, 0, 1, OPENS_TO_KEEP))
        return u.result;
    /* What is added to an unsigned number may be negative. */
    n.type = typed_is_real(u.type) ? u.type : BYN_I64;
    if (u.count > 0 && !typed_argument(line, u.words[1], &n))
        return end(&u, line->result);
    n.type = u.type;
    status = typed_is_real(u.type) ? byn_value_add_double(u.value, n.real, &n.real)
                                   : byn_value_add(u.value, n.integer, &n.integer);
    return end(&u, told(&u, status, &n));
}

static int value_exchange(command_line *line)
{
    subject u;
    typed n = {.integer = 0};
    byn_status status;

    if (!begin(&u, line, 1, 1, OPENS_TO_KEEP))
        return u.result;
    if (u.type != BYN_BYTES && !argument(&u, 0, &n))
        return end(&u, line->result);
    status = typed_is_real(u.type) ? byn_value_exchange_double(u.value, n.real, &n.real)
                                   : byn_value_exchange(u.value, n.integer, &n.integer);
    return end(&u, told(&u, status, &n));
}

/* Prints what it is if that is not what was expected. */
static int value_compare_exchange(command_line *line)
{
    subject u;
    typed expected = {.integer = 0}, desired = {.integer = 0};
    byn_status status;

    if (!begin(&u, line, 2, 2, OPENS_TO_KEEP))
        return u.result;
    if (u.type != BYN_BYTES && (!argument(&u, 0, &expected) || !argument(&u, 1, &desired)))
        return end(&u, line->result);
    if (typed_is_real(u.type))
        status = byn_value_compare_exchange_double(u.value, &expected.real, desired.real);
    else
        status = byn_value_compare_exchange(u.value, &expected.integer, desired.integer);
    if (status != BYN_E_MISMATCH)
        return end(&u, told(&u, status, NULL));
    typed_print(&expected, u.words[0], NULL, u.s.as_json, line->pool);
    return end(&u, EXIT_BAD);
}

static byn_status wait_change(subject *u, typed *known, byn_timeout timeout)
{
    return typed_is_real(u->type) ? byn_value_wait_change_double(u->value, &known->real, timeout)
                                  : byn_value_wait_change(u->value, &known->integer, timeout);
}

static bool is(const typed *a, const typed *b)
{
    return typed_is_real(a->type) ? a->real == b->real : a->integer == b->integer;
}

/* Until it is `wanted`: each change is looked at. A timeout is one for all of them. */
static byn_status wait_until(subject *u, const typed *wanted, typed *now)
{
    int64_t began = system_milliseconds();
    byn_status status = get(u, now);

    while (status >= 0 && !is(now, wanted))
        status = wait_change(u, now, held_left(&u->s.held, began));
    return status;
}

static int value_wait(command_line *line)
{
    subject u;
    typed wanted, now;
    byn_status status;

    if (!begin(&u, line, 0, 0, OPENS))
        return u.result;
    reader_heed();
    if (u.type == BYN_BYTES)
        return end(&u, wait_for_bytes(&u));
    wanted.type = now.type = u.type;
    if ((u.s.is != NULL && !typed_argument(line, u.s.is, &wanted)) ||
        (u.s.not != NULL && !typed_argument(line, u.s.not, &now)))
        return end(&u, line->result);
    if (u.s.is != NULL) {
        status = wait_until(&u, &wanted, &now);
    } else {
        status = u.s.not != NULL ? BYN_OK : get(&u, &now);
        if (status >= 0)
            status = wait_change(&u, &now, u.s.held.timeout);
    }
    if (status == BYN_E_TIMEDOUT)
        return end(&u, held_late(&u.s.held, quoted(line, u.words[0]), " to change"));
    if (status == BYN_E_CANCELED) /* nobody reads any more */
        return end(&u, EXIT_BAD);
    return end(&u, told(&u, status, &now));
}

static int value_hold(command_line *line)
{
    subject u;

    if (!begin(&u, line, 0, 0, OPENS_TO_HOLD))
        return u.result;
    return end(&u, held_run(&u.s.held, quoted(line, u.words[0]), &held_open, u.value));
}

/* ---- The command lines */

#define OPTIONS_MAKING TYPED_OPTION_TYPE, TYPED_OPTION_SIZE
#define OPTION_WITH_INITIAL                                                                        \
    {                                                                                              \
        "initial", OPTION_INITIAL, 1, "NUMBER what it is at first, if this makes it (0)"           \
    }

static const apr_getopt_option_t change_options[] = {OPTIONS_MAKING, OPTION_WITH_INITIAL,
                                                     OPTION_JSON, OPTION_HELP, OPTION_END};

static const apr_getopt_option_t wait_options[] = {
    HELD_OPTION_NONBLOCK,
    HELD_OPTION_TIMEOUT,
    HELD_OPTION_CODE,
    {"is", OPTION_IS, 1, "NUMBER until it is this"},
    {"not", OPTION_NOT, 1, "NUMBER until it is not this (what it is now)"},
    OPTION_JSON,
    OPTION_HELP,
    OPTION_END};

static const apr_getopt_option_t making_options[] = {OPTIONS_MAKING, OPTION_WITH_INITIAL,
                                                     OPTION_HELP, OPTION_END};

#define MAKES "If nobody has it open it is made, and stays until \"byname rm\".\n"
#define CHANGES .options = change_options, .usage_code = EXIT_USAGE, .takes_numbers = true

static const verb verb_get = {
    .name = "value get",
    .line = "print it; bytes as they are",
    .arguments = "NAME [--json]",
    .text = "Exit code 1 if nobody has it open.\n",
    .example = "byname value get progress",
    .options = name_and_json_options,
    .usage_code = EXIT_USAGE,
    .run = value_get,
};

static const verb verb_set = {
    .name = "value set",
    .line = "change it; bytes are the word, or the input if there is none",
    .arguments = "NAME [NUMBER] [OPTION...]",
    .text = MAKES,
    .example = "byname value set progress 50",
    .run = value_set,
    .options = making_options,
    .usage_code = EXIT_USAGE,
    .takes_numbers = true,
};

static const verb verb_add = {
    .name = "value add",
    .line = "add to it, and print what it is then",
    .arguments = "NAME [NUMBER] [OPTION...]",
    .text = "Without a NUMBER 1 is added. Integers wrap around at the ends of their type.\n" MAKES,
    .example = "byname value add visitors",
    .run = value_add,
    CHANGES,
};

static const verb verb_exchange = {
    .name = "value exchange",
    .line = "change it, and print what it was",
    .arguments = "NAME NUMBER [OPTION...]",
    .text = MAKES,
    .example = "byname value exchange mode 2",
    .run = value_exchange,
    CHANGES,
};

static const verb verb_compare_exchange = {
    .name = "value compare-exchange",
    .line = "change it if it is what is expected",
    .arguments = "NAME EXPECTED NUMBER [OPTION...]",
    .text = "Exit code 1 if it was something else, which is printed.\n" MAKES,
    .example = "byname value compare-exchange leader 0 $$ && echo I lead",
    .run = value_compare_exchange,
    CHANGES,
};

static const verb action_wait = {
    .name = "value wait",
    .line = "wait until it changes, and print what it is then",
    .arguments = "NAME [OPTION...]",
    .text = "Exit code 124 if it did not change in time, 1 if nobody has it open.\n",
    .example = "byname value wait progress --is 100 -w 60",
    .options = wait_options,
    .usage_code = EXIT_USAGE,
    .run = value_wait,
};

static const verb verb_hold = {
    .name = "value hold",
    .line = "keep it open while a command runs; it is made if it does not exist",
    .arguments = "NAME [OPTION...] -- COMMAND [ARGUMENT...]",
    .text = "Exit codes: as \"byname run\".\n",
    .example = "byname value hold progress --type f64 -- ./both.sh",
    .options = making_options,
    .command = COMMAND_NEEDED,
    .usage_code = EXIT_RUN_FAILED,
    .run = value_hold,
};

static const verb *const actions[] = {
    &verb_get,    &verb_set,  &verb_add, &verb_exchange, &verb_compare_exchange,
    &action_wait, &verb_hold, NULL};

const verb verb_value = {
    .name = "value",
    .line = "a number or a few bytes: get, set, add, wait",
    .arguments = "ACTION NAME [ARGUMENT...] [OPTION...] [-- COMMAND [ARGUMENT...]]",
    .text =
        "What changes it makes it, and then it stays until \"byname rm\". One that a program or\n"
        "\"value hold\" made lives while a process has it open.\n"
        "Exit codes: 0 done, 1 failed, 2 command line, 124 not in time.\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
