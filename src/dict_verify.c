/*
 * Whether a dictionary is as it should be: for tests.
 */
#include "dict_state.h"

typedef struct sums {
    uint64_t entries;
    uint64_t bytes; /* of all blocks that the dictionary can reach */
} sums;

static void add_block(byn_dict *dict, byni_place place, sums *sum)
{
    sum->bytes += byni_heap_room(&dict->heap, place) + BYNI_HEAP_HEADER;
}

/* It is found by its own key, at its place. */
static const char *check_entry(byn_dict *dict, byni_place place, uint32_t tag)
{
    const byni_dict_body *body = (const byni_dict_body *)byni_heap_at(&dict->heap, place, 8);
    byni_dict_found found;
    byni_dict_key key;
    byn_status status;
    uint64_t sizes;

    if (body == NULL)
        return "an entry is not there";
    sizes = byni_peek64(&body->sizes);
    if (byni_dict_body_size(sizes >> 32, (uint32_t)sizes) > byni_heap_room(&dict->heap, place))
        return "an entry is larger than its block";
    if ((byni_heap_number_in(byni_heap_word(body)) & 1) != 0)
        return "an entry is being written over for ever";
    if (!byni_dict_key_of(dict, &key, body->words, (size_t)(sizes >> 32), &status) ||
        byni_dict_tag(key.hash) != tag)
        return "an entry has another key than its slot says";
    if (byni_dict_find(dict, &key, &found) < 0 || found.place != place)
        return "an entry cannot be found by its key";
    return NULL;
}

static const char *check_page(byn_dict *dict, const byni_dict_page *page, sums *sum)
{
    uint32_t used = 0, dead = 0, i;
    const char *error = NULL;

    for (i = 0; i < BYNI_DICT_SLOTS && error == NULL; i++) {
        uint64_t slot = byni_load64(&page->slot[i]);

        dead += slot == BYNI_DICT_DEAD;
        if (!byni_dict_is_entry(slot))
            continue;
        used++;
        add_block(dict, byni_dict_place(slot), sum);
        error = check_entry(dict, byni_dict_place(slot), (uint32_t)(slot >> 32));
    }
    sum->entries += used;
    if (error == NULL && (used != byni_load32(&page->used) || dead != byni_load32(&page->dead)))
        error = "the slots of a page were not counted right";
    return error;
}

static const char *check_index(byn_dict *dict, sums *sum)
{
    byni_dict_directory directory = byni_dict_directory_of(&dict->heap);
    const char *error = NULL;
    uint32_t i = 0, j;

    if (directory.pages == NULL)
        return "the directory is not there";
    add_block(dict, directory.place, sum);
    while (i < UINT32_C(1) << directory.depth && error == NULL) {
        byni_place place = byni_load32(&directory.pages[i]);
        const byni_dict_page *page = byni_dict_page_at(&dict->heap, place);
        uint32_t depth = page != NULL ? byni_load32(&page->depth) : directory.depth + 1, count;

        if (depth > directory.depth)
            return "a page is not there";
        count = UINT32_C(1) << (directory.depth - depth);
        if (i != byni_load32(&page->prefix) * count)
            return "a page is not at its place";
        for (j = 0; j < count; j++)
            if (byni_load32(&directory.pages[i + j]) != place)
                return "a page is not at all of its places";
        add_block(dict, place, sum);
        error = check_page(dict, page, sum);
        i += count;
    }
    return error;
}

/* With the guard. */
const char *byni_dict_verify(byn_dict *dict)
{
    byni_heap_statistics heap;
    sums sum = {0};
    const char *error = byni_heap_verify(&dict->heap, &heap);

    if (error == NULL && byni_load32(&dict->state->redo.place) != 0)
        error = "a value is still to be written over another";
    if (error == NULL)
        error = check_index(dict, &sum);
    if (error == NULL && sum.entries != byni_load64(&dict->state->count))
        error = "the entries were not counted right";
    if (error == NULL && sum.bytes != heap.live)
        error = "blocks are in use that the dictionary does not know";
    return error;
}
