/*
 * Processes that sleep while a victim is killed: each runs the peer "sleeper", which is told the name and the number of
 * its seat, says "ready", and goes to sleep whenever it is told "sleep".
 */
#ifndef TEST_SLEEPERS_H
#define TEST_SLEEPERS_H

#include "board.h"

enum { LATE = 20000 }; /* ms; of waits that are bound to end */

/** Starts them; all are ready then. */
void sleepers_start(peer *sleepers[], unsigned count, const char *name);

/** Tells all to sleep but those who still do. */
void sleepers_send(peer *sleepers[], unsigned count, board *b);

/** Waits until all have returned. */
void sleepers_return(board *b, unsigned count);

void sleepers_kill(peer *sleepers[], unsigned count);

typedef enum waking { WOKEN, WOKEN_LATE, SLEEP_ON } waking;

/**
 * Waits until nobody sleeps while he could go on. A death between a change and its wake-up, where these are two steps,
 * is seen at a heartbeat: that is late, but not lost. SLEEP_ON, after LATE, is a failed check.
 */
waking sleepers_are_woken(board *b, unsigned count, bool (*could_go_on)(const void *subject),
                          const void *subject);

#endif
