/*
 * For who finds no way in: ask who is dead, and sleep.
 */
#include "rwlock_state.h"

/* ---- The dead: without the guard ------------------------------------------------------------------ */

/* Remove `holder`, if it is still the entry of `dead`. false: somebody is stopped in the guard. */
static bool bury(byn_rwlock *rwlock, byni_holder *holder, const bynk_identity *dead)
{
    bynk_identity now;

    if (byni_rwlock_lock_guard_patiently(rwlock, BYNK_NOW) < 0)
        return false;
    now = byni_holder_identity(holder);
    if (byni_load32(&holder->number) != 0 && bynk_identity_same(&now, dead)) {
        if (byni_rwlock_role(holder) == WRITES)
            byni_store32(&rwlock->state->abandoned, 1);
        byni_rwlock_wake_all(rwlock);
        byni_store32(&holder->number, 0);
        (void)byni_rwlock_count_again(rwlock);
    }
    byni_rwlock_unlock_guard(rwlock);
    return true;
}

static bool is_in_the_way(const byni_holder *holder, uint32_t role, uint64_t now)
{
    uint32_t its = byni_rwlock_role(holder);

    if (its == WRITES)
        return true;
    return role == WRITES ? its == READS : its == WAITS && byni_rwlock_is_fresh(holder, now);
}

/* Entries are read while others change them; what a mixture says is confirmed before it is believed. */
void byni_rwlock_look_for_dead(byn_rwlock *rwlock, uint32_t role, bool thoroughly)
{
    uint64_t now = bynk_clock();
    byni_holder *holder;
    uint32_t at = 0;

    while ((holder = byni_holders_next(&rwlock->holders, &at)) != NULL) {
        bynk_identity who = byni_holder_identity(holder);

        if (!thoroughly && !is_in_the_way(holder, role, now))
            continue;
        if (bynk_identity_alive(&who) ? !thoroughly : !bury(rwlock, holder, &who))
            return;
    }
    if (byni_rwlock_lock_guard_patiently(rwlock, BYNK_NOW) < 0)
        return;
    if (byni_rwlock_count_again(rwlock)) /* who wrote there was not one of us */
        byni_rwlock_wake_all(rwlock);
    byni_rwlock_unlock_guard(rwlock);
}

/* ---- Waiting -------------------------------------------------------------------------------------- */

typedef struct turn {
    uint32_t role; /* that is wanted */
    uint32_t seen; /* of the spot */
    bynk_rest rest;
    bynk_identity watched[BYNI_WATCHED];
} turn;

static bynk_spot *spot_of(byn_rwlock *rwlock, uint32_t role)
{
    return role == READS ? &rwlock->state->for_readers : &rwlock->state->for_writers;
}

static bool delays_readers(const byni_holder *holder)
{
    return byni_rwlock_role(holder) != READS;
}

static bool delays_writers(const byni_holder *holder)
{
    return byni_rwlock_role(holder) != WAITS;
}

/* A writer that waits says so, at first and at each heartbeat. */
static byn_status enlist(byn_rwlock *rwlock)
{
    byn_status status = BYN_OK;
    bynk_identity me;
    byni_holder *mine;

    bynk_identity_thread(&me);
    mine = byni_rwlock_find_mine(rwlock, &me);
    if (mine != NULL) {
        byni_store64(&mine->note, bynk_clock());
        return BYN_OK;
    }
    mine = byni_holders_add(&rwlock->holders, &me, &status);
    if (mine == NULL)
        return status;
    byni_store64(&mine->note, bynk_clock());
    byni_store32(&mine->number, (uint32_t)WAITS << ROLE_SHIFT | 1);
    byni_store32(&rwlock->state->waiting, byni_load32(&rwlock->state->waiting) + 1);
    return BYN_OK;
}

static byn_status prepare_to_sleep(byn_rwlock *rwlock, turn *t)
{
    byn_status status = t->role == WRITES ? enlist(rwlock) : BYN_OK;

    t->seen = bynk_spot_number(spot_of(rwlock, t->role));
    t->rest.watched_count = byni_holders_watched(
        &rwlock->holders, t->role == READS ? delays_readers : delays_writers, t->watched);
    t->rest.watched = t->watched;
    return status;
}

/* true: it is settled, *status says how. false: the caller has to wait; if it `sleeps`, it may. */
static bool settle(byn_rwlock *rwlock, turn *t, bool sleeps, byn_status *status)
{
    bool settled;

    *status = byni_rwlock_lock_guard_patiently(rwlock, t->rest.deadline);
    if (*status < 0)
        return true;
    *status = byni_rwlock_attempt(rwlock, t->role);
    settled = *status != BYN_E_TIMEDOUT;
    if (!settled && sleeps) {
        *status = prepare_to_sleep(rwlock, t);
        settled = *status < 0;
    }
    byni_rwlock_unlock_guard(rwlock);
    return settled;
}

/* The readers that wait because of the caller go on. If the guard is not to be had, the caller's entry
 * stays: it tires after a second, and the caller's next lock takes it. */
static void give_up(byn_rwlock *rwlock)
{
    bynk_identity me;
    byni_holder *mine;

    if (byni_rwlock_lock_guard_patiently(rwlock, BYNK_NOW) < 0)
        return;
    bynk_identity_thread(&me);
    mine = byni_rwlock_find_mine(rwlock, &me);
    if (mine != NULL && byni_rwlock_role(mine) == WAITS)
        byni_rwlock_leave(rwlock, mine, 0);
    byni_rwlock_unlock_guard(rwlock);
}

byn_status byni_rwlock_wait(byn_rwlock *rwlock, uint32_t role, bynk_deadline deadline)
{
    turn t = {.role = role,
              .rest = {.deadline = deadline,
                       .wants = role == READS ? BYNI_WANTS_TO_READ : BYNI_WANTS_TO_WRITE}};
    bool sleeps = deadline != BYNK_NOW;
    byn_status status;

    if (settle(rwlock, &t, false, &status))
        return status;
    byni_rwlock_look_for_dead(rwlock, role, false);
    while (!settle(rwlock, &t, sleeps, &status)) {
        if (!sleeps)
            return BYN_E_TIMEDOUT;
        status = bynk_spot_sleep(rwlock->object.segment, spot_of(rwlock, role), t.seen, &t.rest);
        if (status < 0)
            break;
        if (bynk_spot_number(spot_of(rwlock, role)) == t.seen)
            byni_rwlock_look_for_dead(rwlock, role, true);
    }
    if (status < 0 && role == WRITES)
        give_up(rwlock);
    return status;
}
