/*
 * How many processors there are for this process: those that it may run on, but no more than its job
 * gives it time for. One and a half count as two.
 */
#include "win32.h"

#include <string.h>

enum { WHOLE = 10000 }; /* of the machine, in the words of a job's rate */

/* Since Windows 8.1. */
#ifndef JOB_OBJECT_CPU_RATE_CONTROL_MIN_MAX_RATE
#define JOB_OBJECT_CPU_RATE_CONTROL_MIN_MAX_RATE 0x10
#endif

static unsigned count_bits(DWORD_PTR mask)
{
    unsigned count = 0;

    for (; mask != 0; mask &= mask - 1)
        count++;
    return count;
}

static unsigned on_this_machine(void)
{
    DWORD count = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);

    return count > 0 ? count : 1;
}

/* A mask tells of one group of 64 at most: who is kept to none may use all of them. */
static unsigned allowed(void)
{
    DWORD_PTR mine = 0, all = 0;

    if (!GetProcessAffinityMask(GetCurrentProcess(), &mine, &all) || mine == 0 || mine == all)
        return on_this_machine();
    return count_bits(mine);
}

/* 0: there is no limit. */
static unsigned given(void)
{
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION control;
    uint64_t rate = 0;

    memset(&control, 0, sizeof control);
    if (!QueryInformationJobObject(NULL, JobObjectCpuRateControlInformation, &control,
                                   sizeof control, NULL) ||
        (control.ControlFlags & JOB_OBJECT_CPU_RATE_CONTROL_ENABLE) == 0)
        return 0;
    if ((control.ControlFlags & JOB_OBJECT_CPU_RATE_CONTROL_MIN_MAX_RATE) != 0)
        rate = control.CpuRate >> 16; /* MaxRate, the second of two halves */
    else if ((control.ControlFlags & JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP) != 0)
        rate = control.CpuRate;
    return (unsigned)((rate * on_this_machine() + WHOLE - 1) / WHOLE);
}

unsigned bynk_processors(void)
{
    unsigned may = allowed(), time = given();

    return time > 0 && time < may ? time : may;
}
