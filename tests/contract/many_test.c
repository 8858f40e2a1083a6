/* Many waiters at one object, many objects in one process, and waiters that are suspended meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "remote.h"
#include "support.h"

enum { MOST_WAITERS = 200, MOST_NAMES = 10000 };

/* Wine starts a process in 20 ms and more; 40 are more than have a seat of their own. */
static int waiters(void)
{
    return test_on_windows() ? 40 : MOST_WAITERS;
}

static void start_waiters(peer **all, int count, const char *object)
{
    int i;

    for (i = 0; i < count; i++)
        all[i] = remote_start(PEER_PROCESS);
    for (i = 0; i < count; i++)
        REQUIRE_STATUS(remote_call(all[i], "%s", object), BYN_OK);
}

static void end_waiters(peer **all, int count)
{
    int i;

    for (i = 0; i < count; i++)
        remote_end(all[i]);
}

static void all_of_many_processes_get_through_a_manual_event(void)
{
    const char *name = fresh_name();
    char opening[400];
    peer *all[MOST_WAITERS];
    byn_event *event;
    int i, count = waiters();

    test_deadline(250);
    REQUIRE_STATUS(
        byn_event_open(&event, name, &BYN_OPTIONS(byn_event_options, .manual_reset = true)),
        BYN_CREATED);
    (void)snprintf(opening, sizeof opening, "event 0 1 0 %s", name);
    start_waiters(all, count, opening);
    for (i = 0; i < count; i++)
        remote_begin(all[i], "wait -1");
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    for (i = 0; i < count; i++)
        CHECK_STATUS(remote_answer(all[i]), BYN_OK);
    end_waiters(all, count);
    byn_event_close(event);
}

/* Every third of them is killed asleep; the others get one permit each, and none is left over. */
static void permits_reach_all_of_many_processes(void)
{
    const char *name = fresh_name();
    char opening[400];
    peer *all[MOST_WAITERS];
    byn_semaphore *semaphore;
    uint32_t value = 99;
    int i, count = waiters() / 2;

    test_deadline(250);
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, name, NULL), BYN_CREATED);
    (void)snprintf(opening, sizeof opening, "semaphore 0 0 0 %s", name);
    start_waiters(all, count, opening);
    for (i = 0; i < count; i++)
        remote_begin(all[i], "acquire 1 -1");
    for (i = 0; i < count; i += 3)
        peer_kill(all[i]);
    for (i = 0; i < count; i++)
        if (i % 3 != 0)
            CHECK_STATUS(byn_semaphore_release(semaphore, 1, NULL), BYN_OK);
    for (i = 0; i < count; i++)
        if (i % 3 != 0)
            CHECK_STATUS(remote_answer(all[i]), BYN_OK);
    CHECK_STATUS(byn_semaphore_value(semaphore, &value), BYN_OK);
    CHECK_INT(value, 0);
    for (i = 0; i < count; i++)
        if (i % 3 != 0)
            remote_end(all[i]);
    byn_semaphore_close(semaphore);
}

/* Each works as if it were alone, and closing one leaves the others. Wine looks through its names one by one: with so
 * many, all that runs beside this would take minutes. */
static void thousands_of_names_are_open_in_one_process(void)
{
    const int names = platform_is_wine() ? MOST_NAMES / 10 : MOST_NAMES;
    byn_semaphore **all = calloc(MOST_NAMES, sizeof(byn_semaphore *));
    uint32_t value = 0;
    int i;

    REQUIRE(all != NULL);
    test_deadline(250);
    if (!platform_allow_files((unsigned)names + 100))
        test_skip("this process may not have %d files open", names + 100);
    for (i = 0; i < names; i++)
        REQUIRE_STATUS(
            byn_semaphore_open(&all[i], NULL, &BYN_OPTIONS(byn_semaphore_options, .initial = 1)),
            BYN_CREATED);
    for (i = 0; i < names; i += 2)
        CHECK_STATUS(byn_semaphore_acquire(all[i], 1, BYN_NOW), BYN_OK);
    for (i = 0; i < names; i += 997) {
        byn_semaphore *again = NULL;

        CHECK_STATUS(byn_semaphore_open(&again, byn_semaphore_name(all[i]), NULL), BYN_OK);
        CHECK(again == all[i]);
        byn_semaphore_close(again);
    }
    for (i = 0; i < names; i++) {
        CHECK_STATUS(byn_semaphore_value(all[i], &value), BYN_OK);
        CHECK_INT(value, i % 2);
        byn_semaphore_close(all[i]);
    }
    free(all);
}

