/*
 * growth - what an operation costs on an object that nobody else has open, and on one that many idle
 * processes have open too. Nothing should grow: the ratio is to be 1.
 *
 * growth [--json FILE] [rounds [milliseconds [processes]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

#include "bench.h"

enum { MOST_IDLE = 500, START_MS = 60000 };

/* ---- What is measured ------------------------------------------------------------------------------ */

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

static void *open_semaphore(const char *name)
{
    byn_semaphore *semaphore = NULL;

    check(byn_semaphore_open(&semaphore, name,
                             &BYN_OPTIONS(byn_semaphore_options, .initial = 1, .undo = true)));
    return semaphore;
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

static const struct noun {
    const char *name, *title;
    void *(*open)(const char *name);
    void (*run)(void *handle, uint32_t times);
} nouns[] = {
    {"mutex", "mutex: lock and unlock", open_mutex, run_mutex},
    {"rwlock", "rwlock: share and unlock", open_rwlock, run_rwlock},
    {"event", "event: set and wait", open_event, run_event},
    {"undo", "semaphore with undo: acquire and release", open_semaphore, run_semaphore},
    {"condition", "condition: notify nobody", open_condition, run_condition},
    {"value", "value: add", open_value, run_value},
    {"queue", "queue: put and get 64 bytes", open_queue, run_queue},
    {"dict", "dict: put and get 64 bytes", open_dict, run_dict},
    {"list", "list: append and pop 64 bytes", open_list, run_list},
};

enum { NOUNS = sizeof nouns / sizeof nouns[0] };

/* ---- The idle -------------------------------------------------------------------------------------- */

static char *called(char name[300], const char *base, const char *what)
{
    (void)snprintf(name, 300, "%s.%s", base, what);
    return name;
}

static byn_event *open_stop(const char *base)
{
    byn_event *stop = NULL;
    char name[300];

    check(byn_event_open(&stop, called(name, base, "stop"),
                         &BYN_OPTIONS(byn_event_options, .manual_reset = true)));
    return stop;
}

static byn_semaphore *open_ready(const char *base)
{
    byn_semaphore *ready = NULL;
    char name[300];

    check(byn_semaphore_open(&ready, called(name, base, "ready"), NULL));
    return ready;
}

static int be_idle(const char *base)
{
    char name[300];
    int i;

    for (i = 0; i < NOUNS; i++)
        (void)nouns[i].open(called(name, base, nouns[i].name));
    check(byn_semaphore_release(open_ready(base), 1, NULL));
    check(byn_event_wait(open_stop(base), BYN_FOREVER));
    return 0;
}

static void start_idle(byn_process **idle, int count, const char *program, const char *base)
{
    const char *const arguments[] = {program, "--idle", base, NULL};
    byn_semaphore *ready = open_ready(base);
    int i;

    for (i = 0; i < count; i++)
        check(byn_process_start(&idle[i], arguments,
                                &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)));
    for (i = 0; i < count; i++)
        check(byn_semaphore_acquire(ready, 1, START_MS));
}

/* ---- The comparison -------------------------------------------------------------------------------- */

static void compare(const char *base, int idle, int rounds, int milliseconds)
{
    char title[64], name[300];
    int i;

    (void)snprintf(title, sizeof title, "%d idle processes beside", idle);
    for (i = 0; i < NOUNS; i++) {
        const bench_entry entries[] = {
            {"alone", nouns[i].run, nouns[i].open(NULL)},
            {title, nouns[i].run, nouns[i].open(called(name, base, nouns[i].name))},
        };

        bench_compare(nouns[i].title, entries, 2, rounds, milliseconds);
    }
}

int main(int argc, char **argv)
{
    bench_settings s = {.rounds = 11, .milliseconds = 20, .number = 50};
    byn_process *idle[MOST_IDLE];
    byn_event *stop, *base = NULL;
    int count, i;

    if (argc > 2 && strcmp(argv[1], "--idle") == 0)
        return be_idle(argv[2]);
    bench_begin(argc, argv, &s);
    count = s.number;
    if (count > MOST_IDLE) {
        fprintf(stderr, "growth: processes 0 to %d\n", MOST_IDLE);
        return 2;
    }
    check(byn_event_open(&base, NULL, NULL));
    stop = open_stop(byn_event_name(base));
    start_idle(idle, count, argv[0], byn_event_name(base));
    compare(byn_event_name(base), count, s.rounds, s.milliseconds);
    check(byn_event_set(stop));
    for (i = 0; i < count; i++)
        check(byn_process_wait(idle[i], START_MS, NULL));
    return 0;
}
