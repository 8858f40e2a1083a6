/* Tasks count how far all are, two numbers under one lock; their names come as an argument. */
#include <stdio.h>

#include <byname/byname.h>

enum { TASKS = 100 };

typedef struct names {
    char lock[128], count[128], bytes[128];
    int size;
} names;

static byn_status add(const char *name, int64_t number)
{
    byn_value *value;
    byn_status status = byn_value_open(&value, name, NULL);

    if (status >= 0) {
        status = byn_value_add(value, number, NULL);
        byn_value_close(value);
    }
    return status;
}

static byn_status work(byn_call *call)
{
    const names *all = byn_call_argument(call, NULL);
    byn_mutex *lock;
    byn_status status = byn_mutex_open(&lock, all->lock, NULL);

    if (status < 0)
        return status;
    BYN_HOLDING(lock, 10000, status) {
        status = add(all->count, 1);
        if (status >= 0)
            status = add(all->bytes, all->size);
    }
    BYN_HOLDING_END
    byn_mutex_close(lock);
    return status;
}

static const byn_task tasks[] = {BYN_TASK("work", work), BYN_TASK_END};

/* In the library's own thread, now and then, and when all is done. */
static void tell(byn_pool *pool, const byn_pool_state *state, void *context)
{
    uint64_t *done = context;

    (void)pool;
    *done = state->done;
}

int main(void)
{
    byn_pool *pool;
    byn_mutex *lock;
    byn_value *count, *bytes;
    names all;
    int64_t counted = 0, summed = 0;
    uint64_t done = 0;
    int i, code, failed = 0;

    if (byn_worker_main(tasks, &code))
        return code;

    if (byn_pool_open(&pool, NULL, NULL) < 0 || byn_mutex_open(&lock, NULL, NULL) < 0 ||
        byn_value_open(&count, NULL, NULL) < 0 || byn_value_open(&bytes, NULL, NULL) < 0)
        return 1;
    snprintf(all.lock, sizeof all.lock, "%s", byn_mutex_name(lock));
    snprintf(all.count, sizeof all.count, "%s", byn_value_name(count));
    snprintf(all.bytes, sizeof all.bytes, "%s", byn_value_name(bytes));
    byn_pool_on_progress(pool, tell, &done, 10);
    for (i = 0; i < TASKS; i++) {
        all.size = i;
        failed += byn_pool_submit(pool, NULL, "work", &all, sizeof all, NULL, 30000) < 0;
    }
    failed += byn_pool_join(pool, 30000) < 0;
    byn_pool_on_progress(pool, NULL, NULL, 0);
    byn_value_get(count, &counted);
    byn_value_get(bytes, &summed);
    printf("%d tasks of %d, %d bytes\n", (int)counted, TASKS, (int)summed);
    byn_value_close(bytes);
    byn_value_close(count);
    byn_mutex_close(lock);
    byn_pool_close(pool);
    return failed > 0 || done > TASKS;
}
