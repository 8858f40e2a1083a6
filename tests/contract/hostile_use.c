/* An object that others may write over, and its calls. */
#include "hostile.h"

#include <stdio.h>
#include <string.h>

#include <apr_file_io.h>

static bool find_place(const byn_object_info *info, void *context)
{
    victim *v = context;

    if (strcmp(info->name, v->name) == 0)
        (void)snprintf(v->place, sizeof v->place, "%s", info->place);
    return true;
}

void hostile_write(const victim *v, const unsigned char *bytes, size_t size)
{
    apr_file_t *file = NULL;

    REQUIRE(apr_file_open(&file, v->place, APR_FOPEN_WRITE | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT,
                          v->pool) == APR_SUCCESS);
    CHECK(size == 0 || apr_file_write_full(file, bytes, size, NULL) == APR_SUCCESS);
    CHECK(apr_file_trunc(file, (apr_off_t)size) == APR_SUCCESS);
    apr_file_close(file);
}

victim *hostile_begin(const char *opening)
{
    static victim v;
    apr_file_t *file = NULL;

    if (test_on_windows())
        test_skip("sections of Windows have no file that others could write to");
    memset(&v, 0, sizeof v);
    v.name = fresh_name();
    v.opening = opening;
    v.keeper = remote_start(PEER_PROCESS);
    apr_pool_create(&v.pool, NULL);
    CHECK_STATUS(remote_call(v.keeper, opening, v.name), BYN_CREATED);
    CHECK_STATUS(byn_objects_visit(find_place, &v), BYN_OK);
    REQUIRE(v.place[0] != '\0');
    REQUIRE(apr_file_open(&file, v.place, APR_FOPEN_READ | APR_FOPEN_BINARY, 0, v.pool) ==
            APR_SUCCESS);
    (void)apr_file_read_full(file, v.sound, sizeof v.sound, &v.size);
    apr_file_close(file);
    REQUIRE(v.size > HEADER);
    return &v;
}

void hostile_end(victim *v)
{
    hostile_write(v, v->sound, v->size);
    remote_end(v->keeper);
    CHECK_STATUS(byn_remove(v->name), BYN_E_NOTFOUND);
    apr_pool_destroy(v->pool);
}

static void nothing(void *context)
{
    (void)context;
}

static byn_status use_once(const char *name)
{
    byn_once *once = NULL;
    byn_status status = byn_once_open(&once, name, NULL);

    if (status < 0)
        return status;
    (void)byn_once_is_done(once);
    status = byn_once_run(once, nothing, NULL, BYN_NOW);
    CHECK(status == BYN_OK || status == BYN_ABANDONED || status == BYN_E_CORRUPT ||
          status == BYN_E_TIMEDOUT);
    byn_once_close(once);
    return BYN_OK;
}

static bool may_say(byn_status status)
{
    return status == BYN_OK || status == BYN_ABANDONED || status == BYN_E_TIMEDOUT ||
           status == BYN_E_CORRUPT;
}

static byn_status use_rwlock(const char *name)
{
    byn_rwlock_info info = {.struct_size = sizeof info};
    byn_rwlock *rwlock = NULL;
    byn_status status = byn_rwlock_open(&rwlock, name, NULL);

    if (status < 0)
        return status;
    status = byn_rwlock_lock(rwlock, BYN_NOW);
    CHECK(may_say(status));
    if (status >= 0)
        CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    status = byn_rwlock_lock_shared(rwlock, 2);
    CHECK(may_say(status));
    if (status >= 0)
        CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    CHECK(may_say(byn_rwlock_holders(rwlock, &info)));
    byn_rwlock_close(rwlock);
    return BYN_OK;
}

