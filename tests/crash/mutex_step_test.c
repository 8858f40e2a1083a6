/*
 * A process is killed at every instruction of lock and unlock. Afterwards the others get the mutex,
 * and are told BYN_ABANDONED if what it guards is torn.
 */
#include "board.h"

/* Instructions of the C library between unlocking and waking that the system does not cover. */
#ifndef UNLOCK_GAP
#define UNLOCK_GAP 0
#endif

#include <stdio.h>

#include <apr_thread_proc.h>

enum { X, Y, VICTIM, TURN, HEIR_STATUS, HELD_BEFORE, DATA_REPAIRED };
enum { LATE = 20000, EXPENSIVE = 29 };

typedef struct subject {
    board *b;
    byn_mutex *mutex;
    peer *waiter;
    uint64_t abandonings;
    bool held;           /* by the case */
    bool always_flagged; /* whenever the victim dies, its data count as torn */
    bool victim_inherited;
    unsigned flagged, plain, late;
} subject;

/* ---- In the victim */

typedef struct victim {
    board *b;
    byn_mutex *mutex;
} victim;

static victim self;

static void *open_victim(const char *name, bool recursive)
{
    self.b = board_open(name);
    REQUIRE_STATUS(
        byn_mutex_open(&self.mutex, name, &BYN_OPTIONS(byn_mutex_options, .recursive = recursive)),
        BYN_OK);
    self.b->word[VICTIM] = board_pid();
    board_warm_up();
    return &self;
}

static void change(board *b)
{
    b->word[X]++;
    b->word[Y]++;
}

static void *prepare_first(const char *name)
{
    return open_victim(name, false);
}

static void *prepare_again(const char *name)
{
    victim *v = open_victim(name, false);

    REQUIRE_STATUS(byn_mutex_lock(v->mutex, LATE), BYN_OK);
    REQUIRE_STATUS(byn_mutex_unlock(v->mutex), BYN_OK);
    return v;
}

static void lock_change_unlock(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_mutex_lock(v->mutex, LATE), BYN_OK);
    change(v->b);
    CHECK_STATUS(byn_mutex_unlock(v->mutex), BYN_OK);
}

static void *prepare_recursive(const char *name)
{
    return open_victim(name, true);
}

static void lock_twice(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_mutex_lock(v->mutex, LATE), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(v->mutex, LATE), BYN_OK);
    v->b->word[X]++;
    CHECK_STATUS(byn_mutex_unlock(v->mutex), BYN_OK);
    v->b->word[Y]++;
    CHECK_STATUS(byn_mutex_unlock(v->mutex), BYN_OK);
}

/* Holds it, and a waiter sleeps. */
static void *prepare_with_waiter(const char *name)
{
    victim *v = open_victim(name, false);

    REQUIRE_STATUS(byn_mutex_lock(v->mutex, LATE), BYN_OK);
    v->b->word[X]++;
    apr_atomic_inc32(&v->b->word[TURN]);
    while (board_look(v->b, 1).asleep == 0)
        board_pause();
    return v;
}

static void change_unlock(void *prepared)
{
    victim *v = prepared;

    v->b->word[Y]++;
    CHECK_STATUS(byn_mutex_unlock(v->mutex), BYN_OK);
}

static void *APR_THREAD_FUNC dies_holding(apr_thread_t *thread, void *mutex)
{
    (void)thread;
    CHECK_STATUS(byn_mutex_lock(mutex, LATE), BYN_OK);
    self.b->word[X]++;
    return NULL;
}

/* A thread died holding it: that can be inherited at once. */
static void *prepare_heir(const char *name)
{
    victim *v = open_victim(name, false);
    apr_pool_t *pool = NULL;
    apr_thread_t *thread = NULL;
    apr_status_t unused;

    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_thread_create(&thread, NULL, dies_holding, v->mutex, pool) == APR_SUCCESS);
    apr_thread_join(&unused, thread);
    return v;
}

static void inherit_repair_unlock(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_mutex_lock(v->mutex, LATE), BYN_ABANDONED);
    v->b->word[Y] = v->b->word[X];
    CHECK_STATUS(byn_mutex_unlock(v->mutex), BYN_OK);
}

static void *prepare_holding(const char *name)
{
    victim *v = open_victim(name, false);

    REQUIRE_STATUS(byn_mutex_lock(v->mutex, LATE), BYN_OK);
    v->b->word[X]++;
    return v;
}

static void close_it(void *prepared)
{
    byn_mutex_close(((victim *)prepared)->mutex);
}

/* ---- In the case */

static void let_it_in(void *context, long k)
{
    subject *s = context;

    (void)k;
    if (!s->held)
        return;
    s->held = false;
    CHECK_STATUS(byn_mutex_unlock(s->mutex), BYN_OK);
}

