/* A library of tasks: a pool is opened with its path, and its workers load it. */
#include <byname/task.h>

static byn_status square(byn_call *call)
{
    const int32_t *number = byn_call_argument(call, NULL);
    int32_t result = *number * *number;

    return byn_call_result(call, &result, sizeof result);
}

BYN_TASK_LIBRARY = {BYN_TASK("square", square), BYN_TASK_END};
