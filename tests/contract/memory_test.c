/* byn_memory: exact size, zero-filled, grows in place, and never more than there is room for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"

enum { PAGE = 4096 };

static byn_memory *opened(const char *name, uint64_t size, uint64_t limit)
{
    byn_memory *memory = NULL;

    REQUIRE_STATUS(byn_memory_open(&memory, name,
                                   &BYN_OPTIONS(byn_memory_options, .size = size, .limit = limit)),
                   BYN_CREATED);
    return memory;
}

static byn_status open_with(byn_memory **memory, const char *name, uint64_t size, uint64_t limit)
{
    return byn_memory_open(memory, name,
                           &BYN_OPTIONS(byn_memory_options, .size = size, .limit = limit));
}

static bool all_are(const unsigned char *bytes, size_t size, unsigned char byte)
{
    size_t i;

    for (i = 0; i < size && bytes[i] == byte; i++)
        continue;
    return i == size;
}

static void size_is_exact_and_bytes_are_zero(void)
{
    static const size_t sizes[] = {1, 7, 4095, 4096, 4097, 100000, 3000000};
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        byn_memory *memory = opened(fresh_name(), sizes[i], 0);
        unsigned char *base = byn_memory_base(memory);

        CHECK_INT(byn_memory_size(memory), sizes[i]);
        REQUIRE(base != NULL);
        CHECK_INT((uintptr_t)base % PAGE, 0);
        CHECK(all_are(base, sizes[i], 0));
        memset(base, 0xff, sizes[i]);
        byn_memory_close(memory);
    }
}

static void next_life_of_a_name_is_zero_again(void)
{
    const char *name = fresh_name();
    byn_memory *memory = opened(name, 10000, 0);

    memset(byn_memory_base(memory), 0xff, 10000);
    byn_memory_close(memory);
    memory = opened(name, 20000, 0);
    CHECK(all_are(byn_memory_base(memory), 20000, 0));
    byn_memory_close(memory);
}

static void memory_left_by_the_killed_is_zero_again(void)
{
    const char *name = fresh_name();
    peer *p = remote_start(PEER_PROCESS);
    byn_memory *memory;

    CHECK_STATUS(remote_call(p, "memory 0 10000 0 %s", name), BYN_CREATED);
    CHECK_STATUS(remote_call(p, "write 0 1"), BYN_OK);
    CHECK_STATUS(remote_call(p, "write 9999 2"), BYN_OK);
    peer_kill(p);
    memory = opened(name, 10000, 20000);
    CHECK(all_are(byn_memory_base(memory), 10000, 0));
    CHECK_STATUS(byn_memory_grow(memory, 20000), BYN_OK);
    CHECK(all_are(byn_memory_base(memory), 20000, 0));
    byn_memory_close(memory);
}

static void is_shared_with(peer_kind kind)
{
    const char *name = fresh_name();
    byn_memory *memory = opened(name, 5000, 0);
    unsigned char *base = byn_memory_base(memory);
    peer *p = remote_start(kind);

    CHECK_STR(byn_memory_name(memory), name);
    base[0] = 11;
    base[4999] = 12;
    CHECK_STATUS(remote_call(p, "memory 0 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "size"), BYN_OK);
    CHECK_INT(remote_number(), 5000);
    CHECK_STATUS(remote_call(p, "read 0"), BYN_OK);
    CHECK_INT(remote_number(), 11);
    CHECK_STATUS(remote_call(p, "read 4999"), BYN_OK);
    CHECK_INT(remote_number(), 12);
    CHECK_STATUS(remote_call(p, "write 4998 200"), BYN_OK);
    CHECK_INT(base[4998], 200);
    remote_end(p);
    byn_memory_close(memory);
}

static void bytes_are_shared_with_processes_and_threads(void)
{
    is_shared_with(PEER_PROCESS);
    is_shared_with(PEER_THREAD);
}

static void what_a_killed_process_wrote_is_there(void)
{
    const char *name = fresh_name();
    byn_memory *memory = opened(name, 10, 0);
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "memory 0 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "write 3 42"), BYN_OK);
    peer_kill(p);
    CHECK_INT(((unsigned char *)byn_memory_base(memory))[3], 42);
    byn_memory_close(memory);
}

/* ---- Sizes and limits of openers */

