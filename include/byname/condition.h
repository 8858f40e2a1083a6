/**
 * @file byname/condition.h
 * Wait, with a mutex, until data that the mutex guards are as you want them.
 *
 *     BYN_HOLDING(mutex, BYN_FOREVER, s) {
 *         while (*queued == 0 && s >= 0)
 *             s = byn_condition_wait(some, mutex, BYN_FOREVER);
 *         if (s >= 0)
 *             take_one();
 *     }
 *     BYN_HOLDING_END
 */
#ifndef BYNAME_CONDITION_H
#define BYNAME_CONDITION_H

#include <byname/mutex.h>
#include <byname/options.h>

/** A condition; made by byn_condition_open(). */
typedef struct byn_condition byn_condition;

/** How to open a condition. Make it with BYN_OPTIONS(). */
typedef struct byn_condition_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;          /**< it outlives its users, see byname/options.h */
} byn_condition_options;

/** Whether the data are as the caller wants them; called with the mutex held. */
typedef bool (*byn_predicate)(void *context);

/**
 * Open the condition called @p name. Parameters and results as byn_mutex_open().
 *
 * @lifetime   The object lives while any process has it open.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_condition_open(byn_condition **condition, const char *name,
                                                     const byn_condition_options *options);

/** Close the handle. NULL is ignored. @threads As byn_mutex_close(). @since 0.1 */
BYN_API void byn_condition_close(byn_condition *condition);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_condition_name(const byn_condition *condition);

/**
 * Let the mutex go, wait to be notified, and hold the mutex again.
 *
 * All levels of a recursive mutex are let go and taken again. The mutex is held on return whatever the
 * result, unless it cannot be had any more (BYN_E_CORRUPT, BYN_E_OS). A return does not mean that the
 * data are as the caller wants them: somebody else may have been faster, and a wait may return without
 * a notification. So wait in a loop, or with byn_condition_wait_for().
 *
 * All who wait for one condition use one mutex: it belongs to the first that it was waited with, as long
 * as it lives.
 *
 * @param condition  the condition.
 * @param mutex      held by the calling thread.
 * @param timeout    milliseconds, BYN_NOW or BYN_FOREVER; for the notification, not for the mutex.
 * @return BYN_OK: look at the data;
 *         BYN_ABANDONED: the same, and the last owner of the mutex died holding it: repair first;
 *         BYN_E_TIMEDOUT; BYN_E_NOTOWNER: the caller does not hold the mutex; BYN_E_MISMATCH: the
 *         condition belongs to another mutex; BYN_E_CANCELED: see byname/wait.h; BYN_E_INVALID;
 *         BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads The owner of the mutex.
 * @crash   A waiter that dies is forgotten, and takes no notification along. If who holds the mutex dies
 *          before it could notify, all waiters return within a second: one with BYN_ABANDONED. So notify
 *          with the mutex held: a death between unlocking and notifying leaves them to the next
 *          notification (byn_condition_wait_for() finds the change within a second all the same).
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_condition_wait(byn_condition *condition, byn_mutex *mutex,
                                                     byn_timeout timeout);

/**
 * Wait until @p predicate answers true, with one timeout for all.
 *
 * @param condition  the condition.
 * @param mutex      held by the calling thread; held again on return, as byn_condition_wait().
 * @param predicate  asked before the first wait, after each, and about once a second meanwhile; not NULL.
 * @param context    handed to it.
 * @param timeout    milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK: the predicate is true;
 *         BYN_ABANDONED: the last owner of the mutex died holding it; the predicate was not asked:
 *         repair, and wait again;
 *         BYN_E_TIMEDOUT: it is not true, and was asked after the timeout had passed; others as
 *         byn_condition_wait().
 *
 * @threads The owner of the mutex.
 * @crash   As byn_condition_wait().
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_condition_wait_for(byn_condition *condition, byn_mutex *mutex,
                                                         byn_predicate predicate, void *context,
                                                         byn_timeout timeout);

/**
 * Wake at least @p count of those who wait, or all if there are fewer. More may wake: see
 * byn_condition_wait(). Change the data with the mutex held, then notify; best before it is unlocked.
 *
 * @param condition  the condition.
 * @param count      1 or more.
 * @return BYN_OK, also if nobody waits; BYN_E_INVALID, BYN_E_CORRUPT, BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   A caller that dies in it has woken nobody, or all it should have; on Windows some may notice a
 *          second late.
 * @since   0.1
 */
BYN_API byn_status byn_condition_notify(byn_condition *condition, uint32_t count);

/** Wake all who wait; as byn_condition_notify(). @since 0.1 */
BYN_API byn_status byn_condition_notify_all(byn_condition *condition);

#endif
