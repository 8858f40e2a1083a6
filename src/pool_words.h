/*
 * pool_words.h - a pool in shared memory: what commits, and who cleans up after whom.
 *
 * WHAT IS TRUE is one word for each task. All else (ring, what was handed to who waits, list of free tasks, what a
 * worker took in one go, who sleeps) are hints, derived from it: lost by a death only, and then made anew by byni_pool_repair().
 *
 *   FREE       nobody's                            CAS: a submitter -> RESERVED
 *   FREE refers to no block of the heap, so who reserves it without the guard has nothing to free.
 *   RESERVED   a submitter fills it                that submitter -> QUEUED; or, it is dead: -> FREE, with the guard
 *   QUEUED     exactly this word can be claimed    CAS: a worker -> RUNNING; its owner -> CANCELED; its owner is
 *                                                  dead: -> FREE
 *   RUNNING    a worker is in it                   only that worker while it lives -> DONE, FAILED; it is dead:
 *                                                  -> FAILED or QUEUED, with the guard. The supervisor
 *                                                  adds KILLED, so that what ends it comes first or not at all
 *   DONE, FAILED, CANCELED   the outcome is there  its owner -> FREE, one generation later; it is dead: the same;
 *                                                  nobody's (ORPHAN): who sees it. DONE: its owner -> RESERVED
 *                                                  too, for its own next one
 *
 * A hint gives no right: the claim is a compare and exchange of the word, with its generation. So hints may be
 * there twice, or outdated, or be stolen from another worker's batch; only a lost one would matter.
 *
 * A worker writes what it is about to claim to `current` before the claim, so that who cleans up after it has
 * one task to look at. It writes the result, then the word, then rings the owner's bell, then clears `current`.
 * Killed before the word: failed, or tried again. Killed between word and bell: who cleans up rings all bells.
 *
 * A small task is submitted without the guard while no worker has to be called: see pool_post.c.
 *
 * WHAT IT COSTS is lines that go from one processor to another, locks, and wake-ups. A task's word and what is beside it
 * is one line, its small argument and result are half a line each of one more, its name is written only where it is
 * another one; these two are fetched ahead, to be changed. The guard is held once for each batch, and by who calls a
 * worker; nobody is woken for what will have been done sooner. A map keeps the places of its tasks for its next ones, and
 * calls a worker when enough has come together: see pool_map.c.
 *
 * The guard's heir runs byni_pool_repair(), which may itself be killed anywhere and is begun anew. A death outside
 * the guard is found by the supervisor, who watches all members, or by anybody at a heartbeat, and is cleaned up
 * with the guard.
 */
#ifndef BYNI_POOL_WORDS_H
#define BYNI_POOL_WORDS_H

#include <byname/pool.h>

#include "heap.h"

/* ---- The word of a task ------------------------------------------------------------------------------ */

/* generation << 24 | who << 8 | KILLED | kind. who: of RESERVED a submitter, or BREAKER; of QUEUED how often it was begun,
 * so that no claim takes one life of it for the next; of RUNNING, DONE, FAILED a worker. */
enum {
    BYNI_TASK_FREE = 0,
    BYNI_TASK_RESERVED,
    BYNI_TASK_QUEUED,
    BYNI_TASK_RUNNING,
    BYNI_TASK_DONE,
    BYNI_TASK_FAILED,
    BYNI_TASK_CANCELED,
    BYNI_TASK_GONE, /* by byni_task_kind() only: another life of the place has begun */
    BYNI_TASK_KILLED =
        0x80 /* beside RUNNING: its worker is being killed because of it, and can end it no more */
};

enum {
    BYNI_TASK_INLINE = 96, /* bytes of argument and of result that need no block of the heap */
    BYNI_TASK_BATCH = 16,  /* that a worker takes in one go at most */
    BYNI_TASK_NESTED = 8,  /* tasks in which a worker can be at a time: one waits for the other */
    BYNI_TASK_ATTEMPTS = 255, /* at most */
    BYNI_POOL_NOBODY = 0xffff,
    BYNI_POOL_BREAKER = 0xfffe, /* who breaks the pool is making it FAILED */
    BYNI_POOL_CLEANER = 0xfffd, /* its blocks are being freed, with the guard; it is FREE then */
    BYNI_POSTS = 64, /* a power of two: hints that a submitter leaves for who next has the guard */
    BYNI_POOL_CAPACITY_MOST = 65536,
    BYNI_POOL_REASON = 512
};

