/*
 * Changing a list's tree: which nodes are made anew when one element comes or goes. How that is committed:
 * list_commit.c.
 */
#include "list_change.h"

#include "crash.h"

enum { FANOUT = BYNI_LIST_FANOUT, HALF = FANOUT / 2 };

/* ---- Words of nodes: each of these goes on one level higher until one word commits it ------------- */

static byn_status new_root(byni_list_change *c, const row *r)
{
    byn_status status = BYN_OK;
    byni_place place;

    if (c->way.height == BYNI_LIST_LEVELS)
        return byni_fail(BYN_E_LIMIT, "the list has too many levels");
    if (c->way.height < 2)
        byni_list_put_one_aside(c, c->way.height);
    place = byni_list_make_node(c, c->way.height, r, 0, r->count, &status);
    return place == 0 ? status : byni_list_commit(c, c->way.height, 0, place, 0);
}

/* In the place of the node at this level comes one with the words of a row. */
static byn_status rewrite(byni_list_change *c, unsigned level, const row *r)
{
    byn_status status = BYN_OK;
    byni_place place = byni_list_make_node(c, level, r, 0, r->count, &status);

    if (place == 0)
        return status;
    byni_list_replaces(c, c->way.step[level].place, level);
    return byni_list_commit(c, level + 1, level + 1 < c->way.height ? c->way.step[level + 1].at : 0,
                            place, row_below(r, 0, r->count));
}

/* The same with two, for a row that is too long for one. */
static byn_status split(byni_list_change *c, unsigned level, const row *r)
{
    const byni_list_step *above = &c->way.step[level + 1];
    byn_status status = BYN_OK;
    byni_place left = byni_list_make_node(c, level, r, 0, HALF, &status), right = 0;
    unsigned at = 0;
    row parent;

    if (left != 0)
        right = byni_list_make_node(c, level, r, HALF, r->count, &status);
    if (right == 0)
        return status;
    byni_list_replaces(c, c->way.step[level].place, level);
    row_begin(&parent);
    if (level + 1 < c->way.height) {
        row_add_node(&parent, above, level + 1);
        at = above->at - above->first;
        row_remove(&parent, at);
    }
    row_insert(&parent, at, right, row_below(r, HALF, r->count));
    row_insert(&parent, at, left, row_below(r, 0, HALF));
    parent.room = ROOM_AROUND;
    if (level + 1 == c->way.height)
        return new_root(c, &parent);
    return parent.count > FANOUT ? split(c, level + 1, &parent) : rewrite(c, level + 1, &parent);
}

/* Whether what comes before or behind all words of the node at this level is an end of the list. */
static bool is_at_end(const byni_list_way *way, unsigned level, bool behind)
{
    for (level++; level < way->height; level++)
        if (way->step[level].at != (behind ? way->step[level].end - 1 : way->step[level].first))
            return false;
    return true;
}

static byn_status insert_word(byni_list_change *c, unsigned level, uint32_t at, byni_place word,
                              uint64_t below);

/* At an end of the list a full node stays full, and one that has only the new word comes beside it. */
static byn_status insert_beside(byni_list_change *c, unsigned level, bool behind, byni_place word,
                                uint64_t below)
{
    uint32_t at = level + 1 < c->way.height ? c->way.step[level + 1].at : 0;
    byn_status status = BYN_OK;
    byni_place place;
    row r;

    row_begin(&r);
    row_add(&r, word, below);
    r.room = behind ? ROOM_BEHIND : ROOM_BEFORE;
    place = byni_list_make_node(c, level, &r, 0, 1, &status);
    return place == 0 ? status : insert_word(c, level + 1, at + behind, place, below);
}

/* Above the root: it becomes one of two. */
static byn_status insert_beside_root(byni_list_change *c, uint32_t at, byni_place word,
                                     uint64_t below)
{
    row r;

    row_begin(&r);
    row_add(&r, byni_list_top(c->heap), byni_load64(byni_list_root(c->heap, BYNI_LIST_COUNT)));
    row_insert(&r, at, word, below);
    return new_root(c, &r);
}

