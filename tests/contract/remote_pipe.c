#include "remote_noun.h"

#include <stdlib.h>
#include <string.h>

static byn_status open_pipe(remote_handles *h, const char *arguments, long long *number)
{
    long long n[4];
    const char *name = remote_parse(arguments, 4, n);
    byn_status status =
        byn_pipe_open(&h->pipe, name,
                      &BYN_OPTIONS(byn_pipe_options, .open = (byn_open_mode)n[0],
                                   .end = (byn_pipe_end)n[1], .capacity = (uint64_t)n[2],
                                   .largest = (uint64_t)n[3], .mode = h->mode, .keep = h->keep));

    *number = status < 0 ? 0 : (long long)byn_pipe_which(h->pipe);
    return status;
}

static byn_status send_text(remote_handles *h, const char *arguments, long long *number)
{
    long long timeout;
    const char *text = remote_parse(arguments, 1, &timeout);

    (void)number;
    return byn_pipe_send(h->pipe, text, strlen(text), timeout);
}

static byn_status receive_text(remote_handles *h, const char *arguments, long long *number)
{
    size_t size = sizeof h->text - 1;
    byn_status status = byn_pipe_receive(h->pipe, h->text, &size, strtoll(arguments, NULL, 10));

    h->text[status < 0 ? 0 : size] = '\0';
    *number = (long long)size;
    return status;
}

static byn_status poll_pipe(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_pipe_poll(h->pipe, strtoll(arguments, NULL, 10));
}

static void drop(remote_handles *h, bool close)
{
    byn_pipe_close(close ? h->pipe : NULL);
    h->pipe = NULL;
}

static const remote_command commands[] = {
    {"pipe", open_pipe}, {"send", send_text}, {"receive", receive_text},
    {"poll", poll_pipe}, {NULL, NULL},
};

const remote_noun remote_pipe = {"pipe", commands, drop};
