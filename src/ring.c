#include "ring.h"

#include <string.h>

#include "crash.h"

enum {
    WAKE_FEW = 3, /* a wake-up that one of them takes to its grave is not the only one */
    PAGE = 4096,
    NS_PER_US = 1000
};

/* ---- Sides ----------------------------------------------------------------------------------------- */

void byni_ring_side_initialise(byni_ring_side *side)
{
    bynk_spot_initialise(&side->spot, 0);
}

void byni_ring_side_read(const byni_ring_side *side, uint64_t *bytes, uint64_t *messages)
{
    const byni_ring_cell *cell = &side->cells[bynk_spot_number(&side->spot) & 1];

    *bytes = byni_load64(&cell->bytes);
    *messages = byni_load64(&cell->messages);
}

void byni_ring_commit(bynk_segment *segment, byni_ring_side *side, uint64_t bytes,
                      uint64_t messages, uint32_t wake)
{
    byni_ring_cell *cell = &side->cells[(bynk_spot_number(&side->spot) + 1) & 1];

    byni_store64(&cell->bytes, bytes);
    byni_store64(&cell->messages, messages);
    byni_crash_point("ring.written");
    bynk_spot_add(segment, &side->spot, 1, wake);
    byni_crash_point("ring.committed");
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
}

/* ---- The guard ------------------------------------------------------------------------------------- */

static bynk_deadline deadline_of(byni_ring_wait *wait)
{
    if (wait->deadline == BYNK_NOW)
        wait->deadline = byni_deadline(wait->timeout);
    return wait->deadline;
}

/* The dead may have been about to wake somebody. */
static byn_status repair(byni_ring *ring)
{
    byn_status status = ring->repair != NULL ? ring->repair(ring) : BYN_OK;

    wake_all(ring);
    return status;
}

byn_status byni_ring_enter(byni_ring *ring, byni_ring_wait *wait)
{
    bynk_guard *guard = &ring->state->guard;
    bool patient = wait->timeout == BYN_FOREVER;
    byn_status status = bynk_guard_lock(ring->segment, guard, patient ? BYNK_SOON : BYNK_NOW);

    if (BYNI_UNLIKELY(status == BYN_E_TIMEDOUT && !patient))
        status = bynk_guard_lock(ring->segment, guard, byni_with_grace(deadline_of(wait)));
    if (BYNI_UNLIKELY(status == BYN_ABANDONED)) {
        status = repair(ring);
        if (status < 0)
            byni_ring_leave(ring);
    }
    return status;
}

void byni_ring_leave(byni_ring *ring)
{
    bynk_guard_unlock(ring->segment, &ring->state->guard);
}

/* ---- Records. With the guard ----------------------------------------------------------------------- */

byn_status byni_ring_broken(void)
{
    (void)byni_fail(BYN_E_CORRUPT, "what is written in it makes no sense: remove it");
    return BYN_E_CORRUPT;
}

static inline byn_status look(const byni_ring *ring, byni_ring_view *view)
{
    uint64_t used;

    byni_ring_side_read(&ring->state->in, &view->end, &view->put);
    byni_ring_side_read(&ring->state->out, &view->first, &view->got);
    used = view->end - view->first;
    if (((view->first | view->end) & 7) != 0 || used > ring->limits.capacity ||
        view->put - view->got > used / sizeof(byni_ring_record) ||
        (view->put == view->got) != (used == 0))
        return byni_ring_broken();
    return BYN_OK;
}

