#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

byn_status bynp_status(int error)
{
    switch (error) {
    case 0:
        return BYN_OK;
    case ETIMEDOUT:
        return BYN_E_TIMEDOUT;
    case EINVAL:
        return BYN_E_INVALID;
    case ENOENT:
    case ENOTDIR:
    case ESRCH:
        return BYN_E_NOTFOUND;
    case EEXIST:
        return BYN_E_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
        return BYN_E_ACCESS;
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
        return BYN_E_NOMEM;
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOLCK:
    case EFBIG:
        return BYN_E_LIMIT;
    case ENOSYS:
    case EOPNOTSUPP:
        return BYN_E_UNSUPPORTED;
    default:
        return BYN_E_OS;
    }
}

/* strerror_r() answers the words themselves (glibc), or whether it has put them into the buffer. */
static const char *words_told(const char *told, const char *buffer)
{
    (void)buffer;
    return told;
}

static const char *words_put(int failed, const char *buffer)
{
    return failed == 0 ? buffer : "unknown error";
}

#define WORDS(told, buffer)                                                                        \
    _Generic((told), int : words_put, default : words_told)((told), (buffer))

byn_status bynp_fail(int error, const char *format, ...)
{
    char what[BYNP_PLACE_SIZE];
    char words[128];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return byni_fail(bynp_status(error), "%s: %s (errno %d)", what,
                     WORDS(strerror_r(error, words, sizeof words), words), error);
}

static uint64_t now_on(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t bynk_clock(void)
{
    return now_on(CLOCK_MONOTONIC);
}

#ifndef CLOCK_MONOTONIC_COARSE
#define CLOCK_MONOTONIC_COARSE CLOCK_MONOTONIC
#endif

uint64_t bynk_clock_coarse(void)
{
    return now_on(CLOCK_MONOTONIC_COARSE);
}

struct timespec bynp_timespec(uint64_t nanoseconds)
{
    struct timespec time;

    time.tv_sec = (time_t)(nanoseconds / NS_PER_S);
    time.tv_nsec = (long)(nanoseconds % NS_PER_S);
    return time;
}

byn_status bynk_random(void *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t got = getrandom((char *)bytes + done, size - done, 0);

        if (got < 0 && errno != EINTR)
            return bynp_fail(errno, "cannot get random bytes");
        if (got > 0)
            done += (size_t)got;
    }
    return BYN_OK;
}

int bynp_above_standard(int fd)
{
    enum { FIRST_OTHER = 3 };
    int moved, error;

    if (fd < 0 || fd >= FIRST_OTHER)
        return fd;
    moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_OTHER);
    error = errno;
    (void)close(fd);
    errno = error;
    return moved;
}
