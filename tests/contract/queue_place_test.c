/* byn_queue: messages are written and read where they lie, as slowly as it takes; and none is lost by that. */
#include "queue_support.h"
#include "support.h"

enum { CAPACITY = 4096, LARGEST = 1000, ROUNDS = 256, ENTRIES = CAPACITY / 8 + 64 };

static byn_queue *opened(const char *name)
{
    return queue_opened(name,
                        &BYN_OPTIONS(byn_queue_options, .capacity = CAPACITY, .largest = LARGEST));
}

static byn_queue_place reserved(byn_queue *queue, size_t size)
{
    byn_queue_place place = {NULL, 0, 0, 0};

    REQUIRE_STATUS(byn_queue_reserve(queue, size, &place, BYN_NOW), BYN_OK);
    CHECK_INT(place.size, size);
    CHECK_INT((uintptr_t)place.data & 7, 0);
    return place;
}

static byn_queue_place held(byn_queue *queue)
{
    byn_queue_place place = {NULL, 0, 0, 0};

    REQUIRE_STATUS(byn_queue_hold(queue, &place, BYN_NOW), BYN_OK);
    CHECK_INT((uintptr_t)place.data & 7, 0);
    return place;
}

static void commit_text(byn_queue *queue, byn_queue_place *place, const char *text)
{
    memcpy(place->data, text, strlen(text));
    CHECK_STATUS(byn_queue_commit(queue, place, strlen(text)), BYN_OK);
}

static void is_text(const byn_queue_place *place, const char *text)
{
    CHECK(place->size == strlen(text) && memcmp(place->data, text, place->size) == 0);
}

/* ---- One place */

