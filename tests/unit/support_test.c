/*
 * The harness, tested with itself. It starts itself again with BYNAME_SUPPORT_FAULTS=1 for the
 * cases below "Faults": they must fail, and say why. Nothing here needs an object of byname.
 */
#include "peer.h"
#include "step.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_time.h>

/* ---- Peers */

static int echoes(peer_self *self, int argc, char **argv)
{
    const char *heard;
    int i;

    for (i = 0; i < argc; i++)
        peer_say(self, "argument %s", argv[i]);
    while ((heard = peer_hear(self)) != NULL)
        peer_say(self, "heard %s", heard);
    return 7;
}

static int waits(peer_self *self, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    peer_say(self, "ready");
    if (!peer_wait(self, "go"))
        return 1;
    peer_say(self, "gone");
    return 0;
}

static int says_much(peer_self *self, int argc, char **argv)
{
    int i;

    (void)argc;
    (void)argv;
    for (i = 0; i < 20000; i++)
        peer_say(self, "line %d", i);
    return 0;
}

static int fails_a_check(peer_self *self, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    CHECK_INT(1 + 1, 3);
    REQUIRE(self == NULL);
    return 0;
}

static int shows_crash_point(peer_self *self, int argc, char **argv)
{
    const char *point = getenv("BYNAME_CRASH_POINT");

    (void)argc;
    (void)argv;
    peer_say(self, "%s", point != NULL ? point : "none");
    return 0;
}

static void echo_with(peer_kind kind)
{
    peer *p = peer_start(kind, "echoes", "one two", "\"three\" \\", "", NULL);

    peer_expect(p, "argument one two");
    peer_expect(p, "argument \"three\" \\");
    CHECK_STR(peer_line(p), "argument ");
    peer_tell(p, "hello");
    peer_expect(p, "heard hello");
    CHECK_INT(peer_finish(p), 7);
}

static void process_peer_talks(void)
{
    echo_with(PEER_PROCESS);
}

static void thread_peer_talks(void)
{
    echo_with(PEER_THREAD);
}

static void peers_wait_to_be_told(void)
{
    peer *process = peer_start(PEER_PROCESS, "waits", NULL);
    peer *thread = peer_start(PEER_THREAD, "waits", NULL);

    peer_expect(process, "ready");
    peer_expect(thread, "ready");
    peer_tell(thread, "go");
    peer_expect(thread, "gone");
    peer_tell(process, "go");
    peer_expect(process, "gone");
    CHECK_INT(peer_finish(process), 0);
    CHECK_INT(peer_finish(thread), 0);
}

static void peers_see_that_nothing_more_will_come(void)
{
    CHECK_INT(peer_finish(peer_start(PEER_PROCESS, "waits", NULL)), 1);
    CHECK_INT(peer_finish(peer_start(PEER_THREAD, "waits", NULL)), 1);
}

static void finish_does_not_wait_for_a_full_pipe(void)
{
    CHECK_INT(peer_finish(peer_start(PEER_PROCESS, "says_much", NULL)), 0);
    CHECK_INT(peer_finish(peer_start(PEER_THREAD, "says_much", NULL)), 0);
}

static void killed_peer_is_gone_and_what_it_said_stays(void)
{
    peer *first = peer_start(PEER_PROCESS, "waits", NULL);
    peer *second = peer_start(PEER_PROCESS, "waits", NULL);

    peer_expect(second, "ready");
    CHECK(peer_pid(first) != peer_pid(second));
    peer_kill(second);
    CHECK(peer_line(second) == NULL);
    peer_expect(first, "ready");
    peer_tell(second, "go");
    peer_kill(first);
}

static void peers_left_running_are_ended(void)
{
    peer_expect(peer_start(PEER_PROCESS, "waits", NULL), "ready");
    peer_expect(peer_start(PEER_THREAD, "waits", NULL), "ready");
}

static void stopped_peer_is_silent_until_continued(void)
{
    peer *p = peer_start(PEER_PROCESS, "waits", NULL);

    peer_expect(p, "ready");
    if (!peer_stop(p))
        test_skip("peers cannot be stopped here");
    peer_tell(p, "go");
    CHECK(peer_continue(p));
    peer_expect(p, "gone");
    CHECK_INT(peer_finish(p), 0);
}

