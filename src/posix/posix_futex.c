/*
 * Sleeping on a word, on Linux. See bynk_spot in spot_types.h for the word.
 *
 * The rule that makes it safe to kill anybody: a change that sleepers wait for and their wake-up are one
 * system call (FUTEX_WAKE_OP). Parted, a death between the two leaves them asleep: so it did at 24 of
 * the 74 instructions of a post that stored first and woke then.
 *
 * A killed sleeper leaves its announcement behind; the next change makes one futile call, which clears
 * it. A wake of some is lost if just those are killed, hence three, not one; and every sleep ends with a
 * heartbeat.
 */
#include "posix.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    GRID_MS = 250, /* long sleeps end together, so that the processor wakes once for all */
    ALL = INT_MAX
};

static long futex(const byni_a32 *word, int operation, uint32_t value, const struct timespec *until,
                  uint32_t value3)
{
    return syscall(SYS_futex, word, operation, value, until, NULL, value3);
}

/* word = word OP argument, and wake up to `wake` of its sleepers; how many woke. */
static uint32_t wake_operation(byni_a32 *word, uint32_t wake, int operation, uint32_t argument)
{
    /* The comparison that comes with the operation is never true: it would wake others. */
    const uint32_t code = (uint32_t)operation << 28 | (uint32_t)FUTEX_OP_CMP_LT << 24 |
                          (argument & 0xfff) << 12 | 0x800;
    long woken =
        syscall(SYS_futex, word, FUTEX_WAKE_OP, wake > ALL ? ALL : (int)wake, 0L, word, code);

    return woken > 0 ? (uint32_t)woken : 0;
}

void bynp_wake_word(byni_a32 *word, uint32_t wake)
{
    (void)futex(word, FUTEX_WAKE, wake > ALL ? ALL : wake, NULL, 0);
}

void bynp_wake_one(bynk_spot *spot)
{
    bynp_wake_word(&spot->word, 1);
}

/* Nobody is left asleep and unannounced: clears W and wakes whoever slipped in, in one step. */
static void clear_announcements(byni_a32 *word)
{
    (void)wake_operation(word, ALL, FUTEX_OP_ANDN, BYNP_W_MASK);
}

/* What follows a change that was made when W was w. */
static void tidy(byni_a32 *word, uint32_t w, uint32_t wake, uint32_t woken)
{
    if ((byni_load32(word) & BYNP_W_MASK) == BYNP_W_ALL || (w == BYNP_W_MANY && woken < wake))
        clear_announcements(word);
}

/* The argument of FUTEX_WAKE_OP has 12 bits with a sign. */
enum { LARGEST_ARGUMENT = 0x7ff };

/* More than fits cannot be one step: who dies between the two leaves the sleepers to their heartbeat. */
static void add_much_and_wake(byni_a32 *word, uint32_t add)
{
    (void)byni_add32(word, add);
    clear_announcements(word);
}

static uint32_t how_many(uint32_t w, uint32_t wake)
{
    return w == BYNP_W_MANY ? wake : ALL;
}

uint32_t bynp_add_and_wake(bynk_spot *spot, uint32_t add, uint32_t wake)
{
    byni_a32 *word = &spot->word;
    uint32_t seen = byni_load32(word), woken, w;

    while ((seen & BYNP_W_MASK) == BYNP_W_NONE)
        if (byni_cas32(word, &seen, seen + add))
            return seen;
    w = seen & BYNP_W_MASK;
    if (add > LARGEST_ARGUMENT) {
        add_much_and_wake(word, add);
        return seen;
    }
    woken = wake_operation(word, how_many(w, wake), FUTEX_OP_ADD, add);
    tidy(word, w, wake, woken);
    return seen;
}

void bynp_or_and_wake(bynk_spot *spot, uint32_t bits, uint32_t wake)
{
    byni_a32 *word = &spot->word;
    uint32_t seen = byni_load32(word), woken, w;

    while ((seen & BYNP_W_MASK) == BYNP_W_NONE)
        if (byni_cas32(word, &seen, seen | bits))
            return;
    w = seen & BYNP_W_MASK;
    woken = wake_operation(word, how_many(w, wake), FUTEX_OP_OR, bits);
    tidy(word, w, wake, woken);
}

