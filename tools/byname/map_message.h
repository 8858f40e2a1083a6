/*
 * What byname map and its workers tell each other: the argument and the result of the task MAP_TASK. Both are
 * this machine's own numbers and strings that end with a NUL; the number in MAP_TASK tells one format from another,
 * for workers of a shared pool may be of another version.
 */
#ifndef BYNAME_TOOL_MAP_MESSAGE_H
#define BYNAME_TOOL_MAP_MESSAGE_H

#include "stream.h"

#include <byname/byname.h>

#define MAP_TASK "byname map 1"
#define MAP_TASK_BEGIN "byname map begin"

enum { MAP_STREAMS = 2 }; /* standard output, standard error */

/* A command that shall be run. Lists end with NULL. */
typedef struct map_request {
    const char *leash;            /* a mutex: who can have it ends the command, see map_command.c */
    const char *files;            /* a directory, which may have to be made, for large outputs */
    const char *directory;        /* where it runs; "": where the worker is */
    byn_timeout timeout;          /* milliseconds; 0: none */
    const char *const *words;     /* the command */
    const char *const *variables; /* its whole environment; NULL: the worker's */
} map_request;

/* Behind what is there; `words` are written by the caller, with map_request_word(), `count` of them. */
bool map_request_begin(bytes *to, const map_request *request, int count);
bool map_request_word(bytes *to, const char *word, const char *input, size_t size, uint64_t number);
bool map_request_end(bytes *to, const map_request *request);

/* Whether the input stands in it: as "{}", which map_request_word() replaces, and "{#}" by its number. */
bool map_takes_input(const char *word);

/* The lists are in `pool`, the strings where they were. False: that is no request. */
bool map_request_read(map_request *request, const void *data, size_t size, apr_pool_t *pool);

typedef enum map_how {
    MAP_ENDED,       /* exit code or signal */
    MAP_LATE,        /* it took longer than the timeout, and was ended */
    MAP_UNLEASHED,   /* it was ended since nobody wants it any more */
    MAP_NOT_STARTED, /* why stands in `status` and `message` */
    MAP_UNREADABLE   /* its outputs could not be collected: likewise */
} map_how;

/* What became of it. */
typedef struct map_answer {
    map_how how;
    byn_status status;
    byn_exit exit;
    const char *message;
    struct {
        const char
            *data; /* or NULL, and it is in the file: whoever reads the answer removes that */
        const char *file;
        uint64_t size;
    } output[MAP_STREAMS];
} map_answer;

/* Bytes that it takes, and into room for so many. */
size_t map_answer_size(const map_answer *answer);
void map_answer_write(const map_answer *answer, void *room);

/* What it points to is where it was. False: that is no answer. */
bool map_answer_read(map_answer *answer, const void *data, size_t size);

#endif
