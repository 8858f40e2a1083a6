/*
 * deadline.h - a timeout becomes a point in time once, when the call begins.
 */
#ifndef BYNI_DEADLINE_H
#define BYNI_DEADLINE_H

#include <byname/options.h>

/* Nanoseconds of the monotonic clock that all processes of the machine share. */
typedef uint64_t bynk_deadline;

#define BYNK_NOW ((bynk_deadline)0)
#define BYNK_NEVER UINT64_MAX
/* For a guard, in a call without a timeout: long for who is alive and runs, and not for ever; 10 s. */
#define BYNK_SOON (UINT64_MAX - 1)

enum { BYNI_SOON_MS = 10000 };

/* Whether a timeout is one: not below BYN_FOREVER. */
static inline bool byni_timeout_valid(byn_timeout timeout)
{
    return timeout >= BYN_FOREVER;
}

/* The deadline of a valid timeout that begins now; one beyond the clock's end is BYNK_NEVER. Never BYNK_SOON. */
bynk_deadline byni_deadline(byn_timeout timeout);

/*
 * For a guard, which is held for an instant: who does not want to wait for what is behind it waits for the
 * guard nevertheless, and only a process that was stopped with it makes that last.
 */
bynk_deadline byni_with_grace(bynk_deadline deadline);

/* Nanoseconds from now to the deadline, 0 if it has passed, at most `at_most`. */
uint64_t byni_remaining(bynk_deadline deadline, uint64_t at_most);

/* A bynk_look that waits until the bynk_deadline that it is given. */
uint64_t byni_until(void *deadline);

#endif
