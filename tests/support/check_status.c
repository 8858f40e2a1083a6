/* A file of its own: only programs that use CHECK_STATUS need byname for it. */
#include "support.h"

#include <byname/status.h>

bool test_check_status(int actual, int expected, bool fatal, const char *text, const char *file,
                       int line)
{
    const char *reason;

    if (actual == expected)
        return true;
    reason = byn_last_error();
    test_fail(fatal, file, line, "%s is %s, expected %s; last error: %s", text,
              byn_status_name((byn_status)actual), byn_status_name((byn_status)expected),
              reason != NULL && reason[0] != '\0' ? reason : "none");
    return false;
}
