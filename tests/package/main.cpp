// The same from C++: options, a block that holds a mutex, a task.
#include <cstdio>

#include <byname/byname.h>

namespace {

byn_status answer(byn_call *call)
{
    const int number = 42;

    return byn_call_result(call, &number, sizeof number);
}

const byn_task tasks[] = {BYN_TASK("answer", answer), BYN_TASK_END};

byn_status open_recursive(byn_mutex **mutex)
{
#if __cplusplus >= 202002L
    const byn_mutex_options options = BYN_OPTIONS(byn_mutex_options, .recursive = true);
#else
    byn_mutex_options options = {};

    options.struct_size = sizeof options;
    options.recursive = true;
#endif
    return byn_mutex_open(mutex, nullptr, &options);
}

bool holds_twice()
{
    byn_mutex *mutex = nullptr;
    byn_status status = open_recursive(&mutex);
    bool held = false;

    if (status < 0)
        return false;
    BYN_HOLDING(mutex, BYN_FOREVER, status)
    {
        held = byn_mutex_lock(mutex, BYN_NOW) == BYN_OK && byn_mutex_unlock(mutex) == BYN_OK;
    }
    BYN_HOLDING_END
    byn_mutex_close(mutex);
    return held;
}

bool gets_an_answer()
{
    byn_pool *pool = nullptr;
    int number = 0;
    size_t size = sizeof number;
    byn_status status = byn_pool_open(&pool, nullptr, nullptr);

    if (status >= 0)
        status = byn_pool_apply(pool, "answer", nullptr, 0, &number, &size, 60000);
    byn_pool_close(pool);
    return status >= 0 && number == 42;
}

} // namespace

int main()
{
    int code;

    if (byn_worker_main(tasks, &code))
        return code;
    if (holds_twice() && gets_an_answer())
        return 0;
    std::fprintf(stderr, "%s\n", byn_last_error());
    return 1;
}
