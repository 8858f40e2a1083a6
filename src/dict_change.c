/*
 * Changing entries. What commits is one store to a slot; see dict_state.h.
 */
#include "dict_state.h"

#include <stdlib.h>

#include "crash.h"

/* ---- With the guard ------------------------------------------------------------------------------- */

static void count(byni_a64 *number, bool up)
{
    byni_store64(number, byni_load64(number) + (up ? 1 : UINT64_MAX));
}

static void count_slots(byni_a32 *number, bool up)
{
    byni_store32(number, byni_load32(number) + (up ? 1 : UINT32_MAX));
}

static byn_status make_entry(byn_dict *dict, const byni_dict_key *key, const byni_dict_value *value,
                             byni_place *place)
{
    uint64_t size = byni_dict_body_size(key->size, value->size);
    byn_status status = byni_heap_allocate(&dict->heap, size, place);
    byni_dict_body *body;

    if (BYNI_UNLIKELY(status < 0))
        return status;
    body = (byni_dict_body *)byni_heap_at(&dict->heap, *place, size);
    byni_store32(byni_heap_number(body), 0);
    byni_poke64(&body->sizes, (uint64_t)key->size << 32 | value->size);
    byni_bytes_write(body->words, key->bytes, key->size);
    byni_bytes_write(body->words + byni_whole_words(key->size) / 8, value->bytes, value->size);
    return BYN_OK;
}

/* Slots that are DEAD are of no use before an empty one. */
static void take_out(byni_dict_page *page, uint32_t at)
{
    bool last = byni_load64(&page->slot[(at + 1) % BYNI_DICT_SLOTS]) == 0;
    uint32_t i;

    byni_store64(&page->slot[at], last ? 0 : BYNI_DICT_DEAD);
    byni_crash_point("dict.removed");
    count_slots(&page->used, false);
    if (!last)
        count_slots(&page->dead, true);
    for (i = 1; last && i < BYNI_DICT_SLOTS; i++) {
        byni_a64 *slot = &page->slot[(at + BYNI_DICT_SLOTS - i) % BYNI_DICT_SLOTS];

        if (byni_load64(slot) != BYNI_DICT_DEAD)
            break;
        byni_store64(slot, 0);
        count_slots(&page->dead, false);
    }
}

static byn_status take_away(byn_dict *dict, uint32_t tag, const byni_dict_found *found)
{
    byn_status status;

    if (found->place == 0)
        return BYN_OK;
    take_out(found->page, found->at);
    count(&dict->state->count, false);
    status = byni_heap_free(&dict->heap, found->place);
    if (status >= 0)
        byni_dict_save_room(dict, tag);
    return status;
}

/* Into a slot that has no entry. */
static void put_in(byn_dict *dict, const byni_dict_found *found, uint64_t slot)
{
    bool was_dead = byni_load64(&found->page->slot[found->at]) == BYNI_DICT_DEAD;

    byni_store64(&found->page->slot[found->at], slot);
    byni_crash_point("dict.put");
    if (was_dead)
        count_slots(&found->page->dead, false);
    count_slots(&found->page->used, true);
    count(&dict->state->count, true);
}

/* A slot for what is not there yet. */
static byn_status find_slot(byn_dict *dict, const byni_dict_key *key, byni_dict_found *found)
{
    byn_status status = byni_dict_find(dict, key, found);

    if (status >= 0 && found->at == BYNI_DICT_SLOTS)
        status = byni_heap_broken(&dict->heap);
    return status;
}

/* When the number of an entry has nearly been everything, another entry begins anew. It goes on by two for each value,
 * and for each heir that dies while he writes it. */
#define NUMBER_MOST (UINT32_MAX - 4096)

