/*
 * array_state.h - what the sources of byn_array share: array.c (open, close, lock), array_number.c (one
 * element) and array_slice.c.
 */
#ifndef BYNI_ARRAY_STATE_H
#define BYNI_ARRAY_STATE_H

#include <byname/array.h>

#include "lock.h"
#include "types.h"

/* Elements begin at BYNI_DATA_OFFSET, each in as many bytes as its type has. A number changes by one atomic
 * store or exchange, so that a death leaves the old one or the new one; whatever takes more is done by who has
 * the lock, whose heir is told. */
typedef struct byni_array_state {
    byni_lock_state lock;
} byni_array_state;

_Static_assert(BYNI_STATE_OFFSET + sizeof(byni_array_state) <= BYNI_DATA_OFFSET,
               "before the elements");

struct byn_array {
    byni_object object;
    unsigned char *elements;
    uint64_t length;
    byn_value_type type;
    byni_sort sort;
    uint32_t size; /* of an element, in bytes */
    byni_lock lock;
};

static inline bool byni_array_usable(const byn_array *array)
{
    return array != NULL && byni_object_usable(&array->object);
}

static inline unsigned char *byni_array_element(const byn_array *array, uint64_t index)
{
    return array->elements + index * array->size;
}

/* One aligned number of so many bytes. */
static inline uint64_t byni_array_load(const unsigned char *at, uint32_t size)
{
    switch (size) {
    case 1:
        return byni_load8((const byni_a8 *)at);
    case 2:
        return byni_load16((const byni_a16 *)(const void *)at);
    case 4:
        return byni_load32((const byni_a32 *)(const void *)at);
    default:
        return byni_load64((const byni_a64 *)(const void *)at);
    }
}

static inline void byni_array_store(unsigned char *at, uint32_t size, uint64_t word)
{
    switch (size) {
    case 1:
        byni_store8((byni_a8 *)at, (uint8_t)word);
        break;
    case 2:
        byni_store16((byni_a16 *)(void *)at, (uint16_t)word);
        break;
    case 4:
        byni_store32((byni_a32 *)(void *)at, (uint32_t)word);
        break;
    default:
        byni_store64((byni_a64 *)(void *)at, word);
        break;
    }
}

/* Not all of these elements are below the length: BYN_E_INVALID, with its sentence. */
byn_status byni_array_outside(const byn_array *array, uint64_t first, uint64_t count,
                              const char *operation);

#endif
