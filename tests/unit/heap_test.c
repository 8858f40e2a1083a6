/* The heap from inside: against a plain model, fragmented on purpose, repaired, and broken. */
#include "heap_block.h"

#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "test.h"

enum { SLOTS = 4096, LARGEST = 1 << 20 };

/* An object that is a table of blocks, each of which begins with its slot and its size and then repeats a
 * byte. The table itself is the block at root[0]. */
typedef struct shelf_state {
    bynk_guard guard;
    _Alignas(64) byni_heap_state heap;
} shelf_state;

typedef struct shelf {
    byni_object object;
    byni_heap heap;
} shelf;

/* NULL: where the root leads, no table can be. */
static byni_a64 *table_of(shelf *s)
{
    return byni_heap_at(&s->heap, (byni_place)byni_load64(&s->heap.state->root[0]), SLOTS * 8);
}

static bool is_sound(const byni_header *header)
{
    return byni_heap_is_sound(header);
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    shelf_state *state = at;
    byni_heap heap;

    (void)parameters;
    (void)options;
    bynk_guard_initialise(&state->guard);
    byni_heap_initialise(&heap, (byni_header *)(void *)((char *)at - BYNI_STATE_OFFSET),
                         &state->heap);
}

static bool repoint(void *context, byni_place from, byni_place to)
{
    shelf *s = context;
    byni_a64 *table = table_of(s);
    uint64_t slot;

    if (byni_load64(&s->heap.state->root[0]) == from) {
        byni_store64(&s->heap.state->root[0], to);
        return true;
    }
    slot = byni_load64(byni_heap_at(&s->heap, from, 8));
    if (table == NULL || slot >= SLOTS || byni_load64(&table[slot]) != from)
        return false;
    byni_store64(&table[slot], to);
    return true;
}

static byn_status attach(byni_object *object)
{
    shelf *s = (shelf *)object;
    shelf_state *state = byni_object_state(object);

    byni_heap_attach(&s->heap, object, &state->heap);
    s->heap.repoint = repoint;
    s->heap.context = s;
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    (void)object;
    return true;
}

static const byni_kind kind = {
    BYNI_DICT, "shelf_open", sizeof(shelf), {"limit"}, is_sound, initialise, attach, detach, NULL,
};

static shelf *opened(uint64_t limit)
{
    byni_object *object = NULL;
    byni_opening opening;
    byni_place place = 0;
    shelf *s;
    int i;

    memset(&opening, 0, sizeof opening);
    opening.size = BYNI_HEAP_SIZE;
    opening.limit = byni_heap_limit(limit);
    REQUIRE_STATUS(byni_object_open(&object, &kind, &opening), BYN_CREATED);
    s = (shelf *)object;
    REQUIRE_STATUS(byni_heap_allocate(&s->heap, SLOTS * 8, &place), BYN_OK);
    byni_store64(&s->heap.state->root[0], place);
    for (i = 0; i < SLOTS; i++)
        byni_store64(&table_of(s)[i], 0);
    return s;
}

static void closed(shelf *s)
{
    byni_object_close(&s->object);
}

/* ---- The model */

typedef struct model {
    shelf *s;
    uint64_t size[SLOTS]; /* of the body; 0: none */
    uint64_t bytes;       /* of all blocks in use, as the heap counts */
    uint64_t peak;
    unsigned random, seed;
} model;

static uint64_t cost(uint64_t size)
{
    return (uint64_t)byni_units_for(size) * BYNI_HEAP_UNIT;
}

static unsigned next_random(model *m)
{
    m->random = m->random * 1103515245u + 12345u;
    return m->random >> 8;
}

static model *begin(uint64_t limit)
{
    static model m;

    memset(&m, 0, sizeof m);
    m.s = opened(limit);
    m.random = m.seed = (unsigned)bynk_clock();
    m.bytes = m.peak = cost(SLOTS * 8);
    return &m;
}

static void check(model *m)
{
    byni_heap_statistics found;
    const char *error = byni_heap_verify(&m->s->heap, &found);

    if (error != NULL)
        FAIL("%s (seed %u)", error, m->seed);
    CHECK_INT(found.live, m->bytes);
    CHECK_INT(found.end - BYNI_DATA_OFFSET, found.live + found.free + found.quarantine);
}

static void end(model *m)
{
    check(m);
    closed(m->s);
}

static void fill(shelf *s, byni_place place, unsigned slot, uint64_t size)
{
    char *body = byni_heap_at(&s->heap, place, size);

    REQUIRE(body != NULL && byni_heap_room(&s->heap, place) >= size);
    memset(body, (int)(slot & 0x7f), (size_t)size);
    byni_store64((byni_a64 *)(void *)body, slot);
}

