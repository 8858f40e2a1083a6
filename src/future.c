#include "future_state.h"

#include <stdlib.h>

#include "waitable.h"

/* ---- What all calls begin and end with ------------------------------------------------------------- */

bool byni_future_usable(const byn_future *future, const char *operation)
{
    if (future != NULL && future->handle.token == bynk_token())
        return true;
    if (future == NULL)
        (void)byni_null(operation, "future");
    else
        (void)byni_invalid(operation,
                           "the future was inherited by fork(): only its process has it");
    return false;
}

byn_status byni_future_answer(const byn_future *future, byn_status status, const char *operation)
{
    if (status >= 0)
        return status;
    if (status == BYN_E_TIMEDOUT || status == BYN_E_CANCELED)
        return byni_failed_plainly(status, operation, future->pool->object.name.full);
    return byni_failed(status, operation, future->pool->object.name.full);
}

static byni_outstanding *lock(const byn_future *future)
{
    bynk_lock_lock(&future->pool->outstanding->lock);
    return future->pool->outstanding;
}

static void unlock(byni_outstanding *all)
{
    bynk_lock_unlock(&all->lock);
}

/* ---- Wait -------------------------------------------------------------------------------------------- */

/* All that could run a task are in as many as they can, each of which waits for another. */
static bool nobody_can_help(const byn_pool *pool)
{
    uint32_t i;

    for (i = 0; i < BYN_POOL_MEMBERS_MAX; i++)
        if (byni_load32(&pool->workers[i].stage) == BYNI_WORKER_READY &&
            byni_load32(&pool->workers[i].depth) < BYNI_TASK_NESTED)
            return false;
    return true;
}

byn_status byni_future_help(byn_future *future)
{
    byn_pool *pool = future->pool;
    uint32_t worker;

    if (byni_in_callback())
        return byni_fail(BYN_E_DEADLOCK, "a callback must not wait: others' would not be called");
    if (!byni_worker_is_me(pool, &worker))
        return BYN_E_TIMEDOUT;
    if (byni_worker_help(pool, future->ticket))
        return BYN_OK;
    if (byni_load32(&pool->workers[worker].depth) >= BYNI_TASK_NESTED &&
        byni_task_kind(pool, future->ticket) == BYNI_TASK_QUEUED && nobody_can_help(pool))
        return byni_fail(BYN_E_DEADLOCK,
                         "every worker is in %d tasks, each of which waits for another",
                         BYNI_TASK_NESTED);
    return BYN_E_TIMEDOUT;
}

static byn_status ended(byn_future *future)
{
    if (!byni_future_ended(future))
        return BYN_E_TIMEDOUT;
    return future->gone ? byni_failure_status(future) : BYN_OK;
}

/* Who is still awake when it ends need not be rung for. Whether it has ended. */
static bool spin(byn_future *future)
{
    byn_pool *pool = future->pool;
    const byni_a64 *word = &pool->tasks[future->ticket.index].word;
    uint64_t seen;

    do
        seen = byni_load64(word);
    while (!byni_future_ended(future) && bynk_spin_while(word, seen, &pool->ends_hint));
    return byni_load32(&future->stage) != BYN_FUTURE_WAITING;
}

byn_status byni_future_await(byn_future *future, bynk_deadline deadline)
{
    bynk_rest rest = {.deadline = deadline, .hint = &future->pool->ends_hint, .spun = true};
    byni_bell *bell = byni_future_bell(future);
    byn_status status = ended(future), slept = BYN_OK;
    uint32_t number;

    while (status == BYN_E_TIMEDOUT && deadline != BYNK_NOW && slept >= 0) {
        status = byni_future_help(future);
        if (status == BYN_E_TIMEDOUT && !spin(future)) {
            number = byni_bell_listen_for(bell, future->ticket);
            if ((status = ended(future)) == BYN_E_TIMEDOUT)
                slept = bynk_spot_sleep(future->pool->object.segment, &bell->spot, number, &rest);
        }
        if (status == BYN_OK || status == BYN_E_TIMEDOUT)
            status = ended(future);
    }
    if (future->gone && status < 0 && status != BYN_E_TIMEDOUT)
        return byni_fail(status, "%s", byni_failure_message(future));
    return status == BYN_E_TIMEDOUT && slept < 0 ? slept : status;
}

