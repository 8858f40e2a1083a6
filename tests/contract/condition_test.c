/* byn_condition: who waits lets the mutex go and holds it again, and no wake-up is lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_time.h>

#include "remote.h"
#include "support.h"

enum { LATE = 90000, AWHILE = 1000, WAITERS = 8 };

static byn_condition *opened(const char *name)
{
    byn_condition *condition = NULL;

    REQUIRE_STATUS(byn_condition_open(&condition, name, NULL), BYN_CREATED);
    return condition;
}

static byn_mutex *opened_mutex(const char *name, bool recursive)
{
    byn_mutex *mutex = NULL;

    REQUIRE_STATUS(
        byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .recursive = recursive)),
        BYN_CREATED);
    return mutex;
}

/* What most cases need. */
typedef struct scene {
    const char *name, *mutex_name;
    byn_condition *condition;
    byn_mutex *mutex;
} scene;

static scene begin(bool recursive)
{
    scene s = {fresh_name(), fresh_name(), NULL, NULL};

    s.condition = opened(s.name);
    s.mutex = opened_mutex(s.mutex_name, recursive);
    return s;
}

static void end(scene *s)
{
    byn_mutex_close(s->mutex);
    byn_condition_close(s->condition);
}

static peer *other(const scene *s, peer_kind kind)
{
    peer *p = remote_start(kind);

    CHECK_STATUS(remote_call(p, "mutex 0 0 %s", s->mutex_name), BYN_OK);
    CHECK_STATUS(remote_call(p, "condition 0 %s", s->name), BYN_OK);
    return p;
}

static byn_mutex_info look(const scene *s)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_mutex_owner(s->mutex, &info), BYN_OK);
    return info;
}

static void check_held(const scene *s, uint32_t depth)
{
    byn_mutex_info info = look(s);

    CHECK(info.held);
    CHECK_INT(info.depth, depth);
    CHECK_INT(info.owner.pid, platform_pid());
}

/* Makes it wait, with the mutex, and returns when it has let it go: then nothing more is missed. */
static void let_it_wait(const scene *s, peer *p, const char *wait)
{
    CHECK_STATUS(remote_call(p, "lock %d", LATE), BYN_OK);
    remote_begin(p, wait);
    REQUIRE_STATUS(byn_mutex_lock(s->mutex, LATE), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(s->mutex), BYN_OK);
}

/* ---- Arguments */

