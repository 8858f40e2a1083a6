/**
 * @file byname/who.h
 * Who holds what, who waits for what, and who waits for whom. To look costs nobody anything but who looks.
 */
#ifndef BYNAME_WHO_H
#define BYNAME_WHO_H

#include <byname/options.h>

/** What somebody has to do with an object. */
typedef enum byn_role {
    BYN_ROLE_HOLDS =
        0, /**< of mutex, rwlock, semaphore with `undo`, once; the lock of value, array, dict, list */
    BYN_ROLE_WAITS =
        1, /**< of every kind: a thread sleeps until it gets it, or until something happens there */
    BYN_ROLE_UNTOLD =
        2, /**< nobody in particular: sleeps that could not be written down, for more threads wait
                             at once than there is room for; `count` says how many since the object was made */
    BYN_ROLE_OPEN = 3 /**< a process has it open; told by byn_openers_visit() only */
} byn_role;

/** Somebody who holds something or waits for it. */
typedef struct byn_party {
    byn_role role;
    const char *object;  /**< the full name of the object */
    const char *kind;    /**< "mutex", "event", ... */
    const char *as;      /**< "read" or "write" where that makes a difference; else "" */
    uint32_t pid;        /**< 0: it died before it could write its name down; or BYN_ROLE_UNTOLD */
    uint32_t thread;     /**< the system's number; 0: the process as a whole */
    const char *program; /**< file name of the program, perhaps cut; "" if not known */
    uint32_t count; /**< how often it holds it, or how many permits; of a wait or an opener 0 */
    uint64_t
        ms;    /**< for how long it waits. Of a holder: at least so long; 0: not known, since nobody
                              has had to wait for it */
    bool dead; /**< it has died meanwhile: what it holds goes to the next, told BYN_ABANDONED */
} byn_party;

/**
 * Called once for each; @p party and its strings live during the call only.
 * @return true to go on, false to stop.
 */
typedef bool (*byn_party_visitor)(const byn_party *party, void *context);

/**
 * Visit who holds or waits for an object, or for any.
 *
 * It is a picture that is out of date when it is told. A thread is told as waiting while it sleeps; one that
 * gets what it wants at once, or within some microseconds, is not.
 *
 * @param object   the name of one object; NULL: of all that the caller may see.
 * @param visitor  called for each, the holders of an object before those who wait for it.
 * @param context  handed to it.
 * @return BYN_OK, also if there is nobody, or nothing of that name; BYN_E_INVALID, BYN_E_NAME, BYN_E_ACCESS,
 *         BYN_E_NOMEM, BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   A thread that dies waiting is told as waiting and dead until another needs its place; nobody is kept
 *          from anything by that.
 * @since   0.1
 */
BYN_API byn_status byn_parties_visit(const char *object, byn_party_visitor visitor, void *context);

/**
 * Visit the processes that have an object open, this one too.
 *
 * The system is asked, not the object: a process is told from when its open returns until it closes the object or
 * ends in whatever way. The keeper of a kept object is not told. A child that was forked and has not started a
 * program of its own has open what its parent has.
 *
 * All processes are looked at: it is for people who ask, not for a loop.
 *
 * @param object   its name.
 * @param visitor  called for each with role BYN_ROLE_OPEN, `object`, `pid` and `program`. Last, once at most, with
 *                 BYN_ROLE_UNTOLD: about `count` others, which the caller may not look at (of other users).
 * @param context  handed to it.
 * @return BYN_OK, also if nobody has it open, or there is nothing of that name; BYN_E_INVALID, BYN_E_NAME,
 *         BYN_E_ACCESS, BYN_E_NOMEM, BYN_E_UNSUPPORTED: the system does not tell; BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   Who is killed is not told any more: what counts is what the system knows.
 * @since   0.1
 */
BYN_API byn_status byn_openers_visit(const char *object, byn_party_visitor visitor, void *context);

/** Threads each of which waits for what the next one holds, and the last for what the first holds. */
typedef struct byn_circle {
    size_t count;           /**< at least 1: a process may wait for what itself holds */
    const byn_party *waits; /**< `count` of them, each of BYN_ROLE_WAITS */
    /** `count` pids: who holds what the one before (of the first: the last) waits for: the process that waits itself,
     *  or one that runs it as `byname run` does. */
    const uint32_t *holders;
    /** Nobody in it can go on. false: where a process holds permits, any thread of it may still give them back, and
     *  a process that runs another may not wait for its end; of `byname run` and its command it is known. */
    bool certain;
    const char *text; /**< the same as a sentence */
} byn_circle;

/**
 * Called once for each; @p circle lives during the call only.
 * @return true to go on, false to stop.
 */
typedef bool (*byn_circle_visitor)(const byn_circle *circle, void *context);

/**
 * Find circles of waits: threads that wait for one another and will do so until one of them gives up, lets
 * something go or is ended.
 *
 * All is looked at twice: what is told was so at one moment. A wait that ends by its timeout is in it too.
 *
 * @param visitor  called for each.
 * @param context  handed to it.
 * @return BYN_OK, also if there is none; BYN_E_INVALID, BYN_E_ACCESS, BYN_E_NOMEM, BYN_E_OS.
 *
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_circles_visit(byn_circle_visitor visitor, void *context);

/** What byn_pid_describe() tells. */
typedef struct byn_pid_info {
    size_t struct_size; /**< set it to sizeof(byn_pid_info) */
    bool alive;
    char program[48]; /**< file name of its program, perhaps cut; "" if not known */
    char command
        [1024]; /**< its command line, perhaps cut; "" if not known. Anything may stand in it */
} byn_pid_info;

/**
 * Tell what people call a process.
 *
 * @param pid           its number.
 * @param[in,out] info  struct_size set by the caller, the rest filled.
 * @return BYN_OK; BYN_E_NOTFOUND: there is none; BYN_E_INVALID.
 *
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_pid_describe(uint32_t pid, byn_pid_info *info);

#endif
