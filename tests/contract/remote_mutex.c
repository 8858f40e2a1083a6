#include "remote_noun.h"

#include <stdlib.h>

static byn_status open_mutex(remote_handles *h, const char *arguments, long long *number)
{
    long long n[2];
    const char *name = remote_parse(arguments, 2, n);

    (void)number;
    return byn_mutex_open(&h->mutex, name,
                          &BYN_OPTIONS(byn_mutex_options, .open = (byn_open_mode)n[0],
                                       .recursive = n[1] != 0, .mode = h->mode, .keep = h->keep));
}

static byn_status lock(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_mutex_lock(h->mutex, strtoll(arguments, NULL, 10));
}

static byn_status unlock(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_mutex_unlock(h->mutex);
}

static void drop(remote_handles *h, bool close)
{
    byn_mutex_close(close ? h->mutex : NULL);
    h->mutex = NULL;
}

static const remote_command commands[] = {
    {"mutex", open_mutex},
    {"lock", lock},
    {"unlock", unlock},
    {NULL, NULL},
};

const remote_noun remote_mutex = {"mutex", commands, drop};