/* Write a value of the same size over the old one; see dict_state.h. false: it is not to be done in this way. */
BYNI_IN_LINE bool write_over(byn_dict *dict, const byni_dict_value *value,
                             const byni_dict_found *found)
{
    byni_dict_redo *redo = &dict->state->redo;
    byni_a32 *number = byni_heap_number(found->body);
    uint32_t before = byni_load32(number) | 1;

    if (value->size != found->value_size || value->size > BYNI_DICT_OVER || before > NUMBER_MOST)
        return false;
    byni_fence_stores(); /* a reader that sees this in redo sees the last entry ready */
    byni_bytes_write(redo->words, value->bytes, value->size);
    byni_store32(&redo->size, found->value_size);
    byni_crash_point("dict.over");
    byni_store32(&redo->place, found->place);
    byni_store64(&redo->rewritten, byni_load64(&redo->rewritten) + 1);
    byni_store32(number, before);
    byni_crash_point("dict.odd");
    byni_fence_stores();
    byni_bytes_write(found->value, value->bytes, value->size);
    byni_store32(number, before + 1);
    byni_crash_point("dict.even");
    byni_store32(&redo->place, 0);
    return true;
}

byn_status byni_dict_store(byn_dict *dict, const byni_dict_key *key, const byni_dict_value *desired,
                           const byni_dict_found *found)
{
    uint32_t moves = dict->heap.moves, tag = byni_dict_tag(key->hash);
    byni_dict_found at = *found;
    byni_place place = 0;
    byn_status status = BYN_OK;

    if (desired == NULL)
        return take_away(dict, tag, &at);
    if (at.place != 0 && write_over(dict, desired, &at))
        return BYN_OK;
    if (at.place == 0)
        status = byni_dict_make_room(dict, tag);
    if (status >= 0)
        status = make_entry(dict, key, desired, &place);
    if (BYNI_UNLIKELY(status < 0))
        return status;
    if (at.place == 0 || dict->heap.moves != moves)
        status = find_slot(dict, key, &at);
    if (BYNI_UNLIKELY(status < 0))
        return status;
    if (at.place == 0) {
        put_in(dict, &at, (uint64_t)tag << 32 | place);
        return BYN_CREATED;
    }
    byni_store64(&at.page->slot[at.at], (uint64_t)tag << 32 | place);
    byni_crash_point("dict.replaced");
    return byni_heap_free(&dict->heap, at.place);
}

/* What is behind its last byte in the last word is 0 unless somebody wrote there, and no part of it. */
static bool is_value(const byni_a64 *value, const char *bytes, size_t size)
{
    const size_t rest = size % 8;
    char last[8];

    if (!byni_bytes_equal(value, bytes, size - rest))
        return false;
    if (rest == 0)
        return true;
    byni_bytes_read_word(last, value + size / 8, rest);
    return memcmp(last, bytes + size - rest, rest) == 0;
}

static bool is_expected(const byni_dict_found *found, const byni_dict_value *expected)
{
    if (expected == NULL || found->place == 0)
        return expected == NULL && found->place == 0;
    return found->value_size == expected->size &&
           is_value(found->value, (const char *)expected->bytes, expected->size);
}

/* ---- Without it ----------------------------------------------------------------------------------- */

byn_status byni_dict_exchange(byn_dict *dict, const byni_dict_key *key,
                              const byni_dict_value *expected, const byni_dict_value *desired)
{
    byni_dict_found found;
    byn_status status = byni_dict_lock_guard(dict);

    if (status < 0)
        return status;
    status = byni_dict_find(dict, key, &found);
    if (status >= 0 && !is_expected(&found, expected))
        status = BYN_E_MISMATCH;
    if (status >= 0)
        status = byni_dict_store(dict, key, desired, &found);
    byni_dict_unlock_guard(dict);
    return status;
}

/* ---- One entry ------------------------------------------------------------------------------------ */

static byn_status check_value(const byni_dict_value *value)
{
    if (value->bytes == NULL && value->size > 0)
        return byni_fail_null("value");
    if (value->size > BYN_DICT_SIZE_MAX)
        return byni_fail(BYN_E_TOOBIG, "a value has at most %u bytes", BYN_DICT_SIZE_MAX);
    return BYN_OK;
}

/* What is not written over. */
static byn_status put_elsewhere(byn_dict *dict, byni_dict_key key, byni_dict_value value)
{
    byni_dict_found found;
    byn_status status = byni_dict_find(dict, &key, &found);

    return status < 0 ? status : byni_dict_store(dict, &key, &value, &found);
}