/*
 * Every sleep announces anew, one that follows a heartbeat too: ONE has to mean that at most one was
 * announced since W was 0. Were a returning sleeper spared, two could sleep under ONE; a poster that
 * still saw MANY would wake some, a taker would clear W, and the rest would sleep on.
 */
bool bynp_announce(bynk_spot *spot, uint32_t *seen, bool whole)
{
    uint32_t w = *seen & BYNP_W_MASK, next = w;

    if (whole)
        next = BYNP_W_ALL;
    else if (w < BYNP_W_MANY)
        next = w + 1;
    if (next == w)
        return true;
    next |= *seen & ~(uint32_t)BYNP_W_MASK;
    if (!byni_cas32(&spot->word, seen, next))
        return false;
    *seen = next;
    return true;
}

struct timespec bynp_sleep_end(bynk_rest *rest, uint64_t now, bool *last)
{
    uint32_t beat = bynp_beat_ms(rest);
    uint64_t end = now + (uint64_t)beat * NS_PER_MS;

    if (beat >= GRID_MS)
        end += GRID_MS * NS_PER_MS - end % (GRID_MS * NS_PER_MS);
    *last = rest->deadline <= end;
    return bynp_timespec(*last ? rest->deadline : end);
}

static byn_status sleep_announced(bynk_spot *spot, uint32_t *seen, bool whole, bynk_rest *rest,
                                  bynp_wait_hint *hint)
{
    byni_a32 *word = &spot->word;
    struct timespec until;
    uint64_t began;
    int error;
    bool last;

    if (!bynp_announce(spot, seen, whole))
        return BYN_OK;
    began = bynk_clock();
    until = bynp_sleep_end(rest, began, &last);
    error = futex(word, FUTEX_WAIT_BITSET, *seen, &until, FUTEX_BITSET_MATCH_ANY) < 0 ? errno : 0;
    *seen = byni_load32(word);
    if (error == ETIMEDOUT && last)
        return BYN_E_TIMEDOUT;
    if (error == ETIMEDOUT)
        bynp_beat_passed(rest);
    else
        bynp_wait_slept(hint, bynk_clock() - began, error == EAGAIN);
    if ((error == ETIMEDOUT || error == EINTR) && byni_interrupted())
        return BYN_E_CANCELED;
    return BYN_OK;
}

byn_status bynp_sleep_on(bynk_segment *segment, bynk_spot *spot, uint32_t *seen, bool whole,
                         bynk_rest *rest, bynp_wait_hint *hint)
{
    byni_waiter *waiter;
    byn_status status;

    if (rest->deadline == BYNK_NOW)
        return BYN_E_TIMEDOUT;
    waiter = byni_rest_begin(segment, rest);
    status = sleep_announced(spot, seen, whole, rest, hint);
    byni_waiting_end(waiter);
    return status;
}

/* ---- The seam's spot ----------------------------------------------------------------------------- */

void bynk_spot_initialise(bynk_spot *spot, uint32_t number)
{
    byni_store32(&spot->word, number << 2);
}

static byn_status sleep_watching(bynk_segment *segment, bynk_spot *spot, uint32_t seen,
                                 bynk_rest *rest)
{
    bynk_waitable what = {.segment = segment,
                          .spot = spot,
                          .number = seen,
                          .watched = rest->watched,
                          .watched_count = rest->watched_count};
    size_t taken = 1;

    return bynk_sleep_any(&what, 1, rest, &taken);
}

byn_status bynk_spot_sleep(bynk_segment *segment, bynk_spot *spot, uint32_t seen, bynk_rest *rest)
{
    static bynp_wait_hint unused; /* only a place for what the sleeps took */
    uint32_t now = byni_load32(&spot->word);
    byn_status status;

    if (now >> 2 != seen)
        return BYN_OK;
    /* A short wait need not pay for it: within the first heartbeat nobody's death is late. */
    if (rest->watched_count > 0 && rest->beat_ms > HEARTBEAT_FIRST_MS)
        return sleep_watching(segment, spot, seen, rest);
    if (rest->hint != NULL && !rest->spun && rest->deadline != BYNK_NOW) {
        if (bynp_spin_while(spot, seen, rest->hint))
            return BYN_OK;
        now = byni_load32(&spot->word);
    }
    status = now >> 2 != seen ? BYN_OK
                              : bynp_sleep_on(segment, spot, &now, false, rest,
                                              rest->hint != NULL ? rest->hint : &unused);
    /* A change that was to wake nobody. */
    return status == BYN_E_TIMEDOUT && now >> 2 != seen ? BYN_OK : status;
}

