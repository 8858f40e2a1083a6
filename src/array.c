#include "array_state.h"

#include "parties.h"

/* ---- Open and close ------------------------------------------------------------------------------- */

/* The creator's parameters. A size is that of a record; elements of other types have their own. */
enum { TYPE, SIZE, LENGTH };

static uint64_t element_size(uint64_t type, uint64_t size)
{
    return type == BYN_BYTES ? size : byni_type_size((byn_value_type)type);
}

/* Bytes of all elements; 0: these parameters are not possible. */
static uint64_t bytes_of(const uint64_t parameters[BYNI_PARAMETERS])
{
    uint64_t type = parameters[TYPE], size = parameters[SIZE], element;

    if (byni_sort_of(type) == BYNI_NO_TYPE || size > BYN_VALUE_SIZE_MAX ||
        (type == BYN_BYTES) != (size > 0))
        return 0;
    element = element_size(type, size);
    return parameters[LENGTH] <= (INT64_MAX - BYNI_DATA_OFFSET) / element
               ? parameters[LENGTH] * element
               : 0;
}

static bool is_sound(const byni_header *header)
{
    uint64_t bytes = bytes_of(header->parameters);

    return bytes > 0 && header->limit == BYNI_DATA_OFFSET + bytes &&
           byni_load64(&header->size) == header->limit;
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    (void)parameters;
    (void)options;
    byni_lock_initialise(&((byni_array_state *)at)->lock);
}

static byn_status attach(byni_object *object)
{
    byn_array *array = (byn_array *)object;
    byni_array_state *state = byni_object_state(object);

    array->type = (byn_value_type)object->parameters[TYPE];
    array->sort = byni_sort_of(object->parameters[TYPE]);
    array->size = (uint32_t)element_size(object->parameters[TYPE], object->parameters[SIZE]);
    array->length = object->parameters[LENGTH];
    array->elements = (unsigned char *)object->header + BYNI_DATA_OFFSET;
    byni_lock_attach(&array->lock, object->segment, &state->lock);
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    byni_lock_detach(&((byn_array *)object)->lock);
    return true;
}

static const byni_kind kind = {
    BYNI_ARRAY,
    "byn_array_open",
    sizeof(byn_array),
    {"type", "size", "length"},
    is_sound,
    initialise,
    attach,
    detach,
    NULL,
};

static byn_status check_options(const byn_array_options *chosen,
                                const uint64_t created[BYNI_PARAMETERS])
{
    const char *type = byni_type_name((byn_value_type)created[TYPE]);

    if (*type == '\0')
        return byni_fail(BYN_E_INVALID, "%d is no type", (int)chosen->type);
    if (chosen->open == BYN_OPEN_ONLY)
        return BYN_OK;
    if (created[TYPE] == BYN_BYTES && (chosen->size == 0 || chosen->size > BYN_VALUE_SIZE_MAX))
        return byni_fail(BYN_E_INVALID, "a record of %u bytes: let it have 1 to %d", chosen->size,
                         BYN_VALUE_SIZE_MAX);
    if (chosen->type != BYN_ANY && chosen->type != BYN_BYTES && chosen->size != 0)
        return byni_fail(BYN_E_INVALID, "`size` is that of records, and the type is %s", type);
    if (chosen->length > 0 && chosen->size == 0 && bytes_of(created) == 0)
        return byni_fail(BYN_E_INVALID, "%llu elements are more than memory can have",
                         (unsigned long long)chosen->length);
    return BYN_OK;
}

byn_status byn_array_open(byn_array **array, const char *name, const byn_array_options *options)
{
    byn_array_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, array, name, &chosen, sizeof chosen, options);
    uint64_t bytes;

    if (status < 0)
        return status;
    opening.parameters[TYPE] = (uint64_t)chosen.type;
    opening.created[TYPE] = chosen.type == BYN_ANY ? BYN_I64 : (uint64_t)chosen.type;
    opening.parameters[SIZE] = opening.created[SIZE] = chosen.size;
    opening.parameters[LENGTH] = opening.created[LENGTH] = chosen.length;
    status = check_options(&chosen, opening.created);
    if (status < 0)
        return byni_failed(status, kind.open, name);
    bytes = bytes_of(opening.created);
    opening.needed = chosen.length == 0 ? "length" : "size";
    opening.size = opening.limit = bytes > 0 ? BYNI_DATA_OFFSET + bytes : 0;
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *array = (byn_array *)object;
    return status;
}

void byn_array_close(byn_array *array)
{
    byni_object_close(array != NULL ? &array->object : NULL);
}

const char *byn_array_name(const byn_array *array)
{
    return array != NULL ? array->object.name.full : NULL;
}

uint64_t byn_array_length(const byn_array *array)
{
    return byni_array_usable(array) ? array->length : 0;
}

byn_value_type byn_array_type_of(const byn_array *array)
{
    return byni_array_usable(array) ? array->type : BYN_ANY;
}

size_t byn_array_element_size(const byn_array *array)
{
    return byni_array_usable(array) ? array->size : 0;
}

void *byn_array_data(byn_array *array)
{
    return byni_array_usable(array) ? array->elements : NULL;
}

/* ---- Failures ----------------------------------------------------------------------------------- */

BYNI_COLD byn_status byni_array_outside(const byn_array *array, uint64_t first, uint64_t count,
                                        const char *operation)
{
    if (count == 1)
        (void)byni_fail(BYN_E_INVALID, "there is no element %llu, of %llu (the first is 0)",
                        (unsigned long long)first, (unsigned long long)array->length);
    else
        (void)byni_fail(BYN_E_INVALID, "there are no %llu elements from %llu on, of %llu",
                        (unsigned long long)count, (unsigned long long)first,
                        (unsigned long long)array->length);
    return byni_failed(BYN_E_INVALID, operation, array->object.name.full);
}

/* ---- Lock ------------------------------------------------------------------------------ */

byn_status byn_array_lock(byn_array *array, byn_timeout timeout)
{
    byn_status status;

    if (!byni_array_usable(array))
        return byni_object_unusable((const byni_object *)array, "byn_array_lock");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout("byn_array_lock");
    status = byni_lock_take(&array->lock, BYNI_CHANGES, timeout);
    return status < 0 ? byni_object_call_failed(&array->object, status, "byn_array_lock") : status;
}

byn_status byn_array_unlock(byn_array *array)
{
    byn_status status;

    if (!byni_array_usable(array))
        return byni_object_unusable((const byni_object *)array, "byn_array_unlock");
    status = byni_lock_give(&array->lock);
    return status < 0 ? byni_object_call_failed(&array->object, status, "byn_array_unlock")
                      : status;
}

/* ---- Who ------------------------------------------------------------------------------------------- */

void byni_array_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context)
{
    const byni_array_state *state = byni_copy_state(copy, size, sizeof *state);

    if (state != NULL)
        byni_lock_holds(&state->lock, sink, context);
}
