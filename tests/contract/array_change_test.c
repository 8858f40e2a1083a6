/* byn_array: add, exchange and compare_exchange, which change one element in one step. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

#include "peer.h"
#include "test.h"

static byn_array *made(const char *name, byn_value_type type, uint64_t length)
{
    byn_array *array = NULL;

    REQUIRE_STATUS(byn_array_open(&array, name,
                                  &BYN_OPTIONS(byn_array_options, .type = type, .length = length,
                                               .size = type == BYN_BYTES ? 4 : 0)),
                   BYN_CREATED);
    return array;
}

static int64_t element(byn_array *array, uint64_t index)
{
    int64_t number = 0x55;

    CHECK_STATUS(byn_array_get(array, index, &number), BYN_OK);
    return number;
}

/* ---- Integers */

typedef struct range {
    byn_value_type type;
    int64_t lowest, highest;
} range;

static const range ranges[] = {
    {BYN_I8, INT8_MIN, INT8_MAX},    {BYN_I16, INT16_MIN, INT16_MAX},
    {BYN_I32, INT32_MIN, INT32_MAX}, {BYN_I64, INT64_MIN, INT64_MAX},
    {BYN_U8, 0, UINT8_MAX},          {BYN_U16, 0, UINT16_MAX},
    {BYN_U32, 0, UINT32_MAX},        {BYN_U64, 0, -1},
};

enum { RANGES = sizeof ranges / sizeof ranges[0], LENGTH = 9 };

/* Each element by itself, whatever its place in a word, and all others stay. */
static void change_each(byn_array *array, const range *r)
{
    unsigned char before[LENGTH * 8], after[LENGTH * 8];
    size_t size = byn_array_element_size(array), i;
    int64_t number;

    for (i = 0; i < LENGTH; i++) {
        memcpy(before, byn_array_data(array), LENGTH * size);
        CHECK_STATUS(byn_array_exchange(array, i, r->highest, &number), BYN_OK);
        CHECK_INT(number, r->lowest);
        CHECK_STATUS(byn_array_add(array, i, 1, &number), BYN_OK);
        CHECK_INT(number, r->lowest);
        CHECK_INT(element(array, i), r->lowest);
        CHECK_STATUS(byn_array_add(array, i, -1, NULL), BYN_OK);
        CHECK_INT(element(array, i), r->highest);
        number = r->lowest;
        CHECK_STATUS(byn_array_compare_exchange(array, i, &number, r->lowest), BYN_E_MISMATCH);
        CHECK_INT(number, r->highest);
        CHECK_STATUS(byn_array_compare_exchange(array, i, &number, 100), BYN_OK);
        CHECK_INT(number, r->highest);
        CHECK_INT(element(array, i), 100);
        CHECK_STATUS(byn_array_exchange(array, i, r->lowest, NULL), BYN_OK);
        memcpy(after, byn_array_data(array), LENGTH * size);
        CHECK(memcmp(before, after, LENGTH * size) == 0);
    }
}

static void elements_change_in_one_step_and_wrap_around(void)
{
    int i;

    for (i = 0; i < RANGES; i++) {
        byn_array *array = made(fresh_name(), ranges[i].type, LENGTH);
        uint64_t at;

        for (at = 0; at < LENGTH; at++)
            CHECK_STATUS(byn_array_set(array, at, ranges[i].lowest), BYN_OK);
        change_each(array, &ranges[i]);
        byn_array_close(array);
    }
}

static void flags_are_exchanged_and_not_added_to(void)
{
    byn_array *array = made(fresh_name(), BYN_BOOL, 3);
    unsigned char *data = byn_array_data(array);
    int64_t number = 1;

    CHECK_STATUS(byn_array_add(array, 1, 1, NULL), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "cannot be done with the type bool");
    data[1] = 200;
    CHECK_STATUS(byn_array_compare_exchange(array, 1, &number, 0), BYN_OK);
    CHECK_INT(data[1], 0);
    CHECK_STATUS(byn_array_exchange(array, 1, 1, &number), BYN_OK);
    CHECK_INT(number, 0);
    CHECK_INT(data[0] + data[2], 0);
    byn_array_close(array);
}

