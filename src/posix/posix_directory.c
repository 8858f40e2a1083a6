/*
 * Where the files are. Every process of a user must come to the same place, so it does not depend on
 * the environment but for BYNAME_DIR, which is set on purpose.
 */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MACHINE_DIRECTORY "byname-machine"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* Not by who starts a program that has more rights than himself. */
static const char *chosen_directory(void)
{
    const char *chosen = secure_getenv("BYNAME_DIR");

    return chosen != NULL ? chosen : "";
}

static const char *base_directory(void)
{
    const char *chosen = chosen_directory();
    struct stat info;

    if (chosen[0] != '\0')
        return chosen;
    if (stat("/dev/shm", &info) == 0 && S_ISDIR(info.st_mode))
        return "/dev/shm";
    return "/tmp";
}

/* The path of a scope's directory. A relative one would mean another after chdir(). */
static byn_status directory_path(bool machine, char path[BYNP_PLACE_SIZE])
{
    const char *base = base_directory();
    int length;

    if (base[0] != '/')
        return byni_fail(BYN_E_INVALID, "BYNAME_DIR is \"%s\": set it to an absolute path", base);
    if (machine)
        length = snprintf(path, BYNP_PLACE_SIZE, "%s/%s", base, MACHINE_DIRECTORY);
    else
        length = snprintf(path, BYNP_PLACE_SIZE, "%s/byname-%u", base, (unsigned)geteuid());
    if (length < 0 || length + BYNP_FILE_SIZE >= BYNP_PLACE_SIZE)
        return byni_fail(BYN_E_INVALID, "BYNAME_DIR has %zu bytes: choose a shorter path",
                         strlen(base));
    return BYN_OK;
}

/* A user's directory is open to that user only, and wholly, also if who made it was killed before it had all its rights;
 * the machine's must keep users from each other's files. */
static byn_status check_directory(int fd, const char *path, bool machine)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return bynp_fail(errno, "cannot look at %s", path);
    if (machine) {
        if ((info.st_mode & S_ISVTX) != 0 || (info.st_mode & 022) == 0)
            return BYN_OK;
        return byni_fail(BYN_E_ACCESS,
                         "%s lets users remove each other's objects: chmod +t it, or remove it",
                         path);
    }
    if (info.st_uid != geteuid())
        return byni_fail(BYN_E_ACCESS, "%s belongs to user %u and not to you (%u): remove it", path,
                         (unsigned)info.st_uid, (unsigned)geteuid());
    if ((info.st_mode & 077) != 0)
        return byni_fail(BYN_E_ACCESS, "%s is open to other users (mode %03o): chmod 700 it", path,
                         (unsigned)(info.st_mode & 0777));
    if ((info.st_mode & 0700) != 0700 && fchmod(fd, 0700) != 0)
        return bynp_fail(errno, "cannot set the rights of %s", path);
    return BYN_OK;
}

/* A directory for all users gets its rights under another name, so that nobody meets it without. */
static int make_machine_directory(const char *path)
{
    char unfinished[BYNP_PLACE_SIZE + 16];
    int error = 0;

    (void)snprintf(unfinished, sizeof unfinished, "%s.XXXXXX", path);
    if (mkdtemp(unfinished) == NULL)
        return errno;
    if (chmod(unfinished, 01777) != 0 ||
        syscall(SYS_renameat2, AT_FDCWD, unfinished, AT_FDCWD, path, RENAME_NOREPLACE) != 0) {
        error = errno;
        (void)rmdir(unfinished);
    }
    return error;
}

/* What was chosen is not there, or a file: a mistake in BYNAME_DIR, which is not to look like a place without objects. */
static bool base_is_missing(void)
{
    const char *chosen = chosen_directory();
    struct stat info;

    if (chosen[0] == '\0')
        return false;
    return stat(chosen, &info) == 0 ? !S_ISDIR(info.st_mode) : errno == ENOENT || errno == ENOTDIR;
}

static byn_status fail_without_base(const char *what, const char *path)
{
    return byni_fail(
        BYN_E_INVALID,
        "cannot %s the directory %s: BYNAME_DIR is no directory: make it, or set another", what,
        path);
}

static byn_status make_directory(const char *path, bool machine)
{
    int error = 0;

    if (machine)
        error = make_machine_directory(path);
    else if (mkdir(path, 0700) != 0 || chmod(path, 0700) != 0) /* whatever the umask takes away */
        error = errno;
    if (error == 0 || error == EEXIST)
        return BYN_OK;
    if (error == ENOENT || error == ENOTDIR)
        return fail_without_base("make", path);
    return bynp_fail(error, "cannot make the directory %s (BYNAME_DIR chooses another place)",
                     path);
}

int bynp_directory_open(bool machine, bool create, byn_status *status)
{
    char path[BYNP_PLACE_SIZE];
    int fd, error;

    *status = directory_path(machine, path);
    if (*status < 0)
        return -1;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && create) {
        *status = make_directory(path, machine);
        if (*status < 0)
            return -1;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (fd < 0) {
        error =
            errno == ENOTDIR ? ELOOP : errno; /* a link or a file where the directory should be */
        *status = base_is_missing() ? fail_without_base("open", path)
                                    : bynp_fail(error, "cannot open the directory %s", path);
        return -1;
    }
    *status = check_directory(fd, path, machine);
    if (*status < 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

void bynp_file_name(const byni_name *name, char file[BYNP_FILE_SIZE])
{
    enum { PREFIX = sizeof BYNP_FILE_PREFIX - 1 };

    memcpy(file, BYNP_FILE_PREFIX, PREFIX);
    byni_name_spell(name, file + PREFIX, BYNP_FILE_SIZE - PREFIX);
}

/*
 * Scopes in which this process has opened something. Their directories were safe then. What keeps the paths safe
 * is the directory above, which is sticky, or was chosen: only the owner can take a directory away, so that another
 * user could put one in its place. What is found there is believed only if it is the user's own file, open to nobody
 * else (so it says too that the user is still the same); and nothing is made there without looking at the directory
 * again.
 */
static struct known {
    char chosen[BYNP_PLACE_SIZE]; /* BYNAME_DIR */
    char path[BYNP_PLACE_SIZE];
    size_t length; /* of the path; 0: not known */
} known[2];

void bynp_place_learn(bool machine)
{
    struct known *k = &known[machine];
    const char *chosen = chosen_directory();
    size_t length = strlen(chosen);

    k->length = 0;
    if (length >= sizeof k->chosen || directory_path(machine, k->path) < 0)
        return;
    memcpy(k->chosen, chosen, length + 1);
    k->length = strlen(k->path);
}

bool bynp_place_known(const byni_name *name, char place[BYNP_PLACE_SIZE])
{
    const struct known *k = &known[name->machine];

    if (k->length == 0 || strcmp(k->chosen, chosen_directory()) != 0)
        return false;
    memcpy(place, k->path, k->length);
    place[k->length] = '/';
    bynp_file_name(name, place + k->length + 1);
    return true;
}

byn_status bynp_place(bool machine, const char *file, char place[BYNP_PLACE_SIZE])
{
    byn_status status = directory_path(machine, place);
    size_t length;

    if (status < 0)
        return status;
    length = strlen(place);
    (void)snprintf(place + length, BYNP_PLACE_SIZE - length, "/%s", file);
    return BYN_OK;
}
