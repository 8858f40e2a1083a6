/* byname ls. */
#include "json.h"
#include "listing.h"
#include "output.h"
#include "people.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include <byname/byname.h>

/* ---- ls */

typedef struct numbers {
    uint32_t holders, waiters;
} numbers;

typedef struct row {
    byn_object_info info;
    uint32_t holders, waiters;
} row;

typedef struct listing {
    apr_pool_t *pool;         /* of one picture, as what follows */
    apr_array_header_t *rows; /* of row */
    apr_hash_t *people; /* the numbers of each object at which there is somebody, by its name */
    bool as_json;
    const char *kind, *scope; /* of these only; NULL: of all */
    bool waited, held;        /* only where somebody waits; only where somebody holds */
    int (*order)(const void *, const void *);
    int64_t watch_ms; /* 0: once */
} listing;

enum { OPTION_SORT = 256, OPTION_KIND, OPTION_SCOPE, OPTION_WAITED, OPTION_HELD };

/* None, if it is not known who they are. */
static void count_people(listing *l)
{
    const apr_array_header_t *people = people_collect(NULL, l->pool);
    int i;

    l->people = apr_hash_make(l->pool);
    for (i = 0; people != NULL && i < people->nelts; i++) {
        const byn_party *p = &APR_ARRAY_IDX(people, i, byn_party);
        numbers *n = apr_hash_get(l->people, p->object, APR_HASH_KEY_STRING);

        if (n == NULL) {
            n = apr_pcalloc(l->pool, sizeof *n);
            apr_hash_set(l->people, p->object, APR_HASH_KEY_STRING, n);
        }
        n->holders += p->role == BYN_ROLE_HOLDS;
        n->waiters += p->role == BYN_ROLE_WAITS;
    }
}

static bool is_wanted(const listing *l, const row *r)
{
    return (l->kind == NULL || strcmp(l->kind, r->info.kind) == 0) &&
           (l->scope == NULL || strcmp(l->scope, scope_text(&r->info)) == 0) &&
           (!l->waited || r->waiters > 0) && (!l->held || r->holders > 0);
}

static bool collect(const byn_object_info *info, void *context)
{
    listing *l = context;
    const numbers *n = apr_hash_get(l->people, info->name, APR_HASH_KEY_STRING);
    row r = {*info, n != NULL ? n->holders : 0, n != NULL ? n->waiters : 0};

    if (!is_wanted(l, &r))
        return true;
    r.info.name = apr_pstrdup(l->pool, info->name);
    r.info.kind = apr_pstrdup(l->pool, info->kind);
    r.info.place = apr_pstrdup(l->pool, info->place);
    APR_ARRAY_PUSH(l->rows, row) = r;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const row *)a)->info.name, ((const row *)b)->info.name);
}

/* The greatest first. */
static int by_number(uint64_t one, uint64_t other, const void *a, const void *b)
{
    return one != other ? (one < other) - (one > other) : by_name(a, b);
}

static int by_size(const void *a, const void *b)
{
    return by_number(((const row *)a)->info.size, ((const row *)b)->info.size, a, b);
}

static int by_age(const void *a, const void *b)
{
    return by_number(((const row *)a)->info.age_ms, ((const row *)b)->info.age_ms, a, b);
}

static int by_holders(const void *a, const void *b)
{
    return by_number(((const row *)a)->holders, ((const row *)b)->holders, a, b);
}

static int by_waiters(const void *a, const void *b)
{
    return by_number(((const row *)a)->waiters, ((const row *)b)->waiters, a, b);
}

static int by_kind(const void *a, const void *b)
{
    int order = strcmp(((const row *)a)->info.kind, ((const row *)b)->info.kind);

    return order != 0 ? order : by_name(a, b);
}

static const char *state_text(byn_object_state state)
{
    switch (state) {
    case BYN_OBJECT_IN_USE:
        return "in use";
    case BYN_OBJECT_RECLAIMED:
        return "reclaimed";
    case BYN_OBJECT_KEPT:
        return "kept";
    default:
        return "foreign";
    }
}

static void print_json(const listing *l)
{
    json j = {stdout, 0, true};
    int i;

    json_open(&j, NULL, '[');
    for (i = 0; i < l->rows->nelts; i++) {
        const row *r = &APR_ARRAY_IDX(l->rows, i, row);
        const byn_object_info *info = &r->info;

        json_open(&j, NULL, '{');
        json_text(&j, "name", info->name);
        json_text(&j, "kind", info->kind);
        json_text(&j, "scope", scope_text(info));
        json_text(&j, "state", state_text(info->state));
        json_unsigned(&j, "size", info->size);
        json_unsigned(&j, "age_ms", info->age_ms);
        json_unsigned(&j, "creator", info->creator);
        json_bool(&j, "kept", info->kept);
        json_unsigned(&j, "holders", r->holders);
        json_unsigned(&j, "waiters", r->waiters);
        json_text(&j, "place", info->place);
        json_close(&j, '}');
    }
    json_close(&j, ']');
}

