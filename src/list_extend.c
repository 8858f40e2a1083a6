/*
 * Many elements behind the last one, in one step: the right edge of the tree is made anew, from the leaves up to
 * where one word takes in all of it.
 */
#include "list_change.h"

#include <stdlib.h>

#include "error.h"

enum { FANOUT = BYNI_LIST_FANOUT };

/* In the memory of this process. The words of one level at a time: those that are there, and the new ones. */
typedef struct extension {
    byni_list_change c;
    byni_place *word;
    uint64_t *below; /* elements below each */
    size_t count;
    byni_place *made; /* all blocks, until the commit: nobody refers to them */
    size_t made_count;
} extension;

/* ---- Room for it ---------------------------------------------------------------------------------- */

/* Of a level never more than of the leaves; of all nodes never more than one for every 32 words and a few. */
static byn_status prepare(extension *e, size_t count)
{
    const size_t most = SIZE_MAX / sizeof(uint64_t) / 2 - (size_t)4 * FANOUT;

    if (count <= most) {
        e->word = malloc((count + 2 * FANOUT) * sizeof *e->word);
        e->below = malloc((count + 2 * FANOUT) * sizeof *e->below);
        e->made = malloc((count + count / 32 + 4 * FANOUT) * sizeof *e->made);
    }
    if (e->word == NULL || e->below == NULL || e->made == NULL)
        return byni_fail(BYN_E_NOMEM, "this process has no memory for the places of %llu elements",
                         (unsigned long long)count);
    return BYN_OK;
}

static void give_back(extension *e)
{
    free(e->word);
    free(e->below);
    free(e->made);
}

/* As if nothing had been made. */
static void undo(extension *e)
{
    while (e->made_count > 0)
        (void)byni_heap_free(e->c.heap, e->made[--e->made_count]);
}

/* A change has room for what few levels need: what it made is noted here. */
static bool note(extension *e, byni_place place)
{
    e->c.made_count = 0;
    if (place != 0)
        e->made[e->made_count++] = place;
    return place != 0;
}

/* ---- Level by level ------------------------------------------------------------------------------- */

static void add_word(extension *e, byni_place place, uint64_t below)
{
    e->word[e->count] = place;
    e->below[e->count] = below;
    e->count++;
}

/* What the node at the edge has already; above the leaves without its last word, which is made anew. */
static void add_edge(extension *e, unsigned level)
{
    const byni_list_branch *branch;
    const byni_list_step *step;
    uint32_t at;

    if (level >= e->c.way.height)
        return;
    step = &e->c.way.step[level];
    branch = (const byni_list_branch *)step->node;
    for (at = step->first; at < step->end - (level > 0); at++)
        add_word(e, byni_load32(&step->node->word[at]),
                 level > 0 ? byni_load64(&branch->count[at]) : 1);
}

static byn_status make_elements(extension *e, const char *data, const size_t *sizes, size_t count)
{
    byn_status status = BYN_OK;
    size_t i;

    for (i = 0; i < count; i++) {
        byni_place place = byni_list_make_element(&e->c, data, sizes[i], &status);

        if (!note(e, place))
            return status;
        add_word(e, place, 1);
        data += sizes[i];
    }
    return BYN_OK;
}

/* The words of a level in nodes, all but the last of them full. The nodes' words come to the front. */
static byn_status make_nodes(extension *e, unsigned level)
{
    byn_status status = BYN_OK;
    size_t from, nodes = 0;
    unsigned i;

    for (from = 0; from < e->count; from += i) {
        row r;
        byni_place place;

        row_begin(&r);
        for (i = 0; i < FANOUT && from + i < e->count; i++)
            row_add(&r, e->word[from + i], e->below[from + i]);
        r.room = ROOM_BEHIND;
        place = byni_list_make_node(&e->c, level, &r, 0, r.count, &status);
        if (!note(e, place))
            return status;
        e->word[nodes] = place;
        e->below[nodes++] = row_below(&r, 0, r.count);
    }
    e->count = nodes;
    return BYN_OK;
}

/* What was made at a level comes behind what is at the edge of the next one. */
static void go_up(extension *e, unsigned level)
{
    const size_t nodes = e->count;
    size_t edge;

    if (level >= e->c.way.height)
        return;
    edge = e->c.way.step[level].end - e->c.way.step[level].first - 1;
    memmove(e->word + edge, e->word, nodes * sizeof *e->word);
    memmove(e->below + edge, e->below, nodes * sizeof *e->below);
    e->count = 0;
    add_edge(e, level);
    e->count += nodes;
}

/* One node is left: where the old one of this level was comes that, or it is the root of a tree that is
 * higher. */
static byn_status commit(extension *e, unsigned level)
{
    unsigned above = level + 1;

    e->made_count = 0;
    if (above >= e->c.way.height)
        e->c.way.height = above;
    return byni_list_commit(&e->c, above, above < e->c.way.height ? e->c.way.step[above].at : 0,
                            e->word[0], e->below[0]);
}

static byn_status build(extension *e, const void *data, const size_t *sizes, size_t count)
{
    byn_status status;
    unsigned level;

    add_edge(e, 0);
    status = make_elements(e, data, sizes, count);
    for (level = 0; status >= 0; level++) {
        if (level == BYNI_LIST_LEVELS)
            return byni_fail(BYN_E_LIMIT, "the list has too many levels");
        if (level >= e->c.way.height && level < 2)
            byni_list_put_one_aside(&e->c, level);
        status = make_nodes(e, level);
        if (status >= 0 && level < e->c.way.height)
            byni_list_replaces(&e->c, e->c.way.step[level].place, level);
        if (status >= 0 && e->count == 1)
            return commit(e, level);
        if (status >= 0)
            go_up(e, level + 1);
    }
    return status;
}

byn_status byni_list_extend(byni_heap *heap, const void *data, const size_t *sizes, size_t count)
{
    extension e = {.count = 0};
    uint64_t there = byni_load64(byni_list_root(heap, BYNI_LIST_COUNT));
    byn_status status;

    byni_list_change_begin(&e.c, heap, count);
    if (byni_list_top(heap) != 0 && !byni_list_find_gap(heap, there, &e.c.way))
        return byni_list_makes_no_sense();
    status = prepare(&e, count);
    if (status >= 0)
        status = build(&e, data, sizes, count);
    if (status < 0)
        undo(&e);
    give_back(&e);
    return status;
}
