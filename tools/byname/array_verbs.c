/* byname array: numbers of one type, or records of one size, that commands share. */
#include "output.h"
#include "stream.h"
#include "typed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 65536 }; /* bytes that are written at a time where all are the same */

typedef struct settings {
    held held;
    making making;
    int length;
    bool as_json, binary;
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

/* One array on a command line. */
typedef struct subject {
    command_line *line;
    settings s;
    const char *const *words; /* the name first */
    int count;                /* of those behind it */
    byn_array *array;
    byn_value_type type;
    size_t size;           /* of an element */
    uint64_t first, slice; /* which elements */
    int result;            /* exit code, if it was not opened */
} subject;

static byn_status open_array(subject *u, byn_open_mode mode, bool keep)
{
    return byn_array_open(&u->array, u->words[0],
                          &BYN_OPTIONS(byn_array_options, .open = mode, .keep = keep,
                                       .type = u->s.making.type, .size = (uint32_t)u->s.making.size,
                                       .length = (uint64_t)u->s.length));
}

static byn_status open_or_make(subject *u, opening how)
{
    byn_status status = open_array(u, BYN_OPEN_ONLY, false);
    bool make = how == OPENS_TO_HOLD || (how == OPENS_TO_KEEP && u->s.length > 0);

    if (!make || status != BYN_E_NOTFOUND)
        return status;
    status = open_array(u, BYN_OPEN_OR_CREATE, how == OPENS_TO_KEEP);
    return status == BYN_E_MISMATCH ? open_array(u, BYN_OPEN_ONLY, false) : status;
}

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
        u->result = open_failed(line, u->words[0], status, remedy(line, u->words[0]));
        return false;
    }
    u->type = byn_array_type_of(u->array);
    u->size = byn_array_element_size(u->array);
    return true;
}

static int end(subject *u, int result)
{
    byn_array_close(u->array);
    return result;
}

/* FIRST and COUNT from the word of that index on; what is not said is all of the rest. */
static bool which(subject *u, int index)
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

static int failed(const subject *u, byn_status status)
{
    if (status == BYN_E_TIMEDOUT)
        return held_late(&u->s.held, quoted(u->line, u->words[0]), "");
    return call_failed(u->line);
}

/* ---- Elements in bytes */

#define EACH_INTEGER(X)                                                                            \
    X(BYN_I8, int8_t)                                                                              \
    X(BYN_I16, int16_t)                                                                            \
    X(BYN_I32, int32_t)                                                                            \
    X(BYN_I64, int64_t)                                                                            \
    X(BYN_U8, uint8_t)                                                                             \
    X(BYN_U16, uint16_t)                                                                           \
    X(BYN_U32, uint32_t)                                                                           \
    X(BYN_U64, uint64_t)                                                                           \
    X(BYN_BOOL, uint8_t)

static typed element_of(byn_value_type type, const char *at)
{
    typed n = {.type = type};
    float single;

    switch (type) {
#define LOAD(type_, c_type_)                                                                       \
    case type_: {                                                                                  \
        c_type_ number;                                                                            \
        memcpy(&number, at, sizeof number);                                                        \
        n.integer = (int64_t)number;                                                               \
        break;                                                                                     \
    }
        EACH_INTEGER(LOAD)
    case BYN_F32:
        memcpy(&single, at, sizeof single);
        n.real = (double)single;
        break;
    default:
        memcpy(&n.real, at, sizeof n.real);
        break;
    }
    return n;
}

/* False: it does not fit. */
static bool put_element(const typed *n, char *at)
{
    float single;

    switch (n->type) {
#define STORE(type_, c_type_)                                                                      \
    case type_: {                                                                                  \
        c_type_ number = (c_type_)n->integer;                                                      \
        memcpy(at, &number, sizeof number);                                                        \
        return (int64_t)number == n->integer && ((type_) != BYN_BOOL || number <= 1);              \
    }
        EACH_INTEGER(STORE)
    case BYN_F32:
        single = (float)n->real;
        memcpy(at, &single, sizeof single);
        return true;
    default:
        memcpy(at, &n->real, sizeof n->real);
        return true;
    }
}

/* ---- One element */

static void print(const subject *u, uint64_t index, const typed *n)
{
    json j = {stdout, 0, true};

    if (!u->s.as_json) {
        printf("%s\n", typed_text(n, u->line->pool));
        return;
    }
    json_open(&j, NULL, '{');
    json_text(&j, "name", u->words[0]);
    json_text(&j, "type", typed_name(u->type));
    json_unsigned(&j, "index", index);
    typed_json(&j, "number", n, u->line->pool);
    json_close(&j, '}');
}

