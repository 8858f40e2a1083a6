/* byn_event: auto-reset lets one through for each set, manual-reset all until it is reset. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"
#include "support.h"

enum { AUTO = 0, MANUAL = 1 };

static byn_event *opened(const char *name, bool manual, bool set)
{
    byn_event *event = NULL;

    REQUIRE_STATUS(byn_event_open(&event, name,
                                  &BYN_OPTIONS(byn_event_options, .manual_reset = manual,
                                               .initially_set = set)),
                   BYN_CREATED);
    return event;
}

static peer *other(peer_kind kind, const char *name)
{
    peer *p = remote_start(kind);

    CHECK_STATUS(remote_call(p, "event 0 0 0 %s", name), BYN_OK);
    return p;
}

/* ---- Opening */

static void creators_options_hold(void)
{
    const char *name = fresh_name();
    byn_event *event = opened(name, true, true);
    peer *p = remote_start(PEER_PROCESS);
    byn_event *again = NULL;

    CHECK_STR(byn_event_name(event), name);
    CHECK_STATUS(remote_call(p, "event 0 1 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "is_set"), BYN_OK);
    CHECK_INT(remote_number(), 1);
    CHECK_STATUS(
        byn_event_open(&again, name, &BYN_OPTIONS(byn_event_options, .open = BYN_CREATE_ONLY)),
        BYN_E_EXISTS);
    CHECK_STATUS(remote_call(p, "close event"), BYN_OK);
    CHECK_STATUS(remote_call(p, "event 2 0 0 %s", name), BYN_OK);
    byn_event_close(event);
    event = NULL;
    CHECK_STATUS(remote_call(p, "close event"), BYN_OK);
    CHECK_STATUS(remote_call(p, "event 2 0 0 %s", name), BYN_E_NOTFOUND);
    remote_end(p);
}

static void manual_reset_must_be_the_creators_or_nothing(void)
{
    const char *name = fresh_name();
    byn_event *event = opened(name, false, false);
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "event 0 1 0 %s", name), BYN_E_MISMATCH);
    CHECK_CONTAINS(remote_error(), "manual_reset");
    remote_end(p);
    byn_event_close(event);
}

static void later_openers_initially_set_is_ignored(void)
{
    const char *name = fresh_name();
    byn_event *event = opened(name, false, false);
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "event 0 0 1 %s", name), BYN_OK);
    CHECK(!byn_event_is_set(event));
    remote_end(p);
    byn_event_close(event);
}

static void state_lasts_as_long_as_anybody_has_it_open(void)
{
    const char *name = fresh_name();
    byn_event *event = opened(name, true, false);
    peer *p = other(PEER_PROCESS, name);

    CHECK_STATUS(byn_event_set(event), BYN_OK);
    byn_event_close(event);
    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_OK);
    CHECK(byn_event_is_set(event));
    remote_end(p);
    byn_event_close(event);
    event = opened(name, true, false);
    CHECK(!byn_event_is_set(event));
    byn_event_close(event);
}

/* ---- Set, reset, is_set */

static void auto_event_lets_one_through_for_a_set(void)
{
    byn_event *event = opened(fresh_name(), false, false);

    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK(byn_event_is_set(event));
    CHECK(byn_event_is_set(event));
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_OK);
    CHECK(!byn_event_is_set(event));
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_E_TIMEDOUT);
    byn_event_close(event);
}

static void sets_of_a_set_event_do_not_add_up(void)
{
    byn_event *event = opened(fresh_name(), false, true);

    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, BYN_FOREVER), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_E_TIMEDOUT);
    byn_event_close(event);
}

static void manual_event_lets_all_through_until_reset(void)
{
    byn_event *event = opened(fresh_name(), true, false);
    int i;

    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    for (i = 0; i < 3; i++)
        CHECK_STATUS(byn_event_wait(event, i - 1), BYN_OK);
    CHECK(byn_event_is_set(event));
    CHECK_STATUS(byn_event_reset(event), BYN_OK);
    CHECK(!byn_event_is_set(event));
    CHECK_STATUS(byn_event_reset(event), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_E_TIMEDOUT);
    byn_event_close(event);
}

static void reset_takes_an_auto_events_signal(void)
{
    byn_event *event = opened(fresh_name(), false, true);

    CHECK_STATUS(byn_event_reset(event), BYN_OK);
    CHECK_STATUS(byn_event_reset(event), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_E_TIMEDOUT);
    byn_event_close(event);
}

