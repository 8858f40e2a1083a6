/*
 * bench.h - what the benchmarks share. A figure counts only beside the raw primitive's of the same run:
 * rounds interleave the competitors, and the median of the rounds' ratios is what is told.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

/* One competitor: does the operation `times` times. */
typedef struct bench_entry {
    const char *name;
    void (*run)(void *context, uint32_t times);
    void *context;
} bench_entry;

/*
 * Measure all entries against the first, in `rounds` interleaved rounds of about `milliseconds` each, and
 * print for each: nanoseconds per operation (median), ratio to the first (median, least, most).
 */
void bench_compare(const char *title, const bench_entry *entries, int count, int rounds,
                   int milliseconds);

/* The platform's raw lock: what byn_mutex is measured against. */
const char *bench_raw_lock_name(void);
void *bench_raw_lock_open(void);
void bench_raw_lock_run(void *lock, uint32_t times);

/* The platform's raw reader-writer lock: what byn_rwlock is measured against. */
const char *bench_raw_rwlock_name(void);
void *bench_raw_rwlock_open(void);
void bench_raw_rwlock_read(void *rwlock, uint32_t times);
void bench_raw_rwlock_write(void *rwlock, uint32_t times);

uint64_t bench_clock(void);
void bench_yield(void);
void bench_sleep(int milliseconds);

#endif
