/*
 * A process is its number and the moment at which it started: numbers come again. It is dead from when
 * its last thread has ended, though its parent may not have asked for the result yet (a zombie).
 */
#include "posix_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

enum { STAT_SIZE = 1024, PATH_SIZE = 64, POLL_NS = 10 * NS_PER_MS };

/* ---- What the system tells ------------------------------------------------------------------------ */

/* Answers errno. */
static int read_small_file(const char *path, char text[STAT_SIZE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), error;
    ssize_t size;

    if (fd < 0)
        return errno;
    size = read(fd, text, STAT_SIZE - 1);
    error = size < 0 ? errno : 0;
    (void)close(fd);
    text[size > 0 ? size : 0] = '\0';
    return error;
}

/* By hand: it is asked of each holder that is in a waiter's way, and printf's family takes ten times as long. */
static const char *parse_number(const char *at, uint64_t *number)
{
    *number = 0;
    while (*at == ' ' || *at == '-')
        at++;
    for (; *at >= '0' && *at <= '9'; at++)
        *number = *number * 10 + (uint64_t)(*at - '0');
    return at;
}

/* The name in parentheses may hold anything, parentheses too. */
static bool parse_stat(const char *text, bynp_stat *stat)
{
    enum { PARENT, GROUP, SESSION, THREADS = 16, STARTED = 18, FIELDS };
    const char *at = strrchr(text, ')');
    uint64_t fields[FIELDS];
    int i;

    if (at == NULL || at[1] != ' ' || at[2] == '\0')
        return false;
    stat->state = at[2];
    at += 3;
    for (i = 0; i < FIELDS; i++) {
        if (*at != ' ')
            return false;
        at = parse_number(at, &fields[i]);
    }
    stat->parent = (uint32_t)fields[PARENT];
    stat->group = (uint32_t)fields[GROUP];
    stat->session = (uint32_t)fields[SESSION];
    stat->threads = (uint32_t)fields[THREADS];
    stat->started = fields[STARTED];
    return true;
}

static char *put_text(char *at, const char *text)
{
    size_t length = strlen(text);

    memcpy(at, text, length + 1);
    return at + length;
}

static char *put_number(char *at, uint32_t number)
{
    char digits[10];
    int count = 0;

    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        *at++ = digits[--count];
    *at = '\0';
    return at;
}

/* Of a process, or of one of its threads. */
static void put_path(char path[PATH_SIZE], uint32_t pid, uint32_t thread)
{
    char *at = put_number(put_text(path, "/proc/"), pid);

    if (thread != 0)
        at = put_number(put_text(at, "/task/"), thread);
    (void)put_text(at, "/stat");
}

static int read_stat_file(const char *path, bynp_stat *stat)
{
    char text[STAT_SIZE];
    int error = read_small_file(path, text);

    if (error != 0)
        return error;
    return parse_stat(text, stat) ? 0 : ESRCH;
}

int bynp_stat_read(uint32_t pid, bynp_stat *stat)
{
    char path[PATH_SIZE];

    put_path(path, pid, 0);
    stat->pid = pid;
    return read_stat_file(path, stat);
}

/* 'Z' is said of the first thread: others may go on without it, and then the process lives. */
bool bynp_stat_ended(const bynp_stat *stat)
{
    return stat->state == 'X' || (stat->state == 'Z' && stat->threads < 2);
}

int bynp_pidfd_open(uint32_t pid)
{
    return (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
}

int bynp_pidfd_signal(int pidfd, int signal, unsigned flags)
{
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, flags);
}

int bynp_pidfd_ended(int pidfd, uint64_t nanoseconds)
{
    struct timespec timeout = bynp_timespec(nanoseconds);
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    int ready = ppoll(&end, 1, &timeout, NULL);

    if (ready < 0 && errno == EINTR)
        return 0;
    return ready > 0 ? 1 : ready;
}

/* ---- Identities ---------------------------------------------------------------------------------- */