static void is_seen_by(peer_kind kind)
{
    const char *name = fresh_name();
    byn_event *event = opened(name, true, false);
    peer *p = other(kind, name);

    CHECK_STATUS(remote_call(p, "wait 1"), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK_STATUS(remote_call(p, "wait -1"), BYN_OK);
    CHECK_STATUS(remote_call(p, "reset"), BYN_OK);
    CHECK(!byn_event_is_set(event));
    CHECK_STATUS(remote_call(p, "set"), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_OK);
    remote_end(p);
    byn_event_close(event);
}

static void changes_are_seen_by_other_processes(void)
{
    is_seen_by(PEER_PROCESS);
}

static void changes_are_seen_by_other_threads(void)
{
    is_seen_by(PEER_THREAD);
}

/* ---- Waiting */

enum { WAITERS = 6 };

static void start_waiters(peer_kind kind, const char *name, peer **waiters)
{
    int i;

    for (i = 0; i < WAITERS; i++) {
        waiters[i] = other(kind, name);
        remote_begin(waiters[i], i % 2 == 0 ? "wait -1" : "wait 90000");
    }
}

/* As many sets as waiters, each once the last has been taken: no wake-up may be lost. */
static void each_set_lets_one_in(peer_kind kind)
{
    const char *name = fresh_name();
    byn_event *event = opened(name, false, false);
    byn_event *taken = opened(fresh_name(), false, false);
    peer *waiters[WAITERS];
    int i;

    start_waiters(kind, name, waiters);
    for (i = 0; i < WAITERS; i++) {
        int64_t until = platform_milliseconds() + 60000;

        CHECK_STATUS(byn_event_set(event), BYN_OK);
        while (byn_event_is_set(event) && platform_milliseconds() < until)
            CHECK_STATUS(byn_event_wait(taken, 1), BYN_E_TIMEDOUT); /* a rest */
        CHECK(!byn_event_is_set(event));
    }
    for (i = 0; i < WAITERS; i++)
        CHECK_STATUS(remote_answer(waiters[i]), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_E_TIMEDOUT);
    for (i = 0; i < WAITERS; i++)
        remote_end(waiters[i]);
    byn_event_close(taken);
    byn_event_close(event);
}

static void each_set_of_an_auto_event_lets_one_process_in(void)
{
    each_set_lets_one_in(PEER_PROCESS);
}

static void each_set_of_an_auto_event_lets_one_thread_in(void)
{
    each_set_lets_one_in(PEER_THREAD);
}

static void set_lets_all_in(peer_kind kind)
{
    const char *name = fresh_name();
    byn_event *event = opened(name, true, false);
    peer *waiters[WAITERS];
    int i;

    start_waiters(kind, name, waiters);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    for (i = 0; i < WAITERS; i++)
        CHECK_STATUS(remote_answer(waiters[i]), BYN_OK);
    for (i = 0; i < WAITERS; i++)
        remote_end(waiters[i]);
    byn_event_close(event);
}

static void set_of_a_manual_event_lets_all_processes_in(void)
{
    set_lets_all_in(PEER_PROCESS);
}

static void set_of_a_manual_event_lets_all_threads_in(void)
{
    set_lets_all_in(PEER_THREAD);
}

/* The waiter is stopped while the event is set and reset: it can see only that this has been. */
static void set_and_reset_lets_a_sleeper_through(void)
{
    const char *name = fresh_name();
    byn_event *event = opened(name, true, false);
    peer *waiter = other(PEER_PROCESS, name);
    bool stopped;

    remote_begin(waiter, "wait -1");
    stopped = !test_on_windows() && peer_stop(waiter);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    if (stopped) {
        CHECK_STATUS(byn_event_reset(event), BYN_OK);
        CHECK(peer_continue(waiter));
    }
    CHECK_STATUS(remote_answer(waiter), BYN_OK);
    CHECK_INT(byn_event_is_set(event), !stopped);
    remote_end(waiter);
    byn_event_close(event);
    if (!stopped)
        test_skip("whether a peer sleeps cannot be seen here, or it cannot be stopped");
}

static void timeout_is_never_early(void)
{
    static const byn_timeout timeouts[] = {1, 2, 10, 33, 150};
    size_t i;
    int manual;

    for (manual = AUTO; manual <= MANUAL; manual++) {
        byn_event *event = opened(fresh_name(), manual == MANUAL, false);

        for (i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
            int64_t began = platform_milliseconds();

            CHECK_STATUS(byn_event_wait(event, timeouts[i]), BYN_E_TIMEDOUT);
            CHECK(platform_milliseconds() - began >= timeouts[i]);
        }
        byn_event_close(event);
    }
}

static void killed_waiter_takes_no_signal_along(void)
{
    const char *name = fresh_name();
    byn_event *event = opened(name, false, false);
    peer *survivor = other(PEER_PROCESS, name);
    peer *doomed[WAITERS];
    int i;

    start_waiters(PEER_PROCESS, name, doomed);
    remote_begin(survivor, "wait -1");
    for (i = 0; i < WAITERS; i++)
        peer_kill(doomed[i]);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK_STATUS(remote_answer(survivor), BYN_OK);
    remote_end(survivor);
    byn_event_close(event);
}

static void unusable_arguments_are_invalid(void)
{
    const char *name = fresh_name();
    byn_event *event = opened(name, false, true);

    CHECK_STATUS(byn_event_wait(event, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_event_wait(event, INT64_MIN), BYN_E_INVALID);
    CHECK(byn_event_is_set(event));
    CHECK_STATUS(byn_event_wait(event, INT64_MAX), BYN_OK);
    byn_event_close(event);
    CHECK_STATUS(byn_event_open(NULL, name, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_event_set(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_event_reset(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_event_wait(NULL, BYN_NOW), BYN_E_INVALID);
    CHECK(!byn_event_is_set(NULL));
    CHECK(byn_event_name(NULL) == NULL);
    byn_event_close(NULL);
}

/* ---- Two that pass one signal back and forth lose none */

static int answers_pings(peer_self *self, int argc, char **argv)
{
    byn_event *ping = NULL, *pong = NULL;
    int i, rounds = argc == 3 ? atoi(argv[2]) : 0;

    REQUIRE_STATUS(byn_event_open(&ping, argv[0], NULL), BYN_OK);
    REQUIRE_STATUS(byn_event_open(&pong, argv[1], NULL), BYN_OK);
    peer_say(self, "ready");
    for (i = 0; i < rounds; i++) {
        REQUIRE_STATUS(byn_event_wait(ping, 60000), BYN_OK);
        REQUIRE_STATUS(byn_event_set(pong), BYN_OK);
    }
    byn_event_close(ping);
    byn_event_close(pong);
    return 0;
}

static void ping_pong(peer_kind kind)
{
    enum { ROUNDS = 3000 };
    const char *ping_name = fresh_name(), *pong_name = fresh_name();
    byn_event *ping = opened(ping_name, false, false), *pong = opened(pong_name, false, false);
    char rounds[16];
    peer *p;
    int i;

    (void)snprintf(rounds, sizeof rounds, "%d", ROUNDS);
    p = peer_start(kind, "answers_pings", ping_name, pong_name, rounds, NULL);
    peer_expect(p, "ready");
    for (i = 0; i < ROUNDS; i++) {
        REQUIRE_STATUS(byn_event_set(ping), BYN_OK);
        REQUIRE_STATUS(byn_event_wait(pong, 60000), BYN_OK);
    }
    CHECK_INT(peer_finish(p), 0);
    byn_event_close(ping);
    byn_event_close(pong);
}

static void processes_play_ping_pong(void)
{
    ping_pong(PEER_PROCESS);
}

static void threads_play_ping_pong(void)
{
    ping_pong(PEER_THREAD);
}

static const test_case cases[] = {
    TEST(creators_options_hold),
    TEST(manual_reset_must_be_the_creators_or_nothing),
    TEST(later_openers_initially_set_is_ignored),
    TEST(state_lasts_as_long_as_anybody_has_it_open),
    TEST(auto_event_lets_one_through_for_a_set),
    TEST(sets_of_a_set_event_do_not_add_up),
    TEST(manual_event_lets_all_through_until_reset),
    TEST(reset_takes_an_auto_events_signal),
    TEST(changes_are_seen_by_other_processes),
    TEST(changes_are_seen_by_other_threads),
    TEST(each_set_of_an_auto_event_lets_one_process_in),
    TEST(each_set_of_an_auto_event_lets_one_thread_in),
    TEST(set_of_a_manual_event_lets_all_processes_in),
    TEST(set_of_a_manual_event_lets_all_threads_in),
    TEST(set_and_reset_lets_a_sleeper_through),
    TEST(timeout_is_never_early),
    TEST(killed_waiter_takes_no_signal_along),
    TEST(unusable_arguments_are_invalid),
    TEST(processes_play_ping_pong),
    TEST(threads_play_ping_pong),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(answers_pings), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "event", cases, peers);
}
