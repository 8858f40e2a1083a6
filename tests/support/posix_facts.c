#include "support.h"
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif

bool test_sanitized(void)
{
#ifdef UNDER_SANITIZER
    return true;
#else
    return false;
#endif
}

bool test_on_windows(void)
{
    return false;
}

bool platform_is_wine(void)
{
    return false;
}

bool platform_allow_files(unsigned count)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < count)
        limit.rlim_cur = count;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < count)
        limit.rlim_max = count; /* root may */
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}
