/*
 * The tables of a pool, its guard and bells. See pool_words.h.
 */
#include "pool_state.h"

#include <stdlib.h>

enum { TABLES, DEFINITION }; /* roots of the heap */

enum {
    TRIES = 6,  /* of the guard */
    PAUSES = 4, /* between them */
    LINE = 64,
    PAGE = 4096,
    BLOCKS = 256 /* bytes for the headers of a few blocks */
};

/* ---- Where they are --------------------------------------------------------------------------------- */

typedef struct extent {
    uint64_t workers, submitters, ring, free, end; /* offsets; tasks are at 0 */
    uint64_t places;                               /* of the ring */
} extent;

static extent extent_of(uint64_t capacity)
{
    extent e = {0};

    e.places = 2;
    while (e.places < 2 * capacity)
        e.places *= 2;
    e.workers = capacity * sizeof(byni_task);
    e.submitters = e.workers + BYN_POOL_MEMBERS_MAX * sizeof(byni_worker);
    e.ring = e.submitters + BYN_POOL_MEMBERS_MAX * sizeof(byni_submitter);
    e.free = e.ring + e.places * sizeof(byni_a64);
    e.end = e.free + capacity * sizeof(byni_a32);
    return e;
}

/* The body of a block begins at any multiple of 8. */
static uint64_t block_size(uint64_t capacity)
{
    return extent_of(capacity).end + LINE;
}

uint64_t byni_pool_tables_size(uint64_t capacity, uint64_t definition)
{
    uint64_t size = BYNI_DATA_OFFSET + block_size(capacity) + definition + BLOCKS;

    size = (size + PAGE - 1) / PAGE * PAGE;
    return size > BYNI_HEAP_SIZE ? size : BYNI_HEAP_SIZE;
}

uint64_t byni_pool_limit(uint64_t capacity, uint64_t memory)
{
    if (memory > BYNI_HEAP_LIMIT)
        return 0;
    return byni_heap_limit(byni_pool_tables_size(capacity, BYNI_DEFINITION_MOST) + memory + PAGE);
}

static void *table_at(byni_heap *heap, uint64_t capacity)
{
    byni_place place = (byni_place)byni_load64(&heap->state->root[TABLES]);
    char *body = byni_heap_at(heap, place, block_size(capacity));
    uint64_t offset;

    if (body == NULL)
        return NULL;
    offset = (uint64_t)(body - (char *)heap->header);
    return body + ((offset + LINE - 1) / LINE * LINE - offset);
}

static void place_tables(byn_pool *pool, char *base)
{
    extent e = extent_of(pool->capacity);

    pool->tasks = (byni_task *)(void *)base;
    pool->workers = (byni_worker *)(void *)(base + e.workers);
    pool->submitters = (byni_submitter *)(void *)(base + e.submitters);
    pool->ring = (byni_a64 *)(void *)(base + e.ring);
    pool->ring_mask = e.places - 1;
    pool->free = (byni_a32 *)(void *)(base + e.free);
}

/* ---- Begin ------------------------------------------------------------------------------------------ */

static void bell_initialise(byni_bell *bell)
{
    bynk_spot_initialise(&bell->spot, 0);
}

/* All is zero. */
static void initialise_tables(byn_pool *fresh)
{
    uint32_t i;

    for (i = 0; i < BYN_POOL_MEMBERS_MAX; i++) {
        bell_initialise(&fresh->submitters[i].bell);
        bynk_spot_initialise(&fresh->submitters[i].helper, 0);
    }
    byni_hints_rebuild(fresh);
    byni_places_rebuild(fresh);
}

void byni_pool_initialise(byni_pool_words *words, const uint64_t parameters[BYNI_PARAMETERS],
                          const byni_pool_definition *definition)
{
    byni_header *header = (byni_header *)(void *)((char *)words - BYNI_STATE_OFFSET);
    byn_pool fresh = {.words = words, .capacity = (uint32_t)parameters[BYNI_POOL_CAPACITY]};
    byni_heap *heap = &fresh.heap;
    byni_place place;

    bynk_guard_initialise(&words->guard);
    bynk_spot_initialise(&words->first, 0);
    bynk_spot_initialise(&words->work, 0);
    bynk_spot_initialise(&words->control, 0);
    bell_initialise(&words->room);
    byni_store32(&words->supervisor, BYNI_POOL_NOBODY);
    byni_heap_initialise(heap, header, &words->heap);
    heap->limit = byni_load64(&header->size);
    byni_store64(&heap->there, heap->limit);
    if (byni_heap_allocate(heap, block_size(fresh.capacity), &place) < 0)
        return; /* not in a segment of this size */
    byni_store64(&words->heap.root[TABLES], place);
    place_tables(&fresh, table_at(heap, fresh.capacity));
    initialise_tables(&fresh);
    if (byni_heap_allocate(heap, definition->size, &place) < 0)
        return;
    byni_bytes_write(byni_heap_at(heap, place, definition->size), definition, definition->size);
    byni_store64(&words->heap.root[DEFINITION], place);
}

