#include "locks.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_global_mutex.h>
#include <apr_strings.h>

#include "bench.h"

/* ---- byn_mutex */

static byn_mutex *made;

static void *mutex_open(const char *name)
{
    byn_mutex *mutex = NULL;

    check(byn_mutex_open(&mutex, name, NULL));
    return mutex;
}

static void mutex_make(const char *name)
{
    made = mutex_open(name);
}

static void mutex_lock(void *mutex)
{
    check(byn_mutex_lock(mutex, BYN_FOREVER));
}

static void mutex_unlock(void *mutex)
{
    check(byn_mutex_unlock(mutex));
}

static void mutex_remove(const char *name)
{
    (void)name;
    byn_mutex_close(made);
}

static const bench_lock byn = {"byn_mutex", mutex_make,   mutex_open,
                               mutex_lock,  mutex_unlock, mutex_remove};

/* ---- APR's global mutex, of its default kind: only a fork hands it down, nobody opens it */

static apr_global_mutex_t *global;

static void must(apr_status_t status)
{
    char text[200];

    if (status == APR_SUCCESS)
        return;
    fprintf(stderr, "APR: %s\n", apr_strerror(status, text, sizeof text));
    exit(2);
}

static void global_make(const char *name)
{
    const char *directory = NULL;
    apr_pool_t *pool = NULL;

    must(apr_initialize());
    must(apr_pool_create(&pool, NULL));
    must(apr_temp_dir_get(&directory, pool));
    must(apr_global_mutex_create(&global, apr_pstrcat(pool, directory, "/", name, NULL),
                                 APR_LOCK_DEFAULT, pool));
}

static void *global_open(const char *name)
{
    (void)name;
    return global;
}

static void global_lock(void *opened)
{
    must(apr_global_mutex_lock(opened));
}

static void global_unlock(void *opened)
{
    must(apr_global_mutex_unlock(opened));
}

static void global_remove(const char *name)
{
    (void)name;
    must(apr_global_mutex_destroy(global));
}

const bench_lock bench_apr_lock = {"APR global mutex", global_make,   global_open,
                                   global_lock,        global_unlock, global_remove};

/* ---- All */

int bench_locks(const bench_lock *list[BENCH_MOST_LOCKS])
{
    int count = 0, i;

    list[count++] = bench_system_locks[0];
    list[count++] = &byn;
    for (i = 1; bench_system_locks[i] != NULL; i++)
        list[count++] = bench_system_locks[i];
#ifdef BENCH_BOOST
    for (i = 0; bench_boost_locks[i] != NULL; i++)
        list[count++] = bench_boost_locks[i];
#endif
    return count;
}

typedef struct opened_lock {
    const bench_lock *lock;
    void *opened;
} opened_lock;

void *bench_lock_context(const bench_lock *lock, const char *name)
{
    opened_lock *context = malloc(sizeof *context);

    if (context == NULL)
        exit(2);
    lock->make(name);
    context->lock = lock;
    context->opened = lock->open(name);
    return context;
}

void bench_lock_run(void *context, uint32_t times)
{
    const opened_lock *one = context;

    while (times-- > 0) {
        one->lock->lock(one->opened);
        one->lock->unlock(one->opened);
    }
}
