/*
 * kernel.h - THE SEAM: all that a platform provides. Each folder under src/ that holds a platform
 * implements every function of this header; the rest of the library is portable.
 *
 * Rules for every function:
 *   - arguments are checked: no pointer is NULL, names are valid, sizes are not 0;
 *   - deadlines are absolute, on bynk_clock(); BYNK_NOW tries once, BYNK_NEVER has none;
 *   - a result below 0 changed nothing; its cause has been stated with byni_fail(), but for
 *     BYN_E_TIMEDOUT, which needs none;
 *   - a process may be killed at any instruction: the platform's files say why that is safe;
 *   - what waits for the caller (mutex, event, semaphore, process, spot) may be interrupted, see
 *     interrupt.h: BYN_E_CANCELED;
 *   - no sleep that another process' code has to end is longer than a heartbeat of one second, after
 *     which the state is looked at again: a wake-up that was lost for an unforeseen reason is a delay, not
 *     a hang. What the kernel ends by itself (the death of a process, its own mutex) may take longer;
 *   - a kernel never calls up.
 *
 * kernel_types.h, one in each platform's folder and found by include path, defines the types that
 * stand in shared memory (bynk_area, bynk_guard, bynk_spot, bynk_mutex_state, bynk_event_state,
 * bynk_semaphore_state), those of each process (bynk_mutex, bynk_event, bynk_semaphore, bynk_lock), the number
 * BYNK_FINGERPRINT, the constant BYNK_TRY_IS_A_CALL (to try a native mutex or event is a call of the system, so
 * that who would wait anyway does not try before), and the inline functions bynk_token(), bynk_me(),
 * bynk_knows_me() and bynk_me_known(). bynk_wait_hint is what a process learns about waits for one thing; zero in the
 * beginning.
 */
#ifndef BYNK_KERNEL_H
#define BYNK_KERNEL_H

#include <byname/object.h>
#include <byname/process.h>

#include "deadline.h"
#include "interrupt.h"
#include "kernel_types.h"
#include "layout.h"
#include "name.h"
#include "waiters.h"

/* ---- This process and this thread -------------------------------------------------------------- */

/* Get the platform ready in this process, once, and again in a forked child. BYN_OK or a failure. */
byn_status bynk_begin(void);

/*
 * uint64_t bynk_token(void): this process since its last fork; 0 before bynk_begin() and in a forked
 * child. Handles remember it, so that an inherited one is told from an own one.
 *
 * uint64_t bynk_me(void): the calling thread. Unique among all threads that live or have lived in this
 * domain, but for a chance of 2^-31 for each reuse of its number; never 0; bit 0 is clear.
 *
 * bool bynk_knows_me(uint64_t token): the token, not 0, is this process', and bynk_me() would find nothing to
 * begin; then bynk_me_known() is the same. For paths on which each instruction counts.
 */

/* What people call this process and thread. */
typedef struct bynk_self {
    uint32_t pid;
    uint32_t thread;
    const char *program; /* file name, without directory */
} bynk_self;

void bynk_self_describe(bynk_self *self);

/* Where a process comes from. Its parent may have ended, and the number be another's by now: that one then was
 * started later. */
typedef struct bynk_descent {
    uint32_t parent; /* 0: not known */
    uint32_t first;  /* the thread that it began with */
    uint64_t
        started; /* as in bynk_identity; of two processes the earlier one has the smaller number */
} bynk_descent;

/* false: there is no such process, or the system does not tell. */
bool bynk_descent_of(uint32_t pid, bynk_descent *descent);

/* The program of any process, as bynk_self tells it; its command line, perhaps cut. "" if it is not known: it is
 * gone, or the system does not tell. */
enum { BYNK_PROGRAM_SIZE = 48 };
void bynk_program_of(uint32_t pid, char program[BYNK_PROGRAM_SIZE]);
void bynk_command_of(uint32_t pid, char *command, size_t size);

/* End this process at once, as a kill from outside would. For tests. */
void bynk_die(void);

/* Zeroed memory of the calling thread, the same each time, freed when it ends; NULL: there is none. (Of a
 * library that is loaded late only few bytes may be thread-local in the quick way.) */
void *bynk_thread_memory(size_t size);

/* Who may share objects: processes whose numbers mean the same. 0 where there is one domain only. */
uint64_t bynk_domain(void);

/* The lock of the library's own tables in this process. Never held while waiting for other processes
 * other than for the opening and closing of objects. */
void bynk_library_lock(void);
void bynk_library_unlock(void);

