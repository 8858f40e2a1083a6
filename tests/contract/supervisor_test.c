/* The processes that have a pool open: one looks after the workers; who dies, who takes over, who is left. */
#include "worker_tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_time.h>

#include "peer.h"
#include "probe.h"
#include "process_child.h"

enum { MOST = 400 };

static byn_pool_state progress_of(byn_pool *pool)
{
    byn_pool_state state = {.struct_size = sizeof state};

    CHECK_STATUS(byn_pool_progress(pool, &state), BYN_OK);
    return state;
}

static char pool_name[128], value_name[96];
static byn_value *value;

/* ---- A process that uses a pool: does what it is told, and answers with one line */

typedef struct user {
    byn_pool *pool;
    byn_future *futures[MOST];
    size_t count;
} user;

static void submit(user *u, const char *task, const void *data, size_t size)
{
    REQUIRE(u->count < MOST);
    REQUIRE_STATUS(byn_pool_submit(u->pool, &u->futures[u->count++], task, data, size, NULL, LATE),
                   BYN_OK);
}

static void open_as_told(user *u, const char *name, const char *arguments)
{
    unsigned orphans = 0, workers = 0, attempts = 0;
    byn_status status;

    sscanf(arguments, "%u %u %u", &orphans, &workers, &attempts);
    status = byn_pool_open(&u->pool, name,
                           &BYN_OPTIONS(byn_pool_options, .workers = workers, .attempts = attempts,
                                        .orphans = (byn_pool_orphans)orphans));
    CHECK(status >= 0);
}

static void add_as_told(user *u, const char *task, const char *arguments)
{
    addition one = {.number = 1};
    int count = 0;

    sscanf(arguments, "%d %95s", &count, one.value);
    while (count-- > 0)
        submit(u, task, &one, sizeof one);
}

static void wait_as_told(user *u, const char *arguments)
{
    gates names = {.began = ""};

    sscanf(arguments, "%95s %95s", names.began, names.gate);
    submit(u, "waits", &names, sizeof names);
}

/* How many of its tasks ended well; and none of the others was forgotten. */
static long count_done(user *u)
{
    long done = 0;
    size_t i;

    if (u->count > 0)
        CHECK_STATUS(byn_futures_wait(u->futures, u->count, BYN_ALL_DONE, LATE, NULL), BYN_OK);
    for (i = 0; i < u->count; i++) {
        byn_task_error error = {.struct_size = sizeof error};

        done += byn_future_state(u->futures[i]) == BYN_FUTURE_DONE;
        if (byn_future_error(u->futures[i], &error) >= 0) /* looked at */
            CHECK_STATUS(error.status, BYN_E_PEERDIED);
        byn_future_close(u->futures[i]);
    }
    u->count = 0;
    return done;
}

/* How the worker of its only task ended; -1: that is not known. */
static long ask_how(user *u)
{
    byn_task_error error = {.struct_size = sizeof error};

    REQUIRE_INT(u->count, 1);
    CHECK_STATUS(byn_future_wait(u->futures[0], LATE), BYN_OK);
    CHECK_STATUS(byn_future_error(u->futures[0], &error), BYN_OK);
    byn_future_close(u->futures[--u->count]);
    return error.exit_known ? error.exit_code : -1;
}

static long obey(user *u, const char *name, const char *line)
{
    if (strncmp(line, "open ", 5) == 0)
        open_as_told(u, name, line + 5);
    else if (strcmp(line, "who") == 0)
        return worker_pid(u->pool);
    else if (strncmp(line, "wait ", 5) == 0)
        wait_as_told(u, line + 5);
    else if (strncmp(line, "add ", 4) == 0)
        add_as_told(u, "add", line + 4);
    else if (strncmp(line, "plod ", 5) == 0)
        add_as_told(u, "plod", line + 5);
    else if (strcmp(line, "done") == 0)
        return count_done(u);
    else if (strcmp(line, "how") == 0)
        return ask_how(u);
    else if (strcmp(line, "stay") == 0)
        apr_sleep(apr_time_from_msec(LATE));
    else if (strcmp(line, "close") == 0)
        byn_pool_close(u->pool);
    else
        FAIL("no command \"%s\"", line);
    return 0;
}

static int uses(peer_self *self, int argc, char **argv)
{
    user u = {.pool = NULL};
    const char *line;

    (void)argc;
    while ((line = peer_hear(self)) != NULL)
        peer_say(self, "%ld", obey(&u, argv[0], line));
    return 0;
}

