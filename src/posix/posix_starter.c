/*
 * Linux kills a child "with its parent" when the thread that started it ends. So such children are started by a
 * thread that lives as long as the process.
 *
 * The main thread is one, unless it leaves by pthread_exit(): then it stays here, at the very end of its
 * destructors, for the sake of its children. So it starts them itself.
 *
 * For all others a thread of the library does it, which costs two wake-ups. It is made when the first of them is
 * asked for, blocks all signals, and lives as long as the process; a forked child of the process has none, and
 * makes its own. What belongs to a thread and a child inherits (processors, priority) is that of the thread which
 * asked first.
 *
 * Because of either a process whose main thread left by pthread_exit() does not end with its last other thread.
 */
#include "posix_process.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* Made anew in a forked child: the old one's lock may have been held when the process forked. */
typedef struct starter {
    uint64_t token; /* the process whose thread it is */
    pthread_mutex_t lock;
    pthread_cond_t wanted;   /* for the thread */
    pthread_cond_t finished; /* for those that ask */
    bynp_start *asked;       /* NULL: nothing to do */
    bool done;               /* what was asked, and the asker has not yet seen it */
} starter;

static starter *the_starter; /* under the library's lock */

static void *serve(void *argument)
{
    starter *self = argument;

    (void)pthread_mutex_lock(&self->lock);
    for (;;) {
        bynp_start *start;

        while (self->asked == NULL || self->done)
            (void)pthread_cond_wait(&self->wanted, &self->lock);
        start = self->asked;
        (void)pthread_mutex_unlock(&self->lock);
        bynp_start_here(start);
        (void)pthread_mutex_lock(&self->lock);
        self->done = true;
        (void)pthread_cond_broadcast(&self->finished);
    }
    return NULL;
}

static starter *create_starter(int *error)
{
    starter *self = calloc(1, sizeof *self);

    *error = ENOMEM;
    if (self == NULL)
        return NULL;
    self->token = bynk_token();
    (void)pthread_mutex_init(&self->lock, NULL);
    (void)pthread_cond_init(&self->wanted, NULL);
    (void)pthread_cond_init(&self->finished, NULL);
    *error = bynp_thread_create(serve, self);
    if (*error == 0)
        return self;
    free(self);
    return NULL;
}

/* This process' one. */
static byn_status find_starter(starter **found)
{
    int error = 0;

    bynk_library_lock();
    if (the_starter != NULL && the_starter->token != bynk_token()) {
        free(the_starter); /* the parent's, whose thread is not here */
        the_starter = NULL;
    }
    if (the_starter == NULL)
        the_starter = create_starter(&error);
    *found = the_starter;
    bynk_library_unlock();
    return error == 0 ? BYN_OK : bynp_fail(error, "cannot make the thread that starts processes");
}

/* ---- The main thread ------------------------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool there;

/* Of the main thread alone: the process in which it has started children, and how often it was asked to leave. */
static uint64_t bound_in;
static int asked_to_leave;

/* Others' destructors first: these are called again until none has anything left, or as often as the system
 * does it. */
static void stay(void *value)
{
    if (bound_in != bynk_token()) /* a forked child has none of them */
        return;
    if (++asked_to_leave < PTHREAD_DESTRUCTOR_ITERATIONS && pthread_setspecific(key, value) == 0)
        return;
    for (;;)
        (void)pause();
}

static void make_key(void)
{
    there = pthread_key_create(&key, stay) == 0;
}

/* Whether the caller is the main thread, and does not end before the process. */
static bool stays(void)
{
    (void)bynk_me();
    if (bynp_this_thread.number != (uint32_t)getpid())
        return false;
    (void)pthread_once(&once, make_key);
    if (!there || pthread_setspecific(key, &bound_in) != 0)
        return false;
    bound_in = bynk_token();
    asked_to_leave = 0;
    return true;
}

/* ---- Any thread ------------------------------------------------------------------------------------ */

/* What is asked for lies on the stack of the caller, who is not canceled meanwhile. */
static byn_status start_by_starter(bynp_start *start)
{
    starter *self;
    byn_status status = find_starter(&self);
    int cancellation;

    if (status < 0)
        return status;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
    (void)pthread_mutex_lock(&self->lock);
    while (self->asked != NULL)
        (void)pthread_cond_wait(&self->finished, &self->lock);
    self->asked = start;
    (void)pthread_cond_signal(&self->wanted);
    while (!(self->asked == start && self->done))
        (void)pthread_cond_wait(&self->finished, &self->lock);
    self->asked = NULL;
    self->done = false;
    (void)pthread_cond_broadcast(&self->finished);
    (void)pthread_mutex_unlock(&self->lock);
    (void)pthread_setcancelstate(cancellation, NULL);
    return BYN_OK;
}

byn_status bynp_start_bound(bynp_start *start)
{
    if (!stays())
        return start_by_starter(start);
    bynp_start_here(start);
    return BYN_OK;
}
