/* The kinds that hold data, and how each is used under attack. */
#include "fuzz.h"

/* ---- Value ----------------------------------------------------------------------------------------- */

static byn_status open_value(void **handle, const char *name, fuzz_input *in)
{
    byn_value *value = NULL;
    byn_status status = byn_value_open(
        &value, name,
        &BYN_OPTIONS(byn_value_options, .type = (byn_value_type)(fuzz_byte(in) % (BYN_U64 + 1))));

    *handle = value;
    return status;
}

static void close_value(void *handle)
{
    byn_value_close(handle);
}

static byn_status use_value(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    int64_t number = (int64_t)fuzz_special(in);

    (void)timeout;
    *call = "byn_value";
    switch (fuzz_byte(in) % 4) {
    case 0:
        return byn_value_set(handle, number);
    case 1:
        return byn_value_add(handle, number, &number);
    case 2:
        return byn_value_compare_exchange(handle, &number, 7);
    default:
        return byn_value_get(handle, &number);
    }
}

const fuzz_kind fuzz_value = {"byn_value_open", open_value, close_value, use_value, false, false};

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

/* ---- All ------------------------------------------------------------------------------------------- */

const fuzz_kind *const fuzz_kinds[] = {
    &fuzz_mutex,   &fuzz_event,  &fuzz_semaphore, &fuzz_undo,  &fuzz_condition,
    &fuzz_barrier, &fuzz_rwlock, &fuzz_once,      &fuzz_value, &fuzz_memory,
};
const unsigned fuzz_kind_count = sizeof fuzz_kinds / sizeof fuzz_kinds[0];
