/* byn_semaphore in use by many at once: no permit is lost or made, and the maximum holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"

static byn_semaphore *opened(const char *name, uint32_t initial, uint32_t maximum)
{
    byn_semaphore *semaphore = NULL;

    REQUIRE_STATUS(byn_semaphore_open(
                       &semaphore, name,
                       &BYN_OPTIONS(byn_semaphore_options, .initial = initial, .maximum = maximum)),
                   BYN_CREATED);
    return semaphore;
}

static long permits(byn_semaphore *semaphore)
{
    uint32_t value = 0;

    CHECK_STATUS(byn_semaphore_value(semaphore, &value), BYN_OK);
    return (long)value;
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static int takes_and_gives_back(peer_self *self, int argc, char **argv)
{
    byn_semaphore *semaphore = NULL;
    byn_value *out = NULL;
    int i, rounds = argc == 5 ? atoi(argv[3]) : 0;
    uint32_t total = (uint32_t)atoi(argv[2]), random = (uint32_t)atoi(argv[4]);

    REQUIRE_STATUS(byn_semaphore_open(&semaphore, argv[0], NULL), BYN_OK);
    REQUIRE_STATUS(byn_value_open(&out, argv[1], NULL), BYN_OK);
    peer_say(self, "ready");
    if (peer_wait(self, "go")) {
        for (i = 0; i < rounds; i++) {
            uint32_t count = next_random(&random) % (total - 1) + 1, first, previous;
            int64_t now_out = 0;

            REQUIRE_STATUS(byn_semaphore_acquire(semaphore, count, 90000), BYN_OK);
            REQUIRE_STATUS(byn_value_add(out, (int64_t)count, &now_out), BYN_OK);
            REQUIRE(now_out <= (int64_t)total);
            REQUIRE_STATUS(byn_value_add(out, -(int64_t)count, NULL), BYN_OK);
            first = next_random(&random) % count;
            if (first > 0)
                REQUIRE_STATUS(byn_semaphore_release(semaphore, first, &previous), BYN_OK);
            REQUIRE_STATUS(byn_semaphore_release(semaphore, count - first, &previous), BYN_OK);
            REQUIRE(previous + (count - first) <= total);
        }
    }
    byn_value_close(out);
    byn_semaphore_close(semaphore);
    return 0;
}

static void conserve(peer_kind kind)
{
    enum { PEERS = 4, ROUNDS = 3000, TOTAL = 9 };
    const char *name = fresh_name(), *out_name = fresh_name();
    byn_semaphore *semaphore = opened(name, TOTAL, TOTAL);
    byn_value *out = NULL;
    char total[16], rounds[16], seed[16];
    peer *peers[PEERS];
    int i;

    REQUIRE_STATUS(byn_value_open(&out, out_name, NULL), BYN_CREATED);
    (void)snprintf(total, sizeof total, "%d", TOTAL);
    (void)snprintf(rounds, sizeof rounds, "%d", ROUNDS);
    for (i = 0; i < PEERS; i++) {
        (void)snprintf(seed, sizeof seed, "%d", 1000 + i);
        peers[i] =
            peer_start(kind, "takes_and_gives_back", name, out_name, total, rounds, seed, NULL);
    }
    for (i = 0; i < PEERS; i++)
        peer_expect(peers[i], "ready");
    for (i = 0; i < PEERS; i++)
        peer_tell(peers[i], "go");
    for (i = 0; i < PEERS; i++)
        CHECK_INT(peer_finish(peers[i]), 0);
    CHECK_INT(permits(semaphore), TOTAL);
    byn_value_close(out);
    byn_semaphore_close(semaphore);
}

static void processes_conserve_permits(void)
{
    conserve(PEER_PROCESS);
}

static void threads_conserve_permits(void)
{
    conserve(PEER_THREAD);
}

/* Without waiting, so that all take at the same moments: each permit goes to one. */
static int takes_all_it_can(peer_self *self, int argc, char **argv)
{
    byn_semaphore *semaphore = NULL;
    byn_status status = BYN_OK;
    long taken = 0;

    REQUIRE_INT(argc, 1);
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    if (peer_wait(self, "go")) {
        for (; status == BYN_OK; taken += status == BYN_OK)
            status = byn_semaphore_acquire(semaphore, 1, BYN_NOW);
        CHECK_STATUS(status, BYN_E_TIMEDOUT);
    }
    byn_semaphore_close(semaphore);
    peer_say(self, "%ld", taken);
    return 0;
}