byn_status byn_future_wait(byn_future *future, byn_timeout timeout)
{
    static const char name[] = "byn_future_wait";
    byn_status status;

    if (!byni_future_usable(future, name))
        return BYN_E_INVALID;
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(name);
    byni_future_fetch(future->after);
    if (byni_load32(&future->stage) == BYN_FUTURE_DONE)
        return BYN_OK;
    status = byni_future_await(future, BYNK_NOW); /* without a look at the clock */
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW)
        status = byni_future_await(future, byni_deadline(timeout));
    return byni_future_answer(future, status, name);
}

/* ---- Among others, see wait.c -------------------------------------------------------------------------- */

static void describe(void *handle, bynk_waitable *what)
{
    byn_future *future = handle;
    byni_bell *bell = byni_future_bell(future);

    what->order = future->pool->object.header->incarnation;
    what->segment = future->pool->object.segment;
    what->spot = &bell->spot;
    what->number = byni_bell_listen(bell);
}

static byn_status take(void *handle)
{
    return byni_future_await(handle, BYNK_NOW);
}

static void put_back(void *handle, byn_status how)
{
    (void)handle;
    (void)how;
}

static const byni_waitable waitable = {describe, take, put_back, NULL, NULL, NULL};

/* No object with a name: the handle alone is alike. */
const byni_kind byni_future_kind = {.waitable = &waitable};

/* ---- Look ------------------------------------------------------------------------------------------------ */

byn_future_stage byn_future_state(byn_future *future)
{
    if (future == NULL || future->handle.token != bynk_token())
        return BYN_FUTURE_WAITING;
    if (byni_future_ended(future))
        return (byn_future_stage)byni_load32(&future->stage);
    return byni_task_kind(future->pool, future->ticket) == BYNI_TASK_RUNNING ? BYN_FUTURE_RUNNING
                                                                             : BYN_FUTURE_WAITING;
}

/* So much is in use that nothing should stay in shared memory without need. */
static bool is_crowded(byn_pool *pool)
{
    byni_heap_statistics heap;

    byni_heap_look(&pool->heap, &heap);
    return byni_load32(&pool->words->free) + byni_load32(&pool->stock.count) < pool->capacity / 2 ||
           heap.live > pool->heap.limit / 2;
}

/* A large result stays where it is, if there is room enough for others. */
static byn_status show(byn_future *future)
{
    const byni_task *task = &future->pool->tasks[future->ticket.index];
    byni_outstanding *all = lock(future);
    byn_status status = BYN_OK;

    if (future->result == NULL && future->name == NULL && is_crowded(future->pool) &&
        byni_future_copy_out(future))
        byni_future_let_go(future);
    if (future->result == NULL) {
        size_t size;

        future->result = byni_task_result(future->pool, task, &size);
        future->shown = true;
        if (future->result == NULL || size != future->size) {
            future->result = NULL;
            status = byni_fail(BYN_E_CORRUPT, "the pool's memory is broken");
        }
    }
    unlock(all);
    return status;
}

byn_status byn_future_result(byn_future *future, const void **data, size_t *size)
{
    static const char name[] = "byn_future_result";
    byn_status status = BYN_OK;

    if (!byni_future_usable(future, name))
        return BYN_E_INVALID;
    if (data == NULL || size == NULL)
        return byni_null(name, data == NULL ? "data" : "size");
    if (!byni_future_ended(future))
        return byni_future_answer(
            future, byni_fail(BYN_E_INVALID, "it has not ended: wait for it first"), name);
    if (byni_load32(&future->stage) != BYN_FUTURE_DONE) {
        byni_store8(&future->looked, 1);
        status = byni_failure_status(future);
        return byni_failed(byni_fail(status, "%s", byni_failure_message(future)), name,
                           future->pool->object.name.full);
    }
    if (future->size > sizeof future->bytes)
        status = show(future);
    if (status < 0)
        return byni_future_answer(future, status, name);
    *data = future->result;
    *size = future->size;
    return BYN_OK;
}

