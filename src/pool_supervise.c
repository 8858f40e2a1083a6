/*
 * What a supervisor does each time that it is rung: bury its children, look at all members, kill what takes too
 * long, start what is missing. Its end. See pool_supervisor.c.
 */
#include <stdlib.h>

#include "crash.h"
#include "pool_helper.h"

enum {
    MS = 1000000,
    LOOK_MS = 1000, /* at all members, though nobody has rung */
    UNWATCHED_MS = 50,
    START_MS = 10000, /* until a process that was started has called byn_worker_main() */
    PAUSE_MS = 10,    /* before another one is started in place of one that died doing nothing */
    LEAVE_MS = 2000
};

static bynk_deadline sooner(bynk_deadline one, bynk_deadline other)
{
    return one < other ? one : other;
}

static uint32_t within_members(uint32_t count)
{
    return count < BYN_POOL_MEMBERS_MAX ? count : BYN_POOL_MEMBERS_MAX;
}

static uint32_t used_workers(const byn_pool *pool)
{
    return within_members(byni_load32(&pool->words->used_workers));
}

static uint32_t used_submitters(const byn_pool *pool)
{
    return within_members(byni_load32(&pool->words->used_submitters));
}

static uint32_t stage_of(const byn_pool *pool, uint32_t place)
{
    return byni_load32(&pool->workers[place].stage);
}

static uint32_t depth_of(const byni_worker *worker)
{
    uint32_t depth = byni_load32(&worker->depth);

    return depth < BYNI_TASK_NESTED ? depth : BYNI_TASK_NESTED;
}

/* ---- Children ------------------------------------------------------------------------------------------ */

/* Whether the place is still the child's: it may have left it by itself. */
static bool has_place(const byn_pool *pool, const byni_child *child)
{
    return stage_of(pool, child->place) != BYNI_WORKER_NONE &&
           byni_load64(&pool->workers[child->place].nonce) == child->nonce;
}

static byni_child *child_at(const byni_helper *self, uint32_t place)
{
    byni_child *child = self->children;

    while (child != NULL && (child->place != place || !has_place(self->pool, child)))
        child = child->next;
    return child;
}

static void clean_up(byni_helper *self, const byni_child *child, const byn_exit *exit)
{
    byn_pool *pool = self->pool;

    if (byni_pool_lock(pool) < 0)
        return;
    if (has_place(pool, child)) {
        if (depth_of(&pool->workers[child->place]) == 0)
            self->next_start = bynk_clock() + (uint64_t)PAUSE_MS * MS;
        byni_worker_cleanup(pool, child->place, exit);
    }
    byni_pool_unlock(pool);
}

static void bury(byni_helper *self, const byni_child *child, const byn_exit *exit)
{
    uint32_t stage = stage_of(self->pool, child->place);

    if (!has_place(self->pool, child))
        return;
    if (stage == BYNI_WORKER_STARTING || stage == BYNI_WORKER_FAILED)
        byni_start_failed(self, child, exit);
    else
        clean_up(self, child, exit);
}

static void free_child(byni_helper *self, byni_child *child)
{
    byni_watch_member(self, &child->watched, NULL);
    bynk_process_close(child->process);
    free(child);
}

static void bury_children(byni_helper *self)
{
    byni_child **link = &self->children;

    while (*link != NULL) {
        byni_child *child = *link;
        byn_exit exit;

        if (bynk_process_wait(child->process, BYNK_NOW, &exit) != BYN_OK) {
            link = &child->next;
            continue;
        }
        *link = child->next;
        bury(self, child, &exit);
        free_child(self, child);
    }
}

static bool some_children_unwatched(const byni_helper *self)
{
    const byni_child *child = self->children;

    while (child != NULL && child->watched.watch != NULL)
        child = child->next;
    return child != NULL;
}

/* ---- Members that are not our children ------------------------------------------------------------------ */

/* Whether it is to be cleaned up. */
static bool has_died(byni_helper *self, byni_watched *watched, const byni_member *member,
                     bool check)
{
    bynk_identity who;

    if (!byni_member_identity(member, &who)) {
        byni_watch_member(self, watched, NULL);
        return false;
    }
    if (!watched->there || !bynk_identity_same(&watched->who, &who)) {
        byni_watch_member(self, watched, &who);
        check = true;
    }
    self->some_unwatched = self->some_unwatched || watched->watch == NULL;
    return check && !bynk_identity_alive(&who);
}

