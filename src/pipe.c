/*
 * A pipe is two rings of messages, see ring.h, and two ends, see pipe_ends.h. When one of the ends is over
 * both rings are closed: nothing more is put into either, and what is there is got. So the rings tell
 * BYN_E_CLOSED, and here is what finds out that an end is over: its process closed it, or died.
 */
#include <byname/pipe.h>

#include <string.h>

#include "pipe_ends.h"
#include "waitable.h"

enum { CAPACITY, LARGEST }; /* parameters */

enum { SMALLEST_CAPACITY = 64, USUAL_CAPACITY = 65536 };

#define MOST_CAPACITY (UINT64_C(1) << 40)
#define MOST_LARGEST UINT64_C(0x7fffffff)

/* ---- The other end -------------------------------------------------------------------------------- */

/* A call that may wait for the other end. */
typedef struct visit {
    byni_pipe *whole;
    unsigned other;
    byni_ring_wait wait;
    bynk_identity watched; /* the other's process, if it can die without this one */
    bool slept;
} visit;

/* Whom to watch in a sleep; how many: 1 or 0. */
static unsigned whom_to_watch(const byni_pipe *whole, unsigned other, bynk_identity *watched)
{
    if (byni_pipe_state_of(whole, other) != BYN_PIPE_OPEN ||
        byni_load32(&whole->handles[other].held) != 0)
        return 0;
    *watched = byni_pipe_owner_of(whole, other);
    return 1;
}

/* While messages come one after the other there is no need to ask whether their sender lives. */
static byn_status before_sleep(void *context)
{
    visit *v = context;

    (void)byni_pipe_is_over(v->whole, v->other, v->slept || byni_pipe_may_ask(v->whole));
    v->slept = true;
    v->wait.rest.watched = &v->watched;
    v->wait.rest.watched_count = whom_to_watch(v->whole, v->other, &v->watched);
    return BYN_OK;
}

static void begin(visit *v, const byn_pipe *pipe, byn_timeout timeout)
{
    memset(v, 0, sizeof *v);
    v->whole = pipe->whole;
    v->other = 1 - pipe->index;
    v->wait.timeout = timeout;
    v->wait.before_sleep = before_sleep;
    v->wait.context = v;
}

/* The time is over; unless it is that there is nothing to wait for any more. If so, the call is made once
 * more: it finds what the other sent last, or that the pipe is closed. */
static bool has_another_try(visit *v, byn_status status)
{
    bool waited = v->wait.timeout != BYN_NOW;

    if (status != BYN_E_TIMEDOUT ||
        !byni_pipe_is_over(v->whole, v->other, waited || byni_pipe_may_ask(v->whole)))
        return false;
    v->wait.timeout = BYN_NOW;
    return true;
}

static void explain_closed(const byni_pipe *whole, unsigned other)
{
    bynk_identity owner = byni_pipe_owner_of(whole, other);
    byn_pipe_end_state state = byni_pipe_state_of(whole, other);

    if (state == BYN_PIPE_DIED || state == BYN_PIPE_CLOSED)
        (void)byni_fail(BYN_E_CLOSED, "the process at the other end, %u, has %s",
                        (unsigned)owner.pid, state == BYN_PIPE_DIED ? "died" : "closed it");
    else
        (void)byni_fail(BYN_E_CLOSED, "who would send has shut it down");
}

static byn_status check_end(const byn_pipe *pipe, byn_timeout timeout, const char *operation)
{
    if (pipe == NULL || !byni_object_usable(&pipe->whole->object))
        return byni_object_unusable(pipe != NULL ? &pipe->whole->object : NULL, operation);
    if (pipe->index >= BYNI_PIPE_ENDS)
        return byni_invalid(operation, "it was opened with BYN_PIPE_NEITHER: it has no end");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(operation);
    return BYN_OK;
}

static byn_status answer(const byn_pipe *pipe, byn_status status, const char *operation)
{
    if (status >= 0)
        return status;
    if (status == BYN_E_TIMEDOUT || status == BYN_E_CANCELED)
        return byni_failed_plainly(status, operation, pipe->handle.name);
    if (status == BYN_E_CLOSED)
        explain_closed(pipe->whole, 1 - pipe->index);
    return byni_failed(status, operation, pipe->handle.name);
}

/* ---- Send ----------------------------------------------------------------------------------------- */

/* Whether something that was sent before waits still; a hint. */
static bool is_behind(const byni_ring *ring)
{
    uint64_t bytes, put, got;

    byni_ring_side_read(&ring->state->in, &bytes, &put);
    byni_ring_side_read(&ring->state->out, &bytes, &got);
    return put != got;
}

