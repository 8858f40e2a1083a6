/*
 * What other sources of a pool will define: each of them takes its functions out of here.
 */
#include "pool_state.h"

byn_status byni_helper_start(byn_pool *pool)
{
    (void)pool;
    return BYN_OK;
}

bool byni_helper_stop(byn_pool *pool)
{
    (void)pool;
    return true;
}

void byni_helper_ring(byn_pool *pool)
{
    (void)pool;
}

bool byni_helper_is_me(const byn_pool *pool)
{
    (void)pool;
    return false;
}

bool byni_worker_is_me(const byn_pool *pool, uint32_t *worker)
{
    (void)pool;
    (void)worker;
    return false;
}

bool byni_worker_help(byn_pool *pool, byni_ticket wanted)
{
    (void)pool;
    (void)wanted;
    return false;
}

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
