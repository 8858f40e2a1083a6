#include "undo.h"

#include <string.h>

#include "crash.h"

enum { WAKE_MORE = 2, SWEEP_MS = 1000, CLOSE_MS = 5000, NS_PER_MS = 1000000 };

#define NOTED (UINT64_C(1) << 32) /* a note: NOTED | the number to be */

/* ---- The guard, and changes under it --------------------------------------------------------------- */

/* What is to be, and which entries have a note. */
typedef struct change {
    uint32_t value, abandoned;
    uint32_t from, to;
} change;

static change begin_change(const byni_undo *undo)
{
    change c = {byni_load32(&undo->state->value), byni_load32(&undo->state->abandoned), UINT32_MAX,
                0};

    if (c.abandoned > c.value)
        c.abandoned = c.value;
    return c;
}

static void plan(byni_undo *undo, change *c, byni_holder *holder, uint32_t number)
{
    uint32_t index = (uint32_t)(holder - undo->holders.entries);

    byni_store64(&holder->note, NOTED | number);
    c->from = index < c->from ? index : c->from;
    c->to = index + 1 > c->to ? index + 1 : c->to;
}

static void clear_notes(byni_undo *undo, uint32_t from, uint32_t to)
{
    uint32_t i;

    for (i = from; i < to; i++)
        if (byni_load64(&undo->holders.entries[i].note) != 0)
            byni_store64(&undo->holders.entries[i].note, 0);
}

static void carry_out(byni_undo *undo, uint32_t from, uint32_t to)
{
    byni_undo_state *state = undo->state;
    uint32_t i;

    for (i = from; i < to; i++) {
        byni_holder *holder = &undo->holders.entries[i];
        uint64_t note = byni_load64(&holder->note);

        if ((note & NOTED) != 0)
            byni_store32(&holder->number, (uint32_t)note);
    }
    byni_crash_point("undo.numbered");
    byni_store32(&state->value, byni_load32(&state->planned_value));
    byni_store32(&state->abandoned, byni_load32(&state->planned_abandoned));
    byni_store32(&state->planned, 0);
    byni_crash_point("undo.done");
    clear_notes(undo, from, to);
}

/* Those who are woken before the commit wait for the guard, and get it after: alive or dead, whoever
 * committed leaves nobody asleep. */
static void commit(byni_undo *undo, const change *c, uint32_t wake)
{
    byni_undo_state *state = undo->state;

    byni_store32(&state->planned_value, c->value);
    byni_store32(&state->planned_abandoned, c->abandoned);
    byni_crash_point("undo.noted");
    if (wake > 0)
        bynk_spot_add(undo->segment, &state->spot, 1, wake);
    byni_crash_point("undo.woken");
    byni_store32(&state->planned, 1);
    byni_crash_point("undo.committed");
    carry_out(undo, c->from, c->to);
}

/* How many to wake for `count` permits more. One that wants several may be the last in line and the only
 * one that can go on. */
static uint32_t to_wake(byni_undo_state *state, uint32_t count)
{
    if (byni_load32(&state->several) == 0)
        return count + WAKE_MORE;
    byni_store32(&state->several, 0);
    return UINT32_MAX;
}

static void repair(byni_undo *undo)
{
    uint32_t count = byni_holders_count(&undo->holders);

    bynk_spot_add(undo->segment, &undo->state->spot, 1, UINT32_MAX);
    if (byni_load32(&undo->state->planned) != 0)
        carry_out(undo, 0, count);
    else
        clear_notes(undo, 0, count);
}

static byn_status lock(byni_undo *undo, bynk_deadline deadline)
{
    byn_status status = bynk_guard_lock(undo->segment, &undo->state->guard, deadline);

    if (status == BYN_ABANDONED)
        repair(undo);
    return status;
}

static void unlock(byni_undo *undo)
{
    bynk_guard_unlock(undo->segment, &undo->state->guard);
}

