/*
 * A barrier is one word, the round: the number of the generation that meets, and its phase. Who waits
 * is an entry in the table of holders, with its generation; so is each process that is a registered
 * party. How many have arrived is counted in the table. A waiter learns its answer from the two: its
 * entry was dismissed, or the generation is broken: BYN_E_BROKEN; the generation is over: success,
 * whatever has happened to later ones; neither: it sleeps on.
 *
 * The last to arrive lets the guard go, looks whether all the others live, runs the action, and then
 * ends the round; if nobody has broken it meanwhile.
 *
 * Deaths are noticed by who looks: the last of each round at all the others; a waiter, when its sleep
 * was not ended by a change, at those that it watches; and every so often somebody at everybody. What
 * is dead stays dead: so the system is asked without the guard, and the entries are removed with it.
 */
#include "barrier_round.h"

#include "crash.h"

#define LOOK_NS UINT64_C(250000000) /* between two looks at everybody, about */

/* What look() answers when it is too early for an answer. No call answers it to the caller. */
#define NOT_YET BYN_ABANDONED

/* ---- The round. With the guard ------------------------------------------------------------------- */

static uint64_t generation_of(uint64_t round)
{
    return round >> 2;
}

static unsigned phase_of(uint64_t round)
{
    return (unsigned)(round & 3);
}

/* Change it, and wake all who wait. */
static void change(byn_barrier *barrier, uint64_t generation, unsigned phase)
{
    byni_barrier_state *state = barrier->state;

    byni_store64(&state->round, generation << 2 | phase);
    byni_crash_point("barrier.changed");
    bynk_spot_add(barrier->object.segment, &state->spot, 1, UINT32_MAX);
}

void byni_barrier_break(byn_barrier *barrier)
{
    uint64_t round = byni_load64(&barrier->state->round);

    if (phase_of(round) == BYNI_FILLING)
        change(barrier, generation_of(round), BYNI_BROKEN);
}

/* Whether it is of one that the present generation waits for, or with. */
static bool counts(const byni_holder *entry, uint64_t generation)
{
    uint32_t number = byni_load32(&entry->number);

    return number == BYNI_PARTY ||
           (number == BYNI_WAITING && byni_load64(&entry->note) == generation);
}

/* From RESETTING on; may be done again. */
static void finish_reset(byn_barrier *barrier)
{
    uint64_t generation = generation_of(byni_load64(&barrier->state->round));
    byni_holder *entry;
    uint32_t at = 0;

    while ((entry = byni_holders_next(&barrier->holders, &at)) != NULL)
        if (byni_load32(&entry->number) == BYNI_WAITING && byni_load64(&entry->note) == generation)
            byni_store32(&entry->number, BYNI_DISMISSED);
    byni_crash_point("barrier.dismissed");
    change(barrier, generation + 1, BYNI_FILLING);
}

void byni_barrier_reset(byn_barrier *barrier)
{
    uint64_t round = byni_load64(&barrier->state->round);

    byni_store64(&barrier->state->round, generation_of(round) << 2 | BYNI_RESETTING);
    byni_crash_point("barrier.resetting");
    finish_reset(barrier);
}

/* The heir of the guard. Somebody has died; the next who looks looks at everybody. */
static void repair(byn_barrier *barrier)
{
    byni_barrier_state *state = barrier->state;

    byni_store64(&state->looked, 0);
    if (phase_of(byni_load64(&state->round)) == BYNI_RESETTING)
        finish_reset(barrier);
    else
        bynk_spot_add(barrier->object.segment, &state->spot, 1, UINT32_MAX);
}

byn_status byni_barrier_enter(byn_barrier *barrier)
{
    byn_status status = bynk_guard_lock(barrier->object.segment, &barrier->state->guard, BYNK_SOON);

    if (status == BYN_ABANDONED)
        repair(barrier);
    return status < 0 ? status : BYN_OK;
}

void byni_barrier_leave(byn_barrier *barrier)
{
    bynk_guard_unlock(barrier->object.segment, &barrier->state->guard);
}

/* ---- The dead. Without the guard ------------------------------------------------------------------ */

/* No need to ask for this process, and for the thread that asks. */
static bool is_dead(const bynk_identity *who)
{
    bynk_identity self;

    if (who->thread == 0)
        bynk_identity_own(&self);
    else
        bynk_identity_thread(&self);
    return !bynk_identity_same(who, &self) && !bynk_identity_alive(who);
}

/* Remove the entries of one that is dead. If it was waited for, the round is broken first: a death of
 * who does this leaves the dead where it was. */
static byn_status bury(byn_barrier *barrier, const bynk_identity *dead)
{
    byn_status status = byni_barrier_enter(barrier);
    byni_holder *entry;

    if (status < 0)
        return status;
    while ((entry = byni_holders_find(&barrier->holders, dead)) != NULL) {
        if (counts(entry, generation_of(byni_load64(&barrier->state->round))))
            byni_barrier_break(barrier);
        byni_crash_point("barrier.burying");
        byni_store32(&entry->number, 0);
    }
    byni_barrier_leave(barrier);
    return BYN_OK;
}

