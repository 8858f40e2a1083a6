/*
 * Spinning is 600 times faster than sleeping across two processors and 23 times slower on one. So: never
 * longer than what a sleep costs, not at all with one processor, and less and less where it was in vain.
 * All of this is private to a process and to an object; races between threads make a worse guess only.
 */
#include "posix.h"

#include "crash.h"

enum {
    SPIN_NS = 4000,          /* about what a sleep and a wake-up cost */
    LONG_SLEEP_NS = 50000,   /* a lock that was slept for so long was not worth spinning for */
    PROBE_LIMIT_NS = 200000, /* longer sleeps are not probed for */
    BANK_LIMIT_NS = 60000,
    TRIALS = 8,
    MOST_LOCK_FAILURES = 4,
    MOST_WAIT_FAILURES = 9,
    GATHER_NS = 1000, /* at most */
    MANY = 8,         /* changes that one look finds: it need not look more rarely */
    LEAST_PATIENCE = 8,
    MOST_PATIENCE = 500,
    LOOKUPS = 256 /* ask the system again for the processors after so many chances */
};

static byni_a32 processors; /* 0: not looked up */
static byni_a32 pauses_per_us;

/* The best of five: the others were disturbed. */
static uint32_t measure_pauses(void)
{
    enum { PAUSES = 100 };
    uint64_t best = UINT64_MAX;
    int round, i;

    for (round = 0; round < 5; round++) {
        uint64_t begin = bynk_clock(), took;

        for (i = 0; i < PAUSES; i++)
            byni_pause();
        took = bynk_clock() - begin;
        if (took < best)
            best = took;
    }
    return (uint32_t)(PAUSES * UINT64_C(1000) / (best > 0 ? best : 1)) + 1;
}

static void look_up(void)
{
    if (byni_load32(&pauses_per_us) == 0)
        byni_store32(&pauses_per_us, measure_pauses());
    byni_store32(&processors, bynp_processors_allowed());
}

unsigned bynp_processors(void)
{
    if (BYNI_UNLIKELY(byni_load32(&processors) == 0))
        look_up();
    return byni_load32(&processors);
}

uint32_t bynp_pauses(uint32_t nanoseconds)
{
    (void)bynp_processors();
    return (uint32_t)((uint64_t)nanoseconds * byni_load32(&pauses_per_us) / 1000);
}

static uint32_t get(const byni_a32 *guess)
{
    return byni_load32(guess);
}

static void set(byni_a32 *guess, uint32_t value)
{
    byni_store32(guess, value);
}

static uint32_t count(byni_a32 *guess)
{
    uint32_t next = get(guess) + 1;

    set(guess, next);
    return next;
}

static bool skip(byni_a32 *skips)
{
    uint32_t left = get(skips);

    if (left == 0)
        return false;
    set(skips, left - 1);
    return true;
}

/* It was in vain once more: leave out twice as many chances as before. */
static void lost(byni_a32 *failures, byni_a32 *skips, uint32_t most)
{
    uint32_t times = get(failures) < most ? count(failures) : most;

    set(skips, (1u << times) - 1);
}

bool bynp_lock_may_spin(bynp_lock_hint *hint)
{
    if (bynp_processors() < 2) {
        if (count(&hint->sleeps) % LOOKUPS == 0)
            look_up();
        return false;
    }
    return !skip(&hint->skip);
}

void bynp_lock_won(bynp_lock_hint *hint)
{
    set(&hint->failures, 0);
}

void bynp_lock_slept(bynp_lock_hint *hint, uint64_t nanoseconds)
{
    if (nanoseconds <= LONG_SLEEP_NS) {
        bynp_lock_won(hint);
        return;
    }
    lost(&hint->failures, &hint->skip, MOST_LOCK_FAILURES);
    if (count(&hint->sleeps) % (LOOKUPS / 4) == 0)
        look_up();
}

/*
 * Sleeping is contagious: a wake-up across processors takes 20 us, so a partner that sleeps makes the
 * caller's wait longer than any sensible spin, and it sleeps too, for ever. Two things break that: wins
 * earn spinning time that rides over one disturbance (the bank), and after failures a wait now and
 * then spins as long as the last sleep took (the probe), ever more rarely.
 */
uint32_t bynp_wait_budget(bynp_wait_hint *hint)
{
    uint32_t budget = SPIN_NS, wish;

    if (bynp_processors() < 2) {
        if (count(&hint->asked) % LOOKUPS == 0)
            look_up();
        return 0;
    }
    if (skip(&hint->skip))
        return 0;
    if (get(&hint->failures) > 0 || get(&hint->trials) > 0) {
        wish = get(&hint->slept_ns) < PROBE_LIMIT_NS ? 2 * get(&hint->slept_ns) : 0;
    } else {
        wish = 2 * get(&hint->need_ns);
        if (wish > 4 * SPIN_NS)
            wish = 4 * SPIN_NS;
    }
    return (wish > budget ? wish : budget) + get(&hint->bank_ns);
}

static void won(bynp_wait_hint *hint, uint32_t nanoseconds)
{
    uint32_t need = get(&hint->need_ns), bank = get(&hint->bank_ns);

    set(&hint->failures, 0);
    set(&hint->trials, 0);
    set(&hint->need_ns, nanoseconds > need ? nanoseconds : need - need / 8);
    if (nanoseconds > SPIN_NS)
        set(&hint->bank_ns, bank > nanoseconds ? bank - nanoseconds : 0);
    else if (bank < BANK_LIMIT_NS)
        set(&hint->bank_ns, bank + 1000);
}

