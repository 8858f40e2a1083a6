/* Two places. A child dies in one; the place comes back, and who gets it is told. */
#include <stdio.h>

#include <byname/byname.h>

enum { PLACES = 2 };

static int child(const char *name)
{
    byn_semaphore *places;

    if (byn_semaphore_open(&places, name, NULL) < 0)
        return 1;
    if (byn_semaphore_acquire(places, 1, 10000) < 0)
        return 1;
    return 9; /* with its place: no release, no close */
}

static int parent(const char *program)
{
    byn_semaphore *places;
    byn_process *process;
    byn_status status;

    if (byn_semaphore_open(&places, NULL,
                           &BYN_OPTIONS(byn_semaphore_options, .initial = PLACES, .maximum = PLACES,
                                        .undo = true)) < 0)
        return 1;
    if (byn_process_start(&process, (const char *[]){program, byn_semaphore_name(places), NULL},
                          NULL) < 0)
        return 1;
    byn_process_wait(process, BYN_FOREVER, NULL);
    byn_process_close(process);

    status = byn_semaphore_acquire(places, PLACES, 10000);
    if (status == BYN_ABANDONED)
        printf("both places, and one is from a dead process: look what it left there\n");
    byn_semaphore_release(places, PLACES, NULL);

    status = byn_semaphore_acquire(places, PLACES, 10000);
    if (status == BYN_OK)
        printf("both places, and all is well\n");
    byn_semaphore_release(places, PLACES, NULL);
    byn_semaphore_close(places);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 ? child(argv[1]) : parent(argv[0]);
}
