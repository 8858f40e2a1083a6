#include "pool_tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "probe.h"

/* ---- Tasks ---------------------------------------------------------------------------------------- */

static byn_status echo(byn_call *call)
{
    size_t size;
    const void *data = byn_call_argument(call, &size);

    return byn_call_result(call, data, size);
}

static byn_status sum(byn_call *call)
{
    size_t size, i;
    const unsigned char *data = byn_call_argument(call, &size);
    uint64_t total = 0;

    for (i = 0; i < size; i++)
        total = total * 31 + data[i];
    return byn_call_result(call, &total, sizeof total);
}

static byn_status fail(byn_call *call)
{
    const complaint *what = byn_call_argument(call, NULL);

    return byn_call_fail(call, (byn_status)what->status, what->message);
}

static byn_status limit(byn_call *call)
{
    (void)call;
    return BYN_E_LIMIT;
}

static unsigned char pattern(size_t i)
{
    return (unsigned char)(i * 7 + (i >> 8));
}

static void fill_pattern(unsigned char *data, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        data[i] = pattern(i);
}

bool pattern_is(const void *data, size_t n)
{
    const unsigned char *bytes = data;
    size_t i;

    for (i = 0; i < n; i++)
        if (bytes[i] != pattern(i))
            return false;
    return true;
}

static byn_status bytes(byn_call *call)
{
    const size_t *size = byn_call_argument(call, NULL);
    unsigned char *data = malloc(*size + 1);
    byn_status status = BYN_E_NOMEM;

    if (data != NULL) {
        fill_pattern(data, *size);
        status = byn_call_result(call, data, *size);
    }
    free(data);
    return status;
}

static byn_status room(byn_call *call)
{
    const size_t *size = byn_call_argument(call, NULL);
    void *data;
    byn_status status = byn_call_reserve(call, *size, &data);

    if (status >= 0)
        fill_pattern(data, *size);
    return status;
}

static byn_status set_event(const char *name)
{
    byn_event *event;
    byn_status status =
        byn_event_open(&event, name, &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY));

    if (status >= 0) {
        status = byn_event_set(event);
        byn_event_close(event);
    }
    return status;
}

/* The gate is open before anybody hears that it began. */
static byn_status hold_task(byn_call *call)
{
    const gates *names = byn_call_argument(call, NULL);
    byn_event *gate;
    byn_status status =
        byn_event_open(&gate, names->gate, &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    status = set_event(names->began);
    if (status >= 0)
        status = byn_event_wait(gate, LATE);
    byn_event_close(gate);
    return status < 0 ? status : byn_call_result(call, "held", 4);
}

static byn_status await(byn_call *call)
{
    const char *name = byn_call_argument(call, NULL);
    byn_event *event;
    byn_status status;

    if (name[0] == '\0')
        return BYN_OK;
    status = byn_event_open(&event, name, &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY));
    if (status < 0)
        return status;
    status = byn_event_wait(event, LATE);
    byn_event_close(event);
    return status;
}

static byn_status asks(byn_call *call)
{
    const gates *names = byn_call_argument(call, NULL);
    byn_event *nothing;
    byn_status status = set_event(names->began);
    int i;

    if (status < 0 || byn_event_open(&nothing, NULL, NULL) < 0)
        return BYN_E_OS;
    for (i = 0; i < LATE && !byn_call_is_canceled(call); i++)
        if (byn_event_wait(nothing, 1) >= 0)
            break;
    byn_event_close(nothing);
    if (!byn_call_is_canceled(call))
        return BYN_E_TIMEDOUT;
    status = set_event(names->gate);
    return status < 0 ? status : BYN_E_CANCELED;
}

static byn_status exits(byn_call *call)
{
    const int *code = byn_call_argument(call, NULL);

    exit(*code);
    return BYN_OK;
}

static byn_status die(byn_call *call)
{
    (void)call;
    probe_kill(probe_pid());
    return BYN_E_OS; /* it is late */
}

static byn_status nest_further(byn_pool *pool, uint32_t depth, uint32_t *answer)
{
    byn_future *future;
    const void *data;
    size_t size;
    byn_status status =
        byn_pool_submit(pool, &future, "nest", &depth, sizeof depth, NULL, BYN_FOREVER);

    if (status < 0)
        return status;
    status = byn_future_wait(future, LATE);
    if (status >= 0)
        status = byn_future_result(future, &data, &size);
    if (status >= 0)
        memcpy(answer, data, sizeof *answer);
    byn_future_close(future);
    return status;
}

