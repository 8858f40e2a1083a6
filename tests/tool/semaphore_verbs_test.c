/* byname semaphore. */
#include "tool_support.h"

#include <stdio.h>

static byn_semaphore *semaphore_of(const char *name, uint32_t initial, uint32_t maximum)
{
    byn_semaphore *semaphore = NULL;

    REQUIRE_STATUS(byn_semaphore_open(
                       &semaphore, name,
                       &BYN_OPTIONS(byn_semaphore_options, .initial = initial, .maximum = maximum)),
                   BYN_CREATED);
    return semaphore;
}

static uint32_t value_of(byn_semaphore *semaphore)
{
    uint32_t value = UINT32_MAX;

    CHECK_STATUS(byn_semaphore_value(semaphore, &value), BYN_OK);
    return value;
}

static void semaphore_acquire_holds_while_the_command_runs(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = semaphore_of(name, 3, 3);
    const test_output *output;

    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, TOOL_COMMAND("semaphore", "value", name)),
              0);
    CHECK_STR(output->out, "2\n");
    CHECK_INT(value_of(semaphore), 3);
    CHECK_INT(TOOL(&output, "semaphore", "acquire", "-c", "3", name,
                   TOOL_COMMAND("semaphore", "value", name)),
              0);
    CHECK_STR(output->out, "0\n");
    CHECK_STR(output->err, "");
    CHECK_INT(value_of(semaphore), 3);
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, COMMAND("exits_with", "37")), 37);
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "--", "no-such-command-anywhere"), 127);
    CHECK_INT(value_of(semaphore), 3);
    byn_semaphore_close(semaphore);
}

static void semaphore_acquire_makes_it_if_told_how(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "-m", "3", "-c2",
                   TOOL_COMMAND("semaphore", "value", name)),
              0);
    CHECK_STR(output->out, "1\n");
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "--maximum=9", "--initial", "5",
                   TOOL_COMMAND("semaphore", "value", name)),
              0);
    CHECK_STR(output->out, "4\n");
    CHECK_INT(
        TOOL(&output, "semaphore", "acquire", name, "-m3", "-i0", "-n", COMMAND("exits_with", "0")),
        124);
    CHECK_CONTAINS(output->err, "; the command was not run\n");
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, COMMAND("exits_with", "0")), 125);
    CHECK_CONTAINS(output->err, "nobody has \"");
    CHECK_CONTAINS(output->err, "-m MAXIMUM");
}

static void semaphore_acquire_gives_up(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = semaphore_of(name, 1, 2);
    const test_output *output;

    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "-c2", "-w", "0.05"), 124);
    CHECK_CONTAINS(output->err, "byname semaphore acquire: no time left for \"");
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "-nc2", "-E7",
                   COMMAND("says_its_arguments", "in")),
              7);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "-c", "3", "-n"), 1);
    CHECK_CONTAINS(output->err, "byn_semaphore_acquire");
    CHECK_INT(value_of(semaphore), 1);
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "-vc2", "-w.05"), 124);
    CHECK_CONTAINS(output->err, "waiting for \"");
    byn_semaphore_close(semaphore);
}

static void semaphore_acquire_waits_for_a_release(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = semaphore_of(name, 0, 5);
    byn_process *waiter =
        START("semaphore", "acquire", name, "-c", "2", COMMAND("exits_with", "8"));
    const test_output *output;

    CHECK_INT(TOOL(&output, "semaphore", "release", name), 0);
    CHECK_STATUS(byn_process_wait(waiter, 100, NULL), BYN_E_TIMEDOUT);
    CHECK_INT(TOOL(&output, "semaphore", "release", name, "--count", "1"), 0);
    CHECK_INT(command_end(waiter), 8);
    CHECK_INT(value_of(semaphore), 2);
    byn_semaphore_close(semaphore);
}

static void semaphore_acquire_without_command_takes_for_good(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = semaphore_of(name, 2, 2);
    const test_output *output;

    CHECK_INT(TOOL(&output, "semaphore", "acquire", name), 0);
    CHECK_STR(output->out, "");
    CHECK_INT(value_of(semaphore), 1);
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "-v"), 0);
    CHECK_CONTAINS(output->err, "got \"");
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "-n"), 124);
    byn_semaphore_close(semaphore);
}

/* Four racing creators, one at a time. */
static void semaphore_lets_one_command_in_at_a_time(void)
{
    enum { COMMANDS = 4, ADDITIONS = 10 };
    const char *name = fresh_name();
    const char *counter = fresh_name();
    byn_process *processes[COMMANDS];
    byn_value *value;
    int64_t number = 0;
    int i;

    REQUIRE_STATUS(byn_value_open(&value, counter, NULL), BYN_CREATED);
    for (i = 0; i < COMMANDS; i++)
        processes[i] =
            START("semaphore", "acquire", name, "-m", "1", COMMAND("adds_slowly", counter));
    for (i = 0; i < COMMANDS; i++)
        CHECK_INT(command_end(processes[i]), 0);
    byn_value_get(value, &number);
    CHECK_INT(number, COMMANDS * ADDITIONS);
    byn_value_close(value);
}

