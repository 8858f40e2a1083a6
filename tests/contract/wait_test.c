/* byn_wait_any() and byn_wait_all(): one of several, and all of them or none. */
#include <string.h>

#include "peer.h"
#include "process_child.h"
#include "remote.h"
#include "support.h"

/* What a case waits for. */
typedef struct things {
    byn_mutex *mutex;
    byn_event *event;
    byn_semaphore *semaphore;
    void *all[3];
} things;

static things opened(void)
{
    things t;

    REQUIRE_STATUS(byn_mutex_open(&t.mutex, fresh_name(), NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&t.event, fresh_name(), NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_semaphore_open(&t.semaphore, fresh_name(), NULL), BYN_CREATED);
    t.all[0] = t.mutex;
    t.all[1] = t.event;
    t.all[2] = t.semaphore;
    return t;
}

static void closed(const things *t)
{
    byn_mutex_close(t->mutex);
    byn_event_close(t->event);
    byn_semaphore_close(t->semaphore);
}

static peer *with_the_same(const things *t, peer_kind kind)
{
    peer *p = remote_start(kind);

    REQUIRE_STATUS(remote_call(p, "mutex 0 0 %s", byn_mutex_name(t->mutex)), BYN_OK);
    REQUIRE_STATUS(remote_call(p, "event 0 0 0 %s", byn_event_name(t->event)), BYN_OK);
    REQUIRE_STATUS(remote_call(p, "semaphore 0 0 0 %s", byn_semaphore_name(t->semaphore)), BYN_OK);
    return p;
}

static uint32_t permits(const things *t)
{
    uint32_t value = 0;

    CHECK_STATUS(byn_semaphore_value(t->semaphore, &value), BYN_OK);
    return value;
}

static bool is_held(const things *t)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_mutex_owner(t->mutex, &info), BYN_OK);
    return info.held;
}

/* ---- Any */

static void any_takes_the_first_that_is_there_and_no_other(void)
{
    things t = opened();
    size_t index = 99;

    CHECK_STATUS(byn_semaphore_release(t.semaphore, 2, NULL), BYN_OK);
    CHECK_STATUS(byn_event_set(t.event), BYN_OK);
    CHECK_STATUS(byn_wait_any(t.all + 1, 2, BYN_NOW, &index), BYN_OK);
    CHECK_INT(index, 0);
    CHECK(!byn_event_is_set(t.event));
    CHECK_INT(permits(&t), 2);
    CHECK_STATUS(byn_wait_any(t.all + 1, 2, BYN_FOREVER, &index), BYN_OK);
    CHECK_INT(index, 1);
    CHECK_INT(permits(&t), 1);
    CHECK_STATUS(byn_wait_any(t.all, 3, 1000, NULL), BYN_OK);
    CHECK(is_held(&t));
    CHECK_INT(permits(&t), 1);
    CHECK_STATUS(byn_mutex_unlock(t.mutex), BYN_OK);
    closed(&t);
}

