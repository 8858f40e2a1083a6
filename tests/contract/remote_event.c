#include "remote_noun.h"

#include <stdlib.h>

static byn_status open_event(remote_handles *h, const char *arguments, long long *number)
{
    long long n[3];
    const char *name = remote_parse(arguments, 3, n);

    (void)number;
    return byn_event_open(&h->event, name,
                          &BYN_OPTIONS(byn_event_options, .open = (byn_open_mode)n[0],
                                       .manual_reset = n[1] != 0, .initially_set = n[2] != 0,
                                       .mode = h->mode, .keep = h->keep));
}

static byn_status wait_event(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_event_wait(h->event, strtoll(arguments, NULL, 10));
}

static byn_status set(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_event_set(h->event);
}

static byn_status reset(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_event_reset(h->event);
}

static byn_status is_set(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    *number = byn_event_is_set(h->event);
    return BYN_OK;
}

static void drop(remote_handles *h, bool close)
{
    byn_event_close(close ? h->event : NULL);
    h->event = NULL;
}

static const remote_command commands[] = {
    {"event", open_event}, {"wait", wait_event}, {"set", set},
    {"reset", reset},      {"is_set", is_set},   {NULL, NULL},
};

const remote_noun remote_event = {"event", commands, drop};
