#include "heap_block.h"

enum { AT_A_TIME = 2, PAGE = 4096 }; /* ripe blocks that a call puts into bins */

/* How much it grows at a time, if it may: an eighth, but at least and at most so much. */
enum { GROWS_LEAST = 64 * 1024, GROWS_MOST = 16 * 1024 * 1024 };

byn_status byni_heap_broken(const byni_heap *heap)
{
    return byni_fail(BYN_E_CORRUPT, "what is stored in %s is broken: remove it",
                     heap->segment != NULL ? bynk_segment_place(heap->segment) : "it");
}

/* ---- Begin --------------------------------------------------------------------------------------- */

uint64_t byni_heap_limit(uint64_t wanted)
{
    if (wanted > BYNI_HEAP_LIMIT)
        return 0;
    if (wanted < BYNI_HEAP_SIZE)
        return BYNI_HEAP_SIZE;
    return (wanted + PAGE - 1) / PAGE * PAGE;
}

bool byni_heap_is_sound(const byni_header *header)
{
    return header->limit >= BYNI_HEAP_SIZE && header->limit <= BYNI_HEAP_LIMIT &&
           byni_load64(&header->size) >= BYNI_HEAP_SIZE;
}

void byni_heap_initialise(byni_heap *heap, byni_header *header, byni_heap_state *state)
{
    memset(heap, 0, sizeof *heap);
    heap->header = header;
    heap->state = state;
    heap->limit = BYNI_HEAP_SIZE;
    byni_store64(&heap->there, BYNI_HEAP_SIZE);
    byni_store64(&state->generation, 1);
    byni_store32(&state->end, FIRST_PLACE);
}

void byni_heap_attach(byni_heap *heap, const byni_object *object, byni_heap_state *state)
{
    memset(heap, 0, sizeof *heap);
    heap->segment = object->segment;
    heap->header = object->header;
    heap->state = state;
    heap->limit = object->limit;
    byni_store64(&heap->there, BYNI_HEAP_SIZE);
}

BYNI_COLD bool byni_heap_reaches(byni_heap *heap, uint64_t offset)
{
    uint64_t there = byni_load64(&heap->there);

    if (offset > there && offset <= heap->limit && heap->segment != NULL) {
        there = bynk_segment_there(heap->segment);
        if (there > heap->limit)
            there = heap->limit;
        byni_store64(&heap->there, there);
    }
    return offset <= there;
}

/* ---- Quarantine ----------------------------------------------------------------------------------- */

void byni_block_shelve(byni_heap *heap, byni_seen seen)
{
    byni_heap_state *state = heap->state;

    /* The word first: who reads both must not take the link for the number of a block in use. */
    byni_store32(&seen.block->word,
                 byni_block_word(seen.units, QUARANTINED | (seen.flags & BEFORE_IS_FREE)));
    byni_store32(&seen.block->link, byni_load32(&state->quarantine));
    byni_store32(&state->quarantine, seen.place);
    byni_count(&state->quarantined, seen.units);
}

/* The next block that may be used again; NULL block: there is none, or *broken. */
static byni_seen ripe(byni_heap *heap, byni_place end, bool *broken)
{
    byni_heap_state *state = heap->state;
    byni_place place = byni_load32(&state->ripe);
    uint32_t ripened = byni_load32(&state->ripened);
    byni_seen seen = {NULL, 0, 0, 0};

    *broken = false;
    if (place == 0)
        return seen;
    seen = byni_block_look(heap, place, end);
    /* The sum falls with each: so a chain that leads back to itself ends. */
    if (seen.block == NULL || (seen.flags & STATE) != QUARANTINED || seen.units > ripened ||
        ripened > end) {
        seen.block = NULL;
        *broken = true;
        return seen;
    }
    byni_store32(&state->ripe, byni_load32(&seen.block->link));
    byni_store32(&state->ripened, ripened - seen.units);
    return seen;
}

/* Put up to so many ripe blocks into bins. */
static bool bin_some(byni_heap *heap, uint32_t most)
{
    bool broken = false;

    while (most-- > 0 && !broken) {
        byni_place end = byni_heap_end(heap);
        byni_seen seen = ripe(heap, end, &broken);

        if (seen.block == NULL)
            break;
        broken = !byni_block_release(heap, seen, end);
    }
    return !broken;
}

