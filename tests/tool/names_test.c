/* Names with blanks, quotes, backslashes, percent signs, letters of all scripts and a leading dash, in every verb. */
#include "tool_support.h"

#include <stdio.h>
#include <string.h>

/*
 * Command lines, whose words are parted by blanks: "@" is the name, "!" the tool. What they print: "@" is the name,
 * NULL: that is not looked at. They build upon one another: what is kept stays until "rm".
 */
typedef struct row {
    int code;
    const char *words, *out;
} row;

static const row rows[] = {
    {0, "run --lock @ -- ! holders -- @", NULL},
    {0, "run -s -l @ -- ! show -- @", NULL},
    {0, "run --semaphore @ --max 2 -- ! show --json -- @", NULL},
    {0, "event hold -- @ -- ! run -l other --event-done @ -- ! version", NULL},
    {0, "event hold --set -- @ -- ! event get -- @", "set\n"},
    {0, "event hold -- @ -- ! event set -- @", ""},
    {0, "event hold -- @ -- ! event reset -- @", ""},
    {0, "event hold --set -- @ -- ! event wait -w 60 -- @", ""},
    {0, "event hold --set -- @ -- ! wait --any -w 60 -- @ --", "@\n"},
    {0, "event hold -- @ -- ! ls --json", NULL},
    {0, "semaphore hold -m 2 -- @ -- ! semaphore value -- @", "2\n"},
    {0, "semaphore acquire -m 2 -- @ -- ! version", NULL},
    {0, "semaphore hold -i 1 --plain -- @ -- ! semaphore acquire -w 60 -- @ --", ""},
    {0, "semaphore hold -i 1 -m 3 -- @ -- ! semaphore release -- @", ""},
    {0, "rwlock read -- @ -- ! version", NULL},
    {0, "rwlock write -- @ -- ! version", NULL},
    {0, "barrier hold -p 2 -- @ -- ! barrier show -- @", "0 of 2 wait\n"},
    {0, "barrier hold -p 1 -- @ -- ! barrier wait -- @", "0\n"},
    {0, "barrier hold -p 2 -- @ -- ! barrier abort -- @", ""},
    {0, "barrier hold -p 2 -- @ -- ! barrier reset -- @", ""},
    {1, "condition notify -- @", ""},
    {0, "condition wait --lock @ -- other -- ! version", NULL},
    {0, "condition wait --lock other -- @ -- ! version", NULL},
    {0, "dict set -- @ @ @", ""},
    {0, "dict get -- @ @", "@\n"},
    {0, "dict has -- @ @", ""},
    {0, "dict keys -- @", "@\n"},
    {0, "dict count -- @", "1\n"},
    {0, "dict dump -- @", NULL},
    {0, "dict load -- @", ""},
    {0, "dict compare-exchange -- @ @ @ 4", ""},
    {0, "dict add -- @ @ -5", "-1\n"},
    {0, "dict rm -- @ @", ""},
    {0, "dict clear -- @", ""},
    {0, "dict hold -- @ -- ! dict count -- @", "0\n"},
    {0, "rm --dry-run -- @", NULL},
    {0, "rm -- @", NULL},
    {0, "list append -- @ @", ""},
    {0, "list insert -- @ 0 @", ""},
    {0, "list set -- @ 1 @", ""},
    {0, "list get -- @ 1", "@\n"},
    {0, "list count -- @", "2\n"},
    {0, "list dump -- @", NULL},
    {0, "list load -- @", ""},
    {0, "list pop -- @", "@\n"},
    {0, "list rm -- @ 0", ""},
    {0, "list clear -- @", ""},
    {0, "list hold -- @ -- ! list count -- @", "0\n"},
    {0, "rm -- @", NULL},
    {0, "queue put -- @", ""},
    {0, "queue count -- @", "1\n"},
    {0, "queue peek -- @", "one\n"},
    {0, "queue get -- @", "one\n"},
    {0, "queue shutdown -- @", ""},
    {0, "queue watch -- @", ""},
    {0, "queue join -w 60 -- @", ""},
    {1, "queue done -- @", ""},
    {0, "rm -- @", NULL},
    {0, "value set -- @ 5", ""},
    {0, "value get -- @", "5\n"},
    {0, "value add -- @ 2", "7\n"},
    {0, "value exchange -- @ 9", "7\n"},
    {0, "value compare-exchange -- @ 9 -8", ""},
    {0, "value wait --not 0 -- @", "-8\n"},
    {0, "value hold -- @ -- ! value get -- @", "-8\n"},
    {0, "rm -- @", NULL},
    {0, "array fill -l 3 -- @ 7", ""},
    {0, "array set -- @ 0 5", ""},
    {0, "array get -- @ 0", "5\n"},
    {0, "array add -- @ 0 -6", "-1\n"},
    {0, "array exchange -- @ 0 4", "-1\n"},
    {0, "array compare-exchange -- @ 0 4 5", ""},
    {0, "array read -- @", "5\n7\n7\n"},
    {0, "array write -- @", ""},
    {0, "array hold -- @ -- ! array get -- @ 2", "7\n"},
    {0, "repair -- @", NULL},
    {0, "rm -- @", NULL},
    {1, "rm -- @", ""},
    {1, "repair -- @", ""},
    {1, "show -- @", ""},
    {0, "holders -- @", ""},
    {124, "pipe send -w 0.02 -- @", ""},
    {124, "pipe receive -w 0.02 -- @", ""},
    {1, "pool show -- @", ""},
    {1, "pool submit -- @ task", ""},
    {1, "pool close -- @", ""},
    {0, "map --pool @ --no-progress -- ! version", ""},
};

