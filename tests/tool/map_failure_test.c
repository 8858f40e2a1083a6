/* byname map: what fails, what is tried again, what is ended, and what is left of it. */
#include "map_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Commands */

/* Adds 1 to the value argv[0], and fails as long as that is below argv[1]. */
int fails_at_first(peer_self *self, int argc, char **argv)
{
    byn_value *value;
    int64_t number = 0;

    REQUIRE(argc >= 2);
    REQUIRE(byn_value_open(&value, argv[0], NULL) >= 0);
    CHECK_STATUS(byn_value_add(value, 1, &number), BYN_OK);
    byn_value_close(value);
    peer_say(self, "attempt %d", (int)number);
    return number < atoi(argv[1]) ? 3 : 0;
}

int says_where_it_is(peer_self *self, int argc, char **argv)
{
    const char *variable = getenv("BYNAME_TEST_SAYS");

    (void)argc;
    (void)argv;
    peer_say(self, "%s", variable != NULL ? variable : "-");
    return 0;
}

/* Says something, then does not end by itself for long; argv as of holds_for_ever. */
int says_and_holds(peer_self *self, int argc, char **argv)
{
    peer_say(self, "begun");
    fflush(stdout);
    return holds_for_ever(self, argc, argv);
}

/* Its output goes to files; argv as of holds_for_ever. */
int prints_much_and_holds(peer_self *self, int argc, char **argv)
{
    char large[] = "3000000", none[] = "0";
    char *much[] = {large, none};

    CHECK_INT(prints_much(self, 2, much), 0);
    fflush(stdout);
    return holds_for_ever(self, argc, argv);
}

/* ---- Failures */

void failures_are_told_at_the_end(void)
{
    const test_output *output;
    char input[50];
    int i;

    CHECK_INT(MAP_READS("0\n2\n0\n3\n", &output, "-j", "1", COMMAND("exits_with")), SOME_FAILED);
    CHECK_STR(output->err, "byname map: 2 of 4 failed:\n"
                           "  2: \"2\": exit code 2\n"
                           "  4: \"3\": exit code 3\n");
    for (i = 0; i < 22; i++)
        memcpy(input + 2 * i, "~\n", 3);
    CHECK_INT(MAP_READS(input, &output, "--", "./no/such/{}"), SOME_FAILED);
    CHECK_CONTAINS(output->err, "byname map: 22 of 22 failed:\n");
    CHECK_CONTAINS(output->err, "BYN_E_NOTFOUND)\n  and 2 more\n");
}

static int64_t number_of(byn_value *value)
{
    int64_t number = -1;

    CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
    return number;
}

void what_fails_is_tried_again(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_value *value;

    REQUIRE_STATUS(byn_value_open(&value, name, NULL), BYN_CREATED);
    CHECK_INT(MAP_READS("x\n", &output, "--retry", "5", COMMAND("fails_at_first", name, "3", "{}")),
              0);
    CHECK_STR(output->out, "attempt 3\n");
    CHECK_STR(output->err, "");
    CHECK_INT(number_of(value), 3);
    CHECK_INT(
        MAP_READS("x\n", &output, "--retry=2", "-k", COMMAND("fails_at_first", name, "100", "{}")),
        SOME_FAILED);
    CHECK_STR(output->out, "attempt 6\n");
    CHECK_CONTAINS(output->err, "1: \"x\": exit code 3 (3 attempts)\n");
    CHECK_INT(number_of(value), 6);
    byn_value_close(value);
}

/* NAME POOL: fails. The second time it stays until byname, told of the first, has canceled what waits. */
int fails_until_halted(peer_self *self, int argc, char **argv)
{
    byn_pool_state state = {.struct_size = sizeof state};
    byn_event *never = NULL;
    byn_pool *pool = NULL;
    byn_value *value;
    int64_t number = 0;
    int left;

    (void)self;
    REQUIRE_INT(argc, 3);
    REQUIRE(byn_value_open(&value, argv[0], NULL) >= 0);
    CHECK_STATUS(byn_value_add(value, 1, &number), BYN_OK);
    byn_value_close(value);
    if (number != 2)
        return 3;
    REQUIRE(byn_event_open(&never, NULL, NULL) >= 0);
    REQUIRE(byn_pool_open(&pool, argv[1], &BYN_OPTIONS(byn_pool_options, .open = BYN_OPEN_ONLY)) >=
            0);
    for (left = PATIENCE; left > 0 && (state.canceled == 0 || state.waiting > 0); left -= 5) {
        CHECK_STATUS(byn_pool_progress(pool, &state), BYN_OK);
        CHECK_STATUS(byn_event_wait(never, 5), BYN_E_TIMEDOUT);
    }
    byn_pool_close(pool);
    byn_event_close(never);
    return 3;
}

