#include "remote.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { LINE_MOST = 2000 };

/* ---- The far side */

typedef struct handles {
    byn_mutex *mutex;
    byn_event *event;
    byn_semaphore *semaphore;
    byn_rwlock *rwlock;
    byn_memory *memory;
    byn_value *value;
    byn_condition *condition;
    byn_once *once;
    byn_barrier *barrier;
    uint32_t mode;
} handles;

typedef struct command {
    const char *name;
    byn_status (*run)(handles *h, const char *arguments, long long *number);
} command;

/* What follows the first numbers is the name. */
static const char *parse(const char *arguments, int count, long long *numbers)
{
    char *end;
    int i;

    for (i = 0; i < count; i++) {
        numbers[i] = strtoll(arguments, &end, 10);
        arguments = end;
    }
    return *arguments == ' ' ? arguments + 1 : arguments;
}

static byn_status open_mutex(handles *h, const char *arguments, long long *number)
{
    long long n[2];
    const char *name = parse(arguments, 2, n);

    (void)number;
    return byn_mutex_open(&h->mutex, name,
                          &BYN_OPTIONS(byn_mutex_options, .open = (byn_open_mode)n[0],
                                       .recursive = n[1] != 0, .mode = h->mode));
}

static byn_status lock(handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_mutex_lock(h->mutex, strtoll(arguments, NULL, 10));
}

static byn_status unlock(handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_mutex_unlock(h->mutex);
}

static byn_status open_event(handles *h, const char *arguments, long long *number)
{
    long long n[3];
    const char *name = parse(arguments, 3, n);

    (void)number;
    return byn_event_open(&h->event, name,
                          &BYN_OPTIONS(byn_event_options, .open = (byn_open_mode)n[0],
                                       .manual_reset = n[1] != 0, .initially_set = n[2] != 0,
                                       .mode = h->mode));
}

static byn_status wait_event(handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_event_wait(h->event, strtoll(arguments, NULL, 10));
}

static byn_status set(handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_event_set(h->event);
}

static byn_status reset(handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_event_reset(h->event);
}

static byn_status is_set(handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    *number = byn_event_is_set(h->event);
    return BYN_OK;
}

static byn_status open_some_semaphore(handles *h, const char *arguments, bool undo)
{
    long long n[3];
    const char *name = parse(arguments, 3, n);

    return byn_semaphore_open(&h->semaphore, name,
                              &BYN_OPTIONS(byn_semaphore_options, .open = (byn_open_mode)n[0],
                                           .initial = (uint32_t)n[1], .maximum = (uint32_t)n[2],
                                           .undo = undo, .mode = h->mode));
}

static byn_status open_semaphore(handles *h, const char *arguments, long long *number)
{
    (void)number;
    return open_some_semaphore(h, arguments, false);
}

static byn_status open_undo(handles *h, const char *arguments, long long *number)
{
    (void)number;
    return open_some_semaphore(h, arguments, true);
}

static byn_status acquire(handles *h, const char *arguments, long long *number)
{
    long long n[2];

    (void)number;
    (void)parse(arguments, 2, n);
    return byn_semaphore_acquire(h->semaphore, (uint32_t)n[0], n[1]);
}

static byn_status release(handles *h, const char *arguments, long long *number)
{
    uint32_t previous = 0;
    byn_status status =
        byn_semaphore_release(h->semaphore, (uint32_t)strtoul(arguments, NULL, 10), &previous);

    *number = previous;
    return status;
}

static byn_status permits(handles *h, const char *arguments, long long *number)
{
    uint32_t value = 0;
    byn_status status = byn_semaphore_value(h->semaphore, &value);

    (void)arguments;
    *number = value;
    return status;
}

static byn_status open_rwlock(handles *h, const char *arguments, long long *number)
{
    long long n[1];
    const char *name = parse(arguments, 1, n);

    (void)number;
    return byn_rwlock_open(
        &h->rwlock, name,
        &BYN_OPTIONS(byn_rwlock_options, .open = (byn_open_mode)n[0], .mode = h->mode));
}

static byn_status lock_shared(handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_rwlock_lock_shared(h->rwlock, strtoll(arguments, NULL, 10));
}

