/*
 * Members that died, and what the heir of the guard does. See pool_words.h.
 *
 * All that cleans up holds the guard, and may be killed anywhere: the place is given back by its last store, so
 * that the next one who looks finds the dead member again, and does the same once more.
 */
#include "pool_state.h"

#include "crash.h"

/* ---- Wake -------------------------------------------------------------------------------------------- */

static void wake(byn_pool *pool, bynk_spot *spot)
{
    bynk_spot_add(pool->object.segment, spot, 1, UINT32_MAX);
}

/* The dead may have been about to call some, or was called. */
static void wake_workers(byn_pool *pool)
{
    byni_store32(&pool->words->duty, 0);
    byni_store32(&pool->words->idle, 0);
    byni_store32(&pool->words->standby, 0);
    wake(pool, &pool->words->first);
    wake(pool, &pool->words->work);
}

static void wake_submitters(byn_pool *pool)
{
    uint32_t i;

    for (i = 0; i < byni_used_submitters(pool); i++)
        wake(pool, &pool->submitters[i].bell.spot);
    wake(pool, &pool->words->room.spot);
}

void byni_pool_wake_all(byn_pool *pool)
{
    wake_workers(pool);
    wake_submitters(pool);
    wake(pool, &pool->words->control);
}

/* Who waits for what a member had, was woken while its place was still taken: were that done afterwards, a death before
 * it would be nobody's whom others find. */
static void tell_it_is_gone(byn_pool *pool)
{
    wake(pool, &pool->words->control);
    wake(pool, &pool->words->room.spot);
}

/* ---- A worker's tasks -------------------------------------------------------------------------------- */

/* What it left of a task that it was in. */
typedef struct remains {
    byni_worker *worker;
    uint32_t place; /* the worker's */
    const byn_exit *exit;
    byni_ticket ticket;
    byni_task *task;
    uint32_t begun; /* this attempt included */
} remains;

/* One more; if it was being counted when the last one died, it is counted once. */
static void begin_count(byni_a64 *sum)
{
    byni_store64(sum, byni_load64(sum) | 1);
}

static void end_count(byni_a64 *sum)
{
    uint64_t count = byni_load64(sum);

    if ((count & 1) != 0)
        byni_store64(sum, ((count >> 1) + 1) << 1);
}

/* It was killed because of one task; others in which it was just then have lost their worker. */
static byn_status cause_of(const byn_pool *pool, const remains *left)
{
    uint32_t cause = byni_load32(&left->worker->killed_for);

    if (cause != 0 && byni_load64(&left->worker->killed_task) == byni_hint_of(left->ticket))
        return (byn_status)cause;
    if ((byni_load32(&pool->words->phase) & BYNI_POOL_TERMINATED) != 0 ||
        (byni_task_wanted(left->task, left->ticket.generation) & BYNI_WANTED_KILL) != 0)
        return BYN_E_CANCELED;
    return BYN_E_PEERDIED;
}

static bool may_try_again(const byn_pool *pool, const remains *left)
{
    return left->begun < byni_load32(&left->task->most) && cause_of(pool, left) != BYN_E_CANCELED &&
           (byni_load32(&pool->words->phase) & (BYNI_POOL_TERMINATED | BYNI_POOL_BROKEN)) == 0 &&
           byni_load32(&left->task->owner) < BYN_POOL_MEMBERS_MAX;
}

static void try_again(byn_pool *pool, const remains *left)
{
    begin_count(&left->worker->retried);
    byni_store64(&left->task->word,
                 byni_task_word(left->ticket.generation, left->begun, BYNI_TASK_QUEUED));
    byni_crash_point("pool.retried");
    end_count(&left->worker->retried);
    byni_hints_push_front(pool, left->ticket);
}

static void fail(byn_pool *pool, const remains *left)
{
    const byn_exit *how = left->exit;
    byni_task *task = left->task;

    byni_store32(&task->exit_code, how != NULL ? (uint32_t)how->code : 0);
    byni_store32(&task->exit_signal, how != NULL ? (uint32_t)how->signal : 0);
    byni_store32(&task->exit_known, how != NULL && how->known);
    byni_store32(&task->message_size, 0);
    byni_store64(&task->result_size, 0);
    byni_store32(&task->status, (uint32_t)cause_of(pool, left));
    begin_count(&left->worker->failed);
    byni_store64(&task->word,
                 byni_task_word(left->ticket.generation, left->place, BYNI_TASK_FAILED));
    byni_crash_point("pool.failed");
    end_count(&left->worker->failed);
}

