/*
 * A process is killed at every instruction of what it does with a pool's tasks. Each task has exactly one outcome and
 * is begun no more often than it may be; what waits stays in its order; nobody sleeps on; no place of the table and
 * no byte of its memory is lost.
 *
 * The case looks for the dead itself, as a supervisor does: no other process does it in these tests.
 */
#include "board.h"

#ifndef CRASH_DEATHS
#define CRASH_DEATHS 0
#endif

#include <apr_thread_proc.h>
#include <stdio.h>

#include "pool_use.h"

enum { LATE = 20000, CAPACITY = 32, MEMORY = 400000, SMALL = 8, LARGE = 1000 };
enum { NEW = 50, NUMBERS = 100, LAST = 99 };

/* Words. HELD: sleepers wait until the victim has prepared. CANCELED: 1: the victim was told so; 2: it was not. RUNS: how often a task with this number was begun. */
enum { SLEEPERS, ROLE, TICKET, GENERATION, HELD, CANCELED, RUNS = 16 };

/* Who sleeps: on the end of task 1, for work, for room. */
enum { AWAITS_END, WORKS, WANTS_ROOM };

typedef struct setting {
    unsigned start; /* tasks 1 to start wait when a round begins */
    size_t size;    /* of their arguments */
    uint32_t attempts;
    unsigned puts; /* the victim puts NEW, NEW + 1 ..., and is gone at the end */
    unsigned role, sleepers;
    bool held;      /* sleepers wait until the victim has prepared */
    bool handed;    /* the first one is not in the ring */
    unsigned full;  /* the table: so many tasks that have been canceled */
    unsigned fails; /* of its own tasks, since it is a worker too, and dies */
} setting;

typedef struct subject {
    const setting *is;
    board *b;
    const char *name;
    byn_pool *pool;
    uint32_t worker; /* the case's */
    peer *sleepers[4];
    byni_ticket tickets[CAPACITY];
    byn_pool_state before;
    byni_ticket claimed; /* while the victim was stopped */
    bool has_claimed;
    unsigned done, failed, gone, late, lost;
} subject;

/* ---- In all processes */

static unsigned number_of(byn_pool *pool, byni_ticket ticket)
{
    size_t size;
    const unsigned *number = byni_task_argument(pool, &pool->tasks[ticket.index], &size);

    return number != NULL && *number < NUMBERS ? *number : 0;
}

static bool run(board *b, byn_pool *pool, uint32_t worker, byni_ticket ticket)
{
    unsigned number = number_of(pool, ticket);

    (void)apr_atomic_inc32(&b->word[RUNS + number]);
    return pool_run(pool, worker, ticket) == number && number != 0;
}

static byn_pool *attached(const char *name)
{
    byn_pool *pool = NULL;

    REQUIRE_STATUS(byni_pool_open_as_worker(&pool, name), BYN_OK);
    return pool;
}

/* ---- In victims */

typedef struct victim {
    board *b;
    byn_pool *pool;
    uint32_t worker;
    byni_ticket tickets[4];
    byni_submission many[4];
    unsigned char bytes[4][LARGE];
} victim;

static victim mine;

static void use_everything_once(void)
{
    byn_pool *pool = pool_opened(NULL, 4, MEMORY);
    uint32_t worker = pool_worker(pool);
    bynk_rest rest = {.deadline = byni_deadline(1)};
    byni_ticket ticket;

    board_warm_up();
    ticket = pool_must_put(pool, 1, LARGE, 2);
    (void)pool_must_put(pool, 2, SMALL, 2);
    CHECK_INT(pool_run_all(pool, worker), 2);
    byni_task_free(pool, ticket);
    byni_task_free(pool, pool_must_put(pool, 1, SMALL, 1));
    CHECK(byni_worker_sleep(pool, worker, &rest) <= BYN_OK);
    CHECK_INT(byni_pool_sweep(pool), 0);
    byni_worker_leave(pool, worker);
    pool_closed(pool);
}

static void *await_sleepers(void)
{
    mine.b->word[HELD] = 0;
    while (board_look(mine.b, mine.b->word[SLEEPERS]).asleep < mine.b->word[SLEEPERS])
        board_pause();
    return &mine;
}

