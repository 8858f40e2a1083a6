/*
 * compiler.h: atomic words. Compiled twice where both back ends are there: with the compiler's own
 * atomics, and with BYNI_ATOMIC_INTERLOCKED=1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "peer.h"
#include "test.h"

/* The tests are linked to a library of one back end: only inline functions may be used here. */
static byni_a32 word32;
static byni_a64 word64;
static byni_a32 lock_word;
static uint64_t unprotected, mirror;

enum { PEERS = 4, ROUNDS = 50000 };

static void words_have_the_size_and_place_of_numbers(void)
{
    struct {
        char before;
        byni_a64 word;
    } aligned;

    CHECK_INT(sizeof(byni_a32), 4);
    CHECK_INT(sizeof(byni_a64), 8);
    CHECK_INT((size_t)((char *)&aligned.word - &aligned.before) % 8, 0);
    CHECK_INT(_Alignof(byni_a64), 8);
    memset(&word32, 0, sizeof word32);
    CHECK(byni_load32(&word32) == 0);
}

static void operations_on_32_bits(void)
{
    uint32_t expected;

    byni_store32(&word32, 0xfffffffe);
    CHECK(byni_load32(&word32) == 0xfffffffe);
    CHECK(byni_add32(&word32, 3) == 0xfffffffe);
    CHECK(byni_load32(&word32) == 1);
    CHECK(byni_add32(&word32, UINT32_MAX) == 1);
    CHECK(byni_load32(&word32) == 0);
    CHECK(byni_or32(&word32, 0x80000005) == 0);
    CHECK(byni_or32(&word32, 0x3) == 0x80000005);
    CHECK(byni_and32(&word32, 0xfffffffe) == 0x80000007);
    CHECK(byni_load32(&word32) == 0x80000006);
    expected = 5;
    CHECK(!byni_cas32(&word32, &expected, 9));
    CHECK(expected == 0x80000006);
    CHECK(byni_load32(&word32) == 0x80000006);
    CHECK(byni_cas32(&word32, &expected, 0xffffffff));
    CHECK(expected == 0x80000006);
    CHECK(byni_load32(&word32) == 0xffffffff);
    CHECK(byni_load32_after(&word32) == 0xffffffff);
}

static void small_words_leave_their_neighbours_alone(void)
{
    static byni_a8 bytes[3];
    static byni_a16 pairs[3];

    CHECK_INT(sizeof bytes, 3);
    CHECK_INT(sizeof pairs, 6);
    byni_store8(&bytes[1], 0xfe);
    byni_store16(&pairs[1], 0xfedc);
    CHECK_INT(byni_load8(&bytes[1]), 0xfe);
    CHECK_INT(byni_load16(&pairs[1]), 0xfedc);
    CHECK_INT(byni_load8(&bytes[0]) + byni_load8(&bytes[2]), 0);
    CHECK_INT(byni_load16(&pairs[0]) + byni_load16(&pairs[2]), 0);
}

static void operations_on_64_bits(void)
{
    uint64_t expected;

    byni_store64(&word64, UINT64_MAX - 1);
    CHECK(byni_load64(&word64) == UINT64_MAX - 1);
    CHECK(byni_add64(&word64, 3) == UINT64_MAX - 1);
    CHECK(byni_load64(&word64) == 1);
    CHECK(byni_add64(&word64, UINT64_MAX) == 1);
    CHECK(byni_exchange64(&word64, UINT64_C(0x8123456789abcdef)) == 0);
    expected = UINT64_C(0x89abcdef); /* the low half only */
    CHECK(!byni_cas64(&word64, &expected, 9));
    CHECK(expected == UINT64_C(0x8123456789abcdef));
    CHECK(byni_cas64(&word64, &expected, UINT64_C(0xfedcba9876543210)));
    CHECK(byni_load64(&word64) == UINT64_C(0xfedcba9876543210));
    CHECK(byni_exchange64(&word64, 0) == UINT64_C(0xfedcba9876543210));
    byni_poke64(&word64, UINT64_C(0xfedcba9876543210));
    CHECK(byni_peek64(&word64) == UINT64_C(0xfedcba9876543210));
    byni_fence();
    byni_pause();
}

/* ---- Together */

