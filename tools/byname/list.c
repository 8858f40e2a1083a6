/* byname ls. */
#include "json.h"
#include "output.h"
#include "people.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include <byname/byname.h>

/* ---- ls */

typedef struct listing {
    apr_pool_t *pool;            /* of one picture, as the arrays */
    apr_array_header_t *objects; /* of byn_object_info */
    apr_array_header_t *people;  /* of all; see people.h */
    bool as_json;
    const char *kind; /* of these only; NULL: of all */
    bool waited;      /* only where somebody waits */
    int (*order)(const void *, const void *);
    int64_t watch_ms; /* 0: once */
} listing;

enum { OPTION_SORT = 256, OPTION_KIND, OPTION_WAITED };

static uint32_t count(const listing *l, const byn_object_info *info, byn_role role)
{
    return l->people != NULL ? people_count(l->people, info->name, role) : 0;
}

static bool is_wanted(const listing *l, const byn_object_info *info)
{
    return (l->kind == NULL || strcmp(l->kind, info->kind) == 0) &&
           (!l->waited || count(l, info, BYN_ROLE_WAITS) > 0);
}

static bool collect(const byn_object_info *info, void *context)
{
    listing *l = context;
    byn_object_info *copy;

    if (!is_wanted(l, info))
        return true;
    copy = apr_array_push(l->objects);

    *copy = *info;
    copy->name = apr_pstrdup(l->pool, info->name);
    copy->kind = apr_pstrdup(l->pool, info->kind);
    copy->place = apr_pstrdup(l->pool, info->place);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const byn_object_info *)a)->name, ((const byn_object_info *)b)->name);
}

static int by_size(const void *a, const void *b)
{
    uint64_t one = ((const byn_object_info *)a)->size, other = ((const byn_object_info *)b)->size;

    return one != other ? (one < other) - (one > other) : by_name(a, b);
}

static int by_age(const void *a, const void *b)
{
    uint64_t one = ((const byn_object_info *)a)->age_ms,
             other = ((const byn_object_info *)b)->age_ms;

    return one != other ? (one < other) - (one > other) : by_name(a, b);
}

static int by_kind(const void *a, const void *b)
{
    int order = strcmp(((const byn_object_info *)a)->kind, ((const byn_object_info *)b)->kind);

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
    for (i = 0; i < l->objects->nelts; i++) {
        const byn_object_info *info = &APR_ARRAY_IDX(l->objects, i, byn_object_info);

        json_open(&j, NULL, '{');
        json_text(&j, "name", info->name);
        json_text(&j, "kind", info->kind);
        json_text(&j, "state", state_text(info->state));
        json_unsigned(&j, "size", info->size);
        json_unsigned(&j, "age_ms", info->age_ms);
        json_unsigned(&j, "creator", info->creator);
        json_bool(&j, "kept", info->kept);
        json_unsigned(&j, "holders", count(l, info, BYN_ROLE_HOLDS));
        json_unsigned(&j, "waiters", count(l, info, BYN_ROLE_WAITS));
        json_text(&j, "place", info->place);
        json_close(&j, '}');
    }
    json_close(&j, ']');
}

static void print_table(const listing *l)
{
    table *t = table_create(8, l->pool);
    int i;

    if (l->objects->nelts == 0)
        return;
    table_align_right(t, 3);
    table_align_right(t, 4);
    table_align_right(t, 5);
    table_row(t, "NAME", "KIND", "STATE", "HOLDERS", "WAITERS", "SIZE", "AGE", "CREATOR");
    for (i = 0; i < l->objects->nelts; i++) {
        const byn_object_info *info = &APR_ARRAY_IDX(l->objects, i, byn_object_info);
        bool known = info->state != BYN_OBJECT_FOREIGN;

        table_row(t, shown(info->name, l->pool), *info->kind != '\0' ? info->kind : "?",
                  info->kept && info->state == BYN_OBJECT_IN_USE ? "in use, kept"
                                                                 : state_text(info->state),
                  number_text(count(l, info, BYN_ROLE_HOLDS), l->pool),
                  number_text(count(l, info, BYN_ROLE_WAITS), l->pool),
                  number_text(info->size, l->pool), known ? age_text(info->age_ms, l->pool) : "?",
                  known ? format_text(l->pool, "%u", (unsigned)info->creator) : "?");
    }
    table_print(t);
}

static void say_reclaimed(const listing *l)
{
    int count = 0;
    int i;

    for (i = 0; i < l->objects->nelts; i++)
        count += APR_ARRAY_IDX(l->objects, i, byn_object_info).state == BYN_OBJECT_RECLAIMED;
    if (count > 0)
        printf("%d reclaimed: the users were all killed; what was left is removed now\n", count);
}

static bool set_order(listing *l, const char *word)
{
    static const struct {
        const char *word;
        int (*order)(const void *, const void *);
    } orders[] = {{"name", by_name}, {"kind", by_kind}, {"size", by_size}, {"age", by_age}};
    size_t i;

    for (i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (strcmp(orders[i].word, word) == 0)
            l->order = orders[i].order;
    }
    return l->order != NULL;
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
        return true;
    case 'W':
        return parse_delay(argument, &l->watch_ms);
    default:
        l->as_json = l->as_json || letter == 'j';
        l->waited = l->waited || letter == OPTION_WAITED;
        return true;
    }
}

static int print_objects(void *context, apr_pool_t *pool)
{
    listing *l = context;

    l->pool = pool;
    l->objects = apr_array_make(pool, 16, sizeof(byn_object_info));
    l->people = people_collect(NULL, pool);
    if (byn_objects_visit(collect, l) < 0) {
        fprintf(stderr, "byname ls: %s\n", byn_last_error());
        return EXIT_BAD;
    }
    qsort(l->objects->elts, (size_t)l->objects->nelts, sizeof(byn_object_info), l->order);
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
    {"kind", OPTION_KIND, 1, "KIND only mutexes, only queues, ..."},
    {"waited", OPTION_WAITED, 0, "only where somebody waits"},
    {"sort", OPTION_SORT, 1, "name, kind, size or age; the largest and the oldest come first"},
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
