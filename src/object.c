#include "object.h"

#include <stdlib.h>
#include <string.h>

#include "types.h"

/* ---- The objects that this process has open ------------------------------------------------------- */

/* By name, so that opening again is a look-up. Under the library's lock. */
static struct {
    uint64_t token; /* of the process that filled it: a forked child begins with none */
    byni_object **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t count;
} table;

static byni_object **bucket_of(uint64_t hash)
{
    return &table.buckets[hash & (table.bucket_count - 1)];
}

static byni_object *find(const char *name, uint64_t hash)
{
    byni_object *object = NULL;

    if (table.token != bynk_token()) {
        /* What a parent had open stays with its handles. */
        memset(&table, 0, sizeof table);
        table.token = bynk_token();
    }
    if (table.bucket_count > 0)
        object = *bucket_of(hash);
    while (object != NULL && (object->hash != hash || strcmp(object->name.full, name) != 0))
        object = object->next;
    return object;
}

static void link_object(byni_object *object)
{
    byni_object **bucket = bucket_of(object->hash);

    object->next = *bucket;
    *bucket = object;
}

static bool make_room(void)
{
    size_t count = table.bucket_count > 0 ? table.bucket_count * 2 : 16, old = table.bucket_count,
           i;
    byni_object **buckets, **before = table.buckets;

    if (table.count < table.bucket_count)
        return true;
    buckets = calloc(count, sizeof(byni_object *));
    if (buckets == NULL)
        return false;
    table.buckets = buckets;
    table.bucket_count = count;
    for (i = 0; i < old; i++) {
        while (before[i] != NULL) {
            byni_object *object = before[i];

            before[i] = object->next;
            link_object(object);
        }
    }
    free(before);
    return true;
}

static void forget(const byni_object *object)
{
    byni_object **at = bucket_of(object->hash);

    while (*at != object)
        at = &(*at)->next;
    *at = object->next;
    table.count--;
}

/* ---- Options ------------------------------------------------------------------------------------- */

bool byni_options_copy(void *copy, size_t size, const void *options)
{
    const unsigned char *bytes = options;
    size_t given, i;

    memset(copy, 0, size);
    if (options == NULL)
        return true;
    memcpy(&given, options, sizeof given);
    if (given < sizeof given) {
        (void)byni_fail(BYN_E_INVALID, "struct_size of the options is not set: use BYN_OPTIONS()");
        return false;
    }
    for (i = size; i < given; i++) {
        if (bytes[i] == 0)
            continue;
        (void)byni_fail(BYN_E_INVALID,
                        "an option is set that this version of byname does not know");
        return false;
    }
    memcpy(copy, options, given < size ? given : size);
    return true;
}

byn_status byni_opening_begin(byni_opening *opening, const byni_kind *kind, const void *place,
                              const char *name, void *chosen, size_t size, const void *options)
{
    byni_common_options common;

    if (place == NULL)
        return byni_null_handle(kind->open);
    if (!byni_options_copy(chosen, size, options))
        return byni_failed(BYN_E_INVALID, kind->open, name);
    memcpy(&common, chosen, sizeof common);
    memset(opening, 0, sizeof *opening);
    opening->name = name;
    opening->open = common.open;
    opening->mode = common.mode;
    opening->keep = common.keep;
    opening->options = chosen;
    return BYN_OK;
}

/* Each class of users may read and write, or nothing: a lock that can be read only is of no use. */
static byn_status check_mode(uint32_t *mode, bool machine)
{
    uint32_t shift;

    if (*mode == 0)
        *mode = 0600;
    for (shift = 0; shift <= 6; shift += 3) {
        uint32_t bits = *mode >> shift & 7;

        if (bits != 6 && (bits != 0 || shift == 6))
            return byni_fail(BYN_E_INVALID, "mode %03o: use 0600, 0660 or 0666", *mode);
    }
    if (*mode > 0666)
        return byni_fail(BYN_E_INVALID, "mode %o: use 0600, 0660 or 0666", *mode);
    if (!machine && *mode != 0600)
        return byni_fail(BYN_E_INVALID,
                         "mode %03o: a user's objects are open to nobody else; begin the name with "
                         "\"machine:\"",
                         *mode);
    return BYN_OK;
}

/* ---- Opening ------------------------------------------------------------------------------------- */

/* What the segment's callbacks need. */
typedef struct request {
    byni_object *object; /* to be opened first here */
    const byni_kind *kind;
    const byni_opening *opening;
} request;

/* Shared memory is read once, and checked: the copy is what the handle goes by. */
static void remember(byni_object *object, const byni_header *header)
{
    object->limit = header->limit;
    memcpy(object->parameters, header->parameters, sizeof object->parameters);
}

