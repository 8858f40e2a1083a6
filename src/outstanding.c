#include "future_state.h"

#include <stdlib.h>

enum {
    UNUSED_MOST = 8192, /* structs that are kept for the next ones */
    COLLECTED = 32      /* places in one go: others want to submit too */
};

static byn_future *holder(const byni_outstanding *all, uint32_t index)
{
    return (byn_future *)(uintptr_t)byni_load64(&all->holders[index]); /* this process' own */
}

/* ---- Begin and end ------------------------------------------------------------------------------- */

byn_status byni_outstanding_begin(byn_pool *pool)
{
    byni_outstanding *all = calloc(1, sizeof *all);

    if (all != NULL)
        all->holders = calloc(pool->capacity, sizeof all->holders[0]);
    if (all == NULL || all->holders == NULL) {
        free(all);
        return byni_fail(BYN_E_NOMEM, "no memory for what %u futures need",
                         (unsigned)pool->capacity);
    }
    bynk_lock_initialise(&all->lock);
    bynk_lock_initialise(&all->hook_lock);
    byni_store64(&all->hook_next, BYNK_NEVER);
    pool->outstanding = all;
    return BYN_OK;
}

void byni_outstanding_end(byn_pool *pool)
{
    byni_outstanding *all = pool->outstanding;
    byn_future *future;

    if (all == NULL)
        return;
    while ((future = all->unused) != NULL) {
        all->unused = future->next;
        free(future);
    }
    free(all->holders);
    free(all);
    pool->outstanding = NULL;
}

/* ---- Structs --------------------------------------------------------------------------------------- */

static byn_future *take_unused(byni_outstanding *all)
{
    byn_future *future = all->unused;

    if (future == NULL)
        return malloc(sizeof *future);
    all->unused = future->next;
    all->unused_count--;
    return future;
}

static void give_unused(byni_outstanding *all, byn_future *future)
{
    if (all->unused_count >= UNUSED_MOST) {
        free(future);
        return;
    }
    future->next = all->unused;
    all->unused = future;
    all->unused_count++;
}

static void clear(byn_future *future, byn_pool *pool)
{
    memset(future, 0, offsetof(byn_future, bytes));
    future->handle.token = bynk_token();
    future->handle.kind = &byni_future_kind;
    future->pool = pool;
    future->owner = pool->me;
    future->references = 1;
}

/* With the lock. How many were there. */
static size_t give_list(byni_outstanding *all, byn_future *list)
{
    byn_future *future;
    size_t n = 0;

    for (; (future = list) != NULL; n++) {
        list = future->next;
        give_unused(all, future);
    }
    return n;
}

/* The first ones are a use of the pool; so are the last ones. */
byn_status byni_futures_make(byn_pool *pool, byn_future **list, size_t n, bool handles)
{
    byni_outstanding *all = pool->outstanding;
    byn_future *future = NULL;
    bool first = false;
    size_t i;

    *list = NULL;
    bynk_lock_lock(&all->lock);
    for (i = 0; i < n && (future = take_unused(all)) != NULL; i++) {
        clear(future, pool);
        future->next = *list;
        *list = future;
    }
    if (i < n) {
        (void)give_list(all, *list);
        *list = NULL;
    } else if (handles) {
        first = all->open == 0;
        all->open += (uint32_t)n;
    }
    bynk_lock_unlock(&all->lock);
    if (first)
        byni_pool_hold(pool);
    return i == n ? BYN_OK : byni_fail(BYN_E_NOMEM, "no memory for the future");
}

void byni_futures_unmake(byn_pool *pool, byn_future *list, bool handles)
{
    byni_outstanding *all = pool->outstanding;
    bool last = false;
    size_t n;

    bynk_lock_lock(&all->lock);
    n = give_list(all, list);
    if (handles && n > 0) {
        all->open -= (uint32_t)n;
        last = all->open == 0;
    }
    bynk_lock_unlock(&all->lock);
    if (last)
        byni_pool_release(pool);
}

void byni_future_begin(byn_future *future, byni_ticket ticket)
{
    future->ticket = ticket;
    future->kept = true;
    future->next = NULL;
    byni_store64(&future->pool->outstanding->holders[ticket.index], (uint64_t)(uintptr_t)future);
}

void byni_future_let_go(byn_future *future)
{
    byn_pool *pool = future->pool;

    if (!future->kept)
        return;
    future->kept = false;
    byni_store64(&pool->outstanding->holders[future->ticket.index], 0);
    byni_task_free(pool, future->ticket);
}

