/* byn_mutex: opening, locking, waiting. What happens when an owner dies is in mutex_death_test.c. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"
#include "support.h"

static byn_mutex *opened(const char *name, bool recursive)
{
    byn_mutex *mutex = NULL;

    REQUIRE_STATUS(
        byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .recursive = recursive)),
        BYN_CREATED);
    return mutex;
}

/* ---- Opening */

static void first_open_creates_and_later_ones_find_it(void)
{
    const char *name = fresh_name();
    byn_mutex *first = opened(name, false);
    byn_mutex *second = NULL;
    peer *other = remote_start(PEER_PROCESS);

    CHECK_STATUS(byn_mutex_open(&second, name, NULL), BYN_OK);
    CHECK(second == first);
    CHECK_STATUS(remote_call(other, "mutex 0 0 %s", name), BYN_OK);
    byn_mutex_close(second);
    byn_mutex_close(first);
    CHECK_STATUS(byn_mutex_open(&first, name, NULL), BYN_OK);
    remote_end(other);
    byn_mutex_close(first);
    first = opened(name, false);
    byn_mutex_close(first);
}

static void create_only_does_not_open_what_exists(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = NULL;
    peer *other = remote_start(PEER_PROCESS);

    REQUIRE_STATUS(
        byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .open = BYN_CREATE_ONLY)),
        BYN_CREATED);
    CHECK_STATUS(
        byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .open = BYN_CREATE_ONLY)),
        BYN_E_EXISTS);
    CHECK_STATUS(remote_call(other, "mutex 1 0 %s", name), BYN_E_EXISTS);
    byn_mutex_close(mutex);
    CHECK_STATUS(remote_call(other, "mutex 1 0 %s", name), BYN_CREATED);
    remote_end(other);
}

static void open_only_does_not_create(void)
{
    const char *name = fresh_name();
    byn_mutex *const untouched = (byn_mutex *)(void *)&name;
    byn_mutex *mutex = untouched;
    peer *other = remote_start(PEER_PROCESS);

    CHECK_STATUS(
        byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY)),
        BYN_E_NOTFOUND);
    CHECK(mutex == untouched);
    CHECK_STATUS(remote_call(other, "mutex 2 0 %s", name), BYN_E_NOTFOUND);
    CHECK_STATUS(remote_call(other, "mutex 0 0 %s", name), BYN_CREATED);
    CHECK_STATUS(
        byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY)),
        BYN_OK);
    byn_mutex_close(mutex);
    remote_end(other);
}

static void of_many_that_race_exactly_one_creates(void)
{
    enum { OPENERS = 8 };
    const char *name = fresh_name();
    peer *openers[OPENERS];
    int i, created = 0;

    for (i = 0; i < OPENERS; i++)
        openers[i] = remote_start(PEER_PROCESS);
    for (i = 0; i < OPENERS; i++) {
        char line[200];

        (void)snprintf(line, sizeof line, "mutex 0 0 %s", name);
        peer_tell(openers[i], line);
    }
    for (i = 0; i < OPENERS; i++) {
        byn_status status = remote_answer(openers[i]);

        CHECK(status == BYN_OK || status == BYN_CREATED);
        created += status == BYN_CREATED;
    }
    CHECK_INT(created, 1);
    for (i = 0; i < OPENERS; i++)
        remote_end(openers[i]);
}

static void unusable_arguments_of_open_are_invalid(void)
{
    const char *name = fresh_name();
    byn_mutex *const untouched = (byn_mutex *)(void *)&name;
    byn_mutex *mutex = untouched;

    CHECK_STATUS(byn_mutex_open(NULL, name, NULL), BYN_E_INVALID);
    CHECK_STATUS(
        byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .open = (byn_open_mode)3)),
        BYN_E_INVALID);
    CHECK_STATUS(byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .mode = 0666)),
                 BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "machine:");
    CHECK_STATUS(byn_mutex_open(&mutex, "machine:x", &BYN_OPTIONS(byn_mutex_options, .mode = 0700)),
                 BYN_E_INVALID);
    CHECK_STATUS(byn_mutex_open(&mutex, "machine:x", &BYN_OPTIONS(byn_mutex_options, .mode = 060)),
                 BYN_E_INVALID);
    CHECK_STATUS(
        byn_mutex_open(&mutex, "machine:x", &BYN_OPTIONS(byn_mutex_options, .mode = 01600)),
        BYN_E_INVALID);
    CHECK(mutex == untouched);
}

