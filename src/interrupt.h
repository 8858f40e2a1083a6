/*
 * interrupt.h - a thread may have its waits interrupted; see byn_wait_interruptible().
 *
 * Who sleeps for the caller asks after each sleep that ended without what it was for, and sleeps no
 * longer than BYNI_INTERRUPT_MS. Who waits for the library's own consistency (a guard, a gate) does not ask.
 */
#ifndef BYNI_INTERRUPT_H
#define BYNI_INTERRUPT_H

#include <stdbool.h>

enum { BYNI_INTERRUPT_MS = 50 };

/* Whether the calling thread wants to be asked. */
bool byni_interruptible(void);

/* Ask it: whether the wait that it is in shall end, with BYN_E_CANCELED. */
bool byni_interrupted(void);

/* It is not asked in between: for a wait inside another one that must come to its end. They nest. */
void byni_interruption_put_off(void);
void byni_interruption_let_in(void);

#endif
