/* All objects that there are, sorted by name; and what the verbs that change them have in common. */
#ifndef BYNAME_TOOL_LISTING_H
#define BYNAME_TOOL_LISTING_H

#include <apr_pools.h>
#include <apr_tables.h>

#include <byname/byname.h>

#include "tool.h"

/*
 * @param visit  byn_objects_visit, or byn_objects_look, which removes nothing.
 * @return an array of byn_object_info; NULL: the call failed.
 */
apr_array_header_t *listing_of(byn_status (*visit)(byn_object_visitor visitor, void *context),
                               apr_pool_t *pool);

/* "user" or "machine" */
const char *scope_text(const byn_object_info *info);

/* NULL: there is none of that name. */
const byn_object_info *listing_find(const apr_array_header_t *objects, const char *name);

/*
 * Those that a word means: the one of that name, or all that it fits as a pattern with "*", "?" and "[...]".
 * @return an array of const byn_object_info *
 */
apr_array_header_t *listing_match(const apr_array_header_t *objects, const char *word,
                                  apr_pool_t *pool);

enum { LISTING_DRY_RUN = 256 }; /* the letter of --dry-run */

typedef struct listing_settings {
    command_line *line;
    bool all, dry_run;
} listing_settings;

/* For command_line_options(); the context is a listing_settings. */
bool listing_option(void *context, int letter, const char *argument);

/*
 * What a command line that takes --all or names, but not both, is about: reads its options and *words.
 * @return all objects; *result is EXIT_GOOD. NULL: it is wrong, or asks for help, or the call failed, and
 * *result is the exit code.
 */
apr_array_header_t *listing_asked(listing_settings *s, const char *const **words, int *result);

#endif
