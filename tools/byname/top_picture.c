#include "listing.h"
#include "output.h"
#include "top.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

/* ---- Looking */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const top_row *)a)->info.name, ((const top_row *)b)->info.name);
}

/* The rows are still by name. Who is untold of waits nowhere in particular. */
static bool note_party(const byn_party *party, void *context)
{
    top_picture *p = context;
    top_row key = {.info.name = party->object};
    top_row *row = bsearch(&key, p->rows->elts, (size_t)p->rows->nelts, sizeof(top_row), by_name);
    byn_party *copy;

    if (row == NULL || party->role == BYN_ROLE_UNTOLD)
        return true; /* the object is younger than the picture */
    copy = apr_array_push(p->parties);
    *copy = *party;
    copy->object = row->info.name;
    copy->kind = row->info.kind;
    copy->as = apr_pstrdup(p->pool, party->as);
    copy->program = apr_pstrdup(p->pool, party->program);
    if (party->role == BYN_ROLE_HOLDS) {
        row->holders++;
    } else {
        row->waiters++;
        row->longest_ms = party->ms > row->longest_ms ? party->ms : row->longest_ms;
    }
    return true;
}

/* What is most comes first. */
static int compare(uint64_t a, uint64_t b)
{
    return a < b ? 1 : a > b ? -1 : 0;
}

static int by_waiters(const void *a, const void *b)
{
    const top_row *one = a, *other = b;
    int order = compare(one->waiters, other->waiters);

    if (order == 0)
        order = compare(one->longest_ms, other->longest_ms);
    if (order == 0)
        order = compare(one->holders, other->holders);
    return order != 0 ? order : by_name(a, b);
}

static int by_holders(const void *a, const void *b)
{
    int order = compare(((const top_row *)a)->holders, ((const top_row *)b)->holders);

    return order != 0 ? order : by_waiters(a, b);
}

static int by_size(const void *a, const void *b)
{
    int order = compare(((const top_row *)a)->info.size, ((const top_row *)b)->info.size);

    return order != 0 ? order : by_name(a, b);
}

static int by_age(const void *a, const void *b)
{
    int order = compare(((const top_row *)a)->info.age_ms, ((const top_row *)b)->info.age_ms);

    return order != 0 ? order : by_name(a, b);
}

bool top_look(top_picture *picture, top_order order, apr_pool_t *pool)
{
    static int (*const orders[])(const void *a, const void *b) = {by_waiters, by_holders, by_size,
                                                                  by_age, by_name};
    apr_array_header_t *objects = listing_of(byn_objects_look, pool);
    int i;

    if (objects == NULL)
        return false;
    picture->pool = pool;
    picture->rows = apr_array_make(pool, objects->nelts + 1, sizeof(top_row));
    picture->parties = apr_array_make(pool, 16, sizeof(byn_party));
    for (i = 0; i < objects->nelts; i++) {
        top_row row = {.info = APR_ARRAY_IDX(objects, i, byn_object_info)};

        APR_ARRAY_PUSH(picture->rows, top_row) = row;
    }
    if (byn_parties_visit(NULL, note_party, picture) < 0)
        return false;
    qsort(picture->rows->elts, (size_t)picture->rows->nelts, sizeof(top_row), orders[order]);
    return true;
}

/* ---- Lines */

static const char *counted(uint64_t number, const char *what, apr_pool_t *pool)
{
    return format_text(pool, "%s %s%s", number_text(number, pool), what, number == 1 ? "" : "s");
}

const char *top_summary(const top_picture *picture)
{
    uint64_t holders = 0, waiters = 0;
    int i;

    for (i = 0; i < picture->rows->nelts; i++) {
        holders += APR_ARRAY_IDX(picture->rows, i, top_row).holders;
        waiters += APR_ARRAY_IDX(picture->rows, i, top_row).waiters;
    }
    return format_text(picture->pool, "%s, %s, %s",
                       counted((uint64_t)picture->rows->nelts, "object", picture->pool),
                       counted(holders, "holder", picture->pool),
                       counted(waiters, "waiter", picture->pool));
}

const char *top_heading(void)
{
    return "  WAIT   HOLD     LONGEST  KIND       STATE             SIZE         AGE  NAME";
}

static const char *state_of(const byn_object_info *info)
{
    switch (info->state) {
    case BYN_OBJECT_IN_USE:
        return "in use";
    case BYN_OBJECT_KEPT:
        return "kept";
    case BYN_OBJECT_RECLAIMED:
        return "dead";
    default:
        return "foreign";
    }
}

const char *top_line(const top_row *row, apr_pool_t *pool)
{
    const byn_object_info *info = &row->info;

    return format_text(
        pool, "%6" PRIu32 " %6" PRIu32 " %11s  %-9s  %-8s %13s %11s  %s", row->waiters,
        row->holders, row->waiters > 0 ? age_text(row->longest_ms, pool) : "",
        *info->kind != '\0' ? info->kind : "?", state_of(info), number_text(info->size, pool),
        age_text(info->age_ms, pool), shown(info->name, pool));
}

static const char *party_line(const byn_party *party, apr_pool_t *pool)
{
    byn_pid_info info = {.struct_size = sizeof info};
    bool known = byn_pid_describe(party->pid, &info) >= 0 && info.command[0] != '\0';
    bool holds = party->role == BYN_ROLE_HOLDS;

    return format_text(pool, "%-6s%s%s  pid %" PRIu32 ", thread %" PRIu32 "%s%s%s  %s",
                       holds ? "holds" : "waits", *party->as != '\0' ? " to " : "", party->as,
                       party->pid, party->thread, party->ms > 0 ? ", for " : "",
                       party->ms > 0 ? age_text(party->ms, pool) : "", party->dead ? ", dead" : "",
                       shown(known ? info.command : party->program, pool));
}

apr_array_header_t *top_details(const top_picture *picture, const char *name)
{
    apr_array_header_t *lines = apr_array_make(picture->pool, 8, sizeof(const char *));
    int i;

    for (i = 0; i < picture->parties->nelts; i++) {
        const byn_party *party = &APR_ARRAY_IDX(picture->parties, i, byn_party);

        if (strcmp(party->object, name) == 0)
            APR_ARRAY_PUSH(lines, const char *) = party_line(party, picture->pool);
    }
    if (lines->nelts == 0)
        APR_ARRAY_PUSH(lines, const char *) = "Nobody holds it, and nobody waits.";
    return lines;
}
