/* byn_barrier when a waiter dies, or a process that is a party. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"
#include "support.h"

enum { LATE = 60000 };

static byn_barrier *opened(const char *name, uint32_t parties)
{
    byn_barrier *barrier = NULL;

    REQUIRE_STATUS(
        byn_barrier_open(&barrier, name, &BYN_OPTIONS(byn_barrier_options, .parties = parties)),
        BYN_CREATED);
    return barrier;
}

static peer *other(const char *name, bool party)
{
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "barrier 0 0 %d %s", party, name), BYN_OK);
    return p;
}

/* One that waits. */
static peer *waiter(const char *name)
{
    peer *p = other(name, false);

    remote_begin(p, "meet -1");
    return p;
}

static void await_waiting(byn_barrier *barrier, uint32_t count)
{
    int64_t until = platform_milliseconds() + 1000 * test_patience();

    while (byn_barrier_waiting(barrier) != count)
        REQUIRE(platform_milliseconds() < until);
}

/* It can be reset, and then two meet, or one waits for more. */
static void check_mended(byn_barrier *barrier, const char *name)
{
    peer *p;

    CHECK_STATUS(byn_barrier_wait(barrier, BYN_FOREVER, NULL), BYN_E_BROKEN);
    CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
    CHECK(!byn_barrier_is_broken(barrier));
    p = waiter(name);
    await_waiting(barrier, 1);
    if (byn_barrier_parties(barrier) == 2) {
        CHECK_STATUS(byn_barrier_wait(barrier, BYN_NOW, NULL), BYN_SERIAL);
        CHECK_STATUS(remote_answer(p), BYN_OK);
    } else {
        CHECK_STATUS(byn_barrier_abort(barrier), BYN_OK);
        CHECK_STATUS(remote_answer(p), BYN_E_BROKEN);
        CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
    }
    remote_end(p);
}

/* Nobody else looks: those who wait have to find it out. */
static void killed_waiter_breaks_it_for_who_waits(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 5);
    peer *p[4];
    int killed, i;

    for (killed = 0; killed < 4; killed++) {
        for (i = 0; i < 4; i++)
            p[i] = waiter(name);
        await_waiting(barrier, 4);
        peer_kill(p[killed]);
        for (i = 0; i < 4; i++)
            if (i != killed)
                CHECK_STATUS(remote_answer(p[i]), BYN_E_BROKEN);
        check_mended(barrier, name);
        for (i = 0; i < 4; i++)
            if (i != killed)
                remote_end(p[i]);
    }
    byn_barrier_close(barrier);
}

static void several_killed_at_once_break_it(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 7);
    peer *p[6];
    int i;

    for (i = 0; i < 6; i++)
        p[i] = waiter(name);
    await_waiting(barrier, 6);
    for (i = 0; i < 6; i++)
        if (i != 3)
            peer_kill(p[i]);
    CHECK_STATUS(remote_answer(p[3]), BYN_E_BROKEN);
    check_mended(barrier, name);
    remote_end(p[3]);
    byn_barrier_close(barrier);
}

/* More than each of them watches. */
static void killed_one_of_many_breaks_it(void)
{
    enum { MANY = 34 };
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, MANY + 1);
    peer *p[MANY];
    int i;

    test_deadline(150);
    for (i = 0; i < MANY; i++)
        p[i] = waiter(name);
    await_waiting(barrier, MANY);
    peer_kill(p[MANY / 2]);
    for (i = 0; i < MANY; i++) {
        if (i == MANY / 2)
            continue;
        CHECK_STATUS(remote_answer(p[i]), BYN_E_BROKEN);
        remote_end(p[i]);
    }
    check_mended(barrier, name);
    byn_barrier_close(barrier);
}

/* All who waited are dead: the next finds it broken, also as the one who would have been the last. */
static void killed_waiter_breaks_it_for_who_comes(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    int round;

    for (round = 0; round < 4; round++) {
        peer *p = waiter(name);

        await_waiting(barrier, 1);
        peer_kill(p);
        if (round == 0)
            CHECK(byn_barrier_is_broken(barrier));
        if (round == 1)
            CHECK_INT(byn_barrier_waiting(barrier), 0);
        CHECK_STATUS(byn_barrier_wait(barrier, round == 2 ? BYN_NOW : BYN_FOREVER, NULL),
                     BYN_E_BROKEN);
        check_mended(barrier, name);
    }
    byn_barrier_close(barrier);
    barrier = opened(name, 3);
    for (round = 0; round < 2; round++) {
        peer *p = waiter(name);

        await_waiting(barrier, 1);
        peer_kill(p);
        CHECK_STATUS(byn_barrier_wait(barrier, round == 0 ? BYN_NOW : BYN_FOREVER, NULL),
                     BYN_E_BROKEN);
        check_mended(barrier, name);
    }
    byn_barrier_close(barrier);
}

