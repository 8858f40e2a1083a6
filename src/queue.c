#include <byname/queue.h>

#include <string.h>

#include "queue_state.h"
#include "ring_short.h"
#include "waitable.h"

/* ---- Open and close ------------------------------------------------------------------------------ */

/* The ring's, of the queue's parameters. */
static byni_ring_limits limits_of(const uint64_t parameters[BYNI_PARAMETERS])
{
    uint32_t prefix = parameters[BYNI_QUEUE_ACKNOWLEDGE] != 0 ? BYNI_RING_PREFIX : 0;
    byni_ring_limits limits = {parameters[BYNI_QUEUE_CAPACITY], parameters[BYNI_QUEUE_ITEMS],
                               (uint32_t)parameters[BYNI_QUEUE_LARGEST] + prefix, prefix};

    return limits;
}

static bool are_sound(const uint64_t parameters[BYNI_PARAMETERS])
{
    return parameters[BYNI_QUEUE_CAPACITY] <= BYN_QUEUE_MAXIMUM &&
           parameters[BYNI_QUEUE_LARGEST] <= BYN_QUEUE_MAXIMUM &&
           parameters[BYNI_QUEUE_ACKNOWLEDGE] <= 1 &&
           byni_ring_record_size(limits_of(parameters).largest) <= parameters[BYNI_QUEUE_CAPACITY];
}

static uint64_t segment_size(const uint64_t parameters[BYNI_PARAMETERS])
{
    return BYNI_DATA_OFFSET + byni_ring_memory(parameters[BYNI_QUEUE_CAPACITY]);
}

static bool is_sound(const byni_header *header)
{
    return are_sound(header->parameters) && header->limit == segment_size(header->parameters) &&
           byni_load64(&header->size) == header->limit;
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    byni_queue_state *state = at;

    (void)parameters;
    (void)options;
    byni_ring_initialise(&state->ring);
    byni_ring_side_initialise(&state->done);
    byni_ring_copies_initialise(&state->copies);
}

static byn_status repair(byni_ring *ring)
{
    byni_queue_state *state = (byni_queue_state *)(void *)ring->state;
    byn_status status = ring->limits.prefix > 0 ? byni_queue_repair(ring) : BYN_OK;

    byni_ring_wake(ring->segment, &state->done, UINT32_MAX);
    return status;
}

static byn_status attach(byni_object *object)
{
    byn_queue *queue = (byn_queue *)object;
    byni_ring_limits limits = limits_of(object->parameters);

    queue->state = byni_object_state(object);
    queue->acknowledges = object->parameters[BYNI_QUEUE_ACKNOWLEDGE] != 0;
    byni_ring_attach(&queue->ring, object->segment, &queue->state->ring,
                     (char *)object->header + BYNI_DATA_OFFSET, &limits);
    queue->ring.repair = repair;
    if (!queue->acknowledges)
        byni_ring_copy_outside(&queue->ring, &queue->state->copies);
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    byn_queue *queue = (byn_queue *)object;

    if (queue->acknowledges)
        byni_queue_give_all_back(queue);
    else
        byni_queue_leave_places(queue);
    return true;
}

/* ---- Among others, see wait.c: it is told that one is there, and nothing is taken ----------------- */

static void describe(void *handle, bynk_waitable *what)
{
    byn_queue *queue = handle;

    what->order = queue->object.header->incarnation;
    if (queue->acknowledges)
        byni_queue_describe(queue, what);
    else
        byni_ring_describe(&queue->ring, what);
}

static byn_status take(void *handle)
{
    byn_queue *queue = handle;

    return queue->acknowledges ? byni_queue_ready(queue) : byni_ring_ready(&queue->ring);
}

static void put_back(void *handle, byn_status how)
{
    (void)handle;
    (void)how;
}

static const byni_waitable waitable = {describe, take, put_back, NULL, NULL, NULL};

static const byni_kind kind = {
    BYNI_QUEUE,
    "byn_queue_open",
    sizeof(byn_queue),
    {"capacity", "items", "largest", "acknowledge"},
    is_sound,
    initialise,
    attach,
    detach,
    &waitable,
};

static uint64_t default_capacity(uint64_t largest, uint64_t record)
{
    enum { MANY = 256, SOME = 8 };
    const uint64_t nothing_said = UINT64_C(1) << 20, least = UINT64_C(1) << 16,
                   most = UINT64_C(1) << 24;
    uint64_t wish = MANY * record;

    if (largest == 0)
        return nothing_said;
    if (wish < least)
        wish = least;
    if (wish > most)
        wish = most;
    return wish < SOME * record ? SOME * record : wish;
}

/* What it is created with. The largest possible is put where one is wanted that cannot be, so that all is
 * looked at in one place. */
