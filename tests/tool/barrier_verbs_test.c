/* byname barrier. */
#include "tool_support.h"

#include <stdio.h>

/* Starts `barrier wait`, whose output nobody needs. */
static byn_process *start_waiter(const char *name)
{
    const char *const argv[] = {TOOL_PATH, "barrier", "wait", name, "-p", "2", NULL};
    byn_process *process = NULL;

    REQUIRE_STATUS(
        byn_process_start(&process, argv,
                          &BYN_OPTIONS(byn_process_options, .standard_output = BYN_STDIO_NULL,
                                       .standard_error = BYN_STDIO_NULL)),
        BYN_OK);
    return process;
}

static byn_barrier *barrier_of_two(const char *name)
{
    byn_barrier *barrier = NULL;

    REQUIRE_STATUS(
        byn_barrier_open(&barrier, name, &BYN_OPTIONS(byn_barrier_options, .parties = 2)),
        BYN_CREATED);
    return barrier;
}

static bool one_waits(void *barrier)
{
    return byn_barrier_waiting(barrier) == 1;
}

static bool is_broken(void *barrier)
{
    return byn_barrier_is_broken(barrier);
}

static void all_go_on_together(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = barrier_of_two(name);
    const test_output *output;
    int round;

    for (round = 0; round < 3; round++) {
        byn_process *waiter = start_waiter(name);

        until(one_waits, barrier);
        CHECK_INT(TOOL(&output, "barrier", "wait", "-v", name), 0);
        CHECK(output->out_size == 2 && (output->out[0] == '0' || output->out[0] == '1'));
        CHECK_CONTAINS(output->err, "byname barrier wait: waiting for 2 at \"");
        CHECK_INT(command_end(waiter), 0);
    }
    byn_barrier_close(barrier);
}

static void wait_makes_the_barrier(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_process *waiter;

    CHECK_INT(TOOL(&output, "barrier", "wait", name, "--parties", "1"), 0);
    CHECK_STR(output->out, "0\n");
    CHECK_INT(TOOL(&output, "barrier", "wait", name, "--parties=1", "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"index\": 0,\n  \"last\": true");
    waiter = start_waiter(name);
    until_open(name);
    CHECK_INT(TOOL(&output, "barrier", "wait", name), 0);
    CHECK_INT(command_end(waiter), 0);
}

static void who_gives_up_breaks_it_until_its_reset(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = barrier_of_two(name);
    const test_output *output;

    CHECK_INT(TOOL(&output, "barrier", "show", name), 0);
    CHECK_STR(output->out, "0 of 2 wait\n");
    CHECK_INT(TOOL(&output, "show", "--json", name), 0);
    CHECK_CONTAINS(output->out, "\"broken\": false");
    CHECK_INT(TOOL(&output, "barrier", "wait", name, "-w.05"), 124);
    CHECK_CONTAINS(output->err, ", which is broken by that for all\n");
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "barrier", "wait", name), 3);
    CHECK_CONTAINS(output->err,
                   "\" is broken: one gave up, died or aborted it; byname barrier reset");
    CHECK_INT(TOOL(&output, "barrier", "show", name), 3);
    CHECK_STR(output->out, "0 of 2 wait, broken\n");
    CHECK_INT(TOOL(&output, "barrier", "show", name, "--json"), 3);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"parties\": 2,\n  \"waiting\": 0,\n  \"broken\": true");
    CHECK_INT(TOOL(&output, "barrier", "reset", name), 0);
    CHECK_INT(TOOL(&output, "barrier", "show", name), 0);
    CHECK_INT(TOOL(&output, "barrier", "wait", name, "-nE9"), 9);
    byn_barrier_close(barrier);
}

static void abort_ends_the_wait_of_others(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = barrier_of_two(name);
    byn_process *waiter = start_waiter(name);
    const test_output *output;

    until(one_waits, barrier);
    CHECK_INT(TOOL(&output, "barrier", "abort", name), 0);
    CHECK_INT(command_end(waiter), 3);
    CHECK_INT(TOOL(&output, "barrier", "wait", name), 3);
    byn_barrier_close(barrier);
}