static void *prepare_process(const char *name)
{
    mine.b = board_open(name);
    use_everything_once();
    mine.pool = attached(name);
    return mine.b->word[HELD] == 0 ? await_sleepers() : &mine;
}

static void fill_in(size_t size)
{
    unsigned i;

    for (i = 0; i < 4; i++) {
        pool_fill(mine.bytes[i], NEW + i, size);
        mine.many[i] = (byni_submission){"any", mine.bytes[i], size, 1, 0};
    }
}

static void *prepare_submitter(const char *name, size_t size)
{
    (void)prepare_process(name);
    REQUIRE_STATUS(byni_submitter_enter(mine.pool), BYN_OK);
    fill_in(size);
    return &mine;
}

static void *prepare_small(const char *name)
{
    return prepare_submitter(name, SMALL);
}

static void *prepare_large(const char *name)
{
    return prepare_submitter(name, LARGE);
}

static void *prepare_enter(const char *name)
{
    (void)prepare_process(name);
    fill_in(SMALL);
    return &mine;
}

static void *prepare_worker(const char *name)
{
    (void)prepare_process(name);
    mine.worker = pool_worker(mine.pool);
    return &mine;
}

/* It has taken some: what was a hint in the ring is one in its batch. */
static void *prepare_batch(const char *name)
{
    (void)prepare_worker(name);
    REQUIRE(byni_tasks_take(mine.pool, mine.worker, 2) > 0);
    return &mine;
}

/* A place whose process is dead: not this one, which came later. */
static void die(byni_member *member)
{
    byni_store64(&member->started, byni_load64(&member->started) + 1);
}

/* In a task, with another one in its batch. */
static void *prepare_dead_worker(const char *name)
{
    byni_ticket ticket;

    (void)prepare_batch(name);
    REQUIRE(byni_task_next(mine.pool, mine.worker, &ticket));
    (void)apr_atomic_inc32(&mine.b->word[RUNS + number_of(mine.pool, ticket)]);
    die(&mine.pool->workers[mine.worker].member);
    return &mine;
}

/* It has taken all that there was, so that others sleep. */
static void *prepare_dead_and_others_sleep(const char *name)
{
    (void)prepare_dead_worker(name);
    return await_sleepers();
}

/* Of its tasks one waits, one runs in its own worker's place, one has ended. */
static void *prepare_tasks(const char *name, size_t size)
{
    unsigned i;
    size_t put;
    byni_ticket ticket;
    uint32_t worker;

    (void)prepare_submitter(name, size);
    worker = pool_worker(mine.pool);
    for (i = 0; i < 3; i++)
        REQUIRE_STATUS(byni_tasks_put(mine.pool, &mine.many[i], 1, &mine.tickets[i], &put), BYN_OK);
    for (i = 0; i < 2; i++)
        REQUIRE(byni_task_claim(mine.pool, worker, byni_hint_of(mine.tickets[i]), &ticket));
    CHECK_INT(pool_run(mine.pool, worker, mine.tickets[1]), NEW + 1);
    mine.b->word[TICKET] = mine.tickets[2].index;
    mine.b->word[GENERATION] = (apr_uint32_t)mine.tickets[2].generation;
    return &mine;
}

static void *prepare_dead_submitter(const char *name)
{
    (void)prepare_tasks(name, LARGE);
    die(&mine.pool->submitters[mine.pool->me].member);
    return &mine;
}

static void *prepare_dead_small(const char *name)
{
    (void)prepare_tasks(name, SMALL);
    die(&mine.pool->submitters[mine.pool->me].member);
    return &mine;
}

/* Canceled, ended, running; large. */
static void *prepare_free(const char *name)
{
    (void)prepare_tasks(name, LARGE);
    return await_sleepers();
}

