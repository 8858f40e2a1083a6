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
    BYN_STDIO_NULL = 1,    /**< to the null device */
    BYN_STDIO_FILE = 2,    /**< to the file of its option; an output empties it, or makes it */
    BYN_STDIO_APPEND = 3, /**< an output: to the end of the file of its option, which it may make */
    BYN_STDIO_PIPE = 4,   /**< to this process: byn_process_read(), byn_process_write() */
    BYN_STDIO_MERGED = 5  /**< standard error: to where standard output leads */
} byn_stdio;

/** An output of the child that leads to this process. */
typedef enum byn_stream {
    BYN_STREAM_OUTPUT = 1, /**< standard output */
    BYN_STREAM_ERROR = 2   /**< standard error */
} byn_stream;

/** How to start a process. Make it with BYN_OPTIONS(). */
typedef struct byn_process_options {
    size_t struct_size;             /**< set by BYN_OPTIONS() */
    const char *directory;          /**< where it runs; NULL: where the parent is */
    const char *const *environment; /**< NULL-ended list: "NAME=value" sets, "NAME" removes */
    const char *name;          /**< for byn_process_name(), and the child's byn_process_self_name():
                                    1 to 255 bytes of UTF-8 without control characters. NULL: the
                                    program's file name */
    const char *input_file;    /**< of standard input, if that leads to a file */
    const char *output_file;   /**< of standard output, likewise */
    const char *error_file;    /**< of standard error, likewise */
    byn_stdio standard_input;  /**< default: inherit */
    byn_stdio standard_output; /**< default: inherit */
    byn_stdio standard_error;  /**< default: inherit */
    bool clear_environment;    /**< begin with an empty environment */
    bool kill_with_parent;     /**< it is killed when this process ends, however that happens */
    bool new_group; /**< a process group of its own: the terminal's Ctrl-C passes it by */
} byn_process_options;

/** How a process ended. */
typedef struct byn_exit {
    bool known;     /**< false: it ended, but somebody else took the result away */
    int32_t code;   /**< what it returned from main; 128 + signal if a signal ended it */
    int32_t signal; /**< the signal that ended it; 0 if none did, and always 0 on Windows */
} byn_exit;

/** What byn_process_communicate() has collected. */
typedef struct byn_process_output {
    const char *output; /**< of standard output; never NULL, and a 0 follows, but after
                           BYN_E_TOOBIG */
    size_t output_size;
    const char *error; /**< of standard error, likewise */
    size_t error_size;
    size_t
        input_sent; /**< bytes of the input that were written; fewer if the child did not want all */
    byn_exit exit;  /**< how it ended; not known before */
} byn_process_output;

/** What byn_process_children() tells of each. */
typedef struct byn_process_child {
    byn_process *process; /**< its handle, good while nobody closes it */
    const char *name;
    uint32_t pid;
} byn_process_child;

/**
 * Called once for each child; @p child and its name live during the call only.
 * @return true to go on, false to stop.
 */
typedef bool (*byn_process_visitor)(const byn_process_child *child, void *context);

/** The exit code of a process that byn_process_terminate() or byn_process_kill() ended on Windows. */
#define BYN_EXIT_KILLED 137

/**
 * Start a program.
 *
 * @param[out] process  the handle, to be closed with byn_process_close(); written on success only.
 * @param argv          NULL-ended. argv[0] is the program: with a slash in it (on Windows also a
 *                      backslash) a path, which begins where the caller is and not in the child's
 *                      directory; else searched for in the PATH of the child's environment. The child
 *                      gets each argument as it stands, with its quotes, spaces and empty strings;
 *                      on Windows cmd.exe does the text that is last, behind "/s" and "/c".
 * @param options       NULL for the defaults.
 * @return BYN_OK; BYN_E_NOTFOUND: no such program or directory; BYN_E_ACCESS: not allowed to run it;
 *         BYN_E_UNSUPPORTED: a batch file of Windows (start cmd.exe with it);
 *         BYN_E_INVALID; BYN_E_NAME; BYN_E_LIMIT: too many processes or open files; BYN_E_NOMEM;
 *         BYN_E_OS: not a program, or the system refused. byn_last_error() names the step that failed.
 *         A file of a standard stream that cannot be had is one of these too. Nothing was started then,
 *         and nothing is left open; a file for an output may have been made, or emptied.
 *
 * Files are opened by the caller, as its program's path is found: a relative one begins where the caller
 * is. Two streams that are to share a file share it with BYN_STDIO_MERGED; opened twice, each would
 * write over the other.
 *
 * @lifetime   The child lives on when the handle is closed.
 * @threads    Any thread that has 48 KiB of its stack left.
 * @crash      If the caller dies, the child lives on, unless kill_with_parent was asked.
 * @after_fork A handle belongs to the process that started the child.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_process_start(byn_process **process, const char *const *argv,
                                                    const byn_process_options *options);

/**
 * Close the handle; the process goes on. NULL is ignored.
 *
 * Pipes are closed with it: the child finds the end of its input, and what it writes from then on fails
 * (POSIX: SIGPIPE, which ends it unless it is prepared for that).
 *
 * @threads No other thread is in a call with the handle.
 * @since   0.1
 */
BYN_API void byn_process_close(byn_process *process);

/**
 * Tell the option `name`, or the program's file name; "" for NULL.
 *
 * @lifetime As long as the handle.
 * @since    0.1
 */
