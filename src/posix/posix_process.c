/*
 * A child is known by its pidfd, which is made with it and never means another process.
 *
 * Its result is fetched once, by whoever waits first, and kept in the handle: others may ask at any time.
 * Only this child is asked for, so that nothing of the host's is taken. If the host took ours (by
 * waitpid(-1), or by ignoring SIGCHLD), newer kernels still tell the result; from others it is unknown.
 *
 * A child that is closed while it runs would stay a zombie after its end. Such are kept in a list, and
 * each later start and close looks whether one has ended. The last of them stay zombies until this
 * process ends, which costs a line in the system's table and no thread.
 */
#include "posix_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SIGNALED = 128,                     /* what shells add to a signal's number */
    TRACER_NAP_NS = NS_PER_MS,          /* between looks whether a debugger lets go */
    TAKER_PATIENCE_NS = 100 * NS_PER_MS /* until who takes it has taken it; really microseconds */
};

struct bynk_process {
    pid_t pid;
    int pidfd;
    char mark[BYNP_MARK_SIZE];
    bynp_streams streams;
    bynk_process *next; /* of those that were closed while they ran */
    pthread_mutex_t lock;
    /* Under the lock: */
    bool ended;    /* and its result was fetched */
    byn_exit exit; /* then */
};

/* ---- The result ---------------------------------------------------------------------------------- */

/* The kernel's structure, as of its first version. */
typedef struct pidfd_information {
    uint64_t mask, cgroup;
    uint32_t pid, group, parent, users[8];
    int32_t exit_status;
} pidfd_information;

_Static_assert(sizeof(pidfd_information) == 64, "PIDFD_INFO_SIZE_VER0");

#define GET_INFORMATION _IOWR(0xFF, 11, pidfd_information)
enum { INFORMATION_EXIT = 8 };

static byn_exit exit_of_status(int status)
{
    byn_exit exit = {.known = true};

    if (WIFSIGNALED(status)) {
        exit.signal = WTERMSIG(status);
        exit.code = SIGNALED + exit.signal;
    } else {
        exit.code = WEXITSTATUS(status);
    }
    return exit;
}

static byn_exit exit_of_information(const siginfo_t *information)
{
    byn_exit exit = {.known = true};

    if (information->si_code != CLD_EXITED) {
        exit.signal = information->si_status;
        exit.code = SIGNALED + exit.signal;
    } else {
        exit.code = information->si_status;
    }
    return exit;
}

/* Whether the kernel tells the result of what somebody else has taken. errno, if not. */
static bool ask_kernel(int pidfd, byn_exit *exit)
{
    pidfd_information information = {.mask = INFORMATION_EXIT};

    /* C libraries do not agree in the request's type. */
    if (syscall(SYS_ioctl, pidfd, GET_INFORMATION, &information) < 0)
        return false;
    errno = EAGAIN;
    if ((information.mask & INFORMATION_EXIT) == 0)
        return false;
    *exit = exit_of_status(information.exit_status);
    return true;
}

/* Linux 6.15 keeps the result once somebody has taken it, and says POLLHUP from then on. */
static byn_exit exit_of_taken(int pidfd)
{
    struct timespec patience = bynp_timespec(TAKER_PATIENCE_NS);
    struct pollfd taken = {.fd = pidfd};
    byn_exit exit = {.known = false};

    if (ask_kernel(pidfd, &exit) || errno != EAGAIN)
        return exit;
    (void)ppoll(&taken, 1, &patience, NULL);
    (void)ask_kernel(pidfd, &exit);
    return exit;
}

/* Fetch the result, if it has ended; the lock is held, or nobody else has the handle. */
static bool fetch(bynk_process *process)
{
    siginfo_t information = {.si_pid = 0};

    if (process->ended)
        return true;
    while (waitid((idtype_t)P_PIDFD, (id_t)process->pidfd, &information, WEXITED | WNOHANG) < 0) {
        if (errno == EINTR)
            continue;
        process->exit = exit_of_taken(process->pidfd);
        process->ended = true;
        return true;
    }
    if (information.si_pid == 0)
        return false;
    process->exit = exit_of_information(&information);
    process->ended = true;
    return true;
}

/* Who has the lock is not canceled: nobody else would ever get it. */
static int lock_handle(bynk_process *process)
{
    int cancellation;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
    (void)pthread_mutex_lock(&process->lock);
    return cancellation;
}

static void unlock_handle(bynk_process *process, int cancellation)
{
    (void)pthread_mutex_unlock(&process->lock);
    (void)pthread_setcancelstate(cancellation, NULL);
}

static bool fetch_into(bynk_process *process, byn_exit *exit)
{
    int cancellation = lock_handle(process);
    bool ended = fetch(process);

    if (ended)
        *exit = process->exit;
    unlock_handle(process, cancellation);
    return ended;
}

