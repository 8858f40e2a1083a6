/*
 * A pool's table from inside: what is claimed, in which order, by whom; what the dead leave; what comes back.
 */
#include "peer.h"
#include "pool_use.h"
#include "support.h"

enum { CAPACITY = 16, SMALL = 8, LARGE = 5000 };

static int kind_of(byn_pool *pool, byni_ticket ticket)
{
    return byni_task_kind(pool, ticket);
}

static byn_status how_it_failed(byn_pool *pool, byni_ticket ticket)
{
    return (byn_status)byni_load32(&pool->tasks[ticket.index].status);
}

/* ---- One after the other */

static void a_task_is_run_and_its_result_is_there(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool);
    size_t sizes[] = {1, SMALL, BYNI_TASK_INLINE, BYNI_TASK_INLINE + 1, LARGE, 100000}, i, size;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        byni_ticket ticket = pool_must_put(pool, 7, sizes[i], 1), claimed;

        CHECK_INT(kind_of(pool, ticket), BYNI_TASK_QUEUED);
        REQUIRE(pool_next(pool, worker, 4, &claimed));
        CHECK_INT(claimed.index, ticket.index);
        CHECK_INT(kind_of(pool, ticket), BYNI_TASK_RUNNING);
        CHECK_INT(pool_run(pool, worker, claimed), 7);
        CHECK_INT(kind_of(pool, ticket), BYNI_TASK_DONE);
        CHECK(
            pool_is_filled(byni_task_result(pool, &pool->tasks[ticket.index], &size), 7, sizes[i]));
        CHECK_INT(size, sizes[i]);
        byni_task_free(pool, ticket);
        CHECK_INT(kind_of(pool, ticket), BYNI_TASK_GONE);
    }
    CHECK_INT(pool_audit(pool), 0);
    CHECK_INT(pool_look(pool).done, i);
    pool_closed(pool);
}

static void tasks_are_taken_in_the_order_of_their_submission(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), i, round;
    byni_ticket tickets[CAPACITY], ticket;

    for (round = 0; round < 5; round++) {
        for (i = 0; i < CAPACITY - round; i++)
            tickets[i] = pool_must_put(pool, i + 1, SMALL, 1);
        for (i = 0; pool_next(pool, worker, 3, &ticket); i++)
            CHECK_INT(pool_run(pool, worker, ticket), i + 1);
        CHECK_INT(i, CAPACITY - round);
        while (i > 0)
            byni_task_free(pool, tickets[--i]);
    }
    CHECK_INT(pool_audit(pool), 0);
    pool_closed(pool);
}

static void many_are_put_in_one_step(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool);
    byni_submission many[CAPACITY + 4];
    byni_ticket tickets[CAPACITY + 4];
    uint32_t number = 9;
    size_t i, put;

    for (i = 0; i < CAPACITY + 4; i++)
        many[i] = (byni_submission){"any", &number, sizeof number, 1, 0};
    REQUIRE_STATUS(byni_tasks_put(pool, many, CAPACITY + 4, tickets, &put, NULL), BYN_OK);
    CHECK_INT(put, CAPACITY);
    CHECK_STATUS(byni_tasks_put(pool, many, 1, tickets, &put, NULL), BYN_E_TIMEDOUT);
    CHECK_INT(put, 0);
    CHECK_INT(pool_look(pool).waiting, CAPACITY);
    CHECK_INT(pool_run_all(pool, worker), CAPACITY);
    pool_closed(pool);
}