static void semaphore_release_stays_below_the_maximum(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = semaphore_of(name, 1, 3);
    const test_output *output;

    CHECK_INT(TOOL(&output, "semaphore", "release", name, "-c", "3"), 1);
    CHECK_CONTAINS(output->err, "byname semaphore release: ");
    CHECK_CONTAINS(output->err, "BYN_E_LIMIT");
    CHECK_INT(value_of(semaphore), 1);
    CHECK_INT(TOOL(&output, "semaphore", "release", name, "-c", "2"), 0);
    CHECK_INT(value_of(semaphore), 3);
    byn_semaphore_close(semaphore);
}

static void semaphore_value_is_printed(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = semaphore_of(name, 12, 20);
    const test_output *output;

    CHECK_INT(TOOL(&output, "semaphore", "value", name), 0);
    CHECK_STR(output->out, "12\n");
    CHECK_INT(TOOL(&output, "semaphore", "value", name, "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"permits\": 12");
    byn_semaphore_close(semaphore);
}

static void semaphore_of_nobody_is_an_error(void)
{
    check_nobody_has_it("semaphore", "release", "byname semaphore hold \"");
    check_nobody_has_it("semaphore", "value", "byname semaphore hold \"");
    check_nobody_has_it("semaphore", "acquire", "byname semaphore hold \"");
}

static void semaphore_hold_keeps_it_open(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "semaphore", "hold", name, "-m", "4", "-i", "1",
                   TOOL_COMMAND("semaphore", "value", name)),
              0);
    CHECK_STR(output->out, "1\n");
    CHECK_INT(TOOL(&output, "semaphore", "hold", name, COMMAND("exits_with", "0")), 125);
    CHECK_CONTAINS(output->err, "to make it say how: -m MAXIMUM, or -i INITIAL");
    CHECK_INT(TOOL(&output, "semaphore", "hold", name, "-i2", COMMAND("exits_with", "5")), 5);
}

static void semaphore_permits_of_the_killed_come_back(void)
{
    const char *name = fresh_name();
    const char *of_command = fresh_name();
    const char *said = fresh_name();
    const test_output *output;
    byn_semaphore *semaphore;
    byn_process *holder;
    byn_mutex *mutex;
    byn_event *ready;

    REQUIRE_STATUS(byn_mutex_open(&mutex, of_command, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    holder = START("semaphore", "acquire", name, "-m2", "-c2", LONG_COMMAND(of_command, said));
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, name, NULL), BYN_OK);
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "-n", COMMAND("exits_with", "0")), 124);
    CHECK_STATUS(byn_process_kill(holder), BYN_OK);
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "-c", "2", COMMAND("exits_with", "3")),
              3);
    CHECK_CONTAINS(output->err,
                   "byname semaphore acquire: warning: a process died holding permits");
    CHECK_STATUS(byn_mutex_lock(mutex, PATIENCE), BYN_ABANDONED);
    byn_mutex_unlock(mutex);
    CHECK_INT(TOOL(&output, "semaphore", "acquire", name, "-c", "2", COMMAND("exits_with", "3")),
              3);
    CHECK_STR(output->err, "");
    byn_process_close(holder);
    byn_event_close(ready);
    byn_mutex_close(mutex);
    byn_semaphore_close(semaphore);
    until_all_is_gone();
}

/* It would be given back at once. */
static void semaphore_with_undo_is_not_taken_without_a_command(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(
        TOOL(&output, "semaphore", "hold", name, "-m2", TOOL_COMMAND("semaphore", "acquire", name)),
        1);
    CHECK_CONTAINS(output->err, "comes back when its taker ends");
    CHECK_INT(TOOL(&output, "semaphore", "hold", name, "-m2", "--plain",
                   TOOL_COMMAND("semaphore", "acquire", name)),
              0);
    CHECK_STR(output->err, "");
}

static const test_case cases[] = {TEST(semaphore_acquire_holds_while_the_command_runs),
                                  TEST(semaphore_acquire_makes_it_if_told_how),
                                  TEST(semaphore_acquire_gives_up),
                                  TEST(semaphore_acquire_waits_for_a_release),
                                  TEST(semaphore_acquire_without_command_takes_for_good),
                                  TEST(semaphore_lets_one_command_in_at_a_time),
                                  TEST(semaphore_release_stays_below_the_maximum),
                                  TEST(semaphore_value_is_printed),
                                  TEST(semaphore_of_nobody_is_an_error),
                                  TEST(semaphore_hold_keeps_it_open),
                                  TEST(semaphore_permits_of_the_killed_come_back),
                                  TEST(semaphore_with_undo_is_not_taken_without_a_command),
                                  TEST_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.semaphore", cases, tool_peers);
}
