/*
 * instructions - what is done most, under callgrind: for each path a dump with its name and how often it was
 * taken. "./dev instructions" runs it, and counts the instructions inside the library.
 */
#include <stdio.h>

#include <valgrind/callgrind.h>

#include "nouns.h"

enum { WARM = 64, TIMES = 1000 };

static void count(const char *path, void (*run)(void *context, uint32_t times), void *context)
{
    char label[80];

    (void)snprintf(label, sizeof label, "%d %s", TIMES, path);
    run(context, WARM);
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
    run(context, TIMES);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(label);
}

static void get_only(void *dict, uint32_t times)
{
    char value[64];

    while (times-- > 0) {
        size_t size = sizeof value;
        uint8_t key = (uint8_t)(times % WARM);

        check(byn_dict_get(dict, &key, 1, value, &size));
    }
}

static void replace_only(void *dict, uint32_t times)
{
    const char value[64] = "";

    while (times-- > 0) {
        uint8_t key = (uint8_t)(times % WARM);

        check(byn_dict_put(dict, &key, 1, value, sizeof value));
    }
}

static void open_again(void *name, uint32_t times)
{
    byn_mutex *mutex = NULL;

    while (times-- > 0) {
        check(byn_mutex_open(&mutex, name, NULL));
        byn_mutex_close(mutex);
    }
}

int main(void)
{
    byn_mutex *mutex = NULL;
    byn_dict *dict = NULL;
    int i;

    for (i = 0; i < BENCH_NOUNS; i++) {
        void *handle = bench_nouns[i].open(NULL);

        count(bench_nouns[i].title, bench_nouns[i].run, handle);
        bench_nouns[i].close(handle);
    }

    check(byn_dict_open(&dict, NULL, NULL));
    replace_only(dict, WARM);
    count("dict: get 64 bytes", get_only, dict);
    count("dict: put 64 bytes over others", replace_only, dict);
    byn_dict_close(dict);

    check(byn_mutex_open(&mutex, NULL, NULL));
    count("open what is open, and close", open_again, (void *)byn_mutex_name(mutex));
    byn_mutex_close(mutex);
    return 0;
}
