/* deadline.c: a timeout becomes a point in time, and is never early. */
#include <limits.h>

#include "deadline.h"
#include "kernel.h"
#include "test.h"

enum { MS = 1000000 };

static void only_minus_one_is_a_negative_timeout(void)
{
    CHECK(byni_timeout_valid(BYN_FOREVER));
    CHECK(byni_timeout_valid(BYN_NOW));
    CHECK(byni_timeout_valid(1));
    CHECK(byni_timeout_valid(INT64_MAX));
    CHECK(!byni_timeout_valid(-2));
    CHECK(!byni_timeout_valid(INT64_MIN));
}

static void now_and_forever_are_themselves(void)
{
    CHECK(byni_deadline(BYN_NOW) == BYNK_NOW);
    CHECK(byni_deadline(BYN_FOREVER) == BYNK_NEVER);
    CHECK(byni_remaining(BYNK_NOW, 5) == 0);
    CHECK(byni_remaining(BYNK_NEVER, 5) == 5);
    CHECK(byni_remaining(BYNK_NEVER, UINT64_MAX) == UINT64_MAX);
}

static void deadline_is_not_before_the_timeout(void)
{
    byn_timeout timeout;

    for (timeout = 1; timeout < INT64_MAX / MS / 4; timeout = timeout * 3 + 1) {
        uint64_t before = bynk_clock();
        bynk_deadline deadline = byni_deadline(timeout);
        uint64_t after = bynk_clock();

        CHECK(deadline >= before + (uint64_t)timeout * MS);
        CHECK(deadline <= after + (uint64_t)timeout * MS);
    }
}

static void deadline_beyond_the_clock_is_never(void)
{
    CHECK(byni_deadline(INT64_MAX) == BYNK_NEVER);
    CHECK(byni_deadline((byn_timeout)(UINT64_MAX / MS) + 1) == BYNK_NEVER);
    CHECK(byni_deadline(INT64_MAX / 2) == BYNK_NEVER);
    /* Some centuries: not beyond, and not wrapped. */
    CHECK(byni_deadline(INT64_C(10000000000000)) > bynk_clock());
    CHECK(byni_deadline(INT64_C(10000000000000)) < BYNK_NEVER);
}

static void remaining_ends_at_the_deadline(void)
{
    bynk_deadline deadline = byni_deadline(3600000);
    uint64_t left = byni_remaining(deadline, UINT64_MAX), start;

    CHECK(left > 0 && left <= UINT64_C(3600000) * MS);
    CHECK(byni_remaining(deadline, 1000) == 1000);
    CHECK(byni_remaining(1, UINT64_MAX) == 0);
    start = bynk_clock();
    CHECK(byni_remaining(start, UINT64_MAX) == 0);
    deadline = byni_deadline(20);
    while (byni_remaining(deadline, UINT64_MAX) > 0)
        continue;
    CHECK(bynk_clock() - start >= UINT64_C(20) * MS);
}

static void coarse_clock_is_the_clock_of_a_moment_ago(void)
{
    uint64_t first = bynk_clock_coarse(), begin = bynk_clock(), next;

    do {
        next = bynk_clock_coarse();
        CHECK(next >= first);
    } while (next == first && bynk_clock() - begin < UINT64_C(10000) * MS);
    CHECK(next > first);
}

static void clock_goes_forward_only(void)
{
    uint64_t last = bynk_clock(), first = last;
    int i;

    for (i = 0; i < 100000; i++) {
        uint64_t now = bynk_clock();

        REQUIRE(now >= last);
        last = now;
    }
    CHECK(last > first);
}

static const test_case cases[] = {
    TEST(only_minus_one_is_a_negative_timeout),
    TEST(now_and_forever_are_themselves),
    TEST(deadline_is_not_before_the_timeout),
    TEST(deadline_beyond_the_clock_is_never),
    TEST(coarse_clock_is_the_clock_of_a_moment_ago),
    TEST(remaining_ends_at_the_deadline),
    TEST(clock_goes_forward_only),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "deadline", cases, NULL);
}
