#include "remote_noun.h"

#include <stdlib.h>

static byn_status open_some_semaphore(remote_handles *h, const char *arguments, bool undo)
{
    long long n[3];
    const char *name = remote_parse(arguments, 3, n);

    return byn_semaphore_open(&h->semaphore, name,
                              &BYN_OPTIONS(byn_semaphore_options, .open = (byn_open_mode)n[0],
                                           .initial = (uint32_t)n[1], .maximum = (uint32_t)n[2],
                                           .undo = undo, .mode = h->mode, .keep = h->keep));
}

static byn_status open_semaphore(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return open_some_semaphore(h, arguments, false);
}

static byn_status open_undo(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return open_some_semaphore(h, arguments, true);
}

static byn_status acquire(remote_handles *h, const char *arguments, long long *number)
{
    long long n[2];

    (void)number;
    (void)remote_parse(arguments, 2, n);
    return byn_semaphore_acquire(h->semaphore, (uint32_t)n[0], n[1]);
}

static byn_status release(remote_handles *h, const char *arguments, long long *number)
{
    uint32_t previous = 0;
    byn_status status =
        byn_semaphore_release(h->semaphore, (uint32_t)strtoul(arguments, NULL, 10), &previous);

    *number = previous;
    return status;
}

static byn_status permits(remote_handles *h, const char *arguments, long long *number)
{
    uint32_t value = 0;
    byn_status status = byn_semaphore_value(h->semaphore, &value);

    (void)arguments;
    *number = value;
    return status;
}

static void drop(remote_handles *h, bool close)
{
    byn_semaphore_close(close ? h->semaphore : NULL);
    h->semaphore = NULL;
}

static const remote_command commands[] = {
    {"semaphore", open_semaphore}, {"undo", open_undo},  {"acquire", acquire},
    {"release", release},          {"permits", permits}, {NULL, NULL},
};

const remote_noun remote_semaphore = {"semaphore", commands, drop};
