/*
 * pool_state.h - a pool: this process' view of it, and what its sources share. What is in shared memory, and why that
 * is safe, is in pool_words.h.
 */
#ifndef BYNI_POOL_STATE_H
#define BYNI_POOL_STATE_H

#include <byname/pool.h>
#include <byname/process.h>
#include <byname/task.h>

#include "pool_words.h"

/* ---- This process' view ------------------------------------------------------------------------------ */

/* Places that were freed here, and are not in the shared list; see pool_post.c. Others may find them free, too. */
typedef struct byni_stock {
    byni_a32 held; /* by a thread of this process, for the time of one submission */
    byni_a32 count;
    uint32_t *places; /* `capacity` of them */
} byni_stock;

struct byn_pool {
    byni_object object;
    byni_pool_words *words;
    byni_heap heap;
    /* Checked once at attach; the tables do not move. */
    uint32_t capacity;
    byni_task *tasks;
    byni_worker *workers;       /* BYN_POOL_MEMBERS_MAX */
    byni_submitter *submitters; /* the same */
    byni_a64 *ring;             /* a power of two, at least 2 * capacity hints */
    uint64_t ring_mask;
    byni_a32 *free;                   /* capacity indices */
    byni_pool_definition *definition; /* a copy of this process', checked */
    uint32_t me; /* this process' place among the submitters; NOBODY: it is a worker only */
    byni_stock stock;
    byni_a64 order;   /* of the next submission of this process, at least */
    bynk_lock life;   /* of opening and closing in this process */
    byni_a32 users;   /* handles and futures; the last one goes with `life` */
    byni_a32 closing; /* there are none, and who holds `life` waits for the helper */
    bool parting;     /* there are none, and the helper is about to part with it; under `life` */
    struct byni_helper *helper;           /* pool_supervisor.c */
    struct byni_outstanding *outstanding; /* future.c: this process' futures */
    bynk_wait_hint hint;                  /* of workers that sleep */
    uint64_t seen;            /* words->head, when this process' worker last began to wait */
    uint32_t usual;           /* nanoseconds of a task of its; 0: not known */
    bynk_wait_hint ends_hint; /* of those who wait for a task's end */
};

/* ---- pool_progress.c ------------------------------------------------------------------------------------- */

bool byni_progress_is_same(const byn_pool_state *one, const byn_pool_state *other);

/* ---- pool.c: opening and closing ------------------------------------------------------------------------ */

/*
 * Users of this process' part: handles, futures, streams. The first one enters the place among the submitters and
 * starts the helper; the last one ends it, leaves the place and closes the object.
 */
void byni_pool_hold(byn_pool *pool);
void byni_pool_release(byn_pool *pool);
/* For a helper that could not be stopped since it was the caller: at its very end, in its own thread, with no lock
 * held. true: the pool is not to be touched any more. false: somebody has opened it again: go on. */
bool byni_pool_part(byn_pool *pool);

/* byn_pool_open() without a place among the submitters, and without a helper. */
byn_status byni_pool_open(byn_pool **pool, const char *name, const byn_pool_options *options);
/* Open one that exists, for a worker: without a place among the submitters. To be closed with byni_object_close(). */
byn_status byni_pool_open_as_worker(byn_pool **pool, const char *name);

/* The text, or the bytes, at an offset of the definition; NULL for 0. */
const char *byni_definition_text(const byni_pool_definition *definition, uint32_t offset);
/* What the options define, to be freed; NULL: *status is BYN_E_NOTFOUND, BYN_E_NOMEM ... with a cause. */
byni_pool_definition *byni_definition_make(const byn_pool_options *options, byn_status *status);
/* BYN_OK; BYN_E_INVALID, BYN_E_UNSUPPORTED: options that cannot be. */
byn_status byni_definition_check(const byn_pool_options *options);
/* A later opener's options, which define `mine`, are the creator's, or nothing. BYN_OK, BYN_E_MISMATCH. */
byn_status byni_definition_compare(const byni_pool_definition *there,
                                   const byni_pool_definition *mine,
                                   const byn_pool_options *options);

