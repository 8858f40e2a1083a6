/*
 * posix.h - what the files of this folder share. Private.
 */
#ifndef POSIX_H
#define POSIX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <pthread.h>
#include <time.h>

#include "error.h"
#include "kernel.h"

enum {
    NS_PER_S = 1000000000,
    NS_PER_MS = 1000000,
    HEARTBEAT_FIRST_MS = 50,
    HEARTBEAT_WATCH_MS = 250, /* while somebody's death is awaited that nothing else tells of */
    HEARTBEAT_LAST_MS = 1000
};

/* ---- posix_system.c ---- */

/* The one place that maps errno to a status. */
byn_status bynp_status(int error);

/* State a cause: "<format>: <the system's words> (errno n)"; answers bynp_status(error). */
byn_status bynp_fail(int error, const char *format, ...) BYNI_PRINTF(2, 3);

struct timespec bynp_timespec(uint64_t nanoseconds);

/* A descriptor that was just opened, with another number if it has a standard stream's: where the host has closed those,
 * what it prints would go there, and a child would inherit it. -1 and errno: it is closed. */
int bynp_above_standard(int fd);

/* ---- posix_processors.c ---- */

/* Processors that the calling thread may run on; at least 1. */
unsigned bynp_processors_allowed(void);

/* How many processors' time the groups of control give, which a file like /proc/self/cgroup names; 0: there
 * is no limit. */
unsigned bynp_processors_quota(const char *groups, const char *mount);

/* ---- posix_spin.c: how long to spin before a sleep ---- */

/* Processors that this process may run on, as last looked up. */
unsigned bynp_processors(void);

/* Pauses that take about so many nanoseconds. */
uint32_t bynp_pauses(uint32_t nanoseconds);

/* For locks: whether to spin now; and what came of it. */
bool bynp_lock_may_spin(bynp_lock_hint *hint);
void bynp_lock_won(bynp_lock_hint *hint);
void bynp_lock_slept(bynp_lock_hint *hint, uint64_t nanoseconds);

/* For waits: how many nanoseconds to spin now; what came of it; and how the sleep went. */
uint32_t bynp_wait_budget(bynp_wait_hint *hint);
void bynp_wait_spun(bynp_wait_hint *hint, uint32_t nanoseconds, bool won);
void bynp_wait_slept(bynp_wait_hint *hint, uint64_t nanoseconds, bool was_there);

/* Spin while (the spot's word & bits) is 0, if the hint says that it pays; the word as it then is. */
uint32_t bynp_spin_on(const bynk_spot *spot, uint32_t bits, bynp_wait_hint *hint);

/* Spin while the spot's number is `seen`, likewise; false: it still is. */
bool bynp_spin_while(const bynk_spot *spot, uint32_t seen, bynp_wait_hint *hint);

/* How long the next sleep may be, and that it has been. */
uint32_t bynp_beat_ms(bynk_rest *rest);
void bynp_beat_passed(bynk_rest *rest);

/* ---- posix_robust.c: the robust mutex, locked so that no killed waiter can make others sleep ---- */

/* By a thread: a death releases the last 2,048 only, and others use the list too. */
enum { BYNP_MOST_HELD = 1000 };

/* bynp_robust_try() and bynp_robust_unlock() are in kernel_types.h. */
void bynp_robust_initialise(pthread_mutex_t *lock);

/* What a pthread call that tried to lock said, other than 0. Counts a lock that was taken. */
byn_status bynp_robust_result(pthread_mutex_t *lock, int error);
byn_status bynp_robust_broken(void);

/* Once in a process, before any is locked. */
void bynp_robust_learn(void);

byn_status bynp_robust_lock(pthread_mutex_t *lock, bynp_lock_hint *hint, bynk_deadline deadline);

/* Around fork(), with the library's lock. */
void bynp_robust_before_fork(void);
void bynp_robust_in_child(void);

/* ---- posix_straight.c or posix_roundabout.c ---- */

/* Once in a process: whether bynp_straight_take() may do what the C library does. */
void bynp_straight_learn(void);

/* The head of the calling thread's list; NULL: the thread is to go the C library's way. */
bynp_head *bynp_straight_head(void);

