/*
 * kernel_types.h (Windows) - the platform's types of the seam; see kernel.h.
 */
#ifndef BYNK_KERNEL_TYPES_H
#define BYNK_KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

enum {
    BYNW_SEATS =
        32, /* threads that can sleep on one object at a time without looking again and again */
    BYNW_PARTS = 4 /* kernel objects whose state belongs to the object */
};

struct bynk_segment;

/* ---- In shared memory ---- */

typedef struct bynk_area {
    /* Who sits there: a sleeping thread, as bynk_me() tells it; 0: nobody. Claimed by compare and
     * exchange, for one sleep. One whose owner is dead is taken over. */
    byni_a64 seat[BYNW_SEATS];

    /* letter << 56 | offset of the state: the kernel objects that were made with this life of the name.
     * Written by the creator only. */
    uint64_t part[BYNW_PARTS];
} bynk_area;

/*
 * 0: free. Else the owner, as bynk_me() tells it, and in bit 0 W: somebody may be asleep, waiting for
 * it. Changed by compare and exchange only. A dead owner's word stays until an heir puts itself there.
 */
typedef struct bynk_guard {
    byni_a64 word;
} bynk_guard;

/*
 * sleepers, bit t: seat t sleeps here. Set by the sleeper before it looks at the number once more,
 * cleared by the waker before it sets the seat's event, cleared by the sleeper when it leaves. A killed
 * sleeper leaves it behind: one futile wake, or until another's heartbeat finds it.
 */
typedef struct bynk_spot {
    union {
        byni_a64 pair; /* one exchange changes both */
        struct {
            byni_a32 number;
            byni_a32 claimed; /* see win32_semaphore.c */
        };
    };
    byni_a32 sleepers;
    uint32_t reserved;
} bynk_spot;

/* All of it is the kernel's. */
typedef struct bynk_mutex_state {
    uint64_t reserved;
} bynk_mutex_state;

/* What it was made with; whether it is set is known to the kernel only. */
typedef struct bynk_event_state {
    uint32_t manual_reset;
    uint32_t initially_set;
} bynk_event_state;

typedef struct bynk_semaphore_state {
    bynk_guard guard; /* of releases */
    bynk_spot spot;   /* permits */
    uint32_t maximum;
    byni_a32 several; /* set by sleepers that want several permits: the next release wakes all */
} bynk_semaphore_state;

#define BYNK_FINGERPRINT ((uint32_t)BYNW_SEATS << 8 | (uint32_t)BYNW_PARTS)

enum { BYNK_TRY_IS_A_CALL = 1 };

bool bynk_guard_try(bynk_guard *guard);

/* ---- In each process ---- */

/* A sleep spins for a fixed time; nothing is learned. */
typedef struct bynk_wait_hint {
    byni_a32 reserved;
} bynk_wait_hint;

/* A kernel object that belongs to a state. */
typedef struct bynw_part {
    void *handle;
    bool own; /* not the segment's, which closes its own */
} bynw_part;

typedef struct bynk_mutex {
    bynw_part part;
} bynk_mutex;

typedef struct bynk_event {
    struct bynk_segment *segment;
    bynw_part part;
} bynk_event;

typedef struct bynk_semaphore {
    struct bynk_segment *segment;
    bynk_semaphore_state *state;
} bynk_semaphore;

/* An SRWLOCK, whose header is not for all. */
typedef struct bynk_lock {
    void *word;
} bynk_lock;

#define BYNK_LOCK_FREE                                                                             \
    {                                                                                              \
        NULL                                                                                       \
    }

void bynk_lock_initialise(bynk_lock *lock);
void bynk_lock_lock(bynk_lock *lock);
void bynk_lock_unlock(bynk_lock *lock);

/* ---- This process and this thread ---- */

extern byni_a32 bynw_begun;
extern BYNI_THREAD_LOCAL uint64_t bynw_this_thread;

uint64_t bynw_thread_begin(void);

/* No fork: one token will do, once there is one. */
static inline uint64_t bynk_token(void)
{
    return byni_load32(&bynw_begun);
}

static inline uint64_t bynk_me(void)
{
    uint64_t me = bynw_this_thread;

    return me != 0 ? me : bynw_thread_begin();
}

/* Nothing needs to begin: the token is this process', and the calling thread is known, as bynk_me_known(). */
static inline bool bynk_knows_me(uint64_t token)
{
    return bynw_this_thread != 0 && bynk_token() == token;
}

static inline uint64_t bynk_me_known(void)
{
    return bynw_this_thread;
}

#endif
