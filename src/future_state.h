/*
 * future_state.h - a future, and all those of this process: what their sources share. Nothing of it is in shared
 * memory.
 *
 * WHERE THE OUTCOME IS. While a task has not ended, its word in shared memory is the truth. Who finds that it has
 * ended settles the future, with the lock: it copies what is small, gives the task's place back, and says so in
 * `stage`, after which no lock is needed to read. A large result stays in its place until the future is
 * closed; or until byni_outstanding_collect() needs the place, and nobody has its address yet. A future with
 * a name stays in its place until it is closed.
 *
 * WHO MAY GIVE A STRUCT BACK: `references` counts the handle, and the helper while it calls a callback. A future
 * whose handle was closed before its task ended is the library's then, like one that nobody asked for: the helper tells
 * its error.
 *
 * LOCKS: outstanding->lock, and with it a guard of shared memory; never the other way round.
 */
#ifndef BYNI_FUTURE_STATE_H
#define BYNI_FUTURE_STATE_H

#include "pool_state.h"

/* How a task failed; in one piece of memory. */
typedef struct byni_failure {
    byn_status status;
    bool exit_known;
    int32_t exit_code, exit_signal;
    uint32_t attempts;
    char task[BYN_TASK_NAME_MAX + 1];
    char message[];
} byni_failure;

typedef struct byni_callback byni_callback;
struct byni_callback {
    byn_future_callback function;
    void *context;
    byni_callback *next;
};

enum { BYNI_FUTURE_NAME_SIZE = BYNI_NAME_SIZE + 64 };

/* Two lines are all that most ever use of it. Up to `bytes` it is cleared for each use. */
struct byn_future {
    byni_handle handle; /* as byn_wait_any() wants it; no name: it has one only if it is asked */
    byn_pool *pool;
    byni_ticket ticket;
    byni_a32
        stage; /* a byn_future_stage that is an end, and then all is there; or 0: look at the task's word */
    uint16_t owner;   /* the place of its submitter, whose bell rings */
    uint16_t serial;  /* its place in outstanding->recent, with its upper bits */
    byn_future *next; /* in a list: of those that are watched, or others */
    uint32_t references;
    byni_a8 looked;     /* somebody knows how it failed */
    bool foreign;       /* another handle's, opened by its name: the place is not its own */
    bool gone;          /* foreign, and its owner closed it before it was seen to end */
    bool kept;          /* its task's place is still its own */
    bool shown;         /* somebody has the address of the result in its place */
    bool closed;        /* its handle: no callback any more */
    bool detached;      /* it has no handle: the helper tells its error, and gives it back */
    bool dropped;       /* its handle was closed before it ended */
    bool canceled;      /* by a call of this process: that is no news */
    bool watched;       /* in outstanding->watched */
    bool called_back;   /* `first` is used, or was */
    bool known;         /* others in this process may find it, and settle it */
    const void *result; /* of DONE; NULL: still in its place, and nobody asked */
    size_t size;
    byni_callback *callbacks; /* first asked, first called */
    const byn_future *after;  /* that was submitted next, and is looked at next; may be gone */
    void *copy;               /* to be freed: a large result */
    byni_failure *failure;    /* of FAILED and CANCELED; NULL: there was no memory */
    char *name;
    uint64_t bytes[BYNI_TASK_INLINE / 8];
    byn_future *previous; /* while it is watched */
    byn_future *later;    /* in the helper's list of those that it tells now */
    byni_callback first;  /* one that needs no memory */
    uint64_t argument;    /* which one of a stream it had */
};

enum { BYNI_RECENT = 2048 /* a power of two */, BYNI_SPARE = 1024 };

