/*
 * The structs of this process' futures: made, closed without the lock, kept for the next ones. See future_state.h.
 */
#include "future_state.h"

#include <stdlib.h>

enum {
    UNUSED_MOST = 8192, /* structs that are kept for the next ones */
    AHEAD = 8           /* how many of these are fetched while others are cleared */
};

#define SHUT UINT64_C(1) /* no future's address */

/* ---- Structs --------------------------------------------------------------------------------------- */

static byn_future *take_unused(byni_outstanding *all)
{
    if (all->unused_count == 0)
        return malloc(sizeof(byn_future));
    all->unused_count--;
    if (all->unused_count >= AHEAD)
        byni_future_fetch(all->unused[all->unused_count - AHEAD]);
    return all->unused[all->unused_count];
}

void byni_future_unused(byni_outstanding *all, byn_future *future)
{
    if (all->unused_count >= UNUSED_MOST)
        free(future);
    else
        all->unused[all->unused_count++] = future;
}

static void clear(byn_future *future, byn_pool *pool)
{
    memset(future, 0, offsetof(byn_future, bytes));
    future->handle.token = bynk_token();
    future->handle.kind = &byni_future_kind;
    future->pool = pool;
    future->owner = (uint16_t)pool->me;
    future->references = 1;
}

/* With the lock. How many were there. */
static size_t give_list(byni_outstanding *all, byn_future *list)
{
    byn_future *future;
    size_t n = 0;

    for (; (future = list) != NULL; n++) {
        list = future->next;
        byni_future_unused(all, future);
    }
    return n;
}

/* ---- Spare ones */

static byn_future *spare_of(uint64_t number)
{
    return number == SHUT ? NULL : (byn_future *)(uintptr_t)number; /* this process' own */
}

/* The one that was put there last; NULL: none, or somebody was quicker. */
static byn_future *take_spare(byni_outstanding *all)
{
    uint32_t at = byni_load32(&all->spares);
    uint64_t number;

    if (at == 0 || at > BYNI_SPARE)
        return NULL;
    if (at > AHEAD)
        byni_future_fetch(spare_of(byni_load64(&all->spare[at - 1 - AHEAD])));
    number = byni_load64(&all->spare[at - 1]);
    byni_store32(&all->spares, at - 1);
    if (spare_of(number) == NULL || !byni_cas64(&all->spare[at - 1], &number, 0))
        return NULL;
    return spare_of(number);
}

/* With the lock: what is in one place becomes unused; the place is left as `then`. Whether there was one. */
static bool take_in_spare(byni_outstanding *all, uint32_t at, uint64_t then)
{
    byn_future *future = spare_of(byni_exchange64(&all->spare[at], then));

    if (future == NULL)
        return false;
    byni_future_unused(all, future);
    all->open--;
    return true;
}

/* With the lock: all of them; all places are left as `then`. */
static void take_in_spares(byni_outstanding *all, uint64_t then)
{
    uint32_t at;

    for (at = 0; at < BYNI_SPARE; at++)
        (void)take_in_spare(all, at, then);
}

/* With the lock: the last n, as far as they are known; most often there are none, or enough. */
static void take_in_last(byni_outstanding *all, size_t n)
{
    uint32_t at = byni_load32(&all->spares);

    if (at > BYNI_SPARE)
        at = BYNI_SPARE;
    while (at > 0 && n > 0)
        n -= take_in_spare(all, --at, 0);
    byni_store32(&all->spares, at);
}

/* Half of them make room for others. Where the next one goes. */
static BYNI_COLD uint32_t make_room(byni_outstanding *all)
{
    bynk_lock_lock(&all->lock);
    if (!all->shut)
        take_in_last(all, BYNI_SPARE / 2);
    bynk_lock_unlock(&all->lock);
    return byni_load32(&all->spares);
}

bool byni_future_spare(byn_future *future)
{
    byni_outstanding *all = future->pool->outstanding;
    uint64_t nothing = 0;
    uint32_t at;

    if (byni_load32(&future->stage) != BYN_FUTURE_DONE || future->size > sizeof future->bytes ||
        future->foreign || future->detached || future->called_back || future->name != NULL)
        return false;
    at = byni_load32(&all->spares);
    if (at >= BYNI_SPARE)
        at = make_room(all);
    if (at >= BYNI_SPARE)
        return false;
    byni_store32(&all->spares, at + 1);
    return byni_cas64(&all->spare[at], &nothing, (uint64_t)(uintptr_t)future);
}

