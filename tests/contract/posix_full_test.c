/*
 * No more memory in the middle of growth: the call fails, nothing has changed, and it works when there is
 * room again. A file system that is full, and a limit on the size of a file. One row for each kind that grows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <byname/byname.h>

#include "peer.h"
#include "test.h"

enum { PIECE = 20000, MOST = 400, LIMIT = 64 << 20, ROOM = 1 << 20 };

static unsigned char piece[PIECE];

/* Adds a piece; checks that so many are there, and whole. */
typedef struct grower {
    const char *name;
    void *(*open)(void);
    void (*close)(void *handle);
    byn_status (*grow)(void *handle, int already);
    void (*check)(void *handle, int count);
} grower;

/* ---- Memory */

static void *open_memory(void)
{
    byn_memory *memory = NULL;

    REQUIRE_STATUS(byn_memory_open(&memory, "memory",
                                   &BYN_OPTIONS(byn_memory_options, .size = PIECE, .limit = LIMIT)),
                   BYN_CREATED);
    return memory;
}

static void close_memory(void *handle)
{
    byn_memory_close(handle);
}

static byn_status grow_memory(void *handle, int already)
{
    byn_status status = byn_memory_grow(handle, (uint64_t)(already + 2) * PIECE);

    if (status >= 0)
        memset((unsigned char *)byn_memory_base(handle) + (already + 1) * PIECE, 7, PIECE);
    return status;
}

static void check_memory(void *handle, int count)
{
    CHECK_INT(byn_memory_size(handle), (count + 1) * PIECE);
    CHECK_INT(((unsigned char *)byn_memory_base(handle))[byn_memory_size(handle) - 1],
              count > 0 ? 7 : 0);
}

/* ---- Dict */

static void *open_dict(void)
{
    byn_dict *dict = NULL;

    REQUIRE_STATUS(byn_dict_open(&dict, "dict", &BYN_OPTIONS(byn_dict_options, .limit = LIMIT)),
                   BYN_CREATED);
    return dict;
}

static void close_dict(void *handle)
{
    byn_dict_close(handle);
}

static byn_status grow_dict(void *handle, int already)
{
    byn_status status = byn_dict_put(handle, &already, sizeof already, piece, PIECE);

    return status == BYN_CREATED ? BYN_OK : status;
}

static void check_dict(void *handle, int count)
{
    static unsigned char got[PIECE];
    size_t size = PIECE;
    uint64_t there = 0;
    int key = count - 1;

    CHECK_STATUS(byn_dict_count(handle, &there), BYN_OK);
    CHECK_INT(there, count);
    if (count > 0)
        CHECK_STATUS(byn_dict_get(handle, &key, sizeof key, got, &size), BYN_OK);
    CHECK(count == 0 || memcmp(got, piece, PIECE) == 0);
}

/* ---- List */

static void *open_list(void)
{
    byn_list *list = NULL;

    REQUIRE_STATUS(byn_list_open(&list, "list", &BYN_OPTIONS(byn_list_options, .limit = LIMIT)),
                   BYN_CREATED);
    return list;
}

static void close_list(void *handle)
{
    byn_list_close(handle);
}

static byn_status grow_list(void *handle, int already)
{
    (void)already;
    return byn_list_append(handle, piece, PIECE);
}

static void check_list(void *handle, int count)
{
    static unsigned char got[PIECE];
    size_t size = PIECE;
    uint64_t there = 0;

    CHECK_STATUS(byn_list_count(handle, &there), BYN_OK);
    CHECK_INT(there, count);
    if (count > 0)
        CHECK_STATUS(byn_list_get(handle, -1, got, &size), BYN_OK);
    CHECK(count == 0 || memcmp(got, piece, PIECE) == 0);
}

static const grower growers[] = {
    {"memory", open_memory, close_memory, grow_memory, check_memory},
    {"dict", open_dict, close_dict, grow_dict, check_dict},
    {"list", open_list, close_list, grow_list, check_list},
};

enum { GROWERS = sizeof growers / sizeof growers[0] };

/* ---- In a peer: argv[0] is BYNAME_DIR, argv[1] whether a file may not be larger than ROOM */

