/*
 * Broken and hostile segments. A peer keeps the object alive, so that it is not simply made anew,
 * while the case writes nonsense over its header; every opening must be refused with a reason, or be
 * harmless. What an object's file looks like is no secret: the path comes from byn_objects_visit().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

static bool look_on(const byn_object_info *info, void *context)
{
    (void)context;
    return info->name != NULL && info->kind != NULL && info->place != NULL;
}

/* What is there now: refused with a reason (or harmless), and no reason to fail for a visit. */
static byn_status check_refused(const victim *v, bool harmless_too, const char *what, size_t at)
{
    byn_status status = hostile_use(v);

    if (status == BYN_E_CORRUPT || status == BYN_E_MISMATCH)
        CHECK_CONTAINS(byn_last_error(), v->name);
    else if (status != BYN_OK || !harmless_too)
        FAIL("%s %u: %s, %s", what, (unsigned)at, byn_status_name(status),
             status < 0 ? byn_last_error() : "");
    if (at % 16 == 0)
        CHECK_STATUS(byn_objects_visit(look_on, NULL), BYN_OK);
    return status;
}

/* Single bits of the header, one at a time: all of one kind, of the others some, since who looks is the same. */
static void flip_bits(const char *opening, size_t first, size_t step)
{
    victim *v = hostile_begin(opening);
    unsigned char broken[MOST];
    size_t bit;
    int refused = 0;

    for (bit = first; bit < HEADER * 8; bit += bit < 8 * 128 ? step : 37) {
        memcpy(broken, v->sound, v->size);
        broken[bit / 8] ^= (unsigned char)(1u << bit % 8);
        hostile_write(v, broken, v->size);
        refused += check_refused(v, true, "bit", bit) < 0;
    }
    CHECK(refused >
          200 / (int)step); /* the magic, the version, the fingerprint, the state, the kind... */
    hostile_end(v);
}

static void flipped_bits_of_a_mutex(void)
{
    flip_bits("mutex 0 0 %s", 0, 1);
}

static void flipped_bits_of_an_event(void)
{
    flip_bits("event 0 0 0 %s", 1, 4);
}

static void flipped_bits_of_a_semaphore(void)
{
    flip_bits("semaphore 0 1 5 %s", 2, 4);
}

static void flipped_bits_of_a_memory(void)
{
    flip_bits("memory 0 5000 8000 %s", 3, 4);
}

static void flipped_bits_of_a_value(void)
{
    flip_bits("value 0 5 0 %s", 0, 4);
}

static void flipped_bits_of_bytes(void)
{
    flip_bits("bytes 0 100 %s", 1, 4);
}

static void flipped_bits_of_an_array(void)
{
    flip_bits("array 0 3 0 1000 %s", 2, 4);
}

static void flipped_bits_of_a_condition(void)
{
    flip_bits("condition 0 %s", 3, 4);
}

static void flipped_bits_of_a_once(void)
{
    flip_bits("once 0 %s", 0, 4);
}

static void flipped_bits_of_a_barrier(void)
{
    flip_bits("barrier 0 3 0 %s", 1, 4);
}

static void flipped_bits_of_a_pipe(void)
{
    flip_bits("pipe 0 1 1000 100 %s", 2, 4);
}

static void flipped_bits_of_a_rwlock(void)
{
    flip_bits("rwlock 0 %s", 3, 4);
}

static void flipped_bits_of_a_list(void)
{
    flip_bits("list 0 0 %s", 0, 4);
}

/* Up to eight words of the header, with numbers that are popular among attackers. */
static void chosen_words_in_a_header(void)
{
    static const uint64_t chosen[] = {0,
                                      1,
                                      4096,
                                      UINT64_MAX,
                                      INT64_MAX,
                                      UINT32_MAX,
                                      INT32_MAX,
                                      UINT64_MAX - 4095,
                                      UINT64_C(1) << 40};
    static const char *const openings[] = {"mutex 0 0 %s", "memory 0 5000 8000 %s",
                                           "value 0 5 0 %s", "bytes 0 100 %s",
                                           "array 0 12 7 500 %s"};
    unsigned char broken[MOST];
    uint32_t seed;
    size_t i;

    for (i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        victim *v = hostile_begin(openings[i]);

        for (seed = 0; seed < 500; seed++) {
            uint32_t random = seed * 2654435761u + 1, count = next_random(&random) % 8 + 1;

            memcpy(broken, v->sound, v->size);
            while (count-- > 0) {
                size_t at = next_random(&random) % (seed % 2 == 0 ? 16 : HEADER / 8);
                uint64_t word = chosen[next_random(&random) % (sizeof chosen / sizeof chosen[0])];

                memcpy(broken + at * 8, &word, sizeof word);
            }
            hostile_write(v, broken, v->size);
            (void)check_refused(v, true, "seed", seed);
        }
        hostile_end(v);
    }
}