static void later_opener_passes_the_same_size_or_none(void)
{
    const char *name = fresh_name();
    byn_memory *memory = opened(name, 5000, 9000), *again = NULL;
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(open_with(&again, name, 5001, 0), BYN_E_MISMATCH);
    CHECK_CONTAINS(byn_last_error(), "size is 5000 there and 5001 here");
    CHECK_STATUS(open_with(&again, name, 0, 10000), BYN_E_MISMATCH);
    CHECK_CONTAINS(byn_last_error(), "limit");
    CHECK_STATUS(remote_call(p, "memory 0 4096 0 %s", name), BYN_E_MISMATCH);
    CHECK_STATUS(remote_call(p, "memory 0 5000 8000 %s", name), BYN_E_MISMATCH);
    CHECK_STATUS(remote_call(p, "memory 1 0 0 %s", name), BYN_E_EXISTS);
    CHECK_STATUS(remote_call(p, "memory 0 5000 9000 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close memory"), BYN_OK);
    CHECK_STATUS(remote_call(p, "memory 0 5000 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close memory"), BYN_OK);
    CHECK_STATUS(remote_call(p, "memory 2 0 9000 %s", name), BYN_OK);
    CHECK(again == NULL);
    remote_end(p);
    byn_memory_close(memory);
}

static void limit_of_one_that_cannot_grow_is_its_size(void)
{
    const char *name = fresh_name();
    byn_memory *memory = opened(name, 5000, 0), *again = NULL;

    CHECK_STATUS(open_with(&again, name, 0, 5000), BYN_OK);
    byn_memory_close(again);
    CHECK_STATUS(open_with(&again, name, 0, 5001), BYN_E_MISMATCH);
    byn_memory_close(memory);
}

static void size_is_needed_to_create(void)
{
    const char *name = fresh_name();
    byn_memory *memory = NULL;

    CHECK_STATUS(byn_memory_open(&memory, name, NULL), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "to create it say the option `size`");
    CHECK_CONTAINS(byn_last_error(), "size");
    CHECK_STATUS(open_with(&memory, name, 0, 100), BYN_E_INVALID);
    CHECK_STATUS(open_with(&memory, name, 101, 100), BYN_E_INVALID);
    CHECK_STATUS(byn_memory_open(NULL, name, NULL), BYN_E_INVALID);
    CHECK_STATUS(
        byn_memory_open(&memory, name, &BYN_OPTIONS(byn_memory_options, .open = BYN_OPEN_ONLY)),
        BYN_E_NOTFOUND);
    CHECK(memory == NULL);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
}

static void too_much_is_refused_with_its_reason(void)
{
    static const uint64_t sizes[] = {UINT64_C(1) << 45, UINT64_C(1) << 62, INT64_MAX - PAGE,
                                     INT64_MAX,         UINT64_MAX - 1,    UINT64_MAX};
    const char *name = fresh_name();
    byn_memory *memory = NULL;
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        byn_status status = open_with(&memory, name, sizes[i], 0);

        CHECK(status == BYN_E_NOMEM || status == BYN_E_LIMIT ||
              (status == BYN_E_INVALID && sizes[i] >= INT64_MAX - PAGE));
        CHECK_CONTAINS(byn_last_error(), name);
        CHECK_CONTAINS(byn_last_error(), byn_status_name(status));
        CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
    }
    CHECK(memory == NULL);
    memory = opened(name, 1, 0);
    byn_memory_close(memory);
}

/* ---- Growing */

static void grows_in_place_for_all(peer_kind kind)
{
    const char *name = fresh_name();
    byn_memory *memory = opened(name, 100, 1000000);
    unsigned char *base = byn_memory_base(memory);
    peer *p = remote_start(kind);

    memset(base, 1, 100);
    CHECK_STATUS(remote_call(p, "memory 0 0 0 %s", name), BYN_OK);
    CHECK_STATUS(byn_memory_grow(memory, 50000), BYN_OK);
    CHECK_INT(byn_memory_size(memory), 50000);
    CHECK(byn_memory_base(memory) == (void *)base);
    CHECK(all_are(base, 100, 1));
    CHECK(all_are(base + 100, 49900, 0));
    base[49999] = 77;
    CHECK_STATUS(remote_call(p, "size"), BYN_OK);
    CHECK_INT(remote_number(), 50000);
    CHECK_STATUS(remote_call(p, "read 49999"), BYN_OK);
    CHECK_INT(remote_number(), 77);
    CHECK_STATUS(remote_call(p, "grow 1000000"), BYN_OK);
    CHECK_STATUS(remote_call(p, "write 999999 5"), BYN_OK);
    CHECK_INT(byn_memory_size(memory), 1000000);
    CHECK_INT(base[999999], 5);
    CHECK(all_are(base + 50000, 949999, 0));
    CHECK(byn_memory_base(memory) == (void *)base);
    remote_end(p);
    byn_memory_close(memory);
}

static void grows_in_place_for_all_processes(void)
{
    grows_in_place_for_all(PEER_PROCESS);
}

static void grows_in_place_for_all_threads(void)
{
    grows_in_place_for_all(PEER_THREAD);
}

