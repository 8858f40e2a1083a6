/* byn_semaphore: n at a time, never above the maximum, and no permit is lost or made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"
#include "support.h"

static byn_semaphore *opened(const char *name, uint32_t initial, uint32_t maximum)
{
    byn_semaphore *semaphore = NULL;

    REQUIRE_STATUS(byn_semaphore_open(
                       &semaphore, name,
                       &BYN_OPTIONS(byn_semaphore_options, .initial = initial, .maximum = maximum)),
                   BYN_CREATED);
    return semaphore;
}

static peer *other(peer_kind kind, const char *name)
{
    peer *p = remote_start(kind);

    CHECK_STATUS(remote_call(p, "semaphore 0 0 0 %s", name), BYN_OK);
    return p;
}

static long permits(byn_semaphore *semaphore)
{
    uint32_t value = 0;

    CHECK_STATUS(byn_semaphore_value(semaphore, &value), BYN_OK);
    return (long)value;
}

/* ---- Opening */

static void creators_options_hold(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 2, 5);
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STR(byn_semaphore_name(semaphore), name);
    CHECK_STATUS(remote_call(p, "semaphore 0 4 5 %s", name), BYN_OK);
    CHECK_INT(permits(semaphore), 2);
    CHECK_STATUS(remote_call(p, "close semaphore"), BYN_OK);
    CHECK_STATUS(remote_call(p, "semaphore 0 0 6 %s", name), BYN_E_MISMATCH);
    CHECK_CONTAINS(remote_error(), "maximum is 5");
    CHECK_STATUS(remote_call(p, "semaphore 1 0 0 %s", name), BYN_E_EXISTS);
    CHECK_STATUS(remote_call(p, "semaphore 2 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "permits"), BYN_OK);
    CHECK_INT(remote_number(), 2);
    remote_end(p);
    byn_semaphore_close(semaphore);
}

static void initial_is_at_most_the_maximum(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = NULL;

    CHECK_STATUS(
        byn_semaphore_open(&semaphore, name,
                           &BYN_OPTIONS(byn_semaphore_options, .initial = 3, .maximum = 2)),
        BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_open(
                     &semaphore, name,
                     &BYN_OPTIONS(byn_semaphore_options, .maximum = BYN_SEMAPHORE_MAXIMUM + 1)),
                 BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_open(
                     &semaphore, name,
                     &BYN_OPTIONS(byn_semaphore_options, .initial = BYN_SEMAPHORE_MAXIMUM + 1)),
                 BYN_E_INVALID);
    CHECK(semaphore == NULL);
    semaphore = opened(name, 2, 2);
    byn_semaphore_close(semaphore);
    semaphore = opened(name, BYN_SEMAPHORE_MAXIMUM, BYN_SEMAPHORE_MAXIMUM);
    byn_semaphore_close(semaphore);
}

static void nothing_said_is_empty_and_as_large_as_can_be(void)
{
    byn_semaphore *semaphore = opened(fresh_name(), 0, 0);
    uint32_t previous = 1;

    CHECK_INT(permits(semaphore), 0);
    CHECK_STATUS(byn_semaphore_release(semaphore, BYN_SEMAPHORE_MAXIMUM, &previous), BYN_OK);
    CHECK_INT(previous, 0);
    CHECK_INT(permits(semaphore), BYN_SEMAPHORE_MAXIMUM);
    CHECK_STATUS(byn_semaphore_release(semaphore, 1, &previous), BYN_E_LIMIT);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, BYN_SEMAPHORE_MAXIMUM, BYN_NOW), BYN_OK);
    CHECK_INT(permits(semaphore), 0);
    byn_semaphore_close(semaphore);
}

/* ---- Taking and giving */

static void permits_are_taken_all_at_once_or_not(void)
{
    byn_semaphore *semaphore = opened(fresh_name(), 3, 10);

    CHECK_STATUS(byn_semaphore_acquire(semaphore, 4, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_INT(permits(semaphore), 3);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 4, 5), BYN_E_TIMEDOUT);
    CHECK_INT(permits(semaphore), 3);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 2, BYN_NOW), BYN_OK);
    CHECK_INT(permits(semaphore), 1);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 1, BYN_FOREVER), BYN_OK);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 1, BYN_NOW), BYN_E_TIMEDOUT);
    byn_semaphore_close(semaphore);
}

static void release_tells_what_there_was(void)
{
    byn_semaphore *semaphore = opened(fresh_name(), 1, 10);
    uint32_t previous = 77;

    CHECK_STATUS(byn_semaphore_release(semaphore, 4, &previous), BYN_OK);
    CHECK_INT(previous, 1);
    CHECK_STATUS(byn_semaphore_release(semaphore, 2, NULL), BYN_OK);
    CHECK_STATUS(byn_semaphore_release(semaphore, 1, &previous), BYN_OK);
    CHECK_INT(previous, 7);
    byn_semaphore_close(semaphore);
}

static void release_above_the_maximum_gives_nothing(void)
{
    byn_semaphore *semaphore = opened(fresh_name(), 2, 4);
    uint32_t previous = 77;

    CHECK_STATUS(byn_semaphore_release(semaphore, 3, &previous), BYN_E_LIMIT);
    CHECK_INT(previous, 77);
    CHECK_INT(permits(semaphore), 2);
    CHECK_STATUS(byn_semaphore_release(semaphore, 2, &previous), BYN_OK);
    CHECK_STATUS(byn_semaphore_release(semaphore, 1, NULL), BYN_E_LIMIT);
    CHECK_INT(permits(semaphore), 4);
    byn_semaphore_close(semaphore);
}