/* Put a word in front of the one at `at`, or behind the last one. */
static byn_status insert_word(byni_list_change *c, unsigned level, uint32_t at, byni_place word,
                              uint64_t below)
{
    const byni_list_step *step = &c->way.step[level];
    row r;

    if (level == c->way.height)
        return insert_beside_root(c, at, word, below);
    if (at == step->end && at < FANOUT)
        return byni_list_commit(c, level, at, word, below);
    if (at == step->first && at > 0)
        return byni_list_commit(c, level, at - 1, word, below);
    if (step->end - step->first > HALF && (at == step->end || at == step->first) &&
        is_at_end(&c->way, level, at == step->end))
        return insert_beside(c, level, at == step->end, word, below);
    row_begin(&r);
    row_add_node(&r, step, level);
    row_insert(&r, at - step->first, word, below);
    return r.count > FANOUT ? split(c, level, &r) : rewrite(c, level, &r);
}

/* ---- Fewer words --------------------------------------------------------------------------------- */

/* A neighbour of the node at this level that it may become one with, when it has so many words. */
static bool find_partner(const byni_list_change *c, unsigned level, unsigned count,
                         byni_list_step *partner, bool *behind)
{
    unsigned i;

    for (i = 0; i < 2; i++) {
        *behind = i == 0;
        if (byni_list_enter_beside(c->heap, &c->way, level, *behind, partner) &&
            count + partner->end - partner->first <= HALF)
            return true;
    }
    return false;
}

static byn_status rewrite_smaller(byni_list_change *c, unsigned level, const row *r);

/* The node becomes one with its partner, and its parent is made anew without that. */
static byn_status join(byni_list_change *c, unsigned level, const row *r,
                       const byni_list_step *partner, bool behind)
{
    const byni_list_step *above = &c->way.step[level + 1];
    unsigned at = above->at - above->first;
    byn_status status = BYN_OK;
    byni_place place;
    row joined, parent;

    row_begin(&joined);
    if (!behind)
        row_add_node(&joined, partner, level);
    row_add_row(&joined, r);
    if (behind)
        row_add_node(&joined, partner, level);
    place = byni_list_make_node(c, level, &joined, 0, joined.count, &status);
    if (place == 0)
        return status;
    byni_list_replaces(c, c->way.step[level].place, level);
    byni_list_replaces(c, partner->place, level);
    row_begin(&parent);
    row_add_node(&parent, above, level + 1);
    parent.word[at] = place;
    parent.below[at] = row_below(&joined, 0, joined.count);
    row_remove(&parent, behind ? at + 1 : at - 1);
    return rewrite_smaller(c, level + 1, &parent);
}

/* The same if there is a partner, and room for it. */
static bool joins(byni_list_change *c, unsigned level, const row *r)
{
    unsigned made = c->made_count, replaced = c->replaced_count;
    byni_list_step partner;
    bool behind;

    if (!find_partner(c, level, r->count, &partner, &behind))
        return false;
    if (join(c, level, r, &partner, behind) >= 0)
        return true;
    byni_list_go_back(c, made, replaced);
    return false;
}

/* As rewrite, for a node that has become smaller. */
static byn_status rewrite_smaller(byni_list_change *c, unsigned level, const row *r)
{
    const byni_list_step *step = &c->way.step[level];
    const bool is_branch = level > 0, is_root = level + 1 == c->way.height;

    if (is_branch && is_root && r->count == 1) {
        byni_list_replaces(c, step->place, level);
        return byni_list_commit(c, level + 1, 0, r->word[0], 0);
    }
    return joins(c, level, r) ? BYN_OK : rewrite(c, level, r);
}

