#include "remote_noun.h"

#include <stdlib.h>

static byn_status open_rwlock(remote_handles *h, const char *arguments, long long *number)
{
    long long n[1];
    const char *name = remote_parse(arguments, 1, n);

    (void)number;
    return byn_rwlock_open(&h->rwlock, name,
                           &BYN_OPTIONS(byn_rwlock_options, .open = (byn_open_mode)n[0],
                                        .mode = h->mode, .keep = h->keep));
}

static byn_status lock_shared(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_rwlock_lock_shared(h->rwlock, strtoll(arguments, NULL, 10));
}

static byn_status lock_alone(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_rwlock_lock(h->rwlock, strtoll(arguments, NULL, 10));
}

static byn_status unlock_rwlock(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_rwlock_unlock(h->rwlock);
}

static void drop(remote_handles *h, bool close)
{
    byn_rwlock_close(close ? h->rwlock : NULL);
    h->rwlock = NULL;
}

static const remote_command commands[] = {
    {"rwlock", open_rwlock},
    {"lock_shared", lock_shared},
    {"lock_alone", lock_alone},
    {"unlock_rwlock", unlock_rwlock},
    {NULL, NULL},
};

const remote_noun remote_rwlock = {"rwlock", commands, drop};
