/*
 * How far a pool is, and waiting until it has done all. See pool_state.h.
 */
#include "pool_state.h"

/* ---- Wait until all has ended ------------------------------------------------------------------------ */

static uint32_t count_kind(const byn_pool *pool, int wanted)
{
    uint32_t i, count = 0;

    for (i = 0; i < pool->capacity; i++)
        count += byni_word_kind(byni_load64(&pool->tasks[i].word)) == wanted;
    return count;
}

static bool workers_left(const byn_pool *pool)
{
    uint32_t i;

    for (i = 0; i < BYN_POOL_MEMBERS_MAX; i++)
        if (byni_load32(&pool->workers[i].member.pid) != 0 ||
            byni_load32(&pool->workers[i].stage) != BYNI_WORKER_NONE)
            return false;
    return true;
}

/* What is retried is queued in between: so what is queued is looked at on both sides of what runs. */
static bool has_ended(const byn_pool *pool)
{
    if (count_kind(pool, BYNI_TASK_QUEUED) > 0 || count_kind(pool, BYNI_TASK_RUNNING) > 0 ||
        count_kind(pool, BYNI_TASK_QUEUED) > 0)
        return false;
    return byni_load32(&pool->words->phase) == 0 || workers_left(pool);
}

static byn_status join(byn_pool *pool, byn_timeout timeout)
{
    bynk_rest rest = {.deadline = byni_deadline(timeout)};
    byn_status status = BYN_OK;

    while (status >= 0) {
        uint32_t number = byni_bell_listen(&pool->words->room);

        if (has_ended(pool))
            return BYN_OK;
        status = bynk_spot_sleep(pool->object.segment, &pool->words->room.spot, number, &rest);
        if (status >= 0)
            (void)byni_pool_sweep(pool);
    }
    return status;
}

byn_status byn_pool_join(byn_pool *pool, byn_timeout timeout)
{
    static const char name[] = "byn_pool_join";
    byn_status status = byni_pool_usable(pool, name);
    uint32_t worker;

    if (status < 0)
        return status;
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(name);
    if (byni_worker_is_me(pool, &worker) || byni_helper_is_me(pool) || byni_in_callback())
        return byni_pool_answer(pool, BYN_E_DEADLOCK, name);
    return byni_pool_answer(pool, join(pool, timeout), name);
}

/* ---- How far it is ----------------------------------------------------------------------------------- */

static void count_workers(const byn_pool *pool, byn_pool_state *state)
{
    uint32_t i;

    for (i = 0; i < BYN_POOL_MEMBERS_MAX; i++) {
        const byni_worker *worker = &pool->workers[i];
        uint32_t stage = byni_load32(&worker->stage);

        state->done += byni_load64(&worker->done) >> 1;
        state->failed += byni_load64(&worker->failed) >> 1;
        state->retried += byni_load64(&worker->retried) >> 1;
        state->died += (uint32_t)(byni_load64(&worker->died) >> 1);
        state->workers += stage == BYNI_WORKER_READY;
        state->starting += stage == BYNI_WORKER_STARTING;
    }
}

static void count_submitters(const byn_pool *pool, byn_pool_state *state)
{
    uint32_t supervisor = byni_load32(&pool->words->supervisor), i;

    for (i = 0; i < BYN_POOL_MEMBERS_MAX; i++) {
        const byni_submitter *submitter = &pool->submitters[i];
        uint32_t pid = byni_load32(&submitter->member.pid);

        state->canceled += byni_load64(&submitter->canceled);
        state->submitters += pid != 0 && byni_load32(&submitter->is_worker) == 0;
        if (i == supervisor)
            state->supervisor = pid;
    }
}

static void look(const byn_pool *pool, byn_pool_state *state)
{
    uint32_t phase = byni_load32(&pool->words->phase);

    memset(state, 0, sizeof *state);
    count_workers(pool, state);
    count_submitters(pool, state);
    state->failed += byni_load32(&pool->words->never_begun);
    state->waiting = count_kind(pool, BYNI_TASK_QUEUED);
    state->running = count_kind(pool, BYNI_TASK_RUNNING);
    state->is_closed = (phase & BYNI_POOL_SHUTDOWN) != 0;
    state->is_broken = (phase & BYNI_POOL_BROKEN) != 0;
}

bool byni_progress_is_same(const byn_pool_state *one, const byn_pool_state *other)
{
    return one->struct_size == other->struct_size && one->done == other->done &&
           one->failed == other->failed && one->canceled == other->canceled &&
           one->retried == other->retried && one->waiting == other->waiting &&
           one->running == other->running && one->workers == other->workers &&
           one->starting == other->starting && one->died == other->died &&
           one->submitters == other->submitters && one->supervisor == other->supervisor &&
           one->is_closed == other->is_closed && one->is_broken == other->is_broken;
}

/* Of one moment, if nothing has ended or come in between. In a pool where that always happens it does not matter. */
static void look_calmly(const byn_pool *pool, byn_pool_state *state)
{
    enum { TRIES = 8 };
    byn_pool_state again;
    int i;

    look(pool, state);
    for (i = 0; i < TRIES; i++) {
        look(pool, &again);
        if (byni_progress_is_same(&again, state))
            return;
        *state = again;
    }
}

byn_status byn_pool_progress(byn_pool *pool, byn_pool_state *state)
{
    byn_status status = byni_pool_usable(pool, "byn_pool_progress");
    byn_pool_state found;

    if (status < 0)
        return status;
    if (!byni_struct_fits(state, sizeof found))
        return byni_wrong_struct("byn_pool_progress", "state");
    look_calmly(pool, &found);
    found.struct_size = state->struct_size;
    memcpy(state, &found, found.struct_size);
    return BYN_OK;
}
