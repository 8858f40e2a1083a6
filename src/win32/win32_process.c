/*
 * Processes. A child is born in a job of its own, which holds whatever it starts, and inherits three
 * handles at most: those of its standard streams, by an explicit list.
 *
 * It is never suspended and then put into the job: a parent killed in between would leave it so for ever.
 */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x0002000d
#endif

struct bynk_process {
    HANDLE process;
    HANDLE job;
    DWORD pid;
    bynw_streams streams;
    bool bound; /* to our life: it ends when the last handle of its job is closed */
};

/* What CreateProcessW() wants; see destroy(). */
typedef struct creation {
    wchar_t *block, *directory, *program, *line;
    HANDLE inherited[BYNK_STREAMS];
    LPPROC_THREAD_ATTRIBUTE_LIST attributes;
    HANDLE job;
    bool has_attributes;
} creation;

/* ---- The parts of a creation -------------------------------------------------------------------------- */

static byn_status make_words(creation *made, const char *const *argv,
                             const byn_process_options *options)
{
    byn_status status = bynw_environment(options, &made->block);
    DWORD attributes;

    if (status == BYN_OK && options->directory != NULL) {
        made->directory = bynw_wide(options->directory, &status);
        if (made->directory != NULL) {
            attributes = GetFileAttributesW(made->directory);
            if (attributes == INVALID_FILE_ATTRIBUTES ||
                (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0)
                status = byni_fail(BYN_E_NOTFOUND,
                                   "cannot go to the directory \"%.200s\": there is none",
                                   options->directory);
        }
    }
    if (status == BYN_OK)
        status = bynw_program_find(argv[0], made->block, &made->program);
    if (status == BYN_OK)
        status = bynw_command_line(argv, &made->line);
    return status;
}

/* Who asks for it may leave the job: the keeper of kept objects is nobody's child. */
static byn_status make_job(creation *made, bool bound)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;

    made->job = CreateJobObjectW(NULL, NULL);
    if (made->job == NULL)
        return bynw_fail(GetLastError(), NULL, "cannot create a job object");
    memset(&limits, 0, sizeof limits);
    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_BREAKAWAY_OK | (bound ? JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE : 0);
    if (SetInformationJobObject(made->job, JobObjectExtendedLimitInformation, &limits,
                                sizeof limits))
        return BYN_OK;
    return bynw_fail(GetLastError(), NULL, "cannot bind the child to its parent's life");
}

static DWORD count_inherited(creation *made, const bynw_streams *streams)
{
    DWORD count = 0, i;

    for (i = 0; i < BYNK_STREAMS; i++)
        if (streams->theirs[i] != NULL)
            made->inherited[count++] = streams->theirs[i];
    return count;
}

