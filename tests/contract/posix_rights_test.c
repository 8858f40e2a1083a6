/*
 * Who may open what, and what is never trusted: the files behind objects on POSIX. As root the case
 * of another user is a peer that has become "nobody".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_io.h>

#include "remote.h"

enum { NOBODY = 65534, PATH_SIZE = 900 };

static void need_root(void)
{
    if (geteuid() != 0)
        test_skip("needs root, to be two users");
}

/* ---- Where the files are: as a visit tells it */

typedef struct place {
    const char *name;
    char path[PATH_SIZE];
} place;

static bool take_place(const byn_object_info *info, void *context)
{
    place *p = context;

    if (strcmp(info->name, p->name) == 0)
        (void)snprintf(p->path, sizeof p->path, "%s", info->place);
    return true;
}

/* The path that the object of this name has, or would have. */
static place place_of(const char *name)
{
    byn_event *event = NULL;
    place p = {.name = name};

    REQUIRE(byn_event_open(&event, name, NULL) == BYN_CREATED);
    CHECK_STATUS(byn_objects_visit(take_place, &p), BYN_OK);
    REQUIRE(p.path[0] == '/');
    byn_event_close(event);
    CHECK(access(p.path, F_OK) != 0);
    return p;
}

static place directory_of(place p)
{
    *strrchr(p.path, '/') = '\0';
    return p;
}

static void check_refused(const char *name, byn_status expected, const char *reason)
{
    byn_mutex *mutex = NULL;
    byn_status status = byn_mutex_open(&mutex, name, NULL);

    CHECK_STATUS(status, expected);
    if (status < 0) {
        CHECK_CONTAINS(byn_last_error(), reason);
        CHECK_CONTAINS(byn_last_error(), name);
    }
    CHECK(mutex == NULL || status >= 0);
    if (status >= 0)
        byn_mutex_close(mutex);
}

static void make_file(const char *path, mode_t mode)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

    REQUIRE(fd >= 0);
    CHECK(write(fd, "nonsense", 8) == 8);
    CHECK(fchmod(fd, mode) == 0);
    close(fd);
}

/* ---- The file */

static void users_files_are_open_to_nobody_else(void)
{
    const char *name = fresh_name();
    byn_event *event = NULL;
    place file = {.name = name}, directory;
    struct stat info;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    CHECK_STATUS(byn_objects_visit(take_place, &file), BYN_OK);
    REQUIRE(stat(file.path, &info) == 0);
    CHECK_INT(info.st_mode & 07777, 0600);
    CHECK_INT(info.st_uid, geteuid());
    directory = directory_of(file);
    REQUIRE(stat(directory.path, &info) == 0);
    CHECK_INT(info.st_mode & 07777, 0700);
    byn_event_close(event);
}

static void file_that_others_can_open_is_refused(void)
{
    const char *name = fresh_name();
    place file = place_of(name);

    make_file(file.path, 0644);
    check_refused(name, BYN_E_ACCESS, "chmod 600");
    CHECK(chmod(file.path, 0620) == 0);
    check_refused(name, BYN_E_ACCESS, "620");
    CHECK(chmod(file.path, 0600) == 0);
    check_refused(name, BYN_CREATED, ""); /* nobody's: it is made anew */
}

static void file_of_another_owner_is_refused(void)
{
    const char *name = fresh_name();
    place file = place_of(name);

    need_root();
    make_file(file.path, 0600);
    CHECK(chown(file.path, NOBODY, NOBODY) == 0);
    check_refused(name, BYN_E_ACCESS, "65534");
    CHECK(unlink(file.path) == 0);
}

