/*
 * parties.h - who holds and who waits, read from copies of objects' memory.
 */
#ifndef BYNI_PARTIES_H
#define BYNI_PARTIES_H

#include <byname/who.h>

#include "holders.h"
#include "lock.h"

/* Somebody who holds something. */
typedef struct byni_hold {
    uint32_t pid, thread; /* thread 0: the process as a whole; pid 0: nobody knows */
    uint64_t started;     /* of bynk_identity; 0: not known */
    uint64_t me;          /* of bynk_me(); 0: not known */
    uint64_t since;       /* bynk_clock(): it holds it since then at least; 0: not known */
    uint32_t count;
    uint32_t sort; /* BYNI_WANTS_TO_READ or _WRITE; 0: there is one sort only */
} byni_hold;

typedef void (*byni_hold_sink)(const byni_hold *hold, void *context);

/*
 * What each kind tells of a copy, `size` bytes of it. Nothing in there is sound, and what belongs together may have
 * been written at two times: all is only told.
 */
void byni_mutex_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context);
void byni_once_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context);
void byni_array_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context);

/* Of all kinds. */
void byni_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context);

bool byni_hold_alive(const byni_hold *hold);

/* As much as is looked at of an object. */
enum { BYNI_PARTIES_SIZE = BYNI_HOLDERS_LIMIT };

static inline const void *byni_copy_state(const byni_header *copy, size_t size, size_t needed)
{
    return size >= BYNI_STATE_OFFSET + needed ? (const char *)copy + BYNI_STATE_OFFSET : NULL;
}

/* Of a lock for users inside an object. */
void byni_lock_holds(const byni_lock_state *lock, byni_hold_sink sink, void *context);

/* What is told of a wait, all but the names of object and program. */
byn_party byni_party_of_wait(const byni_wait *wait, uint64_t now);

#endif
