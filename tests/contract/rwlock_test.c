/* byn_rwlock: readers together, a writer alone, and writers first. */
#include "rwlock_support.h"

static void check_free(byn_rwlock *rwlock)
{
    byn_rwlock_info info = holders_of(rwlock);

    CHECK(!info.written);
    CHECK(!info.abandoned);
    CHECK_INT(info.readers, 0);
    CHECK_INT(info.waiting_writers, 0);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
}

/* ---- Opening */

static void name_and_modes_are_as_everywhere(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    byn_event *event = NULL;
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STR(byn_rwlock_name(rwlock), name);
    CHECK_STATUS(remote_call(p, "rwlock 1 %s", name), BYN_E_EXISTS);
    CHECK_STATUS(remote_call(p, "rwlock 2 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "lock_alone 0"), BYN_OK);
    CHECK_STATUS(byn_event_open(&event, name, NULL), BYN_E_MISMATCH);
    CHECK_CONTAINS(byn_last_error(), "rwlock");
    remote_end(p);
    byn_rwlock_close(rwlock);
}

static void unusable_arguments_are_invalid(void)
{
    byn_rwlock *rwlock = opened(fresh_name());
    byn_rwlock_info info = {.struct_size = 0};

    CHECK_STATUS(byn_rwlock_lock(rwlock, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_rwlock_holders(rwlock, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_rwlock_holders(rwlock, &info), BYN_E_INVALID);
    info.struct_size = sizeof info + 1;
    CHECK_STATUS(byn_rwlock_holders(rwlock, &info), BYN_E_INVALID);
    check_free(rwlock);
    byn_rwlock_close(rwlock);
    info.struct_size = sizeof info;
    CHECK_STATUS(byn_rwlock_open(NULL, "x", NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_rwlock_lock(NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_rwlock_lock_shared(NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_rwlock_unlock(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_rwlock_holders(NULL, &info), BYN_E_INVALID);
    CHECK(byn_rwlock_name(NULL) == NULL);
    byn_rwlock_close(NULL);
}

/* A program that was built with an older, shorter struct. */
static void holders_fills_what_the_caller_knows(void)
{
    byn_rwlock *rwlock = opened(fresh_name());
    byn_rwlock_info info;

    memset(&info, 0x55, sizeof info);
    info.struct_size = offsetof(byn_rwlock_info, waiting_writers);
    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_rwlock_holders(rwlock, &info), BYN_OK);
    CHECK_INT(info.readers, 1);
    CHECK_INT(info.waiting_writers, 0x55555555);
    CHECK_INT(info.struct_size, offsetof(byn_rwlock_info, waiting_writers));
    byn_rwlock_close(rwlock);
}

/* ---- Together and alone */

enum { READERS = 40 };

static void many_read_together(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *readers[READERS];
    int i;

    for (i = 0; i < READERS; i++) {
        readers[i] = other(i % 4 == 0 ? PEER_PROCESS : PEER_THREAD, name);
        CHECK_STATUS(remote_call(readers[i], "lock_shared 0"), BYN_OK);
    }
    CHECK_INT(holders_of(rwlock).readers, READERS);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_E_TIMEDOUT);
    for (i = 0; i < READERS; i++) {
        CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_E_TIMEDOUT);
        CHECK_STATUS(remote_call(readers[i], "unlock_rwlock"), BYN_OK);
    }
    check_free(rwlock);
    for (i = 0; i < READERS; i++)
        remote_end(readers[i]);
    byn_rwlock_close(rwlock);
}

/* They come in while there is no room in the first page of the table, and wait for one writer. */
static void many_wait_and_read_together(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *readers[READERS];
    int i;

    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_OK);
    for (i = 0; i < READERS; i++) {
        readers[i] = other(i % 4 == 0 ? PEER_PROCESS : PEER_THREAD, name);
        remote_begin(readers[i], "lock_shared -1");
    }
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    for (i = 0; i < READERS; i++)
        CHECK_STATUS(remote_answer(readers[i]), BYN_OK);
    CHECK_INT(holders_of(rwlock).readers, READERS);
    for (i = 0; i < READERS; i++)
        remote_end(readers[i]);
    check_free(rwlock);
    byn_rwlock_close(rwlock);
}

enum { CROWD = 200 };

/* More than the table has room for in the beginning. */
static void table_grows_with_its_readers(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *readers[CROWD], *writer = other(PEER_PROCESS, name);
    int i;

    for (i = 0; i < CROWD; i++) {
        readers[i] = other(PEER_THREAD, name);
        CHECK_STATUS(remote_call(readers[i], "lock_shared 0"), BYN_OK);
    }
    remote_begin(writer, "lock_alone -1");
    CHECK_INT(holders_of(rwlock).readers, CROWD);
    for (i = 0; i < CROWD; i++) {
        CHECK_STATUS(remote_call(readers[i], "unlock_rwlock"), BYN_OK);
        remote_end(readers[i]);
    }
    CHECK_STATUS(remote_answer(writer), BYN_OK);
    CHECK_STATUS(remote_call(writer, "unlock_rwlock"), BYN_OK);
    remote_end(writer);
    check_free(rwlock);
    byn_rwlock_close(rwlock);
}

static void writer_is_alone(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *process = other(PEER_PROCESS, name), *thread = other(PEER_THREAD, name);
    byn_rwlock_info info;

    CHECK_STATUS(remote_call(process, "lock_alone -1"), BYN_OK);
    info = holders_of(rwlock);
    CHECK(info.written);
    CHECK(!info.abandoned);
    CHECK_INT(info.writer_pid, peer_pid(process));
    CHECK(info.writer_thread != 0);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, 1), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(thread, "lock_shared 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(thread, "lock_alone 1"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(process, "unlock_rwlock"), BYN_OK);
    CHECK_STATUS(remote_call(thread, "lock_alone 0"), BYN_OK);
    CHECK_STATUS(remote_call(process, "lock_shared 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(thread, "unlock_rwlock"), BYN_OK);
    check_free(rwlock);
    remote_end(process);
    remote_end(thread);
    byn_rwlock_close(rwlock);
}

/* ---- What one thread may do */

static void share_counts(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *writer = other(PEER_PROCESS, name);
    int i;

    for (i = 0; i < 3; i++)
        CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    CHECK_INT(holders_of(rwlock).readers, 1);
    for (i = 0; i < 3; i++) {
        CHECK_STATUS(remote_call(writer, "lock_alone 0"), BYN_E_TIMEDOUT);
        CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    }
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_E_NOTOWNER);
    CHECK_STATUS(remote_call(writer, "lock_alone 0"), BYN_OK);
    remote_end(writer);
    byn_rwlock_close(rwlock);
}

static void holder_cannot_wait_for_itself(void)
{
    byn_rwlock *rwlock = opened(fresh_name());

    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_FOREVER), BYN_E_DEADLOCK);
    CHECK_INT(holders_of(rwlock).readers, 1);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_FOREVER), BYN_E_DEADLOCK);
    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_FOREVER), BYN_E_DEADLOCK);
    CHECK(holders_of(rwlock).written);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    check_free(rwlock);
    byn_rwlock_close(rwlock);
}

