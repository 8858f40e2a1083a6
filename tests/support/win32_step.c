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
    LOOK = 25,          /* ms */
    ASLEEP_AFTER = 150  /* ms without an instruction; less than between heartbeats */
};

/* What a victim shows of itself, in a section that is named after the case's process. */
typedef struct pulse {
    volatile LONG stepping;
    volatile LONG beats; /* instructions, the system's libraries' too */
} pulse;

static pulse *map_pulse(unsigned long process)
{
    char name[40];
    HANDLE section;

    apr_snprintf(name, sizeof name, "byname-step-%lu", process);
    section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(pulse), name);
    return section == NULL ? NULL : MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, sizeof(pulse));
}

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
    pulse *pulse;
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
    stepper.pulse->beats++;
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
    stepper.pulse->stepping = 1;
    __writeeflags(__readeflags() | TRAP_FLAG);
    operation->operate(prepared);
    stepper.on = false;
    __writeeflags(__readeflags() & ~(unsigned)TRAP_FLAG);
    stepper.pulse->stepping = 0;
}
#endif

int step_victim_main(const step_operation *operation, const char *k, const char *arg)
{
#ifdef CAN_STEP
    void *prepared = operation->prepare != NULL ? operation->prepare(arg) : (void *)(uintptr_t)arg;
    char *process;
    long limit = strtol(k, &process, 10);

    stepper.pulse = map_pulse(strtoul(process + 1, NULL, 10));
    if (stepper.pulse == NULL)
        return EXIT_NO_STEPS;
    prepare_stepper(limit);
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

/* Until it has ended, or sleeps: it has begun, and does nothing. False if neither comes about. On a busy system a look
 * takes longer than it should, so the clock tells how long it has done nothing. */
static bool wait_for_rest(const pulse *p, child *victim, child_end *end, bool *ended)
{
    int64_t began = platform_milliseconds(), moved = began, now = began;
    long last = 0;

    while (now - began < 1000 * (int64_t)test_patience()) {
        *ended = child_wait(victim, LOOK, end);
        now = platform_milliseconds();
        if (*ended)
            return true;
        if (p->stepping == 0 || p->beats != last)
            moved = now;
        last = p->beats;
        if (now - moved >= ASLEEP_AFTER)
            return true;
    }
    return false;
}

static bool wait_for_end(step_run *run, const pulse *p, child *victim, child_end *end)
{
    bool ended = false;

    if (!wait_for_rest(p, victim, end, &ended) || ended)
        return ended;
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
    static pulse *p;

    if (p == NULL)
        p = map_pulse(GetCurrentProcessId());
    REQUIRE(p != NULL);
    p->stepping = 0;
    apr_pool_create(&pool, runner_case_pool());
    arguments[0] = platform_executable();
    arguments[1] = "--step";
    arguments[2] = run->operation->name;
    arguments[3] = apr_psprintf(pool, "%ld %lu", run->k, GetCurrentProcessId());
    arguments[4] = run->arg != NULL ? run->arg : "";
    victim = child_start(arguments, NULL, NULL, NULL, NULL, pool, &error);
    if (victim == NULL) {
        apr_snprintf(run->error, sizeof run->error, "no victim: %s", error);
        result = STEP_FAILED;
    } else if (wait_for_end(run, p, victim, &end)) {
        result = judge(run, &end);
    } else {
        child_kill(victim);
        result = STEP_HUNG;
    }
    apr_pool_destroy(pool);
    return result;
}
