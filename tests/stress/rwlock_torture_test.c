/*
 * Processes read and write one structure under a reader-writer lock, with and without patience, and are
 * killed at random. It lasts 3 s, or BYNAME_STRESS_SECONDS.
 *
 * The structure is a set of numbers whose sum is always 0, changed in two steps. Whoever gets the lock
 * without being told of a death must find the sum 0, and a reader the same numbers as long as it reads.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

enum { PROCESSES = 8, LATE = 20000, NUMBERS = 16 };
enum {
    STOP,
    READS,
    WRITES,
    GIVEN_UP,
    READERS_TOLD,
    WRITERS_TOLD,
    TORN,
    CHANGED,
    FAILURES,
    WRITER,
    CHANGES,
    FIRST_NUMBER = 16
};

static int sum_of(board *b)
{
    int sum = 0, i;

    for (i = 0; i < NUMBERS; i++)
        sum += (int)b->word[FIRST_NUMBER + i];
    return sum;
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
    fprintf(stderr, "%s answers %s: %s\n", what, byn_status_name(status), byn_last_error());
    apr_atomic_inc32(&b->word[FAILURES]);
}

static void read_numbers(board *b, byn_status status, unsigned random)
{
    apr_uint32_t changes = apr_atomic_read32(&b->word[CHANGES]);

    if (status == BYN_ABANDONED)
        apr_atomic_inc32(&b->word[READERS_TOLD]);
    else if (sum_of(b) != 0)
        apr_atomic_inc32(&b->word[TORN]);
    if (random % 4 == 0)
        apr_thread_yield();
    if (apr_atomic_read32(&b->word[CHANGES]) != changes)
        apr_atomic_inc32(&b->word[CHANGED]);
    apr_atomic_inc32(&b->word[READS]);
}

static void write_numbers(board *b, byn_status status, unsigned random)
{
    apr_uint32_t me = board_pid();

    if (status == BYN_ABANDONED)
        apr_atomic_inc32(&b->word[WRITERS_TOLD]);
    else if (sum_of(b) != 0)
        apr_atomic_inc32(&b->word[TORN]);
    apr_atomic_set32(&b->word[WRITER], me);
    apr_atomic_inc32(&b->word[CHANGES]);
    b->word[FIRST_NUMBER] -= (apr_uint32_t)sum_of(b);
    b->word[FIRST_NUMBER + random % NUMBERS] -= 5;
    if (random / 16 % 4 == 0)
        apr_thread_yield();
    b->word[FIRST_NUMBER + random / 64 % NUMBERS] += 5;
    apr_atomic_inc32(&b->word[CHANGES]);
    if (apr_atomic_read32(&b->word[WRITER]) != me)
        apr_atomic_inc32(&b->word[CHANGED]);
    apr_atomic_inc32(&b->word[WRITES]);
}

static void once(board *b, byn_rwlock *rwlock, unsigned random)
{
    static const byn_timeout timeouts[] = {LATE, LATE, LATE, LATE, 3, 60, BYN_NOW, BYN_FOREVER};
    byn_timeout timeout = timeouts[random % 8];
    bool writes = random / 8 % 4 == 0;
    byn_status status =
        writes ? byn_rwlock_lock(rwlock, timeout) : byn_rwlock_lock_shared(rwlock, timeout);

    if (status == BYN_E_TIMEDOUT && timeout < LATE && timeout >= 0) {
        apr_atomic_inc32(&b->word[GIVEN_UP]);
        return;
    }
    must(b, status == BYN_OK || status == BYN_ABANDONED, "lock", status);
    if (status < 0)
        return;
    if (writes)
        write_numbers(b, status, random / 32);
    else
        read_numbers(b, status, random / 32);
    status = byn_rwlock_unlock(rwlock);
    must(b, status == BYN_OK, "unlock", status);
}

static int works(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    unsigned random = board_pid() ^ board_ms();
    byn_rwlock *rwlock = NULL;

    (void)argc;
    REQUIRE(byn_rwlock_open(&rwlock, argv[0], NULL) >= 0);
    peer_say(self, "ready");
    while (apr_atomic_read32(&b->word[STOP]) == 0)
        once(b, rwlock, next_random(&random));
    byn_rwlock_close(rwlock);
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
    peer *p[PROCESSES];
} herd;

static void start_one(herd *h, unsigned i)
{
    h->p[i] = peer_start(PEER_PROCESS, "works", h->name, NULL);
    peer_expect(h->p[i], "ready");
}

/* At each moment somebody goes on, and writers among them, or everybody hangs. */
static void wait_for_progress(herd *h)
{
    apr_uint32_t reads = apr_atomic_read32(&h->b->word[READS]), began = board_ms();
    apr_uint32_t writes = apr_atomic_read32(&h->b->word[WRITES]);

    while (apr_atomic_read32(&h->b->word[READS]) == reads ||
           apr_atomic_read32(&h->b->word[WRITES]) == writes) {
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
    while (board_ms() - began < 1000 * seconds() || kills == 0) {
        unsigned victim = next_random(&random) % PROCESSES, many = next_random(&random) % 4;

        wait_for_progress(h);
        for (i = 0; i <= many; i++) /* some at once */
            peer_kill(h->p[(victim + i) % PROCESSES]);
        kills += many + 1;
        for (i = 0; i <= many; i++)
            start_one(h, (victim + i) % PROCESSES);
        REQUIRE_INT(h->b->word[TORN] + h->b->word[CHANGED] + h->b->word[FAILURES], 0);
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

    h.name = fresh_name();
    h.b = board_begin(h.name, (int)seconds() + 90);
    kills = torture(&h);
    printf("     %u kills, %u reads, %u writes, %u given up; told of a death: %u readers, %u "
           "writers; %u torn, %u changed beside others\n",
           kills, h.b->word[READS], h.b->word[WRITES], h.b->word[GIVEN_UP], h.b->word[READERS_TOLD],
           h.b->word[WRITERS_TOLD], h.b->word[TORN], h.b->word[CHANGED]);
    CHECK(kills > 0);
    CHECK_INT(h.b->word[TORN], 0);
    CHECK_INT(h.b->word[CHANGED], 0);
    CHECK_INT(h.b->word[FAILURES], 0);
    CHECK_INT(board_files(), 0);
    board_destroy(h.name);
}

static const test_case cases[] = {TEST(structure_survives_random_kills), TEST_END};
static const peer_entry peers[] = {PEER(works), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.rwlock_torture", cases, peers);
}
