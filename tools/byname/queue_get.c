/* byname queue get, watch, peek: messages to the standard output, or to a file. */
#include "output.h"
#include "queue.h"
#include "reader.h"
#include "stream.h"

#include <stdlib.h>

static const char *verb_name(const queue_settings *s)
{
    return s->line->verb->name;
}

typedef struct getting {
    const queue_settings *s;
    byn_queue *queue;
    apr_file_t *to;
    char *buffer;
    size_t room;
    bool acknowledge;
} getting;

/* false: it cannot be written, and that was said. */
static bool open_output(getting *g)
{
    const queue_settings *s = g->s;
    apr_status_t status;

    if (s->file == NULL) {
        reader_heed();
        return apr_file_open_stdout(&g->to, s->line->pool) == APR_SUCCESS;
    }
    status = apr_file_open(
        &g->to, s->file, APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE | APR_FOPEN_BINARY,
        APR_FPROT_OS_DEFAULT, s->line->pool);
    if (status != APR_SUCCESS)
        complain("byname %s: %s cannot be written\n", verb_name(s), s->file);
    return status == APR_SUCCESS;
}

static bool begin_getting(getting *g, const queue_settings *s, byn_queue *queue)
{
    byn_queue_info info = {.struct_size = sizeof info};

    g->s = s;
    g->queue = queue;
    if (byn_queue_describe(queue, &info) < 0) {
        (void)call_failed(s->line);
        return false;
    }
    g->acknowledge = info.acknowledge;
    g->room = (size_t)info.largest + 1;
    g->buffer = malloc(g->room);
    if (g->buffer == NULL) {
        complain("byname %s: out of memory\n", verb_name(s));
        return false;
    }
    return open_output(g);
}

/* In one piece: it may be one of several who write there. */
static bool write_message(const getting *g, size_t size)
{
    g->buffer[size] = g->s->null ? '\0' : '\n';
    return write_out(g->to, g->buffer, g->s->raw ? size : size + 1);
}

/* One message, written out before it is done with. EXIT_GOOD and *status below 0: there is none. */
static int get_one(const getting *g, byn_timeout timeout, byn_status *status)
{
    size_t size = g->room;
    uint64_t ticket = 0;

    *status = g->s->file == NULL && reader_is_gone() ? BYN_E_CANCELED : BYN_OK;
    if (*status < 0)
        return EXIT_GOOD;
    *status = g->acknowledge ? byn_queue_receive(g->queue, g->buffer, &size, &ticket, timeout)
                             : byn_queue_get(g->queue, g->buffer, &size, timeout);
    if (*status < 0)
        return EXIT_GOOD;
    if (!write_message(g, size))
        return EXIT_BAD; /* with acknowledge it comes back */
    if (g->acknowledge && byn_queue_acknowledge(g->queue, ticket) < 0)
        return call_failed(g->s->line);
    if (!g->acknowledge && !g->s->unfinished)
        (void)byn_queue_task_done(g->queue); /* nobody need count them */
    return EXIT_GOOD;
}

static int got_none(const getting *g, byn_status status)
{
    const queue_settings *s = g->s;

    if (status == BYN_E_TIMEDOUT)
        return held_late(&s->held, quoted(s->line, s->name), "");
    if (status == BYN_E_CANCELED) /* nobody reads any more */
        return EXIT_BAD;
    if (status != BYN_E_CLOSED)
        return call_failed(s->line);
    complain("byname %s: \"%s\" was shut down and is empty\n", verb_name(s), s->name);
    return EXIT_BAD;
}

static int get_some(const getting *g)
{
    byn_status status = BYN_OK;
    int result = EXIT_GOOD, i;

    for (i = 0; (g->s->all || i < g->s->count) && result == EXIT_GOOD && status >= 0; i++)
        result = get_one(g, g->s->all ? BYN_NOW : g->s->held.timeout, &status);
    if (result != EXIT_GOOD || status >= 0)
        return result;
    if (g->s->all && (status == BYN_E_TIMEDOUT || status == BYN_E_CLOSED))
        return EXIT_GOOD;
    return got_none(g, status);
}

static int watch_all(const getting *g)
{
    byn_status status = BYN_OK;
    int result = EXIT_GOOD;

    while (result == EXIT_GOOD && status >= 0)
        result = get_one(g, g->s->held.timeout, &status);
    if (result != EXIT_GOOD || status == BYN_E_CLOSED)
        return result;
    return got_none(g, status);
}

static int look_at_first(const getting *g)
{
    size_t size = g->room;
    byn_status status = byn_queue_look(g->queue, g->buffer, &size, g->s->held.timeout);

    if (status < 0)
        return got_none(g, status);
    return write_message(g, size) ? EXIT_GOOD : EXIT_BAD;
}

static int open_and(command_line *line, int (*act)(const getting *g))
{
    getting g = {.buffer = NULL};
    queue_settings s;
    byn_queue *queue;
    byn_status status;
    int result = EXIT_BAD;

    if (!queue_begin(&s, line))
        return line->result;
    status = s.make ? queue_open_or_make(&s, &queue) : queue_open(&s, &queue);
    if (status < 0)
        return queue_not_there(&s, status);
    if (begin_getting(&g, &s, queue))
        result = act(&g);
    free(g.buffer);
    byn_queue_close(queue);
    return result;
}

int queue_get(command_line *line)
{
    return open_and(line, get_some);
}

int queue_watch(command_line *line)
{
    return open_and(line, watch_all);
}

int queue_peek(command_line *line)
{
    return open_and(line, look_at_first);
}
