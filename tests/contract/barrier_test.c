/* byn_barrier: all go on together, or nobody does. Of deaths: barrier_death_test.c. */
#include <byname/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"
#include "support.h"

enum { LATE = 60000, MOST = 128 };

static byn_barrier *opened(const char *name, uint32_t parties)
{
    byn_barrier *barrier = NULL;

    REQUIRE_STATUS(
        byn_barrier_open(&barrier, name, &BYN_OPTIONS(byn_barrier_options, .parties = parties)),
        BYN_CREATED);
    return barrier;
}

static peer *other(peer_kind kind, const char *name)
{
    peer *p = remote_start(kind);

    CHECK_STATUS(remote_call(p, "barrier 0 0 0 %s", name), BYN_OK);
    return p;
}

/* Until so many wait. */
static void await_waiting(byn_barrier *barrier, uint32_t count)
{
    int64_t until = platform_milliseconds() + 1000 * test_patience();

    while (byn_barrier_waiting(barrier) != count)
        REQUIRE(platform_milliseconds() < until);
}

/* ---- Opening */

static void creators_parties_hold(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 3);
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STR(byn_barrier_name(barrier), name);
    CHECK_INT(byn_barrier_parties(barrier), 3);
    CHECK_INT(byn_barrier_waiting(barrier), 0);
    CHECK(!byn_barrier_is_broken(barrier));
    CHECK_STATUS(remote_call(p, "barrier 0 3 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close barrier"), BYN_OK);
    CHECK_STATUS(remote_call(p, "barrier 0 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close barrier"), BYN_OK);
    CHECK_STATUS(remote_call(p, "barrier 0 4 0 %s", name), BYN_E_MISMATCH);
    CHECK_CONTAINS(remote_error(), "parties is 3");
    CHECK_STATUS(remote_call(p, "barrier 1 3 0 %s", name), BYN_E_EXISTS);
    CHECK_STATUS(remote_call(p, "mutex 0 0 %s", name), BYN_E_MISMATCH);
    remote_end(p);
    byn_barrier_close(barrier);
}

static void parties_are_needed_to_create(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = NULL;

    CHECK_STATUS(byn_barrier_open(&barrier, name, NULL), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "parties");
    CHECK_CONTAINS(byn_last_error(), name);
    CHECK_STATUS(byn_barrier_open(&barrier, NULL, NULL), BYN_E_INVALID);
    CHECK_STATUS(
        byn_barrier_open(&barrier, name, &BYN_OPTIONS(byn_barrier_options, .open = BYN_OPEN_ONLY)),
        BYN_E_NOTFOUND);
    CHECK_STATUS(
        byn_barrier_open(&barrier, name, &BYN_OPTIONS(byn_barrier_options, .parties = 8001)),
        BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "8000");
    CHECK(barrier == NULL);
    barrier = opened(name, 8000);
    byn_barrier_close(barrier);
}

static void unusable_arguments_are_invalid(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 1);
    uint32_t index = 77;

    CHECK_STATUS(byn_barrier_wait(barrier, -2, &index), BYN_E_INVALID);
    CHECK_INT(index, 77);
    byn_barrier_close(barrier);
    CHECK_STATUS(byn_barrier_open(NULL, name, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_barrier_wait(NULL, BYN_NOW, &index), BYN_E_INVALID);
    CHECK_STATUS(byn_barrier_abort(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_barrier_reset(NULL), BYN_E_INVALID);
    CHECK(byn_barrier_name(NULL) == NULL);
    CHECK_INT(byn_barrier_parties(NULL), 0);
    CHECK_INT(byn_barrier_waiting(NULL), 0);
    CHECK(!byn_barrier_is_broken(NULL));
    byn_barrier_close(NULL);
}

/* ---- Meeting */

static void one_party_never_waits(void)
{
    byn_barrier *barrier = opened(fresh_name(), 1);
    uint32_t index = 77;
    int round;

    for (round = 0; round < 5; round++) {
        CHECK_STATUS(byn_barrier_wait(barrier, round % 2 == 0 ? BYN_NOW : BYN_FOREVER, &index),
                     BYN_SERIAL);
        CHECK_INT(index, 0);
    }
    CHECK_STATUS(byn_barrier_wait(barrier, BYN_FOREVER, NULL), BYN_SERIAL);
    byn_barrier_close(barrier);
}

static void nobody_goes_on_before_the_last(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 4);
    peer *p[3];
    uint32_t index = 77;
    int i;

    for (i = 0; i < 3; i++) {
        p[i] = other(i == 1 ? PEER_THREAD : PEER_PROCESS, name);
        remote_begin(p[i], "meet -1");
        await_waiting(barrier, (uint32_t)i + 1);
    }
    CHECK_STATUS(byn_barrier_wait(barrier, BYN_NOW, &index), BYN_SERIAL);
    CHECK_INT(index, 3);
    for (i = 0; i < 3; i++) {
        CHECK_STATUS(remote_answer(p[i]), BYN_OK);
        CHECK_INT(remote_number(), i);
    }
    CHECK_INT(byn_barrier_waiting(barrier), 0);
    for (i = 0; i < 3; i++)
        remote_end(p[i]);
    byn_barrier_close(barrier);
}

