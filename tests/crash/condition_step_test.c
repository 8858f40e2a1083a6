/*
 * A process is killed at every instruction of waiting and notifying. Nobody waits for the dead: who was
 * to be woken returns, the mutex is handed on, and the next notification reaches all who live.
 */
#include "sleepers.h"

#ifndef CRASH_WAITS
#define CRASH_WAITS 0
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPENSIVE = 29, MOST = 3 };
enum { SLEEPERS, X, Y, TOLD, WAITS, MUTEX_NAME = 64 }; /* words; X and Y: torn while they differ */

typedef struct handles {
    board *b;
    byn_condition *condition;
    byn_mutex *mutex;
} handles;

typedef struct subject {
    handles h;
    peer *sleepers[MOST];
    unsigned count;
    apr_uint32_t x;       /* at the begin of a round */
    bool victim_notifies; /* so that who waits is to be woken, if X has changed */
    unsigned before, after, told, late;
} subject;

/* ---- In victims and sleepers */

static handles open_handles(const char *name)
{
    handles h = {board_open(name), NULL, NULL};

    REQUIRE_STATUS(byn_condition_open(&h.condition, name, NULL), BYN_OK);
    REQUIRE_STATUS(byn_mutex_open(&h.mutex, (const char *)&h.b->word[MUTEX_NAME], NULL), BYN_OK);
    return h;
}

static handles self;

static void *prepare(const char *name)
{
    board_warm_up();
    self = open_handles(name);
    board_mark_victim(self.b);
    while (board_look(self.b, self.b->word[SLEEPERS]).asleep < self.b->word[SLEEPERS])
        board_pause();
    return &self;
}

/* Whoever is told of a death makes the data sound. */
static byn_status told(const handles *h, byn_status status)
{
    if (status == BYN_ABANDONED) {
        h->b->word[TOLD]++;
        h->b->word[Y] = h->b->word[X];
    }
    return status;
}

static void change_and(const handles *h, byn_status (*notify)(const handles *h))
{
    CHECK_STATUS(byn_mutex_lock(h->mutex, LATE), BYN_OK);
    h->b->word[X]++;
    CHECK_STATUS(notify(h), BYN_OK);
    h->b->word[Y]++;
    CHECK_STATUS(byn_mutex_unlock(h->mutex), BYN_OK);
}

static byn_status one(const handles *h)
{
    return byn_condition_notify(h->condition, 1);
}

static byn_status all(const handles *h)
{
    return byn_condition_notify_all(h->condition);
}

static void notify_1(void *prepared)
{
    change_and(prepared, one);
}

static void notify_all(void *prepared)
{
    change_and(prepared, all);
}

static void lock_wait_unlock(const handles *h, byn_timeout timeout, byn_status expected)
{
    byn_status status;

    CHECK_STATUS(byn_mutex_lock(h->mutex, LATE), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(h->mutex, LATE), BYN_OK);
    h->b->word[X]++;
    h->b->word[Y]++;
    h->b->word[WAITS] = 1;
    status = byn_condition_wait(h->condition, h->mutex, timeout);
    if (status != BYN_OK)
        CHECK_STATUS(status, expected);
    h->b->word[X]++;
    h->b->word[Y]++;
    CHECK_STATUS(byn_mutex_unlock(h->mutex), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(h->mutex), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(h->mutex), BYN_E_NOTOWNER); /* it was as deep as before */
}

static void wait_till_notified(void *prepared)
{
    lock_wait_unlock(prepared, LATE, BYN_OK);
}

static void wait_in_vain(void *prepared)
{
    lock_wait_unlock(prepared, 25, BYN_E_TIMEDOUT);
}

static int sleeper(peer_self *me, int argc, char **argv)
{
    handles h = open_handles(argv[0]);
    seat *s = &h.b->seats[atoi(argv[1])];

    (void)argc;
    peer_say(me, "ready");
    while (seat_told(me, s)) {
        byn_status status = told(&h, byn_mutex_lock(h.mutex, LATE));

        if (status >= 0)
            status = told(&h, byn_condition_wait(h.condition, h.mutex, 30 * LATE));
        CHECK_STATUS(byn_mutex_unlock(h.mutex), BYN_OK);
        seat_return(s, status);
    }
    byn_mutex_close(h.mutex);
    byn_condition_close(h.condition);
    return 0;
}

