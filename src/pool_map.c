/*
 * Mapping: nobody but the caller knows its futures before all have ended, so they are settled without the lock, and a
 * task that has ended leaves its place to one that is still to be submitted: DONE becomes RESERVED, by one store of its
 * owner, in place of FREE. Killed then, it is like any other that is RESERVED.
 *
 * Half of the table is enough at a time, and leaves others room. Where that is in use, half of these are awaited at
 * once; but whoever works must not wait for who submits because the one in the midst takes long: so the others are
 * looked at again after a while.
 */
#include "future_state.h"

enum {
    AHEAD = 8, /* tasks that are fetched while others are settled */
    EACH = 4   /* tasks for each worker, at least, in a small table */
};

#define SLICE_FIRST UINT64_C(1000000) /* ns */
#define SLICE_LAST (64 * SLICE_FIRST)

typedef struct mapping {
    byn_pool *pool;
    const byni_order *order;
    byn_future **futures;
    const byn_bytes *arguments;
    size_t count;
    size_t begun;  /* so many have a future, and a task */
    size_t first;  /* all before have ended */
    size_t behind; /* of those from there on, as far as it was looked at */
    size_t window; /* so many are submitted at a time */
    uint64_t slice;
    byni_kept kept;
} mapping;

static byn_status check(byn_future *const *futures, const byn_bytes *arguments, size_t count,
                        byn_timeout timeout)
{
    byn_status status = BYN_OK;
    size_t i;

    if (!byni_timeout_valid(timeout))
        return byni_fail_timeout();
    if (count > 0 && (futures == NULL || arguments == NULL))
        return byni_fail_null(futures == NULL ? "futures" : "arguments");
    for (i = 0; i < count && status >= 0; i++)
        status = byni_argument_check(&arguments[i], i);
    return status;
}

/* ---- With callbacks: the helper has to know each ------------------------------------------------------- */

/* Those that end meanwhile make room, the first ones first. */
static byn_status submit_all(mapping *m, bynk_deadline deadline)
{
    byn_status status = BYN_OK;
    size_t put;

    for (; m->begun < m->count && status >= 0; m->begun += put) {
        m->first += byni_futures_ended(m->futures + m->first, m->begun - m->first);
        status = byni_submit(m->pool, m->order, m->futures + m->begun, m->arguments + m->begun,
                             m->count - m->begun, &put, deadline);
    }
    return status >= 0 ? byni_futures_await_all(m->futures, m->count, deadline) : status;
}

/* ---- Ends ------------------------------------------------------------------------------------------------ */

/* Others know it, or it is not a small result, which others may need room of then. */
static bool settle(byn_future *future)
{
    byni_outstanding *all = future->pool->outstanding;
    bool ended;

    if (!byni_task_is_over(future->pool, future->ticket))
        return false;
    if (!future->known)
        byni_future_register(future);
    bynk_lock_lock(&all->lock);
    ended = byni_future_settle(future);
    bynk_lock_unlock(&all->lock);
    return ended;
}

/* There is room for one more place. */
static bool has_ended(mapping *m, byn_future *future)
{
    uint64_t word;

    if (byni_load32(&future->stage) != BYN_FUTURE_WAITING)
        return true;
    if (future->known || !byni_future_copy_small(future, &word))
        return settle(future);
    if (byni_load32(&m->pool->tasks[future->ticket.index].argument_place) == 0)
        byni_task_keep(m->pool, future->ticket.index, word, &m->kept);
    else
        byni_task_free_ended(m->pool, future->ticket.index, word);
    byni_store32(&future->stage, BYN_FUTURE_DONE);
    return true;
}

/* What comes next is on its way meanwhile. */
static void fetch(const mapping *m, size_t i)
{
    if (i + 2 * AHEAD < m->begun)
        byni_future_fetch(m->futures[i + 2 * AHEAD]);
    if (i + AHEAD < m->begun)
        byni_task_prefetch(&m->pool->tasks[m->futures[i + AHEAD]->ticket.index]);
}

/* Those that have ended one after the other, until as many places are kept as can be used. Whether the next one has
 * not ended. */
static bool look_at_first(mapping *m)
{
    for (; m->first < m->begun && m->kept.count < BYNI_TOGETHER; m->first++) {
        byn_future *future = m->futures[m->first];

        fetch(m, m->first);
        if (m->behind > 0 && byni_load32(&future->stage) != BYN_FUTURE_WAITING)
            m->behind--;
        else if (!has_ended(m, future))
            return true;
    }
    return false;
}

static void look_at_all(mapping *m)
{
    size_t i;

    m->behind = 0;
    for (i = m->first; i < m->begun && m->kept.count < BYNI_TOGETHER; i++)
        m->behind += has_ended(m, m->futures[i]);
}

