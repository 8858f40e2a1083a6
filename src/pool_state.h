/*
 * pool_state.h - a pool: what is in shared memory, what commits, and what its sources share.
 *
 * WHAT IS TRUE is one word for each task. All else (ring, what was handed to who waits, list of free tasks, what a
 * worker took in one go, who sleeps) are hints, derived from it: lost by a death only, and then made anew by byni_pool_repair().
 *
 *   FREE       nobody's                            -> RESERVED, with the guard
 *   RESERVED   a submitter fills it                that submitter -> QUEUED; or, it is dead: -> FREE, with the guard
 *   QUEUED     exactly this word can be claimed    CAS: a worker -> RUNNING; its owner -> CANCELED; its owner is
 *                                                  dead: -> FREE
 *   RUNNING    a worker is in it                   only that worker while it lives -> DONE, FAILED; it is dead:
 *                                                  -> FAILED or QUEUED, with the guard
 *   DONE, FAILED, CANCELED   the outcome is there  its owner -> FREE, one generation later; it is dead: the same;
 *                                                  nobody's (ORPHAN): who sees it
 *
 * A hint gives no right: the claim is a compare and exchange of the word, with its generation. So hints may be
 * there twice, or outdated, or be stolen from another worker's batch; only a lost one would matter.
 *
 * A worker writes what it is about to claim to `current` before the claim, so that who cleans up after it has
 * one task to look at. It writes the result, then the word, then rings the owner's bell, then clears `current`.
 * Killed before the word: failed, or tried again. Killed between word and bell: who cleans up rings all bells.
 *
 * WHAT IT COSTS is lines that go from one processor to another, locks, and wake-ups. A task's word and what is beside it
 * is one line, its small argument and result are half a line each of one more, its name is written only where it is
 * another one; these two are fetched ahead, to be changed. The guard is held once for each submission and for each batch;
 * nobody is woken for what will have been done sooner.
 *
 * The guard's heir runs byni_pool_repair(), which may itself be killed anywhere and is begun anew. A death outside
 * the guard is found by the supervisor, who watches all members, or by anybody at a heartbeat, and is cleaned up
 * with the guard.
 */
#ifndef BYNI_POOL_STATE_H
#define BYNI_POOL_STATE_H

#include <byname/pool.h>
#include <byname/process.h>
#include <byname/task.h>

#include "heap.h"

/* ---- The word of a task ------------------------------------------------------------------------------ */

/* generation << 24 | who << 8 | kind. who: of RESERVED a submitter, or BREAKER; of QUEUED how often it was begun,
 * so that no claim takes one life of it for the next; of RUNNING, DONE, FAILED a worker. */
enum {
    BYNI_TASK_FREE = 0,
    BYNI_TASK_RESERVED,
    BYNI_TASK_QUEUED,
    BYNI_TASK_RUNNING,
    BYNI_TASK_DONE,
    BYNI_TASK_FAILED,
    BYNI_TASK_CANCELED,
    BYNI_TASK_GONE /* by byni_task_kind() only: another life of the place has begun */
};

enum {
    BYNI_TASK_INLINE = 96, /* bytes of argument and of result that need no block of the heap */
    BYNI_TASK_BATCH = 16,  /* that a worker takes in one go at most */
    BYNI_TASK_NESTED = 8,  /* tasks in which a worker can be at a time: one waits for the other */
    BYNI_TASK_ATTEMPTS = 255, /* at most */
    BYNI_POOL_NOBODY = 0xffff,
    BYNI_POOL_BREAKER = 0xfffe, /* who breaks the pool is making it FAILED */
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
    return (int)(word & 0xff);
}

static inline uint32_t byni_word_who(uint64_t word)
{
    return (uint32_t)(word >> 8) & 0xffff;
}

