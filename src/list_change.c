/*
 * Changing a list's tree. What is new is made first, one store commits it, and then the numbers are put
 * right and what was replaced is freed: see list_tree.h.
 */
#include "list_row.h"

#include "crash.h"

enum {
    FANOUT = BYNI_LIST_FANOUT,
    HALF = FANOUT / 2,
    MOST = 2 * BYNI_LIST_LEVELS + 2, /* of what one change makes, or replaces */
    NO_NODE = BYNI_LIST_LEVELS       /* instead of a level: an element */
};

typedef struct block {
    byni_place place;
    unsigned level; /* of a node; or NO_NODE */
} block;

typedef struct change {
    byni_heap *heap;
    uint64_t difference; /* in the number of elements; wraps below 0 */
    unsigned made_count, replaced_count;
    block made[MOST], replaced[MOST];
    byni_list_way way;
} change;

static void begin(change *c, byni_heap *heap, uint64_t difference)
{
    c->heap = heap;
    c->difference = difference;
    c->made_count = c->replaced_count = 0;
    c->way.height = 0;
}

/* ---- What is made, and goes ---------------------------------------------------------------------- */

/* Two nodes are put aside, so that what is amid others can be removed from a list that is full. */
static byni_a64 *spare_of(const change *c, unsigned level)
{
    return byni_list_root(c->heap, BYNI_LIST_SPARES + (level > 0));
}

static byni_place take_spare(change *c, unsigned level)
{
    byni_place place = (byni_place)byni_load64(spare_of(c, level));

    byni_store64(spare_of(c, level), 0);
    return byni_heap_room(c->heap, place) >= byni_list_node_size(level) ? place : 0;
}

static byni_place make(change *c, unsigned level, size_t size, byn_status *status)
{
    byni_place place = 0;

    *status = byni_heap_allocate(c->heap, size, &place);
    if (*status < 0 && level != NO_NODE && c->difference == UINT64_MAX)
        place = take_spare(c, level);
    if (place == 0)
        return 0;
    c->made[c->made_count++] = (block){place, level};
    return place;
}

static void replaces(change *c, byni_place place, unsigned level)
{
    c->replaced[c->replaced_count++] = (block){place, level};
}

/* A node is put aside if none is. */
static void let_go(change *c, block b)
{
    if (b.level != NO_NODE && byni_load64(spare_of(c, b.level)) == 0)
        byni_store64(spare_of(c, b.level), b.place);
    else
        (void)byni_heap_free(c->heap, b.place);
}

/* What was made since then is not used. */
static void go_back(change *c, unsigned made_count, unsigned replaced_count)
{
    while (c->made_count > made_count)
        let_go(c, c->made[--c->made_count]);
    c->replaced_count = replaced_count;
}

static byn_status undo(change *c, byn_status status)
{
    go_back(c, 0, 0);
    return status;
}

/* Before a list has its first node of a kind. */
static void put_one_aside(change *c, unsigned level)
{
    byni_place place;

    if (byni_load64(spare_of(c, level)) == 0 &&
        byni_heap_allocate(c->heap, byni_list_node_size(level), &place) >= 0)
        byni_store64(spare_of(c, level), place);
}

static byni_place make_element(change *c, const void *data, size_t size, byn_status *status)
{
    byni_place place = make(c, NO_NODE, sizeof(byni_list_element) + size, status);
    byni_list_element *element;

    if (place == 0)
        return 0;
    element = byni_heap_at(c->heap, place, sizeof *element + size);
    byni_store64(&element->size, size);
    byni_bytes_write((byni_a64 *)(element + 1), data, size);
    return place;
}

/* A node with the words of a row, from one to another. */
static byni_place make_node(change *c, unsigned level, const row *r, unsigned from, unsigned to,
                            byn_status *status)
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
static void lower(change *c)
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
        let_go(c, (block){place, level});
    }
}

/* Store a word of the node on the way at this level, or of the root, if it is one too high. */
static byn_status commit(change *c, unsigned level, uint32_t at, byni_place word, uint64_t below)
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