/*
 * A lock within this process, for what belongs to a handle: bynk_lock, which is BYNK_LOCK_FREE when it is
 * static, or initialised. It needs no clean-up, does not nest, and is not held while the caller's code runs. A
 * forked child may find it locked for ever; what it could need is for the library's lock.
 *
 * void bynk_lock_initialise(bynk_lock *lock);
 * void bynk_lock_lock(bynk_lock *lock);
 * void bynk_lock_unlock(bynk_lock *lock);
 */

/*
 * A thread of the library's own; on POSIX with all signals blocked. It is joined by another thread, once, or
 * else it leaves, itself: then nobody need join it. A forked child does not have it.
 */
typedef struct bynk_thread bynk_thread;

/* *thread is written before the function begins. */
byn_status bynk_thread_start(bynk_thread **thread, void (*function)(void *argument),
                             void *argument);
bool bynk_thread_is_me(const bynk_thread *thread);
void bynk_thread_join(bynk_thread *thread);
void bynk_thread_leave(bynk_thread *thread);

/* ---- System ------------------------------------------------------------------------------------ */

/* Nanoseconds of a monotonic clock that all processes of the machine share. */
uint64_t bynk_clock(void);

/* The same of a moment ago, which is another one every few milliseconds only; for a tenth of the time. */
uint64_t bynk_clock_coarse(void);

/* Fill with random bytes that nobody can guess. */
byn_status bynk_random(void *bytes, size_t size);

/* A copy of a variable of the environment, to be freed; NULL: there is none, or no memory. take: it is taken out
 * too, so that no child gets it; while no other thread looks at the environment. */
char *bynk_environment_copy(const char *name);
char *bynk_environment_take(const char *name);

/* ---- Files and programs, as absolute paths, UTF-8, to be freed. Each with a cause. ---- */

/* This program. */
byn_status bynk_program_own(char **path);

/* The one that byn_process_start() would start by this name. BYN_E_NOTFOUND, BYN_E_ACCESS. */
byn_status bynk_program_find(const char *name, char **path);

/* A file that is there. BYN_E_NOTFOUND: it is not. */
byn_status bynk_file_find(const char *name, char **path);

/*
 * The command-line tool: what BYNAME_TOOL says and no other; else the one beside the library or this program;
 * else in PATH. BYN_E_NOTFOUND, with a sentence that begins with the purpose and says where it was looked for.
 */
byn_status bynk_tool_find(const char *purpose, char **path);

/* ---- Segment: named shared memory with a life ---------------------------------------------------- */

typedef struct bynk_segment bynk_segment;

/* What to open. The callbacks get `context`. */
typedef struct bynk_segment_request {
    const byni_name *name;
    byn_open_mode open;
    uint32_t mode; /* POSIX permission bits, for `machine:` names; 0 is 0600 */
    uint64_t size; /* bytes to create it with, header included; 0: it cannot be created here, */
    const char *needed; /* since this option was not said */
    uint64_t limit;     /* bytes it may grow to; at least size */

    /* Fill a new object, zero but for its header. Runs in one process only, once in each life of the
     * name, before any opener returns. */
    void (*initialise)(byni_header *header, void *context);

    /* Whether an object that exists is what the caller wants; sees a checked copy of its header. */
    byn_status (*accept)(const byni_header *header, void *context);
    void *context;
} bynk_segment_request;

/*
 * Open or create. Exactly one of those that race creates (BYN_CREATED); the others see its finished
 * work. Killed creators leave nothing that an opener could see. The whole limit is mapped, the size is
 * really there. An object whose users have all died does not exist, unless it is kept.
 */
byn_status bynk_segment_open(bynk_segment **segment, const bynk_segment_request *request);

/* Where it is mapped in this process; it begins with its header and never moves. */
byni_header *bynk_segment_header(const bynk_segment *segment);

/*
 * Let it outlive its users, with all that it has in shared memory and in the kernel, until it is removed or
 * the system ends. Who opens the name then joins it, though nobody has it open. For good: if it is kept
 * already, nothing is done. BYN_E_UNSUPPORTED.
 */
byn_status bynk_segment_keep(bynk_segment *segment);

/*
 * Close. The last close, or death, of a user anywhere removes the name, unless it is kept. A segment that was inherited
 * by fork is let go without touching what belongs to the parent.
 */
void bynk_segment_close(bynk_segment *segment, bool inherited);

