/*
 * A list against a plain array: random operations, and after them the same elements; all that the list
 * derives is looked at from inside, and no block has leaked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list_state.h"
#include "test.h"

enum { MOST = 12000, LARGEST = 300 };

/* What an element's bytes are follows from these. */
typedef struct item {
    uint32_t id;
    uint32_t size;
} item;

typedef struct model {
    byn_list *list;
    item items[MOST];
    size_t count;
    uint32_t next_id;
    unsigned random;
} model;

static unsigned random_below(model *m, unsigned range)
{
    m->random = m->random * 1664525u + 1013904223u;
    return (m->random >> 8) % range;
}

static void fill(unsigned char *bytes, item it)
{
    uint32_t i;

    for (i = 0; i < it.size; i++)
        bytes[i] = (unsigned char)(it.id + i * 7 + (it.id >> 8));
}

static item new_item(model *m)
{
    item it = {m->next_id++, 0};

    it.size = random_below(m, 4) == 0 ? random_below(m, LARGEST + 1) : random_below(m, 17);
    return it;
}

static void verify(model *m)
{
    const char *wrong;

    REQUIRE_STATUS(byni_list_lock_guard(m->list), BYN_OK);
    wrong = byni_list_verify(&m->list->heap);
    byni_list_unlock_guard(m->list);
    CHECK_STR(wrong, NULL);
    REQUIRE(wrong == NULL);
}

static void check_item(const model *m, int64_t index, item expected)
{
    unsigned char bytes[LARGEST], wanted[LARGEST];
    size_t size = sizeof bytes;

    REQUIRE_STATUS(byn_list_get(m->list, index, bytes, &size), BYN_OK);
    REQUIRE_INT(size, expected.size);
    fill(wanted, expected);
    REQUIRE(memcmp(bytes, wanted, size) == 0);
}

static void compare(model *m)
{
    uint64_t count = 0;
    size_t i;

    REQUIRE_STATUS(byn_list_count(m->list, &count), BYN_OK);
    REQUIRE_INT(count, m->count);
    for (i = 0; i < m->count; i++)
        check_item(m, i % 2 == 0 ? (int64_t)i : (int64_t)i - (int64_t)m->count, m->items[i]);
    verify(m);
}

static void insert(model *m, size_t index)
{
    unsigned char bytes[LARGEST];
    item it = new_item(m);

    fill(bytes, it);
    if (m->count == MOST)
        return;
    if (index == m->count && random_below(m, 2) == 0)
        REQUIRE_STATUS(byn_list_append(m->list, bytes, it.size), BYN_OK);
    else
        REQUIRE_STATUS(byn_list_insert(m->list, (int64_t)index, bytes, it.size), BYN_OK);
    memmove(&m->items[index + 1], &m->items[index], (m->count - index) * sizeof it);
    m->items[index] = it;
    m->count++;
}

/* So many in one step, which fit below the limit or do not. */
static byn_status extend(model *m, size_t count)
{
    static unsigned char data[MOST * LARGEST];
    static size_t sizes[MOST];
    size_t used = 0, i;
    byn_status status;

    if (count > MOST - m->count)
        return BYN_OK;
    for (i = 0; i < count; i++) {
        item it = new_item(m);

        fill(data + used, it);
        sizes[i] = it.size;
        used += it.size;
        m->items[m->count + i] = it;
    }
    status = byn_list_append_many(m->list, data, sizes, count);
    if (status >= 0)
        m->count += count;
    return status;
}

static void drop(model *m, size_t index)
{
    unsigned char bytes[LARGEST], wanted[LARGEST];
    size_t size = sizeof bytes;
    int64_t said = random_below(m, 2) == 0 ? (int64_t)index : (int64_t)index - (int64_t)m->count;

    if (m->count == 0)
        return;
    if (random_below(m, 2) == 0) {
        REQUIRE_STATUS(byn_list_pop(m->list, said, bytes, &size), BYN_OK);
        fill(wanted, m->items[index]);
        REQUIRE_INT(size, m->items[index].size);
        REQUIRE(memcmp(bytes, wanted, size) == 0);
    } else {
        REQUIRE_STATUS(byn_list_remove(m->list, said), BYN_OK);
    }
    m->count--;
    memmove(&m->items[index], &m->items[index + 1], (m->count - index) * sizeof *m->items);
}