BYNI_IN_LINE byn_status put(byn_dict *dict, const byni_dict_key *key, const byni_dict_value *value)
{
    const uint32_t tag = byni_dict_tag(key->hash);
    const byni_a64 *slots = byni_dict_slots_quickly(dict, tag);
    byni_dict_found found;
    byn_status status;

    if (slots !=
        NULL) /* on its way while the guard is taken; what it says is not believed before */
        byni_prefetch(&slots[tag % BYNI_DICT_SLOTS]);
    status = byni_dict_lock_guard(dict);
    if (BYNI_UNLIKELY(status < 0))
        return status;
    if (byni_dict_look_quickly(dict, key, true, &found) < 0 || !write_over(dict, value, &found))
        status = put_elsewhere(dict, *key, *value);
    byni_dict_unlock_guard(dict);
    return status;
}

byn_status byn_dict_put(byn_dict *dict, const void *key, size_t key_size, const void *value,
                        size_t value_size)
{
    const byni_dict_value stored = {value, value_size};
    byni_dict_key wanted;
    byn_status status;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_put");
    if (byni_dict_key_of(dict, &wanted, key, key_size, &status)) {
        status = check_value(&stored);
        if (status >= 0)
            status = put(dict, &wanted, &stored);
    }
    return status < 0 ? byni_dict_failed(dict, status, "byn_dict_put") : status;
}

static byn_status take(byn_dict *dict, const byni_dict_key *key)
{
    byni_dict_found found;
    byn_status status = byni_dict_lock_guard(dict);

    if (status < 0)
        return status;
    status = byni_dict_find(dict, key, &found);
    if (status >= 0)
        status =
            found.place != 0 ? take_away(dict, byni_dict_tag(key->hash), &found) : BYN_E_NOTFOUND;
    byni_dict_unlock_guard(dict);
    return status;
}

byn_status byn_dict_remove(byn_dict *dict, const void *key, size_t key_size)
{
    byni_dict_key wanted;
    byn_status status;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_remove");
    if (byni_dict_key_of(dict, &wanted, key, key_size, &status))
        status = take(dict, &wanted);
    return status < 0 ? byni_dict_failed(dict, status, "byn_dict_remove") : status;
}

/* ---- One entry, as it is -------------------------------------------------------------------------- */

typedef struct choice {
    byni_dict_value value;
    void *buffer;
    size_t room;
    size_t *size; /* NULL: the value is not wanted */
} choice;

static byn_status get_or_put(byn_dict *dict, const byni_dict_key *key, const choice *asked)
{
    byni_dict_found found;
    byn_status status = byni_dict_find(dict, key, &found);
    size_t size = found.place != 0 ? found.value_size : asked->value.size;

    if (status < 0)
        return status;
    if (asked->size != NULL) {
        *asked->size = size;
        if (size > asked->room)
            return byni_fail(BYN_E_TOOBIG, "the value has %llu bytes", (unsigned long long)size);
    }
    if (found.place == 0)
        status = byni_dict_store(dict, key, &asked->value, &found);
    if (status < 0 || asked->size == NULL)
        return status;
    if (status == BYN_CREATED && size > 0)
        memcpy(asked->buffer, asked->value.bytes, size);
    else if (status != BYN_CREATED)
        byni_bytes_read(asked->buffer, found.value, size);
    return status;
}

byn_status byn_dict_get_or_put(byn_dict *dict, const void *key, size_t key_size, const void *value,
                               size_t value_size, void *buffer, size_t *size)
{
    const choice asked = {{value, value_size}, buffer, size != NULL ? *size : 0, size};
    byni_dict_key wanted;
    byn_status status;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_get_or_put");
    if (buffer == NULL && asked.room > 0)
        return byni_null("byn_dict_get_or_put", "buffer");
    if (!byni_dict_key_of(dict, &wanted, key, key_size, &status))
        return byni_dict_failed(dict, status, "byn_dict_get_or_put");
    status = check_value(&asked.value);
    if (status >= 0)
        status = byni_dict_lock_guard(dict);
    if (status >= 0) {
        status = get_or_put(dict, &wanted, &asked);
        byni_dict_unlock_guard(dict);
    }
    return status < 0 ? byni_dict_failed(dict, status, "byn_dict_get_or_put") : status;
}

