#include "ring_short.h"

/* Messages one behind the other. The first head is written last by who copies them without the guard. */
static void write_records(const byni_ring *ring, uint64_t at, const void *data, const size_t *sizes,
                          size_t count, bool has_head)
{
    static const unsigned char zero[BYNI_RING_PREFIX] = {0};
    const unsigned char *next = data;
    uint32_t prefix = ring->limits.prefix;
    size_t i;

    for (i = 0; i < count; i++) {
        uint64_t to = at + sizeof(byni_ring_record);

        if (i > 0 || !has_head)
            byni_ring_head_store(ring, at, prefix + (uint32_t)sizes[i], BYNI_RING_READY);
        if (prefix > 0)
            byni_write(ring, to, zero, prefix);
        byni_write(ring, to + prefix, next, sizes[i]);
        at += byni_ring_record_size(prefix + (uint64_t)sizes[i]);
        if (sizes[i] > 0)
            next += sizes[i];
    }
}

typedef struct putting {
    const void *data;
    const size_t *sizes;
    size_t count;         /* that are to be put; that are put */
    bool is_large;        /* copied without the guard */
    byni_outside outside; /* then */
} putting;

static size_t how_many_fit(const byni_ring *ring, const byni_ring_view *view, const size_t *sizes,
                           size_t count, uint64_t *end)
{
    uint64_t limit = view->first + ring->limits.capacity, items = UINT64_MAX;
    size_t i;

    if (ring->limits.items != 0) {
        uint64_t held = view->put - view->got;

        if (ring->copies != NULL)
            held += byni_outside_reserved(ring);
        items = held < ring->limits.items ? ring->limits.items - held : 0;
    }
    *end = view->end;
    for (i = 0; i < count && i < items; i++) {
        uint64_t need = byni_ring_record_size(ring->limits.prefix + (uint64_t)sizes[i]);

        if (need > limit - *end)
            break;
        *end += need;
    }
    return i;
}

/* A get by ring_short.h, and one that left something before it, do not look at what is over behind it. */
size_t byni_outside_room(byni_ring *ring, byni_ring_view *view, const size_t *sizes, size_t count,
                         uint64_t *end)
{
    size_t n = how_many_fit(ring, view, sizes, count, end);
    uint64_t first;

    if (n > 0 || ring->copies == NULL)
        return n;
    first = byni_outside_pass(ring, view, view->first);
    if (first == view->first)
        return 0;
    byni_commit(ring->segment, &ring->state->out, first, view->got, BYNI_RING_WAKE_FEW);
    view->first = first;
    return how_many_fit(ring, view, sizes, count, end);
}

/* With the guard. Nobody is woken: there is nothing yet. */
static bool reserve(byni_ring *ring, putting *p, const byni_ring_view *view, uint64_t end, size_t n)
{
    p->outside.at = view->end;
    p->outside.end = end;
    p->outside.first = (uint32_t)p->sizes[0];
    p->outside.count = (uint32_t)n;
    if (!byni_outside_begin(ring, &p->outside, BYNI_PUTTING))
        return false;
    byni_commit(ring->segment, &ring->state->in, end, view->put, 0);
    return true;
}

/* With the guard. */
static byn_status put_some(byni_ring *ring, void *context)
{
    putting *p = context;
    byni_ring_view view;
    uint64_t end;
    size_t n;

    if (byni_load32(&ring->state->closed) != 0)
        return BYN_E_CLOSED;
    if (byni_look(ring, &view) < 0)
        return BYN_E_CORRUPT;
    n = byni_outside_room(ring, &view, p->sizes, p->count, &end);
    byni_short_remember(ring, view.first, end);
    if (n == 0)
        return BYN_E_TIMEDOUT;
    p->count = n;
    if (p->is_large && reserve(ring, p, &view, end, n))
        return BYN_OK;
    p->is_large = false;
    write_records(ring, view.end, p->data, p->sizes, n, false);
    byni_commit(ring->segment, &ring->state->in, end, view.put + n, byni_how_many_to_wake(n));
    byni_fetch_room(ring, view.first, end, end - view.end);
    return BYN_OK;
}

/* With the guard. */
static byn_status publish(byni_ring *ring, const byni_outside *mine)
{
    byni_ring_view view;

    if (byni_look(ring, &view) < 0)
        return BYN_E_CORRUPT;
    if (!byni_outside_is_mine(ring, mine))
        return byni_ring_broken();
    if (byni_load32(&ring->state->closed) != 0) {
        byni_outside_take_back(ring, &view, mine, 0);
        return BYN_E_CLOSED;
    }
    byni_outside_publish(ring, &view, mine);
    return BYN_OK;
}

/* Without the guard: what was reserved is written, and can be got. */
static byn_status fill(byni_ring *ring, const putting *p, byni_ring_wait *wait)
{
    byn_status status;

    byni_crash_point("ring.reserved");
    write_records(ring, p->outside.at, p->data, p->sizes, p->count, true);
    status = byni_enter(ring, wait);
    if (status < 0) {
        byni_outside_give_up(ring, p->outside.index);
        return status;
    }
    status = publish(ring, &p->outside);
    byni_leave(ring);
    return status;
}

/* Whether they are copied without the guard. */
static bool are_large(const byni_ring *ring, const size_t *sizes, size_t count)
{
    uint64_t sum = 0;
    size_t i;

    for (i = 0; i < count && sum < ring->outside; i++)
        sum += sizes[i];
    return sum >= ring->outside;
}

/* Who has to wait in any case need not ask with the guard first. */
static void linger(byni_ring *ring, size_t size, byni_ring_wait *wait)
{
    uint32_t seen;

    if (wait->timeout == BYN_NOW || byni_ring_is_closed(ring) || size >= ring->short_below ||
        !byni_short_is_full(ring, byni_ring_record_size(size), &seen))
        return;
    wait->has_spun = !bynk_spot_spin(&ring->state->out.spot, seen, &ring->room);
}

byn_status byni_ring_put(byni_ring *ring, const void *data, const size_t *sizes, size_t *count,
                         byni_ring_wait *wait)
{
    putting p = {.data = data, .sizes = sizes, .count = *count};
    byn_status status;

    linger(ring, sizes[0], wait);
    p.is_large = ring->copies != NULL && are_large(ring, sizes, *count);
    status = byni_try(ring, &ring->state->out, wait, put_some, &p);
    if (status == BYN_OK && p.is_large)
        status = fill(ring, &p, wait);
    if (status == BYN_OK)
        *count = p.count;
    return status;
}