static void set(model *m, size_t index)
{
    unsigned char bytes[LARGEST];
    item it = new_item(m);

    if (m->count == 0)
        return;
    fill(bytes, it);
    REQUIRE_STATUS(byn_list_set(m->list, (int64_t)index, bytes, it.size), BYN_OK);
    m->items[index] = it;
}

/* A place: an end, anywhere, or near where one was last. */
static size_t somewhere(model *m, size_t count)
{
    switch (random_below(m, 6)) {
    case 0:
        return 0;
    case 1:
        return count;
    case 2:
        return count / 3;
    default:
        return random_below(m, (unsigned)count + 1);
    }
}

static void one_step(model *m, unsigned inserts_of_10)
{
    if (random_below(m, 10) < inserts_of_10)
        insert(m, somewhere(m, m->count));
    else if (random_below(m, 100) == 0)
        CHECK_STATUS(extend(m, random_below(m, 200)), BYN_OK);
    else if (random_below(m, 10) == 0)
        set(m, m->count > 0 ? somewhere(m, m->count - 1) : 0);
    else
        drop(m, m->count > 0 ? somewhere(m, m->count - 1) : 0);
}

static model *begin(uint64_t limit)
{
    static model m;
    const char *seed = getenv("BYNAME_TEST_SEED");

    memset(&m, 0, sizeof m);
    m.random = seed != NULL ? (unsigned)strtoul(seed, NULL, 10)
                            : (unsigned)bynk_clock() | 1; /* another way each time */
    printf("     BYNAME_TEST_SEED=%u\n", m.random);
    REQUIRE_STATUS(
        byn_list_open(&m.list, fresh_name(), &BYN_OPTIONS(byn_list_options, .limit = limit)),
        BYN_CREATED);
    return &m;
}

static void end(model *m)
{
    compare(m);
    REQUIRE_STATUS(byn_list_clear(m->list), BYN_OK);
    m->count = 0;
    compare(m);
    byn_list_close(m->list);
}

static void anything_at_random(void)
{
    model *m = begin(0);
    unsigned round, i;

    for (round = 0; round < 12; round++) {
        unsigned inserts = 2 + random_below(m, 7);

        for (i = 0; i < 2000; i++)
            one_step(m, inserts);
        compare(m);
    }
    while (m->count > 0) {
        drop(m, random_below(m, (unsigned)m->count));
        if (m->count % 500 == 0)
            verify(m);
    }
    end(m);
}

static void each_step_leaves_it_sound(void)
{
    model *m = begin(0);
    unsigned i;

    for (i = 0; i < 1500; i++) {
        one_step(m, i % 600 < 350 ? 8 : 2);
        verify(m);
    }
    end(m);
}

static void a_queue_stays_small(void)
{
    model *m = begin(0);
    byni_heap_statistics statistics;
    unsigned i;

    for (i = 0; i < 40; i++)
        insert(m, m->count);
    for (i = 0; i < 20000; i++) {
        insert(m, m->count);
        drop(m, 0);
    }
    verify(m);
    byni_heap_look(&m->list->heap, &statistics);
    CHECK(statistics.live < 40 * (LARGEST + 64) + 4 * sizeof(byni_list_branch));
    end(m);
}

static unsigned levels(const model *m)
{
    const byni_list_node *top =
        byni_heap_at((byni_heap *)&m->list->heap, byni_list_top(&m->list->heap), sizeof *top);

    REQUIRE(top != NULL);
    return byni_load32(&top->level) + 1;
}