/* With the guard: whether it is still the one that was watched, and dead. */
static bool is_still(const byni_watched *watched, const byni_member *member)
{
    bynk_identity who;

    return byni_member_identity(member, &who) && bynk_identity_same(&watched->who, &who) &&
           !bynk_identity_alive(&who);
}

/* A start by a supervisor that is gone. If its process comes, nobody waits for it. */
static bool is_forgotten(const byn_pool *pool, uint32_t place)
{
    const byni_worker *worker = &pool->workers[place];

    return byni_load32(&worker->stage) == BYNI_WORKER_STARTING &&
           byni_load32(&worker->member.pid) == 0;
}

static void look_at_worker(byni_helper *self, uint32_t place, bool check)
{
    byn_pool *pool = self->pool;
    byni_watched *watched = &self->workers[place];
    byni_worker *worker = &pool->workers[place];

    if (stage_of(pool, place) == BYNI_WORKER_NONE || child_at(self, place) != NULL) {
        byni_watch_member(self, watched, NULL);
        return;
    }
    if (!has_died(self, watched, &worker->member, check) && !is_forgotten(pool, place))
        return;
    if (byni_pool_lock(pool) < 0)
        return;
    if (is_still(watched, &worker->member) || is_forgotten(pool, place))
        byni_worker_cleanup(pool, place, NULL);
    byni_pool_unlock(pool);
}

static void look_at_submitter(byni_helper *self, uint32_t place, bool check)
{
    byn_pool *pool = self->pool;
    byni_watched *watched = &self->submitters[place];
    byni_submitter *submitter = &pool->submitters[place];

    if (place == pool->me || !has_died(self, watched, &submitter->member, check) ||
        byni_pool_lock(pool) < 0)
        return;
    if (is_still(watched, &submitter->member))
        byni_submitter_cleanup(pool, place);
    byni_pool_unlock(pool);
}

static void look_at_all(byni_helper *self, bool check)
{
    uint32_t i;

    if (check)
        bury_children(self);
    self->some_unwatched = some_children_unwatched(self);
    for (i = 0; i < used_workers(self->pool); i++)
        look_at_worker(self, i, check);
    for (i = 0; i < used_submitters(self->pool); i++)
        look_at_submitter(self, i, check);
}

/* ---- Kill ---------------------------------------------------------------------------------------------- */

static void kill_process(byni_helper *self, uint32_t place)
{
    const byni_child *child = child_at(self, place);
    bynk_identity who;

    if (child != NULL)
        (void)bynk_process_kill_tree(child->process);
    else if (byni_member_identity(&self->pool->workers[place].member, &who))
        (void)bynk_identity_kill(&who);
}

/* The task that a worker is in at a depth; false: none. */
static bool running_at(const byn_pool *pool, uint32_t place, uint32_t depth, byni_ticket *ticket)
{
    uint64_t current = byni_load64(&pool->workers[place].current[depth]), word;

    *ticket = byni_hint_ticket(current);
    if (ticket->index >= pool->capacity)
        return false;
    word = byni_load64(&pool->tasks[ticket->index].word);
    return word == byni_task_word(ticket->generation, place, BYNI_TASK_RUNNING);
}

/* With the guard, so that no other has begun to use the place; see pool_worker.c. */
static bool mark(byn_pool *pool, uint32_t place, uint32_t depth, byni_ticket ticket,
                 byn_status cause)
{
    byni_worker *worker = &pool->workers[place];
    uint32_t nothing = 0;
    byni_ticket now;

    if (!running_at(pool, place, depth, &now) || now.index != ticket.index ||
        now.generation != ticket.generation)
        return false;
    if (byni_load32(&worker->killed_for) == 0)
        byni_store64(&worker->killed_task, byni_hint_of(ticket));
    return byni_cas32(&worker->killed_for, &nothing, (uint32_t)cause) ||
           nothing != BYNI_WORKER_ENDS;
}

static void kill_task(byni_helper *self, uint32_t place, uint32_t depth, byni_ticket ticket,
                      byn_status cause)
{
    byn_pool *pool = self->pool;
    bool marked;

    if (byni_pool_lock(pool) < 0)
        return;
    marked = mark(pool, place, depth, ticket, cause);
    byni_pool_unlock(pool);
    byni_crash_point("supervisor.marked");
    if (marked)
        kill_process(self, place);
}