/* ---- Wait ------------------------------------------------------------------------------------------------ */

/* Who is a worker runs them meanwhile, in order. */
static byn_future *next_of(const mapping *m)
{
    byn_future *half = m->futures[m->first + (m->begun - m->first) / 2];
    uint32_t worker;

    return byni_load32(&half->stage) != BYN_FUTURE_WAITING || byni_worker_is_me(m->pool, &worker)
               ? m->futures[m->first]
               : half;
}

/* Until one has ended. If others can still be submitted, not for long: a worker may have nothing to do. */
static byn_status wait_a_while(mapping *m, bynk_deadline deadline)
{
    byn_future *future = next_of(m);
    bynk_deadline end = m->begun < m->count ? bynk_clock() + m->slice : deadline;
    size_t before = m->behind;
    byn_status status;

    byni_worker_call_now(m->pool);
    end = end < deadline ? end : deadline;
    status = byni_future_await(future, end);
    if (status != BYN_E_TIMEDOUT || end == deadline)
        return status;
    look_at_all(m);
    if (m->behind > before)
        m->slice = SLICE_FIRST;
    else if (m->slice < SLICE_LAST)
        m->slice *= 2;
    return BYN_OK;
}

/* ---- Begin ----------------------------------------------------------------------------------------------- */

static size_t window_of(const byn_pool *pool)
{
    size_t window = pool->capacity / 2, least = EACH * (size_t)byni_load32(&pool->words->present);

    if (window < BYNI_TOGETHER)
        window = BYNI_TOGETHER;
    if (window < least)
        window = least;
    return window < pool->capacity ? window : pool->capacity;
}

/* As many as there is room for. It is waited for only if nothing else can be. */
static byn_status submit_some(mapping *m, size_t *put, bynk_deadline deadline)
{
    size_t left = m->count - m->begun, under_way = m->begun - m->first - m->behind;
    size_t room = m->window > under_way ? m->window - under_way : 0;
    byn_status status = BYN_OK;

    *put = 0;
    left = left < room ? left : room;
    if (left == 0 || byni_load32(&m->pool->words->short_of) != 0)
        byni_kept_release(m->pool, &m->kept); /* others may need them */
    if (left > 0)
        status =
            byni_submit_mapped(m->pool, m->order, m->futures + m->begun, m->arguments + m->begun,
                               left, put, &m->kept, under_way > 0 ? BYNK_NOW : deadline);
    m->begun += *put;
    return status == BYN_E_TIMEDOUT && under_way > 0 ? BYN_OK : status;
}

static byn_status map_all(mapping *m, bynk_deadline deadline)
{
    byn_status status;
    size_t put;
    bool waits;

    m->window = window_of(m->pool);
    m->slice = SLICE_FIRST;
    do {
        waits = look_at_first(m);
        status = submit_some(m, &put, deadline);
        if (status >= 0 && put == 0 && waits)
            status = wait_a_while(m, deadline);
    } while (status >= 0 && m->first < m->count);
    byni_kept_release(m->pool, &m->kept);
    return status;
}

/* ---- The call -------------------------------------------------------------------------------------------- */

static size_t count_failed(byn_future *const *futures, size_t count)
{
    size_t failed = 0, i;

    for (i = 0; i < count; i++)
        failed += byni_load32(&futures[i]->stage) != BYN_FUTURE_DONE;
    return failed;
}

static void abandon_all(const mapping *m)
{
    size_t i;

    for (i = 0; i < m->begun; i++)
        byni_future_abandon(m->futures[i]);
}

byn_status byn_pool_map(byn_pool *pool, byn_future **futures, const char *task,
                        const byn_bytes *arguments, size_t count, const byn_submit_options *options,
                        size_t *failed, byn_timeout timeout)
{
    static const char name[] = "byn_pool_map";
    byni_order order;
    mapping m = {
        .pool = pool, .order = &order, .futures = futures, .arguments = arguments, .count = count};
    bynk_deadline deadline;
    byn_status status = byni_pool_usable(pool, name);

    if (status < 0)
        return status;
    status = check(futures, arguments, count, timeout);
    if (status >= 0)
        status = byni_order_make(&order, pool, name, task, options);
    if (status < 0)
        return byni_pool_answer(pool, status, name);
    deadline = byni_deadline(timeout);
    status = order.on_done != NULL ? submit_all(&m, deadline) : map_all(&m, deadline);
    if (status < 0) {
        status = byni_pool_answer(pool, status, name); /* before others state their causes */
        abandon_all(&m);
        return status;
    }
    if (failed != NULL)
        *failed = count_failed(futures, count);
    return BYN_OK;
}
