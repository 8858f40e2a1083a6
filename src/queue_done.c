/*
 * What a queue knows besides its messages: what is done, whether it was shut down, and how it stands.
 */
#include <string.h>

#include "queue_state.h"
#include "ring_outside.h"

/* ---- Done ------------------------------------------------------------------------------------------ */

/* With the guard. */
static uint64_t unfinished(const byn_queue *queue, uint64_t *done)
{
    uint64_t bytes, put;

    byni_ring_side_read(&queue->state->ring.in, &bytes, &put);
    byni_ring_side_read(&queue->state->done, &bytes, done);
    return put - *done;
}

static byn_status report_one(byni_ring *ring, void *context)
{
    byn_queue *queue = context;
    uint64_t done, left = unfinished(queue, &done);

    if (left == 0)
        return byni_fail(BYN_E_INVALID,
                         "all messages that were put have been reported done already");
    byni_ring_commit(ring->segment, &queue->state->done, 0, done + 1, left == 1 ? UINT32_MAX : 0);
    return BYN_OK;
}

byn_status byn_queue_task_done(byn_queue *queue)
{
    static const char name[] = "byn_queue_task_done";
    byni_ring_wait wait = {.timeout = BYN_NOW};
    byn_status status = byni_queue_usable(queue, name);

    if (status < 0)
        return status;
    if (queue->acknowledges) {
        (void)byni_fail(BYN_E_INVALID, "a message of it is done when it is acknowledged");
        return byni_failed(BYN_E_INVALID, name, queue->object.name.full);
    }
    status = byni_ring_try(&queue->ring, &queue->state->done, &wait, report_one, queue);
    return byni_queue_answer(queue, status, name);
}

static byn_status all_done(byni_ring *ring, void *context)
{
    uint64_t done;

    (void)ring;
    return unfinished(context, &done) == 0 ? BYN_OK : BYN_E_TIMEDOUT;
}

byn_status byn_queue_join(byn_queue *queue, byn_timeout timeout)
{
    static const char name[] = "byn_queue_join";
    byni_ring_wait wait = {.timeout = timeout};
    byn_status status = byni_queue_ready_to(queue, name, timeout);

    if (status < 0)
        return status;
    status = byni_ring_try(&queue->ring, &queue->state->done, &wait, all_done, queue);
    return byni_queue_answer(queue, status, name);
}

/* ---- The end, and looking -------------------------------------------------------------------------- */

byn_status byn_queue_shutdown(byn_queue *queue)
{
    static const char name[] = "byn_queue_shutdown";
    byn_status status = byni_queue_usable(queue, name);

    return status < 0 ? status : byni_queue_answer(queue, byni_ring_close(&queue->ring), name);
}

bool byn_queue_is_closed(byn_queue *queue)
{
    return queue != NULL && byni_object_usable(&queue->object) && byni_ring_is_closed(&queue->ring);
}

typedef struct telling {
    const byn_queue *queue;
    byn_queue_info info;
} telling;

static byn_status tell(byni_ring *ring, void *context)
{
    telling *t = context;
    byni_ring_view view;
    byn_status status = byni_ring_look(ring, &view);
    uint64_t done;

    if (status < 0)
        return status;
    t->info.count = view.put - view.got;
    t->info.bytes = view.end - view.first;
    t->info.unfinished = unfinished(t->queue, &done);
    if (t->queue->acknowledges)
        return byni_queue_tell(t->queue, &t->info.count, &t->info.received);
    t->info.bytes = view.end - byni_outside_pass(ring, &view, view.first);
    t->info.reserved = byni_outside_places(ring, BYNI_RESERVED);
    t->info.received = byni_outside_places(ring, BYNI_HELD);
    if (t->info.received > t->info.count)
        return byni_ring_broken();
    t->info.count -= t->info.received;
    return BYN_OK;
}

static byn_status look(byn_queue *queue, byn_queue_info *info)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};
    telling t = {.queue = queue};
    byn_status status = byni_ring_try(&queue->ring, &queue->state->ring.in, &wait, tell, &t);

    *info = t.info;
    return status;
}

byn_status byn_queue_count(byn_queue *queue, uint64_t *count)
{
    static const char name[] = "byn_queue_count";
    byn_queue_info info;
    byn_status status = byni_queue_usable(queue, name);

    if (status < 0)
        return status;
    if (count == NULL)
        return byni_null(name, "count");
    status = look(queue, &info);
    if (status >= 0)
        *count = info.count;
    return byni_queue_answer(queue, status, name);
}

byn_status byn_queue_describe(byn_queue *queue, byn_queue_info *info)
{
    static const char name[] = "byn_queue_describe";
    byn_queue_info found;
    byn_status status = byni_queue_usable(queue, name);

    if (status < 0)
        return status;
    if (!byni_struct_fits(info, sizeof found))
        return byni_wrong_struct(name, "info");
    status = look(queue, &found);
    if (status < 0)
        return byni_queue_answer(queue, status, name);
    found.struct_size = info->struct_size;
    found.capacity = queue->object.parameters[BYNI_QUEUE_CAPACITY];
    found.items = queue->object.parameters[BYNI_QUEUE_ITEMS];
    found.largest = queue->object.parameters[BYNI_QUEUE_LARGEST];
    found.acknowledge = queue->acknowledges;
    found.is_closed = byni_ring_is_closed(&queue->ring);
    memcpy(info, &found, found.struct_size);
    return BYN_OK;
}
