/* What is killed, or dies, in a queue. See queue_board.h. */
#include "queue_board.h"

#include <string.h>

byn_queue *opened(const char *name)
{
    byn_queue *queue = NULL;

    REQUIRE_STATUS(byn_queue_open(&queue, name, &BYN_OPTIONS(byn_queue_options, BYN_OPEN_ONLY)),
                   BYN_OK);
    return queue;
}

byn_status put(byn_queue *queue, unsigned number, byn_timeout timeout)
{
    unsigned message[8] = {number, number, number, number, number, number, number, number};
    byn_queue_place place;
    byn_status status;

    if (!CRASH_PLACES)
        return byn_queue_put(queue, message, sizeof message, timeout);
    /* Where there is room for it, more than is needed. */
    status = byn_queue_reserve(queue, sizeof message + 16, &place, timeout);
    if (status == BYN_E_TOOBIG)
        status = byn_queue_reserve(queue, sizeof message, &place, timeout);
    if (status < 0)
        return status;
    memcpy(place.data, message, sizeof message);
    return byn_queue_commit(queue, &place, sizeof message);
}

static byn_status get_in_place(byn_queue *queue, void *message, size_t *size, byn_timeout timeout)
{
    byn_queue_place place;
    byn_status status = byn_queue_hold(queue, &place, timeout);

    if (status < 0)
        return status;
    REQUIRE(place.size == *size);
    memcpy(message, place.data, place.size);
    return byn_queue_release(queue, &place);
}

byn_status get(byn_queue *queue, unsigned *number, byn_timeout timeout)
{
    unsigned message[8] = {0}, i;
    size_t size = sizeof message;
    byn_status status = CRASH_PLACES ? get_in_place(queue, message, &size, timeout)
                                     : byn_queue_get(queue, message, &size, timeout);

    *number = status >= 0 ? message[0] : 0;
    for (i = 1; i < 8 && status >= 0; i++)
        REQUIRE(size == sizeof message && message[i] == message[0]);
    return status;
}

typedef struct victim {
    byn_queue *queue;
    uint64_t ticket;
    byn_queue_place place;
} victim;

static void use_everything_once(bool acknowledge)
{
    byn_queue *queue = NULL;
    unsigned number;
    uint64_t ticket;
    size_t size = sizeof number;

    board_warm_up();
    REQUIRE_STATUS(
        byn_queue_open(&queue, NULL, &BYN_OPTIONS(byn_queue_options, .acknowledge = acknowledge)),
        BYN_CREATED);
    CHECK_STATUS(put(queue, 1, BYN_NOW), BYN_OK);
    CHECK_STATUS(put(queue, 2, BYN_NOW), BYN_OK);
    CHECK_STATUS(get(queue, &number, 1000), BYN_OK);
    CHECK_STATUS(get(queue, &number, BYN_NOW), BYN_OK);
    CHECK_STATUS(get(queue, &number, 1), BYN_E_TIMEDOUT);
    if (acknowledge) {
        CHECK_STATUS(byn_queue_put(queue, &number, sizeof number, BYN_NOW), BYN_OK);
        CHECK_STATUS(byn_queue_receive(queue, &number, &size, &ticket, BYN_NOW), BYN_OK);
        CHECK_STATUS(byn_queue_give_back(queue, ticket), BYN_OK);
    }
    byn_queue_close(queue);
}

static void *prepare_any(const char *name, bool acknowledge, bool received)
{
    static victim v;
    unsigned message[8];
    size_t size = sizeof message;
    board *b = board_open(name);

    use_everything_once(acknowledge);
    v.queue = opened(name);
    if (received) {
        if (!acknowledge)
            REQUIRE_STATUS(byn_queue_hold(v.queue, &v.place, BYN_NOW), BYN_OK);
        else
            REQUIRE_STATUS(byn_queue_receive(v.queue, message, &size, &v.ticket, BYN_NOW), BYN_OK);
        b->word[HELD] = 0;
    }
    while (board_look(b, b->word[SLEEPERS]).asleep < b->word[SLEEPERS])
        board_pause();
    return &v;
}

static void *prepare(const char *name)
{
    return prepare_any(name, false, false);
}

static void *prepare_trial(const char *name)
{
    return prepare_any(name, true, false);
}

/* It holds message 1. */
static void *prepare_held(const char *name)
{
    return prepare_any(name, false, true);
}

/* It has message 1. */
static void *prepare_received(const char *name)
{
    return prepare_any(name, true, true);
}

