/* byn_value: bytes, and waiting for a change. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

#include "peer.h"
#include "test.h"

#define PATIENCE ((byn_timeout)1000 * test_patience())

enum { SIZE = 300 };

static byn_value *opened(const char *name, byn_value_type type, uint32_t size)
{
    byn_value *value = NULL;

    REQUIRE(byn_value_open(&value, name,
                           &BYN_OPTIONS(byn_value_options, .type = type, .size = size)) >= 0);
    return value;
}

static long answer(peer *p)
{
    const char *line = peer_line(p);

    REQUIRE(line != NULL);
    return strtol(line, NULL, 10);
}

/* ---- Bytes */

static void check_bytes(byn_value *value, const void *expected, size_t size)
{
    unsigned char buffer[SIZE];
    size_t room = sizeof buffer;

    CHECK_STATUS(byn_value_read(value, buffer, &room), BYN_OK);
    CHECK_INT(room, size);
    CHECK(room != size || size == 0 || memcmp(buffer, expected, size) == 0);
}

static void bytes_are_read_as_written(void)
{
    static const char all[SIZE] = "from the first to the last";
    byn_value *value = opened(fresh_name(), BYN_BYTES, SIZE);
    size_t size;

    CHECK_INT(byn_value_type_of(value), BYN_BYTES);
    CHECK_INT(byn_value_size(value), SIZE);
    check_bytes(value, NULL, 0);
    for (size = 0; size <= SIZE; size++) {
        CHECK_STATUS(byn_value_write(value, all + SIZE - size, size), BYN_OK);
        check_bytes(value, all + SIZE - size, size);
    }
    CHECK_STATUS(byn_value_write(value, NULL, 0), BYN_OK);
    check_bytes(value, NULL, 0);
    byn_value_close(value);
}

static void bytes_that_do_not_fit_change_nothing(void)
{
    byn_value *value = opened(fresh_name(), BYN_BYTES, 10);
    char buffer[4] = "xyz";
    size_t size = sizeof buffer - 1;

    CHECK_STATUS(byn_value_write(value, "0123456789", 10), BYN_OK);
    CHECK_STATUS(byn_value_write(value, "0123456789a", 11), BYN_E_TOOBIG);
    CHECK_CONTAINS(byn_last_error(), "room for 10");
    CHECK_STATUS(byn_value_read(value, buffer, &size), BYN_E_TOOBIG);
    CHECK_INT(size, 10);
    CHECK_STR(buffer, "xyz");
    size = 0;
    CHECK_STATUS(byn_value_read(value, NULL, &size), BYN_E_TOOBIG);
    CHECK_INT(size, 10);
    check_bytes(value, "0123456789", 10);
    byn_value_close(value);
}

static void bytes_need_a_size(void)
{
    const char *name = fresh_name();
    byn_value *value = NULL, *kept = opened(name, BYN_BYTES, 8);

    CHECK_STATUS(
        byn_value_open(&value, fresh_name(), &BYN_OPTIONS(byn_value_options, .type = BYN_BYTES)),
        BYN_E_INVALID);
    CHECK_STATUS(byn_value_open(&value, fresh_name(),
                                &BYN_OPTIONS(byn_value_options, .type = BYN_BYTES,
                                             .size = BYN_VALUE_SIZE_MAX + 1)),
                 BYN_E_INVALID);
    CHECK_STATUS(byn_value_open(&value, fresh_name(),
                                &BYN_OPTIONS(byn_value_options, .type = BYN_I32, .size = 4)),
                 BYN_E_INVALID);
    CHECK_STATUS(
        byn_value_open(&value, fresh_name(),
                       &BYN_OPTIONS(byn_value_options, .type = BYN_BYTES, .size = 8, .initial = 1)),
        BYN_E_INVALID);
    CHECK_STATUS(
        byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .type = BYN_BYTES, .size = 9)),
        BYN_E_MISMATCH);
    CHECK_CONTAINS(byn_last_error(), "size is 8 there and 9 here");
    CHECK(value == NULL);
    CHECK_STATUS(
        byn_value_open(&value, name,
                       &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY, .type = BYN_BYTES)),
        BYN_OK);
    CHECK_INT(byn_value_size(value), 8);
    byn_value_close(value);
    byn_value_close(kept);
    value = opened(fresh_name(), BYN_BYTES, BYN_VALUE_SIZE_MAX);
    byn_value_close(value);
}

