#include "system.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

bool system_is_windows(void)
{
    return false;
}

const char *const *system_environment(apr_pool_t *pool, int *count)
{
    (void)pool;
    for (*count = 0; environ[*count] != NULL; (*count)++)
        continue;
    return (const char *const *)environ;
}

uint32_t system_rights(void)
{
    mode_t mask = umask(077);

    (void)umask(mask);
    if ((mask & 060) != 0)
        return 0600;
    return (mask & 06) != 0 ? 0660 : 0666;
}

uint32_t system_pid(void)
{
    return (uint32_t)getpid();
}

int64_t system_milliseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *const *system_shell(const char *text, apr_pool_t *pool)
{
    const char **argv = apr_pcalloc(pool, 4 * sizeof *argv);

    argv[0] = "sh";
    argv[1] = "-c";
    argv[2] = text;
    return argv;
}

int system_passed_signals(int numbers[SYSTEM_PASSED_MAX])
{
    numbers[0] = SIGHUP;
    numbers[1] = SIGUSR1;
    numbers[2] = SIGUSR2;
    return 3;
}

void system_pass_signal(uint32_t pid, int number)
{
    (void)kill((pid_t)pid, number);
}

/* Each opened the wrong way round, so that to use it fails; and closed for what is started. */
void system_reserve_streams(void)
{
    int stream;

    for (stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0)
            (void)open("/dev/null", (stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
}

bool system_output_is_pipe(void)
{
    struct stat what;

    return fstat(STDOUT_FILENO, &what) == 0 && (S_ISFIFO(what.st_mode) || S_ISSOCK(what.st_mode));
}

bool system_reader_is_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};

    return poll(&output, 1, 0) > 0 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

void system_close_outputs(void)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (nowhere < 0)
        return;
    (void)dup2(nowhere, STDOUT_FILENO);
    (void)dup2(nowhere, STDERR_FILENO);
    if (nowhere > STDERR_FILENO)
        (void)close(nowhere);
}
