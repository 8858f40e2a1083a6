#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"

enum { CAUSE_SIZE = 1024, SENTENCE_SIZE = 1536, OBJECT_SIZE = 272 };

/* What a thread knows of its last failure. */
typedef struct failure {
    char cause[CAUSE_SIZE];       /* stated, and not yet part of a sentence */
    char object[OBJECT_SIZE];     /* a copy: the object may be closed when somebody asks */
    char sentence[SENTENCE_SIZE]; /* what byn_last_error() answers */
    const char *operation;
    const char *text; /* the cause in a sentence that is still to be written */
    byn_status status;
    byn_status stated; /* for which there is a cause */
    byn_status spoken; /* the same as status, until byni_error_forget() */
    bool plain;        /* the sentence is still to be written */
} failure;

static failure *last_failure(void)
{
    return bynk_thread_memory(sizeof(failure));
}

byn_status byni_fail(byn_status status, const char *format, ...)
{
    failure *last = last_failure();
    va_list arguments;

    if (last == NULL)
        return status;
    va_start(arguments, format);
    (void)vsnprintf(last->cause, sizeof last->cause, format, arguments);
    va_end(arguments);
    last->stated = status;
    return status;
}

bool byni_tells_status(const char *text, byn_status status)
{
    char told[32];

    (void)snprintf(told, sizeof told, "(%s)", byn_status_name(status));
    return strstr(text, told) != NULL;
}

/* The cause may be another call's sentence, which tells the status already: a worker's, of a task that failed. */
static void write_sentence(failure *last, byn_status status, const char *operation,
                           const char *object, const char *cause)
{
    bool named = object != NULL && object[0] != '\0', told = byni_tells_status(cause, status);
    char *at;

    (void)snprintf(last->sentence, sizeof last->sentence, "%s%s%s%s: %s%s%s%s", operation,
                   named ? " \"" : "", named ? object : "", named ? "\"" : "", cause,
                   told ? "" : " (", told ? "" : byn_status_name(status), told ? "" : ")");
    last->spoken = status;
    for (at = last->sentence; *at != '\0'; at++) /* a bad name must not write to the terminal */
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    last->plain = false;
}

byn_status byni_failed(byn_status status, const char *operation, const char *object)
{
    failure *last = last_failure();

    if (last == NULL)
        return status;
    write_sentence(last, status, operation, object,
                   last->cause[0] != '\0' ? last->cause : byn_status_text(status));
    last->cause[0] = '\0';
    return status;
}

byn_status byni_failed_because(byn_status status, const char *operation, const char *object,
                               const char *cause)
{
    failure *last = last_failure();
    size_t length = strlen(object);

    if (last == NULL)
        return status;
    if (length >= sizeof last->object)
        length = sizeof last->object - 1;
    memcpy(last->object, object, length);
    last->object[length] = '\0';
    last->cause[0] = '\0';
    last->operation = operation;
    last->text = cause;
    last->status = last->spoken = status;
    last->plain = true;
    return status;
}

byn_status byni_failed_plainly(byn_status status, const char *operation, const char *object)
{
    const failure *last = last_failure();

    if (last != NULL && last->cause[0] != '\0' && last->stated == status)
        return byni_failed(status, operation, object);
    return byni_failed_because(status, operation, object, NULL);
}

byn_status byni_stuck(void)
{
    return byni_fail(BYN_E_TIMEDOUT,
                     "a process is stopped in the midst of a change, or the memory is broken: "
                     "let it go on, or kill it");
}

byn_status byni_invalid(const char *operation, const char *why)
{
    return byni_failed(byni_fail(BYN_E_INVALID, "%s", why), operation, NULL);
}

byn_status byni_fail_null(const char *argument)
{
    return byni_fail(BYN_E_INVALID, "%s is NULL", argument);
}

byn_status byni_fail_timeout(void)
{
    return byni_fail(BYN_E_INVALID, "the timeout is negative and not BYN_FOREVER");
}

void byni_tell_null(const char *operation, const char *argument)
{
    (void)byni_failed(byni_fail_null(argument), operation, NULL);
}

byn_status byni_null_handle(const char *operation)
{
    const char *noun = operation + strlen("byn_");

    (void)byni_fail(BYN_E_INVALID, "%.*s is NULL", (int)strcspn(noun, "_"), noun);
    return byni_failed(BYN_E_INVALID, operation, NULL);
}

void byni_tell_null_buffer(const char *operation, const size_t *size)
{
    byni_tell_null(operation, size == NULL ? "size" : "buffer");
}

byn_status byni_wrong_timeout(const char *operation)
{
    return byni_failed(byni_fail_timeout(), operation, NULL);
}

bool byni_struct_fits(const void *out, size_t most)
{
    size_t given;

    if (out == NULL)
        return false;
    memcpy(&given, out, sizeof given);
    return given >= sizeof given && given <= most;
}

byn_status byni_wrong_struct(const char *operation, const char *argument)
{
    (void)byni_fail(BYN_E_INVALID, "%s is NULL, or its struct_size is not set", argument);
    return byni_failed(BYN_E_INVALID, operation, NULL);
}

void byni_error_forget(void)
{
    failure *last = last_failure();

    if (last != NULL)
        last->spoken = BYN_OK;
}

byn_status byni_error_status(void)
{
    const failure *last = last_failure();

    return last != NULL ? last->spoken : BYN_OK;
}

const char *byn_last_error(void)
{
    failure *last = last_failure();

    if (last == NULL)
        return "out of memory";
    if (last->plain)
        write_sentence(last, last->status, last->operation, last->object,
                       last->text != NULL ? last->text : byn_status_text(last->status));
    return last->sentence;
}
