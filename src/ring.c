#include "ring_call.h"

enum {
    PAGE = 4096,
    NS_PER_US = 1000,
    ASK_NS = 10000000 /* to ask takes many calls: who has not slept in vain asks no more often */
};

/* ---- Sides ----------------------------------------------------------------------------------------- */

void byni_ring_side_initialise(byni_ring_side *side)
{
    bynk_spot_initialise(&side->spot, 0);
}

void byni_ring_side_read(const byni_ring_side *side, uint64_t *bytes, uint64_t *messages)
{
    byni_side_read(side, bytes, messages);
}

void byni_ring_commit(bynk_segment *segment, byni_ring_side *side, uint64_t bytes,
                      uint64_t messages, uint32_t wake)
{
    byni_commit(segment, side, bytes, messages, wake);
}

void byni_ring_wake(bynk_segment *segment, byni_ring_side *side, uint32_t wake)
{
    uint64_t bytes, messages;

    byni_ring_side_read(side, &bytes, &messages);
    byni_ring_commit(segment, side, bytes, messages, wake);
}

static void wake_all(byni_ring *ring)
{
    byni_ring_wake(ring->segment, &ring->state->in, UINT32_MAX);
    byni_ring_wake(ring->segment, &ring->state->out, UINT32_MAX);
}

/* ---- The ring -------------------------------------------------------------------------------------- */

static uint64_t size_of(uint64_t capacity)
{
    uint64_t size = PAGE;

    while (size < capacity)
        size *= 2;
    return size;
}

uint64_t byni_ring_memory(uint64_t capacity)
{
    return size_of(capacity);
}

void byni_ring_initialise(byni_ring_state *state)
{
    bynk_guard_initialise(&state->guard);
    byni_ring_side_initialise(&state->in);
    byni_ring_side_initialise(&state->out);
}

void byni_ring_attach(byni_ring *ring, bynk_segment *segment, byni_ring_state *state, void *bytes,
                      const byni_ring_limits *limits)
{
    memset(ring, 0, sizeof *ring);
    ring->segment = segment;
    ring->state = state;
    ring->bytes = bytes;
    ring->size = size_of(limits->capacity);
    ring->limits = *limits;
    if (limits->prefix == 0 && limits->items == 0)
        ring->short_below = (uint64_t)limits->largest + 1;
}

void byni_ring_copies_initialise(byni_ring_copies *copies)
{
    byni_ring_side_initialise(&copies->turn);
}

void byni_ring_copy_outside(byni_ring *ring, byni_ring_copies *copies)
{
    ring->copies = copies;
    bynk_identity_own(&ring->self);
    ring->outside = byni_crash_or(byni_crash_outside, BYNI_RING_OUTSIDE);
    if (ring->limits.largest < ring->outside)
        ring->outside = UINT64_MAX;
    if (ring->short_below > ring->outside)
        ring->short_below = ring->outside;
}

/* ---- The guard ------------------------------------------------------------------------------------- */

/* The dead may have been about to wake somebody. */
static byn_status repair(byni_ring *ring)
{
    byn_status status = ring->copies != NULL ? byni_outside_repair(ring) : BYN_OK;

    if (status >= 0 && ring->repair != NULL)
        status = ring->repair(ring);
    wake_all(ring);
    return status;
}

byn_status byni_ring_enter_at_last(byni_ring *ring, byni_ring_wait *wait, byn_status status)
{
    if (status == BYN_E_TIMEDOUT && wait->timeout != BYN_FOREVER)
        status = bynk_guard_lock(ring->segment, &ring->state->guard,
                                 byni_with_grace(byni_deadline_of(wait)));
    if (status == BYN_ABANDONED) {
        status = repair(ring);
        if (status < 0)
            byni_ring_leave(ring);
    }
    return status;
}

byn_status byni_ring_enter(byni_ring *ring, byni_ring_wait *wait)
{
    return byni_enter(ring, wait);
}

void byni_ring_leave(byni_ring *ring)
{
    byni_leave(ring);
}

/* ---- Records. With the guard ----------------------------------------------------------------------- */

byn_status byni_ring_broken(void)
{
    (void)byni_fail(BYN_E_CORRUPT, "what is written in it makes no sense: remove it");
    return BYN_E_CORRUPT;
}

byn_status byni_ring_look(const byni_ring *ring, byni_ring_view *view)
{
    return byni_look(ring, view);
}

byni_ring_record *byni_ring_record_at(const byni_ring *ring, const byni_ring_view *view,
                                      uint64_t at, uint32_t *length)
{
    byni_ring_record *record = (byni_ring_record *)(void *)(ring->bytes + (at & (ring->size - 1)));

    *length = byni_load32(&record->length);
    if (*length <= ring->limits.largest && byni_ring_record_size(*length) <= view->end - at)
        return record;
    (void)byni_ring_broken();
    return NULL;
}

void byni_ring_read(const byni_ring *ring, uint64_t at, void *to, size_t size)
{
    byni_read(ring, at, to, size);
}

void byni_ring_write(const byni_ring *ring, uint64_t at, const void *from, size_t size)
{
    byni_write(ring, at, from, size);
}

/* ---- Waiting ---------------------------------------------------------------------------------------- */

