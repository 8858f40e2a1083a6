/*
 * An object's file: opened with distrust, and locked in two places. See posix_kernel.c.
 */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GATE = 0, ATTACHMENT = 1 };

enum { OPENING = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK };

static struct flock lock_of(short type, off_t byte)
{
    struct flock lock;

    memset(&lock, 0, sizeof lock);
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    return lock;
}

static bool try_lock(int fd, short type, off_t byte)
{
    struct flock lock = lock_of(type, byte);
    int result;

    do
        result = fcntl(fd, F_OFD_SETLK, &lock);
    while (result < 0 && errno == EINTR);
    return result == 0;
}

byn_status bynp_file_check(bynp_file *file, bool machine)
{
    struct stat info;

    if (fstat(file->fd, &info) != 0)
        return bynp_fail(errno, "cannot look at %s", file->place);
    file->gone = info.st_nlink == 0;
    file->size = (uint64_t)info.st_size;
    if (!S_ISREG(info.st_mode) || info.st_nlink > 1)
        return byni_fail(BYN_E_ACCESS, "%s is no plain file of its own: remove it", file->place);
    if (machine)
        return BYN_OK;
    if (info.st_uid != geteuid())
        return byni_fail(BYN_E_ACCESS, "%s belongs to user %u and not to you: remove it",
                         file->place, (unsigned)info.st_uid);
    if ((info.st_mode & 077) != 0)
        return byni_fail(BYN_E_ACCESS, "%s is open to other users (mode %03o): chmod 600 it",
                         file->place, (unsigned)(info.st_mode & 0777));
    if ((info.st_mode & 0600) != 0600 &&
        fchmod(file->fd, 0600) != 0) /* it was made under an umask */
        return bynp_fail(errno, "cannot set the rights of %s", file->place);
    return BYN_OK;
}

static byn_status open_file(int directory, bool machine, const char *entry, bool create,
                            bynp_file *file)
{
    byn_status status = bynp_place(machine, entry, file->place), opened = BYN_OK;

    if (status < 0)
        return status;
    /* Never O_CREAT on what may be there: in a sticky directory it could be somebody else's. */
    while ((file->fd = bynp_above_standard(openat(directory, entry, OPENING))) < 0 &&
           errno == ENOENT && create) {
        file->fd = bynp_above_standard(openat(directory, entry, OPENING | O_CREAT | O_EXCL, 0600));
        opened = BYN_CREATED;
        if (file->fd >= 0 || errno != EEXIST)
            break;
        opened = BYN_OK;
    }
    if (file->fd < 0 && errno == ENOENT)
        return byni_fail(BYN_E_NOTFOUND, "nothing has this name: there is no %s", file->place);
    if (file->fd < 0)
        return bynp_fail(errno, "cannot open %s%s", file->place,
                         errno == EACCES && machine ? ", whose maker's `mode` does not admit others"
                                                    : "");
    status = bynp_file_check(file, machine);
    if (status < 0)
        bynp_file_close(file);
    return status < 0 ? status : opened;
}

byn_status bynp_file_open(int directory, const byni_name *name, bool create, bynp_file *file)
{
    char entry[BYNP_FILE_SIZE];

    bynp_file_name(name, entry);
    return open_file(directory, name->machine, entry, create, file);
}

bool bynp_file_open_known(const byni_name *name, bynp_file *file)
{
    if (!bynp_place_known(name, file->place))
        return false;
    file->fd = bynp_above_standard(open(file->place, OPENING));
    return file->fd >= 0;
}

byn_status bynp_file_open_entry(int directory, bool machine, const char *entry, bynp_file *file)
{
    return open_file(directory, machine, entry, false, file);
}

void bynp_file_close(bynp_file *file)
{
    (void)close(file->fd);
    file->fd = -1;
}

/* In place of F_OFD_SETLKW, which nothing bounds: a stopped process in the gate would hang all others. */
static byn_status wait_for_gate(bynp_file *file, bynk_deadline deadline)
{
    enum { YIELDS = 20, LONGEST_NS = 2 * NS_PER_MS };
    uint64_t pause = 20000;
    int attempt;

    for (attempt = 0; !try_lock(file->fd, F_WRLCK, GATE); attempt++) {
        if (errno != EAGAIN && errno != EACCES)
            return bynp_fail(errno, "cannot lock %s", file->place);
        if (byni_remaining(deadline, UINT64_MAX) == 0)
            return byni_fail(
                BYN_E_TIMEDOUT,
                "another process has been opening or closing %s for too long: look for a "
                "stopped one and let it go on or kill it",
                file->place);
        if (attempt < YIELDS) {
            (void)sched_yield();
        } else {
            struct timespec time = bynp_timespec(pause);

            (void)nanosleep(&time, NULL);
            if (pause < LONGEST_NS)
                pause *= 2;
        }
    }
    return BYN_OK;
}

byn_status bynp_gate_lock(bynp_file *file, bynk_deadline deadline)
{
    byn_status status = wait_for_gate(file, deadline);
    struct stat info;

    if (status < 0)
        return status;
    if (fstat(file->fd, &info) != 0)
        return bynp_fail(errno, "cannot look at %s", file->place);
    file->gone = info.st_nlink == 0;
    file->size = (uint64_t)info.st_size;
    return BYN_OK;
}

void bynp_gate_unlock(bynp_file *file)
{
    (void)try_lock(file->fd, F_UNLCK, GATE);
}

/* In this order: who grows the object makes the file longer before its header says so. */
byn_status bynp_file_header(bynp_file *file, byni_header *header)
{
    ssize_t got = pread(file->fd, header, sizeof *header, 0);
    struct stat info;

    if (got < 0 || fstat(file->fd, &info) != 0)
        return bynp_fail(errno, "cannot read %s", file->place);
    if ((size_t)got < sizeof *header)
        return byni_fail(BYN_E_CORRUPT, "%s is cut off: remove it", file->place);
    file->size = (uint64_t)info.st_size;
    return byni_header_check(header, file->size);
}

bool bynp_attached_by_others(const bynp_file *file)
{
    struct flock lock = lock_of(F_WRLCK, ATTACHMENT);

    return fcntl(file->fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_RDLCK;
}

bool bynp_attach_alone(bynp_file *file)
{
    return try_lock(file->fd, F_WRLCK, ATTACHMENT);
}

/* From a write lock this is a downgrade, which is one step for F_OFD_SETLK (and is not for flock()). */
byn_status bynp_attach_shared(bynp_file *file)
{
    if (try_lock(file->fd, F_RDLCK, ATTACHMENT))
        return BYN_OK;
    return bynp_fail(errno, "cannot lock %s", file->place);
}

void bynp_detach(bynp_file *file)
{
    (void)try_lock(file->fd, F_UNLCK, ATTACHMENT);
}

byn_status bynp_file_remove(bynp_file *file)
{
    struct stat mine, named;

    if (fstat(file->fd, &mine) != 0)
        return bynp_fail(errno, "cannot look at %s", file->place);
    if (lstat(file->place, &named) != 0 || named.st_ino != mine.st_ino ||
        named.st_dev != mine.st_dev)
        return BYN_OK; /* it is gone, and what has its name now is not ours */
    if (unlink(file->place) != 0)
        return bynp_fail(errno, "cannot remove %s", file->place);
    return BYN_OK;
}
