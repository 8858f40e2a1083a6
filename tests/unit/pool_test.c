/*
 * A pool's table from inside: what is claimed, in which order, by whom; what the dead leave; what comes back; and
 * memory that somebody writes nonsense into.
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
    REQUIRE_STATUS(byni_tasks_put(pool, many, CAPACITY + 4, tickets, &put), BYN_OK);
    CHECK_INT(put, CAPACITY);
    CHECK_STATUS(byni_tasks_put(pool, many, 1, tickets, &put), BYN_E_TIMEDOUT);
    CHECK_INT(put, 0);
    CHECK_INT(pool_look(pool).waiting, CAPACITY);
    CHECK_INT(pool_run_all(pool, worker), CAPACITY);
    pool_closed(pool);
}

/* ---- Room */

static void who_waits_for_room_is_rung_when_there_is_some(void)
{
    byn_pool *pool = pool_opened(NULL, 2, 0);
    byni_ticket first = pool_must_put(pool, 1, SMALL, 1), ticket;
    uint32_t number;

    (void)pool_must_put(pool, 2, SMALL, 1);
    CHECK(byni_task_cancel(pool, first));
    number = byni_bell_listen(&pool->words->room);
    CHECK_STATUS(pool_put(pool, 3, SMALL, 1, &ticket), BYN_E_TIMEDOUT);
    CHECK_INT(bynk_spot_number(&pool->words->room.spot), number);
    byni_task_free(pool, first);
    CHECK(bynk_spot_number(&pool->words->room.spot) != number);
    CHECK_STATUS(pool_put(pool, 3, SMALL, 1, &ticket), BYN_OK);
    CHECK_INT(pool_audit(pool), 2);
    pool_closed(pool);
}

static void what_another_has_freed_and_kept_is_found(void)
{
    byn_pool *pool = pool_opened(NULL, 4, 0);
    byni_ticket tickets[4], ticket;
    int i;

    for (i = 0; i < 4; i++)
        tickets[i] = pool_must_put(pool, 1, SMALL, 1);
    byni_task_free(pool, tickets[2]);
    byni_store32(&pool->freed, 0); /* as if it had been another process */
    CHECK_STATUS(pool_put(pool, 3, SMALL, 1, &ticket), BYN_OK);
    CHECK_INT(ticket.index, tickets[2].index);
    CHECK_STATUS(pool_put(pool, 3, SMALL, 1, &ticket), BYN_E_TIMEDOUT);
    CHECK_INT(pool_audit(pool), 4);
    pool_closed(pool);
}

static void full_memory_is_no_room_until_some_is_freed(void)
{
    enum { MEMORY = 1000000, PART = 450000 };
    byn_pool *pool = pool_opened(NULL, CAPACITY, MEMORY);
    byni_ticket one = pool_must_put(pool, 1, PART, 1), ticket;
    uint32_t number;

    (void)pool_must_put(pool, 2, PART, 1);
    number = byni_bell_listen(&pool->words->room);
    CHECK_STATUS(pool_put(pool, 3, PART, 1, &ticket), BYN_E_TIMEDOUT);
    CHECK_STATUS(pool_put(pool, 3, MEMORY + 1, 1, &ticket), BYN_E_TOOBIG);
    CHECK_STATUS(pool_put(pool, 4, SMALL, 1, &ticket), BYN_OK);
    byni_task_free(pool, one);
    CHECK(bynk_spot_number(&pool->words->room.spot) != number);
    CHECK_STATUS(pool_put(pool, 3, PART, 1, &ticket), BYN_OK);
    CHECK_INT(pool_audit(pool), 3);
    pool_closed(pool);
}

static void a_result_that_finds_no_memory_says_so(void)
{
    enum { MEMORY = 400000 };
    byn_pool *pool = pool_opened(NULL, CAPACITY, MEMORY);
    uint32_t worker = pool_worker(pool);
    byni_ticket ticket = pool_must_put(pool, 1, 300000, 1);
    byni_task *task = &pool->tasks[ticket.index];
    void *room;

    REQUIRE(pool_next(pool, worker, 1, &ticket));
    CHECK_STATUS(byni_task_reserve(pool, task, MEMORY + 1, &room), BYN_E_TOOBIG);
    CHECK_STATUS(byni_task_reserve(pool, task, 300000, &room), BYN_E_LIMIT);
    CHECK_STATUS(byni_task_reserve(pool, task, 20000, &room), BYN_OK);
    CHECK_STATUS(byni_task_reserve(pool, task, 30000, &room), BYN_OK);
    CHECK_STATUS(byni_task_reserve(pool, task, 10, &room), BYN_OK);
    byni_task_end(pool, worker, ticket, BYNI_TASK_DONE);
    CHECK_INT(pool_audit(pool), 1);
    byni_task_free(pool, ticket);
    CHECK_INT(pool_audit(pool), 0);
    pool_closed(pool);
}

