/*
 * What the demo counts: words, which are runs of bytes that are not ASCII white space (space, \t, \n, \v,
 * \f, \r). Bytes, so that every file has an answer, whatever its encoding.
 */
#ifndef BYNAME_TOOL_WORDS_H
#define BYNAME_TOOL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include <apr_pools.h>

/* @param progress  grows by the bytes read, while they are read; may be NULL. False: not readable. */
bool words_count(const char *path, apr_pool_t *pool, uint64_t *words, volatile uint64_t *progress);

#endif
