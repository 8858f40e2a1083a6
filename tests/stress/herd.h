/*
 * A herd: processes that work on the same objects, and are killed at random and replaced. It lasts
 * BYNAME_STRESS_SECONDS, by default 5, and at most BYNAME_STRESS_KILLS kills if that is set.
 *
 * Each member counts what it does on the board. One that does not go on for 30 s is a hang, and its board
 * tells what it was doing.
 */
#ifndef STRESS_HERD_H
#define STRESS_HERD_H

#include "board.h"

/* Words of the board; a test's own begin at HERD_WORDS. */
enum {
    HERD_MOST = 24,
    HERD_STOP = 0,
    HERD_FAILURES,
    HERD_PROGRESS,                          /* of each member */
    HERD_DOING = HERD_PROGRESS + HERD_MOST, /* of each member: a number of the test's own */
    HERD_WORDS = HERD_DOING + HERD_MOST
};

enum { HERD_LATE = 20000 }; /* ms; for waits that are bound to end */

typedef struct herd {
    const char *name; /* of the board; a member is told it, and its own index */
    const char *peer;
    unsigned count;
    void (*reset)(board *b); /* all died at once, and the objects with them; or NULL */
    unsigned kept;           /* objects that the case itself has open */
    board *b;                /* made by herd_run() */
    unsigned kills;          /* out */
    byn_process *members[HERD_MOST];
    apr_uint32_t born[HERD_MOST], seen[HERD_MOST], since[HERD_MOST];
    unsigned random;
} herd;

/** In the case: runs it to its end. Checks that nobody hung or failed, and that nothing is left. */
void herd_run(herd *h);

/** In a member: counts, and tells whether to go on. */
bool herd_goes_on(board *b, unsigned index);

/** In a member: a failed check would be lost, so it is counted, and printed. */
bool herd_expect(board *b, bool holds, const char *what, byn_status status);
void herd_must(board *b, const char *what, byn_status status);

/** A number below `range`. */
unsigned herd_random(unsigned *state, unsigned range);

#endif