static void set_file_limit(rlim_t bytes)
{
    struct rlimit limit;

    REQUIRE(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static int fill_up(const grower *g, void *handle, byn_status expected)
{
    byn_status status = BYN_OK;
    int count = 0;

    while (count < MOST && (status = g->grow(handle, count)) >= 0)
        count++;
    CHECK_STATUS(status, expected);
    CHECK_CONTAINS(byn_last_error(), g->name);
    g->check(handle, count);
    return count;
}

static int fills(peer_self *self, int argc, char **argv)
{
    bool limited;
    int i, k;

    REQUIRE_INT(argc, 2);
    limited = atoi(argv[1]) != 0;
    REQUIRE(setenv("BYNAME_DIR", argv[0], 1) == 0);
    memset(piece, 5, sizeof piece);
    for (i = 0; i < GROWERS; i++) {
        void *handle = growers[i].open();
        int count;

        if (limited)
            set_file_limit(ROOM);
        count = fill_up(&growers[i], handle, limited ? BYN_E_LIMIT : BYN_E_NOMEM);
        CHECK(count > 5);
        if (limited) {
            set_file_limit(RLIM_INFINITY);
            for (k = 0; k < 3; k++)
                CHECK_STATUS(growers[i].grow(handle, count + k), BYN_OK);
            growers[i].check(handle, count + 3);
        }
        growers[i].close(handle);
        CHECK_STATUS(byn_remove(growers[i].name), BYN_E_NOTFOUND);
    }
    peer_say(self, "done");
    return 0;
}

/* ---- Cases */

static void fill(const char *directory, const char *limited)
{
    peer *p = peer_start(PEER_PROCESS, "fills", directory, limited, NULL);

    peer_expect(p, "done");
    CHECK_INT(peer_finish(p), 0);
}

static void limit_on_files_stops_growth_and_nothing_else(void)
{
    fill(test_directory(), "1");
}

static void full_file_system_stops_growth_and_nothing_else(void)
{
    char path[600];

    if (geteuid() != 0)
        test_skip("only root can mount a file system");
    (void)snprintf(path, sizeof path, "%s/tiny", test_directory());
    REQUIRE(mkdir(path, 0700) == 0);
    if (mount("byname-test", path, "tmpfs", 0, "size=1m,mode=0700") != 0) {
        int error = errno;

        CHECK(rmdir(path) == 0);
        test_skip("no file system can be mounted here: %s", strerror(error));
    }
    fill(path, "0");
    CHECK(umount(path) == 0);
    CHECK(rmdir(path) == 0);
}

/* ---- Signals */

/* As of a system in which a signal undoes what takes long, for a host to which signals come all the time. */
int __wrap_posix_fallocate(int fd, off_t from, off_t size);
int __real_posix_fallocate(int fd, off_t from, off_t size);

static off_t longest; /* that is not interrupted; 0: nothing is */
static unsigned interrupted;

int __wrap_posix_fallocate(int fd, off_t from, off_t size)
{
    if (longest == 0 || size <= longest)
        return __real_posix_fallocate(fd, from, size);
    interrupted++;
    return EINTR;
}

static void signals_do_not_keep_memory_from_being_had(void)
{
    byn_memory *memory = NULL;
    const unsigned char *base;

    longest = 10000;
    REQUIRE_STATUS(
        byn_memory_open(&memory, fresh_name(),
                        &BYN_OPTIONS(byn_memory_options, .size = 1000001, .limit = 2000003)),
        BYN_CREATED);
    CHECK(interrupted > 0);
    CHECK_STATUS(byn_memory_grow(memory, 2000003), BYN_OK);
    longest = 0;
    base = byn_memory_base(memory);
    CHECK_INT(base[1000000] + base[2000002], 0);
    byn_memory_close(memory);
}

static const test_case cases[] = {
    TEST(limit_on_files_stops_growth_and_nothing_else),
    TEST(full_file_system_stops_growth_and_nothing_else),
    TEST(signals_do_not_keep_memory_from_being_had),
    TEST_END,
};
static const peer_entry peers[] = {PEER(fills), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "full", cases, peers);
}
