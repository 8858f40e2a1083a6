/*
 * One command at a time, in a worker of byname map.
 *
 * THE LEASH is a mutex that the map holds as long as it wants its commands. A worker that could have it ends its
 * command with all that this has started: the map was interrupted, or has died. So nothing is left behind, whoever
 * is killed; and the workers of a pool that other maps share go on.
 *
 * OUTPUT is collected up to a size, and handed over in the pool's memory. What is larger goes to temporary files.
 */
#include "map_command.h"

#include "map_files.h"
#include "map_message.h"
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

enum {
    SLICE = 100,         /* milliseconds between looks at the leash and the time */
    GRACE = 500,         /* that a command has between being asked to end and being killed */
    PATIENCE = 2000,     /* for the rest of its output, if somebody escaped and has that open */
    IN_MEMORY = 1 << 20, /* bytes of an output */
    PORTION = 1 << 16
};

#define FOREVER ((apr_time_t)1 << 60) /* microseconds */

typedef struct running {
    const map_request *request;
    byn_call *call;
    byn_process *process;
    apr_pool_t *pool;
    map_answer answer;
    apr_time_t elapsed; /* since the start, about */
    apr_time_t looked;
    byn_timeout slice;       /* how long a step may sleep */
    bool in_files;           /* else the outputs are in `memory` */
    bool ended[MAP_STREAMS]; /* nobody will write to it any more */
    bool map_died;
    int busy; /* the stream that spoke last */
    apr_file_t *files[MAP_STREAMS];
} running;

/* Of the command that runs; kept for the next one. */
static bytes memory[MAP_STREAMS];
static char portion[PORTION];

static const byn_stream streams[MAP_STREAMS] = {BYN_STREAM_OUTPUT, BYN_STREAM_ERROR};

/* ---- The leash */

/* The one of the command before, most of the time. */
static byn_mutex *leash;
static char leash_name[300];

static bool hold_leash(const char *name)
{
    if (leash != NULL && strcmp(leash_name, name) == 0)
        return true;
    byn_mutex_close(leash);
    leash = NULL;
    apr_cpystrn(leash_name, name, sizeof leash_name);
    return byn_mutex_open(&leash, name, &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY)) >=
           0;
}

static bool is_unleashed(running *r)
{
    byn_status status = byn_mutex_lock(leash, BYN_NOW);

    if (status < 0)
        return byn_call_is_canceled(r->call);
    r->map_died = status == BYN_ABANDONED;
    byn_mutex_unlock(leash);
    return true;
}

/* ---- Outputs */

static void cannot_collect(running *r, const char *what, apr_status_t status)
{
    char text[200];

    r->answer.how = MAP_UNREADABLE;
    r->answer.status = BYN_E_OS;
    r->answer.message =
        apr_psprintf(r->pool, "%s: %s", what, apr_strerror(status, text, sizeof text));
}

static bool write_to_file(running *r, int which, const char *data, size_t size)
{
    apr_status_t status = APR_SUCCESS;

    if (size == 0)
        return true;
    if (r->files[which] == NULL)
        r->files[which] =
            map_files_create(r->request->files, &r->answer.output[which].file, &status, r->pool);
    if (status == APR_SUCCESS)
        status = apr_file_write_full(r->files[which], data, size, NULL);
    if (status != APR_SUCCESS)
        cannot_collect(r, "its output cannot be put into a temporary file", status);
    return status == APR_SUCCESS;
}

static bool begin_files(running *r)
{
    bool good = true;
    int i;

    r->in_files = true;
    for (i = 0; i < MAP_STREAMS && good; i++)
        good = write_to_file(r, i, memory[i].at, memory[i].size);
    return good;
}

static bool put(running *r, int which, const char *data, size_t size)
{
    r->answer.output[which].size += size;
    if (!r->in_files && memory[which].size + size > IN_MEMORY && !begin_files(r))
        return false;
    if (r->in_files)
        return write_to_file(r, which, data, size);
    if (bytes_add(&memory[which], data, size))
        return true;
    cannot_collect(r, "its output cannot be kept", APR_ENOMEM);
    return false;
}

