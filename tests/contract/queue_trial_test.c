/* byn_queue with acknowledge: a message comes back until somebody has dealt with it. */
#include "queue_support.h"
#include "support.h"

static byn_queue *opened(const char *name)
{
    return queue_opened(name, &BYN_OPTIONS(byn_queue_options, .acknowledge = true));
}

/* The next message on trial, as a text; "" if there is none. */
static const char *received(byn_queue *queue, uint64_t *ticket, byn_status expected)
{
    static char text[100];
    size_t size = sizeof text - 1;

    *ticket = 0;
    CHECK_STATUS(byn_queue_receive(queue, text, &size, ticket, BYN_NOW), expected);
    text[expected >= 0 ? size : 0] = '\0';
    return text;
}

static void a_message_on_trial_is_out_of_the_queue(void)
{
    byn_queue *queue = opened(fresh_name());
    uint64_t first, second;
    byn_queue_info info;

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    CHECK_STR(received(queue, &first, BYN_OK), "1");
    CHECK(first != 0);
    CHECK_INT(queue_count(queue), 1);
    CHECK_STR(received(queue, &second, BYN_OK), "2");
    CHECK(second != 0 && second != first);
    (void)received(queue, &second, BYN_E_TIMEDOUT);
    info = queue_info(queue);
    CHECK(info.acknowledge);
    CHECK_INT(info.count, 0);
    CHECK_INT(info.received, 2);
    CHECK_INT(info.unfinished, 2);
    CHECK_INT(info.bytes, 2 * 32);
    CHECK_STATUS(byn_queue_join(queue, 5), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_queue_acknowledge(queue, first), BYN_OK);
    CHECK_INT(queue_info(queue).bytes, 32);
    CHECK_STATUS(byn_queue_acknowledge(queue, first), BYN_E_INVALID);
    byn_queue_close(queue);
}

static void acknowledged_in_any_order_the_room_comes_back(void)
{
    byn_queue *queue = opened(fresh_name());
    uint64_t tickets[4];
    int i;

    for (i = 0; i < 4; i++)
        CHECK_STATUS(put_text(queue, "x"), BYN_OK);
    for (i = 0; i < 4; i++)
        CHECK_STR(received(queue, &tickets[i], BYN_OK), "x");
    CHECK_STATUS(byn_queue_acknowledge(queue, tickets[2]), BYN_OK);
    CHECK_STATUS(byn_queue_acknowledge(queue, tickets[1]), BYN_OK);
    CHECK_INT(queue_info(queue).bytes, 4 * 32);
    CHECK_INT(queue_info(queue).unfinished, 2);
    CHECK_STATUS(byn_queue_acknowledge(queue, tickets[0]), BYN_OK);
    CHECK_INT(queue_info(queue).bytes, 32);
    CHECK_STATUS(byn_queue_acknowledge(queue, tickets[3]), BYN_OK);
    CHECK_INT(queue_info(queue).bytes, 0);
    CHECK_STATUS(byn_queue_join(queue, BYN_NOW), BYN_OK);
    byn_queue_close(queue);
}

static void what_is_given_back_comes_first(void)
{
    byn_queue *queue = opened(fresh_name());
    uint64_t first, second, again;

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    CHECK_STATUS(put_text(queue, "3"), BYN_OK);
    CHECK_STR(received(queue, &first, BYN_OK), "1");
    CHECK_STR(received(queue, &second, BYN_OK), "2");
    CHECK_STATUS(byn_queue_give_back(queue, second), BYN_OK);
    CHECK_STATUS(byn_queue_give_back(queue, first), BYN_OK);
    CHECK_STATUS(byn_queue_give_back(queue, first), BYN_E_INVALID);
    CHECK_INT(queue_count(queue), 3);
    CHECK_STR(received(queue, &again, BYN_ABANDONED), "1");
    CHECK(again != first);
    CHECK_STATUS(byn_queue_acknowledge(queue, first), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_acknowledge(queue, again), BYN_OK);
    CHECK_STR(got_text(queue), "2");
    CHECK_STR(got_text(queue), "3");
    CHECK_STATUS(byn_queue_join(queue, BYN_NOW), BYN_OK);
    byn_queue_close(queue);
}

