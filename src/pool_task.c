/*
 * A task from its submission to its end. See pool_words.h.
 */
#include "pool_state.h"

#include "crash.h"

enum { AHEAD = 4 /* tasks of a batch that are fetched while others run */ };

/* ---- Words ------------------------------------------------------------------------------------------ */

/* Its word, if it is still in this life. */
static bool word_of(const byn_pool *pool, byni_ticket ticket, uint64_t *word)
{
    if (ticket.index >= pool->capacity)
        return false;
    *word = byni_load64(&pool->tasks[ticket.index].word);
    return byni_task_is_of(*word, ticket);
}

int byni_task_kind(const byn_pool *pool, byni_ticket ticket)
{
    uint64_t word;

    if (!word_of(pool, ticket, &word) || byni_word_kind(word) == BYNI_TASK_FREE)
        return BYNI_TASK_GONE;
    if (byni_word_kind(word) == BYNI_TASK_RESERVED) /* it is just about to fail with the pool */
        return BYNI_TASK_QUEUED;
    return byni_word_kind(word);
}

static bool has_blocks(const byni_task *task)
{
    return byni_load32(&task->argument_place) != 0 || byni_load32(&task->result_place) != 0;
}

/* ---- Free ------------------------------------------------------------------------------------------- */

static uint64_t freed_word(uint64_t word)
{
    return byni_task_word(byni_word_generation(word) + 1, 0, BYNI_TASK_FREE);
}

static void free_block(byn_pool *pool, byni_a32 *place)
{
    byni_place block = byni_load32(place);

    if (block == 0)
        return;
    byni_store32(place, 0);
    if (byni_heap_free(&pool->heap, block) < 0)
        byni_store32(&pool->words->needs_repair, 1);
}

/* Nobody has it until its blocks are freed: who dies before leaves that to the repair. */
static void free_blocks(byn_pool *pool, byni_task *task)
{
    byni_crash_point("pool.releasing");
    free_block(pool, &task->argument_place);
    free_block(pool, &task->result_place);
}

bool byni_task_release(byn_pool *pool, uint32_t index, uint64_t word)
{
    byni_task *task = &pool->tasks[index];
    bool blocks = has_blocks(task);
    uint64_t freed = freed_word(word);
    uint64_t cleaned =
        byni_task_word(byni_word_generation(freed), BYNI_POOL_CLEANER, BYNI_TASK_RESERVED);

    if (!byni_cas64(&task->word, &word, blocks ? cleaned : freed))
        return false;
    if (blocks) {
        free_blocks(pool, task);
        byni_store64(&task->word, freed);
    }
    byni_crash_point("pool.released");
    byni_places_push(pool, index);
    return true;
}

void byni_tasks_give_back(byn_pool *pool)
{
    if (byni_load32(&pool->stock.count) == 0 || byni_pool_lock(pool) < 0)
        return;
    byni_stock_return(pool);
    byni_pool_unlock(pool);
    if (byni_load32(&pool->words->short_of) != 0)
        byni_bell_ring(pool, &pool->words->room);
}

/* It has ended, with this word, and nobody wants it. */
void byni_task_free_ended(byn_pool *pool, uint32_t index, uint64_t word)
{
    const byni_task *task = &pool->tasks[index];

    if (!has_blocks(task)) {
        if (byni_task_free_small(pool, index, word))
            byni_stock_add(pool, &index, 1);
        return;
    }
    if (byni_pool_lock(pool) < 0)
        return;
    (void)byni_task_release(pool, index, word);
    byni_pool_unlock(pool);
    if (byni_load32_after(&pool->words->short_of) != 0)
        byni_bell_ring(pool, &pool->words->room);
}

static void count_canceled(byn_pool *pool, const byni_task *task)
{
    uint32_t owner = byni_load32(&task->owner);

    if (owner >= BYN_POOL_MEMBERS_MAX)
        owner = pool->me < BYN_POOL_MEMBERS_MAX ? pool->me : 0;
    (void)byni_add64(&pool->submitters[owner].canceled, 1);
}

