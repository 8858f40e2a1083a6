/* byname run. */
#include "tool_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

/* ---- The command's own */

void run_passes_the_exit_code_on(void)
{
    static const char *const codes[] = {"0", "1", "2", "37", "120", "255"};
    const test_output *output;
    size_t i;

    for (i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        CHECK_INT(TOOL(&output, "run", "--lock", fresh_name(), COMMAND("exits_with", codes[i])),
                  atoi(codes[i]));
        CHECK_STR(output->err, "");
    }
}

void run_passes_arguments_as_they_are(void)
{
    const char *name = "of Zo\xc3\xab \"and\" 100% \\ 'others'";
    const test_output *output;

    CHECK_INT(TOOL(&output, "run", "-l", name,
                   COMMAND("says_its_arguments", "", "a b", "\"q\"", "back\\", "-v", "--lock",
                           "\xe2\x82\xac\xf0\x9f\x94\x92", "*")),
              0);
    CHECK_STR(output->out, "<>\n<a b>\n<\"q\">\n<back\\>\n<-v>\n<--lock>\n"
                           "<\xe2\x82\xac\xf0\x9f\x94\x92>\n<*>\n");
}

void run_finds_options_only_before_the_command(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "run", "-xol", fresh_name(), test_executable(), "--peer",
                   "says_its_arguments", "-n", "--help"),
              0);
    CHECK_STR(output->out, "<-n>\n<--help>\n");
}

/* Where there is a POSIX shell. */
static void run_shell(const test_output **output, const char *script)
{
    if (TOOL(output, "run", "-l", fresh_name(), "sh", "-c", script) == 127)
        test_skip("no sh on this system");
}

void run_tells_the_signal_that_ended_the_command(void)
{
    const test_output *output;

    run_shell(&output, "kill -TERM $$");
    CHECK_INT(output->exit_code, 128 + 15);
    run_shell(&output, "kill -KILL $$");
    CHECK_INT(output->exit_code, 128 + 9);
}

void run_leaves_ctrl_c_to_the_command(void)
{
    const test_output *output;

    run_shell(&output, "kill -INT $PPID; kill -INT $PPID; exit 6");
    CHECK_INT(output->exit_code, 6);
}

/* ---- byname's own codes */

void run_tells_a_missing_and_an_unrunnable_command(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "run", "-l", fresh_name(), "no-such-command-anywhere"), 127);
    CHECK_CONTAINS(output->err, "\"no-such-command-anywhere\" was not run: ");
    CHECK_INT(TOOL(&output, "run", "-l", fresh_name(), "./no/such/command"), 127);
    CHECK_INT(TOOL(&output, "run", "-l", fresh_name(), test_directory()), 126);
    CHECK_CONTAINS(output->err, " was not run: ");
}

void run_without_lock_or_command_is_wrong(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "run", "true"), 125);
    CHECK_STR(output->err,
              "byname run: which lock? --lock NAME is missing\nSee: byname help run\n");
    CHECK_INT(TOOL(&output, "run", "-l", fresh_name()), 125);
    CHECK_CONTAINS(output->err, "which command?");
    CHECK_INT(TOOL(&output, "run", "-l", "", "true"), 125);
    CHECK_CONTAINS(output->err, "BYN_E_NAME");
    CHECK_INT(TOOL(&output, "run", "-l", "planet:lock", "true"), 125);
    CHECK_CONTAINS(output->err, "BYN_E_NAME");
}

void run_refuses_bad_numbers(void)
{
    static const char *const seconds[] = {"", "-1", "x", "1x", ".", "1e3", "99999999999999999999"};
    static const char *const codes[] = {"", "-1", "256", "1x"};
    const test_output *output;
    size_t i;

    for (i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        CHECK_INT(TOOL(&output, "run", "-l", "x", "-w", seconds[i], "true"), 125);
        CHECK_CONTAINS(output->err, "-w cannot be \"");
    }
    for (i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        CHECK_INT(TOOL(&output, "run", "-l", "x", "-E", codes[i], "true"), 125);
        CHECK_CONTAINS(output->err, "-E cannot be \"");
    }
}

