/*
 * A process is killed at every instruction of byn_wait_any() and byn_wait_all(). What it had not all of
 * comes back; who sleeps on one of the objects is not forgotten.
 */
#include "board.h"

#include "object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_env.h>
#include <apr_pools.h>

enum { LATE = 20000, EXPENSIVE = 29, THINGS = 4, CONSUMABLES = 3 };
enum { SLEEPERS }; /* words */

/* A mutex and what a taker uses up: two permits and a signal. */
typedef struct things {
    byn_mutex *mutex;
    byn_semaphore *first, *second;
    byn_event *event;
    void *list[THINGS];
} things;

typedef struct subject {
    board *b;
    things t;
    const char *name;
    peer *sleeper;
    bool event_is_set;   /* when a victim begins */
    unsigned last_taken; /* mask: those that may be taken last, as far as seen */
    unsigned before, after, between, abandoned, let_in;
} subject;

/* ---- In victims and sleepers too */

static const char *called(char name[300], const char *base, char letter)
{
    (void)snprintf(name, 300, "%s.%c", base, letter);
    return name;
}

static void open_things(things *t, const char *base)
{
    char name[300];

    REQUIRE(byn_mutex_open(&t->mutex, called(name, base, 'm'), NULL) >= 0);
    REQUIRE(byn_semaphore_open(&t->first, called(name, base, 'f'),
                               &BYN_OPTIONS(byn_semaphore_options, .initial = 1, .maximum = 9)) >=
            0);
    REQUIRE(byn_semaphore_open(&t->second, called(name, base, 's'),
                               &BYN_OPTIONS(byn_semaphore_options, .initial = 1, .maximum = 9)) >=
            0);
    REQUIRE(byn_event_open(&t->event, called(name, base, 'e'), NULL) >= 0);
    t->list[0] = t->mutex;
    t->list[1] = t->first;
    t->list[2] = t->second;
    t->list[3] = t->event;
}

static void close_things(const things *t)
{
    byn_mutex_close(t->mutex);
    byn_semaphore_close(t->first);
    byn_semaphore_close(t->second);
    byn_event_close(t->event);
}

static void *prepare(const char *name)
{
    static things t;
    board *b = board_open(name);

    board_warm_up();
    open_things(&t, name);
    while (board_look(b, b->word[SLEEPERS]).asleep < b->word[SLEEPERS])
        board_pause();
    return &t;
}

static void take_all(void *prepared)
{
    things *t = prepared;
    byn_status status = byn_wait_all(t->list, THINGS, LATE);

    if (status != BYN_ABANDONED)
        CHECK_STATUS(status, BYN_OK);
}

static void take_all_in_vain(void *prepared)
{
    things *t = prepared;

    CHECK_STATUS(byn_wait_all(t->list, THINGS, BYN_NOW), BYN_E_TIMEDOUT);
}

static void take_any(void *prepared)
{
    things *t = prepared;
    size_t index = 99;

    CHECK_STATUS(byn_wait_any(t->list + 1, CONSUMABLES, LATE, &index), BYN_OK);
}

/* The other one may be faster. */
static void take_any_or_not(void *prepared)
{
    things *t = prepared;
    byn_status status = byn_wait_any(t->list + 1, CONSUMABLES, 200, NULL);

    if (status != BYN_OK)
        CHECK_STATUS(status, BYN_E_TIMEDOUT);
}

static int sleeper(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    things t;

    (void)argc;
    open_things(&t, argv[0]);
    peer_say(self, "ready");
    while (seat_told(self, &b->seats[0]))
        seat_return(&b->seats[0], byn_semaphore_acquire(t.first, 1, 2 * LATE));
    close_things(&t);
    return 0;
}

/* Sleeps for two of them: what comes first, it takes. */
static int chooser(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    seat *mine = &b->seats[atoi(argv[1])];
    things t;

    (void)argc;
    open_things(&t, argv[0]);
    board_run_last();
    peer_say(self, "ready");
    while (seat_told(self, mine)) {
        void *either[] = {t.second, t.first};

        seat_return(mine, byn_wait_any(either, 2, 2 * LATE, NULL));
    }
    close_things(&t);
    return 0;
}

/* ---- In the case */

/* The lock of a dead one goes on, told or not. */
static void mutex_is_free(subject *s)
{
    byn_status status = byn_mutex_lock(s->t.mutex, LATE);

    s->abandoned += status == BYN_ABANDONED;
    CHECK(status >= 0);
    CHECK_STATUS(byn_mutex_unlock(s->t.mutex), BYN_OK);
}

