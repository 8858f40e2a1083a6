/*
 * Queues whose memory somebody writes nonsense into: every call answers something sensible, or that it is
 * broken, and comes to an end; nothing outside of the queue is read or written.
 */
#include <stdlib.h>
#include <string.h>

#include <byname/wait.h>

#include "crash.h"
#include "queue_state.h"
#include "ring_outside.h"
#include "support.h"
#include "test.h"

enum { CAPACITY = 4096, LARGEST = 200, ROUNDS = 4000, MOST_MS = 600 };

static unsigned any(unsigned *seed, unsigned range)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % range;
}

static byn_queue *opened(bool acknowledge)
{
    byn_queue *queue = NULL;

    REQUIRE_STATUS(byn_queue_open(&queue, NULL,
                                  &BYN_OPTIONS(byn_queue_options, .capacity = CAPACITY,
                                               .largest = LARGEST, .acknowledge = acknowledge)),
                   BYN_CREATED);
    return queue;
}

/* What hostile memory may make a call answer. */
static void answers(byn_status status)
{
    static const byn_status may[] = {BYN_OK,       BYN_ABANDONED, BYN_E_TIMEDOUT, BYN_E_CORRUPT,
                                     BYN_E_CLOSED, BYN_E_TOOBIG,  BYN_E_INVALID};
    size_t i;

    for (i = 0; i < sizeof may / sizeof may[0]; i++)
        if (status == may[i])
            return;
    FAIL("answered %s", byn_status_name(status));
}

/* As the heir of the guard does. */
static void repair(byn_queue *queue)
{
    byni_ring_wait wait = {.timeout = BYN_NOW};

    CHECK_STATUS(byni_ring_enter(&queue->ring, &wait), BYN_OK);
    answers(byni_outside_repair(&queue->ring));
    byni_ring_leave(&queue->ring);
}

/* Some stay out, and are ended in a later round. */
static void use_places(byn_queue *queue, unsigned *seed)
{
    static byn_queue_place places[4];
    byn_queue_place *place = &places[any(seed, 4)], any_place = *place;

    if (any(seed, 2) == 0) {
        answers(byn_queue_reserve(queue, any(seed, LARGEST), place, BYN_NOW));
        if (place->data != NULL)
            memset(place->data, 1, place->size);
        answers(byn_queue_commit(queue, place, any(seed, LARGEST)));
    } else {
        answers(byn_queue_hold(queue, place, BYN_NOW));
        if (place->data != NULL)
            memset(place->data, 2, place->size);
        answers(byn_queue_release(queue, place));
    }
    any_place.at += any(seed, 4) * 8;
    any_place.number += any(seed, 3);
    any_place.size = any(seed, 2 * LARGEST);
    answers(byn_queue_commit(queue, &any_place, any(seed, 2 * LARGEST)));
    answers(byn_queue_abandon(queue, &places[any(seed, 4)]));
}

static void use(byn_queue *queue, unsigned *seed)
{
    unsigned char bytes[3 * LARGEST] = {1};
    byn_queue_info info = {.struct_size = sizeof info};
    void *objects[1] = {queue};
    size_t sizes[3] = {any(seed, LARGEST), any(seed, LARGEST), 1}, count = 3, size = LARGEST;
    uint64_t ticket = 0, messages;

    answers(byn_queue_put(queue, bytes, any(seed, LARGEST), BYN_NOW));
    answers(byn_queue_put_many(queue, bytes, sizes, &count, BYN_NOW));
    answers(byn_queue_describe(queue, &info));
    answers(byn_queue_count(queue, &messages));
    answers(byn_queue_peek(queue, &size, BYN_NOW));
    size = any(seed, LARGEST);
    answers(byn_queue_look(queue, bytes, &size, BYN_NOW));
    answers(byn_queue_receive(queue, bytes, &(size_t){LARGEST}, &ticket, BYN_NOW));
    answers(byn_queue_receive(queue, bytes, &(size_t){LARGEST}, &ticket, BYN_NOW));
    answers(any(seed, 2) == 0 ? byn_queue_give_back(queue, ticket)
                              : byn_queue_acknowledge(queue, ticket));
    answers(byn_queue_acknowledge(queue, (uint64_t)any(seed, 1 << 20) << any(seed, 40)));
    answers(byn_queue_get(queue, bytes, &(size_t){any(seed, LARGEST)}, BYN_NOW));
    count = 1 + any(seed, 3);
    size = any(seed, sizeof bytes);
    answers(byn_queue_get_many(queue, bytes, &size, sizes, &count, BYN_NOW));
    use_places(queue, seed);
    if (queue->ring.copies != NULL && any(seed, 4) == 0)
        repair(queue);
    answers(byn_queue_task_done(queue));
    answers(byn_queue_join(queue, BYN_NOW));
    answers(byn_wait_any(objects, 1, BYN_NOW, NULL));
    (void)byn_queue_is_closed(queue);
}

