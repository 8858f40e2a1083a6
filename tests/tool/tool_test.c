/* The tool as its users see it: help, and what is said about wrong command lines. */
#include "tool_test.h"

#include <stdio.h>
#include <string.h>

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
    CHECK_INT(TOOL(&output, "help", "help"), 0);
    CHECK_CONTAINS(output->out, "usage: byname VERB");
    CHECK_INT(TOOL(&output, "help", "shwo"), 2);
    CHECK_CONTAINS(output->err, "\"show\" was meant?");
}

void help_of_topics_is_there(void)
{
    static const char *const topics[] = {"names",      "life",    "death",      "timeouts",
                                         "exit-codes", "scripts", "differences"};
    const test_output *output;
    const test_output *all;
    char line[32];
    size_t i;

    for (i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        CHECK_INT(TOOL(&all, "help"), 0);
        snprintf(line, sizeof line, "\n  %s ", topics[i]);
        CHECK_CONTAINS(all->out, line);
        CHECK_INT(TOOL(&output, "help", topics[i]), 0);
        snprintf(line, sizeof line, "%s: ", topics[i]);
        CHECK_CONTAINS(output->out, line);
    }
    CHECK_INT(TOOL(&output, "help", "nmaes"), 2);
    CHECK_CONTAINS(output->err, "there is no verb or topic \"nmaes\"; \"names\" was meant?");
}

/* shells_test.sh looks at those that are written. */
void manual_pages_that_cannot_be_written_are_told(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "manual", TOOL_PATH), 1);
    CHECK_CONTAINS(output->err, "cannot be written");
}

void completion_tells_what_may_stand_next(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "complete", "--", "=qu"), 0);
    CHECK_CONTAINS(output->out, "words\nqueue\t");
    CHECK_INT(TOOL(&output, "complete", "--", "queue", "=pe"), 0);
    CHECK_STR(output->out, "words\npeek\tprint the first message, and leave it there\n");
    CHECK_INT(TOOL(&output, "complete", "--", "help", "queue", "=pe"), 0);
    CHECK_CONTAINS(output->out, "words\npeek\t");
    CHECK_INT(TOOL(&output, "complete", "--", "run", "-l", "x", "=--ver"), 0);
    CHECK_STR(output->out,
              "words\n--verbose\ttell on stderr what is waited for, and when it was got\n");
    CHECK_INT(TOOL(&output, "complete", "--", "queue", "put", "x", "-f", "="), 0);
    CHECK_STR(output->out, "files\n");
    CHECK_INT(TOOL(&output, "complete", "--", "run", "-vl", "x", "ec", "=a"), 0);
    CHECK_STR(output->out, "command\n1\n");
    CHECK_INT(TOOL(&output, "complete", "--", "event", "hold", "x", "--", "="), 0);
    CHECK_STR(output->out, "command\n0\n");
    CHECK_INT(TOOL(&output, "complete", "--", "event", "hold", "x", "=y"), 0);
    CHECK_STR(output->out, "words\n");
    CHECK_INT(TOOL(&output, "complete", "--", "no-such-verb", "="), 0);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "complete", "--", "ls"), 125);
}

/* The word that is wanted, as the shells' scripts say it. */
static const char *begins(const char *name)
{
    static char word[200];

    snprintf(word, sizeof word, "=%s", name);
    return word;
}

void completion_tells_names(void)
{
    const test_output *output;
    char name[160];
    char line[200];
    byn_event *event;

    snprintf(name, sizeof name, "%s of 'Zo\xc3\xab' \"q\"", fresh_name());
    snprintf(line, sizeof line, "words\n%s\tevent\n", name);
    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    name[strlen(name) - 4] = '\0';
    CHECK_INT(TOOL(&output, "complete", "--", "event", "wait", begins(name)), 0);
    CHECK_STR(output->out, line);
    CHECK_INT(TOOL(&output, "complete", "--", "rm", begins(name)), 0);
    CHECK_STR(output->out, line);
    CHECK_INT(TOOL(&output, "complete", "--", "queue", "get", begins(name)), 0);
    CHECK_STR(output->out, "words\n");
    byn_event_close(event);
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
    CHECK_INT(TOOL(&output, "mutex", "lock", "a"), 2);
    CHECK_CONTAINS(output->err, "there is no verb \"mutex\"; a mutex is held while a command runs");
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
    PEER(exits_with),     PEER(says_its_arguments), PEER(holds_mutex),     PEER(adds_slowly),
    PEER(holds_for_ever), PEER(opens_all_kinds),    PEER(holds_all_locks), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool", cases, peers);
}