/* Who sends now and then, and never waits, shall notice a death too. */
static bool is_in_vain(visit *v, const byni_ring *ring)
{
    bool ask = is_behind(ring) && byni_pipe_may_ask(v->whole);

    return byni_pipe_is_over(v->whole, v->other, ask);
}

static byn_status send(const byn_pipe *pipe, const void *data, size_t size, byn_timeout timeout)
{
    byni_ring *ring = &pipe->whole->rings[1 - pipe->index];
    size_t count = 1;
    byn_status status;
    visit v;

    if (size > ring->limits.largest)
        return byni_fail(BYN_E_TOOBIG, "%llu bytes are more than %u, the largest that it takes",
                         (unsigned long long)size, ring->limits.largest);
    begin(&v, pipe, timeout);
    if (is_in_vain(&v, ring))
        return BYN_E_CLOSED;
    status = byni_ring_put(ring, data, &size, &count, &v.wait);
    return has_another_try(&v, status) ? byni_ring_put(ring, data, &size, &count, &v.wait) : status;
}

byn_status byn_pipe_send(byn_pipe *pipe, const void *data, size_t size, byn_timeout timeout)
{
    byn_status status = check_end(pipe, timeout, "byn_pipe_send");

    if (status < 0)
        return status;
    if (data == NULL && size > 0)
        return byni_null("byn_pipe_send", "data");
    return answer(pipe, send(pipe, data, size, timeout), "byn_pipe_send");
}

byn_status byn_pipe_shutdown(byn_pipe *pipe)
{
    byn_status status = check_end(pipe, BYN_NOW, "byn_pipe_shutdown");

    if (status < 0)
        return status;
    return answer(pipe, byni_ring_close(&pipe->whole->rings[1 - pipe->index]), "byn_pipe_shutdown");
}

/* ---- Receive -------------------------------------------------------------------------------------- */

static byn_status receive(const byn_pipe *pipe, byni_ring_wanted *wanted, byn_timeout timeout)
{
    byni_ring *ring = &pipe->whole->rings[pipe->index];
    byn_status status;
    visit v;

    begin(&v, pipe, timeout);
    status = byni_ring_get(ring, wanted, &v.wait);
    return has_another_try(&v, status) ? byni_ring_get(ring, wanted, &v.wait) : status;
}

byn_status byn_pipe_receive(byn_pipe *pipe, void *buffer, size_t *size, byn_timeout timeout)
{
    byni_ring_wanted wanted = {.buffer = buffer, .most = 1};
    byn_status status = check_end(pipe, timeout, "byn_pipe_receive");
    size_t got = 0;

    if (status < 0)
        return status;
    if (size == NULL || (buffer == NULL && *size > 0))
        return byni_null_buffer("byn_pipe_receive", size);
    wanted.room = *size;
    wanted.sizes = &got;
    status = receive(pipe, &wanted, timeout);
    if (status >= 0 || status == BYN_E_TOOBIG)
        *size = wanted.bytes;
    if (status == BYN_E_TOOBIG)
        (void)byni_fail(status, "the message has %llu bytes, the buffer has room for %llu",
                        (unsigned long long)wanted.bytes, (unsigned long long)wanted.room);
    return answer(pipe, status, "byn_pipe_receive");
}

static byn_status peek(byn_pipe *pipe, size_t *size, byn_timeout timeout, const char *operation)
{
    byni_ring *ring;
    byn_status status = check_end(pipe, timeout, operation);
    size_t found = 0;
    visit v;

    if (status < 0)
        return status;
    ring = &pipe->whole->rings[pipe->index];
    begin(&v, pipe, timeout);
    status = byni_ring_peek(ring, &found, &v.wait);
    if (has_another_try(&v, status))
        status = byni_ring_peek(ring, &found, &v.wait);
    if (status >= 0 && size != NULL)
        *size = found;
    return answer(pipe, status, operation);
}

byn_status byn_pipe_peek(byn_pipe *pipe, size_t *size, byn_timeout timeout)
{
    return peek(pipe, size, timeout, "byn_pipe_peek");
}

byn_status byn_pipe_poll(byn_pipe *pipe, byn_timeout timeout)
{
    return peek(pipe, NULL, timeout, "byn_pipe_poll");
}

/* ---- Among others, see wait.c: there is a message, or there will be none --------------------------- */

static void describe(void *handle, bynk_waitable *what)
{
    const byn_pipe *pipe = handle;

    if (pipe->index >= BYNI_PIPE_ENDS)
        return;
    what->order = pipe->whole->object.header->incarnation;
    byni_ring_describe(&pipe->whole->rings[pipe->index], what);
    what->watched = &what->some[0];
    what->watched_count = whom_to_watch(pipe->whole, 1 - pipe->index, &what->some[0]);
}

