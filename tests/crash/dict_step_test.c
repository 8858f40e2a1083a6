/*
 * A process is killed at every instruction of every change of a dictionary. Readers, which do not wait for
 * the dead, find the old value or the new one; and after the next who writes has repaired it, every byte of
 * its memory is part of it or free.
 */
#include "board.h"

#include <stdio.h>
#include <string.h>

#include <apr_thread_proc.h>

#include "dict_state.h"

enum { KEYS = 400, NONE = -1, MOST_SIZE = 70000 };

/* What is in a dictionary: for each key the version of its value, or NONE. */
typedef struct contents {
    int version[KEYS];
} contents;

/* A dictionary as it is before the operation. */
typedef struct scene {
    byn_dict *dict;
    bool is_case; /* which only wants to know the contents: the victim makes them */
    contents is;
} scene;

typedef void (*setup)(scene *s);

/* ---- Keys and values */

static size_t key_of(int i, char key[20])
{
    return (size_t)snprintf(key, 20, "key %d", i);
}

enum { SAME = 51 }; /* as large as version 1 */

/* Versions from 100 on are large. */
static size_t size_of(int i, int version)
{
    if (version == SAME)
        version = 1;
    return version >= 100 ? (size_t)version * 100 : (size_t)(20 + i % 7 * 3 + version * 40);
}

/* The last one is kept: a victim does not make it while it is stepped. */
static const unsigned char *value_of(int i, int version)
{
    static unsigned char value[MOST_SIZE];
    static int its_i, its_version;
    size_t size = size_of(i, version), j;

    if (i == its_i && version == its_version)
        return value;
    its_i = i;
    its_version = version;
    for (j = 0; j < size; j++)
        value[j] = (unsigned char)(i * 7 + version * 13 + (int)j);
    return value;
}

static void put(scene *s, int i, int version)
{
    char key[20];

    s->is.version[i] = version;
    if (!s->is_case)
        REQUIRE(byn_dict_put(s->dict, key, key_of(i, key), value_of(i, version),
                             size_of(i, version)) >= 0);
}

static void take(scene *s, int i)
{
    char key[20];

    s->is.version[i] = NONE;
    if (!s->is_case)
        REQUIRE_STATUS(byn_dict_remove(s->dict, key, key_of(i, key)), BYN_OK);
}

/* NONE; the version of what is there; or another number: it is none. */
static int found(byn_dict *dict, int i, const int *wanted, int count)
{
    static unsigned char buffer[MOST_SIZE];
    char key[20];
    size_t size = sizeof buffer;
    byn_status status = byn_dict_get(dict, key, key_of(i, key), buffer, &size);
    int j;

    if (status == BYN_E_NOTFOUND)
        return NONE;
    for (j = 0; j < count; j++)
        if (wanted[j] != NONE && status == BYN_OK && size == size_of(i, wanted[j]) &&
            memcmp(buffer, value_of(i, wanted[j]), size) == 0)
            return wanted[j];
    return NONE - 1;
}

/* ---- Scenes */

static void clear(scene *s)
{
    int i;

    for (i = 0; i < KEYS; i++)
        s->is.version[i] = NONE;
    if (!s->is_case)
        REQUIRE_STATUS(byn_dict_clear(s->dict), BYN_OK);
}

static void few(scene *s)
{
    int i;

    clear(s);
    for (i = 1; i < 6; i++)
        put(s, i, 1);
    put(s, 2, 2);
    take(s, 5);
}

/* What is left by who dies while he writes over version 1. */
static void half_over(scene *s)
{
    few(s);
    if (s->is_case)
        put(s, 1, SAME);
}

/* The next new key makes two pages of one, and doubles the directory. */
static void full_page(scene *s)
{
    int i;

    clear(s);
    for (i = 1; i <= BYNI_DICT_FULL; i++)
        put(s, i, 0);
}

/* Of a page that is not full but for traces of what was removed: the next new key has it copied. */
static void worn_page(scene *s)
{
    int i;

    full_page(s);
    for (i = 1; i <= BYNI_DICT_FULL; i++)
        if (i % 3 != 0)
            take(s, i);
    if (!s->is_case)
        byni_store32(&byni_dict_page_of(s->dict, 0)->dead, BYNI_DICT_FULL); /* as it believes */
}

