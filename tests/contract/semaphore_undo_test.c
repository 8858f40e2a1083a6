/* byn_semaphore with undo: what a dead process held comes back, is told of once, and nothing twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/wait.h>

#include "remote.h"
#include "support.h"

static byn_semaphore *opened(const char *name, uint32_t initial, uint32_t maximum)
{
    byn_semaphore *semaphore = NULL;

    REQUIRE_STATUS(byn_semaphore_open(&semaphore, name,
                                      &BYN_OPTIONS(byn_semaphore_options, .initial = initial,
                                                   .maximum = maximum, .undo = true)),
                   BYN_CREATED);
    return semaphore;
}

static peer *other(peer_kind kind, const char *name)
{
    peer *p = remote_start(kind);

    CHECK_STATUS(remote_call(p, "undo 0 0 0 %s", name), BYN_OK);
    return p;
}

/* A process that has acquired so many. */
static peer *holder(const char *name, int count)
{
    peer *p = other(PEER_PROCESS, name);

    CHECK_STATUS(remote_call(p, "acquire %d 0", count), BYN_OK);
    return p;
}

static byn_semaphore_info look(byn_semaphore *semaphore)
{
    byn_semaphore_info info;

    memset(&info, 0x55, sizeof info);
    info.struct_size = sizeof info;
    CHECK_STATUS(byn_semaphore_holders(semaphore, &info), BYN_OK);
    CHECK(info.value + info.held <= info.maximum);
    return info;
}

static void check_permits(byn_semaphore *semaphore, uint32_t value, uint32_t held, uint32_t holders)
{
    byn_semaphore_info info = look(semaphore);
    uint32_t told = 0;

    CHECK_STATUS(byn_semaphore_value(semaphore, &told), BYN_OK);
    CHECK_INT(told, value);
    CHECK_INT(info.value, value);
    CHECK_INT(info.held, held);
    CHECK_INT(info.holders, holders);
}

static byn_status acquire(byn_semaphore *semaphore, uint32_t count)
{
    return byn_semaphore_acquire(semaphore, count, BYN_NOW);
}

static byn_status release(byn_semaphore *semaphore, uint32_t count)
{
    return byn_semaphore_release(semaphore, count, NULL);
}

/* ---- Opening */

static void an_opener_says_the_same_or_nothing(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 2, 5);
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "semaphore 0 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "acquire 2 0"), BYN_OK);
    check_permits(semaphore, 0, 2, 1);
    CHECK_STATUS(remote_call(p, "close semaphore"), BYN_OK);
    CHECK_STATUS(remote_call(p, "undo 0 0 5 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close semaphore"), BYN_OK);
    CHECK_STATUS(remote_call(p, "undo 0 0 6 %s", name), BYN_E_MISMATCH);
    CHECK_CONTAINS(remote_error(), "maximum is 5");
    remote_end(p);
    byn_semaphore_close(semaphore);
}

static void undo_of_a_plain_one_is_a_mismatch(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = NULL;
    peer *p = remote_start(PEER_PROCESS);

    REQUIRE_STATUS(byn_semaphore_open(&semaphore, name, NULL), BYN_CREATED);
    CHECK_STATUS(remote_call(p, "undo 0 0 0 %s", name), BYN_E_MISMATCH);
    CHECK_CONTAINS(remote_error(), "undo is 0 there and 1 here");
    remote_end(p);
    byn_semaphore_close(semaphore);
}

/* ---- As any semaphore */

static void permits_are_taken_all_at_once_or_not(void)
{
    byn_semaphore *semaphore = opened(fresh_name(), 3, 10);

    CHECK_STATUS(acquire(semaphore, 4), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 4, 5), BYN_E_TIMEDOUT);
    check_permits(semaphore, 3, 0, 0);
    CHECK_STATUS(acquire(semaphore, 2), BYN_OK);
    check_permits(semaphore, 1, 2, 1);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 1, BYN_FOREVER), BYN_OK);
    CHECK_STATUS(acquire(semaphore, 1), BYN_E_TIMEDOUT);
    check_permits(semaphore, 0, 3, 1);
    CHECK_STATUS(release(semaphore, 3), BYN_OK);
    check_permits(semaphore, 3, 0, 0);
    byn_semaphore_close(semaphore);
}