/* ---- Hints */

static void a_hint_that_is_outdated_or_there_twice_gives_no_right(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), other = pool_worker(pool);
    byni_ticket ticket = pool_must_put(pool, 1, SMALL, 1), claimed;
    uint64_t hint = byni_hint_of(ticket);

    CHECK(byni_task_claim(pool, worker, hint, &claimed));
    CHECK(!byni_task_claim(pool, other, hint, &claimed));
    byni_task_end(pool, worker, ticket, BYNI_TASK_DONE);
    CHECK(!byni_task_claim(pool, other, hint, &claimed));
    byni_task_free(pool, ticket);
    CHECK(!byni_task_claim(pool, other, hint, &claimed));
    ticket = pool_must_put(pool, 2, SMALL, 1);
    CHECK_INT(ticket.index, (hint & 0x1ffff) - 1);
    CHECK(!byni_task_claim(pool, other, hint, &claimed));
    CHECK(!byni_task_claim(pool, other, 0, &claimed));
    CHECK(!byni_task_claim(pool, other, UINT64_MAX, &claimed));
    CHECK_INT(byni_load32(&pool->workers[other].depth), 0);
    CHECK_INT(pool_run_all(pool, other), 1);
    pool_closed(pool);
}

static void outdated_hints_do_not_fill_the_ring(void)
{
    byn_pool *pool = pool_opened(NULL, 4, 0);
    byni_ticket kept = pool_must_put(pool, 1, SMALL, 1);
    uint32_t worker = pool_worker(pool);
    int i;

    for (i = 0; i < 100; i++)
        byni_task_free(pool, pool_must_put(pool, 2, SMALL, 1));
    CHECK_INT(pool_audit(pool), 1);
    CHECK_INT(pool_look(pool).canceled, 100);
    CHECK_INT(pool_run_all(pool, worker), 1);
    CHECK_INT(kind_of(pool, kept), BYNI_TASK_DONE);
    pool_closed(pool);
}

static void an_idle_worker_steals_what_another_took(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), other = pool_worker(pool), i;
    byni_ticket ticket;

    for (i = 0; i < 12; i++)
        (void)pool_must_put(pool, i + 1, SMALL, 1);
    CHECK_INT(byni_tasks_take(pool, worker, 16), 12 / 4 + 1);
    CHECK(byni_task_steal(pool, other, &ticket));
    CHECK_INT(pool_run(pool, other, ticket), 4); /* the last one of the batch */
    CHECK_INT(pool_run_all(pool, worker), 11);
    CHECK(!byni_task_steal(pool, other, &ticket));
    CHECK_INT(pool_audit(pool), 12);
    pool_closed(pool);
}

static void nested_tasks_end_in_their_order(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), i;
    byni_ticket tickets[BYNI_TASK_NESTED + 1], ticket;

    for (i = 0; i <= BYNI_TASK_NESTED; i++)
        tickets[i] = pool_must_put(pool, i + 1, SMALL, 1);
    for (i = 0; i < BYNI_TASK_NESTED; i++)
        CHECK(byni_task_claim(pool, worker, byni_hint_of(tickets[i]), &ticket));
    CHECK(!byni_task_claim(pool, worker, byni_hint_of(tickets[i]), &ticket));
    for (; i > 0; i--)
        CHECK_INT(pool_run(pool, worker, tickets[i - 1]), i);
    CHECK_INT(pool_run_all(pool, worker), 1);
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

/* ---- Bells */

