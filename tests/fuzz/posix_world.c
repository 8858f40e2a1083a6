/*
 * The unreal world. The linker gives every call of these functions to __wrap_...() here (-Wl,--wrap), so
 * the library runs as it is.
 */
#include "fuzz.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"

enum {
    NS_PER_MS = 1000000,
    FOR_EVER_MS = 600000, /* an operation that sleeps for so long would never end */
    PATIENCE_MS = 30000,  /* what an operation may take beyond its timeout */
    GUARD_BYTES = 1 << 16 /* on each side of a mapping */
};

static bool begun;
static void (*the_moment)(void);
static uint64_t slept_ns; /* how far the clock is ahead of the real one */
static uint64_t operation_began;
static BYNI_THREAD_LOCAL bool in_operation; /* of the thread that is under test */

void world_begin(void (*moment)(void))
{
    begun = true;
    the_moment = moment;
}

bool world_is_unreal(void)
{
    return true;
}

byn_timeout world_timeout(fuzz_input *in)
{
    static const byn_timeout choice[] = {BYN_NOW, BYN_NOW, 1, 20, 100, 300, 2500, 20000};

    return choice[fuzz_byte(in) % (sizeof choice / sizeof choice[0])];
}

/* ---- Time ------------------------------------------------------------------------------------------ */

static void moment(void)
{
    if (in_operation && the_moment != NULL) {
        in_operation = false;
        the_moment();
        in_operation = true;
    }
}

static void sleep_until(uint64_t end)
{
    uint64_t now = bynk_clock();

    if (now - operation_began > (uint64_t)FOR_EVER_MS * NS_PER_MS)
        fuzz_fault("an operation sleeps for ever");
    moment();
    if (end > now)
        slept_ns += end - now;
}

static uint64_t nanoseconds(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * 1000 * NS_PER_MS + (uint64_t)time->tv_nsec;
}

uint64_t __real_bynk_clock(void);
uint64_t __wrap_bynk_clock(void);
uint64_t __wrap_bynk_clock(void)
{
    return __real_bynk_clock() + slept_ns;
}

int __real_nanosleep(const struct timespec *time, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
    if (!in_operation)
        return __real_nanosleep(time, rest);
    sleep_until(bynk_clock() + nanoseconds(time));
    return 0;
}

int __wrap_pthread_mutex_clocklock(pthread_mutex_t *lock, clockid_t clock,
                                   const struct timespec *until);
int __wrap_pthread_mutex_clocklock(pthread_mutex_t *lock, clockid_t clock,
                                   const struct timespec *until)
{
    int error = pthread_mutex_trylock(lock);

    (void)clock;
    if (error != EBUSY)
        return error;
    sleep_until(nanoseconds(until));
    error = pthread_mutex_trylock(lock);
    return error == EBUSY ? ETIMEDOUT : error;
}

static long sleep_on_word(const uint32_t *word, uint32_t seen, const struct timespec *until)
{
    if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == seen) {
        if (until == NULL)
            fuzz_fault("a sleep on a word has no end");
        sleep_until(nanoseconds(until));
        errno = ETIMEDOUT;
        return -1;
    }
    errno = EAGAIN;
    return -1;
}

enum { SYS_FUTEX_WAITV = 449 };

/* The system's structure. */
typedef struct sleep_word {
    uint64_t value, address;
    uint32_t flags, reserved;
} sleep_word;

static long sleep_on_words(const sleep_word *words, size_t count, const struct timespec *until)
{
    size_t i;

    for (i = 0; i + 1 < count; i++) {
        if (__atomic_load_n((const uint32_t *)words[i].address, __ATOMIC_SEQ_CST) !=
            (uint32_t)words[i].value) {
            errno = EAGAIN;
            return -1;
        }
    }
    return sleep_on_word((const uint32_t *)words[i].address, (uint32_t)words[i].value, until);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
/* Nobody knows how many there are: as syscall() does, it takes six. */
__attribute__((no_sanitize("address"))) long __wrap_syscall(long number, ...)
{
    long argument[6];
    va_list list;
    int i;

    va_start(list, number);
    for (i = 0; i < 6; i++)
        argument[i] = va_arg(list, long);
    va_end(list);
    if (in_operation && number == SYS_futex && (argument[1] & 0x7f) == FUTEX_WAIT_BITSET)
        return sleep_on_word((const uint32_t *)argument[0], (uint32_t)argument[2],
                             (const struct timespec *)argument[3]);
    if (in_operation && number == SYS_FUTEX_WAITV)
        return sleep_on_words((const sleep_word *)argument[0], (size_t)argument[1],
                              (const struct timespec *)argument[3]);
    return __real_syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4],
                          argument[5]);
}

int __real_ppoll(struct pollfd *list, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *list, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *list, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask)
{
    const struct timespec none = {0, 0};
    int ready;

    if (!in_operation)
        return __real_ppoll(list, count, timeout, mask);
    ready = __real_ppoll(list, count, &none, mask);
    if (ready == 0 && timeout != NULL)
        sleep_until(bynk_clock() + nanoseconds(timeout));
    return ready;
}

void __real_byni_crash_point(const char *name);
void __wrap_byni_crash_point(const char *name);
void __wrap_byni_crash_point(const char *name)
{
    moment();
    __real_byni_crash_point(name);
}

void world_operation_begins(void)
{
    operation_began = bynk_clock();
    in_operation = true;
}

void world_operation_ends(byn_timeout timeout, const char *name)
{
    uint64_t took = (bynk_clock() - operation_began) / NS_PER_MS;

    in_operation = false;
    if (took > PATIENCE_MS + (uint64_t)(timeout > 0 ? timeout : 0))
        fuzz_fault("%s took %llu ms, with a timeout of %lld ms", name, (unsigned long long)took,
                   (long long)timeout);
}

