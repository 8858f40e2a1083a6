/* Whether there is a program, as byn_process_start() will look for it. */
#ifndef BYNAME_TOOL_PROGRAM_H
#define BYNAME_TOOL_PROGRAM_H

#include <stdbool.h>

#include <apr_pools.h>

/* A path? */
bool program_is_path(const char *name);

/* False: it is neither at this path nor in PATH. Whether it may be run is told by its start. */
bool program_is_there(const char *name, apr_pool_t *pool);

#endif
