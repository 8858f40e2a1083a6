/* What the sources of "byname array" share: array_verbs.c and array_slices.c. */
#ifndef BYNAME_TOOL_ARRAY_H
#define BYNAME_TOOL_ARRAY_H

#include "typed.h"

typedef struct array_settings {
    held held;
    making making;
    int length;
    bool as_json, binary;
} array_settings;

/* One array on a command line. */
typedef struct array_subject {
    command_line *line;
    array_settings s;
    const char *const *words; /* the name first */
    int count;                /* of those behind it */
    byn_array *array;
    byn_value_type type;
    size_t size;           /* of an element */
    uint64_t first, slice; /* which elements */
    int result;            /* exit code, if it was not opened */
} array_subject;

/* The line with so many words behind the name, and the array opened. False: u->result is the exit code. */
bool array_begin(array_subject *u, command_line *line, int least, int most, opening how);
int array_end(array_subject *u, int result);

/* FIRST and COUNT from the word of that index on; what is not said is all of the rest. False: the line is over. */
bool array_which(array_subject *u, int index);

/* The exit code of a call that failed, which is said. */
int array_failed(const array_subject *u, byn_status status);

/* The verbs of many elements. */
int array_read(command_line *line);
int array_write(command_line *line);
int array_fill(command_line *line);

#endif
