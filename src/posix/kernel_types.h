/*
 * kernel_types.h (POSIX) - the platform's types of the seam; see kernel.h.
 */
#ifndef BYNK_KERNEL_TYPES_H
#define BYNK_KERNEL_TYPES_H

#include <pthread.h>
#include <stdint.h>

#include <byname/status.h>

#include "compiler.h"
#include "spot_types.h"

/* ---- In shared memory ---- */

typedef struct bynk_area {
    byni_a64 reserved;
} bynk_area;

/* A robust mutex and nothing else of pthreads: every other object of it hangs when a user is killed. */
typedef struct bynk_guard {
    pthread_mutex_t lock;
} bynk_guard;

typedef bynk_guard bynk_mutex_state;

typedef struct bynk_event_state {
    bynk_guard guard; /* of claims */
    bynk_spot spot;   /* generation << 1 | set */
    uint32_t manual_reset;
    uint32_t reserved;
} bynk_event_state;

typedef struct bynk_semaphore_state {
    bynk_guard guard; /* of releases, so that two do not pass the maximum together; of claims */
    bynk_spot spot;   /* permits */
    uint32_t maximum;
    uint32_t reserved;
} bynk_semaphore_state;

/* What the C library makes of a robust mutex, and how sleepers are kept. */
#define BYNK_FINGERPRINT (bynp_robust_fingerprint() ^ (uint32_t)BYNP_SPOT_MECHANISM << 24)
uint32_t bynp_robust_fingerprint(void);

/* ---- In each process ---- */

/* What earlier waits taught. Private to the process; a race between threads makes a worse guess only. */
typedef struct bynp_lock_hint {
    byni_a32 skip, failures, sleeps;
} bynp_lock_hint;

typedef struct bynp_wait_hint {
    byni_a32 skip, failures, trials, need_ns, slept_ns, bank_ns, asked;
} bynp_wait_hint;

typedef bynp_wait_hint bynk_wait_hint;

typedef struct bynk_mutex {
    bynk_mutex_state *state;
    bynp_lock_hint hint;
} bynk_mutex;

struct bynk_segment;

typedef struct bynk_event {
    struct bynk_segment *segment;
    bynk_event_state *state;
    bynp_wait_hint hint;
} bynk_event;

typedef struct bynk_semaphore {
    struct bynk_segment *segment;
    bynk_semaphore_state *state;
    bynp_lock_hint guard_hint;
    bynp_wait_hint hint;
} bynk_semaphore;

typedef struct bynk_lock {
    pthread_mutex_t mutex;
} bynk_lock;

#define BYNK_LOCK_FREE                                                                             \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER                                                                  \
    }

static inline void bynk_lock_initialise(bynk_lock *lock)
{
    (void)pthread_mutex_init(&lock->mutex, NULL);
}

static inline void bynk_lock_lock(bynk_lock *lock)
{
    (void)pthread_mutex_lock(&lock->mutex);
}

static inline void bynk_lock_unlock(bynk_lock *lock)
{
    (void)pthread_mutex_unlock(&lock->mutex);
}

/* ---- This process and this thread ---- */

typedef struct bynp_thread {
    uint64_t token; /* the process it was filled in; a forked child fills it anew */
    uint64_t me;
    uint32_t number; /* the kernel's thread id */
    uint32_t held;   /* robust mutexes; the kernel releases only the last 2,048 at a death */
} bynp_thread;

extern BYNI_HIDDEN const byni_a64 *bynp_token;
extern BYNI_HIDDEN BYNI_THREAD_LOCAL bynp_thread bynp_this_thread BYNI_TLS_FAST;

void bynp_thread_begin(void);

static inline uint64_t bynk_token(void)
{
    return byni_load64(bynp_token);
}

static inline uint64_t bynk_me(void)
{
    if (BYNI_UNLIKELY(bynp_this_thread.token != bynk_token()))
        bynp_thread_begin();
    return bynp_this_thread.me;
}

/* Nothing needs to begin: the token is this process', and the calling thread is known, as bynk_me_known(). */
static inline bool bynk_knows_me(uint64_t token)
{
    return bynp_this_thread.token == token && bynk_token() == token;
}

static inline uint64_t bynk_me_known(void)
{
    return bynp_this_thread.me;
}

/* ---- The path of a lock that nobody contends, in line; the rest is in posix_robust.c ---- */

enum {
    BYNP_MOST_HELD = 1000
}; /* a death releases the last 2,048 only, and others use the list too */

/* What a pthread call that tried to lock said, other than 0. Counts a lock that was taken. */
byn_status bynp_robust_result(pthread_mutex_t *lock, int error);
byn_status bynp_robust_not_unlocked(int error);
byn_status bynp_robust_too_many(void);

byn_status bynp_robust_broken(void);

/*
 * In one of its words a mutex says of what sort it is, and the C library believes it: of another sort it
 * would ask for a priority, or end the process. (place, and which bits; none: it is not known.)
 */
typedef struct bynp_sort {
    uint32_t place, word, bits;
} bynp_sort;

extern BYNI_HIDDEN bynp_sort bynp_robust_sort;

static inline bool bynp_robust_sound(const pthread_mutex_t *lock)
{
    const byni_a32 *words = (const byni_a32 *)(const void *)lock;

    return ((byni_load32(&words[bynp_robust_sort.place]) ^ bynp_robust_sort.word) &
            bynp_robust_sort.bits) == 0;
}

static inline byn_status bynp_robust_take(pthread_mutex_t *lock)
{
    int error;

    if (BYNI_UNLIKELY(!bynp_robust_sound(lock)))
        return bynp_robust_broken();
    error = pthread_mutex_trylock(lock);
    if (BYNI_UNLIKELY(error != 0))
        return bynp_robust_result(lock, error);
    bynp_this_thread.held++;
    return BYN_OK;
}

/* The thread has asked for bynk_me() before, so that `held` counts for this process. */
static inline byn_status bynp_robust_try(pthread_mutex_t *lock)
{
    if (BYNI_UNLIKELY(bynp_this_thread.held >= BYNP_MOST_HELD))
        return bynp_robust_too_many();
    return bynp_robust_take(lock);
}

static inline byn_status bynp_robust_unlock(pthread_mutex_t *lock)
{
    int error;

    if (BYNI_UNLIKELY(!bynp_robust_sound(lock)))
        return bynp_robust_broken();
    error = pthread_mutex_unlock(lock);
    if (BYNI_UNLIKELY(error != 0))
        return bynp_robust_not_unlocked(error);
    bynp_this_thread.held--;
    return BYN_OK;
}

/* The place is read again after each call rather than kept: keeping costs more. */
static inline byn_status bynk_mutex_try(bynk_mutex *mutex)
{
    int error;

    if (BYNI_UNLIKELY(bynp_this_thread.held >= BYNP_MOST_HELD))
        return bynp_robust_too_many();
    if (BYNI_UNLIKELY(!bynp_robust_sound(&mutex->state->lock)))
        return bynp_robust_broken();
    error = pthread_mutex_trylock(&mutex->state->lock);
    if (BYNI_UNLIKELY(error != 0))
        return bynp_robust_result(&mutex->state->lock, error);
    bynp_this_thread.held++;
    return BYN_OK;
}

static inline byn_status bynk_mutex_unlock(bynk_mutex *mutex)
{
    return bynp_robust_unlock(&mutex->state->lock);
}

#endif
