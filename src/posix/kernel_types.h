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

enum { BYNK_TRY_IS_A_CALL = 0 };
uint32_t bynp_robust_fingerprint(void);

/* ---- In each process ---- */

/* What earlier waits taught. Private to the process; a race between threads makes a worse guess only. */
typedef struct bynp_lock_hint {
    byni_a32 skip, failures, sleeps;
} bynp_lock_hint;

typedef struct bynp_wait_hint {
    byni_a32 skip, failures, trials, need_ns, slept_ns, bank_ns, asked;
    byni_a32 gap, lone, patience; /* of bynk_spot_spin() */
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

/* Of the list of the robust mutexes that a thread holds; `next` and what follows are the kernel's. */
typedef struct bynp_head {
    void *last;
    void *next;
    long word; /* how far from a mutex' `next` */
    void *pending;
} bynp_head;

#define BYNP_HIDDEN __attribute__((visibility("hidden"))) /* no table between us and a variable */

/*
 * No call to find a variable of a thread. The loader has little room for that where it loads a library later: enough for
 * one that is shared, and not for all plugins that may have a static one inside; with musl none. In a program the linker
 * does the same with a static one by itself.
 */
#if defined(__GLIBC__) && !defined(BYN_STATIC)
#define BYNP_TLS_FAST __attribute__((tls_model("initial-exec")))
#else
#define BYNP_TLS_FAST
#endif

typedef struct bynp_thread {
    uint64_t token; /* the process it was filled in; a forked child fills it anew */
    uint64_t me;
    uint32_t number; /* the kernel's thread id */
    uint32_t pid;
    uint32_t held;   /* robust mutexes; the kernel releases only the last 2,048 at a death */
    bynp_head *head; /* NULL: it is not known, see bynp_straight_take() */
    /* The word of a held one, whose unlock is to wake all who sleep on it; see bynk_spot_add_with_unlock(). */
    byni_a32 *wakes_all;
} bynp_thread;

extern BYNP_HIDDEN const byni_a64 *bynp_token;
extern BYNP_HIDDEN BYNI_THREAD_LOCAL bynp_thread bynp_this_thread BYNP_TLS_FAST;

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

/*
 * In one of its words a mutex says of what sort it is, and the C library believes it: of another sort it
 * would ask for a priority, or end the process. (place, and which bits; none: it is not known.)
 */
typedef struct bynp_sort {
    uint32_t place, word, bits;
} bynp_sort;

extern BYNP_HIDDEN bynp_sort bynp_robust_sort;

static inline bool bynp_robust_sound(const pthread_mutex_t *lock)
{
    const byni_a32 *words = (const byni_a32 *)(const void *)lock;

    return ((byni_load32(&words[bynp_robust_sort.place]) ^ bynp_robust_sort.word) &
            bynp_robust_sort.bits) == 0;
}

/*
 * STRAIGHT. The kernel frees the robust mutexes of a dead thread by a list through these, and by a word that
 * tells which one the thread is about to take or to give. The C library keeps both, with four calls for a
 * pair of lock and unlock. Where it is seen to keep them just so (posix_straight.c), a thread that holds no
 * other robust mutex writes the same words in the same order by itself. Either may unlock what the other has
 * locked.
 *
 * `pending` is written before anything and emptied after everything. So whenever the thread is killed, the kernel
 * looks at this mutex too, and if the word has the thread's number, frees it as a dead owner's. An unlock that
 * has emptied the word, but has woken nobody yet, is finished by the kernel too, or by the sleepers' slices.
 */
typedef struct bynp_straight {
    byni_a32 word;  /* the owner's number, and the bits of <linux/futex.h> */
    uint32_t count; /* of a recursive one; else the library leaves a 1 there, and does not ask */
    uint32_t owner, users, sort, rest;
    void *previous, *next;
} bynp_straight;

enum { BYNP_OWNER_BITS = 0x3fffffff };

void bynp_straight_wake(byni_a32 *word);

static inline bool bynp_straight_take(pthread_mutex_t *lock)
{
    bynp_straight *mutex = (bynp_straight *)(void *)lock;
    bynp_head *head = bynp_this_thread.head;
    uint32_t before = 0;

    if (BYNI_UNLIKELY(head == NULL || head->next != &head->next || byni_load32(&mutex->word) != 0 ||
                      !bynp_robust_sound(lock)))
        return false;
    head->pending = &mutex->next;
    byni_in_order();
    if (BYNI_UNLIKELY(!byni_cas32(&mutex->word, &before, bynp_this_thread.number))) {
        byni_in_order();
        head->pending = NULL;
        return false;
    }
    mutex->owner = bynp_this_thread.number;
    mutex->users = 1;
    mutex->previous = mutex->next = &head->next;
    head->last = &mutex->next;
    byni_in_order();
    head->next = &mutex->next;
    byni_in_order();
    head->pending = NULL;
    bynp_this_thread.held++;
    return true;
}

/* Only what is all of the list: then no pointer of the shared memory is followed. */
static inline bool bynp_straight_give(pthread_mutex_t *lock)
{
    bynp_straight *mutex = (bynp_straight *)(void *)lock;
    bynp_head *head = bynp_this_thread.head;

    if (BYNI_UNLIKELY(head == NULL || head->next != &mutex->next || mutex->next != &head->next ||
                      (byni_load32(&mutex->word) & BYNP_OWNER_BITS) != bynp_this_thread.number ||
                      !bynp_robust_sound(lock)))
        return false;
    head->pending = &mutex->next;
    byni_in_order();
    head->next = head->last = &head->next;
    byni_in_order();
    mutex->previous = mutex->next = NULL;
    mutex->owner = mutex->users = 0;
    if (BYNI_UNLIKELY(byni_exchange32(&mutex->word, 0) != bynp_this_thread.number))
        bynp_straight_wake(&mutex->word);
    byni_in_order();
    head->pending = NULL;
    bynp_this_thread.held--;
    return true;
}

/* The C library's way. The first does not ask how many the thread holds. */
byn_status bynp_robust_take(pthread_mutex_t *lock);
byn_status bynp_robust_try_called(pthread_mutex_t *lock);
byn_status bynp_robust_unlock_called(pthread_mutex_t *lock);

/* The thread has asked for bynk_me() before, so that `held` counts for this process. */
static inline byn_status bynp_robust_try(pthread_mutex_t *lock)
{
    return bynp_straight_take(lock) ? BYN_OK : bynp_robust_try_called(lock);
}

static inline byn_status bynp_robust_unlock(pthread_mutex_t *lock)
{
    return bynp_straight_give(lock) ? BYN_OK : bynp_robust_unlock_called(lock);
}

static inline byn_status bynk_mutex_try(bynk_mutex *mutex)
{
    return bynp_robust_try(&mutex->state->lock);
}

static inline byn_status bynk_mutex_unlock(bynk_mutex *mutex)
{
    return bynp_robust_unlock(&mutex->state->lock);
}

/* ---- Guards ---- */

struct bynk_segment;

byn_status bynp_guard_lock(bynk_guard *guard, uint64_t deadline);

static inline byn_status bynk_guard_lock(struct bynk_segment *segment, bynk_guard *guard,
                                         uint64_t deadline)
{
    (void)segment;
    (void)bynk_me();
    return bynp_straight_take(&guard->lock) ? BYN_OK : bynp_guard_lock(guard, deadline);
}

static inline bool bynk_guard_try(bynk_guard *guard)
{
    return bynp_straight_take(&guard->lock);
}

static inline void bynk_guard_unlock(struct bynk_segment *segment, bynk_guard *guard)
{
    (void)segment;
    (void)bynp_robust_unlock(&guard->lock);
}

#endif
