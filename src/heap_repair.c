/*
 * Mark and sweep: all that is derived is derived anew. See heap.h.
 */
#include "heap_block.h"

/* ---- Mark ----------------------------------------------------------------------------------------- */

/* Whether the blocks stand side by side up to the end. */
static bool unmark_all(byni_heap *heap, byni_place end)
{
    byni_place place = FIRST_PLACE;

    while (place < end) {
        byni_seen seen = byni_block_look(heap, place, end);

        if (seen.block == NULL)
            return false;
        byni_store32(&seen.block->word, byni_block_word(seen.units, UNMARKED));
        place += seen.units;
    }
    return true;
}

byn_status byni_heap_mark(byni_heap *heap, byni_place place)
{
    byni_seen seen = byni_block_look(heap, place, byni_heap_end(heap));

    if (seen.block == NULL || (seen.flags & STATE) != UNMARKED)
        return byni_heap_broken(heap);
    byni_store32(&seen.block->word, byni_block_word(seen.units, LIVE));
    return BYN_OK;
}

/* ---- Sweep ---------------------------------------------------------------------------------------- */

/* From the block at `begin` on, what is not marked becomes one block. Behind it. */
static byni_place join(byni_heap *heap, byni_place begin, byni_place end)
{
    byni_seen next = byni_block_look(heap, begin, end);
    uint32_t units = 0;

    while (next.block != NULL && (next.flags & STATE) != LIVE && next.units <= MOST_UNITS - units) {
        units += next.units;
        next = byni_block_look(heap, begin + units, end);
    }
    byni_store32(&byni_block_at(heap, begin)->word, byni_block_word(units, FREE));
    return begin + units;
}

static void sweep(byni_heap *heap, byni_place end)
{
    byni_heap_state *state = heap->state;
    byni_place place = FIRST_PLACE;
    uint32_t live = 0;

    while (place < end) {
        byni_seen seen = byni_block_look(heap, place, end);
        byni_place behind = place + seen.units;

        if (seen.block == NULL)
            return;
        if ((seen.flags & STATE) == LIVE) {
            live += seen.units;
        } else {
            behind = join(heap, place, end);
            if (behind == end) {
                byni_store32(&state->end, place);
                break;
            }
            (void)byni_bin_put(heap, place, behind - place, end); /* all bins were emptied */
            byni_block_tell_next(heap, behind, end, true);
        }
        place = behind;
    }
    byni_store32(&state->live, live);
}

static void forget_all(byni_heap_state *state)
{
    int i;

    for (i = 0; i < BYNI_HEAP_BINS; i++)
        byni_store32(&state->bin[i], 0);
    for (i = 0; i < BYNI_HEAP_BINS / 32; i++)
        byni_store32(&state->filled[i], 0);
    byni_store32(&state->quarantine, 0);
    byni_store32(&state->quarantined, 0);
    byni_store32(&state->ripe, 0);
    byni_store32(&state->ripened, 0);
    byni_store32(&state->free, 0);
    byni_store32(&state->live, 0);
}

/* The generation first: readers may still be in what nobody refers to any more. */
byn_status byni_heap_repair(byni_heap *heap, byn_status (*mark)(byni_heap *heap, void *context),
                            void *context)
{
    byni_place end = byni_heap_end(heap);
    byn_status status;

    byni_store64(&heap->state->generation, byni_load64(&heap->state->generation) + 1);
    byni_fence();
    heap->moves++;
    if (end == 0 || !unmark_all(heap, end))
        return byni_heap_broken(heap);
    status = mark(heap, context);
    if (status < 0)
        return status;
    forget_all(heap->state);
    sweep(heap, end);
    return BYN_OK;
}
