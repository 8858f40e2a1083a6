/* byn_rwlock: what others see when a reader, a writer or a waiter dies or is stopped. */
#include "rwlock_support.h"

/* A peer that holds it; "lock_shared" or "lock_alone". */
static peer *holder(peer_kind kind, const char *name, const char *how)
{
    peer *p = other(kind, name);

    CHECK_STATUS(remote_call(p, "%s 0", how), BYN_OK);
    return p;
}

/* The library goes on as if it had not been closed. */
static void thread_leaves(peer *p)
{
    peer_tell(p, "leave");
    CHECK_INT(peer_finish(p), 0);
}

/* All readers, as often as they come; then one writer; then nobody. */
static void check_abandoned(byn_rwlock *rwlock, peer *reader)
{
    int i;

    for (i = 0; i < 3; i++) {
        CHECK_STATUS(byn_rwlock_lock_shared(rwlock, 60000), BYN_ABANDONED);
        CHECK_STATUS(remote_call(reader, "lock_shared 0"), BYN_ABANDONED);
        CHECK(holders_of(rwlock).abandoned);
        CHECK_INT(holders_of(rwlock).readers, 2);
        CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_ABANDONED); /* once more */
        CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
        CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
        CHECK_STATUS(remote_call(reader, "unlock_rwlock"), BYN_OK);
    }
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_ABANDONED);
    CHECK(holders_of(rwlock).abandoned);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    CHECK(!holders_of(rwlock).abandoned);
    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_call(reader, "lock_shared 0"), BYN_OK);
    CHECK_STATUS(remote_call(reader, "unlock_rwlock"), BYN_OK);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
}

static void check_not_abandoned(byn_rwlock *rwlock)
{
    CHECK_STATUS(byn_rwlock_lock(rwlock, 60000), BYN_OK);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
}

/* ---- Readers that die */

static void share_of_a_killed_reader_is_returned(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *dead = holder(PEER_PROCESS, name, "lock_shared");

    CHECK_STATUS(remote_call(dead, "lock_shared 0"), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_E_TIMEDOUT);
    peer_kill(dead);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_OK);
    CHECK_INT(holders_of(rwlock).readers, 0);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    byn_rwlock_close(rwlock);
}

static void share_of_a_reading_thread_that_ended_is_returned(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);

    thread_leaves(holder(PEER_THREAD, name, "lock_shared"));
    check_not_abandoned(rwlock);
    byn_rwlock_close(rwlock);
    byn_rwlock_close(rwlock); /* for the thread, which did not */
}

static void waiting_writer_goes_on_when_the_last_reader_is_killed(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *dead = holder(PEER_PROCESS, name, "lock_shared");
    peer *another = holder(PEER_PROCESS, name, "lock_shared"), *writer = other(PEER_PROCESS, name);

    remote_begin(writer, "lock_alone -1");
    await_waiting_writers(rwlock, 1);
    CHECK_STATUS(remote_call(another, "unlock_rwlock"), BYN_OK);
    peer_kill(dead);
    CHECK_STATUS(remote_answer(writer), BYN_OK);
    CHECK_STATUS(remote_call(writer, "unlock_rwlock"), BYN_OK);
    remote_end(writer);
    remote_end(another);
    check_not_abandoned(rwlock);
    byn_rwlock_close(rwlock);
}

/* Fifty at once, of whom few live. */
static void shares_of_many_dead_are_returned(void)
{
    enum { MANY = 50 };
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *readers[MANY];
    int i;

    for (i = 0; i < MANY; i++)
        readers[i] = holder(i % 5 == 0 ? PEER_PROCESS : PEER_THREAD, name, "lock_shared");
    for (i = 0; i < MANY; i++) {
        if (i % 5 == 0)
            peer_kill(readers[i]);
        else if (i % 2 == 0)
            remote_end(readers[i]);
    }
    CHECK_STATUS(byn_rwlock_lock(rwlock, 300), BYN_E_TIMEDOUT);
    CHECK_INT(holders_of(rwlock).readers, 20);
    for (i = 1; i < MANY; i += 2)
        if (i % 5 != 0)
            remote_end(readers[i]);
    check_not_abandoned(rwlock);
    byn_rwlock_close(rwlock);
}

/* ---- Writers that die */

static void killed_writer_is_told_to_readers_and_to_one_writer(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *reader = other(PEER_PROCESS, name);

    peer_kill(holder(PEER_PROCESS, name, "lock_alone"));
    CHECK(holders_of(rwlock).abandoned);
    CHECK(!holders_of(rwlock).written);
    check_abandoned(rwlock, reader);
    remote_end(reader);
    byn_rwlock_close(rwlock);
}

