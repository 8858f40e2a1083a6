/**
 * @file byname/pool.h
 * A pool of worker processes that run tasks. Nothing is lost: each task that was submitted ends in a result,
 * or in a failure with its cause.
 *
 *     byn_pool_open(&pool, NULL, NULL);                       // as many workers as there are processors
 *     byn_pool_submit(pool, &future, "square", &number, sizeof number, NULL, BYN_FOREVER);
 *     byn_future_wait(future, BYN_FOREVER);
 *     if (byn_future_result(future, &data, &size) < 0)
 *         puts(byn_last_error());                             // who failed, and why
 *     byn_future_close(future);
 *
 * See byname/task.h for what a task is, and byname/future.h for what becomes of one.
 *
 * A pool has a name. Any process may open it and submit, and programs may join it as workers. The workers are
 * started by one of the processes that have it open; if that one closes it or dies, another one goes on. When
 * the last of these has gone, the workers go too: there are no orphans.
 */
#ifndef BYNAME_POOL_H
#define BYNAME_POOL_H

#include <byname/future.h>
#include <byname/options.h>

/** A pool; made by byn_pool_open(). */
typedef struct byn_pool byn_pool;

/** The most workers and the most processes that use a pool. */
#define BYN_POOL_MEMBERS_MAX 256

/** What becomes of workers when no process has the pool open any more. */
typedef enum byn_pool_orphans {
    BYN_POOL_KILL = 0,   /**< they are killed */
    BYN_POOL_FINISH = 1, /**< each ends the task in which it is, and exits */
    BYN_POOL_DRAIN = 2   /**< they run all that was submitted, and exit; nobody gets the results */
} byn_pool_orphans;

/**
 * How to open a pool. Make it with BYN_OPTIONS(). The creator's hold; a later opener passes the same, or 0 or
 * NULL.
 */
typedef struct byn_pool_options {
    size_t struct_size;       /**< set by BYN_OPTIONS() */
    byn_open_mode open;       /**< default: open, or create */
    uint32_t mode;            /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;                /**< BYN_E_UNSUPPORTED if true: a pool does not outlive its users */
    bool no_workers;          /**< start none: they join by hand, see byn_worker_join() */
    byn_pool_orphans orphans; /**< default: killed */
    uint32_t workers;         /**< so many; 0: byn_processors() */
    const char *const
        *program; /**< NULL-ended: what is started as a worker, which calls byn_worker_main();
                                     NULL: the program that creates the pool, without arguments */
    const char *library;     /**< path of a library of tasks, instead of a program; its workers are
                                    `byname worker` */
    const char *initializer; /**< a task that each worker runs before all others; NULL: none */
    const void *initializer_data; /**< its argument */
    size_t initializer_size;      /**< bytes of it, at most 4096 */
    uint32_t tasks_per_worker;    /**< then it makes place for a fresh one; 0: no limit */
    uint32_t
        attempts; /**< how often a task may be begun whose worker dies or hangs, up to 255; 0: once */
    byn_timeout
        task_timeout;  /**< milliseconds that a task may take, at most 49 days of them; then its
                                    worker is killed. 0: any */
    uint32_t capacity; /**< tasks that are submitted and not collected; 0: 2048; at most 65,536 */
    uint64_t memory;   /**< bytes for what is larger than 96 bytes of arguments and results; 0: 256
                                    MiB. It is taken as it is needed */
} byn_pool_options;

/** How one task is to be treated. Make it with BYN_OPTIONS(). */
typedef struct byn_submit_options {
    size_t struct_size;          /**< set by BYN_OPTIONS() */
    uint32_t attempts;           /**< 0: the pool's; at most 255 */
    byn_timeout task_timeout;    /**< 0: the pool's; BYN_FOREVER: any */
    byn_future_callback on_done; /**< as by byn_future_on_done(); NULL: none */
    void *context;               /**< for it */
} byn_submit_options;

/** Bytes that somebody else owns. */
typedef struct byn_bytes {
    const void *data;
    size_t size;
} byn_bytes;

