/*
 * Tasks that the tests of pools and futures run, and pools with workers that know them. main() calls
 * byn_worker_main(pool_tasks, &code) first.
 */
#ifndef CONTRACT_POOL_TASKS_H
#define CONTRACT_POOL_TASKS_H

#include <byname/byname.h>

#include "test.h"

enum { LATE = 60000 }; /* ms; for what is bound to come */

/*
 *     echo        its result is its argument
 *     fail        an int, and a message: fails with this status and message
 *     limit       fails with BYN_E_LIMIT, and says nothing
 *     bytes       a size_t: so many bytes, see pattern_is()
 *     room        the same, by byn_call_reserve()
 *     sum         any bytes: a uint64_t that is made of them
 *     hold        a gates: sets `began`, waits for `gate`; its result is "held"
 *     await       the name of an event, or "": waits for it, if there is one
 *     asks        a gates: sets `began`, and asks until nobody wants it any more; then sets `gate`
 *     exit        an int: exits with it
 *     die         is killed
 *     nest        a uint32_t: submits one less to its own pool, unless it is 0, and waits; one more than what that gave
 *     crowd       a uint32_t: submits so many "echo" to its own pool before it waits for the first
 *     hoard       submits "echo" to its own pool, and keeps the places of all, until it gets no more; that status
 *     add         an int64_t, and a value's name: adds to the value
 */
extern const byn_task pool_tasks[];

/* Events by their names. */
typedef struct gates {
    char began[96], gate[96];
} gates;

typedef struct addition {
    int64_t number;
    char value[96];
} addition;

typedef struct complaint {
    int status;
    char message[64];
} complaint;

/* A task "hold" or "asks", seen from the case. */
typedef struct held {
    gates names;
    byn_event *began, *gate;
    byn_future *future;
} held;

/* Waits until it runs. The future is the caller's to close. */
held hold(byn_pool *pool, const char *task);
void let_go(held *h);
/* And lets it go, waits for it and closes it. */
void release(held *h);

/* Whether they are the first n of the bytes that "bytes" gives. */
bool pattern_is(const void *data, size_t n);

/* A new pool; a capacity and a memory of 0 are the defaults. */
byn_pool *pool_of(const char *name, uint32_t workers, uint32_t capacity, uint64_t memory);
/* Shuts it down, waits until its workers have left, and closes it. */
void end_pool(byn_pool *pool);

/* Submit, with the case's checks. */
byn_future *submitted(byn_pool *pool, const char *task, const void *data, size_t size);
byn_future *submitted_text(byn_pool *pool, const char *task, const char *text);
/* Waits for its end, and checks that its result is these bytes. Closes it. */
void result_is(byn_future *future, const void *data, size_t size);
/* Waits for its end, and checks how it failed, and what the message contains. Closes it. */
void failure_is(byn_future *future, byn_status status, const char *says);

/* Counts failures that nobody looked at, from now on; the last one's message. */
void watch_unseen(void);
void unwatch_unseen(void);
int unseen_count(void);
const char *unseen_message(void);
/* Until there are so many, or it is late. */
bool unseen_becomes(int count);

#endif
