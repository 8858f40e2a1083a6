/*
 * Opening, reading, and what concerns a dictionary as a whole. See dict_state.h.
 */
#include "dict_state.h"

enum { LIMIT }; /* the parameter */

/* ---- Keys ----------------------------------------------------------------------------------------- */

BYNI_COLD byn_status byni_dict_no_key(size_t size)
{
    if (size > BYN_DICT_SIZE_MAX)
        return byni_fail(BYN_E_TOOBIG, "a key has at most %u bytes", BYN_DICT_SIZE_MAX);
    return byni_fail_null("key");
}

bool byni_dict_tag_of(byn_dict *dict, byni_place place, uint32_t *tag)
{
    const byni_dict_body *body = (const byni_dict_body *)byni_heap_at(&dict->heap, place, 8);
    uint64_t key_size = body != NULL ? byni_peek64(&body->sizes) >> 32 : 0;

    if (body == NULL || byni_heap_at(&dict->heap, place, 8 + key_size) == NULL)
        return false;
    *tag = byni_dict_tag(byni_dict_hash(dict->seed, body->words, (size_t)key_size));
    return true;
}

/* ---- Open and close ------------------------------------------------------------------------------- */

static bool is_sound(const byni_header *header)
{
    return byni_heap_is_sound(header) &&
           header->limit == byni_heap_limit(header->parameters[LIMIT]);
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    byni_dict_state *state = at;
    byni_heap heap;
    uint64_t root = 0;

    (void)parameters;
    (void)options;
    bynk_guard_initialise(&state->guard);
    byni_lock_initialise(&state->lock);
    if (bynk_random(state->seed, sizeof state->seed) < 0) {
        state->seed[0] = bynk_clock();
        state->seed[1] = bynk_me();
    }
    state->seed[1] |= 1;
    byni_heap_initialise(&heap, (byni_header *)(void *)((char *)at - BYNI_STATE_OFFSET),
                         &state->heap);
    (void)byni_dict_make_index(&heap, &root); /* a new heap has room for it */
    byni_store64(&state->heap.root[0], root);
}

static byn_status attach(byni_object *object)
{
    byn_dict *dict = (byn_dict *)object;

    dict->state = byni_object_state(object);
    memcpy(dict->seed, dict->state->seed, sizeof dict->seed);
    byni_lock_attach(&dict->lock, object->segment, &dict->state->lock);
    byni_heap_attach(&dict->heap, object, &dict->state->heap);
    byni_store64(&dict->known_root, BYNI_DICT_FIRST_ROOT);
    dict->heap.repoint = byni_dict_repoint;
    dict->heap.context = dict;
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    byni_lock_detach(&((byn_dict *)object)->lock);
    return true;
}

static const byni_kind kind = {
    BYNI_DICT,  "byn_dict_open", sizeof(byn_dict), {"limit"}, is_sound,
    initialise, attach,          detach,           NULL,
};

byn_status byn_dict_open(byn_dict **dict, const char *name, const byn_dict_options *options)
{
    byn_dict_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, dict, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    opening.parameters[LIMIT] = chosen.limit;
    opening.created[LIMIT] = chosen.limit > 0 ? chosen.limit : BYN_DICT_LIMIT;
    opening.size = BYNI_HEAP_SIZE;
    opening.limit = byni_heap_limit(opening.created[LIMIT]);
    if (opening.limit == 0) {
        (void)byni_fail(BYN_E_INVALID, "a limit of %llu bytes: the largest is %llu",
                        (unsigned long long)chosen.limit, (unsigned long long)BYNI_HEAP_LIMIT);
        return byni_failed(BYN_E_INVALID, kind.open, name);
    }
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *dict = (byn_dict *)object;
    return status;
}

void byn_dict_close(byn_dict *dict)
{
    byni_object_close(dict != NULL ? &dict->object : NULL);
}

const char *byn_dict_name(const byn_dict *dict)
{
    return dict != NULL ? dict->object.name.full : NULL;
}