enum { ROWS = sizeof rows / sizeof rows[0], MOST_WORDS = 24 };

static bool is_word(const char *word, const char *end, const char *text)
{
    return (size_t)(end - word) == strlen(text) && strncmp(word, text, strlen(text)) == 0;
}

/* `copy` is a place for the words. */
static void make_line(const char *words, const char *name, char *copy,
                      const char *line[MOST_WORDS + 1])
{
    const char *end;
    int count = 0;

    line[count++] = TOOL_PATH;
    for (; *words != '\0'; words = end + strspn(end, " ")) {
        end = words + strcspn(words, " ");
        REQUIRE(count < MOST_WORDS);
        if (is_word(words, end, "@") || is_word(words, end, "!")) {
            line[count++] = *words == '@' ? name : TOOL_PATH;
            continue;
        }
        line[count++] = copy;
        copy += sprintf(copy, "%.*s", (int)(end - words), words) + 1;
    }
    line[count] = NULL;
}

static const test_output *run_row(const row *r, const char *name)
{
    const char *line[MOST_WORDS + 1];
    const test_output *output;
    char copy[500];

    make_line(r->words, name, copy, line);
    (void)tool_reads(strncmp(r->words, "queue put", 9) == 0 ? "one\n" : "", line, &output);
    return output;
}

/* On Windows lines end in two bytes, but those of data. */
static void check_out(const row *r, const char *name, const char *out)
{
    char expected[600], seen[600];
    size_t from, to = 0;

    snprintf(expected, sizeof expected, "%s%s", *r->out == '@' ? name : r->out,
             *r->out == '@' ? r->out + 1 : "");
    for (from = 0; out[from] != '\0' && to < sizeof seen - 1; from++)
        if (out[from] != '\r')
            seen[to++] = out[from];
    seen[to] = '\0';
    CHECK_STR(seen, expected);
}

static void check_rows(const char *name)
{
    size_t i;

    for (i = 0; i < ROWS; i++) {
        const test_output *output = run_row(&rows[i], name);

        if (output->exit_code != rows[i].code)
            FAIL("%s: exit code %d, expected %d; stdout: \"%s\", stderr: \"%s\"", rows[i].words,
                 output->exit_code, rows[i].code, output->out, output->err);
        if (rows[i].out != NULL)
            check_out(&rows[i], name, output->out);
        if (rows[i].code != 0)
            CHECK_CONTAINS(output->err, name);
    }
}

