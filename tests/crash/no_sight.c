/*
 * Where a sleep cannot be seen, or says nothing since everybody looks up now and then.
 */
#include "board.h"

enum { STILL = 60 }; /* ms: who did not move for so long sleeps */

bool board_asleep(const seat *s)
{
    return board_ms() - s->since >= STILL;
}

bool board_sees_sleep(void)
{
    return false;
}
