/*
 * A process is killed at every instruction of running a function once, also in the function. One of the
 * others then runs it, unless it had been done; and nobody waits for the dead.
 *
 * What is done stays done, so each round has an object of its own, under the same name.
 */
#include "sleepers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPENSIVE = 29, MOST = 3 };
enum { SLEEPERS, BEGUN, ENDED, RAN_BY_OTHERS, TOLD, EVENT_NAME = 64 }; /* words */

typedef struct subject {
    const char *name;
    board *b;
    byn_once *once; /* so that the object stays when the victim dies */
    byn_event *go;
    peer *sleepers[MOST];
    unsigned count;
    bool asleep; /* they were told, in this round */
    unsigned by_victim, by_others, twice, told, late;
} subject;

/* ---- In victims and sleepers */

typedef struct victim {
    board *b;
    byn_once *once;
    byn_event *go;
} victim;

static victim self;

static void nothing(void *context)
{
    (void)context;
}

static void *prepare(const char *name)
{
    byn_once *once = NULL;

    self.b = board_open(name);
    board_mark_victim(self.b);
    board_warm_up();
    REQUIRE_STATUS(byn_once_open(&once, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_once_run(once, nothing, NULL, BYN_NOW), BYN_OK);
    byn_once_close(once);
    REQUIRE_STATUS(byn_once_open(&self.once, name, NULL), BYN_OK);
    REQUIRE_STATUS(byn_event_open(&self.go, (const char *)&self.b->word[EVENT_NAME], NULL), BYN_OK);
    return &self;
}

/* Where others are to wait for it, it sleeps until they do. */
static void victims_function(void *context)
{
    const victim *v = context;

    v->b->word[BEGUN] = 1;
    if (v->b->word[SLEEPERS] > 0)
        CHECK_STATUS(byn_event_wait(v->go, LATE), BYN_OK);
    v->b->word[ENDED] = 1;
}

static void run(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_once_run(v->once, victims_function, v, LATE), BYN_OK);
}

static void *prepare_done(const char *name)
{
    victim *v = prepare(name);

    v->b->word[BEGUN] = v->b->word[ENDED] = 1;
    REQUIRE_STATUS(byn_once_run(v->once, nothing, NULL, BYN_NOW), BYN_OK);
    return v;
}

static void others_function(void *context)
{
    board *b = context;

    apr_atomic_inc32(&b->word[RAN_BY_OTHERS]);
}

static byn_status run_as_another(board *b, byn_once *once)
{
    byn_status status = byn_once_run(once, others_function, b, 2 * LATE);

    if (status == BYN_ABANDONED)
        apr_atomic_inc32(&b->word[TOLD]);
    return status;
}

static int sleeper(peer_self *me, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    seat *s = &b->seats[atoi(argv[1])];

    (void)argc;
    peer_say(me, "ready");
    while (seat_told(me, s)) {
        byn_once *once = NULL;
        byn_status status = byn_once_open(&once, argv[0], NULL);

        if (status >= 0)
            status = run_as_another(b, once);
        byn_once_close(once);
        seat_return(s, status);
    }
    return 0;
}

/* ---- In the case */

static void tell_sleepers(subject *s)
{
    unsigned i;

    if (s->asleep)
        return;
    s->asleep = true;
    for (i = 0; i < s->count; i++) {
        s->b->seats[i].state = SEAT_IDLE;
        peer_tell(s->sleepers[i], "sleep");
    }
}

/* The victim sleeps in its function. */
static void others_wait_for_it(void *context, long k)
{
    subject *s = context;
    apr_uint32_t began = board_ms();

    (void)k;
    if (!board_await_victim(s->b, BEGUN) || s->asleep)
        return;
    tell_sleepers(s);
    while (board_look(s->b, s->count).asleep < s->count) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
    CHECK_STATUS(byn_event_set(s->go), BYN_OK);
}

static void all_return(subject *s)
{
    apr_uint32_t began = board_ms();

    sleepers_return(s->b, s->count);
    s->late += board_ms() - began > 400;
    CHECK_INT(board_look(s->b, s->count).failed, 0);
}

/* Everybody has closed it: the name is free, and the next round has a new one. */
static void begin_round(subject *s)
{
    byn_once_close(s->once);
    REQUIRE_STATUS(byn_once_open(&s->once, s->name, NULL), BYN_CREATED);
    CHECK(!byn_once_is_done(s->once));
    CHECK_STATUS(byn_event_reset(s->go), BYN_OK);
    s->b->word[BEGUN] = s->b->word[ENDED] = s->b->word[RAN_BY_OTHERS] = s->b->word[TOLD] = 0;
    s->asleep = false;
}

static void it_is_done_once(void *context, long k)
{
    subject *s = context;
    board *b = s->b;
    unsigned others;

    (void)k;
    tell_sleepers(s);
    all_return(s);
    CHECK(run_as_another(b, s->once) >= 0);
    CHECK(byn_once_is_done(s->once));
    others = b->word[RAN_BY_OTHERS];
    CHECK(others <= 1);
    if (others == 0)
        CHECK_INT(b->word[ENDED], 1);
    if (others > 0 && b->word[BEGUN] != 0)
        CHECK_INT(b->word[TOLD], 1);
    CHECK(b->word[TOLD] <= others);
    s->by_victim += others == 0;
    s->by_others += others;
    s->twice += others > 0 && b->word[ENDED] != 0; /* it died before it could say so */
    s->told += b->word[TOLD];
    begin_round(s);
}

static const step_operation running = {"once.run", prepare, run, others_wait_for_it};
static const step_operation done = {"once.run.done", prepare_done, run, NULL};

static void sweep(const step_operation *operation, unsigned count, long stride)
{
    const char *name = fresh_name(), *event_name = fresh_name();
    step_report report;
    subject s = {0};
    unsigned i;

    s.name = name;
    s.b = board_begin(name, 200);
    s.b->word[SLEEPERS] = s.count = count;
    strcpy((char *)&s.b->word[EVENT_NAME], event_name);
    REQUIRE_STATUS(byn_event_open(&s.go, event_name, NULL), BYN_CREATED);
    sleepers_start(s.sleepers, count, name);
    begin_round(&s);
    report = step_sweep(operation, name, it_is_done_once, &s, stride);
    printf("     %u wait: %u done by the victim, %u by others, %u by both, %u told of a death, %u "
           "late\n",
           count, s.by_victim, s.by_others, s.twice, s.told, s.late);
    for (i = 0; i < count; i++)
        CHECK_INT(peer_finish(s.sleepers[i]), 0);
    byn_event_close(s.go);
    byn_once_close(s.once);
    board_destroy(name);
    step_check(report);
    CHECK(step_is_sampled() || s.by_victim > 0);
}

static void run_alone(void)
{
    sweep(&running, 0, board_stride(EXPENSIVE));
}

static void run_while_3_wait(void)
{
    sweep(&running, 3, board_stride(15 * EXPENSIVE));
}

static void run_what_is_done(void)
{
    sweep(&done, 1, board_stride(EXPENSIVE));
}

static const test_case cases[] = {
    TEST(run_alone),
    TEST(run_while_3_wait),
    TEST(run_what_is_done),
    TEST_END,
};

static const peer_entry peers[] = {PEER(sleeper), STEP(running), STEP(done), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