static void killed_waiter_of_a_past_round_matters_to_nobody(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    int round;

    for (round = 0; round < 3; round++) {
        peer *p = waiter(name);

        await_waiting(barrier, 1);
        if (!peer_stop(p))
            test_skip("nobody can be stopped here");
        CHECK_STATUS(byn_barrier_wait(barrier, LATE, NULL), BYN_SERIAL);
        peer_kill(p);
        CHECK(!byn_barrier_is_broken(barrier));
    }
    CHECK_STATUS(byn_barrier_abort(barrier), BYN_OK);
    check_mended(barrier, name);
    byn_barrier_close(barrier);
}

/* ---- Registered parties */

static void killed_party_breaks_it_for_who_waits(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    peer *party = other(name, true), *p = waiter(name);

    await_waiting(barrier, 1);
    peer_kill(party);
    CHECK_STATUS(remote_answer(p), BYN_E_BROKEN);
    check_mended(barrier, name);
    remote_end(p);
    byn_barrier_close(barrier);
}

static void killed_party_breaks_it_for_who_comes(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 3);
    peer *party;
    int round;

    for (round = 0; round < 4; round++) {
        party = other(name, true);
        CHECK(!byn_barrier_is_broken(barrier));
        peer_kill(party);
        if (round == 0)
            CHECK(byn_barrier_is_broken(barrier));
        CHECK_STATUS(byn_barrier_wait(barrier, round == 2 ? BYN_NOW : LATE, NULL), BYN_E_BROKEN);
        if (round == 3) { /* one more, whom nobody has seen dead when it is reset */
            party = other(name, true);
            peer_kill(party);
        }
        check_mended(barrier, name);
    }
    byn_barrier_close(barrier);
    barrier = opened(name, 1);
    party = other(name, true);
    CHECK_STATUS(byn_barrier_wait(barrier, BYN_NOW, NULL), BYN_SERIAL);
    peer_kill(party);
    CHECK_STATUS(byn_barrier_wait(barrier, BYN_NOW, NULL), BYN_E_BROKEN);
    byn_barrier_close(barrier);
}

/* So does one that ends without closing it. */
static void ended_party_breaks_it_unless_it_has_closed(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    peer *p;

    p = other(name, true);
    peer_tell(p, "leave");
    CHECK_INT(peer_finish(p), 0);
    CHECK(byn_barrier_is_broken(barrier));
    check_mended(barrier, name);

    p = other(name, true);
    CHECK_STATUS(remote_call(p, "close barrier"), BYN_OK);
    peer_kill(p);
    CHECK(!byn_barrier_is_broken(barrier));

    p = other(name, true);
    remote_end(p);
    CHECK(!byn_barrier_is_broken(barrier));

    p = other(name, false);
    peer_kill(p);
    CHECK(!byn_barrier_is_broken(barrier));
    byn_barrier_close(barrier);
}

/* Opens twice, the second time as a party. */
static int opens_again(peer_self *self, int argc, char **argv)
{
    byn_barrier *barrier = NULL, *again = NULL;
    int i, closes = atoi(argv[1]);

    (void)argc;
    REQUIRE_STATUS(byn_barrier_open(&barrier, argv[0], NULL), BYN_OK);
    REQUIRE_STATUS(
        byn_barrier_open(&again, argv[0], &BYN_OPTIONS(byn_barrier_options, .party = true)),
        BYN_OK);
    CHECK(again == barrier);
    REQUIRE_STATUS(
        byn_barrier_open(&again, argv[0], &BYN_OPTIONS(byn_barrier_options, .party = true)),
        BYN_OK);
    for (i = 0; i < closes; i++)
        byn_barrier_close(barrier);
    peer_say(self, "ready");
    peer_hear(self);
    return 0;
}

