#include "remote_noun.h"

#include <stdlib.h>

static byn_status open_memory(remote_handles *h, const char *arguments, long long *number)
{
    long long n[3];
    const char *name = remote_parse(arguments, 3, n);

    (void)number;
    return byn_memory_open(&h->memory, name,
                           &BYN_OPTIONS(byn_memory_options, .open = (byn_open_mode)n[0],
                                        .size = (uint64_t)n[1], .limit = (uint64_t)n[2],
                                        .mode = h->mode, .keep = h->keep));
}

static byn_status size(remote_handles *h, const char *arguments, long long *number)
{
    (void)arguments;
    *number = (long long)byn_memory_size(h->memory);
    return BYN_OK;
}

static byn_status grow(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    return byn_memory_grow(h->memory, (uint64_t)strtoll(arguments, NULL, 10));
}

static byn_status read_byte(remote_handles *h, const char *arguments, long long *number)
{
    const unsigned char *base = byn_memory_base(h->memory);

    *number = base[strtoll(arguments, NULL, 10)];
    return BYN_OK;
}

static byn_status write_byte(remote_handles *h, const char *arguments, long long *number)
{
    unsigned char *base = byn_memory_base(h->memory);
    long long n[2];

    (void)number;
    (void)remote_parse(arguments, 2, n);
    base[n[0]] = (unsigned char)n[1];
    return BYN_OK;
}

static void drop(remote_handles *h, bool close)
{
    byn_memory_close(close ? h->memory : NULL);
    h->memory = NULL;
}

static const remote_command commands[] = {
    {"memory", open_memory}, {"size", size},        {"grow", grow},
    {"read", read_byte},     {"write", write_byte}, {NULL, NULL},
};

const remote_noun remote_memory = {"memory", commands, drop};
