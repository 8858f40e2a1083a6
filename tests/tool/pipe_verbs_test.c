/* byname pipe, and what byname show says of one. */
#include "tool_support.h"

#include <stdio.h>
#include <string.h>

static byn_pipe *opened(const char *name, byn_pipe_end end)
{
    byn_pipe *pipe = NULL;

    REQUIRE(byn_pipe_open(&pipe, name, &BYN_OPTIONS(byn_pipe_options, .end = end)) >= 0);
    return pipe;
}

static void send_text(byn_pipe *pipe, const char *text)
{
    CHECK_STATUS(byn_pipe_send(pipe, text, strlen(text), BYN_NOW), BYN_OK);
}

/* Says what it receives, and answers the same twice if it is told to. */
static int listens(peer_self *self, int argc, char **argv)
{
    byn_pipe *pipe = opened(argv[0], BYN_PIPE_FIRST);
    bool answers = argc > 1 && strcmp(argv[1], "answers") == 0;
    char text[200], twice[402];
    size_t size = sizeof text - 1;

    peer_say(self, "ready");
    while (byn_pipe_receive(pipe, text, &size, PATIENCE) >= 0) {
        text[size] = '\0';
        peer_say(self, "[%s]", text);
        (void)snprintf(twice, sizeof twice, "%s%s", text, text);
        if (answers)
            send_text(pipe, twice);
        size = sizeof text - 1;
    }
    byn_pipe_close(pipe);
    return 0;
}

static int sends_and_lives(peer_self *self, int argc, char **argv)
{
    byn_pipe *pipe = opened(argv[0], BYN_PIPE_FIRST);

    (void)argc;
    send_text(pipe, "of the dead");
    peer_say(self, "ready");
    (void)peer_wait(self, "end");
    byn_pipe_close(pipe);
    return 0;
}

static peer *listener(const char *name, const char *how)
{
    peer *p = peer_start(PEER_PROCESS, "listens", name, how, NULL);

    peer_expect(p, "ready");
    return p;
}

static int tool_with_input(const char *const *arguments, const char *input,
                           const test_output **output)
{
    const test_command command = {.arguments = arguments, .input = input};

    return test_run_command(&command, output);
}

#define TOOL_INPUT(input_, output_, ...)                                                           \
    tool_with_input((const char *const[]){TOOL_PATH, __VA_ARGS__, NULL}, (input_), (output_))

/* ---- receive */

static void receive_writes_a_line_for_each_message(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, BYN_PIPE_FIRST);
    const test_output *output;

    send_text(first, "one");
    send_text(first, "");
    send_text(first, "two and\ttwo");
    CHECK_STATUS(byn_pipe_shutdown(first), BYN_OK);
    CHECK_INT(TOOL(&output, "pipe", "receive", name), 0);
    CHECK_STR(output->out, "one\n\ntwo and\ttwo\n");
    CHECK_STR(output->err, "");
    byn_pipe_close(first);
}

static void receive_writes_bytes_as_they_are(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, BYN_PIPE_FIRST);
    const char bytes[] = {'a', '\0', '\n', '\x1a', (char)0xff, '\n'};
    const test_output *output;

    CHECK_STATUS(byn_pipe_send(first, bytes, sizeof bytes, BYN_NOW), BYN_OK);
    send_text(first, "b");
    CHECK_STATUS(byn_pipe_shutdown(first), BYN_OK);
    CHECK_INT(TOOL(&output, "pipe", "receive", name, "--whole", "--end", "second"), 0);
    CHECK_INT(output->out_size, sizeof bytes + 1);
    CHECK(output->out_size == sizeof bytes + 1 && memcmp(output->out, bytes, sizeof bytes) == 0);
    byn_pipe_close(first);
}

static void receive_takes_as_many_as_it_is_told(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, BYN_PIPE_FIRST);
    const test_output *output;

    send_text(first, "one");
    send_text(first, "two");
    send_text(first, "three");
    CHECK_INT(TOOL(&output, "pipe", "receive", name, "-c2"), 0);
    CHECK_STR(output->out, "one\ntwo\n");
    CHECK_STATUS(byn_pipe_send(first, "x", 1, BYN_NOW), BYN_E_CLOSED);
    byn_pipe_close(first);
}

static void receive_waits_no_longer_than_told(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "pipe", "receive", name, "-w.05"), 124);
    CHECK_CONTAINS(output->err, "no time left for a message in \"");
    CHECK_INT(TOOL(&output, "pipe", "receive", name, "-nE9"), 9);
}

static void receive_tells_that_the_other_died(void)
{
    const char *name = fresh_name();
    byn_pipe *looks = opened(name, BYN_PIPE_NEITHER);
    peer *p = peer_start(PEER_PROCESS, "sends_and_lives", name, NULL);
    const test_output *output;

    peer_expect(p, "ready");
    peer_kill(p);
    CHECK_INT(TOOL(&output, "pipe", "receive", name), 3);
    CHECK_STR(output->out, "of the dead\n");
    CHECK_CONTAINS(output->err, "died");
    byn_pipe_close(looks);
}

/* ---- send */

