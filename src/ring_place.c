#include "ring_place.h"

#include "ring_short.h"

static bool is_held(const byni_outside *place)
{
    return place->index >= BYNI_RING_HELD;
}

/* ---- Reserve and hold ------------------------------------------------------------------------------- */

/* With the guard. Nobody is woken: there is nothing yet. */
static byn_status reserve(byni_ring *ring, void *context)
{
    byni_outside *place = context;
    size_t size = place->first;
    byni_ring_view view;

    if (byni_load32(&ring->state->closed) != 0)
        return BYN_E_CLOSED;
    if (byni_look(ring, &view) < 0)
        return BYN_E_CORRUPT;
    if (byni_outside_room(ring, &view, &size, 1, &place->end) == 0)
        return BYN_E_TIMEDOUT;
    place->at = view.end;
    if (!byni_outside_begin(ring, place, BYNI_RESERVED))
        return BYN_E_TIMEDOUT;
    byni_commit(ring->segment, &ring->state->in, place->end, view.put, 0);
    byni_fetch_room(ring, view.first, place->end, place->end - place->at);
    return BYN_OK;
}

byn_status byni_place_reserve(byni_ring *ring, byni_outside *place, size_t size,
                              byni_ring_wait *wait)
{
    byn_status status;

    place->first = (uint32_t)size;
    place->count = 1;
    status = byni_try(ring, &ring->state->out, wait, reserve, place);
    if (status == BYN_OK)
        byni_crash_point("place.reserved");
    return status;
}

/* With the guard. */
static byn_status hold(byni_ring *ring, void *context)
{
    byni_outside *place = context;
    byni_ring_view view;
    byni_ring_head head;
    byn_status status = byni_look_for_one(ring, &view, &place->at);

    if (status < 0)
        return status;
    head = byni_ring_head_at(ring, place->at);
    if (head.mark != BYNI_RING_READY || head.length > ring->limits.largest ||
        byni_ring_record_size(head.length) > view.end - place->at)
        return byni_ring_broken();
    place->first = head.length;
    place->end = place->at + byni_ring_record_size(head.length);
    byni_fetch_messages(ring, place->end, view.end, place->end - place->at);
    return byni_outside_begin(ring, place, BYNI_HELD) ? BYN_OK : BYN_E_TIMEDOUT;
}

byn_status byni_place_hold(byni_ring *ring, byni_outside *place, byni_ring_wait *wait)
{
    byn_status status;

    place->count = 1;
    byni_outside_look_at_holders(ring);
    status = byni_try(ring, &ring->state->in, wait, hold, place);
    if (status == BYN_OK)
        byni_crash_point("place.held");
    return status;
}

/* ---- The ends --------------------------------------------------------------------------------------- */

bool byni_place_is_mine(const byni_ring *ring, const byni_outside *place)
{
    return place->index >= BYNI_RING_RESERVED && place->index < BYNI_RING_COPIERS &&
           (place->at & 7) == 0 && byni_outside_is_mine(ring, place);
}

typedef struct ending {
    byni_outside place;
    size_t size; /* of the message, if it was reserved */
    byni_ring_view view;
} ending;

/* With the guard. The place has its end then. */
static byn_status find(const byni_ring *ring, ending *e)
{
    const byni_ring_view *view = &e->view;
    uint64_t at = e->place.at, need;

    if (byni_look(ring, &e->view) < 0)
        return BYN_E_CORRUPT;
    if (!byni_place_is_mine(ring, &e->place) || at - view->first >= view->end - view->first) {
        (void)byni_fail(BYN_E_INVALID, "this process has no such place in it");
        return BYN_E_INVALID;
    }
    need = byni_ring_record_size(byni_ring_head_at(ring, at).length);
    if (need > view->end - at)
        return byni_ring_broken();
    e->place.end = at + need;
    e->place.count = 1;
    return BYN_OK;
}

/* With the guard. Who waits for a place, since all are out, goes on. */
static void one_less(byni_ring *ring, byni_outside_kind kind, unsigned before)
{
    byni_ring_side *side = kind == BYNI_HELD ? &ring->state->in : &ring->state->out;
    unsigned most = kind == BYNI_HELD ? BYNI_RING_COPIERS - BYNI_RING_HELD
                                      : BYNI_RING_HELD - BYNI_RING_RESERVED;

    if (before == most)
        byni_ring_wake(ring->segment, side, UINT32_MAX);
}

/* What is not wanted of it is a record of its own. It comes first, while the head of the whole still hides it. */
static void cut(const byni_ring *ring, byni_outside *place, size_t size)
{
    uint64_t behind = place->at + byni_ring_record_size(size);

    place->first = (uint32_t)size;
    if (behind != place->end)
        byni_ring_head_store(ring, behind,
                             (uint32_t)(place->end - behind - sizeof(byni_ring_record)),
                             BYNI_RING_OVER);
}

static byn_status commit(byni_ring *ring, ending *e)
{
    unsigned before = byni_outside_places(ring, BYNI_RESERVED);
    byn_status status = find(ring, e);

    if (status < 0)
        return status;
    if (e->size > ring->limits.largest ||
        byni_ring_record_size(e->size) > e->place.end - e->place.at)
        return byni_fail(BYN_E_INVALID, "so much was not reserved");
    if (byni_load32(&ring->state->closed) != 0)
        return BYN_E_CLOSED;
    cut(ring, &e->place, e->size);
    byni_outside_publish(ring, &e->view, &e->place);
    one_less(ring, BYNI_RESERVED, before);
    return BYN_OK;
}

/* With the guard. Who waits for what may come back to a closed ring waits no longer. */
static byn_status release(byni_ring *ring, ending *e)
{
    unsigned before = byni_outside_places(ring, BYNI_HELD);
    byn_status status = find(ring, e);

    if (status < 0)
        return status;
    byni_outside_remove(ring, &e->view, &e->place);
    byni_outside_end(ring, &e->place);
    if (byni_load32(&ring->state->closed) != 0)
        byni_ring_wake(ring->segment, &ring->state->in, UINT32_MAX);
    else
        one_less(ring, BYNI_HELD, before);
    return BYN_OK;
}

static byn_status abandon(byni_ring *ring, ending *e)
{
    byni_outside_kind kind = is_held(&e->place) ? BYNI_HELD : BYNI_RESERVED;
    unsigned before = byni_outside_places(ring, kind);
    byn_status status = find(ring, e);

    if (status < 0)
        return status;
    if (kind == BYNI_HELD) {
        byni_outside_bring_back(ring, e->place.index);
        byni_ring_wake(ring->segment, &ring->state->in, BYNI_RING_WAKE_FEW);
    } else {
        byni_outside_take_back(ring, &e->view, &e->place, BYNI_RING_WAKE_FEW);
    }
    one_less(ring, kind, before);
    return BYN_OK;
}

byn_status byni_place_finish(byni_ring *ring, const byni_outside *place, byni_place_end how,
                             size_t size)
{
    static byn_status (*const ends[])(byni_ring * ring, ending * e) = {commit, release, abandon};
    byni_ring_wait wait = {.timeout = BYN_NOW};
    ending e = {.place = *place, .size = size};
    byn_status status = byni_enter(ring, &wait);

    if (status < 0)
        return status;
    status = ends[how](ring, &e);
    byni_leave(ring);
    return status;
}
