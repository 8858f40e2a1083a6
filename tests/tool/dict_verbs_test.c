/* byname dict. */
#include "tool_support.h"

#include <stdio.h>
#include <string.h>

static void dict_is_made_and_outlives_the_command(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "dict", "set", name, "host", "example.org"), 0);
    CHECK_STR(output->out, "");
    CHECK_STR(output->err, "");
    CHECK_INT(TOOL(&output, "dict", "get", name, "host"), 0);
    CHECK_STR(output->out, "example.org\n");
    CHECK_INT(TOOL(&output, "dict", "set", name, "host", "other"), 0);
    CHECK_INT(TOOL(&output, "dict", "get", name, "host", "--whole"), 0);
    CHECK_STR(output->out, "other");
    CHECK_INT(TOOL(&output, "dict", "set", name, "--", "-x", "-y"), 0);
    CHECK_INT(TOOL(&output, "dict", "count", name), 0);
    CHECK_STR(output->out, "2\n");
    CHECK_INT(TOOL(&output, "dict", "count", name, "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"count\": 2");
    CHECK_INT(TOOL(&output, "show", "--json", name), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"kind\": \"dict\"");
    CHECK_CONTAINS(output->out, "\"keys\": 2");
    CHECK_INT(TOOL(&output, "dict", "keys", name), 0);
    CHECK_STR(output->out, "-x\nhost\n");
    remove_kept(name);
}

static void dict_has_rm_and_clear(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "dict", "set", name, "a", "1"), 0);
    CHECK_INT(TOOL(&output, "dict", "set", name, "b", ""), 0);
    CHECK_INT(TOOL(&output, "dict", "has", name, "b"), 0);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "dict", "has", name, "c"), 1);
    CHECK_STR(output->err, "");
    CHECK_INT(TOOL(&output, "dict", "get", name, "c"), 1);
    CHECK_STR(output->out, "");
    CHECK_CONTAINS(output->err, "byname dict get: byn_dict_get");
    CHECK_CONTAINS(output->err, "BYN_E_NOTFOUND");
    CHECK_INT(TOOL(&output, "dict", "rm", name, "c", "a"), 1);
    CHECK_INT(TOOL(&output, "dict", "has", name, "a"), 1);
    CHECK_INT(TOOL(&output, "dict", "rm", name, "b"), 0);
    CHECK_INT(TOOL(&output, "dict", "set", name, "d", "1"), 0);
    CHECK_INT(TOOL(&output, "dict", "clear", name), 0);
    CHECK_INT(TOOL(&output, "dict", "count", name), 0);
    CHECK_STR(output->out, "0\n");
    remove_kept(name);
}

static void dict_set_takes_all_of_its_input(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL_READS("two\nlines\n", &output, "dict", "set", name, "text"), 0);
    CHECK_INT(TOOL(&output, "dict", "get", name, "text", "-r"), 0);
    CHECK_STR(output->out, "two\nlines\n");
    CHECK_INT(TOOL_READS("", &output, "dict", "set", name, "text"), 0);
    CHECK_INT(TOOL(&output, "dict", "get", name, "text", "-r"), 0);
    CHECK_INT(output->out_size, 0);
    CHECK_INT(TOOL(&output, "dict", "set", name, "text", "-f", "no/such/file"), 1);
    CHECK_CONTAINS(output->err, "no/such/file");
    remove_kept(name);
}

