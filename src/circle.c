/*
 * Two looks at all objects. What was read in one is of different moments, and a circle of it may never have been.
 * But a wait that is written down in both looks, with the same beginning, has lasted from the one to the other;
 * who waits lets nothing go, so that a hold which is in both looks has lasted too; and a thread that has got what
 * it waited for holds it, so that nobody else does. So if all of a circle is in both looks, it was there at the
 * moment between them. And if all of it is there, the second look finds it again.
 */
#include "circle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An object that somebody holds and somebody waits for. */
typedef struct node {
    uint64_t incarnation;
    uint32_t kind;
    uint32_t holders;
    char name[BYNI_NAME_SIZE];
} node;

typedef struct hold {
    size_t node;
    byni_hold hold;
} hold;

typedef struct wait {
    size_t node;
    byni_wait wait;
} wait;

typedef struct sequence {
    void *items;
    size_t count, room;
} sequence;

/* One look. */
typedef struct view {
    sequence nodes, holds, waits;
    size_t holds_before; /* while an object is looked at */
    bool failed;         /* no memory */
} view;

enum { MOST_WAITS = 8192, TEXT_SIZE = 900 };

/* ---- Looking ---------------------------------------------------------------------------------------- */

static void push(view *v, sequence *s, const void *item, size_t size)
{
    size_t room = s->room > 0 ? s->room * 2 : 16;
    void *more;

    if (s->count == s->room) {
        more = realloc(s->items, room * size);
        if (more == NULL) {
            v->failed = true;
            return;
        }
        s->items = more;
        s->room = room;
    }
    memcpy((char *)s->items + s->count++ * size, item, size);
}

static const node *node_at(const view *v, size_t i)
{
    return &((const node *)v->nodes.items)[i];
}

static const hold *hold_at(const view *v, size_t i)
{
    return &((const hold *)v->holds.items)[i];
}

static const wait *wait_at(const view *v, size_t i)
{
    return &((const wait *)v->waits.items)[i];
}

static void add_hold(const byni_hold *found, void *context)
{
    view *v = context;
    const hold item = {v->nodes.count, *found};

    if (found->pid != 0)
        push(v, &v->holds, &item, sizeof item);
}

static void add_wait(view *v, size_t of, const byni_wait *found)
{
    const wait item = {of, *found};

    if ((found->wants & BYNI_WANTS_ANY) == 0 && v->waits.count < MOST_WAITS)
        push(v, &v->waits, &item, sizeof item);
}

static bool look_at(const byni_header *copy, size_t size, void *context)
{
    const byni_waiters *waiters = byni_waiters_of((byni_header *)(uintptr_t)copy);
    view *v = context;
    node item = {.incarnation = copy->incarnation, .kind = copy->kind};
    byni_wait found;
    size_t i;

    v->holds_before = v->holds.count;
    byni_holds(copy, size, add_hold, v);
    item.holders = (uint32_t)(v->holds.count - v->holds_before);
    if (item.holders == 0)
        return !v->failed;
    memcpy(item.name, copy->name, sizeof item.name);
    push(v, &v->nodes, &item, sizeof item);
    for (i = 0; i < BYNI_WAITERS && !v->failed; i++)
        if (byni_waiter_read(&waiters->entry[i], &found))
            add_wait(v, v->nodes.count - 1, &found);
    return !v->failed;
}

static byn_status look(view *v)
{
    byn_status status;

    memset(v, 0, sizeof *v);
    status = bynk_segments_glance(BYNI_PARTIES_SIZE, look_at, v);
    if (status >= 0 && v->failed)
        status = byni_fail(BYN_E_NOMEM, "out of memory");
    return status;
}

static void let_go(view *v)
{
    free(v->nodes.items);
    free(v->holds.items);
    free(v->waits.items);
}

/* ---- The graph -------------------------------------------------------------------------------------- */

/* Whether a process waits for the end of one that waits: it is among those that have started it, up to one that
 * is known to do so. */
