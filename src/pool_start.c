/*
 * Starting workers: how many, when, and what if they cannot be started. Called by the supervisor.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "pool_helper.h"

enum { MS = 1000000, PAUSE_FIRST_MS = 10, PAUSE_LAST_MS = 1000, FAILED_STARTS = 5 };

/* ---- Failures ------------------------------------------------------------------------------------------ */

static const char *program_of(const byn_pool *pool)
{
    return byni_definition_text(pool->definition, pool->definition->program);
}

static void write_end(char *text, size_t size, const byn_exit *exit)
{
    if (!exit->known)
        (void)snprintf(text, size, "it is not known how");
    else if (exit->signal != 0)
        (void)snprintf(text, size, "by signal %" PRId32, exit->signal);
    else if (exit->code < 0 || exit->code > 255)
        (void)snprintf(text, size, "with exit code 0x%08" PRIX32, (uint32_t)exit->code);
    else
        (void)snprintf(text, size, "with exit code %" PRId32, exit->code);
}

/* Why it did not come as far as being a worker, it knows itself. */
static void write_no_worker(char *reason, size_t size, const byn_pool *pool, const char *end)
{
    const char *library = byni_definition_text(pool->definition, pool->definition->library);

    if (library != NULL)
        (void)snprintf(
            reason, size,
            "byname worker ended %s, and ran no task of \"%.250s\": is that a library which has "
            "a table of tasks? What it printed tells",
            end, library);
    else
        (void)snprintf(reason, size,
                       "\"%.200s\" ended %s before it was a worker: byn_worker_main() must be "
                       "called in the first lines of main()",
                       program_of(pool), end);
}

/* Of the one that has the place, or had it. */
static void write_reason(byni_helper *self, const byni_child *child, const byn_exit *exit)
{
    const byn_pool *pool = self->pool;
    const byni_worker *worker = &pool->workers[child->place];
    bool entered = byni_load32(&worker->member.pid) != 0;
    const char *program = program_of(pool);
    char end[40];

    write_end(end, sizeof end, exit);
    if (entered && byni_load32(&worker->stage) == BYNI_WORKER_FAILED)
        (void)snprintf(self->reason, sizeof self->reason, "%.400s", pool->words->reason);
    else if (entered)
        (void)snprintf(self->reason, sizeof self->reason,
                       "\"%.200s\" ended %s before it was ready for tasks", program, end);
    else if (child->late)
        (void)snprintf(self->reason, sizeof self->reason,
                       "\"%.200s\" did not call byn_worker_main() in time", program);
    else
        write_no_worker(self->reason, sizeof self->reason, pool, end);
}

static bool has_ready_workers(const byn_pool *pool)
{
    uint32_t i;

    for (i = 0; i < BYN_POOL_MEMBERS_MAX; i++)
        if (byni_load32(&pool->workers[i].stage) == BYNI_WORKER_READY)
            return true;
    return false;
}

/* Milliseconds until the next start after so many failures in a row. */
static uint64_t pause_after(uint32_t failures)
{
    uint64_t pause = PAUSE_FIRST_MS;

    while (failures-- > 1 && pause < PAUSE_LAST_MS)
        pause *= 2;
    return pause < PAUSE_LAST_MS ? pause : PAUSE_LAST_MS;
}

/* A pool that has workers goes on with these. */
static void count_failure(byni_helper *self, uint32_t failures)
{
    char text[BYNI_POOL_REASON];

    self->next_start = bynk_clock() + pause_after(failures) * MS;
    if (failures < FAILED_STARTS || has_ready_workers(self->pool))
        return;
    (void)snprintf(text, sizeof text, "its workers cannot be started, tried %d times: %.440s",
                   (int)failures, self->reason);
    byni_pool_break(self->pool, text);
}

/* With the guard. The place is free again. */
static uint32_t take_place_back(byn_pool *pool, uint32_t place, const byn_exit *exit)
{
    uint32_t failures = byni_load32(&pool->words->failed_starts) + 1;

    byni_store32(&pool->words->failed_starts, failures);
    byni_worker_cleanup(pool, place, exit);
    return failures;
}

void byni_start_failed(byni_helper *self, const byni_child *child, const byn_exit *exit)
{
    byn_pool *pool = self->pool;
    uint32_t failures;

    if (byni_pool_lock(pool) < 0)
        return;
    if (byni_load64(&pool->workers[child->place].nonce) != child->nonce) {
        byni_pool_unlock(pool);
        return;
    }
    if (exit != NULL)
        write_reason(self, child, exit);
    failures = take_place_back(pool, child->place, exit);
    byni_pool_unlock(pool);
    if (byni_load32(&pool->words->phase) == 0)
        count_failure(self, failures);
}

