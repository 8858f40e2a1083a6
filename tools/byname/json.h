/*
 * Writes JSON to a stream, two blanks deeper at each level. Text that is not UTF-8 is written with U+FFFD
 * in the place of each wrong byte, so that what comes out is always JSON.
 */
#ifndef BYNAME_TOOL_JSON_H
#define BYNAME_TOOL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Whether bytes are UTF-8, and so may be a string. */
bool json_is_text(const void *bytes, size_t size);

typedef struct json {
    FILE *stream;
    int depth;
    bool empty; /* nothing yet in the innermost { or [ */
} json;

/* `key` is NULL outside of an object. '{' or '[', then '}' or ']'. */
void json_open(json *j, const char *key, char bracket);
void json_close(json *j, char bracket);

void json_text(json *j, const char *key, const char *text); /* NULL is null */
void json_unsigned(json *j, const char *key, uint64_t number);
void json_signed(json *j, const char *key, int64_t number);
void json_number(json *j, const char *key, const char *number); /* written already */
void json_bool(json *j, const char *key, bool value);

#endif