void run_refuses_a_name_of_another_kind(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_event *event;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "run", "-l", name, COMMAND("exits_with", "0")), 125);
    CHECK_CONTAINS(output->err, "choose another for this mutex (BYN_E_MISMATCH)");
    byn_event_close(event);
}

/* ---- A lock that is held */

void run_does_not_wait_if_told_so(void)
{
    const char *name = fresh_name();
    peer *holder = peer_start(PEER_PROCESS, "holds_mutex", name, NULL);
    const test_output *output;
    char pid[32];

    peer_expect(holder, "locked");
    snprintf(pid, sizeof pid, "(pid %ld)", peer_pid(holder));
    CHECK_INT(TOOL(&output, "run", "-n", "--lock", name, COMMAND("says_its_arguments", "in")), 124);
    CHECK_STR(output->out, "");
    CHECK_CONTAINS(output->err, "no time left for");
    CHECK_CONTAINS(output->err, pid);
    CHECK_INT(TOOL(&output, "run", "--nonblock", "-l", name, COMMAND("exits_with", "0")), 124);
    CHECK_INT(TOOL(&output, "run", "-w", "0", "-l", name, COMMAND("exits_with", "0")), 124);
    CHECK_INT(TOOL(&output, "run", "-nE9", "-l", name, COMMAND("exits_with", "0")), 9);
    peer_tell(holder, "unlock");
    peer_finish(holder);
    CHECK_INT(TOOL(&output, "run", "-n", "-l", name, COMMAND("exits_with", "5")), 5);
}

void run_waits_no_longer_than_told(void)
{
    const char *name = fresh_name();
    peer *holder = peer_start(PEER_PROCESS, "holds_mutex", name, NULL);
    const test_output *output;

    peer_expect(holder, "locked");
    CHECK_INT(TOOL(&output, "run", "-w", "0.05", "-l", name, COMMAND("exits_with", "0")), 124);
    CHECK_INT(TOOL(&output, "run", "--timeout=.05", "--conflict-exit-code", "0", "--lock", name,
                   COMMAND("exits_with", "7")),
              0);
    peer_tell(holder, "unlock");
    peer_finish(holder);
}

void run_waits_for_the_lock(void)
{
    const char *name = fresh_name();
    const char *const argv[] = {TOOL_PATH, "run", "-l", name, COMMAND("exits_with", "8"), NULL};
    peer *holder = peer_start(PEER_PROCESS, "holds_mutex", name, NULL);
    byn_process *process;
    byn_exit result;

    peer_expect(holder, "locked");
    REQUIRE_STATUS(byn_process_start(&process, argv, NULL), BYN_OK);
    CHECK_STATUS(byn_process_wait(process, 100, NULL), BYN_E_TIMEDOUT);
    peer_tell(holder, "unlock");
    peer_finish(holder);
    CHECK_STATUS(byn_process_wait(process, PATIENCE, &result), BYN_OK);
    CHECK_INT(result.code, 8);
    byn_process_close(process);
}

void run_is_verbose(void)
{
    const char *name = fresh_name();
    peer *holder = peer_start(PEER_PROCESS, "holds_mutex", name, NULL);
    const test_output *output;

    peer_expect(holder, "locked");
    CHECK_INT(TOOL(&output, "run", "-v", "-w.01", "-l", name, COMMAND("exits_with", "0")), 124);
    CHECK_CONTAINS(output->err, "waiting for");
    peer_tell(holder, "unlock");
    peer_finish(holder);
    CHECK_INT(TOOL(&output, "run", "--verbose", "-l", name, COMMAND("exits_with", "0")), 0);
    CHECK_CONTAINS(output->err, "got \"");
}

