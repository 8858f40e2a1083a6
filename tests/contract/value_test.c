/* byn_value: numbers, changed atomically. Bytes and waiting are in value_use_test.c. */
#include <float.h>
#include <math.h>
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

static void exchange_tells_what_was(void)
{
    int i;

    for (i = 0; i < RANGES; i++) {
        const range *r = &ranges[i];
        byn_value *value = opened(fresh_name(), r->type, r->lowest);
        int64_t previous = 0x55;

        CHECK_STATUS(byn_value_exchange(value, r->highest, &previous), BYN_OK);
        CHECK_INT(previous, r->lowest);
        CHECK_STATUS(byn_value_exchange(value, 3, NULL), BYN_OK);
        CHECK_INT(number(value), 3);
        if (r->type != BYN_I64 && r->type != BYN_U64) {
            CHECK_STATUS(byn_value_exchange(value, r->highest + 1, &previous), BYN_E_INVALID);
            CHECK_INT(previous, r->lowest);
            CHECK_INT(number(value), 3);
        }
        byn_value_close(value);
    }
}

static void flag_is_0_or_1(void)
{
    byn_value *value = opened(fresh_name(), BYN_BOOL, 1), *none = NULL;
    int64_t expected = 0;

    CHECK_INT(byn_value_size(value), 1);
    CHECK_INT(number(value), 1);
    CHECK_STATUS(byn_value_compare_exchange(value, &expected, 1), BYN_E_MISMATCH);
    CHECK_INT(expected, 1);
    CHECK_STATUS(byn_value_compare_exchange(value, &expected, 0), BYN_OK);
    CHECK_STATUS(byn_value_exchange(value, 1, &expected), BYN_OK);
    CHECK_INT(expected, 0);
    CHECK_STATUS(byn_value_set(value, 2), BYN_E_INVALID);
    CHECK_STATUS(byn_value_set(value, -1), BYN_E_INVALID);
    CHECK_STATUS(byn_value_add(value, 1, NULL), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "bool");
    CHECK_INT(number(value), 1);
    CHECK_STATUS(byn_value_open(&none, fresh_name(),
                                &BYN_OPTIONS(byn_value_options, .type = BYN_BOOL, .initial = 2)),
                 BYN_E_INVALID);
    byn_value_close(value);
}

/* ---- Reals */

static byn_value *real(byn_value_type type, double initial)
{
    byn_value *value = NULL;

    REQUIRE_STATUS(
        byn_value_open(&value, fresh_name(),
                       &BYN_OPTIONS(byn_value_options, .type = type, .initial_double = initial)),
        BYN_CREATED);
    return value;
}

static double real_of(byn_value *value)
{
    double result = 0x55;

    CHECK_STATUS(byn_value_get_double(value, &result), BYN_OK);
    return result;
}

static bool same_bits(double a, double b)
{
    uint64_t one, other;

    memcpy(&one, &a, sizeof one);
    memcpy(&other, &b, sizeof other);
    return one == other;
}

static void reals_are_set_added_and_exchanged(void)
{
    static const byn_value_type types[] = {BYN_F32, BYN_F64};
    int i;

    for (i = 0; i < 2; i++) {
        byn_value *value = real(types[i], -1.5);
        double result = 0;

        CHECK_INT(byn_value_size(value), types[i] == BYN_F32 ? 4 : 8);
        CHECK(real_of(value) == -1.5);
        CHECK_STATUS(byn_value_set_double(value, 0.25), BYN_OK);
        CHECK_STATUS(byn_value_add_double(value, 0.5, &result), BYN_OK);
        CHECK(result == 0.75 && real_of(value) == 0.75);
        CHECK_STATUS(byn_value_exchange_double(value, 8, &result), BYN_OK);
        CHECK(result == 0.75 && real_of(value) == 8);
        CHECK_STATUS(byn_value_compare_exchange_double(value, &result, 1), BYN_E_MISMATCH);
        CHECK(result == 8);
        CHECK_STATUS(byn_value_compare_exchange_double(value, &result, 1), BYN_OK);
        CHECK(real_of(value) == 1);
        CHECK_STATUS(byn_value_set_double(value, INFINITY), BYN_OK);
        CHECK(real_of(value) == (double)INFINITY);
        byn_value_close(value);
    }
}

static void single_is_rounded_and_does_not_overflow(void)
{
    byn_value *value = real(BYN_F32, 0.1);
    double largest = (double)FLT_MAX, result = 0;

    CHECK(same_bits(real_of(value), (double)0.1f));
    CHECK_STATUS(byn_value_set_double(value, largest), BYN_OK);
    CHECK(real_of(value) == largest);
    CHECK_STATUS(byn_value_set_double(value, largest * 1.00000001), BYN_OK); /* rounded down */
    CHECK(real_of(value) == largest);
    CHECK_STATUS(byn_value_set_double(value, largest * 1.0000001), BYN_E_INVALID);
    CHECK_STATUS(byn_value_set_double(value, -DBL_MAX), BYN_E_INVALID);
    CHECK_STATUS(byn_value_exchange_double(value, 1e300, &result), BYN_E_INVALID);
    CHECK(real_of(value) == largest);
    CHECK_STATUS(byn_value_add_double(value, largest, &result), BYN_OK);
    CHECK(result == (double)INFINITY);
    byn_value_close(value);
}