static void put_1(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(put(v->queue, NEW, LATE), BYN_OK);
}

static void put_batch(void *prepared)
{
    victim *v = prepared;
    unsigned messages[BATCH][8], i, k;
    size_t sizes[BATCH], count = BATCH;

    for (i = 0; i < BATCH; i++) {
        for (k = 0; k < 8; k++)
            messages[i][k] = NEW + i;
        sizes[i] = sizeof messages[i];
    }
    CHECK_STATUS(byn_queue_put_many(v->queue, messages, sizes, &count, LATE), BYN_OK);
    CHECK_INT(count, BATCH);
}

static void reserve_in_vain(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_queue_reserve(v->queue, RECORD - 8, &v->place, LATE), BYN_OK);
    CHECK_STATUS(byn_queue_abandon(v->queue, &v->place), BYN_OK);
}

static void abandon_1(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_queue_abandon(v->queue, &v->place), BYN_OK);
}

static void get_1(void *prepared)
{
    victim *v = prepared;
    unsigned number;

    CHECK_STATUS(get(v->queue, &number, LATE), BYN_OK);
}

static void get_batch(void *prepared)
{
    victim *v = prepared;
    unsigned messages[BATCH][8];
    size_t sizes[BATCH], count = BATCH, size = sizeof messages;

    CHECK_STATUS(byn_queue_get_many(v->queue, messages, &size, sizes, &count, LATE), BYN_OK);
    CHECK_INT(count, BATCH);
}

static void look_at_1(void *prepared)
{
    victim *v = prepared;
    unsigned message[8];
    size_t size = sizeof message;

    CHECK_STATUS(byn_queue_look(v->queue, message, &size, LATE), BYN_OK);
}

static void report_done(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_queue_task_done(v->queue), BYN_OK);
}

static void shut_down(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_queue_shutdown(v->queue), BYN_OK);
}

static void receive_1(void *prepared)
{
    victim *v = prepared;
    unsigned message[8];
    size_t size = sizeof message;
    byn_status status = byn_queue_receive(v->queue, message, &size, &v->ticket, LATE);

    CHECK(status == BYN_OK || status == BYN_ABANDONED);
}

static void acknowledge_1(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_queue_acknowledge(v->queue, v->ticket), BYN_OK);
}

static void give_back_1(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_queue_give_back(v->queue, v->ticket), BYN_OK);
}

static void close_it(void *prepared)
{
    victim *v = prepared;

    byn_queue_close(v->queue);
}

/* Dies in it. */
int puts_once(peer_self *self, int argc, char **argv)
{
    (void)self;
    (void)argc;
    (void)put(opened(argv[0]), 3 * NEW, BYN_NOW);
    return 0;
}

int gets_once(peer_self *self, int argc, char **argv)
{
    unsigned number;

    (void)self;
    (void)argc;
    (void)get(opened(argv[0]), &number, BYN_NOW);
    return 0;
}

const step_operation putting = {"queue.put", prepare, put_1, NULL};
const step_operation putting_many = {"queue.put_many", prepare, put_batch, NULL};
const step_operation putting_waits = {"queue.put.waits", prepare, put_1, remove_one};
const step_operation reserving = {"queue.reserve", prepare, reserve_in_vain, NULL};
const step_operation abandoning = {"queue.abandon", prepare_held, abandon_1, NULL};
const step_operation closing_held = {"queue.close.held", prepare_held, close_it, NULL};
const step_operation getting = {"queue.get", prepare, get_1, NULL};
const step_operation getting_many = {"queue.get_many", prepare, get_batch, NULL};
const step_operation getting_waits = {"queue.get.waits", prepare, get_1, add_one};
const step_operation looking = {"queue.look", prepare, look_at_1, NULL};
const step_operation reporting = {"queue.task_done", prepare, report_done, NULL};
const step_operation closing_down = {"queue.shutdown", prepare, shut_down, NULL};
const step_operation receiving = {"queue.receive", prepare_trial, receive_1, NULL};
const step_operation receiving_waits = {"queue.receive.waits", prepare_trial, receive_1, add_one};
const step_operation getting_for_good = {"queue.get.for_good", prepare_trial, get_1, NULL};
const step_operation acknowledging = {"queue.acknowledge", prepare_received, acknowledge_1, NULL};
const step_operation giving_back = {"queue.give_back", prepare_received, give_back_1, NULL};
const step_operation closing = {"queue.close", prepare_received, close_it, NULL};
