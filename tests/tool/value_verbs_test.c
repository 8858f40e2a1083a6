/* byname value. */
#include "tool_support.h"

#include <stdio.h>
#include <string.h>

static byn_value *value_of(const char *name, byn_value_type type, uint32_t size)
{
    byn_value *value = NULL;

    REQUIRE_STATUS(
        byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .type = type, .size = size)),
        BYN_CREATED);
    return value;
}

static void value_is_set_and_printed(void)
{
    const char *name = fresh_name();
    byn_value *value = value_of(name, BYN_I16, 0);
    const test_output *output;

    CHECK_INT(TOOL(&output, "value", "set", name, "-123"), 0);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "value", "get", name), 0);
    CHECK_STR(output->out, "-123\n");
    CHECK_INT(TOOL(&output, "value", "set", name, "0x10"), 0);
    CHECK_INT(TOOL(&output, "value", "get", name, "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"number\": 16");
    CHECK_INT(TOOL(&output, "value", "set", name, "40000"), 1);
    CHECK_CONTAINS(output->err, "40000 does not fit the type i16");
    CHECK_INT(TOOL(&output, "value", "set", name, "1.5"), 2);
    CHECK_CONTAINS(output->err, "\"1.5\" is no i16");
    CHECK_INT(TOOL(&output, "value", "set", name), 2);
    CHECK_INT(TOOL(&output, "value", "set", name, "1", "2"), 2);
    CHECK_INT(TOOL(&output, "value", "set"), 2);
    CHECK_INT(TOOL(&output, "value", "set", name, "1", "--type", "i15"), 2);
    CHECK_INT(TOOL(&output, "value", "set", name, "1", "-t", "i32"), 1);
    byn_value_close(value);
}

static void value_add_prints_the_sum(void)
{
    const char *name = fresh_name(), *real = fresh_name();
    byn_value *value = value_of(name, BYN_U8, 0), *of_real = value_of(real, BYN_F64, 0);
    const test_output *output;

    CHECK_INT(TOOL(&output, "value", "add", name), 0);
    CHECK_STR(output->out, "1\n");
    CHECK_INT(TOOL(&output, "value", "add", name, "-3"), 0);
    CHECK_STR(output->out, "254\n");
    CHECK_INT(TOOL(&output, "value", "add", name, "0", "--json"), 0);
    CHECK_CONTAINS(output->out, "\"type\": \"u8\",\n  \"number\": 254");
    CHECK_INT(TOOL(&output, "value", "add", real, "-.5"), 0);
    CHECK_STR(output->out, "-0.5\n");
    CHECK_INT(TOOL(&output, "value", "add", real, "0.6"), 0);
    CHECK_STR(output->out, "0.09999999999999998\n");
    byn_value_close(value);
    byn_value_close(of_real);
}

static void value_is_exchanged(void)
{
    const char *name = fresh_name();
    byn_value *value = value_of(name, BYN_U64, 0);
    const test_output *output;

    CHECK_INT(TOOL(&output, "value", "exchange", name, "18446744073709551615"), 0);
    CHECK_STR(output->out, "0\n");
    CHECK_INT(TOOL(&output, "value", "compare-exchange", name, "5", "6"), 1);
    CHECK_STR(output->out, "18446744073709551615\n");
    CHECK_INT(TOOL(&output, "value", "compare-exchange", name, "5", "6", "--json"), 1);
    CHECK_CONTAINS(output->out, "\"number\": 18446744073709551615");
    CHECK_INT(TOOL(&output, "value", "compare-exchange", name, "18446744073709551615", "6"), 0);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "value", "exchange", name, "18446744073709551616"), 2);
    CHECK_INT(TOOL(&output, "value", "exchange", "--json", name, "7"), 0);
    CHECK_CONTAINS(output->out, "\"number\": 6");
    CHECK_INT(TOOL(&output, "value", "get", name), 0);
    CHECK_STR(output->out, "7\n");
    CHECK_INT(TOOL(&output, "value", "set", "--json", name, "7"), 2);
    byn_value_close(value);
}

