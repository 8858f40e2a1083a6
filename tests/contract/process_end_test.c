/* How processes end: killed, with their parent, as a tree; and what the host does meanwhile. */
#include "process_child.h"

#include <stdlib.h>
#include <string.h>

#include "peer.h"

enum { SIGNAL_BASE = 128 };

/* ---- One process */

static void killed_process_tells_so(void)
{
    byn_process *process = start_child("lives", life_begin(), NULL);
    byn_exit end;

    CHECK_STATUS(byn_process_kill(process), BYN_OK);
    end = end_of(process);
    CHECK(end.known);
    CHECK_INT(end.code, BYN_EXIT_KILLED);
    CHECK(end.signal == 0 || end.signal == BYN_EXIT_KILLED - SIGNAL_BASE);
    byn_process_close(process);
    life_end();
}

static void terminated_process_tells_so(void)
{
    byn_process *process = start_child("lives", life_begin(), NULL);
    byn_exit end;

    CHECK_STATUS(byn_process_terminate(process), BYN_OK);
    end = end_of(process);
    CHECK(end.known);
    CHECK_INT(end.code, end.signal != 0 ? SIGNAL_BASE + end.signal : BYN_EXIT_KILLED);
    byn_process_close(process);
    life_end();
}

static void killing_what_has_ended_is_no_failure(void)
{
    byn_process *process = start_child("returns", "4", NULL);

    CHECK(process_is_gone((long)byn_process_pid(process)));
    CHECK_STATUS(byn_process_terminate(process), BYN_OK);
    CHECK_STATUS(byn_process_kill(process), BYN_OK);
    CHECK_STATUS(byn_process_kill_tree(process), BYN_OK);
    CHECK_INT(end_of(process).code, 4);
    CHECK_STATUS(byn_process_terminate(process), BYN_OK);
    CHECK_STATUS(byn_process_kill(process), BYN_OK);
    CHECK_STATUS(byn_process_kill_tree(process), BYN_OK);
    CHECK_INT(end_of(process).code, 4);
    byn_process_close(process);
}

static void closed_process_lives_on_and_leaves_no_zombie(void)
{
    byn_process *process = start_child("lives", life_begin(), NULL);
    long pid = (long)byn_process_pid(process);

    byn_process_close(process);
    CHECK(probe_runs(pid));
    life_end();
    CHECK(process_is_gone(pid));
    CHECK_INT(child_result("returns", "0", NULL), 0);
    CHECK(!probe_is_known(pid));
}

/* ---- With its parent */

static void read_numbers(peer *from, long *numbers, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const char *line = peer_line(from);

        REQUIRE(line != NULL);
        numbers[i] = atol(line);
    }
}

/* Starts a child that is to end with this process, or not, and tells its number. */
static int has_a_child(peer_self *self, int argc, char **argv)
{
    const byn_process_options options =
        BYN_OPTIONS(byn_process_options, .kill_with_parent = strcmp(argv[0], "bound") == 0);
    byn_process *process = start_child("lives", argv[1], &options);

    (void)argc;
    peer_say(self, "%ld", (long)byn_process_pid(process));
    peer_wait(self, "end");
    byn_process_close(process);
    return 0;
}

static peer *parent_of(const char *how, long *child)
{
    peer *parent = peer_start(PEER_PROCESS, "has_a_child", how, life_begin(), NULL);
    const char *line = peer_line(parent);

    REQUIRE(line != NULL);
    *child = atol(line);
    REQUIRE(*child > 0);
    CHECK(probe_runs(*child));
    return parent;
}

static void child_is_killed_with_its_parent_when_asked(void)
{
    long child;
    peer *parent = parent_of("bound", &child);

    peer_kill(parent);
    CHECK(process_is_gone(child));
    life_end();
}

static void child_is_killed_when_its_parent_returns(void)
{
    long child;
    peer *parent = parent_of("bound", &child);

    peer_tell(parent, "end");
    CHECK_INT(peer_finish(parent), 0);
    CHECK(process_is_gone(child));
    life_end();
}

static void child_outlives_its_parent_otherwise(void)
{
    long child;
    peer *parent = parent_of("free", &child);

    peer_kill(parent);
    CHECK(probe_runs(child));
    life_end();
    CHECK(process_is_gone(child));
}

static byn_process *shared;

static int starts_shared(peer_self *self, int argc, char **argv)
{
    (void)self;
    (void)argc;
    shared =
        start_child("lives", argv[0], &BYN_OPTIONS(byn_process_options, .kill_with_parent = true));
    return 0;
}

