/*
 * Reading without the guard, and without writing anything that is shared. See dict_state.h.
 */
#include "dict_state.h"

enum {
    TRIES = 4, /* a new generation is rare: who meets several in a row takes the guard */
    USUAL = 16 /* bytes of a key that the compiler knows as well */
};

/*
 * The new value of an entry, from where it is before it is written over the old one. false: it is not there any more,
 * or never was. As all that is read it may be a mixture, which the entry's number tells.
 */
static bool copy_new(const byn_dict *dict, const byni_dict_found *found, void *buffer)
{
    const byni_dict_redo *redo = &dict->state->redo;

    if (byni_load32(&redo->place) != found->place ||
        byni_load32(&redo->size) != found->value_size || found->value_size > BYNI_DICT_OVER)
        return false;
    byni_bytes_read(buffer, redo->words, found->value_size);
    return true;
}

/* Whether what was read is what was there at one moment. */
BYNI_IN_LINE bool is_true(const byn_dict *dict, uint64_t generation, const byni_dict_found *found)
{
    return byni_heap_unchanged(&dict->heap, generation) &&
           byni_heap_word(found->body) == found->word;
}

/* BYN_E_CORRUPT: what is there makes no sense. *overtaken: it was changed meanwhile, and is nothing to believe. */
static byn_status copy_out(byn_dict *dict, const byni_dict_key *key, void *buffer, size_t *size,
                           bool *overtaken)
{
    uint64_t generation = byni_heap_generation(&dict->heap);
    byni_dict_found found;
    byn_status status = byni_dict_look_up(dict, key, &found);
    bool is_there = true;

    if (status < 0) {
        *overtaken = !byni_heap_unchanged(&dict->heap, generation);
        return status;
    }
    if (found.value_size > *size)
        status = BYN_E_TOOBIG;
    else if (byni_dict_is_rewritten(&found))
        is_there = copy_new(dict, &found, buffer);
    else
        byni_bytes_read(buffer, found.value, found.value_size);
    *overtaken = !is_there || !is_true(dict, generation, &found);
    if (!*overtaken)
        *size = found.value_size;
    return status;
}

/* With the guard, and so without others: no entry is being written over. */
static byn_status copy_alone(byn_dict *dict, const byni_dict_key *key, void *buffer, size_t *size)
{
    byni_dict_found found;
    byn_status status = byni_dict_look_up(dict, key, &found);

    if (status == BYN_E_CORRUPT)
        return byni_heap_broken(&dict->heap);
    if (status < 0)
        return status;
    if (found.value_size > *size)
        status = BYN_E_TOOBIG;
    else
        byni_bytes_read(buffer, found.value, found.value_size);
    *size = found.value_size;
    return status;
}

byn_status byni_dict_read_guarded(byn_dict *dict, const byni_dict_key *key, void *buffer,
                                  size_t *size)
{
    byn_status status = byni_dict_lock_guard(dict);

    if (status < 0)
        return status;
    status = copy_alone(dict, key, buffer, size);
    byni_dict_unlock_guard(dict);
    return status;
}

/* Unless there are too many changes, or what is there makes no sense. */
BYNI_COLD static byn_status read_again(byn_dict *dict, byni_dict_key key, void *buffer,
                                       size_t *size)
{
    bool overtaken = true;
    int tries;

    for (tries = 0; tries < TRIES; tries++) {
        byn_status status = copy_out(dict, &key, buffer, size, &overtaken);

        if (status == BYN_E_CORRUPT)
            break;
        if (!overtaken)
            return status;
    }
    return byni_dict_read_guarded(dict, &key, buffer, size);
}

/* What is usual. BYN_OK, BYN_E_NOTFOUND; BYN_E_CORRUPT: ask read_again(). */
BYNI_IN_LINE byn_status read_quickly(const byn_dict *dict, const byni_dict_key *key, void *buffer,
                                     size_t *size)
{
    uint64_t generation = byni_heap_generation(&dict->heap);
    byni_dict_found found;
    byn_status status = byni_dict_look_quickly(dict, key, false, &found);

    if (status == BYN_OK) {
        if (BYNI_UNLIKELY(found.value_size > *size || byni_dict_is_rewritten(&found)))
            return BYN_E_CORRUPT;
        byni_bytes_read(buffer, found.value, found.value_size);
        if (BYNI_UNLIKELY(!is_true(dict, generation, &found)))
            return BYN_E_CORRUPT;
        *size = found.value_size;
    } else if (status == BYN_E_NOTFOUND && !byni_heap_unchanged(&dict->heap, generation)) {
        return BYN_E_CORRUPT;
    }
    return status;
}

BYNI_IN_LINE byn_status look_up(byn_dict *dict, const byni_dict_key *key, void *buffer,
                                size_t *size)
{
    byn_status status = read_quickly(dict, key, buffer, size);

    return BYNI_UNLIKELY(status == BYN_E_CORRUPT) ? read_again(dict, *key, buffer, size) : status;
}

byn_status byni_dict_read(byn_dict *dict, const byni_dict_key *key, void *buffer, size_t *size)
{
    return look_up(dict, key, buffer, size);
}

BYNI_COLD static byn_status get_failed(const byn_dict *dict, byn_status status)
{
    if (status == BYN_E_TOOBIG)
        return byni_failed_because(status, "byn_dict_get", dict->object.name.full,
                                   "the value is larger than the buffer; its size was told");
    return byni_dict_failed(dict, status, "byn_dict_get");
}

/* Whatever the arguments are. */
BYNI_APART static byn_status get(byn_dict *dict, const void *key, size_t key_size, void *buffer,
                                 size_t *size)
{
    byni_dict_key wanted;
    byn_status status;

    if (BYNI_UNLIKELY(!byni_dict_usable(dict)))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_get");
    if (BYNI_UNLIKELY(size == NULL || (buffer == NULL && *size > 0)))
        return byni_null_buffer("byn_dict_get", size);
    if (BYNI_UNLIKELY(!byni_dict_key_of(dict, &wanted, key, key_size, &status)))
        return byni_dict_failed(dict, status, "byn_dict_get");
    status = look_up(dict, &wanted, buffer, size);
    return BYNI_UNLIKELY(status < 0) ? get_failed(dict, status) : status;
}

/* get() of a key of this size, in fewer instructions. BYN_OK, BYN_E_NOTFOUND; BYN_E_CORRUPT: ask that one. */
BYNI_IN_LINE byn_status get_usual(const byn_dict *dict, const void *key, void *buffer, size_t *size)
{
    byni_dict_key wanted = {key, USUAL, 0, 0, 0};

    byni_dict_short_key(dict->seed, &wanted);
    return read_quickly(dict, &wanted, buffer, size);
}

byn_status byn_dict_get(byn_dict *dict, const void *key, size_t key_size, void *buffer,
                        size_t *size)
{
    byn_status status = BYN_E_CORRUPT;

    if (key_size == USUAL &&
        !BYNI_UNLIKELY(!byni_dict_usable(dict) || key == NULL || buffer == NULL || size == NULL))
        status = get_usual(dict, key, buffer, size);
    if (status == BYN_OK)
        return status;
    return status == BYN_E_CORRUPT ? get(dict, key, key_size, buffer, size)
                                   : get_failed(dict, status);
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
