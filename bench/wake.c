/*
 * wake - a round trip between two processes, each of which waits for the other: event, semaphore and
 * condition beside what the system has. While both run all the time; when who answers has slept for a while;
 * and on one processor, where who waits has to sleep. And what it costs where nobody has to wait.
 *
 * wake [--json FILE] [rounds [milliseconds]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

#include "bench.h"
#include "wakers.h"

enum { LINE = 128, PATIENCE_MS = 60000, NAME = 128, MOST = 8, STEP = 16, PAUSE_NS = 200000 };
enum { RUNNING, ASLEEP, ONE_PROCESSOR, MODES, ALONE = MODES };

/* An order, and the answer to it: the elements of an array. */
enum { COMPETITOR, MILLISECONDS, PICOSECONDS, FIELDS };
enum { THERE, BACK, WAYS };

/* One process' view of it. */
typedef struct shared {
    char name[NAME];
    byn_memory *memory;
    byn_value *order, *done;
    byn_array *job;
    byn_event *event[WAYS];
    byn_semaphore *semaphore[WAYS];
    byn_mutex *mutex;
    byn_condition *condition;
    void *raw[MOST][WAYS];
    volatile uint32_t *last; /* not 0: no trip follows */
    volatile uint32_t *flag; /* two, of the condition: there is a message */
    int mode;
} shared;

static const char *named(const shared *s, const char *part)
{
    static char text[NAME + 32];

    (void)snprintf(text, sizeof text, "%s-%s", s->name, part);
    return text;
}

static void open_raw(shared *s, bool first)
{
    const bench_waker *wakers;
    int count = bench_raw_wakers(&wakers), i, way;
    char part[16];

    for (i = 0; i < count; i++)
        for (way = 0; way < WAYS; way++) {
            char *place = (char *)byn_memory_base(s->memory) + (1 + i * WAYS + way) * LINE;

            (void)snprintf(part, sizeof part, "raw-%d-%d", i, way);
            s->raw[i][way] = wakers[i].open(place, named(s, part), first);
        }
}

static void open_all(shared *s, bool first)
{
    check(byn_memory_open(&s->memory, named(s, "memory"),
                          &BYN_OPTIONS(byn_memory_options, .size = (1 + MOST * WAYS) * LINE)));
    s->last = byn_memory_base(s->memory);
    s->flag = s->last + 1;
    check(byn_value_open(&s->order, named(s, "order"), NULL));
    check(byn_value_open(&s->done, named(s, "done"), NULL));
    check(byn_array_open(&s->job, named(s, "job"),
                         &BYN_OPTIONS(byn_array_options, .length = FIELDS)));
    check(byn_event_open(&s->event[THERE], named(s, "there"), NULL));
    check(byn_event_open(&s->event[BACK], named(s, "back"), NULL));
    check(byn_semaphore_open(&s->semaphore[THERE], named(s, "up"), NULL));
    check(byn_semaphore_open(&s->semaphore[BACK], named(s, "down"), NULL));
    check(byn_mutex_open(&s->mutex, named(s, "mutex"), NULL));
    check(byn_condition_open(&s->condition, named(s, "condition"), NULL));
    open_raw(s, first);
}

/* ---- The competitors ------------------------------------------------------------------------------- */

static void wake_by_event(shared *s, int way)
{
    check(byn_event_set(s->event[way]));
}

static void wait_by_event(shared *s, int way)
{
    check(byn_event_wait(s->event[way], BYN_FOREVER));
}

static void wake_by_semaphore(shared *s, int way)
{
    check(byn_semaphore_release(s->semaphore[way], 1, NULL));
}

static void wait_by_semaphore(shared *s, int way)
{
    check(byn_semaphore_acquire(s->semaphore[way], 1, BYN_FOREVER));
}

static void wake_by_condition(shared *s, int way)
{
    check(byn_mutex_lock(s->mutex, BYN_FOREVER));
    s->flag[way] = 1;
    check(byn_condition_notify_all(s->condition));
    check(byn_mutex_unlock(s->mutex));
}

static void wait_by_condition(shared *s, int way)
{
    check(byn_mutex_lock(s->mutex, BYN_FOREVER));
    while (s->flag[way] == 0)
        check(byn_condition_wait(s->condition, s->mutex, BYN_FOREVER));
    s->flag[way] = 0;
    check(byn_mutex_unlock(s->mutex));
}

