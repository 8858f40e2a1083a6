/* posix_napspot.c: sleepers that queue on a robust mutex leave it, and do not depend on who has it. */
#include "kernel.h"
#include "posix.h"
#include "test.h"

enum { SEEN = 7, LONG_MS = 60000, SHORT_MS = 80 };

static bynk_spot spot;

static void begin(void)
{
    REQUIRE_STATUS(bynk_begin(), BYN_OK);
    (void)bynk_me();
    bynk_spot_initialise(&spot, SEEN);
}

static byn_status sleep_for(uint32_t ms)
{
    bynk_rest rest = {.deadline = byni_deadline(ms)};
    byn_status status = BYN_OK;

    while (status == BYN_OK && bynk_spot_number(&spot) == SEEN)
        status = bynk_spot_sleep(NULL, &spot, SEEN, &rest);
    return status;
}

static void *changes(void *argument)
{
    (void)argument;
    bynk_spot_add(NULL, &spot, 1, UINT32_MAX);
    return NULL;
}

static void *takes_the_queue_along(void *argument)
{
    (void)argument;
    (void)pthread_mutex_lock(&spot.queue);
    return NULL; /* the thread ends, and the system hands the queue on */
}

static void run(void *(*function)(void *))
{
    pthread_t thread;

    REQUIRE(pthread_create(&thread, NULL, function, NULL) == 0);
    REQUIRE(pthread_join(thread, NULL) == 0);
}

static void sleeper_leaves_the_queue(void)
{
    uint64_t start;

    begin();
    start = bynk_clock();
    CHECK_STATUS(sleep_for(SHORT_MS), BYN_E_TIMEDOUT);
    CHECK(bynk_clock() - start >= (uint64_t)SHORT_MS * NS_PER_MS);
    CHECK_INT(bynp_this_thread.held, 0);
    REQUIRE_INT(pthread_mutex_trylock(&spot.queue), 0);
    CHECK_INT(pthread_mutex_unlock(&spot.queue), 0);
}

static void death_with_the_queue_means_nothing(void)
{
    begin();
    run(takes_the_queue_along);
    CHECK_STATUS(sleep_for(SHORT_MS), BYN_E_TIMEDOUT);
    CHECK_INT(bynp_this_thread.held, 0);
    REQUIRE_INT(pthread_mutex_trylock(&spot.queue), 0);
    CHECK_INT(pthread_mutex_unlock(&spot.queue), 0);
}

/* As one would be that is stopped. */
static void who_keeps_the_queue_delays_others_by_a_heartbeat_only(void)
{
    pthread_t thread;

    begin();
    REQUIRE_INT(pthread_mutex_trylock(&spot.queue), 0);
    CHECK_STATUS(sleep_for(SHORT_MS), BYN_E_TIMEDOUT);
    REQUIRE(pthread_create(&thread, NULL, changes, NULL) == 0);
    CHECK_STATUS(sleep_for(LONG_MS), BYN_OK);
    REQUIRE(pthread_join(thread, NULL) == 0);
    CHECK_INT(bynk_spot_number(&spot), SEEN + 1);
    CHECK_INT(pthread_mutex_unlock(&spot.queue), 0);
}

/* A sleep holds the queue in its call only: it must not count against what the caller may hold. */
static void sleeps_while_holding_as_many_as_are_allowed(void)
{
    begin();
    bynp_this_thread.held = BYNP_MOST_HELD;
    CHECK_STATUS(sleep_for(SHORT_MS), BYN_E_TIMEDOUT);
    CHECK_INT(bynp_this_thread.held, BYNP_MOST_HELD);
    bynp_this_thread.held = 0;
}

static const test_case cases[] = {
    TEST(sleeper_leaves_the_queue),
    TEST(death_with_the_queue_means_nothing),
    TEST(who_keeps_the_queue_delays_others_by_a_heartbeat_only),
    TEST(sleeps_while_holding_as_many_as_are_allowed),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "napspot", cases, NULL);
}
