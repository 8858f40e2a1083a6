#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_ENTRIES = 8, MOST_ROUNDS = 101 };

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double run_for(const bench_entry *entry, uint32_t times)
{
    uint64_t began = bench_clock();

    entry->run(entry->context, times);
    return (double)(bench_clock() - began) / times;
}

/* How often to do it so that it takes about so long. */
static uint32_t calibrate(const bench_entry *entry, int milliseconds)
{
    uint32_t times = 16;

    while (run_for(entry, times) * times < 2e6 && times < UINT32_C(1) << 28)
        times *= 2;
    times = (uint32_t)(milliseconds * 1e6 / run_for(entry, times)) + 1;
    return times;
}

static double took[MOST_ENTRIES][MOST_ROUNDS], ratio[MOST_ENTRIES][MOST_ROUNDS];

static void report(const char *title, const char *const *names, int count, int rounds)
{
    int round, i;

    for (round = 0; round < rounds; round++)
        for (i = 0; i < count; i++)
            ratio[i][round] = took[i][round] / took[0][round];
    printf("%s (%d rounds)\n", title, rounds);
    for (i = 0; i < count; i++) {
        qsort(took[i], (size_t)rounds, sizeof took[i][0], by_size);
        qsort(ratio[i], (size_t)rounds, sizeof ratio[i][0], by_size);
        printf("  %-32s %9.1f ns   ratio %.3f (%.3f to %.3f)\n", names[i], took[i][rounds / 2],
               ratio[i][rounds / 2], ratio[i][0], ratio[i][rounds - 1]);
    }
}

void bench_compare(const char *title, const bench_entry *entries, int count, int rounds,
                   int milliseconds)
{
    const char *names[MOST_ENTRIES];
    uint32_t times[MOST_ENTRIES];
    int round, i;

    for (i = 0; i < count; i++) {
        names[i] = entries[i].name;
        times[i] = calibrate(&entries[i], milliseconds);
    }
    for (round = 0; round < rounds; round++)
        for (i = 0; i < count; i++)
            took[i][round] = run_for(&entries[i], times[i]);
    report(title, names, count, rounds);
}

void bench_measure(const char *title, const char *const *names, int count,
                   double (*measure)(int index, int milliseconds), int rounds, int milliseconds)
{
    int round, i;

    for (round = 0; round < rounds; round++)
        for (i = 0; i < count; i++)
            took[i][round] = measure(i, milliseconds);
    report(title, names, count, rounds);
}
