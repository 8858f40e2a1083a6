#include "circle_view.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_WAITS = 8192 };

static void push(byni_view *v, byni_sequence *s, const void *item, size_t size)
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

static void add_hold(const byni_hold *found, void *context)
{
    byni_view *v = context;

    if (found->pid != 0)
        push(v, &v->holds, found, sizeof *found);
}

/*
 * Up to who is known to wait for its end, and no further: what stands there is not believed to be one. One that
 * does not come from there any more, since somebody in between has ended, has none.
 */
static void note_runners(byni_node_wait *item)
{
    bynk_descent of = {0, 0, 0};
    bool known = bynk_descent_of(item->wait.pid, &of),
         sure = known && of.first == item->wait.thread;
    uint32_t at = item->wait.pid;
    bool later = false;

    while (known && !later && at != item->wait.run_by && of.parent != 0 &&
           item->runners < BYNI_RUNNERS) {
        const uint64_t started = of.started;

        at = of.parent;
        known = bynk_descent_of(at, &of);
        later = known && of.started > started; /* another one by now */
        item->runner[item->runners++] = at;
        if (sure && known && item->runners <= item->wait.runs)
            item->sure = item->runners;
    }
    if (later || at != item->wait.run_by)
        item->runners = item->sure = 0;
}

void byni_view_add_wait(byni_view *v, size_t node, const byni_wait *found)
{
    byni_node_wait item = {.node = node, .wait = *found};

    if ((found->wants & BYNI_WANTS_ANY) != 0 || v->waits.count == MOST_WAITS)
        return;
    if (found->run_by != 0)
        note_runners(&item);
    push(v, &v->waits, &item, sizeof item);
}

bool byni_view_add(byni_view *v, const byni_header *copy, size_t size)
{
    const byni_waiters *waiters = byni_waiters_of((byni_header *)(uintptr_t)copy);
    byni_node item = {
        .incarnation = copy->incarnation, .kind = copy->kind, .first_hold = v->holds.count};
    byni_wait found;
    size_t i;

    byni_holds(copy, size, add_hold, v);
    item.holders = v->holds.count - item.first_hold;
    if (item.holders == 0)
        return !v->failed;
    memcpy(item.name, copy->name, sizeof item.name);
    push(v, &v->nodes, &item, sizeof item);
    for (i = 0; i < BYNI_WAITERS && !v->failed; i++)
        if (byni_waiter_read(&waiters->entry[i], &found))
            byni_view_add_wait(v, v->nodes.count - 1, &found);
    return !v->failed;
}

static bool look_at(const byni_header *copy, size_t size, void *context)
{
    return byni_view_add(context, copy, size);
}

byn_status byni_view_look(byni_view *v)
{
    byn_status status;

    memset(v, 0, sizeof *v);
    status = bynk_segments_glance(NULL, BYNI_PARTIES_SIZE, look_at, v);
    if (status >= 0 && v->failed)
        status = byni_fail(BYN_E_NOMEM, "out of memory");
    return status;
}

void byni_view_let_go(byni_view *v)
{
    free(v->nodes.items);
    free(v->holds.items);
    free(v->waits.items);
}
