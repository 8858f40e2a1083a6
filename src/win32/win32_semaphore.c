/*
 * A semaphore is a number of permits with sleepers around it, not the kernel's: that one has no taking of
 * several at once, and costs a call each time. Acquirers take permits by one compare-and-exchange.
 * Releasers hold a guard, so that two of them cannot pass the maximum together, and so that one that dies
 * between giving and waking has an heir who wakes. The number is the whole state: nothing to repair.
 */
#include "win32.h"

enum { WAKE_MORE = 2 }; /* a wake-up is lost with a sleeper that is killed just then */

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
    byn_status status = bynk_guard_lock(semaphore->segment, &state->guard, BYNK_NEVER);
    uint32_t seen;

    if (status < 0)
        return status;
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