void halt_begins_no_more(void)
{
    char pool[64];
    const char *name = fresh_name();
    const test_output *output;
    byn_value *value;

    (void)snprintf(pool, sizeof pool, "%s-pool", name);
    REQUIRE_STATUS(byn_value_open(&value, name, NULL), BYN_CREATED);
    CHECK_INT(MAP_READS("1\n2\n3\n4\n5\n6\n7\n8\n9\n", &output, "--halt", "--pool", pool,
                        COMMAND("fails_until_halted", name, pool, "{}")),
              SOME_FAILED);
    CHECK(number_of(value) <= 2);
    CHECK_CONTAINS(output->err, "stopped after the first failure; the rest was not run\n");
    byn_value_close(value);
}

/* On a busy system a command may need longer until it says something. */
void what_takes_too_long_is_ended(void)
{
    static const char *const seconds[] = {"0.4", "2", "10"};
    const char *name = fresh_name();
    const test_output *output;
    byn_mutex *mutex;
    char expected[80];
    size_t i = 0;

    REQUIRE_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_CREATED);
    do {
        CHECK_INT(MAP_READS("x\n", &output, "--timeout", seconds[i],
                            COMMAND("says_and_holds", name, "{}")),
                  SOME_FAILED);
        snprintf(expected, sizeof expected, "1: \"x\": took longer than %s s\n", seconds[i]);
        CHECK_CONTAINS(output->err, expected);
    } while (output->out_size == 0 && ++i < sizeof seconds / sizeof seconds[0]);
    CHECK_STR(output->out, "begun\n");
    CHECK(byn_mutex_lock(mutex, PATIENCE) >= 0);
    byn_mutex_unlock(mutex);
    byn_mutex_close(mutex);
    until_all_is_gone();
}

/* Where there is a POSIX shell: elsewhere nothing tells a command who its worker is. */
void a_killed_worker_fails_its_command_only(void)
{
    const test_output *output;

    if (test_on_windows())
        test_skip("a command cannot kill its worker");
    CHECK_INT(MAP_READS("1\n2\n3\n4\n5\n", &output, "-k", "--retry", "1", "--", "sh", "-c",
                        "echo $1; if [ $1 = 3 ]; then kill -9 $PPID; sleep 60; fi", "sh"),
              SOME_FAILED);
    CHECK_STR(output->out, "1\n2\n4\n5\n");
    CHECK_CONTAINS(output->err, "byname map: 1 of 5 failed:\n  3: \"3\": ");
    CHECK_CONTAINS(output->err, "its worker was killed by signal 9 (2 attempts)\n");
    until_all_is_gone();
}

void a_command_that_cannot_run_is_told_once(void)
{
    const test_output *output;

    CHECK_INT(MAP_READS("1\n2\n", &output, "--", "no-such-command-anywhere"), 127);
    CHECK_STR(output->err,
              "byname map: there is no program \"no-such-command-anywhere\" in PATH\n");
    CHECK_INT(MAP_READS("", &output, "--", "./no/such/command"), 127);
    CHECK_STR(output->err, "byname map: there is no program \"./no/such/command\"\n");
    CHECK_INT(MAP_READS("1\n2\n3\n", &output, "--", test_directory()), 126);
    CHECK_CONTAINS(output->err, "cannot be run: ");
    CHECK(strstr(strstr(output->err, "cannot be run: ") + 1, "cannot be run: ") == NULL);
    CHECK_STR(output->out, "");
    CHECK_INT(MAP_READS("no-such-command-anywhere\n", &output, "--", "{}"), SOME_FAILED);
    CHECK_CONTAINS(output->err, "byname map: 1 of 1 failed:\n  1: \"no-such-command-anywhere\": ");
}