typedef struct byni_outstanding {
    bynk_lock lock;
    byn_future **unused; /* structs for the next ones; the one that was used last is the last */
    uint32_t unused_count;
    uint32_t open;   /* futures with a handle, and spare ones: together one use of the pool */
    bool shut;       /* no spare ones are taken in */
    uint32_t cursor; /* where the next collection begins */
    uint32_t oldest; /* the same in `recent` */
    byni_a64 *
        holders; /* of each place in the table: the future that holds it, as a number; 0: none here */
    byn_future
        *watched; /* whose end the helper has to tell: callbacks, and those without a handle */
    byn_future *newest; /* the last of them */
    byni_a32 watched_count;

    bynk_lock hook_lock; /* held while the progress hook runs: who takes it away waits for that */
    byn_progress_callback hook;
    void *hook_context;
    byni_a64 hook_next; /* when it may be called again; BYNK_NEVER: there is none */
    uint64_t hook_pause;
    byn_pool_state told; /* the last time */
    /* Those that were submitted last and are not settled, as numbers, in that order: who finds that one has ended looks
     * at the next ones too. 0: none. With the lock what is found here stays. */
    byni_a32 serial; /* of the next one; two threads may get the same */
    byni_a64 recent[BYNI_RECENT];
    /*
     * Structs of futures that were closed, for those that come next: neither takes the lock. As numbers; 0: free; SHUT.
     * Who has put one here may not touch the pool any more: nothing holds it for him. So each who gives up a use of
     * the pool shuts this before, and what comes later takes the lock. Who submits has a use, and opens it again.
     */
    byni_a32 spares; /* how many of the first ones are there; a hint */
    byni_a64 spare[BYNI_SPARE];
} byni_outstanding;

/* What most that is done with it takes. Of any address, and NULL. */
static inline void byni_future_fetch(const byn_future *future)
{
    if (future == NULL)
        return;
    byni_prefetch_to_change(future);
    byni_prefetch_to_change((const char *)future + offsetof(byn_future, result));
}

/* ---- future_make.c ------------------------------------------------------------------------------------ */

/* Structs for n futures, in a list; all or none: BYN_E_NOMEM, with a cause. handles: somebody has them open, and with
 * them the pool. unmake: those that came to nothing. */
byn_status byni_futures_make(byn_pool *pool, byn_future **list, size_t n, bool handles);
void byni_futures_unmake(byn_pool *pool, byn_future *list, bool handles);
/* A spare one, open, and with it the pool, if there is one: without the lock. It may be closed like one that has ended
 * with a small result. NULL: make one. */
byn_future *byni_future_renew(byn_pool *pool);
/* The spare ones are unused, and no others become spare: before a use of the pool, which the caller has, is given up. */
void byni_futures_shut(byn_pool *pool);
/* Close one that has ended, and has nothing but a small result, without the lock. false: it is to be closed otherwise. */
bool byni_future_spare(byn_future *future);
/* With the lock: it is for the next one. */
void byni_future_unused(byni_outstanding *all, byn_future *future);

/* ---- outstanding.c ------------------------------------------------------------------------------------ */

static inline byni_bell *byni_future_bell(const byn_future *future)
{
    return &future->pool->submitters[future->owner].bell;
}

/* It is this task's, and has its place. */
static inline void byni_future_is_of(byn_future *future, byni_ticket ticket)
{
    future->ticket = ticket;
    future->kept = true;
    future->known = false;
    future->next = NULL;
}
/* Others in this process may find it, and settle it. At most once. */
void byni_future_register(byn_future *future);
/* The helper has to tell its end. With the lock. Whether it is to be rung. */
bool byni_future_watch(byn_future *future);
void byni_future_unwatch(byn_future *future);

/* Whether it has ended: one load, if it has not. Settles it, and perhaps those that were submitted next. */
bool byni_future_look(byn_future *future);

static inline bool byni_future_ended(byn_future *future)
{
    return byni_load32(&future->stage) != BYN_FUTURE_WAITING || byni_future_look(future);
}
/* Of one that is not settled: whether it has ended with a small result, which is copied then, and with which word. Its
 * place is to be freed, then its stage is to be told. With the lock, or nobody else knows it. */
BYNI_IN_LINE bool byni_future_copy_small(byn_future *future, uint64_t *word)
{
    const byni_task *task = &future->pool->tasks[future->ticket.index];
    uint64_t size;

    *word = byni_load64(&task->word);
    if (byni_word_kind(*word) != BYNI_TASK_DONE || !byni_task_is_of(*word, future->ticket) ||
        future->name != NULL || byni_load32(&task->result_place) != 0)
        return false;
    size = byni_load64(&task->result_size);
    if (size > sizeof future->bytes)
        return false;
    byni_bytes_read(future->bytes, task->result, (size_t)size);
    future->size = (size_t)size;
    future->result = future->bytes;
    future->kept = false;
    return true;
}
/* The same with the lock. */
bool byni_future_settle(byn_future *future);
/* How many at the front of them have ended, or are NULL. */
size_t byni_futures_ended(byn_future *const *set, size_t n);

