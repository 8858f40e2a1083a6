/*
 * Opening and closing a pool, and what concerns it as a whole. See pool_state.h.
 */
#include "future_state.h"

#include <stdlib.h>

enum { CAPACITY = 2048 };

#define MEMORY (UINT64_C(256) << 20)

/* ---- The kind ---------------------------------------------------------------------------------------- */

static bool is_sound(const byni_header *header)
{
    uint64_t capacity = header->parameters[BYNI_POOL_CAPACITY];

    return capacity >= 1 && capacity <= BYNI_POOL_CAPACITY_MOST &&
           header->limit == byni_pool_limit(capacity, header->parameters[BYNI_POOL_MEMORY]) &&
           byni_load64(&header->size) >= byni_pool_tables_size(capacity, 0);
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    byni_pool_initialise(at, parameters, options);
}

static byn_status attach(byni_object *object)
{
    byn_pool *pool = (byn_pool *)object;
    byn_status status;

    bynk_lock_initialise(&pool->life);
    status = byni_pool_attach(pool);
    if (status < 0)
        return status;
    status = byni_outstanding_begin(pool);
    if (status < 0)
        byni_pool_detach(pool);
    return status;
}

static bool detach(byni_object *object)
{
    byni_outstanding_end((byn_pool *)object);
    byni_pool_detach((byn_pool *)object);
    return true;
}

static const byni_kind kind = {
    BYNI_POOL,
    "byn_pool_open",
    sizeof(byn_pool),
    {"capacity", "memory", "workers", "tasks_per_worker"},
    is_sound,
    initialise,
    attach,
    detach,
    NULL,
};

/* ---- Users ------------------------------------------------------------------------------------------- */

/* The helper has ended. What is to be told when no lock is held. */
static byn_future *leave(byn_pool *pool)
{
    byn_future *unseen = byni_outstanding_settle(pool);

    byni_submitter_leave(pool);
    return unseen;
}

static void let_go(byn_pool *pool, byn_future *unseen)
{
    byni_outstanding_tell(pool, unseen);
    byni_object_close(&pool->object);
}

static byn_status begin(byn_pool *pool)
{
    byn_status status = byni_submitter_enter(pool);

    if (status < 0)
        return status;
    status = byni_helper_start(pool);
    if (status < 0)
        byni_submitter_leave(pool);
    return status;
}

/*
 * Who closes the pool for the last time waits for the helper, and holds `life`. A callback that the helper is in just
 * then may open, submit and close: it must do without `life`. So `users` changes in one step, and who closes says so in
 * `closing` before there are none. What such a callback leaves open keeps the pool open.
 */
static bool use_in_callback(byn_pool *pool)
{
    uint32_t users = byni_load32(&pool->users);

    while (users > 0 || byni_load32(&pool->closing) != 0)
        if (byni_cas32(&pool->users, &users, users + 1))
            return true;
    return false;
}

static bool release_in_callback(byn_pool *pool)
{
    uint32_t users = byni_load32(&pool->users);

    while (users > 1 || byni_load32(&pool->closing) != 0)
        if (byni_cas32(&pool->users, &users, users - 1))
            return true;
    return false;
}

/* One more user; the object is held by the caller. */
static byn_status add_user(byn_pool *pool)
{
    byn_status status = BYN_OK;
    bool parted;

    if (byni_in_callback_of(pool) && use_in_callback(pool))
        return BYN_OK;
    bynk_lock_lock(&pool->life);
    if (byni_load32(&pool->users) == 0 && !pool->parting)
        status = begin(pool);
    parted = pool->parting;
    pool->parting = false;
    if (status >= 0)
        (void)byni_add32(&pool->users, 1);
    bynk_lock_unlock(&pool->life);
    if (parted) /* the helper, which was to close it, will not */
        byni_object_close(&pool->object);
    return status;
}

void byni_pool_hold(byn_pool *pool)
{
    byni_object_keep(&pool->object);
    (void)byni_add32(&pool->users, 1);
}

/* With `life`. Whether it was the last one. */
static bool take_user_off(byn_pool *pool)
{
    uint32_t users = byni_load32(&pool->users);

    for (;;) {
        byni_store32(&pool->closing, users == 1);
        byni_fence();
        if (byni_cas32(&pool->users, &users, users - 1))
            return users == 1;
    }
}

/* With `life`. The last one stops the helper; if it is the helper, that goes on to its end, and then parts with the
 * pool. Whether the object is to be closed. */
