/*
 * ring_call.h - what each put and get passes through, in line; for the ring's own sources.
 */
#ifndef BYNI_RING_CALL_H
#define BYNI_RING_CALL_H

#include <string.h>

#include "crash.h"
#include "ring_outside.h"

enum {
    BYNI_RING_WAKE_FEW = 3
}; /* a wake-up that one of them takes to its grave is not the only one */

static inline uint32_t byni_how_many_to_wake(size_t messages)
{
    return messages > BYNI_RING_WAKE_FEW ? (uint32_t)messages : BYNI_RING_WAKE_FEW;
}

/* ---- Sides ----------------------------------------------------------------------------------------- */

static inline void byni_side_read(const byni_ring_side *side, uint64_t *bytes, uint64_t *messages)
{
    const byni_ring_cell *cell = &side->cells[bynk_spot_number(&side->spot) & 1];

    *bytes = byni_load64(&cell->bytes);
    *messages = byni_load64(&cell->messages);
}

static inline void byni_commit(bynk_segment *segment, byni_ring_side *side, uint64_t bytes,
                               uint64_t messages, uint32_t wake)
{
    byni_ring_cell *cell = &side->cells[(bynk_spot_number(&side->spot) + 1) & 1];

    byni_store64(&cell->bytes, bytes);
    byni_store64(&cell->messages, messages);
    byni_crash_point("ring.written");
    bynk_spot_add(segment, &side->spot, 1, wake);
    byni_crash_point("ring.committed");
}

/* ---- The guard ------------------------------------------------------------------------------------- */

static inline bynk_deadline byni_deadline_of(byni_ring_wait *wait)
{
    if (wait->deadline == BYNK_NOW)
        wait->deadline = byni_deadline(wait->timeout);
    return wait->deadline;
}

/* It was not to be had at once, or its holder died. */
byn_status byni_ring_enter_at_last(byni_ring *ring, byni_ring_wait *wait, byn_status status);

static inline byn_status byni_enter(byni_ring *ring, byni_ring_wait *wait)
{
    bynk_deadline deadline = wait->timeout == BYN_FOREVER ? BYNK_SOON : BYNK_NOW;
    byn_status status = bynk_guard_lock(ring->segment, &ring->state->guard, deadline);

    return BYNI_UNLIKELY(status != BYN_OK) ? byni_ring_enter_at_last(ring, wait, status) : BYN_OK;
}

static inline void byni_leave(byni_ring *ring)
{
    bynk_guard_unlock(ring->segment, &ring->state->guard);
}

/* ---- Records. With the guard ----------------------------------------------------------------------- */

static inline byn_status byni_look(const byni_ring *ring, byni_ring_view *view)
{
    uint64_t used;

    byni_side_read(&ring->state->in, &view->end, &view->put);
    byni_side_read(&ring->state->out, &view->first, &view->got);
    used = view->end - view->first;
    if (((view->first | view->end) & 7) != 0 || used > ring->limits.capacity ||
        view->put - view->got > used / sizeof(byni_ring_record) ||
        (view->put == view->got ? used != 0 && ring->copies == NULL : used == 0))
        return byni_ring_broken();
    return BYN_OK;
}

/* What lies there up to the ring's end. */
static inline size_t byni_before_the_end(const byni_ring *ring, uint64_t at, size_t size)
{
    uint64_t rest = ring->size - (at & (ring->size - 1));

    return rest < size ? (size_t)rest : size;
}

static inline void byni_read_apart(const byni_ring *ring, uint64_t at, void *to, size_t size)
{
    size_t first = byni_before_the_end(ring, at, size);

    if (first > 0)
        memcpy(to, ring->bytes + (at & (ring->size - 1)), first);
    if (first < size)
        memcpy((unsigned char *)to + first, ring->bytes, size - first);
}

static inline void byni_write_apart(const byni_ring *ring, uint64_t at, const void *from,
                                    size_t size)
{
    size_t first = byni_before_the_end(ring, at, size);

    if (first > 0)
        memcpy(ring->bytes + (at & (ring->size - 1)), from, first);
    if (first < size)
        memcpy(ring->bytes, (const unsigned char *)from + first, size - first);
}

