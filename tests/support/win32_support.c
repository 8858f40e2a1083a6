/* Before APR, which else hides parts of them. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <windows.h>

#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_portable.h>
#include <apr_strings.h>

const bool platform_ends_lines_with_cr = true;

static char executable[3 * MAX_PATH];

/* ---- Text */

static wchar_t *wide(const char *text, apr_pool_t *pool)
{
    int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    wchar_t *result = apr_pcalloc(pool, ((apr_size_t)length + 1) * sizeof *result);

    MultiByteToWideChar(CP_UTF8, 0, text, -1, result, length);
    return result;
}

static char *utf8(const wchar_t *text, apr_pool_t *pool)
{
    int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *result = apr_pcalloc(pool, (apr_size_t)length + 1);

    WideCharToMultiByte(CP_UTF8, 0, text, -1, result, length, NULL, NULL);
    return result;
}

/*
 * Appends an argument so that CommandLineToArgvW and the C runtime find it again: quotes are
 * escaped, and backslashes are doubled, but only before a quote. Returns the new end.
 */
static char *append_quoted(char *end, const char *argument)
{
    size_t backslashes = 0;

    *end++ = '"';
    for (; *argument != '\0'; argument++) {
        if (*argument == '\\') {
            backslashes++;
        } else {
            if (*argument == '"') {
                memset(end, '\\', backslashes + 1);
                end += backslashes + 1;
            }
            backslashes = 0;
        }
        *end++ = *argument;
    }
    memset(end, '\\', backslashes);
    end += backslashes;
    *end++ = '"';
    return end;
}

static char *command_line(const char *const *arguments, apr_pool_t *pool)
{
    size_t size = 1;
    size_t i;
    char *line;
    char *end;

    for (i = 0; arguments[i] != NULL; i++)
        size += 2 * strlen(arguments[i]) + 3;
    line = end = apr_palloc(pool, size);
    for (i = 0; arguments[i] != NULL; i++) {
        if (i > 0)
            *end++ = ' ';
        end = append_quoted(end, arguments[i]);
    }
    *end = '\0';
    return line;
}

/* ---- This process */

/*
 * CommandLineToArgvW(), where it is needed. With its library, which brings the desktop's, a process begins twice as slowly
 * in Wine, and the tests start thousands. APR imports it too, and finds this in its place.
 */
typedef LPWSTR *(WINAPI *splitter)(LPCWSTR line, int *count);

static LPWSTR *WINAPI split(LPCWSTR line, int *count)
{
    HMODULE library = LoadLibraryA("shell32.dll");
    splitter function = NULL;

    if (library != NULL)
        function = (splitter)(void (*)(void))GetProcAddress(library, "CommandLineToArgvW");
    return function != NULL ? function(line, count) : NULL;
}

splitter __imp_CommandLineToArgvW = split;

/* The C runtime has split it well: only other characters, and those for which it may look for files, are its trouble. */
static bool is_plain(const wchar_t *line)
{
    while (*line != 0 && *line < 0x7f && wcschr(L"*?", *line) == NULL)
        line++;
    return *line == 0;
}

void platform_start(int *argc, char ***argv)
{
    wchar_t path[MAX_PATH];
    wchar_t **arguments;
    apr_pool_t *pool; /* the runner has none yet, and a child that is no test never will */
    int i;

    /*
     * A crash is an exit code here, for children too, and never a window that waits for somebody.
     */
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
#ifdef _MSC_VER
    _set_abort_behavior(0, _WRITE_ABORT_MSG | _CALL_REPORTFAULT);
#endif
    GetModuleFileNameW(NULL, path, MAX_PATH);
    WideCharToMultiByte(CP_UTF8, 0, path, -1, executable, (int)sizeof executable, NULL, NULL);

    apr_initialize();
    if (is_plain(GetCommandLineW()))
        return;
    arguments = split(GetCommandLineW(), argc);
    if (arguments == NULL)
        return;
    apr_pool_create(&pool, NULL);
    *argv = apr_pcalloc(pool, ((apr_size_t)*argc + 1) * sizeof **argv);
    for (i = 0; i < *argc; i++)
        (*argv)[i] = utf8(arguments[i], pool);
    LocalFree(arguments);
}

