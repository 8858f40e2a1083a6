#include "ring_outside.h"

#include "crash.h"

/* Of the bits in `copying`. */
#define PUTTERS UINT32_C(0x0000ffff)
#define GETTERS UINT32_C(0xffff0000)

enum { EACH = BYNI_RING_COPIERS / 2, GAVE_UP = 0 /* as a pid */ };

/* ---- Copiers ---------------------------------------------------------------------------------------- */

static byni_ring_copier *copier(const byni_ring *ring, unsigned index)
{
    return &ring->copies->copiers[index];
}

static uint32_t copying(const byni_ring *ring)
{
    return byni_load32(&ring->state->copying);
}

static uint32_t bit(unsigned index)
{
    return UINT32_C(1) << index;
}

static bool is_getter(unsigned index)
{
    return index >= EACH;
}

static bynk_identity identity_of(const byni_ring *ring, unsigned index)
{
    const byni_ring_copier *c = copier(ring, index);
    bynk_identity who = {byni_load32(&c->pid), byni_load32(&c->thread), byni_load64(&c->started)};

    return who;
}

static void set(byni_ring *ring, unsigned index)
{
    byni_store32(&ring->state->copying, copying(ring) | bit(index));
}

static void clear(byni_ring *ring, unsigned index)
{
    byni_store32(&ring->state->copying, copying(ring) & ~bit(index));
}

bool byni_outside_taking(const byni_ring *ring)
{
    return (copying(ring) & GETTERS) != 0;
}

uint64_t byni_outside_reserved(const byni_ring *ring)
{
    uint32_t bits = copying(ring) & PUTTERS;
    uint64_t sum = 0;
    unsigned i;

    for (i = 0; bits != 0; i++, bits >>= 1)
        if ((bits & 1) != 0)
            sum += byni_load32(&copier(ring, i)->count);
    return sum;
}

/* The bit comes before the head, without which it says nothing. */
static bool begin(byni_ring *ring, byni_outside *mine, unsigned from)
{
    uint32_t used = copying(ring);
    unsigned i = from;
    byni_ring_copier *c;
    bynk_identity self;

    while (i < from + EACH && (used & bit(i)) != 0)
        i++;
    if (i == from + EACH)
        return false;
    mine->index = i;
    c = copier(ring, i);
    bynk_identity_thread(&self);
    byni_store32(&c->pid, self.pid);
    byni_store32(&c->thread, self.thread);
    byni_store64(&c->started, self.started);
    byni_store64(&c->at, mine->at);
    byni_store32(&c->first, mine->first);
    byni_store32(&c->count, mine->count);
    set(ring, i);
    byni_crash_point("ring.copier");
    byni_ring_head_store(ring, mine->at,
                         (uint32_t)(mine->end - mine->at - sizeof(byni_ring_record)), 1 + i);
    return true;
}

bool byni_outside_reserve(byni_ring *ring, byni_outside *mine)
{
    return begin(ring, mine, 0);
}

bool byni_outside_take(byni_ring *ring, byni_outside *mine)
{
    return begin(ring, mine, EACH);
}

bool byni_outside_is_mine(const byni_ring *ring, const byni_outside *mine)
{
    bynk_identity who = identity_of(ring, mine->index), self;

    bynk_identity_thread(&self);
    return (copying(ring) & bit(mine->index)) != 0 && bynk_identity_same(&who, &self) &&
           byni_load64(&copier(ring, mine->index)->at) == mine->at &&
           byni_ring_head_at(ring, mine->at).mark == 1 + mine->index;
}

void byni_outside_end(byni_ring *ring, const byni_outside *mine)
{
    clear(ring, mine->index);
}

/* Whether it has a record in the ring, whose head says so; *head is a copy. */
static bool is_sound(const byni_ring *ring, const byni_ring_view *view, unsigned index,
                     byni_ring_head *head)
{
    uint64_t at = byni_load64(&copier(ring, index)->at);

    if ((at & 7) != 0 || at - view->first >= view->end - view->first)
        return false;
    *head = byni_ring_head_at(ring, at);
    return head->mark == 1 + index && byni_ring_record_size(head->length) <= view->end - at;
}

