/* Systems without a single step that works the same on every machine: the cases are skipped. */
#include "support.h"

const char *step_unsupported(bool switching)
{
    (void)switching;
    return "no stepping of instructions on this system";
}

step_result step_victim(step_run *run)
{
    (void)run;
    return STEP_NOT_ALLOWED;
}

int step_victim_main(const step_operation *operation, const char *k, const char *arg)
{
    (void)operation;
    (void)k;
    (void)arg;
    return EXIT_NO_STEPS;
}
