/*
 * pipe_use.h - how the contract tests of pipes use them.
 */
#ifndef PIPE_USE_H
#define PIPE_USE_H

#include <string.h>

#include "remote.h"

static inline byn_status open_end(byn_pipe **pipe, const char *name, byn_pipe_end end)
{
    return byn_pipe_open(pipe, name, &BYN_OPTIONS(byn_pipe_options, .end = end));
}

/* The first end, of a new pipe. */
static inline byn_pipe *opened(const char *name, uint64_t capacity, uint64_t largest)
{
    byn_pipe *pipe = NULL;

    REQUIRE_STATUS(byn_pipe_open(&pipe, name,
                                 &BYN_OPTIONS(byn_pipe_options, .capacity = capacity,
                                              .largest = largest, .end = BYN_PIPE_FIRST)),
                   BYN_CREATED);
    return pipe;
}

static inline byn_pipe *second_of(const char *name)
{
    byn_pipe *pipe = NULL;

    REQUIRE_STATUS(open_end(&pipe, name, BYN_PIPE_SECOND), BYN_OK);
    return pipe;
}

/* Another process with the second end. */
static inline peer *other(const char *name)
{
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "pipe 0 2 0 0 %s", name), BYN_OK);
    return p;
}

static inline byn_status send_text(byn_pipe *pipe, const char *text, byn_timeout timeout)
{
    return byn_pipe_send(pipe, text, strlen(text), timeout);
}

static inline void check_next(byn_pipe *pipe, const char *text)
{
    char buffer[200];
    size_t size = sizeof buffer - 1;

    CHECK_STATUS(byn_pipe_receive(pipe, buffer, &size, 30000), BYN_OK);
    if (size > sizeof buffer - 1)
        size = 0;
    buffer[size] = '\0';
    CHECK_STR(buffer, text);
}

static inline byn_status receive_nothing(byn_pipe *pipe, byn_timeout timeout)
{
    char buffer[200];
    size_t size = sizeof buffer;

    return byn_pipe_receive(pipe, buffer, &size, timeout);
}

static inline byn_pipe_info look(byn_pipe *pipe)
{
    byn_pipe_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_pipe_holders(pipe, &info), BYN_OK);
    return info;
}

#endif
