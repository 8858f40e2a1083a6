/*
 * spot_types.h (any POSIX) - what the sleepers of a word need in shared memory where nothing sleeps on
 * a word, see posix_napspot.c.
 */
#ifndef BYNP_SPOT_TYPES_H
#define BYNP_SPOT_TYPES_H

#include <pthread.h>

#include "compiler.h"

/*
 * number << 2, so that the word reads as it does on Linux; its two low bits stay 0. The word is all there
 * is; the queue holds nothing that could be lost: robust, and whoever has it only looks at the word.
 *
 * claimed: see posix_claim.c. One exchange, of the pair, changes both.
 */
typedef struct bynk_spot {
    union {
        byni_a64 pair;
        struct {
            byni_a32 word;
            byni_a32 claimed;
        };
    };
    pthread_mutex_t queue;
} bynk_spot;

enum { BYNP_SPOT_MECHANISM = 2 }; /* for the fingerprint */

#endif
