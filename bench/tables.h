/*
 * tables.h - tables that processes share, with keys of 16 bytes and values of 64, for dict.c.
 */
#ifndef BENCH_TABLES_H
#define BENCH_TABLES_H

#ifdef __cplusplus
extern "C" {
#endif

enum { BENCH_KEY = 16, BENCH_VALUE = 64 };

typedef struct bench_table {
    const char *name;
    void *(*make)(const char *name); /* all ends the program if it fails */
    void (*put)(void *table, const void *key, const void *value);
    void (*get)(void *table, const void *key, void *value);
    void (*end)(void *table, const char *name);
} bench_table;

/* Each if its library was there when this was built. */
extern const bench_table bench_lmdb_table, bench_redis_table, bench_boost_table;

#ifdef __cplusplus
}
#endif

#endif
