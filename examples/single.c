/* A program that runs once: started again, it gives what it is asked to do to the one that runs already. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

enum { STARTS = 3, LATE = 10000 /* ms */ };

/* What the one does that runs: all that it is given, as long as there is something. */
static int open_files(byn_queue *files)
{
    char file[100];
    size_t size = sizeof file;
    int opened = 0;

    while (byn_queue_get(files, file, &size, BYN_NOW) >= 0) {
        opened++; /* here it would show a window */
        size = sizeof file;
    }
    return opened;
}

static uint64_t waiting(byn_queue *files)
{
    uint64_t count = 0;

    (void)byn_queue_count(files, &count);
    return count;
}

/*
 * The lock is the one's as long as it runs, and free as soon as it has ended, however. First the file, then the lock:
 * who does not get it leaves the file to who has it, and who lets it go looks once more whether there is something.
 */
static int start(const char *name, const char *file)
{
    char files_name[BYN_NAME_MAX + 1];
    byn_mutex *one;
    byn_queue *files;
    int opened = 0;

    snprintf(files_name, sizeof files_name, "%s files", name);
    if (byn_mutex_open(&one, name, NULL) < 0 || byn_queue_open(&files, files_name, NULL) < 0 ||
        byn_queue_put(files, file, strlen(file) + 1, LATE) < 0) {
        fprintf(stderr, "%s\n", byn_last_error());
        return 100;
    }
    while (waiting(files) > 0 && byn_mutex_lock(one, BYN_NOW) >= 0) {
        opened += open_files(files);
        byn_mutex_unlock(one);
    }
    byn_queue_close(files);
    byn_mutex_close(one);
    return opened;
}

/* Three at a time, with a name that is theirs; yours would be your program's. */
static int try_it(const char *program)
{
    byn_mutex *one;
    byn_process *processes[STARTS];
    int opened = 0;
    int i;

    if (byn_mutex_open(&one, NULL, NULL) < 0)
        return 1;
    for (i = 0; i < STARTS; i++) {
        const char *argv[] = {program, byn_mutex_name(one), "letter.txt", NULL};

        if (byn_process_start(&processes[i], argv, NULL) < 0)
            exit(1);
    }
    for (i = 0; i < STARTS; i++) {
        byn_exit end = {0};

        byn_process_wait(processes[i], BYN_FOREVER, &end);
        opened += end.code;
        byn_process_close(processes[i]);
    }
    byn_mutex_close(one);
    printf("started %d times, %d files opened\n", STARTS, opened);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 2 ? start(argv[1], argv[2]) : try_it(argv[0]);
}
