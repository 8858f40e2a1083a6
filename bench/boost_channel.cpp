#include "channel.h"

#include <boost/interprocess/ipc/message_queue.hpp>

namespace bi = boost::interprocess;

static void *make(const char *name, size_t size)
{
    bi::message_queue::remove(name);
    return new bi::message_queue(bi::create_only, name, size <= 1024 ? 1024 : 32, size);
}

static void end(void *made, const char *name)
{
    delete static_cast<bi::message_queue *>(made);
    bi::message_queue::remove(name);
}

static void *again(const char *name, size_t, int)
{
    return new bi::message_queue(bi::open_only, name);
}

static void put(void *made, const void *messages, size_t size)
{
    static_cast<bi::message_queue *>(made)->send(messages, size, 0);
}

static size_t get(void *made, void *messages, size_t size)
{
    bi::message_queue::size_type got;
    unsigned int priority;

    static_cast<bi::message_queue *>(made)->receive(messages, size, got, priority);
    return 1;
}

extern "C" const channel bench_boost = {"Boost message_queue", 1, 0, 0, make, end, again, put, get};
