/* Messages to and from the standard streams: lines, or bytes as they are. Nothing is changed on the way. */
#ifndef BYNAME_TOOL_STREAM_H
#define BYNAME_TOOL_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include <apr_file_io.h>
#include <apr_pools.h>

/* Bytes that grow. Zero in the beginning. */
typedef struct bytes {
    char *at;
    size_t size;
    size_t room;
} bytes;

/* Room for so many. False: there is no memory for it; said. */
bool bytes_reserve(bytes *b, size_t room);
/* Behind what is there. False: as above. */
bool bytes_add(bytes *b, const void *data, size_t size);
bool bytes_add_text(bytes *b, const char *text);
void bytes_free(bytes *b);

/* Standard input, or a file. */
typedef struct stream {
    apr_file_t *file;
    const char *name; /* for what is said */
    char separator;   /* what ends a line; "\n" in the beginning */
    bytes read;
    size_t begin; /* of what was not given out yet */
    bool ended;
    bool failed; /* it cannot be read, or is too much for the memory; said */
} stream;

bool stream_begin(stream *s, apr_pool_t *pool);
/* path NULL: standard input. */
bool stream_open(stream *s, const char *path, apr_pool_t *pool);
void stream_end(stream *s);

/*
 * The next line, without its "\n", however long; a last one that has none counts. What is given out is
 * valid until the next call. False: there is no more.
 */
bool stream_line(stream *s, const char **data, size_t *size);

/* What has come, at least a byte and not more than `most`, as soon as it is there. */
bool stream_some(stream *s, size_t most, const char **data, size_t *size);

/* All of it, which may be nothing. False: it could not be read. */
bool stream_all(stream *s, const char **data, size_t *size);

/* At once. False: it cannot; said. */
bool write_out(apr_file_t *file, const char *data, size_t size);

#endif
