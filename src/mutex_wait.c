/* Waiting for a mutex: who waits is written down, a dead owner is told from a busy one, circles are looked for. */
#include "mutex_state.h"

#include "circle.h"

enum { SLICE_MS = 5000, FIRST_LOOK_MS = 20, LAST_LOOK_MS = 1000, LOOKING_IS_A = 20 };

/* A record that changed meanwhile may join one's thread to another's process: it says nothing. */
uint64_t byni_mutex_dead_owner(const byni_mutex_state *state, uint32_t *pid)
{
    uint32_t depth = byni_load32(&state->depth);
    uint64_t who = byni_load64(&state->owner);

    *pid = (uint32_t)(byni_load64(&state->record.numbers) >> 32);
    byni_fence();
    if (depth == 0 || who == 0 || who != byni_load64(&state->owner))
        return 0;
    return bynk_thread_is_dead(who, *pid) ? who : 0;
}

/* One wait. */
typedef struct waiting {
    bynk_deadline deadline;
    uint64_t since;
    uint64_t suspect;       /* an owner that is dead, and was at the last look */
    uint64_t look_at_owner; /* when the next look is */
    uint32_t slice_ms;
    bool senses;
    byni_waiter *written;
} waiting;

/*
 * The system hands on the lock of a dead owner, unless the owner's memory was unmapped or overwritten
 * behind the library's back. An error, then, is better than waiting for ever.
 */
static byn_status look_at_owner(const byn_mutex *mutex, waiting *w)
{
    uint64_t now = bynk_clock(), dead;
    uint32_t pid;

    if (now < w->look_at_owner)
        return BYN_OK;
    dead = byni_mutex_dead_owner(mutex->state, &pid);
    if (dead != 0 && dead == w->suspect)
        return byni_fail(BYN_E_CORRUPT,
                         "its owner, process %u, is dead, and the system does not release it: its "
                         "memory was unmapped or overwritten; close the object everywhere",
                         pid);
    w->suspect = dead;
    w->look_at_owner = now + SLICE_MS * UINT64_C(1000000);
    return BYN_OK;
}

/* The first time soon, and then as rarely as other things are looked at. With very many objects a look is long: then
 * still more rarely, so that it is a twentieth of the wait. */
static byn_status look_for_circle(const byn_mutex *mutex, waiting *w)
{
    const uint64_t begin = bynk_clock();
    byn_status status;
    uint64_t rest_ms;

    if (!w->senses)
        return BYN_OK;
    status = byni_circle_is_mine(&mutex->object, w->since);
    rest_ms = (bynk_clock() - begin) / 1000000 * LOOKING_IS_A;
    if (w->slice_ms < LAST_LOOK_MS)
        w->slice_ms *= 2;
    if (w->slice_ms < rest_ms)
        w->slice_ms = rest_ms < SLICE_MS ? (uint32_t)rest_ms : SLICE_MS;
    return status;
}

/* Somebody who looks can read it; where there was no room, again and again. */
static void write_down(byn_mutex *mutex, waiting *w)
{
    if (w->written == NULL)
        w->written = byni_waiting_begin(byni_waiters_of(mutex->object.header), &w->since,
                                        w->senses ? BYNI_WANTS_SENSE : 0);
    if (byni_load64(&mutex->state->awaited) == 0)
        byni_store64(&mutex->state->awaited, w->since);
}

byn_status byni_mutex_wait(byn_mutex *mutex, byn_timeout timeout, bool senses)
{
    waiting w = {.deadline = byni_deadline(timeout), .senses = senses};
    byn_status status = BYN_OK;

    w.slice_ms = w.senses ? FIRST_LOOK_MS : SLICE_MS;
    do {
        uint64_t left = byni_remaining(w.deadline, w.slice_ms * UINT64_C(1000000));

        write_down(mutex, &w);
        if (w.look_at_owner == 0)
            w.look_at_owner = w.since + SLICE_MS * UINT64_C(1000000);
        status = bynk_mutex_lock(&mutex->native, left > 0 ? bynk_clock() + left : BYNK_NOW);
        if (status != BYN_E_TIMEDOUT || byni_remaining(w.deadline, 1) == 0)
            break;
        status = look_at_owner(mutex, &w);
        if (status >= 0)
            status = look_for_circle(mutex, &w);
    } while (status >= 0);
    byni_waiting_end(w.written);
    return status;
}
