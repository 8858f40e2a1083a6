/*
 * A pool's table, used without its workers' loop: what several test programs share. It looks inside.
 */
#ifndef TEST_POOL_USE_H
#define TEST_POOL_USE_H

#include <stdlib.h>
#include <string.h>

#include "pool_state.h"
#include "test.h"

/* With a place among the submitters, but without a helper, who would look after the dead. */
static inline byn_pool *pool_opened(const char *name, uint32_t capacity, uint64_t memory)
{
    byn_pool *pool = NULL;

    REQUIRE(byni_pool_open(&pool, name,
                           &BYN_OPTIONS(byn_pool_options, .no_workers = true, .capacity = capacity,
                                        .memory = memory)) >= 0);
    REQUIRE_STATUS(byni_submitter_enter(pool), BYN_OK);
    return pool;
}

static inline void pool_closed(byn_pool *pool)
{
    byni_submitter_leave(pool);
    byni_object_close(&pool->object);
}

static inline uint32_t pool_worker(byn_pool *pool)
{
    uint32_t worker = BYNI_POOL_NOBODY;

    REQUIRE_STATUS(byni_worker_enter(pool, 0, &worker), BYN_OK);
    byni_store32(&pool->workers[worker].stage, BYNI_WORKER_READY);
    return worker;
}

/* Its argument is `size` bytes that begin with the number, and the rest of which tells whether it is whole. */
static inline void pool_fill(void *to, uint32_t number, size_t size)
{
    unsigned char *bytes = to;
    size_t i;

    for (i = 0; i < size; i++)
        bytes[i] = (unsigned char)(number + i * 7);
    memcpy(bytes, &number, size < sizeof number ? size : sizeof number);
}

static inline bool pool_is_filled(const void *bytes, uint32_t number, size_t size)
{
    unsigned char *wanted = malloc(size + 1);
    bool same;

    pool_fill(wanted, number, size);
    same = memcmp(wanted, bytes, size) == 0;
    free(wanted);
    return same;
}

static inline byn_status pool_put(byn_pool *pool, uint32_t number, size_t size, uint32_t attempts,
                                  byni_ticket *ticket)
{
    char *bytes = malloc(size + 1);
    byni_submission what = {
        .name = "any", .data = bytes, .size = size, .attempts = attempts, .timeout = 0};
    size_t put = 0;
    byn_status status;

    pool_fill(bytes, number, size);
    status = byni_tasks_put(pool, &what, 1, ticket, &put, NULL);
    if (status == BYN_OK)
        CHECK_INT(put, 1);
    free(bytes);
    return status;
}

static inline byni_ticket pool_must_put(byn_pool *pool, uint32_t number, size_t size,
                                        uint32_t attempts)
{
    byni_ticket ticket = {0, 0};

    REQUIRE_STATUS(pool_put(pool, number, size, attempts, &ticket), BYN_OK);
    return ticket;
}

/* This process has places in stock, so that it can submit without the guard. */
static inline void pool_stock(byn_pool *pool, unsigned n)
{
    byni_ticket tickets[16];
    unsigned i;

    REQUIRE(n <= 16);
    for (i = 0; i < n; i++)
        tickets[i] = pool_must_put(pool, 1, 1, 1);
    for (i = 0; i < n; i++)
        byni_task_free(pool, tickets[i]);
    CHECK(byni_load32(&pool->stock.count) >= n);
}

/* Gives its argument back as its result. The number; 0: it was broken. */
static inline uint32_t pool_run(byn_pool *pool, uint32_t worker, byni_ticket ticket)
{
    byni_task *task = &pool->tasks[ticket.index];
    size_t size = 0;
    const void *argument = byni_task_argument(pool, task, &size);
    uint32_t number = 0;
    void *room = NULL;

    if (argument == NULL)
        return 0;
    memcpy(&number, argument, size < sizeof number ? size : sizeof number);
    if (!pool_is_filled(argument, number, size) || byni_task_reserve(pool, task, size, &room) < 0)
        return 0;
    memcpy(room, argument, size);
    byni_task_end(pool, worker, ticket, BYNI_TASK_DONE);
    return number;
}