/* Each write is so many bytes of one number that depends on how many; anything else is a mixture. */
static int writes_for_ever(peer_self *self, int argc, char **argv)
{
    byn_value *value = opened(argv[0], BYN_ANY, 0);
    unsigned char bytes[SIZE];
    size_t size = 0;

    (void)argc;
    peer_say(self, "ready");
    do {
        size = (size * 7 + 1) % (SIZE + 1);
        memset(bytes, (int)(size % 251), size);
    } while (byn_value_write(value, bytes, size) == BYN_OK);
    return 1;
}

static void check_no_mixture(byn_value *value)
{
    unsigned char buffer[SIZE];
    size_t size = sizeof buffer, i;

    REQUIRE_STATUS(byn_value_read(value, buffer, &size), BYN_OK);
    for (i = 0; i < size; i++)
        REQUIRE_INT(buffer[i], size % 251);
}

static void readers_never_see_a_mixture_whoever_is_killed(void)
{
    enum { ROUNDS = 6, READS = 3000 };
    const char *name = fresh_name();
    byn_value *value = opened(name, BYN_BYTES, SIZE);
    int round, i;

    for (round = 0; round < ROUNDS; round++) {
        peer *writers[2];

        for (i = 0; i < 2; i++)
            writers[i] = peer_start(PEER_PROCESS, "writes_for_ever", name, NULL);
        for (i = 0; i < 2; i++)
            peer_expect(writers[i], "ready");
        for (i = 0; i < READS; i++)
            check_no_mixture(value);
        for (i = 0; i < 2; i++)
            peer_kill(writers[i]);
        check_no_mixture(value);
        CHECK_STATUS(byn_value_write(value, "", 0), BYN_OK);
    }
    byn_value_close(value);
}

static int reads(peer_self *self, int argc, char **argv)
{
    byn_value *value = opened(argv[0], BYN_ANY, 0);
    int i;

    (void)self;
    (void)argc;
    for (i = 0; i < 3000; i++)
        check_no_mixture(value);
    byn_value_close(value);
    return 0;
}

static int writes(peer_self *self, int argc, char **argv)
{
    byn_value *value = opened(argv[0], BYN_ANY, 0);
    unsigned char bytes[SIZE];
    unsigned i;

    (void)self;
    (void)argc;
    for (i = 0; i < 3000; i++) {
        size_t size = i * 7 % (SIZE + 1);

        memset(bytes, (int)(size % 251), size);
        REQUIRE_STATUS(byn_value_write(value, bytes, size), BYN_OK);
    }
    byn_value_close(value);
    return 0;
}

static void threads_never_see_a_mixture(void)
{
    const char *name = fresh_name();
    byn_value *value = opened(name, BYN_BYTES, SIZE);
    peer *p[4];
    int i;

    for (i = 0; i < 4; i++)
        p[i] = peer_start(PEER_THREAD, i < 2 ? "reads" : "writes", name, NULL);
    for (i = 0; i < 4; i++)
        CHECK_INT(peer_finish(p[i]), 0);
    byn_value_close(value);
}

/* ---- Waiting for a change */

/* Waits again and again, tells each number that it was told; as many as it is asked for. */
static int waits(peer_self *self, int argc, char **argv)
{
    byn_value *value = opened(argv[0], BYN_ANY, 0);
    int64_t known = strtol(argv[1], NULL, 10);
    int i;

    (void)argc;
    peer_say(self, "waits");
    for (i = 0; i < atoi(argv[2]); i++) {
        REQUIRE_STATUS(byn_value_wait_change(value, &known, PATIENCE), BYN_OK);
        peer_say(self, "%d", (int)known);
    }
    byn_value_close(value);
    return 0;
}

