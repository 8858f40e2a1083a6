#include <stdio.h>
#include <stdlib.h>

#include "crew.h"
#include "growth.h"

enum { PLACES = 5, JOBS = 3, AT_A_TIME = 16 };

static const double objects[PLACES] = {1, 10, 100, 1000, 10000};
static const char *const titles[JOBS] = {"lock and unlock", "open what this process has open",
                                         "open what another process has open"};

/* ---- A member: has as many open as its place says */

static byn_mutex *one;
static const char *others;

static void join(const char *name, const char *argument, int index)
{
    static char text[128];
    byn_mutex *mutex = NULL;
    int i;

    (void)argument;
    (void)bench_most_objects();
    (void)snprintf(text, sizeof text, "%s-other", name);
    others = text;
    check(byn_mutex_open(&one, NULL, NULL));
    for (i = 1; i < (int)objects[index]; i++)
        check(byn_mutex_open(&mutex, NULL, NULL));
}

static void lock_and_unlock(void)
{
    check(byn_mutex_lock(one, BYN_FOREVER));
    check(byn_mutex_unlock(one));
}

static void open_and_close(const char *name)
{
    byn_mutex *mutex = NULL;

    check(byn_mutex_open(&mutex, name, NULL));
    byn_mutex_close(mutex);
}

static void do_job(int64_t job)
{
    if (job == 0)
        lock_and_unlock();
    else
        open_and_close(job == 1 ? byn_mutex_name(one) : others);
}

/* @return the picoseconds of one */
static int64_t work(int64_t job, int milliseconds)
{
    const uint64_t began = bench_clock(), end = began + (uint64_t)milliseconds * 1000000;
    uint64_t now, times = 0;
    int i;

    do {
        for (i = 0; i < AT_A_TIME; i++)
            do_job(job);
        times += AT_A_TIME;
        now = bench_clock();
    } while (now < end);
    return (int64_t)((now - began) * 1000 / times);
}

static const crew_member member = {join, work};

void growth_open_objects_serve(int argc, char **argv)
{
    crew_serve(argc, argv, &member);
}

/* ---- The parent */

void growth_open_objects(const char *program, const bench_settings *s)
{
    static const char *const names[PLACES] = {"1 object", "10 objects", "100 objects",
                                              "1000 objects", "10000 objects"};
    static double took[PLACES * BENCH_ROUNDS];
    char name[BENCH_NAME], other[128];
    byn_mutex *mutex = NULL;
    int places = bench_most_objects() < 11000 ? PLACES - 1 : PLACES, job, round, i;
    crew *members;

    bench_fresh_name(name);
    (void)snprintf(other, sizeof other, "%s-other", name);
    check(byn_mutex_open(&mutex, other, NULL));
    members = crew_start(program, name, "-", places);
    for (job = 0; job < JOBS; job++) {
        for (round = 0; round < s->rounds; round++)
            for (i = 0; i < places; i++)
                took[i * s->rounds + round] =
                    (double)crew_work_one(members, i, job, s->milliseconds) / 1000;
        bench_curve("Other objects are open", "objects that the process has open", objects);
        bench_goal(BENCH_POSIX, names[places - 1], NULL, 1.15);
        bench_report(BENCH_NANOSECONDS, titles[job], names, places, took, s->rounds);
    }
    crew_end(members);
    byn_mutex_close(mutex);
}
