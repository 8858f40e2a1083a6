#include "remote_noun.h"

#include <stdlib.h>
#include <string.h>

static byn_status open_queue(remote_handles *h, const char *arguments, long long *number)
{
    long long n[5];
    const char *name = remote_parse(arguments, 5, n);

    (void)number;
    return byn_queue_open(&h->queue, name,
                          &BYN_OPTIONS(byn_queue_options, .open = (byn_open_mode)n[0],
                                       .capacity = (uint64_t)n[1], .items = (uint64_t)n[2],
                                       .largest = (uint64_t)n[3], .acknowledge = n[4] != 0,
                                       .mode = h->mode, .keep = h->keep));
}

static byn_status put(remote_handles *h, const char *arguments, long long *number)
{
    long long n[1];
    const char *text = remote_parse(arguments, 1, n);

    (void)number;
    return byn_queue_put(h->queue, text, strlen(text), n[0]);
}

/* The message as a number. */
static long long meaning(const char *text, size_t size)
{
    char copy[64];

    if (size >= sizeof copy)
        return -1;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return strtoll(copy, NULL, 10);
}

static byn_status get(remote_handles *h, const char *arguments, long long *number)
{
    char text[64];
    size_t size = sizeof text;
    byn_status status = byn_queue_get(h->queue, text, &size, strtoll(arguments, NULL, 10));

    *number = status >= 0 ? meaning(text, size) : -1;
    return status;
}

static byn_status receive(remote_handles *h, const char *arguments, long long *number)
{
    char text[64];
    size_t size = sizeof text;
    byn_status status =
        byn_queue_receive(h->queue, text, &size, &h->ticket, strtoll(arguments, NULL, 10));

    *number = status >= 0 ? meaning(text, size) : -1;
    return status;
}

static byn_status acknowledge(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_queue_acknowledge(h->queue, h->ticket);
}

static byn_status give_back(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_queue_give_back(h->queue, h->ticket);
}

static byn_status reserve(remote_handles *h, const char *arguments, long long *number)
{
    long long n[2];

    (void)number;
    (void)remote_parse(arguments, 2, n);
    return byn_queue_reserve(h->queue, (size_t)n[1], &h->place, n[0]);
}

static byn_status commit(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    memcpy(h->place.data, arguments, strlen(arguments));
    return byn_queue_commit(h->queue, &h->place, strlen(arguments));
}

static byn_status hold(remote_handles *h, const char *arguments, long long *number)
{
    byn_status status = byn_queue_hold(h->queue, &h->place, strtoll(arguments, NULL, 10));

    *number = status >= 0 ? meaning(h->place.data, h->place.size) : -1;
    return status;
}

static byn_status release(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_queue_release(h->queue, &h->place);
}

static byn_status abandon(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_queue_abandon(h->queue, &h->place);
}

static byn_status done(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_queue_task_done(h->queue);
}

static byn_status join(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_queue_join(h->queue, strtoll(arguments, NULL, 10));
}

static byn_status shut_down(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    (void)number;
    return byn_queue_shutdown(h->queue);
}

static byn_status count(remote_handles *h, const char *arguments, long long *number)
{
    uint64_t messages = 0;
    byn_status status = byn_queue_count(h->queue, &messages);

    (void)arguments;
    *number = (long long)messages;
    return status;
}

static void drop(remote_handles *h, bool close)
{
    byn_queue_close(close ? h->queue : NULL);
    h->queue = NULL;
}

static const remote_command commands[] = {
    {"queue", open_queue},    {"qput", put},         {"qget", get},         {"qreceive", receive},
    {"qack", acknowledge},    {"qback", give_back},  {"qdone", done},       {"qjoin", join},
    {"qshutdown", shut_down}, {"qcount", count},     {"qreserve", reserve}, {"qcommit", commit},
    {"qhold", hold},          {"qrelease", release}, {"qabandon", abandon}, {NULL, NULL},
};

const remote_noun remote_queue = {"queue", commands, drop};