static void initialise(byni_header *header, void *context)
{
    const request *asked = context;

    header->kind = asked->kind->id;
    memcpy(header->parameters, asked->opening->created, sizeof header->parameters);
    asked->kind->initialise((char *)header + BYNI_STATE_OFFSET, asked->opening->created,
                            asked->opening->options);
    remember(asked->object, header);
}

/* Types are called by their names. */
static byn_status differs(const char *what, uint64_t there, uint64_t here)
{
    if (strcmp(what, "type") == 0)
        return byni_fail(BYN_E_MISMATCH, "its type is %s, and not %s: pass the same, or BYN_ANY",
                         byni_type_name((byn_value_type)there),
                         byni_type_name((byn_value_type)here));
    return byni_fail(BYN_E_MISMATCH, "%s is %llu there and %llu here: pass the same, or 0", what,
                     (unsigned long long)there, (unsigned long long)here);
}

/* The creator's parameters hold: a later opener passes the same or zero. */
static byn_status compare(uint32_t kind, const uint64_t *parameters, const request *asked)
{
    int i;

    if (kind != asked->kind->id)
        return byni_fail(
            BYN_E_MISMATCH,
            "the name is in use by another kind of object (%s): choose another for this %s",
            byni_kind_name(kind), byni_kind_name(asked->kind->id));
    for (i = 0; i < BYNI_PARAMETERS; i++) {
        uint64_t wanted = asked->opening->parameters[i];

        if (wanted != 0 && wanted != parameters[i])
            return differs(asked->kind->parameters[i], parameters[i], wanted);
    }
    return BYN_OK;
}

static byn_status accept(const byni_header *header, void *context)
{
    const request *asked = context;
    byn_status status;

    if (header->kind == asked->kind->id && !asked->kind->is_sound(header))
        return byni_fail(BYN_E_CORRUPT, "its header is broken: remove it");
    status = compare(header->kind, header->parameters, asked);
    if (status >= 0)
        remember(asked->object, header);
    return status;
}

static byn_status open_segment(byni_object *object, request *asked)
{
    const byni_opening *opening = asked->opening;
    bynk_segment_request segment;
    byn_status status;

    memset(&segment, 0, sizeof segment);
    segment.name = &object->name;
    segment.open = opening->open;
    segment.mode = opening->mode;
    segment.size = opening->size;
    segment.needed = opening->needed;
    segment.limit = opening->limit;
    segment.initialise = initialise;
    segment.accept = accept;
    segment.context = asked;
    status = check_mode(&segment.mode, object->name.machine);
    if (status >= 0)
        status = bynk_segment_open(&object->segment, &segment);
    if (status >= 0)
        object->header = bynk_segment_header(object->segment);
    return status;
}

/* Take it out of this process. */
static void part_with(byni_object *object)
{
    if (object->kind->detach(object))
        bynk_segment_close(object->segment, false);
    else
        bynk_segment_leave(object->segment);
}

/* Not open in this process yet. */
static byn_status open_first(byni_object **out, const byni_name *name, uint64_t hash,
                             request *asked)
{
    byni_object *object = make_room() ? calloc(1, asked->kind->handle_size) : NULL;
    byn_status status, attached, kept;

    if (object == NULL)
        return byni_fail(BYN_E_NOMEM, "out of memory");
    object->token = bynk_token();
    object->kind = asked->kind;
    object->references = 1;
    object->name = *name;
    object->hash = hash;
    object->handle_name = object->name.full;
    asked->object = object;
    status = open_segment(object, asked);
    if (status >= 0 && (attached = asked->kind->attach(object)) < 0) {
        bynk_segment_close(object->segment, false);
        status = attached;
    }
    if (status >= 0 && asked->opening->keep && (kept = bynk_segment_keep(object->segment)) < 0) {
        part_with(object);
        status = kept;
    }
    if (status < 0) {
        free(object);
        return status;
    }
    link_object(object);
    table.count++;
    *out = object;
    return status;
}

static byn_status open_again(byni_object *object, request *asked)
{
    byn_status status;

    if (asked->opening->open == BYN_CREATE_ONLY)
        status = byni_fail(BYN_E_EXISTS, "it exists already, in use by this process");
    else
        status = compare(object->kind->id, object->parameters, asked);
    if (status >= 0 && asked->opening->keep)
        status = bynk_segment_keep(object->segment);
    if (status >= 0)
        object->references++;
    return status;
}