static byn_status lock_alone(handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_rwlock_lock(h->rwlock, strtoll(arguments, NULL, 10));
}

static byn_status unlock_rwlock(handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_rwlock_unlock(h->rwlock);
}

static byn_status open_memory(handles *h, const char *arguments, long long *number)
{
    long long n[3];
    const char *name = parse(arguments, 3, n);

    (void)number;
    return byn_memory_open(&h->memory, name,
                           &BYN_OPTIONS(byn_memory_options, .open = (byn_open_mode)n[0],
                                        .size = (uint64_t)n[1], .limit = (uint64_t)n[2],
                                        .mode = h->mode));
}

static byn_status size(handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    *number = (long long)byn_memory_size(h->memory);
    return BYN_OK;
}

static byn_status grow(handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_memory_grow(h->memory, (uint64_t)strtoll(arguments, NULL, 10));
}

static byn_status read_byte(handles *h, const char *arguments, long long *number)
{
    const unsigned char *base = byn_memory_base(h->memory);

    *number = base[strtoll(arguments, NULL, 10)];
    return BYN_OK;
}

static byn_status write_byte(handles *h, const char *arguments, long long *number)
{
    unsigned char *base = byn_memory_base(h->memory);
    long long n[2];

    (void)number;
    (void)parse(arguments, 2, n);
    base[n[0]] = (unsigned char)n[1];
    return BYN_OK;
}

static byn_status open_value(handles *h, const char *arguments, long long *number)
{
    long long n[3];
    const char *name = parse(arguments, 3, n);

    (void)number;
    return byn_value_open(&h->value, name,
                          &BYN_OPTIONS(byn_value_options, .open = (byn_open_mode)n[0],
                                       .type = (byn_value_type)n[1], .initial = n[2],
                                       .mode = h->mode));
}

static byn_status get(handles *h, const char *arguments, long long *number)
{
    int64_t value = 0;
    byn_status status = byn_value_get(h->value, &value);

    (void)arguments;
    *number = value;
    return status;
}

static byn_status put(handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_value_set(h->value, strtoll(arguments, NULL, 10));
}

static byn_status add(handles *h, const char *arguments, long long *number)
{
    int64_t result = 0;
    byn_status status = byn_value_add(h->value, strtoll(arguments, NULL, 10), &result);

    *number = result;
    return status;
}

static byn_status open_condition(handles *h, const char *arguments, long long *number)
{
    long long n[1];
    const char *name = parse(arguments, 1, n);

    (void)number;
    return byn_condition_open(
        &h->condition, name,
        &BYN_OPTIONS(byn_condition_options, .open = (byn_open_mode)n[0], .mode = h->mode));
}

static byn_status wait_condition(handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_condition_wait(h->condition, h->mutex, strtoll(arguments, NULL, 10));
}

/* So that many can be waited for in any order. */
static byn_status pass_condition(handles *h, const char *arguments, long long *number)
{
    byn_status status = wait_condition(h, arguments, number);

    CHECK_STATUS(byn_mutex_unlock(h->mutex), BYN_OK);
    return status;
}

static byn_status notify(handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_condition_notify(h->condition, (uint32_t)strtoul(arguments, NULL, 10));
}

static byn_status notify_all(handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_condition_notify_all(h->condition);
}

static byn_status open_once(handles *h, const char *arguments, long long *number)
{
    long long n[1];
    const char *name = parse(arguments, 1, n);

    (void)number;
    return byn_once_open(
        &h->once, name,
        &BYN_OPTIONS(byn_once_options, .open = (byn_open_mode)n[0], .mode = h->mode));
}

static void count_a_run(void *number)
{
    ++*(long long *)number;
}

static byn_status run_once(handles *h, const char *arguments, long long *number)
{
    return byn_once_run(h->once, count_a_run, number, strtoll(arguments, NULL, 10));
}

static byn_status is_done(handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    *number = byn_once_is_done(h->once);
    return BYN_OK;
}