/* A task that the case can claim. */
static void *prepare_one(const char *name)
{
    size_t put;

    (void)prepare_small(name);
    REQUIRE_STATUS(byni_tasks_put(mine.pool, mine.many, 1, mine.tickets, &put), BYN_OK);
    mine.b->word[TICKET] = mine.tickets[0].index;
    mine.b->word[GENERATION] = (apr_uint32_t)mine.tickets[0].generation;
    mine.b->word[CANCELED] = 0;
    return &mine;
}

static void *APR_THREAD_FUNC dies_with_guard(apr_thread_t *thread, void *unused)
{
    byni_place lost;

    (void)thread;
    (void)unused;
    CHECK_STATUS(byni_pool_lock(mine.pool), BYN_OK);
    CHECK_STATUS(byni_heap_allocate(&mine.pool->heap, 500, &lost), BYN_OK);
    byni_store64(&mine.pool->words->head, 5);
    byni_store32(&mine.pool->words->free, 1);
    return NULL;
}

static void *prepare_heir(const char *name)
{
    apr_pool_t *memory;
    apr_thread_t *thread;
    apr_status_t unused;

    (void)prepare_dead_worker(name);
    REQUIRE(apr_pool_create(&memory, NULL) == APR_SUCCESS);
    REQUIRE(apr_thread_create(&thread, NULL, dies_with_guard, NULL, memory) == APR_SUCCESS);
    apr_thread_join(&unused, thread);
    return &mine;
}

static void put_1(void *prepared)
{
    size_t put = 0;

    (void)prepared;
    CHECK_STATUS(byni_tasks_put(mine.pool, mine.many, 1, mine.tickets, &put), BYN_OK);
}

static void put_4(void *prepared)
{
    size_t put = 0;

    (void)prepared;
    CHECK_STATUS(byni_tasks_put(mine.pool, mine.many, 4, mine.tickets, &put), BYN_OK);
    CHECK_INT(put, 4);
}

static void enter_put_leave(void *prepared)
{
    CHECK_STATUS(byni_submitter_enter(mine.pool), BYN_OK);
    put_1(prepared);
    byni_submitter_leave(mine.pool);
}

static void cancel_and_free(void *prepared)
{
    unsigned i;

    (void)prepared;
    CHECK(byni_task_cancel(mine.pool, mine.tickets[2]));
    for (i = 0; i < 3; i++)
        byni_task_free(mine.pool, mine.tickets[i]);
    byni_tasks_give_back(mine.pool);
}

static void cancel_1(void *prepared)
{
    (void)prepared;
    mine.b->word[CANCELED] = byni_task_cancel(mine.pool, mine.tickets[0]) ? 1 : 2;
}

static void free_1(void *prepared)
{
    (void)prepared;
    byni_task_free(mine.pool, mine.tickets[0]);
}

static void take_and_run_1(void *prepared)
{
    byni_ticket ticket;

    (void)prepared;
    REQUIRE(pool_next(mine.pool, mine.worker, 2, &ticket));
    CHECK(run(mine.b, mine.pool, mine.worker, ticket));
}

static void run_1_of_its_batch(void *prepared)
{
    byni_ticket ticket;

    (void)prepared;
    if (byni_task_next(mine.pool, mine.worker, &ticket))
        CHECK(run(mine.b, mine.pool, mine.worker, ticket));
}

static void come_run_and_go(void *prepared)
{
    CHECK_STATUS(byni_worker_enter(mine.pool, 0, &mine.worker), BYN_OK);
    byni_store32(&mine.pool->workers[mine.worker].stage, BYNI_WORKER_READY);
    take_and_run_1(prepared);
    byni_worker_leave(mine.pool, mine.worker);
}

static void clean_up(void *prepared)
{
    (void)prepared;
    CHECK_INT(byni_pool_sweep(mine.pool), 1);
}

static void inherit(void *prepared)
{
    (void)prepared;
    REQUIRE_STATUS(byni_pool_lock(mine.pool), BYN_OK);
    byni_pool_unlock(mine.pool);
}

/* ---- In sleepers */

