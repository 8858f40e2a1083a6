#include <byname/once.h>

#include "parties.h"

/* What `state` says: the commit word. */
enum {
    NOTHING, /* nobody has begun */
    RUNNING, /* who `pid`, `thread` and `started` say; if that thread is dead, nobody */
    LEFT,    /* one has died in it, and nobody runs it */
    DONE
};

enum { BUSY_MS = 100 };

/*
 * All is changed by who holds `guard`, and `state` last: the runner is written while `state` is NOTHING
 * or LEFT, when nobody reads it. A death before RUNNING leaves it as if the dead had not come; one after
 * it, in the function, or after that before DONE, is a dead runner; one after DONE, before the others
 * are woken, is made up for by the guard's heir and by their heartbeat.
 */
typedef struct once_state {
    bynk_guard guard;
    bynk_spot spot; /* changes when it is done */
    byni_a32 state;
    byni_a32 pid;
    byni_a32 thread;
    uint32_t reserved;
    byni_a64 started;
} once_state;

_Static_assert(BYNI_STATE_OFFSET + sizeof(once_state) <= BYNI_DATA_OFFSET, "one page");

struct byn_once {
    byni_object object;
    once_state *state;
};

/* ---- Open and close ------------------------------------------------------------------------------ */

static bool is_sound(const byni_header *header)
{
    return header->limit == BYNI_STATE_OFFSET + sizeof(once_state);
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    once_state *state = at;

    (void)parameters;
    (void)options;
    bynk_guard_initialise(&state->guard);
    bynk_spot_initialise(&state->spot, 0);
}

static byn_status attach(byni_object *object)
{
    ((byn_once *)object)->state = byni_object_state(object);
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    (void)object;
    return true;
}

static const byni_kind kind = {
    BYNI_ONCE,  "byn_once_open", sizeof(byn_once), {NULL, NULL}, is_sound,
    initialise, attach,          detach,           NULL,
};

byn_status byn_once_open(byn_once **once, const char *name, const byn_once_options *options)
{
    byn_once_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, once, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    opening.size = opening.limit = BYNI_STATE_OFFSET + sizeof(once_state);
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *once = (byn_once *)object;
    return status;
}

void byn_once_close(byn_once *once)
{
    byni_object_close(once != NULL ? &once->object : NULL);
}

const char *byn_once_name(const byn_once *once)
{
    return once != NULL ? once->object.name.full : NULL;
}

/* ---- Who runs it --------------------------------------------------------------------------------- */

/* With the guard. */
static bynk_identity runner_of(const once_state *state)
{
    const bynk_identity runner = {byni_load32(&state->pid), byni_load32(&state->thread),
                                  byni_load64(&state->started)};

    return runner;
}

/* With the guard; `state` is not RUNNING. */
static void become_runner(once_state *state, const bynk_identity *me)
{
    byni_store32(&state->pid, me->pid);
    byni_store32(&state->thread, me->thread);
    byni_store64(&state->started, me->started);
    byni_store32(&state->state, RUNNING);
}

/* The heir of the guard wakes all: the dead may have been about to. */
static byn_status lock(byn_once *once, bynk_deadline deadline)
{
    once_state *state = once->state;
    byn_status status = bynk_guard_lock(once->object.segment, &state->guard, deadline);

    if (status == BYN_ABANDONED)
        bynk_spot_add(once->object.segment, &state->spot, 1, UINT32_MAX);
    return status;
}

static void unlock(byn_once *once)
{
    bynk_guard_unlock(once->object.segment, &once->state->guard);
}

/* What a caller finds. */
typedef struct view {
    uint32_t state;       /* as it was */
    uint32_t number;      /* of the spot */
    bynk_identity runner; /* if RUNNING */
    bool mine;            /* the caller has become the runner */
} view;

/*
 * Look, and become the runner if nobody is. `dead` (may be NULL) is one that is known to be dead: the
 * system is not asked with the guard held. Others hold that for an instant: even who does not want to
 * wait waits for it.
 */
