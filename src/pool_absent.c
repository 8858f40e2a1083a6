/*
 * What other sources of a pool will define: each of them takes its functions out of here.
 */
#include "pool_state.h"

byn_status byni_outstanding_begin(byn_pool *pool)
{
    (void)pool;
    return BYN_OK;
}

void byni_outstanding_end(byn_pool *pool)
{
    (void)pool;
}

size_t byni_outstanding_collect(byn_pool *pool)
{
    (void)pool;
    return 0;
}

void byni_outstanding_call_back(byn_pool *pool)
{
    (void)pool;
}

bool byni_outstanding_awaits(const byn_pool *pool)
{
    (void)pool;
    return false;
}

bynk_deadline byni_outstanding_next(const byn_pool *pool)
{
    (void)pool;
    return BYNK_NEVER;
}
byn_future *byni_outstanding_settle(byn_pool *pool)
{
    (void)pool;
    return NULL;
}

void byni_outstanding_tell(byn_pool *pool, byn_future *unseen)
{
    (void)pool;
    (void)unseen;
}

bool byni_in_callback(void)
{
    return false;
}