static bool cancel(byn_pool *pool, byni_ticket ticket)
{
    byni_task *task = &pool->tasks[ticket.index];
    uint64_t word, canceled;

    while (word_of(pool, ticket, &word) && byni_word_kind(word) == BYNI_TASK_QUEUED) {
        canceled = byni_task_word(ticket.generation, 0, BYNI_TASK_CANCELED);
        if (!byni_cas64(&task->word, &word, canceled))
            continue;
        count_canceled(pool, task);
        return true;
    }
    return false;
}

bool byni_task_cancel(byn_pool *pool, byni_ticket ticket)
{
    if (ticket.index >= pool->capacity || !cancel(pool, ticket))
        return false;
    byni_crash_point("pool.canceled");
    byni_bell_ring_for(pool, byni_task_bell(pool, ticket), ticket);
    byni_bell_ring(pool, &pool->words->room);
    return true;
}

/* Its end and this meet: either its worker sees that nobody wants it, or this sees the end. */
void byni_task_abandon(byn_pool *pool, byni_ticket ticket)
{
    uint64_t word;

    if (!word_of(pool, ticket, &word))
        return;
    byni_store32(&pool->tasks[ticket.index].owner, BYNI_POOL_NOBODY);
    byni_fence();
    if (word_of(pool, ticket, &word) && byni_word_ended(word))
        byni_task_free_ended(pool, ticket.index, word);
}

void byni_task_free(byn_pool *pool, byni_ticket ticket)
{
    uint64_t word;

    if (word_of(pool, ticket, &word) && byni_word_kind(word) == BYNI_TASK_QUEUED)
        (void)byni_task_cancel(pool, ticket);
    if (!word_of(pool, ticket, &word))
        return;
    if (byni_word_ended(word))
        byni_task_free_ended(pool, ticket.index, word);
    else if (byni_word_kind(word) == BYNI_TASK_RUNNING)
        byni_task_abandon(pool, ticket);
}

/* In two steps: between them nobody can claim it, and what is written is not written over. */
void byni_task_fail_broken(byn_pool *pool, uint32_t index, uint64_t word)
{
    byni_task *task = &pool->tasks[index];
    uint64_t generation = byni_word_generation(word);

    if (byni_word_kind(word) == BYNI_TASK_QUEUED &&
        !byni_cas64(&task->word, &word,
                    byni_task_word(generation, BYNI_POOL_BREAKER, BYNI_TASK_RESERVED)))
        return;
    byni_crash_point("pool.breaking");
    byni_store32(&task->status, (uint32_t)BYN_E_BROKEN);
    byni_store64(&task->result_size, 0);
    byni_store32(&pool->words->never_begun, byni_load32(&pool->words->never_begun) + 1);
    word = byni_task_word(generation, BYNI_POOL_NOBODY, BYNI_TASK_FAILED);
    byni_store64(&task->word, word);
    if (byni_load32(&task->owner) >= BYN_POOL_MEMBERS_MAX)
        (void)byni_task_release(pool, index, word);
}

/* ---- Take -------------------------------------------------------------------------------------------- */

/* With the guard. In `batch` before they are out of the ring. */
static size_t take_hints(byn_pool *pool, byni_worker *worker, size_t most)
{
    byni_pool_words *words = pool->words;
    uint64_t head = byni_load64(&words->head), queued = byni_load64(&words->tail) - head, share;
    uint64_t present = byni_load32(&words->present);
    size_t i;

    if (BYNI_UNLIKELY(queued > pool->ring_mask + 1)) {
        byni_hints_rebuild(pool);
        head = byni_load64(&words->head);
        queued = byni_load64(&words->tail) - head;
    }
    share = queued / (2 * (present > 0 ? present : 1)) + 1;
    most = most < BYNI_TASK_BATCH ? most : BYNI_TASK_BATCH;
    most = most < share ? most : (size_t)share;
    most = most < queued ? most : (size_t)queued;
    for (i = 0; i < most; i++) /* so that its end is that of the table */
        byni_store64(&worker->batch[BYNI_TASK_BATCH - most + i],
                     byni_load64(&pool->ring[(head + i) & pool->ring_mask]));
    byni_store32(&worker->next, (uint32_t)(BYNI_TASK_BATCH - most));
    byni_crash_point("pool.taken");
    byni_store64(&words->head, head + most);
    return most;
}

