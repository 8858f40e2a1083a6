/**
 * @file byname/wait.h
 * Wait for one of several objects, or for all of them; and let a wait be interrupted.
 *
 * The objects are handles of mutexes, events, semaphores, queues, pipes, processes and futures, in any mix. To be
 * able to cancel a wait, wait for an event besides:
 *
 *     void *objects[] = {jobs, stop};
 *     size_t which;
 *     byn_status s = byn_wait_any(objects, 2, BYN_FOREVER, &which);
 */
#ifndef BYNAME_WAIT_H
#define BYNAME_WAIT_H

#include <byname/options.h>

/** The largest number of objects in one wait. */
#define BYN_WAIT_MAX 64

/**
 * Wait until one of the objects can be had, and take that one and no other: lock a mutex, take the signal
 * of an auto-reset event, take one permit of a semaphore. Of a process or a future: until it has ended. Of a queue or
 * a pipe: until there is a message, or none will come; it is not taken, get it with BYN_NOW.
 *
 * If several can be had, the one that comes first in the list is taken.
 *
 * @param objects     handles; each once.
 * @param n           1 to BYN_WAIT_MAX.
 * @param timeout     milliseconds, BYN_NOW or BYN_FOREVER.
 * @param[out] index  of the object that was taken; NULL if you do not care. Written on success only.
 * @return BYN_OK; BYN_ABANDONED: the same, of a mutex whose last owner died holding it, or of permits
 *         that a dead process held;
 *         BYN_E_TIMEDOUT, BYN_E_CANCELED: nothing was taken; BYN_E_DEADLOCK: the caller already holds a
 *         mutex that is not recursive; BYN_E_INVALID: one is no handle that can be waited for, or is
 *         there twice; BYN_E_LIMIT; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   A caller that dies waiting has taken nothing, but for what each object's own wait says.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_wait_any(void *const *objects, size_t n, byn_timeout timeout,
                                               size_t *index);

/**
 * Wait until all the objects can be had at one moment, and take them all; until then take none.
 *
 * @param objects  handles; each once.
 * @param n        1 to BYN_WAIT_MAX.
 * @param timeout  milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK; BYN_ABANDONED: the same, and for at least one the last owner died holding it
 *         (byn_mutex_owner() tells of which); others as byn_wait_any().
 *
 * @threads Any thread. While it tries, others may find an object taken for an instant.
 * @crash   What a caller that dies in it had taken before it had all comes back: a mutex with
 *          BYN_ABANDONED, permits and signals to the next release, set or within a second.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_wait_all(void *const *objects, size_t n, byn_timeout timeout);

/** Whether the wait that the calling thread is in shall end. */
typedef bool (*byn_interruption)(void *context);

/**
 * Let the waits of the calling thread be interrupted.
 *
 * @p asked is called by a wait that has to sleep: when a signal handler of the program has run (POSIX;
 * a mutex's own wait notices within 50 ms), and every 50 ms. If it answers true the wait ends with
 * BYN_E_CANCELED and has taken nothing. It is called without any lock of the library, and may take time:
 * the binding of a language can run its own signal handlers there.
 *
 * @param asked    NULL: waits are not interrupted, as in the beginning.
 * @param context  handed to it.
 *
 * @threads For the calling thread only.
 * @since   0.1
 */
BYN_API void byn_wait_interruptible(byn_interruption asked, void *context);

#endif
