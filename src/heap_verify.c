/*
 * Whether a heap is as it should be: for tests.
 */
#include "heap_block.h"

typedef struct sums {
    uint64_t live, free, quarantine; /* units */
    uint64_t live_blocks, free_blocks;
} sums;

static const char *check_block(const byni_heap *heap, byni_seen seen, bool before_is_free)
{
    if (((seen.flags & BEFORE_IS_FREE) != 0) != before_is_free)
        return "a block is wrong about the one before it";
    if ((seen.flags & STATE) == UNMARKED)
        return "a block was left unmarked";
    if ((seen.flags & STATE) != FREE)
        return NULL;
    if (before_is_free)
        return "two free blocks side by side";
    if (byni_load32(byni_block_footer(heap, seen.place + seen.units)) != seen.units)
        return "a free block has two sizes";
    return NULL;
}

static const char *walk(byni_heap *heap, byni_place end, sums *sum)
{
    byni_place place = FIRST_PLACE;
    bool before_is_free = false;
    const char *error;

    while (place < end) {
        byni_seen seen = byni_block_look(heap, place, end);

        if (seen.block == NULL)
            return "the blocks cannot be walked";
        error = check_block(heap, seen, before_is_free);
        if (error != NULL)
            return error;
        before_is_free = (seen.flags & STATE) == FREE;
        sum->live += (seen.flags & STATE) == LIVE ? seen.units : 0;
        sum->live_blocks += (seen.flags & STATE) == LIVE;
        sum->free += before_is_free ? seen.units : 0;
        sum->free_blocks += before_is_free;
        sum->quarantine += (seen.flags & STATE) == QUARANTINED ? seen.units : 0;
        place += seen.units;
    }
    return before_is_free ? "the last block is free" : NULL;
}

static const char *check_bin(byni_heap *heap, uint32_t bin, byni_place end, sums *sum)
{
    byni_place place = byni_load32(&heap->state->bin[bin]), previous = 0;
    bool filled = (byni_load32(&heap->state->filled[bin / 32]) >> bin % 32 & 1) != 0;

    if (filled != (place != 0))
        return "a bin is said to be filled and is not, or is and is not said to be";
    while (place != 0) {
        byni_seen seen = byni_block_look(heap, place, end);

        if (seen.block == NULL || (seen.flags & STATE) != FREE || byni_bin_of(seen.units) != bin)
            return "what is in a bin does not belong there";
        if (byni_load32(&seen.block->previous) != previous)
            return "the chain of a bin is broken";
        if (sum->free_blocks-- == 0)
            return "more blocks are in bins than are free";
        previous = place;
        place = byni_load32(&seen.block->link);
    }
    return NULL;
}

static const char *check_chain(byni_heap *heap, byni_place place, uint32_t units, byni_place end)
{
    while (place != 0) {
        byni_seen seen = byni_block_look(heap, place, end);

        if (seen.block == NULL || (seen.flags & STATE) != QUARANTINED || seen.units > units)
            return "what is in quarantine does not belong there";
        units -= seen.units;
        place = byni_load32(&seen.block->link);
    }
    return units == 0 ? NULL : "less is in quarantine than was counted";
}

static const char *check_lists(byni_heap *heap, byni_place end, sums *sum)
{
    const byni_heap_state *state = heap->state;
    uint32_t quarantined = byni_load32(&state->quarantined), ripened = byni_load32(&state->ripened);
    const char *error = NULL;
    uint32_t bin;

    for (bin = 0; bin < BYNI_HEAP_BINS && error == NULL; bin++)
        error = check_bin(heap, bin, end, sum);
    if (error == NULL && sum->free_blocks != 0)
        error = "a free block is in no bin";
    if (error == NULL)
        error = check_chain(heap, byni_load32(&state->quarantine), quarantined, end);
    if (error == NULL)
        error = check_chain(heap, byni_load32(&state->ripe), ripened, end);
    if (error == NULL && sum->quarantine != (uint64_t)quarantined + ripened)
        error = "a block is in quarantine, and in no chain";
    if (error == NULL && sum->live != byni_load32(&state->live))
        error = "what is in use was not counted right";
    if (error == NULL && sum->free != byni_load32(&state->free))
        error = "what is free was not counted right";
    return error;
}

const char *byni_heap_verify(byni_heap *heap, byni_heap_statistics *statistics)
{
    byni_place end = byni_heap_end(heap);
    sums sum = {0};
    const char *error;

    byni_heap_look(heap, statistics);
    if (end == 0)
        return "its end is nowhere";
    error = walk(heap, end, &sum);
    statistics->live_blocks = sum.live_blocks;
    statistics->free_blocks = sum.free_blocks;
    return error != NULL ? error : check_lists(heap, end, &sum);
}
