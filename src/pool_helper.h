/*
 * pool_helper.h - the helper's thread: what pool_supervisor.c and pool_supervise.c share. Nothing of it is in shared
 * memory.
 */
#ifndef BYNI_POOL_HELPER_H
#define BYNI_POOL_HELPER_H

#include "pool_state.h"

typedef struct byni_helper byni_helper;

/* Somebody whose death rings the helper. */
typedef struct byni_watched {
    bynk_identity who;
    bool there;
    bynk_watch *watch; /* NULL: none was to be had; it is looked at now and then */
} byni_watched;

/* A worker that this process has started. */
typedef struct byni_child {
    struct byni_child *next;
    bynk_process *process;
    uint64_t nonce, since;
    uint32_t place;
    bool late; /* it was killed, since it did not become ready */
    byni_watched watched;
} byni_child;

struct byni_helper {
    byn_pool *pool;
    bynk_thread *thread;
    byni_a32 stop;
    byni_a32 parts; /* it was its own thread that closed the pool: see serve() */
    bynk_rest rest;
    bool supervises;
    bool rung;          /* since the last look */
    byni_watched chief; /* the supervisor, if it is another process */

    /* The supervisor's: */
    byni_child *children;
    byni_watched workers[BYN_POOL_MEMBERS_MAX]; /* adopted, or joined by hand */
    byni_watched submitters[BYN_POOL_MEMBERS_MAX];
    bool some_unwatched;
    uint64_t looked;               /* when it last looked at all members */
    uint64_t next_start;           /* not before */
    char reason[BYNI_POOL_REASON]; /* of the last start that failed */
};

/* ---- pool_supervisor.c */

/* Watch this one from now on; NULL: nobody. */
void byni_watch_member(const byni_helper *helper, byni_watched *watched, const bynk_identity *who);

/* ---- pool_supervise.c */

/* Look at everything once. When to look again, if nobody rings. */
bynk_deadline byni_supervise(byni_helper *helper);
/* It will not any more: if no other process has the pool open, the workers are to end. */
void byni_supervision_end(byni_helper *helper);

/* This process' child that has the worker's place; NULL: another's. */
byni_child *byni_child_at(const byni_helper *helper, uint32_t place);

static inline bynk_deadline byni_sooner(bynk_deadline one, bynk_deadline other)
{
    return one < other ? one : other;
}

static inline uint32_t byni_depth_of(const byni_worker *worker)
{
    uint32_t depth = byni_load32(&worker->depth);

    return depth < BYNI_TASK_NESTED ? depth : BYNI_TASK_NESTED;
}

/* ---- pool_kill.c */

/* Kill those who are in a task, or in their start, for too long, or that are to end. When to look again. */
bynk_deadline byni_kill_late(byni_helper *helper, uint64_t now);
/* The worker in this place, because of the first of the tasks that it is in. */
void byni_kill_outermost(byni_helper *helper, uint32_t place, byn_status cause);
/* It, whatever it does. */
void byni_kill_process(byni_helper *helper, uint32_t place);

/* ---- pool_start.c */

/* How a worker ended that never became ready; or that it was not started at all: NULL, with a cause. */
void byni_start_failed(byni_helper *helper, const byni_child *child, const byn_exit *exit);
/* Start those that are missing. When to try again. */
bynk_deadline byni_start_missing(byni_helper *helper, uint64_t now);

#endif
