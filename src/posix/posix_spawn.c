/*
 * Starting a program without fork, on Linux 5.4 and later.
 *
 * clone(CLONE_VM | CLONE_VFORK) makes a child that runs in this process' memory until it becomes the new
 * program; only the calling thread waits for that. Nothing is copied, so the cost does not grow with
 * this process. What the child does is a list of bare system calls, by syscall():
 *   - no function of the C library that takes a lock, allocates, or is wrapped by a sanitizer, for the
 *     child shares all their state with this process;
 *   - no handler of a signal may run in it: all signals are blocked around, and all have their default
 *     action before the child's mask opens;
 *   - a failure is noted in memory, with its step. No pipe is needed to tell it.
 *
 * If this process is killed meanwhile, the child goes on and starts the program, unless it was to end
 * with its parent: then the system kills it, or it sees that its parent is gone.
 */
#include "posix_process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/*
 * ThreadSanitizer, of which only the host may know, replaces clone() by one that takes every child for a
 * forked one. glibc has the same function under a second name.
 */
#if defined(__GLIBC__)
extern int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
#define CLONE __clone
#else
#define CLONE clone
#endif

enum {
    CHILD_STACK_SIZE =
        32 * 1024, /* on the caller's own; the child's frames take some hundred bytes */
    CHILD_FAILED = 127,
    CLOSE_ON_EXEC = 4, /* CLOSE_RANGE_CLOEXEC */
    FIRST_PRIVATE = 3  /* descriptors from here on are not for the child */
};

/* A set of signals as the kernel has it, with those in it that the C library keeps for itself. */
typedef struct signal_set {
    unsigned long bits[_NSIG / 8 / sizeof(unsigned long)];
} signal_set;

static BYNI_NO_SANITIZE void set_signal_mask(const signal_set *mask, signal_set *before)
{
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, before, sizeof *mask);
}

/* ---- In the child -------------------------------------------------------------------------------- */

static BYNI_NO_SANITIZE _Noreturn void give_up(bynp_start *start, bynp_step step)
{
    start->error = errno;
    start->step = step;
    for (;;)
        (void)syscall(SYS_exit_group, CHILD_FAILED);
}

static BYNI_NO_SANITIZE void reset_signals(void)
{
    /* The default action, no flags, nothing blocked: zero in the kernel's structure of any machine. */
    static const unsigned long defaults[16] = {0};
    int number;

    for (number = 1; number < _NSIG; number++)
        (void)syscall(SYS_rt_sigaction, number, defaults, NULL, sizeof(signal_set));
}

/* It is killed when the thread that started it ends; see posix_starter.c. */
static BYNI_NO_SANITIZE void end_with_parent(bynp_start *start)
{
    if (syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        give_up(start, BYNP_STEP_PARENT);
    if (syscall(SYS_getppid) != start->parent) { /* it died before, and sends no signal any more */
        errno = ESRCH;
        give_up(start, BYNP_STEP_PARENT);
    }
}

/* Also if the parent would close it in its children. */
static BYNI_NO_SANITIZE void inherit_stream(int stream)
{
    long flags = syscall(SYS_fcntl, stream, F_GETFD, 0L);

    if (flags > 0)
        (void)syscall(SYS_fcntl, stream, F_SETFD, flags & ~(long)FD_CLOEXEC);
}

static BYNI_NO_SANITIZE void lead_to_null(bynp_start *start, int stream)
{
    long file = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_NOCTTY, 0);

    if (file < 0)
        give_up(start, BYNP_STEP_NULL);
    if (file == stream)
        return;
    if (syscall(SYS_dup3, file, stream, 0) < 0)
        give_up(start, BYNP_STEP_STREAM);
    (void)syscall(SYS_close, file);
}