static bool runs(uint32_t pid, const byni_wait *waiting)
{
    enum { GENERATIONS = 32 };
    uint32_t at = waiting->pid;
    int i;

    if (waiting->run_by == 0)
        return false;
    for (i = 0; i < GENERATIONS && at != 0 && at != waiting->run_by; i++) {
        at = bynk_parent_of(at);
        if (at == pid)
            return true;
    }
    return false;
}

/* A process that holds permits gives them back by any of its threads. */
static bool may_be_of(const byni_hold *held, const byni_wait *waiting)
{
    if (held->pid != waiting->pid)
        return runs(held->pid, waiting);
    return held->thread == 0 || held->thread == waiting->thread;
}

/* Readers do not keep out readers. Of permits it is enough that one of several holders gives some back. */
static bool keeps_out(const view *v, const hold *h, const byni_wait *waiting)
{
    const node *of = node_at(v, h->node);

    if (of->kind == BYNI_SEMAPHORE && of->holders > 1)
        return false;
    return h->hold.sort != BYNI_WANTS_TO_READ ||
           (waiting->wants & BYNI_WANTS_SORT) != BYNI_WANTS_TO_READ;
}

/* What keeps the first one waiting, and the next one, which waits too, has; NULL: nothing. */
static const hold *between(const view *v, const wait *first, const wait *next)
{
    size_t i;

    for (i = 0; i < v->holds.count; i++) {
        const hold *h = hold_at(v, i);

        if (h->node == first->node && may_be_of(&h->hold, &next->wait) &&
            keeps_out(v, h, &first->wait))
            return h;
    }
    return NULL;
}

static bool follows(const view *v, const wait *first, const wait *next)
{
    return between(v, first, next) != NULL;
}

/* Some of the waits of a view, each for what the next holds. */
typedef struct circle {
    size_t *at;
    size_t count;
} circle;

/* The process that has what the one before waits for. */
static uint32_t holder_of(const view *v, const circle *c, size_t i)
{
    const wait *now = wait_at(v, c->at[i]);
    const hold *h = between(v, wait_at(v, c->at[(i + c->count - 1) % c->count]), now);

    return h != NULL ? h->hold.pid : now->wait.pid;
}

