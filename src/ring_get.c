#include "ring_short.h"

static void read_records(const byni_ring *ring, uint64_t at, void *buffer, const size_t *sizes,
                         size_t count)
{
    unsigned char *to = buffer;
    size_t i;

    for (i = 0; i < count; i++) {
        byni_read(ring, at + sizeof(byni_ring_record), to, sizes[i]);
        at += byni_ring_record_size(sizes[i]);
        if (sizes[i] > 0)
            to += sizes[i];
    }
}

/*
 * Whether this step of the getters wakes sleeping putters. To wake one for each message that is taken costs
 * more than the message; so a stream of gets does it when a quarter is free. Nobody waits for what is put off:
 * the ring is not nearly empty. The first get in each few milliseconds does it at once, so a getter that is slow does it
 * each time; after a quick one that stops, the putters look at their next heartbeat.
 */
static BYNI_COLD bool is_worth_waking(byni_ring *ring, uint64_t used)
{
    enum { MANY = 16 };
    uint64_t now;

    if (ring->limits.items != 0 || used <= ring->limits.capacity - ring->limits.capacity / 4 ||
        ring->limits.largest > ring->limits.capacity / MANY)
        return true;
    now = bynk_clock_coarse();
    if (now == byni_load64(&ring->spared))
        return false;
    byni_store64(&ring->spared, now);
    return true;
}

/* Where nobody sleeps to wake costs nothing. */
static inline void commit_out(byni_ring *ring, const byni_ring_view *view, uint64_t first,
                              uint64_t got)
{
    byni_ring_side *out = &ring->state->out;
    uint32_t wake = byni_how_many_to_wake((size_t)(got - view->got));

    if (BYNI_UNLIKELY(bynk_spot_has_sleepers(&out->spot)) &&
        !is_worth_waking(ring, view->end - first))
        wake = 0;
    byni_commit(ring->segment, out, first, got, wake);
}

void byni_ring_commit_out(byni_ring *ring, const byni_ring_view *view, uint64_t first, uint64_t got)
{
    commit_out(ring, view, first, got);
}

typedef struct getting {
    byni_ring_wanted *wanted;
    byni_outside outside;
    bool is_outside; /* it was taken, and is to be copied without the guard */
    bool must_wait;  /* so many copy that nobody else can */
    bool came_back;  /* since an earlier getter died */
} getting;

/* With the guard: how many find room, from mine->at on, and what they take. */
static byn_status measure(const byni_ring *ring, const byni_ring_view *view,
                          byni_ring_wanted *wanted, byni_outside *mine)
{
    size_t room = wanted->room, i;
    uint64_t at = mine->at;

    for (i = 0; i < wanted->most && i < UINT32_MAX && at != view->end; i++) {
        byni_ring_head head = byni_ring_head_at(ring, at);

        if (head.mark != BYNI_RING_READY && i > 0 && ring->copies != NULL)
            break;
        if (head.mark != BYNI_RING_READY || head.length > ring->limits.largest ||
            byni_ring_record_size(head.length) > view->end - at)
            return byni_ring_broken();
        if (head.length > room)
            break;
        room -= head.length;
        wanted->sizes[i] = head.length;
        at += byni_ring_record_size(head.length);
    }
    mine->end = at;
    wanted->count = i;
    mine->count = (uint32_t)i;
    wanted->bytes = wanted->room - room;
    if (i > 0)
        return BYN_OK;
    wanted->bytes = byni_ring_head_at(ring, at).length;
    return BYN_E_TOOBIG;
}

/* With the guard. What is not the first in the ring is over, then it counts. What is over may be the first in the
 * ring, left there by ring_short.h. */
void byni_outside_remove(byni_ring *ring, const byni_ring_view *view, const byni_outside *mine)
{
    uint64_t first = mine->end;

    if (mine->at != view->first) {
        byni_ring_head_store(ring, mine->at,
                             (uint32_t)(mine->end - mine->at - sizeof(byni_ring_record)),
                             BYNI_RING_OVER);
        byni_crash_point("ring.over");
        first = view->first;
    }
    if (ring->copies != NULL)
        first = byni_outside_pass(ring, view, first);
    byni_short_remember(ring, first, view->end);
    commit_out(ring, view, first, view->got + mine->count);
}

/* With the guard. Even a small message waits for its turn if larger ones before it were taken. */
static bool goes_outside(const byni_ring *ring, const byni_ring_wanted *wanted)
{
    return ring->copies != NULL && !wanted->leave_it &&
           (wanted->bytes >= ring->outside || byni_outside_taking(ring));
}

