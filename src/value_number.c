/*
 * Numbers: one word, one atomic instruction. The first half is of integers and flags, the second of reals.
 */
#include "value_state.h"

/* ---- Integers ------------------------------------------------------------------------------------- */

static inline bool is_integer(const byn_value *value)
{
    return byni_value_usable(value) && (value->sort == BYNI_INTEGER || value->sort == BYNI_FLAG);
}

const byni_calls byni_value_get_calls = {"byn_value_get", "byn_value_get_double", "byn_value_read"};
const byni_calls byni_value_set_calls = {"byn_value_set", "byn_value_set_double",
                                         "byn_value_write"};
static const byni_calls exchange_calls = {"byn_value_exchange", "byn_value_exchange_double", NULL};
static const byni_calls compare_calls = {"byn_value_compare_exchange",
                                         "byn_value_compare_exchange_double", NULL};

byn_status byn_value_get(byn_value *value, int64_t *number)
{
    if (BYNI_UNLIKELY(!is_integer(value)))
        return byni_value_refuse(value, &byni_value_get_calls, "byn_value_get");
    if (number == NULL)
        return byni_null("byn_value_get", "number");
    *number = byni_type_number(value->type, byni_load64(&value->state->word));
    return BYN_OK;
}

byn_status byn_value_set(byn_value *value, int64_t number)
{
    if (BYNI_UNLIKELY(!is_integer(value)))
        return byni_value_refuse(value, &byni_value_set_calls, "byn_value_set");
    if (!byni_type_fits(value->type, number))
        return byni_type_does_not_fit(value->type, number, "byn_value_set",
                                      value->object.name.full);
    (void)byni_exchange64(&value->state->word, (uint64_t)number);
    byni_value_changed(value);
    return BYN_OK;
}

/* Out of the way of the path that tells nothing and wakes nobody: on that one nothing is put on the stack,
 * which an atomic instruction would have to wait for. */
BYNI_COLD static byn_status tell(const byn_value *value, uint64_t word, int64_t *result)
{
    *result = byni_type_number(value->type, word);
    return BYN_OK;
}

BYNI_COLD static byn_status wake_and_tell(byn_value *value, uint64_t word, int64_t *result)
{
    byni_value_wake(value);
    return result != NULL ? tell(value, word, result) : BYN_OK;
}

BYNI_COLD static byn_status refuse_to_add(const byn_value *value)
{
    static const byni_calls no_flags = {NULL, "byn_value_add_double", NULL};

    return byni_value_refuse(value, &no_flags, "byn_value_add");
}

byn_status byn_value_add(byn_value *value, int64_t difference, int64_t *result)
{
    byni_value_state *state;
    uint64_t word;

    if (BYNI_UNLIKELY(!byni_value_usable(value) || (state = value->counter) == NULL))
        return refuse_to_add(value);
    word = byni_add64(&state->word, (uint64_t)difference) + (uint64_t)difference;
    if (BYNI_UNLIKELY(byni_load32_after(&state->awaited) != 0))
        return wake_and_tell(value, word, result);
    return result != NULL ? tell(value, word, result) : BYN_OK;
}

byn_status byn_value_exchange(byn_value *value, int64_t number, int64_t *previous)
{
    uint64_t word;

    if (BYNI_UNLIKELY(!is_integer(value)))
        return byni_value_refuse(value, &exchange_calls, "byn_value_exchange");
    if (!byni_type_fits(value->type, number))
        return byni_type_does_not_fit(value->type, number, "byn_value_exchange",
                                      value->object.name.full);
    word = byni_exchange64(&value->state->word, (uint64_t)number);
    byni_value_changed(value);
    if (previous != NULL)
        *previous = byni_type_number(value->type, word);
    return BYN_OK;
}

static byn_status is_something_else(const byn_value *value, const char *operation)
{
    return byni_failed_because(BYN_E_MISMATCH, operation, value->object.name.full,
                               "it is not what was expected; what it is was told");
}

