/*
 * The kernel's mutex does the locking and knows of a death. What it does not know everywhere stands
 * beside it in shared memory: who holds it, how often, and who died holding it.
 */
#include "mutex_state.h"

#include <string.h>

#include "waitable.h"

/* ---- Open and close ------------------------------------------------------------------------------ */

static bool is_sound(const byni_header *header)
{
    return header->limit == BYNI_STATE_OFFSET + sizeof(byni_mutex_state) &&
           header->parameters[0] <= 1;
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    byni_mutex_state *state = at;

    (void)parameters;
    (void)options;
    bynk_mutex_initialise(&state->native);
}

static byn_status attach(byni_object *object)
{
    byn_mutex *mutex = (byn_mutex *)object;

    mutex->state = byni_object_state(object);
    return bynk_mutex_attach(&mutex->native, object->segment, &mutex->state->native);
}

static void copy_record(byni_owner_record *to, const byni_owner_record *from)
{
    int i;

    byni_store64(&to->numbers, byni_load64(&from->numbers));
    for (i = 0; i < BYNI_PROGRAM_WORDS; i++)
        byni_store64(&to->program[i], byni_load64(&from->program[i]));
}

/* The owner is gone without an unlock: remember it. The caller holds the lock, by inheritance or still. */
static void bury_owner(byni_mutex_state *state)
{
    static const byni_owner_record unknown;

    copy_record(&state->dead, byni_load32(&state->depth) > 0 ? &state->record : &unknown);
    byni_store64(&state->abandonings, byni_load64(&state->abandonings) + 1);
}

/* Unlock it so that the next owner is told of a death. */
static void give_up(byn_mutex *mutex)
{
    byni_mutex_state *state = mutex->state;

    byni_store32(&state->given_up, 1);
    byni_store64(&state->owner, 0); /* nobody comes back to this record without looking */
    byni_store32(&state->depth, 0);
    byni_store64(&state->awaited, 0);
    (void)bynk_mutex_unlock(&mutex->native);
}

/*
 * Whether another thread of this process holds it: its list of what it holds leads through the mutex's memory, which has
 * to stay then. If that thread has ended this one inherits the lock, and gives it up in its place. A death in here leaves
 * it abandoned: the heir is told of the same thread, whose record stands until `given_up` says that this was done.
 */
static bool is_held_by_another_thread(byn_mutex *mutex)
{
    byni_mutex_state *state = mutex->state;
    byn_status status;
    bynk_self self;

    bynk_self_describe(&self);
    if (byni_load32(&state->depth) == 0 ||
        (uint32_t)(byni_load64(&state->record.numbers) >> 32) != self.pid)
        return false;
    status = bynk_mutex_try(&mutex->native);
    if (status == BYN_ABANDONED) {
        if (byni_load32(&state->given_up) == 0)
            bury_owner(state);
        give_up(mutex);
    } else if (status == BYN_OK) {
        (void)bynk_mutex_unlock(&mutex->native); /* it has just let go */
    }
    return status < 0;
}

static bool detach(byni_object *object)
{
    byn_mutex *mutex = (byn_mutex *)object;
    bool held = false;

    if (byni_mutex_state_is_mine(mutex->state, bynk_me())) {
        bury_owner(mutex->state);
        give_up(mutex);
    } else {
        held = is_held_by_another_thread(mutex);
    }
    if (!held)
        bynk_mutex_detach(&mutex->native);
    return !held;
}

static const byni_waitable waitable;

static const byni_kind kind = {
    BYNI_MUTEX, "byn_mutex_open", sizeof(byn_mutex), {"recursive", NULL}, is_sound, initialise,
    attach,     detach,           &waitable,
};

byn_status byn_mutex_open(byn_mutex **mutex, const char *name, const byn_mutex_options *options)
{
    byn_mutex_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, mutex, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    opening.size = opening.limit = BYNI_STATE_OFFSET + sizeof(byni_mutex_state);
    opening.parameters[0] = opening.created[0] = chosen.recursive;
    status = byni_object_open(&object, &kind, &opening);
    if (status < 0)
        return status;
    *mutex = (byn_mutex *)object;
    if (chosen.detect_deadlock)
        byni_store32(&(*mutex)->senses, 1);
    return status;
}

void byn_mutex_close(byn_mutex *mutex)
{
    byni_object_close(mutex != NULL ? &mutex->object : NULL);
}

const char *byn_mutex_name(const byn_mutex *mutex)
{
    return mutex != NULL ? mutex->object.name.full : NULL;
}

/* ---- Lock and unlock ----------------------------------------------------------------------------- */

static void write_record(byni_mutex_state *state, uint64_t me)
{
    uint64_t words[BYNI_PROGRAM_WORDS] = {0};
    bynk_self self;
    int i;

    bynk_self_describe(&self);
    strncpy((char *)words, self.program, sizeof words - 1);
    byni_store64(&state->owner, 0);
    byni_fence();
    byni_store64(&state->record.numbers, (uint64_t)self.pid << 32 | self.thread);
    for (i = 0; i < BYNI_PROGRAM_WORDS; i++)
        byni_store64(&state->record.program[i], words[i]);
    byni_store64(&state->owner, me);
}

