#include <byname/semaphore.h>

#include "object.h"

struct byn_semaphore {
    byni_object object;
    bynk_semaphore native;
};

static bool is_sound(const byni_header *header)
{
    return header->limit == BYNI_STATE_OFFSET + sizeof(bynk_semaphore_state) &&
           header->parameters[0] >= 1 && header->parameters[0] <= BYN_SEMAPHORE_MAXIMUM;
}

static void initialise(void *state, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    const byn_semaphore_options *chosen = options;

    bynk_semaphore_initialise(state, chosen->initial, (uint32_t)parameters[0]);
}

static byn_status attach(byni_object *object)
{
    return bynk_semaphore_attach(&((byn_semaphore *)object)->native, object->segment,
                                 byni_object_state(object));
}

static bool detach(byni_object *object)
{
    bynk_semaphore_detach(&((byn_semaphore *)object)->native);
    return true;
}

static const byni_kind kind = {
    BYNI_SEMAPHORE,
    "byn_semaphore_open",
    sizeof(byn_semaphore),
    {"maximum", NULL},
    is_sound,
    initialise,
    attach,
    detach,
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
    opening.parameters[0] = chosen.maximum;
    opening.created[0] = chosen.maximum > 0 ? chosen.maximum : BYN_SEMAPHORE_MAXIMUM;
    if (chosen.maximum > BYN_SEMAPHORE_MAXIMUM || chosen.initial > opening.created[0]) {
        (void)byni_fail(BYN_E_INVALID, "initial %u, maximum %u: let initial <= maximum <= %u",
                        chosen.initial, chosen.maximum, BYN_SEMAPHORE_MAXIMUM);
        return byni_failed(BYN_E_INVALID, kind.open, name);
    }
    opening.size = opening.limit = BYNI_STATE_OFFSET + sizeof(bynk_semaphore_state);
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

static byn_status check_count(const byn_semaphore *semaphore, uint32_t count, const char *operation)
{
    uint64_t maximum = semaphore->object.parameters[0];

    if (count >= 1 && count <= maximum)
        return BYN_OK;
    (void)byni_fail(BYN_E_INVALID, "%u permits: ask for 1 to %llu", count,
                    (unsigned long long)maximum);
    return byni_failed(BYN_E_INVALID, operation, semaphore->object.name.full);
}

byn_status byn_semaphore_acquire(byn_semaphore *semaphore, uint32_t count, byn_timeout timeout)
{
    byn_status status;

    if (semaphore == NULL || !byni_object_usable(&semaphore->object))
        return byni_object_unusable((const byni_object *)semaphore, "byn_semaphore_acquire");
    if (!byni_timeout_valid(timeout))
        return byni_invalid("byn_semaphore_acquire", "the timeout is negative and not BYN_FOREVER");
    status = check_count(semaphore, count, "byn_semaphore_acquire");
    if (status < 0)
        return status;
    status = bynk_semaphore_acquire(&semaphore->native, count, BYNK_NOW);
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW)
        status = bynk_semaphore_acquire(&semaphore->native, count, byni_deadline(timeout));
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
    status = bynk_semaphore_release(&semaphore->native, count, previous);
    return status < 0 ? byni_failed(status, "byn_semaphore_release", semaphore->object.name.full)
                      : status;
}

byn_status byn_semaphore_value(byn_semaphore *semaphore, uint32_t *value)
{
    if (semaphore == NULL || !byni_object_usable(&semaphore->object))
        return byni_object_unusable((const byni_object *)semaphore, "byn_semaphore_value");
    if (value == NULL)
        return byni_invalid("byn_semaphore_value", "the place for the value is NULL");
    *value = bynk_semaphore_value(&semaphore->native);
    return BYN_OK;
}
