/*
 * Kept objects as files: what counts after a reboot, and what is not believed. Where the words stand that
 * are changed here, unit.layout says.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remote.h"

enum {
    NOBODY = 65534,
    PATH_SIZE = 900,
    HEADER = 1536,
    AT_VERSION = 8,
    AT_STATE = 16,
    AT_DOMAIN = 32,
    AT_SIZE = 40,
    AT_KEEP = 100,
    AT_BOOT = 368
};

typedef struct place {
    const char *name;
    char path[PATH_SIZE];
    byn_object_state state;
    bool kept;
    char told[BYN_NAME_MAX + 16]; /* the name, as a visit tells it */
} place;

static bool take_place(const byn_object_info *info, void *context)
{
    place *p = context;

    if (strstr(info->place, p->name) != NULL) {
        (void)snprintf(p->path, sizeof p->path, "%s", info->place);
        p->state = info->state;
        p->kept = info->kept;
        (void)snprintf(p->told, sizeof p->told, "%s", info->name);
    }
    return true;
}

static place look_at(const char *name)
{
    place p = {.name = name};

    CHECK_STATUS(byn_objects_visit(take_place, &p), BYN_OK);
    return p;
}

static byn_status open_value(byn_value **value, const char *name, byn_open_mode open)
{
    return byn_value_open(
        value, name, &BYN_OPTIONS(byn_value_options, .open = open, .keep = true, .initial = 7));
}

/* A kept value of 70 that nobody has open. */
static place keep_one(const char *name)
{
    byn_value *value = NULL;
    place p;

    REQUIRE_STATUS(open_value(&value, name, BYN_CREATE_ONLY), BYN_CREATED);
    CHECK_STATUS(byn_value_set(value, 70), BYN_OK);
    byn_value_close(value);
    p = look_at(name);
    REQUIRE(p.path[0] == '/');
    CHECK_INT(p.state, BYN_OBJECT_KEPT);
    return p;
}

static void patch(const char *path, off_t at, const void *bytes, size_t size)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    REQUIRE(fd >= 0);
    CHECK(pwrite(fd, bytes, size, at) == (ssize_t)size);
    close(fd);
}

static void flip(const char *path, off_t at)
{
    unsigned char byte = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    REQUIRE(fd >= 0);
    CHECK(pread(fd, &byte, 1, at) == 1);
    close(fd);
    byte ^= 1;
    patch(path, at, &byte, 1);
}

static void check_value(const char *name, byn_status expected, int64_t number)
{
    byn_value *value = NULL;
    int64_t found = -1;

    CHECK_STATUS(byn_value_open(&value, name, NULL), expected);
    if (value == NULL)
        return;
    CHECK_STATUS(byn_value_get(value, &found), BYN_OK);
    CHECK_INT(found, number);
    byn_value_close(value);
}

/* ---- Another run of the system */

static void nothing_is_kept_over_a_reboot(void)
{
    const char *name = fresh_name();
    place p = keep_one(name);
    byn_value *value = NULL;

    flip(p.path, AT_BOOT);
    CHECK_STATUS(
        byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY)),
        BYN_E_NOTFOUND);
    CHECK(access(p.path, F_OK) != 0);

    p = keep_one(name);
    flip(p.path, AT_BOOT);
    check_value(name, BYN_CREATED, 0);
    CHECK(access(p.path, F_OK) != 0);

    p = keep_one(name);
    flip(p.path, AT_BOOT);
    CHECK_INT(look_at(name).state, BYN_OBJECT_RECLAIMED);
    CHECK(access(p.path, F_OK) != 0);

    p = keep_one(name);
    flip(p.path, AT_BOOT);
    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE), BYN_CREATED); /* of today */
    byn_value_close(value);
    check_value(name, BYN_OK, 7);
    CHECK_STATUS(byn_remove(name), BYN_OK);
}

/* ---- What is not believed */

static void half_made_is_not_kept(void)
{
    static const unsigned char nothing[4];
    const char *name = fresh_name();
    place p = keep_one(name);

    patch(p.path, AT_STATE, nothing, sizeof nothing);
    check_value(name, BYN_CREATED, 0);
    p = keep_one(name);
    patch(p.path, AT_KEEP, nothing, sizeof nothing);
    check_value(name, BYN_CREATED, 0);
    p = keep_one(name);
    REQUIRE(truncate(p.path, 100) == 0);
    check_value(name, BYN_CREATED, 0);
    p = keep_one(name);
    REQUIRE(truncate(p.path, 0) == 0);
    check_value(name, BYN_CREATED, 0);
}

