/*
 * A worker: takes tasks and runs them, in one thread, until its pool ends.
 *
 * Whatever a task does to its process is a death like any other to the pool: the worker's place says which task
 * it was in, and who finds the place without a living process fails that one task, or has it tried again.
 *
 * A forked child of a task that comes back from it is no worker: it has no part in the pool, and ends.
 */
#include <byname/task.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "pool_run.h"

enum {
    US = 1000, /* nanoseconds */
    MS = 1000 * US,
    S = 1000 * MS,
    SHORT_NS = 5 * US, /* of a task: then many are taken at once */
    MEDIUM_NS = 50 * US,
    MEDIUM_BATCH = 2,
    LOOK_S = 4, /* between looks whether there is a supervisor */
    LINGER_NS = 1 * US,
    PAUSES = 4, /* between looks at the clock */
    FEW = 8,    /* tasks in the ring */
    MOST_VAIN = 8,
    EXIT_FAILED = 1
};

typedef byni_serving serving;

/* The worker that the thread is; one in a process. */
static BYNI_THREAD_LOCAL serving *this_worker;
static byni_a32 is_serving;

static byni_worker *place_of(const serving *self)
{
    return &self->pool->workers[self->place];
}

static uint32_t depth_of(const serving *self)
{
    return byni_load32(&place_of(self)->depth);
}

/* ---- One task ---------------------------------------------------------------------------------------- */

static const byn_task *find(serving *self, const char *name)
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

static byn_status perform(serving *self, byn_call *call)
{
    const byn_task *task;

    if (call->argument == NULL)
        return byn_call_fail(call, BYN_E_CORRUPT, "its argument in shared memory is broken");
    task = find(self, call->name);
    if (task == NULL || task->function == NULL)
        return unknown(call);
    byni_error_forget();
    return task->function(call);
}

/* What a failure says: the task's own words, or those of the library, or those of the status. */
static void explain(byn_call *call, byn_status status)
{
    if (call->failed == status && call->message[0] != '\0')
        return;
    byni_message_copy(call->message,
                      byni_error_status() == status ? byn_last_error() : byn_status_text(status));
}

/* A number that is no status would be nobody's. */
static byn_status checked(byn_call *call, byn_status status)
{
    char text[80];

    if (status >= 0 || strcmp(byn_status_name(status), "BYN_?") != 0)
        return status;
    (void)snprintf(text, sizeof text, "the task returned %d, which is no byn_status", (int)status);
    return byn_call_fail(call, BYN_E_INVALID, text);
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
        explain(call, status);
        write_message(call);
    }
    byni_store32(&call->task->status, (uint32_t)status);
}

/*
 * The end, and being killed because of this very task, exclude each other: the supervisor changes the word from 0,
 * too, before it kills. If that came first, this process is dead.
 */
static void finish(const serving *self, const byn_call *call, byn_status status)
{
    byni_a32 *killed_for = &place_of(self)->killed_for;
    uint32_t nothing = 0;

    if (!byni_cas32(killed_for, &nothing, BYNI_WORKER_ENDS))
        bynk_die();
    byni_task_end(self->pool, self->place, call->ticket,
                  status < 0 ? BYNI_TASK_FAILED : BYNI_TASK_DONE);
    byni_store32(killed_for, 0);
}

static void begin_call(byn_call *call, byn_pool *pool)
{
    call->pool = pool;
    call->task = NULL;
    call->scratch = NULL;
    call->failed = BYN_OK;
    call->message[0] = '\0';
}

/* The supervisor sleeps until a task that it knows takes too long. */
static void tell_of_timeout(const serving *self, const byni_task *task)
{
    uint64_t began = byni_load64(&place_of(self)->began[depth_of(self) - 1]);
    uint64_t end = began + (uint64_t)byni_load32(&task->timeout) * MS;

    byni_fence(); /* it says when it looks, then looks at all */
    if (end < byni_load64(&self->pool->words->next_look))
        byni_supervisor_ring(self->pool);
}