static bool is_filled(shelf *s, byni_place place, unsigned slot, uint64_t size)
{
    const char *body = byni_heap_at(&s->heap, place, size);
    uint64_t i;

    if (body == NULL || byni_load64((const byni_a64 *)(const void *)body) != slot)
        return false;
    for (i = 8; i < size; i++)
        if (body[i] != (char)(slot & 0x7f))
            return false;
    return true;
}

static byn_status put(model *m, unsigned slot, uint64_t size)
{
    byni_place place = 0;
    byn_status status = byni_heap_allocate(&m->s->heap, size, &place);

    if (status < 0)
        return status;
    fill(m->s, place, slot, size);
    byni_store64(&table_of(m->s)[slot], place);
    m->size[slot] = size;
    m->bytes += cost(size);
    if (m->bytes > m->peak)
        m->peak = m->bytes;
    return status;
}

static void drop(model *m, unsigned slot)
{
    byni_a64 *at = &table_of(m->s)[slot];
    byni_place place = (byni_place)byni_load64(at);

    if (m->size[slot] == 0)
        return;
    if (!is_filled(m->s, place, slot, m->size[slot]))
        FAIL("slot %u is not what was put (seed %u)", slot, m->seed);
    byni_store64(at, 0);
    CHECK_STATUS(byni_heap_free(&m->s->heap, place), BYN_OK);
    m->bytes -= cost(m->size[slot]);
    m->size[slot] = 0;
}

static void drop_all(model *m)
{
    unsigned slot;

    for (slot = 0; slot < SLOTS; slot++)
        drop(m, slot);
}

static uint64_t random_size(model *m, unsigned log)
{
    return 8 + next_random(m) % (1u << (next_random(m) % log));
}

/* ---- Cases */

static void blocks_keep_what_is_in_them(void)
{
    static const uint64_t limits[] = {0, 40000, 1 << 20, 64 << 20};
    unsigned round, i;

    for (round = 0; round < 4; round++) {
        model *m = begin(limits[round] + 80000);
        unsigned log = round < 2 ? 9 : 14, refused = 0;

        for (i = 0; i < 40000; i++) {
            unsigned slot = next_random(m) % (i % 5000 < 2500 ? SLOTS : SLOTS / 8);

            drop(m, slot);
            if (i % 10000 < 8000)
                refused += put(m, slot, random_size(m, log)) < 0;
            if (i % 4000 == 0)
                check(m);
        }
        CHECK(round > 1 || refused > 0);
        CHECK(round < 3 || refused == 0);
        drop_all(m);
        end(m);
    }
}

