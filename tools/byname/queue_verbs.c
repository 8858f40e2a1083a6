/* byname queue: messages from one command to another, now or later. */
#include "json.h"
#include "nouns.h"
#include "output.h"
#include "stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_ALL = 256,
    OPTION_CAPACITY,
    OPTION_ITEMS,
    OPTION_LARGEST,
    OPTION_ACKNOWLEDGE,
    OPTION_NO_KEEP,
    OPTION_MAKE,
    OPTION_UNFINISHED,
    OPTION_MOST = 1 << 30
};

typedef struct settings {
    command_line *line;
    held held;
    const char *name;
    const char *file; /* NULL: stdin or stdout */
    const char *message;
    int count, capacity, items, largest;
    bool whole, null, raw, all, acknowledge, no_keep, make, unfinished, as_json;
} settings;

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    switch (letter) {
    case 'f':
        s->file = argument;
        return true;
    case 'm':
        s->message = argument;
        return true;
    case 'c':
        return parse_number(argument, 1, OPTION_MOST, &s->count);
    case OPTION_CAPACITY:
        return parse_number(argument, 1, OPTION_MOST, &s->capacity);
    case OPTION_ITEMS:
        return parse_number(argument, 1, OPTION_MOST, &s->items);
    case OPTION_LARGEST:
        return parse_number(argument, 1, OPTION_MOST, &s->largest);
    default:
        s->whole = s->whole || letter == 'W';
        s->null = s->null || letter == '0';
        s->raw = s->raw || letter == 'r';
        s->all = s->all || letter == OPTION_ALL;
        s->acknowledge = s->acknowledge || letter == OPTION_ACKNOWLEDGE;
        s->no_keep = s->no_keep || letter == OPTION_NO_KEEP;
        s->make = s->make || letter == OPTION_MAKE;
        s->unfinished = s->unfinished || letter == OPTION_UNFINISHED;
        s->as_json = s->as_json || letter == 'j';
        return held_option(&s->held, letter, argument);
    }
}

/* Reads the command line. false: it is over. */
static bool begin(settings *s, command_line *line)
{
    *s = (settings){.line = line, .held = held_begin(line), .count = 1};
    if (!command_line_options(line, set_option, s))
        return false;
    s->name = command_line_name(line);
    return s->name != NULL;
}

static const char *verb_name(const settings *s)
{
    return s->line->verb->name;
}

static int not_there(const settings *s, byn_status status)
{
    return open_failed(s->line, s->name, status,
                       format_text(s->line->pool,
                                   "put something into it, which makes it: "
                                   "byname queue put \"%s\"",
                                   s->name));
}

static byn_status open_existing(const settings *s, byn_queue **queue)
{
    return byn_queue_open(queue, s->name, &BYN_OPTIONS(byn_queue_options, .open = BYN_OPEN_ONLY));
}

/*
 * What is made here is kept: the next command is to find it. What others made is used as it is; so keeping
 * and acknowledging are said when it is made only.
 */
static byn_status open_or_make(const settings *s, byn_queue **queue)
{
    byn_queue_options options = {.struct_size = sizeof options,
                                 .open = BYN_OPEN_ONLY,
                                 .capacity = (uint64_t)s->capacity,
                                 .items = (uint64_t)s->items,
                                 .largest = (uint64_t)s->largest,
                                 .acknowledge = s->acknowledge};
    byn_status status = byn_queue_open(queue, s->name, &options);

    if (status != BYN_E_NOTFOUND)
        return status;
    options.open = BYN_OPEN_OR_CREATE;
    options.keep = !s->no_keep;
    status = byn_queue_open(queue, s->name, &options);
    if (status != BYN_E_MISMATCH || !options.keep)
        return status;
    options.keep = false; /* another made it meanwhile */
    return byn_queue_open(queue, s->name, &options);
}

/* ---- put */

static int put_failed(const settings *s, byn_status status)
{
    if (status == BYN_E_TIMEDOUT)
        return held_late(&s->held, quoted(s->line, s->name), ": it is full");
    return call_failed(s->line);
}

