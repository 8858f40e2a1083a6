/*
 * waitable.h - what byn_wait_any() and byn_wait_all() need of a kind of object.
 *
 * They know no kind: an object that can be waited for offers these functions in its byni_kind. `handle` is
 * its public handle, and usable.
 */
#ifndef BYNI_WAITABLE_H
#define BYNI_WAITABLE_H

#include "object.h"

typedef struct byni_waitable {
    /* What to sleep on until it may be had; asked before an attempt to take it, so that no change in
     * between is missed. */
    void (*describe)(void *handle, bynk_waitable *what);

    /* Take it if it can be had now: BYN_OK, BYN_ABANDONED; BYN_E_TIMEDOUT, or a failure with its cause. */
    byn_status (*take)(void *handle);

    /* Undo a take that answered `how`, its news included. */
    void (*put_back)(void *handle, byn_status how);

    /* The kernel has given it to the caller in a sleep; note down what there is. NULL: nothing. */
    byn_status (*taken)(void *handle, byn_status how);

    /*
     * Of what a death does not give back: take it so that it does, until the claim is settled. Between the
     * two nobody else can claim it; nothing is waited for, and no more than BYN_WAIT_MAX claims are held.
     * NULL: `take` is as good. `how` is what claim answered.
     */
    byn_status (*claim)(void *handle);
    void (*settle)(void *handle, byn_status how, bool keep);
} byni_waitable;

#endif
