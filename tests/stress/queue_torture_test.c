/*
 * A million messages through 3 putters and 3 getters, one of which is killed every 5 ms and replaced; or as
 * many as find their way within 0.7 s, or BYNAME_STRESS_SECONDS, in each of the four cases. In two of them
 * most are so large that they are copied without the guard, and in one of these most are written and read in place.
 *
 * A ledger says of each message how far its putter came, and how often it was got: what was put is got once,
 * but for one message at most that each killed getter took along; with acknowledge at least once. None is
 * torn or made up, and each getter sees each putter's in order, unless it
 * reads in place.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PUTTERS = 3,
    GETTERS = 3,
    ALL = PUTTERS + GETTERS,
    EACH = 333334, /* messages of a putter */
    PAUSE_MS = 5,
    LARGEST = 240,
    LARGE = 20000,
    USUAL_MS = 700,
    LATE = 20000
};

/* Words. INTENDED: the number that each putter has come to. */
enum { STOP, KIND, FAILURES, GOT, INTENDED };

enum { PLAIN, WITH_ACKNOWLEDGE, WITH_LARGE, IN_PLACE };

enum { NEVER, BEGUN, PUT };

typedef struct ledger {
    unsigned char put[PUTTERS][EACH + 1];
    unsigned char got[PUTTERS][EACH + 1];
} ledger;

enum { HEAD = 16 };

typedef struct message {
    apr_uint32_t putter, number, size, sum;
    unsigned char bytes[LARGE];
} message;

static apr_uint32_t sum_of(const message *m)
{
    apr_uint32_t sum = m->putter * 31 + m->number, i;

    for (i = 0; i < m->size; i++)
        sum = sum * 31 + m->bytes[i];
    return sum;
}

static bool must(board *b, bool holds, const char *what, byn_status status)
{
    if (!holds) {
        fprintf(stderr, "%s: %s: %s\n", what, byn_status_name(status), byn_last_error());
        apr_atomic_inc32(&b->word[FAILURES]);
    }
    return holds;
}

static byn_memory *open_ledger(const char *name, ledger **l)
{
    byn_memory *memory = NULL;
    char full[300];

    (void)snprintf(full, sizeof full, "%s-ledger", name);
    REQUIRE(byn_memory_open(&memory, full,
                            &BYN_OPTIONS(byn_memory_options, .size = sizeof(ledger))) >= 0);
    *l = byn_memory_base(memory);
    return memory;
}

static byn_queue *opened(const char *name, unsigned kind)
{
    const bool large = kind == WITH_LARGE || kind == IN_PLACE;
    const size_t largest = HEAD + (large ? LARGE : LARGEST);
    byn_queue *queue = NULL;

    REQUIRE(byn_queue_open(&queue, name,
                           &BYN_OPTIONS(byn_queue_options, .capacity = large ? 131072 : 16384,
                                        .largest = largest,
                                        .acknowledge = kind == WITH_ACKNOWLEDGE)) >= 0);
    return queue;
}

/* ---- In putters and getters */

static apr_uint32_t size_of(apr_uint32_t number, unsigned kind)
{
    return (kind == WITH_LARGE || kind == IN_PLACE) && number % 3 != 0
               ? LARGE / 3 + number * 61 % (2 * LARGE / 3)
               : number * 7 % LARGEST;
}

static void fill_in(message *m, apr_uint32_t putter, apr_uint32_t number, unsigned kind)
{
    apr_uint32_t i;

    m->putter = putter;
    m->number = number;
    m->size = size_of(number, kind);
    for (i = 0; i < m->size; i++)
        m->bytes[i] = (unsigned char)(number + i * 3);
    m->sum = sum_of(m);
}

static byn_status put_in_place(byn_queue *queue, const message *m)
{
    byn_queue_place place;
    byn_status status = byn_queue_reserve(queue, HEAD + m->size, &place, LATE);

    if (status == BYN_OK && m->number % 16 == 1) {
        status = byn_queue_abandon(queue, &place);
        if (status == BYN_OK)
            status = byn_queue_reserve(queue, HEAD + LARGE, &place, LATE);
    }
    if (status < 0)
        return status;
    memcpy(place.data, m, HEAD + m->size);
    return byn_queue_commit(queue, &place, HEAD + m->size);
}