/* Whether the offset is 0 or that of a text in it. */
static bool is_text(const byni_pool_definition *definition, uint32_t offset)
{
    return offset == 0 || (offset >= sizeof *definition && offset < definition->size);
}

static bool is_defined(const byni_pool_definition *d)
{
    const char *text = (const char *)d;
    uint32_t at = d->program, i;

    for (i = 0; i < d->program_count && at < d->size; i++)
        at += (uint32_t)strlen(text + at) + 1;
    return is_text(d, d->program) && is_text(d, d->library) && is_text(d, d->initializer) &&
           is_text(d, d->initializer_data) && d->initializer_size <= d->size &&
           d->initializer_data <= d->size - d->initializer_size && i == d->program_count &&
           (d->program_count == 0 || d->program != 0) && d->workers <= BYN_POOL_MEMBERS_MAX &&
           d->attempts >= 1 && d->attempts <= BYNI_TASK_ATTEMPTS && d->task_timeout >= 0;
}

/* A copy that nobody else can change, whose last byte ends the last text. */
static byn_status copy_definition(byn_pool *pool)
{
    byni_place place = (byni_place)byni_load64(&pool->words->heap.root[DEFINITION]);
    const byni_a64 *body = byni_heap_at(&pool->heap, place, sizeof(byni_pool_definition));
    uint32_t size = body != NULL ? (uint32_t)byni_peek64(body) : 0; /* its first word */

    if (size <= sizeof(byni_pool_definition) || size > BYNI_DEFINITION_MOST ||
        byni_heap_at(&pool->heap, place, size) == NULL)
        return byni_heap_broken(&pool->heap);
    pool->definition = malloc(size);
    if (pool->definition == NULL)
        return byni_fail(BYN_E_NOMEM, "out of memory");
    byni_bytes_read(pool->definition, body, size);
    pool->definition->size = size;
    ((char *)pool->definition)[size - 1] = '\0';
    return is_defined(pool->definition) ? BYN_OK : byni_heap_broken(&pool->heap);
}

byn_status byni_pool_attach(byn_pool *pool)
{
    char *base;
    byn_status status;

    pool->words = byni_object_state(&pool->object);
    pool->capacity = (uint32_t)pool->object.parameters[BYNI_POOL_CAPACITY];
    pool->me = BYNI_POOL_NOBODY;
    byni_heap_attach(&pool->heap, &pool->object, &pool->words->heap);
    base = table_at(&pool->heap, pool->capacity);
    if (base == NULL)
        return byni_heap_broken(&pool->heap);
    place_tables(pool, base);
    status = copy_definition(pool);
    if (status >= 0)
        pool->stock.places = calloc(pool->capacity, sizeof *pool->stock.places);
    if (status >= 0 && pool->stock.places == NULL)
        status = byni_fail(BYN_E_NOMEM, "out of memory");
    if (status < 0)
        byni_pool_detach(pool);
    return status;
}

void byni_pool_detach(byn_pool *pool)
{
    free(pool->stock.places);
    free(pool->definition);
    pool->stock.places = NULL;
    pool->definition = NULL;
}

/* ---- Guard ------------------------------------------------------------------------------------------ */

/* It is held for a shorter time than any guard: so who finds it held comes back sooner than the platform would. */
static byn_status take_guard(byn_pool *pool)
{
    byn_status status;
    int tries, i;

    for (tries = 0; tries < TRIES; tries++) {
        status = bynk_guard_lock(pool->object.segment, &pool->words->guard, BYNK_NOW);
        if (status != BYN_E_TIMEDOUT)
            return status;
        for (i = 0; i < PAUSES; i++)
            byni_pause();
    }
    return bynk_guard_lock(pool->object.segment, &pool->words->guard, BYNK_SOON);
}

byn_status byni_pool_lock(byn_pool *pool)
{
    byn_status status = take_guard(pool);

    if (BYNI_UNLIKELY(status == BYN_ABANDONED ||
                      (status >= 0 && byni_load32(&pool->words->needs_repair) != 0))) {
        status = byni_pool_repair(pool);
        if (status < 0)
            byni_pool_unlock(pool);
    }
    return status < 0 ? status : BYN_OK;
}

