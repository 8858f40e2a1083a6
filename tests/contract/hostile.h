/* What the cases about broken and hostile segments share. */
#ifndef BYNAME_CONTRACT_HOSTILE_H
#define BYNAME_CONTRACT_HOSTILE_H

#include <apr_pools.h>

#include "remote.h"

enum { HEADER = 1536, MOST = 16384 };

typedef struct victim {
    const char *name;
    const char *opening; /* a command of remote */
    peer *keeper;
    char place[600];
    apr_pool_t *pool;
    unsigned char sound[MOST];
    size_t size;
} victim;

victim *hostile_begin(const char *opening);

/* The keeper lives, and the sound bytes are back. */
void hostile_end(victim *v);

/* What stands in its file from now on. */
void hostile_write(const victim *v, const unsigned char *bytes, size_t size);

/* Open it, and make each of its calls once. */
byn_status hostile_use(const victim *v);

static inline uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

/* Cases, in hostile_who.c. */
void nonsense_in_who_holds_and_waits(void);
void as_many_who_hold_and_wait_as_there_can_be(void);

#endif
