/*
 * pool - empty tasks run by two worker processes, beside two rings, one for tasks and one for results, that die with
 * their users.
 *
 * pool [--json FILE] [rounds [milliseconds]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>
#include <byname/future.h>
#include <byname/pool.h>
#include <byname/task.h>

#include "bench.h"
#include "compiler.h"
#include "peer.h"

enum {
    WORKERS = 2,
    PLACES = 1024,
    WINDOW = 900,
    MANY = 4096,
    SPINS = 2000,
    GAP_US = 100,
    BURST = 100000,
    ASLEEP_MS = 2
};

static const char *this_program;

/* ---- A ring for many senders and receivers; a number for each place. Whoever dies in it stops it. */

typedef struct place {
    _Alignas(64) byni_a64 number;
    uint64_t data[7];
} place;

typedef struct ring {
    place places[PLACES];
    _Alignas(64) byni_a64 head;
    _Alignas(64) byni_a64 tail;
    _Alignas(64) byni_a32 sleepers;
    byni_a32 bell;
} ring;

typedef struct rings {
    ring task, done;
    byni_a32 ready;
} rings;

static void ring_make(ring *r)
{
    uint64_t i;

    for (i = 0; i < PLACES; i++)
        byni_store64(&r->places[i].number, i);
}

/* The order of what is written, and then who sleeps. */
static void wake_one(ring *r)
{
    byni_fence();
    if (byni_load32(&r->sleepers) == 0)
        return;
    (void)byni_add32(&r->bell, 1);
    bench_raw_wake_one(&r->bell);
}

static int try_send(ring *r, uint64_t value)
{
    uint64_t at = byni_load64(&r->head);

    for (;;) {
        place *p = &r->places[at % PLACES];
        int64_t ahead = (int64_t)(byni_load64(&p->number) - at);

        if (ahead < 0)
            return 0;
        if (ahead > 0) {
            at = byni_load64(&r->head);
        } else if (byni_cas64(&r->head, &at, at + 1)) {
            p->data[0] = value;
            byni_store64(&p->number, at + 1);
            wake_one(r);
            return 1;
        }
    }
}

static int try_receive(ring *r, uint64_t *value)
{
    uint64_t at = byni_load64(&r->tail);

    for (;;) {
        place *p = &r->places[at % PLACES];
        int64_t ahead = (int64_t)(byni_load64(&p->number) - (at + 1));

        if (ahead < 0)
            return 0;
        if (ahead > 0) {
            at = byni_load64(&r->tail);
        } else if (byni_cas64(&r->tail, &at, at + 1)) {
            *value = p->data[0];
            byni_store64(&p->number, at + PLACES);
            return 1;
        }
    }
}

static uint64_t receive(ring *r, int spins)
{
    uint64_t value;
    uint32_t number;
    int i, received;

    for (;;) {
        for (i = 0; i <= spins; i++) {
            if (try_receive(r, &value))
                return value;
            byni_pause();
        }
        (void)byni_add32(&r->sleepers, 1);
        number = byni_load32(&r->bell);
        received = try_receive(r, &value);
        if (!received)
            bench_raw_sleep(&r->bell, number);
        (void)byni_add32(&r->sleepers, UINT32_MAX);
        if (received)
            return value;
    }
}

static rings *rings_of(const char *name, byn_memory **memory)
{
    check(byn_memory_open(memory, name, &BYN_OPTIONS(byn_memory_options, .size = sizeof(rings))));
    return byn_memory_base(*memory);
}

/* --raw NAME SPINS. Is killed. */
static void raw_worker(char **argv)
{
    byn_memory *memory = NULL;
    rings *r = rings_of(argv[0], &memory);
    int spins = atoi(argv[1]);

    (void)byni_add32(&r->ready, 1);
    for (;;) {
        uint64_t value = receive(&r->task, spins);

        while (!try_send(&r->done, value))
            bench_yield();
    }
}

typedef struct raw {
    byn_memory *memory;
    rings *rings;
    byn_process *workers[WORKERS];
    int spins;
} raw;

