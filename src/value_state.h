/*
 * value_state.h - what the sources of byn_value share: value.c (open, close, lock), value_number.c,
 * value_bytes.c and value_wait.c.
 */
#ifndef BYNI_VALUE_STATE_H
#define BYNI_VALUE_STATE_H

#include <byname/value.h>

#include "lock.h"
#include "types.h"

/*
 * A number is one word, changed by single atomic instructions: a death leaves the old number or the new
 * one. It has 64 bits for all types; a type's number is its low bits, so that adding wraps around by itself.
 *
 * Of bytes there are two copies behind the state. `word` counts the writes, and its low bit tells which copy
 * counts; a writer, with the guard, fills the other one and then adds 1. A death before that leaves the old
 * bytes, one after it the new ones. A reader writes nothing: it copies, and what it has is whole if `word`
 * is still the same, since the copy that counts is not written to before.
 *
 * A change that somebody waits for moves `spot` too. Who is about to sleep sets `awaited` and then looks at
 * the word; who has changed the word looks at `awaited`, clears it, and moves the spot. One of the two
 * sees the other. A death between the change and the move leaves the sleepers to their heartbeat, one
 * between the clearing and the move as well, also for changes that follow until a sleeper has looked.
 */
typedef struct byni_value_state {
    byni_a64 word;
    uint64_t
        lines[15]; /* the word changes often, what follows seldom: not on lines that move with it */
    byni_a32 awaited; /* 1: somebody may sleep until `word` changes */
    uint32_t reserved;
    bynk_guard writing; /* of those who write bytes */
    byni_lock_state lock;
    bynk_spot spot;
} byni_value_state;

/* One copy of bytes: their number, then the bytes in words. */
typedef struct byni_value_copy {
    byni_a64 size;
    byni_a64 bytes[];
} byni_value_copy;

enum { BYNI_VALUE_COPIES = 2048 }; /* offset */

_Static_assert(BYNI_STATE_OFFSET + sizeof(byni_value_state) <= BYNI_VALUE_COPIES,
               "the copies follow the state");

struct byn_value {
    byni_object object;
    byni_value_state *counter; /* `state`, if it may be added to: one look for both */
    byni_value_state *state;
    byn_value_type type;
    byni_sort sort;
    size_t size; /* in bytes, of bytes the most */
    byni_lock lock;
};

/* From one copy to the other. */
static inline uint64_t byni_value_stride(uint64_t size)
{
    return (sizeof(byni_value_copy) + size + 63) / 64 * 64;
}

static inline bool byni_value_usable(const byn_value *value)
{
    return value != NULL && byni_object_usable(&value->object);
}

/* Which call is for which type. */
extern const byni_calls byni_value_get_calls, byni_value_set_calls, byni_value_wait_calls;

/* The failure of a call with a handle that is none, or whose type is for another call. */
byn_status byni_value_refuse(const byn_value *value, const byni_calls *calls,
                             const char *operation);
byn_status byni_value_failed(const byn_value *value, byn_status status, const char *operation);

/* The word has been changed: wake who waits for it. */
void byni_value_wake(byn_value *value);
static inline void byni_value_changed(byn_value *value)
{
    if (BYNI_UNLIKELY(byni_load32_after(&value->state->awaited) != 0))
        byni_value_wake(value);
}

/*
 * Sleep until the value is what the caller does not know: `look` answers BYN_OK if it is different and has
 * told the caller, BYN_E_TIMEDOUT if it is the same.
 */
byn_status byni_value_await(byn_value *value, byn_status (*look)(byn_value *value, void *context),
                            void *context, byn_timeout timeout);

#endif
