/*
 * Who lives. A number of a process or thread is used again soon after its end; with the time of its
 * creation it is unique.
 */
#include "win32.h"

#include <stdlib.h>
#include <winternl.h>

static uint64_t from_filetime(const FILETIME *time)
{
    return (uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime;
}

/* ---- The list of all threads ---------------------------------------------------------------------------
 * When access to a thread or process is refused - another user's, an elevated one - the list of all of
 * them, which everybody may read, still tells. It is long: asked only when something looks dead.
 */

typedef struct listed_thread {
    LARGE_INTEGER kernel_time, user_time, created;
    ULONG wait_time;
    PVOID start;
    HANDLE process, thread;
    LONG priority, base_priority;
    ULONG switches, state, reason;
} listed_thread;

typedef struct listed_process {
    ULONG next, threads;
    LARGE_INTEGER reserved[3];
    LARGE_INTEGER created, user_time, kernel_time;
    UNICODE_STRING image;
    LONG priority;
    HANDLE process, parent;
    ULONG handles, session;
    ULONG_PTR key;
    SIZE_T virtual_memory[2];
    ULONG faults;
    SIZE_T memory[9];
    LARGE_INTEGER input_output[6];
} listed_process;

_Static_assert(sizeof(listed_process) == (sizeof(void *) == 8 ? 0x100 : 0xb8) &&
                   sizeof(listed_thread) == (sizeof(void *) == 8 ? 0x50 : 0x40),
               "as the system fills them");

typedef LONG(NTAPI *query_system)(int class, void *information, ULONG size, ULONG *used);

/* To be freed; NULL: it cannot be had. */
static listed_process *list_processes(void)
{
    enum { PROCESSES = 5, FIRST_SIZE = 512 * 1024, LARGEST_SIZE = 64 * 1024 * 1024 };
    query_system query = (query_system)bynw_native("NtQuerySystemInformation");
    listed_process *list;
    ULONG size, used;

    for (size = FIRST_SIZE; query != NULL && size <= LARGEST_SIZE; size *= 2) {
        list = malloc(size);
        if (list == NULL)
            return NULL;
        if (query(PROCESSES, list, size, &used) >= 0)
            return list;
        free(list);
    }
    return NULL;
}

static listed_process *next_process(listed_process *process)
{
    return process->next == 0 ? NULL : (listed_process *)(void *)((char *)process + process->next);
}

/* When a process (0) or a thread of any process was created; 0: there is none; UINT64_MAX: unknown. */
static uint64_t listed(DWORD process_number, DWORD thread_number)
{
    listed_process *list = list_processes(), *process;
    uint64_t created = list == NULL ? UINT64_MAX : 0;
    ULONG i;

    for (process = list; process != NULL && created == 0; process = next_process(process)) {
        listed_thread *threads = (listed_thread *)(void *)(process + 1);

        if (process_number != 0 && (ULONG_PTR)process->process == process_number)
            created = (uint64_t)process->created.QuadPart;
        for (i = 0; thread_number != 0 && i < process->threads; i++)
            if ((ULONG_PTR)threads[i].thread == thread_number)
                created = (uint64_t)threads[i].created.QuadPart;
    }
    free(list);
    return created;
}

/* ---- Threads -------------------------------------------------------------------------------------------- */

BYNI_THREAD_LOCAL uint64_t bynw_this_thread;

/* Bit 0 is clear. */
static uint64_t identify(DWORD number, uint64_t created)
{
    uint64_t hash = created * UINT64_C(0x9e3779b97f4a7c15);

    return (uint64_t)number << 32 | (hash >> 32 & 0xfffffffe);
}

uint64_t bynw_thread_begin(void)
{
    FILETIME created = {0, 0}, other;

    (void)GetThreadTimes(GetCurrentThread(), &created, &other, &other, &other);
    bynw_this_thread = identify(GetCurrentThreadId(), from_filetime(&created));
    return bynw_this_thread;
}

static bool opened_thread_is_dead(HANDLE thread, uint64_t who)
{
    FILETIME created, other;

    if (!GetThreadTimes(thread, &created, &other, &other, &other))
        return false;
    if (identify((DWORD)(who >> 32), from_filetime(&created)) != who)
        return true; /* another one by now */
    return WaitForSingleObject(thread, 0) == WAIT_OBJECT_0;
}

bool bynw_thread_is_dead(uint64_t who)
{
    DWORD number = (DWORD)(who >> 32);
    HANDLE thread = OpenThread(SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION, FALSE, number);
    uint64_t created;
    bool dead;

    if (thread == NULL) {
        if (GetLastError() == ERROR_INVALID_PARAMETER)
            return true;
        created = listed(0, number);
        return created != UINT64_MAX && (created == 0 || identify(number, created) != who);
    }
    dead = opened_thread_is_dead(thread, who);
    (void)CloseHandle(thread);
    return dead;
}

bool bynk_thread_is_dead(uint64_t who, uint32_t pid)
{
    (void)pid; /* the thread's number is enough */
    return who != 0 && bynw_thread_is_dead(who);
}

/* ---- Processes ------------------------------------------------------------------------------------------ */

/* The rights to look have another number for threads. */
enum {
    WATCH_PROCESS = SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION,
    WATCH_THREAD = SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION
};

static HANDLE open_process(uint32_t pid)
{
    return OpenProcess(WATCH_PROCESS, FALSE, pid);
}

static uint64_t thread_created(HANDLE thread)
{
    FILETIME created, other;

    return GetThreadTimes(thread, &created, &other, &other, &other) ? from_filetime(&created) : 0;
}

static uint64_t process_created(HANDLE process)
{
    FILETIME created, other;

    return GetProcessTimes(process, &created, &other, &other, &other) ? from_filetime(&created) : 0;
}

static bool has_ended(HANDLE process)
{
    return WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
}

void bynk_identity_own(bynk_identity *identity)
{
    static byni_a64 started;

    identity->pid = GetCurrentProcessId();
    identity->thread = 0;
    identity->started = byni_load64(&started);
    if (identity->started == 0) {
        identity->started = process_created(GetCurrentProcess());
        byni_store64(&started, identity->started);
    }
}

void bynk_identity_thread(bynk_identity *identity)
{
    static BYNI_THREAD_LOCAL uint64_t started;

    if (started == 0)
        started = thread_created(GetCurrentThread());
    identity->pid = GetCurrentProcessId();
    identity->thread = GetCurrentThreadId();
    identity->started = started;
}

byn_status bynk_identity_of(uint32_t pid, bynk_identity *identity)
{
    HANDLE process = pid == 0 ? NULL : open_process(pid);
    uint64_t started = 0;

    if (process != NULL) {
        if (!has_ended(process))
            started = process_created(process);
        (void)CloseHandle(process);
    } else if (pid != 0 && GetLastError() == ERROR_ACCESS_DENIED) {
        started = listed(pid, 0);
        if (started == UINT64_MAX)
            return bynw_fail(ERROR_ACCESS_DENIED, NULL, "cannot look at process %lu",
                             (unsigned long)pid);
    }
    if (started == 0)
        return byni_fail(BYN_E_NOTFOUND, "there is no process %lu", (unsigned long)pid);
    identity->pid = pid;
    identity->thread = 0;
    identity->started = started;
    return BYN_OK;
}

/* One that has not been seen to end. */
static HANDLE open_identity(const bynk_identity *identity)
{
    return identity->thread != 0 ? OpenThread(WATCH_THREAD, FALSE, identity->thread)
                                 : open_process(identity->pid);
}

static uint64_t created(const bynk_identity *identity, HANDLE handle)
{
    return identity->thread != 0 ? thread_created(handle) : process_created(handle);
}

/* By the list of all: access was refused. */
static bool is_listed(const bynk_identity *identity)
{
    uint64_t when = identity->thread != 0 ? listed(0, identity->thread) : listed(identity->pid, 0);

    return when == UINT64_MAX || (identity->started == 0 ? when != 0 : when == identity->started);
}

static bool is_it(const bynk_identity *identity, HANDLE handle)
{
    return identity->started == 0 || created(identity, handle) == identity->started;
}

bool bynk_identity_alive(const bynk_identity *identity)
{
    HANDLE handle = open_identity(identity);
    bool alive;

    if (handle == NULL)
        return GetLastError() != ERROR_INVALID_PARAMETER && is_listed(identity);
    alive = is_it(identity, handle) && !has_ended(handle);
    (void)CloseHandle(handle);
    return alive;
}

HANDLE bynw_identity_handle(const bynk_identity *identity)
{
    HANDLE handle = open_identity(identity);

    if (handle == NULL || is_it(identity, handle))
        return handle;
    (void)CloseHandle(handle); /* another one by now */
    return NULL;
}

/* The end of a process itself needs no heartbeat. */
static byn_status await_end(HANDLE process, uint32_t pid, bynk_look look, void *context)
{
    uint64_t pause;
    DWORD result;

    do {
        pause = look(context);
        result = WaitForSingleObject(process, bynw_milliseconds(pause));
    } while (result == WAIT_TIMEOUT && pause > 0);
    if (result == WAIT_OBJECT_0)
        return BYN_OK;
    if (result == WAIT_TIMEOUT)
        return BYN_E_TIMEDOUT;
    return bynw_fail(GetLastError(), NULL, "cannot wait for process %lu", (unsigned long)pid);
}

byn_status bynk_identity_await_death(const bynk_identity *identity, bynk_look look, void *context)
{
    HANDLE process = open_process(identity->pid);
    byn_status status = BYN_OK;
    DWORD error = process == NULL ? GetLastError() : ERROR_SUCCESS;

    if (process == NULL) {
        if (!bynk_identity_alive(identity))
            return BYN_OK;
        return bynw_fail(error, NULL, "cannot watch process %lu", (unsigned long)identity->pid);
    }
    if (process_created(process) == identity->started)
        status = await_end(process, identity->pid, look, context);
    (void)CloseHandle(process);
    return status;
}

byn_status bynk_identity_kill(const bynk_identity *identity)
{
    HANDLE process = OpenProcess(PROCESS_TERMINATE | WATCH_PROCESS, FALSE, identity->pid);
    DWORD error = process == NULL ? GetLastError() : ERROR_SUCCESS;

    if (process != NULL && process_created(process) == identity->started && !has_ended(process) &&
        !TerminateProcess(process, BYN_EXIT_KILLED))
        error = GetLastError();
    if (process != NULL)
        (void)CloseHandle(process);
    /* One that is just ending may not be terminated any more, and lets itself not be opened for it. */
    if (error == ERROR_SUCCESS || !bynk_identity_alive(identity))
        return BYN_OK;
    return bynw_fail(error, NULL, "cannot end process %lu", (unsigned long)identity->pid);
}

/* ---- What people call a process ------------------------------------------------------------------------- */

static uint32_t first_thread(const listed_process *process)
{
    const listed_thread *threads = (const listed_thread *)(const void *)(process + 1);
    ULONG i, first = 0;

    for (i = 1; i < process->threads; i++)
        if (threads[i].created.QuadPart < threads[first].created.QuadPart)
            first = i;
    return process->threads > 0 ? (uint32_t)(ULONG_PTR)threads[first].thread : 0;
}

bool bynk_descent_of(uint32_t pid, bynk_descent *descent)
{
    listed_process *list = list_processes(), *process = list;
    bool there;

    while (process != NULL && (ULONG_PTR)process->process != pid)
        process = next_process(process);
    there = process != NULL;
    if (there)
        *descent = (bynk_descent){.parent = (uint32_t)(ULONG_PTR)process->parent,
                                  .first = first_thread(process),
                                  .started = (uint64_t)process->created.QuadPart};
    free(list);
    return there;
}

void bynk_program_of(uint32_t pid, char program[BYNK_PROGRAM_SIZE])
{
    wchar_t path[1024];
    DWORD length = 1024;
    HANDLE process = open_process(pid);
    const wchar_t *slash;

    program[0] = '\0';
    if (process == NULL)
        return;
    if (QueryFullProcessImageNameW(process, 0, path, &length)) {
        slash = wcsrchr(path, L'\\');
        bynw_narrow(slash == NULL ? path : slash + 1, program, BYNK_PROGRAM_SIZE);
    }
    (void)CloseHandle(process);
}

typedef LONG(NTAPI *query_process)(HANDLE process, int class, void *information, ULONG size,
                                   ULONG *used);

/* The system fills in a UNICODE_STRING and its text behind it. */
void bynk_command_of(uint32_t pid, char *command, size_t size)
{
    enum { COMMAND_LINE = 60, ROOM = 16384 };
    query_process query = (query_process)bynw_native("NtQueryInformationProcess");
    HANDLE process = open_process(pid);
    wchar_t *room = malloc(ROOM + sizeof(UNICODE_STRING) + sizeof(wchar_t));
    UNICODE_STRING *text = (UNICODE_STRING *)(void *)room;
    ULONG used;

    command[0] = '\0';
    if (process != NULL && room != NULL && query != NULL &&
        query(process, COMMAND_LINE, room, ROOM + sizeof(UNICODE_STRING), &used) >= 0 &&
        text->Buffer != NULL && text->Length <= ROOM) {
        text->Buffer[text->Length / sizeof(wchar_t)] = L'\0';
        bynw_narrow(text->Buffer, command, (int)size);
    }
    free(room);
    if (process != NULL)
        (void)CloseHandle(process);
}
