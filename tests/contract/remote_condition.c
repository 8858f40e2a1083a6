#include "remote_noun.h"

#include <stdlib.h>

static byn_status open_condition(remote_handles *h, const char *arguments, long long *number)
{
    long long n[1];
    const char *name = remote_parse(arguments, 1, n);

    (void)number;
    return byn_condition_open(&h->condition, name,
                              &BYN_OPTIONS(byn_condition_options, .open = (byn_open_mode)n[0],
                                           .mode = h->mode, .keep = h->keep));
}

static byn_status wait_condition(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_condition_wait(h->condition, h->mutex, strtoll(arguments, NULL, 10));
}

/* So that many can be waited for in any order. */
static byn_status pass_condition(remote_handles *h, const char *arguments, long long *number)
{
    byn_status status = wait_condition(h, arguments, number);

    CHECK_STATUS(byn_mutex_unlock(h->mutex), BYN_OK);
    return status;
}

static byn_status notify(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_condition_notify(h->condition, (uint32_t)strtoul(arguments, NULL, 10));
}

static byn_status notify_all(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_condition_notify_all(h->condition);
}

static void drop(remote_handles *h, bool close)
{
    byn_condition_close(close ? h->condition : NULL);
    h->condition = NULL;
}

static const remote_command commands[] = {
    {"condition", open_condition}, {"cwait", wait_condition},
    {"cpass", pass_condition},     {"notify", notify},
    {"notify_all", notify_all},    {NULL, NULL},
};

const remote_noun remote_condition = {"condition", commands, drop};
