#include "pipe_ends.h"

#include "crash.h"

#define ASK_NS UINT64_C(1000000) /* to ask takes microseconds: who only looks asks no more often */

#define BOTH_STATES UINT32_C(0xffff)
#define ONE_TAKEN UINT32_C(0x10000)

static const char *const names[] = {"first", "second"};

/* ---- Reading ---------------------------------------------------------------------------------------- */

static byn_pipe_end_state state_in(uint32_t states, unsigned index)
{
    return (byn_pipe_end_state)(states >> 8 * index & 3);
}

static uint32_t with_state(uint32_t states, unsigned index, byn_pipe_end_state state)
{
    return (states & ~(UINT32_C(0xff) << 8 * index)) | (uint32_t)state << 8 * index;
}

static bool is_over(byn_pipe_end_state state)
{
    return state == BYN_PIPE_CLOSED || state == BYN_PIPE_DIED;
}

byn_pipe_end_state byni_pipe_state_of(const byni_pipe *whole, unsigned index)
{
    return state_in(byni_load32(&whole->state->states), index);
}

bynk_identity byni_pipe_owner_of(const byni_pipe *whole, unsigned index)
{
    const byni_pipe_owner *owner = &whole->state->owners[index];
    bynk_identity who = {byni_load32(&owner->pid), 0, byni_load64(&owner->started)};

    return who;
}

static bool is_same(const bynk_identity *a, const bynk_identity *b)
{
    return a->pid == b->pid && a->started == b->started;
}

/* ---- The guard ------------------------------------------------------------------------------------ */

static byn_status enter(byni_pipe *whole)
{
    byn_status status = bynk_guard_lock(whole->object.segment, &whole->state->guard, BYNK_SOON);

    return status < 0 ? status : BYN_OK;
}

/* In a call that may have a timeout. */
static byn_status enter_soon(byni_pipe *whole)
{
    bynk_guard *guard = &whole->state->guard;
    byn_status status = bynk_guard_lock(whole->object.segment, guard, BYNK_NOW);

    if (status == BYN_E_TIMEDOUT)
        status = bynk_guard_lock(whole->object.segment, guard, byni_with_grace(BYNK_NOW));
    return status < 0 ? status : BYN_OK;
}

static void leave(byni_pipe *whole)
{
    bynk_guard_unlock(whole->object.segment, &whole->state->guard);
}

/* ---- The end of an end ------------------------------------------------------------------------------ */

/* Only if it is still open, and this one's. Without the guard: nobody shall be kept from it. */
static void end_it(byni_pipe *whole, unsigned index, const bynk_identity *owner,
                   byn_pipe_end_state how)
{
    uint32_t states = byni_load32(&whole->state->states);

    do {
        bynk_identity now = byni_pipe_owner_of(whole, index);

        if (state_in(states, index) != BYN_PIPE_OPEN || !is_same(&now, owner))
            return;
    } while (!byni_cas32(&whole->state->states, &states, with_state(states, index, how)));
    byni_crash_point("pipe.over");
}

/*
 * Who waits in them is told, and nobody begins to. With the guard, for an end is taken with it: those of a
 * conversation that has begun meanwhile stay open. If it cannot be had, who waits looks at the states at its
 * next heartbeat.
 */
static void close_rings(byni_pipe *whole, unsigned index)
{
    unsigned i;

    if (byni_ring_is_closed(&whole->rings[0]) && byni_ring_is_closed(&whole->rings[1]))
        return;
    if (enter_soon(whole) < 0)
        return;
    for (i = 0; i < BYNI_PIPE_ENDS && is_over(byni_pipe_state_of(whole, index)); i++)
        if (!byni_ring_is_closed(&whole->rings[i]))
            (void)byni_ring_close(&whole->rings[i]);
    leave(whole);
}

void byni_pipe_leave(byni_pipe *whole, unsigned index)
{
    bynk_identity own;

    bynk_identity_own(&own);
    end_it(whole, index, &own, BYN_PIPE_CLOSED);
    byni_store32(&whole->handles[index].held, 0);
    close_rings(whole, index);
}

/*
 * Whether the owner is dead. This process' own end is alive as long as it has the handle: without one,
 * what was so called before an exec() has left it.
 */
static bool is_dead(const byni_pipe *whole, unsigned index, const bynk_identity *owner)
{
    bynk_identity own;

    bynk_identity_own(&own);
    if (is_same(owner, &own))
        return byni_load32(&whole->handles[index].held) == 0;
    return !bynk_identity_alive(owner);
}

static void bury(byni_pipe *whole, unsigned index)
{
    bynk_identity owner = byni_pipe_owner_of(whole, index);

    if (byni_pipe_state_of(whole, index) == BYN_PIPE_OPEN && is_dead(whole, index, &owner))
        end_it(whole, index, &owner, BYN_PIPE_DIED);
}

bool byni_pipe_may_ask(byni_pipe *whole)
{
    uint64_t asked = byni_load64(&whole->asked), now = bynk_clock();

    return now - asked >= ASK_NS && byni_cas64(&whole->asked, &asked, now);
}