static byn_status bury_the_dead_of(byn_barrier *barrier, const bynk_identity *some, unsigned count)
{
    byn_status status = BYN_OK;
    unsigned i;

    for (i = 0; i < count && status >= 0; i++)
        if (is_dead(&some[i]))
            status = bury(barrier, &some[i]);
    return status;
}

/* Look at everybody. */
byn_status byni_barrier_look(byn_barrier *barrier)
{
    bynk_identity some[BYNI_WATCHED];
    byni_holder *entry;
    byn_status status;
    uint32_t at = 0;
    unsigned count;

    byni_store64(&barrier->state->looked, bynk_clock());
    do {
        status = byni_barrier_enter(barrier);
        if (status < 0)
            return status;
        for (count = 0; count < BYNI_WATCHED; count++) {
            entry = byni_holders_next(&barrier->holders, &at);
            if (entry == NULL)
                break;
            some[count] = byni_holder_identity(entry);
        }
        byni_barrier_leave(barrier);
        status = bury_the_dead_of(barrier, some, count);
    } while (status >= 0 && count == BYNI_WATCHED);
    return status;
}

/* Look at everybody if nobody has for some time. (A time to come is one that nobody wrote who is sane.) */
static byn_status look_now_and_then(byn_barrier *barrier)
{
    uint64_t now = bynk_clock(), looked = byni_load64(&barrier->state->looked);

    if (looked <= now && now - looked < LOOK_NS)
        return BYN_OK;
    return byni_barrier_look(barrier);
}

/* ---- A visit: one call of wait -------------------------------------------------------------------- */

typedef struct visit {
    byn_barrier *barrier;
    bynk_identity me;
    byni_holder *entry; /* NULL: it has not joined a generation; the present one is full */
    uint64_t generation;
    uint32_t index;
    void (*action)(void *context);
    void *action_context;
    bynk_rest rest;
    uint32_t seen; /* the spot's number */
    bynk_identity watched[BYNI_WATCHED];
} visit;

/* What the table says of a generation. */
typedef struct crowd {
    uint32_t waiting;
    byni_holder *mine; /* the calling thread's entry, of whatever generation; NULL: none */
} crowd;

static crowd survey(byn_barrier *barrier, uint64_t generation, const bynk_identity *me)
{
    crowd seen = {0, NULL};
    byni_holder *entry;
    uint32_t at = 0;

    while ((entry = byni_holders_next(&barrier->holders, &at)) != NULL) {
        if (byni_load32(&entry->number) == BYNI_PARTY)
            continue;
        seen.waiting += counts(entry, generation);
        if (byni_load32(&entry->thread) == me->thread && byni_load32(&entry->pid) == me->pid &&
            byni_load64(&entry->started) == me->started)
            seen.mine = entry;
    }
    return seen;
}

/* BYN_SERIAL: as the last; NOT_YET: as another, or not at all since the generation is full. */
static byn_status join(visit *v, uint64_t generation)
{
    byn_barrier *barrier = v->barrier;
    crowd seen = survey(barrier, generation, &v->me);
    byn_status status;

    if (seen.mine != NULL && counts(seen.mine, generation))
        return byni_fail(BYN_E_DEADLOCK, "this thread waits there already: its action may not");
    if (seen.mine != NULL)
        byni_store32(&seen.mine->number, 0); /* it left that wait by a jump */
    if (seen.waiting >= barrier->object.parameters[0])
        return NOT_YET;
    v->entry = byni_holders_add(&barrier->holders, &v->me, &status);
    if (v->entry == NULL)
        return status;
    v->generation = generation;
    v->index = seen.waiting;
    byni_store64(&v->entry->note, generation);
    byni_store32(&v->entry->number, BYNI_WAITING);
    byni_crash_point("barrier.arrived");
    if (v->index + 1 < barrier->object.parameters[0])
        return NOT_YET;
    v->action = barrier->action;
    v->action_context = barrier->action_context;
    return BYN_SERIAL;
}

static byn_status depart(visit *v, byn_status status)
{
    byni_store32(&v->entry->number, 0);
    v->entry = NULL;
    return status;
}

/* How it stands with the visit. With the guard. */
static byn_status look(visit *v)
{
    uint64_t round = byni_load64(&v->barrier->state->round);
    bool is_present = v->entry == NULL || generation_of(round) == v->generation;

    if (phase_of(round) > BYNI_BROKEN)
        return byni_fail(BYN_E_CORRUPT, "its state is broken (phase %u): remove it",
                         phase_of(round));
    if (v->entry != NULL && byni_load32(&v->entry->number) != BYNI_WAITING)
        return depart(v, BYN_E_BROKEN);
    if (!is_present)
        return depart(v, BYN_OK);
    if (phase_of(round) == BYNI_BROKEN)
        return v->entry != NULL ? depart(v, BYN_E_BROKEN) : BYN_E_BROKEN;
    return v->entry != NULL ? NOT_YET : join(v, generation_of(round));
}

