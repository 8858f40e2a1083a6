/*
 * A supervisor kills workers because of the tasks that they are in, or since they do not come to life. See
 * pool_supervisor.c.
 */
#include "crash.h"
#include "pool_helper.h"

enum {
    MS = 1000000,
    START_MS = 10000, /* until a process that was started has called byn_worker_main() */
    PAUSE_MS = 10     /* before one is looked at again that could not be killed */
};

void byni_kill_process(byni_helper *self, uint32_t place)
{
    const byni_child *child = byni_child_at(self, place);
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
    return (word & ~(uint64_t)BYNI_TASK_KILLED) ==
           byni_task_word(ticket->generation, place, BYNI_TASK_RUNNING);
}

/* Whether it is being killed because of a task already, which then cannot end. */
static bool is_marked(const byn_pool *pool, uint32_t place)
{
    const byni_worker *worker = &pool->workers[place];
    byni_ticket ticket = byni_hint_ticket(byni_load64(&worker->killed_task));

    return byni_load32(&worker->killed_for) != 0 && ticket.index < pool->capacity &&
           byni_load64(&pool->tasks[ticket.index].word) ==
               byni_task_word(ticket.generation, place, BYNI_TASK_RUNNING | BYNI_TASK_KILLED);
}

/*
 * With the guard, so that no other has begun to use the place. The task's end and this exclude each other by its word.
 * Killed before that is KILLED, what says why is of a task that goes on, and is written over; killed after it, the next
 * supervisor kills, or the worker itself when it cannot end the task.
 */
static bool mark(byn_pool *pool, uint32_t place, uint32_t depth, byni_ticket ticket,
                 byn_status cause)
{
    byni_worker *worker = &pool->workers[place];
    uint64_t running = byni_task_word(ticket.generation, place, BYNI_TASK_RUNNING);
    byni_ticket now;

    if (is_marked(pool, place))
        return true;
    if (!running_at(pool, place, depth, &now) || now.index != ticket.index ||
        now.generation != ticket.generation)
        return false;
    byni_store64(&worker->killed_task, byni_hint_of(ticket));
    byni_store32(&worker->killed_for, (uint32_t)cause);
    byni_crash_point("supervisor.marking");
    return byni_cas64(&pool->tasks[ticket.index].word, &running, running | BYNI_TASK_KILLED);
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
        byni_kill_process(self, place);
}

/* Why it has to end now; BYN_OK: it may go on, until *end. */
static byn_status cause_to_kill(const byn_pool *pool, uint32_t place, uint32_t depth,
                                byni_ticket ticket, uint64_t now, bynk_deadline *end)
{
    const byni_worker *worker = &pool->workers[place];
    const byni_task *task = &pool->tasks[ticket.index];
    uint64_t began = byni_load64(&worker->began[depth]);

    *end = BYNK_NEVER;
    if (is_marked(pool, place))
        return (byn_status)byni_load32(&worker->killed_for); /* by one that did not come to it */
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
    uint32_t depth = byni_depth_of(&pool->workers[place]), i;
    bynk_deadline next = BYNK_NEVER, end;
    byni_ticket ticket;
    byn_status cause;

    for (i = 0; i < depth; i++) {
        if (!running_at(pool, place, i, &ticket))
            continue;
        cause = cause_to_kill(pool, place, i, ticket, now, &end);
        if (cause < 0) {
            kill_task(self, place, i, ticket, cause);
            return byni_sooner(next, now + (uint64_t)PAUSE_MS * MS); /* it may just have ended */
        }
        next = byni_sooner(next, end);
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
    byni_child *child = byni_child_at(self, place);

    if (limit > 0 && limit < INT32_MAX)
        end = byni_load64(&worker->since) + (uint64_t)limit * MS;
    if ((byni_load32(&pool->words->phase) & BYNI_POOL_TERMINATED) != 0)
        end = now;
    if (end > now)
        return end;
    if (child != NULL)
        child->late = true;
    if (child != NULL || entered)
        byni_kill_process(self, place);
    return BYNK_NEVER;
}

bynk_deadline byni_kill_late(byni_helper *self, uint64_t now)
{
    bynk_deadline next = BYNK_NEVER;
    uint32_t i;

    for (i = 0; i < byni_used_workers(self->pool); i++) {
        uint32_t stage = byni_load32(&self->pool->workers[i].stage);

        if (stage == BYNI_WORKER_STARTING)
            next = byni_sooner(next, look_at_start(self, i, now));
        else if (stage != BYNI_WORKER_NONE)
            next = byni_sooner(next, look_at_tasks(self, i, now));
    }
    return next;
}

void byni_kill_outermost(byni_helper *self, uint32_t place, byn_status cause)
{
    byni_ticket ticket;

    if (running_at(self->pool, place, 0, &ticket))
        kill_task(self, place, 0, ticket, cause);
}
