/*
 * A list: a process is killed at every instruction of each operation, of the growth of nodes and of the
 * segment, and of the repair of what one left that died inside. The others find the list as it was before,
 * or as it is afterwards; all that it derives is right, and no block has leaked.
 */
#include "board.h"

#ifndef BYNI_TESTING
#error "this test is for the library with its hooks"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

#include "list_state.h"

enum { EXPENSIVE = 61, LARGE = 3000, LEAF = BYNI_LIST_FANOUT };

/* A case. */
typedef struct subject {
    const char *name;
    uint64_t limit;
    void (*fill)(byn_list *list);
    byn_list *list;
    uint64_t before, after; /* digests */
    unsigned was_before, was_after;
} subject;

static unsigned char bytes[LARGE];

static byn_list *open_list(const char *name)
{
    byn_list *list = NULL;

    REQUIRE_STATUS(byn_list_open(&list, name, NULL), BYN_OK);
    return list;
}

/* ---- Contents ------------------------------------------------------------------------------------ */

static byn_status append(byn_list *list, unsigned i)
{
    unsigned char element[24];
    size_t size = i % 7 == 3 ? 0 : 4 + i % 19;

    memset(element, (int)i, sizeof element);
    memcpy(element, &i, sizeof i);
    return byn_list_append(list, element, size);
}

static void fill(byn_list *list, unsigned count)
{
    unsigned i;

    for (i = 0; i < count; i++)
        REQUIRE_STATUS(append(list, i), BYN_OK);
}

static void few(byn_list *list)
{
    fill(list, 10);
}

static void nothing(byn_list *list)
{
    (void)list;
}

static void one_leaf(byn_list *list)
{
    fill(list, LEAF);
}

static void one_leaf_and_one(byn_list *list)
{
    fill(list, LEAF + 1);
}

static void three_leaves(byn_list *list)
{
    fill(list, 3 * LEAF);
}

/* A branch of 64 leaves, and one more is not possible without another branch. */
static void one_branch(byn_list *list)
{
    fill(list, LEAF * LEAF);
}

/* In the middle a leaf of 17 elements beside one of 16, which the next removal joins. */
static void small_neighbours(byn_list *list)
{
    unsigned i;

    fill(list, 4 * LEAF);
    for (i = 0; i < LEAF - 16; i++)
        REQUIRE_STATUS(byn_list_remove(list, 2 * LEAF + 8), BYN_OK);
    for (i = 0; i < LEAF - 17; i++)
        REQUIRE_STATUS(byn_list_remove(list, LEAF + 8), BYN_OK);
}

/* Up to its limit. */
static void full(byn_list *list)
{
    byn_status status = BYN_OK;
    unsigned i;

    for (i = 0; status >= 0; i++)
        status = append(list, i);
    REQUIRE_STATUS(status, BYN_E_LIMIT);
}

/* What was removed may not be used again yet. */
static void full_of_removed(byn_list *list)
{
    unsigned i;

    full(list);
    for (i = 0; i < 20; i++)
        REQUIRE_STATUS(byn_list_remove(list, -1), BYN_OK);
}

static uint64_t digest(byn_list *list)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    byn_list_iterator *iterator = NULL;
    byn_list_element element;
    size_t i;

    REQUIRE_STATUS(byn_list_iterator_open(&iterator, list), BYN_OK);
    while (byn_list_iterator_next(iterator, &element) >= 0) {
        hash = (hash ^ element.size) * UINT64_C(1099511628211);
        for (i = 0; i < element.size; i++)
            hash = (hash ^ ((const unsigned char *)element.data)[i]) * UINT64_C(1099511628211);
    }
    byn_list_iterator_close(iterator);
    return hash;
}

/* ---- In victims ---------------------------------------------------------------------------------- */

static void *prepare(const char *name)
{
    board_warm_up();
    memset(bytes, 0x5a, sizeof bytes); /* as try_out() does */
    return open_list(name);
}

