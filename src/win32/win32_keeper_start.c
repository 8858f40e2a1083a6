/*
 * Starting the keeper, so that it outlives the program that starts it.
 */
#include "win32_keep.h"

#include <stdlib.h>
#include <string.h>

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
    return bynw_create_process(
               path, line, FALSE, DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | more, NULL,
               length > 0 && length < MAX_PATH ? directory : NULL, &startup, created) != FALSE;
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
    wchar_t *path = malloc(BYNW_PATH_SIZE * sizeof *path);
    PROCESS_INFORMATION created = {NULL, NULL, 0, 0};

    *status = path == NULL ? byni_fail(BYN_E_NOMEM, "no memory for a path")
                           : bynw_tool_find("kept objects need byname.exe as their keeper", path);
    if (*status == BYN_E_NOTFOUND)
        *status = BYN_E_UNSUPPORTED;
    if (*status == BYN_OK)
        *status = start(path, &created);
    free(path);
    if (created.hThread != NULL)
        (void)CloseHandle(created.hThread);
    return created.hProcess;
}
