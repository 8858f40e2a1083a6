/*
 * A worker's watchdog: a second thread, which sees to it that nobody is left behind. If no process has the pool open
 * any more, it does what the option `orphans` says, also while a task runs and does not come back.
 *
 * It sleeps until one of them dies, and then looks for another. If that is not the supervisor, it asks now and then
 * whether there is one.
 */
#include "pool_run.h"

enum {
    MS = 1000000,
    FIRST_MS = 1000,  /* until the first look whether whom it watches still has the pool open */
    LOOK_MS = 4000,   /* between looks after that */
    BY_HAND_MS = 250, /* the same where its end is waited for */
    GRACE_MS = 50
};

static uint32_t depth_of(const byni_serving *self)
{
    return byni_load32(&self->pool->workers[self->place].depth);
}

/* Who is in a place, if that keeps the pool: a worker that has it open does not. */
static bool is_user(const byn_pool *pool, uint32_t place, bynk_identity *who)
{
    const byni_submitter *submitter = &pool->submitters[place];

    return byni_load32(&submitter->is_worker) == 0 && byni_member_identity(&submitter->member, who);
}

static bool is_living_user(const byn_pool *pool, uint32_t place, bynk_identity *who)
{
    return is_user(pool, place, who) && bynk_identity_alive(who);
}

/* One that lives: the supervisor, if there is one. */
static bool find_user(const byn_pool *pool, uint32_t *place, bynk_identity *who)
{
    uint32_t used = byni_used_submitters(pool);

    *place = byni_load32(&pool->words->supervisor);
    if (*place < used && is_living_user(pool, *place, who))
        return true;
    for (*place = 0; *place < used; ++*place)
        if (is_living_user(pool, *place, who))
            return true;
    return false;
}

/* Whether it is still the same; no system call. */
static bool is_still_user(const byn_pool *pool, uint32_t place, const bynk_identity *who)
{
    bynk_identity now;

    return is_user(pool, place, &now) && bynk_identity_same(&now, who);
}

/* With the guard nobody is just coming or going. */
bool byni_watchdog_sees_users(byn_pool *pool)
{
    bynk_identity who;
    uint32_t place;
    bool found;

    if (byni_pool_lock(pool) < 0)
        return true;
    found = find_user(pool, &place, &who);
    byni_pool_unlock(pool);
    return found;
}

static void wake_worker(const byni_serving *self)
{
    bynk_spot_add(self->pool->object.segment, &self->pool->words->first, 1, UINT32_MAX);
    bynk_spot_add(self->pool->object.segment, &self->pool->words->work, 1, UINT32_MAX);
}

/* Until the next look. */
static void rest_a_little(const byni_serving *self)
{
    bynk_spot *spot = &self->pool->words->control;
    bynk_rest rest = {.deadline = bynk_clock() + (uint64_t)GRACE_MS * MS, .unseen = true};

    (void)bynk_spot_sleep(self->pool->object.segment, spot, bynk_spot_number(spot), &rest);
}

/* If it does not leave by itself, it is in a task. */
static void orphan(byni_serving *self)
{
    uint32_t choice = self->pool->definition->orphans;

    if (choice == BYN_POOL_KILL && byni_load32(&self->orphaned) != 0 && depth_of(self) > 0)
        bynk_die();
    byni_store32(&self->orphaned,
                 choice == BYN_POOL_DRAIN ? BYNI_ORPHAN_DRAINS : BYNI_ORPHAN_LEAVES);
    byni_fence();
    if (choice == BYN_POOL_KILL && depth_of(self) > 0)
        bynk_die();
    wake_worker(self);
    rest_a_little(self);
}

/* ---- Whom it watches --------------------------------------------------------------------------------- */

typedef struct vigil {
    byni_serving *self;
    uint32_t place;
    bynk_identity who;
    bool is_new;
    uint64_t looked; /* when it last looked whether there is a supervisor */
} vigil;

/* What the supervisor would find. While there is one, that knows better how the dead have ended. That it is the one who
 * is watched, and so lives, is known without a system call. */
static void look_around(vigil *v)
{
    byn_pool *pool = v->self->pool;
    uint64_t now = bynk_clock();

    if (byni_load32(&pool->words->supervisor) == v->place ||
        now - v->looked < (uint64_t)LOOK_MS * MS)
        return;
    v->looked = now;
    if (!byni_pool_is_supervised(pool))
        (void)byni_pool_sweep(pool);
}

/* Of its death the system tells at once; but it may close the pool, and another one have it open. */
static uint64_t look(void *context)
{
    vigil *v = context;
    uint32_t pause = v->is_new ? FIRST_MS : LOOK_MS;

    if (byni_load32(&v->self->stop) != 0 || !is_still_user(v->self->pool, v->place, &v->who))
        return 0;
    v->is_new = false;
    look_around(v);
    return (uint64_t)(v->self->by_hand ? BY_HAND_MS : pause) * MS;
}

static void watch(void *argument)
{
    byni_serving *self = argument;
    vigil v = {.self = self, .looked = bynk_clock()};

    while (byni_load32(&self->stop) == 0) {
        byn_status status = BYN_OK;

        v.is_new = true;
        if (find_user(self->pool, &v.place, &v.who))
            status = bynk_identity_await_death(&v.who, look, &v);
        else if (!byni_watchdog_sees_users(self->pool))
            orphan(self);
        if (status != BYN_OK &&
            status != BYN_E_TIMEDOUT) { /* another user's: it may not be watched */
            look_around(&v);
            rest_a_little(self);
        }
    }
}

byn_status byni_watchdog_begin(byni_serving *self)
{
    return bynk_thread_start(&self->watchdog, watch, self);
}

void byni_watchdog_end(byni_serving *self)
{
    byni_store32(&self->stop, 1);
    if (self->watchdog != NULL)
        bynk_thread_join(self->watchdog);
}
