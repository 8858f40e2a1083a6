/*
 * How a change of a list's tree is made and committed, see list_tree.h: what is new is made first, one store
 * commits it, and then the numbers are put right and what was replaced is freed.
 */
#include "list_change.h"

#include "crash.h"

enum { FANOUT = BYNI_LIST_FANOUT };

void byni_list_change_begin(byni_list_change *c, byni_heap *heap, uint64_t difference)
{
    c->heap = heap;
    c->difference = difference;
    c->made_count = c->replaced_count = 0;
    c->way.height = 0;
}

/* ---- What is made, and goes ---------------------------------------------------------------------- */

/* Two nodes are put aside, so that what is amid others can be removed from a list that is full. */
static byni_a64 *spare_of(const byni_list_change *c, unsigned level)
{
    return byni_list_root(c->heap, BYNI_LIST_SPARES + (level > 0));
}

static byni_place take_spare(byni_list_change *c, unsigned level)
{
    byni_place place = (byni_place)byni_load64(spare_of(c, level));

    byni_store64(spare_of(c, level), 0);
    return byni_heap_room(c->heap, place) >= byni_list_node_size(level) ? place : 0;
}

static byni_place make(byni_list_change *c, unsigned level, size_t size, byn_status *status)
{
    byni_place place = 0;

    *status = byni_heap_allocate(c->heap, size, &place);
    if (*status < 0 && level != BYNI_LIST_NO_NODE && c->difference == UINT64_MAX)
        place = take_spare(c, level);
    if (place == 0)
        return 0;
    c->made[c->made_count++] = (byni_list_block){place, level};
    return place;
}

void byni_list_replaces(byni_list_change *c, byni_place place, unsigned level)
{
    c->replaced[c->replaced_count++] = (byni_list_block){place, level};
}

/* A node is put aside if none is. */
static void let_go(byni_list_change *c, byni_list_block b)
{
    if (b.level != BYNI_LIST_NO_NODE && byni_load64(spare_of(c, b.level)) == 0)
        byni_store64(spare_of(c, b.level), b.place);
    else
        (void)byni_heap_free(c->heap, b.place);
}

void byni_list_go_back(byni_list_change *c, unsigned made_count, unsigned replaced_count)
{
    while (c->made_count > made_count)
        let_go(c, c->made[--c->made_count]);
    c->replaced_count = replaced_count;
}

byn_status byni_list_undo(byni_list_change *c, byn_status status)
{
    byni_list_go_back(c, 0, 0);
    return status;
}

void byni_list_put_one_aside(byni_list_change *c, unsigned level)
{
    byni_place place;

    if (byni_load64(spare_of(c, level)) == 0 &&
        byni_heap_allocate(c->heap, byni_list_node_size(level), &place) >= 0)
        byni_store64(spare_of(c, level), place);
}

byni_place byni_list_make_element(byni_list_change *c, const void *data, size_t size,
                                  byn_status *status)
{
    byni_place place = make(c, BYNI_LIST_NO_NODE, sizeof(byni_list_element) + size, status);
    byni_list_element *element;

    if (place == 0)
        return 0;
    element = byni_heap_at(c->heap, place, sizeof *element + size);
    byni_store64(&element->size, size);
    byni_bytes_write((byni_a64 *)(element + 1), data, size);
    return place;
}

byni_place byni_list_make_node(byni_list_change *c, unsigned level, const row *r, unsigned from,
                               unsigned to, byn_status *status)
{
    size_t size = byni_list_node_size(level);
    unsigned spare = FANOUT - (to - from), i;
    unsigned first = r->room == ROOM_BEHIND ? 0 : r->room == ROOM_BEFORE ? spare : spare / 2;
    byni_place place = make(c, level, size, status);
    byni_list_node *node;

    if (place == 0)
        return 0;
    node = byni_heap_at(c->heap, place, size);
    byni_store32(&node->level, level);
    byni_store32(&node->first, first);
    byni_store32(&node->end, first + to - from);
    for (i = 0; i < FANOUT; i++) {
        bool used = i >= first && i < first + to - from;

        byni_store32(&node->word[i], used ? r->word[from + i - first] : 0);
        if (level > 0)
            byni_store64(&((byni_list_branch *)node)->count[i],
                         used ? r->below[from + i - first] : 0);
    }
    return place;
}

/* ---- The commit ---------------------------------------------------------------------------------- */

static void add64(byni_a64 *number, uint64_t difference)
{
    byni_store64(number, byni_load64(number) + difference);
}

/* A word has come, gone or changed at the edge of a node, or inside. */
static void put_edges_right(byni_list_step *step, uint32_t at, byni_place word)
{
    if (word != 0 && at < step->first)
        byni_store32(&step->node->first, at);
    else if (word != 0 && at >= step->end)
        byni_store32(&step->node->end, at + 1);
    else if (word == 0 && at == step->first)
        byni_store32(&step->node->first, at + 1);
    else if (word == 0)
        byni_store32(&step->node->end, at);
}

/* A root that has only one child is not needed. */
static void lower(byni_list_change *c)
{
    unsigned level;

    for (level = c->way.height; level-- > 1;) {
        byni_place place = byni_list_top(c->heap);
        byni_list_step step;

        if (!byni_list_enter(c->heap, place, level, &step) || step.end - step.first != 1)
            return;
        byni_store64(byni_list_root(c->heap, BYNI_LIST_ROOT),
                     byni_load32(&step.node->word[step.first]));
        byni_crash_point("list.lowered");
        let_go(c, (byni_list_block){place, level});
    }
}

byn_status byni_list_commit(byni_list_change *c, unsigned level, uint32_t at, byni_place word,
                            uint64_t below)
{
    unsigned above;

    byni_list_begin_change(c->heap);
    if (level == c->way.height) {
        byni_store64(byni_list_root(c->heap, BYNI_LIST_ROOT), word);
    } else {
        byni_list_step *step = &c->way.step[level];

        byni_store32(&step->node->word[at], word);
        byni_crash_point("list.committed");
        if (level > 0)
            byni_store64(&((byni_list_branch *)step->node)->count[at], below);
        put_edges_right(step, at, word);
    }
    for (above = level + 1; above < c->way.height; above++)
        add64(&((byni_list_branch *)c->way.step[above].node)->count[c->way.step[above].at],
              c->difference);
    add64(byni_list_root(c->heap, BYNI_LIST_COUNT), c->difference);
    while (c->replaced_count > 0)
        let_go(c, c->replaced[--c->replaced_count]);
    lower(c);
    byni_list_end_change(c->heap);
    return BYN_OK;
}
