/*
 * list_change.h - one change of a list's tree: what it makes and replaces, and the store that commits it. For
 * list_commit.c, which does that, and for those that say what shall be changed: list_change.c, list_extend.c.
 */
#ifndef BYNI_LIST_CHANGE_H
#define BYNI_LIST_CHANGE_H

#include "list_row.h"

enum {
    BYNI_LIST_MOST = 2 * BYNI_LIST_LEVELS + 2, /* of what one change makes, or replaces */
    BYNI_LIST_NO_NODE = BYNI_LIST_LEVELS       /* instead of a level: an element */
};

typedef struct byni_list_block {
    byni_place place;
    unsigned level; /* of a node; or BYNI_LIST_NO_NODE */
} byni_list_block;

typedef struct byni_list_change {
    byni_heap *heap;
    uint64_t difference; /* in the number of elements; wraps below 0 */
    unsigned made_count, replaced_count;
    byni_list_block made[BYNI_LIST_MOST], replaced[BYNI_LIST_MOST];
    byni_list_way way;
} byni_list_change;

/* A change of the number of elements by so many, which wraps below 0. */
void byni_list_change_begin(byni_list_change *c, byni_heap *heap, uint64_t difference);

/* Before a list has its first node of a kind. */
void byni_list_put_one_aside(byni_list_change *c, unsigned level);

/* An element; a node with the words of a row, from one to another. 0: *status tells why. */
byni_place byni_list_make_element(byni_list_change *c, const void *data, size_t size,
                                  byn_status *status);
byni_place byni_list_make_node(byni_list_change *c, unsigned level, const row *r, unsigned from,
                               unsigned to, byn_status *status);

/* It is freed when the change is committed. */
void byni_list_replaces(byni_list_change *c, byni_place place, unsigned level);

/* What was made since then is not used; or nothing that was made. */
void byni_list_go_back(byni_list_change *c, unsigned made_count, unsigned replaced_count);
byn_status byni_list_undo(byni_list_change *c, byn_status status);

/* Store a word of the node on the way at this level, or the root, if it is one too high; put right what is
 * derived, and free what was replaced. */
byn_status byni_list_commit(byni_list_change *c, unsigned level, uint32_t at, byni_place word,
                            uint64_t below);

#endif
