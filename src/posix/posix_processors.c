/*
 * How many processors there are for this process: those that it may run on, but no more than its groups
 * of control (cgroups, of both versions) give it time for. One and a half count as two.
 */
#include "posix.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST_BITS = 1024, MOST_BITS = 1 << 18, LINE_SIZE = 4096 };

/* ---- Where it may run ---------------------------------------------------------------------------- */

/* 0: the set is too small for this machine. */
static unsigned count_in_set(size_t bits)
{
    cpu_set_t *set = CPU_ALLOC(bits);
    size_t size = CPU_ALLOC_SIZE(bits);
    unsigned count = 1;

    if (set == NULL)
        return count;
    if (sched_getaffinity(0, size, set) == 0)
        count = (unsigned)CPU_COUNT_S(size, set);
    else if (errno == EINVAL)
        count = 0;
    CPU_FREE(set);
    return count;
}

unsigned bynp_processors_allowed(void)
{
    unsigned count = 0;
    size_t bits;

    for (bits = FEWEST_BITS; count == 0 && bits <= MOST_BITS; bits *= 2)
        count = count_in_set(bits);
    return count > 0 ? count : 1;
}

/* ---- What time it is given ----------------------------------------------------------------------- */

/* The line that a file in a group's directory holds; "" if there is none. */
static void read_line(const char *directory, const char *file, char line[LINE_SIZE])
{
    char path[2 * LINE_SIZE];
    FILE *stream;

    (void)snprintf(path, sizeof path, "%s/%s", directory, file);
    stream = fopen(path, "re");
    if (stream == NULL || fgets(line, LINE_SIZE, stream) == NULL)
        line[0] = '\0';
    if (stream != NULL)
        (void)fclose(stream);
}

/* How many processors a quota of time in each period is; 0: there is no quota. */
static unsigned processors_of(const char *quota, const char *period)
{
    long long time = strtoll(quota, NULL, 10), each = strtoll(period, NULL, 10);

    if (time <= 0 || each <= 0 || time / each >= MOST_BITS)
        return 0;
    return (unsigned)(time / each + (time % each != 0));
}

static unsigned quota_of_group(const char *directory)
{
    char quota[LINE_SIZE], period[LINE_SIZE];
    const char *second;

    read_line(directory, "cpu.max", quota); /* "150000 100000", or "max 100000" */
    second = strchr(quota, ' ');
    if (second != NULL)
        return processors_of(quota, second);
    read_line(directory, "cpu.cfs_quota_us", quota); /* the first version; "-1" */
    read_line(directory, "cpu.cfs_period_us", period);
    return processors_of(quota, period);
}

static unsigned fewer(unsigned one, unsigned other)
{
    return one == 0 || (other != 0 && other < one) ? other : one;
}

/*
 * Of a group and all that it is in. In a container the path may be that of the system outside: what is
 * not here is passed over.
 */
static unsigned quota_upwards(const char *mount, const char *path)
{
    char directory[LINE_SIZE];
    size_t root = strlen(mount);
    unsigned least = 0;
    char *end;

    if (snprintf(directory, sizeof directory, "%s%s", mount, path) >= (int)sizeof directory ||
        strstr(path, "/..") != NULL)
        directory[root] = '\0';
    for (;;) {
        least = fewer(least, quota_of_group(directory));
        end = strrchr(directory, '/');
        if (end == NULL || (size_t)(end - directory) < root)
            return least;
        *end = '\0';
    }
}

static bool names_cpu(const char *controllers)
{
    size_t length;

    for (;; controllers += length + 1) {
        length = strcspn(controllers, ",:");
        if (length == 3 && memcmp(controllers, "cpu", length) == 0)
            return true;
        if (controllers[length] != ',')
            return false;
    }
}

/* Of a line "number:controllers:path"; the second version has no controllers. */
static unsigned quota_of_line(const char *mount, char *line)
{
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    char place[LINE_SIZE];

    if (path == NULL)
        return 0;
    controllers++;
    path[1 + strcspn(path + 1, "\n")] = '\0';
    if (controllers == path)
        return quota_upwards(mount, path + 1);
    if (!names_cpu(controllers))
        return 0;
    if (snprintf(place, sizeof place, "%s/%.*s", mount, (int)(path - controllers), controllers) >=
        (int)sizeof place)
        return 0;
    return quota_upwards(place, path + 1);
}

unsigned bynp_processors_quota(const char *groups, const char *mount)
{
    FILE *stream = fopen(groups, "re");
    char line[LINE_SIZE];
    unsigned least = 0;

    if (stream == NULL)
        return 0;
    while (fgets(line, sizeof line, stream) != NULL)
        least = fewer(least, quota_of_line(mount, line));
    (void)fclose(stream);
    return least;
}

unsigned bynk_processors(void)
{
    return fewer(bynp_processors_allowed(),
                 bynp_processors_quota("/proc/self/cgroup", "/sys/fs/cgroup"));
}
