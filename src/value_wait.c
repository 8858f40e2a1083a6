/*
 * Waiting until a value is different; see byni_value_state.
 */
#include "value_state.h"

#include "crash.h"

/* Cleared before the spot moves: who sets it later has seen the number of the spot before. */
BYNI_COLD void byni_value_wake(byn_value *value)
{
    byni_crash_point("value.changed");
    byni_store32(&value->state->awaited, 0);
    byni_crash_point("value.cleared");
    bynk_spot_add(value->object.segment, &value->state->spot, 1, UINT32_MAX);
}

byn_status byni_value_await(byn_value *value, byn_status (*look)(byn_value *value, void *context),
                            void *context, byn_timeout timeout)
{
    byni_value_state *state = value->state;
    bynk_rest rest = {.deadline = BYNK_NOW};
    byn_status status = look(value, context);

    if (status != BYN_E_TIMEDOUT || timeout == BYN_NOW)
        return status;
    rest.deadline = byni_deadline(timeout);
    for (;;) {
        uint32_t seen = bynk_spot_number(&state->spot);
        byn_status slept;

        (void)byni_or32(&state->awaited, 1);
        byni_fence();
        status = look(value, context);
        if (status != BYN_E_TIMEDOUT)
            return status;
        slept = bynk_spot_sleep(value->object.segment, &state->spot, seen, &rest);
        if (slept < 0) {
            status = look(value, context);
            return status == BYN_E_TIMEDOUT ? slept : status;
        }
    }
}

/* ---- Numbers -------------------------------------------------------------------------------------- */

const byni_calls byni_value_wait_calls = {"byn_value_wait_change", "byn_value_wait_change_double",
                                          "byn_value_wait_change_bytes"};

static byn_status look_at_number(byn_value *value, void *context)
{
    int64_t *known = context,
            number = byni_type_number(value->type, byni_load64(&value->state->word));

    if (number == *known)
        return BYN_E_TIMEDOUT;
    *known = number;
    return BYN_OK;
}

byn_status byn_value_wait_change(byn_value *value, int64_t *known, byn_timeout timeout)
{
    byn_status status;

    if (!byni_value_usable(value) || value->sort == BYNI_REAL || value->sort == BYNI_RECORD)
        return byni_value_refuse(value, &byni_value_wait_calls, byni_value_wait_calls.call);
    if (known == NULL)
        return byni_null(byni_value_wait_calls.call, "known");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(byni_value_wait_calls.call);
    status = byni_value_await(value, look_at_number, known, timeout);
    return status < 0 ? byni_value_failed(value, status, byni_value_wait_calls.call) : status;
}

static byn_status look_at_real(byn_value *value, void *context)
{
    double *known = context, number = byni_type_real(value->type, byni_load64(&value->state->word));

    if (byni_same_real(number, *known))
        return BYN_E_TIMEDOUT;
    *known = number;
    return BYN_OK;
}

byn_status byn_value_wait_change_double(byn_value *value, double *known, byn_timeout timeout)
{
    byn_status status;

    if (!byni_value_usable(value) || value->sort != BYNI_REAL)
        return byni_value_refuse(value, &byni_value_wait_calls, byni_value_wait_calls.double_call);
    if (known == NULL)
        return byni_null(byni_value_wait_calls.double_call, "known");
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(byni_value_wait_calls.double_call);
    status = byni_value_await(value, look_at_real, known, timeout);
    return status < 0 ? byni_value_failed(value, status, byni_value_wait_calls.double_call)
                      : status;
}