static byn_status nest(byn_call *call)
{
    uint32_t depth = *(const uint32_t *)byn_call_argument(call, NULL), answer = 0;
    byn_pool *pool;
    byn_status status = byn_pool_open(&pool, byn_call_pool(call), NULL);

    if (status < 0)
        return status;
    if (depth > 0)
        status = nest_further(pool, depth - 1, &answer);
    byn_pool_close(pool);
    answer++;
    return status < 0 ? status : byn_call_result(call, &answer, sizeof answer);
}

static byn_status crowd_in(byn_pool *pool, uint32_t count)
{
    byn_future **futures = calloc(count, sizeof(byn_future *));
    uint32_t i, begun;
    byn_status status = futures != NULL ? BYN_OK : BYN_E_NOMEM;

    for (begun = 0; begun < count && status >= 0; begun += status >= 0)
        status = byn_pool_submit(pool, &futures[begun], "echo", &begun, sizeof begun, NULL, LATE);
    if (status >= 0)
        status = byn_futures_wait(futures, count, BYN_ALL_DONE, LATE, NULL);
    for (i = 0; i < begun; i++)
        byn_future_close(futures[i]);
    free(futures);
    return status < 0 ? status : BYN_OK;
}

static byn_status crowd(byn_call *call)
{
    const uint32_t *count = byn_call_argument(call, NULL);
    byn_pool *pool;
    byn_status status = byn_pool_open(&pool, byn_call_pool(call), NULL);

    if (status < 0)
        return status;
    status = crowd_in(pool, *count);
    byn_pool_close(pool);
    return status;
}

/* What has a name keeps its place. */
static byn_status hoard_in(byn_pool *pool)
{
    enum { MOST = 16 };
    byn_future *futures[MOST] = {NULL};
    byn_status status = BYN_OK;
    int i;

    for (i = 0; i < MOST && status >= 0; i++) {
        status = byn_pool_submit(pool, &futures[i], "echo", "x", 1, NULL, LATE);
        if (status >= 0 && byn_future_name(futures[i]) == NULL)
            status = BYN_E_NOMEM;
        if (status >= 0)
            status = byn_future_wait(futures[i], LATE);
    }
    for (i = 0; i < MOST; i++)
        byn_future_close(futures[i]);
    return status;
}

static byn_status hoard(byn_call *call)
{
    byn_pool *pool;
    byn_status status = byn_pool_open(&pool, byn_call_pool(call), NULL);

    if (status < 0)
        return status;
    status = hoard_in(pool);
    byn_pool_close(pool);
    return status;
}

static byn_status add(byn_call *call)
{
    const addition *what = byn_call_argument(call, NULL);
    byn_value *value;
    byn_status status = byn_value_open(&value, what->value, NULL);

    if (status < 0)
        return status;
    status = byn_value_add(value, what->number, NULL);
    byn_value_close(value);
    return status;
}

const byn_task pool_tasks[] = {
    BYN_TASK("echo", echo),      BYN_TASK("fail", fail),
    BYN_TASK("sum", sum),        BYN_TASK("limit", limit),
    BYN_TASK("bytes", bytes),    BYN_TASK("room", room),
    BYN_TASK("hold", hold_task), BYN_TASK("asks", asks),
    BYN_TASK("await", await),    BYN_TASK("exit", exits),
    BYN_TASK("die", die),        BYN_TASK("nest", nest),
    BYN_TASK("crowd", crowd),    BYN_TASK("add", add),
    BYN_TASK("hoard", hoard),    BYN_TASK_END,
};

/* ---- In the case ------------------------------------------------------------------------------------ */

static byn_event *gate_of(char *name, size_t size)
{
    byn_event *event = NULL;

    snprintf(name, size, "%s", fresh_name());
    REQUIRE_STATUS(
        byn_event_open(&event, name, &BYN_OPTIONS(byn_event_options, .manual_reset = true)),
        BYN_CREATED);
    return event;
}

