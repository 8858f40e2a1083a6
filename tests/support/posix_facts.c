#include "test.h"

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
