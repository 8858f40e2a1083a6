/* byname pipe: messages between two processes. */
#include "contents.h"
#include "nouns.h"
#include "output.h"
#include "reader.h"
#include "stream.h"
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>
#include <apr_time.h>

enum { OPTION_CAPACITY = 256, EXIT_DIED = 3, LOOK_MS = 50 };

typedef struct settings {
    held held;
    const char *name;
    byn_pipe *pipe;
    int end; /* byn_pipe_end */
    uint64_t capacity;
    int count; /* messages to receive; 0: all */
    bool whole;
} settings;

static bool parse_end(const char *argument, int *end)
{
    if (strcmp(argument, "first") == 0)
        *end = BYN_PIPE_FIRST;
    else if (strcmp(argument, "second") == 0)
        *end = BYN_PIPE_SECOND;
    else
        return parse_number(argument, BYN_PIPE_FIRST, BYN_PIPE_SECOND, end);
    return true;
}

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    switch (letter) {
    case 'e':
        return parse_end(argument, &s->end);
    case 'c':
        return parse_number(argument, 1, INT32_MAX, &s->count);
    case 'r':
        s->whole = true;
        return true;
    case OPTION_CAPACITY:
        return parse_size(argument, &s->capacity);
    default:
        return held_option(&s->held, letter, argument);
    }
}

/* False: the line is over, or it could not be opened, and *result is the exit code. */
static bool open_pipe(command_line *line, settings *s, int *result)
{
    byn_status status;

    memset(s, 0, sizeof *s);
    s->held = held_begin(line);
    if (!command_line_options(line, set_option, s) || (s->name = command_line_name(line)) == NULL) {
        *result = line->result;
        return false;
    }
    status = byn_pipe_open(&s->pipe, s->name,
                           &BYN_OPTIONS(byn_pipe_options, .end = (byn_pipe_end)s->end,
                                        .mode = rights_for(s->name), .capacity = s->capacity));
    if (status < 0)
        *result = open_failed(line, s->name, status, NULL);
    return status >= 0;
}

/* Of the other end: what waits to be received there, and how it is. */
static byn_pipe_end_info look_at_the_other(const settings *s)
{
    byn_pipe_info info = {.struct_size = sizeof info};

    if (byn_pipe_holders(s->pipe, &info) < 0)
        memset(&info, 0, sizeof info);
    return byn_pipe_which(s->pipe) == BYN_PIPE_FIRST ? info.second : info.first;
}

static bool is_over(byn_pipe_end_state state)
{
    return state == BYN_PIPE_CLOSED || state == BYN_PIPE_DIED;
}

static const char *what_for(const settings *s, const char *what)
{
    return format_text(s->held.line->pool, "%s \"%s\"", what, s->name);
}

static int failed(const settings *s, byn_status status, const char *what)
{
    if (status == BYN_E_TIMEDOUT)
        return held_late(&s->held, what_for(s, what), "");
    return held_failed(&s->held);
}

/* ---- send */

/* The next message of the input: a line, or all of it; of a conversation what has come. */
static bool next_input(const settings *s, stream *in, bool talks, const char **data, size_t *size)
{
    byn_pipe_info info = {.struct_size = sizeof info};

    if (!s->whole)
        return stream_line(in, data, size);
    if (!talks)
        return !in->ended && stream_all(in, data, size);
    if (byn_pipe_holders(s->pipe, &info) < 0)
        return false;
    return stream_some(in, (size_t)info.largest, data, size);
}

/* The whole input, and that it was all. An exit code; *closed: there was nobody left to send to. */
static int send_input(const settings *s, apr_pool_t *pool, bool talks, bool *closed)
{
    stream in;
    const char *data;
    size_t size;
    byn_status status = BYN_OK;
    int result = EXIT_GOOD;

    *closed = false;
    if (!stream_begin(&in, pool))
        return command_line_failure(s->held.line);
    while (status >= 0 && next_input(s, &in, talks, &data, &size))
        status = byn_pipe_send(s->pipe, data, size, s->held.timeout);
    *closed = status == BYN_E_CLOSED;
    if (in.failed)
        result = command_line_failure(s->held.line);
    else if (status < 0 && !(talks && *closed))
        result = failed(s, status, "room in");
    stream_end(&in);
    (void)byn_pipe_shutdown(s->pipe);
    return result;
}