/* It may be worth something to the program that can read it. */
static void what_another_version_keeps_is_left_alone(void)
{
    const char *name = fresh_name();
    place p = keep_one(name);

    flip(p.path, AT_VERSION);
    check_value(name, BYN_E_MISMATCH, 0);
    CHECK_CONTAINS(byn_last_error(), "another version");
    CHECK_INT(look_at(name).state, BYN_OBJECT_FOREIGN);
    CHECK(access(p.path, F_OK) == 0);
    flip(p.path, AT_VERSION);
    check_value(name, BYN_OK, 70);
    flip(p.path, AT_VERSION);
    CHECK_STATUS(byn_remove(name), BYN_OK);
    check_value(name, BYN_CREATED, 0);
}

/* Of the machine's, too: by the name that is told it can be removed. */
static void what_cannot_be_read_is_told_by_its_scope(void)
{
    const char *name = fresh_name();
    char full[BYN_NAME_MAX + 16];
    byn_value *value = NULL;
    place p;

    (void)snprintf(full, sizeof full, "machine:%s", name);
    REQUIRE_STATUS(open_value(&value, full, BYN_CREATE_ONLY), BYN_CREATED);
    byn_value_close(value);
    p = look_at(name);
    CHECK_STR(p.told, full);
    flip(p.path, AT_VERSION);
    p = look_at(name);
    CHECK_INT(p.state, BYN_OBJECT_FOREIGN);
    CHECK_STR(p.told, full);
    CHECK_STATUS(byn_remove(p.told), BYN_OK);
}

static void name_space_of_processes_is_told_from_others(void)
{
    const char *name = fresh_name();
    place p = keep_one(name);

    flip(p.path, AT_DOMAIN);
    check_value(name, BYN_E_MISMATCH, 0);
    CHECK_CONTAINS(byn_last_error(), "name space");
    CHECK_STATUS(byn_remove(name), BYN_OK);
}

