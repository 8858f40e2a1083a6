/**
 * @file byname/queue.h
 * A queue of messages. Any process or thread puts, any gets; each message is got by one of them.
 *
 * What one thread puts is got in that order. A message is any bytes, none too, up to the queue's largest.
 *
 *     byn_queue_put(queue, "job", 3, BYN_FOREVER);
 *
 *     char buffer[100];
 *     size_t size = sizeof buffer;
 *     byn_queue_get(queue, buffer, &size, BYN_FOREVER);     // size is 3 now
 *
 * In byn_wait_any() and byn_wait_all() a queue is there as soon as byn_queue_get() would not wait. They
 * take nothing out of it, for there is no place to put it: get it with BYN_NOW then, and be prepared that
 * another was quicker.
 */
#ifndef BYNAME_QUEUE_H
#define BYNAME_QUEUE_H

#include <byname/options.h>

/** A queue; made by byn_queue_open(). */
typedef struct byn_queue byn_queue;

/** Bytes: the most that a queue's capacity, and its largest message, may be set to. */
#define BYN_QUEUE_MAXIMUM (UINT64_C(1) << 30)

/**
 * How to open a queue. Make it with BYN_OPTIONS(). The creator's parameters decide; a later opener passes
 * the same or 0.
 *
 * Of the capacity a message takes its size, rounded up to a multiple of 8, and 8 bytes more, or 24 with
 * `acknowledge`. All of it is memory from the beginning.
 *
 * With `acknowledge` a message can be got on trial, see byn_queue_receive(): it comes back if who has it
 * dies, or closes the queue, before it has acknowledged it. So each message is handled at least once.
 */
typedef struct byn_queue_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;          /**< it outlives its users, see byname/options.h */
    bool acknowledge;   /**< messages can be got on trial; an opener's false: it does not care */
    uint64_t
        capacity;   /**< bytes; 0: room for 256 of the largest, at least 64 KiB and at most 16 MiB,
                             but for 8 of them in any case; and 1 MiB if that is not said either */
    uint64_t items; /**< so many messages at most; 0: as many as there is room for */
    uint64_t largest; /**< bytes of the largest message; 0: a quarter of the capacity */
} byn_queue_options;

/** What byn_queue_describe() tells. */
typedef struct byn_queue_info {
    size_t struct_size;  /**< set it to sizeof(byn_queue_info) */
    uint64_t capacity;   /**< the creator's, or what it became */
    uint64_t items;      /**< the same; 0: no limit */
    uint64_t largest;    /**< the same */
    uint64_t count;      /**< messages that can be got */
    uint64_t bytes;      /**< of the capacity that are taken */
    uint64_t unfinished; /**< messages that were put and not reported done */
    uint64_t received; /**< messages that somebody has on trial, with acknowledge, or else holds */
    bool acknowledge;  /**< whether messages can be got on trial */
    bool is_closed;    /**< whether it was shut down */
    uint64_t reserved; /**< places that are reserved, see byn_queue_reserve() */
} byn_queue_info;

/**
 * Open the queue called @p name. Parameters and results as byn_mutex_open(); BYN_E_INVALID also if the
 * capacity has no room for one of the largest messages; BYN_E_NOMEM or BYN_E_LIMIT if there is not so much
 * memory.
 *
 * @lifetime   The queue and its messages live while any process has it open; with `keep` longer.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_open(byn_queue **queue, const char *name,
                                                 const byn_queue_options *options);

/**
 * Close the handle. NULL is ignored. The last close in a process gives back what the process has on trial, or
 * holds, and abandons what it has reserved: nobody may be writing or reading there any more. To say that
 * nothing more will come is byn_queue_shutdown().
 *
 * @threads As byn_mutex_close().
 * @crash   Dying in it, or instead of it, has the same effect for the others as having done it.
 * @since   0.1
 */
BYN_API void byn_queue_close(byn_queue *queue);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_queue_name(const byn_queue *queue);