static byn_status lock_with_grace(byni_undo *undo, bynk_deadline deadline)
{
    byn_status status = lock(undo, BYNK_NOW);

    return status == BYN_E_TIMEDOUT ? lock(undo, byni_with_grace(deadline)) : status;
}

/* ---- Open and close -------------------------------------------------------------------------------- */

void byni_undo_initialise(byni_undo_state *state, uint32_t initial)
{
    bynk_guard_initialise(&state->guard);
    bynk_spot_initialise(&state->spot, 0);
    byni_store32(&state->value, initial);
}

void byni_undo_attach(byni_undo *undo, const byni_object *object, uint32_t maximum)
{
    undo->segment = object->segment;
    undo->state = byni_object_state(object);
    undo->maximum = maximum;
    byni_holders_attach(&undo->holders, object);
    bynk_identity_own(&undo->own);
}

/* A holder is gone: its permits are free, and who gets them is told. With the guard. */
static void bring_back(byni_undo *undo, byni_holder *holder)
{
    change c = begin_change(undo);
    uint32_t number = byni_load32(&holder->number);
    uint32_t room = c.value < undo->maximum ? undo->maximum - c.value : 0;

    plan(undo, &c, holder, 0);
    if (number > room)
        number = room;
    c.value += number;
    c.abandoned += number;
    commit(undo, &c, to_wake(undo->state, number));
}

/* If it cannot have the guard, they come back when this process ends. */
void byni_undo_detach(byni_undo *undo)
{
    byni_holder *own;

    if (lock(undo, bynk_clock() + (uint64_t)CLOSE_MS * NS_PER_MS) < 0)
        return;
    own = byni_holders_find(&undo->holders, &undo->own);
    if (own != NULL)
        bring_back(undo, own);
    unlock(undo);
}

/* ---- The dead -------------------------------------------------------------------------------------- */

/* It was dead when it was asked for; whether it is still the one that stands there shows the guard. false:
 * somebody is stopped in the guard, and others need not be asked for. */
static bool bury(byni_undo *undo, byni_holder *holder, const bynk_identity *dead, bool *found)
{
    bynk_identity now;

    if (lock_with_grace(undo, BYNK_NOW) < 0)
        return false;
    now = byni_holder_identity(holder);
    if (byni_load32(&holder->number) != 0 && bynk_identity_same(&now, dead)) {
        bring_back(undo, holder);
        *found = true;
    }
    unlock(undo);
    return true;
}

/* The system is asked without the guard: it takes its time. */
bool byni_undo_sweep(byni_undo *undo)
{
    byni_holder *holder;
    bool found = false;
    uint32_t at = 0;

    while ((holder = byni_holders_next(&undo->holders, &at)) != NULL) {
        bynk_identity who = byni_holder_identity(holder);

        if (!bynk_identity_same(&who, &undo->own) && !bynk_identity_alive(&who) &&
            !bury(undo, holder, &who, &found))
            break;
    }
    return found;
}

unsigned byni_undo_watched(byni_undo *undo, bynk_identity watched[BYNI_WATCHED])
{
    byni_holder *holder;
    unsigned count = 0;
    uint32_t at = 0;

    while (count < BYNI_WATCHED && (holder = byni_holders_next(&undo->holders, &at)) != NULL) {
        watched[count] = byni_holder_identity(holder);
        count += !bynk_identity_same(&watched[count], &undo->own);
    }
    return count;
}

/* ---- Acquire --------------------------------------------------------------------------------------- */

static byn_status broken(void)
{
    return byni_fail(BYN_E_CORRUPT, "its count of permits is broken: close it everywhere");
}