BYN_API const char *byn_process_name(const byn_process *process);

/**
 * Tell what the parent called this process when it started it; the program's file name if it did not,
 * or was no user of byname.
 *
 * The name comes by an environment variable, which is taken out when this is first asked and is never
 * passed on; a program that changes its environment while threads read it may ask before they begin.
 *
 * @return never NULL; lives as long as the process.
 * @threads    Any thread.
 * @after_fork The child has its parent's name.
 * @since      0.1
 */
BYN_API const char *byn_process_self_name(void);

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
 * @return BYN_OK; BYN_E_TIMEDOUT: it runs; BYN_E_CANCELED: see byname/wait.h; BYN_E_INVALID; BYN_E_OS.
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

/* ---- Standard streams that lead to this process ---- */

/**
 * Write to the child's standard input, which is a BYN_STDIO_PIPE, and wait up to @p timeout while the
 * child does not take it.
 *
 * @param process       the process.
 * @param data          any bytes.
 * @param size          how many.
 * @param[out] written  how many of them were written, whatever is returned; NULL if you do not care.
 * @param timeout       milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK: all of them; BYN_E_TIMEDOUT, BYN_E_CANCELED: as many as *written says; BYN_E_CLOSED:
 *         nobody reads any more, for the child closed its input or died, or the input was closed here;
 *         BYN_E_INVALID: the input is no pipe; BYN_E_OS.
 *
 * A child that has died never makes it wait, nor kills the caller (no SIGPIPE). Who inherited the
 * input from the child, and lives, still can read it.
 *
 * @threads Any thread. What several write at once is mixed.
 * @crash   If the caller dies in it, a part may have been written; the child then finds the end.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_process_write(byn_process *process, const void *data,
                                                    size_t size, size_t *written,
                                                    byn_timeout timeout);

/**
 * Close the child's standard input, which is a BYN_STDIO_PIPE: it reads what was written, then the end.
 *
 * @return BYN_OK, also if it was closed before; BYN_E_INVALID: the input is no pipe.
 * @threads Any thread. A write of another thread goes on to its end.
 * @since   0.1
 */
BYN_API byn_status byn_process_close_input(byn_process *process);

/**
 * Read what the child writes to an output, which is a BYN_STDIO_PIPE, and wait up to @p timeout while
 * there is nothing. It does not wait for the buffer to be full.
 *
 * @param process       the process.
 * @param stream        which output; BYN_STREAM_OUTPUT also has what standard error writes if that is
 *                      merged.
 * @param[out] buffer   where the bytes shall be.
 * @param[in,out] size  in: how many have room, at least 1; out: how many came, at least 1. Written on
 *                      success only.
 * @param timeout       milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK; BYN_E_TIMEDOUT, BYN_E_CANCELED: nothing was read; BYN_E_CLOSED: all was read, and no more
 *         will come: the child has closed it or has ended, and so have those that inherited it from the
 *         child; BYN_E_INVALID: this output is no pipe; BYN_E_OS.
 *
 * @threads Any thread; each byte is read by one.
 * @crash   If the caller dies in it, what the child writes from then on fails.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_process_read(byn_process *process, byn_stream stream,
                                                   void *buffer, size_t *size, byn_timeout timeout);

/**
 * Send the child its whole input, collect its outputs, and wait for its end, all at once, so that
 * neither waits for the other. Those streams that are pipes take part.
 *
 * After BYN_E_TIMEDOUT, BYN_E_CANCELED, BYN_E_TOOBIG or BYN_E_NOMEM it may be called again, with the same
 * input, and goes on where it was: nothing is lost, and *output holds what there is so far. Do not go on with
 * byn_process_read() instead: of an output above the limit one byte has been read already.
 *
 * @param process      the process.
 * @param input        all that it shall read; then its input is closed. A child that does not want all of
 *                     it is no failure. Must be empty if the input is no pipe.
 * @param input_size   how many bytes.
 * @param limit        how many bytes of each output are collected; 0: 64 MiB.
 * @param[out] output  what was collected and how it ended; filled after the failures named above too.
 *                     It lives until the next call, or until the handle is closed.
 * @param timeout      milliseconds, BYN_NOW or BYN_FOREVER.
 * @return BYN_OK: it has ended and all was collected; BYN_E_TIMEDOUT: it runs, or somebody who inherited an
 *         output from it does; BYN_E_CANCELED; BYN_E_TOOBIG: an output has more than `limit`
 *         bytes: call again with more, kill it, or close the handle; BYN_E_NOMEM;
 *         BYN_E_INVALID; BYN_E_OS.
 *
 * @threads Any thread, one at a time.
 * @crash   As byn_process_read() and byn_process_write().
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_process_communicate(byn_process *process, const void *input,
                                                          size_t input_size, size_t limit,
                                                          byn_process_output *output,
                                                          byn_timeout timeout);

/* ---- This process ---- */

/**
 * Visit the children of this process: those that byn_process_start() started, that run, and whose
 * handles are open.
 *
 * @param visitor  called for each, in the order of their starts, with what there was when the visit
 *                 began. It may start and close processes.
 * @param context  handed to it.
 * @return BYN_OK, also if there is none; BYN_E_INVALID; BYN_E_NOMEM.
 *
 * @threads    Any thread.
 * @after_fork The forked process has no children yet.
 * @since      0.1
 */
BYN_API byn_status byn_process_children(byn_process_visitor visitor, void *context);

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