/* BYN_OK; or the failure of byn_pool_...(), with its sentence. */
byn_status byni_pool_usable(const byn_pool *pool, const char *operation);
/* The answer of byn_pool_...(): a failure gets its sentence. */
byn_status byni_pool_answer(const byn_pool *pool, byn_status status, const char *operation);

/* No more starts: with a reason, BROKEN; all that is queued fails with it. */
void byni_pool_break(byn_pool *pool, const char *reason);

/* ---- pool_table.c, pool_ring.c: guard, ring, free list, bells ------------------------------------------------------- */

/* Bytes of a segment for the tables and a definition of this size, and the most that it may grow to; 0: too much. */
uint64_t byni_pool_tables_size(uint64_t capacity, uint64_t definition);
uint64_t byni_pool_limit(uint64_t capacity, uint64_t memory);
void byni_pool_initialise(byni_pool_words *words, const uint64_t parameters[BYNI_PARAMETERS],
                          const byni_pool_definition *definition);
byn_status byni_pool_attach(byn_pool *pool);
void byni_pool_detach(byn_pool *pool);

/* Lock. The heir of a dead holder has repaired all. BYN_E_CORRUPT, BYN_E_TIMEDOUT (BYNK_SOON), with a cause. */
byn_status byni_pool_lock(byn_pool *pool);
void byni_pool_unlock(byn_pool *pool);

/* The number to sleep on. Asked before one looks. */
uint32_t byni_bell_listen(byni_bell *bell);
void byni_bell_ring(byn_pool *pool, byni_bell *bell);
/* For the end of one task only: others' ends do not wake who sleeps. */
uint32_t byni_bell_listen_for(byni_bell *bell, byni_ticket ticket);
void byni_bell_ring_for(byn_pool *pool, byni_bell *bell, byni_ticket ticket);
/* The bell that tells when the task ends. */
byni_bell *byni_task_bell(byn_pool *pool, byni_ticket ticket);

/* ---- pool_post.c: tasks that are submitted without the guard -------------------------------------------- */

typedef struct byni_submission {
    const char *name; /* at most BYN_TASK_NAME_MAX bytes */
    const void *data;
    uint64_t size;
    uint32_t attempts, timeout; /* attempts 1 to BYNI_TASK_ATTEMPTS; timeout in ms, 0: none */
} byni_submission;

/* Hold the stock, for a moment. false: another thread does, for too long. */
bool byni_stock_hold(byn_pool *pool);
void byni_stock_let_go(byn_pool *pool);
/* Without it. Places that are free now, of small tasks. */
void byni_stock_add(byn_pool *pool, const uint32_t *indices, size_t n);
/* With it: a place, RESERVED; NOWHERE: there is none. */
uint32_t byni_stock_claim(byn_pool *pool);
/* With the guard, without the stock: all of it where all submitters find it. */
void byni_stock_return(byn_pool *pool);
/* FREE -> RESERVED. false: it is not free. */
bool byni_place_claim(byn_pool *pool, uint32_t index);

/* Tasks that were posted and are not in the ring. With the guard: they are put there; they were, with all that is
 * queued. */
uint64_t byni_posts_count(const byn_pool *pool);
void byni_posts_fetch(byn_pool *pool);
void byni_posts_forget(byn_pool *pool);

/* The order of a task that is submitted now. */
uint64_t byni_order_next(byn_pool *pool);
/* Whether nothing has to be done for a submission that needs the guard. */
bool byni_task_may_post(const byn_pool *pool);
/* Then submit a small one without it; how that ended. false: it could not be done so. */
bool byni_task_post(byn_pool *pool, const byni_submission *what, byni_ticket *ticket,
                    byn_status *status);

/* ---- pool_table.c again: with the guard ------------------------------------------------------------------- */

