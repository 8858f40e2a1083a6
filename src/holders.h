/*
 * holders.h - who holds something of an object: a table of threads or processes in its segment, with a
 * number for each.
 *
 * The table begins at BYNI_HOLDERS_OFFSET and grows with its use, up to BYNI_HOLDERS_MOST. An object with
 * one has a segment of BYNI_HOLDERS_SIZE bytes that grows to BYNI_HOLDERS_LIMIT.
 *
 * All of it is changed by who holds the object's guard. A holder exists as long as its number is not 0:
 * the number is stored last when it comes and first when it goes, and is the only word that a death can
 * leave either way. The system is asked whether a holder lives; its death is noticed by who looks.
 */
#ifndef BYNI_HOLDERS_H
#define BYNI_HOLDERS_H

#include "object.h"

/* In shared memory. */
typedef struct byni_holder {
    byni_a32 number; /* 0: nobody. What else it says is the object's business */
    byni_a32 pid;
    byni_a32 thread; /* 0: the process as a whole */
    byni_a32 reserved;
    byni_a64 started;
    byni_a64 note; /* the object's business; written before the number */
} byni_holder;

typedef struct byni_holders_state {
    byni_a32 used; /* entries from here on were never used; only rises */
    uint32_t reserved;
} byni_holders_state;

enum {
    BYNI_HOLDERS_OFFSET = 2048,
    BYNI_HOLDERS_SIZE = 4096,
    BYNI_HOLDERS_MOST = 8128,
    BYNI_HOLDERS_LIMIT = BYNI_HOLDERS_OFFSET + 64 + BYNI_HOLDERS_MOST * 32
};

_Static_assert(sizeof(byni_holder) == 32 && sizeof(byni_holders_state) <= 64, "as the limit says");

/* This process' view of the table. */
typedef struct byni_holders {
    bynk_segment *segment;
    byni_holders_state *state;
    byni_holder *entries;
    byni_a32 there; /* entries that are known to have memory: what others say is not believed */
} byni_holders;

/* When the object is attached. */
void byni_holders_attach(byni_holders *holders, const byni_object *object);

/* How many entries may be looked at, those in between that are free included. */
uint32_t byni_holders_count(byni_holders *holders);

/* The holder of this identity; NULL: there is none. */
byni_holder *byni_holders_find(byni_holders *holders, const bynk_identity *who);

/* The same of an object that knows how many holders it has: looks at so many and no more. */
byni_holder *byni_holders_find_among(byni_holders *holders, const bynk_identity *who,
                                     uint32_t number_of_holders);

/*
 * A free entry with this identity and the number 0, which the caller fills: note, then number.
 * NULL: *status is BYN_E_LIMIT or BYN_E_NOMEM, with its cause. With the guard.
 */
byni_holder *byni_holders_add(byni_holders *holders, const bynk_identity *who, byn_status *status);

/* The first holder from *at on, which becomes the index behind it; NULL: there is no more. */
byni_holder *byni_holders_next(byni_holders *holders, uint32_t *at);

/* Who it is; a copy. */
bynk_identity byni_holder_identity(const byni_holder *holder);

bool byni_holder_alive(const byni_holder *holder);

/* Whether it is this process or one of its threads. */
bool byni_holder_is_of(const byni_holder *holder, const bynk_identity *process);

/* The identities of holders that `wanted` says yes to (NULL: all), to be watched in a sleep; up to BYNI_WATCHED. */
enum { BYNI_WATCHED = 32 };
unsigned byni_holders_watched(byni_holders *holders, bool (*wanted)(const byni_holder *holder),
                              bynk_identity watched[BYNI_WATCHED]);

#endif