static byn_status open_named(byni_object **out, const byni_name *name, request *asked)
{
    const uint64_t hash = byni_name_hash(name->full);
    byni_object *object;
    byn_status status;

    bynk_library_lock();
    object = find(name->full, hash);
    if (object == NULL) {
        status = open_first(out, name, hash, asked);
    } else {
        status = open_again(object, asked);
        if (status >= 0)
            *out = object;
    }
    bynk_library_unlock();
    return status;
}

byn_status byni_object_open(byni_object **out, const byni_kind *kind, const byni_opening *opening)
{
    request asked;
    byni_name name;
    byn_status status = bynk_begin();

    asked.kind = kind;
    asked.opening = opening;
    if (status >= 0 && (opening->open < BYN_OPEN_OR_CREATE || opening->open > BYN_OPEN_ONLY))
        status = byni_fail(BYN_E_INVALID, "the option `open` is none of byn_open_mode");
    if (status >= 0)
        status =
            opening->name != NULL ? byni_name_parse(&name, opening->name) : byni_name_fresh(&name);
    if (status >= 0)
        status = open_named(out, &name, &asked);
    return status < 0 ? byni_failed(status, kind->open, opening->name) : status;
}

/* ---- Closing ------------------------------------------------------------------------------------- */

void byni_object_keep(byni_object *object)
{
    bynk_library_lock();
    object->references++;
    bynk_library_unlock();
}

void byni_object_close(byni_object *object)
{
    bool inherited;

    if (object == NULL)
        return;
    bynk_library_lock();
    inherited = !byni_object_usable(object);
    if (--object->references > 0) {
        bynk_library_unlock();
        return;
    }
    if (!inherited)
        forget(object);
    if (inherited)
        bynk_segment_close(object->segment, true);
    else
        part_with(object);
    bynk_library_unlock();
    free(object);
}

byn_status byni_object_unusable(const byni_object *object, const char *operation)
{
    if (object == NULL)
        return byni_null_handle(operation);
    (void)byni_fail(BYN_E_INVALID,
                    "the handle was inherited by fork(): a child opens the name itself");
    return byni_failed(BYN_E_INVALID, operation, object->name.full);
}

byn_status byni_object_call_failed(const byni_object *object, byn_status status,
                                   const char *operation)
{
    switch (status) {
    case BYN_E_TIMEDOUT:
    case BYN_E_CANCELED:
    case BYN_E_DEADLOCK:
    case BYN_E_NOTOWNER:
        return byni_failed_plainly(status, operation, object->name.full);
    default:
        return byni_failed(status, operation, object->name.full);
    }
}

/* ---- All objects --------------------------------------------------------------------------------- */

static byn_status visit(const char *operation, byn_object_visitor visitor, void *context,
                        bool look_only)
{
    byn_status status;

    if (visitor == NULL)
        return byni_null(operation, "visitor");
    status = bynk_begin();
    if (status >= 0)
        status = bynk_segments_visit(visitor, context, look_only);
    return status < 0 ? byni_failed(status, operation, NULL) : status;
}

byn_status byn_objects_visit(byn_object_visitor visitor, void *context)
{
    return visit("byn_objects_visit", visitor, context, false);
}

byn_status byn_objects_look(byn_object_visitor visitor, void *context)
{
    return visit("byn_objects_look", visitor, context, true);
}

byn_status byn_keeper_run(byn_timeout idle)
{
    byn_status status = bynk_begin();

    if (idle < BYN_FOREVER)
        return byni_wrong_timeout("byn_keeper_run");
    if (status >= 0)
        status = bynk_keeper_run(idle);
    return status < 0 ? byni_failed(status, "byn_keeper_run", NULL) : status;
}

byn_status byn_keeper_look(uint32_t *pid, uint32_t *keeps)
{
    byn_status status;

    if (pid == NULL || keeps == NULL)
        return byni_null("byn_keeper_look", pid == NULL ? "pid" : "keeps");
    *pid = *keeps = 0;
    status = bynk_begin();
    if (status >= 0)
        status = bynk_keeper_look(pid, keeps);
    if (status == BYN_E_NOTFOUND)
        status = byni_fail(status, "there is no keeper: none is needed until an object is kept");
    return status < 0 ? byni_failed(status, "byn_keeper_look", NULL) : status;
}

byn_status byn_remove(const char *text)
{
    byni_name name;
    byn_status status;

    if (text == NULL)
        return byni_null("byn_remove", "name");
    status = bynk_begin();
    if (status >= 0)
        status = byni_name_parse(&name, text);
    if (status >= 0)
        status = bynk_segment_remove(&name);
    return status < 0 ? byni_failed(status, "byn_remove", text) : status;
}
