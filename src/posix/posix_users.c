/*
 * Who has an object open: the processes with a descriptor of its file that bears the lock of an attachment (who only
 * looks has none), as /proc tells. Of those that the caller may not look at the kernel's list of locks tells how many
 * there are.
 */
#include "posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* How often the list of locks is read again before a number too high is believed. */
enum { READ_AGAIN = 9 };

/* The file that is looked for. */
typedef struct wanted {
    dev_t device;
    ino_t number;
    char entry[BYNP_FILE_SIZE];
} wanted;

/* By its name first: to look at what is behind a descriptor may take for ever, of a dead network for example. */
static bool is_wanted(const wanted *w, int descriptors, const char *descriptor)
{
    char path[BYNP_PLACE_SIZE + 1];
    ssize_t length = readlinkat(descriptors, descriptor, path, sizeof path - 1);
    struct stat info;

    if (length <= 0)
        return false;
    path[length] = '\0';
    if (strstr(path, w->entry) == NULL || fstatat(descriptors, descriptor, &info, 0) != 0)
        return false;
    return info.st_dev == w->device && info.st_ino == w->number;
}

/* As a line "lock:  1: OFDLCK ADVISORY  READ -1 00:19:123 1 1". */
static bool is_attached(const char *pid, const char *descriptor)
{
    char path[64], line[256];
    bool attached = false;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%.20s/fdinfo/%.20s", pid, descriptor);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (!attached && fgets(line, sizeof line, file) != NULL)
        attached = strncmp(line, "lock:", 5) == 0 && strstr(line, " READ ") != NULL;
    (void)fclose(file);
    return attached;
}

static bool has_it_open(const wanted *w, const char *pid)
{
    char path[64];
    struct dirent *entry;
    bool found = false;
    DIR *stream;

    (void)snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    stream = opendir(path);
    if (stream == NULL)
        return false;
    while (!found && (entry = readdir(stream)) != NULL)
        found = is_wanted(w, dirfd(stream), entry->d_name) && is_attached(pid, entry->d_name);
    (void)closedir(stream);
    return found;
}

static byn_status visit_processes(const wanted *w, bynk_user_visitor visitor, void *context,
                                  uint32_t *seen)
{
    DIR *stream = opendir("/proc");
    struct dirent *entry;
    bool go_on = true;

    if (stream == NULL)
        return bynp_fail(errno, "cannot read /proc, which tells who has files open");
    while (go_on && (entry = readdir(stream)) != NULL) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !has_it_open(w, entry->d_name))
            continue;
        *seen += 1;
        go_on = visitor((uint32_t)strtoul(entry->d_name, NULL, 10), context);
    }
    (void)closedir(stream);
    return BYN_OK;
}

/* As lines "1: OFDLCK ADVISORY  READ -1 00:19:123 1 1"; 0 where nothing tells. */
static uint32_t read_attachments(const wanted *w)
{
    FILE *file = fopen("/proc/locks", "re");
    char line[256], where[64];
    uint32_t count = 0;

    if (file == NULL)
        return 0;
    (void)snprintf(where, sizeof where, " %02x:%02x:%" PRIu64 " 1 1", (unsigned)major(w->device),
                   (unsigned)minor(w->device), (uint64_t)w->number);
    while (fgets(line, sizeof line, file) != NULL)
        count += strstr(line, "OFDLCK") != NULL && strstr(line, " READ ") != NULL &&
                 strstr(line, where) != NULL;
    (void)fclose(file);
    return count;
}

/*
 * The attachments beside those seen, of so many that there were before. The kernel hands its list out a page at a time
 * and finds its way back by counting: a lock that anybody takes in between shows another one twice. So a number too
 * high is doubted, and the lowest of several is believed.
 */
static uint32_t count_unseen(const wanted *w, uint32_t before, uint32_t seen)
{
    uint32_t least = before;
    int i;

    for (i = 0; i < READ_AGAIN && least > seen; i++) {
        uint32_t now = read_attachments(w);

        least = now < least ? now : least;
    }
    return least > seen ? least - seen : 0;
}

/* BYN_E_NOTFOUND: it is not there. */
static byn_status find_file(const byni_name *name, wanted *w)
{
    struct stat info;
    byn_status status = BYN_OK;
    int directory = bynp_directory_open(name->machine, false, &status);

    if (directory < 0)
        return status;
    bynp_file_name(name, w->entry);
    if (fstatat(directory, w->entry, &info, AT_SYMLINK_NOFOLLOW) != 0)
        status = bynp_fail(errno, "cannot look at %s", w->entry);
    (void)close(directory);
    if (status < 0)
        return status;
    w->device = info.st_dev;
    w->number = info.st_ino;
    return BYN_OK;
}

byn_status bynk_segment_users(const byni_name *name, bynk_user_visitor visitor, void *context,
                              uint32_t *unseen)
{
    uint32_t seen = 0, before;
    byn_status status;
    wanted w;

    *unseen = 0;
    memset(&w, 0, sizeof w);
    status = find_file(name, &w);
    if (status == BYN_E_NOTFOUND)
        return BYN_OK;
    if (status < 0)
        return status;
    before = read_attachments(&w);
    status = visit_processes(&w, visitor, context, &seen);
    *unseen = count_unseen(&w, before, seen);
    return status;
}
