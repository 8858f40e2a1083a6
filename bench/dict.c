/*
 * dict - put and get of 16-byte keys and 64-byte values, beside a table in the process' own memory.
 *
 * dict [--json FILE] [rounds [milliseconds [entries]]]
 *
 * Without a number of entries it goes through 1,000 to 10,000,000. In the part with several processes each
 * has a table of its own, filled alike, and all share one dictionary.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

#include "bench.h"
#include "peer.h"
#include "tables.h"

enum { KEY = BENCH_KEY, VALUE = BENCH_VALUE, MOST_WORKERS = 4, AT_A_TIME = 64 };

typedef struct key {
    uint64_t word[2];
} key;

static key key_of(uint64_t i)
{
    const key made = {{UINT64_C(0x6b6579206b657920) + i, i * UINT64_C(0x9e3779b97f4a7c15)}};

    return made;
}

/* ---- The table: open addressing, at most half full */

typedef struct entry {
    key is;
    char value[VALUE];
    uint64_t used;
} entry;

typedef struct table {
    entry *entries;
    uint64_t mask;
} table;

static uint64_t mix(key k)
{
    uint64_t hash = (k.word[0] ^ UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);

    hash ^= hash >> 32;
    hash = (hash ^ k.word[1]) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 29;
}

static table make_table(uint64_t count)
{
    table made = {NULL, 1};

    while (made.mask < 2 * count)
        made.mask *= 2;
    made.entries = calloc((size_t)made.mask, sizeof *made.entries);
    made.mask--;
    if (made.entries == NULL)
        exit(2);
    return made;
}

static entry *slot_of(const table *t, key k)
{
    uint64_t at = mix(k) & t->mask;

    while (t->entries[at].used != 0 && memcmp(&t->entries[at].is, &k, KEY) != 0)
        at = (at + 1) & t->mask;
    return &t->entries[at];
}

static void table_put(const table *t, key k, const char *value)
{
    entry *at = slot_of(t, k);

    at->used = 1;
    at->is = k;
    memcpy(at->value, value, VALUE);
}

static bool table_get(const table *t, key k, char *value)
{
    const entry *at = slot_of(t, k);

    if (at->used == 0)
        return false;
    memcpy(value, at->value, VALUE);
    return true;
}

/* ---- Both, filled alike */

typedef struct subject {
    table own;
    byn_dict *dict;
    uint64_t entries;
    uint64_t random;
} subject;

static key next_key(subject *s)
{
    s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return key_of((s->random >> 33) % s->entries);
}

static void fill_table(subject *s)
{
    char value[VALUE] = {0};
    uint64_t i;

    s->own = make_table(s->entries);
    for (i = 0; i < s->entries; i++)
        table_put(&s->own, key_of(i), value);
}

static void fill_dict(subject *s)
{
    char value[VALUE] = {0};
    uint64_t began = bench_clock(), worst = 0, i;

    for (i = 0; i < s->entries; i++) {
        key k = key_of(i);
        uint64_t before = bench_clock(), took;

        check(byn_dict_put(s->dict, &k, KEY, value, VALUE));
        took = bench_clock() - before;
        worst = took > worst ? took : worst;
    }
    printf("%" PRIu64 " entries put: %.0f ns each, the slowest %.2f ms\n", s->entries,
           (double)(bench_clock() - began) / (double)s->entries, (double)worst / 1e6);
}

static void get_own(void *context, uint32_t times)
{
    subject *s = context;
    char value[VALUE];

    while (times-- > 0)
        if (!table_get(&s->own, next_key(s), value))
            exit(2);
}

static void get_dict(void *context, uint32_t times)
{
    subject *s = context;
    char value[VALUE];

    while (times-- > 0) {
        key k = next_key(s);
        size_t size = VALUE;

        check(byn_dict_get(s->dict, &k, KEY, value, &size));
    }
}

static void put_own(void *context, uint32_t times)
{
    subject *s = context;
    char value[VALUE] = {0};

    while (times-- > 0)
        table_put(&s->own, next_key(s), value);
}

