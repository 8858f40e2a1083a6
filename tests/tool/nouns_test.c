/* Verbs that are a noun and an action: help, and wrong command lines. */
#include "tool_support.h"

#include <stdio.h>
#include <string.h>

/* ---- Help */

static const struct {
    const char *noun;
    const char *actions[12];
} nouns[] = {
    {"dict", {"set", "get", "has", "rm", "count", "keys", "dump", "load", "clear", "hold"}},
    {"list",
     {"append", "get", "set", "insert", "rm", "pop", "count", "dump", "load", "clear", "hold"}},
    {"event", {"wait", "set", "reset", "get", "hold"}},
    {"semaphore", {"acquire", "release", "value", "hold"}},
    {"condition", {"wait", "notify"}},
    {"barrier", {"wait", "abort", "reset", "show", "hold"}},
    {"rwlock", {"read", "write"}}};

enum { NOUN_COUNT = sizeof nouns / sizeof nouns[0] };

static void check_action_help(const char *noun, const char *action, const char *help)
{
    const test_output *output;
    const test_output *other;
    char expected[64];

    snprintf(expected, sizeof expected, "\n  %s NAME", action);
    CHECK_CONTAINS(help, expected);
    CHECK_INT(TOOL(&output, "help", noun, action), 0);
    snprintf(expected, sizeof expected, "usage: byname %s %s NAME", noun, action);
    CHECK_CONTAINS(output->out, expected);
    CHECK_CONTAINS(output->out, "\nExample:\n");
    CHECK_CONTAINS(output->out, "-h, --help");
    CHECK_INT(TOOL(&other, noun, action, "--help"), 0);
    CHECK_STR(other->out, output->out);
}

static void noun_help_tells_each_action(void)
{
    const test_output *output;
    const test_output *other;
    size_t i;
    size_t k;

    for (i = 0; i < NOUN_COUNT; i++) {
        CHECK_INT(TOOL(&output, "help", nouns[i].noun), 0);
        CHECK_CONTAINS(output->out, "usage: byname ");
        CHECK_INT(TOOL(&other, nouns[i].noun, "--help"), 0);
        CHECK_STR(other->out, output->out);
        CHECK_INT(TOOL(&other, nouns[i].noun, "-h"), 0);
        CHECK_STR(other->out, output->out);
        for (k = 0; nouns[i].actions[k] != NULL; k++)
            check_action_help(nouns[i].noun, nouns[i].actions[k], output->out);
        CHECK_INT(TOOL(&other, "help"), 0);
        CHECK_CONTAINS(other->out, nouns[i].noun);
    }
}

static void noun_without_action_tells_them(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "event"), 2);
    CHECK_STR(output->err, "byname event: which action? wait, set, reset, get, hold\n"
                           "See: byname help event\n");
    CHECK_STR(output->out, "");
}

static void unknown_action_is_answered_with_the_nearest(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "event", "wiat", "name"), 2);
    CHECK_STR(output->err, "byname event: there is no action \"wiat\"; \"wait\" was meant?\n"
                           "See: byname help event\n");
    CHECK_INT(TOOL(&output, "semaphore", "aquire"), 2);
    CHECK_CONTAINS(output->err, "\"acquire\" was meant?");
    CHECK_INT(TOOL(&output, "semaphore", "quite-another"), 2);
    CHECK_STR(output->err, "byname semaphore: there is no action \"quite-another\"\n"
                           "See: byname help semaphore\n");
    CHECK_INT(TOOL(&output, "help", "event", "sett"), 2);
    CHECK_CONTAINS(output->err, "\"set\" was meant?");
    CHECK_INT(TOOL(&output, "evnt", "set", "name"), 2);
    CHECK_CONTAINS(output->err, "\"event\" was meant?");
}

/* ---- Wrong command lines */

