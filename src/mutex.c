/*
 * The kernel's mutex does the locking and knows of a death. What it does not know everywhere stands
 * beside it in shared memory: who holds it, how often, and who died holding it.
 */
#include "mutex.h"

#include <string.h>

#include "circle.h"
#include "waitable.h"

enum { PROGRAM_WORDS = 6, SLICE_MS = 5000, FIRST_LOOK_MS = 20, LAST_LOOK_MS = 1000 };

/* A byn_owner in words, so that it can be read while it is written, and then not be believed. */
typedef struct owner_record {
    byni_a64 numbers; /* pid << 32 | thread */
    byni_a64 program[PROGRAM_WORDS];
} owner_record;

/*
 * Only the holder of `native` writes.
 *
 * A death between any two stores leaves `native` abandoned. The heir believes `owner` if depth > 0: it
 * was stored before depth. With depth 0 the dead had not written itself down yet, or was about to
 * unlock, and the heir tells an owner without a name.
 */
typedef struct mutex_state {
    bynk_mutex_state native;
    byni_a32 depth;      /* 0: free, or about to be taken or let go */
    byni_a32 given_up;   /* 1: closed while held; the next owner is told as of a death */
    byni_a64 owner;      /* bynk_me() of whom `record` describes; 0 while it is written */
    owner_record record; /* stays after an unlock: who comes back need not write it again */
    owner_record dead;   /* the last owner that died and was succeeded */
    byni_a64 abandonings;
    /* Since when the present owner keeps somebody waiting, for who looks; 0: it does not. Written by who
     * waits, cleared by the owner: what comes too late makes the next hold look older. */
    byni_a64 awaited;
} mutex_state;

_Static_assert(sizeof(((byn_owner *)0)->program) == PROGRAM_WORDS * 8, "a program fits its words");
_Static_assert(BYNI_STATE_OFFSET + sizeof(mutex_state) <= BYNI_DATA_OFFSET, "one page");

struct byn_mutex {
    byni_object object;
    bynk_mutex native;
    mutex_state *state;
    byni_a32 senses; /* 1: its waits look for circles */
};

/* ---- Open and close ------------------------------------------------------------------------------ */

