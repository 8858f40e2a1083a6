/* byn_once: run by one, to its end, whoever dies in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

#include "remote.h"
#include "support.h"

enum { LATE = 90000, WAITERS = 6 };

static byn_once *opened(const char *name)
{
    byn_once *once = NULL;

    REQUIRE_STATUS(byn_once_open(&once, name, NULL), BYN_CREATED);
    return once;
}

static peer *other(const char *name, peer_kind kind)
{
    peer *p = remote_start(kind);

    CHECK_STATUS(remote_call(p, "once 0 %s", name), BYN_OK);
    return p;
}

static void count(void *context)
{
    ++*(int *)context;
}

/* ---- Arguments */

static void unusable_arguments_are_invalid(void)
{
    const char *name = fresh_name();
    byn_once *once = opened(name);
    int runs = 0;

    CHECK_STATUS(byn_once_open(NULL, name, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_once_run(NULL, count, &runs, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_once_run(once, NULL, &runs, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_once_run(once, count, &runs, -2), BYN_E_INVALID);
    CHECK_INT(runs, 0);
    CHECK(!byn_once_is_done(once));
    CHECK(!byn_once_is_done(NULL));
    CHECK(byn_once_name(NULL) == NULL);
    CHECK_STR(byn_once_name(once), name);
    byn_once_close(NULL);
    byn_once_close(once);
}

static void it_remembers_while_it_is_open(void)
{
    const char *name = fresh_name();
    byn_once *once = opened(name);
    peer *p = other(name, PEER_PROCESS);
    int runs = 0;

    CHECK_STATUS(byn_once_run(once, count, &runs, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_once_run(once, count, &runs, BYN_NOW), BYN_OK);
    CHECK_INT(runs, 1);
    CHECK(byn_once_is_done(once));
    byn_once_close(once);
    CHECK_STATUS(remote_call(p, "once_run 0"), BYN_OK);
    CHECK_INT(remote_number(), 0);
    CHECK_STATUS(remote_call(p, "is_done"), BYN_OK);
    CHECK_INT(remote_number(), 1);
    remote_end(p);
    once = opened(name);
    CHECK(!byn_once_is_done(once));
    CHECK_STATUS(byn_once_run(once, count, &runs, BYN_NOW), BYN_OK);
    CHECK_INT(runs, 2);
    byn_once_close(once);
}

/* ---- Many at once */

static void one_of_many_runs_it(peer_kind kind)
{
    enum { ROUNDS = 20 };
    peer *peers[WAITERS];
    int round, i;

    for (i = 0; i < WAITERS; i++)
        peers[i] = remote_start(kind);
    for (round = 0; round < ROUNDS; round++) {
        const char *name = fresh_name();
        byn_once *once = opened(name);
        long long runs = 0;

        for (i = 0; i < WAITERS; i++)
            CHECK_STATUS(remote_call(peers[i], "once 0 %s", name), BYN_OK);
        for (i = 0; i < WAITERS; i++)
            peer_tell(peers[i], i % 2 == 0 ? "once_run -1" : "once_run 90000");
        for (i = 0; i < WAITERS; i++) {
            CHECK_STATUS(remote_answer(peers[i]), BYN_OK);
            runs += remote_number();
        }
        CHECK_INT(runs, 1);
        for (i = 0; i < WAITERS; i++)
            CHECK_STATUS(remote_call(peers[i], "close once"), BYN_OK);
        byn_once_close(once);
    }
    for (i = 0; i < WAITERS; i++)
        remote_end(peers[i]);
}

static void one_of_many_processes_runs_it(void)
{
    one_of_many_runs_it(PEER_PROCESS);
}

static void one_of_many_threads_runs_it(void)
{
    one_of_many_runs_it(PEER_THREAD);
}

/* ---- While one runs it */

static void say_and_wait(void *context)
{
    peer_self *self = context;

    peer_say(self, "runs");
    (void)peer_wait(self, "end");
}

/* Runs it until it is told to end. */
static int runs(peer_self *self, int argc, char **argv)
{
    byn_once *once = NULL;
    byn_status status;

    (void)argc;
    REQUIRE_STATUS(byn_once_open(&once, argv[0], NULL), BYN_OK);
    status = byn_once_run(once, say_and_wait, self, LATE);
    peer_say(self, "%s", byn_status_name(status));
    byn_once_close(once);
    return 0;
}

static peer *runner(const char *name, peer_kind kind)
{
    peer *p = peer_start(kind, "runs", name, NULL);

    peer_expect(p, "runs");
    return p;
}

static void others_wait_for_its_end(peer_kind kind)
{
    const char *name = fresh_name();
    byn_once *once = opened(name);
    peer *p = runner(name, kind), *waiter = other(name, kind);
    int64_t began = platform_milliseconds();
    int ran = 0;

    CHECK_STATUS(byn_once_run(once, count, &ran, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_once_run(once, count, &ran, 35), BYN_E_TIMEDOUT);
    CHECK(platform_milliseconds() - began >= 35);
    CHECK(!byn_once_is_done(once));
    remote_begin(waiter, "once_run -1");
    peer_tell(p, "end");
    CHECK_STATUS(byn_once_run(once, count, &ran, LATE), BYN_OK);
    CHECK_STATUS(remote_answer(waiter), BYN_OK);
    CHECK_INT(remote_number(), 0);
    CHECK_INT(ran, 0);
    CHECK(byn_once_is_done(once));
    peer_expect(p, "BYN_OK");
    CHECK_INT(peer_finish(p), 0);
    remote_end(waiter);
    byn_once_close(once);
}

static void others_wait_until_it_has_been_run(void)
{
    others_wait_for_its_end(PEER_PROCESS);
    others_wait_for_its_end(PEER_THREAD);
}

static bool interrupt(void *context)
{
    ++*(int *)context;
    return true;
}

static void wait_can_be_interrupted(void)
{
    const char *name = fresh_name();
    byn_once *once = opened(name);
    peer *p = runner(name, PEER_PROCESS);
    int asked = 0, ran = 0;

    byn_wait_interruptible(interrupt, &asked);
    CHECK_STATUS(byn_once_run(once, count, &ran, BYN_FOREVER), BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    CHECK_INT(asked, 1);
    CHECK_INT(ran, 0);
    peer_tell(p, "end");
    CHECK_STATUS(byn_once_run(once, count, &ran, LATE), BYN_OK);
    CHECK_INT(ran, 0);
    peer_expect(p, "BYN_OK");
    CHECK_INT(peer_finish(p), 0);
    byn_once_close(once);
}

/* ---- From within */

static void run_it_within(void *context)
{
    byn_once *once = context;
    int ran = 0;

    CHECK_STATUS(byn_once_run(once, count, &ran, BYN_FOREVER), BYN_E_DEADLOCK);
    CHECK_INT(ran, 0);
}

static void run_from_within_is_a_deadlock(void)
{
    byn_once *once = opened(fresh_name());

    CHECK_STATUS(byn_once_run(once, run_it_within, once, BYN_NOW), BYN_OK);
    CHECK(byn_once_is_done(once));
    byn_once_close(once);
}

static void close_it(void *context)
{
    byn_once_close(context);
}

static void handle_may_be_closed_within(void)
{
    const char *name = fresh_name();
    byn_once *once = opened(name);
    peer *p = other(name, PEER_PROCESS);

    CHECK_STATUS(byn_once_run(once, close_it, once, BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_call(p, "is_done"), BYN_OK);
    CHECK_INT(remote_number(), 1);
    remote_end(p);
    once = opened(name);
    byn_once_close(once);
}

/* ---- Deaths */

static void somebody_else_runs_it(const char *name, byn_once *once, peer_kind kind, peer *doomed)
{
    peer *waiters[WAITERS];
    long long ran = 0, told = 0;
    int i;

    for (i = 0; i < WAITERS; i++) {
        waiters[i] = other(name, kind);
        remote_begin(waiters[i], "once_run -1");
    }
    peer_kill(doomed);
    for (i = 0; i < WAITERS; i++) {
        byn_status status = remote_answer(waiters[i]);

        CHECK_STATUS(status, remote_number() > 0 ? BYN_ABANDONED : BYN_OK);
        ran += remote_number();
        told += status == BYN_ABANDONED;
    }
    CHECK_INT(ran, 1);
    CHECK_INT(told, 1);
    CHECK(byn_once_is_done(once));
    for (i = 0; i < WAITERS; i++)
        remote_end(waiters[i]);
}

static void when_the_runner_is_killed_a_waiter_runs_it(void)
{
    const char *name = fresh_name();
    byn_once *once = opened(name);

    somebody_else_runs_it(name, once, PEER_PROCESS, runner(name, PEER_PROCESS));
    byn_once_close(once);
    name = fresh_name();
    once = opened(name);
    somebody_else_runs_it(name, once, PEER_THREAD, runner(name, PEER_PROCESS));
    byn_once_close(once);
}

static void every_death_in_it_is_told(void)
{
    const char *name = fresh_name();
    byn_once *once = opened(name);
    int ran = 0, i;

    for (i = 0; i < 3; i++)
        peer_kill(runner(name, PEER_PROCESS));
    CHECK_STATUS(byn_once_run(once, count, &ran, BYN_NOW), BYN_ABANDONED);
    CHECK_INT(ran, 1);
    CHECK_STATUS(byn_once_run(once, count, &ran, BYN_NOW), BYN_OK);
    CHECK_INT(ran, 1);
    byn_once_close(once);
}

static apr_thread_t *leaving;

static void leave_the_thread(void *context)
{
    (void)context;
    (void)apr_thread_exit(leaving, APR_SUCCESS);
}

static void *APR_THREAD_FUNC runs_and_leaves(apr_thread_t *thread, void *once)
{
    leaving = thread;
    CHECK_STATUS(byn_once_run(once, leave_the_thread, NULL, BYN_NOW), BYN_E_OS); /* no return */
    return NULL;
}

static void thread_that_ends_in_it_is_succeeded(void)
{
    byn_once *once = opened(fresh_name());
    apr_pool_t *pool = NULL;
    apr_thread_t *thread = NULL;
    apr_status_t unused;
    int ran = 0;

    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_thread_create(&thread, NULL, runs_and_leaves, once, pool) == APR_SUCCESS);
    CHECK(apr_thread_join(&unused, thread) == APR_SUCCESS);
    CHECK_STATUS(byn_once_run(once, count, &ran, LATE), BYN_ABANDONED);
    CHECK_INT(ran, 1);
    apr_pool_destroy(pool);
    byn_once_close(once);
    byn_once_close(once); /* the dead thread's run had kept it open */
}

static const test_case cases[] = {
    TEST(unusable_arguments_are_invalid),
    TEST(it_remembers_while_it_is_open),
    TEST(one_of_many_processes_runs_it),
    TEST(one_of_many_threads_runs_it),
    TEST(others_wait_until_it_has_been_run),
    TEST(wait_can_be_interrupted),
    TEST(run_from_within_is_a_deadlock),
    TEST(handle_may_be_closed_within),
    TEST(when_the_runner_is_killed_a_waiter_runs_it),
    TEST(every_death_in_it_is_told),
    TEST(thread_that_ends_in_it_is_succeeded),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(runs), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "once", cases, peers);
}
