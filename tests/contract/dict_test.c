/* byn_dict: what the header promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

#include "peer.h"
#include "test.h"

enum { TIMES = 2000, LARGE = 3 << 20, KEYS = 10, SAME = 240 };

static byn_dict *opened(const char *name)
{
    byn_dict *dict = NULL;

    REQUIRE(byn_dict_open(&dict, name, NULL) >= 0);
    return dict;
}

static byn_dict *created(void)
{
    byn_dict *dict = NULL;

    REQUIRE_STATUS(byn_dict_open(&dict, NULL, NULL), BYN_CREATED);
    return dict;
}

static uint64_t count_of(byn_dict *dict)
{
    uint64_t count = UINT64_MAX;

    CHECK_STATUS(byn_dict_count(dict, &count), BYN_OK);
    return count;
}

/* ---- Peers */

static int adds(peer_self *self, int argc, char **argv)
{
    byn_dict *dict = opened(argv[0]);
    int i;

    (void)argc;
    peer_say(self, "ready");
    (void)peer_wait(self, "go");
    for (i = 0; i < TIMES; i++)
        CHECK(byn_dict_add_int64(dict, "sum", 1, NULL) >= 0);
    byn_dict_close(dict);
    return 0;
}

static const void *one_more(const void *value, size_t *size, void *context)
{
    uint64_t *number = context;

    *number = 0;
    if (value != NULL)
        memcpy(number, value, sizeof *number);
    ++*number;
    *size = sizeof *number;
    return number;
}

static int updates(peer_self *self, int argc, char **argv)
{
    byn_dict *dict = opened(argv[0]);
    uint64_t number;
    int i;

    (void)argc;
    peer_say(self, "ready");
    (void)peer_wait(self, "go");
    for (i = 0; i < TIMES; i++)
        CHECK_STATUS(byn_dict_update(dict, "sum", 3, one_more, &number), BYN_OK);
    byn_dict_close(dict);
    return 0;
}

/* Puts values that are all of one byte, and as long as that byte says; or often as long as the last one. */
static int puts_uniform(peer_self *self, int argc, char **argv)
{
    byn_dict *dict = opened(argv[0]);
    unsigned char value[256 * 12];
    unsigned i;

    (void)argc;
    peer_say(self, "ready");
    for (i = 0; i < 6 * TIMES; i++) {
        unsigned byte = i * 7 % 251, key = i % KEYS;
        size_t size = i / 100 % 2 == 0 ? SAME : byte * 12;

        memset(value, (int)byte, size);
        if (i % 17 == 0)
            CHECK(byn_dict_remove(dict, &key, sizeof key) != BYN_E_CORRUPT);
        else
            CHECK(byn_dict_put(dict, &key, sizeof key, value, size) >= 0);
    }
    byn_dict_close(dict);
    return 0;
}

/* Puts the same number under all keys, one after the other, and then the next number, argv[2] times. The values
 * are large if argv[1] says so. */
static int puts_in_turn(peer_self *self, int argc, char **argv)
{
    byn_dict *dict = opened(argv[0]);
    size_t size = argc > 1 ? (size_t)atoi(argv[1]) : sizeof(uint64_t);
    uint64_t *value = calloc(1, size), rounds = argc > 2 ? (uint64_t)atoi(argv[2]) : 0;
    unsigned key;

    REQUIRE(value != NULL);
    for (value[0] = 1; value[0] <= rounds; value[0]++) {
        for (key = 0; key < KEYS; key++)
            CHECK(byn_dict_put(dict, &key, sizeof key, value, size) >= 0);
        if (value[0] == 1) {
            peer_say(self, "ready");
            (void)peer_wait(self, "go");
        }
    }
    free(value);
    byn_dict_close(dict);
    return 0;
}

static int holds_lock(peer_self *self, int argc, char **argv)
{
    byn_dict *dict = opened(argv[0]);

    (void)argc;
    CHECK(byn_dict_lock(dict, BYN_FOREVER) >= 0);
    CHECK(byn_dict_put_int64(dict, "half", 1) >= 0);
    peer_say(self, "holds");
    if (peer_wait(self, "unlock"))
        CHECK_STATUS(byn_dict_unlock(dict), BYN_OK);
    byn_dict_close(dict);
    return 0;
}

