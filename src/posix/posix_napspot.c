/*
 * Sleeping on a spot, on any POSIX: nothing but a robust mutex and naps. See bynk_spot in spot_types.h.
 *
 * A change is one store and wakes nobody; sleepers look at the word after naps of growing length, so
 * that a wake-up comes late by about as much as the wait has lasted, and by 10 ms at most. That many
 * long sleepers cost little more than one, they queue on the spot's mutex: the one that has it looks
 * for all, the others block on it. Who sees the change leaves, and so lets the next one see it.
 *
 * Nothing depends on the one that looks: if it is killed, the system hands the queue on; if it is
 * stopped, the others look by themselves at their heartbeats. Two rules keep the turns going round:
 * who comes naps by itself first, lest it push in before those who are about to leave; and who has
 * looked for long steps back, for among those behind may be one whose change has been already.
 *
 * The mutex is held within one call only, and never while the caller's code runs. It does not count
 * against what the thread may hold.
 */
#include "posix.h"

#include <errno.h>

enum { NAP_FIRST_NS = 50000, NAP_LAST_NS = 10 * NS_PER_MS, TURN_NS = 100 * NS_PER_MS };

/* Until the word is no longer what it was, or the clock says `end`. */
typedef struct look {
    const bynk_spot *spot;
    uint32_t was;
    uint64_t end;
    bool signalled; /* a signal handler has run */
} look;

static bool is_over(const look *now)
{
    return now->signalled || byni_load32(&now->spot->word) != now->was || bynk_clock() >= now->end;
}

static void nap(look *now, uint64_t length)
{
    const struct timespec pause = bynp_timespec(byni_remaining(now->end, length));

    if (nanosleep(&pause, NULL) != 0 && errno == EINTR)
        now->signalled = true;
}

/* By itself. A wait that has lasted does not begin with short naps again. */
static void look_alone(look *now, bool fresh)
{
    uint64_t length = fresh ? NAP_FIRST_NS : NAP_LAST_NS;

    for (; length <= NAP_LAST_NS && !is_over(now); length *= 2)
        nap(now, length);
}

/* For all who queue. */
static void look_for_all(look *now)
{
    const uint64_t turn = bynk_clock() + TURN_NS;

    while (!is_over(now) && bynk_clock() < turn)
        nap(now, NAP_LAST_NS);
}

/* BYN_OK: look at the word. Below 0: the queue is broken. */
static byn_status sleep_in_queue(look *now, pthread_mutex_t *queue)
{
    byn_status status;

    if (is_over(now))
        return BYN_OK;
    status = bynp_robust_lock_until(queue, now->end);
    if (status == BYN_E_TIMEDOUT)
        return BYN_OK;
    if (status < 0)
        return status;
    look_for_all(now);
    return bynp_robust_unlock(queue);
}

byn_status bynp_sleep_on(bynk_segment *segment, bynk_spot *spot, uint32_t *seen, bool whole,
                         bynk_rest *rest, bynp_wait_hint *hint)
{
    const bool fresh = rest->beat_ms == 0;
    const uint64_t began = bynk_clock(), beat = (uint64_t)bynp_beat_ms(rest) * NS_PER_MS;
    const bool last = rest->deadline <= began + beat;
    look now = {.spot = spot, .was = *seen, .end = last ? rest->deadline : began + beat};
    byni_waiter *waiter;
    byn_status status;

    (void)whole;
    if (rest->deadline == BYNK_NOW)
        return BYN_E_TIMEDOUT;
    (void)bynk_me();
    waiter = byni_rest_begin(segment, rest);
    look_alone(&now, fresh);
    status = sleep_in_queue(&now, &spot->queue);
    byni_waiting_end(waiter);
    *seen = byni_load32(&spot->word);
    if (status < 0)
        return status;
    if (*seen != now.was) {
        bynp_wait_slept(hint, bynk_clock() - began, false);
        return BYN_OK;
    }
    if (bynk_clock() >= now.end) {
        if (last)
            return BYN_E_TIMEDOUT;
        bynp_beat_passed(rest);
    }
    return byni_interrupted() ? BYN_E_CANCELED : BYN_OK;
}

/* Nobody is woken anyway. */
bool bynk_spot_add_with_unlock(bynk_spot *spot, bynk_mutex_state *held)
{
    (void)spot;
    (void)held;
    return false;
}

uint32_t bynp_add_and_wake(bynk_spot *spot, uint32_t add, uint32_t wake)
{
    (void)wake;
    return byni_add32(&spot->word, add);
}

void bynp_or_and_wake(bynk_spot *spot, uint32_t bits, uint32_t wake)
{
    (void)wake;
    (void)byni_or32(&spot->word, bits);
}

void bynp_wake_one(bynk_spot *spot)
{
    (void)spot;
}

void bynp_wake_word(byni_a32 *word, uint32_t wake)
{
    (void)word;
    (void)wake;
}

byni_a32 *bynp_robust_word(pthread_mutex_t *lock)
{
    (void)lock;
    return NULL;
}

/* ---- The seam's spot ----------------------------------------------------------------------------- */

void bynk_spot_initialise(bynk_spot *spot, uint32_t number)
{
    bynp_robust_initialise(&spot->queue);
    byni_store32(&spot->word, number << 2);
}

uint32_t bynk_spot_number(const bynk_spot *spot)
{
    return byni_load32(&spot->word) >> 2;
}

byn_status bynk_spot_sleep(bynk_segment *segment, bynk_spot *spot, uint32_t seen, bynk_rest *rest)
{
    static bynp_wait_hint hint; /* no spinning here: only a place for what the sleeps took */
    uint32_t now = byni_load32(&spot->word);

    if (now >> 2 != seen)
        return BYN_OK;
    return bynp_sleep_on(segment, spot, &now, false, rest, &hint);
}

bool bynk_spot_has_sleepers(const bynk_spot *spot)
{
    (void)spot;
    return false; /* they look by themselves */
}

/* Nobody has to be woken. */
bool bynk_spot_add_unseen(bynk_spot *spot, uint32_t add)
{
    (void)byni_add32(&spot->word, add << 2);
    return true;
}

void bynk_spot_add(bynk_segment *segment, bynk_spot *spot, uint32_t add, uint32_t wake)
{
    (void)segment;
    (void)bynp_add_and_wake(spot, add << 2, wake);
}

/* ---- Several: posix_any.c looks at each now and then ----------------------------------------------- */

bool bynp_sleep_together(bynk_waitable *what, size_t n, bynk_rest *rest, byn_status *status)
{
    (void)what;
    (void)n;
    (void)rest;
    (void)status;
    return false;
}

void bynk_slept(bynk_waitable *what, bool took)
{
    (void)what;
    (void)took;
}

/* Naps are short: who sleeps looks at the processes itself. */
bynk_watch *bynk_watch_begin(bynk_segment *segment, bynk_spot *spot, const bynk_identity *who)
{
    if (!bynk_identity_alive(who))
        bynk_spot_add(segment, spot, 1, UINT32_MAX);
    return NULL;
}

void bynk_watch_end(bynk_watch *watch)
{
    (void)watch;
}

void bynp_watch_in_child(void)
{
}
