/* How a quota of processor time is found in the files of both versions of cgroups. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix.h"
#include "test.h"

enum { PATH_SIZE = 600 };

typedef struct group_file {
    const char *path; /* below the directory of this run; without text a directory */
    const char *text;
} group_file;

static void make(const group_file *files)
{
    for (; files->path != NULL; files++) {
        char path[PATH_SIZE];
        FILE *file;

        (void)snprintf(path, sizeof path, "%s/%s", test_directory(), files->path);
        if (files->text == NULL) {
            REQUIRE(mkdir(path, 0700) == 0);
            continue;
        }
        file = fopen(path, "w");
        REQUIRE(file != NULL);
        (void)fputs(files->text, file);
        (void)fclose(file);
    }
}

/* What was made last goes first. */
static void unmake(const group_file *files)
{
    size_t count = 0;

    while (files[count].path != NULL)
        count++;
    while (count-- > 0) {
        char path[PATH_SIZE];

        (void)snprintf(path, sizeof path, "%s/%s", test_directory(), files[count].path);
        CHECK(remove(path) == 0);
    }
}

static unsigned quota(const group_file *files)
{
    char groups[PATH_SIZE], mount[PATH_SIZE];
    unsigned found;

    make(files);
    (void)snprintf(groups, sizeof groups, "%s/self", test_directory());
    (void)snprintf(mount, sizeof mount, "%s/mount", test_directory());
    found = bynp_processors_quota(groups, mount);
    unmake(files);
    return found;
}

static void nothing_is_no_limit(void)
{
    static const group_file none[] = {{NULL, NULL}};
    static const group_file unlimited[] = {{"self", "0::/a\n"},
                                           {"mount", NULL},
                                           {"mount/a", NULL},
                                           {"mount/a/cpu.max", "max 100000\n"},
                                           {NULL, NULL}};

    CHECK_INT(quota(none), 0);
    CHECK_INT(quota(unlimited), 0);
}

static void part_of_a_processor_counts_whole(void)
{
    static const group_file files[] = {{"self", "0::/a\n"},
                                       {"mount", NULL},
                                       {"mount/a", NULL},
                                       {"mount/a/cpu.max", "150000 100000\n"},
                                       {NULL, NULL}};

    CHECK_INT(quota(files), 2);
}

static void least_quota_on_the_way_up_holds(void)
{
    static const group_file files[] = {{"self", "0::/a/b\n"},
                                       {"mount", NULL},
                                       {"mount/cpu.max", "800000 100000\n"},
                                       {"mount/a", NULL},
                                       {"mount/a/cpu.max", "300000 100000\n"},
                                       {"mount/a/b", NULL},
                                       {"mount/a/b/cpu.max", "500000 100000\n"},
                                       {NULL, NULL}};

    CHECK_INT(quota(files), 3);
}

static void path_of_outside_leads_to_what_is_here(void)
{
    static const group_file files[] = {{"self", "0::/../other\n"},
                                       {"mount", NULL},
                                       {"mount/cpu.max", "400000 100000\n"},
                                       {NULL, NULL}};

    CHECK_INT(quota(files), 4);
}

static void first_version_is_understood(void)
{
    static const group_file files[] = {{"self", "5:memory:/\n4:cpu,cpuacct:/docker/1\n0::/\n"},
                                       {"mount", NULL},
                                       {"mount/cpu,cpuacct", NULL},
                                       {"mount/cpu,cpuacct/cpu.cfs_quota_us", "250000\n"},
                                       {"mount/cpu,cpuacct/cpu.cfs_period_us", "100000\n"},
                                       {NULL, NULL}};

    CHECK_INT(quota(files), 3);
}

static void nonsense_is_no_limit(void)
{
    static const group_file files[] = {{"self", "0\n::\nx:cpu\n1:cpu:/a\n0::/a\n"},
                                       {"mount", NULL},
                                       {"mount/a", NULL},
                                       {"mount/a/cpu.max", "-5 0\n"},
                                       {"mount/cpu.max", "many"},
                                       {NULL, NULL}};

    CHECK_INT(quota(files), 0);
}

static const test_case cases[] = {
    TEST(nothing_is_no_limit),
    TEST(part_of_a_processor_counts_whole),
    TEST(least_quota_on_the_way_up_holds),
    TEST(path_of_outside_leads_to_what_is_here),
    TEST(first_version_is_understood),
    TEST(nonsense_is_no_limit),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "processors", cases, NULL);
}
