#include "remote_noun.h"

#include <stdlib.h>

static byn_status open_once(remote_handles *h, const char *arguments, long long *number)
{
    long long n[1];
    const char *name = remote_parse(arguments, 1, n);

    (void)number;
    return byn_once_open(&h->once, name,
                         &BYN_OPTIONS(byn_once_options, .open = (byn_open_mode)n[0],
                                      .mode = h->mode, .keep = h->keep));
}

static void count_a_run(void *number)
{
    ++*(long long *)number;
}

static byn_status run_once(remote_handles *h, const char *arguments, long long *number)
{
    return byn_once_run(h->once, count_a_run, number, strtoll(arguments, NULL, 10));
}

static byn_status is_done(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    *number = byn_once_is_done(h->once);
    return BYN_OK;
}

static void drop(remote_handles *h, bool close)
{
    byn_once_close(close ? h->once : NULL);
    h->once = NULL;
}

static const remote_command commands[] = {
    {"once", open_once},
    {"once_run", run_once},
    {"is_done", is_done},
    {NULL, NULL},
};

const remote_noun remote_once = {"once", commands, drop};
