/*
 * Sleeping for one of several. A thread that sleeps so takes nothing: it looks again when it wakes. Where the
 * system can, it sleeps on all words at once (posix_waitv.c); else it looks now and then.
 */
#include "posix.h"
#include "posix_process.h"

enum { FIRST_NAP_NS = 50000, LONGEST_NAP_NS = 10 * NS_PER_MS };

void bynk_mutex_describe(bynk_mutex *mutex, bynk_waitable *what)
{
    what->native = &mutex->state->lock;
}

void bynk_process_describe(bynk_process *process, bynk_waitable *what)
{
    what->native = process;
    what->is_process = true;
}

bool bynp_has_changed(const bynk_waitable *what)
{
    byni_a32 *word;

    if (what->spot != NULL)
        return bynk_spot_number(what->spot) != what->number;
    if (what->is_process)
        return bynp_pidfd_ended(bynp_process_pidfd(what->native), 0) != 0;
    word = what->native != NULL ? bynp_robust_word(what->native) : NULL;
    if (word != NULL)
        return (byni_load32(word) & BYNP_OWNER_MASK) == 0;
    return what->busy == NULL || byni_load32(what->busy) == 0;
}

static bool watched_has_died(const bynk_waitable *what)
{
    unsigned i;

    for (i = 0; i < what->watched_count; i++)
        if (!bynk_identity_alive(&what->watched[i]))
            return true;
    return false;
}

/* Naps of growing length. Deaths are looked for at the end: to ask for each costs more than a nap. */
static byn_status look_now_and_then(bynk_waitable *what, size_t n, bynk_rest *rest)
{
    uint64_t nap = FIRST_NAP_NS, end = bynk_clock() + (uint64_t)bynp_beat_ms(rest) * NS_PER_MS;
    size_t i;

    for (;;) {
        uint64_t left = byni_remaining(rest->deadline < end ? rest->deadline : end, nap);
        struct timespec time = bynp_timespec(left);

        for (i = 0; i < n; i++)
            if (bynp_has_changed(&what[i]))
                return BYN_OK;
        if (left == 0)
            break;
        (void)nanosleep(&time, NULL);
        if (nap < LONGEST_NAP_NS)
            nap *= 2;
    }
    bynp_beat_passed(rest);
    if (byni_interrupted())
        return BYN_E_CANCELED;
    for (i = 0; i < n; i++)
        if (watched_has_died(&what[i]))
            return BYN_OK;
    return byni_remaining(rest->deadline, 1) == 0 ? BYN_E_TIMEDOUT : BYN_OK;
}

byn_status bynk_sleep_any(bynk_waitable *what, size_t n, bynk_rest *rest, size_t *taken)
{
    byn_status status;

    (void)taken; /* no kernel object takes anything here */
    /* Also where something ends every sleep at once: a dead process that nobody can bury. */
    if (byni_remaining(rest->deadline, 1) == 0)
        return BYN_E_TIMEDOUT;
    byni_rest_begin_any(what, n, rest);
    if (!bynp_sleep_together(what, n, rest, &status))
        status = look_now_and_then(what, n, rest);
    byni_rest_end_any(what, n);
    return status;
}

/* None has native_take. */
byn_status bynk_take_all(bynk_waitable *what, size_t n, bynk_deadline deadline)
{
    (void)what;
    (void)n;
    (void)deadline;
    return byni_fail(BYN_E_UNSUPPORTED, "nothing is taken by the kernel here");
}
