/* byn_mutex: what others see when an owner or a waiter dies, and what byn_mutex_owner() tells. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

#include "remote.h"

static byn_mutex *opened(const char *name, bool recursive)
{
    byn_mutex *mutex = NULL;

    REQUIRE_STATUS(
        byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .recursive = recursive)),
        BYN_CREATED);
    return mutex;
}

static byn_mutex_info owner_of(byn_mutex *mutex)
{
    byn_mutex_info info;

    memset(&info, 0x55, sizeof info);
    info.struct_size = sizeof info;
    CHECK_STATUS(byn_mutex_owner(mutex, &info), BYN_OK);
    return info;
}

/* A peer that has locked `name` so often. */
static peer *locker(peer_kind kind, const char *name, int depth)
{
    peer *p = remote_start(kind);

    CHECK_STATUS(remote_call(p, "mutex 0 0 %s", name), BYN_OK);
    while (depth-- > 0)
        CHECK_STATUS(remote_call(p, "lock 0"), BYN_OK);
    return p;
}

/* Once, and then no more. */
static void check_abandoned_once(byn_mutex *mutex)
{
    CHECK_STATUS(byn_mutex_lock(mutex, 60000), BYN_ABANDONED);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_E_NOTOWNER);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
}

/* ---- Owners that die */

static void lock_reports_abandoned_once_after_owner_is_killed(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);

    peer_kill(locker(PEER_PROCESS, name, 1));
    check_abandoned_once(mutex);
    byn_mutex_close(mutex);
}

static void lock_reports_abandoned_once_after_owner_process_ended(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *owner = locker(PEER_PROCESS, name, 1);

    peer_tell(owner, "leave");
    CHECK_INT(peer_finish(owner), 0);
    check_abandoned_once(mutex);
    byn_mutex_close(mutex);
}

static void lock_reports_abandoned_once_after_owner_thread_ended(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *owner = locker(PEER_THREAD, name, 1);

    peer_tell(owner, "leave");
    CHECK_INT(peer_finish(owner), 0);
    check_abandoned_once(mutex);
    byn_mutex_close(mutex);
    byn_mutex_close(mutex); /* for the thread, which did not */
}

static void death_lets_go_of_all_levels(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, true);

    peer_kill(locker(PEER_PROCESS, name, 3));
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_ABANDONED); /* also who does not wait */
    CHECK_INT(owner_of(mutex).depth, 1);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_INT(owner_of(mutex).depth, 2);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_E_NOTOWNER);
    byn_mutex_close(mutex);
}

static void waits_through_a_death(peer_kind waiter_kind)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *owner = locker(PEER_PROCESS, name, 1);
    peer *waiter = locker(waiter_kind, name, 0);

    remote_begin(waiter, "lock -1");
    peer_kill(owner);
    CHECK_STATUS(remote_answer(waiter), BYN_ABANDONED);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(waiter, "unlock"), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    remote_end(waiter);
    byn_mutex_close(mutex);
}

static void blocked_process_gets_it_when_the_owner_is_killed(void)
{
    waits_through_a_death(PEER_PROCESS);
}

static void blocked_thread_gets_it_when_the_owner_is_killed(void)
{
    waits_through_a_death(PEER_THREAD);
}

static void blocked_waiter_gets_it_when_the_owner_thread_ends(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *owner = locker(PEER_THREAD, name, 1);
    peer *waiter = locker(PEER_PROCESS, name, 0);

    remote_begin(waiter, "lock 60000");
    peer_tell(owner, "leave");
    CHECK_INT(peer_finish(owner), 0);
    CHECK_STATUS(remote_answer(waiter), BYN_ABANDONED);
    CHECK_STATUS(remote_call(waiter, "unlock"), BYN_OK);
    remote_end(waiter);
    byn_mutex_close(mutex);
    byn_mutex_close(mutex);
}

