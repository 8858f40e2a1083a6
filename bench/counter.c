/*
 * counter - a number that four processes raise: byn_value_add() beside an atomic addition to raw shared
 * memory, and beside what is used with locks.
 *
 * counter [--json FILE] [rounds [milliseconds [processes]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

#include "bench.h"

enum { MOST_PROCESSES = 64, LINE = 128, PATIENCE_MS = 60000, STEP = 2000 };

/* An order, and the answers to it: the elements of an array. */
enum { ENTRY, MILLISECONDS, ADDITIONS };

/* One process' view of it. */
typedef struct shared {
    char name[128];
    byn_memory *memory;
    byn_value *value, *order, *done;
    byn_array *job;
    byn_mutex *mutex;
    char *bytes; /* a line for each number or lock */
} shared;

static const char *named(const shared *s, const char *part)
{
    static char text[192];

    (void)snprintf(text, sizeof text, "%s-%s", s->name, part);
    return text;
}

static void open_all(shared *s, bool parent)
{
    check(byn_memory_open(&s->memory, named(s, "memory"),
                          &BYN_OPTIONS(byn_memory_options, .size = 8 * LINE)));
    check(byn_value_open(&s->value, named(s, "value"), NULL));
    check(byn_value_open(&s->order, named(s, "order"), NULL));
    check(byn_value_open(&s->done, named(s, "done"), NULL));
    check(byn_mutex_open(&s->mutex, named(s, "mutex"), NULL));
    check(byn_array_open(&s->job, named(s, "job"),
                         &BYN_OPTIONS(byn_array_options, .length = ADDITIONS + MOST_PROCESSES)));
    s->bytes = byn_memory_base(s->memory);
    if (parent)
        bench_raw_shared_lock_make(s->bytes + 2 * LINE);
}

/* ---- The competitors, in one process --------------------------------------------------------------- */

static void add_raw(shared *s, uint32_t times)
{
    bench_raw_add(s->bytes, times);
}

/* As byn_value_add() is called: from elsewhere, and not in line. */
static void (*volatile add_once)(void *number, uint32_t times) = bench_raw_add;

static void add_by_calls(shared *s, uint32_t times)
{
    while (times-- > 0)
        add_once(s->bytes, 1);
}

static void add_value(shared *s, uint32_t times)
{
    while (times-- > 0)
        check(byn_value_add(s->value, 1, NULL));
}

static void add_under_raw_lock(shared *s, uint32_t times)
{
    volatile uint64_t *number = (volatile uint64_t *)(void *)(s->bytes + 3 * LINE);

    while (times-- > 0) {
        bench_raw_shared_lock(s->bytes + 2 * LINE);
        *number += 1;
        bench_raw_shared_unlock(s->bytes + 2 * LINE);
    }
}

static void add_under_mutex(shared *s, uint32_t times)
{
    volatile uint64_t *number = (volatile uint64_t *)(void *)(s->bytes + 4 * LINE);

    while (times-- > 0) {
        check(byn_mutex_lock(s->mutex, BYN_FOREVER));
        *number += 1;
        check(byn_mutex_unlock(s->mutex));
    }
}

static void (*const competitors[])(shared *s, uint32_t times) = {
    add_raw, add_by_calls, add_value, add_under_raw_lock, add_under_mutex};

/* ---- Orders ---------------------------------------------------------------------------------------- */

/* Adds for so long. @return how often */
static int64_t add_for(shared *s, int64_t entry, int64_t milliseconds)
{
    const uint64_t end = bench_clock() + (uint64_t)milliseconds * 1000000;
    int64_t times = 0;

    while (bench_clock() < end) {
        competitors[entry](s, STEP);
        times += STEP;
    }
    return times;
}

/* Until the parent says so by a negative number, or is gone. */
static int serve(const char *name, int index)
{
    static shared s;
    int64_t order = 0, entry = 0, milliseconds = 0;

    (void)snprintf(s.name, sizeof s.name, "%s", name);
    open_all(&s, false);
    check(byn_value_add(s.done, 1, NULL));
    for (;;) {
        check(byn_value_wait_change(s.order, &order, BYN_FOREVER));
        if (order < 0)
            return 0;
        check(byn_array_get(s.job, ENTRY, &entry));
        check(byn_array_get(s.job, MILLISECONDS, &milliseconds));
        check(byn_array_set(s.job, ADDITIONS + (uint64_t)index, add_for(&s, entry, milliseconds)));
        check(byn_value_add(s.done, 1, NULL));
    }
}

static shared parent;
static int processes;

static void await_all(void)
{
    int64_t done = 0;

    while (done < processes)
        check(byn_value_wait_change(parent.done, &done, PATIENCE_MS));
    check(byn_value_set(parent.done, 0));
}

/* All processes together. */
static double measure(int index, int milliseconds)
{
    int64_t times[MOST_PROCESSES], sum = 0;
    int i;

    check(byn_array_set(parent.job, ENTRY, index));
    check(byn_array_set(parent.job, MILLISECONDS, milliseconds));
    check(byn_value_add(parent.order, 1, NULL));
    await_all();
    check(byn_array_read(parent.job, ADDITIONS, (uint64_t)processes, times, BYN_FOREVER));
    for (i = 0; i < processes; i++)
        sum += times[i];
    return milliseconds * 1e6 / (double)sum;
}

static void start_all(const char *program, byn_process **started)
{
    char index[16];
    const char *argv[] = {program, "--serve", parent.name, index, NULL};
    int i;

    for (i = 0; i < processes; i++) {
        (void)snprintf(index, sizeof index, "%d", i);
        check(byn_process_start(&started[i], argv,
                                &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)));
    }
    await_all();
}

static int compare(const char *program, int rounds, int milliseconds)
{
    const char *names[] = {"atomic addition, raw memory", "the same, a call for each",
                           "byn_value_add", bench_raw_shared_lock_name(), "byn_mutex and a number"};
    byn_process *started[MOST_PROCESSES];
    byn_value *fresh = NULL;
    char title[64];

    check(byn_value_open(&fresh, NULL, NULL));
    (void)snprintf(parent.name, sizeof parent.name, "%.60s", byn_value_name(fresh));
    open_all(&parent, true);
    start_all(program, started);
    (void)snprintf(title, sizeof title, "a number that %d processes raise", processes);
    bench_goal("byn_value_add", NULL, 1 / 0.9);
    bench_measure(title, names, 5, measure, rounds, milliseconds);
    check(byn_value_set(parent.order, -1));
    return 0;
}

int main(int argc, char **argv)
{
    bench_settings s = {.rounds = 11, .milliseconds = 50, .number = 4};

    if (argc == 4 && strcmp(argv[1], "--serve") == 0)
        return serve(argv[2], atoi(argv[3]));
    bench_begin(argc, argv, &s);
    processes = s.number;
    if (processes < 1 || processes > MOST_PROCESSES) {
        fprintf(stderr, "counter: processes 1 to %d\n", MOST_PROCESSES);
        return 2;
    }
    return compare(argv[0], s.rounds, s.milliseconds);
}
