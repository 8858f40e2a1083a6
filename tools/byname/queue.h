/* What the sources of "byname queue" share: queue_verbs.c and queue_get.c. */
#ifndef BYNAME_TOOL_QUEUE_H
#define BYNAME_TOOL_QUEUE_H

#include "nouns.h"

typedef struct queue_settings {
    command_line *line;
    held held;
    const char *name;
    const char *file; /* NULL: stdin or stdout */
    const char *message;
    int count, items;
    uint64_t capacity, largest; /* bytes */
    bool whole, null, raw, all, acknowledge, no_keep, make, unfinished, as_json;
} queue_settings;

/* Reads the command line. false: it is over. */
bool queue_begin(queue_settings *s, command_line *line);

byn_status queue_open(const queue_settings *s, byn_queue **queue);

/*
 * What is made here is kept: the next command is to find it. What others made is used as it is; so keeping
 * and acknowledging are said when it is made only.
 */
byn_status queue_open_or_make(const queue_settings *s, byn_queue **queue);

/* Says that it could not be opened. @return the exit code */
int queue_not_there(const queue_settings *s, byn_status status);

/* The verbs that print messages; queue_get.c */
int queue_get(command_line *line);
int queue_watch(command_line *line);
int queue_peek(command_line *line);

#endif
