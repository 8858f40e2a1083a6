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

/* The same of what measures itself: `measure` does the one of that index for so long, and answers the
 * nanoseconds of one operation. */
void bench_measure(const char *title, const char *const *names, int count,
                   double (*measure)(int index, int milliseconds), int rounds, int milliseconds);

/* The platform's raw lock: what byn_mutex is measured against. */
const char *bench_raw_lock_name(void);
void *bench_raw_lock_open(void);
void bench_raw_lock_run(void *lock, uint32_t times);

/* The platform's raw reader-writer lock: what byn_rwlock is measured against. */
const char *bench_raw_rwlock_name(void);
void *bench_raw_rwlock_open(void);
void bench_raw_rwlock_read(void *rwlock, uint32_t times);
void bench_raw_rwlock_write(void *rwlock, uint32_t times);

/* What processes that share memory raise a number with: an atomic addition, or a lock in that memory (on
 * Windows: of one name for all, which one benchmark at a time can have). */
void bench_raw_add(void *number, uint32_t times);
const char *bench_raw_shared_lock_name(void);
void bench_raw_shared_lock_make(void *place);
void bench_raw_shared_lock(void *place);
void bench_raw_shared_unlock(void *place);

/* Sleep while a number of 32 bits in memory that is shared is `seen`, and wake one who does. Where the system has no
 * such thing: yield, and nothing. */
void bench_raw_sleep(void *number, uint32_t seen);
void bench_raw_wake_one(void *number);
/* The system's own way to start a program without arguments: start it, and wait for its end. */
const char *bench_raw_spawn_name(void);
void bench_raw_spawn(const char *program);
const char *bench_program_suffix(void);

uint64_t bench_clock(void);
void bench_yield(void);
void bench_sleep(int milliseconds);

#endif
