#include "tables.h"

#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/managed_shared_memory.hpp>
#include <boost/interprocess/sync/named_mutex.hpp>
#include <boost/interprocess/sync/scoped_lock.hpp>
#include <boost/unordered_map.hpp>

namespace bi = boost::interprocess;

/* A hash table in a segment, under a named lock. */
namespace {

struct key {
    char bytes[BENCH_KEY];
    bool operator==(const key &other) const
    {
        return std::memcmp(bytes, other.bytes, sizeof bytes) == 0;
    }
};

struct value {
    char bytes[BENCH_VALUE];
};

struct hash {
    std::size_t operator()(const key &k) const
    {
        return std::hash<std::string_view>()(std::string_view(k.bytes, sizeof k.bytes));
    }
};

using pair = std::pair<const key, value>;
using allocator = bi::allocator<pair, bi::managed_shared_memory::segment_manager>;
using map = boost::unordered_map<key, value, hash, std::equal_to<key>, allocator>;

struct table {
    bi::managed_shared_memory segment;
    bi::named_mutex mutex;
    map *entries;

    explicit table(const char *name)
        : segment(bi::create_only, name, std::size_t(256) << 20),
          mutex(bi::create_only, (std::string(name) + "l").c_str()),
          entries(segment.construct<map>("map")(std::size_t(16), hash(), std::equal_to<key>(),
                                                segment.get_segment_manager()))
    {
    }
};

void *make(const char *name)
{
    return new table(name);
}

void put(void *opened, const void *bytes, const void *bytes_of_value)
{
    table *t = static_cast<table *>(opened);
    bi::scoped_lock<bi::named_mutex> held(t->mutex);
    key k;

    std::memcpy(k.bytes, bytes, sizeof k.bytes);
    std::memcpy((*t->entries)[k].bytes, bytes_of_value, BENCH_VALUE);
}

void get(void *opened, const void *bytes, void *bytes_of_value)
{
    table *t = static_cast<table *>(opened);
    bi::scoped_lock<bi::named_mutex> held(t->mutex);
    key k;

    std::memcpy(k.bytes, bytes, sizeof k.bytes);
    std::memcpy(bytes_of_value, t->entries->at(k).bytes, BENCH_VALUE);
}

void end(void *opened, const char *name)
{
    delete static_cast<table *>(opened);
    bi::shared_memory_object::remove(name);
    bi::named_mutex::remove((std::string(name) + "l").c_str());
}

} // namespace

extern "C" const bench_table bench_boost_table = {"Boost map", make, put, get, end};