static void only_a_holder_unlocks(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *process = other(PEER_PROCESS, name), *thread = other(PEER_THREAD, name);

    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_E_NOTOWNER);
    CHECK_CONTAINS(byn_last_error(), name);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_call(process, "unlock_rwlock"), BYN_E_NOTOWNER);
    CHECK_STATUS(remote_call(thread, "unlock_rwlock"), BYN_E_NOTOWNER);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_call(thread, "unlock_rwlock"), BYN_E_NOTOWNER);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    check_free(rwlock);
    remote_end(process);
    remote_end(thread);
    byn_rwlock_close(rwlock);
}

/* A thread's place in the table of one lock says nothing of another. */
static void locks_do_not_mix(void)
{
    byn_rwlock *locks[5];
    int i;

    for (i = 0; i < 5; i++)
        locks[i] = opened(fresh_name());
    for (i = 0; i < 5; i++)
        CHECK_STATUS(i % 2 == 0 ? byn_rwlock_lock(locks[i], BYN_NOW)
                                : byn_rwlock_lock_shared(locks[i], BYN_NOW),
                     BYN_OK);
    for (i = 0; i < 5; i++)
        CHECK_STATUS(byn_rwlock_lock(locks[i], BYN_NOW), BYN_E_DEADLOCK);
    for (i = 0; i < 5; i++)
        CHECK_STATUS(byn_rwlock_unlock(locks[i]), BYN_OK);
    for (i = 0; i < 5; i++) {
        CHECK_STATUS(byn_rwlock_unlock(locks[i]), BYN_E_NOTOWNER);
        check_free(locks[i]);
        byn_rwlock_close(locks[i]);
    }
}

/* ---- Writers first */