void run_lets_one_command_in_at_a_time(void)
{
    enum { COMMANDS = 4, ADDITIONS = 10 };
    const char *name = fresh_name();
    const char *counter = fresh_name();
    const char *const argv[] = {TOOL_PATH, "run", "-l", name, COMMAND("adds_slowly", counter),
                                NULL};
    byn_process *processes[COMMANDS];
    byn_value *value;
    byn_exit result;
    int64_t number = 0;
    int i;

    REQUIRE_STATUS(byn_value_open(&value, counter, NULL), BYN_CREATED);
    for (i = 0; i < COMMANDS; i++)
        REQUIRE_STATUS(byn_process_start(&processes[i], argv, NULL), BYN_OK);
    for (i = 0; i < COMMANDS; i++) {
        CHECK_STATUS(byn_process_wait(processes[i], PATIENCE, &result), BYN_OK);
        CHECK_INT(result.code, 0);
        byn_process_close(processes[i]);
    }
    byn_value_get(value, &number);
    CHECK_INT(number, COMMANDS * ADDITIONS);
    byn_value_close(value);
}

/* `run` with a command that holds a mutex of its own: when that is abandoned, the command is dead. */
typedef struct long_run {
    const char *name;
    byn_mutex *mutex;
    byn_mutex *of_command;
    byn_process *process;
    char pid[32];
} long_run;

static long_run start_long_run(void)
{
    const char *of_command = fresh_name();
    const char *said = fresh_name();
    long_run r = {.name = fresh_name()};
    const char *const argv[] = {TOOL_PATH, "run", "-l", r.name, LONG_COMMAND(of_command, said),
                                NULL};
    byn_event *ready;

    REQUIRE_STATUS(byn_mutex_open(&r.mutex, r.name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_open(&r.of_command, of_command, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_process_start(&r.process, argv, NULL), BYN_OK);
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    snprintf(r.pid, sizeof r.pid, "pid %u)", (unsigned)byn_process_pid(r.process));
    byn_event_close(ready);
    return r;
}

static void end_long_run(long_run *r)
{
    byn_process_close(r->process);
    byn_mutex_close(r->of_command);
    byn_mutex_close(r->mutex);
}

void run_killed_frees_the_lock_and_ends_the_command(void)
{
    const test_output *output;
    long_run r = start_long_run();

    CHECK_STATUS(byn_process_kill(r.process), BYN_OK);
    CHECK_STATUS(byn_process_wait(r.process, PATIENCE, NULL), BYN_OK);
    CHECK_INT(TOOL(&output, "run", "-l", r.name, COMMAND("exits_with", "3")), 3);
    CHECK_CONTAINS(output->err, "warning: the last owner (byname");
    CHECK_CONTAINS(output->err, r.pid);
    CHECK_CONTAINS(output->err, "died holding");
    CHECK_STATUS(byn_mutex_lock(r.of_command, PATIENCE), BYN_ABANDONED);
    byn_mutex_unlock(r.of_command);
    CHECK_INT(TOOL(&output, "run", "-l", r.name, COMMAND("exits_with", "3")), 3);
    CHECK_STR(output->err, "");
    end_long_run(&r);
    until_all_is_gone();
}

/* POSIX: the command is asked as well, and its result passed on. Windows has no asking. */
void run_terminated_ends_the_command(void)
{
    byn_exit result = {false, 0, 0};
    long_run r = start_long_run();

    CHECK_STATUS(byn_process_terminate(r.process), BYN_OK);
    CHECK_STATUS(byn_process_wait(r.process, PATIENCE, &result), BYN_OK);
    CHECK(result.code == 128 + 15 || result.code == BYN_EXIT_KILLED);
    CHECK(byn_mutex_lock(r.of_command, PATIENCE) >= 0);
    byn_mutex_unlock(r.of_command);
    end_long_run(&r);
    until_all_is_gone();
}
