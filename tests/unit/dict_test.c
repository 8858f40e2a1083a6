/* A dictionary from inside: against a plain model, with nothing lost; half-replaced pages; nonsense. */
#include "dict_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "peer.h"
#include "test.h"

enum { KEYS = 3000, VALUE_MOST = 3000 };

/* What the dictionary should have: the key of number i is i in decimal, and perhaps a tail. */
typedef struct model {
    byn_dict *dict;
    unsigned char *value[KEYS]; /* NULL: absent */
    size_t size[KEYS];
    uint64_t count;
    unsigned random, seed;
} model;

static unsigned next_random(model *m)
{
    m->random = m->random * 1103515245u + 12345u;
    return m->random >> 8;
}

static model *begin(uint64_t limit)
{
    static model m;

    memset(&m, 0, sizeof m);
    m.random = m.seed = (unsigned)bynk_clock();
    REQUIRE_STATUS(byn_dict_open(&m.dict, NULL, &BYN_OPTIONS(byn_dict_options, .limit = limit)),
                   BYN_CREATED);
    return &m;
}

static void verify(model *m)
{
    const char *error = byni_dict_verify(m->dict);
    uint64_t count = 0;

    if (error != NULL)
        FAIL("%s (seed %u)", error, m->seed);
    CHECK_STATUS(byn_dict_count(m->dict, &count), BYN_OK);
    CHECK_INT(count, m->count);
}

static void forget(model *m, unsigned i)
{
    m->count -= m->value[i] != NULL;
    free(m->value[i]);
    m->value[i] = NULL;
}

static void end(model *m)
{
    unsigned i;

    verify(m);
    byn_dict_close(m->dict);
    for (i = 0; i < KEYS; i++)
        forget(m, i);
}

static size_t key_of(unsigned i, char key[80])
{
    int length = snprintf(key, 80, "%u", i);
    size_t size = (size_t)length + i % 40;

    memset(key + length, 'x', i % 40);
    return i == 7 ? 0 : size;
}

static unsigned char *random_value(model *m, size_t *size)
{
    unsigned most = next_random(m) % 50 == 0 ? VALUE_MOST : 100, i;
    unsigned char *value;

    *size =
        next_random(m) % 2 == 0 ? 40 : next_random(m) % most; /* often as long as the last one */
    value = malloc(*size + 1);
    REQUIRE(value != NULL);
    for (i = 0; i < *size; i++)
        value[i] = (unsigned char)next_random(m);
    return value;
}

static void remember(model *m, unsigned i, unsigned char *value, size_t size)
{
    forget(m, i);
    m->count++;
    m->value[i] = value;
    m->size[i] = size;
}

/* ---- The operations: each does the same to both, and compares what is answered */

static void check_status(model *m, byn_status status, byn_status expected)
{
    if (status != expected)
        FAIL("%s, expected %s (seed %u)", byn_status_name(status), byn_status_name(expected),
             m->seed);
}

static bool put(model *m, unsigned i)
{
    char key[80];
    size_t key_size = key_of(i, key), size;
    unsigned char *value = random_value(m, &size);
    byn_status status = byn_dict_put(m->dict, key, key_size, value, size);

    if (status == BYN_E_LIMIT) {
        free(value);
        return false;
    }
    check_status(m, status, m->value[i] != NULL ? BYN_OK : BYN_CREATED);
    remember(m, i, value, size);
    return true;
}

static void get(model *m, unsigned i)
{
    static unsigned char buffer[VALUE_MOST];
    char key[80];
    size_t key_size = key_of(i, key), size = next_random(m) % 2 == 0 ? VALUE_MOST : 20;
    size_t room = size;
    byn_status status = byn_dict_get(m->dict, key, key_size, buffer, &size);

    if (m->value[i] == NULL) {
        check_status(m, status, BYN_E_NOTFOUND);
        return;
    }
    check_status(m, status, m->size[i] > room ? BYN_E_TOOBIG : BYN_OK);
    CHECK_INT(size, m->size[i]);
    if (status == BYN_OK)
        CHECK(memcmp(buffer, m->value[i], size) == 0);
}