static void recursive_must_be_the_creators_or_nothing(void)
{
    const char *plain = fresh_name();
    const char *deep = fresh_name();
    byn_mutex *a = opened(plain, false);
    byn_mutex *b = opened(deep, true);
    byn_mutex *again = NULL;
    peer *other = remote_start(PEER_PROCESS);

    CHECK_STATUS(byn_mutex_open(&again, plain, &BYN_OPTIONS(byn_mutex_options, .recursive = true)),
                 BYN_E_MISMATCH);
    CHECK_CONTAINS(byn_last_error(), "recursive");
    CHECK(again == NULL);
    CHECK_STATUS(remote_call(other, "mutex 0 1 %s", plain), BYN_E_MISMATCH);
    CHECK_CONTAINS(remote_error(), "recursive");
    CHECK_STATUS(remote_call(other, "mutex 0 1 %s", deep), BYN_OK);
    CHECK_STATUS(remote_call(other, "close mutex"), BYN_OK);
    CHECK_STATUS(remote_call(other, "mutex 0 0 %s", deep), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_OK);
    CHECK_STATUS(remote_call(other, "unlock"), BYN_OK);
    CHECK_STATUS(remote_call(other, "unlock"), BYN_OK);
    remote_end(other);
    byn_mutex_close(a);
    byn_mutex_close(b);
}

/* ---- Locking */

static void excludes(peer_kind kind)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *other = remote_start(kind);

    CHECK_STATUS(remote_call(other, "mutex 0 0 %s", name), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(other, "lock 10"), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_mutex_lock(mutex, 10), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(other, "unlock"), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_FOREVER), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    remote_end(other);
    byn_mutex_close(mutex);
}

static void lock_excludes_other_processes(void)
{
    excludes(PEER_PROCESS);
}

static void lock_excludes_other_threads(void)
{
    excludes(PEER_THREAD);
}

