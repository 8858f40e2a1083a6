/*
 * A process is stopped at every instruction of what it does with a pool's tasks, and another one goes on. See
 * pool_board.h.
 */
#include "pool_board.h"

static void others_work(void *context, long k)
{
    subject *s = context;
    byni_ticket ticket;

    (void)k;
    while (byni_task_steal(s->pool, s->worker, &ticket))
        CHECK(run(s->b, s->pool, s->worker, ticket));
}

static void each_is_run_once(void *context, long k)
{
    subject *s = context;
    unsigned i;

    (void)byni_pool_sweep(s->pool);
    run_the_rest(s);
    for (i = 0; i < s->is->start; i++)
        CHECK_INT(apr_atomic_read32(&s->b->word[RUNS + i + 1]), 1);
    each_task_has_one_end(s, k);
}

static void others_run_it(void *context, long k)
{
    subject *s = context;
    byni_ticket ticket = {s->b->word[TICKET], s->b->word[GENERATION]}, claimed;

    (void)k;
    if (byni_task_claim(s->pool, s->worker, byni_hint_of(ticket), &claimed))
        CHECK(run(s->b, s->pool, s->worker, claimed));
}

/* The victim has ended, and with it what it had submitted. */
static void it_was_canceled_or_run(void *context, long k)
{
    subject *s = context;
    apr_uint32_t canceled = s->b->word[CANCELED];

    CHECK(canceled == 1 || canceled == 2);
    CHECK_INT(apr_atomic_read32(&s->b->word[RUNS + NEW]), canceled == 2);
    each_task_has_one_end(s, k);
}

/* What it then ends with may have to wait for the victim. */
static void others_claim_it(void *context, long k)
{
    subject *s = context;
    byni_ticket ticket = {s->b->word[TICKET], s->b->word[GENERATION]};

    (void)k;
    s->has_claimed = byni_task_claim(s->pool, s->worker, byni_hint_of(ticket), &s->claimed);
}

static uint64_t ends(const byn_pool_state *state)
{
    return state->done + state->failed + state->canceled;
}

/* Of the three tasks one runs in a place of the victim, which has ended by now. */
static void it_was_withdrawn_or_run(void *context, long k)
{
    subject *s = context;
    byn_pool_state state;

    if (s->has_claimed)
        CHECK(run(s->b, s->pool, s->worker, s->claimed));
    s->has_claimed = false;
    (void)byni_pool_sweep(s->pool);
    state = pool_look(s->pool);
    CHECK_INT(ends(&state) - ends(&s->before), 3);
    each_task_has_one_end(s, k);
}

static void it_was_run_or_not(void *context, long k)
{
    subject *s = context;

    CHECK(apr_atomic_read32(&s->b->word[RUNS + NEW]) <= 1);
    each_task_has_one_end(s, k);
}

static void what_is_stolen_is_run_once(void)
{
    switch_to(&running_batch, (setting){.start = 8, .size = SMALL, .attempts = 1}, others_work,
              each_is_run_once, board_stride(1));
}

static void what_is_canceled_is_not_run(void)
{
    switch_to(&canceling, (setting){.puts = 1}, others_run_it, it_was_canceled_or_run, 1);
}

static void what_is_freed_is_freed_once(void)
{
    switch_to(&freeing_1, (setting){.puts = 1}, others_run_it, it_was_run_or_not, 1);
}

/* Whoever wants it while the victim is stopped would wait for it in vain. */
static bool victim_has_guard(subject *s)
{
    if (bynk_guard_lock(s->pool->object.segment, &s->pool->words->guard, BYNK_NOW) ==
        BYN_E_TIMEDOUT)
        return true;
    byni_pool_unlock(s->pool);
    return false;
}

/* All that can be found. */
static void others_take_it(void *context, long k)
{
    subject *s = context;
    byni_ticket ticket;

    (void)k;
    if (victim_has_guard(s))
        return;
    while (byni_tasks_take(s->pool, s->worker, 4) > 0)
        while (byni_task_next(s->pool, s->worker, &ticket))
            CHECK(run(s->b, s->pool, s->worker, ticket));
}

/* As a worker does when it finds nothing: it says that it waits, then looks. */
static void another_goes_to_sleep(void *context, long k)
{
    subject *s = context;

    others_take_it(s, k);
    REQUIRE_STATUS(byni_pool_lock(s->pool), BYN_OK);
    s->sleeps = byni_hints_are_none(s->pool);
    if (s->sleeps)
        byni_store32(&s->pool->words->duty, s->worker + 1);
    byni_pool_unlock(s->pool);
    byni_fence();
    if (!s->sleeps || byni_posts_count(s->pool) == 0)
        return;
    s->sleeps = false;
    byni_store32(&s->pool->words->duty, 0);
}