#define BYNI_POOL_NOWHERE UINT32_MAX

#define BYNI_TASK_GENERATIONS ((UINT64_C(1) << 39) - 1) /* a mask */

static inline uint64_t byni_task_word(uint64_t generation, uint32_t who, int kind)
{
    return (generation & BYNI_TASK_GENERATIONS) << 24 | (uint64_t)(who & 0xffff) << 8 |
           (uint64_t)kind;
}

static inline int byni_word_kind(uint64_t word)
{
    return (int)(word & 0x7f);
}

static inline uint32_t byni_word_who(uint64_t word)
{
    return (uint32_t)(word >> 8) & 0xffff;
}

static inline uint64_t byni_word_generation(uint64_t word)
{
    return word >> 24 & BYNI_TASK_GENERATIONS;
}

/* The same life of it, otherwise. */
static inline uint64_t byni_word_with(uint64_t word, uint32_t who, int kind)
{
    return (word & BYNI_TASK_GENERATIONS << 24) | (uint64_t)(who & 0xffff) << 8 | (uint64_t)kind;
}

static inline bool byni_word_ended(uint64_t word)
{
    return byni_word_kind(word) >= BYNI_TASK_DONE && byni_word_kind(word) <= BYNI_TASK_CANCELED;
}

/* One task of one life: its place in the table, and the generation. */
typedef struct byni_ticket {
    uint32_t index;
    uint64_t generation;
} byni_ticket;

static inline bool byni_task_is_of(uint64_t word, byni_ticket ticket)
{
    return byni_word_generation(word) == (ticket.generation & BYNI_TASK_GENERATIONS);
}

/* A hint is a ticket in 56 bits, not 0: generation << 17 | index + 1. */
#define BYNI_HINT_BITS 56
#define BYNI_HINT_MASK ((UINT64_C(1) << BYNI_HINT_BITS) - 1)

static inline uint64_t byni_hint_of(byni_ticket ticket)
{
    return (ticket.generation & BYNI_TASK_GENERATIONS) << 17 | (ticket.index + 1);
}

/* The index is UINT32_MAX if it is none. */
static inline byni_ticket byni_hint_ticket(uint64_t hint)
{
    byni_ticket ticket = {(uint32_t)(hint & 0x1ffff) - 1, hint >> 17 & BYNI_TASK_GENERATIONS};

    return ticket;
}

/* ---- In shared memory -------------------------------------------------------------------------------- */

/*
 * A spot for those who look at words that change without the guard. Who is going to sleep says so before it
 * looks: number = byni_bell_listen(); look; bynk_spot_sleep(.., &bell->spot, number, ..). Who has changed a
 * word rings: that costs nothing if nobody has listened since it was rung last. Both are ordered, so that
 * one sees the other.
 */
typedef struct byni_bell {
    bynk_spot spot;
    /* whose end alone is awaited << 32 | LISTENED | the newest number that somebody may be going to sleep on. Whose: the
     * low 32 bits of a hint; 0: anything. Those who listen for different ones listen for anything. */
    byni_a64 listened;
} byni_bell;

/* A member that lives; written with the guard, `pid` last; cleared last, when all is cleaned up. */
typedef struct byni_member {
    byni_a32 pid, thread; /* pid 0: the place is free, or not entered yet */
    byni_a64 started;
} byni_member;