static void child_outlives_the_thread_that_started_it(void)
{
    peer *thread = peer_start(PEER_THREAD, "starts_shared", life_begin(), NULL);

    CHECK_INT(peer_finish(thread), 0);
    CHECK_STATUS(byn_process_wait(shared, 100, NULL), BYN_E_TIMEDOUT);
    life_end();
    CHECK_INT(end_of(shared).code, 0);
    byn_process_close(shared);
}

static int waits_for_the_end(void *self)
{
    peer_say(self, byn_process_wait(shared, 100, NULL) == BYN_E_TIMEDOUT ? "lives" : "ended");
    peer_wait(self, "end");
    return 7;
}

static int main_thread_leaves(peer_self *self, int argc, char **argv)
{
    shared =
        start_child("lives", argv[0], &BYN_OPTIONS(byn_process_options, .kill_with_parent = true));
    (void)argc;
    peer_say(self, "%ld", (long)byn_process_pid(shared));
    probe_leave_main_thread(waits_for_the_end, self);
    peer_say(self, "cannot");
    byn_process_close(shared);
    return 0;
}

static void child_outlives_the_main_thread_that_started_it(void)
{
    peer *parent = peer_start(PEER_PROCESS, "main_thread_leaves", life_begin(), NULL);
    const char *line;
    long child;

    read_numbers(parent, &child, 1);
    line = peer_line(parent);
    REQUIRE(line != NULL);
    if (strcmp(line, "cannot") != 0) {
        CHECK_STR(line, "lives");
        peer_tell(parent, "end");
        CHECK_INT(peer_finish(parent), 7);
        CHECK(process_is_gone(child));
    } else {
        CHECK_INT(peer_finish(parent), 0);
    }
    life_end();
}

/* ---- The tree */

/* Starts trees, of which each says its numbers on our standard output. */
static int has_trees(peer_self *self, int argc, char **argv)
{
    byn_process *first;
    byn_process *second;

    (void)argc;
    first = start_child("tree", argv[0], NULL);
    peer_wait(self, "another");
    second = start_child("tree", argv[0], NULL);
    peer_wait(self, "kill");
    CHECK_STATUS(byn_process_kill_tree(first), BYN_OK);
    CHECK_INT(end_of(first).code, BYN_EXIT_KILLED);
    peer_say(self, "killed");
    peer_wait(self, "kill");
    CHECK_STATUS(byn_process_kill_tree(second), BYN_OK);
    CHECK_INT(end_of(second).code, BYN_EXIT_KILLED);
    peer_say(self, "killed");
    byn_process_close(first);
    byn_process_close(second);
    return 0;
}

/* Those that the system could not make have the number 0. */
static bool all_are_gone(const long *numbers, size_t count)
{
    bool gone = true;
    size_t i;

    for (i = 0; i < count; i++)
        gone = (numbers[i] == 0 || process_is_gone(numbers[i])) && gone;
    return gone;
}

static bool all_run(const long *numbers, size_t count)
{
    bool run = true;
    size_t i;

    for (i = 0; i < count; i++)
        run = run && (numbers[i] == 0 || probe_runs(numbers[i]));
    return run;
}

static void tree_is_killed_with_all_branches_and_daemons_and_nothing_else(void)
{
    long first[PROCESS_TREE];
    long second[PROCESS_TREE];
    peer *parent = peer_start(PEER_PROCESS, "has_trees", life_begin(), NULL);

    read_numbers(parent, first, PROCESS_TREE);
    peer_tell(parent, "another");
    read_numbers(parent, second, PROCESS_TREE);
    CHECK(all_run(first, PROCESS_TREE));
    peer_tell(parent, "kill");
    peer_expect(parent, "killed");
    CHECK(all_are_gone(first, PROCESS_TREE));
    CHECK(all_run(second, PROCESS_TREE));
    peer_tell(parent, "kill");
    peer_expect(parent, "killed");
    CHECK(all_are_gone(second, PROCESS_TREE));
    CHECK_INT(peer_finish(parent), 0);
    life_end();
}

/* The root ends at once, and what it left is found nevertheless. */
static int had_a_tree(peer_self *self, int argc, char **argv)
{
    byn_process *root = start_child("leaves_a_daemon", argv[0], NULL);

    (void)argc;
    CHECK_INT(end_of(root).code, 0);
    peer_wait(self, "kill");
    CHECK_STATUS(byn_process_kill_tree(root), BYN_OK);
    peer_say(self, "killed");
    byn_process_close(root);
    return 0;
}