void wrong_command_lines_are_told(void)
{
    static const char *const jobs[] = {"0", "257"};
    const test_output *output;
    size_t i;

    for (i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        CHECK_INT(TOOL(&output, "map", "-j", jobs[i], COMMAND("exits_with")), 125);
        CHECK_CONTAINS(output->err, "-j cannot be \"");
    }
    CHECK_INT(TOOL(&output, "map", "--timeout", "0", COMMAND("exits_with")), 125);
    CHECK_INT(TOOL(&output, "map"), 125);
    CHECK_CONTAINS(output->err, "which command? It stands behind \"--\"");
    CHECK_INT(TOOL(&output, "map", "true"), 125);
    CHECK_CONTAINS(output->err, "the command stands behind \"--\" (\"true\")");
    CHECK_INT(TOOL(&output, "map", "-f", "no/such/file", COMMAND("exits_with")), 125);
    CHECK_CONTAINS(output->err, "byname: no/such/file cannot be read: ");
    CHECK_INT(TOOL(&output, "map", "-f", test_directory(), COMMAND("exits_with")), 125);
    CHECK_CONTAINS(output->err, " cannot be read: ");
}

/* ---- The end before the end */

/* A map whose command holds a mutex: when that is abandoned, the command is dead. */
typedef struct long_map {
    byn_mutex *of_command;
    byn_process *process;
} long_map;

