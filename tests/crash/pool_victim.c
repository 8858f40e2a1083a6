/* What processes do with a pool, and are killed or stopped in. See pool_board.h. */
#include "pool_board.h"

#include <apr_thread_proc.h>

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

/* It can submit without the guard. */
static void *prepare_post(const char *name)
{
    (void)prepare_small(name);
    pool_stock(mine.pool, 1);
    REQUIRE(byni_task_may_post(mine.pool));
    return &mine;
}

/* It is a worker, too. */
static void *prepare_post_and_run(const char *name)
{
    (void)prepare_post(name);
    mine.worker = pool_worker(mine.pool);
    return &mine;
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
        REQUIRE_STATUS(byni_tasks_put(mine.pool, &mine.many[i], 1, &mine.tickets[i], &put, NULL),
                       BYN_OK);
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
static void *prepare_one_of(const char *name, size_t size)
{
    size_t put;

    (void)prepare_submitter(name, size);
    REQUIRE_STATUS(byni_tasks_put(mine.pool, mine.many, 1, mine.tickets, &put, NULL), BYN_OK);
    mine.b->word[TICKET] = mine.tickets[0].index;
    mine.b->word[GENERATION] = (apr_uint32_t)mine.tickets[0].generation;
    mine.b->word[CANCELED] = 0;
    return &mine;
}

static void *prepare_one(const char *name)
{
    return prepare_one_of(name, SMALL);
}

static void *prepare_one_large(const char *name)
{
    return prepare_one_of(name, LARGE);
}

/* A task of its own that has ended, and of those before it is known that they take no time. */
static void *prepare_ended(const char *name)
{
    uint32_t worker;
    byni_ticket ticket;
    size_t put;

    (void)prepare_submitter(name, SMALL);
    worker = pool_worker(mine.pool);
    REQUIRE_STATUS(byni_tasks_put(mine.pool, mine.many, 1, mine.tickets, &put, NULL), BYN_OK);
    REQUIRE(byni_task_claim(mine.pool, worker, byni_hint_of(mine.tickets[0]), &ticket));
    CHECK_INT(pool_run(mine.pool, worker, ticket), NEW);
    byni_worker_leave(mine.pool, worker);
    pool_stock(mine.pool, 1);
    byni_store32(&mine.pool->words->usual, 1);
    return mine.b->word[HELD] != 0 ? await_sleepers() : &mine;
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
    CHECK_STATUS(byni_tasks_put(mine.pool, mine.many, 1, mine.tickets, &put, NULL), BYN_OK);
}

/* Others end the pool meanwhile: it is refused, or canceled with the others. */
static void put_while_it_ends(void *prepared)
{
    size_t put = 0;
    byn_status status = byni_tasks_put(mine.pool, mine.many, 1, mine.tickets, &put, NULL);

    (void)prepared;
    CHECK(status == BYN_OK || (status == BYN_E_CLOSED && put == 0));
    if (status == BYN_OK && byni_load32(&mine.pool->words->phase) != 0)
        CHECK_INT(byni_task_kind(mine.pool, mine.tickets[0]), BYNI_TASK_CANCELED);
}

/* Put, waited for, taken and settled. */
static void apply_1(void *prepared)
{
    unsigned char result[SMALL];
    size_t size = sizeof result;

    (void)prepared;
    CHECK_STATUS(byn_pool_apply(mine.pool, "any", mine.bytes[0], SMALL, result, &size, LATE),
                 BYN_OK);
    CHECK(pool_is_filled(result, NEW, size));
}

/* Itself, or others. */
static void put_and_run_it(void *prepared)
{
    byni_ticket ticket;

    put_1(prepared);
    while (pool_next(mine.pool, mine.worker, 1, &ticket))
        CHECK(run(mine.b, mine.pool, mine.worker, ticket));
    CHECK_INT(byni_task_kind(mine.pool, mine.tickets[0]), BYNI_TASK_DONE);
}

static void put_4(void *prepared)
{
    size_t put = 0;

    (void)prepared;
    CHECK_STATUS(byni_tasks_put(mine.pool, mine.many, 4, mine.tickets, &put, NULL), BYN_OK);
    CHECK_INT(put, 4);
}

static void keep_ended(byni_kept *kept)
{
    uint32_t index = mine.tickets[0].index;

    kept->count = 0;
    byni_task_keep(mine.pool, index, byni_load64(&mine.pool->tasks[index].word), kept);
    CHECK_INT(byni_task_kind(mine.pool, mine.tickets[0]), BYNI_TASK_GONE);
}

/* One into the place that is kept, another one somewhere else; workers are called later. */
static void keep_and_put_2(void *prepared)
{
    byni_kept kept;
    size_t put = 0;

    (void)prepared;
    keep_ended(&kept);
    CHECK_STATUS(byni_tasks_put(mine.pool, &mine.many[1], 2, &mine.tickets[1], &put, &kept),
                 BYN_OK);
    CHECK_INT(put, 2);
    CHECK_INT(kept.count, 0);
    CHECK_INT(mine.tickets[1].index, mine.tickets[0].index);
    byni_worker_call_now(mine.pool);
}

static void keep_and_release(void *prepared)
{
    byni_kept kept;

    (void)prepared;
    keep_ended(&kept);
    byni_kept_release(mine.pool, &kept);
    CHECK_INT(kept.count, 0);
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

const step_operation putting = {"pool.put", prepare_small, put_1, NULL};
const step_operation posting = {"pool.post", prepare_post, put_1, NULL};
const step_operation posting_last = {"pool.post.last", prepare_post, put_while_it_ends, NULL};
const step_operation posting_and_running = {"pool.post.run", prepare_post_and_run, put_and_run_it,
                                            NULL};
const step_operation freeing_1_large = {"pool.free.1.large", prepare_one_large, free_1, NULL};
const step_operation applying = {"pool.apply", prepare_small, apply_1, NULL};
const step_operation putting_large = {"pool.put.large", prepare_large, put_1, NULL};
const step_operation putting_many = {"pool.put.many", prepare_small, put_4, NULL};
const step_operation putting_many_large = {"pool.put.many_large", prepare_large, put_4, NULL};
const step_operation keeping = {"pool.keep", prepare_ended, keep_and_put_2, NULL};
const step_operation releasing = {"pool.keep.release", prepare_ended, keep_and_release, NULL};
const step_operation entering = {"pool.enter", prepare_enter, enter_put_leave, NULL};
const step_operation freeing = {"pool.free", prepare_free, cancel_and_free, NULL};
const step_operation canceling = {"pool.cancel", prepare_one, cancel_1, NULL};
const step_operation freeing_1 = {"pool.free.1", prepare_one, free_1, NULL};
const step_operation running = {"pool.run", prepare_worker, take_and_run_1, NULL};
const step_operation running_batch = {"pool.run.batch", prepare_batch, run_1_of_its_batch, NULL};
const step_operation coming = {"pool.come", prepare_process, come_run_and_go, NULL};
const step_operation cleaning = {"pool.clean", prepare_dead_worker, clean_up, NULL};
const step_operation cleaning_alone = {"pool.clean.alone", prepare_dead_and_others_sleep, clean_up,
                                       NULL};
const step_operation withdrawing_small = {"pool.withdraw.small", prepare_dead_small, clean_up,
                                          NULL};
const step_operation withdrawing = {"pool.withdraw", prepare_dead_submitter, clean_up, NULL};
const step_operation inheriting = {"pool.inherit", prepare_heir, inherit, NULL};