/* With the guard. */
static byn_status take(byni_undo *undo, uint32_t count, uint32_t *news)
{
    byni_undo_state *state = undo->state;
    change c = begin_change(undo);
    byn_status status = BYN_OK;
    byni_holder *own;
    uint32_t held;

    if (c.value > undo->maximum)
        return broken();
    if (c.value < count) {
        if (count > 1)
            byni_store32(&state->several, 1);
        return BYN_E_TIMEDOUT;
    }
    own = byni_holders_find(&undo->holders, &undo->own);
    if (own == NULL)
        own = byni_holders_add(&undo->holders, &undo->own, &status);
    if (own == NULL)
        return status;
    held = byni_load32(&own->number);
    if (held > undo->maximum - c.value)
        return broken();
    *news = c.abandoned < count ? c.abandoned : count;
    c.abandoned -= *news;
    c.value -= count;
    plan(undo, &c, own, held + count);
    commit(undo, &c, 0);
    return *news > 0 ? BYN_ABANDONED : BYN_OK;
}

byn_status byni_undo_try(byni_undo *undo, uint32_t count, bynk_deadline deadline, uint32_t *news,
                         uint32_t *seen)
{
    byn_status status = lock_with_grace(undo, deadline);

    *seen = bynk_spot_number(&undo->state->spot);
    if (status < 0)
        return status;
    status = take(undo, count, news);
    unlock(undo);
    return status;
}

/* A wait for permits. */
typedef struct waiting {
    byni_undo *undo;
    uint32_t count;
    uint32_t seen; /* of the spot, when there were too few */
    uint64_t swept;
    bynk_rest rest;
} waiting;

static byn_status try_again(waiting *w)
{
    uint32_t news;

    return byni_undo_try(w->undo, w->count, w->rest.deadline, &news, &w->seen);
}

/* After a sleep that nothing was given in, and where there is always something given, now and then. */
static bool sweep_is_due(const waiting *w)
{
    return bynk_spot_number(&w->undo->state->spot) == w->seen ||
           bynk_clock() - w->swept >= (uint64_t)SWEEP_MS * NS_PER_MS;
}

/* Whether something came back. */
static bool sweep(waiting *w)
{
    w->swept = bynk_clock();
    return byni_undo_sweep(w->undo);
}

static byn_status sleep_once(waiting *w)
{
    bynk_identity watched[BYNI_WATCHED];
    byn_status status;

    w->rest.watched = watched;
    w->rest.watched_count = byni_undo_watched(w->undo, watched);
    status = bynk_spot_sleep(w->undo->segment, &w->undo->state->spot, w->seen, &w->rest);
    w->rest.watched = NULL;
    w->rest.watched_count = 0;
    return status;
}

/* There were too few, or the table is full: of the dead, perhaps. */
static byn_status wait_for_permits(waiting *w, byn_status status)
{
    byn_status slept = BYN_OK;
    bool due = true;

    for (;;) {
        while ((status == BYN_E_LIMIT || (status == BYN_E_TIMEDOUT && due)) && sweep(w))
            status = try_again(w);
        if (status != BYN_E_TIMEDOUT || w->rest.deadline == BYNK_NOW)
            return status;
        if (slept < 0)
            return slept;
        slept = sleep_once(w);
        due = sweep_is_due(w);
        if (slept == BYN_E_CANCELED)
            return slept;
        status = try_again(w);
    }
}

byn_status byni_undo_acquire(byni_undo *undo, uint32_t count, bynk_deadline deadline)
{
    waiting w = {undo, count, 0, 0, {.deadline = deadline}};
    byn_status status = try_again(&w);

    if (status != BYN_E_TIMEDOUT && status != BYN_E_LIMIT)
        return status;
    return wait_for_permits(&w, status);
}

/* ---- Release --------------------------------------------------------------------------------------- */

/* What is left over when a releaser's own are counted: as many as fit are new, the rest is others'. */
static void take_off_others(byni_undo *undo, change *c, const byni_holder *own, uint32_t rest)
{
    uint64_t sum = c->value; /* free and held, before the release */
    byni_holder *holder;
    uint32_t at = 0;

    while ((holder = byni_holders_next(&undo->holders, &at)) != NULL)
        sum += byni_load32(&holder->number);
    if (sum + rest <= undo->maximum)
        return;
    if (sum < undo->maximum)
        rest -= (uint32_t)(undo->maximum - sum);
    at = 0;
    while (rest > 0 && (holder = byni_holders_next(&undo->holders, &at)) != NULL) {
        uint32_t number = byni_load32(&holder->number), part = number < rest ? number : rest;

        if (holder == own)
            continue;
        plan(undo, c, holder, number - part);
        rest -= part;
    }
}

