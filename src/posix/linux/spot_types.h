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

/* ---- What the seam says of it that needs no system call, in line ---- */

struct bynk_segment;

static inline uint32_t bynk_spot_number(const bynk_spot *spot)
{
    return byni_load32(&spot->word) >> 2;
}

static inline bool bynk_spot_has_sleepers(const bynk_spot *spot)
{
    return (byni_load32(&spot->word) & 3) != 0;
}

static inline bool bynk_spot_add_unseen(bynk_spot *spot, uint32_t add)
{
    uint32_t seen = byni_load32(&spot->word);

    return (seen & 3) == 0 && byni_cas32(&spot->word, &seen, seen + (add << 2));
}

/* Somebody may sleep. */
void bynp_spot_add(bynk_spot *spot, uint32_t add, uint32_t wake);

static inline void bynk_spot_add(struct bynk_segment *segment, bynk_spot *spot, uint32_t add,
                                 uint32_t wake)
{
    uint32_t seen = byni_load32(&spot->word);

    (void)segment;
    if (BYNI_UNLIKELY((seen & 3) != 0 || !byni_cas32(&spot->word, &seen, seen + (add << 2))))
        bynp_spot_add(spot, add, wake);
}

#endif
