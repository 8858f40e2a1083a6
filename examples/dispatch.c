/* Three workers wait until there is a job, or no more will come; each job is done once. */
#include <stdio.h>

#include <byname/byname.h>

enum { WORKERS = 3, JOBS = 100 };

typedef struct desk {
    int waiting; /* jobs */
    int done;
    bool closed;
} desk;

static bool job_or_end(void *at)
{
    const desk *d = at;

    return d->waiting > 0 || d->closed;
}

/* BYN_ABANDONED needs no repair here: the job of a worker that died is still waiting. */
static byn_status work(byn_mutex *mutex, byn_condition *changed, desk *d)
{
    byn_status status;
    bool more = true;

    BYN_HOLDING(mutex, 10000, status) {
        while (status >= 0 && more) {
            status = byn_condition_wait_for(changed, mutex, job_or_end, d, 10000);
            more = d->waiting > 0 || !d->closed;
            if (status >= 0 && d->waiting > 0) {
                d->done++;
                d->waiting--;
            }
        }
    }
    BYN_HOLDING_END
    return status;
}

static int worker(const char *mutex_name, const char *changed_name, const char *memory_name)
{
    byn_mutex *mutex;
    byn_condition *changed;
    byn_memory *memory;
    byn_status status;

    if (byn_mutex_open(&mutex, mutex_name, NULL) < 0 ||
        byn_condition_open(&changed, changed_name, NULL) < 0 ||
        byn_memory_open(&memory, memory_name, NULL) < 0)
        return 1;
    status = work(mutex, changed, byn_memory_base(memory));
    byn_memory_close(memory);
    byn_condition_close(changed);
    byn_mutex_close(mutex);
    return status < 0;
}

static int change(byn_mutex *mutex, byn_condition *changed, desk *d, int jobs, bool close)
{
    byn_status status;

    BYN_HOLDING(mutex, 10000, status) {
        d->waiting += jobs;
        d->closed = close;
        if (close)
            byn_condition_notify_all(changed);
        else
            byn_condition_notify(changed, 1);
    }
    BYN_HOLDING_END
    return status < 0;
}

static int parent(const char *program)
{
    byn_process *workers[WORKERS];
    byn_mutex *mutex;
    byn_condition *changed;
    byn_memory *memory;
    desk *d;
    int i;
    int failed = 0;

    if (byn_mutex_open(&mutex, NULL, NULL) < 0 || byn_condition_open(&changed, NULL, NULL) < 0 ||
        byn_memory_open(&memory, NULL, &BYN_OPTIONS(byn_memory_options, .size = sizeof(desk))) < 0)
        return 1;
    const char *argv[] = {program, byn_mutex_name(mutex), byn_condition_name(changed),
                          byn_memory_name(memory), NULL};

    for (i = 0; i < WORKERS; i++)
        if (byn_process_start(&workers[i], argv, NULL) < 0)
            return 1;
    d = byn_memory_base(memory);
    for (i = 0; i < JOBS; i++)
        failed += change(mutex, changed, d, 1, false);
    failed += change(mutex, changed, d, 0, true);
    for (i = 0; i < WORKERS; i++) {
        byn_process_wait(workers[i], BYN_FOREVER, NULL);
        byn_process_close(workers[i]);
    }
    printf("%d workers did %d jobs\n", WORKERS, d->done);
    byn_memory_close(memory);
    byn_condition_close(changed);
    byn_mutex_close(mutex);
    return failed > 0;
}

int main(int argc, char **argv)
{
    return argc > 3 ? worker(argv[1], argv[2], argv[3]) : parent(argv[0]);
}
