/* Text for people. */
#ifndef BYNAME_TOOL_OUTPUT_H
#define BYNAME_TOOL_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <apr_pools.h>

/* As printf; APR's own formats know no PRIu64 on Windows. */
const char *format_text(apr_pool_t *pool, const char *format, ...);

/* The same to stderr, where nothing but line ends may command the terminal, as in shown(). */
void complain(const char *format, ...);

/* "3 s", "2 h 5 min" */
const char *age_text(uint64_t milliseconds, apr_pool_t *pool);

/* 1234567 as "1,234,567" */
const char *number_text(uint64_t number, apr_pool_t *pool);

/* Control characters, and what is not UTF-8, replaced by "?": nothing that is shown can command the terminal. */
const char *shown(const char *text, apr_pool_t *pool);

/* Length of the UTF-8 character at `text`; 0 if there is none: cut, overlong, a surrogate, too large. */
size_t utf8_length(const char *text);

/* A table: a row is `columns` texts. Columns are as wide as they must be. */
typedef struct table table;
table *table_create(int columns, apr_pool_t *pool);
void table_align_right(table *t, int column);
void table_row(table *t, ...); /* one const char * for each column */
void table_print(const table *t);

#endif