/* A task that has ended leaves its place to the next one, or to anybody. */
static void a_place_is_kept_for_the_next_task(void)
{
    byn_pool *pool = pool_opened(NULL, 2, 0);
    uint32_t worker = pool_worker(pool), number = 9;
    byni_submission many[2] = {{"any", &number, sizeof number, 1, 0},
                               {"any", &number, sizeof number, 1, 0}};
    byni_ticket first = pool_must_put(pool, 1, SMALL, 1), tickets[2];
    byni_kept kept = {0};
    size_t put, i;

    CHECK_INT(pool_run_all(pool, worker), 1);
    byni_task_keep(pool, first.index, byni_load64(&pool->tasks[first.index].word), &kept);
    CHECK_INT(byni_task_kind(pool, first), BYNI_TASK_GONE);
    CHECK_INT(kept.count, 1);
    REQUIRE_STATUS(byni_tasks_put(pool, many, 2, tickets, &put, &kept), BYN_OK);
    CHECK_INT(put, 2);
    CHECK_INT(kept.count, 0);
    CHECK_INT(tickets[0].index, first.index);
    CHECK_INT(tickets[0].generation, first.generation + 1);
    CHECK_INT(pool_run_all(pool, worker), 2);
    for (i = 0; i < 2; i++)
        byni_task_keep(pool, tickets[i].index, byni_load64(&pool->tasks[tickets[i].index].word),
                       &kept);
    CHECK_STATUS(byni_tasks_put(pool, many, 1, tickets, &put, NULL), BYN_E_TIMEDOUT);
    byni_kept_release(pool, &kept);
    CHECK_INT(kept.count, 0);
    CHECK_STATUS(byni_tasks_put(pool, many, 1, tickets, &put, NULL), BYN_OK);
    CHECK_INT(pool_audit(pool), 1);
    pool_closed(pool);
}

/* So does what is kept when the pool ends. */
static void what_is_kept_when_the_pool_ends_is_released(void)
{
    byn_pool *pool = pool_opened(NULL, 2, 0);
    uint32_t worker = pool_worker(pool), number = 9;
    byni_submission one = {"any", &number, sizeof number, 1, 0};
    byni_ticket ticket = pool_must_put(pool, 1, SMALL, 1);
    byni_kept kept = {0};
    size_t put;

    CHECK_INT(pool_run_all(pool, worker), 1);
    byni_task_keep(pool, ticket.index, byni_load64(&pool->tasks[ticket.index].word), &kept);
    CHECK_STATUS(byn_pool_shutdown(pool), BYN_OK);
    CHECK_STATUS(byni_tasks_put(pool, &one, 1, &ticket, &put, &kept), BYN_E_CLOSED);
    CHECK_INT(kept.count, 1);
    byni_kept_release(pool, &kept);
    CHECK_INT(pool_audit(pool), 0);
    pool_closed(pool);
}

/* Who submits more at once calls when enough has come together, or says so. */
static void who_is_called_later_is_called(void)
{
    byn_pool *pool = pool_opened(NULL, 8, 0);
    uint32_t number = 9;
    byni_submission one = {"any", &number, sizeof number, 1, 0};
    byni_ticket ticket;
    byni_kept kept = {0};
    size_t put;

    byni_store32(&pool->words->duty, 1);
    byni_store32(&pool->words->usual, 20000);
    CHECK_STATUS(byni_tasks_put(pool, &one, 1, &ticket, &put, &kept), BYN_OK);
    CHECK_INT(byni_load32(&pool->words->duty), 1);
    byni_worker_call_now(pool); /* though it is in no ring */
    CHECK_INT(byni_load32(&pool->words->duty), 0);
    byni_store32(&pool->words->duty, 1);
    CHECK_STATUS(byni_tasks_put(pool, &one, 1, &ticket, &put, &kept), BYN_OK);
    CHECK_INT(byni_load32(&pool->words->duty), 1);
    byni_store32(&pool->words->duty, 1);
    CHECK_STATUS(byni_tasks_put(pool, &one, 1, &ticket, &put, &kept), BYN_OK);
    CHECK_INT(byni_load32(&pool->words->duty), 0);
    byni_store32(&pool->words->duty, 1);
    byni_store32(&pool->words->usual, 0); /* nothing is known */
    CHECK_STATUS(byni_tasks_put(pool, &one, 1, &ticket, &put, &kept), BYN_OK);
    CHECK_INT(byni_load32(&pool->words->duty), 0);
    pool_closed(pool);
}

/* ---- Cancel and let go */