static void crash_point_is_set_for_one_peer_only(void)
{
    peer *crashing = peer_start_crashing("queue.push", 3, "shows_crash_point", NULL);
    peer *other = peer_start(PEER_PROCESS, "shows_crash_point", NULL);

    peer_expect(crashing, "queue.push:3");
    peer_expect(other, "none");
    CHECK(!peer_crashed(crashing));
    CHECK_INT(peer_finish(other), 0);
}

/*
 * ---- Stepping: the victim writes 1..3 into a file by one system call each; a death must leave a
 * prefix.
 */

typedef struct progress {
    FILE *file;
    const char *path;
    long last;
    long blocks;
} progress;

static void *open_progress(const char *path)
{
    static progress p;

    p.file = fopen(path, "wb");
    REQUIRE(p.file != NULL);
    setvbuf(p.file, NULL, _IONBF, 0);
    return &p;
}

static void write_progress(void *prepared)
{
    progress *p = prepared;
    int i;

    for (i = 1; i <= 3; i++)
        fputc('0' + i, p->file);
}

static const step_operation writing = {"progress.write", open_progress, write_progress, NULL};

static volatile int counter;

static void count_to_hundred(void *prepared)
{
    int i;

    (void)prepared;
    for (i = 0; i < 100; i++)
        counter = i;
}

static const step_operation counting = {"progress.count", NULL, count_to_hundred, NULL};

static bool exists(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file != NULL)
        fclose(file);
    return file != NULL;
}

/* Each sleep is longer than what counts as asleep on Windows. */
static void sleep_until_exists(void *path)
{
    while (!exists(path))
        apr_sleep(apr_time_from_msec(300));
}

static void wake(void *context, long k)
{
    progress *p = context;
    FILE *file = fopen(p->path, "wb");

    REQUIRE(k > 1);
    REQUIRE(file != NULL);
    fclose(file);
    p->blocks++;
}

static const step_operation sleeping = {"progress.sleep", NULL, sleep_until_exists, wake};
static const step_operation hanging = {"progress.hang", NULL, sleep_until_exists, NULL};

static void progress_grows(void *context, long k)
{
    progress *p = context;
    char text[16] = "";
    size_t length;
    FILE *file = fopen(p->path, "rb");

    (void)k;
    REQUIRE(file != NULL);
    length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    CHECK(strncmp(text, "123", length) == 0);
    CHECK((long)length >= p->last);
    p->last = (long)length;
}

static progress progress_file(void)
{
    static char path[600];
    progress p = {NULL, path, 0, 0};

    sprintf(path, "%.300s/%.100s", test_directory(), fresh_name());
    return p;
}

static void sweep_kills_at_every_instruction(void)
{
    progress p = progress_file();
    step_report report = step_sweep(&writing, p.path, progress_grows, &p, 1);

    remove(p.path);
    CHECK_INT(p.last, 3);
    CHECK(report.instructions > 3 * 4);
    CHECK_INT(report.kills, report.instructions);
    CHECK_INT(report.hung + report.inconsistent, 0);
}

static void sweep_counts_instructions(void)
{
    step_report report = step_sweep(&counting, "", NULL, NULL, 97);

    CHECK(report.instructions >= 100 * 2);
    CHECK(report.instructions < 100 * 20);
    CHECK(report.kills >= report.instructions / 97);
}

static void progress_is_a_prefix(void *context, long k)
{
    progress *p = context;

    p->last = 0;
    progress_grows(context, k);
    p->blocks = p->last;
}

static void progress_is_whole(void *context, long k)
{
    progress *p = context;

    progress_grows(context, k);
    CHECK_INT(p->last, 3);
}

static void sweep_wakes_a_sleeping_victim_once(void)
{
    progress p = progress_file();
    step_report report = step_sweep(&sleeping, p.path, NULL, &p, 1000000);

    remove(p.path);
    CHECK_INT(report.kills, 1);
    CHECK_INT(report.blocked, 1);
    CHECK_INT(p.blocks, 1);
    CHECK(report.instructions > 1);
}