static int array_get(command_line *line)
{
    subject u;
    typed n;
    byn_status status;

    if (!begin(&u, line, 1, 1, OPENS))
        return u.result;
    if (!which(&u, 0))
        return end(&u, line->result);
    n.type = u.type;
    status = typed_is_real(u.type) ? byn_array_get_double(u.array, u.first, &n.real)
                                   : byn_array_get(u.array, u.first, &n.integer);
    if (status < 0)
        return end(&u, failed(&u, status));
    print(&u, u.first, &n);
    return end(&u, EXIT_GOOD);
}

static int array_set(command_line *line)
{
    subject u;
    typed n = {.integer = 0};
    byn_status status;

    if (!begin(&u, line, 2, 2, OPENS_TO_KEEP))
        return u.result;
    n.type = u.type;
    u.count = 1; /* the rest is no COUNT */
    if (!which(&u, 0) || (u.type != BYN_BYTES && !typed_argument(line, u.words[2], &n)))
        return end(&u, line->result);
    status = typed_is_real(u.type) ? byn_array_set_double(u.array, u.first, n.real)
                                   : byn_array_set(u.array, u.first, n.integer);
    return end(&u, status < 0 ? failed(&u, status) : EXIT_GOOD);
}

/* ---- Slices */

static bool print_slice(const subject *u, const char *elements)
{
    apr_pool_t *pool = NULL;
    apr_file_t *out;
    uint64_t i;

    if (u->s.binary || u->type == BYN_BYTES)
        return apr_file_open_stdout(&out, u->line->pool) == APR_SUCCESS &&
               write_out(out, elements, (size_t)u->slice * u->size);
    if (apr_pool_create(&pool, u->line->pool) != APR_SUCCESS)
        return false;
    for (i = 0; i < u->slice; i++) {
        typed n = element_of(u->type, elements + i * u->size);

        puts(typed_text(&n, pool));
        if (i % 1000 == 0)
            apr_pool_clear(pool);
    }
    apr_pool_destroy(pool);
    return true;
}

static void warn_if_abandoned(const subject *u, byn_status status)
{
    if (status == BYN_ABANDONED)
        complain("byname %s: warning: a process died changing \"%s\", which may be half-changed\n",
                 u->line->verb->name, u->words[0]);
}

static int array_read(command_line *line)
{
    subject u;
    byn_status status;
    char *elements = NULL;
    int result;

    if (!begin(&u, line, 0, 2, OPENS))
        return u.result;
    if (!which(&u, 0))
        return end(&u, line->result);
    if (u.slice <= byn_array_length(u.array)) {
        elements = malloc((size_t)u.slice * u.size + 1);
        if (elements == NULL) {
            complain("byname %s: out of memory\n", line->verb->name);
            return end(&u, EXIT_BAD);
        }
    }
    status = byn_array_read(u.array, u.first, u.slice, elements, u.s.held.timeout);
    warn_if_abandoned(&u, status);
    if (status < 0 || elements == NULL)
        result = failed(&u, status);
    else
        result = print_slice(&u, elements) ? EXIT_GOOD : command_line_failure(line);
    free(elements);
    return end(&u, result);
}

/* Numbers parted by white space, as the elements' bytes. False: one is wrong, which was said. */
static bool parse_elements(subject *u, const char *text, size_t size, bytes *elements)
{
    typed n = {.type = u->type};
    size_t at = 0;

    for (;;) {
        char word[64];
        size_t length = 0;

        while (at < size && strchr(" \t\r\n\v\f", text[at]) != NULL)
            at++;
        if (at == size)
            return true;
        while (at < size && strchr(" \t\r\n\v\f", text[at]) == NULL) {
            if (length < sizeof word - 1)
                word[length++] = text[at];
            at++;
        }
        word[length] = '\0';
        if (!bytes_reserve(elements, elements->size + u->size))
            return false;
        if (!typed_parse(word, &n) || !put_element(&n, elements->at + elements->size)) {
            complain("byname %s: \"%s\" is no %s\n", u->line->verb->name, word,
                     typed_name(u->type));
            return false;
        }
        elements->size += u->size;
    }
}

static int write_elements(subject *u, const char *data, size_t size)
{
    byn_status status;

    if (size % u->size != 0) {
        complain("byname %s: %llu bytes are not whole elements of %llu\n", u->line->verb->name,
                 (unsigned long long)size, (unsigned long long)u->size);
        return command_line_failure(u->line);
    }
    status = byn_array_write(u->array, u->first, size / u->size, data, u->s.held.timeout);
    warn_if_abandoned(u, status);
    return status < 0 ? failed(u, status) : EXIT_GOOD;
}

