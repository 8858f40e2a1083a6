/* byname event. */
#include "tool_support.h"

#include <stdio.h>

static void event_wait_gives_up(void)
{
    const char *name = fresh_name();
    const test_output *output;
    char expected[256];

    snprintf(expected, sizeof expected, "byname event wait: no time left for \"%s\"\n", name);
    CHECK_INT(TOOL(&output, "event", "wait", name, "-w", "0.05"), 124);
    CHECK_STR(output->err, expected);
    CHECK_INT(TOOL(&output, "event", "wait", "-n", name), 124);
    CHECK_INT(TOOL(&output, "event", "wait", "-nE", "9", name), 9);
    CHECK_INT(TOOL(&output, "event", "wait", "-v", "-w.05", name), 124);
    CHECK_CONTAINS(output->err, "byname event wait: waiting for \"");
}

static void event_set_lets_one_waiter_through(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_event *event;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "event", "set", name), 0);
    CHECK_STR(output->out, "");
    CHECK_STR(output->err, "");
    CHECK_INT(TOOL(&output, "event", "wait", name, "-n", "-v"), 0);
    CHECK_CONTAINS(output->err, "byname event wait: got \"");
    CHECK_INT(TOOL(&output, "event", "wait", name, "-n"), 124);
    byn_event_close(event);
}

static void event_wait_makes_the_event(void)
{
    const char *name = fresh_name();
    byn_process *waiter = START("event", "wait", name, "-w", "600");
    const test_output *output;

    until_open(name);
    CHECK_INT(TOOL(&output, "event", "set", name), 0);
    CHECK_INT(command_end(waiter), 0);
    CHECK_INT(TOOL(&output, "event", "set", name), 1);
}

static void event_of_manual_reset_stays_set(void)
{
    const char *name = fresh_name();
    byn_process *waiter = START("event", "wait", name, "--manual");
    const test_output *output;
    byn_event *event;

    until_open(name);
    CHECK_STATUS(byn_event_open(
                     &event, name,
                     &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY, .manual_reset = true)),
                 BYN_OK);
    CHECK_INT(TOOL(&output, "event", "set", name), 0);
    CHECK_INT(command_end(waiter), 0);
    CHECK_INT(TOOL(&output, "event", "wait", name, "-n"), 0);
    CHECK_INT(TOOL(&output, "event", "wait", name, "-n", "--manual"), 0);
    CHECK_INT(TOOL(&output, "event", "reset", name), 0);
    CHECK_INT(TOOL(&output, "event", "wait", name, "-n"), 124);
    byn_event_close(event);
}

static void event_get_tells_by_output_and_code(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_event *event;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "event", "get", name), 1);
    CHECK_STR(output->out, "reset\n");
    CHECK_STR(output->err, "");
    byn_event_set(event);
    CHECK_INT(TOOL(&output, "event", "get", name), 0);
    CHECK_STR(output->out, "set\n");
    CHECK_INT(TOOL(&output, "event", "get", name, "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"set\": true");
    byn_event_reset(event);
    CHECK_INT(TOOL(&output, "event", "get", "-j", name), 1);
    CHECK_CONTAINS(output->out, "\"set\": false");
    byn_event_close(event);
}

static void event_of_nobody_is_an_error(void)
{
    check_nobody_has_it("event", "set", "byname event hold \"");
    check_nobody_has_it("event", "reset", "byname event hold \"");
    check_nobody_has_it("event", "get", "byname event hold \"");
}

static void event_hold_keeps_it_open(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "event", "hold", name, TOOL_COMMAND("event", "get", name)), 1);
    CHECK_STR(output->out, "reset\n");
    CHECK_INT(TOOL(&output, "event", "hold", name, "--set", TOOL_COMMAND("event", "get", name)), 0);
    CHECK_STR(output->out, "set\n");
    CHECK_INT(TOOL(&output, "event", "hold", "--manual", name, TOOL_COMMAND("show", name)), 0);
    CHECK_CONTAINS(output->out, "manual_reset  yes");
    CHECK_INT(TOOL(&output, "event", "hold", name, TOOL_COMMAND("show", name, "--json")), 0);
    CHECK_CONTAINS(output->out, "\"manual_reset\": false");
    CHECK_INT(TOOL(&output, "event", "hold", name, COMMAND("exits_with", "37")), 37);
    CHECK_STR(output->err, "");
}

static void event_hold_killed_ends_its_command(void)
{
    const char *name = fresh_name();
    const char *of_command = fresh_name();
    const char *said = fresh_name();
    byn_process *holder;
    const test_output *output;
    byn_mutex *mutex;
    byn_event *ready;

    REQUIRE_STATUS(byn_mutex_open(&mutex, of_command, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    holder = START("event", "hold", name, LONG_COMMAND(of_command, said));
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    CHECK_STATUS(byn_process_kill(holder), BYN_OK);
    CHECK_STATUS(byn_process_wait(holder, PATIENCE, NULL), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, PATIENCE), BYN_ABANDONED);
    byn_mutex_unlock(mutex);
    CHECK_INT(TOOL(&output, "event", "get", name), 1);
    CHECK_CONTAINS(output->err, "nobody has");
    byn_process_close(holder);
    byn_event_close(ready);
    byn_mutex_close(mutex);
    until_all_is_gone();
}

static void event_refuses_another_kind(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_mutex *mutex;

    REQUIRE_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "event", "wait", name), 1);
    CHECK_CONTAINS(output->err, "BYN_E_MISMATCH");
    CHECK_INT(TOOL(&output, "event", "set", name), 1);
    CHECK_CONTAINS(output->err, "BYN_E_MISMATCH");
    CHECK_INT(TOOL(&output, "event", "hold", name, COMMAND("exits_with", "0")), 125);
    CHECK_CONTAINS(output->err, "BYN_E_MISMATCH");
    byn_mutex_close(mutex);
}

static const test_case cases[] = {TEST(event_wait_gives_up),
                                  TEST(event_set_lets_one_waiter_through),
                                  TEST(event_wait_makes_the_event),
                                  TEST(event_of_manual_reset_stays_set),
                                  TEST(event_get_tells_by_output_and_code),
                                  TEST(event_of_nobody_is_an_error),
                                  TEST(event_hold_keeps_it_open),
                                  TEST(event_hold_killed_ends_its_command),
                                  TEST(event_refuses_another_kind),
                                  TEST_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.event", cases, tool_peers);
}
