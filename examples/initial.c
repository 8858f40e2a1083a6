/* Each worker makes a table once, before its first task; then many tasks look things up in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

enum { RANGES = 10, RANGE = 1000 };

static unsigned char *composite;
static int limit;

/* The initializer: the numbers up to the limit that are no primes. */
static byn_status sieve(byn_call *call)
{
    int i, k;

    memcpy(&limit, byn_call_argument(call, NULL), sizeof limit);
    composite = calloc((size_t)limit + 1, 1);
    if (composite == NULL)
        return byn_call_fail(call, BYN_E_NOMEM, "no memory for the table");
    for (i = 2; i * i <= limit; i++)
        for (k = i * i; k <= limit; k += i)
            composite[k] = 1;
    return BYN_OK;
}

/* How many primes there are in a thousand numbers, from this one. */
static byn_status count(byn_call *call)
{
    const int *first = byn_call_argument(call, NULL);
    int i, found = 0;

    if (*first + RANGE - 1 > limit)
        return byn_call_fail(call, BYN_E_INVALID, "the table ends before");
    for (i = *first; i < *first + RANGE; i++)
        found += i >= 2 && !composite[i];
    return byn_call_result(call, &found, sizeof found);
}

static const byn_task tasks[] = {BYN_TASK("sieve", sieve), BYN_TASK("count", count), BYN_TASK_END};

int main(void)
{
    int primes = 0, last = RANGES * RANGE - 1, first, code;
    byn_pool *pool;

    if (byn_worker_main(tasks, &code))
        return code;

    if (byn_pool_open(&pool, NULL,
                      &BYN_OPTIONS(byn_pool_options, .workers = 2, .initializer = "sieve",
                                   .initializer_data = &last, .initializer_size = sizeof last)) < 0)
        return 1;
    for (first = 0; first <= RANGES * RANGE; first += RANGE) {
        int found;
        size_t size = sizeof found;

        if (byn_pool_apply(pool, "count", &first, sizeof first, &found, &size, 30000) >= 0)
            primes += found;
        else
            puts(byn_last_error());
    }
    printf("%d primes\n", primes);
    byn_pool_close(pool);
    return 0;
}
