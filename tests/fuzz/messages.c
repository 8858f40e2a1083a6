/* Queues and pipes, and how each is used under attack. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 300 }; /* bytes of a message */

/* ---- Queue ----------------------------------------------------------------------------------------- */

static byn_status open_queue(void **handle, const char *name, fuzz_input *in)
{
    byn_queue *queue = NULL;
    uint8_t how = fuzz_byte(in);
    byn_status status =
        byn_queue_open(&queue, name,
                       &BYN_OPTIONS(byn_queue_options, .capacity = 512 + 64u * (how / 4),
                                    .largest = how % 8 < 4 ? 100 : 0, .items = how % 2 == 1 ? 3 : 0,
                                    .acknowledge = how % 4 >= 2));

    *handle = queue;
    return status;
}

static void close_queue(void *handle)
{
    byn_queue_close(handle);
}

static byn_status put_many(byn_queue *queue, fuzz_input *in, byn_timeout timeout)
{
    static const uint8_t bytes[4 * UINT8_MAX];
    size_t sizes[4], count = 1 + fuzz_byte(in) % 4, before = count, i;
    byn_status status;

    for (i = 0; i < count; i++)
        sizes[i] = fuzz_byte(in);
    status = byn_queue_put_many(queue, bytes, sizes, &count, timeout);
    if (count > before || (status < 0 && count != 0))
        fuzz_fault("byn_queue_put_many put %u of %u", (unsigned)count, (unsigned)before);
    return status;
}

static byn_status get_many(byn_queue *queue, fuzz_input *in, byn_timeout timeout)
{
    fuzz_room room = fuzz_room_make(in, MOST);
    size_t size = room.size, count = 1 + fuzz_byte(in) % 4, before = count, sum = 0, i;
    size_t *sizes = calloc(count, sizeof *sizes);
    byn_status status = byn_queue_get_many(queue, room.bytes, &size, sizes, &count, timeout);

    if (count > before || (status < 0 && count != 0))
        fuzz_fault("byn_queue_get_many got %u for %u", (unsigned)count, (unsigned)before);
    for (i = 0; i < count; i++)
        sum += sizes[i];
    if (status >= 0 && sum != size)
        fuzz_fault("byn_queue_get_many: the sizes are not those of the whole");
    free(sizes);
    return fuzz_room_end(&room, status, size);
}

static byn_status get_one(byn_queue *queue, fuzz_input *in, byn_timeout timeout, uint8_t what)
{
    fuzz_room room = fuzz_room_make(in, MOST);
    size_t size = room.size;
    byn_status status;
    uint64_t ticket;

    if (what % 3 == 0)
        status = byn_queue_get(queue, room.bytes, &size, timeout);
    else if (what % 3 == 1)
        status = byn_queue_look(queue, room.bytes, &size, timeout);
    else
        status = byn_queue_receive(queue, room.bytes, &size, &ticket, timeout);
    if (what % 3 == 2 && status >= 0 && what >= 32) {
        byn_status after = what % 2 == 0 ? byn_queue_acknowledge(queue, ticket)
                                         : byn_queue_give_back(queue, ticket);

        (void)fuzz_status(after, "byn_queue_acknowledge");
    }
    return fuzz_room_end(&room, status, size);
}

static byn_status put_one(byn_queue *queue, fuzz_input *in, byn_timeout timeout)
{
    fuzz_room room = fuzz_room_make(in, MOST);

    return fuzz_room_end(&room, byn_queue_put(queue, room.bytes, room.size, timeout), room.size);
}

/* Written or read from its first byte to its last; some are left to the close. */
static byn_status use_place(byn_queue *queue, fuzz_input *in, byn_timeout timeout)
{
    uint8_t how = fuzz_byte(in);
    byn_queue_place place = {NULL, 0, 0, 0};
    byn_status status = how % 2 == 0 ? byn_queue_reserve(queue, fuzz_byte(in), &place, timeout)
                                     : byn_queue_hold(queue, &place, timeout);

    if (status < 0)
        return status;
    memset(place.data, how, place.size);
    if (how % 16 == 14)
        place.at += fuzz_special(in);
    switch (how % 8) {
    case 0:
    case 2:
        return byn_queue_commit(queue, &place, place.size / (1 + how % 3));
    case 1:
    case 3:
        return byn_queue_release(queue, &place);
    case 4:
    case 5:
        return byn_queue_abandon(queue, &place);
    case 6:
        return byn_queue_commit(queue, &place, (size_t)fuzz_special(in));
    default:
        return status;
    }
}

