/*
 * ring_copier.h - the copiers of a ring, and the bits that say which of them there are; see ring_outside.h. All with the
 * guard, or as an estimate.
 */
#ifndef BYNI_RING_COPIER_H
#define BYNI_RING_COPIER_H

#include "ring_call.h"

/* Where each kind of them begins. */
static const unsigned byni_first_copier[] = {[BYNI_PUTTING] = 0,
                                             [BYNI_GETTING] = BYNI_RING_GETTERS,
                                             [BYNI_RESERVED] = BYNI_RING_RESERVED,
                                             [BYNI_HELD] = BYNI_RING_HELD,
                                             [BYNI_HELD + 1] = BYNI_RING_COPIERS};

static inline byni_ring_copier *byni_copier(const byni_ring *ring, unsigned index)
{
    return &ring->copies->copiers[index];
}

static inline uint64_t byni_copying(const byni_ring *ring)
{
    return byni_load64(&ring->state->copying);
}

static inline uint64_t byni_copier_bit(unsigned index)
{
    return UINT64_C(1) << index;
}

/* The bits of a kind. */
static inline uint64_t byni_copiers_of(byni_outside_kind kind)
{
    return byni_copier_bit(byni_first_copier[kind + 1]) - byni_copier_bit(byni_first_copier[kind]);
}

static inline bool byni_copier_is_place(unsigned index)
{
    return index >= BYNI_RING_RESERVED;
}

/* Whether it has taken what can be got, to copy or to hold it. */
static inline bool byni_copier_has_taken(unsigned index)
{
    return ((byni_copiers_of(BYNI_GETTING) | byni_copiers_of(BYNI_HELD)) &
            byni_copier_bit(index)) != 0;
}

static inline bynk_identity byni_copier_identity(const byni_ring *ring, unsigned index)
{
    const byni_ring_copier *c = byni_copier(ring, index);
    bynk_identity who = {byni_load32(&c->pid), byni_load32(&c->thread), byni_load64(&c->started)};

    return who;
}

static inline void byni_copier_set(byni_ring *ring, unsigned index)
{
    byni_store64(&ring->state->copying, byni_copying(ring) | byni_copier_bit(index));
}

static inline void byni_copier_clear(byni_ring *ring, unsigned index)
{
    byni_store64(&ring->state->copying, byni_copying(ring) & ~byni_copier_bit(index));
}

/* Whether it has a record in the ring, whose head says so; *head is a copy. */
static inline bool byni_copier_is_sound(const byni_ring *ring, const byni_ring_view *view,
                                        unsigned index, byni_ring_head *head)
{
    uint64_t at = byni_load64(&byni_copier(ring, index)->at);

    if ((at & 7) != 0 || at - view->first >= view->end - view->first)
        return false;
    *head = byni_ring_head_at(ring, at);
    return head->mark == 1 + index && byni_ring_record_size(head->length) <= view->end - at;
}

#endif
