/*
 * Peers: named functions of the test program that run as another process, or as a thread with the
 * same code, so that ThreadSanitizer sees it. They talk with the case by lines of text: over stdin
 * and stdout, or over queues in the process; never over the objects under test.
 *
 *     static int locks_then_waits(peer_self *self, int argc, char **argv)
 *     {
 *         ...
 *         peer_say(self, "locked");
 *         peer_wait(self, "go");
 *         return 0;
 *     }
 *
 * peer_start and so on belong to the thread that runs the case. Peers that still run when the case
 * ends are killed (a thread: its queues are closed and it is joined).
 */
#ifndef BYNAME_TEST_PEER_H
#define BYNAME_TEST_PEER_H

#include "test.h"

typedef enum peer_kind { PEER_PROCESS, PEER_THREAD } peer_kind;

typedef struct peer peer;           /**< A peer, seen from the case; valid until the case ends. */
typedef struct peer_self peer_self; /**< The same, seen from inside. */

typedef int (*peer_function)(peer_self *self, int argc, char **argv);

struct step_operation;

struct peer_entry {
    const char *name;
    peer_function function;
    const struct step_operation *operation; /* STEP(), see step.h */
};

#define PEER(function_)                                                                            \
    {                                                                                              \
#function_, function_, NULL                                                                \
    }
#define PEER_END                                                                                   \
    {                                                                                              \
        NULL, NULL, NULL                                                                           \
    }

/* ---- Inside a peer. argv[0] is the first argument. */

/** Says one line. */
void peer_say(peer_self *self, const char *format, ...);

/**
 * Waits for a line of the case; another one than this fails the peer. False when the case has ended
 * or finishes the peer: no line will come, and the peer should end.
 */
bool peer_wait(peer_self *self, const char *line);

/**
 * The next line of the case, whatever it is; NULL when none will come. Valid until the next call.
 */
const char *peer_hear(peer_self *self);

/* ---- In the case. All but peer_pid wait at most test_patience(); being late ends the case. */

/** Starts a peer; the arguments are strings, the last is NULL. */
#define peer_start(kind_, ...) peer_start_at(__FILE__, __LINE__, (kind_), __VA_ARGS__)

/**
 * The same for a process that dies at a marked point of the library's testing build: at the n-th
 * pass of `point`, counted from 1. The child alone gets BYNAME_CRASH_POINT=point:n.
 */
#define peer_start_crashing(point_, n_, ...)                                                       \
    peer_start_crashing_at(__FILE__, __LINE__, (point_), (n_), __VA_ARGS__)

/** Waits for the peer's next line, which must be this one. */
#define peer_expect(peer_, line_) peer_expect_at(__FILE__, __LINE__, (peer_), (line_))

/** The peer's next line; NULL when it has ended. Valid until the next call for this peer. */
#define peer_line(peer_) peer_line_at(__FILE__, __LINE__, (peer_))

void peer_tell(peer *p, const char *line);

/** SIGKILL or TerminateProcess; returns when the process is gone. Processes only. */
#define peer_kill(peer_) peer_kill_at(__FILE__, __LINE__, (peer_))

/** Of several processes: none of them runs while another one goes. */
#define peer_kill_all(peers_, n_) peer_kill_all_at(__FILE__, __LINE__, (peers_), (n_))

/** Waits for the peer's end, which must be its own; a failed check inside it fails the case. */
#define peer_finish(peer_) peer_finish_at(__FILE__, __LINE__, (peer_))

/**
 * Waits for the end of a peer that is expected to die at a crash point: killed by SIGKILL, on
 * Windows exit code PEER_CRASHED. False if it ended otherwise: it never came to the point.
 */
#define peer_crashed(peer_) peer_crashed_at(__FILE__, __LINE__, (peer_))
#define PEER_CRASHED 137

/** SIGSTOP, SIGCONT, or the like. False where that does not exist, and for threads. */
bool peer_stop(peer *p);
bool peer_continue(peer *p);

/** The process it runs in. */
long peer_pid(const peer *p);

/* What the macros call. */
peer *peer_start_at(const char *file, int line, peer_kind kind, const char *name, ...);
peer *peer_start_crashing_at(const char *file, int line, const char *point, int n, const char *name,
                             ...);
void peer_expect_at(const char *file, int line, peer *p, const char *expected);
const char *peer_line_at(const char *file, int line, peer *p);
void peer_kill_at(const char *file, int line, peer *p);
void peer_kill_all_at(const char *file, int line, peer **peers, unsigned n);
int peer_finish_at(const char *file, int line, peer *p);
bool peer_crashed_at(const char *file, int line, peer *p);

#endif
