/*
 * A process is killed at every instruction of a queue's operations. Each message that was in it is there
 * exactly once and in its place, but for the one that the dead has got; what the dead was putting is there
 * whole, or not at all; and nobody sleeps on while there is something for him.
 *
 * Each round has a new queue, which the sleepers open when they are told to sleep.
 */
#include "board.h"
#include "crash.h"

#ifndef CRASH_WAITS
#define CRASH_WAITS 0
#endif
/* All messages are copied without the guard, as large ones are. */
#ifndef CRASH_LARGE
#define CRASH_LARGE 0
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATE = 20000, EXPENSIVE = 149, MOST = 4, MANY = 16, BATCH = 4, NEW = 100, RECORD = 40 };
/* Words. HELD: the sleepers wait until the victim has received what is there. GOT: what each sleeper got, 0:
 * nothing. */
enum { SLEEPERS, ROLE, HELD, GOT };
enum { GETTER, PUTTER, JOINER };

typedef struct setting {
    unsigned items, start; /* messages 1 to start are in it when a round begins */
    bool tight;            /* and fill it */
    bool acknowledge;
    bool done;           /* all but one of them have been got and reported done */
    const char *broken;  /* a crash point in a put of a peer: who comes next inherits the guard */
    bool broken_get;     /* in a get */
    bool broken_first;   /* before the messages are put */
    unsigned broken_out; /* messages that this peer has got nevertheless */
    unsigned role, sleepers;
    unsigned puts, gets; /* by the victim, if it comes to its end */
    bool closes;         /* the victim shuts it down */
    bool comes_back;     /* what the victim has got comes back, for it is dead */
} setting;

typedef struct subject {
    const setting *is;
    board *b;
    const char *name;
    byn_queue *queue;
    peer *sleepers[MOST];
    unsigned added, removed; /* by the case, when the victim slept */
    unsigned before, after, late, lost;
} subject;

/* ---- In victims and sleepers */

static byn_queue *opened(const char *name)
{
    byn_queue *queue = NULL;

    REQUIRE_STATUS(byn_queue_open(&queue, name, &BYN_OPTIONS(byn_queue_options, BYN_OPEN_ONLY)),
                   BYN_OK);
    return queue;
}

static byn_status put(byn_queue *queue, unsigned number, byn_timeout timeout)
{
    unsigned message[8] = {number, number, number, number, number, number, number, number};

    return byn_queue_put(queue, message, sizeof message, timeout);
}

static byn_status get(byn_queue *queue, unsigned *number, byn_timeout timeout)
{
    unsigned message[8] = {0}, i;
    size_t size = sizeof message;
    byn_status status = byn_queue_get(queue, message, &size, timeout);

    *number = status >= 0 ? message[0] : 0;
    for (i = 1; i < 8 && status >= 0; i++)
        REQUIRE(size == sizeof message && message[i] == message[0]);
    return status;
}

