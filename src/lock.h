/*
 * lock.h - a lock for users inside an object: a value's, an array's. Owned by a thread, not recursive,
 * held for as long as its owner likes.
 */
#ifndef BYNI_LOCK_H
#define BYNI_LOCK_H

#include "object.h"

/* What `held` says: the commit word. */
enum {
    BYNI_FREE = 0,
    BYNI_CHANGES = 1, /* if its owner dies, the next one is told */
    BYNI_LOOKS = 2    /* its owner changes nothing: nobody need be told */
};

/*
 * In shared memory. All is changed by who has the guard, and `held` last: the owner is written while it is
 * FREE, when nobody reads it. A death before that store has done nothing, one after it is an owner's death,
 * found by who wants the lock. Unlock wakes first and stores then: who was woken queues at the guard, and
 * inherits it if the waker dies in between. The guard's heir has nothing to repair; it wakes all.
 * `abandoned` is cleared by who was told, when it gives the lock back: if it dies as well, the next is told.
 */
typedef struct byni_lock_state {
    bynk_guard guard;
    bynk_spot spot; /* moves when the lock becomes free */
    byni_a32 held;
    byni_a32 abandoned; /* 1: an owner died, or closed the object, while it held the lock */
    byni_a32 pid;
    byni_a32 thread;
    byni_a64 started;
} byni_lock_state;

/* This process' view of it. */
typedef struct byni_lock {
    bynk_segment *segment;
    byni_lock_state *state;
} byni_lock;

void byni_lock_initialise(byni_lock_state *state);
void byni_lock_attach(byni_lock *lock, bynk_segment *segment, byni_lock_state *state);

/* When the object is closed: if the calling thread has it, the next owner is told as of a death. What other
 * threads have stays theirs. */
void byni_lock_detach(byni_lock *lock);

bool byni_lock_is_mine(const byni_lock *lock);

/* Take it, as BYNI_CHANGES or BYNI_LOOKS. BYN_OK, BYN_ABANDONED; BYN_E_TIMEDOUT, BYN_E_CANCELED,
 * BYN_E_DEADLOCK (the caller has it), or a failure with its cause. */
byn_status byni_lock_take(byni_lock *lock, uint32_t as, byn_timeout timeout);

/* BYN_OK, BYN_E_NOTOWNER, or a failure with its cause. */
byn_status byni_lock_give(byni_lock *lock);

#endif
