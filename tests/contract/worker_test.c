/* Workers: how tasks end with them, how they begin, and what if they cannot. */
#include "worker_tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "probe.h"
#include "process_child.h"

enum { SIGNAL_BASE = 128 };

static byn_pool_state progress_of(byn_pool *pool)
{
    byn_pool_state state = {.struct_size = sizeof state};

    CHECK_STATUS(byn_pool_progress(pool, &state), BYN_OK);
    return state;
}

/* ---- A task and its worker end together */

/* Waits for a task that its worker did not survive; says how that ended. Closes the future. */
static byn_exit death_of(byn_future *future, byn_status status)
{
    byn_task_error error = {.struct_size = sizeof error};
    byn_exit end = {.known = false};

    REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
    REQUIRE_STATUS(byn_future_error(future, &error), BYN_OK);
    CHECK_STATUS(error.status, status);
    CHECK_STR(error.task, "ends");
    CHECK_CONTAINS(error.message, "ends");
    CHECK(error.exit_known);
    end.code = error.exit_code;
    end.signal = error.exit_signal;
    byn_future_close(future);
    return end;
}

static byn_exit die_in(byn_pool *pool, const char *how)
{
    return death_of(submit_end(pool, how), BYN_E_PEERDIED);
}

static void task_alone_fails_when_its_worker_ends(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 2));
    byn_exit end;

    CHECK_INT(die_in(pool, "exit 0").code, 0);
    CHECK_INT(die_in(pool, "exit 3").code, 3);
    end = die_in(pool, "abort");
    CHECK(end.signal != 0 ? end.code == SIGNAL_BASE + end.signal : end.code != 0);
    end = die_in(pool, "crash");
    CHECK(end.signal != 0 ? end.code == SIGNAL_BASE + end.signal : end.code != 0);
    end = die_in(pool, "killed");
    CHECK(end.signal != 0 ? end.code == BYN_EXIT_KILLED : end.code != 0);
    CHECK(worker_pid(pool) > 0);
    CHECK_INT(progress_of(pool).died, 5);
    CHECK_INT(progress_of(pool).failed, 5);
    end_pool(pool);
}

static void message_says_how_the_worker_ended(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 1));
    byn_task_error error = {.struct_size = sizeof error};
    byn_future *future = submit_end(pool, "exit 3");

    CHECK_STATUS(byn_future_wait(future, LATE), BYN_OK);
    REQUIRE_STATUS(byn_future_error(future, &error), BYN_OK);
    CHECK_CONTAINS(error.message, "\"ends\"");
    CHECK_CONTAINS(error.message, "code 3");
    byn_future_close(future);
    end_pool(pool);
}

static void hanging_task_is_ended_in_its_time(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 2));
    byn_submit_options hurry = BYN_OPTIONS(byn_submit_options, .task_timeout = 60);
    byn_future *future = NULL;
    long other = worker_pid(pool);

    REQUIRE_STATUS(byn_pool_submit(pool, &future, "ends", "hang", 4, &hurry, LATE), BYN_OK);
    CHECK_INT(death_of(future, BYN_E_TIMEDOUT).code, BYN_EXIT_KILLED);
    /* One that is in time, of many. */
    REQUIRE_STATUS(byn_pool_submit(pool, &future, "ends", "well", 4, &hurry, LATE), BYN_OK);
    result_is(future, "well", 4);
    CHECK(other > 0);
    CHECK_INT(progress_of(pool).died, 1);
    end_pool(pool);
}

static void task_is_tried_again_as_often_as_asked(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 2, .attempts = 3));
    uint32_t attempt = 0;
    size_t size = sizeof attempt;
    byn_future *future = NULL;
    byn_submit_options twice = BYN_OPTIONS(byn_submit_options, .attempts = 2);

    CHECK_STATUS(byn_pool_apply(pool, "attempt", NULL, 0, &attempt, &size, LATE), BYN_OK);
    CHECK_INT(attempt, 3);
    CHECK_INT(progress_of(pool).retried, 2);
    REQUIRE_STATUS(byn_pool_submit(pool, &future, "attempt", NULL, 0, &twice, LATE), BYN_OK);
    failure_is(future, BYN_E_PEERDIED, "attempt");
    CHECK_INT(progress_of(pool).retried, 3);
    end_pool(pool);
}

static void task_may_misbehave_and_only_it_suffers(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 1));
    int i;

    result_is(submit_end(pool, "fork"), "fork", 4);
    result_is(submit_end(pool, "close"), "close", 5);
    for (i = 0; i < 20; i++)
        result_is(submitted_text(pool, "echo", "goes on"), "goes on", 7);
    if (!test_on_windows())
        CHECK_INT(die_in(pool, "raise").code, SIGNAL_BASE + 15);
    CHECK_INT(progress_of(pool).done, 22);
    end_pool(pool);
}

