#include "locks.h"

#include <boost/interprocess/sync/named_mutex.hpp>
#include <boost/interprocess/sync/named_recursive_mutex.hpp>

namespace bi = boost::interprocess;

template <class mutex, char suffix> struct named {
    static std::string of(const char *name)
    {
        return std::string(name) + suffix;
    }

    static void make(const char *name)
    {
        mutex::remove(of(name).c_str());
        new mutex(bi::create_only, of(name).c_str());
    }

    static void *open(const char *name)
    {
        return new mutex(bi::open_only, of(name).c_str());
    }

    static void lock(void *opened)
    {
        static_cast<mutex *>(opened)->lock();
    }

    static void unlock(void *opened)
    {
        static_cast<mutex *>(opened)->unlock();
    }

    static void remove(const char *name)
    {
        mutex::remove(of(name).c_str());
    }

    static constexpr bench_lock as(const char *name)
    {
        return {name, make, open, lock, unlock, remove};
    }
};

static constexpr bench_lock plain = named<bi::named_mutex, 'p'>::as("Boost named_mutex");
static constexpr bench_lock recursive =
    named<bi::named_recursive_mutex, 'r'>::as("Boost named_recursive_mutex");

extern "C" const bench_lock *const bench_boost_locks[] = {&plain, &recursive, nullptr};