/* Nobody may come from before the raise and take what is written afterwards for what was there. */
static bool ripen(byni_heap *heap)
{
    byni_heap_state *state = heap->state;

    if (byni_load32(&state->ripe) != 0 && !bin_some(heap, UINT32_MAX))
        return false;
    byni_store64(&state->generation, byni_load64(&state->generation) + 1);
    byni_fence();
    byni_store32(&state->ripe, byni_load32(&state->quarantine));
    byni_store32(&state->ripened, byni_load32(&state->quarantined));
    byni_store32(&state->quarantine, 0);
    byni_store32(&state->quarantined, 0);
    return true;
}

bool byni_heap_ripen_all(byni_heap *heap)
{
    if (byni_load32(&heap->state->quarantine) != 0 && !ripen(heap))
        return false;
    return bin_some(heap, UINT32_MAX);
}

/* ---- Grow ----------------------------------------------------------------------------------------- */

/* What the heap may need at most when so many units more are in use. */
static uint64_t most_bytes(const byni_heap *heap, uint32_t units)
{
    uint64_t live = (uint64_t)byni_load32(&heap->state->live) + units;

    return live * 2 * BYNI_HEAP_UNIT + BYNI_HEAP_SLACK;
}

/* Whether it is time to move blocks rather than to grow. */
static bool is_sparse(byni_heap *heap, uint32_t units)
{
    uint64_t end = (uint64_t)byni_load32(&heap->state->end) + units;

    return end * BYNI_HEAP_UNIT > most_bytes(heap, units);
}

static byn_status grow_to(byni_heap *heap, uint64_t size)
{
    if (heap->segment == NULL || size > heap->limit)
        return byni_fail(BYN_E_LIMIT, "it would be larger than its limit of %llu bytes",
                         (unsigned long long)heap->limit);
    return bynk_segment_grow(heap->segment, size);
}

static byn_status grow(byni_heap *heap, uint32_t units)
{
    uint64_t size = byni_load64(&heap->header->size), step = size / 8, most, needed;
    byn_status status;

    needed = ((uint64_t)byni_load32(&heap->state->end) + units) * BYNI_HEAP_UNIT;
    needed = (needed + PAGE - 1) / PAGE * PAGE;
    if (size >= needed) /* another one's death may have left it so, or hostility */
        size = needed;
    step = step < GROWS_LEAST ? GROWS_LEAST : step > GROWS_MOST ? GROWS_MOST : step;
    most = most_bytes(heap, units);
    most = most < heap->limit ? most : heap->limit;
    size = (size + step) / PAGE * PAGE;
    if (size > most)
        size = most / PAGE * PAGE;
    status = grow_to(heap, size > needed ? size : needed);
    if (status < 0 && size > needed)
        status = grow_to(heap, needed);
    return status;
}

/* ---- Blocks --------------------------------------------------------------------------------------- */

/* The newest blocks that may be used again, if one has just this size: the rest of an object's life is
 * mostly that. What else is met goes into the bins. */
static byni_place reuse(byni_heap *heap, uint32_t units, bool *broken)
{
    byni_place end = byni_heap_end(heap);
    int i;

    *broken = end == 0;
    for (i = 0; i < AT_A_TIME && !*broken; i++) {
        byni_seen seen = ripe(heap, end, broken);

        if (seen.block == NULL)
            break;
        if (seen.units == units) {
            byni_store32(&seen.block->word,
                         byni_block_word(units, LIVE | (seen.flags & BEFORE_IS_FREE)));
            byni_count(&heap->state->live, units);
            return seen.place;
        }
        *broken = !byni_block_release(heap, seen, end);
        end = byni_heap_end(heap);
    }
    return 0;
}

/* It cannot grow by as much as is wanted. But up to its limit it can, and with what is free there may be room
 * then. */
static bool gather(byni_heap *heap, uint32_t units, byn_status why)
{
    uint64_t live = ((uint64_t)byni_load32(&heap->state->live) + units) * BYNI_HEAP_UNIT;

    if (live > heap->limit - BYNI_DATA_OFFSET)
        return false;
    if (why == BYN_E_LIMIT && byni_load64(&heap->header->size) < heap->limit)
        (void)grow_to(heap, heap->limit);
    return live <= byni_load64(&heap->header->size) && byni_heap_make_room(heap, units);
}

