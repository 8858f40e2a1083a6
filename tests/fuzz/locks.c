/* The kinds that wait, and how each is used under attack. */
#include "fuzz.h"

/* ---- Mutex ----------------------------------------------------------------------------------------- */

static byn_status open_mutex(void **handle, const char *name, fuzz_input *in)
{
    byn_mutex *mutex = NULL;
    byn_status status = byn_mutex_open(
        &mutex, name, &BYN_OPTIONS(byn_mutex_options, .recursive = fuzz_byte(in) % 2 == 1));

    *handle = mutex;
    return status;
}

static void close_mutex(void *handle)
{
    byn_mutex_close(handle);
}

static byn_status use_mutex(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    switch (fuzz_byte(in) % 4) {
    case 0:
    case 1:
        *call = "byn_mutex_lock";
        return byn_mutex_lock(handle, timeout);
    case 2:
        *call = "byn_mutex_unlock";
        return byn_mutex_unlock(handle);
    default:
        *call = "byn_mutex_owner";
        return byn_mutex_owner(handle, &info);
    }
}

const fuzz_kind fuzz_mutex = {"byn_mutex_open", open_mutex, close_mutex, use_mutex, true, true};

/* ---- Event ----------------------------------------------------------------------------------------- */

static byn_status open_event(void **handle, const char *name, fuzz_input *in)
{
    byn_event *event = NULL;
    uint8_t how = fuzz_byte(in);
    byn_status status = byn_event_open(&event, name,
                                       &BYN_OPTIONS(byn_event_options, .manual_reset = how % 2 == 1,
                                                    .initially_set = how % 4 >= 2));

    *handle = event;
    return status;
}

static void close_event(void *handle)
{
    byn_event_close(handle);
}

static byn_status use_event(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    switch (fuzz_byte(in) % 4) {
    case 0:
        *call = "byn_event_set";
        return byn_event_set(handle);
    case 1:
        *call = "byn_event_reset";
        return byn_event_reset(handle);
    case 2:
        *call = "byn_event_is_set";
        (void)byn_event_is_set(handle);
        return BYN_OK;
    default:
        *call = "byn_event_wait";
        return byn_event_wait(handle, timeout);
    }
}

const fuzz_kind fuzz_event = {"byn_event_open", open_event, close_event, use_event, true, false};

/* ---- Semaphore, without and with undo -------------------------------------------------------------- */

static byn_status open_permits(void **handle, const char *name, fuzz_input *in, bool undo)
{
    byn_semaphore *semaphore = NULL;
    uint8_t initial = fuzz_byte(in);
    byn_status status =
        byn_semaphore_open(&semaphore, name,
                           &BYN_OPTIONS(byn_semaphore_options, .initial = initial % 4,
                                        .maximum = 3 + initial / 4, .undo = undo));

    *handle = semaphore;
    return status;
}

static byn_status open_semaphore(void **handle, const char *name, fuzz_input *in)
{
    return open_permits(handle, name, in, false);
}

static byn_status open_undo(void **handle, const char *name, fuzz_input *in)
{
    return open_permits(handle, name, in, true);
}

static void close_semaphore(void *handle)
{
    byn_semaphore_close(handle);
}

static byn_status use_semaphore(void *handle, fuzz_input *in, byn_timeout timeout,
                                const char **call)
{
    byn_semaphore_info info = {.struct_size = sizeof info};
    uint8_t what = fuzz_byte(in);
    uint32_t number;

    switch (what % 4) {
    case 0:
        *call = "byn_semaphore_acquire";
        return byn_semaphore_acquire(handle, 1 + what / 64, timeout);
    case 1:
        *call = "byn_semaphore_release";
        return byn_semaphore_release(handle, 1 + what / 64, &number);
    case 2:
        *call = "byn_semaphore_value";
        return byn_semaphore_value(handle, &number);
    default:
        *call = "byn_semaphore_holders";
        return byn_semaphore_holders(handle, &info);
    }
}

const fuzz_kind fuzz_semaphore = {"byn_semaphore_open", open_semaphore, close_semaphore,
                                  use_semaphore,        true,           false};
const fuzz_kind fuzz_undo = {"byn_semaphore_open", open_undo, close_semaphore,
                             use_semaphore,        true,      false};

/* ---- Condition; its mutex is not attacked ---------------------------------------------------------- */

static byn_status open_condition(void **handle, const char *name, fuzz_input *in)
{
    byn_condition *condition = NULL;
    byn_status status = byn_condition_open(&condition, name, NULL);

    (void)in;
    *handle = condition;
    return status;
}

static void close_condition(void *handle)
{
    byn_condition_close(handle);
}

