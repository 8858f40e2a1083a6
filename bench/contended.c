/*
 * contended - a lock that 2, 4 and 8 processes want all the time: how often they get it together, and how the one
 * that gets it least fares beside the one that gets it most. With nothing in the section, and with work in it.
 *
 * contended [--json FILE] [rounds [milliseconds]]
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "crew.h"
#include "locks.h"
#include "peer.h"

enum { AT_A_TIME = 16, NUMBER = 128, SECTIONS = 3 };

static const struct section {
    const char *name;
    int nanoseconds;
    bool all; /* else only the locks that lead */
    double goal;
} sections[SECTIONS] = {
    {"nothing in the section", 0, true, 2.5},
    {"0.3 us in the section", 300, false, 1.3},
    {"5 us in the section", 5000, false, 1.0},
};

static const bench_lock *locks[BENCH_MOST_LOCKS];

/* ---- A member of the crew */

static void *opened[BENCH_MOST_LOCKS];
static volatile uint64_t *number;
static double rounds_per_ns;

static void spend(uint64_t rounds)
{
    volatile uint64_t i;

    for (i = 0; i < rounds; i++) {
    }
}

static volatile uint64_t *open_number(const char *name)
{
    static byn_memory *memory;
    char text[128];

    (void)snprintf(text, sizeof text, "%s-number", name);
    check(byn_memory_open(&memory, text, &BYN_OPTIONS(byn_memory_options, .size = NUMBER)));
    return byn_memory_base(memory);
}

static void join(const char *name, const char *argument, int index)
{
    int count = bench_locks(locks), i;

    (void)index;
    for (i = 0; i < count; i++)
        opened[i] = locks[i]->open(name);
    number = open_number(name);
    rounds_per_ns = strtod(argument, NULL);
}

static int64_t work(int64_t job, int milliseconds)
{
    const uint64_t end = bench_clock() + (uint64_t)milliseconds * 1000000;
    const bench_lock *lock = locks[job / SECTIONS];
    void *mine = opened[job / SECTIONS];
    uint64_t rounds = (uint64_t)(sections[job % SECTIONS].nanoseconds * rounds_per_ns);
    int64_t times = 0;
    int i;

    for (; bench_clock() < end; times += AT_A_TIME)
        for (i = 0; i < AT_A_TIME; i++) {
            lock->lock(mine);
            *number += 1;
            spend(rounds);
            lock->unlock(mine);
        }
    return times;
}

/* ---- The parent */

typedef struct figures {
    double rate[BENCH_ENTRIES * BENCH_ROUNDS], share[BENCH_ENTRIES * BENCH_ROUNDS];
    const char *names[BENCH_ENTRIES];
} figures;

static figures all;

static void measure(crew *members, int processes, int64_t job, int milliseconds, int at)
{
    int64_t answers[CREW_MOST], sum = 0, least = INT64_MAX, most = 1;
    int i;

    crew_work(members, job, milliseconds, answers);
    for (i = 0; i < processes; i++) {
        sum += answers[i];
        least = answers[i] < least ? answers[i] : least;
        most = answers[i] > most ? answers[i] : most;
    }
    all.rate[at] = (double)sum * 1e3 / milliseconds;
    all.share[at] = (double)least / (double)most;
}

/* The raw one, ours, and the two that do less and are faster. */
static bool leads(int index)
{
    return index < 4;
}

static int choose(int section, int *chosen)
{
    int count = bench_locks(locks), found = 0, i;

    for (i = 0; i < count; i++)
        if (sections[section].all || leads(i)) {
            all.names[found] = locks[i]->name;
            chosen[found++] = i;
        }
    return found;
}

static void tell(int processes, int section, int count, int rounds)
{
    char title[128];

    (void)snprintf(title, sizeof title, "%d processes, %s", processes, sections[section].name);
    bench_goal(BENCH_POSIX, "byn_mutex", "raw robust pthread mutex", sections[section].goal);
    bench_report(BENCH_PER_SECOND, title, all.names, count, all.rate, rounds);
    (void)snprintf(title, sizeof title, "%d processes, %s: the slowest beside the fastest",
                   processes, sections[section].name);
    if (processes == 2)
        bench_goal(BENCH_POSIX, "byn_mutex", "", 0.5);
    else if (processes == 8)
        bench_goal(BENCH_POSIX, "byn_mutex", NULL, 1.0);
    bench_report(BENCH_SHARE, title, all.names, count, all.share, rounds);
}

static void compare(crew *members, int processes, int section, const bench_settings *s)
{
    int chosen[BENCH_MOST_LOCKS], count = choose(section, chosen), round, i;
    bench_peer *python = NULL;
    char text[16];

    (void)snprintf(text, sizeof text, "%d", processes);
    if (sections[section].all)
        python = bench_peer_start("lock-contended", text, (const char *)NULL);
    for (round = 0; round < s->rounds; round++) {
        for (i = 0; i < count; i++)
            measure(members, processes, (int64_t)chosen[i] * SECTIONS + section, s->milliseconds,
                    i * s->rounds + round);
        if (python != NULL)
            all.rate[count * s->rounds + round] =
                bench_peer_measure(python, s->milliseconds, &all.share[count * s->rounds + round]);
    }
    all.names[count] = "Python Lock";
    tell(processes, section, count + (python != NULL), s->rounds);
    bench_peer_end(python);
}

static double calibrate(void)
{
    const uint64_t rounds = 20000000;
    uint64_t began = bench_clock();

    spend(rounds);
    return (double)rounds / (double)(bench_clock() - began);
}

int main(int argc, char **argv)
{
    static const crew_member member = {join, work};
    static const int sizes[] = {2, 4, 8};
    bench_settings s = {.rounds = 7, .milliseconds = 60};
    char name[BENCH_NAME], speed[32];
    int count = bench_locks(locks), size, section, i;

    crew_serve(argc, argv, &member);
    bench_begin(argc, argv, &s);
    bench_fresh_name(name);
    number = open_number(name);
    for (i = 0; i < count; i++)
        locks[i]->make(name);
    (void)snprintf(speed, sizeof speed, "%g", calibrate());
    for (size = 0; size < 3; size++) {
        crew *members = crew_start(argv[0], name, speed, sizes[size]);

        for (section = 0; section < SECTIONS; section++)
            compare(members, sizes[size], section, &s);
        crew_end(members);
    }
    for (i = 0; i < count; i++)
        locks[i]->remove(name);
    return 0;
}