static void raw_begin(raw *r, int spins)
{
    static unsigned serial;
    char name[64], number[16];
    const char *argv[] = {this_program, "--raw", name, number, NULL};
    int i;

    r->spins = spins;
    (void)snprintf(name, sizeof name, "bench-%08x-%u", (unsigned)bench_clock(), ++serial);
    (void)snprintf(number, sizeof number, "%d", spins);
    r->rings = rings_of(name, &r->memory);
    ring_make(&r->rings->task);
    ring_make(&r->rings->done);
    for (i = 0; i < WORKERS; i++)
        check(byn_process_start(&r->workers[i], argv,
                                &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)));
    while (byni_load32(&r->rings->ready) < WORKERS)
        bench_sleep(1);
}

static void raw_end(raw *r)
{
    int i;

    for (i = 0; i < WORKERS; i++) {
        check(byn_process_kill(r->workers[i]));
        check(byn_process_wait(r->workers[i], 10000, NULL));
        byn_process_close(r->workers[i]);
    }
    byn_memory_close(r->memory);
}

/* ---- What is measured: nanoseconds of a task */

static uint64_t ends_in(int milliseconds)
{
    return bench_clock() + (uint64_t)milliseconds * 1000000u;
}

/* So many tasks, or until then. How many. */
static uint64_t raw_tasks(rings *r, uint64_t most, uint64_t end)
{
    uint64_t in = 0, out = 0, value;

    while (out < most && bench_clock() < end) {
        while (in < most && try_send(&r->task, in))
            in++;
        (void)receive(&r->done, 0);
        for (out++; out < in && try_receive(&r->done, &value);)
            out++;
    }
    return out;
}

static double raw_rate(int milliseconds)
{
    raw r;
    uint64_t began, end, count;

    raw_begin(&r, 0);
    began = bench_clock();
    count = raw_tasks(r.rings, UINT64_MAX, ends_in(milliseconds));
    end = bench_clock();
    raw_end(&r);
    return (double)(end - began) / (double)count;
}

/* Each time by two fresh processes that have fallen asleep. */
static double raw_anew(int milliseconds)
{
    const uint64_t finish = ends_in(milliseconds);
    uint64_t took = 0, count = 0;
    raw r;

    do {
        uint64_t began;

        raw_begin(&r, 0);
        bench_sleep(ASLEEP_MS);
        began = bench_clock();
        count += raw_tasks(r.rings, BURST, UINT64_MAX);
        took += bench_clock() - began;
        raw_end(&r);
    } while (bench_clock() < finish);
    return (double)took / (double)count;
}

static byn_status nothing(byn_call *call)
{
    uint64_t number = 1;

    return byn_call_result(call, &number, sizeof number);
}

static byn_status busy(byn_call *call);

static const byn_task tasks[] = {BYN_TASK("nothing", nothing), BYN_TASK("busy", busy),
                                 BYN_TASK_END};

static byn_pool *pool_begin(void)
{
    byn_pool *pool = NULL;
    uint64_t number = 1, result;
    size_t size = sizeof result;
    int i;

    check(byn_pool_open(&pool, NULL, &BYN_OPTIONS(byn_pool_options, .workers = WORKERS)));
    for (i = 0; i < 100; i++)
        check(byn_pool_apply(pool, "nothing", &number, sizeof number, &result, &size, BYN_FOREVER));
    return pool;
}

static void collect(byn_future *future)
{
    const void *data;
    size_t size;

    check(byn_future_wait(future, BYN_FOREVER));
    check(byn_future_result(future, &data, &size));
    byn_future_close(future);
}

static double one_by_one(int milliseconds)
{
    static byn_future *futures[WINDOW];
    byn_pool *pool = pool_begin();
    uint64_t began = bench_clock(), end = ends_in(milliseconds), number = 1, in = 0, out = 0;

    while (bench_clock() < end) {
        while (in - out < WINDOW) {
            check(byn_pool_submit(pool, &futures[in % WINDOW], "nothing", &number, sizeof number,
                                  NULL, BYN_FOREVER));
            in++;
        }
        do
            collect(futures[out++ % WINDOW]);
        while (out < in && byn_future_state(futures[out % WINDOW]) >= BYN_FUTURE_DONE);
    }
    while (out < in)
        collect(futures[out++ % WINDOW]);
    end = bench_clock();
    byn_pool_close(pool);
    return (double)(end - began) / (double)out;
}