static void release_tells_what_there_was_and_keeps_to_the_maximum(void)
{
    byn_semaphore *semaphore = opened(fresh_name(), 1, 4);
    uint32_t previous = 77;

    CHECK_STATUS(byn_semaphore_release(semaphore, 4, &previous), BYN_E_LIMIT);
    CHECK_CONTAINS(byn_last_error(), "1 of at most 4");
    CHECK_INT(previous, 77);
    CHECK_STATUS(byn_semaphore_release(semaphore, 3, &previous), BYN_OK);
    CHECK_INT(previous, 1);
    CHECK_STATUS(release(semaphore, 1), BYN_E_LIMIT);
    CHECK_STATUS(acquire(semaphore, 4), BYN_OK);
    CHECK_STATUS(byn_semaphore_release(semaphore, 1, &previous), BYN_OK);
    CHECK_INT(previous, 0);
    CHECK_STATUS(byn_semaphore_release(semaphore, 4, &previous), BYN_E_LIMIT);
    check_permits(semaphore, 1, 3, 1);
    byn_semaphore_close(semaphore);
}

static void as_many_as_can_be(void)
{
    byn_semaphore *semaphore = opened(fresh_name(), 0, 0);

    CHECK_INT(look(semaphore).maximum, BYN_SEMAPHORE_MAXIMUM);
    CHECK_STATUS(release(semaphore, BYN_SEMAPHORE_MAXIMUM), BYN_OK);
    CHECK_STATUS(release(semaphore, 1), BYN_E_LIMIT);
    CHECK_STATUS(acquire(semaphore, BYN_SEMAPHORE_MAXIMUM), BYN_OK);
    check_permits(semaphore, 0, BYN_SEMAPHORE_MAXIMUM, 1);
    CHECK_STATUS(release(semaphore, BYN_SEMAPHORE_MAXIMUM), BYN_OK);
    check_permits(semaphore, BYN_SEMAPHORE_MAXIMUM, 0, 0);
    byn_semaphore_close(semaphore);
}

static void unusable_arguments_are_invalid(void)
{
    byn_semaphore *semaphore = opened(fresh_name(), 2, 4);
    byn_semaphore_info info = {.struct_size = 0};

    CHECK_STATUS(acquire(semaphore, 0), BYN_E_INVALID);
    CHECK_STATUS(acquire(semaphore, 5), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 1, -2), BYN_E_INVALID);
    CHECK_STATUS(release(semaphore, 0), BYN_E_INVALID);
    CHECK_STATUS(release(semaphore, 5), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_holders(semaphore, &info), BYN_E_INVALID);
    info.struct_size = sizeof info + 8;
    CHECK_STATUS(byn_semaphore_holders(semaphore, &info), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_holders(semaphore, NULL), BYN_E_INVALID);
    info.struct_size = sizeof info;
    CHECK_STATUS(byn_semaphore_holders(NULL, &info), BYN_E_INVALID);
    check_permits(semaphore, 2, 0, 0);
    byn_semaphore_close(semaphore);
}

static void holders_of_a_plain_one_are_not_known(void)
{
    byn_semaphore *semaphore = NULL;
    byn_semaphore_info info;

    REQUIRE_STATUS(
        byn_semaphore_open(&semaphore, NULL,
                           &BYN_OPTIONS(byn_semaphore_options, .initial = 3, .maximum = 7)),
        BYN_CREATED);
    CHECK_STATUS(acquire(semaphore, 1), BYN_OK);
    info = look(semaphore);
    CHECK(!info.undo);
    CHECK_INT(info.maximum, 7);
    CHECK_INT(info.value, 2);
    CHECK_INT(info.held + info.holders + info.abandoned, 0);
    byn_semaphore_close(semaphore);
}

static void holders_fills_as_much_as_the_caller_knows(void)
{
    byn_semaphore *semaphore = opened(fresh_name(), 3, 7);
    byn_semaphore_info info;

    memset(&info, 0x55, sizeof info);
    info.struct_size = offsetof(byn_semaphore_info, undo);
    CHECK_STATUS(byn_semaphore_holders(semaphore, &info), BYN_OK);
    CHECK_INT(info.maximum, 7);
    CHECK_INT(info.value, 3);
    CHECK_INT(info.held, 0x55555555);
    CHECK_INT(info.holders, 0x55555555);
    byn_semaphore_close(semaphore);
}

