/* byname show: all that can be told of one object. */
#include "show.h"
#include "listing.h"
#include "output.h"
#include "watch.h"

#include "people.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

void show_text(picture *p, const char *key, const char *text)
{
    if (p->as_json)
        json_text(&p->json, key, text);
    else
        table_row(p->table, key, shown(text, p->pool));
}

void show_unsigned(picture *p, const char *key, uint64_t number)
{
    if (p->as_json)
        json_unsigned(&p->json, key, number);
    else
        table_row(p->table, key, format_text(p->pool, "%" PRIu64, number));
}

void show_bool(picture *p, const char *key, bool value)
{
    if (p->as_json)
        json_bool(&p->json, key, value);
    else
        table_row(p->table, key, value ? "yes" : "no");
}

void show_object(picture *p)
{
    if (p->as_json)
        json_open(&p->json, NULL, '{');
    show_text(p, "name", p->object.name);
    show_text(p, "kind", p->object.kind);
    show_text(p, "scope", scope_text(&p->object));
    if (p->as_json)
        json_unsigned(&p->json, "age_ms", p->object.age_ms);
    else
        show_text(p, "age", age_text(p->object.age_ms, p->pool));
    show_unsigned(p, "creator", p->object.creator);
    show_unsigned(p, "size", p->object.size);
    show_unsigned(p, "layout", p->object.layout);
    show_bool(p, "in_use", p->object.state == BYN_OBJECT_IN_USE);
    show_bool(p, "kept", p->object.kept);
    show_text(p, "place", p->object.place);
}

static const struct {
    const char *kind;
    byn_status (*show)(picture *p, const char *name);
} kinds[] = {{"mutex", show_mutex}, {"event", show_event},   {"semaphore", show_semaphore},
             {"once", show_once},   {"rwlock", show_rwlock}, {"value", show_value},
             {"array", show_array}, {"memory", show_memory}, {"barrier", show_barrier},
             {"dict", show_dict},   {"list", show_list},     {"pipe", show_pipe},
             {"queue", show_queue}, {"pool", show_pool}};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static bool find(const byn_object_info *info, void *context)
{
    picture *p = context;

    if ((info->state != BYN_OBJECT_IN_USE && info->state != BYN_OBJECT_KEPT) ||
        strcmp(info->name, p->object.name) != 0)
        return true;
    p->object = *info;
    p->object.name = apr_pstrdup(p->pool, info->name);
    p->object.kind = apr_pstrdup(p->pool, info->kind);
    p->object.place = apr_pstrdup(p->pool, info->place);
    return false;
}

/* An open says best why there is nothing to show. */
static int not_there(const char *name)
{
    byn_mutex *mutex;

    byn_status status =
        byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY));

    if (status == BYN_E_NOTFOUND) {
        complain("byname show: there is no object \"%s\" (BYN_E_NOTFOUND)\n", name);
    } else if (status < 0) {
        complain("byname show: %s\n", byn_last_error());
    } else {
        byn_mutex_close(mutex);
        complain("byname show: \"%s\" came only now; ask again\n", name);
    }
    return EXIT_BAD;
}

/* What is not known is null. */
static void people_as_json(picture *p, const apr_array_header_t *people,
                           const apr_array_header_t *openers)
{
    const char *name = p->object.name;

    if (people != NULL)
        people_json(&p->json, "people", people);
    else
        json_text(&p->json, "people", NULL);
    if (openers != NULL)
        openers_json(&p->json, "openers", openers);
    else
        json_text(&p->json, "openers", NULL);
    json_unsigned(&p->json, "openers_untold",
                  openers != NULL ? people_count(openers, name, BYN_ROLE_UNTOLD) : 0);
}

/* Who holds it, who waits and who has it open: behind all else. */
static void show_people(picture *p)
{
    apr_array_header_t *people = people_collect(p->object.name, p->pool);
    const apr_array_header_t *openers = people_openers(p->object.name, p->pool);

    if (p->as_json) {
        people_as_json(p, people, openers);
        return;
    }
    table_print(p->table);
    if (people != NULL && openers != NULL)
        apr_array_cat(people, openers);
    if (people != NULL && people->nelts > 0) {
        putchar('\n');
        people_print_processes(people, p->pool);
    }
}

static byn_status show_kind(picture *p)
{
    size_t i;

    for (i = 0; i < KIND_COUNT; i++) {
        if (strcmp(kinds[i].kind, p->object.kind) == 0)
            return kinds[i].show(p, p->object.name);
    }
    show_object(p);
    return BYN_OK;
}

static int show_name(picture *p, const char *name)
{
    byn_status status;

    p->object.name = name;
    status = byn_objects_visit(find, p);
    if (status >= 0 && p->object.kind == NULL)
        return not_there(name);
    if (status >= 0)
        status = show_kind(p);
    if (status < 0) {
        complain("byname show: %s\n", byn_last_error());
        return EXIT_BAD;
    }
    show_people(p);
    if (p->as_json)
        json_close(&p->json, '}');
    return EXIT_GOOD;
}

typedef struct settings {
    const char *name;
    bool as_json;
    int64_t watch_ms; /* 0: once */
} settings;

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    s->as_json = s->as_json || letter == 'j';
    return letter != 'W' || parse_delay(argument, &s->watch_ms);
}

int show_one(const char *name, bool as_json, apr_pool_t *pool)
{
    picture p = {.pool = pool, .json = {stdout, 0, true}, .as_json = as_json};

    p.table = table_create(2, pool);
    return show_name(&p, name);
}

static int print_object(void *context, apr_pool_t *pool)
{
    const settings *s = context;

    return show_one(s->name, s->as_json, pool);
}

static int show(command_line *line)
{
    settings s = {NULL, false, 0};
    const char *const *names;
    int count;

    if (!command_line_options(line, set_option, &s))
        return line->result;
    names = command_line_words(line, &count);
    if (count != 1)
        return command_line_wrong(line, count == 0 ? "which object? The name is missing"
                                                   : "one name at a time");
    s.name = names[0];
    return watch(s.watch_ms, 0, line->pool, print_object, &s);
}

static const apr_getopt_option_t options[] = {
    {"json", 'j', 0, "as JSON"}, OPTION_WITH_WATCH, OPTION_HELP, OPTION_END};

const verb verb_show = {
    .name = "show",
    .line = "show one object: what it is, who holds it, who has it open",
    .arguments = "[OPTION...] NAME",
    .text = "It shows one moment. To look, it opens the object for that time.\n"
            "Exit code 1 if there is nothing of that name; with --watch as soon as it is gone.\n",
    .options = options,
    .usage_code = EXIT_USAGE,
    .run = show,
};
