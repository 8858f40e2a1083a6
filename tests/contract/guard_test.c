/* BYN_HOLDING: the mutex is held in the block and free after it, however it is left. */
#include <stdlib.h>
#include <string.h>

#include "remote.h"

#ifdef GUARD_CPP
#include "guard_cpp.h"
#endif

static byn_mutex *opened(bool recursive)
{
    byn_mutex *mutex = NULL;

    REQUIRE_STATUS(byn_mutex_open(&mutex, fresh_name(),
                                  &BYN_OPTIONS(byn_mutex_options, .recursive = recursive)),
                   BYN_CREATED);
    return mutex;
}

static unsigned depth(byn_mutex *mutex)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_mutex_owner(mutex, &info), BYN_OK);
    return info.depth;
}

/* All others can have it, and nothing of it is held. */
static void check_free_and_close(byn_mutex *mutex)
{
    peer *other = remote_start(PEER_THREAD);

    CHECK_INT(depth(mutex), 0);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_E_NOTOWNER);
    CHECK_STATUS(remote_call(other, "mutex 2 0 %s", byn_mutex_name(mutex)), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_OK);
    CHECK_STATUS(remote_call(other, "unlock"), BYN_OK);
    remote_end(other);
    byn_mutex_close(mutex);
}

static void end_of_the_block_unlocks(void)
{
    byn_mutex *mutex = opened(false);
    byn_status status = BYN_E_OS;
    unsigned inside = 0;

    BYN_HOLDING(mutex, BYN_FOREVER, status)
    {
        inside = depth(mutex);
    }
    BYN_HOLDING_END
    CHECK_STATUS(status, BYN_OK);
    CHECK_INT(inside, 1);
    check_free_and_close(mutex);
}

static unsigned returns_from_inside(byn_mutex *mutex, byn_status *status)
{
    BYN_HOLDING(mutex, 1000, *status)
    {
        return depth(mutex) + 10;
    }
    BYN_HOLDING_END
    return 0;
}

static void return_unlocks(void)
{
    byn_mutex *mutex = opened(false);
    byn_status status = BYN_E_OS;

    CHECK_INT(returns_from_inside(mutex, &status), 11);
    CHECK_STATUS(status, BYN_OK);
    check_free_and_close(mutex);
}

static void break_of_an_outer_loop_unlocks(void)
{
    byn_mutex *mutex = opened(false);
    byn_status status = BYN_E_OS;
    int i, after = 0;

    for (i = 0; i < 3; i++) {
        BYN_HOLDING(mutex, BYN_NOW, status)
        {
            if (i == 1)
                break;
        }
        BYN_HOLDING_END
        after++;
    }
    CHECK_INT(i, 1);
    CHECK_INT(after, 1);
    check_free_and_close(mutex);
}

static void continue_unlocks(void)
{
    byn_mutex *mutex = opened(false);
    byn_status status = BYN_E_OS;
    int i, ran = 0, after = 0;

    for (i = 0; i < 3; i++) {
        BYN_HOLDING(mutex, BYN_NOW, status)
        {
            ran++;
            if (i < 2)
                continue;
        }
        BYN_HOLDING_END
        CHECK_STATUS(status, BYN_OK);
        after++;
    }
    CHECK_INT(ran, 3);
    CHECK_INT(after, 1);
    check_free_and_close(mutex);
}

static void goto_unlocks(void)
{
    byn_mutex *mutex = opened(false);
    byn_status status = BYN_E_OS;
    int ran = 0;

    BYN_HOLDING(mutex, BYN_NOW, status)
    {
        ran = 1;
        goto out;
    }
    BYN_HOLDING_END
    ran = 2;
out:
    CHECK_INT(ran, 1);
    CHECK_STATUS(status, BYN_OK);
    check_free_and_close(mutex);
}

static void nested_blocks_unlock_what_they_locked(void)
{
    byn_mutex *outer = opened(true), *inner = opened(false);
    byn_status one = BYN_E_OS, two = BYN_E_OS, three = BYN_E_OS;

    BYN_HOLDING(outer, BYN_NOW, one)
    {
        BYN_HOLDING(inner, BYN_NOW, two)
        {
            BYN_HOLDING(outer, BYN_NOW, three)
            {
                CHECK_INT(depth(outer), 2);
                CHECK_INT(depth(inner), 1);
            }
            BYN_HOLDING_END
            CHECK_INT(depth(outer), 1);
        }
        BYN_HOLDING_END
        CHECK_INT(depth(inner), 0);
        CHECK_INT(depth(outer), 1);
    }
    BYN_HOLDING_END
    CHECK_STATUS(one, BYN_OK);
    CHECK_STATUS(two, BYN_OK);
    CHECK_STATUS(three, BYN_OK);
    check_free_and_close(outer);
    check_free_and_close(inner);
}

