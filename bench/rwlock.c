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
    bench_entry reads[3] = {
        {bench_raw_rwlock_name(), bench_raw_rwlock_read, raw},
        {"byn_rwlock", run_read, rwlock},
    };
    bench_entry writes[3] = {
        {bench_raw_rwlock_name(), bench_raw_rwlock_write, raw},
        {"byn_rwlock", run_write, rwlock},
    };
    int count = 2;

    bench_begin(argc, argv, &s);
    if (bench_asking_add(&reads[count], argv[0])) {
        writes[count] = reads[count];
        count++;
    }
    bench_goal(BENCH_WINDOWS, "byn_rwlock", BENCH_ASKING, 1 / 20.0);
    bench_compare("lock to read and unlock, nobody contends", reads, count, s.rounds,
                  s.milliseconds);
    bench_goal(BENCH_WINDOWS, "byn_rwlock", BENCH_ASKING, 1 / 20.0);
    bench_compare("lock to write and unlock, nobody contends", writes, count, s.rounds,
                  s.milliseconds);
    bench_asking_end();
    return 0;
}
