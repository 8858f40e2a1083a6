/* What a worker of the demo does, and how it survives the death of another. */
#include "demo.h"
#include "output.h"
#include "tool.h"
#include "words.h"

#include <apr_time.h>

void demo_close(demo_part *part)
{
    byn_event_close(part->start);
    byn_value_close(part->next);
    byn_mutex_close(part->mutex);
    byn_memory_close(part->memory);
}

const char *demo_path(const demo_part *part, uint64_t file)
{
    const char *base = byn_memory_base(part->memory);

    return base + part->shared->files[file].path;
}

/* ---- The death of an owner */

static void recompute_totals(volatile demo_shared *shared)
{
    demo_totals totals = {0, 0, 0};
    uint64_t i;

    for (i = 0; i < shared->file_count; i++) {
        totals.counted += shared->files[i].state == DEMO_COUNTED;
        totals.unreadable += shared->files[i].state == DEMO_UNREADABLE;
        if (shared->files[i].state == DEMO_COUNTED)
            totals.words += shared->files[i].words;
    }
    shared->totals.counted = totals.counted;
    shared->totals.unreadable = totals.unreadable;
    shared->totals.words = totals.words;
}

/* The mutex is ours, and what it guards may be half-changed. */
static void repair(demo_part *part)
{
    volatile demo_shared *shared = part->shared;
    byn_mutex_info info = {.struct_size = sizeof info};
    uint32_t row;

    recompute_totals(shared);
    if (byn_mutex_owner(part->mutex, &info) < 0 || info.last_dead.pid == 0)
        return; /* the parent will find what was left */
    for (row = 0; row < DEMO_WORKERS; row++) {
        uint64_t file = shared->rows[row].file;

        if (row == part->row || shared->rows[row].pid != info.last_dead.pid)
            continue;
        shared->rows[part->row].heir_of = info.last_dead.pid;
        if (file > 0 && shared->files[file - 1].state == DEMO_OPEN)
            part->again = file;
    }
}

byn_status demo_lock(demo_part *part)
{
    byn_status status = byn_mutex_lock(part->mutex, DEMO_PATIENCE);

    if (status == BYN_ABANDONED)
        repair(part);
    return status;
}

/* ---- One file */

/* Half-way through an update, with the mutex held: the worst moment to die. */
static void stop_if_asked(demo_part *part)
{
    volatile demo_shared *shared = part->shared;
    int i;

    if (shared->stopped != 0 || part->row >= DEMO_WORKERS ||
        shared->totals.counted + shared->totals.unreadable != shared->stop_after + 1)
        return;
    shared->stopped = part->row + 1;
    for (i = 0; i < DEMO_PATIENCE / 10; i++)
        apr_sleep(apr_time_from_msec(10)); /* until we are killed */
}

static void add(demo_part *part, volatile demo_file *file, bool readable, uint64_t words)
{
    volatile demo_totals *totals = &part->shared->totals;

    if (readable)
        totals->counted += 1;
    else
        totals->unreadable += 1;
    stop_if_asked(part);
    totals->words += words;
    file->words = words;
    file->row = part->row;
    file->state = readable ? DEMO_COUNTED : DEMO_UNREADABLE; /* from here on it counts */
}

static byn_status count_one(demo_part *part, uint64_t number)
{
    volatile demo_row *row = &part->shared->rows[part->row];
    volatile demo_file *file = &part->shared->files[number];
    apr_pool_t *pool;
    uint64_t words = 0;
    bool readable;
    byn_status status;

    if (apr_pool_create(&pool, part->pool) != APR_SUCCESS)
        return BYN_E_NOMEM;
    row->file = number + 1;
    readable = words_count(demo_path(part, number), pool, &words, &row->bytes_read);
    apr_pool_destroy(pool);
    status = demo_lock(part);
    if (status < 0)
        return status;
    if (file->state == DEMO_OPEN)
        add(part, file, readable, readable ? words : 0);
    return byn_mutex_unlock(part->mutex);
}

byn_status demo_count(demo_part *part, uint64_t file)
{
    byn_status status = count_one(part, file);

    while (status >= 0 && part->again != 0) {
        file = part->again - 1;
        part->again = 0;
        part->shared->rows[part->row].again = file + 1;
        status = count_one(part, file);
    }
    return status;
}

/* ---- A worker */

/* Takes a row. Who holds the mutex is written down in it, so we are told our own pid. */
static byn_status join(demo_part *part)
{
    byn_mutex_info info = {.struct_size = sizeof info};
    byn_status status = byn_mutex_lock(part->mutex, DEMO_PATIENCE);

    if (status < 0)
        return status;
    status = byn_mutex_owner(part->mutex, &info);
    if (status >= 0 && part->shared->joined < DEMO_WORKERS) {
        part->row = part->shared->joined;
        part->shared->rows[part->row].pid = info.owner.pid;
        part->shared->joined = part->row + 1;
    } else if (status >= 0) {
        status = BYN_E_LIMIT;
    }
    byn_mutex_unlock(part->mutex);
    return status;
}

/* The last look at the mutex: its owner may have died after our last file. */
static byn_status leave(demo_part *part)
{
    byn_status status = demo_lock(part);
    uint64_t file = part->again;

    if (status < 0)
        return status;
    status = byn_mutex_unlock(part->mutex);
    if (status < 0 || file == 0)
        return status;
    part->again = 0;
    part->shared->rows[part->row].again = file;
    return demo_count(part, file - 1);
}

static byn_status work(demo_part *part)
{
    byn_status status = join(part);
    int64_t number;

    if (status >= 0)
        status = byn_event_wait(part->start, DEMO_PATIENCE);
    while (status >= 0) {
        status = byn_value_add(part->next, 1, &number);
        if (status < 0 || (uint64_t)number > part->shared->file_count)
            break;
        status = demo_count(part, (uint64_t)number - 1);
    }
    return status < 0 ? status : leave(part);
}

static byn_status open_by_names(demo_part *part, const char *const *names)
{
    byn_status status = byn_event_open(&part->start, names[0],
                                       &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY));

    if (status >= 0)
        status = byn_value_open(&part->next, names[1],
                                &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY));
    if (status >= 0)
        status = byn_mutex_open(&part->mutex, names[2],
                                &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY));
    if (status >= 0)
        status = byn_memory_open(&part->memory, names[3],
                                 &BYN_OPTIONS(byn_memory_options, .open = BYN_OPEN_ONLY));
    if (status >= 0)
        part->shared = byn_memory_base(part->memory);
    return status;
}

static int demo_worker(command_line *line)
{
    demo_part part = {.pool = line->pool};
    const char *const *names;
    const char *argument;
    byn_status status;
    int letter;
    int count;

    while (command_line_next(line, &letter, &argument)) {
        /* There is only --help. */
    }
    if (line->over)
        return line->result;
    names = command_line_words(line, &count);
    if (count != 4)
        return command_line_wrong(line, "it takes four names and is started by byname demo");
    status = open_by_names(&part, names);
    if (status >= 0)
        status = work(&part);
    if (status < 0)
        complain("byname demo-worker: %s: %s\n", byn_status_name(status), byn_last_error());
    demo_close(&part);
    return status < 0 ? EXIT_BAD : EXIT_GOOD;
}

static const apr_getopt_option_t options[] = {OPTION_HELP, OPTION_END};

const verb verb_demo_worker = {
    .name = "demo-worker",
    .arguments = "EVENT VALUE MUTEX MEMORY",
    .text = "One worker of byname demo, which starts it.\n",
    .options = options,
    .usage_code = EXIT_USAGE,
    .run = demo_worker,
};
