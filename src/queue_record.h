/*
 * queue_record.h - the records of a queue whose messages can be got on trial; for its own sources. All with the guard.
 */
#ifndef BYNI_QUEUE_RECORD_H
#define BYNI_QUEUE_RECORD_H

#include "crash.h"
#include "queue_state.h"
#include "ring_call.h"

static inline byni_queue_state *byni_queue_state_of(const byni_ring *ring)
{
    return (byni_queue_state *)(void *)ring->state;
}

/* What the words say, copied and found consistent. */
typedef struct byni_queue_picture {
    byni_ring_view view;
    uint64_t fresh, fresh_number, returned, received;
} byni_queue_picture;

static inline byn_status byni_queue_look(const byni_ring *ring, byni_queue_picture *p)
{
    const byni_queue_state *state = byni_queue_state_of(ring);
    uint64_t before;

    if (byni_ring_look(ring, &p->view) < 0)
        return BYN_E_CORRUPT;
    p->fresh = byni_load64(&state->fresh);
    p->fresh_number = byni_load64(&state->fresh_number);
    p->returned = byni_load64(&state->returned);
    p->received = byni_load64(&state->received);
    before = p->fresh_number - p->view.got;
    if (p->fresh - p->view.first > p->view.end - p->view.first || (p->fresh & 7) != 0 ||
        before > p->view.put - p->view.got || p->returned > before ||
        p->received > before - p->returned)
        return byni_ring_broken();
    return BYN_OK;
}

/* One record on the way from the first to the last. */
typedef struct byni_queue_walk {
    uint64_t at;
    byni_ring_record *record;
    uint32_t length, mark;
} byni_queue_walk;

static inline byn_status byni_queue_read(const byni_ring *ring, const byni_ring_view *view,
                                         byni_queue_walk *w)
{
    w->record = byni_ring_record_at(ring, view, w->at, &w->length);
    if (w->record == NULL)
        return BYN_E_CORRUPT;
    if (w->length < ring->limits.prefix) {
        (void)byni_ring_broken();
        return BYN_E_CORRUPT;
    }
    w->mark = byni_load32(&w->record->mark);
    return BYN_OK;
}

static inline uint64_t byni_queue_behind(const byni_queue_walk *w)
{
    return w->at + byni_ring_record_size(w->length);
}

/* Read the record at w->at, and if it is before `end` and not of this kind go on to the next. BYN_OK: it is
 * one; BYN_E_TIMEDOUT: there is none. */
static inline byn_status byni_queue_find(const byni_ring *ring, const byni_ring_view *view,
                                         uint64_t end, uint32_t kind, byni_queue_walk *w)
{
    while (w->at - view->first < end - view->first) {
        byn_status status = byni_queue_read(ring, view, w);

        if (status < 0 || (w->mark & BYNI_MARK_MASK) == kind)
            return status;
        w->at = byni_queue_behind(w);
    }
    if (w->at == end)
        return BYN_E_TIMEDOUT;
    (void)byni_ring_broken();
    return BYN_E_CORRUPT;
}

static inline bynk_identity byni_queue_receiver(const byni_ring *ring, const byni_queue_walk *w)
{
    uint64_t prefix = w->at + sizeof(byni_ring_record);
    bynk_identity who = {
        .pid = (uint32_t)byni_load64(byni_ring_word(ring, prefix + BYNI_PREFIX_PID)),
        .started = byni_load64(byni_ring_word(ring, prefix + BYNI_PREFIX_STARTED))};

    return who;
}

static inline bool byni_is_own(const bynk_identity *who)
{
    bynk_identity self;

    bynk_identity_own(&self);
    return bynk_identity_same(who, &self);
}

static inline void byni_queue_count(byni_a64 *word, uint64_t difference)
{
    byni_store64(word, byni_load64(word) + difference);
}

static inline uint32_t byni_queue_deliveries(uint32_t mark)
{
    return mark & ~(uint32_t)BYNI_MARK_MASK;
}

/* Whether it comes back or is over: the store of the mark is the commit. */
static inline void byni_queue_mark(byni_ring *ring, const byni_queue_walk *w, uint32_t mark)
{
    byni_queue_state *state = byni_queue_state_of(ring);

    byni_store32(&w->record->mark, byni_queue_deliveries(w->mark) | mark);
    byni_crash_point("queue.marked");
    byni_queue_count(&state->received, UINT64_MAX);
    if (mark == BYNI_TO_GET)
        byni_queue_count(&state->returned, 1);
}

#endif
