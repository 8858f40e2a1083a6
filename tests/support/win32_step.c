/*
 * Windows: a victim steps itself. With the trap flag set, each instruction raises an exception,
 * which a vectored handler counts; at the k-th it ends the process. Only instructions of the
 * program's own image count; those of the system's libraries run, so that a call into the kernel is
 * one step.
 */
#include <windows.h>

#include "support.h"

#include <stdlib.h>

#include <apr_strings.h>

#if defined(_M_X64) || defined(__x86_64__)
#define CAN_STEP 1
#ifdef _MSC_VER
#include <intrin.h>
#else
#include <x86intrin.h>
#endif
#endif

enum {
    TRAP_FLAG = 0x100,
    FINISHED = 0x10000, /* exit code of a victim that came to its end, plus its instructions */
    ASLEEP_AFTER = 500  /* ms, start included */
};

const char *step_unsupported(bool switching)
{
#ifdef CAN_STEP
    return switching ? "a victim that steps itself cannot be stopped" : NULL;
#else
    (void)switching;
    return "no stepping of instructions on this kind of processor";
#endif
}

/* ---- The victim */

static struct {
    volatile bool on;
    volatile long count;
    long limit;
    DWORD64 image;
    DWORD64 image_end;
} stepper;

#ifdef CAN_STEP
static LONG CALLBACK on_step(EXCEPTION_POINTERS *exception)
{
    DWORD64 at = exception->ContextRecord->Rip;

    if (exception->ExceptionRecord->ExceptionCode != (DWORD)EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    if (!stepper.on) {
        exception->ContextRecord->EFlags &= ~(DWORD)TRAP_FLAG;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    if (at >= stepper.image && at < stepper.image_end && ++stepper.count == stepper.limit)
        TerminateProcess(GetCurrentProcess(), PEER_CRASHED);
    exception->ContextRecord->EFlags |= (DWORD)TRAP_FLAG;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void prepare_stepper(long limit)
{
    const unsigned char *image = (const unsigned char *)GetModuleHandleW(NULL);
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)(const void *)image;
    const IMAGE_NT_HEADERS *nt = (const IMAGE_NT_HEADERS *)(const void *)(image + dos->e_lfanew);

    stepper.limit = limit;
    stepper.image = (DWORD64)(uintptr_t)image;
    stepper.image_end = stepper.image + nt->OptionalHeader.SizeOfImage;
    AddVectoredExceptionHandler(1, on_step);
}

static void operate_stepping(const step_operation *operation, void *prepared)
{
    stepper.on = true;
    __writeeflags(__readeflags() | TRAP_FLAG);
    operation->operate(prepared);
    stepper.on = false;
    __writeeflags(__readeflags() & ~(unsigned)TRAP_FLAG);
}
#endif

int step_victim_main(const step_operation *operation, const char *k, const char *arg)
{
#ifdef CAN_STEP
    void *prepared = operation->prepare != NULL ? operation->prepare(arg) : (void *)(uintptr_t)arg;

    prepare_stepper(strtol(k, NULL, 10));
    operate_stepping(operation, prepared);
    return check_process_failed() ? EXIT_CHECK_FAILED : FINISHED + (int)stepper.count;
#else
    (void)operation;
    (void)k;
    (void)arg;
    return EXIT_NO_STEPS;
#endif
}

/* ---- The case */

static bool wait_for_end(step_run *run, child *victim, child_end *end)
{
    if (child_wait(victim, ASLEEP_AFTER, end))
        return true;
    run->blocked = true;
    if (run->operation->on_block != NULL)
        runner_guarded(run->operation->on_block, run->context, run->k);
    return child_wait(victim, 1000 * test_patience(), end);
}

static step_result judge(step_run *run, const child_end *end)
{
    if (end->killed && end->code == PEER_CRASHED)
        return STEP_KILLED;
    if (!end->killed && end->code >= FINISHED) {
        run->instructions = end->code - FINISHED;
        return STEP_FINISHED;
    }
    apr_snprintf(run->error, sizeof run->error, "the victim ended with %#x%s", (unsigned)end->code,
                 end->code == EXIT_CHECK_FAILED ? ", a failed check, see above" : "");
    return STEP_FAILED;
}

step_result step_victim(step_run *run)
{
    const char *arguments[6] = {NULL};
    const char *error = NULL;
    child_end end;
    step_result result;
    apr_pool_t *pool;
    child *victim;

    apr_pool_create(&pool, runner_case_pool());
    arguments[0] = platform_executable();
    arguments[1] = "--step";
    arguments[2] = run->operation->name;
    arguments[3] = apr_psprintf(pool, "%ld", run->k);
    arguments[4] = run->arg != NULL ? run->arg : "";
    victim = child_start(arguments, NULL, NULL, NULL, NULL, pool, &error);
    if (victim == NULL) {
        apr_snprintf(run->error, sizeof run->error, "no victim: %s", error);
        result = STEP_FAILED;
    } else if (wait_for_end(run, victim, &end)) {
        result = judge(run, &end);
    } else {
        child_kill(victim);
        result = STEP_HUNG;
    }
    apr_pool_destroy(pool);
    return result;
}
