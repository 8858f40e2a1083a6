/*
 * Futures by name. The name tells the pool, which life of it, which task, and which life of that: who opens it looks at
 * the owner's task, copies what it finds, and then looks whether it was still that task. It holds nothing: the owner
 * may close it, or die, at any moment.
 */
#include "future_state.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- The name ------------------------------------------------------------------------------------ */

/* Behind the pool's name: index, generation, and the pool's incarnation. */
#define MARK "#future-"

const char *byn_future_name(byn_future *future)
{
    static const char name[] = "byn_future_name";
    byni_outstanding *all;
    byn_status status = BYN_OK;

    if (!byni_future_usable(future, name))
        return NULL;
    all = future->pool->outstanding;
    bynk_lock_lock(&all->lock);
    if (future->name == NULL && !future->kept)
        status =
            byni_fail(BYN_E_NOTFOUND, "it has ended, and its result is this process' alone: ask "
                                      "for the name when you have submitted it");
    else if (future->name == NULL && (future->name = malloc(BYNI_FUTURE_NAME_SIZE)) == NULL)
        status = byni_fail(BYN_E_NOMEM, "no memory for the name");
    else if (!future->foreign)
        (void)snprintf(future->name, BYNI_FUTURE_NAME_SIZE, "%s" MARK "%x-%llx-%llx",
                       future->pool->object.name.full, (unsigned)future->ticket.index,
                       (unsigned long long)future->ticket.generation,
                       (unsigned long long)future->pool->object.header->incarnation);
    bynk_lock_unlock(&all->lock);
    if (status >= 0)
        return future->name;
    (void)byni_future_answer(future, status, name);
    return NULL;
}

typedef struct spelled {
    char pool[BYNI_NAME_SIZE];
    byni_ticket ticket;
    uint64_t incarnation;
} spelled;

static bool parse(spelled *s, const char *name)
{
    const char *at = NULL, *next;
    unsigned index;
    unsigned long long generation, incarnation;
    int end = 0;

    for (next = strstr(name, MARK); next != NULL; next = strstr(next + 1, MARK))
        at = next;
    if (at == NULL || at == name || (size_t)(at - name) >= sizeof s->pool)
        return false;
    if (sscanf(at, MARK "%8x-%16llx-%16llx%n", &index, &generation, &incarnation, &end) != 3 ||
        at[end] != '\0')
        return false;
    memcpy(s->pool, name, (size_t)(at - name));
    s->pool[at - name] = '\0';
    s->ticket.index = index;
    s->ticket.generation = generation;
    s->incarnation = incarnation;
    return true;
}

/* ---- Open ------------------------------------------------------------------------------------------ */

static byn_status is_there(const byn_pool *pool, const spelled *s, uint32_t *owner)
{
    int kind;

    if (pool->object.header->incarnation == s->incarnation && s->ticket.index < pool->capacity) {
        *owner = byni_load32(&pool->tasks[s->ticket.index].owner);
        kind = byni_task_kind(pool, s->ticket);
        if (kind != BYNI_TASK_FREE && kind != BYNI_TASK_RESERVED && kind != BYNI_TASK_GONE &&
            *owner < BYN_POOL_MEMBERS_MAX)
            return BYN_OK;
    }
    return byni_fail(BYN_E_NOTFOUND, "its submitter has closed it, or died");
}

static byn_status open_task(byn_future **future, byn_pool *pool, const spelled *s, const char *name)
{
    byn_future *made = NULL;
    uint32_t owner = 0;
    size_t length = strlen(name);
    byn_status status = is_there(pool, s, &owner);

    if (status >= 0)
        status = byni_futures_make(pool, &made, 1, true);
    if (status < 0)
        return status;
    made->name = malloc(length + 1);
    if (made->name == NULL) {
        byni_futures_unmake(pool, made, true);
        return byni_fail(BYN_E_NOMEM, "no memory for the name");
    }
    memcpy(made->name, name, length + 1);
    made->next = NULL;
    made->foreign = true;
    made->owner = (uint16_t)owner;
    made->ticket = s->ticket;
    *future = made;
    return BYN_OK;
}

