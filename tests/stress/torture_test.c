/*
 * Processes work on one structure under a mutex and signal one another, and are killed at random. It
 * lasts 8 s, or BYNAME_STRESS_SECONDS.
 *
 * The structure is a set of numbers whose sum is always 0, changed in two steps. Whoever gets the mutex
 * without being told of a death must find the sum 0; who is told repairs it.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

enum { PROCESSES = 6, LATE = 20000, NUMBERS = 16, PERMITS = 3 };
enum { STOP, OPERATIONS, ABANDONED, TORN, INSIDE, TWO_OWNERS, FAILURES, FIRST_NUMBER = 16 };

static int sum_of(board *b)
{
    int sum = 0, i;

    for (i = 0; i < NUMBERS; i++)
        sum += (int)b->word[FIRST_NUMBER + i];
    return sum;
}

static void look_and_repair(board *b, byn_status status, apr_uint32_t me)
{
    if (status == BYN_ABANDONED) {
        apr_atomic_inc32(&b->word[ABANDONED]);
        b->word[FIRST_NUMBER] -= (apr_uint32_t)sum_of(b);
    } else if (sum_of(b) != 0) {
        apr_atomic_inc32(&b->word[TORN]);
        b->word[FIRST_NUMBER] -= (apr_uint32_t)sum_of(b);
    }
    b->word[INSIDE] = me;
}

static void change(board *b, unsigned *random)
{
    unsigned from, to;

    *random = *random * 1103515245u + 12345u;
    from = *random >> 16 & (NUMBERS - 1);
    to = *random >> 20 & (NUMBERS - 1);
    b->word[FIRST_NUMBER + from] -= 5;
    if ((*random >> 24 & 15) == 0)
        apr_thread_yield();
    b->word[FIRST_NUMBER + to] += 5;
}

/* A failed check would be lost: the case kills its peers. */
static bool expect(board *b, bool holds, const char *what, byn_status status)
{
    if (!holds) {
        fprintf(stderr, "%s answers %s: %s\n", what, byn_status_name(status), byn_last_error());
        apr_atomic_inc32(&b->word[FAILURES]);
    }
    return holds;
}

static void must(board *b, const char *what, byn_status status)
{
    (void)expect(b, status == BYN_OK, what, status);
}

static int works(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    unsigned random = board_pid();
    apr_uint32_t me = board_pid();
    byn_mutex *mutex = NULL;
    byn_semaphore *semaphore = NULL;
    byn_event *event = NULL;

    (void)argc;
    REQUIRE(byn_mutex_open(&mutex, argv[0], &BYN_OPTIONS(byn_mutex_options, .recursive = true)) >=
            0);
    REQUIRE(byn_event_open(&event, argv[1], NULL) >= 0);
    REQUIRE(byn_semaphore_open(&semaphore, argv[2], NULL) >= 0);
    peer_say(self, "ready");
    while (apr_atomic_read32(&b->word[STOP]) == 0) {
        byn_status status = byn_mutex_lock(mutex, LATE);

        if (!expect(b, status == BYN_OK || status == BYN_ABANDONED, "lock", status))
            return 1;
        look_and_repair(b, status, me);
        change(b, &random);
        if ((random >> 8 & 7) == 0) {
            must(b, "mutex_lock", byn_mutex_lock(mutex, BYN_NOW));
            must(b, "mutex_unlock", byn_mutex_unlock(mutex));
        }
        if (b->word[INSIDE] != me)
            apr_atomic_inc32(&b->word[TWO_OWNERS]);
        must(b, "mutex_unlock", byn_mutex_unlock(mutex));
        apr_atomic_inc32(&b->word[OPERATIONS]);

        /* Signals may meet nobody; a wait for one must end. */
        if ((random >> 12 & 3) == 0) {
            must(b, "event_set", byn_event_set(event));
            status = byn_event_wait(event, 1);
            expect(b, status == BYN_OK || status == BYN_E_TIMEDOUT, "wait", status);
        }
        if ((random >> 10 & 3) == 0 && byn_semaphore_acquire(semaphore, 1, BYN_NOW) == BYN_OK)
            must(b, "semaphore_release", byn_semaphore_release(semaphore, 1, NULL));
    }
    byn_semaphore_close(semaphore);
    byn_event_close(event);
    byn_mutex_close(mutex);
    return 0;
}

static unsigned seconds(void)
{
    const char *given = getenv("BYNAME_STRESS_SECONDS");
    int value = given != NULL ? atoi(given) : 0;

    return value > 0 ? (unsigned)value : 8;
}

typedef struct herd {
    const char *mutex, *event, *semaphore;
    board *b;
    peer *p[PROCESSES];
} herd;

static void start_one(herd *h, unsigned i)
{
    h->p[i] = peer_start(PEER_PROCESS, "works", h->mutex, h->event, h->semaphore, NULL);
    peer_expect(h->p[i], "ready");
}

/* At each moment somebody goes on, or everybody hangs. */
static void wait_for_progress(herd *h)
{
    apr_uint32_t before = apr_atomic_read32(&h->b->word[OPERATIONS]), began = board_ms();

    while (apr_atomic_read32(&h->b->word[OPERATIONS]) == before) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
}

static unsigned torture(herd *h)
{
    unsigned kills = 0, random = board_pid(), i;
    apr_uint32_t began = board_ms();

    for (i = 0; i < PROCESSES; i++)
        start_one(h, i);
    while (board_ms() - began < 1000 * seconds()) {
        unsigned victim;

        random = random * 1103515245u + 12345u;
        victim = (random >> 16) % PROCESSES;
        wait_for_progress(h);
        peer_kill(h->p[victim]);
        kills++;
        if ((random >> 24 & 31) == 0) { /* all at once: the objects end with them */
            for (i = 0; i < PROCESSES; i++)
                peer_kill(h->p[i]);
            kills += PROCESSES - 1;
            for (i = 0; i < NUMBERS; i++)
                h->b->word[FIRST_NUMBER + i] = 0;
            for (i = 0; i < PROCESSES; i++)
                start_one(h, i);
        } else {
            start_one(h, victim);
        }
        REQUIRE_INT(h->b->word[TORN], 0);
    }
    wait_for_progress(h);
    apr_atomic_set32(&h->b->word[STOP], 1);
    for (i = 0; i < PROCESSES; i++)
        CHECK_INT(peer_finish(h->p[i]), 0);
    return kills;
}

static void structure_survives_random_kills(void)
{
    herd h = {0};
    unsigned kills;

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    test_deadline((int)seconds() + 90);
    h.mutex = fresh_name();
    h.event = fresh_name();
    h.semaphore = fresh_name();
    h.b = board_create(h.mutex);
    kills = torture(&h);
    printf("     %u kills, %u operations, %u told of a death, %u torn, %u with two owners\n", kills,
           h.b->word[OPERATIONS], h.b->word[ABANDONED], h.b->word[TORN], h.b->word[TWO_OWNERS]);
    CHECK(kills > 0);
    CHECK_INT(h.b->word[TORN], 0);
    CHECK_INT(h.b->word[FAILURES], 0);
    CHECK_INT(h.b->word[TWO_OWNERS], 0);
    CHECK_INT(board_files(), 0);
    board_destroy(h.mutex);
}

static const test_case cases[] = {TEST(structure_survives_random_kills), TEST_END};
static const peer_entry peers[] = {PEER(works), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.torture", cases, peers);
}
