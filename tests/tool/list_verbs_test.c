/* byname list. */
#include "tool_support.h"

#include <stdio.h>
#include <string.h>

static void list_is_made_and_outlives_the_command(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "list", "append", name, "one", "two", ""), 0);
    CHECK_STR(output->out, "");
    CHECK_STR(output->err, "");
    CHECK_INT(TOOL(&output, "list", "append", name, "--", "-3"), 0);
    CHECK_INT(TOOL(&output, "list", "count", name), 0);
    CHECK_STR(output->out, "4\n");
    CHECK_INT(TOOL(&output, "list", "count", "--json", name), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"count\": 4");
    CHECK_INT(TOOL(&output, "show", "--json", name), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"kind\": \"list\"");
    CHECK_CONTAINS(output->out, "\"elements\": 4");
    CHECK_CONTAINS(output->out, "\"limit\": 1073741824");
    CHECK_INT(TOOL(&output, "list", "get", name, "0"), 0);
    CHECK_STR(output->out, "one\n");
    CHECK_INT(TOOL(&output, "list", "get", name, "-1"), 0);
    CHECK_STR(output->out, "-3\n");
    CHECK_INT(TOOL(&output, "list", "get", "-3", name, "-r"), 0);
    CHECK_STR(output->out, "two");
    remove_kept(name);
}

static void list_set_insert_rm_and_pop(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "list", "insert", name, "0", "c"), 0);
    CHECK_INT(TOOL(&output, "list", "insert", name, "0", "a"), 0);
    CHECK_INT(TOOL(&output, "list", "insert", name, "-1", "b"), 0);
    CHECK_INT(TOOL(&output, "list", "set", name, "-1", "C"), 0);
    CHECK_INT(TOOL(&output, "list", "dump", name), 0);
    CHECK_STR(output->out, "{\"value\":\"a\"}\n{\"value\":\"b\"}\n{\"value\":\"C\"}\n");
    CHECK_INT(TOOL(&output, "list", "pop", name), 0);
    CHECK_STR(output->out, "C\n");
    CHECK_INT(TOOL(&output, "list", "pop", name, "0"), 0);
    CHECK_STR(output->out, "a\n");
    CHECK_INT(TOOL(&output, "list", "rm", name, "0"), 0);
    CHECK_INT(TOOL(&output, "list", "pop", name), 1);
    CHECK_STR(output->out, "");
    CHECK_CONTAINS(output->err, "byname list pop: byn_list_pop");
    CHECK_CONTAINS(output->err, "BYN_E_NOTFOUND");
    CHECK_INT(TOOL(&output, "list", "append", name, "x"), 0);
    CHECK_INT(TOOL(&output, "list", "clear", name), 0);
    CHECK_INT(TOOL(&output, "list", "count", name), 0);
    CHECK_STR(output->out, "0\n");
    remove_kept(name);
}

static void list_takes_lines_or_all_of_its_input(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL_READS("one\n\nlast", &output, "list", "append", name), 0);
    CHECK_INT(TOOL_READS("a\nb\n", &output, "list", "append", name, "--whole"), 0);
    CHECK_INT(TOOL_READS("new\n", &output, "list", "set", name, "0"), 0);
    CHECK_INT(TOOL(&output, "list", "dump", name), 0);
    CHECK_STR(output->out, "{\"value\":\"new\\u000a\"}\n{\"value\":\"\"}\n{\"value\":\"last\"}\n"
                           "{\"value\":\"a\\u000ab\\u000a\"}\n");
    CHECK_INT(TOOL(&output, "list", "append", name, "-f", "no/such/file"), 1);
    CHECK_CONTAINS(output->err, "no/such/file");
    remove_kept(name);
}

