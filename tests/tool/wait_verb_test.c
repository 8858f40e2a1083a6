/* byname wait. */
#include "tool_support.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct three {
    const char *mutex_name;
    const char *event_name;
    const char *semaphore_name;
    byn_mutex *mutex;
    byn_event *event;
    byn_semaphore *semaphore;
} three;

static three begin(bool undo)
{
    three t = {
        .mutex_name = fresh_name(), .event_name = fresh_name(), .semaphore_name = fresh_name()};

    REQUIRE_STATUS(byn_mutex_open(&t.mutex, t.mutex_name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&t.event, t.event_name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_semaphore_open(&t.semaphore, t.semaphore_name,
                                      &BYN_OPTIONS(byn_semaphore_options, .initial = 1,
                                                   .maximum = 2, .undo = undo)),
                   BYN_CREATED);
    return t;
}

static void end(three *t)
{
    byn_semaphore_close(t->semaphore);
    byn_event_close(t->event);
    byn_mutex_close(t->mutex);
}

static uint32_t permits_of(const three *t)
{
    uint32_t value = UINT32_MAX;

    CHECK_STATUS(byn_semaphore_value(t->semaphore, &value), BYN_OK);
    return value;
}

static const char *line_of(const char *text)
{
    static char line[300];

    snprintf(line, sizeof line, "%s\n", text);
    return line;
}

#define NAMES(t_) (t_).event_name, (t_).mutex_name, (t_).semaphore_name

static void any_takes_one_and_prints_it(void)
{
    three t = begin(false);
    const test_output *output;

    CHECK_INT(TOOL(&output, "wait", "--any", NAMES(t)), 0);
    CHECK_STR(output->out, line_of(t.mutex_name));
    CHECK_STR(output->err, "");
    CHECK_INT(permits_of(&t), 1);
    CHECK_STATUS(byn_mutex_lock(t.mutex, BYN_NOW), BYN_OK);
    CHECK_INT(TOOL(&output, "wait", "--any", "-v", NAMES(t)), 0);
    CHECK_STR(output->out, line_of(t.semaphore_name));
    CHECK_CONTAINS(output->err, "byname wait: got \"");
    CHECK_INT(permits_of(&t), 0);
    CHECK_INT(TOOL(&output, "wait", "--any", "-w", "0.05", NAMES(t)), 124);
    CHECK_CONTAINS(output->err, "byname wait: no time left for \"");
    CHECK_CONTAINS(output->err, "\" or \"");
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "wait", "--any", "-nE", "9", NAMES(t)), 9);
    byn_event_set(t.event);
    CHECK_INT(TOOL(&output, "wait", NAMES(t), "--any", "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, t.event_name);
    CHECK_CONTAINS(output->out, "\"abandoned\": false");
    CHECK(!byn_event_is_set(t.event));
    byn_mutex_unlock(t.mutex);
    end(&t);
}

static void any_holds_what_it_took_while_the_command_runs(void)
{
    three t = begin(true);
    const test_output *output;

    CHECK_INT(TOOL(&output, "wait", "--any", NAMES(t),
                   TOOL_COMMAND("run", "-nl", t.mutex_name, COMMAND("exits_with", "0"))),
              124);
    CHECK_STATUS(byn_mutex_lock(t.mutex, BYN_NOW), BYN_OK);
    CHECK_INT(TOOL(&output, "wait", "--any", NAMES(t),
                   TOOL_COMMAND("semaphore", "value", t.semaphore_name)),
              0);
    CHECK_STR(output->out, "0\n");
    CHECK_INT(permits_of(&t), 1);
    CHECK_INT(TOOL(&output, "wait", "--any", NAMES(t), COMMAND("says_what_was_taken", "")), 0);
    CHECK_STR(output->out, line_of(t.semaphore_name));
    CHECK_INT(TOOL(&output, "wait", "--any", NAMES(t), COMMAND("exits_with", "37")), 37);
    CHECK_INT(TOOL(&output, "wait", "--any", NAMES(t), "--", "no-such-command-anywhere"), 127);
    CHECK_INT(permits_of(&t), 1);
    byn_mutex_unlock(t.mutex);
    end(&t);
}

static void all_takes_all_or_none(void)
{
    three t = begin(false);
    const test_output *output;

    CHECK_INT(TOOL(&output, "wait", "--all", "-n", NAMES(t)), 124);
    CHECK_CONTAINS(output->err, "\" and \"");
    CHECK_INT(permits_of(&t), 1);
    byn_event_set(t.event);
    CHECK_INT(TOOL(&output, "wait", "--all", NAMES(t),
                   TOOL_COMMAND("semaphore", "value", t.semaphore_name)),
              0);
    CHECK_STR(output->out, "0\n");
    CHECK_INT(permits_of(&t), 1);
    CHECK(!byn_event_is_set(t.event));
    CHECK_STATUS(byn_mutex_lock(t.mutex, BYN_NOW), BYN_OK);
    byn_mutex_unlock(t.mutex);
    byn_event_set(t.event);
    CHECK_INT(TOOL(&output, "wait", "--all", NAMES(t), COMMAND("says_what_was_taken", "")), 0);
    CHECK_STR(output->out, "-\n");
    byn_event_set(t.event);
    CHECK_INT(TOOL(&output, "wait", "--all", "-j", NAMES(t)), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, t.mutex_name);
    CHECK_CONTAINS(output->out, t.event_name);
    CHECK_CONTAINS(output->out, t.semaphore_name);
    CHECK_INT(permits_of(&t), 0);
    end(&t);
}

static void permits_with_undo_come_back_without_a_word(void)
{
    three t = begin(true);
    const test_output *output;

    CHECK_INT(TOOL(&output, "wait", "--any", t.semaphore_name), 0);
    CHECK_INT(permits_of(&t), 1);
    CHECK_STATUS(byn_semaphore_acquire(t.semaphore, 1, BYN_NOW), BYN_OK);
    byn_semaphore_release(t.semaphore, 1, NULL);
    end(&t);
}

static void waiting_ends_when_one_can_be_had(void)
{
    three t = begin(false);
    byn_process *waiter;

    CHECK_STATUS(byn_mutex_lock(t.mutex, BYN_NOW), BYN_OK);
    waiter = START("wait", "--any", t.event_name, t.mutex_name, COMMAND("exits_with", "8"));
    CHECK_STATUS(byn_process_wait(waiter, 100, NULL), BYN_E_TIMEDOUT);
    byn_event_set(t.event);
    CHECK_INT(command_end(waiter), 8);
    byn_mutex_unlock(t.mutex);
    end(&t);
}

/* Each needs both; which name comes first does not matter. */
static void mutexes_are_made_if_asked(void)
{
    enum { COMMANDS = 4, ADDITIONS = 10 };
    const char *left = fresh_name();
    const char *right = fresh_name();
    const char *counter = fresh_name();
    byn_process *processes[COMMANDS];
    byn_value *value;
    int64_t number = 0;
    int i;

    REQUIRE_STATUS(byn_value_open(&value, counter, NULL), BYN_CREATED);
    for (i = 0; i < COMMANDS; i++)
        processes[i] = START("wait", "--all", "--mutex", i % 2 == 0 ? left : right,
                             i % 2 == 0 ? right : left, COMMAND("adds_slowly", counter));
    for (i = 0; i < COMMANDS; i++)
        CHECK_INT(command_end(processes[i]), 0);
    byn_value_get(value, &number);
    CHECK_INT(number, COMMANDS * ADDITIONS);
    byn_value_close(value);
}

static void a_killed_holder_gives_back_and_is_told(void)
{
    three t = begin(true);
    const char *of_command = fresh_name();
    const char *said = fresh_name();
    const test_output *output;
    byn_process *holder;
    byn_mutex *mutex;
    byn_event *ready;

    REQUIRE_STATUS(byn_mutex_open(&mutex, of_command, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    holder = START("wait", "--all", t.mutex_name, t.semaphore_name, LONG_COMMAND(of_command, said));
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    CHECK_INT(TOOL(&output, "wait", "--any", "-n", t.mutex_name, t.semaphore_name), 124);
    CHECK_STATUS(byn_process_kill(holder), BYN_OK);
    CHECK_INT(TOOL(&output, "wait", "--any", t.mutex_name), 0);
    CHECK_CONTAINS(output->err, "byname wait: warning: the last owner (byname");
    CHECK_INT(
        TOOL(&output, "wait", "--all", t.mutex_name, t.semaphore_name, COMMAND("exits_with", "3")),
        3);
    CHECK_CONTAINS(output->err, "byname wait: warning: a process died holding one or more of \"");
    CHECK_STATUS(byn_mutex_lock(mutex, PATIENCE), BYN_ABANDONED);
    byn_mutex_unlock(mutex);
    CHECK_INT(TOOL(&output, "wait", "--all", t.mutex_name, t.semaphore_name), 0);
    CHECK_STR(output->err, "");
    byn_process_close(holder);
    byn_event_close(ready);
    byn_mutex_close(mutex);
    end(&t);
    until_all_is_gone();
}

static void errors_are_told(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_value *value;

    CHECK_INT(TOOL(&output, "wait", name), 2);
    CHECK_STR(output->err, "byname wait: for one of them or for all? --any or --all is missing\n"
                           "See: byname help wait\n");
    CHECK_INT(TOOL(&output, "wait", "--any", "--all", name), 2);
    CHECK_CONTAINS(output->err, "not both");
    CHECK_INT(TOOL(&output, "wait", "--any"), 2);
    CHECK_CONTAINS(output->err, "The names are missing");
    CHECK_INT(TOOL(&output, "wait", "--any", name, "--"), 125);
    CHECK_CONTAINS(output->err, "There is none behind \"--\"");
    CHECK_INT(TOOL(&output, "wait", "--any", name, "-j", COMMAND("exits_with", "0")), 125);
    CHECK_CONTAINS(output->err, "--json is for a wait without a command");
    CHECK_INT(TOOL(&output, "wait", "--any", name), 1);
    CHECK_CONTAINS(output->err, "byname wait: nobody has \"");
    CHECK_CONTAINS(output->err, "--mutex");
    CHECK_INT(TOOL(&output, "wait", "--any", "--mutex", "planet:x"), 1);
    CHECK_CONTAINS(output->err, "BYN_E_NAME");
    CHECK_INT(TOOL(&output, "wait", "--any", "--mutex", name, name), 1);
    CHECK_CONTAINS(output->err, "BYN_E_INVALID");
    REQUIRE_STATUS(byn_value_open(&value, name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "wait", "--any", "--mutex", name), 1);
    CHECK_CONTAINS(output->err,
                   "is of kind \"value\": only mutexes, events and semaphores can be waited for");
    byn_value_close(value);
}

static int says_what_was_taken(peer_self *self, int argc, char **argv)
{
    const char *name = getenv("BYNAME_TAKEN");

    (void)argc;
    (void)argv;
    peer_say(self, "%s", name != NULL ? name : "-");
    return 0;
}

static const test_case cases[] = {TEST(any_takes_one_and_prints_it),
                                  TEST(any_holds_what_it_took_while_the_command_runs),
                                  TEST(all_takes_all_or_none),
                                  TEST(permits_with_undo_come_back_without_a_word),
                                  TEST(waiting_ends_when_one_can_be_had),
                                  TEST(mutexes_are_made_if_asked),
                                  TEST(a_killed_holder_gives_back_and_is_told),
                                  TEST(errors_are_told),
                                  TEST_END};

static const peer_entry peers[] = {PEER(exits_with), PEER(adds_slowly), PEER(holds_for_ever),
                                   PEER(says_what_was_taken), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.wait", cases, peers);
}
