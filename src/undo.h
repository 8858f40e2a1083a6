/*
 * undo.h - a semaphore that knows who took its permits: what a dead process held comes back.
 *
 * A holder is a process, see holders.h; its number is how many permits it holds. There are never more
 * than the maximum, those that are held included.
 */
#ifndef BYNI_UNDO_H
#define BYNI_UNDO_H

#include <byname/semaphore.h>

#include "holders.h"

/*
 * In shared memory, beside the table of holders. Changed by who holds the guard; read by all.
 *
 * A change of it may touch several words: permits go from one place to another. So it is planned first:
 * each holder's new number stands in its note, the new value and abandoned in planned_*. Then sleepers
 * are woken, who wait for the guard; then `planned` is stored, which commits; then it is carried out,
 * which can be done again and again with the same result; then `planned` and the notes are cleared.
 *
 * A death before the commit has changed nothing; the heir of the guard clears the notes. After it, the
 * heir carries it out. While nobody has the guard there are no notes, and nothing is planned.
 */
typedef struct byni_undo_state {
    bynk_guard guard;
    bynk_spot spot;     /* counts the times that permits were given or came back */
    byni_a32 value;     /* permits that are free */
    byni_a32 abandoned; /* of these, how many came from the dead and are yet to be told of */
    byni_a32 several; /* 1: somebody who wants several is about to sleep: the next wake is of all */
    byni_a32 planned; /* 1: committed, to be carried out */
    byni_a32 planned_value;
    byni_a32 planned_abandoned;
} byni_undo_state;

_Static_assert(BYNI_STATE_OFFSET + sizeof(byni_undo_state) <= BYNI_HOLDERS_OFFSET, "before them");

/* This process' part. */
typedef struct byni_undo {
    bynk_segment *segment;
    byni_undo_state *state;
    byni_holders holders;
    bynk_identity own;
    uint32_t maximum;
} byni_undo;

/* NULL: it has no undo. */
byni_undo *byni_semaphore_undo(byn_semaphore *semaphore);

/* The segment of the object has BYNI_HOLDERS_SIZE bytes, and grows. */
void byni_undo_initialise(byni_undo_state *state, uint32_t initial);
void byni_undo_attach(byni_undo *undo, const byni_object *object, uint32_t maximum);
/* What this process holds comes back, as if it had died. */
void byni_undo_detach(byni_undo *undo);

/* As byn_semaphore_acquire() and _release() promise; the count is 1 to the maximum. */
byn_status byni_undo_acquire(byni_undo *undo, uint32_t count, bynk_deadline deadline);
byn_status byni_undo_release(byni_undo *undo, uint32_t count, uint32_t *previous);
uint32_t byni_undo_value(byni_undo *undo);
byn_status byni_undo_tell(byni_undo *undo, byn_semaphore_info *info);

/* ---- For who waits for several objects -------------------------------------------------------------- */

/* What to sleep on until there may be permits. */
void byni_undo_describe(byni_undo *undo, bynk_waitable *what);

/*
 * Take them if they are there: BYN_OK, BYN_ABANDONED. Else BYN_E_TIMEDOUT, and *seen is the number of
 * the spot to sleep on; others as acquire. *news: how many of them came from the dead, to be handed to
 * byni_undo_put_back(). The guard is awaited up to the deadline, and for a second if that is earlier.
 */
byn_status byni_undo_try(byni_undo *undo, uint32_t count, bynk_deadline deadline, uint32_t *news,
                         uint32_t *seen);

/* Give back what was taken, as if it had not been: the next acquirer hears the news. */
void byni_undo_put_back(byni_undo *undo, uint32_t count, uint32_t news);

/* Let what the dead hold come back. Whether there was something. Asks the system for every holder. */
bool byni_undo_sweep(byni_undo *undo);

/* The other processes that hold some; how many. To be watched in a sleep. */
unsigned byni_undo_watched(byni_undo *undo, bynk_identity watched[BYNI_WATCHED]);

static inline bynk_spot *byni_undo_spot(byni_undo *undo)
{
    return &undo->state->spot;
}

#endif
