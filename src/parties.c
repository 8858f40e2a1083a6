#include "parties.h"

#include <string.h>

#include "dict_state.h"
#include "list_state.h"
#include "rwlock_state.h"
#include "undo.h"
#include "value_state.h"

/* ---- Who holds -------------------------------------------------------------------------------------- */

void byni_lock_holds(const byni_lock_state *lock, byni_hold_sink sink, void *context)
{
    uint32_t held = byni_load32(&lock->held);
    const byni_hold hold = {.pid = byni_load32(&lock->pid),
                            .thread = byni_load32(&lock->thread),
                            .started = byni_load64(&lock->started),
                            .count = 1};

    if (held != BYNI_FREE)
        sink(&hold, context);
}

/* The table of holders in a copy: as many as it says, and as there are. */
static void tell_holders(const byni_header *copy, size_t size,
                         bool (*fill)(const byni_holder *holder, byni_hold *hold),
                         byni_hold_sink sink, void *context)
{
    const char *base = (const char *)copy + BYNI_HOLDERS_OFFSET;
    const byni_holder *entries = (const byni_holder *)(const void *)(base + 64);
    uint32_t used, i;
    size_t there;

    if (size < BYNI_HOLDERS_SIZE)
        return;
    there = (size - BYNI_HOLDERS_OFFSET - 64) / sizeof(byni_holder);
    used = byni_load32(&((const byni_holders_state *)(const void *)base)->used);
    for (i = 0; i < used && i < there; i++) {
        const bynk_identity who = byni_holder_identity(&entries[i]);
        byni_hold hold = {.pid = who.pid, .thread = who.thread, .started = who.started};

        if (fill(&entries[i], &hold))
            sink(&hold, context);
    }
}

static bool fill_share(const byni_holder *holder, byni_hold *hold)
{
    uint32_t role = byni_rwlock_role(holder);

    hold->count = byni_load32(&holder->number) & MOST_SHARES;
    hold->sort = role == READS ? BYNI_WANTS_TO_READ : BYNI_WANTS_TO_WRITE;
    return role == READS || role == WRITES;
}

static bool fill_permits(const byni_holder *holder, byni_hold *hold)
{
    hold->count = byni_load32(&holder->number);
    return hold->count > 0;
}

static void rwlock_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context)
{
    tell_holders(copy, size, fill_share, sink, context);
}

/* Without undo it has no such table, and is too small for it. */
static void semaphore_holds(const byni_header *copy, size_t size, byni_hold_sink sink,
                            void *context)
{
    tell_holders(copy, size, fill_permits, sink, context);
}

static void value_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context)
{
    const byni_value_state *state = byni_copy_state(copy, size, sizeof *state);

    if (state != NULL)
        byni_lock_holds(&state->lock, sink, context);
}

static void dict_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context)
{
    const byni_dict_state *state = byni_copy_state(copy, size, sizeof *state);

    if (state != NULL)
        byni_lock_holds(&state->lock, sink, context);
}

static void list_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context)
{
    const list_state *state = byni_copy_state(copy, size, sizeof *state);

    if (state != NULL)
        byni_lock_holds(&state->lock, sink, context);
}

static const struct {
    uint32_t kind;
    void (*tell)(const byni_header *copy, size_t size, byni_hold_sink sink, void *context);
} kinds[] = {{BYNI_MUTEX, byni_mutex_holds}, {BYNI_SEMAPHORE, semaphore_holds},
             {BYNI_VALUE, value_holds},      {BYNI_RWLOCK, rwlock_holds},
             {BYNI_ONCE, byni_once_holds},   {BYNI_ARRAY, byni_array_holds},
             {BYNI_DICT, dict_holds},        {BYNI_LIST, list_holds}};

void byni_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context)
{
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].kind == copy->kind)
            kinds[i].tell(copy, size, sink, context);
}

bool byni_hold_alive(const byni_hold *hold)
{
    const bynk_identity who = {hold->pid, hold->thread, hold->started};

    if (hold->pid == 0)
        return false;
    return hold->me != 0 ? !bynk_thread_is_dead(hold->me, hold->pid) : bynk_identity_alive(&who);
}

/* ---- Telling ---------------------------------------------------------------------------------------- */

typedef struct telling {
    const char *only; /* the full name of one object; NULL: all */
    byn_party_visitor visitor;
    void *context;
    byn_party party; /* what is the same of all of one object */
    uint64_t now;
    bool go_on;
} telling;

static const char *text_of(uint32_t sort)
{
    static const char *const texts[] = {"", "read", "write"};

    return sort <= BYNI_WANTS_TO_WRITE ? texts[sort] : "";
}

static uint64_t ms_since(uint64_t now, uint64_t since)
{
    return since != 0 && since < now ? (now - since) / 1000000 : 0;
}