static void send_sends_lines(void)
{
    const char *name = fresh_name();
    peer *p = listener(name, "");

    CHECK_INT(TOOL_INPUT("one\n\ntwo \nwithout its end", NULL, "pipe", "send", name), 0);
    peer_expect(p, "[one]");
    peer_expect(p, "[]");
    peer_expect(p, "[two ]");
    peer_expect(p, "[without its end]");
    CHECK_INT(peer_finish(p), 0);
}

static void send_sends_the_whole_input(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, BYN_PIPE_FIRST);
    peer *p = NULL;

    byn_pipe_close(first);
    p = listener(name, "");
    CHECK_INT(TOOL_INPUT("all of it", NULL, "pipe", "send", name, "--whole"), 0);
    peer_expect(p, "[all of it]");
    CHECK_INT(peer_finish(p), 0);
}

static void send_waits_until_it_is_received(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL_INPUT("line\n", &output, "pipe", "send", name, "-w.05"), 124);
    CHECK_CONTAINS(output->err, "no time left for the other end of \"");
}

static void send_refuses_what_is_too_large(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL_INPUT("0123456789012345678901234567890123456789012345678901234567890123456789\n",
                         &output, "pipe", "send", name, "--capacity", "64"),
              1);
    CHECK_CONTAINS(output->err, "BYN_E_TOOBIG");
}

/* ---- connect */

static void connect_talks_both_ways(void)
{
    const char *name = fresh_name();
    peer *p = listener(name, "answers");
    const test_output *output;

    CHECK_INT(TOOL_INPUT("ab\nc\n", &output, "pipe", "connect", name), 0);
    CHECK_STR(output->out, "abab\ncc\n");
    peer_expect(p, "[ab]");
    peer_expect(p, "[c]");
    CHECK_INT(peer_finish(p), 0);
}

/* A shell's line: what it says goes into the pipe, and what comes into a file of this name. */
static byn_process *talker(const char *name, const char *says, const char *path)
{
    char line[1500];
    char *at;

    (void)snprintf(line, sizeof line, "echo %s| byname pipe connect %s > %s", says, name, path);
    for (at = strchr(line, '>'); test_on_windows() && *at != '\0'; at++)
        if (*at == '/')
            *at = '\\';
    return script_start(line, line);
}

static void check_and_remove(const char *path, const char *text)
{
    char found[100] = "";
    FILE *file = fopen(path, "rb");

    REQUIRE(file != NULL);
    (void)fread(found, 1, sizeof found - 1, file);
    (void)fclose(file);
    CHECK(strncmp(found, text, strlen(text)) == 0);
    CHECK_INT(remove(path), 0);
}

/* Each reads to the end of its input, and both come to an end. */
static void two_shells_talk(void)
{
    const char *name = fresh_name();
    byn_process *one, *two;
    char paths[2][600];

    (void)snprintf(paths[0], sizeof paths[0], "%s/one", test_directory());
    (void)snprintf(paths[1], sizeof paths[1], "%s/two", test_directory());
    one = talker(name, "hello", paths[0]);
    two = talker(name, "world", paths[1]);
    CHECK_INT(command_end(one), 0);
    CHECK_INT(command_end(two), 0);
    check_and_remove(paths[0], "world");
    check_and_remove(paths[1], "hello");
}

/* ---- show, errors */

static void show_tells_who_has_the_ends(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, BYN_PIPE_FIRST);
    const test_output *output;

    send_text(first, "1234");
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(output->out, "pipe");
    CHECK_CONTAINS(output->out, "not opened");
    CHECK_INT(TOOL(&output, "show", name, "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"capacity\": 65536");
    CHECK_CONTAINS(output->out, "\"state\": \"open\"");
    CHECK_CONTAINS(output->out, "\"messages\": 1");
    byn_pipe_close(first);
}

static void errors_are_told(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, BYN_PIPE_FIRST), *second = opened(name, BYN_PIPE_SECOND);
    const test_output *output;

    CHECK_INT(TOOL(&output, "pipe", "receive", name), 1);
    CHECK_CONTAINS(output->err, "BYN_E_EXISTS");
    CHECK_INT(TOOL(&output, "pipe", "receive", name, "--end", "third"), 2);
    CHECK_INT(TOOL(&output, "pipe", "receive", name, "-c0"), 2);
    CHECK_INT(TOOL(&output, "pipe", "recieve", name), 2);
    CHECK_CONTAINS(output->err, "\"receive\" was meant?");
    byn_pipe_close(second);
    CHECK_INT(TOOL(&output, "pipe", "send", name), 1);
    CHECK_CONTAINS(output->err, "BYN_E_CLOSED");
    byn_pipe_close(first);
}

static const test_case cases[] = {TEST(receive_writes_a_line_for_each_message),
                                  TEST(receive_writes_bytes_as_they_are),
                                  TEST(receive_takes_as_many_as_it_is_told),
                                  TEST(receive_waits_no_longer_than_told),
                                  TEST(receive_tells_that_the_other_died),
                                  TEST(send_sends_lines),
                                  TEST(send_sends_the_whole_input),
                                  TEST(send_waits_until_it_is_received),
                                  TEST(send_refuses_what_is_too_large),
                                  TEST(connect_talks_both_ways),
                                  TEST(two_shells_talk),
                                  TEST(show_tells_who_has_the_ends),
                                  TEST(errors_are_told),
                                  TEST_END};

static const peer_entry peers[] = {PEER(listens), PEER(sends_and_lives), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.pipe", cases, peers);
}