/* Whatever the bytes are. */
static void list_dump_and_load_lose_nothing(void)
{
    static const char *const elements[] = {"",
                                           "\0",
                                           "\xff\xfe",
                                           "a\0b",
                                           "\xc3\xa4 \"\\\n",
                                           "\xf0\x9f\x98\x80",
                                           "\xf0\x9f\x98",
                                           "\xed\xa0\x80",
                                           "x"};
    static const size_t sizes[] = {0, 1, 2, 3, 6, 4, 3, 3, 1};
    enum { COUNT = sizeof sizes / sizeof sizes[0] };
    const char *name = fresh_name(), *copy_name = fresh_name();
    const test_output *output;
    byn_list *list = NULL, *copy = NULL;
    char buffer[16];
    size_t size;
    int i;

    REQUIRE_STATUS(byn_list_open(&list, name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_list_open(&copy, copy_name, NULL), BYN_CREATED);
    for (i = 0; i < COUNT; i++)
        CHECK_STATUS(byn_list_append(list, elements[i], sizes[i]), BYN_OK);
    CHECK_INT(TOOL(&output, "list", "dump", name), 0);
    CHECK_CONTAINS(output->out, "{\"value\":\"\\u0000\"}\n{\"value64\":\"//4=\"}\n");
    CHECK_CONTAINS(output->out, "{\"value64\":\"8J+Y\"}\n{\"value64\":\"7aCA\"}\n");
    CHECK_INT(TOOL_READS(output->out, &output, "list", "load", copy_name), 0);
    CHECK_STR(output->err, "");
    for (i = 0; i < COUNT; i++) {
        size = sizeof buffer;
        CHECK_STATUS(byn_list_get(copy, i, buffer, &size), BYN_OK);
        CHECK_INT(size, sizes[i]);
        CHECK(memcmp(buffer, elements[i], size) == 0);
    }
    byn_list_close(list);
    byn_list_close(copy);
}

static void list_load_tells_the_line_that_is_wrong(void)
{
    static const char *const wrong[] = {
        "{",
        "{}",
        "[\"value\"]",
        "{\"value\":1}",
        "{\"value\":\"a\"",
        "{\"value\":\"a\"} x",
        "{\"value\":\"a\",\"value64\":\"\"}",
        "{\"key\":\"a\",\"value\":\"b\"}",
        "{\"value\":\"\\q\"}",
        "{\"value\":\"\\ud800\"}",
        "{\"value\":\"\\u12\"}",
        "{\"value64\":\"a\"}",
        "{\"value64\":\"a===\"}",
        "{\"value64\":\"a-_=\"}",
        "{\"other\":\"a\"}",
    };
    const char *name = fresh_name();
    const test_output *output;
    byn_list *list = NULL;
    char input[200], text[16];
    size_t i;

    REQUIRE_STATUS(byn_list_open(&list, name, NULL), BYN_CREATED);
    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(input, sizeof input, "{\"value\":\"good\"}\n\n%s\n{\"value\":\"behind\"}\n",
                 wrong[i]);
        CHECK_INT(TOOL_READS(input, &output, "list", "load", name), 1);
        CHECK_CONTAINS(output->err, "byname list load: line 3: ");
    }
    CHECK_INT(TOOL_READS(" { \"value\" : \"\\u00e4\\ud83d\\ude00\\n\\/\" } \r\n", &output, "list",
                         "load", name),
              0);
    CHECK_STATUS(byn_list_get_string(list, -1, text, sizeof text), BYN_OK);
    CHECK_STR(text, "\xc3\xa4\xf0\x9f\x98\x80\n/");
    byn_list_close(list);
}

static void list_goes_with_the_command_that_holds_it(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "list", "hold", name, TOOL_COMMAND("list", "append", name, "x")), 0);
    CHECK_INT(TOOL(&output, "list", "count", name), 1);
    CHECK_CONTAINS(output->err, "byname list append \"");
    check_nobody_has_it("list", "clear", "byname list append");
    check_nobody_has_it("list", "dump", "byname list append");
}

static void list_keeps_to_its_limit(void)
{
    const char *name = fresh_name();
    const test_output *output;
    char large[20000];

    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    CHECK_INT(TOOL_READS(large, &output, "list", "append", name, "--limit", "16K"), 1);
    CHECK_CONTAINS(output->err, "BYN_E_LIMIT");
    CHECK_INT(TOOL(&output, "list", "append", name, "--limit", "1X", "a"), 2);
    remove_kept(name);
}

static void list_wrong_command_lines(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "list", "get"), 2);
    CHECK_INT(TOOL(&output, "list", "get", name), 2);
    CHECK_CONTAINS(output->err, "index");
    CHECK_INT(TOOL(&output, "list", "get", name, "x"), 2);
    CHECK_INT(TOOL(&output, "list", "get", name, "1", "2"), 2);
    CHECK_INT(TOOL(&output, "list", "get", name, "-1", "2"), 2);
    CHECK_INT(TOOL(&output, "list", "rm", name, "5K"), 2);
    CHECK_INT(TOOL(&output, "list", "set", name, "1", "2", "3"), 2);
    CHECK_INT(TOOL(&output, "list", "count", name, "more"), 2);
    CHECK_INT(TOOL(&output, "list", "get", name, "--hole"), 2);
    CHECK_CONTAINS(output->err, "--whole was meant?");
}

static const test_case cases[] = {
    TEST(list_is_made_and_outlives_the_command),
    TEST(list_set_insert_rm_and_pop),
    TEST(list_takes_lines_or_all_of_its_input),
    TEST(list_dump_and_load_lose_nothing),
    TEST(list_load_tells_the_line_that_is_wrong),
    TEST(list_goes_with_the_command_that_holds_it),
    TEST(list_keeps_to_its_limit),
    TEST(list_wrong_command_lines),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.list", cases, tool_peers);
}