static bool is_beside_key_1(const scene *s, int i)
{
    char key[20];
    byni_dict_key one = {0}, other = {0};
    byn_status status;

    REQUIRE(byni_dict_key_of(s->dict, &one, key, key_of(1, key), &status));
    REQUIRE(byni_dict_key_of(s->dict, &other, key, key_of(i, key), &status));
    return one.hash >> 63 == other.hash >> 63;
}

/* Two pages, of which one removal, of key 1, makes one. */
static void hardly_any(scene *s)
{
    int i, beside = 0, others = 0;

    full_page(s);
    put(s, 390, 0);
    for (i = 1; i < KEYS; i++)
        if (s->is.version[i] != NONE && !is_beside_key_1(s, i) && ++others > 10)
            take(s, i);
    for (i = 1; i < KEYS; i++)
        if (s->is.version[i] != NONE && is_beside_key_1(s, i) && ++beside > 65)
            take(s, i);
}

/* The next change raises the generation. */
static void full_quarantine(scene *s)
{
    few(s);
    put(s, 4, 700);
    put(s, 4, 1);
    put(s, 1, 360);
    put(s, 3, 310);
    put(s, 3, 1);
}

/* A small limit, and what is free is in pieces. */
static void in_pieces(scene *s)
{
    int i;

    clear(s);
    for (i = 1; i < 44; i++)
        put(s, i, 7); /* some 300 bytes each */
    for (i = 2; i < 44; i += 2)
        take(s, i);
}

/* ---- The victim */

static scene mine;
static unsigned char old_value[1000];

/* The key that it is going to change, and what to. */
static void *prepare(const char *name, setup set, int i, int version)
{
    board_warm_up();
    REQUIRE_STATUS(byn_dict_open(&mine.dict, name, NULL), BYN_OK);
    set(&mine);
    memcpy(old_value, value_of(1, 1), size_of(1, 1));
    (void)value_of(i, version);
    return &mine;
}

static void *prepare_few(const char *name)
{
    return prepare(name, few, 1, 3);
}

static void *prepare_few_and_new(const char *name)
{
    return prepare(name, few, 9, 3);
}

static void *prepare_full_page(const char *name)
{
    return prepare(name, full_page, 390, 0);
}

static void *prepare_worn_page(const char *name)
{
    return prepare(name, worn_page, 390, 0);
}

static void *prepare_hardly_any(const char *name)
{
    return prepare(name, hardly_any, 1, 0);
}

static void *prepare_full_quarantine(const char *name)
{
    return prepare(name, full_quarantine, 1, 3);
}

static void *prepare_in_pieces(const char *name)
{
    return prepare(name, in_pieces, 4, 90);
}

static void *APR_THREAD_FUNC dies_with_guard(apr_thread_t *thread, void *dict)
{
    byni_place lost;
    byn_dict *its = dict;

    (void)thread;
    CHECK_STATUS(byni_dict_lock_guard(its), BYN_OK);
    CHECK_STATUS(byni_heap_allocate(&its->heap, 500, &lost), BYN_OK);
    return NULL;
}

/* What it inherits is only to be repaired. */
static void *prepare_heir(const char *name)
{
    scene *s = prepare(name, few, 1, 3);
    apr_pool_t *pool = NULL;
    apr_thread_t *thread = NULL;
    apr_status_t unused;

    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_thread_create(&thread, NULL, dies_with_guard, s->dict, pool) == APR_SUCCESS);
    apr_thread_join(&unused, thread);
    return s;
}

/* Half of the value is written, and somebody has begun to end it. */
static void *APR_THREAD_FUNC dies_while_it_writes_over(apr_thread_t *thread, void *dict)
{
    byn_dict *its = dict;
    byni_dict_redo *redo = &its->state->redo;
    size_t size = size_of(1, SAME);
    byni_dict_found at;
    byni_dict_key key;
    byn_status status;

    (void)thread;
    CHECK_STATUS(byni_dict_lock_guard(its), BYN_OK);
    REQUIRE(byni_dict_key_of(its, &key, "key 1", 5, &status));
    REQUIRE_STATUS(byni_dict_look_up(its, &key, &at), BYN_OK);
    byni_bytes_write(redo->words, value_of(1, SAME), size);
    byni_store32(&redo->size, (uint32_t)size);
    byni_store32(&redo->place, at.place);
    byni_store32(byni_heap_number(at.body), byni_load32(byni_heap_number(at.body)) + 1);
    byni_bytes_write(at.value, value_of(1, SAME), size / 16 * 8);
    return NULL;
}

