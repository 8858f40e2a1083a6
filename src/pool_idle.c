/*
 * Workers that wait, and who calls them. See pool_words.h.
 */
#include "pool_state.h"

/* What it takes to wake somebody; and where more comes at once, as much work may come together before that is done. */
enum { CALL_NS = 20000, HEAP_NS = 50000 };

#define STANDBY_NS UINT64_C(1000000)

/* ---- Call ---------------------------------------------------------------------------------------------- */

/* Whether those who work will have done it sooner than another one is awake. */
static bool is_little(const byn_pool *pool)
{
    const byni_pool_words *words = pool->words;
    uint64_t queued = byni_hints_count(pool);
    uint64_t usual = byni_load32(&words->usual);

    return byni_load32(&words->standby) != 0 &&
           byni_load32(&words->present) > byni_load32(&words->idle) && usual != 0 &&
           usual < CALL_NS && queued * usual < CALL_NS;
}

/* What was handed to who waits, too. */
static uint64_t count_waiting(const byn_pool *pool)
{
    return byni_hints_count(pool) + (byni_load64(&pool->words->handed) != 0);
}

bool byni_call_may_wait(const byn_pool *pool)
{
    uint64_t usual = byni_load32(&pool->words->usual);

    return usual != 0 && usual < HEAP_NS && count_waiting(pool) * usual < HEAP_NS;
}

void byni_worker_call_now(byn_pool *pool)
{
    byni_call_for whom;

    if (!byni_worker_is_wanted(pool) || count_waiting(pool) == 0 || byni_pool_lock(pool) < 0)
        return;
    byni_posts_fetch(pool);
    whom = byni_worker_choose(pool);
    byni_pool_unlock(pool);
    byni_worker_call(pool, whom);
}

/* Who is called is no longer taken for one who waits. Was he killed meanwhile, who cleans up wakes all. */
byni_call_for byni_worker_choose(byn_pool *pool)
{
    byni_pool_words *words = pool->words;
    uint32_t idle = byni_load32(&words->idle);

    if (byni_load32(&words->duty) != 0) {
        byni_store32(&words->duty, 0);
        return BYNI_CALL_FIRST;
    }
    if (idle == 0 || is_little(pool))
        return BYNI_CALL_NOBODY;
    byni_store32(&words->idle, idle - 1);
    return BYNI_CALL_SLEEPER;
}

bool byni_worker_is_wanted(const byn_pool *pool)
{
    const byni_pool_words *words = pool->words;

    return byni_load32(&words->duty) != 0 || (byni_load32(&words->idle) != 0 && !is_little(pool));
}

bool byni_worker_hand(byn_pool *pool, byni_ticket ticket)
{
    byni_pool_words *words = pool->words;

    if (byni_load32(&words->duty) == 0 || byni_load64(&words->handed) != 0 ||
        byni_load64(&words->tail) != byni_load64(&words->head))
        return false;
    byni_store64(&words->handed, byni_hint_of(ticket));
    return true;
}

void byni_worker_call(byn_pool *pool, byni_call_for whom)
{
    if (whom == BYNI_CALL_FIRST)
        bynk_spot_add(pool->object.segment, &pool->words->first, 1, 1);
    else if (whom == BYNI_CALL_SLEEPER)
        bynk_spot_add(pool->object.segment, &pool->words->work, 1, 1);
}

/* ---- Sleep --------------------------------------------------------------------------------------------- */

typedef enum role { HAS_DUTY, STANDS_BY, SLEEPS } role;

/* With the guard: whether others work, and did so when this one last began to wait. */
static bool others_are_busy(byn_pool *pool)
{
    const byni_pool_words *words = pool->words;
    uint64_t head = byni_load64(&words->head), seen = pool->seen;

    pool->seen = head;
    return head != seen && byni_load32(&words->present) > byni_load32(&words->idle) + 1;
}

/* With the guard: it waits. */
static role begin_wait(byn_pool *pool, uint32_t worker, uint32_t *number)
{
    byni_pool_words *words = pool->words;
    bool busy = others_are_busy(pool);

    if (byni_load32(&words->duty) == 0 && !(busy && byni_load32(&words->standby) == 0)) {
        byni_store32(&words->duty, worker + 1);
        *number = bynk_spot_number(&words->first);
        return HAS_DUTY;
    }
    byni_store32(&words->idle, byni_load32(&words->idle) + 1);
    *number = bynk_spot_number(&words->work);
    if (!busy || byni_load32(&words->duty) != 0 || byni_load32(&words->standby) != 0)
        return SLEEPS;
    byni_store32(&words->standby, worker + 1);
    return STANDS_BY;
}

/* Who was not called is not taken for one who waits any more. Of those who sleep it is known only that nobody was: so
 * there may be some too many, who are called in vain. */
static bool was_called(const byni_pool_words *words, uint32_t worker, role is, uint32_t number)
{
    return is == HAS_DUTY ? byni_load32(&words->duty) != worker + 1
                          : bynk_spot_number(&words->work) != number;
}

static void end_wait(byn_pool *pool, uint32_t worker, role is, uint32_t number)
{
    byni_pool_words *words = pool->words;
    uint32_t idle;

    if ((is != STANDS_BY && was_called(words, worker, is, number)) || byni_pool_lock(pool) < 0)
        return;
    if (!was_called(words, worker, is, number)) {
        idle = byni_load32(&words->idle);
        if (is == HAS_DUTY)
            byni_store32(&words->duty, 0);
        else if (idle > 0)
            byni_store32(&words->idle, idle - 1);
    }
    if (byni_load32(&words->standby) == worker + 1)
        byni_store32(&words->standby, 0);
    byni_pool_unlock(pool);
}

/* Until the deadline of `rest`, or for so long as one stands by. One who spins is enough. Who is killed between giving a
 * task and calling is cleaned up after, and that wakes all. */
static byn_status sleep_as(byn_pool *pool, role is, uint32_t number, bynk_rest *rest)
{
    bynk_spot *spot = is == HAS_DUTY ? &pool->words->first : &pool->words->work;
    bynk_deadline deadline = rest->deadline;
    bynk_wait_hint *hint = rest->hint;
    byn_status status;

    rest->patient = true;
    if (is != HAS_DUTY)
        rest->hint = NULL;
    if (is == STANDS_BY && byni_remaining(deadline, STANDBY_NS) == STANDBY_NS)
        rest->deadline = bynk_clock() + STANDBY_NS;
    status = bynk_spot_sleep(pool->object.segment, spot, number, rest);
    if (status == BYN_E_TIMEDOUT && rest->deadline != deadline)
        status = BYN_OK;
    rest->deadline = deadline;
    rest->hint = hint;
    return status;
}

byn_status byni_worker_sleep(byn_pool *pool, uint32_t worker, bynk_rest *rest)
{
    byni_pool_words *words = pool->words;
    uint32_t number;
    role is;
    byn_status status;

    byni_bell_ring(pool, &words->room); /* perhaps all has ended */
    status = byni_pool_lock(pool);
    if (status < 0)
        return status;
    if (!byni_hints_are_none(pool) || byni_load64(&words->handed) != 0 ||
        byni_load32(&words->phase) != 0) {
        byni_pool_unlock(pool);
        return BYN_OK;
    }
    is = begin_wait(pool, worker, &number);
    byni_pool_unlock(pool);
    byni_fence(); /* it says that it waits, then looks; who posts does so the other way round */
    if (byni_posts_count(pool) != 0) {
        end_wait(pool, worker, is, number);
        return BYN_OK;
    }
    status = sleep_as(pool, is, number, rest);
    end_wait(pool, worker, is, number);
    return status;
}
