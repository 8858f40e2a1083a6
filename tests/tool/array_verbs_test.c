/* byname array. */
#include "tool_support.h"

#include <stdio.h>
#include <string.h>

static byn_array *array_of(const char *name, byn_value_type type, uint32_t size, uint64_t length)
{
    byn_array *array = NULL;

    REQUIRE_STATUS(byn_array_open(&array, name,
                                  &BYN_OPTIONS(byn_array_options, .type = type, .size = size,
                                               .length = length)),
                   BYN_CREATED);
    return array;
}

static int input(const char *text, const test_output **output, const char *name, const char *first,
                 const char *option)
{
    const char *const arguments[] = {TOOL_PATH, "array", "write", name, first, option, NULL};
    const test_command command = {arguments, text, NULL, 0};

    return test_run_command(&command, output);
}

static void array_elements_are_set_and_printed(void)
{
    const char *name = fresh_name();
    byn_array *array = array_of(name, BYN_F32, 0, 5);
    const test_output *output;

    CHECK_INT(TOOL(&output, "array", "set", name, "3", "-4.5"), 0);
    CHECK_INT(TOOL(&output, "array", "get", name, "3"), 0);
    CHECK_STR(output->out, "-4.5\n");
    CHECK_INT(TOOL(&output, "array", "get", name, "4", "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"index\": 4,\n  \"number\": 0");
    CHECK_INT(TOOL(&output, "array", "get", name, "5"), 1);
    CHECK_CONTAINS(output->err, "there is no element 5, of 5");
    CHECK_INT(TOOL(&output, "array", "set", name, "-1", "1"), 2);
    CHECK_INT(TOOL(&output, "array", "set", name, "1"), 2);
    byn_array_close(array);
}

static void array_elements_change_in_one_step(void)
{
    const char *name = fresh_name();
    byn_array *array = array_of(name, BYN_U8, 0, 3);
    const test_output *output;

    CHECK_INT(TOOL(&output, "array", "add", name, "1"), 0);
    CHECK_STR(output->out, "1\n");
    CHECK_INT(TOOL(&output, "array", "add", name, "1", "-2", "--json"), 0);
    CHECK_CONTAINS(output->out, "\"index\": 1,\n  \"number\": 255");
    CHECK_INT(TOOL(&output, "array", "exchange", name, "1", "7", "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"index\": 1,\n  \"number\": 255");
    CHECK_INT(TOOL(&output, "array", "compare-exchange", name, "1", "8", "9"), 1);
    CHECK_STR(output->out, "7\n");
    CHECK_INT(TOOL(&output, "array", "compare-exchange", name, "1", "8", "9", "--json"), 1);
    CHECK_CONTAINS(output->out, "\"number\": 7");
    CHECK_INT(TOOL(&output, "array", "compare-exchange", name, "1", "7", "9"), 0);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "array", "read", name), 0);
    CHECK_STR(output->out, "0\n9\n0\n");
    CHECK_INT(TOOL(&output, "array", "add", name, "3"), 1);
    CHECK_CONTAINS(output->err, "there is no element 3, of 3");
    CHECK_INT(TOOL(&output, "array", "exchange", name, "1"), 2);
    CHECK_INT(TOOL(&output, "array", "exchange", name, "1", "256"), 1);
    CHECK_CONTAINS(output->err, "256 does not fit the type u8");
    byn_array_close(array);
}

static void array_of_reals_is_added_to(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "array", "add", name, "0", "0.5"), 1);
    CHECK_CONTAINS(output->err, "-l LENGTH");
    CHECK_INT(TOOL(&output, "array", "add", name, "0", "0.5", "-tf64", "-l2"), 0);
    CHECK_STR(output->out, "0.5\n");
    CHECK_INT(TOOL(&output, "array", "exchange", name, "0", "-1.5"), 0);
    CHECK_STR(output->out, "0.5\n");
    CHECK_INT(TOOL(&output, "array", "compare-exchange", name, "0", "-1.5", "2"), 0);
    CHECK_INT(TOOL(&output, "array", "read", name), 0);
    CHECK_STR(output->out, "2\n0\n");
    CHECK_INT(TOOL(&output, "rm", name), 0);
}