/* Remove the word that the way leads to at this level. One at an edge of its node goes by itself. */
static byn_status remove_word(byni_list_change *c, unsigned level)
{
    const byni_list_step *step = &c->way.step[level];
    bool at_edge = step->at == step->first || step->at == step->end - 1;
    unsigned left = step->end - step->first - 1;
    byni_list_step partner;
    bool behind;
    row r;

    if (left == 0) {
        byni_list_replaces(c, step->place, level);
        return level + 1 == c->way.height ? byni_list_commit(c, level + 1, 0, 0, 0)
                                          : remove_word(c, level + 1);
    }
    if (at_edge && !find_partner(c, level, left, &partner, &behind))
        return byni_list_commit(c, level, step->at, 0, 0);
    row_begin(&r);
    row_add_node(&r, step, level);
    row_remove(&r, step->at - step->first);
    if (!at_edge)
        return rewrite_smaller(c, level, &r);
    return joins(c, level, &r) ? BYN_OK : byni_list_commit(c, level, step->at, 0, 0);
}

/* ---- What the list does -------------------------------------------------------------------------- */

/* The element that the way leads to is replaced; it is freed when that is committed. */
static void replaces_element(byni_list_change *c)
{
    const byni_list_step *leaf = &c->way.step[0];

    byni_list_replaces(c, byni_load32(&leaf->node->word[leaf->at]), BYNI_LIST_NO_NODE);
}

static byn_status insert_first(byni_list_change *c, byni_place element)
{
    row r;

    row_begin(&r);
    row_add(&r, element, 1);
    r.room = ROOM_BEHIND;
    return new_root(c, &r);
}

byn_status byni_list_insert(byni_heap *heap, uint64_t index, const void *data, size_t size)
{
    byni_list_change c;
    byn_status status = BYN_OK;
    byni_place element;

    byni_list_change_begin(&c, heap, 1);
    if (byni_list_top(heap) != 0 && !byni_list_find_gap(heap, index, &c.way))
        return byni_list_makes_no_sense();
    element = byni_list_make_element(&c, data, size, &status);
    if (element == 0)
        return status;
    if (c.way.height == 0)
        status = insert_first(&c, element);
    else
        status = insert_word(&c, 0, c.way.step[0].at, element, 1);
    return status < 0 ? byni_list_undo(&c, status) : status;
}

byn_status byni_list_replace(byni_heap *heap, uint64_t index, const void *data, size_t size)
{
    byni_list_change c;
    byn_status status = BYN_OK;
    byni_place element;

    byni_list_change_begin(&c, heap, 0);
    if (!byni_list_find(heap, index, &c.way))
        return byni_list_makes_no_sense();
    element = byni_list_make_element(&c, data, size, &status);
    if (element == 0)
        return status;
    replaces_element(&c);
    return byni_list_commit(&c, 0, c.way.step[0].at, element, 1);
}

byn_status byni_list_remove(byni_heap *heap, uint64_t index)
{
    byni_list_change c;
    byn_status status;

    byni_list_change_begin(&c, heap, UINT64_MAX);
    if (!byni_list_find(heap, index, &c.way))
        return byni_list_makes_no_sense();
    replaces_element(&c);
    status = remove_word(&c, 0);
    return status < 0 ? byni_list_undo(&c, status) : status;
}

/* The blocks are freed by a sweep of the heap in which nothing is marked. */
static byn_status nothing(byni_heap *heap, void *context)
{
    (void)heap;
    (void)context;
    return BYN_OK;
}

byn_status byni_list_remove_all(byni_heap *heap)
{
    byni_list_begin_change(heap);
    byni_store64(byni_list_root(heap, BYNI_LIST_ROOT), 0);
    byni_crash_point("list.cleared");
    byni_store64(byni_list_root(heap, BYNI_LIST_COUNT), 0);
    byni_store64(byni_list_root(heap, BYNI_LIST_SPARES), 0);
    byni_store64(byni_list_root(heap, BYNI_LIST_SPARES + 1), 0);
    byni_list_end_change(heap);
    return byni_heap_repair(heap, nothing, NULL);
}