static uint64_t nonsense(unsigned *seed)
{
    static const uint64_t special[] = {0,
                                       1,
                                       7,
                                       8,
                                       CAPACITY - 8,
                                       CAPACITY,
                                       CAPACITY + 8,
                                       UINT32_MAX,
                                       UINT64_MAX,
                                       UINT64_MAX - 7,
                                       INT64_MAX};

    if (any(seed, 3) == 0)
        return any(seed, 2 * CAPACITY);
    return special[any(seed, sizeof special / sizeof special[0])];
}

/* Not the guard: a broken lock is the kernel's. */
static void scribble(byn_queue *queue, unsigned *seed)
{
    byni_queue_state *state = queue->state;
    unsigned char *in = (unsigned char *)&state->ring.in;
    size_t behind = (size_t)((unsigned char *)(state + 1) - in);
    uint64_t word = nonsense(seed);

    switch (any(seed, 5)) {
    case 0: /* a cell, or a word beside */
        memcpy(in + any(seed, (unsigned)(behind / 8)) * 8, &word, 8);
        break;
    case 1:
        byni_store32(&state->ring.closed, any(seed, 8) == 0);
        break;
    case 2: /* who copies without the guard */
        byni_store64(&state->ring.copying,
                     any(seed, 2) == 0 ? word : UINT64_C(1) << any(seed, BYNI_RING_COPIERS));
        break;
    default: /* records, and what lies between */
        memcpy(queue->ring.bytes + any(seed, CAPACITY / 8) * 8, &word, 8);
    }
}

/* A spot's other words are the platform's, which are not scribbled over: its number is. */
static void keep_spots(byn_queue *queue, byni_queue_state *saved, bool restore)
{
    byni_ring_side *sides[] = {&queue->state->ring.in, &queue->state->ring.out, &queue->state->done,
                               &queue->state->copies.turn};
    byni_ring_side *kept[] = {&saved->ring.in, &saved->ring.out, &saved->done, &saved->copies.turn};
    int i;

    for (i = 0; i < 4; i++) {
        if (restore)
            memcpy(&sides[i]->spot, &kept[i]->spot, sizeof kept[i]->spot);
        else
            memcpy(&kept[i]->spot, &sides[i]->spot, sizeof kept[i]->spot);
    }
}

/* As many rounds as there are, or as go into its time: who finds a copier at work that does not exist waits for it. */
static void hostile(bool acknowledge)
{
    const int64_t began = platform_milliseconds();
    unsigned seed = (unsigned)began, i, corrupt = 0;
    byn_queue *queue = opened(acknowledge);
    byni_queue_state sound, spots;

    printf("     seed %u\n", seed);
    memcpy(&sound, queue->state, sizeof sound);
    for (i = 0; i < ROUNDS && (corrupt == 0 || platform_milliseconds() - began < MOST_MS); i++) {
        byn_queue_info info = {.struct_size = sizeof info};

        use(queue, &seed);
        keep_spots(queue, &spots, false);
        scribble(queue, &seed);
        keep_spots(queue, &spots, true);
        if (any(&seed, 4) == 0)
            byni_ring_side_initialise(&queue->state->done);
        use(queue, &seed);
        if (byn_queue_describe(queue, &info) == BYN_E_CORRUPT)
            corrupt++;
        if (any(&seed, 8) == 0) /* a sound one, with nonsense in its bytes */
            memcpy(&queue->state->ring.in, &sound.ring.in,
                   sizeof sound - offsetof(byni_queue_state, ring.in));
    }
    CHECK(corrupt > 0);
    printf("     %u rounds, %u times broken\n", i, corrupt);
    byn_queue_close(queue);
}

static void nonsense_is_told_or_harmless(void)
{
    hostile(false);
}

static void nonsense_is_told_or_harmless_with_acknowledge(void)
{
    hostile(true);
}

/* Messages of 16 bytes are large there. */
static void nonsense_is_told_or_harmless_without_the_guard(void)
{
    uint32_t usual = byni_crash_outside;

    byni_crash_outside = 16;
    hostile(false);
    byni_crash_outside = usual;
}