static long_map start_long_map(const char *pool)
{
    const char *of_command = fresh_name(), *said = fresh_name();
    const char *path = write_input(said, strlen(said));
    byn_event *ready;
    long_map m;

    REQUIRE_STATUS(byn_mutex_open(&m.of_command, of_command, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    if (pool != NULL)
        m.process = START("map", "--pool", pool, "-j2", "-f", path, LONG_COMMAND(of_command, "{}"));
    else
        m.process = START("map", "-f", path, LONG_COMMAND(of_command, "{}"));
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    byn_event_close(ready);
    CHECK_INT(remove(path), 0);
    return m;
}

static void end_long_map(long_map *m)
{
    CHECK(byn_mutex_lock(m->of_command, PATIENCE) >= 0);
    byn_mutex_unlock(m->of_command);
    byn_mutex_close(m->of_command);
    until_all_is_gone();
}

void interrupted_it_ends_its_commands(void)
{
    long_map m = start_long_map(NULL);
    int code;

    CHECK_STATUS(byn_process_terminate(m.process), BYN_OK);
    code = command_end(m.process);
    CHECK(code == 128 + 15 || code == BYN_EXIT_KILLED);
    end_long_map(&m);
}

/* Where there is a POSIX shell, and being asked to end. */
void interrupted_commands_may_clean_up(void)
{
    static const char script[] =
        "trap 'echo cleaned >> \"$1\"; exit 1' TERM; echo begun > \"$1\"; sleep 60 & wait";
    const char *input;
    char path[600], text[40] = "";
    byn_process *process;
    FILE *file;

    if (test_on_windows())
        test_skip("no command is asked to end on this system");
    snprintf(path, sizeof path, "%s/said", test_directory());
    input = write_input(path, strlen(path));
    process = START("map", "-f", input, "--", "sh", "-c", script, "sh");
    until(has_something, path);
    CHECK_STATUS(byn_process_terminate(process), BYN_OK);
    CHECK_INT(command_end(process), 128 + 15);
    file = fopen(path, "r");
    REQUIRE(file != NULL);
    CHECK(fread(text, 1, sizeof text - 1, file) > 0);
    CHECK_STR(text, "begun\ncleaned\n");
    CHECK_INT(fclose(file), 0);
    CHECK_INT(remove(path), 0);
    CHECK_INT(remove(input), 0);
}

void killed_it_leaves_nothing(void)
{
    long_map m = start_long_map(NULL);

    CHECK_STATUS(byn_process_kill(m.process), BYN_OK);
    CHECK_INT(command_end(m.process), BYN_EXIT_KILLED);
    end_long_map(&m);
}

/* ---- A pool that several share */

void killed_it_leaves_no_files(void)
{
    const char *of_command = fresh_name(), *said = fresh_name();
    const char *path = write_input(said, strlen(said));
    const char *const argv[] = {
        TOOL_PATH, "map", "-f", path, COMMAND("prints_much_and_holds", of_command, "{}"), NULL};
    byn_process *process = NULL;
    byn_mutex *mutex;
    byn_event *ready;

    REQUIRE_STATUS(byn_mutex_open(&mutex, of_command, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    REQUIRE_STATUS(
        byn_process_start(&process, argv,
                          &BYN_OPTIONS(byn_process_options, .environment = temporary_here())),
        BYN_OK);
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    CHECK(!no_files_are_left(NULL));
    CHECK_STATUS(byn_process_kill(process), BYN_OK);
    CHECK_INT(command_end(process), BYN_EXIT_KILLED);
    until(no_files_are_left, NULL);
    byn_event_close(ready);
    CHECK(byn_mutex_lock(mutex, PATIENCE) >= 0);
    byn_mutex_unlock(mutex);
    byn_mutex_close(mutex);
    CHECK_INT(remove(path), 0);
    until_all_is_gone();
}

/* Nobody is left who would remove them. A map beside leaves alone what is another's. */
void killed_with_its_workers_the_next_one_removes_its_files(void)
{
    const char *said = fresh_name(), *path = write_input(said, strlen(said));
    const char *const argv[] = {
        TOOL_PATH, "map", "-j1", "-f", path, COMMAND("prints_much_and_holds", fresh_name(), "{}"),
        NULL};
    const char *const next[] = {TOOL_PATH, "map", "-j1", COMMAND("exits_with"), NULL};
    const test_command command = {next, "0\n", temporary_here(), 0};
    byn_process *process = NULL;
    byn_event *ready;

    REQUIRE_STATUS(byn_event_open(&ready, said, NULL), BYN_CREATED);
    REQUIRE_STATUS(
        byn_process_start(&process, argv,
                          &BYN_OPTIONS(byn_process_options, .environment = temporary_here())),
        BYN_OK);
    CHECK_STATUS(byn_event_wait(ready, PATIENCE), BYN_OK);
    CHECK_INT(test_run_command(&command, NULL), 0);
    CHECK(!no_files_are_left(NULL));
    CHECK_STATUS(byn_process_kill_tree(process), BYN_OK);
    CHECK_INT(command_end(process), BYN_EXIT_KILLED);
    CHECK(!no_files_are_left(NULL));
    CHECK_INT(test_run_command(&command, NULL), 0);
    CHECK(no_files_are_left(NULL));
    byn_event_close(ready);
    CHECK_INT(remove(path), 0);
    until_all_is_gone();
}

void a_shared_pool_runs_the_commands_of_several(void)
{
    static const char *const environment[] = {"BYNAME_TEST_SAYS=second", NULL};
    const char *name = fresh_name();
    const char *const second[] = {TOOL_PATH, "map", "--pool", name, COMMAND("says_where_it_is"),
                                  NULL};
    const test_command command = {second, "x\n", environment, 0};
    long_map m = start_long_map(name);
    const test_output *output;

    CHECK_INT(test_run_command(&command, &output), 0);
    CHECK_STR(output->out, "second\n");
    CHECK_INT(MAP_READS("x\n", &output, "--pool", name, "-j", "3", COMMAND("exits_with")), 125);
    CHECK_CONTAINS(output->err, "BYN_E_MISMATCH");
    CHECK_STATUS(byn_process_kill(m.process), BYN_OK);
    CHECK_INT(command_end(m.process), BYN_EXIT_KILLED);
    end_long_map(&m);
}

void the_pool_of_others_is_told(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_mutex *mutex;

    REQUIRE_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_CREATED);
    CHECK_INT(MAP_READS("x\n", &output, "--pool", name, COMMAND("exits_with")), 125);
    CHECK_CONTAINS(output->err, "BYN_E_MISMATCH");
    byn_mutex_close(mutex);
}

void an_input_may_be_endless(void)
{
    byn_process *process;

    if (test_on_windows())
        test_skip("nothing on this system writes without end");
    process = script_start("yes | byname map --halt -- false 2>/dev/null", "");
    CHECK_INT(command_end(process), SOME_FAILED);
}
