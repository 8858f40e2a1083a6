#include "crash.h"

#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "ring.h"

#if defined(BYNI_TESTING)

uint32_t byni_crash_outside = BYNI_RING_OUTSIDE;
void (*byni_crash_between_looks)(void);

/* Asked for once: a test sets it before the process starts. */
static const char *wanted_point(void)
{
    static byni_a32 asked;
    static const char *wanted;

    if (byni_load32(&asked) == 0) {
        wanted = getenv("BYNAME_CRASH_POINT");
        byni_store32(&asked, 1);
    }
    return wanted;
}

void byni_crash_point(const char *name)
{
    static byni_a32 passes;
    const char *wanted = wanted_point(), *colon;
    size_t length = strlen(name);

    if (wanted == NULL)
        return;
    colon = strchr(wanted, ':');
    if (colon == NULL || (size_t)(colon - wanted) != length || strncmp(wanted, name, length) != 0)
        return;
    if (byni_add32(&passes, 1) + 1 == strtoul(colon + 1, NULL, 10))
        bynk_die();
}

uint32_t byni_crash_beat(uint32_t ms)
{
    static byni_a32 factor;

    if (byni_load32(&factor) == 0) {
        const char *slow = getenv("BYNAME_SLOW_BEATS");

        byni_store32(&factor, slow != NULL ? (uint32_t)strtoul(slow, NULL, 10) : 1);
    }
    return ms * byni_load32(&factor);
}

uint32_t byni_crash_time(uint32_t ms)
{
    const char *other = getenv("BYNAME_CRASH_TIME");

    return other != NULL ? (uint32_t)strtoul(other, NULL, 10) : ms;
}

#endif