/* ---- Guard ---------------------------------------------------------------------------------------- */

BYNI_COLD byn_status byni_dict_inherit(byn_dict *dict)
{
    byn_status status = byni_dict_repair(dict);

    if (status < 0)
        byni_dict_unlock_guard(dict);
    return status;
}

BYNI_COLD byn_status byni_dict_failed(const byn_dict *dict, byn_status status,
                                      const char *operation)
{
    switch (status) {
    case BYN_E_NOTFOUND:
        return byni_failed_because(status, operation, dict->object.name.full,
                                   "there is no such key");
    case BYN_E_MISMATCH:
        return byni_failed_because(status, operation, dict->object.name.full,
                                   "the value of this key is another than expected");
    case BYN_E_TIMEDOUT:
    case BYN_E_CANCELED:
    case BYN_E_DEADLOCK:
    case BYN_E_NOTOWNER:
        return byni_failed_plainly(status, operation, dict->object.name.full);
    default:
        return byni_failed(status, operation, dict->object.name.full);
    }
}

/* ---- All ------------------------------------------------------------------------------------------ */

static byn_status look(byn_dict *dict, byn_dict_info *info)
{
    byn_status status = byni_dict_lock_guard(dict);
    byni_heap_statistics heap;

    if (status < 0)
        return status;
    byni_heap_look(&dict->heap, &heap);
    info->count = byni_load64(&dict->state->count);
    byni_dict_unlock_guard(dict);
    info->limit = dict->object.parameters[LIMIT];
    info->size = heap.size;
    info->used = heap.live;
    return BYN_OK;
}

byn_status byn_dict_count(byn_dict *dict, uint64_t *count)
{
    byn_dict_info info;
    byn_status status;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_count");
    if (count == NULL)
        return byni_null("byn_dict_count", "count");
    status = look(dict, &info);
    if (status < 0)
        return byni_dict_failed(dict, status, "byn_dict_count");
    *count = info.count;
    return BYN_OK;
}

byn_status byn_dict_describe(byn_dict *dict, byn_dict_info *info)
{
    byn_dict_info found;
    byn_status status;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_describe");
    if (!byni_struct_fits(info, sizeof found))
        return byni_wrong_struct("byn_dict_describe", "info");
    memset(&found, 0, sizeof found);
    found.struct_size = info->struct_size;
    status = look(dict, &found);
    if (status < 0)
        return byni_dict_failed(dict, status, "byn_dict_describe");
    memcpy(info, &found, found.struct_size);
    return BYN_OK;
}

/* No root is an empty dictionary: this store commits. What it led to is not freed one by one, but swept away;
 * then there is room for a new one. */
static byn_status clear(byn_dict *dict)
{
    byni_store32(&dict->state->needs_repair, 1);
    byni_store64(&dict->heap.state->root[0], 0);
    return byni_dict_repair(dict);
}

byn_status byn_dict_clear(byn_dict *dict)
{
    byn_status status;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_clear");
    status = byni_dict_lock_guard(dict);
    if (status >= 0) {
        status = clear(dict);
        byni_dict_unlock_guard(dict);
    }
    return status < 0 ? byni_dict_failed(dict, status, "byn_dict_clear") : status;
}

/* ---- Lock ----------------------------------------------------------------------------------------- */

byn_status byn_dict_lock(byn_dict *dict, byn_timeout timeout)
{
    byn_status status;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_lock");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout("byn_dict_lock");
    status = byni_lock_take(&dict->lock, BYNI_CHANGES, timeout);
    return status < 0 ? byni_dict_failed(dict, status, "byn_dict_lock") : status;
}

byn_status byn_dict_unlock(byn_dict *dict)
{
    byn_status status;

    if (!byni_dict_usable(dict))
        return byni_object_unusable((const byni_object *)dict, "byn_dict_unlock");
    status = byni_lock_give(&dict->lock);
    return status < 0 ? byni_dict_failed(dict, status, "byn_dict_unlock") : status;
}
