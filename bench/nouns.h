/*
 * nouns.h - what is done most with each kind of object, when nobody is in the way.
 */
#ifndef BENCH_NOUNS_H
#define BENCH_NOUNS_H

#include "bench.h"

typedef struct bench_noun {
    const char *name, *title;
    void *(*open)(const char *name);
    void (*run)(void *handle, uint32_t times);
    void (*close)(void *handle);
} bench_noun;

enum { BENCH_NOUNS = 11 };
extern const bench_noun bench_nouns[BENCH_NOUNS];

#endif