static void tickets_that_are_none_are_refused(void)
{
    byn_queue *queue = opened(fresh_name());
    static const uint64_t wrong[] = {0, 1, 255, 256, 257, 512, 0x501, UINT64_MAX, UINT64_MAX - 255};
    uint64_t ticket;
    size_t i;

    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_STATUS(byn_queue_acknowledge(queue, wrong[i]), BYN_E_INVALID);
    CHECK_STATUS(put_text(queue, "0123456789012345678901234567890123456789"), BYN_OK);
    CHECK_STR(received(queue, &ticket, BYN_OK), "0123456789012345678901234567890123456789");
    for (i = 0; i < 4000; i++)
        if (i != ticket)
            REQUIRE_STATUS(byn_queue_acknowledge(queue, i), BYN_E_INVALID);
    CHECK_STATUS(byn_queue_acknowledge(queue, ticket), BYN_OK);
    CHECK_STATUS(byn_queue_task_done(queue), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "acknowledged");
    byn_queue_close(queue);
}

static void others_cannot_acknowledge_it(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name);
    uint64_t ticket;

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(remote_call(p, "qreceive 0"), BYN_OK);
    CHECK_INT(remote_number(), 1);
    for (ticket = 0; ticket < 1000; ticket++)
        REQUIRE_STATUS(byn_queue_acknowledge(queue, ticket), BYN_E_INVALID);
    CHECK_STATUS(remote_call(p, "qack"), BYN_OK);
    remote_end(p);
    byn_queue_close(queue);
}

static void it_comes_back_when_its_receiver_dies(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name);
    char text[8];
    size_t size = sizeof text;
    uint64_t ticket;

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(remote_call(p, "qreceive 0"), BYN_OK);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    peer_kill(p);
    CHECK_STATUS(byn_queue_receive(queue, text, &size, &ticket, WHILE_ASLEEP), BYN_ABANDONED);
    CHECK(size == 1 && text[0] == '1');
    CHECK_STR(got_text(queue), "2");
    CHECK_STATUS(byn_queue_acknowledge(queue, ticket), BYN_OK);
    CHECK_STATUS(byn_queue_join(queue, BYN_NOW), BYN_OK);
    byn_queue_close(queue);
}

/* Nobody waits who would look; but who gets messages looks now and then. */
static void it_comes_back_to_a_busy_queue(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name);
    int64_t began = platform_milliseconds();
    char text[8] = "";
    size_t size;

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(remote_call(p, "qreceive 0"), BYN_OK);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    CHECK_STATUS(put_text(queue, "3"), BYN_OK);
    CHECK_STR(got_text(queue), "2");
    peer_kill(p);
    do {
        size = sizeof text;
        CHECK_STATUS(byn_queue_look(queue, text, &size, BYN_NOW), BYN_OK);
    } while (text[0] == '3' && platform_milliseconds() - began < 20000);
    CHECK(text[0] == '1');
    byn_queue_close(queue);
}

static void who_waits_gets_what_a_dead_receiver_had(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name), *waiter = queue_other(PEER_PROCESS, name);

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(remote_call(p, "qreceive 0"), BYN_OK);
    remote_begin(waiter, "qreceive %d", WHILE_ASLEEP);
    peer_kill(p);
    CHECK_STATUS(remote_answer(waiter), BYN_ABANDONED);
    CHECK_INT(remote_number(), 1);
    CHECK_STATUS(remote_call(waiter, "qack"), BYN_OK);
    CHECK_STATUS(byn_queue_join(queue, BYN_NOW), BYN_OK);
    remote_end(waiter);
    byn_queue_close(queue);
}

static void a_wait_for_several_sees_a_death(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name), *waiter = queue_other(PEER_PROCESS, name);
    void *objects[1] = {queue};

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(remote_call(p, "qreceive 0"), BYN_OK);
    CHECK_STATUS(byn_wait_any(objects, 1, 5, NULL), BYN_E_TIMEDOUT);
    remote_begin(waiter, "any %d q", WHILE_ASLEEP);
    peer_kill(p);
    CHECK_STATUS(remote_answer(waiter), BYN_OK);
    CHECK_STATUS(remote_call(waiter, "qget 0"), BYN_OK);
    remote_end(waiter);
    byn_queue_close(queue);
}

