/* A process is killed at every instruction of a queue's operations, on messages that are copied under its guard. See
 * queue_board.h. */
#include "queue_board.h"

static void put_with_nobody(void)
{
    sweep(&putting, (setting){.start = 2, .puts = 1}, board_stride(EXPENSIVE));
}

static void put_with_1_getter(void)
{
    sweep(&putting, (setting){.sleepers = 1, .puts = 1}, board_stride(5 * EXPENSIVE));
}

static void get_with_nobody(void)
{
    sweep(&getting, (setting){.start = 3, .gets = 1}, board_stride(EXPENSIVE));
}

static void get_with_3_putters(void)
{
    sweep(&getting, (setting){.items = 2, .start = 2, .role = PUTTER, .sleepers = 3, .gets = 1},
          board_stride(5 * EXPENSIVE));
}

static void look_at_the_first(void)
{
    sweep(&looking, (setting){.start = 2}, board_stride(3 * EXPENSIVE));
}

static void report_with_2_who_join(void)
{
    sweep(&reporting, (setting){.start = 3, .done = true, .role = JOINER, .sleepers = 2},
          board_stride(5 * EXPENSIVE));
}

static void shutdown_with_2_getters(void)
{
    sweep(&closing_down, (setting){.sleepers = 2, .closes = true}, board_stride(7 * EXPENSIVE));
}

static void shutdown_with_2_putters(void)
{
    sweep(&closing_down,
          (setting){.items = 1, .start = 1, .role = PUTTER, .sleepers = 2, .closes = true},
          board_stride(7 * EXPENSIVE));
}

static void put_that_inherits(void)
{
    sweep(&putting, (setting){.start = 1, .broken = "ring.written", .puts = 1},
          board_stride(7 * EXPENSIVE));
}

static const test_case cases[] = {
    TEST(put_with_nobody),         TEST(put_with_1_getter),
    TEST(put_with_3_getters),      TEST(put_many_with_2_getters),
    TEST(get_with_nobody),         TEST(get_with_1_putter),
    TEST(get_with_3_putters),      TEST(get_many_with_2_putters),
    TEST(look_at_the_first),       TEST(report_with_2_who_join),
    TEST(shutdown_with_2_getters), TEST(shutdown_with_2_putters),
    TEST(put_that_inherits),       TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, queue_peers);
}
