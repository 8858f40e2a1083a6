/*
 * The helper: one thread of each process that has a pool open. It calls this process' callbacks; and one of them
 * all is the supervisor, who starts workers, watches everybody, and cleans up after those who died.
 *
 * WHO IS THE SUPERVISOR stands in words->supervisor, written with the guard. The others watch its life, and the
 * first one who finds it dead, or the role given up, takes it. Nothing of what a supervisor knows is lost with it but
 * the exit codes of the workers that it had started: the next one adopts these, by their identities. A process
 * that is itself a worker never takes the role: it does not keep the pool alive.
 *
 * A START is a place with a nonce, which the new process must bring along. Killed between the two, a supervisor leaves
 * a place that nobody enters, which the next one takes back after the time that a start may take; a process whose
 * place was taken back finds nobody who waits for it, and ends.
 *
 * A KILL because of a task: the worker's place says why, then the task's word is KILLED, which excludes the end of that
 * task. Killed in between, the supervisor leaves the mark, by which the next one kills, or the worker itself, at the
 * task's end.
 */
#include "pool_helper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"

/* ---- Rings -------------------------------------------------------------------------------------------- */

static void ring(byn_pool *pool, uint32_t submitter)
{
    if (submitter < BYN_POOL_MEMBERS_MAX)
        bynk_spot_add(pool->object.segment, &pool->submitters[submitter].helper, 1, UINT32_MAX);
}

void byni_helper_ring(byn_pool *pool)
{
    ring(pool, pool->me);
}

void byni_supervisor_ring(byn_pool *pool)
{
    ring(pool, byni_load32(&pool->words->supervisor));
}

static void ring_all(byn_pool *pool)
{
    bynk_spot_add(pool->object.segment, &pool->words->control, 1, UINT32_MAX);
}

void byni_watch_member(const byni_helper *self, byni_watched *watched, const bynk_identity *who)
{
    byn_pool *pool = self->pool;

    if (who != NULL && watched->there && bynk_identity_same(&watched->who, who))
        return;
    if (watched->watch != NULL)
        bynk_watch_end(watched->watch);
    watched->watch = NULL;
    watched->there = who != NULL;
    if (who == NULL)
        return;
    watched->who = *who;
    watched->watch =
        bynk_watch_begin(pool->object.segment, &pool->submitters[pool->me].helper, who);
}

/* ---- The role ----------------------------------------------------------------------------------------- */

/* Who is it, if it lives. */
static bool find_supervisor(const byn_pool *pool, bynk_identity *who)
{
    uint32_t supervisor = byni_load32(&pool->words->supervisor);

    return supervisor < BYN_POOL_MEMBERS_MAX &&
           byni_member_identity(&pool->submitters[supervisor].member, who) &&
           bynk_identity_alive(who);
}

bool byni_pool_is_supervised(const byn_pool *pool)
{
    bynk_identity who;

    return find_supervisor(pool, &who);
}

/* With the guard, so that of several one gets it. */
static void take_role(byni_helper *self)
{
    byn_pool *pool = self->pool;
    bynk_identity who;

    if (byni_load32(&pool->submitters[pool->me].is_worker) != 0 || byni_pool_lock(pool) < 0)
        return;
    if (!find_supervisor(pool, &who)) {
        byni_store32(&pool->words->supervisor, pool->me);
        self->supervises = true;
    }
    byni_pool_unlock(pool);
    byni_crash_point("supervisor.chosen");
}

static void give_role_up(byni_helper *self)
{
    byn_pool *pool = self->pool;

    if (!self->supervises || byni_pool_lock(pool) < 0)
        return;
    if (byni_load32(&pool->words->supervisor) == pool->me)
        byni_store32(&pool->words->supervisor, BYNI_POOL_NOBODY);
    byni_pool_unlock(pool);
    self->supervises = false;
    ring_all(pool);
}

/* Watch the one who has it. Whether it is us. */
static bool is_supervisor(byni_helper *self)
{
    bynk_identity who;

    if (self->supervises)
        return true;
    if (!find_supervisor(self->pool, &who))
        take_role(self);
    else
        byni_watch_member(self, &self->chief, &who);
    if (self->supervises)
        byni_watch_member(self, &self->chief, NULL);
    return self->supervises;
}

/* ---- The loop ----------------------------------------------------------------------------------------- */

enum { CONTROL, OWN, BELL, SPOTS };

