#include "doctor.h"

#include "output.h"
#include "win32_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <winternl.h>

#include <apr_strings.h>

#include <byname/byname.h>

static const uint64_t MIB = 1024 * 1024;

/* ---- To whom an object belongs */

static const char *name_of_account(PSID account, apr_pool_t *pool)
{
    wchar_t name[256], domain[256];
    DWORD name_size = 256, domain_size = 256;
    SID_NAME_USE use;

    if (!LookupAccountSidW(NULL, account, name, &name_size, domain, &domain_size, &use))
        return NULL;
    return format_text(pool, "%s\\%s", win32_utf8(domain, pool), win32_utf8(name, pool));
}

/* Places are ASCII. Who may not use an object may perhaps see whose it is. */
const char *doctor_owner(const char *place, apr_pool_t *pool)
{
    HANDLE section = OpenFileMappingA(READ_CONTROL, FALSE, place);
    union {
        SECURITY_DESCRIPTOR descriptor; /* as it is aligned */
        unsigned char room[512];
    } about;
    const char *owner = NULL;
    PSID account = NULL;
    BOOL by_default;
    DWORD size;

    if (section == NULL)
        return NULL;
    if (GetKernelObjectSecurity(section, OWNER_SECURITY_INFORMATION, &about, sizeof about, &size) &&
        GetSecurityDescriptorOwner(&about, &account, &by_default) && account != NULL)
        owner = name_of_account(account, pool);
    (void)CloseHandle(section);
    return owner;
}

/* ---- Room for objects: sections of the page file, and what they need is committed */

static void examine_memory(findings *f)
{
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};

    if (!GlobalMemoryStatusEx(&memory))
        return;
    doctor_add(f, FINDING_FACT, "memory",
               format_text(f->pool,
                           "objects are in the page file; of the commit limit of %" PRIu64
                           " MiB %" PRIu64 " MiB are left",
                           (uint64_t)memory.ullTotalPageFile / MIB,
                           (uint64_t)memory.ullAvailPageFile / MIB),
               NULL);
    if (memory.ullAvailPageFile < 16 * MIB)
        doctor_add(f, FINDING_PROBLEM, "space", "the system has no memory left to commit",
                   "end programs, or make the page file larger");
    else if (memory.ullAvailPageFile < memory.ullTotalPageFile / 20)
        doctor_add(f, FINDING_NOTICE, "space",
                   format_text(f->pool,
                               "less than a 20th of the commit limit is left: %" PRIu64 " MiB",
                               (uint64_t)memory.ullAvailPageFile / MIB),
                   "end programs, or make the page file larger, before objects cannot be made any "
                   "more");
}

/* ---- Limits of handles */

/* What a process may have, of all kinds together; documented, and nobody can change it. */
#ifndef DOCTOR_MOST_HANDLES
#define DOCTOR_MOST_HANDLES (16 * 1024 * 1024) /* a test has no millions */
#endif
enum { MOST_HANDLES = DOCTOR_MOST_HANDLES };

typedef struct handle_count {
    uint64_t all;
    uint32_t processes, most, pid;
} handle_count;

typedef LONG(NTAPI *query_system)(int class, void *information, ULONG size, ULONG *used);

/* To be freed; NULL: it cannot be had. */
static void *list_processes(void)
{
    enum { PROCESSES = 5, FIRST_SIZE = 512 * 1024, LARGEST_SIZE = 64 * 1024 * 1024 };
    query_system query = (query_system)win32_native("NtQuerySystemInformation");
    void *list;
    ULONG size, used;

    for (size = FIRST_SIZE; query != NULL && size <= LARGEST_SIZE; size *= 2) {
        list = malloc(size);
        if (list == NULL || query(PROCESSES, list, size, &used) >= 0)
            return list;
        free(list);
    }
    return NULL;
}

static void count_handles_of(handle_count *count, const SYSTEM_PROCESS_INFORMATION *process)
{
    count->all += process->HandleCount;
    count->processes++;
    if (process->HandleCount <= count->most)
        return;
    count->most = process->HandleCount;
    count->pid = (uint32_t)(ULONG_PTR)process->UniqueProcessId;
}

/* Of all processes of a session: the system tells of those of other users too. */
static handle_count count_handles(DWORD session)
{
    char *list = list_processes(), *at = list;
    handle_count count = {0, 0, 0, 0};
    ULONG step = 1;

    for (; list != NULL && step != 0; at += step) {
        const SYSTEM_PROCESS_INFORMATION *process = (const void *)at;

        if (process->SessionId == session)
            count_handles_of(&count, process);
        step = process->NextEntryOffset;
    }
    free(list);
    return count;
}