static byn_status look(byn_once *once, const bynk_identity *me, const bynk_identity *dead,
                       bynk_deadline deadline, view *found)
{
    once_state *state = once->state;
    bynk_deadline soon = bynk_clock() + BUSY_MS * UINT64_C(1000000);
    byn_status status = lock(once, deadline > soon ? deadline : soon);

    if (status < 0)
        return status;
    found->state = byni_load32(&state->state);
    found->number = bynk_spot_number(&state->spot);
    found->runner = runner_of(state);
    if (found->state == RUNNING && dead != NULL && bynk_identity_same(&found->runner, dead)) {
        byni_store32(&state->state, LEFT);
        found->state = LEFT;
    }
    found->mine = found->state == NOTHING || found->state == LEFT;
    if (found->mine)
        become_runner(state, me);
    unlock(once);
    return found->state <= DONE ? BYN_OK : byni_fail(BYN_E_CORRUPT, "its state is overwritten");
}

/* Look until it is done, or the caller is the runner. */
static byn_status await_turn(byn_once *once, const bynk_identity *me, bynk_deadline deadline,
                             view *found)
{
    bynk_rest rest = {.deadline = deadline, .watched = &found->runner, .watched_count = 1};
    byn_status status = look(once, me, NULL, deadline, found);

    while (status >= 0 && found->state == RUNNING) {
        bynk_identity runner = found->runner;
        bool alive;

        if (bynk_identity_same(&runner, me))
            return byni_fail(BYN_E_DEADLOCK, "this thread is running it");
        alive = bynk_identity_alive(&runner);
        if (alive && deadline == BYNK_NOW)
            return BYN_E_TIMEDOUT;
        if (alive)
            status =
                bynk_spot_sleep(once->object.segment, &once->state->spot, found->number, &rest);
        if (status >= 0)
            status = look(once, me, alive ? NULL : &runner, deadline, found);
    }
    return status;
}

/* ---- Running ------------------------------------------------------------------------------------- */

/* The caller is the runner. The function may close the handle, or fork: the child is not the runner. */
static byn_status run(byn_once *once, void (*function)(void *context), void *context)
{
    byn_status status;

    byni_object_keep(&once->object);
    function(context);
    if (!byni_object_usable(&once->object)) {
        status = byni_object_unusable(&once->object, "byn_once_run");
    } else if ((status = lock(once, BYNK_SOON)) < 0) {
        status = byni_failed(status, "byn_once_run", once->object.name.full);
    } else {
        byni_store32(&once->state->state, DONE);
        bynk_spot_add(once->object.segment, &once->state->spot, 1, UINT32_MAX);
        unlock(once);
        status = BYN_OK;
    }
    byni_object_close(&once->object);
    return status;
}

static byn_status not_run(const byn_once *once, byn_status status)
{
    if (status == BYN_E_TIMEDOUT || status == BYN_E_CANCELED)
        return byni_failed_plainly(status, "byn_once_run", once->object.name.full);
    return byni_failed(status, "byn_once_run", once->object.name.full);
}

byn_status byn_once_run(byn_once *once, void (*function)(void *context), void *context,
                        byn_timeout timeout)
{
    bynk_identity me;
    byn_status status;
    view found;

    if (once == NULL || !byni_object_usable(&once->object))
        return byni_object_unusable((const byni_object *)once, "byn_once_run");
    if (function == NULL)
        return byni_null("byn_once_run", "function");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout("byn_once_run");
    if (byni_load32(&once->state->state) == DONE)
        return BYN_OK;
    bynk_identity_thread(&me);
    status = await_turn(once, &me, byni_deadline(timeout), &found);
    if (status < 0)
        return not_run(once, status);
    if (!found.mine)
        return BYN_OK;
    status = run(once, function, context);
    return status == BYN_OK && found.state == LEFT ? BYN_ABANDONED : status;
}

bool byn_once_is_done(byn_once *once)
{
    return once != NULL && byni_object_usable(&once->object) &&
           byni_load32(&once->state->state) == DONE;
}

void byni_once_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context)
{
    const once_state *state = byni_copy_state(copy, size, sizeof *state);
    byni_hold hold = {.count = 1};

    if (state == NULL || byni_load32(&state->state) != RUNNING)
        return;
    hold.pid = byni_load32(&state->pid);
    hold.thread = byni_load32(&state->thread);
    hold.started = byni_load64(&state->started);
    sink(&hold, context);
}
