/* byn_array: elements and slices. Its lock is tested with the value's, in lock_test.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_time.h>

#include <byname/byname.h>

#include "peer.h"
#include "test.h"

#define PATIENCE ((byn_timeout)1000 * test_patience())

static byn_array *made(const char *name, byn_value_type type, uint32_t size, uint64_t length)
{
    byn_array *array = NULL;

    REQUIRE_STATUS(byn_array_open(&array, name,
                                  &BYN_OPTIONS(byn_array_options, .type = type, .size = size,
                                               .length = length)),
                   BYN_CREATED);
    return array;
}

static byn_array *opened(const char *name)
{
    byn_array *array = NULL;

    REQUIRE_STATUS(
        byn_array_open(&array, name, &BYN_OPTIONS(byn_array_options, .open = BYN_OPEN_ONLY)),
        BYN_OK);
    return array;
}

/* ---- Opening */

static void creators_options_hold(void)
{
    const char *name = fresh_name();
    byn_array *array = made(name, BYN_U16, 0, 77), *again = opened(name), *none = NULL;

    CHECK_STR(byn_array_name(again), name);
    CHECK_INT(byn_array_length(again), 77);
    CHECK_INT(byn_array_type_of(again), BYN_U16);
    CHECK_INT(byn_array_element_size(again), 2);
    CHECK_STATUS(
        byn_array_open(&none, name, &BYN_OPTIONS(byn_array_options, .type = BYN_I16, .length = 77)),
        BYN_E_MISMATCH);
    CHECK_STATUS(byn_array_open(&none, name, &BYN_OPTIONS(byn_array_options, .length = 78)),
                 BYN_E_MISMATCH);
    CHECK_CONTAINS(byn_last_error(), "length is 77 there and 78 here");
    CHECK_STATUS(
        byn_array_open(&none, name,
                       &BYN_OPTIONS(byn_array_options, .open = BYN_CREATE_ONLY, .length = 77)),
        BYN_E_EXISTS);
    byn_array_close(again);
    byn_array_close(array);
    CHECK_STATUS(
        byn_array_open(&none, name, &BYN_OPTIONS(byn_array_options, .open = BYN_OPEN_ONLY)),
        BYN_E_NOTFOUND);
    CHECK(none == NULL);
    byn_array_close(NULL);
}

static void impossible_options_are_invalid(void)
{
    static const byn_array_options wrong[] = {
        {.struct_size = sizeof wrong[0], .type = (byn_value_type)13, .length = 1},
        {.struct_size = sizeof wrong[0], .length = 0},
        {.struct_size = sizeof wrong[0], .type = BYN_BYTES, .length = 1},
        {.struct_size = sizeof wrong[0], .type = BYN_I8, .size = 1, .length = 1},
        {.struct_size = sizeof wrong[0], .type = BYN_BYTES, .size = 65537, .length = 1},
        {.struct_size = sizeof wrong[0], .length = UINT64_MAX / 4},
        {.struct_size = sizeof wrong[0], .type = BYN_BYTES, .size = 9, .length = UINT64_MAX / 9},
        {.struct_size = sizeof wrong[0], .type = BYN_I8, .length = INT64_MAX},
    };
    byn_array *array = NULL;
    size_t i;

    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_STATUS(byn_array_open(&array, fresh_name(), &wrong[i]), BYN_E_INVALID);
    CHECK_STATUS(byn_array_open(NULL, fresh_name(), &wrong[0]), BYN_E_INVALID);
    CHECK(array == NULL);
}

/* More than any machine has: no element could be promised. */
static void what_there_is_no_room_for_is_not_opened(void)
{
    byn_array *array = NULL;
    byn_status status = byn_array_open(
        &array, fresh_name(),
        &BYN_OPTIONS(byn_array_options, .type = BYN_I64, .length = UINT64_C(1) << 50));

    CHECK(status == BYN_E_NOMEM || status == BYN_E_LIMIT);
    CHECK(array == NULL);
}

