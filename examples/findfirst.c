/* Many search; the first one that finds it is enough. */
#include <inttypes.h>
#include <stdio.h>

#include <byname/byname.h>

typedef struct range {
    uint64_t from, to;
} range;

/* The smallest number with two prime factors of which the smaller one is above 1000 is somewhere. */
static bool is_it(uint64_t number)
{
    uint64_t factor = 2;

    while (factor * factor <= number && number % factor != 0)
        factor++;
    return factor * factor <= number && factor > 1000;
}

static byn_status search(byn_call *call)
{
    const range *where = byn_call_argument(call, NULL);
    uint64_t number;

    for (number = where->from; number < where->to; number++) {
        if (byn_call_is_canceled(call))
            return BYN_E_CANCELED;
        if (is_it(number))
            return byn_call_result(call, &number, sizeof number);
    }
    return byn_call_result(call, NULL, 0);
}

static const byn_task tasks[] = {BYN_TASK("search", search), BYN_TASK_END};

/* Ranges without an end, as they are asked for. */
static bool next_range(void *context, byn_bytes *argument)
{
    static range where;
    uint64_t *from = context;

    where.from = *from;
    where.to = *from += 10000;
    *argument = (byn_bytes){&where, sizeof where};
    return true;
}

int main(void)
{
    byn_pool *pool;
    byn_imap *stream;
    byn_future *future;
    uint64_t from = 2, found = 0;
    int code;

    if (byn_worker_main(tasks, &code))
        return code;

    if (byn_pool_open(&pool, NULL, NULL) < 0 ||
        byn_pool_imap(pool, &stream, "search", next_range, &from, NULL) < 0)
        return 1;
    while (found == 0 && byn_imap_next(stream, &future, NULL, 60000) >= 0) {
        const void *data;
        size_t size;

        if (byn_future_result(future, &data, &size) >= 0 && size > 0)
            found = *(const uint64_t *)data;
        byn_future_close(future);
    }
    byn_imap_close(stream); /* what was submitted ahead is canceled, or told that nobody wants it */
    byn_pool_close(pool);
    printf("%" PRIu64 " = 1009 * %" PRIu64 "\n", found, found / 1009);
    return found == 0;
}