static void unusable_arguments_are_invalid(void)
{
    scene s = begin(false);

    CHECK_STATUS(byn_condition_open(NULL, s.name, NULL), BYN_E_INVALID);
    REQUIRE_STATUS(byn_mutex_lock(s.mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_condition_wait(NULL, s.mutex, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_condition_wait(s.condition, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_condition_wait(s.condition, s.mutex, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_condition_wait_for(s.condition, s.mutex, NULL, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_condition_notify(NULL, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_condition_notify(s.condition, 0), BYN_E_INVALID);
    CHECK_STATUS(byn_condition_notify_all(NULL), BYN_E_INVALID);
    CHECK(byn_condition_name(NULL) == NULL);
    CHECK_STR(byn_condition_name(s.condition), s.name);
    check_held(&s, 1);
    byn_condition_close(NULL);
    end(&s);
}

static void others_open_it_by_its_name(void)
{
    scene s = begin(false);
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "condition 1 %s", s.name), BYN_E_EXISTS);
    CHECK_STATUS(remote_call(p, "condition 2 %s", s.name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close condition"), BYN_OK);
    CHECK_STATUS(remote_call(p, "condition 0 %s", s.mutex_name), BYN_E_MISMATCH);
    CHECK_CONTAINS(remote_error(), "mutex");
    remote_end(p);
    end(&s);
}

static bool never(void *context)
{
    ++*(int *)context;
    return false;
}

static void wait_needs_the_mutex(void)
{
    scene s = begin(false);
    peer *thread = other(&s, PEER_THREAD);
    int asked = 0;

    CHECK_STATUS(byn_condition_wait(s.condition, s.mutex, BYN_FOREVER), BYN_E_NOTOWNER);
    CHECK_CONTAINS(byn_last_error(), s.mutex_name);
    CHECK_STATUS(remote_call(thread, "lock 0"), BYN_OK);
    CHECK_STATUS(byn_condition_wait(s.condition, s.mutex, BYN_FOREVER), BYN_E_NOTOWNER);
    CHECK_STATUS(byn_condition_wait_for(s.condition, s.mutex, never, &asked, 0), BYN_E_NOTOWNER);
    CHECK_INT(asked, 0);
    check_held(&s, 1);
    CHECK_STATUS(remote_call(thread, "unlock"), BYN_OK);
    remote_end(thread);
    end(&s);
}

static void condition_belongs_to_its_first_mutex(void)
{
    scene s = begin(false);
    peer *p = remote_start(PEER_PROCESS);
    const char *another = fresh_name();

    REQUIRE_STATUS(byn_mutex_lock(s.mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_condition_wait(s.condition, s.mutex, 1), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(p, "condition 0 %s", s.name), BYN_OK);
    CHECK_STATUS(remote_call(p, "mutex 0 0 %s", another), BYN_CREATED);
    CHECK_STATUS(remote_call(p, "lock 0"), BYN_OK);
    CHECK_STATUS(remote_call(p, "cwait -1"), BYN_E_MISMATCH);
    CHECK_CONTAINS(remote_error(), another);
    CHECK_CONTAINS(remote_error(), s.mutex_name);
    CHECK_CONTAINS(remote_error(), s.name);
    CHECK_STATUS(remote_call(p, "unlock"), BYN_OK);
    remote_end(p);
    end(&s);
}

/* ---- The mutex */

static void now_lets_go_and_takes_back(void)
{
    scene s = begin(false);

    REQUIRE_STATUS(byn_mutex_lock(s.mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_condition_wait(s.condition, s.mutex, BYN_NOW), BYN_E_TIMEDOUT);
    check_held(&s, 1);
    CHECK_STATUS(byn_mutex_unlock(s.mutex), BYN_OK);
    end(&s);
}

static void timeout_is_never_early(void)
{
    static const byn_timeout timeouts[] = {1, 2, 10, 33, 150};
    scene s = begin(false);
    size_t i;

    REQUIRE_STATUS(byn_mutex_lock(s.mutex, BYN_NOW), BYN_OK);
    for (i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        int64_t began = platform_milliseconds();
        int asked = 0;

        CHECK_STATUS(byn_condition_wait(s.condition, s.mutex, timeouts[i]), BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
        check_held(&s, 1);
        began = platform_milliseconds();
        CHECK_STATUS(byn_condition_wait_for(s.condition, s.mutex, never, &asked, timeouts[i]),
                     BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
        CHECK(asked >= 2);
        check_held(&s, 1);
    }
    CHECK_STATUS(byn_mutex_unlock(s.mutex), BYN_OK);
    end(&s);
}

/* Locks when it can, notifies, and unlocks. */
static int comes_and_notifies(peer_self *self, int argc, char **argv)
{
    byn_condition *condition = NULL;
    byn_mutex *mutex = NULL;

    (void)argc;
    REQUIRE_STATUS(byn_mutex_open(&mutex, argv[1], NULL), BYN_OK);
    REQUIRE_STATUS(byn_condition_open(&condition, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    REQUIRE_STATUS(byn_mutex_lock(mutex, LATE), BYN_OK);
    CHECK_STATUS(byn_condition_notify(condition, 1), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_condition_close(condition);
    byn_mutex_close(mutex);
    return 0;
}

/* Whoever notifies can only lock it while it is let go. */
static void notified_waiter_holds_as_deep_as_before(peer_kind kind)
{
    scene s = begin(true);
    uint32_t depth, i;

    for (depth = 1; depth <= 3; depth++) {
        peer *p;

        for (i = 0; i < depth; i++)
            REQUIRE_STATUS(byn_mutex_lock(s.mutex, BYN_NOW), BYN_OK);
        p = peer_start(kind, "comes_and_notifies", s.name, s.mutex_name, NULL);
        peer_expect(p, "ready");
        CHECK_STATUS(byn_condition_wait(s.condition, s.mutex, LATE), BYN_OK);
        check_held(&s, depth);
        for (i = 0; i < depth; i++)
            CHECK_STATUS(byn_mutex_unlock(s.mutex), BYN_OK);
        CHECK(!look(&s).held);
        CHECK_INT(peer_finish(p), 0);
    }
    end(&s);
}

static void recursive_mutex_is_let_go_and_taken_back_whole(void)
{
    notified_waiter_holds_as_deep_as_before(PEER_PROCESS);
    notified_waiter_holds_as_deep_as_before(PEER_THREAD);
}

/* ---- Notifying */

static void notification_to_nobody_is_not_kept(void)
{
    scene s = begin(false);

    CHECK_STATUS(byn_condition_notify(s.condition, 1), BYN_OK);
    CHECK_STATUS(byn_condition_notify(s.condition, UINT32_MAX), BYN_OK);
    CHECK_STATUS(byn_condition_notify_all(s.condition), BYN_OK);
    REQUIRE_STATUS(byn_mutex_lock(s.mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_condition_wait(s.condition, s.mutex, 10), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_mutex_unlock(s.mutex), BYN_OK);
    end(&s);
}

static void all_return(peer_kind kind, const char *notification)
{
    scene s = begin(false);
    peer *waiters[WAITERS], *notifier = other(&s, kind);
    int i;

    for (i = 0; i < WAITERS; i++) {
        waiters[i] = other(&s, kind);
        let_it_wait(&s, waiters[i], i % 2 == 0 ? "cpass -1" : "cpass 90000");
    }
    CHECK_STATUS(remote_call(notifier, notification), BYN_OK);
    for (i = 0; i < WAITERS; i++)
        CHECK_STATUS(remote_answer(waiters[i]), BYN_OK);
    for (i = 0; i < WAITERS; i++)
        remote_end(waiters[i]);
    remote_end(notifier);
    end(&s);
}

static void notify_all_wakes_all(void)
{
    all_return(PEER_PROCESS, "notify_all");
    all_return(PEER_THREAD, "notify_all");
    all_return(PEER_PROCESS, "notify 8");
    all_return(PEER_THREAD, "notify 4294967295");
}

/* Each waits until there is something to take, and takes one. */

typedef struct store {
    byn_value *items;
    peer_self *self; /* not NULL: say when it is asked first */
} store;

static bool something_is_there(void *context)
{
    store *s = context;
    int64_t number = 0;

    if (s->self != NULL)
        peer_say(s->self, "asks");
    s->self = NULL;
    REQUIRE_STATUS(byn_value_get(s->items, &number), BYN_OK);
    return number > 0;
}

static int takes(peer_self *self, int argc, char **argv)
{
    store s = {NULL, argc > 4 ? self : NULL};
    byn_condition *condition = NULL;
    byn_mutex *mutex = NULL;
    int left = atoi(argv[3]);

    REQUIRE_STATUS(byn_condition_open(&condition, argv[0], NULL), BYN_OK);
    REQUIRE_STATUS(byn_mutex_open(&mutex, argv[1], NULL), BYN_OK);
    REQUIRE_STATUS(byn_value_open(&s.items, argv[2], NULL), BYN_OK);
    peer_say(self, "ready");
    for (; left > 0; left--) {
        REQUIRE_STATUS(byn_mutex_lock(mutex, LATE), BYN_OK);
        CHECK_STATUS(
            byn_condition_wait_for(condition, mutex, something_is_there, &s, left % 2 ? -1 : LATE),
            BYN_OK);
        REQUIRE_STATUS(byn_value_add(s.items, -1, NULL), BYN_OK);
        REQUIRE_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    }
    byn_value_close(s.items);
    byn_mutex_close(mutex);
    byn_condition_close(condition);
    return 0;
}

static void each_item_meets_a_waiter(peer_kind kind)
{
    enum { EACH = 200 };
    const char *items_name = fresh_name();
    scene s = begin(false);
    peer *takers[WAITERS];
    byn_value *items = NULL;
    int64_t number = -1;
    char each[16];
    int i;

    (void)snprintf(each, sizeof each, "%d", EACH);
    REQUIRE_STATUS(byn_value_open(&items, items_name, NULL), BYN_CREATED);
    for (i = 0; i < WAITERS; i++) {
        takers[i] = peer_start(kind, "takes", s.name, s.mutex_name, items_name, each, NULL);
        peer_expect(takers[i], "ready");
    }
    for (i = 0; i < WAITERS * EACH; i++) {
        REQUIRE_STATUS(byn_mutex_lock(s.mutex, LATE), BYN_OK);
        REQUIRE_STATUS(byn_value_add(items, 1, NULL), BYN_OK);
        if (i % 2 == 0)
            CHECK_STATUS(byn_condition_notify(s.condition, 1), BYN_OK);
        REQUIRE_STATUS(byn_mutex_unlock(s.mutex), BYN_OK);
        if (i % 2 != 0)
            CHECK_STATUS(byn_condition_notify(s.condition, 1), BYN_OK);
    }
    for (i = 0; i < WAITERS; i++)
        CHECK_INT(peer_finish(takers[i]), 0);
    CHECK_STATUS(byn_value_get(items, &number), BYN_OK);
    CHECK_INT(number, 0);
    byn_value_close(items);
    end(&s);
}

static void no_notification_is_lost_among_processes(void)
{
    each_item_meets_a_waiter(PEER_PROCESS);
}

static void no_notification_is_lost_among_threads(void)
{
    each_item_meets_a_waiter(PEER_THREAD);
}

/* ---- The predicate */

typedef struct question {
    const scene *s;
    int asked, true_from;
} question;

static bool from_the_nth_time(void *context)
{
    question *q = context;

    check_held(q->s, 1);
    return ++q->asked >= q->true_from;
}

static void predicate_is_asked_first_and_with_the_mutex_held(void)
{
    scene s = begin(false);
    question q = {&s, 0, 1};

    REQUIRE_STATUS(byn_mutex_lock(s.mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_condition_wait_for(s.condition, s.mutex, from_the_nth_time, &q, BYN_FOREVER),
                 BYN_OK);
    CHECK_INT(q.asked, 1);
    q = (question){&s, 0, 1};
    CHECK_STATUS(byn_condition_wait_for(s.condition, s.mutex, from_the_nth_time, &q, BYN_NOW),
                 BYN_OK);
    CHECK_INT(q.asked, 1);
    CHECK_STATUS(byn_mutex_unlock(s.mutex), BYN_OK);
    end(&s);
}

static void predicate_is_asked_once_more_after_the_timeout(void)
{
    scene s = begin(false);
    question q = {&s, 0, 2};

    REQUIRE_STATUS(byn_mutex_lock(s.mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_condition_wait_for(s.condition, s.mutex, from_the_nth_time, &q, BYN_NOW),
                 BYN_OK);
    q = (question){&s, 0, 3};
    CHECK_STATUS(byn_condition_wait_for(s.condition, s.mutex, from_the_nth_time, &q, BYN_NOW),
                 BYN_E_TIMEDOUT);
    CHECK_INT(q.asked, 2);
    CHECK_STATUS(byn_mutex_unlock(s.mutex), BYN_OK);
    end(&s);
}

/* ---- Interruption */

static bool count_and_interrupt(void *context)
{
    ++*(int *)context;
    return true;
}

/* Holds the mutex for a while as soon as it can be had. */
static int comes_and_holds(peer_self *self, int argc, char **argv)
{
    byn_mutex *mutex = NULL;

    (void)argc;
    REQUIRE_STATUS(byn_mutex_open(&mutex, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    REQUIRE_STATUS(byn_mutex_lock(mutex, LATE), BYN_OK);
    apr_sleep(apr_time_from_msec(400));
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
    return 0;
}

static void interrupted_wait_holds_the_mutex_again(void)
{
    scene s = begin(true);
    peer *p = peer_start(PEER_PROCESS, "comes_and_holds", s.mutex_name, NULL);
    int asked = 0;

    REQUIRE_STATUS(byn_mutex_lock(s.mutex, LATE), BYN_OK);
    REQUIRE_STATUS(byn_mutex_lock(s.mutex, LATE), BYN_OK);
    peer_expect(p, "ready");
    byn_wait_interruptible(count_and_interrupt, &asked);
    CHECK_STATUS(byn_condition_wait(s.condition, s.mutex, BYN_FOREVER), BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    CHECK_INT(asked, 1); /* and not while it waited for the mutex */
    check_held(&s, 2);
    CHECK_STATUS(byn_mutex_unlock(s.mutex), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(s.mutex), BYN_OK);
    CHECK_INT(peer_finish(p), 0);
    end(&s);
}

static void interrupted_wait_for_holds_the_mutex_again(void)
{
    scene s = begin(false);
    int asked = 0, predicate_asked = 0;

    REQUIRE_STATUS(byn_mutex_lock(s.mutex, LATE), BYN_OK);
    byn_wait_interruptible(count_and_interrupt, &asked);
    CHECK_STATUS(byn_condition_wait_for(s.condition, s.mutex, never, &predicate_asked, BYN_FOREVER),
                 BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    CHECK_INT(asked, 1);
    CHECK_INT(predicate_asked, 1);
    check_held(&s, 1);
    CHECK_STATUS(byn_mutex_unlock(s.mutex), BYN_OK);
    end(&s);
}

/* ---- Deaths */

static void waiters_return_when_an_owner_dies(void)
{
    enum { FEW = 3 };
    scene s = begin(false);
    peer *waiters[FEW], *owner = other(&s, PEER_PROCESS);
    int i, told = 0;

    for (i = 0; i < FEW; i++) {
        waiters[i] = other(&s, i == 0 ? PEER_THREAD : PEER_PROCESS);
        let_it_wait(&s, waiters[i], "cpass -1");
    }
    CHECK_STATUS(remote_call(owner, "lock 0"), BYN_OK);
    peer_kill(owner);
    for (i = 0; i < FEW; i++) {
        byn_status status = remote_answer(waiters[i]);

        if (status != BYN_OK)
            CHECK_STATUS(status, BYN_ABANDONED);
        told += status == BYN_ABANDONED;
    }
    CHECK_INT(told, 1);
    for (i = 0; i < FEW; i++)
        remote_end(waiters[i]);
    end(&s);
}

/* Lets the mutex go to one who waits for it and dies with it. */
static int waits_beside_a_death(peer_self *self, int argc, char **argv)
{
    byn_condition *condition = NULL;
    byn_mutex *mutex = NULL;
    byn_status status;
    int asked = 0;

    (void)argc;
    REQUIRE_STATUS(byn_mutex_open(&mutex, argv[1], NULL), BYN_OK);
    REQUIRE_STATUS(byn_condition_open(&condition, argv[0], NULL), BYN_OK);
    REQUIRE_STATUS(byn_mutex_lock(mutex, LATE), BYN_OK);
    peer_say(self, "holds");
    if (peer_wait(self, "wait")) {
        status = argv[2][0] == 'f' ? byn_condition_wait_for(condition, mutex, never, &asked, AWHILE)
                                   : byn_condition_wait(condition, mutex, AWHILE);
        CHECK_STATUS(status, BYN_ABANDONED);
        CHECK(asked <= 4); /* at the heartbeats before the other one had it, but not at the end */
    }
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_condition_close(condition);
    byn_mutex_close(mutex);
    return 0;
}

/* A death is told once, so it goes before the timeout, and before the predicate. */
static void death_goes_before_the_timeout(void)
{
    static const char *const calls[] = {"wait", "for"};
    scene s = begin(false);
    int i;

    for (i = 0; i < 2; i++) {
        peer *doomed = other(&s, PEER_PROCESS);
        peer *waiter =
            peer_start(PEER_PROCESS, "waits_beside_a_death", s.name, s.mutex_name, calls[i], NULL);

        peer_expect(waiter, "holds");
        remote_begin(doomed, "lock -1");
        peer_tell(waiter, "wait");
        CHECK_STATUS(remote_answer(doomed), BYN_OK);
        apr_sleep(apr_time_from_msec(AWHILE + 100)); /* so that the timeout has passed, mostly */
        peer_kill(doomed);
        CHECK_INT(peer_finish(waiter), 0);
        CHECK_INT(look(&s).abandonings, i + 1);
    }
    end(&s);
}

/* It has changed the data and unlocked, and is killed before it notifies. */
static void wait_for_makes_up_for_a_notifier_that_died(void)
{
    const char *items_name = fresh_name();
    scene s = begin(false);
    byn_value *items = NULL;
    peer *taker;

    REQUIRE_STATUS(byn_value_open(&items, items_name, NULL), BYN_CREATED);
    taker = peer_start(PEER_PROCESS, "takes", s.name, s.mutex_name, items_name, "1", "say", NULL);
    peer_expect(taker, "ready");
    peer_expect(taker, "asks"); /* with the mutex held: once that can be had, it waits */
    REQUIRE_STATUS(byn_mutex_lock(s.mutex, LATE), BYN_OK);
    CHECK_STATUS(byn_value_add(items, 1, NULL), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(s.mutex), BYN_OK);
    CHECK_INT(peer_finish(taker), 0);
    byn_value_close(items);
    end(&s);
}

static void killed_waiter_takes_no_notification_along(void)
{
    enum { DOOMED = 3 };
    scene s = begin(false);
    peer *survivor = other(&s, PEER_PROCESS), *doomed[DOOMED];
    int i;

    for (i = 0; i < DOOMED; i++) {
        doomed[i] = other(&s, PEER_PROCESS);
        let_it_wait(&s, doomed[i], "cwait -1");
    }
    let_it_wait(&s, survivor, "cwait -1");
    for (i = 0; i < DOOMED; i++)
        peer_kill(doomed[i]);
    CHECK_STATUS(byn_condition_notify(s.condition, 1), BYN_OK);
    CHECK_STATUS(remote_answer(survivor), BYN_OK);
    CHECK_STATUS(remote_call(survivor, "unlock"), BYN_OK);
    remote_end(survivor);
    end(&s);
}

static const test_case cases[] = {
    TEST(unusable_arguments_are_invalid),
    TEST(others_open_it_by_its_name),
    TEST(wait_needs_the_mutex),
    TEST(condition_belongs_to_its_first_mutex),
    TEST(now_lets_go_and_takes_back),
    TEST(timeout_is_never_early),
    TEST(recursive_mutex_is_let_go_and_taken_back_whole),
    TEST(notification_to_nobody_is_not_kept),
    TEST(notify_all_wakes_all),
    TEST(no_notification_is_lost_among_processes),
    TEST(no_notification_is_lost_among_threads),
    TEST(predicate_is_asked_first_and_with_the_mutex_held),
    TEST(predicate_is_asked_once_more_after_the_timeout),
    TEST(interrupted_wait_holds_the_mutex_again),
    TEST(interrupted_wait_for_holds_the_mutex_again),
    TEST(waiters_return_when_an_owner_dies),
    TEST(death_goes_before_the_timeout),
    TEST(wait_for_makes_up_for_a_notifier_that_died),
    TEST(killed_waiter_takes_no_notification_along),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(remote), PEER(comes_and_notifies),   PEER(comes_and_holds),
    PEER(takes),  PEER(waits_beside_a_death), PEER_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "condition", cases, peers);
}