static void link_in_place_of_a_file_is_not_followed(void)
{
    const char *name = fresh_name();
    place file = place_of(name);
    char target[PATH_SIZE];
    struct stat info;

    (void)snprintf(target, sizeof target, "%s/target-%s", test_directory(), name);
    make_file(target, 0600);
    REQUIRE(symlink(target, file.path) == 0);
    check_refused(name, BYN_E_ACCESS, file.path);
    CHECK(unlink(file.path) == 0);
    REQUIRE(link(target, file.path) == 0);
    check_refused(name, BYN_E_ACCESS, "no plain file of its own");
    CHECK(unlink(file.path) == 0);
    REQUIRE(stat(target, &info) == 0);
    CHECK_INT(info.st_size, 8); /* untouched */
    CHECK(unlink(target) == 0);
    REQUIRE(symlink("/nowhere/at/all", file.path) == 0);
    check_refused(name, BYN_E_ACCESS, file.path);
    CHECK(unlink(file.path) == 0);
}

static void fifo_in_place_of_a_file_is_refused_at_once(void)
{
    const char *name = fresh_name();
    place file = place_of(name);

    REQUIRE(mkfifo(file.path, 0600) == 0);
    check_refused(name, BYN_E_ACCESS, "no plain file");
    CHECK(unlink(file.path) == 0);
}

static void directory_in_place_of_a_file_is_refused(void)
{
    const char *name = fresh_name();
    place file = place_of(name);
    byn_mutex *mutex = NULL;

    REQUIRE(mkdir(file.path, 0700) == 0);
    CHECK(byn_mutex_open(&mutex, name, NULL) < 0);
    CHECK_CONTAINS(byn_last_error(), file.path);
    CHECK(mutex == NULL);
    CHECK(rmdir(file.path) == 0);
}

/* ---- The directory */

static void directory_that_others_can_enter_is_refused(void)
{
    const char *name = fresh_name();
    place directory = directory_of(place_of(name));

    REQUIRE(chmod(directory.path, 0777) == 0);
    check_refused(name, BYN_E_ACCESS, "chmod 700");
    REQUIRE(chmod(directory.path, 0701) == 0);
    check_refused(name, BYN_E_ACCESS, "chmod 700");
    REQUIRE(chmod(directory.path, 0700) == 0);
    check_refused(name, BYN_CREATED, "");
}

static void directory_of_another_owner_is_refused(void)
{
    const char *name = fresh_name();
    place directory = directory_of(place_of(name));

    need_root();
    REQUIRE(chown(directory.path, NOBODY, NOBODY) == 0);
    check_refused(name, BYN_E_ACCESS, "belongs to user 65534");
    REQUIRE(chown(directory.path, 0, 0) == 0);
    check_refused(name, BYN_CREATED, "");
}

static void link_in_place_of_the_directory_is_not_followed(void)
{
    const char *name = fresh_name();
    place directory = directory_of(place_of(name));
    char aside[PATH_SIZE + 10];

    (void)snprintf(aside, sizeof aside, "%s.aside", directory.path);
    REQUIRE(rename(directory.path, aside) == 0);
    REQUIRE(symlink(aside, directory.path) == 0);
    check_refused(name, BYN_E_ACCESS, directory.path);
    CHECK(unlink(directory.path) == 0);
    make_file(directory.path, 0600);
    check_refused(name, BYN_E_ACCESS, directory.path);
    CHECK(unlink(directory.path) == 0);
    REQUIRE(rename(aside, directory.path) == 0);
    check_refused(name, BYN_CREATED, "");
}

static void machine_directory_without_sticky_bit_is_refused(void)
{
    char name[200];
    place directory;
    struct stat info;

    (void)snprintf(name, sizeof name, "machine:%s", fresh_name());
    directory = directory_of(place_of(name));
    REQUIRE(stat(directory.path, &info) == 0);
    CHECK_INT(info.st_mode & 07777, 01777);
    REQUIRE(chmod(directory.path, 0777) == 0);
    check_refused(name, BYN_E_ACCESS, "chmod +t");
    REQUIRE(chmod(directory.path, 01777) == 0);
    check_refused(name, BYN_CREATED, "");
}

/* ---- Another BYNAME_DIR */

static bool sees_one(const byn_object_info *info, void *context)
{
    (void)info;
    (void)context;
    return false;
}

