#include "list_state.h"

#include <string.h>

#include "error.h"

enum { TRIES = 4 }; /* to read without the guard */

/* ---- Open and close ------------------------------------------------------------------------------- */

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    list_state *state = at;
    byni_header *header = (byni_header *)((char *)at - BYNI_STATE_OFFSET);
    byni_heap heap;

    (void)parameters;
    (void)options;
    bynk_guard_initialise(&state->guard);
    byni_lock_initialise(&state->lock);
    byni_heap_initialise(&heap, header, &state->heap);
}

static byn_status attach(byni_object *object)
{
    byn_list *list = (byn_list *)object;

    list->state = byni_object_state(object);
    byni_lock_attach(&list->lock, object->segment, &list->state->lock);
    byni_heap_attach(&list->heap, object, &list->state->heap);
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    byni_lock_detach(&((byn_list *)object)->lock);
    return true;
}

static const byni_kind kind = {
    BYNI_LIST,  "byn_list_open", sizeof(byn_list), {"limit"}, byni_heap_is_sound,
    initialise, attach,          detach,           NULL,
};

byn_status byn_list_open(byn_list **list, const char *name, const byn_list_options *options)
{
    byn_list_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, list, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    opening.parameters[0] = chosen.limit;
    opening.created[0] = chosen.limit > 0 ? chosen.limit : BYN_LIST_LIMIT;
    opening.size = BYNI_HEAP_SIZE;
    opening.limit = byni_heap_limit(opening.created[0]);
    if (opening.limit == 0) {
        (void)byni_fail(BYN_E_INVALID, "a limit of %llu bytes is too large",
                        (unsigned long long)chosen.limit);
        return byni_failed(BYN_E_INVALID, kind.open, name);
    }
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *list = (byn_list *)object;
    return status;
}

void byn_list_close(byn_list *list)
{
    byni_object_close(list != NULL ? &list->object : NULL);
}

const char *byn_list_name(const byn_list *list)
{
    return list != NULL ? list->object.name.full : NULL;
}

/* ---- Guard ---------------------------------------------------------------------------------------- */

byn_status byni_list_lock_guard(byn_list *list)
{
    bynk_segment *segment = list->object.segment;
    byn_status status = bynk_guard_lock(segment, &list->state->guard, BYNK_SOON);

    if (BYNI_UNLIKELY(status == BYN_ABANDONED)) {
        status = byni_list_repair(&list->heap);
        if (status < 0)
            bynk_guard_unlock(segment, &list->state->guard);
    }
    return status;
}

void byni_list_unlock_guard(byn_list *list)
{
    bynk_guard_unlock(list->object.segment, &list->state->guard);
}

byn_status byni_list_read(byn_list *list, byn_status (*function)(byn_list *list, void *context),
                          void *context)
{
    const byni_a64 *sequence = byni_list_root(&list->heap, BYNI_LIST_SEQUENCE);
    byn_status status;
    int i;

    for (i = 0; i < TRIES; i++) {
        uint64_t before = byni_load64(sequence);

        if (before % 2 != 0) {
            byni_pause();
            continue;
        }
        status = function(list, context);
        byni_fence_loads();
        if (byni_load64(sequence) == before && status != BYN_E_CORRUPT)
            return status;
    }
    status = byni_list_lock_guard(list);
    if (status < 0)
        return status;
    status = function(list, context);
    byni_list_unlock_guard(list);
    return status == BYN_E_CORRUPT ? byni_list_makes_no_sense() : status;
}

/* ---- What calls have in common -------------------------------------------------------------------- */

BYNI_COLD byn_status byni_list_failed(const byn_list *list, byn_status status,
                                      const char *operation)
{
    const char *name = list->object.name.full;

    if (status == BYN_E_NOTFOUND)
        return byni_failed_because(status, operation, name, "no element has this index");
    if (status == BYN_E_TOOBIG)
        return byni_failed_because(status, operation, name,
                                   "the element is larger than the buffer; its size was told");
    return byni_failed(status, operation, name);
}

byn_status byni_list_index(byn_list *list, int64_t index, uint64_t *which)
{
    uint64_t count = byni_load64(byni_list_root(&list->heap, BYNI_LIST_COUNT));

    *which = index < 0 ? count + (uint64_t)index : (uint64_t)index;
    return *which < count ? BYN_OK : BYN_E_NOTFOUND;
}

static byn_status check_data(const char *operation, const void *data, size_t size)
{
    if (data == NULL && size > 0)
        return byni_null(operation, "data");
    if (size > BYN_LIST_ELEMENT_MAX) {
        (void)byni_fail(BYN_E_TOOBIG, "an element of %llu bytes: it may have %u",
                        (unsigned long long)size, BYN_LIST_ELEMENT_MAX);
        return byni_failed(BYN_E_TOOBIG, operation, NULL);
    }
    return BYN_OK;
}

static byn_status check_buffer(const char *operation, const void *buffer, const size_t *size)
{
    if (size == NULL || (buffer == NULL && *size > 0))
        return byni_null_buffer(operation, size);
    return BYN_OK;
}