static void fill_in(uint64_t created[BYNI_PARAMETERS])
{
    uint64_t largest = created[BYNI_QUEUE_LARGEST] < BYN_QUEUE_MAXIMUM ? created[BYNI_QUEUE_LARGEST]
                                                                       : BYN_QUEUE_MAXIMUM;

    if (created[BYNI_QUEUE_CAPACITY] == 0)
        created[BYNI_QUEUE_CAPACITY] =
            default_capacity(largest, byni_ring_record_size(largest + BYNI_RING_PREFIX));
    if (created[BYNI_QUEUE_LARGEST] == 0)
        created[BYNI_QUEUE_LARGEST] = created[BYNI_QUEUE_CAPACITY] / 4;
}

byn_status byn_queue_open(byn_queue **queue, const char *name, const byn_queue_options *options)
{
    byn_queue_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, queue, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    opening.parameters[BYNI_QUEUE_CAPACITY] = chosen.capacity;
    opening.parameters[BYNI_QUEUE_ITEMS] = chosen.items;
    opening.parameters[BYNI_QUEUE_LARGEST] = chosen.largest;
    opening.parameters[BYNI_QUEUE_ACKNOWLEDGE] = chosen.acknowledge;
    memcpy(opening.created, opening.parameters, sizeof opening.created);
    fill_in(opening.created);
    if (!are_sound(opening.created)) {
        (void)byni_fail(
            BYN_E_INVALID,
            "capacity %llu, largest message %llu: let the capacity be at most %llu, and "
            "have room for a message",
            (unsigned long long)chosen.capacity, (unsigned long long)chosen.largest,
            (unsigned long long)BYN_QUEUE_MAXIMUM);
        return byni_failed(BYN_E_INVALID, kind.open, name);
    }
    opening.size = opening.limit = segment_size(opening.created);
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *queue = (byn_queue *)object;
    return status;
}

void byn_queue_close(byn_queue *queue)
{
    byni_object_close(queue != NULL ? &queue->object : NULL);
}

const char *byn_queue_name(const byn_queue *queue)
{
    return queue != NULL ? queue->object.name.full : NULL;
}

/* ---- What all calls begin and end with ------------------------------------------------------------- */

byn_status byni_queue_usable(const byn_queue *queue, const char *operation)
{
    if (queue == NULL || !byni_object_usable(&queue->object))
        return byni_object_unusable((const byni_object *)queue, operation);
    return BYN_OK;
}

byn_status byni_queue_ready_to(const byn_queue *queue, const char *operation, byn_timeout timeout)
{
    if (queue == NULL || !byni_object_usable(&queue->object))
        (void)byni_object_unusable((const byni_object *)queue, operation);
    else if (!byni_timeout_valid(timeout))
        (void)byni_wrong_timeout(operation);
    else
        return BYN_OK;
    return BYN_E_INVALID;
}

/* The same, with a buffer for what is got. */
static byn_status ready_to_get(const byn_queue *queue, const char *operation, const void *buffer,
                               const size_t *size, byn_timeout timeout)
{
    byn_status status = byni_queue_ready_to(queue, operation, timeout);

    if (status >= 0 && (size == NULL || (buffer == NULL && *size > 0)))
        status = byni_null_buffer(operation, size);
    return status;
}

byn_status byni_queue_answer(const byn_queue *queue, byn_status status, const char *operation)
{
    if (status >= 0)
        return status;
    if (status == BYN_E_TIMEDOUT || status == BYN_E_CANCELED || status == BYN_E_CLOSED)
        return byni_failed_plainly(status, operation, queue->object.name.full);
    return byni_failed(status, operation, queue->object.name.full);
}

static byn_status too_big(const byn_queue *queue, const char *operation, uint64_t size,
                          uint64_t room, const char *room_of)
{
    (void)byni_fail(BYN_E_TOOBIG, "the message has %llu bytes, the %s has %llu",
                    (unsigned long long)size, room_of, (unsigned long long)room);
    return byni_failed(BYN_E_TOOBIG, operation, queue->object.name.full);
}

/* ---- Put ------------------------------------------------------------------------------------------- */

byn_status byni_queue_fits(const byn_queue *queue, const char *operation, const size_t *sizes,
                           size_t count)
{
    uint64_t largest = queue->object.parameters[BYNI_QUEUE_LARGEST];
    size_t i;

    for (i = 0; i < count; i++)
        if (sizes[i] > largest)
            return too_big(queue, operation, sizes[i], largest, "queue's largest");
    return BYN_OK;
}

