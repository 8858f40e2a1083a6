/**
 * @file byname/future.h
 * What becomes of a task that was submitted to a pool.
 *
 * A future ends once: with a result, failed, or canceled. Waiting is one call, byn_future_wait(); the others
 * do not wait. A failure that nobody has looked at when its future is closed goes to the error hook, by default
 * one line on the standard error: errors of tasks do not vanish.
 *
 * A future may stand in byn_wait_any() and byn_wait_all(): it is there when it has ended. In a task of the same
 * pool these only wait; byn_future_wait() also runs what is waited for.
 */
#ifndef BYNAME_FUTURE_H
#define BYNAME_FUTURE_H

#include <byname/options.h>

/** What becomes of a task; made by byn_pool_submit(). */
typedef struct byn_future byn_future;

/** How far it is. */
typedef enum byn_future_stage {
    BYN_FUTURE_WAITING = 0, /**< for a worker */
    BYN_FUTURE_RUNNING = 1, /**< a worker is in it */
    BYN_FUTURE_DONE = 2,    /**< it has a result */
    BYN_FUTURE_FAILED = 3,  /**< it has an error */
    BYN_FUTURE_CANCELED = 4 /**< it never ran */
} byn_future_stage;

/** How a task failed. The strings live as long as the future. */
typedef struct byn_task_error {
    size_t struct_size; /**< set it to sizeof(byn_task_error) */
    byn_status
        status; /**< the task's; BYN_E_PEERDIED: its worker died; BYN_E_TIMEDOUT: it took too long;
                              BYN_E_NOTFOUND also: no such task; BYN_E_CANCELED: it was canceled */
    const char *task;    /**< its name */
    const char *message; /**< one sentence: task, cause, and how the worker ended */
    bool exit_known;     /**< the worker died, and it is known how */
    int32_t exit_code;   /**< then: as byn_exit.code */
    int32_t exit_signal; /**< then: as byn_exit.signal */
    uint32_t attempts;   /**< how often it was begun */
} byn_task_error;

/**
 * Close the handle. NULL is ignored.
 *
 * A task that waits still runs, and one that runs goes on, for nobody: byn_call_is_canceled() tells it so. If it
 * then fails, that is an error that nobody looked at. Callbacks that were not called yet are not called any more.
 * A failure that nobody looked at is told in here.
 */
BYN_API void byn_future_close(byn_future *future);

/**
 * Tell its full name, by which any process that may open the pool can open it. From then on its result stays in
 * shared memory until this handle is closed. Ask for it when you have submitted the task: who waits for one future, or
 * looks at it, may find that others of the pool have ended too, and then their results are this process' alone.
 *
 * @return The name, which lives as long as the handle; NULL with byn_last_error(): the result is not in shared
 *         memory any more, or there is no memory.
 */
BYN_API const char *byn_future_name(byn_future *future);

/**
 * Open a future of another process (or of this one) by its name. The pool is opened with it.
 *
 * It holds nothing: when its submitter closes its own handle or dies before this one was seen to end, this one has
 * failed with BYN_E_NOTFOUND. What was seen of it stays, a copy in this process.
 *
 * @return BYN_OK; BYN_E_NOTFOUND: its submitter has closed it or died; BYN_E_NAME: that is no future's name; what
 *         byn_pool_open() answers.
 *
 * @threads Any thread.
 * @crash   Others notice nothing.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_future_open(byn_future **future, const char *name);

/**
 * Wait until it has ended, in whatever way. In a task of the same pool it does not only wait: the worker runs
 * that task, or others, meanwhile, so that nested tasks do not wait for each other for ever.
 *
 * @return BYN_OK: it has ended; BYN_E_TIMEDOUT; BYN_E_NOTFOUND: another process' future, which that one closed
 *         before it was seen to end; BYN_E_DEADLOCK: in a callback, or every worker is in 8 tasks of which each waits
 *         for another; BYN_E_CANCELED: see byname/wait.h; BYN_E_INVALID.
 *
 * @threads Any thread, several at once.
 * @crash   A worker's death ends its task, see byn_pool_submit(); nobody waits for the dead.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_future_wait(byn_future *future, byn_timeout timeout);

/** Tell how far it is; WAITING for NULL. */
BYN_API byn_future_stage byn_future_state(byn_future *future);