/** What byn_pool_progress() tells. */
typedef struct byn_pool_state {
    size_t struct_size; /**< set it to sizeof(byn_pool_state) */
    uint64_t done;      /**< tasks that ended well, since the pool was made, by all submitters */
    uint64_t failed;    /**< that failed */
    uint64_t canceled;  /**< that were canceled before they ran, or whose submitter died before */
    uint64_t retried;   /**< times that a task was begun again, since its worker died in it */
    uint32_t waiting;   /**< tasks that wait for a worker */
    uint32_t running;   /**< that run */
    uint32_t workers;   /**< workers that are ready */
    uint32_t starting;  /**< that are being started */
    uint32_t died; /**< workers that died in a task or in their start, since the pool was made */
    uint32_t submitters; /**< processes that have it open */
    uint32_t supervisor; /**< pid of the process that starts workers; 0: none at the moment */
    bool is_closed;      /**< byn_pool_shutdown() or byn_pool_terminate() was called */
    bool is_broken;      /**< workers cannot be started; byn_pool_submit() tells why */
} byn_pool_state;

/**
 * Open the pool called @p name, and start its workers if it is new. They start beside; byn_pool_submit() need
 * not wait for them.
 *
 * @return BYN_OK; BYN_CREATED; BYN_E_NOTFOUND also if the program or the library is not there; what
 *         byn_mutex_open() answers; BYN_E_INVALID also in a worker that did not call byn_worker_main(): it
 *         would start itself again and again.
 *
 * @lifetime   The pool lives while any process has it open. See `orphans`.
 * @threads    Any thread. The library adds one of its own, which looks after workers and calls callbacks.
 * @crash      If a process that has it open dies, its tasks that wait are canceled, those that run end and
 *             are dropped; all others go on. If it looked after the workers, another takes over at once.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_pool_open(byn_pool **pool, const char *name,
                                                const byn_pool_options *options);

/**
 * Close the handle. NULL is ignored. Futures that are still open keep the pool open. Tasks that were
 * submitted without a future and have not begun are canceled, and that is told as an unseen error: call
 * byn_pool_join() first if they matter.
 */
BYN_API void byn_pool_close(byn_pool *pool);

/** Tell its full name. Lives as long as the handle; NULL for NULL. */
BYN_API const char *byn_pool_name(const byn_pool *pool);

/**
 * Submit a task: any worker runs it once.
 *
 * Its end is one of: a result; a failure, with status and message; canceled. If its worker dies in it, for
 * whatever reason, or exits, or does not come to an end in the task's timeout, the task alone fails, with
 * BYN_E_PEERDIED or BYN_E_TIMEDOUT and how the worker ended, or is begun again as often as `attempts` says. A
 * task that no worker knows fails with BYN_E_NOTFOUND.
 *
 * @param[out] future  what becomes of it, to be closed with byn_future_close(); written on success only.
 *                     NULL: you do not want to know, unless it fails, see byn_on_unseen_error().
 * @param task         its name.
 * @param data         its argument: any bytes; NULL if size is 0. They are copied.
 * @param options      NULL for the pool's.
 * @param timeout      how long to wait for room, if `capacity` tasks are there or the memory is full.
 * @return BYN_OK; BYN_E_TIMEDOUT: no room; BYN_E_CLOSED: it was shut down; BYN_E_BROKEN: workers cannot be
 *         started, byn_last_error() tells why; BYN_E_TOOBIG: the argument can never fit; BYN_E_DEADLOCK: a
 *         task of this pool would wait for room that only it can make; BYN_E_CANCELED: see byname/wait.h;
 *         BYN_E_INVALID; BYN_E_NOMEM; BYN_E_CORRUPT.
 *
 * @threads Any thread, several at once.
 * @crash   A submitter killed in it has submitted it or not.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_pool_submit(byn_pool *pool, byn_future **future,
                                                  const char *task, const void *data, size_t size,
                                                  const byn_submit_options *options,
                                                  byn_timeout timeout);

/**
 * Submit a task and wait for its result.
 *
 * @param[out] result   where to put it; may be NULL if *result_size is 0.
 * @param result_size   bytes there are; then the result's size. NULL: you do not want the result.
 * @param timeout       for all of it. When it has passed the task is canceled, or goes on for nobody.
 * @return BYN_OK; what byn_pool_submit() answers; BYN_E_TOOBIG: the result is larger, which *result_size tells, and is
 *         lost; what the task failed with, and byn_last_error() tells all of it.
 *
 * @threads Any thread, several at once.
 */
BYN_API BYN_MUST_CHECK byn_status byn_pool_apply(byn_pool *pool, const char *task, const void *data,
                                                 size_t size, void *result, size_t *result_size,
                                                 byn_timeout timeout);

