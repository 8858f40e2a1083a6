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

/* No member may be called as a parameter of the macro is: it would be replaced by what the caller passes. */
struct byn_holding_ {
    byn_mutex *held_;
    ~byn_holding_()
    {
        if (held_)
            (void)byn_mutex_unlock(held_);
    }
};
#define BYN_HOLDING(mutex, timeout, status)                                                        \
    {                                                                                              \
        byn_holding_ BYN_UNIQUE_(byn_held_) = {byn_holding_begin_((mutex), (timeout), &(status))}; \
        if (BYN_UNIQUE_(byn_held_).held_)
#define BYN_HOLDING_END }

#elif defined(_MSC_VER)

/* Nested blocks have the same name inside, and must: the end has to find it. Clang minds __try as well. */
#if defined(__clang__)
#define BYN_QUIET_                                                                                 \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wshadow\"")              \
        _Pragma("clang diagnostic ignored \"-Wlanguage-extension-token\"")
#define BYN_LOUD_ _Pragma("clang diagnostic pop")
#define BYN_TRY_ BYN_QUIET_ __try BYN_LOUD_
#define BYN_FINALLY_ BYN_QUIET_ __finally BYN_LOUD_
#else
#define BYN_QUIET_ __pragma(warning(push)) __pragma(warning(disable : 4456))
#define BYN_LOUD_ __pragma(warning(pop))
#define BYN_TRY_ __try
#define BYN_FINALLY_ __finally
#endif

#define BYN_HOLDING(mutex, timeout, status)                                                        \
    {                                                                                              \
        BYN_QUIET_ byn_mutex *const byn_held_ = byn_holding_begin_((mutex), (timeout), &(status)); \
        BYN_LOUD_ if (byn_held_) BYN_TRY_
#define BYN_HOLDING_END                                                                            \
    BYN_FINALLY_                                                                                   \
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