typedef struct victim {
    byn_queue *queue;
    uint64_t ticket;
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
static int puts_once(peer_self *self, int argc, char **argv)
{
    (void)self;
    (void)argc;
    (void)put(opened(argv[0]), 3 * NEW, BYN_NOW);
    return 0;
}

static int gets_once(peer_self *self, int argc, char **argv)
{
    unsigned number;

    (void)self;
    (void)argc;
    (void)get(opened(argv[0]), &number, BYN_NOW);
    return 0;
}

static byn_status wait_as(unsigned role, byn_queue *queue, unsigned *got)
{
    *got = 0;
    switch (role) {
    case GETTER:
        return get(queue, got, 2 * LATE);
    case PUTTER:
        return put(queue, 2 * NEW, 2 * LATE);
    default:
        return byn_queue_join(queue, 2 * LATE);
    }
}

static int sleeper(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    unsigned number = (unsigned)atoi(argv[1]), got;
    seat *s = &b->seats[number];

    (void)argc;
    peer_say(self, "ready");
    while (peer_wait(self, "sleep")) {
        byn_queue *queue = opened(argv[0]);
        byn_status status;

        while (apr_atomic_read32(&b->word[HELD]) != 0)
            board_pause();
        seat_wait(s);
        status = wait_as(b->word[ROLE], queue, &got);
        b->word[GOT + number] = got;
        byn_queue_close(queue);
        seat_return(s, status);
    }
    return 0;
}

/* ---- In the case: a round */

static void break_the_guard(const subject *s)
{
    peer *p = peer_start_crashing(s->is->broken, 1, s->is->broken_get ? "gets_once" : "puts_once",
                                  s->name, NULL);

    REQUIRE(peer_crashed(p));
}

static void begin_round(subject *s)
{
    const setting *is = s->is;
    unsigned i, number;

    REQUIRE_STATUS(byn_queue_open(&s->queue, s->name,
                                  &BYN_OPTIONS(byn_queue_options,
                                               .capacity = is->tight ? is->start * RECORD : 4096,
                                               .largest = is->tight ? RECORD - 8 : 0,
                                               .items = is->items, .acknowledge = is->acknowledge)),
                   BYN_CREATED);
    if (is->broken != NULL && is->broken_first)
        break_the_guard(s);
    for (i = 1; i <= is->start; i++)
        REQUIRE_STATUS(put(s->queue, i, BYN_NOW), BYN_OK);
    for (i = 0; i < is->start && is->done; i++) {
        REQUIRE_STATUS(get(s->queue, &number, BYN_NOW), BYN_OK);
        if (i > 0)
            REQUIRE_STATUS(byn_queue_task_done(s->queue), BYN_OK);
    }
    s->added = 0;
    s->removed = is->broken_out;
    s->b->word[HELD] = is->comes_back;
    for (i = 0; i < is->sleepers; i++) {
        s->b->seats[i].state = SEAT_IDLE;
        s->b->word[GOT + i] = 0;
        peer_tell(s->sleepers[i], "sleep");
    }
    if (is->broken != NULL && !is->broken_first)
        break_the_guard(s);
}

static byn_queue_info look(const subject *s)
{
    byn_queue_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_queue_describe(s->queue, &info), BYN_OK);
    return info;
}

/* Whether there is something for those who sleep. */
static bool could_go_on(const subject *s)
{
    byn_queue_info info = look(s);

    switch (s->is->role) {
    case GETTER:
        return info.count > 0 || info.received > 0 || info.is_closed;
    case PUTTER:
        return (info.items == 0 ? info.bytes + RECORD <= info.capacity : info.count < info.items) ||
               info.is_closed;
    default:
        return info.unfinished == 0;
    }
}

/*
 * A death between a change and its wake-up, where these are two steps, and the death of a receiver are seen
 * at a heartbeat: that is late, and counted, but not lost.
 */
static void nobody_sleeps_in_vain(subject *s, board_view *view)
{
    apr_uint32_t began = board_ms();
    bool late = false;

    while (view->asleep > 0 && could_go_on(s)) {
        late = true;
        if (board_ms() - began > LATE) {
            s->lost++;
            FAIL("%u of %u sleep on", view->asleep, s->is->sleepers);
            return;
        }
        board_pause();
        REQUIRE(board_settle(s->b, s->is->sleepers, view));
    }
    s->late += late;
    if (late && board_sees_sleep() && !s->is->comes_back)
        FAIL("only a heartbeat woke the sleepers");
}

/* All that is in it, and what getters have: in order. */
static unsigned drain(subject *s, unsigned *numbers)
{
    unsigned count = 0, i, k, number;
    byn_queue_info info;

    for (i = 0; i < s->is->sleepers; i++)
        if (s->b->word[GOT + i] != 0)
            numbers[count++] = s->b->word[GOT + i];
    for (i = 1; i < count; i++)
        for (k = i; k > 0 && numbers[k] < numbers[k - 1]; k--) {
            number = numbers[k];
            numbers[k] = numbers[k - 1];
            numbers[k - 1] = number;
        }
    for (info = look(s); info.count > 0 || info.received > 0; info = look(s)) {
        REQUIRE(count < MANY);
        REQUIRE_STATUS(get(s->queue, &number, LATE), BYN_OK);
        numbers[count++] = number;
    }
    return count;
}