/* What was handed to who had the duty is older than all that is in the ring. Two may take it: one can claim it. */
static bool take_handed(byn_pool *pool, byni_worker *worker)
{
    byni_a64 *handed = &pool->words->handed;
    uint64_t hint = byni_load64(handed);

    if (hint == 0 || byni_load32(&worker->stage) == BYNI_WORKER_LEAVING)
        return false;
    byni_store64(&worker->batch[BYNI_TASK_BATCH - 1], hint);
    byni_store32(&worker->next, BYNI_TASK_BATCH - 1);
    byni_crash_point("pool.handed");
    (void)byni_cas64(handed, &hint, 0);
    return true;
}

/* Its submitter wrote a task last: what is begun next is on its way while this one runs. */
static void fetch_ahead(const byn_pool *pool, const byni_worker *worker, size_t from, size_t count)
{
    size_t i;

    for (i = from; i < from + count && i < BYNI_TASK_BATCH; i++) {
        uint32_t index = byni_hint_ticket(byni_load64(&worker->batch[i])).index;

        if (index < pool->capacity)
            byni_task_prefetch(&pool->tasks[index]);
    }
}

/* All read it, so it is written when it has become another one. */
static void tell_usual(byn_pool *pool)
{
    uint32_t now = pool->usual, told = byni_load32(&pool->words->usual);

    if (now != 0 && (now / 2 > told || now < told / 2))
        byni_store32(&pool->words->usual, now);
}

/* With the guard they are read at once. */
static void fetch_hints(const byn_pool *pool)
{
    uint64_t head = byni_load64(&pool->words->head);

    byni_prefetch(&pool->ring[head & pool->ring_mask]);
    byni_prefetch(&pool->ring[(head + BYNI_TASK_BATCH / 2) & pool->ring_mask]);
    byni_prefetch_to_change(&pool->words->free);
}

/* Who leaves some behind calls the next one. */
size_t byni_tasks_take(byn_pool *pool, uint32_t worker, size_t most)
{
    byni_call_for whom;
    size_t taken;

    if (most > 0 && take_handed(pool, &pool->workers[worker])) {
        fetch_ahead(pool, &pool->workers[worker], BYNI_TASK_BATCH - 1, 1);
        return 1;
    }
    if (byni_hints_count(pool) == 0)
        return 0;
    fetch_hints(pool);
    if (byni_pool_lock(pool) < 0)
        return 0;
    tell_usual(pool);
    byni_posts_fetch(pool);
    if (byni_load32(&pool->workers[worker].stage) == BYNI_WORKER_LEAVING)
        most = 0;
    taken = take_hints(pool, &pool->workers[worker], most);
    whom = byni_hints_are_none(pool) ? BYNI_CALL_NOBODY : byni_worker_choose(pool);
    byni_pool_unlock(pool);
    byni_worker_call(pool, whom);
    fetch_ahead(pool, &pool->workers[worker], BYNI_TASK_BATCH - taken, AHEAD);
    return taken;
}

static uint32_t depth_of(const byni_worker *worker)
{
    uint32_t depth = byni_load32(&worker->depth);

    return depth <= BYNI_TASK_NESTED ? depth : BYNI_TASK_NESTED;
}

