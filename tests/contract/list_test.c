/* byn_list: elements of any bytes, in an order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"

static byn_list *opened(const char *name, uint64_t limit)
{
    byn_list *list = NULL;

    REQUIRE_STATUS(byn_list_open(&list, name, &BYN_OPTIONS(byn_list_options, .limit = limit)),
                   BYN_CREATED);
    return list;
}

static uint64_t count_of(byn_list *list)
{
    uint64_t count = 77;

    CHECK_STATUS(byn_list_count(list, &count), BYN_OK);
    return count;
}

/* The list as text: its elements with a blank behind each. */
static const char *text_of(byn_list *list, int64_t first, uint64_t count)
{
    static char text[2000];
    byn_list_iterator *iterator = NULL;
    byn_list_element element;
    size_t length = 0;

    text[0] = '\0';
    REQUIRE_STATUS(byn_list_slice(&iterator, list, first, count), BYN_OK);
    while (byn_list_iterator_next(iterator, &element) >= 0) {
        REQUIRE(length + element.size + 2 < sizeof text);
        memcpy(text + length, element.data, element.size);
        length += element.size;
        memcpy(text + length, " ", 2);
        length++;
    }
    byn_list_iterator_close(iterator);
    return text;
}

static const char *whole(byn_list *list)
{
    return text_of(list, 0, UINT64_MAX);
}

static byn_list *of_words(const char *const *words)
{
    byn_list *list = opened(fresh_name(), 0);

    for (; *words != NULL; words++)
        REQUIRE_STATUS(byn_list_append_string(list, *words), BYN_OK);
    return list;
}

#define WORDS(...) of_words((const char *const[]){__VA_ARGS__, NULL})

/* ---- Opening */

static void creators_options_hold(void)
{
    const char *name = fresh_name();
    byn_list *list = opened(name, 100000), *again = NULL;
    byn_list_info info = {.struct_size = sizeof info};
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STR(byn_list_name(list), name);
    CHECK_STATUS(byn_list_describe(list, &info), BYN_OK);
    CHECK(info.limit >= 100000 && info.limit < 110000);
    CHECK_STATUS(remote_call(p, "list 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close list"), BYN_OK);
    CHECK_STATUS(remote_call(p, "list 0 100000 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close list"), BYN_OK);
    CHECK_STATUS(remote_call(p, "list 0 200000 %s", name), BYN_E_MISMATCH);
    CHECK_CONTAINS(remote_error(), "limit");
    CHECK_STATUS(remote_call(p, "list 1 0 %s", name), BYN_E_EXISTS);
    CHECK_STATUS(remote_call(p, "list 2 0 %s", fresh_name()), BYN_E_NOTFOUND);
    CHECK_STATUS(remote_call(p, "value 0 0 0 %s", name), BYN_E_MISMATCH);
    CHECK_STATUS(byn_list_open(&again, name, NULL), BYN_OK);
    CHECK(again == list);
    byn_list_close(again);
    remote_end(p);
    byn_list_close(list);
    CHECK_STATUS(byn_list_open(&again, fresh_name(),
                               &BYN_OPTIONS(byn_list_options, .limit = UINT64_C(1) << 37)),
                 BYN_E_INVALID);
}

static void it_ends_with_its_last_user(void)
{
    const char *name = fresh_name();
    byn_list *list = opened(name, 0);
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(byn_list_append_int64(list, 5), BYN_OK);
    CHECK_STATUS(remote_call(p, "list 2 0 %s", name), BYN_OK);
    byn_list_close(list);
    CHECK_STATUS(remote_call(p, "at 0"), BYN_OK);
    CHECK_INT(remote_number(), 5);
    CHECK_STATUS(remote_call(p, "append 6"), BYN_OK);
    peer_kill(p);
    list = opened(name, 0);
    CHECK_INT(count_of(list), 0);
    byn_list_close(list);
}

/* ---- One element */

