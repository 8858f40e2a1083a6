/*
 * queue - messages from putters to getters in other processes, beside a ring that dies with its users, what
 * the system has, and Boost if it was there when this was built.
 *
 * queue [--json FILE] [rounds [milliseconds [size]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

#include "bench.h"
#include "channel.h"
#include "compiler.h"
#include "peer.h"

enum { BATCH = 16, MOST_CHANNELS = 13, MOST_CHILDREN = 8, SETTLE_MS = 20 };

static size_t messages_in_room(size_t size)
{
    return size <= 1024 ? 1024 : 32;
}

/* ---- A ring for many putters and getters; a number for each place. Whoever dies in it stops it. */

typedef struct raw_ring {
    byni_a64 head;
    unsigned char apart[120];
    byni_a64 tail;
    unsigned char apart_too[120];
    uint64_t places, stride;
} raw_ring;

static byni_a64 *place(raw_ring *ring, uint64_t i)
{
    return (byni_a64 *)(void *)((char *)(ring + 1) + i % ring->places * ring->stride);
}

static byn_memory *raw_memory;

static void *raw_open(const char *name, size_t size, int puts)
{
    uint64_t stride = (size + 8 + 63) / 64 * 64, places = messages_in_room(size);

    (void)puts;
    check(byn_memory_open(
        &raw_memory, name,
        &BYN_OPTIONS(byn_memory_options, .size = sizeof(raw_ring) + places * stride)));
    return byn_memory_base(raw_memory);
}

static void *raw_make(const char *name, size_t size)
{
    raw_ring *ring = raw_open(name, size, 0);
    uint64_t i;

    ring->places = messages_in_room(size);
    ring->stride = (size + 8 + 63) / 64 * 64;
    for (i = 0; i < ring->places; i++)
        byni_store64(place(ring, i), i);
    return ring;
}

static void raw_end(void *made, const char *name)
{
    (void)made;
    (void)name;
    byn_memory_close(raw_memory);
}

static void rest(unsigned *tries)
{
    if (++*tries < 200)
        byni_pause();
    else
        bench_yield();
}

static void raw_put(void *made, const void *messages, size_t size)
{
    raw_ring *ring = made;
    uint64_t at = byni_load64(&ring->head);
    unsigned tries = 0;

    for (;;) {
        int64_t ahead = (int64_t)(byni_load64(place(ring, at)) - at);

        if (ahead == 0 && byni_cas64(&ring->head, &at, at + 1))
            break;
        if (ahead < 0)
            rest(&tries);
        if (ahead != 0)
            at = byni_load64(&ring->head);
    }
    memcpy(place(ring, at) + 1, messages, size);
    byni_store64(place(ring, at), at + 1);
}

static size_t raw_get(void *made, void *messages, size_t size)
{
    raw_ring *ring = made;
    uint64_t at = byni_load64(&ring->tail);
    unsigned tries = 0;

    for (;;) {
        int64_t ahead = (int64_t)(byni_load64(place(ring, at)) - (at + 1));

        if (ahead == 0 && byni_cas64(&ring->tail, &at, at + 1))
            break;
        if (ahead < 0)
            rest(&tries);
        if (ahead != 0)
            at = byni_load64(&ring->tail);
    }
    memcpy(messages, place(ring, at) + 1, size);
    byni_store64(place(ring, at), at + ring->places);
    return 1;
}

/* ---- byn_queue */

static void *queue_make(const char *name, size_t size)
{
    byn_queue *queue = NULL;

    check(byn_queue_open(&queue, name,
                         &BYN_OPTIONS(byn_queue_options, .largest = size,
                                      .capacity = messages_in_room(size) * (size + 15))));
    return queue;
}

static void *queue_open(const char *name, size_t size, int puts)
{
    (void)puts;
    return queue_make(name, size);
}

static void queue_end(void *made, const char *name)
{
    (void)name;
    byn_queue_close(made);
}

static void queue_put(void *made, const void *messages, size_t size)
{
    check(byn_queue_put(made, messages, size, BYN_FOREVER));
}

static size_t queue_get(void *made, void *messages, size_t size)
{
    check(byn_queue_get(made, messages, &size, BYN_FOREVER));
    return 1;
}

static void queue_put_many(void *made, const void *messages, size_t size)
{
    size_t sizes[BATCH], count = BATCH, i;

    for (i = 0; i < BATCH; i++)
        sizes[i] = size;
    check(byn_queue_put_many(made, messages, sizes, &count, BYN_FOREVER));
}

static size_t queue_get_many(void *made, void *messages, size_t size)
{
    size_t sizes[BATCH], count = BATCH;

    size *= BATCH;
    check(byn_queue_get_many(made, messages, &size, sizes, &count, BYN_FOREVER));
    return count;
}