static double mapped(int milliseconds)
{
    static byn_future *futures[MANY];
    static byn_bytes arguments[MANY];
    static uint64_t number = 1;
    byn_pool *pool = pool_begin();
    uint64_t began = bench_clock(), end = ends_in(milliseconds), out = 0;
    size_t i;

    for (i = 0; i < MANY; i++)
        arguments[i] = (byn_bytes){&number, sizeof number};
    while (bench_clock() < end) {
        check(byn_pool_map(pool, futures, "nothing", arguments, MANY, NULL, NULL, BYN_FOREVER));
        for (i = 0; i < MANY; i++)
            collect(futures[i]);
        out += MANY;
    }
    end = bench_clock();
    byn_pool_close(pool);
    return (double)(end - began) / (double)out;
}

/* ---- What is used for it elsewhere */

enum { RATES = 4, PYTHONS = 5 };

static bench_peer *python[PYTHONS];

static int add_python(const char **names, const char *nothing_at_all)
{
    static const char *const called[PYTHONS] = {
        "Python Pool.apply_async", "Python Pool.map, one at a time", "Python Pool.map, in chunks",
        "Python ProcessPoolExecutor", "xargs -P2"};
    int i;

    python[0] = bench_peer_start("pool-async", (const char *)NULL);
    python[1] = bench_peer_start("pool-map", "1", (const char *)NULL);
    python[2] = bench_peer_start("pool-map", "0", (const char *)NULL);
    python[3] = bench_peer_start("executor", (const char *)NULL);
    python[4] = bench_peer_start("xargs", nothing_at_all, (const char *)NULL);
    for (i = 0; i < PYTHONS && python[i] != NULL; i++)
        names[RATES + i] = called[i];
    return RATES + i;
}

static void end_python(void)
{
    int i;

    for (i = 0; i < PYTHONS; i++)
        bench_peer_end(python[i]);
}

static double rate(int index, int milliseconds)
{
    static double (*const measure[])(int) = {raw_rate, raw_anew, one_by_one, mapped};

    return index < RATES ? measure[index](milliseconds)
                         : 1e9 / bench_peer_measure(python[index - RATES], milliseconds, NULL);
}

/* ---- Tasks of a millisecond, beside two processes that do nothing else: nanoseconds of one, each by one of them */

static uint64_t work(void)
{
    uint64_t sum = 0, i;

    for (i = 0; i < 1000000; i++)
        sum += i * i ^ sum >> 3;
    return sum;
}

/* The same code for both. */
static uint64_t (*volatile const do_work)(void) = work;

static byn_status busy(byn_call *call)
{
    uint64_t sum = do_work();

    return byn_call_result(call, &sum, sizeof sum);
}

/* --busy TIMES */
static int work_alone(char **argv)
{
    uint64_t sum = 0;
    int i;

    for (i = 0; i < atoi(argv[0]); i++)
        sum ^= do_work();
    return sum == 1;
}

enum { LONG_ONES = 300, WARM_UP = 20 };

static double in_processes(int times)
{
    byn_process *processes[WORKERS];
    uint64_t began = bench_clock();
    char number[16];
    const char *argv[] = {this_program, "--busy", number, NULL};
    int i;

    (void)snprintf(number, sizeof number, "%d", times);
    for (i = 0; i < WORKERS; i++)
        check(byn_process_start(&processes[i], argv, NULL));
    for (i = 0; i < WORKERS; i++) {
        check(byn_process_wait(processes[i], BYN_FOREVER, NULL));
        byn_process_close(processes[i]);
    }
    return (double)(bench_clock() - began);
}

static double in_pool(void)
{
    static byn_future *futures[LONG_ONES * WORKERS];
    static byn_bytes arguments[LONG_ONES * WORKERS];
    byn_pool *pool = pool_begin();
    uint64_t began;
    double took;
    int i;

    check(byn_pool_map(pool, futures, "busy", arguments, WARM_UP, NULL, NULL, BYN_FOREVER));
    for (i = 0; i < WARM_UP; i++)
        collect(futures[i]);
    began = bench_clock();
    check(byn_pool_map(pool, futures, "busy", arguments, LONG_ONES * WORKERS, NULL, NULL,
                       BYN_FOREVER));
    took = (double)(bench_clock() - began);
    for (i = 0; i < LONG_ONES * WORKERS; i++)
        collect(futures[i]);
    byn_pool_close(pool);
    return took;
}

