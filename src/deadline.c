#include "deadline.h"

#include "kernel.h"

enum { NS_PER_MS = 1000000 };

bynk_deadline byni_deadline(byn_timeout timeout)
{
    uint64_t now;

    if (timeout == BYN_NOW)
        return BYNK_NOW;
    if (timeout == BYN_FOREVER)
        return BYNK_NEVER;
    now = bynk_clock();
    if ((uint64_t)timeout > (BYNK_NEVER - 1 - now) / NS_PER_MS)
        return BYNK_NEVER;
    return now + (uint64_t)timeout * NS_PER_MS;
}

uint64_t byni_remaining(bynk_deadline deadline, uint64_t at_most)
{
    uint64_t now;

    if (deadline == BYNK_NEVER)
        return at_most;
    if (deadline == BYNK_NOW)
        return 0;
    now = bynk_clock();
    if (deadline <= now)
        return 0;
    return deadline - now < at_most ? deadline - now : at_most;
}