static bool close_last(byn_pool *pool, byn_future **unseen)
{
    bool stopped = byni_helper_stop(pool);

    if (stopped && byni_load32(&pool->users) > 0) /* by a callback */
        (void)byni_helper_start(pool);
    else if (stopped)
        *unseen = leave(pool);
    else
        pool->parting = true;
    return stopped;
}

void byni_pool_release(byn_pool *pool)
{
    byn_future *unseen = NULL;
    bool closes = true;

    byni_futures_shut(pool);
    if (byni_in_callback_of(pool) && release_in_callback(pool)) {
        byni_object_close(&pool->object);
        return;
    }
    bynk_lock_lock(&pool->life);
    if (take_user_off(pool))
        closes = close_last(pool, &unseen);
    byni_store32(&pool->closing, 0);
    bynk_lock_unlock(&pool->life);
    if (closes)
        let_go(pool, unseen);
}

bool byni_pool_part(byn_pool *pool)
{
    byn_future *unseen = NULL;
    bool parts;

    bynk_lock_lock(&pool->life);
    parts = pool->parting;
    if (parts) {
        unseen = leave(pool);
        pool->helper = NULL;
        pool->parting = false;
    }
    bynk_lock_unlock(&pool->life);
    if (parts)
        let_go(pool, unseen);
    return parts;
}

/* ---- Open and close ---------------------------------------------------------------------------------- */

static void fill_in(byni_opening *opening, const byn_pool_options *chosen)
{
    opening->parameters[BYNI_POOL_CAPACITY] = chosen->capacity;
    opening->parameters[BYNI_POOL_MEMORY] = chosen->memory;
    opening->parameters[BYNI_POOL_WORKERS] = chosen->workers;
    opening->parameters[BYNI_POOL_TASKS_PER_WORKER] = chosen->tasks_per_worker;
    memcpy(opening->created, opening->parameters, sizeof opening->created);
    if (chosen->capacity == 0)
        opening->created[BYNI_POOL_CAPACITY] = CAPACITY;
    if (chosen->memory == 0)
        opening->created[BYNI_POOL_MEMORY] = MEMORY;
}

static byn_status open_object(byni_object **object, byni_opening *opening,
                              const byni_pool_definition *definition)
{
    uint64_t capacity = opening->created[BYNI_POOL_CAPACITY];
    uint64_t memory = opening->created[BYNI_POOL_MEMORY];

    opening->size = byni_pool_tables_size(capacity, definition->size);
    opening->limit = byni_pool_limit(capacity, memory);
    opening->options = definition;
    if (opening->limit != 0)
        return byni_object_open(object, &kind, opening);
    (void)byni_fail(BYN_E_INVALID, "a memory of %llu bytes: the largest is some 64 GiB",
                    (unsigned long long)memory);
    return byni_failed(BYN_E_INVALID, kind.open, opening->name);
}

/* How many workers, where nothing is said. */
static void choose_workers(byni_opening *opening, byn_pool_options *chosen)
{
    if (chosen->workers == 0 && !chosen->no_workers) {
        chosen->workers = byn_processors();
        if (chosen->workers > BYN_POOL_MEMBERS_MAX)
            chosen->workers = BYN_POOL_MEMBERS_MAX;
    }
    opening->created[BYNI_POOL_WORKERS] = chosen->workers;
}

static byn_status check(const byn_pool_options *chosen)
{
    byn_status status = byni_worker_check();

    return status < 0 ? status : byni_definition_check(chosen);
}

static byn_status open_defined(byn_pool **pool, byni_opening *opening,
                               const byni_pool_definition *definition,
                               const byn_pool_options *chosen)
{
    byni_object *object = NULL;
    byn_status status = open_object(&object, opening, definition), same;

    if (status < 0 || object == NULL || pool == NULL)
        return status;
    same = byni_definition_compare(((byn_pool *)object)->definition, definition, chosen);
    if (same < 0) {
        byni_object_close(object);
        return byni_failed(same, kind.open, opening->name);
    }
    *pool = (byn_pool *)object;
    return status;
}

