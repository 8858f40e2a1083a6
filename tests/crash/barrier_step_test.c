/*
 * A process is killed at every instruction of what can be done to a barrier. Those who wait all go on, or
 * are all told that it is broken, or all sleep on because the dead had not come; there is no mixture of
 * these, and who has been told can reset it.
 */
#include "sleepers.h"

#ifndef CRASH_WAITS
#define CRASH_WAITS 0
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPENSIVE = 97, MOST = 4, ALONE = 1499 };
enum { SLEEPERS, ACTED, ANSWER = 16 }; /* words; answers are negated */

typedef struct subject {
    const char *name;
    board *b;
    byn_barrier *barrier;
    peer *sleepers[MOST];
    unsigned count; /* of sleepers */
    bool begins_broken;
    bool met;     /* the case met the victim in this round */
    bool is_last; /* the victim makes the round complete, if it comes so far */
    bool resets;  /* it leaves a whole barrier whose waiters are sent away */
    unsigned before, through, broken, alone;
} subject;

/* ---- In victims and sleepers */

static byn_barrier *open_barrier(const char *name)
{
    byn_barrier *barrier = NULL;

    REQUIRE_STATUS(byn_barrier_open(&barrier, name, NULL), BYN_OK);
    return barrier;
}

/* What is made at first use is made, and the others have just been looked at. */
static void *prepare(const char *name)
{
    board *b = board_open(name);
    byn_barrier *barrier = NULL, *mine;

    board_mark_victim(b);
    board_warm_up();
    REQUIRE_STATUS(
        byn_barrier_open(&barrier, NULL, &BYN_OPTIONS(byn_barrier_options, .parties = 1)),
        BYN_CREATED);
    REQUIRE_STATUS(byn_barrier_wait(barrier, BYN_NOW, NULL), BYN_SERIAL);
    byn_barrier_close(barrier);
    mine = open_barrier(name);
    while (board_look(b, b->word[SLEEPERS]).asleep < b->word[SLEEPERS])
        board_pause();
    (void)byn_barrier_is_broken(mine);
    return mine;
}

static void act(void *word)
{
    volatile apr_uint32_t *acted = word;

    apr_atomic_inc32(acted);
}

static void *prepare_to_act(const char *name)
{
    byn_barrier *barrier = prepare(name);
    board *b = board_open(name);

    REQUIRE_STATUS(
        byn_barrier_open(&barrier, name,
                         &BYN_OPTIONS(byn_barrier_options, .action = act,
                                      .action_context = (void *)(size_t)&b->word[ACTED])),
        BYN_OK);
    return barrier;
}

static void *prepare_to_close(const char *name)
{
    byn_barrier *barrier = NULL;

    byn_barrier_close(prepare(name));
    REQUIRE_STATUS(
        byn_barrier_open(&barrier, name, &BYN_OPTIONS(byn_barrier_options, .party = true)), BYN_OK);
    return barrier;
}

static void arrive_first(void *barrier)
{
    CHECK_STATUS(byn_barrier_wait(barrier, LATE, NULL), BYN_OK);
}

static void arrive_last(void *barrier)
{
    CHECK_STATUS(byn_barrier_wait(barrier, LATE, NULL), BYN_SERIAL);
}

static void arrive_in_vain(void *barrier)
{
    CHECK_STATUS(byn_barrier_wait(barrier, BYN_NOW, NULL), BYN_E_TIMEDOUT);
}

static void break_it(void *barrier)
{
    CHECK_STATUS(byn_barrier_abort(barrier), BYN_OK);
}

static void reset_it(void *barrier)
{
    CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
}

static void open_as_party(void *barrier)
{
    byn_barrier *same = NULL;

    CHECK_STATUS(byn_barrier_open(&same, byn_barrier_name(barrier),
                                  &BYN_OPTIONS(byn_barrier_options, .party = true)),
                 BYN_OK);
}

static void close_it(void *barrier)
{
    byn_barrier_close(barrier);
}

static int sleeper(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    int i = atoi(argv[1]);
    byn_barrier *barrier = open_barrier(argv[0]);

    (void)argc;
    peer_say(self, "ready");
    while (seat_told(self, &b->seats[i])) {
        byn_status status = byn_barrier_wait(barrier, 30 * LATE, NULL); /* for a whole sweep */

        apr_atomic_set32(&b->word[ANSWER + i], (apr_uint32_t)-status);
        seat_return(&b->seats[i], status);
    }
    byn_barrier_close(barrier);
    return 0;
}

/* ---- In the case */

static void go_to_sleep(subject *s)
{
    apr_uint32_t began = board_ms();
    board_view view;

    sleepers_send(s->sleepers, s->count, s->b);
    REQUIRE(board_settle(s->b, s->count, &view));
    while (byn_barrier_waiting(s->barrier) < s->count) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
}

