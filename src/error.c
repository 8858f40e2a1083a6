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
    byn_status status;
    byn_status spoken; /* the same, until byni_error_forget() */
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
    return status;
}

static void write_sentence(failure *last, byn_status status, const char *operation,
                           const char *object, const char *cause)
{
    bool named = object != NULL && object[0] != '\0';
    char *at;

    (void)snprintf(last->sentence, sizeof last->sentence, "%s%s%s%s: %s (%s)", operation,
                   named ? " \"" : "", named ? object : "", named ? "\"" : "", cause,
                   byn_status_name(status));
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

byn_status byni_failed_plainly(byn_status status, const char *operation, const char *object)
{
    failure *last = last_failure();
    size_t length = strlen(object);

    if (last == NULL)
        return status;
    if (length >= sizeof last->object)
        length = sizeof last->object - 1;
    memcpy(last->object, object, length);
    last->object[length] = '\0';
    last->operation = operation;
    last->status = last->spoken = status;
    last->plain = true;
    return status;
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
                       byn_status_text(last->status));
    return last->sentence;
}
