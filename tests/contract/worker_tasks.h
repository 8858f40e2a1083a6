/*
 * Tasks for the tests of workers, beside those of pool_tasks.h; some of them do to their process what no task
 * should.
 */
#ifndef CONTRACT_WORKER_TASKS_H
#define CONTRACT_WORKER_TASKS_H

#include "pool_tasks.h"

/*
 *     ends        a text: how. "exit 3", "exit 0", "abort", "crash", "killed", "hang", "fork", "close", "raise"
 *     who         its result is the worker's pid, an int64_t
 *     prints      a size_t: writes so many bytes to the standard output
 *     waits       a gates: as "hold", and has its own pool open meanwhile
 *     plod        as "add", but takes a millisecond
 *     complains   an initializer: fails with BYN_E_ACCESS and "not today"
 *     notes       an initializer: keeps its argument, a text
 *     noted       its result is what "notes" kept in this worker
 *     attempt     dies, but for its third attempt, which it gives as a uint32_t
 *     odd         returns a number that is no status
 *     late        fails with BYN_E_NOTFOUND as the library says it
 */
extern const byn_task *worker_tasks(void);

/** Of main(): whether this process is a worker, or another program of these tests; its exit code. */
bool worker_main(int argc, char **argv, int *code);

/** The program of a worker that does as its name says: "fails", "forgets", "sleeps"; see worker_tasks.c. */
const char *const *worker_program(const char *name);

/** The pid of a worker that has just run a task. */
long worker_pid(byn_pool *pool);

/** Submits "ends" in this way. */
byn_future *submit_end(byn_pool *pool, const char *how);

/** Opens a new pool with these options. */
byn_pool *opened_pool(const byn_pool_options *options);

#endif
