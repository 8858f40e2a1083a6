/*
 * Waiting for several. Nothing is taken while the thread sleeps, but for what the kernel itself takes in one
 * step with the end of the sleep; so a death while waiting takes nothing along.
 *
 * All at once: what is one kernel's is taken in one step of the kernel. Of the rest one after the other is
 * tried, in an order that is the same for all processes, and put back if one is missing. If the caller is
 * killed in between, the system returns mutexes, and semaphores with undo know whom they were taken by; the
 * others are claimed, which a death undoes, and the claims settled when all are had. The last one needs no
 * claim: to take it is the commit.
 */
#include <byname/wait.h>

#include <string.h>

#include "waitable.h"

static const char any_name[] = "byn_wait_any", all_name[] = "byn_wait_all";

typedef struct waiting {
    void *const *objects;
    size_t n;
    bynk_rest rest;
    bynk_waitable what[BYN_WAIT_MAX];
    bool slept[BYN_WAIT_MAX]; /* on it, and the wake-up that it may have got is not passed on */
    uint32_t number[BYN_WAIT_MAX]; /* of its spot in the last such sleep */
    const char *culprit;           /* the name of what failed, for the message */
} waiting;

static const byni_kind *kind_of(const void *object)
{
    return ((const byni_handle *)object)->kind;
}

static const byni_waitable *ways(const waiting *w, size_t i)
{
    return kind_of(w->objects[i])->waitable;
}

/* ---- The arguments ------------------------------------------------------------------------------- */

static byn_status check_object(void *const *objects, size_t i)
{
    const byni_handle *handle = objects[i];
    size_t k;

    if (handle == NULL)
        return byni_fail(BYN_E_INVALID, "object %u is NULL", (unsigned)i);
    if (handle->token != bynk_token())
        return byni_fail(BYN_E_INVALID,
                         "object %u was inherited by fork(): a child opens the name itself",
                         (unsigned)i);
    if (handle->kind->waitable == NULL)
        return byni_fail(BYN_E_INVALID, "object %u is a %s, which cannot be waited for",
                         (unsigned)i, byni_kind_name(handle->kind->id));
    for (k = 0; k < i; k++)
        if (objects[k] == objects[i])
            return byni_fail(BYN_E_INVALID, "objects %u and %u are the same", (unsigned)k,
                             (unsigned)i);
    return BYN_OK;
}

static byn_status begin(waiting *w, void *const *objects, size_t n, byn_timeout timeout)
{
    byn_status status = BYN_OK;
    size_t i;

    w->culprit = NULL;
    w->n = 0;
    /* Set in any case: who fails here is still asked what there is to finish. */
    w->objects = objects;
    memset(&w->rest, 0, sizeof w->rest);
    memset(w->slept, 0, sizeof w->slept);
    memset(w->number, 0, sizeof w->number);
    if (objects == NULL)
        return byni_fail_null("objects");
    if (n == 0)
        return byni_fail(BYN_E_INVALID, "there is no object to wait for");
    if (n > BYN_WAIT_MAX)
        return byni_fail(BYN_E_LIMIT, "%lu objects are more than %d", (unsigned long)n,
                         BYN_WAIT_MAX);
    if (!byni_timeout_valid(timeout))
        return byni_fail_timeout();
    w->n = n;
    memset(w->what, 0, n * sizeof w->what[0]);
    for (i = 0; i < n && status >= 0; i++)
        status = check_object(objects, i);
    return status; /* the first attempt is BYNK_NOW: the clock is asked when it has failed */
}

static byn_status answer(const waiting *w, byn_status status, const char *operation)
{
    if (status >= 0)
        return status;
    if (status == BYN_E_TIMEDOUT || status == BYN_E_CANCELED)
        return byni_failed_plainly(status, operation, "");
    return byni_failed(status, operation, w->culprit);
}

/* NULL of a process, which has none. */
static const char *name_of(const void *object)
{
    return ((const byni_handle *)object)->name;
}

static void describe(waiting *w, size_t i)
{
    memset(&w->what[i], 0, sizeof w->what[i]);
    ways(w, i)->describe(w->objects[i], &w->what[i]);
}

