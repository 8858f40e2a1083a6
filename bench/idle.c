/*
 * idle - what it costs to wait while nothing happens: nanoseconds of a processor in each second, of a process that
 * waits, of a worker that has nothing to do, and of who has its pool open. A ten-thousandth of a processor is the limit.
 *
 * idle [--json FILE] [rounds [milliseconds]]
 */
#include <stdio.h>
#include <stdlib.h>

#include <byname/pool.h>
#include <byname/task.h>

#include "bench.h"
#include "crew.h"

enum { KINDS = 5, FIRST = 2, POOLS = 2, ROWS = FIRST + KINDS + POOLS };

static byn_mutex *mutex, *own;
static byn_event *event;
static byn_semaphore *semaphore;
static byn_condition *condition;
static byn_queue *queue;
static int kind;

static const char *named(const char *name, const char *part)
{
    static char text[128];

    (void)snprintf(text, sizeof text, "%s-%s", name, part);
    return text;
}

static void open_all(const char *name)
{
    check(byn_mutex_open(&mutex, named(name, "mutex"), NULL));
    check(byn_mutex_open(&own, NULL, NULL));
    check(byn_event_open(&event, named(name, "event"), NULL));
    check(byn_semaphore_open(&semaphore, named(name, "semaphore"), NULL));
    check(byn_condition_open(&condition, named(name, "condition"), NULL));
    check(byn_queue_open(&queue, named(name, "queue"), NULL));
}

static void join(const char *name, const char *argument, int index)
{
    (void)argument;
    open_all(name);
    kind = index;
}

static byn_status wait_for(int milliseconds)
{
    byn_status status;
    char byte;
    size_t size = 1;

    switch (kind) {
    case 0:
        return byn_mutex_lock(mutex, milliseconds);
    case 1:
        return byn_event_wait(event, milliseconds);
    case 2:
        return byn_semaphore_acquire(semaphore, 1, milliseconds);
    case 3:
        check(byn_mutex_lock(own, BYN_FOREVER));
        status = byn_condition_wait(condition, own, milliseconds);
        check(byn_mutex_unlock(own));
        return status;
    default:
        return byn_queue_get(queue, &byte, &size, milliseconds);
    }
}

/* ---- A pool that nobody uses: one of its workers, and who has it open */

static byn_status tell_time(byn_call *call)
{
    uint64_t now = bench_processor_time();

    return byn_call_result(call, &now, sizeof now);
}

static const byn_task tasks[] = {BYN_TASK("tell_time", tell_time), BYN_TASK_END};

static uint64_t time_of_worker(byn_pool *pool)
{
    uint64_t answer = 0;
    size_t size = sizeof answer;

    check(byn_pool_apply(pool, "tell_time", NULL, 0, &answer, &size, BYN_FOREVER));
    return answer;
}

static uint64_t spent_by_worker;

/* What who has it open spends; it sleeps, so that this is the pool's alone. */
static int64_t keep_pool(int milliseconds)
{
    uint64_t worker, before;
    byn_pool *pool;
    int64_t spent;

    check(byn_pool_open(&pool, NULL, &BYN_OPTIONS(byn_pool_options, .workers = 1)));
    worker = time_of_worker(pool);
    before = bench_processor_time();
    bench_sleep(milliseconds);
    spent = (int64_t)(bench_processor_time() - before);
    spent_by_worker = time_of_worker(pool) - worker;
    byn_pool_close(pool);
    return spent;
}

/* ---- What a member of the crew does */

static int64_t spend_waiting(int milliseconds)
{
    uint64_t before = bench_processor_time();

    if (wait_for(milliseconds) != BYN_E_TIMEDOUT)
        exit(2);
    return (int64_t)(bench_processor_time() - before);
}

enum { WAIT, TELL_OF_WORKER };

/* @return nanoseconds of a processor */
static int64_t work(int64_t job, int milliseconds)
{
    if (job == TELL_OF_WORKER)
        return (int64_t)spent_by_worker;
    return kind == KINDS ? keep_pool(milliseconds) : spend_waiting(milliseconds);
}

int main(int argc, char **argv)
{
    static const crew_member member = {join, work};
    static const char *const names[ROWS] = {"a ten-thousandth of a processor",
                                            "nothing but a sleep",
                                            "byn_mutex_lock",
                                            "byn_event_wait",
                                            "byn_semaphore_acquire",
                                            "byn_condition_wait",
                                            "byn_queue_get",
                                            "who has byn_pool open",
                                            "a worker of byn_pool"};
    static double took[ROWS * BENCH_ROUNDS];
    bench_settings s = {.rounds = 5, .milliseconds = 5000};
    int64_t answers[CREW_MOST + POOLS];
    char name[BENCH_NAME];
    crew *members;
    int round, i, code;

    if (byn_worker_main(tasks, &code))
        return code;
    crew_serve(argc, argv, &member);
    bench_begin(argc, argv, &s);
    bench_fresh_name(name);
    open_all(name);
    check(byn_mutex_lock(mutex, BYN_FOREVER));
    members = crew_start(argv[0], name, "-", KINDS + 1);
    for (round = 0; round < s.rounds; round++) {
        uint64_t before = bench_processor_time();

        bench_sleep(s.milliseconds);
        took[round] = 1e5;
        took[s.rounds + round] = (double)(bench_processor_time() - before) * 1000 / s.milliseconds;
        crew_work(members, WAIT, s.milliseconds, answers);
        answers[KINDS + 1] = crew_work_one(members, KINDS, TELL_OF_WORKER, 0);
        for (i = 0; i < KINDS + POOLS; i++)
            took[(FIRST + i) * s.rounds + round] = (double)answers[i] * 1000 / s.milliseconds;
    }
    for (i = FIRST; i < ROWS; i++)
        bench_goal(BENCH_POSIX, names[i], NULL, 1);
    bench_report(BENCH_NANOSECONDS, "processor time in a second of waiting", names, ROWS, took,
                 s.rounds);
    crew_end(members);
    check(byn_mutex_unlock(mutex));
    return 0;
}
