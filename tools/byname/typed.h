/* Numbers as values and elements of arrays have them: read, shown, opened. */
#ifndef BYNAME_TOOL_TYPED_H
#define BYNAME_TOOL_TYPED_H

#include "json.h"
#include "nouns.h"

/* "i32" and so on; false: there is no such type. NULL: no such number. */
bool typed_parse_type(const char *text, byn_value_type *type);
const char *typed_name(byn_value_type type);

bool typed_is_real(byn_value_type type);

/* One of any type but bytes. */
typedef struct typed {
    byn_value_type type;
    int64_t integer;
    double real;
} typed;

/*
 * `n->type` is set. Integers are decimal, or hexadecimal behind 0x; a bool is also "true" or "false".
 * False: it is no number, or does not fit; nothing is said.
 */
bool typed_parse(const char *text, typed *n);

/* As few digits as tell it exactly. */
const char *typed_text(const typed *n, apr_pool_t *pool);

/* What JSON has no number for is a text. */
void typed_json(json *j, const char *key, const typed *n, apr_pool_t *pool);

/* Print a number of the object of that name, a line or a JSON document. index: of an array's element, or NULL. */
void typed_print(const typed *n, const char *name, const uint64_t *index, bool as_json,
                 apr_pool_t *pool);

/* A number from the command line, said to be wrong if it is. */
bool typed_argument(command_line *line, const char *text, typed *n);

/* The words behind the NAME: at least and at most so many. NULL: the line is over. */
const char *const *typed_words(command_line *line, int least, int most, int *count);

/* ---- How to make what does not exist */

typedef struct making {
    byn_value_type type; /* BYN_ANY: not said */
    int size;
} making;

/* What an action does if nobody has the object. */
typedef enum opening {
    OPENS,         /* it fails */
    OPENS_TO_KEEP, /* it makes one that stays: the next command is to find it */
    OPENS_TO_HOLD  /* it makes one that goes with its last user */
} opening;

#define TYPED_OPTION_TYPE                                                                          \
    {                                                                                              \
        "type", 't', 1, "TYPE i8 to i64, u8 to u64, f32, f64, bool or bytes"                       \
    }
#define TYPED_OPTION_SIZE                                                                          \
    {                                                                                              \
        "size", 's', 1, "N of bytes: how many there may be"                                        \
    }
/* One of these; *wrong: it cannot have that argument. False: another option. */
bool making_option(making *m, int letter, const char *argument, bool *wrong);

#endif
