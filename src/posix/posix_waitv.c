/*
 * Sleeping on several words at once, on Linux since 5.16. Deaths are words too, see posix_watch.c.
 *
 * A spot is announced as for any sleep on it. In a mutex' word, which is glibc's or musl's, FUTEX_WAITERS is
 * set as long as it has an owner, as their own sleepers do: so its unlock, or the owner's death, wakes.
 */
#include "posix.h"
#include "posix_process.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <byname/wait.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

enum {
    MOST_WORDS = 128, /* of the system */
    MOST_WATCHES = MOST_WORDS - BYN_WAIT_MAX,
    WORD_OF_32_BITS = 2
};

/* The system's structure. */
typedef struct sleep_word {
    uint64_t value, address;
    uint32_t flags, reserved;
} sleep_word;

/* Where a thread lies down. */
typedef struct bed {
    sleep_word words[MOST_WORDS];
    unsigned word_count;
    bynp_watch watches[MOST_WATCHES];
    unsigned watch_count;
    bool changed; /* something has, already: not to be slept in */
} bed;

static void add_word(bed *b, byni_a32 *word, uint32_t seen)
{
    sleep_word *next = &b->words[b->word_count++];

    next->value = seen;
    next->address = (uint64_t)(uintptr_t)word;
    next->flags = WORD_OF_32_BITS;
    next->reserved = 0;
}

static void add_spot(bed *b, bynk_waitable *what)
{
    uint32_t seen = byni_load32(&what->spot->word);

    /* Another sleeper may have announced itself in between: that is no change. */
    while (seen >> 2 == what->number) {
        if (bynp_announce(what->spot, &seen, false)) {
            add_word(b, &what->spot->word, seen);
            return;
        }
    }
    b->changed = true;
}

static void add_mutex(bed *b, bynk_waitable *what)
{
    byni_a32 *word = bynp_robust_word(what->native);
    uint32_t seen = byni_load32(word);

    while ((seen & BYNP_OWNER_MASK) != 0) {
        if ((seen & FUTEX_WAITERS) != 0 || byni_cas32(word, &seen, seen | FUTEX_WAITERS)) {
            add_word(b, word, seen | FUTEX_WAITERS);
            return;
        }
    }
    b->changed = true;
}

/* The next place for a watch, which rings nothing but its own word. */
static bynp_watch *next_watch(bed *b)
{
    bynp_watch *next = &b->watches[b->watch_count];

    next->segment = NULL;
    next->spot = NULL;
    return next;
}

/* Without a watch it is seen at a heartbeat. */
static void add_watch(bed *b, bool begun)
{
    bynp_watch *watch = &b->watches[b->watch_count];

    if (!begun)
        return;
    b->watch_count++;
    add_word(b, &watch->ended, 0);
}

static void add_watched(bed *b, const bynk_waitable *what)
{
    unsigned i;

    for (i = 0; i < what->watched_count && b->watch_count < MOST_WATCHES; i++)
        add_watch(b, bynp_watch_identity(next_watch(b), &what->watched[i]));
}

/* false: of a mutex of this libc nobody knows the word. */
static bool add(bed *b, bynk_waitable *what, bool watches)
{
    if (what->spot != NULL) {
        add_spot(b, what);
    } else if (what->is_process) {
        if (b->watch_count < MOST_WATCHES)
            add_watch(b, bynp_watch_descriptor(next_watch(b), bynp_process_pidfd(what->native)));
    } else if (what->native != NULL) {
        if (bynp_robust_word(what->native) == NULL)
            return false;
        add_mutex(b, what);
    }
    if (watches)
        add_watched(b, what);
    what->slept = true;
    return true;
}

static void make_bed(bed *b)
{
    b->word_count = b->watch_count = 0;
    b->changed = false;
}

static void leave_bed(bed *b)
{
    while (b->watch_count > 0)
        bynp_watch_end(&b->watches[--b->watch_count]);
}

/* errno of the sleep, 0 if something woke it. */
static int lie_down(bed *b, const struct timespec *until)
{
    long result = syscall(SYS_futex_waitv, b->words, b->word_count, 0, until, CLOCK_MONOTONIC);

    return result < 0 ? errno : 0;
}

static byn_status sleep_in(bed *b, bynk_rest *rest, bool *can)
{
    bool last;
    struct timespec until = bynp_sleep_end(rest, bynk_clock(), &last);
    int error = b->word_count > 0 ? lie_down(b, &until) : ENOSYS;

    *can = error != ENOSYS && error != EPERM && error != EINVAL;
    if (error == ETIMEDOUT && last)
        return BYN_E_TIMEDOUT;
    if (error == ETIMEDOUT)
        bynp_beat_passed(rest);
    if ((error == ETIMEDOUT || error == EINTR) && byni_interrupted())
        return BYN_E_CANCELED;
    return BYN_OK;
}

bool bynp_sleep_together(bynk_waitable *what, size_t n, bynk_rest *rest, byn_status *status)
{
    bool can = true, watches = rest->beat_ms > HEARTBEAT_FIRST_MS;
    size_t i;
    bed b;

    make_bed(&b);
    for (i = 0; i < n && !b.changed && can; i++)
        can = add(&b, &what[i], watches);
    *status = BYN_OK;
    if (can && !b.changed)
        *status = sleep_in(&b, rest, &can);
    leave_bed(&b);
    return can;
}

/* ---- Afterwards ---------------------------------------------------------------------------------- */

/* A wake of one may have come to this thread, which took something else: another's turn. */
static void pass_on(bynk_waitable *what)
{
    byni_a32 *word;

    if (what->spot != NULL) {
        if (bynk_spot_number(what->spot) != what->number)
            bynp_wake_one(what->spot);
        return;
    }
    word = bynp_robust_word(what->native);
    if (word != NULL && (byni_load32(word) & BYNP_OWNER_MASK) == 0)
        bynp_wake_word(word, 1);
}

/* Its own attempt took the mutex without the mark of those who still sleep: let its unlock wake one. */
static void leave_mark(bynk_waitable *what)
{
    byni_a32 *word = what->spot == NULL ? bynp_robust_word(what->native) : NULL;

    if (word != NULL)
        (void)byni_or32(word, FUTEX_WAITERS);
}

void bynk_slept(bynk_waitable *what, bool took)
{
    if (what->is_process || (what->spot == NULL && what->native == NULL))
        return;
    if (took)
        leave_mark(what);
    else
        pass_on(what);
}
