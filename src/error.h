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

/* The same for failures that are frequent: writes no sentence until somebody asks for it. The cause is a text that
 * stays; or, plainly, the status' own text, unless one was stated for that status. */
byn_status byni_failed_because(byn_status status, const char *operation, const char *object,
                               const char *cause);
byn_status byni_failed_plainly(byn_status status, const char *operation, const char *object);

/* The text has "(STATUS)" in it, as a sentence of byn_last_error() has. */
bool byni_tells_status(const char *text, byn_status status);

/* A guard was not to be had by BYNK_SOON: BYN_E_TIMEDOUT, with a cause. */
byn_status byni_stuck(void);

/* Of which status byn_last_error() speaks, since it was made to forget that; BYN_OK: of none. The sentence stays. */
byn_status byni_error_status(void);
void byni_error_forget(void);

/* An argument is wrong; both at once. */
byn_status byni_invalid(const char *operation, const char *why);

/* One that may not be NULL is, by the name that it has in the header; or the handle, byn_queue_put's queue; or a
 * buffer, or the place of its size. */
byn_status byni_null_handle(const char *operation);
BYNI_COLD void byni_tell_null(const char *operation, const char *argument);
BYNI_COLD void byni_tell_null_buffer(const char *operation, const size_t *size);

/* In line: who checks what comes next is to see that it is a failure. */
static inline byn_status byni_null(const char *operation, const char *argument)
{
    byni_tell_null(operation, argument);
    return BYN_E_INVALID;
}

static inline byn_status byni_null_buffer(const char *operation, const size_t *size)
{
    byni_tell_null_buffer(operation, size);
    return BYN_E_INVALID;
}

/* The timeout is negative. */
BYNI_COLD byn_status byni_wrong_timeout(const char *operation);

/* The causes alone, for who does not know the operation. */
byn_status byni_fail_null(const char *argument);
byn_status byni_fail_timeout(void);

/* A struct that a call fills begins with its struct_size: that is set, and no more than this version has. */
bool byni_struct_fits(const void *out, size_t most);
byn_status byni_wrong_struct(const char *operation, const char *argument);

#endif
