/* byname queue. */
#include "tool_support.h"

#include <stdio.h>
#include <string.h>

#include <apr_file_io.h>

/* What reads `input`, and ends well. */
static void put_input(const char *name, const char *input, const char *option)
{
    const char *const argv[] = {TOOL_PATH, "queue", "put", name, option, NULL};
    const test_command command = {.arguments = argv, .input = input};
    const test_output *output;

    CHECK_INT(test_run_command(&command, &output), 0);
    CHECK_STR(output->err, "");
    CHECK_STR(output->out, "");
}

static void removed(const char *name)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "rm", name), 0);
    CHECK_INT(TOOL(&output, "queue", "count", name), 1);
}

static void lines_that_were_put_are_got_later(void)
{
    const char *name = fresh_name();
    const test_output *output;

    put_input(name, "one\ntwo words\n\nlast", NULL);
    CHECK_INT(TOOL(&output, "queue", "count", name), 0);
    CHECK_STR(output->out, "4\n");
    CHECK_INT(TOOL(&output, "queue", "peek", name), 0);
    CHECK_STR(output->out, "one\n");
    CHECK_INT(TOOL(&output, "queue", "get", name), 0);
    CHECK_STR(output->out, "one\n");
    CHECK_INT(TOOL(&output, "queue", "get", name, "-c2"), 0);
    CHECK_STR(output->out, "two words\n\n");
    put_input(name, "more\n", NULL);
    CHECK_INT(TOOL(&output, "queue", "get", "--all", name), 0);
    CHECK_STR(output->out, "last\nmore\n");
    CHECK_INT(TOOL(&output, "queue", "get", "--all", name), 0);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "queue", "get", name, "-n"), 124);
    CHECK_CONTAINS(output->err, "no time left for \"");
    CHECK_INT(TOOL(&output, "queue", "get", name, "-w0.05", "-E9"), 9);
    removed(name);
}

static void a_message_may_be_all_that_is_read(void)
{
    const char *name = fresh_name();
    const test_output *output;

    put_input(name, "one\ntwo\n", "--whole");
    put_input(name, "", "-W");
    CHECK_INT(TOOL(&output, "queue", "put", name, "-m", "from the command line"), 0);
    CHECK_INT(TOOL(&output, "queue", "get", name, "--raw"), 0);
    CHECK_STR(output->out, "one\ntwo\n");
    CHECK_INT(TOOL(&output, "queue", "get", name), 0);
    CHECK_STR(output->out, "\n");
    CHECK_INT(TOOL(&output, "queue", "get", name), 0);
    CHECK_STR(output->out, "from the command line\n");
    removed(name);
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    apr_pool_t *pool;
    apr_file_t *file;

    apr_pool_create(&pool, NULL);
    REQUIRE(
        apr_file_open(&file, path,
                      APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE | APR_FOPEN_BINARY,
                      APR_FPROT_OS_DEFAULT, pool) == APR_SUCCESS);
    CHECK(apr_file_write_full(file, bytes, size, NULL) == APR_SUCCESS);
    apr_pool_destroy(pool);
}

static size_t read_bytes(const char *path, char *bytes, size_t room)
{
    apr_pool_t *pool;
    apr_file_t *file;
    apr_size_t size = 0;

    apr_pool_create(&pool, NULL);
    REQUIRE(apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, 0, pool) == APR_SUCCESS);
    (void)apr_file_read_full(file, bytes, room, &size);
    (void)apr_file_remove(path, pool);
    apr_pool_destroy(pool);
    return size;
}

/* In the directory of this run; valid until the next call. */
static const char *path_of(const char *file)
{
    static char path[600];

    (void)snprintf(path, sizeof path, "%s/queue.%s", test_directory(), file);
    return path;
}