static void it_was_called(void *context, long k)
{
    subject *s = context;

    if (s->sleeps && apr_atomic_read32(&s->b->word[RUNS + NEW]) == 0) /* else there was nothing */
        CHECK_INT(byni_load32(&s->pool->words->duty), 0);
    byni_store32(&s->pool->words->duty, 0);
    each_task_has_one_end(s, k);
}

static void who_posts_calls_who_goes_to_sleep(void)
{
    switch_to(&posting, (setting){.puts = 1}, another_goes_to_sleep, it_was_called,
              board_stride(1));
}

static void what_is_posted_is_found(void)
{
    switch_to(&posting_and_running, (setting){.puts = 1}, others_take_it, each_task_has_one_end,
              board_rotating_stride());
}

/* As one who is short of room: the list is made anew, with what the victim has in stock. */
static void another_takes_its_place(void *context, long k)
{
    subject *s = context;

    (void)k;
    REQUIRE_STATUS(byni_pool_lock(s->pool), BYN_OK);
    byni_places_rebuild(s->pool);
    byni_pool_unlock(s->pool);
    s->claimed = pool_must_put(s->pool, 1, SMALL, 1);
    s->has_claimed = true;
}

static void both_are_there(void *context, long k)
{
    subject *s = context;
    const byni_task *task = &s->pool->tasks[s->claimed.index];
    size_t size;

    (void)byni_pool_sweep(s->pool);
    if (s->has_claimed) {
        run_the_rest(s);
        CHECK_INT(byni_task_kind(s->pool, s->claimed), BYNI_TASK_DONE);
        CHECK(pool_is_filled(byni_task_result(s->pool, task, &size), 1, SMALL));
        byni_task_free(s->pool, s->claimed);
    }
    s->has_claimed = false;
    each_task_has_one_end(s, k);
}

static void a_place_has_one_task(void)
{
    switch_to(&posting, (setting){.puts = 1}, another_takes_its_place, both_are_there,
              board_stride(1));
}

/* Without the guard, which the victim may hold, and as soon as it may. */
static void another_uses_what_is_freed(void *context, long k)
{
    subject *s = context;
    uint32_t index = s->b->word[TICKET];

    (void)k;
    byni_stock_add(s->pool, &index, 1);
    s->has_claimed =
        byni_task_kind(s->pool, (byni_ticket){index, s->b->word[GENERATION]}) == BYNI_TASK_GONE &&
        byni_task_may_post(s->pool) && pool_put(s->pool, 1, SMALL, 1, &s->claimed) == BYN_OK;
}

static void what_is_freed_has_no_blocks(void)
{
    switch_to(&freeing_1_large, (setting){.puts = 1}, another_uses_what_is_freed, both_are_there,
              board_rotating_stride());
}

static void another_ends_the_pool(void *context, long k)
{
    subject *s = context;

    (void)k;
    CHECK_STATUS(byn_pool_terminate(s->pool), BYN_OK);
}

static void it_goes_on(void *context, long k)
{
    subject *s = context;

    byni_store32(&s->pool->words->phase, 0);
    CHECK_INT(apr_atomic_read32(&s->b->word[RUNS + NEW]), 0);
    each_task_has_one_end(s, k);
}

static void what_is_posted_ends_with_the_pool(void)
{
    switch_to(&posting_last, (setting){.puts = 1}, another_ends_the_pool, it_goes_on,
              board_stride(1));
}

static void what_is_withdrawn_is_not_run(void)
{
    switch_to(&withdrawing_small, (setting){.puts = 3, .fails = 1}, others_claim_it,
              it_was_withdrawn_or_run, board_rotating_stride());
}

static const test_case cases[] = {
    TEST(what_is_stolen_is_run_once),   TEST(what_is_canceled_is_not_run),
    TEST(what_is_freed_is_freed_once),  TEST(who_posts_calls_who_goes_to_sleep),
    TEST(what_is_posted_is_found),      TEST(a_place_has_one_task),
    TEST(what_is_freed_has_no_blocks),  TEST(what_is_posted_ends_with_the_pool),
    TEST(what_is_withdrawn_is_not_run), TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, pool_peers);
}