/* Whatever stands at the right edge, and however many levels are to come. */
static void many_are_appended_in_one_step(void)
{
    static const size_t there[] = {0, 1, 63, 64, 65, 128, 4096, 4100},
                        more[] = {0, 1, 2, 62, 63, 64, 65, 129, 4032, 4095, 4096, 5000};
    model *m = begin(0);
    size_t i, j, k;

    for (i = 0; i < sizeof there / sizeof there[0]; i++) {
        for (j = 0; j < sizeof more / sizeof more[0]; j++) {
            for (k = 0; k < there[i]; k++)
                insert(m, m->count);
            CHECK_STATUS(extend(m, more[j]), BYN_OK);
            verify(m);
            for (k = 0; k < 70; k++) {
                insert(m, m->count);
                drop(m, 0);
            }
            REQUIRE_INT(m->count, there[i] + more[j]);
            compare(m);
            REQUIRE_STATUS(byn_list_clear(m->list), BYN_OK);
            m->count = 0;
        }
    }
    CHECK_STATUS(extend(m, 4096), BYN_OK);
    CHECK_INT(levels(m), 2);
    while (m->count > 0)
        drop(m, random_below(m, (unsigned)m->count));
    end(m);
}

static void too_many_leave_it_as_it_is(void)
{
    model *m = begin(128 * 1024);
    unsigned i;

    for (i = 0; i < 40; i++) {
        CHECK_STATUS(extend(m, 11000), BYN_E_LIMIT);
        verify(m);
    }
    CHECK_INT(m->count, 0);
    while (extend(m, 100) >= 0)
        continue;
    CHECK(m->count > 500);
    compare(m);
    while (m->count > 0)
        drop(m, random_below(m, (unsigned)m->count));
    CHECK_STATUS(extend(m, 500), BYN_OK);
    end(m);
}

static void a_stack_and_a_queue_backwards(void)
{
    model *m = begin(0);
    unsigned i;

    for (i = 0; i < 5000; i++)
        insert(m, 0);
    compare(m);
    CHECK_INT(levels(m), 3);
    for (i = 0; i < 4000; i++)
        drop(m, m->count - 1);
    compare(m);
    for (i = 0; i < 3000; i++)
        insert(m, m->count);
    for (i = 0; i < 3970; i++)
        drop(m, m->count - 1);
    CHECK_INT(levels(m), 1);
    end(m);
}

/* In the middle, where leaves become two. */
static void growth_and_decay_at_one_place(void)
{
    model *m = begin(0);
    unsigned i;

    for (i = 0; i < 6000; i++)
        insert(m, m->count / 2);
    compare(m);
    for (i = 0; i < 5950; i++)
        drop(m, m->count / 2);
    end(m);
}

/* Few elements need few nodes, wherever the others were. */
static void what_is_left_takes_little_room(void)
{
    model *m = begin(0);
    byni_heap_statistics statistics;
    size_t i;

    for (i = 0; i < 10000; i++)
        insert(m, m->count);
    for (i = m->count; i-- > 0;)
        if (i % 40 != 0)
            drop(m, i);
    verify(m);
    REQUIRE_STATUS(byni_list_lock_guard(m->list), BYN_OK);
    CHECK_STR(byni_heap_verify(&m->list->heap, &statistics), NULL);
    byni_list_unlock_guard(m->list);
    /* Elements, and nodes that are at least a quarter full on average. */
    CHECK(statistics.live_blocks < m->count + m->count / 16 + 8);
    end(m);
}

/* At its limit it stays as it is; and whatever is removed makes room, wherever it was. */
static void full_list_can_be_emptied_anywhere(void)
{
    model *m = begin(128 * 1024);
    unsigned char bytes[LARGEST] = {0};
    size_t before;
    unsigned i;

    for (i = 0; i < 3; i++) {
        byn_status status = BYN_OK;

        while (status >= 0) {
            item it = {m->next_id++, 8};

            fill(bytes, it);
            status = byn_list_append(m->list, bytes, it.size);
            if (status >= 0)
                m->items[m->count++] = it;
        }
        CHECK_STATUS(status, BYN_E_LIMIT);
        compare(m);
        CHECK_STATUS(byn_list_set(m->list, 3, bytes, LARGEST), BYN_E_LIMIT);
        CHECK_STATUS(byn_list_insert(m->list, 3, bytes, LARGEST), BYN_E_LIMIT);
        compare(m);
        before = m->count;
        CHECK(before > 1000);
        while (m->count > before / (i + 2)) {
            drop(m, random_below(m, (unsigned)m->count));
            if (m->count % 100 == 0)
                verify(m);
        }
        compare(m);
    }
    end(m);
}

