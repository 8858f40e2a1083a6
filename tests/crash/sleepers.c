#include "sleepers.h"

#include <stdio.h>

void sleepers_start(peer *sleepers[], unsigned count, const char *name)
{
    char number[16];
    unsigned i;

    for (i = 0; i < count; i++) {
        (void)snprintf(number, sizeof number, "%u", i);
        sleepers[i] = peer_start(PEER_PROCESS, "sleeper", name, number, NULL);
        peer_expect(sleepers[i], "ready");
    }
}

void sleepers_send(peer *sleepers[], unsigned count, board *b)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        if (apr_atomic_read32(&b->seats[i].state) == SEAT_WAITING)
            continue;
        b->seats[i].state = SEAT_IDLE;
        peer_tell(sleepers[i], "sleep");
    }
}

void sleepers_return(board *b, unsigned count)
{
    apr_uint32_t began = board_ms();

    while (board_look(b, count).returned < count) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
}

void sleepers_kill(peer *sleepers[], unsigned count)
{
    unsigned i;

    for (i = 0; i < count; i++)
        peer_kill(sleepers[i]);
}

waking sleepers_are_woken(board *b, unsigned count, bool (*could_go_on)(const void *subject),
                          const void *subject)
{
    apr_uint32_t began = board_ms();
    waking result = WOKEN;
    board_view view;

    REQUIRE(board_settle(b, count, &view));
    while (view.asleep > 0 && could_go_on(subject)) {
        result = WOKEN_LATE;
        if (board_ms() - began > LATE) {
            FAIL("%u of %u sleep on", view.asleep, count);
            return SLEEP_ON;
        }
        board_pause();
        REQUIRE(board_settle(b, count, &view));
    }
    return result;
}
