/*
 * Queues whose messages can be got on trial. What is on trial stays where it is in the ring, with its
 * receiver's identity in front of it; so it comes back by a change of its mark, in its old place.
 */
#include "queue_record.h"

enum {
    LOOK_MS = 250, /* about, between two looks at all receivers */
    NS_PER_MS = 1000000,
    TICKET_BITS = 8 /* of the number of deliveries, in a ticket */
};

/* ---- Changes. All with the guard ------------------------------------------------------------------- */

/* It can be got no longer. */
static void taken_out(byni_queue_state *state, const byni_queue_picture *p,
                      const byni_queue_walk *w)
{
    if (w->at != p->fresh) {
        byni_queue_count(&state->returned, UINT64_MAX);
        return;
    }
    byni_store64(&state->fresh, byni_queue_behind(w));
    byni_queue_count(&state->fresh_number, 1);
}

static void one_done(const byni_ring *ring)
{
    byni_queue_state *state = byni_queue_state_of(ring);
    uint64_t bytes, put, done;

    byni_ring_side_read(&state->ring.in, &bytes, &put);
    byni_ring_side_read(&state->done, &bytes, &done);
    byni_ring_commit(ring->segment, &state->done, 0, done + 1, put == done + 1 ? UINT32_MAX : 0);
}

/* The room of those in front that are over comes back. */
static byn_status follow(byni_ring *ring)
{
    byni_queue_picture p;
    byni_queue_walk w;
    uint64_t got;

    if (byni_queue_look(ring, &p) < 0)
        return BYN_E_CORRUPT;
    w.at = p.view.first;
    for (got = p.view.got; w.at - p.view.first < p.fresh - p.view.first; got++) {
        if (byni_queue_read(ring, &p.view, &w) < 0)
            return BYN_E_CORRUPT;
        if ((w.mark & BYNI_MARK_MASK) != BYNI_OVER)
            break;
        w.at = byni_queue_behind(&w);
    }
    if (got != p.view.got)
        byni_ring_commit_out(ring, &p.view, w.at, got);
    return BYN_OK;
}

/* Who waits for a message would wait in vain when the last trial of a closed queue is over. */
static byn_status is_over(byni_ring *ring)
{
    byni_queue_state *state = byni_queue_state_of(ring);

    one_done(ring);
    if (byni_ring_is_closed(ring) && byni_load64(&state->received) == 0)
        byni_ring_wake(ring->segment, &state->ring.in, UINT32_MAX);
    return follow(ring);
}

/* The heir counts again what a death may have left. */
byn_status byni_queue_repair(byni_ring *ring)
{
    byni_queue_state *state = byni_queue_state_of(ring);
    uint64_t number, over = 0, on_trial = 0, fresh_number, before = 0;
    byni_ring_view view;
    byni_queue_walk w;

    if (byni_ring_look(ring, &view) < 0)
        return BYN_E_CORRUPT;
    w.at = view.first;
    byni_store64(&state->fresh, w.at);
    fresh_number = number = view.got;
    for (; w.at != view.end; w.at = byni_queue_behind(&w)) {
        if (byni_queue_read(ring, &view, &w) < 0)
            return BYN_E_CORRUPT;
        number++;
        over += (w.mark & BYNI_MARK_MASK) == BYNI_OVER;
        on_trial += (w.mark & BYNI_MARK_MASK) == BYNI_ON_TRIAL;
        if (w.mark == 0)
            continue;
        byni_store64(&state->fresh, byni_queue_behind(&w));
        fresh_number = number;
        before = number - view.got - over - on_trial;
    }
    byni_store64(&state->fresh_number, fresh_number);
    byni_store64(&state->returned, before);
    byni_store64(&state->received, on_trial);
    byni_ring_commit(ring->segment, &state->done, 0, view.got + over, UINT32_MAX);
    return follow(ring);
}

/* ---- Taking ---------------------------------------------------------------------------------------- */

static byn_status look_now_and_then(byn_queue *queue)
{
    bynk_identity some[BYNI_QUEUE_WATCHED];
    unsigned number;

    if (!byni_queue_somebody_received(queue) ||
        bynk_clock() - byni_load64(&queue->looked) < (uint64_t)LOOK_MS * NS_PER_MS)
        return BYN_OK;
    return byni_queue_look_at_receivers(queue, some, &number);
}

