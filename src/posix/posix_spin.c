/*
 * Spinning is 600 times faster than sleeping across two processors and 23 times slower on one. So: never
 * longer than what a sleep costs, not at all with one processor, and less and less where it was in vain.
 * All of this is private to a process and to an object; races between threads make a worse guess only.
 */
#include "posix.h"

#include <sched.h>

enum {
    SPIN_NS = 4000,          /* about what a sleep and a wake-up cost */
    LONG_SLEEP_NS = 50000,   /* a lock that was slept for so long was not worth spinning for */
    PROBE_LIMIT_NS = 200000, /* longer sleeps are not probed for */
    BANK_LIMIT_NS = 60000,
    TRIALS = 8,
    MOST_FAILURES = 9,
    LOOKUPS = 256 /* ask the system again for the processors after so many chances */
};

static byni_a32 processors; /* 0: not looked up */
static byni_a32 pauses_per_us;

static unsigned count_processors(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return (unsigned)CPU_COUNT(&set);
}

/* The best of five: the others were disturbed. */
static uint32_t measure_pauses(void)
{
    enum { PAUSES = 100 };
    uint64_t best = UINT64_MAX;
    int round, i;

    for (round = 0; round < 5; round++) {
        uint64_t begin = bynk_clock(), took;

        for (i = 0; i < PAUSES; i++) byni_pause();
        took = bynk_clock() - begin;
        if (took < best) best = took;
    }
    return (uint32_t)(PAUSES * UINT64_C(1000) / (best > 0 ? best : 1)) + 1;
}

static void look_up(void)
{
    if (byni_load32(&pauses_per_us) == 0) byni_store32(&pauses_per_us, measure_pauses());
    byni_store32(&processors, count_processors());
}

unsigned posix_processors(void)
{
    if (BYNI_UNLIKELY(byni_load32(&processors) == 0)) look_up();
    return byni_load32(&processors);
}

uint32_t posix_pauses(uint32_t nanoseconds)
{
    (void)posix_processors();
    return (uint32_t)((uint64_t)nanoseconds * byni_load32(&pauses_per_us) / 1000);
}

static bool skip(uint32_t *skips)
{
    if (*skips == 0) return false;
    (*skips)--;
    return true;
}

bool posix_lock_may_spin(posix_lock_hint *hint)
{
    if (posix_processors() < 2) {
        if (++hint->sleeps % LOOKUPS == 0) look_up();
        return false;
    }
    return !skip(&hint->skip);
}

void posix_lock_slept(posix_lock_hint *hint, uint64_t nanoseconds)
{
    if (nanoseconds <= LONG_SLEEP_NS) {
        hint->failures = 0;
        return;
    }
    if (hint->failures < 4) hint->failures++;
    hint->skip = (1u << hint->failures) - 1;
    if (++hint->sleeps % (LOOKUPS / 4) == 0) look_up();
}

/*
 * Sleeping is contagious: a wake-up across processors takes 20 us, so a partner that sleeps makes the
 * caller's wait longer than any sensible spin, and it sleeps too, for ever. Two things break that: wins
 * earn spinning time that rides over one disturbance (the bank), and after failures a wait now and
 * then spins as long as the last sleep took (the probe), ever more rarely.
 */
uint32_t posix_wait_budget(posix_wait_hint *hint)
{
    uint32_t budget = SPIN_NS;

    if (posix_processors() < 2) {
        if (++hint->asked % LOOKUPS == 0) look_up();
        return 0;
    }
    if (skip(&hint->skip)) return 0;
    if (hint->failures > 0 || hint->trials > 0) {
        if (hint->slept_ns < PROBE_LIMIT_NS && 2 * hint->slept_ns > budget) budget = 2 * hint->slept_ns;
    } else if (2 * hint->need_ns > budget) {
        budget = 2 * hint->need_ns < 4 * SPIN_NS ? 2 * hint->need_ns : 4 * SPIN_NS;
    }
    return budget + hint->bank_ns;
}

static void won(posix_wait_hint *hint, uint32_t nanoseconds)
{
    hint->failures = hint->trials = 0;
    if (nanoseconds > hint->need_ns)
        hint->need_ns = nanoseconds;
    else
        hint->need_ns -= hint->need_ns / 8;
    if (nanoseconds > SPIN_NS)
        hint->bank_ns -= nanoseconds < hint->bank_ns ? nanoseconds : hint->bank_ns;
    else if (hint->bank_ns < BANK_LIMIT_NS)
        hint->bank_ns += 1000;
}

void posix_wait_spun(posix_wait_hint *hint, uint32_t nanoseconds, bool was_won)
{
    if (was_won && (nanoseconds <= 4 * SPIN_NS || hint->failures == 0)) {
        won(hint, nanoseconds);
        return;
    }
    hint->bank_ns = 0;
    hint->need_ns = SPIN_NS;
    if (was_won && ++hint->trials < TRIALS) return; /* a probe worked: stay awake, the partner notices */
    hint->trials = 0;
    if (hint->failures < MOST_FAILURES) hint->failures++;
    hint->skip = (1u << hint->failures) - 1;
    if (hint->failures == MOST_FAILURES) look_up();
}

void posix_wait_slept(posix_wait_hint *hint, uint64_t nanoseconds, bool was_there)
{
    hint->slept_ns = nanoseconds > NS_PER_MS ? NS_PER_MS : (uint32_t)nanoseconds;
    if (was_there) hint->skip = 0; /* it came before the sleep began: a spin would have won */
}