static byn_status await_end(board *b, byn_pool *pool)
{
    byni_ticket ticket = {b->word[TICKET], b->word[GENERATION]};
    bynk_rest rest = {.deadline = byni_deadline(2 * LATE)};
    byni_bell *bell = byni_task_bell(pool, ticket);
    byn_status status = BYN_OK;

    while (status >= 0) {
        uint32_t number = byni_bell_listen(bell);

        if (byni_task_kind(pool, ticket) >= BYNI_TASK_DONE)
            break;
        status = bynk_spot_sleep(pool->object.segment, &bell->spot, number, &rest);
    }
    return status;
}

static byn_status work(board *b, byn_pool *pool, uint32_t worker)
{
    bynk_rest rest = {.deadline = byni_deadline(2 * LATE)};
    byn_status status = BYN_OK;
    byni_ticket ticket;

    while (status >= 0 && !pool_next(pool, worker, 1, &ticket))
        status = byni_worker_sleep(pool, worker, &rest);
    if (status >= 0)
        CHECK(run(b, pool, worker, ticket));
    byni_worker_leave(pool, worker);
    return status;
}

static byn_status want_room(byn_pool *pool)
{
    bynk_rest rest = {.deadline = byni_deadline(2 * LATE)};
    byn_status status = BYN_OK;
    byni_ticket ticket;

    REQUIRE_STATUS(byni_submitter_enter(pool), BYN_OK);
    while (status >= 0) {
        uint32_t number = byni_bell_listen(&pool->words->room);

        if (pool_put(pool, NEW + 20, SMALL, 1, &ticket) >= 0)
            break;
        status = bynk_spot_sleep(pool->object.segment, &pool->words->room.spot, number, &rest);
    }
    byni_submitter_leave(pool);
    return status;
}

static int sleeper(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    seat *s = &b->seats[atoi(argv[1])];

    (void)argc;
    peer_say(self, "ready");
    while (peer_wait(self, "sleep")) {
        byn_pool *pool = attached(argv[0]);
        uint32_t worker = b->word[ROLE] == WORKS ? pool_worker(pool) : 0;
        byn_status status;

        while (apr_atomic_read32(&b->word[HELD]) != 0)
            board_pause();
        seat_wait(s);
        if (b->word[ROLE] == AWAITS_END)
            status = await_end(b, pool);
        else
            status = b->word[ROLE] == WORKS ? work(b, pool, worker) : want_room(pool);
        byni_object_close(&pool->object);
        seat_return(s, status);
    }
    return 0;
}

/* ---- In the case: a round */

static void fill_up(subject *s)
{
    unsigned i;

    for (i = 0; i < s->is->full; i++) {
        byni_ticket ticket = pool_must_put(s->pool, LAST, SMALL, 1);

        CHECK(byni_task_cancel(s->pool, ticket));
        s->tickets[s->is->start + i] = ticket;
    }
}

/* As to one who waits and is called, but somebody else comes first. */
static void hand_first(subject *s)
{
    byni_pool_words *words = s->pool->words;

    REQUIRE_STATUS(byni_pool_lock(s->pool), BYN_OK);
    byni_store64(&words->handed, byni_hint_of(s->tickets[0]));
    byni_store64(&words->head, byni_load64(&words->head) + 1);
    byni_pool_unlock(s->pool);
}

static void begin_round(subject *s)
{
    unsigned i;

    for (i = 0; i < NUMBERS; i++)
        s->b->word[RUNS + i] = 0;
    for (i = 0; i < s->is->start; i++)
        s->tickets[i] = pool_must_put(s->pool, i + 1, s->is->size, s->is->attempts);
    fill_up(s);
    if (s->is->handed)
        hand_first(s);
    if (s->is->start > 0) {
        s->b->word[TICKET] = s->tickets[0].index;
        s->b->word[GENERATION] = (apr_uint32_t)s->tickets[0].generation;
    }
    s->before = pool_look(s->pool);
    s->b->word[HELD] = s->is->held;
    for (i = 0; i < s->is->sleepers; i++) {
        s->b->seats[i].state = SEAT_IDLE;
        peer_tell(s->sleepers[i], "sleep");
    }
    /* Who comes looks for the dead; here the victim is to do that. */
    while (s->is->role == WORKS && pool_look(s->pool).workers < 1 + s->is->sleepers)
        board_pause();
}

