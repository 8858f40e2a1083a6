/* What neither C nor APR tells of the system: posix_system.c or win32_system.c. */
#ifndef BYNAME_TOOL_SYSTEM_H
#define BYNAME_TOOL_SYSTEM_H

#include <stdbool.h>

#include <apr_pools.h>

/* Whether lines end with "\r\n", and paths may have "\\" and drives. */
bool system_is_windows(void);

/* This process' environment, "NAME=value", NULL-ended; *count of them. */
const char *const *system_environment(apr_pool_t *pool, int *count);

/* From now on its standard output and error lead nowhere, and who reads them waits for others only. */
void system_close_outputs(void);

#endif
