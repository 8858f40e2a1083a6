/*
 * Who shares the lock, has it or waits to write stands in the table of holders, one entry for each thread.
 * Everything else is counted from there.
 *
 * Nobody is asked whether he lives as long as there is a way in. Who finds none asks before he sleeps, and
 * again at each heartbeat, and removes the dead.
 */
#include "rwlock_state.h"

#include <string.h>

#include "crash.h"

enum { WRITERS_WOKEN = 3 }; /* one gets in; more than one, since that one may be killed */

/* How long a guard is waited for at least: somebody may be stopped in it. */
#define PATIENCE_NS UINT64_C(1000000000)

static uint32_t shares_of(const byni_holder *holder)
{
    return byni_load32(&holder->number) & MOST_SHARES;
}

static void add(byni_a32 *counter)
{
    byni_store32(counter, byni_load32(counter) + 1);
}

static void subtract(byni_a32 *counter)
{
    uint32_t count = byni_load32(counter);

    byni_store32(counter, count > 0 ? count - 1 : 0);
}

/* ---- Guard --------------------------------------------------------------------------------------- */

void byni_rwlock_wake_all(byn_rwlock *rwlock)
{
    bynk_spot_add(rwlock->object.segment, &rwlock->state->for_readers, 1, UINT32_MAX);
    bynk_spot_add(rwlock->object.segment, &rwlock->state->for_writers, 1, UINT32_MAX);
}

bool byni_rwlock_count_again(byn_rwlock *rwlock)
{
    rwlock_state *state = rwlock->state;
    uint32_t count[WAITS + 1] = {0}, at = 0;
    byni_holder *holder;
    bool differs;

    while ((holder = byni_holders_next(&rwlock->holders, &at)) != NULL)
        if (byni_rwlock_role(holder) <= WAITS)
            count[byni_rwlock_role(holder)]++;
    differs = byni_load32(&state->readers) != count[READS] ||
              byni_load32(&state->writers) != count[WRITES] ||
              byni_load32(&state->waiting) != count[WAITS];
    byni_store32(&state->readers, count[READS]);
    byni_store32(&state->writers, count[WRITES]);
    byni_store32(&state->waiting, count[WAITS]);
    return differs;
}

byn_status byni_rwlock_lock_guard(byn_rwlock *rwlock, bynk_deadline deadline)
{
    byn_status status = bynk_guard_lock(rwlock->object.segment, &rwlock->state->guard, deadline);

    if (BYNI_UNLIKELY(status == BYN_ABANDONED)) {
        (void)byni_rwlock_count_again(rwlock);
        byni_rwlock_wake_all(rwlock);
        status = BYN_OK;
    }
    return status;
}

/* It is held for nanoseconds: that others are in it is no reason to have waited in vain. */
byn_status byni_rwlock_lock_guard_patiently(byn_rwlock *rwlock, bynk_deadline deadline)
{
    bynk_deadline patience = bynk_clock() + PATIENCE_NS;

    return byni_rwlock_lock_guard(rwlock, deadline > patience ? deadline : patience);
}

void byni_rwlock_unlock_guard(byn_rwlock *rwlock)
{
    bynk_guard_unlock(rwlock->object.segment, &rwlock->state->guard);
}

/* ---- In and out: with the guard ------------------------------------------------------------------- */

byni_holder *byni_rwlock_find_mine(byn_rwlock *rwlock, const bynk_identity *me)
{
    const rwlock_state *state = rwlock->state;
    uint32_t count =
        byni_load32(&state->readers) + byni_load32(&state->writers) + byni_load32(&state->waiting);

    return count == 0 ? NULL : byni_holders_find_among(&rwlock->holders, me, count);
}

/* Whether a writer waits that is not stopped; `except` does not count. */
static bool writer_waits(byn_rwlock *rwlock, const byni_holder *except)
{
    byni_holder *holder;
    uint32_t at = 0;
    uint64_t now;

    if (byni_load32(&rwlock->state->waiting) == 0)
        return false;
    now = bynk_clock();
    while ((holder = byni_holders_next(&rwlock->holders, &at)) != NULL)
        if (holder != except && byni_rwlock_role(holder) == WAITS &&
            byni_rwlock_is_fresh(holder, now))
            return true;
    return false;
}

static bool is_blocked(byn_rwlock *rwlock, const byni_holder *mine, uint32_t role)
{
    const rwlock_state *state = rwlock->state;

    if (byni_load32(&state->writers) != 0)
        return true;
    return role == READS ? writer_waits(rwlock, mine) : byni_load32(&state->readers) != 0;
}

/* What the caller is told that has it now. */
static byn_status told(const rwlock_state *state)
{
    return byni_load32(&state->abandoned) != 0 ? BYN_ABANDONED : BYN_OK;
}