byn_status bynk_process_wait(bynk_process *process, bynk_deadline deadline, byn_exit *exit)
{
    for (;;) {
        uint64_t longest =
            byni_interruptible() ? BYNI_INTERRUPT_MS * (uint64_t)NS_PER_MS : NS_PER_S;
        uint64_t left = byni_remaining(deadline, longest);
        int ended = bynp_pidfd_ended(process->pidfd, left);

        if (ended < 0)
            return bynp_fail(errno, "cannot wait for process %d", (int)process->pid);
        if (ended > 0 && fetch_into(process, exit))
            return BYN_OK;
        if (left == 0)
            return BYN_E_TIMEDOUT;
        if (byni_interrupted())
            return BYN_E_CANCELED;
        if (ended > 0) { /* a debugger has it */
            struct timespec nap = bynp_timespec(TRACER_NAP_NS);

            (void)nanosleep(&nap, NULL);
        }
    }
}

bool bynk_process_has_ended(bynk_process *process)
{
    return bynp_pidfd_ended(process->pidfd, 0) > 0;
}

/* ---- Start and close ----------------------------------------------------------------------------- */

/* Children that were closed while they ran. Under the library's lock. */
static bynk_process *left_alone;

static void free_process(bynk_process *process)
{
    (void)close(process->pidfd);
    (void)pthread_mutex_destroy(&process->lock);
    free(process);
}

/* In a forked child they are not its children: the first call there lets them go. */
static void reap_left_alone(void)
{
    bynk_process **link;

    bynk_library_lock();
    for (link = &left_alone; *link != NULL;) {
        bynk_process *process = *link;
        siginfo_t information = {.si_pid = 0};

        if (waitid((idtype_t)P_PIDFD, (id_t)process->pidfd, &information, WEXITED | WNOHANG) == 0 &&
            information.si_pid == 0) {
            link = &process->next;
        } else {
            *link = process->next;
            free_process(process);
        }
    }
    bynk_library_unlock();
}

void bynk_process_close(bynk_process *process)
{
    bynp_streams_close_ours(&process->streams);
    if (process->ended) {
        free_process(process);
    } else {
        bynk_library_lock();
        process->next = left_alone;
        left_alone = process;
        bynk_library_unlock();
    }
    reap_left_alone();
}

static byn_status start_command(bynk_process *process, const bynp_command *command,
                                const char *const *argv, const byn_process_options *options)
{
    bynp_start start = {
        .command = command, .argv = argv, .options = options, .streams = process->streams.theirs};
    byn_status status = bynp_streams_open(&process->streams, options);

    if (status < 0)
        return status;
    if (options->kill_with_parent)
        status = bynp_start_bound(&start);
    else
        bynp_start_here(&start);
    if (status >= 0)
        status = bynp_start_status(&start);
    process->pid = start.pid;
    process->pidfd = start.pidfd;
    memcpy(process->mark, command->mark, sizeof process->mark);
    return status;
}

byn_status bynk_process_start(bynk_process **process, const char *const *argv,
                              const byn_process_options *options)
{
    bynp_command command;
    bynk_process *made;
    byn_status status;

    reap_left_alone();
    status = bynp_command_make(&command, argv[0], options);
    if (status < 0)
        return status;
    made = calloc(1, sizeof *made);
    if (made == NULL) {
        bynp_command_free(&command);
        return byni_fail(BYN_E_NOMEM, "no memory for the handle");
    }
    status = start_command(made, &command, argv, options);
    bynp_command_free(&command);
    bynp_streams_close_theirs(&made->streams);
    if (status < 0) {
        bynp_streams_close_ours(&made->streams);
        free(made);
        return status;
    }
    (void)pthread_mutex_init(&made->lock, NULL);
    *process = made;
    return BYN_OK;
}

byn_status bynk_process_transfer(bynk_process *process, bynk_transfer *transfers, size_t n,
                                 bynk_deadline deadline)
{
    return bynp_streams_transfer(&process->streams, transfers, n, deadline);
}

void bynk_process_close_stream(bynk_process *process, bynk_stream stream)
{
    bynp_stream_close(&process->streams, stream);
}

int bynp_process_pidfd(const bynk_process *process)
{
    return process->pidfd;
}

uint32_t bynk_process_pid(const bynk_process *process)
{
    return (uint32_t)process->pid;
}

/* ---- End ----------------------------------------------------------------------------------------- */

static byn_status send(bynk_process *process, int signal)
{
    if (bynp_pidfd_signal(process->pidfd, signal, 0) == 0 || errno == ESRCH)
        return BYN_OK;
    return bynp_fail(errno, "cannot signal process %d", (int)process->pid);
}

byn_status bynk_process_terminate(bynk_process *process)
{
    return send(process, SIGTERM);
}

byn_status bynk_process_kill(bynk_process *process)
{
    return send(process, SIGKILL);
}

/* While the lock is held no wait reaps the root, and its number cannot become another's. */
byn_status bynk_process_kill_tree(bynk_process *process)
{
    int cancellation = lock_handle(process);
    byn_status status = bynp_tree_kill((uint32_t)process->pid, process->pidfd, process->mark);

    unlock_handle(process, cancellation);
    return status;
}