/* Until all has been received: who sends and goes would take along what nobody has opened yet. */
static int await_reception(const settings *s)
{
    int64_t began = system_milliseconds();
    byn_pipe_end_info other;

    while ((other = look_at_the_other(s)).messages > 0 || other.state == BYN_PIPE_NOT_OPENED) {
        if (is_over(other.state)) {
            complain("byname %s: \"%s\": the other end has gone before it had received all\n",
                     s->held.line->verb->name, s->name);
            return EXIT_BAD;
        }
        if (s->held.timeout >= 0 && system_milliseconds() - began >= s->held.timeout)
            return held_late(&s->held, what_for(s, "the other end of"), "");
        apr_sleep(1000);
    }
    return EXIT_GOOD;
}

static int pipe_send(command_line *line)
{
    settings s;
    bool closed;
    int result;

    if (!open_pipe(line, &s, &result))
        return result;
    result = send_input(&s, line->pool, false, &closed);
    if (result == EXIT_GOOD)
        result = await_reception(&s);
    byn_pipe_close(s.pipe);
    return result;
}

/* ---- receive */

static byn_status receive(const settings *s, bytes *message)
{
    byn_status status;

    do {
        message->size = message->room > 0 ? message->room - 1 : 0; /* a "\n" may come behind it */
        status = byn_pipe_receive(s->pipe, message->at, &message->size, s->held.timeout);
    } while (status == BYN_E_TOOBIG && bytes_reserve(message, message->size + 1));
    return status;
}

static bool write_message(const settings *s, apr_file_t *out, bytes *message)
{
    size_t size = message->size;

    if (!s->whole) {
        if (!bytes_reserve(message, size + 1))
            return false;
        message->at[size++] = '\n';
    }
    return write_out(out, message->at, size);
}

/* Until the other end is over, or has no more to say. */
static int receive_all(const settings *s, apr_pool_t *pool)
{
    apr_file_t *out = NULL;
    bytes message = {NULL, 0, 0};
    byn_status status = BYN_OK;
    int count = 0, result = EXIT_GOOD;

    if (apr_file_open_stdout(&out, pool) != APR_SUCCESS)
        return command_line_failure(s->held.line);
    reader_heed();
    while (result == EXIT_GOOD && (s->count == 0 || count < s->count) &&
           (status = receive(s, &message)) >= 0) {
        count++;
        if (!write_message(s, out, &message))
            result = command_line_failure(s->held.line);
    }
    bytes_free(&message);
    if (status == BYN_E_CANCELED) /* nobody reads any more */
        return EXIT_BAD;
    if (result == EXIT_GOOD && status < 0 && status != BYN_E_CLOSED)
        return failed(s, status, "a message in");
    if (result == EXIT_GOOD && status < 0 && look_at_the_other(s).state == BYN_PIPE_DIED) {
        complain("byname %s: %s\n", s->held.line->verb->name, "the process at the other end died");
        return EXIT_DIED;
    }
    return result;
}

static int pipe_receive(command_line *line)
{
    settings s;
    int result;

    if (!open_pipe(line, &s, &result))
        return result;
    result = receive_all(&s, line->pool);
    byn_pipe_close(s.pipe);
    return result;
}

/* ---- connect: both at once */

typedef struct sender {
    const settings *settings;
    apr_pool_t *pool; /* of its own: nothing ends a thread that reads from a terminal */
    volatile int result;
    volatile bool ended;
} sender;

static void *APR_THREAD_FUNC send_in_thread(apr_thread_t *thread, void *context)
{
    sender *out = context;
    bool closed;

    (void)thread;
    out->result = send_input(out->settings, out->pool, true, &closed);
    out->ended = true;
    return NULL;
}

/* The other says no more; it may still listen. */
static void await_sender(const settings *s, const sender *out)
{
    while (!out->ended && !is_over(look_at_the_other(s).state))
        apr_sleep(LOOK_MS * 1000);
}

static int talk(settings *s, sender *out)
{
    apr_thread_t *thread = NULL;
    apr_status_t unused;
    int result;

    if (apr_thread_create(&thread, NULL, send_in_thread, out, out->pool) != APR_SUCCESS) {
        complain("byname %s: no thread\n", s->held.line->verb->name);
        return EXIT_BAD;
    }
    result = receive_all(s, s->held.line->pool);
    if (result == EXIT_GOOD)
        await_sender(s, out);
    if (!out->ended) {
        /* It waits for input that nobody wants any more; what it uses must stay. */
        (void)fflush(NULL);
        _Exit(result);
    }
    apr_thread_join(&unused, thread);
    return result != EXIT_GOOD ? result : out->result;
}

