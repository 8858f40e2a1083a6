#include "probe.h"

#include <windows.h>

bool probe_runs(long pid)
{
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)pid);
    bool runs;

    if (process == NULL)
        return false;
    runs = WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
    CloseHandle(process);
    return runs;
}

/* What has ended is known for as long as somebody has a handle: nothing to test. */
bool probe_is_known(long pid)
{
    return probe_runs(pid);
}

long probe_pid(void)
{
    return (long)GetCurrentProcessId();
}

void probe_kill(long pid)
{
    HANDLE process = OpenProcess(PROCESS_TERMINATE, FALSE, (DWORD)pid);

    if (process == NULL)
        return;
    TerminateProcess(process, 1);
    CloseHandle(process);
}

bool probe_use_one_processor(void)
{
    return SetProcessAffinityMask(GetCurrentProcess(), 1) != 0;
}

long probe_open(void)
{
    DWORD count = 0;

    return GetProcessHandleCount(GetCurrentProcess(), &count) ? (long)count : -1;
}

bool probe_make_executable(const char *path)
{
    (void)path;
    return false;
}

bool probe_spoil(void)
{
    return false;
}

int probe_spoiled(void)
{
    return -1;
}

int probe_leads_group(void)
{
    return -1;
}

bool probe_orphan(bool session, void (*function)(const char *argument), const char *argument)
{
    (void)session;
    (void)function;
    (void)argument;
    return false;
}

bool probe_replace(const char *const *argv)
{
    (void)argv;
    return false;
}

bool probe_ignore_children(void)
{
    return false;
}

bool probe_take_any_child(void)
{
    return false;
}

int probe_in_fork(int (*function)(void))
{
    (void)function;
    return -1;
}

void probe_leave_main_thread(int (*rest)(void *context), void *context)
{
    (void)rest;
    (void)context;
}

bool probe_fork_on(void)
{
    return false;
}

bool probe_close_all(void)
{
    return false;
}
