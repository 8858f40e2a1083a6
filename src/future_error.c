/*
 * How a task failed, as one sentence; it is put together by who reads it, of the task's fields. And the hook for
 * failures that nobody looked at.
 */
#include "future_state.h"

#include <stdio.h>
#include <stdlib.h>

enum { MESSAGE_MOST = 512, CAUSE_MOST = 700 };

/* ---- The sentence -------------------------------------------------------------------------------- */

byni_failure *byni_failure_make(byn_status status, const char *task, const char *message)
{
    static const char named[] = "task \"%s\": %s";
    int length = snprintf(NULL, 0, task[0] != '\0' ? named : "%s%s", task, message);
    size_t size = length > 0 ? (size_t)length + 1 : 1;
    byni_failure *failure = calloc(1, sizeof *failure + size);
    char *at;

    if (failure == NULL)
        return NULL;
    failure->status = status;
    (void)snprintf(failure->task, sizeof failure->task, "%s", task);
    (void)snprintf(failure->message, size, task[0] != '\0' ? named : "%s%s", task, message);
    for (at = failure->message; *at != '\0';
         at++) /* of another program: not to write to a terminal */
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    return failure;
}

/* What became of its worker: "killed by signal 9". */
static void tell_end(char *text, size_t size, const byni_task *task)
{
    int32_t signal = (int32_t)byni_load32(&task->exit_signal);

    if (byni_load32(&task->exit_known) == 0)
        (void)snprintf(text, size, "died, and the system does not tell how");
    else if (signal != 0)
        (void)snprintf(text, size, "was killed by signal %d", (int)signal);
    else
        (void)snprintf(text, size, "exited with code %d",
                       (int)(int32_t)byni_load32(&task->exit_code));
}

/* It was written before the task ended, and stays. */
static void tell_reason(char *text, size_t size, const byn_pool *pool)
{
    char reason[BYNI_POOL_REASON];

    memcpy(reason, pool->words->reason, sizeof reason);
    reason[sizeof reason - 1] = '\0';
    (void)snprintf(text, size, "%s", reason);
}

/* A task's own message is an argument of its status; without one its worker died, or it never ran. */
static void tell_cause(char *text, size_t size, const byn_pool *pool, const byni_task *task,
                       int kind, byn_status status)
{
    char end[64];

    tell_end(end, sizeof end, task);
    if (kind == BYNI_TASK_CANCELED)
        (void)snprintf(text, size, "it was canceled before it ran");
    else if (status == BYN_E_PEERDIED)
        (void)snprintf(text, size, "its worker %s", end);
    else if (status == BYN_E_TIMEDOUT)
        (void)snprintf(text, size, "it did not end within %u ms, and its worker was killed",
                       (unsigned)byni_load32(&task->timeout));
    else if (status == BYN_E_CANCELED)
        (void)snprintf(text, size, "it was canceled while it ran, and its worker was killed");
    else if (status == BYN_E_BROKEN)
        tell_reason(text, size, pool);
    else
        (void)snprintf(text, size, "%s", byn_status_text(status));
}

byni_failure *byni_failure_of(byn_pool *pool, const byni_task *task, int kind, const void *message,
                              size_t size)
{
    byn_status status = kind == BYNI_TASK_CANCELED
                            ? BYN_E_CANCELED
                            : (byn_status)(int32_t)byni_load32(&task->status);
    uint32_t attempts = byni_load32(&task->begun);
    char name[BYN_TASK_NAME_MAX + 1], cause[CAUSE_MOST];
    size_t length;
    byni_failure *failure;

    memcpy(name, task->name, sizeof name);
    name[sizeof name - 1] = '\0';
    if (status >= 0) /* no failure has such a one */
        status = BYN_E_CORRUPT;
    if (message != NULL)
        (void)snprintf(cause, sizeof cause, "%.*s",
                       (int)(size < MESSAGE_MOST ? size : MESSAGE_MOST), (const char *)message);
    else
        tell_cause(cause, sizeof cause, pool, task, kind, status);
    length = strlen(cause);
    if (attempts > 1)
        (void)snprintf(cause + length, sizeof cause - length, "; it was begun %u times",
                       (unsigned)attempts);
    failure = byni_failure_make(status, name, cause);
    if (failure == NULL)
        return NULL;
    failure->attempts = attempts;
    if (message == NULL && kind == BYNI_TASK_FAILED) {
        failure->exit_known = byni_load32(&task->exit_known) != 0;
        failure->exit_code = (int32_t)byni_load32(&task->exit_code);
        failure->exit_signal = (int32_t)byni_load32(&task->exit_signal);
    }
    return failure;
}