static void grown_memory_is_joined_with_the_creators_size(void)
{
    const char *name = fresh_name();
    byn_memory *memory = opened(name, 100, 100000);
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(byn_memory_grow(memory, 99999), BYN_OK);
    CHECK_STATUS(remote_call(p, "memory 0 100 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "size"), BYN_OK);
    CHECK_INT(remote_number(), 99999);
    CHECK_STATUS(remote_call(p, "write 99998 1"), BYN_OK);
    remote_end(p);
    byn_memory_close(memory);
}

static void grow_keeps_to_the_limit_and_never_shrinks(void)
{
    byn_memory *memory = opened(fresh_name(), 100, 10000);

    CHECK_STATUS(byn_memory_grow(memory, 10001), BYN_E_LIMIT);
    CHECK_CONTAINS(byn_last_error(), "10000");
    CHECK_STATUS(byn_memory_grow(memory, UINT64_MAX), BYN_E_LIMIT);
    CHECK_INT(byn_memory_size(memory), 100);
    CHECK_STATUS(byn_memory_grow(memory, 0), BYN_OK);
    CHECK_STATUS(byn_memory_grow(memory, 100), BYN_OK);
    CHECK_STATUS(byn_memory_grow(memory, 99), BYN_OK);
    CHECK_INT(byn_memory_size(memory), 100);
    CHECK_STATUS(byn_memory_grow(memory, 10000), BYN_OK);
    CHECK_INT(byn_memory_size(memory), 10000);
    CHECK_STATUS(byn_memory_grow(memory, 5000), BYN_OK);
    CHECK_INT(byn_memory_size(memory), 10000);
    byn_memory_close(memory);
    memory = opened(fresh_name(), 100, 0);
    CHECK_STATUS(byn_memory_grow(memory, 101), BYN_E_LIMIT);
    CHECK_STATUS(byn_memory_grow(memory, 100), BYN_OK);
    byn_memory_close(memory);
}

static int grows_by_steps(peer_self *self, int argc, char **argv)
{
    byn_memory *memory = NULL;
    uint64_t own = argc == 2 ? (uint64_t)atoi(argv[1]) : 0, size;

    REQUIRE_STATUS(byn_memory_open(&memory, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    if (peer_wait(self, "go")) {
        for (size = own; size <= 1000000; size += 4000) {
            unsigned char *base = byn_memory_base(memory);

            REQUIRE_STATUS(byn_memory_grow(memory, size), BYN_OK);
            REQUIRE(byn_memory_size(memory) >= size);
            REQUIRE_INT(base[size - 1], 0);
            base[size - 1] = (unsigned char)own;
        }
    }
    byn_memory_close(memory);
    return 0;
}

static void all_may_grow_at_once(void)
{
    enum { PEERS = 4 };
    const char *name = fresh_name();
    byn_memory *memory = opened(name, 1, 1000000);
    const unsigned char *base = byn_memory_base(memory);
    peer *peers[PEERS];
    size_t size;
    int i;

    for (i = 0; i < PEERS; i++) {
        char own[16];

        (void)snprintf(own, sizeof own, "%d", i + 2);
        peers[i] =
            peer_start(i % 2 == 0 ? PEER_PROCESS : PEER_THREAD, "grows_by_steps", name, own, NULL);
    }
    for (i = 0; i < PEERS; i++)
        peer_expect(peers[i], "ready");
    for (i = 0; i < PEERS; i++)
        peer_tell(peers[i], "go");
    for (i = 0; i < PEERS; i++)
        CHECK_INT(peer_finish(peers[i]), 0);
    for (i = 2; i < PEERS + 2; i++)
        for (size = (size_t)i; size <= 1000000; size += 4000)
            REQUIRE_INT(base[size - 1], i);
    byn_memory_close(memory);
}

static void null_is_invalid(void)
{
    CHECK(byn_memory_base(NULL) == NULL);
    CHECK_INT(byn_memory_size(NULL), 0);
    CHECK_STATUS(byn_memory_grow(NULL, 1), BYN_E_INVALID);
    CHECK(byn_memory_name(NULL) == NULL);
    byn_memory_close(NULL);
}

static const test_case cases[] = {
    TEST(size_is_exact_and_bytes_are_zero),
    TEST(next_life_of_a_name_is_zero_again),
    TEST(memory_left_by_the_killed_is_zero_again),
    TEST(bytes_are_shared_with_processes_and_threads),
    TEST(what_a_killed_process_wrote_is_there),
    TEST(later_opener_passes_the_same_size_or_none),
    TEST(limit_of_one_that_cannot_grow_is_its_size),
    TEST(size_is_needed_to_create),
    TEST(too_much_is_refused_with_its_reason),
    TEST(grows_in_place_for_all_processes),
    TEST(grows_in_place_for_all_threads),
    TEST(grown_memory_is_joined_with_the_creators_size),
    TEST(grow_keeps_to_the_limit_and_never_shrinks),
    TEST(all_may_grow_at_once),
    TEST(null_is_invalid),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(grows_by_steps), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "memory", cases, peers);
}
