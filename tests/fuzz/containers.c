/* Lists and dicts, and how each is used under attack. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 700 }; /* bytes of an element */

/* ---- List ------------------------------------------------------------------------------------------ */

static byn_status open_list(void **handle, const char *name, fuzz_input *in)
{
    byn_list *list = NULL;
    byn_status status = byn_list_open(
        &list, name,
        &BYN_OPTIONS(byn_list_options, .limit = 65536 + 4096 * (uint64_t)(fuzz_byte(in) / 64)));

    *handle = list;
    return status;
}

static void close_list(void *handle)
{
    byn_list_close(handle);
}

static int64_t choose_index(fuzz_input *in)
{
    uint8_t how = fuzz_byte(in);

    if (how < 200)
        return how % 16;
    if (how < 240)
        return -(int64_t)(how % 16);
    return (int64_t)fuzz_special(in);
}

static byn_status walk_list(byn_list *list, fuzz_input *in)
{
    byn_list_iterator *iterator = NULL;
    byn_list_element element;
    size_t sum = 0;
    byn_status status = fuzz_byte(in) % 2 == 0
                            ? byn_list_iterator_open(&iterator, list)
                            : byn_list_slice(&iterator, list, choose_index(in), fuzz_byte(in));

    if (status < 0)
        return status;
    while (byn_list_iterator_next(iterator, &element) >= 0)
        while (element.size > 0)
            sum += ((const uint8_t *)element.data)[--element.size];
    (void)sum;
    byn_list_iterator_close(iterator);
    return status;
}

static byn_status write_list(byn_list *list, fuzz_input *in, uint8_t what)
{
    fuzz_room room = fuzz_room_make(in, MOST);
    byn_status status;

    if (what == 0)
        status = byn_list_append(list, room.bytes, room.size);
    else if (what == 1)
        status = byn_list_insert(list, choose_index(in), room.bytes, room.size);
    else
        status = byn_list_set(list, choose_index(in), room.bytes, room.size);
    return fuzz_room_end(&room, status, room.size);
}

static byn_status read_list(byn_list *list, fuzz_input *in, bool pop)
{
    fuzz_room room = fuzz_room_make(in, MOST);
    size_t size = room.size;
    int64_t index = choose_index(in);
    byn_status status = pop ? byn_list_pop(list, index, room.bytes, &size)
                            : byn_list_get(list, index, room.bytes, &size);

    return fuzz_room_end(&room, status, size);
}

static byn_status use_list(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    uint8_t what = fuzz_byte(in) % 16;
    uint64_t count;

    *call = "byn_list";
    switch (what) {
    case 0:
    case 1:
    case 2:
        return write_list(handle, in, what);
    case 3:
    case 4:
        return read_list(handle, in, what == 3);
    case 5:
        return byn_list_remove(handle, choose_index(in));
    case 6:
        return byn_list_clear(handle);
    case 7:
        return byn_list_count(handle, &count);
    case 8:
        return byn_list_lock(handle, timeout);
    case 9:
        return byn_list_unlock(handle);
    case 10:
        return walk_list(handle, in);
    default:
        return write_list(handle, in, what % 2);
    }
}

const fuzz_kind fuzz_list = {"byn_list_open", open_list, close_list, use_list, false, false};

/* ---- Dict ------------------------------------------------------------------------------------------ */

static byn_status open_dict(void **handle, const char *name, fuzz_input *in)
{
    byn_dict *dict = NULL;
    byn_status status = byn_dict_open(
        &dict, name,
        &BYN_OPTIONS(byn_dict_options, .limit = 65536 + 4096 * (uint64_t)(fuzz_byte(in) / 64)));

    *handle = dict;
    return status;
}

static void close_dict(void *handle)
{
    byn_dict_close(handle);
}

/* Of few keys, so that most calls find something; some are long, one is empty. */
typedef struct dict_key {
    uint8_t bytes[200];
    size_t size;
} dict_key;

static dict_key choose_key(fuzz_input *in)
{
    dict_key key;
    uint8_t which = fuzz_byte(in) % 32;

    memset(key.bytes, which, sizeof key.bytes);
    key.size = which < 28 ? which : (which - 27) * 40u;
    return key;
}

static const void *next_value(const void *value, size_t *size, void *context)
{
    static uint8_t bytes[MOST + 8];
    fuzz_input *in = context;
    uint8_t how = fuzz_byte(in);
    size_t i, sum = 0;

    for (i = 0; value != NULL && i < *size; i++)
        sum += ((const uint8_t *)value)[i];
    if (how < 20)
        return NULL;
    if (how < 40 && value != NULL)
        return value;
    memset(bytes, (int)sum, sizeof bytes);
    *size = how * 2u;
    return bytes;
}

static byn_status walk_dict(byn_dict *dict)
{
    byn_dict_iterator *iterator = NULL;
    byn_dict_entry entry;
    size_t sum = 0;
    byn_status status = byn_dict_iterator_open(&iterator, dict);

    if (status < 0)
        return status;
    while (byn_dict_iterator_next(iterator, &entry) >= 0) {
        while (entry.key_size > 0)
            sum += ((const uint8_t *)entry.key)[--entry.key_size];
        while (entry.value_size > 0)
            sum += ((const uint8_t *)entry.value)[--entry.value_size];
    }
    (void)sum;
    byn_dict_iterator_close(iterator);
    return status;
}

static byn_status write_dict(byn_dict *dict, fuzz_input *in, uint8_t what)
{
    dict_key key = choose_key(in);
    fuzz_room room = fuzz_room_make(in, MOST);
    size_t size = room.size;
    byn_status status;

    if (what == 0)
        status = byn_dict_put(dict, key.bytes, key.size, room.bytes, room.size);
    else if (what == 1)
        status =
            byn_dict_get_or_put(dict, key.bytes, key.size, key.bytes, key.size, room.bytes, &size);
    else if (what == 2)
        status = byn_dict_compare_exchange(dict, key.bytes, key.size, room.bytes, room.size,
                                           key.bytes, 8);
    else
        status = byn_dict_get(dict, key.bytes, key.size, room.bytes, &size);
    return fuzz_room_end(&room, status, what == 1 || what == 3 ? size : room.size);
}

static byn_status look_at_dict(byn_dict *dict, fuzz_input *in, uint8_t what)
{
    byn_dict_info info = {.struct_size = sizeof info};
    dict_key key = choose_key(in);
    uint64_t count;
    int64_t number;

    switch (what) {
    case 0:
        return byn_dict_contains(dict, key.bytes, key.size);
    case 1:
        return byn_dict_remove(dict, key.bytes, key.size);
    case 2:
        return byn_dict_count(dict, &count);
    case 3:
        return byn_dict_describe(dict, &info);
    case 4:
        return byn_dict_add_int64(dict, "number", 3, &number);
    default:
        return byn_dict_update(dict, key.bytes, key.size, next_value, in);
    }
}

static byn_status use_dict(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    uint8_t what = fuzz_byte(in);

    *call = "byn_dict";
    switch (what % 16) {
    case 0:
        return byn_dict_clear(handle);
    case 1:
        return byn_dict_lock(handle, timeout);
    case 2:
        return byn_dict_unlock(handle);
    case 3:
        return walk_dict(handle);
    case 4:
    case 5:
    case 6:
        return look_at_dict(handle, in, what / 16 % 6);
    case 7:
        return look_at_dict(handle, in, 5);
    default:
        return write_dict(handle, in, what % 16 < 12 ? 0 : what % 4);
    }
}

const fuzz_kind fuzz_dict = {"byn_dict_open", open_dict, close_dict, use_dict, false, false};
