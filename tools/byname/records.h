/*
 * A line of JSON for an entry of a dict, or an element of a list: {"key":"a","value":"b"} or {"value":"b"}.
 * Bytes that are UTF-8 are a string under "key" or "value". All others stand in base64 under "key64" or
 * "value64", so that nothing is lost. Either form is read, whatever the bytes are.
 */
#ifndef BYNAME_TOOL_RECORDS_H
#define BYNAME_TOOL_RECORDS_H

#include "stream.h"

typedef struct record {
    bytes key;
    bytes value;
    bool has_key;
} record;

/* Behind what stands in `line`, with a line end. key NULL: there is none. False: no memory; said. */
bool record_write(bytes *line, const void *key, size_t key_size, const void *value,
                  size_t value_size);

/* One member, without a comma. False: no memory; said. */
bool record_member(bytes *line, const char *name, const void *data, size_t size);

/* NULL, or what is wrong with the line. */
const char *record_read(record *r, const char *line, size_t size);

void record_free(record *r);

#endif