/* Why it has to end now; BYN_OK: it may go on, until *end. */
static byn_status cause_to_kill(const byn_pool *pool, uint32_t place, uint32_t depth,
                                byni_ticket ticket, uint64_t now, bynk_deadline *end)
{
    const byni_worker *worker = &pool->workers[place];
    const byni_task *task = &pool->tasks[ticket.index];
    uint64_t began = byni_load64(&worker->began[depth]);
    uint32_t marked = byni_load32(&worker->killed_for);

    *end = BYNK_NEVER;
    if (marked != 0 && marked != BYNI_WORKER_ENDS)
        return (byn_status)marked; /* by a supervisor that did not come to it */
    if ((byni_load32(&pool->words->phase) & BYNI_POOL_TERMINATED) != 0 ||
        (byni_task_wanted(task, ticket.generation) & BYNI_WANTED_KILL) != 0)
        return BYN_E_CANCELED;
    if (began == 0)
        return BYN_OK;
    *end = began + (uint64_t)byni_load32(&task->timeout) * MS;
    return *end <= now ? BYN_E_TIMEDOUT : BYN_OK;
}

/* The outermost that has to end takes the others along. */
static bynk_deadline look_at_tasks(byni_helper *self, uint32_t place, uint64_t now)
{
    const byn_pool *pool = self->pool;
    uint32_t depth = depth_of(&pool->workers[place]), i;
    bynk_deadline next = BYNK_NEVER, end;
    byni_ticket ticket;
    byn_status cause;

    for (i = 0; i < depth; i++) {
        if (!running_at(pool, place, i, &ticket))
            continue;
        cause = cause_to_kill(pool, place, i, ticket, now, &end);
        if (cause < 0) {
            kill_task(self, place, i, ticket, cause);
            return sooner(next, now + (uint64_t)PAUSE_MS * MS); /* it may just have ended */
        }
        next = sooner(next, end);
    }
    return next;
}

/* An initializer has no limit but the one of tasks. */
static bynk_deadline look_at_start(byni_helper *self, uint32_t place, uint64_t now)
{
    const byn_pool *pool = self->pool;
    const byni_worker *worker = &pool->workers[place];
    bool entered = byni_load32(&worker->member.pid) != 0;
    int64_t limit = entered ? pool->definition->task_timeout : START_MS;
    bynk_deadline end = BYNK_NEVER;
    byni_child *child = child_at(self, place);

    if (limit > 0 && limit < INT32_MAX)
        end = byni_load64(&worker->since) + (uint64_t)limit * MS;
    if ((byni_load32(&pool->words->phase) & BYNI_POOL_TERMINATED) != 0)
        end = now;
    if (end > now)
        return end;
    if (child != NULL)
        child->late = true;
    if (child != NULL || entered)
        kill_process(self, place);
    return BYNK_NEVER;
}

static bynk_deadline kill_late(byni_helper *self, uint64_t now)
{
    bynk_deadline next = BYNK_NEVER;
    uint32_t i;

    for (i = 0; i < used_workers(self->pool); i++) {
        uint32_t stage = stage_of(self->pool, i);

        if (stage == BYNI_WORKER_STARTING)
            next = sooner(next, look_at_start(self, i, now));
        else if (stage != BYNI_WORKER_NONE)
            next = sooner(next, look_at_tasks(self, i, now));
    }
    return next;
}

/* ---- All of it ----------------------------------------------------------------------------------------- */

bynk_deadline byni_supervise(byni_helper *self)
{
    byni_pool_words *words = self->pool->words;
    uint64_t now = bynk_clock();
    bool check = self->rung || now - self->looked >= (uint64_t)LOOK_MS * MS ||
                 (self->some_unwatched && now - self->looked >= (uint64_t)UNWATCHED_MS * MS);
    bynk_deadline next;

    byni_store64(&words->next_look, BYNK_NEVER); /* who begins a task meanwhile rings */
    byni_fence();
    look_at_all(self, check);
    if (check)
        self->looked = now;
    next = kill_late(self, now);
    byni_store64(&words->next_look, next);
    next = sooner(next, byni_start_missing(self, now));
    if (self->some_unwatched)
        next = sooner(next, now + (uint64_t)UNWATCHED_MS * MS);
    return next;
}

/* ---- The end ------------------------------------------------------------------------------------------- */

