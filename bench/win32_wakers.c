#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wakers.h"
#include "win32_pipe.h"

static void *open_event(void *place, const char *name, bool first)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, name);

    (void)place;
    (void)first;
    if (event == NULL)
        exit(2);
    return event;
}

static void *open_semaphore(void *place, const char *name, bool first)
{
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 1000, name);

    (void)place;
    (void)first;
    if (semaphore == NULL)
        exit(2);
    return semaphore;
}

static void wake_event(void *event)
{
    SetEvent(event);
}

static void wake_semaphore(void *semaphore)
{
    ReleaseSemaphore(semaphore, 1, NULL);
}

static void wait_for_object(void *object)
{
    WaitForSingleObject(object, INFINITE);
}

/* A named pipe: who first waits makes it, who first wakes connects to it. */
typedef struct messages {
    char path[200];
    HANDLE pipe;
} messages;

static void *open_messages(void *place, const char *name, bool first)
{
    messages *made = calloc(1, sizeof *made);

    (void)place;
    (void)first;
    if (made == NULL)
        exit(2);
    (void)snprintf(made->path, sizeof made->path, "\\\\.\\pipe\\%s", name);
    return made;
}

static void wake_by_message(void *waker)
{
    messages *to = waker;
    char message[8] = {0};
    DWORD wrote;

    if (to->pipe == NULL)
        to->pipe = connect_to(to->path);
    if (!WriteFile(to->pipe, message, sizeof message, &wrote, NULL))
        exit(2);
}

static HANDLE create(const char *path)
{
    HANDLE pipe = CreateNamedPipeA(path, PIPE_ACCESS_INBOUND,
                                   PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 0, 4096, 0, NULL);

    if (pipe != INVALID_HANDLE_VALUE)
        (void)ConnectNamedPipe(pipe, NULL);
    return pipe;
}

static void wait_for_message(void *waker)
{
    messages *from = waker;
    char message[8];
    DWORD got;

    if (from->pipe == NULL)
        from->pipe = create(from->path);
    if (!ReadFile(from->pipe, message, sizeof message, &got, NULL))
        exit(2);
}

int bench_raw_wakers(const bench_waker **wakers)
{
    static const bench_waker all[] = {
        {"raw kernel event", open_event, wake_event, wait_for_object},
        {"raw kernel semaphore", open_semaphore, wake_semaphore, wait_for_object},
        {"named pipe", open_messages, wake_by_message, wait_for_message},
    };

    *wakers = all;
    return sizeof all / sizeof all[0];
}

void bench_stay_on_one_processor(void)
{
    (void)SetProcessAffinityMask(GetCurrentProcess(), 1);
}