typedef struct taking {
    byn_queue *queue;
    byni_ring_wanted *wanted;
    byni_queue_taking how;
    uint64_t *ticket;
    byni_ring_wait wait;
    bynk_identity watched[BYNI_QUEUE_WATCHED];
} taking;

/* With the guard: the first that can be got. */
static byn_status first_to_get(const byni_ring *ring, byni_queue_picture *p, byni_queue_walk *w)
{
    byn_status status = byni_queue_look(ring, p);

    if (status < 0)
        return status;
    if (p->returned > 0) {
        w->at = p->view.first;
        status = byni_queue_find(ring, &p->view, p->fresh, BYNI_TO_GET, w);
        return status == BYN_E_TIMEDOUT ? byni_ring_broken() : status;
    }
    w->at = p->fresh;
    if (p->fresh != p->view.end)
        return byni_queue_read(ring, &p->view, w);
    return p->received == 0 && byni_ring_is_closed(ring) ? BYN_E_CLOSED : BYN_E_TIMEDOUT;
}

/* With the guard: it is this process' now, on trial. The mark is the commit. */
static void receive(byni_ring *ring, const byni_queue_picture *p, const byni_queue_walk *w,
                    uint64_t *ticket)
{
    uint64_t prefix = w->at + sizeof(byni_ring_record);
    uint32_t deliveries = byni_queue_deliveries(w->mark) + BYNI_MARK_MASK + 1;
    bynk_identity self;

    bynk_identity_own(&self);
    byni_store64(byni_ring_word(ring, prefix + BYNI_PREFIX_PID), self.pid);
    byni_store64(byni_ring_word(ring, prefix + BYNI_PREFIX_STARTED), self.started);
    byni_store32(&w->record->mark, deliveries | BYNI_ON_TRIAL);
    byni_crash_point("queue.received");
    taken_out(byni_queue_state_of(ring), p, w);
    byni_queue_count(&byni_queue_state_of(ring)->received, 1);
    *ticket = (w->at / 8 + 1) << TICKET_BITS |
              (deliveries / (BYNI_MARK_MASK + 1) & ((1u << TICKET_BITS) - 1));
}

static byn_status take_first(byni_ring *ring, void *context)
{
    taking *t = context;
    byni_ring_wanted *wanted = t->wanted;
    size_t length;
    byni_queue_picture p;
    byni_queue_walk w;
    byn_status status = first_to_get(ring, &p, &w);

    wanted->count = 0;
    if (status < 0)
        return status;
    length = w.length - ring->limits.prefix;
    wanted->bytes = length;
    if (length > wanted->room)
        return BYN_E_TOOBIG;
    byni_ring_read(ring, w.at + sizeof(byni_ring_record) + ring->limits.prefix, wanted->buffer,
                   length);
    wanted->sizes[0] = length;
    wanted->count = 1;
    status = byni_queue_deliveries(w.mark) != 0 ? BYN_ABANDONED : BYN_OK;
    if (t->how == BYNI_TRY) {
        receive(ring, &p, &w, t->ticket);
    } else if (t->how == BYNI_TAKE) {
        byni_store32(&w.record->mark, byni_queue_deliveries(w.mark) | BYNI_OVER);
        byni_crash_point("queue.got");
        taken_out(byni_queue_state_of(ring), &p, &w);
        if (is_over(ring) < 0)
            return BYN_E_CORRUPT;
    }
    return status;
}

static byn_status look_before_sleep(void *context)
{
    taking *t = context;

    t->wait.rest.watched = t->watched;
    t->wait.rest.watched_count = 0;
    if (!byni_queue_somebody_received(t->queue))
        return BYN_OK;
    return byni_queue_look_at_receivers(t->queue, t->watched, &t->wait.rest.watched_count);
}

