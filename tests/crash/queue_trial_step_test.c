/* A process is killed at every instruction of what it does with a message that it has on trial, and while it waits for
 * one, or for room. See queue_board.h. */
#include "queue_board.h"

static void receive(void)
{
    sweep(&receiving, (setting){.start = 3, .acknowledge = true, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

static void receive_that_waits(void)
{
    sweep(&receiving_waits, (setting){.acknowledge = true, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

static void get_for_good(void)
{
    sweep(&getting_for_good, (setting){.start = 3, .acknowledge = true, .gets = 1},
          board_rotating_stride());
}

static void acknowledge(void)
{
    sweep(&acknowledging, (setting){.start = 3, .acknowledge = true, .gets = 1},
          board_rotating_stride());
}

static void give_back(void)
{
    sweep(&giving_back, (setting){.start = 1, .acknowledge = true, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

/* Alive it wakes one of them; and if it dies one gets the message too. */
static void give_back_with_2_getters(void)
{
    sweep(&giving_back,
          (setting){.start = 1, .acknowledge = true, .sleepers = 2, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

static void close_with_one_on_trial(void)
{
    sweep(&closing, (setting){.start = 2, .acknowledge = true, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

static void acknowledge_that_inherits(void)
{
    sweep(&getting_for_good,
          (setting){.start = 3,
                    .acknowledge = true,
                    .broken = "queue.got",
                    .broken_get = true,
                    .broken_out = 1, /* before it had said so everywhere */
                    .gets = 1},
          board_rotating_stride());
}

static const test_case cases[] = {
    TEST(put_that_waits_for_room),
    TEST(get_that_waits),
    TEST(receive),
    TEST(receive_that_waits),
    TEST(get_for_good),
    TEST(acknowledge),
    TEST(give_back),
    TEST(give_back_with_2_getters),
    TEST(close_with_one_on_trial),
    TEST(acknowledge_that_inherits),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, queue_peers);
}