bool byni_pipe_is_over(byni_pipe *whole, unsigned index, bool ask)
{
    if (ask && byni_pipe_state_of(whole, index) == BYN_PIPE_OPEN)
        bury(whole, index);
    if (!is_over(byni_pipe_state_of(whole, index)))
        return false;
    close_rings(whole, index);
    return true;
}

/* ---- Taking an end ---------------------------------------------------------------------------------- */

/* What nobody received any more is forgotten. */
static byn_status empty(byni_ring *ring)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};
    byni_ring_view view;
    byn_status status = byni_ring_enter(ring, &wait);

    if (status < 0)
        return status;
    status = byni_ring_look(ring, &view);
    if (status >= 0) {
        if (view.first != view.end)
            byni_ring_commit(ring->segment, &ring->state->out, view.end, view.put, UINT32_MAX);
        byni_crash_point("pipe.emptied");
        byni_store32(&ring->state->closed, 0);
    }
    byni_ring_leave(ring);
    return status;
}

static byn_status refuse_open(unsigned index, const bynk_identity *owner)
{
    return byni_fail(BYN_E_EXISTS, "its %s end belongs to process %u", names[index],
                     (unsigned)owner->pid);
}

static byn_status refuse_over(unsigned index)
{
    return byni_fail(BYN_E_CLOSED,
                     "its %s end is closed for good: the name begins anew when the other one is "
                     "closed too",
                     names[index]);
}

/* With the guard. */
static byn_status choose(const byni_pipe *whole, uint32_t states, byn_pipe_end wanted,
                         unsigned *index)
{
    unsigned from = wanted == BYN_PIPE_SECOND ? 1 : 0, to = wanted == BYN_PIPE_FIRST ? 1 : 2, i;
    bynk_identity owner = byni_pipe_owner_of(whole, from);

    for (i = from; i < to; i++) {
        *index = i;
        if (state_in(states, i) == BYN_PIPE_NOT_OPENED)
            return BYN_OK;
    }
    for (i = from; i < to; i++)
        if (is_over(state_in(states, i)))
            return refuse_over(i);
    return wanted == BYN_PIPE_EITHER ? byni_fail(BYN_E_EXISTS, "both of its ends are taken")
                                     : refuse_open(from, &owner);
}

/* With the guard, of an end that nobody has. */
static void write_owner(byni_pipe *whole, unsigned index)
{
    byni_pipe_owner *owner = &whole->state->owners[index];
    bynk_identity own;

    bynk_identity_own(&own);
    byni_store32(&owner->pid, own.pid);
    byni_store64(&owner->started, own.started);
    byni_store32(&whole->handles[index].held, 1);
    byni_crash_point("pipe.taking");
}

/* With the guard. *before: the states as they were. BYN_OK: so they shall become. */
static byn_status plan(byni_pipe *whole, byn_pipe_end wanted, unsigned *index, uint32_t before,
                       uint32_t *after)
{
    uint32_t states = before;
    byn_status status = BYN_OK;

    if (is_over(state_in(states, 0)) && is_over(state_in(states, 1))) {
        states &= ~BOTH_STATES;
        status = empty(&whole->rings[0]);
        if (status >= 0)
            status = empty(&whole->rings[1]);
    }
    if (status >= 0)
        status = choose(whole, states, wanted, index);
    if (status >= 0)
        *after = with_state(states, *index, BYN_PIPE_OPEN) + ONE_TAKEN;
    return status;
}

/* With the guard. Again, if an end came to its end meanwhile. */
static byn_status take(byni_pipe *whole, byn_pipe_end wanted, unsigned *index)
{
    uint32_t before = byni_load32(&whole->state->states), after = before;

    for (;;) {
        byn_status status = plan(whole, wanted, index, before, &after);

        if (status < 0)
            return status;
        write_owner(whole, *index);
        if (byni_cas32(&whole->state->states, &before, after))
            break;
        byni_store32(&whole->handles[*index].held, 0);
    }
    byni_crash_point("pipe.taken");
    return BYN_OK;
}

/* Who waits for the other end to come shall watch it from now on. */
static void wake_the_other(byni_pipe *whole, unsigned index)
{
    byni_ring *ring = &whole->rings[1 - index];
    byni_ring_wait wait = {.timeout = BYN_NOW};
    uint64_t bytes, messages;

    if (byni_ring_enter(ring, &wait) < 0)
        return;
    byni_ring_side_read(&ring->state->in, &bytes, &messages);
    byni_ring_commit(ring->segment, &ring->state->in, bytes, messages, UINT32_MAX);
    byni_ring_leave(ring);
}

byn_status byni_pipe_take(byni_pipe *whole, byn_pipe_end wanted, unsigned *index)
{
    byn_status status;

    bury(whole, 0);
    bury(whole, 1);
    status = enter(whole);
    if (status < 0)
        return status;
    status = take(whole, wanted, index);
    leave(whole);
    if (status >= 0)
        wake_the_other(whole, *index);
    return status;
}