/* ---- In the case */

static void go_to_sleep(subject *s)
{
    board_view view;

    sleepers_send(s->sleepers, s->count, s->h.b);
    REQUIRE(board_settle(s->h.b, s->count, &view));
}

static void all_return(subject *s)
{
    apr_uint32_t began = board_ms();

    sleepers_return(s->h.b, s->count);
    s->late += board_ms() - began > 400;
    CHECK_INT(board_look(s->h.b, s->count).failed, 0);
}

static void notify_now(subject *s)
{
    CHECK_STATUS(byn_condition_notify(s->h.condition, 1), BYN_OK);
}

/* Who sleeps alone is then woken by the unlock. */
static void notify_with_the_mutex(subject *s)
{
    CHECK(told(&s->h, byn_mutex_lock(s->h.mutex, LATE)) >= 0);
    notify_now(s);
    CHECK_STATUS(byn_mutex_unlock(s->h.mutex), BYN_OK);
}

/* All who sleep: they are few. By a heartbeat they would return too, but later. */
static void notify_wakes_them(subject *s, bool with_the_mutex)
{
    board_view view;

    if (with_the_mutex)
        notify_with_the_mutex(s);
    else
        notify_now(s);
    REQUIRE(board_settle(s->h.b, s->count, &view));
    if (board_sees_sleep() && view.asleep > 0)
        FAIL("notified, and %u of %u sleep on", view.asleep, s->count);
}

static void notify_the_victim(void *context, long k)
{
    subject *s = context;

    (void)board_await_victim(s->h.b, WAITS);
    CHECK(told(&s->h, byn_mutex_lock(s->h.mutex, LATE)) >= 0);
    CHECK_STATUS(byn_mutex_unlock(s->h.mutex), BYN_OK);
    (void)k;
    notify_now(s);
}

static void nobody_waits_for_the_dead(void *context, long k)
{
    subject *s = context;
    board *b = s->h.b;
    /* A sleeper may have repaired them already: then it was told. */
    bool changed = b->word[X] != s->x, torn = b->word[X] != b->word[Y];
    apr_uint32_t told_before = b->word[TOLD];

    if (!changed || !s->victim_notifies)
        notify_wakes_them(s, k % 2 != 0);
    all_return(s);
    CHECK(told(&s->h, byn_mutex_lock(s->h.mutex, LATE)) >= 0);
    if (torn && b->word[TOLD] == told_before)
        FAIL("the data are torn, and nobody was told");
    CHECK(b->word[TOLD] - told_before <= 1);
    CHECK_INT(b->word[X], b->word[Y]);
    CHECK_STATUS(byn_mutex_unlock(s->h.mutex), BYN_OK);
    s->told += b->word[TOLD] != told_before;
    s->before += !changed;
    s->after += changed;
    s->x = b->word[X];
    b->word[WAITS] = 0;
    go_to_sleep(s);
}

static void begin(subject *s, const char *name, unsigned count)
{
    const char *mutex_name = fresh_name();

    memset(s, 0, sizeof *s);
    s->h.b = board_begin(name, 200);
    s->h.b->word[SLEEPERS] = s->count = count;
    strcpy((char *)&s->h.b->word[MUTEX_NAME], mutex_name);
    REQUIRE_STATUS(byn_condition_open(&s->h.condition, name, NULL), BYN_CREATED);
    REQUIRE_STATUS(
        byn_mutex_open(&s->h.mutex, mutex_name, &BYN_OPTIONS(byn_mutex_options, .recursive = true)),
        BYN_CREATED);
    sleepers_start(s->sleepers, count, name);
    go_to_sleep(s);
}

static void end(subject *s, const char *name, step_report report)
{
    printf("     %u wait: %u as before, %u changed, %u told of a death, %u late\n", s->count,
           s->before, s->after, s->told, s->late);
    sleepers_kill(s->sleepers, s->count);
    byn_mutex_close(s->h.mutex);
    byn_condition_close(s->h.condition);
    board_destroy(name);
    step_check(report);
    CHECK(step_is_sampled() || s->after > 0);
}

