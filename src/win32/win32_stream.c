/*
 * Standard streams of a child that lead to a file, or through a pipe to this process.
 *
 * Only a named pipe can be used with a deadline, and only if it is opened for that: ours are ends of pipes
 * with names that nobody can guess, which this user alone may open, and which have one client, the child.
 * The child's ends are as anonymous ones are.
 *
 * A write that did not come to its end in time is taken back, and it must be known how much of it was
 * read. So none is larger than what fits into the pipe: when a reader comes to its first byte, everything
 * in front of it has been read, all of it fits, and it has come to its end.
 */
#include "win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIPE_SIZE = 65536, LARGEST_WRITE = PIPE_SIZE / 2, LARGEST_READ = PIPE_SIZE };

static const char *const stream_name[] = {"input", "output", "error"};

static SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};

/* ---- Opening ------------------------------------------------------------------------------------------- */

static byn_status lead_to_null(HANDLE *theirs)
{
    HANDLE null =
        CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                    &inheritable, OPEN_EXISTING, 0, NULL);

    if (null == INVALID_HANDLE_VALUE)
        return bynw_fail(GetLastError(), NULL, "cannot lead a standard stream to NUL");
    *theirs = null;
    return BYN_OK;
}

/* One that the child inherits; NULL if there is none to duplicate. */
static byn_status duplicate(HANDLE *theirs, HANDLE own)
{
    HANDLE self = GetCurrentProcess();

    if (own == NULL || own == INVALID_HANDLE_VALUE)
        return BYN_OK;
    if (DuplicateHandle(self, own, self, theirs, 0, TRUE, DUPLICATE_SAME_ACCESS))
        return BYN_OK;
    *theirs = NULL;
    /* A handle that was closed behind the C library's back: as if there was none. */
    if (GetLastError() == ERROR_INVALID_HANDLE)
        return BYN_OK;
    return bynw_fail(GetLastError(), NULL, "cannot duplicate a standard stream");
}

static bool is_directory(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);

    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

static byn_status fail_to_open(DWORD error, int stream, const char *path, const wchar_t *wide)
{
    if (is_directory(wide))
        return byni_fail(BYN_E_ACCESS, "cannot open \"%.200s\" for standard %s: it is a directory",
                         path, stream_name[stream]);
    return bynw_fail(error, NULL, "cannot open \"%.200s\" for standard %s", path,
                     stream_name[stream]);
}