/* Meets again and again, and says each time what it was answered. */
static int meets(peer_self *self, int argc, char **argv)
{
    int rounds = atoi(argv[1]), i;
    byn_barrier *barrier = NULL;

    (void)argc;
    REQUIRE_STATUS(byn_barrier_open(&barrier, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    peer_wait(self, "go");
    for (i = 0; i < rounds; i++) {
        uint32_t index = 777;
        byn_status status = byn_barrier_wait(barrier, LATE, &index);

        peer_say(self, "%s %u", byn_status_name(status), index);
    }
    byn_barrier_close(barrier);
    return 0;
}

/* One round of all: each index once, and the last of them is the serial one. */
static void check_round(peer **p, unsigned count, int round)
{
    bool seen[MOST] = {false};
    unsigned i, serial = 0;

    for (i = 0; i < count; i++) {
        char status[40];
        unsigned index = 777;

        REQUIRE(sscanf(peer_line(p[i]), "%39s %u", status, &index) == 2);
        REQUIRE(index < count);
        if (seen[index])
            FAIL("round %d: index %u twice", round, index);
        seen[index] = true;
        serial += strcmp(status, "BYN_SERIAL") == 0;
        CHECK_STR(status, index == count - 1 ? "BYN_SERIAL" : "BYN_OK");
    }
    CHECK_INT(serial, 1);
}

static void all_meet(peer_kind kind, unsigned count, int rounds)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, count);
    char text[16];
    peer *p[MOST];
    unsigned i;
    int round;

    (void)snprintf(text, sizeof text, "%d", rounds);
    for (i = 0; i < count; i++) {
        p[i] = peer_start(kind, "meets", name, text, NULL);
        peer_expect(p[i], "ready");
    }
    for (i = 0; i < count; i++)
        peer_tell(p[i], "go");
    for (round = 0; round < rounds; round++)
        check_round(p, count, round);
    for (i = 0; i < count; i++)
        CHECK_INT(peer_finish(p[i]), 0);
    CHECK(!byn_barrier_is_broken(barrier));
    byn_barrier_close(barrier);
}

static void processes_meet_in_many_rounds(void)
{
    unsigned count;

    for (count = 2; count <= 8; count += 2)
        all_meet(PEER_PROCESS, count, test_on_windows() ? 40 : 200);
}

static void threads_meet_in_many_rounds(void)
{
    unsigned count;

    for (count = 2; count <= 8; count++)
        all_meet(PEER_THREAD, count, test_on_windows() ? 40 : 200);
}

/* On Windows there are more than can sleep at a time without looking again and again. */
static void a_hundred_meet(void)
{
    test_deadline(200);
    all_meet(PEER_PROCESS, test_on_windows() || test_sanitized() ? 40 : 100, 5);
}