long platform_pid(void)
{
    return (long)GetCurrentProcessId();
}

const char *platform_executable(void)
{
    return executable;
}

const char *platform_memory_directory(void)
{
    return NULL;
}

/* Not GetTickCount64(), which goes in steps of 16. */
int64_t platform_milliseconds(void)
{
    LARGE_INTEGER now, frequency;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return now.QuadPart / (frequency.QuadPart / 1000);
}

void platform_die_with_parent(void)
{
    /* The parent's job does it, see own_job. */
}

/* ---- Children */

struct child {
    HANDLE process;
    DWORD pid;
};

static apr_status_t child_close(void *c)
{
    CloseHandle(((child *)c)->process);
    return APR_SUCCESS;
}

/* Children in this job die with us, unless they ask to leave it, because nobody else holds the job. */
static HANDLE own_job(void)
{
    static HANDLE job;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;

    if (job == NULL) {
        memset(&limits, 0, sizeof limits);
        limits.BasicLimitInformation.LimitFlags =
            JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
            JOB_OBJECT_LIMIT_BREAKAWAY_OK; /* for the keeper, which outlives us */
        job = CreateJobObjectW(NULL, NULL);
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    }
    return job;
}

/* An inheritable copy of a stream, or of the null device. */
static HANDLE inheritable(apr_file_t *file, DWORD standard)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    apr_os_file_t source = INVALID_HANDLE_VALUE;
    HANDLE copy = NULL;

    if (file != NULL)
        apr_os_file_get(&source, file);
    else if (standard == STD_ERROR_HANDLE)
        source = GetStdHandle(standard);
    if (source == NULL || source == INVALID_HANDLE_VALUE ||
        !DuplicateHandle(GetCurrentProcess(), source, GetCurrentProcess(), &copy, 0, TRUE,
                         DUPLICATE_SAME_ACCESS))
        copy = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                           &inherit, OPEN_EXISTING, 0, NULL);
    return copy;
}

/* Only for the time of a start; the cases' thread is the only one that starts children. */
static void set_environment(const char *const *environment, wchar_t **saved, apr_pool_t *pool)
{
    size_t i;

    for (i = 0; environment != NULL && environment[i] != NULL; i++) {
        const char *equals = strchr(environment[i], '=');
        wchar_t *name;
        DWORD size;

        if (equals == NULL)
            continue;
        name =
            wide(apr_pstrndup(pool, environment[i], (apr_size_t)(equals - environment[i])), pool);
        size = GetEnvironmentVariableW(name, NULL, 0);
        if (saved != NULL && size > 0) {
            saved[i] = apr_pcalloc(pool, size * sizeof *saved[i]);
            GetEnvironmentVariableW(name, saved[i], size);
        }
        SetEnvironmentVariableW(name, wide(equals + 1, pool));
    }
}

static void restore_environment(const char *const *environment, wchar_t **saved, apr_pool_t *pool)
{
    size_t i;

    for (i = 0; environment != NULL && environment[i] != NULL; i++) {
        const char *equals = strchr(environment[i], '=');

        if (equals != NULL)
            SetEnvironmentVariableW(
                wide(apr_pstrndup(pool, environment[i], (apr_size_t)(equals - environment[i])),
                     pool),
                saved[i]);
    }
}