/* ---- Words of nodes: each of these goes on one level higher until one word commits it ------------- */

static byn_status new_root(change *c, const row *r)
{
    byn_status status = BYN_OK;
    byni_place place;

    if (c->way.height == BYNI_LIST_LEVELS)
        return byni_fail(BYN_E_LIMIT, "the list has too many levels");
    if (c->way.height < 2)
        put_one_aside(c, c->way.height);
    place = make_node(c, c->way.height, r, 0, r->count, &status);
    return place == 0 ? status : commit(c, c->way.height, 0, place, 0);
}

/* In the place of the node at this level comes one with the words of a row. */
static byn_status rewrite(change *c, unsigned level, const row *r)
{
    byn_status status = BYN_OK;
    byni_place place = make_node(c, level, r, 0, r->count, &status);

    if (place == 0)
        return status;
    replaces(c, c->way.step[level].place, level);
    return commit(c, level + 1, level + 1 < c->way.height ? c->way.step[level + 1].at : 0, place,
                  row_below(r, 0, r->count));
}

/* The same with two, for a row that is too long for one. */
static byn_status split(change *c, unsigned level, const row *r)
{
    const byni_list_step *above = &c->way.step[level + 1];
    byn_status status = BYN_OK;
    byni_place left = make_node(c, level, r, 0, HALF, &status), right = 0;
    unsigned at = 0;
    row parent;

    if (left != 0)
        right = make_node(c, level, r, HALF, r->count, &status);
    if (right == 0)
        return status;
    replaces(c, c->way.step[level].place, level);
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

static byn_status insert_word(change *c, unsigned level, uint32_t at, byni_place word,
                              uint64_t below);

/* At an end of the list a full node stays full, and one that has only the new word comes beside it. */
static byn_status insert_beside(change *c, unsigned level, bool behind, byni_place word,
                                uint64_t below)
{
    uint32_t at = level + 1 < c->way.height ? c->way.step[level + 1].at : 0;
    byn_status status = BYN_OK;
    byni_place place;
    row r;

    row_begin(&r);
    row_add(&r, word, below);
    r.room = behind ? ROOM_BEHIND : ROOM_BEFORE;
    place = make_node(c, level, &r, 0, 1, &status);
    return place == 0 ? status : insert_word(c, level + 1, at + behind, place, below);
}

/* Above the root: it becomes one of two. */
static byn_status insert_beside_root(change *c, uint32_t at, byni_place word, uint64_t below)
{
    row r;

    row_begin(&r);
    row_add(&r, byni_list_top(c->heap), byni_load64(byni_list_root(c->heap, BYNI_LIST_COUNT)));
    row_insert(&r, at, word, below);
    return new_root(c, &r);
}

/* Put a word in front of the one at `at`, or behind the last one. */
static byn_status insert_word(change *c, unsigned level, uint32_t at, byni_place word,
                              uint64_t below)
{
    const byni_list_step *step = &c->way.step[level];
    row r;

    if (level == c->way.height)
        return insert_beside_root(c, at, word, below);
    if (at == step->end && at < FANOUT)
        return commit(c, level, at, word, below);
    if (at == step->first && at > 0)
        return commit(c, level, at - 1, word, below);
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
static bool find_partner(const change *c, unsigned level, unsigned count, byni_list_step *partner,
                         bool *behind)
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

static byn_status rewrite_smaller(change *c, unsigned level, const row *r);

/* The node becomes one with its partner, and its parent is made anew without that. */
static byn_status join(change *c, unsigned level, const row *r, const byni_list_step *partner,
                       bool behind)
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
    place = make_node(c, level, &joined, 0, joined.count, &status);
    if (place == 0)
        return status;
    replaces(c, c->way.step[level].place, level);
    replaces(c, partner->place, level);
    row_begin(&parent);
    row_add_node(&parent, above, level + 1);
    parent.word[at] = place;
    parent.below[at] = row_below(&joined, 0, joined.count);
    row_remove(&parent, behind ? at + 1 : at - 1);
    return rewrite_smaller(c, level + 1, &parent);
}

/* The same if there is a partner, and room for it. */
static bool joins(change *c, unsigned level, const row *r)
{
    unsigned made = c->made_count, replaced = c->replaced_count;
    byni_list_step partner;
    bool behind;

    if (!find_partner(c, level, r->count, &partner, &behind))
        return false;
    if (join(c, level, r, &partner, behind) >= 0)
        return true;
    go_back(c, made, replaced);
    return false;
}

/* As rewrite, for a node that has become smaller. */
static byn_status rewrite_smaller(change *c, unsigned level, const row *r)
{
    const byni_list_step *step = &c->way.step[level];
    const bool is_branch = level > 0, is_root = level + 1 == c->way.height;

    if (is_branch && is_root && r->count == 1) {
        replaces(c, step->place, level);
        return commit(c, level + 1, 0, r->word[0], 0);
    }
    return joins(c, level, r) ? BYN_OK : rewrite(c, level, r);
}

/* Remove the word that the way leads to at this level. One at an edge of its node goes by itself. */
static byn_status remove_word(change *c, unsigned level)
{
    const byni_list_step *step = &c->way.step[level];
    bool at_edge = step->at == step->first || step->at == step->end - 1;
    unsigned left = step->end - step->first - 1;
    byni_list_step partner;
    bool behind;
    row r;

    if (left == 0) {
        replaces(c, step->place, level);
        return level + 1 == c->way.height ? commit(c, level + 1, 0, 0, 0)
                                          : remove_word(c, level + 1);
    }
    if (at_edge && !find_partner(c, level, left, &partner, &behind))
        return commit(c, level, step->at, 0, 0);
    row_begin(&r);
    row_add_node(&r, step, level);
    row_remove(&r, step->at - step->first);
    if (!at_edge)
        return rewrite_smaller(c, level, &r);
    return joins(c, level, &r) ? BYN_OK : commit(c, level, step->at, 0, 0);
}

/* ---- What the list does -------------------------------------------------------------------------- */

/* The element that the way leads to is replaced; it is freed when that is committed. */
static void replaces_element(change *c)
{
    const byni_list_step *leaf = &c->way.step[0];

    replaces(c, byni_load32(&leaf->node->word[leaf->at]), NO_NODE);
}

static byn_status insert_first(change *c, byni_place element)
{
    row r;

    row_begin(&r);
    row_add(&r, element, 1);
    r.room = ROOM_BEHIND;
    return new_root(c, &r);
}

byn_status byni_list_insert(byni_heap *heap, uint64_t index, const void *data, size_t size)
{
    change c;
    byn_status status = BYN_OK;
    byni_place element;

    begin(&c, heap, 1);
    if (byni_list_top(heap) != 0 && !byni_list_find_gap(heap, index, &c.way))
        return byni_list_makes_no_sense();
    element = make_element(&c, data, size, &status);
    if (element == 0)
        return status;
    if (c.way.height == 0)
        status = insert_first(&c, element);
    else
        status = insert_word(&c, 0, c.way.step[0].at, element, 1);
    return status < 0 ? undo(&c, status) : status;
}

byn_status byni_list_replace(byni_heap *heap, uint64_t index, const void *data, size_t size)
{
    change c;
    byn_status status = BYN_OK;
    byni_place element;

    begin(&c, heap, 0);
    if (!byni_list_find(heap, index, &c.way))
        return byni_list_makes_no_sense();
    element = make_element(&c, data, size, &status);
    if (element == 0)
        return status;
    replaces_element(&c);
    return commit(&c, 0, c.way.step[0].at, element, 1);
}

byn_status byni_list_remove(byni_heap *heap, uint64_t index)
{
    change c;
    byn_status status;

    begin(&c, heap, UINT64_MAX);
    if (!byni_list_find(heap, index, &c.way))
        return byni_list_makes_no_sense();
    replaces_element(&c);
    status = remove_word(&c, 0);
    return status < 0 ? undo(&c, status) : status;
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
