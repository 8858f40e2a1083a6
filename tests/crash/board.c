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

void board_mark_victim(board *b)
{
    apr_atomic_set32(&b->victim, board_pid());
}

bool board_victim_is_dead(const board *b)
{
    return board_process_is_dead(b->victim);
}

bool board_await_victim(board *b, unsigned index)
{
    while (!board_sees_sleep() && apr_atomic_read32(&b->word[index]) == 0 &&
           !board_victim_is_dead(b))
        board_pause();
    return apr_atomic_read32(&b->word[index]) != 0;
}

apr_uint32_t board_ms(void)
{
    return (apr_uint32_t)(apr_time_now() / 1000);
}

void board_pause(void)
{
    apr_sleep(100);
}

apr_uint32_t board_await_turn(volatile apr_uint32_t *word, apr_uint32_t last)
{
    apr_interval_time_t pause = 100;
    apr_uint32_t now;

    while ((now = apr_atomic_read32(word)) == last) {
        apr_sleep(pause);
        if (pause < 800)
            pause *= 2;
    }
    return now;
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

board *board_begin(const char *name, int seconds)
{
    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    test_deadline(seconds);
    return board_create(name);
}

/* ---- Seats */

void seat_wait(seat *s)
{
    s->thread = board_thread();
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

/* Where sleep cannot be seen: longer than a wake-up takes, in ms; and in looks, each after a sleep of our own,
 * which takes the longer the busier the system is. */
enum { UNCHANGED = 100, LOOKS = 30, BETWEEN = 2000 /* us */ };

board_view board_look(board *b, unsigned count)
{
    board_view view = {0, 0, 0, 0};
    unsigned i;

    for (i = 0; i < count; i++) {
        seat *s = &b->seats[i];
        bool asleep = apr_atomic_read32(&s->state) == SEAT_WAITING && board_asleep(s);

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
    int looks = 0;

    for (;; looks++) {
        *view = board_look(b, count);
        if (memcmp(view, &last, sizeof last) != 0) {
            changed = board_ms();
            looks = 0;
        } else if (view->moving == 0 && (board_sees_sleep() || view->asleep == 0 ||
                                         (board_ms() - changed >= UNCHANGED && looks >= LOOKS))) {
            return true;
        }
        if (board_ms() - began > 1000u * (unsigned)test_patience()) {
            FAIL("the sleepers do not come to rest");
            return false;
        }
        last = *view;
        apr_sleep(board_sees_sleep() ? 100 : BETWEEN);
    }
}

void board_await_returned(board *b, unsigned count, unsigned wanted, board_view *view)
{
    apr_uint32_t began = board_ms();

    while (!board_sees_sleep() && view->returned < wanted &&
           board_ms() - began < 1000u * (unsigned)test_patience()) {
        apr_sleep(BETWEEN);
        *view = board_look(b, count);
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

/* ---- The platform */

const char *board_unsupported(void)
{
    return test_sanitized() ? "a sanitizer's own instructions and allocations would be killed"
                            : NULL;
}

void board_need_races(void)
{
    if (test_on_windows())
        test_skip("a victim that steps itself cannot be stopped");
}

static long given_stride(void)
{
    const char *given = getenv("BYNAME_CRASH_STRIDE");

    return given != NULL ? atol(given) : 0;
}

long board_stride_of(long where_it_is_expensive, int rotates)
{
    const long wine = rotates == 1 ? 4 : 1; /* there a kill takes 60 ms and more */
    static const long primes[] = {5, 7, 11, 13};

    if (given_stride() > 0)
        return given_stride();
    if (test_on_windows())
        return wine * where_it_is_expensive;
    return rotates != 0 ? primes[board_ms() / 7 % (sizeof primes / sizeof primes[0])] : 1;
}

long board_rotating_stride(void)
{
    static const long primes[] = {67, 71, 73, 79, 83, 89, 97, 101};

    if (given_stride() > 0)
        return given_stride();
    return (test_on_windows() ? 12 : 1) *
           primes[board_ms() / 7 % (sizeof primes / sizeof primes[0])];
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
