/*
 * Seats: who sleeps gets an event of its own, so that a wake-up reaches the one that it was meant for.
 * (One semaphore that all sleepers share loses wake-ups: one that sleeps again at once takes another's.)
 *
 * A change either precedes the sleeper's last look at the number, or follows its bit and finds it.
 */
#include "win32.h"

enum { SPINS = 100, HEARTBEAT_MS = 1000, WATCH_MS = 250, STANDING_MS = 10, UNWATCHED_MS = 10 };

static BYNI_THREAD_LOCAL unsigned last_seat;

void bynk_spot_initialise(bynk_spot *spot, uint32_t number)
{
    byni_store32(&spot->sleepers, 0);
    byni_store32(&spot->number, number);
}

#define NUMBER_MASK UINT32_C(0x3fffffff)

uint32_t bynk_spot_number(const bynk_spot *spot)
{
    return byni_load32(&spot->number) & NUMBER_MASK;
}

/* ---- Seats ---------------------------------------------------------------------------------------------- */

/* A seat for this thread, or BYNW_SEATS: none is free. */
static unsigned take_seat(byni_a64 *seats)
{
    unsigned i;

    for (i = 0; i < BYNW_SEATS; i++) {
        unsigned seat = (last_seat + i) % BYNW_SEATS;
        uint64_t nobody = 0;

        if (byni_load64(&seats[seat]) != 0)
            continue;
        if (byni_cas64(&seats[seat], &nobody, bynk_me()))
            return last_seat = seat;
    }
    for (i = 0; i < BYNW_SEATS; i++) {
        uint64_t who = byni_load64(&seats[i]);

        if (who == 0 || !bynw_thread_is_dead(who))
            continue;
        if (byni_cas64(&seats[i], &who, bynk_me()))
            return last_seat = i;
    }
    return BYNW_SEATS;
}

/* Remove killed sleepers, which would catch the wake-ups of the living. Their seats are taken first: once
 * free, they could have new owners with the same bit. */
static void sweep(byni_a64 *seats, bynk_spot *spot)
{
    uint32_t sleepers = byni_load32(&spot->sleepers);
    unsigned i;

    for (i = 0; i < BYNW_SEATS; i++) {
        uint64_t who = byni_load64(&seats[i]);

        if ((sleepers >> i & 1) == 0 || who == 0 || who == bynk_me())
            continue;
        if (!bynw_thread_is_dead(who) || !byni_cas64(&seats[i], &who, bynk_me()))
            continue;
        (void)byni_and32(&spot->sleepers, ~(UINT32_C(1) << i));
        byni_store64(&seats[i], 0);
    }
}

void bynw_seats_wake(bynk_segment *segment)
{
    byni_a64 *seats = segment->header->area.seat;
    unsigned i;

    byni_fence();
    for (i = 0; i < BYNW_SEATS; i++) {
        HANDLE event = byni_load64(&seats[i]) == 0 ? NULL : bynw_seat_event(segment, i);

        if (event != NULL)
            (void)SetEvent(event);
    }
}

/* ---- Sleeping ------------------------------------------------------------------------------------------- */

static bool spin(const bynk_spot *spot, uint32_t seen)
{
    int i;

    for (i = 0; i < SPINS; i++) {
        if (bynk_spot_number(spot) != seen)
            return true;
        byni_pause();
    }
    return false;
}

bool bynk_may_spin(void)
{
    return bynw_may_spin();
}

bool bynk_spin_while(const byni_a64 *word, uint64_t seen, bynk_wait_hint *hint)
{
    int i, spins = bynw_may_spin() ? SPINS : 0;

    (void)hint;
    for (i = 0; i < spins && byni_load64(word) == seen; i++)
        byni_pause();
    return byni_load64(word) != seen;
}

bool bynk_spot_spin(const bynk_spot *spot, uint32_t seen, bynk_wait_hint *hint)
{
    (void)hint;
    return bynw_may_spin() ? spin(spot, seen) : bynk_spot_number(spot) != seen;
}

uint32_t bynw_beat_ms(bool watches)
{
    if (byni_interruptible())
        return BYNI_INTERRUPT_MS;
    return watches ? WATCH_MS : HEARTBEAT_MS;
}

/* No seat, or no event for it: look again and again. */
static void stand(const bynk_spot *spot, uint32_t seen, const bynk_rest *rest)
{
    uint64_t ms, waited = 0, most = bynw_beat_ms(rest->watched_count > 0);

    for (ms = 1; bynk_spot_number(spot) == seen && waited < most; waited += ms) {
        uint64_t left = byni_remaining(rest->deadline, ms * NS_PER_MS);

        if (left == 0)
            return;
        Sleep(bynw_milliseconds(left));
        if (ms < STANDING_MS)
            ms++;
    }
}

/* Handles of those whose death ends the sleep too. One that is dead already has none: no sleep. */
static unsigned open_watched(const bynk_rest *rest, HANDLE *handles)
{
    unsigned i, count = 0;

    for (i = 0; i < rest->watched_count && count < MAXIMUM_WAIT_OBJECTS - 1; i++) {
        HANDLE handle = bynw_identity_handle(&rest->watched[i]);

        if (handle != NULL)
            handles[count++] = handle;
    }
    return count;
}

static DWORD wait_watching(HANDLE event, const bynk_rest *rest)
{
    HANDLE handles[MAXIMUM_WAIT_OBJECTS] = {event};
    unsigned count = 1 + open_watched(rest, handles + 1), i;
    uint64_t left =
        byni_remaining(rest->deadline, (uint64_t)bynw_beat_ms(rest->watched_count > 0) * NS_PER_MS);
    DWORD result = WaitForMultipleObjects(count, handles, FALSE, bynw_milliseconds(left));

    for (i = 1; i < count; i++)
        (void)CloseHandle(handles[i]);
    return result;
}

