/*
 * A hundred thousand tasks, or as many as find their way within 2 s, or BYNAME_STRESS_SECONDS. A random worker is killed
 * every 20 ms, and some tasks end their worker themselves.
 *
 * A ledger says of each task how often it was begun: never more often than it may be; and those that end well once at
 * least. Each ends, with a result that is whole, or because its worker died. Then the pool still serves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_atomic.h>
#include <apr_time.h>

#include "pool_state.h"

#include "probe.h"
#include "test.h"

#include <byname/byname.h>

enum {
    TASKS = 100000,
    SECONDS = 2,
    PAUSE_US = 20000, /* between kills */
    WORKERS = 3,
    WINDOW = 400, /* tasks that are submitted and not looked at */
    BLOCK = 1000, /* tasks that are submitted one by one, then as many that are mapped */
    CAPACITY = 512,
    MANY_BYTES = 9000,
    LATE = 60000
};

/* ---- In a worker */

typedef struct order {
    char ledger[96];
    apr_uint32_t number, spin;
} order;

static apr_uint32_t *ledger_of(const char *name, byn_memory **memory)
{
    if (byn_memory_open(memory, name,
                        &BYN_OPTIONS(byn_memory_options,
                                     .size = (uint64_t)(TASKS + 1) * sizeof(apr_uint32_t))) < 0)
        return NULL;
    return byn_memory_base(*memory);
}

/* It stays open as long as the worker lives. */
static apr_uint32_t *ledger_here(const char *name)
{
    static byn_memory *memory;
    static apr_uint32_t *ledger;

    if (ledger == NULL)
        ledger = ledger_of(name, &memory);
    return ledger;
}

static bool gives_much(apr_uint32_t number)
{
    return number % 64 == 7;
}

static bool is_deadly(apr_uint32_t number)
{
    return number % 500 == 3;
}

static byn_status give(byn_call *call, apr_uint32_t number)
{
    unsigned char bytes[MANY_BYTES];

    if (!gives_much(number))
        return byn_call_result(call, &number, sizeof number);
    memset(bytes, (int)(number % 251), sizeof bytes);
    return byn_call_result(call, bytes, sizeof bytes);
}

static byn_status note(byn_call *call)
{
    const order *what = byn_call_argument(call, NULL);
    apr_uint32_t *ledger = ledger_here(what->ledger);
    volatile apr_uint32_t spin = what->spin;

    if (ledger == NULL)
        return BYN_E_OS;
    (void)apr_atomic_inc32(&ledger[what->number]);
    while (spin > 0)
        spin--;
    if (is_deadly(what->number))
        exit(5);
    return give(call, what->number);
}

/* Takes about as long as it may. */
static byn_status dally(byn_call *call)
{
    const int *us = byn_call_argument(call, NULL);

    apr_sleep(*us);
    return BYN_OK;
}

static byn_status nothing(byn_call *call)
{
    (void)call;
    return BYN_OK;
}

static const byn_task tasks[] = {BYN_TASK("note", note), BYN_TASK("dally", dally),
                                 BYN_TASK("nothing", nothing), BYN_TASK_END};

/* ---- In the case */

typedef struct run {
    byn_pool *pool;
    apr_uint32_t *ledger;
    order what;
    byn_future *futures[WINDOW];
    apr_uint32_t submitted, looked, lost, kills; /* lost: with their workers */
    apr_time_t next_kill;
    unsigned random;
    order mapped[BLOCK];
    byn_bytes arguments[BLOCK];
    byn_future *of_mapped[BLOCK];
} run;

static unsigned random_below(run *r, unsigned range)
{
    r->random = r->random * 1103515245u + 12345u;
    return (r->random >> 16) % range;
}

static bool is_mapped(apr_uint32_t number)
{
    return number / BLOCK % 2 == 1;
}

static uint32_t attempts_of(apr_uint32_t number)
{
    return (is_mapped(number) ? number / BLOCK % 4 == 1 : number % 8 == 0) ? 3 : 1;
}

/* One that is ready: what is killed before is a start that failed. By its identity: its number may be another's. */
static void kill_one(run *r)
{
    uint32_t place = random_below(r, WORKERS);
    bynk_identity who;

    if (byni_load32(&r->pool->workers[place].stage) != BYNI_WORKER_READY ||
        !byni_member_identity(&r->pool->workers[place].member, &who))
        return;
    CHECK_STATUS(bynk_identity_kill(&who), BYN_OK);
    r->kills++;
}