static void put_dict(void *context, uint32_t times)
{
    subject *s = context;
    char value[VALUE] = {0};

    while (times-- > 0) {
        key k = next_key(s);

        check(byn_dict_put(s->dict, &k, KEY, value, VALUE));
    }
}

/* ---- Several processes */

typedef struct meeting {
    byn_barrier *barrier;
    byn_array *counts; /* of the last stretch: one for each worker */
    int rounds, milliseconds;
} meeting;

static void meet(const meeting *m)
{
    check(byn_barrier_wait(m->barrier, BYN_FOREVER, NULL));
}

static void work(subject *s, const meeting *m, uint64_t index, void (*run)(void *, uint32_t))
{
    uint64_t until, count = 0;

    meet(m);
    until = bench_clock() + (uint64_t)m->milliseconds * 1000000;
    for (; bench_clock() < until; count += AT_A_TIME)
        run(s, AT_A_TIME);
    check(byn_array_set(m->counts, index, (int64_t)count));
    meet(m);
}

static meeting open_meeting(const char *name, uint32_t parties)
{
    meeting m = {0};
    char other[300];

    check(
        byn_barrier_open(&m.barrier, name, &BYN_OPTIONS(byn_barrier_options, .parties = parties)));
    (void)snprintf(other, sizeof other, "%s counts", name);
    check(
        byn_array_open(&m.counts, other, &BYN_OPTIONS(byn_array_options, .length = MOST_WORKERS)));
    return m;
}

static int worker(char **argv)
{
    subject s = {0};
    meeting m = open_meeting(argv[0], 0);
    uint64_t index = strtoull(argv[3], NULL, 10);
    int i;

    check(byn_dict_open(&s.dict, argv[1], NULL));
    s.entries = strtoull(argv[2], NULL, 10);
    s.random = index + 1;
    m.rounds = atoi(argv[4]);
    m.milliseconds = atoi(argv[5]);
    fill_table(&s);
    for (i = 0; i < m.rounds; i++) {
        work(&s, &m, index, get_own);
        work(&s, &m, index, get_dict);
    }
    free(s.own.entries);
    return 0;
}

static double stretch(const meeting *m, int workers)
{
    double sum = 0;
    int i;

    meet(m);
    meet(m);
    for (i = 0; i < workers; i++) {
        int64_t count = 0;

        check(byn_array_get(m->counts, (uint64_t)i, &count));
        sum += (double)count;
    }
    return sum / m->milliseconds / 1000;
}

/* What the workers do next, and how many they are. */
static meeting current;
static int current_workers;

/* Each round is first the tables' and then the dictionary's. */
static double next_stretch(int index, int milliseconds)
{
    (void)index;
    (void)milliseconds;
    return stretch(&current, current_workers) * 1e6;
}

static void several(const char *program, const subject *s, int workers, int rounds,
                    int milliseconds)
{
    static const char *const names[] = {"tables of their own", "byn_dict"};
    byn_process *processes[MOST_WORKERS];
    meeting m = open_meeting(NULL, 1);
    char numbers[4][32], name[64], title[64];
    int i;

    (void)snprintf(name, sizeof name, "bench-dict-%" PRIu64, bench_clock());
    byn_barrier_close(m.barrier);
    byn_array_close(m.counts);
    m = open_meeting(name, (uint32_t)workers + 1);
    m.milliseconds = milliseconds;
    (void)snprintf(numbers[0], 32, "%" PRIu64, s->entries);
    (void)snprintf(numbers[2], 32, "%d", rounds);
    (void)snprintf(numbers[3], 32, "%d", milliseconds);
    for (i = 0; i < workers; i++) {
        const char *argv[] = {program,    "--worker", name,       byn_dict_name(s->dict),
                              numbers[0], numbers[1], numbers[2], numbers[3],
                              NULL};

        (void)snprintf(numbers[1], 32, "%d", i);
        check(byn_process_start(&processes[i], argv, NULL));
    }
    current = m;
    current_workers = workers;
    (void)snprintf(title, sizeof title, "get, %" PRIu64 " entries, %d processes", s->entries,
                   workers);
    bench_goal(BENCH_POSIX, "byn_dict", NULL, 0.5);
    bench_measure_in(BENCH_PER_SECOND, title, names, 2, next_stretch, rounds, milliseconds);
    for (i = 0; i < workers; i++) {
        check(byn_process_wait(processes[i], BYN_FOREVER, NULL));
        byn_process_close(processes[i]);
    }
    byn_barrier_close(m.barrier);
    byn_array_close(m.counts);
}

