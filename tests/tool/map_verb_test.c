/* byname map: commands over lines, and their outputs. */
#include "map_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>

enum { LARGE = 3000000, HUGE_LINE = 4000000 };

/* ---- Commands */

/* argv[0] bytes to stdout, argv[1] to stderr. */
int prints_much(peer_self *self, int argc, char **argv)
{
    long rest[2], i;

    (void)self;
    REQUIRE(argc >= 2);
    rest[0] = atol(argv[0]);
    rest[1] = atol(argv[1]);
    setvbuf(stderr, NULL, _IOFBF, 1 << 16);
    for (i = 0; i < rest[0] || i < rest[1]; i++) {
        if (i < rest[0])
            putc('a' + (int)(i % 23), stdout);
        if (i < rest[1])
            putc('A' + (int)(i % 19), stderr);
    }
    return 0;
}

static int tells_length(peer_self *self, int argc, char **argv)
{
    REQUIRE_INT(argc, 1);
    peer_say(self, "%lu", (unsigned long)strlen(argv[0]));
    return 0;
}

bool has_something(void *path)
{
    FILE *file = fopen(path, "rb");
    bool has = file != NULL && getc(file) != EOF;

    if (file != NULL)
        fclose(file);
    return has;
}

/* "1" waits until the file has something. */
static int first_waits_for_output(peer_self *self, int argc, char **argv)
{
    REQUIRE_INT(argc, 2);
    if (strcmp(argv[1], "1") == 0)
        until(has_something, argv[0]);
    peer_say(self, "%s", argv[1]);
    return 0;
}

/* "1" waits for the event that "2" sets. */
static int first_waits_for_second(peer_self *self, int argc, char **argv)
{
    byn_event *event;

    REQUIRE_INT(argc, 2);
    REQUIRE(byn_event_open(&event, argv[0], NULL) >= 0);
    if (strcmp(argv[1], "1") == 0)
        CHECK_STATUS(byn_event_wait(event, PATIENCE), BYN_OK);
    else
        byn_event_set(event);
    peer_say(self, "%s", argv[1]);
    byn_event_close(event);
    return 0;
}

/* ---- Lines */

static void each_line_is_one_argument(void)
{
    const test_output *output;

    CHECK_INT(
        MAP_READS("a b\n\"q\" *\n\n$HOME \\\nlast", &output, "-k", COMMAND("says_its_arguments")),
        0);
    CHECK_STR(output->out, "<a b>\n<\"q\" *>\n<>\n<$HOME \\>\n<last>\n");
    CHECK_STR(output->err, "");
}

static void braces_are_the_line_and_its_number(void)
{
    const test_output *output;

    CHECK_INT(MAP_READS("a\n{}\n", &output, "-k", "-j", "2",
                        COMMAND("says_its_arguments", "x{}y{}", "{#}", "{", "{}", "last")),
              0);
    CHECK_STR(output->out, "<xaya>\n<1>\n<{>\n<a>\n<last>\n"
                           "<x{}y{}>\n<2>\n<{>\n<{}>\n<last>\n");
}

const char *write_input(const char *data, size_t size)
{
    static char path[600];
    FILE *file;

    snprintf(path, sizeof path, "%s/input", test_directory());
    file = fopen(path, "wb");
    REQUIRE(file != NULL);
    CHECK_INT(fwrite(data, 1, size, file), size);
    CHECK_INT(fclose(file), 0);
    return path;
}

static void a_nul_ends_each_if_asked(void)
{
    static const char data[] = "a\nb\0\0c";
    const test_output *output;
    const char *path = write_input(data, sizeof data - 1);

    CHECK_INT(TOOL(&output, "map", "-0kf", path, COMMAND("says_its_arguments")), 0);
    CHECK_STR(output->out, "<a\nb>\n<>\n<c>\n");
    CHECK_INT(TOOL(&output, "map", "-k", "--input", path, COMMAND("says_its_arguments")),
              SOME_FAILED);
    CHECK_STR(output->out, "<a>\n");
    CHECK_CONTAINS(output->err, "2: \"b\"...: it has a NUL byte, which no argument can have");
    CHECK_INT(remove(path), 0);
}