static void files_are_carried_byte_by_byte(void)
{
    static char bytes[100000], back[100001];
    const char *name = fresh_name();
    const test_output *output;
    char from[600], to[600];
    size_t i;

    for (i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    (void)snprintf(from, sizeof from, "%s/%s.from", test_directory(), "queue");
    (void)snprintf(to, sizeof to, "%s/%s.to", test_directory(), "queue");
    write_bytes(from, bytes, sizeof bytes);
    CHECK_INT(TOOL(&output, "queue", "put", name, "--whole", "--file", from), 0);
    CHECK_INT(TOOL(&output, "queue", "get", name, "--raw", "-f", to), 0);
    CHECK_INT(read_bytes(to, back, sizeof back), sizeof bytes);
    CHECK(memcmp(bytes, back, sizeof bytes) == 0);
    CHECK_INT(read_bytes(from, back, sizeof back), sizeof bytes);
    removed(name);
}

static void a_nul_may_separate_messages(void)
{
    const char *name = fresh_name();
    const test_output *output;
    char from[600], back[8];

    (void)snprintf(from, sizeof from, "%s/queue.nul", test_directory());
    write_bytes(from, "a\nb\0c\0", 6);
    CHECK_INT(TOOL(&output, "queue", "put", name, "-0", "-f", from), 0);
    CHECK_INT(TOOL(&output, "queue", "get", name, "-0", "--all"), 0);
    CHECK_INT(output->out_size, 6);
    CHECK(output->out_size == 6 && memcmp(output->out, "a\nb\0c\0", 6) == 0);
    (void)read_bytes(from, back, sizeof back);
    removed(name);
}

static void put_says_what_is_wrong(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "queue", "put", name, "--largest", "4", "--items=2", "-m", "12345"), 1);
    CHECK_CONTAINS(output->err, "5 bytes");
    put_input(name, "1\n2\n", NULL);
    CHECK_INT(TOOL(&output, "queue", "put", name, "-n", "-m", "3"), 124);
    CHECK_CONTAINS(output->err, "it is full");
    CHECK_INT(TOOL(&output, "queue", "put", name, "--items", "3", "-m", "3"), 1);
    CHECK_CONTAINS(output->err, "items is 2");
    CHECK_INT(TOOL(&output, "queue", "put", name, "-f", "/no/such/file"), 1);
    CHECK_CONTAINS(output->err, "/no/such/file");
    CHECK_INT(TOOL(&output, "queue", "put", name, "--capacity", "0"), 2);
    CHECK_CONTAINS(output->err, "--capacity BYTES:");
    CHECK_INT(TOOL(&output, "queue", "put", name, "--largest", "1K", "-m", "3"), 1);
    CHECK_CONTAINS(output->err, "largest is 4 there and 1024 here");
    CHECK_INT(TOOL(&output, "queue", "put"), 2);
    removed(name);
    check_nobody_has_it("queue", "get", "byname queue put");
    check_nobody_has_it("queue", "watch", "byname queue put");
    check_nobody_has_it("queue", "count", "byname queue put");
    check_nobody_has_it("queue", "shutdown", "byname queue put");
}

static void what_is_not_kept_goes_with_its_last_user(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "queue", "put", name, "--no-keep", "-m", "1"), 0);
    CHECK_INT(TOOL(&output, "queue", "get", name), 1);
}

static bool is_empty(void *queue)
{
    uint64_t count = 1;

    CHECK_STATUS(byn_queue_count(queue, &count), BYN_OK);
    return count == 0;
}

static void watch_ends_when_it_is_shut_down(void)
{
    const char *name = fresh_name();
    const char *const argv[] = {TOOL_PATH, "queue", "watch", name, NULL};
    const test_command command = {.arguments = argv};
    const char *to = path_of("watched");
    byn_process *watcher =
        START("queue", "watch", name, "--make", "--no-keep", "-w", "600", "-f", to);
    const test_output *output;
    byn_queue *queue = NULL;
    char back[8] = "";

    until_open(name);
    REQUIRE_STATUS(byn_queue_open(&queue, name, NULL), BYN_OK);
    CHECK_INT(TOOL(&output, "queue", "put", name, "-m", "1"), 0);
    until(is_empty, queue);
    CHECK_INT(TOOL(&output, "queue", "shutdown", name), 0);
    CHECK_INT(command_end(watcher), 0);
    CHECK_INT(read_bytes(to, back, sizeof back), 2);
    CHECK(memcmp(back, "1\n", 2) == 0);
    CHECK_INT(TOOL(&output, "queue", "put", name, "-m", "2"), 1);
    CHECK_CONTAINS(output->err, "BYN_E_CLOSED");
    CHECK_INT(TOOL(&output, "queue", "get", name), 1);
    CHECK_CONTAINS(output->err, "was shut down and is empty");
    CHECK_INT(test_run_command(&command, &output), 0);
    CHECK_STR(output->out, "");
    byn_queue_close(queue);
}

static bool sees_waiter(const byn_party *party, void *context)
{
    bool *is_there = context;

    *is_there = *is_there || party->role == BYN_ROLE_WAITS;
    return true;
}

static bool is_waited_for(void *context)
{
    bool is_there = false;

    return byn_parties_visit(context, sees_waiter, &is_there) >= 0 && is_there;
}

static bool is_not_waited_for(void *context)
{
    return !is_waited_for(context);
}

/* What it waits for does not come, and who reads its output goes. */
static void ends_without_reader(const char *noun, const char *action, const char *name)
{
    const char *const argv[] = {TOOL_PATH, noun, action, name, NULL};
    byn_process *process = NULL;

    REQUIRE_STATUS(
        byn_process_start(&process, argv,
                          &BYN_OPTIONS(byn_process_options, .standard_output = BYN_STDIO_PIPE)),
        BYN_OK);
    until(is_waited_for, (void *)name);
    byn_process_close(process);
    until(is_not_waited_for, (void *)name);
}