/* ---- byn_queue, in place: the putter writes each byte where it lies, and the getter looks at each there, for one
 * that is not among them. */

enum { NOT_AMONG_THEM = 0xff };

static void place_put(void *made, const void *messages, size_t size)
{
    static unsigned count;
    byn_queue_place place;

    (void)messages;
    check(byn_queue_reserve(made, size, &place, BYN_FOREVER));
    memset(place.data, (int)(++count % NOT_AMONG_THEM), size);
    check(byn_queue_commit(made, &place, size));
}

static size_t place_get(void *made, void *messages, size_t size)
{
    byn_queue_place place;

    (void)messages;
    check(byn_queue_hold(made, &place, BYN_FOREVER));
    if (place.size != size || memchr(place.data, NOT_AMONG_THEM, size) != NULL)
        exit(2);
    check(byn_queue_release(made, &place));
    return 1;
}

static const channel raw_channel = {"raw ring", 1,        0,       0,      raw_make,
                                    raw_end,    raw_open, raw_put, raw_get};
static const channel one_by_one = {"byn_queue", 1,          0,         0,        queue_make,
                                   queue_end,   queue_open, queue_put, queue_get};
static const channel in_batches = {"byn_queue, 16 at a time",
                                   BATCH,
                                   0,
                                   0,
                                   queue_make,
                                   queue_end,
                                   queue_open,
                                   queue_put_many,
                                   queue_get_many};

static const channel in_place = {
    "byn_queue, in place", 1, 0, 0, queue_make, queue_end, queue_open, place_put, place_get};

static const channel *all[MOST_CHANNELS];

static size_t list_all(void)
{
    size_t count = 0, i;

    all[count++] = &raw_channel;
    all[count++] = &one_by_one;
    all[count++] = &in_batches;
    all[count++] = &in_place;
    for (i = 0; bench_channels[i] != NULL; i++)
        all[count++] = bench_channels[i];
#ifdef BENCH_BOOST
    all[count++] = &bench_boost;
#endif
#ifdef BENCH_REDIS
    all[count++] = &bench_redis_channel;
#endif
    return count;
}

/* ---- Children */

typedef struct counter {
    byni_a64 got;
    unsigned char apart[120];
} counter;

typedef struct board {
    byni_a32 ready, go;
    unsigned char apart[120];
    counter counters[MOST_CHILDREN];
} board;

static board *open_board(const char *name)
{
    byn_memory *memory = NULL;

    check(byn_memory_open(&memory, name, &BYN_OPTIONS(byn_memory_options, .size = sizeof(board))));
    return byn_memory_base(memory);
}

/* --child CHANNEL put|get SIZE NAME BOARD NUMBER. Is killed. */
static int child(char **argv)
{
    const channel *c = all[atoi(argv[0])];
    int puts = strcmp(argv[1], "put") == 0;
    size_t size = (size_t)atoi(argv[2]);
    board *b = open_board(argv[4]);
    byni_a64 *got = &b->counters[atoi(argv[5])].got;
    char *messages = calloc(BATCH, size);
    void *mine = c->open(argv[3], size, puts);
    uint64_t count = 0;

    if (messages == NULL)
        return 2;
    (void)byni_add32(&b->ready, 1);
    while (byni_load32(&b->go) == 0)
        bench_yield();
    for (;;) {
        if (puts) {
            c->put(mine, messages, size);
        } else {
            count += c->get(mine, messages, size);
            byni_store64(got, count);
        }
    }
}

/* ---- One sample: thousands of messages in a second */

typedef struct sample {
    const char *program;
    int putters, getters, milliseconds;
    size_t size;
} sample;

static byn_process *start(const sample *s, size_t index, const char *name, const char *board_name,
                          int number)
{
    char numbers[3][24];
    const char *argv[] = {s->program, "--child", numbers[0], number < s->putters ? "put" : "get",
                          numbers[1], name,      board_name, numbers[2],
                          NULL};
    byn_process *process = NULL;

    (void)snprintf(numbers[0], sizeof numbers[0], "%u", (unsigned)index);
    (void)snprintf(numbers[1], sizeof numbers[1], "%u", (unsigned)s->size);
    (void)snprintf(numbers[2], sizeof numbers[2], "%d", number);
    check(byn_process_start(&process, argv,
                            &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)));
    return process;
}

static uint64_t total(board *b)
{
    uint64_t sum = 0;
    int i;

    for (i = 0; i < MOST_CHILDREN; i++)
        sum += byni_load64(&b->counters[i].got);
    return sum;
}