/* The caller has the lock: it hears of the last owner's end, and writes itself down. */
static byn_status enter(byni_mutex_state *state, uint64_t me, byn_status status)
{
    if (status == BYN_ABANDONED) {
        if (byni_load32(&state->given_up) == 0) /* else it died closing, and has buried itself */
            bury_owner(state);
        byni_store32(&state->depth, 0);
        byni_store32(&state->given_up, 0);
    } else if (byni_load32(&state->given_up) != 0) {
        byni_store32(&state->given_up, 0);
        status = BYN_ABANDONED;
    }
    if (byni_load64(&state->owner) != me)
        write_record(state, me);
    byni_store32(&state->depth, 1);
    return status;
}

BYNI_COLD static byn_status lock_again(byn_mutex *mutex)
{
    byni_mutex_state *state = mutex->state;
    uint32_t depth = byni_load32(&state->depth);

    if (mutex->object.parameters[0] == 0)
        return byni_failed_plainly(BYN_E_DEADLOCK, "byn_mutex_lock", mutex->object.name.full);
    if (depth == UINT32_MAX) {
        (void)byni_fail(BYN_E_LIMIT, "it is locked %u times by this thread", depth);
        return byni_failed(BYN_E_LIMIT, "byn_mutex_lock", mutex->object.name.full);
    }
    byni_store32(&state->depth, depth + 1);
    return BYN_OK;
}

/* All that is not the common case; status is what the first attempt said. */
BYNI_COLD static byn_status lock_otherwise(byn_mutex *mutex, byn_timeout timeout, byn_status status)
{
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW)
        status = byni_mutex_wait(mutex, timeout, byni_load32(&mutex->senses) != 0);
    if (status >= 0)
        return enter(mutex->state, bynk_me(), status);
    if (status == BYN_E_TIMEDOUT)
        return byni_failed_plainly(status, "byn_mutex_lock", mutex->object.name.full);
    return byni_failed(status, "byn_mutex_lock", mutex->object.name.full);
}

BYNI_COLD static byn_status refuse(const byn_mutex *mutex, byn_timeout timeout,
                                   const char *operation)
{
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(operation);
    return byni_object_unusable((const byni_object *)mutex, operation);
}

/* The first attempt of one who will wait: BYN_E_TIMEDOUT. It is left out where it would be a call of the system and
 * somebody seems to have the lock; if nobody has, the wait takes it. */
static byn_status take_now(byn_mutex *mutex)
{
    if (BYNK_TRY_IS_A_CALL && byni_load32(&mutex->state->depth) > 0)
        return BYN_E_TIMEDOUT;
    return bynk_mutex_try(&mutex->native);
}

BYNI_COLD static byn_status lock_slowly(byn_mutex *mutex, byn_timeout timeout)
{
    if (mutex == NULL || !byni_object_usable(&mutex->object) || !byni_timeout_valid(timeout))
        return refuse(mutex, timeout, "byn_mutex_lock");
    if (byni_mutex_state_is_mine(mutex->state, bynk_me()))
        return lock_again(mutex);
    return lock_otherwise(mutex, timeout,
                          timeout == BYN_NOW ? bynk_mutex_try(&mutex->native) : take_now(mutex));
}

/* What is known once is read again after a call: to keep it would cost more. */
byn_status byn_mutex_lock(byn_mutex *mutex, byn_timeout timeout)
{
    byn_status status;

    if (BYNI_UNLIKELY(mutex == NULL || !byni_timeout_valid(timeout) ||
                      !bynk_knows_me(mutex->object.token) ||
                      byni_load32(&mutex->state->depth) != 0))
        return lock_slowly(mutex, timeout);
    status = bynk_mutex_try(&mutex->native);
    /* The caller was its last owner and is again: the record is right. */
    if (BYNI_UNLIKELY(status != BYN_OK || byni_load64(&mutex->state->owner) != bynk_me_known()))
        return lock_otherwise(mutex, timeout, status);
    byni_store32(&mutex->state->depth, 1);
    return BYN_OK;
}

BYNI_COLD static byn_status unlock_failed(const byn_mutex *mutex, byn_status status)
{
    if (status == BYN_E_NOTOWNER)
        return byni_failed_plainly(status, "byn_mutex_unlock", mutex->object.name.full);
    return byni_failed(status, "byn_mutex_unlock", mutex->object.name.full);
}

/* All that is not the last unlock of the owner. */
BYNI_COLD static byn_status unlock_otherwise(byn_mutex *mutex)
{
    uint32_t depth;

    if (mutex == NULL || !byni_object_usable(&mutex->object))
        return refuse(mutex, BYN_NOW, "byn_mutex_unlock");
    if (!byni_mutex_state_is_mine(mutex->state, bynk_me()))
        return unlock_failed(mutex, BYN_E_NOTOWNER);
    depth = byni_load32(&mutex->state->depth);
    byni_store32(&mutex->state->depth, depth - 1);
    return BYN_OK;
}

