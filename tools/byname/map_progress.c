/* The bar of byname map: a line of stderr that is written anew. */
#include "map.h"

#include "output.h"
#include "terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 79, BAR = 20, OFTEN_US = 100000 };

typedef struct map_progress {
    apr_time_t began, drawn_at;
    bool drawn;
} map_progress;

void map_progress_begin(map_state *map)
{
    bool wanted = map->settings.bar == MAP_BAR ||
                  (map->settings.bar == MAP_BAR_IF_TERMINAL && terminal_is_error());

    if (!wanted)
        return;
    map->progress = apr_pcalloc(map->pool, sizeof *map->progress);
    map->progress->began = apr_time_now();
}

/* "3 s", or behind "about". */
static void write_rest(char *text, size_t size, const map_counts *counts, double rate)
{
    double rest = rate > 0 ? (double)(counts->read - counts->done - counts->failed) / rate : 0;
    uint64_t seconds = (uint64_t)(rest + 0.5);

    *text = '\0';
    if (!counts->all_read || rate <= 0)
        return;
    if (seconds < 120)
        snprintf(text, size, ", %" PRIu64 " s left", seconds);
    else
        snprintf(text, size, ", %" PRIu64 " min left", seconds / 60);
}

static void write_bar(char *text, size_t size, const map_counts *counts)
{
    uint64_t ended = counts->done + counts->failed, i;
    uint64_t filled = counts->read > 0 ? ended * BAR / counts->read : BAR;
    size_t length;

    *text = '\0';
    if (!counts->all_read)
        return;
    text[0] = '[';
    for (i = 0; i < BAR; i++)
        text[1 + i] = i < filled ? '#' : '.';
    length = BAR + 1;
    snprintf(text + length, size - length, "] of %" PRIu64 ": ", counts->read);
}

static map_counts counts_now(map_state *map)
{
    map_counts counts;

    apr_thread_mutex_lock(map->mutex);
    counts = map->counts;
    apr_thread_mutex_unlock(map->mutex);
    return counts;
}

static void draw(map_state *map)
{
    map_counts counts = counts_now(map);
    double seconds = (double)(apr_time_now() - map->progress->began) / APR_USEC_PER_SEC;
    double rate = seconds > 0 ? (double)(counts.done + counts.failed) / seconds : 0;
    char line[200], rest[40], bar[80];

    write_rest(rest, sizeof rest, &counts, rate);
    write_bar(bar, sizeof bar, &counts);
    snprintf(line, sizeof line, "%s%" PRIu64 " done, %" PRIu64 " failed, %u running, %.1f/s%s", bar,
             counts.done, counts.failed, (unsigned)map_jobs_running(map), rate, rest);
    fprintf(stderr, "\r%-*.*s", WIDTH, WIDTH, line);
    fflush(stderr);
    map->progress->drawn = true;
    map->progress->drawn_at = apr_time_now();
}

void map_progress_draw(map_state *map)
{
    apr_time_t since;

    if (map->progress == NULL)
        return;
    since = apr_time_now() - map->progress->drawn_at;
    if (since < 0 || since >= OFTEN_US)
        draw(map);
}

void map_progress_hide(map_state *map)
{
    if (map->progress == NULL || !map->progress->drawn)
        return;
    fprintf(stderr, "\r%*s\r", WIDTH, "");
    map->progress->drawn = false;
}

void map_progress_end(map_state *map)
{
    if (map->progress == NULL)
        return;
    draw(map);
    fputc('\n', stderr);
    map->progress->drawn = false;
}
