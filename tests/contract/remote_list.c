#include "remote_noun.h"

#include <stdlib.h>
#include <string.h>

static byn_status open_list(remote_handles *h, const char *arguments, long long *number)
{
    long long n[2];
    const char *name = remote_parse(arguments, 2, n);

    (void)number;
    return byn_list_open(&h->list, name,
                         &BYN_OPTIONS(byn_list_options, .open = (byn_open_mode)n[0],
                                      .limit = (uint64_t)n[1], .mode = h->mode, .keep = h->keep));
}

static byn_status append(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_list_append_int64(h->list, strtoll(arguments, NULL, 10));
}

static byn_status at(remote_handles *h, const char *arguments, long long *number)
{
    int64_t found = 0;
    byn_status status = byn_list_get_int64(h->list, strtoll(arguments, NULL, 10), &found);

    *number = found;
    return status;
}

static byn_status length(remote_handles *h, const char *arguments, long long *number)
{
    uint64_t count = 0;
    byn_status status = byn_list_count(h->list, &count);

    (void)arguments;
    *number = (long long)count;
    return status;
}

static byn_status lock_list(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_list_lock(h->list, strtoll(arguments, NULL, 10));
}

static byn_status unlock_list(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_list_unlock(h->list);
}

static void drop(remote_handles *h, bool close)
{
    byn_list_close(close ? h->list : NULL);
    h->list = NULL;
}

static const remote_command commands[] = {
    {"list", open_list},      {"append", append},           {"at", at},   {"length", length},
    {"lock_list", lock_list}, {"unlock_list", unlock_list}, {NULL, NULL},
};

const remote_noun remote_list = {"list", commands, drop};