byn_status byni_ring_look(const byni_ring *ring, byni_ring_view *view)
{
    return look(ring, view);
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

/* What lies there up to the ring's end. */
static size_t before_the_end(const byni_ring *ring, uint64_t at, size_t size)
{
    uint64_t rest = ring->size - (at & (ring->size - 1));

    return rest < size ? (size_t)rest : size;
}

void byni_ring_read(const byni_ring *ring, uint64_t at, void *to, size_t size)
{
    size_t first = before_the_end(ring, at, size);

    if (first > 0)
        memcpy(to, ring->bytes + (at & (ring->size - 1)), first);
    if (first < size)
        memcpy((unsigned char *)to + first, ring->bytes, size - first);
}

void byni_ring_write(const byni_ring *ring, uint64_t at, const void *from, size_t size)
{
    size_t first = before_the_end(ring, at, size);

    if (first > 0)
        memcpy(ring->bytes + (at & (ring->size - 1)), from, first);
    if (first < size)
        memcpy(ring->bytes, (const unsigned char *)from + first, size - first);
}

static void write_record(const byni_ring *ring, uint64_t at, const void *data, size_t size)
{
    byni_ring_record *record = (byni_ring_record *)(void *)(ring->bytes + (at & (ring->size - 1)));
    static const unsigned char zero[BYNI_RING_PREFIX] = {0};
    uint32_t prefix = ring->limits.prefix;

    byni_store32(&record->length, prefix + (uint32_t)size);
    byni_store32(&record->mark, 0);
    byni_ring_write(ring, at + sizeof *record, zero, prefix);
    byni_ring_write(ring, at + sizeof *record + prefix, data, size);
}

/* ---- Waiting ---------------------------------------------------------------------------------------- */

/* Without the guard, after an attempt in vain. BYN_OK: try again. */
static byn_status sleep_once(byni_ring *ring, byni_ring_side *side, uint32_t seen,
                             byni_ring_wait *wait)
{
    byn_status status = BYN_OK;

    if (wait->timeout == BYN_NOW)
        return BYN_E_TIMEDOUT;
    if (wait->before_sleep != NULL)
        status = wait->before_sleep(wait->context);
    if (status < 0)
        return status;
    wait->rest.deadline = deadline_of(wait);
    wait->rest.hint = side == &ring->state->in ? &ring->data : &ring->room;
    return bynk_spot_sleep(ring->segment, &side->spot, seen, &wait->rest);
}

static inline byn_status try_until(byni_ring *ring, byni_ring_side *side, byni_ring_wait *wait,
                                   byn_status (*attempt)(byni_ring *ring, void *context),
                                   void *context)
{
    for (;;) {
        byn_status status = byni_ring_enter(ring, wait);
        uint32_t seen;

        if (status < 0)
            return status;
        status = attempt(ring, context);
        seen = bynk_spot_number(&side->spot);
        byni_ring_leave(ring);
        if (status != BYN_E_TIMEDOUT)
            return status;
        status = sleep_once(ring, side, seen, wait);
        if (status < 0)
            return status;
    }
}

byn_status byni_ring_try(byni_ring *ring, byni_ring_side *side, byni_ring_wait *wait,
                         byn_status (*attempt)(byni_ring *ring, void *context), void *context)
{
    return try_until(ring, side, wait, attempt, context);
}

/* ---- Put -------------------------------------------------------------------------------------------- */

static uint32_t how_many_to_wake(size_t messages)
{
    return messages > WAKE_FEW ? (uint32_t)messages : WAKE_FEW;
}

typedef struct putting {
    const void *data;
    const size_t *sizes;
    size_t *count;
} putting;

/* With the guard. */
static byn_status put_some(byni_ring *ring, void *context)
{
    const putting *p = context;
    const unsigned char *next = p->data;
    byni_ring_view view;
    uint64_t room, end, held;
    size_t i;

    if (byni_load32(&ring->state->closed) != 0)
        return BYN_E_CLOSED;
    if (look(ring, &view) < 0)
        return BYN_E_CORRUPT;
    room = ring->limits.capacity - (view.end - view.first);
    held = view.put - view.got;
    end = view.end;
    for (i = 0; i < *p->count; i++) {
        uint64_t need = byni_ring_record_size(ring->limits.prefix + (uint64_t)p->sizes[i]);

        if (need > room || (ring->limits.items != 0 && held + i >= ring->limits.items))
            break;
        write_record(ring, end, next, p->sizes[i]);
        end += need;
        room -= need;
        if (p->sizes[i] > 0)
            next += p->sizes[i];
    }
    if (i == 0)
        return BYN_E_TIMEDOUT;
    *p->count = i;
    byni_ring_commit(ring->segment, &ring->state->in, end, view.put + i, how_many_to_wake(i));
    return BYN_OK;
}

byn_status byni_ring_put(byni_ring *ring, const void *data, const size_t *sizes, size_t *count,
                         byni_ring_wait *wait)
{
    putting p = {data, sizes, count};

    return try_until(ring, &ring->state->out, wait, put_some, &p);
}

/* ---- Get -------------------------------------------------------------------------------------------- */

/*
 * Whether this step of the getters wakes sleeping putters. To wake one for each message that is taken costs
 * more than the message; so a stream of gets does it when a quarter is free. Nobody waits for what is put off:
 * the ring is not nearly empty. A getter that is slow does it at once; after a quick one that stops, the
 * putters look at their next heartbeat.
 */
static bool is_worth_waking(byni_ring *ring, uint64_t used)
{
    enum { MANY = 16, SLOW_NS = 100 * NS_PER_US };
    uint64_t now, before;

    if (!bynk_spot_has_sleepers(&ring->state->out.spot))
        return true; /* costs nothing */
    if (ring->limits.items != 0 || used <= ring->limits.capacity - ring->limits.capacity / 4 ||
        ring->limits.largest > ring->limits.capacity / MANY)
        return true;
    now = bynk_clock();
    before = byni_load64(&ring->spared);
    byni_store64(&ring->spared, now);
    return now - before > SLOW_NS;
}

void byni_ring_commit_out(byni_ring *ring, const byni_ring_view *view, uint64_t first, uint64_t got)
{
    uint32_t wake =
        is_worth_waking(ring, view->end - first) ? how_many_to_wake(got - view->got) : 0;

    byni_ring_commit(ring->segment, &ring->state->out, first, got, wake);
}

/* With the guard: BYN_OK: there is a first message. */
static byn_status look_for_one(const byni_ring *ring, byni_ring_view *view)
{
    if (look(ring, view) < 0)
        return BYN_E_CORRUPT;
    if (view->first != view->end)
        return BYN_OK;
    return byni_load32(&ring->state->closed) != 0 ? BYN_E_CLOSED : BYN_E_TIMEDOUT;
}

/* With the guard. */
static byn_status get_some(byni_ring *ring, void *context)
{
    byni_ring_wanted *wanted = context;
    unsigned char *to = wanted->buffer;
    byni_ring_view view;
    byn_status status = look_for_one(ring, &view);
    uint64_t at = view.first;
    size_t i, room = wanted->room;

    wanted->count = 0;
    if (status < 0)
        return status;
    for (i = 0; i < wanted->most && at != view.end; i++) {
        uint32_t length;

        if (byni_ring_record_at(ring, &view, at, &length) == NULL)
            return BYN_E_CORRUPT;
        if (length > room && i == 0) {
            wanted->bytes = length;
            return BYN_E_TOOBIG;
        }
        if (length > room)
            break;
        byni_ring_read(ring, at + sizeof(byni_ring_record), to, length);
        if (length > 0)
            to += length;
        room -= length;
        wanted->sizes[i] = length;
        at += byni_ring_record_size(length);
    }
    wanted->count = i;
    wanted->bytes = wanted->room - room;
    if (!wanted->leave_it)
        byni_ring_commit_out(ring, &view, at, view.got + i);
    return BYN_OK;
}

byn_status byni_ring_get(byni_ring *ring, byni_ring_wanted *wanted, byni_ring_wait *wait)
{
    return try_until(ring, &ring->state->in, wait, get_some, wanted);
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
    status = look(ring, &view);
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
}

/* Whoever sees that one is there may not take it: another is woken for it. */
byn_status byni_ring_ready(byni_ring *ring)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};
    byni_ring_view view;
    byn_status status = byni_ring_enter(ring, &wait);

    if (status < 0)
        return status;
    status = look_for_one(ring, &view);
    if (status == BYN_OK)
        bynk_spot_add(ring->segment, &ring->state->in.spot, 0, 1);
    byni_ring_leave(ring);
    return status == BYN_E_CLOSED ? BYN_OK : status;
}
