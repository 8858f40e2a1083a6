/* A process is killed at every instruction of putting and getting messages that are copied without the guard, or written
 * and read in place. See queue_board.h. */
#include "queue_board.h"

#include "crash.h"

#include <apr_env.h>

/* All messages are copied without the guard, as large ones are. */
#ifndef CRASH_LARGE
#define CRASH_LARGE 0
#endif

static const char *const reserved = CRASH_PLACES ? "place.reserved" : "ring.reserved";
static const char *const taken = CRASH_PLACES ? "place.held" : "ring.taken";

static void put_beside_a_dead_putter(void)
{
    sweep(&putting, (setting){.start = 1, .broken = reserved, .puts = 1}, board_rotating_stride());
}

static void put_that_inherits_a_put(void)
{
    sweep(&putting, (setting){.start = 1, .broken = "ring.ready", .puts = 1},
          board_rotating_stride());
}

/* What the putter reserved is before what is got. */
static void get_behind_a_dead_putter(void)
{
    sweep(&getting, (setting){.start = 2, .broken = reserved, .broken_first = true, .gets = 1},
          board_rotating_stride());
}

static void get_after_a_dead_getter(void)
{
    sweep(&getting, (setting){.start = 2, .broken = taken, .broken_get = true, .gets = 1},
          board_rotating_stride());
}

static void get_that_inherits_a_copier(void)
{
    sweep(&getting, (setting){.start = 2, .broken = "ring.copier", .broken_get = true, .gets = 1},
          board_rotating_stride());
}

static void put_across_the_end(void)
{
    sweep(&putting, (setting){.wraps = true, .sleepers = 2, .puts = 1}, board_rotating_stride());
}

static void get_across_the_end(void)
{
    sweep(&getting, (setting){.wraps = true, .start = 1, .gets = 1}, board_rotating_stride());
}

static void reserve_beside_a_getter(void)
{
    sweep(&reserving, (setting){.sleepers = 1}, board_rotating_stride());
}

/* Alive it wakes one of them; and if it dies one gets the message too. */
static void abandon_with_2_getters(void)
{
    sweep(&abandoning, (setting){.start = 1, .sleepers = 2, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

static void close_while_one_is_held(void)
{
    sweep(&closing_held, (setting){.start = 2, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

/* Of one who sleeps without heartbeats and waits for what the case does with places. */
static void begin_slow(subject *s, const setting *is)
{
    apr_pool_t *pool;

    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_env_set("BYNAME_SLOW_BEATS", "10000", pool) == APR_SUCCESS);
    begin(s, is);
    (void)apr_env_delete("BYNAME_SLOW_BEATS", pool);
    apr_pool_destroy(pool);
}

static void let_it_sleep(subject *s)
{
    board_view view;

    s->b->word[HELD] = 0;
    do
        REQUIRE(board_settle(s->b, 1, &view));
    while (view.asleep == 0);
}

static void it_returns(subject *s)
{
    sleepers_return(s->b, 1);
    peer_kill(s->sleepers[0]);
    byn_queue_close(s->queue);
    board_destroy(s->name);
}

static void who_waits_to_hold_is_woken(void)
{
    const setting is = {
        .start = BYN_QUEUE_PLACES + 1, .role = GETTER, .sleepers = 1, .comes_back = true};
    byn_queue_place held[BYN_QUEUE_PLACES];
    subject s;
    unsigned i;

    begin_slow(&s, &is);
    for (i = 0; i < BYN_QUEUE_PLACES; i++)
        REQUIRE_STATUS(byn_queue_hold(s.queue, &held[i], BYN_NOW), BYN_OK);
    let_it_sleep(&s);
    CHECK_STATUS(byn_queue_release(s.queue, &held[3]), BYN_OK);
    it_returns(&s);
}

static void who_waits_to_reserve_is_woken(void)
{
    const setting is = {.role = PUTTER, .sleepers = 1, .comes_back = true};
    byn_queue_place rooms[BYN_QUEUE_PLACES];
    subject s;
    unsigned i;

    begin_slow(&s, &is);
    for (i = 0; i < BYN_QUEUE_PLACES; i++)
        REQUIRE_STATUS(byn_queue_reserve(s.queue, 8, &rooms[i], BYN_NOW), BYN_OK);
    let_it_sleep(&s);
    CHECK_STATUS(byn_queue_commit(s.queue, &rooms[3], 8), BYN_OK);
    it_returns(&s);
}

static void who_waits_for_what_may_come_back_is_woken(void)
{
    const setting is = {.start = 1, .role = GETTER, .sleepers = 1, .comes_back = true};
    byn_queue_place held;
    subject s;

    begin_slow(&s, &is);
    REQUIRE_STATUS(byn_queue_hold(s.queue, &held, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_queue_shutdown(s.queue), BYN_OK);
    let_it_sleep(&s);
    CHECK_STATUS(byn_queue_release(s.queue, &held), BYN_OK);
    it_returns(&s);
}

static const test_case places[] = {
    TEST(who_waits_to_hold_is_woken),
    TEST(who_waits_to_reserve_is_woken),
    TEST(who_waits_for_what_may_come_back_is_woken),
    TEST(put_with_3_getters),
    TEST(put_that_waits_for_room),
    TEST(put_across_the_end),
    TEST(put_beside_a_dead_putter),
    TEST(put_that_inherits_a_put),
    TEST(reserve_beside_a_getter),
    TEST(get_with_1_putter),
    TEST(get_across_the_end),
    TEST(get_behind_a_dead_putter),
    TEST(get_after_a_dead_getter),
    TEST(get_that_inherits_a_copier),
    TEST(abandon_with_2_getters),
    TEST(close_while_one_is_held),
    TEST_END,
};

static const test_case large[] = {
    TEST(put_with_3_getters),         TEST(put_many_with_2_getters),
    TEST(put_that_waits_for_room),    TEST(get_with_1_putter),
    TEST(get_many_with_2_putters),    TEST(get_that_waits),
    TEST(put_beside_a_dead_putter),   TEST(put_that_inherits_a_put),
    TEST(get_behind_a_dead_putter),   TEST(get_after_a_dead_getter),
    TEST(get_that_inherits_a_copier), TEST_END,
};

int main(int argc, char **argv)
{
    if (CRASH_LARGE)
        byni_crash_outside = 16;
    /* One source, two programs: one would take too long for a test. */
    return test_main(argc, argv, CRASH_NAME, CRASH_LARGE ? large : places, queue_peers);
}