/* ---- For the user ---------------------------------------------------------------------------------- */

byn_status byni_failure_status(const byn_future *future)
{
    return future->failure != NULL ? future->failure->status : BYN_E_NOMEM;
}

const char *byni_failure_message(const byn_future *future)
{
    return future->failure != NULL ? future->failure->message
                                   : "it failed, and there was no memory to keep how: free some";
}

void byni_failure_tell(const byn_future *future, byn_task_error *error)
{
    const byni_failure *failure = future->failure;
    byn_task_error all;

    memset(&all, 0, sizeof all);
    all.struct_size = error->struct_size;
    all.status = byni_failure_status(future);
    all.task = failure != NULL ? failure->task : "";
    all.message = byni_failure_message(future);
    if (failure != NULL) {
        all.exit_known = failure->exit_known;
        all.exit_code = failure->exit_code;
        all.exit_signal = failure->exit_signal;
        all.attempts = failure->attempts;
    }
    memcpy(error, &all, all.struct_size < sizeof all ? all.struct_size : sizeof all);
}

byn_status byn_future_error(byn_future *future, byn_task_error *error)
{
    static const char name[] = "byn_future_error";

    if (!byni_future_usable(future, name))
        return BYN_E_INVALID;
    if (!byni_struct_fits(error, sizeof *error))
        return byni_wrong_struct(name, "error");
    if (!byni_future_ended(future))
        return byni_future_answer(future, byni_fail(BYN_E_NOTFOUND, "it has not ended"), name);
    if (byni_load32(&future->stage) == BYN_FUTURE_DONE)
        return byni_future_answer(future, byni_fail(BYN_E_NOTFOUND, "it did not fail"), name);
    byni_store8(&future->looked, 1);
    byni_failure_tell(future, error);
    return BYN_OK;
}

/* ---- Errors that nobody looked at ------------------------------------------------------------------- */

static bynk_lock hook_lock = BYNK_LOCK_FREE;
static byn_unseen_error hook;
static void *hook_context;

void byn_on_unseen_error(byn_unseen_error function, void *context)
{
    bynk_lock_lock(&hook_lock);
    hook = function;
    hook_context = context;
    bynk_lock_unlock(&hook_lock);
}

/* A failure that its user caused is none that he has to be told. */
bool byni_future_is_unseen(const byn_future *future)
{
    uint32_t stage = byni_load32(&future->stage);

    if (future->foreign || byni_load8(&future->looked) != 0)
        return false;
    if (stage == BYN_FUTURE_CANCELED)
        return future->detached && !future->dropped && !future->canceled;
    if (stage != BYN_FUTURE_FAILED)
        return false;
    return byni_failure_status(future) != BYN_E_CANCELED || !(future->canceled || future->dropped);
}

/* Many a message tells the status already. */
static void print(const char *pool, const byn_task_error *error)
{
    const char *status = byn_status_name(error->status);
    bool told = byni_tells_status(error->message, error->status);

    (void)fprintf(stderr, "byname: pool \"%s\": %s%s%s%s; nobody looked at this error\n", pool,
                  error->message, told ? "" : " (", told ? "" : status, told ? "" : ")");
}

void byni_unseen_tell(const char *pool, const byn_future *future)
{
    byn_task_error error = {.struct_size = sizeof error};
    byn_unseen_error told;
    void *context;

    bynk_lock_lock(&hook_lock);
    told = hook;
    context = hook_context;
    bynk_lock_unlock(&hook_lock);
    byni_failure_tell(future, &error);
    if (told != NULL)
        told(pool, &error, context);
    else
        print(pool, &error);
}