bool byni_outside_is_behind(const byni_ring *ring, const byni_outside *mine)
{
    uint32_t bits = copying(ring) & GETTERS;
    byni_ring_view view;
    byni_ring_head head;
    unsigned i;

    if (bits == bit(mine->index) || byni_ring_look(ring, &view) < 0)
        return false;
    for (i = EACH; i < BYNI_RING_COPIERS; i++)
        if ((bits & bit(i)) != 0 && i != mine->index && is_sound(ring, &view, i, &head) &&
            byni_load64(&copier(ring, i)->at) - view.first < mine->at - view.first)
            return true;
    return false;
}

/* ---- Records ---------------------------------------------------------------------------------------- */

/* Those that are over become one, so that nobody passes each of them again and again. */
byn_status byni_outside_find_ready(byni_ring *ring, const byni_ring_view *view, uint64_t *at)
{
    uint64_t over = 0, here = *at;
    bool is_after_over = false;

    while (here != view->end) {
        byni_ring_head head = byni_ring_head_at(ring, here);

        if (head.mark == BYNI_RING_READY) {
            *at = here;
            return BYN_OK;
        }
        if (head.mark > BYNI_RING_OVER || byni_ring_record_size(head.length) > view->end - here)
            return byni_ring_broken();
        if (head.mark == BYNI_RING_OVER && !is_after_over)
            over = here;
        is_after_over = head.mark == BYNI_RING_OVER;
        here += byni_ring_record_size(head.length);
        if (is_after_over)
            byni_ring_head_store(ring, over, (uint32_t)(here - over - sizeof(byni_ring_record)),
                                 BYNI_RING_OVER);
    }
    return BYN_E_TIMEDOUT;
}

uint64_t byni_outside_pass(const byni_ring *ring, const byni_ring_view *view, uint64_t at)
{
    while (at != view->end) {
        byni_ring_head head = byni_ring_head_at(ring, at);

        if (head.mark != BYNI_RING_OVER || byni_ring_record_size(head.length) > view->end - at)
            break;
        at += byni_ring_record_size(head.length);
    }
    return at;
}

/* ---- Repair ----------------------------------------------------------------------------------------- */

/* Which copiers there really are, and how many messages were put and not removed. */
static byn_status count_again(const byni_ring *ring, const byni_ring_view *view, uint32_t *bits,
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
            if (byni_load64(&copier(ring, index)->at) != at)
                return byni_ring_broken();
            *bits |= bit(index);
            *messages += is_getter(index) ? byni_load32(&copier(ring, index)->count) : 0;
        }
        at += byni_ring_record_size(head.length);
    }
    return BYN_OK;
}