/* Who may append and not write always writes to the end. */
static byn_status open_file(HANDLE *theirs, int stream, byn_stdio to, const char *path)
{
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    byn_status status = BYN_OK;
    wchar_t *wide = bynw_wide(path, &status);
    HANDLE file;

    if (wide == NULL)
        return status;
    if (stream == BYNK_INPUT)
        file = CreateFileW(wide, GENERIC_READ, share, &inheritable, OPEN_EXISTING, 0, NULL);
    else if (to == BYN_STDIO_APPEND)
        file = CreateFileW(wide, FILE_GENERIC_WRITE & ~(DWORD)FILE_WRITE_DATA, share, &inheritable,
                           OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    else
        file = CreateFileW(wide, GENERIC_WRITE, share, &inheritable, CREATE_ALWAYS,
                           FILE_ATTRIBUTE_NORMAL, NULL);
    if (file != INVALID_HANDLE_VALUE)
        *theirs = file;
    else
        status = fail_to_open(GetLastError(), stream, path, wide);
    free(wide);
    return status;
}

static byn_status make_pipe_name(wchar_t wide[BYNW_NAME_SIZE])
{
    char name[BYNW_NAME_SIZE];
    uint64_t random[2];
    byn_status status = bynk_random(random, sizeof random);

    (void)snprintf(name, sizeof name, "\\\\.\\pipe\\byname.%lu.%016llx%016llx",
                   (unsigned long)GetCurrentProcessId(), (unsigned long long)random[0],
                   (unsigned long long)random[1]);
    bynw_widen(name, wide);
    return status;
}

static HANDLE make_our_end(const wchar_t *name, int stream, SECURITY_ATTRIBUTES *mine)
{
    DWORD direction = stream == BYNK_INPUT ? PIPE_ACCESS_OUTBOUND : PIPE_ACCESS_INBOUND;

    return CreateNamedPipeW(name, direction | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                            PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT |
                                PIPE_REJECT_REMOTE_CLIENTS,
                            1, PIPE_SIZE, PIPE_SIZE, 0, mine);
}

static HANDLE make_their_end(const wchar_t *name, int stream)
{
    DWORD access = stream == BYNK_INPUT ? GENERIC_READ : GENERIC_WRITE | FILE_READ_ATTRIBUTES;

    return CreateFileW(name, access, 0, &inheritable, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
}

static byn_status open_pipe(bynw_streams *streams, int stream)
{
    static const byni_name user = {.machine = false};
    wchar_t name[BYNW_NAME_SIZE];
    bynw_list list;
    byn_status status = make_pipe_name(name);
    HANDLE end;

    if (status == BYN_OK)
        status = bynw_list_make(&list, &user, 0);
    if (status < 0)
        return status;
    end = make_our_end(name, stream, &list.attributes);
    if (end != INVALID_HANDLE_VALUE) {
        streams->ours[stream] = end;
        end = make_their_end(name, stream);
    }
    if (end != INVALID_HANDLE_VALUE)
        streams->theirs[stream] = end;
    else
        status = bynw_fail(GetLastError(), NULL, "cannot make a pipe for standard %s",
                           stream_name[stream]);
    bynw_list_free(&list);
    return status;
}

static byn_status open_stream(bynw_streams *streams, int stream, byn_stdio to, const char *path,
                              DWORD standard)
{
    HANDLE *theirs = &streams->theirs[stream];

    switch (to) {
    case BYN_STDIO_NULL:
        return lead_to_null(theirs);
    case BYN_STDIO_MERGED:
        return duplicate(theirs, streams->theirs[BYNK_OUTPUT]);
    case BYN_STDIO_FILE:
    case BYN_STDIO_APPEND:
        return open_file(theirs, stream, to, path);
    case BYN_STDIO_PIPE:
        return open_pipe(streams, stream);
    case BYN_STDIO_INHERIT:
        break;
    }
    return duplicate(theirs, GetStdHandle(standard));
}

byn_status bynw_streams_open(bynw_streams *streams, const byn_process_options *options)
{
    byn_status status = open_stream(streams, BYNK_INPUT, options->standard_input,
                                    options->input_file, STD_INPUT_HANDLE);

    if (status == BYN_OK)
        status = open_stream(streams, BYNK_OUTPUT, options->standard_output, options->output_file,
                             STD_OUTPUT_HANDLE);
    if (status == BYN_OK)
        status = open_stream(streams, BYNK_ERROR, options->standard_error, options->error_file,
                             STD_ERROR_HANDLE);
    return status;
}

static void close_one(HANDLE *handle)
{
    if (*handle != NULL)
        (void)CloseHandle(*handle);
    *handle = NULL;
}

void bynw_streams_close_theirs(bynw_streams *streams)
{
    int i;

    for (i = 0; i < BYNK_STREAMS; i++)
        close_one(&streams->theirs[i]);
}

void bynw_streams_close_ours(bynw_streams *streams)
{
    int i;

    for (i = 0; i < BYNK_STREAMS; i++)
        close_one(&streams->ours[i]);
}

void bynw_stream_close(bynw_streams *streams, bynk_stream stream)
{
    close_one(&streams->ours[stream]);
}

/* ---- Transfer ------------------------------------------------------------------------------------------ */

/* A transfer under way. */
typedef struct operation {
    HANDLE pipe;
    bynk_transfer *transfer;
    OVERLAPPED overlapped;
    bool pending;
} operation;

static byn_status status_of(DWORD error, bynk_stream stream)
{
    switch (error) {
    case ERROR_OPERATION_ABORTED:
        return BYN_E_TIMEDOUT;
    case ERROR_BROKEN_PIPE:
    case ERROR_NO_DATA:
    case ERROR_PIPE_NOT_CONNECTED:
    case ERROR_HANDLE_EOF:
        return BYN_E_CLOSED;
    default:
        return bynw_fail(error, NULL, "cannot use the pipe of standard %s", stream_name[stream]);
    }
}

/* The child may write nothing, which is read as such and is not the end. */
static void collect(operation *each)
{
    bynk_transfer *transfer = each->transfer;
    DWORD moved = 0;
    bool done = GetOverlappedResult(each->pipe, &each->overlapped, &moved, TRUE) != FALSE;

    each->pending = false;
    transfer->done = moved;
    if (moved > 0)
        transfer->status = BYN_OK;
    else if (done)
        transfer->status = BYN_E_TIMEDOUT;
    else
        transfer->status = status_of(GetLastError(), transfer->stream);
}

static void begin(operation *each)
{
    bynk_transfer *transfer = each->transfer;
    size_t largest = transfer->stream == BYNK_INPUT ? LARGEST_WRITE : LARGEST_READ;
    DWORD size = (DWORD)(transfer->size < largest ? transfer->size : largest);
    HANDLE event = each->overlapped.hEvent;
    BOOL done;

    memset(&each->overlapped, 0, sizeof each->overlapped);
    each->overlapped.hEvent = event;
    transfer->done = 0;
    if (transfer->stream == BYNK_INPUT)
        done = WriteFile(each->pipe, transfer->from, size, NULL, &each->overlapped);
    else
        done = ReadFile(each->pipe, transfer->to, size, NULL, &each->overlapped);
    each->pending = !done && GetLastError() == ERROR_IO_PENDING;
    if (done)
        collect(each);
    else if (!each->pending)
        transfer->status = status_of(GetLastError(), transfer->stream);
    else
        transfer->status = BYN_E_TIMEDOUT;
}

static bool any_is_settled(const operation *operations, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (operations[i].transfer->status != BYN_E_TIMEDOUT)
            return true;
    return false;
}

/* All are pending, but for those that read nothing. */
static void sleep_on(const operation *operations, size_t n, uint64_t nanoseconds)
{
    HANDLE events[BYNK_STREAMS];
    DWORD count = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        if (!operations[i].pending)
            return;
        events[count++] = operations[i].overlapped.hEvent;
    }
    (void)WaitForMultipleObjects(count, events, FALSE, bynw_milliseconds(nanoseconds));
}

/* What is not there in time is taken back; what came meanwhile counts. */
static bool attempt_all(operation *operations, size_t n, uint64_t nanoseconds)
{
    size_t i;

    for (i = 0; i < n; i++)
        begin(&operations[i]);
    if (nanoseconds > 0 && !any_is_settled(operations, n))
        sleep_on(operations, n, nanoseconds);
    for (i = 0; i < n; i++) {
        if (!operations[i].pending)
            continue;
        (void)CancelIoEx(operations[i].pipe, &operations[i].overlapped);
        collect(&operations[i]);
    }
    return any_is_settled(operations, n);
}

static byn_status attempt_until(operation *operations, size_t n, bynk_deadline deadline)
{
    for (;;) {
        uint64_t longest =
            byni_interruptible() ? (uint64_t)BYNI_INTERRUPT_MS * NS_PER_MS : NS_PER_S;
        uint64_t left = byni_remaining(deadline, longest);

        if (attempt_all(operations, n, left))
            return BYN_OK;
        if (left == 0)
            return BYN_E_TIMEDOUT;
        if (byni_interrupted())
            return BYN_E_CANCELED;
    }
}

byn_status bynw_streams_transfer(const bynw_streams *streams, bynk_transfer *transfers, size_t n,
                                 bynk_deadline deadline)
{
    operation operations[BYNK_STREAMS];
    byn_status status = BYN_OK;
    size_t i, made;

    memset(operations, 0, sizeof operations);
    for (made = 0; made < n && status == BYN_OK; made++) {
        operations[made].pipe = streams->ours[transfers[made].stream];
        operations[made].transfer = &transfers[made];
        operations[made].overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (operations[made].overlapped.hEvent == NULL)
            status = bynw_fail(GetLastError(), NULL, "cannot make an event to wait for a pipe");
    }
    if (status == BYN_OK)
        status = attempt_until(operations, n, deadline);
    for (i = 0; i < made; i++)
        if (operations[i].overlapped.hEvent != NULL)
            (void)CloseHandle(operations[i].overlapped.hEvent);
    return status;
}
