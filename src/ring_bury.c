/* What a death leaves of messages that were copied, written or read without the guard. */
#include "ring_copier.h"

enum {
    GAVE_UP = 0,        /* as a pid */
    LOOK_NS = 250000000 /* between two looks at holders, while there is something to be got */
};

/* ---- Repair ----------------------------------------------------------------------------------------- */

/* Which copiers there really are, and how many messages were put and not removed. */
static byn_status count_again(const byni_ring *ring, const byni_ring_view *view, uint64_t *bits,
                              uint64_t *messages)
{
    uint64_t at = view->first;

    *bits = 0;
    *messages = 0;
    while (at != view->end) {
        byni_ring_head head = byni_ring_head_at(ring, at);
        unsigned index = head.mark - 1;

        if (head.mark > BYNI_RING_OVER || byni_ring_record_size(head.length) > view->end - at)
            return byni_ring_broken();
        if (head.mark == BYNI_RING_READY)
            ++*messages;
        if (head.mark != BYNI_RING_READY && head.mark != BYNI_RING_OVER) {
            if (byni_load64(&byni_copier(ring, index)->at) != at)
                return byni_ring_broken();
            *bits |= byni_copier_bit(index);
            *messages +=
                byni_copier_has_taken(index) ? byni_load32(&byni_copier(ring, index)->count) : 0;
        }
        at += byni_ring_record_size(head.length);
    }
    return BYN_OK;
}

/* What a putter that died had said is READY, and not counted: whoever slept was not woken, so it is over. */
static byn_status withdraw(const byni_ring *ring, const byni_ring_view *view, unsigned index)
{
    uint64_t at = byni_load64(&byni_copier(ring, index)->at), end = at;
    uint32_t count = byni_load32(&byni_copier(ring, index)->count);

    for (; count > 0; count--) {
        byni_ring_head head;

        if ((end & 7) != 0 || end - view->first >= view->end - view->first)
            return byni_ring_broken();
        head = byni_ring_head_at(ring, end);
        if (head.mark != BYNI_RING_READY || byni_ring_record_size(head.length) > view->end - end)
            return byni_ring_broken();
        end += byni_ring_record_size(head.length);
    }
    if (end == at)
        return byni_ring_broken();
    byni_ring_head_store(ring, at, (uint32_t)(end - at - sizeof(byni_ring_record)), BYNI_RING_OVER);
    return BYN_OK;
}

/* Of those that say they copy but do not, the putter. */
static byn_status withdraw_uncounted(byni_ring *ring, const byni_ring_view *view, uint64_t bits)
{
    unsigned i;

    for (i = 0; i < BYNI_RING_COPIERS; i++)
        if (!byni_copier_has_taken(i) && (byni_copying(ring) & ~bits & byni_copier_bit(i)) != 0)
            return withdraw(ring, view, i);
    return byni_ring_broken();
}

/*
 * A head says READY before the put counts, and OVER before the get does. At most one of the two was under way:
 * if there are more messages than the counts say it was a put, if fewer a get.
 */
byn_status byni_outside_repair(byni_ring *ring)
{
    byni_ring_view view;
    uint64_t messages, counted, bits;

    if (byni_ring_look(ring, &view) < 0 || count_again(ring, &view, &bits, &messages) < 0)
        return BYN_E_CORRUPT;
    counted = view.put - view.got;
    if (messages > counted && withdraw_uncounted(ring, &view, bits) < 0)
        return BYN_E_CORRUPT;
    byni_store64(&ring->state->copying, bits);
    byni_ring_commit(ring->segment, &ring->state->out, byni_outside_pass(ring, &view, view.first),
                     messages < counted ? view.put - messages : view.got, 0);
    byni_ring_wake(ring->segment, &ring->copies->turn, UINT32_MAX);
    return BYN_OK;
}

/* ---- Copiers that died ------------------------------------------------------------------------------ */

void byni_outside_bring_back(byni_ring *ring, unsigned index)
{
    const byni_ring_copier *c = byni_copier(ring, index);

    byni_ring_head_store(ring, byni_load64(&c->at), byni_load32(&c->first), BYNI_RING_READY);
    byni_crash_point("ring.back");
    byni_copier_clear(ring, index);
}

/* With the guard. What was taken to be copied behind it comes back too, and first: it may not be removed before. */
static void bring_back_from(byni_ring *ring, const byni_ring_view *view, unsigned index)
{
    uint64_t at = byni_load64(&byni_copier(ring, index)->at) - view->first;
    byni_ring_head head;
    unsigned i;

    for (i = BYNI_RING_GETTERS; i < BYNI_RING_RESERVED && !byni_copier_is_place(index); i++)
        if ((byni_copying(ring) & byni_copier_bit(i)) != 0 &&
            byni_copier_is_sound(ring, view, i, &head) &&
            byni_load64(&byni_copier(ring, i)->at) - view->first > at)
            byni_outside_bring_back(ring, i);
    byni_outside_bring_back(ring, index);
}

/* With the guard. */
static void bury(byni_ring *ring, const byni_ring_view *view, unsigned index)
{
    uint64_t at = byni_load64(&byni_copier(ring, index)->at);
    byni_ring_head head;

    if (!byni_copier_is_sound(ring, view, index, &head)) {
        byni_copier_clear(ring, index);
        return;
    }
    if (byni_copier_has_taken(index)) {
        bring_back_from(ring, view, index);
        return;
    }
    byni_ring_head_store(ring, at, head.length, BYNI_RING_OVER);
    byni_crash_point("ring.buried");
    byni_copier_clear(ring, index);
}

