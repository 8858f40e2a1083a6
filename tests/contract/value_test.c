/* byn_value: a number of eight types, changed atomically. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"

typedef struct range {
    byn_value_type type;
    int64_t lowest, highest;
} range;

/* A BYN_U64 above INT64_MAX passes as the same bits: its ends here are those of the bits. */
static const range ranges[] = {
    {BYN_I8, INT8_MIN, INT8_MAX},    {BYN_I16, INT16_MIN, INT16_MAX},
    {BYN_I32, INT32_MIN, INT32_MAX}, {BYN_I64, INT64_MIN, INT64_MAX},
    {BYN_U8, 0, UINT8_MAX},          {BYN_U16, 0, UINT16_MAX},
    {BYN_U32, 0, UINT32_MAX},        {BYN_U64, 0, -1},
};

enum { RANGES = sizeof ranges / sizeof ranges[0] };

static byn_value *opened(const char *name, byn_value_type type, int64_t initial)
{
    byn_value *value = NULL;

    REQUIRE_STATUS(
        byn_value_open(&value, name,
                       &BYN_OPTIONS(byn_value_options, .type = type, .initial = initial)),
        BYN_CREATED);
    return value;
}

static int64_t number(byn_value *value)
{
    int64_t result = 0x55;

    CHECK_STATUS(byn_value_get(value, &result), BYN_OK);
    return result;
}

/* ---- Opening */

