/*
 * Reading without the guard, and without writing anything that is shared. See dict_state.h.
 */
#include "dict_state.h"

enum { TRIES = 4 }; /* a new generation is rare: who meets several in a row takes the guard */

/* What is there as it is now, or a mixture that only the generation tells from it. BYN_E_CORRUPT, without a
 * cause: it makes no sense. */
BYNI_IN_LINE byn_status look(byn_dict *dict, const byni_dict_key *key, byni_dict_found *found)
{
    byni_heap *heap = &dict->heap;
    byni_dict_directory directory = byni_dict_directory_again(dict);
    uint32_t tag = byni_dict_tag(key->hash), i;
    const byni_dict_page *page;
    byn_status status;

    if (BYNI_UNLIKELY(directory.pages == NULL))
        return directory.place == 0 ? BYN_E_NOTFOUND : BYN_E_CORRUPT;
    page = byni_dict_page_at(heap,
                             byni_load32(&directory.pages[byni_dict_index(tag, directory.depth)]));
    if (BYNI_UNLIKELY(page == NULL))
        return BYN_E_CORRUPT;
    for (i = 0; i < BYNI_DICT_SLOTS; i++) {
        uint64_t slot = byni_load64(&page->slot[(tag + i) % BYNI_DICT_SLOTS]);

        if (slot == 0)
            return BYN_E_NOTFOUND;
        if (slot >> 32 != tag || !byni_dict_is_entry(slot))
            continue;
        status = byni_dict_match(heap, byni_dict_place(slot), key, found);
        if (status != BYN_E_NOTFOUND)
            return status;
    }
    return BYN_E_NOTFOUND;
}

BYNI_IN_LINE byn_status copy_out(byn_dict *dict, const byni_dict_key *key, void *buffer,
                                 size_t room, size_t *size)
{
    byni_dict_found found;
    byn_status status = look(dict, key, &found);

    if (status < 0)
        return status;
    *size = found.value_size;
    if (found.value_size > room)
        return BYN_E_TOOBIG;
    byni_bytes_read(buffer, found.value, found.value_size);
    return BYN_OK;
}

/* Out of the way of the paths that are taken. */
BYNI_COLD static byn_status copy_out_again(byn_dict *dict, const byni_dict_key *key, void *buffer,
                                           size_t room, size_t *size)
{
    return copy_out(dict, key, buffer, room, size);
}

/* With the guard, and so without others. */
BYNI_COLD static byn_status read_guarded(byn_dict *dict, const byni_dict_key *key, void *buffer,
                                         size_t room, size_t *size)
{
    byn_status status = byni_dict_lock_guard(dict);

    if (status < 0)
        return status;
    status = copy_out_again(dict, key, buffer, room, size);
    byni_dict_unlock_guard(dict);
    return status == BYN_E_CORRUPT ? byni_heap_broken(&dict->heap) : status;
}

/* Unless there are too many changes, or what is there makes no sense. */
BYNI_COLD static byn_status read_again(byn_dict *dict, const byni_dict_key *key, void *buffer,
                                       size_t room, size_t *size)
{
    int tries;

    for (tries = 1; tries < TRIES; tries++) {
        uint64_t generation = byni_heap_generation(&dict->heap);
        byn_status status = copy_out_again(dict, key, buffer, room, size);

        if (status == BYN_E_CORRUPT)
            break;
        if (byni_heap_unchanged(&dict->heap, generation))
            return status;
    }
    return read_guarded(dict, key, buffer, room, size);
}

BYNI_IN_LINE byn_status look_up(byn_dict *dict, const byni_dict_key *key, void *buffer,
                                size_t *size)
{
    size_t room = *size;
    uint64_t generation = byni_heap_generation(&dict->heap);
    byn_status status = copy_out(dict, key, buffer, room, size);

    if (BYNI_UNLIKELY(status == BYN_E_CORRUPT || !byni_heap_unchanged(&dict->heap, generation)))
        return read_again(dict, key, buffer, room, size);
    return status;
}

byn_status byni_dict_read(byn_dict *dict, const byni_dict_key *key, void *buffer, size_t *size)
{
    return look_up(dict, key, buffer, size);
}

BYNI_COLD static byn_status get_failed(const byn_dict *dict, byn_status status)
{
    if (status == BYN_E_TOOBIG)
        return byni_failed_plainly(status, "byn_dict_get", dict->object.name.full);
    return byni_dict_failed(dict, status, "byn_dict_get");
}

byn_status byn_dict_get(byn_dict *dict, const void *key, size_t key_size, void *buffer,
                        size_t *size)
{
    byni_dict_key wanted;
    byn_status status;

    if (BYNI_UNLIKELY(!byni_dict_usable(dict)))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_get");
    if (BYNI_UNLIKELY(size == NULL || (buffer == NULL && *size > 0)))
        return byni_invalid("byn_dict_get", "size is NULL, or the buffer is and has room");
    if (BYNI_UNLIKELY(!byni_dict_key_of(dict, &wanted, key, key_size, &status)))
        return byni_dict_failed(dict, status, "byn_dict_get");
    status = look_up(dict, &wanted, buffer, size);
    return BYNI_UNLIKELY(status < 0) ? get_failed(dict, status) : status;
}

byn_status byn_dict_contains(byn_dict *dict, const void *key, size_t key_size)
{
    byni_dict_key wanted;
    byn_status status;
    size_t size = 0;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_contains");
    if (byni_dict_key_of(dict, &wanted, key, key_size, &status)) {
        status = byni_dict_read(dict, &wanted, NULL, &size);
        if (status == BYN_E_TOOBIG)
            status = BYN_OK;
    }
    return status < 0 ? byni_dict_failed(dict, status, "byn_dict_contains") : status;
}
