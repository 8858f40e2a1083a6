/*
 * A pool's table from inside: places and memory for tasks, where they are found, and who is called.
 */
#include "pool_use.h"
#include "support.h"

enum { CAPACITY = 16, SMALL = 8, LARGE = 5000 };

static int kind_of(byn_pool *pool, byni_ticket ticket)
{
    return byni_task_kind(pool, ticket);
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
    byni_store32(&pool->stock.count, 0); /* as if it had been another process */
    CHECK_STATUS(pool_put(pool, 3, SMALL, 1, &ticket), BYN_OK);
    CHECK_INT(ticket.index, tickets[2].index);
    CHECK_STATUS(pool_put(pool, 3, SMALL, 1, &ticket), BYN_E_TIMEDOUT);
    CHECK_INT(pool_audit(pool), 4);
    pool_closed(pool);
}

static void what_is_posted_is_taken_in_order(void)
{
    enum { MANY = 3 * BYNI_POSTS, IN_STOCK = 16 };
    byn_pool *pool = pool_opened(NULL, MANY + IN_STOCK, 0);
    uint32_t worker = pool_worker(pool), number;
    byni_ticket tickets[MANY], ticket;

    for (number = 1; number <= MANY; number++) {
        if (number % IN_STOCK == 1)
            pool_stock(pool, IN_STOCK);
        tickets[number - 1] = pool_must_put(pool, number, SMALL, 1);
    }
    CHECK_INT(byni_hints_count(pool) >= MANY, true);
    CHECK_INT(pool_look(pool).waiting, MANY);
    for (number = 1; pool_next(pool, worker, 4, &ticket); number++)
        CHECK_INT(pool_run(pool, worker, ticket), number);
    CHECK_INT(number, MANY + 1);
    for (number = 0; number < MANY; number++)
        byni_task_free(pool, tickets[number]);
    CHECK_INT(pool_audit(pool), 0);
    pool_closed(pool);
}

static void who_goes_to_sleep_looks_at_what_is_posted(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool);
    bynk_rest rest = {.deadline = BYNK_NOW}; /* of a sleep it would say so */
    byni_ticket ticket;

    pool_stock(pool, 1);
    CHECK_INT(pool_run_all(pool, worker), 0);
    (void)pool_must_put(pool, 1, SMALL, 1);
    CHECK_INT(byni_posts_count(pool), 1);
    CHECK_STATUS(byni_worker_sleep(pool, worker, &rest), BYN_OK);
    CHECK_INT(byni_load32(&pool->words->duty), 0);
    CHECK(pool_next(pool, worker, 1, &ticket));
    CHECK_INT(pool_run(pool, worker, ticket), 1);
    pool_closed(pool);
}

/* Its submitter was killed between the two. */
static void what_was_queued_and_not_posted_is_run_if_it_outlives_its_submitter(void)
{
    byn_pool *pool = NULL;
    byni_submitter *me;
    uint32_t worker;
    byni_ticket ticket;

    REQUIRE(byni_pool_open(&pool, NULL,
                           &BYN_OPTIONS(byn_pool_options, .no_workers = true, .capacity = CAPACITY,
                                        .orphans = BYN_POOL_DRAIN)) >= 0);
    REQUIRE_STATUS(byni_submitter_enter(pool), BYN_OK);
    worker = pool_worker(pool);
    me = &pool->submitters[pool->me];
    pool_stock(pool, 1);
    CHECK_INT(pool_run_all(pool, worker), 0);
    (void)pool_must_put(pool, 1, SMALL, 1);
    byni_store64(&me->posted, byni_load64(&me->posted) - 1);
    byni_store64(&me->member.started, byni_load64(&me->member.started) + 1);
    CHECK_INT(byni_pool_sweep(pool), 1);
    CHECK(pool_next(pool, worker, 1, &ticket));
    CHECK_INT(pool_run(pool, worker, ticket), 1);
    CHECK_INT(pool_audit(pool), 0);
    pool->me = BYNI_POOL_NOBODY;
    pool_closed(pool);
}

static byni_ticket claimed_1(byn_pool *pool, uint32_t worker)
{
    byni_ticket ticket = pool_must_put(pool, 1, SMALL, 1), claimed;

    REQUIRE(byni_task_claim(pool, worker, byni_hint_of(ticket), &claimed));
    return ticket;
}

static void says_why_it_kills(byn_pool *pool, uint32_t worker, byni_ticket ticket)
{
    byni_store64(&pool->workers[worker].killed_task, byni_hint_of(ticket));
    byni_store32(&pool->workers[worker].killed_for, (uint32_t)BYN_E_TIMEDOUT);
}

/* A supervisor that was killed while it marked a task leaves it to end, or not to end. */
static void a_kill_is_for_one_task(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    uint32_t worker = pool_worker(pool), other = pool_worker(pool);
    byni_ticket ticket = claimed_1(pool, worker), next;

    says_why_it_kills(pool, worker, ticket);
    CHECK_INT(pool_run(pool, worker, ticket), 1); /* not yet */
    next = claimed_1(pool, worker);
    byni_store64(&pool->workers[worker].member.started, 1);
    CHECK_INT(byni_pool_sweep(pool), 1);
    CHECK_STATUS((byn_status)byni_load32(&pool->tasks[next.index].status), BYN_E_PEERDIED);
    ticket = claimed_1(pool, other);
    says_why_it_kills(pool, other, ticket);
    byni_store64(&pool->tasks[ticket.index].word,
                 byni_task_word(ticket.generation, other, BYNI_TASK_RUNNING | BYNI_TASK_KILLED));
    CHECK_INT(byni_task_kind(pool, ticket), BYNI_TASK_RUNNING);
    byni_store64(&pool->workers[other].member.started, 1);
    CHECK_INT(byni_pool_sweep(pool), 1);
    CHECK_INT(byni_task_kind(pool, ticket), BYNI_TASK_FAILED);
    CHECK_STATUS((byn_status)byni_load32(&pool->tasks[ticket.index].status), BYN_E_TIMEDOUT);
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

static const test_case cases[] = {
    TEST(who_waits_for_room_is_rung_when_there_is_some),
    TEST(what_another_has_freed_and_kept_is_found),
    TEST(what_is_posted_is_taken_in_order),
    TEST(a_kill_is_for_one_task),
    TEST(who_goes_to_sleep_looks_at_what_is_posted),
    TEST(what_was_queued_and_not_posted_is_run_if_it_outlives_its_submitter),
    TEST(full_memory_is_no_room_until_some_is_freed),
    TEST(a_result_that_finds_no_memory_says_so),
    TEST(a_hint_that_is_outdated_or_there_twice_gives_no_right),
    TEST(outdated_hints_do_not_fill_the_ring),
    TEST(an_idle_worker_steals_what_another_took),
    TEST(nested_tasks_end_in_their_order),
    TEST(a_bell_rings_only_for_who_listens),
    TEST(a_bell_that_is_for_one_task_rings_for_it_alone),
    TEST(what_is_handed_to_who_waits_is_anybodys),
    TEST(little_is_left_to_those_who_work),
    TEST(who_stands_by_takes_the_duty_when_others_are_busy_for_long),
    TEST(who_does_not_wait_any_more_is_not_called),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "unit.pool_room", cases, NULL);
}