static void switched_victim_comes_to_its_end(void)
{
    progress p = progress_file();
    step_report report =
        step_switch(&writing, p.path, progress_is_a_prefix, progress_is_whole, &p, 5);

    remove(p.path);
    CHECK(report.kills > 5);
    CHECK_INT(report.hung + report.inconsistent, 0);
}

/* ---- Programs */

static int prints_arguments(peer_self *self, int argc, char **argv)
{
    const char *heard;
    int i;

    for (i = 0; i < argc; i++)
        peer_say(self, "[%s]", argv[i]);
    while ((heard = peer_hear(self)) != NULL)
        peer_say(self, "in: %s", heard);
    heard = getenv("BYNAME_SUPPORT_EXTRA");
    fprintf(stderr, "extra: %s\n", heard != NULL ? heard : "none");
    return 42;
}

static void run_passes_everything_exactly(void)
{
    static const char *const nasty[] = {
        "plain",      "two words",
        "",           "\"",
        "\"quoted\"", "back\\slash",
        "trailing\\", "trailing space\\ ",
        "a\\\"b",     "a\\\\\"b",
        "\\\\",       "*",
        "%PATH%",     "^&|<>",
        "$HOME",      "'single'",
        "\t",         "gr\xC3\xBC\xC3\x9F",
    };
    enum { COUNT = sizeof nasty / sizeof nasty[0] };
    const char *arguments[COUNT + 4] = {NULL};
    const char *const environment[] = {"BYNAME_SUPPORT_EXTRA=a=b c", NULL};
    test_command command = {arguments, "first\nsecond\n", environment, 0};
    const test_output *output;
    char expected[1000] = "";
    size_t i;

    arguments[0] = test_executable();
    arguments[1] = "--peer";
    arguments[2] = "prints_arguments";
    for (i = 0; i < COUNT; i++) {
        arguments[3 + i] = nasty[i];
        strcat(strcat(strcat(expected, "["), nasty[i]), "]\n");
    }
    strcat(expected, "in: first\nin: second\n");
    CHECK_INT(test_run_command(&command, &output), 42);
    CHECK_STR(output->out, expected);
    CHECK_STR(output->err, "extra: a=b c\n");
    CHECK_INT(output->out_size, strlen(expected));
}

static void run_has_no_input_and_no_extra_environment(void)
{
    const char *arguments[] = {test_executable(), "--peer", "prints_arguments", NULL};
    const test_output *output;

    CHECK_INT(test_run(arguments, &output), 42);
    CHECK_STR(output->out, "");
    CHECK_STR(output->err, "extra: none\n");
}

static void fresh_names_differ(void)
{
    const char *first = fresh_name();
    const char *second = fresh_name();

    CHECK(strcmp(first, second) != 0);
    CHECK_CONTAINS(first, "support-");
}

/* ---- Faults: what must fail */

static void passes(void)
{
    CHECK(true);
}

static void fails_twice(void)
{
    CHECK(counter == 12345);
    CHECK_STR("is", "should");
}

static void requires_something(void)
{
    REQUIRE(counter == 12345);
    CHECK(false && "reached");
}

static void skips(void)
{
    test_skip("reason %d", 1);
}

static void skips_after_a_failure(void)
{
    CHECK(counter == 12345);
    test_skip("too late");
}

static void expects_from_a_silent_peer(void)
{
    peer *p = peer_start(PEER_PROCESS, "waits", NULL);

    peer_expect(p, "ready");
    peer_expect(p, "gone");
}

static void expects_something_else(void)
{
    peer_expect(peer_start(PEER_THREAD, "waits", NULL), "steady");
}

static void process_fails_a_check(void)
{
    peer_finish(peer_start(PEER_PROCESS, "fails_a_check", NULL));
}

static void thread_fails_a_check(void)
{
    peer_finish(peer_start(PEER_THREAD, "fails_a_check", NULL));
}

static void leaves_a_file(void)
{
    char path[600];
    FILE *file;

    sprintf(path, "%.300s/left", test_directory());
    file = fopen(path, "wb");
    REQUIRE(file != NULL);
    fclose(file);
}

static void hangs(void)
{
    test_deadline(1);
    for (;;)
        counter ^= 1;
}

static void never_consistent(void *context, long k)
{
    (void)context;
    REQUIRE_INT(k, 0);
}

