/*
 * What may stand next on a command line, for the shells: "byname complete -- WORD... =BEGINNING". Their
 * scripts are in completion/, and know nothing of the verbs.
 *
 * The first line that is printed says what is wanted: "words", and a line for each follows: the word, a tab
 * and what it is; "files"; or "command" and how many of the words belong to it.
 */
#include "nouns.h"
#include "output.h"
#include "topics.h"

#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

/* The command line so far. */
typedef struct asked {
    const char *const *words;
    int count;
    const char *beginning; /* of the word that is wanted */
} asked;

static void candidate(const asked *a, const char *word, const char *about)
{
    if (strncmp(word, a->beginning, strlen(a->beginning)) == 0)
        printf("%s\t%s\n", word, about != NULL ? about : "");
}

/* ---- Verbs */

static void verbs(const asked *a)
{
    size_t i;

    puts("words");
    for (i = 0; tool_verbs[i] != NULL; i++) {
        if (tool_verbs[i]->line != NULL)
            candidate(a, tool_verbs[i]->name, tool_verbs[i]->line);
    }
    candidate(a, "help", "tell more of a verb or a topic");
    candidate(a, "version", "tell the version");
}

static void actions(const asked *a, const verb *noun)
{
    size_t i;

    puts("words");
    for (i = 0; noun->actions[i] != NULL; i++)
        candidate(a, action_name(noun->actions[i]), noun->actions[i]->line);
}

static void helps(const asked *a)
{
    const verb *noun = a->count == 2 ? find_verb(a->words[1]) : NULL;
    const topic *t;

    if (noun != NULL && noun->actions != NULL) {
        actions(a, noun);
    } else if (a->count == 1) {
        verbs(a);
        for (t = topics; t->name != NULL; t++)
            candidate(a, t->name, t->line);
    }
}

/* ---- Objects */

typedef struct listing {
    const asked *asked;
    const char *kind; /* "": any */
} listing;

static bool object(const byn_object_info *info, void *context)
{
    const listing *l = context;

    if (*l->kind == '\0' || strcmp(info->kind, l->kind) == 0)
        candidate(l->asked, info->name, info->kind);
    return true;
}

/* Those that the verb is for: "queue put" is for queues. */
static void objects(const asked *a, const char *kind)
{
    listing l = {a, kind};

    puts("words");
    (void)byn_objects_visit(object, &l);
}

static const char *kind_of(const verb *v, apr_pool_t *pool)
{
    size_t length = strcspn(v->name, " ");

    return v->name[length] == ' ' ? format_text(pool, "%.*s", (int)length, v->name) : "";
}

/* ---- Options */

static void options(const asked *a, const verb *v, apr_pool_t *pool)
{
    const apr_getopt_option_t *o;

    puts("words");
    for (o = v->options; o->optch != 0; o++) {
        const char *about = o->description;

        if (o->name == NULL)
            continue;
        about += option_argument(o);
        about += strspn(about, " ");
        candidate(a, format_text(pool, "--%s", o->name), about);
        if (o->optch < 128 && strlen(a->beginning) < 2)
            candidate(a, format_text(pool, "-%c", o->optch), about);
    }
}

/* The option that this word is, if its argument is the next one. */
static const apr_getopt_option_t *option_of(const verb *v, const char *word)
{
    const apr_getopt_option_t *o;
    size_t length = strlen(word);

    if (length < 2 || *word != '-')
        return NULL;
    for (o = v->options; o->optch != 0; o++) {
        bool is = word[1] == '-' ? o->name != NULL && strcmp(o->name, word + 2) == 0
                                 : o->optch == word[length - 1];

        if (is && o->has_arg)
            return o;
    }
    return NULL;
}

static bool is_about(const apr_getopt_option_t *o, const char *argument)
{
    return strncmp(o->description, argument, strlen(argument)) == 0;
}

static void argument(const asked *a, const apr_getopt_option_t *o)
{
    if (is_about(o, "FILE "))
        puts("files");
    else if (is_about(o, "MUTEX "))
        objects(a, "mutex");
    else if (is_about(o, "NAME "))
        objects(a, strcmp(o->name, "semaphore") == 0    ? "semaphore"
                   : strcmp(o->name, "event-done") == 0 ? "event"
                   : strcmp(o->name, "pool") == 0       ? "pool"
                                                        : "");
    else
        puts("words");
}

/* ---- One verb */

/* Where its command begins among the words behind `first`; -1: it has not begun. */
static int command_begin(const asked *a, const verb *v, int first)
{
    int i;

    if (v->command == COMMAND_NONE)
        return -1;
    for (i = first; i < a->count; i++) {
        if (strcmp(a->words[i], "--") == 0)
            return i + 1;
        if (v->command != COMMAND_IS_REST)
            continue;
        if (*a->words[i] != '-')
            return i;
        i += option_of(v, a->words[i]) != NULL;
    }
    return v->command == COMMAND_IS_REST && i == a->count && *a->beginning != '-' ? a->count : -1;
}

static int words_before(const asked *a, const verb *v, int first)
{
    int count = 0;
    int i;

    for (i = first; i < a->count; i++) {
        if (option_of(v, a->words[i]) != NULL)
            i++;
        else
            count += *a->words[i] != '-';
    }
    return count;
}

static void of_verb(const asked *a, const verb *v, int first, apr_pool_t *pool)
{
    const apr_getopt_option_t *o = a->count > first ? option_of(v, a->words[a->count - 1]) : NULL;
    int command = command_begin(a, v, first);
    bool several = strstr(v->arguments, "NAME...") != NULL;

    if (command >= 0)
        printf("command\n%d\n", a->count - command);
    else if (o != NULL)
        argument(a, o);
    else if (*a->beginning == '-')
        options(a, v, pool);
    else if (strstr(v->arguments, "PATH") != NULL || strstr(v->arguments, "DIRECTORY") != NULL)
        puts("files");
    else if (strstr(v->arguments, "NAME") != NULL && (several || words_before(a, v, first) == 0))
        objects(a, kind_of(v, pool));
    else
        puts("words");
}

static void answer(const asked *a, apr_pool_t *pool)
{
    const verb *v = a->count > 0 ? find_verb(a->words[0]) : NULL;

    if (a->count == 0) {
        verbs(a);
    } else if (strcmp(a->words[0], "help") == 0) {
        helps(a);
    } else if (v != NULL && v->actions != NULL) {
        const verb *action = a->count > 1 ? find_action(v, a->words[1]) : NULL;

        if (a->count == 1)
            actions(a, v);
        else if (action != NULL)
            of_verb(a, action, 2, pool);
    } else if (v != NULL) {
        of_verb(a, v, 1, pool);
    }
}

static int complete(command_line *line)
{
    asked a = {NULL, 0, NULL};

    if (!command_line_options(line, no_option, NULL) || !command_line_check_command(line))
        return line->result;
    a.words = line->command;
    while (a.words[a.count + 1] != NULL)
        a.count++;
    a.beginning = a.words[a.count];
    if (*a.beginning != '=')
        return command_line_wrong(line, "the last word begins with \"=\"");
    a.beginning++;
    answer(&a, line->pool);
    return EXIT_GOOD;
}

const verb verb_complete = {
    .name = "complete",
    .arguments = "-- [WORD...] =BEGINNING",
    .text = "Tells a shell what may stand next.\n",
    .options = name_only_options,
    .command = COMMAND_NEEDED,
    .usage_code = EXIT_USAGE,
    .run = complete,
};