typedef struct byni_task {
    /* One line: what all look at. */
    byni_a64 word;
    byni_a64 order; /* of submission: how a ring made anew is sorted */
    byni_a32 owner; /* the submitter's place, or NOBODY: it runs for nobody */
    byni_a32
        begun; /* attempts. The cleaner writes current's + 1, the same however often it is repeated */
    byni_a32 most;                         /* attempts that there may be */
    byni_a32 timeout;                      /* milliseconds; 0: none */
    byni_a32 argument_place, result_place; /* blocks of the heap; 0: none, it is inline */
    byni_a64 argument_size, result_size;
    byni_a32 status; /* a byn_status: how it ended */
    byni_a32 wanted; /* see byni_task_wanted() */
    /* The next. */
    char name[BYN_TASK_NAME_MAX + 1];
    byni_a32 exit_code, exit_signal, exit_known; /* how the worker ended, if it died */
    byni_a32
        message_size; /* of FAILED: the result is a message of the task's own, of so many bytes */
    /* An argument ends where the result begins, so that small ones are in one line. */
    byni_a64 argument[BYNI_TASK_INLINE / 8];
    byni_a64 result[BYNI_TASK_INLINE / 8];
} byni_task;

_Static_assert(sizeof(byni_task) == 128 + 2 * BYNI_TASK_INLINE, "whole lines");
_Static_assert(offsetof(byni_task, result) % 64 == 32, "half a line for each");

/* In which word of `argument` one of so many bytes, at most BYNI_TASK_INLINE, begins. */
static inline uint64_t byni_task_argument_begin(uint64_t size)
{
    const uint64_t unit = 16; /* as allocated memory is aligned */

    return (BYNI_TASK_INLINE - (size + unit - 1) / unit * unit) / 8;
}

/* The lines that a task's worker and its owner pass on to each other; the one with its name both read. */
static inline void byni_task_prefetch(const byni_task *task)
{
    byni_prefetch_to_change(&task->word);
    byni_prefetch_to_change(task->result);
}

/* A worker's place. */
enum {
    BYNI_WORKER_NONE = 0,
    BYNI_WORKER_STARTING,
    BYNI_WORKER_READY,
    BYNI_WORKER_LEAVING, /* it takes no more tasks */
    BYNI_WORKER_FAILED   /* it cannot begin, and words->reason says why */
};

/*
 * The counts are of all workers that ever had the place: count << 1 | 1 while the end of a task, or of a worker, is
 * being written, so that who cleans up knows whether it was counted.
 */
typedef struct byni_worker {
    _Alignas(64) byni_member member;
    byni_a32 stage;      /* NONE: the place is free. STARTING: pid may still be 0 */
    byni_a32 by_hand;    /* joined, not started by a supervisor */
    byni_a64 nonce;      /* of a start: what the started process must bring along */
    byni_a64 since;      /* bynk_clock() of the start */
    byni_a32 killed_for; /* a byn_status: why the supervisor kills it; 0: it does not */
    byni_a32 reserved;
    byni_a64
        killed_task; /* the hint of the task because of which: of others it says nothing. Written before
                             `killed_for`, and both before that task's word is KILLED; with the guard */
    byni_a64 died;
    /* Its own, while it lives. */
    _Alignas(64) byni_a64 current[BYNI_TASK_NESTED]; /* hint | begun << 56: about to be claimed, or
                                                        claimed; the innermost is the last one */
    byni_a64
        began[BYNI_TASK_NESTED];    /* bynk_clock() before `current` if it has a timeout, else 0 */
    byni_a64 done, failed, retried; /* tasks */
    byni_a32 depth;                 /* tasks in `current` */
    byni_a32 next; /* hints of `batch` that are looked at; from there on others may be */
    _Alignas(64) byni_a64 batch[BYNI_TASK_BATCH]; /* hints out of the ring, not begun; 0: none */
} byni_worker;

/* A process that has it open. */
typedef struct byni_submitter {
    _Alignas(64) byni_member member;
    byni_a32
        is_worker; /* it is one of the pool's workers: it does not keep the pool alive, nor looks after it */
    byni_a32 reserved;
    byni_a64 canceled; /* tasks of all that ever had the place */
    bynk_spot helper;  /* for its helper alone, and who watches for it */
    /* For its tasks that end; third processes that wait for one of them sleep there too. */
    _Alignas(64) byni_bell bell;
    /* Its posts: so many there were, and so many are in the ring; `fetched` with the guard. */
    _Alignas(64) byni_a64 posted;
    _Alignas(64) byni_a64 fetched;
    _Alignas(64) byni_a64 post[BYNI_POSTS];
} byni_submitter;

