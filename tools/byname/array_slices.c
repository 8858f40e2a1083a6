/* byname array read, write and fill: many elements at once. */
#include "array.h"
#include "output.h"
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 65536 }; /* bytes that are written at a time where all are the same */

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

/* ---- Slices */

static bool print_slice(const array_subject *u, const char *elements)
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

static void warn_if_abandoned(const array_subject *u, byn_status status)
{
    if (status == BYN_ABANDONED)
        complain("byname %s: warning: a process died changing \"%s\", which may be half-changed\n",
                 u->line->verb->name, u->words[0]);
}

int array_read(command_line *line)
{
    array_subject u;
    byn_status status;
    char *elements = NULL;
    int result;

    if (!array_begin(&u, line, 0, 2, OPENS))
        return u.result;
    if (!array_which(&u, 0))
        return array_end(&u, line->result);
    if (u.slice <= byn_array_length(u.array)) {
        elements = malloc((size_t)u.slice * u.size + 1);
        if (elements == NULL) {
            complain("byname %s: out of memory\n", line->verb->name);
            return array_end(&u, EXIT_BAD);
        }
    }
    status = byn_array_read(u.array, u.first, u.slice, elements, u.s.held.timeout);
    warn_if_abandoned(&u, status);
    if (status < 0 || elements == NULL)
        result = array_failed(&u, status);
    else
        result = print_slice(&u, elements) ? EXIT_GOOD : command_line_failure(line);
    free(elements);
    return array_end(&u, result);
}

/* Numbers parted by white space, as the elements' bytes. False: one is wrong, which was said. */
static bool parse_elements(array_subject *u, const char *text, size_t size, bytes *elements)
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

static int write_elements(array_subject *u, const char *data, size_t size)
{
    byn_status status;

    if (size % u->size != 0) {
        complain("byname %s: %llu bytes are not whole elements of %llu\n", u->line->verb->name,
                 (unsigned long long)size, (unsigned long long)u->size);
        return command_line_failure(u->line);
    }
    status = byn_array_write(u->array, u->first, size / u->size, data, u->s.held.timeout);
    warn_if_abandoned(u, status);
    return status < 0 ? array_failed(u, status) : EXIT_GOOD;
}

int array_write(command_line *line)
{
    array_subject u;
    stream in;
    bytes elements = {NULL, 0, 0};
    const char *data;
    size_t size;
    int result;

    if (!array_begin(&u, line, 0, 1, OPENS_TO_KEEP))
        return u.result;
    if (!array_which(&u, 0))
        return array_end(&u, line->result);
    if (!stream_begin(&in, line->pool))
        return array_end(&u, command_line_failure(line));
    result = command_line_failure(line);
    if (stream_all(&in, &data, &size)) {
        if (u.s.binary || u.type == BYN_BYTES)
            result = write_elements(&u, data, size);
        else if (parse_elements(&u, data, size, &elements))
            result = write_elements(&u, elements.at, elements.size);
    }
    bytes_free(&elements);
    stream_end(&in);
    return array_end(&u, result);
}

/* Under the lock, so that it is one change. */
static byn_status fill(array_subject *u, const char *block, uint64_t in_block)
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

int array_fill(command_line *line)
{
    array_subject u;
    char *block;
    uint64_t in_block, i;
    typed n;
    byn_status status;

    if (!array_begin(&u, line, 1, 3, OPENS_TO_KEEP))
        return u.result;
    n.type = u.type;
    if (!array_which(&u, 1) || !typed_argument(line, u.words[1], &n))
        return array_end(&u, line->result);
    in_block = BLOCK / u.size;
    block = apr_palloc(line->pool, BLOCK);
    for (i = 0; i < in_block; i++)
        if (!put_element(&n, block + i * u.size))
            return array_end(
                &u, command_line_wrong(line, "%s is no %s", u.words[1], typed_name(u.type)));
    if (u.first > byn_array_length(u.array) || u.slice > byn_array_length(u.array) - u.first)
        status = byn_array_read(u.array, u.first, u.slice, block, BYN_NOW); /* says what is wrong */
    else
        status = fill(&u, block, in_block);
    warn_if_abandoned(&u, status);
    return array_end(&u, status < 0 ? array_failed(&u, status) : EXIT_GOOD);
}
