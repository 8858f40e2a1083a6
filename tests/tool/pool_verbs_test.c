/* byname pool, and what show and ls tell of pools: this program has them open, and is their workers. */
#include "tool_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

/* ---- Tasks */

static byn_status echo(byn_call *call)
{
    size_t size;
    const void *data = byn_call_argument(call, &size);

    return byn_call_result(call, data, size);
}

static byn_status fail(byn_call *call)
{
    return byn_call_fail(call, BYN_E_LIMIT, "no more of these");
}

static byn_status die(byn_call *call)
{
    if (byn_call_attempt(call) < 2)
        exit(5);
    return byn_call_result(call, "alive", 5);
}

/* Until nobody wants it. */
static byn_status hold(byn_call *call)
{
    byn_event *never;

    REQUIRE_STATUS(byn_event_open(&never, NULL, NULL), BYN_CREATED);
    while (!byn_call_is_canceled(call))
        if (byn_event_wait(never, 20) != BYN_E_TIMEDOUT)
            break;
    byn_event_close(never);
    return byn_call_fail(call, BYN_E_CANCELED, "nobody wants it any more");
}

static const byn_task tasks[] = {BYN_TASK("echo", echo), BYN_TASK("fail", fail),
                                 BYN_TASK("die", die), BYN_TASK("hold", hold), BYN_TASK_END};

/* ---- What all cases need */

static byn_pool *open_pool(const char *name)
{
    byn_pool *pool = NULL;

    REQUIRE_STATUS(byn_pool_open(&pool, name, &BYN_OPTIONS(byn_pool_options, .workers = 1)),
                   BYN_CREATED);
    return pool;
}

static uint32_t running_in(byn_pool *pool)
{
    byn_pool_state state = {.struct_size = sizeof state};

    CHECK_STATUS(byn_pool_progress(pool, &state), BYN_OK);
    return state.running;
}

static bool runs_something(void *pool)
{
    return running_in(pool) > 0;
}

/* A task that runs as long as it is wanted. */
static byn_future *hold_worker(byn_pool *pool)
{
    byn_future *future = NULL;

    REQUIRE_STATUS(byn_pool_submit(pool, &future, "hold", NULL, 0, NULL, BYN_FOREVER), BYN_OK);
    until(runs_something, pool);
    return future;
}

/* ---- The cases */

static void submit_prints_the_result_as_it_is(void)
{
    const char *name = fresh_name();
    byn_pool *pool = open_pool(name);
    const test_output *output;

    CHECK_INT(TOOL(&output, "pool", "submit", name, "echo", "a b"), 0);
    CHECK_STR(output->out, "a b");
    CHECK_STR(output->err, "");
    CHECK_INT(TOOL(&output, "pool", "submit", name, "echo"), 0);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL_READS("one\ntwo", &output, "pool", "submit", name, "echo", "-"), 0);
    CHECK_STR(output->out, "one\ntwo");
    CHECK_INT(TOOL(&output, "pool", "submit", name, "echo", "-5"), 0);
    CHECK_STR(output->out, "-5");
    byn_pool_close(pool);
}

static void submit_tells_how_a_task_failed(void)
{
    const char *name = fresh_name();
    byn_pool *pool = open_pool(name);
    const test_output *output;

    CHECK_INT(TOOL(&output, "pool", "submit", name, "fail"), 1);
    CHECK_CONTAINS(output->err, "no more of these");
    CHECK_CONTAINS(output->err, "BYN_E_LIMIT");
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "pool", "submit", name, "unheard"), 1);
    CHECK_CONTAINS(output->err, "there is no task \"unheard\"");
    CHECK_INT(TOOL(&output, "pool", "submit", name, "die"), 1);
    CHECK_CONTAINS(output->err, "BYN_E_PEERDIED");
    CHECK_INT(TOOL(&output, "pool", "submit", name, "die", "--attempts", "2"), 0);
    CHECK_STR(output->out, "alive");
    byn_pool_close(pool);
}

static void submit_waits_no_longer_than_told(void)
{
    const char *name = fresh_name();
    byn_pool *pool = open_pool(name);
    const test_output *output;

    CHECK_INT(TOOL(&output, "pool", "submit", name, "hold", "-w", "0.3"), 124);
    CHECK_CONTAINS(output->err, "no time left for");
    CHECK_INT(TOOL(&output, "pool", "submit", name, "echo", "after"), 0);
    CHECK_STR(output->out, "after");
    byn_pool_close(pool);
    until_all_is_gone();
}

