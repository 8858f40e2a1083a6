/*
 * Four processes raise a number, and nobody kills them; the sum is exact. Others use the same value, one of
 * bytes and an array in every other way, and are killed at random.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDERS = 4, OTHERS = 4, LENGTH = 64, ROOM = 200, LATE = 20000 };
enum {
    STOP,
    FAILURES,
    TORN,
    MIXED,
    TOLD,
    CHANGES,
    PROGRESS,
    ADDED = PROGRESS + OTHERS
}; /* words */

typedef struct objects {
    board *b;
    byn_value *number, *bytes;
    byn_array *array;
} objects;

static void open_all(objects *o, const char *name)
{
    char text[200];

    o->b = board_open(name);
    REQUIRE(byn_value_open(&o->number, name, NULL) >= 0);
    (void)snprintf(text, sizeof text, "%s-bytes", name);
    REQUIRE(byn_value_open(&o->bytes, text,
                           &BYN_OPTIONS(byn_value_options, .type = BYN_BYTES, .size = ROOM)) >= 0);
    (void)snprintf(text, sizeof text, "%s-array", name);
    REQUIRE(byn_array_open(&o->array, text,
                           &BYN_OPTIONS(byn_array_options, .type = BYN_U32, .length = LENGTH)) >=
            0);
}

static void close_all(objects *o)
{
    byn_value_close(o->number);
    byn_value_close(o->bytes);
    byn_array_close(o->array);
}

static void expect(objects *o, bool holds, unsigned word)
{
    if (!holds)
        apr_atomic_inc32(&o->b->word[word]);
}

static int adds(peer_self *self, int argc, char **argv)
{
    objects o;
    apr_uint32_t added = 0;

    (void)argc;
    open_all(&o, argv[0]);
    peer_say(self, "ready");
    while (o.b->word[STOP] == 0) {
        expect(&o, byn_value_add(o.number, 1, NULL) == BYN_OK, FAILURES);
        added++;
    }
    o.b->word[ADDED + atoi(argv[1])] = added;
    close_all(&o);
    return 0;
}

/* Each write is so many bytes of one number that goes with how many. */
static void use_bytes(objects *o, unsigned random)
{
    unsigned char bytes[ROOM];
    size_t size = random % (ROOM + 1), i;

    memset(bytes, (int)size, size);
    expect(o, byn_value_write(o->bytes, bytes, size) == BYN_OK, FAILURES);
    size = ROOM;
    expect(o, byn_value_read(o->bytes, bytes, &size) == BYN_OK, FAILURES);
    for (i = 0; i < size; i++)
        expect(o, bytes[i] == (unsigned char)size, TORN);
}

/*
 * All elements are the same, unless one died in a change. Who is told makes them the same again before he
 * lets others in: if he dies as well, the next one is told.
 */
static void use_array(objects *o, unsigned random)
{
    uint32_t elements[LENGTH];
    byn_status status = byn_array_lock(o->array, LATE);
    int i;

    expect(o, status >= 0, FAILURES);
    expect(o, status != BYN_ABANDONED, TOLD);
    expect(o, byn_array_read(o->array, 0, LENGTH, elements, BYN_NOW) == BYN_OK, FAILURES);
    for (i = 0; status == BYN_OK && i < LENGTH; i++)
        expect(o, elements[i] == elements[0], MIXED);
    for (i = 0; i < LENGTH; i++)
        elements[i] = random;
    expect(o, byn_array_write(o->array, 0, LENGTH, elements, BYN_NOW) == BYN_OK, FAILURES);
    expect(o, byn_array_unlock(o->array) == BYN_OK, FAILURES);
    expect(o, byn_array_write(o->array, 0, LENGTH, elements, LATE) >= 0, FAILURES);
}

/* Who has seen a number before STOP sees another one: the case adds once more after it. */
static void await_change(objects *o)
{
    int64_t known = 0;

    expect(o, byn_value_get(o->number, &known) == BYN_OK, FAILURES);
    if (apr_atomic_read32(&o->b->word[STOP]) != 0)
        return;
    expect(o, byn_value_wait_change(o->number, &known, LATE) == BYN_OK, FAILURES);
    apr_atomic_inc32(&o->b->word[CHANGES]);
}