static void print_table(const listing *l)
{
    table *t = table_create(9, l->pool);
    int i;

    if (l->rows->nelts == 0)
        return;
    table_align_right(t, 4);
    table_align_right(t, 5);
    table_align_right(t, 6);
    table_row(t, "NAME", "KIND", "SCOPE", "STATE", "HOLDERS", "WAITERS", "SIZE", "AGE", "CREATOR");
    for (i = 0; i < l->rows->nelts; i++) {
        const row *r = &APR_ARRAY_IDX(l->rows, i, row);
        const byn_object_info *info = &r->info;
        bool known = info->state != BYN_OBJECT_FOREIGN;

        table_row(t, shown(info->name, l->pool), *info->kind != '\0' ? info->kind : "?",
                  scope_text(info),
                  info->kept && info->state == BYN_OBJECT_IN_USE ? "in use, kept"
                                                                 : state_text(info->state),
                  number_text(r->holders, l->pool), number_text(r->waiters, l->pool),
                  number_text(info->size, l->pool), known ? age_text(info->age_ms, l->pool) : "?",
                  known ? format_text(l->pool, "%u", (unsigned)info->creator) : "?");
    }
    table_print(t);
}

static void say_reclaimed(const listing *l)
{
    int count = 0;
    int i;

    for (i = 0; i < l->rows->nelts; i++)
        count += APR_ARRAY_IDX(l->rows, i, row).info.state == BYN_OBJECT_RECLAIMED;
    if (count > 0)
        printf("%d reclaimed: the users were all killed; what was left is removed now\n", count);
}

static bool set_order(listing *l, const char *word)
{
    static const struct {
        const char *word;
        int (*order)(const void *, const void *);
    } orders[] = {{"name", by_name}, {"kind", by_kind},       {"size", by_size},
                  {"age", by_age},   {"holders", by_holders}, {"waiters", by_waiters}};
    size_t i;

    for (i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (strcmp(orders[i].word, word) == 0)
            l->order = orders[i].order;
    }
    return l->order != NULL;
}

static bool is_kind(const char *word)
{
    static const char *const kinds[] = {"mutex",  "event", "semaphore", "condition", "barrier",
                                        "rwlock", "once",  "value",     "array",     "memory",
                                        "queue",  "pipe",  "dict",      "list",      "pool"};
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(word, kinds[i]) == 0)
            return true;
    }
    return false;
}

static bool set_option(void *context, int letter, const char *argument)
{
    listing *l = context;

    switch (letter) {
    case OPTION_SORT:
        l->order = NULL;
        return set_order(l, argument);
    case OPTION_KIND:
        l->kind = argument;
        return is_kind(argument);
    case OPTION_SCOPE:
        l->scope = argument;
        return strcmp(argument, "user") == 0 || strcmp(argument, "machine") == 0;
    case 'W':
        return parse_delay(argument, &l->watch_ms);
    default:
        l->as_json = l->as_json || letter == 'j';
        l->waited = l->waited || letter == OPTION_WAITED;
        l->held = l->held || letter == OPTION_HELD;
        return true;
    }
}

static int print_objects(void *context, apr_pool_t *pool)
{
    listing *l = context;

    l->pool = pool;
    l->rows = apr_array_make(pool, 16, sizeof(row));
    count_people(l);
    if (byn_objects_visit(collect, l) < 0) {
        complain("byname ls: %s\n", byn_last_error());
        return EXIT_BAD;
    }
    qsort(l->rows->elts, (size_t)l->rows->nelts, sizeof(row), l->order);
    if (l->as_json) {
        print_json(l);
    } else {
        print_table(l);
        say_reclaimed(l);
    }
    return EXIT_GOOD;
}

static int ls(command_line *line)
{
    listing l = {.order = by_name};
    const char *const *words;
    int words_count;

    if (!command_line_options(line, set_option, &l))
        return line->result;
    words = command_line_words(line, &words_count);
    if (words_count > 0)
        return command_line_wrong(line, "it takes no argument (\"%s\"); one object: byname show",
                                  *words);
    return watch(l.watch_ms, 0, line->pool, print_objects, &l);
}

/* ---- The command lines */

static const apr_getopt_option_t ls_options[] = {
    {"json", 'j', 0, "as JSON"},
    OPTION_WITH_WATCH,
    {"kind", OPTION_KIND, 1, "KIND only those of a kind: mutex, event, queue, ..."},
    {"scope", OPTION_SCOPE, 1, "SCOPE only those of the user, or of the machine"},
    {"held", OPTION_HELD, 0, "only where somebody holds something"},
    {"waited", OPTION_WAITED, 0, "only where somebody waits"},
    {"sort", OPTION_SORT, 1, "KEY name, kind, size, age, holders or waiters; the greatest first"},
    OPTION_HELP,
    OPTION_END};

const verb verb_ls = {
    .name = "ls",
    .line = "list all objects; remove what killed processes left",
    .arguments = "[OPTION...]",
    .text =
        "States: \"in use\": a process has it open. \"kept\": nobody has, and it stays until it\n"
        "is removed. \"reclaimed\": its users were all killed, it was removed while looking.\n"
        "\"foreign\": not readable, for it is another user's, another version's or broken.\n",
    .options = ls_options,
    .usage_code = EXIT_USAGE,
    .run = ls,
};