/* The worker's output is the program's. */
static void task_may_print_megabytes(void)
{
    const char *const argv[] = {test_executable(), "--program", "prints", "3000000", NULL};
    const test_output *output;

    CHECK_INT(test_run(argv, &output), 0);
    CHECK_INT(output->out_size, 3000000);
    CHECK_STR(output->err, "");
}

/* ---- What a task says */

static void failure_says_what_the_library_said(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 1));

    failure_is(submitted(pool, "late", NULL, 0), BYN_E_NOTFOUND, "nobody-made-it");
    /* And not once more. */
    failure_is(submitted(pool, "limit", NULL, 0), BYN_E_LIMIT, byn_status_text(BYN_E_LIMIT));
    failure_is(submitted(pool, "odd", NULL, 0), BYN_E_INVALID, "-1234");
    end_pool(pool);
}

static void unknown_task_is_named(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 1));
    byn_task_error error = {.struct_size = sizeof error};
    byn_future *future = submitted(pool, "nobody wrote it", NULL, 0);

    CHECK_STATUS(byn_future_wait(future, LATE), BYN_OK);
    REQUIRE_STATUS(byn_future_error(future, &error), BYN_OK);
    CHECK_STATUS(error.status, BYN_E_NOTFOUND);
    CHECK_CONTAINS(error.message, "nobody wrote it");
    CHECK_CONTAINS(error.message, "contract.worker");
    CHECK_CONTAINS(error.message, byn_pool_name(pool));
    byn_future_close(future);
    CHECK_INT(progress_of(pool).died, 0);
    end_pool(pool);
}

/* ---- Beginning */

static void worker_makes_place_for_a_fresh_one(void)
{
    byn_pool *pool =
        opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 1, .tasks_per_worker = 2));
    long pids[4];
    int i;

    for (i = 0; i < 4; i++)
        pids[i] = worker_pid(pool);
    CHECK_INT(pids[0], pids[1]);
    CHECK_INT(pids[2], pids[3]);
    CHECK(pids[0] != pids[2]);
    CHECK_INT(progress_of(pool).died, 0);
    end_pool(pool);
}

static void initializer_runs_before_all_tasks(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 1, .tasks_per_worker = 1,
                                              .initializer = "notes", .initializer_data = "a note",
                                              .initializer_size = 6));
    int i;

    for (i = 0; i < 2; i++)
        result_is(submitted(pool, "noted", NULL, 0), "a note", 6);
    end_pool(pool);
}

/* All that was submitted fails, and whatever comes later, with this reason. */
static void pool_breaks(const byn_pool_options *options, const char *reason)
{
    byn_pool *pool = opened_pool(options);
    byn_future *future = NULL;
    byn_status status = byn_pool_submit(pool, &future, "echo", NULL, 0, NULL, LATE);

    if (status >= 0)
        failure_is(future, BYN_E_BROKEN, reason);
    else
        CHECK_STATUS(status, BYN_E_BROKEN);
    CHECK_STATUS(byn_pool_submit(pool, &future, "echo", NULL, 0, NULL, LATE), BYN_E_BROKEN);
    CHECK_CONTAINS(byn_last_error(), reason);
    CHECK(progress_of(pool).is_broken);
    CHECK_INT(progress_of(pool).workers, 0);
    byn_pool_close(pool);
}

static void initializer_that_fails_breaks_the_pool(void)
{
    pool_breaks(&BYN_OPTIONS(byn_pool_options, .workers = 1, .initializer = "complains"),
                "not today");
    if (test_on_windows()) /* where each start takes its time */
        return;
    pool_breaks(&BYN_OPTIONS(byn_pool_options, .workers = 1, .initializer = "nobody wrote it"),
                "nobody wrote it");
}

static void program_that_ends_at_once_breaks_the_pool(void)
{
    if (test_on_windows())
        test_skip("the next one is enough where each start takes its time");
    pool_breaks(&BYN_OPTIONS(byn_pool_options, .workers = 2, .program = worker_program("fails")),
                "exit code 3");
}

static void program_that_forgets_what_it_is_is_told(void)
{
    pool_breaks(&BYN_OPTIONS(byn_pool_options, .workers = 1, .program = worker_program("forgets")),
                "exit code 7 before it was a worker");
}

