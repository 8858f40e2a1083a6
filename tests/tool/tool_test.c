/* The tool as its users see it: help, and what is said about wrong command lines. */
#include "tool_test.h"

#include <stdio.h>

#include <byname/byname.h>

void help_lists_the_verbs(void)
{
    static const char *const spellings[] = {"help", "--help", "-h"};
    const test_output *output;
    size_t i;

    for (i = 0; i < 3; i++) {
        CHECK_INT(TOOL(&output, spellings[i]), 0);
        CHECK_CONTAINS(output->out, "usage: byname VERB");
        CHECK_CONTAINS(output->out, "\n  run ");
        CHECK_CONTAINS(output->out, "\n  demo ");
        CHECK_STR(output->err, "");
    }
}

void help_of_each_verb_is_there(void)
{
    static const char *const verbs[] = {"run", "wait", "ls", "show", "rm", "demo", "demo-worker"};
    const test_output *output;
    const test_output *other;
    char usage[32];
    size_t i;

    for (i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        snprintf(usage, sizeof usage, "usage: byname %s ", verbs[i]);
        CHECK_INT(TOOL(&output, "help", verbs[i]), 0);
        CHECK_CONTAINS(output->out, usage);
        CHECK_CONTAINS(output->out, "-h, --help");
        CHECK_INT(TOOL(&other, verbs[i], "--help"), 0);
        CHECK_STR(other->out, output->out);
        CHECK_INT(TOOL(&other, verbs[i], "-h"), 0);
        CHECK_STR(other->out, output->out);
    }
    CHECK_INT(TOOL(&output, "help", "shwo"), 2);
    CHECK_CONTAINS(output->err, "\"show\" was meant?");
}

void version_is_the_librarys(void)
{
    static const char *const spellings[] = {"version", "--version", "-V"};
    const test_output *output;
    char expected[64];
    size_t i;

    snprintf(expected, sizeof expected, "byname %s\n", byn_version());
    for (i = 0; i < 3; i++) {
        CHECK_INT(TOOL(&output, spellings[i]), 0);
        CHECK_STR(output->out, expected);
    }
}

void nothing_to_do_is_told(void)
{
    const char *const alone[] = {TOOL_PATH, NULL};
    const test_output *output;

    CHECK_INT(test_run(alone, &output), 2);
    CHECK_CONTAINS(output->err, "See: byname help");
    CHECK_STR(output->out, "");
}

void unknown_verb_is_answered_with_the_nearest(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "rnu"), 2);
    CHECK_STR(output->err,
              "byname: there is no verb \"rnu\"; \"run\" was meant?\nSee: byname help\n");
    CHECK_INT(TOOL(&output, "sho"), 2);
    CHECK_CONTAINS(output->err, "\"show\" was meant?");
    CHECK_INT(TOOL(&output, "--dmeo"), 2);
    CHECK_CONTAINS(output->err, "\"demo\" was meant?");
    CHECK_INT(TOOL(&output, "quite-another-thing-that-is-very-long-indeed"), 2);
    CHECK_STR(output->err, "byname: there is no verb "
                           "\"quite-another-thing-that-is-very-long-indeed\"\nSee: byname help\n");
    CHECK_INT(TOOL(&output, ""), 2);
    CHECK_CONTAINS(output->err, "there is no verb \"\"");
}

void unknown_option_is_answered_with_the_nearest(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "ls", "--jason"), 2);
    CHECK_STR(output->err, "byname ls: there is no option --jason; --json was meant?\n"
                           "See: byname help ls\n");
    CHECK_INT(TOOL(&output, "show", "name", "--xyz=1"), 2);
    CHECK_CONTAINS(output->err, "there is no option --xyz\n");
    CHECK_INT(TOOL(&output, "rm", "-q"), 2);
    CHECK_CONTAINS(output->err, "there is no option -q\n");
    CHECK_INT(TOOL(&output, "run", "--time", "1"), 125);
    CHECK_CONTAINS(output->err, "--timeout was meant?");
}

void missing_and_superfluous_arguments_are_told(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "ls", "name"), 2);
    CHECK_CONTAINS(output->err, "it takes no argument (\"name\")");
    CHECK_INT(TOOL(&output, "ls", "--json=yes"), 2);
    CHECK_CONTAINS(output->err, "--json=yes lacks its argument, or has one too many");
    CHECK_INT(TOOL(&output, "show"), 2);
    CHECK_CONTAINS(output->err, "which object?");
    CHECK_INT(TOOL(&output, "show", "a", "b"), 2);
    CHECK_CONTAINS(output->err, "one name at a time");
    CHECK_INT(TOOL(&output, "rm"), 2);
    CHECK_CONTAINS(output->err, "which object?");
    CHECK_INT(TOOL(&output, "run", "--lock"), 125);
    CHECK_CONTAINS(output->err, "--lock lacks its argument");
    CHECK_INT(TOOL(&output, "run", "-w"), 125);
    CHECK_CONTAINS(output->err, "-w lacks its argument");
}

#define TOOL_CASE_ENTRY(name_) TEST(name_),
static const test_case cases[] = {TOOL_CASES(TOOL_CASE_ENTRY) TEST_END};

static const peer_entry peers[] = {
    PEER(exits_with),     PEER(says_its_arguments), PEER(holds_mutex), PEER(adds_slowly),
    PEER(holds_for_ever), PEER(opens_all_kinds),    PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool", cases, peers);
}
