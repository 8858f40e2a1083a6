/*
 * What nobody contends makes no system call. The peer gives up the right to make any but read and
 * write; one other ends it.
 */
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <byname/byname.h>

#include "peer.h"
#include "test.h"

enum { TIMES = 1000 };

static byn_mutex *mutex;
static byn_event *event;
static byn_semaphore *semaphore;
static byn_semaphore *undo;
static byn_rwlock *rwlock;
static byn_condition *condition;
static byn_once *once;
static byn_value *value;

static void do_nothing(void *context)
{
    (void)context;
}

static bool take_several(void)
{
    void *several[] = {undo, semaphore};
    size_t index;

    return byn_wait_all(several, 2, 1000) == BYN_OK &&
           byn_semaphore_release(undo, 1, NULL) == BYN_OK &&
           byn_semaphore_release(semaphore, 1, NULL) == BYN_OK &&
           byn_wait_any(several, 2, 1000, &index) == BYN_OK &&
           byn_semaphore_release(undo, 1, NULL) == BYN_OK;
}

static bool lock_to_read_and_write(void)
{
    return byn_rwlock_lock_shared(rwlock, 1000) == BYN_OK && byn_rwlock_unlock(rwlock) == BYN_OK &&
           byn_rwlock_lock(rwlock, 1000) == BYN_OK && byn_rwlock_unlock(rwlock) == BYN_OK;
}

/* Each operation, when nobody else is there. */
static bool do_all(void)
{
    return byn_mutex_lock(mutex, 1000) == BYN_OK && byn_mutex_lock(mutex, BYN_FOREVER) == BYN_OK &&
           byn_mutex_unlock(mutex) == BYN_OK && byn_mutex_unlock(mutex) == BYN_OK &&
           byn_event_set(event) == BYN_OK && byn_event_is_set(event) &&
           byn_event_wait(event, 1000) == BYN_OK && byn_event_reset(event) == BYN_OK &&
           byn_semaphore_release(semaphore, 2, NULL) == BYN_OK && take_several() &&
           byn_semaphore_acquire(semaphore, 2, 1000) == BYN_OK && lock_to_read_and_write() &&
           byn_condition_notify_all(condition) == BYN_OK &&
           byn_once_run(once, do_nothing, NULL, 1000) == BYN_OK &&
           byn_value_add(value, 1, NULL) == BYN_OK;
}

static void open_all(void)
{
    REQUIRE_STATUS(byn_mutex_open(&mutex, NULL, &BYN_OPTIONS(byn_mutex_options, .recursive = true)),
                   BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&event, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_semaphore_open(&undo, NULL,
                                      &BYN_OPTIONS(byn_semaphore_options, .initial = 1,
                                                   .maximum = 1, .undo = true)),
                   BYN_CREATED);
    REQUIRE_STATUS(byn_rwlock_open(&rwlock, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_condition_open(&condition, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_once_open(&once, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_value_open(&value, NULL, NULL), BYN_CREATED);
    REQUIRE(do_all()); /* what is looked up once is looked up */
}

static void close_all(void)
{
    byn_mutex_close(mutex);
    byn_event_close(event);
    byn_semaphore_close(semaphore);
    byn_semaphore_close(undo);
    byn_rwlock_close(rwlock);
    byn_condition_close(condition);
    byn_once_close(once);
    byn_value_close(value);
}

/* Child of the peer: with nothing allowed but write and exit. */
static void be_quiet(bool speak_once)
{
    static const char done[] = "done\n";
    int i;

    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        return;
    if (speak_once)
        (void)syscall(SYS_getppid);
    for (i = 0; i < TIMES; i++)
        if (!do_all())
            return;
    (void)write(STDOUT_FILENO, done, sizeof done - 1);
}

static int works_without_system_calls(peer_self *self, int argc, char **argv)
{
    open_all();
    peer_say(self, "open");
    if (!peer_wait(self, "go"))
        return 1;
    be_quiet(argc > 0 && argv[0][0] == 's');
    for (;;) /* a strict process may not leave by the usual way; the case kills it */
        (void)read(STDIN_FILENO, argv, 0);
}

static peer *start_peer(const char *how)
{
    peer *started;

    if (test_sanitized())
        test_skip("a sanitizer makes system calls of its own");
    started = peer_start(PEER_PROCESS, "works_without_system_calls", how, NULL);
    peer_expect(started, "open");
    peer_tell(started, "go");
    return started;
}

static bool go_on(const byn_object_info *info, void *context)
{
    (void)info;
    (void)context;
    return true;
}

/* What the killed peer left. */
static void reclaim(void)
{
    CHECK_STATUS(byn_objects_visit(go_on, NULL), BYN_OK);
}

static void nothing_that_nobody_contends_makes_a_system_call(void)
{
    peer *quiet = start_peer("quiet");

    peer_expect(quiet, "done");
    peer_kill(quiet);
    reclaim();
}

static void one_system_call_would_have_been_seen(void)
{
    CHECK(peer_crashed(start_peer("speaks")));
    reclaim();
}

static void all_of_it_works_here(void)
{
    open_all();
    CHECK(do_all());
    close_all();
}

static const test_case cases[] = {
    TEST(all_of_it_works_here),
    TEST(nothing_that_nobody_contends_makes_a_system_call),
    TEST(one_system_call_would_have_been_seen),
    TEST_END,
};

static const peer_entry peers[] = {PEER(works_without_system_calls), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "quiet", cases, peers);
}