/* ---- Death */

static void what_a_killed_process_held_comes_back_and_is_told_once(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 3, 3);

    peer_kill(holder(name, 1));
    check_permits(semaphore, 2, 1, 1); /* nobody has missed them yet */
    CHECK_STATUS(acquire(semaphore, 2), BYN_OK);
    CHECK_STATUS(acquire(semaphore, 1), BYN_ABANDONED);
    check_permits(semaphore, 0, 3, 1);
    CHECK_STATUS(release(semaphore, 3), BYN_OK);
    CHECK_STATUS(acquire(semaphore, 3), BYN_OK);
    byn_semaphore_close(semaphore);
}

static void what_an_ended_process_held_comes_back(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 1, 1);
    peer *p = holder(name, 1);

    peer_tell(p, "leave");
    CHECK_INT(peer_finish(p), 0);
    CHECK_STATUS(acquire(semaphore, 1), BYN_ABANDONED);
    CHECK_STATUS(release(semaphore, 1), BYN_OK);
    CHECK_STATUS(acquire(semaphore, 1), BYN_OK);
    byn_semaphore_close(semaphore);
}

static void several_permits_are_told_of_one_by_one(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 5, 5);
    peer *p = other(PEER_PROCESS, name);

    peer_kill(holder(name, 3));
    CHECK_STATUS(remote_call(p, "acquire 2 0"), BYN_OK);
    CHECK_STATUS(remote_call(p, "acquire 1 0"), BYN_ABANDONED);
    CHECK_INT(look(semaphore).abandoned, 2);
    CHECK_STATUS(acquire(semaphore, 2), BYN_ABANDONED);
    CHECK_INT(look(semaphore).abandoned, 0);
    CHECK_STATUS(acquire(semaphore, 1), BYN_E_TIMEDOUT);
    CHECK_STATUS(release(semaphore, 2), BYN_OK);
    CHECK_STATUS(acquire(semaphore, 2), BYN_OK);
    remote_end(p);
    byn_semaphore_close(semaphore);
}

static void several_that_died_are_told_of_in_one(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 6, 6);
    peer *doomed[3];
    int i;

    for (i = 0; i < 3; i++)
        doomed[i] = holder(name, i + 1);
    check_permits(semaphore, 0, 6, 3);
    for (i = 0; i < 3; i++)
        peer_kill(doomed[i]);
    CHECK_STATUS(acquire(semaphore, 6), BYN_ABANDONED);
    check_permits(semaphore, 0, 6, 1);
    CHECK_STATUS(release(semaphore, 6), BYN_OK);
    CHECK_STATUS(acquire(semaphore, 6), BYN_OK);
    byn_semaphore_close(semaphore);
}

static void heir_that_dies_is_succeeded_too(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 1, 1);
    peer *heir = other(PEER_PROCESS, name);

    peer_kill(holder(name, 1));
    CHECK_STATUS(remote_call(heir, "acquire 1 0"), BYN_ABANDONED);
    peer_kill(heir);
    CHECK_STATUS(acquire(semaphore, 1), BYN_ABANDONED);
    byn_semaphore_close(semaphore);
}

static void what_was_released_does_not_come_back_again(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 2, 2);
    peer *p = holder(name, 2);

    CHECK_STATUS(remote_call(p, "release 1"), BYN_OK);
    peer_kill(p);
    CHECK_STATUS(acquire(semaphore, 2), BYN_ABANDONED);
    check_permits(semaphore, 0, 2, 1);
    byn_semaphore_close(semaphore);
}

