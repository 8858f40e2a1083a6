/* byn_queue: each message is got once, in order, by one; none is lost, torn or made up. */
#include "queue_support.h"
#include "support.h"

/* ---- Opening */

static void creators_options_hold(void)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(
        name, &BYN_OPTIONS(byn_queue_options, .capacity = 1000, .items = 7, .largest = 100));
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STR(byn_queue_name(queue), name);
    CHECK_STATUS(remote_call(p, "queue 0 0 0 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close queue"), BYN_OK);
    CHECK_STATUS(remote_call(p, "queue 0 1000 7 100 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close queue"), BYN_OK);
    CHECK_STATUS(remote_call(p, "queue 0 1001 0 0 0 %s", name), BYN_E_MISMATCH);
    CHECK_CONTAINS(remote_error(), "capacity is 1000");
    CHECK_STATUS(remote_call(p, "queue 0 0 8 0 0 %s", name), BYN_E_MISMATCH);
    CHECK_STATUS(remote_call(p, "queue 0 0 0 99 0 %s", name), BYN_E_MISMATCH);
    CHECK_STATUS(remote_call(p, "queue 0 0 0 0 1 %s", name), BYN_E_MISMATCH);
    CHECK_STATUS(remote_call(p, "queue 1 0 0 0 0 %s", name), BYN_E_EXISTS);
    remote_end(p);
    byn_queue_close(queue);
}

static void sizes_that_cannot_be_are_refused(void)
{
    static const byn_queue_options wrong[] = {
        {.struct_size = sizeof(byn_queue_options), .capacity = BYN_QUEUE_MAXIMUM + 1},
        {.struct_size = sizeof(byn_queue_options), .largest = BYN_QUEUE_MAXIMUM + 1},
        {.struct_size = sizeof(byn_queue_options), .largest = UINT64_MAX},
        {.struct_size = sizeof(byn_queue_options), .capacity = UINT64_MAX},
        {.struct_size = sizeof(byn_queue_options), .capacity = 107, .largest = 100},
        {.struct_size = sizeof(byn_queue_options), .capacity = 8, .acknowledge = true},
        {.struct_size = sizeof(byn_queue_options), .capacity = 1},
    };
    const char *name = fresh_name();
    byn_queue *queue = NULL;
    size_t i;

    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_STATUS(byn_queue_open(&queue, name, &wrong[i]), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "capacity");
    CHECK(queue == NULL);
    queue = queue_opened(name, &BYN_OPTIONS(byn_queue_options, .capacity = 112, .largest = 100));
    byn_queue_close(queue);
}

static void defaults_have_room_for_many(void)
{
    static const struct {
        uint64_t largest, capacity_at_least, capacity_at_most;
    } expected[] = {{1, 65536, 65536},
                    {1000, 256 * 1000, 300000},
                    {100000, 16 << 20, 16 << 20},
                    {8 << 20, UINT64_C(64) << 20, UINT64_C(65) << 20}};
    byn_queue *queue = queue_opened(fresh_name(), NULL);
    byn_queue_info info = queue_info(queue);
    size_t i;

    CHECK_INT(info.capacity, 1 << 20);
    CHECK_INT(info.largest, 1 << 18);
    CHECK_INT(info.items, 0);
    CHECK(!info.acknowledge && !info.is_closed);
    byn_queue_close(queue);
    for (i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        queue = queue_opened(fresh_name(),
                             &BYN_OPTIONS(byn_queue_options, .largest = expected[i].largest));
        info = queue_info(queue);
        CHECK(info.capacity >= expected[i].capacity_at_least);
        CHECK(info.capacity <= expected[i].capacity_at_most);
        byn_queue_close(queue);
    }
}

