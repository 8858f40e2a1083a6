/**
 * @file byname/process.h
 * Start a program, wait for it, end it. Nothing of the parent is copied and nothing leaks into the
 * child: no handle, no lock, no signal mask. It is told names, and opens what it needs.
 */
#ifndef BYNAME_PROCESS_H
#define BYNAME_PROCESS_H

#include <byname/options.h>

/** A started process; made by byn_process_start(). */
typedef struct byn_process byn_process;

/** Where a standard stream of the child leads. */
typedef enum byn_stdio {
    BYN_STDIO_INHERIT = 0, /**< to where the parent's leads */
    BYN_STDIO_NULL = 1     /**< to the null device */
} byn_stdio;

/** How to start a process. Make it with BYN_OPTIONS(). */
typedef struct byn_process_options {
    size_t struct_size;             /**< set by BYN_OPTIONS() */
    const char *directory;          /**< where it runs; NULL: where the parent is */
    const char *const *environment; /**< NULL-ended list: "NAME=value" sets, "NAME" removes */
    bool clear_environment;         /**< begin with an empty environment */
    byn_stdio standard_input;       /**< default: inherit */
    byn_stdio standard_output;      /**< default: inherit */
    byn_stdio standard_error;       /**< default: inherit */
    bool kill_with_parent; /**< it is killed when this process ends, however that happens */
    bool new_group;        /**< a process group of its own: the terminal's Ctrl-C passes it by */
} byn_process_options;

/** How a process ended. */
typedef struct byn_exit {
    bool known;     /**< false: it ended, but somebody else took the result away */
    int32_t code;   /**< what it returned from main; 128 + signal if a signal ended it */
    int32_t signal; /**< the signal that ended it; 0 if none did, and always 0 on Windows */
} byn_exit;

/** The exit code of a process that byn_process_terminate() or byn_process_kill() ended on Windows. */
#define BYN_EXIT_KILLED 137

/**
 * Start a program.
 *
 * @param[out] process  the handle, to be closed with byn_process_close(); written on success only.
 * @param argv          NULL-ended. argv[0] is the program: with a slash in it (on Windows also a
 *                      backslash) a path, which begins where the caller is and not in the child's
 *                      directory; else searched for in the PATH of the child's environment. The child
 *                      gets each argument as it stands, with its quotes, spaces and empty strings.
 * @param options       NULL for the defaults.
 * @return BYN_OK; BYN_E_NOTFOUND: no such program or directory; BYN_E_ACCESS: not allowed to run it;
 *         BYN_E_UNSUPPORTED: a batch file of Windows (start cmd.exe with it);
 *         BYN_E_INVALID; BYN_E_LIMIT: too many processes; BYN_E_NOMEM; BYN_E_OS: not a program, or
 *         the system refused. byn_last_error() names the step that failed.
 *
 * @lifetime   The child lives on when the handle is closed.
 * @threads    Any thread.
 * @crash      If the caller dies, the child lives on, unless kill_with_parent was asked.
 * @after_fork A handle belongs to the process that started the child.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_process_start(byn_process **process, const char *const *argv,
                                                    const byn_process_options *options);

/** Close the handle; the process goes on. NULL is ignored. @since 0.1 */
BYN_API void byn_process_close(byn_process *process);

/** Tell its number; 0 for NULL. @since 0.1 */
BYN_API uint32_t byn_process_pid(const byn_process *process);

/**
 * Tell whether it still runs. One that ended and was not yet waited for does not.
 *
 * @threads Any thread.
 * @since   0.1
 */
BYN_API bool byn_process_is_alive(byn_process *process);

/**
 * Wait until it ends, up to @p timeout. May be asked again and by several threads.
 *
 * @param process    the process.
 * @param timeout    milliseconds, BYN_NOW or BYN_FOREVER.
 * @param[out] exit  how it ended; NULL if you do not care.
 * @return BYN_OK; BYN_E_TIMEDOUT: it runs; BYN_E_INVALID; BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   Nothing is lost for others if the waiting process dies.
 * @since   0.1
 */
BYN_API byn_status byn_process_wait(byn_process *process, byn_timeout timeout, byn_exit *exit);

/**
 * Ask it to end: SIGTERM. Windows has no such request; there it is the same as byn_process_kill().
 *
 * @return BYN_OK, also if it has already ended; BYN_E_INVALID, BYN_E_ACCESS, BYN_E_OS.
 * @since  0.1
 */
BYN_API byn_status byn_process_terminate(byn_process *process);

/**
 * End it now. Other processes learn of it as of any death.
 *
 * @return BYN_OK, also if it has already ended; BYN_E_INVALID, BYN_E_ACCESS, BYN_E_OS.
 * @since  0.1
 */
BYN_API byn_status byn_process_kill(byn_process *process);

/**
 * End it and all processes that it has started, directly or not.
 *
 * On Windows a job object holds them all. On POSIX they are found by group, session, parents and a mark
 * in the environment; one that changed all of these (a daemon with an emptied environment) escapes.
 *
 * @return BYN_OK, also if all have already ended; BYN_E_INVALID, BYN_E_ACCESS, BYN_E_OS.
 * @since  0.1
 */
BYN_API byn_status byn_process_kill_tree(byn_process *process);

/**
 * Tell how many processors this process may use: those that the calling thread may run on, but no more
 * than the system gives it time for (on Linux a cgroup's quota, on Windows a job's), rounded up.
 *
 * @return 1 or more. It may change while the process runs.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API uint32_t byn_processors(void);

#endif