/* The maximum leaves no room for new ones: they are the holder's. */
static void released_by_another_they_do_not_come_back_with_the_first(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 2, 2);
    peer *first = holder(name, 2), *second = other(PEER_PROCESS, name);

    CHECK_STATUS(remote_call(second, "release 1"), BYN_OK);
    check_permits(semaphore, 1, 1, 1);
    CHECK_STATUS(remote_call(second, "release 1"), BYN_OK);
    check_permits(semaphore, 2, 0, 0);
    peer_kill(first);
    CHECK_STATUS(acquire(semaphore, 2), BYN_OK);
    CHECK_STATUS(acquire(semaphore, 1), BYN_E_TIMEDOUT);
    check_permits(semaphore, 0, 2, 1);
    remote_end(second);
    byn_semaphore_close(semaphore);
}

/* What a releaser has comes first, then new ones as far as they fit, and then others'. */
static void a_release_takes_off_its_own_then_makes_new_then_takes_off_others(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 5, 8);
    peer *first = holder(name, 2), *second = holder(name, 2), *third = holder(name, 1);

    CHECK_STATUS(remote_call(third, "release 7"), BYN_OK); /* 1 own, 3 new, 3 of others */
    check_permits(semaphore, 7, 1, 1);
    CHECK_STATUS(remote_call(third, "release 2"), BYN_E_LIMIT);
    check_permits(semaphore, 7, 1, 1);
    peer_kill(first);
    peer_kill(second);
    CHECK_STATUS(acquire(semaphore, 8), BYN_ABANDONED);
    CHECK_STATUS(release(semaphore, 8), BYN_OK);
    CHECK_STATUS(acquire(semaphore, 8), BYN_OK);
    remote_end(third);
    byn_semaphore_close(semaphore);
}

static void a_release_makes_new_ones_where_there_is_room(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 1, 2);
    peer *p = holder(name, 1);

    CHECK_STATUS(release(semaphore, 1), BYN_OK);
    check_permits(semaphore, 1, 1, 1);
    peer_kill(p);
    CHECK_STATUS(acquire(semaphore, 2), BYN_ABANDONED);
    byn_semaphore_close(semaphore);
}

static void closing_brings_back_what_is_held(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 3, 3);
    peer *p = holder(name, 2);

    CHECK_STATUS(remote_call(p, "close semaphore"), BYN_OK);
    check_permits(semaphore, 3, 0, 0);
    CHECK_INT(look(semaphore).abandoned, 2);
    CHECK_STATUS(acquire(semaphore, 1), BYN_ABANDONED);
    CHECK_STATUS(remote_call(p, "undo 2 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "acquire 2 0"), BYN_ABANDONED);
    CHECK_STATUS(remote_call(p, "release 2"), BYN_OK);
    CHECK_STATUS(remote_call(p, "acquire 2 0"), BYN_OK);
    CHECK_STATUS(remote_call(p, "release 2"), BYN_OK);
    remote_end(p);
    byn_semaphore_close(semaphore);
}

static void closing_one_handle_of_two_brings_back_nothing(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 2, 2), *again = NULL;

    REQUIRE_STATUS(byn_semaphore_open(&again, name, NULL), BYN_OK);
    CHECK_STATUS(acquire(again, 2), BYN_OK);
    byn_semaphore_close(again);
    check_permits(semaphore, 0, 2, 1);
    byn_semaphore_close(semaphore);
}

static void the_end_of_a_thread_returns_nothing(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 2, 2);
    peer *thread = other(PEER_THREAD, name);

    CHECK_STATUS(remote_call(thread, "acquire 2 0"), BYN_OK);
    peer_tell(thread, "leave");
    CHECK_INT(peer_finish(thread), 0);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 1, 60), BYN_E_TIMEDOUT);
    check_permits(semaphore, 0, 2, 1);
    CHECK_STATUS(release(semaphore, 2), BYN_OK);
    CHECK_STATUS(acquire(semaphore, 1), BYN_OK);
    CHECK_STATUS(release(semaphore, 1), BYN_OK);
    byn_semaphore_close(semaphore);
    byn_semaphore_close(semaphore); /* for the thread, which did not */
}

/* ---- As a lock */