typedef struct competitor {
    const char *name;
    void (*wake)(shared *s, int way);
    void (*wait)(shared *s, int way);
} competitor;

static const competitor ours[] = {
    {"byn_event", wake_by_event, wait_by_event},
    {"byn_semaphore", wake_by_semaphore, wait_by_semaphore},
    {"byn_condition", wake_by_condition, wait_by_condition},
};

enum { OURS = sizeof ours / sizeof ours[0] };

/* The raw ones stand before ours. */
static void wake(shared *s, int index, int way)
{
    const bench_waker *wakers;
    int count = bench_raw_wakers(&wakers);

    if (index < count)
        wakers[index].wake(s->raw[index][way]);
    else
        ours[index - count].wake(s, way);
}

static void wait_for(shared *s, int index, int way)
{
    const bench_waker *wakers;
    int count = bench_raw_wakers(&wakers);

    if (index < count)
        wakers[index].wait(s->raw[index][way]);
    else
        ours[index - count].wait(s, way);
}

/* ---- In both processes ----------------------------------------------------------------------------- */

static void answer(shared *s, int index)
{
    bool last = false;

    while (!last) {
        wait_for(s, index, THERE);
        last = *s->last != 0;
        wake(s, index, BACK);
    }
}

/* @return nanoseconds of so many trips */
static uint64_t ask(shared *s, int index, int times)
{
    uint64_t began, took = 0;
    int i;

    for (i = 0; i < times; i += s->mode == ASLEEP ? 1 : times) {
        int left = s->mode == ASLEEP ? 1 : times;

        began = bench_clock();
        while (s->mode == ASLEEP && bench_clock() - began < PAUSE_NS) {
        }
        began = bench_clock();
        while (left-- > 0) {
            wake(s, index, THERE);
            wait_for(s, index, BACK);
        }
        took += bench_clock() - began;
    }
    return took;
}

/* @return picoseconds of a trip */
static int64_t measure_trips(shared *s, int index, int64_t milliseconds)
{
    const uint64_t end = bench_clock() + (uint64_t)milliseconds * 1000000;
    uint64_t sum = 0, times = 0;

    *s->last = 0;
    (void)ask(s, index, STEP);
    do {
        sum += ask(s, index, STEP);
        times += STEP;
    } while (bench_clock() < end);
    *s->last = 1;
    (void)ask(s, index, 1);
    return (int64_t)((double)sum * 1000 / (double)times);
}

/* Until the parent says so by a negative number, or is gone. */
static int serve(const char *name, const char *role, int mode)
{
    static shared s;
    int64_t order = 0, index = 0, milliseconds = 0;

    if (mode == ONE_PROCESSOR)
        bench_stay_on_one_processor();
    s.mode = mode;
    (void)snprintf(s.name, sizeof s.name, "%s", name);
    open_all(&s, false);
    check(byn_value_add(s.done, 1, NULL));
    for (;;) {
        check(byn_value_wait_change(s.order, &order, BYN_FOREVER));
        if (order < 0)
            return 0;
        check(byn_array_get(s.job, COMPETITOR, &index));
        check(byn_array_get(s.job, MILLISECONDS, &milliseconds));
        if (strcmp(role, "asks") == 0)
            check(byn_array_set(s.job, PICOSECONDS, measure_trips(&s, (int)index, milliseconds)));
        else
            answer(&s, (int)index);
        check(byn_value_add(s.done, 1, NULL));
    }
}

/* ---- In the parent --------------------------------------------------------------------------------- */

static shared parent;

static void await_both(void)
{
    int64_t done = 0;

    while (done < 2)
        check(byn_value_wait_change(parent.done, &done, PATIENCE_MS));
    check(byn_value_set(parent.done, 0));
}

static double measure(int index, int milliseconds)
{
    int64_t picoseconds = 0;

    *parent.last = 0;
    check(byn_array_set(parent.job, COMPETITOR, index));
    check(byn_array_set(parent.job, MILLISECONDS, milliseconds));
    check(byn_value_add(parent.order, 1, NULL));
    await_both();
    check(byn_array_get(parent.job, PICOSECONDS, &picoseconds));
    return (double)picoseconds / 1000;
}