static void random_bytes_in_place_of_a_header(void)
{
    victim *v = hostile_begin("semaphore 0 1 5 %s");
    unsigned char broken[MOST];
    uint32_t seed;

    for (seed = 0; seed < 700; seed++) {
        uint32_t random = seed;
        size_t i, from = seed % 3 == 0 ? 0 : seed % 64;

        memcpy(broken, v->sound, v->size);
        for (i = from; i < HEADER; i++)
            broken[i] = (unsigned char)next_random(&random);
        hostile_write(v, broken, v->size);
        (void)check_refused(v, false, "seed", seed);
    }
    hostile_end(v);
}

/* The header is sound and the state is not. A lock that others overwrite is refused if it can be told from
 * one; the rest is harmless whatever it says. */
static void random_bytes_in_place_of_a_state(void)
{
    enum { LOCK = 40 };
    static const char *const openings[] = {"condition 0 %s", "once 0 %s", "rwlock 0 %s",
                                           "barrier 0 3 0 %s"};
    unsigned char broken[MOST];
    uint32_t seed;
    size_t i, at;

    for (i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        victim *v = hostile_begin(openings[i]);

        for (seed = 0; seed < 150; seed++) {
            uint32_t random = seed;

            memcpy(broken, v->sound, v->size);
            for (at = HEADER + LOCK; at < v->size; at++)
                broken[at] = (unsigned char)(next_random(&random) & (seed % 2 ? 3 : 255));
            hostile_write(v, broken, v->size);
            CHECK_STATUS(hostile_use(v), BYN_OK);
        }
        memcpy(broken, v->sound, v->size);
        memset(broken + HEADER, 0xff, v->size - HEADER);
        hostile_write(v, broken, v->size);
        CHECK_STATUS(hostile_use(v), BYN_OK);
        hostile_end(v);
    }
}

/* Whatever is written into it, but for its locks: refused, or harmless. Small numbers are likelier to be
 * believed. */
static void random_bytes_in_place_of_a_pipe(void)
{
    enum { LOCK = 64, ENDS = 256, RING = 384, BYTES = 4096 };
    victim *v = hostile_begin("pipe 0 1 1000 100 %s");
    unsigned char broken[MOST];
    uint32_t seed;
    size_t at, refused = 0;

    for (seed = 0; seed < 700; seed++) {
        uint32_t random = seed, mask = seed % 3 == 0 ? 255 : seed % 3 == 1 ? 3 : 0x18;

        memcpy(broken, v->sound, v->size);
        for (at = HEADER; at < v->size; at++) {
            size_t in_ring = at - HEADER - ENDS;
            bool lock =
                at < HEADER + LOCK ||
                (at >= HEADER + ENDS && at < HEADER + ENDS + 2 * RING && in_ring % RING < LOCK);

            if (!lock && (at >= BYTES || seed % 4 == 0 || next_random(&random) % 16 == 0))
                broken[at] = (unsigned char)(next_random(&random) & mask);
        }
        hostile_write(v, broken, v->size);
        refused += hostile_use(v) < 0;
    }
    printf("     %u of %u openings refused\n", (unsigned)refused, (unsigned)seed);
    hostile_end(v);
}

/* All but their locks. */
static void random_bytes_in_place_of_a_state_and_elements(void)
{
    static const struct {
        const char *opening;
        size_t locks, behind;
    } states[] = {{"value 0 5 0 %s", HEADER + 136, HEADER + 216},
                  {"bytes 0 100 %s", HEADER + 136, HEADER + 216},
                  {"array 0 11 0 100 %s", HEADER, HEADER + 40}};
    unsigned char broken[MOST];
    uint32_t seed;
    size_t i, at;

    for (i = 0; i < sizeof states / sizeof states[0]; i++) {
        victim *v = hostile_begin(states[i].opening);

        for (seed = 0; seed < 200; seed++) {
            uint32_t random = seed, mask = seed == 0 ? 0 : seed % 2 ? 3 : 255;

            memcpy(broken, v->sound, v->size);
            for (at = HEADER; at < v->size; at++)
                if (at < states[i].locks || at >= states[i].behind)
                    broken[at] = (unsigned char)(mask == 0 ? 255 : next_random(&random) & mask);
            hostile_write(v, broken, v->size);
            CHECK_STATUS(hostile_use(v), BYN_OK);
        }
        hostile_end(v);
    }
}

static void array_cut_off_anywhere(void)
{
    victim *v = hostile_begin("array 0 3 0 1000 %s");
    size_t size;

    for (size = 0; size < v->size; size += size < 1200 ? 13 : 517) {
        hostile_write(v, v->sound, size);
        (void)check_refused(v, false, "size", size);
    }
    hostile_end(v);
}

static void file_cut_off_anywhere(void)
{
    victim *v = hostile_begin("event 0 0 0 %s");
    size_t size;

    for (size = 0; size <= 1100 && size < v->size; size++) {
        hostile_write(v, v->sound, size);
        (void)check_refused(v, false, "size", size);
    }
    hostile_end(v);
}

static void memory_cut_off_anywhere(void)
{
    victim *v = hostile_begin("memory 0 5000 8000 %s");
    size_t size;

    for (size = 0; size < v->size; size += size < 1200 ? 13 : 517) {
        hostile_write(v, v->sound, size);
        (void)check_refused(v, false, "size", size);
    }
    hostile_end(v);
}

