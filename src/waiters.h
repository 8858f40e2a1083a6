/*
 * waiters.h - who waits for an object: a small table in its segment, between the header and the state, that
 * others read: `byname show`, and who looks for a circle of waits. Nothing depends on it.
 *
 * A thread is written there only while it sleeps: who gets what it wants at once, or after a spin, writes
 * nothing. Written down is who it is and since when; a wait of many sleeps has one beginning. More threads
 * than there is room for are not told one by one, only counted.
 */
#ifndef BYNI_WAITERS_H
#define BYNI_WAITERS_H

#include "layout.h"

enum { BYNI_WAITERS = 24 };

/* What `wants` says: the sort of wait, and flags. */
enum {
    BYNI_WANTS_TO_READ = 1,
    BYNI_WANTS_TO_WRITE = 2,
    BYNI_WANTS_SORT = 0xff,
    BYNI_WANTS_ANY = 0x100,   /* any of several: this one alone does not hold it up */
    BYNI_WANTS_SENSE = 0x200, /* it looks for circles itself */
    BYNI_WANTS_RUNS = 24      /* from this bit on: see `runs` of byni_wait */
};

/*
 * In shared memory. `who` is claimed by compare-and-exchange from 0, or from a dead one; then the rest is
 * written, `since` last; `since` goes first when the wait is over. So a death leaves a claim without `since`,
 * which says nothing, or a whole entry of a thread that is dead. Both are found dead by who needs the room,
 * or reads it: nobody believes an entry without asking the system whether that thread lives.
 */
typedef struct byni_waiter {
    byni_a64 who;     /* pid << 32 | thread; 0: nobody */
    byni_a64 started; /* when the process was, as in bynk_identity */
    byni_a64 since;   /* bynk_clock(); 0: it is being written, or over */
    byni_a32 wants;
    byni_a32 run_by; /* see byni_wait */
} byni_waiter;

typedef struct byni_waiters {
    byni_a64 unrecorded; /* sleeps for which there was no room; only rises */
    uint64_t reserved[7];
    byni_waiter entry[BYNI_WAITERS];
} byni_waiters;

_Static_assert(BYNI_WAITERS_OFFSET % 64 == 0 &&
                   BYNI_WAITERS_OFFSET + sizeof(byni_waiters) <= BYNI_STATE_OFFSET,
               "the waiters end before the state");

static inline byni_waiters *byni_waiters_of(byni_header *header)
{
    return (byni_waiters *)(void *)((char *)header + BYNI_WAITERS_OFFSET);
}

/*
 * The calling thread is about to sleep. *since is 0 before the first sleep of a wait, and then its beginning.
 * One that has lasted looks for entries of the dead, if there is no other room. NULL: there is none, or the
 * table is NULL.
 */
byni_waiter *byni_waiting_begin(byni_waiters *waiters, uint64_t *since, uint32_t wants);

/* The sleep is over. NULL is ignored. */
void byni_waiting_end(byni_waiter *entry);

/* The wait that an entry (or a copy of it) tells of. false: of none. */
typedef struct byni_wait {
    uint32_t pid, thread;
    uint64_t started, since;
    uint32_t wants;
    /* The process that this one was started by, perhaps by way of others, to wait for its end, as `byname run`
     * does: what they hold it holds up. 0: there is none. */
    uint32_t run_by;
    /* So many of its ancestors in a row, from its parent on, have said so themselves: each waits for the end of
     * just the process below it. */
    uint32_t runs;
} byni_wait;

enum { BYNI_RUNNERS = 16 }; /* ancestors that are looked at */

/* The variable of the environment that says so: numbers of processes, with commas, each started by way of the one
 * before. Each of them appends its own for its command. */
#define BYNI_RUN_BY "BYNAME_RUN_BY"

bool byni_waiter_read(const byni_waiter *entry, byni_wait *wait);

/* Whether that thread lives. */
bool byni_wait_alive(const byni_wait *wait);

/* As the calling thread's would be told; since nothing, and for nothing. */
void byni_wait_own(byni_wait *wait);

#endif