static void one_of_one_is_a_lock_that_anybody_may_release(void)
{
    const char *name = fresh_name();
    byn_semaphore *lock = opened(name, 1, 1);
    peer *thread = other(PEER_THREAD, name), *process = other(PEER_PROCESS, name);

    CHECK_STATUS(acquire(lock, 1), BYN_OK);
    CHECK_STATUS(remote_call(thread, "acquire 1 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(process, "acquire 1 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(thread, "release 1"), BYN_OK);
    CHECK_STATUS(remote_call(process, "acquire 1 0"), BYN_OK);
    CHECK_STATUS(acquire(lock, 1), BYN_E_TIMEDOUT);
    CHECK_STATUS(release(lock, 1), BYN_OK);
    CHECK_STATUS(remote_call(process, "release 1"), BYN_E_LIMIT);
    CHECK_STATUS(remote_call(thread, "acquire 1 0"), BYN_OK);
    CHECK_STATUS(remote_call(process, "release 1"), BYN_OK);
    remote_end(process);
    CHECK_STATUS(acquire(lock, 1), BYN_OK);
    remote_end(thread);
    byn_semaphore_close(lock);
}

/* ---- Waiting */

static void waits_through_a_death(peer_kind kind, const char *acquire_command)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 3, 3);
    peer *doomed = holder(name, 2), *waiter = other(kind, name);

    remote_begin(waiter, "%s", acquire_command);
    peer_kill(doomed);
    CHECK_STATUS(remote_answer(waiter), BYN_ABANDONED);
    CHECK_STATUS(acquire(semaphore, 1), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(waiter, "release 3"), BYN_OK);
    CHECK_STATUS(acquire(semaphore, 3), BYN_OK);
    CHECK_STATUS(release(semaphore, 3), BYN_OK);
    remote_end(waiter);
    byn_semaphore_close(semaphore);
}

static void waiters_get_on_after_the_holders_death(void)
{
    waits_through_a_death(PEER_PROCESS, "acquire 3 -1");
    waits_through_a_death(PEER_PROCESS, "acquire 3 90000");
    waits_through_a_death(PEER_THREAD, "acquire 3 -1");
}

static void a_waiter_gets_on_when_the_holder_closes(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 1, 1);
    peer *closer = holder(name, 1), *waiter = other(PEER_PROCESS, name);

    remote_begin(waiter, "acquire 1 -1");
    CHECK_STATUS(remote_call(closer, "close semaphore"), BYN_OK);
    CHECK_STATUS(remote_answer(waiter), BYN_ABANDONED);
    remote_end(waiter);
    remote_end(closer);
    byn_semaphore_close(semaphore);
}

/* More holders than one sleep watches. */
static void any_of_many_holders_may_die(void)
{
    enum { HOLDERS = 34 };
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, HOLDERS, HOLDERS);
    peer *holders[HOLDERS];
    int i;

    for (i = 0; i < HOLDERS; i++)
        holders[i] = holder(name, 1);
    check_permits(semaphore, 0, HOLDERS, HOLDERS);
    for (i = HOLDERS - 1; i >= 0; i -= 13) {
        peer *waiter = other(PEER_PROCESS, name);

        remote_begin(waiter, "acquire 1 -1");
        peer_kill(holders[i]);
        holders[i] = NULL;
        CHECK_STATUS(remote_answer(waiter), BYN_ABANDONED);
        CHECK_STATUS(remote_call(waiter, "release 1"), BYN_OK);
        remote_end(waiter);
        CHECK_STATUS(acquire(semaphore, 1), BYN_OK);
    }
    for (i = 0; i < HOLDERS; i++)
        if (holders[i] != NULL)
            peer_kill(holders[i]);
    byn_semaphore_close(semaphore);
}

/* A table of more than one page, whose entries are used again. */
static void more_holders_than_a_page_has_room_for(void)
{
    enum { HOLDERS = 70, AGAIN = 7 };
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, HOLDERS, HOLDERS);
    peer *holders[HOLDERS];
    int i, round;

    for (round = 0; round < 2; round++) {
        const int count = round == 0 ? HOLDERS : AGAIN;

        for (i = 0; i < count; i++)
            holders[i] = holder(name, HOLDERS / count);
        check_permits(semaphore, 0, HOLDERS, (uint32_t)count);
        CHECK_STATUS(acquire(semaphore, 1), BYN_E_TIMEDOUT);
        for (i = 0; i < count; i++) {
            if (i % 2 == 0)
                CHECK_STATUS(remote_call(holders[i], "release 1"), BYN_OK);
            peer_kill(holders[i]);
        }
        CHECK_STATUS(acquire(semaphore, HOLDERS), BYN_ABANDONED);
        check_permits(semaphore, 0, HOLDERS, 1);
        CHECK_STATUS(release(semaphore, HOLDERS), BYN_OK);
    }
    byn_semaphore_close(semaphore);
}

