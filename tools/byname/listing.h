/* All objects that there are, sorted by name. */
#ifndef BYNAME_TOOL_LISTING_H
#define BYNAME_TOOL_LISTING_H

#include <apr_pools.h>
#include <apr_tables.h>

#include <byname/byname.h>

/*
 * @param visit  byn_objects_visit, or byn_objects_look, which removes nothing.
 * @return an array of byn_object_info; NULL: the call failed.
 */
apr_array_header_t *listing_of(byn_status (*visit)(byn_object_visitor visitor, void *context),
                               apr_pool_t *pool);

/* NULL: there is none of that name. */
const byn_object_info *listing_find(const apr_array_header_t *objects, const char *name);

/*
 * Those that a word means: the one of that name, or all that it fits as a pattern with "*", "?" and "[...]".
 * @return an array of const byn_object_info *
 */
apr_array_header_t *listing_match(const apr_array_header_t *objects, const char *word,
                                  apr_pool_t *pool);

#endif
