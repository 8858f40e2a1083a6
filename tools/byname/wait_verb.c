/* byname wait: for one of several objects, or for all of them. */
#include "json.h"
#include "nouns.h"
#include "output.h"
#include "reader.h"

#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

enum { OPTION_ANY = 256, OPTION_OF_ALL, OPTION_MUTEX };

typedef struct target {
    const char *name;
    const char *kind; /* NULL: not seen */
    byn_mutex *mutex; /* one of the three */
    byn_event *event;
    byn_semaphore *semaphore;
} target;

typedef struct waiting {
    held held;
    bool any;
    bool all;
    bool makes_mutexes;
    bool as_json;
    bool abandoned;
    target *targets;
    void **handles;
    int count; /* of those that are open */
    size_t taken;
} waiting;

/* ---- The objects */

static bool note_kind(const byn_object_info *info, void *context)
{
    waiting *w = context;
    int i;

    for (i = 0; w->targets[i].name != NULL; i++) {
        if ((info->state == BYN_OBJECT_IN_USE || info->state == BYN_OBJECT_KEPT) &&
            strcmp(info->name, w->targets[i].name) == 0)
            w->targets[i].kind = apr_pstrdup(w->held.line->pool, info->kind);
    }
    return true;
}

/* One that was not seen is opened as an event: the answer says best why it was not. */
static byn_status open_target(target *t, bool makes_mutexes, void **handle)
{
    const char *kind = t->kind != NULL ? t->kind : makes_mutexes ? "mutex" : "event";
    byn_open_mode mode = t->kind == NULL && makes_mutexes ? BYN_OPEN_OR_CREATE : BYN_OPEN_ONLY;
    byn_status status;

    if (strcmp(kind, "mutex") == 0) {
        status = byn_mutex_open(
            &t->mutex, t->name,
            &BYN_OPTIONS(byn_mutex_options, .open = mode, .mode = rights_for(t->name)));
        *handle = t->mutex;
    } else if (strcmp(kind, "semaphore") == 0) {
        status = byn_semaphore_open(&t->semaphore, t->name,
                                    &BYN_OPTIONS(byn_semaphore_options, .open = mode));
        *handle = t->semaphore;
    } else {
        status = byn_event_open(&t->event, t->name, &BYN_OPTIONS(byn_event_options, .open = mode));
        *handle = t->event;
    }
    return status;
}

static int not_opened(const waiting *w, const target *t, byn_status status)
{
    if (status == BYN_E_MISMATCH) {
        complain(
            "byname wait: \"%s\" is of kind \"%s\": only mutexes, events and semaphores can be "
            "waited "
            "for\n",
            t->name, t->kind != NULL ? t->kind : "?");
        return command_line_failure(w->held.line);
    }
    return open_failed(w->held.line, t->name, status,
                       "--mutex makes a mutex of it. Else start first what makes it, or keep it "
                       "open with \"byname event hold\" or \"byname semaphore hold\"");
}

static bool open_all(waiting *w, int *result)
{
    byn_status status = byn_objects_visit(note_kind, w);

    if (status < 0) {
        *result = call_failed(w->held.line);
        return false;
    }
    for (; w->targets[w->count].name != NULL; w->count++) {
        target *t = &w->targets[w->count];

        status = open_target(t, w->makes_mutexes, &w->handles[w->count]);
        if (status < 0) {
            *result = not_opened(w, t, status);
            return false;
        }
    }
    return true;
}

static void close_all(waiting *w)
{
    while (w->count > 0) {
        target *t = &w->targets[--w->count];

        byn_mutex_close(t->mutex);
        byn_event_close(t->event);
        byn_semaphore_close(t->semaphore);
    }
}

/* ---- Taking and giving back */

static bool is_taken(const waiting *w, int i)
{
    return w->all || (size_t)i == w->taken;
}

static byn_status take(void *object, byn_timeout timeout)
{
    waiting *w = object;
    byn_status status = w->all ? byn_wait_all(w->handles, (size_t)w->count, timeout)
                               : byn_wait_any(w->handles, (size_t)w->count, timeout, &w->taken);

    w->abandoned = w->abandoned || status == BYN_ABANDONED;
    return status;
}

static const char *list(const waiting *w, bool only_taken)
{
    const char *text = "";
    int i;

    for (i = 0; i < w->count; i++) {
        if (!only_taken || is_taken(w, i))
            text = format_text(w->held.line->pool, "%s%s\"%s\"", text,
                               *text == '\0' ? ""
                               : w->all      ? " and "
                                             : " or ",
                               w->targets[i].name);
    }
    return text;
}

static const char *dead(void *object, apr_pool_t *pool)
{
    const waiting *w = object;
    const target *t = &w->targets[w->taken];

    if (!w->all && t->mutex != NULL)
        return held_mutex.dead(t->mutex, pool);
    return format_text(pool, "a process died holding %s%s", w->all ? "one or more of " : "",
                       list(w, true));
}

static const char *taken(void *object, apr_pool_t *pool)
{
    (void)pool;
    return list(object, true);
}

static const held_kind several = {take, NULL, NULL, dead, taken};

