/* Redis on a socket in the folder of temporary files: a server of our own, which ends with us. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "channel.h"
#include "tables.h"

enum { START_TRIES = 500, FULL = 1024 };

static byn_process *server;

static const char *socket_of(const char *name)
{
    static char path[300];
    const char *directory = getenv("TMPDIR");

    (void)snprintf(path, sizeof path, "%s/%s.redis", directory != NULL ? directory : "/tmp", name);
    return path;
}

static redisContext *connect_to(const char *name)
{
    redisContext *c = NULL;
    int tries;

    for (tries = 0; tries < START_TRIES; tries++) {
        c = redisConnectUnix(socket_of(name));
        if (c != NULL && c->err == 0)
            return c;
        redisFree(c);
        bench_sleep(10);
    }
    fprintf(stderr, "Redis does not answer\n");
    exit(2);
}

static void *start(const char *name)
{
    const char *argv[] = {
        "redis-server", "--port", "0", "--unixsocket", socket_of(name), "--save", "",
        "--appendonly", "no",     NULL};

    check(byn_process_start(&server, argv,
                            &BYN_OPTIONS(byn_process_options, .standard_output = BYN_STDIO_NULL,
                                         .kill_with_parent = true)));
    return connect_to(name);
}

static void stop(void *connection, const char *name)
{
    redisFree(connection);
    check(byn_process_terminate(server));
    check(byn_process_wait(server, 10000, NULL));
    byn_process_close(server);
    (void)unlink(socket_of(name));
}

static redisReply *must(redisContext *c, redisReply *reply)
{
    if (reply != NULL && reply->type != REDIS_REPLY_ERROR && reply->type != REDIS_REPLY_NIL)
        return reply;
    fprintf(stderr, "Redis: %s\n", reply == NULL ? c->errstr : "an error, or nothing");
    exit(2);
}

/* ---- A table */

static void table_put(void *table, const void *key, const void *value)
{
    freeReplyObject(must(table, redisCommand(table, "SET %b %b", key, (size_t)BENCH_KEY, value,
                                             (size_t)BENCH_VALUE)));
}

static void table_get(void *table, const void *key, void *value)
{
    redisReply *reply = must(table, redisCommand(table, "GET %b", key, (size_t)BENCH_KEY));

    memcpy(value, reply->str, BENCH_VALUE);
    freeReplyObject(reply);
}

const bench_table bench_redis_table = {"Redis", start, table_put, table_get, stop};

/* ---- A list that is a queue */

static void *channel_make(const char *name, size_t size)
{
    (void)size;
    return start(name);
}

static void *channel_open(const char *name, size_t size, int puts)
{
    (void)size;
    (void)puts;
    return connect_to(name);
}

/* Nothing limits a list: who puts looks after that. */
static void channel_put(void *mine, const void *messages, size_t size)
{
    redisReply *reply = must(mine, redisCommand(mine, "RPUSH list %b", messages, size));
    long long length = reply->integer;

    freeReplyObject(reply);
    while (length > FULL) {
        bench_yield();
        reply = must(mine, redisCommand(mine, "LLEN list"));
        length = reply->integer;
        freeReplyObject(reply);
    }
}

static size_t channel_get(void *mine, void *messages, size_t size)
{
    redisReply *reply = must(mine, redisCommand(mine, "BLPOP list 0"));

    memcpy(messages, reply->element[1]->str, size);
    freeReplyObject(reply);
    return 1;
}

const channel bench_redis_channel = {"Redis list", 1,           0,          0, channel_make, stop,
                                     channel_open, channel_put, channel_get};