static void timeout_is_never_early(void)
{
    static const byn_timeout timeouts[] = {1, 2, 10, 33, 150};
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 2, 2);
    peer *p = holder(name, 1);
    size_t i;

    for (i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        int64_t began = platform_milliseconds();

        CHECK_STATUS(byn_semaphore_acquire(semaphore, 2, timeouts[i]), BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
    }
    check_permits(semaphore, 1, 1, 1);
    remote_end(p);
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

        CHECK_STATUS(release(semaphore, count), BYN_OK);
        given += count;
    }
    for (i = 0; i < WAITERS; i++)
        CHECK_STATUS(remote_answer(waiters[i]), BYN_OK);
    if (kind == PEER_PROCESS)
        check_permits(semaphore, 0, wanted, WAITERS);
    CHECK_STATUS(acquire(semaphore, 1), BYN_E_TIMEDOUT);
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
    check_permits(semaphore, 1, 0, 0);
    CHECK_STATUS(release(semaphore, 1), BYN_OK);
    CHECK_STATUS(remote_answer(survivor), BYN_OK);
    check_permits(semaphore, 0, 2, 1);
    remote_end(survivor);
    byn_semaphore_close(semaphore);
}

/* ---- Interrupted */

static bool count_and_stop(void *context)
{
    int *asked = context;

    return ++*asked >= 2;
}

static void an_interrupted_wait_has_taken_nothing(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 2, 2);
    peer *p = holder(name, 1);
    int asked = 0;

    byn_wait_interruptible(count_and_stop, &asked);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 2, BYN_FOREVER), BYN_E_CANCELED);
    CHECK_INT(asked, 2);
    byn_wait_interruptible(NULL, NULL);
    check_permits(semaphore, 1, 1, 1);
    remote_end(p);
    byn_semaphore_close(semaphore);
}

/* ---- Many at once */

enum { ROUNDS = 400, FREE_ROUNDS = 5000, RACERS = 4, PLACES = 3 };

/* argv: the semaphore, a value that counts who is inside. */
static int passes_many_times(peer_self *self, int argc, char **argv)
{
    byn_semaphore *semaphore = NULL;
    byn_value *inside = NULL;
    int64_t now;
    uint32_t i;

    REQUIRE_INT(argc, 2);
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, argv[0], NULL), BYN_OK);
    REQUIRE_STATUS(byn_value_open(&inside, argv[1], NULL), BYN_OK);
    peer_say(self, "ready");
    for (i = 0; i < ROUNDS; i++) {
        uint32_t count = i % PLACES + 1;

        CHECK_STATUS(byn_semaphore_acquire(semaphore, count, 90000), BYN_OK);
        CHECK_STATUS(byn_value_add(inside, count, &now), BYN_OK);
        CHECK(now <= PLACES);
        CHECK_STATUS(byn_value_add(inside, -(int64_t)count, &now), BYN_OK);
        CHECK_STATUS(byn_semaphore_release(semaphore, count, NULL), BYN_OK);
    }
    byn_value_close(inside);
    byn_semaphore_close(semaphore);
    return 0;
}

static void never_more_than_the_maximum_inside(peer_kind kind)
{
    const char *name = fresh_name(), *count_name = fresh_name();
    byn_semaphore *semaphore = opened(name, PLACES, PLACES);
    byn_value *inside = NULL;
    peer *racers[RACERS];
    int i;

    REQUIRE_STATUS(byn_value_open(&inside, count_name, NULL), BYN_CREATED);
    for (i = 0; i < RACERS; i++)
        racers[i] = peer_start(kind, "passes_many_times", name, count_name, NULL);
    for (i = 0; i < RACERS; i++) {
        peer_expect(racers[i], "ready");
        CHECK_INT(peer_finish(racers[i]), 0);
    }
    check_permits(semaphore, PLACES, 0, 0);
    CHECK_STATUS(acquire(semaphore, PLACES), BYN_OK);
    byn_value_close(inside);
    byn_semaphore_close(semaphore);
}