static void *prepare_half_over(const char *name)
{
    scene *s = prepare(name, half_over, 1, SAME);
    apr_pool_t *pool = NULL;
    apr_thread_t *thread = NULL;
    apr_status_t unused;

    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_thread_create(&thread, NULL, dies_while_it_writes_over, s->dict, pool) ==
            APR_SUCCESS);
    apr_thread_join(&unused, thread);
    return s;
}

static void *prepare_over(const char *name)
{
    return prepare(name, few, 1, SAME);
}

static void change(scene *s, int i, int version)
{
    char key[20];

    CHECK(byn_dict_put(s->dict, key, key_of(i, key), value_of(i, version), size_of(i, version)) >=
          0);
}

static void put_new(void *prepared)
{
    change(prepared, 9, 3);
}

static void put_where_no_gap_is_large_enough(void *prepared)
{
    change(prepared, 4, 90);
}

static void put_key_390(void *prepared)
{
    change(prepared, 390, 0);
}

static void replace(void *prepared)
{
    change(prepared, 1, 3);
}

static void write_over(void *prepared)
{
    change(prepared, 1, SAME);
}

static void remove_one(void *prepared)
{
    char key[20];

    CHECK_STATUS(byn_dict_remove(((scene *)prepared)->dict, key, key_of(1, key)), BYN_OK);
}

static void exchange(void *prepared)
{
    char key[20];

    CHECK_STATUS(byn_dict_compare_exchange(((scene *)prepared)->dict, key, key_of(1, key),
                                           old_value, size_of(1, 1), value_of(1, 3), size_of(1, 3)),
                 BYN_OK);
}

static const void *third(const void *value, size_t *size, void *context)
{
    (void)value;
    (void)context;
    *size = size_of(1, 3);
    return value_of(1, 3);
}

static void update(void *prepared)
{
    char key[20];

    CHECK_STATUS(byn_dict_update(((scene *)prepared)->dict, key, key_of(1, key), third, NULL),
                 BYN_OK);
}

static void repair(void *prepared)
{
    uint64_t count = 0;

    CHECK_STATUS(byn_dict_count(((scene *)prepared)->dict, &count), BYN_OK);
    CHECK_INT(count, 4);
}

static void clear_it(void *prepared)
{
    CHECK_STATUS(byn_dict_clear(((scene *)prepared)->dict), BYN_OK);
}

/* ---- The case */

typedef struct sweep {
    step_operation operation;
    setup set;
    int key, after; /* what it changes; key 0: everything is removed; NONE: nothing */
    enum { FEW_STEPS, MANY_STEPS } length;
    uint64_t limit;
} sweep;

typedef struct subject {
    const sweep *of;
    scene before;
    long old, new, by_lock;
} subject;

/* Of a key that is changed old or new, of all others old; all change together where all do. */
static void check_contents(subject *s)
{
    int changed = 0, old = 0, i;

    for (i = 1; i < KEYS; i++) {
        bool changes = s->of->key == 0 || s->of->key == i;
        int wanted[2] = {s->before.is.version[i], NONE}, is;

        if (s->of->key == i)
            wanted[1] = s->of->after;
        is = found(s->before.dict, i, wanted, changes ? 2 : 1);
        if (wanted[0] == wanted[1] || !changes) {
            CHECK_INT(is, wanted[0]);
            continue;
        }
        CHECK(is == wanted[0] || is == wanted[1]);
        changed += is == wanted[1];
        old += is == wanted[0];
    }
    CHECK(changed == 0 || old == 0);
    s->old += old > 0;
    s->new += changed > 0;
}

/* What the scene has believed of a page is not so. */
static void count_again(subject *s)
{
    if (s->of->set != worn_page)
        return;
    CHECK_STATUS(byni_dict_lock_guard(s->before.dict), BYN_OK);
    CHECK_STATUS(byni_dict_repair(s->before.dict), BYN_OK);
    byni_dict_unlock_guard(s->before.dict);
}

