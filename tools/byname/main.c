/* byname: the verbs, and what is said about them. */
#include "map_command.h"
#include "nouns.h"
#include "output.h"
#include "system.h"
#include "terminal.h"
#include "tool.h"
#include "topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include <byname/byname.h>

const verb *const tool_verbs[] = {
    &verb_run,     &verb_event, &verb_semaphore,   &verb_rwlock,  &verb_condition,
    &verb_barrier, &verb_value, &verb_array,       &verb_dict,    &verb_list,
    &verb_pipe,    &verb_queue, &verb_wait,        &verb_map,     &verb_pool,
    &verb_ls,      &verb_show,  &verb_top,         &verb_holders, &verb_who,
    &verb_doctor,  &verb_rm,    &verb_gc,          &verb_repair,  &verb_worker,
    &verb_keeper,  &verb_demo,  &verb_demo_worker, &verb_manual,  &verb_complete,
    NULL};

enum { VERB_COUNT = sizeof tool_verbs / sizeof tool_verbs[0] - 1, TOPICS_MAX = 16 };

const verb *find_verb(const char *name)
{
    size_t i;

    for (i = 0; i < VERB_COUNT; i++) {
        if (strcmp(tool_verbs[i]->name, name) == 0)
            return tool_verbs[i];
    }
    return NULL;
}

/* A noun that is no verb; the rest of a sentence. */
static const char *instead(const char *name)
{
    static const char *const locks[] = {"mutex", "lock", "unlock"};
    size_t i;

    for (i = 0; i < sizeof locks / sizeof locks[0]; i++) {
        if (strcmp(name, locks[i]) == 0)
            return "; a mutex is held while a command runs: byname run --lock NAME -- COMMAND";
    }
    return "";
}

/* Also of topics, for "byname help". */
static int unknown_verb(const char *name, const char *what, bool or_topic)
{
    const char *names[VERB_COUNT + TOPICS_MAX + 3] = {"help", "version"};
    const topic *t;
    const char *meant;
    size_t count = 2;
    size_t i;

    for (i = 0; i < VERB_COUNT; i++) {
        if (tool_verbs[i]->line != NULL)
            names[count++] = tool_verbs[i]->name;
    }
    for (t = topics; or_topic && t->name != NULL && count < VERB_COUNT + TOPICS_MAX; t++)
        names[count++] = t->name;
    names[count] = NULL;
    meant = *instead(name) == '\0' ? similar(name + strspn(name, "-"), names) : NULL;
    complain("byname: there is no %s \"%s\"%s%s%s%s\nSee: byname help\n", what, name,
             meant != NULL ? "; \"" : "", meant != NULL ? meant : "",
             meant != NULL ? "\" was meant?" : "", instead(name));
    return EXIT_USAGE;
}

static void print_help(void)
{
    const topic *t;
    size_t i;

    puts("usage: byname VERB [OPTION...] [ARGUMENT...]\n\n"
         "Locks, events and data that processes share by name.\n");
    for (i = 0; i < VERB_COUNT; i++) {
        if (tool_verbs[i]->line != NULL)
            printf("  %-10s %s\n", tool_verbs[i]->name, tool_verbs[i]->line);
    }
    puts("  help       tell more of a verb or a topic: byname help VERB, byname help TOPIC\n"
         "  version    tell the version\n\n"
         "Topics:");
    for (t = topics; t->name != NULL; t++)
        printf("  %-12s %s\n", t->name, t->line);
    puts(
        "\n"
        "Exit codes: 0 done, 1 failed, 2 the command line was not understood, 124 a wait took too\n"
        "long. With a command: the command's own, and 124 to 127 (byname help run).");
}

static int help_topic(const char *name)
{
    const topic *t = topic_find(name);

    if (t == NULL)
        return unknown_verb(name, "verb or topic", true);
    printf("%s: %s\n\n%s", t->name, t->line, t->text);
    return EXIT_GOOD;
}

static int help(int argc, const char *const *argv)
{
    const verb *asked;

    if (argc < 3 || strcmp(argv[2], "help") == 0) {
        print_help();
        return EXIT_GOOD;
    }
    asked = find_verb(argv[2]);
    if (asked == NULL)
        return help_topic(argv[2]);
    if (asked->actions != NULL)
        return print_noun_help(asked, argc > 3 ? argv[3] : NULL);
    print_verb_help(asked);
    return EXIT_GOOD;
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

int run_verb(const verb *asked, int argc, const char *const *argv, const char *program,
             apr_pool_t *pool)
{
    command_line line = {.verb = asked, .program = program, .pool = pool};

    if (!command_line_begin(&line, argc, argv))
        return EXIT_BAD;
    return asked->run(&line);
}

static int tool(int argc, const char *const *argv)
{
    apr_pool_t *pool = NULL;
    const verb *asked;
    int result;

    if (argc < 2 && byn_worker_main(map_tasks, &result))
        return result;
    if (argc < 2) {
        fputs("byname: what to do? See: byname help\n", stderr);
        return EXIT_USAGE;
    }
    if (is_one_of(argv[1], "help", "--help", "-h"))
        return help(argc, argv);
    if (is_one_of(argv[1], "version", "--version", "-V")) {
        printf("byname %s\n", byn_version());
        return EXIT_GOOD;
    }
    asked = find_verb(argv[1]);
    if (asked == NULL)
        return unknown_verb(argv[1], "verb", false);
    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return EXIT_BAD;
    result = asked->actions != NULL ? run_action(asked, argc, argv, pool)
                                    : run_verb(asked, argc - 1, argv + 1, argv[0], pool);
    apr_pool_destroy(pool);
    return result;
}

int main(int argc, const char *const *argv)
{
    int result;

    system_reserve_streams();
    /* On Windows it also makes UTF-8 of the arguments. */
    if (apr_app_initialize(&argc, &argv, NULL) != APR_SUCCESS) {
        fputs("byname: APR does not start\n", stderr);
        return EXIT_RUN_FAILED;
    }
    terminal_prepare();
    result = tool(argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && result == EXIT_GOOD) {
        fputs("byname: the output could not be written\n", stderr);
        result = EXIT_BAD;
    }
    apr_terminate();
    return result;
}