static void a_bell_rings_only_for_who_listens(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    byni_bell *bell = &pool->submitters[pool->me].bell;
    uint32_t number = bynk_spot_number(&bell->spot);

    byni_bell_ring(pool, bell);
    CHECK_INT(bynk_spot_number(&bell->spot), number);
    CHECK_INT(byni_bell_listen(bell), number);
    byni_bell_ring(pool, bell);
    byni_bell_ring(pool, bell);
    CHECK_INT(bynk_spot_number(&bell->spot), number + 1);
    CHECK_INT(byni_bell_listen(bell), number + 1);
    CHECK_INT(byni_bell_listen(bell), number + 1);
    byni_bell_ring(pool, bell);
    CHECK_INT(bynk_spot_number(&bell->spot), number + 2);
    pool_closed(pool);
}

static void a_bell_that_is_for_one_task_rings_for_it_alone(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    byni_bell *bell = &pool->submitters[pool->me].bell;
    byni_ticket one = {1, 5}, other = {2, 5}, later = {1, 6};
    uint32_t number = byni_bell_listen_for(bell, one);

    byni_bell_ring_for(pool, bell, other);
    byni_bell_ring_for(pool, bell, later);
    CHECK_INT(bynk_spot_number(&bell->spot), number);
    byni_bell_ring_for(pool, bell, one);
    byni_bell_ring_for(pool, bell, one);
    CHECK_INT(bynk_spot_number(&bell->spot), number + 1);
    /* Two who listen for different ones, in either order; and what is for all. */
    CHECK_INT(byni_bell_listen_for(bell, one), number + 1);
    CHECK_INT(byni_bell_listen_for(bell, other), number + 1);
    CHECK_INT(byni_bell_listen_for(bell, one), number + 1);
    byni_bell_ring_for(pool, bell, later);
    CHECK_INT(bynk_spot_number(&bell->spot), number + 2);
    CHECK_INT(byni_bell_listen(bell), number + 2);
    CHECK_INT(byni_bell_listen_for(bell, one), number + 2);
    byni_bell_ring_for(pool, bell, other);
    CHECK_INT(bynk_spot_number(&bell->spot), number + 3);
    CHECK_INT(byni_bell_listen_for(bell, one), number + 3);
    CHECK_INT(byni_bell_listen(bell), number + 3);
    byni_bell_ring_for(pool, bell, other);
    CHECK_INT(bynk_spot_number(&bell->spot), number + 4);
    CHECK_INT(byni_bell_listen_for(bell, one), number + 4);
    byni_bell_ring(pool, bell);
    CHECK_INT(bynk_spot_number(&bell->spot), number + 5);
    pool_closed(pool);
}

/* Whoever comes first has it; what was canceled, or taken already, is passed over. */
static void what_is_handed_to_who_waits_is_anybodys(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), other = pool_worker(pool);
    byni_ticket one, two, ticket;

    byni_store32(&pool->words->duty, other + 1);
    one = pool_must_put(pool, 1, SMALL, 1);
    CHECK(byni_load64(&pool->words->handed) == byni_hint_of(one));
    CHECK(byni_hints_are_none(pool));
    two = pool_must_put(pool, 2, SMALL, 1);
    CHECK(!byni_hints_are_none(pool));
    CHECK_INT(byni_tasks_take(pool, worker, 4), 1);
    CHECK(byni_load64(&pool->words->handed) == 0);
    CHECK(byni_task_next(pool, worker, &ticket) && ticket.index == one.index);
    CHECK_INT(pool_run(pool, worker, ticket), 1);
    CHECK_INT(pool_run_all(pool, worker), 1);
    byni_task_free(pool, one);
    byni_task_free(pool, two);
    byni_store32(&pool->words->duty, other + 1);
    one = pool_must_put(pool, 3, SMALL, 1);
    byni_task_free(pool, one);
    byni_store32(&pool->words->duty, other + 1);
    two = pool_must_put(pool, 4, SMALL, 1); /* behind an outdated one: in the ring */
    CHECK_INT(pool_run_all(pool, worker), 1);
    byni_task_free(pool, two);
    CHECK_INT(pool_audit(pool), 0);
    pool_closed(pool);
}

static byni_call_for called(byn_pool *pool)
{
    byni_call_for whom;

    byni_store32(&pool->words->idle, 1);
    REQUIRE_STATUS(byni_pool_lock(pool), BYN_OK);
    whom = byni_worker_choose(pool);
    byni_pool_unlock(pool);
    return whom;
}

