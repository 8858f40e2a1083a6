/*
 * Free blocks, in bins of similar sizes. All of it is derived, see heap.h.
 */
#include "heap_block.h"

enum {
    EXACT = 16, /* bins below this one hold one size each */
    LOOKS = 8,  /* into a bin whose blocks need not all be large enough */
    LOG_EXACT = 4
};

uint32_t byni_bin_of(uint32_t units)
{
    uint32_t log = LOG_EXACT;

    if (units < EXACT)
        return units;
    while (units >> (log + 1) != 0)
        log++;
    return EXACT + (log - LOG_EXACT) * 4 + (units >> (log - 2) & 3);
}

/* ---- In and out ----------------------------------------------------------------------------------- */

void byni_block_tell_next(byni_heap *heap, byni_place behind, byni_place end, bool is_free)
{
    byni_a32 *word;
    uint32_t before;

    if (behind >= end)
        return;
    word = &byni_block_at(heap, behind)->word;
    before = byni_load32(word);
    byni_store32(word, is_free ? before | BEFORE_IS_FREE : before & ~(uint32_t)BEFORE_IS_FREE);
}

bool byni_bin_put(byni_heap *heap, byni_place place, uint32_t units, byni_place end)
{
    byni_heap_state *state = heap->state;
    byni_block *block = byni_block_at(heap, place);
    uint32_t at = byni_bin_of(units);
    byni_place first = byni_load32(&state->bin[at]);

    if (first != 0 && byni_block_look(heap, first, end).block == NULL)
        return false;
    byni_store32(&block->link, first);
    byni_store32(&block->previous, 0);
    byni_store32(byni_block_footer(heap, place + units), units);
    byni_store32(&block->word, byni_block_word(units, FREE));
    if (first != 0)
        byni_store32(&byni_block_at(heap, first)->previous, place);
    else
        byni_store32(&state->filled[at / 32], byni_load32(&state->filled[at / 32]) | 1u << at % 32);
    byni_store32(&state->bin[at], place);
    byni_count(&state->free, units);
    return true;
}

/* One whose neighbours in the bin are free blocks too, as it says. */
static bool is_linked(const byni_heap *heap, byni_place place, byni_place end)
{
    return place == 0 || (byni_block_look(heap, place, end).block != NULL &&
                          (byni_load32(&byni_block_at(heap, place)->word) & STATE) == FREE);
}

bool byni_bin_take(byni_heap *heap, byni_seen seen, byni_place end)
{
    byni_heap_state *state = heap->state;
    uint32_t at = byni_bin_of(seen.units);
    byni_place next = byni_load32(&seen.block->link), previous = byni_load32(&seen.block->previous);

    if (!is_linked(heap, next, end) || !is_linked(heap, previous, end))
        return false;
    if (next != 0)
        byni_store32(&byni_block_at(heap, next)->previous, previous);
    if (previous != 0)
        byni_store32(&byni_block_at(heap, previous)->link, next);
    else if (byni_load32(&state->bin[at]) == seen.place)
        byni_store32(&state->bin[at], next);
    else
        return false;
    if (byni_load32(&state->bin[at]) == 0)
        byni_store32(&state->filled[at / 32],
                     byni_load32(&state->filled[at / 32]) & ~(1u << at % 32));
    byni_count(&state->free, 0 - seen.units);
    return true;
}

/* ---- Join ----------------------------------------------------------------------------------------- */

/* The free block before this one; NULL block: there is none, or *broken. */
static byni_seen before(byni_heap *heap, byni_seen seen, byni_place end, bool *broken)
{
    byni_seen found = {NULL, 0, 0, 0};
    uint32_t units;

    *broken = false;
    if ((seen.flags & BEFORE_IS_FREE) == 0)
        return found;
    units = byni_load32(byni_block_footer(heap, seen.place));
    if (units <= seen.place - FIRST_PLACE)
        found = byni_block_look(heap, seen.place - units, end);
    if (found.block != NULL && (found.units != units || (found.flags & STATE) != FREE))
        found.block = NULL;
    *broken = found.block == NULL;
    return found;
}

