#include "remote_noun.h"

/* The handles that letters stand for: m, e, s, p, q. */
static size_t listed(const remote_handles *h, const char *letters, void **objects)
{
    size_t n = 0;

    for (; *letters != '\0'; letters++)
        objects[n++] = *letters == 'm'   ? (void *)h->mutex
                       : *letters == 'e' ? (void *)h->event
                       : *letters == 'p' ? (void *)h->pipe
                       : *letters == 'q' ? (void *)h->queue
                                         : (void *)h->semaphore;
    return n;
}

static byn_status wait_any(remote_handles *h, const char *arguments, long long *number)
{
    void *objects[BYN_WAIT_MAX];
    long long timeout;
    size_t index = 99, n = listed(h, remote_parse(arguments, 1, &timeout), objects);
    byn_status status = byn_wait_any(objects, n, timeout, &index);

    *number = (long long)index;
    return status;
}

static byn_status wait_all(remote_handles *h, const char *arguments, long long *number)
{
    void *objects[BYN_WAIT_MAX];
    long long timeout;
    size_t n = listed(h, remote_parse(arguments, 1, &timeout), objects);

    (void)number;
    return byn_wait_all(objects, n, timeout);
}

static const remote_command commands[] = {
    {"any", wait_any},
    {"all", wait_all},
    {NULL, NULL},
};

const remote_noun remote_wait = {"wait", commands, NULL};
