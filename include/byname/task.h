/**
 * @file byname/task.h
 * Tasks: functions that a pool's workers find by their names.
 *
 * A program lists its tasks in a table, and says in the first lines of main() that it may be a worker:
 *
 *     static byn_status square(byn_call *call)
 *     {
 *         size_t size;
 *         const int *number = byn_call_argument(call, &size);
 *         int result = *number * *number;
 *
 *         return byn_call_result(call, &result, sizeof result);
 *     }
 *
 *     static const byn_task tasks[] = {BYN_TASK("square", square), BYN_TASK_END};
 *
 *     int main(void)
 *     {
 *         int code;
 *
 *         if (byn_worker_main(tasks, &code))
 *             return code;
 *         ...
 *
 * A pool starts the same program again, as often as it has workers; there byn_worker_main() runs tasks until
 * the pool ends. So nothing has to be inherited, on any system, and a task is never the wrong function: a
 * name that a worker does not have is the failure of that task, which says so.
 *
 * A library of tasks exports its table under the name byn_tasks; a pool loads it with the option `library`:
 *
 *     BYN_TASK_LIBRARY = {BYN_TASK("square", square), BYN_TASK_END};
 */
#ifndef BYNAME_TASK_H
#define BYNAME_TASK_H

#include <byname/options.h>

/** Largest number of bytes in the name of a task. */
#define BYN_TASK_NAME_MAX 47

/** A task while it runs: what it was given, and where its result goes. Valid until its function returns. */
typedef struct byn_call byn_call;

/**
 * A task. What it returns is its end: a status >= 0 is success; one below 0 a failure of this status, with
 * what byn_call_fail() said, or else byn_last_error() of the worker if that speaks of the same status.
 *
 * It runs in the first thread of a worker. It may do what a program may: start threads and processes, open
 * objects, exit, crash. What happens then to the task is written at byn_pool_submit().
 */
typedef byn_status (*byn_task_function)(byn_call *call);

/** A row of a table of tasks. */
typedef struct byn_task {
    const char *name;           /**< 1 to BYN_TASK_NAME_MAX bytes; NULL ends the table */
    byn_task_function function; /**< called for it */
} byn_task;

/** A row of the table, and its end. */
#define BYN_TASK(name, function)                                                                   \
    {                                                                                              \
        name, function                                                                             \
    }
#define BYN_TASK_END                                                                               \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

/** Begins the definition of the table of a library of tasks. */
#define BYN_TASK_LIBRARY BYN_EXPORT const byn_task byn_tasks[]

/* ---- In a task ------------------------------------------------------------------------------------ */

/**
 * Tell what the task was given.
 *
 * @param[out] size  bytes; NULL if you know.
 * @return The bytes, aligned to 8, in shared memory: not to be changed. Not NULL, also if there are none.
 */
BYN_API const void *byn_call_argument(const byn_call *call, size_t *size);

/**
 * Give the result: a copy of these bytes. The last one counts.
 *
 * @return BYN_OK; BYN_E_TOOBIG: more than the pool's memory can ever hold; BYN_E_LIMIT or BYN_E_NOMEM: there
 *         is no room now, since others' arguments and results take it; BYN_E_INVALID. A task that returns
 *         this fails with it.
 */
BYN_API BYN_MUST_CHECK byn_status byn_call_result(byn_call *call, const void *data, size_t size);

/**
 * Get room for a result, to be filled in place before the function returns. As byn_call_result(), without
 * the copy. The content is undefined before.
 *
 * @param[out] room  where the result is to be written, aligned to 8.
 */
BYN_API BYN_MUST_CHECK byn_status byn_call_reserve(byn_call *call, size_t size, void **room);

/**
 * Say why the task fails, for byn_future_error(): `return byn_call_fail(call, BYN_E_NOTFOUND, "no such
 * picture: x.png");`
 *
 * @param status   below 0.
 * @param message  UTF-8; what is longer than 500 bytes is cut.
 * @return The status, to be returned by the task.
 */
BYN_API byn_status byn_call_fail(byn_call *call, byn_status status, const char *message);

/** Tell the name by which the task was called. */
BYN_API const char *byn_call_task(const byn_call *call);

/** Tell the pool's name, for byn_pool_open() in a task that submits others. */
BYN_API const char *byn_call_pool(const byn_call *call);

/** Tell which attempt this is: 1, 2, ... up to the option `attempts`. */
BYN_API uint32_t byn_call_attempt(const byn_call *call);

/**
 * Tell whether nobody wants the result any more: its submitter has closed the future or died, or the pool is
 * being terminated. A long task may look now and then, and return BYN_E_CANCELED.
 */
BYN_API bool byn_call_is_canceled(const byn_call *call);

/* ---- A worker -------------------------------------------------------------------------------------- */

/**
 * Be a worker, if this process was started as one. Call it first in main().
 *
 * @param tasks      the table; it must live as long as the process.
 * @param[out] code  what main() shall return, if the answer is true.
 * @return true: it was a worker, and has done its work; false: it is no worker, and *code is untouched.
 *
 * @threads The first thread.
 * @crash   If a worker dies, only its task fails, or is tried again, and another worker takes its place.
 * @since   0.1
 */
BYN_API bool byn_worker_main(const byn_task *tasks, int *code);

/** How to join a pool. Make it with BYN_OPTIONS(). */
typedef struct byn_worker_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    uint32_t tasks;     /**< leave after so many; 0: serve until the pool ends */
} byn_worker_options;

/**
 * Join a pool as one more worker, and run tasks until it ends: for workers that are started by hand.
 *
 * @param pool     the pool's name; it must be open somewhere.
 * @param tasks    the table.
 * @param options  NULL for the defaults.
 * @return BYN_OK: the pool has ended, or the number of tasks is reached; BYN_E_NOTFOUND: there is no such pool;
 *         BYN_E_LIMIT: it has all the workers that it can have; what the pool's initializer failed with;
 *         BYN_E_INVALID, BYN_E_NAME, BYN_E_ACCESS.
 *
 * @threads One at a time in a process.
 * @crash   As byn_worker_main(); nobody starts another in its place.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_worker_join(const char *pool, const byn_task *tasks,
                                                  const byn_worker_options *options);

#endif
