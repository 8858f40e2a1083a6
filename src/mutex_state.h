/* mutex_state.h - a mutex: its words in shared memory, its handle, and what its sources share. */
#ifndef BYNI_MUTEX_STATE_H
#define BYNI_MUTEX_STATE_H

#include "kernel.h"
#include "mutex.h"
#include "object.h"

enum { BYNI_PROGRAM_WORDS = 6 };

/* A byn_owner in words, so that it can be read while it is written, and then not be believed. */
typedef struct byni_owner_record {
    byni_a64 numbers; /* pid << 32 | thread */
    byni_a64 program[BYNI_PROGRAM_WORDS];
} byni_owner_record;

/*
 * Only the holder of `native` writes.
 *
 * A death between any two stores leaves `native` abandoned. The heir believes `owner` if depth > 0: it
 * was stored before depth. With depth 0 the dead had not written itself down yet, or was about to
 * unlock, and the heir tells an owner without a name.
 */
typedef struct byni_mutex_state {
    bynk_mutex_state native;
    byni_a32 depth;           /* 0: free, or about to be taken or let go */
    byni_a32 given_up;        /* 1: closed while held; the next owner is told as of a death */
    byni_a64 owner;           /* bynk_me() of whom `record` describes; 0 while it is written */
    byni_owner_record record; /* stays after an unlock: who comes back need not write it again */
    byni_owner_record dead;   /* the last owner that died and was succeeded */
    byni_a64 abandonings;
    /* Since when the present owner keeps somebody waiting, for who looks; 0: it does not. Written by who
     * waits, cleared by the owner: what comes too late makes the next hold look older. */
    byni_a64 awaited;
} byni_mutex_state;

_Static_assert(sizeof(((byn_owner *)0)->program) == BYNI_PROGRAM_WORDS * 8,
               "a program fits its words");
_Static_assert(BYNI_STATE_OFFSET + sizeof(byni_mutex_state) <= BYNI_DATA_OFFSET, "one page");

struct byn_mutex {
    byni_object object;
    bynk_mutex native;
    byni_mutex_state *state;
    byni_a32 senses; /* 1: its waits look for circles */
};

/* Whether the calling thread holds it. depth first: whoever stored it had stored `owner` before. */
static inline bool byni_mutex_state_is_mine(const byni_mutex_state *state, uint64_t me)
{
    return byni_load32(&state->depth) > 0 && byni_load64(&state->owner) == me;
}

/* ---- mutex_wait.c ---- */

/* Sleep until it is had, with BYN_OK or BYN_ABANDONED, or is late, or would close a circle, if that is looked for. */
byn_status byni_mutex_wait(byn_mutex *mutex, byn_timeout timeout, bool senses);

/* Its owner, if that is dead although the system does not hand it on; else 0. */
uint64_t byni_mutex_dead_owner(const byni_mutex_state *state, uint32_t *pid);

#endif
