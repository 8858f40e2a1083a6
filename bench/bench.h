/*
 * bench.h - what the benchmarks share. A figure counts only beside the raw primitive's of the same run:
 * rounds interleave the competitors, and the median of the rounds' ratios is what is told.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

#include <byname/byname.h>

/* What the command line says. */
typedef struct bench_settings {
    int rounds, milliseconds;
    int number; /* what only this program knows */
} bench_settings;

/*
 * Read "[--json FILE] [rounds [milliseconds [number]]]"; what is not given stays as it is. Anything else ends
 * the program. Tables are printed, and to FILE each is added as a line of JSON.
 */
void bench_begin(int argc, char **argv, bench_settings *settings);

/* End the program, with what went wrong last. */
void bench_failed(void);

/* Unless that succeeded. Costs what a caller's own look at the status costs. */
static inline void check(byn_status status)
{
    if (status < 0)
        bench_failed();
}

/* One competitor: does the operation `times` times. Names of the library's own begin with "byn". */
typedef struct bench_entry {
    const char *name;
    void (*run)(void *context, uint32_t times);
    void *context;
} bench_entry;

/* From `run` of one that waits for another program: how long that took it, instead of what the clock says here. */
void bench_took(double nanoseconds);

/* What a figure is: nanoseconds of an operation, operations per second, or a share, of 1. */
typedef enum bench_unit { BENCH_NANOSECONDS, BENCH_PER_SECOND, BENCH_SHARE } bench_unit;

enum { BENCH_ENTRIES = 24, BENCH_ROUNDS = 101 }; /* at most */

/*
 * Measure all entries against the first, in `rounds` interleaved rounds of about `milliseconds` each, and
 * tell for each: nanoseconds per operation (median), ratio to the first (median, and the middle half).
 */
void bench_compare(const char *title, const bench_entry *entries, int count, int rounds,
                   int milliseconds);

/* The same of what measures itself: `measure` does the one of that index for so long, and answers the
 * nanoseconds of one operation. */
void bench_measure(const char *title, const char *const *names, int count,
                   double (*measure)(int index, int milliseconds), int rounds, int milliseconds);

/* The same, and `measure` answers in that unit. */
void bench_measure_in(bench_unit unit, const char *title, const char *const *names, int count,
                      double (*measure)(int index, int milliseconds), int rounds, int milliseconds);

/* What was measured elsewhere: values[index * rounds + round]. */
void bench_report(bench_unit unit, const char *title, const char *const *names, int count,
                  const double *values, int rounds);

/* Each system has goals of its own. */
typedef enum bench_system { BENCH_POSIX, BENCH_WINDOWS } bench_system;
extern const bench_system bench_this_system;

/* Of the next table, on that system: the entry of that name is to take at most `limit` times what `against` takes (NULL: the
 * first; "": one unit), or to have at least so many times its operations per second or its share. What is not in
 * the table is passed over. */
void bench_goal(bench_system system, const char *name, const char *against, double limit);

/* The next table's entries are the same at several places of an axis: a line in that picture, called by the
 * table's title. */
void bench_curve(const char *picture, const char *axis, const double *at);

/* The platform's raw lock: what byn_mutex is measured against. */
const char *bench_raw_lock_name(void);
void *bench_raw_lock_open(void);
void bench_raw_lock_run(void *lock, uint32_t times);

/* The platform's raw reader-writer lock: what byn_rwlock is measured against. */
const char *bench_raw_rwlock_name(void);
void *bench_raw_rwlock_open(void);
void bench_raw_rwlock_read(void *rwlock, uint32_t times);
void bench_raw_rwlock_write(void *rwlock, uint32_t times);

/*
 * What a user would do who shares no memory: ask another process, with 16 bytes, and wait for its answer of 64,
 * through what the system has for that. Windows: a named pipe. Made by `add`, of which one at a time can be there, and
 * called by that name; false: the system has none that is measured so.
 */
#define BENCH_ASKING "named pipe, there and back"
bool bench_asking_add(bench_entry *entry, const char *program);
void bench_asking_end(void);

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

/* Memory, in pages of the common size, all of it written to; until the process ends. */
void bench_raw_occupy(size_t bytes);

/* And what many do: fork() and exec. NULL: the system has no such thing. */
const char *bench_fork_name(void);
void bench_fork(const char *program);
const char *bench_program_suffix(void);

/* The path of another program in the folder of this one. Stays until it is asked again. */
const char *bench_beside(const char *self, const char *other);

/* A name that nobody has. */
enum { BENCH_NAME = 64 };
void bench_fresh_name(char name[BENCH_NAME]);

/* How much memory the machine has. */
uint64_t bench_memory_mb(void);

/* How many objects this process can have open, about; as many as it is allowed. */
uint64_t bench_most_objects(void);

/* What all threads of this process have used of processors, in nanoseconds. */
uint64_t bench_processor_time(void);

uint64_t bench_clock(void);
void bench_yield(void);
void bench_sleep(int milliseconds);

#endif