static int put_lines(const settings *s, byn_queue *queue, stream *from)
{
    const char *data;
    size_t size;

    while (stream_line(from, &data, &size)) {
        byn_status status = byn_queue_put(queue, data, size, s->held.timeout);

        if (status < 0)
            return put_failed(s, status);
    }
    return from->failed ? EXIT_BAD : EXIT_GOOD;
}

static int put_whole(const settings *s, byn_queue *queue, stream *from)
{
    byn_status status;
    const char *data;
    size_t size;

    if (!stream_all(from, &data, &size))
        return EXIT_BAD;
    status = byn_queue_put(queue, data, size, s->held.timeout);
    return status < 0 ? put_failed(s, status) : EXIT_GOOD;
}

static int put_from_file(const settings *s, byn_queue *queue)
{
    stream from;
    int result;

    if (!stream_open(&from, s->file, s->line->pool))
        return EXIT_BAD;
    if (s->null)
        from.separator = '\0';
    result = (s->whole ? put_whole : put_lines)(s, queue, &from);
    stream_end(&from);
    return result;
}

static int queue_put(command_line *line)
{
    settings s;
    byn_queue *queue;
    byn_status status;
    int result = EXIT_GOOD;

    if (!begin(&s, line))
        return line->result;
    status = open_or_make(&s, &queue);
    if (status < 0)
        return call_failed(line);
    if (s.message == NULL) {
        result = put_from_file(&s, queue);
    } else {
        status = byn_queue_put(queue, s.message, strlen(s.message), s.held.timeout);
        if (status < 0)
            result = put_failed(&s, status);
    }
    byn_queue_close(queue);
    return result;
}

/* ---- get and watch */

typedef struct getting {
    const settings *s;
    byn_queue *queue;
    apr_file_t *to;
    char *buffer;
    size_t room;
    bool acknowledge;
} getting;

/* false: it cannot be written, and that was said. */
static bool open_output(getting *g)
{
    const settings *s = g->s;
    apr_status_t status;

    if (s->file == NULL)
        return apr_file_open_stdout(&g->to, s->line->pool) == APR_SUCCESS;
    status = apr_file_open(
        &g->to, s->file, APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE | APR_FOPEN_BINARY,
        APR_FPROT_OS_DEFAULT, s->line->pool);
    if (status != APR_SUCCESS)
        complain("byname %s: %s cannot be written\n", verb_name(s), s->file);
    return status == APR_SUCCESS;
}

static bool begin_getting(getting *g, const settings *s, byn_queue *queue)
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
    const settings *s = g->s;

    if (status == BYN_E_TIMEDOUT)
        return held_late(&s->held, quoted(s->line, s->name), "");
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
    settings s;
    byn_queue *queue;
    byn_status status;
    int result = EXIT_BAD;

    if (!begin(&s, line))
        return line->result;
    status = s.make ? open_or_make(&s, &queue) : open_existing(&s, &queue);
    if (status < 0)
        return not_there(&s, status);
    if (begin_getting(&g, &s, queue))
        result = act(&g);
    free(g.buffer);
    byn_queue_close(queue);
    return result;
}

static int queue_get(command_line *line)
{
    return open_and(line, get_some);
}

static int queue_watch(command_line *line)
{
    return open_and(line, watch_all);
}

static int queue_peek(command_line *line)
{
    return open_and(line, look_at_first);
}

/* ---- The others */

static int queue_count(command_line *line)
{
    byn_queue_info info = {.struct_size = sizeof info};
    json j = {stdout, 0, true};
    settings s;
    byn_queue *queue;
    byn_status status;

    if (!begin(&s, line))
        return line->result;
    status = open_existing(&s, &queue);
    if (status < 0)
        return not_there(&s, status);
    status = byn_queue_describe(queue, &info);
    byn_queue_close(queue);
    if (status < 0)
        return call_failed(line);
    if (!s.as_json) {
        printf("%" PRIu64 "\n", info.count);
        return EXIT_GOOD;
    }
    json_open(&j, NULL, '{');
    json_text(&j, "name", s.name);
    json_unsigned(&j, "messages", info.count);
    json_unsigned(&j, "unfinished", info.unfinished);
    json_bool(&j, "shut_down", info.is_closed);
    json_close(&j, '}');
    return EXIT_GOOD;
}

