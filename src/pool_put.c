/*
 * Submitting tasks to a pool. See pool_words.h.
 */
#include "pool_state.h"

#include "crash.h"

byn_status byni_pool_refused(const byn_pool *pool)
{
    uint32_t phase = byni_load32(&pool->words->phase);
    char reason[BYNI_POOL_REASON];

    if (phase == 0)
        return BYN_OK;
    if ((phase & BYNI_POOL_BROKEN) == 0)
        return BYN_E_CLOSED;
    memcpy(reason, pool->words->reason, sizeof reason);
    reason[sizeof reason - 1] = '\0';
    return byni_fail(BYN_E_BROKEN, "%s", reason);
}

/* Whoever waits for room is told when this has ended. */
static void no_longer_short(byn_pool *pool, uint32_t of)
{
    byni_store32(&pool->words->short_of, byni_load32(&pool->words->short_of) & ~of);
    byni_bell_ring(pool, &pool->words->room);
}

/*
 * With the guard. Somebody is going to sleep for room, so from now on all who free give back at once. What they
 * freed before is found by a look at all words, once in each such time.
 */
static uint32_t search_place(byn_pool *pool)
{
    uint32_t short_of = byni_load32(&pool->words->short_of), found;

    if ((short_of & BYNI_SHORT_OF_PLACES) != 0)
        return BYNI_POOL_NOWHERE;
    byni_store32(&pool->words->short_of, short_of | BYNI_SHORT_OF_PLACES);
    byni_fence();
    byni_places_rebuild(pool);
    found = byni_places_pop(pool);
    if (found != BYNI_POOL_NOWHERE)
        no_longer_short(pool, BYNI_SHORT_OF_PLACES);
    return found;
}

/* RESERVED. With the stock, if there is something in it. */
static uint32_t find_place(byn_pool *pool, bool has_stock, bool is_first)
{
    uint32_t found = has_stock ? byni_stock_claim(pool) : BYNI_POOL_NOWHERE;

    if (found == BYNI_POOL_NOWHERE)
        found = byni_places_pop(pool);
    return found == BYNI_POOL_NOWHERE && is_first ? search_place(pool) : found;
}

/* Often the place had one of that name before. A line that is not written stays with all who read it. */
static void write_name(byni_task *task, const char *name)
{
    size_t length;

    if (strncmp(task->name, name, sizeof task->name) == 0)
        return;
    length = strlen(name);
    memcpy(task->name, name, length < BYN_TASK_NAME_MAX ? length : BYN_TASK_NAME_MAX);
    task->name[length < BYN_TASK_NAME_MAX ? length : BYN_TASK_NAME_MAX] = '\0';
}

static void clear(byni_a32 *word)
{
    if (byni_load32(word) != 0)
        byni_store32(word, 0);
}

/* What each life of the place has of its own. */
static void fill_anew(byni_task *task, const byni_submission *what)
{
    byni_store32(&task->begun, 0);
    byni_poke64(&task->argument_size, what->size);
    byni_poke64(&task->result_size, 0);
    byni_store32(&task->status, 0);
    if (what->size <= BYNI_TASK_INLINE)
        byni_bytes_write(&task->argument[byni_task_argument_begin(what->size)], what->data,
                         (size_t)what->size);
}

void byni_task_fill(const byn_pool *pool, byni_task *task, const byni_submission *what)
{
    byni_store32(&task->owner, pool->me);
    byni_store32(&task->most, what->attempts);
    byni_store32(&task->timeout, what->timeout);
    byni_store32(&task->argument_place, 0);
    byni_store32(&task->result_place, 0);
    write_name(task, what->name);
    clear(&task->exit_known);
    clear(&task->message_size);
    fill_anew(task, what);
}