/*
 * Let the mapping and the attachment stay until the process ends, but free what else there is: for a
 * segment with a lock in it that a thread of this process still holds. Unmapping it would keep the
 * system from ever releasing the lock.
 */
void bynk_segment_leave(bynk_segment *segment);

/*
 * Grow to size bytes, not above the limit; the caller holds a guard of the object. The memory is there
 * before header->size, the commit word, says so.
 */
byn_status bynk_segment_grow(bynk_segment *segment, uint64_t size);

/* Bytes that really are there, as the system says: more than the header said if others have grown it. */
uint64_t bynk_segment_there(const bynk_segment *segment);

/* The file or kernel object, for messages. Lives as long as the segment. */
const char *bynk_segment_place(const bynk_segment *segment);

/* byn_keeper_run(). */
byn_status bynk_keeper_run(byn_timeout idle);

/* byn_keeper_look(). BYN_E_NOTFOUND without a cause. */
byn_status bynk_keeper_look(uint32_t *pid, uint32_t *keeps);

/* byn_objects_visit(), byn_objects_look() and byn_remove(). look_only: what could be reclaimed is told, and stays. */
byn_status bynk_segments_visit(byn_object_visitor visitor, void *context, bool look_only);
byn_status bynk_segment_remove(const byni_name *name);

/*
 * Who has an object open: each process that the caller may see, this one too, but no keeper; nobody notices. *unseen:
 * about so many others have. BYN_OK also if nobody has it open, or there is no such object.
 */
typedef bool (*bynk_user_visitor)(uint32_t pid, void *context); /* false: no more */

byn_status bynk_segment_users(const byni_name *name, bynk_user_visitor visitor, void *context,
                              uint32_t *unseen);

/*
 * Look at what the objects' memory says, of all that the caller may read, or of only one, whatever else there is:
 * nobody notices, and nothing is reclaimed.
 * It gets a copy: a header that was checked, and what follows it, `size` bytes with it: all of an object that
 * cannot grow beyond `most`, of others the first page. false: no more.
 */
typedef bool (*bynk_glance)(const byni_header *header, size_t size, void *context);

byn_status bynk_segments_glance(const byni_name *only, size_t most, bynk_glance glance,
                                void *context);

/* ---- Guard: a robust lock in a segment, for an object's own consistency --------------------------- */

/* In a new segment. */
void bynk_guard_initialise(bynk_guard *guard);

/*
 * bool bynk_guard_try(bynk_guard *guard): lock it, if nobody has it and its last holder lives; by a thread that
 * is known, see bynk_knows_me(). false: ask bynk_guard_lock(), also where there is no short way. In line, if
 * there is one.
 */

/*
 * Lock. BYN_ABANDONED: held, and the last holder died inside. The heir repairs, and wakes all sleepers
 * of the object's spots, for the dead may have been about to. Until the first unlock after a repair a
 * death in it leaves it abandoned again. BYN_E_TIMEDOUT (a stopped process holds it, or somebody wrote
 * that it does), with a cause if the deadline was BYNK_SOON; BYN_E_CORRUPT.
 * Not recursive. Held for nanoseconds, never while the caller's code runs.
 */
byn_status bynk_guard_lock(bynk_segment *segment, bynk_guard *guard, bynk_deadline deadline);
void bynk_guard_unlock(bynk_segment *segment, bynk_guard *guard);

/* ---- Liveness ------------------------------------------------------------------------------------ */

/* A process, or one thread of it, and no other that may get its number later. */
typedef struct bynk_identity {
    uint32_t pid;
    uint32_t thread;  /* the system's number; 0: the process as a whole */
    uint64_t started; /* when, in the system's own unit; 0: not known */
} bynk_identity;

static inline bool bynk_identity_same(const bynk_identity *one, const bynk_identity *other)
{
    return one->pid == other->pid && one->thread == other->thread && one->started == other->started;
}

/* This process; the calling thread. Looked up once. */
void bynk_identity_own(bynk_identity *identity);
void bynk_identity_thread(bynk_identity *identity);

/* BYN_OK; BYN_E_NOTFOUND: no such process. */
byn_status bynk_identity_of(uint32_t pid, bynk_identity *identity);
/* Not while it is a zombie: what has ended is dead. Not sure: alive. */
bool bynk_identity_alive(const bynk_identity *identity);
/*
 * Of a process. BYN_OK: it is dead; BYN_E_TIMEDOUT; BYN_E_ACCESS. The look tells for how many nanoseconds to wait until it is
 * called again; 0: no longer. So who waits may see to something else now and then, which costs a wake-up and no more:
 * the system has been told once whose death it is. byni_until() is one that waits until a bynk_deadline.
 */
