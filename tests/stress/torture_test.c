/*
 * Processes work on one structure under a mutex and signal one another, and are killed at random.
 *
 * The structure is a set of numbers whose sum is always 0, changed in two steps. Whoever gets the mutex
 * without being told of a death must find the sum 0; who is told repairs it.
 */
#include "herd.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_thread_proc.h>

enum { PROCESSES = 6, NUMBERS = 16, PERMITS = 3 };
enum { ABANDONED = HERD_WORDS, TORN, INSIDE, TWO_OWNERS, FIRST_NUMBER };

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
    unsigned from = herd_random(random, NUMBERS), to = herd_random(random, NUMBERS);

    b->word[FIRST_NUMBER + from] -= 5;
    if (herd_random(random, 16) == 0)
        apr_thread_yield();
    b->word[FIRST_NUMBER + to] += 5;
}

static bool work_under_mutex(board *b, byn_mutex *mutex, unsigned *random)
{
    byn_status status = byn_mutex_lock(mutex, HERD_LATE);
    apr_uint32_t me = board_pid();

    if (!herd_expect(b, status == BYN_OK || status == BYN_ABANDONED, "lock", status))
        return false;
    look_and_repair(b, status, me);
    change(b, random);
    if (herd_random(random, 8) == 0) {
        herd_must(b, "mutex_lock", byn_mutex_lock(mutex, BYN_NOW));
        herd_must(b, "mutex_unlock", byn_mutex_unlock(mutex));
    }
    if (b->word[INSIDE] != me)
        apr_atomic_inc32(&b->word[TWO_OWNERS]);
    herd_must(b, "mutex_unlock", byn_mutex_unlock(mutex));
    return true;
}

/* Signals may meet nobody; a wait for one must end. */
static void signal_and_wait(board *b, byn_event *event)
{
    byn_status status;

    herd_must(b, "event_set", byn_event_set(event));
    status = byn_event_wait(event, 1);
    (void)herd_expect(b, status == BYN_OK || status == BYN_E_TIMEDOUT, "wait", status);
}

static int works(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    unsigned random = board_pid(), index = (unsigned)atoi(argv[1]);
    char name[300];
    byn_mutex *mutex = NULL;
    byn_semaphore *semaphore = NULL;
    byn_event *event = NULL;

    (void)self;
    (void)argc;
    REQUIRE(byn_mutex_open(&mutex, argv[0], &BYN_OPTIONS(byn_mutex_options, .recursive = true)) >=
            0);
    (void)snprintf(name, sizeof name, "%s.event", argv[0]);
    REQUIRE(byn_event_open(&event, name, NULL) >= 0);
    (void)snprintf(name, sizeof name, "%s.semaphore", argv[0]);
    REQUIRE(byn_semaphore_open(&semaphore, name, NULL) >= 0);
    while (herd_goes_on(b, index)) {
        if (!work_under_mutex(b, mutex, &random))
            return 1;
        if (herd_random(&random, 4) == 0)
            signal_and_wait(b, event);
        if (herd_random(&random, 4) == 0 && byn_semaphore_acquire(semaphore, 1, BYN_NOW) == BYN_OK)
            herd_must(b, "semaphore_release", byn_semaphore_release(semaphore, 1, NULL));
    }
    byn_semaphore_close(semaphore);
    byn_event_close(event);
    byn_mutex_close(mutex);
    return 0;
}

static void reset(board *b)
{
    int i;

    for (i = 0; i < NUMBERS; i++)
        b->word[FIRST_NUMBER + i] = 0;
}

static void structure_survives_random_kills(void)
{
    herd h = {.name = fresh_name(), .peer = "works", .count = PROCESSES, .reset = reset};

    herd_run(&h);
    printf("     %u kills, %u told of a death, %u torn, %u with two owners\n", h.kills,
           h.b->word[ABANDONED], h.b->word[TORN], h.b->word[TWO_OWNERS]);
    CHECK_INT(h.b->word[TORN], 0);
    CHECK_INT(h.b->word[TWO_OWNERS], 0);
    board_destroy(h.name);
}

static const test_case cases[] = {TEST(structure_survives_random_kills), TEST_END};
static const peer_entry peers[] = {PEER(works), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.torture", cases, peers);
}