static bynk_wait_hint *hint_of(byni_ring *ring, const byni_ring_side *side)
{
    if (side == &ring->state->in)
        return &ring->data;
    return side == &ring->state->out ? &ring->room : &ring->turn;
}

static byn_status sleep_on(byni_ring *ring, byni_ring_side *side, uint32_t seen,
                           byni_ring_wait *wait)
{
    bool had_spun = wait->has_spun;

    wait->has_spun = false;
    if (!had_spun && bynk_spot_spin(&side->spot, seen, hint_of(ring, side)))
        return BYN_OK;
    wait->rest.deadline = byni_deadline_of(wait);
    wait->rest.wants = side == &ring->state->in ? BYNI_WANTS_TO_READ : BYNI_WANTS_TO_WRITE;
    wait->rest.hint = hint_of(ring, side);
    wait->rest.spun = true;
    return bynk_spot_sleep(ring->segment, &side->spot, seen, &wait->rest);
}

/* Within a sleep, and while others wake this one, nobody's death is late: then one of all asks now and then. */
static bool may_ask(byni_ring *ring, const byni_ring_wait *wait)
{
    uint64_t asked = byni_load64(&ring->asked), now;

    if (wait->timeout == BYN_NOW || wait->has_slept)
        return true;
    now = bynk_clock();
    return now - asked >= ASK_NS && byni_cas64(&ring->asked, &asked, now);
}

/* While others copy: the death of one of them may be what is waited for. */
static BYNI_COLD byn_status sleep_watching(byni_ring *ring, byni_ring_side *side, uint32_t seen,
                                           byni_ring_wait *wait)
{
    bynk_identity who[BYNI_RING_COPIERS];
    unsigned count = 0;
    bool changed = false;
    byn_status status = BYN_OK;

    if (may_ask(ring, wait))
        status = byni_outside_look(ring, who, &count, &changed);
    if (status < 0 || changed)
        return status;
    if (wait->timeout == BYN_NOW)
        return BYN_E_TIMEDOUT;
    wait->rest.watched = who;
    wait->rest.watched_count = count;
    status = sleep_on(ring, side, seen, wait);
    wait->has_slept = bynk_spot_number(&side->spot) == seen;
    wait->rest.watched = NULL;
    wait->rest.watched_count = 0;
    return status;
}

byn_status byni_ring_sleep(byni_ring *ring, byni_ring_side *side, uint32_t seen,
                           byni_ring_wait *wait)
{
    byn_status status = BYN_OK;

    if (ring->copies != NULL && byni_load64(&ring->state->copying) != 0)
        return sleep_watching(ring, side, seen, wait);
    if (wait->timeout == BYN_NOW)
        return BYN_E_TIMEDOUT;
    if (wait->before_sleep != NULL)
        status = wait->before_sleep(wait->context);
    return status < 0 ? status : sleep_on(ring, side, seen, wait);
}

byn_status byni_ring_try(byni_ring *ring, byni_ring_side *side, byni_ring_wait *wait,
                         byn_status (*attempt)(byni_ring *ring, void *context), void *context)
{
    return byni_try(ring, side, wait, attempt, context);
}

/* ---- The rest --------------------------------------------------------------------------------------- */

byn_status byni_ring_close(byni_ring *ring)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};
    byn_status status = byni_ring_enter(ring, &wait);

    if (status < 0)
        return status;
    /* Those who are woken wait for the guard: dead or alive, whoever closes it leaves nobody asleep. */
    wake_all(ring);
    byni_crash_point("ring.woken");
    byni_store32(&ring->state->closed, 1);
    byni_crash_point("ring.closed");
    byni_ring_leave(ring);
    return BYN_OK;
}

bool byni_ring_is_closed(const byni_ring *ring)
{
    return byni_load32(&ring->state->closed) != 0;
}

byn_status byni_ring_count(byni_ring *ring, uint64_t *messages, uint64_t *bytes)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};
    byni_ring_view view;
    byn_status status = byni_ring_enter(ring, &wait);

    if (status < 0)
        return status;
    status = byni_look(ring, &view);
    byni_ring_leave(ring);
    if (status < 0)
        return status;
    *messages = view.put - view.got;
    *bytes = view.end - view.first;
    return BYN_OK;
}

void byni_ring_describe(byni_ring *ring, bynk_waitable *what)
{
    what->segment = ring->segment;
    what->spot = &ring->state->in.spot;
    what->number = bynk_spot_number(what->spot);
    if (ring->copies == NULL)
        return;
    what->watched = what->some;
    what->watched_count = byni_outside_takers(ring, what->some, BYNK_SOME);
}

/* Whoever sees that one is there may not take it: another is woken for it. */
static byn_status is_there(byni_ring *ring, void *context)
{
    byni_ring_view view;
    uint64_t at;
    byn_status status = byni_look_for_one(ring, &view, &at);

    (void)context;
    if (status == BYN_OK)
        bynk_spot_add(ring->segment, &ring->state->in.spot, 0, 1);
    return status;
}

byn_status byni_ring_ready(byni_ring *ring)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};
    byn_status status = byni_try(ring, &ring->state->in, &wait, is_there, NULL);

    return status == BYN_E_CLOSED ? BYN_OK : status;
}
