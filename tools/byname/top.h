/* A picture of all objects at one moment, and of who holds them and waits at them. */
#ifndef BYNAME_TOOL_TOP_H
#define BYNAME_TOOL_TOP_H

#include "tool.h"

#include <apr_tables.h>

#include <byname/byname.h>

typedef struct top_row {
    byn_object_info info;
    uint32_t holders, waiters;
    uint64_t longest_ms; /* that one of these has waited */
} top_row;

typedef enum top_order {
    TOP_BY_WAITERS,
    TOP_BY_HOLDERS,
    TOP_BY_SIZE,
    TOP_BY_AGE,
    TOP_BY_NAME
} top_order;

typedef struct top_picture {
    apr_pool_t *pool;
    apr_array_header_t *rows;    /* of top_row, in the order that was asked for */
    apr_array_header_t *parties; /* of byn_party */
} top_picture;

/* All of it lives in the pool. False: byn_last_error() tells why. */
bool top_look(top_picture *picture, top_order order, apr_pool_t *pool);

/* "3 objects, 2 holders, 1 waiter" */
const char *top_summary(const top_picture *picture);

/* What stands above the rows, and a row. */
const char *top_heading(void);
const char *top_line(const top_row *row, apr_pool_t *pool);

/* Who holds and waits at one of them, a line for each; an array of const char *. */
apr_array_header_t *top_details(const top_picture *picture, const char *name);

/*
 * The full screen, until the user has enough of it. False: there is no such screen here, and nothing was
 * done. posix_top_screen.c, or top_no_screen.c.
 */
bool top_screen(int64_t delay_ms, top_order order, apr_pool_t *pool);

#endif