byn_status byni_queue_take(byn_queue *queue, byni_ring_wanted *wanted, byni_queue_taking how,
                           uint64_t *ticket, byn_timeout timeout)
{
    taking t;
    byn_status status = look_now_and_then(queue);

    if (status < 0)
        return status;
    t.queue = queue;
    t.wanted = wanted;
    t.how = how;
    t.ticket = ticket;
    t.wait = (byni_ring_wait){.timeout = timeout, .before_sleep = look_before_sleep, .context = &t};
    return byni_ring_try(&queue->ring, &queue->state->ring.in, &t.wait, take_first, &t);
}

/* ---- The end of a trial ---------------------------------------------------------------------------- */

typedef struct ending {
    uint64_t ticket;
    uint32_t mark;
} ending;

static byn_status no_such_ticket(void)
{
    (void)byni_fail(BYN_E_INVALID, "this process has no message with that ticket");
    return BYN_E_INVALID;
}

/* With the guard. */
static byn_status find_ticket(const byni_ring *ring, uint64_t ticket, byni_queue_walk *w)
{
    const uint32_t few = (1u << TICKET_BITS) - 1;
    bynk_identity who;
    byni_queue_picture p;

    if (byni_queue_look(ring, &p) < 0)
        return BYN_E_CORRUPT;
    w->at = ((ticket >> TICKET_BITS) - 1) * 8;
    if (ticket >> TICKET_BITS == 0 || w->at - p.view.first >= p.fresh - p.view.first ||
        byni_queue_read(ring, &p.view, w) < 0)
        return no_such_ticket();
    who = byni_queue_receiver(ring, w);
    if ((w->mark & BYNI_MARK_MASK) != BYNI_ON_TRIAL || !byni_is_own(&who) ||
        (byni_queue_deliveries(w->mark) / (BYNI_MARK_MASK + 1) & few) != (ticket & few))
        return no_such_ticket();
    return BYN_OK;
}

static byn_status end_it(byni_ring *ring, void *context)
{
    const ending *e = context;
    byni_queue_walk w;
    byn_status status = find_ticket(ring, e->ticket, &w);

    if (status < 0)
        return status;
    /* Who is woken waits for the guard. */
    if (e->mark == BYNI_TO_GET)
        byni_ring_wake(ring->segment, &byni_queue_state_of(ring)->ring.in, BYNI_RING_WAKE_FEW);
    byni_queue_mark(ring, &w, e->mark);
    return e->mark == BYNI_OVER ? is_over(ring) : BYN_OK;
}

byn_status byni_queue_end_trial(byn_queue *queue, uint64_t ticket, uint32_t mark)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};
    ending e = {ticket, mark};

    return byni_ring_try(&queue->ring, &queue->state->ring.in, &wait, end_it, &e);
}

/* ---- Looking --------------------------------------------------------------------------------------- */

static uint64_t to_get(const byni_queue_picture *p)
{
    return p->returned + (p->view.put - p->fresh_number);
}

byn_status byni_queue_tell(const byn_queue *queue, uint64_t *gettable, uint64_t *received)
{
    byni_queue_picture p;

    if (byni_queue_look(&queue->ring, &p) < 0)
        return BYN_E_CORRUPT;
    *gettable = to_get(&p);
    *received = p.received;
    return BYN_OK;
}

static byn_status is_there(byni_ring *ring, void *context)
{
    byni_queue_picture p;
    byni_queue_walk w;
    byn_status status = first_to_get(ring, &p, &w);

    (void)context;
    if (status == BYN_OK)
        bynk_spot_add(ring->segment, &ring->state->in.spot, 0, 1);
    return status;
}

byn_status byni_queue_ready(byn_queue *queue)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};
    bynk_identity some[BYNI_QUEUE_WATCHED];
    unsigned number;
    byn_status status = byni_ring_try(&queue->ring, &queue->state->ring.in, &wait, is_there, NULL);

    if (status == BYN_E_TIMEDOUT && byni_queue_somebody_received(queue)) {
        status = byni_queue_look_at_receivers(queue, some, &number);
        if (status >= 0)
            status = byni_ring_try(&queue->ring, &queue->state->ring.in, &wait, is_there, NULL);
    }
    return status == BYN_E_CLOSED ? BYN_OK : status;
}