/* ---- One entry */

static void put_tells_new_from_replaced(void)
{
    byn_dict *dict = created();
    char buffer[20] = "";
    size_t size = sizeof buffer;

    CHECK_STATUS(byn_dict_get(dict, "key", 3, buffer, &size), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_dict_contains(dict, "key", 3), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_dict_put(dict, "key", 3, "value", 5), BYN_CREATED);
    CHECK_STATUS(byn_dict_contains(dict, "key", 3), BYN_OK);
    CHECK_STATUS(byn_dict_put(dict, "key", 3, "another", 7), BYN_OK);
    size = sizeof buffer;
    CHECK_STATUS(byn_dict_get(dict, "key", 3, buffer, &size), BYN_OK);
    CHECK_INT(size, 7);
    CHECK(memcmp(buffer, "another", 7) == 0);
    CHECK_INT(count_of(dict), 1);
    CHECK_STATUS(byn_dict_remove(dict, "key", 3), BYN_OK);
    CHECK_STATUS(byn_dict_remove(dict, "key", 3), BYN_E_NOTFOUND);
    CHECK_INT(count_of(dict), 0);
    byn_dict_close(dict);
}

static void a_short_buffer_is_told_the_size(void)
{
    byn_dict *dict = created();
    char buffer[4] = "abc";
    size_t size = 2;

    CHECK_STATUS(byn_dict_put(dict, "key", 3, "value", 5), BYN_CREATED);
    CHECK_STATUS(byn_dict_get(dict, "key", 3, buffer, &size), BYN_E_TOOBIG);
    CHECK_INT(size, 5);
    CHECK_STR(buffer, "abc");
    size = 0;
    CHECK_STATUS(byn_dict_get(dict, "key", 3, NULL, &size), BYN_E_TOOBIG);
    CHECK_INT(size, 5);
    size = 2;
    CHECK_STATUS(byn_dict_get_or_put(dict, "key", 3, "", 0, buffer, &size), BYN_E_TOOBIG);
    CHECK_INT(size, 5);
    size = 2;
    CHECK_STATUS(byn_dict_get_or_put(dict, "new", 3, "value", 5, buffer, &size), BYN_E_TOOBIG);
    CHECK_STATUS(byn_dict_contains(dict, "new", 3), BYN_E_NOTFOUND);
    byn_dict_close(dict);
}

static void keys_and_values_of_no_bytes_are_valid(void)
{
    byn_dict *dict = created();
    size_t size = 0;

    CHECK_STATUS(byn_dict_put(dict, NULL, 0, NULL, 0), BYN_CREATED);
    CHECK_STATUS(byn_dict_get(dict, "", 0, NULL, &size), BYN_OK);
    CHECK_INT(size, 0);
    CHECK_STATUS(byn_dict_put(dict, "\0", 1, "x", 1), BYN_CREATED);
    CHECK_STATUS(byn_dict_get(dict, "\0", 1, NULL, &size), BYN_E_TOOBIG);
    CHECK_STATUS(byn_dict_compare_exchange(dict, NULL, 0, "", 0, "y", 1), BYN_OK);
    CHECK_STATUS(byn_dict_compare_exchange(dict, NULL, 0, "", 0, "z", 1), BYN_E_MISMATCH);
    CHECK_INT(count_of(dict), 2);
    byn_dict_close(dict);
}

static void keys_and_values_of_megabytes_are_valid(void)
{
    byn_dict *dict = created();
    unsigned char *large = malloc(LARGE), *buffer = malloc(LARGE);
    size_t size = LARGE, i;

    REQUIRE(large != NULL && buffer != NULL);
    for (i = 0; i < LARGE; i++)
        large[i] = (unsigned char)(i * 31 >> 3);
    CHECK_STATUS(byn_dict_put(dict, large, LARGE, large, LARGE), BYN_CREATED);
    CHECK_STATUS(byn_dict_put(dict, large, LARGE - 1, large, 1), BYN_CREATED);
    CHECK_STATUS(byn_dict_put(dict, large, LARGE, large, LARGE - 3), BYN_OK);
    CHECK_STATUS(byn_dict_get(dict, large, LARGE, buffer, &size), BYN_OK);
    CHECK_INT(size, LARGE - 3);
    CHECK(memcmp(large, buffer, LARGE - 3) == 0);
    free(large);
    free(buffer);
    byn_dict_close(dict);
}

