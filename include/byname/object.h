/**
 * @file byname/object.h
 * What is there: all objects that the caller may see, of every kind.
 */
#ifndef BYNAME_OBJECT_H
#define BYNAME_OBJECT_H

#include <byname/options.h>

/** In what state an object was found. */
typedef enum byn_object_state {
    BYN_OBJECT_IN_USE = 0,    /**< at least one process has it open */
    BYN_OBJECT_RECLAIMED = 1, /**< its users were all killed; it was removed while looking */
    BYN_OBJECT_FOREIGN = 2,   /**< not readable: another user's, another version's, or broken */
    BYN_OBJECT_KEPT = 3,      /**< nobody has it open; it is kept until byn_remove() */
} byn_object_state;

/** What is known of an object. */
typedef struct byn_object_info {
    const char *name; /**< the full name, or what is left of it if the object is not readable */
    const char *kind; /**< "mutex", "event", ...; "" if not readable */
    byn_object_state state; /**< as found */
    uint64_t size;          /**< bytes of shared memory */
    uint64_t age_ms;        /**< since its creation; 0 if not readable */
    uint32_t creator;       /**< pid of the process that created it; 0 if not readable */
    const char *place;      /**< the file or kernel object */
    bool kept;              /**< it stays when nobody has it open; false if not readable */
    bool machine;           /**< of the machine, for all its users; false: of this user */
    uint32_t
        layout; /**< version of what is in its memory, told of other versions' too; 0 if not known */
} byn_object_info;

/**
 * Called once for each object; @p info and its strings live during the call only.
 * @return true to go on, false to stop.
 */
typedef bool (*byn_object_visitor)(const byn_object_info *info, void *context);

/**
 * Visit the objects of the current user and of the machine, and reclaim what killed processes left.
 *
 * @param visitor  called for each, in no order. It may open and close objects.
 * @param context  handed to it.
 * @return BYN_OK, also if there is none; BYN_E_ACCESS, BYN_E_NOMEM, BYN_E_OS.
 *
 * @threads Any thread. What others open and close meanwhile may be visited or not.
 * @since   0.1
 */
BYN_API byn_status byn_objects_visit(byn_object_visitor visitor, void *context);

/**
 * The same, but nothing is reclaimed: what byn_objects_visit() would is told as BYN_OBJECT_RECLAIMED, and
 * stays.
 *
 * Parameters and results as byn_objects_visit().
 *
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_objects_look(byn_object_visitor visitor, void *context);

/**
 * Remove what @p name is kept as, or what is left of it: the object of processes that were all killed, or
 * a broken file.
 *
 * An object that is in use stays: it goes with its last user, or is kept as it was.
 *
 * @return BYN_OK: it is gone, the name is free; BYN_E_NOTFOUND: there was none; BYN_E_EXISTS: it is in use;
 *         BYN_E_NAME, BYN_E_ACCESS, BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   It is removed or it is not.
 * @since   0.1
 */
BYN_API byn_status byn_remove(const char *name);

/**
 * Be the keeper of this user's kept objects, on a system that needs one: Windows, where an object is gone
 * when nobody has it open. `byname keeper` does nothing but this, and the library starts it when an open
 * first asks for `keep`. So there is no need to call it, but for a program that brings no tool along and
 * names itself in BYNAME_TOOL.
 *
 * @param idle  milliseconds that it goes on while it keeps nothing; BYN_FOREVER.
 * @return BYN_OK: nothing was to be kept any more; BYN_E_EXISTS: there is a keeper; BYN_E_UNSUPPORTED: the
 *         system keeps objects by itself; BYN_E_INVALID, BYN_E_NOMEM, BYN_E_ACCESS, BYN_E_OS.
 *
 * @threads One thread of the process, which does nothing else meanwhile.
 * @crash   What it kept goes with its last user; who then opens such an object with `keep` starts another.
 * @since   0.1
 */
BYN_API byn_status byn_keeper_run(byn_timeout idle);

/**
 * Look for the keeper of this user's kept objects, without starting one.
 *
 * @param[out] pid    its process; 0: not known.
 * @param[out] keeps  how many objects it keeps.
 * @return BYN_OK; BYN_E_NOTFOUND: there is none; BYN_E_TIMEDOUT: it is there, but has not answered a letter of
 *         somebody for half a second, as one that is stopped; BYN_E_MISMATCH: it is of another version;
 *         BYN_E_UNSUPPORTED: the system keeps objects by itself; BYN_E_INVALID, BYN_E_ACCESS, BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   Nothing.
 * @since   0.1
 */
BYN_API byn_status byn_keeper_look(uint32_t *pid, uint32_t *keeps);

#endif
