/*
 * A semaphore is one word: permits << 2 | W. Acquirers take permits by one compare-and-exchange, without
 * a lock. Releasers hold a guard, so that two of them cannot pass the maximum together: checking it and
 * adding are two steps where there are sleepers. The word is the whole state: a releaser that dies in
 * the guard has either added and woken, or done nothing, and leaves nothing to repair; for a claimer see
 * posix_claim.c.
 */
#include "posix.h"

enum { PERMIT = 4, WAKE_MORE = 2 };

void bynk_semaphore_initialise(bynk_semaphore_state *state, uint32_t initial, uint32_t maximum)
{
    bynk_guard_initialise(&state->guard);
    bynk_spot_initialise(&state->spot, initial);
    state->maximum = maximum;
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

/* Take them if they are there. *seen is what the word is when they are not. */
static bool take(bynk_spot *spot, uint32_t *seen, uint32_t count)
{
    while (*seen / PERMIT >= count) {
        uint32_t w = *seen & BYNP_W_MASK, next = *seen - count * PERMIT;

        /* Under ONE, the release that made permits of none has woken whoever slept. */
        if (w == BYNP_W_ONE)
            next -= BYNP_W_ONE;
        if (!byni_cas32(&spot->word, seen, next))
            continue;
        /* Under MANY it woke some: with permits left, the next one's turn. */
        if (w == BYNP_W_MANY && next / PERMIT > 0)
            bynp_wake_one(spot);
        return true;
    }
    return false;
}

static bynp_claims claims_of(bynk_semaphore *semaphore)
{
    return (bynp_claims){&semaphore->state->guard, &semaphore->state->spot, ~(uint32_t)BYNP_W_MASK};
}

byn_status bynk_semaphore_acquire(bynk_semaphore *semaphore, uint32_t count, bynk_deadline deadline)
{
    bynk_spot *spot = &semaphore->state->spot;
    const bynp_claims claims = claims_of(semaphore);
    bynk_rest rest = {.deadline = deadline};
    uint32_t seen = byni_load32(&spot->word);

    if (take(spot, &seen, count))
        return BYN_OK;
    if (deadline != BYNK_NOW)
        seen = bynp_spin_on(spot, ~(uint32_t)BYNP_W_MASK, &semaphore->hint);
    while (!take(spot, &seen, count)) {
        byn_status status;

        if (bynp_claims_look(&claims)) {
            seen = byni_load32(&spot->word);
            continue;
        }
        status = bynp_sleep_on(semaphore->segment, spot, &seen, count > 1, &rest, &semaphore->hint);
        if (status < 0)
            return status;
    }
    return BYN_OK;
}

byn_status bynk_semaphore_release(bynk_semaphore *semaphore, uint32_t count, uint32_t *previous)
{
    bynk_semaphore_state *state = semaphore->state;
    byn_status status = bynp_robust_lock(&state->guard.lock, &semaphore->guard_hint, BYNK_SOON);
    const bynp_claims claims = claims_of(semaphore);
    uint32_t seen;

    if (status < 0)
        return status;
    if (status == BYN_ABANDONED)
        bynp_claims_repair(&claims);
    seen = byni_load32(&state->spot.word) / PERMIT;
    if (seen > state->maximum || count > state->maximum - seen) {
        status = byni_fail(BYN_E_LIMIT, "it has %u of at most %u permits, %u more do not fit", seen,
                           state->maximum, count);
    } else {
        seen = bynp_add_and_wake(&state->spot, count * PERMIT, count + WAKE_MORE) / PERMIT;
        status = BYN_OK;
    }
    (void)bynp_robust_unlock(&state->guard.lock);
    if (status >= 0 && previous != NULL)
        *previous = seen;
    return status;
}

/* ---- Among others -------------------------------------------------------------------------------- */

void bynk_semaphore_describe(bynk_semaphore *semaphore, bynk_waitable *what)
{
    what->spot = &semaphore->state->spot;
    what->number = bynk_spot_number(what->spot);
}

byn_status bynk_semaphore_claim(bynk_semaphore *semaphore)
{
    const bynp_claims claims = claims_of(semaphore);

    return bynp_claim(&claims);
}

void bynk_semaphore_settle(bynk_semaphore *semaphore, bool keep)
{
    const bynp_claims claims = claims_of(semaphore);

    bynp_claim_settle(&claims, keep);
}
