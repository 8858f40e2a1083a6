/*
 * A lock that the system cannot release, because its dead owner had unmapped it behind the library's
 * back: who waits for ever is told, and does not wait for ever.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <byname/byname.h>

#include "peer.h"
#include "test.h"

/* What no program may do: unmap all that the library has mapped of its objects. */
static int unmap_objects(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[1000];
    uintptr_t begin, end;
    int count = 0;

    REQUIRE(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (strstr(line, "/byname.") == NULL ||
            sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &begin, &end) != 2)
            continue;
        count += munmap((void *)begin, end - begin) == 0;
    }
    fclose(maps);
    return count;
}

static int locks_and_unmaps(peer_self *self, int argc, char **argv)
{
    byn_mutex *mutex;

    REQUIRE(argc > 0);
    REQUIRE_STATUS(byn_mutex_open(&mutex, argv[0], NULL), BYN_OK);
    REQUIRE_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    REQUIRE(unmap_objects() > 0);
    peer_say(self, "unmapped");
    peer_wait(self, "never");
    return 0;
}

static void lock_of_a_dead_owner_who_unmapped_it_is_told(void)
{
    byn_mutex *mutex;
    peer *owner;

    REQUIRE_STATUS(byn_mutex_open(&mutex, fresh_name(), NULL), BYN_CREATED);
    owner = peer_start(PEER_PROCESS, "locks_and_unmaps", byn_mutex_name(mutex), NULL);
    peer_expect(owner, "unmapped");
    peer_kill(owner);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_FOREVER), BYN_E_CORRUPT);
    CHECK_CONTAINS(byn_last_error(), "is dead, and the system does not release it");
    CHECK_STATUS(byn_mutex_lock(mutex, 50), BYN_E_TIMEDOUT);
    byn_mutex_close(mutex);
}

static const test_case cases[] = {TEST(lock_of_a_dead_owner_who_unmapped_it_is_told), TEST_END};

static const peer_entry peers[] = {PEER(locks_and_unmaps), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stuck", cases, peers);
}