static long tell(peer *p, const char *line)
{
    const char *answer;

    peer_tell(p, line);
    answer = peer_line(p);
    REQUIRE(answer != NULL);
    return atol(answer);
}

static peer *user_of(const char *pool, const char *options)
{
    peer *p = peer_start(PEER_PROCESS, "uses", pool, NULL);
    char line[64];

    snprintf(line, sizeof line, "open %s", options);
    (void)tell(p, line);
    return p;
}

/* A worker is in the task until the gate is opened. */
static byn_event *gate;

static byn_event *new_event(char name[96])
{
    byn_event *event = NULL;

    snprintf(name, 96, "%s", fresh_name());
    REQUIRE_STATUS(
        byn_event_open(&event, name, &BYN_OPTIONS(byn_event_options, .manual_reset = true)),
        BYN_CREATED);
    return event;
}

static void tell_to_wait(peer *p)
{
    char line[256];
    gates names;
    byn_event *began = new_event(names.began);

    gate = new_event(names.gate);
    snprintf(line, sizeof line, "wait %s %s", names.began, names.gate);
    (void)tell(p, line);
    CHECK_STATUS(byn_event_wait(began, LATE), BYN_OK);
    byn_event_close(began);
}

static void open_gate(void)
{
    CHECK_STATUS(byn_event_set(gate), BYN_OK);
}

static void tell_to(peer *p, const char *task, int count)
{
    char line[128];

    snprintf(line, sizeof line, "%s %d %s", task, count, value_name);
    (void)tell(p, line);
}

static byn_pool *joined_pool(const char *name)
{
    byn_pool *pool = NULL;

    REQUIRE_STATUS(byn_pool_open(&pool, name, NULL), BYN_OK);
    return pool;
}

/* ---- Orphans */

static void choose_names(void)
{
    snprintf(pool_name, sizeof pool_name, "%s", fresh_name());
    snprintf(value_name, sizeof value_name, "%s", fresh_name());
    REQUIRE_STATUS(byn_value_open(&value, value_name, NULL), BYN_CREATED);
}

static long long value_now(void)
{
    int64_t number = -1;

    CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
    return number;
}

/* Nobody is left who has it; or not for long, if it is a worker that a dead supervisor had just started. */
static void name_is_free(void)
{
    const byn_pool_options other =
        BYN_OPTIONS(byn_pool_options, .open = BYN_CREATE_ONLY, .no_workers = true);
    byn_event *nothing = NULL;
    byn_pool *pool = NULL;
    int waited = 0;

    REQUIRE_STATUS(byn_event_open(&nothing, NULL, NULL), BYN_CREATED);
    while (byn_pool_open(&pool, pool_name, &other) == BYN_E_EXISTS && waited++ < LATE)
        if (byn_event_wait(nothing, 1) >= 0)
            break;
    CHECK(pool != NULL);
    byn_pool_close(pool);
    byn_event_close(nothing);
    byn_value_close(value);
}

enum { WAITING = 200 }; /* they take a fifth of a second, or more */

/* A user with one worker, which is in a task, and many more that wait; the user is killed. The worker. */
static long orphaned_worker(const char *options)
{
    peer *p = user_of(pool_name, options);
    long pid = tell(p, "who");

    tell_to_wait(p);
    tell_to(p, "plod", WAITING);
    peer_kill(p);
    return pid;
}

static void workers_are_killed_when_their_last_user_is_killed(void)
{
    long pid;

    choose_names();
    pid = orphaned_worker("0 1");
    CHECK(process_is_gone(pid));
    CHECK_INT(value_now(), 0);
    byn_event_close(gate);
    name_is_free();
}

static void workers_finish_what_they_are_in_if_asked(void)
{
    long pid;

    choose_names();
    pid = orphaned_worker("1 1");
    CHECK(probe_runs(pid));
    open_gate();
    CHECK(process_is_gone(pid));
    byn_event_close(gate);
    CHECK(value_now() < WAITING);
    name_is_free();
}

static void workers_run_all_that_waits_if_asked(void)
{
    long pid;

    choose_names();
    pid = orphaned_worker("2 1");
    CHECK(probe_runs(pid));
    open_gate();
    CHECK(process_is_gone(pid));
    byn_event_close(gate);
    CHECK_INT(value_now(), WAITING);
    name_is_free();
}