/* Standard output is in its place; if the parent has none, there is none to merge with. */
static BYNI_NO_SANITIZE void merge_stream(bynp_start *start, int stream)
{
    if (syscall(SYS_dup3, STDOUT_FILENO, stream, 0) >= 0)
        return;
    if (errno != EBADF)
        give_up(start, BYNP_STEP_STREAM);
    (void)syscall(SYS_close, stream);
}

static BYNI_NO_SANITIZE void lead_stream(bynp_start *start, int stream)
{
    int to = start->streams[stream];

    if (to == BYNP_INHERIT)
        inherit_stream(stream);
    else if (to == BYNP_NULL)
        lead_to_null(start, stream);
    else if (to == BYNP_MERGED)
        merge_stream(start, stream);
    else if (syscall(SYS_dup3, to, stream, 0) < 0)
        give_up(start, BYNP_STEP_STREAM);
}

typedef struct directory_entry { /* as getdents64 writes it */
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
} directory_entry;

/* The number that a name spells; -1 for "." and "..". */
static BYNI_NO_SANITIZE int number_of(const char *name)
{
    int number = 0;

    if (*name < '0' || *name > '9')
        return -1;
    for (; *name >= '0' && *name <= '9'; name++)
        number = number * 10 + (*name - '0');
    return number;
}