/* What cannot be, one thing at a time, and nothing else of it is touched. */
static void what_cannot_be_is_told(void)
{
    static const uint32_t lengths[] = {LARGEST + 1, 16, UINT32_MAX, 0x80000000u};
    char text[LARGEST];
    size_t i, size, sizes[2], count;

    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        byn_queue *queue = opened(false);
        byni_ring_record *record = (byni_ring_record *)(void *)queue->ring.bytes;

        CHECK_STATUS(byn_queue_put(queue, "1234", 4, BYN_NOW), BYN_OK);
        byni_store32(&record->length, lengths[i]);
        size = sizeof text;
        CHECK_STATUS(byn_queue_get(queue, text, &size, BYN_NOW), BYN_E_CORRUPT);
        count = 2;
        CHECK_STATUS(byn_queue_get_many(queue, text, &size, sizes, &count, BYN_NOW), BYN_E_CORRUPT);
        CHECK_STATUS(byn_queue_peek(queue, &size, BYN_NOW), BYN_E_CORRUPT);
        byni_store32(&record->length, 4);
        CHECK_STATUS(byn_queue_get(queue, text, &size, BYN_NOW), BYN_OK);
        byn_queue_close(queue);
    }
}

static void positions_that_cannot_be_are_told(void)
{
    static const uint64_t ends[] = {4, CAPACITY + 8, UINT64_MAX - 7, 12};
    byn_queue *queue = opened(false);
    byni_a64 *end;
    size_t i, size = 0;
    uint64_t count;

    CHECK_STATUS(byn_queue_put(queue, "", 0, BYN_NOW), BYN_OK);
    end = &queue->state->ring.in.cells[bynk_spot_number(&queue->state->ring.in.spot) & 1].bytes;
    for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        byni_store64(end, ends[i]);
        CHECK_STATUS(byn_queue_get(queue, NULL, &size, BYN_NOW), BYN_E_CORRUPT);
        CHECK_STATUS(byn_queue_put(queue, NULL, 0, BYN_NOW), BYN_E_CORRUPT);
        CHECK_STATUS(byn_queue_count(queue, &count), BYN_E_CORRUPT);
    }
    byni_store64(end, 8);
    CHECK_STATUS(byn_queue_get(queue, NULL, &size, BYN_NOW), BYN_OK);
    byn_queue_close(queue);
}

/* ---- The heir of the guard counts again */

static void an_heir_finds_what_is_on_trial(void)
{
    byn_queue *queue = opened(true);
    byni_ring_wait wait = {.timeout = BYN_NOW};
    byn_queue_info info = {.struct_size = sizeof info};
    uint64_t tickets[4];
    unsigned i;
    size_t size;

    for (i = 0; i < 5; i++)
        CHECK_STATUS(byn_queue_put(queue, &i, sizeof i, BYN_NOW), BYN_OK);
    for (i = 0; i < 4; i++) {
        unsigned number;

        size = sizeof number;
        CHECK_STATUS(byn_queue_receive(queue, &number, &size, &tickets[i], BYN_NOW), BYN_OK);
    }
    CHECK_STATUS(byn_queue_acknowledge(queue, tickets[1]), BYN_OK);
    CHECK_STATUS(byn_queue_give_back(queue, tickets[2]), BYN_OK);
    byni_store64(&queue->state->fresh, 8);
    byni_store64(&queue->state->fresh_number, 77);
    byni_store64(&queue->state->returned, 5);
    byni_store64(&queue->state->received, 0);
    CHECK_STATUS(byni_ring_enter(&queue->ring, &wait), BYN_OK);
    CHECK_STATUS(byni_queue_repair(&queue->ring), BYN_OK);
    byni_ring_leave(&queue->ring);
    CHECK_STATUS(byn_queue_describe(queue, &info), BYN_OK);
    CHECK_INT(info.count, 2);
    CHECK_INT(info.received, 2);
    CHECK_INT(info.unfinished, 4);
    CHECK_STATUS(byn_queue_acknowledge(queue, tickets[0]), BYN_OK);
    CHECK_STATUS(byn_queue_acknowledge(queue, tickets[3]), BYN_OK);
    size = sizeof i;
    CHECK_STATUS(byn_queue_get(queue, &i, &size, BYN_NOW), BYN_OK);
    CHECK_INT(i, 2);
    CHECK_STATUS(byn_queue_get(queue, &i, &size, BYN_NOW), BYN_OK);
    CHECK_INT(i, 4);
    CHECK_STATUS(byn_queue_join(queue, BYN_NOW), BYN_OK);
    byn_queue_close(queue);
}

