/* byname queue: messages from one command to another, now or later. */
#include "contents.h"
#include "json.h"
#include "output.h"
#include "queue.h"
#include "stream.h"

#include <inttypes.h>
#include <stdio.h>
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

static bool set_option(void *context, int letter, const char *argument)
{
    queue_settings *s = context;

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
        return parse_size(argument, &s->capacity);
    case OPTION_ITEMS:
        return parse_number(argument, 1, OPTION_MOST, &s->items);
    case OPTION_LARGEST:
        return parse_size(argument, &s->largest);
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

bool queue_begin(queue_settings *s, command_line *line)
{
    *s = (queue_settings){.line = line, .held = held_begin(line), .count = 1};
    if (!command_line_options(line, set_option, s))
        return false;
    s->name = command_line_name(line);
    return s->name != NULL;
}

int queue_not_there(const queue_settings *s, byn_status status)
{
    return open_failed(s->line, s->name, status,
                       format_text(s->line->pool,
                                   "put something into it, which makes it: "
                                   "byname queue put \"%s\"",
                                   s->name));
}

byn_status queue_open(const queue_settings *s, byn_queue **queue)
{
    return byn_queue_open(queue, s->name, &BYN_OPTIONS(byn_queue_options, .open = BYN_OPEN_ONLY));
}

byn_status queue_open_or_make(const queue_settings *s, byn_queue **queue)
{
    byn_queue_options options = {.struct_size = sizeof options,
                                 .open = BYN_OPEN_ONLY,
                                 .mode = rights_for(s->name),
                                 .capacity = s->capacity,
                                 .items = (uint64_t)s->items,
                                 .largest = s->largest,
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

static int put_failed(const queue_settings *s, byn_status status)
{
    if (status == BYN_E_TIMEDOUT)
        return held_late(&s->held, quoted(s->line, s->name), ": it is full");
    return call_failed(s->line);
}

static int put_lines(const queue_settings *s, byn_queue *queue, stream *from)
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

static int put_whole(const queue_settings *s, byn_queue *queue, stream *from)
{
    byn_status status;
    const char *data;
    size_t size;

    if (!stream_all(from, &data, &size))
        return EXIT_BAD;
    status = byn_queue_put(queue, data, size, s->held.timeout);
    return status < 0 ? put_failed(s, status) : EXIT_GOOD;
}

static int put_from_file(const queue_settings *s, byn_queue *queue)
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
    queue_settings s;
    byn_queue *queue;
    byn_status status;
    int result = EXIT_GOOD;

    if (!queue_begin(&s, line))
        return line->result;
    status = queue_open_or_make(&s, &queue);
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

/* ---- The others */

static int queue_count(command_line *line)
{
    byn_queue_info info = {.struct_size = sizeof info};
    json j = {stdout, 0, true};
    queue_settings s;
    byn_queue *queue;
    byn_status status;

    if (!queue_begin(&s, line))
        return line->result;
    status = queue_open(&s, &queue);
    if (status < 0)
        return queue_not_there(&s, status);
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
    queue_settings s;
    byn_queue *queue;
    byn_status status;

    if (!queue_begin(&s, line))
        return line->result;
    status = queue_open(&s, &queue);
    if (status < 0)
        return queue_not_there(&s, status);
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
    {"capacity", OPTION_CAPACITY, 1, "BYTES if this makes it: room for so much (64K, 10M)"},       \
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
    .no_words = "; a message stands behind -m, or comes from stdin",
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
        "Exit codes: 0 it was shut down and is empty, 1 failed, or nobody reads the output any\n"
        "more, 2 command line, 124 none came for too long.\n",
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
