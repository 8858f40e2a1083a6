/*
 * wakers.h - what the system has for one process to wake another.
 */
#ifndef BENCH_WAKERS_H
#define BENCH_WAKERS_H

#include <stdbool.h>

/* What one process wakes another with. `open` makes it, if it is the first, of a line in shared memory, or of a
 * name; it answers what the others get. */
typedef struct bench_waker {
    const char *name;
    void *(*open)(void *place, const char *name, bool first);
    void (*wake)(void *waker);
    void (*wait)(void *waker);
} bench_waker;

/* @return how many there are; the first one always sleeps */
int bench_raw_wakers(const bench_waker **wakers);

/* Of this process, from now on. */
void bench_stay_on_one_processor(void);

#endif
