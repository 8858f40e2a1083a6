#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

#include "bench.h"

const bench_system bench_this_system = BENCH_POSIX;

uint64_t bench_clock(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void bench_yield(void)
{
    (void)sched_yield();
}

void bench_sleep(int milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    (void)nanosleep(&time, NULL);
}

const char *bench_raw_lock_name(void)
{
    return "raw robust pthread mutex";
}

void bench_raw_shared_lock_make(void *place)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(place, &attributes);
}

void *bench_raw_lock_open(void)
{
    pthread_mutex_t *lock =
        mmap(NULL, sizeof *lock, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (lock == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    bench_raw_shared_lock_make(lock);
    return lock;
}

void bench_raw_lock_run(void *lock, uint32_t times)
{
    while (times-- > 0) {
        if (pthread_mutex_lock(lock) != 0)
            exit(2);
        pthread_mutex_unlock(lock);
    }
}

const char *bench_raw_rwlock_name(void)
{
    return "raw pthread rwlock";
}

void *bench_raw_rwlock_open(void)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlock_t *rwlock =
        mmap(NULL, sizeof *rwlock, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (rwlock == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_rwlock_init(rwlock, &attributes);
    return rwlock;
}

void bench_raw_rwlock_read(void *rwlock, uint32_t times)
{
    while (times-- > 0) {
        if (pthread_rwlock_rdlock(rwlock) != 0)
            exit(2);
        pthread_rwlock_unlock(rwlock);
    }
}

void bench_raw_rwlock_write(void *rwlock, uint32_t times)
{
    while (times-- > 0) {
        if (pthread_rwlock_wrlock(rwlock) != 0)
            exit(2);
        pthread_rwlock_unlock(rwlock);
    }
}

/* There are others to compare with here. */
bool bench_asking_add(bench_entry *entry, const char *program)
{
    (void)entry;
    (void)program;
    return false;
}

void bench_asking_end(void)
{
}

void bench_raw_add(void *number, uint32_t times)
{
    while (times-- > 0)
        __atomic_fetch_add((uint64_t *)number, 1, __ATOMIC_SEQ_CST);
}

const char *bench_raw_shared_lock_name(void)
{
    return "robust mutex and a number";
}

void bench_raw_shared_lock(void *place)
{
    if (pthread_mutex_lock(place) != 0)
        exit(2);
}

void bench_raw_shared_unlock(void *place)
{
    pthread_mutex_unlock(place);
}

#if defined(__linux__)
void bench_raw_sleep(void *number, uint32_t seen)
{
    (void)syscall(SYS_futex, number, FUTEX_WAIT, seen, NULL, NULL, 0);
}

void bench_raw_wake_one(void *number)
{
    (void)syscall(SYS_futex, number, FUTEX_WAKE, 1, NULL, NULL, 0);
}
#else
void bench_raw_sleep(void *number, uint32_t seen)
{
    (void)number;
    (void)seen;
    (void)sched_yield();
}

void bench_raw_wake_one(void *number)
{
    (void)number;
}
#endif
const char *bench_raw_spawn_name(void)
{
    return "posix_spawn, waitpid";
}

extern char **environ;

void bench_raw_spawn(const char *program)
{
    char *argv[] = {(char *)program, NULL};
    int status = 1;
    pid_t pid;

    if (posix_spawn(&pid, program, NULL, NULL, argv, environ) != 0 ||
        waitpid(pid, &status, 0) != pid || status != 0) {
        perror(program);
        exit(2);
    }
}

void bench_raw_occupy(size_t bytes)
{
    void *memory =
        mmap(NULL, bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
#if defined(MADV_NOHUGEPAGE)
    (void)madvise(memory, bytes + 1, MADV_NOHUGEPAGE);
#endif
    memset(memory, 1, bytes + 1);
}

const char *bench_fork_name(void)
{
    return "fork, exec, waitpid";
}

void bench_fork(const char *program)
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0) {
        (void)execl(program, program, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        perror(program);
        exit(2);
    }
}

uint64_t bench_most_objects(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1000;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

uint64_t bench_processor_time(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t bench_memory_mb(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) >> 20;
}

const char *bench_program_suffix(void)
{
    return "";
}
