/* A pool of workers computes squares, one task each. One of the tasks crashes its worker. */
#include <stdio.h>
#include <stdlib.h>

#include <byname/byname.h>

enum { NUMBERS = 10, CRASHES = 7 };

static byn_status square(byn_call *call)
{
    const int *number = byn_call_argument(call, NULL);
    int result = *number * *number;

    if (*number == CRASHES)
        _Exit(3);
    return byn_call_result(call, &result, sizeof result);
}

static const byn_task tasks[] = {BYN_TASK("square", square), BYN_TASK_END};

static void tell(byn_future *future, int *sum)
{
    byn_task_error error = {.struct_size = sizeof error};
    const void *data;
    size_t size;

    if (byn_future_error(future, &error) >= 0)
        puts(error.message);
    else if (byn_future_result(future, &data, &size) >= 0)
        *sum += *(const int *)data;
    byn_future_close(future);
}

int main(void)
{
    int numbers[NUMBERS], sum = 0, i, code;
    byn_bytes arguments[NUMBERS];
    byn_future *futures[NUMBERS];
    byn_pool *pool;
    size_t failed;

    if (byn_worker_main(tasks, &code))
        return code;

    if (byn_pool_open(&pool, NULL, NULL) < 0)
        return 1;
    for (i = 0; i < NUMBERS; i++) {
        numbers[i] = i + 1;
        arguments[i] = (byn_bytes){&numbers[i], sizeof numbers[i]};
    }
    if (byn_pool_map(pool, futures, "square", arguments, NUMBERS, NULL, &failed, 30000) < 0) {
        puts(byn_last_error());
        return 1;
    }
    for (i = 0; i < NUMBERS; i++)
        tell(futures[i], &sum);
    printf("%d failed, the others make %d\n", (int)failed, sum);
    byn_pool_close(pool);
    return 0;
}