/* What it has besides its struct; most have nothing. */
static void forget(byn_future *future)
{
    byni_callback *callback, *next;

    if (future->callbacks == NULL && future->copy == NULL && future->failure == NULL &&
        future->name == NULL)
        return;
    for (callback = future->callbacks; callback != NULL; callback = next) {
        next = callback->next;
        if (callback != &future->first)
            free(callback);
    }
    free(future->copy);
    free(future->failure);
    free(future->name);
}

void byni_future_unreference(byn_future *future)
{
    if (--future->references > 0)
        return;
    byni_future_unwatch(future);
    byni_future_let_go(future);
    forget(future);
    give_unused(future->pool->outstanding, future);
}

/* ---- Those whose end the helper tells ---------------------------------------------------------------- */

bool byni_future_watch(byn_future *future)
{
    byni_outstanding *all = future->pool->outstanding;

    if (future->watched)
        return false;
    future->watched = true;
    future->next = NULL;
    future->previous = all->newest;
    if (all->newest != NULL)
        all->newest->next = future;
    else
        all->watched = future;
    all->newest = future;
    return byni_add32(&all->watched_count, 1) == 0 ||
           byni_load32(&future->stage) != BYN_FUTURE_WAITING;
}

void byni_future_unwatch(byn_future *future)
{
    byni_outstanding *all = future->pool->outstanding;

    if (!future->watched)
        return;
    future->watched = false;
    if (future->previous != NULL)
        future->previous->next = future->next;
    else
        all->watched = future->next;
    if (future->next != NULL)
        future->next->previous = future->previous;
    else
        all->newest = future->previous;
    (void)byni_add32(&all->watched_count, UINT32_MAX);
}

/* ---- The end of a task --------------------------------------------------------------------------------- */

static void fail(byn_future *future, byn_future_stage *stage, byni_failure *failure)
{
    future->failure = failure;
    *stage = BYN_FUTURE_FAILED;
}

static byni_failure *broken(const char *task)
{
    return byni_failure_make(BYN_E_CORRUPT, task, "the pool's memory is broken");
}

static void settle_result(byn_future *future, const byni_task *task, byn_future_stage *stage)
{
    const void *data = byni_task_result(future->pool, task, &future->size);

    *stage = BYN_FUTURE_DONE;
    if (data == NULL) {
        fail(future, stage, broken(""));
    } else if (future->size <= sizeof future->bytes) {
        memcpy(future->bytes, data, future->size);
        future->result = future->bytes;
    }
}

static void settle_failure(byn_future *future, const byni_task *task, int kind,
                           byn_future_stage *stage)
{
    size_t size = 0;
    const void *message = NULL;

    if (byni_load32(&task->message_size) > 0)
        message = byni_task_result(future->pool, task, &size);
    future->failure =
        byni_failure_of(future->pool, task, kind, message, message != NULL ? size : 0);
    *stage = kind == BYNI_TASK_CANCELED ? BYN_FUTURE_CANCELED : BYN_FUTURE_FAILED;
}

bool byni_future_settle(byn_future *future)
{
    const byni_task *task = &future->pool->tasks[future->ticket.index];
    byn_future_stage stage = BYN_FUTURE_WAITING;
    int kind;

    if (byni_load32(&future->stage) != BYN_FUTURE_WAITING)
        return true;
    if (future->foreign)
        return byni_foreign_settle(future);
    kind = byni_task_kind(future->pool, future->ticket);
    if (kind == BYNI_TASK_QUEUED || kind == BYNI_TASK_RUNNING)
        return false;
    if (kind == BYNI_TASK_DONE)
        settle_result(future, task, &stage);
    else if (kind == BYNI_TASK_FAILED || kind == BYNI_TASK_CANCELED)
        settle_failure(future, task, kind, &stage);
    else
        fail(future, &stage, broken("")); /* nobody but its owner may end its life */
    if (future->name == NULL &&
        (future->detached || stage != BYN_FUTURE_DONE || future->result != NULL))
        byni_future_let_go(future);
    byni_store32(&future->stage, (uint32_t)stage);
    return true;
}

static bool is_over(const byn_future *future)
{
    int kind;

    if (byni_load32(&future->stage) != BYN_FUTURE_WAITING)
        return true;
    kind = byni_task_kind(future->pool, future->ticket);
    return kind != BYNI_TASK_QUEUED && kind != BYNI_TASK_RUNNING;
}