/*
 * A peer with its own environment: argv[0] is BYNAME_DIR, argv[1] the user to become. Where it is
 * wrong there are not just no objects.
 */
static int opens_elsewhere(peer_self *self, int argc, char **argv)
{
    byn_mutex *mutex = NULL;
    byn_status status;

    REQUIRE_INT(argc, 3);
    REQUIRE(setenv("BYNAME_DIR", argv[0], 1) == 0);
    if (atoi(argv[1]) != 0)
        REQUIRE(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    status = byn_mutex_open(&mutex, argv[2], NULL);
    peer_say(self, "%s %s", byn_status_name(status), status < 0 ? byn_last_error() : "");
    if (status == BYN_E_INVALID)
        CHECK_STATUS(byn_objects_look(sees_one, NULL), BYN_E_INVALID);
    byn_mutex_close(mutex);
    return 0;
}

static void check_elsewhere(const char *directory, bool as_nobody, const char *status,
                            const char *reason)
{
    peer *p = peer_start(PEER_PROCESS, "opens_elsewhere", directory, as_nobody ? "1" : "0",
                         fresh_name(), NULL);
    const char *line = peer_line(p);

    REQUIRE(line != NULL);
    CHECK_CONTAINS(line, status);
    CHECK_CONTAINS(line, reason);
    CHECK_INT(peer_finish(p), 0);
}

static void byname_dir_is_an_absolute_path_of_a_directory(void)
{
    char longest[700];

    check_elsewhere("relative", false, "BYN_E_INVALID", "set it to an absolute path");
    check_elsewhere("./relative", false, "BYN_E_INVALID", "absolute");
    check_elsewhere("/nowhere/at/all", false, "BYN_E_INVALID", "/nowhere/at/all");
    check_elsewhere("/dev/null", false, "BYN_E_INVALID", "BYNAME_DIR is no directory");
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    check_elsewhere(longest, false, "BYN_E_INVALID", "shorter");
}

static void byname_dir_that_cannot_be_written_to_is_told(void)
{
    char directory[PATH_SIZE];

    need_root();
    (void)snprintf(directory, sizeof directory, "%s/closed", test_directory());
    REQUIRE(mkdir(directory, 0755) == 0);
    /* The run's own directory is closed to others. */
    REQUIRE(chmod(test_directory(), 0711) == 0);
    check_elsewhere(directory, true, "BYN_E_ACCESS", directory);
    REQUIRE(chmod(directory, 0777) == 0);
    check_elsewhere(directory, true, "BYN_CREATED", "");
    REQUIRE(chmod(test_directory(), 0700) == 0);
}

/* Who comes first may want no file of its own to be open to anybody, or not even to itself. Those who come later meet
 * what it has made. */
static void umask_of_who_comes_first_is_nobodys_trouble(void)
{
    const mode_t masks[] = {0177, 0277, 0777};
    const bool as_nobody = geteuid() == 0;
    char directory[PATH_SIZE], users[PATH_SIZE + 32];
    size_t i;

    (void)snprintf(directory, sizeof directory, "%s/masked", test_directory());
    (void)snprintf(users, sizeof users, "%s/byname-%u", directory,
                   as_nobody ? (unsigned)NOBODY : (unsigned)geteuid());
    REQUIRE(mkdir(directory, 0755) == 0 && chmod(directory, 0777) == 0);
    REQUIRE(chmod(test_directory(), 0711) == 0);
    for (i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        mode_t usual = umask(masks[i]);

        check_elsewhere(directory, as_nobody, "BYN_CREATED", "");
        (void)umask(usual);
        check_elsewhere(directory, as_nobody, "BYN_CREATED", "");
        /* Killed before its directory had all its rights. */
        CHECK(chmod(users, 0600) == 0);
        check_elsewhere(directory, as_nobody, "BYN_CREATED", "");
        CHECK(rmdir(users) == 0);
    }
    REQUIRE(chmod(test_directory(), 0700) == 0);
}

/* ---- More rights than who started it */

/* A program with its owner's rights: what the environment says is not its owner's word. */
static int opens_with_more_rights(peer_self *self, int argc, char **argv)
{
    byn_event *event = NULL;
    place file = {.name = argv[0]};

    (void)argc;
    if (geteuid() == getuid()) {
        peer_say(self, "same");
        return 0;
    }
    CHECK_STATUS(byn_event_open(&event, argv[0], NULL), BYN_CREATED);
    CHECK_STATUS(byn_objects_visit(take_place, &file), BYN_OK);
    CHECK_CONTAINS(file.path, "/byname-0/");
    CHECK(strstr(file.path, getenv("BYNAME_DIR")) == NULL);
    byn_event_close(event);
    peer_say(self, "more");
    return 0;
}

/* PROGRAM NAME: as nobody, with an environment that leads elsewhere. */
static int starts_with_more_rights(peer_self *self, int argc, char **argv)
{
    char *const command[] = {argv[0], (char *)"--peer", (char *)"opens_with_more_rights", argv[1],
                             NULL};

    (void)argc;
    REQUIRE(getenv("BYNAME_DIR") != NULL); /* the run's */
    REQUIRE(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    (void)execv(argv[0], command);
    peer_say(self, "not started: %s", strerror(errno));
    return 1;
}

static void copy_program(const char *to)
{
    apr_pool_t *pool = NULL;

    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_file_copy(test_executable(), to, APR_FILE_SOURCE_PERMS, pool) == APR_SUCCESS);
    apr_pool_destroy(pool);
}

static void environment_is_not_believed_by_who_has_more_rights(void)
{
    char program[PATH_SIZE];
    const char *line;
    peer *p;

    need_root();
    if (test_sanitized())
        test_skip("sanitizers look into their own process");
    (void)snprintf(program, sizeof program, "%s/set-uid", test_directory());
    copy_program(program);
    REQUIRE(chmod(program, 04755) == 0 && chmod(test_directory(), 0711) == 0);
    p = peer_start(PEER_PROCESS, "starts_with_more_rights", program, fresh_name(), NULL);
    line = peer_line(p);
    CHECK(chmod(test_directory(), 0700) == 0);
    CHECK(unlink(program) == 0);
    REQUIRE(line != NULL);
    CHECK_INT(peer_finish(p), 0);
    if (strcmp(line, "same") == 0)
        test_skip("no program gets its owner's rights in %s", test_directory());
    CHECK_STR(line, "more");
}

/* ---- Two users */

/* Becomes nobody, and tells what opening `name` says; then, what using it says. */
static int opens_as_nobody(peer_self *self, int argc, char **argv)
{
    byn_value *value = NULL;
    byn_status status;

    REQUIRE(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    status = byn_value_open(
        &value, argv[0],
        &BYN_OPTIONS(byn_value_options, .open = argc > 1 ? BYN_OPEN_ONLY : BYN_OPEN_OR_CREATE));
    peer_say(self, "%s %s", byn_status_name(status), status < 0 ? byn_last_error() : "");
    if (status >= 0)
        CHECK_STATUS(byn_value_add(value, 5, NULL), BYN_OK);
    byn_value_close(value);
    return 0;
}

static void check_as_nobody(const char *name, const char *expected)
{
    peer *p = peer_start(PEER_PROCESS, "opens_as_nobody", name, NULL);
    const char *line = peer_line(p);

    REQUIRE(line != NULL);
    CHECK_CONTAINS(line, expected);
    CHECK_INT(peer_finish(p), 0);
}

static void mode_says_who_may_open_a_machine_object(void)
{
    char name[200];
    uint32_t modes[] = {0, 0600, 0666, 0660};
    size_t i;

    need_root();
    REQUIRE(chmod(test_directory(), 0711) == 0);
    for (i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        byn_value *value = NULL;
        int64_t number = 0;

        (void)snprintf(name, sizeof name, "machine:%s", fresh_name());
        REQUIRE_STATUS(
            byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .mode = modes[i])),
            BYN_CREATED);
        check_as_nobody(name, modes[i] == 0666 ? "BYN_OK" : "BYN_E_ACCESS");
        CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
        CHECK_INT(number, modes[i] == 0666 ? 5 : 0);
        byn_value_close(value);
        CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
    }
    REQUIRE(chmod(test_directory(), 0700) == 0);
}