static void take(model *m, unsigned i)
{
    char key[80];
    size_t key_size = key_of(i, key);

    check_status(m, byn_dict_remove(m->dict, key, key_size),
                 m->value[i] != NULL ? BYN_OK : BYN_E_NOTFOUND);
    forget(m, i);
}

static void exchange(model *m, unsigned i)
{
    char key[80];
    size_t key_size = key_of(i, key), size;
    bool right = next_random(m) % 3 != 0, removes = next_random(m) % 4 == 0;
    unsigned char *value = random_value(m, &size), wrong[4] = "bad";
    const void *expected = right ? m->value[i] : wrong;
    byn_status status = byn_dict_compare_exchange(
        m->dict, key, key_size, expected, right ? m->size[i] : 4, removes ? NULL : value, size);

    if (status == BYN_E_LIMIT || !right || removes) {
        if (status != BYN_E_LIMIT)
            check_status(m, status, right ? BYN_OK : BYN_E_MISMATCH);
        if (right && removes)
            forget(m, i);
        free(value);
        return;
    }
    check_status(m, status, BYN_OK);
    remember(m, i, value, size);
}

static void get_or_put(model *m, unsigned i)
{
    static unsigned char buffer[VALUE_MOST];
    char key[80];
    size_t key_size = key_of(i, key), size, got = VALUE_MOST;
    unsigned char *value = random_value(m, &size);
    byn_status status = byn_dict_get_or_put(m->dict, key, key_size, value, size, buffer, &got);

    if (m->value[i] != NULL || status == BYN_E_LIMIT) {
        if (m->value[i] != NULL)
            check_status(m, status, BYN_OK);
        free(value);
    } else {
        check_status(m, status, BYN_CREATED);
        remember(m, i, value, size);
    }
    if (status >= 0) {
        CHECK_INT(got, m->size[i]);
        CHECK(memcmp(buffer, m->value[i], got) == 0);
    }
}

static const void *append_byte(const void *value, size_t *size, void *context)
{
    static unsigned char longer[VALUE_MOST + 1];

    (void)context;
    if (value != NULL)
        memcpy(longer, value, *size);
    longer[value != NULL ? (*size)++ : (*size = 0)] = 'u';
    return longer;
}

static void update(model *m, unsigned i)
{
    char key[80];
    size_t key_size = key_of(i, key), size = m->value[i] != NULL ? m->size[i] : 0;
    unsigned char *longer;
    byn_status status;

    if (size >= VALUE_MOST - 1)
        return;
    status = byn_dict_update(m->dict, key, key_size, append_byte, NULL);
    if (status == BYN_E_LIMIT)
        return;
    check_status(m, status, BYN_OK);
    longer = malloc(size + 1);
    REQUIRE(longer != NULL);
    if (longer == NULL)
        return;
    if (size > 0)
        memcpy(longer, m->value[i], size);
    longer[size] = 'u';
    remember(m, i, longer, m->value[i] != NULL ? size + 1 : 0);
}

static void compare_all(model *m)
{
    byn_dict_iterator *iterator = NULL;
    byn_dict_entry entry;
    uint64_t count = 0;

    REQUIRE_STATUS(byn_dict_iterator_open(&iterator, m->dict), BYN_OK);
    CHECK_INT(byn_dict_iterator_count(iterator), m->count);
    while (byn_dict_iterator_next(iterator, &entry) == BYN_OK) {
        char key[80] = {0}, expected[80];
        unsigned i = 7;

        REQUIRE(entry.key_size < sizeof key);
        memcpy(key, entry.key, entry.key_size);
        if (entry.key_size > 0)
            REQUIRE(sscanf(key, "%u", &i) == 1 && i < KEYS);
        CHECK_INT(key_of(i, expected), entry.key_size);
        REQUIRE(m->value[i] != NULL && m->size[i] == entry.value_size);
        CHECK(memcmp(m->value[i], entry.value, entry.value_size) == 0);
        count++;
    }
    CHECK_INT(count, m->count);
    byn_dict_iterator_close(iterator);
}

