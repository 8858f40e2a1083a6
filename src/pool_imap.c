/*
 * A stream of tasks: so many are submitted ahead, and taken out as they end. In order, they are a ring whose first one is
 * waited for; unordered, a heap of which any is taken.
 */
#include "future_state.h"

#include <stdlib.h>

struct byn_imap {
    uint64_t token;
    byn_pool *pool;
    char task[BYN_TASK_NAME_MAX + 1];
    byni_order order;
    byn_supply supply;
    void *context;
    bool unordered;
    bool ended;   /* the supply has no more */
    bool pending; /* `argument` was supplied, and is not submitted yet */
    byn_bytes argument;
    uint64_t supplied;
    uint32_t window, first, count; /* of the futures: a ring; unordered: first is 0 */
    byn_future *futures[];
};

/* ---- Open and close -------------------------------------------------------------------------------- */

static uint32_t window_of(const byn_pool *pool, uint32_t asked)
{
    enum { LEAST = 64, EACH = 4, MOST = 65536 };
    uint32_t workers = pool->definition->workers;

    if (asked == 0)
        asked = workers > LEAST / EACH ? workers * EACH : LEAST;
    return asked < MOST ? asked : MOST;
}

static byn_status make(byn_imap **stream, byn_pool *pool, const char *task,
                       const byn_imap_options *chosen)
{
    uint32_t window = window_of(pool, chosen->window);
    byn_submit_options options = {.struct_size = sizeof options,
                                  .attempts = chosen->attempts,
                                  .task_timeout = chosen->task_timeout};
    byn_imap *made;
    byni_order order;
    byn_status status = byni_order_make(&order, pool, "byn_imap_next", task, &options);

    if (status < 0)
        return status;
    made = calloc(1, sizeof *made + window * sizeof(byn_future *));
    if (made == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for a window of %u tasks", (unsigned)window);
    made->token = bynk_token();
    made->pool = pool;
    memcpy(made->task, task, strlen(task) + 1);
    made->order = order;
    made->order.task = made->task;
    made->unordered = chosen->unordered;
    made->window = window;
    *stream = made;
    return BYN_OK;
}

byn_status byn_pool_imap(byn_pool *pool, byn_imap **stream, const char *task, byn_supply supply,
                         void *context, const byn_imap_options *options)
{
    static const char name[] = "byn_pool_imap";
    byn_imap_options chosen;
    byn_status status = byni_pool_usable(pool, name);

    if (status < 0)
        return status;
    if (stream == NULL || supply == NULL)
        return byni_null(name, stream == NULL ? "stream" : "supply");
    if (!byni_options_copy(&chosen, sizeof chosen, options))
        return byni_pool_answer(pool, BYN_E_INVALID, name);
    status = make(stream, pool, task, &chosen);
    if (status < 0)
        return byni_pool_answer(pool, status, name);
    (*stream)->supply = supply;
    (*stream)->context = context;
    byni_pool_hold(pool);
    return BYN_OK;
}

static byn_future **slot(byn_imap *stream, uint32_t i)
{
    uint32_t at = stream->first + i;

    return &stream->futures[at < stream->window ? at : at - stream->window];
}

void byn_imap_close(byn_imap *stream)
{
    uint32_t i;

    if (stream == NULL || stream->token != bynk_token())
        return;                       /* inherited by fork: it is the parent's */
    for (i = stream->count; i-- > 0;) /* from the last one: what waits is not begun meanwhile */
        byni_future_abandon(*slot(stream, i));
    byni_pool_release(stream->pool);
    free(stream);
}

/* ---- Next -------------------------------------------------------------------------------------------- */

static bool supply(byn_imap *stream)
{
    if (!stream->pending && !stream->ended) {
        stream->argument.data = NULL;
        stream->argument.size = 0;
        stream->pending = stream->supply(stream->context, &stream->argument);
        stream->ended = !stream->pending;
    }
    return stream->pending;
}

static byn_status submit(byn_imap *stream, bynk_deadline deadline)
{
    byn_future *future = NULL;
    size_t count = 0;
    byn_status status = byni_argument_check(&stream->argument, stream->supplied);

    if (status >= 0)
        status = byni_submit(stream->pool, &stream->order, &future, &stream->argument, 1, &count,
                             deadline);
    if (status >= 0 && future != NULL) {
        future->argument = stream->supplied;
        *slot(stream, stream->count) = future;
        stream->count++;
    }
    /* One that can never be submitted does not stay in the way of the others. */
    if (status >= 0 || status == BYN_E_TOOBIG || status == BYN_E_INVALID) {
        stream->supplied++;
        stream->pending = false;
    }
    return status;
}

/* The window is full, or there is no more, or no room: that is waited for only if nothing else can be. */
static byn_status fill(byn_imap *stream, bynk_deadline deadline)
{
    byn_status status = BYN_OK;

    while (status >= 0 && stream->count < stream->window && supply(stream))
        status = submit(stream, stream->count > 0 ? BYNK_NOW : deadline);
    return status == BYN_E_TIMEDOUT && stream->count > 0 ? BYN_OK : status;
}

static byn_status take_first(byn_imap *stream, byn_future **future, bynk_deadline deadline)
{
    byn_status status = byni_future_await(*slot(stream, 0), deadline);

    if (status < 0)
        return status;
    *future = *slot(stream, 0);
    stream->first = stream->first + 1 < stream->window ? stream->first + 1 : 0;
    stream->count--;
    return BYN_OK;
}

/* The others keep their order: the oldest are the likeliest. */
static byn_status take_any(byn_imap *stream, byn_future **future, bynk_deadline deadline)
{
    size_t index;
    byn_status status = byni_futures_await_first(stream->futures, stream->count, deadline, &index);

    if (status < 0)
        return status;
    *future = stream->futures[index];
    stream->count--;
    memmove(&stream->futures[index], &stream->futures[index + 1],
            (stream->count - index) * sizeof(byn_future *));
    return BYN_OK;
}

byn_status byn_imap_next(byn_imap *stream, byn_future **future, uint64_t *index,
                         byn_timeout timeout)
{
    static const char name[] = "byn_imap_next";
    bynk_deadline deadline;
    byn_status status;

    if (stream == NULL || future == NULL)
        return byni_null(name, stream == NULL ? "stream" : "future");
    if (stream->token != bynk_token())
        return byni_invalid(name, "the stream was inherited by fork()");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(name);
    deadline = byni_deadline(timeout);
    status = fill(stream, deadline);
    if (status >= 0 && stream->count == 0) /* the usual end of a loop */
        return byni_failed_because(BYN_E_NOTFOUND, name, stream->pool->object.name.full,
                                   "there is no more");
    if (status >= 0)
        status = (stream->unordered ? take_any : take_first)(stream, future, deadline);
    if (status >= 0 && index != NULL)
        *index = (*future)->argument;
    return byni_pool_answer(stream->pool, status, name);
}
