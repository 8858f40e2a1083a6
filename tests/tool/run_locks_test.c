/* byname run with several locks, semaphores and an event; for the shell; and signals. */
#include "tool_test.h"

#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

/* The tool in the tool, with a command that exits with a number. */
#define INNER(...) TOOL_COMMAND("run", __VA_ARGS__)

void run_takes_several_locks_in_one_order(void)
{
    const char *base = fresh_name();
    const test_output *output;
    char first[160];
    char second[160];
    char expected[640];

    snprintf(first, sizeof first, "%s a \"b\" Zo\xc3\xab", base);
    snprintf(second, sizeof second, "%s c 'd'", base);
    snprintf(expected, sizeof expected, "byname run: got \"%s\"\nbyname run: got \"%s\"\n", first,
             second);
    CHECK_INT(TOOL(&output, "run", "-v", "-l", first, "-l", second, COMMAND("exits_with", "3")), 3);
    CHECK_STR(output->err, expected);
    CHECK_INT(TOOL(&output, "run", "-v", "-l", second, "-l", first, "-l", second,
                   COMMAND("exits_with", "4")),
              4);
    CHECK_STR(output->err, expected);
    CHECK_INT(TOOL(&output, "run", "-v", "--semaphore", second, "--max", "2", "-l", first,
                   COMMAND("exits_with", "5")),
              5);
    CHECK_STR(output->err, expected);
}

void run_takes_all_locks_or_none(void)
{
    const char *base = fresh_name();
    peer *holder;
    byn_mutex *mutex;
    const test_output *output;
    char first[160];
    char second[160];

    snprintf(first, sizeof first, "%s.1", base);
    snprintf(second, sizeof second, "%s.2", base);
    REQUIRE_STATUS(byn_mutex_open(&mutex, first, NULL), BYN_CREATED);
    holder = peer_start(PEER_PROCESS, "holds_mutex", second, NULL);
    peer_expect(holder, "locked");
    CHECK_INT(TOOL(&output, "run", "-n", "-l", first, "-l", second, COMMAND("exits_with", "3")),
              124);
    CHECK_CONTAINS(output->err, second);
    CHECK_STATUS(byn_mutex_lock(mutex, PATIENCE), BYN_OK); /* given back, not left behind */
    CHECK_INT(TOOL(&output, "run", "-w.02", "-l", first, "-l", second, COMMAND("exits_with", "3")),
              124);
    CHECK_CONTAINS(output->err, first);
    byn_mutex_unlock(mutex);
    peer_tell(holder, "unlock");
    peer_finish(holder);
    byn_mutex_close(mutex);
}

void run_shares_a_lock(void)
{
    const char *name = fresh_name();
    const char *mutex = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "run", "-s", "-l", name,
                   INNER("-s", "-n", "-l", name, COMMAND("exits_with", "3"))),
              3);
    CHECK_INT(TOOL(&output, "run", "-s", "-l", name,
                   INNER("-x", "-n", "-l", name, COMMAND("exits_with", "3"))),
              124);
    CHECK_INT(TOOL(&output, "run", "-x", "-l", name,
                   INNER("-s", "-n", "-l", name, COMMAND("exits_with", "3"))),
              124);
    /* What it is already decides for one that says neither. */
    CHECK_INT(
        TOOL(&output, "run", "-s", "-l", name, INNER("-n", "-l", name, COMMAND("exits_with", "3"))),
        124);
    CHECK_CONTAINS(output->err, "which has 1 reader");
    CHECK_INT(TOOL(&output, "run", "-l", mutex,
                   INNER("-x", "-n", "-l", mutex, COMMAND("exits_with", "3"))),
              124);
    CHECK_CONTAINS(output->err, "held by byname");
    CHECK_INT(TOOL(&output, "run", "-l", mutex,
                   INNER("-s", "-n", "-l", mutex, COMMAND("exits_with", "3"))),
              125);
    CHECK_CONTAINS(output->err, "is a mutex, which nobody can share");
}

