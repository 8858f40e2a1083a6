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

/**
 * How to open a semaphore. Make it with BYN_OPTIONS().
 *
 * With `undo` it knows which process took how many permits: when one dies, or closes its last handle, what
 * it holds comes back, and who acquires it then is told BYN_ABANDONED. The end of a thread returns
 * nothing. There are never more than `maximum` permits, those that are held included. So one with
 * initial 1, maximum 1 and undo is a lock that any thread and process may release, and that survives
 * the death of who had it.
 */
typedef struct byn_semaphore_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;          /**< it outlives its users, see byname/options.h */
    uint32_t
        initial; /**< permits at the start; the creator's decides, a later opener's is ignored */
    uint32_t maximum; /**< no release may go above it; 0 is BYN_SEMAPHORE_MAXIMUM */
    bool undo;        /**< what a process holds when it dies, or closes it, comes back; an opener's
                           false means that it does not care */
} byn_semaphore_options;

/** What byn_semaphore_holders() tells. */
typedef struct byn_semaphore_info {
    size_t struct_size; /**< set it to sizeof(byn_semaphore_info) */
    uint32_t maximum;   /**< the creator's */
    uint32_t value;     /**< permits that are free */
    bool undo;          /**< whether it was created with undo; if not, the rest is 0 */
    uint32_t
        abandoned;    /**< free ones that a dead process held, of which nobody has been told yet */
    uint32_t held;    /**< permits that processes hold, the dead included until somebody waits */
    uint32_t holders; /**< how many processes hold some */
} byn_semaphore_info;

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

/**
 * Close the handle. NULL is ignored. With undo, the last close in a process brings back what the process
 * still holds, as its death would.
 *
 * @threads As byn_mutex_close().
 * @crash   Dying in it, or instead of it, has the same effect for the others as having done it.
 * @since   0.1
 */
BYN_API void byn_semaphore_close(byn_semaphore *semaphore);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_semaphore_name(const byn_semaphore *semaphore);

/**
 * Take @p count permits, all at once, waiting for them up to @p timeout.
 *
 * @param semaphore  the semaphore.
 * @param count      1 to the maximum.
 * @param timeout    milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK;
 *         BYN_ABANDONED: the same, and some of the permits (or all) had been held by a process that
 *         died, or closed the semaphore, holding them: look at what it left, repair, go on. Told as
 *         often as there are such permits. With undo only;
 *         BYN_E_TIMEDOUT, BYN_E_CANCELED (see byname/wait.h): nothing was taken; BYN_E_LIMIT: more than
 *         8,128 processes hold some, with undo; BYN_E_INVALID; BYN_E_NOMEM; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread. Waiters are not served in order of arrival, and one that wants few may pass one
 *          that wants many.
 * @crash   A waiter that dies has taken nothing. Permits that a dead process had taken do not return;
 *          with undo they come back: who waits gets them at once where the system tells of the death,
 *          and within a second otherwise, and who comes later finds them.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_semaphore_acquire(byn_semaphore *semaphore, uint32_t count,
                                                        byn_timeout timeout);

/**
 * Give @p count permits.
 *
 * With undo they are taken off what the caller's process holds. What it gives beyond that are new permits;
 * if these would be too many, together with all that are held, they are taken off what others hold.
 *
 * @param semaphore      the semaphore.
 * @param count          1 to the maximum.
 * @param[out] previous  how many there were before; NULL if you do not care. Written on success only.
 * @return BYN_OK; BYN_E_LIMIT: it would go above the maximum, nothing given; BYN_E_INVALID;
 *         BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread, whoever acquired.
 * @crash   A caller that dies in it has either given nothing, or all, and woken who must wake. On Windows,
 *          without undo, a death in between leaves those to the next release, or to a look within a
 *          second. What the caller still holds comes back with undo, and only that.
 * @since   0.1
 */
BYN_API byn_status byn_semaphore_release(byn_semaphore *semaphore, uint32_t count,
                                         uint32_t *previous);

/**
 * Tell how many permits there are at this moment. What a dead process held counts when somebody has found
 * too few: an acquire, also one that does not wait.
 *
 * @return BYN_OK; BYN_E_INVALID.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_semaphore_value(byn_semaphore *semaphore, uint32_t *value);

/**
 * Tell what it is, and with undo who holds it. A picture of one moment, for people and logs.
 *
 * @param semaphore     the semaphore.
 * @param[in,out] info  struct_size set by the caller, the rest filled.
 * @return BYN_OK; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_semaphore_holders(byn_semaphore *semaphore, byn_semaphore_info *info);

#endif
