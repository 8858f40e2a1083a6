/* byname rwlock. */
#include "tool_support.h"

#include <stdio.h>

static void readers_share_and_a_writer_does_not(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "rwlock", "read", name,
                   TOOL_COMMAND("rwlock", "read", name, "-n", COMMAND("exits_with", "37"))),
              37);
    CHECK_STR(output->err, "");
    CHECK_INT(
        TOOL(&output, "rwlock", "read", name,
             TOOL_COMMAND("rwlock", "write", name, "-n", COMMAND("says_its_arguments", "in"))),
        124);
    CHECK_CONTAINS(output->err, ", which has 1 reader; the command was not run\n");
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "rwlock", "write", name,
                   TOOL_COMMAND("rwlock", "read", name, "-w", "0.05", COMMAND("exits_with", "0"))),
              124);
    CHECK_CONTAINS(output->err, "byname rwlock read: no time left for \"");
    CHECK_CONTAINS(output->err, ", which pid ");
    CHECK_INT(TOOL(&output, "rwlock", "write", name,
                   TOOL_COMMAND("rwlock", "write", name, "-nE7", COMMAND("exits_with", "0"))),
              7);
    CHECK_INT(TOOL(&output, "rwlock", "write", name, "-v", COMMAND("exits_with", "5")), 5);
    CHECK_CONTAINS(output->err, "byname rwlock write: got \"");
}

static void writers_go_one_at_a_time(void)
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
        processes[i] = START("rwlock", "write", name, COMMAND("adds_slowly", counter));
    for (i = 0; i < COMMANDS; i++)
        CHECK_INT(command_end(processes[i]), 0);
    byn_value_get(value, &number);
    CHECK_INT(number, COMMANDS * ADDITIONS);
    byn_value_close(value);
}

static void a_killed_writer_is_told_until_one_has_written(void)
{
    const char *name = fresh_name();
    const char *of_command = fresh_name();
    const char *said = fresh_name();
    const test_output *output;
    byn_process *writer;
    byn_rwlock *rwlock;
    byn_mutex *mutex;
    byn_event *ready;

    REQUIRE_STATUS(byn_rwlock_open(&rwlock, name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_open(&mutex, of_command, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    writer = START("rwlock", "write", name, LONG_COMMAND(of_command, said));
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    CHECK_INT(TOOL(&output, "rwlock", "read", "-n", name, COMMAND("exits_with", "0")), 124);
    CHECK_STATUS(byn_process_kill(writer), BYN_OK);
    CHECK_INT(TOOL(&output, "rwlock", "read", name, COMMAND("exits_with", "3")), 3);
    CHECK_CONTAINS(output->err, "byname rwlock read: warning: a writer died holding \"");
    CHECK_STATUS(byn_mutex_lock(mutex, PATIENCE), BYN_ABANDONED);
    byn_mutex_unlock(mutex);
    CHECK_INT(TOOL(&output, "rwlock", "write", name, COMMAND("exits_with", "3")), 3);
    CHECK_CONTAINS(output->err, "byname rwlock write: warning: a writer died holding \"");
    CHECK_INT(TOOL(&output, "rwlock", "read", name, COMMAND("exits_with", "3")), 3);
    CHECK_STR(output->err, "");
    byn_process_close(writer);
    byn_event_close(ready);
    byn_mutex_close(mutex);
    byn_rwlock_close(rwlock);
    until_all_is_gone();
}

static void a_killed_reader_lets_the_writer_in(void)
{
    const char *name = fresh_name();
    const char *of_command = fresh_name();
    const char *said = fresh_name();
    byn_process *reader;
    byn_process *writer;
    byn_event *ready;

    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    reader = START("rwlock", "read", name, LONG_COMMAND(of_command, said));
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    writer = START("rwlock", "write", name, COMMAND("exits_with", "6"));
    CHECK_STATUS(byn_process_wait(writer, 100, NULL), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_process_kill(reader), BYN_OK);
    CHECK_INT(command_end(writer), 6);
    byn_process_close(reader);
    byn_event_close(ready);
    until_all_is_gone();
}

static void errors_are_told(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_event *event;

    CHECK_INT(TOOL(&output, "rwlock", "read", name), 125);
    CHECK_CONTAINS(output->err, "which command? It stands behind \"--\"");
    CHECK_INT(TOOL(&output, "rwlock", "write", COMMAND("exits_with", "0")), 125);
    CHECK_CONTAINS(output->err, "The name is missing");
    CHECK_INT(TOOL(&output, "rwlock", "raed", name), 2);
    CHECK_CONTAINS(output->err, "\"read\" was meant?");
    CHECK_INT(TOOL(&output, "rwlock", "write", name, "--", "no-such-command-anywhere"), 127);
    CHECK_CONTAINS(output->err, "byname rwlock write: \"no-such-command-anywhere\" was not run");
    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "rwlock", "read", name, COMMAND("exits_with", "0")), 125);
    CHECK_CONTAINS(output->err, "BYN_E_MISMATCH");
    byn_event_close(event);
}

static const test_case cases[] = {TEST(readers_share_and_a_writer_does_not),
                                  TEST(writers_go_one_at_a_time),
                                  TEST(a_killed_writer_is_told_until_one_has_written),
                                  TEST(a_killed_reader_lets_the_writer_in),
                                  TEST(errors_are_told),
                                  TEST_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.rwlock", cases, tool_peers);
}
