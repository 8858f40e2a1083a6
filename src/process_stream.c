/*
 * Standard streams of a child that lead to this process: read, write, and all at once.
 *
 * A stream is closed while calls may be in it: it takes no more of them, and the last one that leaves closes
 * it. So the system's handle is never closed, and its number never used for something else, under a call.
 */
#include "process_state.h"

#include <stdlib.h>
#include <string.h>

enum { COLLECT_STEP = 4096, COLLECT_FIRST = 65536, USUAL_LIMIT = 64 * 1024 * 1024 };

/* ---- Where they lead ----------------------------------------------------------------------------- */

static const char *wrong_file(byn_stdio to, const char *file, const char *none, const char *unused)
{
    bool to_file = to == BYN_STDIO_FILE || to == BYN_STDIO_APPEND;

    if (to_file && (file == NULL || file[0] == '\0'))
        return none;
    return !to_file && file != NULL ? unused : NULL;
}

static bool is_stdio(byn_stdio to)
{
    return (unsigned)to <= (unsigned)BYN_STDIO_MERGED;
}

const char *byni_process_wrong_stream(const byn_process_options *options)
{
    const byn_stdio input = options->standard_input, output = options->standard_output,
                    error = options->standard_error;
    const char *wrong;

    if (!is_stdio(input) || !is_stdio(output) || !is_stdio(error))
        return "a standard stream leads to what is no byn_stdio";
    if (input == BYN_STDIO_APPEND)
        return "standard_input is read: BYN_STDIO_APPEND is for outputs";
    if (input == BYN_STDIO_MERGED || output == BYN_STDIO_MERGED)
        return "BYN_STDIO_MERGED is for standard_error: it goes where standard output goes";
    wrong = wrong_file(input, options->input_file,
                       "standard_input leads to a file, and input_file names none",
                       "input_file is given, and standard_input does not lead to a file");
    if (wrong == NULL)
        wrong = wrong_file(output, options->output_file,
                           "standard_output leads to a file, and output_file names none",
                           "output_file is given, and standard_output does not lead to a file");
    if (wrong == NULL)
        wrong = wrong_file(error, options->error_file,
                           "standard_error leads to a file, and error_file names none",
                           "error_file is given, and standard_error does not lead to a file");
    return wrong;
}

void byni_process_streams_begin(byn_process *process, const byn_process_options *options)
{
    process->stream[BYNK_INPUT].is_pipe = options->standard_input == BYN_STDIO_PIPE;
    process->stream[BYNK_OUTPUT].is_pipe = options->standard_output == BYN_STDIO_PIPE;
    process->stream[BYNK_ERROR].is_pipe = options->standard_error == BYN_STDIO_PIPE;
}

void byni_process_streams_end(byn_process *process)
{
    int i;

    for (i = 0; i < BYNK_STREAMS; i++)
        free(process->collected[i].bytes);
}

/* ---- Users of a stream --------------------------------------------------------------------------- */

/* false: it is no pipe, or is closed. */
static bool enter(byn_process *process, bynk_stream which)
{
    byni_process_stream *stream = &process->stream[which];
    bool open;

    bynk_library_lock();
    open = stream->is_pipe && !stream->closed;
    if (open)
        stream->users++;
    bynk_library_unlock();
    return open;
}

static void leave(byn_process *process, bynk_stream which)
{
    byni_process_stream *stream = &process->stream[which];

    bynk_library_lock();
    if (--stream->users == 0 && stream->closed)
        bynk_process_close_stream(process->native, which);
    bynk_library_unlock();
}

static void close_input(byn_process *process)
{
    byni_process_stream *stream = &process->stream[BYNK_INPUT];

    bynk_library_lock();
    if (stream->is_pipe && !stream->closed) {
        stream->closed = true;
        if (stream->users == 0)
            bynk_process_close_stream(process->native, BYNK_INPUT);
    }
    bynk_library_unlock();
}

/* The failure of a call with a stream that could not be entered. */
static byn_status not_entered(const byn_process *process, bynk_stream which, const char *operation)
{
    static const char *const no_pipe[] = {
        "standard input does not lead to this process: start it with BYN_STDIO_PIPE",
        "standard output does not lead to this process: start it with BYN_STDIO_PIPE",
        "standard error does not lead to this process: start it with BYN_STDIO_PIPE"};

    if (!process->stream[which].is_pipe)
        return byni_failed(byni_fail(BYN_E_INVALID, "%s", no_pipe[which]), operation,
                           process->called);
    return byni_process_failed(process, BYN_E_CLOSED, operation);
}

/* ---- Write and read ------------------------------------------------------------------------------ */

