/*
 * A semaphore is a number of permits with sleepers around it, not the kernel's: that one has no taking of
 * several at once, and costs a call each time. Acquirers take permits by one compare-and-exchange.
 * Releasers hold a guard, so that two of them cannot pass the maximum together, and so that one that dies
 * between giving and waking has an heir who wakes. The number is the whole state: nothing to repair.
 *
 * Claims. byn_wait_all() takes several things one after the other, and a death in between has to give back
 * what it has taken so far. A claimer takes the guard; then one exchange takes a permit off the number and
 * writes it down in `claimed`, beside it. It keeps the guard until it settles: then `claimed` becomes 0, and
 * the permit stays taken or, by one exchange again, returns. So `claimed` is what a dead claimer had, for
 * its heir: the next releaser or claimer, or a waiter at its heartbeat.
 */
#include "win32.h"

enum {
    WAKE_MORE = 2,
    GUARD_MS = 20
}; /* a wake-up is lost with a sleeper that is killed just then */

void bynk_semaphore_initialise(bynk_semaphore_state *state, uint32_t initial, uint32_t maximum)
{
    bynk_guard_initialise(&state->guard);
    bynk_spot_initialise(&state->spot, initial);
    state->maximum = maximum;
    byni_store32(&state->several, 0);
}

byn_status bynk_semaphore_attach(bynk_semaphore *semaphore, bynk_segment *segment,
                                 bynk_semaphore_state *state)
{
    semaphore->segment = segment;
    semaphore->state = state;
    return BYN_OK;
}

void bynk_semaphore_detach(bynk_semaphore *semaphore)
{
    semaphore->state = NULL;
}

uint32_t bynk_semaphore_value(bynk_semaphore *semaphore)
{
    return bynk_spot_number(&semaphore->state->spot);
}

/* ---- Claims ---------------------------------------------------------------------------------------------- */

static uint64_t pair_of(uint32_t number, uint32_t claimed)
{
    const union {
        uint32_t halves[2];
        uint64_t both;
    } pair = {{number, claimed}};

    return pair.both;
}

static bool take_claimed(bynk_spot *spot)
{
    uint32_t number = byni_load32(&spot->number);
    uint64_t before = pair_of(number, 0);

    while (number > 0 && !byni_cas64(&spot->pair, &before, pair_of(number - 1, 1))) {
        number = byni_load32(&spot->number);
        before = pair_of(number, 0);
    }
    return number > 0;
}

/* With the guard. */
static void give_back(bynk_semaphore *semaphore)
{
    bynk_spot *spot = &semaphore->state->spot;
    uint32_t number = byni_load32(&spot->number);
    uint64_t before = pair_of(number, 1);

    while (byni_load32(&spot->claimed) == 1 &&
           !byni_cas64(&spot->pair, &before, pair_of(number + 1, 0))) {
        number = byni_load32(&spot->number);
        before = pair_of(number, 1);
    }
    byni_store32(&spot->claimed, 0); /* also of what nobody has written: never trusted */
    byni_crash_point("semaphore.returned");
    bynk_spot_add(semaphore->segment, spot, 0, UINT32_MAX);
}

static void repair(bynk_semaphore *semaphore)
{
    if (byni_load32(&semaphore->state->spot.claimed) != 0)
        give_back(semaphore);
}

/* Whether a dead claimer's permit has come back, when there is no other to be had. */
static bool look(bynk_semaphore *semaphore)
{
    bynk_semaphore_state *state = semaphore->state;
    byn_status status;

    if (byni_load32(&state->spot.claimed) == 0)
        return false;
    status = bynk_guard_lock(semaphore->segment, &state->guard, BYNK_NOW);
    if (status == BYN_ABANDONED)
        repair(semaphore);
    if (status >= 0)
        bynk_guard_unlock(semaphore->segment, &state->guard);
    return status == BYN_ABANDONED;
}

byn_status bynk_semaphore_claim(bynk_semaphore *semaphore)
{
    bynk_semaphore_state *state = semaphore->state;
    byn_status status = bynk_guard_lock(semaphore->segment, &state->guard, byni_deadline(GUARD_MS));

    if (status < 0)
        return status;
    repair(semaphore);
    if (take_claimed(&state->spot))
        return BYN_OK;
    bynk_guard_unlock(semaphore->segment, &state->guard);
    return BYN_E_TIMEDOUT;
}

void bynk_semaphore_settle(bynk_semaphore *semaphore, bool keep)
{
    if (keep)
        byni_store32(&semaphore->state->spot.claimed, 0);
    else
        give_back(semaphore);
    bynk_guard_unlock(semaphore->segment, &semaphore->state->guard);
}

/* ---- Acquire and release -------------------------------------------------------------------------------- */

/* Take them if they are there. *seen is how many there are when they are not. */
static bool take(bynk_spot *spot, uint32_t count, uint32_t *seen)
{
    *seen = byni_load32(&spot->number);
    while (*seen >= count)
        if (byni_cas32(&spot->number, seen, *seen - count))
            return true;
    return false;
}

byn_status bynk_semaphore_acquire(bynk_semaphore *semaphore, uint32_t count, bynk_deadline deadline)
{
    bynk_semaphore_state *state = semaphore->state;
    bynk_rest rest = {.deadline = deadline};
    byn_status status;
    uint32_t seen;

    while (!take(&state->spot, count, &seen)) {
        if (look(semaphore))
            continue;
        if (deadline == BYNK_NOW)
            return BYN_E_TIMEDOUT;
        /* Before the sleeper's bit, so that a release that sees the bit sees this too. */
        if (count > 1)
            (void)byni_or32(&state->several, 1);
        status = bynk_spot_sleep(semaphore->segment, &state->spot, seen, &rest);
        if (status < 0)
            return take(&state->spot, count, &seen) ? BYN_OK : status;
    }
    return BYN_OK;
}

/* How many to wake. One that wants several may be the last in line and the only one that can go on. */
static uint32_t to_wake(bynk_semaphore_state *state, uint32_t count)
{
    return byni_and32(&state->several, 0) != 0 ? UINT32_MAX : count + WAKE_MORE;
}

byn_status bynk_semaphore_release(bynk_semaphore *semaphore, uint32_t count, uint32_t *previous)
{
    bynk_semaphore_state *state = semaphore->state;
    byn_status status = bynk_guard_lock(semaphore->segment, &state->guard, BYNK_SOON);
    uint32_t seen;

    if (status < 0)
        return status;
    if (status == BYN_ABANDONED)
        repair(semaphore);
    seen = bynk_semaphore_value(semaphore);
    if (seen > state->maximum || count > state->maximum - seen) {
        status = byni_fail(BYN_E_LIMIT, "it has %u of at most %u permits, %u more do not fit", seen,
                           state->maximum, count);
    } else {
        bynw_sleepers_ready(semaphore->segment, &state->spot);
        /* Acquirers take meanwhile: what is told is what there was when it was added. */
        seen = byni_add32(&state->spot.number, count);
        byni_crash_point("semaphore.added");
        bynk_spot_add(semaphore->segment, &state->spot, 0, to_wake(state, count));
        status = BYN_OK;
    }
    bynk_guard_unlock(semaphore->segment, &state->guard);
    if (status >= 0 && previous != NULL)
        *previous = seen;
    return status;
}