static int pipe_connect(command_line *line)
{
    settings s;
    sender out = {&s, NULL, EXIT_GOOD, false};
    int result;

    if (!open_pipe(line, &s, &result))
        return result;
    if (apr_pool_create(&out.pool, NULL) != APR_SUCCESS)
        return EXIT_BAD;
    result = talk(&s, &out);
    byn_pipe_close(s.pipe);
    return result;
}

/* ---- The command lines */

#define OPTION_END_OF_PIPE                                                                         \
    {                                                                                              \
        "end", 'e', 1, "first|second the end to take (the one that is free)"                       \
    }
#define OPTION_CAPACITY_OF_PIPE                                                                    \
    {                                                                                              \
        "capacity", OPTION_CAPACITY, 1, "BYTES that wait each way, if this makes it (65536)"       \
    }

static const apr_getopt_option_t send_options[] = {
    {"whole", 'r', 0, "all of the input is one message"},
    OPTION_END_OF_PIPE,
    OPTION_CAPACITY_OF_PIPE,
    HELD_OPTION_NONBLOCK,
    HELD_OPTION_TIMEOUT,
    HELD_OPTION_CODE,
    OPTION_HELP,
    OPTION_END};

static const apr_getopt_option_t receive_options[] = {
    {"whole", 'r', 0, "write messages as they are, without a line end behind each"},
    {"count", 'c', 1, "N messages and no more"},
    OPTION_END_OF_PIPE,
    OPTION_CAPACITY_OF_PIPE,
    HELD_OPTION_NONBLOCK,
    HELD_OPTION_TIMEOUT,
    HELD_OPTION_CODE,
    OPTION_HELP,
    OPTION_END};

static const apr_getopt_option_t connect_options[] = {
    {"whole", 'r', 0, "bytes as they come, instead of lines"},
    OPTION_END_OF_PIPE,
    OPTION_CAPACITY_OF_PIPE,
    OPTION_HELP,
    OPTION_END};

static const verb action_send = {
    .name = "pipe send",
    .line = "send the lines of standard input, and wait until they are received",
    .arguments = "NAME [OPTION...]",
    .text =
        "Each line is a message, without its line end. The options -w and -n are for each, and\n"
        "for the last one's reception. Exit codes: 0 all was received, 1 failed or the other\n"
        "end has gone, 2 command line, 124 the time is over.\n",
    .example = "byname pipe send results < results.txt",
    .no_words = "; messages come from stdin",
    .options = send_options,
    .usage_code = EXIT_USAGE,
    .run = pipe_send,
};

static const verb action_receive = {
    .name = "pipe receive",
    .line = "write what comes to standard output, a line for each message",
    .arguments = "NAME [OPTION...]",
    .text = "It ends when the other end does. The options -w and -n are for each message.\n"
            "Exit codes: 0 the other end has closed, or the count is reached, 1 failed,\n"
            "2 command line, 3 the process at the other end died, 124 the time is over.\n",
    .example = "byname pipe receive results > results.txt",
    .options = receive_options,
    .usage_code = EXIT_USAGE,
    .run = pipe_receive,
};

static const verb action_connect = {
    .name = "pipe connect",
    .line = "join it to standard input and output",
    .arguments = "NAME [OPTION...]",
    .text = "What is read is sent, and what is received is written, until the other end has gone,\n"
            "or both have no more to say. Exit codes as \"pipe receive\".\n",
    .example = "byname pipe connect talk",
    .options = connect_options,
    .usage_code = EXIT_USAGE,
    .run = pipe_connect,
};

static const verb *const actions[] = {&action_send, &action_receive, &action_connect, NULL};

const verb verb_pipe = {
    .name = "pipe",
    .line = "messages between two: send, receive, connect",
    .arguments = "ACTION NAME [OPTION...]",
    .text =
        "Each command has one of the two ends, and makes the pipe if it is the first one there.\n"
        "Exit codes: 0 done, 1 failed, 2 command line, 3 the other died, 124 too long.\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