static void repair_makes_everything_that_is_derived_again(void)
{
    model *m = begin(0);
    unsigned i;

    for (i = 0; i < 9000; i++)
        insert(m, somewhere(m, m->count));
    REQUIRE_STATUS(byni_list_lock_guard(m->list), BYN_OK);
    byni_store64(byni_list_root(&m->list->heap, BYNI_LIST_COUNT), 77);
    byni_list_begin_change(&m->list->heap);
    CHECK_STATUS(byni_list_repair(&m->list->heap), BYN_OK);
    byni_list_unlock_guard(m->list);
    end(m);
}

/* ---- Hostile contents ----------------------------------------------------------------------------- */

static bool may_say(byn_status status)
{
    return status == BYN_OK || status == BYN_E_CORRUPT || status == BYN_E_NOTFOUND ||
           status == BYN_E_TOOBIG || status == BYN_E_LIMIT || status == BYN_E_NOMEM;
}

static void go_through(byn_list *list)
{
    byn_list_iterator *iterator = NULL;
    byn_list_element element;
    byn_status status = byn_list_iterator_open(&iterator, list);
    volatile unsigned char sum = 0;
    size_t i;

    CHECK(may_say(status));
    if (status < 0)
        return;
    while (byn_list_iterator_next(iterator, &element) >= 0)
        for (i = 0; i < element.size; i++)
            sum = (unsigned char)(sum + ((const unsigned char *)element.data)[i]);
    byn_list_iterator_close(iterator);
}

/* All that there is to do, in an order that is another one each time. */
static void use(model *m)
{
    enum { MANY = 70 };
    static const size_t sizes[MANY] = {1, 0, 3};
    static unsigned char bytes[LARGEST];
    int64_t index = (int64_t)random_below(m, 400) - 200;
    byn_list *list = m->list;
    size_t size = sizeof bytes;
    uint64_t count;
    unsigned i;

    for (i = 0; i < 8; i++) {
        switch (random_below(m, 10)) {
        case 0:
            CHECK(may_say(byn_list_append(list, bytes, random_below(m, LARGEST))));
            break;
        case 1:
            CHECK(may_say(byn_list_insert(list, index, bytes, random_below(m, 40))));
            break;
        case 2:
            CHECK(may_say(byn_list_set(list, index, bytes, random_below(m, 40))));
            break;
        case 3:
            CHECK(may_say(byn_list_get(list, index, bytes, &size)));
            break;
        case 4:
            CHECK(may_say(byn_list_pop(list, index, bytes, &size)));
            break;
        case 5:
            CHECK(may_say(byn_list_remove(list, -1)));
            break;
        case 6:
            go_through(list);
            break;
        case 7:
            CHECK(may_say(byn_list_count(list, &count)));
            break;
        case 8:
            CHECK(may_say(byn_list_append_many(list, bytes, sizes, random_below(m, MANY))));
            break;
        default:
            REQUIRE_STATUS(byni_list_lock_guard(list), BYN_OK);
            CHECK(may_say(byni_list_repair(&list->heap)));
            byni_list_unlock_guard(list);
        }
        size = sizeof bytes;
    }
    CHECK(may_say(byn_list_clear(list)));
}

/* Numbers that are popular among attackers, others of the same segment, and nonsense. */
static uint32_t chosen(model *m, const uint32_t *words, size_t count)
{
    static const uint32_t popular[] = {0, 1, 2, 63, 64, 65, 0x7fffffff, 0x80000000, UINT32_MAX};

    switch (random_below(m, 4)) {
    case 0:
        return popular[random_below(m, sizeof popular / sizeof popular[0])];
    case 1:
        return words[random_below(m, (unsigned)count)];
    case 2:
        return words[random_below(m, (unsigned)count)] + random_below(m, 3) - 1;
    default:
        return random_below(m, 1 << 16) << random_below(m, 17);
    }
}