/**
 * Put a message at the end, waiting for room.
 *
 * @param queue    the queue.
 * @param data     the message; NULL if size is 0.
 * @param size     its bytes; may be 0.
 * @param timeout  milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK;
 *         BYN_E_TOOBIG: it is larger than the queue's largest, and never fits;
 *         BYN_E_CLOSED: the queue was shut down, also while this waited;
 *         BYN_E_TIMEDOUT, BYN_E_CANCELED (see byname/wait.h); BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread. Who waits for much room may be passed by those who need little.
 * @crash   A caller that dies in it has either put the message, whole, and woken who waits for it, or
 *          has not put it. On Windows who waits may be woken by the next who uses the queue, or within a
 *          second.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_put(byn_queue *queue, const void *data, size_t size,
                                                byn_timeout timeout);

/**
 * Put several messages, which is quicker than one by one. They follow one another in the queue, and no
 * message of others comes between those that found room together.
 *
 * @param queue          the queue.
 * @param data           the messages, one right behind the other.
 * @param sizes          the bytes of each.
 * @param[in,out] count  how many there are; then how many were put, from the first on.
 * @param timeout        milliseconds, BYN_NOW or BYN_FOREVER: for all of them.
 * @return BYN_OK: at least one was put; fewer than all if the time was over, the wait was interrupted or
 *         the queue was shut down in between;
 *         below 0 as byn_queue_put(), *count is 0. BYN_E_TOOBIG if that holds for any of them.
 *
 * @threads Any thread.
 * @crash   What finds room together is put in one step: all of it or nothing. Those that had to wait
 *          are a further step. What a caller that dies leaves in the queue are messages from the first on.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_put_many(byn_queue *queue, const void *data,
                                                     const size_t *sizes, size_t *count,
                                                     byn_timeout timeout);

/**
 * Get the first message, waiting for one.
 *
 * @param queue         the queue.
 * @param buffer        where to; NULL if *size is 0.
 * @param[in,out] size  bytes of the buffer; then of the message, with BYN_OK and BYN_E_TOOBIG.
 * @param timeout       milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK;
 *         BYN_E_TOOBIG: the buffer is too short. The message stays, and *size tells its size; another
 *         caller may get it meanwhile;
 *         BYN_E_CLOSED: the queue was shut down and is empty;
 *         BYN_E_TIMEDOUT, BYN_E_CANCELED; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread. Those who wait are not served in order of arrival.
 * @crash   A caller that dies in it has either taken the message, which is gone with it, or the message is
 *          still there for the next, in its place; a large one, from 8 KiB on, for who waits within a second.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_get(byn_queue *queue, void *buffer, size_t *size,
                                                byn_timeout timeout);

/**
 * Get several messages, as many as are there and have room, waiting for the first only.
 *
 * @param queue          the queue.
 * @param buffer         where to: one right behind the other.
 * @param[in,out] size   bytes of the buffer; then of all that was got together, or, with BYN_E_TOOBIG, of
 *                       the first message.
 * @param[out] sizes     the bytes of each.
 * @param[in,out] count  how many there are places for in `sizes`; then how many were got.
 * @param timeout        milliseconds, BYN_NOW or BYN_FOREVER.
 * @return As byn_queue_get(). Below 0 *count is 0.
 *
 * @threads Any thread.
 * @crash   They are taken in one step: all are gone with a caller that dies, or none.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_get_many(byn_queue *queue, void *buffer, size_t *size,
                                                     size_t *sizes, size_t *count,
                                                     byn_timeout timeout);

/**
 * Tell the size of the first message, waiting for one; it stays.
 *
 * @param queue      the queue.
 * @param[out] size  its bytes; written with BYN_OK only.
 * @param timeout    milliseconds, BYN_NOW or BYN_FOREVER.
 * @return As byn_queue_get(), but for BYN_E_TOOBIG.
 *
 * @threads Any thread. Another may get it right afterwards.
 * @crash   Changes nothing.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_peek(byn_queue *queue, size_t *size,
                                                 byn_timeout timeout);

/** As byn_queue_get(), but the message stays in the queue. @since 0.1 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_look(byn_queue *queue, void *buffer, size_t *size,
                                                 byn_timeout timeout);

/**
 * Tell how many messages can be got at this moment. What somebody has on trial, or holds, does not count.
 *
 * @return BYN_OK; BYN_E_TIMEDOUT: a process that was stopped in the middle of a call is in the way;
 *         BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_queue_count(byn_queue *queue, uint64_t *count);

/**
 * Report that one message that was got has been dealt with, for those in byn_queue_join(). Any thread
 * may, whoever got it.
 *
 * @return BYN_OK; BYN_E_INVALID: no message is unfinished; or the queue is one with acknowledge, where
 *         byn_queue_acknowledge() says so; BYN_E_TIMEDOUT, BYN_E_CORRUPT, BYN_E_OS as byn_queue_count().
 *
 * @threads Any thread.
 * @crash   A caller that dies in it has either reported it, and those who wait are woken, or has not.
 * @since   0.1
 */
BYN_API byn_status byn_queue_task_done(byn_queue *queue);

