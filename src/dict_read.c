/*
 * Reading without the guard, and without writing anything that is shared. See dict_state.h.
 */
#include "dict_state.h"

enum { TRIES = 4 }; /* a new generation is rare: who meets several in a row takes the guard */

/* What is there as it is now, or a mixture that only the generation tells from it. BYN_E_CORRUPT, without a
 * cause: it makes no sense. */
static inline byn_status look(byn_dict *dict, const byni_dict_key *key, byni_dict_found *found)
{
    byni_heap *heap = &dict->heap;
    byni_dict_directory directory = byni_dict_directory_of(heap);
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

static inline byn_status copy_out(byn_dict *dict, const byni_dict_key *key, void *buffer,
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

BYNI_COLD static byn_status read_with_guard(byn_dict *dict, const byni_dict_key *key, void *buffer,
                                            size_t room, size_t *size)
{
    byn_status status = byni_dict_lock_guard(dict);

    if (status < 0)
        return status;
    status = copy_out(dict, key, buffer, room, size);
    byni_dict_unlock_guard(dict);
    return status == BYN_E_CORRUPT ? byni_heap_broken(&dict->heap) : status;
}

byn_status byni_dict_read(byn_dict *dict, const byni_dict_key *key, void *buffer, size_t *size)
{
    size_t room = *size;
    byn_status status;
    int i;

    for (i = 0; i < TRIES; i++) {
        uint64_t generation = byni_heap_generation(&dict->heap);

        status = copy_out(dict, key, buffer, room, size);
        if (BYNI_UNLIKELY(!byni_heap_unchanged(&dict->heap, generation)))
            continue;
        if (BYNI_UNLIKELY(status == BYN_E_CORRUPT))
            break;
        return status;
    }
    return read_with_guard(dict, key, buffer, room, size);
}