/* Of what was freed and was not to be used again yet. */
static byni_place find_freed(byni_heap *heap, uint32_t units, bool *broken)
{
    byni_place place = 0;

    *broken = byni_load32(&heap->state->quarantine) != 0 && !ripen(heap);
    if (!*broken)
        place = reuse(heap, units, broken);
    if (place != 0 || *broken)
        return place;
    *broken = !byni_heap_ripen_all(heap);
    return *broken ? 0 : byni_block_find(heap, units, broken);
}

/* What is free does not suffice. Blocks are moved if they lie too far apart, or if it cannot grow. */
BYNI_COLD static byn_status find_elsewhere(byni_heap *heap, uint32_t units, byni_place *place)
{
    bool broken;
    byn_status status = BYN_OK;

    *place = find_freed(heap, units, &broken);
    if (*place == 0 && !broken && is_sparse(heap, units) && byni_heap_make_room(heap, units))
        *place = byni_block_find(heap, units, &broken);
    if (*place != 0 || broken)
        return broken ? byni_heap_broken(heap) : BYN_OK;
    status = grow(heap, units);
    if (status < 0 && !gather(heap, units, status))
        return status;
    *place = byni_block_find(heap, units, &broken);
    if (*place != 0)
        return BYN_OK;
    return broken || status >= 0 ? byni_heap_broken(heap) : status;
}

byn_status byni_heap_allocate(byni_heap *heap, uint64_t size, byni_place *place)
{
    byni_place found;
    uint32_t units;
    bool broken = false;
    byn_status status = BYN_OK;

    if (size > BYNI_HEAP_LARGEST)
        return byni_fail(BYN_E_LIMIT, "%llu bytes are more than it can ever hold",
                         (unsigned long long)size);
    units = byni_units_for(size);
    found = reuse(heap, units, &broken);
    if (found == 0 && !broken)
        found = byni_block_find(heap, units, &broken);
    if (BYNI_UNLIKELY(broken))
        status = byni_heap_broken(heap);
    else if (BYNI_UNLIKELY(found == 0))
        status = find_elsewhere(heap, units, &found);
    if (status >= 0)
        *place = found;
    return status;
}

byn_status byni_heap_free(byni_heap *heap, byni_place place)
{
    byni_heap_state *state = heap->state;
    byni_seen seen = byni_block_look(heap, place, byni_heap_end(heap));

    if (BYNI_UNLIKELY(seen.block == NULL || (seen.flags & STATE) != LIVE))
        return byni_heap_broken(heap);
    byni_count(&state->live, 0 - seen.units);
    byni_block_shelve(heap, seen);
    if (BYNI_UNLIKELY(byni_load32(&state->quarantined) > BYNI_HEAP_QUARANTINE / BYNI_HEAP_UNIT) &&
        !ripen(heap))
        return byni_heap_broken(heap);
    return BYN_OK;
}

uint64_t byni_heap_room(byni_heap *heap, byni_place place)
{
    byni_seen seen = byni_block_look(heap, place, byni_heap_end(heap));

    if (seen.block == NULL || (seen.flags & STATE) != LIVE)
        return 0;
    return (uint64_t)seen.units * BYNI_HEAP_UNIT - BYNI_HEAP_HEADER;
}

void byni_heap_look(const byni_heap *heap, byni_heap_statistics *statistics)
{
    const byni_heap_state *state = heap->state;
    uint64_t waiting = (uint64_t)byni_load32(&state->quarantined) + byni_load32(&state->ripened);

    memset(statistics, 0, sizeof *statistics);
    statistics->size = byni_load64(&heap->header->size);
    statistics->end = (uint64_t)byni_load32(&state->end) * BYNI_HEAP_UNIT;
    statistics->live = (uint64_t)byni_load32(&state->live) * BYNI_HEAP_UNIT;
    statistics->free = (uint64_t)byni_load32(&state->free) * BYNI_HEAP_UNIT;
    statistics->quarantine = waiting * BYNI_HEAP_UNIT;
}
