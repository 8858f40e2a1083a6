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

#include "circle_view.h"
#include "crash.h"

enum { TEXT_SIZE = 900 };

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

static size_t describe_one(const byni_view *v, const byni_circle *c, size_t i, char *text,
                           size_t size)
{
    const byni_node_wait *now = byni_wait_at(v, c->at[i]),
                         *before = byni_wait_at(v, c->at[(i + c->count - 1) % c->count]);
    const uint32_t holder = byni_circle_holder(v, c, i);
    char program[BYNK_PROGRAM_SIZE], way[64];
    int length;

    bynk_program_of(holder, program);
    if (holder == now->wait.pid)
        (void)snprintf(way, sizeof way, "thread %u", (unsigned)now->wait.thread);
    else
        (void)snprintf(way, sizeof way, "by way of pid %u", (unsigned)now->wait.pid);
    length = snprintf(text, size, "%s%s (pid %u, %s) holds \"%s\" and waits for \"%s\"",
                      i > 0 ? "; " : "", program[0] != '\0' ? escaped(program) : "a process",
                      (unsigned)holder, way, byni_node_at(v, before->node)->name,
                      byni_node_at(v, now->node)->name);
    if (length < 0)
        return 0;
    return (size_t)length < size ? (size_t)length : size - 1;
}

static void describe(const byni_view *v, const byni_circle *c, char text[TEXT_SIZE])
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
static bool is_the_firsts(const byni_view *v, const byni_circle *c)
{
    const byni_wait *mine = &byni_wait_at(v, c->at[0])->wait;
    size_t i;

    for (i = 0; i < c->count; i++) {
        const byni_wait *its = &byni_wait_at(v, c->at[i])->wait;

        if (byni_node_at(v, byni_wait_at(v, c->at[i])->node)->kind == BYNI_SEMAPHORE)
            return false;
        if (i > 0 && (its->wants & BYNI_WANTS_SENSE) != 0 && is_later(its, mine))
            return false;
    }
    return true;
}

/* The caller's own wait in a view, though there may have been no room to write it down; SIZE_MAX: nobody holds
 * what it waits for. */
static size_t place_of(byni_view *v, const byni_header *header, const byni_wait *mine)
{
    size_t i, of;

    for (of = 0; of < v->nodes.count; of++)
        if (byni_node_at(v, of)->incarnation == header->incarnation)
            break;
    if (of == v->nodes.count)
        return SIZE_MAX;
    for (i = 0; i < v->waits.count; i++) {
        const byni_node_wait *w = byni_wait_at(v, i);

        if (w->node == of && w->wait.pid == mine->pid && w->wait.thread == mine->thread)
            return i;
    }
    byni_view_add_wait(v, of, mine);
    return v->failed || i == v->waits.count ? SIZE_MAX : i;
}

static byn_status answer(const byni_view *first, const byni_circle *c, const byni_header *header,
                         const byni_wait *mine)
{
    byn_status status = BYN_OK;
    char text[TEXT_SIZE];
    byni_view second;

    byni_crash_between();
    if (byni_view_look(&second) >= 0 && place_of(&second, header, mine) != SIZE_MAX &&
        byni_circle_is_confirmed(first, c, &second)) {
        describe(first, c, text);
        status = byni_fail(BYN_E_DEADLOCK, "it would wait for itself: %s", text);
    }
    byni_view_let_go(&second);
    return status;
}

byn_status byni_circle_is_mine(const byni_object *object, uint64_t since)
{
    byn_status status = BYN_OK;
    byni_wait mine;
    byni_circle found;
    size_t start;
    byni_view v;

    byni_wait_own(&mine);
    mine.since = since;
    mine.wants = BYNI_WANTS_SENSE;
    if (byni_view_look(&v) >= 0 && (start = place_of(&v, object->header, &mine)) != SIZE_MAX) {
        if (byni_circle_find(&v, start, &found) && is_the_firsts(&v, &found))
            status = answer(&v, &found, object->header, &mine);
        free(found.at);
    }
    byni_view_let_go(&v);
    return status;
}

/* ---- All -------------------------------------------------------------------------------------------- */

typedef struct telling {
    byn_circle_visitor visitor;
    void *context;
    uint64_t now;
} telling;

/* Who runs another may go on without it, if it has not said that it waits; permits may come from another thread. */
static bool is_certain(const byni_view *v, const byni_circle *c, size_t i)
{
    const byni_node_wait *now = byni_wait_at(v, c->at[i]);
    const uint32_t holder = byni_circle_holder(v, c, i);
    bool waits = holder == now->wait.pid;
    size_t k;

    for (k = 0; k < now->sure; k++)
        waits = waits || now->runner[k] == holder;
    return waits && byni_node_at(v, now->node)->kind != BYNI_SEMAPHORE;
}

static bool tell(const telling *t, const byni_view *v, const byni_circle *c)
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
        const byni_node_wait *w = byni_wait_at(v, c->at[i]);

        bynk_program_of(w->wait.pid, programs[i]);
        parties[i] = byni_party_of_wait(&w->wait, t->now);
        parties[i].object = byni_node_at(v, w->node)->name;
        parties[i].kind = byni_kind_name(byni_node_at(v, w->node)->kind);
        parties[i].program = programs[i];
        holders[i] = byni_circle_holder(v, c, i);
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
static bool is_new(const byni_circle *c, const bool *told)
{
    size_t i;

    for (i = 0; i < c->count; i++)
        if (told[c->at[i]])
            return false;
    return true;
}

static byn_status tell_all(const telling *t, byni_view *first, const byni_view *second)
{
    bool *told = calloc(first->waits.count + 1, sizeof *told);
    bool go_on = true;
    size_t start, i;

    if (told == NULL)
        return byni_fail(BYN_E_NOMEM, "out of memory");
    for (start = 0; start < first->waits.count && go_on; start++) {
        byni_circle found;

        if (byni_circle_find(first, start, &found) && is_new(&found, told) &&
            byni_circle_is_confirmed(first, &found, second)) {
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
    byni_view first, second;
    byn_status status;

    if (visitor == NULL)
        return byni_null("byn_circles_visit", "visitor");
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    status = bynk_begin();
    if (status >= 0)
        status = byni_view_look(&first);
    if (status >= 0)
        status = byni_view_look(&second);
    t.now = bynk_clock();
    if (status >= 0)
        status = tell_all(&t, &first, &second);
    byni_view_let_go(&first);
    byni_view_let_go(&second);
    return status < 0 ? byni_failed(status, "byn_circles_visit", NULL) : status;
}
