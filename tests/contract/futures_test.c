/* Submitting to a pool in all its ways, and waiting for many futures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "pool_tasks.h"

static byn_pool *pool_with(uint32_t workers)
{
    return pool_of(fresh_name(), workers, 0, 0);
}

static void close_all(byn_future **futures, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        byn_future_close(futures[i]);
}

/* ---- Closing */

static bool is_there(const char *name)
{
    byn_pool *pool = NULL;
    byn_status status =
        byn_pool_open(&pool, name, &BYN_OPTIONS(byn_pool_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        CHECK_STATUS(status, BYN_E_NOTFOUND);
    byn_pool_close(pool);
    return status >= 0;
}

static byn_future *echoed(byn_pool *pool)
{
    byn_future *future = NULL;

    REQUIRE_STATUS(byn_pool_submit(pool, &future, "echo", "x", 1, NULL, BYN_FOREVER), BYN_OK);
    CHECK_STATUS(byn_future_wait(future, 60000), BYN_OK);
    return future;
}

/* Whichever is closed last, and however many were closed before. */
static void pool_goes_with_the_last_of_its_futures(void)
{
    const char *name = fresh_name();
    byn_pool *pool = pool_of(name, 1, 0, 0);
    byn_future *futures[3];
    int i;

    for (i = 0; i < 3; i++)
        futures[i] = echoed(pool);
    byn_future_close(futures[0]);
    byn_future_close(echoed(pool));
    byn_pool_close(pool);
    CHECK(is_there(name));
    byn_future_close(futures[1]);
    CHECK(is_there(name));
    byn_future_close(futures[2]);
    CHECK(!is_there(name));
    pool = pool_of(name, 1, 0, 0);
    byn_future_close(echoed(pool));
    byn_pool_close(pool);
    CHECK(!is_there(name));
}

/* ---- Submit */

static void unusable_arguments_are_invalid(void)
{
    byn_pool *pool = pool_with(0);
    byn_future *future = NULL;
    char name[BYN_TASK_NAME_MAX + 2];
    size_t size = 1;

    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    CHECK_STATUS(byn_pool_submit(NULL, &future, "echo", NULL, 0, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pool_submit(pool, &future, NULL, NULL, 0, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pool_submit(pool, &future, "", NULL, 0, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "the task has no name");
    CHECK_STATUS(byn_pool_submit(pool, &future, name, NULL, 0, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "more than 47 bytes");
    CHECK_STATUS(byn_pool_submit(pool, &future, "echo", NULL, 1, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "data is NULL");
    CHECK_STATUS(byn_pool_submit(pool, &future, "echo", NULL, 0, NULL, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_pool_submit(pool, &future, "echo", NULL, 0,
                                 &BYN_OPTIONS(byn_submit_options, .task_timeout = -2), BYN_NOW),
                 BYN_E_INVALID);
    CHECK_STATUS(byn_pool_submit(pool, &future, "echo", NULL, 0,
                                 &BYN_OPTIONS(byn_submit_options, .attempts = 256), BYN_NOW),
                 BYN_E_INVALID);
    CHECK_STATUS(byn_pool_apply(pool, "echo", NULL, 0, NULL, &size, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pool_apply(pool, "echo", NULL, 1, NULL, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pool_map(pool, NULL, "echo", NULL, 1, NULL, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pool_imap(pool, NULL, "echo", NULL, NULL, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_imap_next(NULL, &future, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pool_on_progress(NULL, NULL, NULL, 1), BYN_E_INVALID);
    byn_imap_close(NULL);
    CHECK(future == NULL);
    byn_pool_close(pool);
}

static bool interrupt(void *context)
{
    (void)context;
    return true;
}

static void submit_waits_for_room(void)
{
    enum { CAPACITY = 4 };
    byn_pool *pool = pool_of(fresh_name(), 0, CAPACITY, 0);
    byn_future *futures[CAPACITY + 1] = {NULL};
    int i;

    for (i = 0; i < CAPACITY; i++)
        futures[i] = submitted_text(pool, "echo", "x");
    CHECK_STATUS(byn_pool_submit(pool, &futures[i], "echo", NULL, 0, NULL, BYN_NOW),
                 BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_pool_submit(pool, &futures[i], "echo", NULL, 0, NULL, 20), BYN_E_TIMEDOUT);
    byn_wait_interruptible(interrupt, NULL);
    CHECK_STATUS(byn_pool_submit(pool, &futures[i], "echo", NULL, 0, NULL, LATE), BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    CHECK(futures[CAPACITY] == NULL);
    CHECK_STATUS(byn_future_cancel(futures[0]), BYN_OK);
    CHECK_STATUS(byn_pool_submit(pool, &futures[i], "echo", NULL, 0, NULL, BYN_NOW), BYN_OK);
    close_all(futures, CAPACITY + 1);
    byn_pool_close(pool);
}

static int submits_one(peer_self *self, int argc, char **argv)
{
    byn_pool *pool = NULL;
    byn_future *future = NULL;
    byn_status status;

    (void)argc;
    REQUIRE_STATUS(byn_pool_open(&pool, argv[0], NULL), BYN_OK);
    peer_say(self, "begins");
    status = byn_pool_submit(pool, &future, "echo", "x", 1, NULL, LATE);
    peer_say(self, "%s", byn_status_name(status));
    byn_future_close(future);
    byn_pool_close(pool);
    return 0;
}

static void others_make_room_or_shut_down(void)
{
    const char *name = fresh_name();
    byn_pool *pool = pool_of(name, 0, 1, 0);
    byn_future *future = submitted_text(pool, "echo", "x");
    peer *other = peer_start(PEER_PROCESS, "submits_one", name, NULL);

    peer_expect(other, "begins");
    CHECK_STATUS(byn_future_cancel(future), BYN_OK);
    byn_future_close(future);
    peer_expect(other, "BYN_OK");
    CHECK_INT(peer_finish(other), 0);
    REQUIRE_STATUS(byn_pool_submit(pool, &future, "echo", NULL, 0, NULL, LATE), BYN_OK);
    other = peer_start(PEER_PROCESS, "submits_one", name, NULL);
    peer_expect(other, "begins");
    CHECK_STATUS(byn_pool_shutdown(pool), BYN_OK);
    peer_expect(other, "BYN_E_CLOSED");
    CHECK_INT(peer_finish(other), 0);
    CHECK_STATUS(byn_pool_submit(pool, NULL, "echo", NULL, 0, NULL, LATE), BYN_E_CLOSED);
    byn_future_close(future);
    byn_pool_close(pool);
}

static void argument_that_can_never_fit_is_too_big(void)
{
    const uint64_t memory = 100000;
    byn_pool *pool = pool_of(fresh_name(), 1, 0, memory);
    char *large = calloc(1, memory + 1);
    size_t size = memory + 1;
    byn_future *future = NULL;

    REQUIRE(large != NULL);
    CHECK_STATUS(byn_pool_submit(pool, &future, "echo", large, memory + 1, NULL, LATE),
                 BYN_E_TOOBIG);
    CHECK_STATUS(byn_pool_apply(pool, "bytes", &size, sizeof size, NULL, NULL, LATE), BYN_E_TOOBIG);
    free(large);
    end_pool(pool);
}

static void any_number_of_futures_may_be_open(void)
{
    enum { TASKS = 10000, EACH = 100 };
    const size_t large = 1000;
    byn_pool *pool = pool_of(fresh_name(), 2, 64, 1 << 20);
    static byn_future *futures[TASKS];
    size_t size, wrong = 0;
    const void *data;
    int i;

    for (i = 0; i < TASKS; i++)
        futures[i] = i % EACH == 0 ? submitted(pool, "bytes", &large, sizeof large)
                                   : submitted(pool, "echo", &i, sizeof i);
    REQUIRE_STATUS(byn_futures_wait(futures, TASKS, BYN_ALL_DONE, LATE, NULL), BYN_OK);
    for (i = 0; i < TASKS; i++) {
        if (byn_future_result(futures[i], &data, &size) < 0)
            wrong++;
        else if (i % EACH == 0)
            wrong += size != large || !pattern_is(data, size);
        else
            wrong += size != sizeof i || memcmp(data, &i, sizeof i) != 0;
    }
    CHECK_INT(wrong, 0);
    close_all(futures, TASKS);
    end_pool(pool);
}

enum { LOOKED_AT = 5000 };

static const unsigned char *large_result(byn_future *future)
{
    const void *result = NULL;
    size_t size = 0;

    REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
    REQUIRE_STATUS(byn_future_result(future, &result, &size), BYN_OK);
    REQUIRE_INT(size, LOOKED_AT);
    return result;
}

/* What was shown stays where it is, and does not stop the others: those too that nobody looks at until all are
 * submitted. */
static void large_results_that_are_looked_at_leave_room(void)
{
    enum { TASKS = 300, EARLY = 200 };
    byn_pool *pool = pool_of(fresh_name(), 1, 8, 1 << 20);
    byn_future *futures[TASKS];
    const unsigned char *data[TASKS];
    static unsigned char large[LOOKED_AT];
    size_t wrong = 0;
    int i;

    for (i = 0; i < TASKS; i++) {
        memset(large, i, sizeof large);
        futures[i] = submitted(pool, "echo", large, sizeof large);
        data[i] = i < EARLY ? large_result(futures[i]) : NULL;
    }
    for (i = 0; i < TASKS; i++) {
        if (data[i] == NULL)
            data[i] = large_result(futures[i]);
        wrong += data[i][0] != (unsigned char)i || memcmp(data[i], data[i] + 1, LOOKED_AT - 1) != 0;
    }
    CHECK_INT(wrong, 0);
    close_all(futures, TASKS);
    end_pool(pool);
}

/* ---- Apply */

static void apply_gives_the_result_or_tells_why_not(void)
{
    byn_pool *pool = pool_with(1);
    held h;
    char result[8] = "";
    size_t size = sizeof result;
    complaint what = {BYN_E_ACCESS, "not yours"};
    const char *told;

    CHECK_STATUS(byn_pool_apply(pool, "echo", "four", 4, result, &size, LATE), BYN_OK);
    CHECK_INT(size, 4);
    CHECK(memcmp(result, "four", 4) == 0);
    size = 3;
    CHECK_STATUS(byn_pool_apply(pool, "echo", "four", 4, result, &size, LATE), BYN_E_TOOBIG);
    CHECK_INT(size, 4);
    CHECK_STATUS(byn_pool_apply(pool, "echo", "four", 4, NULL, NULL, LATE), BYN_OK);
    size = 0;
    CHECK_STATUS(byn_pool_apply(pool, "echo", NULL, 0, NULL, &size, LATE), BYN_OK);
    CHECK_STATUS(byn_pool_apply(pool, "fail", &what, sizeof what, NULL, NULL, LATE), BYN_E_ACCESS);
    CHECK_CONTAINS(byn_last_error(), "byn_pool_apply");
    CHECK_CONTAINS(byn_last_error(), "task \"fail\": not yours");
    size = SIZE_MAX / 2; /* the library's own words */
    CHECK_STATUS(byn_pool_apply(pool, "room", &size, sizeof size, NULL, NULL, LATE), BYN_E_TOOBIG);
    CHECK_CONTAINS(byn_last_error(), "task \"room\": byn_call_reserve");
    told = strstr(byn_last_error(), "(BYN_E_TOOBIG)");
    CHECK(told != NULL && strcmp(told, "(BYN_E_TOOBIG)") == 0);
    h = hold(pool, "hold");
    CHECK_STATUS(byn_pool_apply(pool, "echo", "x", 1, NULL, NULL, 20), BYN_E_TIMEDOUT);
    release(&h);
    end_pool(pool);
}

/* Of two places: whatever became of a task, the next one finds room. */
static void apply_leaves_its_place_to_others(void)
{
    enum { TIMES = 5, LARGE = 5000 };
    byn_pool *pool = pool_of(fresh_name(), 1, 2, 0);
    static char large[LARGE], result[LARGE];
    const size_t wanted = LARGE;
    complaint what = {BYN_E_ACCESS, "not yours"};
    size_t size;
    int i;

    for (i = 0; i < TIMES; i++) {
        held h;

        size = sizeof result;
        CHECK_STATUS(byn_pool_apply(pool, "bytes", &wanted, sizeof wanted, result, &size, LATE),
                     BYN_OK);
        CHECK_INT(size, LARGE);
        size = sizeof result;
        CHECK_STATUS(byn_pool_apply(pool, "echo", large, LARGE, result, &size, LATE), BYN_OK);
        CHECK_INT(size, LARGE);
        CHECK_STATUS(byn_pool_apply(pool, "fail", &what, sizeof what, NULL, NULL, LATE),
                     BYN_E_ACCESS);
        h = hold(pool, "hold");
        CHECK_STATUS(byn_pool_apply(pool, "echo", "x", 1, NULL, NULL, 5), BYN_E_TIMEDOUT);
        release(&h);
        CHECK_STATUS(byn_pool_apply(pool, "echo", "x", 1, NULL, NULL, LATE), BYN_OK);
    }
    end_pool(pool);
}

/* ---- Map */

enum { MAPPED = 1000 };

static void map_runs_all_in_order(void)
{
    byn_pool *pool = pool_of(fresh_name(), 2, 64, 0);
    byn_future *futures[MAPPED];
    byn_bytes arguments[MAPPED];
    int numbers[MAPPED], i;
    size_t failed = 9, wrong = 0, size;
    const void *data;

    for (i = 0; i < MAPPED; i++) {
        numbers[i] = i;
        arguments[i] = (byn_bytes){&numbers[i], sizeof numbers[i]};
    }
    REQUIRE_STATUS(byn_pool_map(pool, futures, "echo", arguments, MAPPED, NULL, &failed, LATE),
                   BYN_OK);
    CHECK_INT(failed, 0);
    for (i = 0; i < MAPPED; i++)
        wrong += byn_future_result(futures[i], &data, &size) < 0 || size != sizeof i ||
                 memcmp(data, &i, sizeof i) != 0;
    CHECK_INT(wrong, 0);
    close_all(futures, MAPPED);
    watch_unseen();
    REQUIRE_STATUS(byn_pool_map(pool, futures, "limit", arguments, 3, NULL, &failed, LATE), BYN_OK);
    CHECK_INT(failed, 3);
    close_all(futures, 3);
    CHECK_INT(unseen_count(), 3);
    unwatch_unseen();
    CHECK_STATUS(byn_pool_map(pool, NULL, "echo", NULL, 0, NULL, NULL, LATE), BYN_OK);
    end_pool(pool);
}

/* The last task lets go the one in the midst of the first ones, which are awaited by their midst: others go on. */
static void map_goes_on_beside_one_that_takes_long(void)
{
    enum { LONG = 32 };
    static gates names[MAPPED];
    byn_pool *pool = pool_of(fresh_name(), 2, 128, 0);
    byn_future *futures[MAPPED];
    byn_bytes arguments[MAPPED];
    byn_event *open = NULL, *gate = NULL;
    const char *open_name = fresh_name(), *gate_name = fresh_name();
    size_t failed = 9;
    int i;

    REQUIRE_STATUS(byn_event_open(&open, open_name,
                                  &BYN_OPTIONS(byn_event_options, .manual_reset = true,
                                               .initially_set = true)),
                   BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&gate, gate_name, NULL), BYN_CREATED);
    for (i = 0; i < MAPPED; i++) {
        (void)snprintf(names[i].began, sizeof names[i].began, "%s",
                       i == MAPPED - 1 ? gate_name : open_name);
        (void)snprintf(names[i].gate, sizeof names[i].gate, "%s",
                       i == LONG ? gate_name : open_name);
        arguments[i] = (byn_bytes){&names[i], sizeof names[i]};
    }
    REQUIRE_STATUS(byn_pool_map(pool, futures, "hold", arguments, MAPPED, NULL, &failed, LATE),
                   BYN_OK);
    CHECK_INT(failed, 0);
    close_all(futures, MAPPED);
    byn_event_close(open);
    byn_event_close(gate);
    end_pool(pool);
}

static void result_is_sum(byn_future *future, const byn_bytes *argument)
{
    const unsigned char *data = argument->data;
    uint64_t total = 0;
    size_t i;

    for (i = 0; i < argument->size; i++)
        total = total * 31 + data[i];
    result_is(future, &total, sizeof total);
}

/* Small ones and large ones, through few places; the result is as large, or small. */
static void map_of_all_sizes_keeps_each_result(void)
{
    enum { SIZES = 3, LARGEST = 3000, SHIFTS = 100 };
    static const size_t sizes[SIZES] = {20, 96, LARGEST};
    byn_pool *pool = pool_of(fresh_name(), 2, 16, 0);
    byn_future *futures[MAPPED];
    byn_bytes arguments[MAPPED];
    unsigned char *data = malloc(LARGEST + SHIFTS);
    size_t failed = 9, wrong = 0, size, i;
    const void *result;

    REQUIRE(data != NULL);
    for (i = 0; i < LARGEST + SHIFTS; i++)
        data[i] = (unsigned char)(i % 253);
    for (i = 0; i < MAPPED; i++)
        arguments[i] = (byn_bytes){data + i % SHIFTS, sizes[i % 7 % SIZES] - i % 20};
    REQUIRE_STATUS(byn_pool_map(pool, futures, "echo", arguments, MAPPED, NULL, &failed, LATE),
                   BYN_OK);
    CHECK_INT(failed, 0);
    for (i = 0; i < MAPPED; i++)
        wrong += byn_future_result(futures[i], &result, &size) < 0 || size != arguments[i].size ||
                 memcmp(result, arguments[i].data, size) != 0;
    CHECK_INT(wrong, 0);
    close_all(futures, MAPPED);
    REQUIRE_STATUS(byn_pool_map(pool, futures, "sum", arguments, MAPPED, NULL, &failed, LATE),
                   BYN_OK);
    for (i = 0; i < MAPPED; i++)
        result_is_sum(futures[i], &arguments[i]);
    free(data);
    end_pool(pool);
}

static void map_that_cannot_end_leaves_nothing(void)
{
    byn_pool *pool = pool_of(fresh_name(), 0, 8, 0);
    byn_future *futures[MAPPED];
    byn_bytes arguments[MAPPED];
    byn_pool_state state = {.struct_size = sizeof state};
    int i;

    for (i = 0; i < MAPPED; i++)
        arguments[i] = (byn_bytes){"x", 1};
    CHECK_STATUS(byn_pool_map(pool, futures, "echo", arguments, MAPPED, NULL, NULL, 20),
                 BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_pool_map(pool, futures, "echo", arguments, 4, NULL, NULL, 20), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_pool_progress(pool, &state), BYN_OK);
    CHECK_INT(state.waiting, 0);
    CHECK_INT(state.canceled, 8 + 4);
    CHECK_STATUS(byn_pool_shutdown(pool), BYN_OK);
    CHECK_STATUS(byn_pool_map(pool, futures, "echo", arguments, 4, NULL, NULL, LATE), BYN_E_CLOSED);
    byn_pool_close(pool);
}

/* ---- Streams */

typedef struct numbers {
    int next, end;
} numbers;

static bool supply(void *context, byn_bytes *argument)
{
    static int number;
    numbers *n = context;

    if (n->next == n->end)
        return false;
    number = n->next++;
    *argument = (byn_bytes){&number, sizeof number};
    return true;
}

static void stream_gives(byn_pool *pool, bool unordered, uint32_t window)
{
    enum { COUNT = 300 };
    numbers n = {0, COUNT};
    byn_imap *stream = NULL;
    byn_future *future;
    bool seen[COUNT] = {false};
    uint64_t index;
    int told = 0, wrong = 0;

    REQUIRE_STATUS(
        byn_pool_imap(pool, &stream, "echo", supply, &n,
                      &BYN_OPTIONS(byn_imap_options, .unordered = unordered, .window = window)),
        BYN_OK);
    while (byn_imap_next(stream, &future, &index, LATE) >= 0) {
        const void *data;
        size_t size;
        int number = (int)index;

        wrong += !unordered && number != told;
        wrong += number >= COUNT || seen[number];
        seen[number < COUNT ? number : 0] = true;
        wrong += byn_future_result(future, &data, &size) < 0 || memcmp(data, &number, size) != 0;
        byn_future_close(future);
        told++;
    }
    CHECK_INT(told, COUNT);
    CHECK_INT(wrong, 0);
    CHECK_STATUS(byn_imap_next(stream, &future, NULL, LATE), BYN_E_NOTFOUND);
    byn_imap_close(stream);
}

static void stream_runs_a_task_for_each_argument(void)
{
    byn_pool *pool = pool_of(fresh_name(), 2, 16, 0);

    stream_gives(pool, false, 0); /* the window is larger than the pool */
    stream_gives(pool, true, 0);
    stream_gives(pool, false, 1);
    stream_gives(pool, true, 7);
    end_pool(pool);
}

/* The first one waits for an event, 7 others for nothing. */
typedef struct names {
    const char *event;
    int next;
} names;

static bool supply_names(void *context, byn_bytes *argument)
{
    names *n = context;
    const char *name = n->next == 0 ? n->event : "";

    *argument = (byn_bytes){name, strlen(name) + 1};
    return n->next++ < 8;
}

static void stream_waits_for_the_first_or_for_any(void)
{
    byn_pool *pool = pool_with(2);
    byn_event *event = NULL;
    bool unordered;

    REQUIRE_STATUS(byn_event_open(&event, NULL, NULL), BYN_CREATED);
    for (unordered = false;; unordered = true) {
        names n = {byn_event_name(event), 0};
        byn_imap *stream = NULL;
        byn_future *future = NULL;
        uint64_t index = 99;

        REQUIRE_STATUS(byn_pool_imap(pool, &stream, "await", supply_names, &n,
                                     &BYN_OPTIONS(byn_imap_options, .unordered = unordered)),
                       BYN_OK);
        CHECK_STATUS(byn_imap_next(stream, &future, &index, unordered ? LATE : 20),
                     unordered ? BYN_OK : BYN_E_TIMEDOUT);
        CHECK(unordered ? index > 0 && index < 8 : index == 99);
        byn_future_close(future);
        CHECK_STATUS(byn_event_set(event), BYN_OK);
        while (byn_imap_next(stream, &future, &index, LATE) >= 0)
            byn_future_close(future);
        byn_imap_close(stream);
        if (unordered)
            break;
    }
    byn_event_close(event);
    end_pool(pool);
}

static bool supply_large(void *context, byn_bytes *argument)
{
    static char large[2048];
    numbers *n = context;

    if (n->next == n->end)
        return false;
    *argument = (byn_bytes){large, n->next++ == 1 ? sizeof large : 2};
    return true;
}

static void stream_tells_what_cannot_be_submitted(void)
{
    byn_pool *pool = pool_of(fresh_name(), 1, 0, 1024);
    numbers n = {0, 3}, endless = {0, -1};
    byn_imap *stream = NULL;
    byn_future *future;
    uint64_t index, sum = 0;
    int too_big = 0, done = 0;
    byn_status status;

    REQUIRE_STATUS(byn_pool_imap(pool, &stream, "echo", supply_large, &n, NULL), BYN_OK);
    while ((status = byn_imap_next(stream, &future, &index, LATE)) != BYN_E_NOTFOUND) {
        too_big += status == BYN_E_TOOBIG;
        if (status < 0)
            continue;
        done++;
        sum += index;
        byn_future_close(future);
    }
    CHECK_INT(too_big, 1);
    CHECK_INT(done, 2);
    CHECK_INT(sum, 0 + 2);
    byn_imap_close(stream);
    REQUIRE_STATUS(byn_pool_imap(pool, &stream, "echo", supply, &endless, NULL), BYN_OK);
    REQUIRE_STATUS(byn_imap_next(stream, &future, NULL, LATE), BYN_OK);
    byn_future_close(future);
    byn_imap_close(stream); /* what was submitted ahead is canceled */
    end_pool(pool);
}

/* ---- Several */

static void thousand_are_waited_for_at_once(void)
{
    enum { TASKS = 1000 };
    byn_pool *pool = pool_with(2);
    byn_future *futures[TASKS + 1] = {NULL};
    size_t told, wrong = 0;
    int i;

    for (i = 0; i < TASKS; i++)
        futures[i] = submitted(pool, "echo", &i, sizeof i);
    CHECK_STATUS(byn_futures_wait(futures, TASKS + 1, BYN_ALL_DONE, LATE, NULL), BYN_OK);
    close_all(futures, TASKS);
    for (i = 0; i < TASKS; i++)
        futures[i] = submitted(pool, "echo", &i, sizeof i);
    for (told = 0; byn_futures_next(futures, TASKS + 1, &told, LATE) >= 0;) {
        wrong += futures[told - 1] == NULL || byn_future_state(futures[told - 1]) < 2;
        byn_future_close(futures[told - 1]);
    }
    CHECK_INT(told, TASKS);
    CHECK_INT(wrong, 0);
    CHECK(futures[TASKS] == NULL);
    end_pool(pool);
}

static void first_done_and_first_failed_are_told(void)
{
    byn_pool *pool = pool_with(2), *other = pool_with(1);
    held one = hold(pool, "hold"), two = hold(other, "hold");
    byn_future *set[5] = {NULL, one.future, two.future, NULL, NULL};
    size_t index = 9, told = 0;

    CHECK_STATUS(byn_futures_wait(set, 5, BYN_FIRST_DONE, BYN_NOW, &index), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_futures_wait(set, 5, BYN_FIRST_DONE, 20, &index), BYN_E_TIMEDOUT);
    let_go(&two);
    CHECK_STATUS(byn_futures_wait(set, 5, BYN_FIRST_DONE, LATE, &index), BYN_OK);
    CHECK_INT(index, 2);
    CHECK_STATUS(byn_futures_next(set, 5, &told, LATE), BYN_OK);
    CHECK(set[0] == two.future);
    CHECK_STATUS(byn_futures_next(set, 5, &told, 20), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_futures_wait(set, 5, BYN_FIRST_FAILED, 20, &index), BYN_E_TIMEDOUT);
    set[3] = submitted(pool, "limit", NULL, 0);
    CHECK_STATUS(byn_futures_wait(set, 5, BYN_FIRST_FAILED, LATE, &index), BYN_OK);
    CHECK_INT(index, 3);
    failure_is(set[3], BYN_E_LIMIT, "limit");
    set[3] = NULL;
    let_go(&one);
    CHECK_STATUS(byn_futures_wait(set, 5, BYN_FIRST_FAILED, LATE, &index), BYN_OK);
    CHECK_INT(index, 5);
    release(&one);
    release(&two);
    end_pool(pool);
    end_pool(other);
}

/* ---- In a task */

static void tasks_may_wait_for_their_own_pool(void)
{
    byn_pool *pool = pool_of(fresh_name(), 1, 10, 0);
    uint32_t depth = 6, answer = depth + 1, many = 100;

    result_is(submitted(pool, "nest", &depth, sizeof depth), &answer, sizeof answer);
    result_is(submitted(pool, "crowd", &many, sizeof many), "", 0);
    failure_is(submitted(pool, "hoard", NULL, 0), BYN_E_DEADLOCK, "only this task could make it");
    depth = 20; /* one worker can be in 8 at a time */
    failure_is(submitted(pool, "nest", &depth, sizeof depth), BYN_E_DEADLOCK,
               "every worker is in 8 tasks");
    end_pool(pool);
}

/* ---- Several threads */

static int submits_many(peer_self *self, int argc, char **argv)
{
    byn_pool *pool = NULL;
    int i, number;

    (void)self;
    (void)argc;
    REQUIRE_STATUS(byn_pool_open(&pool, argv[0], NULL), BYN_OK);
    for (i = 0; i < 200; i++) {
        size_t size = sizeof number;

        number = -1;
        CHECK_STATUS(byn_pool_apply(pool, "echo", &i, sizeof i, &number, &size, LATE), BYN_OK);
        CHECK_INT(number, i);
    }
    byn_pool_close(pool);
    return 0;
}

static byn_future *of_all;

static int waits_for_the_same(peer_self *self, int argc, char **argv)
{
    const void *data;
    size_t size;

    (void)argc;
    (void)argv;
    peer_say(self, "waits");
    CHECK_STATUS(byn_future_wait(of_all, LATE), BYN_OK);
    CHECK_STATUS(byn_future_result(of_all, &data, &size), BYN_OK);
    CHECK_INT(size, 4);
    return 0;
}

static void several_threads_may_submit_and_wait(void)
{
    const char *name = fresh_name();
    byn_pool *pool = pool_of(name, 2, 8, 0);
    peer *threads[4];
    held h;
    size_t i;

    for (i = 0; i < 4; i++)
        threads[i] = peer_start(PEER_THREAD, "submits_many", name, NULL);
    for (i = 0; i < 4; i++)
        CHECK_INT(peer_finish(threads[i]), 0);
    h = hold(pool, "hold");
    of_all = h.future;
    for (i = 0; i < 4; i++) {
        threads[i] = peer_start(PEER_THREAD, "waits_for_the_same", NULL);
        peer_expect(threads[i], "waits");
    }
    let_go(&h);
    for (i = 0; i < 4; i++)
        CHECK_INT(peer_finish(threads[i]), 0);
    release(&h);
    end_pool(pool);
}

/* ---- Progress */

typedef struct progress_log {
    byn_event *all_done;
    uint64_t done;
    bool decreased;
} progress_log;

static void note_progress(byn_pool *pool, const byn_pool_state *state, void *context)
{
    progress_log *log = context;

    (void)pool;
    log->decreased |= state->done < log->done;
    log->done = state->done;
    if (state->done == 100 && state->waiting + state->running == 0)
        (void)byn_event_set(log->all_done);
}

static void progress_is_told_until_all_is_done(void)
{
    byn_pool *pool = pool_with(2);
    progress_log log = {.done = 0};
    int i;

    REQUIRE_STATUS(byn_event_open(&log.all_done, NULL, NULL), BYN_CREATED);
    CHECK_STATUS(byn_pool_on_progress(pool, note_progress, &log, 0), BYN_E_INVALID);
    CHECK_STATUS(byn_pool_on_progress(pool, note_progress, &log, 1), BYN_OK);
    for (i = 0; i < 100; i++)
        CHECK_STATUS(byn_pool_submit(pool, NULL, "echo", "x", 1, NULL, LATE), BYN_OK);
    CHECK_STATUS(byn_event_wait(log.all_done, LATE), BYN_OK);
    CHECK_STATUS(byn_pool_on_progress(pool, NULL, NULL, 0), BYN_OK);
    CHECK(!log.decreased);
    CHECK_STATUS(byn_pool_apply(pool, "echo", "x", 1, NULL, NULL, LATE), BYN_OK);
    end_pool(pool);
    CHECK_INT(log.done, 100);
    byn_event_close(log.all_done);
}

static void submit_more(byn_pool *pool, const byn_pool_state *state, void *context)
{
    byn_pool *again = NULL;
    byn_future *future = NULL;

    (void)state;
    (void)byn_event_set(context);
    if (byn_pool_open(&again, byn_pool_name(pool), NULL) < 0)
        return;
    if (byn_pool_submit(again, &future, "echo", "x", 1, NULL, BYN_NOW) >= 0)
        byn_future_close(future);
    byn_pool_close(again);
}

static void pool_is_closed_while_a_hook_uses_it(void)
{
    byn_event *called = NULL;
    int i;

    REQUIRE_STATUS(byn_event_open(&called, NULL, NULL), BYN_CREATED);
    for (i = 0; i < 20; i++) {
        byn_pool *pool = pool_with(0);

        CHECK_STATUS(byn_pool_on_progress(pool, submit_more, called, 1), BYN_OK);
        REQUIRE_STATUS(byn_event_wait(called, LATE), BYN_OK);
        byn_pool_close(pool);
    }
    byn_event_close(called);
}

/* ---- At random */

enum { OPEN_MOST = 40 };

typedef struct tracked {
    byn_future *future;
    int number;
    bool fails, canceled, seen_end;
} tracked;

static void check_end(const tracked *t)
{
    const void *data;
    size_t size;
    byn_future_stage stage = byn_future_state(t->future);
    byn_status status = byn_future_result(t->future, &data, &size);

    if (t->canceled) {
        CHECK_INT(stage, BYN_FUTURE_CANCELED);
        CHECK_STATUS(status, BYN_E_CANCELED);
    } else if (t->fails) {
        CHECK_INT(stage, BYN_FUTURE_FAILED);
        CHECK_STATUS(status, BYN_E_LIMIT);
    } else {
        CHECK_INT(stage, BYN_FUTURE_DONE);
        REQUIRE_STATUS(status, BYN_OK);
        CHECK(size == sizeof t->number && memcmp(data, &t->number, size) == 0);
    }
}

static void do_something(byn_pool *pool, tracked *t, int what)
{
    byn_status status;

    if (t->future == NULL) {
        t->fails = what == 0;
        t->canceled = t->seen_end = false;
        t->future = submitted(pool, t->fails ? "limit" : "echo", &t->number, sizeof t->number);
    } else if (what == 0) {
        status = byn_future_cancel(t->future);
        CHECK(status == BYN_OK || status == BYN_E_EXISTS);
        t->canceled |= status >= 0;
    } else if (what == 1) {
        CHECK(!t->seen_end || byn_future_state(t->future) >= BYN_FUTURE_DONE);
        t->seen_end |= byn_future_state(t->future) >= BYN_FUTURE_DONE;
    } else if (what == 2) {
        byn_future_close(t->future);
        t->future = NULL;
    } else {
        CHECK_STATUS(byn_future_wait(t->future, LATE), BYN_OK);
        check_end(t);
        t->seen_end = true;
    }
}

static void futures_are_what_a_model_says(void)
{
    enum { STEPS = 4000 };
    byn_pool *pool = pool_of(fresh_name(), 2, 16, 0);
    tracked all[OPEN_MOST] = {{NULL, 0, false, false, false}};
    unsigned random = 12345;
    int i;

    watch_unseen(); /* those that fail and are closed */
    for (i = 0; i < STEPS; i++) {
        random = random * 1103515245 + 12345;
        all[random / 65536 % OPEN_MOST].number = all[random / 65536 % OPEN_MOST].future == NULL
                                                     ? i
                                                     : all[random / 65536 % OPEN_MOST].number;
        do_something(pool, &all[random / 65536 % OPEN_MOST], (int)(random >> 24) % 4);
    }
    for (i = 0; i < OPEN_MOST; i++)
        byn_future_close(all[i].future);
    end_pool(pool);
    unwatch_unseen();
}

static const test_case cases[] = {
    TEST(pool_goes_with_the_last_of_its_futures),
    TEST(unusable_arguments_are_invalid),
    TEST(submit_waits_for_room),
    TEST(others_make_room_or_shut_down),
    TEST(argument_that_can_never_fit_is_too_big),
    TEST(any_number_of_futures_may_be_open),
    TEST(large_results_that_are_looked_at_leave_room),
    TEST(apply_gives_the_result_or_tells_why_not),
    TEST(apply_leaves_its_place_to_others),
    TEST(map_runs_all_in_order),
    TEST(map_goes_on_beside_one_that_takes_long),
    TEST(map_of_all_sizes_keeps_each_result),
    TEST(map_that_cannot_end_leaves_nothing),
    TEST(stream_runs_a_task_for_each_argument),
    TEST(stream_waits_for_the_first_or_for_any),
    TEST(stream_tells_what_cannot_be_submitted),
    TEST(thousand_are_waited_for_at_once),
    TEST(first_done_and_first_failed_are_told),
    TEST(tasks_may_wait_for_their_own_pool),
    TEST(several_threads_may_submit_and_wait),
    TEST(progress_is_told_until_all_is_done),
    TEST(pool_is_closed_while_a_hook_uses_it),
    TEST(futures_are_what_a_model_says),
    TEST_END,
};

static const peer_entry peers[] = {PEER(submits_one), PEER(submits_many), PEER(waits_for_the_same),
                                   PEER_END};

int main(int argc, char **argv)
{
    int code;

    return byn_worker_main(pool_tasks, &code) ? code
                                              : test_main(argc, argv, "futures", cases, peers);
}
