/*
 * A pool whose processes are killed, or stopped, at every instruction: what its cases, its victims and its sleepers
 * share. Each task has exactly one outcome and is begun no more often than it may be; what waits stays in its order;
 * nobody sleeps on; no place of the table and no byte of its memory is lost.
 *
 * The case looks for the dead itself, as a supervisor does: no other process does it in these tests.
 */
#ifndef TEST_POOL_BOARD_H
#define TEST_POOL_BOARD_H

#include "pool_use.h"
#include "sleepers.h"

enum { CAPACITY = 32, MEMORY = 400000, SMALL = 8, LARGE = 1000 };
enum { NEW = 50, NUMBERS = 100, LAST = 99 };

/* Words. HELD: sleepers wait until the victim has prepared. CANCELED: 1: the victim was told so; 2: it was not. RUNS: how
 * often a task with this number was begun. */
enum { SLEEPERS, ROLE, TICKET, GENERATION, HELD, CANCELED, RUNS = 16 };

/* Who sleeps: on the end of task 1, for work, for room. */
enum { AWAITS_END, WORKS, WANTS_ROOM };

typedef struct setting {
    unsigned start; /* tasks 1 to start wait when a round begins */
    size_t size;    /* of their arguments */
    uint32_t attempts;
    unsigned puts; /* the victim puts NEW, NEW + 1 ..., and is gone at the end */
    unsigned role, sleepers;
    bool held;      /* sleepers wait until the victim has prepared */
    bool handed;    /* the first one is not in the ring */
    bool posted;    /* none of them is, yet */
    unsigned full;  /* the table: so many tasks that have been canceled */
    unsigned fails; /* of its own tasks, since it is a worker too, and dies */
} setting;

typedef struct subject {
    const setting *is;
    board *b;
    const char *name;
    byn_pool *pool;
    uint32_t worker; /* the case's */
    peer *sleepers[4];
    byni_ticket tickets[CAPACITY];
    byn_pool_state before;
    byni_ticket claimed; /* while the victim was stopped */
    bool has_claimed, sleeps;
    unsigned done, failed, gone, late, lost;
} subject;

/* ---- In all processes */

static inline unsigned number_of(byn_pool *pool, byni_ticket ticket)
{
    size_t size;
    const unsigned *number = byni_task_argument(pool, &pool->tasks[ticket.index], &size);

    return number != NULL && *number < NUMBERS ? *number : 0;
}

static inline bool run(board *b, byn_pool *pool, uint32_t worker, byni_ticket ticket)
{
    unsigned number = number_of(pool, ticket);

    (void)apr_atomic_inc32(&b->word[RUNS + number]);
    return pool_run(pool, worker, ticket) == number && number != 0;
}

static inline byn_pool *attached(const char *name)
{
    byn_pool *pool = NULL;

    REQUIRE_STATUS(byni_pool_open_as_worker(&pool, name), BYN_OK);
    return pool;
}

/* ---- Victims: pool_victim.c */

extern const step_operation applying, putting, posting, posting_last, posting_and_running,
    freeing_1_large, putting_large, putting_many, putting_many_large, keeping, releasing, entering,
    freeing, canceling, freeing_1, running, running_batch, coming, cleaning, cleaning_alone,
    withdrawing_small, withdrawing, inheriting;

/* ---- Sleepers and the case: pool_round.c */

int sleeper(peer_self *self, int argc, char **argv);

/* All that each program has beside its cases. */
extern const peer_entry pool_peers[];

/* What is left is run, in the order of its submission. */
void run_the_rest(subject *s);

/* Of a round, after the victim: what is said above. Begins the next one. */
void each_task_has_one_end(void *context, long k);

/* The victim is killed at each instruction. */
void sweep(const step_operation *operation, setting is);

/* It is stopped at each: `during` meanwhile, `verify` when it has gone on to its end. */
void switch_to(const step_operation *operation, setting is, void (*during)(void *context, long k),
               void (*verify)(void *context, long k), long stride);

#endif
