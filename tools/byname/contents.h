/* What the verbs of dict and list share: values of the command line, of files and of streams. */
#ifndef BYNAME_TOOL_CONTENTS_H
#define BYNAME_TOOL_CONTENTS_H

#include "nouns.h"
#include "records.h"

/* The options of these verbs. */
typedef struct contents {
    held held;
    const char *file; /* NULL: standard input */
    uint64_t limit;
    bool whole;
    bool json;
    bool binary, is_new, removes;
    bool from_end;            /* an index below 0 was said: it looks like an option */
    int64_t index;            /* that; as a positive number */
    const char *name;         /* of the object; set by contents_begin() */
    const char *const *words; /* behind the name; NULL-ended */
    int count;
} contents;

enum { OPTION_LIMIT = 300, OPTION_NEW, OPTION_REMOVE };

#define CONTENTS_OPTION_FILE                                                                       \
    {                                                                                              \
        "file", 'f', 1, "FILE read it from there (standard input)"                                 \
    }
#define CONTENTS_OPTION_AS_IT_IS                                                                   \
    {                                                                                              \
        "whole", 'r', 0, "write it as it is, without a line end behind it"                         \
    }
#define CONTENTS_OPTION_LIMIT                                                                      \
    {                                                                                              \
        "limit", OPTION_LIMIT, 1, "BYTES it may grow to, if this makes it (1G)"                    \
    }

/* Options without a name are not told in a help. */
#define CONTENTS_OPTION_DIGITS                                                                     \
    {NULL, '0', 0, NULL}, {NULL, '1', 0, NULL}, {NULL, '2', 0, NULL}, {NULL, '3', 0, NULL},        \
        {NULL, '4', 0, NULL}, {NULL, '5', 0, NULL}, {NULL, '6', 0, NULL}, {NULL, '7', 0, NULL},    \
        {NULL, '8', 0, NULL},                                                                      \
    {                                                                                              \
        NULL, '9', 0, NULL                                                                         \
    }

/*
 * Reads the options, the name, and `least` to `most` words behind it, which are called `what`. False: the
 * line is over.
 */
bool contents_begin(contents *c, command_line *line, int least, int most, const char *what);

/* "64M" as bytes. */
bool parse_size(const char *text, uint64_t *size);

/* The file or standard input. False: it cannot be read; said. */
bool contents_open(const contents *c, stream *s);

/* A word, or all of the file or standard input, which `s` then holds. False: it cannot be read; said. */
bool contents_value(const contents *c, const char *word, stream *s, const char **data,
                    size_t *size);

/* Writes bytes to standard output, with a line end unless they are to be as they are. @return an exit code */
int contents_print(const contents *c, bytes *value);

/* Prints how many there are in it, for an action with --json. @return an exit code */
int contents_count(const contents *c, uint64_t count);

/* Puts the records of the file or standard input in, one after the other. @return the exit code */
int contents_load(const contents *c, bool keys, byn_status (*put)(void *object, const record *r),
                  void *object);

/* Writes records or lines to standard output. */
typedef struct dump {
    apr_file_t *out;
    bytes lines;
    bool failed; /* said */
} dump;

void dump_begin(dump *d, const contents *c);
void dump_record(dump *d, const void *key, size_t key_size, const void *value, size_t value_size);
void dump_line(dump *d, const void *data, size_t size); /* as it is, and a line end */
/* @return the exit code */
int dump_end(dump *d);

#endif
