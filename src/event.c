#include <byname/event.h>

#include "waitable.h"

struct byn_event {
    byni_object object;
    bynk_event native;
};

enum {
    MANUAL_RESET = 1,
    AUTO_RESET = 2
}; /* as a parameter, where 0 is "whatever the creator said" */

static bool is_sound(const byni_header *header)
{
    return header->limit == BYNI_STATE_OFFSET + sizeof(bynk_event_state) &&
           (header->parameters[0] == MANUAL_RESET || header->parameters[0] == AUTO_RESET);
}

static void initialise(void *state, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    const byn_event_options *chosen = options;

    bynk_event_initialise(state, parameters[0] == MANUAL_RESET, chosen->initially_set);
}

static byn_status attach(byni_object *object)
{
    return bynk_event_attach(&((byn_event *)object)->native, object->segment,
                             byni_object_state(object));
}

static bool detach(byni_object *object)
{
    bynk_event_detach(&((byn_event *)object)->native);
    return true;
}

/* ---- Among others, see wait.c ---- */

static void describe(void *handle, bynk_waitable *what)
{
    byn_event *event = handle;

    what->order = event->object.header->incarnation;
    what->segment = event->object.segment;
    bynk_event_describe(&event->native, what);
}

static byn_status take(void *handle)
{
    return bynk_event_wait(&((byn_event *)handle)->native, BYNK_NOW);
}

static void put_back(void *handle, byn_status how)
{
    byn_event *event = handle;

    (void)how;
    if (event->object.parameters[0] == AUTO_RESET)
        (void)bynk_event_set(&event->native);
}

static byn_status claim(void *handle)
{
    byn_event *event = handle;

    return event->object.parameters[0] == AUTO_RESET ? bynk_event_claim(&event->native)
                                                     : take(handle);
}

static void settle(void *handle, byn_status how, bool keep)
{
    byn_event *event = handle;

    (void)how;
    if (event->object.parameters[0] == AUTO_RESET)
        bynk_event_settle(&event->native, keep);
}

static const byni_waitable waitable = {describe, take, put_back, NULL, claim, settle};

static const byni_kind kind = {
    BYNI_EVENT, "byn_event_open", sizeof(byn_event), {"manual_reset", NULL}, is_sound, initialise,
    attach,     detach,           &waitable,
};

byn_status byn_event_open(byn_event **event, const char *name, const byn_event_options *options)
{
    byn_event_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, event, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    opening.size = opening.limit = BYNI_STATE_OFFSET + sizeof(bynk_event_state);
    opening.parameters[0] = chosen.manual_reset ? MANUAL_RESET : 0;
    opening.created[0] = chosen.manual_reset ? MANUAL_RESET : AUTO_RESET;
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *event = (byn_event *)object;
    return status;
}

void byn_event_close(byn_event *event)
{
    byni_object_close(event != NULL ? &event->object : NULL);
}

const char *byn_event_name(const byn_event *event)
{
    return event != NULL ? event->object.name.full : NULL;
}

/* The answer of a call, with its sentence if it failed. */
static byn_status answer(const byn_event *event, const char *operation, byn_status status)
{
    if (status >= 0)
        return status;
    if (status == BYN_E_TIMEDOUT)
        return byni_failed_plainly(status, operation, event->object.name.full);
    return byni_failed(status, operation, event->object.name.full);
}

byn_status byn_event_set(byn_event *event)
{
    if (event == NULL || !byni_object_usable(&event->object))
        return byni_object_unusable((const byni_object *)event, "byn_event_set");
    return answer(event, "byn_event_set", bynk_event_set(&event->native));
}

byn_status byn_event_reset(byn_event *event)
{
    if (event == NULL || !byni_object_usable(&event->object))
        return byni_object_unusable((const byni_object *)event, "byn_event_reset");
    return answer(event, "byn_event_reset", bynk_event_reset(&event->native));
}

bool byn_event_is_set(byn_event *event)
{
    return event != NULL && byni_object_usable(&event->object) && bynk_event_is_set(&event->native);
}

/* If it is set already, without a look at the clock. */
static byn_status wait_for(byn_event *event, byn_timeout timeout)
{
    byn_status status = BYN_E_TIMEDOUT;

    if (!BYNK_TRY_IS_A_CALL && timeout != BYN_NOW)
        status = bynk_event_wait(&event->native, BYNK_NOW);
    return status == BYN_E_TIMEDOUT ? bynk_event_wait(&event->native, byni_deadline(timeout))
                                    : status;
}

byn_status byn_event_wait(byn_event *event, byn_timeout timeout)
{
    if (event == NULL || !byni_object_usable(&event->object))
        return byni_object_unusable((const byni_object *)event, "byn_event_wait");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout("byn_event_wait");
    return answer(event, "byn_event_wait", wait_for(event, timeout));
}
