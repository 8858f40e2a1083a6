#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "growth.h"

enum { PLACES = 4, MOST = 600, WAKES = 20, SETTLE_MS = 300, GAP_MS = 2 };

static const double waiters[PLACES] = {1, 8, 64, 500};

/* ---- Objects to sleep on. Each is opened by those who sleep and by the one who wakes. */

static void *open_event(const char *name)
{
    byn_event *event = NULL;

    check(byn_event_open(&event, name, NULL));
    return event;
}

static void wait_event(void *event)
{
    check(byn_event_wait(event, BYN_FOREVER));
}

static void wake_event(void *event)
{
    check(byn_event_set(event));
}

static void *open_semaphore(const char *name)
{
    byn_semaphore *semaphore = NULL;

    check(byn_semaphore_open(&semaphore, name, NULL));
    return semaphore;
}

static void wait_semaphore(void *semaphore)
{
    check(byn_semaphore_acquire(semaphore, 1, BYN_FOREVER));
}

static void wake_semaphore(void *semaphore)
{
    check(byn_semaphore_release(semaphore, 1, NULL));
}

typedef struct meeting {
    byn_condition *condition;
    byn_mutex *mutex;
} meeting;

static void *open_condition(const char *name)
{
    meeting *m = calloc(1, sizeof *m);
    char text[128];

    if (m == NULL)
        exit(2);
    (void)snprintf(text, sizeof text, "%s-mutex", name);
    check(byn_condition_open(&m->condition, name, NULL));
    check(byn_mutex_open(&m->mutex, text, NULL));
    return m;
}

static void wait_condition(void *opened)
{
    meeting *m = opened;

    check(byn_mutex_lock(m->mutex, BYN_FOREVER));
    check(byn_condition_wait(m->condition, m->mutex, BYN_FOREVER));
    check(byn_mutex_unlock(m->mutex));
}

static void wake_condition(void *opened)
{
    check(byn_condition_notify(((meeting *)opened)->condition, 1));
}

static void *open_word(const char *name)
{
    byn_memory *memory = NULL;

    check(byn_memory_open(&memory, name, &BYN_OPTIONS(byn_memory_options, .size = 64)));
    return byn_memory_base(memory);
}

static void wait_word(void *word)
{
    bench_raw_sleep(word, 0);
}

static const struct kind {
    const char *title;
    void *(*open)(const char *name);
    void (*wait)(void *opened);
    void (*wake)(void *opened);
} kinds[] = {
    {"raw wake of one", open_word, wait_word, bench_raw_wake_one},
    {"byn_event_set", open_event, wait_event, wake_event},
    {"byn_semaphore_release", open_semaphore, wait_semaphore, wake_semaphore},
    {"byn_condition_notify", open_condition, wait_condition, wake_condition},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- Those who sleep */

static byn_semaphore *open_ready(const char *name)
{
    char text[128];

    (void)snprintf(text, sizeof text, "%s-ready", name);
    return open_semaphore(text);
}

/* --sleep KIND NAME. Is killed. */
void growth_waiters_serve(int argc, char **argv)
{
    const struct kind *kind;
    void *opened;

    if (argc != 4 || strcmp(argv[1], "--sleep") != 0)
        return;
    kind = &kinds[atoi(argv[2])];
    opened = kind->open(argv[3]);
    check(byn_semaphore_release(open_ready(argv[3]), 1, NULL));
    for (;;)
        kind->wait(opened);
}

typedef struct sleepers {
    byn_process *processes[MOST];
    int count;
} sleepers;

static void start(sleepers *all, const char *program, int kind, const char *name, int count)
{
    byn_semaphore *ready = open_ready(name);
    char number[16];
    const char *const argv[] = {program, "--sleep", number, name, NULL};
    int i;

    (void)snprintf(number, sizeof number, "%d", kind);
    for (i = 0; i < count; i++)
        check(byn_process_start(&all->processes[all->count++], argv,
                                &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)));
    for (i = 0; i < count; i++)
        check(byn_semaphore_acquire(ready, 1, GROWTH_PATIENCE_MS));
    byn_semaphore_close(ready);
}

static void kill_all(sleepers *all)
{
    int i;

    for (i = 0; i < all->count; i++)
        check(byn_process_kill(all->processes[i]));
    for (i = 0; i < all->count; i++) {
        check(byn_process_wait(all->processes[i], GROWTH_PATIENCE_MS, NULL));
        byn_process_close(all->processes[i]);
    }
    all->count = 0;
}

/* ---- Waking one of them: what the call takes. Then those who were woken sleep again. */

static double wake(const struct kind *kind, void *opened)
{
    uint64_t took = 0;
    int i;

    for (i = 0; i < WAKES; i++) {
        uint64_t began = bench_clock();

        kind->wake(opened);
        took += bench_clock() - began;
        bench_sleep(GAP_MS);
    }
    return (double)took / WAKES;
}

static void measure(const char *program, int kind, const bench_settings *s)
{
    static const char *const names[PLACES] = {"1 sleeps", "8 sleep", "64 sleep", "500 sleep"};
    static double took[PLACES * BENCH_ROUNDS];
    static sleepers all;
    void *opened[PLACES];
    char name[PLACES][BENCH_NAME];
    int i, round;

    for (i = 0; i < PLACES; i++) {
        bench_fresh_name(name[i]);
        opened[i] = kinds[kind].open(name[i]);
        start(&all, program, kind, name[i], (int)waiters[i]);
    }
    bench_sleep(SETTLE_MS);
    for (round = 0; round < s->rounds; round++)
        for (i = 0; i < PLACES; i++)
            took[i * s->rounds + round] = wake(&kinds[kind], opened[i]);
    bench_curve("Waking one of many", "processes that sleep on it", waiters);
    bench_report(BENCH_NANOSECONDS, kinds[kind].title, names, PLACES, took, s->rounds);
    kill_all(&all);
}

void growth_waiters(const char *program, const bench_settings *s)
{
    int kind;

    for (kind = 0; kind < KINDS; kind++)
        measure(program, kind, s);
}