static inline void byni_read(const byni_ring *ring, uint64_t at, void *to, size_t size)
{
    uint64_t place = at & (ring->size - 1);

    if (BYNI_UNLIKELY(size == 0 || size > ring->size - place))
        byni_read_apart(ring, at, to, size);
    else
        memcpy(to, ring->bytes + place, size);
}

static inline void byni_write(const byni_ring *ring, uint64_t at, const void *from, size_t size)
{
    uint64_t place = at & (ring->size - 1);

    if (BYNI_UNLIKELY(size == 0 || size > ring->size - place))
        byni_write_apart(ring, at, from, size);
    else
        memcpy(ring->bytes + place, from, size);
}

/* ---- Lines that will be needed ------------------------------------------------------------------------ */

/*
 * Where both ends run, each line of the ring comes from the other end's processor. A locked instruction, of which
 * each call has three, waits until all that was stored before has got its line; so a put would wait for each. The
 * lines of a later message are asked for now, as many as were used now: so far ahead as is put while a line
 * is on its way. But only those that are known to be this end's: the other's would be taken from it.
 * Nothing is written, so a death leaves nothing of it.
 */
enum { BYNI_RING_LINE = 64, BYNI_RING_AHEAD = 512, BYNI_RING_FETCHED = 2048 };

/* No more than can be on their way at once. */
static inline uint64_t byni_how_much_to_fetch(uint64_t used)
{
    return used < BYNI_RING_FETCHED ? used : BYNI_RING_FETCHED;
}

/* For putters, who are at `end` and know that getters are at `first`, or further. */
static inline void byni_fetch_room(const byni_ring *ring, uint64_t first, uint64_t end,
                                   uint64_t used)
{
    uint64_t from = end + BYNI_RING_AHEAD, to = from + byni_how_much_to_fetch(used);

    if (to - first > ring->limits.capacity)
        return;
    for (; from < to; from += BYNI_RING_LINE)
        byni_prefetch_to_change(byni_ring_word(ring, from));
}

/* For getters, who are at `first` and know that putters are at `end`, or further. */
static inline void byni_fetch_messages(const byni_ring *ring, uint64_t first, uint64_t end,
                                       uint64_t used)
{
    uint64_t from = first + BYNI_RING_AHEAD, to = from + byni_how_much_to_fetch(used);

    if ((int64_t)(end - to) < 0)
        return;
    for (; from < to; from += BYNI_RING_LINE)
        byni_prefetch(byni_ring_word(ring, from));
}

/* ---- Waiting ---------------------------------------------------------------------------------------- */

/* Without the guard, after an attempt in vain. BYN_OK: try again. */
byn_status byni_ring_sleep(byni_ring *ring, byni_ring_side *side, uint32_t seen,
                           byni_ring_wait *wait);

/* As byni_ring_try(). */
static inline byn_status byni_try(byni_ring *ring, byni_ring_side *side, byni_ring_wait *wait,
                                  byn_status (*attempt)(byni_ring *ring, void *context),
                                  void *context)
{
    for (;;) {
        byn_status status = byni_enter(ring, wait);
        uint32_t seen;

        if (BYNI_UNLIKELY(status < 0))
            return status;
        status = attempt(ring, context);
        seen = bynk_spot_number(&side->spot);
        byni_leave(ring);
        if (status != BYN_E_TIMEDOUT)
            return status;
        status = byni_ring_sleep(ring, side, seen, wait);
        if (status < 0)
            return status;
    }
}

/* With the guard: BYN_OK: the first message that can be got is at *at. BYN_E_CLOSED, BYN_E_TIMEDOUT: there is
 * none. */
static inline byn_status byni_look_for_one(byni_ring *ring, byni_ring_view *view, uint64_t *at)
{
    if (byni_look(ring, view) < 0)
        return BYN_E_CORRUPT;
    *at = view->first;
    if (view->put == view->got)
        return byni_load32(&ring->state->closed) != 0 ? BYN_E_CLOSED : BYN_E_TIMEDOUT;
    return ring->copies == NULL ? BYN_OK : byni_outside_find_ready(ring, view, at);
}

#endif
