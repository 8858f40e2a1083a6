/* byn_pipe: messages arrive once, whole and in order, both ways, until the other end is gone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipe_use.h"
#include "support.h"

enum { MEGABYTE = 1 << 20 };

/* ---- Opening */

static void either_is_the_first_then_the_second(void)
{
    const char *name = fresh_name();
    byn_pipe *first = NULL, *second = NULL, *third = NULL;

    REQUIRE_STATUS(byn_pipe_open(&first, name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_pipe_open(&second, name, NULL), BYN_OK);
    CHECK(first != second);
    CHECK_INT(byn_pipe_which(first), BYN_PIPE_FIRST);
    CHECK_INT(byn_pipe_which(second), BYN_PIPE_SECOND);
    CHECK_STR(byn_pipe_name(first), name);
    CHECK_STR(byn_pipe_name(second), name);
    CHECK_STATUS(byn_pipe_open(&third, name, NULL), BYN_E_EXISTS);
    CHECK(third == NULL);
    byn_pipe_close(first);
    byn_pipe_close(second);
}

static void an_end_has_one_process(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0);
    peer *p = remote_start(PEER_PROCESS), *third = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "pipe 0 1 0 0 %s", name), BYN_E_EXISTS);
    CHECK_CONTAINS(remote_error(), "first end");
    CHECK_STATUS(remote_call(p, "pipe 0 0 0 0 %s", name), BYN_OK);
    CHECK_INT(remote_number(), BYN_PIPE_SECOND);
    CHECK_STATUS(remote_call(third, "pipe 0 2 0 0 %s", name), BYN_E_EXISTS);
    CHECK_STATUS(remote_call(third, "pipe 0 0 0 0 %s", name), BYN_E_EXISTS);
    CHECK_STATUS(remote_call(third, "pipe 2 3 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(third, "send 0 hello"), BYN_E_INVALID);
    CHECK_STATUS(remote_call(third, "receive 0"), BYN_E_INVALID);
    remote_end(third);
    remote_end(p);
    byn_pipe_close(first);
}

static void the_same_end_again_is_the_same_handle(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0), *again = NULL;
    peer *p = other(name);

    CHECK_STATUS(open_end(&again, name, BYN_PIPE_FIRST), BYN_OK);
    CHECK(again == first);
    byn_pipe_close(again);
    CHECK_STATUS(send_text(first, "still open", BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_call(p, "receive 30000"), BYN_OK);
    CHECK_STATUS(remote_call(p, "receive 0"), BYN_E_TIMEDOUT);
    byn_pipe_close(first);
    CHECK_STATUS(remote_call(p, "receive 0"), BYN_E_CLOSED);
    remote_end(p);
}

static void creators_options_hold(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 5000, 100);
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "pipe 0 2 5001 0 %s", name), BYN_E_MISMATCH);
    CHECK_STATUS(remote_call(p, "pipe 0 2 0 99 %s", name), BYN_E_MISMATCH);
    CHECK_STATUS(remote_call(p, "pipe 1 2 0 0 %s", name), BYN_E_EXISTS);
    CHECK_STATUS(remote_call(p, "pipe 2 2 5000 100 %s", name), BYN_OK);
    CHECK_INT(look(first).capacity, 5000);
    CHECK_INT(look(first).largest, 100);
    remote_end(p);
    byn_pipe_close(first);
}

