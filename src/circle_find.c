#include "circle_view.h"

#include <stdlib.h>

/* All searches of a view together compare a hold with a wait so often: within a second. */
#define MOST_EFFORT (UINT64_C(1) << 28)

static bool runs(uint32_t pid, const byni_node_wait *waiting)
{
    size_t i;

    for (i = 0; i < waiting->runners; i++)
        if (waiting->runner[i] == pid)
            return true;
    return false;
}

/* A process that holds permits gives them back by any of its threads. */
static bool may_be_of(const byni_hold *held, const byni_node_wait *waiting)
{
    if (held->pid != waiting->wait.pid)
        return runs(held->pid, waiting);
    return held->thread == 0 || held->thread == waiting->wait.thread;
}

/* Readers do not keep out readers. Of permits it is enough that one of several holders gives some back. */
static bool keeps_out(const byni_node *of, const byni_hold *held, const byni_wait *waiting)
{
    if (of->kind == BYNI_SEMAPHORE && of->holders > 1)
        return false;
    return held->sort != BYNI_WANTS_TO_READ ||
           (waiting->wants & BYNI_WANTS_SORT) != BYNI_WANTS_TO_READ;
}

/* What keeps the first one waiting, and the next one, which waits too, has; NULL: nothing. */
static const byni_hold *between(const byni_view *v, const byni_node_wait *first,
                                const byni_node_wait *next)
{
    const byni_node *of = byni_node_at(v, first->node);
    size_t i;

    for (i = 0; i < of->holders; i++) {
        const byni_hold *held = byni_hold_at(v, of->first_hold + i);

        if (may_be_of(held, next) && keeps_out(of, held, &first->wait))
            return held;
    }
    return NULL;
}

static bool follows(const byni_view *v, const byni_node_wait *first, const byni_node_wait *next)
{
    return between(v, first, next) != NULL;
}

uint32_t byni_circle_holder(const byni_view *v, const byni_circle *c, size_t i)
{
    const byni_node_wait *now = byni_wait_at(v, c->at[i]);
    const byni_hold *h = between(v, byni_wait_at(v, c->at[(i + c->count - 1) % c->count]), now);

    return h != NULL ? h->pid : now->wait.pid;
}

/* Who was reached from whom. */
typedef struct search {
    size_t *from, *reached;
    size_t count;
} search;

static bool is_reached(const search *s, size_t i)
{
    size_t k;

    for (k = 0; k < s->count; k++)
        if (s->reached[k] == i)
            return true;
    return false;
}

/* The way back from the last to the start, turned round. */
static void note_way(const search *s, size_t last, byni_circle *found)
{
    size_t k, place;

    found->count = 1;
    for (k = last; k != 0; k = s->from[k])
        found->count++;
    place = found->count;
    for (k = last; place > 0; k = s->from[k])
        found->at[--place] = s->reached[k];
}

/* Those that have what this one waits for, and were not reached yet. */
static void reach_next(byni_view *v, search *s, size_t k)
{
    const byni_node_wait *now = byni_wait_at(v, s->reached[k]);
    size_t i;

    v->effort += v->waits.count * (byni_node_at(v, now->node)->holders + s->count);
    for (i = 0; i < v->waits.count; i++) {
        if (!follows(v, now, byni_wait_at(v, i)) || is_reached(s, i))
            continue;
        s->from[s->count] = k;
        s->reached[s->count++] = i;
    }
}

/* Step by step from a wait, until it is reached again. */
static bool search_from(byni_view *v, size_t start, search *s, byni_circle *found)
{
    size_t k;

    s->reached[0] = start;
    s->from[0] = 0;
    s->count = 1;
    for (k = 0; k < s->count && v->effort < MOST_EFFORT; k++) {
        if (follows(v, byni_wait_at(v, s->reached[k]), byni_wait_at(v, start))) {
            note_way(s, k, found);
            return true;
        }
        reach_next(v, s, k);
    }
    return false;
}

bool byni_circle_find(byni_view *v, size_t start, byni_circle *found)
{
    size_t *room = calloc(v->waits.count * 2, sizeof(size_t));
    search s;
    bool there;

    found->at = NULL;
    if (room == NULL)
        return false;
    s = (search){room, room + v->waits.count, 0};
    found->at = calloc(v->waits.count, sizeof(size_t));
    there = found->at != NULL && search_from(v, start, &s, found);
    free(room);
    return there;
}

/* ---- Whether it is so ------------------------------------------------------------------------------- */

static bool is_same_wait(const byni_view *one, const byni_node_wait *a, const byni_view *other,
                         const byni_node_wait *b)
{
    return a->wait.pid == b->wait.pid && a->wait.thread == b->wait.thread &&
           a->wait.started == b->wait.started && a->wait.since == b->wait.since &&
           byni_node_at(one, a->node)->incarnation == byni_node_at(other, b->node)->incarnation;
}

static const byni_node_wait *find_again(const byni_view *one, const byni_node_wait *a,
                                        const byni_view *other)
{
    size_t i;

    for (i = 0; i < other->waits.count; i++)
        if (is_same_wait(one, a, other, byni_wait_at(other, i)))
            return byni_wait_at(other, i);
    return NULL;
}

bool byni_circle_is_confirmed(const byni_view *first, const byni_circle *c, const byni_view *second)
{
    size_t i;

    for (i = 0; i < c->count; i++) {
        const byni_node_wait *a = byni_wait_at(first, c->at[i]),
                             *b = byni_wait_at(first, c->at[(i + 1) % c->count]);
        const byni_node_wait *again = find_again(first, a, second),
                             *next = find_again(first, b, second);

        if (again == NULL || next == NULL || !follows(second, again, next) ||
            !byni_wait_alive(&a->wait))
            return false;
    }
    return true;
}
