/**
 * @file byname/guard.h
 * BYN_HOLDING: a block that holds a mutex and lets it go however it is left.
 */
#ifndef BYNAME_GUARD_H
#define BYNAME_GUARD_H

#include <byname/mutex.h>

/**
 * Run a block with @p mutex held, waiting for it up to @p timeout. The body runs only if the lock was
 * taken; @p status (a byn_status variable) tells: below 0 it was not. Leaving the body by its end, or
 * by return, break, continue or goto unlocks; so does a C++ exception. longjmp() and thread exit do not.
 *
 * @code
 * BYN_HOLDING(orders, 250, status) {
 *     if (status == BYN_ABANDONED) repair();
 *     work();
 * } BYN_HOLDING_END
 * @endcode
 */
#if defined(__cplusplus)

struct byn_holding_ {
    byn_mutex *mutex;
    ~byn_holding_()
    {
        if (mutex)
            (void)byn_mutex_unlock(mutex);
    }
};
#define BYN_HOLDING(mutex, timeout, status)                                                        \
    {                                                                                              \
        byn_holding_ BYN_UNIQUE_(byn_held_) = {byn_holding_begin_((mutex), (timeout), &(status))}; \
        if (BYN_UNIQUE_(byn_held_).mutex)
#define BYN_HOLDING_END }

#elif defined(_MSC_VER)

#define BYN_HOLDING(mutex, timeout, status)                                                        \
    {                                                                                              \
        byn_mutex *const byn_held_ = byn_holding_begin_((mutex), (timeout), &(status));            \
        if (byn_held_)                                                                             \
            __try
#define BYN_HOLDING_END                                                                            \
    __finally                                                                                      \
    {                                                                                              \
        (void)byn_mutex_unlock(byn_held_);                                                         \
    }                                                                                              \
    }

#else

#define BYN_HOLDING(mutex, timeout, status)                                                        \
    {                                                                                              \
        __attribute__((cleanup(byn_holding_end_))) byn_mutex *BYN_UNIQUE_(byn_held_) =             \
            byn_holding_begin_((mutex), (timeout), &(status));                                     \
        if (BYN_UNIQUE_(byn_held_))
#define BYN_HOLDING_END }

#endif

/* A name of its own for each line, so that nested blocks do not shadow each other. */
#define BYN_UNIQUE_(name) BYN_JOIN_(name, __LINE__)
#define BYN_JOIN_(a, b) BYN_JOIN2_(a, b)
#define BYN_JOIN2_(a, b) a##b

static inline byn_mutex *byn_holding_begin_(byn_mutex *mutex, byn_timeout timeout,
                                            byn_status *status)
{
    *status = byn_mutex_lock(mutex, timeout);
    return *status >= 0 ? mutex : NULL;
}

static inline void byn_holding_end_(byn_mutex **mutex)
{
    if (*mutex)
        (void)byn_mutex_unlock(*mutex);
}

#endif