static void file_that_is_longer_is_harmless(void)
{
    victim *v = hostile_begin("memory 0 5000 8000 %s");
    unsigned char *longer = calloc(1, 1000000);

    REQUIRE(longer != NULL);
    memcpy(longer, v->sound, v->size);
    hostile_write(v, longer, 1000000);
    CHECK_STATUS(check_refused(v, true, "longer", 1), BYN_OK);
    free(longer);
    hostile_end(v);
}

static void object_under_another_name_is_refused(void)
{
    victim *v = hostile_begin("event 0 0 0 %s");
    unsigned char broken[MOST];
    size_t i, length = strlen(v->name), found = 0;

    memcpy(broken, v->sound, v->size);
    for (i = 0; i + length < HEADER; i++) {
        if (memcmp(broken + i, v->name, length) == 0) {
            broken[i + length - 1] ^= 1;
            found++;
        }
    }
    CHECK_INT(found, 1);
    hostile_write(v, broken, v->size);
    CHECK_STATUS(hostile_use(v), BYN_E_CORRUPT);
    CHECK_CONTAINS(byn_last_error(), "another object");
    hostile_end(v);
}

/* ---- Nobody holds it: whatever lies there is made anew */

static void broken_file_that_nobody_holds_is_made_anew(void)
{
    static const size_t sizes[] = {0, 1, 100, 1535, 1536, 1600, 5000};
    size_t i;
    int round;

    for (round = 0; round < 2; round++) {
        for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            victim *v = hostile_begin("value 0 5 0 %s");
            unsigned char broken[MOST];
            byn_value *value = NULL;
            int64_t number = -1;

            memset(broken, round == 0 ? 0 : 0xa5, sizeof broken);
            peer_kill(v->keeper);
            hostile_write(v, broken, sizes[i]);
            CHECK_STATUS(byn_value_open(&value, v->name,
                                        &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY)),
                         BYN_E_NOTFOUND);
            CHECK_STATUS(
                byn_value_open(&value, v->name, &BYN_OPTIONS(byn_value_options, .initial = 9)),
                BYN_CREATED);
            CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
            CHECK_INT(number, 9);
            byn_value_close(value);
            apr_pool_destroy(v->pool);
        }
    }
}

static void broken_file_that_nobody_holds_is_created_over(void)
{
    victim *v = hostile_begin("value 0 5 0 %s");
    unsigned char broken[MOST];
    byn_value *value = NULL;
    int64_t number = -1;

    memset(broken, 0xff, sizeof broken);
    peer_kill(v->keeper);
    hostile_write(v, broken, 3000);
    REQUIRE_STATUS(
        byn_value_open(&value, v->name,
                       &BYN_OPTIONS(byn_value_options, .open = BYN_CREATE_ONLY, .type = BYN_U8)),
        BYN_CREATED);
    CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
    CHECK_INT(number, 0);
    byn_value_close(value);
    apr_pool_destroy(v->pool);
}

static void broken_file_is_removed(void)
{
    victim *v = hostile_begin("value 0 5 0 %s");

    hostile_write(v, v->sound, 10);
    CHECK_STATUS(byn_remove(v->name), BYN_E_EXISTS);
    peer_kill(v->keeper);
    CHECK_STATUS(byn_remove(v->name), BYN_OK);
    CHECK_STATUS(byn_remove(v->name), BYN_E_NOTFOUND);
    apr_pool_destroy(v->pool);
}

static const test_case cases[] = {
    TEST(flipped_bits_of_a_mutex),
    TEST(flipped_bits_of_an_event),
    TEST(flipped_bits_of_a_semaphore),
    TEST(flipped_bits_of_a_memory),
    TEST(flipped_bits_of_a_value),
    TEST(flipped_bits_of_bytes),
    TEST(flipped_bits_of_an_array),
    TEST(flipped_bits_of_a_condition),
    TEST(flipped_bits_of_a_once),
    TEST(flipped_bits_of_a_barrier),
    TEST(flipped_bits_of_a_rwlock),
    TEST(flipped_bits_of_a_pipe),
    TEST(flipped_bits_of_a_list),
    TEST(chosen_words_in_a_header),
    TEST(random_bytes_in_place_of_a_header),
    TEST(random_bytes_in_place_of_a_state),
    TEST(random_bytes_in_place_of_a_pipe),
    TEST(random_bytes_in_place_of_a_state_and_elements),
    TEST(array_cut_off_anywhere),
    TEST(file_cut_off_anywhere),
    TEST(memory_cut_off_anywhere),
    TEST(file_that_is_longer_is_harmless),
    TEST(object_under_another_name_is_refused),
    TEST(nonsense_in_who_holds_and_waits),
    TEST(as_many_who_hold_and_wait_as_there_can_be),
    TEST(broken_file_that_nobody_holds_is_made_anew),
    TEST(broken_file_that_nobody_holds_is_created_over),
    TEST(broken_file_is_removed),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "hostile", cases, peers);
}