static void any_times_out_never_early_and_has_taken_nothing(void)
{
    static const byn_timeout timeouts[] = {1, 10, 33, 150};
    things t = opened();
    peer *holder = with_the_same(&t, PEER_PROCESS);
    size_t index = 99, i;

    CHECK_STATUS(remote_call(holder, "lock 0"), BYN_OK);
    CHECK_STATUS(byn_wait_any(t.all, 3, BYN_NOW, &index), BYN_E_TIMEDOUT);
    for (i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        int64_t began = platform_milliseconds();

        CHECK_STATUS(byn_wait_any(t.all, 3, timeouts[i], &index), BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
    }
    CHECK_INT(index, 99);
    CHECK_INT(permits(&t), 0);
    CHECK_STATUS(remote_call(holder, "unlock"), BYN_OK);
    remote_end(holder);
    CHECK(!is_held(&t));
    closed(&t);
}

/* Each of the three ends the sleep of one that waits for all kinds. */
static void each_kind_ends_the_sleep(peer_kind kind)
{
    things t = opened();
    peer *waiter = with_the_same(&t, kind);

    REQUIRE_STATUS(byn_mutex_lock(t.mutex, BYN_NOW), BYN_OK);
    remote_begin(waiter, "any -1 mes");
    CHECK_STATUS(byn_event_set(t.event), BYN_OK);
    CHECK_STATUS(remote_answer(waiter), BYN_OK);
    CHECK_INT(remote_number(), 1);
    CHECK(!byn_event_is_set(t.event));
    remote_begin(waiter, "any -1 mes");
    CHECK_STATUS(byn_semaphore_release(t.semaphore, 1, NULL), BYN_OK);
    CHECK_STATUS(remote_answer(waiter), BYN_OK);
    CHECK_INT(remote_number(), 2);
    CHECK_INT(permits(&t), 0);
    remote_begin(waiter, "any 60000 mes");
    CHECK_STATUS(byn_mutex_unlock(t.mutex), BYN_OK);
    CHECK_STATUS(remote_answer(waiter), BYN_OK);
    CHECK_INT(remote_number(), 0);
    CHECK_STATUS(byn_mutex_lock(t.mutex, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(waiter, "unlock"), BYN_OK);
    remote_end(waiter);
    closed(&t);
}

static void each_kind_ends_the_sleep_of_a_process(void)
{
    each_kind_ends_the_sleep(PEER_PROCESS);
}

static void each_kind_ends_the_sleep_of_a_thread(void)
{
    each_kind_ends_the_sleep(PEER_THREAD);
}

static void any_tells_of_a_dead_owner(void)
{
    things t = opened();
    peer *owner = with_the_same(&t, PEER_PROCESS), *waiter = with_the_same(&t, PEER_PROCESS);
    size_t index = 99;

    CHECK_STATUS(remote_call(owner, "lock 0"), BYN_OK);
    remote_begin(waiter, "any -1 esm");
    peer_kill(owner);
    CHECK_STATUS(remote_answer(waiter), BYN_ABANDONED);
    CHECK_INT(remote_number(), 2);
    CHECK_STATUS(remote_call(waiter, "unlock"), BYN_OK);
    CHECK_STATUS(byn_wait_any(t.all, 3, BYN_NOW, &index), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(t.mutex), BYN_OK);
    remote_end(waiter);
    closed(&t);
}

static void process_is_had_when_it_has_ended(void)
{
    things t = opened();
    byn_process *process = start_child("lives", life_begin(), NULL);
    void *objects[] = {t.event, process};
    size_t index = 99;

    CHECK_STATUS(byn_wait_any(objects, 2, 30, &index), BYN_E_TIMEDOUT);
    life_end();
    CHECK_STATUS(byn_wait_any(objects, 2, BYN_FOREVER, &index), BYN_OK);
    CHECK_INT(index, 1);
    CHECK_STATUS(byn_wait_any(objects, 2, BYN_NOW, &index), BYN_OK);
    CHECK_INT(end_of(process).code, 0);
    CHECK_STATUS(byn_event_set(t.event), BYN_OK);
    CHECK_STATUS(byn_wait_all(objects, 2, BYN_NOW), BYN_OK);
    CHECK(!byn_event_is_set(t.event));
    byn_process_close(process);
    closed(&t);
}

static void sixty_four_are_one_wait(void)
{
    byn_event *events[BYN_WAIT_MAX + 1];
    void *objects[BYN_WAIT_MAX + 1];
    size_t i, index = 99;

    for (i = 0; i <= BYN_WAIT_MAX; i++) {
        REQUIRE_STATUS(byn_event_open(&events[i], NULL, NULL), BYN_CREATED);
        objects[i] = events[i];
    }
    CHECK_STATUS(byn_wait_any(objects, BYN_WAIT_MAX + 1, BYN_NOW, &index), BYN_E_LIMIT);
    CHECK_STATUS(byn_wait_any(objects, BYN_WAIT_MAX, 20, &index), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_event_set(events[BYN_WAIT_MAX - 1]), BYN_OK);
    CHECK_STATUS(byn_wait_any(objects, BYN_WAIT_MAX, BYN_FOREVER, &index), BYN_OK);
    CHECK_INT(index, BYN_WAIT_MAX - 1);
    for (i = 0; i < BYN_WAIT_MAX; i++)
        CHECK_STATUS(byn_event_set(events[i]), BYN_OK);
    CHECK_STATUS(byn_wait_all(objects, BYN_WAIT_MAX, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_wait_any(objects, BYN_WAIT_MAX, BYN_NOW, &index), BYN_E_TIMEDOUT);
    for (i = 0; i <= BYN_WAIT_MAX; i++)
        byn_event_close(events[i]);
}

/* Waiters for several and for one share a semaphore: whoever is woken and takes something else passes it on. */
static void no_wake_up_is_lost_between_waiters_for_one_and_for_several(void)
{
    enum { EACH = 4, ROUNDS = 40 };
    things t = opened();
    peer *several[EACH], *one[EACH];
    int i, round;

    test_deadline(200);
    REQUIRE_STATUS(byn_mutex_lock(t.mutex, BYN_NOW), BYN_OK);
    for (i = 0; i < EACH; i++) {
        several[i] = with_the_same(&t, i % 2 == 0 ? PEER_PROCESS : PEER_THREAD);
        one[i] = with_the_same(&t, i % 2 == 0 ? PEER_THREAD : PEER_PROCESS);
    }
    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < EACH; i++) {
            remote_begin(several[i], "any -1 es");
            remote_begin(one[i], "acquire 1 -1");
        }
        for (i = 0; i < EACH; i++) {
            CHECK_STATUS(byn_semaphore_release(t.semaphore, 1, NULL), BYN_OK);
            CHECK_STATUS(byn_event_set(t.event), BYN_OK);
            CHECK_STATUS(byn_semaphore_release(t.semaphore, 1, NULL), BYN_OK);
        }
        for (i = 0; i < EACH; i++) {
            CHECK_STATUS(remote_answer(several[i]), BYN_OK);
            CHECK_STATUS(remote_answer(one[i]), BYN_OK);
        }
        CHECK_STATUS(byn_event_reset(t.event), BYN_OK);
        while (permits(&t) > 0)
            CHECK_STATUS(byn_semaphore_acquire(t.semaphore, 1, BYN_NOW), BYN_OK);
    }
    for (i = 0; i < EACH; i++) {
        remote_end(several[i]);
        remote_end(one[i]);
    }
    CHECK_STATUS(byn_mutex_unlock(t.mutex), BYN_OK);
    closed(&t);
}

/* ---- All */

static void all_takes_all_or_none(void)
{
    things t = opened();
    peer *holder = with_the_same(&t, PEER_PROCESS);

    CHECK_STATUS(byn_semaphore_release(t.semaphore, 1, NULL), BYN_OK);
    CHECK_STATUS(byn_wait_all(t.all, 3, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_wait_all(t.all, 3, 30), BYN_E_TIMEDOUT);
    CHECK(!is_held(&t));
    CHECK_INT(permits(&t), 1);
    CHECK_STATUS(byn_event_set(t.event), BYN_OK);
    CHECK_STATUS(remote_call(holder, "lock 0"), BYN_OK);
    CHECK_STATUS(byn_wait_all(t.all, 3, 30), BYN_E_TIMEDOUT);
    CHECK(byn_event_is_set(t.event));
    CHECK_INT(permits(&t), 1);
    CHECK_STATUS(remote_call(holder, "unlock"), BYN_OK);
    CHECK_STATUS(byn_semaphore_acquire(t.semaphore, 1, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_wait_all(t.all, 3, 30), BYN_E_TIMEDOUT);
    CHECK(byn_event_is_set(t.event));
    CHECK(!is_held(&t));
    CHECK_STATUS(byn_semaphore_release(t.semaphore, 1, NULL), BYN_OK);
    CHECK_STATUS(byn_wait_all(t.all, 3, BYN_NOW), BYN_OK);
    CHECK(is_held(&t));
    CHECK(!byn_event_is_set(t.event));
    CHECK_INT(permits(&t), 0);
    CHECK_STATUS(byn_mutex_unlock(t.mutex), BYN_OK);
    remote_end(holder);
    closed(&t);
}

static void all_sleeps_until_the_last_is_there(peer_kind kind)
{
    static const char *const orders[] = {"mes", "esm", "sme", "ems"};
    things t = opened();
    peer *waiter = with_the_same(&t, kind);
    size_t i;

    for (i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        REQUIRE_STATUS(byn_mutex_lock(t.mutex, 10000), BYN_OK);
        remote_begin(waiter, "all -1 %s", orders[i]);
        if (i % 2 == 0)
            CHECK_STATUS(byn_mutex_unlock(t.mutex), BYN_OK);
        CHECK_STATUS(byn_event_set(t.event), BYN_OK);
        CHECK_STATUS(byn_semaphore_release(t.semaphore, 1, NULL), BYN_OK);
        if (i % 2 != 0)
            CHECK_STATUS(byn_mutex_unlock(t.mutex), BYN_OK);
        CHECK_STATUS(remote_answer(waiter), BYN_OK);
        CHECK(!byn_event_is_set(t.event));
        CHECK_INT(permits(&t), 0);
        CHECK_STATUS(remote_call(waiter, "unlock"), BYN_OK);
    }
    remote_end(waiter);
    closed(&t);
}

static void all_sleeps_until_the_last_is_there_in_a_process(void)
{
    all_sleeps_until_the_last_is_there(PEER_PROCESS);
}

static void all_sleeps_until_the_last_is_there_in_a_thread(void)
{
    all_sleeps_until_the_last_is_there(PEER_THREAD);
}

static void all_tells_of_a_dead_owner_once(void)
{
    things t = opened();
    peer *owner = with_the_same(&t, PEER_PROCESS);

    CHECK_STATUS(remote_call(owner, "lock 0"), BYN_OK);
    peer_kill(owner);
    CHECK_STATUS(byn_semaphore_release(t.semaphore, 1, NULL), BYN_OK);
    /* Taken, told, and put back since the event is missing: the news must not get lost. */
    CHECK_STATUS(byn_wait_all(t.all, 3, 20), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_event_set(t.event), BYN_OK);
    CHECK_STATUS(byn_wait_all(t.all, 3, BYN_NOW), BYN_ABANDONED);
    CHECK_STATUS(byn_mutex_unlock(t.mutex), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(t.mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(t.mutex), BYN_OK);
    closed(&t);
}

/* Also when it is the same thread that locks it next, which need not look who had it last. */
static void news_that_were_put_back_are_told_to_the_next_lock(void)
{
    things t = opened();
    peer *owner = with_the_same(&t, PEER_PROCESS);

    CHECK_STATUS(remote_call(owner, "lock 0"), BYN_OK);
    peer_kill(owner);
    CHECK_STATUS(byn_wait_all(t.all, 3, 20), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_mutex_lock(t.mutex, BYN_NOW), BYN_ABANDONED);
    CHECK_STATUS(byn_mutex_unlock(t.mutex), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(t.mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(t.mutex), BYN_OK);
    closed(&t);
}

/* ---- Both */

static void own_mutex_is_had_again_or_refused(void)
{
    byn_mutex *plain, *recursive;
    void *objects[2];
    size_t index = 99;

    REQUIRE_STATUS(byn_mutex_open(&plain, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(
        byn_mutex_open(&recursive, NULL, &BYN_OPTIONS(byn_mutex_options, .recursive = true)),
        BYN_CREATED);
    objects[0] = plain;
    objects[1] = recursive;
    CHECK_STATUS(byn_wait_all(objects, 2, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_wait_any(objects, 1, BYN_NOW, &index), BYN_E_DEADLOCK);
    CHECK_CONTAINS(byn_last_error(), byn_mutex_name(plain));
    CHECK_STATUS(byn_wait_all(objects, 1, BYN_FOREVER), BYN_E_DEADLOCK);
    CHECK_STATUS(byn_wait_any(objects + 1, 1, BYN_FOREVER, &index), BYN_OK);
    CHECK_STATUS(byn_wait_all(objects + 1, 1, BYN_FOREVER), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(plain), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(recursive), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(recursive), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(recursive), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(recursive), BYN_E_NOTOWNER);
    byn_mutex_close(plain);
    byn_mutex_close(recursive);
}

static void unusable_arguments_are_invalid(void)
{
    things t = opened();
    byn_value *value;
    void *objects[] = {t.event, t.semaphore, t.event};
    void *holed[] = {t.event, NULL};
    void *strange[] = {t.event, NULL};
    size_t index = 99;

    REQUIRE_STATUS(byn_value_open(&value, NULL, NULL), BYN_CREATED);
    strange[1] = value;
    CHECK_STATUS(byn_event_set(t.event), BYN_OK);
    CHECK_STATUS(byn_wait_any(NULL, 1, BYN_NOW, &index), BYN_E_INVALID);
    CHECK_STATUS(byn_wait_any(objects, 0, BYN_NOW, &index), BYN_E_INVALID);
    CHECK_STATUS(byn_wait_any(objects, 3, BYN_NOW, &index), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "objects 0 and 2 are the same");
    CHECK_STATUS(byn_wait_any(objects, 2, -2, &index), BYN_E_INVALID);
    CHECK_STATUS(byn_wait_any(holed, 2, BYN_NOW, &index), BYN_E_INVALID);
    CHECK_STATUS(byn_wait_any(strange, 2, BYN_NOW, &index), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "is a value, which cannot be waited for");
    CHECK_STATUS(byn_wait_all(NULL, 1, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_wait_all(objects, 0, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_wait_all(objects, 3, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_wait_all(objects, 2, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_wait_all(holed, 2, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_wait_all(strange, 2, BYN_NOW), BYN_E_INVALID);
    CHECK(byn_event_is_set(t.event));
    CHECK_INT(index, 99);
    byn_value_close(value);
    closed(&t);
}

static const test_case cases[] = {
    TEST(any_takes_the_first_that_is_there_and_no_other),
    TEST(any_times_out_never_early_and_has_taken_nothing),
    TEST(each_kind_ends_the_sleep_of_a_process),
    TEST(each_kind_ends_the_sleep_of_a_thread),
    TEST(any_tells_of_a_dead_owner),
    TEST(process_is_had_when_it_has_ended),
    TEST(sixty_four_are_one_wait),
    TEST(no_wake_up_is_lost_between_waiters_for_one_and_for_several),
    TEST(all_takes_all_or_none),
    TEST(all_sleeps_until_the_last_is_there_in_a_process),
    TEST(all_sleeps_until_the_last_is_there_in_a_thread),
    TEST(all_tells_of_a_dead_owner_once),
    TEST(news_that_were_put_back_are_told_to_the_next_lock),
    TEST(own_mutex_is_had_again_or_refused),
    TEST(unusable_arguments_are_invalid),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    int code;

    if (child_main(argc, argv, &code))
        return code;
    return test_main(argc, argv, "wait", cases, peers);
}
