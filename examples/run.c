/* Starts a program, waits for a while, and ends it. */
#include <stdio.h>

#include <byname/byname.h>

static int wait_for_nothing(void)
{
    byn_event *never;

    if (byn_event_open(&never, NULL, NULL) < 0)
        return 1;
    return byn_event_wait(never, 60000) < 0;
}

int main(int argc, char **argv)
{
    const char *const child[] = {argv[0], "child", NULL};
    byn_process *process;
    byn_exit result = {false, 0, 0};

    if (argc > 1)
        return wait_for_nothing();

    if (byn_process_start(&process, child, NULL) < 0) {
        fprintf(stderr, "%s\n", byn_last_error());
        return 1;
    }
    if (byn_process_wait(process, 100, &result) == BYN_E_TIMEDOUT)
        puts("it still runs");
    byn_process_kill(process);
    byn_process_wait(process, BYN_FOREVER, &result);
    printf("it ended with %d\n", (int)result.code);
    byn_process_close(process);
    return 0;
}
