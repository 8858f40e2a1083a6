/* byname demo: the parent. It makes the objects, starts the workers, kills one, and checks the sum. */
#include "demo.h"
#include "files.h"
#include "output.h"
#include "terminal.h"
#include "tool.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

enum { TICK = 20, FILES_OF_SYSTEM = 400 };

typedef struct demo {
    demo_part part;
    demo_progress progress;
    byn_process *workers[DEMO_WORKERS];
    uint32_t pids[DEMO_WORKERS];
    bool ended[DEMO_WORKERS];
    byn_exit exits[DEMO_WORKERS];
    bool killed;
    uint64_t last_sign; /* of life, of all workers together */
    int silent;         /* ms since it changed */
} demo;

/* ---- The workers */

/* As the shell found us; cmd.exe also looks into the current directory. */
static byn_status start_worker(byn_process **process, const char *program, const demo_part *part)
{
    const byn_process_options options = BYN_OPTIONS(
        byn_process_options, .standard_input = BYN_STDIO_NULL, .kill_with_parent = true);
    const char *argv[] = {program,
                          verb_demo_worker.name,
                          byn_event_name(part->start),
                          byn_value_name(part->next),
                          byn_mutex_name(part->mutex),
                          byn_memory_name(part->memory),
                          NULL};
    byn_status status = byn_process_start(process, argv, &options);

    if (status == BYN_E_NOTFOUND && strpbrk(program, "/\\") == NULL) {
        argv[0] = apr_pstrcat(part->pool, "./", program, NULL);
        status = byn_process_start(process, argv, &options);
    }
    return status;
}

static byn_status start_workers(demo *d, const char *program)
{
    byn_status status = BYN_OK;
    int i;

    for (i = 0; i < DEMO_WORKERS && status >= 0; i++) {
        status = start_worker(&d->workers[i], program, &d->part);
        d->pids[i] = byn_process_pid(d->workers[i]);
    }
    return status;
}

static void end_workers(demo *d)
{
    int i;

    for (i = 0; i < DEMO_WORKERS; i++) {
        if (d->workers[i] != NULL && !d->ended[i]) {
            byn_process_kill(d->workers[i]);
            byn_process_wait(d->workers[i], DEMO_PATIENCE, NULL);
        }
        byn_process_close(d->workers[i]);
        d->workers[i] = NULL;
    }
}

/* Waits a tick. @return how many still run. */
static int look_at_workers(demo *d)
{
    byn_timeout timeout = TICK;
    int running = 0;
    int i;

    for (i = 0; i < DEMO_WORKERS; i++) {
        if (d->ended[i])
            continue;
        d->ended[i] = byn_process_wait(d->workers[i], timeout, &d->exits[i]) >= 0;
        running += !d->ended[i];
        timeout = BYN_NOW;
    }
    return running;
}

/* The row of a worker, for they took them in any order. */
static int row_of(const demo *d, int worker)
{
    int row;

    for (row = 0; row < DEMO_WORKERS; row++) {
        if (d->part.shared->rows[row].pid == d->pids[worker])
            return row;
    }
    return -1;
}

static void kill_the_stopped(demo *d)
{
    uint32_t row = d->part.shared->stopped - 1;
    int i;

    d->killed = true;
    for (i = 0; i < DEMO_WORKERS; i++) {
        if (row_of(d, i) != (int)row)
            continue;
        demo_say(&d->progress,
                 "worker %" PRIu32 " (pid %" PRIu32 ") holds the mutex, half-way through "
                 "an update: killed now",
                 row + 1, d->pids[i]);
        byn_process_kill(d->workers[i]);
    }
}

/* ---- Waiting for them: as long as something moves */

static bool still_moving(demo *d)
{
    uint64_t sign = d->part.shared->joined + d->part.shared->stopped;
    int row;

    for (row = 0; row < DEMO_ROWS; row++)
        sign += d->part.shared->rows[row].bytes_read + d->part.shared->rows[row].file;
    d->silent = sign != d->last_sign ? 0 : d->silent + TICK;
    d->last_sign = sign;
    return d->silent <= 2 * DEMO_PATIENCE;
}

/* Every worker has a row, or has died before. */
static bool all_joined(demo *d)
{
    bool all = false;
    int i;

    while (!all) {
        look_at_workers(d);
        for (all = true, i = 0; i < DEMO_WORKERS; i++)
            all = all && (d->ended[i] || row_of(d, i) >= 0);
        if (!still_moving(d))
            return false;
    }
    return true;
}

static bool all_done(demo *d)
{
    volatile demo_shared *shared = d->part.shared;

    while (look_at_workers(d) > 0) {
        if (shared->stopped != 0 && !d->killed)
            kill_the_stopped(d);
        demo_show_progress(&d->progress, shared->totals.counted + shared->totals.unreadable,
                           shared->file_count);
        if (!still_moving(d))
            return false;
    }
    return true;
}

/* If the killed worker was the last, there was nobody to be told: it is us. */
static byn_status count_what_is_left(demo_part *part)
{
    byn_status status = demo_lock(part);
    uint64_t i;

    part->again = 0;
    if (status >= 0)
        status = byn_mutex_unlock(part->mutex);
    for (i = 0; i < part->shared->file_count && status >= 0; i++) {
        if (part->shared->files[i].state != DEMO_OPEN)
            continue;
        part->shared->rows[part->row].again = i + 1;
        status = demo_count(part, i);
    }
    return status;
}

