/*
 * fork(): a child cannot use what it inherited, opens its own, and harms nobody. What else a host does on POSIX: it has
 * no standard streams, closes descriptors, cancels threads.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "remote.h"

/* What a child found wrong, as bits of its exit code; it must not check itself. */
static int in_child(bool raw, int (*function)(void *), void *argument)
{
    int result = 0;
    pid_t pid = -1;

    (void)fflush(NULL);
    if (!raw)
        pid = fork();
#ifdef __linux__
    else
        pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
    REQUIRE(pid >= 0);
    if (pid == 0)
        _exit(function(argument));
    REQUIRE(waitpid(pid, &result, 0) == pid);
    REQUIRE(WIFEXITED(result));
    return WEXITSTATUS(result);
}

typedef struct inherited {
    byn_mutex *mutex;
    byn_event *event;
    byn_semaphore *semaphore;
    byn_memory *memory;
    byn_value *value;
    byn_pipe *pipe;
} inherited;

static int uses_everything(void *argument)
{
    inherited *h = argument;
    byn_mutex_info info = {.struct_size = sizeof info};
    uint32_t count;
    int64_t number = 1;
    int wrong = 0;

    wrong += byn_mutex_lock(h->mutex, BYN_NOW) != BYN_E_INVALID;
    wrong += strstr(byn_last_error(), "fork") == NULL;
    wrong += byn_mutex_unlock(h->mutex) != BYN_E_INVALID;
    wrong += byn_mutex_owner(h->mutex, &info) != BYN_E_INVALID;
    wrong += byn_event_set(h->event) != BYN_E_INVALID;
    wrong += byn_event_reset(h->event) != BYN_E_INVALID;
    wrong += byn_event_is_set(h->event);
    wrong += byn_event_wait(h->event, BYN_FOREVER) != BYN_E_INVALID;
    wrong += byn_semaphore_acquire(h->semaphore, 1, BYN_FOREVER) != BYN_E_INVALID;
    wrong += byn_semaphore_release(h->semaphore, 1, NULL) != BYN_E_INVALID;
    wrong += byn_semaphore_value(h->semaphore, &count) != BYN_E_INVALID;
    wrong += byn_memory_base(h->memory) != NULL;
    wrong += byn_memory_size(h->memory) != 0;
    wrong += byn_memory_grow(h->memory, 200) != BYN_E_INVALID;
    wrong += byn_value_get(h->value, &number) != BYN_E_INVALID;
    wrong += byn_value_set(h->value, 1) != BYN_E_INVALID;
    wrong += byn_value_add(h->value, 1, NULL) != BYN_E_INVALID;
    wrong += byn_value_compare_exchange(h->value, &number, 2) != BYN_E_INVALID;
    wrong += byn_value_type_of(h->value) != BYN_ANY;
    wrong += byn_pipe_send(h->pipe, "x", 1, BYN_NOW) != BYN_E_INVALID;
    wrong += byn_pipe_poll(h->pipe, BYN_FOREVER) != BYN_E_INVALID;
    wrong += byn_pipe_shutdown(h->pipe) != BYN_E_INVALID;
    byn_pipe_close(h->pipe);
    byn_mutex_close(h->mutex);
    byn_event_close(h->event);
    byn_semaphore_close(h->semaphore);
    byn_memory_close(h->memory);
    byn_value_close(h->value);
    return wrong;
}