/* Until all have returned, if they do without any help. */
static void leave_them_alone(subject *s)
{
    apr_uint32_t began = board_ms();

    s->alone++;
    while (board_look(s->b, s->count).returned < s->count && board_ms() - began < 2500)
        board_pause();
}

static unsigned count_answers(const subject *s, byn_status status)
{
    unsigned i, count = 0;

    for (i = 0; i < s->count; i++)
        count += s->b->word[ANSWER + i] == (apr_uint32_t)-status;
    return count;
}

/* As it was before. Who sleeps on is not disturbed. */
static void renew(subject *s)
{
    bool broken = byn_barrier_is_broken(s->barrier);

    if (broken && !s->begins_broken)
        CHECK_STATUS(byn_barrier_reset(s->barrier), BYN_OK);
    if (!broken && s->begins_broken)
        CHECK_STATUS(byn_barrier_abort(s->barrier), BYN_OK);
    s->b->word[ACTED] = 0;
    s->met = false;
    go_to_sleep(s);
}

/* Nobody returned: then the dead had not come, or had done nothing. */
static void check_nothing_happened(subject *s, bool broken)
{
    CHECK(broken == s->begins_broken);
    CHECK_INT(byn_barrier_waiting(s->barrier), s->count);
    CHECK_INT(s->b->word[ACTED], 0);
    s->before++;
}

static void check_all_the_same(subject *s, bool broken)
{
    unsigned through = count_answers(s, BYN_OK), sent_away = count_answers(s, BYN_E_BROKEN);

    if (through == s->count && s->is_last) {
        CHECK(!broken);
        CHECK_INT(s->b->word[ACTED] <= 1, 1);
        s->through++;
    } else if (sent_away == s->count) {
        CHECK(broken == !s->resets);
        CHECK(s->b->word[ACTED] <= 1);
        s->broken++;
    } else {
        FAIL("of %u, %u are through and %u told that it is broken", s->count, through, sent_away);
    }
}

/* The case looks, and so repairs, at once; but now and then it leaves the waiting to themselves. */
static void all_or_nothing(void *context, long k)
{
    subject *s = context;
    board_view view;
    bool broken;

    if (k % ALONE == 0)
        leave_them_alone(s);
    broken = byn_barrier_is_broken(s->barrier);
    REQUIRE(board_settle(s->b, s->count, &view));
    if (view.returned > 0 || broken != s->begins_broken ||
        byn_barrier_waiting(s->barrier) < s->count)
        board_await_returned(s->b, s->count, s->count, &view);
    if (s->count > 0 && view.returned == s->count)
        check_all_the_same(s, broken);
    else if (s->count > 0 && view.returned > 0)
        FAIL("%u of %u have returned, and %u sleep on", view.returned, s->count, view.asleep);
    else
        check_nothing_happened(s, broken);
    renew(s);
}

/* Nobody else waits: it is broken or whole, and both is right. */
static void broken_or_whole(void *context, long k)
{
    subject *s = context;
    bool broken = byn_barrier_is_broken(s->barrier);

    (void)k;
    CHECK_INT(byn_barrier_waiting(s->barrier), 0);
    if (s->met)
        CHECK(!broken); /* the round was over before it died */
    CHECK_STATUS(byn_barrier_wait(s->barrier, BYN_NOW, NULL),
                 broken ? BYN_E_BROKEN : BYN_E_TIMEDOUT);
    s->through += s->met;
    s->broken += broken;
    s->before += !broken && !s->met;
    renew(s);
}

/* Where its sleep cannot be seen it may only be slow, and die before it comes, or before it is met. */
static void meet_it(void *context, long k)
{
    subject *s = context;
    byn_status status;

    (void)k;
    while (byn_barrier_waiting(s->barrier) == 0) {
        if (board_victim_is_dead(s->b))
            return;
        board_pause();
    }
    status = byn_barrier_wait(s->barrier, LATE, NULL);
    s->met = status == BYN_SERIAL;
    if (board_sees_sleep() || !s->met)
        CHECK_STATUS(status, board_sees_sleep() ? BYN_SERIAL : BYN_E_BROKEN);
}

static void begin(subject *s, unsigned parties, unsigned count)
{
    memset(s, 0, sizeof *s);
    s->name = fresh_name();
    s->b = board_begin(s->name, 200 * (getenv("BYNAME_CRASH_STRIDE") != NULL ? 10 : 1));
    s->b->word[SLEEPERS] = count;
    s->count = count;
    REQUIRE_STATUS(byn_barrier_open(&s->barrier, s->name,
                                    &BYN_OPTIONS(byn_barrier_options, .parties = parties)),
                   BYN_CREATED);
    sleepers_start(s->sleepers, count, s->name);
    go_to_sleep(s);
}

static void end(subject *s, step_report report)
{
    printf("     %u sleepers: %u times as before, %u through, %u broken; %u times left alone\n",
           s->count, s->before, s->through, s->broken, s->alone);
    sleepers_kill(s->sleepers, s->count);
    byn_barrier_close(s->barrier);
    board_destroy(s->name);
    step_check(report);
}

