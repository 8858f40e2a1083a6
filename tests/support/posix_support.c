#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <apr_portable.h>
#include <apr_strings.h>

extern char **environ;

const bool platform_ends_lines_with_cr = false;

static const char *executable;

/* ---- This process */

void platform_start(int *argc, char ***argv)
{
    static char path[4096];
    sigset_t alarm_only;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);

    (void)argc;
    executable = length > 0 ? path : (*argv)[0];
    /* A peer may die while it is told something. */
    signal(SIGPIPE, SIG_IGN);
    /* The stepper alone opens itself for its timer; threads started from now on never do. */
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm_only, NULL);
}

long platform_pid(void)
{
    return (long)getpid();
}

const char *platform_executable(void)
{
    return executable;
}

const char *platform_memory_directory(void)
{
    return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : NULL;
}

int64_t platform_milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void platform_die_with_parent(void)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

/* ---- Children */

struct child {
    pid_t pid;
    bool reaped;
    int status;
};

static void give_stream(posix_spawn_file_actions_t *actions, apr_file_t *file, int to)
{
    apr_os_file_t from;

    if (file != NULL) {
        apr_os_file_get(&from, file);
        posix_spawn_file_actions_adddup2(actions, from, to);
    } else if (to != STDERR_FILENO) {
        posix_spawn_file_actions_addopen(actions, to, "/dev/null", O_RDWR, 0);
    }
}

static bool replaced(const char *variable, const char *const *additions)
{
    size_t name_length = strcspn(variable, "=") + 1;

    for (; *additions != NULL; additions++) {
        if (strncmp(variable, *additions, name_length) == 0)
            return true;
    }
    return false;
}

static char **environment_with(const char *const *additions, apr_pool_t *pool)
{
    size_t count = 0;
    size_t added = 0;
    size_t i;
    char **result;

    if (additions == NULL)
        return environ;
    while (environ[count] != NULL)
        count++;
    while (additions[added] != NULL)
        added++;
    result = apr_pcalloc(pool, (count + added + 1) * sizeof *result);
    count = 0;
    for (i = 0; environ[i] != NULL; i++) {
        if (!replaced(environ[i], additions))
            result[count++] = environ[i];
    }
    for (i = 0; i < added; i++)
        result[count++] = apr_pstrdup(pool, additions[i]);
    return result;
}

/* What this process blocks and ignores is not for its children. */
static void prepare_signals(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t defaults;

    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &defaults);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

child *child_start(const char *const *arguments, const char *const *environment, apr_file_t *in,
                   apr_file_t *out, apr_file_t *err, apr_pool_t *pool, const char **error)
{
    child *c = apr_pcalloc(pool, sizeof *c);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    give_stream(&actions, in, STDIN_FILENO);
    give_stream(&actions, out, STDOUT_FILENO);
    give_stream(&actions, err, STDERR_FILENO);
    prepare_signals(&attributes);
    failed = posix_spawn(&c->pid, arguments[0], &actions, &attributes, (char *const *)arguments,
                         environment_with(environment, pool));
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed == 0)
        return c;
    *error = strerror(failed);
    return NULL;
}

long child_pid(const child *c)
{
    return (long)c->pid;
}

static bool reap(child *c, int flags)
{
    while (!c->reaped) {
        pid_t pid = waitpid(c->pid, &c->status, flags);

        if (pid == 0)
            return false;
        if (pid == c->pid && !WIFSTOPPED(c->status))
            c->reaped = true;
        else if (pid < 0 && errno != EINTR)
            abort(); /* somebody else took our child */
    }
    return true;
}

/* No system call waits for one child with a time limit on every POSIX system. */
bool child_wait(child *c, int timeout, child_end *end)
{
    enum { FIRST = 100000, LONGEST = 3200000 }; /* ns between two looks */
    int64_t until = platform_milliseconds() + timeout;
    struct timespec pause = {0, FIRST};

    while (!reap(c, WNOHANG)) {
        if (platform_milliseconds() >= until)
            return false;
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < LONGEST)
            pause.tv_nsec *= 2;
    }
    if (end != NULL) {
        end->killed = WIFSIGNALED(c->status);
        end->code = end->killed ? WTERMSIG(c->status) : WEXITSTATUS(c->status);
    }
    return true;
}

void child_kill_soon(child *c)
{
    if (!c->reaped)
        kill(c->pid, SIGKILL);
}

void child_kill(child *c)
{
    if (c->reaped)
        return;
    child_kill_soon(c);
    reap(c, 0);
}

bool child_stop(child *c)
{
    int status = 0;

    if (c->reaped || kill(c->pid, SIGSTOP) != 0)
        return false;
    while (waitpid(c->pid, &status, WUNTRACED) < 0 && errno == EINTR)
        ;
    if (WIFSTOPPED(status))
        return true;
    c->reaped = true; /* it ended before */
    c->status = status;
    return false;
}

bool child_continue(child *c)
{
    return !c->reaped && kill(c->pid, SIGCONT) == 0;
}