static void refuses_inherited_handles(bool raw)
{
    inherited h;
    uint32_t count = 0;
    int64_t number = 0;
    peer *other = remote_start(PEER_PROCESS);

    REQUIRE_STATUS(byn_mutex_open(&h.mutex, fresh_name(), NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&h.event, fresh_name(),
                                  &BYN_OPTIONS(byn_event_options, .initially_set = true)),
                   BYN_CREATED);
    REQUIRE_STATUS(byn_semaphore_open(&h.semaphore, fresh_name(),
                                      &BYN_OPTIONS(byn_semaphore_options, .initial = 3)),
                   BYN_CREATED);
    REQUIRE_STATUS(byn_memory_open(&h.memory, fresh_name(),
                                   &BYN_OPTIONS(byn_memory_options, .size = 100, .limit = 1000)),
                   BYN_CREATED);
    REQUIRE_STATUS(
        byn_value_open(&h.value, fresh_name(), &BYN_OPTIONS(byn_value_options, .initial = 8)),
        BYN_CREATED);
    REQUIRE_STATUS(byn_pipe_open(&h.pipe, fresh_name(), NULL), BYN_CREATED);
    CHECK_STATUS(byn_mutex_lock(h.mutex, BYN_NOW), BYN_OK);
    CHECK_INT(in_child(raw, uses_everything, &h), 0);

    /* Nothing of that was felt here, nor by others. */
    CHECK_STATUS(remote_call(other, "mutex 2 0 %s", byn_mutex_name(h.mutex)), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(other, "value 2 0 0 %s", byn_value_name(h.value)), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(h.mutex), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_OK);
    CHECK_STATUS(remote_call(other, "unlock"), BYN_OK);
    CHECK_STATUS(byn_event_wait(h.event, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_semaphore_value(h.semaphore, &count), BYN_OK);
    CHECK_INT(count, 3);
    CHECK_INT(byn_memory_size(h.memory), 100);
    CHECK_STATUS(byn_value_get(h.value, &number), BYN_OK);
    CHECK_INT(number, 8);
    CHECK_STATUS(remote_call(other, "pipe 2 0 0 0 %s", byn_pipe_name(h.pipe)), BYN_OK);
    CHECK_INT(remote_number(), BYN_PIPE_SECOND);
    CHECK_STATUS(remote_call(other, "send 0 still open"), BYN_OK);
    CHECK_STATUS(byn_pipe_poll(h.pipe, BYN_NOW), BYN_OK);
    remote_end(other);
    byn_pipe_close(h.pipe);
    byn_mutex_close(h.mutex);
    byn_event_close(h.event);
    byn_semaphore_close(h.semaphore);
    byn_memory_close(h.memory);
    byn_value_close(h.value);
}

static void inherited_handles_are_refused_and_closed_without_harm(void)
{
    refuses_inherited_handles(false);
}

/* Without pthread_atfork(): only what the kernel does at a fork tells the child. */
static void child_of_a_raw_clone_is_refused_too(void)
{
#ifdef __linux__
    refuses_inherited_handles(true);
#else
    test_skip("only Linux wipes a page at fork");
#endif
}

static int opens_its_own(void *argument)
{
    byn_mutex *parents = argument, *own = NULL;
    int wrong = 0;

    wrong += byn_mutex_open(&own, byn_mutex_name(parents), NULL) != BYN_OK;
    if (wrong > 0)
        return wrong;
    wrong += own == parents;
    wrong += byn_mutex_lock(own, BYN_NOW) != BYN_E_TIMEDOUT; /* the parent holds it */
    wrong += byn_mutex_unlock(own) != BYN_E_NOTOWNER;
    byn_mutex_close(own);
    return wrong;
}

static void child_opens_the_name_itself(void)
{
    byn_mutex *mutex = NULL;

    REQUIRE_STATUS(byn_mutex_open(&mutex, fresh_name(), NULL), BYN_CREATED);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_INT(in_child(false, opens_its_own, mutex), 0);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
}

static int dies_with_its_own(void *argument)
{
    byn_mutex *own = NULL;

    if (byn_mutex_open(&own, argument, NULL) != BYN_OK || byn_mutex_lock(own, BYN_NOW) != BYN_OK)
        return 1;
    return 0; /* by _exit(), holding it */
}

static void child_that_dies_as_owner_is_succeeded_by_its_parent(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = NULL;

    REQUIRE_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_CREATED);
    CHECK_INT(in_child(false, dies_with_its_own, (void *)(uintptr_t)name), 0);
    CHECK_STATUS(byn_mutex_lock(mutex, 60000), BYN_ABANDONED);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
}