static bool is_expected(const subject *s, const unsigned *numbers, unsigned count, bool finished)
{
    const setting *is = s->is;
    unsigned first = 1 + s->removed + (finished && !is->comes_back ? is->gets : 0), i, n = 0;
    unsigned in = is->done ? 0 : is->start + s->added;

    for (i = first; i <= in; i++, n++)
        if (n >= count || numbers[n] != i)
            return false;
    for (i = 0; i < is->puts && finished; i++, n++)
        if (n >= count || numbers[n] != NEW + i)
            return false;
    for (; n < count; n++)
        if (numbers[n] != 2 * NEW || is->role != PUTTER)
            return false;
    return true;
}

/* Sleepers leave, and the queue goes with them. */
static void end_round(subject *s)
{
    apr_uint32_t began = board_ms();

    if (s->is->role == JOINER)
        while (look(s).unfinished > 0)
            CHECK_STATUS(byn_queue_task_done(s->queue), BYN_OK);
    CHECK_STATUS(byn_queue_shutdown(s->queue), BYN_OK);
    while (board_look(s->b, s->is->sleepers).returned < s->is->sleepers) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
    byn_queue_close(s->queue);
    s->queue = NULL;
    begin_round(s);
}

static void it_is_as_before_or_after(void *context, long k)
{
    subject *s = context;
    unsigned numbers[MANY + MOST], count, i;
    board_view view;
    byn_queue_info info;
    bool before, after;

    (void)k;
    s->b->word[HELD] = 0;
    REQUIRE(board_settle(s->b, s->is->sleepers, &view));
    nobody_sleeps_in_vain(s, &view);
    info = look(s);
    count = drain(s, numbers);
    before = is_expected(s, numbers, count, false);
    after = is_expected(s, numbers, count, true);
    if (s->is->done)
        before = !(after = info.unfinished == 0);
    else if (s->is->closes)
        before = !(after = info.is_closed);
    s->before += before;
    s->after += after;
    if (!before && !after) {
        FAIL("%u messages, neither as before nor as after:", count);
        for (i = 0; i < count; i++)
            printf(" %u", numbers[i]);
        printf("\n");
    }
    end_round(s);
}

static void add_one(void *context, long k)
{
    subject *s = context;

    (void)k;
    s->added++;
    CHECK_STATUS(put(s->queue, s->is->start + s->added, BYN_NOW), BYN_OK);
}

static void remove_one(void *context, long k)
{
    subject *s = context;
    unsigned number;

    (void)k;
    s->removed++;
    CHECK_STATUS(get(s->queue, &number, BYN_NOW), BYN_OK);
}

/* ---- A sweep */

static void begin(subject *s, const setting *is)
{
    char number[16];
    unsigned i;

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    test_deadline(280);
    memset(s, 0, sizeof *s);
    s->is = is;
    s->name = fresh_name();
    s->b = board_create(s->name);
    s->b->word[SLEEPERS] = is->sleepers;
    s->b->word[ROLE] = is->role;
    for (i = 0; i < is->sleepers; i++) {
        sprintf(number, "%u", i);
        s->sleepers[i] = peer_start(PEER_PROCESS, "sleeper", s->name, number, NULL);
        peer_expect(s->sleepers[i], "ready");
    }
    begin_round(s);
}

static void end(subject *s, step_report report)
{
    unsigned i;

    printf("     %u sleepers: %u as before, %u as after, %u late, %u lost\n", s->is->sleepers,
           s->before, s->after, s->late, s->lost);
    for (i = 0; i < s->is->sleepers; i++)
        peer_kill(s->sleepers[i]);
    byn_queue_close(s->queue);
    board_destroy(s->name);
    CHECK_INT(report.hung + report.inconsistent, 0);
    CHECK(report.instructions > 0);
    CHECK(step_is_sampled() || s->after > 0);
}

static void sweep(const step_operation *operation, setting is, long stride)
{
    subject s;

    begin(&s, &is);
    end(&s, step_sweep(operation, s.name, it_is_as_before_or_after, &s, stride));
}