static void what_is_let_go_runs_for_nobody(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool);
    byni_ticket waits = pool_must_put(pool, 1, LARGE, 1);
    byni_ticket runs = pool_must_put(pool, 2, LARGE, 1), claimed;

    byni_task_abandon(pool, waits);
    CHECK_INT(kind_of(pool, waits), BYNI_TASK_QUEUED);
    CHECK(byni_task_claim(pool, worker, byni_hint_of(runs), &claimed));
    byni_task_free(pool, runs);
    CHECK_INT(kind_of(pool, runs), BYNI_TASK_RUNNING);
    CHECK_INT(pool_run(pool, worker, runs), 2);
    CHECK_INT(kind_of(pool, runs), BYNI_TASK_GONE);
    CHECK_INT(pool_run_all(pool, worker), 1);
    CHECK_INT(kind_of(pool, waits), BYNI_TASK_GONE);
    CHECK_INT(pool_audit(pool), 0);
    CHECK_INT(pool_look(pool).done, 2);
    pool_closed(pool);
}

static void only_what_waits_can_be_canceled(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), number;
    byni_ticket waits = pool_must_put(pool, 1, SMALL, 1);
    byni_ticket runs = pool_must_put(pool, 2, SMALL, 1), claimed;

    CHECK(byni_task_claim(pool, worker, byni_hint_of(runs), &claimed));
    CHECK(!byni_task_cancel(pool, runs));
    number = byni_bell_listen(byni_task_bell(pool, waits));
    CHECK(byni_task_cancel(pool, waits));
    CHECK(bynk_spot_number(&byni_task_bell(pool, waits)->spot) != number);
    CHECK(!byni_task_cancel(pool, waits));
    CHECK_INT(kind_of(pool, waits), BYNI_TASK_CANCELED);
    CHECK_INT(pool_run(pool, worker, runs), 2);
    CHECK(!byni_task_cancel(pool, runs));
    CHECK_INT(pool_look(pool).canceled, 1);
    pool_closed(pool);
}

/* ---- The dead */

static void its_own_task_fails_with_the_worker(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), i, number;
    byn_exit how = {true, 139, 11};
    byni_ticket tickets[8], claimed;

    for (i = 0; i < 8; i++)
        tickets[i] = pool_must_put(pool, i + 1, SMALL, 1);
    CHECK_INT(byni_tasks_take(pool, worker, 16), 5);
    REQUIRE(byni_task_next(pool, worker, &claimed));
    number = byni_bell_listen(byni_task_bell(pool, tickets[0]));
    REQUIRE_STATUS(byni_pool_lock(pool), BYN_OK);
    byni_worker_cleanup(pool, worker, &how);
    byni_worker_cleanup(pool, worker, &how);
    byni_pool_unlock(pool);
    CHECK(bynk_spot_number(&byni_task_bell(pool, tickets[0])->spot) != number);
    CHECK_INT(kind_of(pool, tickets[0]), BYNI_TASK_FAILED);
    CHECK_STATUS(how_it_failed(pool, tickets[0]), BYN_E_PEERDIED);
    CHECK_INT(byni_load32(&pool->tasks[tickets[0].index].exit_signal), 11);
    CHECK_INT(pool_look(pool).failed, 1);
    CHECK_INT(pool_look(pool).died, 1);
    CHECK_INT(pool_audit(pool), 8);
    worker = pool_worker(pool);
    for (i = 1; pool_next(pool, worker, 3, &claimed); i++)
        CHECK_INT(pool_run(pool, worker, claimed), i + 1);
    CHECK_INT(i, 8);
    pool_closed(pool);
}

/* At most as often as it may, by whatever workers. */
static void a_task_is_tried_again_first_of_all(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    byni_ticket ticket = pool_must_put(pool, 1, SMALL, 3), claimed;
    uint32_t worker, i;

    (void)pool_must_put(pool, 2, SMALL, 3);
    for (i = 1; i <= 3; i++) {
        worker = pool_worker(pool);
        REQUIRE(pool_next(pool, worker, 16, &claimed));
        CHECK_INT(claimed.index, ticket.index);
        CHECK_INT(byni_load32(&pool->tasks[ticket.index].begun), i);
        REQUIRE_STATUS(byni_pool_lock(pool), BYN_OK);
        byni_worker_cleanup(pool, worker, NULL);
        byni_pool_unlock(pool);
        CHECK_INT(pool_look(pool).retried, i < 3 ? i : 2);
    }
    CHECK_INT(kind_of(pool, ticket), BYNI_TASK_FAILED);
    CHECK_INT(byni_load32(&pool->tasks[ticket.index].begun), 3);
    CHECK_INT(pool_look(pool).died, 3);
    CHECK_INT(pool_run_all(pool, pool_worker(pool)), 1);
    pool_closed(pool);
}