/* Needs another one. */
static void check_pipe(const char *name)
{
    byn_process *other = START("pipe", "connect", "--", name);
    const test_output *output;

    CHECK_INT(TOOL_READS("", &output, "pipe", "send", "-w", "600", "--", name), 0);
    CHECK_INT(command_end(other), 0);
}

static void every_verb_takes_any_name(void)
{
    static const char *const beginnings[] = {
        "-\"two\"  \\words\\\\ %PATH% $HOME `x` 'y' *?[a]^&|<> Zo\xc3\xab \xe2\x82\xac "
        "\xf0\x9f\x98\x80 \\",
        " 5 -x"};
    char name[200];

    snprintf(name, sizeof name, "%s%s\\", beginnings[0], fresh_name());
    check_rows(name);
    check_pipe(name);
    if (test_on_windows()) /* where a process takes its time */
        return;
    snprintf(name, sizeof name, "%s%s", beginnings[1], fresh_name());
    check_rows(name);
}

/* ---- Through a shell that has rules of its own */

/*
 * One argument, as the C library takes it apart, and then each sign that cmd.exe knows behind a caret, quotation marks too:
 * so it sees none, and reads all of the line in one way. What is between percent signs must be no variable: of "^%PATH^%"
 * Windows makes nothing else, for there is no "PATH^", but Wine takes the carets first.
 */
static void spell_for_cmd(const char *name, char *to)
{
    size_t slashes = 0;

    *to++ = '^';
    *to++ = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"')
            for (slashes++; slashes > 0; slashes--)
                *to++ = '\\';
        else
            slashes = *name == '\\' ? slashes + 1 : 0;
        if (strchr("\"%^&|<>()!", *name) != NULL)
            *to++ = '^';
        *to++ = *name;
    }
    for (; slashes > 0; slashes--)
        *to++ = '\\';
    *to++ = '^';
    *to++ = '"';
    *to = '\0';
}

static void check_through_cmd(const char *name, const char *spelled)
{
    const test_output *output;
    char line[1500];

    snprintf(line, sizeof line, "byname value set -- %s 5", spelled);
    CHECK_INT(command_end(script_start("", line)), 0);
    if (TOOL(&output, "value", "get", "--", name) != 0)
        FAIL("cmd handed %s on as something else", spelled);
    snprintf(line, sizeof line, "byname value get -- %s >nul && byname rm -- %s >nul", spelled,
             spelled);
    CHECK_INT(command_end(script_start("", line)), 0);
    CHECK_INT(TOOL(&output, "value", "get", "--", name), 1);
}

static void cmd_hands_any_name_on(void)
{
    static const char signs[] = "\"two\"  \\words\\\\ %nobody's% $HOME `x` 'y' *?[a]^&|<>()! "
                                "Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80 \\";
    static const char *const careted[] = {signs, "-100% \\\"%", "^"};
    static const char quoted[] = " a & b|c <d> (e) ^ f; g, h=i 'Zo\xc3\xab' \xe2\x82\xac";
    char name[250], spelled[600];
    size_t i;

    if (!test_on_windows())
        test_skip("no cmd.exe on this system");
    for (i = 0; i < sizeof careted / sizeof careted[0]; i++) {
        snprintf(name, sizeof name, "%s%s", careted[i], fresh_name());
        spell_for_cmd(name, spelled);
        check_through_cmd(name, spelled);
    }
    snprintf(name, sizeof name, "%s%s", quoted, fresh_name());
    snprintf(spelled, sizeof spelled, "\"%s\"", name);
    check_through_cmd(name, spelled);
}

/* They are no names; and an answer must not command the terminal. */
static void every_verb_refuses_control_characters(void)
{
    static const char name[] = "a\tb\x1b[31mc\nd\xc2\x9b";
    size_t i;

    for (i = 0; i < ROWS; i++) {
        const test_output *output;

        if (test_on_windows() && i % 8 != 0)
            continue;
        output = run_row(&rows[i], name);
        if (output->exit_code == 0)
            FAIL("%s: exit code 0", rows[i].words);
        if (strstr(output->err, "control character at byte 1") == NULL &&
            strstr(output->err, "there is no object \"a?b?[31mc?d?\"") == NULL)
            FAIL("%s: stderr: \"%s\"", rows[i].words, output->err);
        CHECK(strpbrk(output->err, "\t\x1b\xc2\x9b") == NULL);
        CHECK_STR(output->out, "");
    }
}

