#include "doctor.h"

#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

static const uint64_t MIB = 1024 * 1024;

/* ---- Room for objects */

static const char *directory(void)
{
    const char *chosen = getenv("BYNAME_DIR");

    return chosen != NULL && *chosen != '\0' ? chosen : "/dev/shm";
}

static void examine_space(findings *f)
{
    struct statvfs space;
    uint64_t whole, free_bytes;

    if (statvfs(directory(), &space) != 0) {
        doctor_add(f, FINDING_PROBLEM, "directory",
                   format_text(f->pool, "%s: %s", directory(), strerror(errno)),
                   "mount a tmpfs there, or set BYNAME_DIR to a directory in memory, for all "
                   "processes that are to meet");
        return;
    }
    whole = (uint64_t)space.f_blocks * space.f_frsize;
    free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
    doctor_add(f, FINDING_FACT, "directory",
               format_text(f->pool, "objects are in %s, %" PRIu64 " MiB, %" PRIu64 " MiB are free",
                           directory(), whole / MIB, free_bytes / MIB),
               NULL);
    if (free_bytes < 4 * MIB)
        doctor_add(f, FINDING_PROBLEM, "space",
                   format_text(f->pool, "%s is full: %" PRIu64 " KiB are free", directory(),
                               free_bytes / 1024),
                   "remove what is not needed there (byname ls --sort size, byname rm --all), or "
                   "make it larger: mount -o remount,size=1G");
    else if (whole <= 64 * MIB)
        doctor_add(f, FINDING_NOTICE, "space",
                   format_text(f->pool, "%s has only %" PRIu64 " MiB, as in a container",
                               directory(), whole / MIB),
                   "if objects are to be larger: docker run --shm-size=1g, or an emptyDir of "
                   "medium Memory");
}

const char *doctor_owner(const char *place, apr_pool_t *pool)
{
    const struct passwd *user;
    struct stat file;

    if (lstat(place, &file) != 0)
        return NULL;
    user = getpwuid(file.st_uid);
    return format_text(pool, "user %s (%lu)", user != NULL ? user->pw_name : "without a name",
                       (unsigned long)file.st_uid);
}

/* ---- Traps */

/* systemd-logind removes what a user has in shared memory when the last session ends. */
static bool removes_ipc(void)
{
    char line[256];
    bool removes = access("/run/systemd/seats", F_OK) == 0;
    FILE *file = fopen("/etc/systemd/logind.conf", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "RemoveIPC=no", 12) == 0)
            removes = false;
    }
    if (file != NULL)
        fclose(file);
    return removes;
}

static void examine_session(findings *f)
{
    if (getuid() >= 1000 && getenv("BYNAME_DIR") == NULL && removes_ipc())
        doctor_add(f, FINDING_NOTICE, "logind",
                   "systemd-logind removes this user's files in /dev/shm when the user's last "
                   "session ends, those of services and cron jobs as well (RemoveIPC)",
                   "RemoveIPC=no in /etc/systemd/logind.conf; or loginctl enable-linger; or run "
                   "the service as a system user");
}

static void examine_name_space(findings *f)
{
    struct stat mine, first;

    if (stat("/proc/self/ns/pid", &mine) != 0) {
        doctor_add(f, FINDING_NOTICE, "proc",
                   "/proc cannot be read: who has died is told by numbers alone", "mount proc");
        return;
    }
    if (getpid() == 1 || (stat("/proc/1/ns/pid", &first) == 0 && first.st_ino != mine.st_ino))
        doctor_add(f, FINDING_NOTICE, "container",
                   "this process is in a pid name space of its own: it can share no objects with "
                   "processes of another",
                   "docker run --pid=container:NAME or --pid=host, and the same /dev/shm "
                   "(--ipc=...)");
}

static void examine_limits(findings *f)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    doctor_add(f, limit.rlim_cur < 256 ? FINDING_NOTICE : FINDING_FACT, "descriptors",
               format_text(f->pool,
                           "a process may have %" PRIu64 " files open, one for each object; up to "
                           "%" PRIu64 " if it asks",
                           (uint64_t)limit.rlim_cur, (uint64_t)limit.rlim_max),
               limit.rlim_cur < 256 ? "ulimit -n 4096, or LimitNOFILE= of the service" : NULL);
}

/* ---- What the kernel can */

#if defined(__linux__)

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* Called with what is wrong: one that is there says so, and does nothing. */
static bool has_call(long number)
{
    return syscall(number, -1, 0, -1, 0, 0) >= 0 || (errno != ENOSYS && errno != EPERM);
}

static void examine_kernel(findings *f)
{
    void *head = NULL;
    size_t size = 0;

    if (syscall(SYS_get_robust_list, 0, &head, &size) != 0)
        doctor_add(f, FINDING_PROBLEM, "kernel", "robust lists are not allowed here",
                   "let get_robust_list and set_robust_list pass the seccomp filter: without them "
                   "a lock whose owner dies stays locked");
    doctor_add(
        f, FINDING_FACT, "kernel",
        has_call(SYS_futex_waitv)
            ? "futex_waitv is there: waiting for several wakes at once"
            : "futex_waitv is not there: waiting for several looks now and then, every 10 ms "
              "at most",
        NULL);
    doctor_add(f, FINDING_FACT, "kernel",
               has_call(SYS_pidfd_open)
                   ? "pidfd_open is there: the end of a process wakes at once"
                   : "pidfd_open is not there: who dies is seen within a second",
               NULL);
}

#else

static void examine_kernel(findings *f)
{
    (void)f;
}

#endif

void doctor_examine_system(findings *f)
{
    examine_space(f);
    examine_session(f);
    examine_name_space(f);
    examine_limits(f);
    examine_kernel(f);
}