static byn_mutex_info look(const subject *s)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_mutex_owner(s->mutex, &info), BYN_OK);
    return info;
}

/* Whether it tells that the victim died holding it. */
static bool owner_is_sane_after_the_death(const subject *s)
{
    byn_mutex_info info = look(s);

    if (info.held && info.owner.pid != 0) {
        CHECK_INT(info.owner.pid, s->b->word[VICTIM]);
        CHECK(info.owner_is_dead);
    }
    return info.held;
}

/* The caller has it and was told `status`. */
static void owner_is_the_heir(subject *s, byn_status status)
{
    byn_mutex_info info = look(s);
    uint64_t more = info.abandonings - s->abandonings;

    CHECK(info.held);
    CHECK(!info.owner_is_dead);
    CHECK_INT(info.depth, 1);
    CHECK_INT(info.owner.pid, board_pid());
    if (status == BYN_ABANDONED)
        CHECK(more >= 1);
    else if (!s->victim_inherited)
        CHECK_INT(more, 0);
    if (status == BYN_ABANDONED && info.last_dead.pid != 0)
        CHECK_INT(info.last_dead.pid, s->b->word[VICTIM]);
    s->abandonings = info.abandonings;
}

static void repair(board *b)
{
    b->word[Y] = b->word[X];
}