/* The next one of its batch, or of the ring, or another's; false: there is none. */
static inline bool pool_next(byn_pool *pool, uint32_t worker, size_t most, byni_ticket *ticket)
{
    if (byni_task_next(pool, worker, ticket))
        return true;
    while (byni_tasks_take(pool, worker, most) > 0)
        if (byni_task_next(pool, worker, ticket))
            return true;
    return byni_task_steal(pool, worker, ticket);
}

/* How many it ran. */
static inline unsigned pool_run_all(byn_pool *pool, uint32_t worker)
{
    byni_ticket ticket;
    unsigned count = 0;

    while (pool_next(pool, worker, 4, &ticket)) {
        CHECK(pool_run(pool, worker, ticket) != 0);
        count++;
    }
    return count;
}

/* ---- Whether all of it is where it belongs ---- */

static inline uint64_t pool_block(byn_pool *pool, uint64_t place)
{
    return place == 0 ? 0 : byni_heap_room(&pool->heap, (byni_place)place) + BYNI_HEAP_HEADER;
}

static inline bool pool_hinted(const byn_pool *pool, uint64_t hint)
{
    uint64_t at = byni_load64(&pool->words->head), tail = byni_load64(&pool->words->tail);
    uint32_t i, k;

    if (byni_load64(&pool->words->handed) == hint)
        return true;
    for (; at != tail; at++)
        if (byni_load64(&pool->ring[at & pool->ring_mask]) == hint)
            return true;
    for (i = 0; i < BYN_POOL_MEMBERS_MAX; i++) {
        for (k = 0; k < BYNI_TASK_BATCH; k++)
            if (byni_load64(&pool->workers[i].batch[k]) == hint)
                return true;
        for (k = 0; k < BYNI_TASK_NESTED; k++)
            if ((byni_load64(&pool->workers[i].current[k]) &
                 ((UINT64_C(1) << BYNI_HINT_BITS) - 1)) == hint)
                return true;
    }
    return false;
}

static inline bool pool_listed(const byn_pool *pool, uint32_t index)
{
    uint32_t i, count = byni_load32(&pool->words->free);

    for (i = 0; i < count; i++)
        if (byni_load32(&pool->free[i]) == index)
            return true;
    return false;
}

/* What is free can be had, what waits can be found, no block is lost. The count of tasks that are not free. */
static inline unsigned pool_audit(byn_pool *pool)
{
    byni_heap_statistics heap;
    uint64_t live = 0;
    unsigned used = 0;
    const char *wrong;
    uint32_t i;

    byni_tasks_give_back(pool);
    REQUIRE_STATUS(byni_pool_lock(pool), BYN_OK);
    byni_posts_fetch(pool);
    live += pool_block(pool, byni_load64(&pool->words->heap.root[0]));
    live += pool_block(pool, byni_load64(&pool->words->heap.root[1]));
    for (i = 0; i < pool->capacity; i++) {
        const byni_task *task = &pool->tasks[i];
        uint64_t word = byni_load64(&task->word);
        byni_ticket ticket = {i, byni_word_generation(word)};

        if (byni_word_kind(word) == BYNI_TASK_FREE) {
            CHECK(pool_listed(pool, i));
            continue;
        }
        used++;
        live += pool_block(pool, byni_load32(&task->argument_place));
        live += pool_block(pool, byni_load32(&task->result_place));
        if (byni_word_kind(word) == BYNI_TASK_QUEUED)
            CHECK(pool_hinted(pool, byni_hint_of(ticket)));
    }
    wrong = byni_heap_verify(&pool->heap, &heap);
    byni_pool_unlock(pool);
    CHECK_STR(wrong, NULL);
    CHECK_INT(heap.live, live);
    return used;
}

static inline byn_pool_state pool_look(byn_pool *pool)
{
    byn_pool_state state = {.struct_size = sizeof state};

    CHECK_STATUS(byn_pool_progress(pool, &state), BYN_OK);
    return state;
}

#endif
