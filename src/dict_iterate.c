/*
 * All entries of one moment: a copy. See byn_dict_iterator_open().
 */
#include "dict_state.h"

#include <stdlib.h>

enum {
    AT_ONCE = 1024 * 1024, /* bytes that are copied with the guard right away */
    TRIES = 2,             /* to copy more without it */
    LOOKS = 1024           /* entries after which it is asked whether it is of use to go on */
};

/* A copied entry is as in shared memory: sizes, key, value, each in whole words. */
struct byn_dict_iterator {
    uint64_t *words;
    uint64_t room; /* words */
    uint64_t used;
    uint64_t next;  /* word of the entry to tell next */
    uint64_t count; /* entries */
    /* Where they were. */
    byni_place *places;
    uint64_t places_room;
    uint64_t places_count;
    uint64_t generation; /* in which they were there */
    uint64_t rewritten;  /* how often some entry had been written over */
};

/* ---- Room in this process ------------------------------------------------------------------------- */

typedef struct need {
    uint64_t words, places;
} need;

/* What a copy takes at most, as the dictionary is now. With the guard. */
static need what_is_needed(byn_dict *dict)
{
    byni_heap_statistics heap;
    need found;

    byni_heap_look(&dict->heap, &heap);
    found.words = heap.live / 8;
    found.places = byni_load64(&dict->state->count);
    if (found.places > dict->heap.limit / BYNI_HEAP_UNIT)
        found.places = dict->heap.limit / BYNI_HEAP_UNIT;
    if (found.words > dict->heap.limit / 8)
        found.words = dict->heap.limit / 8;
    return found;
}

static bool suffices(const byn_dict_iterator *copy, need needed)
{
    return copy->words != NULL && copy->room >= needed.words && copy->places_room >= needed.places;
}

/* Somewhat more: others may go on putting. */
static byn_status make_room(byn_dict_iterator *copy, need needed)
{
    free(copy->words);
    free(copy->places);
    copy->room = needed.words + needed.words / 8 + 64;
    copy->places_room = needed.places + needed.places / 8 + 64;
    copy->words = NULL;
    copy->places = NULL;
    if (copy->room <= SIZE_MAX / 8) {
        copy->words = malloc((size_t)copy->room * 8);
        copy->places = malloc((size_t)copy->places_room * sizeof *copy->places);
    }
    if (copy->words == NULL || copy->places == NULL)
        return byni_fail(BYN_E_NOMEM, "this process has no room for a copy of all entries");
    return BYN_OK;
}

/* ---- Copy ----------------------------------------------------------------------------------------- */

/* With the guard. */
static byn_status list_page(byn_dict_iterator *copy, const byni_dict_page *page)
{
    uint32_t i;

    for (i = 0; i < BYNI_DICT_SLOTS; i++) {
        uint64_t slot = byni_load64(&page->slot[i]);

        if (!byni_dict_is_entry(slot))
            continue;
        if (copy->places_count == copy->places_room)
            return BYN_E_CORRUPT;
        copy->places[copy->places_count++] = byni_dict_place(slot);
    }
    return BYN_OK;
}

/* Each page once: it stands side by side with itself. With the guard. */
static byn_status list_entries(byn_dict *dict, byn_dict_iterator *copy)
{
    byni_dict_directory directory = byni_dict_directory_of(&dict->heap);
    byn_status status = directory.pages != NULL ? BYN_OK : BYN_E_CORRUPT;
    byni_place before = 0;
    uint32_t i;

    copy->places_count = 0;
    copy->generation = byni_heap_generation(&dict->heap);
    copy->rewritten = byni_load64(&dict->state->redo.rewritten);
    for (i = 0; status >= 0 && i < UINT32_C(1) << directory.depth; i++) {
        byni_place place = byni_load32(&directory.pages[i]);
        const byni_dict_page *page = byni_dict_page_at(&dict->heap, place);

        if (page == NULL)
            status = BYN_E_CORRUPT;
        else if (place != before)
            status = list_page(copy, page);
        before = place;
    }
    return status;
}

static byn_status copy_entry(byn_dict *dict, byn_dict_iterator *copy, byni_place place)
{
    const byni_dict_body *body = (const byni_dict_body *)byni_heap_at(&dict->heap, place, 8);
    uint64_t sizes, size;

    if (body == NULL)
        return BYN_E_CORRUPT;
    sizes = byni_peek64(&body->sizes);
    size = byni_dict_body_size(sizes >> 32, (uint32_t)sizes);
    if (size / 8 > copy->room - copy->used || byni_heap_at(&dict->heap, place, size) == NULL)
        return BYN_E_CORRUPT;
    copy->words[copy->used] = sizes;
    byni_bytes_read(&copy->words[copy->used + 1], body->words, (size_t)size - 8);
    copy->used += size / 8;
    return BYN_OK;
}