static BYNI_COLD byn_status put(byn_queue *queue, const void *data, size_t size,
                                byn_timeout timeout)
{
    static const char name[] = "byn_queue_put";
    byni_ring_wait wait = {.timeout = timeout};
    byn_status status = byni_queue_ready_to(queue, name, timeout);
    size_t one = 1;

    if (status >= 0 && data == NULL && size > 0)
        status = byni_null(name, "data");
    if (status >= 0)
        status = byni_queue_fits(queue, name, &size, 1);
    if (status < 0)
        return status;
    return byni_queue_answer(queue, byni_ring_put(&queue->ring, data, &size, &one, &wait), name);
}

byn_status byn_queue_put(byn_queue *queue, const void *data, size_t size, byn_timeout timeout)
{
    if (BYNI_UNLIKELY(queue == NULL || !bynk_knows_me(queue->object.token) ||
                      !byni_timeout_valid(timeout) || data == NULL ||
                      !byni_put_short(&queue->ring, data, size)))
        return put(queue, data, size, timeout);
    return BYN_OK;
}

/* All, in as few steps as there is room for. *count: how many were put. */
static byn_status put_all(byn_queue *queue, const void *data, const size_t *sizes, size_t *count,
                          byn_timeout timeout)
{
    byni_ring_wait wait = {.timeout = timeout};
    const unsigned char *next = data;
    size_t all = *count, done = 0, i;
    byn_status status = BYN_OK;

    while (done < all && status >= 0) {
        size_t some = all - done;

        status = byni_ring_put(&queue->ring, next, sizes + done, &some, &wait);
        for (i = 0; i < some && status >= 0; i++)
            if (sizes[done + i] > 0)
                next += sizes[done + i];
        if (status >= 0)
            done += some;
    }
    *count = done;
    return done > 0 ? BYN_OK : status;
}

byn_status byn_queue_put_many(byn_queue *queue, const void *data, const size_t *sizes,
                              size_t *count, byn_timeout timeout)
{
    static const char name[] = "byn_queue_put_many";
    byn_status status = byni_queue_ready_to(queue, name, timeout);
    size_t i;

    if (status >= 0 && (count == NULL || (*count > 0 && sizes == NULL)))
        status = byni_null(name, count == NULL ? "count" : "sizes");
    if (status < 0) {
        if (count != NULL)
            *count = 0;
        return status;
    }
    if (*count == 0)
        return byni_invalid(name, "there is no message");
    for (i = 0; i < *count && data == NULL; i++)
        if (sizes[i] > 0)
            status = byni_null(name, "data");
    if (status >= 0)
        status = byni_queue_fits(queue, name, sizes, *count);
    if (status < 0)
        *count = 0;
    return status < 0 ? status
                      : byni_queue_answer(queue, put_all(queue, data, sizes, count, timeout), name);
}

/* ---- Get ------------------------------------------------------------------------------------------- */

/* One, as it is asked for, to be got for good or left where it is. */
static byn_status get(byn_queue *queue, byni_ring_wanted *wanted, byn_timeout timeout)
{
    byni_ring_wait wait = {.timeout = timeout};
    byn_status status;

    if (!queue->acknowledges)
        return byni_ring_get(&queue->ring, wanted, &wait);
    status =
        byni_queue_take(queue, wanted, wanted->leave_it ? BYNI_LEAVE : BYNI_TAKE, NULL, timeout);
    return status > 0 ? BYN_OK : status;
}

static BYNI_COLD byn_status get_one(byn_queue *queue, const char *name, void *buffer, size_t *size,
                                    byn_timeout timeout, bool leave_it)
{
    byni_ring_wanted wanted = {.buffer = buffer, .most = 1, .leave_it = leave_it};
    byn_status status = ready_to_get(queue, name, buffer, size, timeout);
    size_t length;

    if (status < 0)
        return status;
    wanted.sizes = &length;
    wanted.room = *size;
    status = get(queue, &wanted, timeout);
    if (status >= 0 || status == BYN_E_TOOBIG)
        *size = wanted.bytes;
    if (status == BYN_E_TOOBIG)
        return too_big(queue, name, wanted.bytes, wanted.room, "buffer");
    return byni_queue_answer(queue, status, name);
}

byn_status byn_queue_get(byn_queue *queue, void *buffer, size_t *size, byn_timeout timeout)
{
    if (BYNI_UNLIKELY(queue == NULL || !bynk_knows_me(queue->object.token) ||
                      !byni_timeout_valid(timeout) || buffer == NULL || size == NULL ||
                      !byni_get_short(&queue->ring, buffer, size)))
        return get_one(queue, "byn_queue_get", buffer, size, timeout, false);
    return BYN_OK;
}

byn_status byn_queue_look(byn_queue *queue, void *buffer, size_t *size, byn_timeout timeout)
{
    return get_one(queue, "byn_queue_look", buffer, size, timeout, true);
}

