#include "system.h"
#include "win32_text.h"

#include <stdio.h>

#include <windows.h>

bool system_is_windows(void)
{
    return true;
}

const char *win32_utf8(const wchar_t *text, apr_pool_t *pool)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *copy = apr_pcalloc(pool, size > 0 ? (apr_size_t)size : 1);

    if (size > 0)
        (void)WideCharToMultiByte(CP_UTF8, 0, text, -1, copy, size, NULL, NULL);
    return copy;
}

win32_function win32_native(const char *name)
{
    HMODULE module = GetModuleHandleW(L"ntdll.dll");

    return module != NULL ? (win32_function)GetProcAddress(module, name) : NULL;
}

/* Names that begin with "=" are the drives' directories, which no program may say. */
const char *const *system_environment(apr_pool_t *pool, int *count)
{
    wchar_t *block = GetEnvironmentStringsW();
    const wchar_t *at;
    const char **list;
    size_t most = 1;

    for (at = block; at != NULL && *at != L'\0'; at += wcslen(at) + 1)
        most++;
    list = apr_pcalloc(pool, most * sizeof *list);
    *count = 0;
    for (at = block; at != NULL && *at != L'\0'; at += wcslen(at) + 1)
        if (*at != L'=')
            list[(*count)++] = win32_utf8(at, pool);
    if (block != NULL)
        (void)FreeEnvironmentStringsW(block);
    return list;
}

uint32_t system_rights(void)
{
    return 0;
}

uint32_t system_pid(void)
{
    return GetCurrentProcessId();
}

int64_t system_milliseconds(void)
{
    return (int64_t)GetTickCount64();
}

const char *const *system_shell(const char *text, apr_pool_t *pool)
{
    const char **argv = apr_pcalloc(pool, 6 * sizeof *argv);

    argv[0] = "cmd";
    argv[1] = "/d";
    argv[2] = "/s"; /* the text may have quotes */
    argv[3] = "/c";
    argv[4] = text;
    return argv;
}

int system_passed_signals(int numbers[SYSTEM_PASSED_MAX])
{
    (void)numbers;
    return 0;
}

void system_pass_signal(uint32_t pid, int number)
{
    (void)pid;
    (void)number;
}

void system_reserve_streams(void)
{
    /* A handle that is opened later is none of these by its number. */
}

bool system_output_is_pipe(void)
{
    return GetFileType(GetStdHandle(STD_OUTPUT_HANDLE)) == FILE_TYPE_PIPE;
}

/* To write nothing would tell it, too, but is the end to who still reads. The numbers are of the kernel's headers. */
bool system_reader_is_gone(void)
{
    enum { LOCAL_INFORMATION = 24, CONNECTED = 3 };
    typedef struct status_block {
        void *status;
        ULONG_PTR information;
    } status_block;
    typedef struct pipe_information {
        ULONG type, configuration, most, instances, in_size, readable, out_size, writable, state,
            end;
    } pipe_information;
    typedef LONG(WINAPI * query_file)(HANDLE file, status_block * status, void *information,
                                      ULONG size, int which);
    query_file query = (query_file)win32_native("NtQueryInformationFile");
    status_block status;
    pipe_information pipe;

    return query != NULL &&
           query(GetStdHandle(STD_OUTPUT_HANDLE), &status, &pipe, sizeof pipe, LOCAL_INFORMATION) >=
               0 &&
           pipe.state != CONNECTED;
}

void system_close_outputs(void)
{
    (void)freopen("NUL", "w", stdout);
    (void)freopen("NUL", "w", stderr);
}