/* At the end, in this order. */
void byni_hints_push(byn_pool *pool, const byni_ticket *tickets, size_t n);
void byni_hints_push_front(byn_pool *pool, byni_ticket ticket);
static inline bool byni_hints_are_none(const byn_pool *pool)
{
    return byni_load64(&pool->words->head) == byni_load64(&pool->words->tail);
}

/* Those that were posted too. No guard is needed, as what is there may be taken at any time. */
static inline uint64_t byni_hints_count(const byn_pool *pool)
{
    return byni_load64(&pool->words->tail) - byni_load64(&pool->words->head) +
           byni_posts_count(pool);
}

/* The ring and the free list, of the words. */
void byni_hints_rebuild(byn_pool *pool);
void byni_places_rebuild(byn_pool *pool);
void byni_places_push(byn_pool *pool, uint32_t index);
/* One, RESERVED; NOWHERE: there is none. */
uint32_t byni_places_pop(byn_pool *pool);
/* For the heir: those by CLEANER are free, and refer to no block. */
void byni_places_finish(byn_pool *pool);
/* What who fills the place will change. */
static inline void byni_place_fetch(const byn_pool *pool, uint32_t index)
{
    if (index >= pool->capacity)
        return;
    byni_task_prefetch(&pool->tasks[index]);
    byni_prefetch(pool->tasks[index].name);
}
/* The blocks that tasks refer to stay, all others are freed. */
byn_status byni_pool_repair_heap(byn_pool *pool);
/* Exactly this word -> FREE, one generation later, its blocks freed. false: it is not that any more. */
bool byni_task_release(byn_pool *pool, uint32_t index, uint64_t word);

/* ---- pool_idle.c: workers that wait ---------------------------------------------------------------------- */

/* With the guard. Choose a worker that waits, who is called when the guard has been let go. */
typedef enum byni_call_for { BYNI_CALL_NOBODY, BYNI_CALL_FIRST, BYNI_CALL_SLEEPER } byni_call_for;
byni_call_for byni_worker_choose(byn_pool *pool);
/* Without the guard: whether it would choose one, as far as can be seen. */
bool byni_worker_is_wanted(const byn_pool *pool);
/* Give it to the worker that will be chosen next. false: it goes into the ring. */
bool byni_worker_hand(byn_pool *pool, byni_ticket ticket);
/* Without the guard. */
void byni_worker_call(byn_pool *pool, byni_call_for whom);
/* Whether who submits more at once may call later: then everything is begun together, and ends together. */
bool byni_call_may_wait(const byn_pool *pool);
/* That is later. */
void byni_worker_call_now(byn_pool *pool);
/* Sleep until there may be something, or the phase changed; at once if it is not 0. BYN_OK, BYN_E_TIMEDOUT: look again,
 * it is a heartbeat. */
byn_status byni_worker_sleep(byn_pool *pool, uint32_t worker, bynk_rest *rest);

/* ---- pool_task.c: what becomes of a task ------------------------------------------------------------------ */

enum { BYNI_TOGETHER = 64 }; /* tasks that are submitted in one step at most */

/* Places whose tasks have ended, RESERVED by this process for its next ones, which are like them but for the argument. */
typedef struct byni_kept {
    size_t count;
    uint32_t places[BYNI_TOGETHER];
} byni_kept;

/*
 * Submit the first ones of n for which there is room: *put of them, in one step for the workers. BYN_OK: one at
 * least. Failures put none: BYN_E_TIMEDOUT without a cause: no room at all, and words->room is rung when there may
 * be; BYN_E_CLOSED, BYN_E_BROKEN, BYN_E_TOOBIG, BYN_E_NOMEM, BYN_E_CORRUPT. To wait for room: listen to it, try,
 * sleep. kept: what is there is taken first; NULL: none.
 */
byn_status byni_tasks_put(byn_pool *pool, const byni_submission *many, size_t n,
                          byni_ticket *tickets, size_t *put, byni_kept *kept);
/* All but the place of a large argument and its bytes, of one that is RESERVED. */
void byni_task_fill(const byn_pool *pool, byni_task *task, const byni_submission *what);
/* BYN_OK: the pool takes tasks; BYN_E_CLOSED; BYN_E_BROKEN, with a cause. */
byn_status byni_pool_refused(const byn_pool *pool);

