#include "remote_noun.h"

#include <stdlib.h>

static byn_status open_value(remote_handles *h, const char *arguments, long long *number)
{
    long long n[3];
    const char *name = remote_parse(arguments, 3, n);

    (void)number;
    return byn_value_open(&h->value, name,
                          &BYN_OPTIONS(byn_value_options, .open = (byn_open_mode)n[0],
                                       .type = (byn_value_type)n[1], .initial = n[2],
                                       .mode = h->mode, .keep = h->keep));
}

static byn_status open_bytes(remote_handles *h, const char *arguments, long long *number)
{
    long long n[2];
    const char *name = remote_parse(arguments, 2, n);

    (void)number;
    return byn_value_open(&h->value, name,
                          &BYN_OPTIONS(byn_value_options, .open = (byn_open_mode)n[0],
                                       .type = BYN_BYTES, .size = (uint32_t)n[1], .mode = h->mode,
                                       .keep = h->keep));
}

static byn_status get(remote_handles *h, const char *arguments, long long *number)
{
    int64_t value = 0;
    byn_status status = byn_value_get(h->value, &value);

    (void)arguments;
    *number = value;
    return status;
}

static byn_status put(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_value_set(h->value, strtoll(arguments, NULL, 10));
}

static byn_status add(remote_handles *h, const char *arguments, long long *number)
{
    int64_t result = 0;
    byn_status status = byn_value_add(h->value, strtoll(arguments, NULL, 10), &result);

    *number = result;
    return status;
}

static void drop(remote_handles *h, bool close)
{
    byn_value_close(close ? h->value : NULL);
    h->value = NULL;
}

static const remote_command commands[] = {
    {"value", open_value}, {"bytes", open_bytes}, {"get", get},
    {"put", put},          {"add", add},          {NULL, NULL},
};

const remote_noun remote_value = {"value", commands, drop};