static void body_does_not_run_without_the_lock(void)
{
    byn_mutex *mutex = opened(false);
    peer *other = remote_start(PEER_PROCESS);
    byn_status status = BYN_OK;
    int ran = 0;

    CHECK_STATUS(remote_call(other, "mutex 0 0 %s", byn_mutex_name(mutex)), BYN_OK);
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_OK);
    BYN_HOLDING(mutex, 5, status)
    {
        ran = 1;
    }
    BYN_HOLDING_END
    CHECK_STATUS(status, BYN_E_TIMEDOUT);
    BYN_HOLDING(NULL, 5, status)
    {
        ran = 1;
    }
    BYN_HOLDING_END
    CHECK_STATUS(status, BYN_E_INVALID);
    CHECK_INT(ran, 0);
    CHECK_STATUS(remote_call(other, "unlock"), BYN_OK); /* it was left to its owner */
    remote_end(other);
    check_free_and_close(mutex);
}

static void failed_inner_block_keeps_the_outer_lock(void)
{
    byn_mutex *mutex = opened(false);
    byn_status outer = BYN_E_OS, inner = BYN_OK;

    BYN_HOLDING(mutex, BYN_NOW, outer)
    {
        BYN_HOLDING(mutex, BYN_NOW, inner)
        {
            CHECK(false);
        }
        BYN_HOLDING_END
        CHECK_STATUS(inner, BYN_E_DEADLOCK);
        CHECK_INT(depth(mutex), 1);
    }
    BYN_HOLDING_END
    check_free_and_close(mutex);
}

static void body_learns_that_it_is_the_heir(void)
{
    byn_mutex *mutex = opened(false);
    peer *owner = remote_start(PEER_PROCESS);
    byn_status status = BYN_OK;
    int ran = 0;

    CHECK_STATUS(remote_call(owner, "mutex 0 0 %s", byn_mutex_name(mutex)), BYN_OK);
    CHECK_STATUS(remote_call(owner, "lock 0"), BYN_OK);
    peer_kill(owner);
    BYN_HOLDING(mutex, 60000, status)
    {
        ran++;
        CHECK_STATUS(status, BYN_ABANDONED);
    }
    BYN_HOLDING_END
    CHECK_INT(ran, 1);
    check_free_and_close(mutex);
}

static void all_is_the_same_in_cpp(void)
{
#ifdef GUARD_CPP
    static const char *const ways[] = {"end",      "return", "throw", "break",
                                       "continue", "goto",   "nested"};
    peer *other = remote_start(PEER_PROCESS);
    byn_mutex *mutex = opened(true);
    byn_status status;
    size_t i;

    CHECK_STATUS(remote_call(other, "mutex 0 0 %s", byn_mutex_name(mutex)), BYN_OK);
    for (i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        status = BYN_E_OS;
        CHECK_INT(guard_cpp_run(mutex, ways[i], &status), strcmp(ways[i], "continue") == 0 ? 2 : 1);
        CHECK_STATUS(status, BYN_OK);
        CHECK_INT(depth(mutex), 0);
    }
    CHECK_STATUS(remote_call(other, "lock 0"), BYN_OK);
    for (i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        CHECK_INT(guard_cpp_run(mutex, ways[i], &status), 0);
        CHECK_STATUS(status, BYN_E_TIMEDOUT);
    }
    CHECK_STATUS(remote_call(other, "unlock"), BYN_OK);
    remote_end(other);
    check_free_and_close(mutex);
#else
    test_skip("there was no C++ compiler");
#endif
}

static const test_case cases[] = {
    TEST(end_of_the_block_unlocks),
    TEST(return_unlocks),
    TEST(break_of_an_outer_loop_unlocks),
    TEST(continue_unlocks),
    TEST(goto_unlocks),
    TEST(nested_blocks_unlock_what_they_locked),
    TEST(body_does_not_run_without_the_lock),
    TEST(failed_inner_block_keeps_the_outer_lock),
    TEST(body_learns_that_it_is_the_heir),
    TEST(all_is_the_same_in_cpp),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "guard", cases, peers);
}
