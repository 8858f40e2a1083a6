/* The sweeps, over what the platform can do with one victim. */
#include "support.h"

enum { MOST_INCONSISTENT = 3 }; /* then a sweep ends: the others would say the same */

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

static step_report sweep(step_run *run, void (*verify)(void *context, long k), long stride)
{
    step_report report = {0, 0, 0, 0, 0};
    step_result result = STEP_KILLED;

    REQUIRE(stride > 0);
    for (run->k = 1; result != STEP_FINISHED; run->k += stride) {
        run->blocked = false;
        result = step_victim(run);
        if (result == STEP_STRAYED) {
            verify_one(run, &report, verify, run->k);
            result = step_victim(run);
        }
        if (result == STEP_NOT_ALLOWED)
            test_skip("%s", run->error);
        if (result == STEP_FAILED)
            test_fail(true, __FILE__, __LINE__, "%s, stepped %ld instructions: %s",
                      run->operation->name, run->k, run->error);
        report.blocked += run->blocked;
        if (result == STEP_HUNG)
            count_hung(run, &report);
        else if (result == STEP_KILLED)
            report.kills++;
        else
            report.instructions = run->instructions;
        verify_one(run, &report, verify, run->k);
        if (report.hung > 0 || report.inconsistent >= MOST_INCONSISTENT)
            break;
    }
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