static void null_is_invalid(void)
{
    byn_array *array = made(fresh_name(), BYN_I8, 0, 4);
    int64_t number = 5;
    double real = 5;

    CHECK_STATUS(byn_array_get(NULL, 0, &number), BYN_E_INVALID);
    CHECK_STATUS(byn_array_get(array, 0, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_array_get_double(NULL, 0, &real), BYN_E_INVALID);
    CHECK_STATUS(byn_array_set(NULL, 0, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_array_read(NULL, 0, 1, &number, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_array_read(array, 0, 1, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_array_read(array, 0, 1, &number, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_array_write(array, 0, 1, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_array_read(array, 0, 0, NULL, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_array_write(array, 4, 0, NULL, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_array_lock(NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_array_unlock(NULL), BYN_E_INVALID);
    CHECK(byn_array_data(NULL) == NULL && byn_array_name(NULL) == NULL);
    CHECK(byn_array_length(NULL) == 0 && byn_array_element_size(NULL) == 0);
    CHECK_INT(byn_array_type_of(NULL), BYN_ANY);
    CHECK_INT(number, 5);
    byn_array_close(array);
}

/* ---- Elements */

static void out_of_range_is_invalid(void)
{
    byn_array *array = made(fresh_name(), BYN_F64, 0, 10);
    double numbers[12] = {0};

    CHECK_STATUS(byn_array_get_double(array, 10, numbers), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "there is no element 10, of 10");
    CHECK_STATUS(byn_array_set_double(array, UINT64_MAX, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_array_read(array, 0, 11, numbers, BYN_NOW), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "there are no 11 elements from 0 on, of 10");
    CHECK_STATUS(byn_array_read(array, 9, 2, numbers, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_array_read(array, 11, 0, numbers, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_array_write(array, 2, UINT64_MAX, numbers, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_array_write(array, UINT64_MAX, 2, numbers, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_array_read(array, 10, 0, numbers, BYN_NOW), BYN_OK);
    byn_array_close(array);
}

static void calls_for_another_type_are_invalid(void)
{
    byn_array *real = made(fresh_name(), BYN_F32, 0, 2),
              *integer = made(fresh_name(), BYN_I32, 0, 2),
              *record = made(fresh_name(), BYN_BYTES, 4, 2);
    int64_t number = 0;
    double d = 0;

    CHECK_STATUS(byn_array_get(real, 0, &number), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "use byn_array_get_double()");
    CHECK_STATUS(byn_array_set(real, 0, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_array_get_double(integer, 0, &d), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "use byn_array_get()");
    CHECK_STATUS(byn_array_set_double(integer, 0, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_array_get(record, 0, &number), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "use byn_array_read()");
    CHECK_STATUS(byn_array_set_double(record, 0, 1), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "use byn_array_write()");
    CHECK_STATUS(byn_array_set(integer, 0, INT64_C(1) << 31), BYN_E_INVALID);
    CHECK_STATUS(byn_array_set_double(real, 0, 1e39), BYN_E_INVALID);
    CHECK_STATUS(byn_array_set_double(real, 0, INFINITY), BYN_OK);
    byn_array_close(real);
    byn_array_close(integer);
    byn_array_close(record);
}

typedef struct range {
    byn_value_type type;
    size_t size;
    int64_t lowest, highest;
} range;

static const range ranges[] = {
    {BYN_I8, 1, INT8_MIN, INT8_MAX},
    {BYN_I16, 2, INT16_MIN, INT16_MAX},
    {BYN_I32, 4, INT32_MIN, INT32_MAX},
    {BYN_I64, 8, INT64_MIN, INT64_MAX},
    {BYN_U8, 1, 0, UINT8_MAX},
    {BYN_U16, 2, 0, UINT16_MAX},
    {BYN_U32, 4, 0, UINT32_MAX},
    {BYN_U64, 8, 0, -1},
    {BYN_BOOL, 1, 0, 1},
};

enum { RANGES = sizeof ranges / sizeof ranges[0] };

static int64_t element(byn_array *array, uint64_t index)
{
    int64_t number = 0x55;

    CHECK_STATUS(byn_array_get(array, index, &number), BYN_OK);
    return number;
}

static void elements_do_not_touch_their_neighbours(void)
{
    int i;

    for (i = 0; i < RANGES; i++) {
        const range *r = &ranges[i];
        byn_array *array = made(fresh_name(), r->type, 0, 9);
        const unsigned char *data = byn_array_data(array);
        size_t at;

        CHECK_INT(byn_array_element_size(array), r->size);
        CHECK_INT((uintptr_t)data % 8, 0);
        CHECK_STATUS(byn_array_set(array, 4, r->highest), BYN_OK);
        CHECK_INT(element(array, 4), r->highest);
        for (at = 0; at < 9 * r->size; at++)
            CHECK((at >= 4 * r->size && at < 5 * r->size) || data[at] == 0);
        CHECK_STATUS(byn_array_set(array, 4, r->lowest), BYN_OK);
        CHECK_INT(element(array, 4), r->lowest);
        if (r->size < 8) {
            CHECK_STATUS(byn_array_set(array, 4, r->highest + 1), BYN_E_INVALID);
            CHECK_STATUS(byn_array_set(array, 4, r->lowest - 1), BYN_E_INVALID);
            CHECK_INT(element(array, 4), r->lowest);
        }
        byn_array_close(array);
    }
}

static void reals_are_stored_as_their_type(void)
{
    byn_array *singles = made(fresh_name(), BYN_F32, 0, 3),
              *doubles = made(fresh_name(), BYN_F64, 0, 3);
    double number = 0;

    CHECK_STATUS(byn_array_set_double(singles, 1, 0.1), BYN_OK);
    CHECK(((float *)byn_array_data(singles))[1] == 0.1f);
    CHECK_STATUS(byn_array_get_double(singles, 1, &number), BYN_OK);
    CHECK(number == (double)0.1f);
    CHECK_STATUS(byn_array_set_double(doubles, 2, -0.1), BYN_OK);
    CHECK(((double *)byn_array_data(doubles))[2] == -0.1);
    CHECK_STATUS(byn_array_get_double(doubles, 2, &number), BYN_OK);
    CHECK(number == -0.1);
    byn_array_close(singles);
    byn_array_close(doubles);
}

static void flags_are_0_or_1_whatever_is_there(void)
{
    byn_array *array = made(fresh_name(), BYN_BOOL, 0, 3);
    unsigned char *data = byn_array_data(array), out[3];

    data[1] = 200;
    CHECK_INT(element(array, 1), 1);
    CHECK_STATUS(byn_array_read(array, 0, 3, out, BYN_NOW), BYN_OK);
    CHECK(out[0] == 0 && out[1] == 1 && out[2] == 0);
    byn_array_close(array);
}

static void array_is_shared(void)
{
    const char *name = fresh_name();
    byn_array *array = made(name, BYN_I32, 0, 1000), *again = opened(name);
    const unsigned char *data = byn_array_data(again);

    CHECK_INT(element(again, 999), 0);
    CHECK_STATUS(byn_array_set(array, 999, -3), BYN_OK);
    CHECK_INT(element(again, 999), -3);
    CHECK(((const int32_t *)(const void *)data)[999] == -3);
    byn_array_close(array);
    CHECK_INT(element(again, 999), -3);
    byn_array_close(again);
}

/* ---- Slices */

enum { LENGTH = 500 };

static unsigned char model[LENGTH * 8];

static void check_all(byn_array *array, size_t bytes)
{
    static unsigned char out[LENGTH * 8];

    CHECK_STATUS(byn_array_read(array, 0, byn_array_length(array), out, BYN_NOW), BYN_OK);
    REQUIRE(memcmp(out, model, bytes) == 0);
    REQUIRE(memcmp(byn_array_data(array), model, bytes) == 0);
}

static void set_in_model(uint64_t index, size_t size, int64_t number)
{
    const int8_t n1 = (int8_t)number;
    const int16_t n2 = (int16_t)number;
    const int32_t n4 = (int32_t)number;

    memcpy(model + index * size,
           size == 1   ? (const void *)&n1
           : size == 2 ? (const void *)&n2
           : size == 4 ? (const void *)&n4
                       : (const void *)&number,
           size);
}

/* One of: get, set, read, write, and now and then all of it is compared. */
static void do_anything(byn_array *array, const range *r)
{
    static unsigned char buffer[LENGTH * 8 + 8];
    unsigned char *unaligned = buffer + rand() % 8;
    uint64_t first = (uint64_t)rand() % (LENGTH + 1),
             count = (uint64_t)rand() % (LENGTH + 1 - first);
    int64_t number = rand() % 2 != 0 ? r->lowest : r->highest, found = 0;
    size_t i;

    switch (rand() % 4) {
    case 0:
        CHECK_STATUS(byn_array_set(array, first % LENGTH, number), BYN_OK);
        set_in_model(first % LENGTH, r->size, number);
        break;
    case 1:
        CHECK_STATUS(byn_array_set(array, first % LENGTH, number), BYN_OK);
        set_in_model(first % LENGTH, r->size, number);
        CHECK_STATUS(byn_array_get(array, first % LENGTH, &found), BYN_OK);
        CHECK_INT(found, number);
        break;
    case 2:
        for (i = 0; i < count * r->size; i++)
            unaligned[i] = (unsigned char)(r->type == BYN_BOOL ? rand() % 2 : rand());
        CHECK_STATUS(byn_array_write(array, first, count, unaligned, BYN_NOW), BYN_OK);
        memcpy(model + first * r->size, unaligned, count * r->size);
        break;
    default:
        CHECK_STATUS(byn_array_read(array, first, count, unaligned, BYN_NOW), BYN_OK);
        REQUIRE(memcmp(unaligned, model + first * r->size, count * r->size) == 0);
        break;
    }
}

static void random_operations_are_as_in_a_model(void)
{
    unsigned seed = (unsigned)time(NULL);
    int i, round;

    printf("     seed %u\n", seed);
    srand(seed);
    for (i = 0; i < RANGES; i++) {
        byn_array *array = made(fresh_name(), ranges[i].type, 0, LENGTH);

        memset(model, 0, sizeof model);
        for (round = 0; round < 3000; round++)
            do_anything(array, &ranges[i]);
        check_all(array, LENGTH * ranges[i].size);
        byn_array_close(array);
    }
}

/* Of 7 bytes, so that none but the first is aligned. */
static void records_are_copied_as_they_are(void)
{
    enum { SIZE = 7, RECORDS = 300 };
    byn_array *array = made(fresh_name(), BYN_BYTES, SIZE, RECORDS);
    unsigned char in[SIZE * RECORDS], out[SIZE * RECORDS];
    int round;

    CHECK_INT(byn_array_element_size(array), SIZE);
    memset(model, 0, sizeof model);
    for (round = 0; round < 2000; round++) {
        size_t first = (size_t)rand() % RECORDS, count = (size_t)rand() % (RECORDS - first), i;

        for (i = 0; i < count * SIZE; i++)
            in[i] = (unsigned char)rand();
        CHECK_STATUS(byn_array_write(array, first, count, in, BYN_NOW), BYN_OK);
        memcpy(model + first * SIZE, in, count * SIZE);
        CHECK_STATUS(byn_array_read(array, 0, RECORDS, out, BYN_NOW), BYN_OK);
        REQUIRE(memcmp(out, model, sizeof out) == 0);
    }
    byn_array_close(array);
}

/* Fills the array with one number, another each time, in slices. */
static int fills(peer_self *self, int argc, char **argv)
{
    byn_array *array = opened(argv[0]);
    int32_t numbers[64];
    int round, i;

    (void)self;
    for (round = 0; argc > 1 || round < 1500; round++) {
        for (i = 0; i < 64; i++)
            numbers[i] = round;
        REQUIRE(byn_array_write(array, 0, 64, numbers, PATIENCE) >= 0);
        if (argc > 1 && round == 0)
            peer_say(self, "fills");
    }
    byn_array_close(array);
    return 0;
}

static bool is_mixed(const int32_t *numbers)
{
    int i;

    for (i = 1; i < 64; i++)
        if (numbers[i] != numbers[0])
            return true;
    return false;
}

static void slices_do_not_mix(peer_kind kind)
{
    const char *name = fresh_name();
    byn_array *array = made(name, BYN_I32, 0, 64);
    int32_t numbers[64];
    peer *p[3];
    int i;

    for (i = 0; i < 3; i++)
        p[i] = peer_start(kind, "fills", name, NULL);
    for (i = 0; i < 1500; i++) {
        REQUIRE_STATUS(byn_array_read(array, 0, 64, numbers, PATIENCE), BYN_OK);
        REQUIRE(!is_mixed(numbers));
    }
    for (i = 0; i < 3; i++)
        CHECK_INT(peer_finish(p[i]), 0);
    byn_array_close(array);
}

static void slices_of_processes_and_threads_do_not_mix(void)
{
    slices_do_not_mix(PEER_PROCESS);
    slices_do_not_mix(PEER_THREAD);
}

/* A killed writer may leave a mixture; then the next one is told. */
static void mixture_of_a_killed_writer_is_told(void)
{
    enum { KILLS = 12 };
    const char *name = fresh_name();
    byn_array *array = made(name, BYN_I32, 0, 64);
    int32_t numbers[64] = {0};
    int i, told = 0;

    for (i = 0; i < KILLS; i++) {
        peer *p = peer_start(PEER_PROCESS, "fills", name, "for ever", NULL);
        byn_status status;

        peer_expect(p, "fills");
        peer_kill(p);
        status = byn_array_read(array, 0, 64, numbers, PATIENCE);
        CHECK(status >= 0);
        CHECK(status == BYN_ABANDONED || !is_mixed(numbers));
        told += status == BYN_ABANDONED;
        memset(numbers, 0, sizeof numbers);
        CHECK_STATUS(byn_array_write(array, 0, 64, numbers, BYN_NOW), BYN_OK);
    }
    printf("     %d of %d were killed in a write\n", told, KILLS);
    byn_array_close(array);
}

static void slices_under_the_callers_lock_keep_it(void)
{
    const char *name = fresh_name();
    byn_array *array = made(name, BYN_I32, 0, 64);
    int32_t numbers[64] = {1, 2, 3};
    peer *p;

    CHECK_STATUS(byn_array_lock(array, BYN_NOW), BYN_OK);
    p = peer_start(PEER_PROCESS, "fills", name, NULL);
    CHECK_STATUS(byn_array_write(array, 0, 64, numbers, BYN_NOW), BYN_OK);
    memset(numbers, 0, sizeof numbers);
    CHECK_STATUS(byn_array_read(array, 0, 64, numbers, BYN_NOW), BYN_OK);
    CHECK_INT(numbers[2], 3);
    CHECK_STATUS(byn_array_unlock(array), BYN_OK);
    CHECK_INT(peer_finish(p), 0);
    byn_array_close(array);
}

static int holds(peer_self *self, int argc, char **argv)
{
    byn_array *array = opened(argv[0]);

    (void)argc;
    REQUIRE_STATUS(byn_array_lock(array, BYN_NOW), BYN_OK);
    peer_say(self, "holds");
    (void)peer_wait(self, "unlock");
    REQUIRE_STATUS(byn_array_unlock(array), BYN_OK);
    byn_array_close(array);
    return 0;
}

static void slices_wait_for_the_lock(void)
{
    const char *name = fresh_name();
    byn_array *array = made(name, BYN_I8, 0, 4);
    char bytes[4] = "abc";
    peer *p = peer_start(PEER_PROCESS, "holds", name, NULL);

    peer_expect(p, "holds");
    CHECK_STATUS(byn_array_write(array, 0, 4, bytes, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_array_read(array, 0, 4, bytes, 10), BYN_E_TIMEDOUT);
    CHECK_STR(bytes, "abc");
    CHECK_INT(element(array, 0), 0);
    CHECK_STATUS(byn_array_set(array, 0, 7), BYN_OK);
    peer_tell(p, "unlock");
    CHECK_STATUS(byn_array_read(array, 0, 4, bytes, PATIENCE), BYN_OK);
    CHECK_INT(bytes[0], 7);
    CHECK_INT(peer_finish(p), 0);
    byn_array_close(array);
}

enum { LAST_ROUND = 0x01020304 };

/* Gets beside slices find whole elements, to the last. */
static int looks_at_elements(peer_self *self, int argc, char **argv)
{
    byn_array *array = opened(argv[0]);
    int64_t number = 0;
    uint64_t i;

    (void)argc;
    peer_say(self, "looks");
    for (i = 0; (number & INT64_C(0xffffffff)) != LAST_ROUND; i++) {
        number = element(array, i % 10);
        REQUIRE((number & INT64_C(0xffffffff)) == number >> 32);
    }
    byn_array_close(array);
    return 0;
}

static void elements_are_whole_beside_slices(void)
{
    const char *name = fresh_name();
    byn_array *array = made(name, BYN_I64, 0, 10);
    peer *p = peer_start(PEER_PROCESS, "looks_at_elements", name, NULL);
    peer *thread = peer_start(PEER_THREAD, "looks_at_elements", name, NULL);
    apr_time_t end = apr_time_now() + 300000;
    int64_t numbers[10], round = 0;
    int i;

    peer_expect(p, "looks");
    peer_expect(thread, "looks");
    do {
        round = apr_time_now() < end ? (round + 1) % LAST_ROUND : LAST_ROUND;
        for (i = 0; i < 10; i++)
            numbers[i] = round << 32 | round;
        REQUIRE_STATUS(byn_array_write(array, 0, 10, numbers, PATIENCE), BYN_OK);
    } while (round != LAST_ROUND);
    CHECK_INT(peer_finish(p), 0);
    CHECK_INT(peer_finish(thread), 0);
    byn_array_close(array);
}

static const test_case cases[] = {
    TEST(creators_options_hold),
    TEST(impossible_options_are_invalid),
    TEST(what_there_is_no_room_for_is_not_opened),
    TEST(null_is_invalid),
    TEST(out_of_range_is_invalid),
    TEST(calls_for_another_type_are_invalid),
    TEST(elements_do_not_touch_their_neighbours),
    TEST(reals_are_stored_as_their_type),
    TEST(flags_are_0_or_1_whatever_is_there),
    TEST(array_is_shared),
    TEST(random_operations_are_as_in_a_model),
    TEST(records_are_copied_as_they_are),
    TEST(slices_of_processes_and_threads_do_not_mix),
    TEST(mixture_of_a_killed_writer_is_told),
    TEST(slices_under_the_callers_lock_keep_it),
    TEST(slices_wait_for_the_lock),
    TEST(elements_are_whole_beside_slices),
    TEST_END,
};

static const peer_entry peers[] = {PEER(fills), PEER(holds), PEER(looks_at_elements), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "array", cases, peers);
}
