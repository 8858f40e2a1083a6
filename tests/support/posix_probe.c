#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

bool probe_is_known(long pid)
{
    return kill((pid_t)pid, 0) == 0;
}

bool probe_runs(long pid)
{
    char path[64];
    char text[512] = "";
    const char *state;
    FILE *file;

    if (!probe_is_known(pid))
        return false;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    if (fgets(text, sizeof text, file) == NULL)
        text[0] = '\0';
    fclose(file);
    state = strrchr(text, ')');
    return state != NULL && strncmp(state, ") Z", 3) != 0 && strncmp(state, ") X", 3) != 0;
}

long probe_pid(void)
{
    return (long)getpid();
}

void probe_kill(long pid)
{
    kill((pid_t)pid, SIGKILL);
}

bool probe_use_one_processor(void)
{
    cpu_set_t one;
    int processor = sched_getcpu();

    CPU_ZERO(&one);
    CPU_SET((size_t)(processor < 0 ? 0 : processor), &one);
    return sched_setaffinity(0, sizeof one, &one) == 0;
}

long probe_open(void)
{
    DIR *directory = opendir("/proc/self/fd");
    long count = 0;

    if (directory == NULL)
        return -1;
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

bool probe_make_executable(const char *path)
{
    return chmod(path, 0755) == 0;
}

static void handle(int number)
{
    (void)number;
}

bool probe_spoil(void)
{
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, handle);
    return open("/dev/zero", O_RDONLY) >= 0 && dup2(open("/dev/zero", O_RDONLY), 100) == 100;
}

static bool line_is_zero(const char *line)
{
    return strspn(line + strlen("SigBlk:"), "\t 0\n") == strlen(line) - strlen("SigBlk:");
}

static bool signals_are_clean(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    bool clean = true;
    char line[256];

    if (status == NULL)
        return true;
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "SigBlk:", 7) == 0 || strncmp(line, "SigIgn:", 7) == 0)
            clean = clean && line_is_zero(line);
    }
    fclose(status);
    return clean;
}

int probe_spoiled(void)
{
    int fd;

    if (!signals_are_clean())
        return 1;
    for (fd = 3; fd < 256; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            return 2;
    }
    return 0;
}

int probe_leads_group(void)
{
    return getpgrp() == getpid();
}

bool probe_orphan(bool session, void (*function)(const char *argument), const char *argument)
{
    pid_t pid = fork();

    if (pid < 0)
        return false;
    if (pid == 0) {
        if ((session && setsid() < 0) || fork() != 0)
            _exit(0);
        signal(SIGHUP,
               SIG_IGN); /* which comes when a group with stopped processes loses its leader */
        function(argument);
        _exit(0);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return true;
}

bool probe_replace(const char *const *argv)
{
    char *nothing[] = {NULL};

    return execve(argv[0], (char *const *)argv, nothing) == 0;
}

bool probe_ignore_children(void)
{
    return signal(SIGCHLD, SIG_IGN) != SIG_ERR;
}

bool probe_take_any_child(void)
{
    return waitpid(-1, NULL, 0) > 0;
}

int probe_in_fork(int (*function)(void))
{
    pid_t pid = fork();
    int status = 0;

    if (pid < 0)
        return -1;
    if (pid == 0)
        _exit(function());
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

typedef struct remainder {
    int (*rest)(void *context);
    void *context;
} remainder;

static void *go_on(void *argument)
{
    const remainder *what = argument;

    _exit(what->rest(what->context)); /* what belongs to the main thread is not to be given back */
}

void probe_leave_main_thread(int (*rest)(void *context), void *context)
{
    static remainder what;
    pthread_t thread;

    what = (remainder){rest, context};
    if (pthread_create(&thread, NULL, go_on, &what) == 0)
        pthread_exit(NULL);
}

bool probe_fork_on(void)
{
    pid_t pid = fork();

    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return pid >= 0;
}

bool probe_close_all(void)
{
    int fd;

    for (fd = 3; fd < 256; fd++)
        close(fd);
    return true;
}
