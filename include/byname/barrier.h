/**
 * @file byname/barrier.h
 * A place where a number of threads, of any processes, wait for each other and go on together.
 *
 * It is broken by a party that gives up or dies, so that nobody waits for who will not come; then all
 * get BYN_E_BROKEN until somebody resets it.
 */
#ifndef BYNAME_BARRIER_H
#define BYNAME_BARRIER_H

#include <byname/options.h>

/** A barrier; made by byn_barrier_open(). */
typedef struct byn_barrier byn_barrier;

/** How to open a barrier. Make it with BYN_OPTIONS(). */
typedef struct byn_barrier_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;          /**< it outlives its users, see byname/options.h */
    uint32_t parties;   /**< how many meet; the creator's decides, later 0 or the same */
    bool party;         /**< this process is one of the parties: its end breaks the barrier at any
                           time, until its last close of the barrier; without it only while it waits */
    void (*action)(void *context); /**< run by the last to arrive, before anybody goes on; the one
                                      of that process. NULL: none. Give it in each process. It may
                                      not wait for the same barrier, and has to return */
    void *action_context;          /**< handed to it */
} byn_barrier_options;

/**
 * Open the barrier called @p name. Parameters and results as byn_mutex_open(); BYN_E_INVALID also if it
 * does not exist and parties is 0, or if they are more than 8,000; BYN_E_LIMIT: 8,128 are registered or
 * wait. An open that registers a party or gives an action does so for the whole process.
 *
 * @lifetime   The object lives while any process has it open.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_barrier_open(byn_barrier **barrier, const char *name,
                                                   const byn_barrier_options *options);

/** Close the handle. NULL is ignored. @threads As byn_mutex_close(). @since 0.1 */
BYN_API void byn_barrier_close(byn_barrier *barrier);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_barrier_name(const byn_barrier *barrier);

/**
 * Wait until all parties have arrived.
 *
 * @param barrier     the barrier.
 * @param timeout     milliseconds, BYN_NOW or BYN_FOREVER.
 * @param[out] index  0 to parties - 1, each once in a round; NULL if you do not care. Written on
 *                    success only.
 * @return BYN_OK; BYN_SERIAL: the same, for one of them: the last to arrive;
 *         BYN_E_TIMEDOUT: the caller gave up, and so broke the barrier (unless it had found the round
 *         full, of others, and was waiting for the next one to begin);
 *         BYN_E_BROKEN: another gave up, died, aborted or reset the barrier; BYN_E_CANCELED: see
 *         byname/wait.h, and broken as by a timeout;
 *         BYN_E_DEADLOCK: called by the action; BYN_E_LIMIT: more than 8,000 wait; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread; each is one of the parties.
 * @crash   If one that waits dies, or runs the action, the others get BYN_E_BROKEN, at once where the
 *          system tells of it and within a second otherwise.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_barrier_wait(byn_barrier *barrier, byn_timeout timeout,
                                                   uint32_t *index);

/**
 * Break it: all who wait and who come later get BYN_E_BROKEN.
 *
 * @return BYN_OK; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 * @threads Any thread.
 * @crash   A caller that dies in it has broken it or not.
 * @since   0.1
 */
BYN_API byn_status byn_barrier_abort(byn_barrier *barrier);

/**
 * Make it whole again. Who waits gets BYN_E_BROKEN; dead parties are forgotten.
 *
 * @return BYN_OK; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 * @threads Any thread.
 * @crash   A caller that dies in it has reset it or not.
 * @since   0.1
 */
BYN_API byn_status byn_barrier_reset(byn_barrier *barrier);

/** Tell how many meet here; 0 for NULL. @threads Any thread. @since 0.1 */
BYN_API uint32_t byn_barrier_parties(const byn_barrier *barrier);

/** Tell how many wait at this moment; 0 for NULL. @threads Any thread. @since 0.1 */
BYN_API uint32_t byn_barrier_waiting(byn_barrier *barrier);

/** Tell whether it is broken, by a death too that nobody noticed yet; false for NULL. @threads Any thread. @since 0.1 */
BYN_API bool byn_barrier_is_broken(byn_barrier *barrier);

#endif