static byn_status write_all(byn_process *process, const char *data, size_t size, size_t *written,
                            bynk_deadline deadline)
{
    while (*written < size) {
        bynk_transfer transfer = {
            .stream = BYNK_INPUT, .from = data + *written, .size = size - *written};
        byn_status status = bynk_process_transfer(process->native, &transfer, 1, deadline);

        *written += transfer.done;
        if (status == BYN_OK)
            status = transfer.status;
        if (status < 0)
            return status;
    }
    return BYN_OK;
}

byn_status byn_process_write(byn_process *process, const void *data, size_t size, size_t *written,
                             byn_timeout timeout)
{
    static const char name[] = "byn_process_write";
    size_t ignored;
    byn_status status;

    if (written == NULL)
        written = &ignored;
    *written = 0;
    if (!byni_process_usable(process))
        return byni_process_unusable(process, name);
    if (data == NULL && size > 0)
        return byni_null(name, "data");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(name);
    if (!enter(process, BYNK_INPUT))
        return not_entered(process, BYNK_INPUT, name);
    status = write_all(process, data, size, written, byni_deadline(timeout));
    leave(process, BYNK_INPUT);
    return status < 0 ? byni_process_failed(process, status, name) : status;
}

byn_status byn_process_close_input(byn_process *process)
{
    static const char name[] = "byn_process_close_input";

    if (!byni_process_usable(process))
        return byni_process_unusable(process, name);
    if (!process->stream[BYNK_INPUT].is_pipe)
        return not_entered(process, BYNK_INPUT, name);
    close_input(process);
    return BYN_OK;
}

static byn_status read_some(byn_process *process, bynk_stream which, void *buffer, size_t *size,
                            byn_timeout timeout)
{
    bynk_transfer transfer = {.stream = which, .to = buffer, .size = *size};
    byn_status status =
        bynk_process_transfer(process->native, &transfer, 1, byni_deadline(timeout));

    if (status == BYN_OK)
        status = transfer.status;
    if (status == BYN_OK)
        *size = transfer.done;
    return status;
}

byn_status byn_process_read(byn_process *process, byn_stream stream, void *buffer, size_t *size,
                            byn_timeout timeout)
{
    static const char name[] = "byn_process_read";
    bynk_stream which = stream == BYN_STREAM_ERROR ? BYNK_ERROR : BYNK_OUTPUT;
    byn_status status;

    if (!byni_process_usable(process))
        return byni_process_unusable(process, name);
    if (stream != BYN_STREAM_OUTPUT && stream != BYN_STREAM_ERROR)
        return byni_invalid(name, "the stream is no byn_stream");
    if (buffer == NULL || size == NULL)
        return byni_null_buffer(name, size);
    if (*size == 0)
        return byni_invalid(name, "there is no room to read into");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(name);
    if (!enter(process, which))
        return not_entered(process, which, name);
    status = read_some(process, which, buffer, size, timeout);
    leave(process, which);
    return status < 0 ? byni_process_failed(process, status, name) : status;
}

/* ---- All at once --------------------------------------------------------------------------------- */

/* One call of byn_process_communicate(). */
typedef struct exchange {
    byn_process *process;
    const char *input;
    size_t input_size;
    size_t limit;
    bynk_deadline deadline;
    bynk_transfer transfers[BYNK_STREAMS];
    size_t count;
} exchange;

/*
 * Room for more of an output: up to one byte above the limit, in which it is seen that there is more, and
 * for the 0 that follows. The first read of many asks for much: a short output is read at once.
 */