static void run(serving *self, byni_ticket ticket)
{
    byn_call call;
    byn_status status;

    begin_call(&call, self->pool);
    call.ticket = ticket;
    call.task = &self->pool->tasks[ticket.index];
    memcpy(call.name, call.task->name, sizeof call.name);
    call.name[sizeof call.name - 1] = '\0';
    call.argument = byni_task_argument(self->pool, call.task, &call.size);
    if (byni_load32(&call.task->timeout) != 0)
        tell_of_timeout(self, call.task);
    if (byni_load64(&call.task->result_size) != 0) /* of an attempt that came to no end */
        byni_store64(&call.task->result_size, 0);
    status = checked(&call, perform(self, &call));
    if (!byni_object_usable(&self->pool->object))
        bynk_die();
    write_outcome(&call, status);
    finish(self, &call, status);
    if (self->left > 0)
        self->left--;
}

/* ---- Which one --------------------------------------------------------------------------------------- */

/* The next one of what was taken, or what another one took and has not begun. */
static bool next(const serving *self, byni_ticket *ticket)
{
    return byni_task_next(self->pool, self->place, ticket) ||
           (byni_tasks_take(self->pool, self->place, 1) > 0 &&
            byni_task_next(self->pool, self->place, ticket)) ||
           byni_task_steal(self->pool, self->place, ticket);
}

static size_t batch_for(uint64_t nanoseconds)
{
    if (nanoseconds < SHORT_NS)
        return BYNI_TASK_BATCH;
    return nanoseconds < MEDIUM_NS ? MEDIUM_BATCH : 1;
}

/* What a task takes. */
static void learn(serving *self, uint64_t nanoseconds)
{
    self->batch = batch_for(nanoseconds);
    self->pool->usual = nanoseconds < S ? (uint32_t)nanoseconds + 1 : S;
}

static bool has_limit(const serving *self)
{
    return self->is_limited && self->left == 0;
}

/* Whether it may begin another task. */
static bool may_go_on(const serving *self)
{
    return !has_limit(self) && byni_load32(&place_of(self)->stage) == BYNI_WORKER_READY &&
           (byni_load32(&self->pool->words->phase) & BYNI_POOL_TERMINATED) == 0 &&
           byni_load32(&self->orphaned) != BYNI_ORPHAN_LEAVES;
}

/* Run what can be had in one go. Of a task that is short the clock would take a good part. */
static bool run_some(serving *self)
{
    size_t most = self->is_limited && self->left < self->batch ? self->left : self->batch;
    byni_ticket ticket;
    size_t count = 0, taken = byni_tasks_take(self->pool, self->place, most);
    uint64_t began = bynk_clock();

    if (taken > 0)
        while (may_go_on(self) && byni_task_next(self->pool, self->place, &ticket)) {
            run(self, ticket);
            count++;
        }
    else if (byni_task_steal(self->pool, self->place, &ticket)) {
        run(self, ticket);
        count++;
    }
    if (count > 0)
        learn(self, (bynk_clock() - began) / count);
    /* What was taken may all have been canceled: behind it there may be others. */
    return taken > 0 || count > 0;
}

static uint64_t queued(const byn_pool *pool)
{
    return byni_load64(&pool->words->tail) - byni_load64(&pool->words->head);
}

/*
 * Where one submits short tasks and does not wait for each, a worker that takes each one as it comes is in his way, and
 * he in its: both want the guard. So it lets some come together. Where that has not happened, it does not wait for
 * the next ones, ever more often.
 */
static void linger(serving *self)
{
    uint64_t end;
    int i;

    if (self->skip > 0) {
        self->skip--;
        return;
    }
    if (!bynk_may_spin() || queued(self->pool) >= FEW)
        return;
    for (end = bynk_clock() + LINGER_NS; bynk_clock() < end;)
        for (i = 0; i < PAUSES; i++)
            byni_pause();
    if (queued(self->pool) > 1)
        self->vain = 0;
    else if (self->vain < MOST_VAIN)
        self->vain++;
    self->skip = (1U << self->vain) - 1;
}

/* There is nothing to do, and no more will come. */
static bool is_over(const serving *self)
{
    return byni_load32(&self->pool->words->phase) != 0 || byni_load32(&self->orphaned) != 0;
}

/* A task may have closed what is not its own, this object's file too: then a fresh worker is better. Who runs many
 * short ones need not ask after each. */