static void users_do_not_meet_without_the_prefix(void)
{
    char path[PATH_SIZE];
    const char *name = fresh_name();
    byn_value *value = NULL;
    int64_t number = -1;

    need_root();
    /* Two users of one BYNAME_DIR, as of /dev/shm. */
    REQUIRE(chmod(test_directory(), 01777) == 0);
    REQUIRE_STATUS(byn_value_open(&value, name, NULL), BYN_CREATED);
    check_as_nobody(name, "BYN_CREATED");
    CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
    CHECK_INT(number, 0);
    byn_value_close(value);
    (void)snprintf(path, sizeof path, "%s/byname-%d", test_directory(), NOBODY);
    CHECK(rmdir(path) == 0);
    REQUIRE(chmod(test_directory(), 0700) == 0);
}

/* ---- No room, no descriptors */

static int fills_a_file_system(peer_self *self, int argc, char **argv)
{
    byn_memory *memory = NULL, *small = NULL;
    unsigned char *base;

    REQUIRE_INT(argc, 1);
    REQUIRE(setenv("BYNAME_DIR", argv[0], 1) == 0);
    CHECK_STATUS(byn_memory_open(&memory, "big", &BYN_OPTIONS(byn_memory_options, .size = 4 << 20)),
                 BYN_E_NOMEM);
    CHECK_CONTAINS(byn_last_error(), "file system may be full");
    CHECK_STATUS(byn_remove("big"), BYN_E_NOTFOUND);
    REQUIRE_STATUS(
        byn_memory_open(&small, "small",
                        &BYN_OPTIONS(byn_memory_options, .size = 100000, .limit = 4 << 20)),
        BYN_CREATED);
    base = byn_memory_base(small);
    memset(base, 7, 100000);
    CHECK_STATUS(byn_memory_grow(small, 4 << 20), BYN_E_NOMEM);
    CHECK_INT(byn_memory_size(small), 100000);
    CHECK_INT(base[99999], 7);
    CHECK_STATUS(byn_memory_grow(small, 200000), BYN_OK);
    memset(base, 8, 200000);
    byn_memory_close(small);
    CHECK_STATUS(byn_remove("small"), BYN_E_NOTFOUND);
    peer_say(self, "done");
    return 0;
}