static void a_message_is_there_when_it_is_committed(void)
{
    byn_queue *queue = opened(fresh_name());
    byn_queue_place place = reserved(queue, 100);
    byn_queue_info info = queue_info(queue);

    CHECK_INT(info.count, 0);
    CHECK_INT(info.reserved, 1);
    CHECK_INT(info.bytes, 112);
    CHECK_INT(info.unfinished, 0);
    CHECK_STATUS(byn_queue_peek(queue, &(size_t){0}, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STR(got_text(queue), "");
    commit_text(queue, &place, "a message");
    CHECK(place.data == NULL);
    CHECK_INT(queue_info(queue).reserved, 0);
    CHECK_INT(queue_count(queue), 1);
    CHECK_STR(got_text(queue), "a message");
    CHECK_INT(queue_info(queue).bytes, 0);
    place = reserved(queue, 0);
    CHECK_STATUS(byn_queue_commit(queue, &place, 0), BYN_OK);
    CHECK_STATUS(byn_queue_get(queue, NULL, &(size_t){0}, BYN_NOW), BYN_OK);
    byn_queue_close(queue);
}

static void a_message_is_gone_when_it_is_released(void)
{
    byn_queue *queue = opened(fresh_name());
    byn_queue_place place;
    byn_queue_info info;

    CHECK_STATUS(put_text(queue, "a message"), BYN_OK);
    place = held(queue);
    is_text(&place, "a message");
    info = queue_info(queue);
    CHECK_INT(info.count, 0);
    CHECK_INT(info.received, 1);
    CHECK_INT(info.bytes, 24);
    CHECK_STR(got_text(queue), "");
    CHECK_STATUS(byn_queue_release(queue, &place), BYN_OK);
    CHECK(place.data == NULL);
    info = queue_info(queue);
    CHECK_INT(info.received + info.bytes, 0);
    CHECK_INT(info.unfinished, 1);
    CHECK_STATUS(byn_queue_task_done(queue), BYN_OK);
    CHECK_STATUS(byn_queue_join(queue, BYN_NOW), BYN_OK);
    byn_queue_close(queue);
}

static void an_abandoned_place_was_none(void)
{
    byn_queue *queue = opened(fresh_name());
    byn_queue_place place = reserved(queue, 100);

    CHECK_STATUS(byn_queue_abandon(queue, &place), BYN_OK);
    CHECK_INT(queue_info(queue).bytes + queue_info(queue).reserved, 0);
    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    place = held(queue);
    is_text(&place, "1");
    CHECK_STATUS(byn_queue_abandon(queue, &place), BYN_OK);
    CHECK_INT(queue_count(queue), 2);
    CHECK_STR(got_text(queue), "1");
    CHECK_STR(got_text(queue), "2");
    byn_queue_close(queue);
}

static void what_is_no_place_is_refused(void)
{
    byn_queue *queue = opened(fresh_name()), *trial;
    byn_queue_place place, copy, none = {NULL, 0, 0, 0};

    CHECK_STATUS(byn_queue_reserve(queue, LARGEST + 1, &place, BYN_NOW), BYN_E_TOOBIG);
    CHECK_STATUS(byn_queue_reserve(queue, SIZE_MAX, &place, BYN_NOW), BYN_E_TOOBIG);
    CHECK_STATUS(byn_queue_reserve(queue, 1, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_reserve(queue, 1, &place, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_hold(queue, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_hold(queue, &place, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_queue_commit(queue, &none, 0), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_commit(queue, NULL, 0), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_abandon(NULL, &none), BYN_E_INVALID);
    copy = place = reserved(queue, 8);
    CHECK_STATUS(byn_queue_commit(queue, &place, 9), BYN_E_INVALID);
    copy.size = SIZE_MAX;
    CHECK_STATUS(byn_queue_commit(queue, &copy, SIZE_MAX), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_commit(queue, &copy, 17), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_release(queue, &place), BYN_E_INVALID);
    copy.number += 1000;
    CHECK_STATUS(byn_queue_abandon(queue, &copy), BYN_E_INVALID);
    copy = place;
    copy.at += 8;
    CHECK_STATUS(byn_queue_abandon(queue, &copy), BYN_E_INVALID);
    copy = place;
    commit_text(queue, &place, "8 bytes!");
    CHECK_STATUS(byn_queue_commit(queue, &place, 8), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_commit(queue, &copy, 8), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "no such place");
    place = held(queue);
    CHECK_STATUS(byn_queue_commit(queue, &place, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_release(queue, &place), BYN_OK);
    byn_queue_close(queue);
    trial = queue_opened(fresh_name(), &BYN_OPTIONS(byn_queue_options, .acknowledge = true));
    CHECK_STATUS(byn_queue_reserve(trial, 1, &place, BYN_NOW), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "acknowledge");
    CHECK_STATUS(byn_queue_hold(trial, &place, BYN_NOW), BYN_E_INVALID);
    byn_queue_close(trial);
}

/* ---- Several */

static void places_pass_one_another(void)
{
    byn_queue *queue = opened(fresh_name());
    byn_queue_place first = reserved(queue, 10), second = reserved(queue, 10), third;

    commit_text(queue, &second, "2");
    CHECK_STATUS(put_text(queue, "3"), BYN_OK);
    CHECK_STR(got_text(queue), "2");
    commit_text(queue, &first, "1");
    first = held(queue);
    is_text(&first, "1");
    third = held(queue);
    is_text(&third, "3");
    CHECK_STATUS(put_text(queue, "4"), BYN_OK);
    CHECK_STATUS(byn_queue_release(queue, &third), BYN_OK);
    CHECK_STR(got_text(queue), "4");
    CHECK_STATUS(byn_queue_abandon(queue, &first), BYN_OK);
    CHECK_STR(got_text(queue), "1");
    CHECK_INT(queue_info(queue).bytes, 0);
    byn_queue_close(queue);
}

/* All of it: in one message more than in what is left by any that stayed. */
static void all_room_is_there(byn_queue *queue)
{
    char bytes[LARGEST];
    size_t sizes[4] = {LARGEST, LARGEST, LARGEST, LARGEST}, count = 4;
    char all[4 * LARGEST] = {1};

    CHECK_STATUS(byn_queue_put_many(queue, all, sizes, &count, BYN_NOW), BYN_OK);
    CHECK_INT(count, 4);
    while (byn_queue_get(queue, bytes, &(size_t){LARGEST}, BYN_NOW) >= 0)
        count--;
    CHECK_INT(count, 0);
}

static void the_room_comes_back(void)
{
    byn_queue *queue = opened(fresh_name());
    byn_queue_place place;

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    place = reserved(queue, LARGEST);
    CHECK_STATUS(byn_queue_abandon(queue, &place), BYN_OK);
    CHECK_STR(got_text(queue), "1");
    all_room_is_there(queue); /* with nobody who got anything since */
    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    place = reserved(queue, LARGEST);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    CHECK_STATUS(byn_queue_abandon(queue, &place), BYN_OK);
    CHECK_STR(got_text(queue), "1");
    CHECK_STR(got_text(queue), "2");
    CHECK_INT(queue_info(queue).bytes, 0);
    place = reserved(queue, LARGEST);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    commit_text(queue, &place, "1");
    CHECK_STR(got_text(queue), "1");
    CHECK_STR(got_text(queue), "2");
    all_room_is_there(queue);
    byn_queue_close(queue);
}

static void a_place_counts_as_an_item(void)
{
    byn_queue *queue = queue_opened(fresh_name(), &BYN_OPTIONS(byn_queue_options, .items = 2));
    byn_queue_place first = reserved(queue, 10), second = reserved(queue, 10), third;

    CHECK_STATUS(byn_queue_reserve(queue, 1, &third, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(put_text(queue, "3"), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_queue_abandon(queue, &first), BYN_OK);
    CHECK_STATUS(put_text(queue, "3"), BYN_OK);
    commit_text(queue, &second, "2");
    CHECK_STR(got_text(queue), "2");
    byn_queue_close(queue);
}

static void who_wants_one_too_many_waits(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name);
    byn_queue_place places[BYN_QUEUE_PLACES], more;
    int i;

    for (i = 0; i < BYN_QUEUE_PLACES; i++)
        places[i] = reserved(queue, 10);
    CHECK_STATUS(byn_queue_reserve(queue, 10, &more, 5), BYN_E_TIMEDOUT);
    remote_begin(p, "qreserve %d 10", WHILE_ASLEEP);
    CHECK_STATUS(put_text(queue, "x"), BYN_OK); /* there is room for others */
    CHECK_STR(got_text(queue), "x");
    commit_text(queue, &places[0], "1");
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_STATUS(remote_call(p, "qcommit 17"), BYN_OK);
    for (i = 1; i < BYN_QUEUE_PLACES; i++)
        commit_text(queue, &places[i], "1");
    for (i = 0; i < BYN_QUEUE_PLACES; i++)
        places[i] = held(queue);
    CHECK_STATUS(byn_queue_hold(queue, &more, 5), BYN_E_TIMEDOUT);
    CHECK_INT(queue_count(queue), 1);
    remote_begin(p, "qhold %d", WHILE_ASLEEP);
    CHECK_STATUS(byn_queue_release(queue, &places[5]), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 17);
    remote_end(p);
    byn_queue_close(queue);
}

/* ---- Across the end of the ring */

static void fill_in(char *bytes, size_t size, unsigned number)
{
    size_t i;

    for (i = 0; i < size; i++)
        bytes[i] = (char)(number * 7 + i * 3);
}

static bool is_filled_in(const char *bytes, size_t size, unsigned number)
{
    size_t i;

    for (i = 0; i < size; i++)
        if (bytes[i] != (char)(number * 7 + i * 3))
            return false;
    return true;
}

static void a_place_is_in_one_piece(void)
{
    byn_queue *queue = opened(fresh_name());
    char bytes[LARGEST];
    byn_queue_place place;
    unsigned i;

    for (i = 0; i < ROUNDS; i++) {
        size_t size = LARGEST - i % 97;

        fill_in(bytes, size, i);
        if (i % 2 == 0) {
            place = reserved(queue, i % 5 == 0 ? LARGEST : size);
            memcpy(place.data, bytes, size);
            CHECK_STATUS(byn_queue_commit(queue, &place, size), BYN_OK);
        } else {
            CHECK_STATUS(byn_queue_put(queue, bytes, size, BYN_NOW), BYN_OK);
        }
        if (i % 3 == 0) {
            size_t room = sizeof bytes;

            CHECK_STATUS(byn_queue_get(queue, bytes, &room, BYN_NOW), BYN_OK);
            CHECK(room == size && is_filled_in(bytes, size, i));
            continue;
        }
        place = held(queue);
        CHECK(place.size == size && is_filled_in(place.data, size, i));
        if (i % 3 == 1) {
            CHECK_STATUS(byn_queue_abandon(queue, &place), BYN_OK);
            place = held(queue);
            CHECK(place.size == size && is_filled_in(place.data, size, i));
        }
        CHECK_STATUS(byn_queue_release(queue, &place), BYN_OK);
    }
    byn_queue_close(queue);
}

/* ---- A model: what is in the queue, in order */

typedef enum how { NOTHING, RESERVED, THERE, HELD } how;

typedef struct entry {
    how is;
    unsigned number;
    size_t size;
    byn_queue_place place;
} entry;

typedef struct model {
    byn_queue *queue;
    entry entries[ENTRIES];
    size_t first, end;
    unsigned seed, reserved, held;
} model;

static unsigned any(model *m, unsigned range)
{
    m->seed = m->seed * 1103515245u + 12345u;
    return (m->seed >> 8) % range;
}

/* Any that is so; NULL: none. */
static entry *some(model *m, how is)
{
    size_t count = m->end - m->first, i, k = count > 0 ? any(m, (unsigned)count) : 0;

    for (i = 0; i < count; i++)
        if (m->entries[m->first + (k + i) % count].is == is)
            return &m->entries[m->first + (k + i) % count];
    return NULL;
}

static entry *first_there(model *m)
{
    size_t i;

    for (i = m->first; i < m->end; i++)
        if (m->entries[i].is == THERE)
            return &m->entries[i];
    return NULL;
}

static void model_put(model *m)
{
    entry *e = &m->entries[m->end];
    byn_status status;
    char bytes[LARGEST];

    e->number = m->seed;
    e->size = any(m, 3) == 0 ? any(m, LARGEST) : any(m, 60);
    fill_in(bytes, e->size, e->number);
    e->is = any(m, 2) == 0 ? RESERVED : THERE;
    if (e->is == THERE)
        status = byn_queue_put(m->queue, bytes, e->size, BYN_NOW);
    else
        status = byn_queue_reserve(m->queue, e->size, &e->place, BYN_NOW);
    if (status == BYN_OK && e->is == RESERVED)
        m->reserved++;
    if (status == BYN_OK)
        m->end++;
    else
        CHECK_STATUS(status, BYN_E_TIMEDOUT);
}

static void model_end_reserved(model *m, entry *e)
{
    if (any(m, 4) == 0) {
        CHECK_STATUS(byn_queue_abandon(m->queue, &e->place), BYN_OK);
        e->is = NOTHING;
    } else {
        e->size -= any(m, 3) == 0 ? any(m, (unsigned)e->size + 1) : 0;
        fill_in(e->place.data, e->size, e->number);
        CHECK_STATUS(byn_queue_commit(m->queue, &e->place, e->size), BYN_OK);
        e->is = THERE;
    }
    m->reserved--;
}

static void model_end_held(model *m, entry *e)
{
    bool abandon = any(m, 3) == 0;

    CHECK(is_filled_in(e->place.data, e->size, e->number));
    CHECK_STATUS(abandon ? byn_queue_abandon(m->queue, &e->place)
                         : byn_queue_release(m->queue, &e->place),
                 BYN_OK);
    e->is = abandon ? THERE : NOTHING;
    m->held--;
}

static void model_get(model *m)
{
    entry *e = first_there(m);
    char bytes[LARGEST];
    size_t size = sizeof bytes;
    byn_queue_place place;

    if (any(m, 2) == 0) {
        CHECK_STATUS(byn_queue_get(m->queue, bytes, &size, BYN_NOW),
                     e != NULL ? BYN_OK : BYN_E_TIMEDOUT);
        if (e == NULL)
            return;
        CHECK(size == e->size && is_filled_in(bytes, size, e->number));
        e->is = NOTHING;
        return;
    }
    if (e == NULL || m->held == BYN_QUEUE_PLACES) {
        CHECK_STATUS(byn_queue_hold(m->queue, &place, BYN_NOW), BYN_E_TIMEDOUT);
        return;
    }
    e->place = held(m->queue);
    CHECK_INT(e->place.size, e->size);
    e->is = HELD;
    m->held++;
}

static void model_step(model *m)
{
    unsigned what = any(m, 8);
    entry *e = what < 2 ? some(m, RESERVED) : what < 4 ? some(m, HELD) : NULL;
    byn_queue_info info;

    if (e != NULL && what < 2)
        model_end_reserved(m, e);
    else if (e != NULL)
        model_end_held(m, e);
    else if (what < 6)
        model_put(m);
    else
        model_get(m);
    while (m->first < m->end && m->entries[m->first].is == NOTHING)
        m->first++;
    info = queue_info(m->queue);
    CHECK(info.reserved == m->reserved && info.received == m->held);
    CHECK((info.count > 0) == (first_there(m) != NULL));
    if (m->end < ENTRIES)
        return;
    memmove(m->entries, &m->entries[m->first], (m->end - m->first) * sizeof m->entries[0]);
    m->end -= m->first;
    m->first = 0;
}

static void random_operations_do_what_a_model_does(void)
{
    static model m;
    unsigned seed = (unsigned)platform_milliseconds(), i;

    printf("     seed %u\n", seed);
    memset(&m, 0, sizeof m);
    m.seed = seed;
    m.queue = opened(fresh_name());
    for (i = 0; i < 5000; i++)
        model_step(&m);
    byn_queue_close(m.queue);
}

/* ---- Waiting, shutting down */

static void a_wait_for_several_tells_of_what_is_committed(void)
{
    byn_queue *queue = opened(fresh_name());
    void *objects[1] = {queue};
    byn_queue_place place = reserved(queue, 10);

    CHECK_STATUS(byn_wait_any(objects, 1, 5, NULL), BYN_E_TIMEDOUT);
    commit_text(queue, &place, "1");
    CHECK_STATUS(byn_wait_any(objects, 1, BYN_NOW, NULL), BYN_OK);
    place = held(queue);
    CHECK_STATUS(byn_wait_any(objects, 1, 5, NULL), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_queue_abandon(queue, &place), BYN_OK);
    CHECK_STATUS(byn_wait_any(objects, 1, BYN_NOW, NULL), BYN_OK);
    byn_queue_close(queue);
}

static void who_waits_goes_on_with_a_place(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name);
    byn_queue_place place = reserved(queue, 10), all[4];
    int i;

    remote_begin(p, "qget %d", WHILE_ASLEEP);
    commit_text(queue, &place, "1");
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 1);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    place = held(queue);
    remote_begin(p, "qhold %d", WHILE_ASLEEP);
    CHECK_STATUS(byn_queue_abandon(queue, &place), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 2);
    CHECK_STATUS(remote_call(p, "qrelease"), BYN_OK);
    for (i = 0; i < 4; i++)
        all[i] = reserved(queue, LARGEST);
    remote_begin(p, "qreserve %d %d", WHILE_ASLEEP, LARGEST);
    CHECK_STATUS(byn_queue_abandon(queue, &all[0]), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    remote_end(p);
    byn_queue_close(queue);
}

static void a_place_of_a_queue_that_was_shut_down(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name);
    byn_queue_place place = reserved(queue, 10), one;

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    one = held(queue);
    CHECK_STATUS(byn_queue_shutdown(queue), BYN_OK);
    CHECK_STATUS(byn_queue_reserve(queue, 1, &place, BYN_NOW), BYN_E_CLOSED);
    CHECK_STATUS(byn_queue_commit(queue, &place, 1), BYN_E_CLOSED);
    CHECK_INT(queue_info(queue).reserved, 1);
    CHECK_STATUS(byn_queue_abandon(queue, &place), BYN_OK);
    CHECK_STR(got_text(queue), "2");
    remote_begin(p, "qget %d", WHILE_ASLEEP);
    CHECK_STATUS(byn_queue_abandon(queue, &one), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 1);
    CHECK_STATUS(byn_queue_hold(queue, &one, BYN_NOW), BYN_E_CLOSED);
    remote_end(p);
    byn_queue_close(queue);
}

static void the_last_release_ends_a_queue_that_was_shut_down(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name);
    byn_queue_place one;

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    one = held(queue);
    CHECK_STATUS(byn_queue_shutdown(queue), BYN_OK);
    remote_begin(p, "qhold %d", WHILE_ASLEEP);
    CHECK_STATUS(byn_queue_release(queue, &one), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_E_CLOSED);
    remote_end(p);
    byn_queue_close(queue);
}

/* ---- Those who leave */

static void a_place_is_the_process_not_the_threads(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *thread = queue_other(PEER_THREAD, name), *p = queue_other(PEER_PROCESS, name);

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(remote_call(thread, "qhold 0"), BYN_OK);
    CHECK_STATUS(remote_call(thread, "qreserve 0 100"), BYN_OK);
    remote_end(thread);
    remote_end(queue_other(PEER_PROCESS, name)); /* closes the queue, and has no place in it */
    CHECK_STATUS(remote_call(p, "qget 5"), BYN_E_TIMEDOUT);
    CHECK_INT(queue_info(queue).received + queue_info(queue).reserved, 2);
    byn_queue_close(queue);
    CHECK_STATUS(remote_call(p, "qget %d", WHILE_ASLEEP), BYN_OK);
    CHECK_INT(remote_number(), 1);
    remote_end(p);
}

static void what_a_dead_holder_had_comes_back(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *holder = queue_other(PEER_PROCESS, name), *p = queue_other(PEER_PROCESS, name);

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    CHECK_STATUS(remote_call(holder, "qhold 0"), BYN_OK);
    CHECK_STR(got_text(queue), "2");
    remote_begin(p, "qhold %d", WHILE_ASLEEP);
    peer_kill(holder);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 1);
    peer_kill(p);
    CHECK_STR(got_text(queue), "1");
    byn_queue_close(queue);
}

static void what_a_dead_putter_had_reserved_was_not_put(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *putter = queue_other(PEER_PROCESS, name), *p = queue_other(PEER_PROCESS, name);
    char bytes[LARGEST] = {0};
    int i;

    CHECK_STATUS(remote_call(putter, "qreserve 0 %d", LARGEST), BYN_OK);
    for (i = 0; i < 3; i++)
        CHECK_STATUS(byn_queue_put(queue, bytes, LARGEST, BYN_NOW), BYN_OK);
    remote_begin(p, "qreserve %d %d", WHILE_ASLEEP, LARGEST);
    peer_kill(putter);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(queue_count(queue), 3);
    peer_kill(p);
    for (i = 0; i < 3; i++)
        CHECK_STATUS(byn_queue_get(queue, bytes, &(size_t){LARGEST}, BYN_NOW), BYN_OK);
    CHECK_STR(got_text(queue), "");
    all_room_is_there(queue);
    byn_queue_close(queue);
}

/* ---- Many */

enum { PUTTERS = 2, GETTERS = 2, EACH = 300 };

static int puts_many(peer_self *self, int argc, char **argv)
{
    byn_queue *queue = NULL;
    unsigned i;

    (void)argc;
    REQUIRE_STATUS(byn_queue_open(&queue, argv[0], NULL), BYN_OK);
    for (i = 1; i <= EACH; i++) {
        byn_queue_place place;

        REQUIRE_STATUS(byn_queue_reserve(queue, 4 + i % 200, &place, WHILE_ASLEEP), BYN_OK);
        memset(place.data, (int)(i % 256), place.size);
        memcpy(place.data, &i, sizeof i);
        REQUIRE_STATUS(byn_queue_commit(queue, &place, 4 + i % 200), BYN_OK);
    }
    byn_queue_close(queue);
    peer_say(self, "done");
    return 0;
}

static int gets_many(peer_self *self, int argc, char **argv)
{
    byn_queue *queue = NULL;
    byn_queue_place place;
    unsigned count = 0, number, sum = 0;
    byn_status status;
    char said[60];

    (void)argc;
    REQUIRE_STATUS(byn_queue_open(&queue, argv[0], NULL), BYN_OK);
    while ((status = byn_queue_hold(queue, &place, 2 * WHILE_ASLEEP)) >= 0) {
        memcpy(&number, place.data, sizeof number);
        REQUIRE(place.size == 4 + number % 200);
        REQUIRE(place.size == 4 ||
                ((unsigned char *)place.data)[place.size - 1] == (unsigned char)number);
        REQUIRE_STATUS(byn_queue_release(queue, &place), BYN_OK);
        count++;
        sum += number;
    }
    REQUIRE_STATUS(status, BYN_E_CLOSED);
    byn_queue_close(queue);
    (void)snprintf(said, sizeof said, "%u %u", count, sum);
    peer_say(self, said);
    return 0;
}

static void each_message_is_got_once(peer_kind kind)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *putters[PUTTERS], *getters[GETTERS];
    unsigned long count = 0, sum = 0;
    int i;

    for (i = 0; i < GETTERS; i++)
        getters[i] = peer_start(kind, "gets_many", name, NULL);
    for (i = 0; i < PUTTERS; i++)
        putters[i] = peer_start(kind, "puts_many", name, NULL);
    for (i = 0; i < PUTTERS; i++)
        peer_expect(putters[i], "done");
    CHECK_STATUS(byn_queue_shutdown(queue), BYN_OK);
    for (i = 0; i < GETTERS; i++) {
        char *rest;

        count += strtoul(peer_line(getters[i]), &rest, 10);
        sum += strtoul(rest, NULL, 10);
    }
    CHECK_INT(count, PUTTERS * EACH);
    CHECK_INT(sum, PUTTERS * EACH * (EACH + 1) / 2);
    byn_queue_close(queue);
}

static void processes_get_each_message_once(void)
{
    each_message_is_got_once(PEER_PROCESS);
}

static void threads_get_each_message_once(void)
{
    each_message_is_got_once(PEER_THREAD);
}

static const test_case cases[] = {
    TEST(a_message_is_there_when_it_is_committed),
    TEST(a_message_is_gone_when_it_is_released),
    TEST(an_abandoned_place_was_none),
    TEST(what_is_no_place_is_refused),
    TEST(places_pass_one_another),
    TEST(the_room_comes_back),
    TEST(a_place_counts_as_an_item),
    TEST(who_wants_one_too_many_waits),
    TEST(a_place_is_in_one_piece),
    TEST(random_operations_do_what_a_model_does),
    TEST(a_wait_for_several_tells_of_what_is_committed),
    TEST(who_waits_goes_on_with_a_place),
    TEST(a_place_of_a_queue_that_was_shut_down),
    TEST(the_last_release_ends_a_queue_that_was_shut_down),
    TEST(a_place_is_the_process_not_the_threads),
    TEST(what_a_dead_holder_had_comes_back),
    TEST(what_a_dead_putter_had_reserved_was_not_put),
    TEST(processes_get_each_message_once),
    TEST(threads_get_each_message_once),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(puts_many), PEER(gets_many), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "contract.queue_place", cases, peers);
}
