/*
 * pool_run.h - running tasks: what pool_worker.c, pool_watchdog.c and task.c share. Nothing of it is in shared memory.
 */
#ifndef BYNI_POOL_RUN_H
#define BYNI_POOL_RUN_H

#include "pool_state.h"

enum { BYNI_MESSAGE_MOST = 500 /* bytes of what byn_call_fail() says */ };

/* One task while it runs, on the stack of its worker. */
struct byn_call {
    byn_pool *pool;
    byni_task *task; /* NULL: the initializer, whose result nobody wants */
    byni_ticket ticket;
    const void *argument;
    size_t size;
    void *scratch;     /* of an initializer's result */
    byn_status failed; /* what byn_call_fail() said; 0: nothing */
    char name[BYN_TASK_NAME_MAX + 1];
    char message[BYNI_MESSAGE_MOST + 1];
};

/* What the watchdog says; 0: nothing. */
enum { BYNI_ORPHAN_LEAVES = 1, BYNI_ORPHAN_DRAINS = 2 };

/* A worker, while it works. */
typedef struct byni_serving {
    byn_pool *pool;
    uint32_t place;
    const byn_task *tasks;
    const byn_task *last; /* the one that was found last */
    uint32_t left;        /* tasks that it may still run */
    bool is_limited;      /* so many */
    bool by_hand;         /* and so its process goes on */
    bool has_told;        /* the pool why it cannot begin */
    size_t batch;         /* how many it takes at once */
    uint32_t untimed;     /* turns of short tasks, of which some are timed */
    uint32_t vain, skip;  /* lingering, so often, so that so many chances are left out */
    uint64_t checked;     /* whether this object's file is still open */
    bynk_thread *watchdog;
    byni_a32 orphaned; /* by the watchdog */
    byni_a32 stop;     /* for the watchdog */
} byni_serving;

/* ---- pool_call.c */

void byni_call_begin(byn_call *call, byn_pool *pool);
/* Find its function and call it; what it answers, or why there is none. */
byn_status byni_call_perform(byni_serving *self, byn_call *call);
/* call->message says why it failed with this status. */
void byni_call_explain(byn_call *call, byn_status status);
/* All of a task that was claimed. */
void byni_call_run(byni_serving *self, byni_ticket ticket);

/* ---- task.c */

/* Copy as much of a text as has room, and no half of a character. */
void byni_message_copy(char message[BYNI_MESSAGE_MOST + 1], const char *text);

/* ---- pool_watchdog.c */

byn_status byni_watchdog_begin(byni_serving *worker);
/* Waits for its thread. A process that ends need not. */
void byni_watchdog_end(byni_serving *worker);
/* Whether a process that lives has the pool open, other than its workers. */
bool byni_watchdog_sees_users(byn_pool *pool);

#endif
