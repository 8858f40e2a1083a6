/*
 * Processes meet again and again, and are killed at random; between that somebody aborts or resets. It
 * lasts 3 s, or BYNAME_STRESS_SECONDS.
 *
 * An age ends when the barrier breaks: everybody who lives stops, and the case mends it and begins the
 * next. In an age nobody is more than one round ahead of another, in each round that ended each index was
 * given once, and all who live at the end of an age have gone through the same number of rounds.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROCESSES = 5, LATE = 20000, SLOTS = 8, ALL_INDICES = 0x11111 };
enum {
    STOP,
    AGE,
    ROUNDS,
    AHEAD,
    TWICE,
    FAILURES,
    SLOT = 16,    /* of a round: 1 << 4 * index from each who was through */
    ENTERED = 32, /* of each process: the last round that it came to */
    THROUGH = 48, /* the last that it was through */
    ENDED = 64    /* the last age that it saw end */
};

static apr_uint32_t get(board *b, unsigned word)
{
    return apr_atomic_read32(&b->word[word]);
}

static unsigned next_random(unsigned *random)
{
    *random = *random * 1103515245u + 12345u;
    return *random >> 16;
}

/* A failed check would be lost: the case kills its peers. */
static void must(board *b, bool holds, const char *what, byn_status status)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, byn_status_name(status), byn_last_error());
    apr_atomic_inc32(&b->word[FAILURES]);
}

/* All have come to this round, and all have been through the one before. */
static void check_round(board *b, apr_uint32_t round)
{
    unsigned i;

    for (i = 0; i < PROCESSES; i++)
        if (get(b, ENTERED + i) < round)
            apr_atomic_inc32(&b->word[AHEAD]);
    if (round > 1 && get(b, SLOT + (round - 1) % SLOTS) != ALL_INDICES)
        apr_atomic_inc32(&b->word[TWICE]);
}

/* Until it is broken. */
static void spend_an_age(board *b, byn_barrier *barrier, unsigned me)
{
    apr_uint32_t round;

    for (round = 1;; round++) {
        uint32_t index = 7;
        byn_status status;

        apr_atomic_set32(&b->word[ENTERED + me], round);
        status = byn_barrier_wait(barrier, LATE, &index);
        must(b, status >= 0 || status == BYN_E_BROKEN, "wait", status);
        if (status < 0)
            return;
        must(b, (status == BYN_SERIAL) == (index == PROCESSES - 1), "index", status);
        check_round(b, round);
        if (status == BYN_SERIAL) {
            apr_atomic_set32(&b->word[SLOT + (round + SLOTS / 2) % SLOTS], 0);
            apr_atomic_inc32(&b->word[ROUNDS]);
        }
        (void)apr_atomic_add32(&b->word[SLOT + round % SLOTS], 1u << 4 * index);
        apr_atomic_set32(&b->word[THROUGH + me], round);
    }
}

static int works(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    unsigned me = (unsigned)atoi(argv[1]);
    byn_barrier *barrier = NULL;
    apr_uint32_t age;

    (void)argc;
    REQUIRE(byn_barrier_open(&barrier, argv[0], &BYN_OPTIONS(byn_barrier_options, .party = true)) >=
            0);
    age = get(b, AGE);
    peer_say(self, "ready");
    while (get(b, STOP) == 0) {
        if (get(b, AGE) == age) {
            board_pause();
            continue;
        }
        age = get(b, AGE);
        spend_an_age(b, barrier, me);
        apr_atomic_set32(&b->word[ENDED + me], age);
    }
    byn_barrier_close(barrier);
    return 0;
}

static unsigned seconds(void)
{
    const char *given = getenv("BYNAME_STRESS_SECONDS");
    int value = given != NULL ? atoi(given) : 0;

    return value > 0 ? (unsigned)value : 3;
}

typedef struct herd {
    const char *name;
    board *b;
    byn_barrier *barrier;
    peer *p[PROCESSES];
    bool dead[PROCESSES];
    unsigned kills, ages;
} herd;

static void start_one(herd *h, unsigned i)
{
    char number[16];

    sprintf(number, "%u", i);
    h->p[i] = peer_start(PEER_PROCESS, "works", h->name, number, NULL);
    peer_expect(h->p[i], "ready");
    h->dead[i] = false;
}

