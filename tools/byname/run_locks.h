/* What one "byname run" holds: locks and permits, several of them. */
#ifndef BYNAME_TOOL_RUN_LOCKS_H
#define BYNAME_TOOL_RUN_LOCKS_H

#include "held.h"

#include <apr_tables.h>

/* As what a --lock is taken. */
typedef enum run_sharing {
    RUN_LOCK,      /* alone: a mutex; or a reader-writer lock, if it is one already */
    RUN_EXCLUSIVE, /* alone: a reader-writer lock; or a mutex, if it is one already */
    RUN_SHARED     /* together with others: a reader-writer lock */
} run_sharing;

typedef struct run_lock {
    const char *name; /* as it was said */
    const char *full;
    bool is_semaphore;
    const held_kind *kind;
    void *object;     /* what the kind's functions are handed */
    byn_mutex *mutex; /* one of these */
    byn_rwlock *rwlock;
    permits permits;
} run_lock;

/*
 * Opens all in the array of run_lock, of which name and is_semaphore are set, and puts them into the order
 * in which they are taken; what was said twice is there once. False: said, *result is the exit code; what
 * is open is closed by run_locks_close() nonetheless.
 *
 * @param maximum  of semaphores that are made here; 0: none is made.
 */
bool run_locks_open(apr_array_header_t *locks, const held *h, run_sharing sharing, int maximum,
                    int *result);

/* Takes all of them, or none. False: said, *result is the exit code. */
bool run_locks_take(const apr_array_header_t *locks, const held *h, int *result);

/* Gives the first `count` of them back. */
void run_locks_give(const apr_array_header_t *locks, int count, const held *h);

void run_locks_close(apr_array_header_t *locks);

#endif