/* ---- One start ----------------------------------------------------------------------------------------- */

static const char **make_argv(const byni_pool_definition *definition)
{
    const char **argv = calloc((size_t)definition->program_count + 1, sizeof *argv);
    const char *next = byni_definition_text(definition, definition->program);
    uint32_t i;

    for (i = 0; argv != NULL && i < definition->program_count; i++) {
        argv[i] = next;
        next += strlen(next) + 1;
    }
    return argv;
}

/* A group of its own: what a terminal sends to the program is not for its workers. */
static byn_status start_process(const byn_pool *pool, uint64_t nonce, bynk_process **process)
{
    char told[sizeof BYNI_WORKER_VARIABLE + 20 + BYNI_NAME_SIZE];
    const char *const environment[] = {told, NULL};
    const byn_process_options options =
        BYN_OPTIONS(byn_process_options, .environment = environment,
                    .standard_input = BYN_STDIO_NULL, .new_group = true);
    const char **argv = make_argv(pool->definition);
    byn_status status;

    (void)snprintf(told, sizeof told, BYNI_WORKER_VARIABLE "=%016" PRIx64 ";%s", nonce,
                   pool->object.name.full);
    if (argv == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for the arguments");
    status = bynk_process_start(process, argv, &options);
    free(argv);
    return status;
}

static void watch_child(byni_helper *self, byni_child *child)
{
    bynk_identity who;

    if (bynk_identity_of(bynk_process_pid(child->process), &who) >= 0)
        byni_watch_member(self, &child->watched, &who);
    else
        byni_helper_ring(self->pool); /* it has ended already */
}

static byn_status expect(byn_pool *pool, byni_child *child)
{
    byn_status status = bynk_random(&child->nonce, sizeof child->nonce);

    if (status >= 0)
        status = byni_pool_lock(pool);
    if (status < 0)
        return status;
    child->nonce |= 1; /* 0 is by hand */
    status = byni_worker_expect(pool, child->nonce, &child->place);
    byni_pool_unlock(pool);
    return status;
}

static void note_cause(byni_helper *self, byn_status status)
{
    (void)byni_failed(status, "a worker", program_of(self->pool));
    (void)snprintf(self->reason, sizeof self->reason, "%.440s", byn_last_error());
}

/* false: not now. */
static bool start_one(byni_helper *self)
{
    byn_pool *pool = self->pool;
    byni_child *child = calloc(1, sizeof *child);
    byn_status status;

    if (child == NULL || expect(pool, child) < 0) {
        free(child);
        self->next_start = bynk_clock() + (uint64_t)PAUSE_LAST_MS * MS;
        return false;
    }
    byni_crash_point("supervisor.expects");
    child->since = bynk_clock();
    status = start_process(pool, child->nonce, &child->process);
    byni_crash_point("supervisor.started");
    if (status < 0) {
        note_cause(self, status);
        byni_start_failed(self, child, NULL);
        free(child);
        return false;
    }
    child->next = self->children;
    self->children = child;
    watch_child(self, child);
    return true;
}

/* ---- How many ------------------------------------------------------------------------------------------ */

static uint32_t count_started(const byn_pool *pool)
{
    uint32_t i, count = 0;

    for (i = 0; i < BYN_POOL_MEMBERS_MAX; i++) {
        uint32_t stage = byni_load32(&pool->workers[i].stage);

        if ((stage == BYNI_WORKER_STARTING || stage == BYNI_WORKER_READY) &&
            byni_load32(&pool->workers[i].by_hand) == 0)
            count++;
    }
    return count;
}

/* After a shutdown only what is still to be done counts: it may have come back from a worker that died. */
static uint32_t count_wanted(const byn_pool *pool)
{
    uint32_t phase = byni_load32(&pool->words->phase), workers = pool->definition->workers;
    uint64_t waiting;

    if (pool->definition->no_workers != 0 ||
        (phase & (BYNI_POOL_TERMINATED | BYNI_POOL_BROKEN)) != 0)
        return 0;
    if ((phase & BYNI_POOL_SHUTDOWN) == 0)
        return workers;
    waiting = byni_hints_count(pool);
    return waiting < workers ? (uint32_t)waiting : workers;
}

bynk_deadline byni_start_missing(byni_helper *self, uint64_t now)
{
    uint32_t wanted = count_wanted(self->pool), there = count_started(self->pool);

    while (there < wanted) {
        if (now < self->next_start)
            return self->next_start;
        if (!start_one(self))
            return byni_load32(&self->pool->words->phase) == 0 ? self->next_start : BYNK_NEVER;
        there++;
    }
    return BYNK_NEVER;
}
