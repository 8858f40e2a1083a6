/* Pictures again and again: "--watch", and "byname top" where there is no full screen. */
#ifndef BYNAME_TOOL_WATCH_H
#define BYNAME_TOOL_WATCH_H

#include "tool.h"

#define OPTION_WITH_WATCH                                                                          \
    {                                                                                              \
        "watch", 'W', 1, "SECONDS do it again and again, after so many seconds"                    \
    }

/* The argument of that option: at least 0.05 seconds. */
bool parse_delay(const char *text, int64_t *delay_ms);

/*
 * Prints pictures until one fails or nobody reads them. A terminal is cleared before each; elsewhere an
 * empty line parts them.
 *
 * @param delay_ms  between two of them; 0: one picture is all.
 * @param count     so many at most; 0: without end.
 * @param picture   prints one, of memory that lives until the next, and answers an exit code.
 * @return the exit code of the last one
 */
int watch(int64_t delay_ms, int count, apr_pool_t *parent,
          int (*picture)(void *context, apr_pool_t *pool), void *context);

#endif
