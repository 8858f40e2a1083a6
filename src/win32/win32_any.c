/*
 * Several at once. Kernel objects stand in one wait with the events of the seats that the thread takes at
 * spots; the kernel takes one of its own in the same step with the end of the wait. A seat's event is only a
 * hint to look again.
 */
#include "win32.h"

#include <byname/wait.h>

_Static_assert((int)BYN_WAIT_MAX <= MAXIMUM_WAIT_OBJECTS, "all of them stand in one wait");

enum { LONGEST_S = 60, STANDING_MS = 10 };

void bynk_mutex_describe(bynk_mutex *mutex, bynk_waitable *what)
{
    what->native = mutex->part.handle;
    what->native_take = true;
}

void bynk_event_describe(bynk_event *event, bynk_waitable *what)
{
    what->native = event->part.handle;
    what->native_take = true;
}

void bynk_semaphore_describe(bynk_semaphore *semaphore, bynk_waitable *what)
{
    what->segment = semaphore->segment;
    what->spot = &semaphore->state->spot;
    what->number = bynk_spot_number(what->spot);
}

/* ---- One of them ---------------------------------------------------------------------------------------- */

/* One wait. */
typedef struct bench {
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    DWORD count;                  /* of the objects' handles, which stand in the objects' order */
    DWORD all;                    /* and of those whose death is awaited, behind them */
    size_t of[BYN_WAIT_MAX];      /* handle -> object */
    unsigned seats[BYN_WAIT_MAX]; /* of an object with a spot */
    bool seated[BYN_WAIT_MAX];
    bool spots, watches, standing; /* there are some; not all spots have a seat */
    bool changed;                  /* a spot has, already */
} bench;

static void add(bench *b, bynk_waitable *what, size_t i)
{
    HANDLE handle = what->native;

    b->seated[i] = false;
    what->slept = true;
    if (what->spot != NULL) {
        b->spots = true;
        handle = bynw_seat_take(what->segment, what->spot, what->number, &b->seats[i]);
        b->seated[i] = handle != NULL;
        if (handle == NULL && bynk_spot_number(what->spot) != what->number)
            b->changed = true;
        else if (handle == NULL)
            b->standing = true;
    }
    if (handle == NULL)
        return;
    b->of[b->count] = i;
    b->handles[b->count++] = handle;
}

/* As many as there is room for; the others' deaths are seen at a heartbeat. */
static void add_watched(bench *b, const bynk_waitable *what)
{
    unsigned i;

    for (i = 0; i < what->watched_count && b->all < MAXIMUM_WAIT_OBJECTS; i++) {
        HANDLE handle = bynw_identity_handle(&what->watched[i]);

        b->watches = true;
        if (handle != NULL)
            b->handles[b->all++] = handle;
    }
}

static void leave(bench *b, bynk_waitable *what, size_t n, bool overslept)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (b->seated[i])
            bynw_seat_leave(what[i].segment, what[i].spot, b->seats[i], overslept);
    while (b->all > b->count)
        (void)CloseHandle(b->handles[--b->all]);
}

static DWORD wait_on(const bench *b, bynk_deadline deadline)
{
    uint64_t longest = (uint64_t)LONGEST_S * NS_PER_S, left;

    if (b->spots || byni_interruptible())
        longest = (uint64_t)bynw_beat_ms(b->watches) * NS_PER_MS;
    if (b->standing)
        longest = (uint64_t)STANDING_MS * NS_PER_MS;
    left = byni_remaining(deadline, longest);
    if (b->all > 0)
        return WaitForMultipleObjects(b->all, b->handles, FALSE, bynw_milliseconds(left));
    Sleep(bynw_milliseconds(left));
    return WAIT_TIMEOUT;
}

/* What the wait says: of an object of the kernel, that it is the caller's. */
static byn_status tell(const bench *b, const bynk_waitable *what, DWORD result, size_t *taken)
{
    bool abandoned = result >= WAIT_ABANDONED_0 && result < WAIT_ABANDONED_0 + b->count;
    DWORD index = result - (abandoned ? WAIT_ABANDONED_0 : WAIT_OBJECT_0);

    if (result == WAIT_FAILED)
        return bynw_fail(GetLastError(), NULL, "cannot wait for several objects");
    if (!abandoned && index >= b->count)
        return BYN_OK; /* a heartbeat, or a death */
    if (!what[b->of[index]].native_take)
        return BYN_OK;
    *taken = b->of[index];
    return abandoned ? BYN_ABANDONED : BYN_OK;
}

