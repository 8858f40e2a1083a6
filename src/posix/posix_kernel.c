/*
 * Design of the POSIX side
 * ========================
 *
 * Names and files. An object is one file in shared memory: /dev/shm/byname-<uid>/byname.<name>, of mode
 * 0600 in a directory of mode 0700, or /dev/shm/byname-machine/..., a sticky directory for all users.
 * BYNAME_DIR puts both directories elsewhere. Nothing is followed, nothing of another owner is trusted.
 *
 * Creating once. Byte 0 of the file is the gate: a lock that who creates or removes holds while it
 * works. Who has the gate and finds that nobody is attached makes the object anew, whatever lies there: a
 * new file, one left half-made, or one whose users were all killed. The header's state is stored last. Who sees
 * a user joins it without the gate, see posix_segment.c.
 *
 * Who is alive. Byte 1 is the attachment: every process that has the object open holds a shared lock on
 * it. Both are locks of the open file description (F_OFD_SETLK): the kernel drops them when the process
 * ends in whatever way, and the process's other opens and closes of the file do not. "Is anybody there?"
 * is the attempt to get byte 1 alone. No stored count or process number decides anything.
 *
 * When an owner dies. A mutex and a guard are robust pthread mutexes: the kernel walks the dying thread's
 * list and hands each to a waiter, with the news. See posix_robust.c for what that needs in addition.
 *
 * When a waiter dies. It has changed nothing but its announcement (W in bynk_spot), which costs the next
 * waker one futile system call. When the one that wakes dies, the change is made and the sleepers are
 * awake, or neither: see posix_futex.c; or posix_napspot.c, where nobody is woken.
 *
 * fork(). A child shares the parent's open file descriptions, so its lock calls would act for the parent.
 * A page that the kernel wipes at fork (and a handler, where it does not) tells it: every handle
 * remembers the page's word, and an inherited one is refused.
 */
#include "posix.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const byni_a64 no_token;
static byni_a64 token_without_page;
static byni_a64 *token = NULL;
const byni_a64 *bynp_token = &no_token;
BYNI_THREAD_LOCAL bynp_thread bynp_this_thread;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t library = PTHREAD_MUTEX_INITIALIZER;
static int cancellation; /* of who has it, as it was before */
static uint64_t domain;
static char program[48] = "?";

/* Files are opened and closed with it: a thread that is canceled goes on until it has let go. */
void bynk_library_lock(void)
{
    int before;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    (void)pthread_mutex_lock(&library);
    cancellation = before;
}

void bynk_library_unlock(void)
{
    int before = cancellation;

    (void)pthread_mutex_unlock(&library);
    (void)pthread_setcancelstate(before, NULL);
}

/* Only the forking thread goes on in the child: the lock must not have been another one's. */
static void before_fork(void)
{
    bynk_library_lock();
    bynp_robust_before_fork();
}

static void in_parent(void)
{
    bynk_library_unlock();
}

static void in_child(void)
{
    byni_store64(token, 0);
    bynp_robust_in_child();
    bynp_watch_in_child();
    (void)pthread_mutex_init(&library, NULL);
    (void)pthread_setcancelstate(cancellation, NULL);
}

static void make_token(void)
{
    void *page =
        mmap(NULL, sizeof(byni_a64), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    token = page != MAP_FAILED ? page : &token_without_page;
#if defined(MADV_WIPEONFORK)
    if (page != MAP_FAILED)
        (void)madvise(page, sizeof(byni_a64), MADV_WIPEONFORK);
#endif
    (void)pthread_atfork(before_fork, in_parent, in_child);
    bynp_token = token;
    bynp_robust_learn();
}

static void look_at_self(void)
{
    char path[512];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    struct stat space;

    domain = 0;
    if (stat("/proc/self/ns/pid", &space) == 0)
        domain = (uint64_t)space.st_ino ^ (uint64_t)space.st_dev << 32;
    if (length > 0) {
        const char *base;

        path[length] = '\0';
        base = strrchr(path, '/');
        (void)snprintf(program, sizeof program, "%.47s", base != NULL ? base + 1 : path);
    }
}

/* Under the library's lock: the first threads of a process may all come at once. */
static byn_status begin_process(void)
{
    uint64_t fresh = 0;
    byn_status status;

    if (bynk_token() != 0)
        return BYN_OK;
    status = bynk_random(&fresh, sizeof fresh);
    if (status < 0)
        return status;
    look_at_self();
    byni_store64(token, fresh | 1);
    return BYN_OK;
}

byn_status bynk_begin(void)
{
    byn_status status = BYN_OK;

    (void)pthread_once(&once, make_token);
    if (BYNI_UNLIKELY(bynk_token() == 0)) {
        bynk_library_lock();
        status = begin_process();
        bynk_library_unlock();
    }
    return status;
}

void bynp_thread_begin(void)
{
    uint64_t mix = bynk_clock() ^ bynk_token();

    bynp_this_thread.number = (uint32_t)syscall(SYS_gettid);
    bynp_this_thread.pid = (uint32_t)getpid();
    mix = (mix ^ mix >> 31) * UINT64_C(0x9e3779b97f4a7c15) + bynp_this_thread.number;
    bynp_this_thread.me = (uint64_t)bynp_this_thread.number << 32 | (mix >> 32 & 0xfffffffe);
    bynp_this_thread.held = 0;
    bynp_this_thread.head = bynp_straight_head();
    bynp_this_thread.wakes_all = NULL;
    bynp_this_thread.token = bynk_token();
}

void bynk_self_describe(bynk_self *self)
{
    (void)bynk_me();
    self->pid = bynp_this_thread.pid;
    self->thread = bynp_this_thread.number;
    self->program = program;
}

uint64_t bynk_domain(void)
{
    return domain;
}

void bynk_die(void)
{
    (void)kill(getpid(), SIGKILL);
}
