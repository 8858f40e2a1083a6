#include "future_state.h"

byn_status byni_pool_answer(const byn_pool *pool, byn_status status, const char *operation)
{
    if (status >= 0)
        return status;
    if (status == BYN_E_TIMEDOUT || status == BYN_E_CANCELED || status == BYN_E_CLOSED)
        return byni_failed_plainly(status, operation, pool->object.name.full);
    return byni_failed(status, operation, pool->object.name.full);
}

/* ---- What was asked for ------------------------------------------------------------------------------ */

static byn_status check_name(const char *task)
{
    const size_t length = task != NULL ? strlen(task) : 0;

    if (length == 0)
        return byni_fail(BYN_E_INVALID, "the task has no name");
    if (length > BYN_TASK_NAME_MAX)
        return byni_fail(BYN_E_INVALID, "the task's name has more than %d bytes: \"%.*s...\"",
                         BYN_TASK_NAME_MAX, BYN_TASK_NAME_MAX, task);
    return BYN_OK;
}

/* Milliseconds; 0: none. */
static uint32_t task_timeout(byn_timeout asked, byn_timeout usual)
{
    byn_timeout chosen = asked != 0 ? asked : usual;

    if (chosen <= 0 || chosen > UINT32_MAX)
        return 0;
    return (uint32_t)chosen;
}

static byn_status choose(byni_order *order, const byni_pool_definition *usual,
                         const byn_submit_options *options)
{
    byn_submit_options chosen;

    if (!byni_options_copy(&chosen, sizeof chosen, options))
        return BYN_E_INVALID;
    if (!byni_timeout_valid(chosen.task_timeout))
        return byni_fail(BYN_E_INVALID, "the task's timeout is negative");
    if (chosen.attempts > BYNI_TASK_ATTEMPTS)
        return byni_fail(BYN_E_INVALID, "%u attempts are more than %d", (unsigned)chosen.attempts,
                         BYNI_TASK_ATTEMPTS);
    if (chosen.attempts != 0)
        order->attempts = chosen.attempts;
    order->timeout = task_timeout(chosen.task_timeout, usual->task_timeout);
    order->on_done = chosen.on_done;
    order->context = chosen.context;
    return BYN_OK;
}

byn_status byni_order_make(byni_order *order, const byn_pool *pool, const char *operation,
                           const char *task, const byn_submit_options *options)
{
    const byni_pool_definition *usual = pool->definition;
    byn_status status = check_name(task);

    *order = (byni_order){.operation = operation, .task = task, .attempts = usual->attempts};
    if (order->attempts == 0 || order->attempts > BYNI_TASK_ATTEMPTS)
        order->attempts = 1;
    order->timeout = task_timeout(0, usual->task_timeout);
    return status < 0 || options == NULL ? status : choose(order, usual, options);
}

/* ---- Room ---------------------------------------------------------------------------------------------- */

/* Whether a place may become free without the calling task: it waits, runs elsewhere, or is another process'. */
static bool others_make_room(const byn_pool *pool, uint32_t worker)
{
    uint32_t i;

    for (i = 0; i < pool->capacity; i++) {
        uint64_t word = byni_load64(&pool->tasks[i].word);

        if (byni_word_kind(word) == BYNI_TASK_RUNNING) {
            if (byni_word_who(word) != worker)
                return true;
        } else if (byni_word_kind(word) == BYNI_TASK_QUEUED ||
                   byni_load32(&pool->tasks[i].owner) != pool->me) {
            return true;
        }
    }
    return false;
}

/* BYN_OK: try again; BYN_E_TIMEDOUT: sleep; BYN_E_DEADLOCK. To look at all that is outstanding takes long: that is done
 * by who would give up or sleep otherwise. */
static byn_status make_room(byn_pool *pool, bool may_wait, bool is_last)
{
    const byni_ticket any = {UINT32_MAX, 0};
    uint32_t worker;

    if (byni_outstanding_collect(pool, is_last) > 0)
        return BYN_OK;
    if (!may_wait)
        return BYN_E_TIMEDOUT;
    if (byni_in_callback())
        return byni_fail(BYN_E_DEADLOCK, "there is no room, and a callback must not wait for it");
    if (!byni_worker_is_me(pool, &worker))
        return BYN_E_TIMEDOUT;
    if (byni_worker_help(pool, any))
        return BYN_OK;
    if (!others_make_room(pool, worker))
        return byni_fail(BYN_E_DEADLOCK,
                         "there is no room, and only this task could make it: close futures");
    return BYN_E_TIMEDOUT;
}