/* One is going to be put: the lines that are changed each time, while something else is done. */
static inline void byni_tasks_fetch(const byn_pool *pool)
{
    byni_prefetch_to_change(&pool->words->guard);
    byni_prefetch_to_change(&pool->words->free);
}

/* What has become of it. */
int byni_task_kind(const byn_pool *pool, byni_ticket ticket);
/* It is neither queued nor running. */
static inline bool byni_task_is_over(const byn_pool *pool, byni_ticket ticket)
{
    int kind = byni_task_kind(pool, ticket);

    return kind != BYNI_TASK_QUEUED && kind != BYNI_TASK_RUNNING;
}
/* QUEUED -> CANCELED. false: it is not queued any more. */
bool byni_task_cancel(byn_pool *pool, byni_ticket ticket);
/* Its owner needs it no more: ended -> FREE; queued -> CANCELED -> FREE; running: NOBODY's. No guard is needed but for
 * blocks of the heap. */
void byni_task_free(byn_pool *pool, byni_ticket ticket);
/* With the guard. QUEUED, or RESERVED by BREAKER -> FAILED, since the pool is broken. */
void byni_task_fail_broken(byn_pool *pool, uint32_t index, uint64_t word);
/* It has ended, with this word, and has no blocks. Whether it is FREE; the place is for byni_stock_add() then. */
static inline bool byni_task_free_small(const byn_pool *pool, uint32_t index, uint64_t word)
{
    return byni_cas64(&pool->tasks[index].word, &word,
                      byni_task_word(byni_word_generation(word) + 1, 0, BYNI_TASK_FREE));
}
/* The same of any that has ended, with this word. */
void byni_task_free_ended(byn_pool *pool, uint32_t index, uint64_t word);
/* The same of one without blocks, but its place is RESERVED, and `kept`, which has room for it. Only its owner may end
 * its life, and that is this process: no other word can be there meanwhile. */
BYNI_IN_LINE void byni_task_keep(byn_pool *pool, uint32_t index, uint64_t word, byni_kept *kept)
{
    byni_store64(&pool->tasks[index].word,
                 byni_task_word(byni_word_generation(word) + 1, pool->me, BYNI_TASK_RESERVED));
    kept->places[kept->count++] = index;
}
/* They are free. */
void byni_kept_release(byn_pool *pool, byni_kept *kept);
/* It runs, or will, for nobody. */
void byni_task_abandon(byn_pool *pool, byni_ticket ticket);
/* Put freed ones where all submitters find them. */
void byni_tasks_give_back(byn_pool *pool);

/* A worker's. take: up to `most` hints into its batch, which is empty, never more than its share; 0: there is nothing.
 * next: one of its batch, claimed; false: it is empty. claim: QUEUED -> RUNNING, and `current`. steal: one of another
 * worker's batch, claimed. end: the outcome has been written; commit, ring, clear. */
size_t byni_tasks_take(byn_pool *pool, uint32_t worker, size_t most);
bool byni_task_next(byn_pool *pool, uint32_t worker, byni_ticket *ticket);
bool byni_task_claim(byn_pool *pool, uint32_t worker, uint64_t hint, byni_ticket *ticket);
bool byni_task_steal(byn_pool *pool, uint32_t worker, byni_ticket *ticket);
void byni_task_end(byn_pool *pool, uint32_t worker, byni_ticket ticket, int kind);

/* Argument and result, checked against their bounds; NULL: corrupt. */
const void *byni_task_argument(byn_pool *pool, const byni_task *task, size_t *size);
const void *byni_task_result(byn_pool *pool, const byni_task *task, size_t *size);
/* Room for the result of a task that the caller runs; its size is written too. BYN_E_TOOBIG, BYN_E_LIMIT, BYN_E_NOMEM,
 * BYN_E_CORRUPT, with a cause. */
byn_status byni_task_reserve(byn_pool *pool, byni_task *task, uint64_t size, void **room);

