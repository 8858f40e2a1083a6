#include "channel.h"
#include "win32_pipe.h"

#include <stdio.h>
#include <stdlib.h>

/* An instance of a named pipe has one putter and one getter: each getter makes one. */

static void pipe_path(char path[300], const char *name)
{
    (void)snprintf(path, 300, "\\\\.\\pipe\\%s", name);
}

static void *nothing(const char *name, size_t size)
{
    (void)size;
    return (void *)name;
}

static void nothing_to_end(void *made, const char *name)
{
    (void)made;
    (void)name;
}

static HANDLE create(const char *path, size_t size)
{
    HANDLE pipe =
        CreateNamedPipeA(path, PIPE_ACCESS_INBOUND, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
                         PIPE_UNLIMITED_INSTANCES, (DWORD)size * 256, (DWORD)size * 256, 0, NULL);

    if (pipe != INVALID_HANDLE_VALUE)
        (void)ConnectNamedPipe(pipe, NULL);
    return pipe;
}

static void *pipe_open(const char *name, size_t size, int puts)
{
    char path[300];
    HANDLE pipe;

    pipe_path(path, name);
    pipe = puts ? connect_to(path) : create(path, size);
    if (pipe == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "%s: error %lu\n", path, GetLastError());
        exit(2);
    }
    return pipe;
}

static void pipe_put(void *made, const void *messages, size_t size)
{
    DWORD wrote;

    if (!WriteFile(made, messages, (DWORD)size, &wrote, NULL))
        exit(2);
}

static size_t pipe_get(void *made, void *messages, size_t size)
{
    DWORD got;

    if (!ReadFile(made, messages, (DWORD)size, &got, NULL))
        exit(2);
    return 1;
}

static const channel pipe_channel = {"named pipe",   1,         0,        0,       nothing,
                                     nothing_to_end, pipe_open, pipe_put, pipe_get};

const channel *const bench_channels[] = {&pipe_channel, NULL};