static void array_slices_are_read_and_written(void)
{
    const char *name = fresh_name();
    byn_array *array = array_of(name, BYN_I8, 0, 6);
    const test_output *output;

    CHECK_INT(input("1 -2\n3", &output, name, "2", NULL), 0);
    CHECK_INT(TOOL(&output, "array", "read", name), 0);
    CHECK_STR(output->out, "0\n0\n1\n-2\n3\n0\n");
    CHECK_INT(TOOL(&output, "array", "read", name, "3", "2"), 0);
    CHECK_STR(output->out, "-2\n3\n");
    CHECK_INT(TOOL(&output, "array", "read", name, "5", "2"), 1);
    CHECK_CONTAINS(output->err, "there are no 2 elements from 5 on, of 6");
    CHECK_INT(input("1 2 3", &output, name, "4", NULL), 1);
    CHECK_INT(input("1 128", &output, name, "0", NULL), 1);
    CHECK_CONTAINS(output->err, "\"128\" is no i8");
    CHECK_INT(input("1 x", &output, name, "0", NULL), 1);
    CHECK_INT(TOOL(&output, "array", "read", name, "0", "2"), 0);
    CHECK_STR(output->out, "0\n0\n");
    CHECK_INT(input("ab", &output, name, "1", "--binary"), 0);
    CHECK_INT(TOOL(&output, "array", "read", name, "0", "3"), 0);
    CHECK_STR(output->out, "0\n97\n98\n");
    CHECK_INT(TOOL(&output, "array", "read", name, "1", "2", "-b"), 0);
    CHECK_STR(output->out, "ab");
    byn_array_close(array);
}

static void array_of_records_is_bytes(void)
{
    const char *name = fresh_name();
    byn_array *array = array_of(name, BYN_BYTES, 3, 4);
    const test_output *output;

    CHECK_INT(input("abcdef", &output, name, "1", NULL), 0);
    CHECK_INT(TOOL(&output, "array", "read", name, "2", "1"), 0);
    CHECK_STR(output->out, "def");
    CHECK_INT(input("abcd", &output, name, "0", NULL), 1);
    CHECK_CONTAINS(output->err, "4 bytes are not whole elements of 3");
    CHECK_INT(TOOL(&output, "array", "get", name, "0"), 1);
    CHECK_CONTAINS(output->err, "byn_array_read()");
    byn_array_close(array);
}

static void array_is_filled(void)
{
    const char *name = fresh_name();
    byn_array *array = array_of(name, BYN_I64, 0, 20000);
    const test_output *output;
    int64_t number = 0;

    CHECK_INT(TOOL(&output, "array", "fill", name, "-7"), 0);
    CHECK_STATUS(byn_array_get(array, 19999, &number), BYN_OK);
    CHECK_INT(number, -7);
    CHECK_INT(TOOL(&output, "array", "fill", name, "8", "1", "2"), 0);
    CHECK_INT(TOOL(&output, "array", "read", name, "0", "4"), 0);
    CHECK_STR(output->out, "-7\n8\n8\n-7\n");
    CHECK_INT(TOOL(&output, "array", "fill", name, "8", "20000", "1"), 1);
    CHECK_STATUS(byn_array_lock(array, BYN_NOW), BYN_OK);
    CHECK_INT(TOOL(&output, "array", "fill", name, "8", "-n"), 124);
    CHECK_INT(TOOL(&output, "array", "read", name, "-w", "0.05"), 124);
    CHECK_STATUS(byn_array_unlock(array), BYN_OK);
    byn_array_close(array);
}

static void array_of_nobody_is_an_error(void)
{
    const char *name = fresh_name();
    const test_output *output;

    check_nobody_has_it("array", "read", "byname array hold \"");
    CHECK_INT(TOOL(&output, "array", "hold", name, "-l", "3", "-t", "u16",
                   TOOL_COMMAND("array", "read", name)),
              0);
    CHECK_STR(output->out, "0\n0\n0\n");
}

static void array_that_was_changed_stays(void)
{
    const char *name = fresh_name();
    const test_output *output;

    check_nobody_has_it("array", "read", "-l LENGTH");
    CHECK_INT(TOOL(&output, "array", "fill", name, "1.5"), 1);
    CHECK_INT(TOOL(&output, "array", "fill", name, "1.5", "-tf64", "-l3"), 0);
    CHECK_INT(TOOL(&output, "array", "read", name), 0);
    CHECK_STR(output->out, "1.5\n1.5\n1.5\n");
    CHECK_INT(TOOL(&output, "rm", name), 0);
    CHECK_INT(TOOL(&output, "array", "read", name), 1);
}

static const test_case cases[] = {TEST(array_elements_are_set_and_printed),
                                  TEST(array_elements_change_in_one_step),
                                  TEST(array_of_reals_is_added_to),
                                  TEST(array_slices_are_read_and_written),
                                  TEST(array_of_records_is_bytes),
                                  TEST(array_is_filled),
                                  TEST(array_of_nobody_is_an_error),
                                  TEST(array_that_was_changed_stays),
                                  TEST_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.array", cases, tool_peers);
}