static void it_comes_back_when_its_receiver_closes(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name);
    uint64_t ticket;

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(put_text(queue, "2"), BYN_OK);
    CHECK_STATUS(remote_call(p, "qreceive 0"), BYN_OK);
    CHECK_STATUS(remote_call(p, "qreceive 0"), BYN_OK);
    CHECK_STATUS(remote_call(p, "close queue"), BYN_OK);
    CHECK_STR(received(queue, &ticket, BYN_ABANDONED), "1");
    CHECK_STR(received(queue, &ticket, BYN_ABANDONED), "2");
    remote_end(p);
    byn_queue_close(queue);
}

static void a_queue_that_was_shut_down_waits_for_trials(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name), *waiter = queue_other(PEER_PROCESS, name);

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(remote_call(p, "qreceive 0"), BYN_OK);
    CHECK_STATUS(byn_queue_shutdown(queue), BYN_OK);
    CHECK_STATUS(remote_call(waiter, "qget 5"), BYN_E_TIMEDOUT);
    remote_begin(waiter, "qget %d", WHILE_ASLEEP);
    CHECK_STATUS(remote_call(p, "qback"), BYN_OK);
    CHECK_STATUS(remote_answer(waiter), BYN_OK);
    CHECK_STATUS(remote_call(waiter, "qget -1"), BYN_E_CLOSED);
    remote_end(p);
    remote_end(waiter);
    byn_queue_close(queue);
}

static void who_waits_is_told_of_the_last_acknowledgement(void)
{
    const char *name = fresh_name();
    byn_queue *queue = opened(name);
    peer *p = queue_other(PEER_PROCESS, name), *waiter = queue_other(PEER_PROCESS, name);
    peer *joiner = queue_other(PEER_THREAD, name);

    CHECK_STATUS(put_text(queue, "1"), BYN_OK);
    CHECK_STATUS(remote_call(p, "qreceive 0"), BYN_OK);
    CHECK_STATUS(byn_queue_shutdown(queue), BYN_OK);
    remote_begin(waiter, "qget %d", WHILE_ASLEEP);
    remote_begin(joiner, "qjoin %d", WHILE_ASLEEP);
    CHECK_STATUS(remote_call(p, "qack"), BYN_OK);
    CHECK_STATUS(remote_answer(waiter), BYN_E_CLOSED);
    CHECK_STATUS(remote_answer(joiner), BYN_OK);
    remote_end(p);
    remote_end(waiter);
    remote_end(joiner);
    byn_queue_close(queue);
}

static void a_short_buffer_takes_nothing(void)
{
    byn_queue *queue = opened(fresh_name());
    char text[16];
    size_t size = 2, sizes[3], count = 3;
    uint64_t ticket = 7;

    CHECK_STATUS(put_text(queue, "hello"), BYN_OK);
    CHECK_STATUS(put_text(queue, "there"), BYN_OK);
    CHECK_STATUS(byn_queue_receive(queue, text, &size, &ticket, BYN_NOW), BYN_E_TOOBIG);
    CHECK_INT(size, 5);
    CHECK_INT(ticket, 7);
    size = 0;
    CHECK_STATUS(byn_queue_peek(queue, &size, BYN_NOW), BYN_OK);
    CHECK_INT(size, 5);
    size = 7;
    CHECK_STATUS(byn_queue_get_many(queue, text, &size, sizes, &count, BYN_NOW), BYN_OK);
    CHECK(count == 1 && size == 5 && memcmp(text, "hello", 5) == 0);
    CHECK_INT(queue_count(queue), 1);
    byn_queue_close(queue);
}

/* ---- Against a model */

enum { MODEL_MOST = 40 };

/* Each message is its number. In the order of the queue; what is over is removed. */
typedef struct model_message {
    unsigned number;
    uint64_t ticket; /* 0: to be got */
    bool had;        /* by somebody */
} model_message;

