/**
 * @file byname/rwlock.h
 * A lock that many may share to read, or one may have alone to write.
 *
 * Writers go first: while one waits, readers that come later wait for it. As long as writers come without
 * end, readers may have to wait long.
 */
#ifndef BYNAME_RWLOCK_H
#define BYNAME_RWLOCK_H

#include <byname/options.h>

/** A reader-writer lock; made by byn_rwlock_open(). */
typedef struct byn_rwlock byn_rwlock;

/** How to open a reader-writer lock. Make it with BYN_OPTIONS(). */
typedef struct byn_rwlock_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;          /**< it outlives its users, see byname/options.h */
} byn_rwlock_options;

/** What byn_rwlock_holders() tells. */
typedef struct byn_rwlock_info {
    size_t struct_size;       /**< set it to sizeof(byn_rwlock_info) */
    bool written;             /**< a writer has it */
    bool abandoned;           /**< a writer died in it, and no writer has had it since */
    uint32_t readers;         /**< how many threads share it */
    uint32_t waiting_writers; /**< how many threads wait to write */
    uint32_t writer_pid;      /**< process of the writer, if written */
    uint32_t writer_thread;   /**< its thread, as the system numbers it */
} byn_rwlock_info;

/**
 * Open the reader-writer lock called @p name. Parameters and results as byn_mutex_open().
 *
 * @lifetime   The object lives while any process has it open.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_rwlock_open(byn_rwlock **rwlock, const char *name,
                                                  const byn_rwlock_options *options);

/**
 * Close the handle. NULL is ignored. What the calling thread still holds is given up: a share is
 * returned; after a writer the next holders are told BYN_ABANDONED. What another thread of this process
 * holds stays until that thread ends.
 *
 * @threads As byn_mutex_close().
 * @since   0.1
 */
BYN_API void byn_rwlock_close(byn_rwlock *rwlock);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_rwlock_name(const byn_rwlock *rwlock);

/**
 * Lock it to read, together with other readers. A thread that shares it already may share it once more,
 * and unlocks as often.
 *
 * @return BYN_OK; BYN_ABANDONED: the same, and a writer died (or closed it) holding it and no writer has
 *         had it and unlocked it since, so that what is read may be half-changed. Told to every reader;
 *         BYN_E_TIMEDOUT; BYN_E_DEADLOCK: the caller has it to write; BYN_E_CANCELED: see
 *         byname/wait.h; BYN_E_LIMIT: more than 8,000 threads; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread. A writer that waits goes before readers that come later, but for one that is
 *          stopped: after about a second it does not hold them up.
 * @crash   The share of a reader that dies, thread or process, is returned: who waits gets on at once
 *          where the system tells of it, and within a second otherwise.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_rwlock_lock_shared(byn_rwlock *rwlock, byn_timeout timeout);

/**
 * Lock it to write, alone.
 *
 * @return BYN_OK; BYN_ABANDONED: the same, and the last writer died (or closed it) holding it: look,
 *         repair, go on. When the caller unlocks it, all is well again;
 *         BYN_E_TIMEDOUT; BYN_E_DEADLOCK: the caller has it already, to write or to read;
 *         BYN_E_CANCELED; BYN_E_LIMIT; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   If a writer dies, thread or process, who waits gets on at once where the system tells of it,
 *          and within a second otherwise; all readers and the next writer are told BYN_ABANDONED.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_rwlock_lock(byn_rwlock *rwlock, byn_timeout timeout);

/**
 * Unlock what the calling thread holds: the writer's, or one share.
 *
 * @return BYN_OK; BYN_E_NOTOWNER: the calling thread holds nothing of it; BYN_E_LIMIT: it holds 1,000
 *         mutexes, see byn_mutex_lock(): unlock one of these first; BYN_E_INVALID; BYN_E_CORRUPT;
 *         BYN_E_OS.
 *
 * @threads The holder.
 * @crash   A caller that dies in it has unlocked it, or died holding it.
 * @since   0.1
 */
BYN_API byn_status byn_rwlock_unlock(byn_rwlock *rwlock);

/**
 * Tell who holds it. A picture of one moment, for people and logs. The dead are not in it.
 *
 * @param rwlock        the lock.
 * @param[in,out] info  struct_size set by the caller, the rest filled.
 * @return BYN_OK; BYN_E_TIMEDOUT: somebody has been stopped for a second in the midst of a change;
 *         BYN_E_LIMIT as byn_rwlock_unlock(); BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_rwlock_holders(byn_rwlock *rwlock, byn_rwlock_info *info);

#endif
