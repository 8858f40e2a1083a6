/*
 * A pool's table from inside: options that cannot be, and memory that somebody writes nonsense into.
 */
#include "pool_use.h"
#include "support.h"

enum { CAPACITY = 16, SMALL = 8, LARGE = 5000 };

/* ---- Options */

static byn_status opens(const char *name, byn_pool_options options)
{
    byn_pool *pool = NULL;
    byn_status status = byni_pool_open(&pool, name, &options);

    if (status >= 0)
        byni_object_close(&pool->object);
    return status;
}

#define OPENS(...) opens(name, BYN_OPTIONS(byn_pool_options, __VA_ARGS__))

static void options_that_cannot_be_are_refused(void)
{
    static const char *const nothing[] = {NULL};
    static const char *const missing[] = {"there-is-no-such-program-anywhere", NULL};
    const char *name = fresh_name();

    CHECK_STATUS(OPENS(.keep = true), BYN_E_UNSUPPORTED);
    CHECK_STATUS(OPENS(.no_workers = true, .workers = 1), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.workers = BYN_POOL_MEMBERS_MAX + 1), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.capacity = 65537), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.memory = UINT64_MAX), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.attempts = 256), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.task_timeout = -2), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.orphans = (byn_pool_orphans)7), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.initializer = ""), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.initializer = "any", .initializer_size = 5), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.initializer = "any", .initializer_data = name, .initializer_size = 4097),
                 BYN_E_INVALID);
    CHECK_STATUS(OPENS(.program = nothing), BYN_E_INVALID);
    CHECK_STATUS(OPENS(.program = missing), BYN_E_NOTFOUND);
    CHECK_STATUS(OPENS(.library = "there/is/no/such.library"), BYN_E_NOTFOUND);
    CHECK_STATUS(OPENS(.open = BYN_OPEN_ONLY), BYN_E_NOTFOUND);
}

static void a_later_opener_passes_the_same_or_nothing(void)
{
    const char *name = fresh_name();
    const char *program[] = {test_executable(), "one", NULL};
    const char *other[] = {test_executable(), "two", NULL};
    byn_pool *pool = NULL;

    REQUIRE_STATUS(byni_pool_open(&pool, name,
                                  &BYN_OPTIONS(byn_pool_options, .program = program, .workers = 3,
                                               .attempts = 2, .initializer = "begin",
                                               .initializer_data = "abc", .initializer_size = 3,
                                               .task_timeout = 500, .capacity = CAPACITY)),
                   BYN_CREATED);
    CHECK_STATUS(OPENS(.workers = 0), BYN_OK);
    CHECK_STATUS(OPENS(.workers = 3, .attempts = 2, .capacity = CAPACITY, .program = program),
                 BYN_OK);
    CHECK_STATUS(OPENS(.initializer = "begin", .initializer_data = "abc", .initializer_size = 3),
                 BYN_OK);
    CHECK_STATUS(OPENS(.workers = 2), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.capacity = CAPACITY + 1), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.program = other), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.attempts = 1), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.task_timeout = 501), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.initializer = "end"), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.initializer = "begin", .initializer_data = "abd", .initializer_size = 3),
                 BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.orphans = BYN_POOL_DRAIN), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.no_workers = true), BYN_E_MISMATCH);
    CHECK_STATUS(OPENS(.open = BYN_CREATE_ONLY), BYN_E_EXISTS);
    byni_object_close(&pool->object);
}

/* ---- Hostile memory */

static unsigned any(unsigned *seed, unsigned range)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % range;
}

static uint64_t nonsense(unsigned *seed)
{
    static const uint64_t special[] = {0,
                                       1,
                                       5,
                                       0xffff,
                                       0x10000,
                                       UINT32_MAX,
                                       UINT64_C(1) << 40,
                                       UINT64_MAX,
                                       UINT64_C(0x0000010000000002),
                                       UINT64_C(0x0100000000000003)};

    if (any(seed, 3) == 0)
        return (uint64_t)any(seed, 1 << 20) << any(seed, 45) | any(seed, 8);
    return special[any(seed, sizeof special / sizeof special[0])];
}

