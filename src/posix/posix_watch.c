/*
 * A death cannot be slept for together with words: the kernel tells it through a descriptor. So a thread of
 * the library waits for the descriptors, and when a process has ended it changes a word and wakes who
 * sleeps on that. It is made when somebody first sleeps so, blocks all signals, and lives as long as the
 * process; a forked child has none, and makes its own.
 *
 * Nothing depends on it: where it cannot be made, a death is seen at the sleeper's next heartbeat.
 */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "posix_process.h"

/* Made anew in a forked child: the old one's lock may have been held when the process forked. */
typedef struct watcher {
    uint64_t token; /* the process whose thread it is */
    pthread_mutex_t lock;
    int epoll;
    bynp_watch *first; /* under the lock */
} watcher;

static watcher *the_watcher; /* under the library's lock */

static void say_ended(bynp_watch *watch)
{
    byni_store32(&watch->ended, 1);
    bynp_wake_word(&watch->ended, UINT32_MAX);
    if (watch->spot != NULL)
        bynk_spot_add(watch->segment, watch->spot, 1, UINT32_MAX);
}

/* It may have been ended, and its place be used for another, since the kernel told of it. */
static void tell(watcher *self, const bynp_watch *watch)
{
    bynp_watch *at;

    (void)pthread_mutex_lock(&self->lock);
    for (at = self->first; at != NULL && at != watch; at = at->next)
        continue;
    if (at != NULL && bynp_pidfd_ended(at->pidfd, 0) != 0) {
        (void)epoll_ctl(self->epoll, EPOLL_CTL_DEL, at->pidfd, NULL);
        say_ended(at);
    }
    (void)pthread_mutex_unlock(&self->lock);
}

static void *serve(void *argument)
{
    enum { EVENTS = 16 };
    struct epoll_event events[EVENTS];
    watcher *self = argument;

    for (;;) {
        int count = epoll_wait(self->epoll, events, EVENTS, -1), i;

        if (count < 0 && errno != EINTR)
            return NULL;
        for (i = 0; i < count; i++)
            tell(self, events[i].data.ptr);
    }
}

static watcher *create_watcher(void)
{
    watcher *self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    self->token = bynk_token();
    (void)pthread_mutex_init(&self->lock, NULL);
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (self->epoll >= 0 && bynp_thread_create(serve, self) == 0)
        return self;
    if (self->epoll >= 0)
        (void)close(self->epoll);
    free(self);
    return NULL;
}

/* At once: later its number may be that of something else, if the child has closed all that it inherited. */
void bynp_watch_in_child(void)
{
    if (the_watcher != NULL && the_watcher->epoll >= 0)
        (void)close(the_watcher->epoll);
    if (the_watcher != NULL)
        the_watcher->epoll = -1;
}

/* This process' one; NULL: there is none. */
static watcher *find_watcher(void)
{
    watcher *found;

    bynk_library_lock();
    if (the_watcher != NULL && the_watcher->token != bynk_token()) {
        free(the_watcher); /* the parent's, whose thread is not here */
        the_watcher = NULL;
    }
    if (the_watcher == NULL)
        the_watcher = create_watcher();
    found = the_watcher;
    bynk_library_unlock();
    return found;
}

static bool begin(bynp_watch *watch, int pidfd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};
    watcher *self = find_watcher();
    bool begun;

    watch->pidfd = pidfd;
    byni_store32(&watch->ended, 0);
    if (self == NULL || pidfd < 0)
        return false;
    (void)pthread_mutex_lock(&self->lock);
    begun = epoll_ctl(self->epoll, EPOLL_CTL_ADD, pidfd, &event) == 0;
    if (begun) {
        watch->next = self->first;
        self->first = watch;
    }
    (void)pthread_mutex_unlock(&self->lock);
    return begun;
}

/* Of the descriptor a copy: another thread may watch the same one. */
bool bynp_watch_descriptor(bynp_watch *watch, int pidfd)
{
    int copy = fcntl(pidfd, F_DUPFD_CLOEXEC, 0);

    if (begin(watch, copy))
        return true;
    if (copy >= 0)
        (void)close(copy);
    return false;
}

bool bynp_watch_identity(bynp_watch *watch, const bynk_identity *who)
{
    int pidfd = bynp_pidfd_open(who->pid);

    if (begin(watch, pidfd)) {
        /* What was opened may be a successor in the number, or the process lives and a thread has ended. */
        if (!bynk_identity_alive(who))
            say_ended(watch);
        return true;
    }
    if (pidfd >= 0)
        (void)close(pidfd);
    return false;
}

void bynp_watch_end(bynp_watch *watch)
{
    watcher *self = find_watcher();
    bynp_watch **link;

    (void)pthread_mutex_lock(&self->lock);
    for (link = &self->first; *link != watch; link = &(*link)->next)
        continue;
    *link = watch->next;
    (void)epoll_ctl(self->epoll, EPOLL_CTL_DEL, watch->pidfd, NULL);
    (void)pthread_mutex_unlock(&self->lock);
    (void)close(watch->pidfd);
}

/* ---- The seam's ----------------------------------------------------------------------------------- */

struct bynk_watch {
    bynp_watch watch;
};

bynk_watch *bynk_watch_begin(bynk_segment *segment, bynk_spot *spot, const bynk_identity *who)
{
    bynk_watch *made = calloc(1, sizeof *made);

    if (made != NULL) {
        made->watch.segment = segment;
        made->watch.spot = spot;
        if (bynp_watch_identity(&made->watch, who))
            return made;
        free(made);
    }
    if (!bynk_identity_alive(who))
        bynk_spot_add(segment, spot, 1, UINT32_MAX);
    return NULL;
}

void bynk_watch_end(bynk_watch *watch)
{
    bynp_watch_end(&watch->watch);
    free(watch);
}
