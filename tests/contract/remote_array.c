#include "remote_noun.h"

static byn_status open_array(remote_handles *h, const char *arguments, long long *number)
{
    long long n[4];
    const char *name = remote_parse(arguments, 4, n);

    (void)number;
    return byn_array_open(&h->array, name,
                          &BYN_OPTIONS(byn_array_options, .open = (byn_open_mode)n[0],
                                       .type = (byn_value_type)n[1], .size = (uint32_t)n[2],
                                       .length = (uint64_t)n[3], .mode = h->mode, .keep = h->keep));
}

static void drop(remote_handles *h, bool close)
{
    byn_array_close(close ? h->array : NULL);
    h->array = NULL;
}

static const remote_command commands[] = {{"array", open_array}, {NULL, NULL}};

const remote_noun remote_array = {"array", commands, drop};
