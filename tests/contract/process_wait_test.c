/* How processes are waited for. */
#include "process_child.h"

#include <stdlib.h>
#include <string.h>

#include <byname/wait.h>

#include "peer.h"
#include "support.h"

static void exit_code_is_what_main_returned(void)
{
    CHECK_INT(child_result("returns", "0", NULL), 0);
    CHECK_INT(child_result("returns", "1", NULL), 1);
    CHECK_INT(child_result("returns", "255", NULL), 255);
}

static void wait_times_out_and_never_early(void)
{
    enum { TIMEOUT = 60 };
    byn_process *process = start_child("lives", life_begin(), NULL);
    byn_exit end = {.code = 1234};
    int64_t begin = platform_milliseconds();

    CHECK_STATUS(byn_process_wait(process, TIMEOUT, &end), BYN_E_TIMEDOUT);
    CHECK(platform_milliseconds() - begin >= TIMEOUT);
    CHECK_STATUS(byn_process_wait(process, BYN_NOW, &end), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_process_wait(process, -2, &end), BYN_E_INVALID);
    CHECK_INT(end.code, 1234);
    CHECK(byn_process_is_alive(process));
    life_end();
    CHECK_INT(end_of(process).code, 0);
    CHECK(!byn_process_is_alive(process));
    byn_process_close(process);
}

static void wait_may_be_asked_again(void)
{
    byn_process *process = start_child("returns", "3", NULL);
    byn_exit end;

    CHECK_STATUS(byn_process_wait(process, BYN_FOREVER, NULL), BYN_OK);
    CHECK_STATUS(byn_process_wait(process, BYN_NOW, &end), BYN_OK);
    CHECK(end.known);
    CHECK_INT(end.code, 3);
    CHECK_STATUS(byn_process_wait(process, BYN_FOREVER, &end), BYN_OK);
    CHECK_INT(end.code, 3);
    byn_process_close(process);
}

static void what_ended_and_was_not_waited_for_is_not_alive(void)
{
    byn_process *process = start_child("returns", "3", NULL);

    CHECK(process_is_gone((long)byn_process_pid(process)));
    CHECK(!byn_process_is_alive(process));
    CHECK_INT(end_of(process).code, 3);
    byn_process_close(process);
}

static byn_process *shared;

static int waits_for_shared(peer_self *self, int argc, char **argv)
{
    byn_exit end = {.known = false};

    (void)argc;
    (void)argv;
    peer_say(self, "waits");
    CHECK_STATUS(byn_process_wait(shared, BYN_FOREVER, &end), BYN_OK);
    CHECK(end.known);
    CHECK_INT(end.code, 0);
    return 0;
}

static void several_threads_may_wait(void)
{
    peer *threads[4];
    size_t i;

    shared = start_child("lives", life_begin(), NULL);
    for (i = 0; i < 4; i++) {
        threads[i] = peer_start(PEER_THREAD, "waits_for_shared", NULL);
        peer_expect(threads[i], "waits");
    }
    life_end();
    for (i = 0; i < 4; i++)
        CHECK_INT(peer_finish(threads[i]), 0);
    byn_process_close(shared);
}

static int starts_many(peer_self *self, int argc, char **argv)
{
    byn_process_options options =
        BYN_OPTIONS(byn_process_options, .kill_with_parent = strcmp(argv[0], "1") == 0);
    int i;

    (void)self;
    (void)argc;
    for (i = 0; i < 5; i++)
        CHECK_INT(child_result("returns", argv[0], &options), atoi(argv[0]));
    return 0;
}

static void several_threads_may_start(void)
{
    static const char *const codes[] = {"1", "1", "2", "3"};
    peer *threads[4];
    size_t i;

    for (i = 0; i < 4; i++)
        threads[i] = peer_start(PEER_THREAD, "starts_many", codes[i], NULL);
    for (i = 0; i < 4; i++)
        CHECK_INT(peer_finish(threads[i]), 0);
}

static void one_of_several_that_has_ended_is_told(void)
{
    byn_process *lives = start_child("lives", life_begin(), NULL);
    byn_process *returns = start_child("returns", "3", NULL);
    byn_process *killed = start_child("lives", life_begin(), NULL);
    void *all[] = {lives, killed, returns};
    size_t index = 99;

    CHECK_STATUS(byn_wait_any(all, 3, BYN_FOREVER, &index), BYN_OK);
    CHECK_INT(index, 2);
    CHECK_INT(end_of(returns).code, 3);
    CHECK_STATUS(byn_wait_any(all, 2, BYN_NOW, &index), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_process_kill(killed), BYN_OK);
    CHECK_STATUS(byn_wait_any(all, 2, BYN_FOREVER, &index), BYN_OK);
    CHECK_INT(index, 1);
    CHECK_INT(end_of(killed).code, BYN_EXIT_KILLED);
    CHECK_STATUS(byn_wait_all(all, 3, BYN_NOW), BYN_E_TIMEDOUT);
    life_end();
    CHECK_STATUS(byn_wait_all(all, 3, BYN_FOREVER), BYN_OK);
    CHECK_INT(end_of(lives).code, 0);
    byn_process_close(lives);
    byn_process_close(returns);
    byn_process_close(killed);
}

static const test_case cases[] = {
    TEST(exit_code_is_what_main_returned),
    TEST(wait_times_out_and_never_early),
    TEST(wait_may_be_asked_again),
    TEST(what_ended_and_was_not_waited_for_is_not_alive),
    TEST(several_threads_may_wait),
    TEST(several_threads_may_start),
    TEST(one_of_several_that_has_ended_is_told),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(waits_for_shared),
    PEER(starts_many),
    PEER_END,
};

int main(int argc, char **argv)
{
    int code;

    return child_main(argc, argv, &code) ? code
                                         : test_main(argc, argv, "process_wait", cases, peers);
}