typedef uint64_t (*bynk_look)(void *context);

byn_status bynk_identity_await_death(const bynk_identity *identity, bynk_look look, void *context);
/* End a process as bynk_process_kill() does, and no other that got its number. BYN_OK also if it is dead. */
byn_status bynk_identity_kill(const bynk_identity *identity);

/* ---- Spot: a number in a segment, and those who sleep until it changes ---------------------------- */

/* A wait, which may take many sleeps. Zero but for the deadline when it begins. */
typedef struct bynk_rest {
    bynk_deadline deadline;
    /* Whose death is awaited too: the sleep ends with it, at once where the system tells, else with the
     * next heartbeat. */
    const bynk_identity *watched;
    unsigned watched_count;
    uint32_t beat_ms; /* the platform's: how long the next sleep may be */
    /* What earlier waits for the same thing taught this process: the sleep begins with a spin where that has
     * paid, or the caller has spun already. NULL: it does not. */
    bynk_wait_hint *hint;
    bool spun;
    /* What is written of it in the object while it sleeps, see waiters.h: since when (0 in the beginning), and
     * what for. Not of the library's own threads, which nobody waits for. */
    uint64_t since;
    uint32_t wants;
    bool unseen;
    /* What is slept for is told a second time, by who cleans up, if who should tell it is killed: so there is no need
     * to look soon, and the first heartbeat is as late as the last. */
    bool patient;
} bynk_rest;

/*
 * The number has 30 bits and wraps. Around it the platform keeps who sleeps: on POSIX in the two low
 * bits of the same word, so that sleeping, changing and waking see one another in one comparison.
 */
void bynk_spot_initialise(bynk_spot *spot, uint32_t number);
uint32_t
bynk_spot_number(const bynk_spot *spot); /* it and two more may be in line, in kernel_types.h */

/*
 * Sleep once while the number is `seen`. BYN_OK: look again: it may have changed, or somebody may have
 * died, or it is a heartbeat; BYN_E_TIMEDOUT: the deadline has passed, and the number is still the same;
 * BYN_E_CANCELED: the thread was interrupted. No guard is held.
 */
byn_status bynk_spot_sleep(bynk_segment *segment, bynk_spot *spot, uint32_t seen, bynk_rest *rest);

/* For the platform, around each sleep, but for that in a mutex: it is written in the segment, see waiters.h.
 * waiters.c. */
byni_waiter *byni_rest_begin(bynk_segment *segment, bynk_rest *rest);

/*
 * Add to the number and wake up to `wake` sleepers (UINT32_MAX: all). The caller holds the object's
 * guard, or leaves what a death in here does to the sleepers' heartbeats. If it is killed in here, nobody
 * sleeps on with the number changed: on Linux change and wake are one system call, without futexes
 * sleepers look by themselves, on Windows the guard's heir wakes all. Makes no system call if nobody
 * sleeps. A wake-up of one is lost if that one is killed at that moment: wake three where there are many.
 * wake 0: who sleeps sees the change at its heartbeat, or when a later change wakes it.
 */
void bynk_spot_add(bynk_segment *segment, bynk_spot *spot, uint32_t add, uint32_t wake);

/*
 * Add to the number in one step, if nobody sleeps and none can begin to in between; false: nothing was done, or
 * the platform cannot tell. Needs no guard.
 */
bool bynk_spot_add_unseen(bynk_spot *spot, uint32_t add);

/*
 * Add 1 to the number, and have who sleeps woken by the unlock of `held`, bynk_mutex_held_alone(), which he wants next: or
 * else by the death of the calling thread. false: nothing was done, or the platform cannot; then bynk_spot_add(). It can
 * where one sleeps. Needs no guard.
 */
bool bynk_spot_add_with_unlock(bynk_spot *spot, bynk_mutex_state *held);

/* Before a sleep, where others change a word that nobody sleeps on: spin while it is `seen`, for as long as has paid.
 * Whether it has changed. */
bool bynk_spin_while(const byni_a64 *word, uint64_t seen, bynk_wait_hint *hint);

/*
 * The same for a spot, without a sleep. Who is about to take something there, and finds that others put it there
 * one by one in quick succession, does better to let some gather than to take each from under their hands; so
 * it looks as rarely as earlier spins taught.
 */
bool bynk_spot_spin(const bynk_spot *spot, uint32_t seen, bynk_wait_hint *hint);