static byn_status get_in_place(byn_queue *queue, message *m, size_t *size, bool abandon)
{
    byn_queue_place place;
    byn_status status = byn_queue_hold(queue, &place, LATE);

    if (status == BYN_OK && abandon) {
        status = byn_queue_abandon(queue, &place);
        if (status == BYN_OK)
            status = byn_queue_hold(queue, &place, LATE);
    }
    if (status < 0)
        return status;
    *size = place.size;
    memcpy(m, place.data, place.size < sizeof *m ? place.size : sizeof *m);
    return byn_queue_release(queue, &place);
}

static int puts_all(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    apr_uint32_t me = (apr_uint32_t)atoi(argv[1]), number = b->word[INTENDED + me];
    byn_queue *queue = opened(argv[0], b->word[KIND]);
    static message m;
    ledger *l;

    (void)self;
    (void)argc;
    (void)open_ledger(argv[0], &l);
    while (number < EACH && apr_atomic_read32(&b->word[STOP]) == 0) {
        byn_status status;

        b->word[INTENDED + me] = ++number;
        fill_in(&m, me, number, b->word[KIND]);
        l->put[me][number] = BEGUN;
        status = b->word[KIND] == IN_PLACE && number % 4 != 0
                     ? put_in_place(queue, &m)
                     : byn_queue_put(queue, &m, HEAD + m.size, LATE);
        if (!must(b, status == BYN_OK, "put", status))
            return 1;
        l->put[me][number] = PUT;
    }
    return 0;
}

static void check(board *b, const message *m, size_t size, apr_uint32_t last[PUTTERS])
{
    bool sound = size >= HEAD && size == HEAD + m->size && m->putter < PUTTERS &&
                 m->number <= EACH && m->sum == sum_of(m);

    if (!must(b, sound, "a message is torn", BYN_OK))
        return;
    if (b->word[KIND] != WITH_ACKNOWLEDGE && b->word[KIND] != IN_PLACE)
        (void)must(b, m->number > last[m->putter], "messages are out of order", BYN_OK);
    last[m->putter] = m->number;
}

static int gets_all(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    bool on_trial = b->word[KIND] == WITH_ACKNOWLEDGE;
    byn_queue *queue = opened(argv[0], b->word[KIND]);
    apr_uint32_t last[PUTTERS] = {0};
    unsigned count = 0;
    static message m;
    ledger *l;

    (void)self;
    (void)argc;
    (void)open_ledger(argv[0], &l);
    for (;;) {
        size_t size = sizeof m;
        uint64_t ticket = 0;
        byn_status status = on_trial ? byn_queue_receive(queue, &m, &size, &ticket, LATE)
                            : b->word[KIND] == IN_PLACE && ++count % 4 != 0
                                ? get_in_place(queue, &m, &size, count % 16 == 1)
                                : byn_queue_get(queue, &m, &size, LATE);

        if (status == BYN_E_CLOSED)
            return 0;
        if (!must(b, status >= 0, "get", status))
            return 1;
        check(b, &m, size, last);
        if (m.putter < PUTTERS && m.number <= EACH)
            l->got[m.putter][m.number]++;
        if (on_trial &&
            !must(b, byn_queue_acknowledge(queue, ticket) == BYN_OK, "acknowledge", BYN_E_INVALID))
            return 1;
        apr_atomic_inc32(&b->word[GOT]);
    }
}

/* ---- In the case */

typedef struct crowd {
    const char *name;
    board *b;
    byn_process *members[ALL];
    unsigned kills, getter_kills, random;
    apr_uint32_t got, since, longest;
} crowd;

static void start(crowd *c, unsigned i)
{
    char index[8];
    const char *argv[] = {test_executable(), "--peer", i < PUTTERS ? "puts_all" : "gets_all",
                          c->name,           index,    NULL};

    (void)snprintf(index, sizeof index, "%u", i);
    REQUIRE_STATUS(byn_process_start(&c->members[i], argv,
                                     &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)),
                   BYN_OK);
}

static void kill_one(crowd *c)
{
    unsigned i;

    c->random = c->random * 1103515245u + 12345u;
    i = (c->random >> 12) % ALL;
    CHECK_STATUS(byn_process_kill(c->members[i]), BYN_OK);
    REQUIRE_STATUS(byn_process_wait(c->members[i], 60000, NULL), BYN_OK);
    byn_process_close(c->members[i]);
    c->kills++;
    c->getter_kills += i >= PUTTERS;
    start(c, i);
}

/* Messages go on arriving. */
static bool it_goes_on(crowd *c)
{
    apr_uint32_t got = apr_atomic_read32(&c->b->word[GOT]), now = board_ms();

    if (got != c->got) {
        if (now - c->since > c->longest)
            c->longest = now - c->since;
        c->got = got;
        c->since = now;
    }
    if (now - c->since < LATE && apr_atomic_read32(&c->b->word[FAILURES]) == 0)
        return true;
    FAIL("nothing arrives any more, after %u kills and %u messages", c->kills, got);
    return false;
}