static void creators_options_hold(void)
{
    const char *name = fresh_name();
    byn_value *value = opened(name, BYN_U16, 7);
    byn_value *again = NULL;
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STR(byn_value_name(value), name);
    CHECK_STATUS(remote_call(p, "value 0 0 100 %s", name), BYN_OK);
    CHECK_INT(number(value), 7);
    CHECK_STATUS(remote_call(p, "close value"), BYN_OK);
    CHECK_STATUS(remote_call(p, "value 0 %d 0 %s", BYN_U16, name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close value"), BYN_OK);
    CHECK_STATUS(remote_call(p, "value 0 %d 0 %s", BYN_I16, name), BYN_E_MISMATCH);
    CHECK_CONTAINS(remote_error(), "type");
    CHECK_STATUS(remote_call(p, "value 1 0 0 %s", name), BYN_E_EXISTS);
    CHECK_STATUS(byn_value_open(&again, name, &BYN_OPTIONS(byn_value_options, .type = BYN_U8)),
                 BYN_E_MISMATCH);
    CHECK_STATUS(byn_value_open(&again, name, NULL), BYN_OK);
    CHECK_INT(byn_value_type_of(again), BYN_U16);
    byn_value_close(again);
    remote_end(p);
    byn_value_close(value);
}

static void nothing_said_is_an_i64_of_zero(void)
{
    const char *name = fresh_name();
    byn_value *value = NULL;

    REQUIRE_STATUS(byn_value_open(&value, name, NULL), BYN_CREATED);
    CHECK_INT(byn_value_type_of(value), BYN_I64);
    CHECK_INT(number(value), 0);
    byn_value_close(value);
}

static void unknown_types_are_invalid(void)
{
    byn_value *value = NULL;

    CHECK_STATUS(byn_value_open(&value, fresh_name(),
                                &BYN_OPTIONS(byn_value_options, .type = (byn_value_type)13)),
                 BYN_E_INVALID);
    CHECK_STATUS(byn_value_open(&value, fresh_name(),
                                &BYN_OPTIONS(byn_value_options, .type = (byn_value_type)1000)),
                 BYN_E_INVALID);
    CHECK_STATUS(byn_value_open(NULL, fresh_name(), NULL), BYN_E_INVALID);
    CHECK(value == NULL);
}

static void initial_must_fit_its_type(void)
{
    const char *name = fresh_name();
    byn_value *value = NULL;
    int i;

    for (i = 0; i < RANGES; i++) {
        const range *r = &ranges[i];

        value = opened(name, r->type, r->lowest);
        CHECK_INT(byn_value_type_of(value), r->type);
        CHECK_INT(number(value), r->lowest);
        byn_value_close(value);
        value = opened(name, r->type, r->highest);
        CHECK_INT(number(value), r->highest);
        byn_value_close(value);
        value = NULL;
        if (r->type == BYN_I64 || r->type == BYN_U64)
            continue;
        CHECK_STATUS(byn_value_open(&value, name,
                                    &BYN_OPTIONS(byn_value_options, .type = r->type,
                                                 .initial = r->lowest - 1)),
                     BYN_E_INVALID);
        CHECK_STATUS(byn_value_open(&value, name,
                                    &BYN_OPTIONS(byn_value_options, .type = r->type,
                                                 .initial = r->highest + 1)),
                     BYN_E_INVALID);
        CHECK(value == NULL);
    }
}

/* ---- Reading and writing */

static void set_takes_what_fits_the_type(void)
{
    int i;

    for (i = 0; i < RANGES; i++) {
        const range *r = &ranges[i];
        byn_value *value = opened(fresh_name(), r->type, 5);

        CHECK_STATUS(byn_value_set(value, r->lowest), BYN_OK);
        CHECK_INT(number(value), r->lowest);
        CHECK_STATUS(byn_value_set(value, r->highest), BYN_OK);
        CHECK_INT(number(value), r->highest);
        if (r->type != BYN_I64 && r->type != BYN_U64) {
            CHECK_STATUS(byn_value_set(value, r->highest + 1), BYN_E_INVALID);
            CHECK_STATUS(byn_value_set(value, r->lowest - 1), BYN_E_INVALID);
            CHECK_STATUS(byn_value_set(value, INT64_MAX), BYN_E_INVALID);
            CHECK_STATUS(byn_value_set(value, INT64_MIN), BYN_E_INVALID);
            CHECK_INT(number(value), r->highest);
        }
        byn_value_close(value);
    }
}

static void add_wraps_at_the_ends_of_its_type(void)
{
    int i;

    for (i = 0; i < RANGES; i++) {
        const range *r = &ranges[i];
        byn_value *value = opened(fresh_name(), r->type, r->highest);
        int64_t result = 0x55;

        CHECK_STATUS(byn_value_add(value, 1, &result), BYN_OK);
        CHECK_INT(result, r->lowest);
        CHECK_INT(number(value), r->lowest);
        CHECK_STATUS(byn_value_add(value, -1, &result), BYN_OK);
        CHECK_INT(result, r->highest);
        CHECK_STATUS(byn_value_add(value, INT64_MIN, NULL), BYN_OK);
        CHECK_STATUS(byn_value_add(value, INT64_MIN, &result), BYN_OK);
        CHECK_INT(result, r->highest);
        CHECK_STATUS(byn_value_set(value, 1), BYN_OK);
        CHECK_STATUS(byn_value_add(value, 2, NULL), BYN_OK);
        CHECK_STATUS(byn_value_add(value, -1, &result), BYN_OK);
        CHECK_INT(result, 2);
        byn_value_close(value);
    }
}

static void u64_passes_as_the_same_bits(void)
{
    const uint64_t large = UINT64_C(0xfedcba9876543210);
    byn_value *value = opened(fresh_name(), BYN_U64, (int64_t)large);
    int64_t expected = (int64_t)large;

    CHECK((uint64_t)number(value) == large);
    CHECK_STATUS(byn_value_add(value, 1, NULL), BYN_OK);
    CHECK((uint64_t)number(value) == large + 1);
    CHECK_STATUS(byn_value_compare_exchange(value, &expected, 0), BYN_E_MISMATCH);
    CHECK((uint64_t)expected == large + 1);
    CHECK_STATUS(byn_value_compare_exchange(value, &expected, -1), BYN_OK);
    CHECK((uint64_t)number(value) == UINT64_MAX);
    byn_value_close(value);
}

static void compare_exchange_writes_only_if_equal(void)
{
    int i;

    for (i = 0; i < RANGES; i++) {
        const range *r = &ranges[i];
        byn_value *value = opened(fresh_name(), r->type, r->lowest);
        int64_t expected = 100;

        CHECK_STATUS(byn_value_compare_exchange(value, &expected, 1), BYN_E_MISMATCH);
        CHECK_INT(expected, r->lowest);
        CHECK_INT(number(value), r->lowest);
        CHECK_STATUS(byn_value_compare_exchange(value, &expected, r->highest), BYN_OK);
        CHECK_INT(expected, r->lowest);
        CHECK_INT(number(value), r->highest);
        if (r->type != BYN_I64 && r->type != BYN_U64) {
            expected = r->highest;
            CHECK_STATUS(byn_value_compare_exchange(value, &expected, r->highest + 1),
                         BYN_E_INVALID);
            CHECK_INT(expected, r->highest);
            CHECK_INT(number(value), r->highest);
        }
        /* After a wrap too, when more bits than the type's were touched. */
        CHECK_STATUS(byn_value_add(value, 1, &expected), BYN_OK);
        CHECK_STATUS(byn_value_compare_exchange(value, &expected, 3), BYN_OK);
        CHECK_INT(number(value), 3);
        byn_value_close(value);
    }
}

static void is_shared_with(peer_kind kind)
{
    const char *name = fresh_name();
    byn_value *value = opened(name, BYN_I32, -5);
    peer *p = remote_start(kind);

    CHECK_STATUS(remote_call(p, "value 0 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "get"), BYN_OK);
    CHECK_INT(remote_number(), -5);
    CHECK_STATUS(remote_call(p, "put 70000"), BYN_OK);
    CHECK_INT(number(value), 70000);
    CHECK_STATUS(byn_value_add(value, -1, NULL), BYN_OK);
    CHECK_STATUS(remote_call(p, "add 2"), BYN_OK);
    CHECK_INT(remote_number(), 70001);
    CHECK_STATUS(remote_call(p, "put 3000000000"), BYN_E_INVALID);
    CHECK_CONTAINS(remote_error(), "3000000000");
    remote_end(p);
    CHECK_INT(number(value), 70001);
    byn_value_close(value);
}

static void value_is_shared_with_processes_and_threads(void)
{
    is_shared_with(PEER_PROCESS);
    is_shared_with(PEER_THREAD);
}

static void null_is_invalid(void)
{
    byn_value *value = opened(fresh_name(), BYN_I64, 1);
    int64_t n = 5;

    CHECK_STATUS(byn_value_get(NULL, &n), BYN_E_INVALID);
    CHECK_STATUS(byn_value_get(value, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_value_set(NULL, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_value_add(NULL, 1, &n), BYN_E_INVALID);
    CHECK_STATUS(byn_value_compare_exchange(NULL, &n, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_value_compare_exchange(value, NULL, 1), BYN_E_INVALID);
    CHECK_INT(byn_value_type_of(NULL), BYN_ANY);
    CHECK(byn_value_name(NULL) == NULL);
    CHECK_INT(n, 5);
    CHECK_INT(number(value), 1);
    byn_value_close(NULL);
    byn_value_close(value);
}

/* ---- Concurrency */

static int adds(peer_self *self, int argc, char **argv)
{
    byn_value *value = NULL;
    int i, rounds = argc == 2 ? atoi(argv[1]) : 0;

    REQUIRE_STATUS(byn_value_open(&value, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    if (peer_wait(self, "go")) {
        for (i = 0; i < rounds; i++) {
            int64_t seen = 0;

            REQUIRE_STATUS(byn_value_add(value, 3, NULL), BYN_OK);
            REQUIRE_STATUS(byn_value_get(value, &seen), BYN_OK);
            while (byn_value_compare_exchange(value, &seen, seen - 1) != BYN_OK)
                continue;
            REQUIRE_STATUS(byn_value_add(value, -1, NULL), BYN_OK);
        }
    }
    byn_value_close(value);
    return 0;
}

static void add_up(peer_kind kind)
{
    enum { PEERS = 4, ROUNDS = 20000 };
    const char *name = fresh_name();
    byn_value *value = opened(name, BYN_I32, 0);
    char rounds[16];
    peer *peers[PEERS];
    int i;

    (void)snprintf(rounds, sizeof rounds, "%d", ROUNDS);
    for (i = 0; i < PEERS; i++)
        peers[i] = peer_start(kind, "adds", name, rounds, NULL);
    for (i = 0; i < PEERS; i++)
        peer_expect(peers[i], "ready");
    for (i = 0; i < PEERS; i++)
        peer_tell(peers[i], "go");
    for (i = 0; i < PEERS; i++)
        CHECK_INT(peer_finish(peers[i]), 0);
    CHECK_INT(number(value), PEERS * ROUNDS);
    byn_value_close(value);
}

static void concurrent_changes_of_processes_are_exact(void)
{
    add_up(PEER_PROCESS);
}

static void concurrent_changes_of_threads_are_exact(void)
{
    add_up(PEER_THREAD);
}

static int counts_aloud(peer_self *self, int argc, char **argv)
{
    byn_value *value = NULL;
    int64_t now = 0;

    (void)argc;
    REQUIRE_STATUS(byn_value_open(&value, argv[0], NULL), BYN_OK);
    while (byn_value_add(value, 1, &now) == BYN_OK)
        peer_say(self, "%d", (int)now);
    return 1;
}

/* It has added what it said, and perhaps one more. */
static void killed_process_leaves_the_old_number_or_the_new_one(void)
{
    const char *name = fresh_name(), *line;
    byn_value *value = opened(name, BYN_I64, 0);
    peer *p = peer_start(PEER_PROCESS, "counts_aloud", name, NULL);
    int64_t last = 0;

    while (last < 500 && (line = peer_line(p)) != NULL)
        last = atoi(line);
    peer_kill(p);
    while ((line = peer_line(p)) != NULL)
        if (atoi(line) == last + 1)
            last++;
    CHECK(number(value) == last || number(value) == last + 1);
    byn_value_close(value);
}

static const test_case cases[] = {
    TEST(creators_options_hold),
    TEST(nothing_said_is_an_i64_of_zero),
    TEST(unknown_types_are_invalid),
    TEST(initial_must_fit_its_type),
    TEST(set_takes_what_fits_the_type),
    TEST(add_wraps_at_the_ends_of_its_type),
    TEST(u64_passes_as_the_same_bits),
    TEST(compare_exchange_writes_only_if_equal),
    TEST(value_is_shared_with_processes_and_threads),
    TEST(null_is_invalid),
    TEST(concurrent_changes_of_processes_are_exact),
    TEST(concurrent_changes_of_threads_are_exact),
    TEST(killed_process_leaves_the_old_number_or_the_new_one),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(adds), PEER(counts_aloud), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "value", cases, peers);
}
