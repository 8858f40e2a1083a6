/* A thread that ends the program when it hangs, so that a hang is a failure with a name. */
#include "support.h"

#include <stdlib.h>

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

static apr_thread_mutex_t *mutex;
static apr_thread_cond_t *changed;
static apr_thread_t *thread;
static int64_t deadline;
static int allowed;
static bool stopping;

static void bark(void)
{
    const char *running = runner_case();

    printf("FAILED   %s\n    %s: hangs: did not end within %d s\n", running != NULL ? running : "-",
           runner_name(), allowed);
    fflush(stdout);
    directory_remove();
    _Exit(EXIT_HANG);
}

static void *APR_THREAD_FUNC watch(apr_thread_t *self, void *unused)
{
    (void)self;
    (void)unused;
    apr_thread_mutex_lock(mutex);
    while (!stopping) {
        int64_t left = deadline - platform_milliseconds();

        if (left <= 0)
            bark();
        apr_thread_cond_timedwait(changed, mutex, apr_time_from_msec(left));
    }
    apr_thread_mutex_unlock(mutex);
    return NULL;
}

void watchdog_start(int seconds)
{
    apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, runner_pool());
    apr_thread_cond_create(&changed, runner_pool());
    allowed = seconds;
    deadline = platform_milliseconds() + 1000 * (int64_t)seconds;
    if (apr_thread_create(&thread, NULL, watch, NULL, runner_pool()) != APR_SUCCESS)
        abort();
}

void watchdog_set(int seconds)
{
    apr_thread_mutex_lock(mutex);
    allowed = seconds;
    deadline = platform_milliseconds() + 1000 * (int64_t)seconds;
    apr_thread_cond_signal(changed);
    apr_thread_mutex_unlock(mutex);
}

void watchdog_stop(void)
{
    apr_status_t status;

    apr_thread_mutex_lock(mutex);
    stopping = true;
    apr_thread_cond_signal(changed);
    apr_thread_mutex_unlock(mutex);
    apr_thread_join(&status, thread);
}
