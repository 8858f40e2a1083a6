/**
 * @file byname/status.h
 * What a call can answer, and the sentence that explains a failure.
 *
 * One rule for every call: a status >= 0 means that it happened, a status < 0 that it did not and
 * that nothing changed. Some successes carry news (BYN_CREATED, BYN_ABANDONED): they are positive, so
 * that `if (status < 0) return status;` never loses a lock that was taken.
 *
 * A call without a timeout does not wait for others either, but for one case: a process is stopped, by a
 * debugger or SIGSTOP, in the midst of a change of the same object. After 10 s it answers BYN_E_TIMEDOUT.
 */
#ifndef BYNAME_STATUS_H
#define BYNAME_STATUS_H

#include <byname/api.h>

/** Every status: name, number, meaning. The enum, byn_status_name() and byn_status_text() are made of it. */
#define BYN_STATUS_MAP(X)                                                                          \
    X(OK, 0, "success")                                                                            \
    X(CREATED, 1, "success: the name did not exist and this call created it")                      \
    X(ABANDONED, 2, "success: the caller holds it, and its last owner died holding it")            \
    X(SERIAL, 3, "success: the caller is the one of the group that is chosen to act")              \
    X(E_TIMEDOUT, -1, "the timeout passed first")                                                  \
    X(E_INVALID, -2, "an argument is invalid")                                                     \
    X(E_NAME, -3, "the name is empty, too long or not allowed")                                    \
    X(E_NOTFOUND, -4, "nothing has this name")                                                     \
    X(E_EXISTS, -5, "the name is in use")                                                          \
    X(E_MISMATCH, -6, "what is there is of another kind, size, option, layout or content")         \
    X(E_ACCESS, -7, "permission denied")                                                           \
    X(E_NOMEM, -8, "out of memory or of room for shared memory")                                   \
    X(E_LIMIT, -9, "a limit was reached")                                                          \
    X(E_NOTOWNER, -10, "the caller does not hold it")                                              \
    X(E_DEADLOCK, -11, "the caller already holds it and would wait for itself")                    \
    X(E_TOOBIG, -12, "the item does not fit")                                                      \
    X(E_PEERDIED, -13, "the process on the other side died")                                       \
    X(E_CLOSED, -14, "it was closed")                                                              \
    X(E_BROKEN, -15, "it was broken by a timeout, an abort or a death, and waits for its reset")   \
    X(E_CANCELED, -16, "it was canceled")                                                          \
    X(E_UNSUPPORTED, -17, "this system cannot do that")                                            \
    X(E_CORRUPT, -18, "the shared memory does not hold what it should")                            \
    X(E_OS, -19, "the system refused")

/** What a call answers. */
typedef enum byn_status {
#define BYN_STATUS_ENUM_(name, number, text) BYN_##name = (number),
    BYN_STATUS_MAP(BYN_STATUS_ENUM_)
#undef BYN_STATUS_ENUM_
} byn_status;

/**
 * Tell the name of a status, as it stands in the source: "BYN_E_TIMEDOUT".
 *
 * @return A constant string; "BYN_?" for a number that is no status.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API const char *byn_status_name(byn_status status);

/**
 * Tell the meaning of a status in a few words.
 *
 * @return A constant string.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API const char *byn_status_text(byn_status status);

/**
 * Tell the calling thread's last failure as one sentence: the operation, the object, the file or kernel
 * object, the system's own error, and what to do.
 *
 * Ask right after a call answered a status below 0; successes leave it as it was.
 *
 * @return A string that the thread's next failure overwrites; "" if nothing failed yet.
 * @threads Any thread; each has its own.
 * @since   0.1
 */
BYN_API const char *byn_last_error(void);

#endif
