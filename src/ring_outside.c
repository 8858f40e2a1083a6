/* What is copied, written or read without the guard, while all live. */
#include "ring_copier.h"

/* ---- Copiers ---------------------------------------------------------------------------------------- */

bool byni_outside_taking(const byni_ring *ring)
{
    return (byni_copying(ring) & byni_copiers_of(BYNI_GETTING)) != 0;
}

uint64_t byni_outside_reserved(const byni_ring *ring)
{
    uint64_t bits = byni_copying(ring) &
                    (byni_copiers_of(BYNI_PUTTING) | byni_copiers_of(BYNI_RESERVED)),
             sum = 0;
    unsigned i;

    for (i = 0; bits != 0; i++, bits >>= 1)
        if ((bits & 1) != 0)
            sum += byni_load32(&byni_copier(ring, i)->count);
    return sum;
}

unsigned byni_outside_places(const byni_ring *ring, byni_outside_kind kind)
{
    uint64_t bits = byni_copying(ring) & byni_copiers_of(kind);
    unsigned count = 0;

    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

/* Who is written down as the copier. */
static void self_as(const byni_ring *ring, unsigned index, bynk_identity *self)
{
    if (byni_copier_is_place(index))
        *self = ring->self;
    else
        bynk_identity_thread(self);
}

/* The bit comes before the head, without which it says nothing. */
bool byni_outside_begin(byni_ring *ring, byni_outside *mine, byni_outside_kind kind)
{
    uint64_t used = byni_copying(ring);
    unsigned i = byni_first_copier[kind];
    byni_ring_copier *c;
    bynk_identity self;

    while (i < byni_first_copier[kind + 1] && (used & byni_copier_bit(i)) != 0)
        i++;
    if (i == byni_first_copier[kind + 1])
        return false;
    mine->index = i;
    c = byni_copier(ring, i);
    self_as(ring, i, &self);
    byni_store32(&c->pid, self.pid);
    byni_store32(&c->thread, self.thread);
    byni_store64(&c->started, self.started);
    byni_store64(&c->at, mine->at);
    byni_store32(&c->first, mine->first);
    byni_store32(&c->count, mine->count);
    byni_copier_set(ring, i);
    byni_crash_point("ring.copier");
    byni_ring_head_store(ring, mine->at,
                         (uint32_t)(mine->end - mine->at - sizeof(byni_ring_record)), 1 + i);
    return true;
}

bool byni_outside_is_mine(const byni_ring *ring, const byni_outside *mine)
{
    bynk_identity who = byni_copier_identity(ring, mine->index), self;

    self_as(ring, mine->index, &self);
    return (byni_copying(ring) & byni_copier_bit(mine->index)) != 0 &&
           bynk_identity_same(&who, &self) &&
           byni_load64(&byni_copier(ring, mine->index)->at) == mine->at &&
           byni_ring_head_at(ring, mine->at).mark == 1 + mine->index;
}

void byni_outside_end(byni_ring *ring, const byni_outside *mine)
{
    byni_copier_clear(ring, mine->index);
}

void byni_outside_publish(byni_ring *ring, const byni_ring_view *view, const byni_outside *mine)
{
    byni_ring_head_store(ring, mine->at, mine->first, BYNI_RING_READY);
    byni_crash_point("ring.ready");
    byni_commit(ring->segment, &ring->state->in, view->end, view->put + mine->count,
                byni_how_many_to_wake(mine->count));
    byni_outside_end(ring, mine);
}

void byni_outside_take_back(byni_ring *ring, const byni_ring_view *view, const byni_outside *mine,
                            uint32_t wake)
{
    byni_ring_head_store(ring, mine->at, byni_ring_head_at(ring, mine->at).length, BYNI_RING_OVER);
    byni_crash_point("ring.taken_back");
    byni_outside_end(ring, mine);
    byni_commit(ring->segment, &ring->state->out, byni_outside_pass(ring, view, view->first),
                view->got, wake);
}

bool byni_outside_is_behind(const byni_ring *ring, const byni_outside *mine)
{
    uint64_t bits = byni_copying(ring) & byni_copiers_of(BYNI_GETTING);
    byni_ring_view view;
    byni_ring_head head;
    unsigned i;

    if (bits == byni_copier_bit(mine->index) || byni_ring_look(ring, &view) < 0)
        return false;
    for (i = BYNI_RING_GETTERS; i < BYNI_RING_RESERVED; i++)
        if ((bits & byni_copier_bit(i)) != 0 && i != mine->index &&
            byni_copier_is_sound(ring, &view, i, &head) &&
            byni_load64(&byni_copier(ring, i)->at) - view.first < mine->at - view.first)
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