static byn_status open_barrier(handles *h, const char *arguments, long long *number)
{
    long long n[3];
    const char *name = parse(arguments, 3, n);

    (void)number;
    return byn_barrier_open(&h->barrier, name,
                            &BYN_OPTIONS(byn_barrier_options, .open = (byn_open_mode)n[0],
                                         .parties = (uint32_t)n[1], .party = n[2] != 0,
                                         .mode = h->mode));
}

static byn_status meet(handles *h, const char *arguments, long long *number)
{
    uint32_t index = 0;
    byn_status status = byn_barrier_wait(h->barrier, strtoll(arguments, NULL, 10), &index);

    *number = index;
    return status;
}

static byn_status break_barrier(handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_barrier_abort(h->barrier);
}

static byn_status mend(handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_barrier_reset(h->barrier);
}

static byn_status mode(handles *h, const char *arguments, long long *number)
{
    (void)number;
    h->mode = (uint32_t)strtoul(arguments, NULL, 8);
    return BYN_OK;
}

/* Closes, unless they are to be forgotten; NULL is all kinds. */
static void drop(handles *h, const char *kind, bool close)
{
    if (kind == NULL || strcmp(kind, "mutex") == 0) {
        byn_mutex_close(close ? h->mutex : NULL);
        h->mutex = NULL;
    }
    if (kind == NULL || strcmp(kind, "event") == 0) {
        byn_event_close(close ? h->event : NULL);
        h->event = NULL;
    }
    if (kind == NULL || strcmp(kind, "semaphore") == 0) {
        byn_semaphore_close(close ? h->semaphore : NULL);
        h->semaphore = NULL;
    }
    if (kind == NULL || strcmp(kind, "rwlock") == 0) {
        byn_rwlock_close(close ? h->rwlock : NULL);
        h->rwlock = NULL;
    }
    if (kind == NULL || strcmp(kind, "memory") == 0) {
        byn_memory_close(close ? h->memory : NULL);
        h->memory = NULL;
    }
    if (kind == NULL || strcmp(kind, "value") == 0) {
        byn_value_close(close ? h->value : NULL);
        h->value = NULL;
    }
    if (kind == NULL || strcmp(kind, "condition") == 0) {
        byn_condition_close(close ? h->condition : NULL);
        h->condition = NULL;
    }
    if (kind == NULL || strcmp(kind, "once") == 0) {
        byn_once_close(close ? h->once : NULL);
        h->once = NULL;
    }
    if (kind == NULL || strcmp(kind, "barrier") == 0) {
        byn_barrier_close(close ? h->barrier : NULL);
        h->barrier = NULL;
    }
}

static byn_status close_kind(handles *h, const char *arguments, long long *number)
{
    (void)number;
    drop(h, arguments, true);
    return BYN_OK;
}

/* The handles that letters stand for: m, e, s. */
static size_t listed(const handles *h, const char *letters, void **objects)
{
    size_t n = 0;

    for (; *letters != '\0'; letters++)
        objects[n++] = *letters == 'm'   ? (void *)h->mutex
                       : *letters == 'e' ? (void *)h->event
                                         : (void *)h->semaphore;
    return n;
}

static byn_status wait_any(handles *h, const char *arguments, long long *number)
{
    void *objects[BYN_WAIT_MAX];
    long long timeout;
    size_t index = 99, n = listed(h, parse(arguments, 1, &timeout), objects);
    byn_status status = byn_wait_any(objects, n, timeout, &index);

    *number = (long long)index;
    return status;
}

static byn_status wait_all(handles *h, const char *arguments, long long *number)
{
    void *objects[BYN_WAIT_MAX];
    long long timeout;
    size_t n = listed(h, parse(arguments, 1, &timeout), objects);

    (void)number;
    return byn_wait_all(objects, n, timeout);
}

static byn_status forget_kind(handles *h, const char *arguments, long long *number)
{
    (void)number;
    drop(h, arguments, false);
    return BYN_OK;
}