static byn_status make_room(byni_collected *collected, size_t limit)
{
    size_t most = limit + 2, room = collected->room > 0 ? 2 * collected->room : COLLECT_FIRST;
    char *bytes;

    if (collected->room == most || collected->room - collected->size > COLLECT_STEP)
        return BYN_OK;
    if (room > most || room < collected->room)
        room = most;
    bytes = realloc(collected->bytes, room);
    if (bytes == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for what the process writes");
    collected->bytes = bytes;
    collected->room = room;
    return BYN_OK;
}

/* What there is to send; the input is closed when there is nothing more. */
static void prepare_input(exchange *all)
{
    byn_process *process = all->process;

    if (process->sent >= all->input_size) {
        close_input(process);
        return;
    }
    if (enter(process, BYNK_INPUT))
        all->transfers[all->count++] = (bynk_transfer){.stream = BYNK_INPUT,
                                                       .from = all->input + process->sent,
                                                       .size = all->input_size - process->sent};
}

static byn_status prepare_output(exchange *all, bynk_stream which)
{
    byni_collected *collected = &all->process->collected[which];
    byn_status status;

    if (collected->whole || !all->process->stream[which].is_pipe)
        return BYN_OK;
    if (collected->size > all->limit)
        return byni_fail(BYN_E_TOOBIG, "the standard %s has more than the limit of %llu bytes",
                         which == BYNK_OUTPUT ? "output" : "error", (unsigned long long)all->limit);
    status = make_room(collected, all->limit);
    if (status == BYN_OK && enter(all->process, which))
        all->transfers[all->count++] =
            (bynk_transfer){.stream = which,
                            .to = collected->bytes + collected->size,
                            .size = collected->room - 1 - collected->size};
    return status;
}

/* What came of one transfer. A child that reads no more does not want the rest. */
static byn_status note(exchange *all, const bynk_transfer *transfer)
{
    byn_process *process = all->process;

    if (transfer->stream == BYNK_INPUT) {
        process->sent += transfer->done;
        if (transfer->status == BYN_E_CLOSED)
            close_input(process);
    } else {
        process->collected[transfer->stream].size += transfer->done;
        if (transfer->status == BYN_E_CLOSED)
            process->collected[transfer->stream].whole = true;
    }
    if (transfer->status == BYN_E_CLOSED || transfer->status == BYN_E_TIMEDOUT)
        return BYN_OK;
    return transfer->status;
}

/* Move something; all->count becomes 0 when there is nothing left. */
static byn_status move_some(exchange *all)
{
    byn_status status, noted;
    size_t i;

    all->count = 0;
    prepare_input(all);
    status = prepare_output(all, BYNK_OUTPUT);
    if (status == BYN_OK)
        status = prepare_output(all, BYNK_ERROR);
    if (status == BYN_OK && all->count > 0)
        status =
            bynk_process_transfer(all->process->native, all->transfers, all->count, all->deadline);
    for (i = 0; i < all->count; i++) {
        noted = status == BYN_OK ? note(all, &all->transfers[i]) : BYN_OK;
        leave(all->process, all->transfers[i].stream);
        if (noted < 0)
            status = noted;
    }
    return status;
}

static byn_status exchange_all(exchange *all, byn_exit *exit)
{
    byn_status status;

    do {
        status = move_some(all);
        if (status < 0)
            return status;
    } while (all->count > 0);
    return bynk_process_wait(all->process->native, all->deadline, exit);
}

/* What was collected, as the caller sees it. */
static void show(const byni_collected *collected, size_t limit, const char **bytes, size_t *size)
{
    *bytes = "";
    *size = collected->size < limit ? collected->size : limit;
    if (collected->bytes != NULL)
        *bytes = collected->bytes;
}

static void show_all(exchange *all, byn_process_output *output)
{
    const byn_process *process = all->process;
    int i;

    for (i = 0; i < BYNK_STREAMS; i++)
        if (process->collected[i].bytes != NULL)
            process->collected[i].bytes[process->collected[i].size] = '\0';
    show(&process->collected[BYNK_OUTPUT], all->limit, &output->output, &output->output_size);
    show(&process->collected[BYNK_ERROR], all->limit, &output->error, &output->error_size);
    output->input_sent = process->sent;
}

/* false: another thread is in it. */
static bool begin_alone(byn_process *process)
{
    bool alone;

    bynk_library_lock();
    alone = !process->communicates;
    process->communicates = true;
    bynk_library_unlock();
    return alone;
}

static void end_alone(byn_process *process)
{
    bynk_library_lock();
    process->communicates = false;
    bynk_library_unlock();
}

static byn_status communicate(exchange *all, byn_process_output *output, const char *operation)
{
    byn_status status = exchange_all(all, &output->exit);

    show_all(all, output);
    return status < 0 ? byni_process_failed(all->process, status, operation) : status;
}

byn_status byn_process_communicate(byn_process *process, const void *input, size_t input_size,
                                   size_t limit, byn_process_output *output, byn_timeout timeout)
{
    static const char name[] = "byn_process_communicate";
    exchange all = {.process = process,
                    .input = input,
                    .input_size = input_size,
                    .limit = limit > 0 ? limit : USUAL_LIMIT};
    byn_status status;

    if (!byni_process_usable(process))
        return byni_process_unusable(process, name);
    if (output == NULL || (input == NULL && input_size > 0))
        return byni_null(name, output == NULL ? "output" : "input");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(name);
    if (all.limit > SIZE_MAX - 2)
        all.limit = SIZE_MAX - 2;
    if (input_size > 0 && !process->stream[BYNK_INPUT].is_pipe)
        return not_entered(process, BYNK_INPUT, name);
    if (!begin_alone(process))
        return byni_invalid(name, "another thread is in it with this process");
    memset(output, 0, sizeof *output);
    all.deadline = byni_deadline(timeout);
    status = communicate(&all, output, name);
    end_alone(process);
    return status;
}
