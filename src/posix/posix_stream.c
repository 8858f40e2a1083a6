/*
 * Standard streams of a child that lead to a file, or through a pipe to this process.
 *
 * What is opened here is closed in any other child (close-on-exec, from its beginning), and never has one of
 * the numbers 0 to 2, not even where this process has closed its own standard streams: those numbers are
 * where the child's are put, one after the other.
 *
 * Our ends of pipes do not block; the child's do. Who writes to a pipe that nobody reads any more gets a
 * signal, which is kept from this process: it is blocked meanwhile in the thread, and taken.
 */
#include "posix_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NEW_FILE_MODE = 0666 };

static const char *const stream_name[] = {"input", "output", "error"};

/* ---- Opening ------------------------------------------------------------------------------------- */

static void close_one(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static byn_status fail_to_open(int error, int stream, const char *path)
{
    if (error == EISDIR)
        return byni_fail(BYN_E_ACCESS, "cannot open \"%s\" for standard %s: it is a directory",
                         path, stream_name[stream]);
    return bynp_fail(error, "cannot open \"%s\" for standard %s", path, stream_name[stream]);
}

static byn_status open_file(int *theirs, int stream, byn_stdio to, const char *path)
{
    int flags = O_RDONLY;
    struct stat about;

    if (stream != BYNK_INPUT)
        flags = O_WRONLY | O_CREAT | (to == BYN_STDIO_APPEND ? O_APPEND : O_TRUNC);
    do
        *theirs = open(path, flags | O_CLOEXEC | O_NOCTTY, NEW_FILE_MODE);
    while (*theirs < 0 && errno == EINTR);
    *theirs = bynp_above_standard(*theirs);
    if (*theirs < 0)
        return fail_to_open(errno, stream, path);
    if (fstat(*theirs, &about) == 0 && S_ISDIR(about.st_mode))
        return fail_to_open(EISDIR, stream, path);
    return BYN_OK;
}

static byn_status open_pipe(bynp_streams *streams, int stream)
{
    int ends[2] = {-1, -1}, error = 0;
    const int our_side = stream == BYNK_INPUT ? 1 : 0;

    if (pipe2(ends, O_CLOEXEC) < 0)
        error = errno;
    ends[0] = bynp_above_standard(ends[0]);
    if (ends[0] < 0 && error == 0)
        error = errno;
    ends[1] = bynp_above_standard(ends[1]);
    if (ends[1] < 0 && error == 0)
        error = errno;
    if (error == 0 && fcntl(ends[our_side], F_SETFL, O_NONBLOCK) < 0)
        error = errno;
    streams->ours[stream] = ends[our_side];
    streams->theirs[stream] = ends[1 - our_side];
    return error == 0 ? BYN_OK
                      : bynp_fail(error, "cannot make a pipe for standard %s", stream_name[stream]);
}

static byn_status open_stream(bynp_streams *streams, int stream, byn_stdio to, const char *path)
{
    switch (to) {
    case BYN_STDIO_NULL:
        streams->theirs[stream] = BYNP_NULL;
        return BYN_OK;
    case BYN_STDIO_MERGED:
        streams->theirs[stream] = BYNP_MERGED;
        return BYN_OK;
    case BYN_STDIO_FILE:
    case BYN_STDIO_APPEND:
        return open_file(&streams->theirs[stream], stream, to, path);
    case BYN_STDIO_PIPE:
        return open_pipe(streams, stream);
    case BYN_STDIO_INHERIT:
        break;
    }
    streams->theirs[stream] = BYNP_INHERIT;
    return BYN_OK;
}

byn_status bynp_streams_open(bynp_streams *streams, const byn_process_options *options)
{
    byn_status status;
    int i;

    for (i = 0; i < BYNK_STREAMS; i++)
        streams->ours[i] = streams->theirs[i] = -1;
    status = open_stream(streams, BYNK_INPUT, options->standard_input, options->input_file);
    if (status == BYN_OK)
        status = open_stream(streams, BYNK_OUTPUT, options->standard_output, options->output_file);
    if (status == BYN_OK)
        status = open_stream(streams, BYNK_ERROR, options->standard_error, options->error_file);
    return status;
}

void bynp_streams_close_theirs(bynp_streams *streams)
{
    int i;

    for (i = 0; i < BYNK_STREAMS; i++)
        close_one(&streams->theirs[i]);
}

void bynp_streams_close_ours(bynp_streams *streams)
{
    int i;

    for (i = 0; i < BYNK_STREAMS; i++)
        close_one(&streams->ours[i]);
}

void bynp_stream_close(bynp_streams *streams, bynk_stream stream)
{
    close_one(&streams->ours[stream]);
}

/* ---- Transfer ------------------------------------------------------------------------------------ */

/* As write(), but without SIGPIPE: one that is pending already stays. */
static ssize_t write_quietly(int fd, const void *data, size_t size)
{
    const struct timespec at_once = {0, 0};
    sigset_t broken, pending, before;
    bool was_pending;
    ssize_t written;
    int error;

    (void)sigemptyset(&broken);
    (void)sigaddset(&broken, SIGPIPE);
    (void)sigpending(&pending);
    was_pending = sigismember(&pending, SIGPIPE) == 1;
    (void)pthread_sigmask(SIG_BLOCK, &broken, &before);
    written = write(fd, data, size);
    error = errno;
    if (written < 0 && error == EPIPE && !was_pending)
        while (sigtimedwait(&broken, NULL, &at_once) < 0 && errno == EINTR)
            continue;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written;
}

static void attempt(int fd, bynk_transfer *transfer)
{
    ssize_t moved;

    do
        moved = transfer->stream == BYNK_INPUT ? write_quietly(fd, transfer->from, transfer->size)
                                               : read(fd, transfer->to, transfer->size);
    while (moved < 0 && errno == EINTR);
    transfer->done = moved > 0 ? (size_t)moved : 0;
    if (moved > 0)
        transfer->status = BYN_OK;
    else if (moved == 0 || errno == EPIPE)
        transfer->status = BYN_E_CLOSED;
    else if (errno == EAGAIN)
        transfer->status = BYN_E_TIMEDOUT;
    else
        transfer->status =
            bynp_fail(errno, "cannot use the pipe of standard %s", stream_name[transfer->stream]);
}

/* Whether one of them has something to tell. */
static bool attempt_all(const bynp_streams *streams, bynk_transfer *transfers, size_t n)
{
    bool any = false;
    size_t i;

    for (i = 0; i < n; i++) {
        attempt(streams->ours[transfers[i].stream], &transfers[i]);
        any = any || transfers[i].status != BYN_E_TIMEDOUT;
    }
    return any;
}

/* Whether something has happened, within so many nanoseconds. */
static bool sleep_on(const bynp_streams *streams, const bynk_transfer *transfers, size_t n,
                     uint64_t nanoseconds)
{
    struct timespec time = bynp_timespec(nanoseconds);
    struct pollfd files[BYNK_STREAMS];
    size_t i;

    for (i = 0; i < n; i++) {
        files[i].fd = streams->ours[transfers[i].stream];
        files[i].events = transfers[i].stream == BYNK_INPUT ? POLLOUT : POLLIN;
    }
    return ppoll(files, (nfds_t)n, &time, NULL) > 0;
}

byn_status bynp_streams_transfer(const bynp_streams *streams, bynk_transfer *transfers, size_t n,
                                 bynk_deadline deadline)
{
    while (!attempt_all(streams, transfers, n)) {
        uint64_t longest =
            byni_interruptible() ? BYNI_INTERRUPT_MS * (uint64_t)NS_PER_MS : NS_PER_S;
        uint64_t left = byni_remaining(deadline, longest);

        if (left == 0)
            return BYN_E_TIMEDOUT;
        if (!sleep_on(streams, transfers, n, left) && byni_interrupted())
            return BYN_E_CANCELED;
    }
    return BYN_OK;
}