static void more_than_the_parties_meet_in_the_next_round(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    unsigned serial = 0, indices = 0;
    uint32_t index = 77;
    peer *p[5];
    int i;

    for (i = 0; i < 5; i++) {
        p[i] = other(i % 2 == 0 ? PEER_PROCESS : PEER_THREAD, name);
        if (i < 4)
            remote_begin(p[i], "meet -1");
    }
    for (i = 0; i < 4; i++) {
        byn_status status = remote_answer(p[i]);

        CHECK(status == BYN_OK || status == BYN_SERIAL);
        serial += status == BYN_SERIAL;
        indices += (unsigned)remote_number();
    }
    CHECK_INT(serial, 2);
    CHECK_INT(indices, 2);
    remote_begin(p[4], "meet -1");
    await_waiting(barrier, 1);
    CHECK_STATUS(byn_barrier_wait(barrier, LATE, &index), BYN_SERIAL);
    CHECK_STATUS(remote_answer(p[4]), BYN_OK);
    for (i = 0; i < 5; i++)
        remote_end(p[i]);
    byn_barrier_close(barrier);
}

/* It is stopped in its sleep while the others go on, and goes on when it is broken by now. */
static void slow_waiter_is_told_of_its_own_round(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    peer *slow = other(PEER_PROCESS, name), *p = other(PEER_PROCESS, name);
    int i;

    for (i = 0; i < 3; i++) {
        remote_begin(slow, "meet -1");
        await_waiting(barrier, 1);
        if (!peer_stop(slow))
            test_skip("nobody can be stopped here");
        CHECK_STATUS(byn_barrier_wait(barrier, LATE, NULL), BYN_SERIAL);
        remote_begin(p, "meet -1");
        if (i > 0) {
            await_waiting(barrier, 1);
            if (i == 1)
                CHECK_STATUS(byn_barrier_abort(barrier), BYN_OK);
            else
                CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
            CHECK_STATUS(remote_answer(p), BYN_E_BROKEN);
        } else {
            CHECK_STATUS(byn_barrier_wait(barrier, LATE, NULL) >= 0 ? BYN_OK : BYN_E_OS, BYN_OK);
            CHECK(remote_answer(p) >= 0);
        }
        CHECK(peer_continue(slow));
        CHECK_STATUS(remote_answer(slow), BYN_OK);
        CHECK_INT(remote_number(), 0);
        CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
    }
    remote_end(slow);
    remote_end(p);
    byn_barrier_close(barrier);
}

/* ---- The action */

/* Adds one to a number that all see; each must find it at the number of the round when it goes on. */
static void count_round(void *context)
{
    byn_value *rounds = context;

    CHECK_STATUS(byn_value_add(rounds, 1, NULL), BYN_OK);
}

static int meets_and_counts(peer_self *self, int argc, char **argv)
{
    int rounds = atoi(argv[2]), i;
    byn_barrier *barrier = NULL;
    byn_value *value = NULL;
    int64_t number = 0;

    (void)argc;
    REQUIRE(byn_value_open(&value, argv[1], NULL) >= 0);
    REQUIRE_STATUS(byn_barrier_open(&barrier, argv[0],
                                    &BYN_OPTIONS(byn_barrier_options, .action = count_round,
                                                 .action_context = value)),
                   BYN_OK);
    /* Two rounds each time, so that nobody looks when the next has begun. */
    for (i = 1; i <= rounds; i += 2) {
        CHECK(byn_barrier_wait(barrier, LATE, NULL) >= 0);
        CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
        CHECK_INT(number, i);
        CHECK(byn_barrier_wait(barrier, LATE, NULL) >= 0);
    }
    peer_say(self, "done");
    byn_barrier_close(barrier);
    byn_value_close(value);
    return 0;
}

static void action_runs_once_before_anybody_goes_on(void)
{
    const char *name = fresh_name(), *rounds = test_on_windows() ? "20" : "100";
    byn_barrier *barrier = opened(name, 4);
    byn_value *value = NULL;
    peer *p[4];
    int i, round;

    for (round = 0; round < 2; round++) {
        REQUIRE_STATUS(byn_value_open(&value, NULL, NULL), BYN_CREATED);
        for (i = 0; i < 4; i++)
            p[i] = peer_start(round == 0 ? PEER_PROCESS : PEER_THREAD, "meets_and_counts", name,
                              byn_value_name(value), rounds, NULL);
        for (i = 0; i < 4; i++) {
            peer_expect(p[i], "done");
            CHECK_INT(peer_finish(p[i]), 0);
        }
        byn_value_close(value);
    }
    byn_barrier_close(barrier);
}

