#include "doctor.h"

#include "output.h"

#include <inttypes.h>

#include <windows.h>

/* Objects are sections of the page file: what they need is committed. */
static void examine_memory(findings *f)
{
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    const uint64_t mib = 1024 * 1024;

    if (!GlobalMemoryStatusEx(&memory))
        return;
    doctor_add(f, FINDING_FACT, "memory",
               format_text(f->pool,
                           "objects are in the page file, of which %" PRIu64 " of %" PRIu64
                           " MiB may still be committed",
                           (uint64_t)memory.ullAvailPageFile / mib,
                           (uint64_t)memory.ullTotalPageFile / mib),
               NULL);
    if (memory.ullAvailPageFile < 16 * mib)
        doctor_add(f, FINDING_PROBLEM, "memory", "the system has no memory left to commit",
                   "end programs, or make the page file larger");
}

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
}

void doctor_examine_system(findings *f)
{
    examine_memory(f);
    examine_session(f);
}