static void heir_that_dies_is_succeeded_too(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *heir = locker(PEER_PROCESS, name, 0);

    peer_kill(locker(PEER_PROCESS, name, 1));
    CHECK_STATUS(remote_call(heir, "lock 60000"), BYN_ABANDONED);
    peer_kill(heir);
    check_abandoned_once(mutex);
    CHECK_INT(owner_of(mutex).abandonings, 2);
    byn_mutex_close(mutex);
}

static void killed_waiter_is_forgotten(void)
{
    enum { WAITERS = 3 };
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *survivor = locker(PEER_PROCESS, name, 0);
    peer *waiters[WAITERS];
    int i;

    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    for (i = 0; i < WAITERS; i++) {
        waiters[i] = locker(PEER_PROCESS, name, 0);
        remote_begin(waiters[i], "lock -1");
    }
    remote_begin(survivor, "lock -1");
    for (i = 0; i < WAITERS; i++)
        peer_kill(waiters[i]);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(remote_answer(survivor), BYN_OK);
    CHECK_STATUS(remote_call(survivor, "unlock"), BYN_OK);
    remote_end(survivor);
    byn_mutex_close(mutex);
}

/* ---- Closing what is held */

static void close_while_held_gives_it_up(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *other = locker(PEER_PROCESS, name, 1);

    CHECK_STATUS(remote_call(other, "close mutex"), BYN_OK);
    check_abandoned_once(mutex);
    CHECK_INT(owner_of(mutex).last_dead.pid, peer_pid(other));
    CHECK_STATUS(remote_call(other, "mutex 2 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_OK); /* not told to others again */
    CHECK_STATUS(remote_call(other, "unlock"), BYN_OK);
    remote_end(other);
    byn_mutex_close(mutex);
}

static void close_while_held_deeply_gives_all_up(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, true);
    peer *other = locker(PEER_PROCESS, name, 3);

    CHECK_STATUS(remote_call(other, "close mutex"), BYN_OK);
    check_abandoned_once(mutex);
    remote_end(other);
    byn_mutex_close(mutex);
}

static void close_of_one_handle_of_two_keeps_the_lock(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    byn_mutex *again = NULL;
    peer *thread = locker(PEER_THREAD, name, 0);
    peer *process = locker(PEER_PROCESS, name, 0);

    REQUIRE_STATUS(byn_mutex_open(&again, name, NULL), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    byn_mutex_close(again);
    CHECK_STATUS(remote_call(thread, "close mutex"), BYN_OK);
    CHECK_STATUS(remote_call(process, "lock 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(remote_call(process, "lock 0"), BYN_OK);
    CHECK_STATUS(remote_call(process, "unlock"), BYN_OK);
    remote_end(thread);
    remote_end(process);
    byn_mutex_close(mutex);
}

static byn_status locked_in_thread;
static byn_mutex *mutex_of_thread;
static peer_self *self_of_thread;

static void *APR_THREAD_FUNC locks_until_told(apr_thread_t *thread, void *unused)
{
    (void)thread;
    (void)unused;
    locked_in_thread = byn_mutex_lock(mutex_of_thread, BYN_FOREVER);
    peer_say(self_of_thread, "locked");
    (void)peer_wait(self_of_thread, "end the thread");
    return NULL;
}

static int closes_what_its_thread_holds(peer_self *self, int argc, char **argv)
{
    apr_thread_t *thread;
    apr_status_t unused;
    apr_pool_t *pool;

    REQUIRE_INT(argc, 1);
    REQUIRE_STATUS(byn_mutex_open(&mutex_of_thread, argv[0], NULL), BYN_OK);
    self_of_thread = self;
    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_thread_create(&thread, NULL, locks_until_told, NULL, pool) == APR_SUCCESS);
    /* The thread listens; when it has ended, so has the lock. */
    peer_say(self, "started");
    while (byn_mutex_lock(mutex_of_thread, 1) == BYN_OK)
        (void)byn_mutex_unlock(mutex_of_thread);
    byn_mutex_close(mutex_of_thread);
    peer_say(self, "closed");
    apr_thread_join(&unused, thread);
    CHECK_STATUS(locked_in_thread, BYN_OK);
    peer_say(self, "ended");
    (void)peer_wait(self, "end");
    apr_pool_destroy(pool);
    return 0;
}

/* Lines of a peer's two threads, each once and in any order. */
static void expect_in_any_order(peer *p, const char *const *lines, size_t n)
{
    bool seen[3] = {false};
    size_t i, told;

    REQUIRE(n <= 3);
    for (told = 0; told < n; told++) {
        const char *line = peer_line(p);

        REQUIRE(line != NULL);
        for (i = 0; i < n && (seen[i] || strcmp(line, lines[i]) != 0); i++)
            ;
        REQUIRE(i < n);
        seen[i] = true;
    }
}

static void closed_by_another_thread_it_stays_locked_until_the_owner_ends(void)
{
    static const char *const said[] = {"started", "locked", "closed"};
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *p = peer_start(PEER_PROCESS, "closes_what_its_thread_holds", name, NULL);

    expect_in_any_order(p, said, 3);
    CHECK_STATUS(byn_mutex_lock(mutex, 20), BYN_E_TIMEDOUT);
    CHECK(owner_of(mutex).held);
    CHECK_INT(owner_of(mutex).owner.pid, peer_pid(p));
    peer_tell(p, "end the thread");
    peer_expect(p, "ended");
    check_abandoned_once(mutex);
    peer_tell(p, "end");
    CHECK_INT(peer_finish(p), 0);
    byn_mutex_close(mutex);
}

typedef struct search {
    const char *name;
    bool found;
} search;

static bool note(const byn_object_info *info, void *context)
{
    search *s = context;

    s->found = s->found || strcmp(info->name, s->name) == 0;
    return true;
}

/* The process goes on, and keeps nothing of it. */
static void closed_when_the_owner_has_ended_it_is_gone(void)
{
    search s = {fresh_name(), false};
    byn_mutex *mutex = opened(s.name, false);
    peer *owner = locker(PEER_THREAD, s.name, 1);

    peer_tell(owner, "leave");
    CHECK_INT(peer_finish(owner), 0);
    byn_mutex_close(mutex); /* for the thread, which did not */
    byn_mutex_close(mutex);
    CHECK_STATUS(byn_objects_look(note, &s), BYN_OK);
    CHECK(!s.found);
}

/* ---- byn_mutex_owner() */

static void owner_of_a_free_mutex_is_nobody(void)
{
    byn_mutex *mutex = opened(fresh_name(), false);
    int i;

    for (i = 0; i < 2; i++) {
        byn_mutex_info info = owner_of(mutex);

        CHECK(!info.held && !info.owner_is_dead);
        CHECK_INT(info.depth, 0);
        CHECK_INT(info.owner.pid, 0);
        CHECK_STR(info.owner.program, "");
        CHECK_INT(info.last_dead.pid, 0);
        CHECK_INT(info.abandonings, 0);
        CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
        CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    }
    byn_mutex_close(mutex);
}

/* The same program runs the peers. */
static void check_program(const char *program)
{
    CHECK(program[0] != '\0');
    CHECK_CONTAINS(test_executable(), program);
}

static void owner_is_told_while_it_holds(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, true);
    peer *other = locker(PEER_PROCESS, name, 2);
    peer *thread = locker(PEER_THREAD, name, 0);
    byn_mutex_info info = owner_of(mutex);
    uint32_t first;

    CHECK(info.held && !info.owner_is_dead);
    CHECK_INT(info.depth, 2);
    CHECK_INT(info.owner.pid, peer_pid(other));
    check_program(info.owner.program);
    remote_end(other);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_ABANDONED);
    info = owner_of(mutex);
    CHECK(info.held && !info.owner_is_dead);
    CHECK_INT(info.depth, 1);
    CHECK_INT(info.owner.pid, peer_pid(thread));
    first = info.owner.thread;
    check_program(info.owner.program);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(remote_call(thread, "lock 0"), BYN_OK);
    info = owner_of(mutex);
    CHECK_INT(info.owner.pid, peer_pid(thread));
    CHECK(info.owner.thread != first);
    CHECK_STATUS(remote_call(thread, "unlock"), BYN_OK);
    remote_end(thread);
    byn_mutex_close(mutex);
}

static void dead_owner_is_told_until_and_after_it_is_succeeded(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, true);
    peer *other = locker(PEER_PROCESS, name, 2);
    long pid = peer_pid(other);
    byn_mutex_info info;

    peer_kill(other);
    info = owner_of(mutex);
    CHECK(info.held && info.owner_is_dead);
    CHECK_INT(info.owner.pid, pid);
    CHECK_INT(info.depth, 2);
    CHECK_INT(info.abandonings, 0);
    CHECK_INT(info.last_dead.pid, 0);
    CHECK_STATUS(byn_mutex_lock(mutex, 60000), BYN_ABANDONED);
    info = owner_of(mutex);
    CHECK(info.held && !info.owner_is_dead);
    CHECK_INT(info.depth, 1);
    CHECK_INT(info.last_dead.pid, pid);
    check_program(info.last_dead.program);
    CHECK_INT(info.abandonings, 1);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    info = owner_of(mutex);
    CHECK(!info.held);
    CHECK_INT(info.owner.pid, 0);
    CHECK_INT(info.last_dead.pid, pid);
    CHECK_INT(info.abandonings, 1);
    byn_mutex_close(mutex);
}

