/* Submits the jobs of byname map to its pool, and takes what has ended. */
#include "map.h"

#include "map_files.h"
#include "nouns.h"
#include "output.h"
#include "program.h"
#include "system.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

enum {
    EACH = 4, /* submitted for each worker */
    LEAST = 16,
    MOST = 1024,
    KEPT_MOST = 4096, /* that have ended, and an earlier one has not */
    ROOM = 100,       /* milliseconds to wait for room in the pool */
    LEAVE = 10000,    /* milliseconds for workers to leave */
    NET = 10000       /* milliseconds above the timeout: then the worker itself hangs */
};

/* ---- Begin */

static bool failed(map_state *map)
{
    complain("byname map: %s\n", byn_last_error());
    map_cannot(map, EXIT_RUN_FAILED);
    return false;
}

static bool begin_leash(map_state *map)
{
    if (byn_mutex_open(&map->leash, NULL, NULL) < 0 || byn_mutex_lock(map->leash, BYN_NOW) < 0)
        return failed(map);
    map->is_leashed = true;
    map->request.leash = byn_mutex_name(map->leash);
    map->request.files = map_files_begin(map->request.leash, map->pool);
    if (map->request.files == NULL)
        map->request.files = "";
    return true;
}

static bool is_absolute(const char *path)
{
    return path[0] == '/' || (system_is_windows() && (path[0] == '\\' || path[1] == ':'));
}

/* The workers of a shared pool were started elsewhere: they are told where this map is. */
static void tell_place(map_state *map)
{
    const char **words;
    char *here;
    int count;

    map->request.variables = system_environment(map->pool, &count);
    if (apr_filepath_get(&here, APR_FILEPATH_NATIVE, map->pool) != APR_SUCCESS)
        return;
    map->request.directory = here;
    if (!program_is_path(map->settings.words[0]) || is_absolute(map->settings.words[0]))
        return;
    words = apr_pmemdup(map->pool, map->settings.words,
                        ((size_t)map->settings.word_count + 1) * sizeof *words);
    words[0] = apr_pstrcat(map->pool, here, "/", words[0], NULL);
    map->settings.words = words;
}

static bool open_pool(map_state *map)
{
    const map_settings *s = &map->settings;
    byn_status status = byn_pool_open(
        &map->workers, s->pool,
        &BYN_OPTIONS(byn_pool_options, .mode = rights_for(s->pool), .workers = (uint32_t)s->jobs,
                     .orphans = BYN_POOL_FINISH, .initializer = MAP_TASK_BEGIN));

    return status >= 0 || failed(map);
}

static size_t choose_window(const map_state *map)
{
    size_t workers = map->settings.jobs > 0 ? (size_t)map->settings.jobs : byn_processors();
    size_t window = EACH * workers;

    return window < LEAST ? LEAST : window > MOST ? MOST : window;
}

bool map_jobs_begin(map_state *map)
{
    map->request.directory = "";
    map->request.timeout = map->settings.timeout;
    map->window = choose_window(map);
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): each is a pointer */
    map->submitted = apr_palloc(map->pool, map->window * sizeof(map->submitted[0]));
    if (map->settings.pool != NULL)
        tell_place(map);
    return begin_leash(map) && open_pool(map);
}

/* ---- Submit */

static bool has_words_for(const map_state *map)
{
    const char *const *word = map->settings.words;

    while (*word != NULL && !map_takes_input(*word))
        word++;
    return *word != NULL;
}

static bool write_argument(map_state *map, const map_job *job)
{
    const map_settings *s = &map->settings;
    bool appended = !has_words_for(map), good;
    bytes *to = &map->argument;
    int i;

    to->size = 0;
    good = map_request_begin(to, &map->request, s->word_count + appended);
    for (i = 0; i < s->word_count && good; i++)
        good = map_request_word(to, s->words[i], job->input, job->size, job->number);
    if (good && appended)
        good = bytes_add(to, job->input, job->size + 1);
    return good && map_request_end(to, &map->request);
}

/* Called by the library's thread. */
static void on_done(byn_future *future, void *context)
{
    map_job *job = context;
    map_state *map = job->map;

    (void)future;
    apr_thread_mutex_lock(map->mutex);
    map_list_add(&map->ended, job);
    apr_thread_cond_signal(map->changed);
    apr_thread_mutex_unlock(map->mutex);
}

