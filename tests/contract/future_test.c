/* byn_future: how a task ends, and who learns of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "pool_tasks.h"

static byn_pool *pool_with(uint32_t workers)
{
    return pool_of(fresh_name(), workers, 0, 0);
}

/* ---- Arguments */

static void unusable_arguments_are_invalid(void)
{
    byn_pool *pool = pool_with(1);
    byn_future *future = submitted_text(pool, "echo", "x");
    byn_task_error error = {.struct_size = 0};
    const void *data;
    size_t size;

    CHECK_STATUS(byn_future_wait(NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_future_wait(future, -2), BYN_E_INVALID);
    CHECK_INT(byn_future_state(NULL), BYN_FUTURE_WAITING);
    CHECK_STATUS(byn_future_result(NULL, &data, &size), BYN_E_INVALID);
    CHECK_STATUS(byn_future_result(future, NULL, &size), BYN_E_INVALID);
    CHECK_STATUS(byn_future_result(future, &data, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_future_error(future, &error), BYN_E_INVALID);
    CHECK_STATUS(byn_future_error(future, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_future_cancel(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_future_kill(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_future_on_done(future, NULL, NULL), BYN_E_INVALID);
    CHECK(byn_future_name(NULL) == NULL);
    CHECK_STATUS(byn_future_open(NULL, "x"), BYN_E_INVALID);
    CHECK_STATUS(byn_futures_wait(NULL, 0, BYN_ALL_DONE, BYN_NOW, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_futures_wait(&future, 1, (byn_futures_when)3, BYN_NOW, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_futures_next(NULL, 1, &size, BYN_NOW), BYN_E_INVALID);
    byn_future_close(NULL);
    result_is(future, "x", 1);
    end_pool(pool);
}

/* ---- How it ends */

static void size_comes_back(byn_pool *pool, const char *task, size_t size)
{
    byn_future *future = submitted(pool, task, &size, sizeof size);
    const void *data = NULL;
    size_t got = 0;

    REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
    CHECK_INT(byn_future_state(future), BYN_FUTURE_DONE);
    REQUIRE_STATUS(byn_future_result(future, &data, &got), BYN_OK);
    CHECK_INT(got, size);
    CHECK((uintptr_t)data % 8 == 0);
    CHECK(got == size && pattern_is(data, got));
    byn_future_close(future);
}

static void result_is_what_the_task_gave(void)
{
    static const size_t sizes[] = {0, 1, 95, 96, 97, 4096, 1 << 20};
    byn_pool *pool = pool_with(1);
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_comes_back(pool, "bytes", sizes[i]);
        size_comes_back(pool, "room", sizes[i]);
    }
    end_pool(pool);
}

static void failure_tells_task_status_and_message(void)
{
    byn_pool *pool = pool_with(1);
    complaint what = {BYN_E_NOTFOUND, "no such picture: x.png"};
    byn_future *future = submitted(pool, "fail", &what, sizeof what);
    byn_task_error error = {.struct_size = sizeof error};
    const void *data;
    size_t size;

    REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
    REQUIRE_STATUS(byn_future_error(future, &error), BYN_OK);
    CHECK_STR(error.task, "fail");
    CHECK_STR(error.message, "task \"fail\": no such picture: x.png");
    CHECK_STATUS(error.status, BYN_E_NOTFOUND);
    CHECK(!error.exit_known);
    CHECK_INT(error.attempts, 1);
    CHECK_STATUS(byn_future_result(future, &data, &size), BYN_E_NOTFOUND);
    CHECK_CONTAINS(byn_last_error(), "task \"fail\": no such picture: x.png");
    byn_future_close(future);
    failure_is(submitted(pool, "limit", NULL, 0), BYN_E_LIMIT, "task \"limit\": ");
    failure_is(submitted(pool, "nonesuch", NULL, 0), BYN_E_NOTFOUND, "nonesuch");
    future = submitted_text(pool, "echo", "well");
    REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
    CHECK_STATUS(byn_future_error(future, &error), BYN_E_NOTFOUND);
    byn_future_close(future);
    end_pool(pool);
}

static void worker_that_ends_fails_its_task_alone(void)
{
    byn_pool *pool = pool_with(1);
    int code = 3;
    byn_future *dead = submitted(pool, "die", NULL, 0), *gone, *well;
    byn_task_error error = {.struct_size = sizeof error};

    gone = submitted(pool, "exit", &code, sizeof code);
    well = submitted_text(pool, "echo", "well");
    REQUIRE_STATUS(byn_future_wait(dead, LATE), BYN_OK);
    REQUIRE_STATUS(byn_future_error(dead, &error), BYN_OK);
    CHECK_STATUS(error.status, BYN_E_PEERDIED);
    CHECK(error.exit_known);
    CHECK_INT(error.exit_signal, test_on_windows() ? 0 : 9);
    if (!test_on_windows())
        CHECK_STR(error.message, "task \"die\": its worker was killed by signal 9");
    byn_future_close(dead);
    failure_is(gone, BYN_E_PEERDIED, "task \"exit\": its worker exited with code 3");
    result_is(well, "well", 4);
    end_pool(pool);
}

static void stage_tells_how_far_it_is(void)
{
    byn_pool *pool = pool_with(1);
    held h = hold(pool, "hold");
    byn_future *waiting = submitted_text(pool, "echo", "x");
    const void *data;
    size_t size;

    CHECK_INT(byn_future_state(h.future), BYN_FUTURE_RUNNING);
    CHECK_INT(byn_future_state(waiting), BYN_FUTURE_WAITING);
    CHECK_STATUS(byn_future_wait(waiting, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_future_wait(h.future, 20), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_future_result(waiting, &data, &size), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "it has not ended");
    let_go(&h);
    CHECK_STATUS(byn_future_wait(waiting, LATE), BYN_OK);
    CHECK_INT(byn_future_state(waiting), BYN_FUTURE_DONE);
    CHECK_INT(byn_future_state(h.future), BYN_FUTURE_DONE);
    byn_future_close(waiting);
    release(&h);
    end_pool(pool);
}

static bool at_once(void *context)
{
    ++*(int *)context;
    return true;
}

static void wait_can_be_interrupted(void)
{
    byn_pool *pool = pool_with(1);
    held h = hold(pool, "hold");
    int asked = 0;

    byn_wait_interruptible(at_once, &asked);
    CHECK_STATUS(byn_future_wait(h.future, LATE), BYN_E_CANCELED);
    CHECK_STATUS(byn_futures_wait(&h.future, 1, BYN_FIRST_DONE, LATE, NULL), BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    CHECK_INT(asked, 2);
    CHECK_INT(byn_future_state(h.future), BYN_FUTURE_RUNNING);
    release(&h);
    end_pool(pool);
}

static void future_outlives_the_pool_handle(void)
{
    const char *name = fresh_name();
    byn_pool *pool = pool_of(name, 1, 0, 0), *again = NULL;
    held h = hold(pool, "hold");

    byn_pool_close(pool);
    REQUIRE_STATUS(byn_pool_open(&again, name, NULL), BYN_OK);
    byn_pool_close(again);
    release(&h);
    REQUIRE_STATUS(byn_pool_open(&again, name, &BYN_OPTIONS(byn_pool_options, .no_workers = true)),
                   BYN_CREATED);
    byn_pool_close(again);
}

/* ---- Cancel and kill */

static void only_what_has_not_begun_is_canceled(void)
{
    byn_pool *pool = pool_with(1);
    held h = hold(pool, "hold");
    byn_future *waiting = submitted_text(pool, "echo", "x");
    byn_task_error error = {.struct_size = sizeof error};
    const void *data;
    size_t size;

    CHECK_STATUS(byn_future_cancel(h.future), BYN_E_EXISTS);
    CHECK_STATUS(byn_future_cancel(waiting), BYN_OK);
    CHECK_STATUS(byn_future_cancel(waiting), BYN_OK);
    CHECK_STATUS(byn_future_wait(waiting, BYN_NOW), BYN_OK);
    CHECK_INT(byn_future_state(waiting), BYN_FUTURE_CANCELED);
    CHECK_STATUS(byn_future_result(waiting, &data, &size), BYN_E_CANCELED);
    CHECK_STATUS(byn_future_error(waiting, &error), BYN_OK);
    CHECK_STATUS(error.status, BYN_E_CANCELED);
    CHECK_STR(error.message, "task \"echo\": it was canceled before it ran");
    byn_future_close(waiting);
    let_go(&h);
    CHECK_STATUS(byn_future_wait(h.future, LATE), BYN_OK);
    CHECK_STATUS(byn_future_cancel(h.future), BYN_E_EXISTS);
    release(&h);
    end_pool(pool);
}

static void what_runs_can_be_killed(void)
{
    byn_pool *pool = pool_with(1);
    held h = hold(pool, "hold");
    byn_future *waiting = submitted_text(pool, "echo", "x");

    CHECK_STATUS(byn_future_kill(h.future), BYN_OK);
    failure_is(h.future, BYN_E_CANCELED, "it was canceled while it ran");
    h.future = NULL;
    release(&h);
    result_is(waiting, "x", 1);
    h = hold(pool, "hold");
    waiting = submitted_text(pool, "echo", "x");
    CHECK_STATUS(byn_future_kill(waiting), BYN_OK); /* it had not begun */
    CHECK_INT(byn_future_state(waiting), BYN_FUTURE_CANCELED);
    byn_future_close(waiting);
    release(&h);
    end_pool(pool);
}

/* Each is canceled or runs, not both and not neither. */
static void cancel_races_with_the_begin(void)
{
    enum { TASKS = 500 };
    byn_pool *pool = pool_with(2);
    byn_value *sum = NULL;
    addition one = {.number = 1};
    int64_t ran = 0;
    int canceled = 0, i;

    snprintf(one.value, sizeof one.value, "%s", fresh_name());
    REQUIRE_STATUS(byn_value_open(&sum, one.value, NULL), BYN_CREATED);
    for (i = 0; i < TASKS; i++) {
        byn_future *future = submitted(pool, "add", &one, sizeof one);
        byn_status status = byn_future_cancel(future);

        canceled += status >= 0;
        REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
        CHECK_INT(byn_future_state(future), status >= 0 ? BYN_FUTURE_CANCELED : BYN_FUTURE_DONE);
        byn_future_close(future);
    }
    end_pool(pool);
    CHECK_STATUS(byn_value_get(sum, &ran), BYN_OK);
    CHECK_INT(ran + canceled, TASKS);
    byn_value_close(sum);
}

/* ---- Callbacks */

typedef struct callback_log {
    byn_event *called;
    byn_pool *pool;
    byn_future *other;
    byn_status waited, submitted;
    int calls, stage;
} callback_log;

static callback_log log_of(byn_pool *pool)
{
    callback_log log = {.pool = pool, .waited = BYN_OK, .submitted = BYN_OK};

    REQUIRE_STATUS(byn_event_open(&log.called, NULL, NULL), BYN_CREATED);
    return log;
}

static void note(byn_future *future, void *context)
{
    callback_log *log = context;

    log->calls++;
    log->stage = (int)byn_future_state(future);
    (void)byn_event_set(log->called);
}

static void callback_is_called_once_for_each_time(void)
{
    byn_pool *pool = pool_with(1);
    callback_log log = log_of(pool);
    held h = hold(pool, "hold");
    byn_future *well = submitted_text(pool, "echo", "x");

    CHECK_STATUS(byn_future_on_done(h.future, note, &log), BYN_OK);
    CHECK_STATUS(byn_event_wait(log.called, 20), BYN_E_TIMEDOUT);
    let_go(&h);
    REQUIRE_STATUS(byn_event_wait(log.called, LATE), BYN_OK);
    CHECK_INT(log.calls, 1);
    CHECK_INT(log.stage, BYN_FUTURE_DONE);
    CHECK_STATUS(byn_future_on_done(h.future, note, &log), BYN_OK); /* it has ended: soon */
    REQUIRE_STATUS(byn_event_wait(log.called, LATE), BYN_OK);
    CHECK_INT(log.calls, 2);
    release(&h);
    REQUIRE_STATUS(byn_future_wait(well, LATE), BYN_OK);
    byn_future_close(well);
    REQUIRE_STATUS(
        byn_pool_submit(pool, &well, "limit", NULL, 0,
                        &BYN_OPTIONS(byn_submit_options, .on_done = note, .context = &log), LATE),
        BYN_OK);
    REQUIRE_STATUS(byn_event_wait(log.called, LATE), BYN_OK);
    CHECK_INT(log.stage, BYN_FUTURE_FAILED);
    failure_is(well, BYN_E_LIMIT, "limit");
    end_pool(pool);
    byn_event_close(log.called);
}

/* Waits for what runs, submits, cancels that, and closes it and its own. */
static void do_all(byn_future *future, void *context)
{
    callback_log *log = context;
    byn_future *more = NULL;

    log->calls++;
    log->waited = byn_future_wait(log->other, LATE);
    if (log->waited == BYN_E_DEADLOCK)
        log->waited = byn_pool_join(log->pool, LATE);
    log->submitted = byn_pool_submit(log->pool, &more, "echo", "y", 1, NULL, BYN_NOW);
    if (byn_future_cancel(more) >= 0)
        log->stage = (int)byn_future_state(more);
    byn_future_close(more);
    byn_future_close(future);
    (void)byn_event_set(log->called);
}

static void callback_may_submit_cancel_and_close_but_not_wait(void)
{
    byn_pool *pool = pool_with(2);
    callback_log log = log_of(pool);
    held one = hold(pool, "hold"), two = hold(pool, "hold");

    log.other = two.future;
    CHECK_STATUS(byn_future_on_done(one.future, do_all, &log), BYN_OK);
    CHECK_STATUS(byn_future_on_done(one.future, do_all, &log), BYN_OK); /* closed by the first */
    one.future = NULL;
    let_go(&one);
    REQUIRE_STATUS(byn_event_wait(log.called, LATE), BYN_OK);
    CHECK_STATUS(log.submitted, BYN_OK);
    CHECK_STATUS(log.waited, BYN_E_DEADLOCK);
    CHECK(log.stage == 0 || log.stage == BYN_FUTURE_CANCELED); /* a worker may be quicker */
    release(&one);
    release(&two);
    end_pool(pool);
    CHECK_INT(log.calls, 1);
    byn_event_close(log.called);
}

/* One has room, the next would wait. */
static void fill_up(byn_future *future, void *context)
{
    callback_log *log = context;
    byn_future *more[2] = {NULL, NULL};

    (void)future;
    log->submitted = byn_pool_submit(log->pool, &more[0], "echo", "y", 1, NULL, LATE);
    log->waited = byn_pool_submit(log->pool, &more[1], "echo", "y", 1, NULL, LATE);
    byn_future_close(more[0]);
    byn_future_close(more[1]);
    (void)byn_event_set(log->called);
}

static void callback_does_not_wait_for_room(void)
{
    byn_pool *pool = pool_of(fresh_name(), 0, 2, 0);
    callback_log log = log_of(pool);
    byn_future *stays = submitted_text(pool, "echo", "x"),
               *goes = submitted_text(pool, "echo", "x");

    CHECK_STATUS(byn_future_on_done(goes, fill_up, &log), BYN_OK);
    CHECK_STATUS(byn_future_cancel(goes), BYN_OK);
    REQUIRE_STATUS(byn_event_wait(log.called, LATE), BYN_OK);
    CHECK_STATUS(log.submitted, BYN_OK);
    CHECK_STATUS(log.waited, BYN_E_DEADLOCK);
    byn_future_close(stays);
    byn_future_close(goes);
    byn_pool_close(pool);
    byn_event_close(log.called);
}

static void closed_future_is_not_called_back(void)
{
    byn_pool *pool = pool_with(1);
    callback_log log = log_of(pool);
    held h = hold(pool, "hold");
    byn_future *last = submitted_text(pool, "echo", "x");

    CHECK_STATUS(byn_future_on_done(h.future, note, &log), BYN_OK);
    byn_future_close(h.future);
    h.future = NULL;
    release(&h);
    CHECK_STATUS(byn_future_on_done(last, note, &log), BYN_OK);
    REQUIRE_STATUS(byn_event_wait(log.called, LATE), BYN_OK);
    CHECK_INT(log.calls, 1);
    result_is(last, "x", 1);
    end_pool(pool);
    byn_event_close(log.called);
}

static void close_last(byn_future *future, void *context)
{
    byn_event *called = context;

    byn_future_close(future);
    (void)byn_event_set(called);
}

/* The library's thread closes it, when its callback has returned. */
static void pool_vanishes(const char *name, byn_event *pause)
{
    byn_pool *pool;
    int i;

    for (i = 0; i < LATE; i++) {
        if (byn_pool_open(&pool, name, &BYN_OPTIONS(byn_pool_options, .open = BYN_OPEN_ONLY)) < 0)
            return;
        byn_pool_close(pool);
        CHECK_STATUS(byn_event_wait(pause, 1), BYN_E_TIMEDOUT);
    }
    FAIL("the pool is still there");
}

static void last_of_all_may_be_closed_by_a_callback(void)
{
    const char *name = fresh_name();
    byn_pool *pool = pool_of(name, 1, 0, 0);
    byn_event *called = NULL;
    held h;

    REQUIRE_STATUS(byn_event_open(&called, NULL, NULL), BYN_CREATED);
    h = hold(pool, "hold");
    CHECK_STATUS(byn_future_on_done(h.future, close_last, called), BYN_OK);
    h.future = NULL;
    byn_pool_close(pool);
    let_go(&h);
    REQUIRE_STATUS(byn_event_wait(called, LATE), BYN_OK);
    pool_vanishes(name, called);
    release(&h);
    byn_event_close(called);
}

/* ---- Errors that nobody looked at */

static void error_that_nobody_looked_at_is_told_once(void)
{
    byn_pool *pool = pool_with(1);
    byn_future *future;
    const void *data;
    size_t size;

    watch_unseen();
    future = submitted(pool, "limit", NULL, 0);
    REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
    CHECK_INT(unseen_count(), 0);
    byn_future_close(future);
    CHECK_INT(unseen_count(), 1);
    CHECK_CONTAINS(unseen_message(), "task \"limit\": ");
    failure_is(submitted(pool, "limit", NULL, 0), BYN_E_LIMIT, "limit"); /* that looks */
    future = submitted(pool, "limit", NULL, 0);
    REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
    CHECK_STATUS(byn_future_result(future, &data, &size), BYN_E_LIMIT);
    byn_future_close(future);
    CHECK_INT(unseen_count(), 1);
    end_pool(pool);
    unwatch_unseen();
}

static void error_of_a_task_without_a_future_is_told(void)
{
    byn_pool *pool = pool_with(1);
    held h;

    watch_unseen();
    REQUIRE_STATUS(byn_pool_submit(pool, NULL, "limit", NULL, 0, NULL, LATE), BYN_OK);
    CHECK(unseen_becomes(1));
    REQUIRE_STATUS(byn_pool_submit(pool, NULL, "die", NULL, 0, NULL, LATE), BYN_OK);
    CHECK(unseen_becomes(2));
    CHECK_CONTAINS(unseen_message(), "its worker");
    /* One that was closed before it ended. */
    h = hold(pool, "hold");
    byn_future_close(submitted(pool, "limit", NULL, 0));
    CHECK_INT(unseen_count(), 2);
    release(&h);
    CHECK(unseen_becomes(3));
    end_pool(pool);
    unwatch_unseen();
}

static void task_without_a_future_that_never_ran_is_told(void)
{
    byn_pool *pool = pool_of(fresh_name(), 0, 0, 0);

    watch_unseen();
    REQUIRE_STATUS(byn_pool_submit(pool, NULL, "echo", "x", 1, NULL, LATE), BYN_OK);
    REQUIRE_STATUS(byn_pool_submit(pool, NULL, "echo", "y", 1, NULL, LATE), BYN_OK);
    byn_future_close(submitted_text(pool, "echo", "z")); /* nobody wants to know */
    byn_pool_close(pool);
    CHECK_INT(unseen_count(), 2);
    CHECK_STR(unseen_message(), "task \"echo\": it was canceled before it ran");
    unwatch_unseen();
}

static void closed_task_learns_that_nobody_wants_it(void)
{
    byn_pool *pool = pool_with(1);
    held h;

    watch_unseen();
    h = hold(pool, "asks");
    byn_future_close(h.future);
    h.future = NULL;
    CHECK_STATUS(byn_event_wait(h.gate, LATE), BYN_OK);
    release(&h);
    end_pool(pool);
    CHECK_INT(unseen_count(), 0); /* it was asked to end */
    unwatch_unseen();
}

/* ---- Among others */

static void it_may_stand_among_other_objects(void)
{
    byn_pool *pool = pool_with(1);
    held h = hold(pool, "hold");
    byn_event *event = NULL;
    void *objects[2];
    size_t which = 9;

    REQUIRE_STATUS(byn_event_open(&event, NULL, NULL), BYN_CREATED);
    objects[0] = h.future;
    objects[1] = event;
    CHECK_STATUS(byn_wait_any(objects, 2, BYN_NOW, &which), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_wait_any(objects, 2, 20, &which), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK_STATUS(byn_wait_any(objects, 2, LATE, &which), BYN_OK);
    CHECK_INT(which, 1);
    CHECK_STATUS(byn_wait_all(objects, 2, 20), BYN_E_TIMEDOUT);
    let_go(&h);
    CHECK_STATUS(byn_wait_any(objects, 2, LATE, &which), BYN_OK);
    CHECK_INT(which, 0);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK_STATUS(byn_wait_all(objects, 2, LATE), BYN_OK);
    release(&h);
    byn_event_close(event);
    end_pool(pool);
}

/* ---- By name */

static int opens_by_name(peer_self *self, int argc, char **argv)
{
    byn_future *future = NULL;
    const void *data;
    size_t size = 0;
    byn_status status;

    (void)argc;
    REQUIRE_STATUS(byn_future_open(&future, argv[0]), BYN_OK);
    CHECK_STR(byn_future_name(future), argv[0]);
    CHECK_STATUS(byn_future_on_done(future, note, NULL), BYN_E_INVALID);
    peer_say(self, "%d", (int)byn_future_state(future));
    status = byn_future_wait(future, LATE);
    if (status >= 0)
        status = byn_future_result(future, &data, &size);
    if (status >= 0 && size > 4)
        CHECK(pattern_is(data, size));
    peer_say(self, "%s %u", byn_status_name(status), (unsigned)size);
    byn_future_close(future);
    return 0;
}

static const char *name_of(byn_future *future)
{
    const char *name = byn_future_name(future);

    REQUIRE(name != NULL);
    return name;
}

static void other_process_finds_it_by_its_name(void)
{
    const size_t large = 100000;
    byn_pool *pool = pool_with(1);
    held h = hold(pool, "hold");
    byn_future *result = submitted(pool, "bytes", &large, sizeof large);
    byn_future *failed = submitted(pool, "limit", NULL, 0);
    peer *first = peer_start(PEER_PROCESS, "opens_by_name", name_of(h.future), NULL), *second;
    peer *third = peer_start(PEER_PROCESS, "opens_by_name", name_of(failed), NULL);

    peer_expect(first, "1");
    peer_expect(third, "0");
    (void)name_of(result);
    let_go(&h);
    peer_expect(first, "BYN_OK 4");
    peer_expect(third, "BYN_E_LIMIT 0");
    REQUIRE_STATUS(byn_future_wait(result, LATE), BYN_OK);
    second = peer_start(PEER_PROCESS, "opens_by_name", name_of(result), NULL);
    peer_expect(second, "2");
    peer_expect(second, "BYN_OK 100000");
    CHECK_INT(peer_finish(first) + peer_finish(second) + peer_finish(third), 0);
    byn_future_close(result);
    failure_is(failed, BYN_E_LIMIT, "limit");
    release(&h);
    end_pool(pool);
}

static void name_of_one_that_is_gone_is_not_found(void)
{
    const char *pool_name = fresh_name();
    byn_pool *pool = pool_of(pool_name, 1, 0, 0);
    byn_future *future = submitted_text(pool, "echo", "x"), *other = NULL;
    char name[400];

    snprintf(name, sizeof name, "%s", name_of(future));
    REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
    REQUIRE_STATUS(byn_future_open(&other, name), BYN_OK);
    result_is(other, "x", 1); /* also if its submitter has seen the end */
    REQUIRE_STATUS(byn_future_open(&other, name), BYN_OK);
    byn_future_close(future);
    CHECK_STATUS(byn_future_wait(other, LATE), BYN_E_NOTFOUND);
    CHECK_CONTAINS(byn_last_error(), "before it was seen to end");
    byn_future_close(other);
    CHECK_STATUS(byn_future_open(&other, name), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_future_open(&other, byn_pool_name(pool)), BYN_E_NAME);
    CHECK_STATUS(byn_future_open(&other, ""), BYN_E_NAME);
    end_pool(pool);
    CHECK_STATUS(byn_future_open(&other, name), BYN_E_NOTFOUND);
    pool = pool_of(pool_name, 0, 0, 0); /* the same place in another life of the pool */
    future = submitted_text(pool, "echo", "x");
    CHECK_STATUS(byn_future_open(&other, name), BYN_E_NOTFOUND);
    byn_future_close(future);
    byn_pool_close(pool);
}

static int submits_and_stays(peer_self *self, int argc, char **argv)
{
    byn_pool *pool = NULL;
    byn_future *future = NULL;

    (void)argc;
    REQUIRE_STATUS(byn_pool_open(&pool, argv[0], NULL), BYN_OK);
    REQUIRE_STATUS(byn_pool_submit(pool, &future, "echo", "x", 1, NULL, LATE), BYN_OK);
    peer_say(self, "%s", byn_future_name(future));
    (void)peer_wait(self, "never");
    return 0;
}

static void who_waits_for_a_dead_submitters_future_is_told(void)
{
    const char *name = fresh_name();
    byn_pool *pool = pool_of(name, 1, 0, 0);
    held h = hold(pool, "hold"); /* so that its task waits */
    peer *submitter = peer_start(PEER_PROCESS, "submits_and_stays", name, NULL);
    byn_future *future = NULL;

    REQUIRE_STATUS(byn_future_open(&future, peer_line(submitter)), BYN_OK);
    CHECK_STATUS(byn_future_wait(future, BYN_NOW), BYN_E_TIMEDOUT);
    peer_kill(submitter);
    CHECK_STATUS(byn_future_wait(future, LATE), BYN_E_NOTFOUND);
    byn_future_close(future);
    release(&h);
    end_pool(pool);
}

static const test_case cases[] = {
    TEST(unusable_arguments_are_invalid),
    TEST(result_is_what_the_task_gave),
    TEST(failure_tells_task_status_and_message),
    TEST(worker_that_ends_fails_its_task_alone),
    TEST(stage_tells_how_far_it_is),
    TEST(wait_can_be_interrupted),
    TEST(future_outlives_the_pool_handle),
    TEST(only_what_has_not_begun_is_canceled),
    TEST(what_runs_can_be_killed),
    TEST(cancel_races_with_the_begin),
    TEST(callback_is_called_once_for_each_time),
    TEST(callback_may_submit_cancel_and_close_but_not_wait),
    TEST(callback_does_not_wait_for_room),
    TEST(closed_future_is_not_called_back),
    TEST(last_of_all_may_be_closed_by_a_callback),
    TEST(error_that_nobody_looked_at_is_told_once),
    TEST(error_of_a_task_without_a_future_is_told),
    TEST(task_without_a_future_that_never_ran_is_told),
    TEST(closed_task_learns_that_nobody_wants_it),
    TEST(it_may_stand_among_other_objects),
    TEST(other_process_finds_it_by_its_name),
    TEST(name_of_one_that_is_gone_is_not_found),
    TEST(who_waits_for_a_dead_submitters_future_is_told),
    TEST_END,
};

static const peer_entry peers[] = {PEER(opens_by_name), PEER(submits_and_stays), PEER_END};

int main(int argc, char **argv)
{
    int code;

    return byn_worker_main(pool_tasks, &code) ? code
                                              : test_main(argc, argv, "future", cases, peers);
}
