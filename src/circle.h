/*
 * circle.h - circles of waits: found in copies of all objects' memory, by who is about to complain.
 */
#ifndef BYNI_CIRCLE_H
#define BYNI_CIRCLE_H

#include "parties.h"

/*
 * Whether the calling thread, which waits for an object since then, does so in a circle that it has to break: it
 * looks for circles, and of those in it that do it came last. So of all that see the circle one answers.
 * BYN_E_DEADLOCK, with the circle as the cause; BYN_OK: no, or it could not be seen.
 */
byn_status byni_circle_is_mine(const byni_object *object, uint64_t since);

#endif
