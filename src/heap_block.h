/*
 * heap_block.h - the blocks of a heap, for its own sources.
 *
 *     | word | link | body ...                                        |    in use, or in quarantine
 *     | word | link | previous | ...                          | units |    free
 *
 * word: units << 3 | BEFORE_IS_FREE | state. It is written with both the size and the flags in one store.
 * link: of a free block the next in its bin, of one in quarantine the one that was freed before it, of one in
 * use the object's number.
 * Who is free tells its size at its end too, so that the block behind it finds its begin.
 */
#ifndef BYNI_HEAP_BLOCK_H
#define BYNI_HEAP_BLOCK_H

#include "heap.h"

/* UNMARKED: in a repair, not known yet to be in use. */
enum {
    FREE = 0,
    LIVE = 1,
    QUARANTINED = 2,
    UNMARKED = 3,
    STATE = 3,
    BEFORE_IS_FREE = 4,
    UNITS_SHIFT = 3
};

#define FIRST_PLACE ((byni_place)(BYNI_DATA_OFFSET / BYNI_HEAP_UNIT))
#define MOST_UNITS UINT32_C(0x1fffffff)

typedef struct byni_block {
    byni_a32 word;
    byni_a32 link;
    byni_a32
        previous;  /* of a free one, in its bin; 0: it is the first. Else the body begins here */
    byni_a32 last; /* of a free one of one unit, `units` */
} byni_block;

_Static_assert(sizeof(byni_block) == BYNI_HEAP_UNIT, "the smallest block is one unit");

/* A block that was looked at: its size is within the heap. */
typedef struct byni_seen {
    byni_block *block; /* NULL: what is there is no block */
    byni_place place;
    uint32_t units;
    uint32_t flags;
} byni_seen;

static inline uint32_t byni_block_word(uint32_t units, uint32_t flags)
{
    return units << UNITS_SHIFT | flags;
}

static inline byni_block *byni_block_at(const byni_heap *heap, byni_place place)
{
    return (byni_block *)((char *)heap->header + (uint64_t)place * BYNI_HEAP_UNIT);
}

/* The unit behind the last block; 0: it cannot be. */
static inline byni_place byni_heap_end(byni_heap *heap)
{
    byni_place end = byni_load32(&heap->state->end);
    uint64_t bytes = (uint64_t)end * BYNI_HEAP_UNIT;

    if (BYNI_UNLIKELY(end < FIRST_PLACE))
        return 0;
    if (BYNI_UNLIKELY(bytes > byni_peek64(&heap->there)) && !byni_heap_reaches(heap, bytes))
        return 0;
    return end;
}

/* The block at a place before `end`. */
static inline byni_seen byni_block_look(const byni_heap *heap, byni_place place, byni_place end)
{
    byni_seen seen = {NULL, place, 0, 0};
    uint32_t word;

    if (BYNI_UNLIKELY(place < FIRST_PLACE || place >= end))
        return seen;
    word = byni_load32(&byni_block_at(heap, place)->word);
    seen.units = word >> UNITS_SHIFT;
    seen.flags = word & (STATE | BEFORE_IS_FREE);
    if (BYNI_UNLIKELY(seen.units == 0 || seen.units > end - place))
        return seen;
    seen.block = byni_block_at(heap, place);
    return seen;
}

static inline byni_a32 *byni_block_footer(const byni_heap *heap, byni_place behind)
{
    return &byni_block_at(heap, behind - 1)->last;
}

static inline void byni_count(byni_a32 *sum, uint32_t difference)
{
    byni_store32(sum, byni_load32(sum) + difference);
}

/* Units of a block whose body has so many bytes. */
static inline uint32_t byni_units_for(uint64_t size)
{
    return (uint32_t)((size + BYNI_HEAP_HEADER + BYNI_HEAP_UNIT - 1) / BYNI_HEAP_UNIT);
}

/* ---- heap_bin.c ---- */

/* Put a block, which is not in use any more, into its bin: joined to its neighbours, or back into what is
 * not used yet. false: broken. */
bool byni_block_release(byni_heap *heap, byni_seen seen, byni_place end);

/* Say to the block behind, if there is one, whether the one before it is free. */
void byni_block_tell_next(byni_heap *heap, byni_place behind, byni_place end, bool is_free);

/* Put a free block into its bin, as it is, or take one out. false: broken. */
bool byni_bin_put(byni_heap *heap, byni_place place, uint32_t units, byni_place end);
bool byni_bin_take(byni_heap *heap, byni_seen seen, byni_place end);
uint32_t byni_bin_of(uint32_t units);

/* A block in use, of what is in the bins or behind the last block; 0: there is none. *broken. */
byni_place byni_block_find(byni_heap *heap, uint32_t units, bool *broken);

/* The same behind the last block only. */
byni_place byni_block_extend(byni_heap *heap, uint32_t units, byni_place end);

/* ---- heap.c ---- */

/* Into quarantine, whatever it was. */
void byni_block_shelve(byni_heap *heap, byni_seen seen);

/* All that waits may be used again: raise the generation, and put it all into bins. false: broken. */
bool byni_heap_ripen_all(byni_heap *heap);

/* ---- heap_move.c ---- */

/* Move blocks so that a piece of so many units comes about, which costs about half as many units of copying.
 * false: it did not. */
bool byni_heap_make_room(byni_heap *heap, uint32_t units);

#endif