/* QUEUED -> RUNNING by this worker, in whose place it stands before. */
BYNI_IN_LINE bool claim(byn_pool *pool, uint32_t worker, uint64_t hint, byni_ticket *ticket)
{
    byni_worker *self = &pool->workers[worker];
    uint32_t depth = depth_of(self), begun;
    byni_ticket asked = byni_hint_ticket(hint);
    byni_task *task;
    uint64_t word;

    if (depth == BYNI_TASK_NESTED || !word_of(pool, asked, &word) ||
        byni_word_kind(word) != BYNI_TASK_QUEUED)
        return false;
    task = &pool->tasks[asked.index];
    begun = byni_word_who(word) & 0xff;
    byni_store64(&self->began[depth], byni_load32(&task->timeout) != 0 ? bynk_clock() : 0);
    byni_store64(&self->current[depth],
                 (hint & BYNI_HINT_MASK) | (uint64_t)begun << BYNI_HINT_BITS);
    byni_crash_point("pool.claiming");
    if (!byni_cas64(&task->word, &word, byni_word_with(word, worker, BYNI_TASK_RUNNING))) {
        byni_store64(&self->current[depth], 0);
        return false;
    }
    byni_crash_point("pool.claimed");
    byni_store32(&task->begun, begun + 1);
    byni_store32(&self->depth, depth + 1);
    *ticket = asked;
    return true;
}

bool byni_task_claim(byn_pool *pool, uint32_t worker, uint64_t hint, byni_ticket *ticket)
{
    return claim(pool, worker, hint, ticket);
}

bool byni_task_next(byn_pool *pool, uint32_t worker, byni_ticket *ticket)
{
    byni_worker *self = &pool->workers[worker];
    bool claimed = false;
    uint32_t i;

    for (i = byni_load32(&self->next); i < BYNI_TASK_BATCH && !claimed; i++) {
        uint64_t hint = byni_load64(&self->batch[i]);

        if (hint == 0)
            continue;
        fetch_ahead(pool, self, i + AHEAD, 1);
        claimed = claim(pool, worker, hint, ticket);
        byni_store64(&self->batch[i], 0); /* claimed, or `current` was, or it is outdated */
    }
    byni_store32(&self->next, i);
    return claimed;
}

/* The last one of a batch is the one that would wait longest. */
static bool steal_from(byn_pool *pool, uint32_t worker, const byni_worker *other,
                       byni_ticket *ticket)
{
    int i;

    for (i = BYNI_TASK_BATCH - 1; i >= 0; i--) {
        uint64_t hint = byni_load64(&other->batch[i]);

        if (hint != 0 && byni_task_claim(pool, worker, hint, ticket))
            return true;
    }
    return false;
}

bool byni_task_steal(byn_pool *pool, uint32_t worker, byni_ticket *ticket)
{
    uint32_t i, used = byni_used_workers(pool);

    for (i = 0; i < used; i++)
        if (i != worker && byni_load32(&pool->workers[i].member.pid) != 0 &&
            steal_from(pool, worker, &pool->workers[i], ticket))
            return true;
    return false;
}

/* ---- End --------------------------------------------------------------------------------------------- */

/* The task was nobody's any more when it ended. */
static void drop(byn_pool *pool, uint32_t index, uint64_t word)
{
    if (byni_pool_lock(pool) < 0)
        return;
    (void)byni_task_release(pool, index, word);
    byni_pool_unlock(pool);
}

/* If the word is KILLED, this process is dead. */
static void commit_end(byn_pool *pool, byni_worker *self, uint32_t worker, byni_ticket ticket,
                       int kind)
{
    byni_a64 *sum = kind == BYNI_TASK_DONE ? &self->done : &self->failed;
    uint64_t count = byni_load64(sum) >> 1;
    uint64_t running = byni_task_word(ticket.generation, worker, BYNI_TASK_RUNNING);
    byni_task *task = &pool->tasks[ticket.index];

    byni_store64(sum, count << 1 | 1);
    byni_crash_point("pool.ending");
    if (BYNI_UNLIKELY(
            !byni_cas64(&task->word, &running, byni_task_word(ticket.generation, worker, kind)) &&
            (running & BYNI_TASK_KILLED) != 0))
        bynk_die();
    byni_crash_point("pool.ended");
    byni_store64(sum, (count + 1) << 1);
}