/* To watch takes three calls for each who is watched: a short sleep need not pay for it, within which nobody's death
 * is late. */
static DWORD wait_in_seat(HANDLE event, const bynk_rest *rest)
{
    uint64_t left;
    DWORD result;

    if (rest->watched_count == 0)
        return wait_watching(event, rest);
    left = byni_remaining(rest->deadline, (uint64_t)UNWATCHED_MS * NS_PER_MS);
    result = WaitForSingleObject(event, bynw_milliseconds(left));
    return result == WAIT_TIMEOUT ? wait_watching(event, rest) : result;
}

HANDLE bynw_seat_take(bynk_segment *segment, bynk_spot *spot, uint32_t seen, unsigned *seat)
{
    byni_a64 *seats = segment->header->area.seat;
    HANDLE event;

    *seat = take_seat(seats);
    if (*seat == BYNW_SEATS)
        return NULL;
    event = bynw_seat_event(segment, *seat);
    if (event == NULL) {
        byni_store64(&seats[*seat], 0);
        return NULL;
    }
    (void)byni_or32(&spot->sleepers, UINT32_C(1) << *seat);
    byni_crash_point("spot.enlisted");
    if (bynk_spot_number(spot) == seen)
        return event;
    bynw_seat_leave(segment, spot, *seat, false);
    return NULL;
}

void bynw_seat_leave(bynk_segment *segment, bynk_spot *spot, unsigned seat, bool overslept)
{
    byni_a64 *seats = segment->header->area.seat;

    (void)byni_and32(&spot->sleepers, ~(UINT32_C(1) << seat));
    byni_store64(&seats[seat], 0);
    if (overslept)
        sweep(seats, spot);
}

byn_status bynk_spot_sleep(bynk_segment *segment, bynk_spot *spot, uint32_t seen, bynk_rest *rest)
{
    byni_waiter *waiter;
    HANDLE event;
    unsigned seat;

    if (!rest->spun && bynw_may_spin() && spin(spot, seen))
        return BYN_OK;
    event = bynw_seat_take(segment, spot, seen, &seat);
    waiter = byni_rest_begin(segment, rest);
    if (event != NULL) {
        DWORD result = wait_in_seat(event, rest);

        byni_crash_point("spot.woken");
        bynw_seat_leave(segment, spot, seat, result == WAIT_TIMEOUT);
    } else {
        stand(spot, seen, rest);
    }
    byni_waiting_end(waiter);
    if (bynk_spot_number(spot) != seen)
        return BYN_OK;
    if (byni_remaining(rest->deadline, 1) == 0)
        return BYN_E_TIMEDOUT;
    return byni_interrupted() ? BYN_E_CANCELED : BYN_OK;
}

/* ---- Waking --------------------------------------------------------------------------------------------- */

/* Where this thread goes on, so that nobody is always the last. */
static BYNI_THREAD_LOCAL unsigned next_to_wake;

/* false: it has left, or another woke it. */
static bool wake_seat(bynk_segment *segment, bynk_spot *spot, unsigned seat)
{
    uint32_t bit = UINT32_C(1) << seat;
    HANDLE event;

    if ((byni_and32(&spot->sleepers, ~bit) & bit) == 0)
        return false;
    byni_crash_point("spot.cleared");
    event = bynw_seat_event(segment, seat);
    if (event != NULL)
        (void)SetEvent(event);
    return true;
}

bool bynk_spot_has_sleepers(const bynk_spot *spot)
{
    return byni_load32(&spot->sleepers) != 0;
}

/* Two words cannot be looked at in one step. */
bool bynk_spot_add_unseen(bynk_spot *spot, uint32_t add)
{
    (void)spot;
    (void)add;
    return false;
}

bool bynk_spot_add_with_unlock(bynk_spot *spot, bynk_mutex_state *held)
{
    (void)spot;
    (void)held;
    return false;
}

void bynw_sleepers_ready(bynk_segment *segment, const bynk_spot *spot)
{
    uint32_t sleepers = byni_load32(&spot->sleepers);
    unsigned seat;

    for (seat = 0; seat < BYNW_SEATS; seat++)
        if ((sleepers >> seat & 1) != 0)
            (void)bynw_seat_event(segment, seat);
}

/*
 * The number first, then the sleepers: they look at it without the guard, and one that was woken before
 * the change would go to sleep again. A death in between is repaired by the guard's heir, who wakes all
 * seats, or by the sleepers' heartbeat.
 */
void bynk_spot_add(bynk_segment *segment, bynk_spot *spot, uint32_t add, uint32_t wake)
{
    uint32_t sleepers;
    unsigned i;

    if (add != 0) {
        bynw_sleepers_ready(segment, spot);
        (void)byni_add32(&spot->number, add);
    }
    byni_crash_point("spot.added");
    byni_fence(); /* even x86 lets a load pass an earlier store */
    sleepers = byni_load32(&spot->sleepers);
    for (i = 0; i < BYNW_SEATS && sleepers != 0 && wake > 0; i++) {
        unsigned seat = (next_to_wake + i) % BYNW_SEATS;

        if ((sleepers >> seat & 1) == 0 || !wake_seat(segment, spot, seat))
            continue;
        if (--wake == 0)
            next_to_wake = seat + 1;
    }
}