/* Before Linux 5.11: mark one by one. Nothing is closed, so that the list stays what it is. */
static BYNI_NO_SANITIZE bool close_listed_on_exec(void)
{
    _Alignas(8) char list[2048];
    long size, at;
    long directory =
        syscall(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    if (directory < 0)
        return false;
    while ((size = syscall(SYS_getdents64, directory, list, sizeof list)) > 0) {
        for (at = 0; at < size; at += ((directory_entry *)(void *)(list + at))->length) {
            int number = number_of(((directory_entry *)(void *)(list + at))->name);

            if (number >= FIRST_PRIVATE)
                (void)syscall(SYS_fcntl, number, F_SETFD, (long)FD_CLOEXEC);
        }
    }
    return size == 0;
}

static BYNI_NO_SANITIZE void keep_descriptors_private(bynp_start *start)
{
    if (syscall(SYS_close_range, FIRST_PRIVATE, ~0u, CLOSE_ON_EXEC) == 0)
        return;
    if (!close_listed_on_exec())
        give_up(start, BYNP_STEP_DESCRIPTORS);
}

/* Its own number, into the variable that names it. */
static BYNI_NO_SANITIZE void write_number(char *digits)
{
    long number;
    int i;

    if (digits == NULL)
        return;
    number = syscall(SYS_getpid);
    for (i = BYNP_PID_DIGITS - 1; i >= 0; i--) {
        digits[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

static BYNI_NO_SANITIZE int child(void *argument)
{
    static const signal_set none = {{0}};
    bynp_start *start = argument;
    const byn_process_options *options = start->options;

    reset_signals();
    if (options->new_group && syscall(SYS_setpgid, 0, 0) < 0)
        give_up(start, BYNP_STEP_GROUP);
    if (options->kill_with_parent)
        end_with_parent(start);
    if (options->directory != NULL && syscall(SYS_chdir, options->directory) < 0)
        give_up(start, BYNP_STEP_DIRECTORY);
    lead_stream(start, STDIN_FILENO);
    lead_stream(start, STDOUT_FILENO);
    lead_stream(start, STDERR_FILENO);
    write_number(start->command->pid);
    keep_descriptors_private(start);
    set_signal_mask(&none, NULL);
    (void)syscall(SYS_execve, start->command->path, start->argv, start->command->environment);
    give_up(start, BYNP_STEP_EXECUTE);
}

/* ---- In the parent ------------------------------------------------------------------------------- */

/*
 * The child's stack is a part of the calling thread's own: that stands still until the child has left,
 * and nothing has to be allocated, kept for each thread, or locked.
 */
static BYNI_NO_SANITIZE void run_child(bynp_start *start)
{
    _Alignas(16) char stack[CHILD_STACK_SIZE];

    /* The child's errno is ours; and the call to find it is bound now, not by the child. */
    errno = 0;
    start->pid = CLONE(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
                       start, &start->pidfd);
    if (start->pid < 0) {
        start->error = errno;
        start->step = BYNP_STEP_CLONE;
    }
}

/* A system before Linux 5.2 took no notice of CLONE_PIDFD. */
static void refuse_without_pidfd(bynp_start *start)
{
    (void)kill(start->pid, SIGKILL); /* nobody else has waited for it: hardly anybody could */
    while (waitpid(start->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    start->error = ENOSYS;
    start->step = BYNP_STEP_CLONE;
}

/* A start that failed leaves nothing. */
static void sweep(bynp_start *start)
{
    siginfo_t info;

    while (waitid((idtype_t)P_PIDFD, (id_t)start->pidfd, &info, WEXITED) < 0 && errno == EINTR) {
    }
    (void)close(start->pidfd);
}

void bynp_start_here(bynp_start *start)
{
    signal_set all, before;
    int cancellation;

    memset(&all, 0xff, sizeof all);
    start->parent = getpid();
    start->pidfd = -1;
    start->step = BYNP_STEP_NONE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
    set_signal_mask(&all, &before);
    run_child(start);
    if (start->pid > 0 && start->pidfd < 0)
        refuse_without_pidfd(start);
    else if (start->pid > 0 && start->step != BYNP_STEP_NONE)
        sweep(start);
    set_signal_mask(&before, NULL);
    (void)pthread_setcancelstate(cancellation, NULL);
}

/* ---- Why it failed ------------------------------------------------------------------------------- */

static byn_status execute_status(const bynp_start *start)
{
    const char *path = start->command->path;

    switch (start->error) {
    case ENOENT:
        if (access(path, F_OK) == 0)
            return bynp_fail(ENOENT, "\"%s\" is there, but not the interpreter that it names",
                             path);
        return bynp_fail(ENOENT, "there is no program \"%s\"", path);
    case ENOTDIR:
        return bynp_fail(ENOTDIR, "there is no program \"%s\"", path);
    case EACCES:
    case EPERM:
        return bynp_fail(start->error, "\"%s\" may not be executed", path);
    case ENOEXEC:
    case EINVAL:
        return bynp_fail(ENOEXEC, "\"%s\" is not a program", path);
    default:
        return bynp_fail(start->error, "cannot execute \"%s\"", path);
    }
}

byn_status bynp_start_status(const bynp_start *start)
{
    switch (start->step) {
    case BYNP_STEP_NONE:
        return BYN_OK;
    case BYNP_STEP_CLONE:
        if (start->error == ENOSYS)
            return bynp_fail(ENOSYS, "cannot make a process (clone): it takes Linux 5.4 or later");
        if (start->error == EAGAIN)
            return bynp_fail(EAGAIN, "cannot make a process (clone): there are too many");
        return bynp_fail(start->error, "cannot make a process (clone)");
    case BYNP_STEP_GROUP:
        return bynp_fail(start->error, "cannot make a process group (setpgid)");
    case BYNP_STEP_PARENT:
        return bynp_fail(start->error, "cannot bind it to its parent's life (prctl)");
    case BYNP_STEP_DIRECTORY:
        return bynp_fail(start->error, "cannot go to the directory \"%s\" (chdir)",
                         start->options->directory);
    case BYNP_STEP_NULL:
        return bynp_fail(start->error, "cannot lead a standard stream to \"/dev/null\"");
    case BYNP_STEP_STREAM:
        return bynp_fail(start->error, "cannot lead a standard stream to its place (dup3)");
    case BYNP_STEP_DESCRIPTORS:
        return bynp_fail(start->error,
                         "cannot keep descriptors from it (close_range, /proc/self/fd)");
    case BYNP_STEP_EXECUTE:
        return execute_status(start);
    }
    return BYN_E_OS;
}