/* The block for a large argument. */
static byn_status reserve_argument(byn_pool *pool, byni_task *task, uint64_t size)
{
    byni_place place;
    byn_status status = byni_heap_allocate(&pool->heap, size, &place);

    if (status >= 0) {
        byni_store32(&task->argument_place, place);
        if ((byni_load32(&pool->words->short_of) & BYNI_SHORT_OF_MEMORY) != 0)
            no_longer_short(pool, BYNI_SHORT_OF_MEMORY);
        return BYN_OK;
    }
    if (status != BYN_E_LIMIT)
        return status;
    byni_store32(&pool->words->short_of,
                 byni_load32(&pool->words->short_of) | BYNI_SHORT_OF_MEMORY);
    return BYN_E_TIMEDOUT;
}

/* With the guard. They are filled: now they are tasks. */
static void queue(byn_pool *pool, const byni_ticket *tickets, size_t n)
{
    uint64_t order = byni_order_next(pool);
    size_t i;

    byni_store64(&pool->order, order + n);
    byni_store64(&pool->words->order, order + n);
    for (i = 0; i < n; i++) {
        byni_task *task = &pool->tasks[tickets[i].index];

        byni_store64(&task->order, order + i);
        byni_store64(&task->word, byni_task_word(tickets[i].generation, 0, BYNI_TASK_QUEUED));
    }
    i = byni_worker_hand(pool, tickets[0]) ? 1 : 0;
    byni_hints_push(pool, tickets + i, n - i);
}

/* With the guard. */
static byn_status fill_place(byn_pool *pool, const byni_submission *what, uint32_t index,
                             bool is_kept, byni_ticket *ticket)
{
    byni_task *task = &pool->tasks[index];
    byn_status status = BYN_OK;

    ticket->index = index;
    ticket->generation = byni_word_generation(byni_load64(&task->word));
    byni_crash_point("pool.reserved");
    if (is_kept)
        fill_anew(task, what);
    else
        byni_task_fill(pool, task, what);
    if (what->size > BYNI_TASK_INLINE)
        status = reserve_argument(pool, task, what->size);
    if (status < 0)
        (void)byni_task_release(pool, index, byni_load64(&task->word));
    return status;
}

/* With the guard: into places that are kept. */
static byn_status put_kept(byn_pool *pool, const byni_submission *many, size_t n,
                           byni_ticket *tickets, size_t *put, byni_kept *kept)
{
    byn_status status = BYN_OK;

    while (*put < n && status >= 0 && kept->count > 0) {
        kept->count--;
        status = fill_place(pool, &many[*put], kept->places[kept->count], true, &tickets[*put]);
        *put += status >= 0;
    }
    return status;
}

/* With the guard. */
static byn_status put_found(byn_pool *pool, const byni_submission *many, size_t n,
                            byni_ticket *tickets, size_t *put)
{
    bool has_stock = byni_load32(&pool->stock.count) > 0 && byni_stock_hold(pool);
    byn_status status = BYN_OK;

    while (*put < n && status >= 0) {
        uint32_t index = find_place(pool, has_stock, *put == 0);

        status = index == BYNI_POOL_NOWHERE
                     ? BYN_E_TIMEDOUT
                     : fill_place(pool, &many[*put], index, false, &tickets[*put]);
        *put += status >= 0;
    }
    if (has_stock)
        byni_stock_let_go(pool);
    return status;
}

/* With the guard. Small ones are queued at once; large ones have their blocks, and are RESERVED. */
static byn_status put_some(byn_pool *pool, const byni_submission *many, size_t n, bool at_once,
                           byni_ticket *tickets, size_t *put, byni_kept *kept)
{
    byn_status status = byni_pool_refused(pool);

    *put = 0;
    if (status < 0)
        return status;
    byni_posts_fetch(pool); /* what comes now is behind it */
    if (BYNI_UNLIKELY((byni_load32(&pool->words->short_of) & BYNI_SHORT_OF_PLACES) != 0)) {
        byni_stock_return(pool);
        if (byni_load32(&pool->words->free) > pool->capacity / 4)
            no_longer_short(pool, BYNI_SHORT_OF_PLACES);
    }
    if (kept != NULL)
        status = put_kept(pool, many, n, tickets, put, kept);
    if (*put < n && status >= 0)
        status = put_found(pool, many, n, tickets, put);
    if (*put > 0 && at_once)
        queue(pool, tickets, *put);
    return *put > 0 ? BYN_OK : status;
}