/* Words that anybody who has the pool open could write to. The guard and spots are the platform's. */
static void spoil(byn_pool *pool, unsigned *seed)
{
    byni_pool_words *words = pool->words;
    byni_a64 *some[] = {&words->head,
                        &words->tail,
                        &words->order,
                        &words->handed,
                        &pool->submitters[any(seed, 2)].posted,
                        &pool->submitters[any(seed, 2)].fetched,
                        &pool->submitters[any(seed, 2)].post[any(seed, BYNI_POSTS)],
                        &pool->ring[any(seed, (unsigned)pool->ring_mask + 1)],
                        &pool->workers[any(seed, 3)].current[any(seed, BYNI_TASK_NESTED)],
                        &pool->workers[any(seed, 3)].batch[any(seed, BYNI_TASK_BATCH)],
                        &pool->workers[any(seed, 3)].done,
                        &pool->tasks[any(seed, pool->capacity)].word,
                        &pool->tasks[any(seed, pool->capacity)].argument_size,
                        &pool->tasks[any(seed, pool->capacity)].result_size};
    byni_a32 *others[] = {&words->free,
                          &words->idle,
                          &words->duty,
                          &words->standby,
                          &words->usual,
                          &words->used_workers,
                          &words->used_submitters,
                          &words->present,
                          &words->supervisor,
                          &words->short_of,
                          &words->needs_repair,
                          &pool->free[any(seed, pool->capacity)],
                          &pool->workers[any(seed, 3)].depth,
                          &pool->tasks[any(seed, pool->capacity)].owner,
                          &pool->tasks[any(seed, pool->capacity)].argument_place,
                          &pool->tasks[any(seed, pool->capacity)].result_place,
                          &pool->tasks[any(seed, pool->capacity)].most,
                          &words->heap.end,
                          &words->heap.live};
    enum { WIDE = sizeof some / sizeof some[0], NARROW = sizeof others / sizeof others[0] };
    unsigned which = any(seed, WIDE + NARROW);

    if (which < WIDE)
        byni_store64(some[which], nonsense(seed));
    else
        byni_store32(others[which - WIDE], (uint32_t)nonsense(seed));
}

static void use(byn_pool *pool, uint32_t worker, unsigned *seed)
{
    byni_ticket ticket = {0, 0};
    char last = 0;
    size_t size = 0;
    void *room;
    int i;

    for (i = 0; i < 3; i++)
        (void)pool_put(pool, 1, any(seed, 3) == 0 ? LARGE : SMALL, 2, &ticket);
    if (any(seed, 2) == 0)
        byni_task_free(pool, ticket);
    for (i = 0; i < 6 && pool_next(pool, worker, 4, &ticket); i++) {
        const byni_task *task = &pool->tasks[ticket.index];
        const char *bytes = byni_task_argument(pool, task, &size);

        if (bytes != NULL && size > 0)
            last = bytes[size - 1]; /* is there */
        if (byni_task_reserve(pool, &pool->tasks[ticket.index], any(seed, 200), &room) >= 0)
            memset(room, last, 1);
        byni_task_end(pool, worker, ticket, BYNI_TASK_DONE);
        (void)byni_task_result(pool, task, &size);
        byni_task_free(pool, ticket);
    }
    CHECK(byn_pool_join(pool, BYN_NOW) <= BYN_OK);
    (void)pool_look(pool);
}

/* As far as it goes: at the end somebody dies there, which has all of it looked at. */
static void nonsense_in_it_harms_nobody(void)
{
    unsigned seed, round, i;

    for (round = 0; round < 300; round++) {
        byn_pool *pool = pool_opened(NULL, 8, 100000);
        uint32_t worker = pool_worker(pool);

        seed = round * 7919;
        use(pool, worker, &seed);
        for (i = 0; i < 6; i++) {
            spoil(pool, &seed);
            use(pool, worker, &seed);
        }
        if (byni_pool_lock(pool) >= 0) {
            byn_status status = byni_pool_repair(pool);

            CHECK(status == BYN_OK || status == BYN_E_CORRUPT);
            byni_pool_unlock(pool);
        }
        pool_closed(pool);
    }
}

/* Read as an opener reads it. */
static void a_definition_that_cannot_be_is_not_believed(void)
{
    byn_pool *pool = pool_opened(NULL, CAPACITY, 0);
    byni_place place = (byni_place)byni_load64(&pool->words->heap.root[1]);
    byni_pool_definition *there = byni_heap_at(&pool->heap, place, sizeof *there), sound = *there;
    uint32_t *words = (uint32_t *)(void *)there, i;

    for (i = 0; i < sizeof sound / sizeof *words; i++) {
        byn_pool other = {.object = pool->object};

        words[i] = 0xfffffff0u;
        if (byni_pool_attach(&other) >= 0)
            byni_pool_detach(&other);
        *there = sound;
    }
    pool_closed(pool);
}

static const test_case cases[] = {
    TEST(options_that_cannot_be_are_refused),
    TEST(a_later_opener_passes_the_same_or_nothing),
    TEST(nonsense_in_it_harms_nobody),
    TEST(a_definition_that_cannot_be_is_not_believed),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "unit.pool_hostile", cases, NULL);
}