/* ---- What is used for it elsewhere */

enum { MOST_PEERS = 4, PEERS_AT = 10000 };

typedef struct peer_table {
    const bench_table *kind;
    void *table;
    subject *subject;
} peer_table;

static const bench_table *const peer_kinds[MOST_PEERS] = {
#ifdef BENCH_BOOST
    &bench_boost_table,
#endif
#ifdef BENCH_LMDB
    &bench_lmdb_table,
#endif
#ifdef BENCH_REDIS
    &bench_redis_table,
#endif
    NULL,
};

static void get_peer(void *context, uint32_t times)
{
    const peer_table *peer = context;
    char value[VALUE];

    while (times-- > 0) {
        key k = next_key(peer->subject);

        peer->kind->get(peer->table, &k, value);
    }
}

static void put_peer(void *context, uint32_t times)
{
    const peer_table *peer = context;
    char value[VALUE] = {0};

    while (times-- > 0) {
        key k = next_key(peer->subject);

        peer->kind->put(peer->table, &k, value);
    }
}

static void make_peer(peer_table *peer, const bench_table *kind, subject *s, const char *name)
{
    char value[VALUE] = {0};
    uint64_t i;

    peer->kind = kind;
    peer->subject = s;
    peer->table = kind->make(name);
    for (i = 0; i < s->entries; i++) {
        key k = key_of(i);

        kind->put(peer->table, &k, value);
    }
}

/* The same with peers. Not with each number of entries: some are slow to fill. */
static void measure_peers(const char *program, subject *s, bench_entry *gets, bench_entry *puts,
                          const bench_settings *settings)
{
    static peer_table peers[MOST_PEERS];
    bench_peer *python[] = {bench_peer_start("dict-get", "10000", (const char *)NULL),
                            bench_peer_start("dict-put", "10000", (const char *)NULL)};
    int count = 2, i;
    char name[BENCH_NAME];

    bench_fresh_name(name);
    if (bench_asking_add(&gets[count], program)) {
        puts[count] = gets[count];
        count++;
    }
    for (i = 0; peer_kinds[i] != NULL; i++) {
        make_peer(&peers[i], peer_kinds[i], s, name);
        gets[count] = (bench_entry){peer_kinds[i]->name, get_peer, &peers[i]};
        puts[count++] = (bench_entry){peer_kinds[i]->name, put_peer, &peers[i]};
    }
    if (python[0] != NULL && python[1] != NULL) {
        gets[count] = (bench_entry){"Python Manager dict", bench_peer_run, python[0]};
        puts[count++] = (bench_entry){"Python Manager dict", bench_peer_run, python[1]};
    }
    bench_goal(BENCH_POSIX, "byn_dict", "Python Manager dict", 0.001);
    bench_goal(BENCH_WINDOWS, "byn_dict", BENCH_ASKING, 1 / 20.0);
    bench_compare("get, 10000 entries, beside others", gets, count, settings->rounds,
                  settings->milliseconds);
    bench_goal(BENCH_POSIX, "byn_dict", "Python Manager dict", 0.001);
    bench_goal(BENCH_WINDOWS, "byn_dict", BENCH_ASKING, 1 / 20.0);
    bench_compare("put, 10000 entries, beside others", puts, count, settings->rounds,
                  settings->milliseconds);
    for (i = 0; peer_kinds[i] != NULL; i++)
        peer_kinds[i]->end(peers[i].table, name);
    bench_asking_end();
    bench_peer_end(python[0]);
    bench_peer_end(python[1]);
}