/* ---- posix_clocklock.c, posix_wordlock.c or posix_naplock.c ---- */

/* Lock until a point in time on bynk_clock(); only part of a wait, see posix_robust.c. Does not ask how
 * many the thread holds. */
byn_status bynp_robust_lock_until(pthread_mutex_t *lock, uint64_t end);

/* ---- posix_futex.c or posix_napspot.c: sleeping on a spot ---- */

enum { BYNP_W_MASK = 3, BYNP_W_NONE = 0, BYNP_W_ONE = 1, BYNP_W_MANY = 2, BYNP_W_ALL = 3 };

/*
 * Announce a sleeper in the spot's word (whole: BYNP_W_ALL, a wake of some would not do for it) and sleep
 * while the word is exactly *seen; *seen becomes what it then is. BYN_OK: look again. BYN_E_TIMEDOUT.
 * BYN_E_CANCELED.
 */
byn_status bynp_sleep_on(bynk_segment *segment, bynk_spot *spot, uint32_t *seen, bool whole,
                         bynk_rest *rest, bynp_wait_hint *hint);

/* word += add, and wake up to `wake` sleepers: one step for them. The word as it was before (where
 * others change it meanwhile: as it was shortly before). */
uint32_t bynp_add_and_wake(bynk_spot *spot, uint32_t add, uint32_t wake);

/* word |= bits, likewise. */
void bynp_or_and_wake(bynk_spot *spot, uint32_t bits, uint32_t wake);

/* Wake one; changes nothing. */
void bynp_wake_one(bynk_spot *spot);

/* Of the next: the owner's number. 0: it is free, or its owner has died. */
#define BYNP_OWNER_MASK UINT32_C(0x3fffffff)

/* The word of a robust mutex that the kernel knows: its owner's number and who waits. NULL where the
 * place is not known, or nothing can sleep on a word. */
byni_a32 *bynp_robust_word(pthread_mutex_t *lock);

/* Announce a sleeper in a spot, as every sleep does; false: its word is no longer *seen. */
bool bynp_announce(bynk_spot *spot, uint32_t *seen, bool whole);

/* Wake who sleeps on a word that is no spot's. */
void bynp_wake_word(byni_a32 *word, uint32_t wake);

/* When a sleep that begins now ends at the latest; *last: that is the wait's own deadline. */
struct timespec bynp_sleep_end(bynk_rest *rest, uint64_t now, bool *last);

/* ---- posix_waitv.c or posix_napspot.c: sleeping on several words ---- */

/* As bynk_sleep_any(). false: this system cannot. */
bool bynp_sleep_together(bynk_waitable *what, size_t n, bynk_rest *rest, byn_status *status);

/* Whether one that is described may be had by now, or has changed. */
bool bynp_has_changed(const bynk_waitable *what);

/* ---- posix_claim.c: what is taken so that a death gives it back ---- */

/* The words of an event or a semaphore: where it stands, and what of the spot's word says that one is there. */
typedef struct bynp_claims {
    bynk_guard *guard;
    bynk_spot *spot;
    uint32_t there;
} bynp_claims;

enum { BYNP_UNIT = 4 }; /* one signal, or permit, in the word */

byn_status bynp_claim(const bynp_claims *claims);
void bynp_claim_settle(const bynp_claims *claims, bool keep);

/* Give back what a dead claimer had: with its guard, when that was inherited; or looking for it, when there is
 * nothing else to be had. true: there is something now. */
void bynp_claims_repair(const bynp_claims *claims);
bool bynp_claims_look(const bynp_claims *claims);

/* ---- posix_watch.c: deaths as words ---- */

typedef struct bynp_watch {
    struct bynp_watch *next;
    byni_a32 ended; /* becomes 1, and who sleeps on it is woken, when the process has ended */
    int pidfd;
    bynk_segment *segment;
    bynk_spot *spot; /* which then is rung too; NULL: none */
} bynp_watch;

/* false: it cannot be had. Else end it, from the same process, before the place is used for another. The spot and
 * its segment have been set. */