static int submits(peer_self *self, int argc, char **argv)
{
    byn_pool *pool = NULL;
    byni_ticket ticket, ended;
    uint32_t worker;

    (void)argc;
    pool = pool_opened(argv[0], 0, 0);
    worker = pool_worker(pool);
    ended = pool_must_put(pool, 1, LARGE, 1);
    CHECK_INT(pool_run_all(pool, worker), 1);
    CHECK_INT(byni_task_kind(pool, ended), BYNI_TASK_DONE);
    ticket = pool_must_put(pool, 2, LARGE, 2);
    REQUIRE(pool_next(pool, worker, 1, &ticket));
    (void)pool_must_put(pool, 3, LARGE, 1);
    byni_task_free(pool, pool_must_put(pool, 4, SMALL, 1));
    peer_say(self, "put");
    (void)peer_wait(self, "end");
    return 0;
}

static void nothing_is_left_of_a_dead_process(void)
{
    const char *name = fresh_name();
    byn_pool *pool = pool_opened(name, CAPACITY, 0);
    peer *p = peer_start(PEER_PROCESS, "submits", name, NULL);

    peer_expect(p, "put");
    CHECK_INT(pool_look(pool).submitters, 2);
    CHECK_INT(byni_pool_sweep(pool), 0);
    peer_kill(p);
    CHECK_INT(byni_pool_sweep(pool), 2); /* it was a worker too */
    CHECK_INT(pool_audit(pool), 0);
    CHECK_INT(pool_look(pool).submitters, 1);
    CHECK_INT(pool_look(pool).canceled,
              3); /* what waited, what was tried again, what it canceled itself */
    CHECK_INT(byni_pool_sweep(pool), 0);
    pool_closed(pool);
}

static void what_the_last_one_leaves_is_run_if_it_shall_be(void)
{
    const char *name = fresh_name();
    byn_pool *pool = NULL, *again = NULL;
    uint32_t worker;

    REQUIRE_STATUS(byni_pool_open(&pool, name,
                                  &BYN_OPTIONS(byn_pool_options, .no_workers = true,
                                               .orphans = BYN_POOL_DRAIN)),
                   BYN_CREATED);
    REQUIRE_STATUS(byni_submitter_enter(pool), BYN_OK);
    REQUIRE_STATUS(byni_pool_open_as_worker(&again, name), BYN_OK);
    worker = pool_worker(again);
    (void)pool_must_put(pool, 1, LARGE, 1);
    CHECK(byni_pool_has_users(again));
    pool_closed(pool);
    CHECK(!byni_pool_has_users(again));
    CHECK_INT(pool_run_all(again, worker), 1);
    CHECK_INT(pool_audit(again), 0);
    byni_object_close(&again->object);
}

/* ---- The guard */

static int dies_with_the_guard(peer_self *self, int argc, char **argv)
{
    byn_pool *pool = NULL;
    byni_place lost;

    (void)argc;
    REQUIRE_STATUS(byni_pool_open_as_worker(&pool, argv[0]), BYN_OK);
    REQUIRE_STATUS(byni_pool_lock(pool), BYN_OK);
    REQUIRE_STATUS(byni_heap_allocate(&pool->heap, 500, &lost), BYN_OK);
    byni_store64(&pool->words->head, 5);
    byni_store32(&pool->words->free, 3);
    peer_say(self, "has it");
    (void)peer_wait(self, "end");
    return 0;
}

static void break_the_guard(const char *name)
{
    peer *p = peer_start(PEER_PROCESS, "dies_with_the_guard", name, NULL);

    peer_expect(p, "has it");
    peer_kill(p);
}

