/*
 * A condition is a number that notifications add to. Who waits remembers it while he holds the mutex,
 * and sleeps until it is another one: what is notified after the mutex was let go is not missed.
 */
#include <byname/condition.h>

#include <string.h>

#include "mutex.h"
#include "object.h"

/* Of one that is told to wake n: so many more, should the first be dying. */
enum { WAKE_MORE = 2 };

/*
 * `spot` is the whole state: a notifier that dies has added to it, or has not. Where adding and waking
 * are two steps, the heir of `guard` wakes all, and the sleepers' heartbeat finds the number changed. Where
 * nobody sleeps there is nothing to wake, and no guard is needed; nor where the unlock of the mutex will wake.
 *
 * `mutex` is written once, by the first who waits: a death leaves it 0 or whole. The text is for
 * messages only; who dies before `has_text` leaves the mutex without a name.
 */
typedef struct condition_state {
    bynk_guard guard; /* of notifiers */
    bynk_spot spot;
    byni_a64 mutex; /* hash of the name of the mutex that it belongs to; 0: none yet */
    byni_a32 has_text;
    char text[BYNI_NAME_SIZE];
} condition_state;

_Static_assert(BYNI_STATE_OFFSET + sizeof(condition_state) <= BYNI_DATA_OFFSET, "one page");

struct byn_condition {
    byni_object object;
    condition_state *state;
    bynk_wait_hint hint;
    byni_a64 mutex; /* see byni_mutex_held_alone() */
};

/* ---- Open and close ------------------------------------------------------------------------------ */

static bool is_sound(const byni_header *header)
{
    return header->limit == BYNI_STATE_OFFSET + sizeof(condition_state);
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    condition_state *state = at;

    (void)parameters;
    (void)options;
    bynk_guard_initialise(&state->guard);
    bynk_spot_initialise(&state->spot, 0);
}

static byn_status attach(byni_object *object)
{
    ((byn_condition *)object)->state = byni_object_state(object);
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    (void)object;
    return true;
}

static const byni_kind kind = {
    BYNI_CONDITION,
    "byn_condition_open",
    sizeof(byn_condition),
    {NULL, NULL},
    is_sound,
    initialise,
    attach,
    detach,
    NULL,
};

byn_status byn_condition_open(byn_condition **condition, const char *name,
                              const byn_condition_options *options)
{
    byn_condition_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, condition, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    opening.size = opening.limit = BYNI_STATE_OFFSET + sizeof(condition_state);
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *condition = (byn_condition *)object;
    return status;
}

void byn_condition_close(byn_condition *condition)
{
    byni_object_close(condition != NULL ? &condition->object : NULL);
}

const char *byn_condition_name(const byn_condition *condition)
{
    return condition != NULL ? condition->object.name.full : NULL;
}

/* ---- Which mutex --------------------------------------------------------------------------------- */

static byn_status another_mutex(const condition_state *state, const char *name)
{
    char text[BYNI_NAME_SIZE];

    if (byni_load32(&state->has_text) == 0)
        return byni_fail(BYN_E_MISMATCH,
                         "it is waited for with another mutex than \"%s\": all must use one", name);
    memcpy(text, state->text, sizeof text);
    text[sizeof text - 1] = '\0';
    return byni_fail(BYN_E_MISMATCH, "it is waited for with the mutex \"%s\", not \"%s\"", text,
                     name);
}

/* The first mutex is the condition's for ever. */
static byn_status claim(condition_state *state, const byni_object *mutex)
{
    const char *name = mutex->name.full;
    uint64_t mine = mutex->hash, found = byni_load64(&state->mutex);

    if (found == mine)
        return BYN_OK;
    if (found == 0 && byni_cas64(&state->mutex, &found, mine)) {
        memcpy(state->text, name, strlen(name) + 1);
        byni_store32(&state->has_text, 1);
        return BYN_OK;
    }
    return found == mine ? BYN_OK : another_mutex(state, name);
}

/* Whether the calling thread may wait here with this mutex. */
static byn_status check(byn_condition *condition, const byn_mutex *mutex, byn_timeout timeout,
                        const char *operation)
{
    const byni_object *other = (const byni_object *)mutex;
    byn_status status;

    if (!byni_object_usable(&condition->object))
        return byni_object_unusable(&condition->object, operation);
    if (!byni_object_usable(other))
        return other == NULL ? byni_null(operation, "mutex")
                             : byni_object_unusable(other, operation);
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(operation);
    if (!byni_mutex_is_mine(mutex)) {
        (void)byni_fail(BYN_E_NOTOWNER, "this thread does not hold the mutex \"%s\"",
                        other->name.full);
        return byni_failed(BYN_E_NOTOWNER, operation, condition->object.name.full);
    }
    status = claim(condition->state, other);
    return status < 0 ? byni_failed(status, operation, condition->object.name.full) : BYN_OK;
}

/* ---- Waiting ------------------------------------------------------------------------------------- */

/* What makes a wait return before it is notified. */
typedef enum patience {
    UNTIL_A_DEATH, /* of an owner of the mutex: it may have been about to notify */
    UNTIL_A_HEARTBEAT
} patience;

typedef struct waiter {
    byn_condition *condition;
    byn_mutex *mutex;
    patience patience;
    bynk_rest rest;
} waiter;