static void the_end_of_a_line_is_this_systems(void)
{
    const test_output *output;

    CHECK_INT(MAP_READS("a\r\nb\n", &output, "-k", COMMAND("tells_length")), 0);
    CHECK_STR(output->out, test_on_windows() ? "1\n1\n" : "2\n1\n");
}

static void nothing_to_do_is_good(void)
{
    const test_output *output;

    CHECK_INT(MAP_READS("", &output, COMMAND("exits_with", "1")), 0);
    CHECK_STR(output->out, "");
    CHECK_STR(output->err, "");
}

static void many_lines_are_all_run(void)
{
    const int lines = test_on_windows() ? 10 : test_sanitized() ? 100 : 1000;
    const test_output *output;
    char input[8000], expected[20000];
    size_t used = 0, written = 0;
    int i;

    for (i = 1; i <= lines; i++) {
        used += (size_t)snprintf(input + used, sizeof input - used, "%d\n", i);
        written += (size_t)snprintf(expected + written, sizeof expected - written, "<%d>\n", i);
    }
    if (test_on_windows())
        CHECK_INT(MAP_READS(input, &output, "-k", COMMAND("says_its_arguments")), 0);
    else
        CHECK_INT(MAP_READS(input, &output, "-k", "--", "echo", "<{}>"), 0);
    CHECK_STR(output->out, expected);
    CHECK_STR(output->err, "");
}

static void a_line_may_be_long_and_too_long_is_told(void)
{
    enum { LONG = 20000 };
    char *input = malloc(LONG + HUGE_LINE + 10);
    const test_output *output;

    REQUIRE(input != NULL);
    memset(input, 'x', LONG + HUGE_LINE + 2);
    input[LONG] = input[LONG + 1 + HUGE_LINE] = '\n';
    snprintf(input + LONG + HUGE_LINE + 2, 8, "end");
    CHECK_INT(MAP_READS(input, &output, "-k", COMMAND("tells_length")), SOME_FAILED);
    CHECK_STR(output->out, "20000\n3\n");
    CHECK_CONTAINS(output->err, "byname map: 1 of 3 failed:\n  2: \"xxxx");
    CHECK_CONTAINS(output->err, "xx\"...: ");
    free(input);
}

/* ---- Outputs */

static void check_pattern(const char *data, size_t size, size_t expected, char first, size_t period)
{
    size_t i;

    REQUIRE_INT(size, expected);
    for (i = 0; i < size && data[i] == first + (char)(i % period); i++)
        continue;
    CHECK_INT(i, expected);
}

const char *const *temporary_here(void)
{
    static char variables[3][700];
    static const char *const environment[] = {variables[0], variables[1], variables[2], NULL};

    snprintf(variables[0], sizeof variables[0], "TMPDIR=%s", test_directory());
    snprintf(variables[1], sizeof variables[1], "TMP=%s", test_directory());
    snprintf(variables[2], sizeof variables[2], "TEMP=%s", test_directory());
    return environment;
}

bool no_files_are_left(void *unused)
{
    apr_pool_t *pool = NULL;
    apr_dir_t *all = NULL;
    apr_finfo_t entry;
    bool none = true;

    (void)unused;
    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_dir_open(&all, test_directory(), pool) == APR_SUCCESS);
    while (apr_dir_read(&entry, APR_FINFO_NAME, all) == APR_SUCCESS)
        none = none && strncmp(entry.name, "byname-map", strlen("byname-map")) != 0;
    apr_dir_close(all);
    apr_pool_destroy(pool);
    return none;
}

static void large_outputs_are_whole(void)
{
    const char *const arguments[] = {TOOL_PATH, "map", COMMAND("prints_much", "{}", "1500000"),
                                     NULL};
    const test_command command = {arguments, "3000000\n", temporary_here(), 0};
    const test_output *output;

    CHECK_INT(test_run_command(&command, &output), 0);
    check_pattern(output->out, output->out_size, LARGE, 'a', 23);
    check_pattern(output->err, output->err_size, LARGE / 2, 'A', 19);
    CHECK(no_files_are_left(NULL));
    if (test_on_windows())
        return; /* it is the same, and slow */
    CHECK_INT(MAP_READS("200000\n", &output, COMMAND("prints_much", "{}", "100000")), 0);
    check_pattern(output->out, output->out_size, 200000, 'a', 23);
    check_pattern(output->err, output->err_size, 100000, 'A', 19);
}

