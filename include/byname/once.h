/**
 * @file byname/once.h
 * Something that has to be done once, by whoever comes first of all processes.
 */
#ifndef BYNAME_ONCE_H
#define BYNAME_ONCE_H

#include <byname/options.h>

/** A once; made by byn_once_open(). */
typedef struct byn_once byn_once;

/** How to open a once. Make it with BYN_OPTIONS(). */
typedef struct byn_once_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;          /**< it outlives its users, see byname/options.h */
} byn_once_options;

/**
 * Open the once called @p name. Parameters and results as byn_mutex_open().
 *
 * @lifetime   It remembers that it was done while any process has it open.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_once_open(byn_once **once, const char *name,
                                                const byn_once_options *options);

/** Close the handle. NULL is ignored. @threads As byn_mutex_close(). @since 0.1 */
BYN_API void byn_once_close(byn_once *once);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_once_name(const byn_once *once);

/**
 * See to it that @p function has been run to its end, by this call or another one of any process.
 *
 * @param once      the once.
 * @param function  run if nobody has; it may be run again after one that died in it, so it must be able
 *                  to begin anew. It may close the handle, and it has to return: longjmp() or an
 *                  exception out of it leaves it running until the thread ends. Not NULL.
 * @param context   handed to it.
 * @param timeout   milliseconds, BYN_NOW or BYN_FOREVER: how long to wait for another who runs it. The
 *                  caller's own run is not cut short.
 * @return BYN_OK: it has been run to its end, here or elsewhere;
 *         BYN_ABANDONED: the same; this call ran it, and one before had died in it;
 *         BYN_E_TIMEDOUT: another one is running it; BYN_E_DEADLOCK: called from within the function;
 *         BYN_E_CANCELED: see byname/wait.h; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   If the one that runs it dies, thread or process, one of those who wait runs it: at once where
 *          the system tells of the death, and within a second otherwise. One that is killed after the end
 *          of the function, and before that was noted, has it run once more.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_once_run(byn_once *once, void (*function)(void *context),
                                               void *context, byn_timeout timeout);

/** Tell whether it has been run to its end; false for NULL. @threads Any thread. @since 0.1 */
BYN_API bool byn_once_is_done(byn_once *once);

#endif