/* Who got the first of three, for good, died when it had marked it as over, and before it counted anything. */
static void an_heir_ends_a_get_that_was_interrupted(void)
{
    byn_queue *queue = opened(true);
    byni_ring_wait wait = {.timeout = BYN_NOW};
    byn_queue_info info = {.struct_size = sizeof info};
    byni_ring_view view;
    byni_ring_record *first;
    unsigned i, number = 99;
    uint32_t length;
    size_t size = sizeof number;

    for (i = 0; i < 3; i++)
        CHECK_STATUS(byn_queue_put(queue, &i, sizeof i, BYN_NOW), BYN_OK);
    CHECK_STATUS(byni_ring_enter(&queue->ring, &wait), BYN_OK);
    REQUIRE_STATUS(byni_ring_look(&queue->ring, &view), BYN_OK);
    first = byni_ring_record_at(&queue->ring, &view, view.first, &length);
    REQUIRE(first != NULL);
    byni_store32(&first->mark, BYNI_OVER);
    CHECK_STATUS(byni_queue_repair(&queue->ring), BYN_OK);
    CHECK_STATUS(byni_ring_look(&queue->ring, &view), BYN_OK);
    CHECK_INT(view.got, 1);
    byni_ring_leave(&queue->ring);
    CHECK_STATUS(byn_queue_describe(queue, &info), BYN_OK);
    CHECK_INT(info.count, 2);
    CHECK_INT(info.received, 0);
    CHECK_INT(info.unfinished, 2);
    for (i = 1; i < 3; i++) {
        CHECK_STATUS(byn_queue_get(queue, &number, &size, BYN_NOW), BYN_OK);
        CHECK_INT(number, i);
    }
    CHECK_STATUS(byn_queue_join(queue, BYN_NOW), BYN_OK);
    byn_queue_close(queue);
}

/* ---- How far the ends have come is remembered ----------------------------------------------------------- */

/* Others have put and got since, or nothing is known yet: no put finds room that is not there, no get a message. */
static void what_was_seen_may_be_old(void)
{
    byn_queue *queue = opened(false);
    const uint64_t record = byni_ring_record_size(LARGEST);
    unsigned put = 0, got = 0, round;
    char text[LARGEST];
    size_t size;

    for (round = 0; round < 50; round++) {
        uint64_t first = got * record, end = put * record;

        for (;; put++) {
            memset(text, (int)put, sizeof text);
            byni_store64(&queue->ring.seen_first, first);
            byni_store64(&queue->ring.seen_end, end);
            if (byn_queue_put(queue, text, sizeof text, BYN_NOW) != BYN_OK)
                break;
        }
        CHECK_INT(put - got, CAPACITY / record);
        for (; got < put; got++) {
            if (got + 3 == put && round % 2 != 0)
                break;
            byni_store64(&queue->ring.seen_first, first);
            byni_store64(&queue->ring.seen_end, end);
            size = sizeof text;
            CHECK_STATUS(byn_queue_get(queue, text, &size, BYN_NOW), BYN_OK);
            CHECK_INT(text[0], (char)got);
            CHECK_INT(text[LARGEST - 1], (char)got);
        }
        byni_store64(&queue->ring.seen_first, first);
        byni_store64(&queue->ring.seen_end, end);
        size = sizeof text;
        if (got == put)
            CHECK_STATUS(byn_queue_get(queue, text, &size, BYN_NOW), BYN_E_TIMEDOUT);
    }
    byn_queue_close(queue);
}

/* Positions are 64 bits and the commit's number has 30: both come round. */
static void numbers_wrap(void)
{
    byn_queue *queue = opened(false);
    unsigned i, number;

    bynk_spot_initialise(&queue->state->ring.in.spot, (1u << 30) - 4);
    bynk_spot_initialise(&queue->state->ring.out.spot, (1u << 30) - 2);
    byni_store64(&queue->state->ring.in.cells[0].bytes, UINT64_MAX - 79);
    byni_store64(&queue->state->ring.out.cells[0].bytes, UINT64_MAX - 79);
    for (i = 0; i < 100; i++) {
        size_t size = sizeof number;

        CHECK_STATUS(byn_queue_put(queue, &i, sizeof i, BYN_NOW), BYN_OK);
        CHECK_STATUS(byn_queue_get(queue, &number, &size, BYN_NOW), BYN_OK);
        CHECK_INT(number, i);
    }
    byn_queue_close(queue);
}

static const test_case cases[] = {
    TEST(nonsense_is_told_or_harmless),
    TEST(nonsense_is_told_or_harmless_with_acknowledge),
    TEST(nonsense_is_told_or_harmless_without_the_guard),
    TEST(what_cannot_be_is_told),
    TEST(positions_that_cannot_be_are_told),
    TEST(an_heir_finds_what_is_on_trial),
    TEST(an_heir_ends_a_get_that_was_interrupted),
    TEST(what_was_seen_may_be_old),
    TEST(numbers_wrap),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "unit.queue", cases, NULL);
}