static int fills_it_with_a_dictionary(peer_self *self, int argc, char **argv)
{
    static char value[100000];
    byn_dict *dict = NULL;
    byn_status status = BYN_CREATED;
    uint32_t key = 0, i;
    uint64_t count = 0;

    REQUIRE_INT(argc, 1);
    REQUIRE(setenv("BYNAME_DIR", argv[0], 1) == 0);
    REQUIRE_STATUS(byn_dict_open(&dict, "dict", NULL), BYN_CREATED);
    while (status == BYN_CREATED) {
        status = byn_dict_put(dict, &key, sizeof key, value, 1000);
        key += status == BYN_CREATED;
    }
    CHECK_STATUS(status, BYN_E_NOMEM);
    CHECK(key > 300);
    CHECK_STATUS(byn_dict_count(dict, &count), BYN_OK);
    CHECK_INT(count, key);
    for (i = 0; i < key; i += 2)
        CHECK_STATUS(byn_dict_remove(dict, &i, sizeof i), BYN_OK);
    /* There is room again, also for what fits into no gap. */
    CHECK_STATUS(byn_dict_put(dict, "large", 5, value, sizeof value), BYN_CREATED);
    byn_dict_close(dict);
    peer_say(self, "done");
    return 0;
}

static void full_file_system_is_no_memory(void)
{
    char path[PATH_SIZE];
    peer *p;

    need_root();
    (void)snprintf(path, sizeof path, "%s/tiny", test_directory());
    REQUIRE(mkdir(path, 0700) == 0);
    if (mount("byname-test", path, "tmpfs", 0, "size=1m,mode=0700") != 0) {
        int error = errno;

        CHECK(rmdir(path) == 0);
        test_skip("no file system can be mounted here: %s", strerror(error));
    }
    p = peer_start(PEER_PROCESS, "fills_a_file_system", path, NULL);
    peer_expect(p, "done");
    CHECK_INT(peer_finish(p), 0);
    p = peer_start(PEER_PROCESS, "fills_it_with_a_dictionary", path, NULL);
    peer_expect(p, "done");
    CHECK_INT(peer_finish(p), 0);
    CHECK(umount(path) == 0);
    CHECK(rmdir(path) == 0);
}