bool bynp_watch_descriptor(bynp_watch *watch, int pidfd);
bool bynp_watch_identity(bynp_watch *watch, const bynk_identity *who);
void bynp_watch_end(bynp_watch *watch);

/* In a forked child, before anything else. */
void bynp_watch_in_child(void);

/* ---- posix_thread.c ---- */

/* A thread of the library's own: detached, all signals blocked. errno. */
int bynp_thread_create(void *(*function)(void *), void *argument);

/* ---- posix_directory.c: where objects' files are ---- */

enum { BYNP_PLACE_SIZE = 512, BYNP_FILE_SIZE = 216 };

#define BYNP_FILE_PREFIX "byname."

/* The directory of a scope, found to be safe; -1 with status and cause. The caller closes it.
 * create: make it if it is not there; else BYN_E_NOTFOUND. */
int bynp_directory_open(bool machine, bool create, byn_status *status);

/* An object's file within its directory, and the whole path. */
void bynp_file_name(const byni_name *name, char file[BYNP_FILE_SIZE]);
byn_status bynp_place(bool machine, const char *file, char place[BYNP_PLACE_SIZE]);

/* Remember where a scope's directory is: it has been found to be safe. */
void bynp_place_learn(bool machine);

/* The whole path as it was learnt; false: it was not, or the environment is another now. Both with the
 * library's lock. */
bool bynp_place_known(const byni_name *name, char place[BYNP_PLACE_SIZE]);

/* ---- posix_attach.c: an object's file, and who has it open, as the kernel knows ---- */

typedef struct bynp_file {
    int fd;
    uint64_t size;
    bool gone; /* the name was removed meanwhile; it leads elsewhere or nowhere */
    char place[BYNP_PLACE_SIZE];
} bynp_file;

/* Open an object's file in its directory; BYN_CREATED if it was not there and `create`. */
byn_status bynp_file_open(int directory, const byni_name *name, bool create, bynp_file *file);
byn_status bynp_file_open_entry(int directory, bool machine, const char *entry, bynp_file *file);
void bynp_file_close(bynp_file *file);

/*
 * Open it where its directory is known to be, without looking at that again, nor at the file: for
 * bynp_file_check(). No cause is stated.
 */
bool bynp_file_open_known(const byni_name *name, bynp_file *file);

/* Whether it is nobody else's, no link, no device; the owner of a machine object has said who may write to it. Fills
 * size and gone. */
byn_status bynp_file_check(bynp_file *file, bool machine);

/* Take the gate, which one process at a time holds to open, initialise, close or remove; and look at the
 * file again. Bounded: BYN_E_TIMEDOUT with its cause. Closing the file lets it go as well. */
byn_status bynp_gate_lock(bynp_file *file, bynk_deadline deadline);
void bynp_gate_unlock(bynp_file *file);

/* Be the only user. false: somebody is attached. With the gate. */
bool bynp_attach_alone(bynp_file *file);
/* Be one of the users, from alone or from nothing; or none any more. */
byn_status bynp_attach_shared(bynp_file *file);
void bynp_detach(bynp_file *file);
/* Whether others are users at this moment, and not one alone. Needs no gate. */
bool bynp_attached_by_others(const bynp_file *file);

/* A copy of the object's header, checked; and file->size as it is now. BYN_E_CORRUPT, BYN_E_MISMATCH. */
byn_status bynp_file_header(bynp_file *file, byni_header *header);

/* Remove the file's name, if it still leads to the file. With the gate and alone. */
byn_status bynp_file_remove(bynp_file *file);

/* ---- posix_keep.c: objects that outlive their users ---- */

#define BYNP_BOOT_FILE "/proc/sys/kernel/random/boot_id"

/* Which run of the system this is; 0: nothing tells. */
uint64_t bynp_boot(void);

/* Whether a header (a copy, or mapped) says that its object is kept, in this run of the system. */
bool bynp_header_kept(const byni_header *header);

/* The same of a file. With the gate and alone: nobody can change it meanwhile. */
bool bynp_file_kept(const bynp_file *file);

/* ---- posix_visit.c ---- */

/* Reclaim what killed processes left in a directory; not all of it if there is much. */
void bynp_sweep(int directory, bool machine);

#endif
