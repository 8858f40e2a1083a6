/*
 * Waiting for several futures. Tasks begin in the order in which they were submitted, so of a set in that order
 * the next one that ends is among its first ones that have not ended, and few are looked at. All are looked
 * at when the bell has rung for others, which is a load for each.
 */
#include "future_state.h"

#include <byname/wait.h>

#define A_WHILE (UINT64_C(50) * 1000000) /* ns */

typedef struct waiting {
    byn_future *const *set;
    size_t n;
    size_t from; /* all before have ended, and are not what is waited for */
    byn_futures_when when;
    bynk_rest rest;
    /* What to sleep on: the bells of those that have not ended, each once. */
    bynk_waitable what[BYN_WAIT_MAX];
    size_t count;
    bool is_whole;
    byn_future *one; /* that has not ended */
} waiting;

/* What to sleep on is written when that comes to it: it is much, and most find one that has ended. */
static void begin(waiting *w, byn_future *const *set, size_t n, byn_futures_when when,
                  bynk_deadline deadline)
{
    w->set = set;
    w->n = n;
    w->from = 0;
    w->when = when;
    w->rest = (bynk_rest){.deadline = deadline};
    w->count = 0;
    w->is_whole = true;
    w->one = NULL;
}

static bool has_failed(const byn_future *future)
{
    uint32_t stage = byni_load32(&future->stage);

    return stage == BYN_FUTURE_FAILED || stage == BYN_FUTURE_CANCELED;
}

/* ---- Sleep --------------------------------------------------------------------------------------- */

static bool is_listened_to(const waiting *w, const bynk_spot *spot)
{
    size_t k = w->count;

    while (k-- > 0)
        if (w->what[k].spot == spot)
            return true;
    return false;
}

/* Listens to all bells before the futures are looked at. */
static void listen(waiting *w)
{
    size_t i;

    w->count = 0;
    w->is_whole = true;
    for (i = w->from; i < w->n; i++) {
        byn_future *future = w->set[i];
        byni_bell *bell;
        bynk_waitable *what;

        if (future == NULL || byni_load32(&future->stage) != BYN_FUTURE_WAITING)
            continue;
        bell = byni_future_bell(future);
        if (is_listened_to(w, &bell->spot))
            continue;
        if (w->count == BYN_WAIT_MAX) {
            w->is_whole = false;
            break;
        }
        what = &w->what[w->count++];
        memset(what, 0, sizeof *what);
        what->segment = future->pool->object.segment;
        what->spot = &bell->spot;
        what->number = byni_bell_listen(bell);
    }
}

/* More bells than one can listen to: look again after a while. */
static bool is_short(const waiting *w)
{
    return !w->is_whole && byni_remaining(w->rest.deadline, A_WHILE) == A_WHILE;
}

/* One bell is the rule, and may be worth a spin. */
static byn_status sleep_once(waiting *w)
{
    bynk_deadline deadline = w->rest.deadline;
    bool is_cut = is_short(w);
    size_t k, taken = w->count;
    byn_status status;

    if (w->count == 1 && w->one != NULL) {
        w->rest.hint = &w->one->pool->ends_hint;
        return bynk_spot_sleep(w->what[0].segment, w->what[0].spot, w->what[0].number, &w->rest);
    }
    if (is_cut)
        w->rest.deadline = bynk_clock() + A_WHILE;
    status = bynk_sleep_any(w->what, w->count, &w->rest, &taken);
    w->rest.deadline = deadline;
    for (k = 0; k < w->count; k++)
        if (w->what[k].slept)
            bynk_slept(&w->what[k], false);
    return status == BYN_E_TIMEDOUT && is_cut ? BYN_OK : status;
}

/* ---- Look ---------------------------------------------------------------------------------------- */

static byn_status told(const waiting *w, size_t i, size_t *index)
{
    const byn_future *future = w->set[i];

    *index = i;
    if (future->gone)
        return byni_fail(byni_failure_status(future), "%s", byni_failure_message(future));
    return BYN_OK;
}

static bool is_wanted(const waiting *w, const byn_future *future)
{
    return w->when == BYN_FIRST_DONE || future->gone || has_failed(future);
}

/* BYN_E_TIMEDOUT: not yet. *index is n if all have ended, and none is what was waited for. */
static byn_status look(waiting *w, size_t *index)
{
    size_t i;

    w->one = NULL;
    for (i = w->from; i < w->n; i++) {
        byn_future *future = w->set[i];

        if (future == NULL || !byni_future_ended(future)) {
            if (w->one == NULL)
                w->one = future;
            continue;
        }
        if (is_wanted(w, future))
            return told(w, i, index);
        if (w->one == NULL)
            w->from = i + 1;
    }
    *index = w->n;
    return w->one == NULL ? BYN_OK : BYN_E_TIMEDOUT;
}