static void killed_writer_is_told_at_once(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);

    peer_kill(holder(PEER_PROCESS, name, "lock_alone"));
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_ABANDONED);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    check_not_abandoned(rwlock);
    byn_rwlock_close(rwlock);
}

static void writing_thread_that_ended_is_told(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *reader = other(PEER_PROCESS, name);

    thread_leaves(holder(PEER_THREAD, name, "lock_alone"));
    check_abandoned(rwlock, reader);
    remote_end(reader);
    byn_rwlock_close(rwlock);
    byn_rwlock_close(rwlock);
}

/* A repairer that dies too leaves it abandoned. */
static void heir_that_is_killed_is_told_again(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *reader = other(PEER_THREAD, name), *heir = other(PEER_PROCESS, name);

    peer_kill(holder(PEER_PROCESS, name, "lock_alone"));
    CHECK_STATUS(remote_call(heir, "lock_alone -1"), BYN_ABANDONED);
    peer_kill(heir);
    check_abandoned(rwlock, reader);
    remote_end(reader);
    byn_rwlock_close(rwlock);
}

static void those_who_wait_go_on_when_the_writer_is_killed(peer_kind kind)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *dead = holder(PEER_PROCESS, name, "lock_alone"), *readers[3], *writer;
    int i;

    for (i = 0; i < 3; i++) {
        readers[i] = other(kind, name);
        remote_begin(readers[i], "lock_shared -1");
    }
    peer_kill(dead);
    for (i = 0; i < 3; i++)
        CHECK_STATUS(remote_answer(readers[i]), BYN_ABANDONED);
    writer = other(kind, name);
    remote_begin(writer, "lock_alone -1");
    for (i = 0; i < 3; i++)
        CHECK_STATUS(remote_call(readers[i], "unlock_rwlock"), BYN_OK);
    CHECK_STATUS(remote_answer(writer), BYN_ABANDONED);
    for (i = 0; i < 3; i++)
        remote_end(readers[i]);
    remote_end(writer);
    byn_rwlock_close(rwlock);
}

static void processes_that_wait_go_on_when_the_writer_is_killed(void)
{
    those_who_wait_go_on_when_the_writer_is_killed(PEER_PROCESS);
}

static void threads_that_wait_go_on_when_the_writer_is_killed(void)
{
    those_who_wait_go_on_when_the_writer_is_killed(PEER_THREAD);
}

/* ---- Waiters that die or stop */

static void readers_go_on_when_a_waiting_writer_is_killed(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *writer = other(PEER_PROCESS, name), *reader = other(PEER_PROCESS, name);

    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    remote_begin(writer, "lock_alone -1");
    await_waiting_writers(rwlock, 1);
    remote_begin(reader, "lock_shared -1");
    peer_kill(writer);
    CHECK_STATUS(remote_answer(reader), BYN_OK);
    CHECK_INT(holders_of(rwlock).waiting_writers, 0);
    CHECK_INT(holders_of(rwlock).readers, 2);
    remote_end(reader);
    byn_rwlock_close(rwlock);
}

static void later_reader_does_not_wait_for_a_killed_writer(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *writer = other(PEER_PROCESS, name), *reader = other(PEER_PROCESS, name);

    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    remote_begin(writer, "lock_alone -1");
    await_waiting_writers(rwlock, 1);
    CHECK_STATUS(remote_call(reader, "lock_shared 0"), BYN_E_TIMEDOUT);
    peer_kill(writer);
    CHECK_STATUS(remote_call(reader, "lock_shared 0"), BYN_OK);
    remote_end(reader);
    byn_rwlock_close(rwlock);
}

static void writers_behind_a_killed_waiter_go_on(void)
{
    enum { WRITERS = 6 };
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *writers[WRITERS];
    int i;

    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    for (i = 0; i < WRITERS; i++) {
        writers[i] = other(PEER_PROCESS, name);
        remote_begin(writers[i], "lock_alone -1");
    }
    await_waiting_writers(rwlock, WRITERS);
    for (i = 0; i + 1 < WRITERS; i++)
        peer_kill(writers[i]);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    CHECK_STATUS(remote_answer(writers[WRITERS - 1]), BYN_OK);
    CHECK_STATUS(remote_call(writers[WRITERS - 1], "unlock_rwlock"), BYN_OK);
    remote_end(writers[WRITERS - 1]);
    check_not_abandoned(rwlock);
    byn_rwlock_close(rwlock);
}