static void *APR_THREAD_FUNC dies_changing(apr_thread_t *thread, void *opened)
{
    byn_list *list = opened;
    byni_list_node *top;

    (void)thread;
    REQUIRE_STATUS(byni_list_lock_guard(list), BYN_OK);
    byni_list_begin_change(&list->heap);
    top = byni_heap_at(&list->heap, byni_list_top(&list->heap), sizeof *top);
    REQUIRE(top != NULL);
    byni_store32(&top->end, 1);
    byni_store64(byni_list_root(&list->heap, BYNI_LIST_COUNT), 3);
    return NULL;
}

/* What the operation finds was left by a dead one. */
static void *prepare_heir(const char *name)
{
    byn_list *list = prepare(name);
    apr_pool_t *pool = NULL;
    apr_thread_t *thread = NULL;
    apr_status_t unused;

    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_thread_create(&thread, NULL, dies_changing, list, pool) == APR_SUCCESS);
    apr_thread_join(&unused, thread);
    return list;
}

static void appends(void *list)
{
    CHECK_STATUS(byn_list_append(list, bytes, 8), BYN_OK);
}

static void appends_large(void *list)
{
    CHECK_STATUS(byn_list_append(list, bytes, sizeof bytes), BYN_OK);
}

/* Three; more than a leaf has; in one step. */
static void appends_three(void *list)
{
    static const size_t sizes[] = {5, 0, 9};

    CHECK_STATUS(byn_list_append_many(list, bytes, sizes, 3), BYN_OK);
}

static void appends_many(void *list)
{
    static const size_t sizes[LEAF + 2] = {5, 0, 9};

    CHECK_STATUS(byn_list_append_many(list, bytes, sizes, LEAF + 2), BYN_OK);
}

static void puts_in_front(void *list)
{
    CHECK_STATUS(byn_list_insert(list, 0, bytes, 9), BYN_OK);
}

static void inserts(void *list)
{
    CHECK_STATUS(byn_list_insert(list, 7, bytes, 9), BYN_OK);
}

static void sets(void *list)
{
    CHECK_STATUS(byn_list_set(list, 7, bytes, 9), BYN_OK);
}

static void removes_last(void *list)
{
    CHECK_STATUS(byn_list_remove(list, -1), BYN_OK);
}

static void removes_inside(void *list)
{
    CHECK_STATUS(byn_list_remove(list, 7), BYN_OK);
}

static void joins(void *list)
{
    CHECK_STATUS(byn_list_remove(list, LEAF + 2), BYN_OK);
}

static void pops(void *list)
{
    size_t size = sizeof bytes;

    CHECK_STATUS(byn_list_pop(list, 0, bytes, &size), BYN_OK);
}

static void clears(void *list)
{
    CHECK_STATUS(byn_list_clear(list), BYN_OK);
}

static void gets_one(void *list)
{
    size_t size = sizeof bytes;

    CHECK_STATUS(byn_list_get(list, 5, bytes, &size), BYN_OK);
}

static void locks(void *list)
{
    CHECK(byn_list_lock(list, BYN_NOW) >= 0);
    CHECK_STATUS(byn_list_unlock(list), BYN_OK);
}

static const step_operation append_one = {"list.append", prepare, appends, NULL};
static const step_operation append_large = {"list.append.large", prepare, appends_large, NULL};
static const step_operation append_three = {"list.append.three", prepare, appends_three, NULL};
static const step_operation append_many = {"list.append.many", prepare, appends_many, NULL};
static const step_operation insert_first = {"list.insert.first", prepare, puts_in_front, NULL};
static const step_operation insert_inside = {"list.insert.inside", prepare, inserts, NULL};
static const step_operation set = {"list.set", prepare, sets, NULL};
static const step_operation remove_last = {"list.remove.last", prepare, removes_last, NULL};
static const step_operation remove_inside = {"list.remove.inside", prepare, removes_inside, NULL};
static const step_operation join = {"list.remove.join", prepare, joins, NULL};
static const step_operation pop = {"list.pop", prepare, pops, NULL};
static const step_operation clear = {"list.clear", prepare, clears, NULL};
static const step_operation get = {"list.get", prepare, gets_one, NULL};
static const step_operation lock = {"list.lock", prepare, locks, NULL};
static const step_operation inherit = {"list.append.inherits", prepare_heir, appends, NULL};
static const step_operation inherit_reading = {"list.get.inherits", prepare_heir, gets_one, NULL};

