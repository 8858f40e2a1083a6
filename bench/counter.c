/*
 * counter - a number that four processes raise: byn_value_add() beside an atomic addition to raw shared
 * memory, and beside what is used with locks.
 *
 * counter [--json FILE] [rounds [milliseconds [processes]]]
 */
#include <stdio.h>

#include <byname/byname.h>

#include "bench.h"
#include "crew.h"
#include "peer.h"

enum { LINE = 128, STEP = 2000, LOCK_STEP = 16, COMPETITORS = 5 };

/* One process' view of it. */
typedef struct shared {
    byn_memory *memory;
    byn_value *value;
    byn_mutex *mutex;
    char *bytes; /* a line for each number or lock */
} shared;

static const char *named(const char *name, const char *part)
{
    static char text[192];

    (void)snprintf(text, sizeof text, "%s-%s", name, part);
    return text;
}

static void open_all(shared *s, const char *name)
{
    check(byn_memory_open(&s->memory, named(name, "memory"),
                          &BYN_OPTIONS(byn_memory_options, .size = 8 * LINE)));
    check(byn_value_open(&s->value, named(name, "value"), NULL));
    check(byn_mutex_open(&s->mutex, named(name, "mutex"), NULL));
    s->bytes = byn_memory_base(s->memory);
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

/* `step`: how often between two looks at the clock. */
static const struct competitor {
    void (*add)(shared *s, uint32_t times);
    uint32_t step;
} competitors[COMPETITORS] = {{add_raw, STEP},
                              {add_by_calls, STEP},
                              {add_value, STEP},
                              {add_under_raw_lock, LOCK_STEP},
                              {add_under_mutex, LOCK_STEP}};

/* ---- A member of the crew ---------------------------------------------------------------------------- */

static shared mine;

static void join(const char *name, const char *argument, int index)
{
    (void)argument;
    (void)index;
    open_all(&mine, name);
}

/* Adds for so long. @return how often */
static int64_t work(int64_t job, int milliseconds)
{
    const uint64_t end = bench_clock() + (uint64_t)milliseconds * 1000000;
    const struct competitor *competitor = &competitors[job];
    int64_t times = 0;

    while (bench_clock() < end) {
        competitor->add(&mine, competitor->step);
        times += competitor->step;
    }
    return times;
}

/* ---- The parent -------------------------------------------------------------------------------------- */

static crew *members;
static int processes;
static bench_peer *python[2];

/* All processes together. */
static double measure(int index, int milliseconds)
{
    int64_t times[CREW_MOST], sum = 0;
    int i;

    if (index >= COMPETITORS)
        return 1e9 / bench_peer_measure(python[index - COMPETITORS], milliseconds, NULL);
    crew_work(members, index, milliseconds, times);
    for (i = 0; i < processes; i++)
        sum += times[i];
    return milliseconds * 1e6 / (double)sum;
}

static void compare(const char *program, const bench_settings *s)
{
    const char *names[] = {
        "atomic addition, raw memory",  "the same, a call for each", "byn_value_add",
        bench_raw_shared_lock_name(),   "byn_mutex and a number",    "Python Value and its lock",
        "Python Manager Value and Lock"};
    char name[BENCH_NAME], title[64], count[16];
    int entries = COMPETITORS;
    shared parent;

    bench_fresh_name(name);
    open_all(&parent, name);
    bench_raw_shared_lock_make(parent.bytes + 2 * LINE);
    members = crew_start(program, name, "", processes);
    (void)snprintf(count, sizeof count, "%d", processes);
    python[0] = bench_peer_start("value-contended", count, (const char *)NULL);
    python[1] = bench_peer_start("manager-value-contended", count, (const char *)NULL);
    if (python[0] != NULL && python[1] != NULL)
        entries += 2;
    (void)snprintf(title, sizeof title, "a number that %d processes raise", processes);
    bench_goal(BENCH_POSIX, "byn_value_add", NULL, 1 / 0.9);
    bench_measure(title, names, entries, measure, s->rounds, s->milliseconds);
    bench_peer_end(python[0]);
    bench_peer_end(python[1]);
    crew_end(members);
}

int main(int argc, char **argv)
{
    static const crew_member member = {join, work};
    bench_settings s = {.rounds = 11, .milliseconds = 50, .number = 4};

    crew_serve(argc, argv, &member);
    bench_begin(argc, argv, &s);
    processes = s.number;
    if (processes < 1 || processes > CREW_MOST) {
        fprintf(stderr, "counter: processes 1 to %d\n", CREW_MOST);
        return 2;
    }
    compare(argv[0], &s);
    return 0;
}
