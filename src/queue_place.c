/*
 * Messages that are written and read where they lie in the queue.
 *
 * A message is in one piece for who has its place. One that lies across the ring's end is not: then it has a copy
 * in this process, which is written into the ring before it is committed. A death leaves what it leaves of others.
 */
#include <stdlib.h>
#include <string.h>

#include "queue_state.h"
#include "ring_place.h"

_Static_assert(BYNI_RING_HELD - BYNI_RING_RESERVED == BYN_QUEUE_PLACES &&
                   BYNI_RING_COPIERS - BYNI_RING_HELD == BYN_QUEUE_PLACES,
               "as promised");
_Static_assert(sizeof(byni_queue_copy) % 8 == 0, "its bytes are aligned");

/* ---- Where a message is in one piece ----------------------------------------------------------------- */

static byni_queue_copy **copies_of(byn_queue *queue, unsigned number)
{
    return &queue->copies[number - BYNI_RING_RESERVED];
}

static void push(byn_queue *queue, unsigned number, byni_queue_copy *copy)
{
    byni_queue_copy **copies = copies_of(queue, number);

    copy->older = *copies;
    *copies = copy;
}

/* NULL: no memory for a copy. It is zero, for what is not written into it will be seen by others. */
static void *lend(byn_queue *queue, const byni_outside *mine, bool *is_copy)
{
    const byni_ring *ring = &queue->ring;
    uint64_t place = (mine->at + sizeof(byni_ring_record)) & (ring->size - 1);
    byni_queue_copy *copy;

    *is_copy = mine->first > ring->size - place;
    if (!*is_copy)
        return ring->bytes + place;
    copy = calloc(1, sizeof *copy + mine->first);
    if (copy == NULL)
        return NULL;
    copy->size = mine->first;
    push(queue, mine->index, copy);
    return copy + 1;
}

/* The copy that a place is, taken out; NULL: it is none. */
static byni_queue_copy *pop(byn_queue *queue, const byni_outside *mine, const void *data)
{
    byni_queue_copy *copy = NULL;

    if (byni_place_is_mine(&queue->ring, mine))
        copy = *copies_of(queue, mine->index);
    if (copy == NULL || (const void *)(copy + 1) != data)
        return NULL;
    *copies_of(queue, mine->index) = copy->older;
    return copy;
}

static byn_status hand_out(byn_queue *queue, const byni_outside *mine, byn_queue_place *place)
{
    bool is_copy;
    void *data = lend(queue, mine, &is_copy);

    if (data == NULL) {
        (void)byni_place_finish(&queue->ring, mine, BYNI_ABANDON, 0);
        (void)byni_fail(BYN_E_NOMEM,
                        "this process has no room for a copy of a message of %lu bytes",
                        (unsigned long)mine->first);
        return BYN_E_NOMEM;
    }
    if (is_copy && mine->index >= BYNI_RING_HELD)
        byni_ring_read(&queue->ring, mine->at + sizeof(byni_ring_record), data, mine->first);
    place->data = data;
    place->size = mine->first;
    place->at = mine->at;
    place->number = mine->index;
    return BYN_OK;
}

/* ---- What all calls begin with ----------------------------------------------------------------------- */

static byn_status plain(const byn_queue *queue, const char *name)
{
    if (!queue->acknowledges)
        return BYN_OK;
    (void)byni_fail(BYN_E_INVALID, "it was created with acknowledge: its messages have no places");
    return byni_failed(BYN_E_INVALID, name, queue->object.name.full);
}

static byn_status may_wait(const byn_queue *queue, const char *name, const byn_queue_place *place,
                           byn_timeout timeout)
{
    byn_status status = byni_queue_ready_to(queue, name, timeout);

    if (status < 0)
        return status;
    return place != NULL ? plain(queue, name) : byni_null(name, "place");
}

static byn_status may_end(const byn_queue *queue, const char *name, const byn_queue_place *place)
{
    byn_status status = byni_queue_usable(queue, name);

    if (status < 0)
        return status;
    if (place == NULL || place->data == NULL)
        return byni_invalid(name, "the place is none");
    return plain(queue, name);
}