/* Which are there: the two permits and the signal, as bits. Takes them. */
static unsigned take_what_is_there(subject *s)
{
    unsigned there = 0;

    there |= byn_semaphore_acquire(s->t.first, 1, BYN_NOW) == BYN_OK ? 1 : 0;
    there |= byn_semaphore_acquire(s->t.second, 1, BYN_NOW) == BYN_OK ? 2 : 0;
    there |= byn_event_wait(s->t.event, BYN_NOW) == BYN_OK ? 4 : 0;
    CHECK_STATUS(byn_semaphore_acquire(s->t.first, 1, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_semaphore_acquire(s->t.second, 1, BYN_NOW), BYN_E_TIMEDOUT);
    return there;
}

static void put_all_back(subject *s)
{
    CHECK_STATUS(byn_semaphore_release(s->t.first, 1, NULL), BYN_OK);
    CHECK_STATUS(byn_semaphore_release(s->t.second, 1, NULL), BYN_OK);
    if (s->event_is_set)
        CHECK_STATUS(byn_event_set(s->t.event), BYN_OK);
}

/*
 * Everything as before, or everything taken. In between only after it had all: then what was taken last
 * is gone, and that is one and the same in all the cases.
 */
static void all_or_nothing(void *context, long k)
{
    subject *s = context;
    unsigned there;

    (void)k;
    mutex_is_free(s);
    there = take_what_is_there(s);
    if (there == 7) {
        s->before++;
    } else if (there == 0) {
        s->after++;
    } else {
        s->between++;
        s->last_taken &= ~there;
        CHECK(s->last_taken != 0);
    }
    put_all_back(s);
}

static void nothing_is_taken(void *context, long k)
{
    subject *s = context;
    unsigned there;

    (void)k;
    mutex_is_free(s);
    there = take_what_is_there(s);
    CHECK_INT(there, s->event_is_set ? 7 : 3);
    s->before++;
    put_all_back(s);
}

static void one_or_nothing(void *context, long k)
{
    subject *s = context;
    unsigned there = take_what_is_there(s);

    (void)k;
    if (there == 7)
        s->before++;
    else if (there == 6)
        s->after++;
    else
        FAIL("%u of 7 are there", there);
    put_all_back(s);
}

/* The victim sleeps: it gets the one permit of `second`, or leaves it. */
static void let_it_in(void *context, long k)
{
    subject *s = context;

    (void)k;
    s->let_in = 1;
    CHECK_STATUS(byn_semaphore_release(s->t.second, 1, NULL), BYN_OK);
}

static void second_or_nothing(void *context, long k)
{
    subject *s = context;
    unsigned there = take_what_is_there(s);

    (void)k;
    CHECK_INT(there & ~2u, 0);
    if (s->let_in == 0 || (there & 2) != 0)
        s->before++;
    else
        s->after++;
    s->let_in = 0;
}

/* Both sleep for the one permit of `first`. */
static void let_one_in(void *context, long k)
{
    subject *s = context;

    (void)k;
    s->let_in = 1;
    CHECK_STATUS(byn_semaphore_release(s->t.first, 1, NULL), BYN_OK);
}

static void the_sleeper_is_not_forgotten(void *context, long k)
{
    subject *s = context;
    board_view view;
    uint32_t value = 0;

    (void)k;
    REQUIRE(board_settle(s->b, 1, &view));
    CHECK_STATUS(byn_semaphore_value(s->t.first, &value), BYN_OK);
    if (value > 0 && view.asleep > 0)
        FAIL("a permit is there, and it sleeps on");
    s->before += view.returned;
    s->after += view.asleep;
    if (view.asleep > 0)
        CHECK_STATUS(byn_semaphore_release(s->t.first, 1, NULL), BYN_OK);
    while (board_look(s->b, 1).returned == 0)
        board_pause();
    while (byn_semaphore_acquire(s->t.first, 1, BYN_NOW) == BYN_OK)
        continue;
    s->let_in = 0;
    s->b->seats[0].state = SEAT_IDLE;
    peer_tell(s->sleeper, "sleep");
}

static uint64_t order_of(const void *handle)
{
    return ((const byni_object *)handle)->header->incarnation;
}

/* What is taken last, and so commits: in the order of all processes; on Windows what is the kernel's. */
static unsigned last_of(const things *t)
{
    uint64_t first = order_of(t->first), second = order_of(t->second), event = order_of(t->event);

    if (test_on_windows() || (event > first && event > second))
        return 4;
    return second > first ? 2 : 1;
}

static void begin(subject *s, bool event_is_set, bool permits)
{
    memset(s, 0, sizeof *s);
    s->name = fresh_name();
    s->b = board_begin(s->name, 280);
    s->event_is_set = event_is_set;
    open_things(&s->t, s->name);
    s->last_taken = last_of(&s->t);
    if (event_is_set)
        CHECK_STATUS(byn_event_set(s->t.event), BYN_OK);
    if (!permits)
        (void)take_what_is_there(s);
}

static void end(subject *s, step_report report)
{
    printf("     %u as before, %u as after, %u between, %u abandoned\n", s->before, s->after,
           s->between, s->abandoned);
    if (s->sleeper != NULL)
        peer_kill(s->sleeper);
    close_things(&s->t);
    board_destroy(s->name);
    step_check(report);
}

static const step_operation all = {"wait.all", prepare, take_all, NULL};
static const step_operation all_in_vain = {"wait.all.in_vain", prepare, take_all_in_vain, NULL};
static const step_operation any = {"wait.any", prepare, take_any, NULL};
static const step_operation any_sleeps = {"wait.any.sleeps", prepare, take_any, let_it_in};
static const step_operation any_competes = {"wait.any.competes", prepare, take_any_or_not,
                                            let_one_in};

static void wait_all_that_has_all(void)
{
    subject s;

    begin(&s, true, true);
    end(&s, step_sweep(&all, s.name, all_or_nothing, &s, board_stride(3 * EXPENSIVE)));
    CHECK(step_is_sampled() || s.before > 0);
    CHECK(step_is_sampled() || s.after > 0);
}

static void wait_all_that_lacks_one(void)
{
    subject s;

    begin(&s, false, true);
    end(&s, step_sweep(&all_in_vain, s.name, nothing_is_taken, &s, board_stride(3 * EXPENSIVE)));
}

static void wait_any_that_has_one(void)
{
    subject s;

    begin(&s, true, true);
    end(&s, step_sweep(&any, s.name, one_or_nothing, &s, board_stride(3 * EXPENSIVE)));
    CHECK(step_is_sampled() || s.after > 0);
}

static void wait_any_that_sleeps(void)
{
    subject s;

    begin(&s, false, false);
    end(&s, step_sweep(&any_sleeps, s.name, second_or_nothing, &s, board_stride(3 * EXPENSIVE)));
    CHECK(step_is_sampled() || s.after > 0);
}

static void wait_any_that_competes_with_a_sleeper(void)
{
    subject s;

    begin(&s, false, false);
    s.sleeper = peer_start(PEER_PROCESS, "sleeper", s.name, "0", NULL);
    peer_expect(s.sleeper, "ready");
    peer_tell(s.sleeper, "sleep");
    s.b->word[SLEEPERS] = 1;
    end(&s, step_sweep(&any_competes, s.name, the_sleeper_is_not_forgotten, &s,
                       2 * board_stride(15 * EXPENSIVE) + 1));
}

/* ---- A wake-up that is another's */

/* As many as a release of one permit wakes, lest the first be dying; the last in the queue is `sleeper`. */
enum { WOKEN = 3, ALL = WOKEN + 1, ROUNDS = 10 };

static void send_to_sleep(subject *s, peer **p)
{
    board_view view;
    unsigned i;

    for (i = 0; i < ALL; i++) {
        unsigned number = (i + 1) % ALL; /* 0 is the sleeper's */

        s->b->seats[number].state = SEAT_IDLE;
        peer_tell(p[number], "sleep");
        while (s->b->seats[number].state != SEAT_WAITING || !board_asleep(&s->b->seats[number]))
            board_pause();
    }
    REQUIRE(board_settle(s->b, ALL, &view));
}

/* Before the woken run, both wake-ups have come to them; they take one permit each, of the other. */
static void wake_twice(subject *s)
{
    apr_uint32_t began = board_ms();

    board_keep_to_one_processor(true);
    CHECK_STATUS(byn_semaphore_release(s->t.second, WOKEN, NULL), BYN_OK);
    CHECK_STATUS(byn_semaphore_release(s->t.first, 1, NULL), BYN_OK);
    board_keep_to_one_processor(false);
    while (board_look(s->b, ALL).returned < ALL) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
    CHECK_INT(board_look(s->b, ALL).failed, 0);
}

/* Without heartbeats it would sleep for ever. */
static void wake_up_is_passed_on(void)
{
    apr_pool_t *pool = NULL;
    peer *p[ALL];
    char number[16];
    subject s;
    unsigned i;

    begin(&s, false, false);
    if (!board_sees_sleep()) {
        close_things(&s.t);
        board_destroy(s.name);
        test_skip("which of several sleepers is woken cannot be arranged here");
    }
    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_env_set("BYNAME_SLOW_BEATS", "10000", pool) == APR_SUCCESS);
    for (i = 0; i < ALL; i++) {
        sprintf(number, "%u", i);
        p[i] = peer_start(PEER_PROCESS, i == 0 ? "sleeper" : "chooser", s.name, number, NULL);
        peer_expect(p[i], "ready");
    }
    (void)apr_env_delete("BYNAME_SLOW_BEATS", pool);
    apr_pool_destroy(pool);
    for (i = 0; i < ROUNDS; i++) {
        send_to_sleep(&s, p);
        wake_twice(&s);
    }
    for (i = 0; i < ALL; i++)
        peer_kill(p[i]);
    close_things(&s.t);
    board_destroy(s.name);
}

static const test_case cases[] = {
    TEST(wake_up_is_passed_on),
    TEST(wait_all_that_has_all),
    TEST(wait_all_that_lacks_one),
    TEST(wait_any_that_has_one),
    TEST(wait_any_that_sleeps),
    TEST(wait_any_that_competes_with_a_sleeper),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(sleeper), PEER(chooser),    STEP(all),          STEP(all_in_vain),
    STEP(any),     STEP(any_sleeps), STEP(any_competes), PEER_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
