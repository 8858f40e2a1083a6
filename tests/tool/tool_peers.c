/* Peers of the tests of the tool; most are commands that it runs. */
#include "tool_peers.h"

#include <stdlib.h>

#include <byname/byname.h>

int exits_with(peer_self *self, int argc, char **argv)
{
    (void)self;
    return argc == 1 ? atoi(argv[0]) : 99;
}

int says_its_arguments(peer_self *self, int argc, char **argv)
{
    int i;

    for (i = 0; i < argc; i++)
        peer_say(self, "<%s>", argv[i]);
    return 0;
}

/* Reads, waits, writes: loses additions if two do it at a time. */
int adds_slowly(peer_self *self, int argc, char **argv)
{
    byn_value *value;
    byn_event *never;
    int64_t number = 0;
    int i;

    (void)self;
    REQUIRE_INT(argc, 1);
    REQUIRE(byn_value_open(&value, argv[0],
                           &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY)) >= 0);
    REQUIRE(byn_event_open(&never, NULL, NULL) >= 0);
    for (i = 0; i < 10; i++) {
        byn_value_get(value, &number);
        CHECK_STATUS(byn_event_wait(never, 2), BYN_E_TIMEDOUT);
        byn_value_set(value, number + 1);
    }
    byn_event_close(never);
    byn_value_close(value);
    return 0;
}

/* Holds the mutex argv[0], says so by the event argv[1], and does not end by itself for long. */
int holds_for_ever(peer_self *self, int argc, char **argv)
{
    byn_mutex *mutex;
    byn_event *ready;
    byn_event *never;

    (void)self;
    REQUIRE_INT(argc, 2);
    REQUIRE(byn_mutex_open(&mutex, argv[0], NULL) >= 0);
    REQUIRE_STATUS(byn_mutex_lock(mutex, PATIENCE), BYN_OK);
    REQUIRE(byn_event_open(&ready, argv[1], NULL) >= 0);
    REQUIRE(byn_event_open(&never, NULL, NULL) >= 0);
    byn_event_set(ready);
    CHECK_STATUS(byn_event_wait(never, 4 * PATIENCE), BYN_E_TIMEDOUT);
    return 1;
}

int holds_mutex(peer_self *self, int argc, char **argv)
{
    byn_mutex *mutex;

    REQUIRE_INT(argc, 1);
    REQUIRE(byn_mutex_open(&mutex, argv[0], NULL) >= 0);
    REQUIRE_STATUS(byn_mutex_lock(mutex, PATIENCE), BYN_OK);
    peer_say(self, "locked");
    peer_wait(self, "unlock");
    byn_mutex_unlock(mutex);
    byn_mutex_close(mutex);
    return 0;
}