static double measure(const sample *s, size_t index)
{
    static unsigned serial;
    char name[64], board_name[72];
    byn_process *children[MOST_CHILDREN];
    int count = s->putters + s->getters, i;
    uint64_t before, after, began, took;
    void *made;
    board *b;

    (void)snprintf(name, sizeof name, "bench-%08x-%u", (unsigned)bench_clock(), ++serial);
    (void)snprintf(board_name, sizeof board_name, "%s-b", name);
    b = open_board(board_name);
    made = all[index]->make(name, s->size);
    for (i = 0; i < count; i++)
        children[i] = start(s, index, name, board_name, i);
    while (byni_load32(&b->ready) < (uint32_t)count)
        bench_sleep(1);
    byni_store32(&b->go, 1);
    bench_sleep(SETTLE_MS);
    before = total(b);
    began = bench_clock();
    bench_sleep(s->milliseconds);
    after = total(b);
    took = bench_clock() - began;
    for (i = 0; i < count; i++) {
        check(byn_process_kill(children[i]));
        check(byn_process_wait(children[i], 10000, NULL));
        byn_process_close(children[i]);
    }
    all[index]->end(made, name);
    /* At most one, if none came: a rate that others are divided by. */
    return (double)(after > before ? after - before : 1) * 1e6 / (double)took;
}

static bool can(const channel *c, const sample *s)
{
    return (c->largest == 0 || s->size <= c->largest) &&
           (c->largest_many == 0 || s->putters == 1 || s->size <= c->largest_many);
}

/* Those that can, and what is asked of them. */
static struct {
    sample sample;
    size_t index[MOST_CHANNELS];
    int channels;
    bench_peer *python[2]; /* behind the channels */
} current;

static double measure_one(int index, int milliseconds)
{
    if (index >= current.channels)
        return bench_peer_measure(current.python[index - current.channels], milliseconds, NULL);
    return measure(&current.sample, current.index[index]) * 1e3;
}

static void set_goals(const sample *s)
{
    const double of_ring = s->size < 65536 ? 0.5 : s->putters == 1 ? 0.9 : 0.7;

    if (s->size > 64 || s->putters == 1)
        bench_goal(BENCH_POSIX, "byn_queue", NULL, of_ring);
    if (s->size >= 65536)
        bench_goal(BENCH_POSIX, "byn_queue, in place", NULL, 1.3);
    bench_goal(BENCH_WINDOWS, "byn_queue", "named pipe", 20);
    if (s->size == 64) {
        bench_goal(BENCH_POSIX, "byn_queue", "Boost message_queue", 2);
        bench_goal(BENCH_POSIX, "byn_queue, 16 at a time", "Boost message_queue", 3);
    }
}

static bench_peer *python_peer(const char *what, const sample *s)
{
    char numbers[3][16];

    (void)snprintf(numbers[0], sizeof numbers[0], "%u", (unsigned)s->size);
    (void)snprintf(numbers[1], sizeof numbers[1], "%d", s->putters);
    (void)snprintf(numbers[2], sizeof numbers[2], "%d", s->getters);
    return bench_peer_start(what, numbers[0], numbers[1], numbers[2], (const char *)NULL);
}

static int add_python(const sample *s, const char **names, int count)
{
    current.channels = count;
    current.python[0] = python_peer("queue", s);
    current.python[1] = python_peer("simple-queue", s);
    if (current.python[0] != NULL && current.python[1] != NULL) {
        names[count++] = "Python Queue";
        names[count++] = "Python SimpleQueue";
    }
    return count;
}

static void compare(const sample *s, int rounds)
{
    const char *names[MOST_CHANNELS + 2];
    size_t all_of_them = list_all(), i;
    char title[80];
    int count = 0;

    current.sample = *s;
    for (i = 0; i < all_of_them; i++)
        if (can(all[i], s)) {
            current.index[count] = i;
            names[count++] = all[i]->name;
        }
    (void)snprintf(title, sizeof title, "messages of %u bytes, %d putters, %d getters",
                   (unsigned)s->size, s->putters, s->getters);
    set_goals(s);
    count = add_python(s, names, count);
    bench_measure_in(BENCH_PER_SECOND, title, names, count, measure_one, rounds, s->milliseconds);
    bench_peer_end(current.python[0]);
    bench_peer_end(current.python[1]);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {64, 1024, 65536};
    bench_settings settings = {.rounds = 5, .milliseconds = 100};
    sample s = {.program = argv[0]};
    size_t i;

    (void)list_all();
    if (argc == 8 && strcmp(argv[1], "--child") == 0)
        return child(argv + 2);
    bench_begin(argc, argv, &settings);
    s.milliseconds = settings.milliseconds;
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (settings.number != 0 && sizes[i] != (size_t)settings.number)
            continue;
        s.size = sizes[i];
        s.putters = s.getters = 1;
        compare(&s, settings.rounds);
        s.putters = s.getters = 2;
        compare(&s, settings.rounds);
    }
    return 0;
}