/* ---- pool_member.c: members that come and go ----------------------------------------------------------- */

/* Places that may be in use. */
static inline uint32_t byni_used_workers(const byn_pool *pool)
{
    uint32_t used = byni_load32(&pool->words->used_workers);

    return used < BYN_POOL_MEMBERS_MAX ? used : BYN_POOL_MEMBERS_MAX;
}

static inline uint32_t byni_used_submitters(const byn_pool *pool)
{
    uint32_t used = byni_load32(&pool->words->used_submitters);

    return used < BYN_POOL_MEMBERS_MAX ? used : BYN_POOL_MEMBERS_MAX;
}

/* Whether somebody has the place, and is dead. */
bool byni_member_is_dead(const byni_member *member);
/* Whether it is this process. */
bool byni_member_is_me(const byni_member *member);

/* Look at all members, and clean up those that are dead. The count of these. Without the guard. */
size_t byni_pool_sweep(byn_pool *pool);

/* Who is in a place. false: nobody. */
bool byni_member_identity(const byni_member *member, bynk_identity *identity);

/* Take a place. BYN_E_LIMIT: there is none. */
byn_status byni_submitter_enter(byn_pool *pool);
void byni_submitter_leave(byn_pool *pool);
/* nonce 0: by hand, any place. *worker: the place. BYN_E_NOTFOUND: nobody waits for this start any more. It is STARTING;
 * the worker itself writes READY. */
byn_status byni_worker_enter(byn_pool *pool, uint64_t nonce, uint32_t *worker);
void byni_worker_leave(byn_pool *pool, uint32_t worker);
/* For a start: a free place, STARTING, with this nonce. BYN_E_LIMIT. With the guard. */
byn_status byni_worker_expect(byn_pool *pool, uint64_t nonce, uint32_t *worker);

/* Whether no process other than this member, and workers, has it open and lives. */
bool byni_submitter_is_last(const byn_pool *pool, uint32_t submitter);
/* Whether a process other than workers has it open, and lives. */
bool byni_pool_has_users(byn_pool *pool);

/* With the guard: how many workers there are. */
void byni_workers_count(byn_pool *pool);

/* ---- pool_repair.c: members that died ------------------------------------------------------------------ */

/* With the guard: those who died are cleaned up. The count of these. */
size_t byni_clean_up_dead(byn_pool *pool);

/* Everything derived, anew; all dead members cleaned up; everybody woken. With the guard. */
byn_status byni_pool_repair(byn_pool *pool);

/* The member in this place is dead, or gives its place up: with the guard. exit: how it ended; NULL: not known. */
void byni_worker_cleanup(byn_pool *pool, uint32_t worker, const byn_exit *exit);
void byni_submitter_cleanup(byn_pool *pool, uint32_t submitter);

/* All that sleeps on the pool looks again. */
void byni_pool_wake_all(byn_pool *pool);

/* ---- pool_supervisor.c: the thread of each process that has it open -------------------------------------- */

/* Starts, watches and replaces workers if this process is the supervisor, which it becomes when there is none;
 * kills tasks that take too long; calls callbacks and the progress hook. */
byn_status byni_helper_start(byn_pool *pool);
bool byni_helper_stop(
    byn_pool *pool); /* and gives the role up. false: it is the caller; see byni_pool_part() */
void byni_helper_ring(byn_pool *pool);              /* let it look at once */
void byni_supervisor_ring(byn_pool *pool);          /* the same of the one that is the supervisor */
bool byni_pool_is_supervised(const byn_pool *pool); /* whether there is one, and lives */
bool byni_helper_is_me(const byn_pool *pool);       /* whether it is the calling thread */

/* ---- pool_program.c: what is started as a worker --------------------------------------------------------- */

#define BYNI_WORKER_VARIABLE "BYNAME_WORKER"

/*
 * For byn_pool_open(), of the creator's options: the argv of a worker, NULL-ended, its paths absolute and there. Of a
 * library: `byname worker --library <path>`. To be freed. BYN_E_NOTFOUND, BYN_E_ACCESS, BYN_E_INVALID (a program
 * and a library), with a cause.
 */
