#include "system.h"

#include <fcntl.h>
#include <signal.h>
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