/* With the lock. */
static void open_spares(byni_outstanding *all)
{
    if (!all->shut)
        return;
    all->shut = false;
    take_in_spares(all, 0);
    byni_store32(&all->spares, 0);
}

/* What has become of the use of the pool that the open ones together are. */
static void use_or_not(byn_pool *pool, bool before, bool now)
{
    if (now && !before)
        byni_pool_hold(pool);
    else if (before && !now)
        byni_pool_release(pool);
}

void byni_futures_shut(byn_pool *pool)
{
    byni_outstanding *all = pool->outstanding;
    bool before, now;

    bynk_lock_lock(&all->lock);
    before = all->open > 0;
    all->shut = true;
    take_in_spares(all, SHUT);
    now = all->open > 0;
    bynk_lock_unlock(&all->lock);
    use_or_not(pool, before, now);
}

/* ---- Made and unmade */

/* What became spare had a small result and nothing else: the rest is still clear. */
byn_future *byni_future_renew(byn_pool *pool)
{
    byn_future *future = take_spare(pool->outstanding);

    if (future == NULL)
        return NULL;
    byni_store32(&future->stage, BYN_FUTURE_WAITING);
    byni_store8(&future->looked, 0);
    future->closed = future->canceled = false;
    future->owner = (uint16_t)pool->me;
    future->references = 1;
    future->result = NULL;
    future->after = NULL;
    return future;
}

/* Spare ones, at the end of a list. How many. */
static size_t renew_some(byn_pool *pool, byn_future ***end, size_t n)
{
    byn_future *future;
    size_t i;

    for (i = 0; i < n && (future = byni_future_renew(pool)) != NULL; i++) {
        **end = future;
        *end = &future->next;
    }
    **end = NULL;
    return i;
}

/* With the lock. How many there is memory for. */
static size_t make_some(byn_pool *pool, byn_future **end, size_t n)
{
    byn_future *future;
    size_t i;

    for (i = 0; i < n && (future = take_unused(pool->outstanding)) != NULL; i++) {
        clear(future, pool);
        *end = future;
        end = &future->next;
    }
    return i;
}

/* n more, at the end of a list; those with a handle are open. Whether there was memory. */
static bool make_more(byn_pool *pool, byn_future **end, size_t n, bool handles)
{
    byni_outstanding *all = pool->outstanding;
    bool before, now;
    size_t made;

    bynk_lock_lock(&all->lock);
    before = all->open > 0;
    open_spares(all);
    if (all->unused_count < n)
        take_in_last(all, n - all->unused_count);
    made = make_some(pool, end, n);
    if (made < n) {
        (void)give_list(all, *end);
        *end = NULL;
    } else if (handles) {
        all->open += (uint32_t)n;
    }
    now = all->open > 0;
    bynk_lock_unlock(&all->lock);
    use_or_not(pool, before, now);
    return made == n;
}

byn_status byni_futures_make(byn_pool *pool, byn_future **list, size_t n, bool handles)
{
    byn_future **end = list;
    size_t renewed = 0;

    *list = NULL;
    if (handles)
        renewed = renew_some(pool, &end, n);
    if (renewed == n || make_more(pool, end, n - renewed, handles))
        return BYN_OK;
    byni_futures_unmake(pool, *list, true);
    *list = NULL;
    return byni_fail(BYN_E_NOMEM, "no memory for the future");
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

/* ---- Begin and end ------------------------------------------------------------------------------- */

byn_status byni_outstanding_begin(byn_pool *pool)
{
    byni_outstanding *all = calloc(1, sizeof *all);

    if (all != NULL) {
        all->holders = calloc(pool->capacity, sizeof all->holders[0]);
        all->unused = malloc(UNUSED_MOST * sizeof(byn_future *));
    }
    if (all == NULL || all->holders == NULL || all->unused == NULL) {
        if (all != NULL) {
            free(all->holders);
            free(all->unused);
        }
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

    if (all == NULL)
        return;
    take_in_spares(all, SHUT);
    while (all->unused_count > 0)
        free(all->unused[--all->unused_count]);
    free(all->unused);
    free(all->holders);
    free(all);
    pool->outstanding = NULL;
}
