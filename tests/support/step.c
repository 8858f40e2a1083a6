/* The sweeps, over what the platform can do with one victim. */
#include "support.h"

#include <limits.h>
#include <stdlib.h>

enum { MOST_INCONSISTENT = 3 }; /* then a sweep ends: the others would say the same */

/* A sweep whose time is limited kills so many at least. */
enum { FEWEST = 12 };

static void verify_one(const step_run *run, step_report *report,
                       void (*verify)(void *context, long k), long k)
{
    unsigned before = runner_failures();

    if (verify == NULL)
        return;
    if (runner_guarded(verify, run->context, k) && runner_failures() == before)
        return;
    report->inconsistent++;
    printf("step %s: not consistent after instruction %ld\n", run->operation->name, k);
}

static void count_hung(const step_run *run, step_report *report)
{
    report->hung++;
    test_fail(false, __FILE__, __LINE__, "%s hangs, stepped %ld instructions", run->operation->name,
              run->k);
}

/* One victim, and the look at what it left. */
static step_result step_one(step_run *run, step_report *report,
                            void (*verify)(void *context, long k))
{
    step_result result;

    run->blocked = false;
    result = step_victim(run);
    if (result == STEP_STRAYED) {
        verify_one(run, report, verify, run->k);
        result = step_victim(run);
    }
    if (result == STEP_NOT_ALLOWED)
        test_skip("%s", run->error);
    if (result == STEP_FAILED)
        test_fail(true, __FILE__, __LINE__, "%s, stepped %ld instructions: %s",
                  run->operation->name, run->k, run->error);
    report->blocked += run->blocked;
    if (result == STEP_HUNG)
        count_hung(run, report);
    else if (result == STEP_KILLED)
        report->kills++;
    else
        report->instructions = run->instructions;
    verify_one(run, report, verify, run->k);
    return result;
}

static long number_in(const char *variable)
{
    const char *text = getenv(variable);

    return text != NULL ? atol(text) : 0;
}

static bool sampled; /* the last sweep */

bool step_is_sampled(void)
{
    return sampled;
}

/*
 * One victim shows how many instructions there are, one that is killed in the middle how long a kill takes; those
 * that there is time for are spread over them all.
 */
static long affordable_stride(step_run *run, step_report *report,
                              void (*verify)(void *context, long k), long stride, long milliseconds)
{
    int64_t began, took;
    long kills, needed;

    run->k = LONG_MAX;
    if (step_one(run, report, verify) != STEP_FINISHED)
        return stride;
    run->k = report->instructions / 2 + 1;
    began = platform_milliseconds();
    if (step_one(run, report, verify) == STEP_FINISHED)
        return stride;
    took = platform_milliseconds() - began;
    kills = took > 0 ? milliseconds / (long)took : milliseconds;
    needed = report->instructions / (kills > FEWEST ? kills : FEWEST);
    return needed > stride ? needed : stride;
}

static step_report sweep(step_run *run, void (*verify)(void *context, long k), long stride)
{
    step_report report = {0, 0, 0, 0, 0};
    long first = 1, milliseconds = number_in("BYNAME_SWEEP_MS"), wanted = stride;

    REQUIRE(stride > 0);
    if (milliseconds > 0 && number_in("BYNAME_CRASH_STRIDE") == 0)
        stride = affordable_stride(run, &report, verify, stride, milliseconds);
    sampled = stride > wanted;
    if (sampled)
        first += (long)(platform_milliseconds() % stride);
    for (run->k = first; report.hung == 0 && report.inconsistent < MOST_INCONSISTENT;
         run->k += stride)
        if (step_one(run, &report, verify) == STEP_FINISHED)
            break;
    return report;
}

static step_report sweep_and_print(step_run *run, void (*verify)(void *context, long k),
                                   long stride, const char *event)
{
    const char *reason = step_unsupported(run->during != NULL);
    step_report report;

    if (reason != NULL)
        test_skip("%s", reason);
    report = sweep(run, verify, stride);
    printf("step %s: %ld instructions, %ld %s, %ld hung, %ld inconsistent\n", run->operation->name,
           report.instructions, report.kills, event, report.hung, report.inconsistent);
    return report;
}

step_report step_sweep(const step_operation *operation, const char *arg,
                       void (*verify)(void *context, long k), void *context, long stride)
{
    step_run run = {.operation = operation, .arg = arg, .context = context};

    return sweep_and_print(&run, verify, stride, "kills");
}

step_report step_switch(const step_operation *operation, const char *arg,
                        void (*during)(void *context, long k),
                        void (*verify)(void *context, long k), void *context, long stride)
{
    step_run run = {.operation = operation, .arg = arg, .during = during, .context = context};

    return sweep_and_print(&run, verify, stride, "switches");
}
