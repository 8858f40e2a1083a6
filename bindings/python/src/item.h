/*
 * item.h - objects as bytes, for dicts and lists: one byte that says what it is, and the object. Small things of
 * Python's own need no pickle; all else is one.
 *
 * Keys are equal if their bytes are, so that those that are equal in Python have the same: True, 1 and 1.0 are 1.
 * Tuples are written element by element, for a pickle of equal ones may differ.
 */
#ifndef BYP_ITEM_H
#define BYP_ITEM_H

#include "object.h"

/* Bytes of one item. Begin with BYP_BYTES, end with byp_bytes_free(). */
typedef struct byp_bytes {
    char *data; /* small, or allocated */
    size_t size, room;
    char small[480];
} byp_bytes;

void byp_bytes_begin(byp_bytes *bytes);
void byp_bytes_free(byp_bytes *bytes);

/* Room for so many bytes in all; false with an exception. What is there stays. */
bool byp_bytes_room(byp_bytes *bytes, size_t room);

/* Append; false with an exception. */
bool byp_item_write(byp_bytes *bytes, PyObject *item);
bool byp_key_write(byp_bytes *bytes, PyObject *key);

/* NULL with an exception. */
PyObject *byp_item_read(const char *data, size_t size);

/* (dumps, dumps of keys, loads) of the package. */
PyObject *byp_set_pickle(PyObject *module, PyObject *functions);

#endif
