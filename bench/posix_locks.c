#include "locks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

/* ---- Those that lie in shared memory */

static void *place_of(const char *name, const char *part)
{
    byn_memory *opened = NULL;
    char text[128];

    (void)snprintf(text, sizeof text, "%s-%s", name, part);
    check(byn_memory_open(&opened, text, &BYN_OPTIONS(byn_memory_options, .size = 128)));
    return byn_memory_base(opened);
}

static void forget(const char *name)
{
    (void)name;
}

static void *robust_open(const char *name)
{
    return place_of(name, "robust");
}

static void robust_make(const char *name)
{
    bench_raw_shared_lock_make(robust_open(name));
}

static void *plain_open(const char *name)
{
    return place_of(name, "plain");
}

static void plain_make(const char *name)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(plain_open(name), &attributes);
}

static const bench_lock robust = {
    "raw robust pthread mutex", robust_make, robust_open, bench_raw_shared_lock,
    bench_raw_shared_unlock,    forget};
static const bench_lock plain = {
    "pthread mutex, not robust", plain_make, plain_open, bench_raw_shared_lock,
    bench_raw_shared_unlock,     forget};

/* ---- A word and a futex: 0 free, 1 taken, 2 taken and somebody sleeps. Whoever dies with it stops it. */

static void *word_open(const char *name)
{
    return place_of(name, "word");
}

static void word_make(const char *name)
{
    (void)word_open(name);
}

static void word_lock(void *opened)
{
    uint32_t *word = opened, seen = 0;

    if (__atomic_compare_exchange_n(word, &seen, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE) != 0)
        bench_raw_sleep(word, 2);
}

static void word_unlock(void *opened)
{
    if (__atomic_exchange_n((uint32_t *)opened, 0, __ATOMIC_RELEASE) == 2)
        bench_raw_wake_one(opened);
}

static const bench_lock word = {"a word and a futex", word_make, word_open, word_lock,
                                word_unlock,          forget};

/* ---- A named semaphore of POSIX */

static const char *slashed(const char *name)
{
    static char text[128];

    (void)snprintf(text, sizeof text, "/%s", name);
    return text;
}

static void *semaphore_open(const char *name)
{
    sem_t *semaphore = sem_open(slashed(name), O_CREAT, 0600, 1);

    if (semaphore == SEM_FAILED)
        fail("sem_open");
    return semaphore;
}

static void semaphore_make(const char *name)
{
    (void)semaphore_open(name);
}

static void semaphore_lock(void *semaphore)
{
    while (sem_wait(semaphore) != 0)
        if (errno != EINTR)
            fail("sem_wait");
}

static void semaphore_unlock(void *semaphore)
{
    (void)sem_post(semaphore);
}

static void semaphore_remove(const char *name)
{
    (void)sem_unlink(slashed(name));
}

static const bench_lock semaphore = {"POSIX named semaphore", semaphore_make,   semaphore_open,
                                     semaphore_lock,          semaphore_unlock, semaphore_remove};

/* ---- A semaphore of System V, with undo */

static key_t key_of(const char *name)
{
    uint32_t key = 2166136261u;

    for (; *name != '\0'; name++)
        key = (key ^ (unsigned char)*name) * 16777619u;
    return (key_t)(key | 1);
}

static int system_v(const char *name)
{
    int id = semget(key_of(name), 1, IPC_CREAT | 0600);

    if (id < 0)
        fail("semget");
    return id;
}

static void *system_v_open(const char *name)
{
    int *id = malloc(sizeof *id);

    if (id == NULL)
        fail("malloc");
    *id = system_v(name);
    return id;
}

static void system_v_add(const void *opened, short by)
{
    struct sembuf operation = {0, by, SEM_UNDO};

    while (semop(*(const int *)opened, &operation, 1) != 0)
        if (errno != EINTR)
            fail("semop");
}

static void system_v_make(const char *name)
{
    int id = system_v(name);
    struct sembuf operation = {0, 1, 0};

    if (semop(id, &operation, 1) != 0)
        fail("semop");
}

static void system_v_lock(void *opened)
{
    system_v_add(opened, -1);
}

static void system_v_unlock(void *opened)
{
    system_v_add(opened, 1);
}

static void system_v_remove(const char *name)
{
    (void)semctl(system_v(name), 0, IPC_RMID);
}

static const bench_lock system_v_semaphore = {"System V semaphore", system_v_make,
                                              system_v_open,        system_v_lock,
                                              system_v_unlock,      system_v_remove};

/* ---- flock */

static const char *path_of(const char *name)
{
    static char path[300];
    const char *directory = getenv("TMPDIR");

    (void)snprintf(path, sizeof path, "%s/%s", directory != NULL ? directory : "/tmp", name);
    return path;
}

static void *file_open(const char *name)
{
    int *fd = malloc(sizeof *fd);

    if (fd == NULL)
        fail("malloc");
    *fd = open(path_of(name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        fail(path_of(name));
    return fd;
}

static void file_make(const char *name)
{
    free(file_open(name));
}

static void file_lock(void *opened)
{
    while (flock(*(const int *)opened, LOCK_EX) != 0)
        if (errno != EINTR)
            fail("flock");
}

static void file_unlock(void *opened)
{
    (void)flock(*(const int *)opened, LOCK_UN);
}

static void file_remove(const char *name)
{
    (void)unlink(path_of(name));
}

static const bench_lock file = {"flock", file_make, file_open, file_lock, file_unlock, file_remove};

const bench_lock *const bench_system_locks[] = {
    &robust, &word, &plain, &semaphore, &system_v_semaphore, &file, NULL};
