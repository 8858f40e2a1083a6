/*
 * Objects that outlive their users: a file that nobody has open, and that is no rest of killed processes.
 *
 * The header says so, by one word that is set once and stands for good. It counts for the run of the
 * system in which it was set: a file that lies on a disk (BYNAME_DIR) is still there after a reboot, but
 * what it says of owners and holders, and its robust mutexes, belong to processes of another world. That
 * word and the run stand at places which stay the same in all layouts, so that what another version of the
 * library keeps is not taken for a rest: an opener is told of the mismatch.
 */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* 36 characters, of which the kernel makes new ones each time that it starts. */
static uint64_t read_boot(void)
{
    enum { LENGTH = 36 };
    uint64_t hash = UINT64_C(14695981039346656037);
    char text[LENGTH];
    int fd = open(BYNP_BOOT_FILE, O_RDONLY | O_CLOEXEC), i;
    ssize_t got;

    if (fd < 0)
        return 0;
    do
        got = read(fd, text, LENGTH);
    while (got < 0 && errno == EINTR);
    (void)close(fd);
    if (got != LENGTH)
        return 0;
    for (i = 0; i < LENGTH; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    return hash | 1;
}

uint64_t bynp_boot(void)
{
    static byni_a64 known;
    uint64_t boot = byni_load64(&known);

    if (boot == 0) {
        boot = read_boot();
        byni_store64(&known, boot);
    }
    return boot;
}

bool bynp_header_kept(const byni_header *header)
{
    return header->magic == BYNI_MAGIC && byni_load32(&header->state) == BYNI_READY &&
           byni_load32(&header->keep) == BYNI_KEPT && bynp_boot() != 0 &&
           byni_load64(&header->boot) == bynp_boot();
}

bool bynp_file_kept(const bynp_file *file)
{
    byni_header header;

    return pread(file->fd, &header, sizeof header, 0) == (ssize_t)sizeof header &&
           bynp_header_kept(&header);
}

/* The file system keeps files. */
byn_status bynk_keeper_run(byn_timeout idle)
{
    (void)idle;
    return byni_fail(BYN_E_UNSUPPORTED, "no process is needed on this system to keep objects");
}

byn_status bynk_keeper_look(uint32_t *pid, uint32_t *keeps)
{
    (void)pid;
    (void)keeps;
    return bynk_keeper_run(0);
}