static void compare_exchange_takes_null_for_absent(void)
{
    byn_dict *dict = created();

    CHECK_STATUS(byn_dict_compare_exchange(dict, "k", 1, "a", 1, "b", 1), BYN_E_MISMATCH);
    CHECK_STATUS(byn_dict_compare_exchange(dict, "k", 1, NULL, 0, NULL, 0), BYN_OK);
    CHECK_INT(count_of(dict), 0);
    CHECK_STATUS(byn_dict_compare_exchange(dict, "k", 1, NULL, 0, "a", 1), BYN_OK);
    CHECK_STATUS(byn_dict_compare_exchange(dict, "k", 1, NULL, 0, "b", 1), BYN_E_MISMATCH);
    CHECK_STATUS(byn_dict_compare_exchange(dict, "k", 1, "ab", 2, "b", 1), BYN_E_MISMATCH);
    CHECK_CONTAINS(byn_last_error(), "is another than expected");
    CHECK_STATUS(byn_dict_compare_exchange(dict, "k", 1, "a", 1, "bc", 2), BYN_OK);
    CHECK_STATUS(byn_dict_compare_exchange(dict, "k", 1, "bc", 2, NULL, 0), BYN_OK);
    CHECK_INT(count_of(dict), 0);
    byn_dict_close(dict);
}

static void get_or_put_tells_which(void)
{
    byn_dict *dict = created();
    char buffer[10] = "";
    size_t size = sizeof buffer;

    CHECK_STATUS(byn_dict_get_or_put(dict, "k", 1, "first", 5, buffer, &size), BYN_CREATED);
    CHECK_INT(size, 5);
    CHECK(memcmp(buffer, "first", 5) == 0);
    size = sizeof buffer;
    CHECK_STATUS(byn_dict_get_or_put(dict, "k", 1, "other", 5, buffer, &size), BYN_OK);
    CHECK(memcmp(buffer, "first", 5) == 0);
    CHECK_STATUS(byn_dict_get_or_put(dict, "k", 1, "other", 5, NULL, NULL), BYN_OK);
    byn_dict_close(dict);
}

static const void *say_nothing(const void *value, size_t *size, void *context)
{
    (void)size;
    return *(int *)context == 0 ? NULL : value;
}

static void update_can_remove_or_leave(void)
{
    byn_dict *dict = created();
    uint64_t number = 0;
    int leave = 1, remove = 0;
    size_t size = sizeof number;

    CHECK_STATUS(byn_dict_update(dict, "k", 1, say_nothing, &leave), BYN_OK);
    CHECK_INT(count_of(dict), 0);
    CHECK_STATUS(byn_dict_update(dict, "k", 1, one_more, &number), BYN_OK);
    CHECK_STATUS(byn_dict_update(dict, "k", 1, one_more, &number), BYN_OK);
    CHECK_STATUS(byn_dict_update(dict, "k", 1, say_nothing, &leave), BYN_OK);
    CHECK_STATUS(byn_dict_get(dict, "k", 1, &number, &size), BYN_OK);
    CHECK_INT(number, 2);
    CHECK_STATUS(byn_dict_update(dict, "k", 1, say_nothing, &remove), BYN_OK);
    CHECK_INT(count_of(dict), 0);
    byn_dict_close(dict);
}

/* ---- Strings and numbers */

