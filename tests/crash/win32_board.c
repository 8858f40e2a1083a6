/*
 * What the board asks of Windows.
 */
#include <windows.h>

#include "board.h"

#include <process.h>

apr_uint32_t board_pid(void)
{
    return (apr_uint32_t)_getpid();
}

apr_uint32_t board_thread(void)
{
    return 1; /* nobody asks for it */
}

bool board_process_is_dead(apr_uint32_t pid)
{
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
    bool dead = process == NULL || WaitForSingleObject(process, 0) == WAIT_OBJECT_0;

    if (process != NULL)
        CloseHandle(process);
    return dead;
}

step_report board_sweep_calls(const step_operation *operation, const char *arg,
                              void (*verify)(void *context, long k), void *context)
{
    (void)operation;
    (void)arg;
    (void)verify;
    (void)context;
    return (step_report){0, 0, 0, 0, 0};
}

void board_keep_to_one_processor(bool on)
{
    (void)on;
}

void board_run_last(void)
{
}