static const step_operation putting = {"queue.put", prepare, put_1, NULL};
static const step_operation putting_many = {"queue.put_many", prepare, put_batch, NULL};
static const step_operation putting_waits = {"queue.put.waits", prepare, put_1, remove_one};
static const step_operation getting = {"queue.get", prepare, get_1, NULL};
static const step_operation getting_many = {"queue.get_many", prepare, get_batch, NULL};
static const step_operation getting_waits = {"queue.get.waits", prepare, get_1, add_one};
static const step_operation looking = {"queue.look", prepare, look_at_1, NULL};
static const step_operation reporting = {"queue.task_done", prepare, report_done, NULL};
static const step_operation closing_down = {"queue.shutdown", prepare, shut_down, NULL};
static const step_operation receiving = {"queue.receive", prepare_trial, receive_1, NULL};
static const step_operation receiving_waits = {"queue.receive.waits", prepare_trial, receive_1,
                                               add_one};
static const step_operation getting_for_good = {"queue.get.for_good", prepare_trial, get_1, NULL};
static const step_operation acknowledging = {"queue.acknowledge", prepare_received, acknowledge_1,
                                             NULL};
static const step_operation giving_back = {"queue.give_back", prepare_received, give_back_1, NULL};
static const step_operation closing = {"queue.close", prepare_received, close_it, NULL};

static void put_with_nobody(void)
{
    sweep(&putting, (setting){.start = 2, .puts = 1}, board_stride(EXPENSIVE));
}

static void put_with_1_getter(void)
{
    sweep(&putting, (setting){.sleepers = 1, .puts = 1}, board_stride(5 * EXPENSIVE));
}

static void put_with_3_getters(void)
{
    sweep(&putting, (setting){.sleepers = 3, .puts = 1}, board_stride(5 * EXPENSIVE));
}

static void put_many_with_2_getters(void)
{
    sweep(&putting_many, (setting){.sleepers = 2, .puts = BATCH}, board_stride(7 * EXPENSIVE));
}

static void put_that_waits_for_room(void)
{
    sweep(&putting_waits, (setting){.tight = true, .start = 2, .puts = 1}, board_rotating_stride());
}

static void get_with_nobody(void)
{
    sweep(&getting, (setting){.start = 3, .gets = 1}, board_stride(EXPENSIVE));
}

static void get_with_1_putter(void)
{
    sweep(&getting, (setting){.tight = true, .start = 2, .role = PUTTER, .sleepers = 1, .gets = 1},
          board_stride(5 * EXPENSIVE));
}

static void get_with_3_putters(void)
{
    sweep(&getting, (setting){.items = 2, .start = 2, .role = PUTTER, .sleepers = 3, .gets = 1},
          board_stride(5 * EXPENSIVE));
}

static void get_many_with_2_putters(void)
{
    sweep(&getting_many,
          (setting){.items = 5, .start = 5, .role = PUTTER, .sleepers = 2, .gets = BATCH},
          board_stride(7 * EXPENSIVE));
}

static void get_that_waits(void)
{
    sweep(&getting_waits, (setting){.gets = 1}, board_rotating_stride());
}

static void look_at_the_first(void)
{
    sweep(&looking, (setting){.start = 2}, board_stride(3 * EXPENSIVE));
}

static void report_with_2_who_join(void)
{
    sweep(&reporting, (setting){.start = 3, .done = true, .role = JOINER, .sleepers = 2},
          board_stride(5 * EXPENSIVE));
}

static void shutdown_with_2_getters(void)
{
    sweep(&closing_down, (setting){.sleepers = 2, .closes = true}, board_stride(7 * EXPENSIVE));
}

static void shutdown_with_2_putters(void)
{
    sweep(&closing_down,
          (setting){.items = 1, .start = 1, .role = PUTTER, .sleepers = 2, .closes = true},
          board_stride(7 * EXPENSIVE));
}

static void put_that_inherits(void)
{
    sweep(&putting, (setting){.start = 1, .broken = "ring.written", .puts = 1},
          board_stride(7 * EXPENSIVE));
}

