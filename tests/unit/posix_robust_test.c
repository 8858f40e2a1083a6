/* posix_futex.c: where the kernel finds the owner of a robust mutex. */
#include "kernel.h"
#include "posix.h"
#include "test.h"

enum { NUMBER_MASK = 0x3fffffff };

static bynk_guard guard;

static void word_holds_the_owner_while_locked(void)
{
    byni_a32 *word;

    REQUIRE_STATUS(bynk_begin(), BYN_OK);
    bynk_guard_initialise(&guard);
    word = bynp_robust_word(&guard.lock);
    if (word == NULL)
        test_skip("nothing sleeps on words here");
    CHECK_INT(byni_load32(word), 0);
    REQUIRE_STATUS(bynk_guard_lock(NULL, &guard, BYNK_NOW), BYN_OK);
    CHECK_INT(byni_load32(word) & NUMBER_MASK, bynp_this_thread.number);
    bynk_guard_unlock(NULL, &guard);
    CHECK_INT(byni_load32(word), 0);
}

static void another_mutex_has_it_in_the_same_place(void)
{
    static bynk_guard other;
    byni_a32 *word;

    bynk_guard_initialise(&other);
    word = bynp_robust_word(&other.lock);
    if (word == NULL)
        test_skip("nothing sleeps on words here");
    CHECK((char *)word >= (char *)&other && (char *)word < (char *)(&other + 1));
    CHECK((char *)word - (char *)&other == (char *)bynp_robust_word(&guard.lock) - (char *)&guard);
}

/* Were the trial in posix_straight.c to fail, all would work, and take twice as long. */
static void free_mutexes_are_taken_straight(void)
{
#if defined(WITH_STRAIGHT) && defined(__GLIBC__) && defined(__x86_64__)
    REQUIRE_STATUS(bynk_begin(), BYN_OK);
    (void)bynk_me();
    bynk_guard_initialise(&guard);
    CHECK(bynp_this_thread.head != NULL);
    CHECK(bynp_straight_take(&guard.lock));
    CHECK(bynp_straight_give(&guard.lock));
#else
    test_skip("not with this C library");
#endif
}

static const test_case cases[] = {
    TEST(free_mutexes_are_taken_straight),
    TEST(word_holds_the_owner_while_locked),
    TEST(another_mutex_has_it_in_the_same_place),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "robust", cases, NULL);
}
