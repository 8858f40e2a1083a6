#include "future_state.h"

static byn_status check(byn_future *const *futures, const byn_bytes *arguments, size_t count,
                        byn_timeout timeout)
{
    size_t i;

    if (!byni_timeout_valid(timeout))
        return byni_fail(BYN_E_INVALID, "the timeout is negative and not BYN_FOREVER");
    if (count > 0 && (futures == NULL || arguments == NULL))
        return byni_fail(BYN_E_INVALID, "the arguments, or the place for the futures, is NULL");
    for (i = 0; i < count; i++)
        if (arguments[i].data == NULL && arguments[i].size > 0)
            return byni_fail(BYN_E_INVALID, "argument %llu is NULL, and its size is not 0",
                             (unsigned long long)i);
    return BYN_OK;
}

/* All, and waits for all. *begun of them have a future. Those that end meanwhile make room, the first ones first. */
static byn_status map(byn_pool *pool, const byni_order *order, byn_future **futures,
                      const byn_bytes *arguments, size_t count, size_t *begun,
                      bynk_deadline deadline)
{
    byn_status status = BYN_OK;
    size_t put, ended = 0;

    for (*begun = 0; *begun < count && status >= 0; *begun += put) {
        ended += byni_futures_ended(futures + ended, *begun - ended);
        status = byni_submit(pool, order, futures + *begun, arguments + *begun, count - *begun,
                             &put, deadline);
    }
    return status >= 0 ? byni_futures_await_all(futures, count, deadline) : status;
}

static size_t count_failed(byn_future *const *futures, size_t count)
{
    size_t failed = 0, i;

    for (i = 0; i < count; i++)
        failed += byni_load32(&futures[i]->stage) != BYN_FUTURE_DONE;
    return failed;
}

byn_status byn_pool_map(byn_pool *pool, byn_future **futures, const char *task,
                        const byn_bytes *arguments, size_t count, const byn_submit_options *options,
                        size_t *failed, byn_timeout timeout)
{
    static const char name[] = "byn_pool_map";
    byni_order order;
    size_t begun = 0, i;
    byn_status status = byni_pool_usable(pool, name);

    if (status < 0)
        return status;
    status = check(futures, arguments, count, timeout);
    if (status >= 0)
        status = byni_order_make(&order, pool, name, task, options);
    if (status >= 0)
        status = map(pool, &order, futures, arguments, count, &begun, byni_deadline(timeout));
    if (status < 0) {
        status = byni_pool_answer(pool, status, name); /* before others state their causes */
        for (i = 0; i < begun; i++)
            byni_future_abandon(futures[i]);
        return status;
    }
    if (failed != NULL)
        *failed = count_failed(futures, count);
    return BYN_OK;
}
