/*
 * A process is killed at every instruction of set, wait and reset. Afterwards the event is as before
 * or as after, and never set while those sleep on whom the set was for.
 *
 * A sleeper that the kernel has made runnable does not sleep any more, whether it has run or not. So
 * "set, and all of them asleep" is a lost wake-up the moment it is seen, whatever a heartbeat may
 * repair later.
 */
#include "sleepers.h"

#ifndef CRASH_WAITS
#define CRASH_WAITS 0
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPENSIVE = 29, MOST = 4 };

typedef struct subject {
    board *b;
    byn_event *event;
    peer *sleepers[MOST];
    unsigned count;
    bool manual;
    bool by_case; /* the case has set it, or the sleepers have come, in this round */
    unsigned before, after, lost;
} subject;

/* ---- In victims and sleepers */

static void *open_event(const char *name)
{
    byn_event *event = NULL;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_OK);
    return event;
}

static void *prepare(const char *name)
{
    board_warm_up();
    return open_event(name);
}

/* words[0]: how many sleep. */
static void *prepare_with_sleepers(const char *name)
{
    board *b = board_open(name);
    void *event = prepare(name);

    while (board_look(b, b->word[0]).asleep < b->word[0])
        board_pause();
    return event;
}

static void set_it(void *event)
{
    CHECK_STATUS(byn_event_set(event), BYN_OK);
}

static void reset_it(void *event)
{
    CHECK_STATUS(byn_event_reset(event), BYN_OK);
}

static void wait_for_it(void *event)
{
    CHECK_STATUS(byn_event_wait(event, LATE), BYN_OK);
}

/* Others may take it before. */
static void wait_a_little(void *event)
{
    byn_status status = byn_event_wait(event, 25);

    if (status != BYN_OK)
        CHECK_STATUS(status, BYN_E_TIMEDOUT);
}

static void wait_in_vain(void *event)
{
    CHECK_STATUS(byn_event_wait(event, 2), BYN_E_TIMEDOUT);
}

static int sleeper(peer_self *self, int argc, char **argv)
{
    seat *s = &board_open(argv[0])->seats[atoi(argv[1])];
    byn_event *event = open_event(argv[0]);

    (void)argc;
    peer_say(self, "ready");
    while (seat_told(self, s))
        seat_return(s, byn_event_wait(event, 2 * LATE));
    byn_event_close(event);
    return 0;
}

/* ---- In the case */

static void go_to_sleep(subject *s)
{
    sleepers_send(s->sleepers, s->count, s->b);
}