/* Enough for all: nobody ever sleeps, and all change the same words all the time. */
static int passes_freely(peer_self *self, int argc, char **argv)
{
    byn_semaphore *semaphore = NULL;
    int i;

    REQUIRE_INT(argc, 1);
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    for (i = 0; i < FREE_ROUNDS; i++) {
        CHECK_STATUS(byn_semaphore_acquire(semaphore, 3, BYN_NOW), BYN_OK);
        CHECK_STATUS(byn_semaphore_release(semaphore, 1, NULL), BYN_OK);
        CHECK_STATUS(byn_semaphore_release(semaphore, 2, NULL), BYN_OK);
    }
    byn_semaphore_close(semaphore);
    return 0;
}

static void no_permit_is_lost_or_made(peer_kind kind)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 3 * RACERS, 3 * RACERS);
    peer *racers[RACERS];
    int i;

    for (i = 0; i < RACERS; i++)
        racers[i] = peer_start(kind, "passes_freely", name, NULL);
    for (i = 0; i < RACERS; i++) {
        peer_expect(racers[i], "ready");
        CHECK_INT(peer_finish(racers[i]), 0);
    }
    check_permits(semaphore, 3 * RACERS, 0, 0);
    byn_semaphore_close(semaphore);
}

static void no_permit_is_lost_or_made_by_processes(void)
{
    no_permit_is_lost_or_made(PEER_PROCESS);
}

static void no_permit_is_lost_or_made_by_threads(void)
{
    no_permit_is_lost_or_made(PEER_THREAD);
}

static void never_more_processes_than_the_maximum_inside(void)
{
    never_more_than_the_maximum_inside(PEER_PROCESS);
}

static void never_more_threads_than_the_maximum_inside(void)
{
    never_more_than_the_maximum_inside(PEER_THREAD);
}

static const test_case cases[] = {
    TEST(an_opener_says_the_same_or_nothing),
    TEST(undo_of_a_plain_one_is_a_mismatch),
    TEST(permits_are_taken_all_at_once_or_not),
    TEST(release_tells_what_there_was_and_keeps_to_the_maximum),
    TEST(as_many_as_can_be),
    TEST(unusable_arguments_are_invalid),
    TEST(holders_of_a_plain_one_are_not_known),
    TEST(holders_fills_as_much_as_the_caller_knows),
    TEST(what_a_killed_process_held_comes_back_and_is_told_once),
    TEST(what_an_ended_process_held_comes_back),
    TEST(several_permits_are_told_of_one_by_one),
    TEST(several_that_died_are_told_of_in_one),
    TEST(heir_that_dies_is_succeeded_too),
    TEST(what_was_released_does_not_come_back_again),
    TEST(released_by_another_they_do_not_come_back_with_the_first),
    TEST(a_release_takes_off_its_own_then_makes_new_then_takes_off_others),
    TEST(a_release_makes_new_ones_where_there_is_room),
    TEST(closing_brings_back_what_is_held),
    TEST(closing_one_handle_of_two_brings_back_nothing),
    TEST(the_end_of_a_thread_returns_nothing),
    TEST(one_of_one_is_a_lock_that_anybody_may_release),
    TEST(waiters_get_on_after_the_holders_death),
    TEST(a_waiter_gets_on_when_the_holder_closes),
    TEST(any_of_many_holders_may_die),
    TEST(more_holders_than_a_page_has_room_for),
    TEST(timeout_is_never_early),
    TEST(all_waiting_processes_get_through),
    TEST(all_waiting_threads_get_through),
    TEST(killed_waiter_has_taken_nothing),
    TEST(an_interrupted_wait_has_taken_nothing),
    TEST(never_more_processes_than_the_maximum_inside),
    TEST(never_more_threads_than_the_maximum_inside),
    TEST(no_permit_is_lost_or_made_by_processes),
    TEST(no_permit_is_lost_or_made_by_threads),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(passes_many_times), PEER(passes_freely),
                                   PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "semaphore_undo", cases, peers);
}