static void wrong_calls_are_invalid_and_change_nothing(void)
{
    byn_array *array = made(fresh_name(), BYN_I8, 2), *record = made(fresh_name(), BYN_BYTES, 2);
    int64_t number = 0;
    double real = 0;

    CHECK_STATUS(byn_array_add(NULL, 0, 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_array_add(array, 2, 1, NULL), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "there is no element 2, of 2");
    CHECK_STATUS(byn_array_exchange(array, UINT64_MAX, 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_array_exchange(array, 0, 128, NULL), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "128 does not fit the type i8");
    CHECK_STATUS(byn_array_compare_exchange(array, 0, NULL, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_array_compare_exchange(array, 0, &number, -129), BYN_E_INVALID);
    CHECK_STATUS(byn_array_compare_exchange(array, 2, &number, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_array_add_double(array, 0, 1, NULL), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "use byn_array_add()");
    CHECK_STATUS(byn_array_exchange_double(array, 0, 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_array_compare_exchange_double(array, 0, &real, 1), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "use byn_array_compare_exchange()");
    CHECK_STATUS(byn_array_add(record, 0, 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_array_exchange(record, 0, 1, NULL), BYN_E_INVALID);
    CHECK_INT(element(array, 0), 0);
    byn_array_close(array);
    byn_array_close(record);
}

/* ---- Reals */

static void change_reals(byn_array *array)
{
    double number = 0;

    CHECK_STATUS(byn_array_add_double(array, 1, 0.25, &number), BYN_OK);
    CHECK(number == 0.25);
    CHECK_STATUS(byn_array_add_double(array, 1, -1, NULL), BYN_OK);
    CHECK_STATUS(byn_array_exchange_double(array, 1, -0.0, &number), BYN_OK);
    CHECK(number == -0.75);
    number = 0.0;
    CHECK_STATUS(byn_array_compare_exchange_double(array, 1, &number, 5), BYN_E_MISMATCH);
    CHECK(copysign(1, number) < 0);
    CHECK_STATUS(byn_array_compare_exchange_double(array, 1, &number, NAN), BYN_OK);
    CHECK_STATUS(byn_array_get_double(array, 1, &number), BYN_OK);
    CHECK_STATUS(byn_array_compare_exchange_double(array, 1, &number, 5), BYN_OK);
    CHECK_STATUS(byn_array_add_double(array, 3, 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_array_exchange_double(array, 3, 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_array_compare_exchange_double(array, 3, &number, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_array_compare_exchange_double(array, 1, NULL, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_array_add(array, 1, 1, NULL), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "use byn_array_add_double()");
}

static void reals_change_in_one_step(void)
{
    byn_array *singles = made(fresh_name(), BYN_F32, 3), *doubles = made(fresh_name(), BYN_F64, 3);
    double number = 0;

    change_reals(singles);
    change_reals(doubles);
    CHECK_STATUS(byn_array_exchange_double(singles, 1, 1e39, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_array_set_double(singles, 1, 3e38), BYN_OK);
    CHECK_STATUS(byn_array_add_double(singles, 1, 3e38, &number), BYN_OK);
    CHECK(number > DBL_MAX);
    CHECK(((float *)byn_array_data(singles))[0] == 0 && ((float *)byn_array_data(singles))[2] == 0);
    byn_array_close(singles);
    byn_array_close(doubles);
}

/* ---- Many at once */

enum { PEERS = 4, ROUNDS = 5000 };

/* Raises its own element and, in three ways, one that belongs to all; the four share a word. */
static int raises(peer_self *self, int argc, char **argv)
{
    byn_array *array = NULL;
    uint64_t own = strtoull(argv[1], NULL, 10);
    int64_t seen;
    int i;

    (void)argc;
    REQUIRE_STATUS(
        byn_array_open(&array, argv[0], &BYN_OPTIONS(byn_array_options, .open = BYN_OPEN_ONLY)),
        BYN_OK);
    peer_say(self, "ready");
    REQUIRE(peer_wait(self, "go"));
    for (i = 0; i < ROUNDS; i++) {
        REQUIRE_STATUS(byn_array_add(array, own, 1, NULL), BYN_OK);
        REQUIRE_STATUS(byn_array_add(array, PEERS, 1, NULL), BYN_OK);
        seen = element(array, PEERS);
        while (byn_array_compare_exchange(array, PEERS, &seen, (seen + 1) & 0x7f) < 0)
            continue;
    }
    byn_array_close(array);
    return 0;
}

static void race(byn_value_type type, int64_t mask, peer_kind kind)
{
    const char *name = fresh_name();
    static const char *const own[PEERS] = {"0", "1", "2", "3"};
    byn_array *array = made(name, type, PEERS + 1);
    peer *p[PEERS];
    int i;

    for (i = 0; i < PEERS; i++) {
        p[i] = peer_start(kind, "raises", name, own[i], NULL);
        peer_expect(p[i], "ready");
    }
    for (i = 0; i < PEERS; i++)
        peer_tell(p[i], "go");
    for (i = 0; i < PEERS; i++)
        CHECK_INT(peer_finish(p[i]), 0);
    for (i = 0; i < PEERS; i++)
        CHECK_INT(element(array, (uint64_t)i) & mask, ROUNDS & mask);
    CHECK_INT(element(array, PEERS) & 0x7f, 2 * PEERS * ROUNDS & 0x7f);
    byn_array_close(array);
}

static void counters_side_by_side_are_exact(void)
{
    race(BYN_U8, 0xff, PEER_PROCESS);
    race(BYN_U16, 0xffff, PEER_PROCESS);
    race(BYN_I8, 0xff, PEER_THREAD);
    race(BYN_I32, INT32_MAX, PEER_THREAD);
    race(BYN_U64, INT64_MAX, PEER_THREAD);
}

static const test_case cases[] = {
    TEST(elements_change_in_one_step_and_wrap_around),
    TEST(flags_are_exchanged_and_not_added_to),
    TEST(wrong_calls_are_invalid_and_change_nothing),
    TEST(reals_change_in_one_step),
    TEST(counters_side_by_side_are_exact),
    TEST_END,
};

static const peer_entry peers[] = {PEER(raises), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "array_change", cases, peers);
}