static void broken_file_is_told_and_removable(void)
{
    static const unsigned char huge[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    const char *name = fresh_name();
    place p = keep_one(name);

    patch(p.path, AT_SIZE, huge, sizeof huge);
    check_value(name, BYN_E_CORRUPT, 0);
    CHECK_CONTAINS(byn_last_error(), "remove it");
    CHECK_STATUS(byn_remove(name), BYN_OK);
    p = keep_one(name);
    REQUIRE(truncate(p.path, HEADER) == 0); /* the header is whole, the value is gone */
    check_value(name, BYN_E_CORRUPT, 0);
    CHECK_STATUS(byn_remove(name), BYN_OK);
}

/* Each byte of the header in its turn: refused with a reason, or harmless. */
static void any_byte_may_be_wrong(void)
{
    enum { ALL = AT_BOOT + 8 };
    const char *name = fresh_name();
    int i;

    for (i = 0; i < ALL; i += i < 128 ? 1 : 7) {
        place p = keep_one(name);
        byn_value *value = NULL;
        byn_status status;

        flip(p.path, i);
        status = open_value(&value, name, BYN_OPEN_OR_CREATE);
        if (status < 0)
            CHECK(status == BYN_E_CORRUPT || status == BYN_E_MISMATCH);
        else
            CHECK(byn_value_add(value, 1, NULL) >= 0);
        byn_value_close(value);
        CHECK_STATUS(byn_remove(name), BYN_OK);
    }
}

/* ---- Rights */

static int opens_as_nobody(peer_self *self, int argc, char **argv)
{
    byn_value *value = NULL;
    byn_status status;

    REQUIRE_INT(argc, 1);
    REQUIRE(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    status = byn_value_open(&value, argv[0],
                            &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY, .keep = true));
    if (status >= 0)
        CHECK_STATUS(byn_value_add(value, 5, NULL), BYN_OK);
    byn_value_close(value);
    peer_say(self, "%s %s", byn_status_name(status), byn_status_name(byn_remove(argv[0])));
    return 0;
}

static void check_as_nobody(const char *name, const char *expected)
{
    peer *p = peer_start(PEER_PROCESS, "opens_as_nobody", name, NULL);

    peer_expect(p, expected);
    CHECK_INT(peer_finish(p), 0);
}

static void mode_of_what_is_kept_holds(void)
{
    static const uint32_t modes[] = {0600, 0666};
    char name[200];
    size_t i;

    if (geteuid() != 0)
        test_skip("needs root, to be two users");
    REQUIRE(chmod(test_directory(), 0711) == 0);
    for (i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        byn_value *value = NULL;

        (void)snprintf(name, sizeof name, "machine:%s", fresh_name());
        REQUIRE_STATUS(
            byn_value_open(&value, name,
                           &BYN_OPTIONS(byn_value_options, .mode = modes[i], .keep = true)),
            BYN_CREATED);
        byn_value_close(value);
        /* Only its owner may remove it. */
        check_as_nobody(name,
                        modes[i] == 0666 ? "BYN_OK BYN_E_ACCESS" : "BYN_E_ACCESS BYN_E_ACCESS");
        check_value(name, BYN_OK, modes[i] == 0666 ? 5 : 0);
        CHECK_STATUS(byn_remove(name), BYN_OK);
    }
    REQUIRE(chmod(test_directory(), 0700) == 0);
}

/* ---- No room */

static int keeps_on_a_full_disk(peer_self *self, int argc, char **argv)
{
    byn_memory *memory = NULL, *big = NULL;
    byn_memory_options options =
        BYN_OPTIONS(byn_memory_options, .size = 100000, .limit = 4 << 20, .keep = true);

    REQUIRE_INT(argc, 1);
    REQUIRE(setenv("BYNAME_DIR", argv[0], 1) == 0);
    REQUIRE_STATUS(byn_memory_open(&memory, "small", &options), BYN_CREATED);
    memset(byn_memory_base(memory), 7, 100000);
    CHECK_STATUS(byn_memory_grow(memory, 4 << 20), BYN_E_NOMEM);
    byn_memory_close(memory);
    options.size = 4 << 20;
    CHECK_STATUS(byn_memory_open(&big, "big", &options), BYN_E_NOMEM);
    CHECK_STATUS(byn_remove("big"), BYN_E_NOTFOUND);
    REQUIRE_STATUS(byn_memory_open(&memory, "small", NULL), BYN_OK);
    CHECK_INT(byn_memory_size(memory), 100000);
    CHECK_INT(((unsigned char *)byn_memory_base(memory))[99999], 7);
    byn_memory_close(memory);
    CHECK_STATUS(byn_remove("small"), BYN_OK);
    peer_say(self, "done");
    return 0;
}

static void full_file_system_loses_nothing(void)
{
    char path[PATH_SIZE];
    peer *p;

    if (geteuid() != 0)
        test_skip("needs root, to mount a file system");
    (void)snprintf(path, sizeof path, "%s/tiny", test_directory());
    REQUIRE(mkdir(path, 0700) == 0);
    if (mount("byname-test", path, "tmpfs", 0, "size=1m,mode=0700") != 0) {
        int error = errno;

        CHECK(rmdir(path) == 0);
        test_skip("no file system can be mounted here: %s", strerror(error));
    }
    p = peer_start(PEER_PROCESS, "keeps_on_a_full_disk", path, NULL);
    peer_expect(p, "done");
    CHECK_INT(peer_finish(p), 0);
    CHECK(umount(path) == 0);
    CHECK(rmdir(path) == 0);
}

static const test_case cases[] = {
    TEST(nothing_is_kept_over_a_reboot),
    TEST(half_made_is_not_kept),
    TEST(what_another_version_keeps_is_left_alone),
    TEST(what_cannot_be_read_is_told_by_its_scope),
    TEST(name_space_of_processes_is_told_from_others),
    TEST(broken_file_is_told_and_removable),
    TEST(any_byte_may_be_wrong),
    TEST(mode_of_what_is_kept_holds),
    TEST(full_file_system_loses_nothing),
    TEST_END,
};

static const peer_entry peers[] = {PEER(opens_as_nobody), PEER(keeps_on_a_full_disk), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "keep_files", cases, peers);
}