void byni_task_end(byn_pool *pool, uint32_t worker, byni_ticket ticket, int kind)
{
    byni_worker *self = &pool->workers[worker];
    uint32_t depth = depth_of(self), owner;

    commit_end(pool, self, worker, ticket, kind);
    owner = byni_load32_after(&pool->tasks[ticket.index].owner);
    if (owner < BYN_POOL_MEMBERS_MAX)
        byni_bell_ring_for(pool, &pool->submitters[owner].bell, ticket);
    else
        drop(pool, ticket.index, byni_task_word(ticket.generation, worker, kind));
    if (BYNI_UNLIKELY(byni_load32(&pool->words->short_of) != 0))
        byni_bell_ring(pool, &pool->words->room);
    byni_crash_point("pool.rung");
    if (depth > 0) {
        byni_store64(&self->current[depth - 1], 0);
        byni_store32(&self->depth, depth - 1);
    }
}

/* ---- Bytes ------------------------------------------------------------------------------------------- */

static const void *bytes_at(byn_pool *pool, byni_place place, const byni_a64 *small, uint64_t size)
{
    if (place != 0)
        return byni_heap_at(&pool->heap, place, size);
    return size <= BYNI_TASK_INLINE ? small : NULL;
}

const void *byni_task_argument(byn_pool *pool, const byni_task *task, size_t *size)
{
    uint64_t bytes = byni_load64(&task->argument_size);
    byni_place place = byni_load32(&task->argument_place);

    *size = (size_t)bytes;
    if (place == 0 && bytes <= BYNI_TASK_INLINE)
        return &task->argument[byni_task_argument_begin(bytes)];
    return bytes_at(pool, place, NULL, bytes);
}

const void *byni_task_result(byn_pool *pool, const byni_task *task, size_t *size)
{
    uint64_t bytes = byni_load64(&task->result_size);

    *size = (size_t)bytes;
    return bytes_at(pool, byni_load32(&task->result_place), task->result, bytes);
}

/* With the guard. A block that is large enough stays, from an attempt before perhaps. */
static byn_status reserve_block(byn_pool *pool, byni_task *task, uint64_t size)
{
    byni_place before = byni_load32(&task->result_place), place;
    byn_status status;

    if (before != 0 && byni_heap_room(&pool->heap, before) >= size)
        return BYN_OK;
    free_block(pool, &task->result_place);
    status = byni_heap_allocate(&pool->heap, size, &place);
    if (status >= 0)
        byni_store32(&task->result_place, place);
    return status;
}

static byn_status result_too_big(const byn_pool *pool, uint64_t size)
{
    return byni_fail(BYN_E_TOOBIG, "the result has %llu bytes, the pool's memory has %llu",
                     (unsigned long long)size,
                     (unsigned long long)pool->object.parameters[BYNI_POOL_MEMORY]);
}

byn_status byni_task_reserve(byn_pool *pool, byni_task *task, uint64_t size, void **room)
{
    byn_status status = BYN_OK;

    if (size > pool->object.parameters[BYNI_POOL_MEMORY])
        return result_too_big(pool, size);
    if (size > BYNI_TASK_INLINE || byni_load32(&task->result_place) != 0) {
        status = byni_pool_lock(pool);
        if (status < 0)
            return status;
        status = reserve_block(pool, task, size);
        byni_pool_unlock(pool);
    }
    if (status < 0)
        return status;
    byni_store64(&task->result_size, size);
    *room = (void *)bytes_at(pool, byni_load32(&task->result_place), task->result, size);
    return *room != NULL ? BYN_OK : byni_heap_broken(&pool->heap);
}
