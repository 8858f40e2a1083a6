/* Nouns: verbs that are followed by an action, as in "byname event wait". */
#include "output.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

enum { ACTIONS_MAX = 16 };

const char *action_name(const verb *action)
{
    return strchr(action->name, ' ') + 1;
}

const verb *find_action(const verb *noun, const char *name)
{
    size_t i;

    for (i = 0; noun->actions[i] != NULL; i++) {
        if (strcmp(action_name(noun->actions[i]), name) == 0)
            return noun->actions[i];
    }
    return NULL;
}

static int missing_action(const verb *noun)
{
    size_t i;

    complain("byname %s: which action?", noun->name);
    for (i = 0; noun->actions[i] != NULL; i++)
        complain("%s %s", i > 0 ? "," : "", action_name(noun->actions[i]));
    complain("\nSee: byname help %s\n", noun->name);
    return EXIT_USAGE;
}

static int unknown_action(const verb *noun, const char *name)
{
    const char *names[ACTIONS_MAX + 1] = {NULL};
    const char *meant;
    size_t i;

    for (i = 0; i < ACTIONS_MAX && noun->actions[i] != NULL; i++)
        names[i] = action_name(noun->actions[i]);
    meant = similar(name + strspn(name, "-"), names);
    complain("byname %s: there is no action \"%s\"%s%s%s\nSee: byname help %s\n", noun->name, name,
             meant != NULL ? "; \"" : "", meant != NULL ? meant : "",
             meant != NULL ? "\" was meant?" : "", noun->name);
    return EXIT_USAGE;
}

int print_noun_help(const verb *noun, const char *action)
{
    const verb *asked = action != NULL ? find_action(noun, action) : NULL;
    size_t i;

    if (asked != NULL) {
        print_verb_help(asked);
        return EXIT_GOOD;
    }
    if (action != NULL)
        return unknown_action(noun, action);
    printf("usage: byname %s %s\n", noun->name, noun->arguments);
    for (i = 0; noun->actions[i] != NULL; i++) {
        const verb *v = noun->actions[i];

        printf("\n  %s %s\n      %s\n      Example: %s\n", action_name(v), v->arguments, v->line,
               v->example);
    }
    printf("\n%s\nAll options of an action: byname help %s ACTION\n", noun->text, noun->name);
    return EXIT_GOOD;
}

int run_action(const verb *noun, int argc, const char *const *argv, apr_pool_t *pool)
{
    const verb *asked;

    if (argc < 3)
        return missing_action(noun);
    if (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0)
        return print_noun_help(noun, NULL);
    asked = find_action(noun, argv[2]);
    if (asked == NULL)
        return unknown_action(noun, argv[2]);
    return run_verb(asked, argc - 2, argv + 2, argv[0], pool);
}
