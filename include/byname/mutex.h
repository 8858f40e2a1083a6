/**
 * @file byname/mutex.h
 * A lock with a name. Every process that opens the name gets the same lock.
 */
#ifndef BYNAME_MUTEX_H
#define BYNAME_MUTEX_H

#include <byname/options.h>

/** A mutex; made by byn_mutex_open(). */
typedef struct byn_mutex byn_mutex;

/** How to open a mutex. Make it with BYN_OPTIONS(). */
typedef struct byn_mutex_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;          /**< it outlives its users, see byname/options.h */
    bool recursive;     /**< the owner may lock again, and unlocks as often */
    /** A lock that waits looks for a circle of waits that it is part of, and then answers BYN_E_DEADLOCK. For all
     *  locks of this process at that name, from then on. */
    bool detect_deadlock;
} byn_mutex_options;

/** Who held a mutex. */
typedef struct byn_owner {
    uint32_t pid;     /**< process; 0: nobody, or it died before it could write its name down */
    uint32_t thread;  /**< the system's number of the thread */
    char program[48]; /**< file name of its program, perhaps cut */
} byn_owner;

/** What byn_mutex_owner() tells. */
typedef struct byn_mutex_info {
    size_t struct_size;   /**< set it to sizeof(byn_mutex_info) */
    bool held;            /**< somebody holds it, or died holding it and has no heir yet */
    bool owner_is_dead;   /**< the owner died; the next to lock it is told BYN_ABANDONED */
    uint32_t depth;       /**< how often the owner has locked it */
    byn_owner owner;      /**< the present owner, if held */
    byn_owner last_dead;  /**< the last owner that died holding it and was succeeded */
    uint64_t abandonings; /**< how often an owner was succeeded after its death */
} byn_mutex_info;

/**
 * Open the mutex called @p name.
 *
 * @param[out] mutex  the handle, to be closed with byn_mutex_close(); written on success only.
 * @param name        see byname/options.h; NULL makes a fresh name.
 * @param options     NULL for the defaults.
 * @return BYN_OK, BYN_CREATED; BYN_E_NAME, BYN_E_INVALID, BYN_E_EXISTS, BYN_E_NOTFOUND,
 *         BYN_E_MISMATCH (the name belongs to something else), BYN_E_ACCESS, BYN_E_NOMEM,
 *         BYN_E_LIMIT, BYN_E_CORRUPT, BYN_E_OS.
 *
 * @lifetime   The object lives while any process has it open.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_mutex_open(byn_mutex **mutex, const char *name,
                                                 const byn_mutex_options *options);

/**
 * Close the handle. NULL is ignored.
 *
 * A mutex that the calling thread still holds is given up: its next owner is told BYN_ABANDONED. One
 * that another thread of this process holds stays locked until that thread ends.
 *
 * @threads Any thread, once for each open; no other call may use the handle at that time.
 * @crash   Dying in it, or instead of it, has the same effect for the others as having done it.
 * @since   0.1
 */
BYN_API void byn_mutex_close(byn_mutex *mutex);

/**
 * Tell the full name, which is all that another process needs to open the same mutex.
 *
 * @return A string that lives as long as the handle; NULL for NULL.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API const char *byn_mutex_name(const byn_mutex *mutex);

/**
 * Lock it, waiting up to @p timeout. The calling thread becomes the owner.
 *
 * @return BYN_OK: the caller holds it;
 *         BYN_ABANDONED: the caller holds it, and the last owner died (or closed it) holding it, so
 *         that the data it guards may be half-changed: look, repair, go on. Told once;
 *         BYN_E_TIMEDOUT; BYN_E_DEADLOCK: the caller already holds it and it is not recursive; or, with
 *         `detect_deadlock`, it would wait for itself by way of others: byn_last_error() tells who holds what
 *         and waits for what. Of several that could answer so, the one that came last does;
 *         BYN_E_LIMIT: this thread holds 1,000 mutexes, or has locked this one 2^32-1 times;
 *         BYN_E_INVALID, BYN_E_CORRUPT, BYN_E_OS.
 *
 * @threads Any thread. Waiters are not served in order of arrival: who is running goes first.
 * @crash   When an owner dies, whether its thread or its process, a waiter gets BYN_ABANDONED at once.
 *          A waiter that dies is forgotten.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_mutex_lock(byn_mutex *mutex, byn_timeout timeout);

/**
 * Unlock it, or undo one lock of a recursive one.
 *
 * @return BYN_OK; BYN_E_NOTOWNER: the calling thread does not hold it; BYN_E_INVALID.
 *
 * @threads The owner.
 * @crash   A caller that dies in it has either unlocked it, or its next owner gets BYN_ABANDONED.
 * @since   0.1
 */
BYN_API byn_status byn_mutex_unlock(byn_mutex *mutex);

/**
 * Tell who holds it, and who died holding it last. A picture of one moment, for people and logs.
 *
 * @param mutex       the mutex.
 * @param[in,out] info  struct_size set by the caller, the rest filled.
 * @return BYN_OK; BYN_E_INVALID.
 *
 * @threads Any thread.
 * @crash   An owner that died between taking the lock and writing itself down is told with pid 0.
 * @since   0.1
 */
BYN_API byn_status byn_mutex_owner(byn_mutex *mutex, byn_mutex_info *info);

#endif