static void end_job(map_state *map, map_job *job)
{
    bool halts = job->outcome == MAP_FAILS && map->settings.halt && map->stop == MAP_GOES_ON;

    map_output_ended(map, job);
    if (!halts)
        return;
    map->stop = MAP_HALTED;
    map_jobs_cancel(map);
}

static void fail_job(map_state *map, map_job *job, const char *why)
{
    job->failure = why;
    job->outcome = MAP_FAILS;
    end_job(map, job);
}

static byn_status submit(map_state *map, map_job *job)
{
    byn_timeout timeout = map->settings.timeout;
    byn_status status;

    if (!write_argument(map, job))
        return BYN_E_NOMEM;
    status =
        byn_pool_submit(map->workers, &job->future, MAP_TASK, map->argument.at, map->argument.size,
                        &BYN_OPTIONS(byn_submit_options, .on_done = on_done, .context = job,
                                     .task_timeout = timeout != 0 ? timeout + NET : 0),
                        ROOM);
    if (status < 0)
        return status;
    job->attempts++;
    job->place = map->count;
    map->submitted[map->count++] = job;
    return status;
}

/* False: not now, or never. */
static bool submit_or_keep(map_state *map, map_job *job)
{
    byn_status status;

    if (memchr(job->input, '\0', job->size) != NULL) {
        fail_job(map, job, "it has a NUL byte, which no argument can have");
        return true;
    }
    status = submit(map, job);
    if (status == BYN_E_TOOBIG) {
        fail_job(map, job, "it is too large for the pool's memory");
        return true;
    }
    if (status >= 0)
        return true;
    if (status != BYN_E_TIMEDOUT && status != BYN_E_CANCELED)
        failed(map);
    job->next = map->again.first;
    if (map->again.first == NULL)
        map->again.last = job;
    map->again.first = job;
    return false;
}

static map_job *next_job(map_state *map)
{
    map_job *job = map_list_take(&map->again);

    if (job != NULL || map->kept_count >= KEPT_MOST)
        return job;
    apr_thread_mutex_lock(map->mutex);
    job = map_input_take(map);
    apr_thread_mutex_unlock(map->mutex);
    if (job != NULL)
        map_output_expect(map, job);
    return job;
}

void map_jobs_submit(map_state *map)
{
    while (map->stop == MAP_GOES_ON && map->count < map->window) {
        map_job *job = next_job(map);

        if (job == NULL || !submit_or_keep(map, job))
            break;
    }
}

bool map_jobs_has_room(const map_state *map)
{
    return map->stop == MAP_GOES_ON && map->count < map->window && map->kept_count < KEPT_MOST;
}

/* ---- Take */

/* None of its lines can be run. Said once. */
static bool is_hopeless(map_state *map, const map_job *job)
{
    const map_answer *answer = &job->answer;
    bool missing = answer->status == BYN_E_NOTFOUND;

    if (!job->answered || answer->how != MAP_NOT_STARTED || map_takes_input(map->settings.words[0]))
        return false;
    if (!missing && answer->status != BYN_E_ACCESS && answer->status != BYN_E_UNSUPPORTED)
        return false;
    if (map->stop == MAP_GOES_ON) {
        complain("byname map: \"%s\" cannot be run: %s\n", map->settings.words[0], answer->message);
        map_cannot(map, missing ? EXIT_RUN_MISSING : EXIT_RUN_CANNOT);
    }
    return true;
}

/* A worker may be another user's: it shall not have other files printed and removed. */
static bool has_own_files(const map_state *map, const map_answer *answer)
{
    size_t length = strlen(map->request.files);
    int i;

    for (i = 0; i < MAP_STREAMS; i++) {
        const char *file = answer->output[i].file;

        if (file != NULL && (strncmp(file, map->request.files, length) != 0 ||
                             file[length] != '/' || strpbrk(file + length + 1, "/\\:") != NULL))
            return false;
    }
    return true;
}