/* With the guard. */
static byn_status get_some(byni_ring *ring, void *context)
{
    getting *g = context;
    byni_ring_wanted *wanted = g->wanted;
    byni_outside *mine = &g->outside;
    byni_ring_view view;
    byn_status status = byni_look_for_one(ring, &view, &mine->at);

    if (status == BYN_E_TIMEDOUT)
        byni_short_remember(ring, view.first, view.end);
    g->is_outside = g->must_wait = g->came_back = false;
    wanted->count = 0;
    if (status == BYN_OK)
        status = measure(ring, &view, wanted, mine);
    if (status < 0)
        return status;
    if (goes_outside(ring, wanted)) {
        mine->first = (uint32_t)wanted->sizes[0];
        g->is_outside = byni_outside_begin(ring, mine, BYNI_GETTING);
        g->must_wait = !g->is_outside && byni_outside_taking(ring);
        if (g->is_outside || g->must_wait)
            return BYN_OK;
    }
    read_records(ring, mine->at, wanted->buffer, wanted->sizes, wanted->count);
    if (!wanted->leave_it) {
        byni_outside_remove(ring, &view, mine);
        byni_fetch_messages(ring, mine->end, view.end, mine->end - mine->at);
    }
    return BYN_OK;
}

/* With the guard. Who waits for what may come back to a closed ring waits no longer. */
static byn_status remove_in_turn(byni_ring *ring, void *context)
{
    getting *g = context;
    byni_ring_view view;

    if (byni_look(ring, &view) < 0)
        return BYN_E_CORRUPT;
    g->came_back = !byni_outside_is_mine(ring, &g->outside);
    if (g->came_back)
        return BYN_OK;
    if (byni_outside_is_behind(ring, &g->outside))
        return BYN_E_TIMEDOUT;
    byni_outside_remove(ring, &view, &g->outside);
    byni_outside_end(ring, &g->outside);
    if (byni_outside_taking(ring))
        byni_ring_wake(ring->segment, &ring->copies->turn, UINT32_MAX);
    else if (byni_load32(&ring->state->closed) != 0)
        byni_ring_wake(ring->segment, &ring->state->in, UINT32_MAX);
    return BYN_OK;
}

/* To wait for one's turn is as to wait for the guard: it lasts only if a process was stopped. */
static byni_ring_wait wait_for_turn(byni_ring_wait *wait)
{
    byni_ring_wait turn = {.timeout = wait->timeout == BYN_NOW ? 1 : wait->timeout};

    turn.deadline = byni_with_grace(byni_deadline_of(wait));
    return turn;
}

/* Without the guard: what was taken is copied and removed. */
static byn_status empty(byni_ring *ring, getting *g, byni_ring_wait *wait)
{
    const byni_ring_wanted *wanted = g->wanted;
    byni_ring_wait turn;
    byn_status status;

    byni_crash_point("ring.taken");
    read_records(ring, g->outside.at, wanted->buffer, wanted->sizes, wanted->count);
    turn = wait_for_turn(wait);
    status = byni_try(ring, &ring->copies->turn, &turn, remove_in_turn, g);
    if (status < 0)
        byni_outside_give_up(ring, g->outside.index);
    return status;
}

static byn_status wait_for_a_copier(byni_ring *ring, uint32_t seen, byni_ring_wait *wait)
{
    byni_ring_wait turn = wait_for_turn(wait);

    return byni_ring_sleep(ring, &ring->copies->turn, seen, &turn);
}

/* Who has to wait in any case need not ask with the guard first. */
static void linger(byni_ring *ring, byni_ring_wait *wait)
{
    uint32_t seen;

    if (wait->timeout == BYN_NOW || byni_ring_is_closed(ring) || ring->short_below == 0 ||
        !byni_short_is_empty(ring, &seen))
        return;
    wait->has_spun = !bynk_spot_spin(&ring->state->in.spot, seen, &ring->data);
}

byn_status byni_ring_get(byni_ring *ring, byni_ring_wanted *wanted, byni_ring_wait *wait)
{
    getting g = {.wanted = wanted};
    byn_status status;
    uint32_t seen = 0;

    linger(ring, wait);
    byni_outside_look_at_holders(ring);
    do {
        if (ring->copies != NULL)
            seen = bynk_spot_number(&ring->copies->turn.spot);
        status = byni_try(ring, &ring->state->in, wait, get_some, &g);
        if (status == BYN_OK && g.is_outside)
            status = empty(ring, &g, wait);
        else if (status == BYN_OK && g.must_wait)
            status = wait_for_a_copier(ring, seen, wait);
    } while (status == BYN_OK && (g.must_wait || g.came_back));
    return status;
}

byn_status byni_ring_peek(byni_ring *ring, size_t *length, byni_ring_wait *wait)
{
    byni_ring_wanted wanted = {.most = 1, .leave_it = true, .sizes = length};
    byn_status status = byni_ring_get(ring, &wanted, wait);

    if (status == BYN_OK)
        *length = 0;
    if (status != BYN_E_TOOBIG)
        return status;
    *length = wanted.bytes;
    return BYN_OK;
}