static void verify(void *context, long k)
{
    subject *s = context;
    byn_dict *dict = s->before.dict;
    uint64_t generation = byni_heap_generation(&dict->heap), count = 0;
    const char *error;

    (void)k;
    check_contents(s);
    /* Who takes the guard of a dead one repairs it, and raises the generation. */
    s->by_lock += !byni_heap_unchanged(&dict->heap, generation);
    CHECK_STATUS(byn_dict_count(dict, &count), BYN_OK);
    count_again(s);
    error = byni_dict_verify(dict);
    if (error != NULL)
        FAIL("%s", error);
    check_contents(s);
    change(&s->before, 399, 0);
    CHECK_STATUS(byn_dict_remove(dict, "key 399", 7), BYN_OK);
}

static long stride_of(const sweep *of)
{
    long stride = board_rotating_stride();

    if (stride < 10) /* as it was asked for */
        return stride;
    return of->length == MANY_STEPS ? stride * 7 : stride / 3;
}

static void kill_everywhere(const sweep *of)
{
    const char *name = fresh_name();
    subject s;
    step_report report;

    memset(&s, 0, sizeof s);
    s.of = of;
    REQUIRE_STATUS(
        byn_dict_open(&s.before.dict, name, &BYN_OPTIONS(byn_dict_options, .limit = of->limit)),
        BYN_CREATED);
    s.before.is_case = true;
    of->set(&s.before);
    report = step_sweep(&of->operation, name, verify, &s, stride_of(of));
    CHECK_INT(report.hung, 0);
    CHECK_INT(report.inconsistent, 0);
    CHECK(step_is_sampled() || of->key == NONE || (s.old > 0 && s.new > 0));
    CHECK_INT(s.by_lock, 0);
    byn_dict_close(s.before.dict);
}

enum { SMALL_LIMIT = 24576 };

static const sweep sweeps[] = {
    {{"dict.put", prepare_few_and_new, put_new, NULL}, few, 9, 3, FEW_STEPS, 0},
    {{"dict.replace", prepare_few, replace, NULL}, few, 1, 3, FEW_STEPS, 0},
    {{"dict.over", prepare_over, write_over, NULL}, few, 1, SAME, FEW_STEPS, 0},
    {{"dict.remove", prepare_few, remove_one, NULL}, few, 1, NONE, FEW_STEPS, 0},
    {{"dict.exchange", prepare_few, exchange, NULL}, few, 1, 3, FEW_STEPS, 0},
    {{"dict.update", prepare_few, update, NULL}, few, 1, 3, FEW_STEPS, 0},
    {{"dict.generation", prepare_full_quarantine, replace, NULL},
     full_quarantine,
     1,
     3,
     FEW_STEPS,
     0},
    {{"dict.part", prepare_full_page, put_key_390, NULL}, full_page, 390, 0, MANY_STEPS, 0},
    {{"dict.copy", prepare_worn_page, put_key_390, NULL}, worn_page, 390, 0, MANY_STEPS, 0},
    {{"dict.join", prepare_hardly_any, remove_one, NULL}, hardly_any, 1, NONE, MANY_STEPS, 0},
    {{"dict.move", prepare_in_pieces, put_where_no_gap_is_large_enough, NULL},
     in_pieces,
     4,
     90,
     MANY_STEPS,
     SMALL_LIMIT},
    {{"dict.clear", prepare_few, clear_it, NULL}, few, 0, NONE, MANY_STEPS, 0},
    {{"dict.repair", prepare_heir, repair, NULL}, few, NONE, NONE, MANY_STEPS, 0},
    {{"dict.end", prepare_half_over, repair, NULL}, half_over, NONE, NONE, MANY_STEPS, 0},
};

static void one_entry(void)
{
    int i;

    test_deadline(1200);
    for (i = 0; i < 7; i++)
        kill_everywhere(&sweeps[i]);
}

static void pages(void)
{
    int i;

    test_deadline(1200);
    for (i = 7; i < 10; i++)
        kill_everywhere(&sweeps[i]);
}

static void whole(void)
{
    int i;

    test_deadline(1200);
    for (i = 10; i < 14; i++)
        kill_everywhere(&sweeps[i]);
}

/* ---- A reader that is stopped anywhere, while all that it has seen is used for something else */

static void get_one(void *prepared)
{
    static unsigned char buffer[2000];
    size_t size = sizeof buffer;
    byn_status status = byn_dict_get(((scene *)prepared)->dict, "key 1", 5, buffer, &size);

    CHECK_STATUS(status, BYN_OK);
    if (size == size_of(1, 1))
        CHECK(memcmp(buffer, old_value, size) == 0 || memcmp(buffer, value_of(1, SAME), size) == 0);
    else
        CHECK(size == size_of(1, 3) && memcmp(buffer, value_of(1, 3), size) == 0);
}