byn_status byn_value_compare_exchange(byn_value *value, int64_t *expected, int64_t desired)
{
    uint64_t word;

    if (BYNI_UNLIKELY(!is_integer(value)))
        return byni_value_refuse(value, &compare_calls, "byn_value_compare_exchange");
    if (expected == NULL)
        return byni_null("byn_value_compare_exchange", "expected");
    if (!byni_type_fits(value->type, desired))
        return byni_type_does_not_fit(value->type, desired, "byn_value_compare_exchange",
                                      value->object.name.full);
    word = byni_load64(&value->state->word);
    while (byni_type_number(value->type, word) == *expected) {
        if (byni_cas64(&value->state->word, &word, (uint64_t)desired)) {
            byni_value_changed(value);
            return BYN_OK;
        }
    }
    *expected = byni_type_number(value->type, word);
    return is_something_else(value, "byn_value_compare_exchange");
}

/* ---- Reals ---------------------------------------------------------------------------------------- */

static inline bool is_real(const byn_value *value)
{
    return byni_value_usable(value) && value->sort == BYNI_REAL;
}

/* What can be stored; a failure has its sentence. */
static byn_status check_real(const byn_value *value, double number, const char *operation)
{
    if (byni_type_real_fits(value->type, number))
        return BYN_OK;
    return byni_type_real_does_not_fit(number, operation, value->object.name.full);
}

byn_status byn_value_get_double(byn_value *value, double *number)
{
    if (!is_real(value))
        return byni_value_refuse(value, &byni_value_get_calls, byni_value_get_calls.double_call);
    if (number == NULL)
        return byni_null(byni_value_get_calls.double_call, "number");
    *number = byni_type_real(value->type, byni_load64(&value->state->word));
    return BYN_OK;
}

byn_status byn_value_set_double(byn_value *value, double number)
{
    byn_status status;

    if (!is_real(value))
        return byni_value_refuse(value, &byni_value_set_calls, byni_value_set_calls.double_call);
    status = check_real(value, number, byni_value_set_calls.double_call);
    if (status < 0)
        return status;
    (void)byni_exchange64(&value->state->word, byni_type_word(value->type, number));
    byni_value_changed(value);
    return BYN_OK;
}

byn_status byn_value_add_double(byn_value *value, double difference, double *result)
{
    static const byni_calls calls = {"byn_value_add", "byn_value_add_double", NULL};
    uint64_t before, after;

    if (!is_real(value))
        return byni_value_refuse(value, &calls, calls.double_call);
    before = byni_load64(&value->state->word);
    do
        after = byni_type_word(value->type, byni_type_real(value->type, before) + difference);
    while (!byni_cas64(&value->state->word, &before, after));
    byni_value_changed(value);
    if (result != NULL)
        *result = byni_type_real(value->type, after);
    return BYN_OK;
}

byn_status byn_value_exchange_double(byn_value *value, double number, double *previous)
{
    byn_status status;
    uint64_t word;

    if (!is_real(value))
        return byni_value_refuse(value, &exchange_calls, exchange_calls.double_call);
    status = check_real(value, number, exchange_calls.double_call);
    if (status < 0)
        return status;
    word = byni_exchange64(&value->state->word, byni_type_word(value->type, number));
    byni_value_changed(value);
    if (previous != NULL)
        *previous = byni_type_real(value->type, word);
    return BYN_OK;
}

byn_status byn_value_compare_exchange_double(byn_value *value, double *expected, double desired)
{
    byn_status status;
    uint64_t word;

    if (!is_real(value))
        return byni_value_refuse(value, &compare_calls, compare_calls.double_call);
    if (expected == NULL)
        return byni_null(compare_calls.double_call, "expected");
    status = check_real(value, desired, compare_calls.double_call);
    if (status < 0)
        return status;
    word = byni_load64(&value->state->word);
    while (byni_same_real(byni_type_real(value->type, word), *expected)) {
        if (byni_cas64(&value->state->word, &word, byni_type_word(value->type, desired))) {
            byni_value_changed(value);
            return BYN_OK;
        }
    }
    *expected = byni_type_real(value->type, word);
    return is_something_else(value, compare_calls.double_call);
}