static void what_waits_ends_when_nobody_reads(void)
{
    const char *name = fresh_name(), *number = fresh_name();
    byn_queue *queue = NULL;
    byn_value *value = NULL;
    uint64_t count = 0;

    REQUIRE_STATUS(byn_queue_open(&queue, name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_value_open(&value, number, NULL), BYN_CREATED);
    ends_without_reader("queue", "watch", name);
    ends_without_reader("queue", "peek", name);
    ends_without_reader("value", "wait", number);
    CHECK_STATUS(byn_queue_put(queue, "x", 1, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_queue_count(queue, &count), BYN_OK);
    CHECK_INT(count, 1);
    byn_value_close(value);
    byn_queue_close(queue);
}

/* Those too that begin when nobody reads any more; a message that is there stays. */
static void what_begins_without_a_reader_ends(void)
{
    const char *name = fresh_name(), *over = fresh_name(), *gone = fresh_name();
    char sh[400];
    byn_process *script;
    byn_queue *queue = NULL;
    byn_event *event = NULL, *go = NULL;
    uint64_t count = 0;

    if (test_on_windows())
        test_skip("not every cmd connects a pipeline by a pipe; the case before is enough");
    REQUIRE_STATUS(byn_queue_open(&queue, name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&event, over, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&go, gone, NULL), BYN_CREATED);
    CHECK_STATUS(byn_queue_put(queue, "x", 1, BYN_NOW), BYN_OK);
    (void)snprintf(sh, sizeof sh,
                   "(byname event wait %s; byname queue watch %s; "
                   "byname ls --watch 600; byname event set %s) | (exec <&-; byname event set %s)",
                   gone, name, over, gone);
    script = script_start(sh, "");
    CHECK_STATUS(byn_event_wait(event, PATIENCE), BYN_OK);
    (void)command_end(script);
    CHECK_STATUS(byn_queue_count(queue, &count), BYN_OK);
    CHECK_INT(count, 1);
    byn_event_close(go);
    byn_event_close(event);
    byn_queue_close(queue);
}

static void join_waits_until_all_is_done(void)
{
    const char *name = fresh_name();
    const test_output *output;

    put_input(name, "1\n2\n", NULL);
    CHECK_INT(TOOL(&output, "queue", "join", name, "-n"), 124);
    CHECK_INT(TOOL(&output, "queue", "get", name), 0);
    CHECK_INT(TOOL(&output, "queue", "get", name, "--unfinished"), 0);
    CHECK_INT(TOOL(&output, "queue", "join", name, "-w0.05"), 124);
    CHECK_CONTAINS(output->err, "messages are unfinished");
    CHECK_INT(TOOL(&output, "queue", "done", name), 0);
    CHECK_INT(TOOL(&output, "queue", "join", name), 0);
    CHECK_INT(TOOL(&output, "queue", "done", name), 1);
    removed(name);
}

static void what_a_reader_did_not_take_comes_back(void)
{
    const char *name = fresh_name();
    const test_output *output;
    char to[600];

    CHECK_INT(TOOL(&output, "queue", "put", name, "--acknowledge", "-m", "1"), 0);
    (void)snprintf(to, sizeof to, "%s/no/such/place", test_directory());
    CHECK_INT(TOOL(&output, "queue", "get", name, "-f", to), 1);
    CHECK_INT(TOOL(&output, "queue", "get", name), 0);
    CHECK_STR(output->out, "1\n");
    CHECK_INT(TOOL(&output, "queue", "join", name), 0);
    removed(name);
}

static void a_queue_is_shown(void)
{
    const char *name = fresh_name();
    const test_output *output;

    put_input(name, "1\n", NULL);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(output->out, "messages     1\n");
    CHECK_CONTAINS(output->out, "largest      262144\n");
    CHECK_INT(TOOL(&output, "show", name, "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"capacity\": 1048576");
    CHECK_INT(TOOL(&output, "queue", "count", name, "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"messages\": 1");
    removed(name);
}

static const test_case cases[] = {
    TEST(lines_that_were_put_are_got_later),
    TEST(a_message_may_be_all_that_is_read),
    TEST(files_are_carried_byte_by_byte),
    TEST(a_nul_may_separate_messages),
    TEST(put_says_what_is_wrong),
    TEST(what_is_not_kept_goes_with_its_last_user),
    TEST(watch_ends_when_it_is_shut_down),
    TEST(what_waits_ends_when_nobody_reads),
    TEST(what_begins_without_a_reader_ends),
    TEST(join_waits_until_all_is_done),
    TEST(what_a_reader_did_not_take_comes_back),
    TEST(a_queue_is_shown),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.queue", cases, tool_peers);
}
