/* Which files the demo reads. */
#ifndef BYNAME_TOOL_FILES_H
#define BYNAME_TOOL_FILES_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>

/*
 * The files named, and the regular files below the directories named. Links are followed if they are
 * named, and not followed inside a directory.
 *
 * @param[out] wrong  the path that is neither file nor directory, if false is returned.
 * @return an array of const char *, sorted, without doubles; NULL: see wrong.
 */
apr_array_header_t *files_below(const char *const *paths, apr_pool_t *pool, const char **wrong);

/*
 * Licences and documentation that the system has, at most `most` files; where there are none, the texts and
 * sources of byname itself, below the current directory or a directory above the program.
 */
apr_array_header_t *files_of_system(const char *program, int most, apr_pool_t *pool);

#endif