static void action_needs_one_name(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "event", "wait"), 2);
    CHECK_STR(output->err, "byname event wait: which object? The name is missing\n"
                           "See: byname help event wait\n");
    CHECK_INT(TOOL(&output, "event", "wait", "--timeout", "soon", "a"), 2);
    CHECK_CONTAINS(output->err, "byname event wait: --timeout cannot be \"soon\": --timeout ");
    CHECK_INT(TOOL(&output, "event", "wait", "a", "--timeout="), 2);
    CHECK_CONTAINS(output->err, "byname event wait: --timeout cannot be \"\": ");
    CHECK_INT(TOOL(&output, "event", "wait", "-wsoon", "--manual"), 2);
    CHECK_CONTAINS(output->err, "byname event wait: -w cannot be \"soon\": ");
    CHECK_INT(TOOL(&output, "event", "set", "a", "b"), 2);
    CHECK_CONTAINS(output->err, "one name at a time (\"b\")\n");
    CHECK_INT(TOOL(&output, "semaphore", "acquire", "a", "make"), 2);
    CHECK_CONTAINS(output->err, "one name at a time (\"make\"); a command stands behind \"--\"");
    CHECK_INT(TOOL(&output, "queue", "put", "a", "b"), 2);
    CHECK_CONTAINS(output->err, "one name at a time (\"b\"); a message stands behind -m");
    CHECK_INT(TOOL(&output, "semaphore", "acquire", "--", "make"), 125);
    CHECK_CONTAINS(output->err, "The name is missing");
    CHECK_INT(TOOL(&output, "event", "wait", ""), 1);
    CHECK_CONTAINS(output->err, "BYN_E_NAME");
}

static void action_needs_its_command(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "event", "hold", "a"), 125);
    CHECK_CONTAINS(output->err, "which command? It stands behind \"--\"");
    CHECK_INT(TOOL(&output, "event", "hold", "a", "--"), 125);
    CHECK_CONTAINS(output->err, "which command? There is none behind \"--\"");
    CHECK_INT(TOOL(&output, "semaphore", "acquire", "a", "-m", "1", "--"), 125);
    CHECK_CONTAINS(output->err, "which command? There is none behind \"--\"");
    CHECK_INT(TOOL(&output, "event", "hold", fresh_name(), "--", "no-such-command-anywhere"), 127);
    CHECK_CONTAINS(output->err, "byname event hold: \"no-such-command-anywhere\" was not run: ");
    CHECK_INT(TOOL(&output, "event", "hold", fresh_name(), "--", test_directory()), 126);
}

static void action_refuses_bad_options(void)
{
    static const char *const counts[] = {"", "0", "-1", "x", "1073741824"};
    const test_output *output;
    size_t i;

    for (i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        CHECK_INT(TOOL(&output, "semaphore", "acquire", "a", "-c", counts[i]), 2);
        CHECK_CONTAINS(output->err, "byname semaphore acquire: -c cannot be \"");
    }
    CHECK_INT(TOOL(&output, "semaphore", "acquire", "a", "-m", "0"), 2);
    CHECK_CONTAINS(output->err, "-m cannot be \"0\"");
    CHECK_INT(TOOL(&output, "event", "wait", "a", "-w", "soon"), 2);
    CHECK_STR(output->err, "byname event wait: -w cannot be \"soon\": --timeout SECONDS: wait no "
                           "longer; 0.25 is a quarter of a second\n"
                           "See: byname help event wait\n");
    CHECK_INT(TOOL(&output, "semaphore", "acquire", "a", "-w", "1e3", COMMAND("exits_with", "0")),
              125);
    CHECK_INT(TOOL(&output, "event", "wait", "a", "--manul"), 2);
    CHECK_CONTAINS(output->err, "there is no option --manul; --manual was meant?");
    CHECK_INT(TOOL(&output, "semaphore", "acquire", "a", "-m", "2", "-i", "3"), 1);
    CHECK_CONTAINS(output->err, "BYN_E_INVALID");
}

static const test_case cases[] = {TEST(noun_help_tells_each_action),
                                  TEST(noun_without_action_tells_them),
                                  TEST(unknown_action_is_answered_with_the_nearest),
                                  TEST(action_needs_one_name),
                                  TEST(action_needs_its_command),
                                  TEST(action_refuses_bad_options),
                                  TEST_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.nouns", cases, tool_peers);
}
