/*
 * Ending a process with all its descendants.
 *
 * Members are the root and whoever has a member as parent, is in a group or session that a member leads,
 * or bears the root's mark in the environment that it was started with. Nothing that started before
 * the root is one.
 *
 * While they run they may start others, so all are stopped first: look at the system's processes, stop
 * the members, and look again until there are no new ones. A stopped process cannot start another, and
 * one that was started just before shows in the next look. Then all are killed; and all that again until
 * none is left, or after 20 rounds: something may be beyond killing (a broken disk, another user's).
 *
 * If this process is killed in between, the tree may be left stopped.
 */
#include "posix_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ROUNDS = 20,
    ENVIRONMENT_CHUNK = 8192,
    SIGNAL_GROUP = 4, /* PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9 */
    KERNEL_THREADS = 2
};

typedef struct tree_process {
    bynp_stat stat;
    bool member;
} tree_process;

/* A member that was found before. */
typedef struct tree_known {
    uint32_t pid;
    bool denied; /* it is not ours to signal */
    uint64_t started;
} tree_known;

typedef struct bynp_tree {
    uint32_t root;
    int pidfd;
    const char *mark;
    uint64_t started;         /* the root; 0: it is gone, and its number may be another's */
    tree_process *candidates; /* of the last look, by number */
    size_t count, room;
    tree_known *stopped;
    size_t stopped_count, stopped_room;
    byn_status status; /* the first failure */
} bynp_tree;

/* ---- Looking ------------------------------------------------------------------------------------- */

/* The array with room for one more; NULL: it stays as it was. */
static void *with_room(void *array, size_t count, size_t *room, size_t size)
{
    size_t larger = *room > 0 ? *room * 2 : 256;

    if (count < *room)
        return array;
    array = realloc(array, larger * size);
    if (array != NULL)
        *room = larger;
    return array;
}