static void operate(model *m, unsigned keys, unsigned puts)
{
    static void (*const others[])(model *, unsigned) = {get, take, exchange, get_or_put, update};
    unsigned i = next_random(m) % keys;

    if (next_random(m) % 100 < puts)
        (void)put(m, i);
    else
        others[next_random(m) % 5](m, i);
}

/* ---- Cases */

static void it_does_what_a_plain_table_does(void)
{
    static const uint64_t limits[] = {1, 100000, 400000, 0};
    unsigned round, i;

    for (round = 0; round < 4; round++) {
        model *m = begin(limits[round]);

        for (i = 0; i < 30000; i++) {
            operate(m, i % 4000 < 3000 ? KEYS : 100, i % 10000 < 5000 ? 60 : 15);
            if (i % 5000 == 0) {
                verify(m);
                compare_all(m);
            }
            if (i % 13000 == 12999) {
                unsigned k;

                check_status(m, byn_dict_clear(m->dict), BYN_OK);
                for (k = 0; k < KEYS; k++)
                    forget(m, k);
                verify(m);
            }
        }
        compare_all(m);
        end(m);
    }
}

/* All that is left after everything was removed can be used for something else. */
static void nothing_is_lost_when_all_is_removed(void)
{
    model *m = begin(600000);
    byn_dict_info info = {.struct_size = sizeof info};
    static unsigned char large[350000];
    unsigned i, round, put_first = 0;

    for (round = 0; round < 5; round++) {
        unsigned count = 0;

        for (i = 0; i < KEYS; i++)
            count += put(m, i);
        put_first = round == 0 ? count : put_first;
        CHECK(count > put_first * 8 / 10);
        verify(m);
        for (i = 0; i < KEYS; i++)
            take(m, (i * 7) % KEYS);
        verify(m);
        CHECK_STATUS(byn_dict_put(m->dict, "large", 5, large, sizeof large), BYN_CREATED);
        CHECK_STATUS(byn_dict_remove(m->dict, "large", 5), BYN_OK);
    }
    CHECK_STATUS(byn_dict_describe(m->dict, &info), BYN_OK);
    CHECK(info.size <= 600000 + 4096 && info.count == 0);
    end(m);
}

/* Values that become longer and longer, so that no gap ever fits. */
static void it_needs_at_most_twice_what_is_in_it(void)
{
    model *m = begin(0);
    byn_dict_info info = {.struct_size = sizeof info};
    uint64_t peak = 0;
    unsigned round, i;

    for (round = 0; round < 60; round++) {
        for (i = 0; i < KEYS; i += 1 + round % 3) {
            char key[80];
            size_t key_size = key_of(i, key), size = 20 + round * 45;
            unsigned char *value = calloc(1, size);

            REQUIRE(value != NULL);
            REQUIRE(byn_dict_put(m->dict, key, key_size, value, size) >= 0);
            remember(m, i, value, size);
        }
        CHECK_STATUS(byn_dict_describe(m->dict, &info), BYN_OK);
        peak = info.used > peak ? info.used : peak;
        if (info.size > 2 * peak + BYNI_HEAP_SLACK + 65536)
            FAIL("%u KiB for %u KiB (seed %u)", (unsigned)(info.size >> 10), (unsigned)(peak >> 10),
                 m->seed);
    }
    end(m);
}

/* ---- A page that is half replaced */

