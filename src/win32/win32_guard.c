/*
 * The guard: a word that names its owner, and an event to park on.
 *
 * A kernel mutex would do the same at the price of two calls for each pair. The owner is a thread, not a
 * process: when a process ends, its other threads end first, and code that still runs then must not wait
 * for them. Nobody sleeps for long without asking whether the owner still lives, so that neither a dead
 * owner nor a wake-up that died with its bearer holds up anybody.
 */
#include "win32.h"

enum { SPINS = 100, SLICE_MS = 50, LAST_SLICE_MS = 1000 };

#define WAITERS UINT64_C(1)

void bynk_guard_initialise(bynk_guard *guard)
{
    byni_store64(&guard->word, 0);
}

static bool try_lock(bynk_guard *guard, uint64_t mine)
{
    uint64_t word = 0;

    return byni_load64(&guard->word) == 0 && byni_cas64(&guard->word, &word, mine);
}

bool bynk_guard_try(bynk_guard *guard)
{
    if (!try_lock(guard, bynk_me()))
        return false;
    byni_crash_point("guard.locked");
    return true;
}

static bool spin(bynk_guard *guard)
{
    int i;

    for (i = 0; i < SPINS; i++) {
        byni_pause();
        if (try_lock(guard, bynk_me()))
            return true;
    }
    return false;
}

/*
 * What a slow locker does before it sleeps. A former sleeper always takes the guard with W, since others
 * may still sleep. BYN_OK: it has it; BYN_E_TIMEDOUT: it shall sleep, *word says on what.
 */
static byn_status announce(bynk_guard *guard, uint64_t *word)
{
    *word = byni_load64(&guard->word);
    for (;;) {
        if (*word == 0) {
            if (byni_cas64(&guard->word, word, bynk_me() | WAITERS))
                return BYN_OK;
        } else if ((*word & WAITERS) != 0) {
            return BYN_E_TIMEDOUT;
        } else if (byni_cas64(&guard->word, word, *word | WAITERS)) {
            *word |= WAITERS;
            return BYN_E_TIMEDOUT;
        }
    }
}

/* Take it over from a dead owner. */
static bool inherit(bynk_segment *segment, bynk_guard *guard, uint64_t word)
{
    if (byni_load64(&guard->word) != word || !bynw_thread_is_dead(word & ~WAITERS))
        return false;
    if (!byni_cas64(&guard->word, &word, bynk_me() | WAITERS))
        return false;
    bynw_seats_wake(segment); /* it may have died between choosing a sleeper and waking it */
    return true;
}

static byn_status lock_slowly(bynk_segment *segment, bynk_guard *guard, bynk_deadline deadline)
{
    HANDLE event = bynw_parking_event(segment, guard);
    uint64_t slice_ms = SLICE_MS, word;

    while (announce(guard, &word) != BYN_OK) {
        uint64_t left = byni_remaining(deadline, slice_ms * NS_PER_MS);

        if ((word & ~WAITERS) == bynk_me())
            return byni_fail(BYN_E_CORRUPT, "the guard of %s is held by the thread that wants it",
                             segment->place);
        if (event == NULL)
            Sleep(left == 0 ? 0 : 1); /* no event to be had: then without */
        else if (WaitForSingleObject(event, bynw_milliseconds(left)) == WAIT_OBJECT_0)
            continue;
        if (inherit(segment, guard, word))
            return BYN_ABANDONED;
        if (byni_remaining(deadline, 1) == 0)
            return BYN_E_TIMEDOUT;
        if (slice_ms < LAST_SLICE_MS)
            slice_ms *= 2;
    }
    return BYN_OK;
}

byn_status bynk_guard_lock(bynk_segment *segment, bynk_guard *guard, bynk_deadline deadline)
{
    const bool soon = deadline == BYNK_SOON;
    byn_status status = BYN_OK;

    if (!try_lock(guard, bynk_me()) && !(bynw_may_spin() && spin(guard)))
        status = lock_slowly(segment, guard, soon ? byni_deadline(BYNI_SOON_MS) : deadline);
    if (soon && status == BYN_E_TIMEDOUT)
        status = byni_stuck();
    if (status >= 0)
        byni_crash_point("guard.locked");
    return status;
}

/* A word that is not the caller's is left alone. */
void bynk_guard_unlock(bynk_segment *segment, bynk_guard *guard)
{
    uint64_t word = bynk_me();
    HANDLE event;

    if (byni_cas64(&guard->word, &word, 0))
        return;
    word = bynk_me() | WAITERS;
    if (!byni_cas64(&guard->word, &word, 0))
        return;
    byni_crash_point("guard.unlocked");
    event = bynw_parking_event(segment, guard);
    if (event != NULL)
        (void)SetEvent(event);
}
