#include "list_tree.h"

#include <byname/list.h>

#include "error.h"

byn_status byni_list_makes_no_sense(void)
{
    return byni_fail(BYN_E_CORRUPT, "its elements are not in order: remove it");
}

/* ---- Reading ------------------------------------------------------------------------------------- */

bool byni_list_enter(byni_heap *heap, byni_place place, unsigned level, byni_list_step *step)
{
    byni_list_node *node = byni_heap_at(heap, place, byni_list_node_size(level));

    if (node == NULL || byni_load32(&node->level) != level)
        return false;
    step->place = place;
    step->node = node;
    step->first = byni_load32(&node->first);
    step->end = byni_load32(&node->end);
    return step->first < step->end && step->end <= BYNI_LIST_FANOUT;
}

/* How many levels the tree has: 0 to BYNI_LIST_LEVELS; more if it makes no sense. */
static unsigned height_of(byni_heap *heap, byni_place root)
{
    const byni_list_node *node;

    if (root == 0)
        return 0;
    node = byni_heap_at(heap, root, sizeof *node);
    return node != NULL && byni_load32(&node->level) < BYNI_LIST_LEVELS
               ? byni_load32(&node->level) + 1
               : BYNI_LIST_LEVELS + 1;
}

/*
 * The child with the element of this index, which becomes the index in the child. `below` is the number of
 * all elements below, and becomes that of the child. A place behind the last one belongs to the last child.
 */
static bool choose(byni_list_step *step, uint64_t *index, uint64_t *below)
{
    const byni_a64 *count = ((const byni_list_branch *)step->node)->count;
    uint64_t last = byni_load64(&count[step->end - 1]);
    uint32_t at = step->first;

    if (last <= *below && *index >= *below - last) {
        *index -= *below - last;
        *below = last;
        step->at = step->end - 1;
        return true;
    }
    for (; at < step->end; at++) {
        uint64_t some = byni_load64(&count[at]);

        if (*index < some) {
            *below = some;
            step->at = at;
            return true;
        }
        *index -= some;
    }
    return false;
}

bool byni_list_find_gap(byni_heap *heap, uint64_t index, byni_list_way *way)
{
    byni_place place = byni_list_top(heap);
    uint64_t below = byni_load64(byni_list_root(heap, BYNI_LIST_COUNT));
    unsigned level;

    way->height = height_of(heap, place);
    if (way->height == 0 || way->height > BYNI_LIST_LEVELS)
        return false;
    for (level = way->height - 1; level > 0; level--) {
        byni_list_step *step = &way->step[level];

        if (!byni_list_enter(heap, place, level, step) || !choose(step, &index, &below))
            return false;
        place = byni_load32(&step->node->word[step->at]);
    }
    if (!byni_list_enter(heap, place, 0, &way->step[0]) ||
        index > way->step[0].end - way->step[0].first)
        return false;
    way->step[0].at = way->step[0].first + (uint32_t)index;
    return true;
}

bool byni_list_find(byni_heap *heap, uint64_t index, byni_list_way *way)
{
    return byni_list_find_gap(heap, index, way) && way->step[0].at < way->step[0].end;
}

bool byni_list_enter_beside(byni_heap *heap, const byni_list_way *way, unsigned level, bool behind,
                            byni_list_step *step)
{
    const byni_list_step *above = &way->step[level + 1];

    if (level + 1 >= way->height ||
        (behind ? above->at + 1 >= above->end : above->at <= above->first))
        return false;
    return byni_list_enter(
        heap, byni_load32(&above->node->word[behind ? above->at + 1 : above->at - 1]), level, step);
}

bool byni_list_next(byni_heap *heap, byni_list_way *way)
{
    unsigned level = 0;

    while (level < way->height && ++way->step[level].at >= way->step[level].end)
        level++;
    if (level >= way->height)
        return false;
    for (; level > 0; level--) {
        const byni_list_step *from = &way->step[level];
        byni_list_step *to = &way->step[level - 1];

        if (!byni_list_enter(heap, byni_load32(&from->node->word[from->at]), level - 1, to))
            return false;
        to->at = to->first;
    }
    return true;
}

const byni_list_element *byni_list_element_at(byni_heap *heap, const byni_list_way *way,
                                              size_t *size)
{
    const byni_list_step *leaf = &way->step[0];
    byni_place place = byni_load32(&leaf->node->word[leaf->at]);
    const byni_list_element *element = byni_heap_at(heap, place, sizeof *element);
    uint64_t bytes;

    if (element == NULL)
        return NULL;
    bytes = byni_load64(&element->size);
    if (bytes > BYN_LIST_ELEMENT_MAX)
        return NULL;
    *size = (size_t)bytes;
    return byni_heap_at(heap, place, sizeof *element + bytes);
}
