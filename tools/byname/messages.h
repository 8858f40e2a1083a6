/* Messages that come from a file or stdin, and go to a file or stdout: any bytes. */
#ifndef BYNAME_TOOL_MESSAGES_H
#define BYNAME_TOOL_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#include <apr_file_io.h>
#include <apr_pools.h>

/* Where they come from, one behind the other. */
typedef struct message_source {
    apr_file_t *file;
    char separator; /* what ends each but perhaps the last */
    bool whole;     /* all of it is one message */
    bool ended;
    char *buffer;
    size_t room, from, filled; /* of the buffer, what is there */
} message_source;

/* path: NULL is stdin. false: it cannot be read, and that was said. */
bool messages_open(message_source *source, const char *path, const char *verb, apr_pool_t *pool);
void messages_close(message_source *source);

typedef enum message_found { MESSAGE_FOUND, MESSAGE_NONE, MESSAGE_FAILED } message_found;

/* The next one; valid until the next call. MESSAGE_FAILED: that was said. */
message_found messages_next(message_source *source, const char *verb, const char **data,
                            size_t *size);

/* path: NULL is stdout. NULL: it cannot be written, and that was said. */
apr_file_t *messages_create(const char *path, const char *verb, apr_pool_t *pool);

/* One message and what follows it. false: it could not be written, and that was said. */
bool messages_write(apr_file_t *file, const char *verb, const char *data, size_t size,
                    const char *tail, size_t tail_size);

#endif
