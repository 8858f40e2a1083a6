/* What the commands of byname map have printed, and which of them failed. */
#include "map.h"

#include "output.h"
#include "records.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

enum { KEPT_TEXT = 60, PORTION = 1 << 16 };

bool map_output_begin(map_state *map)
{
    if (apr_file_open_stdout(&map->out, map->pool) == APR_SUCCESS &&
        apr_file_open_stderr(&map->err, map->pool) == APR_SUCCESS &&
        apr_pool_create(&map->scratch, map->pool) == APR_SUCCESS)
        return true;
    fputs("byname map: there is no standard output\n", stderr);
    return false;
}

/* ---- Words */

static const char *exit_text(const byn_exit *exit, apr_pool_t *pool)
{
    if (!exit->known)
        return "it is not known how it ended";
    if (exit->signal != 0)
        return format_text(pool, "ended by signal %" PRId32, exit->signal);
    if (exit->code < 0 || exit->code > 255)
        return format_text(pool, "exit code 0x%08" PRIX32, (uint32_t)exit->code);
    return format_text(pool, "exit code %" PRId32, exit->code);
}

static const char *answer_text(const map_state *map, const map_job *job, apr_pool_t *pool)
{
    switch (job->answer.how) {
    case MAP_ENDED:
        return exit_text(&job->answer.exit, pool);
    case MAP_LATE:
        return format_text(pool, "took longer than %g s", (double)map->settings.timeout / 1000);
    case MAP_UNLEASHED:
        return "ended, since byname was";
    default:
        return job->answer.message;
    }
}

const char *map_failure_text(const map_state *map, const map_job *job, apr_pool_t *pool)
{
    byn_task_error error = {.struct_size = sizeof error};

    if (job->failure != NULL)
        return job->failure;
    if (job->answered)
        return answer_text(map, job, pool);
    if (byn_future_error(job->future, &error) >= 0)
        return apr_pstrdup(pool, error.message);
    return "it is not known why";
}

const char *map_job_text(const map_job *job, apr_pool_t *pool)
{
    size_t shorter = job->size, length;

    if (shorter > KEPT_TEXT) /* not within a character */
        for (shorter = KEPT_TEXT;
             shorter > 0 && ((unsigned char)job->input[shorter] & 0xc0) == 0x80;)
            shorter--;
    length = strlen(job->input);
    length = length < shorter ? length : shorter;
    return format_text(pool, "%" PRIu64 ": \"%s\"%s", job->number,
                       shown(apr_pstrmemdup(pool, job->input, length), pool),
                       length < job->size ? "..." : "");
}

static void note_failure(map_state *map, const map_job *job)
{
    uint64_t i = map->counts.failed - 1;
    const char *attempts = "";

    if (i >= MAP_TOLD_MOST)
        return;
    if (job->attempts > 1)
        attempts = format_text(map->pool, " (%u attempts)", (unsigned)job->attempts);
    map->failures[i] =
        format_text(map->pool, "%s: %s%s", map_job_text(job, map->pool),
                    shown(map_failure_text(map, job, map->pool), map->pool), attempts);
}

/* ---- As it is */

static void cannot_write(map_state *map)
{
    if (map->stop != MAP_CANNOT)
        map_cannot(map, EXIT_RUN_FAILED);
}

/* Whether all of the file was handed to `take`. */
static bool read_file(const char *path, bool (*take)(void *context, const char *data, size_t size),
                      void *context, apr_pool_t *pool)
{
    apr_file_t *file;
    apr_status_t status =
        apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool);
    char *portion = apr_palloc(pool, PORTION), text[200];
    bool good = status == APR_SUCCESS;

    while (good && status == APR_SUCCESS) {
        apr_size_t size = PORTION;

        status = apr_file_read(file, portion, &size);
        if (status == APR_SUCCESS)
            good = take(context, portion, size);
    }
    if (good && !APR_STATUS_IS_EOF(status))
        good = false;
    if (!good && status != APR_SUCCESS)
        fprintf(stderr, "byname map: %s cannot be read: %s\n", path,
                apr_strerror(status, text, sizeof text));
    return good;
}

static bool take_for_stream(void *file, const char *data, size_t size)
{
    return write_out(file, data, size);
}

static void print_streams(map_state *map, const map_job *job)
{
    apr_file_t *const to[MAP_STREAMS] = {map->out, map->err};
    bool good = true;
    int i;

    for (i = 0; i < MAP_STREAMS && good; i++) {
        if (job->answer.output[i].file != NULL)
            good = read_file(job->answer.output[i].file, take_for_stream, to[i], map->scratch);
        else if (job->answer.output[i].size > 0)
            good = write_out(to[i], job->answer.output[i].data, (size_t)job->answer.output[i].size);
    }
    if (!good)
        cannot_write(map);
}