static void neighbours_join(void)
{
    model *m = begin(1 << 20);
    byni_heap_statistics found;
    uint64_t before;
    unsigned order;

    byni_heap_look(&m->s->heap, &found);
    before = found.end;
    for (order = 0; order < 6; order++) {
        static const unsigned char orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                                   {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        unsigned i;

        for (i = 0; i < 3; i++)
            REQUIRE_STATUS(put(m, i, 100 + i * 50), BYN_OK);
        for (i = 0; i < 3; i++)
            drop(m, orders[order][i]);
        CHECK(byni_heap_ripen_all(&m->s->heap));
        check(m);
        byni_heap_look(&m->s->heap, &found);
        CHECK_INT(found.end, before);
    }
    end(m);
}

static void a_freed_block_keeps_its_body_until_a_new_generation(void)
{
    model *m = begin(1 << 20);
    uint64_t generation = byni_heap_generation(&m->s->heap);
    byni_place place;
    unsigned i;

    REQUIRE_STATUS(put(m, 1, 80), BYN_OK);
    place = (byni_place)byni_load64(&table_of(m->s)[1]);
    drop(m, 1);
    for (i = 2; byni_heap_unchanged(&m->s->heap, generation); i++) {
        CHECK(is_filled(m->s, place, 1, 80));
        REQUIRE_STATUS(put(m, i % 1000 + 2, 80), BYN_OK);
        drop(m, i % 1000 + 2);
    }
    CHECK(i > BYNI_HEAP_QUARANTINE / 200);
    end(m);
}

/* Not more than twice what was in use, and the constant; and one more block of the largest size. */
static void check_bound(model *m, uint64_t largest)
{
    byni_heap_statistics found;

    byni_heap_look(&m->s->heap, &found);
    if (found.size > 2 * m->peak + BYNI_HEAP_SLACK + 2 * largest + 65536)
        FAIL("%u KiB for %u KiB (seed %u)", (unsigned)(found.size >> 10), (unsigned)(m->peak >> 10),
             m->seed);
    check(m);
}

static model *sorted;

static uint64_t place_of(unsigned slot)
{
    return byni_load64(&table_of(sorted->s)[slot]);
}

static int compare_places(const void *a, const void *b)
{
    uint64_t one = place_of(*(const unsigned *)a), other = place_of(*(const unsigned *)b);

    return one < other ? -1 : one > other;
}

static void drop_every_second(model *m)
{
    static unsigned slots[SLOTS];
    unsigned count = 0, slot, i;

    for (slot = 0; slot < SLOTS; slot++)
        if (m->size[slot] != 0)
            slots[count++] = slot;
    sorted = m;
    qsort(slots, count, sizeof slots[0], compare_places);
    for (i = 1; i < count; i += 2)
        drop(m, slots[i]);
}

/* Again and again every second block goes, and blocks twice as large come, which fit into no gap. */
static void gaps_that_are_too_small_are_joined(void)
{
    model *m = begin(UINT64_C(1) << 30);
    uint64_t size, most = 16 << 20;
    unsigned slot;

    for (size = 4088; size <= 1 << 20; size = size * 2 + 8) {
        for (slot = 0; slot < SLOTS && m->bytes + cost(size) < most; slot++)
            if (m->size[slot] == 0)
                REQUIRE_STATUS(put(m, slot, size), BYN_OK);
        check_bound(m, size);
        drop_every_second(m);
    }
    end(m);
}

/* Everything but a few that are far apart goes; then larger ones come. */
static void stragglers_do_not_hold_up_the_rest(void)
{
    model *m = begin(UINT64_C(1) << 30);
    unsigned round, slot;

    for (round = 0; round < 6; round++) {
        uint64_t size = 1000 + round * 1500;

        for (slot = 0; slot < SLOTS; slot++)
            if (m->size[slot] == 0)
                REQUIRE_STATUS(put(m, slot, size), BYN_OK);
        for (slot = 0; slot < SLOTS; slot++)
            if (slot % 16 != round)
                drop(m, slot);
        check_bound(m, size);
    }
    end(m);
}

static void sizes_that_drift_do_not_fragment(void)
{
    model *m = begin(UINT64_C(1) << 30);
    unsigned i;

    for (i = 0; i < 60000; i++) {
        unsigned slot = next_random(m) % SLOTS;

        drop(m, slot);
        REQUIRE_STATUS(put(m, slot, 200 + i / 30 + next_random(m) % 300), BYN_OK);
        if (i % 10000 == 0)
            check_bound(m, 4000);
    }
    check_bound(m, 4000);
    end(m);
}

static void the_limit_leaves_everything_as_it_was(void)
{
    model *m = begin(200000);
    unsigned slot = 0, i;

    while (put(m, slot, 1000) == BYN_OK)
        slot++;
    CHECK(slot > 100);
    check(m);
    CHECK_STATUS(put(m, slot, 1000), BYN_E_LIMIT);
    CHECK_STATUS(put(m, slot, UINT64_MAX), BYN_E_LIMIT);
    CHECK_STATUS(put(m, slot, BYNI_HEAP_LARGEST), BYN_E_LIMIT);
    for (i = 0; i < slot; i += 2)
        drop(m, i);
    /* There is room for it only if blocks are moved. */
    CHECK_STATUS(put(m, slot, 20000), BYN_OK);
    for (i = 0; i <= slot; i++)
        drop(m, i);
    CHECK_STATUS(put(m, 0, 120000), BYN_OK);
    end(m);
}

/* ---- Repair */

static byn_status mark_all(byni_heap *heap, void *context)
{
    shelf *s = context;
    const byni_a64 *table = table_of(s);
    byn_status status = byni_heap_mark(heap, (byni_place)byni_load64(&heap->state->root[0]));
    unsigned slot;

    if (table == NULL)
        return BYN_E_CORRUPT;
    for (slot = 0; slot < SLOTS && status >= 0; slot++) {
        byni_place place = (byni_place)byni_load64(&table[slot]);

        if (place != 0)
            status = byni_heap_mark(heap, place);
    }
    return status;
}

static void a_repair_keeps_what_is_marked_and_frees_the_rest(void)
{
    model *m = begin(32 << 20);
    byni_heap_state *state = m->s->heap.state;
    uint64_t generation;
    unsigned round, slot;

    for (round = 0; round < 10; round++) {
        byni_place lost = 0;

        for (slot = 0; slot < SLOTS; slot++) {
            drop(m, slot);
            if (next_random(m) % 3 != 0)
                REQUIRE_STATUS(put(m, slot, random_size(m, 10)), BYN_OK);
            if (next_random(m) % 8 == 0)
                REQUIRE_STATUS(byni_heap_allocate(&m->s->heap, random_size(m, 10), &lost), BYN_OK);
        }
        /* What is derived may say anything. */
        memset(state->bin, (int)round, sizeof state->bin);
        memset(state->filled, 0x55, sizeof state->filled);
        byni_store32(&state->quarantine, 77);
        byni_store32(&state->free, round);
        byni_store32(&state->live, 12345);
        generation = byni_heap_generation(&m->s->heap);
        REQUIRE_STATUS(byni_heap_repair(&m->s->heap, mark_all, m->s), BYN_OK);
        CHECK(!byni_heap_unchanged(&m->s->heap, generation));
        check(m);
    }
    drop_all(m);
    end(m);
}

static byn_status mark_twice(byni_heap *heap, void *context)
{
    byn_status status = mark_all(heap, context);

    return status < 0 ? status
                      : byni_heap_mark(heap, (byni_place)byni_load64(&heap->state->root[0]));
}

static void a_block_that_is_claimed_twice_is_corrupt(void)
{
    model *m = begin(1 << 20);

    REQUIRE_STATUS(put(m, 5, 100), BYN_OK);
    CHECK_STATUS(byni_heap_repair(&m->s->heap, mark_twice, m->s), BYN_E_CORRUPT);
    CHECK_STATUS(byni_heap_repair(&m->s->heap, mark_all, m->s), BYN_OK);
    end(m);
}

/* ---- Hostile contents */

/* Whatever stands there, a call answers, and touches nothing outside the heap. */
static void use_it_somehow(model *m)
{
    byni_heap *heap = &m->s->heap;
    byni_place places[16] = {0};
    byni_heap_statistics unused;
    int i;

    for (i = 0; i < 16; i++) {
        if (byni_heap_allocate(heap, random_size(m, 12), &places[i]) < 0)
            continue;
        if (byni_heap_at(heap, places[i], byni_heap_room(heap, places[i])) != NULL)
            memset(byni_heap_at(heap, places[i], 8), 0xa5, 8);
    }
    for (i = 0; i < 16; i++)
        (void)byni_heap_free(heap, places[i]);
    (void)byni_heap_free(heap, next_random(m));
    (void)byni_heap_ripen_all(heap);
    (void)byni_heap_verify(heap, &unused);
    (void)byni_heap_repair(heap, mark_all, m->s);
}

static void nonsense_is_refused_or_harmless(void)
{
    model *m = begin(4 << 20);
    byni_heap *heap = &m->s->heap;
    size_t there, i, round, refused = 0;
    unsigned char *sound, *memory = (unsigned char *)heap->header;
    unsigned slot;

    for (slot = 0; slot < 500; slot++)
        REQUIRE_STATUS(put(m, slot, random_size(m, 10)), BYN_OK);
    for (slot = 0; slot < 500; slot += 3)
        drop(m, slot);
    there = (size_t)byni_load64(&heap->header->size);
    sound = malloc(there);
    REQUIRE(sound != NULL);
    memcpy(sound, memory, there);
    for (round = 0; round < 3000; round++) {
        size_t state = (size_t)((unsigned char *)heap->state - memory);

        for (i = next_random(m) % 6 + 1; i > 0; i--) {
            size_t at = round % 2 == 0 ? state + next_random(m) % sizeof *heap->state
                                       : BYNI_DATA_OFFSET + next_random(m) % 40000;

            memory[at] = (unsigned char)(round % 5 == 0 ? 0xff : next_random(m));
        }
        use_it_somehow(m);
        refused += byni_heap_repair(heap, mark_all, m->s) < 0;
        memcpy(memory + BYNI_STATE_OFFSET, sound + BYNI_STATE_OFFSET, there - BYNI_STATE_OFFSET);
        byni_store64(&heap->header->size, there);
    }
    CHECK(refused > 0 && refused < round);
    free(sound);
    drop_all(m);
    end(m);
}

static const test_case cases[] = {TEST(blocks_keep_what_is_in_them),
                                  TEST(neighbours_join),
                                  TEST(a_freed_block_keeps_its_body_until_a_new_generation),
                                  TEST(gaps_that_are_too_small_are_joined),
                                  TEST(stragglers_do_not_hold_up_the_rest),
                                  TEST(sizes_that_drift_do_not_fragment),
                                  TEST(the_limit_leaves_everything_as_it_was),
                                  TEST(a_repair_keeps_what_is_marked_and_frees_the_rest),
                                  TEST(a_block_that_is_claimed_twice_is_corrupt),
                                  TEST(nonsense_is_refused_or_harmless),
                                  TEST_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "heap", cases, NULL);
}