/* Leaves the event clear and everybody asleep again. */
static void release_all(subject *s)
{
    apr_uint32_t began = board_ms();

    while (board_look(s->b, s->count).returned < s->count) {
        CHECK_STATUS(byn_event_set(s->event), BYN_OK);
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
    CHECK_STATUS(byn_event_reset(s->event), BYN_OK);
    go_to_sleep(s);
}

static void set_is_whole(void *context, long k)
{
    subject *s = context;
    board_view view;
    bool is_set;
    unsigned passed;

    (void)k;
    REQUIRE(board_settle(s->b, s->count, &view));
    is_set = byn_event_is_set(s->event);
    passed = s->manual ? s->count : s->count > 0;
    if (is_set || view.returned > 0)
        board_await_returned(s->b, s->count, passed, &view);
    CHECK_INT(view.failed, 0);
    if (is_set && view.returned < passed) {
        s->lost++;
        FAIL("set, and %u of %u sleep on", view.asleep, s->count);
    } else if (view.returned == 0 && !is_set) {
        s->before++;
    } else {
        s->after++;
        CHECK_INT(view.returned, passed);
        CHECK_INT(is_set, s->manual || s->count == 0);
    }
    release_all(s);
}

static void let_it_through(void *context, long k)
{
    subject *s = context;

    (void)k;
    s->by_case = true;
    CHECK_STATUS(byn_event_set(s->event), BYN_OK);
}

/* The victim waited, beside the sleepers. What it did not take is there for another one. */
static void wait_took_one_or_none(void *context, long k)
{
    subject *s = context;
    board_view view;
    bool is_set;

    (void)k;
    REQUIRE(board_settle(s->b, s->count, &view));
    is_set = byn_event_is_set(s->event);
    if (is_set && view.asleep > 0) {
        s->lost++;
        FAIL("set, and %u of %u sleep on", view.asleep, s->count);
    }
    if (!s->by_case)
        CHECK(!is_set && view.returned == 0);
    else if (s->manual)
        CHECK(is_set);
    else
        CHECK(view.returned + is_set <= 1);
    s->before += !s->by_case || view.returned + is_set == 1;
    s->after += s->by_case && view.returned + is_set == 0;
    s->by_case = false;
    /* And it still works for others. */
    CHECK_STATUS(byn_event_set(s->event), BYN_OK);
    if (s->count == 0)
        CHECK_STATUS(byn_event_wait(s->event, BYN_NOW), BYN_OK);
    release_all(s);
}

static void wait_found_it(void *context, long k)
{
    subject *s = context;
    bool is_set = byn_event_is_set(s->event);

    (void)k;
    if (s->manual)
        CHECK(is_set);
    s->before += is_set;
    s->after += !is_set;
    CHECK_STATUS(byn_event_set(s->event), BYN_OK);
    CHECK_STATUS(byn_event_wait(s->event, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_event_set(s->event), BYN_OK);
}

static void reset_is_whole(void *context, long k)
{
    subject *s = context;
    bool is_set = byn_event_is_set(s->event);

    (void)k;
    s->before += is_set;
    s->after += !is_set;
    CHECK_STATUS(byn_event_wait(s->event, BYN_NOW), is_set ? BYN_OK : BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_event_set(s->event), BYN_OK);
    CHECK(byn_event_is_set(s->event));
}

static void begin(subject *s, const char *name, bool manual, unsigned count)
{
    memset(s, 0, sizeof *s);
    s->b = board_begin(name, 100);
    s->b->word[0] = count;
    s->manual = manual;
    s->count = count;
    REQUIRE_STATUS(
        byn_event_open(&s->event, name, &BYN_OPTIONS(byn_event_options, .manual_reset = manual)),
        BYN_CREATED);
    sleepers_start(s->sleepers, count, name);
    go_to_sleep(s);
}

static void end(subject *s, const char *name, step_report report)
{
    printf("     %s reset, %u sleepers: %u as before, %u as after, %u lost\n",
           s->manual ? "manual" : "auto", s->count, s->before, s->after, s->lost);
    sleepers_kill(s->sleepers, s->count);
    byn_event_close(s->event);
    board_destroy(name);
    step_check(report);
}

static const step_operation setting = {"event.set", prepare_with_sleepers, set_it, NULL};
static const step_operation waiting = {"event.wait.sleeps", prepare_with_sleepers, wait_for_it,
                                       let_it_through};
static const step_operation competing = {"event.wait.competes", prepare_with_sleepers,
                                         wait_a_little, let_it_through};
static const step_operation late = {"event.wait.times_out", prepare_with_sleepers, wait_in_vain,
                                    NULL};
static const step_operation finding = {"event.wait.finds", prepare, wait_for_it, NULL};
static const step_operation resetting = {"event.reset", prepare, reset_it, NULL};

static void sweep(const step_operation *operation, bool manual, unsigned count,
                  void (*verify)(void *context, long k))
{
    const char *name = fresh_name();
    subject s;

    begin(&s, name, manual, count);
    if (operation == &finding || operation == &resetting)
        CHECK_STATUS(byn_event_set(s.event), BYN_OK);
    end(&s, name, step_sweep(operation, name, verify, &s, board_stride(EXPENSIVE)));
    CHECK(step_is_sampled() || s.after > 0);
}

static void set_auto_with_nobody(void)
{
    sweep(&setting, false, 0, set_is_whole);
}

static void set_auto_with_1(void)
{
    sweep(&setting, false, 1, set_is_whole);
}

static void set_auto_with_2(void)
{
    sweep(&setting, false, 2, set_is_whole);
}

static void set_auto_with_4(void)
{
    sweep(&setting, false, 4, set_is_whole);
}

static void set_manual_with_nobody(void)
{
    sweep(&setting, true, 0, set_is_whole);
}

static void set_manual_with_1(void)
{
    sweep(&setting, true, 1, set_is_whole);
}

static void set_manual_with_2(void)
{
    sweep(&setting, true, 2, set_is_whole);
}

static void set_manual_with_4(void)
{
    sweep(&setting, true, 4, set_is_whole);
}

static void wait_auto_alone(void)
{
    sweep(&waiting, false, 0, wait_took_one_or_none);
}

static void wait_auto_beside_2(void)
{
    const char *name = fresh_name();
    subject s;

    begin(&s, name, false, 2);
    end(&s, name,
        step_sweep(&competing, name, wait_took_one_or_none, &s, board_stride(EXPENSIVE) + 1));
}

static void wait_manual_beside_1(void)
{
    const char *name = fresh_name();
    subject s;

    begin(&s, name, true, 1);
    end(&s, name, step_sweep(&waiting, name, wait_took_one_or_none, &s, board_stride(EXPENSIVE)));
}

static void wait_times_out_beside_1(void)
{
    const char *name = fresh_name();
    subject s;

    begin(&s, name, false, 1);
    end(&s, name, step_sweep(&late, name, wait_took_one_or_none, &s, board_stride(EXPENSIVE)));
}

static void wait_auto_that_finds_it_set(void)
{
    sweep(&finding, false, 0, wait_found_it);
}

static void wait_manual_that_finds_it_set(void)
{
    const char *name = fresh_name();
    subject s;

    begin(&s, name, true, 0);
    CHECK_STATUS(byn_event_set(s.event), BYN_OK);
    end(&s, name, step_sweep(&finding, name, wait_found_it, &s, board_stride(EXPENSIVE)));
}

static void reset_auto(void)
{
    sweep(&resetting, false, 0, reset_is_whole);
}

static void reset_manual(void)
{
    sweep(&resetting, true, 0, reset_is_whole);
}

/* ---- Races: the victim is not killed, but interrupted */

/* The victim sets; sleepers arrive at each of its instructions. */
static void sleepers_arrive(void *context, long k)
{
    subject *s = context;
    board_view view;

    (void)k;
    s->by_case = true;
    go_to_sleep(s);
    board_settle(s->b, s->count, &view);
}

static void all_who_must_have_passed(void *context, long k)
{
    subject *s = context;
    board_view view;
    bool is_set;

    (void)k;
    if (!s->by_case)
        go_to_sleep(s); /* the last victim came to its end without an interruption */
    s->by_case = false;
    REQUIRE(board_settle(s->b, s->count, &view));
    is_set = byn_event_is_set(s->event);
    if (is_set && view.asleep > 0)
        s->lost++;
    CHECK(!is_set || view.asleep == 0);
    CHECK_INT(view.returned + (s->manual ? 0 : is_set), s->manual ? s->count : 1);
    while (board_look(s->b, s->count).returned < s->count) {
        CHECK_STATUS(byn_event_set(s->event), BYN_OK);
        board_pause();
    }
    CHECK_STATUS(byn_event_reset(s->event), BYN_OK);
    s->after++;
}

static void race_set(bool manual, unsigned count)
{
    const char *name = fresh_name();
    subject s;
    board_view view;

    board_need_races();
    begin(&s, name, manual, count);
    s.b->word[0] = 0; /* the victim waits for nobody */
    board_settle(s.b, count, &view);
    while (board_look(s.b, count).returned < count) {
        CHECK_STATUS(byn_event_set(s.event), BYN_OK);
        board_pause();
    }
    CHECK_STATUS(byn_event_reset(s.event), BYN_OK);
    end(&s, name, step_switch(&setting, name, sleepers_arrive, all_who_must_have_passed, &s, 1));
}

static void set_auto_while_2_arrive(void)
{
    race_set(false, 2);
}

static void set_manual_while_2_arrive(void)
{
    race_set(true, 2);
}

/* The victim waits; the set arrives at each of its instructions. */
static void set_arrives(void *context, long k)
{
    subject *s = context;

    (void)k;
    if (!s->by_case)
        CHECK_STATUS(byn_event_set(s->event), BYN_OK);
    s->by_case = true;
}

static void set_when_asleep(void *context, long k)
{
    subject *s = context;

    (void)context;
    if (s->by_case) {
        s->lost++;
        FAIL("set at instruction %ld, and it went to sleep", k);
        CHECK_STATUS(byn_event_set(s->event), BYN_OK);
    } else {
        set_arrives(context, k);
    }
}

static void victim_passed(void *context, long k)
{
    subject *s = context;

    (void)k;
    if (!s->manual)
        CHECK(!byn_event_is_set(s->event));
    CHECK_STATUS(byn_event_reset(s->event), BYN_OK);
    s->by_case = false;
    s->after++;
}

static const step_operation racing_wait = {"event.wait.race", prepare, wait_for_it,
                                           set_when_asleep};

static void race_wait(bool manual)
{
    const char *name = fresh_name();
    subject s;

    board_need_races();
    begin(&s, name, manual, 0);
    end(&s, name, step_switch(&racing_wait, name, set_arrives, victim_passed, &s, 1));
}

static void wait_auto_while_it_is_set(void)
{
    race_wait(false);
}

static void wait_manual_while_it_is_set(void)
{
    race_wait(true);
}

/* Set and reset at one instruction: who had slept before, or had looked, passes or sleeps on. */
static void pulse_arrives(void *context, long k)
{
    subject *s = context;

    set_arrives(context, k);
    CHECK_STATUS(byn_event_reset(s->event), BYN_OK);
}

static void set_again(void *context, long k)
{
    subject *s = context;

    (void)k;
    CHECK_STATUS(byn_event_set(s->event), BYN_OK);
}

static const step_operation pulsed_wait = {"event.wait.pulsed", prepare, wait_for_it, set_again};

static void wait_manual_while_it_is_pulsed(void)
{
    const char *name = fresh_name();
    subject s;

    board_need_races();
    begin(&s, name, true, 0);
    end(&s, name, step_switch(&pulsed_wait, name, pulse_arrives, victim_passed, &s, 1));
}

static const test_case waits[] = {
    TEST(wait_auto_alone),
    TEST(wait_auto_beside_2),
    TEST(wait_manual_beside_1),
    TEST(wait_times_out_beside_1),
    TEST(wait_auto_that_finds_it_set),
    TEST(wait_manual_that_finds_it_set),
    TEST_END,
};

static const test_case others[] = {
    TEST(set_auto_with_nobody),
    TEST(set_auto_with_1),
    TEST(set_auto_with_2),
    TEST(set_auto_with_4),
    TEST(set_manual_with_nobody),
    TEST(set_manual_with_1),
    TEST(set_manual_with_2),
    TEST(set_manual_with_4),
    TEST(reset_auto),
    TEST(reset_manual),
    TEST(set_auto_while_2_arrive),
    TEST(set_manual_while_2_arrive),
    TEST(wait_auto_while_it_is_set),
    TEST(wait_manual_while_it_is_set),
    TEST(wait_manual_while_it_is_pulsed),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(sleeper), STEP(setting),   STEP(waiting),     STEP(late),        STEP(competing),
    STEP(finding), STEP(resetting), STEP(racing_wait), STEP(pulsed_wait), PEER_END,
};

int main(int argc, char **argv)
{
    /* One source, two programs: one would take too long for a test. */
    return test_main(argc, argv, CRASH_NAME, CRASH_WAITS ? waits : others, peers);
}
