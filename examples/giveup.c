/* One task fails, and a flag lets all others end early; those that have not begun never do. */
#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

enum { TASKS = 20, BAD = 3 };

typedef struct job {
    int number;
    char flag[128];
} job;

static byn_status work(byn_call *call, const job *what, byn_event *flag)
{
    int step;

    if (what->number == BAD) {
        byn_event_set(flag);
        return byn_call_fail(call, BYN_E_NOTFOUND, "the disk is not there");
    }
    for (step = 0; step < 1000; step++)
        if (byn_event_wait(flag, 30) >= 0) /* a step of the work, and a look at the flag */
            return byn_call_fail(call, BYN_E_CANCELED, "another one failed");
    return BYN_OK;
}

static byn_status run(byn_call *call)
{
    const job *what = byn_call_argument(call, NULL);
    byn_event *flag;
    byn_status status = byn_event_open(&flag, what->flag, NULL);

    if (status < 0)
        return status;
    status = work(call, what, flag);
    byn_event_close(flag);
    return status;
}

static const byn_task tasks[] = {BYN_TASK("run", run), BYN_TASK_END};

int main(void)
{
    byn_pool *pool;
    byn_event *flag;
    byn_future *futures[TASKS];
    byn_task_error error = {.struct_size = sizeof error};
    job what;
    size_t bad = TASKS;
    int early = 0, i, code;

    if (byn_worker_main(tasks, &code))
        return code;

    if (byn_pool_open(&pool, NULL, &BYN_OPTIONS(byn_pool_options, .workers = 4)) < 0 ||
        byn_event_open(&flag, NULL, &BYN_OPTIONS(byn_event_options, .manual_reset = true)) < 0)
        return 1;
    snprintf(what.flag, sizeof what.flag, "%s", byn_event_name(flag));
    for (i = 0; i < TASKS; i++) {
        what.number = i;
        if (byn_pool_submit(pool, &futures[i], "run", &what, sizeof what, NULL, 30000) < 0)
            return 1;
    }
    if (byn_futures_wait(futures, TASKS, BYN_FIRST_FAILED, 60000, &bad) < 0)
        return 1;
    for (i = 0; i < TASKS; i++)
        byn_future_cancel(futures[i]);
    if (byn_futures_wait(futures, TASKS, BYN_ALL_DONE, 60000, NULL) < 0)
        return 1;
    for (i = 0; i < TASKS; i++)
        if (byn_future_error(futures[i], &error) >= 0) {
            if (error.status != BYN_E_CANCELED)
                printf("%d: %s\n", i, error.message);
            early += error.status == BYN_E_CANCELED;
        }
    printf("%d others ended early, or never began\n", early);
    for (i = 0; i < TASKS; i++)
        byn_future_close(futures[i]);
    byn_event_close(flag);
    byn_pool_close(pool);
    return 0;
}
