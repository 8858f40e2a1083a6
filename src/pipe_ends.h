/*
 * pipe_ends.h - who has which end of a pipe, and how a conversation begins and ends; inside it only.
 */
#ifndef BYNI_PIPE_ENDS_H
#define BYNI_PIPE_ENDS_H

#include <byname/pipe.h>

#include "ring.h"

enum { BYNI_PIPE_ENDS = 2, BYNI_PIPE_HANDLES = 3 }; /* the third has no end */

/* In shared memory. The process that has an end, or had it last. */
typedef struct byni_pipe_owner {
    byni_a64 started;
    byni_a32 pid;
    uint32_t reserved;
} byni_pipe_owner;

/*
 * In shared memory. Ends are taken with the guard, and come to their end without.
 *
 * states: a byn_pipe_end_state for each end, the first one's in the low byte; and in the upper half how often
 *   one was taken, so that no change is made in a later conversation. The commit word. An end goes from
 *   NOT_OPENED to OPEN, and from there to CLOSED or DIED, and no further as long as the other one is open.
 *   Taking an end: its owner is written, then the states. A death before them has taken nothing; after
 *   them, the owner is a dead one, which is found as any.
 *   Beginning anew, when both are over: the rings are emptied, which leaves both over whatever a death
 *   leaves of it; then an end is taken, and by the same store of the states the other one is NOT_OPENED.
 *   The end of an end: the states; then, with the guard and only if they still say so, the rings are closed,
 *   which wakes who sleeps there. A death in between: who sleeps watches the owner, and looks at the states
 *   at each heartbeat.
 *
 * Nothing of it needs a repair.
 */
typedef struct byni_pipe_state {
    union {
        struct {
            bynk_guard guard;
            byni_pipe_owner owners[BYNI_PIPE_ENDS];
            byni_a32 states;
        };
        unsigned char lines[256];
    };
    byni_ring_state rings[BYNI_PIPE_ENDS]; /* to the first end, to the second */
} byni_pipe_state;

_Static_assert(sizeof(byni_pipe_state) == 256 + 2 * sizeof(byni_ring_state) &&
                   BYNI_STATE_OFFSET + sizeof(byni_pipe_state) <= BYNI_DATA_OFFSET,
               "before the rings' bytes");

typedef struct byni_pipe byni_pipe;

/* An end that this process has: the public handle. */
struct byn_pipe {
    byni_handle handle;
    byni_pipe *whole;
    unsigned index; /* of the end; BYNI_PIPE_ENDS: of none */
    uint32_t opens; /* under the library's lock */
    byni_a32 held;  /* 1: from before this process has the end until after it has left it */
};

/* What this process has of it. */
struct byni_pipe {
    byni_object object;
    byni_pipe_state *state;
    byni_ring rings[BYNI_PIPE_ENDS]; /* to the first end, to the second */
    byn_pipe handles[BYNI_PIPE_HANDLES];
    byni_a64 asked; /* when it was last asked whether a process lives */
};

byn_pipe_end_state byni_pipe_state_of(const byni_pipe *whole, unsigned index);
bynk_identity byni_pipe_owner_of(const byni_pipe *whole, unsigned index);

/*
 * Take an end for this process; under the library's lock. *index: the one that was taken.
 */
byn_status byni_pipe_take(byni_pipe *whole, byn_pipe_end wanted, unsigned *index);

/* The end of an end that this process has. */
void byni_pipe_leave(byni_pipe *whole, unsigned index);

/*
 * Whether the end is over. If it is, both rings are closed when this returns. `ask`: ask the system too
 * whether its process lives.
 */
bool byni_pipe_is_over(byni_pipe *whole, unsigned index, bool ask);

/* Whether it is time to ask: it has not been done for an instant. */
bool byni_pipe_may_ask(byni_pipe *whole);

#endif