static const command commands[] = {
    {"mutex", open_mutex},
    {"lock", lock},
    {"unlock", unlock},
    {"event", open_event},
    {"wait", wait_event},
    {"set", set},
    {"reset", reset},
    {"is_set", is_set},
    {"semaphore", open_semaphore},
    {"undo", open_undo},
    {"acquire", acquire},
    {"release", release},
    {"permits", permits},
    {"rwlock", open_rwlock},
    {"lock_shared", lock_shared},
    {"lock_alone", lock_alone},
    {"unlock_rwlock", unlock_rwlock},
    {"memory", open_memory},
    {"size", size},
    {"grow", grow},
    {"read", read_byte},
    {"write", write_byte},
    {"value", open_value},
    {"get", get},
    {"put", put},
    {"add", add},
    {"condition", open_condition},
    {"cwait", wait_condition},
    {"cpass", pass_condition},
    {"notify", notify},
    {"notify_all", notify_all},
    {"once", open_once},
    {"once_run", run_once},
    {"is_done", is_done},
    {"barrier", open_barrier},
    {"meet", meet},
    {"break", break_barrier},
    {"mend", mend},
    {"mode", mode},
    {"any", wait_any},
    {"all", wait_all},
    {"close", close_kind},
    {"forget", forget_kind},
};

static void run(peer_self *self, handles *h, const char *line)
{
    size_t length = strcspn(line, " ");
    const char *arguments = line[length] == ' ' ? line + length + 1 : "";
    long long number = 0;
    size_t i;

    for (i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        byn_status status;

        if (strlen(commands[i].name) != length || strncmp(commands[i].name, line, length) != 0)
            continue;
        status = commands[i].run(h, arguments, &number);
        /* APR has its own printf. */
        peer_say(self, "%d %" APR_INT64_T_FMT " %s", (int)status, (apr_int64_t)number,
                 status < 0 ? byn_last_error() : "");
        return;
    }
    FAIL("no command \"%s\"", line);
}

int remote(peer_self *self, int argc, char **argv)
{
    handles h;
    const char *line;

    (void)argc;
    (void)argv;
    memset(&h, 0, sizeof h);
    while ((line = peer_hear(self)) != NULL && strcmp(line, "leave") != 0) {
        if (line[0] == '!') {
            line++;
            peer_say(self, "begins");
        }
        run(self, &h, line);
    }
    if (line == NULL)
        drop(&h, NULL, true);
    return 0;
}

/* ---- The near side */

static struct {
    long long number;
    char error[LINE_MOST];
} last;

byn_status remote_answer(peer *p)
{
    const char *line = peer_line(p);
    char *rest;
    long status;

    REQUIRE(line != NULL);
    status = strtol(line, &rest, 10);
    last.number = strtoll(rest, &rest, 10);
    (void)snprintf(last.error, sizeof last.error, "%s", rest + (*rest == ' '));
    return (byn_status)status;
}

static void tell(peer *p, const char *format, va_list arguments)
{
    char line[LINE_MOST];

    (void)vsnprintf(line, sizeof line, format, arguments);
    peer_tell(p, line);
}

byn_status remote_call(peer *p, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(p, format, arguments);
    va_end(arguments);
    return remote_answer(p);
}

/* Where /proc tells it: waits until the process sleeps. Better chances, nothing depends on it. */
static void see_it_asleep(const peer *p)
{
    int64_t until = platform_milliseconds() + 2000;
    char path[64], text[400];
    bool asleep = false;

    if (peer_pid(p) == platform_pid())
        return;
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", peer_pid(p));
    while (!asleep && platform_milliseconds() < until) {
        FILE *file = fopen(path, "rb");
        const char *end;

        if (file == NULL)
            return;
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        (void)fclose(file);
        end = strrchr(text, ')');
        asleep = end != NULL && end[1] == ' ' && end[2] == 'S';
    }
}

void remote_begin(peer *p, const char *format, ...)
{
    char marked[LINE_MOST];
    va_list arguments;

    (void)snprintf(marked, sizeof marked, "!%s", format);
    va_start(arguments, format);
    tell(p, marked, arguments);
    va_end(arguments);
    peer_expect(p, "begins");
    see_it_asleep(p);
}

long long remote_number(void)
{
    return last.number;
}

const char *remote_error(void)
{
    return last.error;
}

void remote_end(peer *p)
{
    CHECK_INT(peer_finish(p), 0);
}
