/* LMDB, in a file on whatever temporary files are on, without waiting for the disk. */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tables.h"

typedef struct database {
    MDB_env *environment;
    MDB_dbi table;
    MDB_txn *reading;
    char path[300];
} database;

static void must(int result)
{
    if (result == MDB_SUCCESS)
        return;
    fprintf(stderr, "LMDB: %s\n", mdb_strerror(result));
    exit(2);
}

static void *make(const char *name)
{
    const char *directory = getenv("TMPDIR");
    database *d = calloc(1, sizeof *d);
    MDB_txn *writing;

    if (d == NULL)
        exit(2);
    (void)snprintf(d->path, sizeof d->path, "%s/%s.mdb", directory != NULL ? directory : "/tmp",
                   name);
    must(mdb_env_create(&d->environment));
    must(mdb_env_set_mapsize(d->environment, (size_t)1 << 30));
    must(mdb_env_open(d->environment, d->path, MDB_NOSUBDIR | MDB_WRITEMAP | MDB_NOSYNC, 0600));
    must(mdb_txn_begin(d->environment, NULL, 0, &writing));
    must(mdb_dbi_open(writing, NULL, 0, &d->table));
    must(mdb_txn_commit(writing));
    must(mdb_txn_begin(d->environment, NULL, MDB_RDONLY, &d->reading));
    mdb_txn_reset(d->reading);
    return d;
}

static void put(void *table, const void *key, const void *value)
{
    database *d = table;
    MDB_val k = {BENCH_KEY, (void *)key}, v = {BENCH_VALUE, (void *)value};
    MDB_txn *writing;

    must(mdb_txn_begin(d->environment, NULL, 0, &writing));
    must(mdb_put(writing, d->table, &k, &v, 0));
    must(mdb_txn_commit(writing));
}

static void get(void *table, const void *key, void *value)
{
    database *d = table;
    MDB_val k = {BENCH_KEY, (void *)key}, v;

    must(mdb_txn_renew(d->reading));
    must(mdb_get(d->reading, d->table, &k, &v));
    memcpy(value, v.mv_data, BENCH_VALUE);
    mdb_txn_reset(d->reading);
}

static void end(void *table, const char *name)
{
    database *d = table;
    char lock[320];

    (void)name;
    mdb_txn_abort(d->reading);
    mdb_env_close(d->environment);
    (void)snprintf(lock, sizeof lock, "%s-lock", d->path);
    (void)unlink(d->path);
    (void)unlink(lock);
    free(d);
}

const bench_table bench_lmdb_table = {"LMDB", make, put, get, end};