/* ---- Pages around a mapping that nobody may touch -------------------------------------------------- */

static struct {
    char *base;
    size_t size;
} guarded[64];

void *__real_mmap(void *at, size_t size, int rights, int how, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int rights, int how, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int rights, int how, int fd, off_t offset)
{
    const size_t page = 4096, whole = (size + page - 1) / page * page + 2 * (size_t)GUARD_BYTES;
    size_t i = 0;
    char *base;
    void *inner;

    while (i < 64 && guarded[i].base != NULL)
        i++;
    if (!begun || at != NULL || (how & MAP_SHARED) == 0 || fd < 0 || i == 64)
        return __real_mmap(at, size, rights, how, fd, offset);
    base = __real_mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return MAP_FAILED;
    inner = __real_mmap(base + GUARD_BYTES, size, rights, how | MAP_FIXED, fd, offset);
    if (inner == MAP_FAILED) {
        (void)munmap(base, whole);
        return inner;
    }
    guarded[i].base = base;
    guarded[i].size = whole;
    return inner;
}

int __real_munmap(void *at, size_t size);
int __wrap_munmap(void *at, size_t size);
int __wrap_munmap(void *at, size_t size)
{
    size_t i;

    for (i = 0; i < 64; i++) {
        char *base = guarded[i].base;

        if (base != NULL && at == base + GUARD_BYTES) {
            guarded[i].base = NULL;
            return __real_munmap(base, guarded[i].size);
        }
    }
    return __real_munmap(at, size);
}

/* It is let go nevertheless: what is under attack may believe to be held. */
void __wrap_bynk_segment_leave(bynk_segment *segment);
void __wrap_bynk_segment_leave(bynk_segment *segment)
{
    bynk_segment_close(segment, false);
}

/* ---- What this thread holds ------------------------------------------------------------------------ */

enum { MOST_HELD = 16 };

static struct {
    pthread_mutex_t *place, as_it_was;
} saved[MOST_HELD];
static unsigned saved_count;

static struct robust_list_head *list_of_thread(void)
{
    struct robust_list_head *head = NULL;
    size_t length = 0;

    if (__real_syscall(SYS_get_robust_list, 0L, &head, &length, 0L, 0L, 0L) != 0)
        return NULL;
    return head;
}

static bool is_guarded(const void *at)
{
    size_t i;

    for (i = 0; i < 64; i++) {
        if (guarded[i].base != NULL && (uintptr_t)at - (uintptr_t)guarded[i].base < guarded[i].size)
            return true;
    }
    return false;
}

/* The nodes of the mutexes that the thread holds and that lie in segments. */
static unsigned held_in_segments(struct robust_list **nodes)
{
    struct robust_list_head *head = list_of_thread();
    struct robust_list *at;
    unsigned count = 0, steps;

    if (head == NULL)
        return 0;
    at = (struct robust_list *)((uintptr_t)head->list.next & ~(uintptr_t)1);
    for (steps = 0; at != &head->list && steps < 2048; steps++) {
        if (is_guarded(at) && count < MOST_HELD)
            nodes[count++] = at;
        at = (struct robust_list *)((uintptr_t)at->next & ~(uintptr_t)1);
    }
    return count;
}

bool world_holds(void)
{
    struct robust_list *nodes[MOST_HELD];

    return held_in_segments(nodes) > 0;
}

/* The node is two pointers, the second of which stands before or after the one that the kernel follows. */
enum { NODE_BEFORE = sizeof(void *) };

/* As a mutex that this thread holds looks, but for the list; where its node is. */
static size_t held_image(pthread_mutex_t *image)
{
    bynk_guard fresh;
    size_t node;

    bynk_guard_initialise(&fresh);
    if (pthread_mutex_lock(&fresh.lock) != 0)
        abort();
    memcpy(image, &fresh.lock, sizeof *image);
    node = (size_t)((char *)list_of_thread()->list.next - (char *)&fresh.lock);
    (void)pthread_mutex_unlock(&fresh.lock);
    return node;
}

static void unlock(struct robust_list *node)
{
    pthread_mutex_t image, *lock;
    const size_t at = held_image(&image);

    lock = (pthread_mutex_t *)(void *)((char *)node - at);
    memcpy((char *)&image + at - NODE_BEFORE, (char *)node - NODE_BEFORE, 2 * sizeof(void *));
    memcpy(lock, &image, sizeof image);
    if (pthread_mutex_unlock(lock) != 0)
        fuzz_fault("a lock cannot be let go");
    bynp_this_thread.held--;
}

void world_held_save(void)
{
    struct robust_list *nodes[MOST_HELD];
    pthread_mutex_t image;
    unsigned i;

    saved_count = held_in_segments(nodes);
    for (i = 0; i < saved_count; i++) {
        saved[i].place = (pthread_mutex_t *)(void *)((char *)nodes[i] - held_image(&image));
        memcpy(&saved[i].as_it_was, saved[i].place, sizeof image);
    }
}

void world_held_restore(void)
{
    while (saved_count > 0) {
        saved_count--;
        memcpy(saved[saved_count].place, &saved[saved_count].as_it_was, sizeof(pthread_mutex_t));
    }
}

void world_let_go(void)
{
    struct robust_list *nodes[MOST_HELD];
    unsigned count = held_in_segments(nodes);

    while (count > 0)
        unlock(nodes[--count]);
}

uint64_t world_own_number(unsigned which)
{
    switch (which) {
    case 0:
        return bynk_me();
    case 1:
        return (uint64_t)__real_syscall(SYS_gettid, 0L, 0L, 0L, 0L, 0L, 0L);
    case 2:
        return (uint64_t)getpid();
    default:
        return (uint64_t)getpid() << 32 | (uint64_t)getpid();
    }
}