/* Whether it makes sense to be awake while others do something: there are several processors. */
bool bynk_may_spin(void);

/* Whether somebody may be asleep there; a hint. */
bool bynk_spot_has_sleepers(const bynk_spot *spot);

/*
 * Watch a process until the watch is ended: when it dies, or is dead already, 1 is added to the spot and all
 * its sleepers are woken, by another thread. Any number at a time. A sleep that watches a few needs none
 * (see bynk_rest). NULL: it cannot be had; who sleeps there looks at its heartbeats. The spot is not touched any
 * more when bynk_watch_end() returns.
 */
typedef struct bynk_watch bynk_watch;

bynk_watch *bynk_watch_begin(bynk_segment *segment, bynk_spot *spot, const bynk_identity *who);
void bynk_watch_end(bynk_watch *watch);

/* ---- The native objects -------------------------------------------------------------------------- */

/*
 * Each has a state in the segment, filled once by `initialise`, and a part in each process, made by
 * `attach` before the open returns and undone by `detach`.
 */

/* Mutex: owned by a thread. Not recursive; who counts depth is above. */
void bynk_mutex_initialise(bynk_mutex_state *state);
byn_status bynk_mutex_attach(bynk_mutex *mutex, bynk_segment *segment, bynk_mutex_state *state);
void bynk_mutex_detach(bynk_mutex *mutex);

/* BYN_OK, BYN_ABANDONED (held; told once), BYN_E_TIMEDOUT, BYN_E_LIMIT, BYN_E_CORRUPT, BYN_E_OS.
 * try does not wait and makes no system call on POSIX. */
byn_status bynk_mutex_try(bynk_mutex *mutex);
byn_status bynk_mutex_lock(bynk_mutex *mutex, bynk_deadline deadline);

/* The caller is the owner. */
byn_status bynk_mutex_unlock(bynk_mutex *mutex);

/* The mutex or guard that the calling thread holds, in a segment, if it holds one and no more; NULL: it does not, or the
 * platform cannot tell. */
bynk_mutex_state *bynk_mutex_held_alone(void);

/* Whether the thread that holds it, as told by bynk_me() and its process, is dead; a hint. */
bool bynk_thread_is_dead(uint64_t who, uint32_t pid);

/* Event. */
void bynk_event_initialise(bynk_event_state *state, bool manual_reset, bool set);
byn_status bynk_event_attach(bynk_event *event, bynk_segment *segment, bynk_event_state *state);
void bynk_event_detach(bynk_event *event);
byn_status bynk_event_set(bynk_event *event);
byn_status bynk_event_reset(bynk_event *event);
bool bynk_event_is_set(bynk_event *event);
byn_status bynk_event_wait(bynk_event *event, bynk_deadline deadline);

/* Semaphore. count is 1 to the maximum. release: BYN_E_LIMIT above the maximum. */
void bynk_semaphore_initialise(bynk_semaphore_state *state, uint32_t initial, uint32_t maximum);
byn_status bynk_semaphore_attach(bynk_semaphore *semaphore, bynk_segment *segment,
                                 bynk_semaphore_state *state);
void bynk_semaphore_detach(bynk_semaphore *semaphore);
byn_status bynk_semaphore_acquire(bynk_semaphore *semaphore, uint32_t count,
                                  bynk_deadline deadline);
byn_status bynk_semaphore_release(bynk_semaphore *semaphore, uint32_t count, uint32_t *previous);
uint32_t bynk_semaphore_value(bynk_semaphore *semaphore);

typedef struct bynk_process bynk_process;

/* ---- Several at once ------------------------------------------------------------------------------- */

/*
 * One of several that a thread waits for. Who describes it fills in a spot and the number that it then
 * had; or the bynk_..._describe() of a native object does. Nothing filled in: it is not slept on.
 */
enum { BYNK_SOME = 4 };

typedef struct bynk_waitable {
    uint64_t order;               /* the same in all processes; 0 if it is nothing shared */
    bynk_segment *segment;        /* where it is written that somebody waits; NULL: nowhere */
    bynk_spot *spot;              /* until its number is no longer this */
    const bynk_identity *watched; /* whose death ends the sleep too */
    const byni_a32 *busy; /* while this is not 0 it cannot be had; a hint. NULL: not known */
    void *native;         /* the platform's */
    bynk_identity some[BYNK_SOME]; /* a place for `watched`, where few are enough */
    uint32_t number;
    uint32_t watched_count;
    byn_status how;       /* by bynk_take_all(): BYN_OK or BYN_ABANDONED */
    bool is_process;      /* the platform's */
    bool native_take;     /* the kernel takes it in the sleep */
    bool slept;           /* by bynk_sleep_any(): see bynk_slept() */
    byni_waiter *written; /* while it sleeps */
} bynk_waitable;