static void wrong_arguments_are_told(void)
{
    byn_queue *queue = queue_opened(fresh_name(), NULL);
    char text[8];
    size_t size = sizeof text, count = 1;
    uint64_t ticket = 0, messages;

    CHECK_STATUS(byn_queue_put(NULL, "a", 1, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_put(queue, NULL, 1, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_put(queue, "a", 1, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_get(queue, NULL, &size, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_get(queue, text, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_get(queue, text, &size, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_peek(queue, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_count(queue, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_count(NULL, &messages), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_put_many(queue, "a", NULL, &count, BYN_NOW), BYN_E_INVALID);
    CHECK_INT(count, 0);
    CHECK_STATUS(byn_queue_put_many(queue, "a", &size, &count, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_get_many(queue, text, &size, &size, &count, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_receive(queue, text, &size, &ticket, BYN_NOW), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "acknowledge");
    CHECK_STATUS(byn_queue_acknowledge(queue, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_give_back(queue, 1), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_describe(queue, NULL), BYN_E_INVALID);
    CHECK(!byn_queue_is_closed(NULL));
    CHECK(byn_queue_name(NULL) == NULL);
    byn_queue_close(NULL);
    byn_queue_close(queue);
}

/* ---- Messages */

static void messages_come_out_in_order(void)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(name, NULL);
    peer *p = queue_other(PEER_PROCESS, name);
    int i;

    for (i = 1; i <= 3; i++)
        CHECK_STATUS(remote_call(p, "qput 0 %d", i), BYN_OK);
    CHECK_INT(queue_count(queue), 3);
    CHECK_STR(got_text(queue), "1");
    CHECK_STATUS(put_text(queue, "4"), BYN_OK);
    for (i = 2; i <= 4; i++) {
        CHECK_STATUS(remote_call(p, "qget 0"), BYN_OK);
        CHECK_INT(remote_number(), i);
    }
    CHECK_STATUS(remote_call(p, "qget 0"), BYN_E_TIMEDOUT);
    CHECK_INT(queue_count(queue), 0);
    remote_end(p);
    byn_queue_close(queue);
}

static void an_empty_message_is_one(void)
{
    byn_queue *queue = queue_opened(fresh_name(), NULL);
    size_t size = 0, sizes[3] = {0, 0, 0}, count = 3;

    CHECK_STATUS(byn_queue_put(queue, NULL, 0, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_queue_put(queue, "x", 0, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_queue_put_many(queue, NULL, sizes, &count, BYN_NOW), BYN_OK);
    CHECK_INT(count, 3);
    CHECK_INT(queue_count(queue), 5);
    CHECK_STATUS(byn_queue_get(queue, NULL, &size, BYN_NOW), BYN_OK);
    CHECK_INT(size, 0);
    size = 9;
    CHECK_STATUS(byn_queue_peek(queue, &size, BYN_NOW), BYN_OK);
    CHECK_INT(size, 0);
    CHECK_STATUS(byn_queue_get_many(queue, NULL, &size, sizes, &count, BYN_NOW), BYN_OK);
    CHECK_INT(count, 3);
    CHECK_INT(queue_count(queue), 1);
    byn_queue_close(queue);
}

static void a_short_buffer_takes_nothing(void)
{
    byn_queue *queue = queue_opened(fresh_name(), NULL);
    char text[8] = "before";
    size_t size = 4, sizes[2], count = 2;

    CHECK_STATUS(put_text(queue, "hello"), BYN_OK);
    CHECK_STATUS(byn_queue_get(queue, text, &size, BYN_NOW), BYN_E_TOOBIG);
    CHECK_INT(size, 5);
    CHECK_CONTAINS(byn_last_error(), "5 bytes");
    size = 2;
    CHECK_STATUS(byn_queue_look(queue, text, &size, BYN_NOW), BYN_E_TOOBIG);
    CHECK_INT(size, 5);
    size = 2;
    CHECK_STATUS(byn_queue_get_many(queue, text, &size, sizes, &count, BYN_NOW), BYN_E_TOOBIG);
    CHECK_INT(size, 5);
    CHECK_INT(count, 0);
    CHECK_STR(text, "before");
    size = 0;
    CHECK_STATUS(byn_queue_peek(queue, &size, BYN_NOW), BYN_OK);
    CHECK_INT(size, 5);
    size = sizeof text;
    CHECK_STATUS(byn_queue_look(queue, text, &size, BYN_NOW), BYN_OK);
    CHECK(size == 5 && memcmp(text, "hello", 5) == 0);
    CHECK_INT(queue_count(queue), 1);
    CHECK_STR(got_text(queue), "hello");
    byn_queue_close(queue);
}

static void a_message_above_the_largest_is_refused_at_once(void)
{
    byn_queue *queue = queue_opened(
        fresh_name(), &BYN_OPTIONS(byn_queue_options, .capacity = 4096, .largest = 10));
    const size_t sizes[] = {1, 11};
    size_t count = 2;

    CHECK_STATUS(byn_queue_put(queue, "01234567890", 11, BYN_FOREVER), BYN_E_TOOBIG);
    CHECK_CONTAINS(byn_last_error(), "largest");
    CHECK_STATUS(byn_queue_put_many(queue, "012345678901", sizes, &count, BYN_FOREVER),
                 BYN_E_TOOBIG);
    CHECK_INT(count, 0);
    CHECK_INT(queue_count(queue), 0);
    CHECK_STATUS(byn_queue_put(queue, "0123456789", 10, BYN_NOW), BYN_OK);
    byn_queue_close(queue);
}

static void megabytes_go_round_the_ring(void)
{
    enum { LARGE = 3 << 20 };
    byn_queue *queue = queue_opened(
        fresh_name(), &BYN_OPTIONS(byn_queue_options, .capacity = LARGE + 4000, .largest = LARGE));
    unsigned char *bytes = malloc(LARGE), *back = malloc(LARGE);
    size_t i, size;
    int round;

    REQUIRE(bytes != NULL && back != NULL);
    for (i = 0; i < LARGE; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 251);
    for (round = 0; round < 5; round++) {
        bytes[0] = (unsigned char)round;
        CHECK_STATUS(byn_queue_put(queue, bytes, LARGE - (size_t)round, BYN_NOW), BYN_OK);
        CHECK_STATUS(byn_queue_put(queue, bytes, LARGE / 2, BYN_NOW), BYN_E_TIMEDOUT);
        size = LARGE;
        CHECK_STATUS(byn_queue_get(queue, back, &size, BYN_NOW), BYN_OK);
        CHECK_INT(size, LARGE - round);
        CHECK(memcmp(bytes, back, size) == 0);
    }
    free(bytes);
    free(back);
    byn_queue_close(queue);
}

/* ---- Room */

static void capacity_is_kept_to_the_byte(void)
{
    byn_queue *queue =
        queue_opened(fresh_name(), &BYN_OPTIONS(byn_queue_options, .capacity = 100, .largest = 50));
    byn_queue_info info;

    CHECK_STATUS(byn_queue_put(queue, "0123456789012345678901234567890", 31, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_queue_put(queue, "0123456789012345678901234567890", 31, BYN_NOW), BYN_OK);
    info = queue_info(queue);
    CHECK_INT(info.bytes, 80);
    CHECK_STATUS(byn_queue_put(queue, "012345678", 9, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_queue_put(queue, "01234567", 8, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_queue_put(queue, "", 0, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_INT(strlen(got_text(queue)), 31);
    CHECK_STATUS(byn_queue_put(queue, "", 0, BYN_NOW), BYN_OK);
    byn_queue_close(queue);
}

static void items_are_kept(void)
{
    byn_queue *queue = queue_opened(fresh_name(), &BYN_OPTIONS(byn_queue_options, .items = 2));
    const size_t sizes[] = {1, 1, 1};
    size_t count = 3;

    CHECK_STATUS(byn_queue_put_many(queue, "abc", sizes, &count, BYN_NOW), BYN_OK);
    CHECK_INT(count, 2);
    CHECK_STATUS(put_text(queue, "d"), BYN_E_TIMEDOUT);
    CHECK_STR(got_text(queue), "a");
    CHECK_STATUS(put_text(queue, "d"), BYN_OK);
    CHECK_STR(got_text(queue), "b");
    CHECK_STR(got_text(queue), "d");
    byn_queue_close(queue);
}

static void waits_end_in_time_and_change_nothing(void)
{
    byn_queue *queue = queue_opened(fresh_name(), &BYN_OPTIONS(byn_queue_options, .items = 1));
    char text[4];
    size_t size = sizeof text, sizes[1], count = 1;

    CHECK_STATUS(byn_queue_get(queue, text, &size, 5), BYN_E_TIMEDOUT);
    CHECK_INT(size, sizeof text);
    CHECK_STATUS(byn_queue_peek(queue, &size, 5), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_queue_get_many(queue, text, &size, sizes, &count, 5), BYN_E_TIMEDOUT);
    CHECK_INT(count, 0);
    CHECK_STATUS(put_text(queue, "a"), BYN_OK);
    CHECK_STATUS(byn_queue_put(queue, "b", 1, 5), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_queue_join(queue, 5), BYN_E_TIMEDOUT);
    CHECK_INT(queue_count(queue), 1);
    byn_queue_close(queue);
}

static void a_getter_waits_for_a_put(peer_kind kind)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(name, NULL);
    peer *p = queue_other(kind, name);

    remote_begin(p, "qget %d", WHILE_ASLEEP);
    CHECK_STATUS(put_text(queue, "17"), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 17);
    remote_end(p);
    byn_queue_close(queue);
}

static void a_getter_in_a_process_waits_for_a_put(void)
{
    a_getter_waits_for_a_put(PEER_PROCESS);
}

static void a_getter_in_a_thread_waits_for_a_put(void)
{
    a_getter_waits_for_a_put(PEER_THREAD);
}

static void a_putter_waits_for_room(peer_kind kind)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(name, &BYN_OPTIONS(byn_queue_options, .items = 1));
    peer *p = queue_other(kind, name);

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    remote_begin(p, "qput %d 2", WHILE_ASLEEP);
    CHECK_INT(queue_count(queue), 1);
    CHECK_STR(got_text(queue), "1");
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_STR(got_text(queue), "2");
    remote_end(p);
    byn_queue_close(queue);
}

static void a_putter_in_a_process_waits_for_room(void)
{
    a_putter_waits_for_room(PEER_PROCESS);
}

static void a_putter_in_a_thread_waits_for_room(void)
{
    a_putter_waits_for_room(PEER_THREAD);
}

/* A getter that takes many in a row wakes putters when a quarter is free, and one that is slow at once. */
static void a_putter_of_a_full_ring_goes_on(void)
{
    const char *name = fresh_name();
    byn_queue *queue =
        queue_opened(name, &BYN_OPTIONS(byn_queue_options, .capacity = 16000, .largest = 100));
    peer *p = queue_other(PEER_PROCESS, name);
    int put = 0;

    while (put_text(queue, "1") == BYN_OK)
        put++;
    CHECK_INT(put, 1000);
    remote_begin(p, "qput %d 2", WHILE_ASLEEP);
    CHECK_STR(got_text(queue), "1");
    CHECK_STATUS(remote_answer(p), BYN_OK);
    remote_begin(p, "qput %d 3", WHILE_ASLEEP);
    while (put-- > 1)
        CHECK_STR(got_text(queue), "1");
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_STR(got_text(queue), "2");
    CHECK_STR(got_text(queue), "3");
    remote_end(p);
    byn_queue_close(queue);
}

/* ---- Several at once */

static void a_batch_is_put_and_got_together(void)
{
    byn_queue *queue = queue_opened(fresh_name(), NULL);
    const size_t sizes[] = {1, 0, 3, 2};
    char buffer[16];
    size_t got[3], count = 4, size = sizeof buffer;

    CHECK_STATUS(byn_queue_put_many(queue, "abbbcc", sizes, &count, BYN_NOW), BYN_OK);
    CHECK_INT(count, 4);
    count = 3;
    CHECK_STATUS(byn_queue_get_many(queue, buffer, &size, got, &count, BYN_NOW), BYN_OK);
    CHECK_INT(count, 3);
    CHECK(got[0] == 1 && got[1] == 0 && got[2] == 3);
    CHECK(size == 4 && memcmp(buffer, "abbb", 4) == 0);
    CHECK_STR(got_text(queue), "cc");
    byn_queue_close(queue);
}

static void a_batch_got_is_as_large_as_the_buffer(void)
{
    byn_queue *queue = queue_opened(fresh_name(), NULL);
    char buffer[4];
    size_t got[5], count = 5, size = sizeof buffer;

    CHECK_STATUS(put_text(queue, "ab"), BYN_OK);
    CHECK_STATUS(put_text(queue, "cd"), BYN_OK);
    CHECK_STATUS(put_text(queue, "e"), BYN_OK);
    CHECK_STATUS(byn_queue_get_many(queue, buffer, &size, got, &count, BYN_NOW), BYN_OK);
    CHECK_INT(count, 2);
    CHECK(size == 4 && memcmp(buffer, "abcd", 4) == 0);
    CHECK_STR(got_text(queue), "e");
    byn_queue_close(queue);
}

static void a_batch_waits_for_room_in_parts(void)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(name, &BYN_OPTIONS(byn_queue_options, .items = 2));
    peer *p = queue_other(PEER_THREAD, name);
    const size_t sizes[] = {1, 1, 1, 1, 1};
    size_t count = 5;
    int i;

    CHECK_STATUS(byn_queue_put_many(queue, "12345", sizes, &count, 5), BYN_OK);
    CHECK_INT(count, 2);
    CHECK_STATUS(byn_queue_put_many(queue, "345", sizes, &count, 5), BYN_E_TIMEDOUT);
    CHECK_INT(count, 0);
    for (i = 1; i <= 2; i++)
        CHECK_STATUS(remote_call(p, "qget 0"), BYN_OK);
    remote_begin(p, "qget %d", WHILE_ASLEEP);
    count = 3;
    CHECK_STATUS(byn_queue_put_many(queue, "345", sizes, &count, WHILE_ASLEEP), BYN_OK);
    CHECK_INT(count, 3);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 3);
    remote_end(p);
    byn_queue_close(queue);
}

/* ---- Done */

static void join_waits_until_all_is_done(void)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(name, NULL);
    peer *p = queue_other(PEER_PROCESS, name);

    CHECK_STATUS(byn_queue_join(queue, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_queue_task_done(queue), BYN_E_INVALID);
    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    CHECK_STR(got_text(queue), "1");
    CHECK_STR(got_text(queue), "2");
    CHECK_INT(queue_info(queue).unfinished, 2);
    remote_begin(p, "qjoin %d", WHILE_ASLEEP);
    CHECK_STATUS(byn_queue_task_done(queue), BYN_OK);
    CHECK_STATUS(byn_queue_join(queue, 5), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_queue_task_done(queue), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_STATUS(byn_queue_task_done(queue), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_join(queue, BYN_FOREVER), BYN_OK);
    remote_end(p);
    byn_queue_close(queue);
}

/* ---- Shut down */

static void a_queue_that_was_shut_down_drains(void)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(name, NULL);
    peer *p = queue_other(PEER_PROCESS, name);
    char text[4];
    size_t size = sizeof text;

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK(!byn_queue_is_closed(queue));
    CHECK_STATUS(remote_call(p, "qshutdown"), BYN_OK);
    CHECK(byn_queue_is_closed(queue));
    CHECK_STATUS(byn_queue_shutdown(queue), BYN_OK);
    CHECK_STATUS(put_text(queue, "2"), BYN_E_CLOSED);
    CHECK_STATUS(byn_queue_put(queue, "2", 1, BYN_FOREVER), BYN_E_CLOSED);
    CHECK_STATUS(byn_queue_peek(queue, &size, BYN_FOREVER), BYN_OK);
    CHECK_STATUS(remote_call(p, "qget -1"), BYN_OK);
    CHECK_STATUS(remote_call(p, "qget -1"), BYN_E_CLOSED);
    CHECK_STATUS(byn_queue_get(queue, text, &size, BYN_NOW), BYN_E_CLOSED);
    CHECK_STATUS(byn_queue_peek(queue, &size, BYN_NOW), BYN_E_CLOSED);
    CHECK(queue_info(queue).is_closed);
    remote_end(p);
    byn_queue_close(queue);
}

static void who_waits_is_told_that_it_was_shut_down(void)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(name, &BYN_OPTIONS(byn_queue_options, .items = 1));
    peer *getters[2], *putter = queue_other(PEER_PROCESS, name);
    int i;

    for (i = 0; i < 2; i++) {
        getters[i] = queue_other(i == 0 ? PEER_PROCESS : PEER_THREAD, name);
        remote_begin(getters[i], "qget %d", WHILE_ASLEEP);
    }
    CHECK_STATUS(byn_queue_shutdown(queue), BYN_OK);
    for (i = 0; i < 2; i++) {
        CHECK_STATUS(remote_answer(getters[i]), BYN_E_CLOSED);
        remote_end(getters[i]);
    }
    remote_end(putter);
    byn_queue_close(queue);
    name = fresh_name();
    queue = queue_opened(name, &BYN_OPTIONS(byn_queue_options, .items = 1));
    putter = queue_other(PEER_PROCESS, name);
    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    remote_begin(putter, "qput %d 2", WHILE_ASLEEP);
    CHECK_STATUS(byn_queue_shutdown(queue), BYN_OK);
    CHECK_STATUS(remote_answer(putter), BYN_E_CLOSED);
    CHECK_STR(got_text(queue), "1");
    remote_end(putter);
    byn_queue_close(queue);
}

/* ---- Among others */

static void a_wait_for_several_tells_of_a_message(void)
{
    const char *name = fresh_name(), *event_name = fresh_name();
    byn_queue *queue = queue_opened(name, NULL);
    byn_event *event = NULL;
    peer *p = queue_other(PEER_PROCESS, name);
    void *objects[2];
    size_t index = 9;

    REQUIRE_STATUS(byn_event_open(&event, event_name, NULL), BYN_CREATED);
    objects[0] = event;
    objects[1] = queue;
    CHECK_STATUS(remote_call(p, "event 0 0 0 %s", event_name), BYN_OK);
    CHECK_STATUS(byn_wait_any(objects, 2, 5, &index), BYN_E_TIMEDOUT);
    remote_begin(p, "any %d eq", WHILE_ASLEEP);
    CHECK_STATUS(put_text(queue, "5"), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 1);
    CHECK_STATUS(byn_wait_any(objects, 2, BYN_NOW, &index), BYN_OK);
    CHECK_INT(index, 1);
    CHECK_STATUS(byn_wait_all(objects, 2, 5), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK_STATUS(byn_wait_all(objects, 2, BYN_NOW), BYN_OK);
    CHECK_INT(queue_count(queue), 1);
    CHECK_STR(got_text(queue), "5");
    remote_begin(p, "any %d eq", WHILE_ASLEEP);
    CHECK_STATUS(byn_queue_shutdown(queue), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 1);
    remote_end(p);
    byn_event_close(event);
    byn_queue_close(queue);
}

/* ---- Against a model */

enum { MODEL_MOST = 64, MODEL_LARGEST = 300 };

/* What should be in the queue. */
typedef struct model {
    unsigned char bytes[MODEL_MOST][MODEL_LARGEST];
    size_t sizes[MODEL_MOST];
    unsigned first, count, unfinished;
    uint64_t capacity, used, items;
} model;

static uint64_t taken_by(size_t size)
{
    return 8 + (size + 7) / 8 * 8;
}

static unsigned any(unsigned *seed, unsigned range)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % range;
}

static void model_put(model *m, byn_queue *queue, unsigned *seed)
{
    unsigned char bytes[3 * MODEL_LARGEST];
    size_t sizes[3], count = 1 + any(seed, 3), i, all = 0, fits = 0;
    uint64_t used = m->used;

    for (i = 0; i < count; i++) {
        sizes[i] = any(seed, 4) == 0 ? any(seed, 3) : any(seed, MODEL_LARGEST);
        all += sizes[i];
    }
    for (i = 0; i < all; i++)
        bytes[i] = (unsigned char)any(seed, 256);
    while (fits < count && used + taken_by(sizes[fits]) <= m->capacity &&
           m->count + fits < m->items)
        used += taken_by(sizes[fits++]);
    i = count;
    CHECK_STATUS(byn_queue_put_many(queue, bytes, sizes, &i, BYN_NOW),
                 fits > 0 ? BYN_OK : BYN_E_TIMEDOUT);
    REQUIRE_INT(i, fits);
    for (all = i = 0; i < fits; i++) {
        unsigned at = (m->first + m->count++) % MODEL_MOST;

        memcpy(m->bytes[at], bytes + all, sizes[i]);
        m->sizes[at] = sizes[i];
        all += sizes[i];
        m->unfinished++;
    }
    m->used = used;
}

static void model_get(model *m, byn_queue *queue, unsigned *seed, bool leave)
{
    unsigned char buffer[MODEL_LARGEST];
    size_t room = any(seed, 2) == 0 ? MODEL_LARGEST : any(seed, MODEL_LARGEST), size = room;
    byn_status status = leave ? byn_queue_look(queue, buffer, &size, BYN_NOW)
                              : byn_queue_get(queue, buffer, &size, BYN_NOW);

    if (m->count == 0) {
        CHECK_STATUS(status, BYN_E_TIMEDOUT);
        return;
    }
    CHECK_INT(size, m->sizes[m->first]);
    if (m->sizes[m->first] > room) {
        CHECK_STATUS(status, BYN_E_TOOBIG);
        return;
    }
    REQUIRE_STATUS(status, BYN_OK);
    CHECK(memcmp(buffer, m->bytes[m->first], size) == 0);
    if (leave)
        return;
    m->used -= taken_by(size);
    m->first = (m->first + 1) % MODEL_MOST;
    m->count--;
}

static void model_get_many(model *m, byn_queue *queue, unsigned *seed)
{
    unsigned char buffer[4 * MODEL_LARGEST], *at = buffer;
    size_t sizes[5], count = 1 + any(seed, 5), size = MODEL_LARGEST + any(seed, 3 * MODEL_LARGEST);
    size_t room = size, most = count, i;
    byn_status status = byn_queue_get_many(queue, buffer, &size, sizes, &count, BYN_NOW);

    if (m->count == 0) {
        CHECK_STATUS(status, BYN_E_TIMEDOUT);
        return;
    }
    REQUIRE_STATUS(status, BYN_OK);
    for (i = 0; i < count; i++) {
        REQUIRE_INT(sizes[i], m->sizes[m->first]);
        CHECK(memcmp(at, m->bytes[m->first], sizes[i]) == 0);
        at += sizes[i];
        m->used -= taken_by(sizes[i]);
        m->first = (m->first + 1) % MODEL_MOST;
        m->count--;
    }
    CHECK_INT(size, at - buffer);
    CHECK(count == most || m->count == 0 || m->sizes[m->first] > room - size);
}

static void model_done(model *m, byn_queue *queue)
{
    CHECK_STATUS(byn_queue_task_done(queue), m->unfinished > 0 ? BYN_OK : BYN_E_INVALID);
    if (m->unfinished > 0)
        m->unfinished--;
    CHECK_STATUS(byn_queue_join(queue, BYN_NOW), m->unfinished == 0 ? BYN_OK : BYN_E_TIMEDOUT);
}

static void run_against_model(unsigned seed, uint64_t capacity, uint64_t items)
{
    static model m;
    byn_queue *queue =
        queue_opened(fresh_name(), &BYN_OPTIONS(byn_queue_options, .capacity = capacity,
                                                .items = items, .largest = MODEL_LARGEST));
    byn_queue_info info;
    int i;

    memset(&m, 0, sizeof m);
    m.capacity = capacity;
    m.items = items;
    for (i = 0; i < 6000; i++) {
        unsigned what = any(&seed, 16);

        if (what < 7)
            model_put(&m, queue, &seed);
        else if (what < 10)
            model_get(&m, queue, &seed, false);
        else if (what < 11)
            model_get(&m, queue, &seed, true);
        else if (what < 14)
            model_get_many(&m, queue, &seed);
        else
            model_done(&m, queue);
        info = queue_info(queue);
        REQUIRE_INT(info.count, m.count);
        REQUIRE_INT(info.bytes, m.used);
        REQUIRE_INT(info.unfinished, m.unfinished);
    }
    byn_queue_close(queue);
}

static void random_operations_do_what_a_model_does(void)
{
    unsigned seed = (unsigned)platform_milliseconds();

    printf("     seed %u\n", seed);
    run_against_model(seed, 4096, MODEL_MOST - 4);
    run_against_model(seed + 1, 5000, MODEL_MOST - 4);
    run_against_model(seed + 2, 312, 4);
    run_against_model(seed + 3, 30000, MODEL_MOST - 4);
}

/* ---- Many at a time */

enum { CROWD = 3, EACH = 3000, WORDS = 3000 };

/* Words of a message: where the largest is large, most are, and are copied without the guard. */
static unsigned words_of(unsigned number, uint64_t largest)
{
    return number % 3 == 0 ? 2 : (unsigned)(largest / sizeof(unsigned));
}

static unsigned each_of(uint64_t largest)
{
    return largest > 8 ? EACH / 4 : EACH;
}

/* Numbered from 1 on, with the putter's number before it. */
static int puts_many(peer_self *self, int argc, char **argv)
{
    byn_queue *queue = NULL;
    unsigned number = (unsigned)atoi(argv[1]), i, k;
    unsigned *message = calloc(WORDS, sizeof *message);
    uint64_t largest;

    (void)argc;
    REQUIRE_STATUS(byn_queue_open(&queue, argv[0], NULL), BYN_OK);
    largest = queue_info(queue).largest;
    peer_say(self, "ready");
    for (i = 1; i <= each_of(largest) && message != NULL; i++) {
        message[0] = number;
        for (k = 1; k < words_of(i, largest); k++)
            message[k] = i;
        REQUIRE_STATUS(
            byn_queue_put(queue, message, words_of(i, largest) * sizeof *message, BYN_FOREVER),
            BYN_OK);
    }
    byn_queue_close(queue);
    free(message);
    return message == NULL;
}

/* Sees each putter's messages whole and in order. Says how many it got, and their sum. */
static int gets_many(peer_self *self, int argc, char **argv)
{
    byn_queue *queue = NULL;
    unsigned last[CROWD] = {0}, got = 0, sum = 0, k;
    unsigned *message = calloc(WORDS, sizeof *message);
    size_t size = WORDS * sizeof *message;
    byn_status status;
    uint64_t largest;

    (void)argc;
    REQUIRE(message != NULL);
    REQUIRE_STATUS(byn_queue_open(&queue, argv[0], NULL), BYN_OK);
    largest = queue_info(queue).largest;
    peer_say(self, "ready");
    while ((status = byn_queue_get(queue, message, &size, BYN_FOREVER)) == BYN_OK) {
        REQUIRE(message[0] < CROWD && size == words_of(message[1], largest) * sizeof *message);
        REQUIRE(message[1] > last[message[0]]);
        for (k = 2; k < size / sizeof *message; k++)
            REQUIRE(message[k] == message[1]);
        last[message[0]] = message[1];
        got++;
        sum += message[1];
        size = WORDS * sizeof *message;
    }
    CHECK_STATUS(status, BYN_E_CLOSED);
    peer_say(self, "%u %u", got, sum);
    byn_queue_close(queue);
    free(message);
    return 0;
}

static void each_message_is_got_once(peer_kind kind, uint64_t capacity, uint64_t largest)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(
        name, &BYN_OPTIONS(byn_queue_options, .capacity = capacity, .largest = largest));
    peer *putters[CROWD], *getters[CROWD];
    unsigned long got = 0, sum = 0, each = each_of(largest);
    int i;

    for (i = 0; i < CROWD; i++) {
        char number[2] = {(char)('0' + i), '\0'};

        getters[i] = peer_start(kind, "gets_many", name, NULL);
        putters[i] = peer_start(kind, "puts_many", name, number, NULL);
        peer_expect(getters[i], "ready");
        peer_expect(putters[i], "ready");
    }
    for (i = 0; i < CROWD; i++)
        peer_finish(putters[i]);
    CHECK_STATUS(byn_queue_shutdown(queue), BYN_OK);
    for (i = 0; i < CROWD; i++) {
        unsigned its_count, its_sum;

        REQUIRE(sscanf(peer_line(getters[i]), "%u %u", &its_count, &its_sum) == 2);
        got += its_count;
        sum += its_sum;
        peer_finish(getters[i]);
    }
    CHECK_INT(got, CROWD * each);
    CHECK_INT(sum, CROWD * (each * (each + 1) / 2));
    CHECK_INT(queue_count(queue), 0);
    byn_queue_close(queue);
}

static void processes_get_each_message_once(void)
{
    each_message_is_got_once(PEER_PROCESS, 2048, 8);
}

static void threads_get_each_message_once(void)
{
    each_message_is_got_once(PEER_THREAD, 2048, 8);
}

static void processes_get_each_large_message_once(void)
{
    each_message_is_got_once(PEER_PROCESS, 100000, WORDS * sizeof(unsigned));
}

static void threads_get_each_large_message_once(void)
{
    each_message_is_got_once(PEER_THREAD, 100000, WORDS * sizeof(unsigned));
}

/* ---- Deaths */

static void messages_outlive_their_putter(void)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(name, NULL);
    peer *p = queue_other(PEER_PROCESS, name);

    CHECK_STATUS(remote_call(p, "qput 0 1"), BYN_OK);
    peer_kill(p);
    CHECK_STR(got_text(queue), "1");
    byn_queue_close(queue);
}

static void a_killed_waiter_takes_nothing_along(void)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(name, NULL);
    peer *first = queue_other(PEER_PROCESS, name), *second = queue_other(PEER_PROCESS, name);

    remote_begin(first, "qget %d", WHILE_ASLEEP);
    remote_begin(second, "qget %d", WHILE_ASLEEP);
    peer_kill(first);
    CHECK_STATUS(put_text(queue, "3"), BYN_OK);
    CHECK_STATUS(remote_answer(second), BYN_OK);
    CHECK_INT(remote_number(), 3);
    remote_end(second);
    byn_queue_close(queue);
}

static void what_a_dead_getter_did_not_report_stays_unfinished(void)
{
    const char *name = fresh_name();
    byn_queue *queue = queue_opened(name, NULL);
    peer *p = queue_other(PEER_PROCESS, name);

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(remote_call(p, "qget 0"), BYN_OK);
    peer_kill(p);
    CHECK_INT(queue_count(queue), 0);
    CHECK_STATUS(byn_queue_join(queue, 5), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_queue_task_done(queue), BYN_OK);
    CHECK_STATUS(byn_queue_join(queue, BYN_FOREVER), BYN_OK);
    byn_queue_close(queue);
}

static const test_case cases[] = {
    TEST(creators_options_hold),
    TEST(sizes_that_cannot_be_are_refused),
    TEST(defaults_have_room_for_many),
    TEST(wrong_arguments_are_told),
    TEST(messages_come_out_in_order),
    TEST(an_empty_message_is_one),
    TEST(a_short_buffer_takes_nothing),
    TEST(a_message_above_the_largest_is_refused_at_once),
    TEST(megabytes_go_round_the_ring),
    TEST(capacity_is_kept_to_the_byte),
    TEST(items_are_kept),
    TEST(waits_end_in_time_and_change_nothing),
    TEST(a_getter_in_a_process_waits_for_a_put),
    TEST(a_getter_in_a_thread_waits_for_a_put),
    TEST(a_putter_in_a_process_waits_for_room),
    TEST(a_putter_in_a_thread_waits_for_room),
    TEST(a_putter_of_a_full_ring_goes_on),
    TEST(a_batch_is_put_and_got_together),
    TEST(a_batch_got_is_as_large_as_the_buffer),
    TEST(a_batch_waits_for_room_in_parts),
    TEST(join_waits_until_all_is_done),
    TEST(a_queue_that_was_shut_down_drains),
    TEST(who_waits_is_told_that_it_was_shut_down),
    TEST(a_wait_for_several_tells_of_a_message),
    TEST(random_operations_do_what_a_model_does),
    TEST(processes_get_each_message_once),
    TEST(threads_get_each_message_once),
    TEST(processes_get_each_large_message_once),
    TEST(threads_get_each_large_message_once),
    TEST(messages_outlive_their_putter),
    TEST(a_killed_waiter_takes_nothing_along),
    TEST(what_a_dead_getter_did_not_report_stays_unfinished),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(puts_many), PEER(gets_many), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "contract.queue", cases, peers);
}