static void elements_come_back_in_their_order(void)
{
    byn_list *list = WORDS("one", "two", "three");
    char text[8];

    CHECK_INT(count_of(list), 3);
    CHECK_STR(whole(list), "one two three ");
    CHECK_STATUS(byn_list_get_string(list, 1, text, sizeof text), BYN_OK);
    CHECK_STR(text, "two");
    CHECK_STATUS(byn_list_get_string(list, -1, text, sizeof text), BYN_OK);
    CHECK_STR(text, "three");
    CHECK_STATUS(byn_list_get_string(list, -3, text, sizeof text), BYN_OK);
    CHECK_STR(text, "one");
    byn_list_close(list);
}

static void insert_puts_it_before_that_index(void)
{
    byn_list *list = opened(fresh_name(), 0);

    CHECK_STATUS(byn_list_insert(list, 0, "c", 1), BYN_OK);
    CHECK_STATUS(byn_list_insert(list, 0, "a", 1), BYN_OK);
    CHECK_STATUS(byn_list_insert(list, 1, "b", 1), BYN_OK);
    CHECK_STATUS(byn_list_insert(list, 3, "e", 1), BYN_OK);
    CHECK_STATUS(byn_list_insert(list, -1, "d", 1), BYN_OK);
    CHECK_STATUS(byn_list_insert(list, -5, "0", 1), BYN_OK);
    CHECK_STR(whole(list), "0 a b c d e ");
    CHECK_STATUS(byn_list_insert(list, 7, "x", 1), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_list_insert(list, -7, "x", 1), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_list_insert(list, INT64_MAX, "x", 1), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_list_insert(list, INT64_MIN, "x", 1), BYN_E_NOTFOUND);
    CHECK_CONTAINS(byn_last_error(), "byn_list_insert");
    CHECK_CONTAINS(byn_last_error(), byn_list_name(list));
    CHECK_STR(whole(list), "0 a b c d e ");
    byn_list_close(list);
}

static void set_remove_and_pop(void)
{
    byn_list *list = WORDS("a", "b", "c", "d", "e");
    char buffer[4];
    size_t size = sizeof buffer;

    CHECK_STATUS(byn_list_set_string(list, 2, "C"), BYN_OK);
    CHECK_STATUS(byn_list_set_string(list, -1, "longer"), BYN_OK);
    CHECK_STR(whole(list), "a b C d longer ");
    CHECK_STATUS(byn_list_remove(list, 1), BYN_OK);
    CHECK_STATUS(byn_list_remove(list, -1), BYN_OK);
    CHECK_STR(whole(list), "a C d ");
    CHECK_STATUS(byn_list_pop(list, 1, buffer, &size), BYN_OK);
    CHECK_INT(size, 1);
    CHECK(buffer[0] == 'C');
    size = sizeof buffer;
    CHECK_STATUS(byn_list_pop(list, -1, buffer, &size), BYN_OK);
    CHECK(buffer[0] == 'd');
    CHECK_STR(whole(list), "a ");
    CHECK_STATUS(byn_list_pop(list, 0, buffer, &size), BYN_OK);
    CHECK_STATUS(byn_list_pop(list, 0, buffer, &size), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_list_pop(list, -1, buffer, &size), BYN_E_NOTFOUND);
    CHECK_INT(count_of(list), 0);
    byn_list_close(list);
}

static void an_index_outside_is_not_found(void)
{
    static const int64_t outside[] = {2, -3, 100, INT64_MAX, INT64_MIN};
    byn_list *list = WORDS("a", "b");
    char buffer[4];
    size_t size, i;

    for (i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        size = sizeof buffer;
        CHECK_STATUS(byn_list_get(list, outside[i], buffer, &size), BYN_E_NOTFOUND);
        CHECK_STATUS(byn_list_pop(list, outside[i], buffer, &size), BYN_E_NOTFOUND);
        CHECK_INT(size, sizeof buffer);
        CHECK_STATUS(byn_list_set(list, outside[i], "x", 1), BYN_E_NOTFOUND);
        CHECK_STATUS(byn_list_remove(list, outside[i]), BYN_E_NOTFOUND);
    }
    CHECK_STR(whole(list), "a b ");
    byn_list_close(list);
}

