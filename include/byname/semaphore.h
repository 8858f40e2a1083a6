/**
 * @file byname/semaphore.h
 * A count of permits. Who acquires takes some and waits while there are too few; anybody may release.
 */
#ifndef BYNAME_SEMAPHORE_H
#define BYNAME_SEMAPHORE_H

#include <byname/options.h>

/** A semaphore; made by byn_semaphore_open(). */
typedef struct byn_semaphore byn_semaphore;

/** The largest maximum of a semaphore, and the one it has if nothing is said. */
#define BYN_SEMAPHORE_MAXIMUM UINT32_C(0x3fffffff)

/** How to open a semaphore. Make it with BYN_OPTIONS(). */
typedef struct byn_semaphore_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    uint32_t
        initial; /**< permits at the start; the creator's decides, a later opener's is ignored */
    uint32_t maximum; /**< no release may go above it; 0 is BYN_SEMAPHORE_MAXIMUM */
    bool undo;        /**< what a process holds when it dies, or closes it, comes back */
} byn_semaphore_options;

/**
 * Open the semaphore called @p name. Parameters and results as byn_mutex_open(); BYN_E_INVALID also if
 * initial is above maximum, or maximum above BYN_SEMAPHORE_MAXIMUM.
 *
 * @lifetime   The object lives while any process has it open.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_semaphore_open(byn_semaphore **semaphore, const char *name,
                                                     const byn_semaphore_options *options);

/** Close the handle. NULL is ignored. @threads As byn_mutex_close(). @since 0.1 */
BYN_API void byn_semaphore_close(byn_semaphore *semaphore);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_semaphore_name(const byn_semaphore *semaphore);

/**
 * Take @p count permits, all at once, waiting for them up to @p timeout.
 *
 * @param semaphore  the semaphore.
 * @param count      1 to the maximum.
 * @param timeout    milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK; BYN_E_TIMEDOUT, nothing taken; BYN_E_INVALID; BYN_E_OS.
 *
 * @threads Any thread. Waiters are not served in order of arrival, and one that wants few may pass one
 *          that wants many.
 * @crash   A waiter that dies has taken nothing. Permits that a dead process had taken do not return.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_semaphore_acquire(byn_semaphore *semaphore, uint32_t count,
                                                        byn_timeout timeout);

/**
 * Give @p count permits.
 *
 * @param semaphore      the semaphore.
 * @param count          1 to the maximum.
 * @param[out] previous  how many there were before; NULL if you do not care. Written on success only.
 * @return BYN_OK; BYN_E_LIMIT: it would go above the maximum, nothing given; BYN_E_INVALID; BYN_E_OS.
 *
 * @threads Any thread, whoever acquired.
 * @crash   A caller that dies in it has either given nothing, or all, and woken who must wake. On Windows
 *          a death in between leaves those to the next release, or to a look within a second.
 * @since   0.1
 */
BYN_API byn_status byn_semaphore_release(byn_semaphore *semaphore, uint32_t count,
                                         uint32_t *previous);

/**
 * Tell how many permits there are at this moment.
 *
 * @return BYN_OK; BYN_E_INVALID.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_semaphore_value(byn_semaphore *semaphore, uint32_t *value);

#endif
