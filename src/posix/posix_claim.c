/*
 * Claims. byn_wait_all() takes several things one after the other, and a death in between has to give back
 * what it has taken so far. A claimer takes the object's guard, which the kernel hands on if it dies; then
 * one exchange takes a unit off the word and writes it down in `claimed`. It keeps the guard until it
 * settles: then `claimed` becomes 0, and the unit stays taken or, by one exchange again, returns.
 *
 * So `claimed` is what the holder of the guard has taken and may still give back; and what a dead one had
 * taken, for the heir. Heirs are the next releaser or claimer, and waiters, who look at each heartbeat.
 * Who dies between the return and its wake-up leaves sleepers to that too.
 */
#include "posix.h"

enum { GUARD_MS = 20 }; /* held for microseconds; who waits for it holds others */

static uint64_t pair_of(uint32_t word, uint32_t claimed)
{
    const union {
        uint32_t halves[2];
        uint64_t both;
    } pair = {{word, claimed}};

    return pair.both;
}

static bool take(const bynp_claims *claims)
{
    bynk_spot *spot = claims->spot;
    uint32_t word = byni_load32(&spot->word);

    while ((word & claims->there) != 0) {
        uint32_t next = word - BYNP_UNIT;
        uint64_t before = pair_of(word, 0);

        /* As any taker: under ONE, whoever slept has been woken. */
        if ((next & BYNP_W_MASK) == BYNP_W_ONE)
            next -= BYNP_W_ONE;
        if (byni_cas64(&spot->pair, &before, pair_of(next, BYNP_UNIT)))
            return true;
        word = byni_load32(&spot->word);
    }
    return false;
}

/* With the guard. An event that was set meanwhile stays so: two signals are one. */
static void give_back(const bynp_claims *claims)
{
    bynk_spot *spot = claims->spot;
    uint32_t word;
    uint64_t before;

    do {
        bool full;

        word = byni_load32(&spot->word);
        full = claims->there == BYNP_UNIT && (word & BYNP_UNIT) != 0;
        before = pair_of(word, BYNP_UNIT);
        if (byni_load32(&spot->claimed) != BYNP_UNIT)
            return;
        if (byni_cas64(&spot->pair, &before, pair_of(full ? word : word + BYNP_UNIT, 0)))
            break;
    } while (true);
    if ((word & BYNP_W_MASK) != BYNP_W_NONE)
        bynp_wake_word(&spot->word, UINT32_MAX);
}

void bynp_claims_repair(const bynp_claims *claims)
{
    if (byni_load32(&claims->spot->claimed) != 0)
        give_back(claims);
    byni_store32(&claims->spot->claimed, 0); /* also of what nobody has written: never trusted */
}

bool bynp_claims_look(const bynp_claims *claims)
{
    byn_status status;

    if (byni_load32(&claims->spot->claimed) == 0)
        return false;
    (void)bynk_me();
    status = bynp_robust_try(&claims->guard->lock);
    if (status == BYN_ABANDONED)
        bynp_claims_repair(claims);
    if (status >= 0)
        (void)bynp_robust_unlock(&claims->guard->lock);
    return status == BYN_ABANDONED;
}

byn_status bynp_claim(const bynp_claims *claims)
{
    static bynp_lock_hint hint;
    byn_status status = bynp_robust_lock(&claims->guard->lock, &hint, BYNK_NOW);

    if (status == BYN_E_TIMEDOUT)
        status = bynp_robust_lock(&claims->guard->lock, &hint, byni_deadline(GUARD_MS));
    if (status < 0)
        return status;
    bynp_claims_repair(claims);
    if (take(claims))
        return BYN_OK;
    (void)bynp_robust_unlock(&claims->guard->lock);
    return BYN_E_TIMEDOUT;
}

void bynp_claim_settle(const bynp_claims *claims, bool keep)
{
    if (keep)
        byni_store32(&claims->spot->claimed, 0);
    else
        give_back(claims);
    (void)bynp_robust_unlock(&claims->guard->lock);
}
