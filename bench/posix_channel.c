#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

/* ---- A named pipe */

typedef struct fifo {
    char path[300];
    int fd;
} fifo;

static void fifo_path(char path[300], const char *name)
{
    const char *directory = getenv("TMPDIR");

    (void)snprintf(path, 300, "%s/%s", directory != NULL ? directory : "/tmp", name);
}

static void *fifo_open(const char *name, size_t size, int puts)
{
    fifo *f = calloc(1, sizeof *f);

    (void)size;
    if (f == NULL)
        fail("calloc");
    fifo_path(f->path, name);
    f->fd = open(f->path, puts < 0 ? O_RDWR : puts ? O_WRONLY : O_RDONLY);
    if (f->fd < 0)
        fail(f->path);
    return f;
}

/* The parent keeps both ends open, so that nobody waits for the other. */
static void *fifo_make(const char *name, size_t size)
{
    char path[300];

    fifo_path(path, name);
    if (mkfifo(path, 0600) != 0)
        fail(path);
    return fifo_open(name, size, -1);
}

static void fifo_end(void *made, const char *name)
{
    fifo *f = made;

    (void)name;
    (void)close(f->fd);
    (void)unlink(f->path);
    free(f);
}

static void fifo_put(void *made, const void *messages, size_t size)
{
    const fifo *f = made;
    size_t done = 0;

    while (done < size) {
        ssize_t wrote = write(f->fd, (const char *)messages + done, size - done);

        if (wrote <= 0)
            fail("write");
        done += (size_t)wrote;
    }
}

static size_t fifo_get(void *made, void *messages, size_t size)
{
    const fifo *f = made;
    size_t done = 0;

    while (done < size) {
        ssize_t got = read(f->fd, (char *)messages + done, size - done);

        if (got <= 0)
            fail("read");
        done += (size_t)got;
    }
    return 1;
}

static const channel pipe_channel = {"pipe",   1,         0,        4096,    fifo_make,
                                     fifo_end, fifo_open, fifo_put, fifo_get};

/* ---- A POSIX message queue: 10 messages of 8 KiB where nobody has allowed more */

typedef struct posix_queue {
    mqd_t queue;
    char name[300];
} posix_queue;

static void *mq_begin(const char *name, size_t size)
{
    struct mq_attr attributes = {.mq_maxmsg = 10, .mq_msgsize = (long)size};
    posix_queue *q = calloc(1, sizeof *q);

    if (q == NULL)
        fail("calloc");
    (void)snprintf(q->name, sizeof q->name, "/%s", name);
    q->queue = mq_open(q->name, O_RDWR | O_CREAT, 0600, &attributes);
    if (q->queue == (mqd_t)-1)
        fail("mq_open");
    return q;
}

static void *mq_again(const char *name, size_t size, int puts)
{
    (void)puts;
    return mq_begin(name, size);
}

static void mq_end(void *made, const char *name)
{
    posix_queue *q = made;

    (void)name;
    (void)mq_close(q->queue);
    (void)mq_unlink(q->name);
    free(q);
}

static void mq_put(void *made, const void *messages, size_t size)
{
    const posix_queue *q = made;

    while (mq_send(q->queue, messages, size, 0) != 0)
        if (errno != EINTR)
            fail("mq_send");
}

static size_t mq_get(void *made, void *messages, size_t size)
{
    const posix_queue *q = made;

    while (mq_receive(q->queue, messages, size, NULL) < 0)
        if (errno != EINTR)
            fail("mq_receive");
    return 1;
}

static const channel mq_channel = {
    "POSIX message queue", 1, 8192, 0, mq_begin, mq_end, mq_again, mq_put, mq_get};

/* ---- A message queue of System V: messages of 8 KiB where nobody has allowed more */

typedef struct letter {
    long kind;
    char text[8192];
} letter;

static key_t letters_key(const char *name)
{
    uint32_t key = 2166136261u;

    for (; *name != '\0'; name++)
        key = (key ^ (unsigned char)*name) * 16777619u;
    return (key_t)(key | 1);
}

static void *letters_make(const char *name, size_t size)
{
    int *id = malloc(sizeof *id);

    (void)size;
    if (id == NULL)
        fail("malloc");
    *id = msgget(letters_key(name), IPC_CREAT | 0600);
    if (*id < 0)
        fail("msgget");
    return id;
}

static void *letters_open(const char *name, size_t size, int puts)
{
    (void)puts;
    return letters_make(name, size);
}

static void letters_end(void *made, const char *name)
{
    (void)name;
    (void)msgctl(*(int *)made, IPC_RMID, NULL);
    free(made);
}

static void letters_put(void *made, const void *messages, size_t size)
{
    static letter one = {.kind = 1};

    memcpy(one.text, messages, size);
    while (msgsnd(*(int *)made, &one, size, 0) != 0)
        if (errno != EINTR)
            fail("msgsnd");
}

static size_t letters_get(void *made, void *messages, size_t size)
{
    static letter one;

    while (msgrcv(*(int *)made, &one, size, 0, 0) < 0)
        if (errno != EINTR)
            fail("msgrcv");
    memcpy(messages, one.text, size);
    return 1;
}

static const channel letters_channel = {"System V message queue",
                                        1,
                                        8192,
                                        0,
                                        letters_make,
                                        letters_end,
                                        letters_open,
                                        letters_put,
                                        letters_get};

const channel *const bench_channels[] = {&pipe_channel, &mq_channel, &letters_channel, NULL};
