/*
 * The robust mutex of pthreads, which the kernel unlocks when its owner dies.
 *
 * Nobody blocks in pthread_mutex_lock(), for it can sleep on a free lock for ever: an unlock wakes A;
 * Y takes the lock without a system call; A is killed before it tries; Y unlocks and, not seeing A's
 * mark, wakes nobody; B sleeps on. So a wait is cut into slices, after each of which the lock is tried.
 *
 * Waiters barge: who runs takes the lock. Handing it over to who came first costs a switch each time and
 * is 190 times slower with 8 processes on 2 processors.
 */
#include "posix.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPIN_BUDGET_NS = 4000 };

void bynp_robust_initialise(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;

    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    (void)pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    (void)pthread_mutex_init(lock, &attributes);
    (void)pthread_mutexattr_destroy(&attributes);
}

/* ---- What a sound one looks like ----------------------------------------------------------------- */

typedef union mutex_image {
    pthread_mutex_t lock;
    uint32_t words[sizeof(pthread_mutex_t) / sizeof(uint32_t)];
    unsigned char bytes[sizeof(pthread_mutex_t)];
} mutex_image;

static void draw(mutex_image *image)
{
    memset(image, 0, sizeof *image);
    bynp_robust_initialise(&image->lock);
}

bynp_sort bynp_robust_sort;

/* The word in which a new one says it is the one that is not 0; two of them would be something unknown. */
void bynp_robust_learn(void)
{
    mutex_image image;
    bynp_sort found = {0, 0, 0};
    uint32_t i, count = 0;

    draw(&image);
    for (i = 0; i < sizeof image.words / sizeof image.words[0]; i++) {
        if (image.words[i] == 0)
            continue;
        found = (bynp_sort){i, image.words[i], UINT32_MAX};
        count++;
    }
    if (count == 1)
        bynp_robust_sort = found;
    (void)pthread_mutex_destroy(&image.lock);
    bynp_straight_learn();
}

byn_status bynp_robust_broken(void)
{
    return byni_fail(BYN_E_CORRUPT, "the lock in shared memory is broken");
}

/* Builds whose libraries lay a mutex out in different ways must not share one. */
static uint32_t take_fingerprint(void)
{
    mutex_image image;
    uint32_t value = 2166136261u;
    size_t i;

    draw(&image);
    for (i = 0; i < sizeof image.bytes; i++)
        value = (value ^ image.bytes[i]) * 16777619u;
    (void)pthread_mutex_destroy(&image.lock);
    return value;
}

uint32_t bynp_robust_fingerprint(void)
{
    static byni_a64 known; /* one bit more than the fingerprint has */
    uint64_t value = byni_load64(&known);

    if (value == 0) {
        value = UINT64_C(1) << 32 | take_fingerprint();
        byni_store64(&known, value);
    }
    return (uint32_t)value;
}

/* The owner died: the lock is the caller's. pthread_mutex_consistent() only says that it may be used
 * again; what the dead left is the heir's business. Dying before it leaves the lock abandoned. */
byn_status bynp_robust_result(pthread_mutex_t *lock, int error)
{
    if (error == EBUSY || error == ETIMEDOUT)
        return BYN_E_TIMEDOUT;
    if (error == EOWNERDEAD) {
        bynp_this_thread.held++;
        (void)pthread_mutex_consistent(lock);
        return BYN_ABANDONED;
    }
    if (error == EINVAL || error == ENOTRECOVERABLE || error == EDEADLK || error == EPERM)
        return byni_fail(BYN_E_CORRUPT, "the lock in shared memory is broken (error %d)", error);
    return bynp_fail(error, "cannot lock");
}

byn_status bynp_robust_take(pthread_mutex_t *lock)
{
    int error;

    if (!bynp_robust_sound(lock))
        return bynp_robust_broken();
    error = pthread_mutex_trylock(lock);
    if (error != 0)
        return bynp_robust_result(lock, error);
    bynp_this_thread.held++;
    return BYN_OK;
}

byn_status bynp_robust_try_called(pthread_mutex_t *lock)
{
    if (bynp_this_thread.held >= BYNP_MOST_HELD)
        return byni_fail(
            BYN_E_LIMIT,
            "this thread holds %d mutexes, and the system would not release more if it died: "
            "unlock some",
            BYNP_MOST_HELD);
    return bynp_robust_take(lock);
}

byn_status bynp_robust_unlock_called(pthread_mutex_t *lock)
{
    byni_a32 *word = bynp_this_thread.wakes_all; /* the library's unlock wakes one */
    int error;

    if (!bynp_robust_sound(lock))
        return bynp_robust_broken();
    error = pthread_mutex_unlock(lock);
    if (error != 0)
        return bynp_robust_result(lock, error);
    bynp_this_thread.held--;
    if (word != NULL && word == bynp_robust_word(lock))
        bynp_straight_wake(word);
    return BYN_OK;
}

/* Whether somebody has it now: only who lets the word alone lets the owner run. */
static bool is_held(pthread_mutex_t *lock)
{
    const byni_a32 *word = bynp_robust_word(lock);

    return word != NULL && (byni_load32(word) & BYNP_OWNER_MASK) != 0;
}

