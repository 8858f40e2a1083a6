/*
 * list_row.h - the words of a node of a list's tree as they shall be, while it is made anew.
 */
#ifndef BYNI_LIST_ROW_H
#define BYNI_LIST_ROW_H

#include <string.h>

#include "list_tree.h"

/* Where in a node its words stand, if it is not full: with room where it will be needed. */
typedef enum room { ROOM_BEHIND, ROOM_AROUND, ROOM_BEFORE } room;

/* The words of a node as they shall be, side by side; one more than fit if it becomes two. */
typedef struct row {
    unsigned count;
    room room;
    byni_place word[BYNI_LIST_FANOUT + 1];
    uint64_t below[BYNI_LIST_FANOUT + 1]; /* elements below each; 1 in a leaf */
} row;

static inline void row_begin(row *r)
{
    r->count = 0;
    r->room = ROOM_AROUND;
}

static inline void row_add(row *r, byni_place word, uint64_t below)
{
    r->word[r->count] = word;
    r->below[r->count] = below;
    r->count++;
}

static inline void row_add_node(row *r, const byni_list_step *step, unsigned level)
{
    const byni_list_branch *branch = (const byni_list_branch *)step->node;
    uint32_t at;

    for (at = step->first; at < step->end; at++)
        row_add(r, byni_load32(&step->node->word[at]),
                level > 0 ? byni_load64(&branch->count[at]) : 1);
}

static inline void row_add_row(row *r, const row *other)
{
    memcpy(r->word + r->count, other->word, other->count * sizeof *r->word);
    memcpy(r->below + r->count, other->below, other->count * sizeof *r->below);
    r->count += other->count;
}

static inline void row_insert(row *r, unsigned at, byni_place word, uint64_t below)
{
    unsigned behind = r->count - at;

    r->room = behind == 0 ? ROOM_BEHIND : at == 0 ? ROOM_BEFORE : ROOM_AROUND;
    memmove(r->word + at + 1, r->word + at, behind * sizeof *r->word);
    memmove(r->below + at + 1, r->below + at, behind * sizeof *r->below);
    r->word[at] = word;
    r->below[at] = below;
    r->count++;
}

static inline void row_remove(row *r, unsigned at)
{
    unsigned behind = --r->count - at;

    r->room = ROOM_AROUND;
    memmove(r->word + at, r->word + at + 1, behind * sizeof *r->word);
    memmove(r->below + at, r->below + at + 1, behind * sizeof *r->below);
}

static inline uint64_t row_below(const row *r, unsigned from, unsigned to)
{
    uint64_t sum = 0;

    for (; from < to; from++)
        sum += r->below[from];
    return sum;
}

#endif
