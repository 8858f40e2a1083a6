/*
 * list_tree.h - the elements of a list, in their order: a tree of nodes in the list's heap.
 *
 * A leaf's words are elements, those of other nodes are nodes, all as places in the heap. The words of a
 * node that are used stand side by side, and all others are 0. All leaves are at the same depth.
 *
 * WHAT COMMITS. An operation makes what is new beside what is there, and then stores one word: a node's, or
 * the root. A death before that store has changed nothing, one after it has changed everything. What it
 * leaves to the heir of the guard:
 *
 *   - all other numbers are derived: where the used words of a node begin and end, how many elements are
 *     below each of them, and how many there are. The heir counts them again from the words;
 *   - what was made and is not used yet, or was replaced and not freed yet: the heir's sweep of the heap
 *     frees what cannot be reached from the root.
 *
 * So an element that is appended, prepended, or taken from an end of its leaf costs one word and the numbers
 * above it. One that is put amid others costs a new leaf; a leaf that is full becomes two, and its parent
 * is made anew, and so on. Many that are appended together cost new leaves, and the nodes at the right edge up to the
 * one that a single word has to take in.
 *
 * WHO READS writes nothing. `sequence` is odd while somebody changes the tree. A reader looks at it before
 * and afterwards; if it was odd or has changed, what it found counts for nothing, and it looks again, with
 * the guard if need be. So everything it finds is checked before it is followed, as what a stranger wrote
 * has to be anyway. If a writer dies meanwhile, the guard is abandoned, and a reader that takes it repairs.
 */
#ifndef BYNI_LIST_TREE_H
#define BYNI_LIST_TREE_H

#include "heap.h"

enum {
    BYNI_LIST_FANOUT = 64,
    BYNI_LIST_LEVELS =
        12 /* a tree that grows at its ends has 32 times as many elements with each */
};

/* In shared memory. */
typedef struct byni_list_node {
    byni_a32
        level; /* 0: a leaf. Written once, as is the rest of a new node before the word that commits */
    byni_a32 first; /* derived: the first word that is not 0 */
    byni_a32 end;   /* derived: behind the last one */
    uint32_t reserved;
    byni_a32 word[BYNI_LIST_FANOUT]; /* each a byni_place */
} byni_list_node;

/* One that is no leaf. */
typedef struct byni_list_branch {
    byni_list_node node;
    byni_a64 count[BYNI_LIST_FANOUT]; /* derived: elements below each word */
} byni_list_branch;

/* An element: so many bytes follow. */
typedef struct byni_list_element {
    byni_a64 size;
} byni_list_element;

/* The heap's roots. */
enum {
    BYNI_LIST_ROOT,     /* the uppermost node; 0: the list is empty */
    BYNI_LIST_COUNT,    /* derived */
    BYNI_LIST_SEQUENCE, /* see above */
    BYNI_LIST_SPARES /* a leaf and a branch that are put aside, or 0; derived, in so far as a place that
                           is in the tree too is none */
};

static inline byni_a64 *byni_list_root(const byni_heap *heap, unsigned which)
{
    return &heap->state->root[which];
}

/* How one comes to a place: from the leaf, steps[0], up to the root. */
typedef struct byni_list_step {
    byni_place place;
    byni_list_node *node;
    uint32_t at; /* the word */
    uint32_t first, end;
} byni_list_step;

typedef struct byni_list_way {
    unsigned height; /* 0: the list is empty */
    byni_list_step step[BYNI_LIST_LEVELS];
} byni_list_way;

/* The uppermost node. */
static inline byni_place byni_list_top(const byni_heap *heap)
{
    return (byni_place)byni_load64(byni_list_root(heap, BYNI_LIST_ROOT));
}

static inline void byni_list_begin_change(byni_heap *heap)
{
    byni_a64 *sequence = byni_list_root(heap, BYNI_LIST_SEQUENCE);

    byni_store64(sequence, byni_load64(sequence) | 1);
    byni_fence();
}

static inline void byni_list_end_change(byni_heap *heap)
{
    byni_a64 *sequence = byni_list_root(heap, BYNI_LIST_SEQUENCE);

    byni_store64(sequence, (byni_load64(sequence) | 1) + 1);
}

static inline size_t byni_list_node_size(unsigned level)
{
    return level > 0 ? sizeof(byni_list_branch) : sizeof(byni_list_node);
}

/* ---- Reading: with the guard, or between two looks at the sequence ---------------------------------- */

/* The way to an element. false: what is there makes no sense, or it has fewer elements. */
bool byni_list_find(byni_heap *heap, uint64_t index, byni_list_way *way);

/* The same for a gap between elements: the place of the element that would be put there. */
bool byni_list_find_gap(byni_heap *heap, uint64_t index, byni_list_way *way);

/* On to the next element; false: there is none, or what is there makes no sense. */
bool byni_list_next(byni_heap *heap, byni_list_way *way);

/* The element that a way leads to, all of whose bytes are there; NULL: it makes no sense. */
const byni_list_element *byni_list_element_at(byni_heap *heap, const byni_list_way *way,
                                              size_t *size);

static inline const byni_a64 *byni_list_bytes(const byni_list_element *element)
{
    return (const byni_a64 *)(element + 1);
}

/* The node beside one on the way, below the same parent. */
bool byni_list_enter_beside(byni_heap *heap, const byni_list_way *way, unsigned level, bool behind,
                            byni_list_step *step);

/* One step: come to a node of a level. */
bool byni_list_enter(byni_heap *heap, byni_place place, unsigned level, byni_list_step *step);

/* ---- Changing: with the guard, and the index is checked ------------------------------------------- */

/* Each answers BYN_OK; or changed nothing: BYN_E_LIMIT, BYN_E_NOMEM, BYN_E_CORRUPT with its cause. */
byn_status byni_list_insert(byni_heap *heap, uint64_t index, const void *data, size_t size);
byn_status byni_list_extend(byni_heap *heap, const void *data, const size_t *sizes, size_t count);
byn_status byni_list_replace(byni_heap *heap, uint64_t index, const void *data, size_t size);
byn_status byni_list_remove(byni_heap *heap, uint64_t index);
byn_status byni_list_remove_all(byni_heap *heap);

/* BYN_E_CORRUPT, with its cause. */
byn_status byni_list_makes_no_sense(void);

/* For the heir of the guard. BYN_OK, BYN_E_CORRUPT. */
byn_status byni_list_repair(byni_heap *heap);

/*
 * For tests, with the guard: NULL, or what is wrong: whether all that is derived is as the words say, and
 * each block of the heap belongs to the list.
 */
const char *byni_list_verify(byni_heap *heap);

#endif