static int works_along(peer_self *self, int argc, char **argv)
{
    int i;

    (void)argc;
    (void)argv;
    peer_say(self, "ready");
    if (!peer_wait(self, "go"))
        return 1;
    for (i = 0; i < ROUNDS; i++) {
        uint32_t free_lock = 0, seen32;
        uint64_t seen64;

        (void)byni_add32(&word32, 1);
        seen32 = byni_load32(&word32);
        while (!byni_cas32(&word32, &seen32, seen32 + 1))
            continue;
        (void)byni_add64(&word64, 3);
        seen64 = byni_load64(&word64);
        while (!byni_cas64(&word64, &seen64, seen64 - 1))
            continue;
        /* Cas takes it, store lets it go: what is between is seen by one at a time. */
        while (!byni_cas32(&lock_word, &free_lock, 1)) {
            free_lock = 0;
            byni_pause();
        }
        unprotected++;
        REQUIRE(mirror + 1 == unprotected);
        mirror = unprotected;
        byni_store32(&lock_word, 0);
    }
    return 0;
}

static void run_together(const char *name)
{
    peer *peers[PEERS];
    int i;

    for (i = 0; i < PEERS; i++) {
        char own[8];

        (void)snprintf(own, sizeof own, "%d", i + 1);
        peers[i] = peer_start(PEER_THREAD, name, own, NULL);
    }
    for (i = 0; i < PEERS; i++)
        peer_expect(peers[i], "ready");
    for (i = 0; i < PEERS; i++)
        peer_tell(peers[i], "go");
    for (i = 0; i < PEERS; i++)
        CHECK_INT(peer_finish(peers[i]), 0);
}

static void changes_of_threads_add_up(void)
{
    byni_store32(&word32, 0);
    byni_store64(&word64, 0);
    run_together("works_along");
    CHECK_INT(byni_load32(&word32), PEERS * ROUNDS * 2);
    CHECK_INT(byni_load64(&word64), PEERS * ROUNDS * 2);
    CHECK_INT(unprotected, PEERS * ROUNDS);
}

/* A number of 64 bits is read as it was written, never half and half. */
static int writes_equal_halves(peer_self *self, int argc, char **argv)
{
    uint64_t own = argc == 1 ? (uint64_t)atoi(argv[0]) : 0;
    int i;

    peer_say(self, "ready");
    if (!peer_wait(self, "go"))
        return 1;
    for (i = 0; i < ROUNDS; i++) {
        uint64_t seen = byni_load64(&word64);

        REQUIRE(seen >> 32 == (seen & UINT32_MAX));
        if (i % 2 == 0)
            byni_store64(&word64, own << 32 | own);
        else
            seen = byni_exchange64(&word64, own << 32 | own);
        REQUIRE(seen >> 32 == (seen & UINT32_MAX));
    }
    return 0;
}

static void words_of_64_bits_do_not_tear(void)
{
    byni_store64(&word64, 0);
    run_together("writes_equal_halves");
}

static int sets_own_bit(peer_self *self, int argc, char **argv)
{
    uint32_t bit = 1u << (argc == 1 ? atoi(argv[0]) : 0);
    int i;

    peer_say(self, "ready");
    if (!peer_wait(self, "go"))
        return 1;
    for (i = 0; i < ROUNDS; i++) {
        REQUIRE((byni_or32(&word32, bit) & bit) == 0);
        REQUIRE((byni_and32(&word32, ~bit) & bit) == bit);
    }
    return 0;
}

static void bits_of_threads_do_not_disturb(void)
{
    byni_store32(&word32, 0);
    run_together("sets_own_bit");
    CHECK(byni_load32(&word32) == 0);
}

static const test_case cases[] = {
    TEST(words_have_the_size_and_place_of_numbers),
    TEST(operations_on_32_bits),
    TEST(operations_on_64_bits),
    TEST(small_words_leave_their_neighbours_alone),
    TEST(changes_of_threads_add_up),
    TEST(words_of_64_bits_do_not_tear),
    TEST(bits_of_threads_do_not_disturb),
    TEST_END,
};

static const peer_entry peers[] = {PEER(works_along), PEER(writes_equal_halves), PEER(sets_own_bit),
                                   PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "atomic", cases, peers);
}