/* ---- Suspended and resumed */

static peer *stopped(peer *p)
{
    if (!peer_stop(p))
        test_skip("a process cannot be stopped here");
    return p;
}

static void suspended_waiter_is_in_nobodys_way(void)
{
    const char *name = fresh_name();
    char opening[400];
    byn_semaphore *semaphore;
    peer *all[4];
    int i;

    REQUIRE_STATUS(byn_semaphore_open(&semaphore, name, NULL), BYN_CREATED);
    (void)snprintf(opening, sizeof opening, "semaphore 0 0 0 %s", name);
    start_waiters(all, 4, opening);
    for (i = 0; i < 4; i++)
        remote_begin(all[i], "acquire 1 -1");
    (void)stopped(all[0]);
    CHECK_STATUS(byn_semaphore_release(semaphore, 3, NULL), BYN_OK);
    for (i = 1; i < 4; i++)
        CHECK_STATUS(remote_answer(all[i]), BYN_OK);
    CHECK_STATUS(byn_semaphore_release(semaphore, 1, NULL), BYN_OK);
    CHECK(peer_continue(all[0]));
    CHECK_STATUS(remote_answer(all[0]), BYN_OK);
    end_waiters(all, 4);
    byn_semaphore_close(semaphore);
}

/* It is alive: nobody takes over from it, and all goes on when it does. */
static void suspended_owner_is_not_dead(void)
{
    const char *name = fresh_name();
    peer *owner = remote_start(PEER_PROCESS);
    byn_mutex *mutex;

    REQUIRE_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_CREATED);
    CHECK_STATUS(remote_call(owner, "mutex 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(owner, "lock 0"), BYN_OK);
    (void)stopped(owner);
    CHECK_STATUS(byn_mutex_lock(mutex, 300), BYN_E_TIMEDOUT);
    CHECK(peer_continue(owner));
    CHECK_STATUS(remote_call(owner, "unlock"), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, 60000), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    remote_end(owner);
    byn_mutex_close(mutex);
}

/* A timeout that passes while the process is suspended has passed when it goes on. */
static void suspended_wait_times_out_when_it_goes_on(void)
{
    const char *name = fresh_name();
    peer *waiter = remote_start(PEER_PROCESS);
    byn_event *event;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    CHECK_STATUS(remote_call(waiter, "event 0 0 0 %s", name), BYN_OK);
    remote_begin(waiter, "wait 100");
    (void)stopped(waiter);
    CHECK_STATUS(byn_event_wait(event, 250), BYN_E_TIMEDOUT);
    CHECK(peer_continue(waiter));
    CHECK_STATUS(remote_answer(waiter), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK_STATUS(remote_call(waiter, "wait 0"), BYN_OK);
    remote_end(waiter);
    byn_event_close(event);
}

static const test_case cases[] = {
    TEST(all_of_many_processes_get_through_a_manual_event),
    TEST(permits_reach_all_of_many_processes),
    TEST(thousands_of_names_are_open_in_one_process),
    TEST(suspended_waiter_is_in_nobodys_way),
    TEST(suspended_owner_is_not_dead),
    TEST(suspended_wait_times_out_when_it_goes_on),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "many", cases, peers);
}