/* ---- In the case --------------------------------------------------------------------------------- */

static void begin_round(subject *s)
{
    byn_list_close(s->list);
    REQUIRE_STATUS(
        byn_list_open(&s->list, s->name, &BYN_OPTIONS(byn_list_options, .limit = s->limit)),
        BYN_CREATED);
    s->fill(s->list);
}

static void verify(const subject *s)
{
    REQUIRE_STATUS(byni_list_lock_guard(s->list), BYN_OK);
    CHECK_STR(byni_list_verify(&s->list->heap), NULL);
    byni_list_unlock_guard(s->list);
}

static void old_or_new(void *context, long k)
{
    subject *s = context;
    uint64_t now = digest(s->list);
    byn_status status;

    (void)k;
    CHECK(now == s->before || now == s->after);
    s->was_before += now == s->before;
    s->was_after += now == s->after;
    verify(s);
    CHECK_STATUS(append(s->list, 1) == BYN_E_LIMIT ? BYN_OK : byn_list_remove(s->list, -1), BYN_OK);
    CHECK(digest(s->list) == now);
    status = byn_list_lock(s->list, BYN_NOW);
    CHECK(status == BYN_OK || status == BYN_ABANDONED);
    CHECK_STATUS(byn_list_unlock(s->list), BYN_OK);
    verify(s);
    begin_round(s);
}

/* How the list stands: blocks, and bytes of its segment. */
typedef struct shape {
    long long blocks;
    uint64_t size;
} shape;

static shape look(const subject *s)
{
    byni_heap_statistics statistics = {0};

    REQUIRE_STATUS(byni_list_lock_guard(s->list), BYN_OK);
    CHECK_STR(byni_heap_verify(&s->list->heap, &statistics), NULL);
    byni_list_unlock_guard(s->list);
    return (shape){(long long)statistics.live_blocks, statistics.size};
}

/* What the operation does, done by the case: whether it is the way that was meant. */
static void try_out(subject *s, const step_operation *operation, int blocks, bool grows)
{
    shape before = look(s), after;

    memset(bytes, 0x5a, sizeof bytes);
    s->before = digest(s->list);
    operation->operate(s->list);
    s->after = digest(s->list);
    after = look(s);
    CHECK_INT(after.blocks - before.blocks, blocks);
    CHECK_INT(after.size > before.size, grows);
}

/* blocks: how many there are more afterwards. */
static void sweep_at(const step_operation *operation, int blocks, void (*fill_it)(byn_list *list),
                     uint64_t limit, long stride)
{
    subject s = {.name = fresh_name(), .limit = limit, .fill = fill_it};
    step_report report;

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    test_deadline(280);
    begin_round(&s);
    try_out(&s, operation, blocks, operation == &append_large);
    begin_round(&s);
    report = step_sweep(operation, s.name, old_or_new, &s, stride);
    printf("     %ld instructions, %ld kills: %u times as before, %u times as afterwards\n",
           report.instructions, report.kills, s.was_before, s.was_after);
    byn_list_close(s.list);
    step_check(report);
    CHECK(step_is_sampled() || (s.was_before > 0 && s.was_after > 0));
}

/* Of the longer ones some instructions in every run, and all with BYNAME_CRASH_STRIDE=1. */
static void sweep(const step_operation *operation, int blocks, void (*fill_it)(byn_list *list))
{
    sweep_at(operation, blocks, fill_it, 0, board_rotating_stride());
}

static void sweep_short(const step_operation *operation, int blocks,
                        void (*fill_it)(byn_list *list))
{
    sweep_at(operation, blocks, fill_it, 0, board_stride(EXPENSIVE));
}