held hold(byn_pool *pool, const char *task)
{
    held h = {.future = NULL};

    h.began = gate_of(h.names.began, sizeof h.names.began);
    h.gate = gate_of(h.names.gate, sizeof h.names.gate);
    h.future = submitted(pool, task, &h.names, sizeof h.names);
    REQUIRE_STATUS(byn_event_wait(h.began, LATE), BYN_OK);
    return h;
}

void let_go(held *h)
{
    CHECK_STATUS(byn_event_set(h->gate), BYN_OK);
}

void release(held *h)
{
    let_go(h);
    if (h->future != NULL)
        CHECK_STATUS(byn_future_wait(h->future, LATE), BYN_OK);
    byn_future_close(h->future);
    byn_event_close(h->began);
    byn_event_close(h->gate);
}

byn_pool *pool_of(const char *name, uint32_t workers, uint32_t capacity, uint64_t memory)
{
    byn_pool *pool = NULL;

    REQUIRE_STATUS(
        byn_pool_open(&pool, name,
                      &BYN_OPTIONS(byn_pool_options, .workers = workers, .no_workers = workers == 0,
                                   .capacity = capacity, .memory = memory)),
        BYN_CREATED);
    return pool;
}

void end_pool(byn_pool *pool)
{
    CHECK_STATUS(byn_pool_shutdown(pool), BYN_OK);
    CHECK_STATUS(byn_pool_join(pool, LATE), BYN_OK);
    byn_pool_close(pool);
}

byn_future *submitted(byn_pool *pool, const char *task, const void *data, size_t size)
{
    byn_future *future = NULL;

    REQUIRE_STATUS(byn_pool_submit(pool, &future, task, data, size, NULL, LATE), BYN_OK);
    return future;
}

byn_future *submitted_text(byn_pool *pool, const char *task, const char *text)
{
    return submitted(pool, task, text, strlen(text));
}

void result_is(byn_future *future, const void *data, size_t size)
{
    const void *result = NULL;
    size_t result_size = 0;

    REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
    REQUIRE_STATUS(byn_future_result(future, &result, &result_size), BYN_OK);
    CHECK_INT(result_size, size);
    CHECK(result_size == size && memcmp(result, data, size) == 0);
    byn_future_close(future);
}

void failure_is(byn_future *future, byn_status status, const char *says)
{
    byn_task_error error = {.struct_size = sizeof error};

    REQUIRE_STATUS(byn_future_wait(future, LATE), BYN_OK);
    CHECK_INT(byn_future_state(future), BYN_FUTURE_FAILED);
    REQUIRE_STATUS(byn_future_error(future, &error), BYN_OK);
    CHECK_STATUS(error.status, status);
    CHECK_CONTAINS(error.message, says);
    byn_future_close(future);
}

/* ---- Errors that nobody looked at -------------------------------------------------------------------- */

/* The library's thread writes it too, while the case closes futures. */
static struct {
    byn_mutex *writing;
    byn_event *more; /* set at each */
    byn_value *count;
    char message[400];
} unseen;

static void note_unseen(const char *pool, const byn_task_error *error, void *context)
{
    (void)pool;
    (void)context;
    if (byn_mutex_lock(unseen.writing, BYN_FOREVER) < 0)
        return; /* it will be missed */
    snprintf(unseen.message, sizeof unseen.message, "%s", error->message);
    (void)byn_mutex_unlock(unseen.writing);
    (void)byn_value_add(unseen.count, 1, NULL);
    (void)byn_event_set(unseen.more);
}

void watch_unseen(void)
{
    REQUIRE_STATUS(byn_mutex_open(&unseen.writing, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&unseen.more, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_value_open(&unseen.count, NULL, NULL), BYN_CREATED);
    byn_on_unseen_error(note_unseen, NULL);
}

void unwatch_unseen(void)
{
    byn_on_unseen_error(NULL, NULL);
    byn_event_close(unseen.more);
    byn_value_close(unseen.count);
    byn_mutex_close(unseen.writing);
}

int unseen_count(void)
{
    int64_t count = 0;

    CHECK_STATUS(byn_value_get(unseen.count, &count), BYN_OK);
    return (int)count;
}

const char *unseen_message(void)
{
    return unseen.message;
}

bool unseen_becomes(int count)
{
    while (unseen_count() < count)
        if (byn_event_wait(unseen.more, LATE) < 0)
            return false;
    return unseen_count() == count;
}
