/*
 * A robust mutex, waited for in naps: where there is no other way on the monotonic clock (the wall clock's
 * may be set), and for ThreadSanitizer, which sees only trylock and lock in full: not every version
 * knows pthread_mutex_clocklock(), and none that a timed lock can tell of a death.
 */
#include "posix.h"

enum { NAP_FIRST_NS = 50000, NAP_LAST_NS = NS_PER_MS };

byn_status bynp_robust_lock_until(pthread_mutex_t *lock, uint64_t end)
{
    byn_status status = bynp_robust_take(lock);
    uint64_t nap = NAP_FIRST_NS;

    while (status == BYN_E_TIMEDOUT && bynk_clock() < end) {
        const struct timespec pause = bynp_timespec(nap);

        (void)nanosleep(&pause, NULL);
        status = bynp_robust_take(lock);
        if (nap < NAP_LAST_NS)
            nap *= 2;
    }
    return status;
}