byn_status byni_worker_argv(const byn_pool_options *options, char ***argv);
void byni_worker_argv_free(char **argv);

/* Also for byn_pool_open(): BYN_E_INVALID, with a cause, if this process was started as a worker and has not called
 * byn_worker_main() yet: it would start itself again and again. */
byn_status byni_worker_check(void);

/* ---- pool_worker.c ----------------------------------------------------------------------------------------- */

/* Whether the calling thread runs a task of this pool, as which worker. */
bool byni_worker_is_me(const byn_pool *pool, uint32_t *worker);
/* Run the task if it is queued, or else another one, in the calling worker's thread; of index UINT32_MAX: any. false:
 * there was nothing, or it is in as many tasks as it can be. */
bool byni_worker_help(byn_pool *pool, byni_ticket wanted);

/* ---- outstanding.c, future*.c: this process' futures ----------------------------------------------------- */

/*
 * What is wanted of a task besides its result, in task->wanted: bits, above them the low ones of the generation that
 * they are about. So what was meant for an earlier life of the place says nothing, and who submits need not clear
 * it. KILL: its worker is to be killed when it runs; it then ends FAILED with BYN_E_CANCELED and is not tried
 * again. The supervisor looks, and is rung. DROPPED: nobody will look at its result, see
 * byn_call_is_canceled(); its owner still wants to know how it ends, for an error that nobody sees.
 *
 * A task that returned a failure always has a message (task->message_size); none says that its worker died, or
 * was killed for task->status.
 */
enum { BYNI_WANTED_KILL = 1, BYNI_WANTED_DROPPED = 2, BYNI_WANTED_BITS = 2 };

static inline uint32_t byni_task_wanted(const byni_task *task, uint64_t generation)
{
    uint32_t wanted = byni_load32(&task->wanted);
    uint32_t mine = (uint32_t)generation & (UINT32_MAX >> BYNI_WANTED_BITS);

    return wanted >> BYNI_WANTED_BITS == mine ? wanted & ((1U << BYNI_WANTED_BITS) - 1) : 0;
}

void byni_task_want(byn_pool *pool, byni_ticket ticket, uint32_t bits);

/* For attach and detach. */
byn_status byni_outstanding_begin(byn_pool *pool);
void byni_outstanding_end(byn_pool *pool);

/*
 * This process has no handle and no future any more: what was submitted without a future and has not begun is
 * canceled, what runs is nobody's. When the helper has ended, before the place among the submitters is given up. Then,
 * when no lock is held, tell what that answered: it calls the hook for errors that nobody saw. Then the end.
 */
byn_future *byni_outstanding_settle(byn_pool *pool);
void byni_outstanding_tell(byn_pool *pool, byn_future *unseen);

/* Copy the results of this process' futures that have ended out of shared memory, so that their places are free. The
 * count of these; 0: there are none. Unless it is asked to be thorough it looks only at those that were submitted first. */
size_t byni_outstanding_collect(byn_pool *pool, bool thoroughly);

/*
 * In the helper's thread, in this order, so that nothing is missed:
 *
 *     listen to this process' bell, if byni_outstanding_awaits(pool);
 *     byni_outstanding_call_back(pool): callbacks, errors of tasks without a future, the progress hook;
 *     sleep until byni_outstanding_next(pool), or until byni_helper_ring(); on the bell too if it listened.
 *
 * It does not listen to the bell while there is nothing whose end it has to tell: each end would wake it. What begins to
 * be awaited while it sleeps rings it.
 */
bool byni_outstanding_awaits(const byn_pool *pool);
void byni_outstanding_call_back(byn_pool *pool);
bynk_deadline byni_outstanding_next(const byn_pool *pool);

/* Whether the calling thread is in a callback, of any pool: it must not wait. Of this one. */
bool byni_in_callback(void);
bool byni_in_callback_of(const byn_pool *pool);

#endif
