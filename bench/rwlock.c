/*
 * rwlock - lock and unlock to read and to write when nobody contends, beside the system's raw lock.
 *
 * rwlock [rounds [milliseconds]]
 */
#include <stdio.h>
#include <stdlib.h>

#include <byname/byname.h>

#include "bench.h"

static void check(byn_status status)
{
    if (status >= 0)
        return;
    fprintf(stderr, "%s\n", byn_last_error());
    exit(2);
}

static byn_rwlock *open_rwlock(void)
{
    byn_rwlock *rwlock = NULL;

    check(byn_rwlock_open(&rwlock, NULL, NULL));
    return rwlock;
}

static void run_read(void *rwlock, uint32_t times)
{
    while (times-- > 0) {
        check(byn_rwlock_lock_shared(rwlock, BYN_FOREVER));
        check(byn_rwlock_unlock(rwlock));
    }
}

static void run_write(void *rwlock, uint32_t times)
{
    while (times-- > 0) {
        check(byn_rwlock_lock(rwlock, BYN_FOREVER));
        check(byn_rwlock_unlock(rwlock));
    }
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 11, milliseconds = argc > 2 ? atoi(argv[2]) : 50;
    void *raw = bench_raw_rwlock_open();
    byn_rwlock *rwlock = open_rwlock();
    const bench_entry reads[] = {
        {bench_raw_rwlock_name(), bench_raw_rwlock_read, raw},
        {"byn_rwlock", run_read, rwlock},
    };
    const bench_entry writes[] = {
        {bench_raw_rwlock_name(), bench_raw_rwlock_write, raw},
        {"byn_rwlock", run_write, rwlock},
    };

    if (rounds < 1 || rounds > 101 || milliseconds < 1) {
        fprintf(stderr, "rwlock: rounds 1 to 101, milliseconds from 1\n");
        return 2;
    }
    bench_compare("lock to read and unlock, nobody contends", reads, 2, rounds, milliseconds);
    bench_compare("lock to write and unlock, nobody contends", writes, 2, rounds, milliseconds);
    return 0;
}