static void change_is_waited_for(peer_kind kind)
{
    const char *name = fresh_name();
    byn_value *value = opened(name, BYN_I32, 0);
    peer *p = peer_start(kind, "waits", name, "0", "5", NULL);
    int64_t expected = 22;

    peer_expect(p, "waits");
    CHECK_STATUS(byn_value_set(value, 7), BYN_OK);
    CHECK_INT(answer(p), 7);
    CHECK_STATUS(byn_value_add(value, 4, NULL), BYN_OK);
    CHECK_INT(answer(p), 11);
    CHECK_STATUS(byn_value_exchange(value, 22, NULL), BYN_OK);
    CHECK_INT(answer(p), 22);
    CHECK_STATUS(byn_value_compare_exchange(value, &expected, 33), BYN_OK);
    CHECK_INT(answer(p), 33);
    CHECK_STATUS(byn_value_set(value, 33), BYN_OK); /* the same: nothing has changed */
    CHECK_STATUS(byn_value_set(value, -1), BYN_OK);
    CHECK_INT(answer(p), -1);
    CHECK_INT(peer_finish(p), 0);
    byn_value_close(value);
}

static void change_is_waited_for_by_processes_and_threads(void)
{
    change_is_waited_for(PEER_PROCESS);
    change_is_waited_for(PEER_THREAD);
}

