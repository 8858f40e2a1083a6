/**
 * @file byname/event.h
 * A flag that processes wait for. Auto-reset: each set lets one waiter through. Manual-reset: a set
 * lets all through until it is reset.
 */
#ifndef BYNAME_EVENT_H
#define BYNAME_EVENT_H

#include <byname/options.h>

/** An event; made by byn_event_open(). */
typedef struct byn_event byn_event;

/** How to open an event. Make it with BYN_OPTIONS(). */
typedef struct byn_event_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;          /**< it outlives its users, see byname/options.h */
    bool manual_reset;  /**< stays set until byn_event_reset() */
    bool initially_set; /**< the creator's decides; a later opener's is ignored */
} byn_event_options;

/**
 * Open the event called @p name. Parameters and results as byn_mutex_open().
 *
 * @lifetime   The object lives while any process has it open.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_event_open(byn_event **event, const char *name,
                                                 const byn_event_options *options);

/** Close the handle. NULL is ignored. @threads As byn_mutex_close(). @since 0.1 */
BYN_API void byn_event_close(byn_event *event);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_event_name(const byn_event *event);

/**
 * Set it. Auto-reset: exactly one present or next waiter passes. Setting a set event changes nothing.
 *
 * @return BYN_OK; BYN_E_INVALID, BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   A caller that dies in it has either done nothing, or set it and woken who must wake.
 * @since   0.1
 */
BYN_API byn_status byn_event_set(byn_event *event);

/**
 * Clear it. Clearing a clear event changes nothing.
 *
 * @return BYN_OK; BYN_E_INVALID, BYN_E_OS.
 * @threads Any thread.
 * @crash   It is cleared or it is not.
 * @since   0.1
 */
BYN_API byn_status byn_event_reset(byn_event *event);

/**
 * Tell whether it is set, without waiting and without taking an auto-reset event's signal.
 *
 * @return true if it is set; false if not, or if @p event cannot be used.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API bool byn_event_is_set(byn_event *event);

/**
 * Wait until it is set, up to @p timeout. An auto-reset event is clear again when the wait returns.
 *
 * A manual-reset event that was set and reset again while the caller slept has let it through.
 *
 * @return BYN_OK; BYN_E_TIMEDOUT; BYN_E_INVALID, BYN_E_OS. There are no spurious returns.
 *
 * @threads Any thread; any number may wait.
 * @crash   A waiter that dies before it has returned does not take the signal along on POSIX. On
 *          Windows the kernel may have given the signal to the dying thread; it is then lost.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_event_wait(byn_event *event, byn_timeout timeout);

#endif
