/*
 * What the tests of queues share.
 */
#ifndef CONTRACT_QUEUE_SUPPORT_H
#define CONTRACT_QUEUE_SUPPORT_H

#include "remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHILE_ASLEEP = 5000 }; /* ms; more than any heartbeat */

static inline byn_queue *queue_opened(const char *name, const byn_queue_options *options)
{
    byn_queue *queue = NULL;

    REQUIRE_STATUS(byn_queue_open(&queue, name, options), BYN_CREATED);
    return queue;
}

static inline peer *queue_other(peer_kind kind, const char *name)
{
    peer *p = remote_start(kind);

    CHECK_STATUS(remote_call(p, "queue 0 0 0 0 0 %s", name), BYN_OK);
    return p;
}

static inline byn_status put_text(byn_queue *queue, const char *text)
{
    return byn_queue_put(queue, text, strlen(text), BYN_NOW);
}

/* The next message, got for good; valid until the next call. "": none. */
static inline const char *got_text(byn_queue *queue)
{
    static char text[200];
    size_t size = sizeof text - 1;

    if (byn_queue_get(queue, text, &size, BYN_NOW) < 0)
        size = 0;
    text[size] = '\0';
    return text;
}

static inline long queue_count(byn_queue *queue)
{
    uint64_t count = 0;

    CHECK_STATUS(byn_queue_count(queue, &count), BYN_OK);
    return (long)count;
}

static inline byn_queue_info queue_info(byn_queue *queue)
{
    byn_queue_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_queue_describe(queue, &info), BYN_OK);
    return info;
}

#endif