static bool is_sound(const byni_header *header)
{
    return header->limit == BYNI_STATE_OFFSET + sizeof(mutex_state) && header->parameters[0] <= 1;
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    mutex_state *state = at;

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

/* Whether the calling thread holds it. depth first: whoever stored it had stored `owner` before. */
static inline bool is_mine(const mutex_state *state, uint64_t me)
{
    return byni_load32(&state->depth) > 0 && byni_load64(&state->owner) == me;
}

static void copy_record(owner_record *to, const owner_record *from)
{
    int i;

    byni_store64(&to->numbers, byni_load64(&from->numbers));
    for (i = 0; i < PROGRAM_WORDS; i++)
        byni_store64(&to->program[i], byni_load64(&from->program[i]));
}

/* The owner is gone without an unlock: remember it. The caller holds the lock, by inheritance or still. */
static void bury_owner(mutex_state *state)
{
    static const owner_record unknown;

    copy_record(&state->dead, byni_load32(&state->depth) > 0 ? &state->record : &unknown);
    byni_store64(&state->abandonings, byni_load64(&state->abandonings) + 1);
}

/* Unlock it so that the next owner is told of a death. */
static void give_up(byn_mutex *mutex)
{
    mutex_state *state = mutex->state;

    byni_store32(&state->given_up, 1);
    byni_store64(&state->owner, 0); /* nobody comes back to this record without looking */
    byni_store32(&state->depth, 0);
    byni_store64(&state->awaited, 0);
    (void)bynk_mutex_unlock(&mutex->native);
}

static bool detach(byni_object *object)
{
    byn_mutex *mutex = (byn_mutex *)object;
    mutex_state *state = mutex->state;
    bynk_self self;
    bool held_by_other_thread;

    bynk_self_describe(&self);
    if (is_mine(state, bynk_me())) {
        bury_owner(state);
        give_up(mutex);
    }
    held_by_other_thread = byni_load32(&state->depth) > 0 &&
                           (uint32_t)(byni_load64(&state->record.numbers) >> 32) == self.pid;
    if (!held_by_other_thread)
        bynk_mutex_detach(&mutex->native);
    return !held_by_other_thread;
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
    opening.size = opening.limit = BYNI_STATE_OFFSET + sizeof(mutex_state);
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

static void write_record(mutex_state *state, uint64_t me)
{
    uint64_t words[PROGRAM_WORDS] = {0};
    bynk_self self;
    int i;

    bynk_self_describe(&self);
    strncpy((char *)words, self.program, sizeof words - 1);
    byni_store64(&state->owner, 0);
    byni_fence();
    byni_store64(&state->record.numbers, (uint64_t)self.pid << 32 | self.thread);
    for (i = 0; i < PROGRAM_WORDS; i++)
        byni_store64(&state->record.program[i], words[i]);
    byni_store64(&state->owner, me);
}

/* The caller has the lock: it hears of the last owner's end, and writes itself down. */
static byn_status enter(mutex_state *state, uint64_t me, byn_status status)
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
    mutex_state *state = mutex->state;
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

/* Its owner, if that is dead although the system does not hand it on; else 0. A record that changed
 * meanwhile may join one's thread to another's process: it says nothing. */
static uint64_t dead_owner(const mutex_state *state, uint32_t *pid)
{
    uint32_t depth = byni_load32(&state->depth);
    uint64_t who = byni_load64(&state->owner);

    *pid = (uint32_t)(byni_load64(&state->record.numbers) >> 32);
    byni_fence();
    if (depth == 0 || who == 0 || who != byni_load64(&state->owner))
        return 0;
    return bynk_thread_is_dead(who, *pid) ? who : 0;
}

/* One wait. */
typedef struct waiting {
    bynk_deadline deadline;
    uint64_t since;
    uint64_t suspect;       /* an owner that is dead, and was at the last look */
    uint64_t look_at_owner; /* when the next look is */
    uint32_t slice_ms;
    bool senses;
    byni_waiter *written;
} waiting;

/*
 * The system hands on the lock of a dead owner, unless the owner's memory was unmapped or overwritten
 * behind the library's back. An error, then, is better than waiting for ever.
 */
static byn_status look_at_owner(const byn_mutex *mutex, waiting *w)
{
    uint64_t now = bynk_clock(), dead;
    uint32_t pid;

    if (now < w->look_at_owner)
        return BYN_OK;
    dead = dead_owner(mutex->state, &pid);
    if (dead != 0 && dead == w->suspect)
        return byni_fail(BYN_E_CORRUPT,
                         "its owner, process %u, is dead, and the system does not release it: its "
                         "memory was unmapped or overwritten; close the object everywhere",
                         pid);
    w->suspect = dead;
    w->look_at_owner = now + SLICE_MS * UINT64_C(1000000);
    return BYN_OK;
}

/* The first time soon, and then as rarely as other things are looked at. */
static byn_status look_for_circle(const byn_mutex *mutex, waiting *w)
{
    if (!w->senses)
        return BYN_OK;
    if (w->slice_ms < LAST_LOOK_MS)
        w->slice_ms *= 2;
    return byni_circle_is_mine(&mutex->object, w->since);
}

/* Somebody who looks can read it; where there was no room, again and again. */
static void write_down(byn_mutex *mutex, waiting *w)
{
    if (w->written == NULL)
        w->written = byni_waiting_begin(byni_waiters_of(mutex->object.header), &w->since,
                                        w->senses ? BYNI_WANTS_SENSE : 0);
    if (byni_load64(&mutex->state->awaited) == 0)
        byni_store64(&mutex->state->awaited, w->since);
}

static byn_status wait_for_lock(byn_mutex *mutex, byn_timeout timeout, bool senses)
{
    waiting w = {.deadline = byni_deadline(timeout), .senses = senses};
    byn_status status = BYN_OK;

    w.slice_ms = w.senses ? FIRST_LOOK_MS : SLICE_MS;
    do {
        uint64_t left = byni_remaining(w.deadline, w.slice_ms * UINT64_C(1000000));

        write_down(mutex, &w);
        if (w.look_at_owner == 0)
            w.look_at_owner = w.since + SLICE_MS * UINT64_C(1000000);
        status = bynk_mutex_lock(&mutex->native, left > 0 ? bynk_clock() + left : BYNK_NOW);
        if (status != BYN_E_TIMEDOUT || byni_remaining(w.deadline, 1) == 0)
            break;
        status = look_at_owner(mutex, &w);
        if (status >= 0)
            status = look_for_circle(mutex, &w);
    } while (status >= 0);
    byni_waiting_end(w.written);
    return status;
}

/* All that is not the common case; status is what the first attempt said. */
BYNI_COLD static byn_status lock_otherwise(byn_mutex *mutex, byn_timeout timeout, byn_status status)
{
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW)
        status = wait_for_lock(mutex, timeout, byni_load32(&mutex->senses) != 0);
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
        return byni_invalid(operation, "the timeout is negative and not BYN_FOREVER");
    return byni_object_unusable((const byni_object *)mutex, operation);
}

BYNI_COLD static byn_status lock_slowly(byn_mutex *mutex, byn_timeout timeout)
{
    if (mutex == NULL || !byni_object_usable(&mutex->object) || !byni_timeout_valid(timeout))
        return refuse(mutex, timeout, "byn_mutex_lock");
    if (is_mine(mutex->state, bynk_me()))
        return lock_again(mutex);
    return lock_otherwise(mutex, timeout, bynk_mutex_try(&mutex->native));
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
    if (!is_mine(mutex->state, bynk_me()))
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
    return is_mine(mutex->state, bynk_me());
}

byn_status byni_mutex_let_go(byn_mutex *mutex, byni_mutex_hold *hold)
{
    mutex_state *state = mutex->state;

    if (!is_mine(state, bynk_me()))
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
    byn_status status = bynk_mutex_try(&mutex->native);
    int look, i;

    if (status != BYN_E_TIMEDOUT || !bynk_may_spin())
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
        status = wait_for_lock(mutex, BYN_FOREVER, false); /* it has to have it */
        byni_interruption_let_in();
    }
    if (status < 0)
        return status;
    status = enter(mutex->state, bynk_me(), status);
    byni_store32(&mutex->state->depth, hold->depth);
    return status;
}

