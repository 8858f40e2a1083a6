/*
 * An event is one word: generation << 3 | set << 2 | W. Setting it and waking are one step; a waiter takes
 * an auto-reset event's signal by one compare-and-exchange, when it runs, so that one that is killed
 * before has taken nothing. A reset begins a new generation: who slept while the event was set and
 * reset sees that it has moved on.
 */
#include "posix.h"

enum { SET = 4, GENERATION = 8, WAKE_AUTO = 3 };

void bynk_event_initialise(bynk_event_state *state, bool manual_reset, bool set)
{
    bynk_guard_initialise(&state->guard);
    state->manual_reset = manual_reset;
    bynk_spot_initialise(&state->spot, set ? SET >> 2 : 0);
}

byn_status bynk_event_attach(bynk_event *event, bynk_segment *segment, bynk_event_state *state)
{
    event->segment = segment;
    event->state = state;
    return BYN_OK;
}

void bynk_event_detach(bynk_event *event)
{
    event->state = NULL;
}

static bynp_claims claims_of(bynk_event *event)
{
    return (bynp_claims){&event->state->guard, &event->state->spot, SET};
}

byn_status bynk_event_set(bynk_event *event)
{
    if (!bynk_event_is_set(event))
        bynp_or_and_wake(&event->state->spot, SET,
                         event->state->manual_reset ? UINT32_MAX : WAKE_AUTO);
    return BYN_OK;
}

byn_status bynk_event_reset(bynk_event *event)
{
    byni_a32 *word = &event->state->spot.word;
    uint32_t seen = byni_load32(word);

    while ((seen & SET) != 0) {
        uint32_t w = seen & BYNP_W_MASK;

        /* The set has woken all; but of many at an auto-reset event it woke some, and the others sleep. */
        if (w == BYNP_W_ONE || event->state->manual_reset)
            w = BYNP_W_NONE;
        if (byni_cas32(word, &seen, ((seen & ~(uint32_t)(GENERATION - 1)) + GENERATION) | w))
            break;
    }
    return BYN_OK;
}

bool bynk_event_is_set(bynk_event *event)
{
    return (byni_load32(&event->state->spot.word) & SET) != 0;
}

static byn_status wait_manual(bynk_event *event, bynk_rest *rest)
{
    byni_a32 *word = &event->state->spot.word;
    uint32_t seen = byni_load32(word), generation = seen / GENERATION;

    if ((seen & SET) == 0 && rest->deadline != BYNK_NOW)
        seen = bynp_spin_on(&event->state->spot, SET, &event->hint);
    while ((seen & SET) == 0 && seen / GENERATION == generation) {
        byn_status status =
            bynp_sleep_on(event->segment, &event->state->spot, &seen, false, rest, &event->hint);

        if (status < 0)
            return status;
    }
    return BYN_OK;
}

static byn_status wait_auto(bynk_event *event, bynk_rest *rest)
{
    const bynp_claims claims = claims_of(event);
    byni_a32 *word = &event->state->spot.word;
    uint32_t seen = byni_load32(word);
    bool spun = rest->deadline == BYNK_NOW;

    for (;;) {
        byn_status status;

        if ((seen & SET) != 0) {
            uint32_t w = seen & BYNP_W_MASK, keep = w == BYNP_W_ONE ? BYNP_W_NONE : w;

            if (byni_cas32(word, &seen, (seen & ~(uint32_t)(SET | BYNP_W_MASK)) | keep))
                return BYN_OK;
            continue;
        }
        if (!spun) {
            spun = true;
            seen = bynp_spin_on(&event->state->spot, SET, &event->hint);
            continue;
        }
        if (bynp_claims_look(&claims)) {
            seen = byni_load32(word);
            continue;
        }
        status =
            bynp_sleep_on(event->segment, &event->state->spot, &seen, false, rest, &event->hint);
        if (status < 0)
            return status;
    }
}

byn_status bynk_event_wait(bynk_event *event, bynk_deadline deadline)
{
    bynk_rest rest = {.deadline = deadline};

    return event->state->manual_reset ? wait_manual(event, &rest) : wait_auto(event, &rest);
}

/* ---- Among others -------------------------------------------------------------------------------- */

void bynk_event_describe(bynk_event *event, bynk_waitable *what)
{
    what->spot = &event->state->spot;
    what->number = bynk_spot_number(what->spot);
}

byn_status bynk_event_claim(bynk_event *event)
{
    const bynp_claims claims = claims_of(event);

    return bynp_claim(&claims);
}

void bynk_event_settle(bynk_event *event, bool keep)
{
    const bynp_claims claims = claims_of(event);

    bynp_claim_settle(&claims, keep);
}
