/*
 * What the board asks of Linux.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "board.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

apr_uint32_t board_pid(void)
{
    return (apr_uint32_t)getpid();
}

apr_uint32_t board_thread(void)
{
    return (apr_uint32_t)syscall(SYS_gettid);
}

bool board_process_is_dead(apr_uint32_t pid)
{
    return kill((pid_t)pid, 0) != 0;
}

/* ---- System calls */

/* A fork is enough: the child opens its own. */
static pid_t start_victim(const step_operation *operation, const char *arg)
{
    pid_t pid = fork();
    void *prepared;

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prepared = operation->prepare != NULL ? operation->prepare(arg) : NULL;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(1);
    raise(SIGSTOP);
    operation->operate(prepared);
    raise(SIGSTOP);
    _exit(0);
}

/* Kills it at its n-th way into or out of the kernel; false: it had finished before. */
static bool kill_at_call(pid_t pid, long n)
{
    bool killed = true;
    int status;
    long i;

    REQUIRE(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(long)(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD));
    for (i = 0; i < n && killed; i++) {
        REQUIRE(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
        REQUIRE(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
        killed = WSTOPSIG(status) != SIGSTOP;
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
        ;
    return killed;
}

step_report board_sweep_calls(const step_operation *operation, const char *arg,
                              void (*verify)(void *context, long k), void *context)
{
    step_report report = {0, 0, 0, 0, 0};
    long n = 1;

    fflush(NULL);
    while (kill_at_call(start_victim(operation, arg), n++)) {
        report.kills++;
        verify(context, n - 1);
    }
    verify(context, n - 1);
    report.instructions = n - 2;
    printf("calls %s: %ld ways in and out of the kernel, %ld kills\n", operation->name,
           report.instructions, report.kills);
    return report;
}

/* ---- Order */

void board_keep_to_one_processor(bool on)
{
    static cpu_set_t usual;
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(0, &one);
    if (on)
        sched_getaffinity(0, sizeof usual, &usual);
    sched_setaffinity(0, sizeof one, on ? &one : &usual);
}

void board_run_last(void)
{
    struct sched_param none;

    memset(&none, 0, sizeof none);
    board_keep_to_one_processor(true);
    (void)sched_setscheduler(0, SCHED_BATCH, &none);
}
