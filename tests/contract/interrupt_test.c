/* A thread that asked for it may have its waits interrupted. */
#include <string.h>

#include "peer.h"
#include "process_child.h"
#include "remote.h"
#include "support.h"

/* How often it was asked, and from when on it says yes. */
typedef struct questions {
    int asked, patience;
} questions;

static bool ask(void *context)
{
    questions *q = context;

    return ++q->asked > q->patience;
}

typedef byn_status (*blocking_call)(void *object);

static byn_status lock(void *object)
{
    return byn_mutex_lock(object, BYN_FOREVER);
}

static byn_status wait_event(void *object)
{
    return byn_event_wait(object, 100000);
}

static byn_status acquire(void *object)
{
    return byn_semaphore_acquire(object, 1, BYN_FOREVER);
}

static byn_status acquire_two(void *object)
{
    return byn_semaphore_acquire(object, 2, 100000);
}

static byn_status wait_process(void *object)
{
    return byn_process_wait(object, BYN_FOREVER, NULL);
}

static byn_status any(void *object)
{
    return byn_wait_any(&object, 1, BYN_FOREVER, NULL);
}

static byn_status all(void *object)
{
    return byn_wait_all(&object, 1, 100000);
}

static void is_interrupted(blocking_call call, void *object)
{
    questions q = {0, 2};

    byn_wait_interruptible(ask, &q);
    CHECK_STATUS(call(object), BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    CHECK_INT(q.asked, 3);
    CHECK_CONTAINS(byn_last_error(), "BYN_E_CANCELED");
}

static void every_wait_may_be_interrupted(void)
{
    byn_process *process = start_child("lives", life_begin(), NULL);
    peer *holder = remote_start(PEER_PROCESS);
    byn_mutex *mutex;
    byn_event *event, *manual;
    byn_semaphore *semaphore;

    REQUIRE_STATUS(byn_mutex_open(&mutex, fresh_name(), NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&event, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(
        byn_event_open(&manual, NULL, &BYN_OPTIONS(byn_event_options, .manual_reset = true)),
        BYN_CREATED);
    REQUIRE_STATUS(
        byn_semaphore_open(&semaphore, NULL, &BYN_OPTIONS(byn_semaphore_options, .maximum = 3)),
        BYN_CREATED);
    REQUIRE_STATUS(remote_call(holder, "mutex 0 0 %s", byn_mutex_name(mutex)), BYN_OK);
    REQUIRE_STATUS(remote_call(holder, "lock 0"), BYN_OK);
    is_interrupted(lock, mutex);
    is_interrupted(any, mutex);
    is_interrupted(all, mutex);
    is_interrupted(wait_event, event);
    is_interrupted(wait_event, manual);
    is_interrupted(any, event);
    is_interrupted(all, manual);
    is_interrupted(acquire, semaphore);
    is_interrupted(acquire_two, semaphore);
    is_interrupted(any, semaphore);
    is_interrupted(all, semaphore);
    is_interrupted(wait_process, process);
    is_interrupted(any, process);
    /* Nothing was taken, nothing is in the way. */
    CHECK_STATUS(remote_call(holder, "unlock"), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(byn_semaphore_release(semaphore, 3, NULL), BYN_OK);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 3, BYN_NOW), BYN_OK);
    life_end();
    CHECK_INT(end_of(process).code, 0);
    byn_process_close(process);
    remote_end(holder);
    byn_mutex_close(mutex);
    byn_event_close(event);
    byn_event_close(manual);
    byn_semaphore_close(semaphore);
}

static void who_says_no_goes_on_waiting(void)
{
    questions q = {0, 1000000};
    byn_event *event;
    int64_t began;

    REQUIRE_STATUS(byn_event_open(&event, NULL, NULL), BYN_CREATED);
    byn_wait_interruptible(ask, &q);
    began = platform_milliseconds();
    CHECK_STATUS(byn_event_wait(event, 220), BYN_E_TIMEDOUT);
    CHECK(platform_milliseconds() - began >= 220);
    CHECK(q.asked > 0);
    q.asked = 0;
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, 1000), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_INT(q.asked, 0);
    byn_wait_interruptible(NULL, NULL);
    CHECK_STATUS(byn_event_wait(event, 120), BYN_E_TIMEDOUT);
    CHECK_INT(q.asked, 0);
    byn_event_close(event);
}

static byn_event *other_event;

/* What is asked may itself wait: it is not asked again within. */
static bool wait_within(void *context)
{
    CHECK_STATUS(byn_event_wait(other_event, 120), BYN_E_TIMEDOUT);
    return ask(context);
}

static void the_question_may_wait_itself(void)
{
    questions q = {0, 1};
    byn_event *event;

    REQUIRE_STATUS(byn_event_open(&event, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&other_event, NULL, NULL), BYN_CREATED);
    byn_wait_interruptible(wait_within, &q);
    CHECK_STATUS(byn_event_wait(event, BYN_FOREVER), BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    CHECK_INT(q.asked, 2);
    byn_event_close(event);
    byn_event_close(other_event);
}

static const char *event_name;

static int is_not_asked(peer_self *self, int argc, char **argv)
{
    byn_event *event = NULL;

    (void)self;
    (void)argc;
    (void)argv;
    CHECK_STATUS(byn_event_open(&event, event_name, NULL), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, 200), BYN_E_TIMEDOUT);
    byn_event_close(event);
    return 0;
}

static void it_is_of_one_thread_only(void)
{
    questions q = {0, 0};
    byn_event *event;
    peer *thread;

    event_name = fresh_name();
    REQUIRE_STATUS(byn_event_open(&event, event_name, NULL), BYN_CREATED);
    byn_wait_interruptible(ask, &q);
    thread = peer_start(PEER_THREAD, "is_not_asked", NULL);
    CHECK_INT(peer_finish(thread), 0);
    byn_wait_interruptible(NULL, NULL);
    CHECK_INT(q.asked, 0);
    byn_event_close(event);
}

static const test_case cases[] = {
    TEST(every_wait_may_be_interrupted),
    TEST(who_says_no_goes_on_waiting),
    TEST(the_question_may_wait_itself),
    TEST(it_is_of_one_thread_only),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(is_not_asked), PEER_END};

int main(int argc, char **argv)
{
    int code;

    if (child_main(argc, argv, &code))
        return code;
    return test_main(argc, argv, "interrupt", cases, peers);
}