/* Places are used in another order than tasks are submitted in. */
static void the_heir_puts_all_in_order(void)
{
    const char *name = fresh_name();
    byn_pool *pool = pool_opened(name, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), i;
    byni_ticket tickets[CAPACITY], claimed;

    for (i = 0; i < CAPACITY; i++)
        tickets[i] = pool_must_put(pool, 100, SMALL, 1);
    for (i = 0; i < CAPACITY; i++)
        byni_task_free(pool, tickets[i * 5 % CAPACITY]);
    for (i = 0; i < CAPACITY - 3; i++)
        (void)pool_must_put(pool, i + 1, i % 2 == 0 ? SMALL : LARGE, 1);
    REQUIRE(byni_tasks_take(pool, worker, 2) == 2);
    break_the_guard(name);
    CHECK_INT(pool_audit(pool), CAPACITY - 3);
    for (i = 0; pool_next(pool, worker, 1, &claimed); i++)
        CHECK_INT(pool_run(pool, worker, claimed), i + 1);
    CHECK_INT(i, CAPACITY - 3);
    pool_closed(pool);
}

/* ---- The end */

static void after_shutdown_nothing_is_put(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool);
    byni_ticket ticket = pool_must_put(pool, 1, SMALL, 1);

    CHECK_STATUS(byn_pool_join(pool, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_pool_shutdown(pool), BYN_OK);
    CHECK_STATUS(pool_put(pool, 2, SMALL, 1, &ticket), BYN_E_CLOSED);
    CHECK_INT(pool_run_all(pool, worker), 1);
    CHECK_STATUS(byn_pool_join(pool, BYN_NOW), BYN_E_TIMEDOUT); /* the worker has not left */
    byni_worker_leave(pool, worker);
    CHECK_STATUS(byn_pool_join(pool, BYN_NOW), BYN_OK);
    CHECK(pool_look(pool).is_closed);
    pool_closed(pool);
}

static void terminate_cancels_what_waits(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool);
    byni_ticket runs = pool_must_put(pool, 1, SMALL, 5);
    byni_ticket waits = pool_must_put(pool, 2, LARGE, 5),
                nobodys = pool_must_put(pool, 3, LARGE, 1);

    REQUIRE(pool_next(pool, worker, 1, &runs));
    byni_task_abandon(pool, nobodys);
    CHECK_STATUS(byn_pool_terminate(pool), BYN_OK);
    CHECK_INT(kind_of(pool, waits), BYNI_TASK_CANCELED);
    CHECK_INT(kind_of(pool, nobodys), BYNI_TASK_GONE);
    byni_worker_leave(pool, worker);
    CHECK_INT(kind_of(pool, runs), BYNI_TASK_FAILED);
    CHECK_STATUS(how_it_failed(pool, runs), BYN_E_CANCELED);
    CHECK_STATUS(byn_pool_join(pool, BYN_NOW), BYN_OK);
    CHECK_INT(pool_audit(pool), 2);
    pool_closed(pool);
}

static void in_a_broken_pool_all_that_waits_fails(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    byni_ticket waits = pool_must_put(pool, 1, LARGE, 5), ticket;

    byni_pool_break(pool, "there is no such program");
    CHECK_INT(kind_of(pool, waits), BYNI_TASK_FAILED);
    CHECK_STATUS(how_it_failed(pool, waits), BYN_E_BROKEN);
    CHECK_STATUS(pool_put(pool, 2, SMALL, 1, &ticket), BYN_E_BROKEN);
    CHECK(pool_look(pool).is_broken);
    CHECK_INT(pool_look(pool).failed, 1);
    CHECK_INT(pool_audit(pool), 1);
    pool_closed(pool);
}

/* ---- Threads */

enum { THREADS = 3, MANY = 3000 };

static struct {
    byn_pool *pool;
    byni_a32 runs[MANY], canceled[MANY];
    byni_ticket tickets[MANY];
    byni_a32 ready;
} race;

static int works(peer_self *self, int argc, char **argv)
{
    uint32_t worker = pool_worker(race.pool), number;
    byni_ticket ticket;

    (void)self;
    (void)argc;
    (void)argv;
    while (byni_load32(&race.pool->words->phase) == 0) {
        bynk_rest rest = {.deadline = byni_deadline(50), .hint = &race.pool->hint};

        while (pool_next(race.pool, worker, 16, &ticket)) {
            number = pool_run(race.pool, worker, ticket);
            REQUIRE(number > 0 && number <= MANY);
            (void)byni_add32(&race.runs[number - 1], 1);
        }
        (void)byni_worker_sleep(race.pool, worker, &rest);
    }
    byni_worker_leave(race.pool, worker);
    return 0;
}