static void a_short_buffer_takes_nothing(void)
{
    byn_list *list = WORDS("a", "twelve bytes", "c");
    char buffer[20] = "untouched";
    size_t size = 11;

    CHECK_STATUS(byn_list_get(list, 1, buffer, &size), BYN_E_TOOBIG);
    CHECK_INT(size, 12);
    size = 0;
    CHECK_STATUS(byn_list_pop(list, 1, NULL, &size), BYN_E_TOOBIG);
    CHECK_INT(size, 12);
    CHECK_STR(buffer, "untouched");
    CHECK_INT(count_of(list), 3);
    CHECK_STATUS(byn_list_get_string(list, 1, buffer, 12), BYN_E_TOOBIG);
    CHECK_STATUS(byn_list_get_string(list, 1, buffer, 13), BYN_OK);
    CHECK_STR(buffer, "twelve bytes");
    CHECK_STATUS(byn_list_pop(list, 1, buffer, &size), BYN_OK);
    CHECK_STR(whole(list), "a c ");
    byn_list_close(list);
}

static void no_bytes_and_megabytes(void)
{
    enum { LARGE = 3000017 };
    byn_list *list = opened(fresh_name(), 0);
    unsigned char *large = malloc(LARGE), *back = malloc(LARGE);
    size_t size = LARGE, i;

    REQUIRE(large != NULL && back != NULL);
    for (i = 0; i < LARGE; i++)
        large[i] = (unsigned char)(i * 31 + (i >> 11));
    CHECK_STATUS(byn_list_append(list, NULL, 0), BYN_OK);
    CHECK_STATUS(byn_list_append(list, large, LARGE), BYN_OK);
    CHECK_STATUS(byn_list_append(list, large, 0), BYN_OK);
    CHECK_INT(count_of(list), 3);
    CHECK_STATUS(byn_list_get(list, 1, back, &size), BYN_OK);
    CHECK_INT(size, LARGE);
    CHECK(memcmp(large, back, LARGE) == 0);
    size = 0;
    CHECK_STATUS(byn_list_get(list, 0, NULL, &size), BYN_OK);
    size = 5;
    CHECK_STATUS(byn_list_pop(list, -1, back, &size), BYN_OK);
    CHECK_INT(size, 0);
    for (i = 0; i < 20; i++) /* what is freed is used again */
        CHECK_STATUS(byn_list_set(list, 1, large, LARGE - i), BYN_OK);
    size = LARGE;
    CHECK_STATUS(byn_list_get(list, 1, back, &size), BYN_OK);
    CHECK_INT(size, LARGE - 19);
    CHECK(memcmp(large, back, size) == 0);
    free(large);
    free(back);
    byn_list_close(list);
}

static void strings_and_numbers(void)
{
    byn_list *list = opened(fresh_name(), 0);
    int64_t number = 7;
    double real = 7;
    char text[8];

    CHECK_STATUS(byn_list_append_int64(list, INT64_MIN), BYN_OK);
    CHECK_STATUS(byn_list_append_double(list, -0.125), BYN_OK);
    CHECK_STATUS(byn_list_append_string(list, "text"), BYN_OK);
    CHECK_STATUS(byn_list_append_string(list, "much longer"), BYN_OK);
    CHECK_STATUS(byn_list_get_int64(list, 0, &number), BYN_OK);
    CHECK(number == INT64_MIN);
    CHECK_STATUS(byn_list_get_double(list, 1, &real), BYN_OK);
    CHECK(real == -0.125);
    CHECK_STATUS(byn_list_get_int64(list, 2, &number), BYN_E_MISMATCH);
    CHECK_STATUS(byn_list_get_double(list, 3, &real), BYN_E_MISMATCH);
    CHECK_CONTAINS(byn_last_error(), "byn_list_get_double");
    CHECK_CONTAINS(byn_last_error(), "11 bytes");
    CHECK_STATUS(byn_list_get_int64(list, 4, &number), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_list_set_int64(list, 2, 12), BYN_OK);
    CHECK_STATUS(byn_list_get_int64(list, -2, &number), BYN_OK);
    CHECK_INT(number, 12);
    CHECK_STATUS(byn_list_set_double(list, 0, 2.5), BYN_OK);
    CHECK_STATUS(byn_list_get_double(list, 0, &real), BYN_OK);
    CHECK(real == 2.5);
    CHECK_STATUS(byn_list_set_string(list, 0, ""), BYN_OK);
    CHECK_STATUS(byn_list_get_string(list, 0, text, 1), BYN_OK);
    CHECK_STR(text, "");
    byn_list_close(list);
}