/* How long they are held up is not asserted: about a second. */
static void stopped_waiting_writer_does_not_hold_up_readers(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *writer = other(PEER_PROCESS, name), *reader = other(PEER_PROCESS, name);

    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    remote_begin(writer, "lock_alone -1");
    await_waiting_writers(rwlock, 1);
    if (!peer_stop(writer))
        test_skip("a process cannot be stopped here");
    CHECK_STATUS(remote_call(reader, "lock_shared -1"), BYN_OK);
    CHECK_STATUS(remote_call(reader, "unlock_rwlock"), BYN_OK);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    CHECK_STATUS(remote_call(reader, "lock_alone -1"), BYN_OK); /* nor writers */
    CHECK(peer_continue(writer));
    CHECK_STATUS(remote_call(reader, "unlock_rwlock"), BYN_OK);
    CHECK_STATUS(remote_answer(writer), BYN_OK);
    CHECK_STATUS(remote_call(writer, "unlock_rwlock"), BYN_OK);
    remote_end(writer);
    remote_end(reader);
    check_not_abandoned(rwlock);
    byn_rwlock_close(rwlock);
}

static void stopped_holder_holds_it(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *writer = holder(PEER_PROCESS, name, "lock_alone");

    if (!peer_stop(writer))
        test_skip("a process cannot be stopped here");
    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, 1500), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK(peer_continue(writer));
    remote_end(writer);
    byn_rwlock_close(rwlock);
}

/* ---- Closing while it is held */

static void closing_returns_the_share(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *reader = holder(PEER_PROCESS, name, "lock_shared"), *writer = other(PEER_PROCESS, name);

    CHECK_STATUS(remote_call(reader, "lock_shared 0"), BYN_OK);
    remote_begin(writer, "lock_alone -1");
    await_waiting_writers(rwlock, 1);
    CHECK_STATUS(remote_call(reader, "close rwlock"), BYN_OK);
    CHECK_STATUS(remote_answer(writer), BYN_OK);
    CHECK_STATUS(remote_call(writer, "unlock_rwlock"), BYN_OK);
    remote_end(reader);
    remote_end(writer);
    byn_rwlock_close(rwlock);
}

static void closing_by_the_writer_is_told(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *writer = holder(PEER_PROCESS, name, "lock_alone"), *reader = other(PEER_PROCESS, name);

    remote_begin(reader, "lock_shared -1");
    CHECK_STATUS(remote_call(writer, "close rwlock"), BYN_OK);
    CHECK_STATUS(remote_answer(reader), BYN_ABANDONED);
    CHECK_STATUS(remote_call(reader, "unlock_rwlock"), BYN_OK);
    check_abandoned(rwlock, reader);
    remote_end(reader);
    remote_end(writer);
    byn_rwlock_close(rwlock);
}

/* Opened three times here: by the case, by the thread, by the process; closed here by the case alone. */
static void hold_of_another_thread_stays_until_it_ends(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *thread = holder(PEER_THREAD, name, "lock_alone"), *process = other(PEER_PROCESS, name);

    byn_rwlock_close(rwlock);
    byn_rwlock_close(rwlock); /* for the thread, which does not use it any more */
    CHECK_STATUS(remote_call(process, "lock_shared 300"), BYN_E_TIMEDOUT);
    remote_begin(process, "lock_shared -1");
    thread_leaves(thread);
    CHECK_STATUS(remote_answer(process), BYN_ABANDONED);
    remote_end(process);
}

static const test_case cases[] = {
    TEST(share_of_a_killed_reader_is_returned),
    TEST(share_of_a_reading_thread_that_ended_is_returned),
    TEST(waiting_writer_goes_on_when_the_last_reader_is_killed),
    TEST(shares_of_many_dead_are_returned),
    TEST(killed_writer_is_told_to_readers_and_to_one_writer),
    TEST(killed_writer_is_told_at_once),
    TEST(writing_thread_that_ended_is_told),
    TEST(heir_that_is_killed_is_told_again),
    TEST(processes_that_wait_go_on_when_the_writer_is_killed),
    TEST(threads_that_wait_go_on_when_the_writer_is_killed),
    TEST(readers_go_on_when_a_waiting_writer_is_killed),
    TEST(later_reader_does_not_wait_for_a_killed_writer),
    TEST(writers_behind_a_killed_waiter_go_on),
    TEST(stopped_waiting_writer_does_not_hold_up_readers),
    TEST(stopped_holder_holds_it),
    TEST(closing_returns_the_share),
    TEST(closing_by_the_writer_is_told),
    TEST(hold_of_another_thread_stays_until_it_ends),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "rwlock_death", cases, peers);
}