static byn_status await_one(waiting *w, size_t *index)
{
    byn_status status, slept = BYN_OK;

    for (;;) {
        status = look(w, index);
        if (status != BYN_E_TIMEDOUT || w->rest.deadline == BYNK_NOW)
            return status;
        if (slept < 0)
            return slept;
        status = byni_future_help(w->one);
        if (status >= 0)
            continue;
        if (status != BYN_E_TIMEDOUT)
            return status;
        listen(w);
        status = look(w, index);
        if (status != BYN_E_TIMEDOUT)
            return status;
        slept = sleep_once(w);
    }
}

/*
 * They end in about the order of the set, and each wake-up costs more than many a task. So the first half of what is left
 * is awaited at once, by its last one. Who runs tasks meanwhile, or looks at other processes' futures, takes them in
 * order.
 */
static byn_future *next_of(const waiting *w)
{
    byn_future *first = w->set[w->from], *half = w->set[w->from + (w->n - w->from) / 2];
    uint32_t worker;

    if (half == NULL || half->foreign || first->foreign || half->pool != first->pool ||
        byni_load32(&half->stage) != BYN_FUTURE_WAITING || byni_worker_is_me(first->pool, &worker))
        return first;
    return half;
}

/* What ended meanwhile is settled in one go. */
static byn_status await_all(waiting *w)
{
    byn_status status = BYN_OK;

    while (status >= 0) {
        w->from += byni_futures_ended(&w->set[w->from], w->n - w->from);
        if (w->from == w->n)
            return BYN_OK;
        status = byni_future_await(next_of(w), w->rest.deadline);
    }
    return status;
}

static byn_status await_gone(const waiting *w)
{
    size_t i, index;

    for (i = 0; i < w->n; i++)
        if (w->set[i] != NULL && w->set[i]->gone)
            return told(w, i, &index);
    return BYN_OK;
}

/* ---- The calls ------------------------------------------------------------------------------------- */

static byn_status check(byn_future *const *set, size_t n, byn_timeout timeout,
                        const char *operation)
{
    size_t i, count = 0;

    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(operation);
    if (set == NULL)
        return byni_null(operation, "set");
    for (i = 0; i < n; i++) {
        if (set[i] == NULL)
            continue;
        count++;
        if (!byni_future_usable(set[i], operation))
            return BYN_E_INVALID;
    }
    return count > 0 ? BYN_OK : byni_invalid(operation, "there is no future to wait for");
}

static byn_status answer(byn_status status, const char *operation)
{
    if (status >= 0)
        return status;
    if (status == BYN_E_TIMEDOUT || status == BYN_E_CANCELED)
        return byni_failed_plainly(status, operation, "");
    return byni_failed(status, operation, NULL);
}

byn_status byni_futures_await_all(byn_future *const *set, size_t n, bynk_deadline deadline)
{
    byn_status status;
    waiting w;

    if (set == NULL || n == 0)
        return BYN_OK;
    begin(&w, set, n, BYN_ALL_DONE, deadline);
    status = await_all(&w);
    return status >= 0 ? await_gone(&w) : status;
}

byn_status byni_futures_await_first(byn_future *const *set, size_t n, bynk_deadline deadline,
                                    size_t *index)
{
    waiting w;

    begin(&w, set, n, BYN_FIRST_DONE, deadline);
    return await_one(&w, index);
}

byn_status byn_futures_wait(byn_future *const *set, size_t n, byn_futures_when when,
                            byn_timeout timeout, size_t *index)
{
    static const char name[] = "byn_futures_wait";
    size_t found = n;
    waiting w;
    byn_status status = check(set, n, timeout, name);

    if (status < 0)
        return status;
    if (when < BYN_ALL_DONE || when > BYN_FIRST_FAILED)
        return byni_invalid(name, "what to wait for is no byn_futures_when");
    begin(&w, set, n, when, byni_deadline(timeout));
    status = when == BYN_ALL_DONE ? byni_futures_await_all(set, n, w.rest.deadline)
                                  : await_one(&w, &found);
    if (status >= 0 && index != NULL && when != BYN_ALL_DONE)
        *index = found;
    return answer(status, name);
}

/* Moves those that have ended behind those that were told, in front of NULLs and others. */
byn_status byn_futures_next(byn_future **set, size_t n, size_t *so_far, byn_timeout timeout)
{
    static const char name[] = "byn_futures_next";
    size_t found;
    byn_status status;
    byn_future *next;

    if ((set == NULL && n > 0) || so_far == NULL)
        return byni_null(name, so_far == NULL ? "told" : "set");
    if (*so_far > n)
        return byni_invalid(name, "more were told than there are");
    for (found = *so_far; found < n && set[found] == NULL; found++) {
    }
    if (found == n) /* the usual end of a loop */
        return byni_failed_because(BYN_E_NOTFOUND, name, "", "all of them were told");
    /* All of them once, and then each that is asked for. */
    status = check(set + found, *so_far == 0 ? n - found : 1, timeout, name);
    if (status < 0)
        return status;
    status = byni_futures_await_first(set + *so_far, n - *so_far, byni_deadline(timeout), &found);
    if (status < 0)
        return answer(status, name);
    found += *so_far;
    next = set[found];
    set[found] = set[*so_far];
    set[*so_far] = next;
    (*so_far)++;
    return BYN_OK;
}