/**
 * Wait until all messages that were put have been reported done.
 *
 * @param queue    the queue.
 * @param timeout  milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK; BYN_E_TIMEDOUT, BYN_E_CANCELED; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   A message whose getter died before it reported stays unfinished, since nobody can know how far
 *          it came: somebody who knows reports in its place, or this waits on. With acknowledge such a
 *          message comes back, and this returns when another has acknowledged it.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_join(byn_queue *queue, byn_timeout timeout);

/**
 * Say that nothing more will come: from now on a put answers BYN_E_CLOSED, also one that waits. What is
 * there can still be got; then a get answers BYN_E_CLOSED. Shutting it down again changes nothing.
 *
 * With acknowledge a get waits until what others have on trial has been acknowledged or has come back. It waits
 * too for what others are copying in a get, which comes back if they die in it, and for what is held, also by
 * the caller. A place that was reserved before can be committed no more.
 *
 * @return BYN_OK; BYN_E_TIMEDOUT, BYN_E_INVALID, BYN_E_CORRUPT, BYN_E_OS as byn_queue_count().
 *
 * @threads Any thread.
 * @crash   A caller that dies in it has either shut it down or not; who waits notices within a second.
 * @since   0.1
 */
BYN_API byn_status byn_queue_shutdown(byn_queue *queue);

/** Whether it was shut down. false for a handle that is none. @since 0.1 */
BYN_API bool byn_queue_is_closed(byn_queue *queue);

/**
 * Get the first message on trial, waiting for one: it is out of the queue, but comes back if this process
 * dies, or closes the queue, before byn_queue_acknowledge().
 *
 * A message that comes back is again where it was: before all that were put later. Until it is acknowledged
 * it, and all that was put behind it, keeps its room.
 *
 * @param queue         one opened with acknowledge.
 * @param buffer        as byn_queue_get().
 * @param[in,out] size  as byn_queue_get().
 * @param[out] ticket   for byn_queue_acknowledge(); never 0. Written with BYN_OK and BYN_ABANDONED.
 * @param timeout       milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK; BYN_ABANDONED: the same, and somebody had the message before, who died, or closed the
 *         queue, or gave it back: it may have been dealt with in part;
 *         others as byn_queue_get(); BYN_E_INVALID also if the queue is one without acknowledge.
 *
 * @threads Any thread. It belongs to the process: the end of the thread gives nothing back.
 * @crash   The message of a process that died comes back: who waits for one gets it at once where the
 *          system tells of the death, and within a second otherwise; and who comes later finds it.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_receive(byn_queue *queue, void *buffer, size_t *size,
                                                    uint64_t *ticket, byn_timeout timeout);

/**
 * The message has been dealt with: it does not come back, and counts as done for byn_queue_join().
 *
 * @return BYN_OK; BYN_E_INVALID: this process has no message with that ticket; BYN_E_TIMEDOUT,
 *         BYN_E_CORRUPT, BYN_E_OS as byn_queue_count().
 * @threads Any thread of the process that received it.
 * @crash   A caller that dies in it has either acknowledged the message, or it comes back.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_acknowledge(byn_queue *queue, uint64_t ticket);

/** Let the message come back for others, or for the caller itself. As byn_queue_acknowledge(). @since 0.1 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_give_back(byn_queue *queue, uint64_t ticket);

/** The most places of one queue that are reserved at a time, and as many that are held, in all processes. */
#define BYN_QUEUE_PLACES 16

/**
 * A place in a queue, where a message is written, byn_queue_reserve(), or read, byn_queue_hold(), without a copy.
 * Its bytes are in one piece. `data` is aligned to 8, and valid until the place is ended by byn_queue_commit(),
 * byn_queue_release() or byn_queue_abandon(), or this process has closed the queue. These zero the structure.
 *
 *     byn_queue_place place;
 *     byn_queue_reserve(queue, 65536, &place, BYN_FOREVER);
 *     size_t used = render(place.data, place.size);
 *     byn_queue_commit(queue, &place, used);
 *
 *     byn_queue_hold(queue, &place, BYN_FOREVER);
 *     show(place.data, place.size);
 *     byn_queue_release(queue, &place);
 *
 * A place belongs to the process, not to the thread, and any thread of it may end it; each place only once. A
 * thread may have several. A forked child has none of them, and may not touch their bytes.
 *
 * In one of so many rounds a message lies across the end of the queue's memory. Then its place is a copy in this
 * process, and what was said holds for it too.
 */
typedef struct byn_queue_place {
    void *data;      /**< where the message is */
    size_t size;     /**< its bytes */
    uint64_t at;     /**< the library's */
    uint32_t number; /**< the same */
} byn_queue_place;

