/*
 * pool_run.h - running tasks: what pool_worker.c and task.c share. Nothing of it is in shared memory.
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

/* Copy as much of a text as has room, and no half of a character. */
void byni_message_copy(char message[BYNI_MESSAGE_MOST + 1], const char *text);

#endif