static bool is_whole(serving *self, uint64_t now)
{
    if (self->batch == BYNI_TASK_BATCH && now - self->checked < (uint64_t)MS)
        return true;
    self->checked = now;
    return bynk_segment_there(self->pool->object.segment) > 0;
}

/* What its supervisor would find. While there is one, that knows better how the dead have ended. */
static void look_around(serving *self, uint64_t now)
{
    if (now - self->looked < (uint64_t)LOOK_S * S)
        return;
    self->looked = now;
    if (!byni_pool_is_supervised(self->pool))
        (void)byni_pool_sweep(self->pool);
}

static void serve(serving *self)
{
    bynk_rest rest = {.deadline = BYNK_NEVER, .hint = &self->pool->hint};

    while (may_go_on(self)) {
        uint64_t now;

        if (run_some(self)) {
            if (self->batch == BYNI_TASK_BATCH)
                linger(self);
            rest = (bynk_rest){.deadline = BYNK_NEVER, .hint = &self->pool->hint};
            continue;
        }
        now = bynk_clock();
        look_around(self, now);
        if (is_over(self) || !is_whole(self, now) ||
            byni_worker_sleep(self->pool, self->place, &rest) == BYN_E_CORRUPT)
            break;
    }
}

/* ---- Nested tasks ------------------------------------------------------------------------------------ */

bool byni_worker_is_me(const byn_pool *pool, uint32_t *worker)
{
    if (this_worker == NULL || this_worker->pool != pool)
        return false;
    *worker = this_worker->place;
    return true;
}

bool byni_worker_help(byn_pool *pool, byni_ticket wanted)
{
    serving *self = this_worker;
    byni_ticket ticket;

    if (self == NULL || self->pool != pool || depth_of(self) >= BYNI_TASK_NESTED ||
        (byni_load32(&pool->words->phase) & BYNI_POOL_TERMINATED) != 0)
        return false;
    if (!byni_task_claim(pool, self->place, byni_hint_of(wanted), &ticket) && !next(self, &ticket))
        return false;
    run(self, ticket);
    return true;
}

/* ---- Beginning and end ------------------------------------------------------------------------------- */

/* What the pool tells if none of its workers can begin. */
static void tell_reason(serving *self, const byn_call *call, byn_status status)
{
    byn_pool *pool = self->pool;

    if (byni_pool_lock(pool) < 0)
        return;
    (void)snprintf(pool->words->reason, sizeof pool->words->reason,
                   "the initializer \"%s\" failed: %.300s (%s)", call->name, call->message,
                   byn_status_name(status));
    byni_store32(&place_of(self)->stage, BYNI_WORKER_FAILED);
    byni_pool_unlock(pool);
    self->has_told = true;
}

static byn_status initialize(serving *self)
{
    const byni_pool_definition *definition = self->pool->definition;
    const char *name = byni_definition_text(definition, definition->initializer);
    byn_status status;
    byn_call call;

    if (name == NULL)
        return BYN_OK;
    begin_call(&call, self->pool);
    (void)snprintf(call.name, sizeof call.name, "%s", name);
    call.argument = byni_definition_text(definition, definition->initializer_data);
    call.size = definition->initializer_size;
    if (call.argument == NULL)
        call.argument = "";
    status = checked(&call, perform(self, &call));
    free(call.scratch);
    if (status >= 0)
        return BYN_OK;
    explain(&call, status);
    tell_reason(self, &call, status);
    return byni_fail(status, "the initializer \"%s\" failed: %s", call.name, call.message);
}

static byn_status become_ready(serving *self)
{
    byn_pool *pool = self->pool;
    byn_status status = initialize(self);

    if (status >= 0)
        status = byni_pool_lock(pool);
    if (status < 0)
        return status;
    if (byni_load32(&place_of(self)->stage) == BYNI_WORKER_STARTING) /* else it is to leave */
        byni_store32(&place_of(self)->stage, BYNI_WORKER_READY);
    byni_store32(&pool->words->failed_starts, 0);
    byni_pool_unlock(pool);
    byni_crash_point("worker.ready");
    bynk_spot_add(pool->object.segment, &pool->words->control, 1, UINT32_MAX);
    return BYN_OK;
}

static void limit_tasks(serving *self, uint32_t tasks)
{
    self->left = tasks;
    self->is_limited = tasks > 0;
}