/* What the pool is made of; a block of the heap, written by the creator only. Strings end with 0; argv one after
 * the other. */
typedef struct byni_pool_definition {
    uint32_t size; /* of all of it */
    uint32_t program, program_count, library, initializer,
        initializer_data; /* offsets in it; 0: none */
    uint32_t initializer_size;
    uint32_t orphans, no_workers, workers, attempts, tasks_per_worker;
    int64_t task_timeout;
} byni_pool_definition;

enum { BYNI_DEFINITION_MOST = 1 << 16 };

enum {
    BYNI_POOL_SHUTDOWN = 1,
    BYNI_POOL_TERMINATED = 2,
    BYNI_POOL_BROKEN = 4
}; /* bits of `phase` */

/* Bits of `short_of`. */
enum { BYNI_SHORT_OF_PLACES = 1, BYNI_SHORT_OF_MEMORY = 2 };

/* In shared memory, at BYNI_STATE_OFFSET. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): what different processes write has lines of its own */
typedef struct byni_pool_words {
    byni_heap_state heap; /* its roots: the tables; the definition */
    _Alignas(64) bynk_guard guard;
    /* With the guard: */
    byni_a64 head, tail; /* of the ring: head <= tail, at most as many as it has places */
    byni_a64 order;      /* of the next submission */
    byni_a32 free;       /* entries of the list of free ones */
    byni_a32
        duty; /* the place + 1 of the worker that waits on the spot `first`; 0: none, or it was called */
    byni_a32 idle;    /* workers that sleep on the spot `work` and were not called */
    byni_a32 standby; /* the place + 1 of one of them, who looks every millisecond; 0: none */
    byni_a32 used_workers, used_submitters; /* places from here on were never used */
    byni_a32 failed_starts;                 /* in a row */
    byni_a32 never_begun;                   /* tasks that failed since the pool is broken */
    byni_a32 supervisor;                    /* a submitter's place, or NOBODY */
    /* All read them, few write. */
    _Alignas(64) byni_a32 phase; /* only rises */
    byni_a32 short_of; /* somebody sleeps for room: who frees gives back at once, who ends rings */
    byni_a32 needs_repair;
    byni_a32 present;   /* workers; with the guard */
    byni_a32 usual;     /* about so many nanoseconds took a task of late; 0: not known */
    byni_a64 next_look; /* when the supervisor looks whether a task takes too long; bynk_clock() */
    /* Workers wait. One has the duty: it may still spin, and is called before those who sleep, of whom so nobody is
     * woken in vain. One more for each call.
     *
     * While others work nobody need be called for what they will have done sooner than a call takes. That this is so
     * is known of the past only: what is begun now may take long. So it is left to them only while another one is on
     * `standby`: it sleeps a millisecond at a time, takes what has been left, and when others have taken nothing in
     * such a time it takes the duty, and sleeps until it is called. */
    _Alignas(64) bynk_spot first;
    /* A hint for who has the duty, beside what it looks at while it spins; written with the guard when it is called.
     * Anybody takes it, as if it were the first one of the ring: it is 0 again when it is in a batch. Was who is called
     * killed, those whom its death wakes find it. */
    byni_a64 handed;
    _Alignas(64) bynk_spot work;
    _Alignas(64) bynk_spot
        control; /* for supervisors and watchdogs: one more when a member or the phase changes */
    _Alignas(64) byni_bell room;   /* for who wants room, or that all has ended */
    char reason[BYNI_POOL_REASON]; /* of BROKEN; written before the bit */
} byni_pool_words;

_Static_assert(BYNI_STATE_OFFSET + sizeof(byni_pool_words) <= BYNI_DATA_OFFSET, "before the heap");

/* Parameters: what every opener of it agrees on. */
enum { BYNI_POOL_CAPACITY, BYNI_POOL_MEMORY, BYNI_POOL_WORKERS, BYNI_POOL_TASKS_PER_WORKER };

#endif