typedef struct model {
    model_message messages[MODEL_MOST];
    unsigned count, next;
} model;

static unsigned any(unsigned *seed, unsigned range)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % range;
}

static void remove_at(model *m, unsigned i)
{
    m->count--;
    memmove(&m->messages[i], &m->messages[i + 1], (m->count - i) * sizeof m->messages[0]);
}

static unsigned first_to_get(const model *m)
{
    unsigned i = 0;

    while (i < m->count && m->messages[i].ticket != 0)
        i++;
    return i;
}

static void model_take(model *m, byn_queue *queue, bool on_trial)
{
    unsigned i = first_to_get(m), number = 0;
    size_t size = sizeof number;
    uint64_t ticket = 0;
    byn_status status, expected = BYN_E_TIMEDOUT;

    if (i < m->count)
        expected = on_trial && m->messages[i].had ? BYN_ABANDONED : BYN_OK;
    status = on_trial ? byn_queue_receive(queue, &number, &size, &ticket, BYN_NOW)
                      : byn_queue_get(queue, &number, &size, BYN_NOW);
    REQUIRE_STATUS(status, expected);
    if (status < 0)
        return;
    REQUIRE_INT(number, m->messages[i].number);
    if (!on_trial) {
        remove_at(m, i);
        return;
    }
    m->messages[i].ticket = ticket;
    m->messages[i].had = true;
}

static void model_end_trial(model *m, byn_queue *queue, unsigned i, bool back)
{
    if (i >= m->count || m->messages[i].ticket == 0)
        return;
    REQUIRE_STATUS(back ? byn_queue_give_back(queue, m->messages[i].ticket)
                        : byn_queue_acknowledge(queue, m->messages[i].ticket),
                   BYN_OK);
    m->messages[i].ticket = 0;
    if (!back)
        remove_at(m, i);
}

static void random_operations_do_what_a_model_does(void)
{
    static model m;
    unsigned seed = (unsigned)platform_milliseconds(), i, k;
    byn_queue *queue = opened(fresh_name());

    printf("     seed %u\n", seed);
    memset(&m, 0, sizeof m);
    for (i = 0; i < 20000; i++) {
        unsigned what = any(&seed, 8), to_get = 0;
        byn_queue_info info;

        if (what < 3 && m.count < MODEL_MOST) {
            m.messages[m.count++] = (model_message){.number = ++m.next};
            REQUIRE_STATUS(byn_queue_put(queue, &m.next, sizeof m.next, BYN_NOW), BYN_OK);
        } else if (what < 5) {
            model_take(&m, queue, true);
        } else if (what == 5) {
            model_take(&m, queue, any(&seed, 4) > 0);
        } else {
            model_end_trial(&m, queue, any(&seed, MODEL_MOST), what == 6);
        }
        for (k = 0; k < m.count; k++)
            to_get += m.messages[k].ticket == 0;
        info = queue_info(queue);
        REQUIRE_INT(info.count, to_get);
        REQUIRE_INT(info.received, m.count - to_get);
        REQUIRE_INT(info.unfinished, m.count);
    }
    byn_queue_close(queue);
}

static const test_case cases[] = {
    TEST(a_message_on_trial_is_out_of_the_queue),
    TEST(acknowledged_in_any_order_the_room_comes_back),
    TEST(what_is_given_back_comes_first),
    TEST(tickets_that_are_none_are_refused),
    TEST(others_cannot_acknowledge_it),
    TEST(it_comes_back_when_its_receiver_dies),
    TEST(it_comes_back_to_a_busy_queue),
    TEST(who_waits_gets_what_a_dead_receiver_had),
    TEST(a_wait_for_several_sees_a_death),
    TEST(it_comes_back_when_its_receiver_closes),
    TEST(a_queue_that_was_shut_down_waits_for_trials),
    TEST(who_waits_is_told_of_the_last_acknowledgement),
    TEST(a_short_buffer_takes_nothing),
    TEST(random_operations_do_what_a_model_does),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "contract.queue_trial", cases, peers);
}
