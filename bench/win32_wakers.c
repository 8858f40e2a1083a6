#include <stdlib.h>
#include <windows.h>

#include "wakers.h"

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

int bench_raw_wakers(const bench_waker **wakers)
{
    static const bench_waker all[] = {
        {"raw kernel event", open_event, wake_event, wait_for_object},
        {"raw kernel semaphore", open_semaphore, wake_semaphore, wait_for_object},
    };

    *wakers = all;
    return sizeof all / sizeof all[0];
}

void bench_stay_on_one_processor(void)
{
    (void)SetProcessAffinityMask(GetCurrentProcess(), 1);
}