static void receive(void)
{
    sweep(&receiving, (setting){.start = 3, .acknowledge = true, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

static void receive_that_waits(void)
{
    sweep(&receiving_waits, (setting){.acknowledge = true, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

static void get_for_good(void)
{
    sweep(&getting_for_good, (setting){.start = 3, .acknowledge = true, .gets = 1},
          board_rotating_stride());
}

static void acknowledge(void)
{
    sweep(&acknowledging, (setting){.start = 3, .acknowledge = true, .gets = 1},
          board_rotating_stride());
}

static void give_back(void)
{
    sweep(&giving_back, (setting){.start = 1, .acknowledge = true, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

/* Alive it wakes one of them; and if it dies one gets the message too. */
static void give_back_with_2_getters(void)
{
    sweep(&giving_back,
          (setting){.start = 1, .acknowledge = true, .sleepers = 2, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

static void close_with_one_on_trial(void)
{
    sweep(&closing, (setting){.start = 2, .acknowledge = true, .gets = 1, .comes_back = true},
          board_rotating_stride());
}

static void acknowledge_that_inherits(void)
{
    sweep(&getting_for_good,
          (setting){.start = 3,
                    .acknowledge = true,
                    .broken = "queue.got",
                    .broken_get = true,
                    .broken_out = 1, /* before it had said so everywhere */
                    .gets = 1},
          board_rotating_stride());
}

/* ---- Copied without the guard */

static void put_beside_a_dead_putter(void)
{
    sweep(&putting, (setting){.start = 1, .broken = "ring.reserved", .puts = 1},
          board_rotating_stride());
}

static void put_that_inherits_a_put(void)
{
    sweep(&putting, (setting){.start = 1, .broken = "ring.ready", .puts = 1},
          board_rotating_stride());
}

/* What the putter reserved is before what is got. */
static void get_behind_a_dead_putter(void)
{
    sweep(&getting,
          (setting){.start = 2, .broken = "ring.reserved", .broken_first = true, .gets = 1},
          board_rotating_stride());
}

static void get_after_a_dead_getter(void)
{
    sweep(&getting, (setting){.start = 2, .broken = "ring.taken", .broken_get = true, .gets = 1},
          board_rotating_stride());
}

static void get_that_inherits_a_copier(void)
{
    sweep(&getting, (setting){.start = 2, .broken = "ring.copier", .broken_get = true, .gets = 1},
          board_rotating_stride());
}

static const test_case large[] = {
    TEST(put_with_3_getters),         TEST(put_many_with_2_getters),
    TEST(put_that_waits_for_room),    TEST(get_with_1_putter),
    TEST(get_many_with_2_putters),    TEST(get_that_waits),
    TEST(put_beside_a_dead_putter),   TEST(put_that_inherits_a_put),
    TEST(get_behind_a_dead_putter),   TEST(get_after_a_dead_getter),
    TEST(get_that_inherits_a_copier), TEST_END,
};

static const test_case waits[] = {
    TEST(put_that_waits_for_room),
    TEST(get_that_waits),
    TEST(receive),
    TEST(receive_that_waits),
    TEST(get_for_good),
    TEST(acknowledge),
    TEST(give_back),
    TEST(give_back_with_2_getters),
    TEST(close_with_one_on_trial),
    TEST(acknowledge_that_inherits),
    TEST_END,
};

static const test_case others[] = {
    TEST(put_with_nobody),         TEST(put_with_1_getter),
    TEST(put_with_3_getters),      TEST(put_many_with_2_getters),
    TEST(get_with_nobody),         TEST(get_with_1_putter),
    TEST(get_with_3_putters),      TEST(get_many_with_2_putters),
    TEST(look_at_the_first),       TEST(report_with_2_who_join),
    TEST(shutdown_with_2_getters), TEST(shutdown_with_2_putters),
    TEST(put_that_inherits),       TEST_END,
};

static const peer_entry peers[] = {
    PEER(sleeper),
    PEER(puts_once),
    PEER(gets_once),
    STEP(putting),
    STEP(putting_many),
    STEP(putting_waits),
    STEP(getting),
    STEP(getting_many),
    STEP(getting_waits),
    STEP(looking),
    STEP(reporting),
    STEP(closing_down),
    STEP(receiving),
    STEP(receiving_waits),
    STEP(getting_for_good),
    STEP(acknowledging),
    STEP(giving_back),
    STEP(closing),
    PEER_END,
};

int main(int argc, char **argv)
{
    const test_case *cases = CRASH_WAITS ? waits : others;

    if (CRASH_LARGE) {
        byni_crash_outside = 16;
        cases = large;
    }
    /* One source, three programs: one would take too long for a test. */
    return test_main(argc, argv, "crash.queue_step", cases, peers);
}
