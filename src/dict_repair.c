/*
 * What the heir of the guard does: finish what was begun, and count again. See dict_state.h.
 */
#include "dict_state.h"

/* ---- The directory -------------------------------------------------------------------------------- */

/* A page, and where it belongs in the directory. */
typedef struct span {
    byni_place place;
    const byni_dict_page *page; /* NULL: it cannot be there */
    uint32_t depth, first, count;
} span;

static span span_at(byn_dict *dict, byni_dict_directory directory, uint32_t index)
{
    span found = {0};

    found.place = byni_load32(&directory.pages[index]);
    found.page = byni_dict_page_at(&dict->heap, found.place);
    if (found.page == NULL)
        return found;
    found.depth = byni_load32(&found.page->depth);
    if (found.depth > directory.depth ||
        byni_load32(&found.page->prefix) != index >> (directory.depth - found.depth)) {
        found.page = NULL;
        return found;
    }
    found.count = UINT32_C(1) << (directory.depth - found.depth);
    found.first = index & ~(found.count - 1);
    return found;
}

/* The pages at the places of one of them: whether it is the only one; else *older becomes that of the
 * shortest prefix. */
static bool is_alone(byn_dict *dict, byni_dict_directory directory, span one, span *older)
{
    bool alone = true;
    uint32_t i;

    *older = one;
    for (i = one.first; i < one.first + one.count; i++) {
        span other;

        if (byni_load32(&directory.pages[i]) == one.place)
            continue;
        alone = false;
        other = span_at(dict, directory, i);
        if (other.page != NULL && other.depth < older->depth)
            *older = other;
    }
    return alone;
}

/* Whoever died while he replaced a page has not replaced it. */
static byn_status restore_directory(byn_dict *dict)
{
    byni_dict_directory directory = byni_dict_directory_of(&dict->heap);
    uint32_t index = 0, i;

    if (directory.pages == NULL)
        return byni_heap_broken(&dict->heap);
    while (index < UINT32_C(1) << directory.depth) {
        span one = span_at(dict, directory, index), older;

        if (one.page == NULL)
            return byni_heap_broken(&dict->heap);
        if (!is_alone(dict, directory, one, &older)) {
            for (i = older.first; i < older.first + older.count; i++)
                byni_store32(&directory.pages[i], older.place);
            one = older;
        }
        index = one.first + one.count;
    }
    return BYN_OK;
}

/* ---- What is written over --------------------------------------------------------------------------- */

/* Whoever died while he wrote a value over another has written it. It may be ended by another heir. */
static byn_status finish_rewriting(byn_dict *dict)
{
    byni_dict_redo *redo = &dict->state->redo;
    byni_place place = byni_load32(&redo->place);
    uint64_t room = place != 0 ? byni_heap_room(&dict->heap, place) : 0, size, sizes;
    byni_dict_body *body = (byni_dict_body *)byni_heap_at(&dict->heap, place, room);

    if (place == 0)
        return BYN_OK;
    if (room == 0 || body == NULL)
        return byni_heap_broken(&dict->heap);
    sizes = byni_peek64(&body->sizes);
    size = byni_load32(&redo->size);
    if (size != (uint32_t)sizes || size > BYNI_DICT_OVER ||
        byni_dict_body_size(sizes >> 32, size) > room)
        return byni_heap_broken(&dict->heap);
    byni_store64(&redo->rewritten, byni_load64(&redo->rewritten) + 1);
    byni_store32(byni_heap_number(body), byni_load32(byni_heap_number(body)) | 1);
    byni_fence_stores();
    byni_bytes_move(body->words + byni_whole_words(sizes >> 32) / 8, redo->words,
                    (size_t)byni_whole_words(size));
    byni_store32(byni_heap_number(body), byni_load32(byni_heap_number(body)) + 1);
    byni_store32(&redo->place, 0);
    return BYN_OK;
}

/* ---- Mark ----------------------------------------------------------------------------------------- */

static byn_status mark_entry(byni_heap *heap, byni_place place)
{
    byn_status status = byni_heap_mark(heap, place);
    const byni_dict_body *body = (const byni_dict_body *)byni_heap_at(heap, place, 8);
    uint64_t sizes;

    if (status < 0 || body == NULL)
        return byni_heap_broken(heap);
    sizes = byni_peek64(&body->sizes);
    if (byni_dict_body_size(sizes >> 32, (uint32_t)sizes) > byni_heap_room(heap, place))
        return byni_heap_broken(heap);
    return BYN_OK;
}

static byn_status mark_page(byn_dict *dict, byni_place place, uint64_t *count)
{
    byni_heap *heap = &dict->heap;
    byn_status status = byni_heap_mark(heap, place);
    byni_dict_page *page = byni_dict_page_at(heap, place);
    uint32_t i, used = 0, dead = 0;

    if (status < 0 || page == NULL || byni_heap_room(heap, place) < sizeof *page)
        return byni_heap_broken(heap);
    for (i = 0; i < BYNI_DICT_SLOTS && status >= 0; i++) {
        uint64_t slot = byni_load64(&page->slot[i]);

        dead += slot == BYNI_DICT_DEAD;
        if (!byni_dict_is_entry(slot))
            continue;
        used++;
        status = mark_entry(heap, byni_dict_place(slot));
    }
    byni_store32(&page->used, used);
    byni_store32(&page->dead, dead);
    *count += used;
    return status;
}

static byn_status mark(byni_heap *heap, void *context)
{
    byn_dict *dict = context;
    byni_dict_directory directory = byni_dict_directory_of(heap);
    byn_status status = byni_heap_mark(heap, directory.place);
    uint64_t count = 0;
    uint32_t index = 0;

    if (status < 0 || byni_heap_room(heap, directory.place) < UINT64_C(4) << directory.depth)
        return byni_heap_broken(heap);
    while (index < UINT32_C(1) << directory.depth && status >= 0) {
        span one = span_at(dict, directory, index);

        if (one.page == NULL)
            return byni_heap_broken(heap);
        status = mark_page(dict, one.place, &count);
        index = one.first + one.count;
    }
    byni_store64(&dict->state->count, count);
    return status;
}

static byn_status mark_nothing(byni_heap *heap, void *context)
{
    (void)heap;
    (void)context;
    return BYN_OK;
}

/* It was cleared. */
static byn_status begin_anew(byn_dict *dict)
{
    byn_status status = byni_heap_repair(&dict->heap, mark_nothing, NULL);
    uint64_t root = 0;

    byni_store64(&dict->state->count, 0);
    byni_store32(&dict->state->redo.place, 0);
    if (status >= 0)
        status = byni_dict_make_index(&dict->heap, &root);
    if (status >= 0)
        byni_store64(&dict->heap.state->root[0], root);
    return status;
}

static byn_status restore(byn_dict *dict)
{
    byn_status status;

    if (byni_load64(&dict->heap.state->root[0]) == 0)
        return begin_anew(dict);
    status = finish_rewriting(dict);
    if (status >= 0)
        status = restore_directory(dict);
    return status < 0 ? status : byni_heap_repair(&dict->heap, mark, dict);
}

/* A repair that dies, or finds what cannot be, is begun anew by the next who takes the guard. */
byn_status byni_dict_repair(byn_dict *dict)
{
    byn_status status;

    byni_store32(&dict->state->needs_repair, 1);
    status = restore(dict);
    if (status >= 0)
        byni_store32(&dict->state->needs_repair, 0);
    return status;
}