/**
 * Tell the result. Does not wait.
 *
 * @param[out] data  the bytes, aligned to 8, not to be changed; they live as long as the handle. More than 96 stay in
 *                   shared memory, without a copy, unless the pool is short of room.
 * @param[out] size  how many.
 * @return BYN_OK; how the task failed: its status, and byn_last_error() is its message; BYN_E_CANCELED: it was
 *         canceled; BYN_E_INVALID: it has not ended.
 */
BYN_API BYN_MUST_CHECK byn_status byn_future_result(byn_future *future, const void **data,
                                                    size_t *size);

/** Tell how it failed, all of it. @return BYN_OK; BYN_E_NOTFOUND: it did not fail, or has not ended. */
BYN_API byn_status byn_future_error(byn_future *future, byn_task_error *error);

/**
 * Cancel it if it has not begun.
 *
 * @return BYN_OK: it will not run, or it had been canceled; BYN_E_EXISTS: it runs or has ended; BYN_E_INVALID.
 */
BYN_API byn_status byn_future_cancel(byn_future *future);

/** As byn_future_cancel(), but if it runs its worker is killed: it fails with BYN_E_CANCELED. */
BYN_API byn_status byn_future_kill(byn_future *future);

/** Called when a future has ended, by the library's own thread, one after another. It may submit, cancel and
 * close, also this future and the pool; it must not wait: BYN_E_DEADLOCK, from what would. */
typedef void (*byn_future_callback)(byn_future *future, void *context);

/**
 * Be called when it has ended; if it has, soon. Once for each time that this was asked, unless it is closed before.
 *
 * @return BYN_OK; BYN_E_NOMEM; BYN_E_INVALID, also for another process' future.
 */
BYN_API BYN_MUST_CHECK byn_status byn_future_on_done(byn_future *future,
                                                     byn_future_callback callback, void *context);

/* ---- Several --------------------------------------------------------------------------------------- */

/** What byn_futures_wait() waits for. */
typedef enum byn_futures_when {
    BYN_ALL_DONE = 0,    /**< all have ended */
    BYN_FIRST_DONE = 1,  /**< one has ended */
    BYN_FIRST_FAILED = 2 /**< one has failed or was canceled, or all have ended */
} byn_futures_when;

/**
 * Wait for several, of any pools.
 *
 * @param set         @p n futures; a NULL is passed over.
 * @param[out] index  of the first one that has ended (FIRST_DONE) or failed (FIRST_FAILED, and n: none); may be NULL.
 * @return BYN_OK; BYN_E_TIMEDOUT; BYN_E_INVALID: also if there is none; what byn_future_wait() answers.
 */
BYN_API BYN_MUST_CHECK byn_status byn_futures_wait(byn_future *const *set, size_t n,
                                                   byn_futures_when when, byn_timeout timeout,
                                                   size_t *index);

/**
 * Get them as they end: each call moves one more that has ended to the front.
 *
 *     for (size_t told = 0; byn_futures_next(set, n, &told, BYN_FOREVER) >= 0;)
 *         use(set[told - 1]);
 *
 * @param set   @p n futures, which are reordered; the first *told of them have been told, and may be closed.
 * @param told  0 in the beginning; one more after each success.
 * @return BYN_OK; BYN_E_NOTFOUND: all were told; BYN_E_TIMEDOUT; what byn_future_wait() answers.
 */
BYN_API BYN_MUST_CHECK byn_status byn_futures_next(byn_future **set, size_t n, size_t *told,
                                                   byn_timeout timeout);

/* ---- Errors that nobody looked at ------------------------------------------------------------------ */

/**
 * Gets the failure of a task that nobody looked at: neither byn_future_result() nor byn_future_error() told it.
 *
 * Called once for each: where the future is closed; by the library's own thread for a task without one, also if its
 * future was closed before it ended; in byn_pool_close() for tasks without a future that never ran. Not for what was
 * canceled or killed by its user. The strings live as long as the call.
 *
 * @threads Several at once: what it writes needs a lock of its own.
 */
typedef void (*byn_unseen_error)(const char *pool, const byn_task_error *error, void *context);

/**
 * Set who is told, in this process. NULL: the default, a line on the standard error.
 *
 * @threads Any thread. One that is being told goes on: @p context is needed until the pools are closed.
 */
BYN_API void byn_on_unseen_error(byn_unseen_error hook, void *context);

#endif
