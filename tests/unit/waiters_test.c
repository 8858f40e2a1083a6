/* Who waits is written down: that the dead give up their room, and that a death in the midst of writing says nothing. */
#include "test.h"

#include <string.h>

#include "kernel.h"
#include "waiters.h"

enum { NOBODYS = 0x7ffffff0 /* no system has so many processes */ };

static byni_waiters table;

static uint64_t long_ago(void)
{
    return bynk_clock() - UINT64_C(10000000000);
}

static void fill(uint64_t who, uint64_t started, uint64_t since)
{
    size_t i;

    REQUIRE_STATUS(bynk_begin(), BYN_OK);
    memset(&table, 0, sizeof table);
    for (i = 0; i < BYNI_WAITERS; i++) {
        byni_store64(&table.entry[i].who, who);
        byni_store64(&table.entry[i].started, started);
        byni_store64(&table.entry[i].since, since);
    }
}

static void lasting_wait_takes_the_room_of_the_dead(void)
{
    uint64_t began = long_ago();
    byni_waiter *entry;
    byni_wait wait, own;

    fill((uint64_t)NOBODYS << 32 | NOBODYS, 1, 1);
    entry = byni_waiting_begin(&table, &began, BYNI_WANTS_TO_READ);
    REQUIRE(entry != NULL);
    CHECK(byni_waiter_read(entry, &wait));
    byni_wait_own(&own);
    CHECK_INT(wait.pid, own.pid);
    CHECK_INT(wait.thread, own.thread);
    CHECK(wait.since == began);
    CHECK_INT(wait.wants, BYNI_WANTS_TO_READ);
    CHECK(byni_wait_alive(&wait));
    byni_waiting_end(entry);
    CHECK(!byni_waiter_read(entry, &wait));
    CHECK_INT(byni_load64(&table.unrecorded), 0);
}

static void claim_of_one_that_died_writing_says_nothing_and_gives_way(void)
{
    uint64_t began = long_ago();
    byni_waiter *entry;
    byni_wait wait;

    fill((uint64_t)NOBODYS << 32 | NOBODYS, 0, 0);
    CHECK(!byni_waiter_read(&table.entry[0], &wait));
    entry = byni_waiting_begin(&table, &began, 0);
    REQUIRE(entry != NULL);
    byni_waiting_end(entry);
}

static void short_wait_asks_nobody_who_is_dead(void)
{
    uint64_t began = 0;

    fill((uint64_t)NOBODYS << 32 | NOBODYS, 1, 1);
    CHECK(byni_waiting_begin(&table, &began, 0) == NULL);
    CHECK(began != 0);
    CHECK_INT(byni_load64(&table.unrecorded), 1);
    byni_waiting_end(NULL);
}

static void living_keep_their_room(void)
{
    uint64_t began = long_ago();
    byni_wait own;

    REQUIRE_STATUS(bynk_begin(), BYN_OK);
    byni_wait_own(&own);
    fill((uint64_t)own.pid << 32 | own.thread, own.started, 1);
    CHECK(byni_waiting_begin(&table, &began, 0) == NULL);
    CHECK_INT(byni_load64(&table.unrecorded), 1);
}

/* Another process has got the number since. */
static void number_alone_is_not_who_it_was(void)
{
    uint64_t began = long_ago();
    byni_waiter *entry;
    byni_wait own;

    REQUIRE_STATUS(bynk_begin(), BYN_OK);
    byni_wait_own(&own);
    fill((uint64_t)own.pid << 32 | own.thread, own.started + 1, 1);
    entry = byni_waiting_begin(&table, &began, 0);
    CHECK(entry != NULL);
    byni_waiting_end(entry);
}

static const test_case cases[] = {
    TEST(lasting_wait_takes_the_room_of_the_dead),
    TEST(claim_of_one_that_died_writing_says_nothing_and_gives_way),
    TEST(short_wait_asks_nobody_who_is_dead),
    TEST(living_keep_their_room),
    TEST(number_alone_is_not_who_it_was),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "waiters", cases, NULL);
}
