/* Puts and gets in which several programs kill: with messages copied under the guard, without it, and in place. */
#include "queue_board.h"

void put_with_3_getters(void)
{
    sweep(&putting, (setting){.sleepers = 3, .puts = 1}, board_stride(5 * EXPENSIVE));
}

void put_many_with_2_getters(void)
{
    sweep(&putting_many, (setting){.sleepers = 2, .puts = BATCH}, board_stride(7 * EXPENSIVE));
}

void put_that_waits_for_room(void)
{
    sweep(&putting_waits, (setting){.tight = true, .start = 2, .puts = 1}, board_rotating_stride());
}

void get_with_1_putter(void)
{
    sweep(&getting, (setting){.tight = true, .start = 2, .role = PUTTER, .sleepers = 1, .gets = 1},
          board_stride(5 * EXPENSIVE));
}

void get_many_with_2_putters(void)
{
    sweep(&getting_many,
          (setting){.items = 5, .start = 5, .role = PUTTER, .sleepers = 2, .gets = BATCH},
          board_stride(7 * EXPENSIVE));
}

void get_that_waits(void)
{
    sweep(&getting_waits, (setting){.gets = 1}, board_rotating_stride());
}