static void owner_fills_as_much_as_the_caller_knows(void)
{
    byn_mutex *mutex = opened(fresh_name(), false);
    byn_mutex_info info;
    const unsigned char *rest = (const unsigned char *)&info.owner;
    size_t i;

    memset(&info, 0x55, sizeof info);
    info.struct_size = offsetof(byn_mutex_info, owner);
    CHECK_STATUS(byn_mutex_owner(mutex, &info), BYN_OK);
    CHECK(!info.held);
    CHECK_INT(info.struct_size, offsetof(byn_mutex_info, owner));
    for (i = 0; i < sizeof info - offsetof(byn_mutex_info, owner); i++)
        REQUIRE_INT(rest[i], 0x55);
    info.struct_size = 0;
    CHECK_STATUS(byn_mutex_owner(mutex, &info), BYN_E_INVALID);
    CHECK_STATUS(byn_mutex_owner(mutex, NULL), BYN_E_INVALID);
    byn_mutex_close(mutex);
}

static const test_case cases[] = {
    TEST(lock_reports_abandoned_once_after_owner_is_killed),
    TEST(lock_reports_abandoned_once_after_owner_process_ended),
    TEST(lock_reports_abandoned_once_after_owner_thread_ended),
    TEST(death_lets_go_of_all_levels),
    TEST(blocked_process_gets_it_when_the_owner_is_killed),
    TEST(blocked_thread_gets_it_when_the_owner_is_killed),
    TEST(blocked_waiter_gets_it_when_the_owner_thread_ends),
    TEST(heir_that_dies_is_succeeded_too),
    TEST(killed_waiter_is_forgotten),
    TEST(close_while_held_gives_it_up),
    TEST(close_while_held_deeply_gives_all_up),
    TEST(close_of_one_handle_of_two_keeps_the_lock),
    TEST(closed_by_another_thread_it_stays_locked_until_the_owner_ends),
    TEST(closed_when_the_owner_has_ended_it_is_gone),
    TEST(owner_of_a_free_mutex_is_nobody),
    TEST(owner_is_told_while_it_holds),
    TEST(dead_owner_is_told_until_and_after_it_is_succeeded),
    TEST(owner_fills_as_much_as_the_caller_knows),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(closes_what_its_thread_holds), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "mutex_death", cases, peers);
}