/**
 * Reserve a place for a message at the end of the queue, waiting for room. Write the message there, as slowly as it
 * comes, and then call byn_queue_commit(). What is there before is anything.
 *
 * Its turn is that of the reserve. Getters pass it until it is committed: nobody waits for it, and messages that
 * were put later may be got before. So what one thread puts is got in order if it commits one place before it
 * puts the next message. Until it is ended it keeps its room, and so does what is behind it: a queue in which
 * one place stays reserved is full after one round.
 *
 * @param queue       a queue without `acknowledge`.
 * @param size        the most bytes that the message will have; may be 0.
 * @param[out] place  the place; written with BYN_OK only.
 * @param timeout     milliseconds, BYN_NOW or BYN_FOREVER.
 * @return As byn_queue_put(). It waits also while ::BYN_QUEUE_PLACES are reserved, the caller's included.
 *         BYN_E_INVALID also of a queue with acknowledge; BYN_E_NOMEM: no memory for a copy, see
 *         byn_queue_place.
 *
 * @lifetime   Until it is ended, or the process has closed the queue, or dies.
 * @threads    Any thread.
 * @crash      The message of a process that dies before its byn_queue_commit() is not there, as if it had not
 *             been put. Who waits for room gets the place at once where the system tells of the death, and within
 *             a second otherwise.
 * @after_fork The place stays the parent's.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_reserve(byn_queue *queue, size_t size,
                                                    byn_queue_place *place, byn_timeout timeout);

/**
 * The message is written: it is in the queue now. What it does not take of the place comes back with it.
 *
 * @param queue          the queue.
 * @param[in,out] place  from byn_queue_reserve().
 * @param size           bytes of the message; at most place->size.
 * @return BYN_OK;
 *         BYN_E_CLOSED: the queue was shut down meanwhile; the place is to be abandoned;
 *         BYN_E_INVALID: the place is none that this process has reserved, or is smaller; BYN_E_TIMEDOUT,
 *         BYN_E_CORRUPT, BYN_E_OS as byn_queue_count(). Below 0 the place is still reserved.
 * @threads Any thread of the process.
 * @crash   A caller that dies in it has either put the message, whole, and woken who waits for it, or has not
 *          put it; as byn_queue_put().
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_commit(byn_queue *queue, byn_queue_place *place,
                                                   size_t size);

/**
 * Hold the first message, waiting for one: it is out of the queue, to be read where it lies, and gone when
 * byn_queue_release() is called. byn_queue_abandon() lets it come back, and so does the death of the process.
 *
 * A message that comes back is again where it was: before all that were put later and not yet got. Until it is
 * ended it keeps its room, and so does what is behind it. What is written into it is what the next gets if it comes
 * back.
 *
 * @param queue       a queue without `acknowledge`, where byn_queue_receive() is for that.
 * @param[out] place  the place; written with BYN_OK only.
 * @param timeout     milliseconds, BYN_NOW or BYN_FOREVER.
 * @return As byn_queue_get(), but for BYN_E_TOOBIG. It waits also while ::BYN_QUEUE_PLACES are held, the caller's
 *         included. BYN_E_INVALID also of a queue with acknowledge; BYN_E_NOMEM: no memory for a copy, see
 *         byn_queue_place; the message is still there.
 *
 * @lifetime   Until it is ended, or the process has closed the queue, or dies.
 * @threads    Any thread.
 * @crash      The message of a process that dies before its byn_queue_release() comes back: who waits for one gets
 *             it at once where the system tells of the death, and within a second otherwise. Who comes later
 *             finds it within a quarter of a second, and may have got messages behind it before.
 * @after_fork The place stays the parent's.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_hold(byn_queue *queue, byn_queue_place *place,
                                                 byn_timeout timeout);

/**
 * The message that is held has been read: it is gone, as if byn_queue_get() had got it.
 *
 * @return BYN_OK; BYN_E_INVALID: the place is none that this process holds; BYN_E_TIMEDOUT, BYN_E_CORRUPT,
 *         BYN_E_OS as byn_queue_count(). Below 0 it is still held.
 * @threads Any thread of the process.
 * @crash   A caller that dies in it has either got the message, which is gone with it, or it comes back.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_release(byn_queue *queue, byn_queue_place *place);

/**
 * End a place as if there had been none: nothing is put where it was reserved, and what is held comes back.
 *
 * @return As byn_queue_release().
 * @threads Any thread of the process.
 * @crash   A caller that dies in it leaves the same as one that had called it.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_queue_abandon(byn_queue *queue, byn_queue_place *place);

/**
 * Tell what it is and how it stands. A picture of one moment, for people and logs.
 *
 * @param queue         the queue.
 * @param[in,out] info  struct_size set by the caller, the rest filled.
 * @return BYN_OK; BYN_E_TIMEDOUT, BYN_E_INVALID, BYN_E_CORRUPT, BYN_E_OS as byn_queue_count().
 *
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_queue_describe(byn_queue *queue, byn_queue_info *info);

#endif