typedef struct deed {
    byn_barrier *barrier;
    int runs;
    byn_status (*act)(byn_barrier *barrier);
    byn_status answer;
} deed;

static void act(void *context)
{
    deed *d = context;

    d->runs++;
    d->answer = d->act(d->barrier);
}

static byn_status wait_again(byn_barrier *barrier)
{
    return byn_barrier_wait(barrier, BYN_FOREVER, NULL);
}

/* The action of the last one does something to the barrier itself. */
static byn_status act_in_it(byn_status (*what)(byn_barrier *barrier), byn_status answer,
                            byn_status others)
{
    const char *name = fresh_name();
    deed d = {NULL, 0, what, BYN_E_OS};
    byn_barrier *barrier = opened(name, 2), *same = NULL;
    peer *p = other(PEER_PROCESS, name);
    byn_status status;

    d.barrier = barrier;
    REQUIRE_STATUS(
        byn_barrier_open(&same, name,
                         &BYN_OPTIONS(byn_barrier_options, .action = act, .action_context = &d)),
        BYN_OK);
    CHECK(same == barrier);
    remote_begin(p, "meet -1");
    await_waiting(barrier, 1);
    status = byn_barrier_wait(barrier, LATE, NULL);
    CHECK_INT(d.runs, 1);
    CHECK_STATUS(d.answer, answer);
    CHECK_STATUS(remote_answer(p), others);
    remote_end(p);
    byn_barrier_close(same);
    byn_barrier_close(barrier);
    return status;
}

static void action_may_not_wait_for_its_own_barrier(void)
{
    CHECK_STATUS(act_in_it(wait_again, BYN_E_DEADLOCK, BYN_OK), BYN_SERIAL);
}

static void action_may_break_or_reset_it(void)
{
    CHECK_STATUS(act_in_it(byn_barrier_abort, BYN_OK, BYN_E_BROKEN), BYN_E_BROKEN);
    CHECK_STATUS(act_in_it(byn_barrier_reset, BYN_OK, BYN_E_BROKEN), BYN_E_BROKEN);
}

static void action_of_who_is_not_the_last_does_not_run(void)
{
    const char *name = fresh_name();
    deed d = {NULL, 0, byn_barrier_abort, BYN_E_OS};
    byn_barrier *barrier = opened(name, 2), *same = NULL;
    peer *p = other(PEER_PROCESS, name);

    d.barrier = barrier;
    REQUIRE_STATUS(
        byn_barrier_open(&same, name,
                         &BYN_OPTIONS(byn_barrier_options, .action = act, .action_context = &d)),
        BYN_OK);
    byn_barrier_close(same);
    remote_begin(p, "meet -1");
    await_waiting(barrier, 1);
    CHECK_STATUS(byn_barrier_abort(barrier), BYN_OK);
    CHECK_STATUS(byn_barrier_wait(barrier, LATE, NULL), BYN_E_BROKEN);
    CHECK_STATUS(remote_answer(p), BYN_E_BROKEN);
    CHECK_INT(d.runs, 0);
    remote_end(p);
    byn_barrier_close(barrier);
}

/* Stays in its action until it is told to go on. */
static void linger(void *self)
{
    peer_say(self, "acts");
    peer_wait(self, "go");
}

static int lingers(peer_self *self, int argc, char **argv)
{
    byn_barrier *barrier = NULL;

    (void)argc;
    REQUIRE_STATUS(byn_barrier_open(
                       &barrier, argv[0],
                       &BYN_OPTIONS(byn_barrier_options, .action = linger, .action_context = self)),
                   BYN_OK);
    peer_say(self, "%s", byn_status_name(byn_barrier_wait(barrier, LATE, NULL)));
    byn_barrier_close(barrier);
    return 0;
}