/* By both verbs, and the same. */
static void check_shown(const char *name, bool by_noun)
{
    const test_output *output;

    CHECK_INT(by_noun ? TOOL(&output, "pool", "show", name) : TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(output->out, "kind        pool\n");
    CHECK_CONTAINS(output->out, "running     1\n");
    CHECK_CONTAINS(output->out, "has it open  ");
    CHECK_INT(by_noun ? TOOL(&output, "pool", "show", name, "--json")
                      : TOOL(&output, "show", "--json", name),
              0);
    CHECK_CONTAINS(output->out, "\"submitters\": 1,");
    CHECK_CONTAINS(output->out, "\"stage\": \"open\"");
    CHECK_CONTAINS(output->out, "\"retried\": 0,");
    CHECK_CONTAINS(output->out, "\"openers\": [");
}

static void ls_and_show_tell_of_pools(void)
{
    const char *name = fresh_name();
    byn_pool *pool = open_pool(name);
    byn_future *future = hold_worker(pool);
    const test_output *output;

    CHECK_INT(TOOL(&output, "pool", "ls"), 0);
    CHECK_CONTAINS(output->out, "NAME");
    CHECK_CONTAINS(output->out, name);
    CHECK_INT(TOOL(&output, "pool", "ls", "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"running\": 1");
    check_shown(name, false);
    check_shown(name, true);
    CHECK_INT(TOOL(&output, "show", name, "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_INT(TOOL(&output, "ls"), 0);
    CHECK_CONTAINS(output->out, name);
    CHECK_STATUS(byn_future_kill(future), BYN_OK);
    byn_future_close(future);
    byn_pool_close(pool);
    until_all_is_gone();
}

static void close_waits_for_what_runs(void)
{
    const char *name = fresh_name();
    byn_pool *pool = open_pool(name);
    byn_future *future = hold_worker(pool), *refused = NULL;
    const test_output *output;
    byn_process *closer;

    CHECK_INT(TOOL(&output, "pool", "close", name, "-w", "0.1"), 124);
    CHECK_STATUS(byn_pool_submit(pool, &refused, "echo", NULL, 0, NULL, BYN_NOW), BYN_E_CLOSED);
    CHECK_INT(TOOL(&output, "pool", "show", name), 0);
    CHECK_CONTAINS(output->out, "closed");
    closer = START("pool", "close", name);
    CHECK_STATUS(byn_process_wait(closer, 100, NULL), BYN_E_TIMEDOUT);
    byn_future_close(future);
    CHECK_INT(command_end(closer), 0);
    byn_pool_close(pool);
}

static void close_now_ends_what_runs(void)
{
    const char *name = fresh_name();
    byn_pool *pool = open_pool(name);
    byn_future *future = hold_worker(pool);
    const test_output *output;
    byn_task_error error = {.struct_size = sizeof error};

    CHECK_INT(TOOL(&output, "pool", "close", name, "--now"), 0);
    CHECK_STATUS(byn_future_wait(future, PATIENCE), BYN_OK);
    CHECK_STATUS(byn_future_error(future, &error), BYN_OK);
    CHECK_STATUS(error.status, BYN_E_CANCELED);
    byn_future_close(future);
    byn_pool_close(pool);
    until_all_is_gone();
}

static void what_nobody_has_open_is_told(void)
{
    const test_output *output;

    check_nobody_has_it("pool", "show", "a pool lives while a program uses it");
    check_nobody_has_it("pool", "close", "a pool lives while a program uses it");
    CHECK_INT(TOOL(&output, "pool", "submit", fresh_name(), "echo"), 1);
    CHECK_CONTAINS(output->err, "a pool lives while a program uses it");
}

static void wrong_command_lines_are_told(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "pool"), 2);
    CHECK_CONTAINS(output->err, "which action? ls, show, submit, close");
    CHECK_INT(TOOL(&output, "pool", "show"), 2);
    CHECK_INT(TOOL(&output, "pool", "show", "a", "b"), 2);
    CHECK_CONTAINS(output->err, "there is a word too many (\"b\")");
    CHECK_INT(TOOL(&output, "pool", "submit", "a"), 2);
    CHECK_CONTAINS(output->err, "which task?");
    CHECK_INT(TOOL(&output, "pool", "submit", "a", "b", "--attempts", "0"), 2);
    CHECK_INT(TOOL(&output, "pool", "ls", "a"), 2);
}

static const test_case cases[] = {TEST(submit_prints_the_result_as_it_is),
                                  TEST(submit_tells_how_a_task_failed),
                                  TEST(submit_waits_no_longer_than_told),
                                  TEST(ls_and_show_tell_of_pools),
                                  TEST(close_waits_for_what_runs),
                                  TEST(close_now_ends_what_runs),
                                  TEST(what_nobody_has_open_is_told),
                                  TEST(wrong_command_lines_are_told),
                                  TEST_END};

int main(int argc, char **argv)
{
    int code;

    if (byn_worker_main(tasks, &code))
        return code;
    return test_main(argc, argv, "tool.pool", cases, tool_peers);
}