static byn_status wait_for_condition(void *handle, byn_timeout timeout)
{
    byn_mutex *mutex = NULL;
    byn_status status;

    if (byn_mutex_open(&mutex, "fuzz-of-condition", NULL) < 0 || byn_mutex_lock(mutex, BYN_NOW) < 0)
        fuzz_fault("a mutex for a condition: %s", byn_last_error());
    status = byn_condition_wait(handle, mutex, timeout);
    if (byn_mutex_unlock(mutex) < 0)
        fuzz_fault("after byn_condition_wait(): %s", byn_last_error());
    byn_mutex_close(mutex);
    return status;
}

static byn_status use_condition(void *handle, fuzz_input *in, byn_timeout timeout,
                                const char **call)
{
    uint8_t what = fuzz_byte(in);

    switch (what % 3) {
    case 0:
        *call = "byn_condition_notify";
        return byn_condition_notify(handle, 1 + what / 64);
    case 1:
        *call = "byn_condition_notify_all";
        return byn_condition_notify_all(handle);
    default:
        *call = "byn_condition_wait";
        return wait_for_condition(handle, timeout);
    }
}

const fuzz_kind fuzz_condition = {"byn_condition_open", open_condition, close_condition,
                                  use_condition,        false,          false};

/* ---- Barrier --------------------------------------------------------------------------------------- */

static void act(void *context)
{
    (void)context;
}

static byn_status open_barrier(void **handle, const char *name, fuzz_input *in)
{
    byn_barrier *barrier = NULL;
    uint8_t how = fuzz_byte(in);
    byn_status status =
        byn_barrier_open(&barrier, name,
                         &BYN_OPTIONS(byn_barrier_options, .parties = 1 + how % 3,
                                      .party = how % 2 == 1, .action = how % 8 == 3 ? act : NULL));

    *handle = barrier;
    return status;
}

static void close_barrier(void *handle)
{
    byn_barrier_close(handle);
}

static byn_status wait_at_barrier(void *handle, byn_timeout timeout)
{
    uint32_t index = 0, parties = byn_barrier_parties(handle);
    byn_status status = byn_barrier_wait(handle, timeout, &index);

    if (status >= 0 && index >= parties)
        fuzz_fault("byn_barrier_wait: index %u of %u", index, parties);
    return status;
}

static byn_status use_barrier(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    switch (fuzz_byte(in) % 5) {
    case 0:
        *call = "byn_barrier_abort";
        return byn_barrier_abort(handle);
    case 1:
        *call = "byn_barrier_reset";
        return byn_barrier_reset(handle);
    case 2:
        *call = "byn_barrier_is_broken";
        (void)byn_barrier_is_broken(handle);
        return BYN_OK;
    case 3:
        *call = "byn_barrier_waiting";
        if (byn_barrier_waiting(handle) > byn_barrier_parties(handle))
            fuzz_fault("more wait at a barrier than meet there");
        return BYN_OK;
    default:
        *call = "byn_barrier_wait";
        return wait_at_barrier(handle, timeout);
    }
}

const fuzz_kind fuzz_barrier = {"byn_barrier_open", open_barrier, close_barrier,
                                use_barrier,        false,        false};

/* ---- Reader-writer lock ---------------------------------------------------------------------------- */

static byn_status open_rwlock(void **handle, const char *name, fuzz_input *in)
{
    byn_rwlock *rwlock = NULL;
    byn_status status = byn_rwlock_open(&rwlock, name, NULL);

    (void)in;
    *handle = rwlock;
    return status;
}

static void close_rwlock(void *handle)
{
    byn_rwlock_close(handle);
}

static byn_status use_rwlock(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    byn_rwlock_info info = {.struct_size = sizeof info};

    switch (fuzz_byte(in) % 4) {
    case 0:
        *call = "byn_rwlock_lock";
        return byn_rwlock_lock(handle, timeout);
    case 1:
        *call = "byn_rwlock_lock_shared";
        return byn_rwlock_lock_shared(handle, timeout);
    case 2:
        *call = "byn_rwlock_unlock";
        return byn_rwlock_unlock(handle);
    default:
        *call = "byn_rwlock_holders";
        return byn_rwlock_holders(handle, &info);
    }
}

const fuzz_kind fuzz_rwlock = {"byn_rwlock_open", open_rwlock, close_rwlock,
                               use_rwlock,        false,       false};

/* ---- Once ------------------------------------------------------------------------------------------ */

static byn_status open_once(void **handle, const char *name, fuzz_input *in)
{
    byn_once *once = NULL;
    byn_status status = byn_once_open(&once, name, NULL);

    (void)in;
    *handle = once;
    return status;
}

static void close_once(void *handle)
{
    byn_once_close(handle);
}

static byn_status use_once(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    if (fuzz_byte(in) % 4 == 0) {
        *call = "byn_once_is_done";
        (void)byn_once_is_done(handle);
        return BYN_OK;
    }
    *call = "byn_once_run";
    return byn_once_run(handle, act, NULL, timeout);
}

const fuzz_kind fuzz_once = {"byn_once_open", open_once, close_once, use_once, false, false};