/* Who comes meanwhile waits for the next round, and breaks nothing if it waits no longer. */
static void round_is_full_while_the_action_runs(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    peer *first = other(PEER_PROCESS, name), *next = other(PEER_PROCESS, name), *last;

    remote_begin(first, "meet -1");
    await_waiting(barrier, 1);
    last = peer_start(PEER_PROCESS, "lingers", name, NULL);
    peer_expect(last, "acts");
    CHECK_INT(byn_barrier_waiting(barrier), 2);
    CHECK_STATUS(byn_barrier_wait(barrier, BYN_NOW, NULL), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_barrier_wait(barrier, 20, NULL), BYN_E_TIMEDOUT);
    CHECK(!byn_barrier_is_broken(barrier));
    remote_begin(next, "meet -1");
    CHECK_INT(byn_barrier_waiting(barrier), 2);
    peer_tell(last, "go");
    peer_expect(last, "BYN_SERIAL");
    CHECK_STATUS(remote_answer(first), BYN_OK);
    await_waiting(barrier, 1);
    CHECK_STATUS(byn_barrier_wait(barrier, LATE, NULL), BYN_SERIAL);
    CHECK_STATUS(remote_answer(next), BYN_OK);
    CHECK_INT(peer_finish(last), 0);
    remote_end(first);
    remote_end(next);
    byn_barrier_close(barrier);
}

static void timeout_while_the_action_runs_breaks_it(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    peer *first = other(PEER_PROCESS, name), *last;

    remote_begin(first, "meet 1500");
    await_waiting(barrier, 1);
    last = peer_start(PEER_PROCESS, "lingers", name, NULL);
    peer_expect(last, "acts");
    CHECK_STATUS(remote_answer(first), BYN_E_TIMEDOUT);
    CHECK(byn_barrier_is_broken(barrier));
    peer_tell(last, "go");
    peer_expect(last, "BYN_E_BROKEN");
    CHECK_INT(peer_finish(last), 0);
    remote_end(first);
    byn_barrier_close(barrier);
}

/* ---- Breaking */

enum { WAITERS = 3 };

/* So many wait at a barrier for one more than WAITERS + 1. */
static byn_barrier *with_waiters(peer *p[WAITERS], const char *name)
{
    byn_barrier *barrier = opened(name, WAITERS + 2);
    int i;

    for (i = 0; i < WAITERS; i++) {
        p[i] = other(i == 1 ? PEER_THREAD : PEER_PROCESS, name);
        remote_begin(p[i], "meet %d", i == 0 ? -1 : 90000);
    }
    await_waiting(barrier, WAITERS);
    return barrier;
}

/* All who waited are told, and whoever comes; until a reset. */
static void check_broken(byn_barrier *barrier, peer *p[WAITERS])
{
    int i;

    for (i = 0; i < WAITERS; i++)
        CHECK_STATUS(remote_answer(p[i]), BYN_E_BROKEN);
    CHECK(byn_barrier_is_broken(barrier));
    CHECK_INT(byn_barrier_waiting(barrier), 0);
    for (i = 0; i < WAITERS; i++)
        CHECK_STATUS(remote_call(p[i], i == 0 ? "meet 0" : "meet -1"), BYN_E_BROKEN);
    CHECK_STATUS(byn_barrier_wait(barrier, BYN_FOREVER, NULL), BYN_E_BROKEN);
    CHECK_CONTAINS(byn_last_error(), "broken");
}

static void check_whole(byn_barrier *barrier, peer *p[WAITERS], const char *name)
{
    peer *last = other(PEER_PROCESS, name);
    int i;

    CHECK(!byn_barrier_is_broken(barrier));
    for (i = 0; i < WAITERS; i++)
        remote_begin(p[i], "meet -1");
    await_waiting(barrier, WAITERS);
    remote_begin(last, "meet -1");
    await_waiting(barrier, WAITERS + 1);
    CHECK_STATUS(byn_barrier_wait(barrier, BYN_NOW, NULL), BYN_SERIAL);
    for (i = 0; i < WAITERS; i++)
        CHECK_STATUS(remote_answer(p[i]), BYN_OK);
    CHECK_STATUS(remote_answer(last), BYN_OK);
    remote_end(last);
    for (i = 0; i < WAITERS; i++)
        remote_end(p[i]);
    byn_barrier_close(barrier);
}

