/* byname show: all that can be told of one object. */
#include "json.h"
#include "output.h"
#include "typed.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include <byname/byname.h>

/* Lines of text or members of a JSON object. */
typedef struct picture {
    apr_pool_t *pool;
    table *table;
    json json;
    bool as_json;
    byn_object_info object;
} picture;

static void put_text(picture *p, const char *key, const char *text)
{
    if (p->as_json)
        json_text(&p->json, key, text);
    else
        table_row(p->table, key, shown(text, p->pool));
}

static void put_unsigned(picture *p, const char *key, uint64_t number)
{
    if (p->as_json)
        json_unsigned(&p->json, key, number);
    else
        table_row(p->table, key, format_text(p->pool, "%" PRIu64, number));
}

static void put_bool(picture *p, const char *key, bool value)
{
    if (p->as_json)
        json_bool(&p->json, key, value);
    else
        table_row(p->table, key, value ? "yes" : "no");
}

/* What every object has. Called when the rest is known too, so that there is all or nothing. */
static void put_object(picture *p)
{
    if (p->as_json)
        json_open(&p->json, NULL, '{');
    put_text(p, "name", p->object.name);
    put_text(p, "kind", p->object.kind);
    if (p->as_json)
        json_unsigned(&p->json, "age_ms", p->object.age_ms);
    else
        put_text(p, "age", age_text(p->object.age_ms, p->pool));
    put_unsigned(p, "creator", p->object.creator);
    put_unsigned(p, "size", p->object.size);
    put_bool(p, "in_use", p->object.state == BYN_OBJECT_IN_USE);
    put_bool(p, "kept", p->object.kept);
    put_text(p, "place", p->object.place);
}

/* ---- Mutex */

static void put_owner(picture *p, const char *key, const byn_owner *owner, bool there,
                      const char *state)
{
    if (p->as_json && there) {
        json_open(&p->json, key, '{');
        json_unsigned(&p->json, "pid", owner->pid);
        json_unsigned(&p->json, "thread", owner->thread);
        json_text(&p->json, "program", owner->program);
        json_close(&p->json, '}');
    } else if (p->as_json) {
        json_text(&p->json, key, NULL);
    } else if (!there) {
        put_text(p, key, "nobody");
    } else if (owner->pid == 0) {
        put_text(p, key, "unknown: died before it wrote itself down");
    } else {
        put_text(p, key,
                 format_text(p->pool, "%s (pid %" PRIu32 ", thread %" PRIu32 ")%s", owner->program,
                             owner->pid, owner->thread, state));
    }
}

/* Whether it was made with an option, told by an open that asks for it. */
static bool mutex_is_recursive(const char *name)
{
    byn_mutex *mutex;

    if (byn_mutex_open(&mutex, name,
                       &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY, .recursive = true)) <
        0)
        return false;
    byn_mutex_close(mutex);
    return true;
}

static byn_status show_mutex(picture *p, const char *name)
{
    byn_mutex_info info = {.struct_size = sizeof info};
    byn_mutex *mutex;
    byn_status status =
        byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    status = byn_mutex_owner(mutex, &info);
    if (status >= 0) {
        put_object(p);
        put_bool(p, "recursive", mutex_is_recursive(name));
        put_bool(p, "held", info.held);
        put_owner(p, "owner", &info.owner, info.held, info.owner_is_dead ? ", dead" : "");
        put_bool(p, "owner_is_dead", info.owner_is_dead);
        put_unsigned(p, "depth", info.depth);
        put_owner(p, "last_dead", &info.last_dead, info.abandonings > 0, "");
        put_unsigned(p, "abandonings", info.abandonings);
    }
    byn_mutex_close(mutex);
    return status;
}

/* ---- The others */

static bool event_is_manual(const char *name)
{
    byn_event *event;

    if (byn_event_open(
            &event, name,
            &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY, .manual_reset = true)) < 0)
        return false;
    byn_event_close(event);
    return true;
}

