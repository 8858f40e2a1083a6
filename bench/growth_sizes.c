#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "growth.h"

enum { PLACES = 8 };

static const double sizes[PLACES] = {8, 64, 1024, 8192, 65536, 1 << 20, 8 << 20, 64 << 20};

typedef struct subject {
    byn_queue *queue;
    char *from, *between, *to;
    size_t size;
} subject;

static void run_copies(void *context, uint32_t times)
{
    const subject *s = context;

    while (times-- > 0) {
        memcpy(s->between, s->from, s->size);
        memcpy(s->to, s->between, s->size);
    }
}

static void run_queue(void *context, uint32_t times)
{
    const subject *s = context;

    while (times-- > 0) {
        size_t size = s->size;

        check(byn_queue_put(s->queue, s->from, s->size, BYN_FOREVER));
        check(byn_queue_get(s->queue, s->to, &size, BYN_FOREVER));
    }
}

static char *written(size_t size)
{
    char *bytes = malloc(size);

    if (bytes == NULL)
        exit(2);
    memset(bytes, 1, size);
    return bytes;
}

static void make(subject *s, size_t size)
{
    s->size = size;
    s->from = written(size);
    s->between = written(size);
    s->to = written(size);
    check(byn_queue_open(
        &s->queue, NULL,
        &BYN_OPTIONS(byn_queue_options, .largest = size, .capacity = 2 * size + 4096)));
}

static void end(subject *s)
{
    byn_queue_close(s->queue);
    free(s->from);
    free(s->between);
    free(s->to);
}

static void compare(const char *title, void (*run)(void *context, uint32_t times),
                    subject *subjects, const bench_settings *s)
{
    static char names[PLACES][24];
    bench_entry entries[PLACES];
    int i;

    for (i = 0; i < PLACES; i++) {
        (void)snprintf(names[i], sizeof names[i], "%u bytes", (unsigned)sizes[i]);
        entries[i] = (bench_entry){names[i], run, &subjects[i]};
    }
    bench_curve("Messages grow", "bytes of a message", sizes);
    bench_compare(title, entries, PLACES, s->rounds, s->milliseconds);
}

void growth_sizes(const bench_settings *s)
{
    static subject subjects[PLACES];
    int i;

    for (i = 0; i < PLACES; i++)
        make(&subjects[i], (size_t)sizes[i]);
    compare("two copies", run_copies, subjects, s);
    compare("byn_queue, put and get", run_queue, subjects, s);
    for (i = 0; i < PLACES; i++)
        end(&subjects[i]);
}
