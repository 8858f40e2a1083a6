/*
 * Clock, random bytes, the system's errors, waiting.
 */
#include "win32.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 200, WHAT_SIZE = 300, LONGEST_WAIT_S = 3600 };

/* ---- Errors ---------------------------------------------------------------------------------------- */

byn_status bynw_status(DWORD error)
{
    switch (error) {
    case ERROR_SUCCESS:
        return BYN_OK;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_DIRECTORY:
    case ERROR_INVALID_DRIVE:
    case ERROR_BAD_NETPATH:
    case ERROR_BAD_NET_NAME:
        return BYN_E_NOTFOUND;
    case ERROR_ALREADY_EXISTS:
    case ERROR_FILE_EXISTS:
        return BYN_E_EXISTS;
    case ERROR_INVALID_HANDLE: /* of a name: another kind of kernel object has it */
        return BYN_E_MISMATCH;
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD:
    case ERROR_ELEVATION_REQUIRED:
    case ERROR_SHARING_VIOLATION:
    case ERROR_ACCESS_DISABLED_BY_POLICY:
        return BYN_E_ACCESS;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_DISK_FULL:
        return BYN_E_NOMEM;
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_TOO_MANY_OPEN_FILES:
    case ERROR_NOT_ENOUGH_QUOTA:
    case ERROR_MAX_THRDS_REACHED:
    case ERROR_NO_MORE_USER_HANDLES:
    case ERROR_TOO_MANY_POSTS:
        return BYN_E_LIMIT;
    case ERROR_NOT_OWNER:
        return BYN_E_NOTOWNER;
    case ERROR_NOT_SUPPORTED:
    case ERROR_CALL_NOT_IMPLEMENTED:
        return BYN_E_UNSUPPORTED;
    default:
        return BYN_E_OS;
    }
}

/* The system's own words, without the line's end and the full stop. */
static void describe(DWORD error, char message[MESSAGE_SIZE])
{
    wchar_t text[MESSAGE_SIZE];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                      FORMAT_MESSAGE_MAX_WIDTH_MASK,
                                  NULL, error, 0, text, MESSAGE_SIZE, NULL);

    while (length > 0 && (text[length - 1] <= L' ' || text[length - 1] == L'.'))
        length--;
    if (length == 0) {
        (void)snprintf(message, MESSAGE_SIZE, "unknown error");
        return;
    }
    text[length < MESSAGE_SIZE ? length : MESSAGE_SIZE - 1] = L'\0';
    bynw_narrow(text, message, MESSAGE_SIZE);
}

byn_status bynw_fail(DWORD error, const char *remedy, const char *format, ...)
{
    char what[WHAT_SIZE], message[MESSAGE_SIZE];
    byn_status status = bynw_status(error);
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    describe(error, message);
    return byni_fail(status < 0 ? status : BYN_E_OS, "%s: %s (Windows error %lu)%s", what, message,
                     (unsigned long)error, remedy == NULL ? "" : remedy);
}

bynw_function bynw_native(const char *name)
{
    HMODULE module = GetModuleHandleW(L"ntdll.dll");
    bynw_function function = NULL;
    FARPROC found = module == NULL ? NULL : GetProcAddress(module, name);

    memcpy(&function, &found, sizeof function);
    return function;
}

/* ---- Clock and random bytes ------------------------------------------------------------------------ */

/* The performance counter is one for all processors and processes, and never goes back. */
uint64_t bynk_clock(void)
{
    static byni_a64 known_frequency;
    uint64_t frequency = byni_load64(&known_frequency), ticks;
    LARGE_INTEGER number;

    if (frequency == 0) {
        (void)QueryPerformanceFrequency(&number);
        frequency = (uint64_t)number.QuadPart;
        byni_store64(&known_frequency, frequency);
    }
    (void)QueryPerformanceCounter(&number);
    ticks = (uint64_t)number.QuadPart;
    /* Whole seconds apart: ticks times a billion would overflow within half an hour. */
    return ticks / frequency * NS_PER_S + ticks % frequency * NS_PER_S / frequency;
}

uint64_t bynk_clock_coarse(void)
{
    return GetTickCount64() * NS_PER_MS;
}

/* RtlGenRandom, by the name that advapi32.dll gives it. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

byn_status bynk_random(void *bytes, size_t size)
{
    if (size <= MAXLONG && SystemFunction036(bytes, (ULONG)size))
        return BYN_OK;
    return bynw_fail(GetLastError(), NULL, "cannot get random bytes");
}

/* ---- Waiting ----------------------------------------------------------------------------------------- */

DWORD bynw_milliseconds(uint64_t nanoseconds)
{
    return (DWORD)(nanoseconds / NS_PER_MS + (nanoseconds % NS_PER_MS != 0));
}

DWORD bynw_wait(HANDLE handle, bynk_deadline deadline)
{
    for (;;) {
        uint64_t left = byni_remaining(deadline, (uint64_t)LONGEST_WAIT_S * NS_PER_S);
        DWORD result = WaitForSingleObject(handle, bynw_milliseconds(left));

        /* The system counts in its own ticks and may think too early that the time is over. */
        if (result != WAIT_TIMEOUT || left == 0)
            return result;
    }
}

byn_status bynw_wait_for(HANDLE handle, bynk_deadline deadline, const char *what)
{
    const uint64_t slice = (uint64_t)BYNI_INTERRUPT_MS * NS_PER_MS;

    for (;;) {
        bool sliced = byni_interruptible() && byni_remaining(deadline, slice) == slice;
        DWORD result = bynw_wait(handle, sliced ? bynk_clock() + slice : deadline);

        if (result == WAIT_OBJECT_0)
            return BYN_OK;
        if (result == WAIT_ABANDONED)
            return BYN_ABANDONED;
        if (result != WAIT_TIMEOUT)
            return bynw_fail(GetLastError(), NULL, "cannot wait for %s", what);
        if (!sliced)
            return BYN_E_TIMEDOUT;
        if (byni_interrupted())
            return BYN_E_CANCELED;
    }
}

bool bynw_may_spin(void)
{
    static byni_a32 known; /* 0: not yet, 1: one processor, 2: several */
    uint32_t answer = byni_load32(&known);

    if (answer == 0) {
        DWORD_PTR mine = 0, all = 0;

        if (!GetProcessAffinityMask(GetCurrentProcess(), &mine, &all))
            mine = 0;
        /* 0: it runs in several groups of processors. */
        answer = mine != 0 && (mine & (mine - 1)) == 0 ? 1 : 2;
        byni_store32(&known, answer);
    }
    return answer == 2;
}
