/*
 * Who has messages of a queue on trial. Deaths are noticed by who looks: who waits for a message watches the receivers,
 * and every so often who gets one looks at them too. What is dead stays dead: so the system is asked without the guard,
 * and what the dead have is given back with it.
 */
#include "queue_record.h"

enum { CLOSE_MS = 5000 }; /* a guard that cannot be had so long is a stopped process' */

/* What one process has comes back. Without the guard. */
static byn_status bury(byn_queue *queue, const bynk_identity *who, byn_timeout timeout)
{
    byni_ring *ring = &queue->ring;
    byni_ring_wait wait = {.timeout = timeout};
    byn_status status = byni_ring_enter(ring, &wait);
    uint32_t came_back = 0;
    byni_queue_picture p;
    byni_queue_walk w;

    if (status < 0)
        return status;
    status = byni_queue_look(ring, &p);
    w.at = p.view.first;
    while (status >= 0) {
        bynk_identity has;

        status = byni_queue_find(ring, &p.view, p.fresh, BYNI_ON_TRIAL, &w);
        if (status < 0)
            break;
        has = byni_queue_receiver(ring, &w);
        if (bynk_identity_same(&has, who)) {
            byni_queue_mark(ring, &w, BYNI_TO_GET);
            came_back++;
        }
        w.at = byni_queue_behind(&w);
    }
    if (came_back > 0)
        byni_ring_wake(ring->segment, &queue->state->ring.in, came_back + BYNI_RING_WAKE_FEW);
    byni_ring_leave(ring);
    return status == BYN_E_TIMEDOUT ? BYN_OK : status;
}

#define FROM_THE_FIRST UINT64_MAX /* no place: those are multiples of 8 */

/* Who else has something on trial: up to `most`, from the place *at on (FROM_THE_FIRST), which becomes where to
 * go on. */
static byn_status find_receivers(byn_queue *queue, uint64_t *at, bynk_identity *some, unsigned most,
                                 unsigned *number)
{
    byni_ring *ring = &queue->ring;
    byni_ring_wait wait = {.timeout = BYN_NOW};
    byn_status status = byni_ring_enter(ring, &wait);
    byni_queue_picture p;
    byni_queue_walk w;

    *number = 0;
    if (status < 0)
        return status;
    status = byni_queue_look(ring, &p);
    w.at = p.view.first;
    if ((*at & 7) == 0 && *at - p.view.first <= p.fresh - p.view.first)
        w.at = *at;
    while (status >= 0 && *number < most) {
        bynk_identity has;

        status = byni_queue_find(ring, &p.view, p.fresh, BYNI_ON_TRIAL, &w);
        if (status < 0)
            break;
        has = byni_queue_receiver(ring, &w);
        if (!byni_is_own(&has) && !byni_is_among(some, *number, &has))
            some[(*number)++] = has;
        *at = w.at = byni_queue_behind(&w);
    }
    byni_ring_leave(ring);
    return status == BYN_E_TIMEDOUT ? BYN_OK : status;
}

/* Look at all who have something on trial. Without the guard. The last of them that live are told. */
byn_status byni_queue_look_at_receivers(byn_queue *queue, bynk_identity some[BYNI_QUEUE_WATCHED],
                                        unsigned *number)
{
    byn_status status = BYN_OK;
    uint64_t at = FROM_THE_FIRST;
    bool all;
    unsigned i, alive;

    byni_store64(&queue->looked, bynk_clock());
    do {
        status = find_receivers(queue, &at, some, BYNI_QUEUE_WATCHED, number);
        all = *number < BYNI_QUEUE_WATCHED;
        for (i = alive = 0; i < *number && status >= 0; i++) {
            if (bynk_identity_alive(&some[i]))
                some[alive++] = some[i];
            else
                status = bury(queue, &some[i], BYN_NOW);
        }
        *number = alive;
    } while (status >= 0 && !all);
    return status;
}

void byni_queue_give_all_back(byn_queue *queue)
{
    bynk_identity self;

    bynk_identity_own(&self);
    if (byni_queue_somebody_received(queue))
        (void)bury(queue, &self, CLOSE_MS);
}

void byni_queue_describe(byn_queue *queue, bynk_waitable *what)
{
    uint64_t at = FROM_THE_FIRST;
    unsigned number = 0;

    byni_ring_describe(&queue->ring, what);
    if (byni_queue_somebody_received(queue))
        (void)find_receivers(queue, &at, what->some, BYNK_SOME, &number);
    what->watched = what->some;
    what->watched_count = number;
}