static void tell(telling *t, byn_party *party)
{
    char program[BYNK_PROGRAM_SIZE] = "";

    if (!t->go_on)
        return;
    if (party->pid != 0 && !party->dead)
        bynk_program_of(party->pid, program);
    party->object = t->party.object;
    party->kind = t->party.kind;
    party->program = program;
    t->go_on = t->visitor(party, t->context);
}

static void tell_hold(const byni_hold *hold, void *context)
{
    telling *t = context;
    byn_party party = {.role = BYN_ROLE_HOLDS,
                       .as = text_of(hold->sort),
                       .pid = hold->pid,
                       .thread = hold->thread,
                       .count = hold->count,
                       .ms = ms_since(t->now, hold->since),
                       .dead = !byni_hold_alive(hold)};

    tell(t, &party);
}

byn_party byni_party_of_wait(const byni_wait *wait, uint64_t now)
{
    const byn_party party = {.role = BYN_ROLE_WAITS,
                             .as = text_of(wait->wants & BYNI_WANTS_SORT),
                             .pid = wait->pid,
                             .thread = wait->thread,
                             .ms = ms_since(now, wait->since)};

    return party;
}

static void tell_waits(telling *t, const byni_header *copy)
{
    const byni_waiters *waiters = byni_waiters_of((byni_header *)(uintptr_t)copy);
    uint64_t untold = byni_load64(&waiters->unrecorded);
    byni_wait wait;
    size_t i;

    for (i = 0; i < BYNI_WAITERS; i++) {
        byn_party party;

        if (!byni_waiter_read(&waiters->entry[i], &wait))
            continue;
        party = byni_party_of_wait(&wait, t->now);
        party.dead = !byni_wait_alive(&wait);
        tell(t, &party);
    }
    if (untold > 0) {
        byn_party party = {.role = BYN_ROLE_UNTOLD,
                           .as = "",
                           .count = untold < UINT32_MAX ? (uint32_t)untold : UINT32_MAX};

        tell(t, &party);
    }
}

static bool tell_object(const byni_header *copy, size_t size, void *context)
{
    telling *t = context;

    if (t->only != NULL && strcmp(t->only, copy->name) != 0)
        return true;
    t->party.object = copy->name;
    t->party.kind = byni_kind_name(copy->kind);
    t->now = bynk_clock();
    byni_holds(copy, size, tell_hold, t);
    tell_waits(t, copy);
    return t->go_on && t->only == NULL;
}

byn_status byn_parties_visit(const char *object, byn_party_visitor visitor, void *context)
{
    telling t = {.visitor = visitor, .context = context, .go_on = true};
    byni_name name;
    byn_status status;

    if (visitor == NULL)
        return byni_null("byn_parties_visit", "visitor");
    status = bynk_begin();
    if (status >= 0 && object != NULL) {
        status = byni_name_parse(&name, object);
        t.only = name.full;
    }
    if (status >= 0)
        status =
            bynk_segments_glance(object != NULL ? &name : NULL, BYNI_PARTIES_SIZE, tell_object, &t);
    return status < 0 ? byni_failed(status, "byn_parties_visit", object) : status;
}

static bool tell_user(uint32_t pid, void *context)
{
    telling *t = context;
    byn_party party = {.role = BYN_ROLE_OPEN, .as = "", .pid = pid};

    tell(t, &party);
    return t->go_on;
}

byn_status byn_openers_visit(const char *object, byn_party_visitor visitor, void *context)
{
    telling t = {.visitor = visitor, .context = context, .go_on = true};
    uint32_t unseen = 0;
    byni_name name;
    byn_status status;

    if (object == NULL || visitor == NULL)
        return byni_null("byn_openers_visit", object == NULL ? "object" : "visitor");
    status = bynk_begin();
    if (status >= 0)
        status = byni_name_parse(&name, object);
    if (status >= 0) {
        t.party.object = name.full;
        t.party.kind = "";
        status = bynk_segment_users(&name, tell_user, &t, &unseen);
    }
    if (status >= 0 && unseen > 0) {
        byn_party party = {.role = BYN_ROLE_UNTOLD, .as = "", .count = unseen};

        tell(&t, &party);
    }
    return status < 0 ? byni_failed(status, "byn_openers_visit", object) : status;
}

byn_status byn_pid_describe(uint32_t pid, byn_pid_info *info)
{
    byn_pid_info found;
    bynk_identity who;
    byn_status status;

    if (!byni_struct_fits(info, sizeof found))
        return byni_wrong_struct("byn_pid_describe", "info");
    status = bynk_begin();
    if (status >= 0)
        status = bynk_identity_of(pid, &who);
    if (status < 0)
        return byni_failed(status, "byn_pid_describe", NULL);
    memset(&found, 0, sizeof found);
    found.struct_size = info->struct_size;
    found.alive = true;
    bynk_program_of(pid, found.program);
    bynk_command_of(pid, found.command, sizeof found.command);
    memcpy(info, &found, found.struct_size);
    return BYN_OK;
}