static void take_each_once(peer_kind kind)
{
    enum { PEERS = 4, PERMITS = 1000000 };
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, PERMITS, PERMITS);
    peer *peers[PEERS];
    long sum = 0;
    int i;

    for (i = 0; i < PEERS; i++)
        peers[i] = peer_start(kind, "takes_all_it_can", name, NULL);
    for (i = 0; i < PEERS; i++)
        peer_expect(peers[i], "ready");
    for (i = 0; i < PEERS; i++)
        peer_tell(peers[i], "go");
    for (i = 0; i < PEERS; i++) {
        const char *line = peer_line(peers[i]);

        REQUIRE(line != NULL);
        sum += strtol(line, NULL, 10);
        CHECK_INT(peer_finish(peers[i]), 0);
    }
    CHECK_INT(sum, PERMITS);
    CHECK_INT(permits(semaphore), 0);
    byn_semaphore_close(semaphore);
}

static void each_permit_goes_to_one_process(void)
{
    take_each_once(PEER_PROCESS);
}

static void each_permit_goes_to_one_thread(void)
{
    take_each_once(PEER_THREAD);
}

/* All give at once, and exactly as many gifts as there is room for are taken. */
static int gives_what_fits(peer_self *self, int argc, char **argv)
{
    byn_semaphore *semaphore = NULL;
    int i, given = 0, rounds = argc == 3 ? atoi(argv[1]) : 0, maximum = atoi(argv[2]);

    REQUIRE_STATUS(byn_semaphore_open(&semaphore, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    if (peer_wait(self, "go")) {
        for (i = 0; i < rounds; i++) {
            uint32_t previous = 0, now = 0;
            byn_status status = byn_semaphore_release(semaphore, 1, &previous);

            REQUIRE(status == BYN_OK || status == BYN_E_LIMIT);
            given += status == BYN_OK;
            REQUIRE(status != BYN_OK || (int)previous < maximum);
            REQUIRE_STATUS(byn_semaphore_value(semaphore, &now), BYN_OK);
            REQUIRE((int)now <= maximum);
            status = byn_semaphore_acquire(semaphore, 1, BYN_NOW);
            REQUIRE(status == BYN_OK || status == BYN_E_TIMEDOUT);
            given -= status == BYN_OK;
        }
    }
    byn_semaphore_close(semaphore);
    peer_say(self, "%d", given);
    return 0;
}

static void stay_below_the_maximum(peer_kind kind)
{
    enum { PEERS = 4, MAXIMUM = 2 };
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 1, MAXIMUM);
    peer *peers[PEERS];
    long sum = 1;
    int i;

    for (i = 0; i < PEERS; i++)
        peers[i] = peer_start(kind, "gives_what_fits", name, "5000", "2", NULL);
    for (i = 0; i < PEERS; i++)
        peer_expect(peers[i], "ready");
    for (i = 0; i < PEERS; i++)
        peer_tell(peers[i], "go");
    for (i = 0; i < PEERS; i++) {
        const char *line = peer_line(peers[i]);

        REQUIRE(line != NULL);
        sum += strtol(line, NULL, 10);
        CHECK_INT(peer_finish(peers[i]), 0);
    }
    CHECK_INT(permits(semaphore), sum);
    byn_semaphore_close(semaphore);
}

static void processes_stay_below_the_maximum(void)
{
    stay_below_the_maximum(PEER_PROCESS);
}

static void threads_stay_below_the_maximum(void)
{
    stay_below_the_maximum(PEER_THREAD);
}

static const test_case cases[] = {
    TEST(processes_conserve_permits),
    TEST(threads_conserve_permits),
    TEST(each_permit_goes_to_one_process),
    TEST(each_permit_goes_to_one_thread),
    TEST(processes_stay_below_the_maximum),
    TEST(threads_stay_below_the_maximum),
    TEST_END,
};

static const peer_entry peers[] = {PEER(takes_and_gives_back), PEER(takes_all_it_can),
                                   PEER(gives_what_fits), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "semaphore_race", cases, peers);
}
