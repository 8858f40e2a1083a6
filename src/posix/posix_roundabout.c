/*
 * Robust mutexes are taken and given by the C library alone: where there is no other way, and for
 * ThreadSanitizer, which has to see it.
 */
#include "posix.h"

void bynp_straight_learn(void)
{
}

bynp_head *bynp_straight_head(void)
{
    return NULL;
}

void bynp_straight_wake(byni_a32 *word)
{
    (void)word;
}
