/*
 * The temporary files of byname map: outputs that are too large to be handed over in memory. Those of one map
 * are in a directory of their own, whose name nobody can guess. It is made when it is needed. The map removes it at
 * its end; if it was killed, its workers do; if they were too, the next map of the user does.
 *
 * Beside the directory is a file that the map holds locked: the system lets go of it with the process, in whatever way
 * that ends. So whoever can lock it knows that the directory is nobody's, also across containers that share files only.
 */
#ifndef BYNAME_TOOL_MAP_FILES_H
#define BYNAME_TOOL_MAP_FILES_H

#include <stdbool.h>

#include <apr_file_io.h>
#include <apr_pools.h>

/* The path; NULL: there is no directory for temporary files. Removes what killed maps have left. The lock is held
 * until the end of the process; only the lock is made. */
const char *map_files_begin(const char *leash, apr_pool_t *pool);

/* A new file in it. NULL: *status tells why. */
apr_file_t *map_files_create(const char *directory, const char **path, apr_status_t *status,
                             apr_pool_t *pool);

/* One of them; and the directory if it was the last. */
void map_files_remove_one(const char *directory, const char *path, apr_pool_t *pool);

/* The directory, if there is one, with all that is in it, and its lock. */
void map_files_remove(const char *directory, apr_pool_t *pool);

#endif
