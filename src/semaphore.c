#include <byname/semaphore.h>

#include <string.h>

#include "undo.h"
#include "waitable.h"

/* Parameters: what every opener of it agrees on. */
enum { MAXIMUM, UNDO };

/* One of two: the platform's, or the one that knows its holders. */
struct byn_semaphore {
    byni_object object;
    union {
        bynk_semaphore native;
        byni_undo undo;
    } as;
};

static inline bool has_undo(const byn_semaphore *semaphore)
{
    return semaphore->object.parameters[UNDO] != 0;
}

byni_undo *byni_semaphore_undo(byn_semaphore *semaphore)
{
    return has_undo(semaphore) ? &semaphore->as.undo : NULL;
}

/* ---- Open and close ------------------------------------------------------------------------------ */

static bool is_sound(const byni_header *header)
{
    uint64_t maximum = header->parameters[MAXIMUM], undo = header->parameters[UNDO];

    if (maximum < 1 || maximum > BYN_SEMAPHORE_MAXIMUM || undo > 1)
        return false;
    if (undo == 0)
        return header->limit == BYNI_STATE_OFFSET + sizeof(bynk_semaphore_state);
    return header->limit == BYNI_HOLDERS_LIMIT && byni_load64(&header->size) >= BYNI_HOLDERS_SIZE;
}

static void initialise(void *state, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    const byn_semaphore_options *chosen = options;

    if (parameters[UNDO] != 0)
        byni_undo_initialise(state, chosen->initial);
    else
        bynk_semaphore_initialise(state, chosen->initial, (uint32_t)parameters[MAXIMUM]);
}

static byn_status attach(byni_object *object)
{
    byn_semaphore *semaphore = (byn_semaphore *)object;

    if (!has_undo(semaphore))
        return bynk_semaphore_attach(&semaphore->as.native, object->segment,
                                     byni_object_state(object));
    byni_undo_attach(&semaphore->as.undo, object, (uint32_t)object->parameters[MAXIMUM]);
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    byn_semaphore *semaphore = (byn_semaphore *)object;

    if (has_undo(semaphore))
        byni_undo_detach(&semaphore->as.undo);
    else
        bynk_semaphore_detach(&semaphore->as.native);
    return true;
}

/* ---- Among others, see wait.c: one permit -------------------------------------------------------- */

static void describe(void *handle, bynk_waitable *what)
{
    byn_semaphore *semaphore = handle;

    what->order = semaphore->object.header->incarnation;
    what->segment = semaphore->object.segment;
    if (has_undo(semaphore))
        byni_undo_describe(&semaphore->as.undo, what);
    else
        bynk_semaphore_describe(&semaphore->as.native, what);
}

static byn_status take(void *handle)
{
    byn_semaphore *semaphore = handle;

    if (has_undo(semaphore))
        return byni_undo_acquire(&semaphore->as.undo, 1, BYNK_NOW);
    return bynk_semaphore_acquire(&semaphore->as.native, 1, BYNK_NOW);
}

static void put_back(void *handle, byn_status how)
{
    byn_semaphore *semaphore = handle;

    if (has_undo(semaphore))
        byni_undo_put_back(&semaphore->as.undo, 1, how == BYN_ABANDONED);
    else
        (void)bynk_semaphore_release(&semaphore->as.native, 1, NULL);
}

/* With undo a death gives back what was taken in any case. */
static byn_status claim(void *handle)
{
    byn_semaphore *semaphore = handle;

    return has_undo(semaphore) ? take(handle) : bynk_semaphore_claim(&semaphore->as.native);
}

static void settle(void *handle, byn_status how, bool keep)
{
    byn_semaphore *semaphore = handle;

    if (!has_undo(semaphore))
        bynk_semaphore_settle(&semaphore->as.native, keep);
    else if (!keep)
        put_back(handle, how);
}

static const byni_waitable waitable = {describe, take, put_back, NULL, claim, settle};

static const byni_kind kind = {
    BYNI_SEMAPHORE,
    "byn_semaphore_open",
    sizeof(byn_semaphore),
    {"maximum", "undo"},
    is_sound,
    initialise,
    attach,
    detach,
    &waitable,
};

byn_status byn_semaphore_open(byn_semaphore **semaphore, const char *name,
                              const byn_semaphore_options *options)
{
    byn_semaphore_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, semaphore, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    opening.parameters[MAXIMUM] = chosen.maximum;
    opening.created[MAXIMUM] = chosen.maximum > 0 ? chosen.maximum : BYN_SEMAPHORE_MAXIMUM;
    opening.parameters[UNDO] = opening.created[UNDO] = chosen.undo;
    if (chosen.maximum > BYN_SEMAPHORE_MAXIMUM || chosen.initial > opening.created[MAXIMUM]) {
        (void)byni_fail(BYN_E_INVALID, "initial %u, maximum %u: let initial <= maximum <= %u",
                        chosen.initial, chosen.maximum, BYN_SEMAPHORE_MAXIMUM);
        return byni_failed(BYN_E_INVALID, kind.open, name);
    }
    opening.size = opening.limit = BYNI_STATE_OFFSET + sizeof(bynk_semaphore_state);
    if (chosen.undo) {
        opening.size = BYNI_HOLDERS_SIZE;
        opening.limit = BYNI_HOLDERS_LIMIT;
    }
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *semaphore = (byn_semaphore *)object;
    return status;
}

