/* One round after the other: who sleeps meanwhile, and what the case looks at. See queue_board.h. */
#include "queue_board.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- In sleepers */

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

int sleeper(peer_self *self, int argc, char **argv)
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
    for (i = 0; i < 4096 / RECORD && is->wraps; i++) {
        REQUIRE_STATUS(put(s->queue, i, BYN_NOW), BYN_OK);
        REQUIRE_STATUS(get(s->queue, &number, BYN_NOW), BYN_OK);
    }
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
    for (i = 0; i < is->sleepers; i++)
        s->b->word[GOT + i] = 0;
    sleepers_send(s->sleepers, is->sleepers, s->b);
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
static bool could_go_on(const void *context)
{
    const subject *s = context;
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

/* The death of a receiver is seen at a heartbeat. */
static void nobody_sleeps_in_vain(subject *s, bool died)
{
    waking woken = sleepers_are_woken(s->b, s->is->sleepers, could_go_on, s);

    s->late += woken == WOKEN_LATE;
    s->lost += woken == SLEEP_ON;
    if (woken == WOKEN_LATE && board_sees_sleep() && !(died && s->is->comes_back))
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
    if (s->is->role == JOINER)
        while (look(s).unfinished > 0)
            CHECK_STATUS(byn_queue_task_done(s->queue), BYN_OK);
    CHECK_STATUS(byn_queue_shutdown(s->queue), BYN_OK);
    sleepers_return(s->b, s->is->sleepers);
    byn_queue_close(s->queue);
    s->queue = NULL;
    begin_round(s);
}

static void it_is_as_before_or_after(void *context, long k)
{
    subject *s = context;
    unsigned numbers[MANY + MOST], count, i;
    byn_queue_info info;
    bool before, after;

    s->b->word[HELD] = 0;
    nobody_sleeps_in_vain(s, k != LONG_MAX);
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

void add_one(void *context, long k)
{
    subject *s = context;

    (void)k;
    s->added++;
    CHECK_STATUS(put(s->queue, s->is->start + s->added, BYN_NOW), BYN_OK);
}

void remove_one(void *context, long k)
{
    subject *s = context;
    unsigned number;

    (void)k;
    s->removed++;
    CHECK_STATUS(get(s->queue, &number, BYN_NOW), BYN_OK);
}

/* ---- A sweep */

void begin(subject *s, const setting *is)
{
    const char *name = fresh_name();

    *s = (subject){.is = is, .name = name, .b = board_begin(name, 280)};
    s->b->word[SLEEPERS] = is->sleepers;
    s->b->word[ROLE] = is->role;
    sleepers_start(s->sleepers, is->sleepers, name);
    begin_round(s);
}

static void end(subject *s, step_report report)
{
    printf("     %u sleepers: %u as before, %u as after, %u late, %u lost\n", s->is->sleepers,
           s->before, s->after, s->late, s->lost);
    sleepers_kill(s->sleepers, s->is->sleepers);
    byn_queue_close(s->queue);
    board_destroy(s->name);
    step_check(report);
    CHECK(step_is_sampled() || s->after > 0);
}

void sweep(const step_operation *operation, setting is, long stride)
{
    subject s;

    begin(&s, &is);
    end(&s, step_sweep(operation, s.name, it_is_as_before_or_after, &s, stride));
}

const peer_entry queue_peers[] = {
    PEER(sleeper),         PEER(puts_once),
    PEER(gets_once),       STEP(putting),
    STEP(putting_many),    STEP(putting_waits),
    STEP(reserving),       STEP(abandoning),
    STEP(closing_held),    STEP(getting),
    STEP(getting_many),    STEP(getting_waits),
    STEP(looking),         STEP(reporting),
    STEP(closing_down),    STEP(receiving),
    STEP(receiving_waits), STEP(getting_for_good),
    STEP(acknowledging),   STEP(giving_back),
    STEP(closing),         PEER_END,
};
