/*
 * Keys that are strings; values that are strings or numbers.
 */
#include "dict_state.h"

/* A key that is a string, of a handle that can be used. false: *status is the failure of the call. */
static bool string_key(byn_dict *dict, const char *key, byni_dict_key *wanted,
                       const char *operation, byn_status *status)
{
    if (BYNI_UNLIKELY(!byni_dict_usable(dict))) {
        *status = byni_object_unusable((const byni_object *)dict, operation);
        return false;
    }
    if (BYNI_UNLIKELY(key == NULL)) {
        *status = byni_null(operation, "key");
        return false;
    }
    if (byni_dict_key_of(dict, wanted, key, strlen(key), status))
        return true;
    *status = byni_dict_failed(dict, *status, operation);
    return false;
}

/* ---- Put ------------------------------------------------------------------------------------------ */

byn_status byn_dict_put_string(byn_dict *dict, const char *key, const char *value)
{
    if (key == NULL || value == NULL)
        return byni_null("byn_dict_put_string", key == NULL ? "key" : "value");
    return byn_dict_put(dict, key, strlen(key), value, strlen(value));
}

byn_status byn_dict_put_int64(byn_dict *dict, const char *key, int64_t value)
{
    if (key == NULL)
        return byni_null("byn_dict_put_int64", "key");
    return byn_dict_put(dict, key, strlen(key), &value, sizeof value);
}

byn_status byn_dict_put_double(byn_dict *dict, const char *key, double value)
{
    if (key == NULL)
        return byni_null("byn_dict_put_double", "key");
    return byn_dict_put(dict, key, strlen(key), &value, sizeof value);
}

/* ---- Get ------------------------------------------------------------------------------------------ */

byn_status byn_dict_get_string(byn_dict *dict, const char *key, char *buffer, size_t size)
{
    size_t length = size > 0 ? size - 1 : 0;
    byni_dict_key wanted;
    byn_status status;

    if (buffer == NULL)
        return byni_null("byn_dict_get_string", "buffer");
    if (size == 0)
        return byni_invalid("byn_dict_get_string", "the buffer has no room");
    if (!string_key(dict, key, &wanted, "byn_dict_get_string", &status))
        return status;
    status = byni_dict_read(dict, &wanted, buffer, &length);
    if (status == BYN_OK)
        buffer[length] = '\0';
    if (status == BYN_E_TOOBIG)
        (void)byni_fail(status, "the string has %llu bytes", (unsigned long long)length);
    return status < 0 ? byni_dict_failed(dict, status, "byn_dict_get_string") : status;
}

static byn_status number_failed(byn_dict *dict, byn_status status, const char *operation)
{
    if (status == BYN_E_MISMATCH)
        return byni_failed_because(status, operation, dict->object.name.full,
                                   "the value of this key is no number of 8 bytes");
    return byni_dict_failed(dict, status, operation);
}

static byn_status get_number(byn_dict *dict, const char *key, void *number, const char *operation)
{
    byni_dict_key wanted;
    byn_status status;
    uint64_t word = 0;
    size_t size = sizeof word;

    if (number == NULL)
        return byni_null(operation, "value");
    if (!string_key(dict, key, &wanted, operation, &status))
        return status;
    status = byni_dict_read(dict, &wanted, &word, &size);
    if (status == BYN_E_TOOBIG || (status == BYN_OK && size != sizeof word))
        status = BYN_E_MISMATCH;
    if (status < 0)
        return number_failed(dict, status, operation);
    memcpy(number, &word, sizeof word);
    return BYN_OK;
}

byn_status byn_dict_get_int64(byn_dict *dict, const char *key, int64_t *value)
{
    return get_number(dict, key, value, "byn_dict_get_int64");
}

byn_status byn_dict_get_double(byn_dict *dict, const char *key, double *value)
{
    return get_number(dict, key, value, "byn_dict_get_double");
}

/* ---- Others --------------------------------------------------------------------------------------- */

byn_status byn_dict_remove_key(byn_dict *dict, const char *key)
{
    if (key == NULL)
        return byni_null("byn_dict_remove_key", "key");
    return byn_dict_remove(dict, key, strlen(key));
}

byn_status byn_dict_contains_key(byn_dict *dict, const char *key)
{
    if (key == NULL)
        return byni_null("byn_dict_contains_key", "key");
    return byn_dict_contains(dict, key, strlen(key));
}

/* With the guard. */
static byn_status add(byn_dict *dict, const byni_dict_key *key, uint64_t difference, uint64_t *sum)
{
    const byni_dict_value stored = {sum, sizeof *sum};
    byni_dict_found found;
    byn_status status = byni_dict_find(dict, key, &found);

    if (status < 0)
        return status;
    *sum = difference;
    if (found.place != 0 && found.value_size != sizeof *sum)
        return BYN_E_MISMATCH;
    if (found.place != 0)
        *sum += byni_peek64(found.value);
    return byni_dict_store(dict, key, &stored, &found);
}

byn_status byn_dict_add_int64(byn_dict *dict, const char *key, int64_t difference, int64_t *result)
{
    byni_dict_key wanted;
    byn_status status;
    uint64_t sum = 0;

    if (!string_key(dict, key, &wanted, "byn_dict_add_int64", &status))
        return status;
    status = byni_dict_lock_guard(dict);
    if (status >= 0) {
        status = add(dict, &wanted, (uint64_t)difference, &sum);
        byni_dict_unlock_guard(dict);
    }
    if (status < 0)
        return number_failed(dict, status, "byn_dict_add_int64");
    if (result != NULL)
        memcpy(result, &sum, sizeof sum);
    return status;
}
