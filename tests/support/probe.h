/*
 * What the tests of processes do to the system and ask of it; posix_probe.c, win32_probe.c.
 */
#ifndef BYNAME_TEST_PROBE_H
#define BYNAME_TEST_PROBE_H

#include <stdbool.h>

/** Whether a process runs. One that ended and was not waited for does not. */
bool probe_runs(long pid);

/** Whether the system still knows it: it runs, or nobody has waited for it. */
bool probe_is_known(long pid);

/** The calling process' number. */
long probe_pid(void);

/** Ends a process; for what a failed test leaves. */
void probe_kill(long pid);

/** Lets the calling process run on one processor only. False if that cannot be. */
bool probe_use_one_processor(void);

/** How many descriptors or handles the calling process has; always the same where nothing tells. */
long probe_open(void);

/** Makes a file one that may be executed. False where there is no such thing. */
bool probe_make_executable(const char *path);

/* The rest answers false or -1 where the system has no such thing. */

/**
 * Opens what children inherit unless prevented, and blocks, ignores and handles signals.
 */
bool probe_spoil(void);

/** 0: the calling process has no more open than its standard streams, and signals are as at login. */
int probe_spoiled(void);

/** 1: the calling process leads a process group. */
int probe_leads_group(void);

/** Runs a function in a process that has left its parent, and its session and group too if asked. */
bool probe_orphan(bool session, void (*function)(const char *argument), const char *argument);

/** Makes another program of the calling process, with an empty environment. */
bool probe_replace(const char *const *argv);

/** Lets the system throw away how children end. */
bool probe_ignore_children(void);

/** Waits for any child and takes its result away. */
bool probe_take_any_child(void);

/** Runs a function in a forked child; what it answers. */
int probe_in_fork(int (*function)(void));

/**
 * For a main thread: another one goes on with this, and the process ends when it returns, with what it answers. The
 * main thread leaves, without its process. Returns only where that cannot be done.
 */
void probe_leave_main_thread(int (*rest)(void *context), void *context);

/** Forks, and both go on: the parent when the child has ended. */
bool probe_fork_on(void);

/** Closes all that is open but the standard streams, whosever it is. */
bool probe_close_all(void);

#endif