static void use_number(objects *o)
{
    byn_status status;

    await_change(o);
    status = byn_value_lock(o->number, LATE);
    expect(o, status >= 0, FAILURES);
    expect(o, status < 0 || byn_value_unlock(o->number) == BYN_OK, FAILURES);
}

static int others(peer_self *self, int argc, char **argv)
{
    unsigned random = board_pid(), me = (unsigned)atoi(argv[1]);
    objects o;

    (void)self;
    (void)argc;
    open_all(&o, argv[0]);
    while (o.b->word[STOP] == 0) {
        random = random * 1664525u + 1013904223u;
        use_bytes(&o, random >> 8);
        use_array(&o, random);
        use_number(&o);
        apr_atomic_inc32(&o.b->word[PROGRESS + me]);
    }
    close_all(&o);
    return 0;
}

/* ---- In the case */

static peer *start(const char *role, const char *name, unsigned index)
{
    char number[16];

    (void)snprintf(number, sizeof number, "%u", index);
    return peer_start(PEER_PROCESS, role, name, number, NULL);
}

static apr_uint32_t seconds(void)
{
    const char *text = getenv("BYNAME_STRESS_SECONDS");

    return text != NULL ? (apr_uint32_t)atoi(text) : 2;
}

/* They die in their work, not in their beginning. */
static unsigned kill_at_random(board *b, const char *name, peer **victims)
{
    apr_uint32_t began = board_ms();
    unsigned kills = 0, random = board_pid();

    while (board_ms() - began < 1000 * seconds() || kills == 0) {
        unsigned victim, i;

        random = random * 1664525u + 1013904223u;
        victim = (random >> 16) % OTHERS;
        REQUIRE(board_await(b, PROGRESS + victim, b->word[PROGRESS + victim] + 1));
        for (i = 0; i < (random >> 8) % 20; i++)
            board_pause();
        peer_kill(victims[victim]);
        victims[victim] = start("others", name, victim);
        kills++;
    }
    return kills;
}

static void counter_is_exact_whoever_is_killed(void)
{
    const char *name = fresh_name();
    peer *adders[ADDERS], *victims[OTHERS];
    unsigned i, kills;
    int64_t number = 0, sum = 0;
    objects o;

    (void)board_begin(name, (int)seconds() + 200);
    open_all(&o, name);
    for (i = 0; i < ADDERS; i++)
        adders[i] = start("adds", name, i);
    for (i = 0; i < ADDERS; i++)
        peer_expect(adders[i], "ready");
    for (i = 0; i < OTHERS; i++)
        victims[i] = start("others", name, i);
    kills = kill_at_random(o.b, name, victims);
    apr_atomic_set32(&o.b->word[STOP], 1);
    for (i = 0; i < ADDERS; i++)
        CHECK_INT(peer_finish(adders[i]), 0);
    CHECK_STATUS(byn_value_get(o.number, &number), BYN_OK);
    for (i = 0; i < ADDERS; i++)
        sum += o.b->word[ADDED + i];
    CHECK_STATUS(byn_value_add(o.number, 1, NULL), BYN_OK); /* who still waits goes on */
    for (i = 0; i < OTHERS; i++)
        CHECK_INT(peer_finish(victims[i]), 0);
    printf("     %u kills, %u told of a death; %lld additions, %u changes waited for\n", kills,
           o.b->word[TOLD], (long long)sum, o.b->word[CHANGES]);
    CHECK_INT(number, sum);
    CHECK_INT(o.b->word[TORN] + o.b->word[MIXED] + o.b->word[FAILURES], 0);
    CHECK(kills > 0);
    close_all(&o);
    CHECK_INT(board_files(), 0);
    board_destroy(name);
}

static const test_case cases[] = {TEST(counter_is_exact_whoever_is_killed), TEST_END};
static const peer_entry peers[] = {PEER(adds), PEER(others), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.value_torture", cases, peers);
}