static void party_is_one_that_opened_again_until_the_last_close(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    peer *p;

    p = peer_start(PEER_PROCESS, "opens_again", name, "2", NULL);
    peer_expect(p, "ready");
    CHECK(!byn_barrier_is_broken(barrier));
    peer_kill(p);
    CHECK(byn_barrier_is_broken(barrier));
    check_mended(barrier, name);
    p = peer_start(PEER_PROCESS, "opens_again", name, "3", NULL);
    peer_expect(p, "ready");
    peer_kill(p);
    CHECK(!byn_barrier_is_broken(barrier));
    byn_barrier_close(barrier);
}

/* More of them than each waiter watches. */
static void killed_one_of_many_parties_breaks_it(void)
{
    enum { MANY = 34 };
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    peer *p[MANY], *one;
    int i;

    test_deadline(150);
    for (i = 0; i < MANY; i++)
        p[i] = other(name, true);
    for (i = MANY - 1; i > 0; i -= 13) {
        one = waiter(name);
        await_waiting(barrier, 1);
        peer_kill(p[i]);
        CHECK_STATUS(remote_answer(one), BYN_E_BROKEN);
        remote_end(one);
        check_mended(barrier, name);
        p[i] = NULL;
    }
    for (i = 0; i < MANY; i++)
        if (p[i] != NULL)
            remote_end(p[i]);
    CHECK(!byn_barrier_is_broken(barrier));
    byn_barrier_close(barrier);
}

/* ---- The action */

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

static void killed_in_the_action_breaks_it(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    peer *first = waiter(name), *last, *next;

    await_waiting(barrier, 1);
    last = peer_start(PEER_PROCESS, "lingers", name, NULL);
    peer_expect(last, "acts");
    next = waiter(name);
    peer_kill(last);
    CHECK_STATUS(remote_answer(first), BYN_E_BROKEN);
    CHECK_STATUS(remote_answer(next), BYN_E_BROKEN);
    check_mended(barrier, name);
    remote_end(first);
    remote_end(next);
    byn_barrier_close(barrier);
}

static void killed_waiter_breaks_it_while_the_action_runs(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 3);
    peer *first = waiter(name), *second = waiter(name), *last;

    await_waiting(barrier, 2);
    last = peer_start(PEER_PROCESS, "lingers", name, NULL);
    peer_expect(last, "acts");
    peer_kill(first);
    CHECK_STATUS(remote_answer(second), BYN_E_BROKEN);
    peer_tell(last, "go");
    peer_expect(last, "BYN_E_BROKEN");
    CHECK_INT(peer_finish(last), 0);
    check_mended(barrier, name);
    remote_end(second);
    byn_barrier_close(barrier);
}

/* Many die, and nothing is left of them. */
static void barrier_survives_a_long_row_of_deaths(void)
{
    const char *name = fresh_name();
    byn_barrier *barrier = opened(name, 2);
    int round, rounds = test_on_windows() ? 10 : 60;

    test_deadline(150);
    for (round = 0; round < rounds; round++) {
        peer *p = other(name, round % 2 == 0);

        remote_begin(p, "meet -1");
        await_waiting(barrier, 1);
        peer_kill(p);
        CHECK_STATUS(byn_barrier_wait(barrier, BYN_FOREVER, NULL), BYN_E_BROKEN);
        CHECK_STATUS(byn_barrier_reset(barrier), BYN_OK);
    }
    CHECK_STATUS(byn_barrier_abort(barrier), BYN_OK);
    check_mended(barrier, name);
    byn_barrier_close(barrier);
}

static const test_case cases[] = {
    TEST(killed_waiter_breaks_it_for_who_waits),
    TEST(several_killed_at_once_break_it),
    TEST(killed_one_of_many_breaks_it),
    TEST(killed_waiter_breaks_it_for_who_comes),
    TEST(killed_waiter_of_a_past_round_matters_to_nobody),
    TEST(killed_party_breaks_it_for_who_waits),
    TEST(killed_party_breaks_it_for_who_comes),
    TEST(ended_party_breaks_it_unless_it_has_closed),
    TEST(party_is_one_that_opened_again_until_the_last_close),
    TEST(killed_one_of_many_parties_breaks_it),
    TEST(killed_in_the_action_breaks_it),
    TEST(killed_waiter_breaks_it_while_the_action_runs),
    TEST(barrier_survives_a_long_row_of_deaths),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(opens_again), PEER(lingers), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "barrier_death", cases, peers);
}
