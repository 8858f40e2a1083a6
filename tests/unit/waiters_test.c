/* Who waits is written down: that the dead give up their room, and that a death in the midst of writing says nothing. */
#include "peer.h"

#include <string.h>

#include <byname/event.h>
#include <byname/mutex.h>

#include "circle.h"
#include "crash.h"
#include "kernel.h"
#include "object.h"
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

static int waits(peer_self *self, int argc, char **argv)
{
    byn_event *event = NULL;

    (void)self;
    (void)argc;
    REQUIRE_STATUS(byn_event_open(&event, argv[0], NULL), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, 30), BYN_E_TIMEDOUT);
    byn_event_close(event);
    return 0;
}

/* What it has claimed says nothing, and is to be had by one whose wait has lasted. */
static void death_at_each_marked_point_keeps_no_room(void)
{
    static const char *const points[] = {"waiting.claimed", "waiting.over"};
    const char *name = fresh_name();
    byn_event *event = NULL;
    byni_waiters *its;
    size_t i, k;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    its = byni_waiters_of(((const byni_object *)(const void *)event)->header);
    for (i = 0; i < sizeof points / sizeof points[0]; i++) {
        byni_waiter *mine[BYNI_WAITERS];
        unsigned claimed = 0, told = 0;
        byni_wait wait;

        CHECK(peer_crashed(peer_start_crashing(points[i], 1, "waits", name, NULL)));
        for (k = 0; k < BYNI_WAITERS; k++) {
            claimed += byni_load64(&its->entry[k].who) != 0;
            told += byni_waiter_read(&its->entry[k], &wait);
        }
        CHECK_INT(claimed, 1);
        CHECK_INT(told, 0);
        for (k = 0; k < BYNI_WAITERS; k++) {
            uint64_t began = long_ago();

            mine[k] = byni_waiting_begin(its, &began, 0);
            CHECK(mine[k] != NULL);
        }
        for (k = 0; k < BYNI_WAITERS; k++)
            byni_waiting_end(mine[k]);
    }
    byn_event_close(event);
}

/* Whatever stands in it: one entry is claimed and written, and nothing else. */
static void nonsense_in_the_table_harms_nobody(void)
{
    static struct {
        uint64_t before[8];
        byni_waiters table;
        uint64_t behind[8];
    } room, was;
    unsigned round, seed = 1;
    size_t i;

    REQUIRE_STATUS(bynk_begin(), BYN_OK);
    for (round = 0; round < 200; round++) {
        unsigned char *bytes = (unsigned char *)&room;
        uint64_t began = round % 2 == 0 ? 0 : long_ago();
        byni_waiter *entry;
        byni_wait wait;

        for (i = 0; i < sizeof room; i++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[i] = (unsigned char)(seed >> 24 & (round % 3 == 0 ? 1 : 255));
        }
        memcpy(&was, &room, sizeof was);
        for (i = 0; i < BYNI_WAITERS; i++)
            if (byni_waiter_read(&room.table.entry[i], &wait))
                (void)byni_wait_alive(&wait);
        entry = byni_waiting_begin(&room.table, &began, 0);
        byni_waiting_end(entry);
        CHECK(memcmp(room.before, was.before, sizeof room.before) == 0);
        CHECK(memcmp(room.behind, was.behind, sizeof room.behind) == 0);
        for (i = 0; i < BYNI_WAITERS; i++)
            if (&room.table.entry[i] != entry)
                CHECK(memcmp(&room.table.entry[i], &was.table.entry[i], sizeof *entry) == 0);
    }
}

/* ---- Who would say that it is in a circle looks twice */

static byni_wait holder; /* of the peer's thread */
static byni_waiter *made_up;

static int holds(peer_self *self, int argc, char **argv)
{
    byn_mutex *mutex = NULL;

    (void)argc;
    REQUIRE_STATUS(byn_mutex_open(&mutex, argv[0], NULL), BYN_OK);
    REQUIRE_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    byni_wait_own(&holder);
    peer_say(self, "holds");
    (void)peer_wait(self, "go");
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
    return 0;
}

static void end_made_up(void)
{
    byni_waiting_end(made_up);
}

static void begin_another(void)
{
    byni_store64(&made_up->since, 2);
}

static byn_status look_with(byn_mutex *wanted, void (*between)(void))
{
    byn_status status;

    byni_store64(&made_up->who, (uint64_t)holder.pid << 32 | holder.thread);
    byni_store64(&made_up->started, holder.started);
    byni_store64(&made_up->since, 1);
    byni_crash_between_looks = between;
    status = byni_circle_is_mine((const byni_object *)(const void *)wanted, bynk_clock());
    byni_crash_between_looks = NULL;
    return status;
}

static void circle_of_one_look_alone_is_none(void)
{
    const char *name = fresh_name();
    byn_mutex *own = NULL, *wanted = NULL;
    peer *p;

    REQUIRE_STATUS(byn_mutex_open(&wanted, name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_open(&own, fresh_name(), NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_lock(own, BYN_NOW), BYN_OK);
    p = peer_start(PEER_THREAD, "holds", name, NULL);
    peer_expect(p, "holds");
    made_up = &byni_waiters_of(((const byni_object *)(const void *)own)->header)->entry[0];
    CHECK_STATUS(look_with(wanted, NULL), BYN_E_DEADLOCK);
    CHECK_STATUS(look_with(wanted, begin_another), BYN_OK);
    CHECK_STATUS(look_with(wanted, end_made_up), BYN_OK);
    peer_tell(p, "go");
    CHECK_INT(peer_finish(p), 0);
    CHECK_STATUS(byn_mutex_unlock(own), BYN_OK);
    byn_mutex_close(own);
    byn_mutex_close(wanted);
}

static const test_case cases[] = {
    TEST(lasting_wait_takes_the_room_of_the_dead),
    TEST(claim_of_one_that_died_writing_says_nothing_and_gives_way),
    TEST(short_wait_asks_nobody_who_is_dead),
    TEST(living_keep_their_room),
    TEST(number_alone_is_not_who_it_was),
    TEST(death_at_each_marked_point_keeps_no_room),
    TEST(nonsense_in_the_table_harms_nobody),
    TEST(circle_of_one_look_alone_is_none),
    TEST_END,
};

static const peer_entry peers[] = {PEER(waits), PEER(holds), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "waiters", cases, peers);
}
