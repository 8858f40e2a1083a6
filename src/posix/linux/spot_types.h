/*
 * spot_types.h (Linux) - what the sleepers of a word need in shared memory: nothing but the word, see
 * posix_futex.c.
 */
#ifndef BYNP_SPOT_TYPES_H
#define BYNP_SPOT_TYPES_H

#include "compiler.h"

/*
 * number << 2 | W. W: 0 nobody sleeps; 1 one announced itself since W was 0; 2 several did; 3 somebody
 * needs a wake of all. Nobody sleeps while W is 0, since the kernel compares the whole word; W returns
 * to 0 only in one step with "all sleepers are awake". A killed sleeper leaves W behind: the next
 * change makes one futile system call, which clears it.
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
} bynk_spot;

enum { BYNP_SPOT_MECHANISM = 1 }; /* for the fingerprint */

#endif