static void a_half_told_page_is_restored(void)
{
    model *m = begin(0);
    byni_dict_directory directory;
    unsigned i, replaced;

    for (i = 0; i < KEYS; i++)
        (void)put(m, i);
    directory = byni_dict_directory_of(&m->dict->heap);
    REQUIRE(directory.depth >= 3);
    for (replaced = 0; replaced <= 8; replaced++) {
        byni_place old = byni_load32(&directory.pages[0]), new[2];
        byni_dict_page *page = byni_dict_page_at(&m->dict->heap, old);
        unsigned k;

        /* One page for the first eight places; then some of them tell its heirs already. */
        while (directory.depth - byni_load32(&page->depth) < 3) {
            uint64_t root = byni_load64(&m->dict->heap.state->root[0]);
            byni_place place;
            byni_a32 *pages;

            REQUIRE_STATUS(
                byni_heap_allocate(&m->dict->heap, UINT64_C(8) << directory.depth, &place), BYN_OK);
            pages = byni_heap_at(&m->dict->heap, place, UINT64_C(8) << directory.depth);
            for (k = 0; k < 2u << directory.depth; k++)
                byni_store32(&pages[k], byni_load32(&directory.pages[k / 2]));
            byni_store64(&m->dict->heap.state->root[0], ((root >> 32) + 1) << 32 | place);
            REQUIRE_STATUS(byni_heap_free(&m->dict->heap, directory.place), BYN_OK);
            directory = byni_dict_directory_of(&m->dict->heap);
        }
        for (k = 0; k < 2; k++) {
            byni_dict_page *heir;

            REQUIRE_STATUS(byni_heap_allocate(&m->dict->heap, sizeof *page, &new[k]), BYN_OK);
            heir = byni_dict_page_at(&m->dict->heap, new[k]);
            memset(heir, 0, sizeof *heir);
            byni_store32(&heir->depth, byni_load32(&page->depth) + 1);
            byni_store32(&heir->prefix, byni_load32(&page->prefix) << 1 | k);
        }
        for (k = 0; k < replaced && k < 8; k++)
            byni_store32(&directory.pages[k], new[k / 4]);
        if (replaced == 8) /* then it is done, with nothing in the heirs */
            for (k = 0; k < 8; k++)
                byni_store32(&directory.pages[k], old);
        REQUIRE_STATUS(byni_dict_repair(m->dict), BYN_OK);
        verify(m);
        compare_all(m);
    }
    end(m);
}

/* ---- A value that is written over another */

static byni_dict_found where(model *m, const char *key)
{
    byni_dict_found found;
    byni_dict_key wanted;
    byn_status status;

    REQUIRE(byni_dict_key_of(m->dict, &wanted, key, strlen(key), &status));
    REQUIRE_STATUS(byni_dict_look_up(m->dict, &wanted, &found), BYN_OK);
    return found;
}

static void a_value_of_the_same_size_is_written_over_the_old_one(void)
{
    model *m = begin(1 << 20);
    char value[BYNI_DICT_OVER + 1] = "1";
    byni_dict_found before, after;
    size_t size = sizeof value;

    REQUIRE_STATUS(byn_dict_put(m->dict, "k", 1, value, BYNI_DICT_OVER), BYN_CREATED);
    before = where(m, "k");
    value[0] = '2';
    CHECK_STATUS(byn_dict_put(m->dict, "k", 1, value, BYNI_DICT_OVER), BYN_OK);
    after = where(m, "k");
    CHECK_INT(after.place, before.place);
    CHECK(after.word != before.word);
    byni_store32(byni_heap_number(after.body), UINT32_MAX - 1); /* it has been everything */
    value[0] = '3';
    CHECK_STATUS(byn_dict_put(m->dict, "k", 1, value, BYNI_DICT_OVER), BYN_OK);
    CHECK(where(m, "k").place != before.place);
    CHECK_INT(byni_heap_number_in(where(m, "k").word), 0);
    CHECK_STATUS(byn_dict_get(m->dict, "k", 1, value, &size), BYN_OK);
    CHECK(size == BYNI_DICT_OVER && value[0] == '3');
    before = where(m, "k");
    CHECK_STATUS(byn_dict_put(m->dict, "k", 1, value, BYNI_DICT_OVER + 1), BYN_OK);
    CHECK(where(m, "k").place != before.place);
    CHECK_STATUS(byn_dict_remove(m->dict, "k", 1), BYN_OK);
    end(m);
}

/* ---- A key, byte by byte */

enum { KEY_MOST = 40, VALUES = 150 };