/* Look rarely, at growing distances: who reads the word all the time takes the line from the owner. */
static byn_status spin(pthread_mutex_t *lock)
{
    uint32_t budget = bynp_pauses(SPIN_BUDGET_NS), spent = 0, gap = budget / 8 + 1, i;
    byn_status status = BYN_E_TIMEDOUT;

    for (; spent < budget && status == BYN_E_TIMEDOUT; gap *= 2) {
        for (i = 0; i < gap; i++)
            byni_pause();
        spent += gap;
        if (!is_held(lock))
            status = bynp_robust_try(lock);
    }
    return status;
}

static byn_status sleep_in_slices(pthread_mutex_t *lock, bynk_deadline deadline)
{
    uint64_t slice = HEARTBEAT_FIRST_MS;

    for (;;) {
        uint64_t wait = byni_remaining(deadline, slice * NS_PER_MS);
        byn_status status;

        if (wait == 0)
            return bynp_robust_try(lock);
        status = bynp_robust_lock_until(lock, bynk_clock() + wait);
        if (status != BYN_E_TIMEDOUT)
            return status;
        if (slice < HEARTBEAT_LAST_MS)
            slice *= 2;
    }
}

byn_status bynp_robust_lock(pthread_mutex_t *lock, bynp_lock_hint *hint, bynk_deadline deadline)
{
    const bool soon = deadline == BYNK_SOON;
    byn_status status;
    uint64_t began;

    (void)bynk_me();
    status = bynp_robust_try(lock);
    if (status != BYN_E_TIMEDOUT || deadline == BYNK_NOW)
        return status;
    if (soon)
        deadline = byni_deadline(BYNI_SOON_MS);
    if (bynp_lock_may_spin(hint)) {
        status = spin(lock);
        if (status != BYN_E_TIMEDOUT) {
            bynp_lock_won(hint);
            return status;
        }
    }
    began = bynk_clock();
    status = sleep_in_slices(lock, deadline);
    bynp_lock_slept(hint, bynk_clock() - began);
    return soon && status == BYN_E_TIMEDOUT ? byni_stuck() : status;
}

/* ---- Guards and mutexes are both nothing else ---------------------------------------------------- */

void bynk_guard_initialise(bynk_guard *guard)
{
    bynp_robust_initialise(&guard->lock);
}

byn_status bynp_guard_lock(bynk_guard *guard, bynk_deadline deadline)
{
    static bynp_lock_hint hint; /* guards are held for so short that one guess serves all */

    return bynp_robust_lock(&guard->lock, &hint, deadline);
}

void bynk_mutex_initialise(bynk_mutex_state *state)
{
    bynk_guard_initialise(state);
}

byn_status bynk_mutex_attach(bynk_mutex *mutex, bynk_segment *segment, bynk_mutex_state *state)
{
    (void)segment;
    mutex->state = state;
    return BYN_OK;
}

void bynk_mutex_detach(bynk_mutex *mutex)
{
    mutex->state = NULL;
}

/* All is in the list of the thread, and nothing but it: others' robust mutexes are there too. */
bynk_mutex_state *bynk_mutex_held_alone(void)
{
    const bynp_head *head = bynp_this_thread.head;
    bynp_straight *first;

    if (!bynk_knows_me(bynk_token()) || head == NULL || bynp_this_thread.held != 1 ||
        head->next == &head->next || ((uintptr_t)head->next & 7) != 0)
        return NULL;
    first = (bynp_straight *)(void *)((char *)head->next - offsetof(bynp_straight, next));
    return first->next == &head->next ? (bynk_mutex_state *)(void *)first : NULL;
}

/* glibc goes on waiting after a signal handler; so an interruptible thread looks up now and then. */
static byn_status lock_interruptibly(bynk_mutex *mutex, bynk_deadline deadline)
{
    byn_status status;
    uint64_t wait;

    do {
        wait = byni_remaining(deadline, (uint64_t)BYNI_INTERRUPT_MS * NS_PER_MS);
        status = bynp_robust_lock(&mutex->state->lock, &mutex->hint,
                                  wait > 0 ? bynk_clock() + wait : BYNK_NOW);
        if (status == BYN_E_TIMEDOUT && wait > 0 && byni_interrupted())
            return BYN_E_CANCELED;
    } while (status == BYN_E_TIMEDOUT && wait > 0);
    return status;
}

byn_status bynk_mutex_lock(bynk_mutex *mutex, bynk_deadline deadline)
{
    if (deadline != BYNK_NOW && byni_interruptible())
        return lock_interruptibly(mutex, deadline);
    return bynp_robust_lock(&mutex->state->lock, &mutex->hint, deadline);
}

/* ---- fork() -------------------------------------------------------------------------------------- */

/*
 * What a thread holds is a list through the mutexes themselves, which the kernel knows the begin of. In a
 * forked child it has to begin anew; where the C library (musl) does not see to that, the child's first
 * mutex would be tied to the parent's last one, in shared memory.
 */
static struct robust_list_head *forking;

static struct robust_list_head *held_by_this_thread(void)
{
    struct robust_list_head *head = NULL;
    size_t size = 0;

    return syscall(SYS_get_robust_list, 0, &head, &size) == 0 ? head : NULL;
}

void bynp_robust_before_fork(void)
{
    forking = held_by_this_thread();
}

/* A list that the library has told the kernel of in this process is a new one. */
void bynp_robust_in_child(void)
{
    if (forking != NULL && held_by_this_thread() == NULL)
        forking->list.next = &forking->list;
}