/* ---- The end */

static demo_totals count_alone(const demo_part *part)
{
    demo_totals totals = {0, 0, 0};
    uint64_t i;

    for (i = 0; i < part->shared->file_count; i++) {
        uint64_t words = 0;
        apr_pool_t *pool;

        apr_pool_create(&pool, part->pool);
        if (words_count(demo_path(part, i), pool, &words, NULL)) {
            totals.counted++;
            totals.words += words;
        } else {
            totals.unreadable++;
        }
        apr_pool_destroy(pool);
    }
    return totals;
}

/* @return false if a worker failed, which is not the same as being killed. */
static bool tell_fates(const demo *d, demo_end *end)
{
    bool good = true;
    int i;

    for (i = 0; i < DEMO_WORKERS; i++)
        end->fate[i] = "";
    for (i = 0; i < DEMO_WORKERS; i++) {
        int row = row_of(d, i);

        if (row < 0) { /* it died before it took one */
            row = (int)d->part.shared->joined++;
            d->part.shared->rows[row].pid = d->pids[i];
        }
        good = good && d->exits[i].code != EXIT_BAD;
        if (d->killed && (int)d->part.shared->stopped == row + 1)
            end->fate[row] = "killed holding the mutex";
        else if (d->exits[i].code != 0)
            end->fate[row] = format_text(d->part.pool, "ended with %d", (int)d->exits[i].code);
    }
    return good;
}

static int finish(demo *d)
{
    demo_end end;
    bool good;
    bool equal;
    bool clean;

    if (count_what_is_left(&d->part) < 0) {
        complain("byname demo: %s\n", byn_last_error());
        demo_close(&d->part);
        return EXIT_BAD;
    }
    demo_show_progress(&d->progress, d->part.shared->file_count, d->part.shared->file_count);
    demo_say(&d->progress, "all files are counted");
    good = tell_fates(d, &end);
    end.alone = count_alone(&d->part);
    equal = demo_report(&d->part, &end);
    clean = demo_unmake(&d->part);
    puts(clean ? "left behind: nothing" : "left behind: see byname ls");
    return good && equal && clean ? EXIT_GOOD : EXIT_BAD;
}

/* ---- All of it */

static void introduce(demo *d)
{
    const demo_part *part = &d->part;

    demo_say(&d->progress,
             "files: %" PRIu64 "; %d processes count their words and are told four names:",
             part->shared->file_count, DEMO_WORKERS);
    demo_say(&d->progress, "  event  %s\n  value  %s\n  mutex  %s\n  memory %s",
             byn_event_name(part->start), byn_value_name(part->next), byn_mutex_name(part->mutex),
             byn_memory_name(part->memory));
}

static bool run_workers(demo *d, const char *program)
{
    const char *problem = NULL;

    if (start_workers(d, program) < 0)
        problem = byn_last_error();
    else if (!all_joined(d))
        problem = "a worker does not begin";
    else if (byn_event_set(d->part.start) < 0)
        problem = byn_last_error();
    else if (!all_done(d))
        problem = "nothing moves any more";
    if (problem != NULL)
        complain("byname demo: %s\n", problem);
    end_workers(d);
    return problem == NULL;
}

static int run_demo(const char *program, const apr_array_header_t *files, apr_pool_t *pool)
{
    demo d = {.part = {.pool = pool}, .progress = {.terminal = terminal_is_output()}};

    if (demo_make(&d.part, files) < 0) {
        complain("byname demo: %s\n", byn_last_error());
        demo_close(&d.part);
        return EXIT_BAD;
    }
    introduce(&d);
    if (!run_workers(&d, program)) {
        demo_close(&d.part);
        return EXIT_BAD;
    }
    return finish(&d);
}

static int run(command_line *line)
{
    apr_array_header_t *files;
    const char *const *paths;
    const char *argument;
    const char *wrong = NULL;
    int letter;
    int count;

    while (command_line_next(line, &letter, &argument)) {
        /* There is only --help. */
    }
    if (line->over)
        return line->result;
    paths = command_line_words(line, &count);
    files = count > 0 ? files_below(paths, line->pool, &wrong)
                      : files_of_system(line->program, FILES_OF_SYSTEM, line->pool);
    if (files == NULL) {
        complain("byname demo: %s is neither a file nor a directory\n", wrong);
        return EXIT_BAD;
    }
    return run_demo(line->program, files, line->pool);
}

static const apr_getopt_option_t options[] = {OPTION_HELP, OPTION_END};

const verb verb_demo = {
    .name = "demo",
    .line = "count words with four processes, of which one is killed",
    .arguments = "[PATH...]",
    .text =
        "Four processes count the words of files together: of the files named, of all below the\n"
        "directories named, or of licences and documentation that the system has. Half-way one is\n"
        "killed while it holds the mutex and has changed half of what the mutex guards. The next\n"
        "one is told, repairs it and goes on; the sum is compared with that of one process "
        "alone.\n\n"
        "A word is a run of bytes that are not ASCII white space.\n"
        "Exit code: 0 if the sums are equal and nothing is left behind, 1 if not.\n",
    .options = options,
    .usage_code = EXIT_USAGE,
    .run = run,
};
