/* A worker takes jobs until it is told to stop, whichever comes first. */
#include <stdio.h>

#include <byname/byname.h>

enum { JOBS = 3 };

static int worker(const char *jobs_name, const char *stop_name)
{
    byn_semaphore *jobs;
    byn_event *stop;
    int done = 0;

    if (byn_semaphore_open(&jobs, jobs_name, NULL) < 0 ||
        byn_event_open(&stop, stop_name, NULL) < 0)
        return 100;
    for (;;) {
        void *objects[] = {jobs, stop}; /* what comes first in the list is taken first */
        size_t which;

        if (byn_wait_any(objects, 2, 60000, &which) < 0)
            return 101;
        if (which == 1)
            break;
        done++;
    }
    byn_semaphore_close(jobs);
    byn_event_close(stop);
    return done;
}

int main(int argc, char **argv)
{
    byn_semaphore *jobs;
    byn_event *stop;
    byn_process *process;
    byn_exit end = {false, 0, 0};

    if (argc > 2)
        return worker(argv[1], argv[2]);
    if (byn_semaphore_open(&jobs, NULL, NULL) < 0 || byn_event_open(&stop, NULL, NULL) < 0)
        return 1;
    if (byn_process_start(
            &process,
            (const char *[]){argv[0], byn_semaphore_name(jobs), byn_event_name(stop), NULL},
            NULL) < 0)
        return 1;
    byn_semaphore_release(jobs, JOBS, NULL);
    byn_event_set(stop);
    if (byn_process_wait(process, 60000, &end) < 0)
        return 1;
    printf("%d jobs, then it stopped\n", (int)end.code);
    byn_process_close(process);
    byn_semaphore_close(jobs);
    byn_event_close(stop);
    return 0;
}
