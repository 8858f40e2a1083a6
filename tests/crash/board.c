#ifdef __linux__
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#elif defined(_WIN32)
#include <process.h>
#define getpid _getpid
#else
#include <unistd.h>
#endif

#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_env.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_mmap.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <apr_time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif

static apr_pool_t *pool;

static apr_pool_t *board_pool(void)
{
    if (pool == NULL)
        REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    return pool;
}

static const char *board_path(const char *name)
{
    char *directory = NULL;

    /* Not getenv(): on Windows the C library does not see what was set meanwhile. */
    REQUIRE(apr_env_get(&directory, "BYNAME_DIR", board_pool()) == APR_SUCCESS);
    return apr_psprintf(board_pool(), "%s/board-%s", directory, name);
}

static board *map_board(const char *path, apr_int32_t flags)
{
    apr_file_t *file = NULL;
    apr_mmap_t *map = NULL;

    REQUIRE(apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_BINARY | flags,
                          APR_FPROT_UREAD | APR_FPROT_UWRITE, board_pool()) == APR_SUCCESS);
    if (flags != 0)
        REQUIRE(apr_file_trunc(file, (apr_off_t)sizeof(board)) == APR_SUCCESS);
    REQUIRE(apr_mmap_create(&map, file, 0, sizeof(board), APR_MMAP_READ | APR_MMAP_WRITE,
                            board_pool()) == APR_SUCCESS);
    apr_file_close(file);
    return map->mm;
}

board *board_create(const char *name)
{
    board *b;

    if (pool != NULL)
        apr_pool_clear(pool);
    b = map_board(board_path(name), APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE);
    memset(b, 0, sizeof *b);
    return b;
}

void board_destroy(const char *name)
{
    char path[1000];

    apr_cpystrn(path, board_path(name), sizeof path);
    apr_pool_destroy(pool);
    pool = NULL;
    remove(path);
}

board *board_open(const char *name)
{
    return map_board(board_path(name), 0);
}

apr_uint32_t board_ms(void)
{
    return (apr_uint32_t)(apr_time_now() / 1000);
}

void board_pause(void)
{
    apr_sleep(100);
}

apr_uint32_t board_pid(void)
{
    return (apr_uint32_t)getpid();
}