static void unlock_is_the_owners(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *process = remote_start(PEER_PROCESS);
    peer *thread = remote_start(PEER_THREAD);

    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_E_NOTOWNER);
    CHECK_STATUS(remote_call(process, "mutex 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(thread, "mutex 0 0 %s", name), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_call(process, "unlock"), BYN_E_NOTOWNER);
    CHECK_STATUS(remote_call(thread, "unlock"), BYN_E_NOTOWNER);
    CHECK_STATUS(remote_call(process, "lock 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(thread, "lock 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_E_NOTOWNER);
    CHECK_STATUS(remote_call(process, "lock 0"), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_E_NOTOWNER);
    CHECK_STATUS(remote_call(process, "unlock"), BYN_OK);
    remote_end(process);
    remote_end(thread);
    byn_mutex_close(mutex);
}

static void relock_of_a_plain_mutex_is_a_deadlock(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *other = remote_start(PEER_PROCESS);

    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_E_DEADLOCK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_FOREVER), BYN_E_DEADLOCK);
    CHECK_STATUS(remote_call(other, "mutex 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_OK);
    CHECK_STATUS(remote_call(other, "unlock"), BYN_OK);
    remote_end(other);
    byn_mutex_close(mutex);
}

static void recursive_mutex_is_unlocked_as_often(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, true);
    peer *process = remote_start(PEER_PROCESS);
    peer *thread = remote_start(PEER_THREAD);
    int i;

    CHECK_STATUS(remote_call(process, "mutex 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(thread, "mutex 0 0 %s", name), BYN_OK);
    for (i = 0; i < 3; i++)
        CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    for (i = 0; i < 3; i++) {
        CHECK_STATUS(remote_call(process, "lock 0"), BYN_E_TIMEDOUT);
        CHECK_STATUS(remote_call(thread, "lock 0"), BYN_E_TIMEDOUT);
        CHECK_STATUS(remote_call(thread, "unlock"), BYN_E_NOTOWNER);
        CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    }
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_E_NOTOWNER);
    CHECK_STATUS(remote_call(process, "lock 0"), BYN_OK);
    CHECK_STATUS(remote_call(process, "unlock"), BYN_OK);
    remote_end(process);
    remote_end(thread);
    byn_mutex_close(mutex);
}

/* ---- Waiting */

static void passes_on(peer_kind kind, byn_timeout timeout)
{
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *other = remote_start(kind);

    CHECK_STATUS(remote_call(other, "mutex 0 0 %s", name), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    remote_begin(other, "lock %lld", (long long)timeout);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(remote_answer(other), BYN_OK);
    CHECK_STATUS(remote_call(other, "unlock"), BYN_OK);
    remote_end(other);
    byn_mutex_close(mutex);
}

static void unlock_lets_a_waiter_in(void)
{
    passes_on(PEER_PROCESS, BYN_FOREVER);
    passes_on(PEER_THREAD, BYN_FOREVER);
    passes_on(PEER_PROCESS, 60000);
    passes_on(PEER_PROCESS, INT64_MAX);
}

static void timeout_is_never_early(void)
{
    static const byn_timeout timeouts[] = {1, 2, 10, 33, 150};
    const char *name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    peer *other = remote_start(PEER_PROCESS);
    size_t i;

    CHECK_STATUS(remote_call(other, "mutex 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_OK);
    for (i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        int64_t began = platform_milliseconds();

        CHECK_STATUS(byn_mutex_lock(mutex, timeouts[i]), BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
    }
    CHECK_STATUS(remote_call(other, "unlock"), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    remote_end(other);
    byn_mutex_close(mutex);
}

static void other_negative_timeouts_are_invalid(void)
{
    byn_mutex *mutex = opened(fresh_name(), true);

    CHECK_STATUS(byn_mutex_lock(mutex, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_mutex_lock(mutex, INT64_MIN), BYN_E_INVALID);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_E_NOTOWNER);
    CHECK_STATUS(byn_mutex_lock(mutex, INT64_MAX), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_E_NOTOWNER);
    byn_mutex_close(mutex);
}

static void null_is_invalid(void)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_mutex_lock(NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_mutex_unlock(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_mutex_owner(NULL, &info), BYN_E_INVALID);
    CHECK(byn_mutex_name(NULL) == NULL);
    byn_mutex_close(NULL);
}

/* ---- Mutual exclusion: an unprotected counter loses nothing */

static int counts_under_the_lock(peer_self *self, int argc, char **argv)
{
    volatile uint64_t *counter;
    byn_mutex *mutex = NULL;
    byn_memory *memory = NULL;
    int i, rounds = argc == 3 ? atoi(argv[2]) : 0;

    REQUIRE(byn_mutex_open(&mutex, argv[0], NULL) >= 0);
    REQUIRE(byn_memory_open(&memory, argv[1], NULL) >= 0);
    counter = byn_memory_base(memory);
    peer_say(self, "ready");
    if (peer_wait(self, "go")) {
        for (i = 0; i < rounds; i++) {
            REQUIRE_STATUS(byn_mutex_lock(mutex, i % 2 == 0 ? BYN_FOREVER : 60000), BYN_OK);
            *counter = *counter + 1;
            REQUIRE_STATUS(byn_mutex_unlock(mutex), BYN_OK);
        }
    }
    byn_memory_close(memory);
    byn_mutex_close(mutex);
    return 0;
}

static void count_together(peer_kind kind)
{
    enum { PEERS = 4 };
    const int all_rounds =
        test_on_windows() ? 3000 : 20000; /* Wine asks its server for each wait */
    const char *name = fresh_name(), *memory_name = fresh_name();
    byn_mutex *mutex = opened(name, false);
    byn_memory *memory = NULL;
    peer *peers[PEERS];
    char rounds[16];
    int i;

    REQUIRE_STATUS(
        byn_memory_open(&memory, memory_name, &BYN_OPTIONS(byn_memory_options, .size = 8)),
        BYN_CREATED);
    (void)snprintf(rounds, sizeof rounds, "%d", all_rounds);
    for (i = 0; i < PEERS; i++)
        peers[i] = peer_start(kind, "counts_under_the_lock", name, memory_name, rounds, NULL);
    for (i = 0; i < PEERS; i++)
        peer_expect(peers[i], "ready");
    for (i = 0; i < PEERS; i++)
        peer_tell(peers[i], "go");
    for (i = 0; i < PEERS; i++)
        CHECK_INT(peer_finish(peers[i]), 0);
    CHECK_INT(*(volatile uint64_t *)byn_memory_base(memory), PEERS * all_rounds);
    byn_memory_close(memory);
    byn_mutex_close(mutex);
}

static void processes_exclude_each_other(void)
{
    count_together(PEER_PROCESS);
}

static void threads_exclude_each_other(void)
{
    count_together(PEER_THREAD);
}

/* ---- A limit */

static void a_thread_holds_at_most_1000(void)
{
    enum { MOST = 1000 };
    byn_mutex **mutexes = test_sanitized() ? NULL : calloc(MOST + 1, sizeof *mutexes);
    byn_status status = BYN_OK;
    int count = 0, held = 0, i;

    if (test_sanitized())
        test_skip("ThreadSanitizer follows 64 held locks and no more");
    REQUIRE(mutexes != NULL);
    for (; count < MOST + 1 && status >= 0; count += status >= 0)
        status = byn_mutex_open(&mutexes[count], NULL, NULL);
    if (status >= 0) {
        for (; held <= MOST && status >= 0; held += status >= 0)
            status = byn_mutex_lock(mutexes[held], BYN_NOW);
        if (held <= MOST || !test_on_windows()) {
            CHECK_STATUS(status, BYN_E_LIMIT);
            CHECK_CONTAINS(byn_last_error(), "1000");
            CHECK_INT(held, MOST);
        }
        for (i = 0; i < held; i++)
            CHECK_STATUS(byn_mutex_unlock(mutexes[i]), BYN_OK);
        CHECK_STATUS(byn_mutex_lock(mutexes[MOST], BYN_NOW), BYN_OK);
        CHECK_STATUS(byn_mutex_unlock(mutexes[MOST]), BYN_OK);
    }
    for (i = 0; i < count; i++)
        byn_mutex_close(mutexes[i]);
    free(mutexes);
    if (status < 0 && held == 0)
        test_skip("only %d objects can be open here: %s", count, byn_last_error());
    if (held > MOST)
        test_skip("Windows has no list of a limited length");
}

static const test_case cases[] = {
    TEST(first_open_creates_and_later_ones_find_it),
    TEST(create_only_does_not_open_what_exists),
    TEST(open_only_does_not_create),
    TEST(of_many_that_race_exactly_one_creates),
    TEST(unusable_arguments_of_open_are_invalid),
    TEST(recursive_must_be_the_creators_or_nothing),
    TEST(lock_excludes_other_processes),
    TEST(lock_excludes_other_threads),
    TEST(unlock_is_the_owners),
    TEST(relock_of_a_plain_mutex_is_a_deadlock),
    TEST(recursive_mutex_is_unlocked_as_often),
    TEST(unlock_lets_a_waiter_in),
    TEST(timeout_is_never_early),
    TEST(other_negative_timeouts_are_invalid),
    TEST(null_is_invalid),
    TEST(processes_exclude_each_other),
    TEST(threads_exclude_each_other),
    TEST(a_thread_holds_at_most_1000),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(counts_under_the_lock), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "mutex", cases, peers);
}
