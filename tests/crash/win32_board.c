/*
 * What the board asks of Windows.
 */
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