static void what_is_different_already_is_told_at_once(void)
{
    byn_value *value = opened(fresh_name(), BYN_U64, 0);
    int64_t known = 5;

    CHECK_STATUS(byn_value_wait_change(value, &known, BYN_NOW), BYN_OK);
    CHECK_INT(known, 0);
    CHECK_STATUS(byn_value_wait_change(value, &known, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_value_wait_change(value, &known, 20), BYN_E_TIMEDOUT);
    CHECK_INT(known, 0);
    CHECK_STATUS(byn_value_wait_change(value, &known, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_value_wait_change(value, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_value_wait_change(NULL, &known, BYN_NOW), BYN_E_INVALID);
    byn_value_close(value);
}

static void all_who_wait_are_woken(void)
{
    enum { WAITERS = 8 };
    const char *name = fresh_name();
    byn_value *value = opened(name, BYN_I64, 0);
    peer *p[WAITERS];
    int i, round;

    for (i = 0; i < WAITERS; i++)
        p[i] = peer_start(i % 2 == 0 ? PEER_PROCESS : PEER_THREAD, "waits", name, "0", "3", NULL);
    for (i = 0; i < WAITERS; i++)
        peer_expect(p[i], "waits");
    for (round = 1; round <= 3; round++) {
        CHECK_STATUS(byn_value_set(value, round), BYN_OK);
        for (i = 0; i < WAITERS; i++)
            CHECK_INT(answer(p[i]), round);
    }
    for (i = 0; i < WAITERS; i++)
        CHECK_INT(peer_finish(p[i]), 0);
    byn_value_close(value);
}

static void killed_waiter_is_no_hindrance(void)
{
    const char *name = fresh_name();
    byn_value *value = opened(name, BYN_I64, 0);
    peer *dead = peer_start(PEER_PROCESS, "waits", name, "0", "1", NULL);
    peer *living = peer_start(PEER_PROCESS, "waits", name, "0", "2", NULL);

    peer_expect(dead, "waits");
    peer_expect(living, "waits");
    peer_kill(dead);
    CHECK_STATUS(byn_value_set(value, 1), BYN_OK);
    CHECK_INT(answer(living), 1);
    CHECK_STATUS(byn_value_set(value, 2), BYN_OK);
    CHECK_INT(answer(living), 2);
    CHECK_INT(peer_finish(living), 0);
    byn_value_close(value);
}

/* A ring: each waits for its turn and gives it to the next; a wake-up that gets lost stops all. */
static int takes_turns(peer_self *self, int argc, char **argv)
{
    byn_value *value = opened(argv[0], BYN_ANY, 0);
    int64_t mine = strtol(argv[1], NULL, 10), peers = strtol(argv[2], NULL, 10), now = -1;
    int rounds = 300;

    (void)self;
    (void)argc;
    while (rounds > 0) {
        REQUIRE_STATUS(byn_value_wait_change(value, &now, PATIENCE), BYN_OK);
        if (now % peers != mine)
            continue;
        rounds--;
        REQUIRE_STATUS(byn_value_add(value, 1, NULL), BYN_OK);
    }
    byn_value_close(value);
    return 0;
}

static void turns_go_round(void)
{
    enum { PEERS = 3 };
    const char *name = fresh_name(), *numbers[PEERS] = {"0", "1", "2"};
    byn_value *value = opened(name, BYN_I64, 0);
    peer *p[PEERS];
    int64_t now = 0;
    int i;

    for (i = 0; i < PEERS; i++)
        p[i] = peer_start(i == 0 ? PEER_PROCESS : PEER_THREAD, "takes_turns", name, numbers[i], "3",
                          NULL);
    for (i = 0; i < PEERS; i++)
        CHECK_INT(peer_finish(p[i]), 0);
    CHECK_STATUS(byn_value_get(value, &now), BYN_OK);
    CHECK_INT(now, 3 * 300);
    byn_value_close(value);
}

static void change_of_reals_is_waited_for(void)
{
    byn_value *value = opened(fresh_name(), BYN_F32, 0);
    double known = 0;

    CHECK_STATUS(byn_value_wait_change_double(value, &known, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_value_set_double(value, -0.0), BYN_OK);
    CHECK_STATUS(byn_value_wait_change_double(value, &known, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_value_wait_change_double(value, &known, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_value_set_double(value, 0.5), BYN_OK);
    CHECK_STATUS(byn_value_wait_change_double(value, &known, BYN_FOREVER), BYN_OK);
    CHECK(known == 0.5);
    byn_value_close(value);
}

static int waits_for_bytes(peer_self *self, int argc, char **argv)
{
    byn_value *value = opened(argv[0], BYN_ANY, 0);
    char known[SIZE + 1] = "";
    size_t size = 0;
    int i;

    (void)argc;
    peer_say(self, "waits");
    for (i = 0; i < 2; i++) {
        REQUIRE_STATUS(byn_value_wait_change_bytes(value, known, &size, PATIENCE), BYN_OK);
        peer_say(self, "%.*s", (int)size, known);
    }
    byn_value_close(value);
    return 0;
}

static void change_of_bytes_is_waited_for(void)
{
    const char *name = fresh_name();
    byn_value *value = opened(name, BYN_BYTES, SIZE);
    peer *p = peer_start(PEER_PROCESS, "waits_for_bytes", name, NULL);
    char known[SIZE] = "state";
    size_t size = 6;

    peer_expect(p, "waits");
    CHECK_STATUS(byn_value_write(value, "state 1", 7), BYN_OK);
    peer_expect(p, "state 1");
    CHECK_STATUS(byn_value_write(value, "state 1", 7), BYN_OK);
    CHECK_STATUS(byn_value_write(value, "state 2", 7), BYN_OK);
    peer_expect(p, "state 2");
    CHECK_INT(peer_finish(p), 0);
    CHECK_STATUS(byn_value_wait_change_bytes(value, known, &size, BYN_NOW), BYN_OK);
    CHECK_INT(size, 7);
    CHECK(memcmp(known, "state 2", 7) == 0);
    CHECK_STATUS(byn_value_wait_change_bytes(value, known, &size, 5), BYN_E_TIMEDOUT);
    size = SIZE + 1;
    CHECK_STATUS(byn_value_wait_change_bytes(value, known, &size, BYN_NOW), BYN_E_INVALID);
    byn_value_close(value);
}

static bool says_yes(void *context)
{
    (void)context;
    return true;
}

static void wait_can_be_interrupted(void)
{
    byn_value *value = opened(fresh_name(), BYN_I64, 0);
    int64_t known = 0;

    byn_wait_interruptible(says_yes, NULL);
    CHECK_STATUS(byn_value_wait_change(value, &known, PATIENCE), BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    CHECK_INT(known, 0);
    byn_value_close(value);
}

static const test_case cases[] = {
    TEST(bytes_are_read_as_written),
    TEST(bytes_that_do_not_fit_change_nothing),
    TEST(bytes_need_a_size),
    TEST(readers_never_see_a_mixture_whoever_is_killed),
    TEST(threads_never_see_a_mixture),
    TEST(change_is_waited_for_by_processes_and_threads),
    TEST(what_is_different_already_is_told_at_once),
    TEST(all_who_wait_are_woken),
    TEST(killed_waiter_is_no_hindrance),
    TEST(turns_go_round),
    TEST(change_of_reals_is_waited_for),
    TEST(change_of_bytes_is_waited_for),
    TEST(wait_can_be_interrupted),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(writes_for_ever), PEER(reads),           PEER(writes), PEER(waits),
    PEER(takes_turns),     PEER(waits_for_bytes), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "value_use", cases, peers);
}