static byn_status look_at_queue(byn_queue *queue, fuzz_input *in, byn_timeout timeout)
{
    byn_queue_info info = {.struct_size = sizeof info};
    uint64_t count;
    size_t size;

    switch (fuzz_byte(in) % 8) {
    case 0:
        return byn_queue_count(queue, &count);
    case 1:
        return byn_queue_task_done(queue);
    case 2:
        return byn_queue_join(queue, timeout);
    case 3:
        return byn_queue_shutdown(queue);
    case 4:
        return byn_queue_peek(queue, &size, timeout);
    case 5:
        return byn_queue_acknowledge(queue, fuzz_special(in));
    case 6:
        (void)byn_queue_is_closed(queue);
        return byn_queue_give_back(queue, fuzz_special(in));
    default:
        return byn_queue_describe(queue, &info);
    }
}

static byn_status use_queue(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    uint8_t what = fuzz_byte(in);

    *call = "byn_queue";
    switch (what % 8) {
    case 0:
    case 1:
        return put_one(handle, in, timeout);
    case 2:
        return put_many(handle, in, timeout);
    case 3:
        return get_many(handle, in, timeout);
    case 4:
        return look_at_queue(handle, in, timeout);
    case 7:
        return use_place(handle, in, timeout);
    default:
        return get_one(handle, in, timeout, what / 8);
    }
}

const fuzz_kind fuzz_queue = {"byn_queue_open", open_queue, close_queue, use_queue, true, false};

/* ---- Pipe: this process has both ends -------------------------------------------------------------- */

typedef struct ends {
    byn_pipe *end[2];
} ends;

static byn_status open_end(ends *both, unsigned which, const char *name, uint8_t how)
{
    return byn_pipe_open(
        &both->end[which], name,
        &BYN_OPTIONS(byn_pipe_options, .end = which == 0 ? BYN_PIPE_FIRST : BYN_PIPE_SECOND,
                     .capacity = 256 + 16u * (how / 2), .largest = how % 2 == 1 ? 100 : 0));
}

static byn_status open_pipe(void **handle, const char *name, fuzz_input *in)
{
    uint8_t how = fuzz_byte(in);
    ends *both = calloc(1, sizeof *both);
    byn_status status = open_end(both, how % 8 == 0 ? 1 : 0, name, how);

    if (status < 0) {
        free(both);
        return status;
    }
    if (how % 8 > 1)
        (void)fuzz_status(open_end(both, 1, name, how), "byn_pipe_open");
    *handle = both;
    return status;
}

static void close_pipe(void *handle)
{
    ends *both = handle;

    byn_pipe_close(both->end[0]);
    byn_pipe_close(both->end[1]);
    free(both);
}

static byn_status look_at_pipe(byn_pipe *pipe, fuzz_input *in, byn_timeout timeout)
{
    byn_pipe_info info = {.struct_size = sizeof info};
    void *list[] = {pipe};
    size_t size;

    switch (fuzz_byte(in) % 5) {
    case 0:
        return byn_pipe_holders(pipe, &info);
    case 4:
        return byn_pipe_shutdown(pipe);
    case 1:
        return byn_pipe_poll(pipe, timeout);
    case 2:
        return byn_pipe_peek(pipe, &size, timeout);
    default:
        return byn_wait_any(list, 1, timeout, &size);
    }
}

static byn_status use_pipe(void *handle, fuzz_input *in, byn_timeout timeout, const char **call)
{
    ends *both = handle;
    uint8_t what = fuzz_byte(in);
    byn_pipe *pipe = both->end[what % 2] != NULL ? both->end[what % 2] : both->end[1 - what % 2];
    fuzz_room room;
    size_t size;

    *call = "byn_pipe";
    if (what % 16 == 15) {
        byn_pipe_close(both->end[1]);
        both->end[1] = NULL;
        if (both->end[0] == NULL)
            return BYN_OK;
        pipe = both->end[0];
    }
    if (pipe == NULL)
        return BYN_OK;
    if (what % 16 > 11)
        return look_at_pipe(pipe, in, timeout);
    room = fuzz_room_make(in, MOST);
    size = room.size;
    if (what % 4 < 2)
        return fuzz_room_end(&room, byn_pipe_send(pipe, room.bytes, size, timeout), size);
    return fuzz_room_end(&room, byn_pipe_receive(pipe, room.bytes, &size, timeout), size);
}

const fuzz_kind fuzz_pipe = {"byn_pipe_open", open_pipe, close_pipe, use_pipe, false, false};