static void sweeps_a_broken_thing(void)
{
    step_sweep(&counting, "", never_consistent, NULL, 1);
}

static void sweeps_a_sleeper(void)
{
    step_sweep(&hanging, "no such file", NULL, NULL, 1000000);
}

static const test_output *run_fault(const char *name, int exit_code)
{
    const char *arguments[] = {test_executable(), "-t", name, NULL};
    const char *const environment[] = {"BYNAME_SUPPORT_FAULTS=1", "BYNAME_TEST_PATIENCE=1", NULL};
    test_command command = {arguments, NULL, environment, 60};
    const test_output *output;

    CHECK_INT(test_run_command(&command, &output), exit_code);
    return output;
}

static void pass_and_skip_are_counted(void)
{
    CHECK_CONTAINS(run_fault("passes", 0)->out, "\nfaults: 1 passed, 0 failed, 0 skipped\n");
    CHECK_STR(run_fault("skips", 0)->out,
              "SKIPPED skips: reason 1\nfaults: 0 passed, 0 failed, 1 skipped\n");
    CHECK_CONTAINS(run_fault("skips_after_a_failure", 1)->out, "0 passed, 1 failed, 0 skipped\n");
}

static void failed_checks_fail(void)
{
    const test_output *output = run_fault("fails_twice", 1);

    CHECK_CONTAINS(output->out, "FAILED   fails_twice\n");
    CHECK_CONTAINS(output->out, "support_test.c:");
    CHECK_CONTAINS(output->out, ": counter == 12345\n");
    CHECK_CONTAINS(output->out, "\"is\" is \"is\", expected \"should\"\n");
    CHECK_CONTAINS(output->out, "\nfaults: 0 passed, 1 failed, 0 skipped\n");
    CHECK(strstr(run_fault("requires_something", 1)->out, "reached") == NULL);
}

static void unexpected_peers_fail(void)
{
    CHECK_CONTAINS(run_fault("expects_from_a_silent_peer", 1)->out, "said nothing for 1 s");
    CHECK_CONTAINS(run_fault("expects_something_else", 1)->out,
                   "peer waits said \"ready\", expected \"steady\"");
}

static void failed_checks_in_peers_fail(void)
{
    const test_output *output = run_fault("process_fails_a_check", 1);

    CHECK_CONTAINS(output->err, "in fails_a_check: ");
    CHECK_CONTAINS(output->err, "1 + 1 is 2, expected 3\n");
    CHECK_CONTAINS(output->err, "self == NULL\n");
    CHECK_CONTAINS(output->out, "a check failed in peer fails_a_check");
    output = run_fault("thread_fails_a_check", 1);
    CHECK_CONTAINS(output->out, "1 + 1 is 2, expected 3\n");
    CHECK_CONTAINS(output->out, "self == NULL\n");
}

static void files_left_behind_fail(void)
{
    const test_output *output = run_fault("leaves_a_file", 1);

    CHECK_CONTAINS(output->out, "ok       leaves_a_file\n");
    CHECK_CONTAINS(output->out, "FAILED   nothing_left_behind: ");
    CHECK_CONTAINS(output->out, "the first by leaves_a_file\n");
    CHECK_CONTAINS(output->out, "/left\n");
    CHECK_CONTAINS(output->out, "\nfaults: 1 passed, 1 failed, 0 skipped\n");
}

static void hang_ends_with_the_name_of_its_case(void)
{
    CHECK_CONTAINS(run_fault("hangs", 3)->out,
                   "FAILED   hangs\n    faults: hangs: did not end within 1 s\n");
}

static void inconsistent_sweeps_fail(void)
{
    const test_output *output;

    if (step_sweep(&counting, "", NULL, NULL, 1000000).instructions == 0)
        return;
    output = run_fault("sweeps_a_broken_thing", 1);
    CHECK_CONTAINS(output->out, "step progress.count: not consistent after instruction 1\n");
    CHECK_CONTAINS(output->out, " 3 kills, 0 hung, 3 inconsistent\n");
}

static void hanging_victims_fail(void)
{
    const test_output *output;

    if (step_sweep(&counting, "", NULL, NULL, 1000000).instructions == 0)
        return;
    output = run_fault("sweeps_a_sleeper", 1);
    CHECK_CONTAINS(output->out, "progress.hang hangs, stepped 1000001 instructions\n");
    CHECK_CONTAINS(output->out, " 1 kills, 1 hung, 0 inconsistent\n");
}