/* A few words of the heap or of its state are not what they were; the locks are. */
static void hostile_contents_are_corrupt_and_no_more(void)
{
    enum { ROUNDS = 3000, ELEMENTS = 200 };
    model *m = begin(64 * 1024);
    byni_header *header = m->list->object.header;
    size_t from = BYNI_STATE_OFFSET + offsetof(list_state, heap), size, at, i;
    static uint32_t sound[16 * 1024];
    uint32_t *words = (uint32_t *)(void *)header;
    unsigned round;

    for (i = 0; i < ELEMENTS; i++)
        insert(m, i % 3 == 0 ? m->count / 2 : m->count);
    size = (size_t)byni_load64(&header->size);
    REQUIRE(size <= sizeof sound);
    memcpy(sound, header, size);
    for (round = 0; round < ROUNDS; round++) {
        unsigned many = round % 5 == 0 ? 200 : 1 + random_below(m, 4);

        for (; many > 0; many--) {
            size_t end = random_below(m, 3) == 0 ? from + sizeof(byni_heap_state) : size;

            at = (from + random_below(m, (unsigned)(end - from))) / 4;
            words[at] = chosen(m, sound + from / 4, (size - from) / 4);
        }
        use(m);
        CHECK(memcmp(sound, header, offsetof(byni_header, size)) == 0);
        CHECK(memcmp(sound + 64, (char *)header + 256, BYNI_STATE_OFFSET - 256) == 0);
        memcpy((char *)header + from, (char *)sound + from, size - from);
        memset((char *)header + size, 0, (size_t)byni_load64(&header->size) - size);
    }
    REQUIRE_STATUS(byni_list_lock_guard(m->list), BYN_OK);
    CHECK_STATUS(byni_list_repair(&m->list->heap), BYN_OK);
    byni_list_unlock_guard(m->list);
    end(m);
}

/* ---- Reading beside others ------------------------------------------------------------------------ */

typedef struct disturbance {
    model *m;
    unsigned calls, changes; /* so often others change it meanwhile */
    byn_status answer;
} disturbance;

static byn_status is_disturbed(byn_list *list, void *context)
{
    disturbance *d = context;

    CHECK(list == d->m->list);
    if (d->calls++ < d->changes)
        insert(d->m, d->m->count);
    return d->answer;
}

static void who_reads_looks_again_if_others_changed_it(void)
{
    model *m = begin(0);
    disturbance none = {m, 0, 0, BYN_E_TOOBIG}, some = {m, 0, 2, BYN_OK};
    disturbance always = {m, 0, 4, BYN_OK}, corrupt = {m, 0, 0, BYN_E_CORRUPT};

    CHECK_STATUS(byni_list_read(m->list, is_disturbed, &none), BYN_E_TOOBIG);
    CHECK_INT(none.calls, 1);
    CHECK_STATUS(byni_list_read(m->list, is_disturbed, &some), BYN_OK);
    CHECK_INT(some.calls, 3);
    CHECK_STATUS(byni_list_read(m->list, is_disturbed, &always), BYN_OK);
    CHECK_INT(always.calls, 5); /* the last time with the guard */
    CHECK_STATUS(byni_list_read(m->list, is_disturbed, &corrupt), BYN_E_CORRUPT);
    end(m);
}

static const test_case cases[] = {
    TEST(anything_at_random),
    TEST(each_step_leaves_it_sound),
    TEST(a_queue_stays_small),
    TEST(many_are_appended_in_one_step),
    TEST(too_many_leave_it_as_it_is),
    TEST(a_stack_and_a_queue_backwards),
    TEST(growth_and_decay_at_one_place),
    TEST(what_is_left_takes_little_room),
    TEST(full_list_can_be_emptied_anywhere),
    TEST(repair_makes_everything_that_is_derived_again),
    TEST(hostile_contents_are_corrupt_and_no_more),
    TEST(who_reads_looks_again_if_others_changed_it),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "unit.list_model", cases, NULL);
}