/**
 * Run a task for each of many arguments, and wait for all. For a task of several arguments put a struct of
 * them into the bytes.
 *
 * Any number: those that end make room for others. Of the pool's places it uses half at a time, or 64 if that is
 * more, or all if there are fewer. How many a worker takes at once is chosen by how long they take; there is no
 * chunk to be guessed.
 *
 * @param[out] futures  @p count of them, each of which has ended, in the order of the arguments; to be closed.
 * @param arguments     @p count of them.
 * @param options       NULL for the pool's.
 * @param[out] failed   how many did not end well; NULL if you do not care.
 * @return BYN_OK: all have ended, well or not; BYN_E_TIMEDOUT and what byn_pool_submit() answers: then all were
 *         canceled, and no future is left.
 */
BYN_API BYN_MUST_CHECK byn_status byn_pool_map(byn_pool *pool, byn_future **futures,
                                               const char *task, const byn_bytes *arguments,
                                               size_t count, const byn_submit_options *options,
                                               size_t *failed, byn_timeout timeout);

/* ---- Many, one after the other ------------------------------------------------------------------- */

/** Tasks for a stream of arguments; made by byn_pool_imap(). */
typedef struct byn_imap byn_imap;

/**
 * Gives the next argument: called by byn_imap_next(), in its thread. The bytes must stay until the next call.
 *
 * @return false: there is no more.
 */
typedef bool (*byn_supply)(void *context, byn_bytes *argument);

/** How to run a stream. Make it with BYN_OPTIONS(). */
typedef struct byn_imap_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    bool unordered;    /**< results come as they are ready, and not in the order of the arguments */
    uint32_t window;   /**< tasks that are submitted ahead; 0: 64, or 4 for each worker */
    uint32_t attempts; /**< 0: the pool's */
    byn_timeout task_timeout; /**< 0: the pool's */
} byn_imap_options;

/**
 * Run a task for each argument of a stream that may be endless; the results are asked for one by one.
 *
 * @param supply   gives the arguments.
 * @param context  for it.
 * @param options  NULL for the defaults.
 * @return BYN_OK; BYN_E_INVALID; BYN_E_NOMEM.
 */
BYN_API BYN_MUST_CHECK byn_status byn_pool_imap(byn_pool *pool, byn_imap **stream, const char *task,
                                                byn_supply supply, void *context,
                                                const byn_imap_options *options);

/**
 * Get the next task that has ended.
 *
 * @param[out] future  it, to be closed.
 * @param[out] index   which argument it had, from 0; NULL if you do not care.
 * @return BYN_OK; BYN_E_NOTFOUND: there is no more; BYN_E_TIMEDOUT: ask again; what byn_pool_submit() answers.
 */
BYN_API BYN_MUST_CHECK byn_status byn_imap_next(byn_imap *stream, byn_future **future,
                                                uint64_t *index, byn_timeout timeout);

/** Close it: what was submitted ahead is canceled; what runs goes on for nobody. NULL is ignored. */
BYN_API void byn_imap_close(byn_imap *stream);

/* ---- The pool as a whole -------------------------------------------------------------------------- */

/** No more tasks: those that were submitted are run, then the workers leave. @return BYN_OK; a failure. */
BYN_API byn_status byn_pool_shutdown(byn_pool *pool);

/** End it now: what waits is canceled, workers are killed, what they ran fails with BYN_E_CANCELED. */
BYN_API byn_status byn_pool_terminate(byn_pool *pool);

/**
 * Wait until nothing waits and nothing runs, and if the pool was shut down, until its workers have left.
 *
 * @return BYN_OK; BYN_E_TIMEDOUT; BYN_E_DEADLOCK: asked by a task of this pool; BYN_E_CANCELED; BYN_E_INVALID.
 */
BYN_API BYN_MUST_CHECK byn_status byn_pool_join(byn_pool *pool, byn_timeout timeout);

/** Tell how far it is. Counts are of one moment. @return BYN_OK; BYN_E_INVALID; BYN_E_CORRUPT. */
BYN_API byn_status byn_pool_progress(byn_pool *pool, byn_pool_state *state);

/** Called by the library's own thread; see byn_pool_on_progress(). */
typedef void (*byn_progress_callback)(byn_pool *pool, const byn_pool_state *state, void *context);

/**
 * Be called when something has changed, not more often than every @p interval milliseconds, and once when all
 * is done. It may open, submit and close, as callbacks of futures may, and must not wait.
 *
 * @param callback  NULL: no more. It is not running when this returns, unless it is called from there.
 * @param interval  1 or more.
 */
BYN_API byn_status byn_pool_on_progress(byn_pool *pool, byn_progress_callback callback,
                                        void *context, byn_timeout interval);

#endif