/* With the guard. */
static bool has_others(const byn_pool *pool)
{
    bynk_identity who;
    uint32_t i;

    for (i = 0; i < used_submitters(pool); i++)
        if (i != pool->me && byni_load32(&pool->submitters[i].is_worker) == 0 &&
            byni_member_identity(&pool->submitters[i].member, &who) && bynk_identity_alive(&who))
            return true;
    return false;
}

static bool has_work(const byn_pool *pool)
{
    uint32_t i;

    for (i = 0; i < pool->capacity; i++) {
        int kind = byni_word_kind(byni_load64(&pool->tasks[i].word));

        if (kind == BYNI_TASK_QUEUED || kind == BYNI_TASK_RUNNING)
            return true;
    }
    return false;
}

/* With the guard: so that none of them takes another task, even if somebody opens the pool at this moment. false: they
 * go on, for those that others left, or for others. */
static bool ask_to_leave(byn_pool *pool)
{
    uint32_t i;

    if (has_others(pool) || (pool->definition->orphans == BYN_POOL_DRAIN && has_work(pool)))
        return false;
    for (i = 0; i < used_workers(pool); i++) {
        byni_worker *worker = &pool->workers[i];
        uint32_t stage = stage_of(pool, i);

        if (stage == BYNI_WORKER_STARTING && byni_load32(&worker->member.pid) == 0)
            byni_worker_cleanup(pool, i, NULL);
        else if (stage == BYNI_WORKER_STARTING || stage == BYNI_WORKER_READY)
            byni_store32(&worker->stage, BYNI_WORKER_LEAVING);
    }
    return true;
}

/* Of FINISH the tasks that run go on. */
static bool kill_running(byni_helper *self, uint32_t place)
{
    byn_pool *pool = self->pool;
    byni_ticket ticket;

    if (depth_of(&pool->workers[place]) == 0)
        return true;
    if (pool->definition->orphans != BYN_POOL_KILL)
        return false;
    if (running_at(pool, place, 0, &ticket))
        kill_task(self, place, 0, ticket, BYN_E_CANCELED);
    return true;
}

static void await_child(byni_child *child)
{
    byn_exit exit;

    if (bynk_process_wait(child->process, bynk_clock() + (uint64_t)LEAVE_MS * MS, &exit) == BYN_OK)
        return;
    (void)bynk_process_kill_tree(child->process);
    (void)bynk_process_wait(child->process, bynk_clock() + (uint64_t)LEAVE_MS * MS, &exit);
}

/* Not those that were never ours: who joined by hand may live on. */
static void await_adopted(const byni_watched *watched)
{
    if (!watched->there ||
        bynk_identity_await_death(&watched->who, bynk_clock() + (uint64_t)LEAVE_MS * MS) == BYN_OK)
        return;
    (void)bynk_identity_kill(&watched->who);
    (void)bynk_identity_await_death(&watched->who, bynk_clock() + (uint64_t)LEAVE_MS * MS);
}

static void end_workers(byni_helper *self)
{
    byn_pool *pool = self->pool;
    bool ending[BYN_POOL_MEMBERS_MAX] = {false};
    uint32_t used = used_workers(pool), i; /* more may come to use places meanwhile */
    byni_child *child;

    for (i = 0; i < used; i++)
        ending[i] = kill_running(self, i);
    for (child = self->children; child != NULL; child = child->next) {
        if (!has_place(pool, child)) /* it was not there yet, or is just leaving */
            await_child(child);
        else if (ending[child->place])
            await_child(child);
    }
    for (i = 0; i < used; i++)
        if (ending[i] && byni_load32(&pool->workers[i].by_hand) == 0 && child_at(self, i) == NULL)
            await_adopted(&self->workers[i]);
}

void byni_supervision_end(byni_helper *self)
{
    byn_pool *pool = self->pool;
    bool leave = false;
    uint32_t i;

    if (byni_pool_lock(pool) >= 0) {
        leave = ask_to_leave(pool);
        byni_pool_unlock(pool);
    }
    byni_pool_wake_all(pool);
    if (leave)
        end_workers(self);
    look_at_all(self, true);
    while (self->children != NULL) {
        byni_child *child = self->children;

        self->children = child->next;
        free_child(self, child);
    }
    for (i = 0; i < BYN_POOL_MEMBERS_MAX; i++) {
        byni_watch_member(self, &self->workers[i], NULL);
        byni_watch_member(self, &self->submitters[i], NULL);
    }
}
