/* Numbers, arrays and plain memory, and how each is used under attack. */
#include "fuzz.h"

#include <stdlib.h>

/* ---- Value ----------------------------------------------------------------------------------------- */

static byn_status open_value(void **handle, const char *name, fuzz_input *in)
{
    byn_value *value = NULL;
    byn_value_type type = (byn_value_type)(fuzz_byte(in) % (BYN_BYTES + 1));
    byn_status status = byn_value_open(
        &value, name,
        &BYN_OPTIONS(byn_value_options, .type = type, .size = type == BYN_BYTES ? 100 : 0));

    *handle = value;
    return status;
}

static void close_value(void *handle)
{
    byn_value_close(handle);
}

static byn_status use_number(byn_value *value, fuzz_input *in, byn_timeout timeout, uint8_t what)
{
    int64_t number = (int64_t)fuzz_special(in), other = 7;

    switch (what) {
    case 0:
        return byn_value_set(value, number);
    case 1:
        return byn_value_add(value, number, &other);
    case 2:
        return byn_value_compare_exchange(value, &number, 1);
    case 3:
        return byn_value_exchange(value, number, &other);
    case 4:
        return byn_value_wait_change(value, &number, timeout);
    default:
        return byn_value_get(value, &number);
    }
}

static byn_status use_real(byn_value *value, fuzz_input *in, byn_timeout timeout, uint8_t what)
{
    double number = (double)fuzz_special(in), other = 7;

    switch (what) {
    case 0:
        return byn_value_set_double(value, number);
    case 1:
        return byn_value_add_double(value, number, &other);
    case 2:
        return byn_value_compare_exchange_double(value, &number, 1);
    case 3:
        return byn_value_exchange_double(value, number, &other);
    case 4:
        return byn_value_wait_change_double(value, &number, timeout);
    default:
        return byn_value_get_double(value, &number);
    }
}

static byn_status use_bytes(byn_value *value, fuzz_input *in, byn_timeout timeout, uint8_t what)
{
    fuzz_room room = fuzz_room_make(in, 120);
    size_t size = room.size;
    byn_status status;

    if (what < 2)
        return fuzz_room_end(&room, byn_value_write(value, room.bytes, size), size);
    if (what != 4)
        return fuzz_room_end(&room, byn_value_read(value, room.bytes, &size), size);
    free(room.bytes);
    room.size = byn_value_size(value); /* what there may be has room */
    room.bytes = calloc(room.size + 1, 1);
    status = byn_value_wait_change_bytes(value, room.bytes, &size, timeout);
    return fuzz_room_end(&room, status, size);
}

static byn_status use_value(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    uint8_t what = fuzz_byte(in) % 8;
    byn_value_type type = byn_value_type_of(handle);

    *call = "byn_value";
    if (what == 6)
        return byn_value_lock(handle, timeout);
    if (what == 7)
        return byn_value_unlock(handle);
    if (type == BYN_BYTES)
        return use_bytes(handle, in, timeout, what);
    if (type == BYN_F32 || type == BYN_F64)
        return use_real(handle, in, timeout, what);
    return use_number(handle, in, timeout, what);
}

const fuzz_kind fuzz_value = {"byn_value_open", open_value, close_value, use_value, false, false};

/* ---- Array ----------------------------------------------------------------------------------------- */

static byn_status open_array(void **handle, const char *name, fuzz_input *in)
{
    byn_array *array = NULL;
    byn_value_type type = (byn_value_type)(fuzz_byte(in) % (BYN_BYTES + 1));
    byn_status status = byn_array_open(
        &array, name,
        &BYN_OPTIONS(byn_array_options, .type = type, .length = 1 + fuzz_number(in, 2) % 3000,
                     .size = type == BYN_BYTES ? 1 + fuzz_byte(in) % 20 : 0));

    *handle = array;
    return status;
}

static void close_array(void *handle)
{
    byn_array_close(handle);
}

static uint64_t choose_index(byn_array *array, fuzz_input *in)
{
    uint8_t how = fuzz_byte(in);

    if (how < 32)
        return fuzz_special(in);
    return fuzz_number(in, 2) % (byn_array_length(array) + 2);
}