/* As if another key had the same tag: in place of the entry's own, one that differs in a byte. */
static void check_key(model *m, const char *key, size_t key_size, size_t value_size)
{
    char buffer[VALUES + 1];
    byni_dict_found found;
    byni_dict_key wanted;
    byn_status status;
    size_t i;

    REQUIRE(byni_dict_key_of(m->dict, &wanted, key, key_size, &status));
    REQUIRE_STATUS(byni_dict_look_up(m->dict, &wanted, &found), BYN_OK);
    for (i = 0; i <= key_size; i++) {
        unsigned char *byte = (unsigned char *)found.body->words + i;
        size_t size = value_size;

        if (i < key_size)
            *byte ^= 0x40;
        memset(buffer, '!', sizeof buffer);
        CHECK_STATUS(byn_dict_get(m->dict, key, key_size, buffer, &size),
                     i < key_size ? BYN_E_NOTFOUND : BYN_OK);
        if (i < key_size)
            *byte ^= 0x40;
    }
    CHECK(buffer[value_size] == '!');
    for (i = 0; i < value_size; i++)
        CHECK(buffer[i] == (char)(key_size + i));
}

static void each_byte_of_a_key_and_of_a_value_counts(void)
{
    model *m = begin(1 << 20);
    char key[KEY_MOST], value[VALUES];
    size_t key_size, i;

    for (i = 0; i < KEY_MOST; i++)
        key[i] = (char)('a' + i);
    for (key_size = 1; key_size <= KEY_MOST; key_size++) {
        size_t value_size = key_size * 37 % VALUES;

        memset(value, 0, sizeof value);
        REQUIRE_STATUS(byn_dict_put(m->dict, key, key_size, value, value_size), BYN_CREATED);
        for (i = 0; i < value_size; i++)
            value[i] = (char)(key_size + i);
        REQUIRE_STATUS(byn_dict_put(m->dict, key, key_size, value, value_size), BYN_OK);
        check_key(m, key, key_size, value_size);
        CHECK_STATUS(byn_dict_remove(m->dict, key, key_size), BYN_OK);
    }
    end(m);
}

/* ---- Nonsense */

/* An entry is said to be at this place; what of its begin can be there is. */
static void check_at(model *m, const byni_dict_found *found, const byni_dict_key *key,
                     byni_place place, size_t size)
{
    static char buffer[8192];
    const size_t at = (size_t)place * BYNI_HEAP_UNIT, whole = 16 + key->size;
    const uint64_t sizes = (uint64_t)key->size << 32 | size;
    char *block = (char *)m->dict->object.header + at;
    size_t room = sizeof buffer;
    byn_status status;

    if (at + whole <= BYNI_HEAP_SIZE) {
        memset(block, 0, 8);
        memcpy(block + 8, &sizes, 8);
        memcpy(block + 16, key->bytes, key->size);
    }
    byni_store64(&found->page->slot[found->at], key->hash >> 32 << 32 | place);
    status = byn_dict_get(m->dict, key->bytes, key->size, buffer, &room);
    if (at + whole <= BYNI_HEAP_SIZE)
        CHECK_STATUS(status, at + whole + size <= BYNI_HEAP_SIZE ? BYN_OK : BYN_E_CORRUPT);
    else
        CHECK(status < 0);
}

static void an_entry_is_read_up_to_the_end_and_no_further(void)
{
    static const size_t key_sizes[] = {8, 16, 24}, sizes[] = {0, 8, 64, 240, 248, 600, 1 << 30};
    static unsigned char sound[BYNI_HEAP_SIZE];
    unsigned i, j;

    for (i = 0; i < 3; i++) {
        model *m = begin(1 << 20);
        unsigned char *memory = (unsigned char *)m->dict->object.header;
        const byni_place last = BYNI_HEAP_SIZE / BYNI_HEAP_UNIT;
        byni_dict_found found;
        byni_dict_key key;
        byni_place place;
        byn_status status;

        REQUIRE(byni_dict_key_of(m->dict, &key, "0123456789abcdefghijklmn", key_sizes[i], &status));
        REQUIRE_STATUS(byn_dict_put(m->dict, key.bytes, key.size, "", 0), BYN_CREATED);
        m->count = 1;
        REQUIRE_STATUS(byni_dict_find(m->dict, &key, &found), BYN_OK);
        REQUIRE(byni_load64(&m->dict->object.header->size) == BYNI_HEAP_SIZE);
        memcpy(sound, memory, sizeof sound);
        for (place = last - 60; place < last + 4; place++)
            for (j = 0; j < sizeof sizes / sizeof sizes[0]; j++)
                check_at(m, &found, &key, place, sizes[j]);
        memcpy(memory + BYNI_STATE_OFFSET, sound + BYNI_STATE_OFFSET,
               sizeof sound - BYNI_STATE_OFFSET);
        end(m);
    }
}