static void command_line_is_understood(void)
{
    const char *list[] = {test_executable(), "-l", NULL};
    const char *nothing[] = {test_executable(), "-t", "no_such_case", NULL};
    const test_output *output;

    CHECK_INT(test_run(list, &output), 0);
    CHECK_CONTAINS(output->out, "command_line_is_understood\n");
    CHECK_INT(test_run(nothing, &output), 2);
    CHECK_CONTAINS(output->err, "no case no_such_case\n");
}

static void junit_report_tells_the_same(void)
{
    char path[600];
    char text[4000] = "";
    const char *arguments[] = {test_executable(), "-t", "passes", "-t", "fails_twice", "-t",
                               "skips",           "-j", path,     NULL};
    const char *const environment[] = {"BYNAME_SUPPORT_FAULTS=1", NULL};
    test_command command = {arguments, NULL, environment, 0};
    FILE *file;

    sprintf(path, "%.300s/report.xml", test_directory());
    CHECK_INT(test_run_command(&command, NULL), 1);
    file = fopen(path, "r");
    REQUIRE(file != NULL);
    CHECK(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    remove(path);
    CHECK_CONTAINS(text, "<testsuite name=\"faults\">\n");
    CHECK_CONTAINS(text, "<testcase classname=\"faults\" name=\"passes\" time=\"0.");
    CHECK_CONTAINS(text, "<failure message=\"counter == 12345\">");
    CHECK_CONTAINS(text, "expected &quot;should&quot;");
    CHECK_CONTAINS(text, "<skipped message=\"reason 1\"/>");
    CHECK_CONTAINS(text, "  </testcase>\n</testsuite>\n");
}

static const test_case faults[] = {
    TEST(passes),
    TEST(fails_twice),
    TEST(requires_something),
    TEST(skips),
    TEST(skips_after_a_failure),
    TEST(expects_from_a_silent_peer),
    TEST(expects_something_else),
    TEST(process_fails_a_check),
    TEST(thread_fails_a_check),
    TEST(leaves_a_file),
    TEST(hangs),
    TEST(sweeps_a_broken_thing),
    TEST(sweeps_a_sleeper),
    TEST_END,
};

static const test_case cases[] = {
    TEST(process_peer_talks),
    TEST(thread_peer_talks),
    TEST(peers_wait_to_be_told),
    TEST(peers_see_that_nothing_more_will_come),
    TEST(finish_does_not_wait_for_a_full_pipe),
    TEST(killed_peer_is_gone_and_what_it_said_stays),
    TEST(peers_left_running_are_ended),
    TEST(stopped_peer_is_silent_until_continued),
    TEST(crash_point_is_set_for_one_peer_only),
    TEST(sweep_kills_at_every_instruction),
    TEST(sweep_counts_instructions),
    TEST(sweep_wakes_a_sleeping_victim_once),
    TEST(switched_victim_comes_to_its_end),
    TEST(run_passes_everything_exactly),
    TEST(run_has_no_input_and_no_extra_environment),
    TEST(fresh_names_differ),
    TEST(pass_and_skip_are_counted),
    TEST(failed_checks_fail),
    TEST(unexpected_peers_fail),
    TEST(failed_checks_in_peers_fail),
    TEST(files_left_behind_fail),
    TEST(hang_ends_with_the_name_of_its_case),
    TEST(inconsistent_sweeps_fail),
    TEST(hanging_victims_fail),
    TEST(command_line_is_understood),
    TEST(junit_report_tells_the_same),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(echoes),
    PEER(waits),
    PEER(says_much),
    PEER(fails_a_check),
    PEER(shows_crash_point),
    PEER(prints_arguments),
    STEP(writing),
    STEP(counting),
    STEP(sleeping),
    STEP(hanging),
    PEER_END,
};

int main(int argc, char **argv)
{
    if (getenv("BYNAME_SUPPORT_FAULTS") != NULL)
        return test_main(argc, argv, "faults", faults, peers);
    return test_main(argc, argv, "support", cases, peers);
}
