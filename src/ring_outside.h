/*
 * ring_outside.h - messages of a ring that somebody has without the guard; for the ring's own sources. These are
 * large ones, while they are copied, and places, which a process fills and reads as long as it likes.
 *
 * A put reserves its room, copies, and then makes the message one that can be got. A get takes a message,
 * copies it, and then removes it. Both enter the guard twice, for an instant. In between a copier in
 * shared memory says who has what, and the head of the first record which copier that is. Both are as
 * long as what is copied together: a put of many becomes many records by one store of the first head.
 *
 *   READY -> TAKEN by a getter, and from there to OVER, or out of the ring if it was the first
 *   RESERVED -> READY by its putter; of a place only as much of it as is wanted, and the rest is OVER. OVER, if
 *     the ring was closed meanwhile
 *   TAKEN -> READY, RESERVED -> OVER, if the copier died: by who looks. By itself, if it wants a place no longer
 *   OVER: the room comes back as soon as all before it has
 *
 * Order: what is RESERVED is passed by getters, for its putter has put nothing later; or it has, since it fills
 * a place, and says itself when it is put. What was taken to be copied first is removed first: who has copied
 * sooner waits for its turn. So what comes back since its getter died is still before all that was not removed;
 * who had taken something behind it takes anew. A place that is held keeps nobody waiting: if it comes back, what
 * was behind it may have been got.
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

typedef enum byni_outside_kind {
    BYNI_PUTTING,
    BYNI_GETTING,
    BYNI_RESERVED,
    BYNI_HELD
} byni_outside_kind;

/* What this thread copies; or a place of this process. */
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

/* How many places of a kind are out. */
unsigned byni_outside_places(const byni_ring *ring, byni_outside_kind kind);

/* Begin. false: there are as many of the kind as there can be. */
bool byni_outside_begin(byni_ring *ring, byni_outside *mine, byni_outside_kind kind);

/* Whether it is still this thread's, or process'. */
bool byni_outside_is_mine(const byni_ring *ring, const byni_outside *mine);

/* What was reserved can be got: the first head says so, then it counts. */
void byni_outside_publish(byni_ring *ring, const byni_ring_view *view, const byni_outside *mine);

/* What was reserved is over; wakes up to `wake` who wait for room. */
void byni_outside_take_back(byni_ring *ring, const byni_ring_view *view, const byni_outside *mine,
                            uint32_t wake);

/* What was taken can be got again. */
void byni_outside_bring_back(byni_ring *ring, unsigned index);

/* What was got is removed. ring_get.c. */
void byni_outside_remove(byni_ring *ring, const byni_ring_view *view, const byni_outside *mine);

/* How many of these messages find room, and where they end. The room of those in front that are over comes back
 * first, if it is needed: *view changes. ring_put.c. */
size_t byni_outside_room(byni_ring *ring, byni_ring_view *view, const size_t *sizes, size_t count,
                         uint64_t *end);

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

/* The same for all places of this process, which leaves. */
void byni_outside_leave(byni_ring *ring);

/*
 * Ask whether the copiers live. What the dead had is put in order; *changed: there was something.
 * who[]: those that live, each once, but not this process as a whole.
 */
byn_status byni_outside_look(byni_ring *ring, bynk_identity who[BYNI_RING_COPIERS], unsigned *count,
                             bool *changed);

/* Before somebody gets what may be behind a message that is held: the same, now and then. */
void byni_outside_look_at_holders(byni_ring *ring);

static inline bool byni_is_among(const bynk_identity *some, unsigned number,
                                 const bynk_identity *who)
{
    unsigned i;

    for (i = 0; i < number; i++)
        if (bynk_identity_same(&some[i], who))
            return true;
    return false;
}

/* Those who have taken or hold messages, up to `most`, without asking; others than this process as a whole. */
unsigned byni_outside_takers(const byni_ring *ring, bynk_identity *who, unsigned most);

#endif