/* Without what it takes to start the processes. */
static double long_ones(int index, int milliseconds)
{
    (void)milliseconds;
    if (index == 0)
        return (in_processes(LONG_ONES + WARM_UP) - in_processes(WARM_UP)) / LONG_ONES;
    return in_pool() / LONG_ONES;
}

/* ---- Round trips: the median */

enum { MOST_TRIPS = 200000 };

static double trips[MOST_TRIPS];

static int by_size(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;

    return (one > other) - (one < other);
}

/* While nothing is to be done those who wait fall asleep, or do not. */
static void pass_time(int microseconds)
{
    uint64_t end = bench_clock() + (uint64_t)microseconds * 1000u;

    while (bench_clock() < end)
        byni_pause();
}

static void raw_trip(void *context)
{
    raw *r = context;

    while (!try_send(&r->rings->task, 1)) {
    }
    (void)receive(&r->rings->done, r->spins);
}

static void pool_trip(void *context)
{
    uint64_t number = 1, result;
    size_t size = sizeof result;

    check(byn_pool_apply(context, "nothing", &number, sizeof number, &result, &size, BYN_FOREVER));
}

static double median_of(void (*trip)(void *context), void *context, int gap, int milliseconds)
{
    uint64_t end = ends_in(milliseconds), began;
    size_t count = 0;

    while (count < MOST_TRIPS && bench_clock() < end) {
        pass_time(gap);
        began = bench_clock();
        trip(context);
        trips[count++] = (double)(bench_clock() - began);
    }
    qsort(trips, count, sizeof *trips, by_size);
    return trips[count / 2];
}

static double round_trip(int index, int gap, int spins, int milliseconds)
{
    double answer;

    if (index == 0) {
        raw r;

        raw_begin(&r, spins);
        answer = median_of(raw_trip, &r, gap, milliseconds);
        raw_end(&r);
    } else {
        byn_pool *pool = pool_begin();

        answer = median_of(pool_trip, pool, gap, milliseconds);
        byn_pool_close(pool);
    }
    return answer;
}

static double asleep(int index, int milliseconds)
{
    return round_trip(index, GAP_US, 0, milliseconds);
}

static double awake(int index, int milliseconds)
{
    return round_trip(index, 0, SPINS, milliseconds);
}

int main(int argc, char **argv)
{
    static const char anew[] = "two raw rings, 100,000 tasks anew";
    const char *rates[RATES + PYTHONS] = {"two raw rings", anew, "byn_pool_submit", "byn_pool_map"};
    static const char *const longs[] = {"two processes", "byn_pool_map"};
    static const char *const kinds[] = {"two raw rings", "byn_pool_apply"};
    bench_settings s = {.rounds = 5, .milliseconds = 500};
    int code;

    if (byn_worker_main(tasks, &code))
        return code;
    this_program = argv[0];
    if (argc == 4 && strcmp(argv[1], "--raw") == 0)
        raw_worker(argv + 2);
    if (argc == 3 && strcmp(argv[1], "--busy") == 0)
        return work_alone(argv + 2);
    bench_begin(argc, argv, &s);
    bench_goal(BENCH_POSIX, "byn_pool_submit", anew, 1 / 1.5);
    bench_goal(BENCH_POSIX, "byn_pool_map", anew, 1 / 3.0);
    bench_goal(BENCH_POSIX, "byn_pool_map", "Python Pool.map, one at a time", 1 / 100.0);
    bench_goal(BENCH_POSIX, "byn_pool_map", "Python ProcessPoolExecutor", 1 / 400.0);
    bench_measure("an empty task, two workers", rates,
                  add_python(rates, bench_beside(argv[0], "bench_nothing")), rate, s.rounds,
                  s.milliseconds);
    end_python();
    bench_goal(BENCH_POSIX, "byn_pool_map", NULL, 1 / 0.99);
    bench_measure("tasks of about a millisecond", longs, 2, long_ones, s.rounds, s.milliseconds);
    bench_goal(BENCH_POSIX, "byn_pool_apply", NULL, 1.15);
    bench_measure("round trip, after 100 us of nothing", kinds, 2, asleep, s.rounds,
                  s.milliseconds);
    bench_goal(BENCH_POSIX, "byn_pool_apply", "", 500);
    bench_measure("round trip, one after the other", kinds, 2, awake, s.rounds, s.milliseconds);
    return 0;
}
