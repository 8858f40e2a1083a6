/*
 * Twenty philosophers at a round table, each a process, with a fork between any two: to eat one needs both
 * of its neighbours' forks, and takes them by byn_wait_all(). They are killed at random while they think,
 * wait and eat. Nobody starves, no fork is used by two.
 *
 * Half of the forks are mutexes, half semaphores with undo: both come back from a dead philosopher.
 */
#include "herd.h"

#include <stdio.h>
#include <stdlib.h>

enum { PHILOSOPHERS = 20 };
enum { MEALS = HERD_WORDS, ABANDONED, SHARED, FORK }; /* FORK: who uses each */

typedef struct fork_handle {
    byn_mutex *mutex;
    byn_semaphore *semaphore;
    void *handle;
} fork_handle;

static fork_handle open_fork(const char *table, unsigned number)
{
    fork_handle f = {NULL, NULL, NULL};
    char name[300];

    (void)snprintf(name, sizeof name, "%s.%u", table, number);
    if (number % 2 == 0) {
        REQUIRE(byn_mutex_open(&f.mutex, name, NULL) >= 0);
        f.handle = f.mutex;
    } else {
        REQUIRE(byn_semaphore_open(&f.semaphore, name,
                                   &BYN_OPTIONS(byn_semaphore_options, .initial = 1, .maximum = 1,
                                                .undo = true)) >= 0);
        f.handle = f.semaphore;
    }
    return f;
}

static void put_down(board *b, const fork_handle *f)
{
    if (f->mutex != NULL)
        herd_must(b, "unlock", byn_mutex_unlock(f->mutex));
    else
        herd_must(b, "release", byn_semaphore_release(f->semaphore, 1, NULL));
}

/* The forks are ours: so they stay until we put them down. */
static void eat(board *b, unsigned left, unsigned right, unsigned *random)
{
    apr_uint32_t me = board_pid();
    unsigned bites = herd_random(random, 200);

    apr_atomic_set32(&b->word[FORK + left], me);
    apr_atomic_set32(&b->word[FORK + right], me);
    while (bites-- > 0)
        if (apr_atomic_read32(&b->word[FORK + left]) != me ||
            apr_atomic_read32(&b->word[FORK + right]) != me)
            apr_atomic_inc32(&b->word[SHARED]);
    apr_atomic_inc32(&b->word[MEALS]);
}

static int dines(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    unsigned random = board_pid(), left = (unsigned)atoi(argv[1]);
    unsigned right = (left + 1) % PHILOSOPHERS;
    fork_handle forks[2];
    void *both[2];

    (void)self;
    (void)argc;
    forks[0] = open_fork(argv[0], left);
    forks[1] = open_fork(argv[0], right);
    both[0] = forks[0].handle;
    both[1] = forks[1].handle;
    while (herd_goes_on(b, left)) {
        byn_status status = byn_wait_all(both, 2, HERD_LATE);

        if (!herd_expect(b, status >= 0, "wait_all", status))
            return 1;
        if (status == BYN_ABANDONED)
            apr_atomic_inc32(&b->word[ABANDONED]);
        eat(b, left, right, &random);
        put_down(b, &forks[0]);
        put_down(b, &forks[1]);
    }
    byn_mutex_close(forks[0].mutex);
    byn_mutex_close(forks[1].mutex);
    byn_semaphore_close(forks[0].semaphore);
    byn_semaphore_close(forks[1].semaphore);
    return 0;
}

static void philosophers_neither_starve_nor_share(void)
{
    herd h = {.name = fresh_name(), .peer = "dines", .count = PHILOSOPHERS};

    herd_run(&h);
    printf("     %u kills, %u meals, %u of them with the fork of a dead one, %u shared\n", h.kills,
           h.b->word[MEALS], h.b->word[ABANDONED], h.b->word[SHARED]);
    CHECK(h.b->word[MEALS] > 0);
    CHECK_INT(h.b->word[SHARED], 0);
    board_destroy(h.name);
}

static const test_case cases[] = {TEST(philosophers_neither_starve_nor_share), TEST_END};
static const peer_entry peers[] = {PEER(dines), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.philosophers", cases, peers);
}