byn_status byn_dict_compare_exchange(byn_dict *dict, const void *key, size_t key_size,
                                     const void *expected, size_t expected_size,
                                     const void *desired, size_t desired_size)
{
    const byni_dict_value from = {expected, expected != NULL ? expected_size : 0},
                          to = {desired, desired != NULL ? desired_size : 0};
    byni_dict_key wanted;
    byn_status status;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_compare_exchange");
    if (byni_dict_key_of(dict, &wanted, key, key_size, &status)) {
        status = check_value(&to);
        if (status >= 0)
            status = byni_dict_exchange(dict, &wanted, expected != NULL ? &from : NULL,
                                        desired != NULL ? &to : NULL);
    }
    if (status < 0)
        return byni_dict_failed(dict, status, "byn_dict_compare_exchange");
    return BYN_OK;
}

/* ---- Update --------------------------------------------------------------------------------------- */

enum { SMALL = 256 };

/* A copy of a value, in a place that grows. */
typedef struct copy {
    union {
        max_align_t aligned;
        unsigned char bytes[SMALL];
    } small;
    void *bytes;
    size_t room;
    byni_dict_value value;
    bool is_there;
} copy;

static void free_copy(copy *c)
{
    if (c->bytes != c->small.bytes)
        free(c->bytes);
}

static byn_status get_copy(byn_dict *dict, const byni_dict_key *key, copy *c, bool guarded)
{
    byn_status status;

    for (;;) {
        size_t size = c->room;

        status = guarded ? byni_dict_read_guarded(dict, key, c->bytes, &size)
                         : byni_dict_read(dict, key, c->bytes, &size);
        if (status != BYN_E_TOOBIG) {
            c->is_there = status == BYN_OK;
            c->value.bytes = c->bytes;
            c->value.size = size;
            return status == BYN_E_NOTFOUND ? BYN_OK : status;
        }
        free_copy(c);
        c->room = size + size / 8;
        c->bytes = malloc(c->room);
        if (c->bytes == NULL) {
            c->bytes = c->small.bytes;
            return byni_fail(BYN_E_NOMEM, "this process has no room for a copy of the value");
        }
    }
}

/* BYN_E_MISMATCH: others were faster. */
static byn_status update_once(byn_dict *dict, const byni_dict_key *key, byn_dict_function function,
                              void *context, copy *c)
{
    const byni_dict_value *old = c->is_there ? &c->value : NULL;
    byni_dict_value new = {NULL, old != NULL ? old->size : 0};
    byn_status status;

    new.bytes = function(old != NULL ? old->bytes : NULL, &new.size, context);
    if (old == NULL ? new.bytes == NULL : new.bytes == old->bytes &&new.size == old->size)
        return BYN_OK;
    status = new.bytes != NULL ? check_value(&new) : BYN_OK;
    if (status < 0)
        return status;
    return byni_dict_exchange(dict, key, old, new.bytes != NULL ? &new : NULL);
}

/* Who is always too late looks with the guard: in a dictionary that somebody has broken readers may see for ever what
 * who changes it does not. */
static byn_status update(byn_dict *dict, const byni_dict_key *key, byn_dict_function function,
                         void *context)
{
    enum { QUICK_TRIES = 8 };
    byn_status status = BYN_E_MISMATCH;
    unsigned tries = 0;
    copy c;

    c.bytes = c.small.bytes;
    c.room = sizeof c.small.bytes;
    while (status == BYN_E_MISMATCH) {
        status = get_copy(dict, key, &c, tries++ >= QUICK_TRIES);
        if (status >= 0)
            status = update_once(dict, key, function, context, &c);
    }
    free_copy(&c);
    return status < 0 ? status : BYN_OK;
}

byn_status byn_dict_update(byn_dict *dict, const void *key, size_t key_size,
                           byn_dict_function function, void *context)
{
    byni_dict_key wanted;
    byn_status status;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_update");
    if (function == NULL)
        return byni_null("byn_dict_update", "function");
    if (byni_dict_key_of(dict, &wanted, key, key_size, &status))
        status = update(dict, &wanted, function, context);
    return status < 0 ? byni_dict_failed(dict, status, "byn_dict_update") : status;
}