/* If it is known how long it takes, and one who sleeps will look soon. */
static void little_is_left_to_those_who_work(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), other = pool_worker(pool);
    byni_pool_words *words = pool->words;
    byni_ticket tickets[4];
    unsigned i;

    for (i = 0; i < 4; i++)
        tickets[i] = pool_must_put(pool, i + 1, SMALL, 1);
    CHECK_INT(called(pool), BYNI_CALL_SLEEPER);
    byni_store32(&words->usual, 200);
    CHECK_INT(called(pool), BYNI_CALL_SLEEPER);
    byni_store32(&words->standby, other + 1);
    CHECK_INT(called(pool), BYNI_CALL_NOBODY);
    byni_store32(&words->usual, 6000);
    CHECK_INT(called(pool), BYNI_CALL_SLEEPER);
    byni_store32(&words->usual, 200);
    byni_store32(&words->present, 1); /* that one is all there is */
    CHECK_INT(called(pool), BYNI_CALL_SLEEPER);
    byni_store32(&words->present, 2);
    byni_worker_leave(pool, other);
    CHECK_INT(byni_load32(&words->standby), 0);
    CHECK_INT(pool_run_all(pool, worker), 4);
    for (i = 0; i < 4; i++)
        byni_task_free(pool, tickets[i]);
    pool_closed(pool);
}

/* It looks again soon, by itself; where nothing has happened meanwhile it has the duty. */
static void who_stands_by_takes_the_duty_when_others_are_busy_for_long(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), other = pool_worker(pool);
    byni_pool_words *words = pool->words;
    bynk_rest rest = {.deadline = byni_deadline(60000)};
    byni_ticket ticket = pool_must_put(pool, 1, SMALL, 1), claimed;

    CHECK(pool_next(pool, other, 1, &claimed)); /* it is in it */
    CHECK_STATUS(byni_worker_sleep(pool, worker, &rest), BYN_OK);
    CHECK_INT(byni_load32(&words->standby) + byni_load32(&words->duty), 0);
    CHECK_INT(byni_load32(&words->idle), 0);
    rest.deadline = byni_deadline(1);
    CHECK_STATUS(byni_worker_sleep(pool, worker, &rest), BYN_E_TIMEDOUT);
    CHECK_INT(pool_run(pool, other, claimed), 1);
    byni_task_free(pool, ticket);
    pool_closed(pool);
}

static void who_does_not_wait_any_more_is_not_called(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), other = pool_worker(pool);
    byni_pool_words *words = pool->words;
    bynk_rest rest = {.deadline = byni_deadline(1)};

    CHECK_STATUS(byni_worker_sleep(pool, worker, &rest), BYN_E_TIMEDOUT);
    CHECK_INT(byni_load32(&words->duty), 0);
    byni_store32(&words->duty, other + 1); /* it waits */
    rest = (bynk_rest){.deadline = byni_deadline(1)};
    CHECK_STATUS(byni_worker_sleep(pool, worker, &rest), BYN_E_TIMEDOUT);
    CHECK_INT(byni_load32(&words->idle), 0);
    CHECK_INT(byni_load32(&words->duty), other + 1);
    (void)pool_must_put(pool, 1, SMALL, 1);
    CHECK_INT(byni_load32(&words->duty), 0);
    byni_store32(&words->duty, other + 1);
    byni_worker_leave(pool, other);
    CHECK_INT(byni_load32(&words->duty), 0);
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

/* ---- Options */

static byn_status opens(const char *name, byn_pool_options options)
{
    byn_pool *pool = NULL;
    byn_status status = byni_pool_open(&pool, name, &options);

    if (status >= 0)
        byni_object_close(&pool->object);
    return status;
}

#define OPENS(...) opens(name, BYN_OPTIONS(byn_pool_options, __VA_ARGS__))

static void options_that_cannot_be_are_refused(void)
{
    static const char *const nothing[] = {NULL};
    static const char *const missing[] = {"there-is-no-such-program-anywhere", NULL};
    const char *name = fresh_name();

    CHECK_STATUS(OPENS(.keep = true), BYN_E_UNSUPPORTED);
    CHECK_STATUS(OPENS(.no_workers = true, .workers = 1), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.workers = BYN_POOL_MEMBERS_MAX + 1), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.capacity = 65537), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.memory = UINT64_MAX), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.attempts = 256), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.task_timeout = -2), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.orphans = (byn_pool_orphans)7), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.initializer = ""), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.initializer = "any", .initializer_size = 5), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.initializer = "any", .initializer_data = name, .initializer_size = 4097),
                 BYN_E_INVALID);
    CHECK_STATUS(OPENS(.program = nothing), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.program = missing), BYN_E_NOTFOUND);
    CHECK_STATUS(OPENS(.library = "there/is/no/such.library"), BYN_E_NOTFOUND);
    CHECK_STATUS(OPENS(.open = BYN_OPEN_ONLY), BYN_E_NOTFOUND);
}