/* What a putter that died had said is READY, and not counted: whoever slept was not woken, so it is over. */
static byn_status withdraw(const byni_ring *ring, const byni_ring_view *view, unsigned index)
{
    uint64_t at = byni_load64(&copier(ring, index)->at), end = at;
    uint32_t count = byni_load32(&copier(ring, index)->count);

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
static byn_status withdraw_uncounted(byni_ring *ring, const byni_ring_view *view, uint32_t bits)
{
    unsigned i;

    for (i = 0; i < EACH; i++)
        if ((copying(ring) & ~bits & bit(i)) != 0)
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
    uint64_t messages, counted;
    uint32_t bits;

    if (byni_ring_look(ring, &view) < 0 || count_again(ring, &view, &bits, &messages) < 0)
        return BYN_E_CORRUPT;
    counted = view.put - view.got;
    if (messages > counted && withdraw_uncounted(ring, &view, bits) < 0)
        return BYN_E_CORRUPT;
    byni_store32(&ring->state->copying, bits);
    byni_ring_commit(ring->segment, &ring->state->out, byni_outside_pass(ring, &view, view.first),
                     messages < counted ? view.put - messages : view.got, 0);
    byni_ring_wake(ring->segment, &ring->copies->turn, UINT32_MAX);
    return BYN_OK;
}

/* ---- Copiers that died ------------------------------------------------------------------------------ */

/* With the guard. */
static void bring_back(byni_ring *ring, unsigned index)
{
    const byni_ring_copier *c = copier(ring, index);

    byni_ring_head_store(ring, byni_load64(&c->at), byni_load32(&c->first), BYNI_RING_READY);
    byni_crash_point("ring.back");
    clear(ring, index);
}

/* With the guard. What was taken behind it comes back too, and first: it may not be removed before. */
static void bring_back_from(byni_ring *ring, const byni_ring_view *view, unsigned index)
{
    uint64_t at = byni_load64(&copier(ring, index)->at) - view->first;
    byni_ring_head head;
    unsigned i;

    for (i = EACH; i < BYNI_RING_COPIERS; i++)
        if ((copying(ring) & bit(i)) != 0 && is_sound(ring, view, i, &head) &&
            byni_load64(&copier(ring, i)->at) - view->first > at)
            bring_back(ring, i);
    bring_back(ring, index);
}

/* With the guard. */
static void bury(byni_ring *ring, const byni_ring_view *view, unsigned index)
{
    uint64_t at = byni_load64(&copier(ring, index)->at);
    byni_ring_head head;

    if (!is_sound(ring, view, index, &head)) {
        clear(ring, index);
        return;
    }
    if (is_getter(index)) {
        bring_back_from(ring, view, index);
        return;
    }
    byni_ring_head_store(ring, at, head.length, BYNI_RING_OVER);
    byni_crash_point("ring.buried");
    clear(ring, index);
}

typedef struct looking {
    bynk_identity who[BYNI_RING_COPIERS];
    uint32_t bits; /* copiers; then those of them that are dead, or none */
} looking;

/* With the guard: who there is. What is no copier is dead. */
static byn_status find_copiers(byni_ring *ring, looking *l, uint32_t *dead)
{
    byni_ring_view view;
    byni_ring_head head;
    unsigned i;

    if (byni_ring_look(ring, &view) < 0)
        return BYN_E_CORRUPT;
    l->bits = copying(ring);
    for (i = 0; i < BYNI_RING_COPIERS; i++) {
        if ((l->bits & bit(i)) == 0)
            continue;
        l->who[i] = identity_of(ring, i);
        if (!is_sound(ring, &view, i, &head))
            *dead |= bit(i);
    }
    return BYN_OK;
}

/* With the guard. Those who sleep find room, or messages, or that it is their turn. */
static byn_status bury_all(byni_ring *ring, const looking *l, uint32_t dead)
{
    byni_ring_view view;
    unsigned i;

    if (byni_ring_look(ring, &view) < 0)
        return BYN_E_CORRUPT;
    for (i = 0; i < BYNI_RING_COPIERS; i++) {
        bynk_identity who = identity_of(ring, i);

        if ((copying(ring) & dead & bit(i)) != 0 && bynk_identity_same(&who, &l->who[i]))
            bury(ring, &view, i);
    }
    byni_ring_commit(ring->segment, &ring->state->out, byni_outside_pass(ring, &view, view.first),
                     view.got, UINT32_MAX);
    byni_ring_wake(ring->segment, &ring->state->in, UINT32_MAX);
    byni_ring_wake(ring->segment, &ring->copies->turn, UINT32_MAX);
    return BYN_OK;
}

static byn_status look_once(byni_ring *ring, looking *l, uint32_t *dead)
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
    uint32_t dead = 0;
    byn_status status = look_once(ring, &l, &dead);
    unsigned i;

    *count = 0;
    *changed = false;
    if (status < 0)
        return status;
    for (i = 0; i < BYNI_RING_COPIERS; i++) {
        if ((l.bits & ~dead & bit(i)) == 0)
            continue;
        if (l.who[i].pid != GAVE_UP && bynk_identity_alive(&l.who[i]))
            who[(*count)++] = l.who[i];
        else
            dead |= bit(i);
    }
    *changed = dead != 0;
    return *changed ? look_once(ring, &l, &dead) : BYN_OK;
}

/* The guard could not be had: so it is left to others, as if this thread had died, and tried once more. Were it
 * another's meanwhile: what a getter loses it takes anew, and what a putter has it keeps until it is done. */
void byni_outside_give_up(byni_ring *ring, unsigned index)
{
    bynk_identity who[BYNI_RING_COPIERS], self;
    bynk_identity now = identity_of(ring, index);
    unsigned count;
    bool changed;

    bynk_identity_thread(&self);
    if (!bynk_identity_same(&now, &self))
        return;
    byni_store32(&copier(ring, index)->pid, GAVE_UP);
    (void)byni_outside_look(ring, who, &count, &changed);
}

unsigned byni_outside_takers(const byni_ring *ring, bynk_identity *who, unsigned most)
{
    uint32_t bits = copying(ring) & GETTERS;
    unsigned i, count = 0;

    for (i = EACH; i < BYNI_RING_COPIERS && count < most; i++)
        if ((bits & bit(i)) != 0)
            who[count++] = identity_of(ring, i);
    return count;
}