void run_lets_so_many_commands_in(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "run", "--semaphore", name, COMMAND("exits_with", "3")), 125);
    CHECK_CONTAINS(output->err, "to make it say how many: --max N");
    CHECK_INT(TOOL(&output, "run", "--semaphore", name, "--max", "2",
                   INNER("-n", "--semaphore", name,
                         INNER("-n", "--semaphore", name, COMMAND("exits_with", "3")))),
              124);
    CHECK_INT(TOOL(&output, "run", "--semaphore", name, "--max", "2",
                   INNER("-n", "--semaphore", name, "--max", "2", COMMAND("exits_with", "3"))),
              3);
    CHECK_STR(output->err, "");
}

void run_sets_an_event_when_done(void)
{
    const char *name = fresh_name();
    const char *of_auto = fresh_name();
    const test_output *output;
    byn_event *event;

    REQUIRE_STATUS(byn_event_open(&event, of_auto, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "run", "--event-done", of_auto, "no-such-command-anywhere"), 127);
    CHECK(!byn_event_is_set(event));
    CHECK_INT(TOOL(&output, "run", "--event-done", of_auto, COMMAND("exits_with", "7")), 7);
    CHECK(byn_event_is_set(event));
    byn_event_close(event);

    /* One that is made there stays set for all who wait. */
    CHECK_INT(TOOL(&output, "run", "--event-done", name, TOOL_COMMAND("event", "get", name)), 1);
    CHECK_CONTAINS(output->out, "reset");
    REQUIRE_STATUS(
        byn_event_open(&event, name, &BYN_OPTIONS(byn_event_options, .manual_reset = true)),
        BYN_CREATED);
    CHECK_INT(TOOL(&output, "run", "--event-done", name, TOOL_COMMAND("event", "get", name)), 1);
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_OK);
    byn_event_close(event);
}

void run_gives_a_line_to_the_shell(void)
{
    const char *name = fresh_name();
    const test_output *output;
    bool windows = test_on_windows();

    CHECK_INT(TOOL(&output, "run", "-l", name, "-c",
                   windows ? "echo \"a  b\" & exit 4" : "echo '\"a  b\"'; exit 4"),
              4);
    CHECK_CONTAINS(output->out, "\"a  b\"");
    CHECK_INT(TOOL(&output, "run", "-l", name, "-c", "exit 4", "true"), 125);
    CHECK_CONTAINS(output->err, "\"true\" is too much");
}

void run_refuses_what_does_not_go_together(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "run", "-F", "-l", fresh_name(), "true"), 125);
    CHECK_CONTAINS(output->err, "a lock ends with the program that took it");
    CHECK_INT(TOOL(&output, "run", "-sx", "-l", fresh_name(), "true"), 125);
    CHECK_CONTAINS(output->err, "-s or -x, not both");
    CHECK_INT(TOOL(&output, "run", "--max", "3", "-l", fresh_name(), "true"), 125);
    CHECK_CONTAINS(output->err, "--semaphore NAME is missing");
    CHECK_INT(TOOL(&output, "run", "--max", "0", "--semaphore", fresh_name(), "true"), 125);
    CHECK_CONTAINS(output->err, "--max cannot be \"0\"");
}

void run_passes_signals_on(void)
{
    static const char *const signals[] = {"HUP", "USR1", "USR2"};
    const test_output *output;
    char script[200];
    size_t i;

    for (i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        snprintf(script, sizeof script,
                 "trap 'exit 9' %s; kill -%s $PPID; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 "
                 "16 17 18 19 20; do sleep 0.2; done; exit 8",
                 signals[i], signals[i]);
        if (TOOL(&output, "run", "-l", fresh_name(), "sh", "-c", script) == 127)
            test_skip("no sh on this system");
        CHECK_INT(output->exit_code, 9);
    }
}