static void strings_and_numbers_come_back(void)
{
    byn_dict *dict = created();
    char text[6];
    int64_t number = 0;
    double real = 0;

    CHECK_STATUS(byn_dict_put_string(dict, "s", "hello"), BYN_CREATED);
    CHECK_STATUS(byn_dict_get_string(dict, "s", text, sizeof text), BYN_OK);
    CHECK_STR(text, "hello");
    CHECK_STATUS(byn_dict_get_string(dict, "s", text, 5), BYN_E_TOOBIG);
    CHECK_CONTAINS(byn_last_error(), "5 bytes");
    CHECK_STATUS(byn_dict_put_string(dict, "s", ""), BYN_OK);
    CHECK_STATUS(byn_dict_get_string(dict, "s", text, 1), BYN_OK);
    CHECK_STR(text, "");
    CHECK_STATUS(byn_dict_get_int64(dict, "s", &number), BYN_E_MISMATCH);
    CHECK_STATUS(byn_dict_add_int64(dict, "s", 1, &number), BYN_E_MISMATCH);
    CHECK_CONTAINS(byn_last_error(), "is no number of 8 bytes");
    CHECK_STATUS(byn_dict_put_int64(dict, "i", INT64_MAX), BYN_CREATED);
    CHECK_STATUS(byn_dict_add_int64(dict, "i", 1, &number), BYN_OK);
    CHECK(number == INT64_MIN);
    CHECK_STATUS(byn_dict_add_int64(dict, "fresh", -5, &number), BYN_CREATED);
    CHECK_INT(number, -5);
    CHECK_STATUS(byn_dict_get_int64(dict, "i", &number), BYN_OK);
    CHECK(number == INT64_MIN);
    CHECK_STATUS(byn_dict_put_double(dict, "d", 0.25), BYN_CREATED);
    CHECK_STATUS(byn_dict_get_double(dict, "d", &real), BYN_OK);
    CHECK(real == 0.25);
    CHECK_STATUS(byn_dict_get_double(dict, "none", &real), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_dict_contains_key(dict, "d"), BYN_OK);
    CHECK_STATUS(byn_dict_remove_key(dict, "d"), BYN_OK);
    CHECK_STATUS(byn_dict_remove_key(dict, "d"), BYN_E_NOTFOUND);
    byn_dict_close(dict);
}

/* ---- Together */

static void start_all(peer_kind kind, const char *role, const char *name, peer *p[4])
{
    int i;

    for (i = 0; i < 4; i++) {
        p[i] = peer_start(kind, role, name, NULL);
        peer_expect(p[i], "ready");
    }
    for (i = 0; i < 4; i++)
        peer_tell(p[i], "go");
}

static void four_count_together(peer_kind kind, const char *role)
{
    byn_dict *dict = created();
    int64_t sum = 0;
    peer *p[4];
    int i;

    start_all(kind, role, byn_dict_name(dict), p);
    for (i = 0; i < 4; i++)
        peer_finish(p[i]);
    CHECK_STATUS(byn_dict_get_int64(dict, "sum", &sum), BYN_OK);
    CHECK_INT(sum, 4 * TIMES);
    byn_dict_close(dict);
}

static void adding_is_atomic_for_all(void)
{
    four_count_together(PEER_PROCESS, "adds");
    four_count_together(PEER_THREAD, "adds");
}

static void updating_is_atomic_for_all(void)
{
    four_count_together(PEER_PROCESS, "updates");
    four_count_together(PEER_THREAD, "updates");
}

static bool is_uniform(const unsigned char *value, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++)
        if (value[i] != value[0])
            return false;
    return size == 0 || size == SAME || size == value[0] * 12u;
}

static void read_while_others_write(peer_kind kind)
{
    byn_dict *dict = created();
    peer *p[2];
    unsigned char value[256 * 12];
    unsigned i, torn = 0;

    for (i = 0; i < 2; i++) {
        p[i] = peer_start(kind, "puts_uniform", byn_dict_name(dict), NULL);
        peer_expect(p[i], "ready");
    }
    for (i = 0; i < 20 * TIMES; i++) {
        unsigned key = i % KEYS;
        size_t size = sizeof value;
        byn_status status = byn_dict_get(dict, &key, sizeof key, value, &size);

        torn += status == BYN_OK ? !is_uniform(value, size) : status != BYN_E_NOTFOUND;
    }
    CHECK_INT(torn, 0);
    for (i = 0; i < 2; i++)
        peer_finish(p[i]);
    byn_dict_close(dict);
}

