/*
 * A robust mutex, waited for on the monotonic clock, where the C library can do that by itself.
 */
#include "posix.h"

byn_status bynp_robust_lock_until(pthread_mutex_t *lock, uint64_t end)
{
    const struct timespec until = bynp_timespec(end);
    int error;

    if (!bynp_robust_sound(lock))
        return bynp_robust_broken();
    error = pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &until);
    if (error != 0)
        return bynp_robust_result(lock, error);
    bynp_this_thread.held++;
    return BYN_OK;
}
