/*
 * Slices: elements copied out and in, under the lock.
 */
#include "array_state.h"

#include <string.h>

#include "crash.h"

/*
 * Where a slice is. Whoever gets and sets beside it, without the lock, shall find whole elements: it is
 * copied in aligned words, and in units at its ends.
 */
typedef struct slice {
    unsigned char *at;
    const unsigned char *end;
    uint32_t unit;
} slice;

static slice slice_of(const byn_array *array, uint64_t first, uint64_t count)
{
    unsigned char *at = byni_array_element(array, first);
    const slice result = {at, at + count * array->size,
                          array->sort == BYNI_RECORD ? 1 : array->size};

    return result;
}

static inline uint32_t step_of(const slice *s)
{
    bool whole =
        (uintptr_t)s->at % sizeof(uint64_t) == 0 && (size_t)(s->end - s->at) >= sizeof(uint64_t);

    return whole ? (uint32_t)sizeof(uint64_t) : s->unit;
}

/* The low bytes of a word, wherever this machine has them. */
static inline void take_apart(unsigned char *to, uint64_t word, uint32_t size)
{
    const uint32_t low4 = (uint32_t)word;
    const uint16_t low2 = (uint16_t)word;

    switch (size) {
    case 1:
        *to = (unsigned char)word;
        break;
    case 2:
        memcpy(to, &low2, sizeof low2);
        break;
    case 4:
        memcpy(to, &low4, sizeof low4);
        break;
    default:
        memcpy(to, &word, sizeof word);
        break;
    }
}

static inline uint64_t put_together(const unsigned char *from, uint32_t size)
{
    uint64_t word;
    uint32_t low4;
    uint16_t low2;

    switch (size) {
    case 1:
        return *from;
    case 2:
        memcpy(&low2, from, sizeof low2);
        return low2;
    case 4:
        memcpy(&low4, from, sizeof low4);
        return low4;
    default:
        memcpy(&word, from, sizeof word);
        return word;
    }
}

static void copy_out(slice s, unsigned char *to)
{
    uint32_t step;

    for (; s.at < s.end; s.at += step, to += step) {
        step = step_of(&s);
        take_apart(to, byni_array_load(s.at, step), step);
    }
}

static void copy_in(slice s, const unsigned char *from)
{
    uint32_t step;

    for (; s.at < s.end; s.at += step, from += step) {
        step = step_of(&s);
        byni_array_store(s.at, step, put_together(from, step));
    }
}

/* What others wrote into the memory of a flag need not be a bool. */
static void make_bools(unsigned char *bytes, uint64_t count)
{
    uint64_t i;

    for (i = 0; i < count; i++)
        bytes[i] = bytes[i] != 0;
}

static byn_status check_slice(const byn_array *array, uint64_t first, uint64_t count,
                              const void *buffer, byn_timeout timeout, const char *operation)
{
    if (!byni_array_usable(array))
        return byni_object_unusable((const byni_object *)array, operation);
    if (first > array->length || count > array->length - first)
        return byni_array_outside(array, first, count, operation);
    if (buffer == NULL && count > 0)
        return byni_null(operation, "buffer");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(operation);
    return BYN_OK;
}

/* A caller that has the lock keeps it. */
static byn_status enter(byn_array *array, uint32_t as, byn_timeout timeout, bool *mine,
                        const char *operation)
{
    byn_status status;

    *mine = byni_lock_is_mine(&array->lock);
    if (*mine)
        return BYN_OK;
    status = byni_lock_take(&array->lock, as, timeout);
    return status < 0 ? byni_object_call_failed(&array->object, status, operation) : status;
}

static void leave(byn_array *array, bool mine)
{
    if (!mine)
        (void)byni_lock_give(&array->lock);
}

byn_status byn_array_read(byn_array *array, uint64_t first, uint64_t count, void *buffer,
                          byn_timeout timeout)
{
    byn_status status = check_slice(array, first, count, buffer, timeout, "byn_array_read");
    bool mine;

    if (status >= 0)
        status = enter(array, BYNI_LOOKS, timeout, &mine, "byn_array_read");
    if (status < 0)
        return status;
    copy_out(slice_of(array, first, count), buffer);
    leave(array, mine);
    if (array->sort == BYNI_FLAG)
        make_bools(buffer, count);
    return status;
}

byn_status byn_array_write(byn_array *array, uint64_t first, uint64_t count, const void *buffer,
                           byn_timeout timeout)
{
    byn_status status = check_slice(array, first, count, buffer, timeout, "byn_array_write");
    bool mine;

    if (status >= 0)
        status = enter(array, BYNI_CHANGES, timeout, &mine, "byn_array_write");
    if (status < 0)
        return status;
    copy_in(slice_of(array, first, count), buffer);
    byni_crash_point("array.written");
    leave(array, mine);
    return status;
}