/* It has its place. The watchdog goes on if the process ends with it. */
static byn_status work(serving *self)
{
    byn_status status = byni_watchdog_begin(self);

    self->batch = 1;
    if (status < 0)
        return status;
    this_worker = self;
    status = become_ready(self);
    if (status >= 0)
        serve(self);
    this_worker = NULL;
    return status;
}

/* ---- As a started process ---------------------------------------------------------------------------- */

static const byn_task no_tasks[] = {BYN_TASK_END};

/* It ends with the process, and so does the watchdog, which still uses it. */
static serving started;

static byn_status be_started(const char *pool, uint64_t nonce)
{
    byn_status status = bynk_begin();

    if (status >= 0)
        status = byni_pool_open_as_worker(&started.pool, pool);
    if (status >= 0)
        status = byni_worker_enter(started.pool, nonce, &started.place);
    if (status < 0)
        return status;
    limit_tasks(&started, started.pool->definition->tasks_per_worker);
    status = work(&started);
    if (status >= 0)
        byni_worker_leave(started.pool, started.place);
    return status;
}

/* "<nonce>;<pool>" */
static int start(char *told)
{
    char *end;
    uint64_t nonce = strtoull(told, &end, 16);
    byn_status status;

    if (nonce == 0 || *end != ';')
        status = byni_invalid("byn_worker_main", BYNI_WORKER_VARIABLE " is not what a pool writes");
    else
        status = be_started(end + 1, nonce);
    /* Nobody waits for it any more: the pool has ended meanwhile. */
    if (status >= 0 || (status == BYN_E_NOTFOUND && !started.has_told))
        return 0;
    if (!started.has_told) {
        (void)byni_failed(status, "byn_worker_main", *end == ';' ? end + 1 : NULL);
        (void)fprintf(stderr, "%s\n", byn_last_error());
    }
    return EXIT_FAILED;
}

bool byn_worker_main(const byn_task *tasks, int *code)
{
    char *told = bynk_environment_take(BYNI_WORKER_VARIABLE);
    int result;

    if (told == NULL)
        return false;
    byni_store32(&is_serving, 1);
    started.tasks = tasks != NULL ? tasks : no_tasks;
    result = start(told);
    free(told);
    if (code != NULL)
        *code = result;
    return true;
}

/* ---- By hand ----------------------------------------------------------------------------------------- */

static byn_status join(serving *self)
{
    byn_status status;

    if (!byni_watchdog_sees_users(self->pool))
        return byni_fail(BYN_E_NOTFOUND, "no process has it open any more");
    status = byni_worker_enter(self->pool, 0, &self->place);
    if (status < 0)
        return status;
    status = work(self);
    byni_watchdog_end(self);
    byni_worker_leave(self->pool, self->place);
    return status;
}

static byn_status open_and_join(const char *pool, const byn_task *tasks, uint32_t limit)
{
    serving self = {.tasks = tasks};
    byn_status status = bynk_begin();

    if (status >= 0)
        status = byni_pool_open_as_worker(&self.pool, pool);
    if (status < 0)
        return status;
    limit_tasks(&self, limit);
    self.by_hand = true;
    status = join(&self);
    byni_object_close(&self.pool->object);
    return status;
}

static byn_status join_once(const char *pool, const byn_task *tasks, uint32_t limit)
{
    uint32_t nobody = 0;
    byn_status status;

    if (!byni_cas32(&is_serving, &nobody, 1))
        return byni_fail(BYN_E_INVALID, "this process is a worker already");
    status = open_and_join(pool, tasks, limit);
    byni_store32(&is_serving, 0);
    return status;
}

byn_status byn_worker_join(const char *pool, const byn_task *tasks,
                           const byn_worker_options *options)
{
    static const char name[] = "byn_worker_join";
    byn_worker_options chosen;
    byn_status status;

    if (pool == NULL || tasks == NULL)
        return byni_invalid(name, "a pointer is NULL that may not be");
    if (!byni_options_copy(&chosen, sizeof chosen, options))
        return byni_failed(BYN_E_INVALID, name, pool);
    status = join_once(pool, tasks, chosen.tasks);
    return status < 0 ? byni_failed(status, name, pool) : status;
}
