#include <byname/task.h>

#include <stdlib.h>
#include <string.h>

#include "pool_run.h"

static byn_status failed(const byn_call *call, byn_status status, const char *operation)
{
    return byni_failed(status, operation, call->name);
}

const void *byn_call_argument(const byn_call *call, size_t *size)
{
    if (size != NULL)
        *size = call->size;
    return call->argument;
}

/* A forked child of a task would write over the results of later ones. */
static byn_status reserve(byn_call *call, size_t size, void **room)
{
    if (!byni_object_usable(&call->pool->object))
        return byni_fail(BYN_E_INVALID, "the call was inherited by fork(): it is the parent's");
    if (call->task != NULL)
        return byni_task_reserve(call->pool, call->task, size, room);
    free(call->scratch);
    call->scratch = malloc(size > 0 ? size : 1);
    *room = call->scratch;
    return *room != NULL ? BYN_OK : byni_fail(BYN_E_NOMEM, "no memory for the result");
}

byn_status byn_call_reserve(byn_call *call, size_t size, void **room)
{
    static const char name[] = "byn_call_reserve";
    byn_status status;

    if (call == NULL || room == NULL)
        return byni_null(name, call == NULL ? "call" : "room");
    status = reserve(call, size, room);
    return status < 0 ? failed(call, status, name) : status;
}

/* Most: a small result of a task. */
static bool give_small(const byn_call *call, const void *data, size_t size)
{
    byni_task *task = call->task;

    if (size > BYNI_TASK_INLINE || task == NULL || byni_load32(&task->result_place) != 0 ||
        !byni_object_usable(&call->pool->object))
        return false;
    byni_store64(&task->result_size, size);
    byni_bytes_write(task->result, data, size);
    return true;
}

byn_status byn_call_result(byn_call *call, const void *data, size_t size)
{
    static const char name[] = "byn_call_result";
    void *room = NULL;
    byn_status status;

    if (call == NULL || (data == NULL && size > 0))
        return byni_null(name, call == NULL ? "call" : "data");
    if (give_small(call, data, size))
        return BYN_OK;
    status = reserve(call, size, &room);
    if (status < 0)
        return failed(call, status, name);
    if (size > 0 && room != NULL)
        memcpy(room, data, size);
    return BYN_OK;
}

/* A byte of UTF-8 that goes on with a character. */
static bool goes_on(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

void byni_message_copy(char message[BYNI_MESSAGE_MOST + 1], const char *text)
{
    size_t length = strlen(text);

    if (length > BYNI_MESSAGE_MOST) {
        length = BYNI_MESSAGE_MOST;
        while (length > 0 && goes_on(text[length]))
            length--;
    }
    memcpy(message, text, length);
    message[length] = '\0';
}

byn_status byn_call_fail(byn_call *call, byn_status status, const char *message)
{
    if (call == NULL)
        return byni_null("byn_call_fail", "call");
    if (status >= 0)
        return byni_invalid("byn_call_fail", "the status is no failure");
    byni_message_copy(call->message, message != NULL ? message : byn_status_text(status));
    call->failed = status;
    return status;
}

const char *byn_call_task(const byn_call *call)
{
    return call->name;
}

const char *byn_call_pool(const byn_call *call)
{
    return call->pool->object.name.full;
}

uint32_t byn_call_attempt(const byn_call *call)
{
    return call->task != NULL ? byni_load32(&call->task->begun) : 1;
}

bool byn_call_is_canceled(const byn_call *call)
{
    if ((byni_load32(&call->pool->words->phase) & BYNI_POOL_TERMINATED) != 0)
        return true;
    return call->task != NULL && (byni_load32(&call->task->owner) >= BYN_POOL_MEMBERS_MAX ||
                                  byni_task_wanted(call->task, call->ticket.generation) != 0);
}