/* With the lock: its result is copied to this process. false: there is no memory. */
bool byni_future_copy_out(byn_future *future);
/* With the lock: its place is free, if it is still held. */
void byni_future_let_go(byn_future *future);
/* With the lock: one reference less; with the last one it is unused. */
void byni_future_unreference(byn_future *future);

/* ---- future.c ------------------------------------------------------------------------------------------- */

/* Fails with a sentence if it is no handle of this process. */
bool byni_future_usable(const byn_future *future, const char *operation);
/* What a public function answers. */
byn_status byni_future_answer(const byn_future *future, byn_status status, const char *operation);
/* Until it has ended: BYN_OK; BYN_E_TIMEDOUT, BYN_E_CANCELED, BYN_E_DEADLOCK (with a cause), BYN_E_NOTFOUND. */
byn_status byni_future_await(byn_future *future, bynk_deadline deadline);
/* Where the caller of a wait may not sleep, or can do something better: BYN_OK: look again; BYN_E_TIMEDOUT:
 * sleep; BYN_E_DEADLOCK, with a cause. */
byn_status byni_future_help(byn_future *future);
/* Cancel it if it has not begun, and close it. NULL is ignored. */
void byni_future_abandon(byn_future *future);

extern const byni_kind byni_future_kind;

/* Until all have ended, NULLs are passed over; until one has. */
byn_status byni_futures_await_all(byn_future *const *set, size_t n, bynk_deadline deadline);
byn_status byni_futures_await_first(byn_future *const *set, size_t n, bynk_deadline deadline,
                                    size_t *index);

/* ---- future_callback.c ----------------------------------------------------------------------------------- */

/* With the lock. BYN_E_NOMEM, never of the first one. */
byn_status byni_future_add_callback(byn_future *future, byn_future_callback function,
                                    void *context);

/* ---- future_error.c ------------------------------------------------------------------------------------- */

/* From a task that failed or was canceled; NULL: no memory. */
byni_failure *byni_failure_of(byn_pool *pool, const byni_task *task, int kind, const void *message,
                              size_t size);
/* One that is no task's own: why it cannot be told. */
byni_failure *byni_failure_make(byn_status status, const char *task, const char *message);
/* Of one that failed or was canceled. */
byn_status byni_failure_status(const byn_future *future);
const char *byni_failure_message(const byn_future *future);
void byni_failure_tell(const byn_future *future, byn_task_error *error);
/* To the hook. Without a lock. */
void byni_unseen_tell(const char *pool, const byn_future *future);
/* Whether its error is to be told. */
bool byni_future_is_unseen(const byn_future *future);

/* ---- future_open.c --------------------------------------------------------------------------------------- */

/* byni_future_settle() of a foreign one. */
bool byni_foreign_settle(byn_future *future);

/* ---- pool_submit.c --------------------------------------------------------------------------------------- */

/* Which task, and how. */
typedef struct byni_order {
    const char *operation, *task;
    uint32_t attempts, timeout; /* 0: the pool's */
    byn_future_callback on_done;
    void *context;
} byni_order;

/* How, as the caller chose it. A failure has its cause. */
byn_status byni_order_make(byni_order *order, const byn_pool *pool, const char *operation,
                           const char *task, const byn_submit_options *options);
/* Of several: which one is wrong. */
byn_status byni_argument_check(const byn_bytes *argument, uint64_t number);
/* Submit up to n, the first ones; *put of them. Waits until there is room for one. Without futures: they get none. A
 * failure has its cause, but for BYN_E_TIMEDOUT and BYN_E_CANCELED. */
byn_status byni_submit(byn_pool *pool, const byni_order *order, byn_future **futures,
                       const byn_bytes *arguments, size_t n, size_t *put, bynk_deadline deadline);
/* The same, into places that are kept first; only who submits knows the futures. See pool_map.c. */
byn_status byni_submit_mapped(byn_pool *pool, const byni_order *order, byn_future **futures,
                              const byn_bytes *arguments, size_t n, size_t *put, byni_kept *kept,
                              bynk_deadline deadline);

#endif
