/*
 * open - what it costs to open and close an object that another process has open, beside the least that has to be
 * done for shared memory of that name; and one that this process has open too.
 *
 * open [--json FILE] [rounds [milliseconds]]
 */
#include <stdio.h>

#include <byname/byname.h>

#include "bench.h"
#include "crew.h"
#include "opens.h"

enum { MUTEX, EVENT, MEMORY, KINDS };

static char names[KINDS][BENCH_NAME + 8];

static void make_names(const char *name)
{
    static const char *const kinds[KINDS] = {"mutex", "event", "memory"};
    int i;

    for (i = 0; i < KINDS; i++)
        (void)snprintf(names[i], sizeof names[i], "%s-%s", name, kinds[i]);
}

/* ---- Who has them open */

static void join(const char *name, const char *argument, int index)
{
    static byn_mutex *mutex;
    static byn_event *event;
    static byn_memory *memory;

    (void)argument;
    (void)index;
    make_names(name);
    check(byn_mutex_open(&mutex, names[MUTEX], NULL));
    check(byn_event_open(&event, names[EVENT], NULL));
    check(byn_memory_open(&memory, names[MEMORY], &BYN_OPTIONS(byn_memory_options, .size = 4096)));
}

static int64_t work(int64_t job, int milliseconds)
{
    (void)job;
    (void)milliseconds;
    return 0;
}

/* ---- The competitors */

static void run_mutex(void *name, uint32_t times)
{
    byn_mutex *mutex = NULL;

    while (times-- > 0) {
        check(byn_mutex_open(&mutex, name, NULL));
        byn_mutex_close(mutex);
    }
}

static void run_event(void *name, uint32_t times)
{
    byn_event *event = NULL;

    while (times-- > 0) {
        check(byn_event_open(&event, name, NULL));
        byn_event_close(event);
    }
}

static void run_memory(void *name, uint32_t times)
{
    byn_memory *memory = NULL;

    while (times-- > 0) {
        check(byn_memory_open(&memory, name, &BYN_OPTIONS(byn_memory_options, .size = 4096)));
        byn_memory_close(memory);
    }
}

int main(int argc, char **argv)
{
    static const crew_member member = {join, work};
    bench_settings s = {.rounds = 11, .milliseconds = 30};
    char name[BENCH_NAME], again[BENCH_NAME];
    byn_mutex *here = NULL;
    const bench_entry entries[] = {
        {bench_raw_open_name(), bench_raw_open_run, name},
        {"byn_mutex", run_mutex, names[MUTEX]},
        {"byn_event", run_event, names[EVENT]},
        {"byn_memory", run_memory, names[MEMORY]},
        {"byn_mutex, open here already", run_mutex, again},
    };
    crew *holder;
    int i;

    crew_serve(argc, argv, &member);
    bench_begin(argc, argv, &s);
    bench_fresh_name(again);
    check(byn_mutex_open(&here, again, NULL));
    bench_fresh_name(name);
    make_names(name);
    bench_raw_open_make(name);
    holder = crew_start(argv[0], name, "", 1);
    for (i = 1; i <= KINDS; i++) {
        bench_goal(BENCH_POSIX, entries[i].name, NULL, 1.2);
        bench_goal(BENCH_WINDOWS, entries[i].name, NULL, 1.1);
    }
    bench_goal(BENCH_POSIX, "byn_mutex, open here already", NULL, 0.1);
    bench_compare("open and close what another process has open", entries, 5, s.rounds,
                  s.milliseconds);
    crew_end(holder);
    bench_raw_open_remove(name);
    byn_mutex_close(here);
    return 0;
}
