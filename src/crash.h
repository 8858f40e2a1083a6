/*
 * crash.h - marked points at which a test can let a process die, and what else tests must be able to change.
 *
 * Only the testing build has them. BYNAME_CRASH_POINT="name:n" ends the process at the n-th pass of the
 * point, as a kill would: no handler runs, nothing is flushed.
 */
#ifndef BYNI_CRASH_H
#define BYNI_CRASH_H

#if defined(BYNI_TESTING)
#include <stdint.h>

void byni_crash_point(const char *name);

/* BYNAME_SLOW_BEATS=n: n times as long, so that no heartbeat hides a lost wake-up. */
uint32_t byni_crash_beat(uint32_t ms);

/* BYNAME_CRASH_TIME=n: so many milliseconds instead, for a wait that only ends by its time. */
uint32_t byni_crash_time(uint32_t ms);

/* From so many bytes on a queue's messages are copied without the guard; a test may set it first of all. */
extern uint32_t byni_crash_outside;
#define byni_crash_or(tests, usual) (tests)

/* Called between the two looks of who is about to say that it is in a circle; NULL: nothing. */
extern void (*byni_crash_between_looks)(void);
#define byni_crash_between()                                                                       \
    (byni_crash_between_looks != NULL ? byni_crash_between_looks() : (void)0)
#else
#define byni_crash_point(name) ((void)0)
#define byni_crash_beat(ms) (ms)
#define byni_crash_time(ms) (ms)
#define byni_crash_or(tests, usual) (usual)
#define byni_crash_between() ((void)0)
#endif

#endif
