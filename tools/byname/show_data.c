/* byname show: of objects that hold something. */
#include "nouns.h"
#include "show.h"
#include "typed.h"

#include <inttypes.h>

static void put_end(picture *p, const char *key, const byn_pipe_end_info *end)
{
    static const char *const states[] = {"not opened", "open", "closed", "died"};
    const char *state = states[end->state & 3];

    if (p->as_json) {
        json_open(&p->json, key, '{');
        json_text(&p->json, "state", state);
        json_unsigned(&p->json, "pid", end->pid);
        json_unsigned(&p->json, "messages", end->messages);
        json_unsigned(&p->json, "bytes", end->bytes);
        json_close(&p->json, '}');
        return;
    }
    if (end->pid != 0)
        state = format_text(p->pool, "%s (pid %" PRIu32 ")", state, end->pid);
    show_text(p, key,
              format_text(p->pool, "%s, %" PRIu64 " messages wait for it", state, end->messages));
}

byn_status show_pipe(picture *p, const char *name)
{
    byn_pipe_info info = {.struct_size = sizeof info};
    byn_pipe *pipe;
    byn_status status = byn_pipe_open(
        &pipe, name,
        &BYN_OPTIONS(byn_pipe_options, .open = BYN_OPEN_ONLY, .end = BYN_PIPE_NEITHER));

    if (status < 0)
        return status;
    status = byn_pipe_holders(pipe, &info);
    if (status >= 0) {
        show_object(p);
        show_unsigned(p, "capacity", info.capacity);
        show_unsigned(p, "largest", info.largest);
        put_end(p, "first", &info.first);
        put_end(p, "second", &info.second);
    }
    byn_pipe_close(pipe);
    return status;
}

/* What there is to tell of a value, or BYN_OK; `n` is its number. */
static byn_status look_at_value(byn_value *value, typed *n, size_t *size)
{
    n->type = byn_value_type_of(value);
    *size = 0;
    if (typed_is_real(n->type))
        return byn_value_get_double(value, &n->real);
    if (n->type != BYN_BYTES)
        return byn_value_get(value, &n->integer);
    return byn_value_read(value, NULL, size) == BYN_E_CORRUPT ? BYN_E_CORRUPT : BYN_OK;
}

static void put_number(picture *p, const char *key, const typed *n)
{
    if (p->as_json)
        typed_json(&p->json, key, n, p->pool);
    else
        show_text(p, key, typed_text(n, p->pool));
}

static byn_status tell_value(picture *p, byn_value *value)
{
    size_t size;
    typed n;
    byn_status status = look_at_value(value, &n, &size);

    if (status < 0)
        return status;
    show_object(p);
    show_text(p, "type", typed_name(n.type));
    if (n.type == BYN_BYTES) {
        show_unsigned(p, "bytes", size);
        show_unsigned(p, "most", byn_value_size(value));
    } else {
        put_number(p, "number", &n);
    }
    return BYN_OK;
}

SHOW(value)

static byn_status tell_array(picture *p, byn_array *array)
{
    show_object(p);
    show_text(p, "type", typed_name(byn_array_type_of(array)));
    show_unsigned(p, "length", byn_array_length(array));
    show_unsigned(p, "element_size", byn_array_element_size(array));
    return BYN_OK;
}

SHOW(array)

static byn_status tell_memory(picture *p, byn_memory *memory)
{
    show_object(p);
    show_unsigned(p, "bytes", byn_memory_size(memory));
    return BYN_OK;
}

SHOW(memory)

static void put_room(picture *p, uint64_t used, uint64_t limit)
{
    show_unsigned(p, "used", used);
    show_unsigned(p, "limit", limit);
}

static byn_status tell_dict(picture *p, byn_dict *dict)
{
    byn_dict_info info = {.struct_size = sizeof info};
    byn_status status = byn_dict_describe(dict, &info);

    if (status < 0)
        return status;
    show_object(p);
    show_unsigned(p, "keys", info.count);
    put_room(p, info.used, info.limit);
    return BYN_OK;
}

SHOW(dict)

static byn_status tell_list(picture *p, byn_list *list)
{
    byn_list_info info = {.struct_size = sizeof info};
    byn_status status = byn_list_describe(list, &info);

    if (status < 0)
        return status;
    show_object(p);
    show_unsigned(p, "elements", info.count);
    put_room(p, info.used, info.limit);
    return BYN_OK;
}

SHOW(list)

static byn_status tell_queue(picture *p, byn_queue *queue)
{
    byn_queue_info info = {.struct_size = sizeof info};
    byn_status status = byn_queue_describe(queue, &info);

    if (status < 0)
        return status;
    show_object(p);
    show_unsigned(p, "messages", info.count);
    show_unsigned(p, "unfinished", info.unfinished);
    show_unsigned(p, "received", info.received);
    show_unsigned(p, "reserved", info.reserved);
    show_unsigned(p, "bytes", info.bytes);
    show_unsigned(p, "capacity", info.capacity);
    show_unsigned(p, "items", info.items);
    show_unsigned(p, "largest", info.largest);
    show_bool(p, "acknowledge", info.acknowledge);
    show_bool(p, "shut_down", info.is_closed);
    return BYN_OK;
}

SHOW(queue)

void show_pool_state(picture *p, const byn_pool_state *state)
{
    show_text(p, "stage", pool_stage(state));
    show_unsigned(p, "workers", state->workers);
    show_unsigned(p, "starting", state->starting);
    show_unsigned(p, "running", state->running);
    show_unsigned(p, "waiting", state->waiting);
    show_unsigned(p, "done", state->done);
    show_unsigned(p, "failed", state->failed);
    show_unsigned(p, "canceled", state->canceled);
    show_unsigned(p, "retried", state->retried);
    show_unsigned(p, "died", state->died);
    show_unsigned(p, "submitters", state->submitters);
    show_unsigned(p, "supervisor", state->supervisor);
}

byn_status show_pool(picture *p, const char *name)
{
    byn_pool_state state;
    byn_status status = pool_ask(name, &state);

    if (status >= 0) {
        show_object(p);
        show_pool_state(p, &state);
    }
    return status;
}