/* Once, on those from `first` on. */
static byn_status sleep_on(waiting *w, size_t first, size_t n, size_t *taken)
{
    byn_status status = bynk_sleep_any(&w->what[first], n, &w->rest, taken);
    size_t i;

    for (i = first; i < first + n; i++) {
        if (!w->what[i].slept)
            continue;
        w->slept[i] = true;
        w->number[i] = w->what[i].number;
    }
    return status;
}

/* What has changed since the sleep counts: a later attempt has described it anew. */
static void finish(waiting *w, size_t i, bool took)
{
    if (!w->slept[i])
        return;
    w->slept[i] = false;
    w->what[i].number = w->number[i];
    bynk_slept(&w->what[i], took);
}

/* The kernel took it in a sleep. */
static byn_status note(const waiting *w, size_t i, byn_status how)
{
    return ways(w, i)->taken != NULL ? ways(w, i)->taken(w->objects[i], how) : how;
}

/* ---- Any ----------------------------------------------------------------------------------------- */

static byn_status take_first(waiting *w, size_t *index)
{
    byn_status status = BYN_E_TIMEDOUT;
    size_t i;

    for (i = 0; i < w->n; i++)
        describe(w, i);
    for (i = 0; i < w->n && status == BYN_E_TIMEDOUT; i++) {
        status = ways(w, i)->take(w->objects[i]);
        *index = i;
    }
    return status;
}

/* BYN_E_TIMEDOUT with *again: try again. */
static byn_status attempt_any(waiting *w, size_t *index, bool *again)
{
    byn_status status = take_first(w, index);
    size_t taken = w->n;

    *again = false;
    if (status != BYN_E_TIMEDOUT || w->rest.deadline == BYNK_NOW)
        return status;
    status = sleep_on(w, 0, w->n, &taken);
    if (taken < w->n) {
        *index = taken;
        return note(w, taken, status);
    }
    *again = status >= 0;
    return status;
}

byn_status byn_wait_any(void *const *objects, size_t n, byn_timeout timeout, size_t *index)
{
    waiting w;
    size_t found = 0, i;
    bool again;
    byn_status status = begin(&w, objects, n, timeout);

    if (status < 0)
        return answer(&w, status, any_name);
    status = attempt_any(&w, &found, &again);
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW) {
        w.rest.deadline = byni_deadline(timeout);
        do
            status = attempt_any(&w, &found, &again);
        while (again);
    }
    if (status < 0 && status != BYN_E_TIMEDOUT && status != BYN_E_CANCELED)
        w.culprit = name_of(objects[found]);
    for (i = 0; i < n; i++)
        finish(&w, i, status >= 0 && i == found);
    if (status >= 0 && index != NULL)
        *index = found;
    return answer(&w, status, any_name);
}

/* ---- All ----------------------------------------------------------------------------------------- */

typedef struct wanting {
    waiting w;
    /* Indices: what the kernel can take in one step, and the others in their order. */
    size_t natives[BYN_WAIT_MAX], others[BYN_WAIT_MAX];
    size_t native_count, other_count;
    byn_status how[BYN_WAIT_MAX];
    bool claimed[BYN_WAIT_MAX];
    bool natives_held;
} wanting;

/* What may be claimed comes last; within that all processes have one order. */
static bool comes_before(const waiting *w, size_t a, size_t b)
{
    bool claim_a = ways(w, a)->claim != NULL, claim_b = ways(w, b)->claim != NULL;

    if (claim_a != claim_b)
        return claim_b;
    return w->what[a].order < w->what[b].order;
}

static void divide(wanting *all)
{
    size_t i, k;

    all->native_count = all->other_count = 0;
    for (i = 0; i < all->w.n; i++) {
        describe(&all->w, i);
        if (all->w.what[i].native_take) {
            all->natives[all->native_count++] = i;
            continue;
        }
        for (k = all->other_count++; k > 0 && comes_before(&all->w, i, all->others[k - 1]); k--)
            all->others[k] = all->others[k - 1];
        all->others[k] = i;
    }
}

static void put_back_others(wanting *all, size_t count)
{
    while (count-- > 0) {
        size_t i = all->others[count];

        if (all->claimed[i])
            ways(&all->w, i)->settle(all->w.objects[i], all->how[i], false);
        else
            ways(&all->w, i)->put_back(all->w.objects[i], all->how[i]);
    }
}