static int runs_out_of_descriptors(peer_self *self, int argc, char **argv)
{
    enum { MOST = 40 };
    struct rlimit limit;
    byn_mutex *mutexes[MOST];
    byn_status status = BYN_OK;
    char name[200];
    int i, count = 0;

    REQUIRE_INT(argc, 1);
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = MOST - 10;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    while (status >= 0 && count < MOST) {
        mutexes[count] = NULL;
        (void)snprintf(name, sizeof name, "%.150s-%d", argv[0], count);
        status = byn_mutex_open(&mutexes[count], name, NULL);
        count += status >= 0;
    }
    CHECK_STATUS(status, BYN_E_LIMIT);
    CHECK_CONTAINS(byn_last_error(), "byn_mutex_open");
    CHECK(count > 0 && count < MOST);
    CHECK_STATUS(byn_mutex_lock(mutexes[0], BYN_NOW), BYN_OK); /* what is open works on */
    CHECK_STATUS(byn_mutex_unlock(mutexes[0]), BYN_OK);
    for (i = 0; i < count; i++)
        byn_mutex_close(mutexes[i]);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
    REQUIRE_STATUS(byn_mutex_open(&mutexes[0], name, NULL), BYN_CREATED);
    byn_mutex_close(mutexes[0]);
    peer_say(self, "done");
    return 0;
}

static void no_descriptors_left_is_a_limit(void)
{
    peer *p = peer_start(PEER_PROCESS, "runs_out_of_descriptors", fresh_name(), NULL);

    peer_expect(p, "done");
    CHECK_INT(peer_finish(p), 0);
}

static const test_case cases[] = {
    TEST(users_files_are_open_to_nobody_else),
    TEST(file_that_others_can_open_is_refused),
    TEST(file_of_another_owner_is_refused),
    TEST(link_in_place_of_a_file_is_not_followed),
    TEST(fifo_in_place_of_a_file_is_refused_at_once),
    TEST(directory_in_place_of_a_file_is_refused),
    TEST(directory_that_others_can_enter_is_refused),
    TEST(directory_of_another_owner_is_refused),
    TEST(link_in_place_of_the_directory_is_not_followed),
    TEST(machine_directory_without_sticky_bit_is_refused),
    TEST(byname_dir_is_an_absolute_path_of_a_directory),
    TEST(byname_dir_that_cannot_be_written_to_is_told),
    TEST(umask_of_who_comes_first_is_nobodys_trouble),
    TEST(environment_is_not_believed_by_who_has_more_rights),
    TEST(mode_says_who_may_open_a_machine_object),
    TEST(users_do_not_meet_without_the_prefix),
    TEST(full_file_system_is_no_memory),
    TEST(no_descriptors_left_is_a_limit),
    TEST_END,
};

static const peer_entry peers[] = {PEER(opens_elsewhere),         PEER(opens_as_nobody),
                                   PEER(fills_a_file_system),     PEER(fills_it_with_a_dictionary),
                                   PEER(runs_out_of_descriptors), PEER(starts_with_more_rights),
                                   PEER(opens_with_more_rights),  PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "rights", cases, peers);
}
