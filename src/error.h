/*
 * error.h - a failure is explained once, where its cause is known, and named where the user called.
 *
 * Whoever finds the cause says it with byni_fail(); the public function that was called puts its own
 * name and the object's in front with byni_failed(). Both answer the status, so that they can be
 * returned.
 */
#ifndef BYNI_ERROR_H
#define BYNI_ERROR_H

#include <byname/status.h>

#include "compiler.h"

/* State the cause: what was tried, on what, why it failed, what to do. */
byn_status byni_fail(byn_status status, const char *format, ...) BYNI_PRINTF(2, 3);

/* The operation on the object (NULL: none yet) failed for the cause that was stated. */
byn_status byni_failed(byn_status status, const char *operation, const char *object);

/* The same for failures that are frequent and need no cause but the status' own text. Writes no sentence
 * until somebody asks for it. */
byn_status byni_failed_plainly(byn_status status, const char *operation, const char *object);

/* A guard was not to be had by BYNK_SOON: BYN_E_TIMEDOUT, with a cause. */
byn_status byni_stuck(void);

/* Of which status byn_last_error() speaks, since it was made to forget that; BYN_OK: of none. The sentence stays. */
byn_status byni_error_status(void);
void byni_error_forget(void);

/* An argument is wrong; both at once. */
byn_status byni_invalid(const char *operation, const char *why);

#endif