static bool has_room(const byn_pool *pool)
{
    uint32_t i;

    for (i = 0; i < pool->capacity; i++)
        if (byni_word_kind(byni_load64(&pool->tasks[i].word)) == BYNI_TASK_FREE)
            return true;
    return false;
}

static bool could_go_on(const subject *s)
{
    switch (s->is->role) {
    case AWAITS_END:
        return byni_task_kind(s->pool, s->tickets[0]) >= BYNI_TASK_DONE;
    case WORKS:
        return pool_look(s->pool).waiting > 0;
    default:
        return has_room(s->pool);
    }
}

/* The case has looked for the dead, so nobody has to wait for a heartbeat. */
static void nobody_sleeps_in_vain(subject *s)
{
    apr_uint32_t began = board_ms();
    board_view view;
    bool late = false;

    REQUIRE(board_settle(s->b, s->is->sleepers, &view));
    while (view.asleep > 0 && could_go_on(s)) {
        late = true;
        if (board_ms() - began > LATE) {
            s->lost++;
            FAIL("%u of %u sleep on", view.asleep, s->is->sleepers);
            return;
        }
        board_pause();
        REQUIRE(board_settle(s->b, s->is->sleepers, &view));
    }
    s->late += late;
    if (late && board_sees_sleep())
        FAIL("only a heartbeat woke the sleepers");
}

/* What is left is run, in the order of its submission. */
static void run_the_rest(subject *s)
{
    unsigned before = 0, number;
    byni_ticket ticket;

    while (pool_next(s->pool, s->worker, 1, &ticket)) {
        number = number_of(s->pool, ticket);
        if (number <= before)
            FAIL("%u is taken after %u", number, before);
        before = number;
        CHECK(run(s->b, s->pool, s->worker, ticket));
    }
}

static void look_at_task(subject *s, unsigned i)
{
    const byni_task *task = &s->pool->tasks[s->tickets[i].index];
    unsigned runs = apr_atomic_read32(&s->b->word[RUNS + i + 1]);
    int kind = byni_task_kind(s->pool, s->tickets[i]);
    size_t size;

    if (kind == BYNI_TASK_DONE) {
        s->done++;
        CHECK(pool_is_filled(byni_task_result(s->pool, task, &size), i + 1, s->is->size));
        CHECK(runs >= 1);
    } else {
        s->failed++;
        CHECK_INT(kind, BYNI_TASK_FAILED);
        CHECK_STATUS((byn_status)byni_load32(&task->status), BYN_E_PEERDIED);
        CHECK_INT(byni_load32(&task->begun), s->is->attempts);
        CHECK_INT(i, 0); /* the only one that somebody died in */
        CHECK(s->is->attempts == 1);
    }
    CHECK(runs <= s->is->attempts);
    CHECK(byni_load32(&task->begun) <= s->is->attempts);
}

/* Sleepers get what they wait for, and leave. */
static void let_go(subject *s)
{
    apr_uint32_t began = board_ms();
    unsigned i;

    if (s->is->role == WORKS)
        for (i = 0; i < s->is->sleepers; i++)
            byni_task_abandon(s->pool, pool_must_put(s->pool, LAST, SMALL, 1));
    while (board_look(s->b, s->is->sleepers).returned < s->is->sleepers) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
    CHECK_INT(board_look(s->b, s->is->sleepers).failed, 0);
}

static void each_task_has_one_end(void *context, long k)
{
    subject *s = context;
    byn_pool_state state;
    unsigned i;

    (void)k;
    (void)byni_pool_sweep(s->pool);
    nobody_sleeps_in_vain(s);
    run_the_rest(s);
    state = pool_look(s->pool);
    s->done = s->failed = 0;
    for (i = 0; i < s->is->start; i++)
        look_at_task(s, i);
    CHECK_INT(state.failed - s->before.failed, s->failed + s->is->fails);
    CHECK(state.done - s->before.done >= s->done);
    for (i = 0; i < s->is->puts; i++)
        CHECK(apr_atomic_read32(&s->b->word[RUNS + NEW + i]) <= 1);
    for (i = 0; i < s->is->start + s->is->full; i++)
        byni_task_free(s->pool, s->tickets[i]);
    let_go(s);
    run_the_rest(s);
    (void)byni_pool_sweep(s->pool);
    state = pool_look(s->pool);
    CHECK_INT(state.submitters, 1);
    CHECK_INT(state.workers, 1);
    CHECK_INT(state.running, 0);
    CHECK_INT(pool_audit(s->pool), 0);
    begin_round(s);
}

