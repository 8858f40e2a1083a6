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

#define LOOK_NS UINT64_C(4000000000)

enum {
    US = 1000, /* nanoseconds */
    MS = 1000 * US,
    S = 1000 * MS,
    SHORT_NS = 5 * US, /* of a task: then many are taken at once */
    MEDIUM_NS = 50 * US,
    MEDIUM_BATCH = 2,
    TIMED_OF = 4,
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
static inline bool may_go_on(const serving *self)
{
    return !has_limit(self) && byni_load32(&place_of(self)->stage) == BYNI_WORKER_READY &&
           (byni_load32(&self->pool->words->phase) & BYNI_POOL_TERMINATED) == 0 &&
           byni_load32(&self->orphaned) != BYNI_ORPHAN_LEAVES;
}

/* What was taken. How many were run. */
static size_t run_taken(serving *self)
{
    byni_ticket ticket;
    size_t count;

    for (count = 0; may_go_on(self) && byni_task_next(self->pool, self->place, &ticket); count++)
        byni_call_run(self, ticket);
    return count;
}

/* What another one took, and has not begun. */
static size_t run_stolen(serving *self)
{
    byni_ticket ticket;
    uint64_t began;

    if (!byni_task_steal(self->pool, self->place, &ticket))
        return 0;
    began = bynk_clock();
    byni_call_run(self, ticket);
    learn(self, bynk_clock() - began);
    return 1;
}

/* Run what can be had in one go. Of a task that is short the clock would take a good part: who waits for one waits for
 * that too. So where they have been short it looks at the clock each fourth time. */
static bool run_some(serving *self)
{
    size_t most = self->is_limited && self->left < self->batch ? self->left : self->batch;
    size_t taken = byni_tasks_take(self->pool, self->place, most), count;
    bool is_timed = self->batch != BYNI_TASK_BATCH || ++self->untimed % TIMED_OF == 0;
    uint64_t began = is_timed && taken > 0 ? bynk_clock() : 0;

    count = taken > 0 ? run_taken(self) : run_stolen(self);
    if (began != 0 && count > 0)
        learn(self, (bynk_clock() - began) / count);
    /* What was taken may all have been canceled: behind it there may be others. */
    return taken > 0 || count > 0;
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
    if (!bynk_may_spin() || byni_hints_count(self->pool) >= FEW)
        return;
    for (end = bynk_clock() + LINGER_NS; bynk_clock() < end;)
        for (i = 0; i < PAUSES; i++)
            byni_pause();
    if (byni_hints_count(self->pool) > 1)
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
 * short ones need not ask after each. At a heartbeat only what a task has left behind may have done so. */
static bool is_whole(serving *self, bool has_run)
{
    uint64_t pause = !has_run ? LOOK_NS : self->batch == BYNI_TASK_BATCH ? MS : 0;
    uint64_t now = bynk_clock();

    if (now - self->checked < pause)
        return true;
    self->checked = now;
    return bynk_segment_there(self->pool->object.segment) > 0;
}

static void serve(serving *self)
{
    bynk_rest rest = {.deadline = BYNK_NEVER, .hint = &self->pool->hint};
    bool has_run = true;

    while (may_go_on(self)) {
        bool over = is_over(self); /* what was submitted before it is found after this */

        if (run_some(self)) {
            has_run = true;
            if (self->batch == BYNI_TASK_BATCH)
                linger(self);
            rest = (bynk_rest){.deadline = BYNK_NEVER, .hint = &self->pool->hint};
            continue;
        }
        if (over || !is_whole(self, has_run) ||
            byni_worker_sleep(self->pool, self->place, &rest) == BYN_E_CORRUPT)
            break;
        has_run = false;
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
    byni_call_run(self, ticket);
    return true;
}

/* ---- Beginning and end ------------------------------------------------------------------------------- */

/* What the pool tells if none of its workers can begin. */
static void tell_reason(serving *self, const byn_call *call, byn_status status)
{
    bool told = byni_tells_status(call->message, status);
    byn_pool *pool = self->pool;

    if (byni_pool_lock(pool) < 0)
        return;
    (void)snprintf(pool->words->reason, sizeof pool->words->reason,
                   "the initializer \"%s\" failed: %.300s%s%s%s", call->name, call->message,
                   told ? "" : " (", told ? "" : byn_status_name(status), told ? "" : ")");
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
    byni_call_begin(&call, self->pool);
    (void)snprintf(call.name, sizeof call.name, "%s", name);
    call.argument = byni_definition_text(definition, definition->initializer_data);
    call.size = definition->initializer_size;
    if (call.argument == NULL)
        call.argument = "";
    status = byni_call_perform(self, &call);
    free(call.scratch);
    if (status >= 0)
        return BYN_OK;
    byni_call_explain(&call, status);
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
        return byni_null(name, pool == NULL ? "pool" : "tasks");
    if (!byni_options_copy(&chosen, sizeof chosen, options))
        return byni_failed(BYN_E_INVALID, name, pool);
    status = join_once(pool, tasks, chosen.tasks);
    return status < 0 ? byni_failed(status, name, pool) : status;
}