static void take_answer(const map_state *map, map_job *job)
{
    const byn_exit *exit = &job->answer.exit;
    const void *data;
    size_t size;

    job->answered = byn_future_result(job->future, &data, &size) >= 0 &&
                    map_answer_read(&job->answer, data, size) && has_own_files(map, &job->answer);
    if (!job->answered)
        job->failure = "its worker gave no answer that is understood";
    else if (job->answer.how == MAP_UNLEASHED)
        job->outcome = MAP_NEVER_RAN;
    else if (job->answer.how == MAP_ENDED && exit->known && exit->code == 0 && exit->signal == 0)
        job->outcome = MAP_ENDS_WELL;
}

/* The pool's failures; some are those of all jobs. */
static void take_error(map_state *map, map_job *job)
{
    byn_task_error error = {.struct_size = sizeof error};

    (void)byn_future_error(job->future, &error);
    if (error.status == BYN_E_CANCELED)
        job->outcome = MAP_NEVER_RAN;
    if (map->stop == MAP_GOES_ON &&
        (error.status == BYN_E_NOTFOUND || error.status == BYN_E_BROKEN ||
         error.status == BYN_E_CANCELED)) {
        complain("byname map: the pool \"%s\" does not run it: %s\n", byn_pool_name(map->workers),
                 error.message);
        map_cannot(map, EXIT_RUN_FAILED);
        job->outcome = MAP_NEVER_RAN;
    }
}

static void look_at(map_state *map, map_job *job)
{
    byn_future_stage stage = byn_future_state(job->future);

    job->outcome = MAP_FAILS;
    job->answered = false;
    if (stage == BYN_FUTURE_DONE)
        take_answer(map, job);
    else
        take_error(map, job);
    if (is_hopeless(map, job))
        job->outcome = MAP_NEVER_RAN;
}

static void try_again(map_state *map, map_job *job)
{
    map_answer_drop(map, job);
    byn_future_close(job->future);
    job->future = NULL;
    job->answered = false;
    job->failure = NULL;
    job->outcome = MAP_WAITS;
    map->counts.retried++;
    map_list_add(&map->again, job);
}

static void settle(map_state *map, map_job *job)
{
    map_job *last = map->submitted[--map->count];

    map->submitted[job->place] = last;
    last->place = job->place;
    look_at(map, job);
    if (job->outcome == MAP_FAILS && map->stop == MAP_GOES_ON &&
        job->attempts <= (uint32_t)map->settings.retries)
        try_again(map, job);
    else
        end_job(map, job);
}

void map_jobs_take(map_state *map)
{
    map_list ended;
    map_job *job;

    apr_thread_mutex_lock(map->mutex);
    ended = map->ended;
    memset(&map->ended, 0, sizeof map->ended);
    apr_thread_mutex_unlock(map->mutex);
    while ((job = map_list_take(&ended)) != NULL)
        settle(map, job);
}

uint32_t map_jobs_running(const map_state *map)
{
    uint32_t running = 0;
    size_t i;

    for (i = 0; i < map->count; i++)
        running += byn_future_state(map->submitted[i]->future) == BYN_FUTURE_RUNNING;
    return running;
}

/* ---- The end */

void map_jobs_cancel(map_state *map)
{
    size_t i;

    for (i = 0; i < map->count; i++)
        (void)byn_future_cancel(map->submitted[i]->future);
}

void map_jobs_unleash(map_state *map)
{
    if (map->is_leashed)
        byn_mutex_unlock(map->leash);
    map->is_leashed = false;
}

void map_jobs_kill(map_state *map)
{
    size_t i;

    for (i = 0; i < map->count; i++)
        (void)byn_future_kill(map->submitted[i]->future);
}

static void drop_again(map_state *map)
{
    map_job *job;

    if (map->settings.keep_order)
        return; /* they were among those that are kept */
    while ((job = map_list_take(&map->again)) != NULL)
        map_job_free(job);
}

/* What is not shared ends with its workers. */
static void close_pool(map_state *map)
{
    if (map->workers == NULL)
        return;
    if (map->settings.pool == NULL && byn_pool_shutdown(map->workers) >= 0 &&
        byn_pool_join(map->workers, LEAVE) == BYN_E_TIMEDOUT)
        (void)byn_pool_terminate(map->workers);
    byn_pool_close(map->workers);
}

void map_jobs_end(map_state *map)
{
    drop_again(map);
    close_pool(map);
    map_jobs_unleash(map);
    if (map->request.files != NULL)
        map_files_remove(map->request.files, map->pool);
    byn_mutex_close(map->leash);
    bytes_free(&map->argument);
}