static void tree_is_killed_after_its_root_has_ended(void)
{
    long daemon;
    peer *parent = peer_start(PEER_PROCESS, "had_a_tree", life_begin(), NULL);

    read_numbers(parent, &daemon, 1);
    peer_tell(parent, "kill");
    peer_expect(parent, "killed");
    CHECK(all_are_gone(&daemon, 1));
    CHECK_INT(peer_finish(parent), 0);
    life_end();
}

/* ---- The host */

/* Exit code 0: the result was known, 1: it was not, which older systems may say. */
static int check_taken(byn_process *process)
{
    byn_exit end = end_of(process);

    CHECK(!end.known || end.code == 6);
    CHECK(!byn_process_is_alive(process));
    CHECK_STATUS(byn_process_kill(process), BYN_OK);
    byn_process_close(process);
    return end.known ? 0 : 1;
}

static int takes_children(peer_self *self, int argc, char **argv)
{
    byn_process *process = start_child("returns", "6", NULL);

    (void)self;
    (void)argc;
    (void)argv;
    if (!probe_take_any_child()) {
        byn_process_close(process);
        return 2;
    }
    return check_taken(process);
}

static int ignores_children(peer_self *self, int argc, char **argv)
{
    (void)self;
    (void)argc;
    (void)argv;
    if (!probe_ignore_children())
        return 2;
    return check_taken(start_child("returns", "6", NULL));
}

static void run_host(const char *how)
{
    const char *const argv[] = {test_executable(), "--peer", how, NULL};
    int known = test_run(argv, NULL);

    if (known == 2)
        test_skip("nobody can take a result on this system");
    CHECK(known == 0 || known == 1);
}

static void host_that_waits_for_any_child_does_no_harm(void)
{
    run_host("takes_children");
}

static void host_that_ignores_its_children_does_no_harm(void)
{
    run_host("ignores_children");
}

/* ---- fork() */

/* 0: as it should be. */
static int use_inherited(void)
{
    byn_process *own = NULL;
    child_arguments child = child_arguments_of("returns", "8");
    byn_exit end = {.code = 0};
    uint32_t pid = byn_process_pid(shared);

    if (pid == 0 || byn_process_is_alive(shared))
        return 1;
    if (byn_process_wait(shared, BYN_NOW, NULL) != BYN_E_INVALID ||
        strstr(byn_last_error(), "fork") == NULL)
        return 2;
    if (byn_process_kill(shared) != BYN_E_INVALID || byn_process_kill_tree(shared) != BYN_E_INVALID)
        return 3;
    if (byn_process_start(&own, child.argv, NULL) < 0)
        return 4;
    if (byn_process_wait(shared, BYN_NOW, NULL) != BYN_E_INVALID)
        return 5;
    if (byn_process_wait(own, BYN_FOREVER, &end) < 0 || end.code != 8)
        return 6;
    byn_process_close(own);
    byn_process_close(shared);
    return 0;
}

static void inherited_handle_is_refused(void)
{
    int result;

    shared = start_child("lives", life_begin(), NULL);
    result = probe_in_fork(use_inherited);
    CHECK(byn_process_is_alive(shared));
    life_end();
    CHECK_INT(end_of(shared).code, 0);
    byn_process_close(shared);
    if (result < 0)
        test_skip("there is no fork() on this system");
    CHECK_INT(result, 0);
}

static const test_case cases[] = {
    TEST(killed_process_tells_so),
    TEST(terminated_process_tells_so),
    TEST(killing_what_has_ended_is_no_failure),
    TEST(closed_process_lives_on_and_leaves_no_zombie),
    TEST(child_is_killed_with_its_parent_when_asked),
    TEST(child_is_killed_when_its_parent_returns),
    TEST(child_outlives_its_parent_otherwise),
    TEST(inherited_handle_is_refused),
    TEST(child_outlives_the_thread_that_started_it),
    TEST(child_outlives_the_main_thread_that_started_it),
    TEST(tree_is_killed_with_all_branches_and_daemons_and_nothing_else),
    TEST(tree_is_killed_after_its_root_has_ended),
    TEST(host_that_waits_for_any_child_does_no_harm),
    TEST(host_that_ignores_its_children_does_no_harm),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(has_a_child),    PEER(starts_shared),    PEER(has_trees),          PEER(had_a_tree),
    PEER(takes_children), PEER(ignores_children), PEER(main_thread_leaves), PEER_END,
};

int main(int argc, char **argv)
{
    int code;

    return child_main(argc, argv, &code) ? code
                                         : test_main(argc, argv, "process_end", cases, peers);
}
