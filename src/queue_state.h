/*
 * queue_state.h - a queue: its words, and what its sources share.
 */
#ifndef BYNI_QUEUE_STATE_H
#define BYNI_QUEUE_STATE_H

#include <byname/queue.h>

#include "ring.h"

/*
 * In shared memory; changed with the ring's guard only.
 *
 * done: `messages` is how many have been reported done; those in byn_queue_join() sleep there. What is
 *   unfinished is the difference to what was ever put, so that a put needs no second store.
 *
 * With acknowledge a message that was received stays in the ring. Its record's mark says how it stands, and
 * is the one word that a death can leave either way; the rest is counted again by the guard's heir.
 */
typedef struct byni_queue_state {
    byni_ring_state ring;
    byni_ring_side done;
    byni_ring_copies copies; /* without acknowledge */
    /* From here on no message was ever received: the place, and how many messages were put before it. */
    byni_a64 fresh, fresh_number;
    byni_a64 returned; /* messages before that which can be got */
    byni_a64 received; /* messages that somebody has on trial */
} byni_queue_state;

_Static_assert(BYNI_STATE_OFFSET + sizeof(byni_queue_state) <= BYNI_DATA_OFFSET, "before the ring");

/*
 * A record's mark: deliveries << 2 | one of these. TO_GET -> ON_TRIAL: it was received, by whom the prefix
 * says, which is written before. ON_TRIAL -> TO_GET: it comes back. ON_TRIAL, TO_GET -> OVER: acknowledged,
 * or got for good; the room comes back when all before it is over.
 */
enum { BYNI_TO_GET = 0, BYNI_ON_TRIAL = 1, BYNI_OVER = 2, BYNI_MARK_MASK = 3 };

/* In front of each message of a queue with acknowledge: which process has it. Two words, since they may lie at
 * the two ends of the ring. */
enum { BYNI_PREFIX_PID = 0, BYNI_PREFIX_STARTED = 8 };

/* A message that lies across the end of the ring has a copy in the process that has its place. Its bytes follow. */
typedef struct byni_queue_copy {
    struct byni_queue_copy
        *older; /* of the same number: left there, if somebody has broken the queue */
    _Alignas(8) uint64_t size;
} byni_queue_copy;

struct byn_queue {
    byni_object object;
    byni_ring ring;
    byni_queue_state *state;
    byni_a64 looked; /* bynk_clock() when this process last asked whether receivers live */
    bool acknowledges;
    /* By the number of the place; used by who has it. */
    byni_queue_copy *copies[BYNI_RING_COPIERS - BYNI_RING_RESERVED];
};

/* Parameters: what every opener of it agrees on. */
enum { BYNI_QUEUE_CAPACITY, BYNI_QUEUE_ITEMS, BYNI_QUEUE_LARGEST, BYNI_QUEUE_ACKNOWLEDGE };

/* ---- queue.c: what all calls begin and end with ---------------------------------------------------- */

byn_status byni_queue_usable(const byn_queue *queue, const char *operation);

/* The same of a call that may wait. */
byn_status byni_queue_ready_to(const byn_queue *queue, const char *operation, byn_timeout timeout);

/* The failure, if it is one, has its sentence. */
byn_status byni_queue_answer(const byn_queue *queue, byn_status status, const char *operation);

/* BYN_E_TOOBIG: a message is larger than the queue's largest. */
byn_status byni_queue_fits(const byn_queue *queue, const char *operation, const size_t *sizes,
                           size_t count);

/* ---- queue_place.c --------------------------------------------------------------------------------- */

/* What places this process has are given back. */
void byni_queue_leave_places(byn_queue *queue);

/* ---- queue_trial.c: queues with acknowledge -------------------------------------------------------- */

typedef enum byni_queue_taking { BYNI_LEAVE, BYNI_TRY, BYNI_TAKE } byni_queue_taking;

/* What the heir of the guard does. */
byn_status byni_queue_repair(byni_ring *ring);

/* Get the first message that can be got. BYN_ABANDONED: somebody had it on trial before. ticket: of BYNI_TRY. */
byn_status byni_queue_take(byn_queue *queue, byni_ring_wanted *wanted, byni_queue_taking how,
                           uint64_t *ticket, byn_timeout timeout);

/* End the trial of a ticket: it is over, or it comes back. */
byn_status byni_queue_end_trial(byn_queue *queue, uint64_t ticket, uint32_t mark);

/* With the guard: how many can be got, and how many are on trial. */
byn_status byni_queue_tell(const byn_queue *queue, uint64_t *to_get, uint64_t *received);

/* As byni_ring_ready(). */
byn_status byni_queue_ready(byn_queue *queue);

/* ---- queue_receivers.c: who has something on trial ------------------------------------------------- */

enum { BYNI_QUEUE_WATCHED = 32 }; /* receivers whose death is noticed at once */

static inline bool byni_queue_somebody_received(const byn_queue *queue)
{
    return byni_load64(&queue->state->received) != 0;
}

/* Ask whether they live, without the guard. What the dead have comes back; the last of those that live are told. */
byn_status byni_queue_look_at_receivers(byn_queue *queue, bynk_identity some[BYNI_QUEUE_WATCHED],
                                        unsigned *number);

/* What this process has on trial comes back. */
void byni_queue_give_all_back(byn_queue *queue);

/* As byni_ring_describe(). */
void byni_queue_describe(byn_queue *queue, bynk_waitable *what);

#endif