byn_status byn_queue_peek(byn_queue *queue, size_t *size, byn_timeout timeout)
{
    static const char name[] = "byn_queue_peek";
    byni_ring_wanted wanted = {.most = 1, .leave_it = true};
    byn_status status = byni_queue_ready_to(queue, name, timeout);
    size_t length;

    if (status >= 0 && size == NULL)
        status = byni_null(name, "size");
    if (status < 0)
        return status;
    wanted.sizes = &length;
    status = get(queue, &wanted, timeout);
    if (status == BYN_E_TOOBIG)
        status = BYN_OK;
    if (status >= 0)
        *size = wanted.bytes;
    return byni_queue_answer(queue, status, name);
}

/* Of a queue with acknowledge one by one: what lies between them may not be got. */
static byn_status get_one_by_one(byn_queue *queue, byni_ring_wanted *wanted, byn_timeout timeout)
{
    byni_ring_wanted one = *wanted;
    byn_status status;

    one.most = 1;
    wanted->count = wanted->bytes = 0;
    do {
        status = get(queue, &one, wanted->count == 0 ? timeout : BYN_NOW);
        if (status < 0)
            break;
        wanted->count++;
        wanted->bytes += one.bytes;
        if (one.bytes > 0)
            one.buffer = (unsigned char *)one.buffer + one.bytes;
        one.room -= one.bytes;
        one.sizes++;
    } while (wanted->count < wanted->most);
    if (wanted->count > 0)
        return BYN_OK;
    wanted->bytes = one.bytes;
    return status;
}

byn_status byn_queue_get_many(byn_queue *queue, void *buffer, size_t *size, size_t *sizes,
                              size_t *count, byn_timeout timeout)
{
    static const char name[] = "byn_queue_get_many";
    byni_ring_wanted wanted = {.buffer = buffer, .sizes = sizes};
    byn_status status = ready_to_get(queue, name, buffer, size, timeout);

    if (status >= 0 && (sizes == NULL || count == NULL))
        status = byni_null(name, sizes == NULL ? "sizes" : "count");
    if (status >= 0 && *count == 0)
        status = byni_invalid(name, "there is no place for a message");
    if (status < 0) {
        if (count != NULL)
            *count = 0;
        return status;
    }
    wanted.room = *size;
    wanted.most = *count;
    status = queue->acknowledges ? get_one_by_one(queue, &wanted, timeout)
                                 : get(queue, &wanted, timeout);
    *count = status >= 0 ? wanted.count : 0;
    if (status >= 0 || status == BYN_E_TOOBIG)
        *size = wanted.bytes;
    if (status == BYN_E_TOOBIG)
        return too_big(queue, name, wanted.bytes, wanted.room, "buffer");
    return byni_queue_answer(queue, status, name);
}

/* ---- On trial -------------------------------------------------------------------------------------- */

static byn_status acknowledges(const byn_queue *queue, const char *name)
{
    if (queue->acknowledges)
        return BYN_OK;
    (void)byni_fail(BYN_E_INVALID, "it was not created with acknowledge");
    return byni_failed(BYN_E_INVALID, name, queue->object.name.full);
}

byn_status byn_queue_receive(byn_queue *queue, void *buffer, size_t *size, uint64_t *ticket,
                             byn_timeout timeout)
{
    static const char name[] = "byn_queue_receive";
    byni_ring_wanted wanted = {.buffer = buffer, .most = 1};
    byn_status status = ready_to_get(queue, name, buffer, size, timeout);
    size_t length;

    if (status >= 0 && ticket == NULL)
        status = byni_null(name, "ticket");
    if (status >= 0)
        status = acknowledges(queue, name);
    if (status < 0)
        return status;
    wanted.sizes = &length;
    wanted.room = *size;
    status = byni_queue_take(queue, &wanted, BYNI_TRY, ticket, timeout);
    if (status >= 0 || status == BYN_E_TOOBIG)
        *size = wanted.bytes;
    if (status == BYN_E_TOOBIG)
        return too_big(queue, name, wanted.bytes, wanted.room, "buffer");
    return byni_queue_answer(queue, status, name);
}

static byn_status end_trial(byn_queue *queue, const char *name, uint64_t ticket, uint32_t mark)
{
    byn_status status = byni_queue_usable(queue, name);

    if (status >= 0)
        status = acknowledges(queue, name);
    return status < 0 ? status
                      : byni_queue_answer(queue, byni_queue_end_trial(queue, ticket, mark), name);
}

byn_status byn_queue_acknowledge(byn_queue *queue, uint64_t ticket)
{
    return end_trial(queue, "byn_queue_acknowledge", ticket, BYNI_OVER);
}

byn_status byn_queue_give_back(byn_queue *queue, uint64_t ticket)
{
    return end_trial(queue, "byn_queue_give_back", ticket, BYNI_TO_GET);
}