static void a_later_opener_passes_the_same_or_nothing(void)
{
    const char *name = fresh_name();
    const char *program[] = {test_executable(), "one", NULL};
    const char *other[] = {test_executable(), "two", NULL};
    byn_pool *pool = NULL;

    REQUIRE_STATUS(byni_pool_open(&pool, name,
                                  &BYN_OPTIONS(byn_pool_options, .program = program, .workers = 3,
                                               .attempts = 2, .initializer = "begin",
                                               .initializer_data = "abc", .initializer_size = 3,
                                               .task_timeout = 500, .capacity = CAPACITY)),
                   BYN_CREATED);
    CHECK_STATUS(OPENS(.workers = 0), BYN_OK);
    CHECK_STATUS(OPENS(.workers = 3, .attempts = 2, .capacity = CAPACITY, .program = program),
                 BYN_OK);
    CHECK_STATUS(OPENS(.initializer = "begin", .initializer_data = "abc", .initializer_size = 3),
                 BYN_OK);
    CHECK_STATUS(OPENS(.workers = 2), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.capacity = CAPACITY + 1), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.program = other), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.attempts = 1), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.task_timeout = 501), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.initializer = "end"), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.initializer = "begin", .initializer_data = "abd", .initializer_size = 3),
                 BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.orphans = BYN_POOL_DRAIN), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.no_workers = true), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.open = BYN_CREATE_ONLY), BYN_E_EXISTS);
    byni_object_close(&pool->object);
}

/* ---- Hostile memory */

static unsigned any(unsigned *seed, unsigned range)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % range;
}

static uint64_t nonsense(unsigned *seed)
{
    static const uint64_t special[] = {0,
                                       1,
                                       5,
                                       0xffff,
                                       0x10000,
                                       UINT32_MAX,
                                       UINT64_C(1) << 40,
                                       UINT64_MAX,
                                       UINT64_C(0x0000010000000002),
                                       UINT64_C(0x0100000000000003)};

    if (any(seed, 3) == 0)
        return (uint64_t)any(seed, 1 << 20) << any(seed, 45) | any(seed, 8);
    return special[any(seed, sizeof special / sizeof special[0])];
}

/* Words that anybody who has the pool open could write to. The guard and spots are the platform's. */
static void spoil(byn_pool *pool, unsigned *seed)
{
    byni_pool_words *words = pool->words;
    byni_a64 *some[] = {&words->head,
                        &words->tail,
                        &words->order,
                        &words->handed,
                        &pool->ring[any(seed, (unsigned)pool->ring_mask + 1)],
                        &pool->workers[any(seed, 3)].current[any(seed, BYNI_TASK_NESTED)],
                        &pool->workers[any(seed, 3)].batch[any(seed, BYNI_TASK_BATCH)],
                        &pool->workers[any(seed, 3)].done,
                        &pool->tasks[any(seed, pool->capacity)].word,
                        &pool->tasks[any(seed, pool->capacity)].argument_size,
                        &pool->tasks[any(seed, pool->capacity)].result_size};
    byni_a32 *others[] = {&words->free,
                          &words->idle,
                          &words->duty,
                          &words->standby,
                          &words->usual,
                          &words->used_workers,
                          &words->used_submitters,
                          &words->present,
                          &words->supervisor,
                          &words->short_of,
                          &words->needs_repair,
                          &pool->free[any(seed, pool->capacity)],
                          &pool->workers[any(seed, 3)].depth,
                          &pool->tasks[any(seed, pool->capacity)].owner,
                          &pool->tasks[any(seed, pool->capacity)].argument_place,
                          &pool->tasks[any(seed, pool->capacity)].result_place,
                          &pool->tasks[any(seed, pool->capacity)].most,
                          &words->heap.end,
                          &words->heap.live};
    enum { WIDE = sizeof some / sizeof some[0], NARROW = sizeof others / sizeof others[0] };
    unsigned which = any(seed, WIDE + NARROW);

    if (which < WIDE)
        byni_store64(some[which], nonsense(seed));
    else
        byni_store32(others[which - WIDE], (uint32_t)nonsense(seed));
}

