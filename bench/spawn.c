/*
 * spawn - start a program that ends at once, and wait for it: beside the system's own way, with each option that
 * costs something, and from a process that has much memory. Nothing of that should cost more.
 *
 * spawn [--json FILE] [rounds [milliseconds]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

#include <byname/byname.h>

#include "bench.h"
#include "crew.h"
#include "peer.h"

static const char *program;

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

static void start_with_fork(void)
{
    bench_fork(program);
}

static apr_pool_t *pool;

static void start_with_apr(void)
{
    const char *const argv[] = {program, NULL};
    apr_procattr_t *attributes;
    apr_pool_t *one;
    apr_proc_t process;
    apr_exit_why_e why;
    int code = 1;

    if (apr_pool_create(&one, pool) != APR_SUCCESS ||
        apr_procattr_create(&attributes, one) != APR_SUCCESS ||
        apr_procattr_cmdtype_set(attributes, APR_PROGRAM) != APR_SUCCESS ||
        apr_proc_create(&process, program, argv, NULL, attributes, one) != APR_SUCCESS ||
        apr_proc_wait(&process, &code, &why, APR_WAIT) != APR_CHILD_DONE || code != 0)
        exit(2);
    apr_pool_destroy(one);
}

enum { PYTHONS = 3, MOST_STARTS = 10 };

static void (*starts[MOST_STARTS])(void);
static const char *names[MOST_STARTS + PYTHONS];
static bench_peer *python[PYTHONS];
static int count;

static void add(const char *name, void (*start)(void))
{
    names[count] = name;
    starts[count++] = start;
}

static int add_all(void)
{
    static const char *const what[PYTHONS] = {"Python subprocess.run", "Python Process, fork",
                                              "Python Process, spawn"};
    int pythons = 0, i;

    add(bench_raw_spawn_name(), start_raw);
    add("byn_process, no options", start_plainly);
    add("byn_process, name, group and so on", start_with_options);
    add("byn_process, bound to this one too", start_bound);
    add("byn_process, three pipes", start_with_pipes);
    if (bench_fork_name() != NULL)
        add(bench_fork_name(), start_with_fork);
    add("APR apr_proc_create", start_with_apr);
    python[0] = bench_peer_start("start", program, (const char *)NULL);
    python[1] = bench_peer_start("process", "fork", (const char *)NULL);
    python[2] = bench_peer_start("process", "spawn", (const char *)NULL);
    for (i = 0; i < PYTHONS && python[i] != NULL; i++)
        names[count + pythons++] = what[i];
    return count + pythons;
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

static double measure_starts(int index, int milliseconds)
{
    return index < count ? time_of(starts[index], milliseconds)
                         : bench_peer_time(python[index - count], 1);
}

/* ---- The parent has memory, all of it written to --------------------------------------------------- */

enum { SIZES = 4, LINES = 3 };

static const double megabytes[SIZES] = {0, 256, 1024, 4096};
static const char *const size_names[SIZES] = {"as it is", "256 MiB more", "1 GiB more",
                                              "4 GiB more"};
static void (*const lines[LINES])(void) = {start_raw, start_bound, start_with_fork};

/* A parent of each size, which keeps its memory: so what is compared is measured one right after the other. */
static void join(const char *name, const char *argument, int index)
{
    (void)name;
    program = argument;
    bench_raw_occupy((size_t)megabytes[index] << 20);
}

/* @return nanoseconds of a start */
static int64_t work(int64_t line, int milliseconds)
{
    return (int64_t)time_of(lines[line], milliseconds);
}

static void measure_memory(const bench_settings *s, const char *self)
{
    static double took[LINES][SIZES * BENCH_ROUNDS];
    const char *const titles[LINES] = {bench_raw_spawn_name(), "byn_process, bound to this one too",
                                       bench_fork_name()};
    int sizes = bench_memory_mb() < 10000 ? SIZES - 1 : SIZES,
        used = titles[LINES - 1] == NULL ? LINES - 1 : LINES, round, size, line;
    char name[BENCH_NAME];
    crew *parents;

    bench_fresh_name(name);
    parents = crew_start(self, name, program, sizes);
    for (round = 0; round < s->rounds; round++)
        for (line = 0; line < used; line++)
            for (size = 0; size < sizes; size++)
                took[line][size * s->rounds + round] =
                    (double)crew_work_one(parents, size, line, s->milliseconds);
    crew_end(parents);
    for (line = 0; line < used; line++) {
        bench_curve("Starting a program from a process with much memory",
                    "MiB of the parent, written to", megabytes);
        if (line == 1)
            bench_goal(BENCH_POSIX, size_names[2], NULL, 1.05);
        bench_report(BENCH_NANOSECONDS, titles[line], size_names, sizes, took[line], s->rounds);
    }
}

int main(int argc, char **argv)
{
    static const crew_member member = {join, work};
    bench_settings s = {.rounds = 51, .milliseconds = 10};
    int all, i;

    crew_serve(argc, argv, &member);
    bench_begin(argc, argv, &s);
    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return 2;
    program = bench_beside(argv[0], "bench_nothing");
    all = add_all();
    bench_goal(BENCH_POSIX, "byn_process, bound to this one too", NULL, 1.0);
    bench_measure("start and wait", names, all, measure_starts, s.rounds, s.milliseconds);
    for (i = 0; i < PYTHONS; i++)
        bench_peer_end(python[i]);
    measure_memory(&s, argv[0]);
    return 0;
}