/* ---- As JSON */

static bool take_for_json(void *all, const char *data, size_t size)
{
    return bytes_add(all, data, size);
}

static bool add_output(map_state *map, bytes *line, const map_job *job, int which)
{
    static const char *const names[MAP_STREAMS] = {"output", "error"};
    bytes whole = {NULL, 0, 0};
    bool good;

    if (job->answer.output[which].file == NULL)
        return record_member(line, names[which], job->answer.output[which].data,
                             (size_t)job->answer.output[which].size);
    good = read_file(job->answer.output[which].file, take_for_json, &whole, map->scratch) &&
           record_member(line, names[which], whole.at, whole.size);
    bytes_free(&whole);
    return good;
}

static bool add_exit(bytes *line, const map_job *job)
{
    char text[80];
    const byn_exit *exit = &job->answer.exit;

    if (!job->answered || !exit->known)
        return bytes_add_text(line, ",\"exit_code\":null,\"signal\":null");
    snprintf(text, sizeof text, ",\"exit_code\":%" PRId32 ",\"signal\":%" PRId32, exit->code,
             exit->signal);
    return bytes_add_text(line, text);
}

static bool add_failure(const map_state *map, bytes *line, const map_job *job)
{
    const char *text;

    if (job->outcome != MAP_FAILS)
        return bytes_add_text(line, ",\"failure\":null");
    text = map_failure_text(map, job, map->scratch);
    return bytes_add_text(line, ",") && record_member(line, "failure", text, strlen(text));
}

static bool add_outputs(map_state *map, bytes *line, const map_job *job)
{
    int i;

    for (i = 0; i < MAP_STREAMS && job->answered; i++)
        if (!bytes_add_text(line, ",") || !add_output(map, line, job, i))
            return false;
    return true;
}

static void print_json(map_state *map, const map_job *job)
{
    bytes *line = &map->json;
    char text[100];

    line->size = 0;
    snprintf(text, sizeof text, "{\"number\":%" PRIu64 ",\"attempts\":%u,", job->number,
             (unsigned)job->attempts);
    if (!bytes_add_text(line, text) || !record_member(line, "input", job->input, job->size) ||
        !add_exit(line, job) || !add_failure(map, line, job) || !add_outputs(map, line, job) ||
        !bytes_add_text(line, "}\n") || !write_out(map->out, line->at, line->size))
        cannot_write(map);
}

/* ---- In order */

void map_answer_drop(const map_state *map, const map_job *job)
{
    int i;

    for (i = 0; i < MAP_STREAMS && job->answered; i++)
        if (job->answer.output[i].file != NULL)
            (void)apr_file_remove(job->answer.output[i].file, map->scratch);
}

static void print_and_free(map_state *map, map_job *job)
{
    if (job->outcome != MAP_WAITS && job->outcome != MAP_NEVER_RAN && map->stop != MAP_CANNOT) {
        map_progress_hide(map);
        if (map->settings.as_json)
            print_json(map, job);
        else if (job->answered)
            print_streams(map, job);
    }
    map_answer_drop(map, job);
    map_job_free(job);
    apr_pool_clear(map->scratch);
}

void map_output_expect(map_state *map, map_job *job)
{
    if (!map->settings.keep_order)
        return;
    if (map->kept == NULL)
        map->kept = job;
    else
        map->last_kept->after = job;
    map->last_kept = job;
    map->kept_count++;
}

static void print_first(map_state *map)
{
    map_job *job = map->kept;

    map->kept = job->after;
    map->kept_count--;
    print_and_free(map, job);
}

void map_output_ended(map_state *map, map_job *job)
{
    if (job->outcome == MAP_ENDS_WELL)
        map->counts.done++;
    if (job->outcome == MAP_FAILS) {
        map->counts.failed++;
        note_failure(map, job);
    }
    if (map->settings.keep_order)
        while (map->kept != NULL && map->kept->outcome != MAP_WAITS)
            print_first(map);
    else
        print_and_free(map, job);
}

/* ---- The end */

void map_output_end(map_state *map)
{
    uint64_t i;

    while (map->kept != NULL)
        print_first(map);
    bytes_free(&map->json);
    if (map->counts.failed == 0)
        return;
    fprintf(stderr, "byname map: %" PRIu64 " of %" PRIu64 " failed:\n", map->counts.failed,
            map->counts.failed + map->counts.done);
    for (i = 0; i < map->counts.failed && i < MAP_TOLD_MOST; i++)
        fprintf(stderr, "  %s\n", map->failures[i]);
    if (map->counts.failed > MAP_TOLD_MOST)
        fprintf(stderr, "  and %" PRIu64 " more\n", map->counts.failed - MAP_TOLD_MOST);
}
