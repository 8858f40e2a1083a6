/*
 * locks.h - locks between processes, each opened by its name.
 */
#ifndef BENCH_LOCKS_H
#define BENCH_LOCKS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bench_lock {
    const char *name;
    void (*make)(const char *name);  /* once, before anybody opens it */
    void *(*open)(const char *name); /* in each process. It ends the program if that fails */
    void (*lock)(void *opened);
    void (*unlock)(void *opened);
    void (*remove)(const char *name);
} bench_lock;

enum { BENCH_MOST_LOCKS = 16 };

/* All that any process can open: first the raw one, then byn_mutex, then the others. @return how many */
int bench_locks(const bench_lock *list[BENCH_MOST_LOCKS]);

/* Is the `run` of a bench_entry: locks and unlocks one of bench_lock_context(). */
void bench_lock_run(void *context, uint32_t times);
void *bench_lock_context(const bench_lock *lock, const char *name);

/* The system's, of which the first is the raw one; and Boost's: NULL-ended. */
extern const bench_lock *const bench_system_locks[];
extern const bench_lock *const bench_boost_locks[];

/* Not for other processes here. */
extern const bench_lock bench_apr_lock;

#ifdef __cplusplus
}
#endif

#endif