void bynp_wait_spun(bynp_wait_hint *hint, uint32_t nanoseconds, bool was_won)
{
    if (was_won && (nanoseconds <= 4 * SPIN_NS || get(&hint->failures) == 0)) {
        won(hint, nanoseconds);
        return;
    }
    set(&hint->bank_ns, 0);
    set(&hint->need_ns, SPIN_NS);
    /* A probe worked: stay awake for some turns, so that the partner notices. */
    if (was_won && count(&hint->trials) < TRIALS)
        return;
    set(&hint->trials, 0);
    lost(&hint->failures, &hint->skip, MOST_WAIT_FAILURES);
    if (get(&hint->failures) == MOST_WAIT_FAILURES)
        look_up();
}

void bynp_wait_slept(bynp_wait_hint *hint, uint64_t nanoseconds, bool was_there)
{
    set(&hint->slept_ns, nanoseconds > NS_PER_MS ? NS_PER_MS : (uint32_t)nanoseconds);
    if (was_there)
        set(&hint->skip, 0); /* it came before the sleep began: a spin would have won */
}

uint32_t bynp_spin_on(const bynk_spot *spot, uint32_t bits, bynp_wait_hint *hint)
{
    uint32_t budget = bynp_wait_budget(hint), pauses = bynp_pauses(budget), i = 0;
    uint32_t now = byni_load32(&spot->word);

    if (budget == 0)
        return now;
    for (; i < pauses && (now & bits) == 0; i++) {
        byni_pause();
        now = byni_load32(&spot->word);
    }
    bynp_wait_spun(hint, (uint32_t)((uint64_t)budget * i / (pauses + 1)), (now & bits) != 0);
    return now;
}

bool bynp_spin_while(const bynk_spot *spot, uint32_t seen, bynp_wait_hint *hint)
{
    uint32_t budget = bynp_wait_budget(hint), pauses = bynp_pauses(budget), i = 0;
    bool changed = bynk_spot_number(spot) != seen;

    if (budget == 0)
        return changed;
    for (; i < pauses && !changed; i++) {
        byni_pause();
        changed = bynk_spot_number(spot) != seen;
    }
    bynp_wait_spun(hint, (uint32_t)((uint64_t)budget * i / (pauses + 1)), changed);
    return changed;
}

/*
 * How many changes one look finds tells how rarely to look: if several, the others were not disturbed, and
 * could do more meanwhile; if one, it has waited there for up to a whole gap. Now and then a single one is
 * let lie for a moment, to see whether more follow.
 */
static void learn_gap(const bynk_spot *spot, uint32_t seen, bynk_wait_hint *hint, uint32_t gap)
{
    uint32_t found = bynk_spot_number(spot) - seen, i, most = bynp_pauses(GATHER_NS);

    if (found > 1) {
        set(&hint->lone, 0);
        if (found < MANY && gap < most)
            set(&hint->gap, 2 * gap);
        return;
    }
    if (gap > 1) {
        set(&hint->gap, gap / 2);
        return;
    }
    if (count(&hint->lone) <= get(&hint->patience))
        return;
    set(&hint->lone, 0);
    for (i = 0; i < most / 2; i++)
        byni_pause();
    if (bynk_spot_number(spot) - seen >= MANY / 2) {
        set(&hint->gap, most / 2);
        set(&hint->patience, LEAST_PATIENCE);
    } else if (get(&hint->patience) < MOST_PATIENCE) {
        set(&hint->patience, 2 * get(&hint->patience) + LEAST_PATIENCE);
    }
}

bool bynk_spot_spin(const bynk_spot *spot, uint32_t seen, bynk_wait_hint *hint)
{
    uint32_t budget = bynp_wait_budget(hint), pauses = bynp_pauses(budget), spent = 0, i;
    uint32_t gap = get(&hint->gap) > 0 ? get(&hint->gap) : 1;
    bool changed = bynk_spot_number(spot) != seen;

    if (budget == 0 || changed)
        return changed;
    for (; spent < pauses && !changed; spent += gap) {
        for (i = 0; i < gap; i++)
            byni_pause();
        changed = bynk_spot_number(spot) != seen;
    }
    bynp_wait_spun(hint, (uint32_t)((uint64_t)budget * spent / (pauses + 1)), changed);
    if (changed)
        learn_gap(spot, seen, hint, gap);
    return changed;
}

bool bynk_may_spin(void)
{
    return bynp_processors() > 1;
}

bool bynk_spin_while(const byni_a64 *word, uint64_t seen, bynk_wait_hint *hint)
{
    uint32_t budget = bynp_wait_budget(hint), pauses = bynp_pauses(budget), i = 0;
    bool changed = byni_load64(word) != seen;

    if (budget == 0)
        return changed;
    for (; i < pauses && !changed; i++) {
        byni_pause();
        changed = byni_load64(word) != seen;
    }
    bynp_wait_spun(hint, (uint32_t)((uint64_t)budget * i / (pauses + 1)), changed);
    return changed;
}

/* ---- Heartbeats ---------------------------------------------------------------------------------- */

uint32_t bynp_beat_ms(bynk_rest *rest)
{
    uint32_t longest = HEARTBEAT_LAST_MS;

    if (rest->watched_count > 0)
        longest = HEARTBEAT_WATCH_MS;
    if (byni_interruptible())
        longest = BYNI_INTERRUPT_MS;
    if (rest->beat_ms == 0)
        rest->beat_ms = rest->patient ? HEARTBEAT_LAST_MS : HEARTBEAT_FIRST_MS;
    return byni_crash_beat(rest->beat_ms < longest ? rest->beat_ms : longest);
}

void bynp_beat_passed(bynk_rest *rest)
{
    if (rest->beat_ms < HEARTBEAT_LAST_MS)
        rest->beat_ms *= 2;
}