/* Its copy is taken out before: as soon as it has ended its number may be another thread's. */
static byn_status end(byn_queue *queue, const char *name, byn_queue_place *place,
                      byni_place_end how, size_t size)
{
    const byni_outside mine = {.index = place->number, .at = place->at};
    byni_queue_copy *copy = pop(queue, &mine, place->data);
    byn_status status = BYN_OK;

    if (copy != NULL && how == BYNI_COMMIT && size > copy->size)
        status = byni_fail(BYN_E_INVALID, "so much was not reserved");
    else if (copy != NULL && how == BYNI_COMMIT)
        byni_ring_write(&queue->ring, mine.at + sizeof(byni_ring_record), copy + 1, size);
    if (status >= 0)
        status = byni_place_finish(&queue->ring, &mine, how, size);
    if (status < 0) {
        if (copy != NULL)
            push(queue, mine.index, copy);
        return byni_queue_answer(queue, status, name);
    }
    free(copy);
    memset(place, 0, sizeof *place);
    return status;
}

/* ---- Put --------------------------------------------------------------------------------------------- */

byn_status byn_queue_reserve(byn_queue *queue, size_t size, byn_queue_place *place,
                             byn_timeout timeout)
{
    static const char name[] = "byn_queue_reserve";
    byni_ring_wait wait = {.timeout = timeout};
    byni_outside mine;
    byn_status status = may_wait(queue, name, place, timeout);

    if (status >= 0)
        status = byni_queue_fits(queue, name, &size, 1);
    if (status < 0)
        return status;
    status = byni_place_reserve(&queue->ring, &mine, size, &wait);
    if (status >= 0)
        status = hand_out(queue, &mine, place);
    return byni_queue_answer(queue, status, name);
}

byn_status byn_queue_commit(byn_queue *queue, byn_queue_place *place, size_t size)
{
    static const char name[] = "byn_queue_commit";
    byn_status status = may_end(queue, name, place);

    if (status < 0)
        return status;
    if (place->number >= BYNI_RING_HELD)
        return byni_invalid(name, "the place was not reserved, but is held");
    if (size > place->size) {
        (void)byni_fail(BYN_E_INVALID, "%llu bytes, and %llu were reserved",
                        (unsigned long long)size, (unsigned long long)place->size);
        return byni_failed(BYN_E_INVALID, name, queue->object.name.full);
    }
    return end(queue, name, place, BYNI_COMMIT, size);
}

/* ---- Get --------------------------------------------------------------------------------------------- */

byn_status byn_queue_hold(byn_queue *queue, byn_queue_place *place, byn_timeout timeout)
{
    static const char name[] = "byn_queue_hold";
    byni_ring_wait wait = {.timeout = timeout};
    byni_outside mine;
    byn_status status = may_wait(queue, name, place, timeout);

    if (status < 0)
        return status;
    status = byni_place_hold(&queue->ring, &mine, &wait);
    if (status >= 0)
        status = hand_out(queue, &mine, place);
    return byni_queue_answer(queue, status, name);
}

byn_status byn_queue_release(byn_queue *queue, byn_queue_place *place)
{
    static const char name[] = "byn_queue_release";
    byn_status status = may_end(queue, name, place);

    if (status < 0)
        return status;
    if (place->number < BYNI_RING_HELD)
        return byni_invalid(name, "the place is not held, but was reserved");
    return end(queue, name, place, BYNI_RELEASE, 0);
}

/* ---- Neither ----------------------------------------------------------------------------------------- */

byn_status byn_queue_abandon(byn_queue *queue, byn_queue_place *place)
{
    static const char name[] = "byn_queue_abandon";
    byn_status status = may_end(queue, name, place);

    return status < 0 ? status : end(queue, name, place, BYNI_ABANDON, 0);
}

void byni_queue_leave_places(byn_queue *queue)
{
    byni_queue_copy *copy;
    unsigned i;

    byni_outside_leave(&queue->ring);
    for (i = BYNI_RING_RESERVED; i < BYNI_RING_COPIERS; i++)
        while ((copy = *copies_of(queue, i)) != NULL) {
            *copies_of(queue, i) = copy->older;
            free(copy);
        }
}