static void unusable_arguments_are_invalid(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 2, 4);
    uint32_t value;

    CHECK_STATUS(byn_semaphore_acquire(semaphore, 0, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 5, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, UINT32_MAX, BYN_FOREVER), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 1, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_release(semaphore, 0, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_release(semaphore, 5, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_release(semaphore, UINT32_MAX, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_value(semaphore, NULL), BYN_E_INVALID);
    CHECK_INT(permits(semaphore), 2);
    byn_semaphore_close(semaphore);
    CHECK_STATUS(byn_semaphore_open(NULL, name, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_acquire(NULL, 1, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_release(NULL, 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_value(NULL, &value), BYN_E_INVALID);
    CHECK(byn_semaphore_name(NULL) == NULL);
    byn_semaphore_close(NULL);
}

static void anybody_may_release(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 1, 3);
    peer *process = other(PEER_PROCESS, name), *thread = other(PEER_THREAD, name);

    CHECK_STATUS(remote_call(process, "acquire 1 0"), BYN_OK);
    CHECK_STATUS(remote_call(thread, "acquire 1 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(thread, "release 2"), BYN_OK);
    CHECK_INT(remote_number(), 0);
    CHECK_STATUS(remote_call(process, "release 2"), BYN_E_LIMIT);
    CHECK_STATUS(remote_call(process, "permits"), BYN_OK);
    CHECK_INT(remote_number(), 2);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 2, BYN_NOW), BYN_OK);
    remote_end(process);
    remote_end(thread);
    byn_semaphore_close(semaphore);
}

static void dead_process_takes_its_permits_along(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 3, 3);
    peer *p = other(PEER_PROCESS, name);

    CHECK_STATUS(remote_call(p, "acquire 2 0"), BYN_OK);
    peer_kill(p);
    CHECK_INT(permits(semaphore), 1);
    CHECK_STATUS(byn_semaphore_release(semaphore, 2, NULL), BYN_OK);
    byn_semaphore_close(semaphore);
}

/* ---- Waiting */

static void timeout_is_never_early(void)
{
    static const byn_timeout timeouts[] = {1, 2, 10, 33, 150};
    byn_semaphore *semaphore = opened(fresh_name(), 1, 4);
    size_t i;

    for (i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        int64_t began = platform_milliseconds();

        CHECK_STATUS(byn_semaphore_acquire(semaphore, 2, timeouts[i]), BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
    }
    CHECK_INT(permits(semaphore), 1);
    byn_semaphore_close(semaphore);
}

enum { WAITERS = 8 };

/* A part of the waiters wants several; releases come in other portions, all get through in the end. */
static void all_get_through(peer_kind kind, uint32_t portion)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 0, 1000);
    peer *waiters[WAITERS];
    uint32_t wanted = 0, given = 0;
    int i;

    for (i = 0; i < WAITERS; i++) {
        uint32_t count = (uint32_t)(i % 3) + 1;

        waiters[i] = other(kind, name);
        remote_begin(waiters[i], "acquire %u %d", count, i % 2 == 0 ? -1 : 90000);
        wanted += count;
    }
    while (given < wanted) {
        uint32_t count = wanted - given < portion ? wanted - given : portion;

        CHECK_STATUS(byn_semaphore_release(semaphore, count, NULL), BYN_OK);
        given += count;
    }
    for (i = 0; i < WAITERS; i++)
        CHECK_STATUS(remote_answer(waiters[i]), BYN_OK);
    CHECK_INT(permits(semaphore), 0);
    for (i = 0; i < WAITERS; i++)
        remote_end(waiters[i]);
    byn_semaphore_close(semaphore);
}

static void all_waiting_processes_get_through(void)
{
    all_get_through(PEER_PROCESS, 1);
    all_get_through(PEER_PROCESS, 3);
    all_get_through(PEER_PROCESS, 1000);
}

static void all_waiting_threads_get_through(void)
{
    all_get_through(PEER_THREAD, 1);
    all_get_through(PEER_THREAD, 3);
    all_get_through(PEER_THREAD, 1000);
}

static void killed_waiter_has_taken_nothing(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 1, 10);
    peer *survivor = other(PEER_PROCESS, name), *doomed[3];
    int i;

    for (i = 0; i < 3; i++) {
        doomed[i] = other(PEER_PROCESS, name);
        remote_begin(doomed[i], "acquire %d -1", i + 2);
    }
    remote_begin(survivor, "acquire 2 -1");
    for (i = 0; i < 3; i++)
        peer_kill(doomed[i]);
    CHECK_INT(permits(semaphore), 1);
    CHECK_STATUS(byn_semaphore_release(semaphore, 1, NULL), BYN_OK);
    CHECK_STATUS(remote_answer(survivor), BYN_OK);
    CHECK_INT(permits(semaphore), 0);
    remote_end(survivor);
    byn_semaphore_close(semaphore);
}

static const test_case cases[] = {
    TEST(creators_options_hold),
    TEST(initial_is_at_most_the_maximum),
    TEST(nothing_said_is_empty_and_as_large_as_can_be),
    TEST(permits_are_taken_all_at_once_or_not),
    TEST(release_tells_what_there_was),
    TEST(release_above_the_maximum_gives_nothing),
    TEST(unusable_arguments_are_invalid),
    TEST(anybody_may_release),
    TEST(dead_process_takes_its_permits_along),
    TEST(timeout_is_never_early),
    TEST(all_waiting_processes_get_through),
    TEST(all_waiting_threads_get_through),
    TEST(killed_waiter_has_taken_nothing),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "semaphore", cases, peers);
}
