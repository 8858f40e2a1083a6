#include "nouns.h"

#define CLOSED_AS(noun)                                                                            \
    static void close_##noun(void *handle)                                                         \
    {                                                                                              \
        byn_##noun##_close(handle);                                                                \
    }

CLOSED_AS(mutex)
CLOSED_AS(rwlock)
CLOSED_AS(event)
CLOSED_AS(semaphore)
CLOSED_AS(condition)
CLOSED_AS(value)
CLOSED_AS(queue)
CLOSED_AS(dict)
CLOSED_AS(list)

static void *open_mutex(const char *name)
{
    byn_mutex *mutex = NULL;

    check(byn_mutex_open(&mutex, name, NULL));
    return mutex;
}

static void run_mutex(void *mutex, uint32_t times)
{
    while (times-- > 0) {
        check(byn_mutex_lock(mutex, BYN_FOREVER));
        check(byn_mutex_unlock(mutex));
    }
}

static void *open_recursive(const char *name)
{
    byn_mutex *mutex = NULL;

    check(byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .recursive = true)));
    return mutex;
}

static void *open_rwlock(const char *name)
{
    byn_rwlock *rwlock = NULL;

    check(byn_rwlock_open(&rwlock, name, NULL));
    return rwlock;
}

static void run_rwlock(void *rwlock, uint32_t times)
{
    while (times-- > 0) {
        check(byn_rwlock_lock_shared(rwlock, BYN_FOREVER));
        check(byn_rwlock_unlock(rwlock));
    }
}

static void *open_event(const char *name)
{
    byn_event *event = NULL;

    check(byn_event_open(&event, name, NULL));
    return event;
}

static void run_event(void *event, uint32_t times)
{
    while (times-- > 0) {
        check(byn_event_set(event));
        check(byn_event_wait(event, BYN_FOREVER));
    }
}

static void *open_semaphore_with(const char *name, bool undo)
{
    byn_semaphore *semaphore = NULL;

    check(byn_semaphore_open(&semaphore, name,
                             &BYN_OPTIONS(byn_semaphore_options, .initial = 1, .undo = undo)));
    return semaphore;
}

static void *open_semaphore(const char *name)
{
    return open_semaphore_with(name, false);
}

static void *open_undo(const char *name)
{
    return open_semaphore_with(name, true);
}

static void run_semaphore(void *semaphore, uint32_t times)
{
    while (times-- > 0) {
        check(byn_semaphore_acquire(semaphore, 1, BYN_FOREVER));
        check(byn_semaphore_release(semaphore, 1, NULL));
    }
}

static void *open_condition(const char *name)
{
    byn_condition *condition = NULL;

    check(byn_condition_open(&condition, name, NULL));
    return condition;
}

static void run_condition(void *condition, uint32_t times)
{
    while (times-- > 0)
        check(byn_condition_notify(condition, 1));
}

static void *open_value(const char *name)
{
    byn_value *value = NULL;

    check(byn_value_open(&value, name, NULL));
    return value;
}

static void run_value(void *value, uint32_t times)
{
    while (times-- > 0)
        check(byn_value_add(value, 1, NULL));
}

static void *open_queue(const char *name)
{
    byn_queue *queue = NULL;

    check(byn_queue_open(&queue, name, NULL));
    return queue;
}

static void run_queue(void *queue, uint32_t times)
{
    char message[64] = "";

    while (times-- > 0) {
        size_t size = sizeof message;

        check(byn_queue_put(queue, message, sizeof message, BYN_FOREVER));
        check(byn_queue_get(queue, message, &size, BYN_FOREVER));
    }
}

static void *open_dict(const char *name)
{
    byn_dict *dict = NULL;

    check(byn_dict_open(&dict, name, NULL));
    return dict;
}

static void run_dict(void *dict, uint32_t times)
{
    char value[64] = "";

    while (times-- > 0) {
        size_t size = sizeof value;
        uint8_t key = (uint8_t)times;

        check(byn_dict_put(dict, &key, 1, value, sizeof value));
        check(byn_dict_get(dict, &key, 1, value, &size));
    }
}

static void *open_list(const char *name)
{
    byn_list *list = NULL;

    check(byn_list_open(&list, name, NULL));
    return list;
}

static void run_list(void *list, uint32_t times)
{
    char element[64] = "";

    while (times-- > 0) {
        size_t size = sizeof element;

        check(byn_list_append(list, element, sizeof element));
        check(byn_list_pop(list, -1, element, &size));
    }
}

const bench_noun bench_nouns[BENCH_NOUNS] = {
    {"mutex", "mutex: lock and unlock", open_mutex, run_mutex, close_mutex},
    {"recursive", "mutex, recursive: lock and unlock", open_recursive, run_mutex, close_mutex},
    {"rwlock", "rwlock: lock shared and unlock", open_rwlock, run_rwlock, close_rwlock},
    {"event", "event: set and wait", open_event, run_event, close_event},
    {"semaphore", "semaphore: acquire and release", open_semaphore, run_semaphore, close_semaphore},
    {"undo", "semaphore with undo: acquire and release", open_undo, run_semaphore, close_semaphore},
    {"condition", "condition: notify nobody", open_condition, run_condition, close_condition},
    {"value", "value: add", open_value, run_value, close_value},
    {"queue", "queue: put and get 64 bytes", open_queue, run_queue, close_queue},
    {"dict", "dict: put and get 64 bytes", open_dict, run_dict, close_dict},
    {"list", "list: append and pop 64 bytes", open_list, run_list, close_list},
};