/* ---- Put elements in ------------------------------------------------------------------------------ */

typedef byn_status (*placing)(byn_list *list, int64_t index, const void *data, size_t size);

/* All that puts one in. With the guard. */
static byn_status put(byn_list *list, const char *operation, placing place, int64_t index,
                      const void *data, size_t size)
{
    byn_status status;

    if (BYNI_UNLIKELY(!byni_list_usable(list)))
        return byni_object_unusable((const byni_object *)list, operation);
    status = check_data(operation, data, size);
    if (status < 0)
        return status;
    status = byni_list_lock_guard(list);
    if (status >= 0) {
        status = place(list, index, data, size);
        byni_list_unlock_guard(list);
    }
    return BYNI_UNLIKELY(status < 0) ? byni_list_failed(list, status, operation) : status;
}

static byn_status place_last(byn_list *list, int64_t index, const void *data, size_t size)
{
    (void)index;
    return byni_list_insert(&list->heap, byni_load64(byni_list_root(&list->heap, BYNI_LIST_COUNT)),
                            data, size);
}

static byn_status place_between(byn_list *list, int64_t index, const void *data, size_t size)
{
    uint64_t which;

    if (byni_list_index(list, index, &which) < 0 &&
        which != byni_load64(byni_list_root(&list->heap, BYNI_LIST_COUNT)))
        return BYN_E_NOTFOUND;
    return byni_list_insert(&list->heap, which, data, size);
}

static byn_status place_instead(byn_list *list, int64_t index, const void *data, size_t size)
{
    uint64_t which;

    if (byni_list_index(list, index, &which) < 0)
        return BYN_E_NOTFOUND;
    return byni_list_replace(&list->heap, which, data, size);
}

byn_status byn_list_append(byn_list *list, const void *data, size_t size)
{
    return put(list, "byn_list_append", place_last, 0, data, size);
}

static byn_status check_many(const byn_list *list, const char *operation, const void *data,
                             const size_t *sizes, size_t count)
{
    byn_status status = BYN_OK;
    size_t i;

    if (!byni_list_usable(list))
        return byni_object_unusable((const byni_object *)list, operation);
    if (sizes == NULL && count > 0)
        return byni_null(operation, "sizes");
    for (i = 0; i < count && status >= 0; i++)
        status = check_data(operation, data, sizes[i]);
    return status;
}

byn_status byn_list_append_many(byn_list *list, const void *data, const size_t *sizes, size_t count)
{
    byn_status status = check_many(list, "byn_list_append_many", data, sizes, count);

    if (status < 0 || count == 0)
        return status;
    status = byni_list_lock_guard(list);
    if (status >= 0) {
        status = byni_list_extend(&list->heap, data, sizes, count);
        byni_list_unlock_guard(list);
    }
    return status < 0 ? byni_list_failed(list, status, "byn_list_append_many") : status;
}

byn_status byn_list_insert(byn_list *list, int64_t index, const void *data, size_t size)
{
    return put(list, "byn_list_insert", place_between, index, data, size);
}

byn_status byn_list_set(byn_list *list, int64_t index, const void *data, size_t size)
{
    return put(list, "byn_list_set", place_instead, index, data, size);
}

/* ---- Take them out -------------------------------------------------------------------------------- */

typedef struct wanted {
    int64_t index;
    void *buffer;
    size_t room;
    size_t size; /* out: of the element */
} wanted;

static byn_status copy_out(byn_list *list, void *context)
{
    wanted *w = context;
    const byni_list_element *element;
    byni_list_way way;
    uint64_t which;
    size_t size;

    if (byni_list_index(list, w->index, &which) < 0)
        return BYN_E_NOTFOUND;
    if (!byni_list_find(&list->heap, which, &way))
        return BYN_E_CORRUPT;
    element = byni_list_element_at(&list->heap, &way, &size);
    if (element == NULL)
        return BYN_E_CORRUPT;
    w->size = size;
    if (size > w->room)
        return BYN_E_TOOBIG;
    byni_bytes_read(w->buffer, byni_list_bytes(element), size);
    return BYN_OK;
}

/* What a call answers that copies an element out. */
static byn_status copied(const byn_list *list, const char *operation, byn_status status,
                         const wanted *w, size_t *size)
{
    if (BYNI_UNLIKELY(status < 0 && status != BYN_E_TOOBIG))
        return byni_list_failed(list, status, operation);
    *size = w->size;
    return BYNI_UNLIKELY(status < 0) ? byni_list_failed(list, status, operation) : status;
}

byn_status byn_list_get(byn_list *list, int64_t index, void *buffer, size_t *size)
{
    wanted w = {index, buffer, 0, 0};
    byn_status status;

    if (BYNI_UNLIKELY(!byni_list_usable(list)))
        return byni_object_unusable((const byni_object *)list, "byn_list_get");
    status = check_buffer("byn_list_get", buffer, size);
    if (BYNI_UNLIKELY(status < 0))
        return status;
    w.room = *size;
    return copied(list, "byn_list_get", byni_list_read(list, copy_out, &w), &w, size);
}