static byn_status take(void *handle)
{
    const byn_pipe *pipe = handle;
    byn_status status;

    if (pipe->index >= BYNI_PIPE_ENDS)
        return byni_fail(BYN_E_INVALID, "it was opened with BYN_PIPE_NEITHER: it has no end");
    status = byni_ring_ready(&pipe->whole->rings[pipe->index]);
    if (status == BYN_E_TIMEDOUT &&
        byni_pipe_is_over(pipe->whole, 1 - pipe->index, byni_pipe_may_ask(pipe->whole)))
        status = BYN_OK;
    return status;
}

static void put_back(void *handle, byn_status how)
{
    (void)handle;
    (void)how;
}

static const byni_waitable waitable = {describe, take, put_back, NULL, NULL, NULL};

/* ---- Open and close ------------------------------------------------------------------------------- */

/* What there really is, of valid parameters. */
static byni_ring_limits limits_of(const uint64_t parameters[BYNI_PARAMETERS])
{
    uint64_t capacity = (parameters[CAPACITY] + 7) & ~UINT64_C(7);
    byni_ring_limits limits = {.capacity =
                                   capacity < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : capacity};

    limits.largest = (uint32_t)parameters[LARGEST];
    return limits;
}

static bool parameters_fit(const uint64_t parameters[BYNI_PARAMETERS])
{
    return parameters[CAPACITY] >= 1 && parameters[CAPACITY] <= MOST_CAPACITY &&
           parameters[LARGEST] >= 1 && parameters[LARGEST] <= MOST_LARGEST &&
           byni_ring_record_size(parameters[LARGEST]) <= limits_of(parameters).capacity;
}

static uint64_t segment_size(const uint64_t parameters[BYNI_PARAMETERS])
{
    return BYNI_DATA_OFFSET + BYNI_PIPE_ENDS * byni_ring_memory(limits_of(parameters).capacity);
}

static bool is_sound(const byni_header *header)
{
    return parameters_fit(header->parameters) &&
           header->limit == segment_size(header->parameters) &&
           byni_load64(&header->size) == header->limit;
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    byni_pipe_state *state = at;

    (void)parameters;
    (void)options;
    bynk_guard_initialise(&state->guard);
    byni_ring_initialise(&state->rings[0]);
    byni_ring_initialise(&state->rings[1]);
}

static byn_status attach(byni_object *object)
{
    byni_pipe *whole = (byni_pipe *)object;
    byni_ring_limits limits = limits_of(object->parameters);
    unsigned char *bytes = (unsigned char *)object->header + BYNI_DATA_OFFSET;
    unsigned i;

    whole->state = byni_object_state(object);
    for (i = 0; i < BYNI_PIPE_ENDS; i++)
        byni_ring_attach(&whole->rings[i], object->segment, &whole->state->rings[i],
                         bytes + i * byni_ring_memory(limits.capacity), &limits);
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    (void)object;
    return true; /* an end is left when its last handle is closed */
}

static const byni_kind kind = {
    BYNI_PIPE, "byn_pipe_open", sizeof(byni_pipe), {"capacity", "largest"}, is_sound, initialise,
    attach,    detach,          &waitable,
};

/* Under the library's lock. */
static byn_pipe *add_open(byni_pipe *whole, unsigned index)
{
    byn_pipe *pipe = &whole->handles[index];

    if (pipe->opens++ == 0) {
        pipe->handle.token = bynk_token();
        pipe->handle.kind = &kind;
        pipe->handle.name = whole->object.name.full;
        pipe->whole = whole;
        pipe->index = index;
    }
    return pipe;
}

static byn_status take_end(byn_pipe **pipe, byni_pipe *whole, byn_pipe_end wanted)
{
    unsigned index = BYNI_PIPE_ENDS;
    byn_status status = BYN_OK;

    bynk_library_lock();
    if (wanted == BYN_PIPE_FIRST || wanted == BYN_PIPE_SECOND)
        index = wanted == BYN_PIPE_FIRST ? 0 : 1;
    if (wanted == BYN_PIPE_EITHER || (index < BYNI_PIPE_ENDS && whole->handles[index].opens == 0))
        status = byni_pipe_take(whole, wanted, &index);
    if (status >= 0)
        *pipe = add_open(whole, index);
    bynk_library_unlock();
    return status;
}