static int array_write(command_line *line)
{
    subject u;
    stream in;
    bytes elements = {NULL, 0, 0};
    const char *data;
    size_t size;
    int result;

    if (!begin(&u, line, 0, 1, OPENS_TO_KEEP))
        return u.result;
    if (!which(&u, 0))
        return end(&u, line->result);
    if (!stream_begin(&in, line->pool))
        return end(&u, command_line_failure(line));
    result = command_line_failure(line);
    if (stream_all(&in, &data, &size)) {
        if (u.s.binary || u.type == BYN_BYTES)
            result = write_elements(&u, data, size);
        else if (parse_elements(&u, data, size, &elements))
            result = write_elements(&u, elements.at, elements.size);
    }
    bytes_free(&elements);
    stream_end(&in);
    return end(&u, result);
}

/* Under the lock, so that it is one change. */
static byn_status fill(subject *u, const char *block, uint64_t in_block)
{
    byn_status status = byn_array_lock(u->array, u->s.held.timeout), how = status;

    while (how >= 0 && u->slice > 0) {
        uint64_t count = u->slice < in_block ? u->slice : in_block;

        how = byn_array_write(u->array, u->first, count, block, BYN_NOW);
        u->first += count;
        u->slice -= count;
    }
    if (status >= 0)
        (void)byn_array_unlock(u->array);
    return how < 0 ? how : status;
}

static int array_fill(command_line *line)
{
    subject u;
    char *block;
    uint64_t in_block, i;
    typed n;
    byn_status status;

    if (!begin(&u, line, 1, 3, OPENS_TO_KEEP))
        return u.result;
    n.type = u.type;
    if (!which(&u, 1) || !typed_argument(line, u.words[1], &n))
        return end(&u, line->result);
    in_block = BLOCK / u.size;
    block = apr_palloc(line->pool, BLOCK);
    for (i = 0; i < in_block; i++)
        if (!put_element(&n, block + i * u.size))
            return end(&u, command_line_wrong(line, "%s is no %s", u.words[1], typed_name(u.type)));
    if (u.first > byn_array_length(u.array) || u.slice > byn_array_length(u.array) - u.first)
        status = byn_array_read(u.array, u.first, u.slice, block, BYN_NOW); /* says what is wrong */
    else
        status = fill(&u, block, in_block);
    warn_if_abandoned(&u, status);
    return end(&u, status < 0 ? failed(&u, status) : EXIT_GOOD);
}

static int array_hold(command_line *line)
{
    subject u;

    if (!begin(&u, line, 0, 0, OPENS_TO_HOLD))
        return u.result;
    return end(&u, held_run(&u.s.held, quoted(line, u.words[0]), &held_open, u.array));
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
static const apr_getopt_option_t read_options[] = {OPTION_BINARY, OPTIONS_WAITING, OPTION_HELP,
                                                   OPTION_END};
static const apr_getopt_option_t write_options[] = {OPTION_BINARY, OPTIONS_MAKING, OPTIONS_WAITING,
                                                    OPTION_HELP, OPTION_END};
static const apr_getopt_option_t fill_options[] = {OPTIONS_MAKING, OPTIONS_WAITING, OPTION_HELP,
                                                   OPTION_END};

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
    .text = "Exit code 1 if nobody has it open and no -l is said.\n",
    .example = "byname array set temperatures 3 -4.5",
    .options = set_options,
    .usage_code = EXIT_USAGE,
    .takes_numbers = true,
    .run = array_set,
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
            "Exit code 124 if the lock was not to be had in time.\n",
    .example = "seq 10 | byname array write squares -l 10",
    .options = write_options,
    .usage_code = EXIT_USAGE,
    .run = array_write,
};

static const verb verb_fill = {
    .name = "array fill",
    .line = "change elements to one number",
    .arguments = "NAME NUMBER [FIRST [COUNT]] [OPTION...]",
    .text = "Exit code 124 if the lock was not to be had in time.\n",
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

static const verb *const actions[] = {&verb_get,  &verb_set,  &verb_read, &verb_write,
                                      &verb_fill, &verb_hold, NULL};

const verb verb_array = {
    .name = "array",
    .line = "many numbers: get, set, read, write, fill",
    .arguments = "ACTION NAME [ARGUMENT...] [OPTION...] [-- COMMAND [ARGUMENT...]]",
    .text = "It lives while a process has it open: a program, or \"array hold\"; or until\n"
            "\"byname rm\" if what changes it made it (-l).\n"
            "Exit codes: 0 done, 1 failed, 2 command line, 124 not in time.\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
