/* byname condition. */
#include "tool_support.h"

#include <stdio.h>

/* A command for `condition wait`: the value argv[0] is at least argv[1]. */
#define AT_LEAST(name_, number_) COMMAND("value_is_at_least", name_, number_)

typedef struct setup {
    const char *name;
    const char *lock;
    const char *data;
    byn_condition *condition;
    byn_mutex *mutex;
    byn_value *value;
} setup;

static setup begin(void)
{
    setup s = {.name = fresh_name(), .lock = fresh_name(), .data = fresh_name()};

    REQUIRE_STATUS(byn_condition_open(&s.condition, s.name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_open(&s.mutex, s.lock, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_value_open(&s.value, s.data, NULL), BYN_CREATED);
    return s;
}

static void end(setup *s)
{
    byn_value_close(s->value);
    byn_mutex_close(s->mutex);
    byn_condition_close(s->condition);
}

static void add(const setup *s)
{
    CHECK_STATUS(byn_mutex_lock(s->mutex, PATIENCE), BYN_OK);
    byn_value_add(s->value, 1, NULL);
    byn_mutex_unlock(s->mutex);
}

static void wait_ends_when_the_command_says_yes(void)
{
    setup s = begin();
    const test_output *output;
    byn_process *waiter =
        START("condition", "wait", s.name, "--lock", s.lock, AT_LEAST(s.data, "2"));
    byn_process *other =
        START("condition", "wait", s.name, "--lock", s.lock, AT_LEAST(s.data, "1"));

    add(&s);
    CHECK_INT(TOOL(&output, "condition", "notify", s.name, "--all"), 0);
    CHECK_STR(output->out, "");
    CHECK_INT(command_end(other), 0);
    CHECK_STATUS(byn_process_wait(waiter, 100, NULL), BYN_E_TIMEDOUT);
    add(&s);
    CHECK_INT(TOOL(&output, "condition", "notify", s.name), 0);
    CHECK_INT(command_end(waiter), 0);
    CHECK_INT(TOOL(&output, "condition", "wait", s.name, "--lock", s.lock, AT_LEAST(s.data, "2")),
              0);
    CHECK_STATUS(byn_mutex_lock(s.mutex, BYN_NOW), BYN_OK);
    byn_mutex_unlock(s.mutex);
    end(&s);
}

/* The command holds the mutex by way of byname: nobody else gets it meanwhile. */
static void the_command_runs_with_the_mutex_held(void)
{
    setup s = begin();
    const test_output *output;

    CHECK_INT(TOOL(&output, "condition", "wait", s.name, "-l", s.lock,
                   TOOL_COMMAND("run", "-nl", s.lock, COMMAND("exits_with", "0"))),
              124);
    CHECK_CONTAINS(output->err, "byname run: no time left for");
    end(&s);
}

static void the_commands_other_codes_are_passed_on(void)
{
    setup s = begin();
    const test_output *output;

    CHECK_INT(TOOL(&output, "condition", "wait", s.name, "-l", s.lock, COMMAND("exits_with", "37")),
              37);
    CHECK_INT(
        TOOL(&output, "condition", "wait", s.name, "-l", s.lock, "--", "no-such-command-anywhere"),
        127);
    CHECK_CONTAINS(output->err, "byname condition wait: \"no-such-command-anywhere\" was not run");
    end(&s);
}

static void wait_gives_up(void)
{
    setup s = begin();
    const test_output *output;

    CHECK_INT(
        TOOL(&output, "condition", "wait", s.name, "-l", s.lock, "-w.05", AT_LEAST(s.data, "1")),
        124);
    CHECK_CONTAINS(output->err, "byname condition wait: no time left for \"");
    CHECK_CONTAINS(output->err, "; the command says no\n");
    CHECK_INT(TOOL(&output, "condition", "wait", s.name, "-l", s.lock, "-nE7"), 7);
    CHECK_STATUS(byn_mutex_lock(s.mutex, BYN_NOW), BYN_OK);
    CHECK_INT(TOOL(&output, "condition", "wait", s.name, "-l", s.lock, "-n"), 124);
    CHECK_CONTAINS(output->err, ", held by tool");
    byn_mutex_unlock(s.mutex);
    end(&s);
}

static bool mutex_was_let_go(void *context)
{
    setup *s = context;
    const test_output *output;

    /* It was taken and let go if the wait began; a notification more does no harm. */
    CHECK_INT(TOOL(&output, "condition", "notify", s->name, "-c", "5"), 0);
    return byn_mutex_lock(s->mutex, BYN_NOW) >= 0 && byn_mutex_unlock(s->mutex) >= 0;
}

typedef struct ending {
    setup *s;
    byn_process *process;
} ending;

static bool ends_if_notified(void *context)
{
    ending *e = context;

    return mutex_was_let_go(e->s) && byn_process_wait(e->process, BYN_NOW, NULL) >= 0;
}

static void wait_without_command_is_for_one_notification(void)
{
    setup s = begin();
    ending e = {&s, START("condition", "wait", s.name, "-l", s.lock)};

    CHECK_STATUS(byn_process_wait(e.process, 100, NULL), BYN_E_TIMEDOUT);
    until(ends_if_notified, &e);
    CHECK_INT(command_end(e.process), 0);
    end(&s);
}

static void a_killed_asker_frees_the_mutex_and_is_told(void)
{
    setup s = begin();
    const char *of_command = fresh_name();
    const char *said = fresh_name();
    const test_output *output;
    byn_process *waiter;
    byn_mutex *mutex;
    byn_event *ready;

    REQUIRE_STATUS(byn_mutex_open(&mutex, of_command, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    waiter = START("condition", "wait", s.name, "-l", s.lock, LONG_COMMAND(of_command, said));
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    CHECK_STATUS(byn_process_kill(waiter), BYN_OK);
    CHECK_INT(TOOL(&output, "condition", "wait", s.name, "-l", s.lock, AT_LEAST(s.data, "0")), 0);
    CHECK_CONTAINS(output->err, "byname condition wait: warning: the last owner (byname");
    CHECK_STATUS(byn_mutex_lock(mutex, PATIENCE), BYN_ABANDONED);
    byn_mutex_unlock(mutex);
    byn_process_close(waiter);
    byn_event_close(ready);
    byn_mutex_close(mutex);
    end(&s);
    until_all_is_gone();
}

/* SIGTERM while it waits, after its command has been run. */
static void terminated_while_waiting_it_ends(void)
{
    setup s = begin();
    byn_process *waiter;
    const char *said = fresh_name();
    byn_event *ready;
    byn_exit result = {false, 0, 0};

    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    waiter = START("condition", "wait", s.name, "-l", s.lock, COMMAND("says_no", said));
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    CHECK_STATUS(byn_process_terminate(waiter), BYN_OK);
    CHECK_STATUS(byn_process_wait(waiter, PATIENCE, &result), BYN_OK);
    CHECK(result.code == 128 + 15 || result.code == BYN_EXIT_KILLED);
    CHECK(byn_mutex_lock(s.mutex, PATIENCE) >= 0);
    byn_mutex_unlock(s.mutex);
    byn_process_close(waiter);
    byn_event_close(ready);
    end(&s);
    until_all_is_gone();
}

static void errors_are_told(void)
{
    const char *name = fresh_name();
    const test_output *output;

    check_nobody_has_it("condition", "notify", "nobody waits");
    CHECK_INT(TOOL(&output, "condition", "wait", name), 2);
    CHECK_STR(output->err,
              "byname condition wait: which mutex guards the data? --lock MUTEX is missing\n"
              "See: byname help condition wait\n");
    CHECK_INT(TOOL(&output, "condition", "wait", name, COMMAND("exits_with", "0")), 125);
    CHECK_INT(TOOL(&output, "condition", "wait", name, "-l", name), 1);
    CHECK_CONTAINS(output->err, "BYN_E_MISMATCH");
    CHECK_INT(TOOL(&output, "condition", "notify", name, "-c", "0"), 2);
    CHECK_CONTAINS(output->err, "-c cannot be \"0\"");
    CHECK_INT(TOOL(&output, "condition", "notify", name, "-c1", "--all"), 2);
    CHECK_CONTAINS(output->err, "not both");
    CHECK_INT(TOOL(&output, "condition", "ntify", name), 2);
    CHECK_CONTAINS(output->err, "\"notify\" was meant?");
}

/* ---- Commands */

static int value_is_at_least(peer_self *self, int argc, char **argv)
{
    byn_value *value;
    int64_t number = 0;

    (void)self;
    if (argc != 2 || byn_value_open(&value, argv[0], NULL) < 0)
        return 99;
    byn_value_get(value, &number);
    byn_value_close(value);
    return number >= argv[1][0] - '0' ? 0 : 1;
}

static int says_no(peer_self *self, int argc, char **argv)
{
    byn_event *asked;

    (void)self;
    if (argc != 1 || byn_event_open(&asked, argv[0], NULL) < 0)
        return 99;
    byn_event_set(asked);
    byn_event_close(asked);
    return 1;
}

static const test_case cases[] = {TEST(wait_ends_when_the_command_says_yes),
                                  TEST(the_command_runs_with_the_mutex_held),
                                  TEST(the_commands_other_codes_are_passed_on),
                                  TEST(wait_gives_up),
                                  TEST(wait_without_command_is_for_one_notification),
                                  TEST(a_killed_asker_frees_the_mutex_and_is_told),
                                  TEST(terminated_while_waiting_it_ends),
                                  TEST(errors_are_told),
                                  TEST_END};

static const peer_entry peers[] = {PEER(exits_with), PEER(holds_for_ever), PEER(value_is_at_least),
                                   PEER(says_no), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.condition", cases, peers);
}