static void use(byn_pool *pool, uint32_t worker, unsigned *seed)
{
    byni_ticket ticket = {0, 0};
    char last = 0;
    size_t size = 0;
    void *room;
    int i;

    for (i = 0; i < 3; i++)
        (void)pool_put(pool, 1, any(seed, 3) == 0 ? LARGE : SMALL, 2, &ticket);
    if (any(seed, 2) == 0)
        byni_task_free(pool, ticket);
    for (i = 0; i < 6 && pool_next(pool, worker, 4, &ticket); i++) {
        const byni_task *task = &pool->tasks[ticket.index];
        const char *bytes = byni_task_argument(pool, task, &size);

        if (bytes != NULL && size > 0)
            last = bytes[size - 1]; /* is there */
        if (byni_task_reserve(pool, &pool->tasks[ticket.index], any(seed, 200), &room) >= 0)
            memset(room, last, 1);
        byni_task_end(pool, worker, ticket, BYNI_TASK_DONE);
        (void)byni_task_result(pool, task, &size);
        byni_task_free(pool, ticket);
    }
    CHECK(byn_pool_join(pool, BYN_NOW) <= BYN_OK);
    (void)pool_look(pool);
}

/* As far as it goes: at the end somebody dies there, which has all of it looked at. */
static void nonsense_in_it_harms_nobody(void)
{
    unsigned seed, round, i;

    for (round = 0; round < 300; round++) {
        byn_pool *pool = pool_opened(NULL, 8, 100000);
        uint32_t worker = pool_worker(pool);

        seed = round * 7919;
        use(pool, worker, &seed);
        for (i = 0; i < 6; i++) {
            spoil(pool, &seed);
            use(pool, worker, &seed);
        }
        if (byni_pool_lock(pool) >= 0) {
            byn_status status = byni_pool_repair(pool);

            CHECK(status == BYN_OK || status == BYN_E_CORRUPT);
            byni_pool_unlock(pool);
        }
        pool_closed(pool);
    }
}

/* Read as an opener reads it. */
static void a_definition_that_cannot_be_is_not_believed(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    byni_place place = (byni_place)byni_load64(&pool->words->heap.root[1]);
    byni_pool_definition *there = byni_heap_at(&pool->heap, place, sizeof *there), sound = *there;
    uint32_t *words = (uint32_t *)(void *)there, i;

    for (i = 0; i < sizeof sound / sizeof *words; i++) {
        byn_pool other = {.object = pool->object};

        words[i] = 0xfffffff0u;
        if (byni_pool_attach(&other) >= 0)
            byni_pool_detach(&other);
        *there = sound;
    }
    pool_closed(pool);
}

static const test_case cases[] = {
    TEST(a_task_is_run_and_its_result_is_there),
    TEST(tasks_are_taken_in_the_order_of_their_submission),
    TEST(many_are_put_in_one_step),
    TEST(who_waits_for_room_is_rung_when_there_is_some),
    TEST(what_another_has_freed_and_kept_is_found),
    TEST(full_memory_is_no_room_until_some_is_freed),
    TEST(a_result_that_finds_no_memory_says_so),
    TEST(a_hint_that_is_outdated_or_there_twice_gives_no_right),
    TEST(outdated_hints_do_not_fill_the_ring),
    TEST(an_idle_worker_steals_what_another_took),
    TEST(nested_tasks_end_in_their_order),
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
    TEST(a_bell_rings_only_for_who_listens),
    TEST(a_bell_that_is_for_one_task_rings_for_it_alone),
    TEST(what_is_handed_to_who_waits_is_anybodys),
    TEST(little_is_left_to_those_who_work),
    TEST(who_stands_by_takes_the_duty_when_others_are_busy_for_long),
    TEST(who_does_not_wait_any_more_is_not_called),
    TEST(each_task_has_one_end),
    TEST(options_that_cannot_be_are_refused),
    TEST(a_later_opener_passes_the_same_or_nothing),
    TEST(nonsense_in_it_harms_nobody),
    TEST(a_definition_that_cannot_be_is_not_believed),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(submits), PEER(dies_with_the_guard), PEER(works), PEER(cancels), PEER_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "unit.pool", cases, peers);
}