static const step_operation first = {"barrier.first", prepare, arrive_first, meet_it};
static const step_operation last = {"barrier.last", prepare, arrive_last, NULL};
static const step_operation acting = {"barrier.last.acts", prepare_to_act, arrive_last, NULL};
static const step_operation vain = {"barrier.now", prepare, arrive_in_vain, NULL};
static const step_operation aborting = {"barrier.abort", prepare, break_it, NULL};
static const step_operation resetting = {"barrier.reset", prepare, reset_it, NULL};
static const step_operation joining = {"barrier.open.party", prepare, open_as_party, NULL};
static const step_operation closing = {"barrier.close.party", prepare_to_close, close_it, NULL};

/*
 * To ask whether another lives takes some 10,000 instructions, nearly all of them in the C library. Where
 * that is done many runs, or BYNAME_CRASH_STRIDE=1, kill everywhere; and each run at all system calls.
 */
static void sweep(subject *s, const step_operation *operation)
{
    bool alone = s->count == 0;
    bool long_way = !alone && operation != &aborting && operation != &joining;
    long stride = long_way ? 2 * board_rotating_stride() : board_stride(EXPENSIVE);

    if (test_on_windows())
        stride = board_stride((alone ? 2 : 5) * EXPENSIVE);
    else if (long_way && getenv("BYNAME_CRASH_STRIDE") != NULL)
        stride = board_rotating_stride();
    if (long_way)
        (void)board_sweep_calls(operation, s->name, all_or_nothing, s);
    end(s, step_sweep(operation, s->name, alone ? broken_or_whole : all_or_nothing, s, stride));
}

static void wait_as_the_first(void)
{
    subject s;

    begin(&s, 2, 0);
    sweep(&s, &first);
    CHECK(step_is_sampled() || s.through > 0);
    CHECK(step_is_sampled() || s.broken > 0);
}

static void wait_as_the_last_of_3(void)
{
    subject s;

    begin(&s, 3, 2);
    s.is_last = true;
    sweep(&s, &last);
    CHECK(step_is_sampled() || s.through > 0);
    CHECK(step_is_sampled() || s.broken > 0);
}

static void wait_as_the_last_of_3_with_an_action(void)
{
    subject s;

    begin(&s, 3, 2);
    s.is_last = true;
    sweep(&s, &acting);
    CHECK(step_is_sampled() || s.through > 0);
    CHECK(step_is_sampled() || s.broken > 0);
}

static void wait_in_vain_with_2(void)
{
    subject s;

    begin(&s, 4, 2);
    sweep(&s, &vain);
    CHECK(step_is_sampled() || s.broken > 0);
}

static void abort_with_2(void)
{
    subject s;

    begin(&s, 3, 2);
    sweep(&s, &aborting);
    CHECK(step_is_sampled() || s.broken > 0);
}

static void reset_with_2(void)
{
    subject s;

    begin(&s, 3, 2);
    s.resets = true;
    sweep(&s, &resetting);
    CHECK(step_is_sampled() || s.broken > 0);
}

static void reset_of_a_broken_one(void)
{
    subject s;

    begin(&s, 3, 0);
    s.begins_broken = true;
    CHECK_STATUS(byn_barrier_abort(s.barrier), BYN_OK);
    sweep(&s, &resetting);
    CHECK(step_is_sampled() || s.before > 0); /* here: whole */
    CHECK(step_is_sampled() || s.broken > 0);
}

static void open_as_a_party_with_1(void)
{
    subject s;

    begin(&s, 3, 1);
    sweep(&s, &joining);
    CHECK(step_is_sampled() || s.broken > 0);
}

static void close_as_a_party(void)
{
    subject s;

    begin(&s, 3, 0);
    sweep(&s, &closing);
    CHECK(step_is_sampled() || s.before > 0);
    CHECK(step_is_sampled() || s.broken > 0);
}

static const test_case waits[] = {
    TEST(wait_as_the_first),
    TEST(wait_as_the_last_of_3),
    TEST(wait_as_the_last_of_3_with_an_action),
    TEST_END,
};

static const test_case others[] = {
    TEST(wait_in_vain_with_2),
    TEST(abort_with_2),
    TEST(reset_with_2),
    TEST(reset_of_a_broken_one),
    TEST(open_as_a_party_with_1),
    TEST(close_as_a_party),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(sleeper),  STEP(first),     STEP(last),    STEP(acting),  STEP(vain),
    STEP(aborting), STEP(resetting), STEP(joining), STEP(closing), PEER_END,
};

int main(int argc, char **argv)
{
    /* One source, two programs: one would take too long for a test. */
    return test_main(argc, argv, CRASH_NAME, CRASH_WAITS ? waits : others, peers);
}
