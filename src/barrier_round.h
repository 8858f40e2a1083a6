/*
 * barrier_round.h - how those who wait at a barrier meet; inside it only.
 */
#ifndef BYNI_BARRIER_ROUND_H
#define BYNI_BARRIER_ROUND_H

#include <byname/barrier.h>

#include "holders.h"

/*
 * In shared memory; changed with the guard only, but for `looked`.
 *
 * round: generation << 2 | phase, the commit word.
 *   Ending a round is one store: the next generation, FILLING. Breaking it: the same generation, BROKEN.
 *   A death between the store and the wake-up: the guard's heir wakes all, or each looks at its
 *   heartbeat, and all find what the store says.
 *   A reset is begun by a store of RESETTING, from which on it happens: who waits is dismissed, entry by
 *   entry, and then the next generation is FILLING. A death in it: the heir does it again from there.
 * An entry's number: 0, or one of those below. A death before it was stored: nobody has come. After it:
 *   a dead waiter, or a dead party. A waiter that dies when its round is over, before its entry is
 *   removed, matters to nobody; who looks at the dead removes it.
 */
typedef struct byni_barrier_state {
    bynk_guard guard;
    bynk_spot spot;  /* moves after each change of the round; who waits sleeps on it */
    byni_a64 round;  /* generation << 2 | phase */
    byni_a64 looked; /* bynk_clock() when somebody last began to look at everybody; a hint */
} byni_barrier_state;

_Static_assert(BYNI_STATE_OFFSET + sizeof(byni_barrier_state) <= BYNI_HOLDERS_OFFSET,
               "before the table");

enum { BYNI_FILLING = 0, BYNI_BROKEN = 1, BYNI_RESETTING = 2 }; /* phases */

/* An entry's number. WAITING: in the generation that its note tells. */
enum { BYNI_WAITING = 1, BYNI_DISMISSED = 2, BYNI_PARTY = 3 };

struct byn_barrier {
    byni_object object;
    byni_holders holders;
    byni_barrier_state *state;
    /* Set with the guard. */
    void (*action)(void *context);
    void *action_context;
    bool is_party;
};

/* With the guard is who has entered and not left. An heir of it finds a barrier that it has repaired. */
byn_status byni_barrier_enter(byn_barrier *barrier);
void byni_barrier_leave(byn_barrier *barrier);

/* With the guard. */
void byni_barrier_break(byn_barrier *barrier);
void byni_barrier_reset(byn_barrier *barrier);

/* Without it: remove the entries of all who are dead, and break the round that one of them was to meet in. */
byn_status byni_barrier_look(byn_barrier *barrier);

/* byn_barrier_wait(), _waiting() and _is_broken() without the checks. */
byn_status byni_barrier_wait(byn_barrier *barrier, byn_timeout timeout, uint32_t *index);
uint32_t byni_barrier_waiting(byn_barrier *barrier);
bool byni_barrier_is_broken(byn_barrier *barrier);

#endif
