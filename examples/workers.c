/* Workers that are told nothing but names draw jobs from a number. One dies at work; the others go on. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <byname/byname.h>

enum { WORKERS = 3, JOBS = 30 };

/* Guarded by the mutex. Results are what counts; the sum can be made again. */
typedef struct board {
    int64_t sum;
    int64_t results[JOBS];
} board;

static void repair(board *b)
{
    int i;

    for (b->sum = 0, i = 0; i < JOBS; i++)
        b->sum += b->results[i];
}

static void do_job(byn_mutex *mutex, board *b, int64_t job)
{
    byn_status status;

    BYN_HOLDING(mutex, 10000, status) {
        if (status == BYN_ABANDONED)
            repair(b);
        b->sum += job;
        if (job == JOBS / 2)
            exit(9); /* dies half-way: the sum is wrong, the mutex is held */
        b->results[job - 1] = job;
    }
    BYN_HOLDING_END
}

static int worker(const char *next_name, const char *mutex_name, const char *board_name)
{
    byn_value *next;
    byn_mutex *mutex;
    byn_memory *memory;
    int64_t job;

    if (byn_value_open(&next, next_name, NULL) < 0)
        return 1;
    if (byn_mutex_open(&mutex, mutex_name, NULL) < 0)
        return 1;
    if (byn_memory_open(&memory, board_name, NULL) < 0)
        return 1;
    while (byn_value_add(next, 1, &job) >= 0 && job <= JOBS)
        do_job(mutex, byn_memory_base(memory), job);
    byn_memory_close(memory);
    byn_mutex_close(mutex);
    byn_value_close(next);
    return 0;
}

static int run_workers(const char *program, byn_value *next, byn_mutex *mutex, byn_memory *memory)
{
    const char *argv[] = {program, byn_value_name(next), byn_mutex_name(mutex),
                          byn_memory_name(memory), NULL};
    byn_process *workers[WORKERS];
    int died = 0;
    int i;

    for (i = 0; i < WORKERS; i++) {
        if (byn_process_start(&workers[i], argv, NULL) < 0)
            exit(1);
    }
    for (i = 0; i < WORKERS; i++) {
        byn_exit result = {false, 0, 0};

        byn_process_wait(workers[i], BYN_FOREVER, &result);
        died += result.code != 0;
        byn_process_close(workers[i]);
    }
    return died;
}

static int parent(const char *program)
{
    byn_value *next;
    byn_mutex *mutex;
    byn_memory *memory;
    byn_status status;
    int died;

    if (byn_value_open(&next, NULL, NULL) < 0 || byn_mutex_open(&mutex, NULL, NULL) < 0 ||
        byn_memory_open(&memory, NULL, &BYN_OPTIONS(byn_memory_options, .size = sizeof(board))) < 0)
        return 1;
    died = run_workers(program, next, mutex, memory);
    BYN_HOLDING(mutex, 10000, status) {
        board *b = byn_memory_base(memory);

        if (status == BYN_ABANDONED)
            repair(b);
        printf("%d of %d died, the jobs without number %d make %" PRId64 "\n", died, WORKERS,
               JOBS / 2, b->sum);
    }
    BYN_HOLDING_END
    byn_memory_close(memory);
    byn_mutex_close(mutex);
    byn_value_close(next);
    return status < 0;
}

int main(int argc, char **argv)
{
    return argc > 3 ? worker(argv[1], argv[2], argv[3]) : parent(argv[0]);
}
