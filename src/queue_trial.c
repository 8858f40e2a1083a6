/*
 * Queues whose messages can be got on trial. What is on trial stays where it is in the ring, with its
 * receiver's identity in front of it; so it comes back by a change of its mark, in its old place.
 *
 * Deaths are noticed by who looks: who waits for a message watches the receivers, and every so often who
 * gets one looks at them too. What is dead stays dead: so the system is asked without the guard, and what the
 * dead have is given back with it.
 */
#include "crash.h"
#include "queue_state.h"

enum {
    WATCHED = 32,  /* receivers whose death is noticed at once */
    LOOK_MS = 250, /* between two looks at all of them, about, while there is something to be got */
    CLOSE_MS = 5000, /* a guard that cannot be had so long is a stopped process' */
    WAKE_FEW = 3,
    NS_PER_MS = 1000000,
    TICKET_BITS = 8 /* of the number of deliveries, in a ticket */
};

static byni_queue_state *state_of(const byni_ring *ring)
{
    return (byni_queue_state *)(void *)ring->state;
}

/* ---- Records. All with the guard ------------------------------------------------------------------- */

/* What the words say, copied and found consistent. */
typedef struct picture {
    byni_ring_view view;
    uint64_t fresh, fresh_number, returned, received;
} picture;

static byn_status look(const byni_ring *ring, picture *p)
{
    const byni_queue_state *state = state_of(ring);
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

static uint64_t to_get(const picture *p)
{
    return p->returned + (p->view.put - p->fresh_number);
}

/* One record on the way from the first to the last. */
typedef struct walk {
    uint64_t at;
    byni_ring_record *record;
    uint32_t length, mark;
} walk;

static byn_status read_record(const byni_ring *ring, const byni_ring_view *view, walk *w)
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

static uint64_t behind(const walk *w)
{
    return w->at + byni_ring_record_size(w->length);
}

/* Read the record at w->at, and if it is before `end` and not of this kind go on to the next. BYN_OK: it is
 * one; BYN_E_TIMEDOUT: there is none. */
static byn_status find(const byni_ring *ring, const byni_ring_view *view, uint64_t end,
                       uint32_t kind, walk *w)
{
    while (w->at - view->first < end - view->first) {
        byn_status status = read_record(ring, view, w);

        if (status < 0 || (w->mark & BYNI_MARK_MASK) == kind)
            return status;
        w->at = behind(w);
    }
    if (w->at == end)
        return BYN_E_TIMEDOUT;
    (void)byni_ring_broken();
    return BYN_E_CORRUPT;
}

static bynk_identity receiver_of(const byni_ring *ring, const walk *w)
{
    uint64_t prefix = w->at + sizeof(byni_ring_record);
    bynk_identity who = {
        .pid = (uint32_t)byni_load64(byni_ring_word(ring, prefix + BYNI_PREFIX_PID)),
        .started = byni_load64(byni_ring_word(ring, prefix + BYNI_PREFIX_STARTED))};

    return who;
}

static bool is_own(const bynk_identity *who)
{
    bynk_identity self;

    bynk_identity_own(&self);
    return bynk_identity_same(who, &self);
}

/* ---- Changes. All with the guard ------------------------------------------------------------------- */

static void count(byni_a64 *word, uint64_t difference)
{
    byni_store64(word, byni_load64(word) + difference);
}

/* It can be got no longer. */
static void taken_out(byni_queue_state *state, const picture *p, const walk *w)
{
    if (w->at != p->fresh) {
        count(&state->returned, UINT64_MAX);
        return;
    }
    byni_store64(&state->fresh, behind(w));
    count(&state->fresh_number, 1);
}

static void one_done(const byni_ring *ring)
{
    byni_queue_state *state = state_of(ring);
    uint64_t bytes, put, done;

    byni_ring_side_read(&state->ring.in, &bytes, &put);
    byni_ring_side_read(&state->done, &bytes, &done);
    byni_ring_commit(ring->segment, &state->done, 0, done + 1, put == done + 1 ? UINT32_MAX : 0);
}

/* The room of those in front that are over comes back. */
static byn_status follow(byni_ring *ring)
{
    picture p;
    walk w;
    uint64_t got;

    if (look(ring, &p) < 0)
        return BYN_E_CORRUPT;
    w.at = p.view.first;
    for (got = p.view.got; w.at - p.view.first < p.fresh - p.view.first; got++) {
        if (read_record(ring, &p.view, &w) < 0)
            return BYN_E_CORRUPT;
        if ((w.mark & BYNI_MARK_MASK) != BYNI_OVER)
            break;
        w.at = behind(&w);
    }
    if (got != p.view.got)
        byni_ring_commit_out(ring, &p.view, w.at, got);
    return BYN_OK;
}

/* Who waits for a message would wait in vain when the last trial of a closed queue is over. */
static byn_status is_over(byni_ring *ring)
{
    byni_queue_state *state = state_of(ring);

    one_done(ring);
    if (byni_ring_is_closed(ring) && byni_load64(&state->received) == 0)
        byni_ring_wake(ring->segment, &state->ring.in, UINT32_MAX);
    return follow(ring);
}

static uint32_t deliveries_of(uint32_t mark)
{
    return mark & ~(uint32_t)BYNI_MARK_MASK;
}

/* Whether it comes back or is over: the store of the mark is the commit. */
static void end_trial(byni_ring *ring, const walk *w, uint32_t mark)
{
    byni_queue_state *state = state_of(ring);

    byni_store32(&w->record->mark, deliveries_of(w->mark) | mark);
    byni_crash_point("queue.marked");
    count(&state->received, UINT64_MAX);
    if (mark == BYNI_TO_GET)
        count(&state->returned, 1);
}

/* The heir counts again what a death may have left. */
byn_status byni_queue_repair(byni_ring *ring)
{
    byni_queue_state *state = state_of(ring);
    uint64_t number, over = 0, on_trial = 0, fresh_number, before = 0;
    byni_ring_view view;
    walk w;

    if (byni_ring_look(ring, &view) < 0)
        return BYN_E_CORRUPT;
    w.at = view.first;
    byni_store64(&state->fresh, w.at);
    fresh_number = number = view.got;
    for (; w.at != view.end; w.at = behind(&w)) {
        if (read_record(ring, &view, &w) < 0)
            return BYN_E_CORRUPT;
        number++;
        over += (w.mark & BYNI_MARK_MASK) == BYNI_OVER;
        on_trial += (w.mark & BYNI_MARK_MASK) == BYNI_ON_TRIAL;
        if (w.mark == 0)
            continue;
        byni_store64(&state->fresh, behind(&w));
        fresh_number = number;
        before = number - view.got - over - on_trial;
    }
    byni_store64(&state->fresh_number, fresh_number);
    byni_store64(&state->returned, before);
    byni_store64(&state->received, on_trial);
    byni_ring_commit(ring->segment, &state->done, 0, view.got + over, UINT32_MAX);
    return follow(ring);
}

/* ---- Receivers that died --------------------------------------------------------------------------- */

/* What one process has comes back. Without the guard. */
static byn_status bury(byn_queue *queue, const bynk_identity *who, byn_timeout timeout)
{
    byni_ring *ring = &queue->ring;
    byni_ring_wait wait = {.timeout = timeout};
    byn_status status = byni_ring_enter(ring, &wait);
    uint32_t came_back = 0;
    picture p;
    walk w;

    if (status < 0)
        return status;
    status = look(ring, &p);
    w.at = p.view.first;
    while (status >= 0) {
        bynk_identity has;

        status = find(ring, &p.view, p.fresh, BYNI_ON_TRIAL, &w);
        if (status < 0)
            break;
        has = receiver_of(ring, &w);
        if (bynk_identity_same(&has, who)) {
            end_trial(ring, &w, BYNI_TO_GET);
            came_back++;
        }
        w.at = behind(&w);
    }
    if (came_back > 0)
        byni_ring_wake(ring->segment, &queue->state->ring.in, came_back + WAKE_FEW);
    byni_ring_leave(ring);
    return status == BYN_E_TIMEDOUT ? BYN_OK : status;
}

#define FROM_THE_FIRST UINT64_MAX /* no place: those are multiples of 8 */

static bool is_among(const bynk_identity *some, unsigned number, const bynk_identity *who)
{
    unsigned i;

    for (i = 0; i < number; i++)
        if (bynk_identity_same(&some[i], who))
            return true;
    return false;
}

/* Who else has something on trial: up to `most`, from the place *at on (FROM_THE_FIRST), which becomes where to
 * go on. */
static byn_status find_receivers(byn_queue *queue, uint64_t *at, bynk_identity *some, unsigned most,
                                 unsigned *number)
{
    byni_ring *ring = &queue->ring;
    byni_ring_wait wait = {.timeout = BYN_NOW};
    byn_status status = byni_ring_enter(ring, &wait);
    picture p;
    walk w;

    *number = 0;
    if (status < 0)
        return status;
    status = look(ring, &p);
    w.at = p.view.first;
    if ((*at & 7) == 0 && *at - p.view.first <= p.fresh - p.view.first)
        w.at = *at;
    while (status >= 0 && *number < most) {
        bynk_identity has;

        status = find(ring, &p.view, p.fresh, BYNI_ON_TRIAL, &w);
        if (status < 0)
            break;
        has = receiver_of(ring, &w);
        if (!is_own(&has) && !is_among(some, *number, &has))
            some[(*number)++] = has;
        *at = w.at = behind(&w);
    }
    byni_ring_leave(ring);
    return status == BYN_E_TIMEDOUT ? BYN_OK : status;
}

/* Look at all who have something on trial. Without the guard. The last of them that live are told. */
static byn_status look_at_receivers(byn_queue *queue, bynk_identity some[WATCHED], unsigned *number)
{
    byn_status status = BYN_OK;
    uint64_t at = FROM_THE_FIRST;
    bool all;
    unsigned i, alive;

    byni_store64(&queue->looked, bynk_clock());
    do {
        status = find_receivers(queue, &at, some, WATCHED, number);
        all = *number < WATCHED;
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

static bool somebody_received(const byn_queue *queue)
{
    return byni_load64(&queue->state->received) != 0;
}

static byn_status look_now_and_then(byn_queue *queue)
{
    bynk_identity some[WATCHED];
    unsigned number;

    if (!somebody_received(queue) ||
        bynk_clock() - byni_load64(&queue->looked) < (uint64_t)LOOK_MS * NS_PER_MS)
        return BYN_OK;
    return look_at_receivers(queue, some, &number);
}

void byni_queue_give_all_back(byn_queue *queue)
{
    bynk_identity self;

    bynk_identity_own(&self);
    if (somebody_received(queue))
        (void)bury(queue, &self, CLOSE_MS);
}

/* ---- Taking ---------------------------------------------------------------------------------------- */

typedef struct taking {
    byn_queue *queue;
    byni_ring_wanted *wanted;
    byni_queue_taking how;
    uint64_t *ticket;
    byni_ring_wait wait;
    bynk_identity watched[WATCHED];
} taking;

/* With the guard: the first that can be got. */
static byn_status first_to_get(const byni_ring *ring, picture *p, walk *w)
{
    byn_status status = look(ring, p);

    if (status < 0)
        return status;
    if (p->returned > 0) {
        w->at = p->view.first;
        status = find(ring, &p->view, p->fresh, BYNI_TO_GET, w);
        return status == BYN_E_TIMEDOUT ? byni_ring_broken() : status;
    }
    w->at = p->fresh;
    if (p->fresh != p->view.end)
        return read_record(ring, &p->view, w);
    return p->received == 0 && byni_ring_is_closed(ring) ? BYN_E_CLOSED : BYN_E_TIMEDOUT;
}

/* With the guard: it is this process' now, on trial. The mark is the commit. */
static void receive(byni_ring *ring, const picture *p, const walk *w, uint64_t *ticket)
{
    uint64_t prefix = w->at + sizeof(byni_ring_record);
    uint32_t deliveries = deliveries_of(w->mark) + BYNI_MARK_MASK + 1;
    bynk_identity self;

    bynk_identity_own(&self);
    byni_store64(byni_ring_word(ring, prefix + BYNI_PREFIX_PID), self.pid);
    byni_store64(byni_ring_word(ring, prefix + BYNI_PREFIX_STARTED), self.started);
    byni_store32(&w->record->mark, deliveries | BYNI_ON_TRIAL);
    byni_crash_point("queue.received");
    taken_out(state_of(ring), p, w);
    count(&state_of(ring)->received, 1);
    *ticket = (w->at / 8 + 1) << TICKET_BITS |
              (deliveries / (BYNI_MARK_MASK + 1) & ((1u << TICKET_BITS) - 1));
}

static byn_status take_first(byni_ring *ring, void *context)
{
    taking *t = context;
    byni_ring_wanted *wanted = t->wanted;
    size_t length;
    picture p;
    walk w;
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
    status = deliveries_of(w.mark) != 0 ? BYN_ABANDONED : BYN_OK;
    if (t->how == BYNI_TRY) {
        receive(ring, &p, &w, t->ticket);
    } else if (t->how == BYNI_TAKE) {
        byni_store32(&w.record->mark, deliveries_of(w.mark) | BYNI_OVER);
        byni_crash_point("queue.got");
        taken_out(state_of(ring), &p, &w);
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
    if (!somebody_received(t->queue))
        return BYN_OK;
    return look_at_receivers(t->queue, t->watched, &t->wait.rest.watched_count);
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
static byn_status find_ticket(const byni_ring *ring, uint64_t ticket, walk *w)
{
    const uint32_t few = (1u << TICKET_BITS) - 1;
    bynk_identity who;
    picture p;

    if (look(ring, &p) < 0)
        return BYN_E_CORRUPT;
    w->at = ((ticket >> TICKET_BITS) - 1) * 8;
    if (ticket >> TICKET_BITS == 0 || w->at - p.view.first >= p.fresh - p.view.first ||
        read_record(ring, &p.view, w) < 0)
        return no_such_ticket();
    who = receiver_of(ring, w);
    if ((w->mark & BYNI_MARK_MASK) != BYNI_ON_TRIAL || !is_own(&who) ||
        (deliveries_of(w->mark) / (BYNI_MARK_MASK + 1) & few) != (ticket & few))
        return no_such_ticket();
    return BYN_OK;
}

static byn_status end_it(byni_ring *ring, void *context)
{
    const ending *e = context;
    walk w;
    byn_status status = find_ticket(ring, e->ticket, &w);

    if (status < 0)
        return status;
    /* Who is woken waits for the guard. */
    if (e->mark == BYNI_TO_GET)
        byni_ring_wake(ring->segment, &state_of(ring)->ring.in, WAKE_FEW);
    end_trial(ring, &w, e->mark);
    return e->mark == BYNI_OVER ? is_over(ring) : BYN_OK;
}

byn_status byni_queue_end_trial(byn_queue *queue, uint64_t ticket, uint32_t mark)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};
    ending e = {ticket, mark};

    return byni_ring_try(&queue->ring, &queue->state->ring.in, &wait, end_it, &e);
}

/* ---- Looking --------------------------------------------------------------------------------------- */

byn_status byni_queue_tell(const byn_queue *queue, uint64_t *gettable, uint64_t *received)
{
    picture p;

    if (look(&queue->ring, &p) < 0)
        return BYN_E_CORRUPT;
    *gettable = to_get(&p);
    *received = p.received;
    return BYN_OK;
}

void byni_queue_describe(byn_queue *queue, bynk_waitable *what)
{
    uint64_t at = FROM_THE_FIRST;
    unsigned number = 0;

    byni_ring_describe(&queue->ring, what);
    if (somebody_received(queue))
        (void)find_receivers(queue, &at, what->some, BYNK_SOME, &number);
    what->watched = what->some;
    what->watched_count = number;
}

static byn_status is_there(byni_ring *ring, void *context)
{
    picture p;
    walk w;
    byn_status status = first_to_get(ring, &p, &w);

    (void)context;
    if (status == BYN_OK)
        bynk_spot_add(ring->segment, &ring->state->in.spot, 0, 1);
    return status;
}

byn_status byni_queue_ready(byn_queue *queue)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};
    bynk_identity some[WATCHED];
    unsigned number;
    byn_status status = byni_ring_try(&queue->ring, &queue->state->ring.in, &wait, is_there, NULL);

    if (status == BYN_E_TIMEDOUT && somebody_received(queue)) {
        status = look_at_receivers(queue, some, &number);
        if (status >= 0)
            status = byni_ring_try(&queue->ring, &queue->state->ring.in, &wait, is_there, NULL);
    }
    return status == BYN_E_CLOSED ? BYN_OK : status;
}
