/* Copies of many elements at one moment, to go through at leisure. */
#include "list_state.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { LOOK_EACH = 64 }; /* elements, between looks whether the copy will count */

typedef struct item {
    size_t offset;
    size_t size;
} item;

struct byn_list_iterator {
    item *items;
    char *bytes;
    size_t count, item_room;
    size_t size, byte_room;
    size_t next;
};

/* What is to be copied. */
typedef struct copying {
    byn_list_iterator *to;
    int64_t first;
    uint64_t most;
} copying;

/* Room for so many; false: there is no memory. */
static bool make_room(void **array, size_t *room, size_t needed, size_t each)
{
    size_t more = *room + *room / 2 + 64;
    void *larger;

    if (needed <= *room)
        return true;
    if (more < needed)
        more = needed;
    if (more > SIZE_MAX / each || (larger = realloc(*array, more * each)) == NULL)
        return false;
    *array = larger;
    *room = more;
    return true;
}

/* No more than there can be in the list, whatever it says. */
static byn_status add(byn_list *list, byn_list_iterator *to, const byni_list_way *way)
{
    uint64_t limit = list->heap.limit;
    size_t size = 0;
    const byni_list_element *element = byni_list_element_at(&list->heap, way, &size);

    if (element == NULL || to->size + size > limit || to->count >= limit / BYNI_HEAP_UNIT)
        return BYN_E_CORRUPT;
    if (!make_room((void **)&to->items, &to->item_room, to->count + 1, sizeof *to->items) ||
        !make_room((void **)&to->bytes, &to->byte_room, to->size + (size_t)byni_whole_words(size),
                   1))
        return byni_fail(BYN_E_NOMEM, "no memory for a copy of its elements");
    if (size > 0)
        byni_bytes_read(to->bytes + to->size, byni_list_bytes(element), size);
    to->items[to->count++] = (item){to->size, size};
    to->size += (size_t)byni_whole_words(size);
    return BYN_OK;
}

static bool has_changed(byn_list *list, uint64_t sequence)
{
    byni_fence_loads();
    return byni_load64(byni_list_root(&list->heap, BYNI_LIST_SEQUENCE)) != sequence;
}

static byn_status copy_some(byn_list *list, byn_list_iterator *to, uint64_t first, uint64_t count)
{
    uint64_t sequence = byni_load64(byni_list_root(&list->heap, BYNI_LIST_SEQUENCE));
    byni_list_way way;
    byn_status status;

    if (!byni_list_find(&list->heap, first, &way))
        return BYN_E_CORRUPT;
    for (;;) {
        status = add(list, to, &way);
        if (status < 0 || --count == 0)
            return status;
        if (count % LOOK_EACH == 0 && has_changed(list, sequence))
            return BYN_E_CORRUPT;
        if (!byni_list_next(&list->heap, &way))
            return BYN_E_CORRUPT;
    }
}

static byn_status copy(byn_list *list, void *context)
{
    const copying *c = context;
    uint64_t count = byni_load64(byni_list_root(&list->heap, BYNI_LIST_COUNT)), first, some;

    c->to->count = c->to->size = 0;
    if (byni_list_index(list, c->first, &first) < 0 && first != count)
        return BYN_E_NOTFOUND;
    some = count - first < c->most ? count - first : c->most;
    return some == 0 ? BYN_OK : copy_some(list, c->to, first, some);
}

/* ---- The calls ----------------------------------------------------------------------------------- */

void byn_list_iterator_close(byn_list_iterator *iterator)
{
    if (iterator == NULL)
        return;
    free(iterator->items);
    free(iterator->bytes);
    free(iterator);
}

static byn_status iterate(byn_list_iterator **iterator, byn_list *list, int64_t first,
                          uint64_t count, const char *operation)
{
    copying c = {NULL, first, count};
    byn_status status;

    if (!byni_list_usable(list))
        return byni_object_unusable((const byni_object *)list, operation);
    if (iterator == NULL)
        return byni_null(operation, "iterator");
    c.to = calloc(1, sizeof *c.to);
    status = c.to != NULL ? byni_list_read(list, copy, &c)
                          : byni_fail(BYN_E_NOMEM, "no memory for a copy of its elements");
    if (status < 0) {
        byn_list_iterator_close(c.to);
        return byni_list_failed(list, status, operation);
    }
    *iterator = c.to;
    return BYN_OK;
}

byn_status byn_list_iterator_open(byn_list_iterator **iterator, byn_list *list)
{
    return iterate(iterator, list, 0, UINT64_MAX, "byn_list_iterator_open");
}

byn_status byn_list_slice(byn_list_iterator **iterator, byn_list *list, int64_t first,
                          uint64_t count)
{
    return iterate(iterator, list, first, count, "byn_list_slice");
}

uint64_t byn_list_iterator_count(const byn_list_iterator *iterator)
{
    return iterator != NULL ? iterator->count : 0;
}

byn_status byn_list_iterator_next(byn_list_iterator *iterator, byn_list_element *element)
{
    const item *it;

    if (iterator == NULL || element == NULL)
        return byni_null("byn_list_iterator_next", iterator == NULL ? "iterator" : "element");
    if (iterator->next >= iterator->count) {
        (void)byni_fail(BYN_E_NOTFOUND, "there is no more");
        return byni_failed(BYN_E_NOTFOUND, "byn_list_iterator_next", NULL);
    }
    it = &iterator->items[iterator->next++];
    element->data = it->size > 0 ? iterator->bytes + it->offset : "";
    element->size = it->size;
    return BYN_OK;
}