/* With the guard. */
static byn_status remove_at(byn_list *list, int64_t index)
{
    uint64_t which;

    if (byni_list_index(list, index, &which) < 0)
        return BYN_E_NOTFOUND;
    return byni_list_remove(&list->heap, which);
}

/* With the guard. */
static byn_status take(byn_list *list, wanted *w)
{
    byn_status status = copy_out(list, w);

    if (status == BYN_E_CORRUPT)
        return byni_list_makes_no_sense();
    return status < 0 ? status : remove_at(list, w->index);
}

byn_status byn_list_pop(byn_list *list, int64_t index, void *buffer, size_t *size)
{
    wanted w = {index, buffer, 0, 0};
    byn_status status;

    if (BYNI_UNLIKELY(!byni_list_usable(list)))
        return byni_object_unusable((const byni_object *)list, "byn_list_pop");
    status = check_buffer("byn_list_pop", buffer, size);
    if (BYNI_UNLIKELY(status < 0))
        return status;
    w.room = *size;
    status = byni_list_lock_guard(list);
    if (status >= 0) {
        status = take(list, &w);
        byni_list_unlock_guard(list);
    }
    return copied(list, "byn_list_pop", status, &w, size);
}

byn_status byn_list_remove(byn_list *list, int64_t index)
{
    byn_status status;

    if (BYNI_UNLIKELY(!byni_list_usable(list)))
        return byni_object_unusable((const byni_object *)list, "byn_list_remove");
    status = byni_list_lock_guard(list);
    if (status >= 0) {
        status = remove_at(list, index);
        byni_list_unlock_guard(list);
    }
    return BYNI_UNLIKELY(status < 0) ? byni_list_failed(list, status, "byn_list_remove") : status;
}

byn_status byn_list_clear(byn_list *list)
{
    byn_status status;

    if (BYNI_UNLIKELY(!byni_list_usable(list)))
        return byni_object_unusable((const byni_object *)list, "byn_list_clear");
    status = byni_list_lock_guard(list);
    if (status >= 0) {
        status = byni_list_remove_all(&list->heap);
        byni_list_unlock_guard(list);
    }
    return BYNI_UNLIKELY(status < 0) ? byni_list_failed(list, status, "byn_list_clear") : status;
}

/* ---- Count ---------------------------------------------------------------------------------------- */

static byn_status count_them(byn_list *list, void *context)
{
    *(uint64_t *)context = byni_load64(byni_list_root(&list->heap, BYNI_LIST_COUNT));
    return BYN_OK;
}

byn_status byn_list_count(byn_list *list, uint64_t *count)
{
    byn_status status;

    if (BYNI_UNLIKELY(!byni_list_usable(list)))
        return byni_object_unusable((const byni_object *)list, "byn_list_count");
    if (BYNI_UNLIKELY(count == NULL))
        return byni_null("byn_list_count", "count");
    status = byni_list_read(list, count_them, count);
    return BYNI_UNLIKELY(status < 0) ? byni_list_failed(list, status, "byn_list_count") : status;
}

byn_status byn_list_describe(byn_list *list, byn_list_info *info)
{
    byni_heap_statistics statistics;
    byn_list_info found;
    byn_status status;

    if (!byni_list_usable(list))
        return byni_object_unusable((const byni_object *)list, "byn_list_describe");
    if (!byni_struct_fits(info, sizeof found))
        return byni_wrong_struct("byn_list_describe", "info");
    status = byni_list_lock_guard(list);
    if (status < 0)
        return byni_list_failed(list, status, "byn_list_describe");
    memset(&found, 0, sizeof found);
    found.count = byni_load64(byni_list_root(&list->heap, BYNI_LIST_COUNT));
    byni_heap_look(&list->heap, &statistics);
    byni_list_unlock_guard(list);
    found.struct_size = info->struct_size;
    found.limit = list->object.limit;
    found.size = statistics.size;
    found.used = statistics.live;
    memcpy(info, &found, found.struct_size);
    return BYN_OK;
}

/* ---- Several calls -------------------------------------------------------------------------------- */

byn_status byn_list_lock(byn_list *list, byn_timeout timeout)
{
    byn_status status;

    if (!byni_list_usable(list))
        return byni_object_unusable((const byni_object *)list, "byn_list_lock");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout("byn_list_lock");
    status = byni_lock_take(&list->lock, BYNI_CHANGES, timeout);
    return status < 0 ? byni_object_call_failed(&list->object, status, "byn_list_lock") : status;
}

byn_status byn_list_unlock(byn_list *list)
{
    byn_status status;

    if (!byni_list_usable(list))
        return byni_object_unusable((const byni_object *)list, "byn_list_unlock");
    status = byni_lock_give(&list->lock);
    return status < 0 ? byni_object_call_failed(&list->object, status, "byn_list_unlock") : status;
}
