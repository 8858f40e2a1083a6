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
    PAUSE_MS = 10, /* before another one is started in place of one that died doing nothing */
    LEAVE_MS = 2000
};

static uint32_t stage_of(const byn_pool *pool, uint32_t place)
{
    return byni_load32(&pool->workers[place].stage);
}

/* ---- Children ------------------------------------------------------------------------------------------ */

/* Whether the place is still the child's: it may have left it by itself. */
static bool has_place(const byn_pool *pool, const byni_child *child)
{
    return stage_of(pool, child->place) != BYNI_WORKER_NONE &&
           byni_load64(&pool->workers[child->place].nonce) == child->nonce;
}

byni_child *byni_child_at(const byni_helper *self, uint32_t place)
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
        if (byni_depth_of(&pool->workers[child->place]) == 0)
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

    if (stage_of(pool, place) == BYNI_WORKER_NONE || byni_child_at(self, place) != NULL) {
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
    for (i = 0; i < byni_used_workers(self->pool); i++)
        look_at_worker(self, i, check);
    for (i = 0; i < byni_used_submitters(self->pool); i++)
        look_at_submitter(self, i, check);
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
    next = byni_kill_late(self, now);
    byni_store64(&words->next_look, next);
    next = byni_sooner(next, byni_start_missing(self, now));
    if (self->some_unwatched)
        next = byni_sooner(next, now + (uint64_t)UNWATCHED_MS * MS);
    return next;
}

/* ---- The end ------------------------------------------------------------------------------------------- */

/* With the guard. */
static bool has_others(const byn_pool *pool)
{
    bynk_identity who;
    uint32_t i;

    for (i = 0; i < byni_used_submitters(pool); i++)
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
    for (i = 0; i < byni_used_workers(pool); i++) {
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
    const byn_pool *pool = self->pool;

    if (byni_depth_of(&pool->workers[place]) == 0)
        return true;
    if (pool->definition->orphans != BYN_POOL_KILL)
        return false;
    byni_kill_outermost(self, place, BYN_E_CANCELED);
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

static bool dies_in_time(const bynk_identity *who)
{
    bynk_deadline deadline = bynk_clock() + (uint64_t)LEAVE_MS * MS;

    return bynk_identity_await_death(who, byni_until, &deadline) == BYN_OK;
}

/* Not those that were never ours: who joined by hand may live on. */
static void await_adopted(const byni_watched *watched)
{
    if (!watched->there || dies_in_time(&watched->who))
        return;
    (void)bynk_identity_kill(&watched->who);
    (void)dies_in_time(&watched->who);
}

static void end_workers(byni_helper *self)
{
    byn_pool *pool = self->pool;
    bool ending[BYN_POOL_MEMBERS_MAX] = {false};
    uint32_t used = byni_used_workers(pool), i; /* more may come to use places meanwhile */
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
        if (ending[i] && byni_load32(&pool->workers[i].by_hand) == 0 &&
            byni_child_at(self, i) == NULL)
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