/* The mutex is not held. */
static byn_status sleep_until_notified(waiter *w, uint32_t seen, const byni_mutex_hold *hold)
{
    condition_state *state = w->condition->state;
    byn_status status = w->rest.deadline == BYNK_NOW ? BYN_E_TIMEDOUT : BYN_OK;

    while (status == BYN_OK && bynk_spot_number(&state->spot) == seen) {
        status = bynk_spot_sleep(w->condition->object.segment, &state->spot, seen, &w->rest);
        if (w->patience == UNTIL_A_HEARTBEAT)
            break;
        if (bynk_spot_number(&state->spot) == seen && byni_mutex_owner_died(w->mutex, hold))
            break;
    }
    return status;
}

/* That an owner died is told once, so it goes before all else. */
static byn_status wait_once(waiter *w)
{
    uint32_t seen = bynk_spot_number(&w->condition->state->spot);
    byni_mutex_hold hold;
    byn_status result = byni_mutex_let_go(w->mutex, &hold), held;

    if (result < 0)
        return result;
    result = sleep_until_notified(w, seen, &hold);
    held = byni_mutex_take_back(w->mutex, &hold);
    return held == BYN_OK ? result : held;
}

static byn_status answer(const waiter *w, byn_status status, const char *operation)
{
    const char *name = w->condition->object.name.full;

    if (status == BYN_E_TIMEDOUT || status == BYN_E_CANCELED || status == BYN_E_NOTOWNER)
        return byni_failed_plainly(status, operation, name);
    return status < 0 ? byni_failed(status, operation, name) : status;
}

byn_status byn_condition_wait(byn_condition *condition, byn_mutex *mutex, byn_timeout timeout)
{
    waiter w = {condition, mutex, UNTIL_A_DEATH, {.deadline = 0}};
    byn_status status;

    if (condition == NULL)
        return byni_object_unusable(NULL, "byn_condition_wait");
    status = check(condition, mutex, timeout, "byn_condition_wait");
    if (status < 0)
        return status;
    w.rest.deadline = byni_deadline(timeout);
    w.rest.hint = &condition->hint;
    return answer(&w, wait_once(&w), "byn_condition_wait");
}

/*
 * The predicate is asked at each heartbeat too: one who changes the data, unlocks, and dies before it
 * notifies is made up for.
 */
static byn_status wait_until_true(waiter *w, byn_predicate predicate, void *context)
{
    byn_status status = BYN_OK;

    while (!predicate(context)) {
        if (status == BYN_E_TIMEDOUT)
            return status;
        status = wait_once(w);
        if (status != BYN_OK && status != BYN_E_TIMEDOUT)
            return status;
    }
    return BYN_OK;
}

byn_status byn_condition_wait_for(byn_condition *condition, byn_mutex *mutex,
                                  byn_predicate predicate, void *context, byn_timeout timeout)
{
    waiter w = {condition, mutex, UNTIL_A_HEARTBEAT, {.deadline = 0}};
    byn_status status;

    if (condition == NULL)
        return byni_object_unusable(NULL, "byn_condition_wait_for");
    if (predicate == NULL)
        return byni_null("byn_condition_wait_for", "predicate");
    status = check(condition, mutex, timeout, "byn_condition_wait_for");
    if (status < 0)
        return status;
    w.rest.deadline = byni_deadline(timeout);
    w.rest.hint = &condition->hint;
    return answer(&w, wait_until_true(&w, predicate, context), "byn_condition_wait_for");
}

/* ---- Notifying ----------------------------------------------------------------------------------- */

/*
 * Who notifies with the mutex held need not wake who could not have it yet: it is woken by the unlock. The condition's
 * mutex may be another one than its memory says; then the sleeper is woken late.
 */
static bool notify_with_unlock(byn_condition *condition)
{
    condition_state *state = condition->state;
    bynk_mutex_state *held = byni_mutex_held_alone(byni_load64(&state->mutex), &condition->mutex);

    return held != NULL && bynk_spot_add_with_unlock(&state->spot, held);
}

static byn_status notify(byn_condition *condition, uint32_t wake, const char *operation)
{
    condition_state *state;
    byn_status status;

    if (!byni_object_usable(&condition->object))
        return byni_object_unusable(&condition->object, operation);
    state = condition->state;
    if (bynk_spot_add_unseen(&state->spot, 1) || notify_with_unlock(condition))
        return BYN_OK;
    status = bynk_guard_lock(condition->object.segment, &state->guard, BYNK_SOON);
    if (status < 0)
        return byni_failed(status, operation, condition->object.name.full);
    bynk_spot_add(condition->object.segment, &state->spot, 1,
                  status == BYN_ABANDONED ? UINT32_MAX : wake);
    bynk_guard_unlock(condition->object.segment, &state->guard);
    return BYN_OK;
}

byn_status byn_condition_notify(byn_condition *condition, uint32_t count)
{
    if (condition == NULL)
        return byni_object_unusable(NULL, "byn_condition_notify");
    if (count == 0)
        return byni_invalid("byn_condition_notify", "the count is 0");
    return notify(condition, count < UINT32_MAX - WAKE_MORE ? count + WAKE_MORE : UINT32_MAX,
                  "byn_condition_notify");
}

byn_status byn_condition_notify_all(byn_condition *condition)
{
    if (condition == NULL)
        return byni_object_unusable(NULL, "byn_condition_notify_all");
    return notify(condition, UINT32_MAX, "byn_condition_notify_all");
}