byn_status byn_mutex_unlock(byn_mutex *mutex)
{
    byn_status status;

    if (BYNI_UNLIKELY(mutex == NULL || !bynk_knows_me(mutex->object.token) ||
                      byni_load32(&mutex->state->depth) != 1 ||
                      byni_load64(&mutex->state->owner) != bynk_me_known()))
        return unlock_otherwise(mutex);
    byni_store32(&mutex->state->depth, 0);
    byni_store64(&mutex->state->awaited, 0);
    status = bynk_mutex_unlock(&mutex->native);
    return BYNI_UNLIKELY(status < 0) ? unlock_failed(mutex, status) : BYN_OK;
}

/* ---- For a condition ----------------------------------------------------------------------------- */

bool byni_mutex_is_mine(const byn_mutex *mutex)
{
    return byni_mutex_state_is_mine(mutex->state, bynk_me());
}

byn_status byni_mutex_let_go(byn_mutex *mutex, byni_mutex_hold *hold)
{
    byni_mutex_state *state = mutex->state;

    if (!byni_mutex_state_is_mine(state, bynk_me()))
        return BYN_E_NOTOWNER;
    hold->depth = byni_load32(&state->depth);
    hold->abandonings = byni_load64(&state->abandonings);
    byni_store32(&state->depth, 0);
    byni_store64(&state->awaited, 0);
    return bynk_mutex_unlock(&mutex->native);
}

/*
 * Who notifies holds it for a moment more. That moment is waited out awake, looking rarely: each look takes
 * the line from the owner. No more than that, for many may have been notified.
 */
static byn_status take_soon(byn_mutex *mutex)
{
    enum { LOOKS = 12, PAUSES = 3 };
    byn_status status = take_now(mutex);
    int look, i;

    if (status != BYN_E_TIMEDOUT || BYNK_TRY_IS_A_CALL || !bynk_may_spin())
        return status;
    for (look = 0; look < LOOKS && byni_load32(&mutex->state->depth) > 0; look++)
        for (i = 0; i < PAUSES; i++)
            byni_pause();
    return bynk_mutex_try(&mutex->native);
}

byn_status byni_mutex_take_back(byn_mutex *mutex, const byni_mutex_hold *hold)
{
    byn_status status = take_soon(mutex);

    if (status == BYN_E_TIMEDOUT) {
        byni_interruption_put_off();
        status = byni_mutex_wait(mutex, BYN_FOREVER, false); /* it has to have it */
        byni_interruption_let_in();
    }
    if (status < 0)
        return status;
    status = enter(mutex->state, bynk_me(), status);
    byni_store32(&mutex->state->depth, hold->depth);
    return status;
}

static bool has_name(const byni_header *header, uint64_t hash)
{
    char name[BYNI_NAME_SIZE];

    memcpy(name, header->name, sizeof name);
    name[sizeof name - 1] = '\0';
    return byni_name_hash(name) == hash;
}

/* What is held stands in a segment, not before its first state; if it is a mutex, behind the header of that. */
bynk_mutex_state *byni_mutex_held_alone(uint64_t hash, byni_a64 *known)
{
    bynk_mutex_state *held = bynk_mutex_held_alone();
    const byni_header *header;

    if (held == NULL)
        return NULL;
    header = (const byni_header *)(const void *)((const char *)held - BYNI_STATE_OFFSET);
    if (header->magic != BYNI_MAGIC || header->kind != BYNI_MUTEX)
        return NULL;
    if (header->incarnation != byni_load64(known)) {
        if (!has_name(header, hash))
            return NULL;
        byni_store64(known, header->incarnation);
    }
    return held;
}

bool byni_mutex_owner_died(const byn_mutex *mutex, const byni_mutex_hold *hold)
{
    uint32_t pid;

    return byni_load64(&mutex->state->abandonings) != hold->abandonings ||
           byni_mutex_dead_owner(mutex->state, &pid) != 0;
}

/* ---- Among others, see wait.c -------------------------------------------------------------------- */

/* One that the caller holds already is had, or refused, without sleeping. */
static void describe(void *handle, bynk_waitable *what)
{
    byn_mutex *mutex = handle;

    what->order = mutex->object.header->incarnation;
    what->segment = mutex->object.segment;
    what->busy = &mutex->state->depth;
    if (!byni_mutex_state_is_mine(mutex->state, bynk_me()))
        bynk_mutex_describe(&mutex->native, what);
}

static byn_status taken(void *handle, byn_status how)
{
    return enter(((byn_mutex *)handle)->state, bynk_me(), how);
}

static byn_status take(void *handle)
{
    byn_mutex *mutex = handle;
    byn_status status;

    if (byni_mutex_state_is_mine(mutex->state, bynk_me()))
        return lock_again(mutex);
    status = bynk_mutex_try(&mutex->native);
    return status < 0 ? status : taken(handle, status);
}

/* Who was told of a death and gives the mutex back unused leaves the news to the next. */
static void put_back(void *handle, byn_status how)
{
    byn_mutex *mutex = handle;

    if (how == BYN_ABANDONED)
        give_up(mutex);
    else
        (void)byn_mutex_unlock(mutex);
}

static const byni_waitable waitable = {describe, take, put_back, taken, NULL, NULL};
