/*
 * A worker runs a task: its function is found, called, and what it answers is written where its owner finds it.
 */
#include <byname/task.h>

#include <stdio.h>
#include <string.h>

#include "pool_run.h"

enum { MS = 1000000 /* nanoseconds */ };

static const byn_task *find(byni_serving *self, const char *name)
{
    const byn_task *task = self->last;

    if (task != NULL && strcmp(task->name, name) == 0)
        return task;
    for (task = self->tasks; task->name != NULL; task++)
        if (strcmp(task->name, name) == 0)
            return self->last = task;
    return NULL;
}

static byn_status unknown(byn_call *call)
{
    char text[BYNI_MESSAGE_MOST + 1];
    bynk_self program;

    bynk_self_describe(&program);
    (void)snprintf(text, sizeof text,
                   "there is no task \"%s\" in the program \"%s\", a worker of the pool \"%s\"",
                   call->name, program.program, call->pool->object.name.full);
    return byn_call_fail(call, BYN_E_NOTFOUND, text);
}

static byn_status check(byn_call *call, byn_status status)
{
    char text[80];

    if (strcmp(byn_status_name(status), "BYN_?") != 0)
        return status;
    (void)snprintf(text, sizeof text, "the task returned %d, which is no byn_status", (int)status);
    return byn_call_fail(call, BYN_E_INVALID, text);
}

/* A number that is no status would be nobody's. */
static byn_status checked(byn_call *call, byn_status status)
{
    return status >= 0 ? status : check(call, status);
}

byn_status byni_call_perform(byni_serving *self, byn_call *call)
{
    const byn_task *task;

    if (call->argument == NULL)
        return byn_call_fail(call, BYN_E_CORRUPT, "its argument in shared memory is broken");
    task = find(self, call->name);
    if (task == NULL || task->function == NULL)
        return unknown(call);
    byni_error_forget();
    return checked(call, task->function(call));
}

/* What a failure says: the task's own words, or those of the library, or those of the status. */
void byni_call_explain(byn_call *call, byn_status status)
{
    if (call->failed == status && call->message[0] != '\0')
        return;
    byni_message_copy(call->message,
                      byni_error_status() == status ? byn_last_error() : byn_status_text(status));
}

static void write_message(const byn_call *call)
{
    size_t size = strlen(call->message);
    void *room;

    if (byni_task_reserve(call->pool, call->task, size, &room) < 0) {
        size = size < BYNI_TASK_INLINE ? size : BYNI_TASK_INLINE;
        if (byni_task_reserve(call->pool, call->task, size, &room) < 0)
            return;
    }
    memcpy(room, call->message, size);
    byni_store32(&call->task->message_size, (uint32_t)size);
}

static void write_outcome(byn_call *call, byn_status status)
{
    if (status < 0) {
        byni_call_explain(call, status);
        write_message(call);
    }
    byni_store32(&call->task->status, (uint32_t)status);
}

void byni_call_begin(byn_call *call, byn_pool *pool)
{
    call->pool = pool;
    call->task = NULL;
    call->scratch = NULL;
    call->failed = BYN_OK;
    call->message[0] = '\0';
}

/* The supervisor sleeps until a task that it knows takes too long. */
static void tell_of_timeout(const byni_serving *self, const byni_task *task)
{
    const byni_worker *worker = &self->pool->workers[self->place];
    uint64_t began =
        byni_load64(&worker->began[(byni_load32(&worker->depth) - 1) % BYNI_TASK_NESTED]);
    uint64_t end = began + (uint64_t)byni_load32(&task->timeout) * MS;

    byni_fence(); /* it says when it looks, then looks at all */
    if (end < byni_load64(&self->pool->words->next_look))
        byni_supervisor_ring(self->pool);
}

void byni_call_run(byni_serving *self, byni_ticket ticket)
{
    byn_call call;
    byn_status status;

    byni_call_begin(&call, self->pool);
    call.ticket = ticket;
    call.task = &self->pool->tasks[ticket.index];
    memcpy(call.name, call.task->name, sizeof call.name);
    call.name[sizeof call.name - 1] = '\0';
    call.argument = byni_task_argument(self->pool, call.task, &call.size);
    if (byni_load32(&call.task->timeout) != 0)
        tell_of_timeout(self, call.task);
    if (byni_load64(&call.task->result_size) != 0) /* of an attempt that came to no end */
        byni_store64(&call.task->result_size, 0);
    status = byni_call_perform(self, &call);
    if (!byni_object_usable(&self->pool->object))
        bynk_die();
    write_outcome(&call, status);
    byni_task_end(self->pool, self->place, ticket, status < 0 ? BYNI_TASK_FAILED : BYNI_TASK_DONE);
    if (self->left > 0)
        self->left--;
}