static void value_of_bytes_is_binary_safe(void)
{
    const char *name = fresh_name();
    byn_value *value = value_of(name, BYN_BYTES, 300);
    const char *const set[] = {TOOL_PATH, "value", "set", name, NULL};
    const test_command command = {set, "two\r\nlines, and no end", NULL, 0};
    const test_output *output;
    unsigned char all[256], back[300];
    size_t size = sizeof back;
    int i;

    CHECK_INT(TOOL(&output, "value", "set", name, "-5"), 0);
    CHECK_INT(TOOL(&output, "value", "get", name), 0);
    CHECK_STR(output->out, "-5");
    CHECK_INT(TOOL(&output, "value", "set", name, " -5"), 0);
    CHECK_INT(TOOL(&output, "value", "get", name), 0);
    CHECK_STR(output->out, " -5");
    CHECK_INT(test_run_command(&command, &output), 0);
    CHECK_STATUS(byn_value_read(value, back, &size), BYN_OK);
    CHECK(size == 22 && memcmp(back, "two\r\nlines, and no end", 22) == 0);
    for (i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    CHECK_STATUS(byn_value_write(value, all, sizeof all), BYN_OK);
    CHECK_INT(TOOL(&output, "value", "get", name), 0);
    if (!test_on_windows()) /* where the harness changes ends of lines */
        CHECK(output->out_size == 256 && memcmp(output->out, all, 256) == 0);
    CHECK_INT(TOOL(&output, "value", "add", name, "1"), 1);
    CHECK_CONTAINS(output->err, "bytes");
    byn_value_close(value);
}

static void value_wait_waits_for_a_change(void)
{
    const char *name = fresh_name();
    byn_value *value = value_of(name, BYN_I32, 0);
    byn_process *waiter = START("value", "wait", name, "--is", "3", "-w", "100");
    const test_output *output;

    CHECK_INT(TOOL(&output, "value", "wait", name, "-n"), 124);
    CHECK_CONTAINS(output->err, "no time left for \"");
    CHECK_INT(TOOL(&output, "value", "wait", name, "-w", "0.05", "--not", "0", "-E5"), 5);
    CHECK_INT(TOOL(&output, "value", "wait", name, "--not", "7"), 0);
    CHECK_STR(output->out, "0\n");
    CHECK_INT(TOOL(&output, "value", "wait", name, "--not", "7", "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_INT(TOOL(&output, "value", "add", name, "1"), 0);
    CHECK_STATUS(byn_process_wait(waiter, 50, NULL), BYN_E_TIMEDOUT);
    CHECK_INT(TOOL(&output, "value", "add", name, "2"), 0);
    CHECK_INT(command_end(waiter), 0);
    byn_value_close(value);
}

static void value_hold_keeps_it_open(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "value", "hold", name, "--type", "f32", "--initial", "-2.5",
                   TOOL_COMMAND("value", "get", name)),
              0);
    CHECK_STR(output->out, "-2.5\n");
    CHECK_INT(TOOL(&output, "value", "hold", name, COMMAND("exits_with", "5")), 5);
    CHECK_INT(TOOL(&output, "value", "hold", name), 125);
}

static void value_of_nobody_is_an_error(void)
{
    check_nobody_has_it("value", "get", "byname value hold \"");
    check_nobody_has_it("value", "wait", "byname value hold \"");
}

static void value_that_was_changed_stays(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "value", "set", name, "4x"), 2);
    CHECK_INT(TOOL(&output, "value", "get", name), 1); /* what failed has made nothing */
    CHECK_INT(TOOL(&output, "value", "add", name, "--initial", "40"), 0);
    CHECK_STR(output->out, "41\n");
    CHECK_INT(TOOL(&output, "value", "add", name), 0);
    CHECK_STR(output->out, "42\n");
    CHECK_INT(TOOL(&output, "rm", name), 0);
    CHECK_INT(TOOL(&output, "value", "get", name), 1);
}

static const test_case cases[] = {TEST(value_is_set_and_printed),
                                  TEST(value_add_prints_the_sum),
                                  TEST(value_is_exchanged),
                                  TEST(value_of_bytes_is_binary_safe),
                                  TEST(value_wait_waits_for_a_change),
                                  TEST(value_hold_keeps_it_open),
                                  TEST(value_of_nobody_is_an_error),
                                  TEST(value_that_was_changed_stays),
                                  TEST_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.value", cases, tool_peers);
}