/* ---- A sweep */

static void begin(subject *s, const setting *is)
{
    char number[16];
    unsigned i;

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    test_deadline(580);
    memset(s, 0, sizeof *s);
    s->is = is;
    s->name = fresh_name();
    s->b = board_create(s->name);
    s->b->word[SLEEPERS] = is->sleepers;
    s->b->word[ROLE] = is->role;
    s->pool = pool_opened(s->name, CAPACITY, MEMORY);
    s->worker = pool_worker(s->pool);
    for (i = 0; i < is->sleepers; i++) {
        sprintf(number, "%u", i);
        s->sleepers[i] = peer_start(PEER_PROCESS, "sleeper", s->name, number, NULL);
        peer_expect(s->sleepers[i], "ready");
    }
    begin_round(s);
}

static void end(subject *s, step_report report)
{
    unsigned i;

    printf("     %ld instructions, %ld kills, %u late, %u lost\n", report.instructions,
           report.kills, s->late, s->lost);
    for (i = 0; i < s->is->sleepers; i++)
        peer_kill(s->sleepers[i]);
    pool_closed(s->pool);
    board_destroy(s->name);
    CHECK_INT(report.hung + report.inconsistent, 0);
    CHECK(report.instructions > 0);
}

static void sweep(const step_operation *operation, setting is)
{
    subject s;

    begin(&s, &is);
    end(&s, step_sweep(operation, s.name, each_task_has_one_end, &s, board_rotating_stride()));
}

static const step_operation putting = {"pool.put", prepare_small, put_1, NULL};
static const step_operation putting_large = {"pool.put.large", prepare_large, put_1, NULL};
static const step_operation putting_many = {"pool.put.many", prepare_small, put_4, NULL};
static const step_operation putting_many_large = {"pool.put.many_large", prepare_large, put_4,
                                                  NULL};
static const step_operation entering = {"pool.enter", prepare_enter, enter_put_leave, NULL};
static const step_operation freeing = {"pool.free", prepare_free, cancel_and_free, NULL};
static const step_operation canceling = {"pool.cancel", prepare_one, cancel_1, NULL};
static const step_operation freeing_1 = {"pool.free.1", prepare_one, free_1, NULL};
static const step_operation running = {"pool.run", prepare_worker, take_and_run_1, NULL};
static const step_operation running_batch = {"pool.run.batch", prepare_batch, run_1_of_its_batch,
                                             NULL};
static const step_operation coming = {"pool.come", prepare_process, come_run_and_go, NULL};
static const step_operation cleaning = {"pool.clean", prepare_dead_worker, clean_up, NULL};
static const step_operation cleaning_alone = {"pool.clean.alone", prepare_dead_and_others_sleep,
                                              clean_up, NULL};
static const step_operation withdrawing_small = {"pool.withdraw.small", prepare_dead_small,
                                                 clean_up, NULL};
static const step_operation withdrawing = {"pool.withdraw", prepare_dead_submitter, clean_up, NULL};
static const step_operation inheriting = {"pool.inherit", prepare_heir, inherit, NULL};

static void put_a_small_one(void)
{
    sweep(&putting, (setting){.start = 3, .size = SMALL, .attempts = 1, .puts = 1});
}

static void put_a_small_one_with_2_workers(void)
{
    sweep(&putting, (setting){.puts = 1, .role = WORKS, .sleepers = 2});
}

static void put_a_large_one(void)
{
    sweep(&putting_large, (setting){.start = 3, .size = LARGE, .attempts = 1, .puts = 1});
}

static void put_4_with_a_worker(void)
{
    sweep(&putting_many, (setting){.puts = 4, .role = WORKS, .sleepers = 1});
}

