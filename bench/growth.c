/*
 * growth - what an operation costs on an object that nobody else has open, and on one that many idle
 * processes have open too. Nothing should grow: the ratio is to be 1.
 *
 * growth [--json FILE] [rounds [milliseconds [processes]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

#include "bench.h"
#include "nouns.h"

enum { MOST_IDLE = 500, START_MS = 60000 };

/* ---- The idle -------------------------------------------------------------------------------------- */

static char *called(char name[300], const char *base, const char *what)
{
    (void)snprintf(name, 300, "%s.%s", base, what);
    return name;
}

static byn_event *open_stop(const char *base)
{
    byn_event *stop = NULL;
    char name[300];

    check(byn_event_open(&stop, called(name, base, "stop"),
                         &BYN_OPTIONS(byn_event_options, .manual_reset = true)));
    return stop;
}

static byn_semaphore *open_ready(const char *base)
{
    byn_semaphore *ready = NULL;
    char name[300];

    check(byn_semaphore_open(&ready, called(name, base, "ready"), NULL));
    return ready;
}

static int be_idle(const char *base)
{
    char name[300];
    int i;

    for (i = 0; i < BENCH_NOUNS; i++)
        (void)bench_nouns[i].open(called(name, base, bench_nouns[i].name));
    check(byn_semaphore_release(open_ready(base), 1, NULL));
    check(byn_event_wait(open_stop(base), BYN_FOREVER));
    return 0;
}

static void start_idle(byn_process **idle, int count, const char *program, const char *base)
{
    const char *const arguments[] = {program, "--idle", base, NULL};
    byn_semaphore *ready = open_ready(base);
    int i;

    for (i = 0; i < count; i++)
        check(byn_process_start(&idle[i], arguments,
                                &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)));
    for (i = 0; i < count; i++)
        check(byn_semaphore_acquire(ready, 1, START_MS));
}

/* ---- The comparison -------------------------------------------------------------------------------- */

static void compare(const char *base, int idle, int rounds, int milliseconds)
{
    char title[64], name[300];
    int i;

    (void)snprintf(title, sizeof title, "%d idle processes beside", idle);
    for (i = 0; i < BENCH_NOUNS; i++) {
        const bench_entry entries[] = {
            {"alone", bench_nouns[i].run, bench_nouns[i].open(NULL)},
            {title, bench_nouns[i].run,
             bench_nouns[i].open(called(name, base, bench_nouns[i].name))},
        };

        bench_compare(bench_nouns[i].title, entries, 2, rounds, milliseconds);
    }
}

int main(int argc, char **argv)
{
    bench_settings s = {.rounds = 11, .milliseconds = 20, .number = 50};
    byn_process *idle[MOST_IDLE];
    byn_event *stop, *base = NULL;
    int count, i;

    if (argc > 2 && strcmp(argv[1], "--idle") == 0)
        return be_idle(argv[2]);
    bench_begin(argc, argv, &s);
    count = s.number;
    if (count > MOST_IDLE) {
        fprintf(stderr, "growth: processes 0 to %d\n", MOST_IDLE);
        return 2;
    }
    check(byn_event_open(&base, NULL, NULL));
    stop = open_stop(byn_event_name(base));
    start_idle(idle, count, argv[0], byn_event_name(base));
    compare(byn_event_name(base), count, s.rounds, s.milliseconds);
    check(byn_event_set(stop));
    for (i = 0; i < count; i++)
        check(byn_process_wait(idle[i], START_MS, NULL));
    return 0;
}