void bynp_spot_add(bynk_spot *spot, uint32_t add, uint32_t wake)
{
    uint32_t seen;

    if (wake == 0) {
        (void)byni_add32(&spot->word, add << 2);
        return;
    }
    seen = bynp_add_and_wake(spot, add << 2, wake);
    /* Nobody takes anything here who could clear ONE. All were woken; had another announced itself since,
     * it would be MANY. */
    if ((seen & BYNP_W_MASK) == BYNP_W_ONE) {
        seen += add << 2;
        (void)byni_cas32(&spot->word, &seen, seen - BYNP_W_ONE);
    }
}

/*
 * The sleeper is moved from the spot's word to the mutex', by the kernel (FUTEX_CMP_REQUEUE), before the number is changed:
 *   1. WAITERS into the mutex' word, so that its unlock, or the kernel at the owner's death, wakes;
 *   2. the move, if the spot's word is still the same;
 *   3. the number, and W, which is 0 again, by one exchange, if the word is still the same.
 * Who is killed before 2 has not notified. After 2 the kernel wakes the sleeper, who finds the number as it was or
 * changed, and the mutex with a dead owner. Had another one announced itself meanwhile, or the sleeper itself anew after a
 * heartbeat, the word is another one, and nothing counts: all are woken by the usual way, the moved one by the unlock.
 *
 * Only one sleeper: a row of them, each of which wakes the next by its unlock, would break where one is killed. And only
 * if nobody sleeps on the mutex yet: who comes to do so now finds WAITERS set, and the moved one will not set it
 * again; so the unlock wakes all of these.
 */
static bool move_sleeper(byni_a32 *from, uint32_t seen, byni_a32 *to)
{
    return syscall(SYS_futex, from, FUTEX_CMP_REQUEUE, 0, 1L, to, seen) >= 0;
}

bool bynk_spot_add_with_unlock(bynk_spot *spot, bynk_mutex_state *held)
{
    byni_a32 *word = bynp_robust_word(&held->lock);
    uint32_t seen = byni_load32(&spot->word);

    if (word == NULL || (seen & BYNP_W_MASK) != BYNP_W_ONE ||
        (byni_or32(word, FUTEX_WAITERS) & FUTEX_WAITERS) != 0)
        return false;
    bynp_this_thread.wakes_all = word;
    return move_sleeper(&spot->word, seen, word) &&
           byni_cas32(&spot->word, &seen, seen + (1U << 2) - BYNP_W_ONE);
}

/* ---- The word of a robust mutex ------------------------------------------------------------------- */

enum { WORDS = 4, NOT_THERE = WORDS, UNKNOWN = 0 }; /* `place` is one more than the index */

/* The kernel finds a dying owner by the thread's number in the word; so can we, in a mutex of our own. */
static uint32_t find_word(void)
{
    pthread_mutex_t lock;
    byni_a32 *words = (byni_a32 *)(void *)&lock;
    uint32_t index = 0;

    bynp_robust_initialise(&lock);
    (void)bynk_me();
    if (pthread_mutex_trylock(&lock) != 0)
        return NOT_THERE;
    while (index < WORDS && byni_load32(&words[index]) != bynp_this_thread.number)
        index++;
    (void)pthread_mutex_unlock(&lock);
    (void)pthread_mutex_destroy(&lock);
    return index;
}

byni_a32 *bynp_robust_word(pthread_mutex_t *lock)
{
    static byni_a32 place;
    uint32_t known = byni_load32(&place);

    if (known == UNKNOWN) {
        known = find_word() + 1;
        byni_store32(&place, known);
    }
    return known <= WORDS ? (byni_a32 *)(void *)lock + (known - 1) : NULL;
}