/* With the guard. What was RESERVED is filled: queue it, or take it back. */
static byn_status queue_reserved(byn_pool *pool, const byni_ticket *tickets, size_t n)
{
    byn_status status = byni_pool_refused(pool);
    size_t i;

    if (status >= 0) {
        queue(pool, tickets, n);
        return BYN_OK;
    }
    for (i = 0; i < n; i++)
        (void)byni_task_release(pool, tickets[i].index,
                                byni_load64(&pool->tasks[tickets[i].index].word));
    return status;
}

static byn_status copy_argument(byn_pool *pool, const byni_task *task, const byni_submission *what)
{
    void *room;

    if (what->size <= BYNI_TASK_INLINE)
        return BYN_OK;
    room = byni_heap_at(&pool->heap, byni_load32(&task->argument_place), what->size);
    if (room == NULL)
        return byni_heap_broken(&pool->heap);
    byni_bytes_write(room, what->data, (size_t)what->size);
    return BYN_OK;
}

/* The copies are made without the guard. */
static byn_status finish_large(byn_pool *pool, const byni_submission *many,
                               const byni_ticket *tickets, size_t n)
{
    byn_status status = BYN_OK;
    byni_call_for whom = BYNI_CALL_NOBODY;
    size_t i;

    for (i = 0; i < n && status >= 0; i++)
        status = copy_argument(pool, &pool->tasks[tickets[i].index], &many[i]);
    byni_crash_point("pool.copied");
    if (status >= 0)
        status = byni_pool_lock(pool);
    if (status < 0)
        return status;
    status = queue_reserved(pool, tickets, n);
    if (status >= 0)
        whom = byni_worker_choose(pool);
    byni_pool_unlock(pool);
    byni_worker_call(pool, whom);
    return status;
}

/* How many of them are put in the same way. */
static size_t of_one_sort(const byn_pool *pool, const byni_submission *many, size_t n)
{
    size_t i;

    n = n < BYNI_TOGETHER ? n : BYNI_TOGETHER;
    for (i = 0; i < n; i++)
        if (many[i].size > pool->object.parameters[BYNI_POOL_MEMORY] ||
            (many[i].size > BYNI_TASK_INLINE) != (many[0].size > BYNI_TASK_INLINE))
            break;
    return i;
}

static byn_status too_big(const byn_pool *pool, uint64_t size)
{
    return byni_fail(BYN_E_TOOBIG, "the argument has %llu bytes, the pool's memory has %llu",
                     (unsigned long long)size,
                     (unsigned long long)pool->object.parameters[BYNI_POOL_MEMORY]);
}

byn_status byni_tasks_put(byn_pool *pool, const byni_submission *many, size_t n,
                          byni_ticket *tickets, size_t *put, byni_kept *kept)
{
    size_t some = of_one_sort(pool, many, n);
    bool at_once = many[0].size <= BYNI_TASK_INLINE;
    byni_call_for whom = BYNI_CALL_NOBODY;
    byn_status status;

    *put = 0;
    if (some == 0)
        return too_big(pool, many[0].size);
    if (some == 1 && at_once && kept == NULL && byni_task_may_post(pool) &&
        byni_task_post(pool, many, tickets, &status)) {
        *put = status >= 0;
        return status;
    }
    status = byni_pool_lock(pool);
    if (status < 0)
        return status;
    status = put_some(pool, many, some, at_once, tickets, put, kept);
    if (status >= 0 && at_once && (kept == NULL || !byni_call_may_wait(pool)))
        whom = byni_worker_choose(pool);
    byni_pool_unlock(pool);
    byni_worker_call(pool, whom);
    if (status >= 0 && !at_once) {
        status = finish_large(pool, many, tickets, *put);
        *put = status >= 0 ? *put : 0;
    }
    return status;
}