static void kill_in_time(run *r)
{
    if (apr_time_now() < r->next_kill)
        return;
    kill_one(r);
    r->next_kill = apr_time_now() + PAUSE_US;
}

/* In another thread, while this one maps. */
static void kill_meanwhile(byn_pool *pool, const byn_pool_state *state, void *context)
{
    (void)pool;
    (void)state;
    kill_one(context);
}

static void fill_in(run *r, order *what, apr_uint32_t number)
{
    *what = r->what;
    what->number = number;
    what->spin = random_below(r, 20000);
}

static void submit_next(run *r)
{
    byn_submit_options options =
        BYN_OPTIONS(byn_submit_options, .attempts = attempts_of(r->submitted));
    order what;

    fill_in(r, &what, r->submitted);
    REQUIRE_STATUS(byn_pool_submit(r->pool, &r->futures[r->submitted % WINDOW], "note", &what,
                                   sizeof what, &options, LATE),
                   BYN_OK);
    r->submitted++;
}

static bool is_whole(apr_uint32_t number, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    size_t i;

    if (!gives_much(number))
        return size == sizeof number && memcmp(data, &number, size) == 0;
    for (i = 0; i < size && bytes[i] == number % 251; i++)
        continue;
    return i == size && size == MANY_BYTES;
}

/* It is known how its worker ended, however many die at a time. */
static void check_loss(byn_future *future, byn_status status)
{
    byn_task_error error = {.struct_size = sizeof error};

    CHECK_STATUS(status, BYN_E_PEERDIED);
    CHECK_STATUS(byn_future_error(future, &error), BYN_OK);
    CHECK(error.exit_known);
    CHECK(error.exit_code == 5 || error.exit_code == BYN_EXIT_KILLED);
}

static void look_at(run *r, apr_uint32_t number, byn_future *future)
{
    apr_uint32_t begun;
    const void *data;
    size_t size;
    byn_status status;

    REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
    status = byn_future_result(future, &data, &size);
    begun = apr_atomic_read32(&r->ledger[number]);
    CHECK(begun <= attempts_of(number));
    if (status >= 0) {
        CHECK(begun >= 1);
        CHECK(!is_deadly(number));
        CHECK(is_whole(number, data, size));
    } else {
        check_loss(future, status);
        r->lost++;
    }
    byn_future_close(future);
}

static void look_at_next(run *r)
{
    look_at(r, r->looked, r->futures[r->looked % WINDOW]);
    r->looked++;
}

/* More than there is room for. */
static void map_block(run *r)
{
    byn_submit_options options =
        BYN_OPTIONS(byn_submit_options, .attempts = attempts_of(r->submitted));
    apr_uint32_t i;

    for (i = 0; i < BLOCK; i++) {
        fill_in(r, &r->mapped[i], r->submitted + i);
        r->arguments[i] = (byn_bytes){&r->mapped[i], sizeof r->mapped[i]};
    }
    REQUIRE_STATUS(byn_pool_on_progress(r->pool, kill_meanwhile, r, PAUSE_US / 1000), BYN_OK);
    REQUIRE_STATUS(
        byn_pool_map(r->pool, r->of_mapped, "note", r->arguments, BLOCK, &options, NULL, LATE),
        BYN_OK);
    REQUIRE_STATUS(byn_pool_on_progress(r->pool, NULL, NULL, 0), BYN_OK);
    for (i = 0; i < BLOCK; i++)
        look_at(r, r->submitted + i, r->of_mapped[i]);
    r->looked = r->submitted += BLOCK;
}

static int seconds(void)
{
    const char *told = getenv("BYNAME_STRESS_SECONDS");

    return told != NULL ? atoi(told) : SECONDS;
}

static void look_at_all(run *r)
{
    while (r->looked < r->submitted) {
        look_at_next(r);
        kill_in_time(r);
    }
}

static void run_all(run *r)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(seconds());

    while (r->submitted < TASKS && apr_time_now() < end) {
        if (is_mapped(r->submitted)) {
            look_at_all(r);
            map_block(r);
            continue;
        }
        if (r->submitted - r->looked == WINDOW)
            look_at_next(r);
        submit_next(r);
        kill_in_time(r);
    }
    look_at_all(r);
}

