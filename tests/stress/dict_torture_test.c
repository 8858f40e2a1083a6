/*
 * Processes put, get, remove and count in one small dictionary, and are killed at random. No value is other
 * than one that was put whole, and no byte is lost: now and then one looks at the whole memory.
 */
#include "herd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dict_state.h"

enum { PROCESSES = 6, KEYS = 300, LARGEST = 900, LIMIT = 4 << 20 };
enum { GETS = HERD_WORDS, CHANGES, LOOKS, TORN, LOST }; /* words of the board */

typedef struct member {
    board *b;
    byn_dict *dict;
    unsigned index, random;
} member;

/* A value tells its key, its size, and a byte that it repeats. */
typedef struct value {
    unsigned key, size, byte;
    unsigned char bytes[LARGEST];
} value;

enum { HEAD = 3 * sizeof(unsigned) };

static void violated(member *m, unsigned word, const char *what)
{
    fprintf(stderr, "violated: %s\n", what);
    apr_atomic_inc32(&m->b->word[word]);
}

static void check_value(member *m, unsigned key, const value *v, size_t size)
{
    unsigned i;
    bool whole = size >= HEAD && v->key == key && v->size == size;

    for (i = 0; whole && i < size - HEAD; i++)
        whole = v->bytes[i] == (unsigned char)v->byte;
    if (!whole)
        violated(m, TORN, "a value is not one that was put");
}

static void get(member *m, unsigned key)
{
    value v;
    size_t size = sizeof v;
    byn_status status = byn_dict_get(m->dict, &key, sizeof key, &v, &size);

    if (status == BYN_OK)
        check_value(m, key, &v, size);
    else
        herd_expect(m->b, status == BYN_E_NOTFOUND, "get", status);
    apr_atomic_inc32(&m->b->word[GETS]);
}

static void put(member *m, unsigned key)
{
    value v;
    byn_status status;

    v.key = key;
    v.byte = herd_random(&m->random, 256);
    v.size = HEAD + 40; /* mostly as long as the last one */
    if (herd_random(&m->random, 3) == 0)
        v.size = HEAD + herd_random(&m->random, herd_random(&m->random, 20) == 0 ? LARGEST : 100);
    memset(v.bytes, (int)v.byte, sizeof v.bytes);
    status = byn_dict_put(m->dict, &key, sizeof key, &v, v.size);
    herd_expect(m->b, status == BYN_OK || status == BYN_CREATED, "put", status);
    apr_atomic_inc32(&m->b->word[CHANGES]);
}

static void take(member *m, unsigned key)
{
    byn_status status = byn_dict_remove(m->dict, &key, sizeof key);

    herd_expect(m->b, status == BYN_OK || status == BYN_E_NOTFOUND, "remove", status);
    apr_atomic_inc32(&m->b->word[CHANGES]);
}

static void look(member *m)
{
    byn_dict_iterator *iterator = NULL;
    byn_status status = byni_dict_lock_guard(m->dict);
    byn_dict_entry entry;
    const char *error;

    if (!herd_expect(m->b, status >= 0, "the guard", status))
        return;
    error = byni_dict_verify(m->dict);
    byni_dict_unlock_guard(m->dict);
    if (error != NULL)
        violated(m, LOST, error);
    status = byn_dict_iterator_open(&iterator, m->dict);
    herd_must(m->b, "iterator", status);
    while (status >= 0 && byn_dict_iterator_next(iterator, &entry) == BYN_OK) {
        unsigned key;
        value v;

        memcpy(&key, entry.key, sizeof key);
        memcpy(&v, entry.value, entry.value_size);
        check_value(m, key, &v, entry.value_size);
    }
    byn_dict_iterator_close(iterator);
    apr_atomic_inc32(&m->b->word[LOOKS]);
}

static void do_something(member *m)
{
    unsigned key = herd_random(&m->random, KEYS), what = herd_random(&m->random, 1000);

    if (what < 500)
        get(m, key);
    else if (what < 850)
        put(m, key);
    else if (what < 998)
        take(m, key);
    else if (what < 999)
        look(m);
    else if (herd_random(&m->random, 10) == 0)
        herd_must(m->b, "clear", byn_dict_clear(m->dict));
}

static int changes_it(peer_self *self, int argc, char **argv)
{
    member m = {.b = board_open(argv[0]), .random = board_pid() ^ board_ms()};

    (void)argc;
    (void)self;
    m.index = (unsigned)strtoul(argv[1], NULL, 10);
    REQUIRE(byn_dict_open(&m.dict, argv[0], &BYN_OPTIONS(byn_dict_options, .limit = LIMIT)) >= 0);
    while (herd_goes_on(m.b, m.index)) {
        unsigned i;

        for (i = 0; i < 50; i++)
            do_something(&m);
    }
    byn_dict_close(m.dict);
    return 0;
}

static void a_dictionary_survives_random_kills(void)
{
    herd h = {.name = fresh_name(), .peer = "changes_it", .count = PROCESSES};

    herd_run(&h);
    printf("     %u kills, %u gets, %u changes, %u looks at all of it, %u torn, %u lost\n", h.kills,
           h.b->word[GETS], h.b->word[CHANGES], h.b->word[LOOKS], h.b->word[TORN], h.b->word[LOST]);
    CHECK_INT(h.b->word[TORN], 0);
    CHECK_INT(h.b->word[LOST], 0);
    board_destroy(h.name);
}

static const test_case cases[] = {TEST(a_dictionary_survives_random_kills), TEST_END};
static const peer_entry peers[] = {PEER(changes_it), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.dict_torture", cases, peers);
}