/* What one stream has. BYN_OK: something; BYN_E_TIMEDOUT; BYN_E_CLOSED; BYN_E_OS: it cannot be kept. */
static byn_status read_stream(running *r, int i, byn_timeout timeout)
{
    size_t size = PORTION;
    byn_status status;

    if (r->ended[i])
        return BYN_E_CLOSED;
    status = byn_process_read(r->process, streams[i], portion, &size, timeout);
    if (status >= 0) {
        r->busy = i;
        return put(r, i, portion, size) ? BYN_OK : BYN_E_OS;
    }
    r->ended[i] = status == BYN_E_CLOSED;
    return status;
}

/*
 * A step: BYN_OK: it has ended and all was collected; BYN_E_TIMEDOUT: not yet; else it cannot be. It sleeps on the
 * stream that spoke last, and looks at the other one: who fills a pipe that is looked at only waits for a slice,
 * and once, for then it is the one that spoke.
 */
static byn_status collect(running *r)
{
    int busy = r->ended[r->busy] ? 1 - r->busy : r->busy;
    byn_status first = read_stream(r, busy, r->slice);
    byn_status second = read_stream(r, 1 - busy, BYN_NOW);

    if (first == BYN_E_CLOSED && second == BYN_E_CLOSED)
        return byn_process_wait(r->process, r->slice, &r->answer.exit);
    if (first < 0 && first != BYN_E_CLOSED && first != BYN_E_TIMEDOUT)
        return first;
    if (second < 0 && second != BYN_E_CLOSED && second != BYN_E_TIMEDOUT)
        return second;
    return BYN_E_TIMEDOUT;
}

/* ---- Until it ends */

/* The clock may be set meanwhile: no step takes longer than a second, or goes back. */
static void count_time(running *r)
{
    apr_time_t now = apr_time_now(), step = now - r->looked;

    r->looked = now;
    if (step > APR_USEC_PER_SEC)
        step = APR_USEC_PER_SEC;
    if (step > 0)
        r->elapsed += step;
}

/* A step that ends in time. */
static byn_status collect_until(running *r, apr_time_t end)
{
    apr_time_t rest = (end - r->elapsed + 999) / 1000;

    r->slice = rest < 1 ? 1 : rest < SLICE ? rest : SLICE;
    return collect(r);
}

/* For so long; whether it has ended. */
static bool collect_for(running *r, byn_timeout time, byn_status *status)
{
    apr_time_t end = r->elapsed + time * 1000;

    do {
        *status = collect_until(r, end);
        count_time(r);
    } while (*status == BYN_E_TIMEDOUT && r->elapsed < end);
    return *status != BYN_E_TIMEDOUT;
}

static void end_it(running *r, map_how why, byn_status *status)
{
    (void)byn_process_terminate(r->process);
    if (!collect_for(r, GRACE, status)) {
        (void)byn_process_kill_tree(r->process);
        (void)collect_for(r, PATIENCE, status);
    }
    if (*status >= 0 || *status == BYN_E_TIMEDOUT) {
        r->answer.how = why;
        *status = BYN_OK;
    }
}

static void cannot_go_on(running *r, byn_status status)
{
    if (r->answer.how != MAP_UNREADABLE) {
        r->answer.how = MAP_UNREADABLE;
        r->answer.status = status;
        r->answer.message = apr_pstrdup(r->pool, byn_last_error());
    }
    (void)byn_process_kill_tree(r->process);
}

static void attend(running *r)
{
    byn_timeout most = r->request->timeout;
    apr_time_t end = most != 0 && most < FOREVER ? most * 1000 : FOREVER;
    byn_status status;

    r->looked = apr_time_now();
    do {
        status = collect_until(r, end);
        count_time(r);
        if (status != BYN_E_TIMEDOUT)
            continue;
        if (is_unleashed(r))
            end_it(r, MAP_UNLEASHED, &status);
        else if (r->elapsed >= end)
            end_it(r, MAP_LATE, &status);
    } while (status == BYN_E_TIMEDOUT);
    if (status < 0)
        cannot_go_on(r, status);
}