/* There was no room. Who has to wait listens, and tries once more, before it sleeps. */
static byn_status put_with_patience(byn_pool *pool, const byni_submission *many, size_t n,
                                    byni_ticket *tickets, size_t *count, byni_kept *kept,
                                    bynk_deadline deadline)
{
    bynk_rest rest = {.deadline = deadline, .hint = &pool->ends_hint};
    byni_bell *room = &pool->words->room;
    byn_status status, slept = BYN_OK;
    uint32_t number = 0;
    bool listens = false;

    for (;;) {
        if (listens)
            number = byni_bell_listen(room);
        status = byni_tasks_put(pool, many, n, tickets, count, kept);
        if (status != BYN_E_TIMEDOUT)
            return status;
        if (slept < 0)
            return slept;
        status = make_room(pool, deadline != BYNK_NOW, listens || deadline == BYNK_NOW);
        if (status >= 0)
            continue;
        if (status != BYN_E_TIMEDOUT || deadline == BYNK_NOW)
            return status;
        if (listens)
            slept = bynk_spot_sleep(pool->object.segment, &room->spot, number, &rest);
        listens = true;
    }
}

/* Until some are submitted. */
static byn_status put(byn_pool *pool, const byni_submission *many, size_t n, byni_ticket *tickets,
                      size_t *count, byni_kept *kept, bynk_deadline deadline)
{
    byn_status status = byni_tasks_put(pool, many, n, tickets, count, kept);

    return status != BYN_E_TIMEDOUT
               ? status
               : put_with_patience(pool, many, n, tickets, count, kept, deadline);
}

/* ---- Submit ---------------------------------------------------------------------------------------------- */

static void describe(byni_submission *many, const byni_order *order, const byn_bytes *arguments,
                     size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        many[i].name = order->task;
        many[i].data = arguments[i].data;
        many[i].size = arguments[i].size;
        many[i].attempts = order->attempts;
        many[i].timeout = order->timeout;
    }
}

/* Those whose end the helper tells, if it has not come already. */
static void watch(byn_pool *pool, byn_future *const *made, size_t n, const byni_order *order,
                  bool detached)
{
    byni_outstanding *all = pool->outstanding;
    bool rings = false;
    size_t i;

    bynk_lock_lock(&all->lock);
    for (i = 0; i < n; i++) {
        made[i]->detached = detached;
        if (order->on_done != NULL)
            (void)byni_future_add_callback(made[i], order->on_done, order->context);
        rings |= byni_future_watch(made[i]);
    }
    bynk_lock_unlock(&all->lock);
    if (rings)
        byni_helper_ring(pool);
}

/* Takes n of the list of structs, in order, for tasks that were put. The rest is returned. */
static byn_future *begin(byn_future **futures, byn_future *list, const byni_ticket *tickets,
                         size_t n, bool is_known)
{
    size_t i;

    for (i = 0; i < n; i++) {
        byn_future *next = list->next;

        byni_future_is_of(list, tickets[i]);
        if (is_known)
            byni_future_register(list);
        list->after = next;
        futures[i] = list;
        list = next;
    }
    return list;
}

/* Who else knows the futures of what is submitted. */
typedef enum known_to { NOBODY, ALL, ONLY_HELPER } known_to;

/* Up to BYNI_TOGETHER of them. */
static byn_status submit_some(byn_pool *pool, const byni_order *order, byn_future **futures,
                              const byn_bytes *arguments, size_t n, size_t *count, byni_kept *kept,
                              bynk_deadline deadline, known_to whom)
{
    byni_submission many[BYNI_TOGETHER];
    byni_ticket tickets[BYNI_TOGETHER];
    byn_future *list;
    bool detached = whom == ONLY_HELPER;
    byn_status status = byni_futures_make(pool, &list, n, !detached);

    *count = 0;
    if (status < 0)
        return status;
    describe(many, order, arguments, n);
    status = put(pool, many, n, tickets, count, kept, deadline);
    if (status < 0)
        *count = 0;
    list = begin(futures, list, tickets, *count, whom != NOBODY);
    if (list != NULL)
        byni_futures_unmake(pool, list, !detached);
    if (*count > 0 && (detached || order->on_done != NULL))
        watch(pool, futures, *count, order, detached);
    return status;
}

byn_status byni_submit(byn_pool *pool, const byni_order *order, byn_future **futures,
                       const byn_bytes *arguments, size_t n, size_t *count, bynk_deadline deadline)
{
    byn_future *unseen[BYNI_TOGETHER];

    byni_tasks_fetch(pool);
    if (n > BYNI_TOGETHER)
        n = BYNI_TOGETHER;
    return submit_some(pool, order, futures != NULL ? futures : unseen, arguments, n, count, NULL,
                       deadline, futures == NULL ? ONLY_HELPER : ALL);
}

byn_status byni_submit_mapped(byn_pool *pool, const byni_order *order, byn_future **futures,
                              const byn_bytes *arguments, size_t n, size_t *count, byni_kept *kept,
                              bynk_deadline deadline)
{
    return submit_some(pool, order, futures, arguments, n < BYNI_TOGETHER ? n : BYNI_TOGETHER,
                       count, kept, deadline, NOBODY);
}