static void later_readers_wait_for_a_waiting_writer(peer_kind kind)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *writer = other(kind, name), *reader = other(kind, name);

    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    remote_begin(writer, "lock_alone -1");
    await_waiting_writers(rwlock, 1);
    CHECK_STATUS(remote_call(reader, "lock_shared 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(reader, "lock_shared 10"), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_FOREVER), BYN_OK); /* reads already */
    remote_begin(reader, "lock_shared -1");
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    CHECK_INT(holders_of(rwlock).readers, 1);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    CHECK_STATUS(remote_answer(writer), BYN_OK);
    CHECK_INT(holders_of(rwlock).readers, 0);
    CHECK_STATUS(remote_call(writer, "unlock_rwlock"), BYN_OK);
    CHECK_STATUS(remote_answer(reader), BYN_OK);
    CHECK_STATUS(remote_call(reader, "unlock_rwlock"), BYN_OK);
    check_free(rwlock);
    remote_end(writer);
    remote_end(reader);
    byn_rwlock_close(rwlock);
}

static void later_reading_processes_wait_for_a_waiting_writer(void)
{
    later_readers_wait_for_a_waiting_writer(PEER_PROCESS);
}

static void later_reading_threads_wait_for_a_waiting_writer(void)
{
    later_readers_wait_for_a_waiting_writer(PEER_THREAD);
}

static void writer_that_gives_up_lets_readers_go_on(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *writer = other(PEER_PROCESS, name), *reader = other(PEER_PROCESS, name);

    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    remote_begin(writer, "lock_alone 700");
    await_waiting_writers(rwlock, 1);
    remote_begin(reader, "lock_shared -1");
    CHECK_STATUS(remote_answer(writer), BYN_E_TIMEDOUT);
    CHECK_INT(holders_of(rwlock).waiting_writers, 0);
    CHECK_STATUS(remote_answer(reader), BYN_OK);
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    remote_end(writer);
    remote_end(reader);
    check_free(rwlock);
    byn_rwlock_close(rwlock);
}

/* Reads again and again until the event is set; a share lasts longer than it takes to come back. */
static int reads_on(peer_self *self, int argc, char **argv)
{
    byn_rwlock *rwlock = NULL;
    byn_event *stop = NULL;
    bool said = false;

    (void)argc;
    REQUIRE_STATUS(byn_rwlock_open(&rwlock, argv[0], NULL), BYN_OK);
    REQUIRE_STATUS(byn_event_open(&stop, argv[1], NULL), BYN_OK);
    for (;;) {
        REQUIRE_STATUS(byn_rwlock_lock_shared(rwlock, 60000), BYN_OK);
        if (!said)
            peer_say(self, "reads");
        said = true;
        if (byn_event_wait(stop, 5) != BYN_E_TIMEDOUT)
            break;
        CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    }
    byn_event_close(stop);
    byn_rwlock_close(rwlock);
    return 0;
}

static void stream_of_readers_does_not_starve_a_writer(peer_kind kind)
{
    enum { STREAM = 8, TIMES = 20 };
    const char *name = fresh_name(), *stop_name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    byn_event *stop = NULL;
    peer *readers[STREAM];
    int i;

    REQUIRE_STATUS(
        byn_event_open(&stop, stop_name, &BYN_OPTIONS(byn_event_options, .manual_reset = true)),
        BYN_CREATED);
    for (i = 0; i < STREAM; i++) {
        readers[i] = peer_start(kind, "reads_on", name, stop_name, NULL);
        peer_expect(readers[i], "reads");
    }
    for (i = 0; i < TIMES; i++) {
        REQUIRE_STATUS(byn_rwlock_lock(rwlock, 20000), BYN_OK);
        CHECK_INT(holders_of(rwlock).readers, 0);
        CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    }
    CHECK_STATUS(byn_event_set(stop), BYN_OK);
    for (i = 0; i < STREAM; i++)
        CHECK_INT(peer_finish(readers[i]), 0);
    check_free(rwlock);
    byn_event_close(stop);
    byn_rwlock_close(rwlock);
}

static void stream_of_reading_processes_does_not_starve_a_writer(void)
{
    stream_of_readers_does_not_starve_a_writer(PEER_PROCESS);
}

static void stream_of_reading_threads_does_not_starve_a_writer(void)
{
    stream_of_readers_does_not_starve_a_writer(PEER_THREAD);
}

/* ---- Waiting */

static void timeout_is_never_early(void)
{
    static const byn_timeout timeouts[] = {1, 2, 10, 33, 150, 400};
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *writer = other(PEER_PROCESS, name);
    size_t i;

    CHECK_STATUS(remote_call(writer, "lock_alone 0"), BYN_OK);
    for (i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        int64_t began = platform_milliseconds();

        CHECK_STATUS(byn_rwlock_lock(rwlock, timeouts[i]), BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
        began = platform_milliseconds();
        CHECK_STATUS(byn_rwlock_lock_shared(rwlock, timeouts[i]), BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
    }
    CHECK_INT(holders_of(rwlock).waiting_writers, 0);
    remote_end(writer);
    byn_rwlock_close(rwlock);
}

static bool yes(void *context)
{
    ++*(int *)context;
    return true;
}

static void interrupted_wait_leaves_nothing_behind(void)
{
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *reader = other(PEER_PROCESS, name), *later = other(PEER_PROCESS, name);
    int asked = 0;

    CHECK_STATUS(remote_call(reader, "lock_shared 0"), BYN_OK);
    byn_wait_interruptible(yes, &asked);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_FOREVER), BYN_E_CANCELED);
    CHECK(asked > 0);
    CHECK_INT(holders_of(rwlock).waiting_writers, 0);
    CHECK_STATUS(remote_call(later, "lock_shared 0"), BYN_OK);
    CHECK_STATUS(remote_call(later, "unlock_rwlock"), BYN_OK);
    CHECK_STATUS(remote_call(reader, "unlock_rwlock"), BYN_OK);
    CHECK_STATUS(remote_call(reader, "lock_alone 0"), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, 20000), BYN_E_CANCELED);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_E_TIMEDOUT);
    byn_wait_interruptible(NULL, NULL);
    CHECK_STATUS(remote_call(reader, "unlock_rwlock"), BYN_OK);
    check_free(rwlock);
    remote_end(reader);
    remote_end(later);
    byn_rwlock_close(rwlock);
}