/*
 * A C library that goes on with the parent's list of held mutexes in the child ties the child's mutex to
 * the parent's, in shared memory.
 */
typedef struct two {
    const char *name;
    int to_parent[2], to_child[2];
} two;

static int holds_its_own(void *argument)
{
    two *t = argument;
    byn_mutex *own = NULL;
    char byte = 0;
    int wrong = 0;

    (void)close(t->to_child[1]); /* if the parent breaks, this ends */
    wrong += byn_mutex_open(&own, t->name, NULL) != BYN_CREATED;
    wrong += wrong > 0 || byn_mutex_lock(own, BYN_NOW) != BYN_OK;
    wrong += write(t->to_parent[1], &byte, 1) != 1;
    wrong += read(t->to_child[0], &byte, 1) != 1;
    wrong += wrong > 0 || byn_mutex_unlock(own) != BYN_OK;
    byn_mutex_close(own);
    return wrong;
}

static void child_that_holds_while_its_parent_held_leaves_the_parents_alone(void)
{
    byn_mutex *first = NULL, *second = NULL;
    int result = -1;
    char byte = 0;
    pid_t pid;
    two t;

    REQUIRE(pipe(t.to_parent) == 0 && pipe(t.to_child) == 0);
    REQUIRE_STATUS(byn_mutex_open(&first, fresh_name(), NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_open(&second, fresh_name(), NULL), BYN_CREATED);
    t.name = fresh_name();
    CHECK_STATUS(byn_mutex_lock(first, BYN_NOW), BYN_OK);
    (void)fflush(NULL);
    pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0)
        _exit(holds_its_own(&t));
    CHECK(read(t.to_parent[0], &byte, 1) == 1);
    CHECK_STATUS(byn_mutex_unlock(first), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(second, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(first, BYN_NOW), BYN_OK);
    CHECK(write(t.to_child[1], &byte, 1) == 1);
    CHECK(waitpid(pid, &result, 0) == pid);
    CHECK(WIFEXITED(result) && WEXITSTATUS(result) == 0);
    CHECK_STATUS(byn_mutex_unlock(first), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(second), BYN_OK);
    (void)close(t.to_parent[0]);
    (void)close(t.to_parent[1]);
    (void)close(t.to_child[0]);
    (void)close(t.to_child[1]);
    byn_mutex_close(first);
    byn_mutex_close(second);
}

/*
 * What a process holds is its own: the death of a child that inherited the handles gives nothing back and
 * breaks nothing.
 */
typedef struct held {
    byn_rwlock *rwlock;
    byn_semaphore *permits;
    byn_barrier *barrier;
} held;

static int finds_it_held(void *argument)
{
    held *h = argument;
    byn_rwlock *rwlock = NULL;
    byn_semaphore *permits = NULL;
    int wrong = 0;

    wrong += byn_rwlock_unlock(h->rwlock) != BYN_E_INVALID;
    wrong += byn_semaphore_release(h->permits, 1, NULL) != BYN_E_INVALID;
    wrong += byn_barrier_abort(h->barrier) != BYN_E_INVALID;
    byn_barrier_close(h->barrier);
    wrong += byn_rwlock_open(&rwlock, byn_rwlock_name(h->rwlock), NULL) != BYN_OK;
    wrong += byn_semaphore_open(&permits, byn_semaphore_name(h->permits), NULL) != BYN_OK;
    if (wrong > 0)
        return wrong;
    wrong += byn_rwlock_lock(rwlock, BYN_NOW) != BYN_E_TIMEDOUT;
    wrong += byn_rwlock_lock_shared(rwlock, BYN_NOW) != BYN_E_TIMEDOUT;
    wrong += byn_rwlock_unlock(rwlock) != BYN_E_NOTOWNER;
    wrong += byn_semaphore_acquire(permits, 1, BYN_NOW) != BYN_E_TIMEDOUT;
    return wrong;
}

static void child_that_dies_gives_back_nothing_of_its_parents(void)
{
    peer *other = remote_start(PEER_PROCESS);
    held h;

    REQUIRE_STATUS(byn_rwlock_open(&h.rwlock, fresh_name(), NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_semaphore_open(&h.permits, fresh_name(),
                                      &BYN_OPTIONS(byn_semaphore_options, .initial = 1,
                                                   .maximum = 1, .undo = true)),
                   BYN_CREATED);
    REQUIRE_STATUS(byn_barrier_open(&h.barrier, fresh_name(),
                                    &BYN_OPTIONS(byn_barrier_options, .parties = 2, .party = true)),
                   BYN_CREATED);
    CHECK_STATUS(byn_rwlock_lock(h.rwlock, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_semaphore_acquire(h.permits, 1, BYN_NOW), BYN_OK);
    CHECK_INT(in_child(false, finds_it_held, &h), 0);

    CHECK_STATUS(remote_call(other, "rwlock 2 %s", byn_rwlock_name(h.rwlock)), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock_alone 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(other, "semaphore 2 0 0 %s", byn_semaphore_name(h.permits)), BYN_OK);
    CHECK_STATUS(remote_call(other, "acquire 1 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(remote_call(other, "barrier 2 0 0 %s", byn_barrier_name(h.barrier)), BYN_OK);
    CHECK_STATUS(remote_call(other, "meet 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_semaphore_release(h.permits, 1, NULL), BYN_OK);
    CHECK_STATUS(byn_rwlock_unlock(h.rwlock), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock_alone 0"), BYN_OK);
    CHECK_STATUS(remote_call(other, "acquire 1 0"), BYN_OK);
    remote_end(other);
    byn_rwlock_close(h.rwlock);
    byn_semaphore_close(h.permits);
    byn_barrier_close(h.barrier);
}

/* ---- Descriptors --------------------------------------------------------------------------------- */

/* Waits for a child for an instant, together with its end; 0: all went well. */
static int waits_for_a_child(void)
{
    const char *const argv[] = {"sleep", "60", NULL};
    byn_process *process = NULL;
    void *what[1];
    int wrong = 0;

    if (byn_process_start(&process, argv,
                          &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)) != BYN_OK)
        return 1;
    what[0] = process;
    wrong += byn_wait_any(what, 1, 1, NULL) != BYN_E_TIMEDOUT;
    wrong += byn_process_kill(process) != BYN_OK;
    wrong += byn_wait_any(what, 1, 60000, NULL) != BYN_OK;
    byn_process_close(process);
    return wrong;
}

/* As who becomes a daemon: what it opens has the numbers of what it inherited. */
static int closes_all_and_opens_its_own(void *argument)
{
    enum { FIRST = 3, MOST = 64 };
    struct stat info;
    int fd, wrong = 0;

    (void)argument;
    for (fd = FIRST; fd < MOST; fd++)
        (void)close(fd);
    for (fd = FIRST; fd < MOST; fd++)
        wrong += open("/dev/null", O_RDONLY) != fd;
    wrong += waits_for_a_child();
    for (fd = FIRST; fd < MOST; fd++)
        wrong += fstat(fd, &info) != 0 || !S_ISCHR(info.st_mode);
    return wrong;
}

static int closes_all_in_a_child(void *argument)
{
    return in_child(false, closes_all_and_opens_its_own, argument);
}

static void child_that_closed_all_keeps_what_it_opened(void)
{
    if (test_sanitized())
        test_skip("ThreadSanitizer lets no forked child have threads");
    CHECK_INT(waits_for_a_child(), 0);
    CHECK_INT(in_child(false, closes_all_and_opens_its_own, NULL), 0);
    CHECK_INT(in_child(false, closes_all_in_a_child, NULL), 0);
}

/* What is written where standard streams would be goes nowhere, and no child inherits it there. */
static int has_no_standard_streams(void *argument)
{
    static const char text[] = "printed";
    byn_mutex *first = NULL, *second = NULL;
    int fd, wrong = 0;

    (void)argument;
    for (fd = 0; fd < 3; fd++)
        (void)close(fd);
    wrong += byn_mutex_open(&first, fresh_name(), NULL) != BYN_CREATED;
    wrong += byn_mutex_open(&second, fresh_name(), NULL) != BYN_CREATED;
    for (fd = 0; fd < 3; fd++)
        wrong += write(fd, text, sizeof text) >= 0;
    byn_mutex_close(first);
    byn_mutex_close(second);
    return wrong;
}

static void objects_are_no_standard_streams(void)
{
    CHECK_INT(in_child(false, has_no_standard_streams, NULL), 0);
}

/* ---- Threads that are canceled ------------------------------------------------------------------- */

typedef struct shared_with_canceled {
    const char *name;
    byn_process *process;
} shared_with_canceled;

/* Ends in the first call that can be canceled, or at its end. */
static void *opens_though_canceled(void *argument)
{
    const shared_with_canceled *shared = argument;
    byn_mutex *mutex = NULL;

    (void)pthread_cancel(pthread_self());
    if (byn_mutex_open(&mutex, shared->name, NULL) >= 0)
        byn_mutex_close(mutex);
    pthread_testcancel();
    return NULL;
}

static void *waits_though_canceled(void *argument)
{
    const shared_with_canceled *shared = argument;

    (void)pthread_cancel(pthread_self());
    (void)byn_process_wait(shared->process, BYN_FOREVER, NULL);
    pthread_testcancel();
    return NULL;
}

/* As a main thread does not. */
static void *starts_though_canceled(void *argument)
{
    const char *const argv[] = {"true", NULL};
    byn_process *process = NULL;

    (void)argument;
    (void)pthread_cancel(pthread_self());
    if (byn_process_start(&process, argv,
                          &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)) >= 0)
        byn_process_close(process);
    pthread_testcancel();
    return NULL;
}

static int run_canceled(void *(*function)(void *), shared_with_canceled *shared)
{
    pthread_t thread;
    void *result = NULL;

    if (pthread_create(&thread, NULL, function, shared) != 0)
        return 1;
    return pthread_join(thread, &result) != 0 || result != PTHREAD_CANCELED;
}

/* In a child, since what a canceled thread had opened stays open in its process. */
static int goes_on_after_canceled_threads(void *argument)
{
    const char *const argv[] = {"true", NULL};
    shared_with_canceled shared = {.name = argument};
    byn_mutex *mutex = NULL;
    byn_exit ended;
    int wrong = 0;

    wrong += byn_process_start(&shared.process, argv, NULL) != BYN_OK;
    if (wrong > 0)
        return wrong;
    wrong += run_canceled(opens_though_canceled, &shared);
    wrong += run_canceled(waits_though_canceled, &shared);
    wrong += run_canceled(starts_though_canceled, &shared);
    wrong += byn_process_wait(shared.process, 60000, &ended) != BYN_OK;
    wrong += byn_mutex_open(&mutex, shared.name, NULL) < 0;
    byn_mutex_close(mutex);
    byn_process_close(shared.process);
    return wrong;
}

static void thread_that_is_canceled_leaves_no_lock(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = NULL;

    if (test_sanitized())
        test_skip("sanitizers do not know stacks that are unwound");
    CHECK_INT(in_child(false, goes_on_after_canceled_threads, (void *)(uintptr_t)name), 0);
    CHECK_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_CREATED);
    byn_mutex_close(mutex);
}

static const test_case cases[] = {
    TEST(inherited_handles_are_refused_and_closed_without_harm),
    TEST(child_of_a_raw_clone_is_refused_too),
    TEST(child_opens_the_name_itself),
    TEST(child_that_dies_as_owner_is_succeeded_by_its_parent),
    TEST(child_that_holds_while_its_parent_held_leaves_the_parents_alone),
    TEST(child_that_dies_gives_back_nothing_of_its_parents),
    TEST(child_that_closed_all_keeps_what_it_opened),
    TEST(objects_are_no_standard_streams),
    TEST(thread_that_is_canceled_leaves_no_lock),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "fork", cases, peers);
}