static void what_is_read_was_put_whole(void)
{
    read_while_others_write(PEER_PROCESS);
    read_while_others_write(PEER_THREAD);
}

/* ---- All entries */

static void an_iterator_goes_through_all_once(void)
{
    byn_dict *dict = created();
    byn_dict_iterator *iterator = NULL;
    byn_dict_entry entry;
    uint32_t i, seen = 0;
    uint64_t sum = 0;

    REQUIRE_STATUS(byn_dict_iterator_open(&iterator, dict), BYN_OK);
    CHECK_STATUS(byn_dict_iterator_next(iterator, &entry), BYN_E_NOTFOUND);
    byn_dict_iterator_close(iterator);
    for (i = 0; i < 2000; i++)
        CHECK_STATUS(byn_dict_put(dict, &i, sizeof i, &i, i % 5), BYN_CREATED);
    REQUIRE_STATUS(byn_dict_iterator_open(&iterator, dict), BYN_OK);
    CHECK_STATUS(byn_dict_clear(dict), BYN_OK);
    CHECK_INT(count_of(dict), 0);
    byn_dict_close(dict); /* the iterator stays */
    CHECK_INT(byn_dict_iterator_count(iterator), 2000);
    while (byn_dict_iterator_next(iterator, &entry) == BYN_OK) {
        REQUIRE_INT(entry.key_size, sizeof i);
        memcpy(&i, entry.key, sizeof i);
        CHECK_INT(entry.value_size, i % 5);
        CHECK(memcmp(entry.value, entry.key, entry.value_size) == 0);
        sum += i;
        seen++;
    }
    CHECK_INT(seen, 2000);
    CHECK_INT(sum, 1999 * 1000);
    CHECK_STATUS(byn_dict_iterator_next(iterator, &entry), BYN_E_NOTFOUND);
    byn_dict_iterator_close(iterator);
}

/* What was put later is not there without what was put before. */
static void check_moment(byn_dict *dict)
{
    byn_dict_iterator *iterator = NULL;
    byn_dict_entry entry;
    uint64_t number[KEYS] = {0};
    unsigned key;

    REQUIRE_STATUS(byn_dict_iterator_open(&iterator, dict), BYN_OK);
    while (byn_dict_iterator_next(iterator, &entry) == BYN_OK) {
        if (entry.key_size != sizeof key)
            continue;
        memcpy(&key, entry.key, sizeof key);
        REQUIRE(key < KEYS);
        memcpy(&number[key], entry.value, sizeof number[key]);
    }
    for (key = 1; key < KEYS; key++)
        CHECK(number[key] <= number[key - 1] && number[key] + 1 >= number[0]);
    byn_dict_iterator_close(iterator);
}

/* Other entries, which nobody changes. */
static void fill(byn_dict *dict, size_t size)
{
    void *value = calloc(1, size + 1);

    REQUIRE(value != NULL);
    CHECK_STATUS(byn_dict_put(dict, "other", 5, value, size), BYN_CREATED);
    free(value);
}

/* Until the first key has another number than 1. */
static void wait_for_another_number(byn_dict *dict)
{
    const unsigned key = 0;
    byn_status status = BYN_OK;
    uint64_t number = 1;

    while (status == BYN_OK && number == 1) {
        size_t size = sizeof number;

        status =
            byn_dict_get(dict, &key, sizeof key, &number, &size); /* large ones are too large */
    }
}

static void pictures_while_others_write(peer_kind kind, const char *size, const char *rounds,
                                        size_t others, int pictures)
{
    byn_dict *dict = created();
    peer *p = peer_start(kind, "puts_in_turn", byn_dict_name(dict), size, rounds, NULL);
    int i;

    fill(dict, others);
    peer_expect(p, "ready");
    peer_tell(p, "go");
    wait_for_another_number(dict);
    for (i = 0; i < pictures; i++)
        check_moment(dict);
    peer_finish(p);
    check_moment(dict);
    byn_dict_close(dict);
}