/* Whether there is a process, or thread of it, of this number, whichever. */
static bool exists(uint32_t pid, uint32_t thread)
{
    if (pid == 0 || pid > INT32_MAX || thread > INT32_MAX)
        return false;
    if (thread != 0)
        return syscall(SYS_tgkill, (pid_t)pid, (pid_t)thread, 0) == 0 || errno == EPERM;
    return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

static int read_thread(uint32_t pid, uint32_t thread, bynp_stat *stat)
{
    char path[PATH_SIZE];

    put_path(path, pid, thread);
    return read_stat_file(path, stat);
}

byn_status bynk_identity_of(uint32_t pid, bynk_identity *identity)
{
    bynp_stat stat;
    int error = bynp_stat_read(pid, &stat);

    if ((error != 0 && !exists(pid, 0)) || (error == 0 && bynp_stat_ended(&stat)))
        return byni_fail(BYN_E_NOTFOUND, "there is no process %" PRIu32, pid);
    identity->pid = pid;
    identity->thread = 0;
    identity->started = error == 0 ? stat.started : 0; /* 0: /proc does not show it to us */
    return BYN_OK;
}

void bynk_identity_own(bynk_identity *identity)
{
    static byni_a64 token, started; /* of this process, and not of a parent that forked */

    identity->pid = (uint32_t)getpid();
    identity->thread = 0;
    if (byni_load64(&token) == bynk_token() && bynk_token() != 0) {
        identity->started = byni_load64(&started);
        return;
    }
    if (bynk_identity_of((uint32_t)getpid(), identity) < 0)
        identity->started = 0;
    byni_store64(&started, identity->started);
    byni_store64(&token, bynk_token());
}

void bynk_identity_thread(bynk_identity *identity)
{
    static BYNI_THREAD_LOCAL bynk_identity own;
    static BYNI_THREAD_LOCAL uint64_t token;

    if (BYNI_UNLIKELY(token != bynk_token())) {
        bynp_stat stat;

        (void)bynk_me();
        own.pid = (uint32_t)getpid();
        own.thread = bynp_this_thread.number;
        own.started = read_thread(own.pid, own.thread, &stat) == 0 ? stat.started : 0;
        token = bynk_token();
    }
    *identity = own;
}

/* 'Z' is said of a thread too that has ended, if it was the first of its process. */
static bool thread_alive(const bynk_identity *identity, const bynp_stat *stat)
{
    return stat->state != 'Z' && stat->state != 'X' &&
           (identity->started == 0 || stat->started == identity->started);
}

bool bynk_identity_alive(const bynk_identity *identity)
{
    bool is_thread = identity->thread != 0;
    bynp_stat stat;

    if (!exists(identity->pid, identity->thread))
        return false;
    if ((is_thread ? read_thread(identity->pid, identity->thread, &stat)
                   : bynp_stat_read(identity->pid, &stat)) != 0)
        /* Where /proc hides others' processes, the number has to do: better alive by mistake than dead. */
        return exists(identity->pid, identity->thread);
    if (is_thread)
        return thread_alive(identity, &stat);
    return !bynp_stat_ended(&stat) && (identity->started == 0 || stat.started == identity->started);
}

static byn_status await_by_pidfd(int pidfd, const bynk_identity *identity, bynk_look look,
                                 void *context)
{
    uint64_t pause;
    int ended;

    /* What was opened may be a successor in the number; what is alive after that is what was opened. */
    if (!bynk_identity_alive(identity))
        return BYN_OK;
    do {
        pause = look(context);
        ended = bynp_pidfd_ended(pidfd, pause);
    } while (ended == 0 && pause > 0);
    if (ended < 0)
        return bynp_fail(errno, "cannot wait for process %" PRIu32, identity->pid);
    return ended > 0 ? BYN_OK : BYN_E_TIMEDOUT;
}

/* Where there are no pidfds, or none left. */
static byn_status await_by_looking(const bynk_identity *identity, bynk_look look, void *context)
{
    while (bynk_identity_alive(identity)) {
        uint64_t pause = look(context);
        struct timespec nap = bynp_timespec(pause < POLL_NS ? pause : POLL_NS);

        if (pause == 0)
            return BYN_E_TIMEDOUT;
        (void)nanosleep(&nap, NULL);
    }
    return BYN_OK;
}

byn_status bynk_identity_await_death(const bynk_identity *identity, bynk_look look, void *context)
{
    byn_status status;
    int pidfd = bynp_pidfd_open(identity->pid);

    if (pidfd < 0)
        return await_by_looking(identity, look, context);
    status = await_by_pidfd(pidfd, identity, look, context);
    (void)close(pidfd);
    return status;
}

/* What is alive after its descriptor was opened is what was opened. */
byn_status bynk_identity_kill(const bynk_identity *identity)
{
    int pidfd = bynp_pidfd_open(identity->pid), error = pidfd < 0 ? errno : 0;
    bool alive = bynk_identity_alive(identity);

    if (pidfd >= 0 && alive && bynp_pidfd_signal(pidfd, SIGKILL, 0) < 0)
        error = errno;
    if (pidfd >= 0)
        (void)close(pidfd);
    if (!alive || error == 0 || error == ESRCH)
        return BYN_OK;
    return bynp_fail(error, "cannot end process %" PRIu32, identity->pid);
}

/* ---- Threads ------------------------------------------------------------------------------------- */

/* `who` is of bynk_me(): its upper half is the kernel's number of the thread. */
bool bynk_thread_is_dead(uint64_t who, uint32_t pid)
{
    const bynk_identity identity = {pid, (uint32_t)(who >> 32), 0};

    return !bynk_identity_alive(&identity);
}

/* ---- What people call a process --------------------------------------------------------------------- */

static char *put_process_path(char path[PATH_SIZE], uint32_t pid, const char *file)
{
    (void)put_text(put_number(put_text(path, "/proc/"), pid), file);
    return path;
}

bool bynk_descent_of(uint32_t pid, bynk_descent *descent)
{
    bynp_stat stat;

    if (bynp_stat_read(pid, &stat) != 0 || bynp_stat_ended(&stat))
        return false;
    *descent = (bynk_descent){.parent = stat.parent, .first = pid, .started = stat.started};
    return true;
}

/* What the system shows of others' processes too: a name that is perhaps cut, in parentheses. */
static void program_by_stat(uint32_t pid, char program[BYNK_PROGRAM_SIZE])
{
    char path[PATH_SIZE], text[STAT_SIZE];
    char *first, *last;

    program[0] = '\0';
    if (read_small_file(put_process_path(path, pid, "/stat"), text) != 0)
        return;
    first = strchr(text, '(');
    last = strrchr(text, ')');
    if (first == NULL || last == NULL || last - first > BYNK_PROGRAM_SIZE)
        return;
    *last = '\0';
    memcpy(program, first + 1, (size_t)(last - first));
}

void bynk_program_of(uint32_t pid, char program[BYNK_PROGRAM_SIZE])
{
    char path[PATH_SIZE], exe[512];
    ssize_t length = readlink(put_process_path(path, pid, "/exe"), exe, sizeof exe - 1);
    const char *base;

    if (length <= 0) {
        program_by_stat(pid, program);
        return;
    }
    exe[length] = '\0';
    base = strrchr(exe, '/');
    base = base != NULL ? base + 1 : exe;
    length = (ssize_t)strnlen(base, BYNK_PROGRAM_SIZE - 1);
    memcpy(program, base, (size_t)length);
    program[length] = '\0';
}

/* Its arguments end in a zero each. */
void bynk_command_of(uint32_t pid, char *command, size_t size)
{
    char path[PATH_SIZE];
    int fd = open(put_process_path(path, pid, "/cmdline"), O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, command, size - 1) : 0, i;

    if (fd >= 0)
        (void)close(fd);
    if (got < 0)
        got = 0;
    command[got] = '\0';
    for (i = 0; i + 1 < got; i++)
        if (command[i] == '\0')
            command[i] = ' ';
}
