/**
 * @file byname/pipe.h
 * Two ends, and messages of bytes both ways: what one end sends the other receives, whole and in order.
 *
 * **An end belongs to the process that opened it**; all its threads may use it. A process may have both
 * ends, each a handle of its own.
 *
 * **The end of it.** When an end was closed, or its process has died, the other one still receives what
 * had been sent, and then gets BYN_E_CLOSED; what it sends is refused. That is for good: nobody takes the
 * place of who has left, so messages of two conversations never mix. When both ends are closed the name
 * begins anew, with an empty pipe. Who serves one peer after the other closes its end when it gets
 * BYN_E_CLOSED, and opens the name again.
 *
 * **The beginning.** While the other end has never been opened, messages may be sent until the pipe is
 * full, and who receives waits.
 */
#ifndef BYNAME_PIPE_H
#define BYNAME_PIPE_H

#include <byname/options.h>

/** An end of a pipe; made by byn_pipe_open(). */
typedef struct byn_pipe byn_pipe;

/** Which end. */
typedef enum byn_pipe_end {
    BYN_PIPE_EITHER =
        0, /**< to open: the one that nobody has opened yet, the first before the second */
    BYN_PIPE_FIRST = 1,
    BYN_PIPE_SECOND = 2,
    BYN_PIPE_NEITHER = 3 /**< only to look: for byn_pipe_holders() */
} byn_pipe_end;

/** How to open a pipe. Make it with BYN_OPTIONS(). */
typedef struct byn_pipe_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;        /**< it outlives its users, see byname/options.h: what was sent to an end that
                           nobody has opened yet is there when somebody does */
    byn_pipe_end end; /**< the caller's */
    uint64_t
        capacity; /**< bytes that wait, each way: each message's and 16 more for each, about; 0 is
                           64 KiB, or more if `largest` needs it */
    uint64_t largest; /**< bytes of the largest message; 0 is as many as the capacity lets in */
} byn_pipe_options;

/** How an end is. */
typedef enum byn_pipe_end_state {
    BYN_PIPE_NOT_OPENED = 0, /**< by nobody yet, in this conversation */
    BYN_PIPE_OPEN = 1,       /**< a living process has it */
    BYN_PIPE_CLOSED = 2,     /**< its process closed it */
    BYN_PIPE_DIED = 3        /**< its process died */
} byn_pipe_end_state;

/** One end, as byn_pipe_holders() tells. */
typedef struct byn_pipe_end_info {
    byn_pipe_end_state state;
    uint32_t pid;      /**< of the process that has it, or had it last; 0: nobody yet */
    uint64_t messages; /**< that wait to be received at this end */
    uint64_t bytes;    /**< that these take of the capacity */
} byn_pipe_end_info;

/** What byn_pipe_holders() tells. */
typedef struct byn_pipe_info {
    size_t struct_size; /**< set it to sizeof(byn_pipe_info) */
    uint64_t capacity;
    uint64_t largest;
    byn_pipe_end_info first;
    byn_pipe_end_info second;
} byn_pipe_info;

/**
 * Open an end of the pipe called @p name. Parameters and results as byn_mutex_open(); moreover
 * BYN_E_EXISTS: another process has that end, or, of BYN_PIPE_EITHER, both are taken;
 * BYN_E_CLOSED: the end was closed, or its process died, and the other one is still open: try again when
 * that is closed too; BYN_E_INVALID: largest does not fit the capacity.
 *
 * BYN_PIPE_EITHER is an end that nobody has, of the caller's process neither. An end that the process has
 * already is the same handle again, to be closed as often as it was opened.
 *
 * @lifetime   The object lives while any process has an end open.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates. A
 *             process that dies taking an end has taken it or not.
 * @after_fork The child opens its own; an end of its parent's is not its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_pipe_open(byn_pipe **pipe, const char *name,
                                                const byn_pipe_options *options);

/**
 * Close the handle. NULL is ignored. With the last close of an end by its process the other end receives
 * what has been sent, and then BYN_E_CLOSED. What it had sent to this end and was not received is lost.
 *
 * @threads As byn_mutex_close().
 * @crash   Dying in it, or instead of it, has the same effect for the others as having done it.
 * @since   0.1
 */