static byn_status lock_again(byn_rwlock *rwlock, byni_holder *mine, uint32_t role)
{
    if (role != READS || byni_rwlock_role(mine) != READS)
        return BYN_E_DEADLOCK;
    if (shares_of(mine) == MOST_SHARES)
        return byni_fail(BYN_E_LIMIT, "it is shared %d times by this thread", MOST_SHARES);
    byni_store32(&mine->number, byni_load32(&mine->number) + 1);
    return told(rwlock->state);
}

/* `mine` may be an entry that waited; NULL: a new one. */
static byn_status enter(byn_rwlock *rwlock, byni_holder *mine, const bynk_identity *me,
                        uint32_t role)
{
    rwlock_state *state = rwlock->state;
    bool waited = mine != NULL;
    byn_status status = BYN_OK;

    if (!waited)
        mine = byni_holders_add(&rwlock->holders, me, &status);
    if (mine == NULL)
        return status;
    byni_store32(&mine->number, role << ROLE_SHIFT | 1);
    add(role == READS ? &state->readers : &state->writers);
    if (waited)
        subtract(&state->waiting);
    return told(state);
}

byn_status byni_rwlock_attempt(byn_rwlock *rwlock, uint32_t role)
{
    bynk_identity me;
    byni_holder *mine;

    bynk_identity_thread(&me);
    mine = byni_rwlock_find_mine(rwlock, &me);
    if (mine != NULL && byni_rwlock_role(mine) != WAITS)
        return lock_again(rwlock, mine, role);
    if (is_blocked(rwlock, mine, role))
        return BYN_E_TIMEDOUT;
    return enter(rwlock, mine, &me, role);
}

/* Before `mine` goes: wake those for whom it makes room. */
static void make_room(byn_rwlock *rwlock, const byni_holder *mine)
{
    rwlock_state *state = rwlock->state;

    if (byni_rwlock_role(mine) == READS &&
        (byni_load32(&state->readers) > 1 || byni_load32(&state->waiting) == 0))
        return;
    if (byni_rwlock_role(mine) != WAITS && byni_load32(&state->waiting) > 0)
        bynk_spot_add(rwlock->object.segment, &state->for_writers, 1, WRITERS_WOKEN);
    if (!writer_waits(rwlock, mine))
        bynk_spot_add(rwlock->object.segment, &state->for_readers, 1, UINT32_MAX);
    byni_crash_point("rwlock.woken");
}

void byni_rwlock_leave(byn_rwlock *rwlock, byni_holder *mine, uint32_t abandoned)
{
    rwlock_state *state = rwlock->state;
    uint32_t role = byni_rwlock_role(mine);

    make_room(rwlock, mine);
    if (role == WRITES)
        byni_store32(&state->abandoned, abandoned);
    byni_store32(&mine->number, 0);
    byni_crash_point("rwlock.left");
    subtract(role == READS ? &state->readers : role == WRITES ? &state->writers : &state->waiting);
}

/* ---- Open and close ------------------------------------------------------------------------------- */

static bool is_sound(const byni_header *header)
{
    return header->limit == BYNI_HOLDERS_LIMIT && byni_load64(&header->size) >= BYNI_HOLDERS_SIZE;
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    rwlock_state *state = at;

    (void)parameters;
    (void)options;
    bynk_guard_initialise(&state->guard);
    bynk_spot_initialise(&state->for_readers, 0);
    bynk_spot_initialise(&state->for_writers, 0);
}

static byn_status attach(byni_object *object)
{
    byn_rwlock *rwlock = (byn_rwlock *)object;

    rwlock->state = byni_object_state(object);
    byni_holders_attach(&rwlock->holders, object);
    return BYN_OK;
}

/* What other threads hold stays in the table, and needs no memory of this process. */
static bool detach(byni_object *object)
{
    byn_rwlock *rwlock = (byn_rwlock *)object;
    bynk_identity me;
    byni_holder *mine;

    if (byni_rwlock_lock_guard_patiently(rwlock, BYNK_NOW) < 0)
        return true;
    bynk_identity_thread(&me);
    mine = byni_rwlock_find_mine(rwlock, &me);
    if (mine != NULL)
        byni_rwlock_leave(rwlock, mine, 1);
    byni_rwlock_unlock_guard(rwlock);
    return true;
}

static const byni_kind kind = {
    BYNI_RWLOCK,
    "byn_rwlock_open",
    sizeof(byn_rwlock),
    {NULL, NULL},
    is_sound,
    initialise,
    attach,
    detach,
    NULL,
};

byn_status byn_rwlock_open(byn_rwlock **rwlock, const char *name, const byn_rwlock_options *options)
{
    byn_rwlock_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, rwlock, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    opening.size = BYNI_HOLDERS_SIZE;
    opening.limit = BYNI_HOLDERS_LIMIT;
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *rwlock = (byn_rwlock *)object;
    return status;
}

