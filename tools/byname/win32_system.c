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

void system_close_outputs(void)
{
    (void)freopen("NUL", "w", stdout);
    (void)freopen("NUL", "w", stderr);
}