/* What a creator has if it says nothing. */
static void fill_in(uint64_t created[BYNI_PARAMETERS], const byn_pipe_options *chosen)
{
    uint64_t needed = byni_ring_record_size(chosen->largest);

    created[CAPACITY] = chosen->capacity;
    created[LARGEST] = chosen->largest;
    if (created[CAPACITY] == 0)
        created[CAPACITY] = needed > USUAL_CAPACITY ? needed : USUAL_CAPACITY;
    if (created[LARGEST] == 0 && created[CAPACITY] <= MOST_CAPACITY) {
        uint64_t room = limits_of(created).capacity - sizeof(byni_ring_record);

        created[LARGEST] = room < MOST_LARGEST ? room : MOST_LARGEST;
    }
}

static byn_status check_options(const byn_pipe_options *chosen,
                                const uint64_t created[BYNI_PARAMETERS])
{
    if (chosen->end < BYN_PIPE_EITHER || chosen->end > BYN_PIPE_NEITHER)
        return byni_fail(BYN_E_INVALID, "the option `end` is none of byn_pipe_end");
    if (!parameters_fit(created))
        return byni_fail(
            BYN_E_INVALID,
            "capacity %llu, largest %llu: a message takes up to 15 bytes more than it has, "
            "and has less than 2 GiB; 0 lets byname choose",
            (unsigned long long)chosen->capacity, (unsigned long long)chosen->largest);
    return BYN_OK;
}

byn_status byn_pipe_open(byn_pipe **pipe, const char *name, const byn_pipe_options *options)
{
    byn_pipe_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
                   byni_opening_begin(&opening, &kind, pipe, name, &chosen, sizeof chosen, options),
               taken;

    if (status < 0)
        return status;
    opening.parameters[CAPACITY] = chosen.capacity;
    opening.parameters[LARGEST] = chosen.largest;
    fill_in(opening.created, &chosen);
    status = check_options(&chosen, opening.created);
    if (status < 0)
        return byni_failed(status, kind.open, name);
    opening.size = opening.limit = segment_size(opening.created);
    status = byni_object_open(&object, &kind, &opening);
    if (status < 0)
        return status;
    taken = take_end(pipe, (byni_pipe *)object, chosen.end);
    if (taken < 0) {
        status = byni_failed(taken, kind.open, object->name.full);
        byni_object_close(object);
    }
    return status;
}

void byn_pipe_close(byn_pipe *pipe)
{
    if (pipe == NULL)
        return;
    if (byni_object_usable(&pipe->whole->object)) {
        bynk_library_lock();
        if (--pipe->opens == 0) {
            if (pipe->index < BYNI_PIPE_ENDS)
                byni_pipe_leave(pipe->whole, pipe->index);
            pipe->handle.token = 0;
        }
        bynk_library_unlock();
    }
    byni_object_close(&pipe->whole->object);
}

const char *byn_pipe_name(const byn_pipe *pipe)
{
    return pipe != NULL ? pipe->handle.name : NULL;
}

byn_pipe_end byn_pipe_which(const byn_pipe *pipe)
{
    static const byn_pipe_end ends[BYNI_PIPE_HANDLES] = {BYN_PIPE_FIRST, BYN_PIPE_SECOND,
                                                         BYN_PIPE_NEITHER};

    return pipe != NULL ? ends[pipe->index] : BYN_PIPE_NEITHER;
}

/* ---- Look ----------------------------------------------------------------------------------------- */

static byn_status tell(byni_pipe *whole, unsigned index, byn_pipe_end_info *info)
{
    bynk_identity owner;
    byn_status status;

    (void)byni_pipe_is_over(whole, index, true);
    owner = byni_pipe_owner_of(whole, index);
    info->state = byni_pipe_state_of(whole, index);
    info->pid = info->state == BYN_PIPE_NOT_OPENED ? 0 : owner.pid;
    status = byni_ring_count(&whole->rings[index], &info->messages, &info->bytes);
    return status;
}

byn_status byn_pipe_holders(byn_pipe *pipe, byn_pipe_info *info)
{
    byn_pipe_info found;
    byn_status status;

    if (pipe == NULL || !byni_object_usable(&pipe->whole->object))
        return byni_object_unusable(pipe != NULL ? &pipe->whole->object : NULL, "byn_pipe_holders");
    if (!byni_struct_fits(info, sizeof found))
        return byni_wrong_struct("byn_pipe_holders", "info");
    memset(&found, 0, sizeof found);
    found.struct_size = info->struct_size;
    found.capacity = pipe->whole->object.parameters[CAPACITY];
    found.largest = pipe->whole->object.parameters[LARGEST];
    status = tell(pipe->whole, 0, &found.first);
    if (status >= 0)
        status = tell(pipe->whole, 1, &found.second);
    if (status < 0)
        return byni_failed(status, "byn_pipe_holders", pipe->handle.name);
    memcpy(info, &found, found.struct_size);
    return BYN_OK;
}
