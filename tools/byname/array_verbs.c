/* byname array: numbers of one type, or records of one size, that commands share. */
#include "array.h"
#include "output.h"

#include <string.h>

static bool set_option(void *context, int letter, const char *argument)
{
    array_settings *s = context;
    bool wrong;

    if (making_option(&s->making, letter, argument, &wrong))
        return !wrong;
    switch (letter) {
    case 'j':
        s->as_json = true;
        return true;
    case 'b':
        s->binary = true;
        return true;
    case 'l':
        return parse_number(argument, 1, INT32_MAX, &s->length);
    default:
        return held_option(&s->held, letter, argument);
    }
}

static const char *remedy(const command_line *line, const char *name)
{
    return format_text(line->pool,
                       "what changes it makes it if -l LENGTH is said, and so does: byname array "
                       "hold \"%s\" -l LENGTH -- COMMAND",
                       name);
}

static byn_status open_array(array_subject *u, byn_open_mode mode, bool keep)
{
    return byn_array_open(&u->array, u->words[0],
                          &BYN_OPTIONS(byn_array_options, .open = mode, .keep = keep,
                                       .mode = rights_for(u->words[0]), .type = u->s.making.type,
                                       .size = (uint32_t)u->s.making.size,
                                       .length = (uint64_t)u->s.length));
}

static byn_status open_or_make(array_subject *u, opening how)
{
    byn_status status = open_array(u, BYN_OPEN_ONLY, false);
    bool make = how == OPENS_TO_HOLD || (how == OPENS_TO_KEEP && u->s.length > 0);

    if (!make || status != BYN_E_NOTFOUND)
        return status;
    status = open_array(u, BYN_OPEN_OR_CREATE, how == OPENS_TO_KEEP);
    return status == BYN_E_MISMATCH ? open_array(u, BYN_OPEN_ONLY, false) : status;
}

bool array_begin(array_subject *u, command_line *line, int least, int most, opening how)
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
        u->result = open_failed(line, u->words[0], status, remedy(line, u->words[0]));
        return false;
    }
    u->type = byn_array_type_of(u->array);
    u->size = byn_array_element_size(u->array);
    return true;
}

int array_end(array_subject *u, int result)
{
    byn_array_close(u->array);
    return result;
}

bool array_which(array_subject *u, int index)
{
    typed n = {.type = BYN_U64};

    if (u->count > index && !typed_argument(u->line, u->words[1 + index], &n))
        return false;
    u->first = (uint64_t)n.integer;
    u->slice = u->first < byn_array_length(u->array) ? byn_array_length(u->array) - u->first : 0;
    if (u->count > index + 1) {
        if (!typed_argument(u->line, u->words[2 + index], &n))
            return false;
        u->slice = (uint64_t)n.integer;
    }
    return true;
}

int array_failed(const array_subject *u, byn_status status)
{
    if (status == BYN_E_TIMEDOUT)
        return held_late(&u->s.held, quoted(u->line, u->words[0]), "");
    return call_failed(u->line);
}

/* ---- One element */

static void print(const array_subject *u, const typed *n)
{
    typed_print(n, u->words[0], &u->first, u->s.as_json, u->line->pool);
}

static int told(const array_subject *u, byn_status status, const typed *n)
{
    if (status < 0)
        return array_failed(u, status);
    print(u, n);
    return EXIT_GOOD;
}

static int array_get(command_line *line)
{
    array_subject u;
    typed n;
    byn_status status;

    if (!array_begin(&u, line, 1, 1, OPENS))
        return u.result;
    if (!array_which(&u, 0))
        return array_end(&u, line->result);
    n.type = u.type;
    status = typed_is_real(u.type) ? byn_array_get_double(u.array, u.first, &n.real)
                                   : byn_array_get(u.array, u.first, &n.integer);
    return array_end(&u, told(&u, status, &n));
}

/* The INDEX, and the numbers behind it, of which there may be fewer. False: the line is over. */
static bool index_and_numbers(array_subject *u, typed *numbers, int most)
{
    int given = u->count - 1, i;

    u->count = 1; /* what follows is no COUNT */
    if (!array_which(u, 0))
        return false;
    for (i = 0; i < most; i++)
        if (i < given && u->type != BYN_BYTES &&
            !typed_argument(u->line, u->words[2 + i], &numbers[i]))
            return false;
    return true;
}

