/*
 * Whether this C library keeps robust mutexes as bynp_straight in kernel_types.h says, seen by trial: one is
 * locked and unlocked in both ways, and looked at in between. Of another library, and of a later version
 * that does it differently, nothing is assumed; then all goes through its functions.
 */
#include "posix.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool known;

static bynp_head *head_of_thread(void)
{
    struct robust_list_head *head = NULL;
    size_t size = 0;

    if (syscall(SYS_get_robust_list, 0, &head, &size) != 0 || head == NULL || size != sizeof *head)
        return NULL;
    return (bynp_head *)(void *)((char *)head - offsetof(bynp_head, next));
}

typedef union trial {
    pthread_mutex_t lock;
    bynp_straight is;
} trial;

static bool is_held(const trial *t, const bynp_head *head)
{
    return byni_load32(&t->is.word) == bynp_this_thread.number &&
           t->is.owner == bynp_this_thread.number && t->is.users == 1 &&
           t->is.previous == &head->next && t->is.next == &head->next &&
           head->next == &t->is.next && head->last == &t->is.next && head->pending == NULL;
}

static bool is_free(const trial *t, const bynp_head *head)
{
    return byni_load32(&t->is.word) == 0 && t->is.owner == 0 && t->is.users == 0 &&
           t->is.previous == NULL && t->is.next == NULL && head->next == &head->next &&
           head->last == &head->next && head->pending == NULL;
}

/* Taken by the library; given straight; taken straight; given by the library. */
static bool agree(trial *t, bynp_head *head)
{
    if (!is_free(t, head) || pthread_mutex_lock(&t->lock) != 0)
        return false;
    if (!is_held(t, head) || !bynp_straight_give(&t->lock)) {
        (void)pthread_mutex_unlock(&t->lock);
        return false;
    }
    if (!is_free(t, head) || !bynp_straight_take(&t->lock))
        return false;
    return is_held(t, head) && pthread_mutex_unlock(&t->lock) == 0 && is_free(t, head);
}

/* A thread that holds one already, its user's, sees nothing here. */
void bynp_straight_learn(void)
{
    const bynp_thread before = bynp_this_thread;
    bynp_head *head = head_of_thread();
    trial t;

    if (sizeof(bynp_straight) > sizeof t.lock || sizeof(void *) != 8 || head == NULL ||
        head->word != (long)offsetof(bynp_straight, word) - (long)offsetof(bynp_straight, next))
        return;
    bynp_robust_initialise(&t.lock);
    bynp_this_thread.number = (uint32_t)syscall(SYS_gettid);
    bynp_this_thread.head = head;
    known = agree(&t, head);
    bynp_this_thread = before;
    (void)pthread_mutex_destroy(&t.lock);
}

bynp_head *bynp_straight_head(void)
{
    return known ? head_of_thread() : NULL;
}

BYNI_COLD void bynp_straight_wake(byni_a32 *word)
{
    const int wake = bynp_this_thread.wakes_all == word ? INT_MAX : 1;

    bynp_this_thread.wakes_all = NULL;
    (void)syscall(SYS_futex, word, FUTEX_WAKE, wake, NULL, NULL, 0);
}
