#include "value_state.h"

/* The creator's parameters. */
enum { TYPE, SIZE };

static uint64_t limit_of(uint64_t type, uint64_t size)
{
    if (type != BYN_BYTES)
        return BYNI_STATE_OFFSET + sizeof(byni_value_state);
    return BYNI_VALUE_COPIES + 2 * byni_value_stride(size);
}

static bool is_size(uint64_t type, uint64_t size)
{
    return type == BYN_BYTES ? size > 0 && size <= BYN_VALUE_SIZE_MAX : size == 0;
}

static bool is_sound(const byni_header *header)
{
    uint64_t type = header->parameters[TYPE], size = header->parameters[SIZE];

    return byni_sort_of((uint64_t)type) != BYNI_NO_TYPE && is_size(type, size) &&
           header->limit == limit_of(type, size) && byni_load64(&header->size) == header->limit;
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    byni_value_state *state = at;
    const byn_value_options *chosen = options;
    byn_value_type type = (byn_value_type)parameters[TYPE];

    bynk_spot_initialise(&state->spot, 0);
    bynk_guard_initialise(&state->writing);
    byni_lock_initialise(&state->lock);
    if (byni_sort_of((uint64_t)type) == BYNI_REAL)
        byni_store64(&state->word, byni_type_word(type, chosen->initial_double));
    else
        byni_store64(&state->word, (uint64_t)chosen->initial);
}

static byn_status attach(byni_object *object)
{
    byn_value *value = (byn_value *)object;

    value->type = (byn_value_type)object->parameters[TYPE];
    value->sort = byni_sort_of(object->parameters[TYPE]);
    value->size =
        value->sort == BYNI_RECORD ? (size_t)object->parameters[SIZE] : byni_type_size(value->type);
    value->state = byni_object_state(object);
    value->counter = value->sort == BYNI_INTEGER ? value->state : NULL;
    byni_lock_attach(&value->lock, object->segment, &value->state->lock);
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    byni_lock_detach(&((byn_value *)object)->lock);
    return true;
}

static const byni_kind kind = {
    BYNI_VALUE,       "byn_value_open", sizeof(byn_value),
    {"type", "size"}, is_sound,         initialise,
    attach,           detach,           NULL,
};

/* ---- Open and close ------------------------------------------------------------------------------- */

/* What is initial is that of the right option, and fits. */
static byn_status check_initial(const byn_value_options *chosen, byn_value_type type)
{
    byni_sort sort = byni_sort_of((uint64_t)type);
    bool integer = sort == BYNI_INTEGER || sort == BYNI_FLAG;

    if (chosen->initial != 0 && !integer)
        return byni_fail(BYN_E_INVALID, "`initial` is for integers, and the type is %s",
                         byni_type_name(type));
    if (chosen->initial_double != 0 && sort != BYNI_REAL)
        return byni_fail(BYN_E_INVALID, "`initial_double` is for f32 and f64, and the type is %s",
                         byni_type_name(type));
    if (integer && !byni_type_fits(type, chosen->initial))
        return byni_fail(BYN_E_INVALID, "the initial %lld does not fit the type %s",
                         (long long)chosen->initial, byni_type_name(type));
    if (sort == BYNI_REAL && !byni_type_real_fits(type, chosen->initial_double))
        return byni_fail(BYN_E_INVALID, "the initial %g is too large for the type f32",
                         chosen->initial_double);
    return BYN_OK;
}

static byn_status check_options(const byn_value_options *chosen, byn_value_type type)
{
    if (byni_sort_of((uint64_t)type) == BYNI_NO_TYPE)
        return byni_fail(BYN_E_INVALID, "%d is no type", (int)type);
    if (chosen->size > BYN_VALUE_SIZE_MAX)
        return byni_fail(BYN_E_INVALID, "%u bytes are more than %d: use byn_memory", chosen->size,
                         BYN_VALUE_SIZE_MAX);
    if (chosen->type != BYN_ANY && chosen->type != BYN_BYTES && chosen->size != 0)
        return byni_fail(BYN_E_INVALID, "`size` is for bytes, and the type is %s",
                         byni_type_name(type));
    if (type == BYN_BYTES && chosen->size == 0 && chosen->open != BYN_OPEN_ONLY)
        return byni_fail(BYN_E_INVALID, "bytes need the option `size`, 1 to %d",
                         BYN_VALUE_SIZE_MAX);
    return check_initial(chosen, type);
}

byn_status byn_value_open(byn_value **value, const char *name, const byn_value_options *options)
{
    byn_value_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_value_type type;
    byn_status status =
        byni_opening_begin(&opening, &kind, value, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    type = chosen.type == BYN_ANY ? BYN_I64 : chosen.type;
    status = check_options(&chosen, type);
    if (status < 0)
        return byni_failed(status, kind.open, name);
    opening.parameters[TYPE] = (uint64_t)chosen.type;
    opening.created[TYPE] = (uint64_t)type;
    opening.parameters[SIZE] = opening.created[SIZE] = chosen.size;
    opening.size = opening.limit = limit_of((uint64_t)type, chosen.size);
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *value = (byn_value *)object;
    return status;
}

void byn_value_close(byn_value *value)
{
    byni_object_close(value != NULL ? &value->object : NULL);
}

const char *byn_value_name(const byn_value *value)
{
    return value != NULL ? value->object.name.full : NULL;
}

byn_value_type byn_value_type_of(const byn_value *value)
{
    return byni_value_usable(value) ? value->type : BYN_ANY;
}

size_t byn_value_size(const byn_value *value)
{
    return byni_value_usable(value) ? value->size : 0;
}

/* ---- Failures ------------------------------------------------------------------------------------- */

byn_status byni_value_refuse(const byn_value *value, const byni_calls *calls, const char *operation)
{
    if (!byni_value_usable(value))
        return byni_object_unusable((const byni_object *)value, operation);
    return byni_type_refuse(value->type, calls, operation, value->object.name.full);
}

byn_status byni_value_failed(const byn_value *value, byn_status status, const char *operation)
{
    return byni_object_call_failed(&value->object, status, operation);
}

/* ---- Lock ----------------------------------------------------------------------------------------- */

byn_status byn_value_lock(byn_value *value, byn_timeout timeout)
{
    byn_status status;

    if (!byni_value_usable(value))
        return byni_object_unusable((const byni_object *)value, "byn_value_lock");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout("byn_value_lock");
    status = byni_lock_take(&value->lock, BYNI_CHANGES, timeout);
    return status < 0 ? byni_value_failed(value, status, "byn_value_lock") : status;
}

byn_status byn_value_unlock(byn_value *value)
{
    byn_status status;

    if (!byni_value_usable(value))
        return byni_object_unusable((const byni_object *)value, "byn_value_unlock");
    status = byni_lock_give(&value->lock);
    return status < 0 ? byni_value_failed(value, status, "byn_value_unlock") : status;
}
