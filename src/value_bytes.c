/*
 * Bytes: two copies and a word that tells which one counts; see byni_value_state.
 */
#include "value_state.h"

#include <string.h>

#include "crash.h"

enum { TRIES = 64 }; /* of a reader, until it takes its turn among the writers */

static byni_value_copy *copy_of(const byn_value *value, uint64_t word)
{
    uint64_t offset = BYNI_VALUE_COPIES + (word & 1) * byni_value_stride(value->size);

    return (byni_value_copy *)((char *)value->object.header + offset);
}

/* What is done with the bytes that count; `count` of them are for sure there. */
typedef byn_status (*visitor)(const byni_value_copy *copy, uint64_t count, void *context);

/* An heir of the guard finds nothing to repair; the dead may have been about to wake somebody. */
static byn_status lock_writing(byn_value *value)
{
    byn_status status = bynk_guard_lock(value->object.segment, &value->state->writing, BYNK_SOON);

    if (status == BYN_ABANDONED)
        byni_value_wake(value);
    return status;
}

static void unlock_writing(byn_value *value)
{
    bynk_guard_unlock(value->object.segment, &value->state->writing);
}

/* Once; *word is the count that belongs to what was seen. */
static byn_status visit_once(byn_value *value, visitor visit, void *context, uint64_t *word)
{
    const byni_value_copy *copy;
    uint64_t count;

    *word = byni_load64(&value->state->word);
    copy = copy_of(value, *word);
    count = byni_load64(&copy->size);
    if (count > value->size)
        return byni_fail(BYN_E_CORRUPT, "it says that it has %llu bytes, of %llu",
                         (unsigned long long)count, (unsigned long long)value->size);
    return visit(copy, count, context);
}

/* A reader that is overtaken again and again takes turns with the writers. */
static byn_status visit_bytes(byn_value *value, visitor visit, void *context)
{
    byn_status status;
    uint64_t word;
    int i;

    for (i = 0; i < TRIES; i++) {
        status = visit_once(value, visit, context, &word);
        byni_fence();
        if (byni_load64(&value->state->word) == word)
            return status;
    }
    status = lock_writing(value);
    if (status < 0)
        return status;
    status = visit_once(value, visit, context, &word);
    unlock_writing(value);
    return status;
}

/* ---- Read ----------------------------------------------------------------------------------------- */

typedef struct room {
    unsigned char *bytes;
    size_t size;  /* how much there is */
    size_t count; /* how many bytes there are */
} room;

/* How many bytes of a word belong to the rest. */
static size_t part_of(uint64_t rest)
{
    return rest < sizeof(uint64_t) ? (size_t)rest : sizeof(uint64_t);
}

static byn_status copy_out(const byni_value_copy *copy, uint64_t count, void *context)
{
    room *to = context;
    uint64_t i;

    to->count = (size_t)count;
    if (count > to->size)
        return BYN_E_TOOBIG;
    for (i = 0; i < count; i += sizeof(uint64_t)) {
        uint64_t word = byni_peek64(&copy->bytes[i / sizeof word]);

        memcpy(to->bytes + i, &word, part_of(count - i));
    }
    return BYN_OK;
}

byn_status byn_value_read(byn_value *value, void *buffer, size_t *size)
{
    byn_status status;
    room to;

    if (!byni_value_usable(value) || value->sort != BYNI_RECORD)
        return byni_value_refuse(value, &byni_value_get_calls, "byn_value_read");
    if (size == NULL || (buffer == NULL && *size > 0))
        return byni_null_buffer("byn_value_read", size);
    to.bytes = buffer;
    to.size = *size;
    to.count = 0;
    status = visit_bytes(value, copy_out, &to);
    if (status == BYN_E_TOOBIG)
        (void)byni_fail(status, "%llu bytes, and there is room for %llu",
                        (unsigned long long)to.count, (unsigned long long)to.size);
    if (status == BYN_OK || status == BYN_E_TOOBIG)
        *size = to.count;
    return status < 0 ? byni_value_failed(value, status, "byn_value_read") : status;
}

/* ---- Write ---------------------------------------------------------------------------------------- */

static void copy_in(byni_value_copy *copy, const unsigned char *data, size_t size)
{
    size_t i;

    for (i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word = 0;

        memcpy(&word, data + i, part_of(size - i));
        byni_poke64(&copy->bytes[i / sizeof word], word);
    }
    byni_store64(&copy->size, size);
}

static byn_status write_bytes(byn_value *value, const void *data, size_t size)
{
    byn_status status = lock_writing(value);
    uint64_t word;

    if (status < 0)
        return status;
    word = byni_load64(&value->state->word);
    byni_fence(); /* a reader that sees what follows sees that the word has moved before */
    copy_in(copy_of(value, word + 1), data, size);
    byni_crash_point("value.written");
    (void)byni_add64(&value->state->word, 1);
    byni_value_changed(value);
    unlock_writing(value);
    return BYN_OK;
}

byn_status byn_value_write(byn_value *value, const void *data, size_t size)
{
    byn_status status;

    if (!byni_value_usable(value) || value->sort != BYNI_RECORD)
        return byni_value_refuse(value, &byni_value_set_calls, "byn_value_write");
    if (data == NULL && size > 0)
        return byni_null("byn_value_write", "data");
    if (size > value->size)
        status = byni_fail(BYN_E_TOOBIG, "%llu bytes, and it has room for %llu",
                           (unsigned long long)size, (unsigned long long)value->size);
    else
        status = write_bytes(value, data, size);
    return status < 0 ? byni_value_failed(value, status, "byn_value_write") : status;
}

/* ---- Wait ----------------------------------------------------------------------------------------- */

/* BYN_E_TIMEDOUT: they are the same as in the room. */
static byn_status compare(const byni_value_copy *copy, uint64_t count, void *context)
{
    const room *known = context;
    uint64_t i;

    if (count != known->count)
        return BYN_OK;
    for (i = 0; i < count; i += sizeof(uint64_t)) {
        uint64_t word = byni_peek64(&copy->bytes[i / sizeof word]);

        if (memcmp(known->bytes + i, &word, part_of(count - i)) != 0)
            return BYN_OK;
    }
    return BYN_E_TIMEDOUT;
}

static byn_status look_at_bytes(byn_value *value, void *context)
{
    byn_status status = visit_bytes(value, compare, context);

    return status == BYN_OK ? visit_bytes(value, copy_out, context) : status;
}

byn_status byn_value_wait_change_bytes(byn_value *value, void *known, size_t *size,
                                       byn_timeout timeout)
{
    const byni_calls *const calls = &byni_value_wait_calls;
    byn_status status;
    room what;

    if (!byni_value_usable(value) || value->sort != BYNI_RECORD)
        return byni_value_refuse(value, calls, calls->record_call);
    if (known == NULL || size == NULL)
        return byni_null(calls->record_call, known == NULL ? "known" : "size");
    if (*size > value->size)
        return byni_invalid(calls->record_call, "more is known than the value can have");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(calls->record_call);
    what.bytes = known;
    what.size = value->size;
    what.count = *size;
    status = byni_value_await(value, look_at_bytes, &what, timeout);
    if (status >= 0)
        *size = what.count;
    return status < 0 ? byni_value_failed(value, status, calls->record_call) : status;
}
