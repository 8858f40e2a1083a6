#include "deadline.h"

#include "kernel.h"

enum { NS_PER_MS = 1000000, GRACE_MS = 1000, LONG_S = 3600 };

bynk_deadline byni_deadline(byn_timeout timeout)
{
    uint64_t now;

    if (timeout == BYN_NOW)
        return BYNK_NOW;
    if (timeout == BYN_FOREVER)
        return BYNK_NEVER;
    now = bynk_clock();
    if ((uint64_t)timeout > (BYNK_SOON - 1 - now) / NS_PER_MS)
        return BYNK_NEVER;
    return now + (uint64_t)timeout * NS_PER_MS;
}

bynk_deadline byni_with_grace(bynk_deadline deadline)
{
    bynk_deadline least;

    if (deadline == BYNK_NEVER)
        return deadline;
    least = bynk_clock() + (uint64_t)GRACE_MS * NS_PER_MS;
    return deadline > least ? deadline : least;
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

uint64_t byni_until(void *deadline)
{
    return byni_remaining(*(const bynk_deadline *)deadline, (uint64_t)LONG_S * 1000 * NS_PER_MS);
}