static void what_is_wrong_is_invalid(void)
{
    byn_list *list = WORDS("a");
    byn_list *none = NULL;
    byn_list_iterator *iterator = NULL;
    byn_list_info info = {0};
    const size_t two[] = {1, 1}, too_large[] = {1, (size_t)BYN_LIST_ELEMENT_MAX + 1};
    size_t size = 1;
    uint64_t count;
    char buffer[1];

    CHECK_STATUS(byn_list_open(NULL, fresh_name(), NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_list_append(none, "a", 1), BYN_E_INVALID);
    CHECK_STATUS(byn_list_append(list, NULL, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_list_append_many(none, "ab", two, 2), BYN_E_INVALID);
    CHECK_STATUS(byn_list_append_many(list, NULL, two, 2), BYN_E_INVALID);
    CHECK_STATUS(byn_list_append_many(list, "ab", NULL, 2), BYN_E_INVALID);
    CHECK_STATUS(byn_list_append_many(list, "ab", too_large, 2), BYN_E_TOOBIG);
    CHECK_STATUS(byn_list_append_many(list, NULL, NULL, 0), BYN_OK);
    CHECK_STATUS(byn_list_append_string(list, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_list_append(list, "a", (size_t)BYN_LIST_ELEMENT_MAX + 1), BYN_E_TOOBIG);
    CHECK_STATUS(byn_list_set(list, 0, NULL, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_list_get(list, 0, NULL, &size), BYN_E_INVALID);
    CHECK_STATUS(byn_list_get(list, 0, buffer, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_list_get(none, 0, buffer, &size), BYN_E_INVALID);
    CHECK_STATUS(byn_list_pop(list, 0, NULL, &size), BYN_E_INVALID);
    CHECK_STATUS(byn_list_pop(none, 0, buffer, &size), BYN_E_INVALID);
    CHECK_STATUS(byn_list_remove(none, 0), BYN_E_INVALID);
    CHECK_STATUS(byn_list_clear(none), BYN_E_INVALID);
    CHECK_STATUS(byn_list_count(none, &count), BYN_E_INVALID);
    CHECK_STATUS(byn_list_count(list, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_list_describe(list, &info), BYN_E_INVALID);
    CHECK_STATUS(byn_list_slice(NULL, list, 0, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_list_iterator_open(&iterator, none), BYN_E_INVALID);
    CHECK_STATUS(byn_list_iterator_next(NULL, NULL), BYN_E_INVALID);
    CHECK_INT(byn_list_iterator_count(NULL), 0);
    byn_list_iterator_close(NULL);
    CHECK_STATUS(byn_list_lock(list, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_list_lock(none, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_list_unlock(none), BYN_E_INVALID);
    CHECK(byn_list_name(none) == NULL);
    byn_list_close(none);
    CHECK_STR(whole(list), "a ");
    byn_list_close(list);
}

/* ---- Many elements */

static void slices(void)
{
    byn_list *list = WORDS("a", "b", "c", "d", "e");
    byn_list_iterator *iterator = NULL;

    CHECK_STR(text_of(list, 1, 3), "b c d ");
    CHECK_STR(text_of(list, -2, UINT64_MAX), "d e ");
    CHECK_STR(text_of(list, 3, 100), "d e ");
    CHECK_STR(text_of(list, 2, 0), "");
    CHECK_STR(text_of(list, 5, 1), "");
    CHECK_STATUS(byn_list_slice(&iterator, list, 6, 1), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_list_slice(&iterator, list, -6, 1), BYN_E_NOTFOUND);
    CHECK(iterator == NULL);
    byn_list_close(list);
}

static void a_picture_stays_as_it_was(void)
{
    byn_list *list = WORDS("a", "b", "c");
    byn_list_iterator *iterator = NULL;
    byn_list_element element;

    REQUIRE_STATUS(byn_list_iterator_open(&iterator, list), BYN_OK);
    CHECK_STATUS(byn_list_clear(list), BYN_OK);
    CHECK_INT(count_of(list), 0);
    byn_list_close(list);
    CHECK_INT(byn_list_iterator_count(iterator), 3);
    CHECK_STATUS(byn_list_iterator_next(iterator, &element), BYN_OK);
    CHECK_STATUS(byn_list_iterator_next(iterator, &element), BYN_OK);
    CHECK_INT(element.size, 1);
    CHECK(memcmp(element.data, "b", 1) == 0);
    CHECK_INT((uintptr_t)element.data % 8, 0);
    CHECK_STATUS(byn_list_iterator_next(iterator, &element), BYN_OK);
    CHECK_STATUS(byn_list_iterator_next(iterator, &element), BYN_E_NOTFOUND);
    byn_list_iterator_close(iterator);
}

static void clear_makes_room(void)
{
    byn_list *list = opened(fresh_name(), 200000);
    int64_t number = 0;
    uint64_t count;
    int round;

    for (round = 0; round < 3; round++) {
        byn_status status;

        do
            status = byn_list_append_int64(list, number++);
        while (status >= 0);
        CHECK_STATUS(status, BYN_E_LIMIT);
        CHECK_CONTAINS(byn_last_error(), "limit");
        count = count_of(list);
        CHECK(count > 2000);
        CHECK_STATUS(byn_list_get_int64(list, -1, &number), BYN_OK);
        CHECK_STATUS(byn_list_clear(list), BYN_OK);
        CHECK_INT(count_of(list), 0);
        number = 0;
    }
    byn_list_close(list);
}

static void at_its_limit_it_stays_as_it_is(void)
{
    enum { LARGE = 100000 };
    byn_list *list = opened(fresh_name(), 64 * 1024);
    char *large = calloc(1, LARGE);
    byn_list_info info = {.struct_size = sizeof info};

    REQUIRE(large != NULL);
    CHECK_STATUS(byn_list_append_string(list, "a"), BYN_OK);
    CHECK_STATUS(byn_list_append_string(list, "b"), BYN_OK);
    CHECK_STATUS(byn_list_append(list, large, LARGE), BYN_E_LIMIT);
    CHECK_STATUS(byn_list_insert(list, 1, large, LARGE), BYN_E_LIMIT);
    CHECK_STATUS(byn_list_set(list, 1, large, LARGE), BYN_E_LIMIT);
    CHECK_STR(whole(list), "a b ");
    CHECK_STATUS(byn_list_append(list, large, 30000), BYN_OK);
    CHECK_STATUS(byn_list_describe(list, &info), BYN_OK);
    CHECK_INT(info.count, 3);
    CHECK(info.used > 30000 && info.used < info.size && info.size <= info.limit);
    free(large);
    byn_list_close(list);
}

/* ---- Other processes and threads */

static void others_see_it(void)
{
    const char *name = fresh_name();
    byn_list *list = opened(name, 0);
    peer *p = remote_start(PEER_PROCESS);
    int i;

    CHECK_STATUS(remote_call(p, "list 2 0 %s", name), BYN_OK);
    for (i = 0; i < 500; i++)
        CHECK_STATUS(byn_list_append_int64(list, i), BYN_OK); /* it grows under the peer */
    CHECK_STATUS(remote_call(p, "length"), BYN_OK);
    CHECK_INT(remote_number(), 500);
    CHECK_STATUS(remote_call(p, "at -1"), BYN_OK);
    CHECK_INT(remote_number(), 499);
    CHECK_STATUS(remote_call(p, "append 1234"), BYN_OK);
    CHECK_INT(count_of(list), 501);
    remote_end(p);
    byn_list_close(list);
}

enum { MINE = 300, TOGETHER = 10 };

/* Appends its numbers, in order, so many in one step. */
static int appends(peer_self *self, int argc, char **argv)
{
    byn_list *list = NULL;
    int64_t number = 1000 * atoll(argv[1]), numbers[TOGETHER];
    size_t sizes[TOGETHER];
    int i, k;

    (void)self;
    (void)argc;
    REQUIRE_STATUS(byn_list_open(&list, argv[0], NULL), BYN_OK);
    for (i = 0; i < MINE; i += TOGETHER) {
        for (k = 0; k < TOGETHER; k++) {
            numbers[k] = number + i + k;
            sizes[k] = sizeof numbers[k];
        }
        CHECK_STATUS(byn_list_append_many(list, numbers, sizes, TOGETHER), BYN_OK);
    }
    byn_list_close(list);
    return 0;
}

static void all_that_many_append_is_there(void)
{
    enum { PEERS = 4 };
    const char *name = fresh_name();
    byn_list *list = opened(name, 0);
    int64_t last[PEERS] = {-1, 999, 1999, 2999}, number = 0, before = 0;
    peer *peers[PEERS];
    char text[8];
    int i;

    for (i = 0; i < PEERS; i++) {
        sprintf(text, "%d", i);
        peers[i] = peer_start(i % 2 == 0 ? PEER_PROCESS : PEER_THREAD, "appends", name, text, NULL);
    }
    while (count_of(list) < PEERS * MINE)
        REQUIRE(count_of(list) % TOGETHER == 0);
    for (i = 0; i < PEERS; i++)
        CHECK_INT(peer_finish(peers[i]), 0);
    CHECK_INT(count_of(list), PEERS * MINE);
    for (i = 0; i < PEERS * MINE; i++) {
        REQUIRE_STATUS(byn_list_get_int64(list, i, &number), BYN_OK);
        REQUIRE(number >= 0 && number < PEERS * 1000);
        REQUIRE(i % TOGETHER == 0 || number == before + 1);
        before = number;
        CHECK_INT(number, last[number / 1000] + 1);
        last[number / 1000] = number;
    }
    byn_list_close(list);
}

/* Keeps numbers that follow each other: one is appended, and the first is taken; their sizes differ. */
static int rotates(peer_self *self, int argc, char **argv)
{
    byn_list *list = NULL;
    char bytes[1000];
    int64_t i;

    (void)argc;
    memset(bytes, 0, sizeof bytes);
    REQUIRE_STATUS(byn_list_open(&list, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    for (i = 100; i < 20100; i++) {
        memcpy(bytes, &i, sizeof i);
        memset(bytes + sizeof i, (int)i, sizeof bytes - sizeof i);
        CHECK_STATUS(byn_list_append(list, bytes, sizeof i + (size_t)(i % 90) * 10), BYN_OK);
        CHECK_STATUS(byn_list_remove(list, 0), BYN_OK);
    }
    CHECK_STATUS(byn_list_append(list, "end", 3), BYN_OK);
    byn_list_close(list);
    return 0;
}

static bool is_torn(const byn_list_element *element, int64_t expected)
{
    const unsigned char *bytes = element->data;
    int64_t number;
    size_t i;

    memcpy(&number, bytes, sizeof number);
    if (number != expected || element->size != sizeof number + (size_t)(number % 90) * 10)
        return true;
    for (i = sizeof number; i < element->size; i++)
        if (bytes[i] != (unsigned char)number)
            return true;
    return false;
}

/* Whether all follow each other; false: the last says that it is the end. */
static bool look_at_all(byn_list *list)
{
    byn_list_iterator *iterator = NULL;
    byn_list_element element;
    int64_t expected = -1;
    bool goes_on = true;

    REQUIRE_STATUS(byn_list_iterator_open(&iterator, list), BYN_OK);
    while (byn_list_iterator_next(iterator, &element) >= 0) {
        if (element.size == 3) {
            goes_on = false;
            break;
        }
        if (expected < 0)
            memcpy(&expected, element.data, sizeof expected);
        if (is_torn(&element, expected++))
            FAIL("elements do not follow each other");
    }
    CHECK(byn_list_iterator_count(iterator) - 100 <= 1);
    byn_list_iterator_close(iterator);
    return goes_on;
}

static void look_while_it_changes(peer_kind kind)
{
    const char *name = fresh_name();
    byn_list *list = opened(name, 0);
    char bytes[1000];
    int64_t i, last = 0;
    size_t size;
    peer *p;

    for (i = 0; i < 100; i++) {
        memcpy(bytes, &i, sizeof i);
        memset(bytes + sizeof i, (int)i, sizeof bytes - sizeof i);
        CHECK_STATUS(byn_list_append(list, bytes, sizeof i + (size_t)(i % 90) * 10), BYN_OK);
    }
    p = peer_start(kind, "rotates", name, NULL);
    peer_expect(p, "ready");
    while (look_at_all(list)) {
        size = sizeof bytes;
        CHECK_STATUS(byn_list_get(list, 50, bytes, &size), BYN_OK);
        memcpy(&i, bytes, sizeof i);
        CHECK(!is_torn(&(byn_list_element){bytes, size}, i));
        CHECK(i >= last);
        last = i;
    }
    CHECK_INT(peer_finish(p), 0);
    byn_list_close(list);
}

static void what_is_read_was_there_at_one_moment(void)
{
    look_while_it_changes(PEER_PROCESS);
}

static void threads_read_what_was_there_at_one_moment(void)
{
    look_while_it_changes(PEER_THREAD);
}

/* ---- Lock */

static void its_lock_keeps_out_others_that_lock(void)
{
    const char *name = fresh_name();
    byn_list *list = opened(name, 0);
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "list 0 0 %s", name), BYN_OK);
    CHECK_STATUS(byn_list_unlock(list), BYN_E_NOTOWNER);
    CHECK_STATUS(byn_list_lock(list, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_list_lock(list, BYN_NOW), BYN_E_DEADLOCK);
    CHECK_STATUS(remote_call(p, "lock_list 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(p, "unlock_list"), BYN_E_NOTOWNER);
    CHECK_STATUS(remote_call(p, "append 1"), BYN_OK); /* each call is whole by itself */
    remote_begin(p, "lock_list -1");
    CHECK_STATUS(byn_list_unlock(list), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_STATUS(byn_list_lock(list, 5), BYN_E_TIMEDOUT);
    peer_kill(p);
    CHECK_STATUS(byn_list_lock(list, BYN_NOW), BYN_ABANDONED);
    CHECK_STATUS(byn_list_unlock(list), BYN_OK);
    CHECK_STATUS(byn_list_lock(list, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_list_unlock(list), BYN_OK);
    byn_list_close(list);
}

static const test_case cases[] = {
    TEST(creators_options_hold),
    TEST(it_ends_with_its_last_user),
    TEST(elements_come_back_in_their_order),
    TEST(insert_puts_it_before_that_index),
    TEST(set_remove_and_pop),
    TEST(an_index_outside_is_not_found),
    TEST(a_short_buffer_takes_nothing),
    TEST(no_bytes_and_megabytes),
    TEST(strings_and_numbers),
    TEST(what_is_wrong_is_invalid),
    TEST(slices),
    TEST(a_picture_stays_as_it_was),
    TEST(clear_makes_room),
    TEST(at_its_limit_it_stays_as_it_is),
    TEST(others_see_it),
    TEST(all_that_many_append_is_there),
    TEST(what_is_read_was_there_at_one_moment),
    TEST(threads_read_what_was_there_at_one_moment),
    TEST(its_lock_keeps_out_others_that_lock),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(appends), PEER(rotates), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "contract.list", cases, peers);
}