/* Whatever the bytes are. */
static void dict_dump_and_load_lose_nothing(void)
{
    const char *name = fresh_name(), *copy_name = fresh_name();
    unsigned char key[3], value[64], back[64];
    byn_dict *dict = NULL, *copy = NULL;
    const test_output *output;
    uint64_t count = 0;
    size_t size;
    int i;

    REQUIRE_STATUS(byn_dict_open(&dict, name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_dict_open(&copy, copy_name, NULL), BYN_CREATED);
    for (i = 0; i < 256; i++) {
        memset(key, i, sizeof key);
        memset(value, 255 - i, sizeof value);
        CHECK_STATUS(byn_dict_put(dict, key, (size_t)i % 4, value, (size_t)i % 64),
                     i < 4 || i % 4 != 0 ? BYN_CREATED : BYN_OK);
    }
    CHECK_INT(TOOL(&output, "dict", "dump", name), 0);
    CHECK_INT(TOOL_READS(output->out, &output, "dict", "load", copy_name), 0);
    CHECK_STR(output->err, "");
    CHECK_STATUS(byn_dict_count(copy, &count), BYN_OK);
    CHECK_INT(count, 193);
    for (i = 1; i < 256; i++) {
        if (i % 4 == 0)
            continue;
        memset(key, i, sizeof key);
        memset(value, 255 - i, sizeof value);
        size = sizeof back;
        CHECK_STATUS(byn_dict_get(copy, key, (size_t)i % 4, back, &size), BYN_OK);
        CHECK_INT(size, i % 64);
        CHECK(memcmp(value, back, size) == 0);
    }
    byn_dict_close(dict);
    byn_dict_close(copy);
}

static void dict_dump_is_sorted_json(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(
        TOOL_READS("{\"value\":\"2\",\"key\":\"b\"}\n{\"key64\":\"/w==\",\"value64\":\"AA==\"}\n"
                   "{\"key\":\"a\",\"value\":\"\"}\n{\"key\":\"\",\"value\":\"no key\"}\n",
                   &output, "dict", "load", name),
        0);
    CHECK_INT(TOOL(&output, "dict", "dump", name), 0);
    CHECK_STR(output->out,
              "{\"key\":\"\",\"value\":\"no key\"}\n{\"key\":\"a\",\"value\":\"\"}\n"
              "{\"key\":\"b\",\"value\":\"2\"}\n{\"key64\":\"/w==\",\"value\":\"\\u0000\"}\n");
    CHECK_INT(TOOL_READS("{\"key\":\"c\",\"value\":\"3\"}\n{\"value\":\"x\"}\n", &output, "dict",
                         "load", name),
              1);
    CHECK_CONTAINS(output->err, "byname dict load: line 2: there is no \"key\"");
    CHECK_INT(TOOL(&output, "dict", "has", name, "c"), 0);
    remove_kept(name);
}

static void dict_goes_with_the_command_that_holds_it(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "dict", "hold", name, TOOL_COMMAND("dict", "set", name, "a", "b")), 0);
    CHECK_INT(TOOL(&output, "dict", "count", name), 1);
    CHECK_CONTAINS(output->err, "byname dict set \"");
    check_nobody_has_it("dict", "clear", "byname dict set");
    check_nobody_has_it("dict", "dump", "byname dict set");
}