/* Who runs another may go on without it; permits may come from another thread. */
static bool is_certain(const view *v, const circle *c, size_t i)
{
    const wait *now = wait_at(v, c->at[i]);

    return node_at(v, now->node)->kind != BYNI_SEMAPHORE && holder_of(v, c, i) == now->wait.pid;
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
static void note_way(const search *s, size_t last, circle *found)
{
    size_t k, place;

    found->count = 1;
    for (k = last; k != 0; k = s->from[k])
        found->count++;
    place = found->count;
    for (k = last; place > 0; k = s->from[k])
        found->at[--place] = s->reached[k];
}

/* The shortest circle that a wait is in: step by step from it, until it is reached again. */
static bool search_from(const view *v, size_t start, search *s, circle *found)
{
    size_t k, i;

    s->reached[0] = start;
    s->from[0] = 0;
    s->count = 1;
    for (k = 0; k < s->count; k++) {
        const wait *now = wait_at(v, s->reached[k]);

        if (follows(v, now, wait_at(v, start))) {
            note_way(s, k, found);
            return true;
        }
        for (i = 0; i < v->waits.count; i++) {
            if (!follows(v, now, wait_at(v, i)) || is_reached(s, i))
                continue;
            s->from[s->count] = k;
            s->reached[s->count++] = i;
        }
    }
    return false;
}

/* false: there is none, or no memory. To be freed: found->at. */
static bool find(const view *v, size_t start, circle *found)
{
    size_t *room = calloc(v->waits.count * 3, sizeof(size_t));
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

static bool is_same_wait(const view *one, const wait *a, const view *other, const wait *b)
{
    return a->wait.pid == b->wait.pid && a->wait.thread == b->wait.thread &&
           a->wait.started == b->wait.started && a->wait.since == b->wait.since &&
           node_at(one, a->node)->incarnation == node_at(other, b->node)->incarnation;
}

static const wait *find_again(const view *one, const wait *a, const view *other)
{
    size_t i;

    for (i = 0; i < other->waits.count; i++)
        if (is_same_wait(one, a, other, wait_at(other, i)))
            return wait_at(other, i);
    return NULL;
}

static bool is_confirmed(const view *first, const circle *c, const view *second)
{
    size_t i;

    for (i = 0; i < c->count; i++) {
        const wait *a = wait_at(first, c->at[i]), *b = wait_at(first, c->at[(i + 1) % c->count]);
        const wait *again = find_again(first, a, second), *next = find_again(first, b, second);

        if (again == NULL || next == NULL || !follows(second, again, next) ||
            !byni_wait_alive(&a->wait))
            return false;
    }
    return true;
}

/* ---- In words --------------------------------------------------------------------------------------- */

/* What is shown can come from anywhere. */
static const char *escaped(char *text)
{
    char *at;

    for (at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    return text;
}

static size_t describe_one(const view *v, const circle *c, size_t i, char *text, size_t size)
{
    const wait *now = wait_at(v, c->at[i]),
               *before = wait_at(v, c->at[(i + c->count - 1) % c->count]);
    const uint32_t holder = holder_of(v, c, i);
    char program[BYNK_PROGRAM_SIZE], way[64];
    int length;

    bynk_program_of(holder, program);
    if (holder == now->wait.pid)
        (void)snprintf(way, sizeof way, "thread %u", (unsigned)now->wait.thread);
    else
        (void)snprintf(way, sizeof way, "by way of pid %u", (unsigned)now->wait.pid);
    length = snprintf(text, size, "%s%s (pid %u, %s) holds \"%s\" and waits for \"%s\"",
                      i > 0 ? "; " : "", program[0] != '\0' ? escaped(program) : "a process",
                      (unsigned)holder, way, node_at(v, before->node)->name,
                      node_at(v, now->node)->name);
    if (length < 0)
        return 0;
    return (size_t)length < size ? (size_t)length : size - 1;
}

static void describe(const view *v, const circle *c, char text[TEXT_SIZE])
{
    size_t at = 0, i;

    text[0] = '\0';
    for (i = 0; i < c->count && at < TEXT_SIZE - 1; i++)
        at += describe_one(v, c, i, text + at, TEXT_SIZE - at);
    (void)escaped(text);
}

/* ---- The caller's own ------------------------------------------------------------------------------- */

static bool is_later(const byni_wait *a, const byni_wait *b)
{
    if (a->since != b->since)
        return a->since > b->since;
    return a->pid != b->pid ? a->pid > b->pid : a->thread > b->thread;
}

/* Whether it is the first's of the circle to break it. */
static bool is_the_firsts(const view *v, const circle *c)
{
    const byni_wait *mine = &wait_at(v, c->at[0])->wait;
    size_t i;

    for (i = 0; i < c->count; i++) {
        const byni_wait *its = &wait_at(v, c->at[i])->wait;

        if (node_at(v, wait_at(v, c->at[i])->node)->kind == BYNI_SEMAPHORE)
            return false;
        if (i > 0 && (its->wants & BYNI_WANTS_SENSE) != 0 && is_later(its, mine))
            return false;
    }
    return true;
}

/* The caller's own wait in a view, though there may have been no room to write it down; SIZE_MAX: nobody holds
 * what it waits for. */
static size_t place_of(view *v, const byni_header *header, const byni_wait *mine)
{
    size_t i, of;

    for (of = 0; of < v->nodes.count; of++)
        if (node_at(v, of)->incarnation == header->incarnation)
            break;
    if (of == v->nodes.count)
        return SIZE_MAX;
    for (i = 0; i < v->waits.count; i++) {
        const wait *w = wait_at(v, i);

        if (w->node == of && w->wait.pid == mine->pid && w->wait.thread == mine->thread)
            return i;
    }
    add_wait(v, of, mine);
    return v->failed || i == v->waits.count ? SIZE_MAX : i;
}

static byn_status answer(const view *first, const circle *c, const byni_header *header,
                         const byni_wait *mine)
{
    byn_status status = BYN_OK;
    char text[TEXT_SIZE];
    view second;

    if (look(&second) >= 0 && place_of(&second, header, mine) != SIZE_MAX &&
        is_confirmed(first, c, &second)) {
        describe(first, c, text);
        status = byni_fail(BYN_E_DEADLOCK, "it would wait for itself: %s", text);
    }
    let_go(&second);
    return status;
}

byn_status byni_circle_is_mine(const byni_object *object, uint64_t since)
{
    byn_status status = BYN_OK;
    byni_wait mine;
    circle found;
    size_t start;
    view v;

    byni_wait_own(&mine);
    mine.since = since;
    mine.wants = BYNI_WANTS_SENSE;
    if (look(&v) >= 0 && (start = place_of(&v, object->header, &mine)) != SIZE_MAX) {
        if (find(&v, start, &found) && is_the_firsts(&v, &found))
            status = answer(&v, &found, object->header, &mine);
        free(found.at);
    }
    let_go(&v);
    return status;
}

/* ---- All -------------------------------------------------------------------------------------------- */

typedef struct telling {
    byn_circle_visitor visitor;
    void *context;
    uint64_t now;
} telling;

static bool tell(const telling *t, const view *v, const circle *c)
{
    byn_party *parties = calloc(c->count, sizeof *parties);
    char(*programs)[BYNK_PROGRAM_SIZE] = calloc(c->count, sizeof *programs);
    uint32_t *holders = calloc(c->count, sizeof *holders);
    const bool there = parties != NULL && programs != NULL && holders != NULL;
    byn_circle told = {.count = c->count, .waits = parties, .holders = holders, .certain = true};
    bool go_on = false;
    char text[TEXT_SIZE];
    size_t i;

    for (i = 0; there && i < c->count; i++) {
        const wait *w = wait_at(v, c->at[i]);

        bynk_program_of(w->wait.pid, programs[i]);
        parties[i] = byni_party_of_wait(&w->wait, t->now);
        parties[i].object = node_at(v, w->node)->name;
        parties[i].kind = byni_kind_name(node_at(v, w->node)->kind);
        parties[i].program = programs[i];
        holders[i] = holder_of(v, c, i);
        told.certain = told.certain && is_certain(v, c, i);
    }
    if (there) {
        describe(v, c, text);
        told.text = text;
        go_on = t->visitor(&told, t->context);
    }
    free(parties);
    free(programs);
    free(holders);
    return go_on;
}

/* Each once: by the one of its waits that comes first. */
static bool is_new(const circle *c, const bool *told)
{
    size_t i;

    for (i = 0; i < c->count; i++)
        if (told[c->at[i]])
            return false;
    return true;
}

static byn_status tell_all(const telling *t, const view *first, const view *second)
{
    bool *told = calloc(first->waits.count + 1, sizeof *told);
    bool go_on = true;
    size_t start, i;

    if (told == NULL)
        return byni_fail(BYN_E_NOMEM, "out of memory");
    for (start = 0; start < first->waits.count && go_on; start++) {
        circle found;

        if (find(first, start, &found) && is_new(&found, told) &&
            is_confirmed(first, &found, second)) {
            for (i = 0; i < found.count; i++)
                told[found.at[i]] = true;
            go_on = tell(t, first, &found);
        }
        free(found.at);
    }
    free(told);
    return BYN_OK;
}

byn_status byn_circles_visit(byn_circle_visitor visitor, void *context)
{
    telling t = {visitor, context, 0};
    view first, second;
    byn_status status;

    if (visitor == NULL)
        return byni_invalid("byn_circles_visit", "the visitor is NULL");
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    status = bynk_begin();
    if (status >= 0)
        status = look(&first);
    if (status >= 0)
        status = look(&second);
    t.now = bynk_clock();
    if (status >= 0)
        status = tell_all(&t, &first, &second);
    let_go(&first);
    let_go(&second);
    return status < 0 ? byni_failed(status, "byn_circles_visit", NULL) : status;
}