static void outputs_come_in_order_if_asked(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_event *event;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    CHECK_INT(MAP_READS("1\n2\n", &output, "-j2", "--keep-order",
                        COMMAND("first_waits_for_second", name)),
              0);
    CHECK_STR(output->out, "1\n2\n");
    byn_event_close(event);
}

/* The first one ends when the second's output is there. */
static void outputs_come_as_they_end(void)
{
    const char *input = write_input("1\n2\n", 4);
    char path[600], text[20] = "";
    const char *const argv[] = {
        TOOL_PATH, "map", "-j2", "-f", input, COMMAND("first_waits_for_output", path), NULL};
    byn_process *process = NULL;
    FILE *file;

    snprintf(path, sizeof path, "%s/output", test_directory());
    REQUIRE_STATUS(
        byn_process_start(&process, argv,
                          &BYN_OPTIONS(byn_process_options, .standard_output = BYN_STDIO_FILE,
                                       .output_file = path)),
        BYN_OK);
    CHECK_INT(command_end(process), 0);
    file = fopen(path, "r");
    REQUIRE(file != NULL);
    CHECK_INT(fread(text, 1, sizeof text - 1, file), 4);
    CHECK_STR(text, "2\n1\n");
    CHECK_INT(fclose(file), 0);
    CHECK_INT(remove(path), 0);
    CHECK_INT(remove(input), 0);
}

static void json_tells_each_command(void)
{
    const test_output *output;
    char *line;

    CHECK_INT(MAP_READS("0\n7\n", &output, "-k", "--json", COMMAND("exits_with", "{}")),
              SOME_FAILED);
    line = strchr(output->out, '\n');
    REQUIRE(line != NULL);
    CHECK_CONTAINS(output->out, "{\"number\":1,\"attempts\":1,\"input\":\"0\",\"exit_code\":0,"
                                "\"signal\":0,\"failure\":null,\"output\":\"\",\"error\":\"\"}\n");
    CHECK_CONTAINS(line + 1, "\"exit_code\":7,\"signal\":0,\"failure\":\"exit code 7\"");
    CHECK(json_is_valid(line + 1));
    CHECK_INT(MAP_READS("3000000\n", &output, "--json", COMMAND("prints_much", "{}", "1")), 0);
    CHECK(output->out_size > LARGE);
    CHECK(json_is_valid(output->out));
}

static void the_bar_is_shown_if_asked(void)
{
    const test_output *output;

    CHECK_INT(MAP_READS("0\n0\n", &output, "--progress", COMMAND("exits_with", "{}")), 0);
    CHECK_CONTAINS(output->err, "[####################] of 2: 2 done, 0 failed, 0 running, ");
    CHECK_CONTAINS(output->err, "/s, 0 s left");
    CHECK_STR(output->out, "");
}

#define MAP_CASE(case_) TEST(case_),

static const test_case cases[] = {TEST(each_line_is_one_argument),
                                  TEST(braces_are_the_line_and_its_number),
                                  TEST(a_nul_ends_each_if_asked),
                                  TEST(the_end_of_a_line_is_this_systems),
                                  TEST(nothing_to_do_is_good),
                                  TEST(many_lines_are_all_run),
                                  TEST(a_line_may_be_long_and_too_long_is_told),
                                  TEST(large_outputs_are_whole),
                                  TEST(outputs_come_as_they_end),
                                  TEST(outputs_come_in_order_if_asked),
                                  TEST(json_tells_each_command),
                                  TEST(the_bar_is_shown_if_asked),
                                  MAP_FAILURE_CASES(MAP_CASE) TEST_END};

static const peer_entry peers[] = {PEER(exits_with),
                                   PEER(says_its_arguments),
                                   PEER(holds_for_ever),
                                   PEER(prints_much),
                                   PEER(tells_length),
                                   PEER(fails_at_first),
                                   PEER(fails_until_halted),
                                   PEER(says_and_holds),
                                   PEER(prints_much_and_holds),
                                   PEER(first_waits_for_second),
                                   PEER(first_waits_for_output),
                                   PEER(says_where_it_is),
                                   PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.map", cases, peers);
}