static void use_memory_again(void *context, long k)
{
    subject *s = context;
    int i;

    (void)k;
    change(&s->before, 1, 3);
    for (i = 0; i < 1200; i++)
        change(&s->before, 398, 1 + i % 2);
    CHECK_STATUS(byn_dict_remove(s->before.dict, "key 398", 7), BYN_OK);
}

static void write_over_it(void *context, long k)
{
    (void)k;
    change(&((subject *)context)->before, 1, SAME);
}

static void is_sound(void *context, long k)
{
    subject *s = context;

    (void)k;
    CHECK_STR(byni_dict_verify(s->before.dict), NULL);
}

static const step_operation get_step = {"dict.get", prepare_few, get_one, NULL};
static const step_operation get_over_step = {"dict.get_over", prepare_over, get_one, NULL};

static void overtake(const step_operation *reader, void (*change_it)(void *context, long k))
{
    const char *name = fresh_name();
    subject s;
    step_report report;

    board_need_races();
    test_deadline(600);
    memset(&s, 0, sizeof s);
    REQUIRE_STATUS(byn_dict_open(&s.before.dict, name, NULL), BYN_CREATED);
    report = step_switch(reader, name, change_it, is_sound, &s,
                         board_rotating_stride() < 10 ? 1 : board_rotating_stride() / 12);
    CHECK_INT(report.hung, 0);
    CHECK_INT(report.inconsistent, 0);
    byn_dict_close(s.before.dict);
}

static void a_reader_that_is_overtaken_reads_what_was_put(void)
{
    overtake(&get_step, use_memory_again);
    overtake(&get_over_step, write_over_it);
}

/* ---- Where the system is asked for memory */

static int puts_and_dies(peer_self *me, int argc, char **argv)
{
    scene s = {0};

    (void)argc;
    REQUIRE_STATUS(byn_dict_open(&s.dict, argv[0], NULL), BYN_OK);
    few(&s);
    peer_say(me, "dies");
    change(&s, 9, 600);
    return 0;
}

static void a_death_while_it_grows_leaves_it_as_it_was(void)
{
    const char *name = fresh_name();
    byn_dict *dict = NULL;
    byn_dict_info info = {.struct_size = sizeof info};
    const char *error;
    int wanted = 1;
    peer *p;

    REQUIRE_STATUS(byn_dict_open(&dict, name, NULL), BYN_CREATED);
    p = peer_start_crashing("segment.grown", 1, "puts_and_dies", name, NULL);
    peer_expect(p, "dies");
    CHECK(peer_crashed(p));
    CHECK_INT(found(dict, 9, &wanted, 1), NONE);
    CHECK_INT(found(dict, 1, &wanted, 1), 1);
    CHECK_STATUS(byn_dict_describe(dict, &info), BYN_OK);
    CHECK_INT(info.count, 4);
    CHECK_INT(info.size, BYNI_HEAP_SIZE);
    error = byni_dict_verify(dict);
    CHECK_STR(error, NULL);
    CHECK_STATUS(byn_dict_put(dict, "k", 1, value_of(9, 600), 60000), BYN_CREATED);
    byn_dict_close(dict);
}

static const test_case cases[] = {
    TEST(one_entry), TEST(a_reader_that_is_overtaken_reads_what_was_put), TEST(pages),
    TEST(whole),     TEST(a_death_while_it_grows_leaves_it_as_it_was),    TEST_END};

static const peer_entry peers[] = {
    STEP(sweeps[0].operation),  STEP(sweeps[1].operation),  STEP(sweeps[2].operation),
    STEP(sweeps[3].operation),  STEP(sweeps[4].operation),  STEP(sweeps[5].operation),
    STEP(sweeps[6].operation),  STEP(sweeps[7].operation),  STEP(sweeps[8].operation),
    STEP(sweeps[9].operation),  STEP(sweeps[10].operation), STEP(sweeps[11].operation),
    STEP(sweeps[12].operation), STEP(sweeps[13].operation), STEP(get_step),
    STEP(get_over_step),        PEER(puts_and_dies),        PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