static byn_status make_attributes(creation *made, const bynw_streams *streams)
{
    DWORD inherited = count_inherited(made, streams);
    SIZE_T size = 0;

    (void)InitializeProcThreadAttributeList(NULL, 2, 0, &size);
    made->attributes = malloc(size);
    if (made->attributes == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for the child's attributes");
    made->has_attributes = InitializeProcThreadAttributeList(made->attributes, 2, 0, &size);
    if (!made->has_attributes ||
        !UpdateProcThreadAttribute(made->attributes, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, &made->job,
                                   sizeof made->job, NULL, NULL))
        return bynw_fail(GetLastError(), ": Windows 10 or later is needed",
                         "cannot put a child into a job object");
    if (inherited > 0 &&
        !UpdateProcThreadAttribute(made->attributes, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                   made->inherited, inherited * sizeof(HANDLE), NULL, NULL))
        return bynw_fail(GetLastError(), NULL, "cannot list the handles that the child inherits");
    return BYN_OK;
}

static void destroy(creation *made)
{
    free(made->block);
    free(made->directory);
    free(made->program);
    free(made->line);
    if (made->has_attributes)
        DeleteProcThreadAttributeList(made->attributes);
    free(made->attributes);
    if (made->job != NULL)
        (void)CloseHandle(made->job);
}

/* ---- Start ---------------------------------------------------------------------------------------------- */

static byn_status fail_to_create(DWORD error, const char *program)
{
    switch (error) {
    case ERROR_BAD_EXE_FORMAT:
    case ERROR_EXE_MACHINE_TYPE_MISMATCH:
    case ERROR_INVALID_EXE_SIGNATURE:
        return bynw_fail(error, NULL, "\"%.200s\" is not a program for this machine", program);
    case ERROR_ELEVATION_REQUIRED:
        return bynw_fail(error, ": start this program as administrator too",
                         "cannot create the process \"%.200s\"", program);
    default:
        return bynw_fail(error, NULL, "cannot create the process \"%.200s\"", program);
    }
}

static byn_status create(creation *made, const HANDLE *streams, const char *const *argv,
                         const byn_process_options *options, PROCESS_INFORMATION *created)
{
    DWORD flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_UNICODE_ENVIRONMENT |
                  (options->new_group ? (DWORD)CREATE_NEW_PROCESS_GROUP : 0);
    STARTUPINFOEXW startup;

    memset(&startup, 0, sizeof startup);
    startup.StartupInfo.cb = sizeof startup;
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = streams[0];
    startup.StartupInfo.hStdOutput = streams[1];
    startup.StartupInfo.hStdError = streams[2];
    startup.lpAttributeList = made->attributes;
    if (bynw_create_process(made->program, made->line, made->inherited[0] != NULL, flags,
                            made->block, made->directory, &startup.StartupInfo, created))
        return BYN_OK;
    return fail_to_create(GetLastError(), argv[0]);
}

static byn_status start(bynk_process *process, creation *made, const char *const *argv,
                        const byn_process_options *options)
{
    PROCESS_INFORMATION created;
    byn_status status = make_words(made, argv, options);

    if (status == BYN_OK)
        status = make_job(made, options->kill_with_parent);
    if (status == BYN_OK)
        status = bynw_streams_open(&process->streams, options);
    if (status == BYN_OK)
        status = make_attributes(made, &process->streams);
    if (status == BYN_OK)
        status = create(made, process->streams.theirs, argv, options, &created);
    bynw_streams_close_theirs(&process->streams);
    if (status < 0)
        return status;
    byni_crash_point("process.created");
    (void)CloseHandle(created.hThread);
    process->process = created.hProcess;
    process->pid = created.dwProcessId;
    process->bound = options->kill_with_parent;
    process->job = made->job;
    made->job = NULL;
    return BYN_OK;
}

byn_status bynk_process_start(bynk_process **process, const char *const *argv,
                              const byn_process_options *options)
{
    bynk_process *new_process = calloc(1, sizeof *new_process);
    creation made;
    byn_status status;

    if (new_process == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for the handle");
    memset(&made, 0, sizeof made);
    status = start(new_process, &made, argv, options);
    destroy(&made);
    if (status < 0) {
        bynw_streams_close_ours(&new_process->streams);
        free(new_process);
    } else {
        *process = new_process;
    }
    return status;
}

/* The job of a bound child stays open until this process ends, which is what ends the child. */
void bynk_process_close(bynk_process *process)
{
    bynw_streams_close_ours(&process->streams);
    (void)CloseHandle(process->process);
    if (!process->bound)
        (void)CloseHandle(process->job);
    free(process);
}

uint32_t bynk_process_pid(const bynk_process *process)
{
    return process->pid;
}

byn_status bynk_process_transfer(bynk_process *process, bynk_transfer *transfers, size_t n,
                                 bynk_deadline deadline)
{
    return bynw_streams_transfer(&process->streams, transfers, n, deadline);
}

void bynk_process_close_stream(bynk_process *process, bynk_stream stream)
{
    bynw_stream_close(&process->streams, stream);
}

void bynk_process_describe(bynk_process *process, bynk_waitable *what)
{
    what->native = process->process;
    what->native_take = true;
}

bool bynk_process_has_ended(bynk_process *process)
{
    return WaitForSingleObject(process->process, 0) == WAIT_OBJECT_0;
}

/* ---- Wait and end --------------------------------------------------------------------------------------- */

byn_status bynk_process_wait(bynk_process *process, bynk_deadline deadline, byn_exit *exit)
{
    byn_status status = bynw_wait_for(process->process, deadline, "a process");
    DWORD code;

    if (status != BYN_OK)
        return status;
    if (!GetExitCodeProcess(process->process, &code))
        return bynw_fail(GetLastError(), NULL, "cannot tell how process %lu ended",
                         (unsigned long)process->pid);
    exit->known = true;
    exit->code = (int32_t)code;
    exit->signal = 0;
    return BYN_OK;
}

/* Also if it is just ending: then it may not be terminated any more, but is not signalled yet. */
static bool is_ending(HANDLE process)
{
    DWORD code;

    return WaitForSingleObject(process, 0) == WAIT_OBJECT_0 ||
           (GetExitCodeProcess(process, &code) && code != STILL_ACTIVE);
}

byn_status bynk_process_kill(bynk_process *process)
{
    DWORD error;

    if (TerminateProcess(process->process, BYN_EXIT_KILLED))
        return BYN_OK;
    error = GetLastError();
    if (is_ending(process->process))
        return BYN_OK;
    return bynw_fail(error, NULL, "cannot end process %lu", (unsigned long)process->pid);
}

/* Windows cannot ask a program without a window to end. */
byn_status bynk_process_terminate(bynk_process *process)
{
    return bynk_process_kill(process);
}

byn_status bynk_process_kill_tree(bynk_process *process)
{
    if (TerminateJobObject(process->job, BYN_EXIT_KILLED))
        return BYN_OK;
    return bynw_fail(GetLastError(), NULL, "cannot end the job of process %lu",
                     (unsigned long)process->pid);
}
