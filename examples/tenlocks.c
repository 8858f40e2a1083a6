/* Ten tasks share one lock, which is given to them by its name. One dies with it, one is given a wrong name: both
 * are told, and the others go on. */
#include <stdio.h>
#include <stdlib.h>

#include <byname/byname.h>

enum { TASKS = 10, DIES = 3, LOST = 7 };

typedef struct job {
    int number;
    char lock[128];
} job;

static byn_status write_line(byn_call *call)
{
    const job *what = byn_call_argument(call, NULL);
    byn_mutex *lock;
    byn_status status =
        byn_mutex_open(&lock, what->lock, &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY));
    bool is_left = false;

    if (status < 0)
        return status;
    BYN_HOLDING(lock, 10000, status) {
        is_left = status == BYN_ABANDONED; /* here it would repair what the dead one had begun */
        if (what->number == DIES)
            _Exit(9);
    }
    BYN_HOLDING_END
    byn_mutex_close(lock);
    return status < 0 ? status : byn_call_result(call, &is_left, sizeof is_left);
}

static const byn_task tasks[] = {BYN_TASK("write", write_line), BYN_TASK_END};

int main(void)
{
    byn_pool *pool;
    byn_mutex *lock;
    byn_future *futures[TASKS];
    byn_task_error error = {.struct_size = sizeof error};
    const void *data;
    size_t size;
    int done = 0, left = 0, i, code;

    if (byn_worker_main(tasks, &code))
        return code;

    if (byn_pool_open(&pool, NULL, &BYN_OPTIONS(byn_pool_options, .workers = 3)) < 0 ||
        byn_mutex_open(&lock, NULL, NULL) < 0)
        return 1;
    for (i = 0; i < TASKS; i++) {
        job what = {.number = i};

        snprintf(what.lock, sizeof what.lock, "%s%s", byn_mutex_name(lock), i == LOST ? "-x" : "");
        if (byn_pool_submit(pool, &futures[i], "write", &what, sizeof what, NULL, 30000) < 0)
            return 1;
    }
    if (byn_futures_wait(futures, TASKS, BYN_ALL_DONE, 60000, NULL) < 0)
        return 1;
    for (i = 0; i < TASKS; i++) {
        if (byn_future_error(futures[i], &error) >= 0) {
            printf("%d: %s\n", i, byn_status_name(error.status)); /* and error.message tells more */
        } else if (byn_future_result(futures[i], &data, &size) >= 0) {
            done++;
            left += *(const bool *)data;
        }
        byn_future_close(futures[i]);
    }
    printf("%d wrote, %d of them found the lock left by a dead one\n", done, left);
    byn_mutex_close(lock);
    byn_pool_close(pool);
    return 0;
}