static int array_set(command_line *line)
{
    array_subject u;
    typed n = {.integer = 0};
    byn_status status;

    if (!array_begin(&u, line, 2, 2, OPENS_TO_KEEP))
        return u.result;
    n.type = u.type;
    if (!index_and_numbers(&u, &n, 1))
        return array_end(&u, line->result);
    status = typed_is_real(u.type) ? byn_array_set_double(u.array, u.first, n.real)
                                   : byn_array_set(u.array, u.first, n.integer);
    return array_end(&u, status < 0 ? array_failed(&u, status) : EXIT_GOOD);
}

static int array_add(command_line *line)
{
    array_subject u;
    typed n = {.integer = 1, .real = 1};
    byn_status status;

    if (!array_begin(&u, line, 1, 2, OPENS_TO_KEEP))
        return u.result;
    /* What is added to an unsigned number may be negative. */
    n.type = typed_is_real(u.type) ? u.type : BYN_I64;
    if (!index_and_numbers(&u, &n, 1))
        return array_end(&u, line->result);
    n.type = u.type;
    status = typed_is_real(u.type) ? byn_array_add_double(u.array, u.first, n.real, &n.real)
                                   : byn_array_add(u.array, u.first, n.integer, &n.integer);
    return array_end(&u, told(&u, status, &n));
}

static int array_exchange(command_line *line)
{
    array_subject u;
    typed n = {.integer = 0};
    byn_status status;

    if (!array_begin(&u, line, 2, 2, OPENS_TO_KEEP))
        return u.result;
    n.type = u.type;
    if (!index_and_numbers(&u, &n, 1))
        return array_end(&u, line->result);
    status = typed_is_real(u.type) ? byn_array_exchange_double(u.array, u.first, n.real, &n.real)
                                   : byn_array_exchange(u.array, u.first, n.integer, &n.integer);
    return array_end(&u, told(&u, status, &n));
}

/* Prints what it is if that is not what was expected. */
static int array_compare_exchange(command_line *line)
{
    array_subject u;
    typed n[2] = {{.integer = 0}, {.integer = 0}};
    byn_status status;

    if (!array_begin(&u, line, 3, 3, OPENS_TO_KEEP))
        return u.result;
    n[0].type = n[1].type = u.type;
    if (!index_and_numbers(&u, n, 2))
        return array_end(&u, line->result);
    if (typed_is_real(u.type))
        status = byn_array_compare_exchange_double(u.array, u.first, &n[0].real, n[1].real);
    else
        status = byn_array_compare_exchange(u.array, u.first, &n[0].integer, n[1].integer);
    if (status != BYN_E_MISMATCH)
        return array_end(&u, status < 0 ? array_failed(&u, status) : EXIT_GOOD);
    print(&u, &n[0]);
    return array_end(&u, EXIT_BAD);
}

static int array_hold(command_line *line)
{
    array_subject u;

    if (!array_begin(&u, line, 0, 0, OPENS_TO_HOLD))
        return u.result;
    return array_end(&u, held_run(&u.s.held, quoted(line, u.words[0]), &held_open, u.array));
}

/* ---- The command lines */

#define OPTION_LENGTH                                                                              \
    {                                                                                              \
        "length", 'l', 1, "N elements, if this makes it"                                           \
    }
#define OPTION_BINARY                                                                              \
    {                                                                                              \
        "binary", 'b', 0, "bytes as they are in memory, not text"                                  \
    }
#define OPTIONS_MAKING TYPED_OPTION_TYPE, TYPED_OPTION_SIZE, OPTION_LENGTH
#define OPTIONS_WAITING HELD_OPTION_NONBLOCK, HELD_OPTION_TIMEOUT, HELD_OPTION_CODE

static const apr_getopt_option_t set_options[] = {OPTIONS_MAKING, OPTION_HELP, OPTION_END};
static const apr_getopt_option_t change_options[] = {OPTIONS_MAKING, OPTION_JSON, OPTION_HELP,
                                                     OPTION_END};
static const apr_getopt_option_t read_options[] = {OPTION_BINARY, OPTIONS_WAITING, OPTION_HELP,
                                                   OPTION_END};
static const apr_getopt_option_t write_options[] = {OPTION_BINARY, OPTIONS_MAKING, OPTIONS_WAITING,
                                                    OPTION_HELP, OPTION_END};
static const apr_getopt_option_t fill_options[] = {OPTIONS_MAKING, OPTIONS_WAITING, OPTION_HELP,
                                                   OPTION_END};

#define MAKES                                                                                      \
    "Exit code 1 if nobody has it open, unless -l makes it: it stays until \"byname rm\".\n"

