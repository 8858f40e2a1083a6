/*
 * rwlock - lock and unlock to read and to write when nobody contends, beside the system's raw lock.
 *
 * rwlock [--json FILE] [rounds [milliseconds]]
 */
#include <byname/byname.h>

#include "bench.h"

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
    bench_settings s = {.rounds = 11, .milliseconds = 50};
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

    bench_begin(argc, argv, &s);
    bench_compare("lock to read and unlock, nobody contends", reads, 2, s.rounds, s.milliseconds);
    bench_compare("lock to write and unlock, nobody contends", writes, 2, s.rounds, s.milliseconds);
    return 0;
}