/* ---- The answer */

static void close_files(running *r)
{
    int i;

    for (i = 0; i < MAP_STREAMS; i++) {
        apr_status_t status = r->files[i] != NULL ? apr_file_close(r->files[i]) : APR_SUCCESS;

        r->files[i] = NULL;
        if (status != APR_SUCCESS)
            cannot_collect(r, "its output cannot be put into a temporary file", status);
    }
}

/* Nobody prints it. The first worker that learns of the map's death removes what the others had handed over. */
static void drop_files(running *r)
{
    int i;

    for (i = 0; i < MAP_STREAMS; i++) {
        if (r->answer.output[i].file != NULL)
            map_files_remove_one(r->request->files, r->answer.output[i].file, r->pool);
        r->answer.output[i].file = NULL;
        r->answer.output[i].size = 0;
        memory[i].size = 0;
    }
    r->in_files = false;
    if (r->map_died)
        map_files_remove(r->request->files, r->pool);
}

/* If the pool's memory has no room, the outputs go to files, too. */
static byn_status give(running *r)
{
    void *room;
    byn_status status;
    int i;

    for (i = 0; i < MAP_STREAMS && !r->in_files; i++)
        r->answer.output[i].data = memory[i].at != NULL ? memory[i].at : "";
    status = byn_call_reserve(r->call, map_answer_size(&r->answer), &room);

    if (status < 0 && !r->in_files && begin_files(r)) {
        close_files(r);
        status = byn_call_reserve(r->call, map_answer_size(&r->answer), &room);
    }
    if (status >= 0)
        map_answer_write(&r->answer, room);
    return status;
}

static void start_and_attend(running *r)
{
    const map_request *request = r->request;
    byn_status status = byn_process_start(
        &r->process, request->words,
        &BYN_OPTIONS(byn_process_options, .environment = request->variables,
                     .clear_environment = request->variables != NULL,
                     .directory = request->directory[0] != '\0' ? request->directory : NULL,
                     .standard_input = BYN_STDIO_NULL, .standard_output = BYN_STDIO_PIPE,
                     .standard_error = BYN_STDIO_PIPE, .kill_with_parent = true));

    if (status < 0) {
        r->answer.how = MAP_NOT_STARTED;
        r->answer.status = status;
        r->answer.message = apr_pstrdup(r->pool, byn_last_error());
        return;
    }
    attend(r);
    close_files(r);
    if (r->answer.how == MAP_UNLEASHED || (r->in_files && is_unleashed(r) && r->map_died))
        drop_files(r);
}

static byn_status run_request(byn_call *call, const map_request *request, apr_pool_t *pool)
{
    running r = {.request = request, .call = call, .pool = pool};
    byn_status status;

    memory[0].size = memory[1].size = 0;
    if (!hold_leash(request->leash))
        r.answer.how = MAP_UNLEASHED;
    else
        start_and_attend(&r);
    status = give(&r);
    byn_process_close(r.process);
    return status;
}

static byn_status run(byn_call *call)
{
    static apr_pool_t *pool;
    map_request request;
    size_t size;
    const void *data = byn_call_argument(call, &size);
    byn_status status;

    if (pool == NULL && apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return byn_call_fail(call, BYN_E_NOMEM, "no memory for a command");
    if (map_request_read(&request, data, size, pool))
        status = run_request(call, &request, pool);
    else
        status = byn_call_fail(call, BYN_E_INVALID, "that is no request of byname map");
    apr_pool_clear(pool);
    return status;
}

/*
 * Each worker's first task. A pool that maps share outlives the one that has started the worker: who reads the output
 * of that one shall not wait for the worker.
 */
static byn_status begin(byn_call *call)
{
    (void)call;
    system_close_outputs();
    return BYN_OK;
}

const byn_task map_tasks[] = {BYN_TASK(MAP_TASK, run), BYN_TASK(MAP_TASK_BEGIN, begin),
                              BYN_TASK_END};
