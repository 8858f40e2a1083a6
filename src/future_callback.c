/*
 * What the helper tells in its thread: callbacks, the errors of tasks without a future, and progress.
 */
#include "future_state.h"

#include <stdlib.h>

static BYNI_THREAD_LOCAL const byn_pool *calling;

bool byni_in_callback(void)
{
    return calling != NULL;
}

bool byni_in_callback_of(const byn_pool *pool)
{
    return calling == pool;
}

/* ---- Ends ----------------------------------------------------------------------------------------- */

/* Those that have ended, in the order in which they were asked for; each with one more reference. */
static byn_future *take_ended(byni_outstanding *all)
{
    byn_future *future, *next, *first = NULL, **end = &first;

    bynk_lock_lock(&all->lock);
    for (future = all->watched; future != NULL; future = next) {
        next = future->next;
        if (!byni_future_settle(future))
            continue;
        byni_future_unwatch(future);
        future->references++;
        future->later = NULL;
        *end = future;
        end = &future->later;
    }
    bynk_lock_unlock(&all->lock);
    return first;
}

/* The next one, to be called without the lock. false: there is none, or its handle was closed. */
static bool next_callback(byn_future *future, byni_callback *next)
{
    byni_outstanding *all = future->pool->outstanding;
    byni_callback *callback;

    bynk_lock_lock(&all->lock);
    callback = future->closed ? NULL : future->callbacks;
    if (callback != NULL) {
        future->callbacks = callback->next;
        *next = *callback;
        if (callback != &future->first)
            free(callback);
    }
    bynk_lock_unlock(&all->lock);
    return callback != NULL;
}

static void tell_end(byn_future *future)
{
    byni_outstanding *all = future->pool->outstanding;
    byni_callback next;
    bool detached, unseen;

    while (next_callback(future, &next))
        next.function(future, next.context);
    bynk_lock_lock(&all->lock);
    detached = future->detached;
    unseen = detached && byni_future_is_unseen(future);
    bynk_lock_unlock(&all->lock);
    if (unseen)
        byni_unseen_tell(future->pool->object.name.full, future);
    bynk_lock_lock(&all->lock);
    byni_future_unreference(future);
    if (detached) /* it was the library's own */
        byni_future_unreference(future);
    bynk_lock_unlock(&all->lock);
}

static void tell_ends(byn_pool *pool)
{
    byn_future *future, *next;

    for (future = take_ended(pool->outstanding); future != NULL; future = next) {
        next = future->later;
        tell_end(future);
    }
}

byn_status byni_future_add_callback(byn_future *future, byn_future_callback function, void *context)
{
    byni_callback *callback = &future->first, **end = &future->callbacks;

    if (future->called_back)
        callback = malloc(sizeof *callback);
    if (callback == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for a callback");
    future->called_back = true;
    callback->function = function;
    callback->context = context;
    callback->next = NULL;
    while (*end != NULL)
        end = &(*end)->next;
    *end = callback;
    return BYN_OK;
}

byn_status byn_future_on_done(byn_future *future, byn_future_callback callback, void *context)
{
    static const char name[] = "byn_future_on_done";
    byni_outstanding *all;
    byn_status status;
    bool rings = false;

    if (!byni_future_usable(future, name))
        return BYN_E_INVALID;
    if (callback == NULL)
        return byni_null(name, "callback");
    if (future->foreign)
        return byni_invalid(name,
                            "the future was opened by its name: its submitter alone is called");
    all = future->pool->outstanding;
    bynk_lock_lock(&all->lock);
    status = byni_future_add_callback(future, callback, context);
    if (status >= 0)
        rings = byni_future_watch(future);
    bynk_lock_unlock(&all->lock);
    if (rings)
        byni_helper_ring(future->pool);
    return byni_future_answer(future, status, name);
}

/* ---- Progress --------------------------------------------------------------------------------------- */

static void call_hook(byn_pool *pool)
{
    byni_outstanding *all = pool->outstanding;
    byn_pool_state state = {.struct_size = sizeof state};

    if (bynk_clock() < byni_load64(&all->hook_next))
        return;
    bynk_lock_lock(&all->hook_lock);
    if (all->hook != NULL && byn_pool_progress(pool, &state) >= 0) {
        byni_store64(&all->hook_next, bynk_clock() + all->hook_pause);
        if (!byni_progress_is_same(&state, &all->told)) {
            all->told = state;
            all->hook(pool, &state, all->hook_context);
        }
    }
    bynk_lock_unlock(&all->hook_lock);
}

static void set_hook(byni_outstanding *all, byn_progress_callback callback, void *context,
                     byn_timeout interval)
{
    const uint64_t ms = 1000000;

    all->hook = callback;
    all->hook_context = context;
    all->hook_pause = (uint64_t)interval < UINT32_MAX ? (uint64_t)interval * ms : UINT32_MAX * ms;
    memset(&all->told, 0, sizeof all->told);
    byni_store64(&all->hook_next, callback != NULL ? 0 : BYNK_NEVER);
}

/* While it runs its lock is held: who takes it away waits for its end, but for itself. */
byn_status byn_pool_on_progress(byn_pool *pool, byn_progress_callback callback, void *context,
                                byn_timeout interval)
{
    static const char name[] = "byn_pool_on_progress";
    byn_status status = byni_pool_usable(pool, name);
    bool within;

    if (status < 0)
        return status;
    if (callback != NULL && interval < 1)
        return byni_invalid(name, "the interval is below 1 ms");
    within = byni_helper_is_me(pool);
    if (!within)
        bynk_lock_lock(&pool->outstanding->hook_lock);
    set_hook(pool->outstanding, callback, context, callback != NULL ? interval : 1);
    if (!within)
        bynk_lock_unlock(&pool->outstanding->hook_lock);
    byni_helper_ring(pool);
    return BYN_OK;
}

/* ---- The helper --------------------------------------------------------------------------------------- */

bool byni_outstanding_awaits(const byn_pool *pool)
{
    return byni_load32(&pool->outstanding->watched_count) > 0;
}

bynk_deadline byni_outstanding_next(const byn_pool *pool)
{
    uint64_t next = byni_load64(&pool->outstanding->hook_next);

    return next != BYNK_NOW ? next : 1; /* at once: a moment that has passed */
}

void byni_outstanding_call_back(byn_pool *pool)
{
    const byn_pool *before = calling;

    calling = pool;
    if (byni_outstanding_awaits(pool))
        tell_ends(pool);
    call_hook(pool);
    calling = before;
}
