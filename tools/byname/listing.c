#include "listing.h"

#include "nouns.h"

#include <stdlib.h>
#include <string.h>

#include <apr_fnmatch.h>
#include <apr_strings.h>

typedef struct collecting {
    apr_pool_t *pool;
    apr_array_header_t *objects;
} collecting;

static bool collect(const byn_object_info *info, void *context)
{
    collecting *c = context;
    byn_object_info *copy = apr_array_push(c->objects);

    *copy = *info;
    copy->name = apr_pstrdup(c->pool, info->name);
    copy->kind = apr_pstrdup(c->pool, info->kind);
    copy->place = apr_pstrdup(c->pool, info->place);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const byn_object_info *)a)->name, ((const byn_object_info *)b)->name);
}

apr_array_header_t *listing_of(byn_status (*visit)(byn_object_visitor visitor, void *context),
                               apr_pool_t *pool)
{
    collecting c = {pool, apr_array_make(pool, 16, sizeof(byn_object_info))};

    if (visit(collect, &c) < 0)
        return NULL;
    qsort(c.objects->elts, (size_t)c.objects->nelts, sizeof(byn_object_info), by_name);
    return c.objects;
}

const char *scope_text(const byn_object_info *info)
{
    return info->machine ? "machine" : "user";
}

const byn_object_info *listing_find(const apr_array_header_t *objects, const char *name)
{
    int i;

    for (i = 0; i < objects->nelts; i++) {
        const byn_object_info *info = &APR_ARRAY_IDX(objects, i, byn_object_info);

        if (strcmp(info->name, name) == 0)
            return info;
    }
    return NULL;
}

apr_array_header_t *listing_match(const apr_array_header_t *objects, const char *word,
                                  apr_pool_t *pool)
{
    apr_array_header_t *matching = apr_array_make(pool, 4, sizeof(const byn_object_info *));
    const byn_object_info *info = listing_find(objects, word);
    int i;

    if (info != NULL) {
        APR_ARRAY_PUSH(matching, const byn_object_info *) = info;
        return matching;
    }
    for (i = 0; strpbrk(word, "*?[") != NULL && i < objects->nelts; i++) {
        info = &APR_ARRAY_IDX(objects, i, byn_object_info);
        if (apr_fnmatch(word, info->name, 0) == APR_SUCCESS)
            APR_ARRAY_PUSH(matching, const byn_object_info *) = info;
    }
    return matching;
}

bool listing_option(void *context, int letter, const char *argument)
{
    listing_settings *s = context;

    (void)argument;
    s->all = s->all || letter == 'a';
    s->dry_run = s->dry_run || letter == LISTING_DRY_RUN;
    return true;
}

apr_array_header_t *listing_asked(listing_settings *s, const char *const **words, int *result)
{
    command_line *line = s->line;
    apr_array_header_t *objects;
    int count;

    if (!command_line_options(line, listing_option, s)) {
        *result = line->result;
        return NULL;
    }
    *words = command_line_words(line, &count);
    if (s->all == (count > 0)) {
        *result = s->all ? command_line_wrong(line, "--all takes no name (\"%s\")", **words)
                         : command_line_wrong(line, "which object? The name is missing");
        return NULL;
    }
    objects = listing_of(byn_objects_look, line->pool);
    *result = objects != NULL ? EXIT_GOOD : call_failed(line);
    return objects;
}