/* ---- All of it, by the number of entries */

enum { SIZES = 5 };

static void prepare(subject *s, uint64_t entries)
{
    s->entries = entries;
    check(
        byn_dict_open(&s->dict, NULL, &BYN_OPTIONS(byn_dict_options, .limit = UINT64_C(8) << 30)));
    fill_table(s);
    fill_dict(s);
}

static void finish(subject *s)
{
    free(s->own.entries);
    byn_dict_close(s->dict);
}

static void measure(const char *program, subject *s, const bench_settings *settings)
{
    bench_entry gets[BENCH_ENTRIES] = {{"own table", get_own, s}, {"byn_dict", get_dict, s}};
    bench_entry puts[BENCH_ENTRIES] = {{"own table", put_own, s}, {"byn_dict", put_dict, s}};
    char title[80];

    (void)snprintf(title, sizeof title, "get, %" PRIu64 " entries", s->entries);
    bench_goal(BENCH_POSIX, "byn_dict", NULL, 2);
    bench_compare(title, gets, 2, settings->rounds, settings->milliseconds);
    (void)snprintf(title, sizeof title, "put, %" PRIu64 " entries", s->entries);
    bench_goal(BENCH_POSIX, "byn_dict", NULL, 3);
    bench_compare(title, puts, 2, settings->rounds, settings->milliseconds);
    if (s->entries == PEERS_AT)
        measure_peers(program, s, gets, puts, settings);
    if (s->entries <= 100000) {
        several(program, s, 1, settings->rounds, settings->milliseconds);
        several(program, s, 4, settings->rounds, settings->milliseconds);
    }
}

/* Each place of the curve is another dictionary, and all are there at once. */
static void measure_growth(const char *title, void (*run)(void *context, uint32_t times),
                           subject *subjects, int count, const bench_settings *settings)
{
    static char names[SIZES][32];
    static double at[SIZES];
    bench_entry entries[SIZES];
    int i;

    for (i = 0; i < count; i++) {
        at[i] = (double)subjects[i].entries;
        (void)snprintf(names[i], sizeof names[i], "%" PRIu64 " entries", subjects[i].entries);
        entries[i] = (bench_entry){names[i], run, &subjects[i]};
    }
    bench_curve("A dictionary grows", "entries", at);
    bench_compare(title, entries, count, settings->rounds, settings->milliseconds);
}

/* 1,000 to 10,000,000, or what the memory holds. */
static void measure_all(const char *program, const bench_settings *settings)
{
    static subject subjects[SIZES];
    int count = bench_memory_mb() >= 12000 ? SIZES : SIZES - 1, i;
    uint64_t entries = 1000;

    for (i = 0; i < count; i++, entries *= 10) {
        prepare(&subjects[i], entries);
        if (entries <= 1000000)
            measure(program, &subjects[i], settings);
    }
    measure_growth("byn_dict, get", get_dict, subjects, count, settings);
    measure_growth("byn_dict, put", put_dict, subjects, count, settings);
    measure_growth("own table, get", get_own, subjects, count, settings);
    measure_growth("own table, put", put_own, subjects, count, settings);
    for (i = 0; i < count; i++)
        finish(&subjects[i]);
}

int main(int argc, char **argv)
{
    bench_settings s = {.rounds = 11, .milliseconds = 50};
    subject one = {0};

    if (argc == 8 && strcmp(argv[1], "--worker") == 0)
        return worker(argv + 2);
    bench_begin(argc, argv, &s);
    if (s.number == 0) {
        measure_all(argv[0], &s);
    } else {
        prepare(&one, (uint64_t)s.number);
        measure(argv[0], &one, &s);
        finish(&one);
    }
    return 0;
}
