#include <byname/value.h>

#include "object.h"

/*
 * One word, changed by single atomic instructions: a death leaves the old number or the new one. It has
 * 64 bits for all types; a type's number is its low bits, so that adding wraps around by itself.
 */
typedef struct value_state {
    byni_a64 word;
} value_state;

struct byn_value {
    byni_object object;
    value_state *state;
    byn_value_type type;
};

static unsigned bits_of(byn_value_type type)
{
    static const unsigned char bits[] = {0, 8, 16, 32, 64, 8, 16, 32, 64};

    return bits[type];
}

static bool is_type(uint64_t type)
{
    return type >= BYN_I8 && type <= BYN_U64;
}

/* The number that a word means: its low bits, with the type's sign. */
static int64_t number_of(byn_value_type type, uint64_t word)
{
    unsigned unused = 64 - bits_of(type);

    if (type >= BYN_U8)
        return (int64_t)(word << unused >> unused);
    /* Bring the sign to the top and back down, without relying on how >> treats negative numbers. */
    word = word << unused >> unused;
    if (unused > 0 && (word >> (bits_of(type) - 1)) != 0)
        word |= UINT64_MAX << bits_of(type);
    return (int64_t)word;
}

static bool fits(byn_value_type type, int64_t number)
{
    return number_of(type, (uint64_t)number) == number;
}

static bool is_sound(const byni_header *header)
{
    return header->limit == BYNI_STATE_OFFSET + sizeof(value_state) &&
           is_type(header->parameters[0]);
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    value_state *state = at;
    const byn_value_options *chosen = options;

    (void)parameters;
    byni_store64(&state->word, (uint64_t)chosen->initial);
}

static byn_status attach(byni_object *object)
{
    byn_value *value = (byn_value *)object;

    value->type = (byn_value_type)object->parameters[0];
    value->state = byni_object_state(object);
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    (void)object;
    return true;
}

static const byni_kind kind = {
    BYNI_VALUE,     "byn_value_open", sizeof(byn_value),
    {"type", NULL}, is_sound,         initialise,
    attach,         detach,           NULL,
};

byn_status byn_value_open(byn_value **value, const char *name, const byn_value_options *options)
{
    byn_value_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, value, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    opening.parameters[0] = (uint64_t)chosen.type;
    opening.created[0] = chosen.type == BYN_ANY ? BYN_I64 : (uint64_t)chosen.type;
    if (!is_type(opening.created[0]) || !fits((byn_value_type)opening.created[0], chosen.initial)) {
        (void)byni_fail(BYN_E_INVALID, "the type is unknown, or the initial %lld does not fit it",
                        (long long)chosen.initial);
        return byni_failed(BYN_E_INVALID, kind.open, name);
    }
    opening.size = opening.limit = BYNI_STATE_OFFSET + sizeof(value_state);
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
    return value != NULL && byni_object_usable(&value->object) ? value->type : BYN_ANY;
}

static byn_status does_not_fit(const byn_value *value, const char *operation, int64_t number)
{
    (void)byni_fail(BYN_E_INVALID, "%lld does not fit into %u bits%s", (long long)number,
                    bits_of(value->type), value->type >= BYN_U8 ? " without a sign" : "");
    return byni_failed(BYN_E_INVALID, operation, value->object.name.full);
}

byn_status byn_value_get(byn_value *value, int64_t *number)
{
    if (value == NULL || !byni_object_usable(&value->object))
        return byni_object_unusable((const byni_object *)value, "byn_value_get");
    if (number == NULL)
        return byni_invalid("byn_value_get", "the place for the number is NULL");
    *number = number_of(value->type, byni_load64(&value->state->word));
    return BYN_OK;
}

byn_status byn_value_set(byn_value *value, int64_t number)
{
    if (value == NULL || !byni_object_usable(&value->object))
        return byni_object_unusable((const byni_object *)value, "byn_value_set");
    if (!fits(value->type, number))
        return does_not_fit(value, "byn_value_set", number);
    (void)byni_exchange64(&value->state->word, (uint64_t)number);
    return BYN_OK;
}

byn_status byn_value_add(byn_value *value, int64_t difference, int64_t *result)
{
    uint64_t word;

    if (value == NULL || !byni_object_usable(&value->object))
        return byni_object_unusable((const byni_object *)value, "byn_value_add");
    word = byni_add64(&value->state->word, (uint64_t)difference) + (uint64_t)difference;
    if (result != NULL)
        *result = number_of(value->type, word);
    return BYN_OK;
}

byn_status byn_value_compare_exchange(byn_value *value, int64_t *expected, int64_t desired)
{
    uint64_t word;

    if (value == NULL || !byni_object_usable(&value->object))
        return byni_object_unusable((const byni_object *)value, "byn_value_compare_exchange");
    if (expected == NULL)
        return byni_invalid("byn_value_compare_exchange", "the expected number is NULL");
    if (!fits(value->type, desired))
        return does_not_fit(value, "byn_value_compare_exchange", desired);
    word = byni_load64(&value->state->word);
    while (number_of(value->type, word) == *expected)
        if (byni_cas64(&value->state->word, &word, (uint64_t)desired))
            return BYN_OK;
    *expected = number_of(value->type, word);
    return byni_failed_plainly(BYN_E_MISMATCH, "byn_value_compare_exchange",
                               value->object.name.full);
}
