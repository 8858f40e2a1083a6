/* byname rm and byname gc. */
#include "listing.h"
#include "nouns.h"
#include "output.h"

#include <stdio.h>
#include <string.h>

/* "queue, 65,536 bytes" */
static const char *described(const byn_object_info *info, apr_pool_t *pool)
{
    return format_text(pool, "%s, %s bytes", *info->kind != '\0' ? info->kind : "not readable",
                       number_text(info->size, pool));
}

static void say_would(const listing_settings *s, const byn_object_info *info)
{
    printf("would remove \"%s\" (%s)\n", shown(info->name, s->line->pool),
           described(info, s->line->pool));
}

/* ---- rm */

static int rm_object(const listing_settings *s, const byn_object_info *info)
{
    if (s->dry_run && info->state == BYN_OBJECT_IN_USE) {
        complain("byname rm: \"%s\" would stay: it is in use\n", shown(info->name, s->line->pool));
        return EXIT_BAD;
    }
    if (s->dry_run)
        say_would(s, info);
    else if (byn_remove(info->name) < 0)
        return call_failed(s->line);
    return EXIT_GOOD;
}

/* A word that is no name of anything: the library says it best, and may know more of it. */
static int rm_unknown(const listing_settings *s, const char *word)
{
    if (strpbrk(word, "*?[") == NULL && !s->dry_run)
        return byn_remove(word) < 0 ? call_failed(s->line) : EXIT_GOOD;
    complain("byname rm: there is no object \"%s\"\n", shown(word, s->line->pool));
    return EXIT_BAD;
}

static int rm_named(const listing_settings *s, const apr_array_header_t *objects,
                    const char *const *words)
{
    int result = EXIT_GOOD;
    int i;

    for (; *words != NULL; words++) {
        apr_array_header_t *matching = listing_match(objects, *words, s->line->pool);

        if (matching->nelts == 0 && rm_unknown(s, *words) != EXIT_GOOD)
            result = EXIT_BAD;
        for (i = 0; i < matching->nelts; i++) {
            if (rm_object(s, APR_ARRAY_IDX(matching, i, const byn_object_info *)) != EXIT_GOOD)
                result = EXIT_BAD;
        }
    }
    return result;
}

/* What killed processes left goes too. Who begins to use one meanwhile may go on. */
static int rm_all(const listing_settings *s, const apr_array_header_t *objects)
{
    int result = EXIT_GOOD;
    int i;

    for (i = 0; i < objects->nelts; i++) {
        const byn_object_info *info = &APR_ARRAY_IDX(objects, i, byn_object_info);
        byn_status status;

        if (info->state != BYN_OBJECT_KEPT && info->state != BYN_OBJECT_RECLAIMED)
            continue;
        if (s->dry_run) {
            say_would(s, info);
            continue;
        }
        status = byn_remove(info->name);
        if (status < 0 && status != BYN_E_EXISTS && status != BYN_E_NOTFOUND)
            result = call_failed(s->line);
    }
    return result;
}

static int rm(command_line *line)
{
    listing_settings s = {line, false, false};
    apr_array_header_t *objects;
    const char *const *words;
    int result;

    objects = listing_asked(&s, &words, &result);
    if (objects == NULL)
        return result;
    return s.all ? rm_all(&s, objects) : rm_named(&s, objects, words);
}

/* ---- gc */

static int gc(command_line *line)
{
    listing_settings s = {line, false, false};
    apr_array_header_t *objects;
    uint64_t bytes = 0;
    int count = 0;
    int i;

    if (!command_line_options(line, listing_option, &s))
        return line->result;
    command_line_words(line, &count);
    if (count > 0)
        return command_line_wrong(line, "it takes no argument; one object: byname rm");
    objects = listing_of(s.dry_run ? byn_objects_look : byn_objects_visit, line->pool);
    if (objects == NULL)
        return call_failed(line);
    for (i = 0, count = 0; i < objects->nelts; i++) {
        const byn_object_info *info = &APR_ARRAY_IDX(objects, i, byn_object_info);

        if (info->state != BYN_OBJECT_RECLAIMED)
            continue;
        printf("%s \"%s\" (%s)\n", s.dry_run ? "would remove" : "removed",
               shown(info->name, line->pool), described(info, line->pool));
        bytes += info->size;
        count++;
    }
    printf("%d object%s, %s bytes\n", count, count == 1 ? "" : "s", number_text(bytes, line->pool));
    return EXIT_GOOD;
}

/* ---- The command lines */

#define OPTION_WITH_DRY_RUN                                                                        \
    {                                                                                              \
        "dry-run", LISTING_DRY_RUN, 0, "say what would be removed, and remove nothing"             \
    }

static const apr_getopt_option_t rm_options[] = {
    {"all", 'a', 0, "all that nobody has open: what is kept, and what killed processes left"},
    OPTION_WITH_DRY_RUN,
    OPTION_HELP,
    OPTION_END};

static const apr_getopt_option_t gc_options[] = {OPTION_WITH_DRY_RUN, OPTION_HELP, OPTION_END};

const verb verb_rm = {
    .name = "rm",
    .line = "remove kept objects, and what is left of others",
    .arguments = "(NAME... | --all) [--dry-run]",
    .text = "Objects go by themselves with their last user. This is for those that are kept, for\n"
            "the object of processes that were all killed, and for a broken file. One that is\n"
            "in use stays.\n\n"
            "A NAME that no object has may be a pattern with \"*\", \"?\" and \"[a-z]\".\n"
            "Exit code 1 if any of them could not be removed.\n",
    .example = "byname rm \"nightly.*\" --dry-run",
    .options = rm_options,
    .usage_code = EXIT_USAGE,
    .run = rm,
};

const verb verb_gc = {
    .name = "gc",
    .line = "remove what killed processes left, and say what it was",
    .arguments = "[--dry-run]",
    .text =
        "It would go with the next open of its name too, or with \"byname ls\". On Windows the\n"
        "system removes it at once, and nothing is left.\n",
    .example = "byname gc --dry-run",
    .options = gc_options,
    .usage_code = EXIT_USAGE,
    .run = gc,
};