/* As most are: a small argument and no options, the name of a task, room, and nobody to be called. false: it is to be
 * submitted otherwise, and nothing has happened. */
static bool submit_at_once(byn_pool *pool, byn_future **future, const char *task, const void *data,
                           size_t size)
{
    const byni_pool_definition *usual = pool->definition;
    byni_submission what = {task, data, size, usual->attempts,
                            task_timeout(0, usual->task_timeout)};
    byni_ticket ticket;
    byn_future *renewed;
    byn_status status = BYN_OK;

    if (strlen(task) - 1 >= BYN_TASK_NAME_MAX || !byni_task_may_post(pool))
        return false;
    renewed = byni_future_renew(pool);
    if (renewed == NULL)
        return false;
    if (!byni_task_post(pool, &what, &ticket, &status) || status < 0) {
        byni_futures_unmake(pool, renewed, true);
        return false;
    }
    byni_future_is_of(renewed, ticket);
    byni_future_register(renewed);
    *future = renewed;
    return true;
}

byn_status byni_argument_check(const byn_bytes *argument, uint64_t number)
{
    if (argument->data == NULL && argument->size > 0)
        return byni_fail(BYN_E_INVALID, "argument %llu is NULL, and its size is not 0",
                         (unsigned long long)number);
    return BYN_OK;
}

static byn_status check_argument(const void *data, size_t size)
{
    if (data == NULL && size > 0)
        return byni_fail_null("data");
    return BYN_OK;
}

byn_status byn_pool_submit(byn_pool *pool, byn_future **future, const char *task, const void *data,
                           size_t size, const byn_submit_options *options, byn_timeout timeout)
{
    static const char name[] = "byn_pool_submit";
    byn_bytes argument = {data, size};
    byni_order order;
    size_t count;
    byn_status status = byni_pool_usable(pool, name);

    if (status < 0)
        return status;
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(name);
    status = check_argument(data, size);
    if (status >= 0 && options == NULL && future != NULL && task != NULL &&
        size <= BYNI_TASK_INLINE && submit_at_once(pool, future, task, data, size))
        return BYN_OK;
    if (status >= 0)
        status = byni_order_make(&order, pool, name, task, options);
    if (status < 0)
        return byni_pool_answer(pool, status, name);
    status = byni_submit(pool, &order, future, &argument, 1, &count,
                         timeout == BYN_FOREVER ? BYNK_NEVER : BYNK_NOW); /* without the clock */
    if (status == BYN_E_TIMEDOUT && timeout > BYN_NOW)
        status = byni_submit(pool, &order, future, &argument, 1, &count, byni_deadline(timeout));
    return byni_pool_answer(pool, status, name);
}

/* ---- Apply ------------------------------------------------------------------------------------------------- */

static byn_status hand_over(byn_future *future, void *result, size_t *result_size)
{
    const void *data;
    size_t size, room = result_size != NULL ? *result_size : 0;
    byn_status status = byn_future_result(future, &data, &size);

    if (status < 0) {
        (void)byni_fail(status, "%s", byni_failure_message(future));
        return status;
    }
    if (result_size == NULL)
        return BYN_OK;
    *result_size = size;
    if (size > room)
        return byni_fail(BYN_E_TOOBIG, "the result has %llu bytes, the buffer %llu",
                         (unsigned long long)size, (unsigned long long)room);
    if (size > 0)
        memcpy(result, data, size);
    return BYN_OK;
}

static byn_status apply(byn_pool *pool, const byni_order *order, const byn_bytes *argument,
                        void *result, size_t *result_size, bynk_deadline deadline)
{
    byn_future *future = NULL;
    size_t count;
    byn_status status;

    byni_tasks_fetch(pool);
    status = submit_some(pool, order, &future, argument, 1, &count, NULL, deadline, NOBODY);
    if (status < 0)
        return status;
    status = byni_future_await(future, deadline);
    if (status >= 0) {
        status = hand_over(future, result, result_size);
        byn_future_close(future);
    } else {
        byni_future_abandon(future);
    }
    return status;
}

byn_status byn_pool_apply(byn_pool *pool, const char *task, const void *data, size_t size,
                          void *result, size_t *result_size, byn_timeout timeout)
{
    static const char name[] = "byn_pool_apply";
    byn_bytes argument = {data, size};
    byni_order order;
    byn_status status = byni_pool_usable(pool, name);

    if (status < 0)
        return status;
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(name);
    if (result == NULL && result_size != NULL && *result_size > 0)
        return byni_null(name, "result");
    status = check_argument(data, size);
    if (status >= 0)
        status = byni_order_make(&order, pool, name, task, NULL);
    if (status >= 0)
        status = apply(pool, &order, &argument, result, result_size, byni_deadline(timeout));
    return byni_pool_answer(pool, status, name);
}