/* ---- Cancel ------------------------------------------------------------------------------------------------ */

/* What it then is. RUNNING: nothing was changed. */
static byn_future_stage cancel(byn_future *future)
{
    byni_outstanding *all = lock(future);
    uint32_t stage = BYN_FUTURE_RUNNING;

    if (byni_task_cancel(future->pool, future->ticket))
        future->canceled = true;
    if (byni_future_settle(future))
        stage = byni_load32(&future->stage);
    unlock(all);
    return (byn_future_stage)stage;
}

static byn_status answer_cancel(const byn_future *future, byn_future_stage stage, const char *name)
{
    if (stage == BYN_FUTURE_CANCELED)
        return BYN_OK;
    return byni_future_answer(future,
                              byni_fail(BYN_E_EXISTS, stage == BYN_FUTURE_RUNNING
                                                          ? "it runs: byn_future_kill() ends that"
                                                          : "it has ended"),
                              name);
}

byn_status byn_future_cancel(byn_future *future)
{
    static const char name[] = "byn_future_cancel";

    return byni_future_usable(future, name) ? answer_cancel(future, cancel(future), name)
                                            : BYN_E_INVALID;
}

static void kill_worker(byn_future *future)
{
    byni_outstanding *all = lock(future);
    byn_pool *pool = future->pool;

    future->canceled = true;
    unlock(all);
    byni_task_want(pool, future->ticket, BYNI_WANTED_KILL);
    byni_supervisor_ring(pool);
}

byn_status byn_future_kill(byn_future *future)
{
    static const char name[] = "byn_future_kill";
    byn_future_stage stage;

    if (!byni_future_usable(future, name))
        return BYN_E_INVALID;
    stage = cancel(future);
    if (stage != BYN_FUTURE_RUNNING)
        return answer_cancel(future, stage, name);
    kill_worker(future);
    return BYN_OK;
}

/* ---- Close --------------------------------------------------------------------------------------------------- */

/* Its task has not ended: the helper takes it over. With the lock; whether the helper is to be rung. */
static bool drop(byn_future *future)
{
    byni_task_want(future->pool, future->ticket, BYNI_WANTED_DROPPED);
    future->dropped = future->detached = true;
    free(future->name); /* so that its place is free when it ends */
    future->name = NULL;
    byni_future_unwatch(future); /* for its callbacks */
    return byni_future_watch(future);
}

static void tell(byn_future *future, byni_outstanding *all)
{
    unlock(all);
    byni_unseen_tell(future->pool->object.name.full, future);
    bynk_lock_lock(&all->lock);
}

static void finish(byn_future *future, byni_outstanding *all)
{
    if (byni_load32(&future->stage) != BYN_FUTURE_DONE && byni_future_is_unseen(future))
        tell(future, all);
    if (future->kept)
        byni_future_let_go(future); /* a callback that runs may keep the struct, not the place */
    if (future->watched)
        byni_future_unwatch(future);
    byni_future_unreference(future);
}

void byn_future_close(byn_future *future)
{
    byni_outstanding *all;
    byn_pool *pool;
    bool waited_for, last, rings = false;

    if (future == NULL || future->handle.token != bynk_token())
        return; /* what was inherited by fork is the parent's */
    if (byni_future_spare(future))
        return;
    pool = future->pool;
    all = lock(future);
    future->closed = true;
    waited_for = future->name != NULL && !future->foreign;
    if (future->foreign || byni_future_settle(future))
        finish(future, all);
    else
        rings = drop(future);
    last = --all->open == 0;
    unlock(all);
    if (rings)
        byni_helper_ring(pool);
    if (waited_for) /* by others, who learn that it is gone */
        byni_bell_ring(pool, &pool->submitters[pool->me].bell);
    if (last)
        byni_pool_release(pool);
}

void byni_future_abandon(byn_future *future)
{
    if (future == NULL)
        return;
    if (!future->known && byni_load32(&future->stage) == BYN_FUTURE_WAITING)
        byni_future_register(future); /* its end is the helper's from now on */
    (void)cancel(future);
    byn_future_close(future);
}