typedef struct looking {
    bynk_identity who[BYNI_RING_COPIERS];
    uint64_t bits; /* copiers */
} looking;

/* With the guard: who there is. What is no copier is dead. */
static byn_status find_copiers(byni_ring *ring, looking *l, uint64_t *dead)
{
    byni_ring_view view;
    byni_ring_head head;
    unsigned i;

    if (byni_ring_look(ring, &view) < 0)
        return BYN_E_CORRUPT;
    l->bits = byni_copying(ring);
    for (i = 0; i < BYNI_RING_COPIERS; i++) {
        if ((l->bits & byni_copier_bit(i)) == 0)
            continue;
        l->who[i] = byni_copier_identity(ring, i);
        if (!byni_copier_is_sound(ring, &view, i, &head))
            *dead |= byni_copier_bit(i);
    }
    return BYN_OK;
}

/* With the guard. Those who sleep find room, or messages, or that it is their turn. */
static byn_status bury_all(byni_ring *ring, const looking *l, uint64_t dead)
{
    byni_ring_view view;
    unsigned i;

    if (byni_ring_look(ring, &view) < 0)
        return BYN_E_CORRUPT;
    for (i = 0; i < BYNI_RING_COPIERS; i++) {
        bynk_identity who = byni_copier_identity(ring, i);

        if ((byni_copying(ring) & dead & byni_copier_bit(i)) != 0 &&
            bynk_identity_same(&who, &l->who[i]))
            bury(ring, &view, i);
    }
    byni_ring_commit(ring->segment, &ring->state->out, byni_outside_pass(ring, &view, view.first),
                     view.got, UINT32_MAX);
    byni_ring_wake(ring->segment, &ring->state->in, UINT32_MAX);
    byni_ring_wake(ring->segment, &ring->copies->turn, UINT32_MAX);
    return BYN_OK;
}

static byn_status look_once(byni_ring *ring, looking *l, uint64_t *dead)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};
    byn_status status = byni_ring_enter(ring, &wait);

    if (status < 0)
        return status;
    status = *dead != 0 ? bury_all(ring, l, *dead) : find_copiers(ring, l, dead);
    byni_ring_leave(ring);
    return status;
}

/* What is dead stays dead: so the system is asked without the guard. */
byn_status byni_outside_look(byni_ring *ring, bynk_identity who[BYNI_RING_COPIERS], unsigned *count,
                             bool *changed)
{
    looking l;
    uint64_t dead = 0;
    byn_status status = look_once(ring, &l, &dead);
    unsigned i;

    *count = 0;
    *changed = false;
    if (status < 0)
        return status;
    for (i = 0; i < BYNI_RING_COPIERS; i++) {
        if ((l.bits & ~dead & byni_copier_bit(i)) == 0 ||
            bynk_identity_same(&l.who[i], &ring->self) || byni_is_among(who, *count, &l.who[i]))
            continue;
        if (l.who[i].pid != GAVE_UP && bynk_identity_alive(&l.who[i]))
            who[(*count)++] = l.who[i];
        else
            dead |= byni_copier_bit(i);
    }
    *changed = dead != 0;
    return *changed ? look_once(ring, &l, &dead) : BYN_OK;
}

/* The guard could not be had: so it is left to others, as if this thread had died, and tried once more. Were it
 * another's meanwhile: what a getter loses it takes anew, and what a putter has it keeps until it is done. */
void byni_outside_give_up(byni_ring *ring, unsigned index)
{
    bynk_identity who[BYNI_RING_COPIERS], self;
    bynk_identity now = byni_copier_identity(ring, index);
    unsigned count;
    bool changed;

    bynk_identity_thread(&self);
    if (!bynk_identity_same(&now, &self))
        return;
    byni_store32(&byni_copier(ring, index)->pid, GAVE_UP);
    (void)byni_outside_look(ring, who, &count, &changed);
}

void byni_outside_look_at_holders(byni_ring *ring)
{
    uint64_t asked = byni_load64(&ring->asked), now;
    bynk_identity who[BYNI_RING_COPIERS];
    unsigned count;
    bool changed;

    if (ring->copies == NULL || (byni_copying(ring) & byni_copiers_of(BYNI_HELD)) == 0)
        return;
    now = bynk_clock();
    if (now - asked >= LOOK_NS && byni_cas64(&ring->asked, &asked, now))
        (void)byni_outside_look(ring, who, &count, &changed);
}

void byni_outside_leave(byni_ring *ring)
{
    looking l = {.bits = byni_copying(ring)};
    uint64_t mine = 0;
    unsigned i;

    for (i = BYNI_RING_RESERVED; i < BYNI_RING_COPIERS; i++) {
        l.who[i] = byni_copier_identity(ring, i);
        if ((l.bits & byni_copier_bit(i)) == 0 || !bynk_identity_same(&l.who[i], &ring->self))
            continue;
        byni_store32(&byni_copier(ring, i)->pid, GAVE_UP);
        l.who[i].pid = GAVE_UP;
        mine |= byni_copier_bit(i);
    }
    if (mine != 0)
        (void)look_once(ring, &l, &mine);
}

unsigned byni_outside_takers(const byni_ring *ring, bynk_identity *who, unsigned most)
{
    uint64_t bits = byni_copying(ring);
    bynk_identity each;
    unsigned i, count = 0;

    for (i = 0; i < BYNI_RING_COPIERS && count < most; i++) {
        each = byni_copier_identity(ring, i);
        if (byni_copier_has_taken(i) && (bits & byni_copier_bit(i)) != 0 &&
            !bynk_identity_same(&each, &ring->self) && !byni_is_among(who, count, &each))
            who[count++] = each;
    }
    return count;
}