bool byni_future_ended(byn_future *future)
{
    bool ended = true;

    if (byni_load32(&future->stage) != BYN_FUTURE_WAITING)
        return true;
    if (!is_over(future))
        return false;
    bynk_lock_lock(&future->pool->outstanding->lock);
    ended = byni_future_settle(future);
    bynk_lock_unlock(&future->pool->outstanding->lock);
    return ended;
}

size_t byni_futures_ended(byn_future *const *set, size_t n)
{
    byni_outstanding *held = NULL;
    size_t i;
    bool ended = true;

    for (i = 0; i < n && ended; i++) {
        if (set[i] == NULL || byni_load32(&set[i]->stage) != BYN_FUTURE_WAITING)
            continue;
        if (!is_over(set[i]))
            break;
        if (held != set[i]->pool->outstanding) {
            if (held != NULL)
                bynk_lock_unlock(&held->lock);
            held = set[i]->pool->outstanding;
            bynk_lock_lock(&held->lock);
        }
        ended = byni_future_settle(set[i]);
    }
    if (held != NULL)
        bynk_lock_unlock(&held->lock);
    return ended ? i : i - 1;
}

bool byni_future_copy_out(byn_future *future)
{
    const byni_task *task = &future->pool->tasks[future->ticket.index];
    size_t size;
    const void *data = byni_task_result(future->pool, task, &size);
    void *copy;

    if (data == NULL || size != future->size)
        return false;
    copy = malloc(size);
    if (copy == NULL)
        return false;
    memcpy(copy, data, size);
    future->result = future->copy = copy;
    return true;
}

/* ---- Collect ------------------------------------------------------------------------------------------- */

/* Whether its place is free now. */
static bool reclaim(byn_future *future)
{
    if (!byni_future_settle(future))
        return false;
    if (future->kept) {
        if (future->name != NULL || future->shown)
            return false;
        if (future->result == NULL && !byni_future_copy_out(future))
            return false;
        byni_future_let_go(future);
    }
    if (future->detached && byni_load32(&future->stage) == BYN_FUTURE_DONE)
        byni_future_unreference(future); /* there is nothing to be told */
    return true;
}

size_t byni_outstanding_collect(byn_pool *pool)
{
    byni_outstanding *all = pool->outstanding;
    size_t freed = 0;
    uint32_t seen;

    bynk_lock_lock(&all->lock);
    for (seen = 0; seen < pool->capacity && freed < COLLECTED; seen++) {
        byn_future *future = holder(all, all->cursor);

        all->cursor = all->cursor + 1 < pool->capacity ? all->cursor + 1 : 0;
        if (future != NULL && reclaim(future))
            freed++;
    }
    bynk_lock_unlock(&all->lock);
    if (freed > 0)
        byni_tasks_give_back(pool);
    return freed;
}

/* ---- The last of all -------------------------------------------------------------------------------------- */

/* Those that are told are nobody's then: not even among the unused. */
byn_future *byni_outstanding_settle(byn_pool *pool)
{
    byni_outstanding *all = pool->outstanding;
    byn_future *future, *next, *told = NULL;

    bynk_lock_lock(&all->lock);
    for (future = all->watched; future != NULL; future = next) {
        next = future->next;
        byni_future_unwatch(future);
        (void)byni_task_cancel(pool, future->ticket);
        if (byni_future_settle(future) && byni_future_is_unseen(future)) {
            future->next = told;
            told = future;
        } else {
            byni_future_unreference(future);
        }
    }
    bynk_lock_unlock(&all->lock);
    return told;
}

void byni_outstanding_tell(byn_pool *pool, byn_future *unseen)
{
    byn_future *future;

    while ((future = unseen) != NULL) {
        unseen = future->next;
        byni_unseen_tell(pool->object.name.full, future);
        forget(future);
        free(future);
    }
}

void byni_task_want(byn_pool *pool, byni_ticket ticket, uint32_t bits)
{
    byni_task *task = &pool->tasks[ticket.index];
    uint32_t before = byni_load32(&task->wanted), after;

    do
        after = (uint32_t)ticket.generation << BYNI_WANTED_BITS |
                byni_task_wanted(task, ticket.generation) | bits;
    while (!byni_cas32(&task->wanted, &before, after));
}