static void settle_running(byn_pool *pool, const remains *left)
{
    byni_store32(&left->task->begun, left->begun);
    if (may_try_again(pool, left))
        try_again(pool, left);
    else
        fail(pool, left);
}

/* It has ended, by the worker or by who cleans up, and perhaps that was not counted. */
static void settle_counts(byni_worker *worker)
{
    end_count(&worker->done);
    end_count(&worker->failed);
    end_count(&worker->retried);
}

/* What was about to be counted was the end of what still runs, and did not come. */
static void drop_counts(byni_worker *worker)
{
    byni_a64 *sums[] = {&worker->done, &worker->failed, &worker->retried};
    size_t i;

    for (i = 0; i < sizeof sums / sizeof sums[0]; i++)
        byni_store64(sums[i], byni_load64(sums[i]) & ~UINT64_C(1));
}

/* The task that it was in, or was about to claim, or had ended. */
static void settle(byn_pool *pool, remains *left, uint64_t current)
{
    uint64_t word;
    uint32_t who;

    left->ticket = byni_hint_ticket(current);
    if (left->ticket.index >= pool->capacity)
        return;
    left->begun = (uint32_t)(current >> BYNI_HINT_BITS) + 1;
    left->task = &pool->tasks[left->ticket.index];
    word = byni_load64(&left->task->word);
    who = byni_word_who(word);
    if (byni_word_generation(word) != left->ticket.generation)
        return;
    if (byni_word_kind(word) == BYNI_TASK_RUNNING && who == left->place) {
        drop_counts(left->worker);
        settle_running(pool, left);
    } else if (byni_word_kind(word) == BYNI_TASK_QUEUED) {
        byni_hints_push_front(pool, left->ticket);
    }
    word = byni_load64(&left->task->word);
    if (byni_word_ended(word) && byni_load32(&left->task->owner) >= BYN_POOL_MEMBERS_MAX)
        (void)byni_task_release(pool, left->ticket.index, word);
}

/* Whether the hint is of a task that is queued. */
static bool is_queued(const byn_pool *pool, uint64_t hint)
{
    byni_ticket ticket = byni_hint_ticket(hint);

    return hint != 0 && byni_task_kind(pool, ticket) == BYNI_TASK_QUEUED;
}

/* What it had taken goes back to where it came from. */
static void return_batch(byn_pool *pool, byni_worker *worker)
{
    int i;

    for (i = BYNI_TASK_BATCH - 1; i >= 0; i--) {
        uint64_t hint = byni_load64(&worker->batch[i]);

        if (is_queued(pool, hint))
            byni_hints_push_front(pool, byni_hint_ticket(hint));
        byni_store64(&worker->batch[i], 0);
    }
}

/* The innermost first; each is looked at once more if this is cut short. */
static void settle_all(byn_pool *pool, uint32_t place, const byn_exit *exit)
{
    remains left = {.worker = &pool->workers[place], .place = place, .exit = exit};
    int i;

    for (i = BYNI_TASK_NESTED - 1; i >= 0; i--) {
        uint64_t current = byni_load64(&left.worker->current[i]);

        if (current == 0)
            continue;
        settle(pool, &left, current);
        settle_counts(left.worker);
        byni_store64(&left.worker->current[i], 0);
    }
}

static void vacate(byn_pool *pool, byni_worker *worker)
{
    byni_store32(&worker->depth, 0);
    byni_store32(&worker->killed_for, 0);
    byni_store32(&worker->by_hand, 0);
    byni_store64(&worker->nonce, 0);
    byni_store64(&worker->since, 0);
    byni_store32(&worker->stage, BYNI_WORKER_NONE);
    byni_crash_point("pool.vacating");
    byni_store32(&worker->member.pid, 0);
    byni_workers_count(pool);
}

/* In a task, or before it was ready: then it died, whether by itself or not. */
static bool died_in_it(const byni_worker *worker)
{
    uint32_t stage = byni_load32(&worker->stage);

    return byni_load64(&worker->current[0]) != 0 || stage == BYNI_WORKER_STARTING ||
           stage == BYNI_WORKER_FAILED;
}

void byni_worker_cleanup(byn_pool *pool, uint32_t place, const byn_exit *exit)
{
    byni_worker *worker = &pool->workers[place];

    if (died_in_it(worker))
        begin_count(&worker->died);
    return_batch(pool, worker);
    settle_all(pool, place, exit); /* what is tried again comes first of all */
    end_count(&worker->died);
    byni_pool_wake_all(pool);
    vacate(pool, worker);
    byni_crash_point("pool.vacated");
    tell_it_is_gone(pool);
}

