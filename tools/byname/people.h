/* Who holds and who waits, for the verbs that tell of it. */
#ifndef BYNAME_TOOL_PEOPLE_H
#define BYNAME_TOOL_PEOPLE_H

#include "json.h"

#include <apr_pools.h>
#include <apr_tables.h>

#include <byname/byname.h>

/* Those of one object, or of all (NULL), as an array of byn_party; NULL: it failed, see byn_last_error(). */
apr_array_header_t *people_collect(const char *object, apr_pool_t *pool);

/* The others that have an object open, likewise: each of BYN_ROLE_OPEN, perhaps one of BYN_ROLE_UNTOLD. */
apr_array_header_t *people_openers(const char *object, apr_pool_t *pool);

/* How many of a role, of an object; BYN_ROLE_UNTOLD: how many sleeps. */
uint32_t people_count(const apr_array_header_t *people, const char *object, byn_role role);

/* As a table: with the object's name and kind, or with program and command line. */
void people_print_objects(const apr_array_header_t *people, apr_pool_t *pool);
void people_print_processes(const apr_array_header_t *people, apr_pool_t *pool);

/* An array of objects; `key` as in json_open(). */
void people_json(json *j, const char *key, const apr_array_header_t *people);

/* Those that people_openers() told one by one. */
void openers_json(json *j, const char *key, const apr_array_header_t *openers);

/* The command line of a process; "" if it is not known. */
const char *people_command(uint32_t pid, apr_pool_t *pool);

#endif