static BOOL create_process(const char *const *arguments, STARTUPINFOEXW *startup,
                           PROCESS_INFORMATION *created, apr_pool_t *pool)
{
    enum { TRIES = 6 };
    const char *line = command_line(arguments, pool);
    const wchar_t *program = wide(arguments[0], pool);
    BOOL done = FALSE;
    int i;

    /* Wine now and then has an internal error here, when the machine is busy. */
    for (i = 0; i < TRIES && !done; i++) {
        if (i > 0)
            Sleep(50);
        done = CreateProcessW(program, wide(line, pool), NULL, NULL, TRUE,
                              CREATE_SUSPENDED | EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                              &startup->StartupInfo, created);
        if (!done && GetLastError() != ERROR_INTERNAL_ERROR)
            break;
    }
    return done;
}

child *child_start(const char *const *arguments, const char *const *environment, apr_file_t *in,
                   apr_file_t *out, apr_file_t *err, apr_pool_t *pool, const char **error)
{
    enum { MOST_VARIABLES = 32 };
    wchar_t *saved[MOST_VARIABLES] = {NULL};
    HANDLE streams[3];
    STARTUPINFOEXW startup = {.StartupInfo.cb = sizeof startup};
    PROCESS_INFORMATION created;
    SIZE_T size = 0;
    child *c = NULL;
    int i;

    streams[0] = startup.StartupInfo.hStdInput = inheritable(in, STD_INPUT_HANDLE);
    streams[1] = startup.StartupInfo.hStdOutput = inheritable(out, STD_OUTPUT_HANDLE);
    streams[2] = startup.StartupInfo.hStdError = inheritable(err, STD_ERROR_HANDLE);
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    startup.lpAttributeList = apr_pcalloc(pool, size);
    InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size);
    UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                              streams, sizeof streams, NULL, NULL);

    set_environment(environment, saved, pool);
    if (create_process(arguments, &startup, &created, pool)) {
        c = apr_pcalloc(pool, sizeof *c);
        c->process = created.hProcess;
        c->pid = created.dwProcessId;
        apr_pool_cleanup_register(pool, c, child_close, apr_pool_cleanup_null);
        AssignProcessToJobObject(own_job(), c->process);
        ResumeThread(created.hThread);
        CloseHandle(created.hThread);
    } else {
        *error = apr_psprintf(pool, "CreateProcess: error %lu", GetLastError());
    }
    restore_environment(environment, saved, pool);
    DeleteProcThreadAttributeList(startup.lpAttributeList);
    for (i = 0; i < 3; i++)
        CloseHandle(streams[i]);
    return c;
}

long child_pid(const child *c)
{
    return (long)c->pid;
}

bool child_wait(child *c, int timeout, child_end *end)
{
    DWORD code = 0;

    if (WaitForSingleObject(c->process, (DWORD)timeout) != WAIT_OBJECT_0)
        return false;
    GetExitCodeProcess(c->process, &code);
    if (end != NULL) {
        end->killed = code == PEER_CRASHED || code >= 0xC0000000;
        end->code = (int)code;
    }
    return true;
}

void child_kill_soon(child *c)
{
    TerminateProcess(c->process, PEER_CRASHED);
}

void child_kill(child *c)
{
    child_kill_soon(c);
    WaitForSingleObject(c->process, INFINITE);
}

/* Not documented, but what debuggers use; there is no other way to stop a whole process at once. */
static bool call_ntdll(const char *function, HANDLE process)
{
    typedef LONG(WINAPI * process_function)(HANDLE);
    union {
        FARPROC generic;
        process_function specific;
    } found;

    found.generic = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), function);
    return found.generic != NULL && found.specific(process) >= 0;
}

bool child_stop(child *c)
{
    return call_ntdll("NtSuspendProcess", c->process);
}

bool child_continue(child *c)
{
    return call_ntdll("NtResumeProcess", c->process);
}

/* The compilers that build for Windows here have none. */
bool test_sanitized(void)
{
    return false;
}

bool test_on_windows(void)
{
    return true;
}

bool platform_is_wine(void)
{
    return GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != NULL;
}

bool platform_allow_files(unsigned count)
{
    (void)count;
    return true;
}