static void abort_breaks_it_until_its_reset(void)
{
    const char *name = fresh_name();
    peer *p[WAITERS], *q = other(PEER_PROCESS, byn_barrier_name(with_waiters(p, name)));
    byn_barrier *barrier = NULL;

    REQUIRE_STATUS(byn_barrier_open(&barrier, name, NULL), BYN_OK);
    CHECK_STATUS(remote_call(q, "break"), BYN_OK);
    check_broken(barrier, p);
    CHECK_STATUS(remote_call(q, "break"), BYN_OK);
    CHECK_STATUS(remote_call(q, "mend"), BYN_OK);
    remote_end(q);
    check_whole(barrier, p, name);
    byn_barrier_close(barrier);
}

static void reset_sends_away_who_waits(void)
{
    const char *name = fresh_name();
    peer *p[WAITERS];
    byn_barrier *barrier = with_waiters(p, name);
    int i;

    CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
    for (i = 0; i < WAITERS; i++)
        CHECK_STATUS(remote_answer(p[i]), BYN_E_BROKEN);
    CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
    check_whole(barrier, p, name);
}

static void timeout_breaks_it_for_all(void)
{
    const char *name = fresh_name();
    peer *p[WAITERS];
    byn_barrier *barrier = with_waiters(p, name);
    uint32_t index = 77;

    CHECK_STATUS(byn_barrier_wait(barrier, 30, &index), BYN_E_TIMEDOUT);
    CHECK_INT(index, 77);
    check_broken(barrier, p);
    CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
    check_whole(barrier, p, name);
}

static void who_will_not_wait_breaks_it_unless_it_is_the_last(void)
{
    const char *name = fresh_name();
    peer *p[WAITERS];
    byn_barrier *barrier = with_waiters(p, name);

    CHECK_STATUS(byn_barrier_wait(barrier, BYN_NOW, NULL), BYN_E_TIMEDOUT);
    check_broken(barrier, p);
    CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
    check_whole(barrier, p, name); /* there, BYN_NOW is the last */
}

static void timeout_is_never_early(void)
{
    static const byn_timeout timeouts[] = {1, 2, 10, 33, 150};
    byn_barrier *barrier = opened(fresh_name(), 2);
    size_t i;

    for (i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        int64_t began = platform_milliseconds();

        CHECK_STATUS(byn_barrier_wait(barrier, timeouts[i], NULL), BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
        CHECK_STATUS(byn_barrier_wait(barrier, timeouts[i], NULL), BYN_E_BROKEN);
        CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
    }
    byn_barrier_close(barrier);
}

static bool enough(void *context)
{
    int *asked = context;

    return ++*asked == 3;
}

static void interruption_breaks_it(void)
{
    const char *name = fresh_name();
    peer *p[WAITERS];
    byn_barrier *barrier = with_waiters(p, name);
    int asked = 0;

    byn_wait_interruptible(enough, &asked);
    CHECK_STATUS(byn_barrier_wait(barrier, BYN_FOREVER, NULL), BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    CHECK_INT(asked, 3);
    check_broken(barrier, p);
    CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
    check_whole(barrier, p, name);
}

static const test_case cases[] = {
    TEST(creators_parties_hold),
    TEST(parties_are_needed_to_create),
    TEST(unusable_arguments_are_invalid),
    TEST(one_party_never_waits),
    TEST(nobody_goes_on_before_the_last),
    TEST(processes_meet_in_many_rounds),
    TEST(threads_meet_in_many_rounds),
    TEST(a_hundred_meet),
    TEST(more_than_the_parties_meet_in_the_next_round),
    TEST(slow_waiter_is_told_of_its_own_round),
    TEST(action_runs_once_before_anybody_goes_on),
    TEST(action_may_not_wait_for_its_own_barrier),
    TEST(action_may_break_or_reset_it),
    TEST(action_of_who_is_not_the_last_does_not_run),
    TEST(round_is_full_while_the_action_runs),
    TEST(timeout_while_the_action_runs_breaks_it),
    TEST(abort_breaks_it_until_its_reset),
    TEST(reset_sends_away_who_waits),
    TEST(timeout_breaks_it_for_all),
    TEST(who_will_not_wait_breaks_it_unless_it_is_the_last),
    TEST(timeout_is_never_early),
    TEST(interruption_breaks_it),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(meets), PEER(meets_and_counts), PEER(lingers),
                                   PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "barrier", cases, peers);
}
