/*
 * lock - lock and unlock when nobody contends, beside the system's raw lock; and what an open costs.
 *
 * lock [--json FILE] [rounds [milliseconds]]
 */
#include <stdio.h>

#include <byname/byname.h>

#include "bench.h"
#include "locks.h"
#include "peer.h"

static byn_mutex *open_mutex(bool recursive)
{
    byn_mutex *mutex = NULL;

    check(byn_mutex_open(&mutex, NULL, &BYN_OPTIONS(byn_mutex_options, .recursive = recursive)));
    return mutex;
}

static void run_mutex(void *mutex, uint32_t times)
{
    while (times-- > 0) {
        check(byn_mutex_lock(mutex, BYN_FOREVER));
        check(byn_mutex_unlock(mutex));
    }
}

static void run_holding(void *mutex, uint32_t times)
{
    byn_status status;

    while (times-- > 0) {
        BYN_HOLDING(mutex, BYN_FOREVER, status)
        {
            check(status);
        }
        BYN_HOLDING_END
    }
}

static void run_open(void *name, uint32_t times)
{
    byn_mutex *mutex = NULL;

    while (times-- > 0) {
        check(byn_mutex_open(&mutex, name, NULL));
        byn_mutex_close(mutex);
    }
}

static bench_peer *python[2];

/* What is used for it elsewhere. */
static int add_peers(bench_entry *entries, int count, const char *name)
{
    const bench_lock *locks[BENCH_MOST_LOCKS];
    int others = bench_locks(locks), i;

    python[0] = bench_peer_start("lock", (const char *)NULL);
    python[1] = bench_peer_start("manager-lock", (const char *)NULL);
    locks[others++] = &bench_apr_lock;
    for (i = 2; i < others; i++)
        entries[count++] =
            (bench_entry){locks[i]->name, bench_lock_run, bench_lock_context(locks[i], name)};
    if (python[0] != NULL)
        entries[count++] = (bench_entry){"Python Lock", bench_peer_run, python[0]};
    if (python[1] != NULL)
        entries[count++] = (bench_entry){"Python Manager Lock", bench_peer_run, python[1]};
    return count;
}

static void remove_peers(const char *name)
{
    const bench_lock *locks[BENCH_MOST_LOCKS];
    int others = bench_locks(locks), i;

    bench_peer_end(python[0]);
    bench_peer_end(python[1]);
    bench_apr_lock.remove(name);
    for (i = 2; i < others; i++)
        locks[i]->remove(name);
}

int main(int argc, char **argv)
{
    bench_settings s = {.rounds = 11, .milliseconds = 50};
    byn_mutex *held_open = open_mutex(false);
    char name[64];
    char peers[BENCH_NAME];
    bench_entry locks[BENCH_ENTRIES] = {
        {bench_raw_lock_name(), bench_raw_lock_run, bench_raw_lock_open()},
        {"byn_mutex", run_mutex, open_mutex(false)},
        {"byn_mutex, recursive", run_mutex, open_mutex(true)},
        {"byn_mutex, BYN_HOLDING", run_holding, open_mutex(false)},
    };
    const bench_entry opens[] = {
        {"create and remove", run_open, name},
        {"open again in this process", run_open, (void *)byn_mutex_name(held_open)},
    };

    bench_begin(argc, argv, &s);
    (void)snprintf(name, sizeof name, "%.40s-bench", byn_mutex_name(held_open));
    bench_goal(BENCH_POSIX, "byn_mutex", "raw robust pthread mutex", 1.15);
    bench_goal(BENCH_POSIX, "byn_mutex, recursive", "raw robust pthread mutex", 1.15);
    bench_goal(BENCH_WINDOWS, "byn_mutex", NULL, 1.1);
    bench_goal(BENCH_WINDOWS, "byn_mutex, recursive", NULL, 1.1);
    bench_fresh_name(peers);
    bench_compare("lock and unlock, nobody contends", locks, add_peers(locks, 4, peers), s.rounds,
                  s.milliseconds);
    remove_peers(peers);
    bench_compare("open and close", opens, 2, s.rounds, s.milliseconds);
    return 0;
}