/* With the guard. */
static byn_status give(byni_undo *undo, uint32_t count, uint32_t *previous)
{
    change c = begin_change(undo);
    byni_holder *own;
    uint32_t held, part;

    if (c.value > undo->maximum)
        return broken();
    if (count > undo->maximum - c.value)
        return byni_fail(BYN_E_LIMIT, "it has %u of at most %u permits, %u more do not fit",
                         c.value, undo->maximum, count);
    *previous = c.value;
    own = byni_holders_find(&undo->holders, &undo->own);
    held = own != NULL ? byni_load32(&own->number) : 0;
    part = held < count ? held : count;
    if (part > 0)
        plan(undo, &c, own, held - part);
    if (part < count)
        take_off_others(undo, &c, own, count - part);
    c.value += count;
    commit(undo, &c, to_wake(undo->state, count));
    return BYN_OK;
}

byn_status byni_undo_release(byni_undo *undo, uint32_t count, uint32_t *previous)
{
    byn_status status = lock(undo, BYNK_SOON);
    uint32_t before = 0;

    if (status < 0)
        return status;
    status = give(undo, count, &before);
    unlock(undo);
    if (status >= 0 && previous != NULL)
        *previous = before;
    return status;
}

/* Others may have released in this process' name meanwhile: no more than it holds. */
void byni_undo_put_back(byni_undo *undo, uint32_t count, uint32_t news)
{
    byni_holder *own;
    uint32_t held;

    if (lock(undo, BYNK_SOON) < 0)
        return;
    own = byni_holders_find(&undo->holders, &undo->own);
    held = own != NULL ? byni_load32(&own->number) : 0;
    count = held < count ? held : count;
    if (count > 0) {
        change c = begin_change(undo);

        plan(undo, &c, own, held - count);
        c.value += count;
        c.abandoned += news < count ? news : count;
        commit(undo, &c, to_wake(undo->state, count));
    }
    unlock(undo);
}

/* ---- Look ------------------------------------------------------------------------------------------ */

/* What a dead process has committed is true, though it stands in the plan only. */
uint32_t byni_undo_value(byni_undo *undo)
{
    uint32_t value;

    if (byni_load32(&undo->state->planned) != 0 && lock_with_grace(undo, BYNK_NOW) >= 0)
        unlock(undo);
    value = byni_load32(&undo->state->value);
    return value < undo->maximum ? value : undo->maximum;
}

byn_status byni_undo_tell(byni_undo *undo, byn_semaphore_info *info)
{
    byn_status status = lock(undo, BYNK_SOON);
    byni_holder *holder;
    uint32_t at = 0;

    if (status < 0)
        return status;
    info->value = byni_load32(&undo->state->value);
    info->abandoned = byni_load32(&undo->state->abandoned);
    while ((holder = byni_holders_next(&undo->holders, &at)) != NULL) {
        info->held += byni_load32(&holder->number);
        info->holders++;
    }
    unlock(undo);
    return BYN_OK;
}

void byni_undo_describe(byni_undo *undo, bynk_waitable *what)
{
    bynk_identity watched[BYNI_WATCHED];
    unsigned count = byni_undo_watched(undo, watched);

    what->segment = undo->segment;
    what->spot = &undo->state->spot;
    what->number = bynk_spot_number(what->spot);
    what->watched = what->some;
    what->watched_count = count < BYNK_SOME ? count : BYNK_SOME;
    memcpy(what->some, watched, what->watched_count * sizeof watched[0]);
}