/* Whether the entries that were listed are as they were then. */
static bool is_unchanged(const byn_dict *dict, const byn_dict_iterator *copy)
{
    return byni_heap_unchanged(&dict->heap, copy->generation) &&
           byni_load64(&dict->state->redo.rewritten) == copy->rewritten;
}

/* BYN_E_CORRUPT: what was listed is not there any more; or, with the guard, was never. */
static byn_status copy_entries(byn_dict *dict, byn_dict_iterator *copy)
{
    byn_status status = BYN_OK;
    uint64_t i;

    copy->used = 0;
    for (i = 0; i < copy->places_count && status >= 0; i++) {
        status = copy_entry(dict, copy, copy->places[i]);
        if (i % LOOKS == 0 && !is_unchanged(dict, copy))
            return BYN_E_CORRUPT;
    }
    copy->count = copy->places_count;
    return is_unchanged(dict, copy) ? status : BYN_E_CORRUPT;
}

/* What was listed is to be copied still, if *later. BYN_E_TOOBIG: see *needed. */
static byn_status list_with_guard(byn_dict *dict, byn_dict_iterator *copy, bool all, need *needed,
                                  bool *later)
{
    byn_status status = byni_dict_lock_guard(dict);

    if (status < 0)
        return status;
    *needed = what_is_needed(dict);
    if (suffices(copy, *needed)) {
        *later = !all && needed->words * 8 > AT_ONCE;
        status = list_entries(dict, copy);
        if (status >= 0 && !*later)
            status = copy_entries(dict, copy);
        if (status < 0)
            status = byni_heap_broken(&dict->heap);
    } else {
        status = BYN_E_TOOBIG;
    }
    byni_dict_unlock_guard(dict);
    return status;
}

static byn_status take_picture(byn_dict *dict, byn_dict_iterator *copy)
{
    bool later = false;
    need needed = {0, 0};
    int tries = 0;

    for (;;) {
        byn_status status = list_with_guard(dict, copy, tries >= TRIES, &needed, &later);

        if (status == BYN_E_TOOBIG) {
            status = make_room(copy, needed);
            if (status < 0)
                return status;
            continue;
        }
        if (status < 0 || !later || copy_entries(dict, copy) >= 0)
            return status;
        tries++;
    }
}

byn_status byn_dict_iterator_open(byn_dict_iterator **iterator, byn_dict *dict)
{
    byn_dict_iterator *copy;
    byn_status status;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_iterator_open");
    if (iterator == NULL)
        return byni_null("byn_dict_iterator_open", "iterator");
    copy = calloc(1, sizeof *copy);
    if (copy == NULL) {
        (void)byni_fail(BYN_E_NOMEM, "out of memory");
        return byni_dict_failed(dict, BYN_E_NOMEM, "byn_dict_iterator_open");
    }
    status = take_picture(dict, copy);
    if (status < 0) {
        byn_dict_iterator_close(copy);
        return byni_dict_failed(dict, status, "byn_dict_iterator_open");
    }
    free(copy->places);
    copy->places = NULL;
    *iterator = copy;
    return BYN_OK;
}

/* ---- Tell ----------------------------------------------------------------------------------------- */

uint64_t byn_dict_iterator_count(const byn_dict_iterator *iterator)
{
    return iterator != NULL ? iterator->count : 0;
}

byn_status byn_dict_iterator_next(byn_dict_iterator *iterator, byn_dict_entry *entry)
{
    const uint64_t *words;

    if (iterator == NULL || entry == NULL)
        return byni_null("byn_dict_iterator_next", iterator == NULL ? "iterator" : "entry");
    if (iterator->next == iterator->used)
        return byni_failed_because(BYN_E_NOTFOUND, "byn_dict_iterator_next", "",
                                   "there is no more");
    words = &iterator->words[iterator->next];
    entry->key_size = (size_t)(words[0] >> 32);
    entry->value_size = (uint32_t)words[0];
    entry->key = words + 1;
    entry->value = words + 1 + byni_whole_words(entry->key_size) / 8;
    iterator->next += byni_dict_body_size(entry->key_size, entry->value_size) / 8;
    return BYN_OK;
}

void byn_dict_iterator_close(byn_dict_iterator *iterator)
{
    if (iterator == NULL)
        return;
    free(iterator->words);
    free(iterator->places);
    free(iterator);
}