static void unusable_arguments_are_invalid(void)
{
    const char *name = fresh_name();
    byn_pipe *pipe = NULL;
    byn_pipe_info info = {0};
    size_t size = 10;
    char buffer[10];

    CHECK_STATUS(open_end(&pipe, name, (byn_pipe_end)4), BYN_E_INVALID);
    CHECK_STATUS(
        byn_pipe_open(&pipe, name, &BYN_OPTIONS(byn_pipe_options, .capacity = 100, .largest = 101)),
        BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_open(&pipe, name, &BYN_OPTIONS(byn_pipe_options, .capacity = UINT64_MAX)),
                 BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_open(&pipe, name, &BYN_OPTIONS(byn_pipe_options, .largest = UINT64_MAX)),
                 BYN_E_INVALID);
    CHECK(pipe == NULL);
    CHECK_STATUS(byn_pipe_open(NULL, name, NULL), BYN_E_INVALID);
    pipe = opened(name, 0, 0);
    CHECK_STATUS(byn_pipe_send(NULL, buffer, 1, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_send(pipe, NULL, 1, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_send(pipe, buffer, 1, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_receive(NULL, buffer, &size, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_receive(pipe, NULL, &size, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_receive(pipe, buffer, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_receive(pipe, buffer, &size, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_peek(NULL, &size, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_peek(pipe, &size, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_poll(NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_holders(NULL, &info), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_holders(pipe, &info), BYN_E_INVALID);
    CHECK_STATUS(byn_pipe_holders(pipe, NULL), BYN_E_INVALID);
    CHECK_INT(size, 10);
    CHECK(byn_pipe_name(NULL) == NULL);
    CHECK_INT(byn_pipe_which(NULL), BYN_PIPE_NEITHER);
    byn_pipe_close(NULL);
    byn_pipe_close(pipe);
}

/* ---- Messages */

static void converse(peer_kind kind)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0);
    peer *p = remote_start(kind);
    char text[32];
    int i;

    CHECK_STATUS(send_text(first, "before you came", BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_call(p, "pipe 0 2 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "receive 30000"), BYN_OK);
    CHECK_STR(remote_text(), "before you came");
    for (i = 0; i < 50; i++) {
        (void)snprintf(text, sizeof text, "question %d", i);
        CHECK_STATUS(send_text(first, text, BYN_NOW), BYN_OK);
    }
    for (i = 0; i < 50; i++) {
        CHECK_STATUS(remote_call(p, "receive 30000"), BYN_OK);
        (void)snprintf(text, sizeof text, "question %d", i);
        CHECK_STR(remote_text(), text);
        CHECK_STATUS(remote_call(p, "send 0 answer %d", i), BYN_OK);
    }
    for (i = 0; i < 50; i++) {
        (void)snprintf(text, sizeof text, "answer %d", i);
        check_next(first, text);
    }
    remote_begin(p, "receive 30000");
    CHECK_STATUS(send_text(first, "wake up", BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_STR(remote_text(), "wake up");
    remote_end(p);
    byn_pipe_close(first);
}

static void processes_converse(void)
{
    converse(PEER_PROCESS);
}

static void threads_converse(void)
{
    converse(PEER_THREAD);
}

static void fill(unsigned char *bytes, size_t size, uint32_t seed)
{
    size_t i;

    for (i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i * 131 + (i >> 8) * 7 + seed);
}

static void messages_of_any_size(void)
{
    static const size_t sizes[] = {
        0,    1,    7,     8,     9,     15,          16,       17,
        0,    4095, 4096,  65535, 65536, 70001,       MEGABYTE, MEGABYTE - 1,
        1000, 1,    30000, 0,     3,     2 * 1000000, MEGABYTE, 5};
    const char *name = fresh_name();
    byn_pipe *ends[2] = {opened(name, 3 * MEGABYTE, 2 * MEGABYTE), second_of(name)};
    unsigned char *sent = malloc(2 * MEGABYTE), *got = malloc(2 * MEGABYTE);
    size_t i, size;

    REQUIRE(sent != NULL && got != NULL);
    for (i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        size_t wanted = sizes[i / 2];

        fill(sent, wanted, (uint32_t)i);
        CHECK_STATUS(byn_pipe_send(ends[i % 2], wanted > 0 ? sent : NULL, wanted, BYN_NOW), BYN_OK);
        CHECK_STATUS(byn_pipe_peek(ends[1 - i % 2], &size, BYN_NOW), BYN_OK);
        CHECK_INT(size, wanted);
        size = 2 * MEGABYTE;
        CHECK_STATUS(byn_pipe_receive(ends[1 - i % 2], got, &size, BYN_NOW), BYN_OK);
        CHECK_INT(size, wanted);
        CHECK(memcmp(sent, got, wanted) == 0);
    }
    free(sent);
    free(got);
    byn_pipe_close(ends[0]);
    byn_pipe_close(ends[1]);
}

static void short_buffer_leaves_the_message(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0), *second = second_of(name);
    char buffer[8] = "1234567";
    size_t size = 4;

    CHECK_STATUS(send_text(first, "hello", BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_pipe_receive(second, buffer, &size, BYN_NOW), BYN_E_TOOBIG);
    CHECK_INT(size, 5);
    CHECK_STR(buffer, "1234567");
    size = 0;
    CHECK_STATUS(byn_pipe_receive(second, NULL, &size, BYN_FOREVER), BYN_E_TOOBIG);
    CHECK_INT(size, 5);
    CHECK_STATUS(byn_pipe_receive(second, buffer, &size, BYN_NOW), BYN_OK);
    CHECK(memcmp(buffer, "hello", 5) == 0 && buffer[5] == '6');
    byn_pipe_close(first);
    byn_pipe_close(second);
}

static void too_large_a_message_is_refused(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 10), *second = second_of(name);

    CHECK_STATUS(send_text(first, "12345678901", BYN_FOREVER), BYN_E_TOOBIG);
    CHECK_CONTAINS(byn_last_error(), "10");
    CHECK_STATUS(byn_pipe_poll(second, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(send_text(first, "1234567890", BYN_NOW), BYN_OK);
    check_next(second, "1234567890");
    byn_pipe_close(first);
    byn_pipe_close(second);
}

static void the_largest_message_fits(void)
{
    static const uint64_t capacities[] = {1, 16, 100, 4096, 65536, 100000};
    size_t i;

    for (i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        const char *name = fresh_name();
        byn_pipe *first = opened(name, capacities[i], 0), *second = second_of(name);
        size_t largest = (size_t)look(first).largest, size = largest;
        char *bytes = calloc(1, largest + 1);
        int round;

        REQUIRE(bytes != NULL);
        for (round = 0; round < 5; round++) {
            CHECK_STATUS(byn_pipe_send(first, bytes, largest, BYN_NOW), BYN_OK);
            CHECK_STATUS(byn_pipe_receive(second, bytes, &size, BYN_NOW), BYN_OK);
            CHECK_INT(size, largest);
            /* Wherever in the ring it would begin. */
            CHECK_STATUS(byn_pipe_send(first, bytes, largest / 3, BYN_NOW), BYN_OK);
            CHECK_STATUS(byn_pipe_receive(second, bytes, &size, BYN_NOW), BYN_OK);
            size = largest;
        }
        CHECK_STATUS(byn_pipe_send(first, bytes, largest + 1, BYN_NOW), BYN_E_TOOBIG);
        free(bytes);
        byn_pipe_close(first);
        byn_pipe_close(second);
    }
}

static unsigned fill_up(byn_pipe *pipe)
{
    unsigned count = 0;

    while (send_text(pipe, "0123456789", BYN_NOW) == BYN_OK)
        count++;
    return count;
}

static void full_pipe_lets_the_sender_wait(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 1000, 100);
    peer *p = other(name);
    unsigned count = fill_up(first);

    CHECK(count >= 1000 / (10 + 24) && count <= 100);
    CHECK_STATUS(send_text(first, "0123456789", BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_INT(look(first).second.messages, count);
    CHECK_STATUS(remote_call(p, "receive 0"), BYN_OK);
    CHECK_STATUS(send_text(first, "0123456789", BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_call(p, "send 0 the other way is free"), BYN_OK);
    check_next(first, "the other way is free");
    CHECK_STATUS(byn_pipe_poll(first, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_INT(look(first).second.messages, count);
    CHECK_INT(look(first).first.messages, 0);
    remote_end(p);
    byn_pipe_close(first);
}

static void waiting_sender_goes_on_when_there_is_room(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 1000, 100);
    peer *p = other(name);
    unsigned i;

    while (remote_call(p, "send 0 0123456789") == BYN_OK)
        continue;
    remote_begin(p, "send 60000 0123456789012345678901234567890123456789");
    for (i = 0; i < 4; i++)
        check_next(first, "0123456789");
    CHECK_STATUS(remote_answer(p), BYN_OK);
    remote_end(p);
    byn_pipe_close(first);
}

static void timeout_is_never_early(void)
{
    static const byn_timeout timeouts[] = {1, 2, 10, 33, 150};
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 1000, 100), *second = second_of(name);
    size_t i;

    (void)fill_up(first);
    for (i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        int64_t began = platform_milliseconds();

        CHECK_STATUS(receive_nothing(first, timeouts[i]), BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
        began = platform_milliseconds();
        CHECK_STATUS(byn_pipe_poll(first, timeouts[i]), BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
        began = platform_milliseconds();
        CHECK_STATUS(send_text(first, "0123456789", timeouts[i]), BYN_E_TIMEDOUT);
        CHECK(platform_milliseconds() - began >= timeouts[i]);
    }
    byn_pipe_close(first);
    byn_pipe_close(second);
}

static bool at_once(void *context)
{
    (void)context;
    return true;
}

static void waits_may_be_interrupted(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 1000, 100), *second = second_of(name);
    unsigned count = fill_up(first);

    byn_wait_interruptible(at_once, NULL);
    CHECK_STATUS(receive_nothing(first, BYN_FOREVER), BYN_E_CANCELED);
    CHECK_STATUS(byn_pipe_peek(first, NULL, BYN_FOREVER), BYN_E_CANCELED);
    CHECK_STATUS(send_text(first, "0123456789", BYN_FOREVER), BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    CHECK_INT(look(first).second.messages, count);
    byn_pipe_close(first);
    byn_pipe_close(second);
}

static const test_case cases[] = {
    TEST(either_is_the_first_then_the_second),
    TEST(an_end_has_one_process),
    TEST(the_same_end_again_is_the_same_handle),
    TEST(creators_options_hold),
    TEST(unusable_arguments_are_invalid),
    TEST(processes_converse),
    TEST(threads_converse),
    TEST(messages_of_any_size),
    TEST(short_buffer_leaves_the_message),
    TEST(too_large_a_message_is_refused),
    TEST(the_largest_message_fits),
    TEST(full_pipe_lets_the_sender_wait),
    TEST(waiting_sender_goes_on_when_there_is_room),
    TEST(timeout_is_never_early),
    TEST(waits_may_be_interrupted),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "pipe", cases, peers);
}