/*
 * Whom to watch: those who come next in the table, round and round, so that of a group of dead the first
 * at least is watched by one who lives. The more there are the fewer each looks at. With the guard.
 */
static void prepare_rest(visit *v)
{
    byn_barrier *barrier = v->barrier;
    uint64_t generation = generation_of(byni_load64(&barrier->state->round));
    uint32_t there = byni_holders_count(&barrier->holders), i;
    uint32_t first = v->entry != NULL ? (uint32_t)(v->entry - barrier->holders.entries) + 1 : 0;
    uint32_t most = 2 + 256 / (there + 1);
    unsigned count = 0;

    for (i = 0; i < there && count < most && count < BYNI_WATCHED; i++) {
        const byni_holder *entry = &barrier->holders.entries[(first + i) % there];

        if (entry != v->entry && counts(entry, generation))
            v->watched[count++] = byni_holder_identity(entry);
    }
    if (count == 0)
        v->watched[count++] = v->me; /* nobody yet: only so that the heartbeat is the short one */
    v->rest.watched = v->watched;
    v->rest.watched_count = count;
    v->seen = bynk_spot_number(&barrier->state->spot);
}

/* It waits no longer. Who has not joined breaks nothing: it was none of those who meet. */
static byn_status give_up(visit *v, byn_status why)
{
    if (v->entry == NULL)
        return why;
    byni_barrier_break(v->barrier);
    return depart(v, why);
}

/* Look once with the guard, and get ready for a sleep if there has to be one. `slept` is how the last one
 * ended: below 0, it was the last. */
static byn_status visit_look(visit *v, byn_status slept)
{
    byn_status status = byni_barrier_enter(v->barrier);

    if (status < 0)
        return status;
    status = look(v);
    if (status == NOT_YET && slept < 0)
        status = give_up(v, slept);
    if (status == NOT_YET)
        prepare_rest(v);
    byni_barrier_leave(v->barrier);
    return status;
}

static byn_status sleep_once(visit *v)
{
    byn_barrier *barrier = v->barrier;
    bynk_spot *spot = &barrier->state->spot;
    byn_status slept = bynk_spot_sleep(barrier->object.segment, spot, v->seen, &v->rest);
    byn_status status = BYN_OK;

    if (slept < 0) /* a death that has been is told, and not the timeout */
        status = byni_barrier_look(barrier);
    else if (bynk_spot_number(spot) == v->seen)
        status = bury_the_dead_of(barrier, v->watched, v->rest.watched_count);
    if (status >= 0 && slept >= 0)
        status = look_now_and_then(barrier);
    return status < 0 ? status : visit_look(v, slept);
}

/* The last to arrive. */
static byn_status end_round(visit *v)
{
    byn_barrier *barrier = v->barrier;
    byn_status status = byni_barrier_look(barrier);

    if (status >= 0 && v->action != NULL &&
        byni_load64(&barrier->state->round) == (v->generation << 2 | BYNI_FILLING))
        v->action(v->action_context);
    if (status >= 0)
        status = byni_barrier_enter(barrier);
    if (status < 0)
        return status;
    status = look(v);
    if (status == NOT_YET) {
        change(barrier, v->generation + 1, BYNI_FILLING);
        status = depart(v, BYN_SERIAL);
    }
    byni_barrier_leave(barrier);
    return status;
}

byn_status byni_barrier_wait(byn_barrier *barrier, byn_timeout timeout, uint32_t *index)
{
    visit v = {.barrier = barrier, .rest = {.deadline = byni_deadline(timeout)}};
    byn_status status = look_now_and_then(barrier);

    bynk_identity_thread(&v.me);
    if (status >= 0)
        status = visit_look(&v, BYN_OK);
    while (status == NOT_YET)
        status = sleep_once(&v);
    if (status == BYN_SERIAL)
        status = end_round(&v);
    if (status >= 0)
        *index = v.index;
    return status;
}

/* ---- What others see ------------------------------------------------------------------------------- */

uint32_t byni_barrier_waiting(byn_barrier *barrier)
{
    const bynk_identity nobody = {0, 0, 0};
    uint32_t waiting = 0, parties = (uint32_t)barrier->object.parameters[0];
    uint64_t round;

    if (byni_barrier_look(barrier) < 0 || byni_barrier_enter(barrier) < 0)
        return 0;
    round = byni_load64(&barrier->state->round);
    if (phase_of(round) == BYNI_FILLING)
        waiting = survey(barrier, generation_of(round), &nobody).waiting;
    byni_barrier_leave(barrier);
    return waiting < parties ? waiting : parties;
}

bool byni_barrier_is_broken(byn_barrier *barrier)
{
    if (byni_barrier_look(barrier) < 0)
        return false;
    return phase_of(byni_load64(&barrier->state->round)) == BYNI_BROKEN;
}
