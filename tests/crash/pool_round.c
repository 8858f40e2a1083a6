/* One round after the other: who sleeps meanwhile, and what the case looks at. See pool_board.h. */
#include "pool_board.h"

#include <stdio.h>

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

int sleeper(peer_self *self, int argc, char **argv)
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
    if (s->is->posted)
        pool_stock(s->pool, s->is->start);
    for (i = 0; i < s->is->start; i++)
        s->tickets[i] = pool_must_put(s->pool, i + 1, s->is->size, s->is->attempts);
    if (s->is->posted)
        CHECK_INT(byni_posts_count(s->pool), s->is->start);
    fill_up(s);
    if (s->is->handed)
        hand_first(s);
    if (s->is->start > 0) {
        s->b->word[TICKET] = s->tickets[0].index;
        s->b->word[GENERATION] = (apr_uint32_t)s->tickets[0].generation;
    }
    s->before = pool_look(s->pool);
    s->b->word[HELD] = s->is->held;
    sleepers_send(s->sleepers, s->is->sleepers, s->b);
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

static bool could_go_on(const void *context)
{
    const subject *s = context;

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
    waking woken = sleepers_are_woken(s->b, s->is->sleepers, could_go_on, s);

    s->late += woken == WOKEN_LATE;
    s->lost += woken == SLEEP_ON;
    if (woken == WOKEN_LATE && board_sees_sleep())
        FAIL("only a heartbeat woke the sleepers");
}

/* What is left is run, in the order of its submission. */
void run_the_rest(subject *s)
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
    unsigned i;

    if (s->is->role == WORKS)
        for (i = 0; i < s->is->sleepers; i++)
            byni_task_abandon(s->pool, pool_must_put(s->pool, LAST, SMALL, 1));
    sleepers_return(s->b, s->is->sleepers);
    CHECK_INT(board_look(s->b, s->is->sleepers).failed, 0);
}

void each_task_has_one_end(void *context, long k)
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
    const char *name = fresh_name();

    *s = (subject){.is = is, .name = name, .b = board_begin(name, 580)};
    s->b->word[SLEEPERS] = is->sleepers;
    s->b->word[ROLE] = is->role;
    s->pool = pool_opened(name, CAPACITY, MEMORY);
    s->worker = pool_worker(s->pool);
    sleepers_start(s->sleepers, is->sleepers, name);
    begin_round(s);
}

static void end(subject *s, step_report report)
{
    printf("     %ld instructions, %ld kills, %u late, %u lost\n", report.instructions,
           report.kills, s->late, s->lost);
    sleepers_kill(s->sleepers, s->is->sleepers);
    pool_closed(s->pool);
    board_destroy(s->name);
    step_check(report);
}

void sweep(const step_operation *operation, setting is)
{
    subject s;

    begin(&s, &is);
    end(&s, step_sweep(operation, s.name, each_task_has_one_end, &s, board_rotating_stride()));
}

void switch_to(const step_operation *operation, setting is, void (*during)(void *context, long k),
               void (*verify)(void *context, long k), long stride)
{
    subject s;

    board_need_races();
    begin(&s, &is);
    end(&s, step_switch(operation, s.name, during, verify, &s, stride));
}

const peer_entry pool_peers[] = {
    PEER(sleeper),
    STEP(applying),
    STEP(putting),
    STEP(posting),
    STEP(posting_last),
    STEP(posting_and_running),
    STEP(freeing_1_large),
    STEP(putting_large),
    STEP(putting_many),
    STEP(putting_many_large),
    STEP(keeping),
    STEP(releasing),
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
