#include "locks.h"

#include <windows.h>

#include <stdlib.h>

static void *mutex_open(const char *name)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, name);

    if (mutex == NULL)
        exit(2);
    return mutex;
}

static void mutex_make(const char *name)
{
    (void)mutex_open(name);
}

static void mutex_lock(void *mutex)
{
    if (WaitForSingleObject(mutex, INFINITE) != WAIT_OBJECT_0)
        exit(2);
}

static void mutex_unlock(void *mutex)
{
    ReleaseMutex(mutex);
}

static void mutex_remove(const char *name)
{
    (void)name;
}

static const bench_lock mutex = {"raw kernel mutex", mutex_make,   mutex_open,
                                 mutex_lock,         mutex_unlock, mutex_remove};

const bench_lock *const bench_system_locks[] = {&mutex, NULL};