/* As byni_rest_begin(), in each of them. */
void byni_rest_begin_any(bynk_waitable *what, size_t n, bynk_rest *rest);
void byni_rest_end_any(bynk_waitable *what, size_t n);

void bynk_mutex_describe(bynk_mutex *mutex, bynk_waitable *what);
void bynk_event_describe(bynk_event *event, bynk_waitable *what);
void bynk_semaphore_describe(bynk_semaphore *semaphore, bynk_waitable *what);
void bynk_process_describe(bynk_process *process, bynk_waitable *what);

/*
 * Sleep once, until one of up to BYN_WAIT_MAX may be had. BYN_OK: look again. BYN_E_TIMEDOUT,
 * BYN_E_CANCELED. If *taken becomes an index, the kernel has given that one to the caller, who gets BYN_OK
 * or BYN_ABANDONED.
 */
byn_status bynk_sleep_any(bynk_waitable *what, size_t n, bynk_rest *rest, size_t *taken);

/* The wait is over, of one that was slept on: a wake-up meant for who takes it is passed on by who did
 * not. `took`: it is the caller's now. */
void bynk_slept(bynk_waitable *what, bool took);

/* Of those with native_take only: take all in one step of the kernel, or none. */
byn_status bynk_take_all(bynk_waitable *what, size_t n, bynk_deadline deadline);

/*
 * Take the signal of an auto-reset event, or a permit, so that a death before it is settled gives it back:
 * to the next one who sets or releases, or to a waiter's heartbeat. BYN_OK, BYN_E_TIMEDOUT, a failure.
 */
byn_status bynk_event_claim(bynk_event *event);
void bynk_event_settle(bynk_event *event, bool keep);
byn_status bynk_semaphore_claim(bynk_semaphore *semaphore);
void bynk_semaphore_settle(bynk_semaphore *semaphore, bool keep);

/* ---- Process ------------------------------------------------------------------------------------- */

/* As byn_process_*() promise. exit is not NULL. The options are checked: each stream can lead there, and has
 * its file. */
byn_status bynk_process_start(bynk_process **process, const char *const *argv,
                              const byn_process_options *options);
void bynk_process_close(bynk_process *process);
uint32_t bynk_process_pid(const bynk_process *process);
byn_status bynk_process_wait(bynk_process *process, bynk_deadline deadline, byn_exit *exit);
byn_status bynk_process_terminate(bynk_process *process);
byn_status bynk_process_kill(bynk_process *process);
byn_status bynk_process_kill_tree(bynk_process *process);
/* Whether it has ended; takes no lock. */
bool bynk_process_has_ended(bynk_process *process);

/* A standard stream of a child: its number for the child. */
typedef enum bynk_stream { BYNK_INPUT, BYNK_OUTPUT, BYNK_ERROR, BYNK_STREAMS } bynk_stream;

/* Bytes that are to go through this process' end of a pipe. */
typedef struct bynk_transfer {
    bynk_stream stream;
    union {
        const void *from; /* of BYNK_INPUT */
        void *to;         /* of the others */
    };
    size_t size; /* at least 1 */
    size_t done;
    byn_status status; /* BYN_OK: done > 0; BYN_E_TIMEDOUT: nothing yet; BYN_E_CLOSED; a failure */
} bynk_transfer;

/*
 * Move bytes in one transfer at least, of up to one for each stream; fill done and status of all. BYN_OK:
 * one of them is no longer BYN_E_TIMEDOUT. BYN_E_TIMEDOUT, BYN_E_CANCELED: nothing was moved. The pipes are
 * open; nobody is killed by writing to who is dead; several threads may be in it.
 */
byn_status bynk_process_transfer(bynk_process *process, bynk_transfer *transfers, size_t n,
                                 bynk_deadline deadline);

/* Close this process' end of a pipe, once, while nobody is in a transfer with it. What is not closed so is closed
 * by bynk_process_close(). */
void bynk_process_close_stream(bynk_process *process, bynk_stream stream);

/* The name that the parent gave this process (option `name`), which is thereby taken out of the environment.
 * false: none. */
bool bynk_process_self_name(char name[BYN_NAME_MAX + 1]);

/* As byn_processors(). */
unsigned bynk_processors(void);

#endif