/* As for C11's atomics. */
static void reals_are_compared_by_their_bits(void)
{
    static const byn_value_type types[] = {BYN_F32, BYN_F64};
    int i;

    for (i = 0; i < 2; i++) {
        byn_value *value = real(types[i], 0);
        double expected = -0.0;

        CHECK_STATUS(byn_value_compare_exchange_double(value, &expected, 1), BYN_E_MISMATCH);
        CHECK(same_bits(expected, 0.0));
        CHECK_STATUS(byn_value_set_double(value, -0.0), BYN_OK);
        CHECK_STATUS(byn_value_compare_exchange_double(value, &expected, 1), BYN_E_MISMATCH);
        CHECK(same_bits(expected, -0.0));
        CHECK_STATUS(byn_value_compare_exchange_double(value, &expected, (double)NAN), BYN_OK);
        CHECK_STATUS(byn_value_compare_exchange_double(value, &expected, 2), BYN_E_MISMATCH);
        CHECK(expected != expected);
        CHECK_STATUS(byn_value_compare_exchange_double(value, &expected, 2), BYN_OK);
        CHECK(real_of(value) == 2);
        byn_value_close(value);
    }
}

static void call_of_the_wrong_sort_is_invalid(void)
{
    byn_value *single = real(BYN_F32, 1), *whole = opened(fresh_name(), BYN_I32, 1);
    int64_t n = 1;
    double d = 1;
    size_t size = 0;

    CHECK_STATUS(byn_value_get(single, &n), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "its type is f32: use byn_value_get_double()");
    CHECK_STATUS(byn_value_set(single, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_value_add(single, 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_value_exchange(single, 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_value_compare_exchange(single, &n, 2), BYN_E_INVALID);
    CHECK_STATUS(byn_value_wait_change(single, &n, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_value_read(single, NULL, &size), BYN_E_INVALID);
    CHECK_STATUS(byn_value_get_double(whole, &d), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "its type is i32: use byn_value_get()");
    CHECK_STATUS(byn_value_set_double(whole, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_value_add_double(whole, 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_value_exchange_double(whole, 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_value_compare_exchange_double(whole, &d, 2), BYN_E_INVALID);
    CHECK_STATUS(byn_value_wait_change_double(whole, &d, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_value_write(whole, "", 0), BYN_E_INVALID);
    CHECK_STATUS(byn_value_wait_change_bytes(whole, &n, &size, BYN_NOW), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "use byn_value_wait_change()");
    CHECK(real_of(single) == 1);
    CHECK_INT(number(whole), 1);
    byn_value_close(single);
    byn_value_close(whole);
}

static void initial_is_that_of_the_type(void)
{
    byn_value *value = NULL;

    CHECK_STATUS(byn_value_open(&value, fresh_name(),
                                &BYN_OPTIONS(byn_value_options, .type = BYN_F64, .initial = 1)),
                 BYN_E_INVALID);
    CHECK_STATUS(
        byn_value_open(&value, fresh_name(), &BYN_OPTIONS(byn_value_options, .initial_double = 1)),
        BYN_E_INVALID);
    CHECK_STATUS(
        byn_value_open(&value, fresh_name(),
                       &BYN_OPTIONS(byn_value_options, .type = BYN_F32, .initial_double = 1e300)),
        BYN_E_INVALID);
    CHECK(value == NULL);
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

static int adds_halves(peer_self *self, int argc, char **argv)
{
    byn_value *value = NULL;
    int i;

    (void)self;
    (void)argc;
    REQUIRE_STATUS(byn_value_open(&value, argv[0], NULL), BYN_OK);
    for (i = 0; i < 5000; i++)
        REQUIRE_STATUS(byn_value_add_double(value, 0.5, NULL), BYN_OK);
    byn_value_close(value);
    return 0;
}

static void concurrent_additions_of_reals_are_exact(void)
{
    byn_value *value = real(BYN_F64, 0);
    peer *peers[4];
    int i;

    for (i = 0; i < 4; i++)
        peers[i] = peer_start(i < 2 ? PEER_PROCESS : PEER_THREAD, "adds_halves",
                              byn_value_name(value), NULL);
    for (i = 0; i < 4; i++)
        CHECK_INT(peer_finish(peers[i]), 0);
    CHECK(real_of(value) == 10000);
    byn_value_close(value);
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
    TEST(exchange_tells_what_was),
    TEST(flag_is_0_or_1),
    TEST(reals_are_set_added_and_exchanged),
    TEST(single_is_rounded_and_does_not_overflow),
    TEST(reals_are_compared_by_their_bits),
    TEST(call_of_the_wrong_sort_is_invalid),
    TEST(initial_is_that_of_the_type),
    TEST(value_is_shared_with_processes_and_threads),
    TEST(null_is_invalid),
    TEST(concurrent_changes_of_processes_are_exact),
    TEST(concurrent_changes_of_threads_are_exact),
    TEST(concurrent_additions_of_reals_are_exact),
    TEST(killed_process_leaves_the_old_number_or_the_new_one),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(adds), PEER(adds_halves), PEER(counts_aloud),
                                   PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "value", cases, peers);
}