/* All or none of them. *missing: the one that could not be had. */
static byn_status take_others(wanting *all, size_t *missing)
{
    size_t count, i;

    for (count = 0; count < all->other_count; count++)
        describe(&all->w, all->others[count]);
    for (count = 0; count < all->other_count; count++) {
        bool commits =
            count + 1 == all->other_count && (all->native_count == 0 || all->natives_held);
        const byni_waitable *way;

        i = all->others[count];
        way = ways(&all->w, i);
        all->claimed[i] = way->claim != NULL && !commits;
        all->how[i] = (all->claimed[i] ? way->claim : way->take)(all->w.objects[i]);
        if (all->how[i] >= 0)
            continue;
        *missing = i;
        all->w.culprit = name_of(all->w.objects[i]);
        put_back_others(all, count);
        return all->how[i];
    }
    return BYN_OK;
}

static byn_status take_natives(wanting *all, bynk_deadline deadline)
{
    bynk_waitable what[BYN_WAIT_MAX];
    byn_status status;
    size_t k;

    for (k = 0; k < all->native_count; k++)
        what[k] = all->w.what[all->natives[k]];
    status = bynk_take_all(what, all->native_count, deadline);
    all->natives_held = status >= 0;
    for (k = 0; k < all->native_count && status >= 0; k++)
        all->how[all->natives[k]] = note(&all->w, all->natives[k], what[k].how);
    return status;
}

static void put_back_natives(wanting *all)
{
    size_t k;

    for (k = 0; k < all->native_count && all->natives_held; k++)
        ways(&all->w, all->natives[k])
            ->put_back(all->w.objects[all->natives[k]], all->how[all->natives[k]]);
    all->natives_held = false;
}

/* Everything is had: it is the caller's. */
static byn_status settle(wanting *all)
{
    byn_status status = BYN_OK;
    size_t i, k;

    for (k = 0; k < all->other_count; k++) {
        i = all->others[k];
        if (all->claimed[i])
            ways(&all->w, i)->settle(all->w.objects[i], all->how[i], true);
    }
    for (i = 0; i < all->w.n; i++)
        if (all->how[i] == BYN_ABANDONED)
            status = BYN_ABANDONED;
    return status;
}

/* Until what was missing may be had; nothing is held meanwhile. What woke the last sleep, on another one, may be
 * the turn of another. */
static byn_status sleep_on_missing(wanting *all, size_t missing)
{
    size_t i, taken = 1;

    for (i = 0; i < all->w.n; i++)
        if (i != missing)
            finish(&all->w, i, false);
    return sleep_on(&all->w, missing, 1, &taken);
}

/* One attempt, and if it fails a sleep. BYN_E_TIMEDOUT with *again: try again. */
static byn_status attempt_all(wanting *all, bool *again)
{
    size_t missing = 0;
    byn_status status = take_others(all, &missing);

    *again = false;
    if (status < 0) {
        put_back_natives(all);
        if (status != BYN_E_TIMEDOUT)
            return status;
        status = sleep_on_missing(all, missing);
        *again = status >= 0;
        return status;
    }
    if (all->native_count == 0 || all->natives_held)
        return settle(all);
    status = take_natives(all, BYNK_NOW);
    if (status >= 0)
        return settle(all);
    put_back_others(all, all->other_count);
    /* With the natives in hand the others are tried again. */
    if (status == BYN_E_TIMEDOUT)
        status = take_natives(all, all->w.rest.deadline);
    *again = status >= 0;
    return status;
}

static byn_status try_until_settled(wanting *all)
{
    byn_status status;
    bool again;

    do
        status = attempt_all(all, &again);
    while (again);
    return status;
}

byn_status byn_wait_all(void *const *objects, size_t n, byn_timeout timeout)
{
    wanting all;
    size_t i;
    byn_status status = begin(&all.w, objects, n, timeout);

    if (status < 0)
        return answer(&all.w, status, all_name);
    all.natives_held = false;
    divide(&all);
    status = try_until_settled(&all);
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW) {
        all.w.rest.deadline = byni_deadline(timeout);
        status = try_until_settled(&all);
    }
    for (i = 0; i < n; i++)
        finish(&all.w, i, status >= 0);
    return answer(&all.w, status, all_name);
}
