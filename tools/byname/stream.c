#include "stream.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORTION = 65536 };

bool bytes_reserve(bytes *b, size_t room)
{
    size_t wanted = b->room > room / 2 ? 2 * b->room : room;
    char *at;

    if (room <= b->room)
        return true;
    at = realloc(b->at, wanted);
    if (at == NULL) {
        complain("byname: no memory for %lu bytes\n", (unsigned long)wanted);
        return false;
    }
    b->at = at;
    b->room = wanted;
    return true;
}

bool bytes_add(bytes *b, const void *data, size_t size)
{
    if (!bytes_reserve(b, b->size + size + 1))
        return false;
    if (size > 0)
        memcpy(b->at + b->size, data, size);
    b->size += size;
    return true;
}

bool bytes_add_text(bytes *b, const char *text)
{
    return bytes_add(b, text, strlen(text));
}

void bytes_free(bytes *b)
{
    free(b->at);
    memset(b, 0, sizeof *b);
}

bool stream_begin(stream *s, apr_pool_t *pool)
{
    memset(s, 0, sizeof *s);
    s->name = "standard input";
    s->separator = '\n';
    if (apr_file_open_stdin(&s->file, pool) == APR_SUCCESS)
        return true;
    fputs("byname: there is no standard input\n", stderr);
    return false;
}

bool stream_open(stream *s, const char *path, apr_pool_t *pool)
{
    apr_status_t status;
    char text[200];

    if (path == NULL)
        return stream_begin(s, pool);
    memset(s, 0, sizeof *s);
    s->name = path;
    s->separator = '\n';
    status = apr_file_open(&s->file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT,
                           pool);
    if (status == APR_SUCCESS)
        return true;
    complain("byname: %s cannot be read: %s\n", path, apr_strerror(status, text, sizeof text));
    return false;
}

void stream_end(stream *s)
{
    bytes_free(&s->read);
}

/* What was given out is done with. */
static void drop_read(stream *s)
{
    if (s->begin > 0 && s->begin < s->read.size)
        memmove(s->read.at, s->read.at + s->begin, s->read.size - s->begin);
    s->read.size -= s->begin;
    s->begin = 0;
}

/* Read once. False: that was all, or it failed. */
static bool read_more(stream *s, size_t most)
{
    apr_size_t got = most;
    apr_status_t status;
    char text[200];

    if (s->ended || s->failed)
        return false;
    drop_read(s);
    if (!bytes_reserve(&s->read, s->read.size + most)) {
        s->failed = true;
        return false;
    }
    status = apr_file_read(s->file, s->read.at + s->read.size, &got);
    if (status == APR_SUCCESS) {
        s->read.size += got;
        return true;
    }
    /* A pipe whose writers are gone is broken to Windows. */
    s->ended = APR_STATUS_IS_EOF(status) || APR_STATUS_IS_EPIPE(status);
    s->failed = !s->ended;
    if (s->failed)
        complain("byname: %s cannot be read: %s\n", s->name,
                 apr_strerror(status, text, sizeof text));
    return false;
}

/* What has been read and not given; NULL before the first. */
static const char *begin_of(const stream *s)
{
    return s->read.at != NULL ? s->read.at + s->begin : NULL;
}

static void give(stream *s, size_t size, const char **data, size_t *given)
{
    *data = begin_of(s);
    *given = size;
}

bool stream_line(stream *s, const char **data, size_t *size)
{
    size_t seen = 0;

    for (;;) {
        size_t there = s->read.size - s->begin;
        const char *at = begin_of(s);
        const char *end = seen < there ? memchr(at + seen, s->separator, there - seen) : NULL;

        if (end != NULL) {
            give(s, (size_t)(end - at), data, size);
            s->begin += *size + 1;
            return true;
        }
        seen = there;
        if (!read_more(s, PORTION))
            break;
    }
    if (s->failed || s->read.size == s->begin)
        return false;
    give(s, s->read.size - s->begin, data, size);
    s->begin = s->read.size;
    return true;
}

bool stream_some(stream *s, size_t most, const char **data, size_t *size)
{
    drop_read(s);
    while (s->read.size == 0)
        if (!read_more(s, most < PORTION ? most : PORTION))
            return false;
    give(s, s->read.size, data, size);
    s->begin = *size;
    return true;
}

bool stream_all(stream *s, const char **data, size_t *size)
{
    drop_read(s);
    while (read_more(s, PORTION))
        continue;
    give(s, s->read.size, data, size);
    s->begin = *size;
    return !s->failed;
}

bool write_out(apr_file_t *file, const char *data, size_t size)
{
    apr_status_t status =
        size > 0 ? apr_file_write_full(file, data, size, NULL) : (apr_status_t)APR_SUCCESS;
    char text[200];

    if (status == APR_SUCCESS)
        return true;
    complain("byname: the output could not be written: %s\n",
             apr_strerror(status, text, sizeof text));
    return false;
}