static byn_status use_barrier(const char *name)
{
    byn_barrier *barrier = NULL, *same = NULL;
    byn_status status = byn_barrier_open(&barrier, name, NULL);

    if (status < 0)
        return status;
    status = byn_barrier_open(&same, name, &BYN_OPTIONS(byn_barrier_options, .party = true));
    CHECK(status == BYN_OK || status == BYN_E_CORRUPT || status == BYN_E_LIMIT);
    if (status >= 0)
        byn_barrier_close(same);
    CHECK(byn_barrier_waiting(barrier) <= byn_barrier_parties(barrier));
    (void)byn_barrier_is_broken(barrier);
    CHECK(byn_barrier_wait(barrier, BYN_NOW, NULL) != BYN_E_OS);
    (void)byn_barrier_reset(barrier);
    CHECK(byn_barrier_wait(barrier, 2, NULL) != BYN_E_OS);
    (void)byn_barrier_abort(barrier);
    byn_barrier_close(barrier);
    return BYN_OK;
}

static byn_status use_condition(const char *name)
{
    byn_condition *condition = NULL;
    byn_mutex *mutex = NULL;
    byn_status status = byn_condition_open(&condition, name, NULL);

    if (status < 0)
        return status;
    REQUIRE_STATUS(byn_mutex_open(&mutex, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    status = byn_condition_wait(condition, mutex, BYN_NOW);
    CHECK(status == BYN_E_TIMEDOUT || status == BYN_E_MISMATCH);
    status = byn_condition_notify(condition, 1);
    CHECK(status == BYN_OK || status == BYN_E_CORRUPT);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
    byn_condition_close(condition);
    return BYN_OK;
}

static byn_status use_list(const char *name)
{
    byn_list *list = NULL;
    int64_t number;
    byn_status status = byn_list_open(&list, name, NULL);

    if (status < 0)
        return status;
    CHECK(byn_list_append_int64(list, 1) != BYN_E_OS);
    CHECK(byn_list_get_int64(list, -1, &number) != BYN_E_OS);
    CHECK(byn_list_remove(list, 0) != BYN_E_OS);
    byn_list_close(list);
    return BYN_OK;
}

static void use_bytes(byn_value *value)
{
    static unsigned char bytes[BYN_VALUE_SIZE_MAX];
    size_t size = sizeof bytes;
    byn_status status = byn_value_read(value, bytes, &size);

    CHECK(may_say(status));
    CHECK(size <= sizeof bytes);
    size = 0;
    CHECK(may_say(byn_value_wait_change_bytes(value, bytes, &size, BYN_NOW)));
    CHECK(may_say(byn_value_write(value, "a", 1)));
}

static byn_status use_value(const char *name)
{
    byn_value *value = NULL;
    byn_status status = byn_value_open(&value, name, NULL);
    int64_t number = 0;

    if (status < 0)
        return status;
    if (byn_value_type_of(value) == BYN_BYTES)
        use_bytes(value);
    (void)byn_value_get(value, &number);
    (void)byn_value_add(value, 1, &number);
    (void)byn_value_wait_change(value, &number, 1);
    status = byn_value_lock(value, BYN_NOW);
    CHECK(may_say(status));
    if (status >= 0)
        CHECK_STATUS(byn_value_unlock(value), BYN_OK);
    byn_value_close(value);
    return BYN_OK;
}

static byn_status use_array(const char *name)
{
    static unsigned char elements[MOST];
    byn_array *array = NULL;
    byn_status status = byn_array_open(&array, name, NULL);
    int64_t number;

    if (status < 0)
        return status;
    REQUIRE(byn_array_length(array) * byn_array_element_size(array) <= MOST);
    (void)byn_array_get(array, byn_array_length(array) - 1, &number);
    CHECK(may_say(byn_array_read(array, 0, byn_array_length(array), elements, BYN_NOW)));
    CHECK(may_say(byn_array_write(array, 0, byn_array_length(array), elements, BYN_NOW)));
    byn_array_close(array);
    return BYN_OK;
}

static bool may_say_of_a_pipe(byn_status status)
{
    return may_say(status) || status == BYN_E_CLOSED || status == BYN_E_EXISTS ||
           status == BYN_E_TOOBIG;
}

static byn_status use_pipe(const char *name)
{
    byn_pipe_info info = {.struct_size = sizeof info};
    byn_pipe *pipe = NULL;
    char buffer[1000];
    size_t size = sizeof buffer;
    byn_status status = byn_pipe_open(&pipe, name, NULL);

    if (status < 0)
        return status == BYN_E_CLOSED || status == BYN_E_EXISTS ? BYN_OK : status;
    CHECK(may_say_of_a_pipe(byn_pipe_holders(pipe, &info)));
    CHECK(may_say_of_a_pipe(byn_pipe_send(pipe, buffer, 100, BYN_NOW)));
    CHECK(may_say_of_a_pipe(byn_pipe_peek(pipe, &size, BYN_NOW)));
    CHECK(may_say_of_a_pipe(byn_pipe_receive(pipe, buffer, &size, 2)));
    CHECK(may_say_of_a_pipe(byn_pipe_send(pipe, buffer, 3, 2)));
    CHECK(may_say_of_a_pipe(byn_pipe_shutdown(pipe)));
    byn_pipe_close(pipe);
    return BYN_OK;
}

/* Opens as what the name is, and uses it a little. */
byn_status hostile_use(const victim *v)
{
    byn_status status = BYN_E_OS;

    if (strncmp(v->opening, "value", 5) == 0 || strncmp(v->opening, "bytes", 5) == 0) {
        status = use_value(v->name);
    } else if (strncmp(v->opening, "array", 5) == 0) {
        status = use_array(v->name);
    } else if (strncmp(v->opening, "event", 5) == 0) {
        byn_event *event = NULL;

        status = byn_event_open(&event, v->name, NULL);
        if (status >= 0) {
            (void)byn_event_set(event);
            CHECK(byn_event_wait(event, BYN_NOW) <= BYN_OK);
            byn_event_close(event);
        }
    } else if (strncmp(v->opening, "memory", 6) == 0) {
        byn_memory *memory = NULL;

        status = byn_memory_open(&memory, v->name, NULL);
        if (status >= 0) {
            unsigned char *base = byn_memory_base(memory);
            uint64_t size = byn_memory_size(memory), i;

            for (i = 0; i < size; i++)
                base[i]++;
            (void)byn_memory_grow(memory, size + 1);
            byn_memory_close(memory);
        }
    } else if (strncmp(v->opening, "semaphore", 9) == 0) {
        byn_semaphore *semaphore = NULL;
        uint32_t previous;

        status = byn_semaphore_open(&semaphore, v->name, NULL);
        if (status >= 0) {
            (void)byn_semaphore_release(semaphore, 1, &previous);
            CHECK(byn_semaphore_acquire(semaphore, 1, BYN_NOW) <= BYN_OK);
            byn_semaphore_close(semaphore);
        }
    } else if (strncmp(v->opening, "condition", 9) == 0) {
        status = use_condition(v->name);
    } else if (strncmp(v->opening, "rwlock", 6) == 0) {
        status = use_rwlock(v->name);
    } else if (strncmp(v->opening, "barrier", 7) == 0) {
        status = use_barrier(v->name);
    } else if (strncmp(v->opening, "once", 4) == 0) {
        status = use_once(v->name);
    } else if (strncmp(v->opening, "list", 4) == 0) {
        status = use_list(v->name);
    } else if (strncmp(v->opening, "pipe", 4) == 0) {
        status = use_pipe(v->name);
    } else {
        byn_mutex *mutex = NULL;

        status = byn_mutex_open(&mutex, v->name, NULL);
        if (status >= 0) {
            if (byn_mutex_lock(mutex, BYN_NOW) >= 0)
                (void)byn_mutex_unlock(mutex);
            byn_mutex_close(mutex);
        }
    }
    return status;
}