bool byni_block_release(byni_heap *heap, byni_seen seen, byni_place end)
{
    bool broken;
    byni_seen first = before(heap, seen, end, &broken);
    byni_seen next = byni_block_look(heap, seen.place + seen.units, end);

    if (broken || (next.block == NULL && seen.place + seen.units != end))
        return false;
    if (first.block != NULL && first.units + seen.units <= MOST_UNITS) {
        if (!byni_bin_take(heap, first, end))
            return false;
        first.units += seen.units;
        seen = first;
    }
    if (next.block != NULL && (next.flags & STATE) == FREE &&
        next.units + seen.units <= MOST_UNITS) {
        if (!byni_bin_take(heap, next, end))
            return false;
        seen.units += next.units;
    }
    if (seen.place + seen.units == end) {
        byni_store32(&heap->state->end, seen.place);
        return true;
    }
    if (!byni_bin_put(heap, seen.place, seen.units, end))
        return false;
    byni_block_tell_next(heap, seen.place + seen.units, end, true);
    return true;
}

/* ---- Find ----------------------------------------------------------------------------------------- */

/* Take it into use; what is too much becomes a free block of its own. */
static bool use(byni_heap *heap, byni_seen seen, uint32_t units, byni_place end)
{
    uint32_t rest = seen.units - units;

    if (!byni_bin_take(heap, seen, end))
        return false;
    if (rest > 0 && !byni_bin_put(heap, seen.place + units, rest, end))
        return false;
    if (rest == 0)
        byni_block_tell_next(heap, seen.place + units, end, false);
    byni_store32(&seen.block->word, byni_block_word(units, LIVE));
    byni_count(&heap->state->live, units);
    return true;
}

/* A block of a bin that is large enough, among the first few. *broken. */
static byni_seen look_in(byni_heap *heap, uint32_t bin, uint32_t units, byni_place end,
                         bool *broken)
{
    byni_place place = byni_load32(&heap->state->bin[bin]);
    byni_seen seen = {NULL, 0, 0, 0};
    int i;

    for (i = 0; i < LOOKS && place != 0; i++) {
        seen = byni_block_look(heap, place, end);
        if (seen.block == NULL || (seen.flags & STATE) != FREE || byni_bin_of(seen.units) != bin) {
            *broken = true;
            break;
        }
        if (seen.units >= units)
            return seen;
        place = byni_load32(&seen.block->link);
    }
    seen.block = NULL;
    return seen;
}

/* The first bin from `bin` on that is not empty; BYNI_HEAP_BINS: all are. */
static uint32_t filled_from(const byni_heap *heap, uint32_t bin)
{
    uint32_t bits;

    while (bin < BYNI_HEAP_BINS) {
        bits = byni_load32(&heap->state->filled[bin / 32]) >> bin % 32;
        if (bits == 0) {
            bin = (bin / 32 + 1) * 32;
            continue;
        }
        while ((bits & 1) == 0) {
            bits >>= 1;
            bin++;
        }
        return bin;
    }
    return BYNI_HEAP_BINS;
}

byni_place byni_block_extend(byni_heap *heap, uint32_t units, byni_place end)
{
    uint64_t size = byni_load64(&heap->header->size), behind = (uint64_t)end + units;

    if (size > heap->limit)
        size = heap->limit;
    if (behind * BYNI_HEAP_UNIT > size || !byni_heap_reaches(heap, behind * BYNI_HEAP_UNIT))
        return 0;
    byni_store32(&byni_block_at(heap, end)->word, byni_block_word(units, LIVE));
    byni_store32(&heap->state->end, (uint32_t)behind);
    byni_count(&heap->state->live, units);
    return end;
}

byni_place byni_block_find(byni_heap *heap, uint32_t units, bool *broken)
{
    byni_place end = byni_heap_end(heap);
    uint32_t bin = byni_bin_of(units);
    byni_seen seen;

    *broken = end == 0;
    if (*broken)
        return 0;
    seen = look_in(heap, bin, units, end, broken);
    if (seen.block == NULL && !*broken) {
        bin = filled_from(heap, bin + 1);
        if (bin == BYNI_HEAP_BINS)
            return byni_block_extend(heap, units, end);
        seen = look_in(heap, bin, units, end, broken);
    }
    if (seen.block == NULL || !use(heap, seen, units, end)) {
        *broken = true;
        return 0;
    }
    return seen.place;
}
