#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>

#include "bench.h"
#include "wakers.h"

static void *open_word(void *place, const char *name, bool first)
{
    (void)name;
    if (first)
        __atomic_store_n((uint32_t *)place, 0, __ATOMIC_SEQ_CST);
    return place;
}

static void wake_word(void *place)
{
    __atomic_store_n((uint32_t *)place, 1, __ATOMIC_SEQ_CST);
    bench_raw_wake_one(place);
}

static void wait_word(void *place)
{
    while (__atomic_exchange_n((uint32_t *)place, 0, __ATOMIC_SEQ_CST) == 0)
        bench_raw_sleep(place, 0);
}

static void spin_wake(void *place)
{
    __atomic_store_n((uint32_t *)place, 1, __ATOMIC_SEQ_CST);
}

static void spin_wait(void *place)
{
    uint32_t looks = 0;

    while (__atomic_load_n((uint32_t *)place, __ATOMIC_SEQ_CST) == 0)
        if (++looks % 20000 == 0)
            (void)sched_yield();
    __atomic_store_n((uint32_t *)place, 0, __ATOMIC_SEQ_CST);
}

static void *open_semaphore(void *place, const char *name, bool first)
{
    (void)name;
    if (first && sem_init(place, 1, 0) != 0)
        exit(2);
    return place;
}

static void wake_semaphore(void *place)
{
    (void)sem_post(place);
}

static void wait_semaphore(void *place)
{
    while (sem_wait(place) != 0) {
    }
}

typedef struct condition {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int there;
} condition;

static void *open_condition(void *place, const char *name, bool first)
{
    condition *c = place;
    pthread_mutexattr_t mutex;
    pthread_condattr_t changed;

    (void)name;
    if (!first)
        return place;
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&c->mutex, &mutex);
    pthread_condattr_init(&changed);
    pthread_condattr_setpshared(&changed, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&c->changed, &changed);
    c->there = 0;
    return place;
}

static void wake_condition(void *place)
{
    condition *c = place;

    pthread_mutex_lock(&c->mutex);
    c->there = 1;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->mutex);
}

static void wait_condition(void *place)
{
    condition *c = place;

    pthread_mutex_lock(&c->mutex);
    while (c->there == 0)
        pthread_cond_wait(&c->changed, &c->mutex);
    c->there = 0;
    pthread_mutex_unlock(&c->mutex);
}

int bench_raw_wakers(const bench_waker **wakers)
{
    static const bench_waker all[] = {
        {"raw futex", open_word, wake_word, wait_word},
        {"spinning on a word", open_word, spin_wake, spin_wait},
        {"POSIX semaphore", open_semaphore, wake_semaphore, wait_semaphore},
        {"pthread condition", open_condition, wake_condition, wait_condition},
    };

    *wakers = all;
    return sizeof all / sizeof all[0];
}

void bench_stay_on_one_processor(void)
{
#if defined(__linux__)
    cpu_set_t allowed, one;
    size_t i = 0;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    while (!CPU_ISSET(i, &allowed))
        i++;
    CPU_ZERO(&one);
    CPU_SET(i, &one);
    (void)sched_setaffinity(0, sizeof one, &one);
#endif
}
