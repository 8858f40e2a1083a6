/* What the heir of a list's guard does, and what tests look at. */
#include "list_tree.h"

#include "error.h"

enum { FANOUT = BYNI_LIST_FANOUT };

/* ---- The words tell everything -------------------------------------------------------------------- */

/* Where the used words of a node begin and end; false: they do not stand side by side, or there is none. */
static bool find_edges(const byni_list_node *node, uint32_t *first, uint32_t *end)
{
    uint32_t at = 0;

    while (at < FANOUT && byni_load32(&node->word[at]) == 0)
        at++;
    *first = at;
    while (at < FANOUT && byni_load32(&node->word[at]) != 0)
        at++;
    *end = at;
    while (at < FANOUT && byni_load32(&node->word[at]) == 0)
        at++;
    return at == FANOUT && *first < *end;
}

/* The uppermost node's level, if it is one. */
static bool find_top(byni_heap *heap, byni_place *place, unsigned *level)
{
    const byni_list_node *node;

    *place = byni_list_top(heap);
    node = byni_heap_at(heap, *place, sizeof *node);
    if (node == NULL)
        return false;
    *level = byni_load32(&node->level);
    return *level < BYNI_LIST_LEVELS;
}

/* ---- Repair -------------------------------------------------------------------------------------- */

static byn_status mark_node(byni_heap *heap, byni_place place, unsigned level, uint64_t *count);

static byn_status mark_word(byni_heap *heap, byni_list_node *node, unsigned level, uint32_t at,
                            uint64_t *count)
{
    byni_place place = byni_load32(&node->word[at]);
    uint64_t below = 1;
    byn_status status =
        level == 0 ? byni_heap_mark(heap, place) : mark_node(heap, place, level - 1, &below);

    if (status >= 0 && level > 0)
        byni_store64(&((byni_list_branch *)node)->count[at], below);
    *count += below;
    return status;
}

/* Each level is lower than the one above it, and no block is marked twice: this ends. */
static byn_status mark_node(byni_heap *heap, byni_place place, unsigned level, uint64_t *count)
{
    byni_list_node *node = byni_heap_at(heap, place, byni_list_node_size(level));
    byn_status status = byni_heap_mark(heap, place);
    uint32_t first, end, at;

    if (status < 0)
        return status;
    if (node == NULL || byni_heap_room(heap, place) < byni_list_node_size(level) ||
        byni_load32(&node->level) != level || !find_edges(node, &first, &end))
        return byni_list_makes_no_sense();
    *count = 0;
    for (at = first; at < end; at++) {
        status = mark_word(heap, node, level, at, count);
        if (status < 0)
            return status;
    }
    byni_store32(&node->first, first);
    byni_store32(&node->end, end);
    return BYN_OK;
}

/* One that is in the tree, or is none, is not put aside any more. */
static void mark_spares(byni_heap *heap)
{
    unsigned i;

    for (i = 0; i < 2; i++) {
        byni_a64 *spare = byni_list_root(heap, BYNI_LIST_SPARES + i);

        if (byni_load64(spare) != 0 && byni_heap_mark(heap, (byni_place)byni_load64(spare)) < 0)
            byni_store64(spare, 0);
    }
}

static byn_status mark(byni_heap *heap, void *context)
{
    uint64_t count = 0;
    byn_status status = BYN_OK;
    byni_place place;
    unsigned level;

    (void)context;
    if (byni_list_top(heap) != 0)
        status = find_top(heap, &place, &level) ? mark_node(heap, place, level, &count)
                                                : byni_list_makes_no_sense();
    if (status < 0)
        return status;
    byni_store64(byni_list_root(heap, BYNI_LIST_COUNT), count);
    mark_spares(heap);
    return BYN_OK;
}

byn_status byni_list_repair(byni_heap *heap)
{
    byn_status status;

    byni_list_begin_change(heap);
    status = byni_heap_repair(heap, mark, NULL);
    byni_list_end_change(heap);
    return status;
}

/* ---- For tests ----------------------------------------------------------------------------------- */

typedef struct survey {
    byni_heap *heap;
    uint64_t bytes; /* of blocks */
    const char *wrong;
} survey;

static uint64_t survey_node(survey *s, byni_place place, unsigned level);

static void survey_block(survey *s, byni_place place, uint64_t least)
{
    uint64_t room = byni_heap_room(s->heap, place);

    if (room < least)
        s->wrong = "a block is too small, or none";
    s->bytes += room + BYNI_HEAP_HEADER;
}

static uint64_t survey_word(survey *s, byni_place place, unsigned level)
{
    const byni_list_element *element;

    if (level > 0)
        return survey_node(s, place, level - 1);
    element = byni_heap_at(s->heap, place, sizeof *element);
    if (element == NULL)
        s->wrong = "an element is nowhere";
    else
        survey_block(s, place, sizeof *element + byni_load64(&element->size));
    return 1;
}

static uint64_t survey_node(survey *s, byni_place place, unsigned level)
{
    byni_list_step step;
    uint32_t first, end, at;
    uint64_t sum = 0;

    survey_block(s, place, byni_list_node_size(level));
    if (!byni_list_enter(s->heap, place, level, &step)) {
        s->wrong = "a node is none";
        return 0;
    }
    if (!find_edges(step.node, &first, &end) || first != step.first || end != step.end)
        s->wrong = "a node does not begin or end where it says";
    for (at = step.first; at < step.end && s->wrong == NULL; at++) {
        uint64_t below = survey_word(s, byni_load32(&step.node->word[at]), level);

        if (level > 0 && below != byni_load64(&((byni_list_branch *)step.node)->count[at]))
            s->wrong = "a branch counts wrong";
        sum += below;
    }
    return sum;
}

const char *byni_list_verify(byni_heap *heap)
{
    survey s = {heap, 0, NULL};
    byni_heap_statistics statistics;
    const char *wrong = byni_heap_verify(heap, &statistics);
    uint64_t count = 0;
    byni_place place;
    unsigned level, i;

    if (wrong != NULL)
        return wrong;
    if (byni_list_top(heap) != 0) {
        if (!find_top(heap, &place, &level))
            return "the root is none";
        count = survey_node(&s, place, level);
    }
    for (i = 0; i < 2; i++)
        if (byni_load64(byni_list_root(heap, BYNI_LIST_SPARES + i)) != 0)
            survey_block(&s, (byni_place)byni_load64(byni_list_root(heap, BYNI_LIST_SPARES + i)),
                         byni_list_node_size(i));
    if (s.wrong == NULL && count != byni_load64(byni_list_root(heap, BYNI_LIST_COUNT)))
        return "the list counts wrong";
    if (s.wrong == NULL && byni_load64(byni_list_root(heap, BYNI_LIST_SEQUENCE)) % 2 != 0)
        return "somebody seems to be changing it";
    if (s.wrong == NULL && s.bytes != statistics.live)
        return "blocks have leaked";
    return s.wrong;
}