static void put_4_large_ones(void)
{
    sweep(&putting_many_large, (setting){.start = 2, .size = LARGE, .attempts = 1, .puts = 4});
}

static void enter_put_and_leave(void)
{
    sweep(&entering, (setting){.start = 2, .size = SMALL, .attempts = 1, .puts = 1});
}

static void cancel_free_and_let_go(void)
{
    sweep(&freeing, (setting){.start = 2, .size = LARGE, .attempts = 1, .puts = 3, .fails = 1});
}

static void free_with_1_who_wants_room(void)
{
    sweep(&freeing, (setting){.full = CAPACITY - 3,
                              .puts = 3,
                              .fails = 1,
                              .held = true,
                              .role = WANTS_ROOM,
                              .sleepers = 1});
}

static void run_once(void)
{
    sweep(&running, (setting){.start = 3, .size = SMALL, .attempts = 1, .sleepers = 1});
}

static void run_what_was_handed(void)
{
    sweep(&running, (setting){.start = 3, .size = SMALL, .attempts = 1, .handed = true});
}

static void run_up_to_twice(void)
{
    sweep(&running, (setting){.start = 3, .size = SMALL, .attempts = 2, .sleepers = 1});
}

static void run_a_large_one(void)
{
    sweep(&running, (setting){.start = 3, .size = LARGE, .attempts = 1, .sleepers = 1});
}

static void run_a_large_one_up_to_twice(void)
{
    sweep(&running, (setting){.start = 2, .size = LARGE, .attempts = 2});
}

static void come_run_and_leave(void)
{
    sweep(&coming, (setting){.start = 2, .size = SMALL, .attempts = 1});
}

static void clean_up_a_dead_worker(void)
{
    sweep(&cleaning, (setting){.start = 5, .size = SMALL, .attempts = 1, .sleepers = 1});
}

static void clean_up_a_dead_worker_and_try_again(void)
{
    sweep(&cleaning, (setting){.start = 5, .size = LARGE, .attempts = 2});
}

static void what_is_tried_again_wakes_a_worker(void)
{
    sweep(
        &cleaning_alone,
        (setting){
            .start = 1, .size = SMALL, .attempts = 2, .held = true, .role = WORKS, .sleepers = 1});
}

static void clean_up_a_dead_submitter(void)
{
    sweep(&withdrawing, (setting){.start = 3, .size = LARGE, .attempts = 1, .puts = 3, .fails = 1});
}

static void inherit_the_guard(void)
{
    sweep(&inheriting, (setting){.start = 6, .size = LARGE, .attempts = 2, .sleepers = 1});
}

/* ---- One who is stopped, and another who goes on */

static void others_work(void *context, long k)
{
    subject *s = context;
    byni_ticket ticket;

    (void)k;
    while (byni_task_steal(s->pool, s->worker, &ticket))
        CHECK(run(s->b, s->pool, s->worker, ticket));
}

static void each_is_run_once(void *context, long k)
{
    subject *s = context;
    unsigned i;

    (void)byni_pool_sweep(s->pool);
    run_the_rest(s);
    for (i = 0; i < s->is->start; i++)
        CHECK_INT(apr_atomic_read32(&s->b->word[RUNS + i + 1]), 1);
    each_task_has_one_end(s, k);
}

static void others_run_it(void *context, long k)
{
    subject *s = context;
    byni_ticket ticket = {s->b->word[TICKET], s->b->word[GENERATION]}, claimed;

    (void)k;
    if (byni_task_claim(s->pool, s->worker, byni_hint_of(ticket), &claimed))
        CHECK(run(s->b, s->pool, s->worker, claimed));
}

/* The victim has ended, and with it what it had submitted. */
static void it_was_canceled_or_run(void *context, long k)
{
    subject *s = context;
    apr_uint32_t canceled = s->b->word[CANCELED];

    CHECK(canceled == 1 || canceled == 2);
    CHECK_INT(apr_atomic_read32(&s->b->word[RUNS + NEW]), canceled == 2);
    each_task_has_one_end(s, k);
}