static byn_status report_done(byn_queue *queue, byn_timeout timeout)
{
    (void)timeout;
    return byn_queue_task_done(queue);
}

static byn_status shut_down(byn_queue *queue, byn_timeout timeout)
{
    (void)timeout;
    return byn_queue_shutdown(queue);
}

static int open_and_call(command_line *line, byn_status (*call)(byn_queue *, byn_timeout))
{
    settings s;
    byn_queue *queue;
    byn_status status;

    if (!begin(&s, line))
        return line->result;
    status = open_existing(&s, &queue);
    if (status < 0)
        return not_there(&s, status);
    status = call(queue, s.held.timeout);
    byn_queue_close(queue);
    if (status == BYN_E_TIMEDOUT)
        return held_late(&s.held, quoted(line, s.name), ": messages are unfinished");
    return status < 0 ? call_failed(line) : EXIT_GOOD;
}

static int queue_shutdown(command_line *line)
{
    return open_and_call(line, shut_down);
}

static int queue_done(command_line *line)
{
    return open_and_call(line, report_done);
}

static int queue_join(command_line *line)
{
    return open_and_call(line, byn_queue_join);
}

/* ---- The command lines */

#define WAIT_OPTIONS HELD_OPTION_NONBLOCK, HELD_OPTION_TIMEOUT, HELD_OPTION_CODE

#define OPTION_NULL                                                                                \
    {                                                                                              \
        "null", '0', 0, "a NUL separates messages, not the end of a line"                          \
    }

/* Made by put, or by a getter that is told to. */
#define MAKE_OPTIONS                                                                               \
    {"capacity", OPTION_CAPACITY, 1, "BYTES if this makes it: room for so much"},                  \
        {"items", OPTION_ITEMS, 1, "N if this makes it: so many messages at most"},                \
        {"largest", OPTION_LARGEST, 1, "BYTES if this makes it: of the largest message"},          \
        {"acknowledge", OPTION_ACKNOWLEDGE, 0,                                                     \
         "if this makes it: messages come back when their getter dies"},                           \
    {                                                                                              \
        "no-keep", OPTION_NO_KEEP, 0, "if this makes it: it goes with its last user"               \
    }

static const apr_getopt_option_t put_options[] = {
    {"file", 'f', 1, "FILE read from there, not from stdin"},
    {"message", 'm', 1, "TEXT put this, and read nothing"},
    {"whole", 'W', 0, "all that is read is one message"},
    OPTION_NULL,
    WAIT_OPTIONS,
    MAKE_OPTIONS,
    OPTION_HELP,
    OPTION_END};

#define OUTPUT_OPTIONS                                                                             \
    {"file", 'f', 1, "FILE write to there, not to stdout"}, OPTION_NULL,                           \
    {                                                                                              \
        "raw", 'r', 0, "nothing behind a message, not the end of a line"                           \
    }

#define OPTION_MAKES                                                                               \
    {                                                                                              \
        "make", OPTION_MAKE, 0, "make it if it does not exist"                                     \
    }

#define OPTION_LEAVES                                                                              \
    {                                                                                              \
        "unfinished", OPTION_UNFINISHED, 0, "do not report them done: \"queue done\" will"         \
    }

static const apr_getopt_option_t get_options[] = {
    {"all", OPTION_ALL, 0, "all that is there, without waiting"},
    {"count", 'c', 1, "N so many messages (1)"},
    OUTPUT_OPTIONS,
    OPTION_LEAVES,
    WAIT_OPTIONS,
    OPTION_MAKES,
    MAKE_OPTIONS,
    OPTION_HELP,
    OPTION_END};

static const apr_getopt_option_t watch_options[] = {OUTPUT_OPTIONS, OPTION_LEAVES, WAIT_OPTIONS,
                                                    OPTION_MAKES,   MAKE_OPTIONS,  OPTION_HELP,
                                                    OPTION_END};

static const apr_getopt_option_t peek_options[] = {OUTPUT_OPTIONS, WAIT_OPTIONS, OPTION_HELP,
                                                   OPTION_END};