/* ---- Who looks after the workers */

static bool is_supervisor(byn_pool *pool)
{
    return progress_of(pool).supervisor == (uint32_t)probe_pid();
}

static bool is_alone(byn_pool *pool)
{
    return progress_of(pool).submitters == 1;
}

static bool becomes(bool (*is_so)(byn_pool *pool), byn_pool *pool)
{
    byn_event *nothing = NULL;
    int waited = 0;

    REQUIRE_STATUS(byn_event_open(&nothing, NULL, NULL), BYN_CREATED);
    while (!is_so(pool) && waited++ < LATE)
        if (byn_event_wait(nothing, 1) >= 0)
            break;
    byn_event_close(nothing);
    return is_so(pool);
}

/* The worker goes on, and is looked after: it is replaced when it dies, and its task fails. */
static void takes_over(byn_pool *pool, long worker)
{
    held h;

    CHECK(becomes(is_supervisor, pool));
    CHECK_INT(worker_pid(pool), worker);
    h = hold(pool, "hold");
    probe_kill(worker);
    failure_is(h.future, BYN_E_PEERDIED, "hold");
    h.future = NULL;
    release(&h);
    CHECK(worker_pid(pool) != worker);
    byn_pool_close(pool);
    name_is_free();
}

static void another_user_takes_over_when_the_supervisor_is_killed(void)
{
    peer *first;
    byn_pool *pool;
    long worker;

    choose_names();
    first = user_of(pool_name, "0 1");
    worker = tell(first, "who"); /* it looks after it */
    pool = joined_pool(pool_name);
    CHECK_INT(progress_of(pool).supervisor, peer_pid(first));
    tell_to(first, "add", 50);
    peer_kill(first);
    takes_over(pool, worker);
}

static void another_user_takes_over_when_the_supervisor_closes(void)
{
    peer *first;
    byn_pool *pool;
    long worker;

    choose_names();
    first = user_of(pool_name, "0 1");
    worker = tell(first, "who"); /* it looks after it */
    pool = joined_pool(pool_name);
    (void)tell(first, "close");
    takes_over(pool, worker);
    CHECK_INT(peer_finish(first), 0);
}

/* It watches the one who has started it, and that one is alive all the time. */
static void worker_ends_with_the_last_user_though_it_watches_another(void)
{
    peer *first, *last;
    long worker;

    choose_names();
    first = user_of(pool_name, "0 1");
    worker = tell(first, "who");
    last = user_of(pool_name, "0 1");
    (void)tell(first, "close");
    peer_kill(last);
    CHECK(process_is_gone(worker));
    CHECK_INT(peer_finish(first), 0);
    name_is_free();
}

/* Who comes meanwhile leaves it to the one that knows. */
static void end_of_a_worker_is_known_though_others_see_it_first(void)
{
    byn_pool *pool;
    peer *first;
    long worker;

    choose_names();
    first = user_of(pool_name, "0 1");
    worker = tell(first, "who");
    tell_to_wait(first);
    if (!peer_stop(first)) {
        byn_event_close(gate);
        test_skip("a process cannot be stopped on this system");
    }
    probe_kill(worker);
    CHECK(process_is_gone(worker));
    pool = joined_pool(pool_name);
    byn_pool_close(pool);
    CHECK(peer_continue(first));
    CHECK(tell(first, "how") > 0);
    byn_event_close(gate);
    (void)tell(first, "close");
    CHECK_INT(peer_finish(first), 0);
    name_is_free();
}

static void idle_worker_that_is_killed_is_replaced(void)
{
    byn_pool *pool;
    long worker;

    choose_names();
    REQUIRE_STATUS(byn_pool_open(&pool, pool_name, &BYN_OPTIONS(byn_pool_options, .workers = 1)),
                   BYN_CREATED);
    worker = worker_pid(pool);
    probe_kill(worker);
    CHECK(process_is_gone(worker));
    CHECK(worker_pid(pool) != worker);
    byn_pool_close(pool);
    name_is_free();
}

/* ---- Several users */

