/*
 * Members of a pool that come and go. See pool_words.h.
 */
#include "pool_state.h"

#include "crash.h"

/* ---- Members ----------------------------------------------------------------------------------------- */

bool byni_member_identity(const byni_member *member, bynk_identity *identity)
{
    identity->pid = byni_load32(&member->pid);
    identity->thread = byni_load32(&member->thread);
    identity->started = byni_load64(&member->started);
    return identity->pid != 0;
}

bool byni_member_is_dead(const byni_member *member)
{
    bynk_identity identity;

    return byni_member_identity(member, &identity) && !bynk_identity_alive(&identity);
}

bool byni_member_is_me(const byni_member *member)
{
    bynk_identity identity, own;

    bynk_identity_own(&own);
    return byni_member_identity(member, &identity) && bynk_identity_same(&identity, &own);
}

static void enter(byni_member *member)
{
    bynk_identity own;

    bynk_identity_own(&own);
    byni_store32(&member->thread, own.thread);
    byni_store64(&member->started, own.started);
    byni_crash_point("pool.entering");
    byni_store32(&member->pid, own.pid);
}

static void raise_used(byni_a32 *used, uint32_t index)
{
    if (byni_load32(used) <= index)
        byni_store32(used, index + 1);
}

void byni_workers_count(byn_pool *pool)
{
    uint32_t i, count = 0;

    for (i = 0; i < byni_used_workers(pool); i++)
        count += byni_load32(&pool->workers[i].member.pid) != 0;
    byni_store32(&pool->words->present, count);
}

bool byni_submitter_is_last(const byn_pool *pool, uint32_t submitter)
{
    uint32_t i;

    for (i = 0; i < byni_used_submitters(pool); i++) {
        const byni_submitter *other = &pool->submitters[i];

        if (i != submitter && byni_load32(&other->member.pid) != 0 &&
            byni_load32(&other->is_worker) == 0 && !byni_member_is_dead(&other->member))
            return false;
    }
    return true;
}

/* ---- Come and go -------------------------------------------------------------------------------------- */

/* Nobody is held up by those who all live. */
static bool some_are_dead(const byn_pool *pool)
{
    bool leave_workers = byni_pool_is_supervised(pool);
    uint32_t i;

    for (i = 0; i < byni_used_workers(pool) && !leave_workers; i++)
        if (byni_member_is_dead(&pool->workers[i].member))
            return true;
    for (i = 0; i < byni_used_submitters(pool); i++)
        if (byni_member_is_dead(&pool->submitters[i].member))
            return true;
    return false;
}

size_t byni_pool_sweep(byn_pool *pool)
{
    size_t count;

    if (!some_are_dead(pool) || byni_pool_lock(pool) < 0)
        return 0;
    count = byni_clean_up_dead(pool);
    byni_pool_unlock(pool);
    return count;
}

bool byni_pool_has_users(byn_pool *pool)
{
    return !byni_submitter_is_last(pool, BYNI_POOL_NOBODY);
}

static bool is_worker(const byn_pool *pool)
{
    uint32_t i;

    for (i = 0; i < byni_used_workers(pool); i++)
        if (byni_member_is_me(&pool->workers[i].member))
            return true;
    return false;
}

static byn_status too_many(const char *of)
{
    return byni_fail(BYN_E_LIMIT, "the pool has %d %s, and no place for another",
                     BYN_POOL_MEMBERS_MAX, of);
}

/* With the guard. */
static byn_status take_submitter(byn_pool *pool)
{
    uint32_t i = 0;

    while (i < BYN_POOL_MEMBERS_MAX && byni_load32(&pool->submitters[i].member.pid) != 0)
        i++;
    if (i == BYN_POOL_MEMBERS_MAX)
        return too_many("processes that use it");
    raise_used(&pool->words->used_submitters, i);
    byni_store32(&pool->submitters[i].is_worker, is_worker(pool));
    enter(&pool->submitters[i].member);
    pool->me = i;
    bynk_spot_add(pool->object.segment, &pool->words->control, 1, UINT32_MAX);
    return BYN_OK;
}

byn_status byni_submitter_enter(byn_pool *pool)
{
    byn_status status;

    (void)byni_pool_sweep(pool);
    status = byni_pool_lock(pool);
    if (status < 0)
        return status;
    status = take_submitter(pool);
    byni_pool_unlock(pool);
    return status;
}

void byni_submitter_leave(byn_pool *pool)
{
    uint32_t me = pool->me;

    if (me == BYNI_POOL_NOBODY)
        return;
    pool->me = BYNI_POOL_NOBODY;
    if (byni_pool_lock(pool) < 0)
        return;
    byni_submitter_cleanup(pool, me);
    byni_store32(&pool->stock.count, 0); /* all that is free is in the list */
    byni_pool_unlock(pool);
}

static bool is_expected(const byni_worker *worker, uint64_t nonce)
{
    if (byni_load32(&worker->member.pid) != 0)
        return false;
    if (nonce == 0)
        return byni_load32(&worker->stage) == BYNI_WORKER_NONE;
    return byni_load32(&worker->stage) == BYNI_WORKER_STARTING &&
           byni_load64(&worker->nonce) == nonce;
}

/* BYN_POOL_MEMBERS_MAX: there is none. */
static uint32_t find_worker(const byn_pool *pool, uint64_t nonce)
{
    uint32_t i = 0;

    while (i < BYN_POOL_MEMBERS_MAX && !is_expected(&pool->workers[i], nonce))
        i++;
    return i;
}

/* With the guard. */
static byn_status take_worker(byn_pool *pool, uint64_t nonce, uint32_t *place)
{
    uint32_t i = find_worker(pool, nonce);
    byni_worker *worker = &pool->workers[i < BYN_POOL_MEMBERS_MAX ? i : 0];

    if (i == BYN_POOL_MEMBERS_MAX)
        return nonce == 0 ? too_many("workers")
                          : byni_fail(BYN_E_NOTFOUND, "nobody waits for this worker any more");
    raise_used(&pool->words->used_workers, i);
    byni_store32(&worker->by_hand, nonce == 0);
    enter(&worker->member);
    byni_store32(&worker->stage, BYNI_WORKER_STARTING);
    byni_workers_count(pool);
    bynk_spot_add(pool->object.segment, &pool->words->control, 1, UINT32_MAX);
    *place = i;
    return BYN_OK;
}

byn_status byni_worker_enter(byn_pool *pool, uint64_t nonce, uint32_t *place)
{
    byn_status status;

    (void)byni_pool_sweep(pool);
    status = byni_pool_lock(pool);
    if (status < 0)
        return status;
    status = take_worker(pool, nonce, place);
    byni_pool_unlock(pool);
    return status;
}

byn_status byni_worker_expect(byn_pool *pool, uint64_t nonce, uint32_t *place)
{
    uint32_t i = find_worker(pool, 0);

    if (i == BYN_POOL_MEMBERS_MAX)
        return too_many("workers");
    raise_used(&pool->words->used_workers, i);
    byni_store64(&pool->workers[i].nonce, nonce);
    byni_store64(&pool->workers[i].since, bynk_clock());
    byni_store32(&pool->workers[i].stage, BYNI_WORKER_STARTING);
    *place = i;
    return BYN_OK;
}

void byni_worker_leave(byn_pool *pool, uint32_t place)
{
    if (byni_pool_lock(pool) < 0)
        return;
    byni_worker_cleanup(pool, place, NULL);
    byni_pool_unlock(pool);
}
