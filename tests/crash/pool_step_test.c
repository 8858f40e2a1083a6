/* A process is killed at every instruction of what it does with a pool's tasks. See pool_board.h. */
#include "pool_board.h"

static void put_a_small_one(void)
{
    sweep(&putting, (setting){.start = 3, .size = SMALL, .attempts = 1, .puts = 1});
}

static void put_a_small_one_with_2_workers(void)
{
    sweep(&putting, (setting){.puts = 1, .role = WORKS, .sleepers = 2});
}

static void post_a_small_one(void)
{
    sweep(&posting, (setting){.start = 3, .size = SMALL, .attempts = 1, .puts = 1});
}

static void apply_with_a_worker(void)
{
    sweep(&applying, (setting){.puts = 1, .role = WORKS, .sleepers = 1});
}

static void put_a_large_one(void)
{
    sweep(&putting_large, (setting){.start = 3, .size = LARGE, .attempts = 1, .puts = 1});
}

static void put_4_with_a_worker(void)
{
    sweep(&putting_many, (setting){.puts = 4, .role = WORKS, .sleepers = 1});
}

static void keep_a_place_and_put_2(void)
{
    sweep(&keeping, (setting){.start = 2, .size = SMALL, .attempts = 1, .puts = 3});
}

static void keep_a_place_and_put_2_with_a_worker(void)
{
    sweep(&keeping, (setting){.puts = 3, .held = true, .role = WORKS, .sleepers = 1});
}

static void keep_a_place_and_release_it(void)
{
    sweep(&releasing, (setting){.start = 2, .size = SMALL, .attempts = 1, .puts = 1});
}

static void put_4_large_ones(void)
{
    sweep(&putting_many_large, (setting){.start = 2, .size = LARGE, .attempts = 1, .puts = 4});
}

static void enter_put_and_leave(void)
{
    sweep(&entering, (setting){.start = 2, .size = SMALL, .attempts = 1, .puts = 1});
}

static void cancel_free_and_let_go(void)
{
    sweep(&freeing, (setting){.start = 2, .size = LARGE, .attempts = 1, .puts = 3, .fails = 1});
}

static void free_with_1_who_wants_room(void)
{
    sweep(&freeing, (setting){.full = CAPACITY - 3,
                              .puts = 3,
                              .fails = 1,
                              .held = true,
                              .role = WANTS_ROOM,
                              .sleepers = 1});
}

static void run_once(void)
{
    sweep(&running, (setting){.start = 3, .size = SMALL, .attempts = 1, .sleepers = 1});
}

static void run_what_was_handed(void)
{
    sweep(&running, (setting){.start = 3, .size = SMALL, .attempts = 1, .handed = true});
}

static void run_what_was_posted(void)
{
    sweep(&running, (setting){.start = 3, .size = SMALL, .attempts = 1, .posted = true});
}

static void run_up_to_twice(void)
{
    sweep(&running, (setting){.start = 3, .size = SMALL, .attempts = 2, .sleepers = 1});
}

static void run_a_large_one(void)
{
    sweep(&running, (setting){.start = 3, .size = LARGE, .attempts = 1, .sleepers = 1});
}

static void run_a_large_one_up_to_twice(void)
{
    sweep(&running, (setting){.start = 2, .size = LARGE, .attempts = 2});
}

static void come_run_and_leave(void)
{
    sweep(&coming, (setting){.start = 2, .size = SMALL, .attempts = 1});
}

static void clean_up_a_dead_worker(void)
{
    sweep(&cleaning, (setting){.start = 5, .size = SMALL, .attempts = 1, .sleepers = 1});
}

static void clean_up_a_dead_worker_and_try_again(void)
{
    sweep(&cleaning, (setting){.start = 5, .size = LARGE, .attempts = 2});
}

static void what_is_tried_again_wakes_a_worker(void)
{
    sweep(
        &cleaning_alone,
        (setting){
            .start = 1, .size = SMALL, .attempts = 2, .held = true, .role = WORKS, .sleepers = 1});
}

static void clean_up_a_dead_submitter(void)
{
    sweep(&withdrawing, (setting){.start = 3, .size = LARGE, .attempts = 1, .puts = 3, .fails = 1});
}

static void inherit_the_guard(void)
{
    sweep(&inheriting, (setting){.start = 6, .size = LARGE, .attempts = 2, .sleepers = 1});
}

static const test_case cases[] = {
    TEST(put_a_small_one),
    TEST(put_a_small_one_with_2_workers),
    TEST(post_a_small_one),
    TEST(apply_with_a_worker),
    TEST(put_a_large_one),
    TEST(put_4_with_a_worker),
    TEST(keep_a_place_and_put_2),
    TEST(keep_a_place_and_put_2_with_a_worker),
    TEST(keep_a_place_and_release_it),
    TEST(put_4_large_ones),
    TEST(enter_put_and_leave),
    TEST(cancel_free_and_let_go),
    TEST(free_with_1_who_wants_room),
    TEST(run_once),
    TEST(run_what_was_handed),
    TEST(run_what_was_posted),
    TEST(run_up_to_twice),
    TEST(run_a_large_one),
    TEST(run_a_large_one_up_to_twice),
    TEST(come_run_and_leave),
    TEST(clean_up_a_dead_worker),
    TEST(clean_up_a_dead_worker_and_try_again),
    TEST(what_is_tried_again_wakes_a_worker),
    TEST(clean_up_a_dead_submitter),
    TEST(inherit_the_guard),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, pool_peers);
}