static int cancels(peer_self *self, int argc, char **argv)
{
    unsigned i;

    (void)self;
    (void)argc;
    (void)argv;
    for (i = 0; i < MANY; i += 3) {
        while (byni_load32(&race.ready) <= i) {
        }
        if (byni_task_cancel(race.pool, race.tickets[i]))
            (void)byni_add32(&race.canceled[i], 1);
    }
    return 0;
}

/* Submitters wait for ends by the bell, as futures do. */
static void await_end(byni_ticket ticket)
{
    bynk_rest rest = {.deadline = BYNK_NEVER};
    byni_bell *bell = byni_task_bell(race.pool, ticket);
    uint32_t number = byni_bell_listen(bell);

    while (byni_task_kind(race.pool, ticket) < BYNI_TASK_DONE) {
        (void)bynk_spot_sleep(race.pool->object.segment, &bell->spot, number, &rest);
        number = byni_bell_listen(bell);
    }
}

static void put_all(void)
{
    unsigned i;

    for (i = 0; i < MANY; i++) {
        race.tickets[i] = pool_must_put(race.pool, i + 1, i % 16 == 0 ? LARGE : SMALL, 1);
        byni_store32(&race.ready, i + 1);
    }
}

static void each_task_has_one_end(void)
{
    peer *workers[THREADS], *canceler;
    unsigned i, canceled = 0;

    memset(&race, 0, sizeof race);
    race.pool = pool_opened(NULL, MANY, 0);
    for (i = 0; i < THREADS; i++)
        workers[i] = peer_start(PEER_THREAD, "works", NULL);
    canceler = peer_start(PEER_THREAD, "cancels", NULL);
    put_all();
    for (i = 0; i < MANY; i++)
        await_end(race.tickets[i]);
    peer_finish(canceler);
    CHECK_STATUS(byn_pool_join(race.pool, 1000 * test_patience()), BYN_OK);
    CHECK_STATUS(byn_pool_shutdown(race.pool), BYN_OK);
    CHECK_STATUS(byn_pool_join(race.pool, 1000 * test_patience()), BYN_OK);
    for (i = 0; i < THREADS; i++)
        peer_finish(workers[i]);
    for (i = 0; i < MANY; i++) {
        bool was = byni_task_kind(race.pool, race.tickets[i]) == BYNI_TASK_CANCELED;

        canceled += was;
        CHECK_INT(byni_load32(&race.runs[i]), !was);
        CHECK_INT(byni_load32(&race.canceled[i]), was);
        byni_task_free(race.pool, race.tickets[i]);
    }
    CHECK_INT(pool_audit(race.pool), 0);
    CHECK_INT(pool_look(race.pool).done, MANY - canceled);
    CHECK_INT(pool_look(race.pool).canceled, canceled);
    pool_closed(race.pool);
}

static const test_case cases[] = {
    TEST(a_task_is_run_and_its_result_is_there),
    TEST(tasks_are_taken_in_the_order_of_their_submission),
    TEST(many_are_put_in_one_step),
    TEST(a_place_is_kept_for_the_next_task),
    TEST(what_is_kept_when_the_pool_ends_is_released),
    TEST(who_is_called_later_is_called),
    TEST(what_is_let_go_runs_for_nobody),
    TEST(only_what_waits_can_be_canceled),
    TEST(its_own_task_fails_with_the_worker),
    TEST(a_task_is_tried_again_first_of_all),
    TEST(nothing_is_left_of_a_dead_process),
    TEST(what_the_last_one_leaves_is_run_if_it_shall_be),
    TEST(the_heir_puts_all_in_order),
    TEST(after_shutdown_nothing_is_put),
    TEST(terminate_cancels_what_waits),
    TEST(in_a_broken_pool_all_that_waits_fails),
    TEST(each_task_has_one_end),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(submits), PEER(dies_with_the_guard), PEER(works), PEER(cancels), PEER_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "unit.pool", cases, peers);
}
