/* Futures are told as they end; a slow one does not keep the others waiting. */
#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

enum { COUNT = 4 };

/* Waits for the event that is named; "" is nothing to wait for. */
static byn_status after(byn_call *call)
{
    const char *name = byn_call_argument(call, NULL);
    byn_event *event;
    byn_status status;

    if (name[0] == '\0')
        return byn_call_result(call, "quick", sizeof "quick");
    status = byn_event_open(&event, name, NULL);
    if (status < 0)
        return status;
    status = byn_event_wait(event, 30000);
    byn_event_close(event);
    return status < 0 ? status : byn_call_result(call, "slow", sizeof "slow");
}

static const byn_task tasks[] = {BYN_TASK("after", after), BYN_TASK_END};

int main(void)
{
    byn_pool *pool;
    byn_event *event;
    byn_future *futures[COUNT];
    const void *data;
    size_t told = 0, size;
    int i, code;

    if (byn_worker_main(tasks, &code))
        return code;

    if (byn_pool_open(&pool, NULL, &BYN_OPTIONS(byn_pool_options, .workers = 2)) < 0 ||
        byn_event_open(&event, NULL, NULL) < 0)
        return 1;
    for (i = 0; i < COUNT; i++) { /* the first one is the slow one */
        const char *name = i == 0 ? byn_event_name(event) : "";

        if (byn_pool_submit(pool, &futures[i], "after", name, strlen(name) + 1, NULL, 30000) < 0)
            return 1;
    }
    while (byn_futures_next(futures, COUNT, &told, 30000) >= 0) {
        if (byn_future_result(futures[told - 1], &data, &size) < 0)
            puts(byn_last_error());
        else
            puts(data);
        byn_future_close(futures[told - 1]);
        if (told == COUNT - 1)
            byn_event_set(event);
    }
    byn_event_close(event);
    byn_pool_close(pool);
    return 0;
}
