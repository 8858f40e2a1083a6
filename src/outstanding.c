#include "future_state.h"

#include <stdlib.h>

enum {
    COLLECTED = 64,    /* places in one go: others want to submit too */
    MOST_WAITING = 16, /* futures that have not ended, of the first ones */
    TOGETHER = 16,     /* futures that are settled together at most */
    AHEAD = 8          /* how many are fetched while others are settled */
};

/* Places of one pool that are free, and not in its stock yet. */
typedef struct freed_places {
    byn_pool *pool;
    size_t count;
    uint32_t places[TOGETHER];
} freed_places;

static byn_future *holder(const byni_outstanding *all, uint32_t index)
{
    return (byn_future *)(uintptr_t)byni_load64(&all->holders[index]); /* this process' own */
}

/* ---- Its task's place */

void byni_future_register(byn_future *future)
{
    byni_outstanding *all = future->pool->outstanding;
    uint32_t serial = byni_load32(&all->serial);

    future->known = true;
    byni_store32(&all->serial, serial + 1);
    future->serial = (uint16_t)serial;
    byni_store64(&all->holders[future->ticket.index], (uint64_t)(uintptr_t)future);
    byni_store64(&all->recent[future->serial % BYNI_RECENT], (uint64_t)(uintptr_t)future);
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
    byni_outstanding *all = future->pool->outstanding;

    if (--future->references > 0)
        return;
    if (future->watched)
        byni_future_unwatch(future);
    if (future->kept)
        byni_future_let_go(future);
    forget(future);
    byni_future_unused(all, future);
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

static void is_settled(const byn_future *future)
{
    byni_a64 *recent = &future->pool->outstanding->recent[future->serial % BYNI_RECENT];

    if (byni_load64(recent) == (uint64_t)(uintptr_t)future)
        byni_store64(recent, 0);
}

static void give_back(freed_places *some)
{
    if (some->count > 0)
        byni_stock_add(some->pool, some->places, some->count);
    some->count = 0;
}

/* Together with others, if there are some. */
static void set_free(byn_pool *pool, uint32_t index, uint64_t word, freed_places *some)
{
    if (some == NULL || byni_load32(&pool->tasks[index].argument_place) != 0) {
        byni_task_free_ended(pool, index, word);
        return;
    }
    if (some->count > 0 && (some->count == TOGETHER || some->pool != pool))
        give_back(some);
    some->pool = pool;
    if (byni_task_free_small(pool, index, word))
        some->places[some->count++] = index;
}

/* Most are so, and the place is free. */
static bool settle_small(byn_future *future, freed_places *some)
{
    byn_pool *pool = future->pool;
    uint64_t word;

    if (!byni_future_copy_small(future, &word))
        return false;
    byni_store64(&pool->outstanding->holders[future->ticket.index], 0);
    is_settled(future);
    set_free(pool, future->ticket.index, word, some);
    byni_store32(&future->stage, BYN_FUTURE_DONE);
    return true;
}

static bool settle(byn_future *future, freed_places *some)
{
    const byni_task *task = &future->pool->tasks[future->ticket.index];
    byn_future_stage stage = BYN_FUTURE_WAITING;
    int kind;

    if (byni_load32(&future->stage) != BYN_FUTURE_WAITING)
        return true;
    if (future->foreign)
        return byni_foreign_settle(future);
    if (settle_small(future, some))
        return true;
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
    is_settled(future);
    byni_store32(&future->stage, (uint32_t)stage);
    return true;
}

bool byni_future_settle(byn_future *future)
{
    return settle(future, NULL);
}

/* Of one that is not settled. */
static bool is_over(const byn_future *future)
{
    return byni_task_is_over(future->pool, future->ticket);
}

/* Those that were submitted after this one and have ended, one after the other: up to so many. */
static size_t ended_after(const byn_future *future, byn_future *some[], size_t most)
{
    const byni_outstanding *all = future->pool->outstanding;
    size_t n;

    for (n = 0; n < most; n++) {
        uint64_t next = byni_load64(&all->recent[(future->serial + n + 1) % BYNI_RECENT]);

        some[n] = (byn_future *)(uintptr_t)next; /* this process' own */
        if (some[n] == NULL || !is_over(some[n]))
            break;
        byni_task_prefetch(&future->pool->tasks[some[n]->ticket.index]);
    }
    return n;
}

/* With the lock. Who waits for one often waits for the next one then: with the lock held once. */
static bool settle_some(byn_future *future)
{
    byn_future *some[TOGETHER];
    freed_places places = {0};
    size_t n, i;

    n = future->foreign ? 0 : ended_after(future, some, TOGETHER);
    if (!settle(future, &places))
        return false;
    for (i = 0; i < n; i++)
        (void)settle(some[i], &places);
    give_back(&places);
    return true;
}

/* Nobody else knows it: no lock is needed, if it is a small result. */
static bool settle_alone(byn_future *future)
{
    uint64_t word;

    if (!byni_future_copy_small(future, &word))
        return false;
    byni_task_free_ended(future->pool, future->ticket.index, word);
    byni_store32(&future->stage, BYN_FUTURE_DONE);
    return true;
}

bool byni_future_look(byn_future *future)
{
    bool ended = true;

    if (!is_over(future))
        return false;
    if (!future->known && !future->foreign) {
        if (settle_alone(future))
            return true;
        byni_future_register(future);
    }
    byni_task_prefetch(&future->pool->tasks[future->ticket.index]);
    bynk_lock_lock(&future->pool->outstanding->lock);
    ended = settle_some(future);
    bynk_lock_unlock(&future->pool->outstanding->lock);
    return ended;
}

/* What settling it takes: several are on their way at a time. */
static void fetch_end(const byn_future *future)
{
    if (future != NULL && byni_load32(&future->stage) == BYN_FUTURE_WAITING)
        byni_task_prefetch(&future->pool->tasks[future->ticket.index]);
}

size_t byni_futures_ended(byn_future *const *set, size_t n)
{
    byni_outstanding *held = NULL;
    freed_places places = {0};
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
        if (i + 2 * AHEAD < n)
            byni_future_fetch(set[i + 2 * AHEAD]);
        if (i + AHEAD < n) /* when one has ended, the next ones probably have too */
            fetch_end(set[i + AHEAD]);
        ended = settle(set[i], &places);
    }
    give_back(&places);
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

/* Of those that were submitted before the others, which most often have ended before them; not many that have not. */
static size_t collect_oldest(byni_outstanding *all)
{
    uint32_t next = byni_load32(&all->serial), at = all->oldest;
    size_t freed = 0, waiting = 0;

    if (next - at > BYNI_RECENT)
        at = next - BYNI_RECENT;
    for (; at != next && freed < COLLECTED && waiting < MOST_WAITING; at++) {
        uint64_t number = byni_load64(&all->recent[at % BYNI_RECENT]);
        byn_future *future = (byn_future *)(uintptr_t)number; /* this process' own */

        if (future == NULL)
            continue;
        if (!is_over(future)) {
            waiting++;
        } else if (reclaim(future)) {
            freed++;
            if (waiting == 0)
                all->oldest = at + 1;
        }
    }
    return freed;
}

static bool may_have_ended(const byn_pool *pool, uint32_t index)
{
    int kind = byni_word_kind(byni_load64(&pool->tasks[index].word));

    return kind != BYNI_TASK_QUEUED && kind != BYNI_TASK_RUNNING;
}

static size_t collect_any(const byn_pool *pool, byni_outstanding *all)
{
    size_t freed = 0;
    uint32_t seen;

    for (seen = 0; seen < pool->capacity && freed < COLLECTED; seen++) {
        byn_future *future = holder(all, all->cursor);

        if (future != NULL && may_have_ended(pool, all->cursor) && reclaim(future))
            freed++;
        all->cursor = all->cursor + 1 < pool->capacity ? all->cursor + 1 : 0;
    }
    return freed;
}

size_t byni_outstanding_collect(byn_pool *pool, bool thoroughly)
{
    byni_outstanding *all = pool->outstanding;
    size_t freed;

    bynk_lock_lock(&all->lock);
    freed = collect_oldest(all);
    if (freed == 0 && thoroughly)
        freed = collect_any(pool, all);
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