static void use_it_somehow(model *m)
{
    byn_dict_iterator *iterator = NULL;
    char buffer[200];
    unsigned i;

    for (i = 0; i < 12; i++) {
        unsigned k = next_random(m) % 400;
        char key[80];
        size_t key_size = key_of(k, key), size = sizeof buffer;

        (void)byn_dict_get(m->dict, key, key_size, buffer, &size);
        (void)byn_dict_put(m->dict, key, key_size, buffer, next_random(m) % sizeof buffer);
        (void)byn_dict_remove(m->dict, key, key_size / 2);
        if (i % 4 == 0)
            (void)byn_dict_remove(m->dict, key, key_size);
        (void)byn_dict_compare_exchange(m->dict, key, key_size, "a", 1, "b", 1);
    }
    if (byn_dict_iterator_open(&iterator, m->dict) == BYN_OK) {
        byn_dict_entry entry;

        while (byn_dict_iterator_next(iterator, &entry) == BYN_OK)
            (void)((const volatile char *)entry.value == NULL);
        byn_dict_iterator_close(iterator);
    }
    (void)byni_dict_repair(m->dict);
    (void)byn_dict_clear(m->dict);
}

static void nonsense_is_refused_or_harmless(void)
{
    model *m = begin(1 << 20);
    unsigned char *memory = (unsigned char *)m->dict->object.header, *sound;
    size_t there, state = (size_t)((unsigned char *)&m->dict->heap.state->generation - memory),
                  words = (size_t)((unsigned char *)(m->dict->state + 1) - memory) - state;
    unsigned i, round, refused = 0;

    for (i = 0; i < 400; i++)
        (void)put(m, i);
    there = (size_t)byni_load64(&m->dict->object.header->size);
    sound = malloc(there);
    REQUIRE(sound != NULL);
    memcpy(sound, memory, there);
    for (round = 0; round < 1500; round++) {
        for (i = next_random(m) % 8 + 1; i > 0; i--) {
            size_t at = round % 3 == 0   ? state + next_random(m) % words
                        : round % 3 == 1 ? BYNI_DATA_OFFSET + next_random(m) % 8192
                                         : BYNI_DATA_OFFSET + next_random(m) % (there - 4096);

            memory[at] = (unsigned char)(round % 5 == 0 ? 0xff : next_random(m));
        }
        use_it_somehow(m);
        refused += byn_dict_put(m->dict, "k", 1, "v", 1) < 0;
        memcpy(memory + BYNI_STATE_OFFSET, sound + BYNI_STATE_OFFSET, there - BYNI_STATE_OFFSET);
        byni_store64(&m->dict->object.header->size, there);
    }
    CHECK(refused > 0);
    free(sound);
    compare_all(m);
    end(m);
}

static const test_case cases[] = {TEST(it_does_what_a_plain_table_does),
                                  TEST(nothing_is_lost_when_all_is_removed),
                                  TEST(it_needs_at_most_twice_what_is_in_it),
                                  TEST(a_half_told_page_is_restored),
                                  TEST(a_value_of_the_same_size_is_written_over_the_old_one),
                                  TEST(each_byte_of_a_key_and_of_a_value_counts),
                                  TEST(an_entry_is_read_up_to_the_end_and_no_further),
                                  TEST(nonsense_is_refused_or_harmless),
                                  TEST_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "dict", cases, NULL);
}
