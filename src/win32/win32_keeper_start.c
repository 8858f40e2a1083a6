/*
 * Starting the keeper: which program, and so that it outlives the program that starts it.
 */
#include "win32_keep.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 32768 };

static const wchar_t tool[] = L"byname.exe";

/* ---- Which program ---------------------------------------------------------------------------------------- */

static bool is_file(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);

    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

/* The tool in the directory of a module. */
static bool find_beside(HMODULE module, wchar_t path[PATH_SIZE])
{
    DWORD length = GetModuleFileNameW(module, path, PATH_SIZE);
    wchar_t *slash;

    if (length == 0 || length >= PATH_SIZE - sizeof tool / sizeof tool[0])
        return false;
    slash = wcsrchr(path, L'\\');
    if (slash == NULL)
        return false;
    memcpy(slash + 1, tool, sizeof tool);
    return is_file(path);
}

/* The module that this code is in: the DLL, or the program that it is linked into. */
static HMODULE own_module(void)
{
    static const char here = 0;
    const DWORD flags =
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    HMODULE module = NULL;

    (void)GetModuleHandleExW(flags, (const wchar_t *)(const void *)&here, &module);
    return module;
}

/* In PATH only, and not where this process happens to be. */
static bool find_in_path(wchar_t path[PATH_SIZE])
{
    wchar_t *list = malloc(PATH_SIZE * sizeof *list);
    DWORD length = list == NULL ? 0 : GetEnvironmentVariableW(L"PATH", list, PATH_SIZE);
    bool found = length > 0 && length < PATH_SIZE &&
                 SearchPathW(list, tool, NULL, PATH_SIZE, path, NULL) != 0;

    free(list);
    return found;
}

/* What BYNAME_TOOL says is the only one then. */
static byn_status find_tool(wchar_t path[PATH_SIZE])
{
    DWORD length = GetEnvironmentVariableW(L"BYNAME_TOOL", path, PATH_SIZE);

    if (length > 0 && (length >= PATH_SIZE || !is_file(path)))
        return byni_fail(BYN_E_UNSUPPORTED,
                         "kept objects need byname.exe as their keeper, and BYNAME_TOOL is not the "
                         "path of a file: correct it");
    if (length > 0 || find_beside(own_module(), path) || find_beside(NULL, path) ||
        find_in_path(path))
        return BYN_OK;
    return byni_fail(BYN_E_UNSUPPORTED,
                     "kept objects need byname.exe as their keeper, and it is neither beside this "
                     "program or its library nor in PATH: put it there, or let BYNAME_TOOL be its "
                     "path");
}

/* ---- Starting --------------------------------------------------------------------------------------------- */

/* Whether the job of this process ends its processes when it is closed. */
static bool job_kills(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;

    memset(&limits, 0, sizeof limits);
    return QueryInformationJobObject(NULL, JobObjectExtendedLimitInformation, &limits,
                                     sizeof limits, NULL) &&
           (limits.BasicLimitInformation.LimitFlags & JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE) != 0;
}

/* It stands in no directory that somebody may want to remove, and has no handle of ours. */
static bool create(const wchar_t *path, DWORD more, PROCESS_INFORMATION *created)
{
    wchar_t line[] = L"byname keeper", directory[MAX_PATH];
    UINT length = GetSystemDirectoryW(directory, MAX_PATH);
    STARTUPINFOW startup;

    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    return CreateProcessW(path, line, NULL, NULL, FALSE,
                          DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | more, NULL,
                          length > 0 && length < MAX_PATH ? directory : NULL, &startup,
                          created) != FALSE;
}

/* Out of the job that this process may be in: that may end with its other processes. */
static byn_status start(const wchar_t *path, PROCESS_INFORMATION *created)
{
    char narrow[300];
    DWORD error;

    if (create(path, CREATE_BREAKAWAY_FROM_JOB, created))
        return BYN_OK;
    error = GetLastError();
    if (error == ERROR_ACCESS_DENIED && job_kills())
        return byni_fail(BYN_E_UNSUPPORTED,
                         "this process is in a job that no keeper may leave and that ends all its "
                         "processes: start \"byname keeper --stay\" outside of it before");
    if (error == ERROR_ACCESS_DENIED && create(path, 0, created))
        return BYN_OK;
    error = GetLastError();
    bynw_narrow(path, narrow, sizeof narrow);
    (void)bynw_fail(error, NULL, "cannot start the keeper \"%s\"", narrow);
    return BYN_E_UNSUPPORTED;
}

HANDLE bynw_keeper_start(byn_status *status)
{
    wchar_t *path = malloc(PATH_SIZE * sizeof *path);
    PROCESS_INFORMATION created = {NULL, NULL, 0, 0};

    *status = path == NULL ? byni_fail(BYN_E_NOMEM, "no memory for a path") : find_tool(path);
    if (*status == BYN_OK)
        *status = start(path, &created);
    free(path);
    if (created.hThread != NULL)
        (void)CloseHandle(created.hThread);
    return created.hProcess;
}