/*
 * A mutex must be let go before we end, or its next owner is told of a death. So must permits with undo;
 * those without stay taken if there was no command, and the signal of an event is gone.
 */
static void give_back(const waiting *w)
{
    int i;

    for (i = 0; i < w->count; i++) {
        const target *t = &w->targets[i];
        byn_semaphore_info info = {.struct_size = sizeof info};
        byn_status status = BYN_OK;

        if (!is_taken(w, i))
            continue;
        if (t->mutex != NULL)
            status = byn_mutex_unlock(t->mutex);
        else if (t->semaphore != NULL &&
                 (w->held.command != NULL ||
                  (byn_semaphore_holders(t->semaphore, &info) >= 0 && info.undo)))
            status = byn_semaphore_release(t->semaphore, 1, NULL);
        if (status < 0)
            (void)held_failed(&w->held);
    }
}

/* ---- What was taken, told: to the command in its environment, to a script on stdout */

static void print_taken(const waiting *w)
{
    json j = {stdout, 0, true};
    int i;

    if (!w->as_json) {
        if (w->any)
            puts(w->targets[w->taken].name);
        return;
    }
    json_open(&j, NULL, '{');
    json_open(&j, "taken", '[');
    for (i = 0; i < w->count; i++) {
        if (is_taken(w, i))
            json_text(&j, NULL, w->targets[i].name);
    }
    json_close(&j, ']');
    json_bool(&j, "abandoned", w->abandoned);
    json_close(&j, '}');
}

static int run_with_taken(waiting *w)
{
    const char *environment[] = {NULL, NULL};
    int result;

    environment[0] =
        w->any ? format_text(w->held.line->pool, "BYNAME_TAKEN=%s", w->targets[w->taken].name)
               : "BYNAME_TAKEN";
    w->held.environment = environment;
    result = held_command(&w->held, NULL);
    w->held.environment = NULL;
    return result;
}

static int wait_opened(waiting *w)
{
    int result = EXIT_GOOD;

    if (w->held.command == NULL && (w->any || w->as_json)) /* what is taken is told */
        reader_heed();
    if (!held_take(&w->held, list(w, false), &several, w, &result))
        return result;
    if (w->held.command != NULL)
        result = run_with_taken(w);
    else
        print_taken(w);
    give_back(w);
    return result;
}

/* ---- The command line */

static bool set_option(void *context, int letter, const char *argument)
{
    waiting *w = context;

    w->any = w->any || letter == OPTION_ANY;
    w->all = w->all || letter == OPTION_OF_ALL;
    w->makes_mutexes = w->makes_mutexes || letter == OPTION_MUTEX;
    w->as_json = w->as_json || letter == 'j';
    return held_option(&w->held, letter, argument);
}

static bool read_line(command_line *line, waiting *w)
{
    const char *const *names;
    int count;
    int i;

    if (!command_line_options(line, set_option, w))
        return false;
    names = command_line_words(line, &count);
    if (w->any == w->all)
        command_line_wrong(line, w->any ? "--any or --all, not both"
                                        : "for one of them or for all? --any or --all is missing");
    else if (count == 0)
        command_line_wrong(line, "which objects? The names are missing");
    else if (w->as_json && line->command != NULL)
        command_line_wrong(line, "--json is for a wait without a command");
    if (line->over || !command_line_check_command(line))
        return false;
    w->targets = apr_pcalloc(line->pool, ((size_t)count + 1) * sizeof(target));
    w->handles = apr_pcalloc(line->pool, (size_t)count * sizeof(void *));
    for (i = 0; i < count; i++)
        w->targets[i].name = names[i];
    return true;
}

static int run(command_line *line)
{
    waiting w = {.held = held_begin(line)};
    int result = EXIT_GOOD;

    if (!read_line(line, &w))
        return line->result;
    if (open_all(&w, &result))
        result = wait_opened(&w);
    close_all(&w);
    return result;
}

static const apr_getopt_option_t options[] = {
    {"any", OPTION_ANY, 0, "take the first that can be had, and print its name"},
    {"all", OPTION_OF_ALL, 0, "take all, when all can be had at one moment"},
    {"mutex", OPTION_MUTEX, 0, "what nobody has open is a mutex, and is made"},
    HELD_OPTIONS,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_END};

const verb verb_wait = {
    .name = "wait",
    .line = "wait for one of several mutexes, events and semaphores, or for all",
    .arguments = "(--any | --all) [OPTION...] NAME... [-- COMMAND [ARGUMENT...]]",
    .text =
        "Somebody must have each of them open, but for mutexes with --mutex. Of an event the\n"
        "signal is taken, of a semaphore one permit. With a command what was taken is held while\n"
        "it runs, and given back; its environment tells by BYNAME_TAKEN which one --any took.\n"
        "Without a command mutexes are free again at once, and so are permits of a semaphore\n"
        "that takes them back anyway (undo).\n"
        "Exit codes: 0 done, 1 failed, 2 command line, 124 too long; with a command as\n"
        "\"byname run\".\n",
    .example = "byname wait --all --mutex left right -- ./needs-both.sh",
    .options = options,
    .command = COMMAND_ALLOWED,
    .usage_code = EXIT_USAGE,
    .run = run,
};