static const step_operation notifying_1 = {"condition.notify", prepare, notify_1, NULL};
static const step_operation notifying_all = {"condition.notify_all", prepare, notify_all, NULL};
static const step_operation waiting = {"condition.wait", prepare, wait_till_notified,
                                       notify_the_victim};
static const step_operation timing_out = {"condition.wait.times_out", prepare, wait_in_vain, NULL};

static void sweep(const step_operation *operation, unsigned count)
{
    const char *name = fresh_name();
    subject s;

    begin(&s, name, count);
    s.victim_notifies = operation == &notifying_1 || operation == &notifying_all;
    end(&s, name,
        step_sweep(operation, name, nobody_waits_for_the_dead, &s,
                   board_stride(count > 0 ? 15 * EXPENSIVE : 3 * EXPENSIVE)));
}

static void notify_with_nobody(void)
{
    sweep(&notifying_1, 0);
}

static void notify_with_1(void)
{
    sweep(&notifying_1, 1);
}

static void notify_with_3(void)
{
    sweep(&notifying_1, 3);
}

static void notify_all_with_3(void)
{
    sweep(&notifying_all, 3);
}

static void wait_alone(void)
{
    sweep(&waiting, 0);
}

static void wait_beside_2(void)
{
    sweep(&waiting, 2);
}

static void wait_that_times_out(void)
{
    sweep(&timing_out, 0);
}

static void wait_that_times_out_beside_1(void)
{
    sweep(&timing_out, 1);
}

/* ---- A race: the data change between any two instructions of one who is about to wait for it */

static void wait_for_x(void *prepared)
{
    const handles *h = prepared;

    h->b->word[WAITS] = 1;
    CHECK_STATUS(byn_mutex_lock(h->mutex, LATE), BYN_OK);
    while (h->b->word[X] == 0)
        CHECK_STATUS(byn_condition_wait(h->condition, h->mutex, LATE), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(h->mutex), BYN_OK);
    h->b->word[WAITS] = 0; /* what it sleeps for at its end is another thing */
}

/* If the mutex can be had. */
static void change_arrives(void *context, long k)
{
    subject *s = context;

    (void)k;
    if (s->h.b->word[X] > 0 || byn_mutex_lock(s->h.mutex, BYN_NOW) != BYN_OK)
        return;
    s->h.b->word[X] = 1;
    CHECK_STATUS(byn_condition_notify(s->h.condition, 1), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(s->h.mutex), BYN_OK);
}

static void change_when_asleep(void *context, long k)
{
    subject *s = context;

    if (s->h.b->word[X] > 0 && s->h.b->word[WAITS] != 0)
        FAIL("notified at instruction %ld, and it went to sleep", k);
    change_arrives(context, k);
}

static void victim_has_seen_it(void *context, long k)
{
    subject *s = context;

    (void)k;
    CHECK_INT(s->h.b->word[X], 1);
    s->h.b->word[X] = 0;
    s->after++;
}

static const step_operation racing = {"condition.wait.race", prepare, wait_for_x,
                                      change_when_asleep};

static void wait_while_it_is_notified(void)
{
    const char *name = fresh_name();
    subject s;

    board_need_races();
    begin(&s, name, 0);
    end(&s, name, step_switch(&racing, name, change_arrives, victim_has_seen_it, &s, 1));
}

static const test_case waits[] = {
    TEST(wait_alone),
    TEST(wait_beside_2),
    TEST(wait_that_times_out),
    TEST(wait_that_times_out_beside_1),
    TEST_END,
};

static const test_case others[] = {
    TEST(notify_with_nobody),
    TEST(notify_with_1),
    TEST(notify_with_3),
    TEST(notify_all_with_3),
    TEST(wait_while_it_is_notified),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(sleeper), STEP(notifying_1), STEP(notifying_all), STEP(waiting), STEP(timing_out),
    STEP(racing),  PEER_END,
};

int main(int argc, char **argv)
{
    /* One source, two programs: one would take too long for a test. */
    return test_main(argc, argv, CRASH_NAME, CRASH_WAITS ? waits : others, peers);
}
