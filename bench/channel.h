/*
 * channel.h - what carries messages of one size from putters to getters in other processes, for queue.c.
 */
#ifndef BENCH_CHANNEL_H
#define BENCH_CHANNEL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct channel {
    const char *name;
    size_t batch;        /* messages in each put and get */
    size_t largest;      /* bytes of a message; 0: any */
    size_t largest_many; /* where several put; 0: any */
    void *(*make)(const char *name, size_t size);
    void (*end)(void *made, const char *name);
    /* In each child. It ends the program if that fails, and so does all that follows. */
    void *(*open)(const char *name, size_t size, int puts);
    void (*put)(void *made, const void *messages, size_t size);
    size_t (*get)(void *made, void *messages, size_t size); /* how many */
} channel;

/* The system's own: posix_channel.c, win32_channel.c. NULL-ended. */
extern const channel *const bench_channels[];

/* boost_channel.cpp, if there is Boost. */
extern const channel bench_boost;

/* posix_redis.c, if hiredis and the server are here. */
extern const channel bench_redis_channel;

#ifdef __cplusplus
}
#endif

#endif
