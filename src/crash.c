#include "crash.h"

#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#if defined(BYNI_TESTING)

void byni_crash_point(const char *name)
{
    static byni_a32 passes;
    const char *wanted = getenv("BYNAME_CRASH_POINT");
    const char *colon = wanted != NULL ? strchr(wanted, ':') : NULL;
    size_t length = strlen(name);

    if (colon == NULL || (size_t)(colon - wanted) != length || strncmp(wanted, name, length) != 0)
        return;
    if (byni_add32(&passes, 1) + 1 == strtoul(colon + 1, NULL, 10))
        bynk_die();
}

#endif