static void examine_handles(findings *f, DWORD session)
{
    const handle_count count = count_handles(session);
    byn_pid_info info = {.struct_size = sizeof info};
    const bool is_near = count.most >= MOST_HANDLES / 4 * 3;

    if (count.most == 0) /* not told */
        return;
    (void)byn_pid_describe(count.pid, &info);
    doctor_add(f, is_near ? FINDING_NOTICE : FINDING_FACT, "handles",
               format_text(f->pool,
                           "%lu processes of this session have %" PRIu64
                           " handles open; of them %s (pid %lu) has most, %lu of the %d that a "
                           "process may have; each open object takes some",
                           (unsigned long)count.processes, count.all, shown(info.program, f->pool),
                           (unsigned long)count.pid, (unsigned long)count.most, (int)MOST_HANDLES),
               is_near ? "start that program again: it opens without closing" : NULL);
}

/* ---- Where this process is */

/* A service is in session 0, and sees no names of others. */
static void examine_session(findings *f)
{
    DWORD session = 0;

    if (!ProcessIdToSessionId(GetCurrentProcessId(), &session))
        return;
    doctor_add(f, FINDING_FACT, "session",
               format_text(f->pool,
                           "this is session %lu: names without \"machine:\" are those of this user "
                           "in this session; services are in session 0",
                           (unsigned long)session),
               NULL);
    examine_handles(f, session);
}

/* A keeper that is started from here must not end with this job. */
static void examine_job(findings *f)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    BOOL within = FALSE;
    DWORD flags;

    memset(&limits, 0, sizeof limits);
    if (!IsProcessInJob(GetCurrentProcess(), NULL, &within) || !within ||
        !QueryInformationJobObject(NULL, JobObjectExtendedLimitInformation, &limits, sizeof limits,
                                   NULL))
        return;
    flags = limits.BasicLimitInformation.LimitFlags;
    if ((flags & JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE) != 0 &&
        (flags & (JOB_OBJECT_LIMIT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK)) == 0)
        doctor_add(f, FINDING_NOTICE, "job",
                   "this process is in a job that nobody may leave and that ends all its "
                   "processes: no keeper of kept objects can be started from here",
                   "start \"byname keeper --stay\" outside of it, before an object is kept");
    else
        doctor_add(f, FINDING_FACT, "job", "this process is in a job object; a keeper survives it",
                   NULL);
}

/* ---- The keeper */

static void examine_keeper(findings *f)
{
    uint32_t pid, keeps;
    const byn_status status = byn_keeper_look(&pid, &keeps);

    if (status >= 0)
        doctor_add(f, FINDING_FACT, "keeper",
                   format_text(f->pool,
                               "the keeper is process %" PRIu32 " and keeps %" PRIu32 " objects",
                               pid, keeps),
                   NULL);
    else if (status == BYN_E_NOTFOUND)
        doctor_add(f, FINDING_FACT, "keeper",
                   "there is no keeper: nothing of this user is kept in this session", NULL);
    else
        doctor_add(f, status == BYN_E_TIMEDOUT ? FINDING_PROBLEM : FINDING_NOTICE, "keeper",
                   apr_pstrdup(f->pool, byn_last_error()),
                   "see what the sentence says; if the keeper is killed, what it keeps goes with "
                   "its last user");
}

/* ---- What the kernel can: calls of it that no header promises, and what is without them */

typedef struct feature {
    const char *name, *with, *without;
} feature;

static const feature features[] = {
    {"NtQueryDirectoryObject", "objects can be listed",
     "byname ls shows nothing, and circles are not found"},
    {"NtQuerySystemInformation", "processes of other users are told, and who has an object open",
     "who has an object open is not told, and who of another user is dead"},
    {"NtCompareObjects", "who has an object open is told without an administrator's rights",
     "only an administrator is told who has an object open"},
    {"NtQueryObject", "kept objects can be removed", "kept objects cannot be removed"},
    {"NtQueryEvent", "an event is looked at without taking its signal",
     "whether an event is set is not told"},
    {"NtQueryInformationProcess", "command lines are told", "command lines are not told"},
};

static void examine_kernel(findings *f)
{
    const HMODULE native = GetModuleHandleW(L"ntdll.dll");
    size_t i;

    for (i = 0; i < sizeof features / sizeof features[0]; i++) {
        const feature *one = &features[i];
        const bool there = native != NULL && GetProcAddress(native, one->name) != NULL;

        doctor_add(f, there ? FINDING_FACT : FINDING_NOTICE, "kernel",
                   format_text(f->pool, "%s is %s: %s", one->name, there ? "there" : "not there",
                               there ? one->with : one->without),
                   there ? NULL : "a newer system: byname needs Windows 10 or later");
    }
}

void doctor_examine_system(findings *f)
{
    examine_memory(f);
    examine_session(f);
    examine_job(f);
    examine_keeper(f);
    examine_kernel(f);
}
