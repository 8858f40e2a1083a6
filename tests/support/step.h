/*
 * Kill at every instruction: an operation is started again and again, each time in a new process,
 * and killed after its 1st, 2nd, 3rd... instruction, until it comes to its end. After each kill the
 * case looks whether the survivors still find a sound object.
 *
 *     static void *open_mutex(const char *name) { ... return mutex; }
 *     static void lock_and_unlock(void *mutex) { ... }
 *     static const step_operation lock = {"mutex.lock", open_mutex, lock_and_unlock, NULL};
 *
 *     static const peer_entry peers[] = {STEP(lock), PEER_END};
 *
 *     step_sweep(&lock, name, others_can_lock, mine, 1);
 *
 * Linux steps from outside, by ptrace. Windows steps from inside, by the trap flag, and counts only
 * instructions of the test program itself: link the library statically. Both count a call into the
 * kernel as one step; for what happens inside there are crash points (peer_start_crashing).
 *
 * `prepare` should also use everything once that is made at first use, or the sweep counts start-up
 * code.
 */
#ifndef BYNAME_TEST_STEP_H
#define BYNAME_TEST_STEP_H

#include "peer.h"

typedef struct step_operation {
    const char *name;
    void *(*prepare)(const char *arg); /**< In the victim, not counted. May be NULL. */
    void (*operate)(void *prepared);   /**< In the victim, counted. */
    /** In the case, once per victim, when it sleeps in the kernel. May be NULL. */
    void (*on_block)(void *context, long k);
} step_operation;

#define STEP(operation_)                                                                           \
    {                                                                                              \
        NULL, NULL, &(operation_)                                                                  \
    }

typedef struct step_report {
    long instructions; /**< Of the whole operation. */
    long kills;        /**< Or switches. */
    long blocked;      /**< Victims seen asleep. */
    long hung;         /**< Victims that did not go on for test_patience(). */
    long inconsistent; /**< Calls of `verify` with a failed check. */
} step_report;

/**
 * Kills at instruction 1, 1 + stride, 1 + 2 * stride ... and calls `verify` after each kill and
 * after the last victim, which comes to its end. Checks that nothing hung and the last victim's
 * checks hold. A failed REQUIRE in `verify` ends that call; the first victim that hangs
 * and the third inconsistent call end the sweep.
 * BYNAME_SWEEP_MS limits its time: it makes larger steps, and begins elsewhere in each run;
 * BYNAME_CRASH_STRIDE, where tests heed it, overrides this.
 * Skips the case where stepping is not possible.
 */
step_report step_sweep(const step_operation *operation, const char *arg,
                       void (*verify)(void *context, long k), void *context, long stride);

/** Checks that something was stepped, nothing hung and each call of `verify` held. */
void step_check(step_report report);

/** Whether BYNAME_SWEEP_MS made the last sweep's steps larger: so few kills that some outcome may be missing. */
bool step_is_sampled(void);

/**
 * Finds races: stops the victim after k instructions, calls `during`, lets the victim go on to its
 * end, and calls `verify`. `during` must not wait for what the victim may hold. Linux only,
 * elsewhere skips the case.
 */
step_report step_switch(const step_operation *operation, const char *arg,
                        void (*during)(void *context, long k),
                        void (*verify)(void *context, long k), void *context, long stride);

#endif
