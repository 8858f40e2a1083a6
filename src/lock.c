#include "lock.h"

#include "crash.h"

enum { WOKEN = 3 }; /* one gets it; more than one, since that one may be killed */

/* The guard is held for nanoseconds: that others are in it is no reason to have waited in vain. */
#define PATIENCE_NS UINT64_C(1000000000)

/* ---- Its words ------------------------------------------------------------------------------------ */

void byni_lock_initialise(byni_lock_state *state)
{
    bynk_guard_initialise(&state->guard);
    bynk_spot_initialise(&state->spot, 0);
}

void byni_lock_attach(byni_lock *lock, bynk_segment *segment, byni_lock_state *state)
{
    lock->segment = segment;
    lock->state = state;
}

static bynk_identity owner_of(const byni_lock_state *state)
{
    const bynk_identity owner = {byni_load32(&state->pid), byni_load32(&state->thread),
                                 byni_load64(&state->started)};

    return owner;
}

/* `held` first: who stored it had stored all of the owner before. A mixture of others is not the caller,
 * whose thread's number nobody else has. */
static bool is_owned_by(const byni_lock_state *state, const bynk_identity *me)
{
    bynk_identity owner;

    if (byni_load32(&state->held) == BYNI_FREE)
        return false;
    owner = owner_of(state);
    return bynk_identity_same(&owner, me);
}

bool byni_lock_is_mine(const byni_lock *lock)
{
    bynk_identity me;

    bynk_identity_thread(&me);
    return is_owned_by(lock->state, &me);
}

/* ---- Guard ---------------------------------------------------------------------------------------- */

static byn_status lock_guard(byni_lock *lock, bynk_deadline deadline)
{
    byn_status status = bynk_guard_lock(lock->segment, &lock->state->guard, BYNK_NOW);

    if (BYNI_UNLIKELY(status == BYN_E_TIMEDOUT)) {
        bynk_deadline patience = bynk_clock() + PATIENCE_NS;

        status = bynk_guard_lock(lock->segment, &lock->state->guard,
                                 deadline > patience ? deadline : patience);
    }
    if (BYNI_UNLIKELY(status == BYN_ABANDONED))
        bynk_spot_add(lock->segment, &lock->state->spot, 1, UINT32_MAX);
    return status;
}

static void unlock_guard(byni_lock *lock)
{
    bynk_guard_unlock(lock->segment, &lock->state->guard);
}

/* ---- Take ----------------------------------------------------------------------------------------- */

/* What one look found. */
typedef struct view {
    bool taken;          /* it is the caller's now */
    byn_status how;      /* BYN_OK or BYN_ABANDONED */
    uint32_t number;     /* of the spot */
    bynk_identity owner; /* of one that was not to be had */
} view;

/* With the guard. */
static void become_owner(byni_lock_state *state, const bynk_identity *me, uint32_t as)
{
    byni_store32(&state->held, BYNI_FREE); /* while the owner is written; a dead one's place */
    byni_store32(&state->pid, me->pid);
    byni_store32(&state->thread, me->thread);
    byni_store64(&state->started, me->started);
    byni_store32(&state->held, as);
}

/* Whether it may be had: it is free, or its owner is `dead` (NULL: nobody is known to be). With the guard. */
static bool may_take(byni_lock_state *state, const bynk_identity *dead, view *found)
{
    uint32_t held = byni_load32(&state->held);

    found->how = byni_load32(&state->abandoned) != 0 ? BYN_ABANDONED : BYN_OK;
    if (held == BYNI_FREE)
        return true;
    found->owner = owner_of(state);
    if (dead == NULL || !bynk_identity_same(&found->owner, dead))
        return false;
    if (held != BYNI_LOOKS) {
        byni_store32(&state->abandoned, 1);
        found->how = BYN_ABANDONED;
    }
    return true;
}

static byn_status look(byni_lock *lock, const bynk_identity *me, uint32_t as,
                       const bynk_identity *dead, bynk_deadline deadline, view *found)
{
    byni_lock_state *state = lock->state;
    byn_status status = lock_guard(lock, deadline);

    if (status < 0)
        return status;
    found->number = bynk_spot_number(&state->spot);
    found->taken = may_take(state, dead, found);
    if (found->taken)
        become_owner(state, me, as);
    unlock_guard(lock);
    return BYN_OK;
}

/* The system is asked about the owner without the guard. */
static byn_status await(byni_lock *lock, const bynk_identity *me, uint32_t as,
                        bynk_deadline deadline, view *found)
{
    bynk_rest rest = {.deadline = deadline, .watched = &found->owner, .watched_count = 1};
    byn_status status = BYN_OK;

    while (status >= 0 && !found->taken) {
        bynk_identity owner = found->owner;
        bool alive = bynk_identity_alive(&owner);

        if (alive && deadline == BYNK_NOW)
            return BYN_E_TIMEDOUT;
        if (alive)
            status = bynk_spot_sleep(lock->segment, &lock->state->spot, found->number, &rest);
        if (status >= 0)
            status = look(lock, me, as, alive ? NULL : &owner, deadline, found);
    }
    return status;
}

byn_status byni_lock_take(byni_lock *lock, uint32_t as, byn_timeout timeout)
{
    bynk_identity me;
    byn_status status;
    view found;

    bynk_identity_thread(&me);
    if (is_owned_by(lock->state, &me))
        return BYN_E_DEADLOCK;
    status = look(lock, &me, as, NULL, BYNK_NOW, &found);
    if (status >= 0 && !found.taken)
        status = await(lock, &me, as, byni_deadline(timeout), &found);
    return status < 0 ? status : found.how;
}

/* ---- Give ----------------------------------------------------------------------------------------- */

static byn_status give(byni_lock *lock, bool abandoned, bynk_deadline deadline)
{
    byni_lock_state *state = lock->state;
    byn_status status;

    if (!byni_lock_is_mine(lock))
        return BYN_E_NOTOWNER;
    status = lock_guard(lock, deadline);
    if (status < 0)
        return status;
    if (abandoned)
        byni_store32(&state->abandoned, 1);
    bynk_spot_add(lock->segment, &state->spot, 1, WOKEN);
    byni_crash_point("lock.woken");
    byni_store32(&state->held, BYNI_FREE);
    if (!abandoned)
        byni_store32(&state->abandoned, 0);
    unlock_guard(lock);
    return BYN_OK;
}

byn_status byni_lock_give(byni_lock *lock)
{
    return give(lock, false, BYNK_SOON);
}

void byni_lock_detach(byni_lock *lock)
{
    (void)give(lock, true, BYNK_NOW);
}