static inline uint64_t byni_word_generation(uint64_t word)
{
    return word >> 24 & BYNI_TASK_GENERATIONS;
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

/* In killed_for: it ends a task, and is not to be killed for that any more. No byn_status. */
enum { BYNI_WORKER_ENDS = 1 };

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
    byni_a32 killed_for; /* a byn_status: why the supervisor kills it; 0: it does not; ENDS */
    byni_a32 reserved;
    byni_a64 killed_task; /* the hint of the task because of which; written before `killed_for` */
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

/* ---- This process' view ------------------------------------------------------------------------------ */

struct byn_pool {
    byni_object object;
    byni_pool_words *words;
    byni_heap heap;
    /* Checked once at attach; the tables do not move. */
    uint32_t capacity;
    byni_task *tasks;
    byni_worker *workers;       /* BYN_POOL_MEMBERS_MAX */
    byni_submitter *submitters; /* the same */
    byni_a64 *ring;             /* a power of two, at least 2 * capacity hints */
    uint64_t ring_mask;
    byni_a32 *free;                   /* capacity indices */
    byni_pool_definition *definition; /* a copy of this process', checked */
    uint32_t me; /* this process' place among the submitters; NOBODY: it is a worker only */
    /* Tasks that were freed here, and are not in the shared list yet: index + 1 of the newest, and of the one
     * before each. Pushed one by one, taken all at once. */
    byni_a32 freed, *freed_before;
    bynk_lock life;   /* of opening and closing in this process */
    byni_a32 users;   /* handles and futures; the last one goes with `life` */
    byni_a32 closing; /* there are none, and who holds `life` waits for the helper */
    bool parting;     /* there are none, and the helper is about to part with it; under `life` */
    struct byni_helper *helper;           /* pool_supervisor.c */
    struct byni_outstanding *outstanding; /* future.c: this process' futures */
    bynk_wait_hint hint;                  /* of workers that sleep */
    uint64_t seen;            /* words->head, when this process' worker last began to wait */
    uint32_t usual;           /* nanoseconds of a task of its; 0: not known */
    bynk_wait_hint ends_hint; /* of those who wait for a task's end */
};

/* ---- pool_progress.c ------------------------------------------------------------------------------------- */

bool byni_progress_is_same(const byn_pool_state *one, const byn_pool_state *other);

/* ---- pool.c: opening and closing ------------------------------------------------------------------------ */

/*
 * Users of this process' part: handles, futures, streams. The first one enters the place among the submitters and
 * starts the helper; the last one ends it, leaves the place and closes the object.
 */
void byni_pool_hold(byn_pool *pool);
void byni_pool_release(byn_pool *pool);
/* For a helper that could not be stopped since it was the caller: at its very end, in its own thread, with no lock
 * held. true: the pool is not to be touched any more. false: somebody has opened it again: go on. */
bool byni_pool_part(byn_pool *pool);

/* byn_pool_open() without a place among the submitters, and without a helper. */
byn_status byni_pool_open(byn_pool **pool, const char *name, const byn_pool_options *options);
/* Open one that exists, for a worker: without a place among the submitters. To be closed with byni_object_close(). */
byn_status byni_pool_open_as_worker(byn_pool **pool, const char *name);

/* The text, or the bytes, at an offset of the definition; NULL for 0. */
const char *byni_definition_text(const byni_pool_definition *definition, uint32_t offset);
/* What the options define, to be freed; NULL: *status is BYN_E_NOTFOUND, BYN_E_NOMEM ... with a cause. */
byni_pool_definition *byni_definition_make(const byn_pool_options *options, byn_status *status);
/* BYN_OK; BYN_E_INVALID, BYN_E_UNSUPPORTED: options that cannot be. */
byn_status byni_definition_check(const byn_pool_options *options);
/* A later opener's options, which define `mine`, are the creator's, or nothing. BYN_OK, BYN_E_MISMATCH. */
byn_status byni_definition_compare(const byni_pool_definition *there,
                                   const byni_pool_definition *mine,
                                   const byn_pool_options *options);

/* BYN_OK; or the failure of byn_pool_...(), with its sentence. */
byn_status byni_pool_usable(const byn_pool *pool, const char *operation);
/* The answer of byn_pool_...(): a failure gets its sentence. */
byn_status byni_pool_answer(const byn_pool *pool, byn_status status, const char *operation);

/* No more starts: with a reason, BROKEN; all that is queued fails with it. */
void byni_pool_break(byn_pool *pool, const char *reason);

/* ---- pool_table.c: guard, ring, free list, bells ------------------------------------------------------- */

/* Bytes of a segment for the tables and a definition of this size, and the most that it may grow to; 0: too much. */
uint64_t byni_pool_tables_size(uint64_t capacity, uint64_t definition);
uint64_t byni_pool_limit(uint64_t capacity, uint64_t memory);
void byni_pool_initialise(byni_pool_words *words, const uint64_t parameters[BYNI_PARAMETERS],
                          const byni_pool_definition *definition);
byn_status byni_pool_attach(byn_pool *pool);
void byni_pool_detach(byn_pool *pool);

/* Lock. The heir of a dead holder has repaired all. BYN_E_CORRUPT, BYN_E_TIMEDOUT (BYNK_SOON), with a cause. */
byn_status byni_pool_lock(byn_pool *pool);
void byni_pool_unlock(byn_pool *pool);

/* The number to sleep on. Asked before one looks. */
uint32_t byni_bell_listen(byni_bell *bell);
void byni_bell_ring(byn_pool *pool, byni_bell *bell);
/* For the end of one task only: others' ends do not wake who sleeps. */
uint32_t byni_bell_listen_for(byni_bell *bell, byni_ticket ticket);
void byni_bell_ring_for(byn_pool *pool, byni_bell *bell, byni_ticket ticket);
/* The bell that tells when the task ends. */
byni_bell *byni_task_bell(byn_pool *pool, byni_ticket ticket);

/* With the guard. */
void byni_hints_push(byn_pool *pool, byni_ticket ticket);
void byni_hints_push_front(byn_pool *pool, byni_ticket ticket);
static inline bool byni_hints_are_none(const byn_pool *pool)
{
    return byni_load64(&pool->words->head) == byni_load64(&pool->words->tail);
}

/* The ring and the free list, of the words. */
void byni_hints_rebuild(byn_pool *pool);
void byni_places_rebuild(byn_pool *pool);
void byni_places_push(byn_pool *pool, uint32_t index);
/* NOWHERE: there is none. */
uint32_t byni_places_pop(byn_pool *pool);
/* What was freed in this process. */
void byni_places_take_freed(byn_pool *pool);
/* The blocks that tasks refer to stay, all others are freed. */
byn_status byni_pool_repair_heap(byn_pool *pool);
/* Exactly this word -> FREE, one generation later, its blocks freed. false: it is not that any more. */
bool byni_task_release(byn_pool *pool, uint32_t index, uint64_t word);

/* ---- pool_idle.c: workers that wait ---------------------------------------------------------------------- */

/* With the guard. Choose a worker that waits, who is called when the guard has been let go. */
typedef enum byni_call_for { BYNI_CALL_NOBODY, BYNI_CALL_FIRST, BYNI_CALL_SLEEPER } byni_call_for;
byni_call_for byni_worker_choose(byn_pool *pool);
/* Give it to the worker that will be chosen next. false: it goes into the ring. */
bool byni_worker_hand(byn_pool *pool, byni_ticket ticket);
/* Without the guard. */
void byni_worker_call(byn_pool *pool, byni_call_for whom);
/* Sleep until there may be something, or the phase changed; at once if it is not 0. BYN_OK, BYN_E_TIMEDOUT: look again,
 * it is a heartbeat. */
byn_status byni_worker_sleep(byn_pool *pool, uint32_t worker, bynk_rest *rest);

/* ---- pool_task.c: what becomes of a task ------------------------------------------------------------------ */

typedef struct byni_submission {
    const char *name; /* at most BYN_TASK_NAME_MAX bytes */
    const void *data;
    uint64_t size;
    uint32_t attempts, timeout; /* attempts 1 to BYNI_TASK_ATTEMPTS; timeout in ms, 0: none */
} byni_submission;

/*
 * Submit the first ones of n for which there is room: *put of them, in one step for the workers. BYN_OK: one at
 * least. Failures put none: BYN_E_TIMEDOUT without a cause: no room at all, and words->room is rung when there may
 * be; BYN_E_CLOSED, BYN_E_BROKEN, BYN_E_TOOBIG, BYN_E_NOMEM, BYN_E_CORRUPT. To wait for room: listen to it, try,
 * sleep.
 */
byn_status byni_tasks_put(byn_pool *pool, const byni_submission *many, size_t n,
                          byni_ticket *tickets, size_t *put);

/* One is going to be put: the lines that are changed each time, while something else is done. */
static inline void byni_tasks_fetch(const byn_pool *pool)
{
    byni_prefetch_to_change(&pool->words->guard);
    byni_prefetch_to_change(&pool->words->free);
}

/* What has become of it. */
int byni_task_kind(const byn_pool *pool, byni_ticket ticket);
/* QUEUED -> CANCELED. false: it is not queued any more. */
bool byni_task_cancel(byn_pool *pool, byni_ticket ticket);
/* Its owner needs it no more: ended -> FREE; queued -> CANCELED -> FREE; running: NOBODY's. No guard is needed but for
 * blocks of the heap. */
void byni_task_free(byn_pool *pool, byni_ticket ticket);
/* With the guard. QUEUED, or RESERVED by BREAKER -> FAILED, since the pool is broken. */
void byni_task_fail_broken(byn_pool *pool, uint32_t index, uint64_t word);
/* The same of one that has ended, with this word. */
void byni_task_free_ended(byn_pool *pool, uint32_t index, uint64_t word);
/* It runs, or will, for nobody. */
void byni_task_abandon(byn_pool *pool, byni_ticket ticket);
/* Put freed ones where all submitters find them. */
void byni_tasks_give_back(byn_pool *pool);

/* A worker's. take: up to `most` hints into its batch, which is empty, never more than its share; 0: there is nothing.
 * next: one of its batch, claimed; false: it is empty. claim: QUEUED -> RUNNING, and `current`. steal: one of another
 * worker's batch, claimed. end: the outcome has been written; commit, ring, clear. */
size_t byni_tasks_take(byn_pool *pool, uint32_t worker, size_t most);
bool byni_task_next(byn_pool *pool, uint32_t worker, byni_ticket *ticket);
bool byni_task_claim(byn_pool *pool, uint32_t worker, uint64_t hint, byni_ticket *ticket);
bool byni_task_steal(byn_pool *pool, uint32_t worker, byni_ticket *ticket);
void byni_task_end(byn_pool *pool, uint32_t worker, byni_ticket ticket, int kind);

/* Argument and result, checked against their bounds; NULL: corrupt. */
const void *byni_task_argument(byn_pool *pool, const byni_task *task, size_t *size);
const void *byni_task_result(byn_pool *pool, const byni_task *task, size_t *size);
/* Room for the result of a task that the caller runs; its size is written too. BYN_E_TOOBIG, BYN_E_LIMIT, BYN_E_NOMEM,
 * BYN_E_CORRUPT, with a cause. */
byn_status byni_task_reserve(byn_pool *pool, byni_task *task, uint64_t size, void **room);

/* ---- pool_member.c: members that come and go ----------------------------------------------------------- */

/* Places that may be in use. */
static inline uint32_t byni_used_workers(const byn_pool *pool)
{
    uint32_t used = byni_load32(&pool->words->used_workers);

    return used < BYN_POOL_MEMBERS_MAX ? used : BYN_POOL_MEMBERS_MAX;
}

static inline uint32_t byni_used_submitters(const byn_pool *pool)
{
    uint32_t used = byni_load32(&pool->words->used_submitters);

    return used < BYN_POOL_MEMBERS_MAX ? used : BYN_POOL_MEMBERS_MAX;
}

/* Whether somebody has the place, and is dead. */
bool byni_member_is_dead(const byni_member *member);
/* Whether it is this process. */
bool byni_member_is_me(const byni_member *member);

/* Look at all members, and clean up those that are dead. The count of these. Without the guard. */
size_t byni_pool_sweep(byn_pool *pool);

/* Who is in a place. false: nobody. */
bool byni_member_identity(const byni_member *member, bynk_identity *identity);

/* Take a place. BYN_E_LIMIT: there is none. */
byn_status byni_submitter_enter(byn_pool *pool);
void byni_submitter_leave(byn_pool *pool);
/* nonce 0: by hand, any place. *worker: the place. BYN_E_NOTFOUND: nobody waits for this start any more. It is STARTING;
 * the worker itself writes READY. */
byn_status byni_worker_enter(byn_pool *pool, uint64_t nonce, uint32_t *worker);
void byni_worker_leave(byn_pool *pool, uint32_t worker);
/* For a start: a free place, STARTING, with this nonce. BYN_E_LIMIT. With the guard. */
byn_status byni_worker_expect(byn_pool *pool, uint64_t nonce, uint32_t *worker);

/* Whether no process other than this member, and workers, has it open and lives. */
bool byni_submitter_is_last(const byn_pool *pool, uint32_t submitter);
/* Whether a process other than workers has it open, and lives. */
bool byni_pool_has_users(byn_pool *pool);

/* With the guard: how many workers there are. */
void byni_workers_count(byn_pool *pool);

/* ---- pool_repair.c: members that died ------------------------------------------------------------------ */

/* With the guard: those who died are cleaned up. The count of these. */
size_t byni_clean_up_dead(byn_pool *pool);

/* Everything derived, anew; all dead members cleaned up; everybody woken. With the guard. */
byn_status byni_pool_repair(byn_pool *pool);

/* The member in this place is dead, or gives its place up: with the guard. exit: how it ended; NULL: not known. */
void byni_worker_cleanup(byn_pool *pool, uint32_t worker, const byn_exit *exit);
void byni_submitter_cleanup(byn_pool *pool, uint32_t submitter);

/* All that sleeps on the pool looks again. */
void byni_pool_wake_all(byn_pool *pool);

/* ---- pool_supervisor.c: the thread of each process that has it open -------------------------------------- */

/* Starts, watches and replaces workers if this process is the supervisor, which it becomes when there is none;
 * kills tasks that take too long; calls callbacks and the progress hook. */
byn_status byni_helper_start(byn_pool *pool);
bool byni_helper_stop(
    byn_pool *pool); /* and gives the role up. false: it is the caller; see byni_pool_part() */
void byni_helper_ring(byn_pool *pool);              /* let it look at once */
void byni_supervisor_ring(byn_pool *pool);          /* the same of the one that is the supervisor */
bool byni_pool_is_supervised(const byn_pool *pool); /* whether there is one, and lives */
bool byni_helper_is_me(const byn_pool *pool);       /* whether it is the calling thread */

/* ---- pool_program.c: what is started as a worker --------------------------------------------------------- */

#define BYNI_WORKER_VARIABLE "BYNAME_WORKER"

/*
 * For byn_pool_open(), of the creator's options: the argv of a worker, NULL-ended, its paths absolute and there. Of a
 * library: `byname worker --library <path>`. To be freed. BYN_E_NOTFOUND, BYN_E_ACCESS, BYN_E_INVALID (a program
 * and a library), with a cause.
 */
byn_status byni_worker_argv(const byn_pool_options *options, char ***argv);
void byni_worker_argv_free(char **argv);

/* Also for byn_pool_open(): BYN_E_INVALID, with a cause, if this process was started as a worker and has not called
 * byn_worker_main() yet: it would start itself again and again. */
byn_status byni_worker_check(void);

/* ---- pool_worker.c ----------------------------------------------------------------------------------------- */

/* Whether the calling thread runs a task of this pool, as which worker. */
bool byni_worker_is_me(const byn_pool *pool, uint32_t *worker);
/* Run the task if it is queued, or else another one, in the calling worker's thread; of index UINT32_MAX: any. false:
 * there was nothing, or it is in as many tasks as it can be. */
bool byni_worker_help(byn_pool *pool, byni_ticket wanted);

/* ---- outstanding.c, future*.c: this process' futures ----------------------------------------------------- */

/*
 * What is wanted of a task besides its result, in task->wanted: bits, above them the low ones of the generation that
 * they are about. So what was meant for an earlier life of the place says nothing, and who submits need not clear
 * it. KILL: its worker is to be killed when it runs; it then ends FAILED with BYN_E_CANCELED and is not tried
 * again. The supervisor looks, and is rung. DROPPED: nobody will look at its result, see
 * byn_call_is_canceled(); its owner still wants to know how it ends, for an error that nobody sees.
 *
 * A task that returned a failure always has a message (task->message_size); none says that its worker died, or
 * was killed for task->status.
 */
enum { BYNI_WANTED_KILL = 1, BYNI_WANTED_DROPPED = 2, BYNI_WANTED_BITS = 2 };

static inline uint32_t byni_task_wanted(const byni_task *task, uint64_t generation)
{
    uint32_t wanted = byni_load32(&task->wanted);
    uint32_t mine = (uint32_t)generation & (UINT32_MAX >> BYNI_WANTED_BITS);

    return wanted >> BYNI_WANTED_BITS == mine ? wanted & ((1U << BYNI_WANTED_BITS) - 1) : 0;
}

void byni_task_want(byn_pool *pool, byni_ticket ticket, uint32_t bits);

/* For attach and detach. */
byn_status byni_outstanding_begin(byn_pool *pool);
void byni_outstanding_end(byn_pool *pool);

/*
 * This process has no handle and no future any more: what was submitted without a future and has not begun is
 * canceled, what runs is nobody's. When the helper has ended, before the place among the submitters is given up. Then,
 * when no lock is held, tell what that answered: it calls the hook for errors that nobody saw. Then the end.
 */
byn_future *byni_outstanding_settle(byn_pool *pool);
void byni_outstanding_tell(byn_pool *pool, byn_future *unseen);

/* Copy the results of this process' futures that have ended out of shared memory, so that their places are free. The
 * count of these; 0: there are none. */
size_t byni_outstanding_collect(byn_pool *pool);

/*
 * In the helper's thread, in this order, so that nothing is missed:
 *
 *     listen to this process' bell, if byni_outstanding_awaits(pool);
 *     byni_outstanding_call_back(pool): callbacks, errors of tasks without a future, the progress hook;
 *     sleep until byni_outstanding_next(pool), or until byni_helper_ring(); on the bell too if it listened.
 *
 * It does not listen to the bell while there is nothing whose end it has to tell: each end would wake it. What begins to
 * be awaited while it sleeps rings it.
 */
bool byni_outstanding_awaits(const byn_pool *pool);
void byni_outstanding_call_back(byn_pool *pool);
bynk_deadline byni_outstanding_next(const byn_pool *pool);

/* Whether the calling thread is in a callback, of any pool: it must not wait. Of this one. */
bool byni_in_callback(void);
bool byni_in_callback_of(const byn_pool *pool);

#endif