bool byni_mutex_owner_died(const byn_mutex *mutex, const byni_mutex_hold *hold)
{
    uint32_t pid;

    return byni_load64(&mutex->state->abandonings) != hold->abandonings ||
           dead_owner(mutex->state, &pid) != 0;
}

/* ---- Among others, see wait.c -------------------------------------------------------------------- */

/* One that the caller holds already is had, or refused, without sleeping. */
static void describe(void *handle, bynk_waitable *what)
{
    byn_mutex *mutex = handle;

    what->order = mutex->object.header->incarnation;
    what->segment = mutex->object.segment;
    what->busy = &mutex->state->depth;
    if (!is_mine(mutex->state, bynk_me()))
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

    if (is_mine(mutex->state, bynk_me()))
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

/* ---- Who ----------------------------------------------------------------------------------------- */

static void tell_owner(byn_owner *owner, const owner_record *record)
{
    uint64_t numbers = byni_load64(&record->numbers), words[PROGRAM_WORDS];
    int i;

    for (i = 0; i < PROGRAM_WORDS; i++)
        words[i] = byni_load64(&record->program[i]);
    owner->pid = (uint32_t)(numbers >> 32);
    owner->thread = (uint32_t)numbers;
    memcpy(owner->program, words, sizeof owner->program);
    owner->program[sizeof owner->program - 1] = '\0';
}

byn_status byn_mutex_owner(byn_mutex *mutex, byn_mutex_info *info)
{
    const mutex_state *state;
    byn_mutex_info found;
    uint64_t who;

    if (mutex == NULL || !byni_object_usable(&mutex->object))
        return byni_object_unusable((const byni_object *)mutex, "byn_mutex_owner");
    if (info == NULL || info->struct_size < sizeof info->struct_size ||
        info->struct_size > sizeof found)
        return byni_invalid("byn_mutex_owner", "info is NULL or its struct_size is not set");
    memset(&found, 0, sizeof found);
    found.struct_size = info->struct_size;
    state = mutex->state;
    found.depth = byni_load32(&state->depth);
    who = byni_load64(&state->owner);
    tell_owner(&found.owner, &state->record);
    tell_owner(&found.last_dead, &state->dead);
    found.abandonings = byni_load64(&state->abandonings);
    found.held = found.depth > 0;
    /* It changed hands while we read: whose name that is we cannot tell. */
    byni_fence();
    if (!found.held || who == 0 || who != byni_load64(&state->owner))
        memset(&found.owner, 0, sizeof found.owner);
    else
        found.owner_is_dead = bynk_thread_is_dead(who, found.owner.pid);
    memcpy(info, &found, found.struct_size);
    return BYN_OK;
}

void byni_mutex_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context)
{
    const mutex_state *state = byni_copy_state(copy, size, sizeof *state);
    uint64_t numbers;
    byni_hold hold = {0};

    if (state == NULL || byni_load32(&state->depth) == 0)
        return;
    numbers = byni_load64(&state->record.numbers);
    hold.me = byni_load64(&state->owner);
    hold.count = byni_load32(&state->depth);
    hold.since = byni_load64(&state->awaited);
    if (hold.me != 0) {
        hold.pid = (uint32_t)(numbers >> 32);
        hold.thread = (uint32_t)numbers;
    }
    sink(&hold, context);
}
