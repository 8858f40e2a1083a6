#include "messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

enum { CHUNK = 65536 };

static bool failed(const char *verb, const char *what, apr_status_t status)
{
    char text[200];

    fprintf(stderr, "byname %s: %s: %s\n", verb, what, apr_strerror(status, text, sizeof text));
    return false;
}

bool messages_open(message_source *source, const char *path, const char *verb, apr_pool_t *pool)
{
    apr_status_t status =
        path == NULL ? apr_file_open_stdin(&source->file, pool)
                     : apr_file_open(&source->file, path, APR_FOPEN_READ | APR_FOPEN_BINARY,
                                     APR_FPROT_OS_DEFAULT, pool);

    source->ended = false;
    source->buffer = NULL;
    source->room = source->from = source->filled = 0;
    return status == APR_SUCCESS || failed(verb, path != NULL ? path : "stdin", status);
}

void messages_close(message_source *source)
{
    free(source->buffer);
    source->buffer = NULL;
}

/* What was handed out already makes room. */
static bool make_room(message_source *source)
{
    char *larger;

    if (source->from > 0) {
        source->filled -= source->from;
        memmove(source->buffer, source->buffer + source->from, source->filled);
        source->from = 0;
    }
    if (source->room - source->filled >= CHUNK)
        return true;
    larger = realloc(source->buffer, 2 * source->room + CHUNK);
    if (larger == NULL)
        return false;
    source->buffer = larger;
    source->room = 2 * source->room + CHUNK;
    return true;
}

static bool read_more(message_source *source, const char *verb)
{
    apr_size_t size;
    apr_status_t status;

    if (!make_room(source))
        return failed(verb, "a message", APR_ENOMEM);
    size = source->room - source->filled;
    status = apr_file_read(source->file, source->buffer + source->filled, &size);
    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status))
        return failed(verb, "cannot read", status);
    source->ended = APR_STATUS_IS_EOF(status);
    source->filled += size;
    return true;
}

/* Hand out so much, and leave out what separates it from the next. */
static message_found hand_out(message_source *source, size_t size, size_t separator,
                              const char **data, size_t *out)
{
    *data = source->buffer + source->from;
    *out = size;
    source->from += size + separator;
    return MESSAGE_FOUND;
}

/* Some systems end lines with two characters. */
static size_t without_return(const message_source *source, const char *line, size_t size)
{
    bool has_two = sizeof APR_EOL_STR - 1 == 2 && source->separator == '\n';

    return has_two && size > 0 && line[size - 1] == '\r' ? size - 1 : size;
}

message_found messages_next(message_source *source, const char *verb, const char **data,
                            size_t *size)
{
    size_t searched = 0;

    for (;;) {
        size_t there = source->filled - source->from;
        const char *begin = source->buffer + source->from;
        const char *end = source->whole || there == searched
                              ? NULL
                              : memchr(begin + searched, source->separator, there - searched);

        if (end != NULL) {
            size_t length = (size_t)(end - begin), shown = without_return(source, begin, length);

            return hand_out(source, shown, length - shown + 1, data, size);
        }
        if (source->ended && there == 0 && !source->whole)
            return MESSAGE_NONE;
        if (source->ended) {
            source->whole = false; /* that was it */
            return hand_out(source, there, 0, data, size);
        }
        searched = there;
        if (!read_more(source, verb))
            return MESSAGE_FAILED;
    }
}

apr_file_t *messages_create(const char *path, const char *verb, apr_pool_t *pool)
{
    apr_file_t *file = NULL;
    apr_status_t status = path == NULL ? apr_file_open_stdout(&file, pool)
                                       : apr_file_open(&file, path,
                                                       APR_FOPEN_WRITE | APR_FOPEN_CREATE |
                                                           APR_FOPEN_TRUNCATE | APR_FOPEN_BINARY,
                                                       APR_FPROT_OS_DEFAULT, pool);

    if (status == APR_SUCCESS)
        return file;
    (void)failed(verb, path != NULL ? path : "stdout", status);
    return NULL;
}

bool messages_write(apr_file_t *file, const char *verb, const char *data, size_t size,
                    const char *tail, size_t tail_size)
{
    apr_status_t status = apr_file_write_full(file, data, size, NULL);

    if (status == APR_SUCCESS)
        status = apr_file_write_full(file, tail, tail_size, NULL);
    return status == APR_SUCCESS || failed(verb, "cannot write", status);
}
