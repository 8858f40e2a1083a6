/*
 * ring_short.h - a put and a get of one message, in line, where nothing has to be waited for: nobody has the
 * guard, there is room, or a message. Of rings without prefixes.
 *
 * They do what byni_ring_put() and byni_ring_get() do, with the same commit, so a death leaves what it leaves
 * there. All that is out of the ordinary is left to them: a guard that somebody has, or left behind; a ring
 * that is closed, full or empty; what makes no sense.
 *
 * How far the other end has come is remembered from the last look at it. Ends only move forward: so there is at
 * least the room, and at least the messages, that were there then, and the other end's line is left alone
 * until they are used up.
 */
#ifndef BYNI_RING_SHORT_H
#define BYNI_RING_SHORT_H

#include "ring_call.h"

static inline const byni_ring_cell *byni_cell_now(const byni_ring_side *side)
{
    return &side->cells[bynk_spot_number(&side->spot) & 1];
}

/* Without the guard: nothing is there, at the moment when the spot's number was *seen. What is not known to be
 * empty may be it, or not. */
static inline bool byni_short_is_empty(byni_ring *ring, uint32_t *seen)
{
    const byni_ring_side *in = &ring->state->in;
    uint64_t first = byni_load64(&ring->seen_first);

    if (first != byni_load64(&ring->seen_end))
        return false;
    *seen = bynk_spot_number(&in->spot);
    return byni_load64(&in->cells[*seen & 1].bytes) == first;
}

/* The same: that there is no room for so much. */
static inline bool byni_short_is_full(byni_ring *ring, uint64_t need, uint32_t *seen)
{
    const byni_ring_side *out = &ring->state->out;
    uint64_t limit = byni_load64(&ring->seen_end) + need - ring->limits.capacity;

    if ((int64_t)(limit - byni_load64(&ring->seen_first)) <= 0)
        return false;
    *seen = bynk_spot_number(&out->spot);
    return (int64_t)(limit - byni_load64(&out->cells[*seen & 1].bytes)) > 0;
}

/* With the guard. */
static inline void byni_short_remember(byni_ring *ring, uint64_t first, uint64_t end)
{
    byni_store64(&ring->seen_first, first);
    byni_store64(&ring->seen_end, end);
}

/* With the guard. */
static inline bool byni_short_has_room(byni_ring *ring, uint64_t end, uint64_t need)
{
    uint64_t capacity = ring->limits.capacity;
    uint64_t used = end - byni_load64(&ring->seen_first);

    if (BYNI_UNLIKELY(used > capacity || need > capacity - used)) {
        uint64_t first = byni_load64(&byni_cell_now(&ring->state->out)->bytes);

        byni_store64(&ring->seen_first, first);
        used = end - first;
    }
    return (end & 7) == 0 && used <= capacity && need <= capacity - used;
}

/* With the guard. */
static inline bool byni_short_append(byni_ring *ring, const void *data, size_t size)
{
    byni_ring_side *in = &ring->state->in;
    const byni_ring_cell *now = byni_cell_now(in);
    uint64_t end = byni_load64(&now->bytes), need = byni_ring_record_size(size);

    if (BYNI_UNLIKELY(byni_load32(&ring->state->closed) != 0 ||
                      !byni_short_has_room(ring, end, need)))
        return false;
    byni_ring_head_store(ring, end, (uint32_t)size, BYNI_RING_READY);
    byni_write(ring, end + sizeof(byni_ring_record), data, size);
    byni_commit(ring->segment, in, end + need, byni_load64(&now->messages) + 1, BYNI_RING_WAKE_FEW);
    byni_store64(&ring->seen_end, end + need);
    byni_fetch_room(ring, byni_load64(&ring->seen_first), end + need, need);
    return true;
}

/* The thread is known, see bynk_knows_me(); the size is not above the largest. false: nothing was done. */
static inline bool byni_put_short(byni_ring *ring, const void *data, size_t size)
{
    uint32_t seen;
    bool done;

    if (BYNI_UNLIKELY(size >= ring->short_below ||
                      byni_short_is_full(ring, byni_ring_record_size(size), &seen) ||
                      !bynk_guard_try(&ring->state->guard)))
        return false;
    done = byni_short_append(ring, data, size);
    byni_leave(ring);
    return done;
}

/* With the guard: whether the first record's head may be read. */
static inline bool byni_short_has_message(byni_ring *ring, uint64_t first)
{
    uint64_t end = byni_load64(&ring->seen_end);

    if (BYNI_UNLIKELY((int64_t)(end - first) <= 0)) {
        end = byni_load64(&byni_cell_now(&ring->state->in)->bytes);
        byni_store64(&ring->seen_end, end);
    }
    return ((first | end) & 7) == 0 && first != end && end - first <= ring->limits.capacity;
}

/* With the guard. Whom to wake where somebody sleeps is not decided here. */
static inline void byni_short_take_out(byni_ring *ring, uint64_t first, uint64_t next)
{
    byni_ring_side *out = &ring->state->out;
    uint64_t got = byni_load64(&byni_cell_now(out)->messages);

    if (BYNI_UNLIKELY(bynk_spot_has_sleepers(&out->spot))) {
        uint64_t end = byni_load64(&byni_cell_now(&ring->state->in)->bytes);
        const byni_ring_view view = {.first = first, .end = end, .got = got, .put = got + 1};

        byni_ring_commit_out(ring, &view, next, got + 1);
    } else {
        byni_commit(ring->segment, out, next, got + 1, BYNI_RING_WAKE_FEW);
    }
    byni_store64(&ring->seen_first, next);
}

/* With the guard. A record that is not READY, or those who copy, are not for here. */
static inline bool byni_short_remove(byni_ring *ring, void *buffer, size_t *size)
{
    uint64_t first = byni_load64(&byni_cell_now(&ring->state->out)->bytes), need;
    byni_ring_head head;

    if (BYNI_UNLIKELY(byni_load64(&ring->state->copying) != 0 ||
                      !byni_short_has_message(ring, first)))
        return false;
    head = byni_ring_head_at(ring, first);
    need = byni_ring_record_size(head.length);
    if (BYNI_UNLIKELY(head.mark != BYNI_RING_READY || head.length >= ring->short_below ||
                      head.length > *size || need > byni_load64(&ring->seen_end) - first))
        return false;
    byni_read(ring, first + sizeof(byni_ring_record), buffer, head.length);
    byni_short_take_out(ring, first, first + need);
    byni_fetch_messages(ring, first + need, byni_load64(&ring->seen_end), need);
    *size = head.length;
    return true;
}

/* The thread is known, see bynk_knows_me(). *size: the room, then the message's. false: nothing was done, but
 * that the buffer may have been written to. */
static inline bool byni_get_short(byni_ring *ring, void *buffer, size_t *size)
{
    uint32_t seen;
    bool done;

    if (BYNI_UNLIKELY(ring->short_below == 0 || byni_short_is_empty(ring, &seen) ||
                      !bynk_guard_try(&ring->state->guard)))
        return false;
    done = byni_short_remove(ring, buffer, size);
    byni_leave(ring);
    return done;
}

#endif