static const apr_getopt_option_t join_options[] = {WAIT_OPTIONS, OPTION_HELP, OPTION_END};

static const verb verb_put = {
    .name = "queue put",
    .line = "put messages: lines of stdin",
    .arguments = "NAME [OPTION...]",
    .text =
        "If nobody has made it, this does, and it is kept: until \"byname rm\", or the next start\n"
        "of the system. Waits while it is full.\n"
        "Exit codes: 0 done, 1 failed, 2 command line, 124 too long: what was put before stays.\n",
    .example = "byname queue put jobs < jobs.txt",
    .options = put_options,
    .usage_code = EXIT_USAGE,
    .run = queue_put,
};

static const verb verb_get = {
    .name = "queue get",
    .line = "get messages and print them, a line each",
    .arguments = "NAME [OPTION...]",
    .text = "Waits until there is one. If byname is killed in it, the message is gone, or still "
            "there;\n"
            "of a queue with --acknowledge it comes back unless it was printed.\n"
            "Exit codes: 0 done, 1 failed or shut down and empty, 2 command line, 124 too long.\n",
    .example = "byname queue get jobs -w 60",
    .options = get_options,
    .usage_code = EXIT_USAGE,
    .run = queue_get,
};

static const verb verb_watch = {
    .name = "queue watch",
    .line = "get messages as they come, until it is shut down",
    .arguments = "NAME [OPTION...]",
    .text =
        "As \"queue get\", again and again; each message goes to one of those who watch.\n"
        "Exit codes: 0 it was shut down and is empty, 1 failed, 2 command line, 124 none came for\n"
        "too long.\n",
    .example = "byname queue watch jobs --make | while read -r job; do ./do.sh \"$job\"; done",
    .options = watch_options,
    .usage_code = EXIT_USAGE,
    .run = queue_watch,
};

static const verb verb_peek = {
    .name = "queue peek",
    .line = "print the first message, and leave it there",
    .arguments = "NAME [OPTION...]",
    .text = "Waits until there is one. Exit codes: as \"queue get\".\n",
    .example = "byname queue peek jobs -n",
    .options = peek_options,
    .usage_code = EXIT_USAGE,
    .run = queue_peek,
};

static const verb verb_count = {
    .name = "queue count",
    .line = "print how many messages there are",
    .arguments = "NAME [--json]",
    .text = "Exit code 1 if there is no such queue.\n",
    .example = "byname queue count jobs",
    .options = name_and_json_options,
    .usage_code = EXIT_USAGE,
    .run = queue_count,
};

static const verb verb_shutdown = {
    .name = "queue shutdown",
    .line = "nothing more will come: who watches ends when it is empty",
    .arguments = "NAME",
    .text = "It stays so. Exit code 1 if there is no such queue.\n",
    .example = "byname queue shutdown jobs",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = queue_shutdown,
};

static const verb verb_done = {
    .name = "queue done",
    .line = "report that a message got with --unfinished has been dealt with",
    .arguments = "NAME",
    .text = "Exit code 1 if none is unfinished, or there is no such queue.\n",
    .example = "byname queue done jobs",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = queue_done,
};

static const verb verb_join = {
    .name = "queue join",
    .line = "wait until all messages have been dealt with",
    .arguments = "NAME [OPTION...]",
    .text = "Exit codes: 0 they have, 1 failed, 2 command line, 124 too long.\n",
    .example = "byname queue join jobs",
    .options = join_options,
    .usage_code = EXIT_USAGE,
    .run = queue_join,
};

static const verb *const actions[] = {&verb_put,  &verb_get,   &verb_watch,
                                      &verb_peek, &verb_count, &verb_shutdown,
                                      &verb_done, &verb_join,  NULL};

const verb verb_queue = {
    .name = "queue",
    .line = "messages from one command to another: put, get, watch",
    .arguments = "ACTION NAME [OPTION...]",
    .text = "What this makes is kept: one command puts, a later one gets, and \"byname rm\" "
            "removes it.\n"
            "Exit codes: 0 done, 1 failed, 2 command line, 124 too long.\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
