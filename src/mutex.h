/*
 * mutex.h - what other objects do with a mutex that the public calls do not: a condition lets it go
 * whole, whatever its depth, and takes it back.
 */
#ifndef BYNI_MUTEX_H
#define BYNI_MUTEX_H

#include <byname/mutex.h>

#include "kernel_types.h"

/* How a thread held a mutex that it has let go. */
typedef struct byni_mutex_hold {
    uint32_t depth;
    uint64_t abandonings; /* how many owners had died until then */
} byni_mutex_hold;

/* Whether the calling thread holds it. */
bool byni_mutex_is_mine(const byn_mutex *mutex);

/* What the kernel has of the mutex of that name, by its hash, if the calling thread holds it and nothing else; NULL: it
 * does not, or that is not known. *known is its incarnation from then on, by which it is found sooner. */
bynk_mutex_state *byni_mutex_held_alone(uint64_t hash, byni_a64 *known);

/* Undo all locks of the calling thread. BYN_E_NOTOWNER: it has none. */
byn_status byni_mutex_let_go(byn_mutex *mutex, byni_mutex_hold *hold);

/*
 * Hold it again as before; without a deadline, and not to be interrupted. BYN_OK, BYN_ABANDONED, or what
 * keeps it from ever being held again, with its cause.
 */
byn_status byni_mutex_take_back(byn_mutex *mutex, const byni_mutex_hold *hold);

/* Whether its owner is dead, or one was succeeded after its death since the mutex was let go; a hint. */
bool byni_mutex_owner_died(const byn_mutex *mutex, const byni_mutex_hold *hold);

#endif