static void program_that_is_not_there_is_an_error_of_open(void)
{
    const char *const nothing[] = {"there-is-no-such-program", NULL};
    byn_pool *pool = NULL;
    byn_pool_options missing = BYN_OPTIONS(byn_pool_options, .program = nothing);
    byn_pool_options library = BYN_OPTIONS(byn_pool_options, .library = "there-is-no-library.so");
    byn_pool_options both =
        BYN_OPTIONS(byn_pool_options, .program = worker_program("fails"), .library = "x");

    CHECK_STATUS(byn_pool_open(&pool, fresh_name(), &missing), BYN_E_NOTFOUND);
    CHECK_CONTAINS(byn_last_error(), "there-is-no-such-program");
    CHECK_STATUS(byn_pool_open(&pool, fresh_name(), &library), BYN_E_NOTFOUND);
    CHECK_CONTAINS(byn_last_error(), "there-is-no-library");
    CHECK_STATUS(byn_pool_open(&pool, fresh_name(), &both), BYN_E_INVALID);
}

/* ---- A library */

#ifdef TASK_LIBRARY

/* A file beside this program. */
static const char *neighbour(const char *name, char path[1024])
{
    const char *program = test_executable(), *end = program + strlen(program);

    while (end > program && end[-1] != '/' && end[-1] != '\\')
        end--;
    (void)snprintf(path, 1024, "%.*s%s", (int)(end - program), program, name);
    return path;
}

static void library_of_tasks_is_loaded(void)
{
    char path[1024];
    const char *library = neighbour(TASK_LIBRARY, path);
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 1, .library = library));
    int32_t number = 12, square = 144;

    result_is(submitted(pool, "square", &number, sizeof number), &square, sizeof square);
    failure_is(submitted(pool, "echo", NULL, 0), BYN_E_NOTFOUND, "byname");
    end_pool(pool);
}

static void library_that_is_none_is_named(void)
{
    const char *library = test_executable(); /* no library, or one without a table */
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 1, .library = library));

    failure_is(submitted(pool, "square", NULL, 0), BYN_E_BROKEN, "a table of tasks?");
    byn_pool_close(pool);
}

static void library_of_tasks_joins_by_hand(void)
{
    char tool[1024], library[1024];
    const char *argv[] = {neighbour(test_on_windows() ? "byname.exe" : "byname", tool),
                          "worker",
                          "--library",
                          neighbour(TASK_LIBRARY, library),
                          "--pool",
                          NULL,
                          NULL};
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .no_workers = true));
    int32_t number = 3, square = 9;
    byn_process *process = NULL;

    argv[5] = byn_pool_name(pool);
    REQUIRE_STATUS(byn_process_start(&process, argv, NULL), BYN_OK);
    result_is(submitted(pool, "square", &number, sizeof number), &square, sizeof square);
    end_pool(pool);
    CHECK_INT(end_of(process).code, 0);
    byn_process_close(process);
}

static void tool_says_what_it_cannot_load(void)
{
    char tool[1024];
    const char *const missing[] = {neighbour(test_on_windows() ? "byname.exe" : "byname", tool),
                                   "worker", "--library", "nothing.so", NULL};
    const char *const nothing[] = {missing[0], "worker", NULL};
    const char *const tableless[] = {missing[0], "worker", "--library", test_executable(), NULL};
    const test_output *output;

    CHECK_INT(test_run(missing, &output), 1);
    CHECK_CONTAINS(output->err, "nothing.so");
    CHECK(strstr(output->err, " \n") == NULL);
    CHECK_INT(test_run(nothing, &output), 2);
    CHECK_CONTAINS(output->err, "--library");
    CHECK_INT(test_run(tableless, &output), 1);
}

#else

static void library_of_tasks_is_loaded(void)
{
    test_skip("the library is linked into each program");
}

static void library_that_is_none_is_named(void)
{
    test_skip("the library is linked into each program");
}

static void library_of_tasks_joins_by_hand(void)
{
    test_skip("the library is linked into each program");
}

static void tool_says_what_it_cannot_load(void)
{
    test_skip("the library is linked into each program");
}

#endif

/* ---- Nested tasks */

static void one_worker_is_enough_for_nested_tasks(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 1));
    uint32_t depth = 5, expected = 6;

    result_is(submitted(pool, "nest", &depth, sizeof depth), &expected, sizeof expected);
    end_pool(pool);
}

/* ---- By hand */

static int joins(peer_self *self, int argc, char **argv)
{
    byn_worker_options options = BYN_OPTIONS(byn_worker_options, .tasks = (uint32_t)atoi(argv[1]));
    byn_status status = byn_worker_join(argv[0], worker_tasks(), &options);

    (void)argc;
    peer_say(self, "%s", status >= 0 ? byn_status_name(status) : byn_last_error());
    return 0;
}

