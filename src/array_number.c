/*
 * One element: get, set, and what changes it in one step. First what is done with its bytes, then the calls
 * for integers and flags, then those for reals.
 */
#include "array_state.h"

#include <string.h>

/* ---- Bytes ---------------------------------------------------------------------------------------- */

/* A part of a word, wherever this machine has its bytes. */
static uint64_t part_of(uint32_t word, size_t offset, uint32_t size)
{
    unsigned char bytes[sizeof word];
    uint16_t pair;

    memcpy(bytes, &word, sizeof word);
    if (size == 1)
        return bytes[offset];
    memcpy(&pair, bytes + offset, sizeof pair);
    return pair;
}

static uint32_t with_part(uint32_t word, size_t offset, uint32_t size, uint64_t part)
{
    unsigned char bytes[sizeof word];
    const uint16_t pair = (uint16_t)part;

    memcpy(bytes, &word, sizeof word);
    if (size == 1)
        bytes[offset] = (unsigned char)part;
    else
        memcpy(bytes + offset, &pair, sizeof pair);
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Of 8 or 16 bits: together with its neighbours, which stay as they are. All are on one page. */
static bool cas_small(unsigned char *at, uint32_t size, uint64_t *expected, uint64_t desired)
{
    const size_t offset = (uintptr_t)at % sizeof(uint32_t);
    byni_a32 *around = (byni_a32 *)(void *)(at - offset);
    uint32_t word = byni_load32(around);
    uint64_t part;

    while ((part = part_of(word, offset, size)) == *expected)
        if (byni_cas32(around, &word, with_part(word, offset, size, desired)))
            return true;
    *expected = part;
    return false;
}

/* As byni_cas64(). *expected has no more bits than the element. */
static bool cas(unsigned char *at, uint32_t size, uint64_t *expected, uint64_t desired)
{
    uint32_t half = (uint32_t)*expected;
    bool done;

    if (size == 8)
        return byni_cas64((byni_a64 *)(void *)at, expected, desired);
    if (size < 4)
        return cas_small(at, size, expected, desired);
    done = byni_cas32((byni_a32 *)(void *)at, &half, (uint32_t)desired);
    *expected = half;
    return done;
}

/* What it is afterwards; only as many bits count as the element has. */
static uint64_t add(unsigned char *at, uint32_t size, uint64_t difference)
{
    uint64_t before;

    if (size == 8)
        return byni_add64((byni_a64 *)(void *)at, difference) + difference;
    if (size == 4)
        return byni_add32((byni_a32 *)(void *)at, (uint32_t)difference) + difference;
    before = byni_array_load(at, size);
    while (!cas_small(at, size, &before, before + difference))
        continue;
    return before + difference;
}

/* What it was before. */
static uint64_t exchange(unsigned char *at, uint32_t size, uint64_t word)
{
    uint64_t before;

    if (size == 8)
        return byni_exchange64((byni_a64 *)(void *)at, word);
    if (size == 4)
        return byni_exchange32((byni_a32 *)(void *)at, (uint32_t)word);
    before = byni_array_load(at, size);
    while (!cas_small(at, size, &before, word))
        continue;
    return before;
}

/* ---- What calls have in common -------------------------------------------------------------------- */

static const byni_calls get_calls = {"byn_array_get", "byn_array_get_double", "byn_array_read"};
static const byni_calls set_calls = {"byn_array_set", "byn_array_set_double", "byn_array_write"};
static const byni_calls add_calls = {"byn_array_add", "byn_array_add_double", NULL};
static const byni_calls exchange_calls = {"byn_array_exchange", "byn_array_exchange_double", NULL};
static const byni_calls compare_calls = {"byn_array_compare_exchange",
                                         "byn_array_compare_exchange_double", NULL};

static inline bool is_integer(const byn_array *array)
{
    return byni_array_usable(array) && (array->sort == BYNI_INTEGER || array->sort == BYNI_FLAG);
}

static inline bool is_real(const byn_array *array)
{
    return byni_array_usable(array) && array->sort == BYNI_REAL;
}

BYNI_COLD static byn_status refuse(const byn_array *array, const byni_calls *calls,
                                   const char *operation)
{
    if (!byni_array_usable(array))
        return byni_object_unusable((const byni_object *)array, operation);
    return byni_type_refuse(array->type, calls, operation, array->object.name.full);
}

static byn_status is_something_else(const byn_array *array, const char *operation)
{
    return byni_failed_because(BYN_E_MISMATCH, operation, array->object.name.full,
                               "it is not what was expected; what it is was told");
}

/* ---- Integers and flags --------------------------------------------------------------------------- */

/* There is such an element, and it can be this number; a failure has its sentence. */
static inline byn_status check(const byn_array *array, uint64_t index, int64_t number,
                               const char *operation)
{
    if (index >= array->length)
        return byni_array_outside(array, index, 1, operation);
    if (!byni_type_fits(array->type, number))
        return byni_type_does_not_fit(array->type, number, operation, array->object.name.full);
    return BYN_OK;
}

byn_status byn_array_get(byn_array *array, uint64_t index, int64_t *number)
{
    if (!is_integer(array))
        return refuse(array, &get_calls, get_calls.call);
    if (number == NULL)
        return byni_null(get_calls.call, "number");
    if (index >= array->length)
        return byni_array_outside(array, index, 1, get_calls.call);
    *number = byni_type_number(array->type,
                               byni_array_load(byni_array_element(array, index), array->size));
    return BYN_OK;
}

byn_status byn_array_set(byn_array *array, uint64_t index, int64_t number)
{
    byn_status status;

    if (!is_integer(array))
        return refuse(array, &set_calls, set_calls.call);
    status = check(array, index, number, set_calls.call);
    if (status >= 0)
        byni_array_store(byni_array_element(array, index), array->size, (uint64_t)number);
    return status;
}

BYNI_COLD static byn_status refuse_to_add(const byn_array *array)
{
    static const byni_calls no_flags = {NULL, "byn_array_add_double", NULL};

    return refuse(array, &no_flags, add_calls.call);
}

byn_status byn_array_add(byn_array *array, uint64_t index, int64_t difference, int64_t *result)
{
    uint64_t word;

    if (!byni_array_usable(array) || array->sort != BYNI_INTEGER)
        return refuse_to_add(array);
    if (index >= array->length)
        return byni_array_outside(array, index, 1, add_calls.call);
    word = add(byni_array_element(array, index), array->size, (uint64_t)difference);
    if (result != NULL)
        *result = byni_type_number(array->type, word);
    return BYN_OK;
}

byn_status byn_array_exchange(byn_array *array, uint64_t index, int64_t number, int64_t *previous)
{
    byn_status status;
    uint64_t word;

    if (!is_integer(array))
        return refuse(array, &exchange_calls, exchange_calls.call);
    status = check(array, index, number, exchange_calls.call);
    if (status < 0)
        return status;
    word = exchange(byni_array_element(array, index), array->size, (uint64_t)number);
    if (previous != NULL)
        *previous = byni_type_number(array->type, word);
    return BYN_OK;
}

byn_status byn_array_compare_exchange(byn_array *array, uint64_t index, int64_t *expected,
                                      int64_t desired)
{
    byn_status status;
    unsigned char *at;
    uint64_t word;

    if (!is_integer(array))
        return refuse(array, &compare_calls, compare_calls.call);
    if (expected == NULL)
        return byni_null(compare_calls.call, "expected");
    status = check(array, index, desired, compare_calls.call);
    if (status < 0)
        return status;
    at = byni_array_element(array, index);
    word = byni_array_load(at, array->size);
    while (byni_type_number(array->type, word) == *expected)
        if (cas(at, array->size, &word, (uint64_t)desired))
            return BYN_OK;
    *expected = byni_type_number(array->type, word);
    return is_something_else(array, compare_calls.call);
}

/* ---- Reals ---------------------------------------------------------------------------------------- */

static inline byn_status check_real(const byn_array *array, uint64_t index, double number,
                                    const char *operation)
{
    if (index >= array->length)
        return byni_array_outside(array, index, 1, operation);
    if (!byni_type_real_fits(array->type, number))
        return byni_type_real_does_not_fit(number, operation, array->object.name.full);
    return BYN_OK;
}

byn_status byn_array_get_double(byn_array *array, uint64_t index, double *number)
{
    if (!is_real(array))
        return refuse(array, &get_calls, get_calls.double_call);
    if (number == NULL)
        return byni_null(get_calls.double_call, "number");
    if (index >= array->length)
        return byni_array_outside(array, index, 1, get_calls.double_call);
    *number =
        byni_type_real(array->type, byni_array_load(byni_array_element(array, index), array->size));
    return BYN_OK;
}

byn_status byn_array_set_double(byn_array *array, uint64_t index, double number)
{
    byn_status status;

    if (!is_real(array))
        return refuse(array, &set_calls, set_calls.double_call);
    status = check_real(array, index, number, set_calls.double_call);
    if (status >= 0)
        byni_array_store(byni_array_element(array, index), array->size,
                         byni_type_word(array->type, number));
    return status;
}

byn_status byn_array_add_double(byn_array *array, uint64_t index, double difference, double *result)
{
    uint64_t before, after;
    unsigned char *at;

    if (!is_real(array))
        return refuse(array, &add_calls, add_calls.double_call);
    if (index >= array->length)
        return byni_array_outside(array, index, 1, add_calls.double_call);
    at = byni_array_element(array, index);
    before = byni_array_load(at, array->size);
    do
        after = byni_type_word(array->type, byni_type_real(array->type, before) + difference);
    while (!cas(at, array->size, &before, after));
    if (result != NULL)
        *result = byni_type_real(array->type, after);
    return BYN_OK;
}

byn_status byn_array_exchange_double(byn_array *array, uint64_t index, double number,
                                     double *previous)
{
    byn_status status;
    uint64_t word;

    if (!is_real(array))
        return refuse(array, &exchange_calls, exchange_calls.double_call);
    status = check_real(array, index, number, exchange_calls.double_call);
    if (status < 0)
        return status;
    word = exchange(byni_array_element(array, index), array->size,
                    byni_type_word(array->type, number));
    if (previous != NULL)
        *previous = byni_type_real(array->type, word);
    return BYN_OK;
}

byn_status byn_array_compare_exchange_double(byn_array *array, uint64_t index, double *expected,
                                             double desired)
{
    byn_status status;
    unsigned char *at;
    uint64_t word;

    if (!is_real(array))
        return refuse(array, &compare_calls, compare_calls.double_call);
    if (expected == NULL)
        return byni_null(compare_calls.double_call, "expected");
    status = check_real(array, index, desired, compare_calls.double_call);
    if (status < 0)
        return status;
    at = byni_array_element(array, index);
    word = byni_array_load(at, array->size);
    while (byni_same_real(byni_type_real(array->type, word), *expected))
        if (cas(at, array->size, &word, byni_type_word(array->type, desired)))
            return BYN_OK;
    *expected = byni_type_real(array->type, word);
    return is_something_else(array, compare_calls.double_call);
}