static void start(const char *program, const char *role, int mode)
{
    byn_process *started;
    char number[16];
    const char *argv[] = {program, "--serve", parent.name, role, number, NULL};

    (void)snprintf(number, sizeof number, "%d", mode);
    check(byn_process_start(&started, argv,
                            &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)));
}

/* While both run: 0.15 and 0.4 us where spinning takes 0.1. Windows' condition has a mutex of the kernel. */
static void set_goals(int mode)
{
    int i;

    for (i = 0; i < OURS; i++)
        if (mode == RUNNING)
            bench_goal(BENCH_POSIX, ours[i].name, "spinning on a word",
                       ours[i].wake == wake_by_condition ? 4 : 1.5);
        else if (mode < MODES)
            bench_goal(BENCH_POSIX, ours[i].name, NULL, mode == ASLEEP ? 1.1 : 1.2);
    bench_goal(BENCH_WINDOWS, "byn_event", "raw kernel event", 1.1);
    bench_goal(BENCH_WINDOWS, "byn_semaphore", "raw kernel semaphore", 1.1);
    bench_goal(BENCH_WINDOWS, "byn_condition", "named pipe", 1 / 20.0);
}

static void compare(const char *program, int mode, const bench_settings *settings)
{
    static const char *const titles[MODES] = {"round trip, both processes run",
                                              "round trip, who answers has slept for 200 us",
                                              "round trip on one processor"};
    const char *names[MOST];
    const bench_waker *wakers;
    int count = bench_raw_wakers(&wakers), i;

    for (i = 0; i < count; i++)
        names[i] = wakers[i].name;
    for (i = 0; i < OURS; i++)
        names[count + i] = ours[i].name;
    set_goals(mode);
    (void)snprintf(parent.name, sizeof parent.name, "bench-wake-%llu",
                   (unsigned long long)bench_clock());
    open_all(&parent, true);
    start(program, "asks", mode);
    start(program, "answers", mode);
    await_both();
    bench_measure(titles[mode], names, count + OURS, measure, settings->rounds,
                  settings->milliseconds);
    check(byn_value_set(parent.order, -1));
}

/* ---- Where nobody has to wait ------------------------------------------------------------------------ */

static void run_alone(void *index, uint32_t times)
{
    while (times-- > 0) {
        wake(&parent, *(int *)index, THERE);
        wait_for(&parent, *(int *)index, THERE);
    }
}

static void wake_nobody(void *index, uint32_t times)
{
    while (times-- > 0)
        wake(&parent, *(int *)index, BACK);
}

static void notify_nobody(void *condition, uint32_t times)
{
    while (times-- > 0)
        check(byn_condition_notify_all(condition));
}

/* The objects of the last comparison are used. */
static void compare_alone(const char *program, const bench_settings *s)
{
    enum { RAW = 2, BOTH = RAW + 2 }; /* ours: all but the condition, which has other calls */
    static int indices[BOTH];
    const bench_waker *wakers;
    bench_entry waits[BOTH], nobody[3];
    int count = bench_raw_wakers(&wakers), i;

    for (i = 0; i < BOTH; i++) {
        indices[i] = i < RAW ? i : count + i - RAW;
        waits[i] =
            (bench_entry){i < RAW ? wakers[i].name : ours[i - RAW].name, run_alone, &indices[i]};
    }
    set_goals(ALONE);
    bench_compare("wake and wait, nobody else takes part", waits, BOTH, s->rounds, s->milliseconds);
    nobody[0] = (bench_entry){wakers[0].name, wake_nobody, &indices[0]};
    nobody[1] = (bench_entry){"byn_condition", notify_nobody, parent.condition};
    count = bench_asking_add(&nobody[2], program) ? 3 : 2;
    bench_goal(BENCH_WINDOWS, "byn_condition", BENCH_ASKING, 1 / 20.0);
    bench_compare("wake, nobody waits", nobody, count, s->rounds, s->milliseconds);
    bench_asking_end();
}

int main(int argc, char **argv)
{
    bench_settings s = {.rounds = 11, .milliseconds = 30};
    int mode;

    if (argc == 5 && strcmp(argv[1], "--serve") == 0)
        return serve(argv[2], argv[3], atoi(argv[4]));
    bench_begin(argc, argv, &s);
    for (mode = 0; mode < MODES; mode++)
        compare(argv[0], mode, &s);
    compare_alone(argv[0], &s);
    return 0;
}