static void sweep_full(const step_operation *operation, int blocks, void (*fill_it)(byn_list *list))
{
    sweep_at(operation, blocks, fill_it, BYNI_HEAP_SIZE, board_rotating_stride());
}

static void append_in_place(void)
{
    sweep_short(&append_one, 1, few);
}

static void append_the_first(void)
{
    sweep(&append_one, 3, nothing);
}

static void append_that_needs_a_root(void)
{
    sweep(&append_one, 4, one_leaf);
}

static void append_that_needs_a_leaf(void)
{
    sweep(&append_one, 2, three_leaves);
}

static void append_that_grows_the_segment(void)
{
    sweep(&append_large, 2, three_leaves);
}

static void append_of_three_that_needs_a_leaf(void)
{
    sweep(&append_three, 4, three_leaves);
}

static void append_of_many(void)
{
    sweep_at(&append_many, LEAF + 2 + 3, few, 0, 5 * board_rotating_stride());
}

static void append_that_waits_for_a_generation(void)
{
    sweep_full(&append_one, 1, full_of_removed);
}

static void put_in_front_of_all(void)
{
    sweep(&insert_first, 4, one_leaf);
}

static void insert_amid_others(void)
{
    sweep(&insert_inside, 1, few);
}

static void insert_that_splits_a_leaf(void)
{
    sweep(&insert_inside, 4, one_leaf);
}

static void insert_that_splits_a_leaf_and_a_branch(void)
{
    sweep(&insert_inside, 4, one_branch);
}

static void set_one(void)
{
    sweep_short(&set, 0, three_leaves);
}

static void remove_from_an_end(void)
{
    sweep_short(&remove_last, -1, few);
}

static void remove_that_lowers_the_tree(void)
{
    sweep(&remove_last, -3, one_leaf_and_one);
}

static void remove_amid_others(void)
{
    sweep(&remove_inside, -1, three_leaves);
}

static void remove_that_joins_leaves(void)
{
    sweep(&join, -2, small_neighbours);
}

static void remove_from_a_full_list(void)
{
    sweep_full(&remove_inside, -1, full);
}

static void pop_the_first(void)
{
    sweep_short(&pop, -1, three_leaves);
}

static void clear_all(void)
{
    sweep(&clear, -12, few);
}

static void get_one(void)
{
    sweep_short(&get, 0, three_leaves);
}

static void lock_and_unlock(void)
{
    sweep(&lock, 0, few);
}

static void repair_and_append(void)
{
    sweep(&inherit, 1, few);
}

static void repair_to_read(void)
{
    sweep(&inherit_reading, 0, one_leaf_and_one);
}

static const test_case cases[] = {
    TEST(append_in_place),
    TEST(append_the_first),
    TEST(append_that_needs_a_root),
    TEST(append_that_needs_a_leaf),
    TEST(append_that_grows_the_segment),
    TEST(append_of_three_that_needs_a_leaf),
    TEST(append_of_many),
    TEST(append_that_waits_for_a_generation),
    TEST(put_in_front_of_all),
    TEST(insert_amid_others),
    TEST(insert_that_splits_a_leaf),
    TEST(insert_that_splits_a_leaf_and_a_branch),
    TEST(set_one),
    TEST(remove_from_an_end),
    TEST(remove_that_lowers_the_tree),
    TEST(remove_amid_others),
    TEST(remove_that_joins_leaves),
    TEST(remove_from_a_full_list),
    TEST(pop_the_first),
    TEST(clear_all),
    TEST(get_one),
    TEST(lock_and_unlock),
    TEST(repair_and_append),
    TEST(repair_to_read),
    TEST_END,
};

static const peer_entry peers[] = {
    STEP(append_one),
    STEP(append_large),
    STEP(append_three),
    STEP(append_many),
    STEP(insert_first),
    STEP(insert_inside),
    STEP(set),
    STEP(remove_last),
    STEP(remove_inside),
    STEP(join),
    STEP(pop),
    STEP(clear),
    STEP(get),
    STEP(lock),
    STEP(inherit),
    STEP(inherit_reading),
    PEER_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
