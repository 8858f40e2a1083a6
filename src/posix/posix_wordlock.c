/*
 * A robust mutex, waited for on its own word, where the C library waits by the wall clock only (musl):
 * somebody who sets that clock must not make a wait longer or shorter.
 *
 * The word is what the kernel and the library agree on: the owner's number, a bit that the owner died,
 * and the bit WAITERS, with which an unlock, and the kernel at a death, wake one. Taking the lock drops
 * WAITERS, so who has slept puts it back into the word that is now its own: its unlock wakes the next.
 * Who is killed between the two leaves the others to the end of their slices.
 */
#include "posix.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Never mark a free word: the library would take its next owner for the heir of a dead one. */
static bool mark(byni_a32 *word, uint32_t *seen)
{
    while ((*seen & FUTEX_TID_MASK) != 0) {
        if ((*seen & FUTEX_WAITERS) != 0)
            return true;
        if (byni_cas32(word, seen, *seen | FUTEX_WAITERS)) {
            *seen |= FUTEX_WAITERS;
            return true;
        }
    }
    return false;
}

static void sleep_on_word(byni_a32 *word, uint64_t end)
{
    const struct timespec until = bynp_timespec(end);
    uint32_t seen = byni_load32(word);

    if (mark(word, &seen))
        (void)syscall(SYS_futex, word, FUTEX_WAIT_BITSET, seen, &until, NULL,
                      FUTEX_BITSET_MATCH_ANY);
    else
        (void)sched_yield();
}

byn_status bynp_robust_lock_until(pthread_mutex_t *lock, uint64_t end)
{
    byni_a32 *word = bynp_robust_word(lock);
    byn_status status;
    bool slept = false;

    if (word == NULL)
        return byni_fail(BYN_E_UNSUPPORTED, "the robust mutex of this C library is not known");
    status = bynp_robust_take(lock);
    while (status == BYN_E_TIMEDOUT && bynk_clock() < end) {
        sleep_on_word(word, end);
        slept = true;
        status = bynp_robust_take(lock);
    }
    if (status >= 0 && slept)
        (void)byni_or32(word, FUTEX_WAITERS);
    return status;
}