static bool all_was_put(const crowd *c)
{
    unsigned i;

    for (i = 0; i < PUTTERS; i++)
        if (c->b->word[INTENDED + i] < EACH)
            return false;
    return true;
}

/* For a time, and until something has happened. */
static void run(crowd *c, unsigned milliseconds)
{
    apr_uint32_t began = board_ms(), last = began;

    c->since = began;
    while ((board_ms() - began < milliseconds || c->kills == 0 || c->got < ALL) &&
           !all_was_put(c) && it_goes_on(c)) {
        if (board_ms() - last < PAUSE_MS) {
            board_pause();
            continue;
        }
        last = board_ms();
        kill_one(c);
    }
}

static void let_end(crowd *c, unsigned from, unsigned to)
{
    byn_exit end = {.known = false};
    unsigned i;

    for (i = from; i < to; i++) {
        CHECK_STATUS(byn_process_wait(c->members[i], 60000, &end), BYN_OK);
        CHECK_INT(end.code, 0);
        byn_process_close(c->members[i]);
    }
}

static void settle_accounts(const crowd *c, const ledger *l, bool acknowledge)
{
    unsigned long put = 0, missing = 0, again = 0, made_up = 0, open = 0, i, k;

    for (i = 0; i < PUTTERS; i++)
        for (k = 0; k <= EACH; k++) {
            put += l->put[i][k] == PUT;
            open += l->put[i][k] == BEGUN;
            missing += l->put[i][k] == PUT && l->got[i][k] == 0;
            again += l->got[i][k] > 1;
            made_up += l->put[i][k] == NEVER && l->got[i][k] > 0;
        }
    printf("     %u kills (%u of getters), %lu put, %lu begun by the killed; %lu missing, %lu got "
           "again, %lu made up; longest pause %u ms\n",
           c->kills, c->getter_kills, put, open, missing, again, made_up, c->longest);
    CHECK(put > 0 && c->kills > 0);
    CHECK_INT(made_up, 0);
    CHECK(missing <= (acknowledge ? 0 : c->getter_kills));
    CHECK(again <= (acknowledge ? c->getter_kills : 0));
    CHECK(open <= c->kills);
}

static void torture(unsigned kind)
{
    const char *given = getenv("BYNAME_STRESS_SECONDS");
    unsigned milliseconds =
                 given != NULL && atoi(given) > 0 ? 1000 * (unsigned)atoi(given) : USUAL_MS,
             i;
    const bool acknowledge = kind == WITH_ACKNOWLEDGE;
    crowd c = {.name = fresh_name(), .random = board_pid()};
    byn_memory *memory;
    byn_queue *queue;
    ledger *l;

    c.b = board_begin(c.name, (int)(milliseconds / 1000) + 200);
    c.b->word[KIND] = kind;
    memory = open_ledger(c.name, &l);
    queue = opened(c.name, kind);
    for (i = 0; i < ALL; i++)
        start(&c, i);
    run(&c, milliseconds);
    apr_atomic_set32(&c.b->word[STOP], 1);
    let_end(&c, 0, PUTTERS);
    CHECK_STATUS(byn_queue_shutdown(queue), BYN_OK);
    let_end(&c, PUTTERS, ALL);
    CHECK_INT(c.b->word[FAILURES], 0);
    settle_accounts(&c, l, acknowledge);
    if (acknowledge)
        CHECK_STATUS(byn_queue_join(queue, BYN_NOW), BYN_OK);
    byn_queue_close(queue);
    byn_memory_close(memory);
    board_destroy(c.name);
    CHECK_INT(board_files(), 0);
}

static void each_message_is_accounted_for(void)
{
    torture(PLAIN);
}

static void each_message_is_acknowledged_by_somebody(void)
{
    torture(WITH_ACKNOWLEDGE);
}

static void each_large_message_is_accounted_for(void)
{
    torture(WITH_LARGE);
}

static void each_message_in_place_is_accounted_for(void)
{
    torture(IN_PLACE);
}

static const test_case cases[] = {
    TEST(each_message_is_accounted_for),
    TEST(each_message_is_acknowledged_by_somebody),
    TEST(each_large_message_is_accounted_for),
    TEST(each_message_in_place_is_accounted_for),
    TEST_END,
};

static const peer_entry peers[] = {PEER(puts_all), PEER(gets_all), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.queue_torture", cases, peers);
}
