/*
 * ring_outside.h - large messages of a ring are copied without the guard; for the ring's own sources.
 *
 * A put reserves its room, copies, and then makes the message one that can be got. A get takes a message,
 * copies it, and then removes it. Both enter the guard twice, for an instant. While they copy, a copier in
 * shared memory says who copies what, and the head of the first record which copier that is. Both are as
 * long as what is copied together: a put of many becomes many records by one store of the first head.
 *
 *   READY -> TAKEN by a getter, and from there to OVER, or out of the ring if it was the first
 *   RESERVED -> READY by its putter. OVER, if the ring was closed meanwhile
 *   TAKEN -> READY, RESERVED -> OVER, if the copier died: by who looks
 *   OVER: the room comes back as soon as all before it has
 *
 * Order: what is RESERVED is passed by getters, for its putter has put nothing later. What was taken first is
 * removed first: who has copied sooner waits for its turn. So what comes back since its getter died is
 * still before all that was not removed; who had taken something behind it takes anew.
 *
 * A death: the head and the copier are written with the guard, whose heir counts again. A bit of `copying`
 * whose head says something else is no copier. Who waits in vain asks whether the copiers live.
 */
#ifndef BYNI_RING_OUTSIDE_H
#define BYNI_RING_OUTSIDE_H

#include "ring.h"

/* The marks of records' heads: one of these, or 1 + the index of a copier. */
enum { BYNI_RING_READY = 0, BYNI_RING_OVER = 1 + BYNI_RING_COPIERS };

/* A head, which is changed by one store. */
typedef union byni_ring_head {
    struct {
        uint32_t length, mark;
    };
    uint64_t word;
} byni_ring_head;

static inline byni_ring_head byni_ring_head_at(const byni_ring *ring, uint64_t at)
{
    byni_ring_head head;

    head.word = byni_load64(byni_ring_word(ring, at));
    return head;
}

static inline void byni_ring_head_store(const byni_ring *ring, uint64_t at, uint32_t length,
                                        uint32_t mark)
{
    byni_ring_head head;

    head.length = length;
    head.mark = mark;
    byni_store64(byni_ring_word(ring, at), head.word);
}

/* What this thread copies. */
typedef struct byni_outside {
    unsigned index;   /* of the copier */
    uint64_t at, end; /* places */
    uint32_t first;   /* the length of the first record */
    uint32_t count;   /* messages */
} byni_outside;

/* ---- All with the guard ----------------------------------------------------------------------------- */

/* Whether somebody has taken messages and copies them. */
bool byni_outside_taking(const byni_ring *ring);

/* How many messages are being put. */
uint64_t byni_outside_reserved(const byni_ring *ring);

/* Begin. false: there are as many copiers as there can be. */
bool byni_outside_reserve(byni_ring *ring, byni_outside *mine);
bool byni_outside_take(byni_ring *ring, byni_outside *mine);

/* Whether it is still this thread's. */
bool byni_outside_is_mine(const byni_ring *ring, const byni_outside *mine);

/* Whether something that was taken is before it. */
bool byni_outside_is_behind(const byni_ring *ring, const byni_outside *mine);

/* No copier any more; its head has been stored, or is out of the ring. */
void byni_outside_end(byni_ring *ring, const byni_outside *mine);

/* The place of the first record from *at on that can be got. BYN_E_TIMEDOUT: there is none; BYN_E_CORRUPT. */
byn_status byni_outside_find_ready(byni_ring *ring, const byni_ring_view *view, uint64_t *at);

/* The place behind all at this one that are over. */
uint64_t byni_outside_pass(const byni_ring *ring, const byni_ring_view *view, uint64_t at);

/* What the heir of the guard does. */
byn_status byni_outside_repair(byni_ring *ring);

/* ---- Without the guard ------------------------------------------------------------------------------ */

/* A call fails in between: what was taken can be got again, what was reserved is over. */
void byni_outside_give_up(byni_ring *ring, unsigned index);

/*
 * Ask whether the copiers live. What the dead were copying is put in order; *changed: there was something.
 * who[]: those that live.
 */
byn_status byni_outside_look(byni_ring *ring, bynk_identity who[BYNI_RING_COPIERS], unsigned *count,
                             bool *changed);

/* Those who have taken messages, up to `most`; without asking. */
unsigned byni_outside_takers(const byni_ring *ring, bynk_identity *who, unsigned most);

#endif
