/*
 * growth.h - what should not grow, or not more than its reason: each a curve.
 */
#ifndef BENCH_GROWTH_H
#define BENCH_GROWTH_H

#include "bench.h"

enum { GROWTH_PATIENCE_MS = 120000 };

/* An operation while so many other processes have the object open. */
void growth_attached(const char *program, const bench_settings *s);
/* One in a process that has so many other objects open. */
void growth_open_objects(const char *program, const bench_settings *s);
/* Waking one of so many who sleep. */
void growth_waiters(const char *program, const bench_settings *s);
/* Messages of so many bytes. */
void growth_sizes(const bench_settings *s);

/* First of all in main(): do not return in a process that is started for that. */
void growth_attached_serve(int argc, char **argv);
void growth_open_objects_serve(int argc, char **argv);
void growth_waiters_serve(int argc, char **argv);

#endif