byn_status bynk_sleep_any(bynk_waitable *what, size_t n, bynk_rest *rest, size_t *taken)
{
    bench b = {.count = 0};
    DWORD result = WAIT_TIMEOUT;
    byn_status status = BYN_OK;
    size_t i;

    /* Also where something ends every sleep at once: a dead process that nobody can bury. */
    if (byni_remaining(rest->deadline, 1) == 0)
        return BYN_E_TIMEDOUT;
    for (i = 0; i < n; i++)
        add(&b, &what[i], i);
    b.all = b.count;
    for (i = 0; i < n; i++)
        add_watched(&b, &what[i]);
    if (!b.changed) {
        byni_rest_begin_any(what, n, rest);
        result = wait_on(&b, rest->deadline);
        byni_rest_end_any(what, n);
        byni_crash_point("any.woken");
        status = tell(&b, what, result, taken);
    }
    leave(&b, what, n, result == WAIT_TIMEOUT && !b.changed);
    if (b.changed || result != WAIT_TIMEOUT)
        return status;
    if (byni_remaining(rest->deadline, 1) == 0)
        return BYN_E_TIMEDOUT;
    return byni_interrupted() ? BYN_E_CANCELED : BYN_OK;
}

void bynk_slept(bynk_waitable *what, bool took)
{
    if (what->spot != NULL && !took && bynk_spot_number(what->spot) != what->number)
        bynk_spot_add(what->segment, what->spot, 0, 1);
}

/* ---- All of them ---------------------------------------------------------------------------------------- */

/* The system says that an owner had died, not whose: whoever died holding one had said so before. */
static void say_how(bynk_waitable *what, size_t n, bool abandoned)
{
    size_t i;

    for (i = 0; i < n; i++) {
        bool dead = abandoned && what[i].busy != NULL && byni_load32(what[i].busy) != 0;

        what[i].how = dead ? BYN_ABANDONED : BYN_OK;
    }
}

static DWORD wait_for_all(bynk_waitable *what, const HANDLE *handles, size_t n, uint64_t ns)
{
    bynk_rest rest = {.unseen = ns == 0};
    DWORD result;
    size_t i;

    for (i = 0; i < n; i++)
        what[i].written = byni_rest_begin(what[i].segment, &rest);
    result = WaitForMultipleObjects((DWORD)n, handles, TRUE, bynw_milliseconds(ns));
    byni_rest_end_any(what, n);
    return result;
}

byn_status bynk_take_all(bynk_waitable *what, size_t n, bynk_deadline deadline)
{
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    DWORD count = (DWORD)n, result;
    uint64_t left;
    size_t i;

    for (i = 0; i < n; i++)
        handles[i] = what[i].native;
    do {
        left =
            byni_remaining(deadline, byni_interruptible() ? (uint64_t)BYNI_INTERRUPT_MS * NS_PER_MS
                                                          : (uint64_t)LONGEST_S * NS_PER_S);
        result = wait_for_all(what, handles, n, left);
        byni_crash_point("all.taken");
        if (result == WAIT_TIMEOUT && left > 0 && byni_interrupted())
            return BYN_E_CANCELED;
    } while (result == WAIT_TIMEOUT && left > 0);
    if (result == WAIT_TIMEOUT)
        return BYN_E_TIMEDOUT;
    if (result == WAIT_FAILED)
        return bynw_fail(GetLastError(), NULL, "cannot wait for all of several objects");
    say_how(what, n, result >= WAIT_ABANDONED_0 && result < WAIT_ABANDONED_0 + count);
    return BYN_OK;
}

/* Events are the kernel's, which takes them in one step with the others: nothing to claim. */
byn_status bynk_event_claim(bynk_event *event)
{
    return bynk_event_wait(event, BYNK_NOW);
}

void bynk_event_settle(bynk_event *event, bool keep)
{
    if (!keep)
        (void)bynk_event_set(event);
}
