#include "remote_noun.h"

#include <stdlib.h>

static byn_status open_barrier(remote_handles *h, const char *arguments, long long *number)
{
    long long n[3];
    const char *name = remote_parse(arguments, 3, n);

    (void)number;
    return byn_barrier_open(&h->barrier, name,
                            &BYN_OPTIONS(byn_barrier_options, .open = (byn_open_mode)n[0],
                                         .parties = (uint32_t)n[1], .party = n[2] != 0,
                                         .mode = h->mode, .keep = h->keep));
}

static byn_status meet(remote_handles *h, const char *arguments, long long *number)
{
    uint32_t index = 0;
    byn_status status = byn_barrier_wait(h->barrier, strtoll(arguments, NULL, 10), &index);

    *number = index;
    return status;
}

static byn_status break_barrier(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_barrier_abort(h->barrier);
}

static byn_status mend(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_barrier_reset(h->barrier);
}

static void drop(remote_handles *h, bool close)
{
    byn_barrier_close(close ? h->barrier : NULL);
    h->barrier = NULL;
}

static const remote_command commands[] = {
    {"barrier", open_barrier},
    {"meet", meet},
    {"break", break_barrier},
    {"mend", mend},
    {NULL, NULL},
};

const remote_noun remote_barrier = {"barrier", commands, drop};
