/* What the tests of reader-writer locks share. */
#ifndef CONTRACT_RWLOCK_SUPPORT_H
#define CONTRACT_RWLOCK_SUPPORT_H

#include <string.h>

#include "remote.h"
#include "support.h"

static inline byn_rwlock *opened(const char *name)
{
    byn_rwlock *rwlock = NULL;

    REQUIRE_STATUS(byn_rwlock_open(&rwlock, name, NULL), BYN_CREATED);
    return rwlock;
}

static inline peer *other(peer_kind kind, const char *name)
{
    peer *p = remote_start(kind);

    CHECK_STATUS(remote_call(p, "rwlock 0 %s", name), BYN_OK);
    return p;
}

static inline byn_rwlock_info holders_of(byn_rwlock *rwlock)
{
    byn_rwlock_info info;

    memset(&info, 0x55, sizeof info);
    info.struct_size = sizeof info;
    CHECK_STATUS(byn_rwlock_holders(rwlock, &info), BYN_OK);
    return info;
}

static inline void await_waiting_writers(byn_rwlock *rwlock, uint32_t count)
{
    int64_t until = platform_milliseconds() + 1000 * (int64_t)test_patience();

    while (holders_of(rwlock).waiting_writers != count)
        REQUIRE(platform_milliseconds() < until);
}

#endif
