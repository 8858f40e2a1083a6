#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "growth.h"
#include "nouns.h"

enum { PLACES = 4, MOST = 500 };

static const int attached[PLACES] = {0, 10, 100, MOST};

/* The object of that kind that so many have open. */
static const char *called(const char *base, int place, const char *noun)
{
    static char name[128];

    (void)snprintf(name, sizeof name, "%s.%d.%s", base, attached[place], noun);
    return name;
}

static byn_event *open_stop(const char *base)
{
    byn_event *stop = NULL;

    check(byn_event_open(&stop, called(base, 0, "stop"),
                         &BYN_OPTIONS(byn_event_options, .manual_reset = true)));
    return stop;
}

static byn_semaphore *open_ready(const char *base)
{
    byn_semaphore *ready = NULL;

    check(byn_semaphore_open(&ready, called(base, 0, "ready"), NULL));
    return ready;
}

/* --idle BASE INDEX: opens what more than `index` have open. */
void growth_attached_serve(int argc, char **argv)
{
    int place, i;

    if (argc != 4 || strcmp(argv[1], "--idle") != 0)
        return;
    for (place = 0; place < PLACES; place++)
        for (i = 0; i < BENCH_NOUNS && attached[place] > atoi(argv[3]); i++)
            (void)bench_nouns[i].open(called(argv[2], place, bench_nouns[i].name));
    check(byn_semaphore_release(open_ready(argv[2]), 1, NULL));
    check(byn_event_wait(open_stop(argv[2]), BYN_FOREVER));
    exit(0);
}

static void start_idle(byn_process **idle, int count, const char *program, const char *base)
{
    byn_semaphore *ready = open_ready(base);
    char index[16];
    const char *const arguments[] = {program, "--idle", base, index, NULL};
    int i;

    for (i = 0; i < count; i++) {
        (void)snprintf(index, sizeof index, "%d", i);
        check(byn_process_start(&idle[i], arguments,
                                &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)));
    }
    for (i = 0; i < count; i++)
        check(byn_semaphore_acquire(ready, 1, GROWTH_PATIENCE_MS));
    byn_semaphore_close(ready);
}

static void compare(const char *base, const bench_noun *noun, const bench_settings *s)
{
    static const char *const names[PLACES] = {"alone", "10 processes", "100 processes",
                                              "500 processes"};
    static double at[PLACES];
    bench_entry entries[PLACES];
    int i;

    for (i = 0; i < PLACES; i++) {
        at[i] = attached[i];
        entries[i] = (bench_entry){names[i], noun->run, noun->open(called(base, i, noun->name))};
    }
    bench_curve("Others have it open", "processes that have it open and do nothing", at);
    bench_goal(BENCH_POSIX, names[PLACES - 1], NULL, 1.15);
    bench_compare(noun->title, entries, PLACES, s->rounds, s->milliseconds);
}

void growth_attached(const char *program, const bench_settings *s)
{
    static byn_process *idle[MOST];
    char base[BENCH_NAME];
    byn_event *stop;
    int i;

    bench_fresh_name(base);
    stop = open_stop(base);
    start_idle(idle, MOST, program, base);
    for (i = 0; i < BENCH_NOUNS; i++)
        compare(base, &bench_nouns[i], s);
    check(byn_event_set(stop));
    for (i = 0; i < MOST; i++) {
        check(byn_process_wait(idle[i], GROWTH_PATIENCE_MS, NULL));
        byn_process_close(idle[i]);
    }
    byn_event_close(stop);
}