static void others_get_it(void *context, long k)
{
    subject *s = context;
    byn_status status;
    bool died_holding;

    let_it_in(context, k);
    died_holding = owner_is_sane_after_the_death(s);
    status = byn_mutex_lock(s->mutex, LATE);
    if (status != BYN_OK)
        REQUIRE_STATUS(status, BYN_ABANDONED);
    if (s->b->word[X] != s->b->word[Y] || s->always_flagged || died_holding)
        CHECK_STATUS(status, BYN_ABANDONED);
    owner_is_the_heir(s, status);
    repair(s->b);
    s->flagged += status == BYN_ABANDONED;
    s->plain += status == BYN_OK;

    /* Told once, and free again. */
    CHECK_STATUS(byn_mutex_unlock(s->mutex), BYN_OK);
    CHECK(!look(s).held);
    CHECK_STATUS(byn_mutex_lock(s->mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(s->mutex), BYN_OK);
}

static void others_get_it_and_hold_it(void *context, long k)
{
    subject *s = context;

    others_get_it(context, k);
    REQUIRE_STATUS(byn_mutex_lock(s->mutex, LATE), BYN_OK);
    s->held = true;
}

/* Sleeps on it when the victim has it, and leaves it sound. */
static int waiter(peer_self *me, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    byn_mutex *mutex = NULL;
    apr_uint32_t turn;

    (void)argc;
    REQUIRE_STATUS(byn_mutex_open(&mutex, argv[0], NULL), BYN_OK);
    peer_say(me, "ready");
    for (turn = 0; turn < UINT32_MAX;) {
        byn_status status;

        turn = board_await_turn(&b->word[TURN], turn);
        seat_wait(&b->seats[0]);
        status = byn_mutex_lock(mutex, LATE);
        if (status >= 0 && b->word[X] != b->word[Y]) {
            CHECK_STATUS(status, BYN_ABANDONED);
            repair(b);
        }
        b->word[HEIR_STATUS] = (apr_uint32_t)status;
        if (status >= 0)
            status = byn_mutex_unlock(mutex);
        seat_return(&b->seats[0], status);
    }
    return 0; /* is killed before */
}

static void waiter_gets_it(void *context, long k)
{
    subject *s = context;
    board_view view;

    if (!board_settle(s->b, 1, &view))
        return;
    if (view.asleep > 0 && board_sees_sleep()) {
        s->late++; /* only a heartbeat can wake it now */
        if (s->late > UNLOCK_GAP)
            FAIL("the waiter was not woken");
    }
    while (board_look(s->b, 1).returned == 0)
        board_pause();
    CHECK_INT(board_look(s->b, 1).failed, 0);
    CHECK_INT(s->b->word[X], s->b->word[Y]);
    s->flagged += s->b->word[HEIR_STATUS] == BYN_ABANDONED;
    s->plain += s->b->word[HEIR_STATUS] == BYN_OK;
    s->b->seats[0].state = SEAT_IDLE;
    s->abandonings = look(s).abandonings;
    others_get_it(context, k);
}

static subject begin(const char *name, bool recursive)
{
    subject s = {0};

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    s.b = board_create(name);
    REQUIRE_STATUS(
        byn_mutex_open(&s.mutex, name, &BYN_OPTIONS(byn_mutex_options, .recursive = recursive)),
        BYN_CREATED);
    return s;
}

static void end(subject *s, const char *name, step_report report)
{
    printf("     %u told of a death, %u not, %u by a heartbeat\n", s->flagged, s->plain, s->late);
    let_it_in(s, 0);
    byn_mutex_close(s->mutex);
    board_destroy(name);
    step_check(report);
}

static void sweep(const step_operation *operation, bool recursive, bool always_flagged)
{
    const char *name = fresh_name();
    subject s = begin(name, recursive);

    s.always_flagged = always_flagged;
    s.victim_inherited = operation->operate == inherit_repair_unlock;
    end(&s, name, step_sweep(operation, name, others_get_it, &s, board_stride(EXPENSIVE)));
    CHECK(step_is_sampled() || s.flagged > 0);
}

static const step_operation pair_first = {"mutex.pair.first", prepare_first, lock_change_unlock,
                                          NULL};
static const step_operation pair_again = {"mutex.pair.again", prepare_again, lock_change_unlock,
                                          NULL};
static const step_operation recursive_pair = {"mutex.pair.recursive", prepare_recursive, lock_twice,
                                              NULL};
static const step_operation waiting = {"mutex.lock.waits", prepare_first, lock_change_unlock,
                                       let_it_in};
static const step_operation unlocking = {"mutex.unlock.waited_for", prepare_with_waiter,
                                         change_unlock, NULL};
static const step_operation inheriting = {"mutex.lock.inherits", prepare_heir,
                                          inherit_repair_unlock, NULL};
static const step_operation closing = {"mutex.close.held", prepare_holding, close_it, NULL};
static const step_operation closing_ended = {"mutex.close.ended", prepare_heir, close_it, NULL};

static void lock_and_unlock_by_a_new_owner(void)
{
    sweep(&pair_first, false, false);
}

static void lock_and_unlock_by_the_last_owner(void)
{
    sweep(&pair_again, false, false);
}

static void recursive_locks(void)
{
    sweep(&recursive_pair, true, false);
}

static void inheriting_from_the_dead(void)
{
    sweep(&inheriting, false, false);
}

static void closing_while_held(void)
{
    sweep(&closing, false, true);
}

static void closing_what_an_ended_thread_held(void)
{
    sweep(&closing_ended, false, true);
}

static void lock_that_waits(void)
{
    const char *name = fresh_name();
    subject s = begin(name, false);

    REQUIRE_STATUS(byn_mutex_lock(s.mutex, LATE), BYN_OK);
    s.held = true;
    end(&s, name,
        step_sweep(&waiting, name, others_get_it_and_hold_it, &s, board_stride(EXPENSIVE)));
}

static void unlock_with_a_waiter(void)
{
    const char *name = fresh_name();
    subject s = begin(name, false);

    s.waiter = peer_start(PEER_PROCESS, "waiter", name, NULL);
    peer_expect(s.waiter, "ready");
    step_sweep(&unlocking, name, waiter_gets_it, &s, board_stride(EXPENSIVE));
    peer_kill(s.waiter);
    end(&s, name, (step_report){1, 0, 0, 0, 0});
}

/* ---- A race: the waiter comes at each instruction of the victim, which is not killed */

static void waiter_comes(void *context, long k)
{
    subject *s = context;
    board_view view;

    (void)k;
    apr_atomic_inc32(&s->b->word[TURN]);
    while (apr_atomic_read32(&s->b->seats[0].state) == SEAT_IDLE)
        board_pause();
    (void)board_settle(s->b, 1, &view);
    s->held = true;
}

static void both_had_it(void *context, long k)
{
    subject *s = context;

    if (!s->held)
        waiter_comes(context, k);
    s->held = false;
    waiter_gets_it(context, k);
    CHECK_INT(s->b->word[HEIR_STATUS], BYN_OK);
}

static const step_operation racing = {"mutex.pair.race", prepare_again, lock_change_unlock, NULL};

static void lock_while_another_comes(void)
{
    const char *name = fresh_name();
    subject s;

    board_need_races();
    s = begin(name, false);
    s.waiter = peer_start(PEER_PROCESS, "waiter", name, NULL);
    peer_expect(s.waiter, "ready");
    step_switch(&racing, name, waiter_comes, both_had_it, &s, 1);
    peer_kill(s.waiter);
    end(&s, name, (step_report){1, 0, 0, 0, 0});
}

static const test_case cases[] = {
    TEST(lock_and_unlock_by_a_new_owner),
    TEST(lock_and_unlock_by_the_last_owner),
    TEST(recursive_locks),
    TEST(inheriting_from_the_dead),
    TEST(closing_while_held),
    TEST(closing_what_an_ended_thread_held),
    TEST(lock_that_waits),
    TEST(unlock_with_a_waiter),
    TEST(lock_while_another_comes),
    TEST_END,
};

static const peer_entry peers[] = {
    STEP(racing),         PEER(waiter),        STEP(pair_first), STEP(pair_again),
    STEP(recursive_pair), STEP(waiting),       STEP(unlocking),  STEP(inheriting),
    STEP(closing),        STEP(closing_ended), PEER_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
