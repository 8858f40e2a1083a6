/*
 * spawn - start a program that ends at once, and wait for it: beside the system's own way, with each option that
 * costs something, and from a process that has much memory. Nothing of that should cost more.
 *
 * spawn [--json FILE] [rounds [milliseconds [megabytes]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

#include "bench.h"

static char program[1024];
static size_t much;

/* ---- The competitors ------------------------------------------------------------------------------- */

static void start_raw(void)
{
    bench_raw_spawn(program);
}

static void start_with(const byn_process_options *options)
{
    const char *const argv[] = {program, NULL};
    byn_process *process = NULL;
    byn_exit end = {.code = 1};

    check(byn_process_start(&process, argv, options));
    check(byn_process_wait(process, BYN_FOREVER, &end));
    byn_process_close(process);
    if (end.code != 0)
        exit(2);
}

static void start_plainly(void)
{
    start_with(NULL);
}

static const char *const change[] = {"BENCH=1", NULL};

static void start_with_options(void)
{
    start_with(&BYN_OPTIONS(byn_process_options, .name = "nothing", .directory = ".",
                            .environment = change, .standard_input = BYN_STDIO_NULL,
                            .new_group = true));
}

static void start_bound(void)
{
    start_with(&BYN_OPTIONS(byn_process_options, .name = "nothing", .directory = ".",
                            .environment = change, .standard_input = BYN_STDIO_NULL,
                            .new_group = true, .kill_with_parent = true));
}

static void start_with_pipes(void)
{
    start_with(&BYN_OPTIONS(byn_process_options, .standard_input = BYN_STDIO_PIPE,
                            .standard_output = BYN_STDIO_PIPE, .standard_error = BYN_STDIO_PIPE));
}

/* ---- The comparisons ------------------------------------------------------------------------------- */

static double time_of(void (*start)(void), int milliseconds)
{
    const uint64_t began = bench_clock(), end = began + (uint64_t)milliseconds * 1000000;
    uint64_t now;
    uint32_t times = 0;

    do {
        start();
        times++;
        now = bench_clock();
    } while (now < end);
    return (double)(now - began) / times;
}

static void (*const starts[])(void) = {start_raw, start_plainly, start_with_options, start_bound,
                                       start_with_pipes};

static double measure_starts(int index, int milliseconds)
{
    return time_of(starts[index], milliseconds);
}

/* The second of two has much memory, all of it written to. */
static double measure_memory(void (*start)(void), int index, int milliseconds)
{
    char *memory = NULL;
    double took;

    if (index == 1) {
        memory = malloc(much);
        if (memory == NULL)
            exit(2);
        memset(memory, 1, much);
    }
    took = time_of(start, milliseconds);
    free(memory);
    return took;
}

static double measure_memory_raw(int index, int milliseconds)
{
    return measure_memory(start_raw, index, milliseconds);
}

static double measure_memory_bound(int index, int milliseconds)
{
    return measure_memory(start_bound, index, milliseconds);
}

/* Beside this program. */
static void find_program(const char *self)
{
    const char *end = self + strlen(self);

    while (end > self && end[-1] != '/' && end[-1] != '\\')
        end--;
    (void)snprintf(program, sizeof program, "%.*sbench_nothing%s", (int)(end - self), self,
                   bench_program_suffix());
}

int main(int argc, char **argv)
{
    static const char *const memory[] = {"as it is", "with much memory"};
    const char *const names[] = {bench_raw_spawn_name(), "byn_process, no options",
                                 "byn_process, name, group and so on",
                                 "byn_process, bound to this one too", "byn_process, three pipes"};
    bench_settings s = {.rounds = 101, .milliseconds = 5, .number = 1024};

    bench_begin(argc, argv, &s);
    find_program(argv[0]);
    much = (size_t)s.number << 20;
    bench_goal(names[3], NULL, 1.0);
    bench_measure("start and wait", names, 5, measure_starts, s.rounds, s.milliseconds);
    bench_measure("start and wait, the system's own way", memory, 2, measure_memory_raw, s.rounds,
                  s.milliseconds);
    bench_goal(memory[1], NULL, 1.05);
    bench_measure("start and wait, byn_process with all of it", memory, 2, measure_memory_bound,
                  s.rounds, s.milliseconds);
    return 0;
}