static void two_programs_share_a_pool(void)
{
    peer *first, *second;

    choose_names();
    first = user_of(pool_name, "0 2");
    second = user_of(pool_name, "0 0");
    tell_to(first, "add", 200);
    tell_to(second, "add", 200);
    CHECK_INT(tell(second, "done"), 200);
    CHECK_INT(tell(first, "done"), 200);
    CHECK_INT(value_now(), 400);
    (void)tell(first, "close");
    (void)tell(second, "close");
    CHECK_INT(peer_finish(first), 0);
    CHECK_INT(peer_finish(second), 0);
    name_is_free();
}

static void tasks_of_a_user_that_is_killed_are_withdrawn(void)
{
    peer *dies;
    byn_pool *pool;
    held h;

    choose_names();
    REQUIRE_STATUS(byn_pool_open(&pool, pool_name, &BYN_OPTIONS(byn_pool_options, .workers = 1)),
                   BYN_CREATED);
    h = hold(pool, "hold");
    dies = user_of(pool_name, "0 0");
    tell_to(dies, "add", 20);
    CHECK_INT(progress_of(pool).waiting, 20);
    peer_kill(dies);
    release(&h);
    CHECK_STATUS(byn_pool_join(pool, LATE), BYN_OK);
    result_is(submitted_text(pool, "echo", "mine"), "mine", 4);
    CHECK(becomes(is_alone, pool));
    CHECK_INT((long long)progress_of(pool).canceled + value_now(), 20);
    byn_pool_close(pool);
    name_is_free();
}

/* ---- Marked points at which members die */

/* A user whose workers all die when they come to the point for the third time. */
static void workers_die_at(const char *point)
{
    peer *p;
    long done;

    choose_names();
    p = peer_start_crashing(point, 3, "uses", pool_name, NULL);
    (void)tell(p, "open 0 2 3");
    tell_to(p, "add", 10);
    done = tell(p, "done");
    CHECK(done >= 0 && done <= 10);
    CHECK(value_now() >= done && value_now() <= 30);
    (void)tell(p, "close");
    CHECK_INT(peer_finish(p), 0);
    name_is_free();
}

static void no_task_is_lost_wherever_workers_die(void)
{
    static const char *const points[] = {"pool.claimed", "pool.taken", "pool.claiming",
                                         "pool.ending",  "pool.ended", "pool.rung"};
    size_t i, count = sizeof points / sizeof points[0];

    if (test_on_windows()) /* where each start takes its time */
        count = 1;
    for (i = 0; i < count; i++)
        workers_die_at(points[i]);
}

/* It dies, and this process goes on with what it had begun. */
static void supervisor_dies_at(const char *point, int n)
{
    byn_pool *pool = NULL;
    peer *first;

    choose_names();
    first = peer_start_crashing(point, n, "uses", pool_name, NULL);
    peer_tell(first, "open 0 1");
    peer_tell(first, "stay"); /* to which it has no answer */
    CHECK(peer_crashed(first));
    REQUIRE(byn_pool_open(&pool, pool_name, &BYN_OPTIONS(byn_pool_options, .workers = 1)) >= 0);
    result_is(submitted_text(pool, "echo", "served"), "served", 6);
    byn_pool_close(pool);
    name_is_free();
}

static void supervisor_may_die_anywhere(void)
{
    supervisor_dies_at("supervisor.started", 1);
    if (test_on_windows()) /* where each start takes its time */
        return;
    supervisor_dies_at("supervisor.chosen", 1);
    supervisor_dies_at("supervisor.expects", 1);
}

static const test_case cases[] = {
    TEST(workers_are_killed_when_their_last_user_is_killed),
    TEST(workers_finish_what_they_are_in_if_asked),
    TEST(workers_run_all_that_waits_if_asked),
    TEST(another_user_takes_over_when_the_supervisor_is_killed),
    TEST(another_user_takes_over_when_the_supervisor_closes),
    TEST(worker_ends_with_the_last_user_though_it_watches_another),
    TEST(end_of_a_worker_is_known_though_others_see_it_first),
    TEST(idle_worker_that_is_killed_is_replaced),
    TEST(two_programs_share_a_pool),
    TEST(tasks_of_a_user_that_is_killed_are_withdrawn),
    TEST(no_task_is_lost_wherever_workers_die),
    TEST(supervisor_may_die_anywhere),
    TEST_END,
};

static const peer_entry peers[] = {PEER(uses), PEER_END};

int main(int argc, char **argv)
{
    int code;

    return worker_main(argc, argv, &code) ? code
                                          : test_main(argc, argv, "supervisor", cases, peers);
}
