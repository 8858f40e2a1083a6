/*
 * ring_place.h - places in a ring: a message is written, or read, where it lies, for as long as it takes. Of rings
 * with byni_ring_copy_outside(); see ring_outside.h.
 *
 * A place is this process' until one of the calls ends it that says so, byni_outside_leave(), or its death. There
 * are so many at a time, in all processes together; who wants one more waits as for room, or for a message.
 */
#ifndef BYNI_RING_PLACE_H
#define BYNI_RING_PLACE_H

#include "ring_outside.h"

/* Room for a message of so many bytes. */
byn_status byni_place_reserve(byni_ring *ring, byni_outside *place, size_t size,
                              byni_ring_wait *wait);

/* The first message that can be got; its size is place->first. */
byn_status byni_place_hold(byni_ring *ring, byni_outside *place, byni_ring_wait *wait);

/* BYNI_COMMIT: what was reserved is a message. BYNI_RELEASE: what is held is got. BYNI_ABANDON: what was reserved is
 * nothing, what is held can be got again. */
typedef enum byni_place_end { BYNI_COMMIT, BYNI_RELEASE, BYNI_ABANDON } byni_place_end;

/*
 * End it. `size` is the message's, of BYNI_COMMIT; of the place only `index` and `at` are looked at. BYN_E_CLOSED of
 * BYNI_COMMIT; BYN_E_INVALID: it is not this process'. Below 0 it still is, if it was.
 */
byn_status byni_place_finish(byni_ring *ring, const byni_outside *place, byni_place_end how,
                             size_t size);

/* Whether it is a place of this process; by who has it, without the guard. */
bool byni_place_is_mine(const byni_ring *ring, const byni_outside *place);

#endif