/* The numbers to sleep on, before anything is looked at. */
static size_t listen(byni_helper *self, bynk_waitable what[SPOTS])
{
    byn_pool *pool = self->pool;
    byni_submitter *me = &pool->submitters[pool->me];
    size_t i, count = BELL;

    memset(what, 0, SPOTS * sizeof *what);
    what[CONTROL].spot = &pool->words->control;
    what[OWN].spot = &me->helper;
    for (i = 0; i < BELL; i++)
        what[i].number = bynk_spot_number(what[i].spot);
    if (byni_outstanding_awaits(pool)) {
        what[BELL].spot = &me->bell.spot;
        what[BELL].number = byni_bell_listen(&me->bell);
        count = SPOTS;
    }
    for (i = 0; i < count; i++)
        what[i].segment = pool->object.segment;
    return count;
}

static void sleep_on(byni_helper *self, bynk_waitable *what, size_t count, bynk_deadline deadline)
{
    size_t taken = count, i;

    self->rest.deadline = deadline;
    self->rest.unseen = self->rest.patient = true;
    for (i = 0; i < count; i++)
        if (bynk_spot_number(what[i].spot) != what[i].number)
            break;
    if (i == count)
        (void)bynk_sleep_any(what, count, &self->rest, &taken);
    for (i = 0; i < count; i++) {
        if (what[i].slept)
            bynk_slept(&what[i], true);
        if (bynk_spot_number(what[i].spot) != what[i].number)
            self->rest.beat_ms = 0;
    }
    self->rung = bynk_spot_number(what[OWN].spot) != what[OWN].number;
}

static bynk_deadline sooner(bynk_deadline one, bynk_deadline other)
{
    return one < other ? one : other;
}

static void look_and_sleep(byni_helper *self)
{
    bynk_waitable what[SPOTS];
    size_t count = listen(self, what);
    bynk_deadline deadline = BYNK_NEVER;

    if (is_supervisor(self))
        deadline = byni_supervise(self);
    byni_outstanding_call_back(self->pool);
    if (byni_load32(&self->stop) != 0)
        return;
    /* A callback that has asked for more has rung. */
    deadline = sooner(deadline, byni_outstanding_next(self->pool));
    sleep_on(self, what, count, deadline);
}

static void end(byni_helper *self)
{
    if (self->supervises)
        byni_supervision_end(self);
    give_role_up(self);
    byni_watch_member(self, &self->chief, NULL);
}

/*
 * A callback may close the pool for the last time: then this thread itself parts with it, at its end. Others may
 * open and close it meanwhile. `parts` tells those how far it is; they hold the pool's `life`, for which
 * byni_pool_part() waits: so they do not wait for this thread.
 */
enum { STAYS, CLOSED, PARTING, CLOSED_AGAIN };

/* Whether the pool is gone. */
static bool part(byni_helper *self, byn_pool *pool)
{
    uint32_t seen;

    do {
        byni_store32(&self->stop, 0);
        byni_store32(&self->parts, PARTING);
        if (byni_pool_part(pool))
            return true;
        seen = PARTING; /* somebody has opened it; and closed it again, perhaps */
    } while (!byni_cas32(&self->parts, &seen, STAYS));
    return false;
}

static void serve(void *argument)
{
    byni_helper *self = argument;
    byn_pool *pool = self->pool;
    bynk_thread *thread;

    do {
        while (byni_load32(&self->stop) == 0)
            look_and_sleep(self);
        end(self);
        if (byni_load32(&self->parts) == STAYS)
            return; /* it is joined */
    } while (!part(self, pool));
    thread = self->thread;
    free(self);
    bynk_thread_leave(thread);
}

/* ---- Start and stop ------------------------------------------------------------------------------------ */

byn_status byni_helper_start(byn_pool *pool)
{
    byni_helper *self = calloc(1, sizeof *self);
    byn_status status;

    if (self == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for the pool's thread");
    self->pool = pool;
    self->rung = true;
    pool->helper = self;
    status = bynk_thread_start(&self->thread, serve, self);
    if (status < 0) {
        pool->helper = NULL;
        free(self);
    }
    return status;
}

bool byni_helper_is_me(const byn_pool *pool)
{
    return pool->helper != NULL && bynk_thread_is_me(pool->helper->thread);
}

bool byni_helper_stop(byn_pool *pool)
{
    byni_helper *self = pool->helper;

    if (self == NULL)
        return true;
    if (bynk_thread_is_me(self->thread) || byni_load32(&self->parts) != STAYS) {
        byni_store32(&self->parts, byni_load32(&self->parts) == STAYS ? CLOSED : CLOSED_AGAIN);
        byni_store32(&self->stop, 1);
        return false;
    }
    byni_store32(&self->stop, 1);
    byni_helper_ring(pool);
    bynk_thread_join(self->thread);
    pool->helper = NULL;
    free(self);
    return true;
}
