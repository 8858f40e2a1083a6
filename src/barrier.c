#include "barrier_round.h"

enum { PARTIES_MOST = 8000 };

/* ---- Open and close ------------------------------------------------------------------------------ */

static bool is_sound(const byni_header *header)
{
    return header->limit == BYNI_HOLDERS_LIMIT && header->parameters[0] >= 1 &&
           header->parameters[0] <= PARTIES_MOST && byni_load64(&header->size) >= BYNI_HOLDERS_SIZE;
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    byni_barrier_state *state = at;

    (void)parameters;
    (void)options;
    bynk_guard_initialise(&state->guard);
    bynk_spot_initialise(&state->spot, 0);
}

static byn_status attach(byni_object *object)
{
    byn_barrier *barrier = (byn_barrier *)object;

    barrier->state = byni_object_state(object);
    byni_holders_attach(&barrier->holders, object);
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    byn_barrier *barrier = (byn_barrier *)object;
    byni_holder *entry;
    bynk_identity own;

    if (!barrier->is_party || byni_barrier_enter(barrier) < 0)
        return true;
    bynk_identity_own(&own);
    entry = byni_holders_find(&barrier->holders, &own);
    if (entry != NULL)
        byni_store32(&entry->number, 0);
    byni_barrier_leave(barrier);
    return true;
}

static const byni_kind kind = {
    BYNI_BARRIER,
    "byn_barrier_open",
    sizeof(byn_barrier),
    {"parties", NULL},
    is_sound,
    initialise,
    attach,
    detach,
    NULL,
};

static byn_status register_party(byn_barrier *barrier)
{
    byni_holder *entry;
    bynk_identity own;
    byn_status status;

    bynk_identity_own(&own);
    entry = byni_holders_add(&barrier->holders, &own, &status);
    if (entry == NULL)
        return status;
    byni_store32(&entry->number, BYNI_PARTY);
    barrier->is_party = true;
    return BYN_OK;
}

/* What an open adds to a handle, which other threads may have already. */
static byn_status enlist(byn_barrier *barrier, const byn_barrier_options *chosen)
{
    byn_status status;

    if (!chosen->party && chosen->action == NULL)
        return BYN_OK;
    status = byni_barrier_enter(barrier);
    if (status < 0)
        return status;
    if (chosen->party && !barrier->is_party)
        status = register_party(barrier);
    if (status >= 0 && chosen->action != NULL) {
        barrier->action = chosen->action;
        barrier->action_context = chosen->action_context;
    }
    byni_barrier_leave(barrier);
    return status;
}

byn_status byn_barrier_open(byn_barrier **barrier, const char *name,
                            const byn_barrier_options *options)
{
    byn_barrier_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status = byni_opening_begin(&opening, &kind, barrier, name, &chosen, sizeof chosen,
                                           options),
               enlisted;

    if (status < 0)
        return status;
    if (chosen.parties > PARTIES_MOST) {
        (void)byni_fail(BYN_E_INVALID, "%u parties: let there be 1 to %d", chosen.parties,
                        PARTIES_MOST);
        return byni_failed(BYN_E_INVALID, kind.open, name);
    }
    opening.parameters[0] = opening.created[0] = chosen.parties;
    opening.size = chosen.parties > 0 ? BYNI_HOLDERS_SIZE : 0;
    opening.needed = "parties";
    opening.limit = BYNI_HOLDERS_LIMIT;
    status = byni_object_open(&object, &kind, &opening);
    if (status < 0)
        return status;
    enlisted = enlist((byn_barrier *)object, &chosen);
    if (enlisted < 0) {
        byni_object_close(object);
        return byni_failed(enlisted, kind.open, name);
    }
    *barrier = (byn_barrier *)object;
    return status;
}

void byn_barrier_close(byn_barrier *barrier)
{
    byni_object_close(barrier != NULL ? &barrier->object : NULL);
}

const char *byn_barrier_name(const byn_barrier *barrier)
{
    return barrier != NULL ? barrier->object.name.full : NULL;
}

/* ---- Calls ----------------------------------------------------------------------------------------- */

static bool is_usable(const byn_barrier *barrier)
{
    return barrier != NULL && byni_object_usable(&barrier->object);
}

byn_status byn_barrier_wait(byn_barrier *barrier, byn_timeout timeout, uint32_t *index)
{
    uint32_t unwanted;
    byn_status status;

    if (!is_usable(barrier))
        return byni_object_unusable((const byni_object *)barrier, "byn_barrier_wait");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout("byn_barrier_wait");
    status = byni_barrier_wait(barrier, timeout, index != NULL ? index : &unwanted);
    if (status >= 0)
        return status;
    if (status == BYN_E_TIMEDOUT || status == BYN_E_BROKEN || status == BYN_E_CANCELED)
        return byni_failed_plainly(status, "byn_barrier_wait", barrier->object.name.full);
    return byni_failed(status, "byn_barrier_wait", barrier->object.name.full);
}

byn_status byn_barrier_abort(byn_barrier *barrier)
{
    byn_status status;

    if (!is_usable(barrier))
        return byni_object_unusable((const byni_object *)barrier, "byn_barrier_abort");
    status = byni_barrier_enter(barrier);
    if (status < 0)
        return byni_failed(status, "byn_barrier_abort", barrier->object.name.full);
    byni_barrier_break(barrier);
    byni_barrier_leave(barrier);
    return BYN_OK;
}

byn_status byn_barrier_reset(byn_barrier *barrier)
{
    byn_status status;

    if (!is_usable(barrier))
        return byni_object_unusable((const byni_object *)barrier, "byn_barrier_reset");
    status = byni_barrier_look(barrier); /* none of them shall break it again */
    if (status >= 0)
        status = byni_barrier_enter(barrier);
    if (status < 0)
        return byni_failed(status, "byn_barrier_reset", barrier->object.name.full);
    byni_barrier_reset(barrier);
    byni_barrier_leave(barrier);
    return BYN_OK;
}

uint32_t byn_barrier_parties(const byn_barrier *barrier)
{
    return barrier != NULL ? (uint32_t)barrier->object.parameters[0] : 0;
}

uint32_t byn_barrier_waiting(byn_barrier *barrier)
{
    return is_usable(barrier) ? byni_barrier_waiting(barrier) : 0;
}

bool byn_barrier_is_broken(byn_barrier *barrier)
{
    return is_usable(barrier) && byni_barrier_is_broken(barrier);
}