static void dict_add_counts(void)
{
    const char *name = fresh_name();
    byn_dict *dict = NULL;
    const test_output *output;
    int64_t number = 0;

    CHECK_INT(TOOL(&output, "dict", "add", name, "hits"), 0);
    CHECK_STR(output->out, "1\n");
    CHECK_INT(TOOL(&output, "dict", "add", name, "hits", "-8", "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"key\": \"hits\"");
    CHECK_CONTAINS(output->out, "\"number\": -7");
    CHECK_INT(TOOL(&output, "dict", "get", name, "hits"), 0);
    CHECK_STR(output->out, "-7\n");
    CHECK_INT(TOOL_READS("0x10\n", &output, "dict", "set", name, "hits"), 0);
    CHECK_INT(TOOL(&output, "dict", "add", name, "hits", "1"), 0);
    CHECK_STR(output->out, "17\n");
    CHECK_INT(TOOL(&output, "dict", "set", name, "hits", "9223372036854775807"), 0);
    CHECK_INT(TOOL(&output, "dict", "add", name, "hits"), 0);
    CHECK_STR(output->out, "-9223372036854775808\n");
    CHECK_INT(TOOL(&output, "dict", "set", name, "hits", "many"), 0);
    CHECK_INT(TOOL(&output, "dict", "add", name, "hits"), 1);
    CHECK_STR(output->out, "");
    CHECK_CONTAINS(output->err, "is no whole number");
    CHECK_INT(TOOL(&output, "dict", "get", name, "hits"), 0);
    CHECK_STR(output->out, "many\n");
    CHECK_INT(TOOL(&output, "dict", "add", name, "calls", "5", "--binary"), 0);
    REQUIRE_STATUS(
        byn_dict_open(&dict, name, &BYN_OPTIONS(byn_dict_options, .open = BYN_OPEN_ONLY)), BYN_OK);
    CHECK_STATUS(byn_dict_get_int64(dict, "calls", &number), BYN_OK);
    CHECK_INT(number, 5);
    byn_dict_close(dict);
    CHECK_INT(TOOL(&output, "dict", "add", name, "hits", "x"), 2);
    remove_kept(name);
}

static void dict_compare_exchange_changes_what_is_expected(void)
{
    const char *name = fresh_name();
    const test_output *output;

    check_nobody_has_it("dict", "keys", "byname dict set");
    CHECK_INT(TOOL(&output, "dict", "compare-exchange", name, "a", "1", "2"), 1);
    CHECK_CONTAINS(output->err, "byname dict set");
    CHECK_INT(TOOL(&output, "dict", "compare-exchange", "--new", name, "a", "1"), 0);
    CHECK_INT(TOOL(&output, "dict", "compare-exchange", "--new", name, "a", "2"), 1);
    CHECK_STR(output->out, "1\n");
    CHECK_INT(TOOL(&output, "dict", "compare-exchange", name, "a", "2", "3", "-r"), 1);
    CHECK_STR(output->out, "1");
    CHECK_STR(output->err, "");
    CHECK_INT(TOOL(&output, "dict", "compare-exchange", name, "a", "1", "3"), 0);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "dict", "get", name, "a"), 0);
    CHECK_STR(output->out, "3\n");
    CHECK_INT(TOOL(&output, "dict", "compare-exchange", "--remove", name, "a", "1"), 1);
    CHECK_STR(output->out, "3\n");
    CHECK_INT(TOOL(&output, "dict", "compare-exchange", "--remove", name, "a", "3"), 0);
    CHECK_INT(TOOL(&output, "dict", "has", name, "a"), 1);
    CHECK_INT(TOOL(&output, "dict", "compare-exchange", name, "a", "3", "4"), 1);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "dict", "compare-exchange", name, "a", "3"), 2);
    CHECK_INT(TOOL(&output, "dict", "compare-exchange", "--new", name, "a", "3", "4"), 2);
    CHECK_INT(TOOL(&output, "dict", "compare-exchange", "--new", "--remove", name, "a", "3"), 2);
    remove_kept(name);
}

static void dict_wrong_command_lines(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "dict", "get"), 2);
    CHECK_INT(TOOL(&output, "dict", "get", name), 2);
    CHECK_CONTAINS(output->err, "which key?");
    CHECK_INT(TOOL(&output, "dict", "set", name, "a", "b", "c"), 2);
    CHECK_INT(TOOL(&output, "dict", "count", name, "more"), 2);
    CHECK_INT(TOOL(&output, "dict", "set", name, "a", "b", "--limit", "x"), 2);
}

static const test_case cases[] = {
    TEST(dict_is_made_and_outlives_the_command),
    TEST(dict_has_rm_and_clear),
    TEST(dict_set_takes_all_of_its_input),
    TEST(dict_dump_and_load_lose_nothing),
    TEST(dict_dump_is_sorted_json),
    TEST(dict_goes_with_the_command_that_holds_it),
    TEST(dict_add_counts),
    TEST(dict_compare_exchange_changes_what_is_expected),
    TEST(dict_wrong_command_lines),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.dict", cases, tool_peers);
}