static void begin_an_age(herd *h)
{
    unsigned i;

    for (i = 0; i < PROCESSES; i++)
        if (h->p[i] == NULL || h->dead[i])
            start_one(h, i);
    CHECK_STATUS(byn_barrier_reset(h->barrier), BYN_OK);
    for (i = 0; i < PROCESSES; i++)
        h->b->word[ENTERED + i] = h->b->word[THROUGH + i] = 0;
    for (i = 0; i < SLOTS; i++)
        h->b->word[SLOT + i] = 0;
    apr_atomic_inc32(&h->b->word[AGE]);
    h->ages++;
}

/* All who live have stopped, after the same round. */
static void await_its_end(herd *h)
{
    apr_uint32_t began = board_ms(), age = get(h->b, AGE), through = 0;
    bool known = false;
    unsigned i;

    for (i = 0; i < PROCESSES; i++) {
        while (!h->dead[i] && get(h->b, ENDED + i) != age) {
            REQUIRE(board_ms() - began < LATE);
            board_pause();
        }
        if (h->dead[i])
            continue;
        if (known)
            CHECK_INT(get(h->b, THROUGH + i), through);
        through = get(h->b, THROUGH + i);
        known = true;
    }
    for (i = 0; i < PROCESSES && known; i++)
        if (h->dead[i])
            CHECK(get(h->b, THROUGH + i) == through || get(h->b, THROUGH + i) + 1 == through);
    CHECK(byn_barrier_is_broken(h->barrier));
}

/* One dies, or several at once, or all; or the case breaks it, or resets it in the middle. */
static void end_an_age(herd *h, unsigned random)
{
    unsigned what = random % 16, first = random / 16 % PROCESSES, count, i;

    if (what < 2) {
        if (what == 0)
            CHECK_STATUS(byn_barrier_reset(h->barrier), BYN_OK);
        CHECK_STATUS(byn_barrier_abort(h->barrier), BYN_OK);
        return;
    }
    count = what < 12 ? 1 : what < 15 ? 2 : PROCESSES;
    for (i = 0; i < count; i++) {
        peer_kill(h->p[(first + i) % PROCESSES]);
        h->dead[(first + i) % PROCESSES] = true;
        h->kills++;
    }
}

static void torture(herd *h)
{
    unsigned random = board_pid(), i;
    apr_uint32_t began = board_ms();

    while (board_ms() - began < 1000 * seconds() || h->kills == 0) {
        apr_uint32_t rounds;

        begin_an_age(h);
        rounds = get(h->b, ROUNDS) + next_random(&random) % 64;
        REQUIRE(board_await(h->b, ROUNDS, rounds + 1)); /* or everybody hangs */
        end_an_age(h, next_random(&random));
        await_its_end(h);
        REQUIRE_INT(get(h->b, AHEAD) + get(h->b, TWICE) + get(h->b, FAILURES), 0);
    }
    apr_atomic_set32(&h->b->word[STOP], 1);
    for (i = 0; i < PROCESSES; i++)
        if (!h->dead[i])
            CHECK_INT(peer_finish(h->p[i]), 0);
}

static void rounds_survive_random_kills(void)
{
    herd h;

    memset(&h, 0, sizeof h);
    h.name = fresh_name();
    h.b = board_begin(h.name, (int)seconds() + 90);
    REQUIRE_STATUS(byn_barrier_open(&h.barrier, h.name,
                                    &BYN_OPTIONS(byn_barrier_options, .parties = PROCESSES)),
                   BYN_CREATED);
    torture(&h);
    printf("     %u kills, %u ages, %u rounds; %u ahead, %u indices twice or missing\n", h.kills,
           h.ages, get(h.b, ROUNDS), get(h.b, AHEAD), get(h.b, TWICE));
    CHECK(h.kills > 0);
    byn_barrier_close(h.barrier);
    CHECK_INT(board_files(), 0);
    board_destroy(h.name);
}

static const test_case cases[] = {TEST(rounds_survive_random_kills), TEST_END};
static const peer_entry peers[] = {PEER(works), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.barrier_torture", cases, peers);
}