/* ---- A submitter's tasks ----------------------------------------------------------------------------- */

/* What waits is withdrawn, what has ended is dropped, what runs goes on for nobody. drains: what waits too. */
static void withdraw(byn_pool *pool, uint32_t index, bool drains)
{
    byni_task *task = &pool->tasks[index];
    uint64_t word = byni_load64(&task->word);
    int kind = byni_word_kind(word);

    if (kind == BYNI_TASK_QUEUED && !drains) {
        uint32_t owner = byni_load32(&task->owner);

        if (byni_task_release(pool, index, word)) {
            (void)byni_add64(&pool->submitters[owner].canceled, 1);
            return;
        }
    }
    if (byni_word_ended(word)) {
        (void)byni_task_release(pool, index, word);
        return;
    }
    byni_store32(&task->owner, BYNI_POOL_NOBODY);
    byni_fence(); /* its worker sees this, or this sees its end */
    word = byni_load64(&task->word);
    if (byni_word_ended(word))
        (void)byni_task_release(pool, index, word);
}

static void withdraw_all(byn_pool *pool, uint32_t submitter, bool drains)
{
    uint32_t i;

    for (i = 0; i < pool->capacity; i++) {
        uint64_t word = byni_load64(&pool->tasks[i].word);
        int kind = byni_word_kind(word);

        if (kind == BYNI_TASK_RESERVED && byni_word_who(word) == submitter)
            (void)byni_task_release(pool, i, word);
        else if (kind >= BYNI_TASK_QUEUED && kind <= BYNI_TASK_CANCELED &&
                 byni_load32(&pool->tasks[i].owner) == submitter)
            withdraw(pool, i, drains);
    }
}

/* What it had freed, and not given back, is in no list: so that is made anew. */
void byni_submitter_cleanup(byn_pool *pool, uint32_t place)
{
    byni_submitter *submitter = &pool->submitters[place];
    bool drains =
        pool->definition->orphans == BYN_POOL_DRAIN && byni_submitter_is_last(pool, place);

    byni_posts_fetch(pool);
    withdraw_all(pool, place, drains);
    if (drains) /* what was queued, and not posted */
        byni_hints_rebuild(pool);
    byni_places_rebuild(pool);
    if (byni_load32(&pool->words->supervisor) == place)
        byni_store32(&pool->words->supervisor, BYNI_POOL_NOBODY);
    byni_store32(&submitter->is_worker, 0);
    byni_pool_wake_all(pool);
    byni_crash_point("pool.leaving");
    byni_store32(&submitter->member.pid, 0);
    tell_it_is_gone(pool);
}

/* Dead workers are left to the supervisor, while that lives: it knows how
 * they have ended. */
size_t byni_clean_up_dead(byn_pool *pool)
{
    bool leave_workers = byni_pool_is_supervised(pool);
    size_t count = 0;
    uint32_t i;

    for (i = 0; i < byni_used_workers(pool) && !leave_workers; i++)
        if (byni_member_is_dead(&pool->workers[i].member)) {
            byni_worker_cleanup(pool, i, NULL);
            count++;
        }
    for (i = 0; i < byni_used_submitters(pool); i++)
        if (byni_member_is_dead(&pool->submitters[i].member)) {
            byni_submitter_cleanup(pool, i);
            count++;
        }
    return count;
}

/* ---- The heir ----------------------------------------------------------------------------------------- */

/* Who broke the pool had come so far with it. */
static void finish_breaking(byn_pool *pool)
{
    uint32_t i;

    for (i = 0; i < pool->capacity; i++) {
        uint64_t word = byni_load64(&pool->tasks[i].word);

        if (byni_word_kind(word) == BYNI_TASK_RESERVED && byni_word_who(word) == BYNI_POOL_BREAKER)
            byni_task_fail_broken(pool, i, word);
    }
}

static byn_status restore(byn_pool *pool)
{
    byn_status status;

    byni_hints_rebuild(pool);
    byni_places_finish(pool);
    byni_places_rebuild(pool);
    status = byni_pool_repair_heap(pool);
    if (status < 0)
        return status;
    finish_breaking(pool);
    byni_workers_count(pool);
    (void)byni_clean_up_dead(pool);
    return BYN_OK;
}

/* A repair that dies, or finds what cannot be, is begun anew by the next who takes the guard. */
byn_status byni_pool_repair(byn_pool *pool)
{
    byn_status status;

    byni_store32(&pool->words->needs_repair, 1);
    status = restore(pool);
    byni_pool_wake_all(pool);
    if (status >= 0)
        byni_store32(&pool->words->needs_repair, 0);
    return status;
}