BYN_API void byn_pipe_close(byn_pipe *pipe);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_pipe_name(const byn_pipe *pipe);

/** Tell which end it is; BYN_PIPE_NEITHER for NULL. @threads Any thread. @since 0.1 */
BYN_API byn_pipe_end byn_pipe_which(const byn_pipe *pipe);

/**
 * Send a message to the other end, and wait up to @p timeout while the pipe is too full for it.
 *
 * @param pipe     an end.
 * @param data     the message's bytes; may be NULL if there are none.
 * @param size     how many; 0 is a message too.
 * @param timeout  milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK: it waits to be received, which may never come to pass: its reader may die;
 *         BYN_E_TIMEDOUT, BYN_E_CANCELED (see byname/wait.h): nothing was sent; BYN_E_TOOBIG: it is
 *         larger than `largest`; BYN_E_CLOSED: this end was shut down, or the other end was closed, or its process died: a death
 *         is found by who waits for room at once where the system tells of it and within a second
 *         otherwise, and by who need not wait not always; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread. Messages of several threads are not torn, and each one's are in order.
 * @crash   If the caller dies in it the message was sent, whole, or it was not.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_pipe_send(byn_pipe *pipe, const void *data, size_t size,
                                                byn_timeout timeout);

/**
 * Receive the next message, and wait up to @p timeout while there is none.
 *
 * @param pipe          an end.
 * @param[out] buffer   where the message shall be; may be NULL if there is no room.
 * @param[in,out] size  in: how many bytes have room; out: the size of the message, which BYN_E_TOOBIG
 *                      tells too. Otherwise it is written on success only.
 * @param timeout       milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK; BYN_E_TIMEDOUT, BYN_E_CANCELED: nothing was received; BYN_E_TOOBIG: it has more bytes
 *         than have room, and stays; BYN_E_CLOSED: there is no message, and none will come: the other end
 *         was shut down or closed, or its process died, which is found at once where the system tells of it and
 *         within a second otherwise; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread; each message is received by one.
 * @crash   If the caller dies in it, its end is over, and who had sent gets BYN_E_CLOSED.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_pipe_receive(byn_pipe *pipe, void *buffer, size_t *size,
                                                   byn_timeout timeout);

/**
 * Tell the size of the next message, and wait up to @p timeout while there is none. It is not received.
 *
 * @param[out] size  NULL if you do not care. Written on success only.
 * @return As byn_pipe_receive(), but for BYN_E_TOOBIG.
 *
 * @threads Any thread. Another one may receive it meanwhile.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_pipe_peek(byn_pipe *pipe, size_t *size, byn_timeout timeout);

/**
 * Wait up to @p timeout until byn_pipe_receive() would not have to: BYN_OK if there is a message;
 * BYN_E_CLOSED and the others as byn_pipe_peek().
 *
 * @threads Any thread.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_pipe_poll(byn_pipe *pipe, byn_timeout timeout);

/**
 * Send no more from this end, and say so: the other end receives what has been sent, and then
 * BYN_E_CLOSED. It may still send, and this end receives.
 *
 * @return BYN_OK, also if it was done before; BYN_E_TIMEDOUT: a process that was stopped is in the way, or is
 *         very slow; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread. Others of this end that wait for room get BYN_E_CLOSED.
 * @crash   If the caller dies in it, all of its end is over.
 * @since   0.1
 */
BYN_API byn_status byn_pipe_shutdown(byn_pipe *pipe);

/**
 * Tell what the pipe is, and who has its ends. A picture of one moment, for people and logs.
 *
 * @param pipe          an end, or none of them (BYN_PIPE_NEITHER).
 * @param[in,out] info  struct_size set by the caller, the rest filled.
 * @return BYN_OK; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_pipe_holders(byn_pipe *pipe, byn_pipe_info *info);

#endif