/* The environment is as it was when the process was started, changed or not since. */
static bool bears_mark(uint32_t pid, const char *mark)
{
    const size_t length = BYNP_MARK_SIZE - 1;
    char text[ENVIRONMENT_CHUNK], path[64];
    size_t kept = 0;
    bool found = false;
    ssize_t got;
    int fd;

    (void)snprintf(path, sizeof path, "/proc/%" PRIu32 "/environ", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while (!found && (got = read(fd, text + kept, sizeof text - kept)) > 0) {
        size_t size = kept + (size_t)got;

        found = memmem(text, size, mark, length) != NULL;
        kept = size < length ? size : length - 1; /* it may be split between two reads */
        memmove(text, text + size - kept, kept);
    }
    (void)close(fd);
    return found;
}

static bool may_be_member(const bynp_tree *tree, const bynp_stat *stat)
{
    return stat->started >= tree->started && stat->pid != (uint32_t)getpid() && stat->pid > 1 &&
           stat->parent != KERNEL_THREADS && stat->pid != KERNEL_THREADS;
}

static bool look_at(bynp_tree *tree, uint32_t pid)
{
    tree_process *next = with_room(tree->candidates, tree->count, &tree->room, sizeof *next);

    if (next == NULL)
        return false;
    tree->candidates = next;
    next += tree->count;
    if (bynp_stat_read(pid, &next->stat) != 0 || !may_be_member(tree, &next->stat))
        return true;
    next->member = (pid == tree->root && tree->started != 0) || bears_mark(pid, tree->mark);
    tree->count++;
    return true;
}

static int compare(const void *one, const void *other)
{
    uint32_t a = ((const tree_process *)one)->stat.pid, b = ((const tree_process *)other)->stat.pid;

    return (a > b) - (a < b);
}

static bool is_member(const bynp_tree *tree, uint32_t pid)
{
    const tree_process wanted = {.stat = {.pid = pid}};
    const tree_process *found = NULL;

    if (tree->count > 0)
        found = bsearch(&wanted, tree->candidates, tree->count, sizeof wanted, compare);
    return found != NULL && found->member;
}

/* Members of members, until there are no more. */
static void spread(bynp_tree *tree)
{
    bool more = true;
    size_t i;

    while (more) {
        more = false;
        for (i = 0; i < tree->count; i++) {
            tree_process *each = &tree->candidates[i];

            if (each->member)
                continue;
            each->member = is_member(tree, each->stat.parent) ||
                           is_member(tree, each->stat.group) || is_member(tree, each->stat.session);
            more = more || each->member;
        }
    }
}

/* The number is the root's if the root is still there, be it as a zombie, after it was looked up. */
static void find_root(bynp_tree *tree)
{
    bynp_stat stat;
    bool known = bynp_stat_read(tree->root, &stat) == 0;

    tree->started = known && bynp_pidfd_signal(tree->pidfd, 0, 0) == 0 ? stat.started : 0;
}

static bool look(bynp_tree *tree)
{
    DIR *directory = opendir("/proc");
    const struct dirent *found;
    bool enough = true;

    if (directory == NULL) {
        tree->status = bynp_fail(errno, "cannot look for descendants in /proc");
        return false;
    }
    tree->count = 0;
    find_root(tree);
    while (enough && (found = readdir(directory)) != NULL)
        if (found->d_name[0] >= '1' && found->d_name[0] <= '9')
            enough = look_at(tree, (uint32_t)strtoul(found->d_name, NULL, 10));
    (void)closedir(directory);
    if (!enough) {
        tree->status = byni_fail(BYN_E_NOMEM, "no memory to look for descendants");
        return false;
    }
    if (tree->count > 0)
        qsort(tree->candidates, tree->count, sizeof *tree->candidates, compare);
    spread(tree);
    return true;
}

/* ---- Signalling ---------------------------------------------------------------------------------- */

/* errno. What is opened by number is signalled only if it started when the member did. */
static int signal_member(const bynp_tree *tree, const bynp_stat *member, int signal)
{
    bynp_stat now;
    int error = 0, pidfd;

    if (member->pid == tree->root)
        return bynp_pidfd_signal(tree->pidfd, signal, 0) < 0 ? errno : 0;
    pidfd = bynp_pidfd_open(member->pid);
    if (pidfd < 0)
        return errno;
    if (bynp_stat_read(member->pid, &now) == 0 && now.started == member->started &&
        bynp_pidfd_signal(pidfd, signal, 0) < 0)
        error = errno;
    (void)close(pidfd);
    return error;
}

static const tree_known *find_stopped(const bynp_tree *tree, const bynp_stat *member)
{
    size_t i;

    for (i = 0; i < tree->stopped_count; i++)
        if (tree->stopped[i].pid == member->pid && tree->stopped[i].started == member->started)
            return &tree->stopped[i];
    return NULL;
}

static void note_failure(bynp_tree *tree, const bynp_stat *member, int error)
{
    if (error != 0 && error != ESRCH && tree->status >= 0)
        tree->status = bynp_fail(error, "cannot signal process %" PRIu32, member->pid);
}

/* Stop it if it is new. */
static bool stop_member(bynp_tree *tree, const bynp_stat *member)
{
    tree_known *list;
    int error;

    if (find_stopped(tree, member) != NULL)
        return false;
    list = with_room(tree->stopped, tree->stopped_count, &tree->stopped_room, sizeof *list);
    if (list == NULL) {
        tree->status = byni_fail(BYN_E_NOMEM, "no memory to stop descendants");
        return false;
    }
    tree->stopped = list;
    error = signal_member(tree, member, SIGSTOP);
    note_failure(tree, member, error);
    list[tree->stopped_count++] =
        (tree_known){.pid = member->pid, .denied = error == EPERM, .started = member->started};
    return true;
}

static bool stop_members(bynp_tree *tree, bool *any)
{
    bool new = false;
    size_t i;

    *any = false;
    for (i = 0; i < tree->count; i++) {
        const tree_process *each = &tree->candidates[i];
        const tree_known *before;

        if (!each->member || bynp_stat_ended(&each->stat))
            continue;
        if (stop_member(tree, &each->stat))
            new = true;
        before = find_stopped(tree, &each->stat);
        if (before == NULL || !before->denied)
            *any = true;
    }
    return new;
}

static void kill_members(bynp_tree *tree)
{
    size_t i;

    for (i = 0; i < tree->count; i++) {
        const tree_process *each = &tree->candidates[i];

        if (each->member && !bynp_stat_ended(&each->stat))
            note_failure(tree, &each->stat, signal_member(tree, &each->stat, SIGKILL));
    }
}

static void nap(int round)
{
    struct timespec time = bynp_timespec((uint64_t)round * NS_PER_MS / 2);

    (void)nanosleep(&time, NULL);
}

byn_status bynp_tree_kill(uint32_t root, int pidfd, const char *mark)
{
    bynp_tree tree = {.root = root, .pidfd = pidfd, .mark = mark, .status = BYN_OK};
    bool any = true;
    int round;

    for (round = 0; round < ROUNDS && any && look(&tree); round++) {
        if (stop_members(&tree, &any) && round < ROUNDS / 2)
            continue;
        kill_members(&tree);
        if (any)
            nap(round);
    }
    /* Whatever came of that. The group is that of the root alone, though the root may be gone. */
    (void)bynp_pidfd_signal(pidfd, SIGKILL, SIGNAL_GROUP);
    if (bynp_pidfd_signal(pidfd, SIGKILL, 0) < 0 && errno != ESRCH && tree.status >= 0)
        tree.status = bynp_fail(errno, "cannot signal process %" PRIu32, root);
    free(tree.candidates);
    free(tree.stopped);
    return tree.status;
}
