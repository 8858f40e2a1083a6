/*
 * opens.h - the least that a system needs to open shared memory by a name, to touch it, and to close it.
 */
#ifndef BENCH_OPENS_H
#define BENCH_OPENS_H

#include <stdint.h>

const char *bench_raw_open_name(void);
void bench_raw_open_make(const char *name);
void bench_raw_open_run(void *name, uint32_t times);
void bench_raw_open_remove(const char *name);

#endif