static const verb verb_get = {
    .name = "array get",
    .line = "print one element; the first is 0",
    .arguments = "NAME INDEX [--json]",
    .text = "Exit code 1 if nobody has it open, or there is no such element.\n",
    .example = "byname array get temperatures 3",
    .options = name_and_json_options,
    .usage_code = EXIT_USAGE,
    .run = array_get,
};

static const verb verb_set = {
    .name = "array set",
    .line = "change one element",
    .arguments = "NAME INDEX NUMBER [OPTION...]",
    .text = MAKES,
    .example = "byname array set temperatures 3 -4.5",
    .options = set_options,
    .usage_code = EXIT_USAGE,
    .takes_numbers = true,
    .run = array_set,
};

#define CHANGES .options = change_options, .usage_code = EXIT_USAGE, .takes_numbers = true

static const verb verb_add = {
    .name = "array add",
    .line = "add to one element, and print what it is then",
    .arguments = "NAME INDEX [NUMBER] [OPTION...]",
    .text = "Without a NUMBER 1 is added. Integers wrap around at the ends of their type.\n" MAKES,
    .example = "byname array add hits 7",
    .run = array_add,
    CHANGES,
};

static const verb verb_exchange = {
    .name = "array exchange",
    .line = "change one element, and print what it was",
    .arguments = "NAME INDEX NUMBER [OPTION...]",
    .text = MAKES,
    .example = "byname array exchange hits 7 0",
    .run = array_exchange,
    CHANGES,
};

static const verb verb_compare_exchange = {
    .name = "array compare-exchange",
    .line = "change one element if it is what is expected",
    .arguments = "NAME INDEX EXPECTED NUMBER [OPTION...]",
    .text = "Exit code 1 if it was something else, which is printed; or as below.\n" MAKES,
    .example = "byname array compare-exchange owners 7 0 $$ && echo it is mine",
    .run = array_compare_exchange,
    CHANGES,
};

static const verb verb_read = {
    .name = "array read",
    .line = "print elements, one a line; records and --binary as they are",
    .arguments = "NAME [FIRST [COUNT]] [OPTION...]",
    .text = "All are from one moment, as far as who changes them does so under the lock.\n"
            "Exit code 124 if the lock was not to be had in time.\n",
    .example = "byname array read temperatures 0 10",
    .options = read_options,
    .usage_code = EXIT_USAGE,
    .run = array_read,
};

static const verb verb_write = {
    .name = "array write",
    .line = "change elements to what the input says: numbers, or bytes",
    .arguments = "NAME [FIRST] [OPTION...]",
    .text = "Numbers are parted by white space. All are changed under the lock, or none.\n"
            "Exit code 124 if the lock was not to be had in time.\n" MAKES,
    .example = "seq 10 | byname array write squares -l 10",
    .options = write_options,
    .usage_code = EXIT_USAGE,
    .run = array_write,
};

static const verb verb_fill = {
    .name = "array fill",
    .line = "change elements to one number",
    .arguments = "NAME NUMBER [FIRST [COUNT]] [OPTION...]",
    .text = "Exit code 124 if the lock was not to be had in time.\n" MAKES,
    .example = "byname array fill temperatures 20 -t f32 -l 365",
    .options = fill_options,
    .usage_code = EXIT_USAGE,
    .takes_numbers = true,
    .run = array_fill,
};

static const verb verb_hold = {
    .name = "array hold",
    .line = "keep it open while a command runs; it is made if it does not exist",
    .arguments = "NAME [OPTION...] -- COMMAND [ARGUMENT...]",
    .text = "Exit codes: as \"byname run\".\n",
    .example = "byname array hold temperatures -t f32 -l 365 -- ./all.sh",
    .options = set_options,
    .command = COMMAND_NEEDED,
    .usage_code = EXIT_RUN_FAILED,
    .run = array_hold,
};

static const verb *const actions[] = {
    &verb_get,  &verb_set,   &verb_add,  &verb_exchange, &verb_compare_exchange,
    &verb_read, &verb_write, &verb_fill, &verb_hold,     NULL};

const verb verb_array = {
    .name = "array",
    .line = "many numbers: get, set, add, read, write, fill",
    .arguments = "ACTION NAME [ARGUMENT...] [OPTION...] [-- COMMAND [ARGUMENT...]]",
    .text = "It lives while a process has it open: a program, or \"array hold\"; or until\n"
            "\"byname rm\" if what changes it made it (-l).\n"
            "Exit codes: 0 done, 1 failed, 2 command line, 124 not in time.\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