void board_warm_up(void)
{
    byn_mutex *mutex = NULL;
    byn_event *event = NULL;
    byn_semaphore *semaphore = NULL;

    REQUIRE_STATUS(byn_mutex_open(&mutex, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    REQUIRE_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
    REQUIRE_STATUS(byn_event_open(&event, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_wait(event, 1), BYN_E_TIMEDOUT); /* counts processors, times pauses */
    REQUIRE_STATUS(byn_event_set(event), BYN_OK);
    byn_event_close(event);
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_semaphore_release(semaphore, 1, NULL), BYN_OK);
    REQUIRE_STATUS(byn_semaphore_acquire(semaphore, 1, BYN_NOW), BYN_OK);
    byn_semaphore_close(semaphore);
}

/* ---- Seats */

static apr_uint32_t this_thread(void)
{
#ifdef __linux__
    return (apr_uint32_t)syscall(SYS_gettid);
#else
    return 1;
#endif
}

void seat_wait(seat *s)
{
    s->thread = this_thread();
    s->failed = 0;
    s->since = board_ms();
    apr_atomic_xchg32(&s->state, SEAT_WAITING);
}

void seat_return(seat *s, byn_status status)
{
    s->failed = status < 0;
    apr_atomic_xchg32(&s->state, SEAT_RETURNED);
}

bool seat_told(peer_self *self, seat *s)
{
    if (!peer_wait(self, "sleep"))
        return false;
    seat_wait(s);
    return true;
}

#ifdef __linux__

/* Whether its letter says that it sleeps: all may read that, but not which sleep it is. */
static bool sleeps_somehow(apr_uint32_t thread)
{
    char path[64], text[512] = "";
    const char *at;
    FILE *file;

    sprintf(path, "/proc/%u/stat", (unsigned)thread);
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    if (fgets(text, sizeof text, file) == NULL)
        text[0] = '\0';
    fclose(file);
    at = strrchr(text, ')');
    return at != NULL && at[1] == ' ' && at[2] == 'S';
}

/*
 * In a futex that processes share. A thread that was woken and has not run yet is "running" here, so
 * that a wake-up is seen without any delay. Only the letter knows of one that is on its way to
 * another processor.
 */
static bool sleeps(apr_uint32_t thread)
{
    enum { PRIVATE = 128 };
    char path[64], text[256] = "";
    long call = -1;
    unsigned long word = 0, operation = 0;
    FILE *file;

    sprintf(path, "/proc/%u/syscall", (unsigned)thread);
    file = fopen(path, "r");
    if (file == NULL)
        return sleeps_somehow(thread);
    if (fgets(text, sizeof text, file) == NULL)
        text[0] = '\0';
    fclose(file);
    return sscanf(text, "%ld %lx %lx", &call, &word, &operation) == 3 && call == SYS_futex &&
           (operation & PRIVATE) == 0 && sleeps_somehow(thread);
}

static bool seat_asleep(const seat *s)
{
    return sleeps(s->thread);
}

bool board_sees_sleep(void)
{
    return true;
}

#else

enum { STILL = 60 }; /* ms: who did not move for so long sleeps */

static bool seat_asleep(const seat *s)
{
    return board_ms() - s->since >= STILL;
}

bool board_sees_sleep(void)
{
    return false;
}

#endif

enum { UNCHANGED = 100 }; /* ms, where sleep cannot be seen: longer than a wake-up takes */

board_view board_look(board *b, unsigned count)
{
    board_view view = {0, 0, 0, 0};
    unsigned i;

    for (i = 0; i < count; i++) {
        seat *s = &b->seats[i];
        bool asleep = apr_atomic_read32(&s->state) == SEAT_WAITING && seat_asleep(s);

        switch (apr_atomic_read32(&s->state)) {
        case SEAT_RETURNED:
            view.returned++;
            view.failed += s->failed;
            break;
        case SEAT_WAITING:
            view.asleep += asleep;
            view.moving += !asleep;
            break;
        default:
            view.moving++; /* told to sleep, and not there yet */
        }
    }
    return view;
}

bool board_settle(board *b, unsigned count, board_view *view)
{
    apr_uint32_t began = board_ms(), changed = began;
    board_view last = board_look(b, count);

    for (;;) {
        *view = board_look(b, count);
        if (memcmp(view, &last, sizeof last) != 0)
            changed = board_ms();
        else if (view->moving == 0 &&
                 (board_sees_sleep() || view->asleep == 0 || board_ms() - changed >= UNCHANGED))
            return true;
        if (board_ms() - began > 1000u * (unsigned)test_patience())
            return CHECK(!"the sleepers come to rest");
        last = *view;
        board_pause();
    }
}

bool board_await(board *b, unsigned index, apr_uint32_t value)
{
    apr_uint32_t began = board_ms();

    while (apr_atomic_read32(&b->word[index]) < value) {
        if (board_ms() - began > 1000u * (unsigned)test_patience())
            return false;
        board_pause();
    }
    return true;
}

/* ---- System calls */

#ifdef __linux__

/* A fork is enough: the child opens its own. */
static pid_t start_victim(const step_operation *operation, const char *arg)
{
    pid_t pid = fork();
    void *prepared;

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prepared = operation->prepare != NULL ? operation->prepare(arg) : NULL;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(1);
    raise(SIGSTOP);
    operation->operate(prepared);
    raise(SIGSTOP);
    _exit(0);
}

/* Kills it at its n-th way into or out of the kernel; false: it had finished before. */
static bool kill_at_call(pid_t pid, long n)
{
    bool killed = true;
    int status;
    long i;

    REQUIRE(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(long)(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD));
    for (i = 0; i < n && killed; i++) {
        REQUIRE(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
        REQUIRE(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
        killed = WSTOPSIG(status) != SIGSTOP;
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
        ;
    return killed;
}

step_report board_sweep_calls(const step_operation *operation, const char *arg,
                              void (*verify)(void *context, long k), void *context)
{
    step_report report = {0, 0, 0, 0, 0};
    long n = 1;

    fflush(NULL);
    while (kill_at_call(start_victim(operation, arg), n++)) {
        report.kills++;
        verify(context, n - 1);
    }
    verify(context, n - 1);
    report.instructions = n - 2;
    printf("calls %s: %ld ways in and out of the kernel, %ld kills\n", operation->name,
           report.instructions, report.kills);
    return report;
}

#else

step_report board_sweep_calls(const step_operation *operation, const char *arg,
                              void (*verify)(void *context, long k), void *context)
{
    (void)operation;
    (void)arg;
    (void)verify;
    (void)context;
    return (step_report){0, 0, 0, 0, 0};
}

#endif

/* ---- Order */

#ifdef __linux__

void board_keep_to_one_processor(bool on)
{
    static cpu_set_t usual;
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(0, &one);
    if (on)
        sched_getaffinity(0, sizeof usual, &usual);
    sched_setaffinity(0, sizeof one, on ? &one : &usual);
}

void board_run_last(void)
{
    struct sched_param none;

    memset(&none, 0, sizeof none);
    board_keep_to_one_processor(true);
    (void)sched_setscheduler(0, SCHED_IDLE, &none);
}

#else

void board_keep_to_one_processor(bool on)
{
    (void)on;
}

void board_run_last(void)
{
}

#endif

/* ---- The platform */

const char *board_unsupported(void)
{
#ifdef UNDER_SANITIZER
    return "a sanitizer's own instructions and allocations would be killed";
#else
    return NULL;
#endif
}

void board_need_races(void)
{
#ifdef _WIN32
    test_skip("a victim that steps itself cannot be stopped");
#endif
}

long board_stride(long where_it_is_expensive)
{
#ifdef _WIN32
    return where_it_is_expensive;
#else
    (void)where_it_is_expensive;
    return 1;
#endif
}

long board_rotating_stride(void)
{
    static const long primes[] = {67, 71, 73, 79, 83, 89, 97, 101};
    const char *given = getenv("BYNAME_CRASH_STRIDE");

    if (given != NULL && atol(given) > 0)
        return atol(given);
    return board_stride(12) * primes[board_ms() / 7 % (sizeof primes / sizeof primes[0])];
}

static unsigned count_files(const char *path, apr_pool_t *scratch)
{
    apr_dir_t *open_directory;
    apr_finfo_t info;
    unsigned count = 0;

    if (apr_dir_open(&open_directory, path, scratch) != APR_SUCCESS)
        return 0;
    while (apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_TYPE, open_directory) == APR_SUCCESS) {
        if (info.filetype != APR_DIR)
            count += strncmp(info.name, "byname.", 7) == 0;
        else if (info.name[0] != '.')
            count += count_files(apr_pstrcat(scratch, path, "/", info.name, NULL), scratch);
    }
    apr_dir_close(open_directory);
    return count;
}

unsigned board_files(void)
{
    apr_pool_t *scratch = NULL;
    unsigned count;

    REQUIRE(apr_pool_create(&scratch, NULL) == APR_SUCCESS);
    count = count_files(test_directory(), scratch);
    apr_pool_destroy(scratch);
    return count;
}