static byn_status show_event(picture *p, const char *name)
{
    byn_event *event;
    byn_status status =
        byn_event_open(&event, name, &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    put_object(p);
    put_bool(p, "manual_reset", event_is_manual(name));
    put_bool(p, "set", byn_event_is_set(event));
    byn_event_close(event);
    return status;
}

static byn_status show_semaphore(picture *p, const char *name)
{
    byn_semaphore_info info = {.struct_size = sizeof info};
    byn_semaphore *semaphore;
    byn_status status = byn_semaphore_open(
        &semaphore, name, &BYN_OPTIONS(byn_semaphore_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    status = byn_semaphore_holders(semaphore, &info);
    if (status >= 0) {
        put_object(p);
        put_unsigned(p, "permits", info.value);
        put_unsigned(p, "maximum", info.maximum);
        put_bool(p, "undo", info.undo);
    }
    if (status >= 0 && info.undo) {
        put_unsigned(p, "held", info.held);
        put_unsigned(p, "holders", info.holders);
        put_unsigned(p, "abandoned", info.abandoned);
    }
    byn_semaphore_close(semaphore);
    return status;
}

static byn_status show_once(picture *p, const char *name)
{
    byn_once *once;
    byn_status status =
        byn_once_open(&once, name, &BYN_OPTIONS(byn_once_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    put_object(p);
    put_bool(p, "done", byn_once_is_done(once));
    byn_once_close(once);
    return status;
}

static byn_status show_rwlock(picture *p, const char *name)
{
    byn_rwlock_info info = {.struct_size = sizeof info};
    byn_rwlock *rwlock;
    byn_status status =
        byn_rwlock_open(&rwlock, name, &BYN_OPTIONS(byn_rwlock_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    status = byn_rwlock_holders(rwlock, &info);
    if (status >= 0) {
        put_object(p);
        put_bool(p, "written", info.written);
        put_bool(p, "abandoned", info.abandoned);
        put_unsigned(p, "readers", info.readers);
        put_unsigned(p, "waiting_writers", info.waiting_writers);
        if (info.written) {
            put_unsigned(p, "writer_pid", info.writer_pid);
            put_unsigned(p, "writer_thread", info.writer_thread);
        }
    }
    byn_rwlock_close(rwlock);
    return status;
}

static byn_status show_barrier(picture *p, const char *name)
{
    byn_barrier *barrier;
    byn_status status =
        byn_barrier_open(&barrier, name, &BYN_OPTIONS(byn_barrier_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    put_object(p);
    put_unsigned(p, "parties", byn_barrier_parties(barrier));
    put_unsigned(p, "waiting", byn_barrier_waiting(barrier));
    put_bool(p, "broken", byn_barrier_is_broken(barrier));
    byn_barrier_close(barrier);
    return status;
}

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
    put_text(p, key,
             format_text(p->pool, "%s, %" PRIu64 " messages wait for it", state, end->messages));
}

static byn_status show_pipe(picture *p, const char *name)
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
        put_object(p);
        put_unsigned(p, "capacity", info.capacity);
        put_unsigned(p, "largest", info.largest);
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
        put_text(p, key, typed_text(n, p->pool));
}

static byn_status show_value(picture *p, const char *name)
{
    byn_value *value;
    size_t size;
    typed n;
    byn_status status =
        byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    status = look_at_value(value, &n, &size);
    if (status >= 0) {
        put_object(p);
        put_text(p, "type", typed_name(n.type));
    }
    if (status >= 0 && n.type == BYN_BYTES) {
        put_unsigned(p, "bytes", size);
        put_unsigned(p, "most", byn_value_size(value));
    } else if (status >= 0) {
        put_number(p, "number", &n);
    }
    byn_value_close(value);
    return status;
}

static byn_status show_array(picture *p, const char *name)
{
    byn_array *array;
    byn_status status =
        byn_array_open(&array, name, &BYN_OPTIONS(byn_array_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    put_object(p);
    put_text(p, "type", typed_name(byn_array_type_of(array)));
    put_unsigned(p, "length", byn_array_length(array));
    put_unsigned(p, "element_size", byn_array_element_size(array));
    byn_array_close(array);
    return status;
}

static byn_status show_memory(picture *p, const char *name)
{
    byn_memory *memory;
    byn_status status =
        byn_memory_open(&memory, name, &BYN_OPTIONS(byn_memory_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    put_object(p);
    put_unsigned(p, "bytes", byn_memory_size(memory));
    byn_memory_close(memory);
    return status;
}

static void put_room(picture *p, uint64_t used, uint64_t limit)
{
    put_unsigned(p, "used", used);
    put_unsigned(p, "limit", limit);
}

static byn_status show_dict(picture *p, const char *name)
{
    byn_dict_info info = {.struct_size = sizeof info};
    byn_dict *dict;
    byn_status status =
        byn_dict_open(&dict, name, &BYN_OPTIONS(byn_dict_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    status = byn_dict_describe(dict, &info);
    if (status >= 0) {
        put_object(p);
        put_unsigned(p, "keys", info.count);
        put_room(p, info.used, info.limit);
    }
    byn_dict_close(dict);
    return status;
}

static byn_status show_list(picture *p, const char *name)
{
    byn_list_info info = {.struct_size = sizeof info};
    byn_list *list;
    byn_status status =
        byn_list_open(&list, name, &BYN_OPTIONS(byn_list_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    status = byn_list_describe(list, &info);
    if (status >= 0) {
        put_object(p);
        put_unsigned(p, "elements", info.count);
        put_room(p, info.used, info.limit);
    }
    byn_list_close(list);
    return status;
}

/* ---- One of them */

/* ---- Queue */

static byn_status show_queue(picture *p, const char *name)
{
    byn_queue_info info = {.struct_size = sizeof info};
    byn_queue *queue;
    byn_status status =
        byn_queue_open(&queue, name, &BYN_OPTIONS(byn_queue_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    status = byn_queue_describe(queue, &info);
    if (status >= 0) {
        put_object(p);
        put_unsigned(p, "messages", info.count);
        put_unsigned(p, "unfinished", info.unfinished);
        put_unsigned(p, "received", info.received);
        put_unsigned(p, "bytes", info.bytes);
        put_unsigned(p, "capacity", info.capacity);
        put_unsigned(p, "items", info.items);
        put_unsigned(p, "largest", info.largest);
        put_bool(p, "acknowledge", info.acknowledge);
        put_bool(p, "shut_down", info.is_closed);
    }
    byn_queue_close(queue);
    return status;
}

static const struct {
    const char *kind;
    byn_status (*show)(picture *p, const char *name);
} kinds[] = {{"mutex", show_mutex}, {"event", show_event},   {"semaphore", show_semaphore},
             {"once", show_once},   {"rwlock", show_rwlock}, {"value", show_value},
             {"array", show_array}, {"memory", show_memory}, {"barrier", show_barrier},
             {"dict", show_dict},   {"list", show_list},     {"pipe", show_pipe},
             {"queue", show_queue}};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static bool find(const byn_object_info *info, void *context)
{
    picture *p = context;

    if ((info->state != BYN_OBJECT_IN_USE && info->state != BYN_OBJECT_KEPT) ||
        strcmp(info->name, p->object.name) != 0)
        return true;
    p->object = *info;
    p->object.name = apr_pstrdup(p->pool, info->name);
    p->object.kind = apr_pstrdup(p->pool, info->kind);
    p->object.place = apr_pstrdup(p->pool, info->place);
    return false;
}

/* An open says best why there is nothing to show. */
static int not_there(const char *name)
{
    byn_mutex *mutex;

    if (byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY)) < 0) {
        fprintf(stderr, "byname show: %s\n", byn_last_error());
    } else {
        byn_mutex_close(mutex);
        fprintf(stderr, "byname show: \"%s\" came only now; ask again\n", name);
    }
    return EXIT_BAD;
}

static byn_status show_kind(picture *p)
{
    size_t i;

    for (i = 0; i < KIND_COUNT; i++) {
        if (strcmp(kinds[i].kind, p->object.kind) == 0)
            return kinds[i].show(p, p->object.name);
    }
    put_object(p);
    return BYN_OK;
}

static int show_name(picture *p, const char *name)
{
    byn_status status;

    p->object.name = name;
    status = byn_objects_visit(find, p);
    if (status >= 0 && p->object.kind == NULL)
        return not_there(name);
    if (status >= 0)
        status = show_kind(p);
    if (status < 0) {
        fprintf(stderr, "byname show: %s\n", byn_last_error());
        return EXIT_BAD;
    }
    if (p->as_json)
        json_close(&p->json, '}');
    else
        table_print(p->table);
    return EXIT_GOOD;
}

static int show(command_line *line)
{
    picture p = {.pool = line->pool, .json = {stdout, 0, true}};
    const char *const *names;
    const char *argument;
    int letter;
    int count;

    p.table = table_create(2, line->pool);
    while (command_line_next(line, &letter, &argument))
        p.as_json = p.as_json || letter == 'j';
    if (line->over)
        return line->result;
    names = command_line_words(line, &count);
    if (count != 1)
        return command_line_wrong(line, count == 0 ? "which object? The name is missing"
                                                   : "one name at a time");
    return show_name(&p, names[0]);
}

static const apr_getopt_option_t options[] = {{"json", 'j', 0, "as JSON"}, OPTION_HELP, OPTION_END};

const verb verb_show = {
    .name = "show",
    .line = "show one object: what it is, who holds it",
    .arguments = "[OPTION...] NAME",
    .text = "It shows one moment. To look, it opens the object for that time.\n"
            "Exit code 1 if there is nothing of that name.\n",
    .options = options,
    .usage_code = EXIT_USAGE,
    .run = show,
};