void byn_rwlock_close(byn_rwlock *rwlock)
{
    byni_object_close(rwlock != NULL ? &rwlock->object : NULL);
}

const char *byn_rwlock_name(const byn_rwlock *rwlock)
{
    return rwlock != NULL ? rwlock->object.name.full : NULL;
}

/* ---- Lock and unlock ------------------------------------------------------------------------------ */

BYNI_COLD static byn_status failed(const byn_rwlock *rwlock, byn_status status,
                                   const char *operation)
{
    return byni_object_call_failed(&rwlock->object, status, operation);
}

static byn_status lock(byn_rwlock *rwlock, uint32_t role, byn_timeout timeout,
                       const char *operation)
{
    byn_status status;

    if (BYNI_UNLIKELY(rwlock == NULL || !byni_object_usable(&rwlock->object)))
        return byni_object_unusable((const byni_object *)rwlock, operation);
    if (BYNI_UNLIKELY(!byni_timeout_valid(timeout)))
        return byni_wrong_timeout(operation);
    status = byni_rwlock_lock_guard(rwlock, BYNK_NOW);
    if (status >= 0) {
        status = byni_rwlock_attempt(rwlock, role);
        byni_rwlock_unlock_guard(rwlock);
    }
    if (BYNI_UNLIKELY(status == BYN_E_TIMEDOUT))
        status = byni_rwlock_wait(rwlock, role, byni_deadline(timeout));
    return BYNI_UNLIKELY(status < 0) ? failed(rwlock, status, operation) : status;
}

byn_status byn_rwlock_lock_shared(byn_rwlock *rwlock, byn_timeout timeout)
{
    return lock(rwlock, READS, timeout, "byn_rwlock_lock_shared");
}

byn_status byn_rwlock_lock(byn_rwlock *rwlock, byn_timeout timeout)
{
    return lock(rwlock, WRITES, timeout, "byn_rwlock_lock");
}

/* With the guard. */
static byn_status undo_lock(byn_rwlock *rwlock)
{
    bynk_identity me;
    byni_holder *mine;

    bynk_identity_thread(&me);
    mine = byni_rwlock_find_mine(rwlock, &me);
    if (mine == NULL || (byni_rwlock_role(mine) != READS && byni_rwlock_role(mine) != WRITES))
        return BYN_E_NOTOWNER;
    if (shares_of(mine) > 1)
        byni_store32(&mine->number, byni_load32(&mine->number) - 1);
    else
        byni_rwlock_leave(rwlock, mine, 0);
    return BYN_OK;
}

byn_status byn_rwlock_unlock(byn_rwlock *rwlock)
{
    byn_status status;

    if (BYNI_UNLIKELY(rwlock == NULL || !byni_object_usable(&rwlock->object)))
        return byni_object_unusable((const byni_object *)rwlock, "byn_rwlock_unlock");
    status = byni_rwlock_lock_guard(rwlock, BYNK_SOON);
    if (status >= 0) {
        status = undo_lock(rwlock);
        byni_rwlock_unlock_guard(rwlock);
    }
    return BYNI_UNLIKELY(status < 0) ? failed(rwlock, status, "byn_rwlock_unlock") : status;
}

/* ---- Who ------------------------------------------------------------------------------------------ */

/* With the guard. */
static void tell(byn_rwlock *rwlock, byn_rwlock_info *info)
{
    byni_holder *holder;
    uint32_t at = 0;

    info->abandoned = byni_load32(&rwlock->state->abandoned) != 0;
    while ((holder = byni_holders_next(&rwlock->holders, &at)) != NULL) {
        bynk_identity who = byni_holder_identity(holder);

        info->readers += byni_rwlock_role(holder) == READS;
        info->waiting_writers += byni_rwlock_role(holder) == WAITS;
        if (byni_rwlock_role(holder) != WRITES)
            continue;
        info->written = true;
        info->writer_pid = who.pid;
        info->writer_thread = who.thread;
    }
}

byn_status byn_rwlock_holders(byn_rwlock *rwlock, byn_rwlock_info *info)
{
    byn_rwlock_info found;
    byn_status status;

    if (rwlock == NULL || !byni_object_usable(&rwlock->object))
        return byni_object_unusable((const byni_object *)rwlock, "byn_rwlock_holders");
    if (!byni_struct_fits(info, sizeof found))
        return byni_wrong_struct("byn_rwlock_holders", "info");
    memset(&found, 0, sizeof found);
    found.struct_size = info->struct_size;
    byni_rwlock_look_for_dead(rwlock, READS, true);
    status = byni_rwlock_lock_guard_patiently(rwlock, BYNK_NOW);
    if (status < 0)
        return failed(rwlock, status, "byn_rwlock_holders");
    tell(rwlock, &found);
    byni_rwlock_unlock_guard(rwlock);
    memcpy(info, &found, found.struct_size);
    return BYN_OK;
}
