/* The sweeps, over what the platform can do with one victim. */
#include "support.h"

#include <limits.h>
#include <stdlib.h>

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

void step_check(step_report report)
{
    CHECK_INT(report.hung + report.inconsistent, 0);
    CHECK(report.instructions > 0);
}

/* What a sweep may take; 0 ms: any time. */
typedef struct step_budget {
    long milliseconds;
    int64_t began;
    long kills; /* since then */
} step_budget;

static step_budget budget_begin(void)
{
    step_budget budget = {.began = platform_milliseconds()};

    if (number_in("BYNAME_CRASH_STRIDE") == 0)
        budget.milliseconds = number_in("BYNAME_SWEEP_MS");
    return budget;
}

/* So that the rest is done in the time that is left; when there is none, in an eighth of it all. */
static long affordable_stride(const step_budget *budget, long rest, long stride)
{
    long spent = (long)(platform_milliseconds() - budget->began);
    long left = budget->milliseconds - spent, least = budget->milliseconds / 8 + 1;
    long kills = (left > least ? left : least) * (budget->kills + 1) / (spent + 1);
    long needed = rest / (kills > 0 ? kills : 1);

    return needed > stride ? needed : stride;
}

/*
 * One victim shows how many instructions there are, one that is killed in the middle what a kill takes: another way may
 * be shorter, so the middle comes nearer until one is. What of that can be afforded.
 */
static long measured_stride(step_run *run, step_report *report,
                            void (*verify)(void *context, long k), step_budget *budget, long stride)
{
    run->k = LONG_MAX;
    if (step_one(run, report, verify) != STEP_FINISHED)
        return stride;
    for (run->k = report->instructions / 2 + 1; run->k > 1; run->k /= 2) {
        budget->began = platform_milliseconds();
        if (step_one(run, report, verify) == STEP_KILLED)
            return affordable_stride(budget, report->instructions, stride);
    }
    return stride;
}

/* Some ways are longer than the one that was measured: who is there already is taken to have a quarter before it. */
static long rest_of(const step_report *report, long k)
{
    long rest = report->instructions - k;

    return rest > k / 4 ? rest : k / 4;
}

static step_report sweep(step_run *run, void (*verify)(void *context, long k), long stride)
{
    step_report report = {0, 0, 0, 0, 0};
    step_budget budget = budget_begin();
    bool limited = budget.milliseconds > 0;
    long first = 1, next = stride;

    REQUIRE(stride > 0);
    if (limited)
        next = measured_stride(run, &report, verify, &budget, stride);
    sampled = next > stride;
    if (sampled)
        first += (long)(platform_milliseconds() % next);
    for (run->k = first; report.hung == 0 && report.inconsistent < MOST_INCONSISTENT;
         run->k += next) {
        if (step_one(run, &report, verify) == STEP_FINISHED)
            break;
        budget.kills++;
        if (limited)
            next = affordable_stride(&budget, rest_of(&report, run->k), stride);
        sampled = sampled || next > stride;
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
