#include "waiters.h"

#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "kernel.h"

/* How long a wait has lasted when it is worth while to ask the system who is dead. */
#define PATIENCE_NS UINT64_C(500000000)

/* The calling thread, looked up once: the system is not asked before each sleep. */
typedef struct self {
    uint64_t token; /* of the process that looked it up */
    uint64_t who, started;
    uint32_t run_by, runs;
} self;

static uint32_t read_number(const char *at)
{
    uint32_t number = 0;

    for (; *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (uint32_t)(*at - '0');
    return number;
}

/* Back from the last one, as long as they are our parent, its parent and so on. */
static uint32_t count_runs(const char *text, uint32_t pid)
{
    const char *at = text + strlen(text);
    uint32_t runs = 0;
    bynk_descent of;

    while (runs < BYNI_RUNNERS && bynk_descent_of(pid, &of)) {
        while (at > text && at[-1] != ',')
            at--;
        if (of.parent == 0 || read_number(at) != of.parent)
            break;
        runs++;
        pid = of.parent;
        if (at == text)
            break;
        at--;
    }
    return runs;
}

static void look_who_runs_us(self *me)
{
    char *text = bynk_environment_copy(BYNI_RUN_BY);

    if (text != NULL) {
        me->run_by = read_number(text);
        me->runs = count_runs(text, (uint32_t)(me->who >> 32));
    }
    free(text);
}

static const self *look_at_self(void)
{
    static BYNI_THREAD_LOCAL self me;
    bynk_identity process;
    bynk_self described;

    if (BYNI_UNLIKELY(me.token != bynk_token())) {
        bynk_identity_own(&process);
        bynk_self_describe(&described);
        me = (self){bynk_token(), (uint64_t)process.pid << 32 | described.thread, process.started,
                    0, 0};
        look_who_runs_us(&me);
    }
    return &me;
}

/* Beginning at a place of the thread's own, so that it meets few others. */
static byni_waiter *find_room(byni_waiters *waiters, const self *me)
{
    uint32_t first = (uint32_t)me->who % BYNI_WAITERS, i;

    for (i = 0; i < BYNI_WAITERS; i++) {
        byni_waiter *entry = &waiters->entry[(first + i) % BYNI_WAITERS];
        uint64_t nobody = 0;

        if (byni_load64(&entry->who) == 0 && byni_cas64(&entry->who, &nobody, me->who))
            return entry;
    }
    return NULL;
}

bool byni_wait_alive(const byni_wait *wait)
{
    const bynk_identity process = {wait->pid, 0, wait->started},
                        thread = {wait->pid, wait->thread, 0};

    return bynk_identity_alive(&thread) && bynk_identity_alive(&process);
}

/* Of a claim that says nothing yet `started` may be a predecessor's. */
static bool is_dead(const byni_waiter *entry, uint64_t who)
{
    byni_wait wait = {.pid = (uint32_t)(who >> 32), .thread = (uint32_t)who};

    if (byni_load64(&entry->since) != 0)
        wait.started = byni_load64(&entry->started);
    return !byni_wait_alive(&wait);
}

/* A dead one's. It does not come back: what was read of it is still so when it is claimed. */
static byni_waiter *take_over(byni_waiters *waiters, const self *me)
{
    uint32_t i;

    for (i = 0; i < BYNI_WAITERS; i++) {
        byni_waiter *entry = &waiters->entry[i];
        uint64_t who = byni_load64(&entry->who);

        if (who != 0 && is_dead(entry, who) && byni_cas64(&entry->who, &who, me->who))
            return entry;
    }
    return NULL;
}

byni_waiter *byni_waiting_begin(byni_waiters *waiters, uint64_t *since, uint32_t wants)
{
    const self *me;
    byni_waiter *entry;
    uint64_t began;

    if (waiters == NULL)
        return NULL;
    began = *since == 0 ? (*since = bynk_clock()) : *since;
    me = look_at_self();
    entry = find_room(waiters, me);
    if (BYNI_UNLIKELY(entry == NULL) && bynk_clock() - began > PATIENCE_NS)
        entry = take_over(waiters, me);
    if (BYNI_UNLIKELY(entry == NULL)) {
        (void)byni_add64(&waiters->unrecorded, 1);
        return NULL;
    }
    byni_crash_point("waiting.claimed");
    byni_store64(&entry->since, 0); /* a dead one's */
    byni_store64(&entry->started, me->started);
    byni_store32(&entry->wants, wants | me->runs << BYNI_WANTS_RUNS);
    byni_store32(&entry->run_by, me->run_by);
    byni_store64(&entry->since, began);
    return entry;
}

void byni_waiting_end(byni_waiter *entry)
{
    if (entry == NULL)
        return;
    byni_store64(&entry->since, 0);
    byni_crash_point("waiting.over");
    byni_store64(&entry->who, 0);
}

/* What changed while it was read was another's, or is over. */
bool byni_waiter_read(const byni_waiter *entry, byni_wait *wait)
{
    uint64_t who = byni_load64(&entry->who);

    wait->since = byni_load64(&entry->since);
    wait->started = byni_load64(&entry->started);
    wait->wants = byni_load32(&entry->wants);
    wait->runs = wait->wants >> BYNI_WANTS_RUNS;
    wait->wants &= (UINT32_C(1) << BYNI_WANTS_RUNS) - 1;
    wait->run_by = byni_load32(&entry->run_by);
    wait->pid = (uint32_t)(who >> 32);
    wait->thread = (uint32_t)who;
    byni_fence_loads();
    return who != 0 && wait->since != 0 && byni_load64(&entry->who) == who &&
           byni_load64(&entry->since) == wait->since;
}

void byni_wait_own(byni_wait *wait)
{
    const self *me = look_at_self();

    *wait = (byni_wait){.pid = (uint32_t)(me->who >> 32),
                        .thread = (uint32_t)me->who,
                        .started = me->started,
                        .run_by = me->run_by,
                        .runs = me->runs};
}

/* ---- A sleep of the platform's ---------------------------------------------------------------------- */

byni_waiter *byni_rest_begin(bynk_segment *segment, bynk_rest *rest)
{
    if (segment == NULL || rest->unseen)
        return NULL;
    return byni_waiting_begin(byni_waiters_of(bynk_segment_header(segment)), &rest->since,
                              rest->wants);
}

void byni_rest_begin_any(bynk_waitable *what, size_t n, bynk_rest *rest)
{
    const uint32_t wants = rest->wants;
    size_t i;

    if (n > 1)
        rest->wants |= BYNI_WANTS_ANY;
    for (i = 0; i < n; i++)
        what[i].written = byni_rest_begin(what[i].segment, rest);
    rest->wants = wants;
}

void byni_rest_end_any(bynk_waitable *what, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        byni_waiting_end(what[i].written);
}
