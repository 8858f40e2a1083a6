/*
 * rwlock_state.h - what the two sources of byn_rwlock share: rwlock.c, where a lock is to be had, and
 * rwlock_wait.c, where it is not.
 */
#ifndef BYNI_RWLOCK_STATE_H
#define BYNI_RWLOCK_STATE_H

#include <byname/rwlock.h>

#include "holders.h"

/* What the number of an entry says: role << 28 | how often. */
enum {
    READS = 1,
    WRITES = 2,
    WAITS = 3, /* to write; `note` is when it last said so */
    ROLE_SHIFT = 28,
    MOST_SHARES = 0x0fffffff
};

/* A writer that waits says so at each heartbeat, of 250 ms at most. One that has not for so long is
 * stopped: readers need not wait for it. */
#define FRESH_NS UINT64_C(1000000000)

/*
 * All of it, and the table, is changed by who holds the guard. What commits is one store to the number of
 * the caller's entry:
 *
 *     lock_shared   0 or READS n  ->  READS n + 1      wait to write   0      ->  WAITS
 *     unlock        READS n + 1   ->  READS n or 0     give up         WAITS  ->  0
 *     unlock        WRITES        ->  0                lock            0 or WAITS  ->  WRITES
 *
 * A death before the store has done nothing, one after it all; either leaves the guard abandoned, whose
 * heir counts again and wakes all. An entry of a dead thread is removed by who finds it in his way; if it
 * WRITES, `abandoned` is stored before. A writer that dies in its unlock, with `abandoned` cleared and its
 * entry still there, is such a dead writer too.
 *
 * Who makes room for others wakes them first and stores then: they queue at the guard, and inherit it if
 * the waker dies in between. So nobody sleeps on while the lock is free.
 */
typedef struct rwlock_state {
    bynk_guard guard;
    bynk_spot for_readers; /* slept on by who wants to read; a number that only changes */
    bynk_spot for_writers;
    byni_a32 readers; /* entries of each role: counted, and never the truth */
    byni_a32 writers;
    byni_a32 waiting;
    byni_a32 abandoned; /* a writer died; until before the entry of a living one goes */
} rwlock_state;

_Static_assert(BYNI_STATE_OFFSET + sizeof(rwlock_state) <= BYNI_HOLDERS_OFFSET,
               "the table follows the state");

struct byn_rwlock {
    byni_object object;
    rwlock_state *state;
    byni_holders holders;
};

static inline uint32_t byni_rwlock_role(const byni_holder *holder)
{
    return byni_load32(&holder->number) >> ROLE_SHIFT;
}

static inline bool byni_rwlock_is_fresh(const byni_holder *holder, uint64_t now)
{
    uint64_t note = byni_load64(&holder->note);

    return (now > note ? now - note : note - now) < FRESH_NS;
}

/* ---- rwlock.c. With the guard, but for the first two ---- */

/* BYN_OK: held, and the state is sound. Without patience it is BYN_E_TIMEDOUT too if others are in it. */
byn_status byni_rwlock_lock_guard(byn_rwlock *rwlock, bynk_deadline deadline);
byn_status byni_rwlock_lock_guard_patiently(byn_rwlock *rwlock, bynk_deadline deadline);
void byni_rwlock_unlock_guard(byn_rwlock *rwlock);

/* Count the entries of each role; false: it was as counted. */
bool byni_rwlock_count_again(byn_rwlock *rwlock);
void byni_rwlock_wake_all(byn_rwlock *rwlock);

/* The caller's entry; NULL: it has none. */
byni_holder *byni_rwlock_find_mine(byn_rwlock *rwlock, const bynk_identity *me);

/* Try to lock as `role`. BYN_E_TIMEDOUT: somebody is in the way. */
byn_status byni_rwlock_attempt(byn_rwlock *rwlock, uint32_t role);

/* Give up an entry; those for whom it makes room are woken. abandoned: what the next are told, if it is a
 * writer's. */
void byni_rwlock_leave(byn_rwlock *rwlock, byni_holder *mine, uint32_t abandoned);

/* ---- rwlock_wait.c. Without the guard ---- */

/* Lock as `role`, for who has found somebody in the way. */
byn_status byni_rwlock_wait(byn_rwlock *rwlock, uint32_t role, bynk_deadline deadline);

/*
 * Look for dead ones in the way of who wants `role`. One that lives is enough to know that there is no way
 * in; who looks thoroughly removes all that are dead.
 */
void byni_rwlock_look_for_dead(byn_rwlock *rwlock, uint32_t role, bool thoroughly);

#endif