/* ---- What it guards */

static long guarded[2]; /* equal; of the threads of a case */

static int works(peer_self *self, int argc, char **argv)
{
    byn_rwlock *rwlock = NULL;
    int i;

    (void)argc;
    REQUIRE_STATUS(byn_rwlock_open(&rwlock, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    for (i = 0; i < 2000; i++) {
        if (i % 8 == 0) {
            REQUIRE_STATUS(byn_rwlock_lock(rwlock, 60000), BYN_OK);
            guarded[0]++;
            guarded[1]++;
        } else {
            REQUIRE_STATUS(byn_rwlock_lock_shared(rwlock, 60000), BYN_OK);
            CHECK_INT(guarded[0], guarded[1]);
        }
        CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    }
    byn_rwlock_close(rwlock);
    return 0;
}

static void readers_see_what_writers_have_done(void)
{
    enum { WORKERS = 5 };
    const char *name = fresh_name();
    byn_rwlock *rwlock = opened(name);
    peer *workers[WORKERS];
    int i;

    guarded[0] = guarded[1] = 0;
    for (i = 0; i < WORKERS; i++)
        workers[i] = peer_start(PEER_THREAD, "works", name, NULL);
    for (i = 0; i < WORKERS; i++)
        peer_expect(workers[i], "ready");
    for (i = 0; i < WORKERS; i++)
        CHECK_INT(peer_finish(workers[i]), 0);
    CHECK_INT(guarded[0], WORKERS * 250);
    check_free(rwlock);
    byn_rwlock_close(rwlock);
}

static const test_case cases[] = {
    TEST(name_and_modes_are_as_everywhere),
    TEST(unusable_arguments_are_invalid),
    TEST(holders_fills_what_the_caller_knows),
    TEST(many_read_together),
    TEST(many_wait_and_read_together),
    TEST(table_grows_with_its_readers),
    TEST(writer_is_alone),
    TEST(share_counts),
    TEST(holder_cannot_wait_for_itself),
    TEST(only_a_holder_unlocks),
    TEST(locks_do_not_mix),
    TEST(later_reading_processes_wait_for_a_waiting_writer),
    TEST(later_reading_threads_wait_for_a_waiting_writer),
    TEST(writer_that_gives_up_lets_readers_go_on),
    TEST(stream_of_reading_processes_does_not_starve_a_writer),
    TEST(stream_of_reading_threads_does_not_starve_a_writer),
    TEST(timeout_is_never_early),
    TEST(interrupted_wait_leaves_nothing_behind),
    TEST(readers_see_what_writers_have_done),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(reads_on), PEER(works), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "rwlock", cases, peers);
}