byn_status byn_future_open(byn_future **future, const char *name)
{
    static const char operation[] = "byn_future_open";
    byn_pool_options options = {.struct_size = sizeof options, .open = BYN_OPEN_ONLY};
    byn_pool *pool;
    spelled s;
    byn_status status;

    if (future == NULL || name == NULL)
        return byni_null(operation, future == NULL ? "future" : "name");
    if (!parse(&s, name))
        return byni_failed(byni_fail(BYN_E_NAME, "that is no name of a future"), operation, name);
    status = byn_pool_open(&pool, s.pool, &options);
    if (status < 0)
        return byni_failed(byni_fail(status, "%s", byn_last_error()), operation, name);
    status = open_task(future, pool, &s, name);
    if (status < 0)
        (void)byni_failed(status, operation, name);
    byn_pool_close(pool);
    return status < 0 ? status : BYN_OK;
}

/* ---- Its end ----------------------------------------------------------------------------------------- */

/* A copy of what may become another task's in any moment. */
static void *copy_of(const void *data, size_t size)
{
    void *copy = malloc((size_t)byni_whole_words(size));

    if (copy != NULL)
        byni_bytes_read(copy, data, size);
    return copy;
}

static void fail(byn_future *future, byn_status status, const char *message)
{
    free(future->failure);
    future->failure = byni_failure_make(status, "", message);
}

static byn_future_stage copy_result(byn_future *future, const byni_task *task)
{
    const void *data = byni_task_result(future->pool, task, &future->size);

    if (data != NULL && future->size <= sizeof future->bytes) {
        byni_bytes_read(future->bytes, data, future->size);
        future->result = future->bytes;
    } else if (data != NULL) {
        future->result = future->copy = copy_of(data, future->size);
    }
    if (future->result != NULL)
        return BYN_FUTURE_DONE;
    if (data == NULL)
        fail(future, BYN_E_CORRUPT, "the pool's memory is broken");
    else
        fail(future, BYN_E_NOMEM, "no memory for a copy of its result");
    return BYN_FUTURE_FAILED;
}

static byn_future_stage copy_failure(byn_future *future, const byni_task *task, int kind)
{
    const void *data;
    size_t size = 0;
    void *message = NULL;

    if (byni_load32(&task->message_size) > 0) {
        data = byni_task_result(future->pool, task, &size);
        if (data != NULL)
            message = copy_of(data, size);
    }
    future->failure =
        byni_failure_of(future->pool, task, kind, message, message != NULL ? size : 0);
    free(message);
    return kind == BYNI_TASK_CANCELED ? BYN_FUTURE_CANCELED : BYN_FUTURE_FAILED;
}

static void forget(byn_future *future)
{
    free(future->copy);
    future->copy = NULL;
    future->result = NULL;
    future->gone = true;
    fail(future, BYN_E_NOTFOUND, "its submitter closed it, or died, before it was seen to end");
}

bool byni_foreign_settle(byn_future *future)
{
    const byni_task *task = &future->pool->tasks[future->ticket.index];
    int kind = byni_task_kind(future->pool, future->ticket);
    byn_future_stage stage = BYN_FUTURE_FAILED;

    if (kind == BYNI_TASK_QUEUED || kind == BYNI_TASK_RUNNING)
        return false;
    if (kind == BYNI_TASK_DONE)
        stage = copy_result(future, task);
    else if (kind == BYNI_TASK_FAILED || kind == BYNI_TASK_CANCELED)
        stage = copy_failure(future, task, kind);
    byni_fence_loads(); /* was it that task until all was read? */
    if (byni_task_kind(future->pool, future->ticket) != kind || kind == BYNI_TASK_FREE ||
        kind == BYNI_TASK_RESERVED || kind == BYNI_TASK_GONE) {
        forget(future);
        stage = BYN_FUTURE_FAILED;
    }
    byni_store32(&future->stage, (uint32_t)stage);
    return true;
}