static void worker_joins_by_hand_and_leaves(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .no_workers = true));
    byn_future *first = submitted_text(pool, "echo", "one");
    byn_future *second = submitted_text(pool, "echo", "two");
    peer *some = peer_start(PEER_PROCESS, "joins", byn_pool_name(pool), "2", NULL);
    peer *rest;

    result_is(first, "one", 3);
    result_is(second, "two", 3);
    peer_expect(some, "BYN_OK");
    CHECK_INT(peer_finish(some), 0);
    rest = peer_start(PEER_PROCESS, "joins", byn_pool_name(pool), "0", NULL);
    result_is(submitted_text(pool, "echo", "three"), "three", 5);
    CHECK_STATUS(byn_pool_shutdown(pool), BYN_OK);
    CHECK_STATUS(byn_pool_join(pool, LATE), BYN_OK);
    peer_expect(rest, "BYN_OK");
    CHECK_INT(peer_finish(rest), 0);
    byn_pool_close(pool);
}

static void worker_by_hand_that_dies_is_not_replaced(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .no_workers = true));
    peer *hand = peer_start(PEER_PROCESS, "joins", byn_pool_name(pool), "0", NULL);
    held h = hold(pool, "hold");

    peer_kill(hand);
    failure_is(h.future, BYN_E_PEERDIED, "hold");
    h.future = NULL;
    CHECK_INT(progress_of(pool).workers + progress_of(pool).starting, 0);
    release(&h);
    byn_pool_close(pool);
}

static void worker_cannot_join_what_is_not_there(void)
{
    CHECK_STATUS(byn_worker_join(fresh_name(), worker_tasks(), NULL), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_worker_join(NULL, worker_tasks(), NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_worker_join(fresh_name(), NULL, NULL), BYN_E_INVALID);
}

/* ---- The pool's end */

static void terminate_kills_what_runs_and_cancels_what_waits(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 1));
    held h = hold(pool, "hold");
    byn_future *waits = submitted_text(pool, "echo", "never");

    CHECK_STATUS(byn_pool_terminate(pool), BYN_OK);
    CHECK_STATUS(byn_future_wait(waits, LATE), BYN_OK);
    CHECK_INT(byn_future_state(waits), BYN_FUTURE_CANCELED);
    failure_is(h.future, BYN_E_CANCELED, "hold");
    h.future = NULL;
    CHECK_STATUS(byn_pool_join(pool, LATE), BYN_OK);
    release(&h);
    byn_future_close(waits);
    byn_pool_close(pool);
}

static void workers_are_gone_when_the_pool_is_closed(void)
{
    byn_pool *pool = opened_pool(&BYN_OPTIONS(byn_pool_options, .workers = 2));
    long pid = worker_pid(pool);
    held h = hold(pool, "hold");

    byn_future_close(h.future);
    h.future = NULL;
    byn_pool_close(pool);
    CHECK(process_is_gone(pid));
    release(&h);
}

static const test_case cases[] = {
    TEST(task_alone_fails_when_its_worker_ends),
    TEST(message_says_how_the_worker_ended),
    TEST(hanging_task_is_ended_in_its_time),
    TEST(task_is_tried_again_as_often_as_asked),
    TEST(task_may_misbehave_and_only_it_suffers),
    TEST(task_may_print_megabytes),
    TEST(failure_says_what_the_library_said),
    TEST(unknown_task_is_named),
    TEST(worker_makes_place_for_a_fresh_one),
    TEST(initializer_runs_before_all_tasks),
    TEST(initializer_that_fails_breaks_the_pool),
    TEST(program_that_ends_at_once_breaks_the_pool),
    TEST(program_that_forgets_what_it_is_is_told),
    TEST(program_that_is_not_there_is_an_error_of_open),
    TEST(library_of_tasks_is_loaded),
    TEST(library_that_is_none_is_named),
    TEST(library_of_tasks_joins_by_hand),
    TEST(tool_says_what_it_cannot_load),
    TEST(one_worker_is_enough_for_nested_tasks),
    TEST(worker_joins_by_hand_and_leaves),
    TEST(worker_by_hand_that_dies_is_not_replaced),
    TEST(worker_cannot_join_what_is_not_there),
    TEST(terminate_kills_what_runs_and_cancels_what_waits),
    TEST(workers_are_gone_when_the_pool_is_closed),
    TEST_END,
};

static const peer_entry peers[] = {PEER(joins), PEER_END};

int main(int argc, char **argv)
{
    int code;

    return worker_main(argc, argv, &code) ? code : test_main(argc, argv, "worker", cases, peers);
}