/* Whether some row begins with these words, or has the tool do so. */
static bool is_in_table(const char *words)
{
    size_t i, length = strlen(words);

    for (i = 0; i < ROWS; i++) {
        const char *inner = strstr(rows[i].words, "! ");

        if ((strncmp(rows[i].words, words, length) == 0 && rows[i].words[length] == ' ') ||
            (inner != NULL && strncmp(inner + 2, words, length) == 0 && inner[2 + length] == ' '))
            return true;
    }
    return false;
}

static void check_in_table(const char *words)
{
    static const char *const nameless[] = {"worker",       /* it loads its library first */
                                           "pipe connect", /* see check_pipe() */
                                           "ls",           "top",  "who",  "doctor",  "gc",
                                           "keeper",       "demo", "help", "version", "pool ls"};
    size_t i;

    for (i = 0; i < sizeof nameless / sizeof nameless[0]; i++)
        if (strcmp(words, nameless[i]) == 0)
            return;
    if (!is_in_table(words))
        FAIL("no row tries: %s", words);
}

/* The words that may stand next, as the tool's completion tells them. */
static void for_each_word(const char *text, void (*each)(const char *word))
{
    char word[60];

    for (text = strchr(text, '\n'); text != NULL && text[1] != '\0'; text = strchr(text + 1, '\n'))
        if (sscanf(text + 1, "%59[^\t]", word) == 1 && *word != '-')
            each(word);
}

static const char *noun; /* whose actions are looked at */

static void try_action(const char *action)
{
    char words[120];

    snprintf(words, sizeof words, "%s %s", noun, action);
    check_in_table(words);
}

static void try_verb(const char *verb)
{
    static const char *const nouns[] = {"dict",      "list",    "event",  "semaphore",
                                        "condition", "barrier", "rwlock", "pipe",
                                        "queue",     "value",   "array",  "pool"};
    const test_output *output;
    size_t i;

    for (i = 0; i < sizeof nouns / sizeof nouns[0]; i++)
        if (strcmp(verb, nouns[i]) == 0) {
            noun = verb;
            CHECK_INT(TOOL(&output, "complete", "--", verb, "="), 0);
            for_each_word(output->out, try_action);
            return;
        }
    check_in_table(verb);
}

static void no_verb_is_left_out(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "complete", "--", "="), 0);
    CHECK_CONTAINS(output->out, "semaphore");
    for_each_word(output->out, try_verb);
}

/* Words before the first "--" are names, and so it begins the command. */
static void first_dashes_end_the_options_only_before_a_name(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "event", "hold", name, TOOL_COMMAND("event", "get", "--", name)), 1);
    CHECK_STR(output->err, "");
    CHECK_INT(TOOL(&output, "semaphore", "acquire", "-m2", "--", TOOL_PATH, "version"), 125);
    CHECK_CONTAINS(output->err, "The name is missing");
    CHECK_INT(
        TOOL(&output, "semaphore", "acquire", "--maximum", "2", name, TOOL_COMMAND("version")), 0);
    CHECK_INT(
        TOOL(&output, "semaphore", "acquire", "-vm", "2", "--", name, TOOL_COMMAND("version")), 0);
    CHECK_INT(TOOL_READS("a\n", &output, "map", COMMAND("says_its_arguments", "--", "{}")), 0);
    CHECK_CONTAINS(output->out, "<a>");
    CHECK_INT(TOOL(&output, "event", "hold", "--", name, "--"), 125);
    CHECK_CONTAINS(output->err, "There is none behind \"--\"");
}

static const test_case cases[] = {TEST(every_verb_takes_any_name),
                                  TEST(cmd_hands_any_name_on),
                                  TEST(every_verb_refuses_control_characters),
                                  TEST(no_verb_is_left_out),
                                  TEST(first_dashes_end_the_options_only_before_a_name),
                                  TEST_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.names", cases, tool_peers);
}