/* What it then ends with may have to wait for the victim. */
static void others_claim_it(void *context, long k)
{
    subject *s = context;
    byni_ticket ticket = {s->b->word[TICKET], s->b->word[GENERATION]};

    (void)k;
    s->has_claimed = byni_task_claim(s->pool, s->worker, byni_hint_of(ticket), &s->claimed);
}

static uint64_t ends(const byn_pool_state *state)
{
    return state->done + state->failed + state->canceled;
}

/* Of the three tasks one runs in a place of the victim, which has ended by now. */
static void it_was_withdrawn_or_run(void *context, long k)
{
    subject *s = context;
    byn_pool_state state;

    if (s->has_claimed)
        CHECK(run(s->b, s->pool, s->worker, s->claimed));
    s->has_claimed = false;
    (void)byni_pool_sweep(s->pool);
    state = pool_look(s->pool);
    CHECK_INT(ends(&state) - ends(&s->before), 3);
    each_task_has_one_end(s, k);
}

static void it_was_run_or_not(void *context, long k)
{
    subject *s = context;

    CHECK(apr_atomic_read32(&s->b->word[RUNS + NEW]) <= 1);
    each_task_has_one_end(s, k);
}

static void switch_to(const step_operation *operation, setting is,
                      void (*during)(void *context, long k), void (*verify)(void *context, long k),
                      long stride)
{
    subject s;

    board_need_races();
    begin(&s, &is);
    end(&s, step_switch(operation, s.name, during, verify, &s, stride));
}

static void what_is_stolen_is_run_once(void)
{
    switch_to(&running_batch, (setting){.start = 8, .size = SMALL, .attempts = 1}, others_work,
              each_is_run_once, board_stride(1));
}

static void what_is_canceled_is_not_run(void)
{
    switch_to(&canceling, (setting){.puts = 1}, others_run_it, it_was_canceled_or_run, 1);
}

static void what_is_freed_is_freed_once(void)
{
    switch_to(&freeing_1, (setting){.puts = 1}, others_run_it, it_was_run_or_not, 1);
}

static void what_is_withdrawn_is_not_run(void)
{
    switch_to(&withdrawing_small, (setting){.puts = 3, .fails = 1}, others_claim_it,
              it_was_withdrawn_or_run, board_rotating_stride());
}

static const test_case deaths[] = {
    TEST(clean_up_a_dead_worker),
    TEST(clean_up_a_dead_worker_and_try_again),
    TEST(what_is_tried_again_wakes_a_worker),
    TEST(clean_up_a_dead_submitter),
    TEST(inherit_the_guard),
    TEST(come_run_and_leave),
    TEST(enter_put_and_leave),
    TEST_END,
};

static const test_case others[] = {
    TEST(put_a_small_one),
    TEST(put_a_small_one_with_2_workers),
    TEST(put_a_large_one),
    TEST(put_4_with_a_worker),
    TEST(put_4_large_ones),
    TEST(cancel_free_and_let_go),
    TEST(free_with_1_who_wants_room),
    TEST(run_once),
    TEST(run_what_was_handed),
    TEST(run_up_to_twice),
    TEST(run_a_large_one),
    TEST(run_a_large_one_up_to_twice),
    TEST(what_is_stolen_is_run_once),
    TEST(what_is_canceled_is_not_run),
    TEST(what_is_freed_is_freed_once),
    TEST(what_is_withdrawn_is_not_run),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(sleeper),
    STEP(putting),
    STEP(putting_large),
    STEP(putting_many),
    STEP(putting_many_large),
    STEP(entering),
    STEP(freeing),
    STEP(canceling),
    STEP(freeing_1),
    STEP(running),
    STEP(running_batch),
    STEP(coming),
    STEP(cleaning),
    STEP(cleaning_alone),
    STEP(withdrawing),
    STEP(withdrawing_small),
    STEP(inheriting),
    PEER_END,
};

int main(int argc, char **argv)
{
    /* One source, two programs: one would take too long for a test. */
    return test_main(argc, argv, "crash.pool_step", CRASH_DEATHS ? deaths : others, peers);
}