static void check_counts(run *r)
{
    byn_pool_state state = {.struct_size = sizeof state};

    CHECK_STATUS(byn_pool_progress(r->pool, &state), BYN_OK);
    CHECK_INT(state.done + state.failed, r->submitted);
    CHECK_INT(state.failed, r->lost);
    CHECK_INT(state.canceled + state.waiting + state.running, 0);
}

static void no_task_is_lost_while_workers_are_killed(void)
{
    byn_memory *memory = NULL;
    apr_uint32_t i;
    static run r;

    test_deadline(120 + seconds());
    memset(&r, 0, sizeof r);
    r.random = (unsigned)apr_time_now();
    (void)snprintf(r.what.ledger, sizeof r.what.ledger, "%s", fresh_name());
    r.ledger = ledger_of(r.what.ledger, &memory);
    REQUIRE(r.ledger != NULL);
    REQUIRE_STATUS(
        byn_pool_open(&r.pool, fresh_name(),
                      &BYN_OPTIONS(byn_pool_options, .workers = WORKERS, .capacity = CAPACITY)),
        BYN_CREATED);
    run_all(&r);
    printf("%lu tasks, %lu lost their worker, %lu workers were killed\n",
           (unsigned long)r.submitted, (unsigned long)r.lost, (unsigned long)r.kills);
    check_counts(&r);
    for (i = 0; i < 10; i++) /* it still serves */
        submit_next(&r);
    while (r.looked < r.submitted)
        look_at_next(&r);
    CHECK_STATUS(byn_pool_shutdown(r.pool), BYN_OK);
    CHECK_STATUS(byn_pool_join(r.pool, LATE), BYN_OK);
    byn_pool_close(r.pool);
    byn_memory_close(memory);
}

/* ---- What is late is killed, and nothing else */

enum { DALLY_MS = 3, DALLIES = 200, AFTER = 4 };

static byn_future *one(byn_pool *pool, const char *task, int us, byn_timeout timeout)
{
    byn_submit_options options = BYN_OPTIONS(byn_submit_options, .task_timeout = timeout);
    byn_future *future = NULL;

    REQUIRE_STATUS(byn_pool_submit(pool, &future, task, &us, sizeof us, &options, LATE), BYN_OK);
    return future;
}

/* One that ends at about the moment at which it would be killed, and some that follow in the same worker. Whether it
 * was late. */
static bool dally_once(byn_pool *pool, int us)
{
    byn_future *futures[1 + AFTER];
    bool late;
    int i;

    futures[0] = one(pool, "dally", us, DALLY_MS);
    for (i = 1; i <= AFTER; i++)
        futures[i] = one(pool, "nothing", 0, 0);
    CHECK_STATUS(byn_futures_wait(futures, 1 + AFTER, BYN_ALL_DONE, LATE, NULL), BYN_OK);
    late = byn_future_state(futures[0]) == BYN_FUTURE_FAILED;
    for (i = 0; i <= AFTER; i++) {
        byn_task_error error = {.struct_size = sizeof error};

        if (byn_future_error(futures[i], &error) >= 0)
            CHECK_STATUS(error.status, i == 0 ? BYN_E_TIMEDOUT : BYN_OK);
        byn_future_close(futures[i]);
    }
    return late;
}

static void only_the_task_that_is_late_is_killed(void)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(1);
    byn_pool *pool = NULL;
    int i, late = 0;

    REQUIRE_STATUS(byn_pool_open(&pool, fresh_name(), &BYN_OPTIONS(byn_pool_options, .workers = 1)),
                   BYN_CREATED);
    for (i = 0; i < DALLIES && apr_time_now() < end; i++)
        late += dally_once(pool, 1000 * DALLY_MS - 300 + i * 7 % 300);
    printf("%d of %d were late\n", late, i);
    byn_pool_close(pool);
}

static const test_case cases[] = {TEST(no_task_is_lost_while_workers_are_killed),
                                  TEST(only_the_task_that_is_late_is_killed), TEST_END};

int main(int argc, char **argv)
{
    int code;

    return byn_worker_main(tasks, &code) ? code : test_main(argc, argv, "pool_kill", cases, NULL);
}