static void a_killed_waiter_breaks_it(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = barrier_of_two(name);
    byn_process *waiter = start_waiter(name);
    const test_output *output;

    until(one_waits, barrier);
    CHECK_STATUS(byn_process_kill(waiter), BYN_OK);
    CHECK_STATUS(byn_process_wait(waiter, PATIENCE, NULL), BYN_OK);
    CHECK_INT(TOOL(&output, "barrier", "wait", name), 3);
    byn_process_close(waiter);
    byn_barrier_close(barrier);
    until_all_is_gone();
}

/* One that is a party breaks it by its death even while it does not wait; one that is none does not. */
static void a_killed_party_breaks_it(void)
{
    const char *name = fresh_name();
    const char *said = fresh_name();
    byn_barrier *barrier = barrier_of_two(name);
    const test_output *output;
    byn_process *party;
    byn_event *ready;

    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    party = START("barrier", "hold", name, LONG_COMMAND(fresh_name(), said));
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    CHECK_STATUS(byn_process_kill(party), BYN_OK);
    CHECK_STATUS(byn_process_wait(party, PATIENCE, NULL), BYN_OK);
    byn_process_close(party);
    CHECK_INT(TOOL(&output, "barrier", "show", name), 0);

    party = START("barrier", "hold", name, "--party", LONG_COMMAND(fresh_name(), said));
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    CHECK_STATUS(byn_process_kill(party), BYN_OK);
    CHECK_STATUS(byn_process_wait(party, PATIENCE, NULL), BYN_OK);
    until(is_broken, barrier);
    CHECK_INT(TOOL(&output, "barrier", "wait", name), 3);
    byn_process_close(party);
    byn_event_close(ready);
    byn_barrier_close(barrier);
    until_all_is_gone();
}

static void hold_keeps_it_open(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "barrier", "hold", name, "-p3", TOOL_COMMAND("barrier", "show", name)),
              0);
    CHECK_STR(output->out, "0 of 3 wait\n");
    CHECK_INT(TOOL(&output, "barrier", "hold", name, "-p3", "--party", COMMAND("exits_with", "37")),
              37);
}

static void errors_are_told(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_barrier *barrier;

    check_nobody_has_it("barrier", "abort", "byname barrier hold \"");
    check_nobody_has_it("barrier", "reset", "byname barrier hold \"");
    check_nobody_has_it("barrier", "show", "byname barrier hold \"");
    check_nobody_has_it("barrier", "wait", "to make it say how many meet: --parties N");
    CHECK_INT(TOOL(&output, "barrier", "wait", name, "-p", "0"), 2);
    CHECK_CONTAINS(output->err, "-p cannot be \"0\"");
    CHECK_INT(TOOL(&output, "barrier", "hold", name, "-p2"), 125);
    CHECK_CONTAINS(output->err, "which command?");
    CHECK_INT(TOOL(&output, "barrier", "rest", name), 2);
    CHECK_CONTAINS(output->err, "\"reset\" was meant?");
    barrier = barrier_of_two(name);
    CHECK_INT(TOOL(&output, "barrier", "wait", name, "-p3"), 1);
    CHECK_CONTAINS(output->err, "BYN_E_MISMATCH");
    byn_barrier_close(barrier);
}

static const test_case cases[] = {TEST(all_go_on_together),
                                  TEST(wait_makes_the_barrier),
                                  TEST(who_gives_up_breaks_it_until_its_reset),
                                  TEST(abort_ends_the_wait_of_others),
                                  TEST(a_killed_waiter_breaks_it),
                                  TEST(a_killed_party_breaks_it),
                                  TEST(hold_keeps_it_open),
                                  TEST(errors_are_told),
                                  TEST_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.barrier", cases, tool_peers);
}