static byn_status use_slice(byn_array *array, fuzz_input *in, byn_timeout timeout, bool write)
{
    uint64_t first = choose_index(array, in), count = fuzz_byte(in);
    uint8_t *buffer = calloc((size_t)count * byn_array_element_size(array) + 1, 1);
    byn_status status = write ? byn_array_write(array, first, count, buffer, timeout)
                              : byn_array_read(array, first, count, buffer, timeout);

    free(buffer);
    return status;
}

static byn_status change_element(byn_array *array, fuzz_input *in, bool real)
{
    uint64_t index = choose_index(array, in);
    int64_t number = fuzz_byte(in);
    double fraction = 1.5;

    switch (fuzz_byte(in) % 3) {
    case 0:
        return real ? byn_array_add_double(array, index, fraction, &fraction)
                    : byn_array_add(array, index, number, &number);
    case 1:
        return real ? byn_array_exchange_double(array, index, fraction, &fraction)
                    : byn_array_exchange(array, index, number, &number);
    default:
        return real ? byn_array_compare_exchange_double(array, index, &fraction, 2.5)
                    : byn_array_compare_exchange(array, index, &number, 3);
    }
}

static byn_status touch_all(byn_array *array)
{
    volatile uint8_t *base = byn_array_data(array);
    uint64_t size = byn_array_length(array) * byn_array_element_size(array), i;

    for (i = 0; i < size; i++)
        base[i] = (uint8_t)(base[i] + 1);
    return BYN_OK;
}

static byn_status use_array(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    byn_value_type type = byn_array_type_of(handle);
    bool real = type == BYN_F32 || type == BYN_F64;
    uint8_t what = fuzz_byte(in) % 8;
    int64_t number;
    double fraction;

    *call = "byn_array";
    switch (what) {
    case 0:
        return real ? byn_array_get_double(handle, choose_index(handle, in), &fraction)
                    : byn_array_get(handle, choose_index(handle, in), &number);
    case 1:
        return real ? byn_array_set_double(handle, choose_index(handle, in), 1.5)
                    : byn_array_set(handle, choose_index(handle, in), fuzz_byte(in));
    case 2:
        return byn_array_lock(handle, timeout);
    case 3:
        return byn_array_unlock(handle);
    case 4:
        return touch_all(handle);
    case 5:
        return change_element(handle, in, real);
    default:
        return use_slice(handle, in, timeout, what == 6);
    }
}

const fuzz_kind fuzz_array = {"byn_array_open", open_array, close_array, use_array, false, false};

/* ---- Memory ---------------------------------------------------------------------------------------- */

static byn_status open_memory(void **handle, const char *name, fuzz_input *in)
{
    byn_memory *memory = NULL;
    uint64_t size = 1 + fuzz_number(in, 2) % 20000;
    byn_status status = byn_memory_open(
        &memory, name,
        &BYN_OPTIONS(byn_memory_options, .size = size, .limit = size + 9 * fuzz_number(in, 2)));

    *handle = memory;
    return status;
}

static void close_memory(void *handle)
{
    byn_memory_close(handle);
}

static byn_status touch(byn_memory *memory)
{
    volatile uint8_t *base = byn_memory_base(memory);
    uint64_t size = byn_memory_size(memory), i;

    for (i = 0; i < size; i += 512)
        base[i] = (uint8_t)(base[i] + 1);
    if (size > 0)
        base[size - 1] = 1;
    return BYN_OK;
}

static byn_status use_memory(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    (void)timeout;
    switch (fuzz_byte(in) % 4) {
    case 0:
        *call = "byn_memory_grow";
        return byn_memory_grow(handle, fuzz_special(in));
    case 1:
        *call = "byn_memory_grow";
        return byn_memory_grow(handle, byn_memory_size(handle) + fuzz_number(in, 2));
    default:
        *call = "byn_memory_base";
        return touch(handle);
    }
}

const fuzz_kind fuzz_memory = {"byn_memory_open", open_memory, close_memory,
                               use_memory,        false,       false};