byn_status byni_pool_open(byn_pool **pool, const char *name, const byn_pool_options *options)
{
    byn_pool_options chosen, defined;
    byni_pool_definition *definition = NULL;
    byni_opening opening;
    byn_status status =
        byni_opening_begin(&opening, &kind, pool, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    status = check(&chosen);
    if (status >= 0) {
        fill_in(&opening, &chosen);
        defined = chosen;
        choose_workers(&opening, &defined);
        definition = byni_definition_make(&defined, &status);
    }
    if (definition == NULL)
        return byni_failed(status, kind.open, name);
    status = open_defined(pool, &opening, definition, &chosen);
    free(definition);
    return status;
}

byn_status byn_pool_open(byn_pool **pool, const char *name, const byn_pool_options *options)
{
    byn_pool *opened = NULL;
    byn_status status = byni_pool_open(pool != NULL ? &opened : NULL, name, options), begun;

    if (status < 0 || opened == NULL || pool == NULL)
        return status;
    begun = add_user(opened);
    if (begun < 0) {
        begun = byni_failed(begun, kind.open, opened->object.name.full);
        byni_object_close(&opened->object);
        return begun;
    }
    *pool = opened;
    return status;
}

byn_status byni_pool_open_as_worker(byn_pool **pool, const char *name)
{
    byni_opening opening = {.name = name, .open = BYN_OPEN_ONLY};
    byni_object *object = NULL;
    byn_status status = byni_object_open(&object, &kind, &opening);

    if (status >= 0)
        *pool = (byn_pool *)object;
    return status;
}

void byn_pool_close(byn_pool *pool)
{
    if (pool == NULL)
        return;
    if (byni_object_usable(&pool->object))
        byni_pool_release(pool);
    else
        byni_object_close(&pool->object);
}

const char *byn_pool_name(const byn_pool *pool)
{
    return pool != NULL ? pool->object.name.full : NULL;
}

byn_status byni_pool_usable(const byn_pool *pool, const char *operation)
{
    if (pool == NULL || !byni_object_usable(&pool->object))
        return byni_object_unusable((const byni_object *)pool, operation);
    return BYN_OK;
}

/* ---- The end ----------------------------------------------------------------------------------------- */

/* With the guard. All that waits ends. What is posted from now on is taken back: who posts looks at the phase. */
static void end_queued(byn_pool *pool, void (*end)(byn_pool *pool, uint32_t index, uint64_t word))
{
    uint32_t i;

    byni_fence();
    for (i = 0; i < pool->capacity; i++) {
        uint64_t word = byni_load64(&pool->tasks[i].word);

        if (byni_word_kind(word) == BYNI_TASK_QUEUED)
            end(pool, i, word);
    }
}

static void cancel(byn_pool *pool, uint32_t index, uint64_t word)
{
    byni_ticket ticket = {index, byni_word_generation(word)};

    if (byni_task_cancel(pool, ticket) &&
        byni_load32(&pool->tasks[index].owner) >= BYN_POOL_MEMBERS_MAX)
        (void)byni_task_release(pool, index, byni_load64(&pool->tasks[index].word));
}

/* The phase first: what is queued later is refused, or run by nobody; see restore() in pool_repair.c. */
static byn_status enter_phase(byn_pool *pool, uint32_t phase)
{
    byn_status status = byni_pool_lock(pool);

    if (status < 0)
        return status;
    byni_store32(&pool->words->phase, byni_load32(&pool->words->phase) | phase);
    if ((phase & BYNI_POOL_TERMINATED) != 0)
        end_queued(pool, cancel);
    byni_pool_wake_all(pool);
    byni_pool_unlock(pool);
    return BYN_OK;
}

byn_status byn_pool_shutdown(byn_pool *pool)
{
    byn_status status = byni_pool_usable(pool, "byn_pool_shutdown");

    if (status < 0)
        return status;
    return byni_pool_answer(pool, enter_phase(pool, BYNI_POOL_SHUTDOWN), "byn_pool_shutdown");
}

byn_status byn_pool_terminate(byn_pool *pool)
{
    byn_status status = byni_pool_usable(pool, "byn_pool_terminate");

    if (status < 0)
        return status;
    return byni_pool_answer(pool, enter_phase(pool, BYNI_POOL_SHUTDOWN | BYNI_POOL_TERMINATED),
                            "byn_pool_terminate");
}

void byni_pool_break(byn_pool *pool, const char *reason)
{
    char text[BYNI_POOL_REASON] = {0};
    size_t length = strlen(reason);

    memcpy(text, reason, length < sizeof text ? length : sizeof text - 1);
    if (byni_pool_lock(pool) < 0)
        return;
    if ((byni_load32(&pool->words->phase) & BYNI_POOL_BROKEN) == 0) {
        memcpy(pool->words->reason, text, sizeof text);
        byni_store32(&pool->words->phase, byni_load32(&pool->words->phase) | BYNI_POOL_BROKEN);
    }
    end_queued(pool, byni_task_fail_broken);
    byni_pool_wake_all(pool);
    byni_pool_unlock(pool);
}