void byn_semaphore_close(byn_semaphore *semaphore)
{
    byni_object_close(semaphore != NULL ? &semaphore->object : NULL);
}

const char *byn_semaphore_name(const byn_semaphore *semaphore)
{
    return semaphore != NULL ? semaphore->object.name.full : NULL;
}

/* ---- Acquire and release ------------------------------------------------------------------------- */

static byn_status check_count(const byn_semaphore *semaphore, uint32_t count, const char *operation)
{
    uint64_t maximum = semaphore->object.parameters[MAXIMUM];

    if (count >= 1 && count <= maximum)
        return BYN_OK;
    (void)byni_fail(BYN_E_INVALID, "%u permits: ask for 1 to %llu", count,
                    (unsigned long long)maximum);
    return byni_failed(BYN_E_INVALID, operation, semaphore->object.name.full);
}

static byn_status acquire(byn_semaphore *semaphore, uint32_t count, byn_timeout timeout)
{
    byn_status status;

    if (has_undo(semaphore)) {
        uint32_t news, seen;

        status = byni_undo_try(&semaphore->as.undo, count, BYNK_NOW, &news, &seen);
        if (status == BYN_E_TIMEDOUT || status == BYN_E_LIMIT)
            status = byni_undo_acquire(&semaphore->as.undo, count, byni_deadline(timeout));
        return status;
    }
    status = bynk_semaphore_acquire(&semaphore->as.native, count, BYNK_NOW);
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW)
        status = bynk_semaphore_acquire(&semaphore->as.native, count, byni_deadline(timeout));
    return status;
}

byn_status byn_semaphore_acquire(byn_semaphore *semaphore, uint32_t count, byn_timeout timeout)
{
    byn_status status;

    if (semaphore == NULL || !byni_object_usable(&semaphore->object))
        return byni_object_unusable((const byni_object *)semaphore, "byn_semaphore_acquire");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout("byn_semaphore_acquire");
    status = check_count(semaphore, count, "byn_semaphore_acquire");
    if (status < 0)
        return status;
    status = acquire(semaphore, count, timeout);
    if (status >= 0)
        return status;
    if (status == BYN_E_TIMEDOUT)
        return byni_failed_plainly(status, "byn_semaphore_acquire", semaphore->object.name.full);
    return byni_failed(status, "byn_semaphore_acquire", semaphore->object.name.full);
}

byn_status byn_semaphore_release(byn_semaphore *semaphore, uint32_t count, uint32_t *previous)
{
    byn_status status;

    if (semaphore == NULL || !byni_object_usable(&semaphore->object))
        return byni_object_unusable((const byni_object *)semaphore, "byn_semaphore_release");
    status = check_count(semaphore, count, "byn_semaphore_release");
    if (status < 0)
        return status;
    if (has_undo(semaphore))
        status = byni_undo_release(&semaphore->as.undo, count, previous);
    else
        status = bynk_semaphore_release(&semaphore->as.native, count, previous);
    return status < 0 ? byni_failed(status, "byn_semaphore_release", semaphore->object.name.full)
                      : status;
}

/* ---- Look ---------------------------------------------------------------------------------------- */

static uint32_t value_of(byn_semaphore *semaphore)
{
    if (has_undo(semaphore))
        return byni_undo_value(&semaphore->as.undo);
    return bynk_semaphore_value(&semaphore->as.native);
}

byn_status byn_semaphore_value(byn_semaphore *semaphore, uint32_t *value)
{
    if (semaphore == NULL || !byni_object_usable(&semaphore->object))
        return byni_object_unusable((const byni_object *)semaphore, "byn_semaphore_value");
    if (value == NULL)
        return byni_null("byn_semaphore_value", "value");
    *value = value_of(semaphore);
    return BYN_OK;
}

byn_status byn_semaphore_holders(byn_semaphore *semaphore, byn_semaphore_info *info)
{
    byn_semaphore_info found;
    byn_status status = BYN_OK;

    if (semaphore == NULL || !byni_object_usable(&semaphore->object))
        return byni_object_unusable((const byni_object *)semaphore, "byn_semaphore_holders");
    if (!byni_struct_fits(info, sizeof found))
        return byni_wrong_struct("byn_semaphore_holders", "info");
    memset(&found, 0, sizeof found);
    found.struct_size = info->struct_size;
    found.maximum = (uint32_t)semaphore->object.parameters[MAXIMUM];
    found.undo = has_undo(semaphore);
    if (found.undo)
        status = byni_undo_tell(&semaphore->as.undo, &found);
    else
        found.value = value_of(semaphore);
    if (status < 0)
        return byni_failed(status, "byn_semaphore_holders", semaphore->object.name.full);
    memcpy(info, &found, found.struct_size);
    return BYN_OK;
}