static void an_iterator_is_a_picture_of_one_moment(void)
{
    pictures_while_others_write(PEER_PROCESS, "8", "4000", 0, 300);
    pictures_while_others_write(PEER_THREAD, "8", "4000", 0, 300);
    /* More than is copied at once. */
    pictures_while_others_write(PEER_PROCESS, "200000", "200", 0, 20);
    pictures_while_others_write(PEER_THREAD, "200000", "200", 0, 5);
    pictures_while_others_write(PEER_PROCESS, "8", "40000", 1200000, 20);
}

/* ---- Lock */

static void lock_keeps_others_out_that_lock(void)
{
    byn_dict *dict = created();
    peer *p = peer_start(PEER_PROCESS, "holds_lock", byn_dict_name(dict), NULL);
    int64_t number = 0;

    peer_expect(p, "holds");
    CHECK_STATUS(byn_dict_lock(dict, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_dict_unlock(dict), BYN_E_NOTOWNER);
    CHECK_STATUS(byn_dict_get_int64(dict, "half", &number), BYN_OK); /* and nobody else */
    CHECK_STATUS(byn_dict_put_int64(dict, "half", 2), BYN_OK);
    peer_tell(p, "unlock");
    CHECK_STATUS(byn_dict_lock(dict, test_patience() * 1000), BYN_OK);
    CHECK_STATUS(byn_dict_lock(dict, BYN_NOW), BYN_E_DEADLOCK);
    CHECK_STATUS(byn_dict_unlock(dict), BYN_OK);
    peer_finish(p);
    byn_dict_close(dict);
}

static void a_dead_owner_is_told_of(void)
{
    byn_dict *dict = created();
    peer *p = peer_start(PEER_PROCESS, "holds_lock", byn_dict_name(dict), NULL);

    peer_expect(p, "holds");
    peer_kill(p);
    CHECK_STATUS(byn_dict_lock(dict, test_patience() * 1000), BYN_ABANDONED);
    CHECK_STATUS(byn_dict_contains_key(dict, "half"), BYN_OK);
    CHECK_STATUS(byn_dict_unlock(dict), BYN_OK);
    CHECK_STATUS(byn_dict_lock(dict, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_dict_unlock(dict), BYN_OK);
    byn_dict_close(dict);
}

/* ---- Open, limits, nonsense */

static void the_limit_is_the_creators(void)
{
    const char *name = fresh_name();
    byn_dict *dict = NULL, *other = NULL;
    byn_dict_info info = {.struct_size = sizeof info};

    REQUIRE_STATUS(
        byn_dict_open(&dict, name, &BYN_OPTIONS(byn_dict_options, .limit = UINT64_C(65) << 30)),
        BYN_E_INVALID);
    REQUIRE_STATUS(byn_dict_open(&dict, name, &BYN_OPTIONS(byn_dict_options, .limit = 100000)),
                   BYN_CREATED);
    CHECK_STATUS(byn_dict_open(&other, name, &BYN_OPTIONS(byn_dict_options, .limit = 100001)),
                 BYN_E_MISMATCH);
    CHECK_STATUS(byn_dict_open(&other, name, NULL), BYN_OK);
    CHECK(other == dict);
    CHECK_STATUS(byn_dict_describe(dict, &info), BYN_OK);
    CHECK_INT(info.limit, 100000);
    CHECK_INT(info.count, 0);
    CHECK(info.used > 0 && info.used <= info.size);
    byn_dict_close(other);
    byn_dict_close(dict);
}

static void the_limit_leaves_everything_as_it_was(void)
{
    byn_dict *dict = NULL;
    char value[1000] = {0}, got[1000];
    uint32_t count = 0, i, wrong = 0;
    byn_status status = BYN_OK;

    REQUIRE_STATUS(byn_dict_open(&dict, NULL, &BYN_OPTIONS(byn_dict_options, .limit = 300000)),
                   BYN_CREATED);
    while (status >= 0) {
        value[0] = (char)count;
        status = byn_dict_put(dict, &count, sizeof count, value, sizeof value);
        count += status >= 0;
    }
    CHECK_STATUS(status, BYN_E_LIMIT);
    CHECK_CONTAINS(byn_last_error(), "limit of 3");
    CHECK(count > 250);
    CHECK_INT(count_of(dict), count);
    CHECK_STATUS(byn_dict_put(dict, "x", 1, value, sizeof value), BYN_E_LIMIT);
    CHECK_STATUS(byn_dict_contains(dict, "x", 1), BYN_E_NOTFOUND);
    for (i = 0; i < count; i++) {
        size_t size = sizeof got;

        wrong += byn_dict_get(dict, &i, sizeof i, got, &size) != BYN_OK || got[0] != (char)i;
    }
    CHECK_INT(wrong, 0);
    CHECK_STATUS(byn_dict_remove(dict, &i, sizeof i), BYN_E_NOTFOUND);
    i = 0;
    CHECK_STATUS(byn_dict_remove(dict, &i, sizeof i), BYN_OK);
    CHECK_STATUS(byn_dict_put(dict, "x", 1, value, sizeof value), BYN_CREATED);
    CHECK_STATUS(byn_dict_clear(dict), BYN_OK);
    CHECK_STATUS(byn_dict_put(dict, "x", 1, value, sizeof value), BYN_CREATED);
    byn_dict_close(dict);
}

static void nonsense_is_refused(void)
{
    byn_dict *dict = created();
    byn_dict_iterator *iterator = NULL;
    size_t size = 1;
    uint64_t count;

    CHECK_STATUS(byn_dict_put(NULL, "k", 1, "v", 1), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_put(dict, NULL, 1, "v", 1), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_put(dict, "k", 1, NULL, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_put(dict, "k", (size_t)BYN_DICT_SIZE_MAX + 1, "v", 1), BYN_E_TOOBIG);
    CHECK_STATUS(byn_dict_put(dict, "k", 1, "v", (size_t)BYN_DICT_SIZE_MAX + 1), BYN_E_TOOBIG);
    CHECK_STATUS(byn_dict_get(dict, "k", 1, NULL, &size), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_get(dict, "k", 1, NULL, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_get(NULL, "k", 1, NULL, &size), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_contains(NULL, "k", 1), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_remove(NULL, "k", 1), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_count(NULL, &count), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_count(dict, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_clear(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_describe(dict, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_update(dict, "k", 1, NULL, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_lock(dict, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_lock(NULL, 0), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_unlock(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_iterator_open(NULL, dict), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_iterator_open(&iterator, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_put_string(dict, NULL, "v"), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_put_string(dict, "k", NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_get_string(dict, "k", NULL, 5), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_get_int64(dict, "k", NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_dict_add_int64(NULL, "k", 1, NULL), BYN_E_INVALID);
    byn_dict_iterator_close(NULL);
    byn_dict_close(NULL);
    CHECK_INT(count_of(dict), 0);
    byn_dict_close(dict);
}

static const test_case cases[] = {TEST(put_tells_new_from_replaced),
                                  TEST(a_short_buffer_is_told_the_size),
                                  TEST(keys_and_values_of_no_bytes_are_valid),
                                  TEST(keys_and_values_of_megabytes_are_valid),
                                  TEST(compare_exchange_takes_null_for_absent),
                                  TEST(get_or_put_tells_which),
                                  TEST(update_can_remove_or_leave),
                                  TEST(strings_and_numbers_come_back),
                                  TEST(adding_is_atomic_for_all),
                                  TEST(updating_is_atomic_for_all),
                                  TEST(what_is_read_was_put_whole),
                                  TEST(an_iterator_goes_through_all_once),
                                  TEST(an_iterator_is_a_picture_of_one_moment),
                                  TEST(lock_keeps_others_out_that_lock),
                                  TEST(a_dead_owner_is_told_of),
                                  TEST(the_limit_is_the_creators),
                                  TEST(the_limit_leaves_everything_as_it_was),
                                  TEST(nonsense_is_refused),
                                  TEST_END};

static const peer_entry peers[] = {PEER(adds),         PEER(updates),    PEER(puts_uniform),
                                   PEER(puts_in_turn), PEER(holds_lock), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "dict", cases, peers);
}
