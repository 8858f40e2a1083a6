/*
 * Reads ahead, in a thread of its own: so that outputs are printed while the next line is still to come, and that the
 * end may be known. Not more than a size: an input may be endless.
 */
#include "map.h"

#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

enum { AHEAD_BYTES = 16 << 20, AHEAD_LINES = 1 << 16 };

typedef struct map_input {
    apr_pool_t *pool;           /* its own: it may still sleep in a read when all else is gone */
    apr_allocator_t *allocator; /* the pool's; what looks for leaks does not look into pools */
    apr_thread_t *thread;
    stream stream;
    map_state *map;
    apr_thread_cond_t *room;
    bool strips_cr;
    /* With the mutex: */
    map_list lines;
    size_t bytes;
    size_t count;
    uint64_t number;
    bool ended, failed, stop;
} map_input;

/* Static, for the thread may outlive what calls it. */
static map_input reader;

/* ---- Jobs */

void map_list_add(map_list *list, map_job *job)
{
    job->next = NULL;
    if (list->first == NULL)
        list->first = job;
    else
        list->last->next = job;
    list->last = job;
}

map_job *map_list_take(map_list *list)
{
    map_job *job = list->first;

    if (job != NULL)
        list->first = job->next;
    return job;
}

static map_job *make_job(map_input *input, const char *data, size_t size)
{
    map_job *job = calloc(1, sizeof *job);
    char *copy = malloc(size + 1);

    if (job == NULL || copy == NULL) {
        free(job);
        free(copy);
        fputs("byname map: no memory for a line\n", stderr);
        return NULL;
    }
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    job->input = copy;
    job->size = size;
    job->map = input->map;
    return job;
}

void map_job_free(map_job *job)
{
    byn_future_close(job->future);
    free(job->input);
    free(job);
}

/* ---- The thread */

/* False: it is not wanted any more. */
static bool hand_over(map_input *input, map_job *job)
{
    map_state *map = input->map;
    bool stop;

    apr_thread_mutex_lock(map->mutex);
    while (!input->stop && (input->bytes >= AHEAD_BYTES || input->count >= AHEAD_LINES))
        apr_thread_cond_wait(input->room, map->mutex);
    stop = input->stop;
    if (!stop) {
        job->number = ++input->number;
        map_list_add(&input->lines, job);
        input->bytes += job->size;
        input->count++;
        map->counts.read = input->number;
        apr_thread_cond_signal(map->changed);
    }
    apr_thread_mutex_unlock(map->mutex);
    if (stop)
        map_job_free(job);
    return !stop;
}

/* False: no memory. */
static bool read_lines(map_input *input)
{
    const char *data;
    size_t size;

    while (stream_line(&input->stream, &data, &size)) {
        map_job *job;

        if (input->strips_cr && size > 0 && data[size - 1] == '\r')
            size--;
        job = make_job(input, data, size);
        if (job == NULL)
            return false;
        if (!hand_over(input, job))
            break;
    }
    return true;
}

static void *APR_THREAD_FUNC read_all(apr_thread_t *thread, void *context)
{
    map_input *input = context;
    bool good = read_lines(input);

    (void)thread;
    apr_thread_mutex_lock(input->map->mutex);
    input->failed = !good || input->stream.failed;
    input->ended = true;
    input->map->counts.all_read = !input->failed;
    apr_thread_cond_signal(input->map->changed);
    apr_thread_mutex_unlock(input->map->mutex);
    return NULL;
}

/* ---- For the others */

bool map_input_begin(map_state *map)
{
    map_input *input = &reader;
    apr_pool_t *pool;

    if (apr_pool_create_unmanaged(&input->pool) != APR_SUCCESS)
        return false;
    pool = input->pool;
    input->allocator = apr_pool_allocator_get(pool);
    input->map = map;
    if (!stream_open(&input->stream, map->settings.input, pool)) {
        apr_pool_destroy(pool);
        return false;
    }
    input->stream.separator = map->settings.separator;
    input->strips_cr = map->settings.separator == '\n' && system_is_windows();
    if (apr_thread_mutex_create(&map->mutex, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS ||
        apr_thread_cond_create(&map->changed, pool) != APR_SUCCESS ||
        apr_thread_cond_create(&input->room, pool) != APR_SUCCESS) {
        fputs("byname map: the system refuses a lock\n", stderr);
        return false;
    }
    map->input = input;
    if (apr_thread_create(&input->thread, NULL, read_all, input, pool) == APR_SUCCESS)
        return true;
    fputs("byname map: the system refuses a thread\n", stderr);
    return false;
}

/* A thread that sleeps in a read is left alone: it has nothing but its own. */
void map_input_end(map_state *map)
{
    map_input *input = map->input;
    apr_status_t result;
    bool ended;

    if (input == NULL || input->thread == NULL)
        return;
    apr_thread_mutex_lock(map->mutex);
    input->stop = true;
    ended = input->ended;
    apr_thread_cond_signal(input->room);
    apr_thread_mutex_unlock(map->mutex);
    if (!ended) {
        (void)apr_thread_detach(input->thread);
        return;
    }
    apr_thread_join(&result, input->thread);
    stream_end(&input->stream);
    while (input->lines.first != NULL)
        map_job_free(map_list_take(&input->lines));
    apr_pool_destroy(input->pool);
}

map_job *map_input_take(map_state *map)
{
    map_input *input = map->input;
    map_job *job = map_list_take(&input->lines);

    if (job != NULL) {
        input->bytes -= job->size;
        input->count--;
        apr_thread_cond_signal(input->room);
    }
    return job;
}

bool map_input_has_one(const map_state *map)
{
    return map->input->lines.first != NULL;
}

bool map_input_is_over(const map_state *map, bool *failed)
{
    *failed = map->input->failed;
    return map->input->ended && map->input->lines.first == NULL;
}
