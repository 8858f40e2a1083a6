#include "run_locks.h"

#include "nouns.h"
#include "output.h"
#include "system.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

/* ---- A mutex */

static byn_status lock_mutex(void *mutex, byn_timeout timeout)
{
    return byn_mutex_lock(mutex, timeout);
}

static byn_status unlock_mutex(void *mutex)
{
    return byn_mutex_unlock(mutex);
}

static const char *owner(void *mutex, apr_pool_t *pool)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    if (byn_mutex_owner(mutex, &info) < 0 || !info.held || info.owner.pid == 0)
        return "";
    return format_text(pool, ", held by %s (pid %" PRIu32 ")", info.owner.program, info.owner.pid);
}

static const char *last_dead(void *mutex, apr_pool_t *pool)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    if (byn_mutex_owner(mutex, &info) < 0 || info.last_dead.pid == 0)
        return format_text(pool, "the last owner died holding \"%s\"", byn_mutex_name(mutex));
    return format_text(pool, "the last owner (%s, pid %" PRIu32 ") died holding \"%s\"",
                       info.last_dead.program, info.last_dead.pid, byn_mutex_name(mutex));
}

const held_kind held_mutex = {lock_mutex, unlock_mutex, owner, last_dead, NULL};

/* ---- Opening */

static byn_status open_mutex(run_lock *l, byn_open_mode mode, bool detects)
{
    byn_status status =
        byn_mutex_open(&l->mutex, l->name,
                       &BYN_OPTIONS(byn_mutex_options, .open = mode, .mode = rights_for(l->name),
                                    .detect_deadlock = detects));

    if (status >= 0) {
        l->kind = &held_mutex;
        l->object = l->mutex;
        l->full = byn_mutex_name(l->mutex);
    }
    return status;
}

static byn_status open_rwlock(run_lock *l, byn_open_mode mode, const held_kind *kind)
{
    byn_status status = byn_rwlock_open(
        &l->rwlock, l->name,
        &BYN_OPTIONS(byn_rwlock_options, .open = mode, .mode = rights_for(l->name)));

    if (status >= 0) {
        l->kind = kind;
        l->object = l->rwlock;
        l->full = byn_rwlock_name(l->rwlock);
    }
    return status;
}

static byn_status open_semaphore(run_lock *l, int maximum)
{
    byn_status status =
        byn_semaphore_open(&l->permits.semaphore, l->name,
                           &BYN_OPTIONS(byn_semaphore_options,
                                        .open = maximum > 0 ? BYN_OPEN_OR_CREATE : BYN_OPEN_ONLY,
                                        .mode = rights_for(l->name), .initial = (uint32_t)maximum,
                                        .maximum = (uint32_t)maximum, .undo = true));

    if (status >= 0) {
        l->kind = &held_permits;
        l->object = &l->permits;
        l->permits.count = 1;
        l->full = byn_semaphore_name(l->permits.semaphore);
    }
    return status;
}

/*
 * As what it is to be, or as what it is already. One that changes its kind meanwhile is looked at again, a
 * few times; the last is as the first, for what is said of its failure.
 */
static byn_status open_exclusive(run_lock *l, bool prefers_rwlock, bool detects)
{
    byn_status status = BYN_E_MISMATCH;
    int i;

    for (i = 0; i < 11 && (status == BYN_E_MISMATCH || status == BYN_E_NOTFOUND); i++) {
        bool first = i % 2 == 0;
        byn_open_mode mode = first ? BYN_OPEN_OR_CREATE : BYN_OPEN_ONLY;

        status = first == prefers_rwlock ? open_rwlock(l, mode, &held_to_write)
                                         : open_mutex(l, mode, detects);
    }
    return status;
}

static byn_status open_lock(run_lock *l, run_sharing sharing, bool detects)
{
    if (sharing == RUN_SHARED)
        return open_rwlock(l, BYN_OPEN_OR_CREATE, &held_to_read);
    return open_exclusive(l, sharing == RUN_EXCLUSIVE, detects);
}

/* What the library says of a wrong kind does not tell what to do on a command line. */
static int not_opened(const run_lock *l, const held *h, run_sharing sharing, byn_status status)
{
    byn_mutex *mutex;

    if (l->is_semaphore)
        return open_failed(h->line, l->name, status, "to make it say how many: --max N");
    if (sharing != RUN_SHARED || status != BYN_E_MISMATCH ||
        byn_mutex_open(&mutex, l->name, &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY)) < 0)
        return held_failed(h);
    byn_mutex_close(mutex);
    complain("byname run: \"%s\" is a mutex, which nobody can share; whoever makes a lock that "
             "others share by -s says -x\n",
             l->name);
    return command_line_failure(h->line);
}

static void close_lock(run_lock *l)
{
    byn_mutex_close(l->mutex);
    byn_rwlock_close(l->rwlock);
    byn_semaphore_close(l->permits.semaphore);
}

static int by_full_name(const void *a, const void *b)
{
    return strcmp(((const run_lock *)a)->full, ((const run_lock *)b)->full);
}

static void remove_doubles(apr_array_header_t *locks)
{
    run_lock *all = (run_lock *)(void *)locks->elts;
    int kept = 0;
    int i;

    for (i = 0; i < locks->nelts; i++) {
        if (kept > 0 && by_full_name(&all[kept - 1], &all[i]) == 0)
            close_lock(&all[i]);
        else
            all[kept++] = all[i];
    }
    locks->nelts = kept;
}

/* Those of permits are in the array, which is sorted. */
static void find_permits(apr_array_header_t *locks)
{
    int i;

    for (i = 0; i < locks->nelts; i++) {
        run_lock *l = &APR_ARRAY_IDX(locks, i, run_lock);

        if (l->is_semaphore)
            l->object = &l->permits;
    }
}

bool run_locks_open(apr_array_header_t *locks, const held *h, run_sharing sharing, int maximum,
                    int *result)
{
    int i;

    for (i = 0; i < locks->nelts; i++) {
        run_lock *l = &APR_ARRAY_IDX(locks, i, run_lock);
        byn_status status =
            l->is_semaphore ? open_semaphore(l, maximum) : open_lock(l, sharing, h->detects);

        if (status < 0) {
            *result = not_opened(l, h, sharing, status);
            return false;
        }
    }
    qsort(locks->elts, (size_t)locks->nelts, sizeof(run_lock), by_full_name);
    remove_doubles(locks);
    find_permits(locks);
    return true;
}

void run_locks_close(apr_array_header_t *locks)
{
    int i;

    for (i = 0; i < locks->nelts; i++)
        close_lock(&APR_ARRAY_IDX(locks, i, run_lock));
}

/* ---- Taking. All who take several by this command do it in the same order, so no two of them can wait for
 * each other. */

bool run_locks_take(const apr_array_header_t *locks, const held *h, int *result)
{
    int64_t began = system_milliseconds();
    int i;

    for (i = 0; i < locks->nelts; i++) {
        const run_lock *l = &APR_ARRAY_IDX(locks, i, run_lock);
        held one = *h;

        one.timeout = held_left(h, began);
        if (!held_take(&one, quoted(h->line, l->full), l->kind, l->object, result)) {
            run_locks_give(locks, i, h);
            return false;
        }
    }
    return true;
}

void run_locks_give(const apr_array_header_t *locks, int count, const held *h)
{
    while (count-- > 0) {
        const run_lock *l = &APR_ARRAY_IDX(locks, count, run_lock);

        if (l->kind->give(l->object) < 0)
            held_failed(h);
    }
}
