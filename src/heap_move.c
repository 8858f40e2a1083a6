/*
 * Blocks are moved together, for an object that can follow.
 *
 * A window begins with a free block and goes on until it is as large as what is wanted. If no more than half
 * of it is in use, what is in use there is copied into gaps elsewhere, which in turn costs half of what
 * it wins at most. As long as more than half of the heap is free there are such windows, and the largest free
 * blocks are the likeliest begin of one.
 */
#include "heap_block.h"

enum {
    CANDIDATES = 64,
    ENOUGH = 4096 /* units that are cleared before the generation is raised for them */
};

typedef struct window {
    byni_place begin, behind;
    uint32_t missing; /* units behind the last block that belong to it */
} window;

/* The largest free blocks, or nearly. */
static int collect(const byni_heap *heap, byni_place end, byni_place places[CANDIDATES])
{
    uint32_t bin = BYNI_HEAP_BINS;
    int count = 0;

    while (bin-- > 0 && count < CANDIDATES) {
        byni_place place = byni_load32(&heap->state->bin[bin]);

        while (place != 0 && count < CANDIDATES) {
            byni_seen seen = byni_block_look(heap, place, end);

            if (seen.block == NULL || (seen.flags & STATE) != FREE)
                return count;
            places[count++] = place;
            place = byni_load32(&seen.block->link);
        }
    }
    return count;
}

/* The window that begins there, if it is worth while. Of a free block at its end only what is needed. */
static bool measure(byni_heap *heap, byni_place begin, uint32_t units, window *found)
{
    byni_place end = byni_heap_end(heap);
    byni_seen seen = byni_block_look(heap, begin, end);
    uint32_t span = 0, live = 0;

    if (seen.block == NULL || (seen.flags & STATE) != FREE)
        return false;
    while (seen.block != NULL && span < units) {
        span += seen.units;
        if ((seen.flags & STATE) == LIVE)
            live += seen.units;
        else if ((seen.flags & STATE) == FREE && span > units)
            span = units;
        seen = byni_block_look(heap, seen.place + seen.units, end);
    }
    found->begin = begin;
    found->behind = begin + span;
    found->missing = span < units ? units - span : 0;
    return (found->missing == 0 || found->behind == end) && live <= (span + found->missing) / 2;
}

static bool close_gap(byni_heap *heap, byni_seen seen, byni_place behind, byni_place end)
{
    uint32_t rest = seen.place + seen.units > behind ? seen.place + seen.units - behind : 0;

    if (!byni_bin_take(heap, seen, end))
        return false;
    if (rest == 0)
        byni_block_tell_next(heap, seen.place + seen.units, end, false);
    else if (!byni_bin_put(heap, behind, rest, end))
        return false;
    seen.units -= rest;
    byni_block_shelve(heap, seen);
    return true;
}

/* What has not been used yet, but for this. */
static bool close_end(byni_heap *heap, uint32_t units)
{
    byni_place end = byni_heap_end(heap), place = byni_block_extend(heap, units, end);
    byni_seen seen = byni_block_look(heap, place, end + units);

    if (place == 0 || seen.block == NULL)
        return false;
    byni_count(&heap->state->live, 0 - units);
    byni_block_shelve(heap, seen);
    return true;
}

/* What is free in it must not be where its blocks are moved to. */
static bool close_gaps(byni_heap *heap, const window *at)
{
    byni_place end = byni_heap_end(heap), place = at->begin;

    while (place < at->behind) {
        byni_seen seen = byni_block_look(heap, place, end);

        if (seen.block == NULL)
            return false;
        if ((seen.flags & STATE) == FREE && !close_gap(heap, seen, at->behind, end))
            return false;
        place += seen.units;
    }
    return at->missing == 0 || close_end(heap, at->missing);
}

/* A death before the object refers to the copy leaves a copy for the sweep, one after it the original. */
static bool move(byni_heap *heap, byni_seen seen)
{
    bool broken;
    byni_place place = byni_block_find(heap, seen.units, &broken);
    uint64_t size = (uint64_t)seen.units * BYNI_HEAP_UNIT - BYNI_HEAP_HEADER;
    byni_block *copy;
    bool follows;

    if (place == 0)
        return false;
    copy = byni_block_at(heap, place);
    byni_bytes_move((byni_a64 *)(void *)&copy->previous,
                    (const byni_a64 *)(const void *)&seen.block->previous, (size_t)size);
    byni_store32(&copy->link, byni_load32(&seen.block->link));
    follows = heap->repoint(heap->context, seen.place, place);
    if (!follows)
        seen = byni_block_look(heap, place, byni_heap_end(heap));
    if (seen.block == NULL)
        return false;
    byni_count(&heap->state->live, 0 - seen.units);
    byni_block_shelve(heap, seen);
    heap->moves++;
    return follows;
}

static bool clear(byni_heap *heap, const window *at)
{
    byni_place place = at->begin;

    if (!close_gaps(heap, at))
        return false;
    while (place < at->behind) {
        byni_seen seen = byni_block_look(heap, place, byni_heap_end(heap));

        if (seen.block == NULL || ((seen.flags & STATE) == LIVE && !move(heap, seen)))
            return false;
        place += seen.units;
    }
    return true;
}

bool byni_heap_make_room(byni_heap *heap, uint32_t units)
{
    byni_place places[CANDIDATES];
    uint32_t cleared = 0;
    int count, i;

    if (heap->repoint == NULL)
        return false;
    count = collect(heap, byni_heap_end(heap), places);
    for (i = 0; i < count && cleared < ENOUGH; i++) {
        window at;

        if (measure(heap, places[i], units, &at) && clear(heap, &at))
            cleared += at.behind - at.begin + at.missing;
    }
    return byni_heap_ripen_all(heap) && cleared > 0;
}