void byni_pool_unlock(byn_pool *pool)
{
    bynk_guard_unlock(pool->object.segment, &pool->words->guard);
}

/* ---- Bells ------------------------------------------------------------------------------------------ */

#define LISTENED (UINT32_C(1) << 31)
#define NUMBER ((UINT32_C(1) << 30) - 1)

/* Whether the number comes after the other one, which wraps. */
static bool is_newer(uint32_t number, uint32_t than)
{
    uint32_t ahead = (number - than) & NUMBER;

    return ahead != 0 && ahead <= NUMBER / 2;
}

/*
 * It only rises: an older number over a newer one would silence the bell for who sleeps on that. On the same number
 * somebody may sleep already, for another one's end.
 */
static uint32_t listen(byni_bell *bell, uint32_t whom)
{
    uint32_t number = bynk_spot_number(&bell->spot);
    uint64_t seen = byni_load64(&bell->listened), wanted;

    for (;;) {
        wanted = (uint64_t)whom << 32 | number | LISTENED;
        if (((uint32_t)seen & LISTENED) != 0) {
            uint32_t before = (uint32_t)seen & NUMBER;

            if (before == number && (uint32_t)(seen >> 32) != whom)
                wanted = number | LISTENED;
            else if (!is_newer(number, before))
                break;
        }
        if (wanted == seen || byni_cas64(&bell->listened, &seen, wanted))
            break;
    }
    byni_fence(); /* this, then what is looked at */
    return number;
}

static uint32_t whom(byni_ticket ticket)
{
    return (uint32_t)byni_hint_of(ticket);
}

uint32_t byni_bell_listen(byni_bell *bell)
{
    return listen(bell, 0);
}

uint32_t byni_bell_listen_for(byni_bell *bell, byni_ticket ticket)
{
    return listen(bell, whom(ticket));
}

/* What was changed before is seen by all who do not see this. */
static bool is_heard(const byni_bell *bell, uint64_t listened)
{
    return (uint32_t)listened == (bynk_spot_number(&bell->spot) | LISTENED);
}

void byni_bell_ring(byn_pool *pool, byni_bell *bell)
{
    if (BYNI_UNLIKELY(is_heard(bell, byni_load64_after(&bell->listened))))
        bynk_spot_add(pool->object.segment, &bell->spot, 1, UINT32_MAX);
}

void byni_bell_ring_for(byn_pool *pool, byni_bell *bell, byni_ticket ticket)
{
    uint64_t listened = byni_load64_after(&bell->listened);

    if (BYNI_UNLIKELY(is_heard(bell, listened)) &&
        ((listened >> 32) == 0 || (listened >> 32) == whom(ticket)))
        bynk_spot_add(pool->object.segment, &bell->spot, 1, UINT32_MAX);
}

byni_bell *byni_task_bell(byn_pool *pool, byni_ticket ticket)
{
    uint32_t owner = ticket.index < pool->capacity ? byni_load32(&pool->tasks[ticket.index].owner)
                                                   : BYNI_POOL_NOBODY;

    return owner < BYN_POOL_MEMBERS_MAX ? &pool->submitters[owner].bell : &pool->words->room;
}

/* ---- Marks ------------------------------------------------------------------------------------------- */

static byn_status mark_task(byni_heap *heap, const byni_task *task)
{
    byni_place argument = byni_load32(&task->argument_place);
    byni_place result = byni_load32(&task->result_place);
    byn_status status = argument != 0 ? byni_heap_mark(heap, argument) : BYN_OK;

    return status >= 0 && result != 0 ? byni_heap_mark(heap, result) : status;
}

/* For byni_heap_repair(). */
static byn_status mark(byni_heap *heap, void *context)
{
    const byn_pool *pool = context;
    byn_status status = byni_heap_mark(heap, (byni_place)byni_load64(&heap->state->root[TABLES]));
    uint32_t i;

    if (status >= 0)
        status = byni_heap_mark(heap, (byni_place)byni_load64(&heap->state->root[DEFINITION]));
    for (i = 0; i < pool->capacity && status >= 0; i++)
        if (byni_word_kind(byni_load64(&pool->tasks[i].word)) != BYNI_TASK_FREE)
            status = mark_task(heap, &pool->tasks[i]);
    return status;
}

byn_status byni_pool_repair_heap(byn_pool *pool)
{
    return byni_heap_repair(&pool->heap, mark, pool);
}
