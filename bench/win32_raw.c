#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "bench.h"

const bench_system bench_this_system = BENCH_WINDOWS;

uint64_t bench_clock(void)
{
    LARGE_INTEGER now, frequency;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (uint64_t)((double)now.QuadPart * 1e9 / (double)frequency.QuadPart);
}

void bench_yield(void)
{
    (void)SwitchToThread();
}

void bench_sleep(int milliseconds)
{
    Sleep((DWORD)milliseconds);
}

const char *bench_raw_lock_name(void)
{
    return "raw kernel mutex";
}

void *bench_raw_lock_open(void)
{
    HANDLE lock = CreateMutexW(NULL, FALSE, NULL);

    if (lock == NULL)
        exit(2);
    return lock;
}

void bench_raw_lock_run(void *lock, uint32_t times)
{
    while (times-- > 0) {
        if (WaitForSingleObject(lock, INFINITE) != WAIT_OBJECT_0)
            exit(2);
        ReleaseMutex(lock);
    }
}

/* Windows has none between processes: this is what threads of one have. */
const char *bench_raw_rwlock_name(void)
{
    return "SRW lock of one process";
}

void *bench_raw_rwlock_open(void)
{
    static SRWLOCK lock = SRWLOCK_INIT;

    return &lock;
}

void bench_raw_rwlock_read(void *rwlock, uint32_t times)
{
    while (times-- > 0) {
        AcquireSRWLockShared(rwlock);
        ReleaseSRWLockShared(rwlock);
    }
}

void bench_raw_rwlock_write(void *rwlock, uint32_t times)
{
    while (times-- > 0) {
        AcquireSRWLockExclusive(rwlock);
        ReleaseSRWLockExclusive(rwlock);
    }
}

void bench_raw_add(void *number, uint32_t times)
{
    while (times-- > 0)
        InterlockedExchangeAdd64((volatile LONG64 *)number, 1);
}

const char *bench_raw_shared_lock_name(void)
{
    return "kernel mutex and a number";
}

static HANDLE shared_lock(void)
{
    static HANDLE lock;

    if (lock == NULL)
        lock = CreateMutexW(NULL, FALSE, L"Local\\byname-bench-counter");
    if (lock == NULL)
        exit(2);
    return lock;
}

void bench_raw_shared_lock_make(void *place)
{
    (void)place;
    (void)shared_lock();
}

void bench_raw_shared_lock(void *place)
{
    (void)place;
    if (WaitForSingleObject(shared_lock(), INFINITE) != WAIT_OBJECT_0)
        exit(2);
}

void bench_raw_shared_unlock(void *place)
{
    (void)place;
    ReleaseMutex(shared_lock());
}

void bench_raw_sleep(void *number, uint32_t seen)
{
    (void)number;
    (void)seen;
    (void)SwitchToThread();
}

void bench_raw_wake_one(void *number)
{
    (void)number;
}

const char *bench_raw_spawn_name(void)
{
    return "CreateProcess";
}

void bench_raw_spawn(const char *program)
{
    PROCESS_INFORMATION created;
    STARTUPINFOA startup = {.cb = sizeof startup};
    DWORD code = 1;

    if (!CreateProcessA(program, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &created))
        exit(2);
    WaitForSingleObject(created.hProcess, INFINITE);
    GetExitCodeProcess(created.hProcess, &code);
    CloseHandle(created.hProcess);
    CloseHandle(created.hThread);
    if (code != 0)
        exit(2);
}

void bench_raw_occupy(size_t bytes)
{
    void *memory = malloc(bytes + 1);

    if (memory == NULL)
        exit(2);
    memset(memory, 1, bytes + 1);
}

const char *bench_fork_name(void)
{
    return NULL;
}

void bench_fork(const char *program)
{
    (void)program;
}

uint64_t bench_most_objects(void)
{
    return 100000;
}

static uint64_t of_file_time(FILETIME time)
{
    return ((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) * 100;
}

uint64_t bench_processor_time(void)
{
    FILETIME created, ended, kernel, user;

    if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user))
        exit(2);
    return of_file_time(kernel) + of_file_time(user);
}

uint64_t bench_memory_mb(void)
{
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};

    return GlobalMemoryStatusEx(&memory) ? memory.ullTotalPhys >> 20 : 0;
}

const char *bench_program_suffix(void)
{
    return ".exe";
}
